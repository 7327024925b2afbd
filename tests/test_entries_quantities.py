"""Numbers as offices type them: what is taken, with which receipt, and what is never guessed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from perfeval_xl.entries import Shape
from perfeval_xl.scheme.fields import Field
from tests.entrykit import (
    ASPECTS,
    BALANCE,
    CHANGE,
    COUNT,
    DOLLAR,
    NUMBER,
    PERCENT,
    SCORE,
    WAN,
    YUAN,
    taken,
    typed,
)

AS_TEXT, CONVERTED, NO_NUMBER, OUT = "number-as-text", "unit-converted", "not-a-number", "out-of-range"
READ, FRACTION, TWO_WAYS = "percent-read", "percent-as-fraction", "percent-ambiguous"
ZERO, OPEN = "word-as-zero", "placeholder"


def same(field: Field, found: object, value: str | None, code: str | None, shape: Shape = Shape.GENERAL) -> None:
    assert taken(typed(field, found, shape)) == (None if value is None else Decimal(value), code)


@pytest.mark.parametrize(
    ("found", "value", "code"),
    [
        (364.75, "364.75", None), (0, "0", None), (-0.0, "0", None), (5, "5", None), (0.1 + 0.2, "0.3", None), (2e6, "2000000", None),
        (2000001, None, OUT), (-1, None, OUT), (1e300, None, OUT), (float("nan"), None, NO_NUMBER), (float("inf"), None, NO_NUMBER),
        (True, None, NO_NUMBER), (False, None, NO_NUMBER), (date(2024, 3, 1), None, NO_NUMBER),
        (datetime(2024, 3, 1, 8), None, NO_NUMBER), (time(8), None, NO_NUMBER), (timedelta(days=3), None, NO_NUMBER),
        ("", None, None), (None, None, None), (" \t\n\u3000\xa0", None, None), ("\u200b\ufeff\x07", None, None),
    ],
)  # fmt: skip
def test_what_is_typed_as_a_number_is_taken_as_it_is(found: object, value: str | None, code: str | None) -> None:
    same(WAN, found, value, code)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("364.75", "364.75"), ("１２３．５", "123.5"), ("𝟏𝟐", "12"), ("٣", "3"), (" 12 ", "12"), ("1\u00a02\t3\n4", "1234"),
        ("1\u20092\u202f3\u30004\u20285", "12345"), ("\ufeff12\u200b3\u2060", "123"), ("1\u00ad2", "12"), ("12_x000D_\n", "12"),
        ("5\x07", "5"), ("1,234.5", "1234.5"), ("1，234，567．８", "1234567.8"), ("12,345", "12345"), ("'5", "5"), ("’5", None),
        ("5.", "5"), (".5", "0.5"), ("007", "7"), ("+5", "5"), ("＋5", "5"), ("3。5", "3.5"), ("1,234。5", "1234.5"),
        ("12,34", None), ("1,2345", None), (",123", None), ("1,,234", None), ("1.2.3", None), ("3。5。1", None), ("。5", None),
        ("约5", None), ("5左右", None), ("5余", None), ("5-6", None), ("5—6", None), ("5～6", None), ("5至6", None), (">5", None),
        ("不超过5", None), ("5+3", None), ("5-", None), ("--5", None), ("+-5", None), ("- (5)", None), ("(-5)", None), ("((5))", None),
        ("1e5", None), ("1E+05", None), ("0x10", None), ("NaN", None), ("Infinity", None), ("12²", None), ("½", None), ("5①", None),
        ("⑫", None), ("№5", None), ("第3", None), ("见附件", None), ("5个", None), ("5%", None), ("5‰", None), ("5人", None), ("5分", None),
        ("5美元", None), ("$5", None), ("5元/人", None), ("5每年", None), ("5;6", None), ("5、6", None), ("5/6", None), ("1" * 60, None),
        ("0." + "3" * 58, "0.333333"), ("0." + "3" * 59, None), ("9" * 100_000, None),
    ],
)  # fmt: skip
def test_a_number_in_a_text_is_read_where_it_is_nothing_but_a_number(text: str, value: str | None) -> None:
    answer = typed(WAN, text)
    assert taken(answer) == ((Decimal(value), AS_TEXT) if value else (None, OUT if text == "1" * 60 else NO_NUMBER))


@pytest.mark.parametrize("minus", "-－−‐‑‒–—―﹣⁻˗➖负")
def test_a_minus_of_any_kind(minus: str) -> None:
    assert taken(typed(BALANCE, f"{minus}1,234.5")) == (Decimal("-1234.5"), AS_TEXT)
    assert taken(typed(WAN, f"{minus} 5")) == (None, OUT)
    assert str(typed(BALANCE, f"{minus}0").value) == "0"


@pytest.mark.parametrize(
    ("text", "value"), [("(1,234.00)", "-1234"), ("（1,234.00）", "-1234"), ("(５)", "-5"), ("(五)", "-5"), ("(5", None), ("()", None)]
)  # fmt: skip
def test_brackets_are_how_accounts_write_a_negative_number(text: str, value: str | None) -> None:
    same(BALANCE, text, value, AS_TEXT if value else NO_NUMBER)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("364.75万元", "364.75", AS_TEXT), (" 364.75 万元\n", "364.75", AS_TEXT), ("364.75万", "364.75", AS_TEXT),
        ("2000万", "2000", AS_TEXT), ("￥364.75万元", "364.75", AS_TEXT), ("0元", "0", AS_TEXT), ("0.00 元", "0", AS_TEXT),
        ("3647500元", "364.75", CONVERTED), ("3,647,500.00元", "364.75", CONVERTED), ("5元", "0.0005", CONVERTED),
        ("1元整", "0.0001", CONVERTED), ("2000千元", "200", CONVERTED), ("50百元", "0.5", CONVERTED), ("3百万元", "300", CONVERTED),
        ("3百万", "300", CONVERTED), ("3千万", "3000", CONVERTED), ("5十万元", "50", CONVERTED), ("1.2亿", "12000", CONVERTED),
        ("1.2亿元", "12000", CONVERTED), ("１．２億圓", "12000", CONVERTED), ("￥3,647,500.00元", "364.75", CONVERTED),
        ("人民币5000元整", "0.5", CONVERTED), ("200亿", "2000000", CONVERTED), ("200.0001亿", None, OUT), ("-5万元", None, OUT),
        ("(5万元)", None, OUT), ("-5元", None, OUT), ("0.005元", "0.000001", CONVERTED),
        ("￥364.75", None, NO_NUMBER), ("5千", None, NO_NUMBER), ("5百", None, NO_NUMBER), ("1亿2000万", None, NO_NUMBER),
        ("1万5千元", None, NO_NUMBER), ("约5万", None, NO_NUMBER), ("5万左右", None, NO_NUMBER), ("5万余元", None, NO_NUMBER),
        ("12,34万元", None, NO_NUMBER), ("万元", None, NO_NUMBER), ("5万万元", None, NO_NUMBER), ("5万元/年", None, NO_NUMBER),
        ("支出5万元", None, NO_NUMBER), ("5万元6", None, NO_NUMBER), ("5万美元", None, NO_NUMBER), ("5-6万元", None, NO_NUMBER),
        ("￥-5万元", None, OUT), ("-￥-5万元", None, NO_NUMBER), ("￥", None, NO_NUMBER),
        ("三百六十四万元", "364", AS_TEXT), ("十二", "12", AS_TEXT), ("五千", "5000", AS_TEXT), ("三点五万", "3.5", AS_TEXT),
        ("五百万", "500", CONVERTED), ("十万", "10", AS_TEXT), ("一亿二千万元", "12000", CONVERTED), ("三千元", "0.3", CONVERTED),
        ("一百二十万三千元", "120.3", CONVERTED), ("壹佰元整", "0.01", CONVERTED), ("三万五千", None, NO_NUMBER),
        ("一亿二千万", None, NO_NUMBER), ("十几万", None, NO_NUMBER), ("一二万", None, NO_NUMBER), ("一百二", None, NO_NUMBER),
    ],
)  # fmt: skip
def test_units_of_money_in_a_field_of_wan(text: str, value: str | None, code: str) -> None:
    same(WAN, text, value, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("1,234.50元", "1234.5", AS_TEXT), ("￥1,234.50", "1234.5", AS_TEXT), ("¥ 5", "5", AS_TEXT), ("RMB 12", "12", AS_TEXT),
        ("rmb:12", "12", AS_TEXT), ("CNY12", "12", AS_TEXT), ("人民币：12", "12", AS_TEXT), ("壹佰元整", "100", AS_TEXT),
        ("三万五千", "35000", AS_TEXT), ("一亿二千万元", "120000000", AS_TEXT), ("364.75万元", "3647500", CONVERTED),
        ("364.75万", "3647500", CONVERTED), ("2000千元", "2000000", CONVERTED), ("1.2亿元", "120000000", CONVERTED),
        ("0.364755万元", "3647.55", CONVERTED), ("200亿", "20000000000", CONVERTED), ("200.01亿", None, OUT), ("5千", None, NO_NUMBER),
        ("5美元", None, NO_NUMBER), ("￥5个", None, NO_NUMBER),
    ],
)  # fmt: skip
def test_units_of_money_in_a_field_of_yuan(text: str, value: str | None, code: str) -> None:
    same(YUAN, text, value, code)


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        (YUAN, "364.75万元", "1 万元 = 10,000 元"), (WAN, "3647500元", "1 万元 = 10,000 元"), (WAN, "2000千元", "1 万元 = 10 千元"),
        (WAN, "1.2亿", "1 亿元 = 10,000 万元"), (YUAN, "5千元", "1 千元 = 1,000 元"), (COUNT, "2000万", "1 万 = 10,000"),
        (COUNT, "2千项", "1 千 = 1,000"), (WAN, "3百万", "1 百万元 = 100 万元"),
    ],
)  # fmt: skip
def test_a_conversion_says_how(field: Field, text: str, why: str) -> None:
    assert typed(field, text).why == why


def test_another_currency_is_a_unit_like_any_other() -> None:
    same(DOLLAR, "5美元", "5", AS_TEXT)
    same(DOLLAR, "5万元", None, NO_NUMBER)


@pytest.mark.parametrize(
    ("field", "text", "value", "code"),
    [
        (COUNT, "12项", "12", AS_TEXT), (COUNT, "12 个", "12", AS_TEXT), (COUNT, "１２次", "12", AS_TEXT), (COUNT, "3份", "3", AS_TEXT),
        (COUNT, "1,200人", "1200", AS_TEXT), (COUNT, "2所", "2", AS_TEXT), (COUNT, "2件", "2", AS_TEXT), (COUNT, "2家", "2", AS_TEXT),
        (COUNT, "2宗", "2", AS_TEXT), (COUNT, "2笔", "2", AS_TEXT), (COUNT, "2条", "2", AS_TEXT), (COUNT, "2.0", "2", AS_TEXT),
        (COUNT, "三", "3", AS_TEXT), (COUNT, "十二", "12", AS_TEXT), (COUNT, "一百二十", "120", AS_TEXT), (COUNT, "两项", "2", AS_TEXT),
        (COUNT, "三万人", "30000", AS_TEXT), (COUNT, "二十万", "200000", AS_TEXT), (COUNT, "2000万", "20000000", CONVERTED),
        (COUNT, "1.2万人", "12000", CONVERTED), (COUNT, "2千", "2000", CONVERTED), (COUNT, "1亿", "100000000", CONVERTED),
        (COUNT, "3百万个", "3000000", CONVERTED), (COUNT, "2000亿", None, OUT), (COUNT, "2.5", None, OUT), (COUNT, "2.5项", None, OUT),
        (COUNT, "-1", None, OUT), (COUNT, "-1项", None, OUT), (COUNT, "12项目", None, NO_NUMBER), (COUNT, "12个项", None, NO_NUMBER),
        (COUNT, "5元", None, NO_NUMBER), (COUNT, "￥5", None, NO_NUMBER), (COUNT, "5%", None, NO_NUMBER), (COUNT, "1/3", None, NO_NUMBER),
        (COUNT, "3(新增)", None, NO_NUMBER), (COUNT, "项", None, NO_NUMBER), (COUNT, "十余项", None, NO_NUMBER), (COUNT, "5天", None, NO_NUMBER),
        (ASPECTS, "3个方面", "3", AS_TEXT), (ASPECTS, "四个方面", "4", AS_TEXT), (ASPECTS, "3 个", "3", AS_TEXT), (ASPECTS, "5个方面", None, OUT),
        (SCORE, "19分", "19", AS_TEXT), (SCORE, "19.5", "19.5", AS_TEXT), (SCORE, "95分", None, OUT), (SCORE, "19.555分", None, OUT),
        (SCORE, "十九分", "19", AS_TEXT), (SCORE, "19个", None, NO_NUMBER), (SCORE, "满分", None, NO_NUMBER), (SCORE, "95%", None, NO_NUMBER),
        (NUMBER, "1,000.5", "1000.5", AS_TEXT), (NUMBER, "二十", "20", AS_TEXT), (NUMBER, "95%", None, NO_NUMBER),
        (NUMBER, "500人", None, NO_NUMBER), (NUMBER, "5万元", None, NO_NUMBER), (NUMBER, "≥95", None, NO_NUMBER),
    ],
)  # fmt: skip
def test_counts_points_and_plain_numbers(field: Field, text: str, value: str | None, code: str) -> None:
    same(field, text, value, code)


@pytest.mark.parametrize(
    ("found", "shape", "value", "code"),
    [
        (0.9825, Shape.PERCENT, "0.9825", None), (1, Shape.PERCENT, "1", None), (0, Shape.PERCENT, "0", None),
        (1.5, Shape.PERCENT, "1.5", None), (2, Shape.PERCENT, "2", None), (2.01, Shape.PERCENT, None, TWO_WAYS),
        (98, Shape.PERCENT, None, TWO_WAYS), (-0.5, Shape.PERCENT, None, OUT), (-98, Shape.PERCENT, None, TWO_WAYS),
        *((found, shape, value, code) for shape in (Shape.GENERAL, Shape.NUMBER, Shape.TEXT, Shape.DATE) for found, value, code in (
            (0.98, "0.98", FRACTION), (0.999, "0.999", FRACTION), (0, "0", None), (1, None, TWO_WAYS), (1.01, None, TWO_WAYS),
            (98, None, TWO_WAYS), (98.25, None, TWO_WAYS), (-0.5, None, OUT),
        )),
        (0.98, Shape.UNKNOWN, "0.98", None), (1, Shape.UNKNOWN, "1", None), (0, Shape.UNKNOWN, "0", None),
        (1.01, Shape.UNKNOWN, None, TWO_WAYS), (98, Shape.UNKNOWN, None, TWO_WAYS),
        (True, Shape.PERCENT, None, NO_NUMBER), (float("nan"), Shape.PERCENT, None, NO_NUMBER), (date(2024, 1, 1), Shape.PERCENT, None, NO_NUMBER),
    ],
)  # fmt: skip
def test_a_percentage_is_taken_by_the_format_of_its_cell(
    found: object, shape: Shape, value: str | None, code: str | None
) -> None:
    same(PERCENT, found, value, code, shape)


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("98.25%", "0.9825", READ), ("98.25％", "0.9825", READ), ("９９．８％", "0.998", READ), (" 98 % ", "0.98", READ), ("98﹪", "0.98", READ),
        ("0.98%", "0.0098", READ), ("0%", "0", READ), ("100%", "1", READ), ("200%", "2", READ), ("200.01%", None, OUT), ("-5%", None, OUT),
        ("百分之九十八", "0.98", READ), ("百分之九十八点二五", "0.9825", READ), ("百分之98.25", "0.9825", READ), ("百分之百", "1", READ),
        ("百分之一百", "1", READ), ("千分之五", "0.005", READ), ("万分之五", "0.0005", READ), ("5‰", "0.005", READ), ("九十八%", "0.98", READ),
        ("0.98", "0.98", FRACTION), ("零点九八", "0.98", FRACTION), ("0.9999", "0.9999", FRACTION), ("0", "0", AS_TEXT),
        ("1", None, TWO_WAYS), ("98", None, TWO_WAYS), ("98.25", None, TWO_WAYS), ("九十八", None, TWO_WAYS), ("-98", None, TWO_WAYS),
        ("98.25%%", None, NO_NUMBER), ("98%‰", None, NO_NUMBER), ("%98", None, NO_NUMBER), ("%", None, NO_NUMBER), ("约98%", None, NO_NUMBER),
        ("98%左右", None, NO_NUMBER), ("98%以上", None, NO_NUMBER), ("≥98%", None, NO_NUMBER), ("95%-98%", None, NO_NUMBER),
        ("98百分点", None, NO_NUMBER), ("百分之", None, NO_NUMBER), ("百分之98%", None, NO_NUMBER), ("千分之百", None, NO_NUMBER),
        ("九成八", None, NO_NUMBER), ("98元", None, NO_NUMBER), ("￥98%", None, NO_NUMBER), ("98/100", None, NO_NUMBER), ("98分", None, NO_NUMBER),
    ],
)  # fmt: skip
def test_a_percentage_in_a_text_whatever_the_format(text: str, value: str | None, code: str, shape: Shape) -> None:
    same(PERCENT, text, value, code, shape)


@pytest.mark.parametrize(
    ("found", "shape", "why"),
    [
        (98, Shape.GENERAL, "98% 还是 9800%"), (98.25, Shape.PERCENT, "98.25% 还是 9825%"), ("1", Shape.GENERAL, "1% 还是 100%"),
        ("９８．５", Shape.TEXT, "98.5% 还是 9850%"), (-98, Shape.GENERAL, "-98% 还是 -9800%"), ("-98", Shape.GENERAL, "-98% 还是 -9800%"),
        (100, Shape.NUMBER, "100% 还是 10000%"),
    ],
)  # fmt: skip
def test_both_readings_of_a_percentage_are_named(found: object, shape: Shape, why: str) -> None:
    assert typed(PERCENT, found, shape).why == why


def test_a_percentage_may_be_negative_where_the_field_takes_it() -> None:
    same(CHANGE, "-5.5%", "-0.055", READ)
    same(CHANGE, "(5%)", "-0.05", READ)
    same(CHANGE, "负百分之五", "-0.05", READ)
    same(CHANGE, "-0.5", "-0.5", FRACTION)


@pytest.mark.parametrize("word", ["无", "没有", "零", " 无 ", "无。", "無"])
def test_nothing_is_zero_where_things_are_counted_and_an_open_question_elsewhere(word: str) -> None:
    for field in (COUNT, WAN, YUAN):
        same(field, word, "0", ZERO)
    for field in (PERCENT, SCORE, NUMBER):
        same(field, word, None, OPEN)


@pytest.mark.parametrize("field", [COUNT, WAN, PERCENT, SCORE, NUMBER])
@pytest.mark.parametrize(
    "word",
    ["/", "／", "\\", "//", "—", "——", "-", "－", "---", "…", "...", "?", "？", "不适用", "N/A", "n/a", "NA", "N.A.", "不涉及", "待定", "暂无",
     "暂 无", "待核实", "未知", "不详"],
)  # fmt: skip
def test_what_stands_for_nothing_said_is_no_zero(field: Field, word: str) -> None:
    same(field, word, None, OPEN)


def test_the_raw_text_is_what_stood_there_as_far_as_it_can_be_shown() -> None:
    answer = typed(WAN, " 364.75 万元\n")
    assert (answer.raw, answer.field) == (" 364.75 万元\n", "wan")
    assert typed(WAN, "\x1b[31m5\u202e\ud800").raw == "[31m5"
    assert typed(WAN, 440114001.0).raw == "440114001"
    assert typed(WAN, datetime(2024, 3, 1, 8, 30)).raw == "2024-03-01 08:30:00"
    assert typed(WAN, date(2024, 3, 1)).raw == typed(WAN, datetime(2024, 3, 1)).raw == "2024-03-01"
    assert typed(WAN, True).raw == "TRUE"
    assert typed(WAN, float("inf")).raw == "Infinity"
