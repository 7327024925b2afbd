"""Evidence texts against data: units of amounts, percentages; and no false alarm on what was really written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from perfeval_xl.evidence import Aside, evidence_findings, unit_slips, wrong_share
from perfeval_xl.mentions import plain
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.base import scored
from tests.small_schemes import amount, given, indicator, small_scheme

D = Decimal
RATIO = D("245250193.77") / D("248786733.58")  # 98.57848…%
KNOWN = "固定资产利用率 结转结余率 结余结转率 比率"


def slips(text: str, *amounts: tuple[str, str]) -> list[tuple[str, str]]:
    return list(unit_slips(text, [(D(value), unit) for value, unit in amounts]))


def test_the_right_digits_with_the_wrong_unit_are_a_slip() -> None:
    assert slips("预算安排364.75元", ("364.75", "万元")) == [("364.75元", "364.75 万元")]
    written = "245,250,193.77万元"
    assert slips(f"中小企业金额{written}", ("245250193.77", "元")) == [(written, "245,250,193.77 元")]
    assert slips("支出5亿元，结转3千元", ("5", "万元"), ("3", "万元")) == [("5亿元", "5 万元"), ("3千元", "3 万元")]


def test_the_slip_is_told_even_where_the_right_amount_stands_beside_it() -> None:
    text = "实际支出公用经费总额364.75万元，预算安排公用经费总额364.75元"
    assert slips(text, ("364.75", "万元"), ("364.75", "万元")) == [("364.75元", "364.75 万元")]


def test_a_slip_is_told_once_however_often_it_is_written() -> None:
    assert slips("364.75元、364.75元", ("364.75", "万元")) == [("364.75元", "364.75 万元")]


@pytest.mark.parametrize(
    "text",
    [
        "364.75万元",
        "3,647,500元",
        "3,647.5千元",
        "0.036475亿元",
        "1364.75元",
        "364.7元",
        "按364.75元/人安排",
        "364.75",
        "364.75万",
    ],
)
def test_another_amount_or_the_same_in_another_unit_is_no_slip(text: str) -> None:
    assert slips(text, ("364.75", "万元")) == []


def test_an_amount_that_is_right_for_another_field_is_no_slip() -> None:
    assert slips("补助100元", ("100", "万元"), ("100", "元")) == []


def wrong(text: str, ratio: Decimal = RATIO, *inputs: str) -> str | None:
    aside = Aside(frozenset(), 2024)
    found = wrong_share(plain(text), ratio, KNOWN, [D(each) for each in inputs], aside)
    return found and found.written


@pytest.mark.parametrize(
    "text", ["数值=99%", "为99%", "比率达99%", "占固定资产的98%", "达到98.5%，即98%", "利用率：98.57%"]
)
def test_a_percentage_that_differs_is_told(text: str) -> None:
    assert wrong(text) is not None


@pytest.mark.parametrize(
    "text", ["数值=98.58%", "为98.6%", "比率达98.578%", "占固定资产的98.58%", "预算为99%，数值=98.58%"]
)
def test_a_percentage_right_at_its_own_decimals_is_fine(text: str) -> None:
    assert wrong(text) is None


@pytest.mark.parametrize(
    ("ratio", "told"),
    [("0.9895", None), ("0.9905", None), ("0.98949", "99%"), ("0.99051", "99%"), ("0.99", None)],
)
def test_a_percentage_without_decimals_must_lie_within_a_twentieth_of_a_point(ratio: str, told: str | None) -> None:
    assert wrong("为99%", D(ratio)) == told


@pytest.mark.parametrize(
    ("ratio", "told"), [("0.98249", "98.3%"), ("0.9825", None), ("0.98349", None), ("0.9835", "98.3%")]
)
def test_a_percentage_is_rounded_half_up_for_the_comparison(ratio: str, told: str | None) -> None:
    assert wrong("为98.3%", D(ratio)) == told


@pytest.mark.parametrize(("text", "told"), [("为约99%", None), ("为99%左右", None), ("≈99%", None), ("为约97%", "97%")])
def test_about_may_be_coarser(text: str, told: str | None) -> None:
    assert wrong(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("结转结余率<10%", None),
        ("结转结余率≤10%", None),
        ("结转结余率为0.43%<10%", None),
        ("结转结余率<0.4%", "<0.4%"),
        ("结转结余率不超过0.4%", "不超过0.4%"),
        ("结转结余率>0.5%", ">0.5%"),
        ("结转结余率≥0.43%", None),
        ("10%>结转结余率", None),
        ("0.4%≥结转结余率", "0.4%≥"),
        ("结转结余率在10%以内", None),
        ("结转结余率在10%以上", "10%以上"),
        ("结转结余率≤0.4%的，得2分", None),
        ("结转结余率小于等于0.43%", None),
    ],
)
def test_a_comparison_is_told_only_where_it_is_false(text: str, told: str | None) -> None:
    assert wrong(text, D("0.0043")) == told


@pytest.mark.parametrize(
    "text",
    [
        "上年利用率为95%",
        "比上年提高5%，其中甲校利用率为90%",
        "目标值为95%",
        "盘点率为100%",
        "预留比例为40%",
        "金额÷总额×100%",
        "采购意向100%公开",
        "利用率为95%-99%",
        "按要求达95%",
        "共95%",
    ],
)
def test_percentages_of_something_else_are_left_alone(text: str) -> None:
    assert wrong(text) is None


def test_percentages_that_the_unit_filled_in_may_be_repeated() -> None:
    assert wrong("12月比率为99.83%", RATIO, "0.9983") is None
    assert wrong("12月比率为99.83%", RATIO, "0.9982") == "99.83%"


def test_signs_and_widths_of_all_kinds_are_read() -> None:
    assert wrong("比率为９９．００％") == "99.00%"
    assert wrong("比率为−5.2%", D("-0.052")) is None
    assert wrong("比率为5.2%", D("-0.052")) == "5.2%"


ROW = indicator("funds", amount("spent"), amount("planned"), criteria="控制率")
SMALL = small_scheme(ROW)


def told(text: str, *, rates: dict[str, Decimal]) -> list[tuple[str, str | None, str | None]]:
    answers = given(SMALL, {"spent": D("364.75"), "planned": D("364.75"), "funds_evidence": text}).answers
    outcome = scored(D(2), "", rates=rates)
    return [(each.code, each.actual, each.expected) for each in evidence_findings(SMALL, ROW, outcome, answers)]


def test_findings_name_the_words_of_the_text_and_the_number_of_the_data() -> None:
    assert told("预算364.75元，控制率为1%", rates={"控制率": D("0.0043")}) == [
        ("evidence-unit-slip", "364.75元", "364.75 万元"),
        ("evidence-rate-differs", "1%", "0.43%"),
    ]


def test_only_a_row_with_exactly_one_ratio_is_compared() -> None:
    assert told("控制率为1%", rates={}) == []
    assert told("控制率为1%", rates={"控制率": D(0), "另一个": D(0)}) == []
    assert told("", rates={"控制率": D(0)}) == []


def test_a_finding_stands_at_the_evidence() -> None:
    answers = given(SMALL, {"spent": D(5), "funds_evidence": "5元"}).answers
    [found] = evidence_findings(SMALL, ROW, scored(D(2), ""), answers)
    assert (found.cell, found.indicator) == (answers.cell("funds_evidence"), "funds")


# The evidence column of the form that 花都区教育局 published for 2024, and the ratios that its numbers give.
PUBLISHED = {
    "output_completion": "1.规范化幼儿园占比完成值99.5%； 2.新增公办幼儿园学位1800个，公办义务教育学位10050个； "
    "3.残疾儿童青少年义务教育阶段入学率达100%； "
    "4.按小学1150元/生/年、初中1950元/生/年标准安排城乡免费义务教育公用经费；"
    "按小学200元/学年/生、初中450元/学年/生安排课本费； 5.资助资金拨付及时率达100%；",
    "benefit_completion": "1.九年义务教育巩固率达99.94%； 3.义务教育公办学校（含政府购买学位）占比达100%； "
    "5.中小学生体质健康优良率达83.75%。",
    "budget_execution": "根据《2024年度预算执行情况表》，2024年度教育系统一般公共预算调整后年初预算金额483679.37万元，"
    "2024年度支出数482833.29万元，支出率99.83%",
    "carryover_surplus_rate": "经计算，结转结余率为0.43%<10%",
    "result_application": "2024年度，财局抽中花都区教育局学前教育建设项目作为重点项目开展绩效评价，评价得分83.5分",
    "intention_coverage": "采购意向100%公开",
    "intention_timing": "所有意向公开都能在采购活动开始前30日发布。",
    "contract_signing": "所有采购项目都能在中标后30天内签订合同。",
    "procurement_policy": "数值=实际面向中小企业采购金额245250193.77/预算留给中小企业金额248786733.58元=99%",
    "asset_utilization": "按账面原值计算，固定资产在用796,588.31万元，占固定资产的99.78%。",
    "public_funds_control": "实际支出公用经费总额364.75万元，预算安排公用经费总额364.75元，公用经费控制率为0%。",
    "three_public": "三公经费实际支出数32.54万元<三公经费预算数54.8万元。",
}
NUMBERS = {
    "annual_budget_wan": "483679.37",
    "annual_spent_wan": "482833.29",
    "closing_carryover_wan": "2150",
    "opening_carryover_wan": "12000",
    "general_budget_wan": "482833.29",
    "government_fund_wan": "5166.71",
    "intentions_due": "120",
    "intentions_published": "120",
    "contracts_total": "30",
    "contracts_signed_on_time": "30",
    "sme_actual_yuan": "245250193.77",
    "sme_reserved_yuan": "248786733.58",
    "assets_in_use_wan": "796588.31",
    "assets_total_wan": "798344.67",
    "public_funds_actual_wan": "364.75",
    "public_funds_budget_wan": "364.75",
    "three_public_actual_wan": "32.54",
    "three_public_budget_wan": "54.8",
}


@pytest.fixture(scope="module")
def huadu() -> Scheme:
    return load_scheme(Path(__file__).parents[1] / "templates" / "huadu-2024" / "scheme.toml")


def test_of_the_published_form_only_the_two_slips_are_told(huadu: Scheme) -> None:
    values: dict[str, Decimal | str] = {field: D(number) for field, number in NUMBERS.items()}
    values |= {f"{code}_evidence": text for code, text in PUBLISHED.items()}
    values["execution_basis"] = "年度执行率"
    answers = given(huadu, values).answers
    found = [
        (code, each.code, each.actual, each.expected)
        for code in PUBLISHED
        for row in [huadu.indicator[code]]
        for each in evidence_findings(huadu, row, row.rule.score(answers, row.points), answers)
    ]
    assert found == [
        ("procurement_policy", "evidence-rate-differs", "99%", "98.58%"),
        ("public_funds_control", "evidence-unit-slip", "364.75元", "364.75 万元"),
    ]


def test_the_published_rates_are_told_as_soon_as_they_differ_from_the_data(huadu: Scheme) -> None:
    """The texts that raise no alarm are read all the same: with other numbers they do."""
    other = {"annual_spent_wan": "482000", "closing_carryover_wan": "2200", "assets_in_use_wan": "790000"}
    values: dict[str, Decimal | str] = {field: D(number) for field, number in (NUMBERS | other).items()}
    values |= {f"{code}_evidence": text for code, text in PUBLISHED.items()}
    values["execution_basis"] = "年度执行率"
    answers = given(huadu, values).answers
    published = {"budget_execution": "99.83%", "carryover_surplus_rate": "0.43%", "asset_utilization": "99.78%"}
    for code, written in published.items():
        row = huadu.indicator[code]
        found = evidence_findings(huadu, row, row.rule.score(answers, row.points), answers)
        assert [each.actual for each in found if each.code == "evidence-rate-differs"] == [written]
