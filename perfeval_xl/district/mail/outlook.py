"""Outlook's .msg files: headers, texts and files of a message, and the messages forwarded in it.

python-oxmsg opens the container. The properties are read here: it knows no embedded messages, and takes texts of code
page 936 for GB 2312, where Outlook writes GBK.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from perfeval_xl.district.mail.decoding import text_of

if TYPE_CHECKING:
    from oxmsg.storage import Storage

_HEADERS, _SUBJECT, _BODY, _HTML = 0x007D, 0x0037, 0x1000, 0x1013
_SENDER_NAME, _SENDER, _SENDER_SMTP, _MESSAGE_ID = 0x0C1A, 0x0C1F, 0x5D01, 0x1035
_SUBMITTED, _DELIVERED = 0x0039, 0x0E06
_NAME, _LONG_NAME, _MEDIA, _CONTENT_ID, _DATA = 0x3704, 0x3707, 0x370E, 0x3712, 0x3701
_UNICODE, _NARROW, _BINARY, _TIME, _STORAGE = 0x001F, 0x001E, 0x0102, 0x0040, 0x000D
_TOP_HEAD, _EMBEDDED_HEAD = 32, 24  # bytes before the first property
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class NotOutlook(Exception):
    """The file is no .msg, or it is damaged."""


@dataclass(frozen=True, slots=True)
class OutlookFile:
    """A file attached to a message, or (``message``) a message forwarded in it."""

    name: str
    data: bytes
    media: str
    attached: bool
    message: OutlookMail | None = None


@dataclass(frozen=True, slots=True)
class OutlookMail:
    """A .msg. ``headers`` are those of its transport ('' for one that never travelled); the rest is what Outlook notes."""

    headers: str
    sender: str
    sender_name: str
    subject: str
    message_id: str
    date: datetime | None
    texts: tuple[str, ...]
    files: tuple[OutlookFile, ...]


def read_outlook(data: bytes) -> OutlookMail:
    """The message in a .msg. NotOutlook where ``data`` is none that can be read."""
    from olefile import OleFileIO
    from oxmsg.storage import Storage

    try:
        with OleFileIO(BytesIO(data)) as file:
            root = Storage.from_ole(file)
        return _mail(root, _TOP_HEAD)
    except Exception as error:  # neither library has a class of errors of its own: damage raises whatever comes
        raise NotOutlook(f"{type(error).__name__}") from error


def _mail(storage: Storage, head: int) -> OutlookMail:
    streams = _streams(storage)
    sender = _text(streams, _SENDER_SMTP) or _text(streams, _SENDER)
    html = _text(streams, _HTML) or text_of(streams.get(_key(_HTML, _BINARY), b""))
    return OutlookMail(
        headers=_text(streams, _HEADERS),
        sender=sender if "@" in sender else "",  # within an organisation it is a place in its directory
        sender_name=_text(streams, _SENDER_NAME),
        subject=_text(streams, _SUBJECT),
        message_id=_text(streams, _MESSAGE_ID),
        date=_time(streams, head, _SUBMITTED) or _time(streams, head, _DELIVERED),
        texts=tuple(filter(None, (_text(streams, _BODY), html))),
        files=tuple(_file(each) for each in storage.iter_attachment_storages()),
    )


def _file(storage: Storage) -> OutlookFile:
    streams = _streams(storage)
    inner = next((each for each in storage.storages if each.name == _key(_DATA, _STORAGE)), None)
    message = _mail(inner, _EMBEDDED_HEAD) if inner and "__properties_version1.0" in _streams(inner) else None
    return OutlookFile(
        name=_text(streams, _LONG_NAME) or _text(streams, _NAME),
        data=streams.get(_key(_DATA, _BINARY), b""),
        media=_text(streams, _MEDIA).lower(),
        attached=not _text(streams, _CONTENT_ID),
        message=message,
    )


def _streams(storage: Storage) -> Mapping[str, bytes]:
    return {each.name: each.bytes_ for each in storage.streams}


def _key(number: int, kind: int) -> str:
    return f"__substg1.0_{number:04X}{kind:04X}"


def _text(streams: Mapping[str, bytes], number: int) -> str:
    wide = streams.get(_key(number, _UNICODE))
    found = wide.decode("utf-16-le", "replace") if wide else text_of(streams.get(_key(number, _NARROW), b""))
    return found.rstrip("\0")


def _time(streams: Mapping[str, bytes], head: int, number: int) -> datetime | None:
    """A time among the properties of fixed size: records of 16 bytes, tag (kind, number), flags, value."""
    table = streams["__properties_version1.0"]
    for at in range(head, len(table) - 15, 16):
        kind, found, _, ticks = struct.unpack_from("<2HLQ", table, at)
        if (kind, found) == (_TIME, number):
            try:
                return _EPOCH + timedelta(microseconds=ticks // 10)
            except OverflowError:
                return None
    return None
