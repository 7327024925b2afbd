"""Random fillings of a form, made from its own rules: every threshold of theirs is met exactly and missed by a hair.

A filling is what stands in the cells by field id, not yet what a reader makes of it: a number may carry the noise of
floating point, a date a time of day, and where a number belongs there may be anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import pairwise
from random import Random
from typing import Any

from perfeval_xl.numbers import exact
from perfeval_xl.scheme.admit import admit
from perfeval_xl.scheme.answers import Answer, Answers
from perfeval_xl.scheme.fields import NO, NOT_APPLICABLE, YES, Field, FieldType
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.annex_words import HIGHER, LOWER
from perfeval_xl.scheme.rules.base import Rule
from perfeval_xl.scheme.rules.checks import ByDate, Covered, Deduct
from perfeval_xl.scheme.rules.deductions import Deductions
from perfeval_xl.scheme.rules.discretionary_deduction import DiscretionaryDeduction
from perfeval_xl.scheme.rules.mean_rate import MeanRate
from perfeval_xl.scheme.rules.overrun_steps import OverrunSteps
from perfeval_xl.scheme.rules.proportion import Proportion
from perfeval_xl.scheme.rules.publication import Publication
from perfeval_xl.scheme.rules.ratio_bands import RatioBands
from perfeval_xl.scheme.rules.shortfall import Shortfall
from perfeval_xl.scheme.rules.within_limit import WithinLimit

Content = Decimal | float | str | date | datetime | None
Filling = dict[str, Content]

D = Decimal
_RUBBISH = (
    "无",
    "—",
    "/",
    "N/A",
    "12万",
    "98%",
    "约3",
    "1,23,4",
    "是",
    "适用",
    "未公开",
    "2024年3月15日",
    "3 个",
    "六",
)
_TRIES = 9
_REASON = "《关于有关情况的说明》第2条"


def filling(scheme: Scheme, seed: object) -> Filling:
    """The filling of ``seed``. Every second one is made so that nearly all of its rows have a score; of the others one
    half has a few holes, one half many."""
    random = Random(f"{seed}")
    sound = random.random() < 0.5
    maker = _Maker(scheme, random, holes=0.0 if sound else random.choice((0.01, 0.15)))
    for indicator in scheme.indicators:
        before = dict(maker.cells)
        for _ in range(_TRIES if sound else 1):
            maker.cells = dict(before)
            maker.fill(indicator)
            names = {indicator.applicable_id, *indicator.rule.fields(), *(field.id for field in indicator.fields)}
            looked_at = ((name, maker.cells[name]) for name in names & maker.cells.keys())
            answers = Answers(answer(scheme.fields[name], content) for name, content in looked_at)
            if applicability.score(indicator, answers).score is not None:
                break
    return maker.cells


def answer(field: Field, content: Content) -> Answer:
    """What the reader makes of a cell: a number by its shortest digits, a date without its time of day."""
    raw = "" if content is None else str(content)
    if isinstance(content, float):
        return admit(field, exact(content), raw, None)
    return admit(field, content.date() if isinstance(content, datetime) else content, raw, None)


class _Maker:
    def __init__(self, scheme: Scheme, random: Random, holes: float) -> None:
        self.random, self._fields, self._holes = random, scheme.fields, holes
        self._constants = scheme.constants
        self.cells: Filling = {}

    def fill(self, indicator: Indicator) -> None:
        """The cells of one row; what an earlier row shares with it stays."""
        made: Filling = {}
        for field in (*indicator.fields, *(self._fields[each] for each in indicator.rule.fields())):
            if field.id not in self.cells and not isinstance(indicator.rule, AnnexRows):
                made[field.id] = self.any(field)
        self.shape(indicator.rule, indicator.points, made)
        if indicator.may_be_not_applicable:
            made[indicator.applicable_id] = self._claim(indicator, made)
        holes = self._holes / 10 if isinstance(indicator.rule, AnnexRows) else self._holes  # it has so many cells
        for field_id, content in made.items():
            fixed = field_id in self._constants
            self.cells.setdefault(field_id, content if fixed else self._spoilt(self._fields[field_id], content, holes))

    def shape(self, rule: Rule, points: Decimal, made: Filling) -> None:
        """Bring the inputs of ``rule`` to its thresholds."""
        kind = _KINDS.get(type(rule))
        if kind is not None:
            kind(self, rule, points, made)
        for part in getattr(rule, "parts", ()):
            shape = _PARTS.get(type(part))
            if shape is not None:
                shape(self, part, made)

    def _claim(self, indicator: Indicator, made: Filling) -> str:
        if not self.chance(0.12):
            return self._fields[indicator.applicable_id].options[0]
        if self.chance(0.8):
            for field in indicator.fields:
                if field.type.numeric:
                    made[field.id] = self.pick(D(0), None)
        return NOT_APPLICABLE

    def _spoilt(self, field: Field, content: Content, holes: float) -> Content:
        """Mostly ``content`` itself, a number sometimes with the noise that calculating leaves."""
        if self.chance(holes if content is not None else holes / 20):
            return self.pick(None, None, self.pick(*_RUBBISH), *self._wrong(field))
        if isinstance(content, Decimal) and field.rounds and content and self.chance(0.1):
            return min(float(content) * self.random.uniform(0.9999, 1), float(field.largest))  # as if calculated
        if isinstance(content, Decimal) and field.type.numeric and self.chance(0.08):
            held = float(content)
            noisy = math.nextafter(held, self.pick(math.inf, -math.inf))
            return self.pick(noisy, held + 0.1 - 0.1, held * 3 / 3, held / 7 * 7) if held else content
        if isinstance(content, Decimal) and field.type.numeric and field.rounds and self.chance(0.06):
            parts = self.pick(D("0.5"), D("-0.5"), D("0.49"), D("-0.51"), D(self.random.randrange(-999, 1000)) / 1000)
            return self.pick(max(content + parts * self.unit(field), D(0)), float(content) * self.random.random())
        if type(content) is date and self.chance(0.1):
            return datetime.combine(content, self.pick(time(0, 0, 1), time(12), time(23, 59, 59), time(9, 30)))
        return content

    def _wrong(self, field: Field) -> list[Content]:
        if field.type.numeric:
            return [
                D(-1),
                -self.unit(field),
                field.largest + self.unit(field),
                field.largest,
                self.unit(field) / 2,
                self.number(field) + self.unit(field) / self.pick(2, 10, 1000),
                float(self.number(field)) / 3,
                1e300,
                1e-300,
                self.random.random(),
            ]
        if isinstance(field.low, date) and isinstance(field.high, date):
            return [each + timedelta(self.pick(-1, 0, 1)) for each in (field.low, field.high)]
        return ["其他"]

    # ---- contents

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def any(self, field: Field) -> Content:
        """Some content that ``field`` takes."""
        if field.type is FieldType.YESNO:
            return YES if self.chance(0.7) else NO
        if field.type is FieldType.CHOICE:
            return self.pick(*field.options)
        if field.type is FieldType.TEXT:
            return self.pick(_REASON, _REASON, _REASON, None)
        if field.type is FieldType.DATE:
            return self.day(field)
        return self.number(field)

    def day(self, field: Field) -> date:
        assert isinstance(field.low, date) and isinstance(field.high, date)
        return field.low + timedelta(self.random.randrange((field.high - field.low).days + 1))

    @staticmethod
    def unit(field: Field) -> Decimal:
        """The smallest step between two numbers that ``field`` takes."""
        return D(1).scaleb(-field.places)

    def number(self, field: Field) -> Decimal:
        """A number of any magnitude, round or with all its decimals."""
        if field.type is FieldType.COUNT:
            most = self.pick(3, 5, 12, 40, 1000, 10**6, int(field.largest))
            return D(min(self.random.randrange(most + 1), int(field.largest)))
        if field.type is FieldType.PERCENT:
            return self.fit(field, D(repr(self.random.uniform(0.2, 1.15))), self.pick(2, 3, 4, 6, field.places))
        magnitude = self.random.uniform(-2, math.log10(field.largest))
        places = self.pick(0, 0, 1, 2, field.places, field.places)
        return self.fit(field, D(repr(10**magnitude)), places)

    def fit(self, field: Field, value: Decimal, places: int | None = None) -> Decimal:
        """``value`` brought into the field's bounds and onto its decimals, or onto fewer."""
        low = field.low if isinstance(field.low, Decimal) else D(0)
        inside = min(max(value, low), field.largest)
        step = D(1).scaleb(-min(field.places, field.places if places is None else places))
        return min(inside.quantize(step, self.pick(ROUND_FLOOR, ROUND_HALF_UP)), field.largest)

    def near(self, field: Field, value: Decimal) -> Decimal:
        """``value``, or one beside it, mostly by the smallest step."""
        away = self.pick(0, 0, 0, 1, 1, -1, -1, 2, -2, 50, -50)
        return self.fit(field, self.fit(field, value) + away * self.unit(field))

    def share(self, thresholds: Sequence[Decimal]) -> Decimal:
        """One of ``thresholds``, or something among or beyond them."""
        if thresholds and self.chance(0.7):
            return self.pick(*thresholds)
        return D(repr(self.random.uniform(0, 1.3 * float(max(thresholds, default=D(1))) + 0.01)))

    def part_of(self, part: Field, whole: Field, share: Decimal, made: Filling) -> None:
        """Two numbers of which one is about ``share`` of the other."""
        total = self.number(whole)
        if self.chance(0.3):  # a share of a round number can be hit exactly
            total = self.fit(whole, D(self.pick(1, 2, 5, 8, 10, 20, 25, 100, 200, 400, 1000, 10**6)))
        if self.chance(0.03):
            total = D(0)
        made[whole.id] = total
        made[part.id] = D(0) if not total and self.chance(0.6) else self.near(part, total * share)


def _tie(maker: _Maker, points: Decimal) -> Decimal:
    """The share of ``points`` at which a score lies half way between two cents."""
    cents = int(points * 100)
    return (D(maker.random.randrange(max(cents, 1))) + D("0.5")) / max(points * 100, D(1))


def _annex(maker: _Maker, rule: AnnexRows, points: Decimal, made: Filling) -> None:
    if rule.gate:
        made[rule.gate] = NO if maker.chance(0.04) else YES
    table = rule.table
    begun = [row for row in table.fixed if maker.chance(0.98)]
    free = [row for row in range(1, table.rows + 1) if row not in table.fixed]
    rows = sorted([*begun, *maker.random.sample(free, min(len(free), maker.pick(1, 2, 3, 4, 6, 8, table.rows)))])
    for row, weight in _all_weights(maker, rule, points, rows).items():
        cells: Filling = dict.fromkeys(column.id for column in table.columns)
        if row in rows:
            _annex_row(maker, rule, weight, cells, dict(table.fixed.get(row, {})))
        elif maker.chance(0.002):
            cells[maker.pick(*cells)] = maker.pick(_REASON, D(0))
        given: Filling = {column: content for column, content in table.fixed.get(row, {}).items()}
        made.update({table.field_id(row, column): content for column, content in (cells | given).items()})


def _all_weights(maker: _Maker, rule: AnnexRows, points: Decimal, rows: Sequence[int]) -> dict[int, Decimal]:
    """A weight for every row of the table; those of ``rows`` mostly add up to the points."""
    fixed = {row: given["weight"] for row, given in rule.table.fixed.items() if "weight" in given}
    open_rows = [row for row in rows if row not in fixed]
    left = points - sum((weight for weight in fixed.values() if isinstance(weight, Decimal)), D(0))
    weights = _weights(maker, left, len(open_rows)) if open_rows else []
    if weights and maker.chance(0.05):
        weights[0] = maker.pick(weights[0] + D("0.01"), weights[0] + D("0.005"), weights[0] / 3, D(0))
    found = dict.fromkeys(range(1, rule.table.rows + 1), D(0))
    found |= {row: weight for row, weight in fixed.items() if isinstance(weight, Decimal)}
    return found | dict(zip(open_rows, weights, strict=True))


def _weights(maker: _Maker, points: Decimal, rows: int) -> list[Decimal]:
    """Weights that add up to the points, in steps of a cent or coarser."""
    steps = int(points / maker.pick(D("0.01"), D("0.01"), D("0.05"), D("0.5")))
    if steps < rows:
        steps = int(points * 100)
    cuts = sorted(maker.random.sample(range(1, steps), rows - 1))
    ends = [0, *cuts, steps]
    return [points * (high - low) / steps for low, high in pairwise(ends)]


def _annex_row(maker: _Maker, rule: AnnexRows, weight: Decimal, cells: Filling, fixed: Mapping[str, Any]) -> None:
    """A row that is filled in, ``fixed`` being what the bureau has filled in of it."""
    column, floor = rule.table.column, rule.floor
    natures = column["nature"].options if "nature" in column else (HIGHER[0],)
    nature = fixed.get("nature", maker.pick(*natures))
    wanted: Filling = {"name": "某项指标", "nature": nature, "weight": weight, "unit": maker.pick("个", None)}
    wanted["deviation_reason"] = maker.pick(_REASON, None)
    if rule.judged and nature == rule.judged:
        tier = maker.pick(*rule.tiers)
        ends = [end * weight for end in (tier.low, tier.high or D(1))]
        given = maker.pick(*ends, D(repr(maker.random.uniform(float(ends[0]), float(ends[1])))))
        score = maker.fit(column["judged_score"], given)
        if maker.chance(0.3):
            score = maker.near(column["judged_score"], given)
        wanted |= {"tier": tier.value, "judged_score": score, "basis": None if maker.chance(0.02) else _REASON}
    else:
        ceiling = [] if rule.ceiling is None else [rule.ceiling]
        share = maker.share([floor, D(1), *ceiling, _tie(maker, weight), _tie(maker, weight), D(0)])
        if nature in LOWER:
            share = 2 - share if rule.reverse == "two_minus" else 1 / (share or D(1))
        _target_and_actual(maker, rule, max(share, D(0)), wanted, fixed)
    cells.update({each: content for each, content in wanted.items() if each in cells})


def _target_and_actual(
    maker: _Maker, rule: AnnexRows, share: Decimal, wanted: Filling, fixed: Mapping[str, Any]
) -> None:
    target, actual = rule.table.column["target"], rule.table.column["actual"]
    if "target" in fixed:
        wanted["actual"] = maker.near(actual, fixed["target"] * share)
        return
    maker.part_of(actual, target, share, wanted)
    if maker.chance(0.97) and not wanted["target"]:
        maker.part_of(actual, target, share, wanted)


def _mean_rate(maker: _Maker, rule: MeanRate, points: Decimal, made: Filling) -> None:
    fields = rule.context.fields
    made[rule.basis] = rule.annual if maker.chance(0.25) else rule.monthly
    told = maker.random.randrange(len(rule.months) + 1) if maker.chance(0.5) else len(rule.months)
    rate = maker.pick(None, None, rule.cap, _tie(maker, points))
    for number, month in enumerate(rule.months):
        if number >= told:
            made[month] = None
        elif rate is not None:
            made[month] = maker.near(fields[month], rate)
    shares = [rule.cap, _tie(maker, points), _tie(maker, points), D("0.5")]
    maker.part_of(fields[rule.spent], fields[rule.budget], maker.share(shares), made)
    if maker.chance(0.2):
        made[rule.spent] = made[rule.budget] = None


def _shortfall(maker: _Maker, rule: Shortfall, points: Decimal, made: Filling) -> None:
    fields = rule.context.fields
    ends = [each for step in rule.steps for each in (step.low, step.high) if each is not None]
    made[rule.due] = due = maker.near(fields[rule.due], maker.pick(*ends, maker.number(fields[rule.due])))
    absent = [points / step.value for step in rule.steps if step.value] + [D(0), due]
    made[rule.done] = maker.near(fields[rule.done], due - maker.pick(*absent))


def _ratio(maker: _Maker, rule: RatioBands, points: Decimal, made: Filling) -> None:
    fields = rule.context.fields
    for each in rule.denominator:
        if len(rule.denominator) > 1 and maker.chance(0.3):
            made[each] = D(0)
    whole = sum((_decimal(made[each]) for each in rule.denominator), D(0))
    wanted = whole * maker.share([band.low for band in rule.bands])
    for each in rule.numerator[1:]:
        made[each] = maker.fit(fields[each], wanted / 2)
        wanted -= _decimal(made[each])
    made[rule.numerator[0]] = maker.near(fields[rule.numerator[0]], wanted)


def _deductions(maker: _Maker, rule: Deductions, points: Decimal, made: Filling) -> None:
    for item in rule.items:
        if item.when is None:
            field = rule.context.fields[item.field]
            made[item.field] = maker.near(field, maker.pick(D(0), D(0), D(1), points / item.off))


def _publication(maker: _Maker, rule: Publication, points: Decimal, made: Filling) -> None:
    made[rule.classified] = YES if maker.chance(0.05) else NO
    closed = rule.context.closed_days
    for part in rule.parts:
        approved = maker.day(rule.context.fields[part.approved])
        if closed and maker.chance(0.6):  # a last day that falls on a closed one
            approved = maker.pick(*closed) - timedelta(rule.days)
        away = maker.pick(-1, 0, 0, 1, 1, 2, 3, 8)
        published = maker.pick(rule.last_day(approved), approved + timedelta(rule.days), approved) + timedelta(away)
        made[part.approved] = approved
        made[part.published] = part.never if maker.chance(0.06) else published


def _proportion(maker: _Maker, rule: Proportion, points: Decimal, made: Filling) -> None:
    fields = rule.context.fields
    shares = [D(1), _tie(maker, points), _tie(maker, points), D(0)]
    maker.part_of(fields[rule.actual], fields[rule.reserved], maker.share(shares), made)


def _overrun(maker: _Maker, rule: OverrunSteps, points: Decimal, made: Filling) -> None:
    fields = rule.context.fields
    steps = [1 + rule.step * number for number in range(int(points / rule.each) + 2)]
    maker.part_of(fields[rule.actual], fields[rule.budget], maker.share(steps), made)


def _within(maker: _Maker, rule: WithinLimit, points: Decimal, made: Filling) -> None:
    maker.part_of(rule.context.fields[rule.actual], rule.context.fields[rule.budget], maker.share([D(1)]), made)


def _manual(maker: _Maker, rule: DiscretionaryDeduction, points: Decimal, made: Filling) -> None:
    field = rule.context.fields[rule.deduction]
    worths = [part.worth for part in rule.parts]
    made[rule.deduction] = maker.pick(None, None, D(0), maker.near(field, maker.pick(*worths, points)))
    for part in rule.parts:
        if part.aspects is not None:
            made[part.aspects] = part.full if maker.chance(0.7) else made[part.aspects]


def _covered(maker: _Maker, part: Covered, made: Filling) -> None:
    due, done = part.context.fields[part.due], part.context.fields[part.done]
    maker.part_of(done, due, maker.share([D(1), D(1), D(1), D(0)]), made)


def _by_date(maker: _Maker, part: ByDate, made: Filling) -> None:
    due = maker.day(part.context.fields[part.due])
    made[part.due] = due
    made[part.done] = part.never if part.never and maker.chance(0.06) else due + timedelta(maker.pick(-9, -1, 0, 0, 1))


def _deduct(maker: _Maker, part: Deduct, made: Filling) -> None:
    received, late = part.context.fields[part.received], part.context.fields[part.late]
    made[part.received] = maker.pick(D(0), maker.number(received))
    made[part.late] = maker.near(late, maker.pick(D(0), D(1), part.of / part.each, _decimal(made[part.received])))


def _decimal(content: Content) -> Decimal:
    return content if isinstance(content, Decimal) else D(0)


_KINDS: dict[type[Rule], Callable[..., None]] = {
    AnnexRows: _annex,
    MeanRate: _mean_rate,
    Shortfall: _shortfall,
    RatioBands: _ratio,
    Deductions: _deductions,
    Publication: _publication,
    Proportion: _proportion,
    OverrunSteps: _overrun,
    WithinLimit: _within,
    DiscretionaryDeduction: _manual,
}
_PARTS: dict[type, Callable[..., None]] = {Covered: _covered, ByDate: _by_date, Deduct: _deduct}
