"""What a disk may do to a command: it is full, or read-only, or somebody takes files away while it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from perfeval_xl import campaign as campaigns
from perfeval_xl.cli import main, terminal
from perfeval_xl.district import rounds
from tests.rounds import hand_in, issued_round, published_answers

MEGABYTE = 1024 * 1024
COMMANDS = {
    "run": ("reviewed", "summary"),
    "generate": ("outbox",),
    "summarize": ("summary",),
    "export": ("summary",),
    "collect": ("inbox",),
}


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> campaigns.Campaign:
    """A round with two returns, gone through once; only to be copied. Beside it a return that is to be collected."""
    at = issued_round(tmp_path_factory.mktemp("returned") / "round")
    for code in ("S001", "S002", "S003"):
        hand_in(at, code, published_answers(), f"{code} 交表.xlsx")
    post = at.folder.parent / "post"
    post.mkdir()
    (at.folder / "inbox" / "S003 交表.xlsx").rename(post / "S003 交表.xlsx")
    rounds.summarize(at, rounds.review(at))
    shutil.rmtree(at.folder / ".known")  # all is to be read again
    return at


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or _mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)):
        pytest.skip("mounting a small disk takes Linux and root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _mount(*arguments: str) -> int:
    try:
        return subprocess.run(["mount", *arguments], capture_output=True).returncode
    except FileNotFoundError:
        return 1


def perfeval(command: str, at: Path, post: Path) -> subprocess.CompletedProcess[str]:
    """A command of its own process, as a person runs it."""
    arguments = [command, "-C", str(at), *(["--from", str(post)] if command == "collect" else [])]
    return subprocess.run(
        [sys.executable, "-c", "from perfeval_xl.cli import main; main()", *arguments], capture_output=True, text=True
    )


def products(at: Path) -> dict[str, bytes]:
    """All files of a round but for its lock."""
    return {
        str(path.relative_to(at)): path.read_bytes()
        for path in at.rglob("*")
        if path.is_file() and path.name != campaigns.LOCK
    }


def fill(disk: Path, left: int) -> None:
    """Take all the room of a disk but ``left`` bytes."""
    free = os.statvfs(disk)
    room = free.f_bavail * free.f_frsize - left
    with open(disk / "filler", "wb") as file:
        file.truncate(room)
        os.posix_fallocate(file.fileno(), 0, room)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk(command: str, returned: campaigns.Campaign, disk: Path) -> None:
    at = disk / "round"
    shutil.copytree(returned.folder, at)
    before = products(at)
    fill(disk, 8192)
    full = perfeval(command, at, returned.folder.parent / "post")
    assert full.returncode == 2, full.stderr
    assert full.stderr.startswith("错误：写不进 ") and "磁盘空间不足" in full.stderr and str(at) in full.stderr
    assert "Traceback" not in full.stderr and len(full.stderr.splitlines()) < 3, full.stderr
    after = products(at)
    assert not [name for name in after if name.endswith(".part")]
    assert {name: after[name] for name in before} == before
    (disk / "filler").unlink()
    again = perfeval(command, at, returned.folder.parent / "post")
    assert again.returncode == 0, again.stderr


def test_a_full_folder_for_temporary_files(
    returned: campaigns.Campaign, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = tmp_path / "round"
    shutil.copytree(returned.folder, at)
    before = products(at)
    fill(disk, 50_000)
    monkeypatch.setenv("TMPDIR", str(disk))
    full = perfeval("run", at, at)
    assert full.returncode == 2
    assert f"写不进临时文件夹 {disk} ：磁盘空间不足" in full.stderr and "Traceback" not in full.stderr, full.stderr
    assert {name: made for name, made in products(at).items() if not name.startswith(".known")} == before
    assert [path.name for path in disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("command", ["run", "collect"])
def test_a_read_only_disk(command: str, returned: campaigns.Campaign, disk: Path) -> None:
    at = disk / "round"
    shutil.copytree(returned.folder, at)
    before = products(at)
    assert _mount("-o", "remount,ro", str(disk)) == 0
    refused = perfeval(command, at, returned.folder.parent / "post")
    assert refused.returncode == 2, refused.stderr
    assert "只读" in refused.stderr and str(at) in refused.stderr and "Traceback" not in refused.stderr, refused.stderr
    assert products(at) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_read_only_folder_in_a_round(command: str, returned: campaigns.Campaign, disk: Path, tmp_path: Path) -> None:
    """The folder of the products is on a disk of its own; that of the round can be written to."""
    at = tmp_path / "round"
    shutil.copytree(returned.folder, at)
    folder = at / COMMANDS[command][0]
    shutil.copytree(folder, disk, dirs_exist_ok=True)
    assert _mount("--bind", str(disk), str(folder)) == 0
    try:
        assert _mount("-o", "remount,ro,bind", str(folder)) == 0
        before = products(folder)
        refused = perfeval(command, at, returned.folder.parent / "post")
        assert refused.returncode == 2, refused.stderr
        assert "只读" in refused.stderr and str(folder) in refused.stderr and "Traceback" not in refused.stderr
        assert products(folder) == before
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(returned: campaigns.Campaign, tmp_path: Path) -> None:
    at = tmp_path / "round"
    shutil.copytree(returned.folder, at)
    (at / "reviewed").chmod(0o500)
    refused = perfeval("run", at, tmp_path)
    assert refused.returncode == 2 and "没有写入文件夹" in refused.stderr
    (at / "reviewed").chmod(0o700)


def in_process(monkeypatch: pytest.MonkeyPatch, at: Path, when: int, then: Callable[[], None]) -> Result:
    """``run``, during which ``then`` happens when the ``when``-th step of progress is shown (0: before the first)."""

    @contextmanager
    def progress(*_: object) -> Iterator[tuple[Callable[[], None], ...]]:
        left = [when]

        def step() -> None:
            left[0] -= 1
            if left[0] == 0:
                then()

        if when == 0:
            then()
        yield step, lambda: None

    monkeypatch.setattr(terminal, "progress_in", progress)
    return CliRunner().invoke(main, ["run", "-C", str(at), "--jobs", "1"])


@pytest.mark.parametrize("when", [0, 2])
def test_a_return_that_vanishes_costs_itself(
    when: int, returned: campaigns.Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between listing and reading, and between reading and annotating."""
    at = tmp_path / "round"
    shutil.copytree(returned.folder, at)
    done = in_process(monkeypatch, at, when, (at / "inbox" / "S001 交表.xlsx").unlink)
    assert done.exit_code == 0, done.output
    assert [each.name for each in (at / "reviewed").iterdir()] == ["S002_第二小学.xlsx"]
    district = rounds.with_reviewed_links(campaigns.load(at), rounds.examine_inbox(campaigns.load(at)))
    assert [each.unit_code for each in district.results] == ["S002"]
    if when == 0:
        assert "S001 交表.xlsx：这个文件打不开：读取失败（没有这个文件或文件夹）" in done.output
    else:
        assert "已交 2" in done.output


def test_a_blank_that_vanishes_is_made_anew_where_it_is_needed(
    returned: campaigns.Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = tmp_path / "round"
    shutil.copytree(returned.folder, at)
    before = (at / "reviewed" / "S001_第一小学.xlsx").read_bytes()
    done = in_process(monkeypatch, at, 0, (at / "outbox" / "S001_第一小学.xlsx").unlink)
    assert done.exit_code == 0, done.output
    assert (at / "reviewed" / "S001_第一小学.xlsx").read_bytes() == before


def test_a_folder_of_products_that_vanishes(
    returned: campaigns.Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = tmp_path / "round"
    shutil.copytree(returned.folder, at)
    done = in_process(monkeypatch, at, 1, lambda: shutil.rmtree(at / "reviewed"))
    assert done.exit_code == 2 and f"文件夹 {at / 'reviewed'} 不存在" in done.output, done.output
