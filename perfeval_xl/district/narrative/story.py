"""A narrative put together: the scheme's outline, what the person wrote, what the figures say, what is still to write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from perfeval_xl.district.narrative import figures, units
from perfeval_xl.district.narrative.blocks import (
    Block,
    Heading,
    Item,
    Story,
    Subject,
    Text,
    one_line,
    paragraphs,
    to_check,
    to_write,
)
from perfeval_xl.district.narrative.outline import Outline
from perfeval_xl.district.narrative.slots import Part, Slot, Topic, parts_of
from perfeval_xl.errors import NarrativeError
from perfeval_xl.numbers import show_score

_REST = "附：核分情况"
_SCORE = re.compile(r"(?:得分|总分|评分)(?:为|是)?(\d+(?:\.\d+)?)分")


def story_of(subject: Subject) -> Story:
    """The narrative about ``subject``. NarrativeError where its scheme asks for none."""
    outline = Outline(parts_of(subject.scheme))
    if not outline.parts:
        raise NarrativeError(f"方案 {subject.scheme.id} 没有自评说明的栏目（[[narrative]]），写不出说明。")
    teller = _Teller(subject, outline)
    blocks = tuple(teller.blocks())
    return Story(subject.title, blocks, tuple(teller.reminders))


class _Teller:
    """Writes one narrative; ``reminders`` fills up on the way."""

    def __init__(self, subject: Subject, outline: Outline) -> None:
        self._subject = subject
        self._outline = outline
        self._answers = subject.submission.answers
        self.reminders: list[str] = []

    def blocks(self) -> Iterator[Block]:
        for part in self._outline.parts:
            yield Heading(part.heading, part.level)
            yield from self._part(part)
        told = {part.topic for part in self._outline.parts}
        rest = [block for topic in Topic if topic not in told for block in self._ours(topic, 1)]
        if rest:
            yield Heading(_REST, 1, ours=True)
            yield from rest

    def _part(self, part: Part) -> Iterator[Block]:
        number = 1
        for slot in part.slots:
            blocks = list(self._slot(part, slot, number))
            number += bool(blocks) and slot.is_item
            yield from blocks
        if part.topic is Topic.CONCLUSION:
            yield from self._doubts(part)
        if part.topic is Topic.MEASURES and (missing := figures.unexplained(self._subject)):
            yield Item(number, to_write("失分指标的改进措施"))
            yield Text(missing)
            self._remind(part, number, missing)
            number += 1
        if part.topic is not None:
            yield from self._ours(part.topic, number)

    def _ours(self, topic: Topic, number: int) -> Iterator[Block]:
        """What the tool says about ``topic``, its items numbered from ``number``."""
        subject = self._subject
        if topic is Topic.CONCLUSION:
            yield from figures.conclusion(subject)
            if subject.units is not None:
                yield from units.returns(subject.units)
        elif topic is Topic.ANALYSIS:
            yield from figures.analysis(subject)
        elif topic is Topic.PROBLEMS:
            found = list(figures.problems(subject, number))
            yield from found
            if subject.units is not None:
                number += sum(isinstance(block, Item) for block in found)
                yield from units.problems(subject.units, number)

    def _slot(self, part: Part, slot: Slot, number: int) -> Iterator[Block]:
        """A text under its title; what is lacking is marked. Nothing where an optional one was left blank."""
        text = paragraphs(self._answers.text(slot.text.id))
        if slot.title is None:
            if not text and not slot.text.required:
                return
            if slot.label:
                yield Item(number, slot.label)
        else:
            title = one_line(self._answers.text(slot.title.id))
            if not (text or title or slot.text.required or slot.title.required):
                return
            yield Item(number, title or self._missing(part, number, slot.title.hint))
        for each in text:
            yield Text(each, verbatim=self._outline.is_special(each))
        if not text:
            yield Text(self._missing(part, number if slot.is_item else 0, slot.text.hint))

    def _missing(self, part: Part, number: int, hint: str) -> str:
        wanted = "；".join(each for each in hint.split("；") if "留空" not in each)
        mark = to_write(wanted or hint)
        self._remind(part, number, mark)
        return mark

    def _remind(self, part: Part, number: int, mark: str) -> None:
        where = f"{part.heading} 第 {number} 项" if number else part.heading
        self.reminders.append(f"{where}：{mark[1:-1]}")

    def _doubts(self, part: Part) -> Iterator[Block]:
        """A score or a grade in the person's own words that is not the one that counts."""
        card = self._subject.card
        said = unicodedata.normalize("NFKC", "".join(self._answers.text(slot.text.id) for slot in part.slots))
        plain = "".join(said.split())
        found = []
        if (score := _SCORE.search(plain)) and card.total is not None and Decimal(score[1]) != card.total:
            found.append(f"上文写的得分是 {score[1]} 分，按评分标准重算为 {show_score(card.total)} 分")
        grades = "|".join(re.escape(each.name) for each in self._subject.scheme.grades)
        grade = re.search(f'等级(?:评定)?(?:为|是)[“"「]?({grades})', plain)
        if grade and card.grade is not None and grade[1] != card.grade:
            found.append(f"上文写的等级是“{grade[1]}”，按评分标准重算为“{card.grade}”")
        for each in found:
            mark = to_check(each)
            self._remind(part, 0, mark)
            yield Text(mark)
