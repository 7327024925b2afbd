"""The department's figures from those of its units: against a computation with pandas, and what each kind of gap does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import pytest

from perfeval_xl.district.rollup.combine import RolledUp, roll_up
from perfeval_xl.district.rollup.report import head_lines, rollup_json, row_rows, tail_lines
from perfeval_xl.district.rollup.shares import RolledField, Share
from perfeval_xl.district.rollup.wording import OPENING
from perfeval_xl.evidence import evidence_findings
from perfeval_xl.scheme.fields import RollUp
from perfeval_xl.scheme.scorecard import Decision, Ruling
from tests.rollups import HUADU, campaign_of, district_of, rolled, sample_rollup, sample_round

CONTRACTS = {"contracts_total": "10", "contracts_signed_on_time": "9"}
SUMS = {name: field for name, field in HUADU.fields.items() if field.roll_up is RollUp.SUM}
ALLS = {name: field for name, field in HUADU.fields.items() if field.roll_up is RollUp.ALL}


def figure(of: RolledUp, name: str) -> RolledField:
    [found] = [each for each in of.figures if each.field.id == name]
    return found


def value(of: RolledUp, name: str) -> Any:
    return of.submission.answers[name].value


def names(of: RolledUp, name: str, share: Share) -> list[str]:
    return [each.unit.code for each in figure(of, name).contributions if each.share is share]


# ---- the whole sample district


@pytest.fixture(scope="module")
def wide() -> pandas.DataFrame:
    """One row a unit that returned, one column a field, as the tool reads them."""
    _, district = sample_round()
    rows = [
        {answer.field: answer.value for answer in each.submission.answers.values()}
        for each in district.results
        if each.submission
    ]
    return pandas.DataFrame(rows, dtype=object)


def applying(wide: pandas.DataFrame, field: str) -> pandas.DataFrame:
    """The units to which the row of ``field`` applies."""
    code = next((each.code for each in HUADU.indicators if field in {own.id for own in each.fields}), None)
    applies = f"{code}_applicable"
    return wide[wide[applies] != "不适用"] if applies in wide else wide


@pytest.mark.parametrize("field", SUMS)
def test_a_sum_is_what_pandas_adds_up(wide: pandas.DataFrame, field: str) -> None:
    column = applying(wide, field)[field].dropna()
    assert len(column) > 100
    assert value(sample_rollup(), field) == column.sum()
    assert len(figure(sample_rollup(), field).counted) == len(column)


@pytest.mark.parametrize("field", ALLS)
def test_all_is_what_pandas_says(wide: pandas.DataFrame, field: str) -> None:
    column = wide[field].dropna()
    assert value(sample_rollup(), field) is bool(column.astype(bool).all())
    assert len(figure(sample_rollup(), field).counted) == len(column)


def test_ratios_are_computed_once_from_the_sums(wide: pandas.DataFrame) -> None:
    signed, due = (
        applying(wide, each)[each].dropna().sum() for each in ("contracts_signed_on_time", "contracts_total")
    )
    assert Decimal("0.9") <= signed / due < 1
    card = sample_rollup().card
    assert card.row["contract_signing"].score == Decimal("2.00")
    actual, reserved = (applying(wide, each)[each].dropna().sum() for each in ("sme_actual_yuan", "sme_reserved_yuan"))
    assert card.row["procurement_policy"].score == round(actual / reserved, 2)


def test_the_units_are_counted() -> None:
    assert (value(sample_rollup(), "unit_count"), value(sample_rollup(), "subordinates_due")) == (177, 177)
    assert value(sample_rollup(), "subordinates_submitted") == 171
    assert len(sample_rollup().absent) == 6
    assert set(sample_rollup().absent.values()) == {"未交"}


def test_what_is_not_rolled_up_is_the_departments_own() -> None:
    own = sample_round()[1].own
    assert own is not None and own.submission is not None
    for name, answer in own.submission.answers.items():
        mine = HUADU.row_of.get(name)
        from_units = name in HUADU.rolled_up or name.endswith(("_evidence", "_self_score", "_applicable"))
        if not from_units or mine is None:
            assert name in HUADU.rolled_up or value(sample_rollup(), name) == answer.value, name


def test_the_row_is_scored_by_the_scorer_and_the_claim_is_left_to_the_form() -> None:
    card, answers = sample_rollup().card, sample_rollup().submission.answers
    assert card.total is not None and card.total == sum(row.score for row in card.rows if row.score is not None)
    assert card.self_total == card.total
    cells = sample_rollup().submission.score_cells
    assert {each.self_score_id for each in HUADU.indicators} == set(cells)
    assert all(cells[each].issued and answers[each].cell == cells[each].cell for each in cells)


def test_evidence_is_written_where_the_department_wrote_none() -> None:
    of = sample_rollup()
    texts = {each.code: of.submission.answers.text(each.evidence_id) for each in HUADU.indicators}
    written = {code for code, text in texts.items() if text.startswith(OPENING)}
    assert "contract_signing" in written and "budget_execution" not in written
    text = texts["contract_signing"]
    assert "应签订的采购合同合计 2,136 项" in text
    assert (
        "另有 6 个单位未交表或未受理（样例区单位440199011、样例区单位440199047、样例区单位440199083等），2 个" in text
    )
    assert texts["management_execution"] == "及时完成绩效申报、绩效监控及绩效自评"
    assert all(len(each) <= 2000 for each in texts.values())


def test_what_is_written_as_evidence_says_what_the_form_holds() -> None:
    """The checks that read evidence find nothing in ours."""
    of = sample_rollup()
    for row in of.card.rows:
        if of.submission.answers.text(row.indicator.evidence_id).startswith(OPENING):
            assert evidence_findings(HUADU, row.indicator, row.outcome, of.submission.answers) == []


def test_evidence_of_ours_is_written_anew_and_the_departments_is_kept() -> None:
    ours = {"contract_signing_evidence": f"{OPENING}1 个单位，应签订的采购合同合计 1 项。"}
    of = rolled({"A": CONTRACTS}, {**ours, "asset_income_evidence": "见租金台账。"})
    assert "合计 10 项" in of.submission.answers.text("contract_signing_evidence")
    assert of.submission.answers.text("asset_income_evidence") == "见租金台账。"


# ---- gaps


def test_nobody_returned() -> None:
    of = rolled({"A": None, "B": None, "C": None}, rejected=("B",))
    assert dict(of.absent) == {"A": "未交", "B": "未受理", "C": "未交"}
    assert (value(of, "unit_count"), value(of, "subordinates_submitted")) == (3, 0)
    assert all(value(of, each) is None for each in (*SUMS, *ALLS))
    assert value(of, "contract_signing_applicable") == "适用"
    assert of.card.total is None
    assert of.card.row["contract_signing"].score is None
    assert of.submission.answers.text("contract_signing_evidence") == (
        f"{OPENING}0 个单位，应签订的采购合同没有数据；按时签订的采购合同没有数据。"
        "另有 3 个单位未交表或未受理（单位A、单位B、单位C），所缺的数没有计入，见《基础数据汇总》。"
    )


def test_one_returned_and_nothing_is_missing() -> None:
    of = rolled({"A": CONTRACTS})
    assert (value(of, "contracts_total"), value(of, "contracts_signed_on_time")) == (10, 9)
    assert of.absent == {}
    assert figure(of, "unit_count").value == 1


def test_a_blank_is_named_and_is_no_zero() -> None:
    of = rolled({"A": CONTRACTS, "B": {"contracts_total": "5"}, "C": {}})
    assert value(of, "contracts_total") == 15
    assert names(of, "contracts_total", Share.LACKING) == ["C"]
    assert names(of, "contracts_signed_on_time", Share.LACKING) == ["B", "C"]
    assert {each.why for each in figure(of, "contracts_total").lacking} == {"未填"}
    none_has_it = rolled({"A": {}, "B": {}})
    assert value(none_has_it, "contracts_total") is None
    assert none_has_it.card.row["contract_signing"].score is None


def test_what_cannot_be_used_is_named_with_what_stands_there() -> None:
    of = rolled({"A": CONTRACTS, "B": {"contracts_total": "-3", "contracts_signed_on_time": "约2项"}})
    assert value(of, "contracts_total") == 10
    assert [each.why for each in figure(of, "contracts_total").lacking] == ["填写有误：-3"]
    assert [each.why for each in figure(of, "contracts_signed_on_time").lacking] == ["填写有误：约2项"]
    text = of.submission.answers.text("contract_signing_evidence")
    assert text.endswith("。另有 1 个单位未填全或填写有误（单位B），所缺的数没有计入，见《基础数据汇总》。")


def test_a_zero_counts() -> None:
    of = rolled({"A": {"upheld_complaints": "0"}, "B": {"upheld_complaints": "0"}})
    assert value(of, "upheld_complaints") == 0
    assert of.card.row["procurement_compliance"].score == 2


def test_sums_are_exact() -> None:
    cents = {"public_funds_actual_wan": "0.1", "public_funds_budget_wan": "0.100001"}
    of = rolled({str(number): cents for number in range(1000, 1030)})
    assert value(of, "public_funds_actual_wan") == Decimal("3.0")
    assert value(of, "public_funds_budget_wan") == Decimal("3.00003")


def test_a_sum_larger_than_the_form_takes_is_told_and_not_scored() -> None:
    large = {"assets_in_use_wan": "1500000", "assets_total_wan": "1500000"}
    of = rolled({"A": large, "B": large})
    assert figure(of, "assets_total_wan").value == 3_000_000
    answer = of.submission.answers["assets_total_wan"]
    assert (answer.value, answer.raw, answer.problem) == (None, "3000000", "out-of-range")
    assert of.card.row["asset_utilization"].score is None
    assert "out-of-range" in {each.code for each in of.card.findings}


def test_names_without_end_leave_the_evidence_within_its_length() -> None:
    at = campaign_of({str(number): "很长的名称" * 200 for number in range(30)})
    of = roll_up(at, district_of(at, {}))
    assert len(of.submission.answers.text("contract_signing_evidence")) == 2000
    assert "text-too-long" not in {each.code for each in of.card.findings}


# ---- rows that do not apply


WAIVED = {"contract_signing_applicable": "不适用"}


def test_a_unit_without_such_things_contributes_nothing_and_lacks_nothing() -> None:
    of = rolled({"A": CONTRACTS, "B": WAIVED})
    assert value(of, "contracts_total") == 10
    assert value(of, "contract_signing_applicable") == "适用"
    assert names(of, "contracts_total", Share.NOTHING) == ["B"]
    assert figure(of, "contracts_total").lacking == ()


def test_a_row_applies_to_the_department_unless_it_applies_to_no_unit() -> None:
    of = rolled({"A": WAIVED, "B": WAIVED})
    assert value(of, "contract_signing_applicable") == "不适用"
    assert value(of, "contracts_total") is None
    assert of.card.row["contract_signing"].score == 3
    assert of.submission.answers.text("contract_signing_evidence") == f"{OPENING}2 个单位均选“不适用”。"
    assert value(rolled({"A": WAIVED, "B": {}}), "contract_signing_applicable") == "适用"


def test_the_departments_own_word_on_that_is_not_asked() -> None:
    of = rolled({"A": CONTRACTS}, {**WAIVED, "contracts_total": "99"})
    assert value(of, "contract_signing_applicable") == "适用" and value(of, "contracts_total") == 10
    assert figure(of, "contracts_total").stated == 99
    assert figure(of, "contract_signing_applicable").stated == "不适用"


def test_numbers_beside_a_claim_that_the_row_does_not_apply_are_open() -> None:
    of = rolled({"A": CONTRACTS, "B": {**WAIVED, "contracts_total": "4", "contracts_signed_on_time": "0"}})
    assert value(of, "contracts_total") == 10
    [open_] = figure(of, "contracts_total").lacking
    assert (open_.unit.code, open_.why, open_.most) == ("B", "选“不适用”，但填有 4", 4)
    assert names(of, "contracts_signed_on_time", Share.NOTHING) == ["B"]
    unusable = rolled({"A": CONTRACTS, "B": {**WAIVED, "contracts_total": "几项"}})
    assert [each.why for each in figure(unusable, "contracts_total").lacking] == ["填写有误：几项"]


def test_all_and_any() -> None:
    yes, no = ({"inventory_done": each, "inventory_handled": each} for each in (True, False))
    assert value(rolled({"A": yes, "B": yes}), "inventory_done") is True
    assert value(rolled({"A": yes, "B": no}), "inventory_done") is False
    assert value(rolled({"A": yes, "B": {}}), "inventory_done") is True
    any_ = HUADU.fields["inventory_done"]
    rows = tuple(
        replace(each, fields=tuple(replace(f, roll_up=RollUp.ANY) if f.id == any_.id else f for f in each.fields))
        for each in HUADU.indicators
    )
    scheme = replace(HUADU, indicators=rows, digest="any")
    assert value(rolled({"A": yes, "B": no}, scheme=scheme), "inventory_done") is True
    assert value(rolled({"A": no, "B": {}}, scheme=scheme), "inventory_done") is False


# ---- the department's own return


def test_without_it_its_rows_are_open_and_the_rest_is_scored() -> None:
    at, district = sample_round()
    of = roll_up(at, replace(district, own=None))
    assert of.own is None and of.card.total is None
    assert of.card.row["asset_data_quality"].score is None
    assert value(of, "execution_basis") == "月度平均"  # as the form is issued
    assert of.card.row["contract_signing"].score == sample_rollup().card.row["contract_signing"].score


def test_one_that_was_set_aside_counts_as_none() -> None:
    at, district = sample_round()
    assert district.own is not None
    refused = replace(district.own, card=None, submission=None)
    assert roll_up(at, replace(district, own=refused)).own is None


def test_its_claims_are_kept_on_its_own_rows_only() -> None:
    own = {"procurement_rules_exist": True, "procurement_control_self_score": "0.5", "contract_signing_self_score": "1"}
    of = rolled({"A": {**CONTRACTS, "contract_signing_self_score": "3"}}, own)
    assert of.card.row["procurement_control"].self_score == Decimal("0.50")
    assert "procurement_control_self_score" not in of.submission.score_cells
    assert of.card.row["contract_signing"].self_score == of.card.row["contract_signing"].score == 2
    assert {each.code for each in of.card.findings if each.indicator == "procurement_control"} >= {"score-differs"}


def test_what_it_filled_in_wrongly_stays_as_it_stood() -> None:
    of = rolled({"A": CONTRACTS}, {"goals_returned_times": "-1"})
    answer = of.submission.answers["goals_returned_times"]
    assert (answer.value, answer.raw, answer.problem) == (None, "-1", "out-of-range")


def test_a_ruling_on_its_own_row_counts_and_one_on_a_row_of_the_units_does_not() -> None:
    at = campaign_of({"A": "单位A"})
    district = district_of(
        at, {"A": '{"contracts_total": 10, "contracts_signed_on_time": 9}'}, '{"procurement_rules_exist": false}'
    )
    own = district.own
    assert own is not None and own.card is not None
    ruling = Ruling(Decision.SET_SCORE, Decimal("0.8"), "理由", "张三", date(2025, 5, 1))
    rows = tuple(
        replace(row, ruling=ruling) if row.indicator.code in ("procurement_control", "contract_signing") else row
        for row in own.card.rows
    )
    own = replace(own, card=replace(own.card, rows=rows))
    before = roll_up(at, replace(district, own=own)).card.row["procurement_control"]
    assert before.ruling is None  # the claim is left to the form, which is other data than a blank claim
    claims = {row.indicator.self_score_id: row.score for row in own.card.rows if row.score is not None}
    assert own.submission is not None
    answers = own.submission.answers
    claimed = type(answers)(
        replace(each, value=claims[each.field]) if each.field in claims else each for each in answers.values()
    )
    scored = tuple(replace(row, self_score=row.score) for row in rows)
    own = replace(own, submission=replace(own.submission, answers=claimed), card=replace(own.card, rows=scored))
    card = roll_up(at, replace(district, own=own)).card
    assert card.row["procurement_control"].final == Decimal("0.8")
    assert card.row["contract_signing"].ruling is None


# ---- what is told


def test_the_report_in_words() -> None:
    head = head_lines(sample_rollup())
    assert head[0] == "名册 177 个单位：已受理 171 个，未交 6 个，未受理 0 个。"
    assert head[1] == "主管部门自填表：已收到 DEPT.xlsx。"
    assert head[2].startswith("部门整体支出绩效自评表：80.28 分，良")
    rows = {row[0]: row for row in row_rows(sample_rollup())}
    assert len(row_rows(sample_rollup())) == 26
    assert rows["采购合同签订时效性"][1:5] == ("3.00", "2.00", "0.00～2.00", "1.00～2.00")
    assert rows["采购合同签订时效性"][5] == "应签订的采购合同、按时签订的采购合同各缺 8 个单位"
    assert rows["“三公”经费控制情况"][5] == "三公经费实际支出等 8 项各缺 8 个单位"
    assert rows["数据质量"][3:] == ("", "", "")
    assert "70.82～82.82 分，等级待定" in "\n".join(tail_lines(sample_rollup()))
    alone = rolled({"A": CONTRACTS})
    assert not any("补齐" in line for line in tail_lines(rolled({"A": full_answers()})))
    assert head_lines(alone)[1] == "主管部门自填表：没有收到：由主管部门自填的项目空着。"


def full_answers() -> dict[str, Any]:
    """Something in every figure that comes from a unit."""
    return {name: "1" for name in SUMS} | {name: True for name in ALLS}


def test_the_report_for_machines() -> None:
    shown = rollup_json(sample_rollup(), Path("form.xlsx"))
    assert (shown["units"], shown["accepted"], len(shown["absent"]), shown["own"]) == (177, 171, 6, "DEPT.xlsx")
    assert (shown["total"], shown["grade"]) == ("80.28", "良")
    assert shown["possible"] == {"min": "70.82", "max": "82.82", "grade": None}
    [signed] = [each for each in shown["figures"] if each["field"] == "contracts_signed_on_time"]
    assert (signed["value"], signed["roll_up"], signed["counted"], len(signed["lacking"])) == ("1994", "sum", 154, 8)
    assert signed["stated"] is None
    [applies] = [each for each in shown["figures"] if each["field"] == "contract_signing_applicable"]
    assert (applies["value"], applies["roll_up"]) == ("适用", "applicability")
