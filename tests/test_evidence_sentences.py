"""What people write as evidence, sentence by sentence, against one unit's data: what is told and what is let be."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from perfeval_xl.evidence import evidence_findings
from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Scheme
from tests.small_schemes import given

D = Decimal
DATA = {
    "public_funds_actual_wan": "365.75",
    "public_funds_budget_wan": "400",  # control rate −8.56 %
    "three_public_actual_wan": "32.54",
    "three_public_budget_wan": "54.8",
    "overseas_actual_wan": "0",
    "overseas_budget_wan": "0",
    "vehicles_actual_wan": "30.18",
    "vehicles_budget_wan": "46.8",
    "hospitality_actual_wan": "2.36",
    "hospitality_budget_wan": "8",
    "assets_in_use_wan": "796588.31",
    "assets_total_wan": "798344.67",  # 99.78 %
    "closing_carryover_wan": "61120",
    "opening_carryover_wan": "1500.2",
    "general_budget_wan": "482833.29",
    "government_fund_wan": "25000",  # 12.00 %
    "sme_actual_yuan": "245250193.77",
    "sme_reserved_yuan": "248786733.58",  # 98.58 %
    "contracts_total": "236",
    "contracts_signed_on_time": "230",  # 97.46 %
    "contracts_filing_due": "236",
    "contracts_filed_on_time": "235",
    "preassessment_due": "5",
    "preassessment_done": "4",
    "alerts_received": "2",
    "late_alerts": "1",
    "upheld_complaints": "1",
    "asset_findings": "2",
    "overdue_income_items": "1",
    "allocation_violations": "1",
    "intentions_due": "412",
    "intentions_published": "410",
    "intentions_late_30d": "1",
    "intentions_late_fill_40d": "0",
    "intentions_late_publish_60d": "0",
    "rectify_findings": "2",
    "misuse_findings": "0",
    "repeat_findings": "1",
    "execution_rate_11": "0.97",
    "execution_rate_12": "0.9983",  # mean 98.42 %
    "annual_budget_wan": "483679.37",
    "annual_spent_wan": "482833.29",
    "subordinates_due": "177",
    "subordinates_submitted": "176",
    "goals_returned_times": "1",
    "fund_rules_aspects": "3",
    "outputs_r01_target": "1700",
    "outputs_r01_actual": "1800",
    "outputs_r02_target": "100",
    "outputs_r02_actual": "99.5",
    "outputs_r03_target": "100",
    "outputs_r03_actual": "120.5",
    "outputs_r04_actual": "3",
}
WORDS = {
    "execution_basis": "月度平均",
    "outputs_r01_name": "新增公办幼儿园学位",
    "outputs_r01_unit": "个",
    "outputs_r02_name": "义务教育公办学校（含政府购买学位）占比",
    "outputs_r02_unit": "%",
    "outputs_r03_name": "校舍维修投入",
    "outputs_r03_unit": "万元",
    "outputs_r04_name": "新学校",
    "outputs_r04_unit": "所",
}

# fmt: off
TOLD = [
    # amounts by the names of the inputs
    ("public_funds_control", "实际支出公用经费总额364.75万元，预算安排公用经费总额400万元。", "364.75万元", "365.75 万元"),
    ("public_funds_control", "公用经费实际支出365.75万元，预算安排410万元。", "410万元", "400 万元"),
    ("public_funds_control", "公用经费预算安排400万元，实际支出356.75万元，节约34.25万元。", "356.75万元", "365.75 万元"),
    ("public_funds_control", "公用经费实际支出三百六十四万元，低于预算安排。", "三百六十四万元", "365.75 万元"),
    ("public_funds_control", "公用经费实际支出：３６４．７５万元", "364.75万元", "365.75 万元"),
    ("public_funds_control", "2024年度公用经费预算安排总额为450万元", "450万元", "400 万元"),
    ("public_funds_control", "公用经费实际支出不超过360万元。", "不超过360万元", "365.75 万元"),
    ("public_funds_control", "公用经费实际支出370万元以上。", "370万元以上", "365.75 万元"),
    ("public_funds_control", "公用经费实际支出364万元", "364万元", "365.75 万元"),
    ("three_public", "三公经费实际支出数32.45万元<三公经费预算数54.8万元。", "32.45万元", "32.54 万元"),
    ("three_public", "公务接待费实际支出2.63万元，因公出国（境）费实际支出0万元。", "2.63万元", "2.36 万元"),
    ("asset_utilization", "按账面原值计算，固定资产在用797,588.31万元。", "797,588.31万元", "796,588.31 万元"),
    ("asset_utilization", "在用固定资产79.65亿元，固定资产总额79.83亿元", "79.65亿元", "796,588.31 万元"),
    ("carryover_surplus_rate", "年末结转和结余61,120万元，年初结转和结余1600.2万元", "1600.2万元", "1,500.2 万元"),
    ("budget_execution", "2024年度一般公共预算金额483697.37万元", "483697.37万元", "483,679.37 万元"),
    # another unit
    ("procurement_policy", "实际面向中小企业采购金额合计数245,250,193.77万元", "245,250,193.77万元", "245,250,193.77 元"),
    ("public_funds_control", "公用经费实际支出三百六十五点七五元", "三百六十五点七五元", "365.75 万元"),
    ("public_funds_control", "2023年控制率为3%，2024年公用经费控制率为-8.5%", "-8.5%", "-8.56%"),
    ("public_funds_control", "支出较上年减少2%，控制率为-8.5%", "-8.5%", "-8.56%"),
    # percentages
    ("procurement_policy", "数值=99%", "99%", "98.58%"),
    ("carryover_surplus_rate", "经计算，结转结余率≤10%", "≤10%", "12.00%"),
    ("carryover_surplus_rate", "结转结余率为12%≤10%", "≤10%", "12.00%"),
    ("carryover_surplus_rate", "结转结余率控制在10%以内", "10%以内", "12.00%"),
    ("carryover_surplus_rate", "结转结余率百分之十一点五", "百分之十一点五", "12.00%"),
    ("contract_signing", "合同签订及时率达１００％", "100%", "97.46%"),
    ("contract_signing", "合同签订及时率不低于98%", "不低于98%", "97.46%"),
    ("public_funds_control", "公用经费控制率为91.44%", "91.44%", "-8.56%"),
    ("budget_execution", "12月支出执行率99.38%，11月支出执行率97%", "99.38%", "99.83%"),
    ("budget_execution", "各月执行率平均98.14%", "98.14%", "98.42%"),
    # counts
    ("contract_signing", "236项采购，229项按时签订合同。", "229项", "230 项"),
    ("contract_filing", "合同236份均按时备案公开", "236份", "235 份"),
    ("preassessment", "应开展事前评估的项目5项，已开展事前评估的项目三项", "三项", "4 项"),
    ("result_application", "全年收到预警提醒3次，均及时处理", "3次", "2 次"),
    ("asset_compliance", "检查发现资产问题3次", "3次", "2 次"),
    ("financial_compliance", "明确意见并限期整改的问题3项，重复出现的问题1项", "3项", "2 项"),
    ("intention_coverage", "应公开的采购意向412项，已公开的采购意向411项", "411项", "410 项"),
    ("intention_timing", "公开晚于采购前30日的意向2项", "2项", "1 项"),
    ("management_execution", "整体绩效目标被退回2次", "2次", "1 次"),
    ("management_execution", "应开展自评的下属单位177个，已开展自评的下属单位175个", "175个", "176 个"),
    ("management_system", "制度覆盖绩效要求四个方面", "四个方面", "3 个方面"),
    # lines of the annex
    ("output_completion", "1.新增公办幼儿园学位1900个；2.校舍维修投入120.5万元", "1900个", "1,800 个"),
    ("output_completion", "义务教育公办学校（含政府购买学位）占比达99%", "99%", "99.5%"),
    ("output_completion", "校舍维修投入120万元", "120万元", "120.5 万元"),
    ("output_completion", "新增公办幼儿园学位1850个以上", "1850个以上", "1,800 个"),
]

# fmt: on
LET_BE = [
    # what agrees, in whatever form
    ("public_funds_control", "公用经费实际支出365.75万元＜预算安排的公用经费400万元，控制率-8.56%"),
    ("public_funds_control", "公用经费实际支出3657500元，预算安排4,000,000元"),
    ("public_funds_control", "公用经费实际支出366万元，预算安排0.04亿元"),
    ("public_funds_control", "公用经费实际支出约360万元"),
    ("public_funds_control", "公用经费实际支出三百六十五万七千五百元"),
    ("public_funds_control", "公用经费实际支出不超过400万元"),
    ("asset_utilization", "在用固定资产79.66亿元，固定资产总额79.83亿元，利用率百分之九十九点七八"),
    ("procurement_policy", "实际面向中小企业采购金额合计数２４５，２５０，１９３．７７元，占预留金额的９８．５８％"),
    ("output_completion", "新增公办幼儿园学位一千八百个，校舍维修投入1,205,000元"),
    ("asset_compliance", "检查发现资产问题两次，均已整改"),
    ("carryover_surplus_rate", "10%<结转结余率≤20%"),
    ("public_funds_control", "公用经费实际支出365.75万元，预算365.75万元"),  # a slip of the word, it may be
    # of something else: a change, a part, a head, another year, another place, an aim
    ("public_funds_control", "公用经费实际支出较上年减少12.5万元。"),
    ("public_funds_control", "公用经费实际支出超预算12.5万元"),
    ("public_funds_control", "其中：办公费实际支出20万元，预算安排30万元。"),
    ("public_funds_control", "公用经费实际支出365.75万元，其中水电费120万元、办公费80.5万元"),
    ("public_funds_control", "公用经费预算安排20万元用于维修"),
    ("public_funds_control", "公用经费实际支出人均0.5万元"),
    ("public_funds_control", "小学部公用经费实际支出200万元，初中部公用经费实际支出165.75万元。"),
    ("public_funds_control", "本校公用经费实际支出200万元；公用经费实际支出165.75万元。"),  # two places, it seems
    ("public_funds_control", "2023年公用经费实际支出300万元，控制率2.5%；2023年控制率为3%"),
    ("public_funds_control", "2023年，公用经费实际支出300万元；上年实际支出290万元，控制率为3%"),
    ("public_funds_control", "公用经费实际支出300万元至370万元"),
    ("public_funds_control", "公用经费实际支出365.75万元（上年364.12万元），支出占预算的91.44%"),
    ("public_funds_control", "公用经费实际支出365.75万元；改进措施：公用经费实际支出压减到350万元，控制率为-12.5%"),
    ("public_funds_control", "预算完成率91.44%"),
    ("public_funds_control", "按每生1150元安排公用经费"),
    ("three_public", "“三公”经费实际支出32.54万元，其中公务用车运行费30.18万元，公务接待费2.63万元。"),
    ("three_public", "公务用车购置费预算安排20万元"),
    ("three_public", "“三公”经费实际支出32.54万元，超出预算10.5万元"),
    ("asset_utilization", "新增固定资产1200万元，处置固定资产30万元。盘点率为100%"),
    ("carryover_surplus_rate", "年末结转1200万元，一般公共预算财政拨款结转1100万元"),
    ("procurement_policy", "面向小微企业采购金额1.2亿元"),
    ("contract_signing", "确保合同签订及时率达100%"),
    ("contract_signing", "有6项采购未在30日内签订合同；下一步合同签订及时率达100%"),
    ("contract_filing", "有1份合同公开偏晚，所有合同均在2个工作日内备案"),
    ("preassessment", "新增项目6项，其中3项已评估"),
    ("preassessment", "有一项没有开展评估"),
    ("procurement_compliance", "共收到投诉3例，有一例投诉成立"),
    ("asset_compliance", "开展资产检查4次"),
    ("financial_compliance", "审计提出3项问题，均已整改"),
    ("intention_coverage", "采购意向100%公开，第3项已更正"),
    ("asset_income", "2笔租金按季上缴"),
    ("asset_allocation", "有两类设备超标准配置"),
    ("output_completion", "计划新增公办幼儿园学位1750个，新增公办幼儿园学位目标1700个"),
    ("output_completion", "新增公办幼儿园学位1700个"),  # the target, as it were
    ("output_completion", "新增公办幼儿园学位的幼儿园12个"),
    ("output_completion", "新学校5所"),  # too short a name to be sure
    # copied from the criteria
    ("contract_signing", "合同签订及时率=100%，得3分；90%≤合同签订及时率<100%，得2分；"),
    ("asset_utilization", "90%>比率≥75%的，得1.5分；比率≥90%的，得2分"),
    ("carryover_surplus_rate", "1.结转结余率≤10%的，得2分；"),
    ("asset_utilization", ""),
]


@pytest.fixture(scope="module")
def huadu() -> Scheme:
    return load_scheme(Path(__file__).parents[1] / "templates" / "huadu-2024" / "scheme.toml")


def told(scheme: Scheme, code: str, text: str) -> list[tuple[str | None, str | None]]:
    values: dict[str, Value | None] = {field: D(number) for field, number in DATA.items()}
    answers = given(scheme, values | WORDS | {f"{code}_evidence": text}).answers
    row = scheme.indicator[code]
    outcome = row.rule.score(answers, row.points)
    return [(each.actual, each.expected) for each in evidence_findings(scheme, row, outcome, answers)]


@pytest.mark.parametrize(("code", "text", "written", "known"), TOLD)
def test_a_number_that_contradicts_the_data_is_told_with_both(
    huadu: Scheme, code: str, text: str, written: str, known: str
) -> None:
    assert told(huadu, code, text) == [(written, known)]


@pytest.mark.parametrize(("code", "text"), LET_BE)
def test_a_sentence_that_says_nothing_against_the_data_is_let_be(huadu: Scheme, code: str, text: str) -> None:
    assert told(huadu, code, text) == []
