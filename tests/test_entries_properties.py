"""What holds of every entry, whatever stands in the cell."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from perfeval_xl.entries import Entry, Shape, read_entry, spelling
from perfeval_xl.mentions import MONEY
from perfeval_xl.numbers import show_number, show_percent
from perfeval_xl.scheme.admit import answer_finding, show
from perfeval_xl.scheme.fields import Field, FieldType
from tests.entrykit import (
    ANY_DAY,
    BALANCE,
    CELL,
    CHANGE,
    COUNT,
    FIELDS,
    NUMBER,
    RECEIPTS,
    UNUSABLE,
    WAN,
    YUAN,
    taken,
    typed,
)

PIECES = (
    *"0123456789１２３．，,.。-－—()（）+/\\年月日号时至到~～ \t\n\u3000\xa0\u200b\ufe0f零一二三十百千万亿元点负整%％‰分个项是否有无未已没√×≥=<>#!?:TZ'约",
    "2024", "20240315", "45366", "百分之", "万元", "亿元", "千元", "人民币", "RMB", "￥", "星期五", "上午", "不适用", "未公开", "达成", "指标", "#REF!",
    "_x0001_", "=DISPIMG(", "[1]S!A1", "②", "½", "\ud800", "\x00", "完成", "建立", "暂无",
)  # fmt: skip
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=())), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
)
FOUND = st.one_of(
    TEXTS, st.integers(), st.integers(1900, 60_000), st.floats(), st.floats(-3, 3), st.booleans(), st.none(), st.dates(), st.datetimes(),
    st.times(), st.timedeltas(),
)  # fmt: skip
ENTRIES = st.builds(
    Entry, FOUND, st.sampled_from(Shape), st.one_of(st.none(), TEXTS), st.booleans(),
    st.one_of(st.just(""), st.just(""), st.sampled_from(("#REF!", "#怪!"))), st.booleans(),
)  # fmt: skip
FIELD = st.sampled_from(FIELDS)
MONEYS = st.decimals(Decimal("-1999999"), Decimal(1999999), places=2)


@given(TEXTS)
@example("_x0001_ ")
@example("a\x85b\u2028c\r\nd\re")
@example("\ufdd0\ufff9\U000e0041\u180e")
def test_what_is_printable_is_visible_without_a_closer_look(text: str) -> None:
    assert spelling.visible(text) == spelling._HIDDEN.sub("", spelling._unescaped(text))


def test_nothing_that_is_taken_away_is_printable() -> None:
    signs = map(chr, range(0x110000))
    taken = [sign for sign in signs if spelling._HIDDEN.match(sign) or spelling._LINE_BREAK.match(sign)]
    assert taken and not any(sign.isprintable() for sign in taken)


@given(FIELD, ENTRIES)
def test_no_entry_raises_and_every_answer_keeps_its_promises(field: Field, entry: Entry) -> None:
    answer = read_entry(field, entry, CELL)
    assert (answer.field, answer.cell) == (field.id, CELL)
    assert answer.problem is None or answer.problem in (UNUSABLE if answer.value is None else RECEIPTS)
    kind = {FieldType.DATE: date | str, FieldType.YESNO: bool, FieldType.CHOICE: str, FieldType.TEXT: str}
    assert answer.value is None or isinstance(answer.value, kind.get(field.type, Decimal))
    shown = [answer.raw, str(answer.value)]
    if answer.problem is not None:
        shown.append(answer_finding(field, answer, "row").message)
    for text in shown:
        text.encode()
        assert all(sign in "\t\n" or unicodedata.category(sign) != "Cc" for sign in text)


@given(FIELD, TEXTS)
@example(NUMBER, "１２３．５")
@example(ANY_DAY, "２０２４年３月１５日")
def test_full_width_or_half_width_makes_no_difference(field: Field, text: str) -> None:
    if field.type is FieldType.TEXT or any(unicodedata.category(sign) == "No" for sign in text):
        return
    assert typed(field, unicodedata.normalize("NFKC", text)).value == typed(field, text).value


@given(FIELD, TEXTS, st.integers(0, 12), st.sampled_from("\u200b\ufeff\u2060\x07"))
def test_what_can_not_be_seen_makes_no_difference(field: Field, text: str, place: int, hidden: str) -> None:
    assert typed(field, text[:place] + hidden + text[place:]).value == typed(field, text).value or "_x" in text


@given(
    st.sampled_from((WAN, YUAN, COUNT, NUMBER, BALANCE)),
    TEXTS,
    st.integers(0, 12),
    st.sampled_from(" \xa0\t\n\u3000\u2009"),
)
def test_white_space_in_a_number_makes_no_difference(field: Field, text: str, place: int, space: str) -> None:
    assert typed(field, text[:place] + space + text[place:]).value == typed(field, text).value or "_x" in text


@given(st.sampled_from((BALANCE, YUAN, NUMBER)), MONEYS)
def test_a_number_as_shown_reads_as_itself(field: Field, number: Decimal) -> None:
    if field.low is None or number >= 0:
        assert taken(typed(field, show_number(number))) == (number, "number-as-text")
        assert typed(field, float(number)).value == number


@given(FIELD, ENTRIES)
def test_what_was_taken_reads_as_itself_when_it_is_typed_as_shown(field: Field, entry: Entry) -> None:
    value = read_entry(field, entry, CELL).value
    if value is None or (
        field.type is FieldType.PERCENT and (not isinstance(value, Decimal) or value != round(value, 4))
    ):
        return
    assert typed(field, show(field, value)).value == value


@given(st.decimals(0, 2, places=4))
def test_a_percentage_as_shown_reads_as_itself(share: Decimal) -> None:
    assert taken(typed(CHANGE, show_percent(share))) == (share, "percent-read")
    assert typed(CHANGE, float(share), Shape.PERCENT).value == share


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_a_day_reads_as_itself_however_it_is_written(day: date) -> None:
    for text in (day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}"):
        assert taken(typed(ANY_DAY, text)) == (day, "date-read")


@given(st.decimals(0, 9999, places=2), st.sampled_from(sorted(MONEY)), st.sampled_from((WAN, YUAN)))
def test_a_conversion_is_exact(number: Decimal, unit: str, field: Field) -> None:
    answer = typed(field, f"{number} {unit}")
    exact = number * MONEY[unit] / MONEY[field.unit]
    assert answer.value == exact or (answer.problem == "out-of-range" and exact > field.largest)
    assert (answer.problem == "unit-converted") is (unit != field.unit and number != 0 and answer.value is not None)
    if answer.problem == "unit-converted":  # and there and back
        back = YUAN if field is WAN else WAN
        again = typed(back, f"{answer.value} {field.unit}")
        assert again.value == number * MONEY[unit] / MONEY[back.unit] or again.problem == "out-of-range"
