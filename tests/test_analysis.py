"""What a round's figures say: thresholds from both sides, and counts that add up, worked out a second way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.analysis import IndicatorFigures, by_loss, class_of, score_classes, share
from perfeval_xl.overview import by_type, facts_of
from perfeval_xl.results import District
from tests.test_summary import FULL, MISSING_UNITS, card, district, ranking, result, ruled

POINTS = (50, 20, 20, 10)
SCORES = st.tuples(
    *(
        st.one_of(
            st.none(),
            st.just("n/a"),
            st.integers(0, points * 100).map(lambda cents: f"{Decimal(cents).scaleb(-2)}"),
        )
        for points in POINTS
    )
)


@pytest.mark.parametrize(
    ("part", "whole", "fraction"),
    [
        (1, 3, "0.3333"),
        (2, 3, "0.6667"),
        (1, 8, "0.1250"),
        (1, 32, "0.0313"),  # 0.03125: half-up, where half-even would give 0.0312
        (0, 5, "0.0000"),
        (Decimal("19.99"), Decimal(20), "0.9995"),
    ],
)
def test_share(part: Decimal | int, whole: Decimal | int, fraction: str) -> None:
    assert str(share(part, whole)) == fraction


def test_of_nothing_there_is_no_share() -> None:
    assert share(0, 0) is None


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("20", "full"),
        ("19.99", "high"),
        ("18", "high"),
        ("17.99", "middle"),
        ("12", "middle"),
        ("11.99", "low"),
        ("0.01", "low"),
        ("0", "zero"),
        ("n/a", "not_applicable"),
        (None, "open"),
    ],
)
def test_the_class_of_a_row(score: str | None, expected: str) -> None:
    assert class_of(card("50", score, "20", "10").row["plan"]) == expected


@pytest.mark.parametrize("before", ["n/a", None, "3"])
def test_a_ruling_decides_on_the_class(before: str | None) -> None:
    assert class_of(ruled(card("50", before, "20", "10"), "plan", "20").row["plan"]) == "full"


def indicators(made: District) -> list[IndicatorFigures]:
    return facts_of(made).indicators


@given(st.lists(SCORES, max_size=12))
def test_every_return_is_in_one_count_of_each_row(returns: list[tuple[str | None, ...]]) -> None:
    figures = indicators(district([result(str(number), card(*each)) for number, each in enumerate(returns)]))
    for number, each in enumerate(figures):
        column = [scores[number] for scores in returns]
        settled = [Fraction(POINTS[number] if score == "n/a" else score) for score in column if score is not None]
        assert each.full + each.short + each.not_applicable + each.open == len(returns)
        assert each.open == column.count(None) and each.not_applicable == column.count("n/a")
        assert Fraction(each.lost) == sum(POINTS[number] - score for score in settled)
        if each.rate is None:
            assert not settled
        else:
            exact = sum(settled) / (POINTS[number] * len(settled))
            assert -Fraction(1, 20000) <= exact - Fraction(each.rate) < Fraction(1, 20000)
    assert [each.indicator.code for each in figures] == ["effect", "plan", "open", "buy"]


def test_what_costs_most_comes_first_and_of_equals_the_lower_rate() -> None:
    figures = indicators(district([result("1", card("48", "18", "20", "8"))]))
    assert [each.indicator.code for each in by_loss(figures)] == ["buy", "plan", "effect", "open"]  # 80, 90, 96 %


@given(st.lists(st.integers(0, 10_000).map(lambda cents: Decimal(cents).scaleb(-2)), max_size=30))
def test_every_total_is_in_one_class(totals: list[Decimal]) -> None:
    classes = score_classes(totals, Decimal(100))
    assert sum(each.count for each in classes) == len(totals)
    for each in classes:
        least = Decimal(-1) if each.low is None else each.low
        assert each.count == sum(least <= total < each.high or total == each.high == 100 for total in totals)


@pytest.mark.parametrize(
    ("points", "edges"),
    [
        ("100", ["95", "90", "85", "80", "75", "70", "65", "60", "55", "50", None]),
        ("62", ["60", "55", "50", "45", "40", "35", "30", None]),
        ("10", ["5", None]),
        ("4", ["0"]),
    ],
)
def test_classes_of_other_totals(points: str, edges: list[str | None]) -> None:
    classes = score_classes([Decimal(points)], Decimal(points))
    assert [each.low if each.low is None else str(each.low) for each in classes] == edges
    assert [each.count for each in classes] == [1] + [0] * (len(edges) - 1)
    assert classes[0].high == Decimal(points)


def test_types_with_most_units_first_and_those_without_last() -> None:
    made = district(
        [
            result("1", card(*FULL), type=""),
            result("2", card(*FULL), type=""),
            result("3", card(*FULL), type=""),
            result("4", card(*FULL), type="小学"),
            result("5", card("50", "20", "20", None), type="特殊教育"),
            result("6", None, type="特殊教育"),
        ],
        MISSING_UNITS,
    )
    found = by_type(facts_of(made))
    assert [(each.type, each.due, each.accepted) for each in found] == [
        ("小学", 2, 1),
        ("特殊教育", 1, 1),
        ("高中", 1, 0),
        ("", 3, 3),
    ]
    assert [each.totals.count if each.totals else None for each in found] == [1, None, None, 3]


def test_the_only_unit_of_its_type_is_its_mean_and_its_median() -> None:
    [figures] = by_type(facts_of(district([result("1", card("33.33", "0", "0", "0"))])))
    assert figures.totals is not None
    assert {figures.totals.mean, figures.totals.median, figures.totals.lowest, figures.totals.highest} == {
        Decimal("33.33")
    }


def test_places_within_the_types() -> None:
    ranked = ranking(
        [
            result("1", card(*FULL), type="小学"),
            result("2", card("40", "20", "20", "10"), type="幼儿园"),
            result("3", card("40", "20", "20", "10"), type="小学"),
            result("4", card("40", "20", "20", "10"), type="小学"),
            result("5", card("30", "20", "20", "10"), type="小学"),
            result("6", card("30", "20", "20", "10"), type=""),
            result("7", card("50", "20", "20", None), type="小学"),
        ]
    )
    assert [(each.unit.unit_code, each.place, each.place_in_type) for each in ranked] == [
        ("1", 1, 1),
        ("2", 2, 1),
        ("3", 2, 2),
        ("4", 2, 2),
        ("5", 5, 4),
        ("6", 5, None),
        ("7", None, None),
    ]
