"""Values into workbooks of our own layout: a unit's name and seal into the master, answers into an issued copy."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from perfeval_xl.errors import PatchRefused, WorkbookError
from perfeval_xl.excel.layout import SEAL_NAME
from perfeval_xl.excel.layout.model import Layout, View
from perfeval_xl.excel.layout.parts import TITLE
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.sheetpatch import Patch, clean_text, patch_sheet
from perfeval_xl.excel.zipraw import Entry
from perfeval_xl.numbers import read_number
from perfeval_xl.scheme.answers import Answer, Answers
from perfeval_xl.scheme.fields import NO, YES

_SLOT = "\ue000"  # a private character: it marks where a value goes, and no form contains it
_SLOTS = re.compile(f"{_SLOT}([^{_SLOT}]*){_SLOT}".encode())
_NAME = re.compile(rb'(<definedName name="' + SEAL_NAME.encode() + rb'"[^<>]*>)[^<]*(</definedName>)')
_PROPERTY = re.compile(rb'(<property [^<>]*name="' + SEAL_NAME.encode() + rb'"[^<>]*><vt:lpwstr>)[^<]*(</vt:lpwstr>)')
_CORE_SUBJECT = re.compile(rb"(<dc:subject>)[^<]*(</dc:subject>)")
_CORE_TITLE = re.compile("(<dc:title>)[^<]*(（[^<]*</dc:title>)".encode())
_LAST_BLOCK = b"\x03\x00"  # an empty deflate block that ends the stream


class _Mould:
    """One part of the master with gaps: the constant pieces are deflated once, only the values anew for each unit.

    The pieces are flushed so that they end on a byte and refer to nothing before them; joined they are one stream.
    """

    def __init__(self, entry: Entry, pieces: list[bytes], keys: list[str]) -> None:
        self._entry = entry
        self._pieces = pieces
        self._packed = [_packed(piece) for piece in pieces]
        self._keys = keys

    def cast(self, values: Mapping[str, bytes]) -> Entry:
        packed = [self._packed[0]]
        crc, size = zlib.crc32(self._pieces[0]), len(self._pieces[0])
        for key, piece, ready in zip(self._keys, self._pieces[1:], self._packed[1:], strict=True):
            value = values[key]
            packed += (_packed(value), ready)
            crc = zlib.crc32(piece, zlib.crc32(value, crc))
            size += len(value) + len(piece)
        packed.append(_LAST_BLOCK)
        return self._entry.packed_anew(b"".join(packed), crc, size)


def _packed(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


class Stamper:
    """Makes units' copies of a master blank. Prepared once; each copy costs next to nothing."""

    def __init__(self, master: bytes, layout: Layout) -> None:
        """``master`` is the blank that was built from ``layout``. WorkbookError if it isn't."""
        self._package = package = Package.read(master)
        by_sheet: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for cell, stamp in layout.stamps.items():
            by_sheet[cell.sheet][cell.ref] = stamp.key
        self._moulds = [self._sheet_mould(sheet, keys) for sheet, keys in by_sheet.items()]
        self._moulds.append(self._mould(package.workbook_part, ((_NAME, SEAL_NAME),), b'"'))
        self._moulds.append(self._mould(package.custom_part, ((_PROPERTY, SEAL_NAME),)))
        self._moulds.append(self._mould(package.core_part, ((_CORE_TITLE, TITLE), (_CORE_SUBJECT, SEAL_NAME))))

    def _sheet_mould(self, sheet: str, keys: Mapping[str, str]) -> _Mould:
        part = self._package.sheets.get(sheet)
        if part is None:
            raise WorkbookError(f"空白表与方案不符：没有工作表 {sheet}")
        xml = self._package.part(part)
        marked = {ref: Patch(f"{_SLOT}{key}{_SLOT}") for ref, key in keys.items()}
        pieces = _SLOTS.split(patch_sheet(xml, marked, sheet=sheet))
        return _Mould(self._package.member(part), pieces[::2], [key.decode() for key in pieces[1::2]])

    def _mould(self, part: str | None, places: Sequence[tuple[re.Pattern[bytes], str]], quote: bytes = b"") -> _Mould:
        """``part`` with a gap for a value at each place, a pattern and the value's key, as they follow in the part."""
        part = part or "docProps"
        xml = self._package.part(part)
        pieces, start = [], 0
        for pattern, _ in places:
            match = pattern.search(xml, start)
            if match is None:
                raise WorkbookError(f"空白表与方案不符：{part} 中没有封签或标题的位置")
            pieces.append(xml[start : match.end(1)] + quote)
            start = match.start(2)
            xml = xml[:start] + quote + xml[start:]
        return _Mould(self._package.member(part), [*pieces, xml[start:]], [key for _, key in places])

    def stamp(self, values: Mapping[str, str], seal: str) -> bytes:
        """One unit's workbook: every Stamp cell filled by its key, the seal in its name, property and subject, the form's
        name in the document's title.

        KeyError where a Stamp of the layout has no value.
        """
        encoded = {key: clean_text(value).encode() for key, value in values.items()}
        encoded[SEAL_NAME] = clean_text(seal).encode()
        cast = (mould.cast(encoded) for mould in self._moulds)
        return self._package.rewrite_entries({entry.name: entry for entry in cast})


def fill(workbook: bytes, layout: Layout, answers: Answers, view: View) -> bytes:
    """An issued workbook with ``answers`` in their cells, and in every formula's cell what it shows for ``view``.

    A field without an entry in ``answers`` keeps what it was issued with; a blank entry empties its cell. An answer to
    a self-score takes the place of the cell's formula, as when a person types over it. PatchRefused where a cell can't
    be written: the workbook isn't of this layout, or a formula in it is gone.
    """
    package = Package.read(workbook)
    by_sheet: defaultdict[str, dict[str, Patch]] = defaultdict(dict)
    for field, cell in layout.inputs.items():
        if field in answers:
            by_sheet[cell.sheet][cell.ref] = Patch(_typed(answers[field]))
    overtyped = False
    for cell, formula in layout.formulas.items():
        if formula.field is not None and not answers[formula.field.id].blank:
            by_sheet[cell.sheet][cell.ref] = Patch(_typed(answers[formula.field.id]), "replace")
            overtyped = True
        else:
            by_sheet[cell.sheet][cell.ref] = Patch(formula.shows(view), "keep")
    changes = {}
    for sheet, patches in by_sheet.items():
        part = package.sheets.get(sheet)
        if part is None:
            raise PatchRefused(f"没有工作表“{sheet}”")
        changes[part] = patch_sheet(package.part(part), patches, date1904=package.date1904, sheet=sheet)
    return package.rewrite_without_calc_chain(changes) if overtyped else package.rewrite(changes)


def _typed(answer: Answer) -> str | Decimal | date | None:
    """What a person would have typed: an answer that can't be used as it stood in its file."""
    value = answer.value
    if isinstance(value, bool):
        return YES if value else NO
    if value is not None or not answer.problem:
        return value
    if answer.problem != "out-of-range":
        return answer.raw
    try:
        return date.fromisoformat(answer.raw)
    except ValueError:
        number = read_number(answer.raw)
        return answer.raw if number is None else number
