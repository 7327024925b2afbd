"""What the fictitious units write as evidence (评分依据、未达标原因、改进措施), row by row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

NOTHING = "本年度没有此类事项。"

# (where nothing is lost, where points are lost); {…} are answers.
_TEXTS = {
    "output_completion": (
        "产出指标均已完成，详见指标完成情况表。",
        "部分产出指标未达年初目标，原因见指标完成情况表；改进措施：按季度检查进度。",
    ),
    "benefit_completion": (
        "效益指标均已实现，详见指标完成情况表。",
        "部分效益指标未达年初目标，原因见指标完成情况表；改进措施：加强过程跟踪。",
    ),
    "budget_execution": (
        "按财政部门各月通报的执行率计算。",
        "按财政部门各月通报的执行率计算。原因：部分项目采购较晚；改进措施：提前启动采购。",
    ),
    "preassessment": (
        "新增项目均已开展事前绩效评估。",
        "有 1 个新增项目未开展事前绩效评估；改进措施：纳入立项的必备程序。",
    ),
    "carryover_surplus_rate": (
        "按决算报表计算，年末结转和结余 {closing_carryover_wan} 万元。",
        "年末结转和结余 {closing_carryover_wan} 万元。原因：跨年项目未结算；改进措施：加快结算。",
    ),
    "financial_compliance": ("审计和财会监督未发现问题。", "审计指出的问题已限期整改；改进措施：完善报销审核。"),
    "budget_disclosure": ("预决算均按规定时间公开。", "决算公开时间偏晚或被指出问题；改进措施：专人负责公开。"),
    "performance_disclosure": ("绩效目标和自评资料均按时公开。", "自评资料未按时公开；改进措施：列入公开清单。"),
    "management_system": (
        "《预算绩效管理办法》明确了目标管理、运行监控、评价管理和结果应用要求，并明确了职责分工。",
        "《预算绩效管理办法》明确了绩效要求，职责分工尚未成文；改进措施：本年内修订。",
    ),
    "result_application": (
        "评价结果已与下一年度预算安排挂钩。",
        "尚未建立评价结果与预算安排的挂钩机制；改进措施：本年内建立。",
    ),
    "management_execution": (
        "绩效目标、绩效监控和绩效自评均按要求完成。",
        "绩效目标曾被退回修改；改进措施：加强编报培训。",
    ),
    "intention_coverage": ("采购意向全部公开。", "有 1 项采购意向漏公开；改进措施：建立采购台账。"),
    "intention_timing": ("采购意向均按规定期限填报和公开。", "有 1 项采购意向公开偏晚；改进措施：提前编制采购计划。"),
    "procurement_control": ("已建立政府采购内部控制管理制度。", "采购内控制度正在制定；改进措施：年内印发。"),
    "procurement_compliance": ("未发生成立的采购投诉。", "有 1 例投诉成立，已整改；改进措施：规范评审程序。"),
    "contract_signing": (
        "{contracts_total} 项采购，{contracts_signed_on_time} 项按时签订合同。",
        "{contracts_total} 项采购，{contracts_signed_on_time} 项按时签订合同；改进措施：提前准备合同文本。",
    ),
    "contract_filing": ("合同均在签订后 2 个工作日内公开。", "有 1 份合同公开偏晚；改进措施：合同签订与公开同步办理。"),
    "procurement_policy": (
        "实际面向中小企业采购 {sme_actual_yuan} 元，预留 {sme_reserved_yuan} 元。",
        "实际面向中小企业采购 {sme_actual_yuan} 元，预留 {sme_reserved_yuan} 元；改进措施：按季度检查预留份额。",
    ),
    "asset_allocation": ("办公用房和设备配置符合标准。", "有一类设备超标准配置，已调剂；改进措施：购置前核对标准。"),
    "asset_income": ("资产收益均已及时上缴。", "有 1 笔租金上缴偏晚；改进措施：按月清理。"),
    "asset_inventory": ("年末已盘点，盘点结果已处理。", "年末已盘点，盘亏资产的处置手续尚未办结；改进措施：尽快报批。"),
    "asset_data_quality": (
        "资产年报数据完整、准确，账实相符。",
        "资产年报有两项数据不准确，已更正；改进措施：逐项复核。",
    ),
    "asset_compliance": ("有资产管理制度，检查未发现问题。", "检查发现资产登记不及时；改进措施：按月登记。"),
    "asset_utilization": (
        "在用固定资产 {assets_in_use_wan} 万元，固定资产总额 {assets_total_wan} 万元。",
        "在用固定资产 {assets_in_use_wan} 万元，固定资产总额 {assets_total_wan} 万元；改进措施：及时处置。",
    ),
    "public_funds_control": (
        "公用经费实际支出 {public_funds_actual_wan} 万元，预算安排 {public_funds_budget_wan} 万元。",
        "公用经费实际支出 {public_funds_actual_wan} 万元，预算安排 {public_funds_budget_wan} 万元；措施：压减开支。",
    ),
    "three_public": (
        "“三公”经费实际支出 {three_public_actual_wan} 万元，预算 {three_public_budget_wan} 万元。",
        "“三公”经费实际支出 {three_public_actual_wan} 万元，超出预算 {three_public_budget_wan} 万元；措施：严格审批。",
    ),
}
_IDLE = {
    "preassessment": "没有达到事前绩效评估标准的新增项目。",
    "budget_disclosure": "经批准定为涉密单位，预决算不予公开。",
    "asset_income": "没有出租、出借资产，没有资产收益。",
}


def evidence(answers: Mapping[str, Any], lost: Collection[str], idle: Collection[str]) -> dict[str, str]:
    """A text a row: what it rests on, and, where points are ``lost``, why and what is to be done about it."""
    return {
        code: _IDLE.get(code, NOTHING) if code in idle else texts[code in lost].format_map(answers)
        for code, texts in _TEXTS.items()
    }
