"""Several returns of one unit: which counts, by what, and what is told of the others; units with the same answers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from perfeval_xl.district.duplicates import LEAST_TELLING, comparable, one_a_unit, same_answers, typed
from perfeval_xl.findings import finding
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scorer import score
from tests.small_schemes import amount, given, indicator, small_scheme

AMOUNTS = tuple(amount(f"amount_{number}") for number in range(LEAST_TELLING))
NOTED = Field("noted", "说明", FieldType.TEXT)
YES_FIRST = Field("filed", "是否", FieldType.YESNO, issued="是")
BASIS = Field("basis", "依据", FieldType.CHOICE, options=("甲", "乙"), issued="甲")
DAY = Field("held_on", "日期", FieldType.DATE)
SCHEME = small_scheme(indicator("row", *AMOUNTS, YES_FIRST, BASIS, DAY, NOTED, inputs=("amount_0",)))
ISSUED: dict[str, Value | None] = {"filed": True, "basis": "甲"}
FULL: dict[str, Value | None] = {field.id: Decimal(100 + number) for number, field in enumerate(AMOUNTS)}


def returned(
    file: str,
    values: dict[str, Value | None] | None = None,
    modified: str = "",
    unit: str = "S001",
    sha256: str | None = None,
) -> UnitResult:
    """An accepted return; with other values it has another hash."""
    held = {**ISSUED, **(FULL if values is None else values)}
    submission = given(SCHEME, held)
    submission = replace(
        submission,
        source=file,
        unit_code=unit,
        modified=modified,
        sha256=sha256 if sha256 is not None else repr((unit, sorted(held.items()), modified)),
    )
    return UnitResult(unit, f"{unit}校", "", file, None, submission, score(SCHEME, submission))


def set_aside(file: str, unit: str = "S001") -> UnitResult:
    return UnitResult(unit, "", "", file, None, None, None, (finding("empty-file"),))


def told(result: UnitResult, code: str) -> list[str]:
    return [each.message for each in result.findings if each.code == code]


def counting(*results: UnitResult) -> UnitResult:
    (kept,) = one_a_unit(results)
    return kept


EARLY, LATE = "2025-03-01T08:00:00Z", "2025-03-02T08:00:00Z"
FEWER: dict[str, Value | None] = {"amount_0": Decimal(7)}


def test_a_single_return_is_left_as_it_is() -> None:
    result = returned("a.xlsx")
    assert counting(result) == result


def test_units_and_files_set_aside_don_t_touch_each_other() -> None:
    results = [set_aside("x.xlsx"), returned("a.xlsx"), returned("b.xlsx", unit="S002"), set_aside("y.xlsx", "")]
    assert one_a_unit(results) == results


def test_returns_that_name_no_unit_are_all_kept() -> None:
    results = [returned("a.xlsx", unit=""), returned("b.xlsx", unit="")]
    assert one_a_unit(results) == results


def test_the_last_saved_counts_even_with_less_in_it() -> None:
    kept = counting(returned("z.xlsx", FULL, EARLY), returned("a.xlsx", FEWER, LATE))
    assert kept.file == "a.xlsx"
    assert told(kept, "duplicate-return") == [
        "同一单位交了 2 份：采用 a.xlsx，未采用 z.xlsx（按保存时间取舍）。请核对是否为最终稿。"
    ]


def test_a_blank_never_beats_a_filled_one() -> None:
    kept = counting(returned("a.xlsx", FEWER, EARLY), returned("b.xlsx", {}, LATE))
    assert kept.file == "a.xlsx"
    assert "（按是否填写取舍）" in told(kept, "duplicate-return")[0]
    blanks = counting(returned("a.xlsx", {}, EARLY), returned("b.xlsx", {}, LATE))
    assert blanks.file == "b.xlsx"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2025-03-02T08:00:00Z", "2025-03-02T08:00:01Z"),
        ("2025-03-02T15:59:59+08:00", "2025-03-02T08:00:00Z"),
        ("2025-03-02T08:00:00", "2025-03-02T08:00:00.5"),
        ("2025-03-02T08:00:00.123456788", "2025-03-02T08:00:00.9"),
        ("2024-01-01T00:00:00Z", "2025-03-02"),
    ],
)
def test_times_in_the_spellings_of_several_programs(earlier: str, later: str) -> None:
    assert counting(returned("b.xlsx", FULL, earlier), returned("a.xlsx", FEWER, later)).file == "a.xlsx"


@pytest.mark.parametrize(
    "unknown", ["", "昨天", "2025-13-01T00:00:00Z", "2002-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_without_a_time_that_can_be_believed_the_fuller_one_counts(unknown: str) -> None:
    """A computer whose clock has stopped says 2002: no time before the form's own year is believed."""
    kept = counting(returned("b.xlsx", FEWER, LATE), returned("a.xlsx", FULL, unknown))
    assert kept.file == "a.xlsx"
    assert "（按填写多少取舍）" in told(kept, "duplicate-return")[0]
    assert counting(returned("b.xlsx", FULL, LATE), returned("a.xlsx", FEWER, unknown)).file == "b.xlsx"


def test_an_undated_one_makes_the_dated_ones_no_equals() -> None:
    kept = counting(
        returned("a.xlsx", FULL, EARLY),
        returned("b.xlsx", FEWER, LATE),
        returned("c.xlsx", {**FEWER, "amount_1": Decimal(3)}),
    )
    assert kept.file == "c.xlsx"
    assert "（按保存时间、填写多少取舍）" in told(kept, "duplicate-return")[0]


def test_then_the_file_name_decides() -> None:
    other = {**FULL, "amount_0": Decimal(5)}
    kept = counting(returned("自评表最终.xlsx", FULL, LATE), returned("自评表（修改）.xlsx", other, LATE))
    assert kept.file == "自评表最终.xlsx"
    assert "（按文件名所标的版本取舍）" in told(kept, "duplicate-return")[0]
    kept = counting(returned("甲.xlsx", FULL, LATE), returned("乙.xlsx", other, LATE))
    assert kept.file == "甲.xlsx"
    assert "（按文件名取舍）" in told(kept, "duplicate-return")[0]


def test_files_of_one_name_from_two_folders() -> None:
    kept = counting(returned("a.xlsx", FULL, sha256="1"), returned("a.xlsx", FULL, sha256="2"))
    assert kept.submission and kept.submission.sha256 == "2"


def test_equal_bytes_are_one_return_wherever_they_lie() -> None:
    kept = counting(
        returned("收.zip/a.xlsx", sha256="1"), returned("最终(1).xlsx", sha256="1"), returned("a.xlsx", sha256="1")
    )
    assert kept.file == "a.xlsx"
    assert told(kept, "identical-return") == ["与 最终(1).xlsx、收.zip/a.xlsx 内容完全相同，按一份处理。"]
    assert told(kept, "duplicate-return") == []


def test_every_file_is_named_once() -> None:
    kept = counting(
        returned("a.xlsx", FULL, LATE, sha256="1"),
        returned("a(1).xlsx", FULL, LATE, sha256="1"),
        returned("b.xlsx", FEWER, EARLY, sha256="2"),
        returned("b 副本.xlsx", FEWER, EARLY, sha256="2"),
        returned("c.xlsx", {}, sha256="3"),
    )
    assert [each.message for each in kept.findings][:2] == [
        "同一单位交了 3 份：采用 a.xlsx，未采用 b.xlsx（与 b 副本.xlsx 相同）、c.xlsx（按是否填写、保存时间取舍）。"
        "请核对是否为最终稿。",
        "与 a(1).xlsx 内容完全相同，按一份处理。",
    ]
    assert kept.passed_over == ("a(1).xlsx", "b 副本.xlsx", "b.xlsx", "c.xlsx")


def test_the_best_name_of_equal_files_speaks_for_them() -> None:
    first = [returned("a.xlsx", FULL, sha256="1"), returned("最终稿.xlsx", FULL, sha256="1")]
    assert counting(*first, returned("修改稿.xlsx", FULL, sha256="2")).file == "a.xlsx"


def test_a_file_set_aside_never_takes_the_place_of_an_accepted_one() -> None:
    kept = one_a_unit([returned("a.xlsx", {}), set_aside("b 最终.xlsx"), returned("c.xlsx", FEWER)])
    assert [each.file for each in kept] == ["b 最终.xlsx", "c.xlsx"]


FILES = ("a.xlsx", "a(1).xlsx", "最终.xlsx", "修改v2.xlsx", "包.zip/a.xlsx", "3月2日.xlsx")
ANY_RETURN = st.builds(
    lambda file, amounts, modified, unit, accepted: (
        returned(file, amounts, modified, unit) if accepted else set_aside(file, unit)
    ),
    st.sampled_from(FILES),
    st.dictionaries(st.sampled_from([each.id for each in AMOUNTS]), st.integers(1, 2).map(Decimal), max_size=3),
    st.sampled_from(["", EARLY, LATE, "2025-03-02T16:00:00+08:00", "2002-01-01T00:00:00Z"]),
    st.sampled_from(["S001", "S001", "S002", ""]),
    st.booleans(),
)


@examples(st.lists(ANY_RETURN, max_size=7, unique_by=lambda each: (each.file, each.unit_code)), st.randoms())
def test_the_order_of_reading_does_not_matter(results: list[UnitResult], chance: random.Random) -> None:
    shuffled = list(results)
    chance.shuffle(shuffled)

    def outcome(given: Sequence[UnitResult]) -> list[tuple[str, str, list[str]]]:
        kept = compared(one_a_unit(given))
        return sorted((each.unit_code, each.file, [each.message for each in each.findings]) for each in kept)

    assert outcome(shuffled) == outcome(results)


@examples(st.lists(ANY_RETURN, max_size=7, unique_by=lambda each: (each.file, each.unit_code)))
def test_one_return_a_unit_and_every_file_accounted_for(results: list[UnitResult]) -> None:
    kept = one_a_unit(results)
    units = [each.unit_code for each in kept if each.card is not None and each.unit_code]
    assert len(units) == len(set(units))
    assert [each for each in kept if each.card is None or not each.unit_code] == [
        each for each in results if each.card is None or not each.unit_code
    ]
    for result in results:
        assert any(
            result.file in (each.file, *each.passed_over)
            and (result.file == each.file or any(result.file in one.message for one in each.findings))
            for each in kept
            if each.unit_code == result.unit_code
        )


# ---- what was typed


def test_what_counts_as_typed() -> None:
    claimed = {**FULL, "row_self_score": Decimal(3), "noted": "写了", "filed": False}
    assert set(typed(returned("a.xlsx", claimed))) == {*FULL, "noted", "filed"}
    assert typed(returned("a.xlsx", {})) == {}
    assert typed(set_aside("a.xlsx")) == {}


def test_what_can_not_be_used_was_typed_all_the_same() -> None:
    assert set(typed(returned("a.xlsx", {"amount_0": "三百"}))) == {"amount_0"}


# ---- the same answers


def compared(results: Sequence[UnitResult]) -> list[UnitResult]:
    """``results`` with what is to be told of equal answers."""
    alike = [
        [other for other in results if comparable(other) and comparable(other) == comparable(each)] for each in results
    ]
    told = [same_answers((other.unit_code, other.unit_name) for other in found) for found in alike]
    return [
        replace(each, findings=(*each.findings, *filter(None, [tell(each.unit_code)])))
        for each, tell in zip(results, told, strict=True)
    ]


def pair(one: dict[str, Value | None], other: dict[str, Value | None]) -> list[list[str]]:
    results = [returned("a.xlsx", one), returned("b.xlsx", other, unit="S002")]
    return [[each.code for each in result.findings] for result in compared(results)]


SAME = [["same-answers"], ["same-answers"]]
DIFFERENT: list[list[str]] = [[], []]


def test_two_units_with_one_set_of_answers() -> None:
    first, second = compared([returned("a.xlsx"), returned("b.xlsx", unit="S002")])
    assert told(first, "same-answers") == ["填报数据与 S002（S002校） 完全相同。请核对是否抄用了别的单位的表格。"]
    assert told(second, "same-answers") == ["填报数据与 S001（S001校） 完全相同。请核对是否抄用了别的单位的表格。"]


def test_words_and_claims_make_no_difference_numbers_choices_and_dates_do() -> None:
    assert pair(FULL, {**FULL, "noted": "别的话", "row_self_score": Decimal(2)}) == SAME
    assert pair(FULL, {**FULL, "amount_0": Decimal("100.00")}) == SAME
    assert pair(FULL, {**FULL, "amount_0": Decimal("100.01")}) == DIFFERENT
    assert pair(FULL, {**FULL, "filed": False}) == DIFFERENT
    assert pair(FULL, {**FULL, "basis": "乙"}) == DIFFERENT
    assert pair(FULL, {**FULL, "held_on": date(2024, 3, 1)}) == DIFFERENT
    assert pair(FULL, {**FULL, "amount_0": None}) == DIFFERENT


def test_how_much_must_be_the_same() -> None:
    few: dict[str, Value | None] = {**FULL, "amount_0": Decimal(0)}
    assert pair(few, few) == DIFFERENT
    assert pair({**few, "held_on": date(2024, 3, 1)}, {**few, "held_on": date(2024, 3, 1)}) == SAME
    assert pair({**few, "filed": False}, {**few, "filed": False}) == DIFFERENT
    assert pair({**FULL, "amount_0": Decimal(1)}, {**FULL, "amount_0": Decimal(1)}) == DIFFERENT
    assert pair({}, {}) == DIFFERENT


def test_many_units_with_the_same_answers() -> None:
    results = compared([returned("a.xlsx", unit=f"S00{number}") for number in range(1, 7)])
    assert told(results[0], "same-answers")[0].startswith(
        "填报数据与 S002（S002校）、S003（S003校）、S004（S004校）等 5 个单位 完全相同。"
    )


def test_one_unit_is_not_compared_with_itself_nor_with_what_has_no_name() -> None:
    results = [returned("a.xlsx"), returned("b.xlsx"), returned("c.xlsx", unit=""), set_aside("d.xlsx")]
    assert compared(results) == results


def test_many_equal_returns_are_compared_all_at_once() -> None:
    """A whole province with one set of answers: each is told of in a few steps, not in as many as there are units."""

    class Code(str):
        """A unit code that counts how often it is held against another."""

        compared = 0

        def __ne__(self, other: object) -> bool:
            Code.compared += 1
            return str.__ne__(self, other)

        __hash__ = str.__hash__

    codes = [Code(f"S{number:05}") for number in range(5_000)]
    tell = same_answers((code, f"{code}校") for code in codes)
    Code.compared = 0
    found = [tell(code) for code in codes]
    assert Code.compared <= 4 * len(codes)
    assert found[4_000] is not None and "S00000（S00000校）、S00001（S00001校）" in found[4_000].message
    assert all(each is not None and "等 4999 个单位" in each.message for each in found)
