"""Temporary folders: gone in the end, told when there is no room, swept where a run was killed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from perfeval_xl import scratch
from perfeval_xl.errors import PerfevalError
from perfeval_xl.scratch import scratch_folder, telling

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal, owner or link")
LONG_AGO = 1_000_000_000


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def left_behind(temp: Path, name: str = "perfeval-killed") -> Path:
    """What a run that was killed long ago left."""
    folder = temp / name
    folder.mkdir(mode=0o700)
    (folder / "shared").write_bytes(b"a key")
    age(folder)
    return folder


def age(folder: Path) -> None:
    lock = folder / scratch._LOCK
    lock.touch()
    os.utime(lock, (LONG_AGO, LONG_AGO))


def test_a_folder_is_the_owners_alone_and_gone_in_the_end(temp: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch_folder() as folder:
        assert folder.parent == temp
        assert sys.platform == "win32" or not folder.stat().st_mode & 0o077
        (folder / "shared").write_bytes(b"a key")
        raise KeyboardInterrupt
    assert not list(temp.iterdir())


def test_what_a_killed_run_left_is_swept(temp: Path) -> None:
    left_behind(temp)
    with scratch_folder() as folder:
        assert list(temp.iterdir()) == [folder]


def test_a_folder_in_use_stays_however_old(temp: Path) -> None:
    with scratch_folder() as first:
        (first / "shared").write_bytes(b"a key")
        age(first)
        with scratch_folder():
            assert (first / "shared").read_bytes() == b"a key"


def test_a_new_folder_may_be_locked_yet(temp: Path) -> None:
    new = left_behind(temp)
    os.utime(new / scratch._LOCK)
    with scratch_folder():
        assert new.is_dir()


@POSIX
@pytest.mark.parametrize("what", ["another's name", "no lock", "open to others", "a link", "another's"])
def test_what_is_not_ours_stays(temp: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = left_behind(temp, "other-killed" if what == "another's name" else "perfeval-killed")
    if what == "no lock":
        (other / scratch._LOCK).unlink()
    elif what == "open to others":
        other.chmod(0o770)
    elif what == "a link":
        target = other.rename(temp.parent / "others")
        other.symlink_to(target)
    elif what == "another's":
        someone = os.getuid() + 1
        monkeypatch.setattr(os, "getuid", lambda: someone)
    with scratch_folder():
        assert (other / "shared").read_bytes() == b"a key"


@POSIX
def test_a_killed_process_holds_nothing(temp: Path) -> None:
    script = "from perfeval_xl.scratch import scratch_folder\nwith scratch_folder() as made:\n    print(made, flush=True)\n    input()"
    run = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temp)},
    )
    with run:
        assert run.stdout is not None
        left = Path(run.stdout.readline().strip())
        age(left)
        with scratch_folder():
            assert left.is_dir()  # it is still at work
        run.send_signal(signal.SIGKILL)
    with scratch_folder() as folder:
        assert list(temp.iterdir()) == [folder]


def test_no_room_names_the_folder(temp: Path) -> None:
    with pytest.raises(PerfevalError, match=f"写不进临时文件夹 {temp} ：磁盘空间不足。.*TMPDIR"), telling():
        raise OSError(errno.ENOSPC, "No space left on device")
