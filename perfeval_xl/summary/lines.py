"""Lines of tables kept on the disk until it is known in which order they are to be written, and under which heading.

A round's results are gone through once, while the sheets have orders of their own, and figures of the whole stand above
their tables: in memory there is a place and a key for each return, not what is written of it.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from perfeval_xl.excel.book import Link, Styled, Value
from perfeval_xl.scratch import telling

Line = Sequence[Value | Styled]


class Shelf:
    """One temporary file for the lines of all tables; it is gone when the block ends."""

    def __enter__(self) -> Self:
        with telling():
            self._file: Any = TemporaryFile(prefix="perfeval-")
        self._end = 0
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def put(self, lines: Iterable[Line]) -> int:
        """Where they lie now; to be put before any is taken. PerfevalError where the disk is full."""
        data = pickle.dumps([tuple(map(_packed, line)) for line in lines], pickle.HIGHEST_PROTOCOL)
        at, self._end = self._end, self._end + len(data)
        with telling():
            self._file.write(data)
        return at

    def get(self, at: int) -> list[list[Value | Styled]]:
        """What lies there."""
        with telling():  # what was still on its way to the disk goes there first
            self._file.seek(at)
        return [list(map(_unpacked, line)) for line in pickle.load(self._file)]


def _packed(value: Value | Styled) -> Any:
    """A cell as what pickles fast; a sheet holds numbers as floats anyway."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Styled):
        return _packed(value.value), value.style
    return (value.path, value.text, value.place) if isinstance(value, Link) else value


def _unpacked(value: Any) -> Value | Styled:
    if not isinstance(value, tuple):
        return value  # type: ignore[no-any-return]
    return Link(*value) if len(value) == 3 else Styled(*value)


class Lines:
    """The lines of one table, in bundles: those of one return belong together.

    ``rows`` are all that were added. Of more than twice ``most`` bundles only the first ``most`` in order are kept.
    """

    def __init__(self, shelf: Shelf, most: int | None = None) -> None:
        self.rows = 0
        self._shelf, self._most = shelf, most
        self._places = array("Q")
        self._keys: list[Any] = []

    def add(self, lines: Sequence[Line], key: Any = None) -> None:
        """Put a bundle away; none where there are no ``lines``. All keys of a table can be compared, or none is."""
        if not lines:
            return
        self.rows += len(lines)
        self._places.append(self._shelf.put(lines))
        self._keys.append(key)
        if self._most is not None and len(self._keys) > 2 * self._most:
            kept = sorted(self._order()[: self._most])
            self._places = array("Q", [self._places[each] for each in kept])
            self._keys = [self._keys[each] for each in kept]

    def __iter__(self) -> Iterator[list[Value | Styled]]:
        """All lines, bundle after bundle as they came."""
        for number in range(len(self._places)):
            yield from self[number]

    def __getitem__(self, number: int) -> list[list[Value | Styled]]:
        """The bundle that was the ``number``-th to come, from 0."""
        return self._shelf.get(self._places[number])

    def in_order(self) -> Iterator[list[Value | Styled]]:
        """All lines, the bundles by their keys; equal ones as they came."""
        for number in self._order():
            yield from self[number]

    def _order(self) -> list[int]:
        return sorted(range(len(self._keys)), key=self._keys.__getitem__)
