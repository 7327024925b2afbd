"""A small round whose units have addresses, filled forms of theirs, and messages as Chinese programs write them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from functools import cache
from pathlib import Path

from perfeval_xl import campaign
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.mail.collecting import Collected, collect_files
from tests.rounds import issued_round, published_answers

UNITS = (
    ("S001", "第一小学", "小学", "李老师", "s001@edu.example"),
    ("S002", "第二小学", "小学", "王老师", "s002@edu.example；er.xiao@qq.com"),
    ("S003", "第三小学", "小学", "张老师", "san@edu.example"),
    ("S004", "第三小学附属幼儿园", "幼儿园", "赵老师", "san@edu.example"),
)
DAY = "Wed, 02 Apr 2025 10:03:00 +0800"
XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def collecting_round(template: Path, folder: Path) -> campaign.Campaign:
    """A copy of the round in ``template``, which is made where there is none."""
    if not template.exists():
        issued_round(template, UNITS)  # type: ignore[arg-type]
    shutil.copytree(template, folder)
    return campaign.load(folder)


def form(at: campaign.Campaign, code: str, **changes: object) -> bytes:
    """The filled form of a unit."""
    return _form((at.outbox / at.roster[code].file_name).read_bytes(), json.dumps(changes))


@cache
def _form(blank: bytes, changes: str) -> bytes:
    answers = json.dumps(published_answers(**json.loads(changes)), ensure_ascii=False)
    return Desk().fill(blank, "x.xlsx", answers)


def blank(at: campaign.Campaign, code: str) -> bytes:
    return (at.outbox / at.roster[code].file_name).read_bytes()


def letter(
    *files: tuple[str, bytes],
    sender: str = "李老师 <s001@edu.example>",
    subject: str = "报送自评表",
    number: int = 1,
    day: str = DAY,
    text: str = "您好，见附件。",
) -> EmailMessage:
    """An ordinary message with ``files`` attached."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "财务科 <caiwu@edu.example>", subject
    message["Date"], message["Message-ID"] = day, f"<{number}@edu.example>"
    message.set_content(text)
    for name, data in files:
        message.add_attachment(data, maintype=XLSX[0], subtype=XLSX[1], filename=name)
    return message


def raw_letter(part_headers: bytes, body: bytes, head: bytes = b"") -> bytes:
    """A message of one text and one part, whose headers (without line breaks at the end) stand as given; base64."""
    from base64 import encodebytes

    return b"\r\n".join(
        (
            *(head or b"From: s001@edu.example\r\nSubject: zipingbiao\r\nDate: " + DAY.encode()).split(b"\r\n"),
            b"Message-ID: <raw@edu.example>",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/mixed; boundary="==b"',
            b"",
            b"--==b",
            b"Content-Type: text/plain; charset=gb2312",
            b"Content-Transfer-Encoding: 8bit",
            b"",
            "见附件".encode("gbk"),
            b"--==b",
            part_headers,
            b"Content-Transfer-Encoding: base64",
            b"",
            encodebytes(body),
            b"--==b--",
            b"",
        )
    )


def post(folder: Path, messages: Mapping[str, EmailMessage | bytes]) -> Path:
    """Messages as files by name in ``folder``."""
    folder.mkdir(exist_ok=True)
    for name, message in messages.items():
        (folder / name).write_bytes(message if isinstance(message, bytes) else message.as_bytes())
    return folder


def collect(at: campaign.Campaign, *given: Path) -> Collected:
    with at.locked():
        return collect_files(at, given)


def told(collected: Collected) -> list[tuple[str, str]]:
    """Outcome and original name of every line."""
    return [(line.row.outcome.value, line.row.name) for line in collected.lines]


def in_inbox(at: campaign.Campaign) -> list[str]:
    """The names of the files in the inbox but for the register."""
    return sorted(path.name for path in at.inbox.iterdir() if path.name != "收件登记.csv")


def whys(collected: Collected) -> Sequence[str]:
    return [line.row.why for line in collected.lines]
