"""The letters of a command: to whom, with which files, and what makes each this very letter."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from types import MappingProxyType

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.mail.addresses import folded, read_addresses
from perfeval_xl.district.mail.messages import Attachment, Kind, compose
from perfeval_xl.district.mail.sending import Letter
from perfeval_xl.errors import PerfevalError
from perfeval_xl.roster import Unit, by_owner, owners_of
from perfeval_xl.storage import Place


def letter(
    campaign: Campaign,
    unit: Unit,
    kind: Kind,
    files: Sequence[Place],
    words: Mapping[str, object] = MappingProxyType({}),
) -> Letter:
    """The letter of ``kind`` to ``unit`` with ``files`` attached under their own names, read when it is made.

    It is another letter when the files' contents, the deadline, the unit's addresses or ``words`` are others: one that may
    go out again on another day has the day among its ``words``. A file that isn't there is told when the letter is made.
    """

    def make() -> EmailMessage:
        return compose(campaign, unit, kind, [_attachment(path) for path in files], words)

    addresses = sorted(map(folded, read_addresses(unit.email).addresses))
    parts = [campaign.deadline.isoformat(), *addresses, repr(sorted(words.items())), *map(_digest, files)]
    return Letter(unit, kind, hashlib.sha256("\0".join(parts).encode()).hexdigest(), make)


def blank_letters(campaign: Campaign, units: Sequence[Unit], kind: Kind = Kind.BLANK) -> list[Letter]:
    """A letter to each unit with its own blank of outbox/, or with those of all its projects among ``units``."""
    to = owners_of(units)
    return [
        letter(campaign, to[owner], kind, [campaign.outbox / each.file_name for each in its])
        for owner, its in by_owner(units).items()
    ]


def _attachment(path: Place) -> Attachment:
    try:
        return Attachment(path.name, path.read_bytes())
    except FileNotFoundError:
        raise PerfevalError(f"{path.parent} 中没有 {path.name}，没有发。请先运行 perfeval generate") from None


def _digest(path: Place) -> str:
    """The file's name and what is in it; '' for what can't be read, which is told when the letter is made."""
    try:
        return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return ""
