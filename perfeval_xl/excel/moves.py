"""Where the rows and columns of one issued sheet went, told by its labels and by the names of its cells."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfeval_xl.cells import Cell, column_letters
from perfeval_xl.excel.alignment import Alignment, Evidence, align
from perfeval_xl.excel.printed import Key, Place, PrintedSheet, label_text

if TYPE_CHECKING:
    from perfeval_xl.excel.opened import Grid

_FAR = 8  # columns beyond where it was issued that a column without labels is looked for
_FILLED = 2  # cells that have to stand there for it


class SheetTexts:
    """A sheet of a return, its values as texts that can be compared with labels; and how much stands in each line."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.cells: list[tuple[Place, str]] = []
        self.rows: Counter[int] = Counter()
        self.columns: Counter[int] = Counter()
        for row, values in enumerate(grid, start=1):
            if values.count("") == len(values):
                continue
            for column, value in enumerate(values, start=1):
                if value != "" and (text := label_text(value)):
                    self.cells.append(((row, column), text))
                    self.rows[row] += 1
                    self.columns[column] += 1

    def filled(self, row: int, column: int) -> bool:
        return row <= len(self.grid) and column <= len(self.grid[row - 1]) and self.grid[row - 1][column - 1] != ""

    def same_rows(self, row: int, other: int) -> bool:
        return not (self.rows[row] or self.rows[other]) or (
            max(row, other) <= len(self.grid) and self.grid[row - 1] == self.grid[other - 1]
        )


class Found:
    """Where the texts stand in a sheet of a return that ``sheet`` has for labels."""

    def __init__(self, sheet: PrintedSheet, texts: SheetTexts) -> None:
        self.all = texts
        self.labels: dict[Place, str] = {place: text for place, text in texts.cells if text in sheet.texts}
        self.share = len(sheet.texts.intersection(self.labels.values())) / len(sheet.texts) if sheet.texts else 0.0
        """The share of the different labels that stand here anywhere, 0 to 1."""

        self.in_place = sum(self.labels.get(place) == text for place, text in sheet.labels.items())
        """How many labels stand where they were issued."""


@dataclass(frozen=True)
class Moves:
    """The rows and columns of a sheet put side by side with those it has in a return."""

    sheet: PrintedSheet
    rows: Alignment
    columns: Alignment
    labels: int
    """How many of the sheet's labels stand where they belong."""

    @property
    def plain(self) -> bool:
        return self.rows.plain and self.columns.plain

    def cells(self, title: str) -> Mapping[str, Cell]:
        """Every cell that is still there, by issued reference; ``title`` is the sheet's name in the return."""
        letters = {column: column_letters(place) for column, place in self.columns.lines.items()}
        rows = self.rows.lines
        return {
            ref: Cell(title, f"{letters[column]}{rows[row]}")
            for ref, (row, column) in self.sheet.cells.items()
            if row in rows and column in letters
        }


def follow(sheet: PrintedSheet, found: Found, named: Mapping[Place, Place | None]) -> Moves:
    """Where the lines of ``sheet`` went. ``named``: where the names of its cells stand now, by the place that they were
    issued for; None for one that has lost its cell."""
    known = _columns_by_labels(sheet, found)
    rows = _rows(sheet, found, known, named)
    better = _columns_by_rows(sheet, found, rows)
    if better != known:
        known, rows = better, _rows(sheet, found, better, named)
    columns = _columns(sheet, found, known, rows, named)
    labels = sum(
        found.labels.get((rows.lines.get(row, 0), columns.lines.get(column, 0))) == text
        for (row, column), text in sheet.labels.items()
    )
    return Moves(sheet, rows, columns, labels)


def _columns_by_labels(sheet: PrintedSheet, found: Found) -> dict[int, int]:
    """The columns that hold more than half of an issued column's different labels, wherever: to begin with."""
    texts: defaultdict[int, set[str]] = defaultdict(set)
    for (_, column), text in found.labels.items():
        texts[column].add(text)
    pairs = []
    for column, labels in sheet.column_texts.items():
        for place, there in texts.items():
            count = len(labels & there)
            if 2 * count > len(labels):
                pairs.append((-count, -count / len(labels), abs(place - column), column, place))
    return _each_once((column, place) for *_, column, place in sorted(pairs))


def _columns_by_rows(sheet: PrintedSheet, found: Found, rows: Alignment) -> dict[int, int]:
    """The columns that hold at least half of an issued column's labels in the rows where they belong. What people typed
    may well be the text of some label."""
    row_there = {place: row for row, place in rows.lines.items()}
    labels: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    total: Counter[int] = Counter()
    for (row, column), text in sheet.labels.items():
        if row in rows.lines:
            labels[row, text].append(column)
            total[column] += 1
    votes: Counter[tuple[int, int]] = Counter()
    for (row, place), text in found.labels.items():
        votes.update((column, place) for column in labels.get((row_there.get(row, 0), text), ()))
    likely = [(-count, abs(place - column), column, place) for (column, place), count in votes.items()]
    return _each_once((column, place) for count, _, column, place in sorted(likely) if -2 * count >= total[column])


def _each_once(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The first pairs, each line of either side in one of them at most."""
    known: dict[int, int] = {}
    taken = set()
    for line, place in pairs:
        if line not in known and place not in taken:
            known[line] = place
            taken.add(place)
    return known


def _rows(
    sheet: PrintedSheet, found: Found, columns: Mapping[int, int], named: Mapping[Place, Place | None]
) -> Alignment:
    issued_column = {place: column for column, place in columns.items()}
    printed = {(column, text) for (_, column), text in sheet.labels.items()}
    there: defaultdict[int, set[Key]] = defaultdict(set)
    for (row, column), text in found.labels.items():
        key = issued_column.get(column, 0), text
        if key in printed:
            there[row].add(key)
    return align(
        Evidence(
            last=max(sheet.held_rows, default=0),
            issued={
                row: kept for row, keys in sheet.keys.items() if (kept := frozenset(k for k in keys if k[0] in columns))
            },
            found={row: frozenset(keys) for row, keys in there.items()},
            held=sheet.held_rows,
            count=found.all.rows,
            same=found.all.same_rows,
            named=_lines((at[0], None if now is None else now[0]) for at, now in named.items()),
        )
    )


def _columns(
    sheet: PrintedSheet,
    found: Found,
    known: Mapping[int, int],
    rows: Alignment,
    named: Mapping[Place, Place | None],
) -> Alignment:
    # what went with its row tells nothing of its column
    lines = _lines((at[1], None if now is None else now[1]) for at, now in named.items() if at[0] in rows.lines)
    beyond = _beyond_labels(sheet, found, known, rows) if known else {}
    left = {column for row, column in sheet.labels if row in rows.lines}
    return align(
        Evidence(
            last=max(sheet.held_columns, default=0),
            issued={column: texts for column, texts in sheet.column_texts.items() if column in left},
            found={},
            held=sheet.held_columns,
            count=found.all.columns,
            same=lambda one, other: not (found.all.columns[one] or found.all.columns[other]),
            named=lines,
            known={**known, **{column: place for column, place in beyond.items() if column not in lines}},
        )
    )


def _beyond_labels(sheet: PrintedSheet, found: Found, known: Mapping[int, int], rows: Alignment) -> Mapping[int, int]:
    """Columns without labels, right of all labels: one that is blank where it should stand by now, is the next that is
    filled where its cells are."""
    last = max(known)
    beyond: dict[int, int] = {}
    for column in sorted(sheet.held_columns - sheet.column_texts.keys()):
        at = known[last] + column - last
        lines = [rows.lines[row] for row, each in sheet.fields if each == column and row in rows.lines]
        filled = {place: sum(found.all.filled(row, place) for row in lines) for place in range(at, at + _FAR)}
        if column > last and not filled[at]:
            beyond |= next(({column: place} for place, count in filled.items() if count >= _FILLED), {})
    return beyond


def _lines(named: Iterable[tuple[int, int | None]]) -> Mapping[int, int | None]:
    """By line, where most of its names stand; None where those that are left have lost their cells."""
    votes: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for line, place in named:
        votes[line].update(() if place is None else (place,))
    return {line: counted.most_common(1)[0][0] if counted else None for line, counted in votes.items()}
