"""Blank rows in a sheet in the styles of another row; every other byte of the sheet stays as it is."""

from __future__ import annotations

import re

from perfeval_xl.cells import column_letters, from_ref
from perfeval_xl.errors import PatchRefused
from perfeval_xl.excel.tags import REST_OF_TAG, attribute

_ROW = re.compile(rb"<(?P<prefix>(?:[\w.-]+:)?)row" + REST_OF_TAG)
_CELL = re.compile(
    rb"(?P<tag><(?P<prefix>(?:[\w.-]+:)?)c" + REST_OF_TAG + rb")(?:(?<=/>)|.*?</(?P=prefix)c\s*>)", re.DOTALL
)


def with_blank_rows(xml: bytes, like: int, first: int, count: int) -> bytes:
    """``xml`` with ``count`` rows from row ``first`` on made blank, in the styles of the cells of row ``like``.

    Rows that aren't there are put in where they belong; in those that are, cells in other columns than those of the
    model stay. PatchRefused where the sheet has no rows, or where rows don't tell their numbers.
    """
    tags = _tags(xml)
    if not tags:
        raise PatchRefused("工作表中没有任何行")
    styles = _styles(_row_of(xml, tags[like])) if like in tags else {}
    end_of_last = tags[max(tags)].start() + len(_row_of(xml, tags[max(tags)]))
    pieces, at = [], 0
    for number in range(first, first + count):
        tag = tags.get(number)
        if tag is not None:
            begin, end = tag.start(), tag.start() + len(_row_of(xml, tag))
        else:
            later = [each for each in tags if each > number]
            begin = end = tags[min(later)].start() if later else end_of_last
        pieces += [xml[at:begin], _blank(xml, tag, number, styles, next(iter(tags.values()))["prefix"])]
        at = end
    return b"".join([*pieces, xml[at:]])


def last_row(xml: bytes) -> int:
    """The number of the last row that the sheet has, blank or not; 0 where it has none."""
    return max(_tags(xml), default=0)


def _tags(xml: bytes) -> dict[int, re.Match[bytes]]:
    """The start tag of every row by its number."""
    found: dict[int, re.Match[bytes]] = {}
    for tag in _ROW.finditer(xml):
        number = attribute(tag[0], b"r") or ""
        if not (number.isascii() and number.isdigit()):
            raise PatchRefused("工作表的结构特殊（行没有行号）")
        found[int(number)] = tag
    return found


def _row_of(xml: bytes, tag: re.Match[bytes]) -> bytes:
    """The whole row that begins with ``tag``."""
    if tag[0].endswith(b"/>"):
        return tag[0]
    closing = b"</" + tag["prefix"] + b"row>"
    return xml[tag.start() : xml.index(closing, tag.end()) + len(closing)]


def _cells(row: bytes) -> dict[int, re.Match[bytes]]:
    """The cells of a row by column (from 1)."""
    cells = {attribute(cell["tag"], b"r"): cell for cell in _CELL.finditer(row)}
    return {from_ref(ref)[1]: cell for ref, cell in cells.items() if ref}


def _styles(row: bytes) -> dict[int, str]:
    return {column: attribute(cell["tag"], b"s") or "0" for column, cell in _cells(row).items()}


def _blank(xml: bytes, tag: re.Match[bytes] | None, number: int, styles: dict[int, str], prefix: bytes) -> bytes:
    """Row ``number``, which begins with ``tag`` if it is there, with blank cells in ``styles``."""
    kept = {} if tag is None else {column: cell[0] for column, cell in _cells(_row_of(xml, tag)).items()}
    p = prefix.decode()
    blank = {
        column: f'<{p}c r="{column_letters(column)}{number}" s="{each}"/>'.encode() for column, each in styles.items()
    }
    start = f'<{p}row r="{number}">'.encode() if tag is None else tag[0]
    if start.endswith(b"/>"):
        start = start[:-2].rstrip() + b">"
    cells = {**kept, **blank}
    return b"".join((start, *(cells[column] for column in sorted(cells)), f"</{p}row>".encode()))
