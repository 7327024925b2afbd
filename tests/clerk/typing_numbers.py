"""How numbers and percentages are typed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from perfeval_xl.scheme.answers import Value
from perfeval_xl.scheme.fields import Field, FieldType
from tests.clerk.deeds import TYPED, deed, register
from tests.clerk.making import Making, Unsuitable

NUMBERS = (FieldType.COUNT, FieldType.AMOUNT, FieldType.NUMBER, FieldType.SCORE)
FULL_WIDTH = str.maketrans("0123456789.,%-", "０１２３４５６７８９．，％－")
_SPACES = (" ", "\u00a0", "\u3000", "\t", "\n", "\u2009", "\u200b")

Spelling = Callable[[str, Random], str]


def digits(value: Decimal) -> str:
    """A number in plain digits, without needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def commas(text: str) -> str:
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}{dot}{rest}"


def _spaced(text: str, random: Random) -> str:
    """White space in front, behind and between."""
    at = random.randrange(len(text) + 1)
    return random.choice(_SPACES) + text[:at] + random.choice(_SPACES[:4]) + text[at:] + random.choice(_SPACES)


def large(_: Field, value: Value) -> bool:
    return isinstance(value, Decimal) and value >= 1000


def small(_: Field, value: Value) -> bool:
    return isinstance(value, Decimal) and value == value.to_integral() and 1 <= value <= 10


def positive(_: Field, value: Value) -> bool:
    return isinstance(value, Decimal) and value > 0


_CHINESE = "零一二三四五六七八九十"

_AS_TEXT: dict[str, tuple[tuple[FieldType, ...], Callable[[Field, Value], bool], Spelling]] = {
    "a number as text": (NUMBERS, lambda *_: True, lambda text, _: text),
    "full-width digits": (NUMBERS, lambda *_: True, lambda text, _: text.translate(FULL_WIDTH)),
    "white space in a number": (NUMBERS, lambda *_: True, _spaced),
    "thousands commas": (NUMBERS, large, lambda text, _: commas(text)),
    "full-width commas": (NUMBERS, large, lambda text, _: commas(text).translate(FULL_WIDTH)),
    "a plus sign": (NUMBERS, positive, lambda text, random: random.choice("+＋") + text),
    "needless zeros": (NUMBERS, lambda *_: True, lambda text, _: text + ("00" if "." in text else ".00")),
    "a Chinese numeral": ((FieldType.COUNT,), small, lambda text, _: _CHINESE[int(text)]),
}


def _as_text(
    types: tuple[FieldType, ...], fits: Callable[[Field, Value], bool], spell: Spelling
) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        chosen, cell = making.field(*types, fits=fits)
        value = making.number(chosen)
        typed = spell(digits(value), making.random)
        making.book.words(*making.there(cell), typed)
        making.answer(chosen, value, "number-as-text", typed)

    return act


for _name, _case in _AS_TEXT.items():
    register(_name, TYPED, (), _as_text(*_case))


@deed("the field's own unit behind the number", TYPED)
def own_unit(making: Making) -> None:
    chosen, cell = making.field(FieldType.AMOUNT, FieldType.COUNT, fits=lambda each, _: bool(each.unit))
    typed = digits(making.number(chosen)) + making.random.choice(("", " ")) + chosen.unit
    making.book.words(*making.there(cell), typed)
    making.answer(chosen, making.number(chosen), "number-as-text", typed)


@deed("分 behind points", TYPED)
def points_with_unit(making: Making) -> None:
    chosen, cell = making.field(FieldType.SCORE)
    typed = digits(making.number(chosen)) + "分"
    making.book.words(*making.there(cell), typed)
    making.answer(chosen, making.number(chosen), "number-as-text", typed)


_IN_YUAN = {"元": 1, "千元": 1000, "万元": 10_000, "万": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}


def _other_unit(unit: str) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        own = {"万元": 10_000, "元": 1}
        chosen, cell = making.field(
            FieldType.AMOUNT, fits=lambda each, value: positive(each, value) and own[each.unit] != _IN_YUAN[unit]
        )
        value = making.number(chosen)
        typed = digits(value * own[chosen.unit] / _IN_YUAN[unit])
        if making.random.random() < 0.3:
            typed = typed.translate(FULL_WIDTH)
        making.book.words(*making.there(cell), typed + unit)
        making.answer(chosen, value, "unit-converted", typed + unit)

    return act


for _unit in ("元", "千元", "万元", "万", "百万元", "亿元"):
    register(f"an amount in {_unit}", TYPED, (), _other_unit(_unit))


@deed("a count in 万", TYPED)
def count_in_wan(making: Making) -> None:
    chosen, cell = making.field(FieldType.COUNT, fits=lambda each, value: small(each, value) and each.high is None)
    typed = digits(making.number(chosen)) + "万"
    making.book.words(*making.there(cell), typed)
    making.answer(chosen, making.number(chosen) * 10_000, "unit-converted", typed)


def _unusable(
    code: str, *typed: str, types: tuple[FieldType, ...] = (*NUMBERS, FieldType.PERCENT)
) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        chosen, cell = making.field(*types)
        said = making.random.choice(typed)
        making.book.words(*making.there(cell), said)
        making.answer(chosen, None, code, said)

    return act


register("words where a number belongs", TYPED, (), _unusable("not-a-number", "见附件", "若干", "详见说明", "很多"))
register("an approximate number", TYPED, (), _unusable("not-a-number", "约30", "30左右", "近百", "30多", ">30"))
register("two numbers", TYPED, (), _unusable("not-a-number", "3-5", "3；5", "5/6", "3+5", "12.5.3", "3 至 5"))
register(
    "a misplaced comma",
    TYPED,
    (),
    _unusable("not-a-number", "1,23", "12,34.5", "1,2345", types=(FieldType.COUNT, FieldType.NUMBER)),
)
register("a stroke for a number", TYPED, (), _unusable("placeholder", "/", "—", "——", "-", "／", "－", " / "))
register("不适用 for a number", TYPED, (), _unusable("placeholder", "不适用", "N/A", "n/a", "不涉及"))
register(
    "无 where zero is not sure",
    TYPED,
    (),
    _unusable("placeholder", "无", "没有", types=(FieldType.NUMBER, FieldType.PERCENT)),
)


@deed("无 for a count or an amount", TYPED)
def none_as_zero(making: Making) -> None:
    chosen, cell = making.field(FieldType.COUNT, FieldType.AMOUNT, fits=lambda each, _: each.low == 0)
    said = making.random.choice(("无", "没有", " 无 ", "零"))
    making.book.words(*making.there(cell), said)
    making.answer(chosen, Decimal(0), "word-as-zero", said)


@deed("a negative number", TYPED)
def negative(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS, FieldType.PERCENT, fits=positive)
    value = digits(making.number(chosen))
    if making.random.random() < 0.5 or chosen.type is FieldType.PERCENT:
        making.book.number(*making.there(cell), f"-{value}")
    else:
        making.book.words(*making.there(cell), making.random.choice(("-", "－", "−")) + value)
    making.answer(chosen, None, "out-of-range", f"-{value}")


@deed("far too large a number", TYPED)
def too_large(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS)
    making.book.number(*making.there(cell), "99999999999")
    making.answer(chosen, None, "out-of-range", "99999999999")


@deed("a count with decimals", TYPED)
def broken_count(making: Making) -> None:
    chosen, cell = making.field(FieldType.COUNT)
    making.book.number(*making.there(cell), "2.5")
    making.answer(chosen, None, "out-of-range", "2.5")


@deed("TRUE where a number belongs", TYPED)
def boolean_number(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS, FieldType.PERCENT)
    making.book.boolean(*making.there(cell), True)
    making.answer(chosen, None, "not-a-number", "TRUE")


@deed("another number typed as it should be", TYPED)
def another_number(making: Making) -> None:
    """What the form shows is not recalculated: the claim stays behind, and the scorer tells where it then differs."""
    chosen, cell = making.field(
        FieldType.AMOUNT,
        FieldType.COUNT,
        fits=lambda each, _: (each.low == 0 and each.high is None) or each.largest > 99_000,
    )
    value = Decimal(making.random.randrange(1, 400))
    making.book.number(*making.there(cell), digits(value))
    making.answer(chosen, value, None, digits(value))


@deed("an emptied cell", TYPED)
def emptied(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS, FieldType.PERCENT, FieldType.DATE, FieldType.YESNO, FieldType.TEXT)
    making.book.write(*making.there(cell))
    making.answer(chosen, None, None, "")


@deed("white space for an answer", TYPED)
def only_spaces(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS, FieldType.DATE, FieldType.YESNO, FieldType.TEXT)
    making.book.words(*making.there(cell), making.random.choice((" ", "\u3000\u3000", "\u00a0", " \n ", "\u200b")))
    making.answer(chosen, None, None, "")


# ---- percentages


def below_one(_: Field, value: Value) -> bool:
    return isinstance(value, Decimal) and 0 < value < 1


_PERCENT: dict[str, Spelling] = {
    "a percentage as text": lambda text, _: f"{text}%",
    "a full-width percentage": lambda text, _: f"{text}%".translate(FULL_WIDTH),
    "a percentage with white space": lambda text, random: f" {text}{random.choice(_SPACES[:4])}% ",
    "百分之 in front": lambda text, _: f"百分之{text}",
}


def _percent_text(spell: Spelling) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        chosen, cell = making.field(FieldType.PERCENT)
        value = making.number(chosen)
        typed = spell(digits(value * 100), making.random)
        making.book.words(*making.there(cell), typed)
        making.answer(chosen, value, "percent-read", typed)

    return act


for _name, _spell in _PERCENT.items():
    register(_name, TYPED, (), _percent_text(_spell))


@deed("98 in a cell of per cent", TYPED)
def hundredfold(making: Making) -> None:
    """It shows 9800%: a program that turned the format to per cent after the number was typed."""
    chosen, cell = making.field(
        FieldType.PERCENT, fits=lambda _, value: isinstance(value, Decimal) and value > Decimal("0.03")
    )
    typed = digits(making.number(chosen) * 100)
    making.book.number(*making.there(cell), typed)
    making.answer(chosen, None, "percent-ambiguous", typed)


@deed("98 in a cell that is not of per cent", TYPED)
def plain_hundredfold(making: Making) -> None:
    chosen, cell = making.field(
        FieldType.PERCENT, fits=lambda _, value: isinstance(value, Decimal) and value > Decimal("0.03")
    )
    typed = digits(making.number(chosen) * 100)
    sheet, ref = making.there(cell)
    making.book.number(sheet, ref, typed, making.book.formatted(sheet, ref, making.random.choice((0, 2))))
    making.answer(chosen, None, "percent-ambiguous", typed)


@deed("0.98 in a cell that is not of per cent", TYPED)
def plain_fraction(making: Making) -> None:
    chosen, cell = making.field(FieldType.PERCENT, fits=below_one)
    sheet, ref = making.there(cell)
    typed = digits(making.number(chosen))
    making.book.number(sheet, ref, typed, making.book.formatted(sheet, ref, making.random.choice((0, 2))))
    making.answer(chosen, making.number(chosen), "percent-as-fraction", typed)


@deed("0.98 as text for a percentage", TYPED)
def text_fraction(making: Making) -> None:
    chosen, cell = making.field(FieldType.PERCENT, fits=below_one)
    typed = digits(making.number(chosen))
    making.book.words(*making.there(cell), typed)
    making.answer(chosen, making.number(chosen), "percent-as-fraction", typed)


@deed("1 where per cent may be meant", TYPED)
def one_percent(making: Making) -> None:
    chosen, cell = making.field(FieldType.PERCENT)
    sheet, ref = making.there(cell)
    if making.random.random() < 0.5:
        making.book.words(sheet, ref, "1")
    else:
        making.book.number(sheet, ref, "1", making.book.formatted(sheet, ref, 0))
    making.answer(chosen, None, "percent-ambiguous", "1")


@deed("another format of per cent", TYPED)
def other_percent_format(making: Making) -> None:
    """0% instead of 0.00%, or one of a user's own: it still is a percentage."""
    chosen, cell = making.field(FieldType.PERCENT)
    sheet, ref = making.there(cell)
    style = making.book.formatted(sheet, ref, making.random.choice((9, 10, "0.0%;[Red]-0.0%")))
    making.book.number(sheet, ref, digits(making.number(chosen)), style)


@deed("another format of a number", TYPED)
def other_number_format(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS)
    sheet, ref = making.there(cell)
    style = making.book.formatted(sheet, ref, making.random.choice((0, 1, 2, 3, 4, 37, 49, '#,##0.00"万元"', "0.00_ ")))
    making.book.number(sheet, ref, digits(making.number(chosen)), style)


@deed("a number as binary fractions leave it", TYPED)
def noisy_number(making: Making) -> None:
    """0.30000000000000004: what a sum of cents comes to in a spreadsheet."""
    chosen, cell = making.field(FieldType.AMOUNT, FieldType.SCORE, fits=positive)
    value = making.number(chosen)
    noisy = float(value) * (1 + 2.3e-16)
    if noisy == float(value):
        raise Unsuitable
    making.book.number(*making.there(cell), repr(noisy))
