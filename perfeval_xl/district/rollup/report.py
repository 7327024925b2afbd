"""The roll-up as texts, rows and JSON: what `perfeval rollup` prints."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from perfeval_xl.district.rollup.bounds import Span
from perfeval_xl.district.rollup.combine import RolledUp
from perfeval_xl.district.rollup.shares import RolledField
from perfeval_xl.district.rollup.wording import came_text, lacking_figures, own_text, span_and_grade, span_text
from perfeval_xl.numbers import show_score
from perfeval_xl.report import finding_json, finding_lines, shown_or_none, total_text
from perfeval_xl.scheme.answers import Value

_COLUMNS = ("分值", "得分", "补齐后：不论缺的数有多大", "补齐后：不超过已交单位的最大数", "缺的数")


def head_lines(rolled: RolledUp) -> list[str]:
    """Who is in it, and the result."""
    who = f"名册 {len(rolled.units)} 个单位：{came_text(rolled)}。"
    return [who, f"主管部门自填表：{own_text(rolled)}。", f"{rolled.card.scheme.title}：{total_text(rolled.card)}"]


def row_columns(rolled: RolledUp) -> tuple[str, ...]:
    """The headings of row_rows."""
    return (rolled.card.scheme.level_names[-1], *_COLUMNS)


def row_rows(rolled: RolledUp) -> list[tuple[str, ...]]:
    """Every row under row_columns; what the gaps don't touch has no bounds."""
    rows: list[tuple[str, ...]] = []
    for row, bounds in zip(rolled.card.rows, rolled.bounds.rows, strict=True):
        now = "待定" if row.open else row.final_text
        spans = (
            tuple(span_text(each, rolled.card.scheme) for each in (bounds.possible, bounds.likely))
            if bounds.touched
            else ("", "")
        )
        points = row.shown(row.indicator.points)
        rows.append((row.indicator.name, points, now, *spans, lacking_figures(rolled, row.indicator)))
    return rows


def tail_lines(rolled: RolledUp) -> Iterator[str]:
    """What the gaps may still change in all, and what is to be looked at."""
    bounds = rolled.bounds
    if any(each.touched for each in bounds.rows):
        yield f"缺的数补齐后的总分：不论有多大，{span_and_grade(bounds, bounds.possible)}；"
        yield f"　　　　　　　　　　不超过已交单位的最大数，{span_and_grade(bounds, bounds.likely)}。"
    yield from (f"  {line}" for line in finding_lines(rolled.card.findings))


def rollup_json(rolled: RolledUp, path: Path) -> dict[str, Any]:
    """The object that ``perfeval rollup --format json`` prints; ``path`` is where the workbook lies."""
    card, bounds = rolled.card, rolled.bounds
    return {
        "file": str(path),
        "unit_code": rolled.submission.unit_code,
        "department": rolled.submission.unit_name,
        "year": rolled.submission.year,
        "scheme": rolled.submission.scheme,
        "units": len(rolled.units),
        "accepted": len(rolled.units) - len(rolled.absent),
        "absent": [
            {"unit_code": each.code, "unit_name": each.name, "why": rolled.absent[each.code]}
            for each in rolled.units
            if each.code in rolled.absent
        ],
        "own": rolled.own.file if rolled.own else None,
        "total": shown_or_none(card.total),
        "total_min": show_score(card.total_min),
        "total_max": show_score(card.total_max),
        "grade": card.grade,
        "possible": {**_span_json(bounds.possible), "grade": bounds.grade(bounds.possible)},
        "likely": {**_span_json(bounds.likely), "grade": bounds.grade(bounds.likely)},
        "indicators": [
            {
                "code": row.indicator.code,
                "points": show_score(row.indicator.points),
                "score": shown_or_none(row.final),
                "basis": row.outcome.basis,
                "touched": each.touched,
                "possible": _span_json(each.possible),
                "likely": _span_json(each.likely),
            }
            for row, each in zip(card.rows, bounds.rows, strict=True)
        ],
        "figures": [_figure_json(each) for each in rolled.figures],
        "findings": [finding_json(each) for each in card.findings],
    }


def _span_json(span: Span) -> dict[str, str]:
    return {"min": show_score(span.low), "max": show_score(span.high)}


def _figure_json(figure: RolledField) -> dict[str, Any]:
    return {
        "field": figure.field.id,
        "label": figure.field.label,
        "unit": figure.field.unit or None,
        "roll_up": "applicability" if figure.applicability else figure.field.roll_up.value,
        "value": _value_json(figure.value),
        "stated": _value_json(figure.stated),
        "counted": len(figure.counted),
        "without": len(figure.without),
        "lacking": [
            {"unit_code": each.unit.code, "unit_name": each.unit.name, "why": each.why} for each in figure.lacking
        ],
    }


def _value_json(value: Value | None) -> str | bool | None:
    if value is None or isinstance(value, bool | str):
        return value
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat()
