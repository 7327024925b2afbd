"""From the lines of a narrative back to the scheme's fields: headings known by their words and numbers, items by theirs.

Nothing is dropped in silence: what finds no place is handed back with where it stood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import Enum

from perfeval_xl.district.narrative.blocks import REMINDER, one_line
from perfeval_xl.district.narrative.slots import Part, Slot

_ENUMERATED = re.compile(r"[（(]?([一二三四五六七八九十]{1,3})([)）][、.．,，]?|[、.．,，])\s*")
_NUMBERED = re.compile(r"([0-9０-９]{1,2})\s*(?:[.．](?![0-9０-９](?!\d{3}\s*年))|、)\s*")  # 2.5 万元 is no item
_SENTENCE = re.compile(r"(?<=。)(?=.)")
_DIGITS = {sign: value for value, sign in enumerate("一二三四五六七八九", start=1)}
_LONGEST_HEADING = 40  # characters
_SHORTEST_CUT = 20  # characters: a line that a page or a margin has cut is at least this long
_ALIKE = 0.5
_FRONT = "第一个标题之前"
_WHOLE = re.compile(r"[。！？；：!?;:…”][”’」』）)》]*$")
_PAGE_NUMBER = re.compile(r"[\s—－–-]*\d{1,4}[\s—－–-]*$|第\s*\d+\s*页.{0,12}$")


class Look(Enum):
    """What is known of a line beside its words: nothing; that it is plain text; that it is the heading of an item; that a
    program numbers it, so that it is a heading of some sort."""

    OPEN = "open"
    PLAIN = "plain"
    ITEM = "item"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Line:
    """A line or a paragraph, without white space at its ends."""

    text: str
    look: Look = Look.OPEN


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Text that the scheme has no field for: where it stood, and why there is no place."""

    where: str
    why: str
    text: str


@dataclass
class Found:
    """What stands under one heading: the text before the first item, and the items. ``part`` is None for a heading that
    the scheme doesn't have."""

    heading: str
    part: Part | None
    lead: list[str] = field(default_factory=list)
    items: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def place(self) -> list[str]:
        """The paragraphs that the next line belongs to."""
        return self.items[-1][1] if self.items else self.lead

    def whole(self) -> str:
        return "\n".join([*self.lead, *(each for title, text in self.items for each in (title, *text))])


@dataclass(frozen=True)
class Fields:
    """Texts by field id, and what found no place."""

    texts: dict[str, str]
    unplaced: tuple[Unplaced, ...]


class Outline:
    """The headings of a scheme's narrative, to be known again in a document."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts

    def is_special(self, text: str) -> bool:
        """Whether a paragraph looks like a heading, an item or a reminder."""
        return bool(
            _ENUMERATED.match(text)
            or _NUMBERED.match(text)
            or REMINDER.search(text)
            or any(_words(text) == _words(part.heading) for part in self.parts)
        )

    def fields(self, lines: Iterable[Line], *, cut: bool) -> Fields:
        """The fields' texts. ``cut``: lines may end in mid-sentence, as in what was lifted from a PDF."""
        texts: dict[str, str] = {}
        unplaced: list[Unplaced] = []
        for found in _Reader(self.parts, cut).read(lines):
            _place(found, texts, unplaced)
        return Fields(texts, tuple(unplaced))


class _Reader:
    """Goes through the lines of one document."""

    def __init__(self, parts: tuple[Part, ...], cut: bool) -> None:
        self._parts = parts
        self._cut = cut
        self._here = Found(_FRONT, None)
        self._found = [self._here]
        self._counts: dict[int, int] = {}  # the last number of each level of headings
        self._joinable = False  # the last line was text that may go on

    def read(self, lines: Iterable[Line]) -> list[Found]:
        for line in lines:
            if self._cut and _PAGE_NUMBER.fullmatch(line.text):
                continue
            if line.look is Look.PLAIN:
                self._here.place.append(line.text)
                self._joinable = False
            elif not (self._heading(line) or self._item(line)):
                self._add(line.text)
        return self._found

    # ---- headings

    def _heading(self, line: Line) -> bool:
        if line.look is Look.ITEM or len(line.text) > _LONGEST_HEADING:
            return False
        numbered = _ENUMERATED.match(line.text)
        level = 0 if numbered is None else 2 if line.text[0] in "（(" else 1
        number = _value(numbered[1]) if numbered else 0
        part = self._known(line.text, level, number)
        if part is None and not self._is_foreign_heading(line.text, level, number):
            return False
        if level:
            self._counts[level] = number
            self._counts = {each: count for each, count in self._counts.items() if each <= level}
        before = next((each for each in self._found if part is not None and each.part is part), None)
        if before is None:
            before = Found(line.text, part)
            self._found.append(before)
        self._here, self._joinable = before, False
        return True

    def _known(self, text: str, level: int, number: int) -> Part | None:
        """The scheme's heading that ``text`` is: by its words, or by a part of them with its level, or by its place."""
        words = _words(text)
        same = [part for part in self._parts if _words(part.heading) == words]
        if same or not level:
            return next((part for part in same if part.level == level), same[0] if same else None)
        peers = [part for part in self._parts if part.level == level]
        for part in peers:
            heading = _words(part.heading)
            if len(words) > 3 and (words in heading or heading in words):
                return part
        for part in peers:
            heading = _words(part.heading)
            alike = SequenceMatcher(None, words, heading, autojunk=False).ratio()
            if _number_of(part.heading) == number and alike >= _ALIKE:
                return part
        return None

    def _is_foreign_heading(self, text: str, level: int, number: int) -> bool:
        """Whether a numbered line is a heading that the scheme doesn't have: it goes on counting, and is no sentence."""
        if not level or _WHOLE.search(text) or number != self._counts.get(level, 0) + 1:
            return False
        return level == 1 or self._is_divided()

    def _is_divided(self) -> bool:
        """Whether headings of the second level may stand here."""
        part = self._here.part
        return part is None or part.divided or part.level > 1

    # ---- items

    def _item(self, line: Line) -> bool:
        here = self._here
        if here.part is not None and not here.part.has_items:
            return False
        if line.look in (Look.ITEM, Look.LISTED):
            numbered = _NUMBERED.match(line.text)
            here.items.append((_cleared(line.text[numbered.end() :] if numbered else line.text), []))
            self._joinable = False
            return True
        match = _NUMBERED.match(line.text)
        if match is None and line.text[0] in "（(" and not self._is_divided():
            match = _ENUMERATED.match(line.text)  # （一） where nothing of the second level is expected
        if match is None or _value(match[1]) != len(here.items) + 1:
            return False
        title, *rest = _SENTENCE.split(line.text[match.end() :], maxsplit=1)
        here.items.append((_cleared(title), []))
        self._joinable = False
        for each in rest:
            self._add(each)
        return True

    # ---- text

    def _add(self, text: str) -> None:
        place, clear = self._here.place, _cleared(text)
        if not clear:
            return
        if self._joinable and place and _is_cut(place[-1]):
            place[-1] = _joined(place[-1], clear)
        else:
            place.append(clear)
        self._joinable = self._cut


def _place(found: Found, texts: dict[str, str], unplaced: list[Unplaced]) -> None:
    """Put what stands under one heading into the fields of that heading."""
    if found.part is None or not found.part.slots:
        if found.whole():
            unknown = "不属于哪个标题" if found.heading == _FRONT else "表中没有这个标题"
            why = unknown if found.part is None else "这个标题之下没有填报项"
            unplaced.append(Unplaced(found.heading, why, found.whole()))
        return
    lead, items = _places(found.part.slots)
    if found.lead:
        if lead is not None:
            texts[lead.text.id] = "\n".join(found.lead)
        elif not found.items:
            texts[items[0].text.id] = "\n".join(found.lead)
        else:
            unplaced.append(Unplaced(found.heading, "在第 1 项之前，没有相应的填报项", "\n".join(found.lead)))
    for number, (title, text) in enumerate(found.items, start=1):
        if not title and not text:  # a reminder that nobody has dealt with takes no place
            continue
        slot = _slot_for(title, items)
        if slot is None:
            why = f"第 {number} 项，表中没有更多的填报项"
            unplaced.append(Unplaced(found.heading, why, "\n".join((title, *text))))
            continue
        items.remove(slot)
        if slot.title is not None and title:
            texts[slot.title.id] = title
        if text:
            texts[slot.text.id] = "\n".join(text)


def _places(slots: Sequence[Slot]) -> tuple[Slot | None, list[Slot]]:
    """The place of text without an item's heading, and those of the items."""
    lead = next((slot for slot in slots if not slot.is_item), None)
    return lead, [slot for slot in slots if slot.is_item]


def _slot_for(title: str, left: Sequence[Slot]) -> Slot | None:
    labelled = (slot for slot in left if slot.label and _words(slot.label) == _words(title))
    return next(labelled, next((slot for slot in left if slot.title is not None), None))


def _words(heading: str) -> str:
    """A heading without its number, white space, punctuation and differences of width."""
    plain = unicodedata.normalize("NFKC", _ENUMERATED.sub("", heading, count=1))
    return "".join(sign for sign in plain if not sign.isspace() and sign not in "。.:;,、")


def _number_of(heading: str) -> int:
    match = _ENUMERATED.match(heading)
    return _value(match[1]) if match else 0


def _value(number: str) -> int:
    """12, １２ and 十二 as a number."""
    if number[0] not in _DIGITS and number[0] != "十":
        return int(number)
    tens, ten, ones = number.rpartition("十")
    return (10 * _DIGITS.get(tens, 1) if ten else 0) + _DIGITS.get(ones, 0)


def _cleared(text: str) -> str:
    """A text without reminders that nobody has dealt with."""
    return REMINDER.sub("", text).strip()


def _is_cut(line: str) -> bool:
    """Whether a line ends in mid-sentence: short ones are headings and the like, which end without a mark."""
    return len(line) >= _SHORTEST_CUT and not _WHOLE.search(line)


def _joined(line: str, following: str) -> str:
    """Two pieces of a sentence; only words of letters keep a space between them."""
    spaced = line[-1].isascii() and following[0].isascii() and line[-1].isalpha() and following[0].isalpha()
    return f"{line} {following}" if spaced else line + following


def shown(text: str, most: int = 40) -> str:
    """The beginning of a text, for a message."""
    plain = one_line(text)
    return plain if len(plain) <= most else f"{plain[:most]}……"


def missing(parts: Iterable[Part], texts: dict[str, str]) -> Iterator[str]:
    """The headings under which nothing was found."""
    for part in parts:
        ids = {each.id for slot in part.slots for each in (slot.title, slot.text) if each is not None}
        if ids and not ids & set(texts):
            yield part.heading
