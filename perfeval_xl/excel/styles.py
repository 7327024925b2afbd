"""Named cell styles as data, and how much room a text needs.

A style says how a cell looks; whether it is locked follows from what the cell is, not from its style.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

BODY, HEAD = "宋体", "黑体"
MAX_HEIGHT = 409.0
"""The tallest row that Excel knows, in points."""

GREY, TINT, BLUE, RED, GREEN = "#F2F2F2", "#FFF6DA", "#0563C1", "#C00000", "#548235"
INPUT, REVIEW = "#F3F8FD", "#FDF3EA"


@dataclass(frozen=True)
class Style:
    """Font, colours and alignment. ``number`` is an Excel number format; ``fill`` and ``border`` may be absent.

    ``shrink`` prints a number smaller rather than as ####, and excludes ``wrap``.
    """

    font: str = BODY
    size: float = 10
    bold: bool = False
    underline: bool = False
    color: str = "#000000"
    fill: str = ""
    align: str = "left"
    valign: str = "vcenter"
    wrap: bool = True
    border: bool = True
    number: str = "General"
    shrink: bool = False


_LABEL = Style()
_HEAD = Style(font=HEAD, fill=GREY, align="center")
_PLAIN = Style(border=False)
_INPUT = Style(fill=INPUT)
_NUMBER = replace(_INPUT, align="right", wrap=False, shrink=True)

STYLES: Mapping[str, Style] = {
    # titles and running text
    "title": Style(font=HEAD, size=18, align="center", border=False, wrap=False),
    "subtitle": Style(size=12, align="center", border=False, wrap=False),
    "section": Style(font=HEAD, size=12, border=False, wrap=False),
    "subsection": Style(font=HEAD, size=10.5, border=False, wrap=False),
    "plain": _PLAIN,
    "note": replace(_PLAIN, size=9, color="#595959"),
    "step": replace(_PLAIN, size=11, valign="top"),
    "step_name": Style(font=HEAD, size=11, valign="top", border=False),
    "step_link": Style(font=HEAD, size=11, valign="top", border=False, underline=True, color=BLUE),
    # tables
    "head": _HEAD,
    "head_left": replace(_HEAD, align="left"),
    "group": Style(font=HEAD, size=10.5, fill="#DDE8F3"),
    "text": _LABEL,
    "text_top": replace(_LABEL, valign="top"),
    "center": replace(_LABEL, align="center"),
    "points": replace(_LABEL, align="center"),
    "score": replace(_LABEL, align="center", number="0.00"),
    "rate": replace(_LABEL, align="center", number="0.00%"),
    "difference": replace(_LABEL, align="center", number="+0.00;-0.00;0.00"),
    "count": replace(_LABEL, align="center", number="0"),
    "total": Style(font=HEAD, size=12, align="center"),
    "total_score": Style(font=HEAD, size=12, align="center", number="0.00"),
    "grade": Style(size=11, align="left"),
    "big_label": Style(font=HEAD, size=11, fill=GREY, align="center"),
    "big_score": Style(font=HEAD, size=20, align="center", number="0.00", wrap=False),
    "big_grade": Style(font=HEAD, size=20, align="center", wrap=False),
    "big_count": Style(font=HEAD, size=20, align="center", number="0", wrap=False),
    "status": replace(_LABEL, align="center"),
    "link": Style(underline=True, color=BLUE, align="center"),
    "stamp": Style(size=11),
    "stamp_left": replace(_LABEL, bold=True),
    # figures and what they are made of
    "given_amount": replace(_LABEL, align="right", wrap=False, shrink=True, number="#,##0.00####"),
    "given_number": replace(_LABEL, align="right", wrap=False, shrink=True),
    "given_points": replace(_LABEL, align="center", number="0.00"),
    "given_date": replace(_LABEL, align="center", number="yyyy-mm-dd"),
    "part_amount": replace(_NUMBER, fill="", number="#,##0.00####"),
    "part_count": replace(_NUMBER, fill="", number="#,##0"),
    "part_word": replace(_LABEL, align="center"),
    "part_none": replace(_LABEL, align="center", color="#7F7F7F"),
    "part_gap": replace(_LABEL, align="center", fill=TINT, color="#7F6000"),
    "figure_amount": replace(_NUMBER, fill=GREY, number="#,##0.00####", bold=True),
    "figure_count": replace(_NUMBER, fill=GREY, number="#,##0", bold=True),
    "figure_word": Style(fill=GREY, align="center", bold=True),
    # inputs, by type of field
    "input_text": replace(_INPUT, valign="top"),
    "input_line": _INPUT,
    "input_center": replace(_INPUT, align="center"),
    "input_count": replace(_NUMBER, number="#,##0"),
    "input_amount": replace(_NUMBER, number="#,##0.00####"),
    "input_number": replace(_NUMBER, number="General"),
    "input_percent": replace(_NUMBER, number="0.00%"),
    "input_date": replace(_INPUT, align="center", number="yyyy-mm-dd"),
    "input_score": replace(_INPUT, align="center", number="0.00"),
    "input_points": replace(_INPUT, align="center", number="0.00"),
    "input_head_amount": replace(_NUMBER, align="center", number="#,##0.00"),
    "input_head_count": replace(_NUMBER, align="center", number="#,##0"),
    # colours of the legend
    "legend_required": Style(fill=TINT),
    "legend_locked": Style(fill=GREY),
    "legend_review": Style(fill=REVIEW),
    # the review block
    "review_head": Style(font=HEAD, fill=REVIEW, align="center"),
    "review_score": replace(_LABEL, align="center", number="0.00"),
    "review_difference": replace(_LABEL, align="center", number="+0.00;-0.00;0.00"),
    "review_text": replace(_LABEL, valign="top"),
    "review_total": Style(font=HEAD, size=12, align="center", number="0.00"),
    "review_fact": Style(bold=True, number="0.00"),
    "review_mark": Style(border=False, size=9),
    "review_number": Style(border=False, align="center"),
    "review_line": Style(border=False),
    "review_grade": Style(font=HEAD, size=12, align="center"),
    # the hidden sheet
    "meta": Style(border=False, wrap=False),
    "meta_date": Style(border=False, wrap=False, number="yyyy-mm-dd"),
}

HIGHLIGHTS: Mapping[str, Mapping[str, Any]] = {
    "required": {"bg_color": TINT},
    "bad": {"bg_color": "#FBE0DD", "font_color": RED},
    "todo": {"bg_color": TINT, "font_color": "#7F6000"},
    "good": {"font_color": GREEN},
    "marked": {"bg_color": "#FBE0DD", "font_color": RED, "border": 1},
    "error_word": {"font_color": RED, "bold": True, "border": 1},
    "warning_word": {"font_color": "#7F6000", "bold": True, "border": 1},
    "link_word": {"font_color": BLUE, "underline": 1, "border": 1},
    "line": {"border": 1},
    "differs": {"bg_color": "#FBE0DD", "font_color": RED, "bold": True},
}
"""What conditional formats change; xlsxwriter's property names."""


def properties(style: Style, *, locked: bool) -> dict[str, Any]:
    """A style as xlsxwriter's format properties."""
    found: dict[str, Any] = {
        "font_name": style.font,
        "font_size": style.size,
        "font_color": style.color,
        "align": style.align,
        "valign": style.valign,
        "text_wrap": style.wrap,
        "num_format": style.number,
        "locked": locked,
    }
    if style.shrink:
        found["shrink"] = True
    if style.bold:
        found["bold"] = True
    if style.underline:
        found["underline"] = 1
    if style.fill:
        found["bg_color"] = style.fill
    if style.border:
        found["border"] = 1
    return found


def style_of(name: str, places: int) -> Style:
    """The style ``name`` in a form whose scores have so many decimals. Points that people type keep theirs."""
    style = STYLES[name]
    if places == _PLACES or name in _TYPED or not _SCORE_FORMAT.fullmatch(style.number):
        return style
    zeros = f"0.{'0' * places}" if places else "0"
    return replace(style, number=style.number.replace("0.00", zeros))


_TYPED = ("input_points", "given_points")
_PLACES = 2  # that the styles' own formats show
_SCORE_FORMAT = re.compile(r"0\.00|\+0\.00;-0\.00;0\.00")

_WORD = re.compile(r"[!-~]+|.", re.DOTALL)
_PIXELS_PER_CHARACTER = 7
_PADDING = 8  # what a cell keeps free on both sides together
_LEADING = 1.45  # line height by font size: fonts that stand in for 宋体 need more than it does
_MARGIN = 6.0  # points above and below


def text_height(text: str, width: float, style: Style) -> float:
    """The row height in points that shows ``text`` whole in a column of ``width`` characters."""
    return line_count(text, width, style.size) * style.size * _LEADING + _MARGIN


def line_count(text: str, width: float, size: float) -> int:
    """How many lines ``text`` takes when wrapped. Rather one too many: a line keeps half a character free."""
    full = size * 96 / 72
    room = max(width * _PIXELS_PER_CHARACTER - _PADDING, full)
    return sum(_wrapped(paragraph, room, full) for paragraph in text.split("\n"))


def _wrapped(paragraph: str, room: float, full: float) -> int:
    lines, used = 1, 0.0
    for word in _WORD.findall(paragraph):
        wide = sum(full if unicodedata.east_asian_width(sign) in "WFA" else full / 2 for sign in word)
        if used and used + wide > room:
            lines, used = lines + 1, 0.0
        if wide > room:  # a long Latin word is broken anywhere
            lines += ceil(wide / room) - 1
            wide %= room
        used += wide
    return lines
