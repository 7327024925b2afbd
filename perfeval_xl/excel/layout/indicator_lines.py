"""The official table's body with one line a scored row."""

from __future__ import annotations

from itertools import groupby

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.layout.columns import Columns
from perfeval_xl.excel.layout.levels import Rows, page_breaks, put_levels
from perfeval_xl.excel.layout.model import Highlight, Label, Sheet
from perfeval_xl.excel.layout.parts import input_for, needed, self_score
from perfeval_xl.excel.styles import MAX_HEIGHT
from perfeval_xl.scheme.model import Indicator, Scheme

_SMALLEST = 66.0  # points: room for some lines of evidence beside a short criterion


def indicator_lines(
    sheet: Sheet, headings: tuple[int, int], scheme: Scheme, columns: Columns, rows: Rows
) -> tuple[int, ...]:
    """Lay ``rows`` below the headings; returns the rows after which a page ends."""
    for row, indicator in rows.items():
        _line(sheet, row, indicator, scheme, columns)
        sheet.heights[row] = _height(sheet, indicator, columns)
    _shared_texts(sheet, rows, columns)
    breaks = page_breaks(sheet, columns, headings, _blocks(rows))
    put_levels(sheet, columns, rows, breaks, scheme)
    _tints(sheet, columns, min(rows), max(rows))
    return breaks


def _line(sheet: Sheet, row: int, indicator: Indicator, scheme: Scheme, columns: Columns) -> None:
    """The cells that no other line shares."""
    place = columns.place
    if "points" in columns:
        sheet.put(row, place["points"], Label(indicator.points, "points"))
    if "criteria" in columns:
        sheet.put(row, place["criteria"], Label(indicator.criteria, "text"))
    sheet.put(row, place["score"], self_score(indicator, scheme))
    if "evidence" in columns:
        filled = input_for(scheme.fields[indicator.evidence_id]) if indicator.evidence else Label("", "text")
        sheet.put(row, place["evidence"], filled)


def _shared_texts(sheet: Sheet, rows: Rows, columns: Columns) -> None:
    """Names and interpretations; lines of one indicator share the name, and an interpretation given once."""
    name, interpretation = columns.place["name"], columns.place.get("interpretation")
    for _, run in groupby(rows, key=lambda row: (rows[row].path, rows[row].name)):
        shared = list(run)
        sheet.put(shared[0], name, Label(rows[shared[0]].name, "center"), to=(shared[-1], name))
        if interpretation is None:
            continue
        texts = [rows[row].interpretation for row in shared]
        if all(text in ("", texts[0]) for text in texts):
            sheet.put(shared[0], interpretation, Label(texts[0], "text"), to=(shared[-1], interpretation))
        else:
            for row, text in zip(shared, texts, strict=True):
                sheet.put(row, interpretation, Label(text, "text"))


def _height(sheet: Sheet, indicator: Indicator, columns: Columns) -> float:
    texts = [("criteria", indicator.criteria, "text"), ("interpretation", indicator.interpretation, "text")]
    texts += [("name", indicator.name, "center")]
    texts += [(f"level{number}", name, "center") for number, name in enumerate(indicator.path[1:], start=2)]
    wanted = [needed(sheet, text, style, columns.place[shows]) for shows, text, style in texts if shows in columns]
    return min(max(_SMALLEST, *wanted), MAX_HEIGHT)


def _blocks(rows: Rows) -> list[list[list[int]]]:
    """A block for each innermost level, in it a run for each name: lines of one indicator stay together."""
    levels = groupby(rows, key=lambda row: rows[row].path)
    return [[list(run) for _, run in groupby(list(block), key=lambda row: rows[row].name)] for _, block in levels]


def _tints(sheet: Sheet, columns: Columns, first: int, last: int) -> None:
    """What is still asked for: neighbouring columns as one area."""
    places = sorted(columns.place[each] for each in ("score", "evidence") if each in columns)
    together = places[-1] - places[0] == len(places) - 1
    for left, right in [(places[0], places[-1])] if together else [(place, place) for place in places]:
        cell = to_ref(first, left)
        sheet.highlights.append(Highlight(f"{cell}:{to_ref(last, right)}", f'{cell}=""', "required"))
