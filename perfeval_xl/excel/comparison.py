"""What a return holds otherwise than it was issued: cell by cell, and what was set for its sheets.

What the answers are is read elsewhere (inputs, self-scores), and so is where the issued cells stand by now. A label
counts as unchanged where only white space differs: some programs drop it between characters of two scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from perfeval_xl.cells import Cell, column_letters, from_ref, to_ref
from perfeval_xl.entries.entry import as_text
from perfeval_xl.excel.carried import carried
from perfeval_xl.excel.issued import IssuedSheet, filled, issued_sheets
from perfeval_xl.excel.layout.model import Label, Layout, Shown, Stamp
from perfeval_xl.excel.opened import OpenedBook
from perfeval_xl.excel.printed import Place
from perfeval_xl.excel.sameness import alike, plainly, same, shifted
from perfeval_xl.excel.scan import Area
from perfeval_xl.excel.seal import normal_value
from perfeval_xl.excel.wording import Few, apart, runs, short, span
from perfeval_xl.findings import Finding, finding

if TYPE_CHECKING:
    from perfeval_xl.excel.anchors import Anchors

UNIT_CODE = "unit_code"
"""Stamp and defined name of the unit's code; where people see it, it is a matter of identity."""


def differences(
    layout: Layout, book: OpenedBook, anchors: Anchors, stamped: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """What in ``book`` is not as it was issued, in the order of the form; cells as they stand in ``book``.

    ``stamped``: what was issued in the Stamp cells, by key; those without an entry (None: all) are not compared. Of a
    file that is no OOXML only values are known: neither formulas nor what is set for a sheet are compared.
    UnreadableWorkbook where a sheet is damaged.
    """
    sheets = [_Standing(sheet, book, anchors) for sheet in issued_sheets(layout) if sheet.name in anchors.sheets]
    shift = None if all(sheet.straight for sheet in sheets) else partial(shifted, anchors)
    printed = layout.place(UNIT_CODE) if UNIT_CODE in layout.names else None
    found: list[Finding] = []
    reviewed: list[tuple[Cell, str]] = []
    for sheet in sheets:
        cells = list(sheet.constants(stamped or {}, printed, reviewed))
        if book.package is not None:
            cells += sheet.formulas(shift)
        found += sorted(cells, key=_place)
        if book.package is not None and sheet.name in book.package.sheets:
            found += sheet.settings()
    if reviewed:
        found.append(_review_filled(reviewed))
    return (*found, *(() if book.package is None else carried(book.package)))


def _review_filled(cells: Sequence[tuple[Cell, str]]) -> Finding:
    """One finding for all of them: a form that was annotated, sent back and returned has some hundred."""
    cell, text = cells[0]
    shown, more = short(text), f"等 {len(cells)} 格" if len(cells) > 1 else ""
    return finding("review-filled", cell=cell, actual=shown, what=f"“{shown}”{more}")


def _place(each: Finding) -> Place:
    return from_ref(each.cell.ref) if each.cell else (0, 0)


class _Standing:
    """A sheet of the form as it stands in a return."""

    def __init__(self, issued: IssuedSheet, book: OpenedBook, anchors: Anchors) -> None:
        self._issued = issued
        self._book = book
        self._anchors = anchors
        self.name = anchors.sheets[issued.name]
        self._scan = book.scan(self.name)
        self._date1904 = book.package is not None and book.package.date1904
        self.straight = issued.name in anchors.unmoved or all(
            anchors.place(cell) == cell for cell in issued.where.values()
        )

    def _at(self, ref: str) -> Cell | None:
        cell = self._issued.where[ref]
        return cell if self.straight else self._anchors.place(cell)

    def constants(
        self, stamped: Mapping[str, str], printed: Cell | None, reviewed: list[tuple[Cell, str]]
    ) -> Iterator[Finding]:
        """Labels, stamps (``printed`` left out), and what stands where nothing was issued.

        Cells for the review that are filled are added to ``reviewed`` with what they hold.
        """
        stray = Few("stray-content")
        stamps = {
            ref: stamped[key]
            for ref, key in self._issued.stamps.items()
            if key in stamped and self._issued.where[ref] != printed
        }
        for ref, cell in self._suspects(stamps):
            content = self._issued.cells.get(ref)
            if isinstance(content, Label | Stamp):
                expected = content.value if isinstance(content, Label) else stamps[ref]
                if not self._holds(cell, expected):
                    code = "label-changed" if isinstance(content, Label) else "issued-data-changed"
                    first, second = apart(normal_value(expected), self._text(cell))
                    yield finding(code, cell=cell, expected=first, actual=second)
            elif text := self._text(cell):
                if content is None:
                    stray.add(cell, text)
                else:
                    reviewed.append((cell, text))
            if stray.many:
                break
        yield from stray

    def _suspects(self, stamps: Mapping[str, str]) -> Iterator[tuple[str, Cell]]:
        """Cells that may not be as they were issued, each with the reference that it had then; what was not there last."""
        issued, grid = self._issued, self._book.grid(self.name)
        behind = chain(self._scan.formulas, self._scan.errors)
        if self.straight:
            inside = dict.fromkeys(to_ref(*place) for place in issued.odd(grid))
            inside |= dict.fromkeys(ref for ref in behind if ref not in issued.calculated) | dict.fromkeys(stamps)
            away = {*issued.covered, *(issued.stamps.keys() - stamps.keys())} if inside else ()
            known = sorted((ref for ref in inside if ref not in away), key=lambda ref: ref not in issued.cells)
            yield from ((ref, Cell(self.name, ref)) for ref in known)
            outside = (to_ref(*place) for place in issued.beyond(grid))
            yield from (("", Cell(self.name, ref)) for ref in outside if ref not in inside)
            return
        for ref, content in issued.cells.items():
            at = self._at(ref)
            if at is not None and ref not in issued.calculated and (ref in stamps or not isinstance(content, Stamp)):
                yield ref, at
        for ref in dict.fromkeys(chain(behind, (to_ref(*place) for place in filled(grid)))):
            origin = self._anchors.issued(Cell(self.name, ref))
            if origin is None or (origin.ref not in issued.cells and origin.ref not in issued.covered):
                yield "", Cell(self.name, ref)

    def _holds(self, cell: Cell, expected: Shown) -> bool:
        if cell.ref in self._scan.formulas or cell.ref in self._scan.errors:
            return False
        return same(expected, self._book.value(cell), date1904=self._date1904)

    def _text(self, cell: Cell) -> str:
        """What stands in a cell: a formula with its =, an error value, a value."""
        if cell.ref in self._scan.formulas:
            return f"={self._scan.formula(cell.ref)}"
        return self._scan.errors.get(cell.ref) or as_text(self._book.value(cell)).strip()

    def formulas(self, shift: Callable[[str, str], str] | None) -> Iterator[Finding]:
        """Locked formulas. ``shift`` puts an issued one (its sheet, its text) in terms of the return."""
        for ref, expression in self._issued.formulas.items():
            cell = self._at(ref)
            if cell is None:
                continue
            expected = shift(self._issued.name, expression) if shift else expression
            held = self._scan.formulas.get(cell.ref)
            text = None if held is None else held.text or self._scan.formula(cell.ref) or ""
            if text is None:
                first, second = short(expected), short(self._text(cell))
            elif alike(expected, text):
                continue
            else:
                first, second = apart(*plainly(expected, text))
                second = f"={second}"
            yield finding("formula-changed", cell=cell, expected=first, actual=second)

    def settings(self) -> Iterator[Finding]:
        """What was set for the sheet and no longer is: its protection, its validations, that all of it is seen."""
        if not self._scan.protected:
            yield finding("protection-removed", actual=self.name)
        validated = set(self._scan.validated)
        if not (self.straight and self._issued.validated <= validated):
            inputs = {place for ref in self._issued.inputs if (place := self._placed(ref))}
            bare = _uncovered(inputs, validated)
            if bare is not None:
                yield finding("validations-removed", cell=Cell(self.name, to_ref(*bare)), actual=self.name)
        if self._issued.shown and (self._scan.hidden_rows or self._scan.hidden_columns):
            yield from self._hidden()

    def _placed(self, ref: str) -> Place | None:
        at = self._at(ref)
        return None if at is None else from_ref(at.ref)

    def _hidden(self) -> Iterator[Finding]:
        """Rows and columns with content of the form that are hidden; it is issued with none."""
        places = sorted(place for ref in self._issued.cells if (place := self._placed(ref)))
        rows = {row: to_ref(row, column) for row, column in reversed(places) if row in self._scan.hidden_rows}
        columns = {
            column: to_ref(row, column) for row, column in reversed(places) if column in self._scan.hidden_columns
        }
        for code, hidden, name in (("rows-hidden", rows, str), ("columns-hidden", columns, column_letters)):
            if hidden:
                listed = "、".join(span(name(first), name(last)) for first, last in runs(hidden))
                yield finding(code, cell=Cell(self.name, hidden[min(hidden)]), actual=short(listed))


def _uncovered(places: Iterable[Place], areas: Collection[Area]) -> Place | None:
    """The first of ``places`` that lies in none of ``areas``."""
    single = {(top, left) for top, left, bottom, right in areas if (top, left) == (bottom, right)}
    bare = sorted(set(places) - single)
    for top, left, bottom, right in areas:
        if not bare:
            break
        if (top, left) != (bottom, right):
            bare = [each for each in bare if not (top <= each[0] <= bottom and left <= each[1] <= right)]
    return bare[0] if bare else None
