"""Reminders: to units that have not returned, and to those whose form was sent back to be corrected; each is told what is
missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.cover_note import Problem, read_note
from perfeval_xl.district.crew import Crew
from perfeval_xl.district.mail.addresses import folded, owners
from perfeval_xl.district.mail.letters import letter
from perfeval_xl.district.mail.messages import Kind
from perfeval_xl.district.mail.register import HELD, Outcome, Row, read_register
from perfeval_xl.district.mail.sending import Letter
from perfeval_xl.district.parcels import Inbox
from perfeval_xl.district.returning import enclosures, must_correct, note_of, refusals, sent_back
from perfeval_xl.district.rounds import Step, examine_inbox, no_step, read_inbox, units_of
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit, by_owner, owners_of

_NOT_TAKEN = {
    Outcome.BLANK: "是没有填写的空表。",
    Outcome.LINK: "附件不在邮件里，只有链接。请改用普通附件重发。",
}
"""What a sender is told of what came by post and was not taken."""
_TOLD = 5  # of what came by post and could not be taken, the latest


@dataclass(frozen=True, slots=True)
class Left:
    """A unit that has something to do and is not written to, and why: the operator has to do something first."""

    unit: Unit
    why: str


@dataclass(frozen=True, slots=True)
class Reminders:
    """What to send, in the order of the roster; whom not; and those asked for that have nothing to do."""

    letters: Sequence[Letter]
    left: Sequence[Left]
    nothing: Sequence[Unit]


def reminders(
    campaign: Campaign,
    only: Collection[str] = (),
    kinds: Collection[Kind] = (Kind.MISSING, Kind.CORRECT),
    step: Step = no_step,
    inbox: Inbox | None = None,
    crew: Crew | None = None,
) -> Reminders:
    """A letter of ``kinds`` to every unit (or those of ``only``, unit codes) that has to return or correct its form; of
    several projects, one letter about all that are missing, and one for each that is to be corrected.

    It is another letter every day, so the same unit may be reminded once a day, and again where what it is told has
    changed. Writes nothing. CampaignError for an unknown code.
    """
    units = units_of(campaign, only)
    by_unit: defaultdict[str, list[UnitResult]] = defaultdict(list)
    for result in examine_inbox(campaign, step, inbox or read_inbox(campaign), crew).results:
        by_unit[result.unit_code].append(result)
    post = _Post(campaign, by_unit[""])
    letters: list[Letter] = []
    left: list[Left] = []
    nothing: list[Unit] = []
    for its in by_owner(units).values():
        missing: list[_Missing] = []
        for unit in its:
            kind, found = _reminder(campaign, unit, by_unit[unit.code])
            if found is None or kind not in kinds:
                nothing += [unit] if only else []
            elif isinstance(found, Letter):
                letters.append(found)
            elif isinstance(found, Left):
                left.append(found)
            else:
                missing.append(found)
        if missing:
            letters.append(_of_missing(campaign, missing, post))
    return Reminders(letters, left, nothing)


@dataclass(frozen=True, slots=True)
class _Missing:
    """A workbook that did not come, or none that could be taken: the files that did come, each with why not."""

    unit: Unit
    refused: Sequence[Problem]


def _of_missing(campaign: Campaign, missing: Sequence[_Missing], post: _Post) -> Letter:
    """The letter about the workbooks that a unit still owes."""
    [unit] = owners_of(each.unit for each in missing).values()
    refused = (f"{each.place}：{each.what}" for owed in missing for each in owed.refused)
    words = {"received": (*refused, *post.not_taken(unit)), "reminded_on": date.today()}
    return letter(campaign, unit, Kind.MISSING, [campaign.outbox / each.unit.file_name for each in missing], words)


def _reminder(
    campaign: Campaign, unit: Unit, results: Sequence[UnitResult]
) -> tuple[Kind, Letter | Left | _Missing | None]:
    """What is asked of a unit, and the letter about it; None where it has nothing to do."""
    accepted = next((each for each in results if each.card is not None), None)
    shown = accepted or next(iter(results), None)
    errors = must_correct(accepted) if accepted else 0
    if shown is not None and sent_back(campaign, unit, shown):
        return Kind.CORRECT, _to_correct(campaign, unit, settled=accepted is not None and not errors)
    if accepted is not None:
        why = f"有 {errors} 处须改正，还没有退回，没有催。请先运行 perfeval return"
        return Kind.CORRECT, Left(unit, why) if errors else None
    refused = refusals(results)
    if results and not refused:
        return Kind.MISSING, Left(unit, f"{results[0].file}：{results[0].findings[0].message.rstrip('。')}，没有催")
    return Kind.MISSING, _Missing(unit, refused)


def _to_correct(campaign: Campaign, unit: Unit, *, settled: bool) -> Letter | Left:
    """The letter that takes what lies in returned/ to a unit; what it says is what the note there says.

    ``settled``: by now there is no error any more, as when somebody has ruled."""
    note = read_note(note_of(campaign, unit))
    workbook, paper = enclosures(campaign, unit)
    if settled and note.musts:
        return Left(unit, "退回时要改正的，现在都不必改了，没有催。请重新运行 perfeval return")
    if not workbook.is_file():
        return Left(unit, f"{workbook.parent} 中没有 {workbook.name}，没有催。请重新运行 perfeval return")
    words: dict[str, object] = {
        "number": note.number,
        "due": note.due or campaign.deadline,
        "looks": note.looks,
        "reminded_on": date.today(),
    }
    if note.accepted:
        words["musts"] = note.musts
    else:
        words["received"] = tuple(f"{each.place}：{each.what}" for each in note.musts)
    return letter(campaign, unit, Kind.CORRECT, [path for path in (workbook, paper) if path.is_file()], words)


class _Post:
    """What the units sent by post that could not be taken, as the register of the post tells; also the files that were
    taken and then turn out to be of no unit that could be told (``unclaimed``), as damaged ones."""

    def __init__(self, campaign: Campaign, unclaimed: Sequence[UnitResult]) -> None:
        by_address = owners(campaign.owners.values())
        self._by_unit: defaultdict[str, dict[str, None]] = defaultdict(dict)
        unread = {each.place.partition("/")[0]: each.what for each in refusals(unclaimed)}  # by file of the inbox
        for row in read_register(campaign.inbox):
            senders = {unit.code for each in (row.sender, row.original) for unit in by_address.get(folded(each), ())}
            why = unread.get(row.file, "") if row.outcome in HELD else _why(row)
            if why and len(senders) == 1:  # an address of several units doesn't say whose it was
                self._by_unit[senders.pop()][_told(row, why)] = None

    def not_taken(self, unit: Unit) -> tuple[str, ...]:
        """A line each, the latest last."""
        return tuple(self._by_unit.get(unit.owner, ()))[-_TOLD:]


def _why(row: Row) -> str:
    """'' for what there is nothing to tell of. Of what was refused, the register says it in words that suit the sender too."""
    return row.why if row.outcome is Outcome.REFUSED else _NOT_TAKEN.get(row.outcome, "")


def _told(row: Row, why: str) -> str:
    day = f"{row.date[:10]} 的邮件" if row.date else "邮件"
    subject = f"“{row.subject}”" if row.subject else ""
    name = f"中的 {row.name}" if row.name else ""
    return f"{day}{subject}{name}：{why}"
