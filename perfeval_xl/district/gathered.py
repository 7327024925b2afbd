"""The results of a round as they come in: on the disk, with what must be known of all of them at once in memory.

That is some hundred bytes a result instead of some hundred thousand, so that a province takes hardly more than a district.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, overload

from perfeval_xl.district.packing import Packed, SchemeOf, pack, result_from
from perfeval_xl.district.spool import Spool
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit

_DIGEST, _SHA256 = 16, 32  # bytes


class Gathered:
    """Results by number, from 0, in the order in which they came; and columns of what their slips say.

    ``codes`` are the units' ('' for a file of nobody), ``files`` the names in the inbox, ``asking`` the indicators on
    which a person must rule. A result is unpacked when it is asked for, and not kept.
    """

    def __init__(self, units: Mapping[str, Unit], scheme_of: SchemeOf) -> None:
        """``units``: everybody who may hand in, by code; ``scheme_of`` as for packing."""
        self.codes: list[str] = []
        self.files: list[str] = []
        self.asking: list[tuple[str, ...]] = []
        self._accepted, self._answers, self._sha256 = bytearray(), bytearray(), bytearray()
        self._units, self._scheme_of = units, scheme_of
        self._spool = Spool()
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, packed: Packed, file: str = "") -> None:
        """A result more. ``file``: what it is called where it may be, so that equal texts are kept once."""
        slip = packed.slip
        unit = self._units.get(slip.unit_code)
        self.codes.append(slip.unit_code if unit is None else unit.code)
        self.files.append(file if file == slip.file else slip.file)
        self.asking.append(self._known.setdefault(slip.asking, slip.asking))
        self._accepted.append(slip.accepted)
        self._answers += slip.answers.ljust(_DIGEST, b"\0")
        self._sha256 += bytes.fromhex(slip.sha256).ljust(_SHA256, b"\0")
        self._spool.append(packed.data)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, number: int) -> UnitResult:
        return result_from(self._spool[number], self._scheme_of)

    def __setitem__(self, number: int, result: UnitResult) -> None:
        """The same return with more to tell of it: its slip stays."""
        self._spool[number] = pack(result).data

    def data(self, number: int) -> bytes:
        """The result as it is packed."""
        return self._spool[number]

    def accepted(self, number: int) -> bool:
        return bool(self._accepted[number])

    def answers(self, number: int) -> bytes:
        """What stands for the answers that are compared; b'' where there is nothing to compare."""
        found = bytes(self._answers[number * _DIGEST : (number + 1) * _DIGEST])
        return found if any(found) else b""

    def sha256(self, number: int) -> str:
        """Of the file as it was received (hex); '' where it could not be read."""
        found = self._sha256[number * _SHA256 : (number + 1) * _SHA256]
        return found.hex() if any(found) else ""

    def several(self) -> list[list[int]]:
        """The accepted results of each unit that handed in more than one, in the order in which they came."""
        accepted = (number for number in range(len(self)) if self.codes[number] and self.accepted(number))
        return list(alike(accepted, self.codes.__getitem__))


def alike(numbers: Iterable[int], key: Callable[[int], Any]) -> Iterator[list[int]]:
    """Those of ``numbers`` that have the same ``key`` as others, together, each time in the order given."""
    for _, same in groupby(sorted(numbers, key=key), key):
        found = list(same)
        if len(found) > 1:
            yield found


class Results(Sequence[UnitResult]):
    """Some of what was gathered, in another order. Going through it costs about a millisecond a result."""

    def __init__(self, gathered: Gathered, numbers: Iterable[int]) -> None:
        self._gathered = gathered
        self._numbers = array("Q", numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[UnitResult]:
        return (self._gathered[number] for number in self._numbers)

    @overload
    def __getitem__(self, place: int) -> UnitResult: ...
    @overload
    def __getitem__(self, place: slice) -> Results: ...
    def __getitem__(self, place: int | slice) -> UnitResult | Results:
        if isinstance(place, slice):
            return Results(self._gathered, self._numbers[place])
        return self._gathered[self._numbers[place]]


class Amended(Sequence[UnitResult]):
    """Other results with something more said of each, when it is looked at."""

    def __init__(self, results: Sequence[UnitResult], amend: Callable[[UnitResult], UnitResult]) -> None:
        self._results = results
        self._amend = amend

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[UnitResult]:
        return map(self._amend, self._results)

    @overload
    def __getitem__(self, place: int) -> UnitResult: ...
    @overload
    def __getitem__(self, place: slice) -> Amended: ...
    def __getitem__(self, place: int | slice) -> UnitResult | Amended:
        if isinstance(place, slice):
            return Amended(self._results[place], self._amend)
        return self._amend(self._results[place])
