"""The addresses of the roster's 邮箱 column, as people type them: several in a cell, with names, full-width, or none."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from perfeval_xl.mail_settings import one_line, read_mailbox
from perfeval_xl.roster import Unit

_BETWEEN = re.compile(r"[;,、|\n]|(?<=>)(?=[^<>]*<)")
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_NONE = frozenset({"", "无", "-", "—", "/", "N/A", "n/a", "暂无", "没有"})


@dataclass(frozen=True, slots=True)
class Recipients:
    """What a cell says: addresses in their order, and the pieces that are none."""

    addresses: tuple[str, ...]
    malformed: tuple[str, ...]


def read_addresses(cell: str) -> Recipients:
    """The addresses in a cell; separated by ; , 、 | (of both widths), line breaks or blanks, each once whatever its case."""
    text = _MAILTO.sub("", unicodedata.normalize("NFKC", cell))
    found: dict[str, str] = {}
    malformed = []
    for piece in _BETWEEN.split(text):
        mailbox = read_mailbox(piece)
        parts = [piece] if mailbox or "<" in piece else piece.split()
        for part in parts:
            each = read_mailbox(part)
            if each:
                found.setdefault(folded(each.address), each.address)
            elif one_line(part) not in _NONE:
                malformed.append(one_line(part))
    return Recipients(tuple(found.values()), tuple(malformed))


def folded(address: str) -> str:
    """An address for comparing: no server in use tells upper and lower case apart."""
    return address.strip().casefold()


def owners(units: Iterable[Unit]) -> Mapping[str, tuple[Unit, ...]]:
    """The units that an address belongs to, by folded address, in their order."""
    found: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        for address in read_addresses(unit.email).addresses:
            found[folded(address)].append(unit)
    return {address: tuple(each) for address, each in found.items()}


def sharing(unit: Unit, by_address: Mapping[str, tuple[Unit, ...]]) -> Mapping[str, tuple[Unit, ...]]:
    """The other units of the roster (``owners``) that have an address of ``unit`` too, by address."""
    shared = {}
    for address in read_addresses(unit.email).addresses:
        others = tuple(each for each in by_address.get(folded(address), ()) if each.code != unit.code)
        if others:
            shared[address] = others
    return shared
