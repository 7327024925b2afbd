"""The round's standing as a workbook: totals, then a line a unit with a link to what it returned.

Everything is written as text or number; nothing that came from a return can become a formula or an address.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from pathlib import Path

from perfeval_xl.district.standing import RoundStatus, Standing, UnitStatus
from perfeval_xl.district.standing_report import (
    LATE,
    NO_UNIT,
    deadline_text,
    others_text,
    own_text,
    received_text,
    sent_back_text,
)
from perfeval_xl.excel.book import Book, Column, Link, Page, Paper, Styled, Value
from perfeval_xl.storage import RemotePath

_COLUMNS = (
    Column("单位代码", 9, "centre"),
    Column("单位名称", 20),
    Column("单位类型", 8, "centre"),
    Column("联系人", 9, "centre"),
    Column("状态", 8, "centre"),
    Column("退回", 8, "centre"),
    Column("收到时间", 11, "centre"),
    Column("逾期", 6, "centre"),
    Column("总分", 12, "centre"),
    Column("错误", 6, "count"),
    Column("提醒", 6, "count"),
    Column("说明", 6, "count"),
    Column("文件", 19),
    Column("打开", 6, "centre"),
    Column("原因或首要问题", 36),
    Column("其他文件（未采用）", 18),
)
_STANDING, _LATE, _LAST = 4, 7, len(_COLUMNS) - 1
_COLOURS = {
    Standing.MISSING: "#E7E6E6",
    Standing.SET_ASIDE: "#F8CBAD",
    Standing.PROVISIONAL: "#FFE699",
    Standing.FINDINGS: "#FFF2CC",
    Standing.CLEAN: "#E2F0D9",
}
_SIGNS_OF_ADDRESSES = ("\\", ":")  # in a name they could lead a link out of the inbox


def build_status_book(status: RoundStatus, folder: Path) -> bytes:
    """The workbook's bytes; ``folder`` is where it will lie: links lead from there into the inbox."""
    campaign = status.campaign
    title = f"{campaign.department}{campaign.year}年度绩效自评交表情况"
    book = Book(datetime.combine(status.today, time()), title, campaign.department)
    _units_sheet(book.page("交表情况", Paper(), title), status, title, folder)
    if status.ignored:
        _ignored_sheet(book.page("没有读取的文件", Paper(), title), status)
    return book.close()


def _units_sheet(page: Page, status: RoundStatus, title: str, folder: Path) -> None:
    note = (
        f"{status.today.isoformat()} 的情况。收到时间是文件在 inbox 中的修改时间。"
        "未受理：文件已收到，但不能采用，请按原因通知单位重报。待补正：缺数据或待人工核定，总分只是范围。"
    )
    note += own_text(status)
    if status.strays:
        note += f"另有 {len(status.strays)} 个文件不属于名册中的单位，列在表末。"
    top = page.heading(title, note, _LAST)
    top = _tiles(page, top, status)
    rows = list(_rows(status, folder))
    end = page.table(top, _COLUMNS, rows, repeat_from=top, frozen_columns=2)
    for standing, colour in _COLOURS.items():
        page.mark(top + 1, _STANDING, end - 1, standing.value, bg_color=colour)
    page.mark(top + 1, _LATE, end - 1, LATE, font_color="#C00000")


def _tiles(page: Page, row: int, status: RoundStatus) -> int:
    """The totals over the table, each as wide as the columns below it allow; returns the table's first row."""
    totals = status.totals
    tiles: tuple[tuple[int, int, str, Value], ...] = (
        (0, 0, "应交", totals.due),
        (1, 1, "已交", totals.returned),
        (2, 3, "其中无问题", totals.clean),
        (4, 4, "其中有问题", totals.findings),
        (5, 5, "已退回修改", totals.sent_back),
        (6, 8, "其中待补正", totals.provisional),
        (9, 11, "未受理", totals.set_aside),
        (12, 13, "未交", totals.missing),
        (14, 14, "截止", deadline_text(status)),
        (15, 15, "逾期", totals.late),
    )
    page.raw.set_row(row + 1, 26)
    page.raw.set_row(row + 2, 8)
    for first, last, label, value in tiles:
        page.across(row, first, last, label, "head")
        page.across(row + 1, first, last, value, "tile_count")
    return row + 3


def _rows(status: RoundStatus, folder: Path) -> Iterator[list[Value | Styled]]:
    for line in (*status.units, *status.strays):
        counts: Sequence[Value] = (line.errors, line.warnings, line.infos) if line.file else (None, None, None)
        yield [
            line.code,
            line.name or NO_UNIT,
            line.type,
            line.contact,
            line.standing.value,
            sent_back_text(line).replace("，", "\n"),
            received_text(line.received),
            LATE if line.late else "",
            line.total.replace(" ", "\n") if line.standing is Standing.PROVISIONAL else line.total,
            *counts,
            line.file,
            _opens(status, line, folder),
            line.why,
            others_text(line),
        ]


def _opens(status: RoundStatus, line: UnitStatus, folder: Path) -> Link | None:
    if line.path is None or isinstance(line.path, RemotePath) or isinstance(status.campaign.inbox, RemotePath):
        return None
    inbox = status.campaign.inbox.absolute()
    inside = os.path.relpath(line.path.absolute(), inbox)
    if any(sign in Path(inside).as_posix() for sign in _SIGNS_OF_ADDRESSES):
        return None
    try:
        way = os.path.relpath(inbox.resolve() / inside, folder.resolve())
    except ValueError:  # on another drive (Windows)
        return None
    return Link(Path(way).as_posix(), "打开")


def _ignored_sheet(page: Page, status: RoundStatus) -> None:
    columns = (Column("文件", 50), Column("原因", 80))
    note = "inbox 中不是回收表的文件。若其中有单位交回的表，请改名或另存后放回 inbox。"
    top = page.heading("没有读取的文件", note, len(columns) - 1)
    page.table(top, columns, [(each.name, each.why) for each in status.ignored], repeat_from=top)
