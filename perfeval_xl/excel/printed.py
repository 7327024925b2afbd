"""What tells an issued form's cells apart: the labels printed round them, and their defined names. Worked out once."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from perfeval_xl.cells import Cell, from_ref, to_ref
from perfeval_xl.excel.layout.model import Label, Layout, Sheet, Stamp

Place = tuple[int, int]
"""Row and column, 1-based."""
Key = tuple[int, str]
"""A label's column and text."""


def label_text(value: object) -> str:
    """A label as it is compared, from the form or from a file; '' for nothing.

    As for the seal's digest, and without white space: some programs drop it between characters of two scripts.
    """
    if isinstance(value, str):
        return "".join(unicodedata.normalize("NFC", value.replace("_x000D_", "")).split())
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float | Decimal):
        return f"{float(value):.12g}"
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


class PrintedSheet:
    """One sheet: its cells (those that a merge hides too), its labels that show anything, the names of its cells."""

    def __init__(self, sheet: Sheet, names: Mapping[str, Place]) -> None:
        self.name = sheet.name
        self.shown = not sheet.very_hidden
        self.names = names
        self.cells: dict[str, Place] = {ref: from_ref(ref) for ref in sheet.cells}
        self.labels: dict[Place, str] = {}
        self.marks: list[tuple[int, int, Any]] = []
        """Every label as a reader gives it back; row and column counted from 0."""
        self.fields: set[Place] = set()
        """What is filled in, by people, formulas or us."""
        for ref, content in sheet.cells.items():
            row, column = place = self.cells[ref]
            if not isinstance(content, Label):
                self.fields.add(place)
                if isinstance(content, Stamp) and content.text:
                    self.labels[place] = label_text(content.text)  # on most forms; it may read otherwise
            elif text := label_text(content.value):
                self.labels[place] = text
                plain = float(content.value) if isinstance(content.value, Decimal) else content.value
                self.marks.append((row - 1, column - 1, plain))
        self.cells |= {to_ref(*place): place for place in _under_merges(sheet)}

    @cached_property
    def identity(self) -> Mapping[str, Cell]:
        """Every cell at its own place."""
        return {ref: Cell(self.name, ref) for ref in self.cells}

    @cached_property
    def texts(self) -> frozenset[str]:
        return frozenset(self.labels.values())

    @cached_property
    def keys(self) -> Mapping[int, frozenset[Key]]:
        """The labels of each row that has any."""
        rows: defaultdict[int, set[Key]] = defaultdict(set)
        for (row, column), text in self.labels.items():
            rows[row].add((column, text))
        return {row: frozenset(keys) for row, keys in rows.items()}

    @cached_property
    def column_texts(self) -> Mapping[int, frozenset[str]]:
        """The labels of each column that has any."""
        columns: defaultdict[int, set[str]] = defaultdict(set)
        for (_, column), text in self.labels.items():
            columns[column].add(text)
        return {column: frozenset(texts) for column, texts in columns.items()}

    @cached_property
    def held_rows(self) -> frozenset[int]:
        """The rows that hold anything."""
        return frozenset(row for row, _ in self.fields | self.labels.keys())

    @cached_property
    def held_columns(self) -> frozenset[int]:
        return frozenset(column for _, column in self.fields | self.labels.keys())

    @cached_property
    def open_ended(self) -> bool:
        """Whether rows or columns without any label lie beyond the last that has one: nothing printed tells of those."""
        return max(self.held_rows, default=0) > max(self.keys, default=0) or max(self.held_columns, default=0) > max(
            self.column_texts, default=0
        )


class Form:
    """The printed sheets in their order. ``spelled``: what stands behind each cell's name, without quotes."""

    def __init__(self, layout: Layout) -> None:
        names: defaultdict[str, dict[str, Place]] = defaultdict(dict)
        self.spelled: dict[str, str] = {}
        for name, target in layout.names.items():
            if "!" in target and ":" not in target:
                cell = layout.place(name)
                names[cell.sheet][name] = from_ref(cell.ref)
                self.spelled[name] = without_quotes(target)
        self.sheets = tuple(PrintedSheet(sheet, names[sheet.name]) for sheet in layout.sheets)
        self.labels = sum(len(sheet.labels) for sheet in self.sheets if sheet.shown)


def without_quotes(target: str) -> str:
    """What a name stands for, as programs agree on it: some put quotes round any sheet's name, some only where needed."""
    return target.replace("'", "")


def _under_merges(sheet: Sheet) -> Iterator[Place]:
    for first, last in sheet.merges.items():
        (top, left), (bottom, right) = from_ref(first), from_ref(last)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) != (top, left):
                    yield row, column


_known: dict[int, tuple[Layout, Form]] = {}


def printed_form(layout: Layout) -> Form:
    """What is printed on ``layout``, worked out once for each layout object."""
    known = _known.get(id(layout))
    if known is None:
        known = _known[id(layout)] = (layout, Form(layout))
    return known[1]
