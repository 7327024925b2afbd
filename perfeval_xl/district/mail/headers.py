"""Headers as Chinese mail programs read them: the name of an attached file is told in two ways.

QQ mail, 163 and older Outlooks read an encoded word (RFC 2047) in ``name=`` and ``filename=``, where the standard allows
none; the others read ``filename*=`` (RFC 2231), which those don't know. Each takes what it knows.
"""

from __future__ import annotations

import string
from base64 import b64encode
from collections.abc import Iterator, Mapping
from email.headerregistry import ContentDispositionHeader, ContentTypeHeader, HeaderRegistry
from email.policy import SMTP, Policy
from typing import Final
from urllib.parse import quote

_WORD_BYTES = 39  # of UTF-8 in one encoded word: 52 characters of base64, so that the line stays under 78
_SECTION = 55  # characters of one section of a name by RFC 2231: the same
_PLAIN = frozenset(string.ascii_letters + string.digits + "!#&+-.^_`{}~()@,;[] ")


class _Disposition(ContentDispositionHeader):
    def fold(self, *, policy: Policy) -> str:
        return _folded("Content-Disposition", str(self), self.params, policy.linesep)


class _Type(ContentTypeHeader):
    def fold(self, *, policy: Policy) -> str:
        return _folded("Content-Type", str(self), self.params, policy.linesep)


def _folded(header: str, value: str, parameters: Mapping[str, str], end: str) -> str:
    """The header as it is transmitted, each parameter on a line of its own."""
    lines = [f"{header}: {value.partition(';')[0].strip()}"]
    for key, text in parameters.items():
        if key not in ("name", "filename") or set(text) <= _PLAIN:
            lines.append(f'{key}="{text}"')
            continue
        encoded = f"{end} ".join(_encoded_words(text))
        lines.append(f'{key}="{encoded}"')
        if key == "filename":
            lines += _extended(key, text)
    return f";{end} ".join(lines) + end


def _encoded_words(text: str) -> Iterator[str]:
    """RFC 2047, base64 of UTF-8; no character is cut in two."""
    chunk = b""
    for character in text:
        data = character.encode("utf-8")
        if len(chunk) + len(data) > _WORD_BYTES:
            yield _encoded_word(chunk)
            chunk = b""
        chunk += data
    yield _encoded_word(chunk)


def _encoded_word(data: bytes) -> str:
    return f"=?UTF-8?B?{b64encode(data).decode('ascii')}?="


def _extended(key: str, text: str) -> Iterator[str]:
    """RFC 2231: one section where it fits on a line, else several; no character is cut in two."""
    sections = ["UTF-8''"]
    for character in text:
        coded = quote(character, safe="")
        if len(sections[-1]) + len(coded) > _SECTION:
            sections.append("")
        sections[-1] += coded
    if len(sections) == 1:
        yield f"{key}*={sections[0]}"
        return
    for number, section in enumerate(sections):
        yield f"{key}*{number}*={section}"


def _registry() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name, header in {"content-disposition": _Disposition, "content-type": _Type}.items():
        registry.map_to_type(name, header)  # type: ignore[arg-type]  # they are mixins, like the library's own
    return registry


MAIL_POLICY: Final = SMTP.clone(header_factory=_registry())
"""How our messages are written: CRLF, and names of files that everybody can read."""
