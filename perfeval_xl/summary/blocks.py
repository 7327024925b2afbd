"""Small tables and their charts: what stands on a sheet beside or below its main table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from perfeval_xl.excel.book import Page, Styled, Value, height_of, line_count
from perfeval_xl.excel.looks import BODY_FONT

BARS = ("#70AD47", "#5B9BD5", "#FFC000", "#ED7D31", "#C00000")
"""The grades' colours, best first."""
OPEN_BAR, PLAIN_BAR = "#A5A5A5", "#5B9BD5"
PIXELS = 96 / 72
"""Pixels a point: charts are sized in pixels, rows in points."""


@dataclass(frozen=True, slots=True)
class Span:
    """A small table's column: its heading, its first and last column on the sheet, its width in characters all in all."""

    title: str
    first: int
    last: int
    width: float
    style: str = "count"


def block(page: Page, top: int, spans: Sequence[Span], lines: Sequence[Sequence[Value | Styled]], least: float) -> int:
    """A small table with its heading in row ``top``; rows at least ``least`` points high, higher where a text wraps.

    Returns the row after the last; an empty table says so.
    """
    _line(page, top, spans, [Styled(each.title, "head") for each in spans], least)
    for row, line in enumerate(lines, start=top + 1):
        _line(page, row, spans, line, least)
    if not lines:
        page.height(top + 1, least)
        page.across(top + 1, spans[0].first, spans[-1].last, "（无）", "centre")
    return top + 1 + max(len(lines), 1)


def _line(page: Page, row: int, spans: Sequence[Span], line: Sequence[Value | Styled], least: float) -> None:
    height = least
    for span, value in zip(spans, line, strict=True):
        page.across(row, span.first, span.last, value, span.style)
        text = value.value if isinstance(value, Styled) else value
        if isinstance(text, str) and (lines := line_count(text, span.width)) > 1:
            height = max(height, height_of(lines))
    page.height(row, height)


def below(page: Page, end: int, title: str, last: int) -> int:
    """A heading for a block below the main table, which ends before row ``end``; returns the row to begin the block in."""
    page.height(end + 1, 24)
    page.across(end + 1, 0, last, title, "section")
    return end + 2


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one column that a chart reads, on its own sheet."""

    column: int
    first: int
    last: int

    def on(self, page: Page) -> list[Any]:
        return [page.raw.get_name(), self.first, self.column, self.last, self.column]


@dataclass(frozen=True, slots=True)
class Series:
    """What a chart shows of each label; ``colours`` is one for all, or one a label."""

    name: str
    values: Cells
    colours: Sequence[str]


def chart(
    page: Page,
    kind: str,
    title: str,
    labels: Cells,
    series: Sequence[Series],
    *,
    shares: bool = False,
    form: str = "0",
    most: Decimal | None = None,
) -> Any:
    """A chart of ``kind`` ('column', or 'bar' with the first label on top); ``shares`` stacks the series to 100 %.

    Its numbers show as ``form``; a 0 shows none where they are stacked. ``most`` is the highest value, where its number
    needs room beside its bar. Place the chart with ``insert``.
    """
    made = page.new_chart(kind, "percent_stacked" if shares else None)
    for each in series:
        fills = [{"fill": {"color": colour}} for colour in each.colours]
        made.add_series(
            {
                "name": each.name,
                "categories": labels.on(page),
                "values": each.values.on(page),
                "data_labels": {"value": True, "font": _font(9), "num_format": f"{form};;" if shares else form},
                "fill": fills[0]["fill"],
                **({"points": fills} if len(fills) > 1 else {}),
                "gap": 50,
            }
        )
    made.set_title({"name": title, "name_font": {**_font(11), "bold": False}, "overlay": False})
    made.set_legend({"position": "bottom", "font": _font(9)} if len(series) > 1 else {"none": True})
    across = kind == "bar"
    # xlsxwriter's x axis is the horizontal one, whatever runs along it
    set_labels, set_values = (made.set_y_axis, made.set_x_axis) if across else (made.set_x_axis, made.set_y_axis)
    set_labels({"num_font": _font(8), "reverse": across, "major_tick_mark": "none"})
    highest = {"max": float(most) * 1.1} if most else {}
    set_values({"min": 0, **highest, "visible": False, "major_gridlines": {"visible": False}})
    return made


def insert(page: Page, made: Any, row: int, column: int, width: float, height: float) -> None:
    """Place a chart with its upper left corner in a cell, its size in pixels; wider cells make it wider."""
    made.set_size({"width": width, "height": height})
    page.raw.insert_chart(row, column, made, {"object_position": 1})


def _font(size: int) -> dict[str, Any]:
    return {"name": BODY_FONT, "size": size}
