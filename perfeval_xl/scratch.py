"""What a command keeps in the system's folder for temporary files while it works; a round's key may be among it.

Its folders are the owner's alone, and locked for as long as they are in use: what a killed run left is swept by the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from perfeval_xl.errors import PerfevalError
from perfeval_xl.files import reason

_PREFIX = "perfeval-"
_LOCK = ".in-use"
_NEW = 60.0  # seconds: a folder this young may not have been locked yet


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder (but for its lock) that is gone when the block ends. PerfevalError where there can't be one."""
    _sweep()
    with telling():
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = FileLock(folder / _LOCK, thread_local=False)
    try:
        with telling():
            lock.acquire()
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def telling() -> Iterator[None]:
    """For what is done in the folder for temporary files: an OSError becomes a PerfevalError that names the folder."""
    try:
        yield
    except OSError as error:
        raise PerfevalError(no_room(error)) from error


def no_room(error: OSError) -> str:
    """That nothing can be written into the folder for temporary files, and what to do."""
    try:
        place = f"临时文件夹 {tempfile.gettempdir()} "
    except OSError:  # there is none that can be written into
        place = "临时文件夹"
    return f"写不进{place}：{reason(error)}。请清理后再运行，或用环境变量 TMPDIR 指定别处的文件夹。"


def _sweep() -> None:
    """Remove the folders of runs that were killed; nobody else's, and none that is in use."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            if _is_ours(folder):
                with suppress(OSError, Timeout):
                    with FileLock(folder / _LOCK, timeout=0):
                        pass
                    shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether it is a folder made here by this user, some time ago. Where others may write nothing in it is to be trusted."""
    lock = folder / _LOCK
    try:
        about = folder.lstat()
        ours = not hasattr(os, "getuid") or (about.st_uid == os.getuid() and not about.st_mode & 0o077)
        return ours and not folder.is_symlink() and lock.is_file() and time.time() - lock.lstat().st_mtime > _NEW
    except OSError:
        return False
