"""The block 区局复核 right of the official table: a score, a difference and an opinion for each scored line, marks
beside the other inputs. Locked, empty when issued, no formula looks at it, outside the print area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.layout.columns import GAP
from perfeval_xl.excel.layout.model import Highlight, Input, Label, Review, Sheet
from perfeval_xl.excel.layout.review import MARK_HEAD, mark, mark_heading, mark_highlight
from perfeval_xl.scheme.model import Indicator

_SCORE, _OPINION = 11.0, 80.0  # widths
_HEADS = ("复核得分", "差异", "复核意见")


@dataclass(frozen=True)
class ReviewBlock:
    """Its columns begin after the column ``after`` and a gap.

    Marks stand in the block itself; with ``beside`` in a column of their own, for forms with lines that have both an
    opinion and inputs to be marked.
    """

    after: int
    beside: bool

    @property
    def score(self) -> int:
        return self.after + 2

    @property
    def difference(self) -> int:
        return self.after + 3

    @property
    def opinion(self) -> int:
        return self.after + 4

    @property
    def last(self) -> int:
        return self.opinion + (2 if self.beside else 0)

    @property
    def _marks(self) -> tuple[int, int]:
        """The first and the last column of a mark."""
        return (self.last, self.last) if self.beside else (self.difference, self.opinion)

    def widths(self) -> dict[int, float]:
        widths = {self.after + 1: GAP, self.score: _SCORE, self.difference: _SCORE, self.opinion: _OPINION}
        return widths | ({self.last - 1: GAP} if self.beside else {})

    def head(self, sheet: Sheet, top: int, heading: int, bottom: int, scored: Iterable[int]) -> None:
        """The block's title in the row ``top``, or above it where that is taken; beside the head block, down to the table's headings (the rows ``heading``
        to ``bottom``), what the marks are, and the block's own headings over lines of the head that are ``scored``."""
        first = min(scored, default=None)
        taken = self._first_input(sheet, top, self.after) is not None or (first is not None and first <= top + 1)
        above = top - 1 if taken else top
        sheet.put(above, self.score, Label("区局复核（由主管部门填写）", "review_head"), to=(above, self.opinion))
        if first is not None:
            self._headings(sheet, first - 1, first - 1)
        if self.beside:
            mark_heading(sheet, above, self.last)
        elif any(self._first_input(sheet, row, self.after) for row in range(top, heading)):
            sheet.put(above + 1, self.score, Label(MARK_HEAD, "review_head"), to=(heading - 1, self.score))
        self._headings(sheet, heading, bottom)

    def _headings(self, sheet: Sheet, row: int, bottom: int) -> None:
        for column, text in zip((self.score, self.difference, self.opinion), _HEADS, strict=True):
            sheet.put(row, column, Label(text, "review_head"), to=(bottom, column))

    def lines(self, sheet: Sheet, scored: Mapping[int, Indicator]) -> None:
        """The review's cells of scored lines, by row."""
        for row, indicator in scored.items():
            sheet.put(row, self.score, Review(f"{indicator.code}_review_score", "review_score"))
            sheet.put(row, self.difference, Review(f"{indicator.code}_review_difference", "review_difference"))
            sheet.put(row, self.opinion, Review(f"{indicator.code}_review_opinion", "review_text"))

    def mark(self, sheet: Sheet, row: int, name: str) -> None:
        """A mark beside the inputs of one row, see review.mark."""
        first, last = self._marks
        mark(sheet, row, first, name, to=(row, last))

    def marks(self, sheet: Sheet, rows: Iterable[int], right: int) -> None:
        """Marks beside those of ``rows`` that have inputs in the columns up to ``right``, named after the first."""
        for row in rows:
            field = self._first_input(sheet, row, right)
            if field is not None:
                self.mark(sheet, row, field)

    @staticmethod
    def _first_input(sheet: Sheet, row: int, right: int) -> str | None:
        """The field of the first input in ``row``, up to the column ``right``."""
        inputs = (sheet.cells.get(to_ref(row, column)) for column in range(1, right + 1))
        return next((content.field.id for content in inputs if isinstance(content, Input)), None)

    def marks_stand_out(self, sheet: Sheet, first: int, last: int) -> None:
        left, right = self._marks
        mark_highlight(sheet, left, first, last, right=right)

    def total(self, sheet: Sheet, row: int) -> None:
        """Total and grade in ``row`` and the one below."""
        for line, label, review in (
            (row, "复核总分", Review("review_total", "review_total")),
            (row + 1, "审定等级", Review("review_grade", "review_grade")),
        ):
            sheet.put(line, self.score, Label(label, "review_head"))
            sheet.put(line, self.difference, review, to=(line, self.opinion))

    def lines_stand_out(self, sheet: Sheet, first: int, last: int) -> None:
        """Of the rows ``first`` to ``last`` those that differ, and those that are still open."""
        area = f"{to_ref(first, self.score)}:{to_ref(last, self.opinion)}"
        score, difference, opinion = (
            f"${to_ref(first, column)}" for column in (self.score, self.difference, self.opinion)
        )
        sheet.highlights.append(Highlight(area, f"IF(COUNT({difference})=1,{difference}<>0,FALSE)", "differs"))
        sheet.highlights.append(Highlight(area, f'AND({score}="",{opinion}<>"")', "todo"))
