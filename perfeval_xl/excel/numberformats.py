"""Which kind of number a cell's format shows: decides what a person meant by 98 or by 45366."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from perfeval_xl.entries import Shape

_PERCENT = {9, 10}
_TEXT = {49}
# 27 to 36 and 50 to 58 are the dates of the Chinese, Japanese and Korean versions; no file tells their codes
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


def shapes(styles: ET.Element) -> tuple[Shape, ...]:
    """The shape of each cell style (the index in a cell's ``s``), of a parsed styles part."""
    codes = {each.get("numFmtId", ""): each.get("formatCode", "") for each in styles.iterfind("{*}numFmts/{*}numFmt")}
    return tuple(_shape(each.get("numFmtId", "0"), codes) for each in styles.iterfind("{*}cellXfs/{*}xf"))


def _shape(number: str, codes: dict[str, str]) -> Shape:
    if number in codes:
        return _of_code(codes[number])
    identity = int(number) if number.isdecimal() else 0
    if identity in _PERCENT:
        return Shape.PERCENT
    if identity in _DATES:
        return Shape.DATE
    if identity in _TEXT:
        return Shape.TEXT
    return Shape.NUMBER if identity else Shape.GENERAL


def _of_code(code: str) -> Shape:
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
