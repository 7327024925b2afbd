"""The very hidden sheet _pe: what the file says of itself, and the closed days that the formulas count with."""

from __future__ import annotations

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.excel.layout.model import Label, Review, Sheet, Stamp
from perfeval_xl.excel.layout.parts import HIDDEN, Part
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.expr import CLOSED_DAYS

SEAL = "seal"
"""Key and defined name of the cell that holds the seal."""
HEIGHTS = "review_row_heights"
"""Key and defined name of the cell in which the writer notes the rows that it made taller."""


def build(scheme: Scheme) -> Part:
    """Identity in columns A and B, closed days in column D."""
    sheet = Sheet(HIDDEN, very_hidden=True, widths={1: 18, 2: 40, 3: 3, 4: 14})
    part = Part(sheet)
    facts: dict[str, Label | Stamp | Review] = {
        "perfeval_scheme": Label(scheme.id, "meta"),
        "perfeval_version": Label(scheme.version, "meta"),
        "perfeval_year": Label(str(scheme.year), "meta"),
        "unit_code": Stamp("unit_code", "meta"),
        SEAL: Stamp(SEAL, "meta"),
        HEIGHTS: Review(HEIGHTS, "meta"),
    }
    for row, (key, content) in enumerate(facts.items(), start=1):
        sheet.put(row, 1, Label(key, "meta"))
        cell = sheet.put(row, 2, content)
        if key not in ("unit_code", HEIGHTS):  # the first name belongs to the cell that people see
            part.name(key, cell)
    sheet.put(1, 4, Label(CLOSED_DAYS, "meta"))
    for row, day in enumerate(scheme.closed_days, start=2):
        sheet.put(row, 4, Label(day, "meta_date"))
    last = max(2, len(scheme.closed_days) + 1)
    part.name(CLOSED_DAYS, Cell(HIDDEN, to_ref(2, 4)), Cell(HIDDEN, to_ref(last, 4)))
    return part
