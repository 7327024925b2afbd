"""What a workbook holds, cell by cell, before any library writes it: the contract of generator, reader and writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.scorecard import ScoreCard

Shown = str | Decimal | date
"""What a cell shows; '' for nothing."""


@dataclass(frozen=True)
class View:
    """What a workbook's formulas see: the answers, and the scores that follow from them.

    Cached values are worked out from this in Python, so that a file is right before any program recalculates it.
    """

    answers: Answers
    card: ScoreCard


@dataclass(frozen=True)
class Label:
    """A locked constant; ``link`` makes it jump to another cell."""

    value: Shown
    style: str
    link: Cell | None = None


@dataclass(frozen=True)
class Input:
    """An unlocked cell for ``field``."""

    field: Field
    style: str


@dataclass(frozen=True)
class Formula:
    """A live formula (without '=') and, independently of it, what it shows for a View. ``field`` is set where the
    cell is also an input (a self-score starts as a formula and may be overtyped); then it is unlocked."""

    expression: str
    shows: Callable[[View], Shown]
    style: str
    field: Field | None = None


@dataclass(frozen=True)
class Stamp:
    """A locked cell that is filled for each unit: form_title, unit_code, unit_name, deadline, …

    ``text`` is what stands there in the master.
    """

    key: str
    style: str
    text: str = ""


@dataclass(frozen=True)
class Review:
    """A locked cell for the review, empty when issued; only the writer fills it. ``named``: has a defined name too."""

    name: str
    style: str
    named: bool = True


Content = Label | Input | Formula | Stamp | Review


@dataclass(frozen=True)
class Highlight:
    """A conditional format: cells of ``area`` take ``style`` where ``condition`` (relative to its first cell) holds."""

    area: str
    condition: str
    style: str


MARGINS = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6}
"""Of every printed page, in inches."""


@dataclass(frozen=True)
class PrintSetup:
    """How a sheet prints: ``pages_wide`` pages side by side."""

    paper: int = 9  # 9 = A4, 8 = A3
    landscape: bool = False
    area: str | None = None
    repeat_rows: tuple[int, int] | None = None  # 1-based, both included
    repeat_columns: tuple[int, int] | None = None
    pages_wide: int = 1
    page_breaks: tuple[int, ...] = ()  # after these rows


@dataclass
class Sheet:
    """One sheet. ``cells`` and ``merges`` are keyed by A1 references; a merge maps its first cell to its last."""

    name: str
    cells: dict[str, Content] = field(default_factory=dict)
    merges: dict[str, str] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)  # by 1-based column, in characters
    heights: dict[int, float] = field(default_factory=dict)  # by row, in points
    highlights: list[Highlight] = field(default_factory=list)
    setup: PrintSetup = PrintSetup()
    freeze: str | None = None
    very_hidden: bool = False

    def put(self, row: int, column: int, content: Content, *, to: tuple[int, int] | None = None) -> Cell:
        """Place ``content``; ``to`` (row, column) merges the cells up to there. Returns where it stands."""
        ref = to_ref(row, column)
        self.cells[ref] = content
        if to is not None and to != (row, column):
            self.merges[ref] = to_ref(*to)
        return Cell(self.name, ref)


@dataclass
class Layout:
    """A scheme's whole workbook. ``names`` are its defined names: a cell, a range, a constant text."""

    scheme: Scheme
    sheets: tuple[Sheet, ...]
    names: Mapping[str, str]  # e.g. "'基础数据'!$D$31", "'_pe'!$A$1:$A$9"; without '='

    @cached_property
    def sheet(self) -> Mapping[str, Sheet]:
        return {sheet.name: sheet for sheet in self.sheets}

    @cached_property
    def inputs(self) -> Mapping[str, Cell]:
        """Every input cell by field id (those that start as formulas included)."""
        found: dict[str, Cell] = {}
        for cell, content in self._contents():
            wanted = getattr(content, "field", None)
            if wanted is not None:
                found[wanted.id] = cell
        return found

    def place(self, name: str) -> Cell:
        """Where the cell of a defined name stands in the form as it is issued. KeyError for an unknown name."""
        sheet, ref = self.names[name].rsplit("!", 1)
        return Cell(sheet.strip("'"), ref.replace("$", ""))

    @cached_property
    def formulas(self) -> Mapping[Cell, Formula]:
        return {cell: content for cell, content in self._contents() if isinstance(content, Formula)}

    @cached_property
    def review(self) -> Mapping[str, Cell]:
        """Every cell for the review by name.

        On the official table review_total, review_grade, and for each row <code>_review_score, _review_difference,
        _review_opinion; beside inputs <field>_review_mark (that of an annex row <table>_r01_review_mark); on the list
        review_list_total, _grade, _count, and of each line review_list_001_number, _severity, _place, _message; on the
        hidden sheet review_row_heights.
        """
        return {content.name: cell for cell, content in self._contents() if isinstance(content, Review)}

    @cached_property
    def stamps(self) -> Mapping[Cell, Stamp]:
        return {cell: content for cell, content in self._contents() if isinstance(content, Stamp)}

    def _contents(self) -> list[tuple[Cell, Content]]:
        return [(Cell(sheet.name, ref), content) for sheet in self.sheets for ref, content in sheet.cells.items()]
