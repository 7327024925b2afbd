"""What the sheets of a form hold as they are issued, made ready to be compared with returns. Worked out once a form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.layout.model import Content, Formula, Label, Layout, Review, Sheet, Stamp
from perfeval_xl.excel.opened import Grid
from perfeval_xl.excel.printed import Place, PrintedSheet, printed_form
from perfeval_xl.excel.scan import Area


@dataclass(frozen=True, slots=True)
class _Row:
    """One row's constants by column (from 0), '' where nothing may stand; ``take`` gives a return's in one go."""

    constants: Mapping[int, Any]
    take: Callable[[Sequence[Any]], Any]
    expected: Any


class IssuedSheet:
    """A sheet as issued. ``cells`` by A1 reference; ``formulas`` and ``inputs`` apart, a self-score being an input."""

    def __init__(self, sheet: Sheet, printed: PrintedSheet) -> None:
        self.name = sheet.name
        self.shown = printed.shown
        self.cells: Mapping[str, Content] = sheet.cells
        self.where = {ref: printed.identity[ref] for ref in sheet.cells}
        self.places = {ref: printed.cells[ref] for ref in sheet.cells}
        self.inputs = frozenset(ref for ref, content in sheet.cells.items() if getattr(content, "field", None))
        self.formulas = {
            ref: content.expression
            for ref, content in sheet.cells.items()
            if isinstance(content, Formula) and content.field is None
        }
        self.stamps = {ref: content.key for ref, content in sheet.cells.items() if isinstance(content, Stamp)}
        self.calculated = self.inputs | self.formulas.keys()
        self.covered = frozenset(printed.cells.keys() - sheet.cells.keys())
        """What a merge hides."""
        self._numbers = [
            (*self.places[ref], content.value)
            for ref, content in sheet.cells.items()
            if isinstance(content, Label) and isinstance(content.value, Decimal)
        ]
        self.validated: frozenset[Area] = frozenset((*self.places[ref], *self.places[ref]) for ref in self.inputs)
        self._width = max((column for _, column in printed.cells.values()), default=0)
        last = max((row for row, _ in self.places.values()), default=0)
        self._rows = [self._row(row) for row in range(1, last + 1)]

    def _row(self, row: int) -> _Row | None:
        expected = {}
        for column in range(1, self._width + 1):
            ref = to_ref(row, column)
            content = self.cells.get(ref)
            if ref in self.covered or ref in self.calculated or isinstance(content, Stamp):
                continue
            expected[column - 1] = _as_read(content)
        if not expected:
            return None
        take = itemgetter(*expected)
        values = tuple(expected.values())
        return _Row(expected, take, values if len(values) > 1 else values[0])

    def odd(self, grid: Grid) -> Iterator[Place]:
        """Where, within the sheet as issued, ``grid`` does not hold the very constant, or anything where nothing was.

        Formulas, inputs and stamps are not looked at. What is found may still be the same content in other words.
        """
        blank = [""] * self._width
        for number, row in enumerate(self._rows, start=1):
            if row is None:
                continue
            found = grid[number - 1] if number <= len(grid) else blank
            if len(found) < self._width:
                found = [*found, *blank[len(found) :]]
            if row.take(found) != row.expected:
                for column, value in row.constants.items():
                    if found[column] != value:
                        yield number, column + 1
        for number, column, value in self._numbers:
            if number <= len(grid) and column <= len(grid[number - 1]):
                standing = grid[number - 1][column - 1]
                if isinstance(standing, bool) and standing == value:  # TRUE equals 1 for Python, not in a cell
                    yield number, column

    def beyond(self, grid: Grid) -> Iterator[Place]:
        """Whatever stands outside the rows and columns of the sheet as issued."""
        for number, row in enumerate(grid, start=1):
            yield from _filled(number, row, self._width if number <= len(self._rows) else 0)


def filled(grid: Grid) -> Iterator[Place]:
    """Every place of ``grid`` that is not blank."""
    for number, row in enumerate(grid, start=1):
        yield from _filled(number, row, 0)


def _filled(number: int, row: Sequence[Any], start: int) -> Iterator[Place]:
    rest = row[start:] if start else row
    if rest.count("") != len(rest):
        for column, value in enumerate(rest, start=start + 1):
            if value != "":
                yield number, column


def _as_read(content: Content | None) -> float | str | date:
    """What a reader gives for a cell that was left alone."""
    if content is None or isinstance(content, Review):
        return ""
    assert isinstance(content, Label)
    return float(content.value) if isinstance(content.value, Decimal) else content.value


_known: dict[int, tuple[Layout, tuple[IssuedSheet, ...]]] = {}


def issued_sheets(layout: Layout) -> tuple[IssuedSheet, ...]:
    """The sheets of ``layout`` in their order, worked out once for each layout object."""
    known = _known.get(id(layout))
    if known is None:
        known = _known[id(layout)] = (layout, tuple(map(IssuedSheet, layout.sheets, printed_form(layout).sheets)))
    return known[1]
