"""What is measured: a round of the sample district on disk, and beside it what peers need to know, as plain data.

Peers get for nothing what isn't theirs to find out: where the cells stand, what a review says. Their processes load no
part of perfeval.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Case:
    """``folder`` holds master.xlsx (the blank form), round/ (issued, with returns in its inbox) and the facts.

    ``units`` are the codes of the units that are taken, ``out`` an empty folder to write into.
    """

    folder: Path
    units: tuple[str, ...]
    out: Path

    @property
    def master(self) -> Path:
        return self.folder / "master.xlsx"

    @property
    def round(self) -> Path:
        return self.folder / "round"

    def fact(self, name: str) -> Any:
        """What ``make`` noted under ``name``."""
        return pickle.loads((self.folder / f"{name}.pickle").read_bytes())

    def returns(self) -> list[tuple[str, Path]]:
        """The units' codes and their returned files."""
        names = self.fact("files")
        return [(code, self.round / "inbox" / names[code]) for code in self.units]


def make(folder: Path, count: int) -> tuple[str, ...]:
    """A case in ``folder``: the codes of ``count`` units, spread evenly over the sample district, whose returns it has."""
    from perfeval_xl import demo
    from perfeval_xl.district import rounds
    from perfeval_xl.district.intake import Desk, filled
    from perfeval_xl.district.packing import packed
    from perfeval_xl.generator import master_blank
    from perfeval_xl.resources import samples_dir

    campaign = demo.open_round(folder / "round")
    sent = spread(tuple(demo.sample_returns()), count)
    units = tuple(each.unit for each in sent)
    rounds.issue(campaign, units)
    (folder / "master.xlsx").write_bytes(master_blank(campaign.scheme))
    files = {code: campaign.roster[code].file_name for code in units}
    desk = Desk.of(campaign)
    results = []
    for each in sent:
        path = campaign.inbox / files[each.unit]
        issued = (campaign.outbox / files[each.unit]).read_bytes()
        saved = (samples_dir() / each.saved).read_bytes() if each.saved else None
        path.write_bytes(saved or filled(issued, campaign.scheme, each.answers_text))
        results += desk.examine(path)
    facts = {"files": files, "results": packed(results), **_facts(campaign, results)}
    for name, fact in facts.items():
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(fact))
    return units


def spread(given: Sequence[Any], count: int) -> tuple[Any, ...]:
    """``count`` of ``given``, at even distances; all of them where there are no more."""
    count = min(count, len(given))
    return tuple(given[number * len(given) // count] for number in range(count))


def _facts(campaign: Any, results: Sequence[Any]) -> dict[str, Any]:
    """Where the form's cells are; what each unit's blank says; what each return says, and its review."""
    from perfeval_xl.district.stamps import common_stamps, own_stamps
    from perfeval_xl.excel.layout import build_layout
    from perfeval_xl.remarks import remarks

    scheme = campaign.scheme
    layout = build_layout(scheme)
    stamps, reviews, answers = {}, {}, {}
    for each in results:
        unit, submission = campaign.roster[each.unit_code], each.submission
        own = {**common_stamps(campaign), **own_stamps(scheme, unit, department=False)}
        own |= {"seal": f"seal of {unit.code}", "seal_short": unit.code}
        stamps[unit.code] = {stamp.key: own[stamp.key] for stamp in layout.stamps.values()}
        places = submission.review_cells
        said = remarks(each.card, each.findings, places).contents
        reviews[unit.code] = [(places[name].sheet, places[name].ref, said.get(name)) for name in places]
        answers[unit.code] = (unit.name, {answer.field: answer.value for answer in submission.answers.values()})
    return {
        "stamps": stamps,
        "stamp_cells": [(cell.sheet, cell.ref, stamp.key) for cell, stamp in layout.stamps.items()],
        "inputs": {field: (cell.sheet, cell.ref) for field, cell in layout.inputs.items()},
        "claims": [each.self_score_id for each in scheme.indicators],
        "reviews": reviews,
        "answers": answers,
        "plan": _plan(layout),
    }


def _plan(layout: Any) -> dict[str, Any]:
    """The form as a script that builds it with xlsxwriter would hold it: lists to be written, worked out beforehand."""
    from perfeval_xl.excel.looks import DEFAULT_FONT
    from perfeval_xl.excel.styles import HIGHLIGHTS, STYLES, properties
    from perfeval_xl.generator import blank_view

    view = blank_view(layout.scheme)
    sheets = [_planned(sheet, view) for sheet in layout.sheets]
    used = {cell[-1] for sheet in sheets for cell in (*sheet["cells"], *sheet["merges"])}
    return {
        "font": dict(DEFAULT_FONT),
        "formats": {key: properties(STYLES[key[0]], locked=key[1]) for key in used},
        "highlights": {name: dict(changes) for name, changes in HIGHLIGHTS.items()},
        "sheets": sheets,
        "names": dict(layout.names),
    }


def _planned(sheet: Any, view: Any) -> dict[str, Any]:
    from perfeval_xl.cells import from_ref
    from perfeval_xl.excel.validations import validation

    cells, rules = [], []
    for ref, content in sheet.cells.items():
        row, column = (number - 1 for number in from_ref(ref))
        field = getattr(content, "field", None)
        cells.append((row, column, *_content(content, view), (content.style, field is None)))
        if field is not None:
            rules.append((row, column, validation(field, ref)))
    merges = []
    for ref, last in sheet.merges.items():
        (top, left), (bottom, right) = from_ref(ref), from_ref(last)
        style = next(each[-1] for each in cells if each[:2] == (top - 1, left - 1))
        merges.append((top - 1, left - 1, bottom - 1, right - 1, style))
    return {
        "name": sheet.name,
        "widths": dict(sheet.widths),
        "heights": dict(sheet.heights),
        "cells": cells,
        "merges": merges,
        "validations": rules,
        "highlights": [(each.area, f"={each.condition}", each.style) for each in sheet.highlights],
        "hidden": sheet.very_hidden,
        "landscape": sheet.setup.landscape,
        "paper": sheet.setup.paper,
    }


def _content(content: Any, view: Any) -> tuple[str, Any, Any]:
    """What to write (formula, stamp, link, value), the thing itself, and what is shown of it."""
    from decimal import Decimal

    from perfeval_xl.excel.layout.model import Formula, Input, Label, Stamp

    match content:
        case Formula():
            shown = content.shows(view)
            return "formula", f"={content.expression}", float(shown) if isinstance(shown, Decimal) else str(shown)
        case Stamp():
            return "stamp", content.key, None
        case Label(link=link) if link is not None:
            return "link", f"internal:'{link.sheet}'!{link.ref}", str(content.value)
        case Label():
            return "value", content.value, None
        case Input():
            value = view.answers[content.field.id].value
            return "value", {True: "是", False: "否", None: ""}.get(value, value), None
    return "value", "", None
