"""Known figures in a unit's blank: put into its input cells, which are locked where that is asked for, and found again.

The blank itself tells what it was issued with: a custom property says that there is something, the cells say what, their
styles whether they are locked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from perfeval_xl.cells import Cell, from_ref, to_ref
from perfeval_xl.entries import read_entry
from perfeval_xl.errors import PatchRefused, WorkbookError
from perfeval_xl.excel.layout.model import Layout, View
from perfeval_xl.excel.opened import OoxmlBook
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.stamping import fill
from perfeval_xl.excel.styles import GREY
from perfeval_xl.scheme.answers import Answer, Answers

MARK = "perfeval_prefilled"
"""The custom property of a blank with known figures: how many cells hold one."""

_FORMATS = re.compile(rb'(<cellXfs count=")\d+(">)(.*?)(</cellXfs>)', re.DOTALL)
_FORMAT = re.compile(rb"<xf [^<>]*/>|<xf [^<>]*[^/<>]>.*?</xf>", re.DOTALL)
_FILL = re.compile(rb"<fill>.*?</fill>", re.DOTALL)
_UNLOCKED = b'<protection locked="0"/>'
_PROPERTY_ID = re.compile(rb' pid="(\d+)"')
_PROPERTY = (
    '<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{pid}" name="{name}">'
    "<vt:lpwstr>{value}</vt:lpwstr></property>"
)


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What an input cell was issued with, and whether the unit is kept from changing it."""

    answer: Answer
    locked: bool


def prefill(workbook: bytes, layout: Layout, given: Mapping[str, Prefilled], view: View) -> bytes:
    """A stamped blank with ``given`` (by field id) in its cells; those to be locked are, and turn grey.

    ``view`` is what the formulas see then. PatchRefused where ``workbook`` is no blank of ``layout`` as it was issued.
    """
    answers = Answers(each.answer for each in given.values())
    package = Package.read(fill(workbook, layout, answers, view))
    custom, styles = package.custom_part, package.related("styles", package.workbook_part)
    if custom is None or styles is None:
        raise PatchRefused("空白表与方案不符")
    formats = _Formats(package.part(styles))
    changes = {custom: _marked(package.part(custom), len(given))}
    by_sheet: defaultdict[str, list[Cell]] = defaultdict(list)
    for field, each in given.items():
        if each.locked:
            by_sheet[layout.inputs[field].sheet] += _area(layout, layout.inputs[field])
    for sheet, cells in by_sheet.items():
        part = package.sheets[sheet]
        changes[part] = _locked(package.part(part), cells, formats)
    if by_sheet:
        changes[styles] = formats.written()
    return package.rewrite(changes)


def is_prefilled(workbook: bytes) -> bool:
    """Whether a blank was issued with known figures. UnreadableWorkbook where it is no workbook."""
    return MARK in Package.read(workbook).custom_properties


def prefilled_in(blank: bytes, layout: Layout) -> dict[str, Prefilled]:
    """What the blank of a unit was issued with beyond what all blanks of the form are, by field id.

    Nothing for what is no workbook, or can't be read.
    """
    try:
        if not is_prefilled(blank):
            return {}
        book = OoxmlBook(blank)
        unlocked = unlocked_formats(book.package)
        found: dict[str, Prefilled] = {}
        for field, cell in layout.inputs.items():
            entry = book.entry(cell)
            if entry.formula is not None:
                continue
            kind = layout.scheme.fields[field]
            answer = read_entry(kind, entry, cell)
            if answer.value is not None and answer.value != kind.issued_value:
                style = book.scan(cell.sheet).styles.get(cell.ref, 0)
                found[field] = Prefilled(answer, locked=style not in unlocked)
        return found
    except WorkbookError:
        return {}


class _Formats:
    """The cell formats of a blank, and locked twins of its unlocked ones as they are asked for."""

    def __init__(self, styles: bytes) -> None:
        match = _FORMATS.search(styles)
        grey = [number for number, fill in enumerate(_FILL.findall(styles)) if GREY.strip("#").encode() in fill]
        if match is None or not grey:
            raise PatchRefused("空白表与方案不符")
        self._styles, self._match = styles, match
        self._grey = f' fillId="{grey[0]}"'.encode()
        self._formats = _FORMAT.findall(match[3])

    def locked(self, index: int) -> int:
        """The format ``index``, locked and grey."""
        plain = self._formats[index].replace(_UNLOCKED, b"").replace(b' applyProtection="1"', b"")
        twin = re.sub(rb' fillId="\d+"', self._grey, plain)
        if twin not in self._formats:
            self._formats.append(twin)
        return self._formats.index(twin)

    def written(self) -> bytes:
        start, stop = self._match.span()
        head, middle, tail = (self._match[group] for group in (1, 2, 4))
        block = head + str(len(self._formats)).encode() + middle + b"".join(self._formats) + tail
        return self._styles[:start] + block + self._styles[stop:]


def _area(layout: Layout, first: Cell) -> Iterator[Cell]:
    """A cell, and those that it is merged with."""
    last = layout.sheet[first.sheet].merges.get(first.ref, first.ref)
    (top, left), (bottom, right) = from_ref(first.ref), from_ref(last)
    for row in range(top, bottom + 1):
        yield from (Cell(first.sheet, to_ref(row, column)) for column in range(left, right + 1))


def _locked(xml: bytes, cells: Collection[Cell], formats: _Formats) -> bytes:
    """A sheet of ours with ``cells`` in locked formats; every cell of a blank has its place and its format."""
    wanted = {cell.ref.encode() for cell in cells}
    done: set[bytes] = set()

    def changed(match: re.Match[bytes]) -> bytes:
        if match[2] not in wanted:
            return match[0]
        done.add(match[2])
        return match[1] + match[2] + match[3] + str(formats.locked(int(match[4]))).encode()

    changed_xml = re.sub(rb'(<c r=")([A-Z]+[0-9]+)(" s=")([0-9]+)', changed, xml)
    if done != wanted:
        raise PatchRefused("空白表与方案不符：有的填报单元格不在原处")
    return changed_xml


def _marked(custom: bytes, count: int) -> bytes:
    number = max(int(each) for each in _PROPERTY_ID.findall(custom)) + 1
    added = _PROPERTY.format(pid=number, name=MARK, value=count).encode()
    return custom.replace(b"</Properties>", added + b"</Properties>")


def unlocked_formats(package: Package) -> frozenset[int]:
    """The cell formats (indexes into cellXfs) of cells that can be typed into while their sheet is protected."""
    styles = package.related("styles", package.workbook_part)
    if styles is None:
        return frozenset()
    formats = package.xml(styles).iterfind("{*}cellXfs/{*}xf")
    protections = (each.find("{*}protection") for each in formats)
    return frozenset(
        number for number, each in enumerate(protections) if each is not None and each.get("locked") in ("0", "false")
    )
