"""The one gate for values: what a field admits, and the words for what it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Severity
from perfeval_xl.numbers import exact, half_up
from perfeval_xl.scheme.admit import admit, answer_finding, bounds
from perfeval_xl.scheme.answers import Answer, Value
from perfeval_xl.scheme.fields import Field, FieldType

D = Decimal
CELL = Cell("基础数据", "D5")
AMOUNT = Field("spent", "实际支出", FieldType.AMOUNT, unit="万元", low=D(0), high=D(100))
COUNT = Field("items", "项目数", FieldType.COUNT, unit="项", low=D(0))
PERCENT = Field("rate", "执行率", FieldType.PERCENT, low=D(0), high=D(2))
YESNO = Field("exists", "是否建立", FieldType.YESNO)
CHOICE = Field("basis", "计算方式", FieldType.CHOICE, options=("月度平均", "年度执行率"))
DAY = Field("on", "公开日期", FieldType.DATE, low=date(2024, 1, 1), high=date(2026, 12, 31), never="未公开")
PLAIN_DAY = Field("due", "应公开日期", FieldType.DATE)
TEXT = Field("why", "理由", FieldType.TEXT, max_length=5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (AMOUNT, D("0")),
        (AMOUNT, D("100")),
        (AMOUNT, D("99.999")),
        (COUNT, D("3")),
        (COUNT, D("3.0")),
        (COUNT, D("1E+3")),
        (PERCENT, D("2")),
        (YESNO, True),
        (YESNO, False),
        (CHOICE, "年度执行率"),
        (DAY, date(2024, 1, 1)),
        (DAY, date(2026, 12, 31)),
        (DAY, "未公开"),
        (TEXT, "五个字以内"),
    ],
)
def test_what_a_field_takes_is_kept_as_it_is(field: Field, value: Value) -> None:
    assert admit(field, value, "原文", CELL) == Answer(field.id, value, "原文", CELL)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (AMOUNT, D("-0.01"), "out-of-range"),
        (AMOUNT, D("100.01"), "out-of-range"),
        (COUNT, D("2.5"), "out-of-range"),
        (COUNT, D("-1"), "out-of-range"),
        (PERCENT, D("2.01"), "out-of-range"),
        (DAY, date(2023, 12, 31), "out-of-range"),
        (DAY, date(2027, 1, 1), "out-of-range"),
        (AMOUNT, "364.75万元", "not-a-number"),
        (AMOUNT, True, "not-a-number"),
        (AMOUNT, date(2024, 3, 5), "not-a-number"),
        (AMOUNT, D("NaN"), "not-a-number"),
        (DAY, "2024年3月", "not-a-date"),
        (DAY, D(45366), "not-a-date"),
        (PLAIN_DAY, "未公开", "not-a-date"),
        (YESNO, "有", "not-a-choice"),
        (YESNO, D(1), "not-a-choice"),
        (CHOICE, "季度", "not-a-choice"),
        (CHOICE, "月度平均 ", "not-a-choice"),
        (AMOUNT, "#REF!", "error-value"),
        (TEXT, "#N/A", "error-value"),
    ],
)
def test_what_a_field_cannot_use_has_no_value_and_a_problem(field: Field, value: Value, problem: str) -> None:
    assert admit(field, value, "原文", CELL) == Answer(field.id, None, "原文", CELL, problem)


@pytest.mark.parametrize("field", [AMOUNT, COUNT, PERCENT, YESNO, CHOICE, DAY, TEXT])
@pytest.mark.parametrize("value", [None, "", "  \t\n", "\u3000\xa0"])
def test_white_space_is_blank_everywhere(field: Field, value: str | None) -> None:
    answer = admit(field, value, value or "", CELL)
    assert answer.blank and answer.value is None and answer.cell == CELL


def test_the_words_yes_and_no_are_understood() -> None:
    assert admit(YESNO, "是", "是", None).value is True
    assert admit(YESNO, "否", "否", None).value is False


def test_long_text_is_kept_and_flagged_only_beyond_its_length() -> None:
    answer = admit(TEXT, "一共有六个字", "一共有六个字", None)
    assert (answer.value, answer.problem) == ("一共有六个字", "text-too-long")
    assert not answer.blank


def test_a_number_typed_into_a_text_field_is_text() -> None:
    assert admit(TEXT, D("95"), "95", None) == Answer("why", "95", "95", None)


@pytest.mark.parametrize(
    ("field", "value", "raw", "message"),
    [
        (AMOUNT, D("100.5"), "100.5", "实际支出应为 0 至 100 之间的数，现为 100.5。请核对后更正。"),
        (COUNT, D("-1"), "-1", "项目数应为 不小于 0 的整数，现为 -1。请核对后更正。"),
        (PERCENT, D("98.5"), "98.5", "执行率应为 0.00% 至 200.00% 之间的数，现为 9850.00%。请核对后更正。"),
        (
            DAY,
            date(2023, 1, 2),
            "2023-01-02",
            "公开日期应为 2024-01-01 至 2026-12-31 之间的日期，现为 2023-01-02。请核对后更正。",
        ),
        (AMOUNT, "约 5 万", "约 5 万", "实际支出应填数字（万元），现为“约 5 万”。请只填数字，不写单位和说明。"),
        (YESNO, "有", "有", "是否建立只能选填 是、否，现为“有”。请从下拉列表中选择。"),
        (TEXT, "一共有六个字", "一共有六个字", "理由有 6 字，最多 5 字。请精简。"),
    ],
)
def test_a_problem_in_words_names_what_was_found_and_what_was_expected(
    field: Field, value: Value, raw: str, message: str
) -> None:
    found = answer_finding(field, admit(field, value, raw, CELL), "row")
    assert (found.message, found.cell, found.indicator) == (message, CELL, "row")


def test_the_unit_is_not_said_twice() -> None:
    field = Field("spent", "实际支出（万元）", FieldType.AMOUNT, unit="万元")
    assert "实际支出（万元）应填数字，" in answer_finding(field, admit(field, "无", "无", None), None).message


def test_a_number_read_from_text_says_how_it_was_read() -> None:
    found = answer_finding(AMOUNT, Answer("spent", D("12.50"), "１２．５０", CELL, "number-as-text"), "row")
    assert found.severity is Severity.INFO
    assert found.message == "实际支出以文本形式填写（“１２．５０”），已按 12.5 读取。"


def test_only_the_beginning_of_a_long_text_is_quoted() -> None:
    found = answer_finding(AMOUNT, admit(AMOUNT, "详见\n附件" * 20, "详见\n附件" * 20, CELL), None)
    assert found.actual == ("详见 附件" * 20)[:30] + "…"


WAN = Field("spent", "支出", FieldType.AMOUNT, unit="万元", low=D(0))
YUAN = Field("spent", "支出", FieldType.AMOUNT, unit="元", low=D(0))
NUMBER = Field("target", "目标值", FieldType.NUMBER, low=D(0))
SCORE = Field("weight", "权重", FieldType.SCORE, low=D(0), high=D(20))


@pytest.mark.parametrize(
    ("field", "most", "finest"),
    [(WAN, "2000000", "0.000001"), (YUAN, "20000000000", "0.01"), (COUNT, "1000000000", "1"), (NUMBER, "100000000", "0.0001"),
     (SCORE, "20", "0.01"), (PERCENT, "2", "0.00000001")],
)  # fmt: skip
def test_how_large_and_how_fine_a_number_may_be(field: Field, most: str, finest: str) -> None:
    largest, unit = D(most), D(finest)
    for value in (largest, unit, largest - unit):
        assert admit(field, value, str(value), None).value == value
    for value in (largest + unit, D("1E+300")):
        assert admit(field, value, str(value), None).problem == "out-of-range", value
    for value in (unit / 2, unit * D("1.01"), unit * D("1.49"), largest - unit / 2):
        found = admit(field, value, str(value), None)
        if field.type in (FieldType.COUNT, FieldType.SCORE):
            assert found.problem == "out-of-range", value
        else:  # measured quantities are read to their last decimal, half-up
            assert found.value == half_up(value, unit), value


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (WAN, 0.1 + 0.2, "0.3"), (WAN, 1999999.9999990001, "1999999.999999"), (YUAN, 0.07 * 100, "7"), (COUNT, 2.9999999999999996, "3"),
        (PERCENT, 0.6000000000000001, "0.6"), (SCORE, 6.67 * 3, "20.01"), (WAN, 0.0, "0"), (WAN, -1e-12, "0"), (WAN, 1e-300, "0"),
    ],
)  # fmt: skip
def test_the_noise_of_floating_point_is_taken_off(field: Field, value: float, kept: str) -> None:
    answer = admit(replace(field, high=None), exact(value), repr(value), None)
    assert answer.value == D(kept)
    assert not str(answer.value).startswith("-")


def test_too_fine_or_too_large_a_number_in_words() -> None:
    def wanted(field: Field, raw: str) -> str | None:
        return answer_finding(field, admit(field, D(raw), raw, None), None).expected

    assert wanted(YUAN, "20000000000.01") == "不大于 20,000,000,000 的数"
    assert wanted(COUNT, "2000000000") == "不大于 1,000,000,000 的整数"
    assert wanted(COUNT, "2.5") == "不小于 0 的整数"
    assert wanted(SCORE, "20.001") == wanted(SCORE, "21") == "0 至 20 之间的数"


def test_an_answer_without_a_problem_has_no_finding() -> None:
    with pytest.raises(KeyError):
        answer_finding(AMOUNT, Answer("spent", D(1)), None)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (D(0), D(10), "0 至 10 之间的数"), (D(0), None, "不小于 0 的数"), (None, D(10), "不大于 10 的数"), (None, None, "数"),
    ],
)  # fmt: skip
def test_bounds_in_words(low: Decimal | None, high: Decimal | None, expected: str) -> None:
    assert bounds(Field("x", "数", FieldType.NUMBER, low=low, high=high)) == expected
