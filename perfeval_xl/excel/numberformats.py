"""Which kind of number a cell's format shows: decides what a person meant by 98 or by 45366."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from perfeval_xl.entries import Shape

_PERCENT = {9, 10}
_TEXT = {49}
EAST_ASIAN_DATES = frozenset((*range(27, 37), *range(50, 59)))
"""Dates in the Chinese, Japanese and Korean versions, whose codes no file tells; a file may define them otherwise."""
_DATES = {*range(14, 23), *range(45, 48), *EAST_ASIAN_DATES}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


def shapes(styles: ET.Element) -> tuple[Shape, ...]:
    """The shape of each cell style (the index in a cell's ``s``), of a parsed styles part."""
    codes = {each.get("numFmtId", ""): each.get("formatCode", "") for each in styles.iterfind("{*}numFmts/{*}numFmt")}
    return tuple(_shape(each.get("numFmtId", "0"), codes) for each in styles.iterfind("{*}cellXfs/{*}xf"))


def _shape(number: str, codes: dict[str, str]) -> Shape:
    if number in codes:
        return shape_of(codes[number])
    identity = int(number) if number.isdecimal() else 0
    if identity in _PERCENT:
        return Shape.PERCENT
    if identity in _DATES:
        return Shape.DATE
    if identity in _TEXT:
        return Shape.TEXT
    return Shape.NUMBER if identity else Shape.GENERAL


def shape_of(code: str) -> Shape:
    """What a format's code (``0.00%``) is for."""
    plain = _LITERAL.sub("", code)
    if plain.strip().lower() in ("", "general"):
        return Shape.GENERAL
    if "%" in plain:
        return Shape.PERCENT
    if "@" in plain.partition(";")[0]:
        return Shape.TEXT
    if re.search("[ymdhs年月日]", plain.replace("General", ""), re.IGNORECASE):
        return Shape.DATE
    return Shape.NUMBER
