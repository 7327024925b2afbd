"""The live formulas of kind "annex_rows": a row's completion rate, a row's score, and the indicator's sum.

Beside the input cells they name the annex's formula cells, <table>_rNN_rate and <table>_rNN_score, and whole columns,
<table>_<column>: every input column, and the two columns of formulas.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from perfeval_xl.numbers import ONE
from perfeval_xl.scheme.rules.annex_words import LOWER
from perfeval_xl.scheme.rules.bands import Band
from perfeval_xl.scheme.rules.expr import (
    BLANK,
    Refs,
    any_of,
    at_least,
    choose,
    constant,
    every,
    half_up,
    half_up_quotient,
    more_than,
    no,
    share_passed,
    share_reached,
    text,
    yes,
)

if TYPE_CHECKING:
    from perfeval_xl.scheme.rules.annex_rows import AnnexRows


class _Row:
    """How the cells of one row are named."""

    def __init__(self, rule: AnnexRows, refs: Refs, row: int) -> None:
        self._rule, self._refs, self._row = rule, refs, row

    def __getitem__(self, column: str) -> str:
        return self._refs(self._rule.table.field_id(self._row, column))

    def _id(self, column: str) -> str:
        return self._rule.table.field_id(self._row, column)

    @property
    def target_actual(self) -> tuple[str, str]:
        """Both as whole numbers of one unit."""
        target, actual = self._refs.units(self._id("target"), self._id("actual"))
        return target, actual

    @property
    def weight(self) -> str:
        return self._refs.number(self._id("weight"))

    @property
    def full(self) -> str:
        """The weight as a score."""
        return self._score("weight")

    def share(self, over: str, under: str) -> str:
        """weight × over ÷ under as a score, for whole numbers."""
        places = self._rule.context.places
        finest = max(self._rule.table.column["weight"].places, places)
        by = under if finest == places else f"({under}*{10 ** (finest - places)})"
        return half_up_quotient(f"ROUND({self['weight']}*{10**finest},0)*{over}", by, places)

    @property
    def given(self) -> str:
        return self._refs.number(self._id("judged_score"))

    @property
    def given_score(self) -> str:
        return self._score("judged_score")

    def _score(self, column: str) -> str:
        places, number = self._rule.context.places, self._refs.number(self._id(column))
        return half_up(number, places) if self._rule.table.column[column].places > places else number

    def usable(self, *columns: str) -> str:
        """Whether the row's cells in these columns, as far as the table has them, can be used."""
        return self._refs.usable(*(self._id(column) for column in columns if column in self._rule.table.column))

    def judged(self, then: str, otherwise: str) -> str:
        """``then`` where the row is judged, in a table that has such rows."""
        rule = self._rule
        return choose(f"{self['nature']}={text(rule.judged)}", then, otherwise) if rule.judged else otherwise

    def lower(self, then: str, otherwise: str) -> str:
        """``then`` where lower is better, in a table whose rows have natures."""
        if not self.has_nature:
            return otherwise
        return choose(any_of(f"{self['nature']}={text(sign)}" for sign in LOWER), then, otherwise)

    def exact(self, then: str) -> str:
        """``then`` where the nature is "=", else nothing."""
        return choose(f'{self["nature"]}="="', then) if self.has_nature else BLANK

    @property
    def has_nature(self) -> bool:
        return "nature" in self._rule.table.column

    @property
    def over_under(self) -> tuple[str, str]:
        """A missed ≤ or < row's rate as numerator and denominator."""
        target, actual = self.target_actual
        return (f"(2*{target}-{actual})", target) if self._rule.reverse == "two_minus" else (target, actual)


def rate_formula(rule: AnnexRows, refs: Refs, row: int) -> str:
    """The row's completion rate as a fraction; '' for judged rows and where it cannot be worked out."""
    cell = _Row(rule, refs, row)
    target, actual = cell.target_actual
    over, under = cell.over_under
    missed = choose(f"{target}>0", f"MAX(0,{over}/{under})", "0")
    lower = choose(f"{actual}<={target}", "1", missed)
    higher = choose(f"{target}>0", f"{actual}/{target}", cell.exact(choose(f"{actual}=0", "1", "0")))
    measured = choose(cell.usable("nature", "target", "actual"), cell.lower(lower, higher))
    return cell.judged(BLANK, measured)


def row_formula(rule: AnnexRows, refs: Refs, row: int) -> str:
    """The row's score in points; '' where it has none."""
    cell = _Row(rule, refs, row)
    measured = choose(cell.usable("target", "actual"), cell.lower(_lower(rule, cell), _higher(rule, cell)))
    if rule.judged:
        judged = choose(cell.usable("tier", "judged_score", "basis"), _judged(rule, cell))
        measured = cell.judged(judged, measured)
    return choose(cell.usable("name", "nature", "weight"), measured)


def indicator_formula(rule: AnnexRows, refs: Refs, points: Decimal) -> str:
    """The sum of the rows, where every row in use has a score and the weights add up to the points."""
    table = rule.table
    filled = "+".join(f"({table.id}_{column.id}<>{BLANK})" for column in table.columns)
    in_use = f"SUMPRODUCT(({filled}>0)*1)"
    scores = f"{table.id}_score"
    weights = f"ROUND(SUM({table.id}_weight)-{constant(points)},7)=0"
    complete = every((f"COUNT({scores})>0", f"COUNT({scores})={in_use}", weights))
    total = f"MIN({constant(points)},ROUND(SUM({scores}),{rule.context.places}))"
    if not rule.gate:
        return choose(complete, total)
    gate = refs(rule.gate)
    return choose(no(gate), "0", choose(yes(gate), choose(complete, total)))


def _past_floor(rule: AnnexRows, over: str, under: str) -> str:
    compare = share_reached if rule.floor_scores else share_passed
    return compare(over, under, rule.floor)


def _lower(rule: AnnexRows, cell: _Row) -> str:
    target, actual = cell.target_actual
    over, under = cell.over_under
    missed = choose(_past_floor(rule, over, under), cell.share(over, under), "0")
    return choose(f"{actual}<={target}", cell.full, choose(f"{target}>0", missed, "0"))


def _higher(rule: AnnexRows, cell: _Row) -> str:
    (target, actual), full = cell.target_actual, cell.full
    if rule.ceiling is not None:
        above = half_up(f"{cell.weight}/2", rule.context.places)
        if rule.over == "half_rate":
            above = f"MIN({full},{cell.share(actual, f'(2*{target})')})"
        full = choose(share_passed(actual, target, rule.ceiling), above, full)
    partial = choose(f"{actual}>={target}", full, cell.share(actual, target))
    rated = choose(_past_floor(rule, actual, target), partial, "0")
    return choose(f"{target}>0", rated, cell.exact(choose(f"{actual}=0", cell.full, "0")))


def _judged(rule: AnnexRows, cell: _Row) -> str:
    """The given score where it lies in the band of its tier; one IF a tier."""
    given = cell.given
    expression = BLANK
    for tier in reversed(rule.tiers):
        ends = _ends(tier, given, cell.weight, rule.context.places)
        inside = choose(every(ends), cell.given_score)
        expression = choose(f"{cell['tier']}={text(tier.value)}", inside, expression)
    return expression


def _ends(tier: Band[str], given: str, weight: str, places: int) -> tuple[str, str]:
    low, high = (half_up(f"{constant(share)}*{weight}", places) for share in (tier.low, tier.high or ONE))
    above = at_least if tier.low_closed else more_than
    below = at_least if tier.high_closed else more_than
    return above(given, low), below(high, given)
