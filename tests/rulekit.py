"""What the tests of the rule kinds are made with: a small context, answers from plain values, and a bench on which a
rule's formula is evaluated by a spreadsheet engine and held against its score.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from hypothesis import strategies as st

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.scheme.admit import admit
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import NO, NOT_APPLICABLE, YES, Field, FieldType, Table
from perfeval_xl.scheme.rules import RULES
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.base import Context, Outcome, Result, Rule
from perfeval_xl.scheme.rules.expr import CLOSED_DAYS, Refs
from perfeval_xl.scheme.spec import Spec
from tests.engines import IronBook, Put

D = Decimal
FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)
FILE = "scheme.toml"

Plain = Decimal | int | float | str | bool | date | None
"""What a test writes for an answer; a number in a text is exact ("0.1"), other text in a number's cell is rubbish."""


def count(field_id: str, label: str = "") -> Field:
    return Field(field_id, label or field_id, FieldType.COUNT, low=D(0))


def amount(field_id: str, label: str = "") -> Field:
    return Field(field_id, label or field_id, FieldType.AMOUNT, unit="万元", low=D(0), high=D(2_000_000))


def percent(field_id: str, label: str = "") -> Field:
    return Field(field_id, label or field_id, FieldType.PERCENT, low=D(0), high=D(5))


def points_field(field_id: str, high: int, label: str = "") -> Field:
    return Field(field_id, label or field_id, FieldType.SCORE, low=D(0), high=D(high))


def yesno(field_id: str, label: str = "") -> Field:
    return Field(field_id, label or field_id, FieldType.YESNO)


def text(field_id: str, label: str = "") -> Field:
    return Field(field_id, label or field_id, FieldType.TEXT, max_length=2000)


def choice(field_id: str, *options: str) -> Field:
    return Field(field_id, field_id, FieldType.CHOICE, options=options)


def day(field_id: str, never: str | None = None) -> Field:
    return Field(field_id, field_id, FieldType.DATE, low=FIRST, high=LAST, never=never)


def weekends() -> tuple[date, ...]:
    days = (FIRST + timedelta(number) for number in range((LAST - FIRST).days + 1))
    return tuple(each for each in days if each.weekday() >= 5)


def context(*fields: Field, tables: tuple[Table, ...] = (), closed_days: tuple[date, ...] = ()) -> Context:
    """A context of a row named 某项指标; annex cells are among its fields, as in a scheme."""
    known = {field.id: field for field in fields}
    known.update((field.id, field) for table in tables for field in table.fields())
    return Context("some_row", "某项指标", known, {table.id: table for table in tables}, closed_days)


def read_with_problems(rule: str, surroundings: Context, points: Decimal | int | str) -> tuple[Rule, list[str]]:
    """A rule from the TOML of its table, and what was wrong with it."""
    table = tomllib.loads(rule, parse_float=Decimal)
    found: list[str] = []
    spec = Spec(table, f"{FILE}: rule", found)
    return RULES[spec.text("kind")].read(spec, surroundings, D(points)), found


def read(rule: str, surroundings: Context, points: Decimal | int | str) -> Any:
    """A rule from the TOML of its table, which must be in order."""
    built, found = read_with_problems(rule, surroundings, points)
    assert found == []
    return built


def problems(rule: str, surroundings: Context, points: Decimal | int | str) -> list[str]:
    """What is wrong with a rule's TOML, the file's name left out."""
    return [each.removeprefix(f"{FILE}: rule.") for each in read_with_problems(rule, surroundings, points)[1]]


def answers(surroundings: Context, values: Mapping[str, Plain]) -> Answers:
    """Answers admitted as a reader would, each in a cell of its own; what is not named is blank."""
    assert set(values) <= set(surroundings.fields)
    return Answers(
        admit(field, _typed(field, values.get(name)), str(values.get(name, "")), Cell("表", f"A{number}"))
        for number, (name, field) in enumerate(surroundings.fields.items(), start=1)
    )


def _typed(field: Field, value: Plain) -> Decimal | bool | date | str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return D(repr(value))
    if isinstance(value, str) and field.type.numeric and value[:1].isdigit():
        return D(value)
    return value


def score(rule: Rule, points: Decimal | int | str, **values: Plain) -> Outcome:
    """The rule's outcome for answers given by field id."""
    return complete(rule, rule.score(answers(rule.context, values), D(points)))


def complete(rule: Rule, outcome: Outcome) -> Outcome:
    """The outcome, which must say in words what it comes from, and whose findings must name their row and their cell."""
    said = [outcome.basis, *outcome.notes, *(found.message for found in outcome.findings)]
    assert all(said) and not any("None" in each for each in said), said
    for found in outcome.findings:
        assert found.indicator == rule.context.code and found.cell is not None, found
    return outcome


class Bench:
    """A workbook that holds one rule's inputs and its formula, open in IronCalc."""

    def __init__(self, rule: Rule, points: Decimal | int | str, folder: Path, formula: str | None = None) -> None:
        self.rule, self.points = rule, D(points)
        self._refs = Refs(rule.context.fields)
        self._formulas = self._made()
        path = folder / f"{rule.kind}.xlsx"
        self._write(path, self._formulas["the_score"] if formula is None else formula)
        self._book = IronBook(path)

    def _made(self) -> dict[str, str]:
        """The rule's formulas by the name of their cell: the score, and an annex's rates and rows."""
        made = {"the_score": self.rule.formula(self._refs, self.points)}
        if isinstance(self.rule, AnnexRows):
            for row in range(1, self.rule.table.rows + 1):
                made[self.rule.table.field_id(row, "rate")] = self.rule.rate_formula(self._refs, row)
                made[self.rule.table.field_id(row, "score")] = self.rule.row_formula(self._refs, row)
        return made

    def _write(self, path: Path, formula: str) -> None:
        book = xlsxwriter.Workbook(path)
        sheet, hidden = book.add_worksheet("表"), book.add_worksheet("_pe")
        tables = list(self.rule.context.tables.values())
        annex = {field.id for table in tables for field in table.fields()}
        for row, name in enumerate(field for field in self.rule.context.fields if field not in annex):
            book.define_name(name, f"=表!$A${row + 1}")
        for place, table in enumerate(tables):
            self._write_annex(book, sheet, table, 3 + place * 20)
        for row, closed in enumerate(self.rule.context.closed_days or (date(2000, 1, 1),)):
            hidden.write_number(row, 0, (closed - date(1899, 12, 30)).days)
        rows = len(self.rule.context.closed_days) or 1
        book.define_name(CLOSED_DAYS, f"=_pe!$A$1:$A${rows}")
        book.define_name("the_score", "=表!$B$1")
        assert len(formula) <= 8192  # what a cell takes
        sheet.write_formula("B1", f"={formula}")
        book.close()

    def _write_annex(self, book: Any, sheet: Any, table: Table, column: int) -> None:
        names = [*(each.id for each in table.columns), "rate", "score"]
        for number, name in enumerate(names, start=column):
            for row in range(1, table.rows + 1):
                book.define_name(table.field_id(row, name), f"=表!{_absolute(row, number)}")
            book.define_name(f"{table.id}_{name}", f"=表!{_absolute(1, number)}:{_absolute(table.rows, number)}")
        for row in range(1, table.rows + 1):
            for offset, name in ((2, "rate"), (1, "score")):
                expression = self._formulas[table.field_id(row, name)]
                assert len(expression) <= 8192
                sheet.write_formula(row - 1, column + len(names) - 1 - offset, f"={expression}")

    def show(self, values: Mapping[str, Plain], name: str = "the_score") -> object:
        """What the cell ``name`` shows once the workbook is filled with ``values`` and nothing else."""
        filling = {field: _put(values.get(field)) for field in self.rule.context.fields}
        self._book.put(filling)
        return self._book.values([name])[name]

    def agree(self, values: Mapping[str, Plain]) -> Outcome:
        """Assert that the formula shows the score, '' where there is none; an annex's rows too. The outcome.

        The formulas are made anew although they stand in the workbook: tests share a bench, and a mutation run learns
        in this way that each of them is about the formulas.
        """
        assert self._formulas == self._made()
        outcome = complete(self.rule, self.rule.score(answers(self.rule.context, values), self.points))
        assert outcome.low <= outcome.high <= self.points
        if outcome.result is Result.NOT_APPLICABLE and self.rule.context.excludes:
            assert (outcome.score, self.show(values)) == (None, NOT_APPLICABLE)
        else:
            _same(self.show(values), outcome.score, values)
        lines = {line.row: line for line in outcome.lines}
        for table in self.rule.context.tables.values() if lines else ():
            for row in range(1, table.rows + 1):
                line = lines.get(row)
                shown = self._book.values([table.field_id(row, "rate"), table.field_id(row, "score")])
                _same(shown[table.field_id(row, "rate")], line and line.rate, values)
                _same(shown[table.field_id(row, "score")], line and line.score, values)
        return outcome


def _absolute(row: int, column: int) -> str:
    letters = to_ref(1, column)[:-1]
    return f"${letters}${row}"


def _put(value: Plain) -> Put:
    if isinstance(value, bool):
        return YES if value else NO
    return float(value) if isinstance(value, str) and value[:1].isdigit() else value


def _same(shown: object, expected: Decimal | None, values: Mapping[str, Plain]) -> None:
    if expected is None:
        assert shown in ("", None), (shown, values)
    else:
        assert isinstance(shown, float | int) and abs(shown - float(expected)) < 1e-9, (shown, expected, values)


def fillings(rule: Rule, **own: st.SearchStrategy[Plain]) -> st.SearchStrategy[dict[str, Plain]]:
    """Answers to all of a rule's fields: mostly sensible, many at round values, some blank, negative or rubbish."""
    return st.fixed_dictionaries(
        {
            field: st.one_of(
                *[own.get(field, _sensible(rule.context.fields[field]))] * 20, st.sampled_from([None, "无", -1])
            )
            for field in rule.fields()
        }
    )


def _sensible(field: Field) -> st.SearchStrategy[Plain]:
    if field.choices:
        return st.booleans() if field.type is FieldType.YESNO else st.sampled_from(field.choices)
    if field.type is FieldType.COUNT:
        return st.one_of(st.integers(0, 5), st.integers(0, 40))
    if field.type is FieldType.DATE:
        days = st.dates(date(2024, 2, 20), date(2024, 4, 20))
        return days if field.never is None else st.one_of(days, days, days, st.just(field.never))
    if field.type is FieldType.TEXT:
        return st.sampled_from(["理由", "依据", None])
    if field.type is FieldType.PERCENT:
        return st.one_of(st.sampled_from(["0", "1", "0.5"]), _decimals(0, 120, 4).map(lambda value: str(value / 100)))
    return st.one_of(st.integers(0, 20).map(lambda tens: tens * 5), _decimals(0, 300, 2).map(str))


def _decimals(low: int, high: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(low, high, places=places, allow_nan=False, allow_infinity=False)


def every_one(bench: Bench, cases: Iterable[Mapping[str, Plain]]) -> None:
    """``agree`` on all of ``cases``."""
    for case in cases:
        bench.agree(case)
