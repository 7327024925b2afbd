"""A workbook opened for reading: what an entry tells of a cell, in whatever program's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.entries import Entry
from perfeval_xl.excel.numberformats import shapes
from perfeval_xl.excel.opened import OoxmlBook
from perfeval_xl.resources import samples_dir

SAMPLES = sorted(samples_dir().glob("returns-*/*.xlsx"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_entry_tells_all_that_is_known_of_its_cell(path: Path) -> None:
    book = OoxmlBook(path.read_bytes())
    styles = book.package.related("styles", book.package.workbook_part)
    assert styles is not None
    formats = shapes(book.package.xml(styles))
    blank = filled = 0
    for sheet in book.sheet_names:
        scan, grid = book.scan(sheet), book.grid(sheet)
        for row, values in enumerate([*grid, [""]], start=1):
            for column, found in enumerate([*values, ""], start=1):
                ref = to_ref(row, column)
                held = scan.formulas.get(ref)
                entry = Entry(
                    found=found,
                    shape=formats[scan.styles.get(ref, 0)],
                    formula=None if held is None else scan.formula(ref),
                    saved=held is None or held.saved,
                    error=scan.errors.get(ref, ""),
                    date1904=book.package.date1904,
                )
                assert book.entry(Cell(sheet, ref)) == entry
                blank, filled = blank + (found == ""), filled + (found != "")
    assert blank > 1000 and filled > 1000
