"""What a unit wrote as evidence (评分依据) against what it filled in: units of amounts, percentages.

Free text is read with care: a percentage counts only where it plainly stands for the row's own ratio, because a false
alarm costs a clerk more than a slip that passes. Texts are read after NFKC, so full-width digits and signs are plain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import half_up, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.model import Indicator
from perfeval_xl.scheme.rules.base import Outcome

_YUAN = {"元": Decimal(1), "千元": Decimal(1000), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
# 元/生 and the like are rates a head, not amounts.
_AMOUNT = re.compile(
    r"(?<![\d.])(?<!\d,)(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(亿元|万元|千元|元)(?!\s*[/每])"
)

_PERCENT = re.compile(r"(?<![\d.])([-−]?\d+(?:\.(\d+))?)\s*%")
_CLAUSE_END = re.compile(r"[,。;、!?()\n]")
# The percentage is said to *be* something: 支出率99.83%, 控制率为0%, =99%, 占固定资产的99.78%.
_IS = re.compile(
    r"(?:率|数值|为|是|达|=|≈|占[^0-9%<>≤≥=]{0,12})"
    r"(?:为|是|达到|达|到|约|仅|只有|等于|高达|保持在|了|已|[=:≈\s])*$"
)
_ABOUT = re.compile(r"(?:约|约为|约等于|≈)\s*$")
# … or something else is meant: last year's figure, a change, a target, one item of several.
_OTHER = re.compile(
    "上年|去年|上一年|往年|同比|环比|提高|增长|增加|增幅|上升|下降|减少|降低|降幅|目标|标准|要求|计划|预期|其中"
)
_RATE_WORD = re.compile(r"[\u4e00-\u9fff]{2}(?:率|比例|比重|占比)")
_BELOW, _UP_TO, _FROM, _ABOVE = "<", "≤", "≥", ">"
_SIGNS = {
    "<=": _UP_TO, "=<": _UP_TO, "≤": _UP_TO, "≦": _UP_TO, "不高于": _UP_TO, "不超过": _UP_TO, "小于等于": _UP_TO,
    ">=": _FROM, "=>": _FROM, "≥": _FROM, "≧": _FROM, "不低于": _FROM, "不少于": _FROM, "大于等于": _FROM,
    "<": _BELOW, "小于": _BELOW, "低于": _BELOW, ">": _ABOVE, "大于": _ABOVE, "高于": _ABOVE, "超过": _ABOVE,
}  # fmt: skip
_SIGN_BEFORE = re.compile(f"({'|'.join(sorted(map(re.escape, _SIGNS), key=len, reverse=True))})\\s*$")
_SIGN_AFTER = re.compile(r"\s*(<=|>=|[<>≤≥≦≧])\s*(?![\d\s-])")  # 90%≤利用率, but not 0.43%<10%
_FLIPPED = {_BELOW: _ABOVE, _UP_TO: _FROM, _FROM: _UP_TO, _ABOVE: _BELOW}
_RANGE_AFTER = re.compile(r"\s*[-~至到—]\s*\d")
_AFTER = {"以上": _FROM, "及以上": _FROM, "以下": _UP_TO, "以内": _UP_TO, "及以下": _UP_TO}
_QUOTED_CRITERION = re.compile(r"\s*(?:的|得|时|,得|之间)")  # 结转结余率≤10%的，得2分: quoted from the criteria
_HAIR = Decimal("0.05")  # percentage points: what a percentage without decimals may be off (99% for 98.58% is not it)


def evidence_findings(indicator: Indicator, outcome: Outcome, answers: Answers) -> list[Finding]:
    """What the row's evidence says otherwise than its data: unit slips, and the row's ratio if it has exactly one."""
    text = unicodedata.normalize("NFKC", answers.text(indicator.evidence_id))
    if not text.strip():
        return []
    cell = answers.cell(indicator.evidence_id)
    slips = [("evidence-unit-slip", *slip) for slip in unit_slips(text, _amounts(indicator, answers))]
    rates = []
    if len(outcome.rates) == 1:
        [(name, ratio)] = outcome.rates.items()
        known = f"{indicator.name} {indicator.interpretation} {indicator.criteria} {name}"
        wrong = wrong_share(text, ratio, known, _percent_inputs(indicator, answers))
        if wrong is not None:
            rates.append(("evidence-rate-differs", wrong.text, show_percent(ratio, max(2, wrong.decimals))))
    return [
        finding(code, cell=cell, indicator=indicator.code, name=indicator.name, actual=actual, expected=expected)
        for code, actual, expected in slips + rates
    ]


def _amounts(indicator: Indicator, answers: Answers) -> list[tuple[Decimal, str]]:
    """The row's amounts with their units; 0 and what is not filled in left out."""
    fields = [each for each in indicator.fields if each.type is FieldType.AMOUNT and each.unit in _YUAN]
    return [(value, each.unit) for each in fields for value in _number(each, answers) if value]


def _percent_inputs(indicator: Indicator, answers: Answers) -> list[Decimal]:
    return [value for each in indicator.fields if each.type is FieldType.PERCENT for value in _number(each, answers)]


def _number(field: Field, answers: Answers) -> list[Decimal]:
    value = answers[field.id].value
    return [value] if isinstance(value, Decimal) else []


def unit_slips(text: str, amounts: list[tuple[Decimal, str]]) -> Iterator[tuple[str, str]]:
    """(as written, as filled in) for each amount in ``text`` with the digits of one of ``amounts`` but another unit.

    ``amounts`` are (value, unit). An amount that is right for any of them is no slip.
    """
    seen = set()
    for match in _AMOUNT.finditer(text):
        written, unit = Decimal(match[1].replace(",", "")), match[2]
        if any(written * _YUAN[unit] == value * _YUAN[of] for value, of in amounts):
            continue
        for value, of in amounts:
            slip = (f"{match[1]}{unit}", f"{show_number(value)} {of}")
            if written == value and slip not in seen:
                seen.add(slip)
                yield slip


@dataclass(frozen=True)
class Share:
    """A percentage in a text: as written, as a fraction, its decimals; ``sign`` where it is only a bound (<10%)."""

    text: str
    value: Decimal
    decimals: int
    sign: str = ""
    about: bool = False

    def fits(self, ratio: Decimal) -> bool:
        """Whether it can be said of ``ratio`` (a fraction): at its own decimals, a bound if it holds."""
        if self.sign:
            return {
                _BELOW: ratio < self.value,
                _UP_TO: ratio <= self.value,
                _FROM: ratio >= self.value,
                _ABOVE: ratio > self.value,
            }[self.sign]
        if half_up(ratio * 100, Decimal(1).scaleb(-self.decimals)) != self.value * 100:
            return False
        return self.about or self.decimals > 0 or abs(ratio - self.value) * 100 <= _HAIR


def wrong_share(text: str, ratio: Decimal, known: str, inputs: list[Decimal]) -> Share | None:
    """The percentage in ``text`` that stands for ``ratio`` (a fraction) but differs, or None.

    ``known`` is text in which the row's own rates are named: 盘点率为100% says nothing about a 固定资产利用率.
    ``inputs`` are percentages the unit filled in; the text may repeat them.
    """
    shares = list(_shares(text, known))
    said = [each for each in shares if not each.sign and not any(each.fits(value) for value in inputs)]
    group = said or [each for each in shares if each.sign]
    if any(each.fits(ratio) for each in group):
        return None  # that one is the ratio; whatever else is written is about something else
    return min(group, key=lambda each: abs(each.value - ratio), default=None)


def _shares(text: str, known: str) -> Iterator[Share]:
    """The percentages in ``text`` that are plausibly said of the row's ratio."""
    for match in _PERCENT.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        clause = _CLAUSE_END.split(before)[-1]
        words = [word for word in _RATE_WORD.findall(clause) if not word.endswith("比率")]  # 比率 may be any
        if _OTHER.search(clause) or _RANGE_AFTER.match(after) or (words and words[-1] not in known):
            continue
        value = Decimal(match[1].replace("−", "-")) / 100
        sign, written = _sign(before, after, match[0])
        if sign:
            if not _QUOTED_CRITERION.match(after):
                yield Share(written, value, len(match[2] or ""), sign)
        elif _IS.search(clause):
            about = bool(_ABOUT.search(clause)) or after.startswith("左右")
            yield Share(written, value, len(match[2] or ""), about=about)


def _sign(before: str, after: str, written: str) -> tuple[str, str]:
    """The comparison that a percentage stands in ('' for none) and both as written."""
    match = _SIGN_BEFORE.search(before)
    if match:
        return _SIGNS[match[1]], f"{match[1]}{written}"
    match = _SIGN_AFTER.match(after)
    if match:
        return _FLIPPED[_SIGNS[match[1]]], f"{written}{match[1]}"
    for word, sign in _AFTER.items():
        if after.startswith(word):
            return sign, f"{written}{word}"
    return "", written
