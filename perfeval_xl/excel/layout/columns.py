"""The columns of the official table: where each stands, its heading, and spans of columns for what stands above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby, pairwise

from perfeval_xl.errors import SchemeError
from perfeval_xl.excel.layout.model import Content, Label, PrintSetup, Sheet
from perfeval_xl.excel.layout.parts import band
from perfeval_xl.excel.styles import STYLES, line_count
from perfeval_xl.scheme.form import Form, FormColumn, Paper

Span = tuple[int, int]
"""The first and the last of some columns, 1-based."""

GAP = 2.0
"""The width of an empty column between the form and what is for the review."""
_HEADING = 30.0  # points: the height of a line of headings
_PAPERS = {Paper.A3: 8, Paper.A4: 9}


def paper_setup(form: Form) -> PrintSetup:
    """What the official table prints on."""
    return PrintSetup(paper=_PAPERS[form.paper], landscape=form.landscape)


class Columns:
    """The columns of a form, numbered from 1. Those up to ``last`` are printed, ``outer`` is the last of all."""

    def __init__(self, form: Form) -> None:
        self.all = form.columns
        self.last = sum(column.printed for column in form.columns)
        self.outer = len(form.columns)
        self.place: Mapping[str, int] = {column.shows: number for number, column in enumerate(self.all, start=1)}
        self.widths: dict[int, float] = {number: column.width for number, column in enumerate(self.all, start=1)}

    def __contains__(self, shows: str) -> bool:
        return shows in self.place

    def level_places(self) -> dict[int, int]:
        """The columns with names of levels: by level, from 0 for the first."""
        found = {level: self.place.get(f"level{level + 1}") for level in range(3)}
        return {level: place for level, place in found.items() if place is not None}

    def headings(self, sheet: Sheet, row: int) -> int:
        """Lay the headings from ``row`` on, in two lines where some have one above; returns the last of these lines."""
        bottom = row + any(column.over for column in self.all)
        for number, column in enumerate(self.all, start=1):
            if not column.over:
                sheet.put(row, number, Label(column.heading, "head"), to=(bottom, number))
            else:
                sheet.put(bottom, number, Label(column.heading, "head"))
        for over, run in groupby(enumerate(self.all, start=1), key=lambda each: (each[1].over, each[1].printed)):
            under = [number for number, _ in run]
            if over[0]:
                band(sheet, row, under[0], under[-1], Label(over[0], "head"))
        for line in range(row, bottom + 1):
            sheet.heights[line] = _HEADING
        tallest = max(self._heading_height(column) / (1 if column.over else bottom - row + 1) for column in self.all)
        sheet.heights[bottom] = max(_HEADING, tallest)
        return bottom

    @staticmethod
    def _heading_height(column: FormColumn) -> float:
        size = STYLES["head"].size
        return line_count(column.heading, column.width, size) * size * 1.3 + 4

    def spans(self, shares: Sequence[float], first: int = 1) -> list[Span]:
        """The printed columns from ``first`` on cut into neighbouring spans, one for each of ``shares``, as near to these
        shares of the width as whole columns allow. SchemeError where there are not so many columns."""
        have = self.last - first + 1
        if have < len(shares):
            raise SchemeError([f"自评表只有 {self.last} 列打印，表头的一行要分成 {len(shares) + first - 1} 格，放不下"])
        scale = sum(self.widths[each] for each in range(first, self.last + 1)) / sum(shares)
        wanted = [share * scale for share in shares]

        @cache
        def cut(left: int, number: int) -> tuple[float, tuple[Span, ...]]:
            """The best cut of what begins at ``left`` into the spans from ``number`` on; of two as good the one whose
            first span is the narrower."""
            if number == len(wanted) - 1:
                return self._away(left, self.last, wanted[number]), ((left, self.last),)
            ends = range(left, self.last - len(wanted) + number + 2)
            tried = ((self._away(left, end, wanted[number]), (left, end), cut(end + 1, number + 1)) for end in ends)
            return min(
                ((round(away + rest, 6), (span, *spans)) for away, span, (rest, spans) in tried),
                key=lambda each: each[0],
            )

        return list(cut(first, 0)[1])

    def _away(self, left: int, right: int, wanted: float) -> float:
        return (sum(self.widths[each] for each in range(left, right + 1)) - wanted) ** 2


def fill_line(
    sheet: Sheet, row: int, span: Span, contents: Mapping[int, Content], *, label: Content, blank: str = "text"
) -> None:
    """One line over the columns of ``span``: ``contents`` by column, the ``label`` over the columns before the first of
    them (or in the first gap there is), the other gaps merged and empty."""
    edges = [span[0] - 1, *sorted(contents), span[1] + 1]
    gaps = [(left + 1, right - 1) for left, right in pairwise(edges) if right - left > 1]
    for number, (left, right) in enumerate(gaps):
        band(sheet, row, left, right, label if number == 0 else Label("", blank))
    for column, content in contents.items():
        sheet.put(row, column, content)
