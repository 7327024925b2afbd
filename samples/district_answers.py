"""What a fictitious unit of the sample district fills in when nothing special is the matter with it.

Everything follows from the unit's code: the same code gives the same answers. Amounts are whole cents of their unit
(0.01 万元) until they are written down as texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from district_annex import annex
from district_evidence import evidence
from district_units import SampleUnit

Answers = dict[str, Any]


@dataclass(frozen=True)
class Profile:
    """How well a unit does: the chance that a row loses points, and the ranges of what is completed and spent."""

    slips: float
    completion: tuple[float, float]
    execution: tuple[float, float]


PROFILES = {
    "优": Profile(0.05, (1.0, 1.18), (0.965, 1.03)),
    "良": Profile(0.42, (0.86, 1.06), (0.86, 0.96)),
    "中": Profile(0.66, (0.68, 0.99), (0.70, 0.85)),
    "差": Profile(0.92, (0.35, 0.78), (0.45, 0.66)),
}
FLAWLESS = Profile(0.0, (1.0, 1.18), (0.975, 1.02))
_SHARES = (("优", 0.22), ("良", 0.66), ("中", 0.91), ("差", 1.0))  # cumulative

# Yearly budgets in 万元 by type of unit.
_BUDGETS = {
    "幼儿园": (68, 860),
    "小学": (620, 4300),
    "初中": (980, 5600),
    "九年一贯制": (1400, 6800),
    "高中": (2600, 11500),
    "特殊教育": (520, 1400),
    "直属单位": (240, 4200),
}


def profile_of(unit: SampleUnit) -> str:
    """How well an ordinary unit does, by its code."""
    drawn = Random(f"profile:{unit.code}").random()
    return next(name for name, limit in _SHARES if drawn < limit)


def wan(cents: int) -> str:
    """Cents as an amount with two decimals."""
    return str(Decimal(cents).scaleb(-2))


@dataclass
class Draft:
    """A unit's answers in the making. ``lost`` are the rows that lose points, ``idle`` those with nothing to count."""

    unit: SampleUnit
    profile: Profile
    answers: Answers = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    idle: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.random = Random(f"answers:{self.unit.code}")
        low, high = _BUDGETS[self.unit.type]
        self.budget = self.random.randint(low * 100, high * 100)

    def slips(self, code: str) -> bool:
        """Whether the row loses points; drawn once a row."""
        if self.random.random() < self.profile.slips:
            self.lost.add(code)
            return True
        return False

    def part(self, whole: int, low: float, high: float) -> int:
        return int(whole * self.random.uniform(low, high))

    def put(self, **answers: Any) -> None:
        self.answers.update(answers)


def draft(unit: SampleUnit, profile: Profile) -> Answers:
    """A whole form of ``unit``, filled in without mistakes."""
    made = Draft(unit, profile)
    for fill in (_head, _goals, _execution, _budgeting, _disclosure, _management, _procurement, _assets, _costs):
        fill(made)
    for code, text in evidence(made.answers, made.lost, made.idle).items():
        made.answers[f"{code}_evidence"] = text
    _narrative(made)
    return made.answers


def _head(made: Draft) -> None:
    special, other, district = (made.part(made.budget, 0, share) for share in (0.12, 0.02, 0.09))
    made.put(
        unit_count="1",
        annual_goals="目标1：落实立德树人根本任务，完成年度教育教学（服务）任务；目标2：改善办学条件，保障校园安全；目标3：规范经费管理，提高资金使用效益。",
        goals_achieved="年度教育教学（服务）任务基本完成，办学条件得到改善，经费使用规范。",
        goals_shortfall_reason="无" if made.profile.slips < 0.3 else "部分项目启动较晚，年内未能全部完成。",
        total_budget_wan=wan(made.budget),
        department_budget_wan=wan(made.budget - special - other - district),
        special_funds_wan=wan(special),
        other_development_wan=wan(other),
        district_funds_wan=wan(district),
        development_total_wan=wan(other + district),
        transfer_funds_wan="0",
    )


def _goals(made: Draft) -> None:
    outputs, benefits = annex(made.unit.type, made.random, made.profile.completion)
    for code, rows in (("output_completion", outputs), ("benefit_completion", benefits)):
        if any("deviation_reason" in row for row in rows):
            made.lost.add(code)
    made.put(goals_filed=True, outputs=outputs, benefits=benefits)


def _execution(made: Draft) -> None:
    low, high = made.profile.execution
    for month in range(3, 13):  # the finance office notifies rates from March on
        rate = round(made.random.uniform(low, high) * 10_000)
        made.answers[f"execution_rate_{month:02d}"] = str(Decimal(rate).scaleb(-4))
    if low < 0.9:
        made.lost.add("budget_execution")


def _budgeting(made: Draft) -> None:
    if made.random.random() < 0.7:
        made.idle.add("preassessment")
        made.put(preassessment_due="0", preassessment_done="0")
    else:
        due = made.random.randint(1, 5)
        made.put(preassessment_due=str(due), preassessment_done=str(due - made.slips("preassessment")))
    opening, fund = made.part(made.budget, 0, 0.04), made.part(made.budget, 0, 0.05)
    over = made.slips("carryover_surplus_rate")
    closing = made.part(opening + made.budget + fund, *((0.12, 0.38) if over else (0.002, 0.09)))
    made.put(
        opening_carryover_wan=wan(opening),
        general_budget_wan=wan(made.budget),
        government_fund_wan=wan(fund),
        closing_carryover_wan=wan(closing),
    )
    bad = made.slips("financial_compliance")
    made.put(
        rectify_findings=str(made.random.randint(1, 3) if bad else 0),
        misuse_findings="0",
        repeat_findings="1" if bad and made.random.random() < 0.3 else "0",
    )


def _disclosure(made: Draft) -> None:
    if made.unit.name.endswith("招生考试中心"):  # keeps examination papers: a classified unit
        made.idle.add("budget_disclosure")
        made.put(is_classified=True)
    else:
        late = made.slips("budget_disclosure")
        budget, accounts = date(2024, 2, 26), date(2025, 3, 24)
        made.put(
            is_classified=False,
            budget_approved_on=budget.isoformat(),
            budget_published_on=(budget + timedelta(made.random.randint(5, 18))).isoformat(),
            budget_disclosure_problem=late and made.random.random() < 0.4,
            accounts_approved_on=accounts.isoformat(),
            accounts_published_on=(accounts + timedelta(made.random.randint(22, 30) if late else 15)).isoformat(),
            accounts_disclosure_problem=False,
        )
    late = made.slips("performance_disclosure")
    made.put(
        goals_due_on="2024-03-29",
        goals_published_on="2024-03-20",
        selfeval_due_on="2025-04-25",
        selfeval_published_on="未公开" if late else f"2025-04-{made.random.randint(10, 25)}",
    )


def _management(made: Draft) -> None:
    random = made.random
    made.put(fund_rules_exist=True, fund_rules_aspects="4", duty_rules_exist=not made.slips("management_system"))
    alerts = random.randint(0, 3)
    made.put(alerts_received=str(alerts), key_evaluation_received=random.random() < 0.08)
    if alerts:
        made.put(late_alerts="0")
    if made.answers["key_evaluation_received"]:
        made.put(key_evaluation_feedback_on_time=True)
    made.put(results_linked_to_budget=not made.slips("result_application"))
    late = made.slips("management_execution")
    made.put(
        goals_returned_times=str(random.randint(1, 2) if late else 0),
        monitoring_done=True,
        monitoring_on_time=not (late and random.random() < 0.6),
        selfeval_done=True,
        subordinates_due="0",
        subordinates_submitted="0",
        selfeval_on_time=True,
    )


PURCHASES = ("intention_coverage", "intention_timing", "contract_signing", "contract_filing", "procurement_policy")


def _procurement(made: Draft) -> None:
    random = made.random
    made.put(procurement_rules_exist=not made.slips("procurement_control"))
    made.put(upheld_complaints="1" if made.slips("procurement_compliance") and random.random() < 0.5 else "0")
    if made.answers["upheld_complaints"] == "0":
        made.lost.discard("procurement_compliance")
    if made.budget < 30_000:  # below 300 万元: nothing above the procurement threshold
        made.idle.update(PURCHASES)
        made.put(**{f"{code}_applicable": "不适用" for code in PURCHASES})
        return
    intentions, contracts = random.randint(4, 30), random.randint(3, 26)
    signed = contracts - (random.randint(1, max(1, contracts // 4)) if made.slips("contract_signing") else 0)
    reserved = made.part(made.budget, 0.02, 0.12) * 10_000  # cents of a 元
    actual = made.part(reserved, *((0.55, 0.95) if made.slips("procurement_policy") else (1.0, 1.1)))
    made.put(
        intentions_due=str(intentions),
        intentions_published=str(intentions - made.slips("intention_coverage")),
        intentions_late_30d=str(int(made.slips("intention_timing"))),
        intentions_late_fill_40d="0",
        intentions_late_publish_60d="0",
        contracts_total=str(contracts),
        contracts_signed_on_time=str(signed),
        contracts_filing_due=str(contracts),
        contracts_filed_on_time=str(contracts - made.slips("contract_filing")),
        sme_reserved_yuan=wan(reserved),
        sme_actual_yuan=wan(actual),
    )


def _assets(made: Draft) -> None:
    random = made.random
    made.put(allocation_violations=str(int(made.slips("asset_allocation"))))
    if made.unit.type == "幼儿园" and random.random() < 0.5:
        made.idle.add("asset_income")
        made.put(asset_income_applicable="不适用")
    else:
        made.put(overdue_income_items=str(int(made.slips("asset_income"))))
    made.put(inventory_done=True, inventory_handled=not made.slips("asset_inventory"))
    if made.slips("asset_data_quality"):
        reason = "年报中两项设备的使用状况与实物不符，已更正，扣0.5分。"
        made.put(asset_data_accurate=False, asset_data_score="1.5", asset_data_reason=reason)
    else:
        made.put(asset_data_accurate=True)
    made.put(asset_rules_exist=True, asset_findings=str(random.randint(1, 3) if made.slips("asset_compliance") else 0))
    total = made.part(made.budget, 0.9, 3.2)
    in_use = made.part(total, *((0.52, 0.88) if made.slips("asset_utilization") else (0.92, 1.0)))
    made.put(assets_total_wan=wan(total), assets_in_use_wan=wan(in_use))


def _costs(made: Draft) -> None:
    budget = made.part(made.budget, 0.04, 0.11)
    actual = made.part(budget, *((1.06, 1.24) if made.slips("public_funds_control") else (0.88, 1.0)))
    made.put(public_funds_budget_wan=wan(budget), public_funds_actual_wan=wan(actual))
    vehicles, hospitality = made.part(made.budget, 0, 0.001), made.part(made.budget, 0, 0.0006)
    over = made.slips("three_public")
    spent = [made.part(each, 1.05, 1.3) + 1 if over else made.part(each, 0.3, 1) for each in (vehicles, hospitality)]
    made.put(
        three_public_budget_wan=wan(vehicles + hospitality),
        three_public_actual_wan=wan(sum(spent)),
        overseas_budget_wan="0",
        overseas_actual_wan="0",
        vehicles_budget_wan=wan(vehicles),
        vehicles_actual_wan=wan(spent[0]),
        hospitality_budget_wan=wan(hospitality),
        hospitality_actual_wan=wan(spent[1]),
    )


_BEHIND = {
    "problem_01_title": "预算执行进度不均衡",
    "problem_01_text": "部分项目前期准备不足，支出集中在下半年。",
    "measure_01_title": "加强项目前期准备和过程管理",
    "measure_01_text": "提前完成采购和审批，按月检查执行进度。",
}
_ON_TRACK = {
    "problem_01_title": "绩效目标的量化程度有待提高",
    "problem_01_text": "个别指标以定性描述为主，不便于衡量。",
    "measure_01_title": "细化绩效指标",
    "measure_01_text": "编制下一年度预算时同步细化、量化绩效指标。",
}


def _narrative(made: Draft) -> None:
    made.put(
        narrative_goals="落实立德树人根本任务，完成年度教育教学（服务）任务，保障校园安全，规范经费管理。",
        narrative_conclusion="对照评分标准逐项自评，整体支出绩效情况如自评表所示。",
        effectiveness_01_title="保障运转，完成年度任务",
        effectiveness_01_text="经费优先保障教育教学（服务）和安全，年度重点工作按计划推进。",
        **(_BEHIND if made.profile.slips >= 0.3 else _ON_TRACK),
    )
