"""What differs between two schemes, in words."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.authoring.compare import changes_json, compare
from perfeval_xl.authoring.shown import show
from tests.authoring import SCHEMES, content, digest
from tests.test_authoring_roundtrip import VALUES, mutated

D = Decimal


def changed(edit: Any) -> list[str]:
    """What is said of huadu-2024 after ``edit``, each with the part of the scheme."""
    before = content()
    after = deepcopy(before)
    edit(after)
    return [f"{each.part} {each}" for each in compare(before, after)]


def indicator(raw: dict[str, Any], code: str) -> dict[str, Any]:
    return next(each for each in raw["indicators"] if each["code"] == code)


def rule(code: str, **values: Any) -> Any:
    return lambda raw: indicator(raw, code)["rule"].update(values)


def bands(code: str, *new: dict[str, Any]) -> Any:
    return lambda raw: indicator(raw, code)["rule"].update(bands=list(new))


FIRST, LAST = {"le": D("0.1"), "score": 2}, {"gt": D("0.3"), "score": 0}
SECOND, THIRD = {"gt": D("0.1"), "le": D("0.2"), "score": 1}, {"gt": D("0.2"), "le": D("0.3"), "score": D("0.5")}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            bands("carryover_surplus_rate", {"le": D("0.08"), "score": 2}, {**SECOND, "gt": D("0.08")}, THIRD, LAST),
            [
                "评分规则 结转结余率：满分线 10% → 8%",
                "评分规则 结转结余率：得 1 分的一档 超过 10% 但不超过 20% → 超过 8% 但不超过 20%",
            ],
        ),
        (
            bands("carryover_surplus_rate", FIRST, {**SECOND, "score": D("1.5")}, THIRD, LAST),
            ["评分规则 结转结余率：超过 10% 但不超过 20%的得分 1 分 → 1.5 分"],
        ),
        (
            bands("carryover_surplus_rate", FIRST, {**SECOND, "le": D("0.3")}, LAST),
            [
                "评分规则 结转结余率：得 1 分的一档 超过 10% 但不超过 20% → 超过 10% 但不超过 30%",
                "评分规则 结转结余率：取消一档：超过 20% 但不超过 30%，得 0.5 分",
            ],
        ),
        (rule("public_funds_control", each=1), ["评分规则 公用经费控制率：每级扣 0.5 分 → 1 分"]),
        (rule("public_funds_control", steps="linear"), ["评分规则 公用经费控制率：不满一级的 不扣 → 按比例扣"]),
        (
            rule("three_public", kind="proportion"),
            ["评分规则 “三公”经费控制情况：规则类型 不超限额 → 按比例得分"],
        ),
        (
            lambda raw: indicator(raw, "three_public").update(name="三公经费", points=3),
            ["指标 三公经费：指标名称 “三公”经费控制情况 → 三公经费", "指标 三公经费：分值 2 分 → 3 分"],
        ),
        (
            lambda raw: raw["indicators"].remove(indicator(raw, "three_public")),
            ["指标 取消 “‘三公’经费控制情况”（three_public，2 分，不超限额）"],
        ),
        (
            lambda raw: indicator(raw, "three_public").update(code="three_funds"),
            ["指标 “三公”经费控制情况：编码 three_public → three_funds"],
        ),
        (
            lambda raw: indicator(raw, "preassessment")["fields"].pop(),
            ["录入项 新增预算项目事前绩效评估：录入项：取消 “已开展事前评估的项目”（preassessment_done）"],
        ),
        (lambda raw: raw["head"][0].update(high=500), ["表头 “单位数”：最大 9,999 → 500"]),
        (lambda raw: raw["grades"][0].update(low=85), ["等级 优：下限（含） 90 分 → 85 分"]),
        (
            lambda raw: raw["calendar"]["holidays"].append(date(2026, 12, 31)),
            ["日历 增加 放假 2026-12-31"],
        ),
        (lambda raw: raw["readings"].pop(), ["口径 取消 “空白的填报项”（blank_is_missing）"]),
        (lambda raw: raw["tables"][0].update(rows=30), ["附表 产出指标：行数 20 → 30"]),
        (lambda raw: raw.update(version="2.0"), ["基本信息 版本 1.0 → 2.0"]),
        (lambda raw: raw["indicators"].reverse(), None),
    ],
)
def test_a_change_is_said_in_words(edit: Any, expected: list[str] | None) -> None:
    found = changed(edit)
    if expected is None:
        assert any("顺序" in each for each in found)
    else:
        assert found == expected


def test_a_long_text_is_shown_where_it_differs() -> None:
    def edit(raw: dict[str, Any]) -> None:
        text = indicator(raw, "carryover_surplus_rate")["criteria"]
        indicator(raw, "carryover_surplus_rate")["criteria"] = text.replace("≤10%的，得2分", "≤8%的，得2分")

    (said,) = changed(edit)
    assert "10%" in said and "8%" in said and len(said) < 90


@pytest.mark.parametrize("name", SCHEMES)
def test_a_scheme_does_not_differ_from_itself(name: str) -> None:
    assert compare(content(name), content(name)) == []


def test_the_parts_of_a_scheme_come_one_after_the_other() -> None:
    """A change of an indicator's text and of its rule, for two indicators: each part is told once."""
    after = content()
    for each in (after["indicators"][4], after["indicators"][-1]):
        each["criteria"] += "。"
        each["rule"] = after["indicators"][0]["rule"]
    parts = [each.part for each in compare(content(), after)]
    assert len(set(parts)) > 1 and parts == sorted(parts, key=parts.index)


def test_a_mapping_is_shown_without_brackets() -> None:
    assert show({"new": "old", "b": "a"}) == "new=old、b=a"


def test_the_json_has_what_was_and_what_is() -> None:
    after = content()
    after["grades"][0]["low"] = 85
    assert changes_json(compare(content(), after)) == [
        {"part": "等级", "subject": "优", "what": "下限（含）", "before": "90 分", "after": "85 分"}
    ]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SCHEMES), st.integers(0, 10**9), VALUES)
def test_what_has_another_digest_differs_in_words_too(name: str, seed: int, value: Any) -> None:
    before = content(name)
    after = mutated(before, seed, value)
    try:
        found = compare(before, after)
    except (AttributeError, KeyError, TypeError, ValueError):
        return  # what is no sound scheme is refused by the loader before anybody compares it
    assert bool(found) is (digest(before) != digest(after))
