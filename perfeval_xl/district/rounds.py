"""A whole round: issue the blanks, review what came back, summarise. Every step may be run again; nothing is hidden state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from perfeval_xl.campaign import SETTINGS, Campaign, Unit, unit_problems
from perfeval_xl.district.batch import examine_all
from perfeval_xl.district.duplicates import one_a_unit, same_answers
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.mail.senders import sent_by_others
from perfeval_xl.district.parcels import Inbox, items
from perfeval_xl.district.prefill import Prefill, prefilled_blank
from perfeval_xl.district.reissue import Copies
from perfeval_xl.district.rulings import Ruled, apply, read_rulings, write_rulings
from perfeval_xl.district.stamps import Issuer
from perfeval_xl.errors import CampaignError, WorkbookError
from perfeval_xl.files import write_atomically
from perfeval_xl.filings import Filing
from perfeval_xl.findings import finding
from perfeval_xl.kept_scheme import keep_scheme
from perfeval_xl.results import District, MissingUnit, UnitResult
from perfeval_xl.summary import write_summary

SUMMARY_FILE = "全区汇总.xlsx"

Step = Callable[[], None]
"""Called once a file, for a progress bar."""


def no_step() -> None:
    pass


def issue(
    campaign: Campaign, only: Collection[str] = (), step: Step = no_step, known: Prefill | None = None
) -> list[Path]:
    """Write a locked, personal, sealed workbook for each unit (or those of ``only``, unit codes) into outbox/.

    ``known`` are figures to put into them.
    """
    units = units_of(campaign, only)
    keep_scheme(campaign)
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


def issue_department(campaign: Campaign) -> Path:
    """Write the department's own form, locked and sealed, into outbox/. CampaignError where its name can't be that of a
    file."""
    unit = campaign.department_unit
    wrong = unit_problems(unit)
    if wrong:
        raise CampaignError("\n".join(f"{campaign.folder / SETTINGS}: 主管部门的{what}。" for what in wrong))
    path = campaign.outbox / unit.file_name
    keep_scheme(campaign)
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
    return items(campaign.inbox) if campaign.inbox.is_dir() else Inbox((), ())


def examine_inbox(campaign: Campaign, step: Step = no_step, inbox: Inbox | None = None) -> District:
    """Read and score everything in ``inbox`` (the round's, read now, unless given), rulings taken in; writes nothing."""
    return _examined(campaign, step, inbox or read_inbox(campaign))[0]


def _examined(campaign: Campaign, step: Step, inbox: Inbox) -> tuple[District, Ruled]:
    """The round, and its rulings as rulings.xlsx is to tell of them."""
    book = read_rulings(campaign.rulings, campaign.scheme, campaign.addressees)
    results: list[UnitResult] = []
    for found in examine_all(Desk.of(campaign), inbox.items):
        results += found
        step()
    own, others = _own_apart(campaign, one_a_unit(results))
    in_order = _in_order(campaign, sent_by_others(campaign, inbox, same_answers(others)))
    ruled = apply(book, in_order if own is None else [*in_order, own])
    return _district(campaign, ruled), ruled


def _own_apart(campaign: Campaign, results: Iterable[UnitResult]) -> tuple[UnitResult | None, list[UnitResult]]:
    """The department's own return, the accepted one if there is one, and all other results."""
    given = list(results)
    its = [each for each in given if each.unit_code == campaign.department_code]
    own = min(its, key=lambda each: each.card is None, default=None)
    return own, [each for each in given if each is not own]


def _in_order(campaign: Campaign, results: Iterable[UnitResult]) -> list[UnitResult]:
    """In the order of the roster; files of no unit last."""
    place = {code: number for number, code in enumerate(campaign.roster)}
    return sorted(results, key=lambda each: (place.get(each.unit_code, len(place)), each.file))


def _district(campaign: Campaign, ruled: Ruled) -> District:
    own, results = _own_apart(campaign, ruled.results)
    returned = {each.unit_code for each in results if each.card is not None}
    return District(
        name=campaign.district,
        department=campaign.department,
        year=campaign.year,
        deadline=campaign.deadline,
        scheme=campaign.scheme,
        results=results,
        missing=[
            MissingUnit(unit.code, unit.label, unit.type, unit.contact)
            for unit in campaign.roster.values()
            if unit.code not in returned
        ],
        rulings=ruled.rulings,
        own=own,
        contact=campaign.contact,
        contacts={unit.code: unit.contact for unit in campaign.roster.values()},
        filings={
            unit.code: Filing(unit.owner, unit.name, unit.type, unit.project)
            for unit in campaign.roster.values()
            if unit.project
        },
    )


def review(campaign: Campaign, step: Step = no_step, inbox: Inbox | None = None) -> District:
    """Examine ``inbox`` (as ``examine_inbox``), write an annotated copy of each accepted return into reviewed/, and
    bring rulings.xlsx up to date."""
    inbox = inbox or read_inbox(campaign)
    district, ruled = _examined(campaign, step, inbox)
    copies = Copies(campaign, inbox)
    reviewed = [_reviewed(campaign, copies, each) for each in district.results]
    own = None if district.own is None else _reviewed(campaign, copies, district.own)
    _remove_stale(campaign, {each.unit_code for each in (*reviewed, own) if each is not None and each.reviewed})
    return replace(district, results=reviewed, own=own, rulings=write_rulings(campaign, ruled))


def _reviewed(campaign: Campaign, copies: Copies, result: UnitResult) -> UnitResult:
    """Write the annotated copy of an accepted return; the result says where it lies, or why there is none."""
    unit = campaign.addressees.get(result.unit_code)
    if unit is None or result.card is None:
        return result
    target = campaign.reviewed / unit.file_name
    try:
        copy = copies.annotated(result)
    except WorkbookError as error:
        refused = finding("not-annotated", why=str(error))
        return replace(result, findings=(*result.findings, refused))
    write_atomically(target, copy.data)
    told = (*result.findings, *copy.told)
    return replace(result, findings=told, reviewed=target.relative_to(campaign.folder).as_posix())


def _remove_stale(campaign: Campaign, current: Collection[str]) -> None:
    """A unit whose return is no longer there must not keep last run's annotated copy."""
    remove_older_names(campaign, campaign.reviewed, campaign.addressees.values())
    for unit in campaign.addressees.values():
        if unit.code not in current:
            (campaign.reviewed / unit.file_name).unlink(missing_ok=True)


def remove_older_names(
    campaign: Campaign, folder: Path, units: Iterable[Unit], endings: Collection[str] = (".xlsx",)
) -> None:
    """Units renamed in the roster must not keep a product under their former name: both would be sent.

    ``endings`` are what products' names end with behind the unit's code and name.
    """
    codes = {each.code for each in units}
    stems = [
        each.file_name.removesuffix(".xlsx") for each in (*campaign.addressees.values(), *campaign.owners.values())
    ]
    names = {stem + ending for stem in stems for ending in endings}  # one ending may be the end of another
    for ending in endings:
        for path in list(folder.glob(f"*_*{ending}")):
            parts = path.name.split("_")  # a code may have a _ of its own
            if path.name not in names and any("_".join(parts[:end]) in codes for end in range(1, len(parts))):
                path.unlink()


def summarize(campaign: Campaign, district: District) -> Path:
    """Write summary/全区汇总.xlsx."""
    path = campaign.summary / SUMMARY_FILE
    write_summary(district, path)
    return path


def with_reviewed_links(campaign: Campaign, district: District) -> District:
    """The same district with the annotated copies that an earlier review left, for a summary on its own."""
    everybody = campaign.addressees

    def linked(result: UnitResult) -> UnitResult:
        unit = everybody.get(result.unit_code)
        target = campaign.reviewed / unit.file_name if unit and result.card is not None else None
        found = target is not None and target.is_file()
        link = target.relative_to(campaign.folder).as_posix() if found and target else None
        return replace(result, reviewed=link)

    own = None if district.own is None else linked(district.own)
    return replace(district, results=[linked(each) for each in district.results], own=own)
