"""The post's settings: [mail] in campaign.toml, and where passwords come from. A password never stands in a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from perfeval_xl.errors import MailError
from perfeval_xl.scheme.spec import Spec

KEYRING_SERVICE: Final = "perfeval-xl"
_ADDRESS = re.compile(
    r"(?=.{1,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z"
)
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>\Z")
_LIKE_A_PASSWORD = re.compile(r"pass|pwd|secret|token|auth|credential|密码|口令|授权码", re.IGNORECASE)
_DECORATION = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


class Security(StrEnum):
    """How the line to a server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


SMTP_PORTS: Final = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
IMAP_PORTS: Final = {Security.STARTTLS: 143, Security.TLS: 993, Security.NONE: 143}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name of whoever reads there ('' where none was given)."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The server that sends. ``user`` '' is: no login. ``per_minute``: at most so many messages; ``max_mb``: none larger
    (megabytes of the whole message, as it is transmitted). ``ca_file``: the only certificates to trust (PEM)."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = ""
    per_minute: int = 20
    max_mb: int = 20
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """The mailbox that the returns come to. ``moved_to``: the folder that collected messages are moved to ('' for none)."""

    host: str
    port: int
    security: Security = Security.TLS
    user: str = ""
    folder: str = "INBOX"
    ca_file: Path | None = None
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """[mail]: who sends, where answers go, and the servers, where there are any."""

    sender: Mailbox
    reply_to: Mailbox
    smtp: SmtpSettings | None = None
    imap: ImapSettings | None = None


def read_mailbox(text: str) -> Mailbox | None:
    """``地址`` or ``名称 <地址>``; None where that is no address. Characters that can't be seen are taken out of the name."""
    named = _NAMED.match(text.strip())
    name, address = (named["name"], named["address"].strip()) if named else ("", text.strip())
    if not _ADDRESS.match(address):
        return None
    return Mailbox(one_line(name).strip('"“” '), address)


def one_line(text: str) -> str:
    """A text as it may stand in a header or a line of a log: no line breaks, no characters that can't be seen."""
    return " ".join(_DECORATION.sub(" ", text).split())


def read_mail(spec: Spec, folder: Path) -> MailSettings:
    """[mail] of the round in ``folder``; every problem is noted in ``spec.problems``."""
    spec = _without_passwords(spec)
    sender = _mailbox(spec, "from")
    settings = MailSettings(
        sender=sender,
        reply_to=_mailbox(spec, "reply_to") if "reply_to" in spec else sender,
        smtp=_smtp(spec.table("smtp"), folder) if "smtp" in spec else None,
        imap=_imap(spec.table("imap"), folder) if "imap" in spec else None,
    )
    spec.close()
    return settings


def _smtp(spec: Spec, folder: Path) -> SmtpSettings:
    spec = _without_passwords(spec)
    security = _security(spec, Security.STARTTLS)
    settings = SmtpSettings(
        host=spec.text("host"),
        port=_whole(spec, "port", SMTP_PORTS[security], 65535),
        security=security,
        user=spec.text("user", ""),
        per_minute=_whole(spec, "per_minute", 20, 100_000),
        max_mb=_whole(spec, "max_mb", 20, 1000),
        ca_file=_ca_file(spec, folder),
    )
    spec.close()
    return settings


def _imap(spec: Spec, folder: Path) -> ImapSettings:
    spec = _without_passwords(spec)
    security = _security(spec, Security.TLS)
    settings = ImapSettings(
        host=spec.text("host"),
        port=_whole(spec, "port", IMAP_PORTS[security], 65535),
        security=security,
        user=spec.text("user"),
        folder=spec.text("folder", "INBOX"),
        ca_file=_ca_file(spec, folder),
        moved_to=spec.text("moved_to", ""),
    )
    spec.close()
    return settings


def _without_passwords(spec: Spec) -> Spec:
    """The table without keys that look like a password; each of them is a problem, told without its value."""
    table = spec.raw()
    for key in [key for key in table if _LIKE_A_PASSWORD.search(key)]:
        del table[key]
        spec.problem(
            key, f"密码不要写在文件里。请删去这一行，改用环境变量 {_variables(('smtp', 'imap'))}，或存入系统的钥匙串"
        )
    return Spec(table, spec.where, spec.problems)


def _mailbox(spec: Spec, key: str) -> Mailbox:
    text = spec.text(key)
    found = read_mailbox(text)
    if text and found is None:
        spec.problem(key, f"应为邮箱地址，如 名称 <name@example.gov.cn>，现为 {text!r}")
    return found or Mailbox("", "")


def _security(spec: Spec, default: Security) -> Security:
    found = spec.choice("security", list(Security), default)
    return Security(found) if found in list(Security) else default


def _whole(spec: Spec, key: str, default: int, highest: int) -> int:
    value = spec.whole(key, default)
    if not 1 <= value <= highest and key in spec:
        spec.problem(key, f"应在 1 到 {highest} 之间，现为 {value}")
        return default
    return value


def _ca_file(spec: Spec, folder: Path) -> Path | None:
    text = spec.text("ca_file", "")
    return folder / text if text else None


def password(kind: str, user: str) -> str:
    """The password of ``user`` for ``kind`` ("smtp" or "imap"): from the environment, else from the system's keyring.

    MailError, saying how to give one, where there is none.
    """
    given = os.environ.get(_variable(kind), "")
    if given:
        return given
    stored, why = _from_keyring(user)
    if stored:
        return stored
    raise MailError(
        f"没有 {user} 的密码（{kind.upper()}）。请设环境变量 {_variable(kind)}，"
        f"或存入系统的钥匙串：keyring set {KEYRING_SERVICE} {user}{why}。"
        "QQ、163 等邮箱这里用的是授权码，不是登录网页的密码。"
    )


def _from_keyring(user: str) -> tuple[str, str]:
    """What the keyring holds ('' for nothing), and what the operator should know of why it holds nothing."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return "", '（先装 pip install "perfeval-xl[keyring]"）'
    try:
        return keyring.get_password(KEYRING_SERVICE, user) or "", ""
    except (KeyringError, OSError) as error:
        return "", f"（现在用不了钥匙串：{one_line(str(error))}）"


def _variable(kind: str) -> str:
    return f"PERFEVAL_{kind.upper()}_PASSWORD"


def _variables(kinds: Iterable[str]) -> str:
    return "、".join(_variable(kind) for kind in kinds)
