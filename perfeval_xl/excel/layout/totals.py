"""Totals: of the scores that the form works out, and of the unit's own. What they add up, and what they show."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.excel.formulas import scaled_total, total_of, total_shown
from perfeval_xl.excel.layout.model import Shown, View
from perfeval_xl.excel.layout.parts import claimed
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.fields import NOT_APPLICABLE, NotApplicable
from perfeval_xl.scheme.model import Scheme

ROW_POINTS, ROW_CLAIMS = "listed_points", "listed_self_scores"
"""Ranges on 填报检查 with the points and the self-scores of all rows, of forms whose total leaves some of them out."""


def leaves_out(scheme: Scheme) -> bool:
    """Whether rows that are 不适用 leave the base of the total."""
    return scheme.not_applicable is NotApplicable.EXCLUDED


def total_of_scores(scheme: Scheme, scores: str, points: str) -> str:
    """The total of the scores in the area ``scores``, the rows' points being in ``points``."""
    if leaves_out(scheme):
        return scaled_total(scores, points, [each.points for each in scheme.indicators], scheme.places)
    return total_of(scores, len(scheme.indicators), scheme.places)


def total_of_self_scores(scheme: Scheme, area: str) -> str:
    """The total of the self-scores, which stand in ``area``; '' where they stand apart."""
    if leaves_out(scheme):
        return total_of_scores(scheme, ROW_CLAIMS, ROW_POINTS)
    return total_of(
        area or ",".join(each.self_score_id for each in scheme.indicators), len(scheme.indicators), scheme.places
    )


def claims_shown(view: View) -> Decimal | str:
    """What the total of the self-scores shows."""
    scheme = view.card.scheme
    claims = {each.code: claimed(view, each) for each in scheme.indicators}
    counted = {code: claim for code, claim in claims.items() if not leaves_out(scheme) or claim != NOT_APPLICABLE}
    earned = total_shown(claim if isinstance(claim, Decimal) else None for claim in counted.values())
    if isinstance(earned, str) or not counted:
        return ""
    return scheme.total_of(earned, sum((scheme.indicator[code].points for code in counted), ZERO))


def scores_shown(view: View) -> Shown:
    """What the total of the form's own scores shows."""
    return "" if view.card.total is None else view.card.total
