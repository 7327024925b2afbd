"""From the bytes of a message to what is in it, however its parts are nested, named and encoded.

Nothing that is wrong with a message is raised: it becomes an Arrival that says so.
"""

from __future__ import annotations

import email
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import PurePosixPath

from perfeval_xl.district.mail.arrivals import Arrival, Enclosed
from perfeval_xl.district.mail.decoding import day_of, line_of, parameters, sender_of, text_of
from perfeval_xl.district.mail.links import links_in
from perfeval_xl.district.mail.outlook import NotOutlook, OutlookMail, read_outlook
from perfeval_xl.excel.recognise import OLE

MAX_NESTED = 5
"""Messages in messages, as forwarding makes them."""
MAX_MESSAGE = 80 * 1024 * 1024
"""Bytes; no server in use takes larger ones."""
_MAX_PARTS = 1000
_REPORTS = ("message/delivery-status", "message/disposition-notification", "text/rfc822-headers")
_TEXTS = ("text/plain", "text/html")
_MAIL, _OUTLOOK_MAIL = ("message/rfc822", "message/global"), "application/vnd.ms-outlook"
_AHEAD = timedelta(days=1)  # a clock may be somewhat fast


def read_message(data: bytes, source: str, *, picked: bool = False, arrived: datetime | None = None) -> Arrival:
    """The message ``data`` (RFC 5322, or Outlook's .msg). ``arrived`` is its time where it tells none itself."""
    if len(data) > MAX_MESSAGE:
        return Arrival(source, picked=picked, broken=f"邮件有 {len(data) // 1024 // 1024} MB，没有读取")
    reading = _Reading()
    try:
        if data.startswith(OLE):
            mail = read_outlook(data)
            head = _outlook_head(mail)
            reading.outlook(mail)
        else:
            message = email.message_from_bytes(data)
            head = _head(message)
            if not any(_raw(message).values()):
                return Arrival(source, picked=picked, date=arrived, broken="没有邮件头，不是邮件，或已损坏")
            reading.part(message)
    except RecursionError:
        return Arrival(source, picked=picked, date=arrived, broken="邮件里层层嵌套，读不了")
    except NotOutlook as error:
        return Arrival(source, picked=picked, date=arrived, broken=f"不是完整的 Outlook 邮件（{error}）")
    enclosed, links = tuple(reading.enclosed), links_in(reading.texts)
    return replace(head, source=source, picked=picked, enclosed=enclosed, links=links).dated(arrived)


def read_head(data: bytes, source: str, arrived: datetime | None = None) -> Arrival:
    """The same of a message's header alone."""
    return replace(_head(email.message_from_bytes(data)), source=source).dated(arrived)


def _raw(message: Message) -> Mapping[str, str]:
    """The headers as they stand, the first of each name."""
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), str(value))
    return found


def _head(message: Message) -> Arrival:
    """Who sent a message, when and about what; its source is left empty."""
    raw = _raw(message)
    sender, name = sender_of(raw.get("from", ""))
    if not sender:
        sender = sender_of(raw.get("sender", ""))[0] or sender_of(raw.get("return-path", ""))[0]
    received = raw.get("received", "").rpartition(";")[2]
    times = (day_of(raw.get("date", "")), day_of(received))
    date = next((each for each in times if each and each < datetime.now(UTC) + _AHEAD), None)
    identity = line_of(raw.get("message-id", "")).replace(" ", "")
    return Arrival("", sender, name, date, line_of(raw.get("subject", "")), identity)


def _outlook_head(mail: OutlookMail) -> Arrival:
    """The same of a .msg: what its transport said, else what Outlook notes."""
    head = _head(email.message_from_string(mail.headers))
    name = head.sender_name if head.sender else line_of(mail.sender_name)
    return replace(
        head,
        sender=head.sender or sender_of(mail.sender)[0],
        sender_name=name,
        date=head.date or mail.date,
        subject=head.subject or line_of(mail.subject),
        message_id=head.message_id or line_of(mail.message_id).replace(" ", ""),
    )


@dataclass(frozen=True, slots=True)
class _At:
    """Where a part lies: how many messages deep, and who sent the innermost of these ('' in the outermost)."""

    depth: int = 0
    original: str = ""

    def within(self, head: Arrival) -> _At:
        return _At(self.depth + 1, head.sender or self.original)


_OUTERMOST = _At()


class _Reading:
    """What came out of a message so far: its files, and its texts."""

    def __init__(self) -> None:
        self.enclosed: list[Enclosed] = []
        self.texts: list[str] = []
        self._parts = 0

    def part(self, part: Message, at: _At = _OUTERMOST) -> None:
        """A part of a message, with all in it."""
        self._parts += 1
        media = part.get_content_type()
        if self._parts > _MAX_PARTS or media in _REPORTS:
            if self._parts == _MAX_PARTS + 1:
                self._refuse("", at, f"邮件有 {_MAX_PARTS} 个以上的部分，后面的没有读取。请从邮箱中打开查看。")
            return
        payload = _within(part)
        if not payload:
            self._leaf(part, media, at)
        elif media in _MAIL:
            self._forwarded(_unwrapped(part, payload[0]), at)
        elif media == "multipart/report" and _undelivered(payload):
            self._refuse("", at, f"是退信：发给 {_undelivered(payload)} 的邮件没有送达。请核对名册中的邮箱。")
        else:
            for each in payload:
                self.part(each, at)

    def outlook(self, mail: OutlookMail, at: _At = _OUTERMOST) -> None:
        """A .msg, with all in it."""
        self.texts += mail.texts
        for each in mail.files:
            if each.message is None:
                self._file(line_of(each.name), each.data, each.media, each.attached, at)
            elif at.depth >= MAX_NESTED:
                self._refuse(line_of(each.message.subject), at, _TOO_DEEP)
            else:
                self.outlook(each.message, at.within(_outlook_head(each.message)))

    def _forwarded(self, message: Message, at: _At) -> None:
        head = _head(message)
        if at.depth >= MAX_NESTED:
            self._refuse(head.subject, at, _TOO_DEEP)
        else:
            self.part(message, at.within(head))

    def _leaf(self, part: Message, media: str, at: _At) -> None:
        raw = _raw(part)
        shown, disposition = parameters(raw.get("content-disposition", ""))
        _, declared = parameters(raw.get("content-type", ""))
        names = [each for each in (disposition.get("filename", ""), declared.get("name", "")) if each.strip()]
        name = line_of(next((each for each in names if "\ufffd" not in each), names[0] if names else ""))
        data = part.get_payload(decode=True)
        data = data if isinstance(data, bytes) else b""
        if not name and shown != "attachment" and (media in _TEXTS or media.startswith("multipart/")):
            self.texts.append(text_of(data, declared.get("charset", "")))
            return
        attached = shown == "attachment" or (shown != "inline" and "content-id" not in raw)
        self._file(name, data, media, attached, at)

    def _file(self, name: str, data: bytes, media: str, attached: bool, at: _At) -> None:
        """A file, or a message that was attached as a file."""
        suffix = PurePosixPath(name).suffix.lower()
        if data and (suffix == ".eml" or media in _MAIL):
            message = email.message_from_bytes(data)
            if _raw(message).keys() & {"from", "date", "subject", "content-type"}:
                self._forwarded(message, at)
                return
        if data.startswith(OLE) and (suffix == ".msg" or media == _OUTLOOK_MAIL):
            try:
                mail = read_outlook(data)
            except NotOutlook:
                self._refuse(name, at, "是不完整的 Outlook 邮件，里面的附件读不了。请发件人直接附上表格重发。")
                return
            if at.depth >= MAX_NESTED:
                self._refuse(name, at, _TOO_DEEP)
            else:
                self.outlook(mail, at.within(_outlook_head(mail)))
            return
        self.enclosed.append(Enclosed(name, data, media, attached, at.original))

    def _refuse(self, name: str, at: _At, why: str) -> None:
        self.enclosed.append(Enclosed(name, original=at.original, refused=why))


_TOO_DEEP = f"邮件转发套了 {MAX_NESTED} 层以上，里面的附件没有读取。请从邮箱中打开后下载。"


def _within(part: Message) -> list[Message]:
    """The parts of a part; none where it is a file or a text."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _unwrapped(part: Message, message: Message) -> Message:
    """A message in a message; some programs encode it, which the standard forbids and the parser doesn't expect."""
    coding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if coding not in ("base64", "quoted-printable"):
        return message
    inner = Message()
    inner["Content-Transfer-Encoding"] = coding
    inner.set_payload(message.as_bytes().decode("ascii", "surrogateescape"))
    data = inner.get_payload(decode=True)
    return email.message_from_bytes(data) if isinstance(data, bytes) else message


def _undelivered(payload: list[Message]) -> str:
    """The addresses that a report says a message did not reach; '' where it says nothing of the kind."""
    found = []
    for report in payload:
        if report.get_content_type() == "message/delivery-status":
            for block in _within(report):
                raw = _raw(block)
                if raw.get("action", "").strip().lower() == "failed":
                    found.append(sender_of(raw.get("final-recipient", "").rpartition(";")[2])[0])
    return "、".join(dict.fromkeys(filter(None, found)))
