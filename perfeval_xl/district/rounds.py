"""A whole round: issue the blanks, review what came back, summarise. Every step may be run again; nothing is hidden state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from perfeval_xl.campaign import Campaign, Unit
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
from perfeval_xl.findings import finding
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


def units_of(campaign: Campaign, only: Collection[str] = ()) -> list[Unit]:
    """The units of the roster, or those of ``only`` (unit codes). CampaignError names the codes that aren't on it."""
    unknown = [code for code in only if code not in campaign.roster]
    if unknown:
        raise CampaignError(f"名册中没有单位代码 {'、'.join(unknown)}。")
    return [unit for unit in campaign.roster.values() if not only or unit.code in only]


def read_inbox(campaign: Campaign) -> Inbox:
    """What lies in the round's inbox/."""
    return items(campaign.inbox) if campaign.inbox.is_dir() else Inbox((), ())


def examine_inbox(campaign: Campaign, step: Step = no_step, inbox: Inbox | None = None) -> District:
    """Read and score everything in ``inbox`` (the round's, read now, unless given), rulings taken in; writes nothing."""
    return _examined(campaign, step, inbox or read_inbox(campaign))[0]


def _examined(campaign: Campaign, step: Step, inbox: Inbox) -> tuple[District, Ruled]:
    """The round, and its rulings as rulings.xlsx is to tell of them."""
    book = read_rulings(campaign.rulings, campaign.scheme, campaign.roster)
    results: list[UnitResult] = []
    for found in examine_all(Desk.of(campaign), inbox.items):
        results += found
        step()
    told = sent_by_others(campaign, inbox, same_answers(one_a_unit(results)))
    ruled = apply(book, _in_order(campaign, told))
    return _district(campaign, ruled), ruled


def _in_order(campaign: Campaign, results: Iterable[UnitResult]) -> list[UnitResult]:
    """In the order of the roster; files of no unit last."""
    place = {code: number for number, code in enumerate(campaign.roster)}
    return sorted(results, key=lambda each: (place.get(each.unit_code, len(place)), each.file))


def _district(campaign: Campaign, ruled: Ruled) -> District:
    returned = {each.unit_code for each in ruled.results if each.card is not None}
    return District(
        name=campaign.district,
        department=campaign.department,
        year=campaign.year,
        deadline=campaign.deadline,
        scheme=campaign.scheme,
        results=ruled.results,
        missing=[
            MissingUnit(unit.code, unit.name, unit.type, unit.contact)
            for unit in campaign.roster.values()
            if unit.code not in returned
        ],
        rulings=ruled.rulings,
    )


def review(campaign: Campaign, step: Step = no_step, inbox: Inbox | None = None) -> District:
    """Examine ``inbox`` (as ``examine_inbox``), write an annotated copy of each accepted return into reviewed/, and
    bring rulings.xlsx up to date."""
    inbox = inbox or read_inbox(campaign)
    district, ruled = _examined(campaign, step, inbox)
    copies = Copies(campaign, inbox)
    reviewed = []
    for result in district.results:
        unit = campaign.roster.get(result.unit_code)
        if unit is None or result.card is None:
            reviewed.append(result)
            continue
        target = campaign.reviewed / unit.file_name
        try:
            copy = copies.annotated(result)
        except WorkbookError as error:
            refused = finding("not-annotated", why=str(error))
            reviewed.append(replace(result, findings=(*result.findings, refused)))
            continue
        write_atomically(target, copy.data)
        told = (*result.findings, *copy.told)
        reviewed.append(replace(result, findings=told, reviewed=target.relative_to(campaign.folder).as_posix()))
    _remove_stale(campaign, {each.unit_code for each in reviewed if each.reviewed})
    return replace(district, results=reviewed, rulings=write_rulings(campaign, ruled))


def _remove_stale(campaign: Campaign, current: Collection[str]) -> None:
    """A unit whose return is no longer there must not keep last run's annotated copy."""
    remove_older_names(campaign, campaign.reviewed, campaign.roster.values())
    for unit in campaign.roster.values():
        if unit.code not in current:
            (campaign.reviewed / unit.file_name).unlink(missing_ok=True)


def remove_older_names(
    campaign: Campaign, folder: Path, units: Iterable[Unit], endings: Collection[str] = (".xlsx",)
) -> None:
    """Units renamed in the roster must not keep a product under their former name: both would be sent.

    ``endings`` are what products' names end with behind the unit's code and name.
    """
    codes = {each.code for each in units}
    stems = [each.file_name.removesuffix(".xlsx") for each in campaign.roster.values()]
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
    results = []
    for result in district.results:
        unit = campaign.roster.get(result.unit_code)
        target = campaign.reviewed / unit.file_name if unit and result.card is not None else None
        found = target is not None and target.is_file()
        link = target.relative_to(campaign.folder).as_posix() if found and target else None
        results.append(replace(result, reviewed=link))
    return replace(district, results=results)
