"""A small round with a mail server, for the tests of what goes out; no workbook is built: a letter doesn't look inside."""

from __future__ import annotations

import email
import email.policy
import random
from collections.abc import Sequence
from datetime import date
from email.message import EmailMessage
from pathlib import Path

from perfeval_xl import campaign
from perfeval_xl.district.mail.letters import blank_letters
from perfeval_xl.district.mail.sending import Letter, Pace
from tests.mailservers import Received, SmtpServer
from tests.rounds import roster_bytes

SENDER = "caiwu@example.gov.cn"
UNITS = (
    ("S001", "第一小学", "小学", "李老师", "s001@example.org"),
    ("S002", "第二小学", "小学", "王老师", "s002@example.org"),
    ("S003", "第三小学", "小学", "张老师", "s003@example.org"),
)


def mail_round(
    folder: Path,
    server: SmtpServer | None = None,
    units: Sequence[tuple[str, ...]] = UNITS,
    *,
    smtp: str = 'security = "none"',
    per_minute: int = 100_000,
    blank_bytes: int = 2000,
) -> campaign.Campaign:
    """A round in ``folder`` whose blanks are ``blank_bytes`` of noise; it sends through ``server`` (TOML ``smtp`` beside
    host and port), or has no [mail.smtp]."""
    made = campaign.Campaign(
        folder, "样例区", "样例区教育局", 2024, "huadu-2024", date(2099, 4, 30), "张老师 020-12345678"
    )
    campaign.create(made, roster_bytes(tuple(units)))  # type: ignore[arg-type]
    settings = folder / campaign.SETTINGS
    text = settings.read_text(encoding="utf-8") + f'\n[mail]\nfrom = "样例区教育局财务科 <{SENDER}>"\n'
    if server is not None:
        text += f'[mail.smtp]\nhost = "{server.host}"\nport = {server.port}\nper_minute = {per_minute}\n{smtp}\n'
    settings.write_text(text, encoding="utf-8")
    loaded = campaign.load(folder)
    for number, unit in enumerate(loaded.roster.values()):
        (loaded.outbox / unit.file_name).write_bytes(random.Random(number).randbytes(blank_bytes))
    return loaded


def letters(at: campaign.Campaign) -> list[Letter]:
    """A letter with its blank to each unit of the roster."""
    return blank_letters(at, list(at.roster.values()))


class Clock:
    """Time that passes only by waiting; ``waits`` are the seconds waited, but for none."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if seconds:
            self.waits.append(seconds)

    def pace(self, patience: float = 20) -> Pace:
        return Pace(lambda: self.now, self.sleep, patience)


def parsed(data: bytes | Received) -> EmailMessage:
    """A message as its reader has it."""
    raw = data.data if isinstance(data, Received) else data
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message
