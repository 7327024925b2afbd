"""scores: one row a unit and indicator."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.dataset.schema import Column, Kind, Row, Rows, Table, points
from perfeval_xl.dataset.units import score
from perfeval_xl.report import result_status
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.scorecard import IndicatorScore

_COLUMNS = (
    Column("unit_code", "单位代码"),
    Column("indicator", "指标编号"),
    Column("name", "指标名称"),
    Column("level1", "所属一级指标"),
    Column("level2", "所属二级指标；指标之上没有这一级的为空"),
    Column("level3", "所属三级指标，同上"),
    points("points", "分值"),
    points("self_score", "自评分；未填为空"),
    points("formula_score", "表中公式算出的得分（只作比较）；没有结果的为空"),
    points("score", "按评分标准重算的得分；算不出为空，不是 0"),
    points("score_min", "得分的下限，已计裁定；已定的与 final 相等"),
    points("score_max", "得分的上限，同上"),
    points("final", "计入总分的得分：有裁定的按裁定，没有的按重算；不计入总分的不适用项为空"),
    Column("outcome", "重算的结果：scored 已计分；not_applicable 不适用；needs_review 需人工核定；missing 数据未填"),
    Column("basis", "得分是怎么算出来的"),
    Column("notes", "说明，一条一行；换一种口径得分就不同的，也在此"),
    Column("ruling", "裁定：accept_claim 采纳自评；accept_recalculation 采纳重算；set_score 另定分；没有裁定为空"),
    Column("ruling_reason", "裁定的理由"),
    Column("ruling_name", "裁定人"),
    Column("ruling_date", "裁定日期", Kind.DATE),
    Column("status", "整份表：scored 各项都已定；provisional 有未定的项"),
)

_NO_LEVELS = ("", "", "")
"""As many levels as a form may have above its indicators."""


class _Scores(Rows):
    def of(self, result: UnitResult) -> Iterator[Row]:
        if result.card is not None:
            status = result_status(result)
            yield from ((result.unit_code, *_row(row), status) for row in result.card.rows)


def _row(row: IndicatorScore) -> Row:
    indicator, ruling = row.indicator, row.ruling
    scores = (indicator.points, row.self_score, row.formula_score, row.score, row.low, row.high, row.final)
    return (
        indicator.code,
        indicator.name,
        *(*indicator.path, *_NO_LEVELS)[: len(_NO_LEVELS)],
        *map(score, scores),
        row.outcome.result.value,
        row.outcome.basis,
        "\n".join(row.notes),
        *((ruling.decision.value, ruling.reason, ruling.name, ruling.day) if ruling else ("", "", "", None)),
    )


SCORES = Table("scores", "得分：采用的表中一个指标一行", _COLUMNS, lambda _: _Scores())
