"""The line to the mail server: opened, logged in, one message after another; what became of each is told as surely as can
be known."""

from __future__ import annotations

import re
import select
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from perfeval_xl.district.mail.tls import tls_context, tls_trouble
from perfeval_xl.errors import MailError
from perfeval_xl.mail_settings import Security, SmtpSettings, one_line, password

SECONDS: Final = 60.0
"""How long a server may be silent; ten minutes after the final dot are its right (RFC 5321, 4.5.3.2.6)."""
_AT_THE_END = 10
_CHUNK = 64 * 1024
_GIVEN_UP, _TOO_LARGE = 421, 552
_HOST_NAME = re.compile(r"[A-Za-z0-9.-]+\Z")


class Fate(Enum):
    """What became of a message."""

    TAKEN = auto()
    REFUSED = auto()
    LATER = auto()  # the server says: not now
    BROKEN = auto()  # the line went before the final dot: surely not taken
    UNKNOWN = auto()  # … after it


@dataclass(frozen=True, slots=True)
class Answer:
    """The fate of a message, in the server's words; ``unwilling``: addresses it would not send to, and why; ``sender``:
    it is the sender that is refused, whatever the message."""

    fate: Fate
    said: str = ""
    unwilling: Mapping[str, str] = field(default_factory=dict)
    sender: bool = False


class Line:
    """A connection. ``patience``: seconds that the server may be silent."""

    def __init__(self, settings: SmtpSettings, patience: float = SECONDS) -> None:
        self._settings = settings
        self._patience = patience
        self._smtp: smtplib.SMTP | None = None

    @property
    def is_open(self) -> bool:
        return self._smtp is not None and self._smtp.sock is not None

    @property
    def size_limit(self) -> int | None:
        """The largest message that the server takes, in bytes; None where it doesn't say."""
        said = self._smtp.esmtp_features.get("size", "") if self._smtp else ""
        return int(said) or None if said.isdecimal() else None

    def open(self) -> None:
        """Connect, protect the line, log in. MailError says what went wrong; nothing has been sent then."""
        self.close(polite=False)
        settings = self._settings
        host, port = settings.host, settings.port
        secret = password("smtp", settings.user) if settings.user else ""
        context = None if settings.security is Security.NONE else tls_context(settings.ca_file)
        try:
            self._connect(context)
            if settings.user:
                self._log_in(settings.user, secret)
        except ssl.SSLError as error:
            self._failed(f"{tls_trouble(host, error)}。")
        except smtplib.SMTPNotSupportedError:
            self._failed(
                f"{host}:{port} 不支持 STARTTLS 或登录。请核对端口和 security（tls 一般用 465，starttls 一般用 587）；"
                "不需要登录的，去掉 user。"
            )
        except smtplib.SMTPResponseException as error:
            self._failed(f"{host}:{port} 没有接受连接：{_said(error.smtp_code, error.smtp_error)}。")
        except (smtplib.SMTPException, OSError) as error:
            self._failed(f"连不上邮件服务器 {host}:{port}：{trouble(error)}。请核对 host、port 和网络。")

    def _log_in(self, user: str, secret: str) -> None:
        host = self._settings.host
        try:
            self._require().login(user, secret)
        except smtplib.SMTPAuthenticationError as error:
            self._failed(
                f"{host} 没有接受 {user} 的登录（{_said(error.smtp_code, error.smtp_error)}）。"
                "请核对用户名和密码；QQ、163 等邮箱要先开通 SMTP，并用授权码作密码。"
            )
        except UnicodeError:
            self._failed(f"{user} 的用户名或密码中有中文或全角字符，不能登录。请重新输入。")
        except smtplib.SMTPException as error:
            if type(error) is not smtplib.SMTPException:
                raise
            offered = one_line(self._require().esmtp_features.get("auth", ""))  # none that the library knows
            self._failed(
                f"{host} 不接受用密码登录（只提供 {offered}）。请问管理员：能否为这个邮箱开通 SMTP 的密码登录，或换一个邮箱发送。"
            )

    def _failed(self, what: str) -> None:
        self.close(polite=False)
        raise MailError(what) from None

    def _connect(self, context: ssl.SSLContext | None) -> None:
        settings = self._settings
        here = socket.gethostname()
        name = here if _HOST_NAME.match(here) else "localhost"  # a computer with a Chinese name can't be greeted by it
        if settings.security is Security.TLS:
            self._smtp = smtplib.SMTP_SSL(settings.host, settings.port, name, timeout=self._patience, context=context)
        else:
            self._smtp = smtplib.SMTP(settings.host, settings.port, name, timeout=self._patience)
        if settings.security is Security.STARTTLS:
            self._smtp.starttls(context=context)
        self._smtp.ehlo_or_helo_if_needed()

    def _require(self) -> smtplib.SMTP:
        assert self._smtp is not None, "the line is not open"
        return self._smtp

    def send(self, data: bytes, sender: str, addresses: Sequence[str], commit: Callable[[], None]) -> Answer:
        """Transmit a message (CRLF lines, ASCII). ``commit`` is called when all of it but the final dot is through."""
        smtp, committed = self._require(), False
        try:
            answer = self._envelope(smtp, len(data), sender, addresses)
            if answer.fate is not Fate.TAKEN:
                return self._rested(answer)
            spoken = self._body(smtp, data)
            if spoken is not None:
                self.close(polite=False)
                return spoken
            commit()
            smtp.send(b".\r\n")  # where this fails the dot has not gone
            committed = True
            if smtp.sock is not None:
                smtp.sock.settimeout(self._patience * _AT_THE_END)
            code, text = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self.close(polite=False)
            return Answer(Fate.UNKNOWN if committed else Fate.BROKEN, trouble(error))
        if smtp.sock is not None:
            smtp.sock.settimeout(self._patience)
        last = _answer(code, text, otherwise=Fate.UNKNOWN)
        if last.fate is Fate.TAKEN:
            return Answer(Fate.TAKEN, last.said, answer.unwilling)
        return self._rested(last)

    def _envelope(self, smtp: smtplib.SMTP, size: int, sender: str, addresses: Sequence[str]) -> Answer:
        """Everything before the body; TAKEN where the server waits for it."""
        code, text = smtp.mail(sender, [f"size={size}"] if smtp.has_extn("size") else [])
        answer = _answer(code, text, otherwise=Fate.BROKEN)
        if answer.fate is not Fate.TAKEN:
            return replace(answer, sender=answer.fate is Fate.REFUSED and code != _TOO_LARGE)
        unwilling: dict[str, Answer] = {}
        for address in addresses:
            answer = _answer(*smtp.rcpt(address), otherwise=Fate.BROKEN)
            if answer.fate is Fate.BROKEN:
                return answer
            if answer.fate is not Fate.TAKEN:
                unwilling[address] = answer
        said = {address: each.said for address, each in unwilling.items()}
        if len(unwilling) == len(addresses):
            later = any(each.fate is Fate.LATER for each in unwilling.values())
            return Answer(Fate.LATER if later else Fate.REFUSED, "；".join(dict.fromkeys(said.values())), said)
        code, text = smtp.docmd("DATA")
        if code != 354:
            return _answer(code, text, otherwise=Fate.BROKEN, taken=False)
        return Answer(Fate.TAKEN, unwilling=said)

    def _body(self, smtp: smtplib.SMTP, data: bytes) -> Answer | None:
        """Transmit the body; what the server has said to it already, if anything: no body is taken before its dot."""
        whole = data if data.endswith(b"\r\n") else data + b"\r\n"
        stuffed = re.sub(rb"(?m)^\.", b"..", whole)
        for start in range(0, len(stuffed), _CHUNK):
            smtp.send(stuffed[start : start + _CHUNK])
        sock = smtp.sock
        if sock is None or not select.select([sock], [], [], 0)[0]:
            return None
        return _answer(*smtp.getreply(), otherwise=Fate.BROKEN, taken=False)

    def _rested(self, answer: Answer) -> Answer:
        """The same answer, the line ready for the next message, or closed where the server has had enough."""
        if answer.fate in (Fate.BROKEN, Fate.UNKNOWN) or answer.said.startswith(str(_GIVEN_UP)):
            self.close(polite=False)
            return answer
        with suppress(smtplib.SMTPException, OSError):
            self._require().rset()
        return answer

    def close(self, *, polite: bool = True) -> None:
        """Hang up; ``polite``: say so first, and wait for the answer."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with suppress(smtplib.SMTPException, OSError):
            if polite:
                smtp.quit()
        smtp.close()


def _answer(code: int, text: bytes, *, otherwise: Fate, taken: bool = True) -> Answer:
    """What a reply means; ``otherwise`` where it is none. ``taken``: whether a 2xx is what was hoped for."""
    said = _said(code, text)
    if 200 <= code < 300 and taken:
        return Answer(Fate.TAKEN, said)
    if 400 <= code < 500:
        return Answer(Fate.LATER, said)
    if 500 <= code < 600:
        return Answer(Fate.REFUSED, said)
    return Answer(otherwise, said)


def _said(code: int, text: bytes | str) -> str:
    """A reply as it is told: some servers here speak GBK."""
    if isinstance(text, str):
        return one_line(f"{code} {text}")
    try:
        said = text.decode("utf-8")
    except UnicodeDecodeError:
        said = text.decode("gb18030", errors="replace")
    return one_line(f"{code} {said}")


def trouble(error: Exception) -> str:
    """What went wrong with a line, as a clause."""
    if isinstance(error, socket.gaierror):
        return "找不到这个服务器名称"
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "服务器没有应答"
    if isinstance(error, ConnectionRefusedError):
        return "连接被拒绝"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "连接中断"
    return one_line(str(getattr(error, "strerror", None) or error))
