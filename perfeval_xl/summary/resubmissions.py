"""The sheet 重报变化 of the district's workbook: units with several returns, and what changed from one to the next."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.excel.book import A4, Book, Column, Paper, Styled, Value
from perfeval_xl.inquiry.difference import Difference, chain, recalculated
from perfeval_xl.inquiry.difference_report import change_text
from perfeval_xl.results import UnitResult
from perfeval_xl.summary.figures import Round
from perfeval_xl.summary.sheet import Sheet

_NOTE = (
    "交过几份不同内容的{filing}，按先后逐份列出；内容完全相同的算一份。最后一份为采用的一份。"
    "重算总分不含裁定；改动内容不含随表中公式变化的自评分。"
)
_LISTED = 12
"""Changed cells that are listed for one return; the others are counted."""
_COLUMNS = (
    Column("单位代码", 11, "centre"),
    Column("单位名称", 22),
    Column("第几份", 8, "centre"),
    Column("文件", 24),
    Column("是否采用", 9, "centre"),
    Column("比上一份\n改动格数", 10, "count"),
    Column("重算总分", 15, "score"),
    Column("比上一份", 10, "difference"),
    Column("等级", 7, "centre"),
    Column("已解决\n问题", 8, "count"),
    Column("新出现\n问题", 8, "count"),
    Column("改动内容", 60),
)


class ResubmissionsSheet(Sheet):
    """A line a return of each unit that handed in several; it says so where every unit handed in once."""

    name = "重报变化"
    holds = "交过几份的{filing}，每一份改了什么"
    rest = " perfeval diff"
    linked = False

    def take(self, result: UnitResult) -> None:
        if result.earlier:
            self._lines.add(list(_unit_rows(result)))

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A4), round_.title)
        top = self._heading(page, _NOTE, _COLUMNS)
        rows = iter(self._lines)
        page.table(top, _COLUMNS, rows, repeat_from=top, frozen_columns=2, head_height=32, count=self.rows)


def _unit_rows(result: UnitResult) -> Iterator[list[Value | Styled]]:
    """A row a return of one unit, the oldest first."""
    returns = (*result.earlier, result)
    steps: list[Difference | None] = [None, *chain(returns)]
    for number, (each, step) in enumerate(zip(returns, steps, strict=True), start=1):
        assert each.card is not None  # only accepted returns are earlier ones
        total = recalculated(each.card)
        yield [
            result.unit_code,
            result.unit_name,
            f"{number} / {len(returns)}",
            each.file,
            "采用" if each is result else "未采用",
            len(step.typed) if step else None,
            total.low if total.settled else str(total),
            _gap(step),
            total.grade or "未定",
            len(step.settled) if step else None,
            len(step.arisen) if step else None,
            _listed(step) if step else "",
        ]


def _gap(step: Difference | None) -> Value:
    """By how many points the total changed; None where one of the two is not settled."""
    if step is None or step.old.card is None or step.new.card is None:
        return None
    before, after = recalculated(step.old.card), recalculated(step.new.card)
    return after.low - before.low if before.settled and after.settled else None


def _listed(step: Difference) -> str:
    if not step.typed:
        return "填报内容没有不同"
    lines = [change_text(each) for each in step.typed[:_LISTED]]
    more = len(step.typed) - len(lines)
    return "\n".join([*lines, *([f"另有 {more} 格，见 perfeval diff"] if more else [])])
