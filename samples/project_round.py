"""The sample round of projects (samples/project-2020): three fictitious units with five projects, and their answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

COLUMNS = {"单位代码": 14, "单位名称": 24, "单位类型": 12, "联系人": 12, "邮箱": 28, "项目编号": 10, "项目名称": 40}
"""The roster's columns with their widths."""
_MIDDLE = ("440199301", "样例区第一中学", "中学", "王老师", "s301@example.invalid")
_NURSERY = ("440199302", "样例区机关幼儿园", "幼儿园", "李老师", "s302@example.invalid")
_SCHOOL = ("440199303", "样例区实验小学", "小学", "赵老师", "s303@example.invalid")
ROSTER = (
    (*_MIDDLE, "01", "教学楼维修改造"),
    (*_MIDDLE, "02", "智慧课堂设备购置"),
    (*_NURSERY, "01", "学前教育生均公用经费补助"),
    (*_NURSERY, "02", "保育教师培训"),
    (*_SCHOOL, "01", "校园安全设施更新"),
)
_CREATED = datetime(2025, 1, 1)
_DONE, _PARTLY, _POORLY = "达成年度指标", "部分达成年度指标并具有一定效果", "未达成年度指标且效果较差"


def _funds(initial: str, budget: str, executed: str, carried: str = "0") -> dict[str, str]:
    """The grid of the head, all money from the budget but for what was ``carried`` over."""
    found: dict[str, str] = {}
    for column, total in (("initial", initial), ("budget", budget), ("executed", executed)):
        own = f"{float(total) - float(carried):.10g}"
        found |= {f"funds_{column}_wan": total, f"appropriation_{column}_wan": own}
        found |= {f"carryover_{column}_wan": carried, f"other_funds_{column}_wan": "0"}
    return found


def _line(dimension: str, name: str, nature: str, target: str, unit: str, actual: str, weight: str) -> dict[str, str]:
    named = {"dimension": dimension, "name": name, "nature": nature, "target": target, "unit": unit}
    return {**named, **({"actual": actual} if actual else {}), "weight": weight}


def _judged(dimension: str, name: str, goal: str, tier: str, score: str, weight: str, basis: str) -> dict[str, str]:
    named = {"dimension": dimension, "name": name, "nature": "定性", "unit": goal, "tier": tier}
    return {**named, "weight": weight, "judged_score": score, "basis": basis}


def _why(line: dict[str, str], reason: str) -> dict[str, str]:
    return {**line, "deviation_reason": reason}


def _satisfied(name: str, target: str, actual: str, reason: str = "") -> list[dict[str, str]]:
    line = _line("服务对象满意度指标", name, "≥", target, "%", actual, "10")
    return [_why(line, reason) if reason else line]


REPAIR: dict[str, Any] = {
    **_funds("480", "500", "492.5"),
    "expected_goals": "目标1：完成教学楼维修改造3200平方米；目标2：改善1850名学生的学习条件。",
    "achieved_goals": "已完成维修改造3260平方米，9月1日前交付使用，1902名学生受益。",
    "output_rows": [
        _line("数量指标", "维修改造面积", "≥", "3200", "平方米", "3260", "15"),
        _line("质量指标", "工程验收合格率", "=", "100", "%", "100", "15"),
        _line("时效指标", "按期完工率", "≥", "100", "%", "100", "10"),
        _line("成本指标", "每平方米造价", "≤", "1560", "元", "1510.8", "10"),
    ],
    "benefit_rows": [
        _line("社会效益指标", "受益学生人数", "≥", "1850", "人", "1902", "15"),
        _why(
            _judged("可持续影响指标", "办学条件", "明显改善", _DONE, "14.5", "15", "验收报告；改造前后照片。"),
            "室外场地尚未一并改造，已列入下一年度计划。",
        ),
    ],
    "satisfaction_rows": _satisfied(
        "师生满意度", "95", "93.1", "施工期间教室调整，部分班级不便；今后施工尽量安排在假期。"
    ),
}
DEVICES: dict[str, Any] = {
    **_funds("260", "260", "227.5", carried="20"),
    "expected_goals": "购置智慧黑板120台，实现课堂教学信息化。",
    "achieved_goals": "已购置并安装智慧黑板105台，其余15台因招标流标延至下一年度。",
    "output_rows": [
        _why(_line("数量指标", "购置智慧黑板", "≥", "120", "台", "105", "20"), "第三包流标，已重新招标。"),
        _line("质量指标", "设备验收合格率", "=", "100", "%", "100", "10"),
        _why(_line("时效指标", "12月前到货率", "≥", "100", "%", "87.5", "10"), "第三包流标，已重新招标。"),
        _line("成本指标", "单台成本", "≤", "2.2", "万元", "2.15", "10"),
    ],
    "benefit_rows": [
        _why(_line("社会效益指标", "覆盖班级", "≥", "120", "个", "105", "20"), "设备没有全部到货。"),
        _judged("可持续影响指标", "教学信息化水平", "明显提升", _PARTLY, "7", "10", "教研处年度总结。"),
    ],
    "satisfaction_rows": _satisfied("教师满意度", "90", "91"),
    "outputs_self_score": "48.00",
}
SUBSIDY: dict[str, Any] = {
    **_funds("1200", "1200", "1200"),
    "expected_goals": "足额发放生均公用经费，保障幼儿园正常运转。",
    "achieved_goals": "生均公用经费已足额到位。",
    "output_rows": [
        _line("数量指标", "补助幼儿人数", "≥", "420", "人", "428", "20"),
        _line("质量指标", "补助标准执行率", "=", "100", "%", "100", "15"),
        _line("时效指标", "资金按时到位率", "≥", "100", "%", "", "15"),
    ],
    "benefit_rows": [_line("社会效益指标", "家庭负担减轻的幼儿", "≥", "420", "人", "428", "30")],
    "satisfaction_rows": _satisfied("家长满意度", "95", "97.2"),
}
SAFETY: dict[str, Any] = {
    **_funds("86.4", "86.4", "43.2"),
    "expected_goals": "更新监控和消防设施，消除安全隐患。",
    "achieved_goals": "监控设施已更新，消防设施改造没有完成。",
    "output_rows": [
        _line("数量指标", "更新监控点位", "≥", "96", "个", "96", "20"),
        _why(_line("数量指标", "更新消防设施", "≥", "40", "处", "10", "20"), "施工图审查未通过，已重新报审。"),
        _why(_line("时效指标", "按期完工率", "≥", "100", "%", "50", "10"), "消防部分没有按期开工。"),
    ],
    "benefit_rows": [
        _judged("社会效益指标", "安全隐患", "全部消除", _POORLY, "12", "30", "区安全检查通报（消防部分仍有隐患）。")
    ],
    "satisfaction_rows": _satisfied("家长满意度", "90", "81", "消防改造没有完成，家长有担心。"),
}
RETURNS = (
    ("440199301-01", "440199301-01_样例区第一中学_教学楼维修改造.xlsx", REPAIR),
    ("440199301-02", "第一中学（智慧课堂设备购置）.xlsx", DEVICES),
    ("440199302-01", "440199302-01 机关幼儿园 定稿.xlsx", SUBSIDY),
    ("440199302-02", "", {}),
    ("440199303-01", "项目支出绩效自评表.xlsx", SAFETY),
)
"""Of each project its code, the name under which its file comes back ('' where it doesn't), and its answers."""


def answers_lines() -> Iterator[dict[str, Any]]:
    """One object a project, as in the sample district."""
    for code, name, answers in RETURNS:
        yield {"unit": code, "returns": bool(name), "file_name": name, "answers": answers}


def write_projects(folder: Path) -> None:
    """units.xlsx as an operator would type it, and answers.jsonl."""
    folder.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(folder / "units.xlsx") as book:
        book.set_properties({"created": _CREATED})
        sheet = book.add_worksheet("单位名册")
        bold = book.add_format({"bold": True})
        for column, (head, width) in enumerate(COLUMNS.items()):
            sheet.write_string(0, column, head, bold)
            sheet.set_column(column, column, width)
        for row, texts in enumerate(ROSTER, start=1):
            for column, text in enumerate(texts):
                sheet.write_string(row, column, text)
    lines = (json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in answers_lines())
    (folder / "answers.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
