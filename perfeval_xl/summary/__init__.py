"""The district's workbook, summary/全区汇总.xlsx; one module a sheet.

All figures come from the score cards, in Decimal; a score that could not be worked out is an empty cell, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from perfeval_xl.excel.book import Book
from perfeval_xl.files import write_atomically
from perfeval_xl.results import District
from perfeval_xl.summary import (
    annex,
    awaited,
    data,
    differences,
    issues,
    losses,
    projects,
    provenance,
    ranking,
    rates,
    resubmissions,
    rulings,
)
from perfeval_xl.summary.cover import cover_sheet
from perfeval_xl.summary.figures import Round, round_of

_SHEETS: tuple[tuple[str, str, Callable[[Book, Round], None]], ...] = (
    (ranking.SHEET, "各单位的名次、自评与复核总分、等级和各级指标得分；表后是各类型单位的统计", ranking.ranking_sheet),
    (rates.SHEET, "各单位每项指标得分占分值的比例，以及各指标的全区得分率", rates.rates_sheet),
    (losses.SHEET, "全区在哪些指标上失分多：全部指标按失分排列，各得分档的单位数", losses.losses_sheet),
    (
        differences.SHEET,
        "自评分与重算分不同的各行，差异大的在前；表后是各指标的差异合计",
        differences.differences_sheet,
    ),
    (rulings.SHEET, "区局裁定的指标、得分和理由", rulings.rulings_sheet),
    (issues.SHEET, "报表中发现的问题，按单位排列；表后按问题种类统计", issues.issues_sheet),
    (data.SHEET, "各单位填报的全部原始数据，表后是合计", data.data_sheet),
    (annex.SHEET, "附表各行的目标值、实际值、完成率和得分", annex.annex_sheet),
    (awaited.SHEET, "没有可用报表的单位、须更正的单位、未受理的文件，及其原因", awaited.awaited_sheet),
    (resubmissions.SHEET, "交过几份的单位，每一份改了什么", resubmissions.resubmissions_sheet),
    (provenance.SHEET, "方案、口径、设置、软件版本，收到的每个文件的指纹", provenance.provenance_sheet),
)
"""The sheets behind the cover: name, what the cover's list of contents says of it, who writes it."""
_BY_UNIT = ((projects.SHEET, projects.HOLDS, projects.projects_sheet),)
"""Behind the first of them where a unit files a workbook a project."""


def write_summary(district: District, path: Path) -> None:
    """Write the district's workbook to ``path``; the same district, the same bytes. PerfevalError if that fails."""
    write_atomically(path, build_summary(district))


def build_summary(district: District) -> bytes:
    """The district's workbook as bytes."""
    round_ = round_of(district)
    # A file's date may not depend on the day of building: the day after the year evaluated stands for it.
    book = Book(datetime(district.year + 1, 1, 1), round_.title, district.department)
    sheets = [*_SHEETS[:1], *_BY_UNIT, *_SHEETS[1:]] if district.filings else [*_SHEETS]
    if not district.scheme.tables:
        sheets = [each for each in sheets if each[0] != annex.SHEET]
    cover_sheet(book, round_, [(name, holds) for name, holds, _ in sheets])
    for _, _, write in sheets:
        write(book, round_)
    return book.close()
