"""Fields: what a unit fills in, one input cell each, and the annex tables made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from perfeval_xl.numbers import read_number

APPLICABLE, NOT_APPLICABLE = "适用", "不适用"
YES, NO = "是", "否"


class NotApplicable(StrEnum):
    """What becomes of a row that a unit has no cause to be scored in (不适用)."""

    FULL = "full"  # it scores its full points
    EXCLUDED = "excluded"  # its points leave the base, and what the others score is scaled up to the total


Constant = Decimal | bool | date | str
"""What the bureau fills in instead of the units: as the value of an answer."""


class FieldType(StrEnum):
    YESNO = "yesno"
    COUNT = "count"  # a whole number, not negative
    AMOUNT = "amount"  # money, in ``unit`` (万元 or 元)
    PERCENT = "percent"  # the fraction: 0.9825, shown as 98.25%
    NUMBER = "number"
    SCORE = "score"  # points, two decimals
    DATE = "date"
    TEXT = "text"
    CHOICE = "choice"

    @property
    def numeric(self) -> bool:
        return self in _NUMERIC

    @property
    def word(self) -> str:
        """What people call it."""
        return _WORDS[self]


_WORDS = {
    FieldType.YESNO: "是/否",
    FieldType.COUNT: "个数",
    FieldType.AMOUNT: "金额",
    FieldType.PERCENT: "百分比",
    FieldType.NUMBER: "数值",
    FieldType.SCORE: "分数",
    FieldType.DATE: "日期",
    FieldType.TEXT: "文字",
    FieldType.CHOICE: "选项",
}
_NUMERIC = {FieldType.COUNT, FieldType.AMOUNT, FieldType.PERCENT, FieldType.NUMBER, FieldType.SCORE}

_MEASURED = {FieldType.AMOUNT, FieldType.PERCENT, FieldType.NUMBER}

_PLACES = {FieldType.COUNT: 0, FieldType.AMOUNT: 6, FieldType.PERCENT: 8, FieldType.NUMBER: 4, FieldType.SCORE: 2}
_LARGEST = {
    FieldType.COUNT: Decimal(1_000_000_000),
    FieldType.AMOUNT: Decimal(2_000_000),
    FieldType.PERCENT: Decimal(100),
    FieldType.NUMBER: Decimal(100_000_000),
    FieldType.SCORE: Decimal(1000),
}
_YUAN = "元"
_YUAN_PLACES, _YUAN_LARGEST = 2, Decimal(20_000_000_000)
_ALIKE = Decimal("4E-15")  # numbers closer than this, relatively, are one number to some spreadsheet programs


class RollUp(StrEnum):
    """How the units' answers combine into the department's form (domain: raw inputs combine, ratios are computed once)."""

    OWN = "own"
    SUM = "sum"
    ALL = "all"
    ANY = "any"
    ROSTER = "roster"  # how many units the roster has
    RETURNED = "returned"  # how many of them have an accepted return

    @property
    def counts_units(self) -> bool:
        """Whether it looks at which units there are, not at what they answered."""
        return self in (RollUp.ROSTER, RollUp.RETURNED)


def evidence_id(indicator: str) -> str:
    """The field that holds the evidence (评分依据、未达标原因、改进措施) of the row ``indicator``."""
    return f"{indicator}_evidence"


@dataclass(frozen=True)
class Condition:
    """A field is asked for only when ``field`` was answered ``equals`` (是/否 or an option), or is above zero (``positive``)."""

    field: str
    equals: str | None = None
    positive: bool = False


@dataclass(frozen=True)
class Field:
    """One input. ``id`` is its key in answers files, its defined name in the workbook and its column in frames.

    ``low``/``high`` bound numbers and dates, both included. ``never`` is the word that a date field takes when the
    thing never took place (未公开). ``issued`` is what the blank is issued with (适用, 月度平均).
    ``headings`` are the headings printed above it in the head block's table of amounts, outermost first.
    ``decimals`` says with how many decimals a number is taken where that is not as its type says.
    """

    id: str
    label: str
    type: FieldType
    unit: str = ""
    period: str = ""
    hint: str = ""
    required: bool = True
    when: Condition | None = None
    low: Decimal | date | None = None
    high: Decimal | date | None = None
    options: tuple[str, ...] = ()
    never: str | None = None
    issued: str | None = None
    max_length: int | None = None
    roll_up: RollUp = RollUp.OWN
    headings: tuple[str, ...] = ()
    decimals: int | None = None

    @cached_property
    def places(self) -> int:
        """With how many decimals a number is taken: an amount down to the cent, be it in 元 or in 万元. KeyError for others.

        With ``largest`` it keeps every number below 2e12 of its smallest units, so that the live formulas can work in
        whole numbers, which every spreadsheet program does exactly.
        """
        if self.decimals is not None:
            return self.decimals
        return _YUAN_PLACES if self._yuan else _PLACES[self.type]

    @property
    def rounds(self) -> bool:
        """Whether a number with more decimals is read to ``places``: what was calculated elsewhere has many.

        A count is whole and points are given to 0.01, so with those more decimals are a mistake.
        """
        return self.type in _MEASURED or self.decimals is not None

    @cached_property
    def largest(self) -> Decimal:
        """The largest number that the field takes: ``high``, or what its type can bear. KeyError for others."""
        return self.high if isinstance(self.high, Decimal) else self.bearable

    @cached_property
    def bearable(self) -> Decimal:
        """The largest number that a field of this type can take. KeyError where it takes none."""
        return _YUAN_LARGEST if self._yuan else _LARGEST[self.type]

    @cached_property
    def noise(self) -> Decimal:
        """A number this close to one with ``places`` decimals is that one: 0.30000000000000004 is 0.3."""
        return _ALIKE * self.largest

    @cached_property
    def leaning(self) -> Decimal:
        """What is added before a number is rounded to ``places``: a half is a half, though it be stored a hair below."""
        return self.noise / 4 if self.rounds else Decimal(0)

    @property
    def issued_value(self) -> bool | Decimal | str | None:
        """``issued`` as the value of an answer; None where the blank is issued without."""
        if self.issued is None:
            return None
        if self.type is FieldType.YESNO:
            return self.issued == YES
        return read_number(self.issued) if self.type.numeric else self.issued

    @property
    def _yuan(self) -> bool:
        return self.type is FieldType.AMOUNT and self.unit == _YUAN

    @property
    def choices(self) -> tuple[str, ...]:
        """The words this field's cell takes, for a drop-down; empty for open fields."""
        return (YES, NO) if self.type is FieldType.YESNO else self.options


@dataclass(frozen=True)
class Table:
    """An annex table: ``rows`` numbered rows of ``columns``. The cell of column c in row 3 is the field <id>_r03_<c>.

    ``fixed`` are the cells that the bureau filled in, by row (the first ones, from 1) and column; the rest is open.
    """

    id: str
    title: str
    rows: int
    columns: tuple[Field, ...]
    fixed: Mapping[int, Mapping[str, Constant]] = field(default_factory=dict, hash=False)

    def field_id(self, row: int, column: str) -> str:
        return f"{self.id}_r{row:02d}_{column}"

    @cached_property
    def column(self) -> Mapping[str, Field]:
        return {column.id: column for column in self.columns}

    def row_ids(self, row: int) -> tuple[str, ...]:
        """The field ids of one row (numbered from 1), in column order."""
        return self._row_ids[row - 1]

    @cached_property
    def open_cells(self) -> tuple[str, ...]:
        """The field ids of the cells that the units fill in, row by row."""
        return tuple(
            self.field_id(row, column.id)
            for row in range(1, self.rows + 1)
            for column in self.columns
            if column.id not in self.fixed.get(row, {})
        )

    @cached_property
    def _row_ids(self) -> tuple[tuple[str, ...], ...]:  # every return asks for all of them, several times
        rows = range(1, self.rows + 1)
        return tuple(tuple(self.field_id(row, column.id) for column in self.columns) for row in rows)

    def fields(self) -> Iterator[Field]:
        """A field for every cell, row by row; none is required by itself: a row may stay empty."""
        for row in range(1, self.rows + 1):
            for column in self.columns:
                yield replace(
                    column, id=self.field_id(row, column.id), label=f"第 {row} 行{column.label}", required=False
                )
