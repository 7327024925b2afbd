"""The sheet 数据汇总: the raw inputs of the accepted returns, a row a unit, and what they come to by live formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import groupby

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.book import A3, Book, Column, Live, Page, Paper, Styled, Value, height_of, line_count
from perfeval_xl.numbers import ZERO, half_up, show_number
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.fields import Field, FieldType, RollUp
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rulebook import ROLL_UP
from perfeval_xl.scheme.rules.inputs import bare_label
from perfeval_xl.summary.figures import Round, opens
from perfeval_xl.summary.returns import STYLE, accepted, answer_cell

SHEET = "数据汇总"
_NOTE = (
    "采用的报表中填报的原始数据，一份报表一行；空白为未填，红底为填了但不能用的内容，照原样列出，不计入表后的合计和个数。"
    "第三行表头是主管部门汇总时的办法。合计和个数是公式，随数据变化。点“打开”可到该单位的批注文件。"
)
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


_Cell = Value | Styled
_Total = Callable[[_Question, str, Sequence[_Cell]], Live | None]
"""What stands under a column: from the question, its cells as a range, and what is in them."""


def data_sheet(book: Book, round_: Round) -> None:
    page = book.page(SHEET, Paper(A3), round_.title)
    returns = accepted(round_.district)
    questions = list(_questions(round_.district.scheme))
    answers = [
        [answer_cell(each.field, said.answers[each.field.id], _LONGEST) for each in questions] for _, said in returns
    ]
    columns = [*_UNIT, *_columns(questions, answers)]
    widths = [each.width for each in columns]
    breaks = _breaks(questions, widths)
    top = _heads(page, _title(page, breaks[0] if breaks else len(columns)), questions, widths)
    rows = [[*_unit(result, said, questions), *cells] for (result, said), cells in zip(returns, answers, strict=True)]
    height = max(height_of(line_count(each.title, each.width)) for each in columns)
    end = page.table(top, columns, rows, repeat_from=top - 2, frozen_columns=len(_UNIT), head_height=height)
    if rows:
        _totals(page, round_.counted, top + 1, end, questions, answers)
    page.raw.repeat_columns(0, len(_UNIT) - 1)
    page.raw.set_print_scale(_SCALE)
    page.raw.set_v_pagebreaks(breaks)


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


def _unit(result: UnitResult, said: Submission, questions: Sequence[_Question]) -> list[Value]:
    cells = (said.answers.cell(each.field.id) for each in questions if each.code)
    return [result.unit_code, result.unit_name, opens(result, next(filter(None, cells), None))]


def _columns(questions: Sequence[_Question], answers: Sequence[Sequence[_Cell]]) -> Iterator[Column]:
    """Each as wide as its largest number, or its sum."""
    for number, question in enumerate(questions):
        type_ = question.field.type
        width = _TEXT_WIDTH if type_ is FieldType.TEXT else _NARROWEST
        if type_.numeric:
            found = _numbers([row[number] for row in answers])
            width = max(
                width, *(max(len(show_number(each)), len(f"{each:,.2f}")) + 2 for each in (*found, sum(found, ZERO)))
            )
        yield Column(ROLL_UP[question.field.roll_up], width, STYLE[type_])


def _numbers(cells: Sequence[_Cell]) -> list[Decimal]:
    values = (each.value if isinstance(each, Styled) else each for each in cells)
    return [each for each in values if isinstance(each, Decimal)]


def _title(page: Page, end: int) -> int:
    """The title over the columns that every printed page repeats, the note beside it on the first, which ends before
    column ``end``; returns the next row."""
    page.raw.set_row(0, 42)
    page.across(0, 0, len(_UNIT) - 1, SHEET, "title")
    if end > len(_UNIT):
        page.across(0, len(_UNIT), end - 1, _NOTE, "note")
    return 1


def _heads(page: Page, top: int, questions: Sequence[_Question], widths: Sequence[float]) -> int:
    """The indicators, then what was asked; the row of the roll-up rules, with the filter buttons, comes next."""
    page.across(top, 0, len(_UNIT) - 1, "指标", "head")
    page.across(top + 1, 0, len(_UNIT) - 1, "填报项（下一行是汇总办法）", "head")
    lines = 1
    for first, last in _spans(questions):
        heading = questions[first - len(_UNIT)].heading
        page.across(top, first, last, heading, "head")
        lines = max(lines, line_count(heading, sum(widths[first : last + 1])))
    page.raw.set_row(top, height_of(lines))
    for column, question in enumerate(questions, start=len(_UNIT)):
        page.put(top + 1, column, question.label, "head")
    asked = (line_count(each.label, width) for each, width in zip(questions, widths[len(_UNIT) :], strict=True))
    page.raw.set_row(top + 1, height_of(max(asked, default=1)))
    return top + 2


def _spans(questions: Sequence[_Question]) -> Iterator[tuple[int, int]]:
    """The first and last column of each indicator, and of the head block."""
    column = len(_UNIT)
    for _, members in groupby(questions, key=lambda each: each.code):
        first, column = column, column + len(list(members))
        yield first, column - 1


def _totals(
    page: Page, counted: str, first: int, end: int, questions: Sequence[_Question], answers: Sequence[Sequence[_Cell]]
) -> None:
    """Under the units' rows, which run from ``first`` to before ``end``: sums, how many answered, and each word's count."""
    words = dict.fromkeys(word for each in questions for word in each.words)
    lines: list[tuple[str, _Total]] = [
        ("合计", _sum),
        (f"已填的{counted}数", _answered),
        *((f"填“{word}”的{counted}数", partial(_saying, word)) for word in words),
    ]
    for row, (label, total) in enumerate(lines, start=end):
        page.across(row, 0, len(_UNIT) - 1, label, "head")
        for number, question in enumerate(questions):
            column = number + len(_UNIT)
            cells = f"{to_ref(first + 1, column + 1)}:{to_ref(end, column + 1)}"
            live = total(question, cells, [each[number] for each in answers])
            style = "sum" if total is _sum and question.field.type is FieldType.AMOUNT else "sum_count"
            page.put(row, column, live, style)


def _sum(question: _Question, cells: str, values: Sequence[_Cell]) -> Live | None:
    """Rounded to the decimals that the field takes, as the exact sum is: a program's own sum may be off by a hair."""
    if question.field.roll_up is not RollUp.SUM:
        return None
    places = question.field.places
    total = half_up(sum(_numbers(values), ZERO), Decimal(1).scaleb(-places))
    return Live(f"ROUND(SUM({cells}),{places})", total)


def _answered(question: _Question, cells: str, values: Sequence[_Cell]) -> Live:
    """Without what can't be used."""
    usable = [
        each for each in values if each is not None and not (isinstance(each, Styled) and each.style == "unusable")
    ]
    if question.field.type is FieldType.TEXT:
        unusable = sum(each is not None for each in values) - len(usable)
        return Live(f"COUNTA({cells})" + (f"-{unusable}" if unusable else ""), len(usable))
    counts = [f"COUNT({cells})"] if question.field.type.numeric or question.field.type is FieldType.DATE else []
    return Live("+".join([*counts, *(_count_of(word, cells) for word in question.words)]), len(usable))


def _saying(word: str, question: _Question, cells: str, values: Sequence[_Cell]) -> Live | None:
    return Live(_count_of(word, cells), values.count(word)) if word in question.words else None


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
