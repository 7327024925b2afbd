"""Whole rounds whose folders lie at a URL: in memory, and on a real server that speaks S3."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from s3fs import S3FileSystem

from perfeval_xl import campaign as campaigns
from perfeval_xl.cli import main, terminal
from perfeval_xl.district import rounds
from perfeval_xl.district.crew import Shared
from perfeval_xl.storage import RemotePath
from tests.rounds import hand_in, issued_round, published_answers
from tests.stores import KEY, S3, SECRET

URL = "s3://bucket/2024"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with S3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3(served: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """The server, started and empty, and the environment that leads there."""
    served.stop()
    served.start()
    lead_to(monkeypatch, **served.environment)
    store = fsspec.filesystem("s3")
    if store.find("bucket"):
        store.rm("bucket/2024", recursive=True)
    yield served
    S3FileSystem.clear_instance_cache()


def lead_to(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> campaigns.Campaign:
    """A local round with three returns, one of them bad; only to be copied."""
    at = issued_round(tmp_path_factory.mktemp("returned") / "round")
    for code in ("S001", "S002"):
        hand_in(at, code, published_answers(), f"{code} 交表.xlsx")
    (at.inbox / "坏的.xlsx").write_bytes(b"PK not really")
    return at


def copied(source: campaigns.Campaign, folder: Path, **elsewhere: str) -> campaigns.Campaign:
    """The same round in ``folder``, some of its folders elsewhere with what lies in them."""
    import shutil

    shutil.copytree(source.folder, folder)
    lines = "\n".join(f'{name} = "{url}"' for name, url in elsewhere.items())
    settings = folder / campaigns.SETTINGS
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\n[folders]\n{lines}\n", encoding="utf-8")
    at = campaigns.load(folder)
    for name in elsewhere:
        for path in sorted((folder / name).iterdir()):
            (at.place(name) / path.name).write_bytes(path.read_bytes())
        shutil.rmtree(folder / name)
    return at


def perfeval(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def contents(folder: Any) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


class Alone:
    """A crew of this very process: what lies in its memory is seen by nobody else."""

    count = 1

    def map(self, task: Callable[[Any], Any], payloads: Iterable[Any]) -> Iterator[Any]:
        return map(task, payloads)

    @contextmanager
    def sharing(self, value: Any) -> Iterator[Shared[Any]]:
        yield Shared("", value)


def test_a_round_in_memory_gives_the_same_bytes(returned: campaigns.Campaign, tmp_path: Path) -> None:
    local = copied(returned, tmp_path / "local")
    at = copied(
        returned, tmp_path / "remote", inbox="memory://r/in", outbox="memory://r/out", reviewed="memory://r/done"
    )
    for each in (local, at):
        with each.locked():
            rounds.issue(each)
            rounds.summarize(each, rounds.review(each, crew=Alone()))
    assert len(contents(local.reviewed)) == 2
    for name in ("inbox", "outbox", "reviewed"):
        assert contents(at.place(name)) == contents(local.place(name)), name
        assert not (at.folder / name).exists()
    fsspec.filesystem("memory").store.clear()


def test_a_round_on_a_server_gives_the_same_bytes(s3: S3, returned: campaigns.Campaign, tmp_path: Path) -> None:
    local = copied(returned, tmp_path / "local")
    at = copied(returned, tmp_path / "remote", inbox=f"{URL}/inbox", outbox=f"{URL}/outbox", reviewed=f"{URL}/reviewed")
    (at.reviewed / "S003_第三小学.xlsx").write_bytes(b"of a return that was withdrawn")
    (at.outbox / "S001_旧名.xlsx").write_bytes(b"a name of old")
    for each in (local, at):
        for command in ("generate", "run"):
            done = perfeval(command, "-C", each.folder, *(["--jobs", 2] if command == "run" else []))
            assert done.exit_code == 0, done.output
    assert f"批注后的复核表：{URL}/reviewed" in done.output
    for name in ("inbox", "outbox", "reviewed"):
        assert contents(at.place(name)) == contents(local.place(name)), name
    assert len(contents(at.reviewed)) == 2
    assert any("reviewed/S001" in link for link in links(local))
    assert links(at) and not any("s3:" in link or "reviewed" in link for link in links(at))
    status = perfeval("status", "-C", at.folder, "--jobs", 2)
    assert status.exit_code == 1 and "坏的.xlsx" in status.output
    exported = perfeval("export", "-C", at.folder, "--jobs", 2)
    assert exported.exit_code == 0, exported.output
    assert f"{URL}/reviewed/S001_第一小学.xlsx" in (at.summary / "data" / "units.csv").read_text(encoding="utf-8-sig")


def links(at: campaigns.Campaign) -> list[str]:
    """Where the summary's links lead."""
    book = load_workbook(at.summary / rounds.SUMMARY_FILE)
    targets = [
        str(each.hyperlink.target) for page in book for row in page.iter_rows() for each in row if each.hyperlink
    ]
    return [each.replace("\\", "/") for each in targets]


def test_returns_are_scored_where_they_lie(s3: S3, returned: campaigns.Campaign, tmp_path: Path) -> None:
    at = copied(returned, tmp_path / "round", inbox=f"{URL}/inbox")
    for there, here in (("inbox", returned.inbox), ("inbox/S001 交表.xlsx", returned.inbox / "S001 交表.xlsx")):
        remote = perfeval("score", "-C", at.folder, f"{URL}/{there}", "--format", "csv", "--jobs", 2)
        local = perfeval("score", "-C", returned.folder, here, "--format", "csv")
        assert (remote.exit_code, remote.output) == (local.exit_code, local.output)
        assert "S001" in remote.output
    none = perfeval("score", f"{URL}/nothing/here", "--jobs", 1)
    assert none.exit_code == 2 and "文件夹中没有文件" in none.output
    refused = perfeval("score", "ftp://me:geheim@host/a.xlsx")
    assert refused.exit_code == 2 and "不能写密码" in refused.output and "geheim" not in refused.output


def test_mail_is_collected_into_a_store(s3: S3, returned: campaigns.Campaign, tmp_path: Path) -> None:
    at = copied(returned, tmp_path / "round", inbox=f"{URL}/inbox")
    fsspec.filesystem("s3").rm(f"{URL}/inbox", recursive=True)
    for _ in range(2):  # the second time there is nothing new
        done = perfeval("collect", "-C", at.folder, "--from", returned.inbox)
        assert done.exit_code == 0, done.output
        assert f"在 {URL}/inbox" in done.output
        assert sorted(contents(at.inbox)) == ["S001 交表.xlsx", "S002 交表.xlsx", "坏的.xlsx", "收件登记.csv"]
    assert contents(at.inbox)["S001 交表.xlsx"] == (returned.inbox / "S001 交表.xlsx").read_bytes()


def test_a_server_that_goes_away_stops_the_command(
    s3: S3, returned: campaigns.Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = copied(returned, tmp_path / "round", inbox=f"{URL}/inbox", reviewed=f"{URL}/reviewed")

    @contextmanager
    def progress(*_: object) -> Iterator[tuple[Callable[[], None], ...]]:
        yield s3.stop, lambda: None  # once the first file has been read

    monkeypatch.setattr(terminal, "progress_in", progress)
    gone = perfeval("run", "-C", at.folder, "--jobs", 1)
    assert gone.exit_code == 2 and f"连不上 {URL}/" in gone.output and "再运行一次" in gone.output, gone.output
    assert KEY not in gone.output and SECRET not in gone.output
    assert not list(at.summary.iterdir()) and not list(at.folder.glob("**/*.part"))
    s3.start()
    monkeypatch.undo()
    lead_to(monkeypatch, **s3.environment)
    assert set(contents(at.reviewed)) <= {"S001_第一小学.xlsx", "S002_第二小学.xlsx"}
    again = perfeval("run", "-C", at.folder, "--jobs", 1)
    assert again.exit_code == 0 and len(contents(at.reviewed)) == 2, again.output


@pytest.mark.parametrize(
    ("changed", "inbox", "words"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "geheim"}, f"{URL}/inbox", "服务器拒绝访问（SignatureDoesNotMatch）"),
        ({"AWS_ACCESS_KEY_ID": "geheimer-name"}, f"{URL}/inbox", "服务器拒绝访问（InvalidAccessKeyId）"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, f"{URL}/inbox", "没有找到访问它的密钥"),
        ({}, "s3://no-such-bucket/inbox", "没有名为 no-such-bucket 的存储桶"),
        ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, f"{URL}/inbox", f"连不上 {URL}/inbox"),
    ],
)
def test_a_store_that_cannot_be_used_is_told_at_once(
    s3: S3,
    returned: campaigns.Campaign,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, str | None],
    inbox: str,
    words: str,
) -> None:
    at = copied(returned, tmp_path / "round", reviewed=f"{URL}/reviewed")
    settings = at.folder / campaigns.SETTINGS
    settings.write_text(f'{settings.read_text(encoding="utf-8")}inbox = "{inbox}"\n', encoding="utf-8")
    environment = {key: value for key, value in {**s3.environment, **changed}.items() if value is not None}
    lead_to(monkeypatch, **environment)
    done = perfeval("run", "-C", at.folder, "--jobs", 1)
    assert done.exit_code == 2 and words in done.output, done.output
    assert "geheim" not in done.output and SECRET not in done.output
    assert not list(at.summary.iterdir())


def test_a_local_round_loads_no_store(returned: campaigns.Campaign) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom perfeval_xl.campaign import load\nfrom perfeval_xl.district import rounds\n"
        f"rounds.summarize(at := load(Path({str(returned.folder)!r})), rounds.examine_inbox(at))\n"
        "print({'fsspec', 's3fs'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_a_place_goes_to_a_worker_as_a_place(s3: S3) -> None:
    import pickle

    place = RemotePath(URL) / "inbox" / "a.xlsx"
    place.write_bytes(b"1")
    script = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()).read_bytes())"
    ran = subprocess.run([sys.executable, "-c", script], input=pickle.dumps(place), capture_output=True, check=True)
    assert ran.stdout.strip() == b"b'1'"
