"""What a scheme's narrative asks for: its headings in reading order, and which text fields belong together under them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.model import NarrativeSection, Scheme

_LONGEST_TITLE = 200
"""Characters: a field that takes no more, followed by one that takes more, is the title of that one's text."""


class Topic(Enum):
    """What a section is about, known by a word of its heading: there the tool has something to say."""

    CONCLUSION = "结论"
    ANALYSIS = "分析"
    PROBLEMS = "问题"
    MEASURES = "措施"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one text: with a ``title`` field of its own, under a fixed ``label``, or with neither."""

    text: Field
    title: Field | None = None
    label: str = ""

    @property
    def is_item(self) -> bool:
        """Whether it is one of the section's numbered items."""
        return self.title is not None or bool(self.label)


@dataclass(frozen=True)
class Part:
    """A heading of the narrative with its places; ``level`` counts from 1. ``topic`` is given to one part at most."""

    heading: str
    level: int
    slots: tuple[Slot, ...]
    divided: bool
    topic: Topic | None

    @property
    def has_items(self) -> bool:
        return any(slot.is_item for slot in self.slots)


def parts_of(scheme: Scheme) -> tuple[Part, ...]:
    """The scheme's narrative, heading by heading; empty where it has none."""
    left = list(Topic)
    return tuple(_parts(scheme.narrative, 1, left))


def _parts(sections: tuple[NarrativeSection, ...], level: int, left: list[Topic]) -> Iterator[Part]:
    for section in sections:
        slots = tuple(_slots(section.fields))
        topic = next((each for each in left if slots and each.value in section.heading), None)
        if topic is not None:
            left.remove(topic)
        yield Part(section.heading, level, slots, bool(section.sections), topic)
        yield from _parts(section.sections, level + 1, left)


def _slots(fields: tuple[Field, ...]) -> Iterator[Slot]:
    """Titles with their texts; texts on their own under their labels, but for one that comes first."""
    rest = list(fields)
    while rest:
        field = rest.pop(0)
        if rest and _is_title_of(field, rest[0]):
            yield Slot(rest.pop(0), field)
        else:
            yield Slot(field, label="" if field is fields[0] else field.label)


def _is_title_of(field: Field, following: Field) -> bool:
    if field.max_length is None or field.max_length > _LONGEST_TITLE:
        return False
    return following.max_length is None or following.max_length > field.max_length
