"""Drafts in outbox/ (.eml) that Outlook, Foxmail and Thunderbird open and send: for rounds without a mail server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.mail.addresses import read_addresses
from perfeval_xl.district.mail.messages import Kind
from perfeval_xl.district.mail.sending import Letter, Posted, State, made, remarks, without_address
from perfeval_xl.district.rounds import Step, no_step, remove_older_names
from perfeval_xl.errors import PerfevalError
from perfeval_xl.files import write_atomically
from perfeval_xl.roster import Unit
from perfeval_xl.storage import Place

_ENDINGS = {Kind.BLANK: ".eml", Kind.MISSING: "_催报.eml", Kind.CORRECT: "_补正.eml"}


def draft_path(campaign: Campaign, letter: Letter) -> Place:
    """Where a letter's draft is written."""
    return _path(campaign, letter.unit, letter.kind)


def _path(campaign: Campaign, unit: Unit, kind: Kind) -> Place:
    return campaign.outbox / (unit.file_name.removesuffix(".xlsx") + _ENDINGS[kind])


def write_drafts(
    campaign: Campaign,
    letters: Sequence[Letter],
    step: Step = no_step,
    *,
    considered: Iterable[tuple[Unit, Kind]] = (),
) -> list[Posted]:
    """Write a draft for each letter into outbox/ (under the round's lock), over an earlier one of that kind.

    A letter that can't be made, or that nobody can get, leaves no draft, nor an earlier one; neither do those that were
    ``considered`` and for which there is no letter, as to units that have returned since. Whether a draft is sent is
    not known here, so the journal says nothing of it.
    """
    remark = remarks(campaign)
    units = [letter.unit for letter in letters]
    remove_older_names(campaign, campaign.outbox, units, _ENDINGS.values())
    wanted = {draft_path(campaign, letter) for letter in letters}
    for unit, kind in considered:
        if (path := _path(campaign, unit, kind)) not in wanted:
            path.unlink(missing_ok=True)
    found = []
    for letter in letters:
        found.append(_written(campaign, letter, remark(letter)))
        step()
    return found


def _written(campaign: Campaign, letter: Letter, remark: str) -> Posted:
    path = draft_path(campaign, letter)
    message = without_address(letter) or made(letter)
    if isinstance(message, Posted):
        path.unlink(missing_ok=True)
        return message
    message["X-Unsent"] = "1"  # Outlook opens it as a message to be sent
    to = read_addresses(letter.unit.email).addresses
    try:
        write_atomically(path, message.as_bytes())
    except PerfevalError as error:  # it is open in a mail program, say
        return Posted(letter.unit, letter.kind, State.FAILED, str(error).rstrip("。"), to)
    return Posted(letter.unit, letter.kind, State.DRAFT, remark, to)
