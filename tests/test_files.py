"""Writing files: all or nothing, and nothing left behind."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from perfeval_xl import files
from perfeval_xl.errors import PerfevalError
from perfeval_xl.files import sweep_parts, write_atomically


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"")
    (tmp_path / "b").write_bytes(b"")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "b").stat().st_mode)


def test_a_long_file_name_leaves_room_for_the_part(tmp_path: Path) -> None:
    path = tmp_path / ("学" * 83 + ".xlsx")  # 254 bytes of at most 255
    write_atomically(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.mark.parametrize(
    ("raised", "exists", "words"),
    [
        (PermissionError(errno.EACCES, "denied"), True, "正在 WPS 或 Excel 中打开"),
        (PermissionError(errno.EACCES, "denied"), False, "没有写入文件夹"),
        (OSError(errno.ENOSPC, "full"), True, "磁盘空间不足"),
        (OSError(errno.EIO, "Input/output error"), True, "磁盘读写出错"),
        (OSError(errno.EROFS, "Read-only file system"), True, "所在的磁盘是只读的"),
        (OSError(errno.EMLINK, "Too many links"), True, "Too many links"),
    ],
)
def test_a_failed_write_says_why_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: OSError, exists: bool, words: str
) -> None:
    path = tmp_path / "a.xlsx"
    if exists:
        path.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise raised

    monkeypatch.setattr(files.os, "replace", refuse)
    monkeypatch.setattr(files.time, "sleep", lambda _: None)
    with pytest.raises(PerfevalError, match=words) as caught:
        write_atomically(path, b"new")
    assert "a.xlsx" in str(caught.value)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == ({"a.xlsx": b"old"} if exists else {})


def test_a_file_that_is_held_for_a_moment_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = os.replace, [PermissionError(), PermissionError()]

    def busy(source: Path, target: Path) -> None:
        if failures:
            raise failures.pop()
        real(source, target)

    monkeypatch.setattr(files.os, "replace", busy)
    monkeypatch.setattr(files.time, "sleep", lambda _: None)
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(PerfevalError, match="不存在"):
        write_atomically(tmp_path / "none" / "a", b"")


def test_a_killed_write_is_swept_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    (tmp_path / "a.xlsx").write_bytes(b"old")
    (tmp_path / "download.part").write_bytes(b"somebody else's")
    monkeypatch.setattr(files.os, "replace", kill)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    with pytest.raises(Killed):
        write_atomically(tmp_path / "a.xlsx", b"new")
    monkeypatch.undo()
    assert len(list(tmp_path.iterdir())) == 3
    sweep_parts(tmp_path)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {
        "a.xlsx": b"old",
        "download.part": b"somebody else's",
    }
