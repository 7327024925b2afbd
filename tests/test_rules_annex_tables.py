"""Kind "annex_rows" over tables of other forms: without some of the columns, without gate or ceiling, with fixed rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfeval_xl.numbers import half_up, step
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.base import Context, Result
from tests.rulekit import Bench, D, Plain, choice, complete, context, points_field, problems, read, score, text
from tests.rulekit import answers as answered

TIERS = ("全部达成", "部分达成", "没有达成")
ROWS = 3


def number(field_id: str) -> Field:
    return Field(field_id, field_id, FieldType.NUMBER, low=D(0), high=D(10_000_000))


SIMPLE = (text("name"), number("target"), number("actual"), points_field("weight", 50))
NATURED = (*SIMPLE, choice("nature", "≥", "≤", "定性"))
FULL = (*NATURED, choice("tier", *TIERS), points_field("judged_score", 50), text("deviation_reason"))
PLAIN = 'kind = "annex_rows"\ntable = "items"\n'
JUDGED = f"""{PLAIN}judged = "定性"
reverse = "target_over_actual"
tiers = [
    {{name = "{TIERS[0]}", ge = 0.8, le = 1}}, {{name = "{TIERS[1]}", ge = 0.6, lt = 0.8}}, {{name = "{TIERS[2]}", ge = 0, lt = 0.6}},
]
"""


def around(*columns: Field, places: int = 2, **table: object) -> Context:
    made = Table("items", "各项指标", ROWS, columns, **table)  # type: ignore[arg-type]
    return replace(context(tables=(made,)), places=places)


def rule(toml: str, *columns: Field, points: int = 50, **more: object) -> AnnexRows:
    made = read(toml, around(*columns, **more), points)  # type: ignore[arg-type]
    assert isinstance(made, AnnexRows)
    return made


def cells(number_: int, **values: Plain) -> dict[str, Plain]:
    full: dict[str, Plain] = {"name": "某项", "weight": 50, **values}
    return {f"items_r{number_:02d}_{column}": value for column, value in full.items()}


@pytest.mark.parametrize(
    ("actual", "expected"),
    [("0", "0.00"), ("0.01", "0.01"), ("33.33", "16.67"), ("99.99", "50.00"), ("100", "50.00"), ("900", "50.00")],
)
def test_met_scores_full_and_missed_in_proportion(actual: str, expected: str) -> None:
    made = rule(PLAIN, *SIMPLE)
    found = complete(made, made.score(answered(made.context, cells(1, target=100, actual=actual)), D(50)))
    assert (found.result, str(found.score)) == (Result.SCORED, expected)
    assert [each.code for each in found.findings] == []  # the table has no column for reasons


@pytest.mark.parametrize(("actual", "expected"), [("59.99", 0), ("60", 30), ("60.02", D("30.01"))])
def test_a_floor_cuts_off_what_is_below_it(actual: str, expected: D) -> None:
    assert score(rule(f"{PLAIN}floor = 0.6", *SIMPLE), 50, **cells(1, target=100, actual=actual)).score == expected


@pytest.mark.parametrize(
    ("tier", "given_", "inside"),
    [
        (0, "50", True), (0, "40", True), (0, "39.99", False), (1, "40", False), (1, "39.99", True), (1, "30", True),
        (1, "29.99", False), (2, "30", False), (2, "29.99", True), (2, "0", True),
    ],
)  # fmt: skip
def test_the_three_bands_of_judged_rows(tier: int, given_: str, inside: bool) -> None:
    made = rule(JUDGED, *FULL)
    found = score(made, 50, **cells(1, nature="定性", tier=TIERS[tier], judged_score=given_, deviation_reason="说明"))
    assert found.score == (D(given_) if inside else None)
    assert [each.code for each in found.findings] == ([] if inside else ["judged-out-of-band"])


def test_a_lower_score_wants_its_reason_where_there_is_a_column_for_it() -> None:
    found = score(rule(JUDGED, *FULL), 50, **cells(1, nature="≥", target=10, actual=9))
    assert [each.code for each in found.findings] == ["deviation-reason-missing"]
    assert found.findings[0].message.count("45.00") == 1


def test_what_a_table_must_have() -> None:
    for absent in ("name", "target", "actual", "weight"):
        left = tuple(column for column in SIMPLE if column.id != absent)
        assert problems(PLAIN, around(*left), 50) == [f"table: 附表 'items' 缺少列 {absent!r}"]
    assert problems(JUDGED, around(*SIMPLE), 50) == [
        f"table: 附表 'items' 缺少列 {each!r}" for each in ("nature", "tier", "judged_score")
    ]
    wrong = replace(SIMPLE[1], type=FieldType.TEXT)
    assert problems(PLAIN, around(SIMPLE[0], wrong, *SIMPLE[2:]), 50) == [
        "table: 字段 'target' 应为金额或个数或数值或百分比，现为文字"
    ]
    bare = problems(PLAIN, around(*NATURED), 50)
    assert bare == ["table: 附表 'items' 的列 'nature' 的选项只能取自 ≥、>、=、≤、<"]


@pytest.mark.parametrize(
    ("weights", "told"),
    [((20, 30), ""), ((20, 31), "固定的权重合计 51，应为 50，或更少"), ((20, 20, 10), ""), ((20, 20, 9), "固定的权重合计 49，应为 50")],
)  # fmt: skip
def test_fixed_weights_must_leave_a_way_to_add_up(weights: tuple[int, ...], told: str) -> None:
    fixed = {row: {"weight": D(weight)} for row, weight in enumerate(weights, start=1)}
    found = problems(PLAIN, around(*SIMPLE, fixed=fixed), 50)
    assert found == ([f"table: 附表 'items' {told}"] if told else [])


def test_a_fixed_row_is_in_use_from_the_start() -> None:
    given_ = {"name": "学位数", "target": D(100), "weight": D(30)}
    made = rule(PLAIN, *SIMPLE, fixed={1: given_})
    fixed = {f"items_r01_{column}": str(value) for column, value in given_.items()}
    blank = score(made, 50, **fixed)
    assert (blank.result, blank.missing, blank.findings) == (Result.MISSING, ("items_r01_actual",), ())
    begun = score(made, 50, **{**fixed, **cells(2, target=1, actual=1, weight=20)})
    assert (begun.result, begun.low, begun.high) == (Result.MISSING, 20, 50)
    assert [each.code for each in begun.findings] == ["row-incomplete"]
    whole = score(made, 50, **{**fixed, "items_r01_actual": 50, **cells(2, target=1, actual=1, weight=20)})
    assert whole.score == 35


def test_what_the_rule_says_of_itself() -> None:
    plain = "".join(rule(PLAIN, *SIMPLE).explain(D(50)))
    assert (
        "完成率 = 实际值 ÷ 目标值。" in plain and "性质" not in plain and "档次" not in plain and "为“否”" not in plain
    )
    assert "完成率不足 100% 的得分 = 完成率 × weight，达到或超过 100% 的得满分。" in plain  # as the column is called
    judged = rule(JUDGED, *FULL).explain(D(50))
    assert "性质为“定性”的，由单位选定档次并给分：" in judged
    floor = "".join(rule(f"{PLAIN}floor = 0.6\nfloor_scores = false", *SIMPLE, places=1).explain(D(50)))
    assert "完成率不足 60% 的不得分，等于 60% 的不得分，60% 至 100% 的得分" in floor and "四舍五入到 0.1，" in floor


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"target": 10, "actual": 0}, "不足 100%，0.00% × 50"), ({"target": 10, "actual": 9}, "不足 100%，90.00% × 50"),
        ({"target": 10, "actual": 99}, "达到 100%，得满分"), ({"target": 10}, ""),
    ],
)  # fmt: skip
def test_where_a_row_falls(values: dict[str, Plain], said: str) -> None:
    made = rule(PLAIN, *SIMPLE)
    assert made.hit(answered(made.context, cells(1, **values)), 1) == said


VARIANTS: dict[str, tuple[str, tuple[Field, ...]]] = {
    "plain": (PLAIN, SIMPLE),
    "floor": (f"{PLAIN}floor = 0.6\nceiling = 1.2\nover = 'half_rate'", SIMPLE),
    "judged": (JUDGED, FULL),
}


@pytest.fixture(scope="module", params=product(VARIANTS, (0, 1, 2)), ids=lambda each: f"{each[0]}-{each[1]}")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    name, places = request.param
    toml, columns = VARIANTS[name]
    return Bench(rule(toml, *columns, places=places), 50, tmp_path_factory.mktemp("bench"))


_NUMBERS = st.one_of(
    st.integers(0, 30), st.decimals(0, 99, places=2).map(str), st.sampled_from([10_000_000, "9999999.9999"])
)
_ROW = st.fixed_dictionaries(
    {
        "nature": st.sampled_from(["≥", "≥", "≤", "定性", None]),
        "target": _NUMBERS,
        "actual": st.one_of(_NUMBERS, _NUMBERS, _NUMBERS, st.sampled_from([None, "无"])),
        "tier": st.sampled_from([*TIERS, None]),
        "judged_score": st.decimals(0, 50, places=2).map(str),
    }
)
_SPLITS = st.sampled_from([("50",), ("25", "25"), ("16.67", "16.66", "16.67"), ("0.05", "49.95"), ("20", "20")])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(weights=_SPLITS, rows=st.lists(_ROW, min_size=ROWS, max_size=ROWS))
def test_formula_and_score_agree(bench: Bench, weights: tuple[str, ...], rows: list[dict[str, Plain]]) -> None:
    known = set(bench.rule.context.fields)
    values: dict[str, Plain] = {}
    for place, (weight, row) in enumerate(zip(weights, rows, strict=False), start=1):
        values |= cells(place, weight=weight, **row)
    found = bench.agree({name: value for name, value in values.items() if name in known})
    if found.score is not None:
        assert found.score == half_up(found.score, step(bench.rule.context.places))


@pytest.mark.parametrize("places", [0, 1])
def test_fixed_cells_in_the_formulas(places: int, tmp_path: Path) -> None:
    bench = Bench(rule(PLAIN, *SIMPLE, places=places, fixed={1: {"name": "学位数", "weight": D(50)}}), 50, tmp_path)
    for target, actual in ((3, 1), (3, 2), (3, 3), (0, 0), (None, None)):
        bench.agree(cells(1, target=target, actual=actual))
