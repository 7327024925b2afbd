"""What a number format is for."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from perfeval_xl.entries import Shape
from perfeval_xl.excel.numberformats import shapes


def shape(number: int, code: str | None = None) -> Shape:
    own = "" if code is None else f'<numFmts><numFmt numFmtId="{number}" formatCode="{code}"/></numFmts>'
    [found] = shapes(ET.fromstring(f'<styleSheet>{own}<cellXfs><xf numFmtId="{number}"/></cellXfs></styleSheet>'))
    return found


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, Shape.GENERAL),
        (1, Shape.NUMBER),
        (4, Shape.NUMBER),
        (9, Shape.PERCENT),
        (10, Shape.PERCENT),
        (11, Shape.NUMBER),
        (13, Shape.NUMBER),
        (14, Shape.DATE),
        (22, Shape.DATE),
        (23, Shape.NUMBER),
        (26, Shape.NUMBER),
        (27, Shape.DATE),  # the Chinese ones, which no file spells out
        (36, Shape.DATE),
        (37, Shape.NUMBER),
        (45, Shape.DATE),
        (48, Shape.NUMBER),
        (49, Shape.TEXT),
        (50, Shape.DATE),
        (58, Shape.DATE),
        (59, Shape.NUMBER),
    ],
)
def test_the_built_in_formats(number: int, expected: Shape) -> None:
    assert shape(number) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("General", Shape.GENERAL),
        ("0.00%", Shape.PERCENT),
        ("0.00_%", Shape.NUMBER),  # room for a sign, not a sign
        ("0&quot;%&quot;", Shape.NUMBER),  # a sign that changes nothing
        ("yyyy\\-mm\\-dd", Shape.DATE),
        ("[$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@", Shape.DATE),
        ("[h]:mm", Shape.DATE),
        ("@", Shape.TEXT),
        ("#,##0.00####", Shape.NUMBER),
        ("0.00&quot;万元&quot;", Shape.NUMBER),
        ("&quot;day&quot;0", Shape.NUMBER),
        ("[Red]0.00;[Blue]-0.00", Shape.NUMBER),
    ],
)
def test_formats_that_a_file_spells_out(code: str, expected: Shape) -> None:
    assert shape(164, code) is expected


def test_a_style_without_a_format_is_general() -> None:
    styles = ET.fromstring('<styleSheet><cellXfs><xf/><xf numFmtId="x"/></cellXfs></styleSheet>')
    assert shapes(styles) == (Shape.GENERAL, Shape.GENERAL)
