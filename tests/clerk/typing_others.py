"""How dates, yes and no, choices and texts are typed; errors, formulas and pictures in place of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random

from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.fields import NO, YES, Field, FieldType
from tests.clerk.deeds import TYPED, deed, register
from tests.clerk.making import Making, Unsuitable
from tests.clerk.typing_numbers import FULL_WIDTH

_EPOCH = date(1899, 12, 30)


def serial(day: date) -> int:
    return (day - _EPOCH).days


def is_day(_: Field, value: Value) -> bool:
    return isinstance(value, date)


_DAYS: dict[str, Callable[[date, Random], str]] = {
    "2024年3月15日": lambda day, _: f"{day.year}年{day.month}月{day.day}日",
    "2024.3.15": lambda day, random: random.choice((".", "．", "。")).join(map(str, (day.year, day.month, day.day))),
    "2024/3/15 as text": lambda day, _: f"{day.year}/{day.month}/{day.day}",
    "2024-03-15 as text": lambda day, _: day.isoformat(),
    "20240315 as text": lambda day, _: day.strftime("%Y%m%d"),
    "２０２４年３月１５日": lambda day, _: f"{day.year}年{day.month}月{day.day}日".translate(FULL_WIDTH),
    "a date with white space": lambda day, _: f" {day.year} 年 {day.month} 月 {day.day} 日\u3000",
    "a date with a time": lambda day, _: f"{day.isoformat()} 09:30:00",
    "a date with its weekday": lambda day, _: (
        f"{day.year}年{day.month}月{day.day}日 星期{'一二三四五六日'[day.weekday()]}"
    ),
    "a serial number as text": lambda day, _: str(serial(day)),
}


def _day_text(spell: Callable[[date, Random], str]) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        chosen, cell = making.field(FieldType.DATE, fits=is_day)
        typed = spell(making.day(chosen), making.random)
        making.book.words(*making.there(cell), typed)
        making.answer(chosen, making.day(chosen), "date-read", typed)

    return act


for _name, _spell in _DAYS.items():
    register(f"a date as {_name}", TYPED, ("days",) if "serial" in _name else (), _day_text(_spell))


@deed("20240315 as a number", TYPED)
def eight_digits(making: Making) -> None:
    chosen, cell = making.field(FieldType.DATE, fits=is_day)
    sheet, ref = making.there(cell)
    typed = making.day(chosen).strftime("%Y%m%d")
    making.book.number(sheet, ref, typed, making.book.formatted(sheet, ref, 0))
    making.answer(chosen, making.day(chosen), "date-read", typed)


@deed("a serial number without a date format", TYPED, "days")
def bare_serial(making: Making) -> None:
    chosen, cell = making.field(FieldType.DATE, fits=is_day)
    sheet, ref = making.there(cell)
    typed = str(serial(making.day(chosen)))
    making.book.number(sheet, ref, typed, making.book.formatted(sheet, ref, making.random.choice((0, 1))))
    making.answer(chosen, making.day(chosen), "date-read", typed)


@deed("a Chinese date format", TYPED)
def chinese_format(making: Making) -> None:
    chosen, cell = making.field(FieldType.DATE, fits=is_day)
    sheet, ref = making.there(cell)
    code = making.random.choice((14, 27, 31, 36, 50, 57, 'yyyy"年"m"月"d"日";@', "[$-804]yyyy/m/d"))
    making.book.number(sheet, ref, str(serial(making.day(chosen))), making.book.formatted(sheet, ref, code))


@deed("a date and time of day in a date cell", TYPED)
def with_time(making: Making) -> None:
    chosen, cell = making.field(FieldType.DATE, fits=is_day)
    making.book.number(*making.there(cell), f"{serial(making.day(chosen))}.4375")


@deed("another day", TYPED)
def another_day(making: Making) -> None:
    chosen, cell = making.field(FieldType.DATE, fits=is_day)
    moved = making.day(chosen) + timedelta(days=making.random.randrange(-40, 40))
    assert isinstance(chosen.low, date) and isinstance(chosen.high, date)
    if not chosen.low <= moved <= chosen.high:
        raise Unsuitable
    making.book.number(*making.there(cell), str(serial(moved)))
    making.answer(chosen, moved, None, moved.isoformat())


def _saying(code: str, types: tuple[FieldType, ...], *typed: str) -> Callable[[Making], None]:
    """Words that give no value."""

    def act(making: Making) -> None:
        chosen, cell = making.field(*types)
        said = making.random.choice(typed)
        making.book.words(*making.there(cell), said)
        making.answer(chosen, None, code, said)

    return act


_DATES = (FieldType.DATE,)
register("a date without a year", TYPED, (), _saying("date-ambiguous", _DATES, "3月15日", "３月１５日", "3.15"))
register("a date without a day", TYPED, (), _saying("date-ambiguous", _DATES, "2024年3月", "2024.3", "2024-03"))
register("a date in two orders", TYPED, (), _saying("date-ambiguous", _DATES, "03/04/2024", "3-4-2024"))
register("a year of two digits", TYPED, (), _saying("date-ambiguous", _DATES, "24.3.15", "24年3月15日", "24/3/15"))
register(
    "a span of days",
    TYPED,
    (),
    _saying("date-ambiguous", _DATES, "2024年3月15日至2024年3月20日", "2024.3.15-2024.3.20"),
)
register("words where a date belongs", TYPED, (), _saying("not-a-date", _DATES, "见文件", "年初", "按要求公开"))
register(
    "a day that no month has", TYPED, (), _saying("not-a-date", _DATES, "2024-02-30", "2024年13月1日", "2024.4.31")
)
register("a stroke for a date", TYPED, (), _saying("placeholder", _DATES, "/", "—", "无", "N/A"))


@deed("a day out of all bounds", TYPED)
def far_day(making: Making) -> None:
    chosen, cell = making.field(FieldType.DATE)
    day = making.random.choice((date(2014, 3, 15), date(2042, 3, 15)))
    if making.random.random() < 0.5:
        making.book.number(*making.there(cell), str(serial(day)), making.book.formatted(*making.there(cell), 14))
    else:
        making.book.words(*making.there(cell), day.isoformat())
    making.answer(chosen, None, "out-of-range", day.isoformat())


@deed("未公开 with white space", TYPED)
def never_spaced(making: Making) -> None:
    chosen, cell = making.field(FieldType.DATE, fits=lambda each, _: each.never is not None)
    assert chosen.never
    typed = making.random.choice((" ".join(chosen.never), f"{chosen.never}。"))
    making.book.words(*making.there(cell), typed)
    making.answer(chosen, chosen.never, "choice-read", typed)


@deed("未公开 as it should be", TYPED)
def never(making: Making) -> None:
    chosen, cell = making.field(FieldType.DATE, fits=lambda each, _: each.never is not None)
    assert chosen.never
    making.book.words(*making.there(cell), chosen.never)
    making.answer(chosen, chosen.never, None, chosen.never)


# ---- yes and no, choices

_WORDS: Mapping[bool, tuple[str, ...]] = {
    True: ("有", "是的", "√", "✓", "☑", "Y", "yes", "对", "1", "Ｙ", "TRUE"),
    False: ("无", "没有", "不是", "×", "✗", "N", "No", "错", "0", "Ｘ", "FALSE"),
}


def is_yes_no(_: Field, value: Value) -> bool:
    return isinstance(value, bool)


@deed("another word for yes or no", TYPED)
def other_word(making: Making) -> None:
    chosen, cell = making.field(FieldType.YESNO, fits=is_yes_no)
    value = making.answers[chosen.id].value
    said = making.random.choice(_WORDS[value is True])
    making.book.words(*making.there(cell), said)
    making.answer(chosen, value, "choice-read", said)


@deed("white space round yes or no", TYPED)
def spaced_word(making: Making) -> None:
    chosen, cell = making.field(FieldType.YESNO, fits=is_yes_no)
    value = making.answers[chosen.id].value
    said = f"\u3000{YES if value else NO} "
    making.book.words(*making.there(cell), said)
    making.answer(chosen, value, None, said)


@deed("TRUE or FALSE for yes or no", TYPED)
def boolean_word(making: Making) -> None:
    chosen, cell = making.field(FieldType.YESNO, fits=is_yes_no)
    making.book.boolean(*making.there(cell), making.answers[chosen.id].value is True)


@deed("the other of yes and no", TYPED)
def turned(making: Making) -> None:
    chosen, cell = making.field(FieldType.YESNO, fits=is_yes_no)
    value = making.answers[chosen.id].value is not True
    making.book.words(*making.there(cell), YES if value else NO)
    making.answer(chosen, value, None, YES if value else NO)


_PICKED = (FieldType.YESNO, FieldType.CHOICE)
register(
    "neither yes nor no", TYPED, (), _saying("not-a-choice", (FieldType.YESNO,), "部分", "是否", "大部分是", "见说明")
)
register("none of the options", TYPED, (), _saying("not-a-choice", (FieldType.CHOICE,), "其他", "见附件", "~~A"))
register("a stroke for a choice", TYPED, (), _saying("placeholder", _PICKED, "/", "—", "待定"))

_SIGNS = {
    "≥": ("≧", "＞＝", ">=", "大于等于", "不低于"),
    "≤": ("≦", "＜＝", "<=", "小于等于", "不高于"),
    "=": ("═", "＝", "等于"),
    ">": ("＞", "大于"),
    "<": ("＜", "小于"),
}


@deed("another sign of comparison", TYPED)
def other_sign(making: Making) -> None:
    chosen, cell = making.field(FieldType.CHOICE, fits=lambda _, value: value in _SIGNS)
    value = making.answers[chosen.id].value
    said = making.random.choice(_SIGNS[str(value)])
    making.book.words(*making.there(cell), said)
    making.answer(chosen, value, "choice-read", said)


@deed("an option with white space in it", TYPED)
def spaced_option(making: Making) -> None:
    chosen, cell = making.field(FieldType.CHOICE, fits=lambda _, value: isinstance(value, str) and len(value) > 1)
    value = str(making.answers[chosen.id].value)
    said = f"{value[0]} {value[1:]}"
    making.book.words(*making.there(cell), said)
    making.answer(chosen, value, "choice-read", said)


@deed("another option", TYPED)
def other_option(making: Making) -> None:
    chosen, cell = making.field(FieldType.CHOICE)
    value = making.random.choice(chosen.options)
    making.book.words(*making.there(cell), value)
    making.answer(chosen, value, None, value)


# ---- texts


@deed("control characters in a text", TYPED)
def control(making: Making) -> None:
    chosen, cell = making.field(FieldType.TEXT, fits=lambda _, value: isinstance(value, str) and len(value) > 2)
    value = str(making.answers[chosen.id].value)
    at = making.random.randrange(1, len(value))
    typed = value[:at] + making.random.choice(("\x01", "\x0b", "\x1f", "\u200b", "\ufeff", "\u202e")) + value[at:]
    making.book.words(*making.there(cell), typed)
    making.answer(chosen, value, "control-characters", typed)


@deed("an over-long text", TYPED)
def too_long(making: Making) -> None:
    chosen, cell = making.field(FieldType.TEXT, fits=lambda each, _: bool(each.max_length))
    assert chosen.max_length
    text = ("甲乙丙丁戊己庚辛壬癸" * 600)[: chosen.max_length + 1 + making.random.randrange(500)]
    making.book.words(*making.there(cell), text)
    making.answer(chosen, text, "text-too-long", text)


@deed("a text as long as it may be", TYPED)
def just_long_enough(making: Making) -> None:
    chosen, cell = making.field(FieldType.TEXT, fits=lambda each, _: bool(each.max_length))
    assert chosen.max_length
    text = ("甲乙丙丁戊己庚辛壬癸" * 600)[: chosen.max_length]
    making.book.words(*making.there(cell), text)
    making.answer(chosen, text, None, text)


@deed("a text with line breaks and white space round it", TYPED)
def broken_lines(making: Making) -> None:
    chosen, cell = making.field(FieldType.TEXT)
    value = str(making.answers[chosen.id].value)
    making.book.words(*making.there(cell), f"\n {value} \n")


@deed("a dash where a text is asked for", TYPED)
def dash_text(making: Making) -> None:
    chosen, cell = making.field(FieldType.TEXT)
    making.book.words(*making.there(cell), making.random.choice(("/", "—", "——", "-")))
    making.answer(chosen, None, None, "")


@deed("a text that looks like a formula", TYPED)
def looks_like_formula(making: Making) -> None:
    chosen, cell = making.field(FieldType.TEXT, fits=lambda each, _: (each.max_length or 0) >= 100)
    text = making.random.choice(('=HYPERLINK("http://example.invalid","点这里")', "+86 20 1234", "@全体", "-无"))
    making.book.words(*making.there(cell), text)
    making.answer(chosen, text, None, text)


@deed("rich text", TYPED)
def rich(making: Making) -> None:
    chosen, cell = making.field(FieldType.TEXT, fits=lambda _, value: isinstance(value, str) and value.isalnum())
    value = str(making.answers[chosen.id].value)
    cut = len(value) // 2
    runs = f'<is><r><rPr><b/></rPr><t>{value[:cut]}</t></r><r><t xml:space="preserve">{value[cut:]}</t></r></is>'
    making.book.write(*making.there(cell), runs, "inlineStr")
