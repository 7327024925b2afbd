"""Cross-checks between fields: each kind at its boundary and next to it; blanks, unusable fields and repeats left alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from perfeval_xl.checks import check_findings
from perfeval_xl.findings import Finding, finding
from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.checks import CHECKS, read_check
from perfeval_xl.scheme.checks.base import Check
from perfeval_xl.scheme.checks.dates import NotBefore, Window
from perfeval_xl.scheme.checks.execution import AnnualAgainstMonths
from perfeval_xl.scheme.checks.scales import Magnitude, NotARate
from perfeval_xl.scheme.checks.sums import AtMost, Sum
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.spec import Spec
from perfeval_xl.scorer import score
from tests.small_schemes import amount, given, indicator, small_scheme, submission

D = Decimal
DAY, PERCENT = FieldType.DATE, FieldType.PERCENT
DUE, DONE, LATE = (
    Field(name, label, FieldType.COUNT, unit="项", low=D(0))
    for name, label in (("due", "应做项目"), ("done", "已做项目"), ("late", "迟做项目"))
)
FIRST, SECOND = Field("first", "批复日期", DAY), Field("second", "公开日期", DAY, never="未公开")
MARCH, APRIL = (
    Field(name, label, PERCENT, low=D(0), high=D(2)) for name, label in (("march", "3月执行率"), ("april", "4月执行率"))
)
TOTAL, ONE, TWO = amount("total"), amount("one"), amount("two")
SPENT, BUDGET, YUAN = amount("spent"), amount("budget"), amount("yuan", "元")

CHECKED = (
    Sum(None, TOTAL, (ONE, TWO)),
    AtMost("a", (DUE,), (DONE, LATE)),
    NotBefore("a", FIRST, SECOND),
)


def scheme_of(*checks: Check) -> Scheme:
    row = indicator("a", DUE, DONE, LATE, FIRST, SECOND, MARCH, APRIL, SPENT, BUDGET, YUAN)
    return small_scheme(row, head=(TOTAL, ONE, TWO), checks=checks)


SCHEME = scheme_of(*CHECKED)


def found(
    values: Mapping[str, Value], indicator: str | None, told: tuple[Finding, ...] = (), scheme: Scheme = SCHEME
) -> list[Finding]:
    return check_findings(scheme, given(scheme, values).answers, indicator=indicator, told=told)


def run(check: Check, **values: str | date) -> list[Finding]:
    """What one check of row a finds; numbers and texts are told apart by their looks."""
    typed = {key: D(value) if isinstance(value, str) and value[0].isdigit() else value for key, value in values.items()}
    told = found(typed, check.indicator, scheme=scheme_of(check))
    assert all(each.cell is not None and each.indicator == check.indicator for each in told)
    return told


# ---- sums and parts


@pytest.mark.parametrize("total", ["300.1", "300.10", "300.1000"])
def test_a_sum_that_holds_is_silent(total: str) -> None:
    assert found({"total": D(total), "one": D("100.05"), "two": D("200.05")}, None) == []


@pytest.mark.parametrize("total", ["300.09", "300.11"])
def test_a_sum_that_differs_by_the_least_is_told_at_the_whole(total: str) -> None:
    values: dict[str, Value] = {"total": D(total), "one": D("100.05"), "two": D("200.05")}
    [each] = found(values, None)
    assert each.message == f"total金额为 {total} 万元，各分项合计为 300.1 万元。请核对。"
    assert (each.code, each.expected, each.actual) == ("sum-differs", "300.1 万元", f"{total} 万元")
    assert each.cell == given(SCHEME, values).answers.cell("total")


@pytest.mark.parametrize("lacking", ["total", "one", "two"])
def test_a_sum_with_a_blank_or_unusable_field_is_left_alone(lacking: str) -> None:
    values: dict[str, Value] = {"total": D(1), "one": D(1), "two": D(1)}
    assert found({key: value for key, value in values.items() if key != lacking}, None) == []
    assert found(values | {lacking: "约 1 万"}, None) == []


def test_a_part_may_equal_its_whole_but_not_exceed_it() -> None:
    assert found({"due": D(3), "done": D(3), "late": D(0)}, "a") == []
    [each] = found({"due": D(3), "done": D(4), "late": D(3)}, "a")
    assert each.message == "已做项目 4 项 大于应做项目 3 项。请核对两项数据。"
    assert (each.code, each.indicator) == ("part-exceeds-whole", "a")


def test_each_part_is_told_by_itself() -> None:
    assert [each.actual for each in found({"due": D(3), "done": D(4), "late": D(5)}, "a")] == ["4 项", "5 项"]


def test_a_whole_may_be_the_sum_of_several() -> None:
    check = AtMost("a", (ONE, TWO), (SPENT,))
    assert run(check, one="1", two="2", spent="3") == []
    [each] = run(check, one="1", two="2", spent="3.01")
    assert each.message == "spent金额 3.01 万元 大于one金额＋two金额 3 万元。请核对两项数据。"
    assert run(check, one="1", spent="5") == run(check, one="1", two="约两万", spent="5") == []


def test_what_the_rule_said_already_is_not_said_again() -> None:
    values: dict[str, Value] = {"due": D(3), "done": D(4), "late": D(5)}
    [first, _] = found(values, "a")
    told = finding(
        "part-exceeds-whole", cell=first.cell, indicator="a", part="甲", whole="乙", actual="4 项", expected="3 项"
    )
    assert [each.actual for each in found(values, "a", (told,))] == ["5 项"]


# ---- dates


def test_dates_in_order() -> None:
    same = {"first": date(2024, 3, 1), "second": date(2024, 3, 1)}
    assert found({**same}, "a") == []
    [each] = found({**same, "second": date(2024, 2, 29)}, "a")
    assert each.message == "公开日期（2024-02-29）早于批复日期（2024-03-01）。请核对日期。"
    assert each.cell == given(SCHEME, {}).answers.cell("second")


@pytest.mark.parametrize("second", ["未公开", "二月", None])
def test_what_never_took_place_or_is_not_known_is_not_before_anything(second: str | None) -> None:
    values: dict[str, Value] = {"first": date(2024, 3, 1)}
    assert found(values | ({"second": second} if second else {}), "a") == []


WINDOW = Window("a", (FIRST, SECOND), date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2024, 12, 31)])
def test_a_date_on_the_edge_of_its_window_is_fine(day: date) -> None:
    assert run(WINDOW, first=day, second=day) == []


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2025, 1, 1)])
def test_a_date_outside_its_window_is_told_with_the_window(day: date) -> None:
    [each] = run(WINDOW, first=date(2024, 6, 1), second=day)
    assert each.message == f"公开日期为 {day}，一般应在 2024-01-01 至 2024-12-31 之间。请核对年份和日期。"
    assert (each.code, each.actual, each.expected) == ("date-outside-window", str(day), "2024-01-01 至 2024-12-31")
    assert each.severity == "warning"


@pytest.mark.parametrize("second", ["未公开", "去年"])
def test_what_is_no_date_is_in_every_window(second: str) -> None:
    assert run(WINDOW, second=second) == run(WINDOW) == []


# ---- the year against its months

ANNUAL = AnnualAgainstMonths("a", (MARCH, APRIL), SPENT, BUDGET)


@pytest.mark.parametrize(
    ("march", "april", "spent", "told"),
    [
        ("0.9", "0.92", "96", False),  # 5 points above the mean of 91 %
        ("0.9", "0.92", "96.01", True),
        ("0.9", "0.92", "86", False),
        ("0.9", "0.92", "85.99", True),
        ("0.9", None, "95", False),  # the mean of those that were notified
        ("0.9", None, "95.01", True),
        ("0", None, "5", False),  # a notified 0 % is a month
        ("0", None, "5.01", True),
    ],
)
def test_the_annual_rate_may_be_some_points_off_the_mean_of_the_months(
    march: str, april: str | None, spent: str, told: bool
) -> None:
    months = {"march": march} | ({"april": april} if april else {})
    assert bool(run(ANNUAL, spent=spent, budget="100", **months)) is told


def test_the_finding_about_the_year_shows_both_rates_and_their_distance() -> None:
    [each] = run(ANNUAL, spent="97.5", budget="100", march="0.9", april="0.92")
    assert each.message == (
        "2 个月通报执行率平均 91.00%，按全年支出和预算计算为 97.50%，相差 6.5 个百分点。请核对各月通报数和全年金额。"
    )
    assert (each.code, each.actual, each.expected) == ("annual-rate-off-months", "97.50%", "91.00%")


@pytest.mark.parametrize(
    "values",
    [
        {"spent": "1", "budget": "100"},
        {"spent": "1", "march": "0.9"},
        {"budget": "100", "march": "0.9"},
        {"spent": "1", "budget": "0", "march": "0.9"},
        {"spent": "1", "budget": "100", "march": "0.9", "april": "约九成"},
        {"spent": "无", "budget": "100", "march": "0.9"},
    ],
)
def test_without_months_or_amounts_there_is_nothing_to_compare(values: dict[str, str]) -> None:
    assert run(ANNUAL, **values) == []


def test_the_year_is_not_told_where_the_rule_set_it_beside_the_months() -> None:
    values: dict[str, Value] = {"spent": D(50), "budget": D(100), "march": D("0.9")}
    told = finding("annual-rate-beside-months", name="", actual="50.00%", expected="90.00%")
    scheme = scheme_of(ANNUAL)
    assert len(found(values, "a", scheme=scheme)) == 1
    assert found(values, "a", (told,), scheme) == []


# ---- magnitudes

SCALE = Magnitude("a", SPENT, BUDGET)


@pytest.mark.parametrize(
    ("spent", "budget", "told"),
    [
        ("1647500", "164.75", True),  # 10,000 times
        ("164.75", "1647500", True),
        ("1000", "1", True),
        ("999.99", "1", False),
        ("100000", "1", True),
        ("100000.01", "1", False),
        ("1", "1000", True),
        ("1", "999.99", False),
        ("1", "100000", True),
        ("1", "100000.01", False),
        ("0", "1647500", False),
        ("1647500", "0", False),
        ("364.75", "300", False),
    ],
)
def test_amounts_a_unit_apart_are_told(spent: str, budget: str, told: bool) -> None:
    assert bool(run(SCALE, spent=spent, budget=budget)) is told


def test_the_finding_about_magnitudes_names_both() -> None:
    [each] = run(SCALE, spent="1647500", budget="170")
    assert each.message == (
        "spent金额 1,647,500 万元，budget金额 170 万元，两项相差悬殊，可能是元和万元填混了。请核对两项的单位。"
    )
    assert (each.code, each.severity, each.actual, each.expected) == (
        "magnitude-off", "warning", "1,647,500 万元", "170 万元",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("yuan", "spent", "told"),
    [("5000000", "500", False), ("500", "500", True), ("5000000000", "50", True), ("50000", "50", False)],
)
def test_amounts_of_other_units_are_compared_in_yuan(yuan: str, spent: str, told: bool) -> None:
    assert bool(run(Magnitude("a", YUAN, SPENT), yuan=yuan, spent=spent)) is told


@pytest.mark.parametrize(
    ("spent", "budget", "told"),
    [
        ("7", "100", False),
        ("70000", "100", True),
        ("0.0007", "100", True),
        ("6999", "100", False),
        ("7000", "100", True),
    ],
)
def test_what_is_usual_between_two_amounts_is_data(spent: str, budget: str, told: bool) -> None:
    check = Magnitude("a", SPENT, BUDGET, usual=D("0.07"))
    assert bool(run(check, spent=spent, budget=budget)) is told


def test_a_reference_may_come_from_elsewhere() -> None:
    assert SCALE.slipped(D(3_647_500), D(350))
    assert not SCALE.slipped(D("364.75"), D(350))


@pytest.mark.parametrize("values", [{"spent": "1647500"}, {"budget": "1"}, {"spent": "1647500", "budget": "一"}])
def test_a_lone_amount_has_no_magnitude(values: dict[str, str]) -> None:
    assert run(SCALE, **values) == []


# ---- rates in place of amounts

RATE = NotARate("a", (SPENT, BUDGET), rates=(MARCH,))


@pytest.mark.parametrize(
    ("spent", "budget", "told"),
    [
        ("0.9858", "100", True),
        ("0.9858", "99.99", False),
        ("1.5", "100", True),
        ("1.51", "100", False),
        ("0", "100", False),
        ("100", "0.9858", True),
        ("0.9858", "1.2", False),
    ],
)
def test_a_small_fraction_beside_a_large_amount_is_told(spent: str, budget: str, told: bool) -> None:
    assert bool(run(RATE, spent=spent, budget=budget)) is told


def test_the_finding_about_a_rate_stands_at_it() -> None:
    scheme, values = scheme_of(RATE), {"spent": D(200), "budget": D("0.9858")}
    [each] = found({**values}, "a", scheme=scheme)
    assert each.message == "budget金额为 0.9858 万元，而spent金额为 200 万元，看起来像是比率。此处请填金额。"
    assert each.cell == given(scheme, {**values}).answers.cell("budget")
    assert (each.code, each.severity) == ("amount-like-rate", "warning")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"spent": "98.58", "march": "0.9858"}, True),
        ({"spent": "98.57", "march": "0.9858"}, False),
        ({"spent": "98.58", "april": "0.9858"}, False),  # not one of the check's rates
        ({"spent": "98.58", "a_evidence": "执行率为98.58%"}, True),
        ({"spent": "98.58", "a_evidence": "执行率为百分之九十八点五八"}, True),
        ({"spent": "98.58", "a_evidence": "执行率为98.57%"}, False),
        ({"spent": "98.58", "a_evidence": "支出98.58万元"}, False),
        ({"spent": "98.58"}, False),
    ],
)
def test_an_amount_that_equals_a_percentage_of_the_row_is_told(values: dict[str, str], told: bool) -> None:
    assert bool(run(RATE, budget="20000", **values)) is told


def test_an_amount_that_is_that_share_of_the_other_is_none() -> None:
    assert run(RATE, spent="98.58", budget="100", march="0.9858") == []
    assert len(run(RATE, spent="98.58", budget="100.01", march="0.9858")) == 1


def test_a_check_of_no_row_has_no_evidence_to_look_at() -> None:
    check = NotARate(None, (ONE, TWO))
    assert [each.code for each in run(check, one="0.9", two="200")] == ["amount-like-rate"]
    assert run(check, one="98.58", two="200", a_evidence="为98.58%") == []


def test_a_check_may_look_at_stated_percentages_only() -> None:
    check = NotARate("a", (SPENT, BUDGET), most=D(0))
    assert run(check, spent="0.43", budget="20000") == []
    assert len(run(check, spent="0.43", budget="20000", a_evidence="结余率0.43%")) == 1
    assert len(run(check, spent="0.0043", budget="20000", a_evidence="结余率0.43%")) == 1


@pytest.mark.parametrize("values", [{"spent": "0.9"}, {"budget": "200"}, {"spent": "九成", "budget": "200"}])
def test_a_lone_amount_is_no_rate(values: dict[str, str]) -> None:
    assert run(RATE, **values) == []


# ---- all together


def test_checks_belong_to_their_row() -> None:
    values: dict[str, Value] = {"total": D(1), "one": D(1), "two": D(1), "due": D(1), "done": D(2)}
    assert [each.code for each in found(values, None)] == ["sum-differs"]
    assert [each.code for each in found(values, "a")] == ["part-exceeds-whole"]
    assert found(values, "b") == []


FIELDS = {
    each.id: each for each in (*(TOTAL, ONE, TWO, SPENT, BUDGET, YUAN), *(DUE, DONE, LATE, FIRST, SECOND, MARCH, APRIL))
} | {"bare": Field("bare", "无单位金额", FieldType.AMOUNT)}
SOUND: dict[str, dict[str, object]] = {
    "sum": {"whole": "total", "parts": ["one", "two"]},
    "at_most": {"whole": ["due"], "parts": ["done", "late"]},
    "not_before": {"earlier": "first", "later": "second"},
    "window": {"fields": ["first", "second"], "first": date(2024, 1, 1), "last": date(2024, 12, 31)},
    "annual_against_months": {"months": ["march", "april"], "spent": "spent", "budget": "budget"},
    "magnitude": {"fields": ["spent", "budget"]},
    "not_a_rate": {"fields": ["spent", "budget"], "rates": ["march"]},
}


def read(kind: str, **changes: object) -> tuple[Check | None, list[str]]:
    problems: list[str] = []
    table = {"kind": kind, "indicator": "a"} | SOUND.get(kind, {}) | changes
    check = read_check(Spec(table, "checks[0]", problems), FIELDS, ["a"])
    return check, problems


def test_every_kind_can_be_read() -> None:
    assert set(SOUND) == set(CHECKS)
    assert read("sum", indicator="") == (CHECKED[0], [])
    assert read("sum")[0] == Sum("a", TOTAL, (ONE, TWO))
    assert read("at_most") == (CHECKED[1], [])
    assert read("not_before") == (CHECKED[2], [])
    assert read("window") == (WINDOW, [])
    assert read("window", last=date(2024, 1, 1))[1] == []
    assert read("magnitude", low=7, high=7)[1] == []
    assert read("annual_against_months") == (ANNUAL, [])
    assert read("annual_against_months", points=2)[0] == AnnualAgainstMonths("a", (MARCH, APRIL), SPENT, BUDGET, D(2))
    assert read("magnitude") == (SCALE, [])
    assert read("magnitude", usual=D("0.1"), low=5, high=50)[0] == Magnitude("a", SPENT, BUDGET, D("0.1"), D(5), D(50))
    assert read("not_a_rate") == (RATE, [])
    assert read("not_a_rate", most=0, sibling=9)[0] == NotARate("a", (SPENT, BUDGET), (MARCH,), D(0), D(9))


REFUSED: list[tuple[str, dict[str, object], str]] = [
    ("at_least", {}, "checks[0].kind: 只能是 sum、"),
    ("sum", {"indicator": "b"}, "checks[0].indicator: 没有指标 'b'"),
    ("sum", {"whole": "none"}, "checks[0].whole: 没有字段 'none'"),
    ("sum", {"whole": 5}, "checks[0].whole: 应为文字，现为 5"),
    ("sum", {"parts": ["first"]}, "checks[0].parts[0]: 字段 'first' 应为数值"),
    ("sum", {"parts": ["one", "due"]}, "checks[0].parts[1]: 单位（项）与 'total' 的单位（万元）不同"),
    ("sum", {"parts": []}, "checks[0].parts: 至少要有一个字段"),
    ("sum", {"months": []}, "checks[0].months: 不认识这一项"),
    ("at_most", {"whole": "due"}, "checks[0].whole: 应为文字列表"),
    ("at_most", {"whole": []}, "checks[0].whole: 至少要有一个字段"),
    ("at_most", {"whole": ["due", "total"]}, "checks[0].whole[1]: 单位（万元）与 'due' 的单位（项）不同"),
    ("at_most", {"parts": ["done", "total"]}, "checks[0].parts[1]: 单位（万元）与 'due' 的单位（项）不同"),
    ("not_before", {"later": "due"}, "checks[0].later: 字段 'due' 应为日期"),
    ("window", {"fields": ["first", "due"]}, "checks[0].fields[1]: 字段 'due' 应为日期"),
    ("window", {"last": date(2023, 12, 31)}, "checks[0].last: 应不早于 first（2024-01-01），现为 2023-12-31"),
    ("window", {"first": 2024}, "checks[0].first: 应为日期"),
    ("annual_against_months", {"months": ["spent"]}, "checks[0].months[0]: 字段 'spent' 应为百分比"),
    ("annual_against_months", {"spent": "due"}, "checks[0].spent: 字段 'due' 应为金额"),
    ("annual_against_months", {"spent": "yuan"}, "checks[0].spent: 单位（元）与 'budget' 的单位（万元）不同"),
    ("annual_against_months", {"points": 0}, "checks[0].points: 应大于 0，现为 0"),
    ("magnitude", {"fields": ["spent"]}, "checks[0].fields: 应正好写 2 个字段"),
    ("magnitude", {"fields": ["spent", "budget", "one"]}, "checks[0].fields: 应正好写 2 个字段"),
    ("magnitude", {"fields": ["spent", "spent"]}, "checks[0].fields: 字段 'spent' 重复"),
    ("magnitude", {"fields": ["spent", "due"]}, "checks[0].fields[1]: 字段 'due' 应为金额"),
    ("magnitude", {"fields": ["spent", "bare"]}, "checks[0].fields[1]: 字段 'bare' 的单位（）不是 元、百元、千元、"),
    ("magnitude", {"usual": 0}, "checks[0].usual: 应大于 0，现为 0"),
    ("magnitude", {"low": 1}, "checks[0].low: 应大于 1，且不大于 high（100,000），现为 1"),
    ("magnitude", {"high": 999}, "checks[0].low: 应大于 1，且不大于 high（999），现为 1,000"),
    ("not_a_rate", {"rates": ["spent"]}, "checks[0].rates[0]: 字段 'spent' 应为百分比"),
    ("not_a_rate", {"most": -1}, "checks[0].most: 应不小于 0，且小于 sibling（100），现为 -1"),
    ("not_a_rate", {"most": 100}, "checks[0].most: 应不小于 0，且小于 sibling（100），现为 100"),
]


@pytest.mark.parametrize(("kind", "changes", "told"), REFUSED)
def test_a_check_that_cannot_be_right_is_refused(kind: str, changes: dict[str, object], told: str) -> None:
    _, problems = read(kind, **changes)
    assert len(problems) == 1
    assert problems[0].startswith(told)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("sum", "total金额 = one金额 + two金额"),
        ("at_most", "已做项目、迟做项目 ≤ 应做项目"),
        ("not_before", "公开日期 不早于 批复日期"),
        ("window", "批复日期、公开日期 一般在 2024-01-01 至 2024-12-31 之间"),
        ("annual_against_months", "spent金额 ÷ budget金额 与各月通报执行率的平均数相差不超过 5 个百分点"),
        ("magnitude", "spent金额 与 budget金额 不应相差 1,000 倍以上：多半是元和万元填混"),
        ("not_a_rate", "spent金额、budget金额 填金额，不填比率"),
    ],
)
def test_the_rule_book_says_what_is_checked(kind: str, told: str) -> None:
    check, _ = read(kind)
    assert check is not None
    assert check.explain() == told
    assert {field.id for field in check.fields()} <= set(FIELDS)


def test_what_is_usual_stands_in_the_rule_book() -> None:
    assert "（前者通常约为后者的 7%）" in Magnitude("a", SPENT, BUDGET, usual=D("0.07")).explain()


# ---- the checks of the published form, on the published case

HUADU = Path(__file__).parents[1] / "samples" / "huadu-2024" / "answers.json"
MONTHS = {f"execution_rate_{month:02d}": "0.9983" for month in range(3, 13)}
SPOILT: dict[str, tuple[dict[str, object], set[str]]] = {
    "as published": ({}, set()),
    "head total": ({"total_budget_wan": "511078.45"}, {"sum-differs"}),
    "development total": ({"development_total_wan": "67828.28"}, {"sum-differs"}),
    "three public spent": ({"vehicles_actual_wan": "30.19"}, {"sum-differs"}),
    "three public planned": ({"vehicles_budget_wan": "46.81"}, {"sum-differs"}),
    "carry-over as large as its base": ({"closing_carryover_wan": "509333.49"}, set()),
    "carry-over larger than its base": ({"closing_carryover_wan": "509333.50"}, {"part-exceeds-whole"}),
    "more units than there are": ({"subordinates_submitted": "178"}, {"part-exceeds-whole"}),
    "more intentions than due": ({"intentions_published": "413"}, {"part-exceeds-whole"}),
    "more late than due": ({"intentions_late_30d": "413"}, {"part-exceeds-whole"}),
    "more filed than due": ({"contracts_filed_on_time": "237"}, {"part-exceeds-whole"}),
    "more assessed than due": ({"preassessment_done": "1"}, {"part-exceeds-whole"}),  # the rule's own, once
    "more signed than there are": ({"contracts_signed_on_time": "237"}, {"part-exceeds-whole"}),
    "accounts before the budget": ({"accounts_approved_on": "2024-02-04"}, {"not-before", "date-outside-window"}),
    "self-evaluation before the goals": ({"selfeval_due_on": "2024-02-28"}, {"not-before", "date-outside-window"}),
    "published before approved": ({"budget_published_on": "2024-02-04"}, {"not-before"}),
    "budget of the year after": ({"budget_published_on": "2025-02-23"}, {"date-outside-window"}),
    "accounts of two years after": ({"accounts_published_on": "2026-01-01"}, {"date-outside-window"}),
    "goals a year late": ({"goals_published_on": "2025-02-23"}, {"date-outside-window"}),
    "self-evaluation a year early": ({"selfeval_published_on": "2024-09-12"}, {"date-outside-window"}),
    "months like the year": (MONTHS | {"execution_basis": "月度平均"}, set()),
    "months unlike the year": (
        dict.fromkeys(MONTHS, "0.94") | {"execution_basis": "月度平均"},
        {"annual-rate-off-months"},
    ),
    "months unlike the year, told by the rule": (dict.fromkeys(MONTHS, "0.94"), set()),
    "spent in 元": ({"annual_spent_wan": "48.28"}, {"magnitude-off"}),
    "income in 元": ({"general_budget_wan": "48.28"}, {"magnitude-off"}),
    "purchases in 万元": ({"sme_actual_yuan": "24525.02"}, {"magnitude-off"}),
    "both purchases in 万元": ({"sme_actual_yuan": "24525.02", "sme_reserved_yuan": "24878.67"}, {"magnitude-off"}),
    "assets in use in 亿元": ({"assets_in_use_wan": "79.66"}, {"magnitude-off"}),
    "public funds spent in 元": ({"public_funds_actual_wan": "0.0365"}, {"magnitude-off", "amount-like-rate"}),
    "three public in 元": (
        {"three_public_actual_wan": "32.54", "three_public_budget_wan": "0.00548"},
        {"magnitude-off"},
    ),
    "vehicles in 元": ({"vehicles_actual_wan": "0.003018"}, {"magnitude-off"}),
    "reception in 元": ({"hospitality_budget_wan": "80000"}, {"magnitude-off"}),
    "a rate for purchases": ({"sme_actual_yuan": "0.99"}, {"amount-like-rate"}),
    "a percentage for purchases": (
        {"sme_actual_yuan": "98.58", "procurement_policy_evidence": "数值为98.58%"},
        {"amount-like-rate"},
    ),
    "a percentage for assets": ({"assets_in_use_wan": "99.78"}, {"amount-like-rate", "magnitude-off"}),
    "a percentage for the year": ({"annual_spent_wan": "99.83"}, {"amount-like-rate", "magnitude-off"}),
    "a percentage for the carry-over": ({"closing_carryover_wan": "0.43"}, {"amount-like-rate"}),
    "a rate for public funds": ({"public_funds_actual_wan": "0.97"}, {"amount-like-rate"}),
}
ABOUT = {"sum-differs", "part-exceeds-whole", "not-before"} | {
    "date-outside-window", "annual-rate-off-months", "magnitude-off", "amount-like-rate",
}  # fmt: skip


@pytest.fixture(scope="module")
def huadu() -> Scheme:
    return load_scheme(Path(__file__).parents[1] / "templates" / "huadu-2024" / "scheme.toml")


@pytest.mark.parametrize("case", SPOILT)
def test_the_published_case_is_clean_and_each_slip_in_it_is_told(huadu: Scheme, case: str) -> None:
    changes, expected = SPOILT[case]
    answers = read_answers(json.dumps(json.loads(HUADU.read_text(encoding="utf-8")) | changes), huadu)
    told = [each for each in score(huadu, submission(huadu, answers)).findings if each.code in ABOUT]
    codes = {each.code for each in told}
    assert expected <= codes
    assert codes <= expected | {"sum-differs"}  # a total is off with its part
    assert len({(each.message, each.indicator) for each in told}) == len(told)
