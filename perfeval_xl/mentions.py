"""Numbers as people write them in running text: amounts of money, percentages, counts with a measure word.

Digits of both widths, thousands commas, Chinese numerals (三百六十四万元, 百分之九十八点六, 两项), and what stands around a
number and changes its meaning: comparisons (不低于90%, <10%, 100万元以上), 约 and 左右. Ranges and inexact numbers
(十余项, 1至3个) are passed over, for nothing can be held against them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from perfeval_xl.numbers import half_up

MONEY = {
    "元": Decimal(1), "百元": Decimal(10**2), "千元": Decimal(10**3), "万元": Decimal(10**4), "十万元": Decimal(10**5),
    "百万元": Decimal(10**6), "千万元": Decimal(10**7), "亿元": Decimal(10**8),
}  # fmt: skip
"""What a unit of money is in 元."""


class Kind(StrEnum):
    AMOUNT = "amount"
    PERCENT = "percent"
    COUNT = "count"


_BELOW, _UP_TO, _FROM, _ABOVE = "<", "≤", "≥", ">"
_POINT = Decimal("0.01")
_HAIR = Decimal("0.0005")  # what a percentage without decimals may be off (99% for 98.58% is not it)


@dataclass(frozen=True)
class Mention:
    """A number in a text, from ``start`` to ``end``, its comparison included; ``written`` is how it reads there.

    ``value`` is in 元, a fraction, or a count; ``digits`` is the number in front of ``unit``, as written. ``step`` is one
    of its last place, in the scale of ``value``. ``sign`` is < ≤ ≥ > where it is only a bound; ``about``: 约, 左右.
    """

    kind: Kind
    value: Decimal
    digits: Decimal
    unit: str
    step: Decimal
    start: int
    end: int
    written: str
    sign: str = ""
    about: bool = False

    def fits(self, known: Decimal) -> bool:
        """Whether it can be said of ``known`` (in the scale of ``value``): a bound if it holds, else at its own last
        place, half-up; a percentage without decimals must come closer than that unless it is said to be about."""
        if self.sign:
            return {
                _BELOW: known < self.value,
                _UP_TO: known <= self.value,
                _FROM: known >= self.value,
                _ABOVE: known > self.value,
            }[self.sign]
        if half_up(known, self.step) != self.value:
            return False
        whole = self.kind is Kind.PERCENT and self.step == _POINT
        return self.about or not whole or abs(known - self.value) <= _HAIR


def plain(text: str) -> str:
    """``text`` with plain digits and signs, circled numbers as breaks, and words in brackets of up to three signs bare.

    (境) and (含) belong to the words around them; ① would become a digit of the number that follows.
    """
    parted = "".join(";" if unicodedata.category(sign) == "No" else sign for sign in text)
    return _SHORT_BRACKETS.sub(r"\1", unicodedata.normalize("NFKC", parted))


def has_number(text: str) -> bool:
    """Whether a ``plain`` text holds anything that could be a number."""
    return _ANY_NUMBER.search(text) is not None


_SHORT_BRACKETS = re.compile(r"\(([\u4e00-\u9fff]{1,3})\)")

# ---- Chinese numerals

_BY_DIGIT = ("零〇", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {sign: digit for digit, signs in enumerate(_BY_DIGIT) for sign in signs}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8}
_NUMERAL = f"[{''.join((*_DIGITS, *_TENS, *_MYRIADS))}点]"
_ANY_NUMBER = re.compile(rf"\d|{_NUMERAL}")
_DECIMAL = re.compile(r"(?P<whole>[^点]+)点(?P<places>[^点万萬亿]+)(?P<big>[万萬亿]?)\Z")


def chinese_number(text: str) -> Decimal | None:
    """The number that a Chinese numeral stands for, None where it is none or may be read in two ways (三百五, 一二)."""
    match = _DECIMAL.match(text)
    if match is None:
        whole = _whole(text)
        return None if whole is None else Decimal(whole)
    whole = _whole(match["whole"])
    if whole is None or any(sign not in _DIGITS for sign in match["places"]):
        return None
    places = "".join(str(_DIGITS[sign]) for sign in match["places"])
    return Decimal(f"{whole}.{places}") * _MYRIADS.get(match["big"], 1)


def _whole(text: str) -> int | None:
    """亿, then 万, then what is below: each a section of up to four digits."""
    total, rest, last = 0, text, ""
    for signs, scale in (("亿", 10**8), ("万萬", 10**4)):
        place = next((number for number, sign in enumerate(rest) if sign in signs), None)
        if place is not None:
            section = _section(rest[:place])
            if not section:
                return None
            total, last, rest = total + section * scale, rest[place], rest[place + 1 :]
    if not rest:
        return total if last else None
    section = _section(rest)
    if section is None or (last and rest in _DIGITS):  # 一万二 is 12,000 to some
        return None
    return total + section


def _section(text: str) -> int | None:
    total, digit, above = 0, None, 10_000
    zero = True  # the numeral begins, or 零 came just before
    for sign in text:
        if sign in "零〇" and len(text) > 1:
            if digit is not None:
                return None
            zero = True
        elif sign in _DIGITS:
            if digit is not None:
                return None
            digit = _DIGITS[sign]
        elif sign in _TENS and _TENS[sign] < above:
            above = _TENS[sign]
            if digit is None and (above > 10 or total):
                return None
            total, digit, zero = total + (1 if digit is None else digit) * above, None, False
        else:
            return None
    if digit is not None and not zero and above > 10:  # 三百五 is 350 to most
        return None
    return total + (digit or 0)


# ---- what stands around a number

SIGNS = {
    "<=": _UP_TO, "=<": _UP_TO, "≤": _UP_TO, "≦": _UP_TO, "不高于": _UP_TO, "不超过": _UP_TO, "未超过": _UP_TO,
    "没有超过": _UP_TO, "不大于": _UP_TO, "不多于": _UP_TO, "小于等于": _UP_TO, "小于或等于": _UP_TO, "至多": _UP_TO,
    ">=": _FROM, "=>": _FROM, "≥": _FROM, "≧": _FROM, "不低于": _FROM, "不少于": _FROM, "不小于": _FROM,
    "大于等于": _FROM, "大于或等于": _FROM, "至少": _FROM,
    "<": _BELOW, "小于": _BELOW, "低于": _BELOW, "少于": _BELOW, "不足": _BELOW, "不到": _BELOW, "未达": _BELOW,
    "未达到": _BELOW, ">": _ABOVE, "大于": _ABOVE, "高于": _ABOVE, "多于": _ABOVE, "超过": _ABOVE,
}  # fmt: skip
"""How a comparison is written (``plain``), and which of < ≤ ≥ > it is."""

_SIGN_BEFORE = re.compile(f"({'|'.join(sorted(map(re.escape, SIGNS), key=len, reverse=True))})\\s*$")
_SIGN_AFTER = re.compile(r"\s*(<=|>=|[<>≤≥≦≧])\s*(?![\d\s-])")  # 90%≤利用率, but not 0.43%<10%
_BEGINS = re.compile(r"(?:^|[,。;、!?()\n])\s*$")  # 支出32万元<预算54万元 says what the first amount is, and no bound
_FLIPPED = {_BELOW: _ABOVE, _UP_TO: _FROM, _FROM: _UP_TO, _ABOVE: _BELOW}
_AFTER = re.compile(r"\s*(含?(?:及?以上)|含?(?:及?以下)|以内|之内)")
_ABOUT_BEFORE = re.compile(r"(?:约|约为|约等于|大约|近|接近|将近|≈)\s*$")
_ABOUT_AFTER = re.compile(r"\s*(?:左右|上下)")
_RANGE = r"\s*(?:[-~—–至到]|--|——)\s*"
_RANGE_AFTER = re.compile(rf"{_RANGE}\d")
_RANGE_BEFORE = re.compile(rf"\d\s*(?:%|[万亿]?[\u4e00-\u9fff])?{_RANGE}$")
_INEXACT = re.compile(r"[第每数几近逐首余多来约上前后]\s*$")

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d.])|\d+(?:\.\d+)?"
# no digit of a longer number, no list that NFKC made look like one, no second part of 1万5千元, no index of a variable
_APART = r"(?<![\d.万亿千百十A-Za-z])(?<!\d,)(?<!\d\s)"
_NOT_A_HEAD = r"(?!\s*[/每])"  # 元/生 and the like are rates a head, not amounts
_AMOUNT = re.compile(f"{_APART}({_NUMBER})\\s*({'|'.join(sorted(MONEY, key=len, reverse=True))}){_NOT_A_HEAD}")
_AMOUNT_IN_WORDS = re.compile(f"(?<![\\d.])(?<!{_NUMERAL})({_NUMERAL}+)元{_NOT_A_HEAD}")
_PERCENT = re.compile(r"(?<![\d.])((?:(?<![\d%])[-−])?\d+(?:\.\d+)?)\s*%")
_PERCENT_IN_WORDS = re.compile(f"百分之({_NUMERAL}+)")
_HUNDRED_PERCENT = "百"


def percentages(text: str) -> Iterator[Mention]:
    """The percentages in a ``plain`` text, in their order; ``value`` is the fraction."""
    found = [(match, Decimal(match[1].replace("−", "-"))) for match in _PERCENT.finditer(text)]
    for match in _PERCENT_IN_WORDS.finditer(text):
        number = Decimal(100) if match[1] == _HUNDRED_PERCENT else chinese_number(match[1])
        if number is not None:
            found.append((match, number))
    for match, number in sorted(found, key=lambda each: each[0].start()):
        yield from _mention(Kind.PERCENT, text, match, number, "%", _POINT)


def amounts(text: str) -> Iterator[Mention]:
    """The amounts of money in a ``plain`` text, in their order; ``value`` is in 元. A number without a unit is none."""
    found = [(match, Decimal(match[1].replace(",", "")), match[2]) for match in _AMOUNT.finditer(text)]
    for match in _AMOUNT_IN_WORDS.finditer(text):
        written = match[1]
        unit = f"{written[-1]}元".replace("萬", "万")
        unit = unit if unit in ("万元", "亿元") and not set(written[:-1]) & set(_MYRIADS) else "元"
        number = chinese_number(written if unit == "元" else written[:-1])
        if number is not None:
            found.append((match, number, unit))
    for match, number, unit in sorted(found, key=lambda each: each[0].start()):
        yield from _mention(Kind.AMOUNT, text, match, number, unit, MONEY[unit])


def counts(text: str, units: Iterable[str]) -> Iterator[Mention]:
    """The whole numbers in a ``plain`` text that stand before one of ``units`` (measure words), in their order.

    Ordinals (第3项), inexact numbers (十余项) and 一, which is mostly an article, are none.
    """
    words = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    if not words:
        return
    for match in re.finditer(f"{_APART}({_NUMBER})\\s*({words})|(?<!{_NUMERAL})({_NUMERAL}+)({words})", text):
        written, unit = match[1] or match[3], match[2] or match[4]
        number = Decimal(written.replace(",", "")) if match[1] else chinese_number(written)
        article = written == "一"
        if number is None or article or number % 1 or _INEXACT.search(text[: match.start()]):
            continue
        yield from _mention(Kind.COUNT, text, match, number, unit, Decimal(1))


def _mention(
    kind: Kind, text: str, match: re.Match[str], number: Decimal, unit: str, scale: Decimal
) -> Iterator[Mention]:
    """The number with what stands around it; none where it is one end of a range."""
    before, after = text[: match.start()], text[match.end() :]
    if _RANGE_AFTER.match(after) or _RANGE_BEFORE.search(before):
        return
    sign, lead, tail = _sign(before, after)
    about = bool(_ABOUT_BEFORE.search(before) or _ABOUT_AFTER.match(after))
    places = max(0, -int(number.as_tuple().exponent))
    step = scale.scaleb(-places).normalize()  # 1E+2, not 100.00: it is rounded to the last place of it
    start, end = match.start() - len(lead), match.end() + len(tail)
    yield Mention(kind, number * scale, number, unit, step, start, end, "".join(text[start:end].split()), sign, about)


def _sign(before: str, after: str) -> tuple[str, str, str]:
    """The comparison that a number stands in ('' for none), and the text of it in front of the number and behind it."""
    match = _SIGN_BEFORE.search(before)
    if match:
        return SIGNS[match[1]], match[0], ""
    match = _SIGN_AFTER.match(after)
    if match and _BEGINS.search(before):
        return _FLIPPED[SIGNS[match[1]]], "", match[0]
    match = _AFTER.match(after)
    if match:
        return _FROM if match[1].endswith("上") else _UP_TO, "", match[0]
    return "", "", ""
