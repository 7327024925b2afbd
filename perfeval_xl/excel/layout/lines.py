"""The rows of an annex table, cell by cell, wherever they stand: on a sheet of their own or in the official table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.excel.formulas import DONE, MISSING, ROW_WRONG, live_row
from perfeval_xl.excel.layout.items import row_status, row_status_shown
from perfeval_xl.excel.layout.model import Content, Formula, Highlight, Label, Shown, View
from perfeval_xl.excel.layout.parts import Part, input_for
from perfeval_xl.scheme.fields import NO, YES, Constant, Field, FieldType
from perfeval_xl.scheme.form import COMPUTED
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.expr import BLANK, Refs, text

RATE, SCORE = COMPUTED
"""The columns that no one fills in."""

_GIVEN = {  # how a cell looks that the bureau filled in, by the type of its column
    FieldType.TEXT: "text",
    FieldType.AMOUNT: "given_amount",
    FieldType.COUNT: "given_number",
    FieldType.NUMBER: "given_number",
    FieldType.PERCENT: "rate",
    FieldType.SCORE: "given_points",
    FieldType.DATE: "given_date",
}

_ALWAYS, _MEASURED, _JUDGED = ("name", "nature", "weight"), ("target", "actual"), ("tier", "judged_score", "basis")
"""What is asked for in a row that is in use: in any, in a measured one, in a judged one."""


class Lines:
    """The rows of the table of ``rule``, its columns in the columns ``places`` of the sheet (by id, those that the table
    does not have left out), what is still wrong with each in the column ``status``."""

    def __init__(self, part: Part, rule: AnnexRows, scheme: Scheme, places: Mapping[str, int], status: int) -> None:
        self._part, self._sheet, self._rule, self._scheme = part, part.sheet, rule, scheme
        self._table, self._refs = rule.table, Refs(scheme.fields)
        known = {*COMPUTED, *rule.table.column}
        self._places = {each: place for each, place in places.items() if each in known}
        self._status = status

    def put(self, row: int, number: int) -> set[int]:
        """The cells of the table's row ``number`` in the sheet's row ``row``; returns the columns that they take."""
        for column, place in self._places.items():
            if column in COMPUTED:
                name = self._table.field_id(number, column)
                self._part.name(name, self._sheet.put(row, place, self._computed(column, number)))
            else:
                self._cell(row, place, number, self._table.column[column])
        shown = partial(row_status_shown, rule=self._rule, row=number)
        self._sheet.put(row, self._status, Formula(row_status(self._table, number), shown, "status"))
        return set(self._places.values())

    def _cell(self, row: int, place: int, number: int, column: Field) -> None:
        """An input, or what the bureau filled in; that has its name all the same, as formulas look at it."""
        field_id = self._table.field_id(number, column.id)
        given = self._scheme.constants.get(field_id)
        if given is None:
            style = "input_line" if column.type is FieldType.TEXT else None
            self._sheet.put(row, place, input_for(self._scheme.fields[field_id], style))
        else:
            style = _GIVEN.get(column.type, "center")
            self._part.name(field_id, self._sheet.put(row, place, Label(_shown(given), style)))

    def _computed(self, column: str, number: int) -> Content:
        if column == RATE:
            shows = partial(_rate, rule=self._rule, row=number)
            return Formula(self._rule.rate_formula(self._refs, number), shows, "rate")
        return Formula(
            self._rule.row_formula(self._refs, number), partial(_score, rule=self._rule, row=number), "score"
        )

    def whole(self, first: int, bottom: int) -> None:
        """Names of whole columns, and what stands out in the rows ``first`` to ``bottom``."""
        for column, place in self._places.items():
            top, end = Cell(self._sheet.name, to_ref(first, place)), Cell(self._sheet.name, to_ref(bottom, place))
            self._part.name(f"{self._table.id}_{column}", top, end)
        self._tints(first, bottom)
        cell = to_ref(first, self._status)
        area = f"{cell}:{to_ref(bottom, self._status)}"
        words = {DONE: "good", ROW_WRONG: "bad"} | ({MISSING: "todo"} if self._table.fixed else {})
        for word, style in words.items():
            self._sheet.highlights.append(Highlight(area, f"{cell}={text(word)}", style))

    def _tints(self, first: int, bottom: int) -> None:
        """In a row that is in use, the cells still asked for; which ones depends on whether the row is judged."""
        inputs = {column: place for column, place in self._places.items() if column not in COMPUTED}
        live = live_row([f"${to_ref(first, each)}" for each in inputs.values()])
        asked: dict[str, str] = dict.fromkeys((*_ALWAYS, *_MEASURED), "")
        if self._rule.judged:
            nature = f"${to_ref(first, inputs['nature'])}"
            asked |= dict.fromkeys(_MEASURED, f"{nature}<>{text(self._rule.judged)}")
            asked |= dict.fromkeys(_JUDGED, f"{nature}={text(self._rule.judged)}")
        for column, condition in asked.items():
            if column not in inputs:
                continue
            cell = to_ref(first, inputs[column])
            wanted = [f"{cell}={BLANK}", live] + ([condition] if condition else [])
            area = f"{cell}:{to_ref(bottom, inputs[column])}"
            self._sheet.highlights.append(Highlight(area, f"AND({','.join(wanted)})", "required"))


def off_balance(rule: AnnexRows, points: str) -> str:
    """True where weights stand in the table's rows and they don't add up to ``points``."""
    weights = f"{rule.table.id}_weight"
    return f"IF(COUNT({weights})>0,ROUND(SUM({weights})-{points},7)<>0,FALSE)"


def _shown(given: Constant) -> Shown:
    if isinstance(given, bool):
        return YES if given else NO
    return given


def _rate(view: View, *, rule: AnnexRows, row: int) -> Shown:
    rate = rule.line_score(view.answers, row).rate
    return "" if rate is None else rate


def _score(view: View, *, rule: AnnexRows, row: int) -> Shown:
    score = rule.line_score(view.answers, row).score
    return "" if score is None else score
