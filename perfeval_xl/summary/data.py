"""The sheet 数据汇总: the raw inputs of the accepted returns, a row a unit, and what they come to by live formulas."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import groupby

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.book import A3, Book, Column, Limits, Live, Page, Paper, Styled, Value, height_of, line_count
from perfeval_xl.numbers import ZERO, half_up, show_number
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.fields import Field, FieldType, RollUp
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rulebook import ROLL_UP
from perfeval_xl.scheme.rules.inputs import bare_label
from perfeval_xl.summary.figures import Round, opens
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.returns import STYLE, accepted, answer_cell
from perfeval_xl.summary.sheet import Sheet, exported

_NOTE = (
    "采用的报表中填报的原始数据，一份报表一行；空白为未填，红底为填了但不能用的内容，照原样列出，不计入表后的合计和个数。"
    "第三行表头是主管部门汇总时的办法。{totals}点“打开”可到相应的批注文件。"
)
_LIVE, _OF_ALL = "合计和个数是公式，随数据变化。", "合计和个数是全部{}的。"
_UNIT = (Column("单位代码", 11, "centre"), Column("单位名称", 26), Column("批注文件", 9, "centre"))
_HEAD_BLOCK = "单位基本情况"
_NARROWEST, _TEXT_WIDTH = 11.0, 30.0
_LONGEST = 12  # characters of a text, so that it stays in its line
_SCALE = 60  # percent
_PAGE = 250  # characters that an A3 sheet takes across at that scale, with the widest of the usual fonts


@dataclass(frozen=True)
class _Question:
    """A column: the field, how it is called under its heading, and the indicator ('' for the head block) and its heading."""

    code: str
    heading: str
    field: Field
    label: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words that its cell takes, which can be counted."""
        return self.field.choices or ((self.field.never,) if self.field.never else ())


class _Asked:
    """What was answered to a question, in all units together.

    ``width`` is that of its column: as wide as its largest number, or its sum. A text that can't be used counts among
    ``unusable``, not among ``usable``; ``said`` counts the words.
    """

    def __init__(self, question: _Question) -> None:
        self.question = question
        self.usable = self.unusable = 0
        self.total = ZERO
        self.said: Counter[str] = Counter()
        self._numeric = question.field.type.numeric
        self._width = _TEXT_WIDTH if question.field.type is FieldType.TEXT else _NARROWEST

    def take(self, cell: Value | Styled) -> None:
        """One more unit's answer."""
        if cell is None:
            return
        if isinstance(cell, Styled):
            if cell.style == "unusable":
                self.unusable += 1
                return
            cell = cell.value
        self.usable += 1
        if isinstance(cell, Decimal) and self._numeric:
            self.total += cell
            self._width = max(self._width, _width(cell))
        elif isinstance(cell, str) and cell in self.question.words:
            self.said[cell] += 1

    @property
    def width(self) -> float:
        return max(self._width, _width(self.total)) if self._numeric else self._width

    @property
    def column(self) -> Column:
        field = self.question.field
        return Column(ROLL_UP[field.roll_up], self.width, STYLE[field.type])


def _width(number: Decimal) -> int:
    return max(len(show_number(number)), len(f"{number:,.2f}")) + 2


_Total = Callable[[_Asked, str], Live | None]
"""What stands under a column, worked out from its cells as a range."""


class DataSheet(Sheet):
    """A line an accepted return, by unit code; what all of them come to is known before the first is written."""

    name = "数据汇总"
    holds = "各{filing}填报的全部原始数据，表后是合计"
    rest = exported("submissions")

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        super().__init__(district, shelf, limits)
        self._asked = [_Asked(each) for each in _questions(district.scheme)]

    def take(self, result: UnitResult) -> None:
        if (said := accepted(result)) is None:
            return
        fields = [each.question.field for each in self._asked]
        cells = [answer_cell(field, said.answers[field.id], _LONGEST) for field in fields]
        for asked, cell in zip(self._asked, cells, strict=True):
            asked.take(cell)
        places = (said.answers.cell(each.question.field.id) for each in self._asked if each.question.code)
        opened = opens(result, next(filter(None, places), None))
        self._lines.add([[result.unit_code, result.unit_name, opened, *cells]], result.unit_code)

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A3), round_.title)
        questions = [each.question for each in self._asked]
        columns = [*_UNIT, *(each.column for each in self._asked)]
        widths = [each.width for each in columns]
        breaks = _breaks(questions, widths)
        totals = _OF_ALL.format(round_.counted) if self._cut() else _LIVE
        first = _title(page, breaks[0] if breaks else len(columns), self._short(), totals)
        top = _heads(page, first, questions, widths)
        height = max(height_of(line_count(each.title, each.width)) for each in columns)
        end = page.table(
            top,
            columns,
            self._lines.in_order(),
            repeat_from=top - 2,
            frozen_columns=len(_UNIT),
            head_height=height,
            count=self.rows,
        )
        if self.rows:
            self._totals(page, round_.counted, top + 1, end)
        page.raw.repeat_columns(0, len(_UNIT) - 1)
        page.raw.set_print_scale(_SCALE)
        page.raw.set_v_pagebreaks(breaks)

    def _totals(self, page: Page, counted: str, first: int, end: int) -> None:
        """Under the units' rows, which run from ``first`` to before ``end``: sums, how many answered, each word's count.

        Formulas, but under a table that was cut: there they are the figures of all units, and the label says so.
        """
        whole = f"（全部{counted}）" if self._cut() else ""
        words = dict.fromkeys(word for each in self._asked for word in each.question.words)
        lines: list[tuple[str, _Total]] = [
            ("合计", _sum),
            (f"已填的{counted}数", _answered),
            *((f"填“{word}”的{counted}数", partial(_saying, word)) for word in words),
        ]
        for row, (label, total) in enumerate(lines, start=end):
            page.across(row, 0, len(_UNIT) - 1, label + whole, "head")
            for column, asked in enumerate(self._asked, start=len(_UNIT)):
                live = total(asked, f"{to_ref(first + 1, column + 1)}:{to_ref(end, column + 1)}")
                style = "sum" if total is _sum and asked.question.field.type is FieldType.AMOUNT else "sum_count"
                page.put(row, column, live.value if live and whole else live, style)


def _questions(scheme: Scheme) -> Iterator[_Question]:
    """Head numbers, then each indicator's own inputs and whether it applies, in the order of the form."""
    for field in scheme.head:
        if field.type is not FieldType.TEXT:
            yield _Question("", _HEAD_BLOCK, field, _label(field))
    for each in scheme.indicators:
        if each.may_be_not_applicable:
            applies = scheme.fields[each.applicable_id]
            yield _Question(each.code, each.name, applies, applies.label.removeprefix(f"{each.name}："))
        for field in each.fields:
            yield _Question(each.code, each.name, field, _label(field))


def _label(field: Field) -> str:
    """With the unit that its numbers are in, once, in a line of its own."""
    return f"{bare_label(field)}\n（{field.unit}）" if field.unit else field.label


def _title(page: Page, end: int, short: str, totals: str) -> int:
    """The title over the columns that every printed page repeats, the note beside it on the first, which ends before
    column ``end``; returns the next row."""
    page.height(0, 56 if short else 42)
    page.across(0, 0, len(_UNIT) - 1, DataSheet.name, "title")
    if end > len(_UNIT):
        page.across(0, len(_UNIT), end - 1, _NOTE.format(totals=totals) + short, "note")
    return 1


def _heads(page: Page, top: int, questions: Sequence[_Question], widths: Sequence[float]) -> int:
    """The indicators, then what was asked; the row of the roll-up rules, with the filter buttons, comes next."""
    spans = [(questions[first - len(_UNIT)].heading, first, last) for first, last in _spans(questions)]
    lines = (line_count(heading, sum(widths[first : last + 1])) for heading, first, last in spans)
    page.height(top, height_of(max(lines, default=1)))
    page.across(top, 0, len(_UNIT) - 1, "指标", "head")
    for heading, first, last in spans:
        page.across(top, first, last, heading, "head")
    asked = (line_count(each.label, width) for each, width in zip(questions, widths[len(_UNIT) :], strict=True))
    page.height(top + 1, height_of(max(asked, default=1)))
    page.across(top + 1, 0, len(_UNIT) - 1, "填报项（下一行是汇总办法）", "head")
    for column, question in enumerate(questions, start=len(_UNIT)):
        page.put(top + 1, column, question.label, "head")
    return top + 2


def _spans(questions: Sequence[_Question]) -> Iterator[tuple[int, int]]:
    """The first and last column of each indicator, and of the head block."""
    column = len(_UNIT)
    for _, members in groupby(questions, key=lambda each: each.code):
        first, column = column, column + len(list(members))
        yield first, column - 1


def _sum(asked: _Asked, cells: str) -> Live | None:
    """Rounded to the decimals that the field takes, as the exact sum is: a program's own sum may be off by a hair."""
    field = asked.question.field
    if field.roll_up is not RollUp.SUM:
        return None
    total = half_up(asked.total, Decimal(1).scaleb(-field.places))
    return Live(f"ROUND(SUM({cells}),{field.places})", total)


def _answered(asked: _Asked, cells: str) -> Live:
    """Without what can't be used."""
    type_ = asked.question.field.type
    if type_ is FieldType.TEXT:
        return Live(f"COUNTA({cells})" + (f"-{asked.unusable}" if asked.unusable else ""), asked.usable)
    counts = [f"COUNT({cells})"] if type_.numeric or type_ is FieldType.DATE else []
    return Live("+".join([*counts, *(_count_of(word, cells) for word in asked.question.words)]), asked.usable)


def _saying(word: str, asked: _Asked, cells: str) -> Live | None:
    return Live(_count_of(word, cells), asked.said[word]) if word in asked.question.words else None


def _count_of(word: str, cells: str) -> str:
    """How many of the cells hold just this word of the scheme's."""
    plain = re.sub(r"([~*?])", r"~\1", word).replace('"', '""')
    return f'COUNTIF({cells},"={plain}")'


def _breaks(questions: Sequence[_Question], widths: Sequence[float]) -> list[int]:
    """The columns with which a printed page begins: the unit is beside every page, no indicator is torn apart."""
    breaks: list[int] = []
    used = unit = sum(widths[: len(_UNIT)])
    for first, last in _spans(questions):
        needed = sum(widths[first : last + 1])
        if used + needed > _PAGE and used > unit:
            breaks.append(first)
            used = unit
        used += needed
    return breaks
