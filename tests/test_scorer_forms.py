"""Whole forms on the real scheme: blank, all zero, half filled, full."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from perfeval_xl.findings import Severity, grouped
from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.fields import APPLICABLE, Field, FieldType
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.scorer import score
from tests.small_schemes import given

D = Decimal


@pytest.fixture(scope="module")
def huadu() -> Scheme:
    return load_scheme(Path(__file__).parents[1] / "templates" / "huadu-2024" / "scheme.toml")


def issued(scheme: Scheme) -> dict[str, Value]:
    """What the blank form is issued with."""
    return {field.id: as_value(field, field.issued) for field in scheme.fields.values() if field.issued is not None}


def as_value(field: Field, word: str) -> Value:
    return D(word) if field.type.numeric else word


def zero(field: Field) -> Value:
    """The nearest thing to 0 that ``field`` takes."""
    if field.type.numeric:
        return D(0) if field.low is None else max(D(0), field.low)  # type: ignore[type-var]
    if field.type is FieldType.YESNO:
        return False
    if field.type is FieldType.DATE:
        return field.never or field.low or ""
    return field.issued or (field.options[0] if field.options else "无")


def all_zero(scheme: Scheme) -> dict[str, Value]:
    annex = {field.id for table in scheme.tables for field in table.fields()}
    return {field.id: zero(field) for field in scheme.fields.values() if field.id not in annex}


def card(scheme: Scheme, values: dict[str, Value]) -> ScoreCard:
    return score(scheme, given(scheme, values))


def test_a_blank_form_has_no_score_and_every_row_missing(huadu: Scheme) -> None:
    result = card(huadu, issued(huadu))
    assert {row.outcome.result for row in result.rows} == {Result.MISSING}
    assert len(result.rows) == 26
    assert (result.total, result.total_min, result.total_max, result.grade) == (None, D(0), D(100), None)
    assert result.self_total is None
    assert result.level_score("履职效能") is None


def test_a_blank_form_asks_for_its_blanks_and_for_nothing_else(huadu: Scheme) -> None:
    blank = given(huadu, issued(huadu))
    result = score(huadu, blank)
    assert {each.code for each in result.findings} == {"missing", "text-missing"}
    told = [(each.cell, each.indicator) for each in result.findings]
    assert len(set(told)) == len(told)
    assert {row.indicator.code for row in result.rows} == {each.indicator for each in result.findings} - {None}
    # one a row, the head's amounts and its texts, the narrative
    assert len(grouped(result.findings)) <= len(result.rows) + 3


def test_a_truly_empty_form_is_as_blank_as_an_issued_one(huadu: Scheme) -> None:
    result = card(huadu, {})
    assert {row.outcome.result for row in result.rows} == {Result.MISSING}
    assert (result.total, result.total_min, result.total_max) == (None, D(0), D(100))


def test_an_all_zero_form_is_scored(huadu: Scheme) -> None:
    result = card(huadu, all_zero(huadu))
    open_rows = [row.indicator.code for row in result.rows if row.score is None]
    assert open_rows == []
    assert result.total == result.total_min == result.total_max
    assert result.grade == huadu.grade_for(result.total_min)
    assert not [each for each in result.findings if each.code in ("missing", "text-missing", "needs-review")]


def test_nothing_counted_as_zero_in_a_blank_form_is_counted_in_an_all_zero_one(huadu: Scheme) -> None:
    result = card(huadu, all_zero(huadu))
    scores = {row.indicator.code: row.score for row in result.rows}
    assert scores["output_completion"] == D(0)  # no goals filed
    assert scores["preassessment"] == D(3)  # nothing was due
    assert scores["financial_compliance"] == D(2)  # no findings
    assert scores["budget_disclosure"] == D(0)  # not published
    assert scores["procurement_control"] == D(0)  # no rules


def test_a_half_filled_form_is_provisional_and_bounded(huadu: Scheme) -> None:
    zeros = all_zero(huadu)
    full = card(huadu, zeros)
    half = huadu.indicators[: len(huadu.indicators) // 2]
    kept = {field for row in half for field in (*(each.id for each in row.fields), row.evidence_id, row.self_score_id)}
    result = card(huadu, issued(huadu) | {field: value for field, value in zeros.items() if field in kept})
    done = [row for row in result.rows if row.score is not None]
    assert [row.indicator.code for row in done] == [row.code for row in half]
    assert result.provisional and result.total is None
    assert result.total_min == sum((row.score for row in done if row.score is not None), D(0))
    assert result.total_max == result.total_min + sum((row.points for row in huadu.indicators[len(half) :]), D(0))
    assert result.total_min <= full.total_min <= result.total_max


def test_findings_follow_the_form(huadu: Scheme) -> None:
    result = card(huadu, issued(huadu))
    order = [row.indicator.code for row in result.rows]
    rows = [order.index(each.indicator) for each in result.findings if each.indicator]
    assert rows == sorted(rows)
    first, last = result.findings[0], result.findings[-1]
    assert (first.indicator, last.indicator) == (None, None)
    assert first.message.startswith("表头") and last.message.startswith("自评说明")


def test_scoring_twice_gives_the_same(huadu: Scheme) -> None:
    values = all_zero(huadu)
    assert card(huadu, values) == card(huadu, values)


def test_wrong_data_in_every_field_is_told_cell_by_cell(huadu: Scheme) -> None:
    values: dict[str, Value] = {
        field.id: "？" for field in huadu.fields.values() if field.type is not FieldType.TEXT and field.type.numeric
    }
    result = card(huadu, values)
    told = [each for each in result.findings if each.code == "not-a-number"]
    assert len(told) == len(values)
    assert {each.severity for each in told} == {Severity.ERROR}
    assert all(row.score is None for row in result.rows if any(f.type.numeric for f in row.indicator.fields))


def test_applicable_is_how_the_form_is_issued(huadu: Scheme) -> None:
    applicable = [row.applicable_id for row in huadu.indicators if row.may_be_not_applicable]
    assert applicable and {issued(huadu)[each] for each in applicable} == {APPLICABLE}
