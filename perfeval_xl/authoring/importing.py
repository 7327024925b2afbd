"""From an authoring workbook to a scheme file: read, gathered, checked by the loader, and written only where all is sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.gather import Gathered, gather
from perfeval_xl.authoring.leftovers import applied
from perfeval_xl.authoring.problems import add_problems
from perfeval_xl.authoring.reading import ReadSheet, first_rows, read_workbook
from perfeval_xl.authoring.rules_words import Sort, kind_named
from perfeval_xl.authoring.shown import band_of
from perfeval_xl.authoring.toml_text import toml_text
from perfeval_xl.authoring.trouble import Trouble, Troubles, in_order, trouble_json
from perfeval_xl.authoring.words import ROLL_UP_WORDS
from perfeval_xl.errors import SchemeError
from perfeval_xl.numbers import show_number
from perfeval_xl.scheme.fields import RollUp
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Scheme

_COMBINED = ("count", "amount", "number")


@dataclass(frozen=True)
class Imported:
    """What became of a workbook: the scheme and its file as text, or None where there are errors."""

    text: str | None
    scheme: Scheme | None
    errors: tuple[Trouble, ...]
    notes: tuple[Trouble, ...]


def import_workbook(data: bytes, source: str) -> Imported:
    """The scheme that an authoring workbook says. Every error is found in one go, each at its cell.

    ``source`` is the file's name. WorkbookError where it can't be opened, or is no authoring workbook at all.
    """
    troubles = Troubles()
    sheets = read_workbook(data, source, troubles)
    gathered = gather(sheets, troubles)
    raw = applied(gathered.raw, sheets, troubles)
    text = toml_text(raw, f"由 {source} 导入。")
    scheme: Scheme | None = None
    if all(sheet.name in sheets for sheet in catalogue.SHEETS if sheet.needed):
        try:
            scheme = load_scheme(text)
        except SchemeError as error:
            add_problems(error.problems, Gathered(raw, gathered.places), sheets, troubles)
    _roll_ups(sheets, raw, gathered.places, troubles)
    _uneven(raw, gathered.places, troubles)
    order = [read.name for read in sheets.values()]
    errors, notes = (tuple(in_order(each, order)) for each in (troubles.errors, troubles.notes))
    if errors or scheme is None:
        return Imported(None, None, errors, notes)
    return Imported(text, scheme, errors, notes)


def imported_json(found: Imported) -> dict[str, Any]:
    """What ``perfeval scheme import --format json`` prints."""
    return {
        "scheme": found.scheme.id if found.scheme else None,
        "version": found.scheme.version if found.scheme else None,
        "digest": found.scheme.digest if found.scheme else None,
        "errors": [trouble_json(each) for each in found.errors],
        "notes": [trouble_json(each) for each in found.notes],
    }


def _uneven(raw: Mapping[str, Any], places: Mapping[str, Any], troubles: Troubles) -> None:
    """Ask about bands whose points go up and then down again, or the other way about."""
    for number, indicator in enumerate(raw.get("indicators", [])):
        rule = indicator.get("rule", {})
        for each in kind_named(str(rule.get("kind", ""))).bands.values():
            bands = rule.get(each.key, []) if each.yields is Sort.POINTS else []
            placed = sorted((band_of(band).low, place) for place, band in enumerate(bands) if each.value in band)
            given = [bands[place][each.value] for _, place in placed]
            if given not in (sorted(given), sorted(given, reverse=True)):
                cell = places.get(f"indicators[{number}].rule.{each.key}[{placed[-1][1]}].{each.value}")
                shown = "、".join(show_number(points) for points in given)
                troubles.note(cell, f"从最低一档到最高一档依次是 {shown} 分，忽高忽低。请看看是不是写错了。")


def _roll_ups(
    sheets: Mapping[str, ReadSheet], raw: Mapping[str, Any], places: Mapping[str, Any], troubles: Troubles
) -> None:
    """Ask about numbers for which nobody said what becomes of them in the department's own form."""
    if not first_rows(sheets, catalogue.FIELDS.name) or raw.get("filing") == "project":
        return
    owners = [("head", raw.get("head", []))]
    owners += [(f"indicators[{n}].fields", each.get("fields", [])) for n, each in enumerate(raw.get("indicators", []))]
    for where, fields in owners:
        for number, field in enumerate(fields):
            if field.get("type") in _COMBINED and "roll_up" not in field:
                cell = places.get(f"{where}[{number}].roll_up")
                word = ROLL_UP_WORDS[RollUp.SUM]
                troubles.note(cell, f"没有写汇总方式，按主管部门自填处理；各单位要相加的，请选“{word}”。")
