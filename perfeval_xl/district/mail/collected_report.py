"""What was collected, as lines, rows and JSON: what `perfeval collect` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from perfeval_xl.district.mail.collecting import Collected, Line
from perfeval_xl.district.mail.register import HELD, Outcome, Row

CSV_COLUMNS = (
    "结果",
    "单位代码",
    "文件",
    "原文件名",
    "发件人",
    "发件人姓名",
    "转发前的发件人",
    "发件时间",
    "主题",
    "说明",
    "邮件编号",
    "来源",
)


def text_lines(collected: Collected) -> list[str]:
    """A line for each file that there is something to tell of, what asks for a person last.

    What was collected before is only counted, and so are workbooks in other people's messages.
    """
    lines = [
        each
        for each in collected.lines
        if each.row.outcome is not Outcome.UNRELATED and (each.new or each.row.outcome is not Outcome.KNOWN)
    ]
    lines.sort(key=lambda each: list(_ORDER).index(each.row.outcome))
    return [f"  {_text(each)}" for each in lines]


_ORDER = (
    Outcome.SAVED,
    Outcome.KNOWN,
    Outcome.WITHDRAWN,
    Outcome.BLANK,
    Outcome.REFUSED,
    Outcome.LINK,
    Outcome.BROKEN,
    Outcome.UNRELATED,
)


def _text(line: Line) -> str:
    row = line.row
    who = "、".join(f"{each.code} {each.name}" for each in line.units)
    name = row.name or row.subject or row.source
    if row.outcome in HELD:
        saved = (
            ""
            if row.file == row.name
            else f"（存为 {row.file}）"
            if row.outcome is Outcome.SAVED
            else f"（即 {row.file}）"
        )
        what = f"{name}{saved}"
    else:
        what = name
    said = f"：{row.why}" if row.why else ""
    return "　".join(filter(None, (row.outcome.label, who, f"{what}{said}", _from(row))))


def _from(row: Row) -> str:
    """Who sent it and when, in brackets; of a plain file, where it was."""
    if not row.sender and not row.message_id:
        return f"［{row.source}］"
    sender = f"{row.sender_name} <{row.sender}>" if row.sender_name and row.sender else row.sender or row.sender_name
    forwarded = f"，转发自 {row.original}" if row.original and row.original != row.sender else ""
    when = f"，{datetime.fromisoformat(row.date):%Y-%m-%d %H:%M}" if row.date else ""
    return f"［{sender}{forwarded}{when}］"


def totals_text(collected: Collected) -> str:
    """What it came to, in a sentence; counts of nothing are left out but that of what was saved."""
    count = counts(collected)
    parts = [f"收下 {count[Outcome.SAVED]} 个文件"]
    for outcome, text in (
        (Outcome.KNOWN, "已有 {} 个"),
        (Outcome.WITHDRAWN, "收过又移走的 {} 个"),
        (Outcome.BLANK, "空表 {} 份"),
        (Outcome.REFUSED, "没有收的 {} 个"),
        (Outcome.LINK, "只有链接的 {} 封"),
        (Outcome.BROKEN, "读不了的 {} 封"),
        (Outcome.UNRELATED, "与本次任务无关的工作簿 {} 个（没有收）"),
    ):
        if count[outcome]:
            parts.append(text.format(count[outcome]))
    rest = f"另有 {collected.quiet} 封邮件没有表格。" if collected.quiet else ""
    marked = f"标为已读 {collected.marked} 封。" if collected.marked else ""
    moved = f"移走 {collected.moved} 封。" if collected.moved else ""
    return f"{'，'.join(parts)}。{rest}{marked}{moved}"


def counts(collected: Collected) -> Counter[Outcome]:
    """How many lines came to what."""
    return Counter(each.row.outcome for each in collected.lines)


def csv_rows(collected: Collected) -> Iterable[tuple[str, ...]]:
    """CSV_COLUMNS, then a row a line."""
    yield CSV_COLUMNS
    for line in collected.lines:
        row = line.row
        codes = "、".join(each.code for each in line.units)
        told = (row.sender, row.sender_name, row.original, row.date, row.subject, row.why, row.message_id, row.source)
        yield (row.outcome.label, codes, row.file, row.name, *told)


def collected_json(collected: Collected) -> dict[str, Any]:
    """The object that ``perfeval collect --format json`` prints."""
    count = counts(collected)
    return {
        "totals": {**{each.value: count[each] for each in Outcome}, "quiet": collected.quiet},
        "marked": collected.marked,
        "moved": collected.moved,
        "stopped": collected.stopped or None,
        "lines": [_line_json(each) for each in collected.lines],
    }


def _line_json(line: Line) -> dict[str, Any]:
    row = line.row
    return {
        "outcome": row.outcome.value,
        "new": line.new,
        "units": [each.code for each in line.units],
        "file": row.file or None,
        "name": row.name or None,
        "sender": row.sender or None,
        "sender_name": row.sender_name or None,
        "original_sender": row.original or None,
        "date": row.date or None,
        "subject": row.subject or None,
        "why": row.why or None,
        "message_id": row.message_id or None,
        "source": row.source,
        "sha256": row.sha256 or None,
    }
