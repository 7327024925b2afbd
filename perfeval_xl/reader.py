"""From a returned workbook to a Submission.

Where each field stands is told by the return's own names and labels (excel/anchors.py), so a renamed sheet or an inserted
row does not matter; what is taken for its value, by entries. No formula's result is trusted: what the workbook computed
is kept only to be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from math import isfinite

from perfeval_xl.cells import Cell
from perfeval_xl.entries import Entry, read_entry
from perfeval_xl.entries.entry import is_number, shown_text
from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.anchors import Anchors, anchor, anchor_by_names
from perfeval_xl.excel.biff import number_of, takes_numbers_for_dates
from perfeval_xl.excel.decrypt import decrypted
from perfeval_xl.excel.layout import SEAL_NAME, UNSEALED, build_layout
from perfeval_xl.excel.layout.hidden import SEAL
from perfeval_xl.excel.layout.model import Layout
from perfeval_xl.excel.layout.parts import HIDDEN
from perfeval_xl.excel.ods import closed_up
from perfeval_xl.excel.opened import Grid, OoxmlBook, OpenedBook, diagnosed, open_workbook
from perfeval_xl.excel.package import Package, string_constant
from perfeval_xl.excel.preflight import preflight
from perfeval_xl.excel.recognise import FileKind, recognise, refusal
from perfeval_xl.excel.sameness import alike
from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import exact
from perfeval_xl.scheme.admit import constant
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Submission
from perfeval_xl.scheme.fields import NOT_APPLICABLE, Field, NotApplicable
from perfeval_xl.scheme.model import Scheme


@dataclass(frozen=True)
class Identity:
    """What a workbook says of itself; '' and None where it says nothing.

    Its form, version and year; its unit as printed on the form, and as on the hidden sheet; every copy of its seal.
    ``sources`` tells where scheme, version and year were found (SOURCES), ``lost`` which places say nothing any more.
    """

    scheme: str = ""
    version: str = ""
    year: int | None = None
    unit_code: str = ""
    unit_name: str = ""
    hidden_code: str = ""
    seals: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


SOURCES = ("hidden", "properties", "name", "subject")
"""The hidden sheet, the document properties, a defined name, the document's subject."""


class Return:
    """A return, recognised, found safe, and opened.

    Refused where it is no workbook that can be read, UnreadableWorkbook where it is damaged. ``passwords`` are tried on
    an encrypted file. ``findings`` says what had to be done to open it.
    """

    def __init__(self, data: bytes, source: str, passwords: Sequence[str] = ()) -> None:
        self.source = source
        self.sha256 = hashlib.sha256(data).hexdigest()
        found = recognise(data, source)
        self.findings: tuple[Finding, ...] = ()
        if found.kind is FileKind.ENCRYPTED:
            data, asked = decrypted(data, passwords)
            self.findings = (finding("opened-with-password"),) if asked else ()
            found = recognise(data, source)
        refused = refusal(found)
        if refused is not None:
            raise refused
        package = preflight(data, found.kind)
        self.data = data
        """The workbook's bytes, decrypted."""
        self.book: OpenedBook = _opened(data, found.kind, package)
        if self.book.package is None:
            self.findings += (finding("other-format", actual=f".{found.kind}"),)
        self._anchors: dict[str, Anchors] = {}

    @cached_property
    def identity(self) -> Identity:
        """What the file says of itself before its form is known; the unit's code and name where names lead to them."""
        book, hidden = self.book, self._hidden
        properties = book.custom_properties
        keys = {key: f"perfeval_{key}" for key in ("scheme", "version", "year")}
        said = {
            "hidden": {key: hidden.get(name, "") for key, name in keys.items()},
            "properties": {key: properties.get(name, "") for key, name in keys.items()},
        }
        facts = {key: next(((s, said[s][key]) for s in said if said[s][key]), ("", "")) for key in keys}
        seals = {
            "properties": properties.get(SEAL_NAME, ""),
            "name": string_constant(book.names.get(SEAL_NAME, "")) or "",
            "hidden": hidden.get(SEAL, ""),
            "subject": book.core_properties.get("subject", ""),
        }
        places = SOURCES if book.package else ("hidden",)  # in other formats the rest isn't read
        year = facts["year"][1]
        return Identity(
            scheme=facts["scheme"][1],
            version=facts["version"][1],
            year=int(year) if year.isascii() and year.isdigit() and len(year) <= 4 else None,
            unit_code=self._named_text("unit_code"),
            unit_name=self._named_text("unit_name"),
            hidden_code=hidden.get("unit_code", ""),
            seals=tuple(seal for seal in seals.values() if seal not in ("", UNSEALED)),
            sources={key: source for key, (source, _) in facts.items()},
            lost=tuple(each for each in places if not seals[each] and not any(said.get(each, {}).values())),
        )

    @cached_property
    def _hidden(self) -> Mapping[str, str]:
        """The hidden sheet's facts by their keys; it is known by its first key, whatever it is called now."""
        for name in (HIDDEN, *(each for each in self.book.sheet_names if each != HIDDEN)):
            rows = [row for row in self.book.grid(name)[:20] if len(row) > 1]
            if rows and shown_text(rows[0][0]) == "perfeval_scheme":
                return {shown_text(row[0]): shown_text(row[1]) for row in rows}
        return {}

    def _named_text(self, name: str) -> str:
        cell = self.book.named_cell(name)
        return "" if cell is None else shown_text(self.book.value(cell))

    def printed_unit(self, scheme: Scheme) -> tuple[str, str]:
        """The unit's code and name, as printed where ``scheme``'s form has them."""
        layout, anchors = build_layout(scheme), self.anchors(scheme)
        code, name = (self._text_at(anchors.place(layout.place(each))) for each in ("unit_code", "unit_name"))
        return code, name

    def _text_at(self, cell: Cell | None) -> str:
        return "" if cell is None else shown_text(self.book.value(cell))

    def anchors(self, scheme: Scheme) -> Anchors:
        """Where the cells of ``scheme``'s form stand in this workbook."""
        if scheme.digest not in self._anchors:
            self._anchors[scheme.digest] = anchor(build_layout(scheme), self.book)
        return self._anchors[scheme.digest]


def _opened(data: bytes, kind: FileKind, package: Package | None) -> OpenedBook:
    if kind is FileKind.OOXML:
        return OoxmlBook(data, package)
    try:
        book = OpenedBook(data)
        book.doubtful_dates = kind is FileKind.XLS and takes_numbers_for_dates(data)
        return book
    except UnreadableWorkbook:
        if kind is not FileKind.ODS:
            raise
        return OpenedBook(closed_up(data))


def read_return(opened: Return, scheme: Scheme, renamed: Mapping[str, str] | None = None) -> Submission:
    """Every answer of an opened return under ``scheme``, each with its raw text and its cell.

    ``renamed`` is given for a return of an earlier version of the form: field id → the name that it had there. Such a
    return's cells are found by their names alone. UnreadableWorkbook where a sheet's XML is broken.
    """
    layout, book = build_layout(scheme), opened.book
    anchors = opened.anchors(scheme) if renamed is None else anchor_by_names(layout, book, renamed)
    identity = opened.identity
    printed = opened.printed_unit(scheme) if renamed is None else (identity.unit_code, identity.unit_name)
    reading = _Reading(scheme, layout, book, anchors, earlier=renamed is not None)
    return Submission(
        source=opened.source,
        unit_code=printed[0],
        unit_name=printed[1],
        scheme=identity.scheme or scheme.id,
        version=identity.version or scheme.version,
        year=identity.year,
        producer=book.producer,
        answers=Answers(reading.answer(each) for each in scheme.fields.values()),
        formula_scores=reading.formula_scores(),
        findings=anchors.findings,
        sha256=opened.sha256,
        modified=book.core_properties.get("modified", ""),
        score_cells=reading.score_cells(),
        review_cells=reading.review_cells(),
    )


class _Reading:
    """One return being read. Of an ``earlier`` version of the form the formulas aren't known."""

    def __init__(
        self, scheme: Scheme, layout: Layout, book: OpenedBook, anchors: Anchors, *, earlier: bool = False
    ) -> None:
        self._scheme = scheme
        self._earlier = earlier
        self._layout = layout
        self._book = book
        self._anchors = anchors
        self._tables = scheme.table_of
        excluded = scheme.not_applicable is NotApplicable.EXCLUDED
        self._waivable = frozenset(each.self_score_id for each in scheme.indicators) if excluded else frozenset()

    def answer(self, field: Field) -> Answer:
        if field.id in self._scheme.constants:  # whatever the cell holds: what was done to it is told with the labels
            return constant(field, self._scheme.constants[field.id], self._place(field.id))
        issued = self._layout.inputs[field.id]
        cell = self._anchors.place(issued)
        if cell is None:
            # Of what need not be filled in, nothing can be said to be lacking.
            # And of a sheet that is missing, that it is missing says it all.
            there = issued.sheet in self._anchors.sheets and not self._earlier
            lost = there and field.required and field.id not in self._tables
            return Answer(field.id, None, "", None, "cell-lost" if lost else None)
        entry = self._book.entry(cell)
        if field.id in self._waivable and shown_text(entry.found) == NOT_APPLICABLE:
            return Answer(field.id, None, NOT_APPLICABLE, cell)  # the form's own word for a row that does not count
        if field.type.numeric and self._book.doubtful_dates:
            entry = replace(entry, found=number_of(entry.found))
        if entry.formula is not None and self._as_issued(issued, entry):
            entry = replace(entry, formula=None)
        return read_entry(field, entry, cell)

    def _as_issued(self, issued: Cell, entry: Entry) -> bool:
        """Whether a cell still holds the formula that it was issued with."""
        formula = self._layout.formulas.get(issued)
        if formula is None or self._earlier:
            return formula is not None
        return alike(formula.expression, entry.formula or "")

    def formula_scores(self) -> dict[str, Decimal | None]:
        """What the form's own formulas show, by indicator."""
        shown = {each.code: self._place(each.formula_score_id) for each in self._scheme.indicators}
        return {code: None if cell is None else _number(self._book.value(cell)) for code, cell in shown.items()}

    def score_cells(self) -> Mapping[str, ScoreCell]:
        """The cells of the claims and of the form's own scores; where formulas can't be read, none."""
        if self._book.package is None or self._earlier:
            return {}
        names = [name for each in self._scheme.indicators for name in (each.self_score_id, each.formula_score_id)]
        cells = {name: cell for name in names if (cell := self._place(name)) is not None}
        return {name: self._score_cell(name, cell) for name, cell in cells.items()}

    def _score_cell(self, name: str, cell: Cell) -> ScoreCell:
        entry = self._book.entry(cell)
        if entry.formula is None:
            return ScoreCell(cell)
        return ScoreCell(cell, entry.formula, self._as_issued(self._layout.place(name), entry), entry.saved)

    def review_cells(self) -> Mapping[str, Cell]:
        """Where the review block stands, by defined name; what was deleted is left out."""
        placed = {name: self._anchors.place(cell) for name, cell in self._layout.review.items()}
        return {name: cell for name, cell in placed.items() if cell is not None}

    def _place(self, name: str) -> Cell | None:
        return self._anchors.place(self._layout.place(name))


def _number(found: object) -> Decimal | None:
    """A cell's number; None for anything else, 1E999 too: a file may hold what no program can show."""
    return exact(found) if isinstance(found, int | float) and is_number(found) and isfinite(found) else None


def read_grid(data: bytes, name: str) -> list[list[str]]:
    """The first sheet of a plain workbook as stripped texts, row by row. UnreadableWorkbook naming ``name``."""
    try:
        workbook = open_workbook(data)
        with diagnosed():
            grid: Grid = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except UnreadableWorkbook as error:
        raise UnreadableWorkbook(f"{name}：{error}") from error
    return [[shown_text(value) for value in row] for row in grid]
