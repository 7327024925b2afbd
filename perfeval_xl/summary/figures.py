"""What every sheet of the district's workbook draws on: the round, its figures, the words for what is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perfeval_xl.analysis import PASSING, IndicatorFigures, TypeFigures
from perfeval_xl.cells import Cell
from perfeval_xl.excel.book import Link, Value
from perfeval_xl.overview import Overview, Ranked, Watcher, by_type, facts_of, overview, ranking
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.scorecard import ScoreCard

PROVISIONAL, UNGRADED, UNTYPED = "暂定", "未定", "未注明类型"
FULL, HALF, NONE = "#E2F0D9", "#FFF2CC", "#F8CBAD"  # how much of the points: all of them, a pass, none
HEAT = {
    "type": "3_color_scale",
    "min_type": "num",
    "mid_type": "num",
    "max_type": "num",
    "min_value": 0,
    "mid_value": float(PASSING),
    "max_value": 1,
    "min_color": NONE,
    "mid_color": HALF,
    "max_color": FULL,
}
"""A conditional format for shares of the points."""
ROW = 18
"""The least height of a row of the small tables, in points."""


@dataclass(frozen=True)
class Round:
    """A round as it is written: ``title`` heads the workbook and every page's foot.

    ``types`` and ``indicators`` are in the order of ``overview.by_type`` and of the form.
    """

    district: District
    title: str
    ranked: Sequence[Ranked]
    figures: Overview
    types: Sequence[TypeFigures]
    indicators: Sequence[IndicatorFigures]

    @property
    def counted(self) -> str:
        """What is counted: units, or where these file a workbook a project, projects."""
        return filing_word(self.district)

    @property
    def whole(self) -> TypeFigures:
        """The whole district, as if it were one type."""
        figures = self.figures
        return TypeFigures("全区", figures.due, figures.accepted, figures.totals, figures.grades, figures.ungraded)


def filing_word(district: District) -> str:
    """What files a workbook each in a round: 单位, or 项目."""
    return "项目" if district.filings else "单位"


def round_of(district: District, watchers: Iterable[Watcher] = ()) -> Round:
    """The round with every figure that its workbook shows, from one pass over its results that ``watchers`` share."""
    title = f"{district.department}{district.year}年度所属单位绩效自评汇总"
    facts = facts_of(district, watchers)
    return Round(district, title, ranking(facts), overview(facts), by_type(facts), facts.indicators)


def opens(result: UnitResult, cell: Cell | None = None) -> Link | str | None:
    """A link to the annotated copy, seen from summary/; to ``cell`` in it if given. The copy's name where no link leads
    there: at a URL it must be fetched first, with keys that a workbook hasn't got."""
    if result.reviewed is None:
        return None
    if ":" in result.reviewed.partition("/")[0]:
        return result.reviewed.rpartition("/")[2]
    place = "'{}'!{}".format(cell.sheet.replace("'", "''"), cell.ref) if cell else ""
    return Link(f"../{result.reviewed}", "打开", place)


def goes_to(sheet: str, text: str, ref: str = "A1") -> Link:
    """A link to a cell of another sheet of this workbook."""
    return Link("", text, f"'{sheet}'!{ref}")


def total_of(card: ScoreCard) -> Value:
    """The total in points; while it is open, the bounds as text."""
    return card.total_text if card.total is None else card.total
