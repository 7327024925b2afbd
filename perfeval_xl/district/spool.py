"""Pieces of data on the disk instead of in memory, for as long as somebody holds the spool.

The file has no name where the system can do without (and goes with its handle where it can't): nobody else can open it,
and a run that is killed leaves nothing behind.
"""

from __future__ import annotations

import tempfile
import weakref
from array import array

from perfeval_xl.scratch import telling


class Spool:
    """Pieces by number, from 0. A piece may be replaced; what it was before takes its room until the end."""

    def __init__(self) -> None:
        """PerfevalError where the system's folder for such files can't be written into."""
        self._places, self._sizes = array("Q"), array("Q")
        self._end = 0
        with telling():
            self._file = tempfile.TemporaryFile(prefix="perfeval-", buffering=0)  # noqa: SIM115  (closed with the spool)
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> bytes:
        self._file.seek(self._places[number])
        return self._file.read(self._sizes[number])

    def append(self, data: bytes) -> int:
        """Put a piece at the end; its number. PerfevalError where the disk is full."""
        self._places.append(self._written(data))
        self._sizes.append(len(data))
        return len(self._places) - 1

    def __setitem__(self, number: int, data: bytes) -> None:
        """PerfevalError where the disk is full: the piece is then what it was."""
        self._places[number], self._sizes[number] = self._written(data), len(data)

    def _written(self, data: bytes) -> int:
        """Where ``data`` stands now."""
        place, left = self._end, memoryview(data)
        with telling():
            self._file.seek(place)
            while left:
                left = left[self._file.write(left) :]
        self._end += len(data)
        return place
