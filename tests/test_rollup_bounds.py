"""What is missing may change a score only within the bounds that are told; and these are no wider than they need be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.district.rollup import bounds as module
from perfeval_xl.district.rollup.bounds import RowBounds, Span
from perfeval_xl.district.rollup.combine import RolledUp
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import Decision, Ruling
from tests.form_schemes import FOUR_LEVELS
from tests.rollups import HUADU, result, rolled, sample_rollup
from tests.test_loader import SMALL

TEXT = (HUADU.origin).read_text(encoding="utf-8")  # type: ignore[union-attr]


def row(of: RolledUp, code: str) -> RowBounds:
    [found] = [each for each in of.bounds.rows if each.indicator.code == code]
    return found


def span(low: str, high: str) -> Span:
    return Span(Decimal(low), Decimal(high))


# ---- whatever comes later lies within them

COUNTS = st.integers(0, 6).map(str)
AMOUNTS = st.sampled_from(["0", "1", "9", "10", "10.5", "11", "40"])
NUMBERS = {name: COUNTS for name in (
    "preassessment_due", "preassessment_done", "contracts_total", "contracts_signed_on_time", "intentions_due",
    "intentions_published", "intentions_late_30d", "rectify_findings", "repeat_findings", "asset_findings",
)} | {name: AMOUNTS for name in (
    "closing_carryover_wan", "opening_carryover_wan", "general_budget_wan", "government_fund_wan",
    "public_funds_actual_wan", "public_funds_budget_wan", "three_public_actual_wan", "three_public_budget_wan",
    "sme_actual_yuan", "sme_reserved_yuan", "assets_in_use_wan", "assets_total_wan",
)}  # fmt: skip
ROWS = tuple({HUADU.row_of[name].code for name in NUMBERS} | {"asset_inventory", "management_execution"})
OWN = {"asset_rules_exist": True, "goals_returned_times": "0", "monitoring_done": True, "monitoring_on_time": True,
       "selfeval_done": True, "selfeval_on_time": True}  # fmt: skip
WAIVERS = {f"{code}_applicable": st.just("不适用") for code in ("contract_signing", "preassessment")}
UNITS = st.fixed_dictionaries(
    {"inventory_done": st.booleans(), "inventory_handled": st.booleans(), **NUMBERS}, optional=WAIVERS
).map(lambda answers: without_waived(answers))
NAMES = st.sets(st.sampled_from(sorted(NUMBERS)), max_size=8)


def without_waived(answers: dict[str, Any]) -> dict[str, Any]:
    """Nothing stands beside the claim that a row does not apply."""
    waived = [HUADU.indicator[name.removesuffix("_applicable")] for name in answers if name in WAIVERS]
    gone = {field.id for each in waived for field in each.fields}
    return {name: value for name, value in answers.items() if name not in gone}


@settings(max_examples=50)
@given(st.lists(UNITS, max_size=3), st.lists(st.tuples(UNITS, NAMES | st.none()), min_size=1, max_size=3))
def test_no_later_figure_leads_out_of_them(
    complete: list[dict[str, Any]], late: list[tuple[dict[str, Any], set[str] | None]]
) -> None:
    """``late`` units fill in everything in the end; before that, all but some figures, or nothing."""
    there = {f"A{number}": each for number, each in enumerate(complete)}
    first = {f"B{n}": None if gaps is None else {k: v for k, v in answers.items() if k not in gaps}
             for n, (answers, gaps) in enumerate(late)}  # fmt: skip
    before = rolled({**there, **first}, OWN)
    after = rolled({**there, **{f"B{number}": answers for number, (answers, _) in enumerate(late)}}, OWN)
    odd = {code for answers, _ in late for code in odd_rows(answers)}
    for code in ROWS:
        score, told = after.card.row[code].score, row(before, code)
        assert told.possible.low <= told.likely.low <= told.likely.high <= told.possible.high, code
        if score is None or code in odd:
            continue
        assert told.possible.low <= score <= told.possible.high, code
        if no_larger(before, after, code):
            assert told.likely.low <= score <= told.likely.high, code


def odd_rows(answers: dict[str, Any]) -> set[str]:
    """The rows in which a unit's own figures don't go together: more done than was due."""
    card = result("B", json.dumps(answers)).card
    assert card is not None
    return {each.indicator.code for each in card.rows if each.outcome.result is Result.NEEDS_REVIEW}


def no_larger(before: RolledUp, after: RolledUp, code: str) -> bool:
    """Whether no figure of a row that came later is larger than the largest that was there, if there was any."""
    for then, now in zip(before.figures, after.figures, strict=True):
        if then.indicator is None or then.indicator.code != code or not then.field.type.numeric:
            continue
        there = [each.value for each in then.counted]
        lacked = {each.unit.code for each in then.lacking}
        came = [each.value for each in now.counted if each.unit.code in lacked]
        if there and came and max(came) > max(there):  # type: ignore[type-var]
            return False
    return True


@given(st.lists(UNITS, min_size=1, max_size=3))
@settings(max_examples=15)
def test_where_nothing_is_missing_they_are_the_score(units: list[dict[str, Any]]) -> None:
    of = rolled({str(number): each for number, each in enumerate(units)}, OWN)
    for code in ROWS:
        if all(not each.lacking for each in of.figures if each.indicator is HUADU.indicator[code]):
            score, told = of.card.row[code], row(of, code)
            assert not told.touched
            assert told.possible == told.likely == Span(score.low, score.high)


# ---- how wide they are


def test_the_sample_district() -> None:
    of = sample_rollup()
    assert row(of, "contract_signing").possible == span("0.00", "2.00")
    assert row(of, "contract_signing").likely == span("1.00", "2.00")
    assert row(of, "financial_compliance").possible == span("0.00", "0.00")  # all of it is lost already
    assert row(of, "management_execution").possible == span("6.00", "7.00")
    assert not row(of, "asset_data_quality").touched
    assert (of.bounds.possible, of.bounds.likely) == (span("70.82", "82.82"), span("74.60", "82.32"))
    assert of.bounds.grade(of.bounds.possible) is None
    assert of.bounds.grade(span("80", "88")) == "良"
    total = of.card.total
    assert total is not None and of.bounds.possible.low < total < of.bounds.possible.high


def test_a_part_that_may_not_exceed_its_whole() -> None:
    """9 of 10 were signed in time. At best all that is still to come was, too: that never makes one that was late good."""
    units = {"A": {"contracts_total": "6", "contracts_signed_on_time": "5"},
             "B": {"contracts_total": "4", "contracts_signed_on_time": "4"}, "C": None}  # fmt: skip
    of = rolled(units)
    assert of.card.row["contract_signing"].score == 2
    assert row(of, "contract_signing").likely == span("0.00", "2.00")
    assert row(of, "contract_signing").possible == span("0.00", "2.00")


def test_the_best_may_be_no_corner() -> None:
    """17 of 20 and 0 of 10; another of at most 17 of 20: at best 17 of 17, so 34 of 47; at worst 0 of 20."""
    units = {"A": {"contracts_total": "20", "contracts_signed_on_time": "17"}, "C": None}
    of = rolled(units)
    assert of.card.row["contract_signing"].score == 1
    assert row(of, "contract_signing").likely == span("0.00", "2.00")  # 34 ÷ 37; the corner 34 ÷ 40 has 1


def test_a_unit_that_left_out_one_of_two_figures() -> None:
    """It signed 5 in time, and did not say of how many: of 5 at least."""
    units = {"A": {"contracts_total": "10", "contracts_signed_on_time": "10"}, "B": {"contracts_signed_on_time": "5"}}
    of = rolled(units)
    assert of.card.row["contract_signing"].score is None  # 15 of 10
    assert row(of, "contract_signing").likely == span("0.00", "3.00")  # from 15 of 15 to 15 of 20


def test_a_figure_larger_than_any_that_was_there() -> None:
    """2 were signed in time of at least 2: that the largest so far was 1 does not count then."""
    units = {"A": {"contracts_total": "1", "contracts_signed_on_time": "0"}, "B": {"contracts_signed_on_time": "2"}}
    told = row(rolled(units), "contract_signing")
    assert told.possible == told.likely == span("0.00", "0.00")  # 2 of 3 at best


def test_figures_that_made_no_sense_before() -> None:
    """Nothing that can come makes them good."""
    odd = {"sme_actual_yuan": "5", "sme_reserved_yuan": "0"}
    of = rolled({"A": {**odd, "rectify_findings": "0"}, "B": {"contracts_total": "1"}, "C": odd})
    assert row(of, "procurement_policy").possible == span("0", "1")


def test_the_point_where_a_score_turns_lies_between_the_corners() -> None:
    """3 due and none done cost 1 each; 4 cost 0.5 each: neither end of what can come is the worst."""
    of = rolled({"A": {"preassessment_due": "2", "preassessment_done": "0"}, "B": None})
    assert of.card.row["preassessment"].score == 1
    assert row(of, "preassessment").likely == span("0.00", "1.00")  # 3 due: 0; 4 due: 1 again
    assert row(of, "preassessment").possible == span("0.00", "2.00")  # 2 + n due, n done
    one = rolled({"A": {"preassessment_due": "2", "preassessment_done": "0"},
                  "B": {"preassessment_due": "2", "preassessment_done": "0", "preassessment_applicable": "不适用"}})  # fmt: skip
    assert row(one, "preassessment").possible == span("0.00", "1.00")  # 3 due: 0; 4 due: 1
    assert HUADU.indicator["preassessment"].rule.turns() == {"preassessment_due": (Decimal(3),)}


def test_what_is_open_of_one_unit_is_no_more_than_stands_there() -> None:
    waived = {"contract_signing_applicable": "不适用", "contracts_total": "1"}
    of = rolled({"A": {"contracts_total": "10", "contracts_signed_on_time": "10"}, "B": waived})
    assert row(of, "contract_signing").possible == row(of, "contract_signing").likely == span("2.00", "3.00")


def test_a_row_that_applies_to_nobody_so_far_may_apply_yet() -> None:
    of = rolled({"A": {"contract_signing_applicable": "不适用"}, "B": None})
    assert of.card.row["contract_signing"].score == 3
    assert row(of, "contract_signing").possible == span("0.00", "3.00")
    settled = rolled({"A": {"contract_signing_applicable": "不适用"}})
    assert not row(settled, "contract_signing").touched


def test_yes_and_no() -> None:
    yes, no = ({"inventory_done": each, "inventory_handled": each} for each in (True, False))
    assert row(rolled({"A": yes, "B": None}), "asset_inventory").possible == span("0.00", "1.00")
    assert row(rolled({"A": no, "B": None}), "asset_inventory").possible == span("0.00", "0.00")
    assert row(rolled({"A": None}), "asset_inventory").possible == span("0.00", "1.00")


def test_the_departments_own_gaps_count_as_the_scorer_counts_them() -> None:
    """Its own answer is missing beside a figure of the units: no corner has a score, each still has its range."""
    of = rolled({"A": {"asset_findings": "1"}, "B": None})
    told = row(of, "asset_compliance")
    assert of.card.row["asset_compliance"].score is None
    assert (told.possible, told.likely) == (span("0", "1.50"), span("0", "1.50"))
    known = rolled({"A": {"asset_findings": "1"}, "B": None}, {"asset_rules_exist": True})
    assert (row(known, "asset_compliance").possible, row(known, "asset_compliance").likely) == (
        span("0.00", "1.50"), span("1.00", "1.50"),
    )  # fmt: skip


def test_a_rule_whose_turns_are_not_known_gives_the_full_range(monkeypatch: pytest.MonkeyPatch) -> None:
    units = {"A": {"upheld_complaints": "0"}, "B": None}
    rule = HUADU.indicator["procurement_compliance"].rule
    assert row(rolled(units), "procurement_compliance").likely == span("2.00", "2.00")
    with monkeypatch.context() as patch:
        patch.setattr(type(rule), "turns", lambda _: None)
        assert row(rolled(units), "procurement_compliance").likely == span("0", "2")
    monkeypatch.setattr(module, "_MOST_CORNERS", 0)
    assert row(rolled(units), "procurement_compliance").likely == span("0", "2")


def test_bands_that_go_up_and_down_have_unknown_turns() -> None:
    uneven = TEXT.replace("{ le = 0.10, score = 2 }", "{ le = 0.10, score = 0 }", 1).replace(
        "{ gt = 0.10, le = 0.20, score = 1 }", "{ gt = 0.10, le = 0.20, score = 2 }", 1
    )
    assert scheme_of(uneven).indicator["carryover_surplus_rate"].rule.turns() is None
    assert HUADU.indicator["carryover_surplus_rate"].rule.turns() == {}
    assert HUADU.indicator["asset_utilization"].rule.turns() == {}


def test_parts_that_look_at_one_field_have_unknown_turns() -> None:
    part = '{ label = "绩效目标未被退回", points = 2, test = "zero", fields = ["goals_returned_times"] }'
    shared = '{ label = "甲", points = 1, test = "zero", fields = ["goals_returned_times"] },\n    '
    other = part.replace("points = 2", "points = 1")
    rule = scheme_of(TEXT.replace(part, shared + other)).indicator["management_execution"].rule
    assert rule.turns() is None
    assert HUADU.indicator["management_execution"].rule.turns() == {}


def test_most_rules_turn_nowhere() -> None:
    small = load_scheme(SMALL)
    assert [each.rule.turns() for each in small.indicators] == [{}] * len(small.indicators)


def scheme_of(text: str) -> Scheme:
    return load_scheme(text)


def test_a_ruled_row_does_not_move() -> None:
    of = sample_rollup()
    ruling = Ruling(Decision.SET_SCORE, Decimal("2.5"), "理由", "张三", date(2025, 5, 1))
    rows = tuple(
        replace(each, ruling=ruling) if each.indicator.code == "contract_signing" else each for each in of.card.rows
    )
    ruled = module.bounds_of(replace(of.card, rows=rows), of.submission.answers, of.figures)
    [told] = [each for each in ruled.rows if each.indicator.code == "contract_signing"]
    assert told.possible == told.likely == span("2.5", "2.5")
    assert not told.touched


# ---- rows that leave the total

LEAVING = load_scheme(FOUR_LEVELS)
GOALS = {"goals": [{"actual": 50}, {"name": "满意度", "nature": "≥", "target": 90, "actual": 90, "weight": 10}]}
_OF_ROW = {
    "first": st.fixed_dictionaries({"first_done": st.integers(0, 5), "first_due": st.integers(1, 5)}),
    "second": st.fixed_dictionaries({"second_spent": st.integers(0, 3), "second_budget": st.integers(0, 3)}),
    "third": st.fixed_dictionaries({"third_faults": st.integers(0, 70)}),
}
_UNITS = st.fixed_dictionaries(
    {code: st.one_of(given_, st.just({f"{code}_applicable": "不适用"})) for code, given_ in _OF_ROW.items()}
).map(lambda rows: {name: value for given_ in rows.values() for name, value in given_.items()})


@settings(max_examples=40)
@given(st.lists(_UNITS, max_size=2), st.lists(_UNITS, min_size=1, max_size=2))
def test_the_total_stays_within_them_where_rows_leave_it(
    complete: list[dict[str, Any]], late: list[dict[str, Any]]
) -> None:
    """``late`` units return nothing at first: whether a row applies to them is open too."""
    there = {f"A{number}": each for number, each in enumerate(complete)}
    before = rolled({**there, **{f"B{number}": None for number in range(len(late))}}, GOALS, scheme=LEAVING)
    after = rolled({**there, **{f"B{number}": each for number, each in enumerate(late)}}, GOALS, scheme=LEAVING)
    told, total = before.bounds.possible, after.card.total
    assert 0 <= told.low <= told.high <= 100
    assert total is not None and told.low <= total <= told.high
    assert after.bounds.possible == Span(total, total)


def test_a_row_that_applies_to_nobody_is_no_part_of_the_total() -> None:
    waived = {"second_applicable": "不适用"}
    found = rolled({"A1": {"first_done": 1, "first_due": 2, "third_faults": 0, **waived}}, GOALS, scheme=LEAVING)
    assert found.card.row["second"].excluded and not row(found, "second").counts
    assert str(found.card.total) == "70.00"  # 7.5 + 20 + 25 of 75
