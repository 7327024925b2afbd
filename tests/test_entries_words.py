"""Yes and no, options, running text, error values: in the words that offices use."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from perfeval_xl.entries import Shape, shown_text
from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.fields import Field
from tests.entrykit import (
    APPLIES,
    BASIS,
    COUNT,
    DAY,
    KIND,
    NATURE,
    PERCENT,
    TEXT,
    TIER,
    TIMELY,
    WAN,
    WRONGS,
    YESNO,
    taken,
    typed,
)

READ, NO_CHOICE, OPEN, HIDDEN = "choice-read", "not-a-choice", "placeholder", "control-characters"


@pytest.mark.parametrize(
    ("found", "value"), [("是", True), ("否", False), (" 是\u3000", True), ("\u200b是", True), ("否\n", False), (True, True), (False, False)]
)  # fmt: skip
def test_the_words_of_the_list_need_no_receipt(found: object, value: bool) -> None:
    assert taken(typed(YESNO, found)) == (value, None)


@pytest.mark.parametrize(
    "found",
    ["是的", "是。", "是！", "有", "有的", "对", "正确", "√", "✓", "✔", "✔\ufe0f", "☑", "✅", "v", "V", "Y", "y", "ｙ", "Yes", "TRUE", "true", "1",
     "１", 1, 1.0, "已完成", "已建立", "已经建立", "均已建立", "已开展", "已建立了", "已制定", "有内控制度", "已及时建立"],
)  # fmt: skip
def test_yes_in_other_words(found: object) -> None:
    assert taken(typed(YESNO, found)) == (True, READ)


@pytest.mark.parametrize(
    "found",
    ["不是", "否。", "无", "無", "没", "没有", "不", "错", "不对", "零", "×", "✕", "✗", "✘", "☒", "❌", "x", "X", "N", "No", "FALSE", "false", "0", 0,
     0.0, -0.0, "未完成", "未建立", "未开展", "尚未建立", "暂未建立", "没有建立", "没建立", "还没建立", "无内控制度", "无制度"],
)  # fmt: skip
def test_no_in_other_words(found: object) -> None:
    assert taken(typed(YESNO, found)) == (False, READ)


@pytest.mark.parametrize(
    "found",
    ["是否", "是/否", "是、否", "否是", "有无", "也许", "部分", "基本是", "是（部分）", "☐", "□", 2, -1, 0.5, 10, "01", "已", "未", "未按时建立", "未全部完成",
     "已公开", "已基本完成", "未发现问题", "没有问题", "5", date(2024, 3, 1), datetime(2024, 3, 1), "详见附件" * 50],
)  # fmt: skip
def test_what_is_neither_yes_nor_no(found: object) -> None:
    assert taken(typed(YESNO, found)) == (None, NO_CHOICE)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (WRONGS, "未发现问题", False), (WRONGS, "未发现", False), (WRONGS, "没有问题", False), (WRONGS, "无问题", False), (WRONGS, "有问题", True),
        (WRONGS, "已发现", True), (WRONGS, "已完成", None), (WRONGS, "未落实", None), (WRONGS, "未公开", None),
        (TIMELY, "已及时报送", True), (TIMELY, "已按时报送", True), (TIMELY, "已报送", None), (TIMELY, "未报送", False), (TIMELY, "未及时报送", False),
        (TIMELY, "未按时报送", False), (TIMELY, "已完成", None), (TIMELY, "未完成", False),
    ],
)  # fmt: skip
def test_done_and_not_done_answer_only_what_was_asked(field: Field, text: str, value: bool | None) -> None:
    assert taken(typed(field, text)) == (value, NO_CHOICE if value is None else READ)


@pytest.mark.parametrize("field", [YESNO, KIND, NATURE, TIER])
@pytest.mark.parametrize("word", ["/", "／", "—", "——", "-", "不适用", "N/A", "待定", "暂无", "?"])
def test_what_stands_for_nothing_said(field: Field, word: str) -> None:
    assert taken(typed(field, word)) == (None, OPEN)


@pytest.mark.parametrize(
    ("field", "found", "value", "code"),
    [
        (NATURE, "≥", "≥", None), (NATURE, " ≥ ", "≥", None), (NATURE, "=", "=", None), (NATURE, "＞", ">", READ), (NATURE, "＝", "=", READ),
        (NATURE, "﹤", "<", READ), (NATURE, "≧", "≥", READ), (NATURE, "⩾", "≥", READ), (NATURE, ">=", "≥", READ), (NATURE, "＞＝", "≥", READ),
        (NATURE, "> =", "≥", READ), (NATURE, "=>", "≥", READ), (NATURE, "≮", "≥", READ), (NATURE, "〉＝", "≥", READ), (NATURE, "≦", "≤", READ),
        (NATURE, "⩽", "≤", READ), (NATURE, "<=", "≤", READ), (NATURE, "=<", "≤", READ), (NATURE, "≯", "≤", READ), (NATURE, "═", "=", READ),
        (NATURE, "==", "=", READ), (NATURE, "〉", ">", READ), (NATURE, "〈", "<", READ), (NATURE, "大于等于", "≥", READ), (NATURE, "不低于", "≥", READ),
        (NATURE, "不超过", "≤", READ), (NATURE, "等于", "=", READ), (NATURE, "大于", ">", READ), (NATURE, "小于", "<", READ),
        (NATURE, "定 性", "定性", READ), (NATURE, "定性指标", "定性", READ), (NATURE, "定性（判断）", "定性", READ), (NATURE, "定", None, NO_CHOICE),
        (NATURE, "<>", None, NO_CHOICE), (NATURE, "≠", None, NO_CHOICE), (NATURE, "≈", None, NO_CHOICE), (NATURE, "定量", None, NO_CHOICE),
        (NATURE, 5, None, NO_CHOICE), (NATURE, True, None, NO_CHOICE), (NATURE, date(2024, 1, 1), None, NO_CHOICE), (NATURE, "", None, None),
        (KIND, "社会效益", "社会", READ), (KIND, "社会效益指标", "社会", READ), (KIND, "满意度指标", "满意度", READ),
        (KIND, "可持续影响指标", "可持续影响", READ), (KIND, "可持续", "可持续影响", READ), (KIND, "经济类", "经济", READ), (KIND, "社会发展", None, NO_CHOICE),
        (KIND, "经济、社会", None, NO_CHOICE), (KIND, "经济 社会", None, NO_CHOICE),
        (TIER, "达成年度指标", "达成年度指标", None), (TIER, "达成 年度指标。", "达成年度指标", READ), (TIER, "达成", "达成年度指标", READ),
        (TIER, "部分达成", "部分达成年度指标并具有一定效果", READ), (TIER, "未达成", "未达成年度指标且效果较差", READ), (TIER, "未", None, NO_CHOICE),
        (TIER, "基本达成", None, NO_CHOICE), (TIER, "没有", None, OPEN),
        (BASIS, "平均(按月)", "平均（按月）", READ), (BASIS, "平均", None, NO_CHOICE), (BASIS, "合计", "合计（全年）", READ), (BASIS, "合计(按月)", "合计（全年）", READ),
        (APPLIES, "适用", "适用", None), (APPLIES, "不适用", "不适用", None), (APPLIES, "不 适 用", "不适用", READ), (APPLIES, "N/A", "不适用", READ),
        (APPLIES, "na", "不适用", READ), (APPLIES, "不涉及", "不适用", READ), (APPLIES, "不适用（无此类业务）", "不适用", READ), (APPLIES, "是", "适用", READ),
        (APPLIES, "否", "不适用", READ), (APPLIES, "/", None, OPEN), (APPLIES, "无", None, OPEN), (APPLIES, "适", None, NO_CHOICE),
        (APPLIES, "适用/不适用", None, NO_CHOICE),
    ],
)  # fmt: skip
def test_an_option_in_other_words(field: Field, found: object, value: str | None, code: str | None) -> None:
    assert taken(typed(field, found)) == (value, code)


def test_an_option_may_be_a_number() -> None:
    field = Field("tier", "档", KIND.type, options=("1", "2"))
    assert taken(typed(field, 2.0)) == taken(typed(field, "2")) == ("2", None)
    assert taken(typed(field, "２")) == ("2", READ)


@pytest.mark.parametrize(
    ("found", "value", "code"),
    [
        ("已按期完成", "已按期完成", None), (" 甲\r\n乙 ", "甲\n乙", None), ("甲\r乙\u2028丙\x85丁", "甲\n乙\n丙\n丁", None), ("甲\t乙", "甲\t乙", None),
        ("a_x000D_\nb", "a\nb", None), ("a_x000A_b", "a\nb", None), ("e\u0301", "é", None), ("Ａ１", "Ａ１", None), ("a_x4E2D_b", "a_x4E2D_b", None),
        ("a\x01b", "ab", HIDDEN), ("a_x0001_b", "ab", HIDDEN), ("a_x001F_\x7f", "a", HIDDEN), ("\x1b[31m红", "[31m红", HIDDEN), ("甲\u200b乙", "甲乙", HIDDEN),
        ("\u202e甲", "甲", HIDDEN), ("\ud800甲\udfff", "甲", HIDDEN), ("甲\uffff", "甲", HIDDEN),
        ("一二三四五六七八九十", "一二三四五六七八九十", None), ("一二三四五六七八九十一", "一二三四五六七八九十一", "text-too-long"),
        ("一二三四五六七八九十\x01", "一二三四五六七八九十", HIDDEN), ("甲\x01" * 11, "甲" * 11, "text-too-long"),
        ("", None, None), (None, None, None), (" \t\n\xa0\u3000", None, None), ("\u200b\x01\ud800", None, None), ("/", None, None), ("／", None, None),
        ("—", None, None), ("——", None, None), ("- -", None, None), ("…", None, None), ("。", None, None), ("\\", None, None), ("-" * 100, "-" * 100, "text-too-long"),
        ("无", "无", None), ("没有", "没有", None), ("不适用", "不适用", None), ("?", "?", None), ("-5", "-5", None), ("是", "是", None),
        (95.0, "95", None), (0.9825, "0.9825", None), (-0.0, "0", None), (1e-7, "0.0000001", None), (True, "TRUE", None), (date(2024, 3, 1), "2024-03-01", None),
        (datetime(2024, 3, 1), "2024-03-01", None), (datetime(2024, 3, 1, 8, 30), "2024-03-01 08:30:00", "text-too-long"),
        ("=1+2", "=1+2", None), ("=HYPERLINK", "=HYPERLINK", None), ("+86 20", "+86 20", None),
    ],
)  # fmt: skip
def test_running_text(found: object, value: Value | None, code: str | None) -> None:
    assert taken(typed(TEXT, found)) == (value, code)


@pytest.mark.parametrize(
    ("found", "value"), [(0.9825, "98.25%"), (1, "100%"), (0.07, "7%"), (True, "TRUE"), (float("nan"), "NaN")]
)  # fmt: skip
def test_a_percentage_in_a_text_field_is_what_the_cell_shows(found: object, value: str) -> None:
    assert taken(typed(TEXT, found, Shape.PERCENT)) == (value, None)


@pytest.mark.parametrize("field", [WAN, COUNT, PERCENT, DAY, YESNO, NATURE, TEXT])
@pytest.mark.parametrize(
    "text",
    ["#REF!", "#DIV/0!", "#N/A", "#n/a", " #VALUE! ", "＃ＲＥＦ！", "#NAME?", "#名称?", "#名称？", "#值!", "#除/0!", "#引用!", "#数字!", "#空!", "#不适用",
     "Err:502", "错误:502"],
)  # fmt: skip
def test_an_error_value_that_stands_there_as_text(field: Field, text: str) -> None:
    answer = typed(field, text)
    assert (*taken(answer), answer.raw) == (None, "error-value", text)


def test_a_hash_alone_is_no_error_value() -> None:
    assert taken(typed(TEXT, "#1教学楼")) == ("#1教学楼", None)
    assert typed(WAN, "####").problem == "not-a-number"


@pytest.mark.parametrize(
    ("found", "text"), [(440114001.0, "440114001"), (" 甲\n", "甲"), (None, ""), (True, "TRUE"), (date(2024, 3, 1), "2024-03-01")]
)  # fmt: skip
def test_a_cells_content_as_text(found: object, text: str) -> None:
    assert shown_text(found) == text


def test_zero_is_a_decimal() -> None:
    assert isinstance(typed(COUNT, "无").value, Decimal)
