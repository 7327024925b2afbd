"""What holds for every rule kind alike: its parameters are all checked, and one spoiled input spoils both the score and
the formula, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.rules import RULES
from perfeval_xl.scheme.rules.base import Context, Rule
from perfeval_xl.scheme.rules.expr import Refs
from perfeval_xl.scheme.spec import Spec
from tests.rulekit import (
    Bench,
    D,
    Plain,
    amount,
    choice,
    context,
    count,
    day,
    percent,
    points_field,
    text,
    weekends,
    yesno,
)

Path = tuple[str | int, ...]

NEVER = "未公开"
COUNT, AMOUNT, NUMBER, SCORE = FieldType.COUNT, FieldType.AMOUNT, FieldType.NUMBER, FieldType.SCORE
QUANTITY = (AMOUNT, COUNT, NUMBER)
WORDS = {
    FieldType.YESNO: "是/否", COUNT: "个数", AMOUNT: "金额", FieldType.PERCENT: "百分比", NUMBER: "数值", SCORE: "分数",
    FieldType.DATE: "日期", FieldType.TEXT: "文字", FieldType.CHOICE: "选项",
}  # fmt: skip


def number(field_id: str) -> Field:
    return Field(field_id, field_id, NUMBER, low=D(0), high=D(1_000_000))


def few(field_id: str) -> Field:
    return replace(count(field_id), high=D(10_000))


COLUMNS = (
    text("name"), choice("nature", "≥", ">", "=", "≤", "<", "定性"), number("target"), number("actual"),
    points_field("weight", 20), choice("tier", "好", "差"), points_field("judged_score", 20), text("basis"),
    text("deviation_reason"),
)  # fmt: skip
TABLE = Table("rows", "附表", 2, COLUMNS)
FIELDS = context(
    few("count_1"), few("count_2"), amount("amount_1"), amount("amount_2"), number("number_1"), percent("rate_1"),
    percent("rate_2"), points_field("score_1", 5), day("day_1"), day("day_2"), day("never_1", NEVER), day("never_2", NEVER),
    text("text_1"), yesno("yes_1"), yesno("yes_2"), yesno("yes_3"), choice("choice_1", "月度平均", "年度执行率"),
    closed_days=weekends(),
)  # fmt: skip
WITH_TABLE = context(*FIELDS.fields.values(), tables=(TABLE,))
SAMPLE = {each.type: name for name, each in reversed(FIELDS.fields.items()) if each.never is None}
"""The first field of each type."""


@dataclass(frozen=True)
class Kind:
    """A rule with every parameter written out. ``defaults``: may be left out and mean the same; ``either``: leaving them
    out means something else. ``words``: parameters that take one of a few words, the default first. ``takes``: the
    types that a parameter's fields may have. ``sound``: answers that score."""

    toml: dict[str, Any]
    points: int
    takes: Mapping[Path, tuple[FieldType, ...]]
    sound: dict[str, Plain]
    words: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    defaults: tuple[Path, ...] = ()
    either: tuple[Path, ...] = ()


ON = date(2024, 3, 7)
YESNO, DATE = (FieldType.YESNO,), (FieldType.DATE,)
KINDS = {
    "annex_rows": Kind(
        {
            "kind": "annex_rows", "table": "rows", "gate": "yes_1", "floor": D("0.6"), "floor_scores": True, "ceiling": D("1.5"),
            "over": "half_weight", "reverse": "two_minus", "judged": "定性",
            "tiers": [{"name": "好", "ge": D("0.6"), "le": 1}, {"name": "差", "ge": 0, "lt": D("0.6")}],
        },
        10,
        {("gate",): YESNO},
        {
            "yes_1": True, "rows_r01_name": "甲", "rows_r01_nature": "≥", "rows_r01_target": 10, "rows_r01_actual": 9,
            "rows_r01_weight": 4, "rows_r02_name": "乙", "rows_r02_nature": "定性", "rows_r02_weight": 6, "rows_r02_tier": "好",
            "rows_r02_judged_score": 5, "rows_r02_basis": "材料",
        },
        words={("over",): ("half_weight", "half_rate"), ("reverse",): ("two_minus", "target_over_actual")},
        defaults=(("floor_scores",), ("over",), ("reverse",)),
        either=(
            *(("tiers", row, key) for row in (0, 1) for key in ("ge", "le", "lt")),
            ("gate",), ("floor",), ("ceiling",), ("judged",), ("tiers",),
        ),
    ),
    "mean_rate": Kind(
        {
            "kind": "mean_rate", "months": ["rate_1", "rate_2"], "basis": "choice_1", "monthly": "月度平均", "annual": "年度执行率",
            "spent": "amount_1", "budget": "amount_2", "cap": 1, "without_months": "annual",
        },
        10,
        {
            ("months", 0): (FieldType.PERCENT,), ("months", 1): (FieldType.PERCENT,), ("basis",): (FieldType.CHOICE,),
            ("spent",): QUANTITY, ("budget",): QUANTITY,
        },
        {"choice_1": "年度执行率", "rate_1": 1, "rate_2": "0.9", "amount_1": 9, "amount_2": 10},
        words={("without_months",): ("annual", "missing")},
        defaults=(("cap",), ("without_months",)),
    ),
    "shortfall": Kind(
        {
            "kind": "shortfall", "due": "count_1", "done": "count_2", "all_missing": "literal",
            "steps": [{"le": 3, "each": 1}, {"gt": 3, "each": D("0.5")}],
        },
        3,
        {("due",): (COUNT,), ("done",): (COUNT,)},
        {"count_1": 4, "count_2": 3},
        words={("all_missing",): ("literal", "zero")},
        defaults=(("all_missing",),),
        either=(("steps", 0, "le"), ("steps", 1, "gt")),
    ),
    "ratio_bands": Kind(
        {
            "kind": "ratio_bands", "ratio": "比率", "numerator": ["amount_1"], "denominator": ["amount_2", "count_1"],
            "part_of_whole": False, "bands": [{"le": D("0.1"), "score": 2}, {"gt": D("0.1"), "score": 0}],
        },
        2,
        {("numerator", 0): QUANTITY, ("denominator", 0): QUANTITY, ("denominator", 1): QUANTITY},
        {"amount_1": 1, "amount_2": 9, "count_1": 1},
        defaults=(("part_of_whole",),),
        either=(("bands", 0, "le"), ("bands", 1, "gt")),
    ),
    "deductions": Kind(
        {
            "kind": "deductions",
            "items": [{"field": "count_1", "each": D("0.5")}, {"field": "yes_1", "when": False, "off": D("0.5")}],
        },
        2,
        {("items", 0, "field"): (COUNT,), ("items", 1, "field"): YESNO},
        {"count_1": 1, "yes_1": True},
        either=(("items", 1, "when"),),
    ),
    "publication": Kind(
        {
            "kind": "publication", "classified": "yes_1", "days": 20, "rolls": True, "unpublished": "row",
            "parts": [
                {"label": "甲", "approved": "day_1", "published": "never_1", "problem": "yes_2", "share": D("0.5")},
                {"label": "乙", "approved": "day_2", "published": "never_2", "problem": "yes_3", "points": 1},
            ],
        },
        2,
        {("classified",): YESNO}
        | {("parts", row, key): DATE for row in (0, 1) for key in ("approved", "published")}
        | {("parts", row, "problem"): YESNO for row in (0, 1)},
        {
            "yes_1": False, "day_1": ON, "never_1": ON, "yes_2": False, "day_2": ON, "never_2": ON, "yes_3": False,
        },
        words={("unpublished",): ("row", "half")},
        defaults=(("rolls",), ("unpublished",)),
        either=(("parts", 0, "share"), ("parts", 1, "points")),
    ),
    "checks": Kind(
        {
            "kind": "checks",
            "parts": [
                {"label": "一", "points": 1, "test": "yes", "fields": ["yes_1", "yes_2"]},
                {"label": "二", "points": 1, "test": "zero", "fields": ["count_1"]},
                {"label": "三", "points": 1, "test": "covered", "due": "amount_1", "done": "amount_2", "partial": "none"},
                {"label": "四", "points": 1, "test": "by_date", "due": "day_1", "done": "never_1"},
                {"label": "五", "points": 1, "test": "deduct", "received": "count_1", "late": "count_2", "each": 1, "of": 3},
                {"label": "六", "points": 1, "test": "yes_if", "when": "yes_3", "field": "yes_1"},
            ],
        },
        6,
        {
            ("parts", 0, "fields", 0): YESNO, ("parts", 0, "fields", 1): YESNO, ("parts", 1, "fields", 0): (COUNT,),
            ("parts", 2, "due"): QUANTITY, ("parts", 2, "done"): QUANTITY, ("parts", 3, "due"): DATE, ("parts", 3, "done"): DATE,
            ("parts", 4, "received"): (COUNT,), ("parts", 4, "late"): (COUNT,), ("parts", 5, "when"): YESNO,
            ("parts", 5, "field"): YESNO,
        },
        {
            "yes_1": True, "yes_2": True, "yes_3": True, "count_1": 3, "count_2": 1, "amount_1": 10, "amount_2": 9, "day_1": ON,
            "never_1": ON,
        },
        words={("parts", 2, "partial"): ("none", "proportional")},
        defaults=(("parts", 2, "partial"),),
        either=tuple(("parts", row, "points") for row in range(6)),
    ),
    "discretionary_deduction": Kind(
        {
            "kind": "discretionary_deduction", "deduction": "score_1", "reason": "text_1",
            "parts": [
                {"label": "甲", "share": D("0.5"), "exists": "yes_1", "aspects": "count_1", "full": 4},
                {"label": "乙", "share": D("0.5"), "exists": "yes_2"},
            ],
        },
        5,
        {
            ("deduction",): (SCORE, *QUANTITY), ("reason",): (FieldType.TEXT,), ("parts", 0, "exists"): YESNO,
            ("parts", 0, "aspects"): (COUNT,), ("parts", 1, "exists"): YESNO,
        },
        {"yes_1": True, "count_1": 3, "yes_2": True, "score_1": 1, "text_1": "缺一方面"},
        either=(("parts", 0, "share"), ("parts", 1, "share"), ("parts", 0, "aspects")),
    ),
    "discretionary_score": Kind(
        {"kind": "discretionary_score", "full_if": "yes_1", "score": "score_1", "reason": "text_1"},
        5,
        {("full_if",): YESNO, ("score",): (SCORE, *QUANTITY), ("reason",): (FieldType.TEXT,)},
        {"yes_1": False, "score_1": 3, "text_1": "有误差"},
    ),
    "proportion": Kind(
        {"kind": "proportion", "actual": "amount_1", "reserved": "amount_2", "cap": "points", "ratio": "比率"},
        1,
        {("actual",): QUANTITY, ("reserved",): QUANTITY},
        {"amount_1": 9, "amount_2": 10},
        words={("cap",): ("points", "none")},
        defaults=(("cap",),),
    ),
    "overrun_steps": Kind(
        {
            "kind": "overrun_steps", "actual": "amount_1", "budget": "amount_2", "step": D("0.05"), "each": D("0.5"),
            "steps": "whole",
        },
        2,
        {("actual",): QUANTITY, ("budget",): QUANTITY},
        {"amount_1": 107, "amount_2": 100},
        words={("steps",): ("whole", "started", "linear")},
        defaults=(("steps",),),
    ),
    "within_limit": Kind(
        {"kind": "within_limit", "actual": "amount_1", "budget": "amount_2"},
        2,
        {("actual",): QUANTITY, ("budget",): QUANTITY},
        {"amount_1": 9, "amount_2": 10},
    ),
}  # fmt: skip


def build(name: str, toml: Mapping[str, Any], surroundings: Context | None = None) -> tuple[Rule, list[str]]:
    """The rule of a table, and what is wrong with the table."""
    found: list[str] = []
    spec = Spec(toml, "rule", found)
    if surroundings is None:
        surroundings = WITH_TABLE if name == "annex_rows" else FIELDS
    rule = RULES[spec.text("kind")].read(spec, surroundings, D(KINDS[name].points))
    return rule, [each.removeprefix("rule.") for each in found]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every key and list entry in a rule's table."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from leaves(inner, (*path, key))


def shown(path: Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def at(toml: Any, path: Path) -> Any:
    for key in path:
        toml = toml[key]
    return toml


def changed(toml: dict[str, Any], path: Path, value: Any = ...) -> dict[str, Any]:
    """A copy of ``toml`` with another value at ``path``, or without it."""
    copy = deepcopy(toml)
    *outer, last = path
    if value is ...:
        del at(copy, tuple(outer))[last]
    else:
        at(copy, tuple(outer))[last] = value
    return copy


def cases(paths: Mapping[str, list[Path]]) -> list[Any]:
    return [pytest.param(name, path, id=f"{name}-{shown(path)}") for name in KINDS for path in paths[name]]


KEYS = {
    name: [path for path in leaves(kind.toml) if isinstance(path[-1], str) and path != ("kind",)]
    for name, kind in KINDS.items()
}
FIELD_KEYS = {name: [path for path in leaves(kind.toml) if path in kind.takes] for name, kind in KINDS.items()}


def test_every_kind_is_here_with_all_its_fields() -> None:
    assert set(KINDS) == set(RULES)
    for name, kind in KINDS.items():
        rule, found = build(name, kind.toml)
        assert found == []
        named = {path for path in leaves(kind.toml) if at(kind.toml, path) in list(FIELDS.fields)}
        assert named == set(kind.takes)
        assert {*kind.defaults, *kind.either, *kind.words} <= set(leaves(kind.toml)) | set(kind.either)
        assert set(kind.sound) <= set(rule.fields())


def test_only_a_rule_that_follows_from_one_ratio_shows_it() -> None:
    refs = Refs(FIELDS.fields)
    shown = {name: build(name, kind.toml)[0].ratio_formula(refs) for name, kind in KINDS.items()}
    assert {name for name, formula in shown.items() if formula} == {"proportion"}
    assert "/" in shown["proportion"]


@pytest.mark.parametrize(("name", "path"), cases(KEYS))
def test_a_parameter_left_out_is_told_or_has_its_default(name: str, path: Path) -> None:
    kind = KINDS[name]
    rule, found = build(name, changed(kind.toml, path))
    if path in kind.defaults:
        assert (rule, found) == (build(name, kind.toml)[0], [])
    elif path not in kind.either:
        assert any(each.startswith(f"{shown(path)}: 缺少此项") for each in found), found


@pytest.mark.parametrize(("name", "path"), cases(KEYS))
def test_a_misspelt_parameter_is_told(name: str, path: Path) -> None:
    toml = changed(KINDS[name].toml, (*path[:-1], f"{path[-1]}_"), at(KINDS[name].toml, path))
    assert any(each.startswith(f"{shown(path)}_: 不认识这一项") for each in build(name, toml)[1])


@pytest.mark.parametrize(("name", "path"), cases(FIELD_KEYS))
def test_a_field_of_another_type_is_told(name: str, path: Path) -> None:
    kind = KINDS[name]
    written = FIELDS.fields[at(kind.toml, path)]
    for type_, sample in SAMPLE.items():
        other = written.id if type_ is FieldType.DATE and written.never else sample
        found = build(name, changed(kind.toml, path, other))[1]
        if type_ in kind.takes[path]:
            assert found == []
        else:
            wanted = "或".join(WORDS[each] for each in kind.takes[path])
            assert f"{shown(path)}: 字段 {other!r} 应为{wanted}，现为{WORDS[type_]}" in found
    assert f"{shown(path)}: 没有字段 'nothing'" in build(name, changed(kind.toml, path, "nothing"))[1]


@pytest.mark.parametrize(("name", "path"), cases({name: list(kind.words) for name, kind in KINDS.items()}))
def test_a_word_that_is_not_among_those_it_takes_is_told(name: str, path: Path) -> None:
    toml, words = KINDS[name].toml, KINDS[name].words[path]
    rules = [build(name, changed(toml, path, word)) for word in words]
    assert all(found == [] for _, found in rules)
    assert len({str(rule) for rule, _ in rules}) == len(words)
    told = f"{shown(path)}: 只能是 {'、'.join(words)} 之一，现为 'other'"
    assert build(name, changed(toml, path, "other"))[1] == [told]


def variants(name: str) -> Iterator[dict[str, Any]]:
    """The rule as it is and with each of its words in turn."""
    toml = KINDS[name].toml
    yield toml
    for path, words in KINDS[name].words.items():
        yield from (changed(toml, path, word) for word in words[1:])


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name in KINDS for number, _ in enumerate(variants(name))]
)
def test_one_spoiled_input_spoils_the_formula_as_it_spoils_the_score(
    name: str, number: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rule, found = build(name, list(variants(name))[number])
    assert found == []
    bench = Bench(rule, KINDS[name].points, tmp_path_factory.mktemp("bench"))
    sound = KINDS[name].sound
    assert bench.agree(sound).score is not None
    for answered in sound:
        for value in (None, "无", -1, "9999999999", True, NEVER):
            bench.agree({**sound, answered: value})


def test_a_number_without_a_lower_bound_is_told() -> None:
    for low in (None, D("-0.01")):
        loose = context(replace(amount("amount_1"), low=low), amount("amount_2"))
        found = build("within_limit", KINDS["within_limit"].toml, loose)[1]
        assert found == ["actual: 字段 'amount_1' 须写明不小于 0 的下限 low：负数无法计分"]


@pytest.mark.parametrize(
    ("name", "key", "least", "told"),
    [
        ("publication", "days", "0", "days: 不能是负数，现为 -1"),
        ("annex_rows", "floor", "0", "floor: 应在 0 与 1 之间，现为 -1"),
        ("annex_rows", "ceiling", "1", "ceiling: 应不小于 1，现为 0"),
    ],
)
def test_a_number_may_be_as_small_as_makes_sense(name: str, key: str, least: str, told: str) -> None:
    number_ = int(least) if key == "days" else D(least)
    assert build(name, changed(KINDS[name].toml, (key,), number_))[1] == []
    assert build(name, changed(KINDS[name].toml, (key,), number_ - 1))[1] == [told]


def test_a_floor_is_a_whole_at_most() -> None:
    toml = KINDS["annex_rows"].toml
    assert build("annex_rows", changed(toml, ("floor",), 1))[1] == []
    assert build("annex_rows", changed(toml, ("floor",), D("1.1")))[1] == ["floor: 应在 0 与 1 之间，现为 1.1"]


@pytest.mark.parametrize(("name", "key"), [("mean_rate", "months"), ("ratio_bands", "numerator")])
def test_a_list_of_fields_is_not_empty(name: str, key: str) -> None:
    assert build(name, changed(KINDS[name].toml, (key,), []))[1] == [f"{key}: 至少要有一个字段"]


def test_a_part_has_a_share_or_points_and_only_one() -> None:
    toml = KINDS["publication"].toml
    both = changed(toml, ("parts", 0, "points"), 1)
    for wrong in (both, changed(toml, ("parts", 0, "share"))):
        found = build("publication", wrong)[1]
        assert found[0] == "parts[0].share: share（占比）和 points（分值）须写且只能写一个"


def test_a_step_that_takes_more_than_is_left_is_counted_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    for word in KINDS["overrun_steps"].words["steps",]:
        toml = {**KINDS["overrun_steps"].toml, "steps": word, "each": D("0.9")}
        bench = Bench(build("overrun_steps", toml)[0], 2, tmp_path_factory.mktemp("bench"))
        scores = [
            bench.agree({"amount_1": amount_, "amount_2": 100}).score for amount_ in (109, 110, 114, 115, 116, 200)
        ]
        assert scores[-1] == 0 and scores[1] == D("0.2")


@pytest.mark.parametrize(
    ("step", "each", "points"),
    [("0.03", "0.5", "2"), ("0.03", "0.5", "1.125"), ("0.05", "0.5", "1.125"), ("0.07", "0.125", "1.005")],
)
def test_a_linear_deduction_is_worked_out_in_whole_numbers(
    step: str, each: str, points: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    toml = {**KINDS["overrun_steps"].toml, "steps": "linear", "step": D(step), "each": D(each)}
    bench = Bench(build("overrun_steps", toml)[0], points, tmp_path_factory.mktemp("bench"))
    for amount_ in ("100.01", "101", "103", "104.5", "106", "112.37", "133.333333", "200"):
        bench.agree({"amount_1": amount_, "amount_2": 100})
    formula = bench.rule.formula(Refs(FIELDS.fields), D(points))
    assert max(map(int, re.findall(r"\d+", formula))) < 1e11
    assert not re.search(r"\d/\d", formula)


def test_a_day_without_a_word_for_never_is_just_a_day(tmp_path_factory: pytest.TempPathFactory) -> None:
    toml = {
        "kind": "checks",
        "parts": [{"label": "一", "points": 6, "test": "by_date", "due": "day_1", "done": "day_2"}],
    }
    rule, found = build("checks", toml)
    assert found == []
    bench = Bench(rule, 6, tmp_path_factory.mktemp("bench"))
    scores = [bench.agree({"day_1": ON, "day_2": value}).score for value in (ON, ON + timedelta(1), NEVER, None)]
    assert scores == [6, 0, None, None]


@pytest.mark.parametrize("name", KINDS)
def test_a_condition_is_never_an_empty_text(name: str) -> None:
    """Some programs take a text among the conditions of AND and OR for an error, others pass over it."""
    for toml in variants(name):
        rule = build(name, toml)[0]
        formula = rule.formula(Refs(rule.context.fields), D(KINDS[name].points))
        assert not any('""' in part.split("(")[-1] for part in conditions(formula)), formula


def conditions(formula: str) -> Iterator[str]:
    """The last branch of every IF that stands right within AND or OR."""
    stack: list[tuple[str, int]] = []
    for place, sign in enumerate(formula):
        if sign == "(":
            name = re.search(r"[A-Z]*$", formula[:place])
            stack.append((name[0] if name else "", place))
        elif sign == ")":
            inner, start = stack.pop()
            if inner == "IF" and stack and stack[-1][0] in ("AND", "OR"):
                yield formula[start:place].rpartition(",")[2]


def test_a_tier_may_leave_its_lower_end_to_the_one_below(tmp_path_factory: pytest.TempPathFactory) -> None:
    tiers = [{"name": "好", "gt": D("0.6"), "le": 1}, {"name": "差", "ge": 0, "le": D("0.6")}]
    rule, found = build("annex_rows", changed(KINDS["annex_rows"].toml, ("tiers",), tiers))
    assert found == []
    bench, sound = Bench(rule, 10, tmp_path_factory.mktemp("bench")), KINDS["annex_rows"].sound
    for tier, given, inside in (("好", "3.61", True), ("好", "3.6", False), ("差", "3.6", True), ("差", "3.61", False)):
        outcome = bench.agree({**sound, "rows_r02_tier": tier, "rows_r02_judged_score": given})
        assert (outcome.score is not None) is inside


def test_the_words_of_an_annex_are_those_of_the_rule() -> None:
    columns = tuple(choice("tier", "好") if each.id == "tier" else each for each in COLUMNS)
    surroundings = context(*FIELDS.fields.values(), tables=(replace(TABLE, columns=columns),))
    found = build("annex_rows", KINDS["annex_rows"].toml, surroundings)[1]
    assert found == ["table: 附表 'rows' 的列 'tier' 的选项应为 好、差"]
