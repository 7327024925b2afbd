"""The official table's body with the annex tables' rows in it: those of one indicator, then a line that sums them up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.formulas import DONE, MISSING
from perfeval_xl.excel.layout.columns import Columns, fill_line
from perfeval_xl.excel.layout.items import table_status, table_status_shown, wrong_sum
from perfeval_xl.excel.layout.levels import Rows, page_breaks, put_levels
from perfeval_xl.excel.layout.lines import Lines, off_balance
from perfeval_xl.excel.layout.model import Content, Formula, Highlight, Label
from perfeval_xl.excel.layout.parts import Part, annex_rule, band, self_score
from perfeval_xl.excel.layout.review_block import ReviewBlock
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.expr import constant, text

STATUS_WIDTH = 16.0
_ROW, _SUM = 42.0, 24.0  # heights; a row has room for three lines
_STATUS_HEAD = "填报检查"


@dataclass(frozen=True)
class RowLines:
    """The lines below the headings: all with their indicators, those with a self-score, where pages end."""

    rows: Rows
    scored: Rows
    breaks: tuple[int, ...]


def row_lines(part: Part, headings: tuple[int, int], scheme: Scheme, columns: Columns, review: ReviewBlock) -> RowLines:
    """Lay the lines of all indicators that have a table. The statuses stand right of the last column."""
    builder = _Builder(part, scheme, columns, review)
    part.sheet.put(headings[0], builder.status, Label(_STATUS_HEAD, "head"), to=(headings[1], builder.status))
    row = headings[1] + 1
    for indicator in scheme.indicators:
        rule = annex_rule(indicator)
        if rule is not None:
            row = builder.put(row, indicator, rule)
    rows = builder.rows
    blocks = [[[row] for row in run] for _, run in groupby(rows, key=lambda row: rows[row].code)]
    breaks = page_breaks(part.sheet, columns, headings, blocks)
    put_levels(part.sheet, columns, rows, breaks, scheme)
    return RowLines(rows, builder.scored, breaks)


class _Builder:
    def __init__(self, part: Part, scheme: Scheme, columns: Columns, review: ReviewBlock) -> None:
        self._part, self._sheet, self._scheme = part, part.sheet, scheme
        self._columns, self._review = columns, review
        self.status = columns.outer + 1
        self.rows: dict[int, Indicator] = {}
        self.scored: dict[int, Indicator] = {}
        self._left = max(columns.level_places().values(), default=0) + 1

    def put(self, row: int, indicator: Indicator, rule: AnnexRows) -> int:
        """The lines of one indicator; returns the next free row."""
        last = row + rule.table.rows
        lines = Lines(self._part, rule, self._scheme, self._columns.place, self.status)
        for number, line in enumerate(range(row, last), start=1):
            self._empty(line, lines.put(line, number))
            self._review.mark(self._sheet, line, f"{rule.table.id}_r{number:02d}")
            self._sheet.heights[line] = _ROW
            self.rows[line] = indicator
        lines.whole(row, last - 1)
        self._sum(last, indicator, rule)
        self.rows[last] = self.scored[last] = indicator
        return last + 1

    def _empty(self, row: int, taken: set[int]) -> None:
        """Cells that this table has no column for."""
        levels = set(self._columns.level_places().values())
        for place in range(1, self._columns.outer + 1):
            if place not in taken and place not in levels:
                self._sheet.put(row, place, Label("", "text"))

    def _sum(self, row: int, indicator: Indicator, rule: AnnexRows) -> None:
        """The line with the indicator's points and its self-score."""
        place, last = self._columns.place, self._columns.last
        points = place.get("points", place["weight"])
        contents: dict[int, Content] = {points: Label(indicator.points, "points")}
        contents[place["score"]] = self_score(indicator, self._scheme)
        fill_line(self._sheet, row, (self._left, last), contents, label=Label("小计", "head"))
        if self._columns.outer > last:
            band(self._sheet, row, last + 1, self._columns.outer, Label("", "text"))
        self._sheet.heights[row] = _SUM
        score = to_ref(row, place["score"])
        self._sheet.highlights.append(Highlight(score, f'{score}=""', "required"))
        off = off_balance(rule, constant(indicator.points))
        self._sheet.highlights.append(Highlight(to_ref(row, points), off, "bad"))
        self._state(row, rule, indicator)

    def _state(self, row: int, rule: AnnexRows, indicator: Indicator) -> None:
        """What 填报检查 says of the whole table."""
        shows = partial(table_status_shown, rule=rule, points=indicator.points)
        state = Formula(table_status(rule, indicator.points), shows, "status")
        cell = self._sheet.put(row, self.status, state).ref
        for word, style in ((DONE, "good"), (MISSING, "todo"), (wrong_sum(rule.table), "bad")):
            self._sheet.highlights.append(Highlight(cell, f"{cell}={text(word)}", style))
