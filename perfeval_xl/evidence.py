"""What a unit wrote as evidence (评分依据) against what it filled in: units of amounts, numbers by name, the row's ratio.

Free text is read with care: a number counts only where it plainly stands for an input or for the row's own ratio, because
a false alarm costs a clerk more than a slip that passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.findings import Finding, finding
from perfeval_xl.mentions import MONEY, Kind, Mention, amounts, has_number, percentages, plain
from perfeval_xl.named import Quantity, contradictions, namings, of_another_time
from perfeval_xl.numbers import show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.base import Outcome
from perfeval_xl.scheme.rules.inputs import bare_label, show_amount

_CLAUSE_END = re.compile(r"[,。;、!?()\n]")
# The percentage is said to *be* something: 支出率99.83%, 控制率为0%, =99%, 占固定资产的99.78%.
_IS = re.compile(
    r"(?:率|数值|平均值?|为|是|达|=|≈|占[^0-9%<>≤≥=]{0,12})"
    r"(?:为|是|达到|达|到|约|仅|只有|等于|高达|保持在|了|已|[=:≈\s])*$"
)
# … or something else is meant: last year's figure, a change, a target, one item of several.
_OTHER = re.compile(
    "上年|去年|上一年|往年|同比|环比|提高|增长|增加|增幅|上升|下降|减少|降低|降幅|目标|标准|要求|计划|预期|其中|"
    "确保|保证|力争|争取|努力|规定"
)
_RATE_WORD = re.compile(r"[\u4e00-\u9fff]{2}(?:率|比例|比重|占比)")
# Measures and plans: what they name is not what was.
_TO_COME = re.compile(r"(?:改进|整改)措施|措施\s*[:为]|下一步|今后|下一?年|明年|次年")
_AROUND = 2  # signs on either side of a quotation that tell it from the unit's own words
_SHORTEST_NAME = 4  # of an annex line: 学校 may be any
_QUOTED_CRITERION = re.compile(r"\s*(?:的|得|时|,得|之间)")  # 结转结余率≤10%的，得2分: quoted from the criteria


def evidence_findings(scheme: Scheme, indicator: Indicator, outcome: Outcome, answers: Answers) -> list[Finding]:
    """What the row's evidence says otherwise than its data: unit slips, inputs stated by name, and the row's ratio if it
    has exactly one. What is written about the time to come is no evidence."""
    text = _TO_COME.split(plain(answers.text(indicator.evidence_id)), maxsplit=1)[0]
    if not has_number(text):
        return []
    quantities = _quantities(scheme, indicator, answers)
    found = namings(text, quantities, _known(indicator), scheme.year)
    slips = list(unit_slips(text, _amounts(indicator, answers)))
    said = [("evidence-unit-slip", actual, {"expected": expected}) for actual, expected in slips]
    for each in contradictions(found, quantities):
        if each.mention.written not in [actual for actual, _ in slips]:
            words = {"expected": each.quantity.shown, "label": each.quantity.label}
            said.append(("evidence-amount-differs", each.mention.written, words))
    if len(outcome.rates) == 1:
        [(name, ratio)] = outcome.rates.items()
        aside = Aside(frozenset(each.mention.start for each in found), scheme.year)
        wrong = wrong_share(text, ratio, f"{_known(indicator)} {name}", _percent_inputs(indicator, answers), aside)
        if wrong is not None:
            places = max(2, -int(wrong.digits.as_tuple().exponent))
            said.append(("evidence-rate-differs", wrong.written, {"expected": show_percent(ratio, places)}))
    place = {"cell": answers.cell(indicator.evidence_id), "indicator": indicator.code}
    return [
        finding(code, actual=actual, name=indicator.name, **place, **words)  # type: ignore[arg-type]
        for code, actual, words in said
    ]


def _known(indicator: Indicator) -> str:
    """The row's own texts: its name, what is explained of it, its criteria."""
    return f"{indicator.name} {indicator.interpretation} {indicator.criteria}"


# ---- the inputs


def _quantities(scheme: Scheme, indicator: Indicator, answers: Answers) -> list[Quantity]:
    """The row's inputs by their names: its own amounts, counts and percentages, and the lines of its annex table."""
    fields = (_of_field(field, answers) for field in indicator.fields)
    used = set(indicator.rule.fields())
    tables = [table for table in scheme.tables if not used.isdisjoint(table.row_ids(1))]
    lines = (_of_line(table, row, answers) for table in tables for row in range(1, table.rows + 1))
    return [each for each in (*fields, *lines) if each is not None]


def _of_field(field: Field, answers: Answers) -> Quantity | None:
    value, label = _number(field.id, answers), bare_label(field)
    shown = "" if value is None else show_amount(field, value)
    if field.type is FieldType.AMOUNT and field.unit in MONEY:
        scaled = None if value is None else value * MONEY[field.unit]
        return Quantity(label, Kind.AMOUNT, field.unit, scaled, shown)
    if field.type is FieldType.COUNT and field.unit:
        return Quantity(label, Kind.COUNT, field.unit, value, shown)
    if field.type is FieldType.PERCENT:
        return Quantity(label, Kind.PERCENT, "%", value, shown, verbatim=True)
    return None


def _of_line(table: Table, row: int, answers: Answers) -> Quantity | None:
    """One line of an annex table: the unit named it itself, so the text must name it to the letter."""
    name, unit = (plain(answers.text(table.field_id(row, column))).strip() for column in ("name", "unit"))
    actual, target = (_number(table.field_id(row, column), answers) for column in ("actual", "target"))
    if len(name) < _SHORTEST_NAME or not unit or actual is None:
        return None
    kind = Kind.PERCENT if unit == "%" else Kind.AMOUNT if unit in MONEY else Kind.COUNT
    scale = Decimal("0.01") if kind is Kind.PERCENT else MONEY.get(unit, Decimal(1))
    also = () if target is None else (target * scale,)
    shown = f"{show_number(actual)}{'' if kind is Kind.PERCENT else ' '}{unit}"
    return Quantity(name, kind, unit, actual * scale, shown, verbatim=True, also=also)


def _number(field_id: str, answers: Answers) -> Decimal | None:
    value = answers[field_id].value
    return value if isinstance(value, Decimal) else None


def _amounts(indicator: Indicator, answers: Answers) -> list[tuple[Decimal, str]]:
    """The row's amounts with their units; 0 and what is not filled in left out."""
    fields = [each for each in indicator.fields if each.type is FieldType.AMOUNT and each.unit in MONEY]
    return [(value, each.unit) for each in fields if (value := _number(each.id, answers))]


def _percent_inputs(indicator: Indicator, answers: Answers) -> list[Decimal]:
    fields = [each for each in indicator.fields if each.type is FieldType.PERCENT]
    return [value for each in fields if (value := _number(each.id, answers)) is not None]


# ---- amounts in another unit


def unit_slips(text: str, known: list[tuple[Decimal, str]]) -> Iterator[tuple[str, str]]:
    """(as written, as filled in) for each amount in ``text`` with the digits of one of ``known`` but another unit.

    ``known`` are (value, unit). An amount that is right for any of them is no slip.
    """
    seen = set()
    for mention in amounts(text):
        if any(mention.value == value * MONEY[of] for value, of in known):
            continue
        for value, of in known:
            slip = (mention.written, f"{show_number(value)} {of}")
            if mention.digits == value and slip not in seen:
                seen.add(slip)
                yield slip


# ---- the row's ratio


@dataclass(frozen=True)
class Aside:
    """Percentages that are not to be held against the ratio: those at ``places``, which are said of something else, and
    those of another year than ``year``."""

    places: frozenset[int]
    year: int

    def covers(self, text: str, mention: Mention) -> bool:
        return mention.start in self.places or of_another_time(text, mention.start, self.year)


def wrong_share(text: str, ratio: Decimal, known: str, inputs: list[Decimal], aside: Aside) -> Mention | None:
    """The percentage in ``text`` that stands for ``ratio`` (a fraction) but differs, or None.

    ``known`` is text in which the row's own rates are named: 盘点率为100% says nothing about a 固定资产利用率.
    ``inputs`` are percentages the unit filled in; the text may repeat them.
    """
    shares = [each for each in _shares(text, ratio, known) if not aside.covers(text, each)]
    said = [each for each in shares if not each.sign and not any(each.fits(value) for value in inputs)]
    group = said or [each for each in shares if each.sign]
    if any(each.fits(ratio) for each in group):
        # That one is the ratio; whatever else is written is about something else, but for a bound put to it: 12%≤10%.
        ends = {each.end for each in said}
        group = [each for each in shares if each.sign and each.start in ends and not each.fits(ratio)]
    return min(group, key=lambda each: abs(each.value - ratio), default=None)


def _shares(text: str, ratio: Decimal, known: str) -> Iterator[Mention]:
    """The percentages in ``text`` that are plausibly said of the row's ratio."""
    criteria = "".join(plain(known).split())
    for mention in percentages(text):
        clause, after = _clause(text, mention), text[mention.end :]
        words = [word for word in _RATE_WORD.findall(clause) if not word.endswith("比率")]  # 比率 may be any
        if _OTHER.search(clause) or (words and words[-1] not in known) or _quoted(text, mention, criteria):
            continue
        if mention.sign:
            if not _QUOTED_CRITERION.match(after):
                yield mention
        elif _IS.search(clause):
            turned = any(mention.fits(each) for each in (1 + ratio, 1 - ratio))  # 支出占预算的91.44% for -8.56%
            if words or mention.fits(ratio) or not turned:
                yield mention


def _clause(text: str, mention: Mention) -> str:
    """What stands in front of ``mention``, from the last break."""
    return _CLAUSE_END.split(text[: mention.start])[-1]


def _quoted(text: str, mention: Mention, criteria: str) -> bool:
    """Whether ``mention`` and what stands around it is a piece of the row's criteria, copied into the text."""
    before, after = ("".join(each.split()) for each in (text[: mention.start], text[mention.end :]))
    return bool(after) and f"{before[-_AROUND:]}{mention.written}{after[:_AROUND]}" in criteria
