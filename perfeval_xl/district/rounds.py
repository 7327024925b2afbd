"""A whole round: issue the blanks, review what came back, summarise. Every step may be run again; nothing is hidden state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from perfeval_xl.campaign import Campaign, Unit
from perfeval_xl.district.batch import examine_all
from perfeval_xl.district.duplicates import one_a_unit, same_answers
from perfeval_xl.district.identify import locked_digest
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.parcels import Inbox, items
from perfeval_xl.district.stamps import unit_stamps
from perfeval_xl.errors import CampaignError, UnreadableWorkbook, WorkbookError
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.stamping import Stamper
from perfeval_xl.files import write_atomically
from perfeval_xl.findings import finding
from perfeval_xl.generator import master_blank
from perfeval_xl.results import District, MissingUnit, UnitResult
from perfeval_xl.summary import write_summary
from perfeval_xl.writer import annotate

SUMMARY_FILE = "全区汇总.xlsx"

Step = Callable[[], None]
"""Called once a file, for a progress bar."""


def _no_step() -> None:
    pass


def issue(campaign: Campaign, only: Collection[str] = (), step: Step = _no_step) -> list[Path]:
    """Write a locked, personal, sealed workbook for each unit (or those of ``only``, unit codes) into outbox/."""
    unknown = [code for code in only if code not in campaign.roster]
    if unknown:
        raise CampaignError(f"名册中没有单位代码 {'、'.join(unknown)}。")
    units = [unit for unit in campaign.roster.values() if not only or unit.code in only]
    scheme = campaign.scheme
    stamper = Stamper(master_blank(scheme), build_layout(scheme))
    digest = locked_digest(scheme)
    written = []
    for unit in units:
        text = seal.seal_text(campaign.key, scheme.id, scheme.version, scheme.year, unit.code, digest)
        path = campaign.outbox / unit.file_name
        write_atomically(path, stamper.stamp(unit_stamps(campaign, unit, text), text))
        written.append(path)
        step()
    _remove_older_names(campaign, campaign.outbox, units)
    return written


def read_inbox(campaign: Campaign) -> Inbox:
    """What lies in the round's inbox/."""
    return items(campaign.inbox) if campaign.inbox.is_dir() else Inbox((), ())


def examine_inbox(campaign: Campaign, step: Step = _no_step, inbox: Inbox | None = None) -> District:
    """Read and score everything in ``inbox`` (the round's, read now, unless given); writes nothing."""
    inbox = inbox or read_inbox(campaign)
    results: list[UnitResult] = []
    for found in examine_all(Desk.of(campaign), inbox.items):
        results += found
        step()
    return _district(campaign, same_answers(one_a_unit(results)))


def _district(campaign: Campaign, results: Iterable[UnitResult]) -> District:
    place = {code: number for number, code in enumerate(campaign.roster)}
    ordered = sorted(results, key=lambda each: (place.get(each.unit_code, len(place)), each.file))
    returned = {each.unit_code for each in ordered if each.card is not None}
    return District(
        name=campaign.district,
        department=campaign.department,
        year=campaign.year,
        deadline=campaign.deadline,
        scheme=campaign.scheme,
        results=ordered,
        missing=[
            MissingUnit(unit.code, unit.name, unit.type, unit.contact)
            for unit in campaign.roster.values()
            if unit.code not in returned
        ],
    )


def review(campaign: Campaign, step: Step = _no_step, inbox: Inbox | None = None) -> District:
    """Examine ``inbox`` (as ``examine_inbox``) and write an annotated copy of each accepted return into reviewed/."""
    inbox = inbox or read_inbox(campaign)
    district = examine_inbox(campaign, step, inbox)
    desk = Desk.of(campaign)
    reviewed = []
    for result in district.results:
        unit = campaign.roster.get(result.unit_code)
        if unit is None or not _can_be_annotated(result):
            reviewed.append(result)
            continue
        target = campaign.reviewed / unit.file_name
        try:
            copy = _annotated(desk, inbox, result)
        except (WorkbookError, OSError) as error:
            refused = finding("review-block-missing", why=str(error))
            reviewed.append(replace(result, findings=(*result.findings, refused)))
            continue
        write_atomically(target, copy)
        reviewed.append(replace(result, reviewed=target.relative_to(campaign.folder).as_posix()))
    _remove_stale(campaign, {each.unit_code for each in reviewed if each.reviewed})
    return replace(district, results=reviewed)


def _can_be_annotated(result: UnitResult) -> bool:
    """Whether it was accepted, and in a format that can be written into; where it can't be, that has been told."""
    return result.card is not None and all(each.code != "other-format" for each in result.findings)


def _annotated(desk: Desk, inbox: Inbox, result: UnitResult) -> bytes:
    item = inbox.holding(result.file)
    if item is None or result.submission is None or result.card is None:
        raise UnreadableWorkbook("文件已不在收件文件夹中")
    workbook = desk.workbook(item, result.file)
    return annotate(workbook, result.submission.review_cells, result.card, result.findings)


def _remove_stale(campaign: Campaign, current: Collection[str]) -> None:
    """A unit whose return is no longer there must not keep last run's annotated copy."""
    _remove_older_names(campaign, campaign.reviewed, campaign.roster.values())
    for unit in campaign.roster.values():
        if unit.code not in current:
            (campaign.reviewed / unit.file_name).unlink(missing_ok=True)


def _remove_older_names(campaign: Campaign, folder: Path, units: Iterable[Unit]) -> None:
    """Units renamed in the roster must not keep a product under their former name: both would be sent."""
    names = {each.file_name for each in campaign.roster.values()}
    codes = {each.code for each in units}
    for path in list(folder.glob("*_*.xlsx")):
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
