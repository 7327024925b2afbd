"""Expected outputs that are kept in files. ``python -m tests.goldens --write`` writes them and the masters anew.

The dump of a master is what a person would look at: every cell, how it is formatted where that matters, what may be
typed into it, the names, the print set-up. It is read with openpyxl, so it owes nothing to the code that wrote it.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from perfeval_xl.generator import MASTER, build_master, write_master
from perfeval_xl.resources import templates_dir
from perfeval_xl.scheme.loader import available_schemes, find_scheme, load_scheme

GOLDEN = Path(__file__).with_name("golden")


def master_golden(scheme: str) -> Path:
    """Where the expected dump of a scheme's master stands."""
    return GOLDEN / f"master-{scheme}.json"


def dump(data: bytes) -> str:
    """A workbook as JSON text, a line a cell, so that a change shows as the lines it touches."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    shown = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    styles: dict[str, int] = {}
    content = {
        "properties": {
            "title": book.properties.title,
            "subject": book.properties.subject,
            "created": str(book.properties.created),
            "custom": {each.name: each.value for each in book.custom_doc_props.props},
        },
        "names": {name: place.attr_text for name, place in sorted(book.defined_names.items())},
        "sheets": {sheet.title: _sheet(sheet, shown[sheet.title], styles) for sheet in book},
    }
    content["styles"] = {str(number): style for style, number in styles.items()}
    return json.dumps(content, ensure_ascii=False, indent=0) + "\n"


def _sheet(sheet: Worksheet, shown: Worksheet, styles: dict[str, int]) -> dict[str, Any]:
    return {
        "state": sheet.sheet_state,
        "cells": {cell.coordinate: _cell(cell, shown[cell.coordinate].value, styles) for cell in _cells(sheet)},
        "merges": sorted(str(each) for each in sheet.merged_cells.ranges),
        "widths": {letter: column.width for letter, column in sorted(sheet.column_dimensions.items())},
        "heights": {str(row): line.height for row, line in sorted(sheet.row_dimensions.items()) if line.height},
        "validations": sorted(map(_validation, sheet.data_validations.dataValidation)),
        "highlights": sorted(
            f"{area.sqref}: {rule.formula[0]}" for area in sheet.conditional_formatting for rule in area.rules
        ),
        "protection": {key: value for key, value in vars(sheet.protection).items() if value is not None},
        "print": {
            "area": str(sheet.print_area),
            "titles": sheet.print_title_rows,
            "paper": sheet.page_setup.paperSize,
            "orientation": sheet.page_setup.orientation,
            "fit": [
                sheet.page_setup.fitToWidth,
                sheet.page_setup.fitToHeight,
                sheet.sheet_properties.pageSetUpPr and True,
            ],
            "breaks": [each.id for each in sheet.row_breaks.brk],
            "footer": [sheet.oddFooter.center.text, sheet.oddFooter.right.text],
        },
        "freeze": sheet.freeze_panes,
    }


def _cells(sheet: Worksheet) -> Iterator[Cell]:
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell, Cell) and (cell.value is not None or not cell.protection.locked or cell.has_style):
                yield cell


def _cell(cell: Cell, shown: Any, styles: dict[str, int]) -> str:
    """One line: locked or input, its style's number in ``styles``, value or formula with what it shows, link."""
    value = cell.value.isoformat() if isinstance(cell.value, datetime) else cell.value
    font, fill = cell.font, cell.fill
    style = [
        f"{font.name} {font.sz:g}{' bold' if font.b else ''}",
        cell.number_format,
        f"{cell.alignment.horizontal}/{cell.alignment.vertical}{' wrap' if cell.alignment.wrap_text else ''}",
        fill.start_color.rgb if fill.fill_type else "",
        "borders" if cell.border.left.style else "",
    ]
    number = styles.setdefault(" | ".join(filter(None, style)), len(styles))
    kind = "locked" if cell.protection.locked else "input"
    result = f" ⇒ {shown!r}" if cell.data_type == "f" else ""
    link = f" → {cell.hyperlink.location}" if cell.hyperlink else ""
    return f"{kind} {number}: {'' if value is None else repr(value)}{result}{link}"


def _validation(each: Any) -> str:
    shown = "stop" if each.showErrorMessage and each.errorStyle in (None, "stop") else "NO STOP"
    limits = " ".join(str(part) for part in (each.operator, each.formula1, each.formula2) if part is not None)
    texts = f"{each.errorTitle}: {each.error} | {each.promptTitle}: {each.prompt}"
    return f"{each.sqref}: {each.type} {limits} | {shown}: {texts}"


def write() -> None:
    """Write every scheme's master and the dump of it."""
    GOLDEN.mkdir(exist_ok=True)
    for name in available_schemes():
        scheme = load_scheme(find_scheme(name))
        write_master(scheme, templates_dir() / name / MASTER)
        master_golden(name).write_text(dump(build_master(scheme)), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.goldens --write")
    write()
