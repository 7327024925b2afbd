"""What stands behind single cells of a sheet: the formula that a cell holds, and whether its result was saved with it.

calamine gives values only, and cannot tell a result that was never saved from one that is an empty text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from perfeval_xl.cells import from_ref, to_ref
from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.package import refuse_doctype


@dataclass(frozen=True, slots=True)
class HeldFormula:
    """A cell's formula without '=' ('' where it only shares another cell's), and whether its result was saved."""

    text: str
    saved: bool


def held_formulas(xml: bytes, refs: Iterable[str]) -> Mapping[str, HeldFormula]:
    """The formulas of those of ``refs`` (A1) that hold one. UnreadableWorkbook for broken XML and for a DOCTYPE.

    Reading stops after the last row that is asked for.
    """
    wanted = frozenset(refs)
    if not wanted:
        return {}
    refuse_doctype(xml, "工作表")
    return _Scan(wanted).read(xml)


class _Enough(Exception):
    """The last row that was asked for is behind us."""


class _Scan:
    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._last_row = max(from_ref(ref)[0] for ref in wanted)
        self._found: dict[str, HeldFormula] = {}
        self._row = 0
        self._previous = ""  # the cell before, in this row
        self._cell: str | None = None  # the wanted cell that is open
        self._kind = ""
        self._texts: dict[str, list[str]] = {}  # of its formula ("f") and its value ("v"), as far as they are there
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._started

    def read(self, xml: bytes) -> Mapping[str, HeldFormula]:
        try:
            self._parser.Parse(xml, True)
        except _Enough:
            pass
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise UnreadableWorkbook("工作表的内容已损坏") from error
        return self._found

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if self._cell is not None:
            if name in ("f", "v"):
                self._parser.CharacterDataHandler = self._texts.setdefault(name, []).append
        elif name == "c":
            ref = attributes.get("r") or to_ref(self._row, from_ref(self._previous)[1] + 1 if self._previous else 1)
            self._previous = ref
            if ref in self._wanted:
                self._cell, self._kind = ref, attributes.get("t", "")
                self._texts = {}
                self._parser.EndElementHandler = self._ended
        elif name == "row":
            number = attributes.get("r")
            self._row = int(number) if number else self._row + 1
            self._previous = ""
            if self._row > self._last_row:
                raise _Enough

    def _ended(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name in ("f", "v"):
            self._parser.CharacterDataHandler = None
        elif name == "c" and self._cell is not None:
            if "f" in self._texts:
                formula, value = ("".join(self._texts.get(each, ())) for each in ("f", "v"))
                # An empty result is saved as a text (t="str"); a result that was not saved has no type.
                self._found[self._cell] = HeldFormula(formula.strip(), value != "" or self._kind == "str")
            self._cell = self._parser.EndElementHandler = None
