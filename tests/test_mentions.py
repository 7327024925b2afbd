"""Numbers in running text: every form in which they are written, and what must not be taken for one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.mentions import Mention, amounts, chinese_number, counts, has_number, percentages, plain

D = Decimal
UNITS = ("项", "个", "份", "个方面", "次")


def in_yuan(text: str) -> list[Decimal]:
    return [each.value for each in amounts(plain(text))]


def shares(text: str) -> list[Decimal]:
    return [each.digits for each in percentages(plain(text))]


def numbers(text: str, *units: str) -> list[tuple[int, str]]:
    return [(int(each.value), each.unit) for each in counts(plain(text), units or UNITS)]


# ---- amounts


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("364.75万元", "3647500"),
        ("364.75 万元", "3647500"),
        ("３６４．７５万元", "3647500"),
        ("3,647,500元", "3647500"),
        ("３，６４７，５００元", "3647500"),
        ("3,647,500.5元", "3647500.5"),
        ("3647.5千元", "3647500"),
        ("3.6475百万元", "3647500"),
        ("0.036475亿元", "3647500"),
        ("5百元", "500"),
        ("3十万元", "300000"),
        ("2千万元", "20000000"),
        ("三百六十四万元", "3640000"),
        ("三百六十四点七五万元", "3647500"),
        ("三百六十四万七千五百元", "3647500"),
        ("叁佰陆拾肆万元整", "3640000"),
        ("三亿元", "300000000"),
        ("一亿零三百万元", "103000000"),
        ("五百万元", "5000000"),
        ("两千元", "2000"),
        ("十二元", "12"),
        ("①364.75万元", "3647500"),
        ("第三项：支出364.75万元", "3647500"),
    ],
)
def test_an_amount_is_read_in_yuan(text: str, yuan: str) -> None:
    assert in_yuan(text) == [D(yuan)]


@pytest.mark.parametrize(
    "text",
    [
        "364.75",
        "364.75万",
        "1150元/生/年",
        "200元每人",
        "1万5千元",  # one amount in two parts
        "一万二元",  # 12,000 to some
        "三百五元",
        "1 234.5万元",
        "3,64.75万元",
        "300万元至400万元",
        "300-400万元",
        "300～400万元",
        "2024年元旦",
        "多元化",
        "十余万元",
        "数百万元",
        "A12元",
    ],
)
def test_what_is_no_amount_or_no_certain_one_is_passed_over(text: str) -> None:
    assert in_yuan(text) == []


def test_amounts_come_in_their_order_whatever_their_form() -> None:
    assert in_yuan("预算四百万元，支出365.75万元，结余三十四点二五万元") == [D(4000000), D(3657500), D(342500)]


@pytest.mark.parametrize(
    ("text", "digits", "unit"),
    [("364.75元", "364.75", "元"), ("三百六十四点七五元", "364.75", "元"), ("三百六十四万元", "364", "万元")],
)
def test_the_digits_and_the_unit_are_kept_as_written(text: str, digits: str, unit: str) -> None:
    [found] = amounts(plain(text))
    assert (found.digits, found.unit, found.written) == (D(digits), unit, text)


# ---- percentages


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("98.58%", "98.58"),
        ("９８．５８％", "98.58"),
        ("98.58 ％", "98.58"),
        ("-5.2%", "-5.2"),
        ("−5.2%", "-5.2"),
        ("百分之九十八点六", "98.6"),
        ("百分之五", "5"),
        ("百分之百", "100"),
        ("百分之一百二十", "120"),
    ],
)
def test_a_percentage_is_read(text: str, percent: str) -> None:
    assert shares(f"为{text}") == [D(percent)]


@pytest.mark.parametrize("text", ["10%-20%", "10-20%", "10%至20%", "10%～20%", "百分之三百五", "5‰", "5个百分点"])
def test_ranges_and_uncertain_percentages_are_passed_over(text: str) -> None:
    assert shares(f"为{text}") == []


def test_reaching_is_no_range() -> None:
    assert shares("2024年达到99%") == [D(99)]
    assert in_yuan("由300元增至400元") == [D(300), D(400)]


# ---- counts


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("236项", [(236, "项")]),
        ("1,236 项", [(1236, "项")]),
        ("２３６份", [(236, "份")]),
        ("三项", [(3, "项")]),
        ("两个", [(2, "个")]),
        ("十二个", [(12, "个")]),
        ("一百零五次", [(105, "次")]),
        ("四个方面", [(4, "个方面")]),
        ("0项", [(0, "项")]),
        ("5项，其中3份", [(5, "项"), (3, "份")]),
    ],
)
def test_a_count_is_a_whole_number_before_a_measure_word(text: str, told: list[tuple[int, str]]) -> None:
    assert numbers(f"有{text}") == told


@pytest.mark.parametrize(
    "text",
    [
        "第3项",
        "第三次",
        "一项",
        "一次性",
        "十余项",
        "几项",
        "近20项",
        "约20项",
        "3至5项",
        "3-5项",
        "1.5项",
        "每3项",
        "20人",
        "一二项",
    ],
)
def test_ordinals_articles_and_inexact_numbers_are_no_counts(text: str) -> None:
    assert numbers(text) == []


def test_without_measure_words_there_are_no_counts() -> None:
    assert list(counts("236项", [])) == []


# ---- comparisons


def only(text: str) -> Mention:
    [found] = [*amounts(plain(text)), *percentages(plain(text)), *counts(plain(text), UNITS)]
    return found


@pytest.mark.parametrize(
    ("text", "sign", "written"),
    [
        ("<10%", "<", "<10%"),
        ("≤10%", "≤", "≤10%"),
        ("＜10%", "<", "<10%"),
        ("<=10%", "≤", "<=10%"),
        ("不低于90%", "≥", "不低于90%"),
        ("不少于 90%", "≥", "不少于90%"),
        ("不超过364万元", "≤", "不超过364万元"),
        ("未超过364万元", "≤", "未超过364万元"),
        ("超过364万元", ">", "超过364万元"),
        ("不足5项", "<", "不足5项"),
        ("至少5项", "≥", "至少5项"),
        ("90%以上", "≥", "90%以上"),
        ("90%及以上", "≥", "90%及以上"),
        ("90%（含）以上", "≥", "90%含以上"),
        ("364万元以内", "≤", "364万元以内"),
        ("364万元以下", "≤", "364万元以下"),
        ("90%≤利用率", "≥", "90%≤"),
        ("为90%", "", "90%"),
        ("为0.43%<总额", "", "0.43%"),
    ],
)
def test_a_comparison_makes_a_bound_of_a_number(text: str, sign: str, written: str) -> None:
    found = only(text)
    assert (found.sign, found.written) == (sign, written)


@pytest.mark.parametrize(
    ("text", "known", "fits"),
    [
        ("<10%", "0.0999", True),
        ("<10%", "0.1", False),
        ("≤10%", "0.1", True),
        ("≤10%", "0.1001", False),
        ("≥10%", "0.1", True),
        ("≥10%", "0.0999", False),
        (">10%", "0.1001", True),
        (">10%", "0.1", False),
        ("10.0%", "0.1004", True),
        ("10.0%", "0.1005", False),
        ("10%", "0.1005", True),
        ("10%", "0.1006", False),
        ("约10%", "0.1049", True),
        ("约10%", "0.105", False),
        ("10%左右", "0.0951", True),
        ("365万元", "3647500", True),
        ("365万元", "3655000", False),
        ("364.8万元", "3647500", True),
        ("364.7万元", "3647500", False),
        ("364.75万元", "3647500.49", True),
        ("0.04亿元", "3647500", True),
        ("5项", "5", True),
        ("5项", "6", False),
    ],
)
def test_a_number_fits_at_its_own_last_place_and_a_bound_if_it_holds(text: str, known: str, fits: bool) -> None:
    assert only(text).fits(D(known)) is fits


@pytest.mark.parametrize(("text", "about"), [("约10%", True), ("近10%", True), ("10%左右", True), ("为10%", False)])
def test_about_is_noticed(text: str, about: bool) -> None:
    assert only(text).about is about


# ---- Chinese numerals


def in_chinese(number: int) -> str:
    """The usual way to write ``number``, below 10^12."""
    digits = "零一二三四五六七八九"

    def section(value: int) -> str:
        words, gap = "", False
        for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit, value = divmod(value, unit)
            if digit:
                words += ("零" if gap and words else "") + digits[digit] + sign
            gap = not digit
        return words

    if number == 0:
        return "零"
    words = ""
    for scale, sign in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, scale)
        if part:
            words += ("零" if words and part < 1000 else "") + section(part) + sign
    return words[1:] if words.startswith("一十") else words


@given(st.one_of(st.integers(0, 10**5), st.integers(0, 10**12 - 1)))
def test_every_numeral_is_read_as_the_number_that_it_stands_for(number: int) -> None:
    assert chinese_number(in_chinese(number)) == number


@given(st.text("零一二两三十百千万亿点〇壹拾佰", max_size=12))
def test_any_row_of_signs_is_a_number_or_none(text: str) -> None:
    number = chinese_number(text)
    assert number is None or number >= 0


@pytest.mark.parametrize(
    "text", ["", "百", "万", "一二", "三百五", "一万二", "二〇二四", "十十", "百十", "三点", "三点十", "一零十", "万三"]
)
def test_a_numeral_that_is_none_or_may_be_read_in_two_ways_is_not_guessed_at(text: str) -> None:
    assert chinese_number(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("零", "0"),
        ("三百零五", "305"),
        ("一千零五十", "1050"),
        ("两万三千", "23000"),
        ("零点四三", "0.43"),
        ("三点零五万", "30500"),
    ],
)
def test_numerals_with_zeros_and_points(text: str, number: str) -> None:
    assert chinese_number(text) == D(number)


@pytest.mark.parametrize(("text", "number"), [("5", True), ("三", True), ("按时公开", False), ("", False)])
def test_a_text_without_any_digit_has_no_number(text: str, number: bool) -> None:
    assert has_number(text) is number


def test_short_words_in_brackets_stand_bare_and_longer_ones_stay() -> None:
    assert plain("因公出国（境）费（不含培训费）") == "因公出国境费(不含培训费)"
