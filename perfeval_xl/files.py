"""Writing files so that nobody sees half of one: an interrupted write leaves the old file and a .part beside it."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from perfeval_xl.errors import PerfevalError

UNSAFE_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
RESERVED_FILE_NAMES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(1, 10)), *(f"LPT{n}" for n in range(1, 10))}
)
LONGEST_FILE_NAME = 220  # bytes in UTF-8: a code and 60 characters; room for endings under the 255 of file systems

_PREFIX, _SUFFIX = ".perfeval-", ".part"
_ATTEMPTS, _PAUSE = 5, 0.2  # a virus scanner or an indexer holds a fresh file for a moment on Windows


def write_atomically(path: Path, data: bytes, modified: float | None = None) -> None:
    """Put ``data`` at ``path``, all of it or nothing; what stood there before stays until then. ``modified``: the time
    (seconds since 1970) that the file is to bear, now unless given.

    PerfevalError, saying what to do, where the file is open in a spreadsheet program (Windows), the folder may not be
    written to, or the disk is full.
    """
    with written_atomically(path, modified) as file:
        file.write(data)


@contextmanager
def written_atomically(path: Path, modified: float | None = None) -> Iterator[BinaryIO]:
    """As ``write_atomically``, for what comes in pieces: a file to write to, which stands at ``path`` once the block ends
    well. An OSError in the block counts as one of writing."""
    part = path.with_name(f"{_PREFIX}{uuid4().hex}{_SUFFIX}")
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if modified is not None:
            os.utime(part, (modified, modified))
        _replace(part, path)
    except OSError as error:
        raise PerfevalError(_explained(path, error)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _replace(part: Path, path: Path) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            os.replace(part, path)
            return
        except PermissionError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_PAUSE)


def _explained(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError) and path.exists():
        return f"写不进 {path}：它可能正在 WPS 或 Excel 中打开，或设为只读。请关闭后重试。"
    if isinstance(error, PermissionError):
        return f"写不进 {path}：没有写入文件夹 {path.parent} 的权限。请检查权限，或换一个文件夹。"
    if isinstance(error, FileNotFoundError):
        return f"写不进 {path}：文件夹 {path.parent} 不存在。请先建立，或换一个文件夹。"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"写不进 {path}：磁盘空间不足。请清理后重试，原有文件没有改动。"
    return f"写不进 {path}：{error.strerror or error}。原有文件没有改动。"


def sweep_parts(folder: Path) -> None:
    """Remove what interrupted writes left in ``folder``; nobody else's files."""
    for part in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):  # another run may have been quicker
            part.unlink()
