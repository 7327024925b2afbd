"""Whose addresses a return came from: a finding where they are another unit's, and none of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from perfeval_xl.campaign import Campaign, Unit
from perfeval_xl.district.mail.addresses import folded, owners
from perfeval_xl.district.mail.register import read_register
from perfeval_xl.district.parcels import Inbox
from perfeval_xl.findings import finding
from perfeval_xl.results import UnitResult

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


def sent_by_others(campaign: Campaign, inbox: Inbox, results: Iterable[UnitResult]) -> list[UnitResult]:
    """``results`` with a finding on each accepted return whose file came from another unit's address.

    Files are known by their content: a clerk may have renamed them. Those that came in no message are left alone.
    """
    given = list(results)
    senders = read_register(campaign.inbox).senders()
    by_address = owners(campaign.owners.values()) if senders else {}
    if not by_address:
        return given
    return [_told(campaign, each, _senders(each, inbox, senders), by_address) for each in given]


def _senders(result: UnitResult, inbox: Inbox, senders: Mapping[str, frozenset[str]]) -> frozenset[str]:
    item = inbox.holding(result.file)
    if item is None or result.card is None:
        return frozenset()
    try:
        return senders.get(hashlib.sha256(item.path.read_bytes()).hexdigest(), frozenset())
    except OSError:  # gone since it was read
        return frozenset()


def _told(campaign: Campaign, result: UnitResult, senders: frozenset[str], by_address: Owners) -> UnitResult:
    unit = campaign.roster.get(result.unit_code)
    others = other_senders(result.unit_code if unit is None else unit.owner, senders, by_address)
    if not others or unit is None:
        return result
    named = "、".join(f"{each.code}（{each.name}）" for each in others)
    told = finding("sender-other-unit", actual=named, expected=f"{unit.code}（{unit.label}）")
    return replace(result, findings=(*result.findings, told))
