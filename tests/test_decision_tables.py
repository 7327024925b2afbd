"""The decision tables of tests/decisions: every case scored, shown by the live formulas, and nothing left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from perfeval_xl.findings import KINDS, Severity
from perfeval_xl.generator import build_master
from perfeval_xl.scheme.answers import Answers, Submission
from perfeval_xl.scheme.fields import NO, YES
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from perfeval_xl.scorer import score
from tests.decisions import (
    Case,
    Expected,
    answers_of,
    decision_cases,
    decision_tables,
    named,
    scheme_under,
)
from tests.decisions.situations import situations
from tests.engines import IronBook, IronCalc, Put

Choices = tuple[tuple[str, str], ...]

FORM = scheme_under()
CASES = list(decision_cases())
RUNS = [
    pytest.param(code, case, expected, id=f"{code}-{case.id}{'-' if expected.option else ''}{expected.option}")
    for code, case in CASES
    for expected in (case.expected, *case.others)
]

DOMAIN: Mapping[str, tuple[str, ...]] = {
    "rate of exactly 60%": ("rate-5999", "rate-60", "rate-6001"),
    "above 150%": ("rate-150", "rate-15001"),
    "cost and ≤ targets": ("cost-100", "cost-110", "cost-14001", "cost-half"),
    "judged rows among outputs": ("judged-best-16",),
    "各产出指标 in the benefit rule": ("rows-half-up",),
    "only the annual rate": ("no-months-annual", "annual-99"),
    "notified figures are taken as given": ("months-all", "month-blank-between"),
    "3个以内 and 超过3个": ("due-2-done-1", "due-3-done-2", "due-4-done-3"),
    "3 of 3 and 4 of 4 missing": ("due-3-done-0", "due-4-done-0"),
    "nothing to count, row 4": ("due-0",),
    "nothing to count, row 5": ("carryover-nothing",),
    "nothing to count, row 15": ("signing-nothing",),
    "nothing to count, row 16": ("filing-nothing",),
    "nothing to count, row 17": ("policy-nothing",),
    "nothing to count, row 23": ("utilization-nothing",),
    "结余结转率, 1,2,3,3": ("carryover-10",),
    "one finding fits several classes": ("finance-repeat-1",),
    "50% each and 1 + 1 points on a 2-point row": ("budget-day-21", "budget-problem", "budget-late-problem"),
    "one of the two not published": ("budget-unpublished", "accounts-unpublished", "both-unpublished"),
    "20日内": ("budget-day-19", "budget-day-20", "budget-day-21"),
    "20日内, a last day on a holiday": ("weekend-last", "spring-last", "national-2024-last", "worked-saturday"),
    "classified": ("classified",),
    "酌情扣分, row 9": ("system-gap", "system-gap-deducted", "system-gap-no-reason"),
    "酌情扣分, row 21": ("quality-15", "quality-no-reason"),
    "1分 a time of a 0.9-point part": ("alerts-late-1", "alerts-late-3"),
    "no alert, no key evaluation": ("alerts-none", "key-evaluation-none"),
    "市财政局 in a district's table": ("results-complete",),
    "one of 177 units missing": ("subordinates-176",),
    "three deadlines in one yes/no": ("timing-kept", "timing-30d", "timing-40d", "timing-60d"),
    "30 days from the award notice": ("signing-100",),
    "备案 or 公告": ("filing-all", "filing-but-one"),
    "procurement ratio over 100%": ("policy-100", "policy-110"),
    "元 here, 万元 elsewhere": ("policy-unit-slip",),
    "inventory done but not handled": ("inventory-unhandled",),
    "utilization of exactly 60%": ("utilization-5999", "utilization-60", "utilization-6001"),
    "每增加5%（含）": ("funds-499", "funds-5", "funds-20"),
    "amounts, never the rate": ("funds-97",),
    "initial or adjusted budget": ("funds-adjusted", "public3-adjusted"),
    "blank": ("no-rows", "carryover-blank", "accounts-date-blank", "finance-blank"),
}
"""The rows of the reference on the form's unclear clauses, and the cases that settle each."""


def choices(case: Case, expected: Expected) -> Choices:
    return ((case.reading, expected.option),) if expected.option else ()


def card_of(code: str, case: Case, chosen: Choices = ()) -> ScoreCard:
    """The score card of a return in which only the case is filled in."""
    scheme = scheme_under(chosen)
    answers = answers_of(scheme, code, case.answers)
    return score(scheme, Submission("", "", "", scheme.id, scheme.version, scheme.year, "", answers, {}))


def row_of(card: ScoreCard, code: str) -> IndicatorScore:
    return next(row for row in card.rows if row.indicator.code == code)


# ---- every case comes out as its table says


@pytest.mark.parametrize(("code", "case", "expected"), RUNS)
def test_a_case_is_scored_as_its_table_says(code: str, case: Case, expected: Expected) -> None:
    card = card_of(code, case, choices(case, expected))
    outcome = row_of(card, code).outcome
    assert (outcome.result, outcome.score) == (expected.result, expected.score)
    assert outcome.low <= (outcome.high if outcome.score is None else outcome.score) <= outcome.high
    told = [each for each in card.findings if each.indicator == code]
    if outcome.score is None:
        assert any(each.severity is not Severity.INFO for each in told), "why it has no score"
    if not expected.option:
        codes = {each.code for each in told}
        assert {each.code for each in outcome.findings} <= set(case.findings) <= codes


@pytest.mark.parametrize(
    ("code", "case"), [pytest.param(*each, id=f"{each[0]}-{each[1].id}") for each in CASES if each[1].others]
)
def test_another_reading_is_noted_where_it_would_change_the_score_and_only_there(code: str, case: Case) -> None:
    notes = "".join(row_of(card_of(code, case), code).notes)
    options = {option.id: option for reading in FORM.readings for option in reading.options}
    for other in case.others:
        differs = other.score != case.expected.score
        assert (options[other.option].text.rstrip("。") in notes) is differs


@cache
def packed() -> Mapping[Choices, Choices]:
    """The other options, several to a workbook: under which choices each is put to the test.

    Options may share a workbook as long as no row of the form is touched by two of them.
    """
    books: list[dict[str, tuple[str, str]]] = []
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for reading in FORM.readings:
        for option in reading.options:
            if option.id == reading.chosen:
                continue
            book = next((each for each in books if not each.keys() & option.changes.keys()), None)
            if book is None or any(reading.id == other for other, _ in book.values()):
                books.append(book := {})
            book.update(dict.fromkeys(option.changes, (reading.id, option.id)))
            found[reading.id, option.id] = book
    return {(): (), **{(key,): tuple(sorted(set(book.values()))) for key, book in found.items()}}


@pytest.fixture(scope="module")
def workbook(ironcalc_engine: IronCalc) -> Iterator[Callable[[Choices], IronBook]]:
    """The form as it is issued under some choices, open in IronCalc, everything blank."""

    @cache
    def opened(chosen: Choices) -> IronBook:
        scheme = scheme_under(chosen)
        book = ironcalc_engine.open(build_master(scheme))
        book.put({field.id: None for field in scheme.fields.values() if field.issued is not None})
        return book

    yield opened
    opened.cache_clear()


@pytest.mark.parametrize(("code", "case", "expected"), RUNS)
def test_the_live_formula_shows_the_same(
    workbook: Callable[[Choices], IronBook], code: str, case: Case, expected: Expected
) -> None:
    book = workbook(packed()[choices(case, expected)])
    filling = dict(cells(code, case.answers))
    book.put(filling)
    shown = book.values([f"{code}_formula_score"])[f"{code}_formula_score"]
    book.put(dict.fromkeys(filling))
    if expected.score is None:
        assert shown in ("", None)
    else:
        assert isinstance(shown, float) and Decimal(repr(shown)) == expected.score


def cells(code: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Put]]:
    """What a case puts into the cells of the workbook, by defined name."""
    tables = FORM.table
    for name, value in named(FORM.indicator[code], values).items():
        if name in tables:
            for number, row in enumerate(value, start=1):
                yield from ((tables[name].field_id(number, column), each) for column, each in row.items())
        elif isinstance(value, bool):
            yield name, YES if value else NO
        elif isinstance(value, int | Decimal | date) or value:
            yield name, value


# ---- nothing is left out


def test_ids_are_unique_and_codes_exist() -> None:
    ids = [case.id for table in decision_tables() for case in table.cases]
    assert len(ids) == len(set(ids)) > 300
    assert {code for _, case in CASES for code in case.findings} <= KINDS.keys()
    codes = [code for table in decision_tables() for code in table.indicators]
    assert codes == [indicator.code for indicator in FORM.indicators]


def test_a_case_names_the_fields_of_its_own_row_only() -> None:
    for code, case in CASES:
        indicator = FORM.indicator[code]
        own = {field.id for field in indicator.fields} | set(indicator.rule.fields()) | {"rows"}
        own |= {indicator.applicable_id} if indicator.may_be_not_applicable else set()
        assert case.answers.keys() <= own, case.id


@pytest.mark.parametrize("code", FORM.indicator)
def test_every_threshold_is_met_and_just_missed_on_both_sides(code: str) -> None:
    filled = [answers_of(FORM, code, case.answers) for each, case in CASES if each == code]
    wanted = list(situations(FORM.indicator[code]))
    assert wanted
    assert [name for name, shown in wanted if not any(map(shown, filled))] == []


@pytest.mark.parametrize("code", FORM.indicator)
def test_full_points_nothing_and_no_score_are_all_shown(code: str) -> None:
    cases = [case for each, case in CASES if each == code]
    assert {FORM.indicator[code].points, Decimal(0)} <= {case.expected.score for case in cases}
    assert Result.MISSING in {case.expected.result for case in cases}


@pytest.mark.parametrize("reading", [pytest.param(each, id=each.id) for each in FORM.readings])
def test_every_reading_has_a_case_and_every_other_option_changes_a_score(reading: Any) -> None:
    mine = [(code, case) for code, case in CASES if case.reading == reading.id]
    rows = reading.indicators or FORM.indicator.keys()
    assert set(rows) <= {code for code, _ in mine}
    others = [option for option in reading.options if option.id != reading.chosen]
    told = {(code, other.option) for code, case in mine for other in case.others}
    assert told == {(code, option.id) for option in others for code in option.changes}
    for option in others:
        for code in option.changes:
            pairs = [
                (case.expected, other)
                for each, case in mine
                for other in case.others
                if (each, other.option) == (code, option.id)
            ]
            assert any(now.score != then.score for now, then in pairs), (option.id, code)


def test_cases_name_readings_that_exist() -> None:
    assert {case.reading for _, case in CASES} - {""} == {reading.id for reading in FORM.readings}


@pytest.mark.parametrize("clause", DOMAIN)
def test_every_unclear_clause_is_settled_by_cases(clause: str) -> None:
    assert set(DOMAIN[clause]) <= {case.id for _, case in CASES}


def test_what_a_case_leaves_out_is_blank() -> None:
    answers: Answers = answers_of(FORM, "budget_execution", {"execution_rate_01": Decimal(1)})
    assert [field for field in answers if not answers[field].blank] == ["execution_rate_01"]
