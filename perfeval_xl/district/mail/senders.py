"""Whose addresses a return came from: a finding where they are another unit's, and none of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import sight
from perfeval_xl.district.mail.addresses import folded, owners
from perfeval_xl.district.mail.register import read_register
from perfeval_xl.district.parcels import Inbox
from perfeval_xl.findings import Finding, finding
from perfeval_xl.roster import Unit

Owners = Mapping[str, tuple[Unit, ...]]
"""The units of the roster by address (addresses.owners)."""


def other_senders(code: str, senders: Collection[str], by_address: Owners) -> tuple[Unit, ...]:
    """The other units that the addresses in ``senders`` belong to, where none of these is the unit's own.

    An address that several units share is each one's own. An address that nobody has on the roster proves nothing.
    """
    units = [unit for address in senders for unit in by_address.get(folded(address), ())]
    if any(unit.code == code for unit in units):
        return ()
    return tuple(sorted(dict.fromkeys(units), key=lambda unit: unit.code))


SentByOthers = Callable[[str, str, str], Finding | None]
"""What to tell of an accepted return whose file came from another unit's address: a function of its unit's code, of its
name in the inbox, and of its SHA-256 (hex)."""


def sent_by_others(campaign: Campaign, inbox: Inbox) -> SentByOthers:
    """Looks up who sent the returns of a round.

    Files are known by their content: a clerk may have renamed them. Those that came in no message are left alone.
    """
    senders = read_register(campaign.inbox).senders()
    by_address = owners(campaign.owners.values()) if senders else {}

    content = lru_cache(maxsize=1)(sight.digest_of)  # the members of a zip come one after the other

    def told(code: str, file: str, sha256: str) -> Finding | None:
        unit, item = campaign.roster.get(code), inbox.holding(file) if by_address else None
        if unit is None or item is None:
            return None
        came = senders.get(sha256 if item.name == file else content(item.path), frozenset())
        others = other_senders(unit.owner, came, by_address)
        if not others:
            return None
        named = "、".join(f"{each.code}（{each.name}）" for each in others)
        return finding("sender-other-unit", actual=named, expected=f"{unit.code}（{unit.label}）")

    return told
