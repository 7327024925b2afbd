"""The Huadu 2024 scheme: what its form says, and that nothing of it was lost or changed on the way into data."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import holidays
import pytest

from perfeval_xl.scheme.checks.sums import Sum
from perfeval_xl.scheme.fields import FieldType, RollUp
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme

PRINTED = Path(__file__).parent / "data/huadu-2024-texts.txt"

# The contract with answers files, workbooks and frames: rows, points, and every field in order.
ROWS: dict[str, tuple[str, str]] = {
    "output_completion": ("20", "goals_filed"),
    "benefit_completion": ("20", ""),
    "budget_execution": (
        "10",
        " ".join(f"execution_rate_{month:02d}" for month in range(1, 13))
        + " execution_basis annual_budget_wan annual_spent_wan",
    ),
    "preassessment": ("3", "preassessment_due preassessment_done"),
    "carryover_surplus_rate": (
        "2",
        "closing_carryover_wan opening_carryover_wan general_budget_wan government_fund_wan",
    ),
    "financial_compliance": ("2", "rectify_findings misuse_findings repeat_findings"),
    "budget_disclosure": (
        "2",
        "is_classified budget_approved_on budget_published_on budget_disclosure_problem"
        " accounts_approved_on accounts_published_on accounts_disclosure_problem",
    ),
    "performance_disclosure": ("2", "goals_due_on goals_published_on selfeval_due_on selfeval_published_on"),
    "management_system": (
        "5",
        "fund_rules_exist fund_rules_aspects duty_rules_exist management_system_deduction management_system_reason",
    ),
    "result_application": (
        "3",
        "alerts_received late_alerts key_evaluation_received key_evaluation_feedback_on_time results_linked_to_budget",
    ),
    "management_execution": (
        "7",
        "goals_returned_times monitoring_done monitoring_on_time selfeval_done subordinates_due"
        " subordinates_submitted selfeval_on_time",
    ),
    "intention_coverage": ("0.5", "intentions_due intentions_published"),
    "intention_timing": ("1.5", "intentions_late_30d intentions_late_fill_40d intentions_late_publish_60d"),
    "procurement_control": ("1", "procurement_rules_exist"),
    "procurement_compliance": ("2", "upheld_complaints"),
    "contract_signing": ("3", "contracts_total contracts_signed_on_time"),
    "contract_filing": ("1", "contracts_filing_due contracts_filed_on_time"),
    "procurement_policy": ("1", "sme_actual_yuan sme_reserved_yuan"),
    "asset_allocation": ("2", "allocation_violations"),
    "asset_income": ("1", "overdue_income_items"),
    "asset_inventory": ("1", "inventory_done inventory_handled"),
    "asset_data_quality": ("2", "asset_data_accurate asset_data_score asset_data_reason"),
    "asset_compliance": ("2", "asset_rules_exist asset_findings"),
    "asset_utilization": ("2", "assets_in_use_wan assets_total_wan"),
    "public_funds_control": ("2", "public_funds_actual_wan public_funds_budget_wan"),
    "three_public": (
        "2",
        "three_public_actual_wan three_public_budget_wan overseas_actual_wan overseas_budget_wan"
        " vehicles_actual_wan vehicles_budget_wan hospitality_actual_wan hospitality_budget_wan",
    ),
}
HEAD = (
    "unit_count annual_goals goals_achieved goals_shortfall_reason total_budget_wan department_budget_wan"
    " special_funds_wan other_development_wan district_funds_wan development_total_wan transfer_funds_wan"
)
COLUMNS = "dimension name nature target unit actual weight tier judged_score basis deviation_reason"


@pytest.fixture(scope="module")
def huadu() -> Scheme:
    return load_scheme(find_scheme("huadu-2024"))


def test_rows_points_and_field_ids_are_the_contract(huadu: Scheme) -> None:
    found = {each.code: (str(each.points), " ".join(field.id for field in each.fields)) for each in huadu.indicators}
    assert found == ROWS
    assert list(found) == list(ROWS)


def test_head_and_annex_ids_are_the_contract(huadu: Scheme) -> None:
    assert " ".join(field.id for field in huadu.head) == HEAD
    assert [(table.id, table.rows) for table in huadu.tables] == [("outputs", 20), ("benefits", 20)]
    assert {" ".join(column.id for column in table.columns) for table in huadu.tables} == {COLUMNS}


def test_narrative_has_the_three_sections_with_their_fields(huadu: Scheme) -> None:
    assert [section.heading for section in huadu.narrative] == [
        "一、绩效自评情况",
        "二、存在的主要问题",
        "三、下一步改进措施",
    ]
    assert [section.heading for section in huadu.narrative[0].sections] == [
        "（一）整体支出绩效目标",
        "（二）自评结论",
        "（三）履职效能分析",
    ]
    numbered = [
        f"{stem}_{number:02d}_{part}"
        for stem in ("effectiveness", "problem", "measure")
        for number in range(1, 6)
        for part in ("title", "text")
    ]
    assert {"narrative_goals", "narrative_conclusion", *numbered} <= set(huadu.fields)
    assert {each for each in numbered if huadu.fields[each].required} == {each for each in numbered if "_01_" in each}


def test_points_add_up_to_a_hundred_in_25_indicators(huadu: Scheme) -> None:
    assert huadu.points == 100
    assert len({(each.level2, each.name) for each in huadu.indicators}) == 25
    assert {level.name: level.points for level in huadu.levels} == {"履职效能": 50, "管理效率": 50}
    assert [(below.name, below.points) for level in huadu.levels for below in level.levels] == [
        ("整体效能", 50),
        ("预算编制", 3),
        ("预算执行", 4),
        ("信息公开", 4),
        ("绩效管理", 15),
        ("采购管理", 10),
        ("资产管理", 10),
        ("运行成本", 4),
    ]


@pytest.mark.parametrize(
    ("total", "grade"),
    [
        ("100", "优"),
        ("90", "优"),
        ("89.99", "良"),
        ("80", "良"),
        ("79.99", "中"),
        ("60", "中"),
        ("59.99", "差"),
        ("0", "差"),
    ],
)
def test_grade_cuts_are_closed_below(huadu: Scheme, total: str, grade: str) -> None:
    assert huadu.grade_for(Decimal(total)) == grade


def printed_texts() -> dict[str, tuple[str, str]]:
    blocks = re.findall(r"^\[(\w+)]\n(.*)\n(.*)\n", PRINTED.read_text(encoding="utf-8"), re.MULTILINE)
    return {code: (interpretation, criteria) for code, interpretation, criteria in blocks}


@pytest.mark.parametrize("code", ROWS)
def test_texts_are_the_printed_ones_but_for_the_recorded_corrections(huadu: Scheme, code: str) -> None:
    indicator = huadu.indicator[code]
    interpretation, criteria = printed_texts()[code]
    for correction in huadu.corrections:
        if correction.where == f"{indicator.name}：评分标准":
            assert correction.printed in criteria
            criteria = criteria.replace(correction.printed, correction.corrected)
    assert "".join(indicator.interpretation.split()) == "".join(interpretation.split())
    assert "".join(indicator.criteria.split()) == "".join(criteria.split())


def test_numbered_criteria_start_their_own_lines(huadu: Scheme) -> None:
    for indicator in huadu.indicators:
        for number in re.findall(r"(?<![\d.>≥≤])([1-9])\.(?=\D)", indicator.criteria):
            assert re.search(rf"^{number}\.", indicator.criteria, re.MULTILINE), (indicator.code, number)


def test_misprints_are_gone(huadu: Scheme) -> None:
    everything = "".join(each.criteria for each in huadu.indicators)
    assert "结余结转率" not in everything and "具有定效果" not in everything
    assert re.findall(r"^\d", huadu.indicator["carryover_surplus_rate"].criteria, re.MULTILINE) == list("1234")


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_calendar_agrees_with_the_holidays_package_on_every_day(huadu: Scheme, year: int) -> None:
    china = holidays.country_holidays("CN", years=year)
    days = [date(year, 1, 1) + timedelta(number) for number in range(366)]
    days = [day for day in days if day.year == year]
    assert [day for day in huadu.closed_days if day.year == year] == [
        day for day in days if not china.is_working_day(day)
    ]


def test_calendar_knows_a_shifted_workday_and_a_shifted_holiday(huadu: Scheme) -> None:
    assert date(2024, 2, 4) not in huadu.closed_days  # a Sunday, worked for the spring festival
    assert date(2024, 10, 7) in huadu.closed_days  # a Monday, closed
    assert (min(huadu.closed_days), max(huadu.closed_days)) == (date(2024, 1, 1), date(2026, 12, 27))


def test_labels_are_short_and_distinct_and_every_field_has_a_hint(huadu: Scheme) -> None:
    own = [*huadu.head, *(field for each in huadu.indicators for field in each.fields)]
    labels = [field.label for field in own]
    assert len(set(labels)) == len(labels)
    assert all(len(label) <= 30 for label in labels)
    assert all(field.hint for field in huadu.fields.values())


def test_money_says_its_unit_in_id_label_and_hint(huadu: Scheme) -> None:
    for field in huadu.fields.values():
        if field.type is FieldType.AMOUNT:
            suffix = {"万元": "_wan", "元": "_yuan"}[field.unit]
            assert field.id.endswith(suffix)
            assert f"（{field.unit}）" in field.label
            assert f"以{field.unit}填写" in field.hint


def test_dates_lie_within_the_calendar_and_publications_may_never_have_taken_place(huadu: Scheme) -> None:
    dates = [field for field in huadu.fields.values() if field.type is FieldType.DATE]
    assert {(field.low, field.high) for field in dates} == {(date(2024, 1, 1), date(2026, 12, 31))}
    assert {field.id for field in dates if field.never == "未公开"} == {
        "budget_published_on",
        "accounts_published_on",
        "goals_published_on",
        "selfeval_published_on",
    }


def test_numbers_that_count_or_measure_are_not_negative(huadu: Scheme) -> None:
    for field in huadu.fields.values():
        if field.type.numeric:
            assert isinstance(field.low, Decimal) and field.low >= 0, field.id


def test_what_the_blank_is_issued_with(huadu: Scheme) -> None:
    issued = {field.id: field.issued for field in huadu.fields.values() if field.issued}
    applicable = {
        f"{code}_applicable": "适用"
        for code in ROWS
        if code
        in {
            "preassessment",
            "carryover_surplus_rate",
            "intention_coverage",
            "intention_timing",
            "contract_signing",
            "contract_filing",
            "procurement_policy",
            "asset_income",
            "asset_utilization",
        }
    }
    assert issued == {"unit_count": "1", "execution_basis": "月度平均", **applicable}


@pytest.mark.parametrize(
    ("field", "roll_up"),
    [
        ("goals_filed", RollUp.OWN),
        ("annual_spent_wan", RollUp.OWN),
        ("preassessment_due", RollUp.SUM),
        ("general_budget_wan", RollUp.SUM),
        ("subordinates_due", RollUp.ROSTER),
        ("subordinates_submitted", RollUp.RETURNED),
        ("sme_actual_yuan", RollUp.SUM),
        ("inventory_done", RollUp.ALL),
        ("asset_rules_exist", RollUp.OWN),
        ("asset_findings", RollUp.SUM),
        ("hospitality_budget_wan", RollUp.SUM),
    ],
)
def test_roll_up(huadu: Scheme, field: str, roll_up: RollUp) -> None:
    assert huadu.fields[field].roll_up is roll_up


def test_readings_cite_their_source_and_offer_the_other_ways(huadu: Scheme) -> None:
    offered = {reading.id: [option.id for option in reading.options] for reading in huadu.readings if reading.options}
    assert offered == {
        "completion_floor": ["floor_included", "floor_excluded"],
        "over_fulfilment": ["half_weight", "half_rate"],
        "reverse_targets": ["two_minus", "target_over_actual"],
        "annual_rate": ["compute", "missing"],
        "preassessment_three": ["three_within", "three_above"],
        "preassessment_all_missing": ["literal", "zero"],
        "unpublished": ["whole_row", "that_half"],
        "twenty_days": ["rolls", "strict"],
        "alert_scale": ["scaled", "unscaled"],
        "subordinates": ["all_or_nothing", "proportional"],
        "policy_cap": ["capped", "uncapped"],
        "utilization_sixty": ["one_point", "no_point"],
        "control_steps": ["whole", "started", "linear"],
    }
    assert all(reading.why and reading.source for reading in huadu.readings)


def test_every_other_reading_gives_its_rows_another_rule(huadu: Scheme) -> None:
    alternatives = {
        (each.reading.id, each.option.id, indicator.code)
        for indicator in huadu.indicators
        for each in indicator.alternatives
        if each.rule != indicator.rule
    }
    expected = {
        (reading.id, option.id, code)
        for reading in huadu.readings
        for option in reading.options[1:]
        for code in reading.indicators
    }
    assert alternatives == expected


def test_checks_between_fields(huadu: Scheme) -> None:
    of_sum = {each.whole.id: tuple(part.id for part in each.parts) for each in huadu.checks if isinstance(each, Sum)}
    assert "total_budget_wan" in of_sum
    assert of_sum["development_total_wan"] == ("other_development_wan", "district_funds_wan")
    assert of_sum["three_public_budget_wan"] == ("overseas_budget_wan", "vehicles_budget_wan", "hospitality_budget_wan")
