"""Where a value stands in a workbook: a sheet's name and an A1 reference. It travels with the value everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_A1 = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One cell, e.g. ``Cell("基础数据", "D31")``; prints as 基础数据!D31."""

    sheet: str
    ref: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.ref}"


def column_letters(column: int) -> str:
    """1 -> 'A', 27 -> 'AA'."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def to_ref(row: int, column: int) -> str:
    """1-based row and column to an A1 reference: (31, 4) -> 'D31'."""
    return f"{column_letters(column)}{row}"


def from_ref(ref: str) -> tuple[int, int]:
    """An A1 reference, ``$`` signs allowed, to 1-based (row, column). ValueError if it is none."""
    return _place(ref.replace("$", ""))


@lru_cache(maxsize=65_536)  # every file of a round is full of the same ones; what is no reference is not kept
def _place(ref: str) -> tuple[int, int]:
    match = _A1.match(ref)
    if match is None:
        raise ValueError(f"not a cell reference: {ref!r}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column
