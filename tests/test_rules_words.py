"""What every outcome of every rule kind says, word for word, and how settings other than the defaults are explained."""

from __future__ import annotations

from datetime import timedelta

import pytest

from perfeval_xl.scheme.rules.base import LineScore, Result, Rule
from perfeval_xl.scheme.rules.inputs import show_amount, show_points
from tests import test_rules_amounts as amounts
from tests import test_rules_annex_rows as annex
from tests import test_rules_checks as checks
from tests import test_rules_deductions as deductions
from tests import test_rules_discretionary as discretionary
from tests import test_rules_mean_rate as mean_rate
from tests import test_rules_publication as publication
from tests import test_rules_ratio_bands as ratio_bands
from tests import test_rules_shortfall as shortfall
from tests.rulekit import D, Plain, amount, answers, context, count, day, percent, read_with_problems, score, yesno

SCORED, NOTHING, REVIEW, MISSING = Result.SCORED, Result.NOT_APPLICABLE, Result.NEEDS_REVIEW, Result.MISSING
MONTHLY, ANNUAL = mean_rate.MONTHLY, mean_rate.ANNUAL
GOOD, THURSDAY = publication.GOOD, publication.THURSDAY

SAID: list[tuple[Rule, int, dict[str, Plain], Result, str]] = [
    (mean_rate.RULE, 10, {**MONTHLY}, MISSING, "没有填写任何月份的通报执行率"),
    (mean_rate.RULE, 10, {**MONTHLY, "rate_1": 1, "rate_2": "无"}, REVIEW, "rate_2填报有误，改正后才能计分"),
    (mean_rate.RULE, 10, {**ANNUAL, "spent": 1, "budget": 0}, REVIEW, "1 ÷ 0，预算为 0，无法计算执行率"),
    (
        mean_rate.RULE, 10, {**ANNUAL, "spent": 100, "budget": 100}, SCORED, "100 ÷ 100 = 100.00%，× 10 分 = 10.00 分",
    ),
    (amounts.CAPPED, 1, {"actual": 0, "budget": 0}, NOTHING, "效能数值：两项均为 0，按满分计"),
    (amounts.CAPPED, 1, {"actual": 5, "budget": 0}, REVIEW, "效能数值：5 ÷ 0，分母为 0，无法计算"),
    (amounts.CAPPED, 1, {"actual": 5, "budget": 5}, SCORED, "5 ÷ 5 = 100.00%，× 1 分 = 1.00 分"),
    (amounts.WHOLE, 2, {"actual": 0, "budget": 0}, SCORED, "预算和实际支出均为 0，没有超支，得满分 2 分"),
    (amounts.WHOLE, 2, {"actual": "1000.5", "budget": 0}, SCORED, "预算为 0，实际支出 1,000.5，不得分"),
    (amounts.WHOLE, 2, {"actual": 5, "budget": 5}, SCORED, "（5 − 5）÷ 5 = 0.00%，不超过 0，得满分 2 分"),
    (ratio_bands.RULE, 2, {"closing": 1, "opening": 0, "general": 0}, REVIEW, "结转率：1 ÷ 0，分母为 0，无法计算"),
    (ratio_bands.RULE, 2, {"closing": 0, "opening": 0, "general": 0}, NOTHING, "结转率：分子、分母均为 0，按满分计"),
    (publication.RULE, 2, {"classified": True}, NOTHING, "涉密：是，依法不公开，按满分计"),
    (
        publication.RULE, 2, {"classified": False, "b_published": "未公开", "a_published": "未公开"}, SCORED,
        "预算、决算未公开，本项不得分",
    ),
    (
        publication.RULE, 2, {**GOOD, "b_published": THURSDAY + timedelta(21)}, SCORED,
        "预算批复后 21 日公开（超过 20 日），不得分；预算公开检查未发现问题，得 0.5 分；决算批复后 0 日公开（20 日内），得 0.5 分；"
        "决算公开检查未发现问题，得 0.5 分；合计 1.5 分",
    ),
    (publication.RULE, 2, {**GOOD, "b_published": THURSDAY - timedelta(1)}, REVIEW, "预算公开日期早于批复日期"),
    (publication.HALVES, 2, {**GOOD, "b_published": "未公开"}, SCORED,
     "预算未公开，不得分；决算批复后 0 日公开（20 日内），得 0.5 分；决算公开检查未发现问题，得 0.5 分；合计 1 分"),
    (discretionary.SCORE, 2, {"accurate": True}, SCORED, "数据准确：是，得满分 2 分"),
    (discretionary.SCORE, 2, {"accurate": False, "given": "1.5", "why": "错"}, SCORED, "数据准确：否，酌情给 1.50 分（错）"),
    (discretionary.SCORE, 2, {"accurate": False, "given": 1}, REVIEW, "酌情得分须填写“扣分理由”"),
    (discretionary.DEDUCTION, 5, {"rules": False, "duties": True}, SCORED, "办法：没有，0 分；分工：有，2.5 分；合计 2.5 分"),
    (discretionary.DEDUCTION, 5, {"rules": True, "duties": True}, MISSING, "方面数未填"),
    (discretionary.DEDUCTION, 5, {"rules": True, "aspects": "无", "duties": "无"}, REVIEW, "有分工、方面数填报有误，改正后才能计分"),
    (shortfall.RULE, 3, {"due": 0, "done": 0}, NOTHING, "应做 0，已做 0，没有应做的事项，按满分计"),
    (shortfall.RULE, 3, {"due": 2, "done": 3}, REVIEW, "应做 2，已做 3，后者大于前者"),
    (shortfall.RULE, 3, {"due": 5, "done": 3}, SCORED, "应做 5，已做 3，差 2 项：3 − 0.5 × 2 = 2 分"),
    (shortfall.RULE, 3, {"due": 9, "done": 0}, SCORED, "应做 9，已做 0，差 9 项：3 − 0.5 × 9 = −1.5 分，扣完为止，得 0.00 分"),
    (shortfall.RULE, 3, {"due": 6, "done": 0}, SCORED, "应做 6，已做 0，差 6 项：3 − 0.5 × 6 = 0 分"),
    (shortfall.RULE, 3, {"due": 6, "done": 6}, SCORED, "应做 6，已做 6，全部完成，得满分 3 分"),
    (shortfall.ZERO, 3, {"due": 6, "done": 0}, SCORED, "应做 6，已做 0，一项未做，不得分"),
    (deductions.RULE, 2, {**deductions.CLEAN, "leak": True}, SCORED, "有泄漏：是，扣 0.25 分；2 分扣至 1.75 分"),
    (deductions.RULE, 2, {}, MISSING, "小问题、大问题、有制度、有泄漏未填"),
    (checks.single(checks.YES), 3, {"made": True, "handled": True}, SCORED, "盘点：是，得 3 分"),
    (checks.single(checks.YES), 3, {"made": False, "handled": False}, SCORED, "盘点：做了、处理了为“否”，不得分"),
    (checks.single(checks.YES), 3, {"made": True}, MISSING, "处理了未填"),
    (checks.single(checks.ZERO), 3, {"late": 0, "wrong": 0}, SCORED, "时限：没有不符合的，得 3 分"),
    (checks.single(checks.ZERO), 3, {"late": 2, "wrong": 1}, SCORED, "时限：晚的 2、错的 1，不得分"),
    (checks.single(checks.COVERED), 3, {"due": 2, "done": 2}, SCORED, "覆盖：2 ÷ 2 = 100.00%，得 3 分"),
    (checks.single(checks.COVERED), 3, {"due": 2, "done": 3}, REVIEW, "覆盖：3 大于总数 2"),
    (checks.single(checks.BY_DATE), 3, {"due_on": checks.DUE, "done_on": checks.DUE}, SCORED,
     "按时：规定 2024-03-08，实际 2024-03-08，得 3 分"),
    (checks.single(checks.BY_DATE), 3, {"done_on": "未公开"}, SCORED, "按时：未公开，不得分"),
    (checks.single(checks.DEDUCT), 3, {"alerts": 2, "late_alerts": 3}, REVIEW, "提醒：3 大于总数 2"),
    (checks.single(checks.DEDUCT), 3, {"alerts": 2, "late_alerts": 2}, SCORED, "提醒：晚的提醒 2，得 1 分"),
    (checks.single(checks.YES_IF), 3, {"asked": True, "answered": True}, SCORED, "反馈：是，得 3 分"),
    (checks.single(checks.YES_IF), 3, {"asked": True, "answered": False}, SCORED, "反馈：否，不得分"),
    (checks.single(checks.YES_IF), 3, {"asked": False}, SCORED, "反馈：收到意见：否，得 3 分"),
    (annex.RULE, 10, {"filed": False}, SCORED, "已报目标：否，本项不得分"),
    (annex.RULE, 10, {"filed": True}, MISSING, "产出指标没有填写"),
    (annex.RULE, 10, {"filed": True, **annex.measured("≥", None, None, name=None)}, MISSING, "第 1 行“未写名称”缺名称、目标值、完成值"),
    (
        annex.RULE, 10, {"filed": True, **annex.measured("≥", None, 1), **annex.row(2, weight=None)}, MISSING,
        "第 1 行“某指标”缺目标值；第 2 行“某指标”缺性质、权重",
    ),
    (annex.RULE, 10, {"filed": True, **annex.measured("≥", "无", "多")}, REVIEW, "第 1 行“某指标”的目标值、完成值填报有误"),
    (annex.RULE, 10, {"filed": True, **annex.measured("≥", 0, 1)}, REVIEW, "第 1 行“某指标”目标值为 0"),
    (
        annex.RULE, 10, {"filed": True, **annex.judged(annex.BEST, 7, weight=9)}, REVIEW,
        "第 1 行“某指标”评为“达成”，得分 7 不在 7.20（含）至 9.00（含）之间；各行权重合计 9，应为 10",
    ),
    (
        annex.RULE, 10,
        {"filed": True, **annex.measured("≥", 4, 3, weight=4), **annex.row(2, nature="≤", target=2, actual=3, weight=6)},
        SCORED, "共 2 行，得分合计 3.00 分；未得满分的：第 1 行“某指标”完成率 75.00%，得 3.00 分（权重 4），"
        "第 2 行“某指标”完成率 50.00%，得 0.00 分（权重 6）",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "points", "values", "result", "basis"), SAID)
def test_what_is_said(rule: Rule, points: int, values: dict[str, Plain], result: Result, basis: str) -> None:
    outcome = score(rule, points, **values)
    assert (outcome.result, outcome.basis) == (result, basis)


TOLD: list[tuple[Rule, int, dict[str, Plain], str, str]] = [
    (
        mean_rate.RULE, 10, {**ANNUAL, "spent": 90, "budget": 100}, "basis",
        "某项指标：评分标准要求按各月通报执行率的平均值计算，现只有年度执行率 90.00%，暂按年度执行率计 9.00 分。请补填各月通报数。",
    ),
    (
        mean_rate.RULE, 10, {**ANNUAL, "spent": 90, "budget": 100, "rate_1": 1}, "basis",
        "某项指标：填有各月通报执行率（平均 100.00%），又选了年度执行率（90.00%）。评分标准要求按月度平均计算，请核对。",
    ),
    (
        mean_rate.RULE, 10, {**ANNUAL, "spent": 1, "budget": 0}, "budget",
        "预算为 0，而支出为 1 万元，无法计算。请核对两项数据。",
    ),
    (amounts.CAPPED, 1, {"actual": 5, "budget": 0}, "budget", "预算为 0，而实际为 5 万元，无法计算。请核对两项数据。"),
    (
        ratio_bands.RULE, 2, {"closing": 1, "opening": 0, "general": 0}, "opening",
        "年初＋一般为 0，而年末为 1 万元，无法计算。请核对两项数据。",
    ),
    (ratio_bands.WHOLE, 3, {"on_time": 2, "all": 1}, "on_time", "及时 2 大于总数 1。请核对两项数据。"),
    (shortfall.RULE, 3, {"due": 2, "done": 3}, "done", "已做 3 大于应做 2。请核对两项数据。"),
    (checks.single(checks.COVERED), 3, {"due": 2, "done": 3}, "done", "已做 3 大于应做 2。请核对两项数据。"),
    (
        checks.single(checks.DEDUCT), 3, {"alerts": 2, "late_alerts": 3}, "late_alerts",
        "晚的提醒 3 大于提醒 2。请核对两项数据。",
    ),
    (
        publication.RULE, 2, {**GOOD, "b_published": THURSDAY - timedelta(1)}, "b_published",
        "b_published（2024-03-06）早于b_approved（2024-03-07）。请核对日期。",
    ),
    (discretionary.SCORE, 2, {"accurate": False, "given": 1}, "why", "某项指标：酌情扣分（或得分）须写明理由。请补充。"),
    (
        discretionary.DEDUCTION, 5, {"rules": True, "aspects": 3, "duties": True, "off": 1}, "why",
        "某项指标：酌情扣分（或得分）须写明理由。请补充。",
    ),
    (
        annex.RULE, 10, {"filed": True, **annex.measured("≥", 1, 1, weight=9)}, "outputs_r01_weight",
        "某项指标：各行权重合计 9，应为 10。请调整权重。",
    ),
    (
        annex.RULE, 10, {"filed": True, **annex.measured("≥", 0, 1)}, "outputs_r01_target",
        "第 1 行“某指标”目标值为 0，无法计算完成率。请核对年初目标值或指标性质。",
    ),
    (
        annex.RULE, 10, {"filed": True, **annex.measured("≥", None, 1)}, "outputs_r01_target",
        "第 1 行“某指标”缺目标值。请补全或清空整行。",
    ),
    (
        annex.RULE, 10, {"filed": True, **annex.measured("≥", 1, 2)}, "outputs_r01_actual",
        "第 1 行“某指标”：完成率 200.00%，超过 150% 只得一半分。请说明目标值是否偏低，并填写偏差原因。",
    ),
    (
        annex.RULE, 10, {"filed": True, **annex.measured("≥", 4, 3, deviation_reason=None)}, "outputs_r01_deviation_reason",
        "第 1 行“某指标”：得分 7.50 低于权重 10，偏差原因未填。请补充。",
    ),
    (
        annex.RULE, 10, {"filed": True, **annex.judged(annex.BEST, 7)}, "outputs_r01_judged_score",
        "第 1 行“某指标”评为“达成”，得分应在 8.00（含）至 10.00（含）之间，现为 7。请调整档次或得分。",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "points", "values", "field", "message"), TOLD)
def test_what_is_found_is_told_at_its_cell(
    rule: Rule, points: int, values: dict[str, Plain], field: str, message: str
) -> None:
    [found] = score(rule, points, **values).findings
    assert found.message == message
    assert found.cell == answers(rule.context, values).cell(field)


ZERO_BASE = "分子、分母均为 0 的，按不适用计满分；仅分母为 0 的，由人工核定。"
EXPLAINED: list[tuple[Rule, int, list[str]]] = [
    (annex.RULE, 10, [
        "“已报目标”为“否”的，得 0 分。",
        "逐行计分后相加，各行权重合计应为 10；每行得分四舍五入到 0.01，完成率不作四舍五入。",
        "性质为 ≥、>、= 的：完成率 = 实际值 ÷ 目标值。",
        "性质为 ≤、< 的：达到目标得满分；未达到的，完成率 = 2 − 实际值 ÷ 目标值。",
        "完成率不足 60% 的不得分，等于 60% 的按完成率计分，60% 至 100% 的得分 = 完成率 × 权重，100% 至 150%（含）的得满分，超过 150% 的得权重的一半。",
        "目标值为 0 的：性质为 =、≤、< 且实际值为 0 的得满分，实际值大于 0 的不得分；性质为 ≥、> 的由人工核定。",
        "性质为“定性”的，由单位选定档次并给分，须写评分依据：",
        "“未达成”：得分不足 权重的 60%。",
        "“部分达成”：得分达到 权重的 60% 但不足 权重的 80%。",
        "“达成”：得分达到 权重的 80% 但不超过 权重的 100%。",
    ]),
    (mean_rate.RULE, 10, [
        "“basis”为“月度平均”的：已通报各月执行率（每月最高 100%）的平均数 × 10 分；未通报的月份留空，不计入月数。",
        "“basis”为“年度执行率”的：支出 ÷ 预算（最高 100%） × 10 分，并提示评分标准要求按月度平均计算。",
        "没有任何月份的通报执行率、但填有年度预算和支出的，暂按年度执行率计分并提示。",
    ]),
    (publication.HALVES, 2, [
        "“涉密”为“是”的，按不适用计满分。",
        "未公开的，该部分 0 分。",
        "预算（1 分）：批复之日起 20 日内公开（批复当日不计，期限末日为休息日的顺延至下一工作日）得 0.5 分；“b_problem”为“否”得 0.5 分。",
        "决算（1 分）：批复之日起 20 日内公开（批复当日不计，期限末日为休息日的顺延至下一工作日）得 0.5 分；“a_problem”为“否”得 0.5 分。",
    ]),
    (amounts.CAPPED, 1, [
        "效能数值 = 实际 ÷ 预算，不作四舍五入。", "得分 = 效能数值 × 1 分，最高 1 分。",
        "两项均为 0 的，按不适用计满分；仅分母为 0 的，由人工核定。",
    ]),
    (amounts.WHOLE, 2, [
        "某项指标 =（实际 − 预算）÷ 预算，不作四舍五入。",
        "不超过 0 的，得满分 2 分；超过 0 的，每满 5% 扣 0.5 分，不满 5% 的部分不扣，减至 0 分为止。",
        "“预算”为 0 的：没有支出得满分，有支出不得分。",
    ]),
    (ratio_bands.RULE, 2, [
        "结转率 = 年末 ÷ （年初＋一般），不作四舍五入。", "结转率不超过 10% 的，得 2 分。", "结转率超过 10% 但不超过 20% 的，得 1 分。",
        "结转率超过 20% 但不超过 30% 的，得 0.5 分。", "结转率超过 30% 的，得 0 分。", ZERO_BASE,
    ]),
    (ratio_bands.WHOLE, 3, [
        "及时率 = 及时 ÷ 总数，不作四舍五入。", "及时率不足 80% 的，得 0 分。", "及时率达到 80% 但不足 90% 的，得 1 分。",
        "及时率达到 90% 但不足 100% 的，得 2 分。", "及时率达到 100% 的，得 3 分。", ZERO_BASE,
    ]),
    (checks.single('label = "盘点", test = "yes", fields = ["made"]'), 3, ["盘点（3 分）：“做了”为“是”。"]),
    (checks.single('label = "时限", test = "zero", fields = ["late"]'), 3, ["时限（3 分）：“晚的”为 0。"]),
    (checks.single(checks.BY_DATE.replace("done_on", "due_on")), 3, ["按时（3 分）：“due_on”不晚于“due_on”。"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "points", "lines"), EXPLAINED)
def test_a_rule_is_explained(rule: Rule, points: int, lines: list[str]) -> None:
    assert rule.explain(D(points)) == lines


@pytest.mark.parametrize(
    ("rule", "default", "lines"),
    [
        (
            annex.OTHER, annex.RULE,
            [
                "性质为 ≤、< 的：达到目标得满分；未达到的，完成率 = 目标值 ÷ 实际值。",
                "完成率不足 60% 的不得分，等于 60% 的不得分，60% 至 100% 的得分 = 完成率 × 权重，100% 至 150%（含）的得满分，"
                "超过 150% 的得完成率 × 权重的一半，最高不超过权重。",
            ],
        ),
        (mean_rate.WAITING, mean_rate.RULE, []),
        (
            publication.STRICT, publication.RULE,
            [
                "预算（1 分）：批复之日起 20 日内公开（批复当日不计）得 0.5 分；“b_problem”为“否”得 0.5 分。",
                "决算（1 分）：批复之日起 20 日内公开（批复当日不计）得 0.5 分；“a_problem”为“否”得 0.5 分。",
            ],
        ),
        (publication.RULE, publication.HALVES, ["预算、决算有一项未公开的，本项 0 分。"]),
        (amounts.OPEN, amounts.CAPPED, ["得分 = 效能数值 × 10 分。"]),
        (amounts.STARTED, amounts.WHOLE, ["不超过 0 的，得满分 10 分；超过 0 的，每超 5% 扣 0.5 分，不足 5% 按 5% 计，减至 0 分为止。"]),
        (amounts.LINEAR, amounts.WHOLE, ["不超过 0 的，得满分 10 分；超过 0 的，按比例扣分，每 5% 扣 0.5 分，减至 0 分为止。"]),
        (shortfall.ZERO, shortfall.RULE, ["一项未做的，不得分。"]),
        (
            checks.single(f'{checks.COVERED}, partial = "proportional"'), checks.single(checks.COVERED),
            ["覆盖（3 分）：“已做”等于“应做”（“应做”为 0 的计满分，未全部完成的按比例计）。"],
        ),
    ],
)  # fmt: skip
def test_another_setting_is_explained_by_other_lines(rule: Rule, default: Rule, lines: list[str]) -> None:
    points = D(2) if rule.kind == "publication" else D(10)
    assert [line for line in rule.explain(points) if line not in default.explain(points)] == lines


def test_a_row_shows_its_rate_and_score_whatever_the_gate_says() -> None:
    given = answers(
        annex.FIELDS, {"filed": False, **annex.measured("≥", 4, 3), **annex.judged(annex.MIDDLE, 7), **annex.row(2)}
    )
    lines = [annex.RULE.line_score(given, row) for row in (1, 2, 3)]
    assert lines == [LineScore(1, None, D(7)), LineScore(2, None, None), LineScore(3, None, None)]
    given = answers(annex.FIELDS, annex.measured("≥", 4, 3))
    assert annex.RULE.line_score(given, 1) == LineScore(1, D("0.75"), D("7.5"))


def test_a_number_is_shown_with_its_unit() -> None:
    shown = [show_amount(field, D("0.9825")) for field in (percent("x"), amount("x"), count("x"))]
    assert shown == ["98.25%", "0.9825 万元", "0.9825"]
    assert [show_points(D(each)) for each in ("0.90", "1.2345", "0.12345", "2")] == ["0.9", "1.2345", "0.1235", "2"]


NEVER = day("never", "未公开")


@pytest.mark.parametrize(
    "toml",
    [
        'kind = "checks"\nparts = [{label = "一", test = "by_date", due = "never", done = "on", share = 1}]',
        'kind = "publication"\nclassified = "exempt"\ndays = 20\n'
        'parts = [{label = "一", approved = "never", published = "on", problem = "exempt", share = 1}]',
    ],
)
def test_a_day_to_count_from_that_never_came_is_an_error_and_not_a_score(toml: str) -> None:
    rule, found = read_with_problems(toml, context(NEVER, day("on", "还没有"), yesno("exempt")), 1)
    assert any("不能有 never" in each for each in found)
    with pytest.raises(TypeError, match="no dates to compare"):
        score(rule, 1, never="未公开", on=THURSDAY, exempt=False)
