"""Fillings scored in Decimal and calculated by a program; whatever differs is a Difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.grid import rate_name
from perfeval_xl.excel.layout.model import Layout
from perfeval_xl.numbers import exact, half_up, read_number
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.answers_file import write_answers
from perfeval_xl.scheme.fields import NOT_APPLICABLE, Field
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from tests.agreement.fillings import Content, Filling, answer, filling
from tests.engines import Got, Put

Expected = Mapping[str, Decimal | str | None]
"""What every score cell must show, by defined name: a score or a rate, a grade, or None for nothing."""

TOTAL, GRADE = "total_formula_score", "grade_formula"
_ALIKE = Decimal("1E-12")  # rates are not rounded; two floats of one quotient differ by their last bits
_CENT = Decimal("0.01")


class Form:
    """A scheme's form as the sweep sees it: which cells are shown, and what they must show."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self._annex = [each for each in scheme.indicators if isinstance(each.rule, AnnexRows)]

    @cached_property
    def layout(self) -> Layout:
        return build_layout(self.scheme)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The ids of all cells that a filling fills: what the bureau filled in stands there already."""
        return tuple(each for each in filling(self.scheme, 0) if each not in self.scheme.constants)

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """The defined names of the score cells: the rows', the total's, the grade's, and the annex rows'; and of the
        rates, where the form shows them."""
        names = [each.formula_score_id for each in self.scheme.indicators]
        names += [TOTAL, GRADE, *(rate_name(each) for each in self.scheme.indicators)]
        for table in self.scheme.tables:
            for row in range(1, table.rows + 1):
                names += [table.field_id(row, "rate"), table.field_id(row, "score")]
        return tuple(name for name in names if name in self.layout.names)

    def answers(self, cells: Filling) -> Answers:
        """What the reader makes of the cells."""
        return Answers(answer(each, cells.get(each.id)) for each in self.scheme.fields.values())

    def expected(self, answers: Answers) -> Expected:
        """What the Decimal scorer gives."""
        rows = tuple(
            IndicatorScore(each, applicability.score(each, answers), None, None) for each in self.scheme.indicators
        )
        card = ScoreCard(self.scheme, rows)
        shown: dict[str, Decimal | str | None] = {
            row.indicator.formula_score_id: NOT_APPLICABLE if row.excluded else row.score for row in rows
        }
        shown |= {rate_name(row.indicator): next(iter(row.outcome.rates.values()), None) for row in rows}
        shown |= {TOTAL: card.total, GRADE: None if card.total is None else card.grade}
        for indicator in self._annex:
            assert isinstance(indicator.rule, AnnexRows)
            table = indicator.rule.table
            for row in range(1, table.rows + 1):
                line = indicator.rule.line_score(answers, row)
                shown |= {table.field_id(row, "rate"): line.rate, table.field_id(row, "score"): line.score}
        return shown

    def answers_file(self, cells: Filling) -> str:
        return write_answers(self.answers(cells), self.scheme)


def is_typed_number(field: Field, content: Content) -> bool:
    """Whether the reader would take a text for the number that it spells: formulas do not."""
    return field.type.numeric and isinstance(content, str) and read_number(content) is not None


def put(content: Content) -> Put:
    """A filling's content as it is put into a cell; a date with a time of day is its serial number."""
    if isinstance(content, datetime):
        since = content - datetime(1899, 12, 30)
        return since.days + since.seconds / 86400
    return content


@dataclass(frozen=True)
class Difference:
    """A score cell that shows something else than the scorer gives."""

    case: int
    name: str
    expected: str
    shown: str


@dataclass
class Tally:
    """What one program, or several, came to."""

    cases: int = 0
    rows: int = 0
    scored: int = 0
    totals: int = 0
    lines: int = 0
    lines_scored: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.cases += other.cases
        self.rows += other.rows
        self.scored += other.scored
        self.totals += other.totals
        self.lines += other.lines
        self.lines_scored += other.lines_scored
        self.differences += other.differences


def compare(form: Form, case: int, expected: Expected, got: Mapping[str, Got], tally: Tally) -> None:
    """Add one case to ``tally``."""
    tally.cases += 1
    codes = {each.formula_score_id for each in form.scheme.indicators}
    for name in form.shown:
        wanted, shown = expected[name], got[name]
        if name in codes:
            tally.rows += 1
            tally.scored += wanted is not None
        elif name == TOTAL:
            tally.totals += wanted is not None
        elif name.endswith("_score"):
            tally.lines += 1
            tally.lines_scored += wanted is not None
        if not same(name, wanted, shown):
            tally.differences.append(Difference(case, name, str(wanted), repr(shown)))


def same(name: str, wanted: Decimal | str | None, shown: Got) -> bool:
    """Nothing for None, the very word, a rate to its last bits, a score to its cents and no further off than floats are."""
    if wanted is None:
        return shown is None or shown == ""
    if isinstance(wanted, str):
        return shown == wanted
    if not isinstance(shown, float | int) or isinstance(shown, bool):
        return False
    away = abs(exact(shown) - wanted)
    if name.endswith("_rate"):
        return away <= _ALIKE * max(Decimal(1), abs(wanted))
    return half_up(wanted) == wanted and away < _CENT * _ALIKE * 1000


def puts(form: Form, cells: Filling) -> dict[str, Put]:
    """The filling as engines take it, every input cell named."""
    return {name: put(cells.get(name)) for name in form.inputs}
