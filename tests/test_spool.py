"""The spool: pieces of data on the disk that nobody else sees, and of which nothing is left."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.district.spool import Spool
from perfeval_xl.errors import PerfevalError

SETTLED = sys.platform != "win32"
"""Whether the system lets a file go on without a name."""


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.binary(max_size=40))))
def test_pieces_are_what_was_put_there_last(steps: list[tuple[bool, int, bytes]]) -> None:
    spool, known = Spool(), list[bytes]()
    for replaced, number, data in steps:
        if replaced and known:
            spool[number % len(known)] = known[number % len(known)] = data
        else:
            assert spool.append(data) == len(known)
            known.append(data)
    assert [spool[number] for number in range(len(spool))] == known


def test_no_such_piece() -> None:
    with pytest.raises(IndexError):
        Spool()[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(not SETTLED, reason="Windows removes the file when it is closed")
def test_nobody_else_finds_its_file(folder: Path) -> None:
    spool = Spool()
    spool.append(b"secret")
    assert list(folder.iterdir()) == []
    assert os.fstat(spool._file.fileno()).st_mode & 0o077 == 0


def test_the_file_is_closed_when_nobody_holds_the_spool() -> None:
    spool = Spool()
    spool.append(b"x")
    file = spool._file
    del spool
    gc.collect()
    assert file.closed


@pytest.mark.skipif(not SETTLED, reason="Windows has no such signal")
def test_a_killed_run_leaves_nothing(tmp_path: Path) -> None:
    script = "from perfeval_xl.district.spool import Spool\ns = Spool()\ns.append(b'x' * 100_000)\nprint(len(s), flush=True)\ninput()"
    run = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with run:
        assert run.stdout is not None and run.stdout.readline() == b"1\n"
        run.send_signal(signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file system that is always full")
def test_a_full_disk_is_told_and_the_old_piece_stays(folder: Path) -> None:
    spool = Spool()
    spool.append(b"old")
    kept = spool._file
    with open("/dev/full", "r+b", buffering=0) as full:
        spool._file = full
        for write in (lambda: spool.append(b"new"), lambda: spool.__setitem__(0, b"new")):
            with pytest.raises(PerfevalError, match=f"写不进临时文件夹 {folder} ：磁盘空间不足。.*TMPDIR"):
                write()
        spool._file = kept
    assert (len(spool), spool[0]) == (1, b"old")
    assert spool.append(b"next") == 1 and spool[1] == b"next"


def test_no_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    with pytest.raises(PerfevalError, match=r"写不进临时文件夹.*没有权限"):
        Spool()
