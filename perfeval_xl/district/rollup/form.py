"""The department's form as a workbook: the form that everybody fills in, its answers in it, sealed; with two sheets behind
it that say where they come from."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from perfeval_xl.campaign import Campaign
from perfeval_xl.cells import from_ref
from perfeval_xl.district.reissue import carried_over
from perfeval_xl.district.rollup.by_unit import by_unit_sheet
from perfeval_xl.district.rollup.combine import RolledUp
from perfeval_xl.district.rollup.figures import figures_sheet
from perfeval_xl.district.stamps import Issuer, stamped
from perfeval_xl.excel.heights import Need, raised
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.parts import needed
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.stamping import Stamper
from perfeval_xl.files import UNSAFE_IN_FILE_NAMES, write_atomically
from perfeval_xl.generator import build_master


def form_path(campaign: Campaign) -> Path:
    """Where the department's form lies: summary/, under the form's title."""
    return campaign.summary / f"{UNSAFE_IN_FILE_NAMES.sub('_', campaign.scheme.title)}.xlsx"


def write_form(rolled: RolledUp, path: Path | None = None) -> Path:
    """Write the department's form to ``path`` (``form_path`` unless told); returns where. PerfevalError if that fails."""
    target = path or form_path(rolled.campaign)
    write_atomically(target, build_form(rolled))
    return target


def build_form(rolled: RolledUp) -> bytes:
    """The workbook; the same round, the same bytes. PatchRefused for a text longer than a cell holds."""
    campaign = rolled.campaign
    scheme, unit = campaign.scheme, campaign.department_unit
    by_unit = by_unit_sheet(rolled)
    master = build_master(scheme, (figures_sheet(rolled, by_unit), by_unit.sheet))
    stamper = Stamper(master, build_layout(scheme))
    blank = stamped(campaign, stamper, unit, Issuer(campaign).seal_of(unit))
    return _with_room(carried_over(blank, unit.file_name, rolled.submission, rolled.card), rolled)


def _with_room(workbook: bytes, rolled: RolledUp) -> bytes:
    """``workbook`` with rows as tall as their texts need: nobody pulls them open before this one is printed."""
    layout = build_layout(rolled.card.scheme)
    needs: defaultdict[str, list[Need]] = defaultdict(list)
    for name, place in layout.inputs.items():
        text = rolled.submission.answers.text(name)
        if text:
            sheet = layout.sheet[place.sheet]
            (top, left), (bottom, right) = from_ref(place.ref), from_ref(sheet.merges.get(place.ref, place.ref))
            points = needed(sheet, text, sheet.cells[place.ref].style, left, right)
            needs[place.sheet].append(Need(top, bottom, points))
    package = Package.read(workbook)
    parts = {package.sheets[sheet]: rows for sheet, rows in needs.items()}
    return package.rewrite({part: raised(package.part(part), rows)[0] for part, rows in parts.items()})
