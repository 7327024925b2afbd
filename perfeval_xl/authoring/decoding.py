"""What people type into the cells of an authoring workbook, and what it is taken for.

Whatever can be meant in one way only is taken so, and said; what can't is an error at its cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from perfeval_xl.authoring.flatten import SEPARATORS
from perfeval_xl.authoring.rules_words import Sort
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.cells import Cell
from perfeval_xl.entries import Entry, Shape
from perfeval_xl.entries.days import read_day
from perfeval_xl.entries.entry import Reading, as_percent, as_text, is_number
from perfeval_xl.entries.quantities import read_quantity
from perfeval_xl.entries.spelling import plain, visible
from perfeval_xl.entries.words import bare, read_yes_no
from perfeval_xl.numbers import exact
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.rules.bands import short_percent

_DIGITS = 15  # what a program keeps of a number
_SURE = Decimal(2)  # a share above 200% without a sign of per cent is a percentage
_SPLIT = re.compile(f"[{SEPARATORS}\\s]+")
_TEXT_SPLIT = re.compile(f"[{SEPARATORS}]")
_TYPES = {
    Sort.NUMBER: FieldType.NUMBER,
    Sort.WHOLE: FieldType.COUNT,
    Sort.POINTS: FieldType.SCORE,
    Sort.PERCENT: FieldType.PERCENT,
}
_MEANT = {
    Sort.NUMBER: "数字",
    Sort.WHOLE: "整数",
    Sort.POINTS: "分数（数字，如 2）",
    Sort.PERCENT: "百分比（如 10%）",
    Sort.DAY: "日期（如 2025-03-15）",
    Sort.FLAG: "“是”或“否”",
}


@dataclass(frozen=True)
class Found:
    """A cell that belongs to a column: what stands in it, and where."""

    entry: Entry
    cell: Cell

    @property
    def blank(self) -> bool:
        """Whether nothing stands there, not even a formula."""
        entry = self.entry
        return not visible(as_text(entry.found)).strip() and entry.formula is None and not entry.error


class Decoder:
    """Cells to values. What is wrong, and what was read otherwise than it stands there, goes to ``troubles``."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles

    def value(self, found: Found | None, sort: Sort, words: Mapping[str, str] | None = None) -> Any:
        """The value of a cell as TOML has it; None where it is blank or wrong (which is noted)."""
        if found is None or found.blank or not self._usable(found):
            return None
        match sort:
            case Sort.TEXT:
                return _text(found.entry)
            case Sort.ID:
                return self._id(_text(found.entry), found)
            case Sort.IDS:
                return [self._id(each, found) for each in _SPLIT.split(_text(found.entry)) if each]
            case Sort.TEXTS:
                return texts(_text(found.entry))
            case Sort.FLAG:
                return self._flag(found)
            case Sort.CHOICE:
                return self._choice(found, words or {})
            case Sort.DAY:
                return self._day(found)
            case Sort.PAIRS:
                return self._pairs(found)
            case Sort.ANY:
                return self._any(found)
        return self._number(found, sort)

    def _usable(self, found: Found) -> bool:
        """Whether there is a value at all: no error value, and a formula's result."""
        entry, cell = found.entry, found.cell
        if entry.error:
            self._troubles.error(cell, f"是错误值 {entry.error}。请改为实际内容。")
            return False
        if entry.formula is None:
            return True
        if not entry.saved or entry.found == "":
            self._troubles.error(
                cell, "是公式，文件里没有它算出的结果。请用 Excel 或 WPS 打开后保存，或复制后选择性粘贴为数值。"
            )
            return False
        self._troubles.note(cell, f"是公式，取它现在的结果 {as_text(entry.found)}。")
        return True

    def _id(self, text: str, found: Found) -> str:
        clean = plain(text)
        if re.search("[A-Z]", clean):
            clean = clean.lower()
        if clean != text:
            self._troubles.note(found.cell, f"“{text}”读作“{clean}”。")
        return clean

    def _flag(self, found: Found) -> bool | None:
        raw = visible(as_text(found.entry.found))
        reading = read_yes_no(Field("", "", FieldType.YESNO), found.entry, raw)
        if isinstance(reading.value, bool):
            if reading.code is not None:
                self._troubles.note(found.cell, f"“{raw.strip()}”读作“{'是' if reading.value else '否'}”。")
            return reading.value
        self._troubles.error(found.cell, f"应为“是”或“否”，现为“{raw.strip()}”。")
        return None

    def _choice(self, found: Found, words: Mapping[str, str]) -> str | None:
        raw = _text(found.entry)
        for value, word in words.items():
            if raw in (word, value):
                return value
        near = [value for value, word in words.items() if bare(raw) in (bare(word), bare(value))]
        if len(near) == 1:
            self._troubles.note(found.cell, f"“{raw}”读作“{words[near[0]]}”。")
            return near[0]
        self._troubles.error(
            found.cell, f"“{raw}”不在可选的词中。请从列表中选：{'、'.join(filter(None, words.values()))}。"
        )
        return None

    def _day(self, found: Found) -> date | None:
        raw = visible(as_text(found.entry.found))
        reading = read_day(Field("", "", FieldType.DATE), found.entry, raw)
        if isinstance(reading.value, date):
            if reading.code is not None:
                self._troubles.note(found.cell, f"“{raw.strip()}”读作 {reading.value}。")
            return reading.value
        why = f"（{reading.why}）" if reading.why else ""
        self._troubles.error(found.cell, f"应为{_MEANT[Sort.DAY]}，现为“{raw.strip()}”{why}。")
        return None

    def _pairs(self, found: Found) -> dict[str, str]:
        pairs: dict[str, str] = {}
        for line in _text(found.entry).splitlines():
            old, _, new = (part.strip() for part in line.replace("＝", "=").replace("→", "=").partition("="))
            if old and new:
                pairs[plain(old)] = plain(new)
            elif line.strip():
                self._troubles.error(found.cell, f"“{line.strip()}”看不懂。应一行写一个：旧名称=新名称。")
        return pairs

    def _any(self, found: Found) -> Any:
        """Whatever stands there; [甲、乙] is a list."""
        value = found.entry.found
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return number_of(exact(value))
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = _text(found.entry)
        if text in ("是", "否"):
            return text == "是"
        return texts(text[1:-1]) if text.startswith("[") and text.endswith("]") else text

    # ---- numbers

    def _number(self, found: Found, sort: Sort) -> Decimal | int | None:
        raw = visible(as_text(found.entry.found))
        unit = "分" if sort is Sort.POINTS else ""
        reading = read_quantity(Field("", "", _TYPES[sort], unit=unit), found.entry, raw)
        if sort is Sort.PERCENT:
            reading = _share(found.entry, reading, raw)
        value = reading.value
        if not isinstance(value, Decimal) or not value.is_finite():
            why = f"（{reading.why}）" if reading.why else ""
            self._troubles.error(found.cell, f"应为{_MEANT[sort]}，现为“{raw.strip()}”{why}。")
            return None
        number = number_of(value)
        if sort is Sort.WHOLE and not isinstance(number, int):
            self._troubles.error(found.cell, f"应为整数，现为 {raw.strip()}。")
            return None
        if reading.code is not None:
            shown = short_percent(Decimal(number)) if sort is Sort.PERCENT else f"{number}{unit and ' ' + unit}"
            said = as_percent(found.entry.found) if found.entry.shape is Shape.PERCENT else raw.strip()
            self._troubles.note(found.cell, f"“{said}”读作 {shown}。")
        return number


def texts(text: str) -> list[str]:
    """The texts in a cell: a line each where there are lines, else between separators."""
    parts = text.split("\n") if "\n" in text else _TEXT_SPLIT.split(text)
    return [each.strip() for each in parts if each.strip()]


def number_of(value: Decimal) -> Decimal | int:
    """A number as TOML is to have it: whole ones without a decimal point, others with no more digits than a cell has."""
    if not value.is_finite():
        return value
    digits = value.normalize()
    if len(digits.as_tuple().digits) > _DIGITS:
        digits = Decimal(f"{value:.{_DIGITS}g}").normalize()
    whole = digits == digits.to_integral_value() and abs(digits) < Decimal(10) ** 18
    return int(digits) if whole else digits


def _text(entry: Entry) -> str:
    if entry.shape is Shape.PERCENT and is_number(entry.found):
        return as_percent(entry.found)
    text = visible(as_text(entry.found))
    # A text that stands over lines keeps the spaces inside them; around the whole nobody means any.
    return text.strip()


def _share(entry: Entry, reading: Reading, raw: str) -> Reading:
    """A share as an author of rules means it: 0.1, 10 and 10% are all 10%; 1 is 100%, and 1.5 may be two things."""
    if isinstance(reading.value, Decimal) or reading.code != "percent-ambiguous":
        quiet = reading.code == "percent-as-fraction" and entry.shape in (Shape.GENERAL, Shape.NUMBER)
        return Reading(reading.value, "percent-read") if quiet and reading.value else reading
    number = exact(entry.found) if isinstance(entry.found, int | float) else Decimal(plain(raw).rstrip("%"))
    if entry.shape is Shape.UNKNOWN and isinstance(entry.found, int | float) and number <= _SURE:
        return Reading(number)  # our own cells hold the fraction
    if entry.shape in (Shape.PERCENT, Shape.UNKNOWN):
        return reading
    if number == 1:
        return Reading(Decimal(1), "percent-read")
    return Reading(number / 100, "percent-read") if number > _SURE else reading
