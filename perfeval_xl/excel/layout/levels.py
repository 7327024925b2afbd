"""Names of levels merged down the official table's lines, and where its pages end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from perfeval_xl.excel.layout.columns import Columns
from perfeval_xl.excel.layout.model import Label, Sheet
from perfeval_xl.excel.layout.parts import page_height, points_text
from perfeval_xl.scheme.model import Indicator, Level, Scheme

_WELL_FILLED = 0.75  # of a page: enough to end it

Rows = Mapping[int, Indicator]
"""The lines of the body, each with the indicator that it belongs to."""


def page_breaks(
    sheet: Sheet, columns: Columns, headings: tuple[int, int], blocks: Sequence[Sequence[Sequence[int]]]
) -> tuple[int, ...]:
    """The rows after which a page ends. ``blocks`` are the body's rows, in runs that stay together: a page ends before a
    block where that leaves it well filled, else between runs. ``headings``: the rows that every page repeats."""
    page = page_height(sheet, columns.last, sheet.setup)
    top = sum(sheet.heights[row] for row in range(headings[0], headings[1] + 1))
    breaks: list[int] = []
    used = sum(sheet.heights[row] for row in range(1, headings[1] + 1))
    for block in blocks:
        if used + sum(_height(sheet, run) for run in block) > page and used > page * _WELL_FILLED:
            breaks.append(block[0][0] - 1)
            used = top
        for run in block:
            if used + _height(sheet, run) > page:
                breaks.append(run[0] - 1)
                used = top
            used += _height(sheet, run)
    return tuple(breaks)


def _height(sheet: Sheet, rows: Sequence[int]) -> float:
    return sum(sheet.heights[row] for row in rows)


def put_levels(sheet: Sheet, columns: Columns, rows: Rows, breaks: Sequence[int], scheme: Scheme) -> None:
    """The levels' names and points, merged downward within a page and named again on the next. Where the points have no
    column of their own they stand below the name."""

    def page(row: int) -> int:
        return sum(row > last for last in breaks)

    for level, place in columns.level_places().items():
        points = columns.place.get(f"points{level + 1}")
        for (path, _), run in groupby(rows, key=lambda row: (rows[row].path[: level + 1], page(row))):
            found = _level(scheme.levels, path) if len(path) > level else None
            shared = list(run)
            name = "" if found is None else found.name
            if found is not None and points is None:
                name = f"{name}\n（{points_text(found.points)}）"
            sheet.put(shared[0], place, Label(name, "center"), to=(shared[-1], place))
            if points is not None:
                shown = Label("" if found is None else found.points, "points")
                sheet.put(shared[0], points, shown, to=(shared[-1], points))


def _level(levels: Sequence[Level], path: Sequence[str]) -> Level:
    found = next(each for each in levels if each.name == path[0])
    return _level(found.levels, path[1:]) if len(path) > 1 else found
