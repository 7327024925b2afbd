"""Dates as people type them. What leaves the day open (no year, no day, two orders, a span) is named, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import permutations

from perfeval_xl.entries.entry import Entry, Reading, is_number
from perfeval_xl.entries.spelling import plain, readable, spaced
from perfeval_xl.entries.words import bare
from perfeval_xl.mentions import chinese_number
from perfeval_xl.scheme.fields import Field

_EPOCH, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_FIRST, _LAST = 1990, 2099  # a number is a day's serial number, and four digits are a year, only within these years

_CHINESE_DIGITS = "〇零○一二三四五六七八九"
_YEAR = rf"(\d{{4}}|[{_CHINESE_DIGITS}]{{4}})"
_SMALL = r"(\d{1,2}|[一二三四五六七八九十]{1,3})"
_MARK = r"\s*[-/\\.。·、,_]\s*"
_DAY = r"\s*[日号]?"
_AFTER_YEAR, _AFTER_MONTH = rf"(?:\s*年\s*|{_MARK}|\s)", rf"(?:\s*月\s*|{_MARK}|\s)"
_FULL = re.compile(rf"{_YEAR}{_AFTER_YEAR}{_SMALL}{_AFTER_MONTH}{_SMALL}(?!\d){_DAY}")
_CLOCK = r"(?:[上下中]午|早上|晚上|凌晨|[AP]M)?\s*(?:\d{1,2}(?::\d{1,2}){1,2}(?:\.\d+)?\s*(?:[AP]M)?|\d{1,2}[时点](?:\d{1,2}分?)?(?:\d{1,2}秒)?)"
_TAIL = re.compile(
    r"[\s,]*(?:\(?(?:星期|礼拜|周)(?P<weekday>[一二三四五六日天])\)?\s*)?"
    rf"(?:(?:(?<=[\s日号)一二三四五六日天])|T){_CLOCK}\s*(?:Z|[-+]\d\d:?\d\d)?|[上下]午)?[.。]?",
    re.IGNORECASE,
)
_WEEKDAYS = "一二三四五六日"
_ON = re.compile(r"\s*(?:至|到|~|-|起|以来)")  # what follows a date that begins a span
_SPAN = re.compile(r"[\d年月日号./-]+\s*(?:至|到|~|-{1,2})\s*[\d年月日号./-]+")
_TWO_DIGIT_YEAR = re.compile(rf"(\d{{1,2}})(?:\s*年\s*|{_MARK})(\d{{1,2}})(?:\s*月\s*|{_MARK})(\d{{1,2}}){_DAY}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}}){_MARK}(\d{{1,2}}){_MARK}(\d{{4}})")
_NO_YEAR = re.compile(rf"{_SMALL}(?:\s*月\s*|{_MARK}){_SMALL}{_DAY}")
_NO_DAY = re.compile(rf"{_YEAR}(?:\s*年\s*|{_MARK}){_SMALL}\s*月?")
_ONLY_YEAR = re.compile(rf"{_YEAR}\s*(?:年度?)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def read_day(field: Field, entry: Entry, raw: str) -> Reading:
    """What ``entry`` is taken for in the date ``field``; ``raw`` is its text."""
    if isinstance(entry.found, datetime):
        return Reading(entry.found.date())
    if isinstance(entry.found, date):
        return Reading(entry.found)
    if field.never is not None and bare(raw) == bare(field.never):
        return Reading(field.never, None if raw.strip() == field.never else "choice-read")
    if not (is_number(entry.found) or isinstance(entry.found, str)) or not readable(raw):
        return Reading(raw)
    text = spaced(raw)
    reading = _of_number(plain(raw), entry) if _NUMBER.fullmatch(plain(raw)) else None
    return reading or _of_text(text) or _ambiguous(_unclear(text)) or Reading(raw)


def _of_number(text: str, entry: Entry) -> Reading | None:
    """20240315, or a day's serial number: that is all that a cell without a date format holds of a date."""
    if len(text) == 8 and text.isdecimal():
        day = _date(text[:4], text[4:6], text[6:])
        return Reading(day, "date-read") if day is not None and _FIRST <= day.year <= _LAST else None
    whole = int(text.partition(".")[0])
    try:
        day = (_EPOCH_1904 if entry.date1904 else _EPOCH) + timedelta(days=whole)
    except OverflowError:
        return None
    return Reading(day, "date-read") if _FIRST <= day.year <= _LAST else None


def _of_text(text: str) -> Reading | None:
    """Year, month and day, each in full, and what may stand behind them."""
    match = _FULL.match(text)
    if match is None:
        return None
    day, rest = _date(*match.groups()), text[match.end() :]
    tail = _TAIL.fullmatch(text, match.end())
    if tail is None:
        if _ON.match(rest):
            return _ambiguous("是一段时间")
        return _ambiguous("写了不止一个日期") if _FULL.search(rest) else None
    if day is None:
        return Reading(text)
    weekday = (tail["weekday"] or "").replace("天", "日")
    if weekday and _WEEKDAYS.index(weekday) != day.weekday():
        return _ambiguous(f"这一天是星期{_WEEKDAYS[day.weekday()]}")
    return Reading(day, "date-read")


def _ambiguous(why: str | None) -> Reading | None:
    return Reading(None, "date-ambiguous", why) if why else None


def _unclear(text: str) -> str | None:
    """What a date lacks, or why it may be two; None for what is no date at all."""
    if text.isdecimal():
        return _unclear_digits(text)
    if (match := _YEAR_LAST.fullmatch(text)) and any(_orders(*match.groups(), years=(2,))):
        return "日月次序不明"
    if (match := _TWO_DIGIT_YEAR.fullmatch(text)) and any(_orders(*match.groups(), years=(0, 2))):
        return "年份只有两位"
    for pattern, is_one, why in _OPEN_DATES:
        if (match := pattern.fullmatch(text)) and is_one(*match.groups()):
            return why
    if _SPAN.fullmatch(text) is None:
        return None
    begun = ((pattern.match(text), is_one) for pattern, is_one, _ in _OPEN_DATES)
    return "是一段时间" if any(match and is_one(*match.groups()) for match, is_one in begun) else None


def _unclear_digits(text: str) -> str | None:
    within = _FIRST <= int(text[:4]) <= _LAST
    if within and len(text) == 4:
        return "没有月和日"
    if within and len(text) == 6 and _date(text[:4], text[4:], "1"):
        return "没有日"
    if within and len(text) == 7:
        return "月、日的位数不全"
    if len(text) == 6 and _date(f"20{text[:2]}", text[2:4], text[4:]):
        return "年份只有两位"
    return None


def _orders(*parts: str, years: tuple[int, ...]) -> Iterator[date]:
    """The days that three numbers may stand for, the year being one of the places ``years``."""
    for place in years:
        year = parts[place] if len(parts[place]) == 4 else f"20{parts[place].zfill(2)}"
        for month, day in permutations(part for other, part in enumerate(parts) if other != place):
            found = _date(year, month, day)
            if found is not None:
                yield found


def _number(text: str) -> int | None:
    """A year, month or day in digits or Chinese: a year's signs one by one (二〇二四)."""
    if text.isdecimal():
        return int(text)
    if len(text) == 4:
        return int("".join(str(chinese_number(sign.replace("○", "〇"))) for sign in text))
    number = chinese_number(text)
    return None if number is None else int(number)


def _date(*parts: str) -> date | None:
    """The day of a year, a month and a day in signs; None where there is none."""
    numbers = [_number(part) for part in parts]
    year, month, day = (0 if number is None else number for number in numbers)
    try:
        return date(year, month, day)
    except ValueError:
        return None


_OPEN_DATES: tuple[tuple[re.Pattern[str], Callable[..., bool], str], ...] = (
    (_NO_DAY, lambda year, month: _date(year, month, "1") is not None, "没有日"),
    (_NO_YEAR, lambda month, day: _date("2000", month, day) is not None, "没有年份"),
    (_ONLY_YEAR, lambda year: _FIRST <= (_number(year) or 0) <= _LAST, "没有月和日"),
)
"""How a part of a date is written, what its numbers must be, and what it lacks."""
