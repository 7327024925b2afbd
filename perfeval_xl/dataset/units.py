"""units: one row a unit of the roster, returned or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from perfeval_xl.dataset.schema import Column, Kind, Round, Row, Rows, Table, count, fitting, points
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


class _Units(Rows):
    """All rows come at the end, in the order of the roster; of each result only what its row says is kept."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self._files = {(each.code, each.file) for each in round_.status.units}
        self._told: dict[tuple[str, str], tuple[Row, Row]] = {}

    def of(self, result: UnitResult) -> Iterable[Row]:
        key = result.unit_code, result.file
        if key in self._files:
            self._told[key] = _of_file(result), _of_card(result)
        return ()

    def at_end(self) -> Iterator[Row]:
        nothing: tuple[Row, Row] = ("", "", "", 0), (None, None, None, "", None)
        for line in self._round.status.units:
            told = self._told.pop((line.code, line.file), nothing)
            yield _row(line, *told, self._round.district.year)


def _of_file(result: UnitResult) -> Row:
    """What a row says of the file: sha256, reviewed, producer, returns."""
    producer = result.submission.producer if result.submission else ""
    return result.sha256, result.reviewed or "", producer, 1 + len(result.earlier) if result.card else 0


def _of_card(result: UnitResult) -> Row:
    """What a row says of the scores: total, its bounds, grade, self_total."""
    if (card := result.card) is None:
        return None, None, None, "", None
    return *map(score, (card.total, card.total_min, card.total_max)), card.grade or "", score(card.self_total)


def _row(line: UnitStatus, of_file: Row, of_card: Row, year: int) -> Row:
    *file, returns = of_file
    return (
        line.code,
        line.name,
        line.type,
        year,
        line.standing.code,
        line.file,
        line.received,
        line.late if line.received else None,
        *file,
        returns,
        line.sent_back,
        *of_card,
        line.ruled,
        line.errors,
        line.warnings,
        line.infos,
    )


UNITS = Table("units", "单位：名册上一个单位一行，交没交都有", _COLUMNS, _Units)
