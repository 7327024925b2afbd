"""mail-log.csv: what went out, to whom, when; written before and after each step, so that a break mails nobody twice.

Stages of a letter, one line each:
begin    before anything of it goes to the server
commit   all of it has been transmitted but the final dot, without which no server takes it
sent     the server has taken it
failed   it surely was not taken

So after a break: begin alone was surely not taken; commit alone can't be known; a line torn off by the break says what was
about to be done, and was not yet.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.mail.messages import Kind
from perfeval_xl.errors import MailError
from perfeval_xl.files import reason, write_atomically
from perfeval_xl.mail_settings import one_line
from perfeval_xl.report import csv_safe
from perfeval_xl.roster import Unit

JOURNAL: Final = "mail-log.csv"
COLUMNS: Final = ("时间", "单位代码", "单位名称", "种类", "邮箱", "阶段", "信件", "Message-ID", "说明")
_STAGE, _LETTER, _WHEN = COLUMNS.index("阶段"), COLUMNS.index("信件"), COLUMNS.index("时间")
_BOM = b"\xef\xbb\xbf"


class Stage(StrEnum):
    """How far a letter has come."""

    BEGIN = "begin"
    COMMIT = "commit"
    SENT = "sent"
    FAILED = "failed"


_SAID = {
    Stage.BEGIN: "开始发送",
    Stage.COMMIT: "内容已传完，等服务器答复",
    Stage.SENT: "服务器已收下",
    Stage.FAILED: "没有发出",
}


@dataclass(frozen=True, slots=True)
class Last:
    """The last that the journal says of a letter; ``when`` as it stands there."""

    stage: Stage
    when: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A letter as the journal names it."""

    unit: Unit
    kind: Kind
    key: str
    addresses: tuple[str, ...]
    message_id: str

    @property
    def mark(self) -> str:
        return letter_mark(self.unit, self.kind, self.key)


def letter_mark(unit: Unit, kind: Kind, key: str) -> str:
    """What stands for a letter in the journal. It begins with a letter: a spreadsheet program that saves the file again
    would make a number of some others."""
    return "L" + hashlib.sha256("\0".join((unit.code, kind, key)).encode()).hexdigest()[:24]


def read_journal(campaign: Campaign) -> Mapping[str, Last]:
    """What the journal says last of each letter, by mark; a torn last line is left out.

    MailError where a line can't be read: whom it is about must not be mailed twice.
    """
    return {row[_LETTER]: Last(Stage(row[_STAGE]), row[_WHEN]) for row in _rows(_path(campaign))}


def _path(campaign: Campaign) -> Path:
    return campaign.folder / JOURNAL


def _rows(path: Path) -> list[list[str]]:
    """The whole lines below the head."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    whole = data[: data.rfind(b"\n") + 1]
    try:
        text = whole.decode("utf-8-sig")
    except UnicodeDecodeError:  # saved again by a spreadsheet program
        text = whole.decode("gb18030", errors="replace")
    try:
        head, *rows = list(csv.reader(text.splitlines())) or [list(COLUMNS)]
    except csv.Error:
        raise _unreadable(path, 1) from None
    rows = [[*row, *("" for _ in COLUMNS[len(row) :])][: len(COLUMNS)] for row in rows if any(row)]
    if tuple(head[: len(COLUMNS)]) != COLUMNS:
        raise _unreadable(path, 1)
    for number, row in enumerate(rows, start=2):
        if row[_STAGE] not in list(Stage) or not row[_LETTER]:
            raise _unreadable(path, number)
    return rows


def _unreadable(path: Path, line: int) -> MailError:
    return MailError(
        f"{path} 第 {line} 行读不出来，不能判断哪些邮件已经发过。请从备份中恢复这个文件；"
        "实在没有备份的，把它改名保存后重新运行，并自行核对已发送的邮件，以免重发。"
    )


class Journal:
    """The journal of a round, open for writing (under the round's lock)."""

    def __init__(self, campaign: Campaign) -> None:
        """Open it; mend what a break has torn. MailError where it can't be read, PerfevalError where it can't be written."""
        self._path = _path(campaign)
        self.last = dict(read_journal(campaign))
        self._mend()
        try:
            self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115
        except PermissionError:
            raise MailError(f"写不进 {self._path}：它可能正在 WPS 或 Excel 中打开。请关闭后重试。") from None

    def _mend(self) -> None:
        """Write the file anew unless it is whole: the bytes that we wrote, up to a line's end."""
        whole = _BOM + _lines([COLUMNS, *_rows(self._path)])
        if not self._path.exists() or self._path.read_bytes() != whole:
            write_atomically(self._path, whole)

    def write(self, entry: Entry, stage: Stage, why: str = "") -> None:
        """Add a line and wait until it is on the disk."""
        when = datetime.now().isoformat(sep=" ", timespec="seconds")
        said = f"{_SAID[stage]}：{why}" if why else _SAID[stage]
        line = (
            when,
            entry.unit.code,
            entry.unit.name,
            entry.kind,
            "; ".join(entry.addresses),
            stage,
            entry.mark,
            entry.message_id,
            said,
        )
        data = _lines([csv_safe([one_line(each) for each in line])])
        try:
            while data:  # a disk that is nearly full takes a part
                data = data[self._file.write(data) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise MailError(f"写不进 {self._path}：{reason(error)}。没有记录就不再发送。") from error
        self.last[entry.mark] = Last(stage, when)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8")
