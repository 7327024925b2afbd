"""A bar chart as Word and WPS keep one: DrawingML with its values cached, and the workbook that it is edited in.

Both come from a small workbook made for the purpose: its chart is the document's chart, and it is embedded beside it.
"""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Length, Mm

from perfeval_xl.district.narrative.blocks import Bars
from perfeval_xl.excel.book import A4, Book, Paper

_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET, _FONT, _BAR = "数据", "仿宋", "#4472C4"
_WIDTH = Mm(150)
_BAR_HEIGHT, _REST = Mm(8), Mm(8)
_HIDDEN = ("showCatName", "showSerName", "showPercent", "showBubbleSize")  # of a bar's label
_FIRST = 2  # the row of the workbook with the first value


def add_bars(paper: Any, paragraph: Any, bars: Bars, number: int, year: int) -> None:
    """Put a chart into ``paragraph``; ``number`` is used once in a document."""
    chart, book = _made(bars, year)
    package = paper.part.package
    book_part = Part(PackURI(f"/word/embeddings/Microsoft_Excel_Sheet{number}.xlsx"), _BOOK_TYPE, book, package)
    chart_part = Part(PackURI(f"/word/charts/chart{number}.xml"), _CHART_TYPE, b"", package)
    chart_part._blob = _linked(chart, chart_part.relate_to(book_part, RELATIONSHIP_TYPE.PACKAGE))
    relation = paper.part.relate_to(chart_part, RELATIONSHIP_TYPE.CHART)
    height = Length(_REST + _BAR_HEIGHT * len(bars.labels))
    paragraph.add_run()._r.append(_inline(relation, bars.caption, number, height))


def _made(bars: Bars, year: int) -> tuple[bytes, bytes]:
    """The chart's XML and the workbook that it comes from."""
    book = Book(datetime(year, 1, 1), bars.caption, "")
    page = book.page(_SHEET, Paper(A4, landscape=False), bars.caption)
    page.raw.set_column(0, 0, 30)
    page.across(0, 0, 1, bars.caption, "section")
    for column, text in enumerate(("", bars.name)):
        page.put(_FIRST - 1, column, text, "head")
    for row, (label, share) in enumerate(zip(bars.labels, bars.shares, strict=True), start=_FIRST):
        page.put(row, 0, label)
        page.put(row, 1, share, "rate")
    last = _FIRST + len(bars.labels) - 1
    font = {"name": _FONT, "size": 11}
    chart = page.new_chart("bar")
    labels = {"value": True, "num_format": "0.00%", "font": font, "position": "outside_end"}
    chart.add_series(
        {
            "name": [_SHEET, _FIRST - 1, 1],
            "categories": [_SHEET, _FIRST, 0, last, 0],
            "values": [_SHEET, _FIRST, 1, last, 1],
            "fill": {"color": _BAR},
            "gap": 60,
            "data_labels": labels,
        }
    )
    chart.set_x_axis({"min": 0, "max": 1.15, "visible": False, "major_gridlines": {"visible": False}})  # room for 100%
    line = {"color": "#7F7F7F"}
    chart.set_y_axis(
        {"reverse": True, "num_font": font, "line": line, "major_tick_mark": "none", "minor_tick_mark": "none"}
    )
    chart.set_legend({"none": True})
    chart.set_title({"none": True})
    chart.set_chartarea({"border": {"none": True}})
    page.raw.insert_chart(_FIRST - 1, 3, chart)
    data = book.close()
    with zipfile.ZipFile(BytesIO(data)) as package:
        return package.read("xl/charts/chart1.xml"), data


def _linked(chart: bytes, relation: str) -> bytes:
    """The chart with the embedded workbook as its source, its font given for Chinese too, without a sheet's print set-up."""
    root = parse_xml(chart)
    for latin in list(root.iter(f"{{{_DRAWING}}}latin")):
        latin.addnext(latin.makeelement(f"{{{_DRAWING}}}ea", {"typeface": latin.get("typeface", _FONT)}))
    for shown in list(root.iter(f"{{{_CHART}}}showVal")):  # what isn't said to be hidden, LibreOffice shows
        shown.addprevious(_element(shown, "showLegendKey", val="0"))
        for name in reversed(_HIDDEN):
            shown.addnext(_element(shown, name, val="0"))
    for language in root.findall(f"{{{_CHART}}}lang"):
        language.set("val", "zh-CN")
        language.addnext(_element(root, "roundedCorners", val="0"))
    for setup in root.findall(f"{{{_CHART}}}printSettings"):
        root.remove(setup)
    source = _element(root, "externalData")
    source.set(f"{{{_RELATION}}}id", relation)
    source.append(_element(root, "autoUpdate", val="0"))
    root.append(source)
    return serialize_part_xml(root)


def _element(like: Any, name: str, **values: str) -> Any:
    return like.makeelement(f"{{{_CHART}}}{name}", values)


def _inline(relation: str, caption: str, number: int, height: Length) -> Any:
    """The place of the chart in the text. ``caption`` is ours: no text of a person's stands in the XML."""
    return parse_xml(
        f'<w:drawing {nsdecls("w", "wp", "a", "r")}><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{_WIDTH}" cy="{height}"/><wp:effectExtent l="0" t="0" r="0" b="0"/>'
        f'<wp:docPr id="{number}" name="图{number}" descr="{caption}"/><wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{_CHART}"><c:chart xmlns:c="{_CHART}" r:id="{relation}"/></a:graphicData>'
        "</a:graphic></wp:inline></w:drawing>"
    )
