"""A cover note as a Word document, laid out like an official letter; the same note gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.shared import Mm, Pt

from perfeval_xl.district.cover_note import COLUMNS, CoverNote, Problem
from perfeval_xl.district.official import (
    BODY_FONT,
    BODY_SIZE,
    CENTRE,
    HEAD_FONT,
    INDENT,
    LEFT,
    RIGHT,
    TITLE_SIZE,
    add_run,
    add_table,
    new_paper,
    packed,
)

_WIDTHS = (Mm(14), Mm(46), Mm(96))
_NUMBERS = "一二三四五"


def letter(note: CoverNote) -> bytes:
    """The note as a .docx: A4, the problems in tables whose heads repeat on every page."""
    campaign = note.campaign
    paper = new_paper(note.title, campaign.department, note.unit.name, campaign.year)
    title = paper.add_paragraph()
    title.alignment = CENTRE
    title.paragraph_format.space_after = Pt(14)
    title.paragraph_format.line_spacing = Pt(32)
    add_run(title, note.title, HEAD_FONT, TITLE_SIZE)
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
    _signature(paper, campaign.department)
    return packed(paper)


def _paragraph(paper: Any, text: str, *, indent: bool = True) -> None:
    paragraph = paper.add_paragraph()
    if indent:
        paragraph.paragraph_format.first_line_indent = INDENT
    add_run(paragraph, text, BODY_FONT, BODY_SIZE)


def _heading(paper: Any, number: int, text: str) -> None:
    paragraph = paper.add_paragraph()
    paragraph.paragraph_format.first_line_indent = INDENT
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(8)
    add_run(paragraph, f"{_NUMBERS[number]}、{text}", HEAD_FONT, BODY_SIZE)


def _table(paper: Any, problems: Sequence[Problem]) -> None:
    rows = [(str(number), each.place, each.what) for number, each in enumerate(problems, start=1)]
    add_table(paper, COLUMNS, _WIDTHS, rows, (CENTRE, LEFT, LEFT))


def _signature(paper: Any, department: str) -> None:
    """Who sends it; the day is left open, to be filled in when it goes out."""
    for number, text in enumerate((department, "　　年　　月　　日")):
        paragraph = paper.add_paragraph()
        paragraph.alignment = RIGHT
        paragraph.paragraph_format.keep_with_next = not number
        paragraph.paragraph_format.space_before = Pt(0 if number else 28)
        add_run(paragraph, text, BODY_FONT, BODY_SIZE)
