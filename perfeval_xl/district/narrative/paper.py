"""A narrative as a Word document: official fonts and numbers, real headings, the tool's own parts marked as such.

What a person still has to write is highlighted. The same story gives the same bytes.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable
from hashlib import sha256
from io import BytesIO
from itertools import groupby
from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from perfeval_xl.district.narrative import marks
from perfeval_xl.district.narrative.blocks import REMINDER, Bars, Block, Grid, Heading, Item, Story, Subject, Text
from perfeval_xl.district.narrative.chart import add_bars
from perfeval_xl.district.official import (
    BODY_FONT,
    BODY_SIZE,
    CENTRE,
    HEAD_FONT,
    INDENT,
    JUSTIFIED,
    LINE,
    SUBHEAD_FONT,
    TABLE_SIZE,
    TITLE_FONT,
    TITLE_SIZE,
    add_run,
    add_table,
    new_paper,
    packed,
    set_font,
)

_TITLE_LINE = Pt(36)
_GAP = Pt(10)  # below a table
_LEVELS = 9  # of headings, in Word


def document(story: Story, subject: Subject) -> bytes:
    """The narrative as a .docx."""
    paper = new_paper(story.title.replace("\n", ""), subject.author, subject.name, subject.year)
    _add_styles(paper)
    _Writer(paper, subject.year).write(story)
    paper.core_properties.identifier = _digest(paper.part.blob)
    return packed(paper)


def is_untouched(data: bytes) -> bool:
    """Whether a document is as it was written: nobody has saved it since in another program."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            return _digest(package.read("word/document.xml")).encode() in package.read("docProps/core.xml")
    except (zipfile.BadZipFile, KeyError, zlib.error, NotImplementedError, RuntimeError, EOFError):
        return False  # whatever stands there, it is not what was written


def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def _add_styles(paper: Any) -> None:
    title = paper.styles["Title"]
    _format(title, TITLE_FONT, size=TITLE_SIZE, indented=False)
    for border in title.element.pPr.findall(qn("w:pBdr")):
        title.element.pPr.remove(border)
    title.paragraph_format.alignment = CENTRE
    title.paragraph_format.line_spacing = _TITLE_LINE
    title.paragraph_format.space_after = LINE
    new = {
        name: paper.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        for name in (marks.BODY, marks.ITEM, marks.OUR_TEXT, marks.OUR_ITEM, marks.OUR_TABLE, marks.OUR_FIGURE)
    }
    for level in range(1, _LEVELS + 1):
        style = paper.styles[f"Heading {level}"]
        _format(style, {1: HEAD_FONT, 2: SUBHEAD_FONT}.get(level, BODY_FONT), bold=level > 2)
        style.next_paragraph_style = new[marks.BODY]
    for name, style in new.items():
        style.base_style = paper.styles["Normal"]
        style.quick_style = True
        style.next_paragraph_style = new[marks.BODY]
        is_item = name in (marks.ITEM, marks.OUR_ITEM)
        _format(style, BODY_FONT, bold=is_item, indented=name not in (marks.OUR_TABLE, marks.OUR_FIGURE))
        if name in (marks.BODY, marks.OUR_TEXT):
            style.paragraph_format.alignment = JUSTIFIED
        if is_item:
            style.paragraph_format.keep_with_next = True
            _set_outline_level(style, 3)
    new[marks.OUR_TABLE].font.size = TABLE_SIZE
    figure = new[marks.OUR_FIGURE].paragraph_format
    figure.alignment, figure.line_spacing, figure.keep_with_next = CENTRE, 1.0, True


def _format(style: Any, font: str, *, size: Pt = BODY_SIZE, bold: bool = False, indented: bool = True) -> None:
    set_font(style, font, size)
    style.font.bold, style.font.italic, style.font.color.rgb = bold, False, RGBColor(0, 0, 0)
    layout = style.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing = LINE
    layout.first_line_indent = INDENT if indented else Pt(0)
    if indented:  # two characters, whatever size somebody makes them
        style.element.get_or_add_pPr().ind.set(qn("w:firstLineChars"), "200")


def _set_outline_level(style: Any, level: int) -> None:
    element = OxmlElement("w:outlineLvl")
    element.set(qn("w:val"), str(level - 1))
    style.element.get_or_add_pPr().append(element)


class _Writer:
    """Puts blocks into a document."""

    def __init__(self, paper: Any, year: int) -> None:
        self._paper = paper
        self._year = year
        self._marks = self._tables = self._charts = 0
        self._below_table = False
        self._ids = {each.name: each.style_id for each in paper.styles}  # the library looks each up anew: half the time

    def write(self, story: Story) -> None:
        self._add(story.title, "Title")
        for block in story.blocks:
            self._block(block)

    def _block(self, block: Block) -> None:
        match block:
            case Heading(text, level, ours):
                self._add(text, marks.OUR_ITEM if ours else f"Heading {min(level, _LEVELS)}", marked=ours)
            case Item(number, title, ours):
                self._add(f"{number}. {title}", marks.OUR_ITEM if ours else marks.ITEM, marked=ours)
            case Text(text, ours, verbatim):
                self._add(text, marks.OUR_TEXT if ours else marks.BODY, marked=ours or verbatim, plain=verbatim)
            case Grid():
                self._grid(block)
            case Bars():
                self._bars(block)

    def _add(self, text: str, style: str, *, marked: bool = False, plain: bool = False) -> Any:
        """A paragraph; reminders in it highlighted unless it is ``plain``."""
        paragraph = self._paragraph(style)
        pieces = [(text, False)] if plain else _pieces(text)
        for piece, highlighted in pieces:
            run = add_run(paragraph, piece)
            if highlighted:
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW
        if marked:
            self._marks += 1
            marks.mark(paragraph, self._marks)
        return paragraph

    def _paragraph(self, style: str) -> Any:
        paragraph = self._paper.add_paragraph()
        paragraph._p.style = self._ids[style]
        if self._below_table:
            paragraph.paragraph_format.space_before = _GAP
        self._below_table = False
        return paragraph

    def _grid(self, grid: Grid) -> None:
        self._tables += 1
        caption = self._add(f"表{self._tables}　{grid.caption}", marks.OUR_FIGURE, marked=True)
        _set_caption(caption)
        widths = [Mm(each) for each in grid.widths]
        sides = [CENTRE for _ in grid.head]
        table = add_table(self._paper, grid.head, widths, grid.rows, sides, self._ids[marks.OUR_TABLE])
        *rows, _ = table.rows
        for cell in (cell for row in rows for cell in row.cells):  # a table of this size stays on one page
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.keep_with_next = True
        if grid.joined:
            _join(table, [row[0] for row in grid.rows])
        self._below_table = True

    def _bars(self, bars: Bars) -> None:
        self._charts += 1
        paragraph = self._paragraph(marks.OUR_FIGURE)
        add_bars(self._paper, paragraph, bars, self._charts, self._year)
        caption = self._add(f"图{self._charts}　{bars.caption}", marks.OUR_FIGURE, marked=True)
        _set_caption(caption)
        caption.paragraph_format.keep_with_next = False


def _set_caption(paragraph: Any) -> None:
    paragraph.paragraph_format.line_spacing = LINE
    for run in paragraph.runs:
        set_font(run, HEAD_FONT, TABLE_SIZE)


def _join(table: Any, firsts: Iterable[str]) -> None:
    """One cell for equal neighbours in the first column, below the head."""
    at = 1
    for _, equal in groupby(firsts):
        count = len(list(equal))
        for row in range(at + 1, at + count):
            [paragraph] = table.cell(row, 0).paragraphs
            for run in paragraph.runs:
                run._r.getparent().remove(run._r)
        if count > 1:
            table.cell(at, 0).merge(table.cell(at + count - 1, 0))
        at += count


def _pieces(text: str) -> list[tuple[str, bool]]:
    """A text in pieces: what is a reminder, and what is not."""
    pieces, at = [], 0
    for match in REMINDER.finditer(text):
        pieces += [(text[at : match.start()], False), (match[0], True)]
        at = match.end()
    return [piece for piece in (*pieces, (text[at:], False)) if piece[0]]
