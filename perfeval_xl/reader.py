"""From a returned workbook to a Submission, and from submissions to pandas frames.

Values are read with calamine; where each field stands is told by the return's own defined names, so a renamed sheet or an
inserted row does not matter. No formula's result is trusted: what the workbook computed is kept only to be compared.
"""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from math import floor
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineError, CalamineWorkbook

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.errors import ForeignWorkbook, UnreadableWorkbook
from perfeval_xl.excel.heldformulas import HeldFormula, held_formulas
from perfeval_xl.excel.layout import SEAL_NAME, UNSEALED, build_layout
from perfeval_xl.excel.layout.hidden import SEAL
from perfeval_xl.excel.package import Package, string_constant
from perfeval_xl.excel.seal import normal_formula
from perfeval_xl.numbers import exact, read_number
from perfeval_xl.scheme.admit import admit
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Submission, Value
from perfeval_xl.scheme.fields import NO, YES, Field, FieldType
from perfeval_xl.scheme.model import Scheme

if TYPE_CHECKING:
    import pandas

LARGEST_FILE = 25 * 1024 * 1024  # bytes; a filled form has under 0.2 MB

Grid = list[list[Any]]


@dataclass(frozen=True)
class Identity:
    """What a workbook says of itself: form, version, year, unit, and every copy of its seal that was found."""

    scheme: str
    version: str
    year: int | None
    unit_code: str
    unit_name: str
    seals: tuple[str, ...]


class Return:
    """An opened workbook: its named cells, their values and formulas. UnreadableWorkbook if it is none."""

    def __init__(self, data: bytes, source: str) -> None:
        self.data = data
        self.source = source
        self.package = Package.read(data)
        self._workbook = open_workbook(data)
        self._grids: dict[str, Grid] = {}

    def value(self, name: str) -> Any:
        """What stands in the cell of a defined name; '' if blank or if there is no such name."""
        cell = self.cell(name)
        return "" if cell is None else self._at(cell)

    def cell(self, name: str) -> Cell | None:
        """Where a defined name points, or None."""
        return self.package.named_cell(name)

    def formulas(self, names: Iterable[str]) -> Mapping[str, tuple[Cell, HeldFormula | None]]:
        """The cells of ``names``, and the formulas in them (None: there is none). Names that are no cell are left out.

        UnreadableWorkbook where a sheet's XML is broken.
        """
        cells = {name: cell for name in names if (cell := self.cell(name)) is not None}
        by_sheet: defaultdict[str, list[str]] = defaultdict(list)
        for cell in cells.values():
            by_sheet[cell.sheet].append(cell.ref)
        parts = {sheet: self.package.part(self.package.sheets[sheet]) for sheet in by_sheet}
        held = {sheet: held_formulas(parts[sheet], refs) for sheet, refs in by_sheet.items()}
        return {name: (cell, held[cell.sheet].get(cell.ref)) for name, cell in cells.items()}

    def _at(self, cell: Cell) -> Any:
        grid = self._grids.get(cell.sheet)
        if grid is None:
            grid = self._grids[cell.sheet] = self._read(cell.sheet)
        row, column = from_ref(cell.ref)
        try:
            return grid[row - 1][column - 1]
        except IndexError:
            return ""

    def _read(self, sheet: str) -> Grid:
        if sheet not in self._workbook.sheet_names:
            return []
        with _diagnosed():
            return self._workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)

    @cached_property
    def identity(self) -> Identity:
        """ForeignWorkbook where nothing in it says that it is one of our forms."""
        properties = self.package.custom_properties
        scheme, version, year = (
            _text(self.value(name)) or properties.get(name, "")
            for name in ("perfeval_scheme", "perfeval_version", "perfeval_year")
        )
        if not scheme:
            raise ForeignWorkbook("表中没有自评表的标识")
        seals = (
            properties.get(SEAL_NAME, ""),
            string_constant(self.package.defined_names.get(SEAL_NAME, "")) or "",
            _text(self.value(SEAL)),
            self.package.core_properties.get("subject", ""),
        )
        return Identity(
            scheme=scheme,
            version=version,
            year=int(year) if year.isdecimal() else None,
            unit_code=_text(self.value("unit_code")),
            unit_name=_text(self.value("unit_name")),
            seals=tuple(seal for seal in seals if seal not in ("", UNSEALED)),
        )


def open_workbook(data: bytes) -> CalamineWorkbook:
    """Open with calamine. UnreadableWorkbook on anything it can't read."""
    if len(data) > LARGEST_FILE:
        raise UnreadableWorkbook(f"文件有 {len(data) // 1024 // 1024} MB，超过 25 MB")
    with _diagnosed():
        return CalamineWorkbook.from_object(io.BytesIO(data))


@contextmanager
def _diagnosed() -> Iterator[None]:
    """Whatever calamine stumbles over becomes UnreadableWorkbook; a panic of its is no Exception, only a BaseException."""
    try:
        yield
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableWorkbook("不是工作簿，或文件已损坏") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableWorkbook("文件内容异常，无法读取") from error


def read_return(opened: Return, scheme: Scheme, *, closely: bool = False) -> Submission:
    """Every answer of an opened return under ``scheme``, each with its raw text and its cell.

    The score cells are looked at when ``closely`` asks for it, and where no formula shows a score: then it matters
    whether the results were saved at all. (For every return it would cost a quarter of the time and more.)
    """
    identity = opened.identity
    answers = Answers(_answer(field, opened) for field in scheme.fields.values())
    shown = {each.code: opened.value(each.formula_score_id) for each in scheme.indicators}
    wanted = closely or not any(_is_number(value) for value in shown.values())
    return Submission(
        source=opened.source,
        unit_code=identity.unit_code,
        unit_name=identity.unit_name,
        scheme=identity.scheme,
        version=identity.version,
        year=identity.year,
        producer=opened.package.producer,
        answers=answers,
        formula_scores={code: exact(value) if _is_number(value) else None for code, value in shown.items()},
        sha256=hashlib.sha256(opened.data).hexdigest(),
        modified=opened.package.core_properties.get("modified", ""),
        score_cells=_score_cells(opened, scheme) if wanted else {},
    )


def _score_cells(opened: Return, scheme: Scheme) -> Mapping[str, ScoreCell]:
    layout = build_layout(scheme)
    names = [name for each in scheme.indicators for name in (each.self_score_id, each.formula_score_id)]
    try:
        found = opened.formulas(names)
    except UnreadableWorkbook:  # stricter than the reading of values, which went well
        return {}
    cells = {}
    for name, (cell, held) in found.items():
        if held is None:
            cells[name] = ScoreCell(cell)
        else:
            issued = layout.formulas[layout.place(name)].expression
            same = held.text == issued or normal_formula(held.text) == normal_formula(issued)
            cells[name] = ScoreCell(cell, held.text, same, held.saved)
    return cells


def _answer(field: Field, opened: Return) -> Answer:
    cell = opened.cell(field.id)
    found = opened.value(field.id)
    raw = found if isinstance(found, str) else _text(found)
    value = _value(field, found, raw.strip())
    answer = admit(field, value, raw, cell)
    if field.type.numeric and isinstance(found, str) and answer.value is not None:
        return Answer(field.id, answer.value, raw, cell, "number-as-text")
    return answer


def _value(field: Field, found: Any, raw: str) -> Value | None:
    """A cell's content as the kind of value that ``field`` takes; text that is not of that kind stays text, for admit to name."""
    if not raw:
        return None
    if field.type is FieldType.YESNO:
        return {YES: True, NO: False, "TRUE": True, "FALSE": False}.get(raw, raw)
    if field.type is FieldType.DATE:
        if isinstance(found, datetime):
            return found.date()
        if _is_number(found):  # the cell has lost its date format
            return _day(found) or raw
        return found if isinstance(found, date) else raw
    if field.type.numeric:
        if _is_number(found):
            return exact(found)
        number = read_number(raw) if isinstance(found, str) else None
        return raw if number is None else number
    return raw


def _day(serial: float) -> date | None:
    """The day of a serial number, without its time of day; None where there is no such day."""
    try:
        return date(1899, 12, 30) + timedelta(days=floor(serial))
    except (OverflowError, ValueError):
        return None


def _is_number(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)


def _text(found: Any) -> str:
    """A cell's content as text: 440114001.0 is '440114001', a date ISO, TRUE for true."""
    if isinstance(found, str):
        return found.strip()
    if isinstance(found, bool):
        return str(found).upper()
    if _is_number(found):
        return f"{exact(found).normalize():f}"
    return str(found)


def read_grid(data: bytes, name: str) -> list[list[str]]:
    """The first sheet of a plain workbook as stripped texts, row by row. UnreadableWorkbook naming ``name``."""
    try:
        workbook = open_workbook(data)
        with _diagnosed():
            grid = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except UnreadableWorkbook as error:
        raise UnreadableWorkbook(f"{name}：{error}") from error
    return [[_text(value) for value in row] for row in grid]


def frames(submissions: Iterable[Submission]) -> tuple[pandas.DataFrame, pandas.DataFrame]:
    """Submissions as (long, wide) frames, for looking at and for export; values stay Decimal, bool, date, str or None.

    long: one row an answer: unit_code, field, value, raw, cell, problem.
    wide: one row a unit, indexed by unit_code; unit_name, then a column a field id.
    """
    import pandas

    taken: Sequence[Submission] = list(submissions)
    columns = ["unit_code", "field", "value", "raw", "cell", "problem"]
    rows = [
        (each.unit_code, answer.field, answer.value, answer.raw, str(answer.cell or ""), answer.problem)
        for each in taken
        for answer in each.answers.values()
    ]
    long = pandas.DataFrame(rows, columns=columns, dtype=object)
    wide = pandas.DataFrame([_wide_row(each) for each in taken], dtype=object)
    return long, wide.set_index("unit_code") if taken else wide


def _wide_row(submission: Submission) -> Mapping[str, Decimal | bool | date | str | None]:
    values: dict[str, Decimal | bool | date | str | None] = {
        "unit_code": submission.unit_code,
        "unit_name": submission.unit_name,
    }
    values.update({answer.field: answer.value for answer in submission.answers.values()})
    return values
