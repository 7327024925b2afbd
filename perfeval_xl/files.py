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
from perfeval_xl.storage import PART_PREFIX, PART_SUFFIX, Place, RemotePath

UNSAFE_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
RESERVED_FILE_NAMES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(1, 10)), *(f"LPT{n}" for n in range(1, 10))}
)
LONGEST_FILE_NAME = 220  # bytes in UTF-8: a code and 60 characters; room for endings under the 255 of file systems

_REASONS = {
    errno.ENOSPC: "磁盘空间不足",
    errno.EDQUOT: "磁盘空间不足（超过了配额）",
    errno.EROFS: "所在的磁盘是只读的",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EIO: "磁盘读写出错",
}
_ATTEMPTS, _PAUSE = 5, 0.2  # a virus scanner or an indexer holds a fresh file for a moment on Windows


def write_atomically(path: Place, data: bytes, modified: float | None = None) -> None:
    """Put ``data`` at ``path``, all of it or nothing; what stood there before stays until then. ``modified``: the time
    (seconds since 1970) that the file is to bear, now unless given; stores at a URL have their own.

    PerfevalError, saying what to do, where the file is open in a spreadsheet program (Windows), the folder may not be
    written to, the disk is full, or the store can't be reached.
    """
    if isinstance(path, RemotePath):
        path.write_bytes(data)
        return
    with written_atomically(path, modified) as file:
        file.write(data)


@contextmanager
def written_atomically(path: Path, modified: float | None = None) -> Iterator[BinaryIO]:
    """As ``write_atomically``, for what comes in pieces: a file to write to, which stands at ``path`` once the block ends
    well. An OSError in the block counts as one of writing."""
    part = path.with_name(f"{PART_PREFIX}{uuid4().hex}{PART_SUFFIX}")
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
        return f"写不进 {path}：{reason(error)}。请清理后重试，原有文件没有改动。"
    return f"写不进 {path}：{reason(error)}。原有文件没有改动。"


def reason(error: OSError) -> str:
    """Why a file can't be read or written, as a clause; in the system's own words where it is something rare."""
    return _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__


def sweep_parts(folder: Place) -> None:
    """Remove what interrupted writes left in ``folder``; nobody else's files."""
    if isinstance(folder, RemotePath):
        folder.sweep()
        return
    for part in folder.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
        with suppress(OSError):  # another run may have been quicker
            part.unlink()
