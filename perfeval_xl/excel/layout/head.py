"""The head block of the official table, from the scheme's blocks: bands, facts, texts, amounts; grids are in grid.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from perfeval_xl.excel.layout.columns import Columns, Span
from perfeval_xl.excel.layout.grid import grid
from perfeval_xl.excel.layout.model import Content, Label, Stamp
from perfeval_xl.excel.layout.parts import Part, band, head_input, needed
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.form import Block, Fact, HeadBlock, Paper
from perfeval_xl.scheme.model import Indicator, Scheme

T = TypeVar("T")

_FACT_SHARES = (1.0, 2.0)  # a label and its value
_TEXTS, _AMOUNTS = 3, 7  # the most of them side by side
_TEXT_HEIGHTS = {Paper.A3: 165.0, Paper.A4: 90.0}  # points
_LINE = 26.0


def _chunks(parts: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (parts[start : start + size] for start in range(0, len(parts), size))


def head_block(part: Part, row: int, scheme: Scheme, columns: Columns) -> tuple[int, dict[int, Indicator]]:
    """Lay the blocks from ``row`` on. The next free row, and the rows that carry an indicator's score."""
    head = _Head(part, scheme, columns)
    for block in scheme.form.head:
        row = head.lay(block, row)
    return row, head.scored


class _Head:
    def __init__(self, part: Part, scheme: Scheme, columns: Columns) -> None:
        self._part, self._sheet, self._scheme, self._columns = part, part.sheet, scheme, columns
        self.scored: dict[int, Indicator] = {}

    def lay(self, block: HeadBlock, row: int) -> int:
        """One block from ``row`` on; returns the next free row."""
        fields = [self._scheme.fields[each] for each in block.fields]
        room = max(1, self._columns.last - (1 if block.text else 0))
        match block.block:
            case Block.BAND:
                band(self._sheet, row, 1, self._columns.last, Label(block.text, "head"))
                self._sheet.heights[row] = _LINE
                return row + 1
            case Block.FACTS:
                return self._facts(row, block.facts)
            case Block.TEXTS:
                for some in _chunks(fields, min(_TEXTS, room)):
                    row = self._texts(row, block.text, some)
                return row
            case Block.AMOUNTS:
                for some in _chunks(fields, min(_AMOUNTS, room)):
                    row = self._amounts(row, block.text, some)
                return row
            case Block.GRID:
                row, scored = grid(self._part, row, block, self._scheme, self._columns)
                self.scored |= scored
                return row

    def _facts(self, row: int, facts: Sequence[Fact]) -> int:
        """Two facts a line, a label and its value each; the value of one that stands alone takes the rest of the line."""
        pairs = 2 if self._columns.last >= 4 else 1
        spans = self._columns.spans(_FACT_SHARES * pairs)
        for some in _chunks(facts, pairs):
            for number, fact in enumerate(some):
                label, value = spans[2 * number], spans[2 * number + 1]
                if number == len(some) - 1:
                    value = (value[0], self._columns.last)
                band(self._sheet, row, *label, Label(fact.label, "head"))
                self._value(row, value, fact)
            self._sheet.heights[row] = _LINE
            row += 1
        return row

    def _value(self, row: int, span: Span, fact: Fact) -> None:
        if fact.field:
            head_input(self._sheet, row, span, self._scheme.fields[fact.field])
        else:
            band(self._sheet, row, *span, Stamp(fact.stamp, "stamp_left"))

    def _side(self, row: int, bottom: int, text: str) -> int:
        """A heading at the side of some rows, if there is ``text`` for it; returns the first column right of it."""
        if not text:
            return 1
        self._sheet.put(row, 1, Label(text, "head"), to=(bottom, 1))
        return 2

    def _texts(self, row: int, side: str, fields: Sequence[Field]) -> int:
        """Texts side by side, each under its label."""
        first = self._side(row, row + 1, side)
        for span, field in zip(self._columns.spans([1.0] * len(fields), first), fields, strict=True):
            band(self._sheet, row, *span, Label(field.label, "head"))
            head_input(self._sheet, row + 1, span, field)
        self._sheet.heights[row], self._sheet.heights[row + 1] = _LINE, _TEXT_HEIGHTS[self._scheme.form.paper]
        return row + 2

    def _amounts(self, row: int, side: str, fields: Sequence[Field]) -> int:
        """Amounts side by side; equal headings are merged over their amounts, as in the official form."""
        sheet = self._sheet
        depth = max(len(field.headings) for field in fields)
        value_row = row + depth + 1
        first = self._side(row, value_row, side)
        spans = dict(zip(fields, self._columns.spans([1.0] * len(fields), first), strict=True))
        for level in range(depth):
            for path, run in groupby(fields, key=lambda field: field.headings[: level + 1]):
                under = list(run)
                if len(path) == level + 1:
                    heading: Content = Label(path[-1], "head")
                    band(sheet, row + level, spans[under[0]][0], spans[under[-1]][1], heading)
        for field in fields:
            left, right = spans[field]
            sheet.put(row + len(field.headings), left, Label(field.label, "head"), to=(row + depth, right))
            head_input(sheet, value_row, (left, right), field)
        for line in range(row, value_row + 1):
            sheet.heights[line] = _LINE
        labels = max(needed(sheet, field.label, "head", *spans[field]) for field in fields)
        sheet.heights[row + depth] = max(_LINE, labels)
        return value_row + 1
