"""Fields: what a unit fills in, one input cell each, and the annex tables made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

APPLICABLE, NOT_APPLICABLE = "适用", "不适用"
YES, NO = "是", "否"


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


_NUMERIC = {FieldType.COUNT, FieldType.AMOUNT, FieldType.PERCENT, FieldType.NUMBER, FieldType.SCORE}


class RollUp(StrEnum):
    """How the units' answers combine into the department's form (domain: raw inputs combine, ratios are computed once)."""

    OWN = "own"
    SUM = "sum"
    ALL = "all"
    ANY = "any"
    ROSTER = "roster"


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

    @property
    def choices(self) -> tuple[str, ...]:
        """The words this field's cell takes, for a drop-down; empty for open fields."""
        return (YES, NO) if self.type is FieldType.YESNO else self.options


@dataclass(frozen=True)
class Table:
    """An annex table: ``rows`` numbered rows of ``columns``. The cell of column c in row 3 is the field <id>_r03_<c>."""

    id: str
    title: str
    rows: int
    columns: tuple[Field, ...]

    def field_id(self, row: int, column: str) -> str:
        return f"{self.id}_r{row:02d}_{column}"

    @cached_property
    def column(self) -> Mapping[str, Field]:
        return {column.id: column for column in self.columns}

    def row_ids(self, row: int) -> tuple[str, ...]:
        """The field ids of one row (numbered from 1), in column order."""
        return self._row_ids[row - 1]

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
