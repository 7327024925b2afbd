"""The seal: which form, year and unit a workbook was issued for, signed with the round's key.

It says who was given the file and that the locked content was ours. It doesn't keep anybody from changing cells: that
is found by comparing them. A seal is one line of text, ``PE1/<scheme>/<version>/<year>/<unit>/<key id>/<mac>``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from perfeval_xl.excel.layout.model import Formula, Label, Layout

KEY_BYTES = 32
LONGEST = 255
"""No longer seal can be made: one of its places is a text constant, and Excel takes no longer ones."""

_MARK = "PE1"
_MAC_BYTES, _SHORT = 20, 8
_CONTEXT = b"perfeval/1\0"


@dataclass(frozen=True, slots=True)
class Seal:
    """What a seal says. Nothing of it is certain before ``verify``."""

    scheme: str
    version: str
    year: int
    unit_code: str
    key_id: str
    mac: str

    def __str__(self) -> str:
        return "/".join((_MARK, self.scheme, self.version, str(self.year), self.unit_code, self.key_id, self.mac))


class SealStatus(StrEnum):
    VALID = "valid"
    ABSENT = "absent"
    DISAGREE = "copies disagree"
    OTHER_FORM = "other form"
    OTHER_KEY = "other key"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class SealCheck:
    """How a return's seal came out; ``seal`` is what most of its copies say, None where that is no seal."""

    status: SealStatus
    seal: Seal | None = None

    @property
    def unit_code(self) -> str:
        """The unit that the seal names, '' where it names none."""
        return self.seal.unit_code if self.seal else ""


def new_key() -> bytes:
    """A key for a new round."""
    return secrets.token_bytes(KEY_BYTES)


def key_id(key: bytes) -> str:
    """A name for ``key`` that gives nothing of it away."""
    return _base32(hashlib.sha256(b"perfeval/key\0" + key).digest())[:_SHORT]


def seal_text(key: bytes, scheme_id: str, version: str, year: int, unit_code: str, locked_digest: str) -> str:
    """The seal of one unit's workbook. ValueError for a part with a slash in it, or one that makes it too long."""
    parts = (scheme_id, version, unit_code)
    if any("/" in part or not part.strip() or part != part.strip() for part in parts):
        raise ValueError(f"a seal can't be made of {parts}")
    mac = _mac(key, scheme_id, version, year, unit_code, locked_digest)
    text = str(Seal(scheme_id, version, year, unit_code, key_id(key), mac))
    if len(text) > LONGEST:
        raise ValueError(f"a seal of {len(text)} characters is too long")
    return text


def parse_seal(text: str) -> Seal | None:
    """The seal that ``text`` is, or None."""
    parts = text.strip().split("/")
    if len(parts) != 7 or parts[0] != _MARK or not re.fullmatch("[0-9]{4}", parts[3]) or not all(parts):
        return None
    _, scheme, version, year, unit_code, identity, mac = parts
    return Seal(scheme, version, int(year), unit_code, identity, mac)


def commonest(texts: Iterable[str]) -> tuple[str, list[str]]:
    """The seal that most of ``texts`` carry ('' where there is none; of equally many, the first), and all copies of a
    seal among them. Other words in its place are no copy: a document's subject is open to everybody."""
    copies = [text.strip() for text in texts if text.strip().startswith(f"{_MARK}/")]
    return (Counter(copies).most_common(1)[0][0] if copies else ""), copies


def short(text: str) -> str:
    """The first characters of a seal's signature, enough to tell two print-outs apart; '' if it is no seal."""
    seal = parse_seal(text)
    return seal.mac[:_SHORT] if seal else ""


def verify(key: bytes, copies: Sequence[str], scheme_id: str, version: str, year: int, locked_digest: str) -> SealCheck:
    """Check the seal that most ``copies`` carry against the round's key and the form as it was issued.

    A copy that was lost is no offence; one that says something else is. Of equally many, the first counts.
    """
    if not copies:
        return SealCheck(SealStatus.ABSENT)
    (text, count), *_ = Counter(copy.strip() for copy in copies).most_common()
    seal = parse_seal(text)
    if seal is None:
        return SealCheck(SealStatus.BROKEN)
    if (seal.scheme, seal.version, seal.year) != (scheme_id, version, year):
        return SealCheck(SealStatus.OTHER_FORM, seal)
    if seal.key_id != key_id(key):
        return SealCheck(SealStatus.OTHER_KEY, seal)
    if not hmac.compare_digest(seal.mac, _mac(key, scheme_id, version, year, seal.unit_code, locked_digest)):
        return SealCheck(SealStatus.BROKEN, seal)
    return SealCheck(SealStatus.VALID if count == len(copies) else SealStatus.DISAGREE, seal)


def _mac(key: bytes, scheme_id: str, version: str, year: int, unit_code: str, locked_digest: str) -> str:
    facts = {"digest": locked_digest, "scheme": scheme_id, "unit": unit_code, "version": version, "year": year}
    message = _CONTEXT + json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
    return _base32(hmac.digest(key, message, "sha256")[:_MAC_BYTES])


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def locked_digest(layout: Layout) -> str:
    """A digest of what is locked in a form: its labels and formulas, each with its place.

    It is taken of normalised content: saving in another program changes spellings, and must not change the digest.
    """
    lines: list[list[str]] = []
    for sheet in layout.sheets:
        for ref, content in sheet.cells.items():
            if isinstance(content, Formula) and content.field is None:
                lines.append([sheet.name, ref, "f", normal_formula(content.expression)])
            elif isinstance(content, Label) and (text := normal_value(content.value)):
                lines.append([sheet.name, ref, "v", text])
    canonical = json.dumps(sorted(lines), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def normal_value(value: str | Decimal | float | date) -> str:
    """A constant as it counts for the digest; '' for nothing."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        text = value.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
        return unicodedata.normalize("NFC", text).rstrip()
    return f"{float(value):.12g}"


_TOKEN = re.compile(
    r"""
    (?P<text>"(?:[^"]|"")*")
  | (?P<sheet>'(?:[^']|'')*'(?=!))
  | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.$:]))
  | (?P<constant>\b(?:TRUE|FALSE)\s*\(\s*\))
  | (?P<range>(?P<cell>\$?[A-Z]{1,3}\$?[0-9]{1,7}):(?P=cell)(?![\w.$(]))
  | (?P<word>[\w.$\\]+)
  | (?P<space>\s+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def normal_formula(expression: str) -> str:
    """A formula as it counts for the digest: however a program spells it, the same formula gives the same text."""
    return "".join(_normal_token(match) for match in _TOKEN.finditer(expression.strip().removeprefix("=")))


def _normal_token(match: re.Match[str]) -> str:
    token = match[0]
    match match.lastgroup:
        case "text":
            return unicodedata.normalize("NFC", token)
        case "sheet":
            return token[1:-1].replace("''", "'").upper()
        case "number":
            return f"{float(token):.12g}"
        case "constant":
            return token.partition("(")[0].strip().upper()
        case "range":  # of one cell; Gnumeric writes it as that cell
            return match["cell"].upper()
        case "word":
            return token.upper().removeprefix("_XLFN.")
        case "space":
            return ""
        case _:
            return token
