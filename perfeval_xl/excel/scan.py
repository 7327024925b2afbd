"""What stands behind the cells of a sheet: formulas, error values, number formats, and what is set for the sheet.

calamine gives values only: it cannot tell an error value, or a result that was never saved, from a blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from perfeval_xl.cells import from_ref, to_ref
from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.package import refuse_doctype

Area = tuple[int, int, int, int]
"""First row and column, last row and column; 1-based, all included."""

_ON = ("1", "true", "on")


@dataclass(frozen=True, slots=True)
class HeldFormula:
    """A cell's formula without '=', and whether its result was saved.

    Of a formula shared by many cells only the first has the text; the others' is '' and ``shared`` tells whose it is.
    """

    text: str
    saved: bool
    shared: str = ""


@dataclass(slots=True)
class SheetScan:
    """One sheet. ``styles`` holds every cell that is not blank and its number format (an index into cellXfs);
    ``errors`` the cells that hold an error value, with its text."""

    styles: dict[str, int] = field(default_factory=dict)
    formulas: dict[str, HeldFormula] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    shared: dict[str, tuple[str, str]] = field(default_factory=dict)  # by id: its first cell, its text
    validated: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    protected: bool = False

    def formula(self, ref: str) -> str | None:
        """The formula of a cell without '=', a shared one put in terms of this cell; None where it holds none."""
        held = self.formulas.get(ref)
        if held is None or held.text or held.shared not in self.shared:
            return None if held is None else held.text
        from openpyxl.formula.translate import Translator  # heavy, and hardly ever needed

        origin, text = self.shared[held.shared]
        try:
            return str(Translator(f"={text}", origin).translate_formula(ref)).removeprefix("=")
        except Exception:  # of what is no formula at all it raises whatever comes, IndexError and AssertionError too
            return text


NO_SCAN = SheetScan()
"""Of a sheet whose file gives nothing but values."""


def scan_sheet(xml: bytes) -> SheetScan:
    """Everything about a sheet that its values don't tell. UnreadableWorkbook for broken XML and for a DOCTYPE."""
    refuse_doctype(xml, "工作表")
    return _Scan().read(xml)


def areas(text: str) -> Iterator[Area]:
    """The ranges of a list like ``A1:B2 D4``; what is no range is left out."""
    for each in text.split():
        first, _, last = each.partition(":")
        try:
            yield *from_ref(first), *from_ref(last or first)
        except ValueError:
            continue


class _Scan:
    def __init__(self) -> None:
        self.found = SheetScan()
        self._row = 0
        self._last = ""  # the last cell in this row
        self._ref = ""  # the open cell
        self._attributes: dict[str, str] = {}
        self._shared = ""
        self._texts: list[str] = []
        self._formula: str | None = None
        self._value: str | None = None
        self._x14 = False  # inside a validation whose cells are told by an element of their own
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._root

    def read(self, xml: bytes) -> SheetScan:
        try:
            self._parser.Parse(xml, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise UnreadableWorkbook("工作表的内容已损坏") from error
        return self.found

    def _root(self, name: str, _attributes: dict[str, str]) -> None:
        p = "".join(name.rpartition(":")[:2])
        self._cell, self._held, self._result, self._line, self._inline = f"{p}c", f"{p}f", f"{p}v", f"{p}row", f"{p}is"
        self._parser.StartElementHandler = self._started

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        """A start tag; the order of the tests is that of frequency."""
        if name == self._cell:
            self._attributes = attributes
            self._ref = self._last = attributes.get("r") or self._next_ref()
            self._formula = self._value = None
        elif name == self._held or name == self._result:
            if self._ref:
                self._start_text(name, attributes)
        elif name == self._line:
            number = attributes.get("r")
            self._row = int(number) if number else self._row + 1
            self._ref = self._last = ""
            if attributes.get("hidden") in _ON:
                self.found.hidden_rows.add(self._row)
        elif name == self._inline:
            self._value = self._value or "…"
            self._parser.EndElementHandler = self._ended
        else:
            self._other(name.rpartition(":")[2], attributes)

    def _next_ref(self) -> str:
        """The place of a cell that doesn't tell it: right of the one before."""
        return to_ref(self._row, from_ref(self._last)[1] + 1 if self._last else 1)

    def _start_text(self, name: str, attributes: dict[str, str]) -> None:
        self._texts = []
        self._parser.CharacterDataHandler = self._texts.append
        self._parser.EndElementHandler = self._ended
        if name == self._held:
            self._shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""

    def _ended(self, name: str) -> None:
        if name == self._result:
            self._value = "".join(self._texts)
            self._parser.CharacterDataHandler = None
        elif name == self._held:
            self._formula = "".join(self._texts).strip()
            self._parser.CharacterDataHandler = None
        elif name == self._cell:
            self._end_cell()
            self._parser.EndElementHandler = None
            self._ref = ""

    def _end_cell(self) -> None:
        ref, found, kind = self._ref, self.found, self._attributes.get("t", "")
        if self._formula is not None:
            # An empty result is saved as a text (t="str"); a result that was not saved has no type.
            found.formulas[ref] = HeldFormula(self._formula, bool(self._value) or kind == "str", self._shared)
            if self._shared and self._formula:
                found.shared[self._shared] = ref, self._formula
        elif not self._value:
            return
        found.styles[ref] = int(self._attributes.get("s", "0"))
        if kind == "e":
            found.errors[ref] = self._value or "#N/A"

    def _other(self, name: str, attributes: dict[str, str]) -> None:
        found = self.found
        if name == "col":
            if attributes.get("hidden") in _ON:
                first, last = int(attributes.get("min", "0")), int(attributes.get("max", "0"))
                found.hidden_columns.update(range(first, min(last, 16_384) + 1))
        elif name == "sheetProtection":
            found.protected = attributes.get("sheet") in _ON
        elif name == "dataValidation":  # of any type: Gnumeric leaves but the prompt of what LibreOffice wrote
            found.validated.extend(areas(attributes.get("sqref", "")))
            self._x14 = "sqref" not in attributes
        elif name == "sqref":
            self._texts = []
            self._parser.CharacterDataHandler = self._texts.append
            self._parser.EndElementHandler = self._end_sqref

    def _end_sqref(self, name: str) -> None:
        if name.rpartition(":")[2] != "sqref":
            return
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None
        if self._x14:
            self._x14 = False
            self.found.validated.extend(areas("".join(self._texts)))


def covered(cells: Iterable[str], ranges: Iterable[Area]) -> Iterator[str]:
    """Those of ``cells`` (A1) that lie in one of ``ranges``."""
    listed = list(ranges)
    for ref in cells:
        row, column = from_ref(ref)
        if any(top <= row <= bottom and left <= column <= right for top, left, bottom, right in listed):
            yield ref
