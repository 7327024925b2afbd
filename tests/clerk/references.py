"""References to cells, and what becomes of them when cells move."""

from __future__ import annotations

import re
from collections.abc import Callable

_REF = re.compile(
    r"""("(?:[^"]|"")*")|((?:'(?:[^']|'')+'|[^\s'"!(),:;+*/^&=<>-]+)!)?"""
    r"""(?<![\w.$])(\$?[A-Z]{1,3}\$?[1-9][0-9]{0,6}(?::\$?[A-Z]{1,3}\$?[1-9][0-9]{0,6})?)(?![\w.(!])"""
)
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]*)")

Place = tuple[int, int]
"""Row and column, from 1."""
Shift = Callable[[Place], Place | None]
"""Where a cell goes; None where it is deleted."""


def letters(column: int) -> str:
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def ref_of(place: Place) -> str:
    return f"{letters(place[1])}{place[0]}"


def place_of(ref: str) -> Place:
    match = _PLACE.fullmatch(ref)
    assert match, ref
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def moved_range(text: str, move: Shift) -> str | None:
    """Where a reference or range goes, its $ signs kept; None where all of it is deleted."""
    ends = text.split(":")
    moved = [found for each in ends if (found := move(place_of(each)))]
    if len(ends) == 2 and len(moved) < 2:
        (top, left), (bottom, right) = (place_of(each) for each in ends)
        kept = [found for row in range(top, bottom + 1) for column in (left, right) if (found := move((row, column)))]
        kept += [found for column in range(left, right + 1) for row in (top, bottom) if (found := move((row, column)))]
        if not kept:
            return None
        moved = [min(kept), max(kept)]
    if not moved:
        return None
    dollars = [("$" if each.startswith("$") else "", "$" if "$" in each[1:] else "") for each in ends]
    return ":".join(f"{c}{letters(place[1])}{r}{place[0]}" for (c, r), place in zip(dollars, moved, strict=True))


def moved_refs(formula: str, own: str, sheet: str, move: Shift) -> str:
    """A formula (escaped as in XML) of the sheet ``own`` after cells of ``sheet`` have moved."""
    if not re.search(r"[A-Z]\$?\d", formula):
        return formula

    def moved(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        named = match[2][:-1].strip("'").replace("''", "'") if match[2] else own
        if named != sheet:
            return match[0]
        found = moved_range(match[3], move)
        return (match[2] or "") + ("#REF!" if found is None else found)

    return _REF.sub(moved, formula)
