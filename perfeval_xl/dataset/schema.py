"""Tables as data: their columns with type, unit and meaning, and a function that gives their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from perfeval_xl.district.standing import RoundStatus
from perfeval_xl.results import District, UnitResult

Value = str | int | bool | date | datetime | Decimal | None
"""What stands in a row; None for nothing. A datetime is local time, to the minute."""

Row = tuple[Value, ...]

DIGITS = 38
"""As many digits has a parquet decimal; ``places`` of them stand behind the point."""


class Kind(StrEnum):
    """A column's type. In csv: decimals in full, true/false, 2025-04-30, 2025-04-30 16:05."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


@dataclass(frozen=True, slots=True)
class Column:
    """``meaning`` is for whoever reads the data dictionary; ``places`` is for decimals."""

    name: str
    meaning: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    places: int = 2


@dataclass(frozen=True)
class Round:
    """What is exported: where each unit of the roster stands, and the results."""

    status: RoundStatus
    district: District


class Rows:
    """The rows of one table: a value for each column, in their order; the same round, the same rows.

    The round's results go by once, for all tables together; then comes what is said of the whole round.
    """

    def of(self, result: UnitResult) -> Iterable[Row]:
        """Those of the next result."""
        return ()

    def at_end(self) -> Iterable[Row]:
        """Those that follow once all results have gone by."""
        return ()


@dataclass(frozen=True)
class Table:
    """One file of the export; ``rows`` makes its rows of a round."""

    name: str
    meaning: str
    columns: Sequence[Column]
    rows: Callable[[Round], Rows]


def points(name: str, meaning: str) -> Column:
    """A column of scores."""
    return Column(name, meaning, Kind.DECIMAL, "分")


def count(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, meaning, Kind.INTEGER, unit)


def fitting(value: Decimal | None, places: int) -> Decimal | None:
    """``value`` where a decimal with ``places`` can hold it, else None: a number in a return may have 300 digits."""
    if value is None or not value.is_finite():
        return None
    return value if value.copy_abs() < Decimal(1).scaleb(DIGITS - places) else None
