"""How a form looks: paper, the columns of its official table, the blocks of its head, the words of its guide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

STAMPS = ("unit_name", "unit_code", "department", "project_name", "project_code", "deadline", "contact")
"""What the head may show of whoever fills in the form: filled in for each workbook, never typed."""

COMPUTED = ("rate", "score")
"""Columns of an annex row that no one fills in: its completion rate and its score."""


class Paper(StrEnum):
    """What the official table prints on."""

    A3 = "A3"
    A4 = "A4"


class Body(StrEnum):
    """What the lines of the official table are."""

    INDICATORS = "indicators"  # a scored row each; annex tables have a sheet of their own
    ROWS = "rows"  # the rows of the annex tables, which stand in the official table itself


class Block(StrEnum):
    """A part of the head block."""

    BAND = "band"  # a heading over the whole width
    FACTS = "facts"  # labels with their values beside them, two pairs a line
    TEXTS = "texts"  # texts side by side, each under its label
    AMOUNTS = "amounts"  # amounts side by side under their headings
    GRID = "grid"  # lines of amounts under common headings, with the score of the line that has an indicator


@dataclass(frozen=True)
class FormColumn:
    """A column of the official table. ``width`` in characters; ``over`` is the heading above, merged over neighbours
    that have the same; a column that is not ``printed`` stands right of the printed area.

    ``shows``: in a body of indicators level1, points1, … level3, points3, name, points, interpretation, criteria, score,
    evidence; in a body of rows level1 … level3, name, points, the id of a table's column, rate, score.
    """

    shows: str
    heading: str
    width: float
    over: str = ""
    printed: bool = True


@dataclass(frozen=True)
class Fact:
    """A label and what stands beside it: the input ``field``, or the ``stamp`` (one of STAMPS); the other is ''."""

    label: str
    field: str = ""
    stamp: str = ""


@dataclass(frozen=True)
class GridRow:
    """A line of a grid: an input under each of the grid's columns, and the ``indicator`` whose score ends it, or ''."""

    label: str
    fields: tuple[str, ...]
    indicator: str = ""


@dataclass(frozen=True)
class HeadBlock:
    """A block of the head; only what belongs to its kind is filled.

    ``text`` is a band's heading, or what stands at the side of texts, amounts or a grid ('' for nothing). ``columns``
    are the headings over a grid's ``fields``.
    """

    block: Block
    text: str = ""
    facts: tuple[Fact, ...] = ()
    fields: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[GridRow, ...] = ()

    def inputs(self) -> Iterator[str]:
        """The ids of all its fields in reading order."""
        yield from (fact.field for fact in self.facts if fact.field)
        yield from self.fields
        yield from (field for row in self.rows for field in row.fields)


@dataclass(frozen=True)
class Form:
    """The official table: its paper, what its lines are, its columns from the left, its head from the top."""

    paper: Paper = Paper.A3
    landscape: bool = True
    body: Body = Body.INDICATORS
    columns: tuple[FormColumn, ...] = ()
    head: tuple[HeadBlock, ...] = ()

    def inputs(self) -> Iterator[str]:
        """The ids of the fields in the head block, in reading order."""
        for block in self.head:
            yield from block.inputs()


@dataclass(frozen=True)
class GuideEntry:
    """A step or a rule of the guide: its name, what to do, and the sheet that the name leads to ('' for none)."""

    name: str
    text: str
    sheet: str = ""


@dataclass(frozen=True)
class Guide:
    """The words of the guide (填报说明) that are the form's own: the steps in their order, then what else to keep to."""

    steps: tuple[GuideEntry, ...]
    rules: tuple[GuideEntry, ...]
