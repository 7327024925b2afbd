"""The files of a round as a worker sees them, who may be on another machine, where they are not, or not the same ones.

A worker's task reads them here. What it saw of each is noted, so that whoever gave the task can tell whether it was what
lies there for himself, and if it wasn't, give the task once more with the files sent along.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from perfeval_xl.errors import StorageError
from perfeval_xl.excel.preflight import MAX_FILE
from perfeval_xl.storage import Place, RemotePath

Stamp = tuple[int, int]
"""A file's size in bytes and time of change in nanoseconds: on a folder that two machines share they are the same."""
GONE: Stamp = (-1, 0)
UNREADABLE: Stamp = (-1, 1)
THERE: Stamp = (-1, 2)
"""At a URL, which is the same for everybody who can read it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file on its way to a worker. ``size`` is in bytes; one of more than MAX_FILE, which nobody reads, comes without
    its ``data``. ``error`` (errno) is what the sender met instead of a file, 0 for none."""

    data: bytes = field(repr=False)
    size: int
    error: int = 0


@dataclass(slots=True)
class _View:
    sent: Mapping[Place, Sent]
    seen: dict[Place, Stamp]


_view: _View | None = None  # for the files as they lie here, with nothing noted: what a process of this machine needs


@contextmanager
def looking(sent: Mapping[Place, Sent]) -> Iterator[dict[Place, Stamp]]:
    """Within the context files are those ``sent`` and else those that lie here; gives what was seen of the latter. For
    one task at a time in a process."""
    global _view
    _view = _View(sent, {})
    try:
        yield _view.seen
    finally:
        _view = None


def size_of(path: Place) -> int:
    """Bytes. OSError where there is no such file; StorageError where it lies at a URL that can't be reached."""
    came = _sent(path)
    if came is not None:
        return came.size
    _note(path)
    return path.stat().st_size


def read(path: Place) -> bytes:
    """What is in a file. OSError where it can't be read; StorageError where it lies at a URL that can't be reached."""
    came = _sent(path)
    if came is not None:
        return came.data
    _note(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if isinstance(path, RemotePath):
            _note(path, GONE)
        raise
    except (OSError, StorageError):
        _note(path, UNREADABLE)
        raise


def digest_of(path: Place) -> str:
    """The SHA-256 (hex) of a file; '' where it can't be read."""
    try:
        return hashlib.sha256(read(path)).hexdigest()
    except OSError:
        return ""


def _note(path: Place, stamp: Stamp | None = None) -> None:
    if _view is None:
        return
    stamp = stamp or stamp_of(path)
    before = _view.seen.setdefault(path, stamp)
    if before not in (stamp, THERE):
        stamp = UNREADABLE  # or it changes while it is looked at: which comes to the same
    _view.seen[path] = stamp


def _sent(path: Place) -> Sent | None:
    came = None if _view is None else _view.sent.get(path)
    if came is not None and came.error:
        raise OSError(came.error, os.strerror(came.error), str(path))
    return came


def stamp_of(path: Place) -> Stamp:
    """The stamp of a file as it lies here now."""
    if isinstance(path, RemotePath):
        return THERE
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except OSError:
        return UNREADABLE
    return found.st_size, found.st_mtime_ns


def otherwise_here(seen: Mapping[Place, Stamp]) -> list[Place]:
    """Where a worker saw something else than lies here, or could not tell. StorageError."""
    return [path for path, stamp in seen.items() if stamp == UNREADABLE or stamp != _here(path, stamp)]


def _here(path: Place, stamp: Stamp) -> Stamp:
    if isinstance(path, RemotePath) and stamp == GONE:
        return THERE if path.is_file() else GONE
    return stamp_of(path)


def sent(path: Place) -> Sent:
    """A file to be sent to a worker. StorageError where it lies at a URL that can't be reached."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_FILE else b""
    except OSError as error:
        return Sent(b"", 0, error.errno or errno.EIO)
    return Sent(data, size)
