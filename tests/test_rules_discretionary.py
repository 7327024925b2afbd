"""The kinds that leave something to a person: discretionary_deduction, discretionary_score."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.scheme.rules.base import Result
from tests.rulekit import (
    Bench,
    D,
    Plain,
    context,
    count,
    every_one,
    fillings,
    points_field,
    problems,
    read,
    score,
    text,
    yesno,
)

FIELDS = context(
    yesno("rules", "有办法"), count("aspects", "方面数"), yesno("duties", "有分工"), points_field("off", 5, "酌情扣分"),
    text("why", "扣分理由"), yesno("accurate", "数据准确"), points_field("given", 2, "酌情得分"), points_field("free", 9),
)  # fmt: skip
DEDUCTION_TOML = """
kind = "discretionary_deduction"
parts = [
    {label = "办法", share = 0.5, exists = "rules", aspects = "aspects", full = 4},
    {label = "分工", share = 0.5, exists = "duties"},
]
deduction = "off"
reason = "why"
"""
DEDUCTION = read(DEDUCTION_TOML, FIELDS, 5)
SCORE_TOML = 'kind = "discretionary_score"\nfull_if = "accurate"\nscore = "given"\nreason = "why"\n'
SCORE = read(SCORE_TOML, FIELDS, 2)
FULL: dict[str, Plain] = {"rules": True, "aspects": 4, "duties": True}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "5.00"), ({"off": 0}, "5.00"), ({"aspects": 5}, "5.00"), ({"duties": False}, "2.50"),
        ({"rules": False}, "2.50"), ({"rules": False, "aspects": None, "duties": False}, "0.00"),
        ({"off": "0.5", "why": "不全"}, "4.50"), ({"aspects": 3, "off": 1, "why": "缺应用"}, "4.00"),
        ({"off": 5, "why": "不全"}, "0.00"), ({"duties": False, "off": "2.5", "why": "不全"}, "0.00"),
    ],
)  # fmt: skip
def test_existing_parts_less_the_deduction(changes: dict[str, Plain], expected: str) -> None:
    outcome = score(DEDUCTION, 5, **{**FULL, **changes})
    assert (outcome.result, str(outcome.score), outcome.findings) == (Result.SCORED, expected, ())


@pytest.mark.parametrize(
    ("changes", "why", "codes", "high"),
    [
        ({"aspects": 3}, "办法内容有缺漏，须填写“酌情扣分”；须填写“扣分理由”", [], 5),
        ({"aspects": 3, "off": 0, "why": "x"}, "办法内容有缺漏，须填写“酌情扣分”", [], 5),
        ({"aspects": 3, "off": 1}, "须填写“扣分理由”", ["deduction-no-reason"], 5),
        ({"off": 1}, "须填写“扣分理由”", ["deduction-no-reason"], 5),
        ({"duties": False, "off": "2.51", "why": "x"}, "扣分 2.51 分超过已得的 2.5 分", [], "2.5"),
        ({"off": "无", "why": "x"}, "酌情扣分填报有误，改正后才能计分", [], 5),
        ({"off": -1, "why": "x"}, "酌情扣分填报有误，改正后才能计分", [], 5),
    ],
)
def test_what_a_person_must_settle(changes: dict[str, Plain], why: str, codes: list[str], high: int | str) -> None:
    outcome = score(DEDUCTION, 5, **{**FULL, **changes})
    assert (outcome.result, outcome.basis, outcome.score) == (Result.NEEDS_REVIEW, why, None)
    assert [each.code for each in outcome.findings] == codes
    assert (outcome.low, outcome.high) == (0, D(high))


def test_what_does_not_exist_has_no_aspects_to_state() -> None:
    assert score(DEDUCTION, 5, rules=False, duties=True).score == D("2.5")
    assert score(DEDUCTION, 5, rules=False, aspects=1, duties=True).score == D("2.5")
    outcome = score(DEDUCTION, 5, rules=True, duties=False)
    assert (outcome.result, outcome.missing, outcome.high) == (Result.MISSING, ("aspects",), D("2.5"))
    outcome = score(DEDUCTION, 5, aspects=4, duties=True)
    assert (outcome.missing, outcome.high) == (("rules",), 5)


def test_what_is_open_leaves_the_rest_of_the_points() -> None:
    outcome = score(DEDUCTION, 5, rules=False, duties="也许")
    assert (outcome.result, outcome.low, outcome.high, outcome.missing) == (Result.NEEDS_REVIEW, 0, D("2.5"), ())
    outcome = score(DEDUCTION, 5, rules=True, duties="也许")
    assert (outcome.result, outcome.high, outcome.missing) == (Result.NEEDS_REVIEW, 5, ("aspects",))


def test_all_gaps_are_named() -> None:
    fields = context(
        yesno("rules"), count("aspects"), yesno("duties"), count("tasks"), points_field("off", 5, "酌情扣分"), text("why", "理由")
    )  # fmt: skip
    toml = DEDUCTION_TOML.replace('exists = "duties"', 'exists = "duties", aspects = "tasks", full = 2')
    outcome = score(read(toml, fields, 5), 5, rules=True, aspects=3, duties=True, tasks=1, why="不全")
    assert outcome.basis == "办法、分工内容有缺漏，须填写“酌情扣分”"


def test_the_basis_of_a_deduction() -> None:
    assert score(DEDUCTION, 5, **{**FULL, "aspects": 3, "off": "0.5", "why": "缺结果应用"}).basis == (
        "办法：有，3 个方面（应有 4 个），2.5 分；分工：有，2.5 分；合计 5 分，酌情扣 0.5 分（缺结果应用），得 4.5 分"
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"accurate": True}, "2.00"), ({"accurate": True, "given": 1}, "2.00"), ({"accurate": False, "given": 0, "why": "错"}, "0.00"),
        ({"accurate": False, "given": "1.5", "why": "错"}, "1.50"), ({"accurate": False, "given": 2, "why": "错"}, "2.00"),
        ({"accurate": False, "given": "0.98", "why": "错"}, "0.98"),
    ],
)  # fmt: skip
def test_the_score_a_person_gave(values: dict[str, Plain], expected: str) -> None:
    outcome = score(SCORE, 2, **values)
    assert (outcome.result, str(outcome.score)) == (Result.SCORED, expected)


def test_a_score_without_reason_or_without_number() -> None:
    outcome = score(SCORE, 2, accurate=False, given=1)
    assert (outcome.result, [each.code for each in outcome.findings]) == (Result.NEEDS_REVIEW, ["deduction-no-reason"])
    outcome = score(SCORE, 2, accurate=False, why="错")
    assert (outcome.result, outcome.missing) == (Result.MISSING, ("given",))
    assert score(SCORE, 2, accurate=False, given="2.01", why="错").result is Result.NEEDS_REVIEW
    assert score(SCORE, 2, why="错", given=1).missing == ("accurate",)
    assert score(SCORE, 2, accurate="也许").result is Result.NEEDS_REVIEW


def test_a_score_above_the_points_is_never_taken() -> None:
    loose = read(SCORE_TOML.replace('"given"', '"free"'), FIELDS, 2)
    assert score(loose, 2, accurate=False, free=2, why="错").score == 2
    outcome = score(loose, 2, accurate=False, free="2.01", why="错")
    assert (outcome.result, outcome.basis) == (Result.NEEDS_REVIEW, "酌情得分 2.01 分超过分值 2 分")
    assert set(score(loose, 2, accurate=False, free="2.01").basis.split("；")) == {
        "酌情得分须填写“扣分理由”", "酌情得分 2.01 分超过分值 2 分",
    }  # fmt: skip


def test_what_is_wrong_with_the_parameters() -> None:
    wrong = DEDUCTION_TOML.replace("full = 4", "fuller = 4").replace('deduction = "off"', 'deduction = "why"')
    found = problems(wrong.replace('share = 0.5, exists = "duties"', 'points = 2, exists = "aspects"'), FIELDS, 5)
    for place in (
        "parts[0].full: 缺少", "parts[0].fuller: 不认识", "parts[1].exists: 字段 'aspects' 应为是/否", "parts: 各部分合计 4.5 分",
        "deduction: 字段 'why' 应为分数",
    ):  # fmt: skip
        assert any(each.startswith(place) for each in found), (place, found)
    assert len(found) == 5
    found = problems(SCORE_TOML.replace('"accurate"', '"nobody"').replace('"why"', '"given"'), FIELDS, 2)
    assert [each.split(":")[0] for each in found] == ["full_if", "reason"]


def test_explained() -> None:
    assert DEDUCTION.explain(D(5)) == [
        "“有办法”为“是”的，得 2.5 分，否则不得分。", "“方面数”不足 4 的为内容有缺漏，须酌情扣分。",
        "“有分工”为“是”的，得 2.5 分，否则不得分。",
        "酌情扣分填在“酌情扣分”，并在“扣分理由”写明理由；缺扣分或理由的，由人工核定。扣分不超过已得的分。",
    ]  # fmt: skip
    assert SCORE.explain(D(2)) == [
        "“数据准确”为“是”的，得满分 2 分。",
        "为“否”的，取“酌情得分”（0 至 2 分），须填写“扣分理由”；没有理由的，由人工核定。",
    ]
    assert DEDUCTION.fields() == ("rules", "aspects", "duties", "off", "why")
    assert SCORE.fields() == ("accurate", "given", "why")


@pytest.fixture(scope="module")
def deduction(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(DEDUCTION, 5, tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def given_score(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(SCORE, 2, tmp_path_factory.mktemp("bench"))


def test_the_formulas_agree_at_the_boundaries(deduction: Bench, given_score: Bench) -> None:
    words: tuple[Plain, ...] = (True, False, None, "也许")
    offs: tuple[Plain, ...] = (None, 0, "0.5", "2.5", "2.51", 5, "无", -1)
    for rules in words:
        for aspects in (3, 4, None, "无"):
            every_one(deduction, (
                {"rules": rules, "aspects": aspects, "duties": duties, "off": off, "why": why}
                for duties in words[:3] for off in offs for why in ("理由", None)
            ))  # fmt: skip
    every_one(given_score, (
        {"accurate": word, "given": number, "why": why}
        for word in words for number in (None, 0, "0.985", 2, "2.01", "无", -1) for why in ("理由", None)
    ))  # fmt: skip


_SCORES = st.decimals(0, 5, places=2).map(str)


@settings(max_examples=50)
@given(values=fillings(DEDUCTION, off=st.one_of(st.none(), _SCORES)))
def test_the_formula_of_a_deduction_agrees(deduction: Bench, values: dict[str, object]) -> None:
    deduction.agree(values)  # type: ignore[arg-type]


@settings(max_examples=50)
@given(values=fillings(SCORE, given=_SCORES))
def test_the_formula_of_a_given_score_agrees(given_score: Bench, values: dict[str, object]) -> None:
    given_score.agree(values)  # type: ignore[arg-type]
