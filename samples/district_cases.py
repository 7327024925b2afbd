"""The special cases of the sample district: each changes a flawless form in one point, on a boundary or past it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from district_annex import PARTLY
from district_answers import PURCHASES, Answers

Case = Callable[[Answers], None]


def _share(answers: Answers, part: str, whole: str, rate: str) -> None:
    """Make ``part`` exactly ``rate`` of ``whole``, whose decimals are dropped for that."""
    even = Decimal(answers[whole]) // 1
    answers[whole], answers[part] = str(even), str((even * Decimal(rate)).normalize() + Decimal("0.00"))


def _rewrite(answers: Answers, code: str, text: str) -> None:
    answers[f"{code}_evidence"] = text.format_map(answers)


def _carryover(rate: str) -> Case:
    def case(answers: Answers) -> None:
        answers.update(opening_carryover_wan="0", government_fund_wan="0")
        _share(answers, "closing_carryover_wan", "general_budget_wan", rate)
        _rewrite(
            answers, "carryover_surplus_rate", "年末结转和结余 {closing_carryover_wan} 万元。原因：跨年项目未结算。"
        )

    return case


def _in_use(rate: str) -> Case:
    def case(answers: Answers) -> None:
        _share(answers, "assets_in_use_wan", "assets_total_wan", rate)
        text = "在用固定资产 {assets_in_use_wan} 万元，固定资产总额 {assets_total_wan} 万元；部分设备待报废。"
        _rewrite(answers, "asset_utilization", text)

    return case


def _contracts(total: int, on_time: int) -> Case:
    def case(answers: Answers) -> None:
        for code in PURCHASES:
            if answers.pop(f"{code}_applicable", None):
                answers[f"{code}_evidence"] = "按采购台账填报。"
        answers.update(
            intentions_due=str(total),
            intentions_published=str(total),
            intentions_late_30d="0",
            intentions_late_fill_40d="0",
            intentions_late_publish_60d="0",
            contracts_total=str(total),
            contracts_signed_on_time=str(on_time),
            contracts_filing_due=str(total),
            contracts_filed_on_time=str(total),
            sme_reserved_yuan=answers.get("sme_reserved_yuan", "186000.00"),
            sme_actual_yuan=answers.get("sme_actual_yuan", "186000.00"),
        )
        text = "{contracts_total} 项采购，{contracts_signed_on_time} 项按时签订合同。"
        _rewrite(answers, "contract_signing", text)

    return case


def _overrun(rate: str) -> Case:
    def case(answers: Answers) -> None:
        _share(answers, "public_funds_actual_wan", "public_funds_budget_wan", rate)
        text = "公用经费实际支出 {public_funds_actual_wan} 万元，预算安排 {public_funds_budget_wan} 万元。"
        _rewrite(answers, "public_funds_control", text)

    return case


def _first_row(target: str, actual: str) -> Case:
    """The first annex row is a count: completed to the rate that ``actual`` is of ``target``."""

    def case(answers: Answers) -> None:
        reason = "年中政策调整，目标值与实际情况有出入。"
        answers["outputs"][0] |= {"target": target, "actual": actual, "deviation_reason": reason}

    return case


def _published(**days: str) -> Case:
    def case(answers: Answers) -> None:
        answers.update(days)

    return case


def _preassessment(due: int, done: int) -> Case:
    def case(answers: Answers) -> None:
        answers.update(preassessment_due=str(due), preassessment_done=str(done))
        _rewrite(
            answers,
            "preassessment",
            "应评估 {preassessment_due} 项，已评估 {preassessment_done} 项；改进措施：纳入立项程序。",
        )

    return case


def _changed(**changes: Any) -> Case:
    def case(answers: Answers) -> None:
        answers.update(changes)

    return case


def _without(*fields: str) -> Case:
    """Leave ``fields`` (or all whose id starts so, with a trailing *) blank."""

    def case(answers: Answers) -> None:
        for each in fields:
            wanted = [key for key in answers if key.startswith(each[:-1])] if each.endswith("*") else [each]
            for key in wanted:
                del answers[key]

    return case


def _over_full_months(answers: Answers) -> None:
    for month in range(3, 13):
        answers[f"execution_rate_{month:02d}"] = f"1.{month:02d}"


def _annual_only(answers: Answers) -> None:
    _without("execution_rate_*")(answers)
    _annual_basis(answers)
    _rewrite(
        answers, "budget_execution", "全年支出 {annual_spent_wan} 万元，预算 {annual_budget_wan} 万元，支出率98.50%。"
    )


def _annual_basis(answers: Answers) -> None:
    _share(answers, "annual_spent_wan", "general_budget_wan", "0.985")
    answers.update(execution_basis="年度执行率", annual_budget_wan=answers["general_budget_wan"])


def _not_applicable(answers: Answers) -> None:
    for code, fields in (
        ("preassessment", ("preassessment_due", "preassessment_done")),
        ("asset_income", ("overdue_income_items",)),
    ):
        for each in fields:
            answers.pop(each, None)
        answers[f"{code}_applicable"] = "不适用"
        answers[f"{code}_evidence"] = "本年度没有此类事项。"


def _not_applicable_with_data(answers: Answers) -> None:
    answers.update(preassessment_applicable="不适用", preassessment_due="2", preassessment_done="2")


def _text_for_number(answers: Answers) -> None:
    answers["public_funds_actual_wan"] += "万元"


def _unit_slip(answers: Answers) -> None:
    text = "公用经费实际支出 {public_funds_actual_wan} 万元，预算安排 {public_funds_budget_wan} 元。"
    _rewrite(answers, "public_funds_control", text)


def _assets_unit_slip(answers: Answers) -> None:
    text = "在用固定资产 {assets_in_use_wan} 元，固定资产总额 {assets_total_wan} 万元。"
    _rewrite(answers, "asset_utilization", text)


def _policy(actual: str, reserved: str, said: str) -> Case:
    def case(answers: Answers) -> None:
        _contracts(8, 8)(answers)
        answers.update(sme_actual_yuan=actual, sme_reserved_yuan=reserved)
        _rewrite(
            answers,
            "procurement_policy",
            "面向中小企业采购 {sme_actual_yuan} 元/预留 {sme_reserved_yuan} 元=" + said + "。",
        )

    return case


def _head_total_off(answers: Answers) -> None:
    answers["total_budget_wan"] = str(Decimal(answers["total_budget_wan"]) + 100)


def half_filled(answers: Answers) -> None:
    """The clerk got as far as the middle."""
    for key in list(answers)[len(answers) // 2 :]:
        del answers[key]


def _barely_begun(answers: Answers) -> None:
    for key in list(answers)[12:]:
        del answers[key]


def _weights_off(answers: Answers) -> None:
    answers["outputs"][1]["weight"] = "2.5"


def _judged_too_high(answers: Answers) -> None:
    row = next(row for row in answers["benefits"] if row["nature"] == "定性")
    row.update(tier=PARTLY, deviation_reason="仍有一项未完成。")  # but the score of the best tier


def _row_incomplete(answers: Answers) -> None:
    del answers["outputs"][0]["actual"]


def _zero_target(answers: Answers) -> None:
    answers["outputs"][1]["target"] = "0"


def _claim(code: str, points: str) -> Case:
    return _changed(**{f"{code}_self_score": points})


_DISCLOSURE_TEXT = "预算于 2024 年 1 月批复，按规定公开。"
_SPRING = {"budget_approved_on": "2024-01-22", "budget_disclosure_evidence": _DISCLOSURE_TEXT}

_DEDUCTED = "办法没有写明结果应用要求。"

CASES: tuple[Case, ...] = (
    _carryover("0.1"),
    _carryover("0.2"),
    _carryover("0.3"),
    _carryover("0.101"),
    _in_use("0.9"),
    _in_use("0.75"),
    _in_use("0.6"),
    _in_use("0.599"),
    _contracts(10, 9),
    _contracts(20, 16),
    _contracts(10, 7),
    _overrun("1.049"),
    _overrun("1.05"),
    _overrun("1.10"),
    _overrun("1.20"),
    _first_row("200", "120"),
    _first_row("200", "119"),
    _first_row("200", "300"),
    _first_row("200", "301"),
    _published(budget_approved_on="2024-03-01", budget_published_on="2024-03-21"),  # 20 days
    _published(budget_approved_on="2024-03-01", budget_published_on="2024-03-22"),  # 21 days
    _published(**_SPRING, budget_published_on="2024-02-18"),  # the 20th day is in the Spring Festival holiday
    _published(**_SPRING, budget_published_on="2024-02-19"),  # 18 February was a working Sunday
    _published(budget_published_on="未公开", budget_disclosure_evidence="预算未公开；改进措施：补充公开。"),
    _preassessment(3, 0),
    _preassessment(4, 0),
    _over_full_months,
    _annual_only,
    _annual_basis,
    _not_applicable,
    _not_applicable_with_data,
    _changed(goals_filed=False),
    _changed(fund_rules_aspects="3", management_system_deduction="0.5", management_system_reason=_DEDUCTED),
    _changed(fund_rules_aspects="3", management_system_deduction="0.5"),  # no reason given
    _changed(rectify_findings="-1"),
    _changed(execution_rate_09="98.25"),  # 98.25, not 98.25%
    _text_for_number,
    _changed(goals_published_on="2024.3.20"),
    _claim("contract_filing", "3"),  # worth 1 point
    _unit_slip,
    _assets_unit_slip,
    _policy("98578.00", "100000.00", "99%"),  # 98.58 %
    _policy("98500.00", "100000.00", "98.50%"),  # 0.985 rounds to 0.99
    _policy("130000.00", "100000.00", "130%"),
    _head_total_off,
    _without("execution_rate_*"),
    _without("benefits"),
    _without("asset_inventory_evidence", "contract_filing_evidence", "three_public_evidence"),
    half_filled,
    _barely_begun,
    _weights_off,
    _judged_too_high,
    _row_incomplete,
    _zero_target,
    _contracts(10, 11),  # more on time than there are
    _claim("asset_data_quality", "1.00"),  # claims less than it may
)
