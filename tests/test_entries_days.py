"""Dates in every shape that comes back, and what leaves the day open."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from perfeval_xl.entries import Entry, read_entry
from perfeval_xl.scheme.answers import Value
from tests.entrykit import ANY_DAY, CELL, DAY, taken, typed

THE_DAY = date(2024, 3, 15)
READ, AMBIGUOUS, NO_DATE, OUT = "date-read", "date-ambiguous", "not-a-date", "out-of-range"


@pytest.mark.parametrize(
    ("found", "value", "code"),
    [
        (THE_DAY, THE_DAY, None), (datetime(2024, 3, 15), THE_DAY, None), (datetime(2024, 3, 15, 23, 59, 59), THE_DAY, None),
        (date(2023, 1, 1), date(2023, 1, 1), None), (date(2022, 12, 31), None, OUT), (date(2026, 12, 31), date(2026, 12, 31), None),
        (date(2027, 1, 1), None, OUT), ("", None, None), (" \u3000\n", None, None), ("未公开", "未公开", None), ("未公开 ", "未公开", None),
        ("未 公 开", "未公开", "choice-read"), ("未公开。", "未公开", "choice-read"), ("\u200b未公开", "未公开", None),
        (True, None, NO_DATE), (time(8), None, NO_DATE), (timedelta(days=3), None, NO_DATE),
        (45366, THE_DAY, READ), (45366.0, THE_DAY, READ), (45366.999, THE_DAY, READ), ("45366", THE_DAY, READ), ("45366.5", THE_DAY, READ),
        (20240315, THE_DAY, READ), (20240315.0, THE_DAY, READ), ("20240315", THE_DAY, READ), ("２０２４０３１５", THE_DAY, READ),
        (44927, date(2023, 1, 1), READ), (44926, None, OUT), ("20221231", None, OUT), ("2022年12月31日", None, OUT),
        (20241332, None, NO_DATE), (20240230, None, NO_DATE), ("20240230", None, NO_DATE), (18990315, None, NO_DATE), (0, None, NO_DATE),
        (5, None, NO_DATE), (-45366, None, NO_DATE), (1e300, None, NO_DATE), (-1e300, None, NO_DATE), (float("nan"), None, NO_DATE),
        (10**12, None, NO_DATE), ("9" * 50, None, NO_DATE), ("9" * 5000, None, NO_DATE),
    ],
)  # fmt: skip
def test_dates_serials_and_the_word_for_never(found: object, value: Value | None, code: str | None) -> None:
    assert taken(typed(DAY, found)) == (value, code)


def test_serials_and_four_digits_are_believed_between_1990_and_2099() -> None:
    for day, near in ((date(1990, 1, 1), date(1989, 12, 31)), (date(2099, 12, 31), date(2100, 1, 1))):
        serial = (day - date(1899, 12, 30)).days
        outside = (near - date(1899, 12, 30)).days
        assert taken(typed(ANY_DAY, serial)) == (day, READ)
        assert taken(typed(ANY_DAY, outside)) == (None, NO_DATE)
        assert taken(typed(ANY_DAY, int(f"{day:%Y%m%d}"))) == (day, READ)
        assert taken(typed(ANY_DAY, int(f"{near:%Y%m%d}"))) == (None, NO_DATE)
        assert typed(ANY_DAY, day.year).problem == AMBIGUOUS
        assert typed(ANY_DAY, near.year).problem == NO_DATE
    assert taken(typed(ANY_DAY, "1950年1月1日")) == (date(1950, 1, 1), READ)  # in full, any year


def test_a_workbook_may_count_its_days_from_1904() -> None:
    answer = read_entry(DAY, Entry(43904, date1904=True), CELL)
    assert taken(answer) == (THE_DAY, READ)
    assert taken(read_entry(DAY, Entry("43904", date1904=True), CELL)) == (THE_DAY, READ)
    assert taken(read_entry(DAY, Entry(20240315, date1904=True), CELL)) == (THE_DAY, READ)
    assert taken(read_entry(DAY, Entry(datetime(2024, 3, 15), date1904=True), CELL)) == (THE_DAY, None)
    assert typed(DAY, 43904).problem == OUT


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-15", "2024-3-15", "2024/3/15", "2024/03/15", "2024.3.15", "2024．3．15", "2024。3。15", "2024、3、15", "2024,3,15", "2024\\3\\15",
        "2024_3_15", "2024－03－15", "2024—3—15", "2024–3–15", "2024−3−15", "2024年3月15日", "2024年3月15", "2024年3月15号", "２０２４年３月１５日",
        " 2024 年 3 月 15 日 ", "2024 3 15", "2024. 3. 15", "2024.3.15.", "2024年3月15日。", "2024/3-15", "2024年3-15", "2024\u00a0年\u30003月15日",
        "2024\u200b年3月15日", "二〇二四年三月十五日", "二零二四年三月十五日", "二○二四年三月十五日", "2024年三月十五日", "二〇二四年3月15日",
        "2024年3月15日星期五", "2024年3月15日 星期五", "2024年3月15日（星期五）", "2024-3-15 周五", "2024-03-15, 礼拜五", "2024-3-15 10:30",
        "2024-03-15 10:30:00", "2024-03-15 00:00:00.000", "2024-03-15T10:30:00Z", "2024-03-15T10:30:00+08:00", "2024/3/15 10:30 AM",
        "2024年3月15日10时30分", "2024年3月15日 上午9点", "2024年3月15日下午", "2024年3月15日 星期五 下午3:00",
    ],
)  # fmt: skip
def test_a_date_in_full_is_read(text: str) -> None:
    assert taken(typed(DAY, text)) == (THE_DAY, READ)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ("24.3.15", "年份只有两位"), ("24年3月15日", "年份只有两位"), ("24-03-15", "年份只有两位"), ("3/15/24", "年份只有两位"),
        ("15.3.24", "年份只有两位"), ("240315", "年份只有两位"), (240315, "年份只有两位"), ("3月15日", "没有年份"), ("三月十五日", "没有年份"),
        ("3.15", "没有年份"), (3.15, "没有年份"), ("3-15", "没有年份"), ("3/15", "没有年份"), ("2月29日", "没有年份"), ("2024年3月", "没有日"),
        ("二〇二四年三月", "没有日"), ("2024.3", "没有日"), (2024.3, "没有日"), ("2024-03", "没有日"), ("2024/3", "没有日"), ("202403", "没有日"),
        (202403, "没有日"), ("2024年", "没有月和日"), ("2024年度", "没有月和日"), ("二〇二四年", "没有月和日"), ("2024", "没有月和日"),
        (2024, "没有月和日"), ("3/15/2024", "日月次序不明"), ("15/3/2024", "日月次序不明"), ("3.4.2024", "日月次序不明"), ("15-03-2024", "日月次序不明"),
        ("2024315", "月、日的位数不全"), ("2024-3-15至2024-3-20", "是一段时间"), ("2024.3.15-2024.3.20", "是一段时间"),
        ("2024年3月15日—20日", "是一段时间"), ("2024年3月15日～3月20日", "是一段时间"), ("2024年3月15日起", "是一段时间"), ("3月15日至20日", "是一段时间"),
        ("2024年3月至5月", "是一段时间"), ("2024-2025", "是一段时间"), ("3.15-3.20", "是一段时间"), ("2024.3-2024.5", "是一段时间"),
        ("2024.3.15、2024.4.1", "写了不止一个日期"), ("2024年3月15日和2024年4月1日", "写了不止一个日期"), ("2024-3-15 2024-4-1", "写了不止一个日期"),
        ("2024年3月15日 星期四", "这一天是星期五"), ("2024-3-17 星期一", "这一天是星期日"),
    ],
)  # fmt: skip
def test_what_leaves_the_day_open_is_named_and_never_guessed(found: object, why: str) -> None:
    answer = typed(DAY, found)
    assert (*taken(answer), answer.why) == (None, AMBIGUOUS, why)


def test_the_seventh_day_has_two_names() -> None:
    assert typed(DAY, "2024-3-17 星期日").value == typed(DAY, "2024-3-17 星期天").value == date(2024, 3, 17)


@pytest.mark.parametrize(
    "text",
    [
        "2月30日", "2024年2月30日", "2023-02-29", "2024-13-01", "2024-00-10", "2024-3-32", "2024年2月30日 星期五", "13月15日", "30.2.2024", "98.76.54",
        "2024.13", "98.5", "3000年", "201399", "2024年3月15日前", "约2024年3月15日", "2024年3月15日左右", "2024年3月15日印发", "2024年3月中旬", "2024年春",
        "下周", "见附件", "2024-3-1510:30", "2024一3一15", "15-Mar-2024", "0000-01-01", "二二年三月", "2024年一二月三日", "98-99", "5至6",
        "2024年3月①日", "2024年3月15²日", "1234567", "TRUE", "已公开", "x2024-3-15",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert taken(typed(DAY, text)) == (None, NO_DATE)


@pytest.mark.parametrize("word", ["/", "—", "无", "没有", "不适用", "待定", "暂无", "?"])
def test_what_stands_for_nothing_said(word: str) -> None:
    assert taken(typed(DAY, word)) == taken(typed(ANY_DAY, word)) == (None, "placeholder")


def test_the_word_for_never_belongs_to_its_field() -> None:
    assert taken(typed(ANY_DAY, "未公开")) == (None, NO_DATE)


def test_a_day_out_of_bounds_is_shown_as_it_was_read() -> None:
    assert typed(DAY, 43904).why == "读作 2020-03-14"
    assert typed(DAY, date(2020, 3, 14)).why == ""
