"""inbox/收件登记.csv: who sent which file, when, in which message; and how far a mailbox has been looked through.

It can be worked out again from the post, except for what has left the mailbox since. A clerk may read and sort it.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import StringIO

from perfeval_xl.district.parcels import REGISTER
from perfeval_xl.errors import CampaignError
from perfeval_xl.files import write_atomically
from perfeval_xl.report import csv_safe
from perfeval_xl.storage import Place

_COLUMNS = {
    "file": "文件",
    "outcome": "结果",
    "name": "原文件名",
    "sender": "发件人",
    "sender_name": "发件人姓名",
    "original": "转发前的发件人",
    "date": "发件时间",
    "subject": "主题",
    "why": "说明",
    "message_id": "邮件编号",
    "source": "来源",
    "sha256": "SHA256",
}
_LOOKED_THROUGH = "已查看到此"
_APOSTROPHE = "'"
_MOVE_IT = "或把它移到别处，再运行一次：收过的文件会重新登记。"


class Outcome(StrEnum):
    """What became of a file, or of a message."""

    SAVED = "saved"
    KNOWN = "known"
    WITHDRAWN = "withdrawn"
    BLANK = "blank"
    LINK = "link"
    REFUSED = "refused"
    UNRELATED = "unrelated"
    BROKEN = "broken"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Outcome.SAVED: "已收",
    Outcome.KNOWN: "已有",
    Outcome.WITHDRAWN: "已移走",
    Outcome.BLANK: "空表",
    Outcome.LINK: "只有链接",
    Outcome.REFUSED: "没有收",
    Outcome.UNRELATED: "无关",
    Outcome.BROKEN: "读不了",
}
HELD = (Outcome.SAVED, Outcome.KNOWN)
"""Of a file that lies, or lay, in the inbox."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file of one message, or one thing to tell of it. ``file`` is its name in the inbox, '' where it isn't there.

    ``date`` is written as 2025-04-01 10:03:00+08:00. ``sha256`` (hex) is '' where there was no file.
    """

    outcome: Outcome
    source: str
    file: str = ""
    name: str = ""
    sender: str = ""
    sender_name: str = ""
    original: str = ""
    date: str = ""
    subject: str = ""
    why: str = ""
    message_id: str = ""
    sha256: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it this very file of this very message, whichever way that came."""
        return (self.message_id or self.source, self.sha256, self.name if self.sha256 else self.name + self.why)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a mailbox was looked through: to this UID, messages since that day only ('' for all)."""

    uid: int
    since: str = ""


class Register:
    """The rows, in the order in which they came, and the marks by mailbox."""

    def __init__(self, path: Place, rows: Iterable[Row] = (), marks: Mapping[str, Mark] | None = None) -> None:
        self.path = path
        self._rows = {row.key: row for row in rows}
        self.marks = dict(marks or {})

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, row: Row) -> Row | None:
        """What is noted of the same file of the same message."""
        return self._rows.get(row.key)

    def add(self, row: Row) -> None:
        self._rows[row.key] = row

    def senders(self) -> Mapping[str, frozenset[str]]:
        """Who sent a file, by its hash: every address that it came from, also those before it was forwarded."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for row in self:
            if row.sha256:
                found[row.sha256] |= {row.sender, row.original} - {""}
        return {sha256: frozenset(addresses) for sha256, addresses in found.items()}

    def save(self) -> None:
        """Write it, all of it or nothing, where anything has changed. PerfevalError where it can't be written."""
        lines = [tuple(_COLUMNS.values()), *map(_written, self)]
        lines += [_written_mark(place, mark) for place, mark in sorted(self.marks.items())]
        text = StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(csv_safe(line) for line in lines)
        data = text.getvalue().encode("utf-8-sig", "replace")
        if len(lines) > 1 and not (self.path.is_file() and self.path.read_bytes() == data):
            write_atomically(self.path, data)


def read_register(inbox: Place) -> Register:
    """The register in ``inbox``; an empty one where there is none. Rows that nobody can make sense of are left out.

    CampaignError where the file is no longer a register: what it held would be lost by writing it anew.
    """
    path = inbox / REGISTER
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Register(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:  # saved anew by a spreadsheet program
        text = data.decode("gb18030", "replace")
    try:
        table = csv.DictReader(StringIO(text, newline=""))
        absent = [title for title in _COLUMNS.values() if title not in (table.fieldnames or ())]
        lines = list(table)
    except csv.Error as error:
        raise CampaignError(f"{path}: 读不出来（{error}）。请修复，{_MOVE_IT}") from None
    if absent:
        raise CampaignError(f"{path}: 没有列“{'、'.join(absent)}”。请改回列名，{_MOVE_IT}")
    return Register(path, *_read(lines))


def _read(lines: Iterable[Mapping[str, str]]) -> tuple[list[Row], dict[str, Mark]]:
    rows: list[Row] = []
    marks: dict[str, Mark] = {}
    for line in lines:
        cells = {key: _plain(line.get(title) or "") for key, title in _COLUMNS.items()}
        outcome = next((each for each in Outcome if each.label == cells["outcome"]), None)
        label = cells.pop("outcome")
        if outcome is not None and cells["source"]:
            rows.append(Row(outcome, **cells))
        elif label == _LOOKED_THROUGH and cells["message_id"].isdecimal() and _is_day(cells["date"]):
            marks[cells["source"]] = Mark(int(cells["message_id"]), cells["date"])
    return rows, marks


def _is_day(text: str) -> bool:
    """Whether a mark's day is still as it was written; programs write days in a way of their own."""
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _written(row: Row) -> tuple[str, ...]:
    return tuple(row.outcome.label if key == "outcome" else str(getattr(row, key)) for key in _COLUMNS)


def _written_mark(place: str, mark: Mark) -> tuple[str, ...]:
    cells = {"outcome": _LOOKED_THROUGH, "date": mark.since, "message_id": str(mark.uid), "source": place}
    return tuple(cells.get(key, "") for key in _COLUMNS)


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    inner = cell.removeprefix(_APOSTROPHE)
    return inner if inner != cell and csv_safe([inner]) != (inner,) else cell
