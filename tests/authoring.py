"""What the tests of authoring share: schemes as content, workbooks to spoil, and what an import makes of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from perfeval_xl.authoring.importing import Imported, import_workbook
from perfeval_xl.authoring.raw import parse
from perfeval_xl.authoring.reading import README
from perfeval_xl.authoring.workbook import authoring_workbook
from perfeval_xl.scheme.loader import available_schemes, digest_of, find_scheme

SCHEMES = available_schemes()
HEAD = 3
"""The row of headings in every sheet (from 1)."""


def content(name: str = "huadu-2024") -> dict[str, Any]:
    """A scheme's content as it stands in its file."""
    return parse(find_scheme(name).read_text(encoding="utf-8"))


def digest(raw: dict[str, Any]) -> str:
    return digest_of(raw, {})


_BOOKS: dict[str, bytes] = {}


def exported(name: str = "huadu-2024") -> bytes:
    """The authoring workbook of a scheme, built once."""
    if name not in _BOOKS:
        _BOOKS[name] = authoring_workbook(content(name))
    return _BOOKS[name]


@cache
def bare(name: str) -> bytes:
    """The workbook without what an import never looks at (instructions, notes, drop-downs, blank cells), which openpyxl is
    slow to read and write."""
    book = openpyxl.load_workbook(io.BytesIO(exported(name)))
    del book[README]
    for sheet in book:
        sheet.data_validations.dataValidation = []
        for area in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(area))
        sheet._cells = {place: cell for place, cell in sheet._cells.items() if cell.value is not None}
        for cell in sheet._cells.values():
            cell.comment = None
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def spoiled(change: Callable[[openpyxl.Workbook], object], name: str = "huadu-2024") -> bytes:
    """The workbook after ``change`` was made to it."""
    book = openpyxl.load_workbook(io.BytesIO(bare(name)))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@cache
def imported(change: Callable[[openpyxl.Workbook], object], name: str = "huadu-2024") -> Imported:
    return import_workbook(spoiled(change, name), "方案.xlsx")


def said(found: Imported) -> list[str]:
    """The errors, as a person sees them."""
    return [str(each) for each in found.errors]


def noted(found: Imported) -> list[str]:
    return [str(each) for each in found.notes]


def column(sheet: Worksheet, title: str) -> int:
    """The number of the column with that heading, from 1."""
    titles = [cell.value for cell in sheet[HEAD]]
    return titles.index(title) + 1


def row(sheet: Worksheet, **wanted: Any) -> int:
    """The first row that holds just that under these headings."""
    for number in range(HEAD + 1, sheet.max_row + 1):
        if all(sheet.cell(number, column(sheet, title)).value == value for title, value in wanted.items()):
            return number
    raise AssertionError(f"{sheet.title}: no row with {wanted}")


def put(book: openpyxl.Workbook, sheet: str, number: int, **values: Any) -> None:
    """Type into the cells of a row under these headings."""
    for title, value in values.items():
        book[sheet].cell(number, column(book[sheet], title)).value = value


@cache
def opened(name: str = "huadu-2024") -> openpyxl.Workbook:
    """The workbook as it is exported; not to be changed."""
    return openpyxl.load_workbook(io.BytesIO(exported(name)))


def ref(book_sheet: str, number: int, title: str, name: str = "huadu-2024") -> str:
    """The cell of a row under a heading, as a message names it."""
    sheet = opened(name)[book_sheet]
    return f"{book_sheet}!{openpyxl.utils.get_column_letter(column(sheet, title))}{number}"


def last_row(sheet: Worksheet) -> int:
    """The last row that holds anything of its own."""
    filled = [n for n in range(HEAD + 1, sheet.max_row + 1) if sheet.cell(n, 2).value is not None]
    return max(filled, default=HEAD)


def save(data: bytes, folder: Path, name: str = "方案.xlsx") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
