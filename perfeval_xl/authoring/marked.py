"""A copy of an authoring workbook with its errors marked: red cells with a comment, and a list with a link to each."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from perfeval_xl.authoring.reading import RESULT
from perfeval_xl.authoring.trouble import Trouble
from perfeval_xl.cells import Cell
from perfeval_xl.errors import PatchRefused
from perfeval_xl.excel.book import printable

_RED, _AMBER = "FFFFC7CE", "FFFFEB9C"
_HEADS = ("序号", "位置", "轻重", "说明")
_WIDTHS = (6, 24, 8, 110)
_LONGEST = 2000  # signs of a comment that anybody would read


def marked_copy(data: bytes, errors: Sequence[Trouble], notes: Sequence[Trouble] = ()) -> bytes:
    """``data`` (an .xlsx) with what is wrong marked in it. PatchRefused where it can't be written in."""
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    try:
        book = openpyxl.load_workbook(io.BytesIO(data))
    except Exception as error:  # it has no class of its own for what it can't read
        raise PatchRefused("不能在这个文件里做标记") from error
    fill = PatternFill("solid", fgColor=_RED)
    for cell, messages in _by_cell(errors).items():
        if cell.sheet not in book.sheetnames:
            continue
        sheet = book[cell.sheet]
        try:
            sheet[cell.ref].fill = fill
            comment = Comment("\n".join(printable(each) for each in messages)[:_LONGEST], "检查")
            comment.width, comment.height = 360, 60 + 24 * len(messages)
            sheet[cell.ref].comment = comment
        except AttributeError:  # inside a merge
            continue
        sheet.sheet_properties.tabColor = "FFFF0000"
    _list(book, errors, notes)
    book.active = 0
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == RESULT
    out = io.BytesIO()
    try:
        book.save(out)
    except Exception as error:
        raise PatchRefused("不能在这个文件里做标记") from error
    return out.getvalue()


def _list(book: Any, errors: Sequence[Trouble], notes: Sequence[Trouble]) -> None:
    """Put the list of all that was found in front of the sheets, each with a link to its cell."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.worksheet.hyperlink import Hyperlink

    if RESULT in book.sheetnames:
        del book[RESULT]
    listed = book.create_sheet(RESULT, 0)
    listed.append(_HEADS)
    for column, width in zip("ABCD", _WIDTHS, strict=True):
        listed.column_dimensions[column].width = width
        listed[f"{column}1"].font = Font(bold=True)
    for number, each in enumerate((*errors, *notes), start=1):
        row = number + 1
        for column, value in zip(
            "ABCD", (number, str(each.cell or "整个文件"), each.weight.label, each.message), strict=True
        ):
            cell = listed[f"{column}{row}"]
            cell.value = printable(value) if isinstance(value, str) else value
            cell.data_type = "s" if isinstance(value, str) else "n"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if number <= len(errors):
            listed[f"C{row}"].fill = PatternFill("solid", fgColor=_RED)
        else:
            listed[f"C{row}"].fill = PatternFill("solid", fgColor=_AMBER)
        if each.cell is not None and each.cell.sheet in book.sheetnames:
            quoted = each.cell.sheet.replace("'", "''")
            listed[f"B{row}"].hyperlink = Hyperlink(ref=f"B{row}", location=f"'{quoted}'!{each.cell.ref}")
            listed[f"B{row}"].font = Font(color="FF0563C1", underline="single")
    listed.freeze_panes = "A2"
    listed.page_setup.orientation = "landscape"
    listed.page_setup.fitToHeight = 0
    listed.sheet_properties.pageSetUpPr.fitToPage = True


def _by_cell(errors: Sequence[Trouble]) -> Mapping[Cell, list[str]]:
    found: dict[Cell, list[str]] = {}
    for each in errors:
        if each.cell is not None:
            found.setdefault(each.cell, []).append(each.message)
    return found
