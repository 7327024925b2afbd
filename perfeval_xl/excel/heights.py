"""Rows made tall enough for what is written into them, and made as they were again; every other byte stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from perfeval_xl.errors import PatchRefused
from perfeval_xl.excel.styles import MAX_HEIGHT
from perfeval_xl.excel.tags import ATTRIBUTE, REST_OF_TAG, attribute

_ROW = re.compile(rb"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<(?:[\w.-]+:)?row""" + REST_OF_TAG, re.DOTALL)
_FORMAT = re.compile(rb"<(?:[\w.-]+:)?sheetFormatPr" + REST_OF_TAG)
_HEIGHT, _CUSTOM = b"ht", b"customHeight"
_USUAL = 15.0  # points, where a sheet does not tell how tall its rows are
_POINTS = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,20})?\Z")
_SWITCH = ("0", "1", "true", "false")


@dataclass(frozen=True, slots=True)
class Need:
    """The rows ``first`` to ``last`` (1-based, both included) are to be ``points`` tall together."""

    first: int
    last: int
    points: float


@dataclass(frozen=True, slots=True)
class Raised:
    """A row made taller: the height that it was given, and its attributes ht and customHeight before; None for none."""

    points: str
    height: str | None
    custom: str | None


class _Rows:
    """The start tags of a sheet's rows: where they stand, and what they say."""

    def __init__(self, xml: bytes) -> None:
        self.xml = xml
        self.tags: dict[int, tuple[int, bytes]] = {}
        number = 0
        for match in _ROW.finditer(xml):
            if match[0].startswith(b"<!"):
                continue
            told = attribute(match[0], b"r")
            if told is not None and not told.isdecimal():
                raise PatchRefused("工作表的行号读不懂")
            number = int(told) if told else number + 1
            self.tags.setdefault(number, (match.start(), match[0]))
        form = _FORMAT.search(xml)
        usual = None if form is None else attribute(form[0], b"defaultRowHeight")
        self._usual = _points(usual) or _USUAL

    def height(self, number: int) -> float:
        """In points; of a row that is not there, that of any row."""
        told = attribute(self.tags[number][1], _HEIGHT) if number in self.tags else None
        return self._usual if told is None else _points(told) or self._usual

    def replaced(self, tags: Mapping[int, bytes]) -> bytes:
        pieces, at = [], 0
        for number in sorted(tags, key=lambda each: self.tags[each][0]):
            start, old = self.tags[number]
            pieces += [self.xml[at:start], tags[number]]
            at = start + len(old)
        return b"".join([*pieces, self.xml[at:]])


def raised(xml: bytes, needs: Iterable[Need]) -> tuple[bytes, dict[int, Raised]]:
    """``xml`` with rows made taller where they have to be, and which; none is made less tall, none beyond 409 points.

    Of several rows that are too low together the last one grows. Rows that are not in the XML are left alone.
    PatchRefused where rows can't be told apart.
    """
    needed = list(needs)
    if not needed:
        return xml, {}
    rows = _Rows(xml)
    wanted: dict[int, float] = {}
    for need in needed:
        heights = [wanted.get(row) or rows.height(row) for row in range(need.first, need.last + 1)]
        lacking = need.points - sum(heights)
        if lacking > 0 and need.last in rows.tags:
            wanted[need.last] = min(heights[-1] + lacking, MAX_HEIGHT)
    tags, done = {}, {}
    for number, points in wanted.items():
        if points > rows.height(number):
            tag = rows.tags[number][1]
            text = f"{points:.2f}".rstrip("0").rstrip(".")
            done[number] = Raised(text, attribute(tag, _HEIGHT), attribute(tag, _CUSTOM))
            tags[number] = _with(_with(tag, _HEIGHT, text), _CUSTOM, "1")
    return rows.replaced(tags), done


def restored(xml: bytes, rows: Mapping[int, Raised]) -> bytes:
    """``xml`` with rows as they were before they were ``raised``; those that have got another height since stay."""
    if not rows:
        return xml
    found, tags = _Rows(xml), {}
    for number, was in rows.items():
        if number in found.tags and found.height(number) == float(was.points):
            tag = _with(found.tags[number][1], _HEIGHT, was.height)
            tags[number] = _with(tag, _CUSTOM, was.custom)
    return found.replaced(tags)


def _with(tag: bytes, name: bytes, value: str | None) -> bytes:
    """A start tag with an attribute set in its place, added at the end, or (None) left out; the others as they stand."""
    at = next((each for each in ATTRIBUTE.finditer(tag) if each[1] == name), None)
    if value is None:
        return tag if at is None else tag[: at.start()] + tag[at.end() :]
    if at is not None:
        return tag[: at.start(2) + 1] + value.encode() + tag[at.end(2) - 1 :]
    end = len(tag) - (2 if tag.endswith(b"/>") else 1)
    end = len(tag[:end].rstrip())
    return b'%b %b="%b"%b' % (tag[:end], name, value.encode(), tag[end:])


def _points(text: str | None) -> float | None:
    return float(text) if text is not None and _POINTS.match(text) else None


def noted(rows: Mapping[str, Mapping[int, Raised]]) -> str:
    """What was raised, by sheet and row, as a text to keep in a cell; '' for nothing."""
    listed = {
        sheet: {str(number): [each.points, each.height, each.custom] for number, each in sorted(lines.items())}
        for sheet, lines in rows.items()
        if lines
    }
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":")) if listed else ""


def read_note(text: str) -> dict[str, dict[int, Raised]]:
    """What a text made by ``noted`` says; a cell is open to everybody, so what makes no sense is passed over."""
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, dict[int, Raised]] = {}
    for sheet, lines in listed.items() if isinstance(listed, dict) else ():
        for number, values in lines.items() if isinstance(lines, dict) else ():
            row = _raised(values)
            if row is not None and number.isdecimal() and len(number) <= 7:
                found.setdefault(sheet, {})[int(number)] = row
    return found


def _raised(values: object) -> Raised | None:
    if not isinstance(values, list) or len(values) != 3:
        return None
    points, height, custom = values
    sound = _is_height(points) and (height is None or _is_height(height)) and (custom is None or custom in _SWITCH)
    return Raised(points, height, custom) if sound else None


def _is_height(value: object) -> bool:
    return isinstance(value, str) and _POINTS.match(value) is not None
