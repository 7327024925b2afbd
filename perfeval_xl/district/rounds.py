"""A whole round: issue the blanks, review what came back, summarise. Every step may be run again; nothing is hidden state."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from perfeval_xl.campaign import Campaign, Unit
from perfeval_xl.district.intake import Desk, inbox_files, locked_digest, one_a_unit
from perfeval_xl.errors import CampaignError, WorkbookError
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.stamping import Stamper
from perfeval_xl.files import write_atomically
from perfeval_xl.findings import Severity, finding
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
        write_atomically(path, stamper.stamp(_stamps(campaign, unit, text), text))
        written.append(path)
        step()
    _remove_older_names(campaign, campaign.outbox, units)
    return written


def _stamps(campaign: Campaign, unit: Unit, seal_text: str) -> dict[str, str]:
    deadline = campaign.deadline
    return {
        "unit_code": unit.code,
        "unit_name": unit.name,
        "district": campaign.department,
        "deadline": f"{deadline.year}年{deadline.month}月{deadline.day}日",
        "contact": campaign.contact,
        "seal": seal_text,
        "seal_short": seal.short(seal_text),
    }


def examine_inbox(campaign: Campaign, step: Step = _no_step) -> District:
    """Read and score everything in inbox/; writes nothing."""
    desk = Desk(campaign.scheme, campaign.key, campaign.roster)
    results = []
    for path in inbox_files(campaign.inbox) if campaign.inbox.is_dir() else []:
        results.append(desk.examine(path))
        step()
    return _district(campaign, one_a_unit(results))


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


def review(campaign: Campaign, step: Step = _no_step) -> District:
    """Examine the inbox and write an annotated copy of each accepted return into reviewed/."""
    district = examine_inbox(campaign, step)
    layout = build_layout(campaign.scheme)
    reviewed = []
    for result in district.results:
        unit = campaign.roster.get(result.unit_code)
        if result.card is None or unit is None:
            reviewed.append(result)
            continue
        target = campaign.reviewed / unit.file_name
        try:
            copy = annotate((campaign.inbox / result.file).read_bytes(), layout, result.card, result.findings)
        except WorkbookError as error:
            refused = finding("review-block-missing", why=str(error))
            reviewed.append(replace(result, findings=(*result.findings, refused)))
            continue
        write_atomically(target, copy)
        reviewed.append(replace(result, reviewed=target.relative_to(campaign.folder).as_posix()))
    _remove_stale(campaign, {each.unit_code for each in reviewed if each.reviewed})
    return replace(district, results=reviewed)


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


class Standing(enum.StrEnum):
    """Where a unit stands in the round."""

    MISSING = "未交"
    REJECTED = "退回"
    PROVISIONAL = "待补正"
    FINDINGS = "有问题"
    CLEAN = "无问题"


@dataclass(frozen=True)
class UnitStatus:
    """One line of ``perfeval status``."""

    code: str
    name: str
    standing: Standing
    file: str
    received: str
    errors: int
    warnings: int


def status(campaign: Campaign, district: District) -> list[UnitStatus]:
    """A line a unit of the roster, in its order, then the files that belong to none."""
    by_unit = {each.unit_code: each for each in district.results if each.unit_code in campaign.roster}
    by_unit.update({each.unit_code: each for each in district.results if each.card is not None})
    lines = [_unit_status(campaign, unit.code, unit.name, by_unit.get(unit.code)) for unit in campaign.roster.values()]
    strays = [each for each in district.results if each.unit_code not in campaign.roster]
    return lines + [_unit_status(campaign, each.unit_code, each.unit_name, each) for each in strays]


def _unit_status(campaign: Campaign, code: str, name: str, result: UnitResult | None) -> UnitStatus:
    if result is None:
        return UnitStatus(code, name, Standing.MISSING, "", "", 0, 0)
    errors = sum(each.severity is Severity.ERROR for each in result.findings)
    warnings = sum(each.severity is Severity.WARNING for each in result.findings)
    if result.card is None:
        standing = Standing.REJECTED
    elif result.card.provisional:
        standing = Standing.PROVISIONAL
    else:
        standing = Standing.FINDINGS if errors or warnings else Standing.CLEAN
    received = datetime.fromtimestamp((campaign.inbox / result.file).stat().st_mtime).isoformat(" ", "minutes")
    return UnitStatus(code, name, standing, result.file, received, errors, warnings)
