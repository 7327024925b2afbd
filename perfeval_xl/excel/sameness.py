"""Whether what a cell holds is what was issued, however a program has spelled it."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perfeval_xl.cells import Cell, column_letters, from_ref, to_ref
from perfeval_xl.entries.entry import is_number
from perfeval_xl.excel.layout.model import Shown
from perfeval_xl.excel.printed import label_text
from perfeval_xl.excel.seal import normal_formula
from perfeval_xl.excel.wording import ROOM

if TYPE_CHECKING:
    from perfeval_xl.excel.anchors import Anchors

_LONGEST_FORMULA = 8192  # characters; Excel takes no longer ones
_DAY_0, _DAY_0_MAC = date(1899, 12, 30), date(1904, 1, 1)
_LOST = "#REF!"
_REFERENCE = re.compile(
    r"""
    (?P<text>"(?:[^"]|"")*")
  | (?<![\w.$!'])(?:(?P<sheet>'(?:[^']|'')+'|[^\W\d][\w.]*)!)?
    (?P<first>\$?[A-Z]{1,3}\$?[0-9]{1,7})(?::(?P<last>\$?[A-Z]{1,3}\$?[0-9]{1,7}))?(?![\w.(!])
    """,
    re.VERBOSE,
)


def same(expected: Shown, found: Any, *, date1904: bool = False) -> bool:
    """Whether a cell's value is the constant ``expected``, white space aside. A date may have become a serial number."""
    if isinstance(expected, date) and is_number(found):
        start = _DAY_0_MAC if date1904 else _DAY_0
        return bool(found == (expected - start).days)
    return label_text(found) == label_text(expected)


def alike(expected: str, found: str) -> bool:
    """Whether two formulas (without '=') differ in spelling at most."""
    return expected == found or (len(found) <= _LONGEST_FORMULA and _alike(expected, found))


@lru_cache(maxsize=8192)  # a program spells the formulas of every return in the same way
def _alike(expected: str, found: str) -> bool:
    return _normal(expected) == normal_formula(found)


@lru_cache(maxsize=8192)
def _normal(formula: str) -> str:
    return normal_formula(formula)


def plainly(expected: str, found: str) -> tuple[str, str]:
    """Two formulas as they are shown: long ones in one spelling, so that the first difference is not just another."""
    if max(len(expected), len(found)) <= ROOM:
        return expected, found
    return normal_formula(expected), normal_formula(found[:_LONGEST_FORMULA])


def shifted(anchors: Anchors, sheet: str, formula: str) -> str:
    """A formula issued on ``sheet`` with its references as they are in the return: programs move them with the cells.

    A range of which a part was deleted shrinks; what was deleted altogether is #REF!.
    """

    def placed(match: re.Match[str]) -> str:
        if match["text"] is not None:
            return match["text"]
        on = (match["sheet"] or sheet).strip("'").replace("''", "'")
        area = _area(anchors, on, match["first"], match["last"] or match["first"])
        if area is None:
            return _LOST
        first, last = area
        quoted = first.sheet.replace("'", "''")
        moved = _marked(match["first"], first) + (f":{_marked(match['last'], last)}" if match["last"] else "")
        return f"'{quoted}'!{moved}" if match["sheet"] else moved

    return _REFERENCE.sub(placed, formula)


def _area(anchors: Anchors, sheet: str, first: str, last: str) -> tuple[Cell, Cell] | None:
    """Where a range stands by now, its first and last cell; None where nothing of it is left."""
    (top, left), (bottom, right) = from_ref(first), from_ref(last)
    cells = [Cell(sheet, to_ref(row, column)) for row in range(top, bottom + 1) for column in range(left, right + 1)]
    start = next((at for cell in cells if (at := anchors.place(cell))), None)
    stop = next((at for cell in reversed(cells) if (at := anchors.place(cell))), None)
    return None if start is None or stop is None else (start, stop)


def _marked(issued: str, cell: Cell) -> str:
    """The cell's reference with the $ signs of the issued one."""
    column, row = issued.startswith("$"), "$" in issued[1:]
    at = from_ref(cell.ref)
    return f"{'$' * column}{column_letters(at[1])}{'$' * row}{at[0]}"
