"""What an IMAP server tells of a message before it is fetched: the parts, their names and sizes (BODYSTRUCTURE)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from perfeval_xl.district.mail.decoding import line_of, parameters
from perfeval_xl.district.mail.enclosures import ARCHIVE_SUFFIXES
from perfeval_xl.district.parcels import TABLE_SUFFIXES
from perfeval_xl.excel.preflight import MAX_FILE

Value: TypeAlias = "bytes | list[Value] | None"
Response: TypeAlias = "bytes | tuple[bytes, bytes] | None"
"""A piece of what imaplib returns: a line, or a line that announces a literal, and the literal."""

_TOKEN = re.compile(
    rb'\s*(?:([()])|"((?:[^"\\]|\\.)*)"|\{(\d+)\}\r\n|((?:[^\s()"{\[]|\[[^\]]*\](?:<\d+>)?|\{(?!\d+\}\r\n))+))',
    re.DOTALL,
)
_ESCAPED = re.compile(rb'\\(["\\])')
_DEEPEST = 60
_MAIL_SUFFIXES = (".eml", ".msg", ".dat", ".p7m")
_TELLING = (
    "excel",
    "spreadsheet",
    "sheet",
    "wps",
    "zip",
    "rar",
    "7z",
    "compressed",
    "ms-tnef",
    "pkcs7-mime",
    "outlook",
)
_OTHERS = ("pdf", "signature", "ics", "msword", "presentation", "document")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,4}")
_BYTES_IN_4 = 3  # of base64


class Unintelligible(Exception):
    """What a server said of a message can't be made out."""


@dataclass(frozen=True, slots=True)
class PartOf:
    """A part that is no container: its media type, its name ('' for none), and how many bytes it is as transmitted."""

    media: str
    name: str
    octets: int
    coding: str = ""

    @property
    def size(self) -> int:
        """About how many bytes the file has."""
        return self.octets * _BYTES_IN_4 // 4 if self.coding == "base64" else self.octets

    @property
    def may_be_workbook(self) -> bool:
        """Whether it may be a workbook, hold one, or be a message that does; told by its name, else by its type."""
        suffix = PurePosixPath(self.name).suffix.lower()
        if suffix in (*TABLE_SUFFIXES, *ARCHIVE_SUFFIXES, *_MAIL_SUFFIXES):
            return True
        if any(each in self.media for each in _TELLING):
            return True
        nameless = not _SUFFIX.fullmatch(suffix)
        return nameless and self.media.startswith("application/") and not any(each in self.media for each in _OTHERS)

    @property
    def too_large(self) -> bool:
        """Whether it is surely beyond what is taken."""
        return self.size * 9 // 10 > MAX_FILE  # base64 has line breaks too


def responses(pieces: Sequence[Response]) -> Iterator[dict[str, Value]]:
    """The answers to a FETCH, one a message, by item (UID, BODYSTRUCTURE …). Unintelligible where they are none."""
    joined = b"".join(
        each[0] + b"\r\n" + each[1] if isinstance(each, tuple) else (each or b"") + b"\n" for each in pieces
    )
    values = _values(joined)
    for value in values:
        if not isinstance(value, list):
            continue  # the number of the message
        keys = [bytes(key).decode("ascii", "replace").upper() for key in value[::2] if isinstance(key, bytes)]
        if len(keys) * 2 != len(value):
            raise Unintelligible("BODYSTRUCTURE")
        yield dict(zip(keys, value[1::2], strict=True))


def _values(data: bytes) -> list[Value]:
    """The values in a text of IMAP: strings (None for NIL) and lists of them."""
    stack: list[list[Value]] = [[]]
    at = 0
    while (match := _TOKEN.match(data, at)) is not None:
        at = match.end()
        bracket, quoted, literal, atom = match.group(1, 2, 3, 4)
        if bracket == b"(":
            stack.append([])
            if len(stack) > _DEEPEST:
                raise Unintelligible("BODYSTRUCTURE")
        elif bracket == b")":
            if len(stack) == 1:
                raise Unintelligible("BODYSTRUCTURE")
            closed = stack.pop()
            stack[-1].append(closed)
        elif literal is not None:
            stack[-1].append(data[at : at + int(literal)])
            at += int(literal)
        elif quoted is not None:
            stack[-1].append(_ESCAPED.sub(rb"\1", quoted))
        else:
            stack[-1].append(None if atom.upper() == b"NIL" else atom)
    if len(stack) > 1 or data[at:].strip():
        raise Unintelligible("BODYSTRUCTURE")
    return stack[0]


def parts_of(body: Value) -> list[PartOf]:
    """The parts of a message that are no containers, those of messages in it too."""
    if not isinstance(body, list) or not body:
        raise Unintelligible("BODYSTRUCTURE")
    if isinstance(body[0], list):
        return [part for each in body if isinstance(each, list) and _is_part(each) for part in parts_of(each)]
    fields = [*body, *[None] * 9]
    media = f"{_text(fields[0])}/{_text(fields[1])}".lower()
    if media == "message/rfc822" and isinstance(fields[8], list) and fields[8]:
        return parts_of(fields[8])
    declared = _named(_text(fields[0]), fields[2])
    shown = next((each for each in body[7:] if _is_disposition(each)), None)
    name = _named("attachment", shown[1]).get("filename") if isinstance(shown, list) else ""
    octets = fields[6] if isinstance(fields[6], bytes) and fields[6].isdigit() else b"0"
    return [PartOf(media, line_of(name or declared.get("name", "")), int(octets), _text(fields[5]).lower())]


def _is_part(value: list[Value]) -> bool:
    """Whether a list within a container is a part: its parameters and its disposition are lists too."""
    if not value:
        return False
    return isinstance(value[0], list) or (len(value) >= 7 and isinstance(value[6], bytes) and value[6].isdigit())


def _is_disposition(value: Value) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and _text(value[0]).lower() in ("attachment", "inline")
        and isinstance(value[1], list | None)
    )


def _named(head: str, values: Value) -> dict[str, str]:
    """Parameters, decoded as those of a header are."""
    pairs = [_text(each) for each in values] if isinstance(values, list) else []
    quoted = [each.replace("\\", "\\\\").replace('"', '\\"') for each in pairs[1::2]]
    header = head + "".join(f'; {key}="{value}"' for key, value in zip(pairs[::2], quoted, strict=False))
    return dict(parameters(header)[1])


def _text(value: Value) -> str:
    return value.decode("ascii", "surrogateescape") if isinstance(value, bytes) else ""
