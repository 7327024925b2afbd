"""What the names of returned files tell: another unit than the one inside, and which of two is the later one.

A name proves nothing, so it is believed only where it can hardly mean anything else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache

from perfeval_xl.roster import Unit

_ENDING = re.compile(r"\.[0-9a-z]{1,5}$")
_SHORTEST_NAME, _SHORTEST_CODE, _SHORTEST_NUMBER = 3, 3, 5  # characters; shorter ones turn up by chance
_LONGEST_KEPT = 100  # characters; nobody's name or code is longer
_VERSION = re.compile(r"v\d+")
_DATE = re.compile(r"(?:(?:19|20)\d\d)?(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:19|20)\d\d(?:0[1-9]|1[0-2])|[23]\d"
                   r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")  # fmt: skip
_BEFORE_A_NAME = "省市区县局年度表稿版件本报送交的由"
"""Characters that may stand before a whole name; after any other the name is the end of a longer one (新华|第一小学)."""
_LONGER_NAME = re.compile(r"分[校园部]|校区|园区|附属|附设|幼儿|[东西南北新老]校|[小初高][中学]?部")

Span = tuple[int, int]


def folded(text: str) -> str:
    """``text`` as it counts for comparing: full-width as half-width, capitals as small letters, no white space."""
    return _folded(text) if len(text) <= _LONGEST_KEPT else _folded.__wrapped__(text)


@lru_cache(maxsize=65_536)  # a unit's name and code are asked for over and over
def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def other_units(file: str, unit: Unit, roster: Iterable[Unit]) -> tuple[Unit, ...]:
    """The units other than ``unit`` that a file's name says: by their code as a whole word where the name has no code
    of ``unit``, or by their full name where it has no name of ``unit``. In the order of ``roster``.

    Of one unit's projects, the others that it says: by the project's own code, or by its full name."""
    name = _stem(file)
    units = list(roster)
    codes = _longest({each: _codes_said(name, each) for each in units})
    names = _longest({each: _spans(folded(name), folded(each.name)) for each in units})
    found = []
    if unit not in codes:
        found += [each for each in codes if _telling(folded(each.owner))]
    if unit not in names:
        own, squeezed = folded(unit.name), folded(name)
        found += [
            each
            for each, spans in names.items()
            if folded(each.name) not in own and any(_whole_name(squeezed, span) for span in spans)
        ]
    if unit.project and unit not in found:
        found += _other_projects(folded(name), unit, units)
    return tuple(each for each in units if each in found)


def _codes_said(name: str, unit: Unit) -> list[Span]:
    """Where a file's name has the workbook's code, or its unit's."""
    return [span for code in dict.fromkeys((unit.code, unit.owner)) for span in _code_spans(name, code)]


def _other_projects(name: str, unit: Unit, units: Iterable[Unit]) -> list[Unit]:
    """The other projects of the same unit whose names stand in a file's name in place of this one's."""
    its = [each for each in units if each.owner == unit.owner]
    said = _longest({each: _spans(name, folded(each.project)) for each in its})
    return [] if unit in said else list(said)


def squeezed_stem(file: str) -> str:
    """A file's name as codes and names are looked for in it: its last part, no ending, folded."""
    return folded(_stem(file))


def _stem(file: str) -> str:
    """The last part of a path without its ending, half-width and in small letters; white space is left."""
    name = unicodedata.normalize("NFKC", re.split(r"[/\\]", file)[-1]).casefold()
    return _ENDING.sub("", name)


def _longest(spans: Mapping[Unit, list[Span]]) -> dict[Unit, list[Span]]:
    """Without what stands within a longer one: who writes 第一小学分校 doesn't speak of 第一小学."""
    every = [span for found in spans.values() for span in found]

    def within(span: Span) -> bool:
        return any(
            other[0] <= span[0] and span[1] <= other[1] and other[1] - other[0] > span[1] - span[0] for other in every
        )

    kept = {unit: [span for span in found if not within(span)] for unit, found in spans.items()}
    return {unit: found for unit, found in kept.items() if found}


def _spans(text: str, part: str) -> list[Span]:
    return [match.span() for match in re.finditer(re.escape(part), text)] if len(part) >= _SHORTEST_NAME else []


def _code_spans(name: str, code: str) -> list[Span]:
    """Where a code stands as a word of its own: no part of a longer number or word."""
    if folded(code) not in name:
        return []
    pattern = rf"(?<![0-9a-z.]){re.escape(folded(code))}(?![0-9a-z]|\.[0-9])"
    return [match.span() for match in re.finditer(pattern, name)]


def _telling(code: str) -> bool:
    """Whether a code is unlike everything else that file names are made of: dates, versions, numbers, words."""
    if code.isdigit():
        return len(code) >= _SHORTEST_NUMBER and not _DATE.fullmatch(code)
    return len(code) >= _SHORTEST_CODE and any(each.isdigit() for each in code) and not _VERSION.fullmatch(code)


def _whole_name(text: str, span: Span) -> bool:
    before, after = text[: span[0]][-1:], text[span[1] :]
    begins = not _is_chinese(before) or before in _BEFORE_A_NAME
    return begins and not _LONGER_NAME.match(after)


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


_WORDS = (
    (3, re.compile(r"最终|最后|终稿|终版|定稿|final")),
    (2, re.compile(r"修改|修订|修正|更正|改正|补正|订正|重报|重填|重新|更新|改后|新版")),
    (0, re.compile(r"初稿|草稿|草案|作废|旧版|废弃")),
)
_PLAIN = 1
_NUMBERS = re.compile(
    r"(?<![a-z])v(\d{1,2}(?:\.\d{1,2})?)(?!\d)|第?(\d{1,2}|[一二三四五六七八九十])[版稿次]|\((\d{1,2})\)"
)
_DAYS = re.compile(
    r"(?<!\d)(20\d\d)[-./年_]?(0[1-9]|1[0-2]|[1-9](?=\D))[-./月_]?(0[1-9]|[12]\d|3[01]|[1-9](?!\d))(?!\d)"
    r"|(?<!\d)()(\d{1,2})月(\d{1,2})日"
)
_NUMERALS = "〇一二三四五六七八九十"

Lateness = tuple[int, Decimal, tuple[int, int, int]]


def lateness(file: str) -> Lateness:
    """How late a version a file's name claims to hold; the greater is the later one. Words (最终, 修改, 初稿) come
    before a version's number (v2, 第二稿, (2)), that before a date."""
    name = _stem(file)
    word = next((weight for weight, words in _WORDS if words.search(name)), _PLAIN)
    return word, max(_numbers(name), default=Decimal(0)), max(_days(name), default=(0, 0, 0))


def _numbers(name: str) -> Iterator[Decimal]:
    for match in _NUMBERS.finditer(name):
        text = match[1] or match[2] or match[3]
        yield Decimal(_NUMERALS.index(text) if text in _NUMERALS else text)


def _days(name: str) -> Iterator[tuple[int, int, int]]:
    for match in _DAYS.finditer(name):
        year, month, day = match.group(1, 2, 3) if match[1] else ("0", match[5], match[6])
        yield int(year), int(month), int(day)
