"""Links from cells of a sheet to other cells of the workbook: the sheet's <hyperlinks>, every other byte as it was."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from perfeval_xl.cells import Cell
from perfeval_xl.errors import PatchRefused, UnreadableWorkbook
from perfeval_xl.excel.tags import START_TAG

_BEFORE = {
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations",
}  # fmt: skip
"""The elements of a sheet that stand before its links."""
_LINK = re.compile(rb"""<(?:[\w.-]+:)?hyperlink\s(?:[^<>]*\s)?ref\s*=\s*["']([^"':]*)""")


@dataclass(slots=True)
class _Found:
    """Where things stand in a sheet, as offsets of bytes: begin and end."""

    prefix: str = ""
    encoding: str = "utf-8"
    after: int = -1  # the end of the last element before the links
    links: tuple[int, int] | None = None  # the element <hyperlinks>
    each: list[tuple[int, int]] = field(default_factory=list)  # the links in it


class _Scan:
    def __init__(self, xml: bytes) -> None:
        self.xml = xml
        self.found = _Found()
        self._open: list[tuple[str, int]] = []
        self._parser = parser = expat.ParserCreate()
        parser.XmlDeclHandler = self._declared
        parser.StartElementHandler = self._started
        parser.EndElementHandler = self._ended
        try:
            parser.Parse(xml, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise UnreadableWorkbook("工作表的内容已损坏") from error

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.found.encoding = encoding or "utf-8"

    def _started(self, name: str, _attributes: Mapping[str, str]) -> None:
        if not self._open:
            self.found.prefix = "".join(name.rpartition(":")[:2])
        self._open.append((name, self._parser.CurrentByteIndex))

    def _ended(self, _name: str) -> None:
        name, begin = self._open.pop()
        depth = len(self._open)
        local = name.rpartition(":")[2]
        if depth == 1 and local in _BEFORE:
            self.found.after = self._end(begin)
        elif depth == 1 and local == "hyperlinks":
            self.found.links = begin, self._end(begin)
        elif depth == 2 and local == "hyperlink":
            self.found.each.append((begin, self._end(begin)))

    def _end(self, begin: int) -> int:
        """Where the element that is ending, and that began at ``begin``, stops."""
        tag = START_TAG.match(self.xml, begin)
        assert tag is not None  # expat found one here
        if tag[0].endswith(b"/>"):
            return tag.end()
        return self.xml.index(b">", self._parser.CurrentByteIndex) + 1


def link_cells(xml: bytes, links: Mapping[str, Cell], cells: Collection[str]) -> bytes:
    """``xml`` with links from cells (A1 references) to other cells; ``cells`` lose the links that they had.

    The links of other cells stay as they are. PatchRefused for a sheet without cells, UnreadableWorkbook for broken XML.
    """
    if not links and all(ref not in cells for ref in map(_first, _LINK.finditer(xml))):
        return xml
    found = _Scan(xml).found
    if found.after < 0:
        raise PatchRefused("工作表的结构特殊（没有单元格数据），不能写入")
    made = "".join(
        f"<{found.prefix}hyperlink ref={quoteattr(ref)} location={quoteattr(_location(cell))}/>"
        for ref, cell in links.items()
    ).encode(found.encoding, "xmlcharrefreplace")
    if found.links is None:
        return xml[: found.after] + _element(found.prefix, made) + xml[found.after :]
    begin, end = found.links
    kept, at = [], begin
    for start, stop in found.each:
        link = _LINK.match(xml, start, stop)
        if link is not None and _first(link) in cells:
            kept.append(xml[at:start])
            at = stop
    if not made and not kept:
        return xml
    if len(found.each) == len(kept):  # none but those of the cells
        return xml[:begin] + _element(found.prefix, made) + xml[end:]
    closing = xml.rindex(b"</", begin, end)
    return b"".join([xml[:begin], *kept, xml[at:closing], made, xml[closing:]])


def _first(link: re.Match[bytes]) -> str:
    """The first cell of a link's range."""
    return link[1].decode("ascii", "replace").replace("$", "")


def _element(prefix: str, links: bytes) -> bytes:
    """The element around ``links``; there is none where there are none."""
    return f"<{prefix}hyperlinks>".encode() + links + f"</{prefix}hyperlinks>".encode() if links else b""


def _location(cell: Cell) -> str:
    sheet = cell.sheet.replace("'", "''")
    return f"'{sheet}'!{cell.ref}"
