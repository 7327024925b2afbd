from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.rules.base import Outcome, Result
from tests.rulekit import Bench, D, Plain, choice, context, points_field, problems, read, score, text, yesno

BEST, MIDDLE, WORST = "达成", "部分达成", "未达成"
NATURES = ("≥", ">", "=", "≤", "<", "定性")
ROWS = 3


def number(field_id: str, label: str) -> Field:
    return Field(field_id, label, FieldType.NUMBER, low=D(0))


TABLE = Table(
    "outputs", "产出指标", ROWS,
    (
        text("name", "名称"), choice("dimension", "数量", "质量"), replace(choice("nature", *NATURES), label="性质"),
        number("target", "目标值"), text("unit", "单位"), number("actual", "完成值"), points_field("weight", 20, "权重"),
        replace(choice("tier", BEST, MIDDLE, WORST), label="档次"), points_field("judged_score", 20, "定性得分"),
        text("basis", "依据"), text("deviation_reason", "偏差原因"),
    ),
)  # fmt: skip
FIELDS = context(yesno("filed", "已报目标"), tables=(TABLE,))
TOML = f"""
kind = "annex_rows"
table = "outputs"
gate = "filed"
floor = 0.6
ceiling = 1.5
judged = "定性"
tiers = [
    {{name = "{BEST}", ge = 0.8, le = 1}}, {{name = "{MIDDLE}", ge = 0.6, lt = 0.8}}, {{name = "{WORST}", ge = 0, lt = 0.6}},
]
"""
RULE = read(TOML, FIELDS, 10)
OTHER = read(TOML + 'floor_scores = false\nover = "half_rate"\nreverse = "target_over_actual"', FIELDS, 10)


def row(number_: int, **cells: Plain) -> dict[str, Plain]:
    """A row of weight 10, named, with a reason for what it lacks; ``cells`` override."""
    full: dict[str, Plain] = {"name": "某指标", "weight": 10, "deviation_reason": "说明", **cells}
    return {TABLE.field_id(number_, column): value for column, value in full.items()}


def measured(nature: str, target: Plain, actual: Plain, **cells: Plain) -> dict[str, Plain]:
    return row(1, nature=nature, target=target, actual=actual, **cells)


def judged(tier: Plain, given_: Plain, **cells: Plain) -> dict[str, Plain]:
    return row(1, nature="定性", tier=tier, judged_score=given_, **{"basis": "材料", **cells})


def run(values: dict[str, Plain], rule: object = RULE) -> Outcome:
    return score(rule, 10, filed=True, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("nature", ["≥", ">", "="])
@pytest.mark.parametrize(
    ("actual", "expected", "other"),
    [
        ("0", "0.00", "0.00"), ("59.99", "0.00", "0.00"), ("60", "6.00", "0.00"), ("60.01", "6.00", "6.00"),
        ("98.55", "9.86", "9.86"), ("99.99", "10.00", "10.00"), ("100", "10.00", "10.00"), ("150", "10.00", "10.00"),
        ("150.01", "5.00", "7.50"), ("180", "5.00", "9.00"), ("200", "5.00", "10.00"), ("900", "5.00", "10.00"),
    ],
)  # fmt: skip
def test_the_more_the_better(nature: str, actual: str, expected: str, other: str) -> None:
    outcome = run(measured(nature, 100, actual))
    assert (outcome.result, str(outcome.score)) == (Result.SCORED, expected)
    assert outcome.lines[0].rate == D(actual) / 100
    assert str(run(measured(nature, 100, actual), OTHER).score) == other


@pytest.mark.parametrize("nature", ["≤", "<"])
@pytest.mark.parametrize(
    ("actual", "expected", "other", "rate"),
    [
        ("0", "10.00", "10.00", "1"), ("40", "10.00", "10.00", "1"), ("100", "10.00", "10.00", "1"),
        ("100.01", "10.00", "10.00", "0.9999"), ("120", "8.00", "8.33", "0.8"), ("140", "6.00", "7.14", "0.6"),
        ("140.01", "0.00", "7.14", "0.5999"), ("160", "0.00", "6.25", "0.4"), ("166.67", "0.00", "0.00", "0.3333"),
        ("500", "0.00", "0.00", "0"),
    ],
)  # fmt: skip
def test_the_less_the_better(nature: str, actual: str, expected: str, other: str, rate: str) -> None:
    outcome = run(measured(nature, 100, actual))
    assert (outcome.result, str(outcome.score), outcome.lines[0].rate) == (Result.SCORED, expected, D(rate))
    assert str(run(measured(nature, 100, actual), OTHER).score) == other


@pytest.mark.parametrize(
    ("nature", "actual", "expected"),
    [("=", 0, 10), ("≤", 0, 10), ("<", 0, 10), ("=", 1, 0), ("≤", 1, 0), ("<", 1, 0), ("≥", 0, None), (">", 1, None)],
)
def test_a_target_of_zero(nature: str, actual: int, expected: int | None) -> None:
    for rule in (RULE, OTHER):
        outcome = run(measured(nature, 0, actual), rule)
        assert outcome.score == expected
        assert [each.code for each in outcome.findings] == (["zero-target"] if expected is None else [])
        assert outcome.result is (Result.NEEDS_REVIEW if expected is None else Result.SCORED)


@pytest.mark.parametrize(
    ("tier", "given_", "inside"),
    [
        (BEST, "10", True), (BEST, "10.01", False), (BEST, "8", True), (BEST, "7.99", False),
        (MIDDLE, "8", False), (MIDDLE, "7.99", True), (MIDDLE, "6", True), (MIDDLE, "5.99", False),
        (WORST, "6", False), (WORST, "5.99", True), (WORST, "0", True),
    ],
)  # fmt: skip
def test_a_judged_score_lies_in_the_band_of_its_tier(tier: str, given_: str, inside: bool) -> None:
    outcome = run(judged(tier, given_))
    if inside:
        assert (outcome.result, outcome.score, outcome.lines[0].rate) == (Result.SCORED, D(given_), None)
    else:
        assert (outcome.result, outcome.score) == (Result.NEEDS_REVIEW, None)
        assert [each.code for each in outcome.findings] == ["judged-out-of-band"]


def test_the_ends_of_a_band_are_rounded_to_cents() -> None:
    rest = row(2, nature="≥", target=1, actual=1, weight="8.69")
    for given_, inside in (("1.05", True), ("1.04", False)):  # 0.8 × 1.31 = 1.048 → 1.05
        outcome = run({**judged(BEST, given_, weight="1.31"), **rest})
        assert (outcome.score is not None) is inside
    assert outcome.findings[0].expected == "1.05（含）至 1.31（含）"


def test_without_goals_filed_the_row_is_zero() -> None:
    outcome = score(RULE, 10, filed=False, **measured("≥", 0, 1))
    assert (outcome.result, outcome.score, outcome.findings) == (Result.SCORED, 0, ())
    assert score(RULE, 10, **measured("≥", 1, 1)).missing == ("filed",)


def test_nothing_filled_in_is_missing() -> None:
    outcome = run({})
    assert (outcome.result, outcome.missing, outcome.low, outcome.high) == (
        Result.MISSING, ("outputs_r01_name",), 0, 10,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "lacks"),
    [
        (row(2, weight=None, deviation_reason=None), "性质、权重".replace("、", "、")),
        (measured("≥", None, 1), "目标值"),
        (measured("≥", 1, None, name=None), "名称、完成值"),
        (judged(None, None), "档次、定性得分"),
        (judged(BEST, 10, basis=None), "依据"),
        (row(1, name=None, weight=None, deviation_reason=None, unit="个"), "名称、性质、权重"),
    ],
)  # fmt: skip
def test_a_row_that_was_begun_must_be_complete(values: dict[str, Plain], lacks: str) -> None:
    outcome = run(values)
    assert (outcome.result, outcome.score, outcome.missing) == (Result.MISSING, None, ())
    assert [(each.code, each.actual) for each in outcome.findings] == [("row-incomplete", lacks)]


def test_what_is_open_bounds_the_score_by_its_weight() -> None:
    rest = {**row(2, nature="≥", target=10, actual=9, weight=5), **row(3, nature="≥", target=1, actual=1, weight=2)}
    for first, result in (
        (judged(BEST, "0.5", weight=3), Result.NEEDS_REVIEW), (judged(BEST, None, weight=3), Result.MISSING),
        (judged(BEST, "2.5", weight=None), Result.MISSING), (measured("≥", 0, 1, weight=3), Result.NEEDS_REVIEW),
        (measured("≥", "无", 1, weight=3), Result.NEEDS_REVIEW), (measured("好", 1, 1, weight=3), Result.NEEDS_REVIEW),
    ):  # fmt: skip
        outcome = run({**first, **rest})
        assert (outcome.result, outcome.score, outcome.low, outcome.high) == (result, None, D("6.5"), D("9.5"))
    assert score(RULE, 10, filed=True, **judged(BEST, "2.5", weight=3), **rest).score == 9


def test_the_weights_must_add_up() -> None:
    for weight in ("9.99", "10.01"):
        outcome = run(measured("≥", 1, 1, weight=weight))
        assert (outcome.result, outcome.score, outcome.low, outcome.high) == (Result.NEEDS_REVIEW, None, 0, 10)
        assert [(each.code, each.actual, each.expected) for each in outcome.findings] == [("weights-off", weight, "10")]


def test_the_weight_of_a_row_that_lacks_something_counts_all_the_same() -> None:
    rest = row(2, nature="≥", target=1, actual=1, weight=5)
    outcome = run({**measured("≥", None, 1, weight=4), **rest})
    assert [each.code for each in outcome.findings] == ["row-incomplete", "weights-off"]
    assert [each.code for each in run({**measured("≥", None, 1, weight=5), **rest}).findings] == ["row-incomplete"]


def test_rows_are_rounded_one_by_one() -> None:
    third = {"nature": "≥", "target": 3, "actual": 2}
    outcome = run(
        {**row(1, **third, weight="3.33"), **row(2, **third, weight="3.33"), **row(3, **third, weight="3.34")}
    )
    assert [str(line.score) for line in outcome.lines] == ["2.22", "2.22", "2.23"]
    assert str(outcome.score) == "6.67"


def test_weights_have_no_more_than_two_decimals() -> None:
    """Else rounding could lift the rows' sum above the points."""
    third = {"nature": "≥", "target": 1, "actual": 1}
    outcome = run(
        {**row(1, **third, weight="3.335"), **row(2, **third, weight="3.335"), **row(3, **third, weight="3.33")}
    )
    assert (outcome.result, outcome.score) == (Result.NEEDS_REVIEW, None)


def test_what_is_said_about_rows() -> None:
    assert [each.code for each in run(measured("≥", 100, 151)).findings] == ["over-fulfilled"]
    assert run(measured("≥", 100, 151)).findings[0].message.startswith("第 1 行“某指标”：完成率 151.00%，超过 150%")
    assert run(measured("≥", 100, 150)).findings == ()
    assert run(measured("≤", 100, 1)).findings == ()
    bare = {"deviation_reason": None}
    assert [each.code for each in run(measured("≥", 100, 99, **bare)).findings] == ["deviation-reason-missing"]
    assert [each.code for each in run(judged(BEST, 9, **bare)).findings] == ["deviation-reason-missing"]
    assert run(measured("≥", 100, 100, **bare)).findings == ()
    assert [each.code for each in run(measured("≥", 100, 151, **bare)).findings] == ["over-fulfilled"]


def test_the_basis_names_the_rows_that_lost_points() -> None:
    assert run(measured("≥", 1, 1)).basis == "共 1 行，得分合计 10.00 分，各行均得满分"
    assert run(measured("≥", 200, 171)).basis == (
        "共 1 行，得分合计 8.55 分；未得满分的：第 1 行“某指标”完成率 85.50%，得 8.55 分（权重 10）"
    )
    assert run(judged(MIDDLE, 7)).basis.endswith("第 1 行“某指标”得 7.00 分（权重 10）")


def test_what_is_wrong_with_the_parameters() -> None:
    wrong = (
        TOML.replace("floor = 0.6", "floor = 1.6")
        .replace("ceiling = 1.5", "ceiling = 0.5")
        .replace("lt = 0.8", "lt = 0.7")
    )
    found = problems(wrong.replace(f'name = "{WORST}"', 'name = "差"'), FIELDS, 10)
    for place in (
        "floor: ",
        "ceiling: ",
        "tiers[0]: 与前一段之间有空档",
        "table: 附表 'outputs' 的列 'tier' 的选项应为",
    ):
        assert any(each.startswith(place) for each in found), (place, found)
    assert len(found) == 4
    assert problems(TOML.replace('"outputs"', '"nothing"'), FIELDS, 10) == ["table: 没有附表 'nothing'"]
    columns = tuple(
        replace(column, low=None) if column.id == "actual" else replace(column, options=("≥", "差不多")) if column.id == "nature" else column
        for column in TABLE.columns if column.id not in ("basis", "tier", "weight")
    )  # fmt: skip
    found = problems(TOML, context(yesno("filed"), tables=(replace(TABLE, columns=columns),)), 10)
    assert found == [
        "table: 字段 'actual' 须写明不小于 0 的下限 low：负数无法计分",
        "table: 附表 'outputs' 缺少列 'weight'", "table: 附表 'outputs' 缺少列 'tier'",
        "table: 附表 'outputs' 的列 'nature' 的选项只能取自 ≥、>、=、≤、<、定性，并且要有“定性”",
    ]  # fmt: skip
    wide = replace(
        TABLE, columns=tuple(replace(each, high=D(50)) if each.id == "weight" else each for each in TABLE.columns)
    )
    assert problems(TOML, context(yesno("filed"), tables=(wide,)), 10) == [
        "table: 附表 'outputs' 的列 'target'、'actual' 的上限 high 过大：权重最大 50 时应不超过 40,000,000"
    ]


def test_explained() -> None:
    lines = RULE.explain(D(10))
    assert (
        "完成率不足 60% 的不得分，等于 60% 的按完成率计分，60% 至 100% 的得分 = 完成率 × 权重，100% 至 150%（含）的得满分，超过 150% 的得权重的一半。"
        in lines
    )
    assert f"“{MIDDLE}”：得分达到 权重的 60% 但不足 权重的 80%。" in lines
    assert "等于 60% 的不得分" in "".join(OTHER.explain(D(10)))
    assert len(RULE.fields()) == 1 + ROWS * len(TABLE.columns)


@pytest.fixture(scope="module", params=[RULE, OTHER], ids=["default", "other"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(request.param, 10, tmp_path_factory.mktemp("bench"))


def test_the_formulas_agree_at_the_boundaries(bench: Bench) -> None:
    actuals: tuple[Plain, ...] = (
        "0", "59.99", "60", "60.01", "98.55", "100", "100.01", "140", "140.01", "150", "150.01", "166.66", "166.67", "200",
        "900", None, "无", -1,
    )  # fmt: skip
    for nature in (*NATURES, None, "好"):
        for actual in actuals:
            bench.agree({"filed": True, **measured(nature, 100, actual)})  # type: ignore[arg-type]
    for nature in NATURES:
        for target, actual in (
            (0, 0),
            (0, 1),
            (None, 1),
            ("无", 1),
            (-1, 1),
            ("0.3", "0.1"),
            ("0.3", "0.18"),
            ("0.7", "1.05"),
        ):
            bench.agree({"filed": True, **measured(nature, target, actual)})  # type: ignore[arg-type]


def test_the_formulas_of_judged_rows_agree(bench: Bench) -> None:
    scores: tuple[Plain, ...] = ("0", "5.99", "6", "7.99", "8", "10", "10.01", None, "无", -1)
    for tier in (BEST, MIDDLE, WORST, None, "很好"):
        for given_ in scores:
            bench.agree({"filed": True, **judged(tier, given_)})
    for weight, given_ in (("1.31", "1.05"), ("1.31", "1.04"), ("1.31", "1.31"), ("0.01", "0.01"), (0, 0)):
        rest = row(2, nature="≥", target=1, actual=1, weight=str(10 - D(weight)))
        bench.agree({"filed": True, **judged(BEST, given_, weight=weight), **rest})
    bench.agree({"filed": True, **judged(BEST, 9, basis=None)})


def test_the_formulas_of_whole_tables_agree(bench: Bench) -> None:
    full = measured("≥", 1, 1)
    for filed in (True, False, None, "也许"):
        bench.agree({"filed": filed, **full})
    for values in (
        {}, {**full, "outputs_r02_unit": "个"}, {**full, "outputs_r03_target": 0}, {**full, "outputs_r01_name": None},
        {**full, "outputs_r01_weight": "9.99"}, {**full, "outputs_r01_weight": "无"}, {**full, "outputs_r01_weight": None},
        {**full, "outputs_r01_dimension": "别的"}, {"outputs_r02_deviation_reason": "x"},
        {**row(1, nature="≥", target=3, actual=2, weight="3.33"), **row(3, nature="≤", target=3, actual=4, weight="6.67")},
        {**row(1, nature="≥", target=1, actual=1, weight="3.335"), **row(3, nature="=", target=1, actual=1, weight="6.665")},
    ):  # fmt: skip
        bench.agree({"filed": True, **values})


_NUMBERS = st.one_of(st.integers(0, 12).map(lambda each: each * 10), st.decimals(0, 250, places=2).map(str))
_ROW = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["甲", "乙", "丙", "丁", None]),
        "nature": st.sampled_from(NATURES),
        "target": _NUMBERS,
        "actual": st.one_of(_NUMBERS, _NUMBERS, _NUMBERS, st.sampled_from([None, "无"])),
        "tier": st.sampled_from([BEST, MIDDLE, WORST]),
        "judged_score": st.decimals(0, 5, places=2).map(str),
        "basis": st.sampled_from(["材料", "材料", "材料", None]),
    }
)
_SPLITS = st.sampled_from(
    [("10",), ("5", "5"), ("3.33", "3.33", "3.34"), ("2.5", "4.5", "3"), ("0.5", "9.5"), ("3", "3", "3")]
)


@settings(max_examples=60)
@given(split=_SPLITS, rows=st.tuples(_ROW, _ROW, _ROW), filed=st.sampled_from([True, True, True, True, False, None]))
def test_the_formulas_agree(
    bench: Bench, split: tuple[str, ...], rows: tuple[dict[str, Plain], ...], filed: bool | None
) -> None:
    values: dict[str, Plain] = {"filed": filed}
    for number_, (weight, cells) in enumerate(zip(split, rows, strict=False), start=1):
        values.update(row(number_, **{**cells, "weight": weight}))
    bench.agree(values)
