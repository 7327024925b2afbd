"""A cell's content as it was found, and what it is taken for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from perfeval_xl.numbers import ZERO, exact
from perfeval_xl.scheme.answers import Value


class Shape(StrEnum):
    """How a cell shows a number: what its number format is for. UNKNOWN where the file's format doesn't tell."""

    GENERAL = "general"
    NUMBER = "number"
    PERCENT = "percent"
    DATE = "date"
    TEXT = "text"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a cell.

    ``found`` is its value as calamine gives it: str, int, float, bool, datetime, date, time or timedelta; '' for nothing.
    ``formula`` is a formula that a person put there, without '='; ``saved`` whether the file holds its result. ``error``
    is the text of an error value (#DIV/0!). ``date1904``: the workbook counts days from 1904.
    """

    found: object
    shape: Shape = Shape.GENERAL
    formula: str | None = None
    saved: bool = True
    error: str = ""
    date1904: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What an entry is taken for: a value, with the code of its receipt where there is one; or, with ``value`` None, the
    code of what keeps it from being used (no code: blank). ``why`` are the words that go with the code.

    A text of no use is handed on as it is, for ``admit`` to name.
    """

    value: Value | None
    code: str | None = None
    why: str = ""


BLANK = Reading(None)


def is_number(found: object) -> bool:
    """Whether a cell holds a number; TRUE is none."""
    return isinstance(found, int | float) and not isinstance(found, bool)


def as_text(found: object) -> str:
    """A cell's value as a person would write it: 440114001.0 is '440114001', a date ISO, a boolean TRUE or FALSE."""
    if found is None or isinstance(found, str):
        return found or ""
    if isinstance(found, bool):
        return str(found).upper()
    if isinstance(found, int | float):
        number = exact(found)
        return f"{number.normalize() + ZERO:f}" if number.is_finite() else str(number)
    if isinstance(found, datetime):
        return found.date().isoformat() if found.time() == time() else found.isoformat(" ", "seconds")
    return str(found)


def shown_text(found: object) -> str:
    """``as_text`` without white space around it."""
    return as_text(found).strip()


def as_percent(found: object) -> str:
    """What a cell with a percent format shows, with all its decimals: 0.9825 is '98.25%'."""
    number = exact(found) if isinstance(found, int | float) and is_number(found) else None
    if number is None or not number.is_finite():
        return as_text(found)
    return f"{number.scaleb(2).normalize() + ZERO:f}%"
