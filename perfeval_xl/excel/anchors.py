"""Where the cells of an issued form stand in a return: after inserted rows, renamed sheets, lost names.

A value belongs to the label beside it. Printed labels and defined names are two witnesses of where a cell went; what the
labels say counts first, for names stay behind when rows are sorted, and are lost when sheets are copied.

- All names where they were issued and all labels in place: nothing is looked at any closer.
- A sheet is where nearly all of its labels are and its names point, or its title is; else the one that has most of its
  labels, names and title counting too; else where its names point. One with the right title and few of its labels is
  still taken for it, one with none of them is not.
- A row went where all of its labels went together that occur once; a row with a single label is no exception, so two
  labels that were exchanged look the same as two rows, and are read as two rows. Where a row's labels went different
  ways, or only some are left, the row keeps its place between its neighbours. So an edited label moves nothing.
- A row with nothing of its own (as the lines of the annex, numbered alike in both tables) is told by what stands around
  it, then by names where they agree with the labels round about, and else not at all: its cells have no place.
- A column is the one that holds most of an issued column's labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

from perfeval_xl.cells import Cell, column_letters, from_ref, to_ref
from perfeval_xl.excel.layout.parts import BY_UNIT, FIGURES
from perfeval_xl.excel.moves import Found, Moves, SheetTexts, follow
from perfeval_xl.excel.printed import Form, Place, PrintedSheet, label_text, printed_form, without_quotes
from perfeval_xl.excel.wording import runs, span
from perfeval_xl.findings import Finding, finding

if TYPE_CHECKING:
    from perfeval_xl.excel.layout.model import Layout
    from perfeval_xl.excel.opened import OpenedBook

_NEARLY_ALL, _MOST, _SOME = 0.8, 0.6, 0.2
"""The share of a sheet's labels that tells it together with its names or title, by itself, and with its title if there
is no better sheet."""
_TOLD, _SAME = 0.2, 0.1
"""What the names' word and the same title count beside that share."""
_LISTED = 12  # lines named in one finding
_LOST = "#REF!"


@dataclass(frozen=True)
class Anchors:
    """Where issued cells stand. ``sheets``: issued sheet -> its name in the return, a missing one left out.

    ``findings`` tell what moved. ``match`` is the share of the form's labels (0 to 1, very hidden sheets aside) that
    stand where they belong; without labels, of the names that are there.
    """

    sheets: Mapping[str, str]
    findings: tuple[Finding, ...]
    match: float
    _places: Mapping[str, Mapping[str, Cell]] = field(repr=False)  # by issued sheet and reference
    unmoved: frozenset[str] = frozenset()
    """Issued sheets of which it is known beforehand that every cell stands where it was issued."""

    def place(self, issued: Cell) -> Cell | None:
        """Where a cell of the form stands in the return; None where it was deleted, or where that can't be told."""
        return self._places.get(issued.sheet, {}).get(issued.ref)

    def issued(self, cell: Cell) -> Cell | None:
        """The cell of the form that stands in a cell of the return; None where none does."""
        return self._issued.get(cell)

    @cached_property
    def _issued(self) -> Mapping[Cell, Cell]:
        found: dict[Cell, Cell] = {}
        for sheet, places in self._places.items():
            for ref, cell in places.items():
                found.setdefault(cell, Cell(sheet, ref))
        return found


def anchor(layout: Layout, book: OpenedBook) -> Anchors:
    """Find the cells of ``layout`` in ``book`` by labels and names. UnreadableWorkbook where a sheet can't be read."""
    form = printed_form(layout)
    names = _Names(form, book)
    named = {sheet.name for sheet in form.sheets if sheet.name in book.sheet_names and names.as_issued(sheet)}
    places: dict[str, Mapping[str, Cell]] = {
        sheet.name: sheet.identity
        for sheet in form.sheets
        if sheet.name in named or (sheet.name in book.sheet_names and names.none(sheet) and not sheet.open_ended)
        if _labels_as_issued(sheet, book)
    }
    sheets = {name: name for name in places}
    labels = sum(len(sheet.labels) for sheet in form.sheets if sheet.shown and sheet.name in places)
    findings: list[Finding] = []
    searched = [sheet for sheet in form.sheets if sheet.name not in places]
    for sheet, title, found in _claims(searched, book, names, taken=set(places)) if searched else ():
        moves = follow(sheet, found, names.stand(sheet, title))
        sheets[sheet.name] = title
        places[sheet.name] = sheet.identity if moves.plain and title == sheet.name else moves.cells(title)
        findings += _about_lines(title, moves)
        labels += moves.labels if sheet.shown else 0
    findings = [*_about_sheets(form, sheets, book), *findings]
    unmoved = frozenset(sheet.name for sheet in form.sheets if places.get(sheet.name) is sheet.identity)
    if book.package is not None:
        unsure = {sheet.name for sheet in form.sheets} - (named & unmoved)
        findings += _about_names(layout, names, sheets, places, unsure)
    return Anchors(sheets, tuple(findings), labels / form.labels if form.labels else 0.0, places, unmoved)


def anchor_by_names(layout: Layout, book: OpenedBook, renamed: Mapping[str, str]) -> Anchors:
    """Find the named cells of ``layout`` in a return of an earlier version, and no others.

    ``renamed``: a name of today -> the name that it had then, where they differ. Labels are not compared, nothing is
    reported; what has no name there has no place.
    """
    form = printed_form(layout)
    places: dict[str, Mapping[str, Cell]] = {}
    sheets: dict[str, str] = {}
    for sheet in form.sheets:
        named = {
            to_ref(*place): cell
            for name, place in sheet.names.items()
            if (cell := book.named_cell(renamed.get(name, name))) is not None
        }
        if named:
            places[sheet.name] = named
            titles = [cell.sheet for cell in named.values()]
            sheets[sheet.name] = max(dict.fromkeys(titles), key=titles.count)
    total = sum(len(sheet.names) for sheet in form.sheets)
    return Anchors(sheets, (), sum(map(len, places.values())) / total if total else 0.0, places)


class _Names:
    """What a return's defined names say."""

    def __init__(self, form: Form, book: OpenedBook) -> None:
        self._form = form
        self._book = book
        self._texts = book.names

    def as_issued(self, sheet: PrintedSheet) -> bool:
        """Whether all names of a sheet stand for what they did."""
        texts, spelled = self._texts, self._form.spelled
        for name in sheet.names:
            text = texts.get(name)
            if text is None or without_quotes(text) != spelled[name]:
                return False
        return True

    def none(self, sheet: PrintedSheet) -> bool:
        """Whether all names of a sheet are gone, or can't be seen."""
        return not any(name in self._texts for name in sheet.names)

    def cell(self, name: str) -> Cell | None:
        return self._book.named_cell(name) if name in self._texts else None

    def pointed(self, sheet: PrintedSheet) -> str | None:
        """The sheet of the return that most of the names point to that stood on ``sheet``."""
        titles = Counter(cell.sheet for name in sheet.names if (cell := self.cell(name)) is not None)
        return titles.most_common(1)[0][0] if titles else None

    def stand(self, sheet: PrintedSheet, title: str) -> Mapping[Place, Place | None]:
        """Where the names of ``sheet`` stand on the sheet ``title``, by the places they were issued for.

        A name that has lost its cell (#REF!) has None; those that are gone, stand elsewhere or share a cell are left out.
        """
        cells = {name: cell for name in sheet.names if (cell := self.cell(name)) is not None}
        owners = Counter(cells.values())
        found: dict[Place, Place | None] = {}
        for name, place in sheet.names.items():
            cell = cells.get(name)
            if cell is None:
                if _LOST in self._texts.get(name, ""):
                    found[place] = None
            elif cell.sheet == title and owners[cell] == 1:
                found[place] = from_ref(cell.ref)
        return found


def _labels_as_issued(sheet: PrintedSheet, book: OpenedBook) -> bool:
    grid = book.grid(sheet.name)
    try:
        return all(
            (found := grid[row][column]) == value or label_text(found) == label_text(value)
            for row, column, value in sheet.marks
        )
    except IndexError:
        return False


def _claims(
    searched: list[PrintedSheet], book: OpenedBook, names: _Names, taken: set[str]
) -> Iterator[tuple[PrintedSheet, str, Found]]:
    """The sheets of the return that are sheets of the form, each claimed once; first those that are beyond doubt."""
    texts: dict[str, SheetTexts] = {}
    found: dict[tuple[PrintedSheet, str], Found] = {}
    claimed: dict[PrintedSheet, str] = {}
    pointed = {sheet: names.pointed(sheet) for sheet in searched}
    for doubtful in (False, True):
        ranks: list[tuple[float, int, PrintedSheet, str]] = []
        for sheet in searched:
            for title in book.sheet_names:
                told, same = pointed[sheet] == title, sheet.name == title
                if sheet in claimed or title in taken or not (told or same or doubtful):
                    continue
                there = found.get((sheet, title))
                if there is None:
                    texts[title] = texts.get(title) or SheetTexts(book.grid(title))
                    there = found[sheet, title] = Found(sheet, texts[title])
                least = _NEARLY_ALL if not doubtful else 0.0 if told else _SOME if same else _MOST
                if there.share >= least:
                    ranks.append((there.share + _TOLD * told + _SAME * same, there.in_place, sheet, title))
        for *_, sheet, title in sorted(ranks, key=itemgetter(0, 1), reverse=True):
            if sheet not in claimed and title not in taken:
                claimed[sheet] = title
                taken.add(title)
    return ((sheet, claimed[sheet], found[sheet, claimed[sheet]]) for sheet in searched if sheet in claimed)


def _about_sheets(form: Form, sheets: Mapping[str, str], book: OpenedBook) -> Iterator[Finding]:
    for sheet in form.sheets:
        title = sheets.get(sheet.name)
        if title is None and sheet.shown:
            yield finding("sheet-missing", expected=sheet.name)
        elif title not in (None, sheet.name):
            yield finding("sheet-renamed", expected=sheet.name, actual=title)
    for title in book.sheet_names:
        if title not in (*sheets.values(), FIGURES, BY_UNIT):
            yield finding("sheet-added", actual=title)


def _about_lines(title: str, moves: Moves) -> Iterator[Finding]:
    """One finding for each block of lines, with a cell to jump to."""
    rows, columns = moves.rows, moves.columns
    for first, last in runs(rows.inserted):
        cell = Cell(title, to_ref(first, 1))
        yield finding("rows-inserted", cell=cell, count=str(last - first + 1), actual=span(str(first), str(last)))
    for first, last in runs(rows.deleted):
        cell = Cell(title, to_ref(_after(rows.lines, first), 1))
        yield finding("rows-deleted", cell=cell, count=str(last - first + 1), actual=span(str(first), str(last)))
    for moved in rows.moved:
        cell = Cell(title, to_ref(next(iter(moved.values())), 1))
        yield finding(
            "rows-moved", cell=cell, expected=_listed(map(str, moved)), actual=_listed(map(str, moved.values()))
        )
    for first, last in runs(columns.inserted):
        letters = span(column_letters(first), column_letters(last))
        yield finding(
            "columns-inserted", cell=Cell(title, to_ref(1, first)), count=str(last - first + 1), actual=letters
        )
    for first, last in runs(columns.deleted):
        letters = span(column_letters(first), column_letters(last))
        cell = Cell(title, to_ref(1, _after(columns.lines, first)))
        yield finding("columns-deleted", cell=cell, count=str(last - first + 1), actual=letters)
    for moved in columns.moved:
        cell = Cell(title, to_ref(1, next(iter(moved.values()))))
        before, after = (_listed(map(column_letters, each)) for each in (moved, moved.values()))
        yield finding("columns-moved", cell=cell, expected=before, actual=after)


def _after(lines: Mapping[int, int], deleted: int) -> int:
    """The line of the return where a deleted one would stand: after that of the last one before it."""
    return max((place for line, place in lines.items() if line < deleted), default=0) + 1


def _listed(lines: Iterable[str]) -> str:
    listed = list(lines)
    return "、".join(listed[:_LISTED]) + "…" * (len(listed) > _LISTED)


def _about_names(
    layout: Layout,
    names: _Names,
    sheets: Mapping[str, str],
    places: Mapping[str, Mapping[str, Cell]],
    unsure: set[str],
) -> Iterator[Finding]:
    """How many input cells were found without their names: lost, or neither where the labels are nor left behind.

    ``unsure`` are the issued sheets that have to be looked at.
    """
    lost = 0
    for name, issued in layout.inputs.items():
        place = places.get(issued.sheet, {}).get(issued.ref) if issued.sheet in unsure else None
        if place is not None and names.cell(name) not in (place, Cell(sheets[issued.sheet], issued.ref)):
            lost += 1
    if lost:
        yield finding("names-lost", count=str(lost))
