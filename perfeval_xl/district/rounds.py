"""A whole round: issue the blanks, review what came back, summarise. Every step may be run again; nothing is hidden state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from perfeval_xl.campaign import SETTINGS, Campaign
from perfeval_xl.district.annotating import annotate_all, known_as
from perfeval_xl.district.crew import Crew
from perfeval_xl.district.gathered import Amended
from perfeval_xl.district.known import Known
from perfeval_xl.district.parcels import Inbox, items
from perfeval_xl.district.prefill import Prefill, prefilled_blank
from perfeval_xl.district.rulings import write_rulings
from perfeval_xl.district.stamps import Issuer
from perfeval_xl.district.taking_in import TakenIn, take_in
from perfeval_xl.errors import CampaignError
from perfeval_xl.files import write_atomically
from perfeval_xl.kept_scheme import keep_scheme
from perfeval_xl.results import District, UnitResult
from perfeval_xl.roster import Unit, unit_problems
from perfeval_xl.storage import Place
from perfeval_xl.summary import write_summary

SUMMARY_FILE = "全区汇总.xlsx"

Step = Callable[[], None]
"""Called once a file, for a progress bar."""


def no_step() -> None:
    pass


def issue(
    campaign: Campaign, only: Collection[str] = (), step: Step = no_step, known: Prefill | None = None
) -> list[Place]:
    """Write a locked, personal, sealed workbook for each unit (or those of ``only``, unit codes) into outbox/.

    ``known`` are figures to put into them.
    """
    units = units_of(campaign, only)
    keep_scheme(campaign.scheme_name, campaign.folder)
    issuer = Issuer(campaign)
    written = []
    for unit in units:
        path = campaign.outbox / unit.file_name
        given = (known or {}).get(unit.code)
        blank = issuer.blank(unit)
        write_atomically(path, prefilled_blank(blank, campaign.scheme, given) if given else blank)
        written.append(path)
        step()
    remove_older_names(campaign, campaign.outbox, units)
    return written


def issue_department(campaign: Campaign) -> Place:
    """Write the department's own form, locked and sealed, into outbox/. CampaignError where its name can't be that of a
    file."""
    unit = campaign.department_unit
    wrong = unit_problems(unit)
    if wrong:
        raise CampaignError("\n".join(f"{campaign.folder / SETTINGS}: 主管部门的{what}。" for what in wrong))
    path = campaign.outbox / unit.file_name
    keep_scheme(campaign.scheme_name, campaign.folder)
    write_atomically(path, Issuer(campaign).blank(unit))
    remove_older_names(campaign, campaign.outbox, [unit])
    return path


def units_of(campaign: Campaign, only: Collection[str] = ()) -> list[Unit]:
    """The workbooks of the roster, or those of ``only`` (codes of theirs, or of units with all their projects).
    CampaignError names the codes that aren't on it."""
    known = {**campaign.roster, **campaign.owners}
    unknown = [code for code in only if code not in known]
    if unknown:
        raise CampaignError(f"名册中没有单位代码 {'、'.join(unknown)}。")
    return [unit for unit in campaign.roster.values() if not only or {unit.code, unit.owner} & set(only)]


def read_inbox(campaign: Campaign) -> Inbox:
    """What lies in the round's inbox/."""
    inbox = campaign.inbox
    return Inbox((), ()) if isinstance(inbox, Path) and not inbox.is_dir() else items(inbox)


def examine_inbox(
    campaign: Campaign,
    step: Step = no_step,
    inbox: Inbox | None = None,
    crew: Crew | None = None,
    *,
    fresh: bool = False,
) -> District:
    """Read and score everything in ``inbox`` (the round's, read now, unless given), rulings taken in; writes nothing but
    what it found, for the next time: a file that has not changed since is not read again, unless ``fresh``.

    ``crew`` does the work (this process's own unless given).
    """
    known = Known.of(campaign, fresh=fresh)
    return take_in(campaign, inbox or read_inbox(campaign), step, crew, known).district()


def review(
    campaign: Campaign,
    step: Step = no_step,
    inbox: Inbox | None = None,
    crew: Crew | None = None,
    *,
    copied: Step = no_step,
    fresh: bool = False,
) -> District:
    """Examine ``inbox`` (as ``examine_inbox``), write an annotated copy of each accepted return into reviewed/, and
    bring rulings.xlsx up to date. ``step`` is called for each file examined, ``copied`` for each annotated."""
    inbox, known = inbox or read_inbox(campaign), Known.of(campaign, fresh=fresh)
    taken = take_in(campaign, inbox, step, crew, known)
    written = _write_reviewed(campaign, inbox, taken, known, crew, copied)
    units = campaign.addressees
    known.forget_all_but([*(each.name for each in inbox.items), *(known_as(units[code]) for code in written)])
    _remove_stale(campaign, written)
    rulings = write_rulings(campaign, taken.ruled)
    return _with_links(campaign, replace(taken.district(), rulings=rulings), written)


def _write_reviewed(
    campaign: Campaign, inbox: Inbox, taken: TakenIn, known: Known, crew: Crew | None, copied: Step
) -> Collection[str]:
    """Write the annotated copies of accepted returns; the results tell why where there is none, or another than usual.
    The codes of the units that have one."""
    gathered, everybody = taken.gathered, campaign.addressees
    numbers = [*taken.numbers, *([] if taken.own is None else [taken.own])]
    accepted = [each for each in numbers if gathered.accepted(each) and gathered.codes[each] in everybody]
    written = set[str]()
    for number, copy in zip(accepted, annotate_all(campaign, inbox, gathered, accepted, known, crew), strict=True):
        unit = everybody[gathered.codes[number]]
        if copy.told:
            result = gathered[number]
            gathered[number] = replace(result, findings=(*result.findings, *copy.told))
        if copy.data is not None:
            write_atomically(campaign.reviewed / unit.file_name, copy.data)
        if copy.data is not None or copy.there:
            written.add(unit.code)
        copied()
    return written


def _remove_stale(campaign: Campaign, current: Collection[str]) -> None:
    """A unit whose return is no longer there must not keep last run's annotated copy."""
    remove_older_names(campaign, campaign.reviewed, campaign.addressees.values())
    stale = {unit.file_name for unit in campaign.addressees.values() if unit.code not in current}
    for path in [each for each in _in(campaign.reviewed) if each.name in stale]:
        path.unlink(missing_ok=True)


def _in(folder: Place) -> Iterator[Place]:
    """What lies in ``folder``, if there is one. At a URL asking for one file after the other would be slow."""
    there: Iterator[Place] = iter(()) if isinstance(folder, Path) and not folder.is_dir() else folder.iterdir()
    return there


def remove_older_names(
    campaign: Campaign, folder: Place, units: Iterable[Unit], endings: Collection[str] = (".xlsx",)
) -> None:
    """Units renamed in the roster must not keep a product under their former name: both would be sent.

    ``endings`` are what products' names end with behind the unit's code and name.
    """
    codes = {each.code for each in units}
    stems = [
        each.file_name.removesuffix(".xlsx") for each in (*campaign.addressees.values(), *campaign.owners.values())
    ]
    names = {stem + ending for stem in stems for ending in endings}  # one ending may be the end of another

    def is_older(name: str) -> bool:
        parts = name.split("_")  # a code may have a _ of its own
        ours = name.endswith(tuple(endings)) and name not in names
        return ours and any("_".join(parts[:end]) in codes for end in range(1, len(parts)))

    for path in [each for each in _in(folder) if is_older(each.name)]:
        path.unlink(missing_ok=True)


def summarize(campaign: Campaign, district: District) -> Path:
    """Write summary/全区汇总.xlsx."""
    path = campaign.summary / SUMMARY_FILE
    write_summary(district, path)
    return path


def with_reviewed_links(campaign: Campaign, district: District) -> District:
    """The same district with the annotated copies that an earlier review left, for a summary on its own."""
    there = {path.name for path in _in(campaign.reviewed)}
    return _with_links(
        campaign, district, {unit.code for unit in campaign.addressees.values() if unit.file_name in there}
    )


def _with_links(campaign: Campaign, district: District, reviewed: Collection[str]) -> District:
    """The same district, whose accepted results lead to their annotated copies: ``reviewed`` are the units that have one."""
    folder = campaign.way_to(campaign.reviewed)

    def linked(result: UnitResult) -> UnitResult:
        there = result.card is not None and result.unit_code in reviewed
        return replace(
            result, reviewed=f"{folder}/{campaign.addressees[result.unit_code].file_name}" if there else None
        )

    own = None if district.own is None else linked(district.own)
    return replace(district, results=Amended(district.results, linked), own=own)
