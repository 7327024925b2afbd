"""A return in the making: its file, and what is to be found in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from random import Random

from perfeval_xl.cells import Cell, from_ref, to_ref
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout.model import Formula, Input, Label, Layout
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Submission, Value
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score
from tests.clerk.references import Shift
from tests.clerk.workbook import BOOK, CORE, Workbook

Found = Counter[tuple[str, str]]
"""Findings by code and cell ('' for none), and how often."""


ECHOES = {"missing", "text-missing", "cell-lost", "evidence-missing", "self-score-missing"}
"""Where a sheet is missing, that its cells are has been said."""


class Unsuitable(Exception):
    """A deed that can't be done to this return."""


@dataclass(frozen=True)
class Good:
    """A return to begin with: whose, saved by which program, what is in it."""

    unit: str
    saver: str
    data: bytes
    answers: Mapping[str, Answer]
    score_cells: Mapping[str, ScoreCell]


@dataclass(frozen=True)
class Outcome:
    """What becomes of a file. ``fate``: accepted, aside, dropped (another of its unit counts) or ignored."""

    fate: str
    found: Found = field(default_factory=Counter)


@dataclass
class Making:
    """One return. ``answers``, ``notes`` and ``score_cells`` speak of cells as issued until the end.

    ``fate`` is the code of the finding that a file set aside has. ``more_files`` are the files that come in, by name,
    and ``outcomes`` what becomes of each (of the members of a zip); those of the return itself are made by ``finish``.
    """

    random: Random
    scheme: Scheme
    layout: Layout
    good: Good
    book: Workbook
    unit_name: str
    name: str
    case: int
    answers: dict[str, Answer]
    score_cells: dict[str, ScoreCell]
    notes: list[tuple[str, Cell | None]] = field(default_factory=list)
    exact_notes: Found = field(default_factory=Counter)
    renamed: dict[str, str] = field(default_factory=dict)
    shifts: dict[str, list[Shift]] = field(default_factory=dict)
    used: set[Cell] = field(default_factory=set)
    unprotected: list[str] = field(default_factory=list)
    bare_sheets: list[str] = field(default_factory=list)
    hidden_lines: list[tuple[str, str, list[tuple[int, int]]]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    nameless: bool = False
    identity_lost: bool = False
    fate: str | None = None
    passwords: list[tuple[str, str]] = field(default_factory=list)
    key: bytes = b""
    digest: str = ""
    strangers: Sequence[Unit] = ()
    partner: Callable[[], Making] = field(default=lambda: _no_partner())
    partner_like_this: Callable[[], Making] = field(default=lambda: _no_partner())
    wraps: list[Callable[[bytes], bytes]] = field(default_factory=list)
    whole: bytes | None = None
    blank: bytes = b""
    more_files: dict[str, bytes] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    parcelled: bool = False

    @property
    def unit(self) -> str:
        return self.good.unit

    # ---- cells

    def place(self, cell: Cell) -> Cell | None:
        """Where an issued cell stands now; None where it is deleted."""
        at: tuple[int, int] | None = from_ref(cell.ref)
        for move in self.shifts.get(cell.sheet, ()):
            at = move(at) if at else None
        sheet = self.renamed.get(cell.sheet, cell.sheet)
        if cell.sheet in self.gone:
            return None
        return Cell(sheet, to_ref(*at)) if at and sheet in self.book.sheets else None

    def there(self, cell: Cell) -> tuple[str, str]:
        """The same as sheet and reference. Unsuitable where it is gone."""
        found = self.place(cell)
        if found is None:
            raise Unsuitable
        return found.sheet, found.ref

    def take(self, cell: Cell) -> Cell:
        """Keep a cell for one deed. Unsuitable where another has it."""
        if cell in self.used or self.place(cell) is None:
            raise Unsuitable
        self.used.add(cell)
        return cell

    def choose(self, cells: Iterable[Cell]) -> Cell:
        """Any of ``cells`` that no deed has touched."""
        free = [each for each in cells if each not in self.used and self.place(each) is not None]
        if not free:
            raise Unsuitable
        return self.take(self.random.choice(free))

    def note(self, code: str, cell: Cell | None = None) -> None:
        """A finding to be expected, at an issued cell or at none."""
        self.notes.append((code, cell))

    def note_line(self, code: str, sheet: str, place: tuple[int, int]) -> None:
        """A finding at a place of an issued sheet as it is counted now."""
        self.exact_notes[code, f"{self.renamed.get(sheet, sheet)}!{to_ref(*place)}"] += 1

    # ---- names and seals

    def seal_of(self, unit: str) -> str:
        """The seal that the round gives to a unit."""
        return seal.seal_text(self.key, self.scheme.id, self.scheme.version, self.scheme.year, unit, self.digest)

    def drop_names(self, names: Collection[str]) -> None:
        """Take defined names out of the workbook."""

        def dropped(match: re.Match[str]) -> str:
            return "" if match[1] in names else match[0]

        self.book.sub(BOOK, r'<definedName\b[^>]*?\bname="([^"]+)"[^>]*>[^<]*</definedName>', dropped)
        self.nameless = self.nameless or bool(set(names) & self.layout.inputs.keys())
        if "perfeval_seal" in names:
            self.identity_lost = True

    # ---- answers

    def field(self, *types: FieldType, fits: Callable[[Field, Value], bool] = lambda *_: True) -> tuple[Field, Cell]:
        """Any field of these types that is filled in, without fault, and not touched yet; its issued cell is taken."""
        cells = self.layout.inputs
        claims = {each.self_score_id for each in self.scheme.indicators}
        found: dict[bool, list[Field]] = {True: [], False: []}
        for each in self.scheme.fields.values():
            value = self.answers[each.id].value
            if value is None or each.type not in types or each.id in claims or not fits(each, value):
                continue
            if cells[each.id] not in self.used and self.place(cells[each.id]) is not None:
                found[each.id in self.scheme.table_of].append(each)
        kinds = [fields for fields in found.values() if fields]
        if not kinds:
            raise Unsuitable
        chosen = self.random.choice(self.random.choice(kinds))
        return chosen, self.take(cells[chosen.id])

    def number(self, chosen: Field) -> Decimal:
        value = self.answers[chosen.id].value
        assert isinstance(value, Decimal)
        return value

    def day(self, chosen: Field) -> date:
        value = self.answers[chosen.id].value
        assert isinstance(value, date)
        return value

    def answer(self, chosen: Field, value: Value | None, code: str | None, raw: str) -> None:
        """What the field is to be taken for from now on."""
        self.answers[chosen.id] = Answer(chosen.id, value, raw, None, code)

    # ---- the end

    def expected(self) -> Found:
        """The findings of an accepted return: what its answers come to, and what the deeds noted."""
        placed = {each: self.place(cell) for each, cell in self.layout.inputs.items()}
        answers = [replace(self.answers[each], cell=cell) for each, cell in placed.items()]
        for at, each in enumerate(answers):
            if each.cell is None:
                there = self.layout.inputs[each.field].sheet not in self.gone
                lost = there and self.scheme.fields[each.field].required and each.field not in self.scheme.table_of
                answers[at] = Answer(each.field, None, "", None, "cell-lost" if lost else None)
        held = {
            name: replace(each, cell=cell)
            for name, each in self.score_cells.items()
            if (cell := self.place(each.cell)) is not None
        }
        scheme = self.scheme
        submission = Submission(
            self.name, self.unit, "", scheme.id, scheme.version, scheme.year, "", Answers(answers), {}, score_cells=held
        )
        found: Found = Counter((each.code, str(each.cell or "")) for each in score(scheme, submission).findings)
        for code, cell in self.notes:
            now = None if cell is None else self.place(cell)
            if cell is None or now is not None:
                found[code, str(now or "")] += 1
        found += self.exact_notes + self._of_sheets()
        if self.identity_lost:
            found["identity-partly-lost", ""] += 1
        if self.gone & {each.name for each in self.layout.sheets if not each.very_hidden}:
            found = Counter({key: count for key, count in found.items() if key[1] or key[0] not in ECHOES})
        return found

    def _of_sheets(self) -> Found:
        """What is told once a sheet, at its first cell that it is true of."""
        found: Found = Counter()
        found["protection-removed", ""] = len(set(self.unprotected) - self.gone)
        for sheet in set(self.bare_sheets) - self.gone:
            placed = [self.place(cell) for cell in self.layout.inputs.values() if cell.sheet == sheet]
            first = min((from_ref(cell.ref), cell) for cell in placed if cell is not None)[1]
            found["validations-removed", str(first)] += 1
        for code, sheet, places in self.hidden_lines:
            if sheet in self.gone:
                continue
            hidden = [self.place(Cell(sheet, to_ref(*each))) for each in places]
            found[code, str(min((from_ref(cell.ref), cell) for cell in hidden if cell is not None)[1])] += 1
        return +found

    def outcome(self) -> Outcome:
        if self.fate is not None:
            return Outcome("aside", Counter({(self.fate, ""): 1}))
        return Outcome("accepted", self.expected())

    def data(self) -> bytes:
        """The file as it comes in."""
        data = self.book.data() if self.whole is None else self.whole
        for wrap in self.wraps:
            data = wrap(data)
        return data

    def deliver(self, name: str, data: bytes, outcomes: Mapping[str, Outcome]) -> None:
        """A file that comes in beside the return or, if an outcome speaks of the return, in its place."""
        self.more_files[name] = data
        self.outcomes |= outcomes

    def finish(self) -> None:
        """Deliver the return itself, unless it went into a parcel."""
        if not self.parcelled:
            self.deliver(self.name, self.data(), {self.name: self.outcome()})

    def book_time(self, book: Workbook, time: str) -> None:
        """When a workbook was saved last, as it tells itself."""
        if CORE not in book.parts:
            raise Unsuitable
        if not book.sub(CORE, r"(<dcterms:modified\b[^>]*>)[^<]*", lambda match: match[1] + time, least=0):
            raise Unsuitable


def _no_partner() -> Making:
    raise Unsuitable


_labels: dict[tuple[int, bool], dict[Cell, Label]] = {}


def labels(layout: Layout, *, visible: bool = True) -> Mapping[Cell, Label]:
    """The locked constants of a form that show something, by cell."""
    key = id(layout), visible
    if key not in _labels:
        _labels[key] = _labels_of(layout, visible)
    return _labels[key]


def _labels_of(layout: Layout, visible: bool) -> dict[Cell, Label]:
    return {
        Cell(sheet.name, ref): content
        for sheet in layout.sheets
        if not (visible and sheet.very_hidden)
        for ref, content in sheet.cells.items()
        if isinstance(content, Label) and content.value != "" and content.link is None
    }


def locked_formulas(layout: Layout) -> dict[Cell, Formula]:
    return {cell: content for cell, content in layout.formulas.items() if content.field is None}


def blanks(layout: Layout, sheet: str, rows: range, columns: range) -> list[Cell]:
    """Cells of a rectangle for which nothing was issued and that lie under no merge."""
    issued = layout.sheet[sheet]
    covered = set()
    for first, last in issued.merges.items():
        (top, left), (bottom, right) = from_ref(first), from_ref(last)
        covered |= {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
    taken = {from_ref(ref) for ref in issued.cells} | covered
    return [Cell(sheet, to_ref(row, column)) for row in rows for column in columns if (row, column) not in taken]


def is_input(layout: Layout, cell: Cell) -> bool:
    return isinstance(layout.sheet[cell.sheet].cells.get(cell.ref), Input)
