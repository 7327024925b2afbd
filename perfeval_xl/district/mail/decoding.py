"""Headers and texts of Chinese mail, read as they were meant: GBK as it stands, declared as gb2312 or as nothing at all,
encoded words cut in the middle of a character, file names by RFC 2231, by RFC 2047, or by neither.

Headers come as the standard library's parser keeps them: bytes that are no ASCII as surrogates (``surrogateescape``).
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import getaddresses, parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from perfeval_xl.district.parcels import likely_encodings, shown
from perfeval_xl.mail_settings import one_line

_GUESSED = frozenset(
    (
        *("gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936", "ms936", "chinese", "ascii", "us-ascii", "ansi"),
        *("iso-8859-1", "latin1", "windows-1252", "cp1252", "unknown-8bit", "x-unknown", "default"),
    )
)
"""Charsets whose declaration tells nothing: it is wrong as often as not, or GB18030 has all of it."""
_LONGEST_LINE, _LONGEST_ADDRESS = 300, 254
_FOLD = re.compile(r"\r?\n")
_SURROGATES = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;]*))', re.DOTALL)
_SECTION = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*?))?\Z")
_ESCAPED = re.compile(r'\\(["\\])')
_PERCENT = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*%[89A-Fa-f][0-9A-Fa-f](?:[^%]|%[0-9A-Fa-f]{2})*\Z")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_EARLIEST, _LATEST = 1990, 2100


def text_of(data: bytes, charset: str = "") -> str:
    """``data`` as text. ``charset`` is what it is declared to be, which is believed only as far as it goes."""
    declared = charset.strip().strip("\"'").partition("*")[0].lower()
    trusted = [declared] if declared and declared not in _GUESSED else []
    for encoding in (*trusted, *likely_encodings(data)):
        try:
            return data.decode(encoding)
        except (LookupError, ValueError):  # no such encoding, or not in this one
            continue
    try:
        return data.decode(trusted[0] if trusted else "gb18030", "replace")
    except (LookupError, ValueError):
        return data.decode("gb18030", "replace")


def line_of(raw: str) -> str:
    """A header (a subject, a name) as one line fit to be shown; at most 300 characters."""
    return shown(one_line(_decoded(raw)))[:_LONGEST_LINE]


def sender_of(raw: str) -> tuple[str, str]:
    """The first address of a From header, and the name with it; '' for what isn't there."""
    text = _surfaced(_FOLD.sub("", raw))
    for name, address in getaddresses([text]):
        if "@" in address:
            return _address(_decoded(address)), line_of(name)
    address = _address(_decoded(text))
    return (address, "") if "@" in address else ("", line_of(text))


def _address(text: str) -> str:
    found = _ADDRESS.search(text)
    return (found[0] if found else "".join(shown(one_line(text)).split()))[:_LONGEST_ADDRESS]


def day_of(raw: str) -> datetime | None:
    """The time in a Date header, with its zone (this computer's where it names none); None for what is no time."""
    try:
        found = parsedate_to_datetime(_FOLD.sub("", raw).strip())
        return found.astimezone() if _EARLIEST <= found.year <= _LATEST else None
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def parameters(raw: str) -> tuple[str, Mapping[str, str]]:
    """The value of a structured header (application/zip) in small letters, and its parameters by name, decoded.

    A parameter by RFC 2231 counts before its plain double.
    """
    text = _surfaced(_FOLD.sub("", raw))
    value = text.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(text):
        key = match[1].lower()
        content = _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3].strip().strip('"')
        section = _SECTION.match(key)
        if section is None:
            plain.setdefault(key, _decoded(_unescaped(content)))
        else:
            coded = section[2] is None or section[3] == "*"
            sections.setdefault(section[1], {}).setdefault(int(section[2] or 0), (content, coded))
    return value, {**plain, **{key: _joined(parts) for key, parts in sections.items()}}


def _joined(parts: Mapping[int, tuple[str, bool]]) -> str:
    """A parameter out of its numbered sections."""
    ordered = [parts[number] for number in sorted(parts)]
    if not any(coded for _, coded in ordered):
        return _decoded("".join(content for content, _ in ordered))
    charset, data = "", b""
    for number, (content, coded) in enumerate(ordered):
        if number == 0 and coded and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        data += unquote_to_bytes(content) if coded else content.encode("utf-8", "surrogateescape")
    return _decoded(text_of(data, charset))


def _unescaped(text: str) -> str:
    """Some web mail writes a name as it stands in an address: %E7%AC%AC."""
    if not _PERCENT.match(text):
        return text
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        return text


def _surfaced(raw: str) -> str:
    """Surrogates turned into the text that their bytes stand for."""
    return text_of(raw.encode("utf-8", "surrogateescape")) if _escaped(raw) else _SURROGATES.sub("�", raw)


def _escaped(raw: str) -> bool:
    found = _SURROGATES.findall(raw)
    return bool(found) and all("\udc80" <= each <= "\udcff" for each in found)


def _decoded(raw: str) -> str:
    """Encoded words (RFC 2047) and raw bytes as text; white space between two words is none of the text."""
    text = _surfaced(_FOLD.sub("", raw))
    done, at = "", 0
    for start, end, words in _runs(text):
        done += text[at:start] + "".join(text_of(data, charset) for charset, data in _contents(words))
        at = end
    return done + text[at:]


def _runs(text: str) -> Iterator[tuple[int, int, list[tuple[str, str, str]]]]:
    """Words that stand side by side: where the run begins and ends, and charset, coding and content of each."""
    start, end, words = 0, 0, list[tuple[str, str, str]]()
    for match in _WORD.finditer(text):
        if words and text[end : match.start()].strip():
            yield start, end, words
            words = []
        if not words:
            start = match.start()
        words.append((match[1].partition("*")[0].lower(), match[2].lower(), match[3]))
        end = match.end()
    if words:
        yield start, end, words


def _contents(words: list[tuple[str, str, str]]) -> Iterator[tuple[str, bytes]]:
    """The bytes of a run, those of one charset together: programs cut between the bytes of one character."""
    charset, data, open_base64 = "", b"", ""
    for number, (declared, coding, content) in enumerate(words):
        if declared != charset and data:
            yield charset, data
            data = b""
        charset = declared
        if coding == "q":
            data += _quoted(content)
            continue
        open_base64 += re.sub(r"[^A-Za-z0-9+/=]", "", content)
        goes_on = words[number + 1 : number + 2] and words[number + 1][:2] == (declared, "b")
        if goes_on and len(open_base64) % 4 and not open_base64.endswith("="):
            continue  # cut in the middle of four characters
        data += _base64(open_base64)
        open_base64 = ""
    yield charset, data


def _quoted(content: str) -> bytes:
    plain = content.replace("_", " ").encode("utf-8", "surrogatepass")
    return re.sub(rb"=([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), plain)


def _base64(content: str) -> bytes:
    whole = content.replace("=", "")
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]
    return b64decode(whole + "=" * (-len(whole) % 4))
