"""Simulated clerks: every deed once, and some pairs. The whole simulation is ``make clerk``; docs/clerk.md tells of it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.clerk.deeds import CATALOGUE, Deed, compatible
from tests.clerk.making import Making
from tests.clerk.references import Place, moved_range, moved_refs
from tests.clerk.report import PAGE, result
from tests.clerk.simulation import Tally, simulate

SEED = 4
_RETURNS = 85
_UNITS = 22


def test_simulated_returns_give_exactly_the_expected_findings() -> None:
    *_, tally = simulate(_RETURNS, SEED, together=4, units=_UNITS)
    assert [str(each) for each in tally.mismatches] == []
    assert {*tally.done, *tally.left_out} == {each.name for each in CATALOGUE}


def test_a_finding_too_many_and_one_too_few_are_told() -> None:
    """The comparison itself: a deed that says something else than it does."""

    def quiet(making: Making) -> None:
        making.book.add_sheet("附注")

    def wrong(making: Making) -> None:
        making.note("sheet-added")

    deeds = [Deed("quiet", 2, frozenset(), quiet), Deed("wrong", 2, frozenset(), wrong)]
    *_, tally = simulate(2, SEED, units=6, catalogue=deeds)
    told = [(each.deeds, each.expected, each.found) for each in tally.mismatches]
    assert told == [
        (("quiet",), "accepted: no more", "accepted: sheet-added"),
        (("wrong",), "accepted: sheet-added", "accepted: no more"),
    ]


def test_deeds_that_do_not_go_together() -> None:
    by_name = {each.name: each for each in CATALOGUE}
    seal, broken = by_name["the seal lost everywhere"], by_name["a seal that does not verify"]
    number, xls = by_name["a number as text"], by_name["saved as .xls by LibreOffice"]
    assert compatible([seal, number])
    assert not compatible([seal, broken])
    assert not compatible([xls, number])
    assert compatible([by_name["a number as text"], by_name["rows inserted"]])


def test_the_catalogue_has_something_of_every_kind() -> None:
    assert {each.stage for each in CATALOGUE} == set(range(7))
    assert len(CATALOGUE) > 200


def _below_three(place: Place) -> Place | None:
    row, column = place
    return None if row == 3 else (row + (2 if row > 3 else 0), column)


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("SUM(A1:A9)", "SUM(A1:A11)"),
        ("$B$4+B2", "$B$6+B2"),
        ("A3", "#REF!"),
        ("Other!A4+'My Sheet'!$A$4", "Other!A4+'My Sheet'!$A$6"),
        ('IF(x_r04="A4",LOG10(4),A4)', 'IF(x_r04="A4",LOG10(4),A6)'),
    ],
)
def test_formulas_follow_moved_cells(formula: str, moved: str) -> None:
    assert moved_refs(formula, "My Sheet", "My Sheet", _below_three) == moved


def test_a_range_shrinks_to_what_is_left() -> None:
    assert moved_range("A3:B5", _below_three) == "A6:B7"
    assert moved_range("A3:B3", _below_three) is None


def test_the_page_gets_the_result() -> None:
    tally = Tally(returns=2, files=3, findings=4, done=Counter({CATALOGUE[0].name: 2}), sizes=Counter({1: 2}))
    text = result(tally, 2, 7)
    assert text.startswith("`make clerk N=2 SEED=7`")
    assert "**mismatches 0**" in text
    assert text.count("\n| ") == len(CATALOGUE) + 1
    assert "<!-- result -->" in PAGE.read_text(encoding="utf-8")
