"""The annex rows (绩效指标完成情况) that a fictitious unit of each type would file."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

Row = dict[str, str]
MET, PARTLY, MISSED = "达成年度指标", "部分达成年度指标并具有一定效果", "未达成年度指标且效果较差"


@dataclass(frozen=True)
class Goal:
    """One row of a template; ``targets`` are the ends between which the year's target is drawn; equal ends fix it."""

    name: str
    dimension: str
    nature: str
    targets: tuple[int, int]
    unit: str
    weight: int


def _judged(name: str, dimension: str, weight: int) -> Goal:
    return Goal(name, dimension, "定性", (0, 0), "", weight)


_SCHOOL_OUTPUTS = (
    Goal("在校学生人数", "数量", "≥", (420, 1900), "人", 4),
    Goal("开展教研活动", "数量", "≥", (24, 80), "次", 3),
    Goal("教师培训", "数量", "≥", (60, 260), "人次", 3),
    Goal("国家课程开设率", "质量", "=", (100, 100), "%", 3),
    Goal("毕业生合格率", "质量", "≥", (95, 99), "%", 2),
    Goal("资助资金拨付及时率", "时效", "=", (100, 100), "%", 2),
    Goal("生均公用经费支出", "成本", "≤", (1150, 1950), "元/生", 2),
    _judged("校舍维修成本控制", "成本", 1),
)
_SCHOOL_BENEFITS = (
    Goal("学生体质健康优良率", "社会", "≥", (50, 62), "%", 4),
    Goal("校园安全责任事故", "社会", "≤", (0, 0), "起", 3),
    _judged("教学质量稳步提升", "社会", 4),
    _judged("办学条件持续改善", "可持续影响", 3),
    Goal("家长满意度", "满意度", "≥", (88, 92), "%", 4),
    Goal("学生满意度", "满意度", "≥", (88, 92), "%", 2),
)
_KINDERGARTEN_OUTPUTS = (
    Goal("在园幼儿人数", "数量", "≥", (120, 420), "人", 4),
    Goal("开展亲子及家园共育活动", "数量", "≥", (6, 20), "次", 3),
    Goal("教职工培训", "数量", "≥", (20, 80), "人次", 3),
    Goal("教职工持证上岗率", "质量", "=", (100, 100), "%", 4),
    Goal("幼儿食谱每周公示率", "时效", "=", (100, 100), "%", 3),
    Goal("生均保教成本", "成本", "≤", (8600, 13200), "元/生", 3),
)
_KINDERGARTEN_BENEFITS = (
    Goal("幼儿体检率", "社会", "≥", (98, 99), "%", 4),
    Goal("幼儿伤害责任事故", "社会", "≤", (0, 0), "起", 4),
    _judged("保教质量稳步提升", "社会", 4),
    _judged("园舍环境持续改善", "可持续影响", 3),
    Goal("家长满意度", "满意度", "≥", (90, 94), "%", 5),
)
_INSTITUTION_OUTPUTS = (
    Goal("服务学校（幼儿园）数", "数量", "≥", (60, 160), "所", 4),
    Goal("举办培训、教研和竞赛活动", "数量", "≥", (12, 60), "场", 4),
    Goal("参加培训人员", "数量", "≥", (400, 2600), "人次", 3),
    Goal("培训合格率", "质量", "≥", (95, 98), "%", 3),
    Goal("年度重点工作按期完成率", "时效", "=", (100, 100), "%", 3),
    Goal("培训人均成本", "成本", "≤", (240, 450), "元/人", 3),
)
_INSTITUTION_BENEFITS = (
    Goal("服务覆盖率", "社会", "≥", (90, 96), "%", 5),
    _judged("对教育教学的支撑作用", "社会", 5),
    _judged("长效工作机制建设", "可持续影响", 4),
    Goal("服务对象满意度", "满意度", "≥", (88, 93), "%", 6),
)
_BY_TYPE = {
    "幼儿园": (_KINDERGARTEN_OUTPUTS, _KINDERGARTEN_BENEFITS),
    "直属单位": (_INSTITUTION_OUTPUTS, _INSTITUTION_BENEFITS),
}


def annex(kind: str, random: Random, rates: tuple[float, float]) -> tuple[list[Row], list[Row]]:
    """(outputs, benefits) of a unit of type ``kind``, completed to a rate between the two ``rates``."""
    outputs, benefits = _BY_TYPE.get(kind, (_SCHOOL_OUTPUTS, _SCHOOL_BENEFITS))
    return [_row(goal, random, rates) for goal in outputs], [_row(goal, random, rates) for goal in benefits]


def _row(goal: Goal, random: Random, rates: tuple[float, float]) -> Row:
    rate = random.uniform(*rates)
    head = {"name": goal.name, "dimension": goal.dimension, "nature": goal.nature}
    if goal.nature == "定性":
        return head | _judgement(goal, rate)
    target = random.randint(*goal.targets)
    actual, met = _actual(goal, target, rate)
    row = head | {"target": str(target), "unit": goal.unit, "actual": actual, "weight": str(goal.weight)}
    return (
        row
        if met
        else row | {"deviation_reason": "年中情况有变化，部分工作顺延，未达到年初目标；下一年度将从严编制目标。"}
    )


def _actual(goal: Goal, target: int, rate: float) -> tuple[str, bool]:
    """What was reached, as typed, and whether that meets the target."""
    if goal.nature == "≤":
        reached = round(target * (2 - rate)) if target else int(rate < 0.9)
        return str(reached), reached <= target
    if goal.unit == "%":
        tenths = min(1000, round(target * rate * 10))
        return f"{tenths // 10}.{tenths % 10}".removesuffix(".0"), tenths >= target * 10
    reached = round(target * rate)
    return str(reached), reached >= target


def _judgement(goal: Goal, rate: float) -> Row:
    if rate >= 1:
        tier, share, basis = MET, 1.0, "年度任务全部完成，见年度工作总结和检查记录。"
    elif rate >= 0.75:
        tier, share, basis = PARTLY, 0.7, "主要任务完成，仍有两项未达要求，见年度工作总结。"
    else:
        tier, share, basis = MISSED, 0.4, "多数任务未完成，见督导检查记录。"
    row = {"weight": str(goal.weight), "tier": tier, "judged_score": f"{goal.weight * share:.1f}", "basis": basis}
    return row if share == 1 else row | {"deviation_reason": "项目启动较晚，人手不足。"}
