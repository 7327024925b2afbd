"""The live formulas of kind "annex_rows": a row's completion rate, a row's score, and the indicator's sum.

Beside the input cells they name the annex's formula cells, <table>_rNN_rate and <table>_rNN_score, and whole columns,
<table>_<column>: every input column, and the two columns of formulas.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from perfeval_xl.numbers import ONE
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

_LOWER = ("≤", "<")


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
    def weight_cents(self) -> str:
        return f"ROUND({self['weight']}*100,0)"

    @property
    def given(self) -> str:
        return self._refs.number(self._id("judged_score"))

    def usable(self, *columns: str) -> str:
        return self._refs.usable(*(self._rule.table.field_id(self._row, column) for column in columns))

    @property
    def judged(self) -> str:
        return f"{self['nature']}={text(self._rule.judged)}"

    @property
    def lower(self) -> str:
        return any_of(f"{self['nature']}={text(sign)}" for sign in _LOWER)

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
    exact = choose(f'{cell["nature"]}="="', choose(f"{actual}=0", "1", "0"))
    higher = choose(f"{target}>0", f"{actual}/{target}", exact)
    measured = choose(cell.usable("nature", "target", "actual"), choose(cell.lower, lower, higher))
    return choose(cell.judged, BLANK, measured)


def row_formula(rule: AnnexRows, refs: Refs, row: int) -> str:
    """The row's score in points; '' where it has none."""
    cell = _Row(rule, refs, row)
    judged = choose(cell.usable("tier", "judged_score", "basis"), _judged(rule, cell))
    kind = choose(cell.lower, _lower(rule, cell), _higher(rule, cell))
    measured = choose(cell.usable("target", "actual"), kind)
    return choose(cell.usable("name", "nature", "weight"), choose(cell.judged, judged, measured))


def indicator_formula(rule: AnnexRows, refs: Refs, points: Decimal) -> str:
    """The sum of the rows, where every row in use has a score and the weights add up to the points."""
    table = rule.table
    filled = "+".join(f"({table.id}_{column.id}<>{BLANK})" for column in table.columns)
    in_use = f"SUMPRODUCT(({filled}>0)*1)"
    scores = f"{table.id}_score"
    weights = f"ROUND(SUM({table.id}_weight)-{constant(points)},7)=0"
    complete = every((f"COUNT({scores})>0", f"COUNT({scores})={in_use}", weights))
    total = f"MIN({constant(points)},ROUND(SUM({scores}),2))"
    gate = refs(rule.gate)
    return choose(no(gate), "0", choose(yes(gate), choose(complete, total)))


def _past_floor(rule: AnnexRows, over: str, under: str) -> str:
    compare = share_reached if rule.floor_scores else share_passed
    return compare(over, under, rule.floor)


def _lower(rule: AnnexRows, cell: _Row) -> str:
    target, actual = cell.target_actual
    over, under = cell.over_under
    missed = choose(_past_floor(rule, over, under), half_up_quotient(f"{cell.weight_cents}*{over}", under), "0")
    return choose(f"{actual}<={target}", cell.weight, choose(f"{target}>0", missed, "0"))


def _higher(rule: AnnexRows, cell: _Row) -> str:
    (target, actual), weight = cell.target_actual, cell.weight
    cents = f"{cell.weight_cents}*{actual}"
    above = half_up(f"{weight}/2")
    if rule.over == "half_rate":
        above = f"MIN({weight},{half_up_quotient(cents, f'(2*{target})')})"
    full = choose(share_passed(actual, target, rule.ceiling), above, weight)
    partial = choose(f"{actual}>={target}", full, half_up_quotient(cents, target))
    rated = choose(_past_floor(rule, actual, target), partial, "0")
    exact = choose(f'{cell["nature"]}="="', choose(f"{actual}=0", weight, "0"))
    return choose(f"{target}>0", rated, exact)


def _judged(rule: AnnexRows, cell: _Row) -> str:
    """The given score where it lies in the band of its tier; one IF a tier."""
    given = cell.given
    expression = BLANK
    for tier in reversed(rule.tiers):
        inside = choose(every(_ends(tier, given, cell.weight)), given)
        expression = choose(f"{cell['tier']}={text(tier.value)}", inside, expression)
    return expression


def _ends(tier: Band[str], given: str, weight: str) -> tuple[str, str]:
    low, high = (half_up(f"{constant(share)}*{weight}") for share in (tier.low, tier.high or ONE))
    above = at_least if tier.low_closed else more_than
    below = at_least if tier.high_closed else more_than
    return above(given, low), below(high, given)
