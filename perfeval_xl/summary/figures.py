"""What every sheet of the district's workbook draws on: the round, its ranking and figures, the words for what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfeval_xl.cells import Cell
from perfeval_xl.excel.book import Link, Value
from perfeval_xl.numbers import show_score
from perfeval_xl.results import District, Overview, Ranked, UnitResult
from perfeval_xl.scheme.scorecard import ScoreCard

PROVISIONAL, UNGRADED = "暂定", "未定"
FULL, HALF, NONE = "#E2F0D9", "#FFF2CC", "#F8CBAD"  # how much of the points: all of them, half, none


@dataclass(frozen=True)
class Round:
    """A round as it is written: ``title`` heads the workbook and every page's foot."""

    district: District
    title: str
    ranked: Sequence[Ranked]
    figures: Overview


def opens(result: UnitResult, cell: Cell | None = None) -> Link | None:
    """A link to the annotated copy, seen from summary/; to ``cell`` in it if given."""
    if result.reviewed is None:
        return None
    place = "'{}'!{}".format(cell.sheet.replace("'", "''"), cell.ref) if cell else ""
    return Link(f"../{result.reviewed}", "打开", place)


def total_of(card: ScoreCard) -> Value:
    """The total in points; while it is open, the bounds as text."""
    return f"{show_score(card.total_min)}～{show_score(card.total_max)}" if card.total is None else card.total
