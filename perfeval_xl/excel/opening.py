"""Which sheet a workbook shows first, changed in the file as it is."""

from __future__ import annotations

import re

from perfeval_xl.excel.package import Package

_VIEW = re.compile(rb"<(?:[\w.-]+:)?workbookView\b[^<>]*>")
_SHEETS = re.compile(rb"<([\w.-]+:)?sheets\b")
_SHEET_VIEW = re.compile(rb"<(?:[\w.-]+:)?sheetView\b[^<>]*>")
_ACTIVE, _SELECTED = b"activeTab", b"tabSelected"


def opening_at(workbook: bytes, sheet: str) -> bytes:
    """``workbook`` so that it opens on ``sheet``, that one alone selected; all else byte for byte as it was.

    Where there is no such sheet, or it is hidden, the workbook comes back as it is. UnreadableWorkbook for broken XML.
    """
    package = Package.read(workbook)
    number = next((number for number, tab in enumerate(package.tabs) if tab == (sheet, True)), None)
    if number is None:
        return workbook
    changes = {package.workbook_part: _active(package.part(package.workbook_part), number)}
    for relation in package.relations(package.workbook_part):
        if relation.kind.endswith("sheet") and relation.target in package:
            changes[relation.target] = _chosen(
                package.part(relation.target), relation.target == package.sheets.get(sheet)
            )
    return package.rewrite({part: xml for part, xml in changes.items() if xml != package.part(part)})


def _active(xml: bytes, number: int) -> bytes:
    """The workbook's XML with its ``number``-th tab (from 0) in front; Gnumeric writes no view."""
    view = _VIEW.search(xml)
    if view is not None:
        return xml[: view.start()] + _with(view[0], _ACTIVE, b"%d" % number) + xml[view.end() :]
    sheets = _SHEETS.search(xml)
    if sheets is None:
        return xml
    prefix = sheets[1] or b""
    added = b'<%bbookViews><%bworkbookView activeTab="%d"/></%bbookViews>' % (prefix, prefix, number, prefix)
    return xml[: sheets.start()] + added + xml[sheets.start() :]


def _chosen(xml: bytes, chosen: bool) -> bytes:
    """A sheet's XML with the mark of a selected tab, or without it: what is typed goes into all sheets that have it."""
    end = xml.find(b"sheetData")
    head = xml if end < 0 else xml[:end]
    if not chosen and _SELECTED not in head:
        return xml
    return _SHEET_VIEW.sub(lambda view: _with(view[0], _SELECTED, b"1" if chosen else None), head) + xml[len(head) :]


def _with(tag: bytes, name: bytes, value: bytes | None) -> bytes:
    """A start tag with an attribute set, or without it; the other attributes as they stand."""
    bare = re.sub(rb"\s" + name + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", tag)
    if value is None:
        return bare
    end = -2 if bare.endswith(b"/>") else -1
    return b'%b %b="%b"%b' % (bare[:end].rstrip(), name, value, bare[end:])
