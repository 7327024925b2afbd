"""A small round for tests: made, issued, and filled by the tool's own `fill`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter

from perfeval_xl import campaign
from perfeval_xl import roster as roster_
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import Desk
from perfeval_xl.resources import samples_dir

UNITS = (("S001", "第一小学"), ("S002", "第二小学"), ("S003", "第三小学"))


def published_answers(**changes: Any) -> dict[str, Any]:
    """The published Huadu case, with some answers changed."""
    answers: dict[str, Any] = json.loads((samples_dir() / "huadu-2024" / "answers.json").read_text(encoding="utf-8"))
    return {**answers, **changes}


def roster_bytes(units: Sequence[tuple[str, ...]] = UNITS) -> bytes:
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([roster_.ROSTER_COLUMNS, *units]):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def issued_round(folder: Path, units: Sequence[tuple[str, ...]] = UNITS, **settings: Any) -> campaign.Campaign:
    """A round in ``folder`` with its blanks issued."""
    values: dict[str, Any] = {"district": "样例区", "department": "样例区教育局", "year": 2024, "contact": ""}
    values |= {"scheme_name": "huadu-2024", "deadline": date(2025, 4, 30)}
    made = campaign.Campaign(folder=folder, **{**values, **settings})
    campaign.create(made, roster_bytes(units))
    loaded = campaign.load(folder)
    with loaded.locked():
        rounds.issue(loaded)
    return loaded


def hand_in(at: campaign.Campaign, code: str, answers: Mapping[str, Any], name: str | None = None) -> Path:
    """Fill a unit's blank and put it into the inbox under ``name``."""
    blank = at.outbox / at.roster[code].file_name
    path = at.inbox / (name or f"{code} 交表.xlsx")
    path.write_bytes(Desk(at.scheme).fill(blank.read_bytes(), blank.name, json.dumps(answers, ensure_ascii=False)))
    return path
