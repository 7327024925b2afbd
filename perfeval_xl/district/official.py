"""Official paper: what all our Word documents are made of (GB/T 9704: A4, margins, fonts, lines, page numbers).

Text from returns is made printable here, so that no sign in it can spoil a document. The same calls give the same bytes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import quoteattr

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.shared import Length, Mm, Pt

from perfeval_xl.excel.book import printable

TITLE_FONT, HEAD_FONT, SUBHEAD_FONT, BODY_FONT, NUMBER_FONT = "方正小标宋简体", "黑体", "楷体", "仿宋", "宋体"
TITLE_SIZE, BODY_SIZE, TABLE_SIZE = Pt(22), Pt(16), Pt(12)  # 二号, 三号, 小四
LINE, TABLE_LINE = Pt(28), Pt(18)
CENTRE, LEFT, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT
JUSTIFIED = WD_ALIGN_PARAGRAPH.JUSTIFY
INDENT = BODY_SIZE * 2

_NUMBER_SIZE = Pt(14)  # 四号
_MARGINS = {"top_margin": Mm(37), "bottom_margin": Mm(35), "left_margin": Mm(28), "right_margin": Mm(26)}
_FOOTER_DISTANCE = Mm(25)  # the number stands 7 mm below the text
_LONGEST_PROPERTY = 255  # characters, in Word
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Face:
    """A font as a document describes it: the other names it goes by (Windows, WPS, 麒麟, 方正) or that stand in for it."""

    others: str
    family: str
    panose: str


_FACES: Mapping[str, _Face] = {
    TITLE_FONT: _Face("方正小标宋_GBK,FZXiaoBiaoSong-B05S,FZXiaoBiaoSong-B05,华文中宋,STZhongsong,宋体", "script", "02010601030101010101"),
    HEAD_FONT: _Face("SimHei,方正黑体_GBK,FZHei-B01,思源黑体", "modern", "02010609060101010101"),
    SUBHEAD_FONT: _Face("KaiTi,楷体_GB2312,KaiTi_GB2312,方正楷体_GBK,FZKai-Z03", "modern", "02010609060101010101"),
    BODY_FONT: _Face("FangSong,仿宋_GB2312,FangSong_GB2312,方正仿宋_GBK,FZFangSong-Z02", "modern", "02010609060101010101"),
    NUMBER_FONT: _Face("SimSun,方正书宋_GBK,FZShuSong-Z01", "auto", "02010600030101010101"),
}  # fmt: skip


def new_paper(title: str, author: str, subject: str, year: int) -> Any:
    """An empty document (python-docx): A4, body style, page numbers; ``year`` dates it."""
    paper: Any = docx.Document()
    section = paper.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.footer_distance = _FOOTER_DISTANCE
    for name, size in _MARGINS.items():
        setattr(section, name, size)
    _in_chinese(paper)
    normal = paper.styles["Normal"]
    set_font(normal, BODY_FONT, BODY_SIZE)
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = LINE
    properties = paper.core_properties
    properties.title, properties.author = _property(title), _property(author)
    properties.subject, properties.comments = _property(subject), ""
    properties.created = properties.modified = datetime(year, 1, 1)
    _number_pages(paper, section)
    return paper


def _property(text: str) -> str:
    return printable(text)[:_LONGEST_PROPERTY]


def _in_chinese(paper: Any) -> None:
    """The library's blank is set up for Japanese; without this, programs choose Japanese forms of characters."""
    for language in paper.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    for language in paper.settings.element.iter(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    fonts = "".join(
        f"<w:font w:name={quoteattr(name)}><w:altName w:val={quoteattr(face.others)}/>"
        f'<w:panose1 w:val="{face.panose}"/><w:charset w:val="86"/><w:family w:val="{face.family}"/>'
        '<w:pitch w:val="auto"/></w:font>'
        for name, face in _FACES.items()
    )
    [table] = [part for part in paper.part.package.iter_parts() if part.partname == "/word/fontTable.xml"]
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    table._blob = f"{head}<w:fonts {nsdecls('w')}>{fonts}</w:fonts>".encode()


def _number_pages(paper: Any, section: Any) -> None:
    """— 1 — at the outer edge: to the right on odd pages, to the left on even ones."""
    paper.settings.odd_and_even_pages_header_footer = True
    set_font(paper.styles["Footer"], NUMBER_FONT, _NUMBER_SIZE)
    for footer, side in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
        [paragraph] = footer.paragraphs
        paragraph.alignment = side
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = _NUMBER_SIZE
        add_run(paragraph, "— ", NUMBER_FONT, _NUMBER_SIZE)
        _page_number(add_run(paragraph, "", NUMBER_FONT, _NUMBER_SIZE))
        add_run(paragraph, " —", NUMBER_FONT, _NUMBER_SIZE)


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


def set_font(styled: Any, font: str, size: Length) -> None:
    """A font for all scripts: Word picks the one for Chinese from an attribute of its own."""
    styled.font.name, styled.font.size = font, size
    fonts = styled.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)  # a theme's font would win
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")  # quotation marks are those of Chinese


def add_run(paragraph: Any, text: str, font: str | None = None, size: Length | None = None) -> Any:
    """``text`` as a run, made printable; in the paragraph's own font unless told otherwise."""
    run = paragraph.add_run(printable(text))
    if font is not None and size is not None:
        set_font(run, font, size)
    else:
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:hint"), "eastAsia")
    return run


def add_table(
    paper: Any,
    head: Sequence[str],
    widths: Sequence[Length],
    rows: Sequence[Sequence[str]],
    columns: Sequence[Any],
    style: str | None = None,
) -> Any:
    """A ruled table whose head repeats on every page and whose rows don't break.

    ``columns`` are the alignments; ``style`` is the id of the paragraph style in the cells (the body's unless told).
    """
    table = paper.add_table(rows=1, cols=len(head), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    [first] = table.rows
    _mark(first, "w:tblHeader")
    for cell, text in zip(first.cells, head, strict=True):
        _fill(cell, text, HEAD_FONT, CENTRE, style)
    for row in rows:
        added = table.add_row()
        _mark(added, "w:cantSplit")
        for cell, text, side in zip(added.cells, row, columns, strict=True):
            _fill(cell, text, BODY_FONT, side, style)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width  # LibreOffice and WPS go by the columns, Word by the cells
        for cell in column.cells:
            cell.width = width
    return table


def _mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _fill(cell: Any, text: str, font: str, side: Any, style: str | None) -> None:
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    [paragraph] = cell.paragraphs
    if style is not None:
        paragraph._p.style = style
    paragraph.alignment = side
    paragraph.paragraph_format.line_spacing = TABLE_LINE
    add_run(paragraph, text, font, TABLE_SIZE)


def packed(paper: Any) -> bytes:
    """The document's bytes; the library dates the members of its zip by the clock."""
    written, fixed = BytesIO(), BytesIO()
    paper.save(written)
    with zipfile.ZipFile(written) as given, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as kept:
        for info in given.infolist():
            kept.writestr(zipfile.ZipInfo(info.filename, _ZIP_DATE), given.read(info), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
