"""units: one row a unit of the roster, returned or not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from perfeval_xl.dataset.schema import Column, Kind, Round, Row, Table, count, fitting, points
from perfeval_xl.district.standing import UnitStatus
from perfeval_xl.numbers import half_up
from perfeval_xl.results import UnitResult

_COLUMNS = (
    Column("unit_code", "单位代码；各表以此相连"),
    Column("unit_name", "单位名称（名册）"),
    Column("unit_type", "单位类型（名册）"),
    count("year", "自评年度"),
    Column(
        "standing",
        "missing 未交；set_aside 交了而未受理；provisional 待补正，总分暂定；findings 有错误或提醒；clean 无问题",
    ),
    Column("file", "采用的文件在 inbox 中的名称；未受理的为最近一份"),
    Column("received", "文件的时间（最后写入）", Kind.DATETIME),
    Column("late", "是否在截止日期之后收到；未交的为空", Kind.BOOLEAN),
    Column("sha256", "收到的文件的 SHA-256"),
    Column("reviewed", "批注后的副本（相对于任务文件夹）"),
    Column("producer", "保存该文件的程序"),
    count("returns", "先后交过几份内容不同的可用的表", "份"),
    count("sent_back", "现处于第几次退回；0 为没有退回，或已重报", "次"),
    points("total", "总分（重算，计入裁定）；有未定的项时为空"),
    points("total_min", "总分的下限；总分已定的与之相等"),
    points("total_max", "总分的上限；总分已定的与之相等"),
    Column("grade", "评价等级；未定为空"),
    points("self_total", "自评总分；有缺项的为空"),
    count("ruled", "按区局裁定计分的指标数", "项"),
    count("errors", "错误数（相同的提示只计一次）", "处"),
    count("warnings", "提醒数（同上）", "处"),
    count("infos", "说明数（同上）", "处"),
)


def score(value: Decimal | None) -> Decimal | None:
    """A score with two decimals."""
    return None if value is None or not value.is_finite() else fitting(half_up(value), 2)


def _rows(round_: Round) -> Iterator[Row]:
    results = {(each.unit_code, each.file): each for each in round_.district.results}
    for line in round_.status.units:
        yield _row(line, results.get((line.code, line.file)), round_.district.year)


def _row(line: UnitStatus, result: UnitResult | None, year: int) -> Row:
    card = result.card if result else None
    submission = result.submission if result else None
    scores = (card.total, card.total_min, card.total_max) if card else (None, None, None)
    return (
        line.code,
        line.name,
        line.type,
        year,
        line.standing.code,
        line.file,
        line.received,
        line.late if line.received else None,
        result.sha256 if result else "",
        (result.reviewed if result else None) or "",
        submission.producer if submission else "",
        (1 + len(result.earlier) if result and card else 0),
        line.sent_back,
        *map(score, scores),
        (card.grade if card else None) or "",
        score(card.self_total) if card else None,
        line.ruled,
        line.errors,
        line.warnings,
        line.infos,
    )


UNITS = Table("units", "单位：名册上一个单位一行，交没交都有", _COLUMNS, _rows)
