"""Cross-checks between fields: sums, parts within wholes, dates in order; blanks and repeats left alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from perfeval_xl.checks import check_findings
from perfeval_xl.findings import Finding, finding
from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.model import Check
from tests.small_schemes import amount, given, indicator, small_scheme

D = Decimal
DAY = FieldType.DATE
SCHEME = small_scheme(
    indicator(
        "a",
        Field("due", "应做项目", FieldType.COUNT, unit="项", low=D(0)),
        Field("done", "已做项目", FieldType.COUNT, unit="项", low=D(0)),
        Field("late", "迟做项目", FieldType.COUNT, unit="项", low=D(0)),
        Field("first", "批复日期", DAY),
        Field("second", "公开日期", DAY, never="未公开"),
    ),
    head=(amount("total"), amount("one"), amount("two")),
    checks=(
        Check("sum", "total", ("one", "two")),
        Check("at_most", "due", ("done", "late"), "a"),
        Check("not_before", "first", ("second",), "a"),
    ),
)


def found(values: dict[str, Value], indicator: str | None, told: tuple[Finding, ...] = ()) -> list[Finding]:
    return check_findings(SCHEME, given(SCHEME, values).answers, indicator=indicator, told=told)


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


def test_what_the_rule_said_already_is_not_said_again() -> None:
    values: dict[str, Value] = {"due": D(3), "done": D(4), "late": D(5)}
    [first, _] = found(values, "a")
    told = finding(
        "part-exceeds-whole", cell=first.cell, indicator="a", part="甲", whole="乙", actual="4 项", expected="3 项"
    )
    assert [each.actual for each in found(values, "a", (told,))] == ["5 项"]


def test_dates_in_order() -> None:
    same = {"first": date(2024, 3, 1), "second": date(2024, 3, 1)}
    assert found({**same}, "a") == []
    [each] = found({**same, "second": date(2024, 2, 29)}, "a")
    assert each.message == "公开日期（2024-02-29）早于批复日期（2024-03-01）。请核对日期。"


def test_what_never_took_place_is_not_before_anything() -> None:
    assert found({"first": date(2024, 3, 1), "second": "未公开"}, "a") == []


def test_checks_belong_to_their_row() -> None:
    values: dict[str, Value] = {"total": D(1), "one": D(1), "two": D(1), "due": D(1), "done": D(2)}
    assert [each.code for each in found(values, None)] == ["sum-differs"]
    assert [each.code for each in found(values, "a")] == ["part-exceeds-whole"]
    assert found(values, "b") == []
