"""A cover note as a Word document, laid out like an official letter; the same note gives the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from perfeval_xl.district.cover_note import COLUMNS, CoverNote, Problem

_BODY, _HEAD = "仿宋", "黑体"
_TITLE_SIZE, _BODY_SIZE, _TABLE_SIZE = Pt(22), Pt(16), Pt(12)  # 二号, 三号, 小四
_LINE = Pt(28)
_WIDTHS = (Mm(14), Mm(46), Mm(96))
_MARGINS = {"top_margin": Mm(37), "bottom_margin": Mm(35), "left_margin": Mm(28), "right_margin": Mm(26)}
_NUMBERS = "一二三四五"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def letter(note: CoverNote) -> bytes:
    """The note as a .docx: A4, the problems in tables whose heads repeat on every page."""
    paper: Any = docx.Document()
    _set_up(paper, note)
    title = paper.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_after = Pt(14)
    title.paragraph_format.line_spacing = Pt(32)
    _run(title, note.title, _HEAD, _TITLE_SIZE)
    _paragraph(paper, note.addressee, indent=False)
    _paragraph(paper, note.opening())
    headings = 0
    for heading, problems in note.lists():
        _heading(paper, headings, heading)
        _table(paper, problems)
        headings += 1
    _heading(paper, headings, "怎样改")
    for number, step in enumerate(note.steps(), start=1):
        _paragraph(paper, f"{number}. {step}")
    for line in (note.contact, note.reference):
        if line:
            _paragraph(paper, line)
    _signature(paper, note.campaign.department)
    return _packed(paper)


def _set_up(paper: Any, note: CoverNote) -> None:
    section = paper.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    for name, size in _MARGINS.items():
        setattr(section, name, size)
    normal = paper.styles["Normal"]
    _set_font(normal, _BODY, _BODY_SIZE)
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = _LINE
    properties = paper.core_properties
    properties.title, properties.author = note.title, note.campaign.department
    properties.subject, properties.comments = note.unit.name, ""
    properties.created = properties.modified = datetime(note.campaign.year, 1, 1)
    _set_font(paper.styles["Footer"], _BODY, _TABLE_SIZE)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(footer, "— ", _BODY, _TABLE_SIZE)
    _page_number(_run(footer, "", _BODY, _TABLE_SIZE))
    _run(footer, " —", _BODY, _TABLE_SIZE)


def _set_font(styled: Any, font: str, size: Pt) -> None:
    """A font for all scripts: Word picks the one for Chinese from an attribute of its own."""
    styled.font.name, styled.font.size = font, size
    fonts = styled.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")  # quotation marks are those of Chinese


def _run(paragraph: Any, text: str, font: str, size: Pt) -> Any:
    run = paragraph.add_run(text)
    _set_font(run, font, size)
    return run


def _paragraph(paper: Any, text: str, *, indent: bool = True) -> None:
    paragraph = paper.add_paragraph()
    if indent:
        paragraph.paragraph_format.first_line_indent = _BODY_SIZE * 2
    _run(paragraph, text, _BODY, _BODY_SIZE)


def _heading(paper: Any, number: int, text: str) -> None:
    paragraph = paper.add_paragraph()
    paragraph.paragraph_format.first_line_indent = _BODY_SIZE * 2
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(8)
    _run(paragraph, f"{_NUMBERS[number]}、{text}", _HEAD, _BODY_SIZE)


def _table(paper: Any, problems: Sequence[Problem]) -> None:
    table = paper.add_table(rows=1, cols=len(COLUMNS), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    head, *_ = table.rows
    _mark(head, "w:tblHeader")
    for cell, text in zip(head.cells, COLUMNS, strict=True):
        _fill(cell, text, _HEAD, WD_ALIGN_PARAGRAPH.CENTER)
    for number, problem in enumerate(problems, start=1):
        cells = _add_row(table)
        _fill(cells[0], str(number), _BODY, WD_ALIGN_PARAGRAPH.CENTER)
        _fill(cells[1], problem.place, _BODY, WD_ALIGN_PARAGRAPH.LEFT)
        _fill(cells[2], problem.what, _BODY, WD_ALIGN_PARAGRAPH.LEFT)
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = width  # LibreOffice and WPS go by the columns, Word by the cells
        for cell in column.cells:
            cell.width = width


def _add_row(table: Any) -> Any:
    row = table.add_row()
    _mark(row, "w:cantSplit")
    return row.cells


def _mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _fill(cell: Any, text: str, font: str, alignment: Any) -> None:
    [paragraph] = cell.paragraphs
    paragraph.alignment = alignment
    paragraph.paragraph_format.line_spacing = Pt(18)
    _run(paragraph, text, font, _TABLE_SIZE)


def _signature(paper: Any, department: str) -> None:
    """Who sends it; the day is left open, to be filled in when it goes out."""
    for number, text in enumerate((department, "　　年　　月　　日")):
        paragraph = paper.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.keep_with_next = not number
        paragraph.paragraph_format.space_before = Pt(0 if number else 28)
        _run(paragraph, text, _BODY, _BODY_SIZE)


def _page_number(run: Any) -> None:
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        if kind is None:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = text
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _packed(paper: Any) -> bytes:
    """The document's bytes; the library dates the members of its zip by the clock."""
    written, fixed = BytesIO(), BytesIO()
    paper.save(written)
    with zipfile.ZipFile(written) as given, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as kept:
        for info in given.infolist():
            kept.writestr(zipfile.ZipInfo(info.filename, _ZIP_DATE), given.read(info), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
