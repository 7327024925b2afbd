"""Who hands in, looked up by what workbooks and file names say. A question costs the same however many units there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from perfeval_xl.district.filenames import folded, other_units, squeezed_stem
from perfeval_xl.roster import Unit

_Places = Mapping[str, Sequence[int]]


class Directory:
    """The units of a roster, and the ``department``, which hands in a form as well."""

    def __init__(self, units: Iterable[Unit], department: Unit | None = None) -> None:
        self._units = list(units)
        self._roster = len(self._units)
        if department is not None:
            self._units.append(department)
        self._exact = {unit.code: unit for unit in self._units}
        self._codes, self._names, self._owners = (
            _places(unit.code for unit in self._units),
            _places(unit.name for unit in self._units),
            _places(unit.owner for unit in self._units),
        )
        self._said = (self._codes, self._names, self._owners)
        self._lengths = [sorted({len(each) for each in places}) for places in self._said]

    def unit(self, code: str) -> Unit | None:
        """Whose code that is, however it is spelled; None where it is nobody's."""
        if not code:
            return None
        return self._exact.get(code) or next((self._units[place] for place in self._codes.get(folded(code), ())), None)

    def named(self, name: str) -> list[Unit]:
        """All that have this name; nothing for an empty one."""
        return [self._units[place] for place in self._names.get(folded(name), ())] if folded(name) else []

    def other_units(self, file: str, unit: Unit) -> tuple[Unit, ...]:
        """The units of the roster other than ``unit`` that a file's name says (filenames.other_units)."""
        text = squeezed_stem(file)
        places = {
            place
            for known, lengths in zip(self._said, self._lengths, strict=True)
            for part in _parts(text, lengths)
            for place in known.get(part, ())
        }
        if unit.project:
            places.update(self._owners.get(folded(unit.owner), ()))
        return other_units(file, unit, [self._units[place] for place in sorted(places) if place < self._roster])


def _places(texts: Iterable[str]) -> _Places:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        found[folded(text)].append(place)
    return dict(found)


def _parts(text: str, lengths: Iterable[int]) -> Iterator[str]:
    """All that stands in ``text`` and is as long as one of ``lengths``."""
    return (text[start : start + length] for length in lengths for start in range(len(text) - length + 1))
