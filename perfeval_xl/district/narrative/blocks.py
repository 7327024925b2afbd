"""What a narrative is made of before it is a document, and whom it is about.

Blocks that are ``ours`` were written by the tool: whoever reads the document back must not take them for a person's words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.findings import Finding
from perfeval_xl.overview import Facts
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.scorecard import ScoreCard

REMINDER = re.compile("【请(?:补写|核对)：[^】]*】")
"""What a person still has to write or to check, marked in the text itself."""


def to_write(what: str) -> str:
    """The mark of a text that a person must still write; it says ``what``."""
    return f"【请补写：{_inside(what)}】"


def to_check(what: str) -> str:
    """The mark of a text of a person's that does not fit the figures."""
    return f"【请核对：{_inside(what)}】"


def _inside(what: str) -> str:
    return one_line(what).replace("】", "〗").rstrip("。；")


def one_line(text: str) -> str:
    """A text with every run of white space as one space, none at its ends."""
    return " ".join(text.split())


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: its lines without white space at their ends; no empty ones."""
    return [line for each in text.splitlines() if (line := each.strip())]


@dataclass(frozen=True)
class Subject:
    """Whom a narrative is about, with the answers, scores and findings that it is written from.

    ``units`` are given for the department: the figures of its units. ``notes`` are sentences about the score that
    whoever worked it out has to add; ``not_typed`` is what evidence begins with that no person wrote ('' if none does).
    ``author`` puts the document out.
    """

    name: str
    is_department: bool
    year: int
    scheme: Scheme = field(repr=False)
    submission: Submission = field(repr=False)
    card: ScoreCard = field(repr=False)
    findings: tuple[Finding, ...] = ()
    author: str = ""
    units: Facts | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    not_typed: str = ""

    @property
    def title(self) -> str:
        """The document's title, in two lines: who, and what."""
        form = self.scheme.title if self.is_department else self.scheme.unit_title
        return f"{self.year}年度{one_line(self.name)}\n{form}说明"

    def is_explained(self, indicator: Indicator) -> bool:
        """Whether a person wrote anything about a row: evidence, reasons, measures."""
        said = self.submission.answers.text(indicator.evidence_id).strip()
        return bool(said) and not (self.not_typed and said.startswith(self.not_typed))


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A numbered heading under the lowest of the outline."""

    number: int
    title: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph. ``verbatim``: it looks like a heading, an item or a reminder, and is none."""

    text: str
    ours: bool = False
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of the tool's: ``widths`` in mm. ``joined``: equal neighbours in the first column are one cell."""

    caption: str
    head: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Sequence[tuple[str, ...]]
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of the tool's: ``shares`` are fractions."""

    caption: str
    name: str
    labels: tuple[str, ...]
    shares: tuple[Decimal, ...]


Block = Heading | Item | Text | Grid | Bars


@dataclass(frozen=True)
class Story:
    """A whole narrative. ``reminders`` are what a person must still write or check, each with its place."""

    title: str
    blocks: tuple[Block, ...]
    reminders: tuple[str, ...]
