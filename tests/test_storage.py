"""Folders at a URL: what is a URL, hostile names, writing whole, and a store that can't be used. Whole rounds on a real
server are in test_storage_rounds.py."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from perfeval_xl.campaign import load
from perfeval_xl.district.parcels import items
from perfeval_xl.errors import CampaignError, StorageError
from perfeval_xl.files import sweep_parts, write_atomically
from perfeval_xl.storage import PART_PREFIX, PART_SUFFIX, RemotePath, Stat, place_of
from tests.rounds import issued_round


@pytest.fixture
def memory() -> Iterator[Any]:
    """fsspec's store in the memory of this process, empty."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("inbox", Path("/round/inbox")),
        ("/data/2024", Path("/data/2024")),
        ("C:/data", Path("/round/C:/data")),  # on Windows a path of its own
        ("file:///data/%E6%94%B6%E4%BB%B6", Path("/data/收件")),
        ("file://localhost/data", Path("/data")),
        ("file:///C:/data", Path("C:/data")),
        ("s3://bucket/2024/inbox/", RemotePath("s3://bucket/2024/inbox")),
        ("sftp://name@host/in", RemotePath("sftp://name@host/in")),
    ],
)
def test_paths_and_urls(text: str, found: object) -> None:
    assert place_of(text, Path("/round")) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ftp://name:geheim@host/in", "不能写密码"),
        ("https://host/in?X-Amz-Signature=geheim", "不能有 \\?"),
        ("s3://bucket/in#geheim", "不能有"),
        ("simplecache::s3://bucket/in", "不能有"),
        ("file://geheim/share", "三条斜线"),
        ("s3:///in", "没有写存储桶"),
    ],
)
def test_urls_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(StorageError, match=words) as caught:
        place_of(text if "::" not in text else text.replace("simplecache::s3://", "s3://a::s3://"))
    assert "geheim" not in str(caught.value)


def test_a_file_is_written_read_listed_and_removed(memory: Any) -> None:
    folder = RemotePath("memory://round/inbox")
    write_atomically(folder / "一小.xlsx", b"one")
    write_atomically(folder / "一小.xlsx", b"three")
    write_atomically(folder / "补交/二小.xlsx", b"2")
    memory.pipe_file("/round/inbox-2/other.xlsx", b"")  # begins alike, and is not in it
    assert {each.inside: each.read_bytes() for each in folder.files()} == {
        "一小.xlsx": b"three",
        "补交/二小.xlsx": b"2",
    }
    [child] = folder.iterdir()
    assert (child.name, str(child), str(child.parent)) == ("一小.xlsx", "memory://round/inbox/一小.xlsx", str(folder))
    assert child.stat().st_size == 5 and child.stat() == (folder / "一小.xlsx").stat()
    assert child.exists() and not folder.is_file()
    child.unlink()
    child.unlink(missing_ok=True)
    assert not child.exists()
    for gone in (child.unlink, child.read_bytes, (folder / "一小.xlsx").stat):
        with pytest.raises(FileNotFoundError):
            gone()


def test_names_out_of_a_store_are_never_more_than_names(memory: Any) -> None:
    folder = RemotePath("memory://round/inbox")
    names = [
        *("a.xlsx", "a::file:b.xlsx", "s3://b/c.xlsx", "b?.xlsx", "百分%2e%2e.xlsx", "c\x1b[31m\u202e.xlsx"),
        *("../up.xlsx", "d/../../up.xlsx", "d//e.xlsx", "./f.xlsx", "g?versionId=1", "/etc/passwd.xlsx"),
        *(
            "c_[31m_.xlsx",
            "学" * 340 + ".xlsx",
            "~$a.xlsx",
            "__MACOSX/deep/h.xlsx",
            "__MACOSX/i.xlsx",
            ".hidden/j.xlsx",
        ),
    ]
    for number, name in enumerate(names):
        memory.store[f"/round/inbox/{name}"] = memory_file(memory, str(number).encode())
    found = items(folder)
    read = {each.name: names[int(each.path.read_bytes())] for each in found.items}
    assert all(len(part.encode()) <= 255 and part.isprintable() for name in read for part in name.split("/"))
    assert all(".." not in name.split("/") and not name.startswith("/") for name in read)
    assert set(read.values()) == {*names[:2], *names[3:6], names[12], names[13]}  # each by its own name
    assert read["c_[31m_（2）.xlsx"] != read["c_[31m_.xlsx"]
    whys = {each.name: each.why for each in found.ignored}
    assert whys["__MACOSX"] == "是系统文件" and whys[".hidden"] == "是隐藏文件" and "~$a.xlsx" in whys
    assert sum(why == "名称不正常，没有读取" for why in whys.values()) == 7


def memory_file(memory: Any, data: bytes) -> Any:
    memory.pipe_file("/made", data)
    return memory.store.pop("/made")


def test_what_lies_in_one_process_is_not_looked_for_in_another(memory: Any) -> None:
    here = RemotePath("memory://round") / "a"
    here.write_bytes(b"1")
    assert pickle.loads(pickle.dumps(here)).read_bytes() == b"1"
    script = "import pickle, sys; pickle.loads(sys.stdin.buffer.read()).read_bytes()"
    ran = subprocess.run([sys.executable, "-c", script], input=pickle.dumps(here), capture_output=True)
    assert "子进程读不到" in ran.stderr.decode()


class Shelf(LocalFileSystem):  # type: ignore[misc]
    """A store in which a file grows while it is written, and that may break off."""

    protocol = "shelf"
    breaks = False

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        super().pipe_file(path, value[: 2 if self.breaks else None], mode, **kwargs)
        if self.breaks:
            raise ConnectionResetError("reset by peer")


def test_a_store_where_files_grow_gets_them_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.register_implementation("shelf", Shelf, clobber=True)
    folder = RemotePath(f"shelf://{tmp_path}")
    write_atomically(folder / "a.xlsx", b"old")
    monkeypatch.setattr(Shelf, "breaks", True)
    with pytest.raises(StorageError, match=r"连不上 shelf://.*ConnectionResetError.*都是完整的"):
        write_atomically(folder / "a.xlsx", b"newer")
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"] and (tmp_path / "a.xlsx").read_bytes() == b"old"
    (tmp_path / f"{PART_PREFIX}0{PART_SUFFIX}").write_bytes(b"of a killed run")
    sweep_parts(folder)
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]
    with pytest.raises(StorageError, match=r"写不进 .*文件夹不存在"):
        write_atomically(folder / "no such" / "a.xlsx", b"")


class Refusing(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A store that answers everything with ``error``, whose words quote a key."""

    protocol = "refusing"
    error: Exception

    def info(self, *args: Any, **kwargs: Any) -> Any:
        raise self.error

    find = cat_file = pipe_file = rm_file = isfile = info


class NoCredentialsError(Exception):
    """As botocore's own, by name."""


class ClientError(Exception):
    def __init__(self, code: str) -> None:
        self.response = {"Error": {"Code": code, "Message": "key geheim"}}
        super().__init__("geheim")


def caused(error: Exception, code: str) -> Exception:
    error.__cause__ = ClientError(code)
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoCredentialsError("geheim"), "没有找到访问它的密钥"),
        (caused(PermissionError("geheim"), "SignatureDoesNotMatch"), "服务器拒绝访问（SignatureDoesNotMatch）"),
        (caused(PermissionError("geheim"), "geheim\n!"), "服务器拒绝访问（PermissionError）"),
        (TimeoutError("geheim"), "连不上 refusing://b/in.* 所在的服务器（TimeoutError）"),
        (caused(FileNotFoundError("geheim"), "NoSuchBucket"), "没有名为 b 的存储桶"),
        (ClientError("SlowDown"), "失败（SlowDown）"),
        (OSError(5, "geheim"), "失败（OSError）"),
    ],
)
def test_a_store_that_fails_says_what_to_do_and_no_secret(error: Exception, words: str) -> None:
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    Refusing.error = error
    folder = RemotePath("refusing://b/in")
    for use in ((folder / "a").read_bytes, (folder / "a").stat, folder.is_file, folder.sweep):
        with pytest.raises(StorageError, match=words) as caught:
            use()
        assert "geheim" not in str(caught.value)
    with pytest.raises(StorageError, match=words):
        write_atomically(folder / "a", b"")
    with pytest.raises(StorageError, match=words):
        items(folder)


def test_a_folder_that_is_not_there_is_told() -> None:
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    Refusing.error = FileNotFoundError("in")
    with pytest.raises(StorageError, match="找不到 refusing://b/in。请先建立"):
        items(RemotePath("refusing://b/in"))


@pytest.mark.parametrize(("url", "words"), [("bogus://b", "不认识 bogus://"), ("gs://b", "perfeval-xl\\[remote\\]")])
def test_stores_that_fsspec_lacks(url: str, words: str) -> None:
    if url.startswith("gs") and _has("gcsfs"):
        pytest.skip("gcsfs is installed")
    with pytest.raises(StorageError, match=words):
        RemotePath(url).is_file()


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(StorageError, match=r"pip install 'perfeval-xl\[remote\]'.*缺 s3fs"):
        RemotePath("s3://bucket/in").is_file()


@pytest.mark.parametrize(
    ("told", "time"),
    [
        ({"size": 3, "mtime": 12.5}, 12.5),
        ({"size": 3, "updated": "1970-01-01T00:01:00+00:00"}, 60.0),
        ({"size": 3, "updated": "yesterday"}, None),
        ({"size": 3}, None),
    ],
)
def test_times_as_the_stores_tell_them(told: dict[str, Any], time: float | None, monkeypatch: Any) -> None:
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    monkeypatch.setattr(Refusing, "info", lambda self, path, **_: told)
    assert (RemotePath("refusing://b") / "a").stat() == Stat(3, time)


def settings(at: Any, **folders: str) -> None:
    """Put folders of a round elsewhere."""
    path = at.folder / "campaign.toml"
    lines = "\n".join(f"{name} = '{place}'" for name, place in folders.items())
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[folders]\n{lines}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        ({"inbox": "s3://b/in", "reviewed": "s3://b/in/"}, "folders.inbox: .*不能与 reviewed 相同"),
        ({"inbox": "s3://b/in", "reviewed": "s3://b/in/out"}, "不能与 reviewed 相同，也不能一个在另一个里面"),
        ({"inbox": "outbox"}, "不能与 outbox 相同"),
        ({"inbox": "."}, "不能与 任务文件夹、outbox"),
        ({"inbox": "../nowhere"}, "没有文件夹 .*nowhere；请先建立"),
        ({"inbox": "ftp://me:geheim@host/"}, "不能写密码"),
        ({"summary": "s3://b/summary"}, "summary"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, folders: dict[str, str], words: str) -> None:
    at = issued_round(tmp_path / "round")
    settings(at, **folders)
    with pytest.raises(CampaignError, match=words) as caught:
        load(at.folder)
    assert "geheim" not in str(caught.value)


def test_settings_that_lead_elsewhere(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "round")
    (tmp_path / "share").mkdir()
    settings(at, inbox="s3://b/in", reviewed="../share", outbox="s3://b/inner")
    found = load(at.folder)
    assert str(found.inbox) == "s3://b/in" and str(found.outbox / "a.xlsx") == "s3://b/inner/a.xlsx"
    assert found.way_to(found.reviewed / "a.xlsx") == "../share/a.xlsx"
    assert found.way_to(found.inbox / "a.xlsx") == "s3://b/in/a.xlsx"
    assert found.way_to(found.summary / "a.xlsx") == "summary/a.xlsx"
