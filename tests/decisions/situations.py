"""What the cases of an indicator have to show, derived from the parameters of its rule.

Every edge of a band, every step, cap, floor, share and date limit must be met exactly and just missed on both sides;
every yes/no must be answered both ways; every special value (nothing due, a base of 0, 未公开) must occur.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import partial

from perfeval_xl.numbers import ONE, ZERO, divide, half_up, read_number
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import NOT_APPLICABLE, Table
from perfeval_xl.scheme.model import Indicator
from perfeval_xl.scheme.rules import checks
from perfeval_xl.scheme.rules.annex_rows import HIGHER, LOWER, AnnexRows
from perfeval_xl.scheme.rules.bands import Band
from perfeval_xl.scheme.rules.deductions import Deductions
from perfeval_xl.scheme.rules.discretionary_deduction import DiscretionaryDeduction
from perfeval_xl.scheme.rules.discretionary_score import DiscretionaryScore
from perfeval_xl.scheme.rules.mean_rate import MeanRate
from perfeval_xl.scheme.rules.overrun_steps import OverrunSteps
from perfeval_xl.scheme.rules.proportion import Proportion
from perfeval_xl.scheme.rules.publication import Document, Publication
from perfeval_xl.scheme.rules.ratio_bands import RatioBands
from perfeval_xl.scheme.rules.shortfall import Shortfall
from perfeval_xl.scheme.rules.within_limit import WithinLimit

Situation = tuple[str, Callable[[Answers], bool]]
"""What is to be shown, and whether some answers show it."""
Measure = Callable[[Answers], Iterable[Decimal]]
"""The numbers in some answers that a threshold is about; none where they are not about it."""

CENT, PER_MILLE, BASIS_POINT = Decimal("0.01"), Decimal("0.001"), Decimal("0.0001")


def situations(indicator: Indicator) -> Iterator[Situation]:
    """All that the cases of ``indicator`` have to show."""
    rule, points = indicator.rule, indicator.points
    match rule:
        case AnnexRows():
            yield from _annex_rows(rule, points)
        case MeanRate():
            yield from _mean_rate(rule)
        case Shortfall():
            yield from _shortfall(rule, points)
        case RatioBands():
            yield from _ratio_bands(rule)
        case Deductions():
            yield from _deductions(rule, points)
        case Publication():
            yield from _publication(rule)
        case checks.Checks():
            for part in rule.parts:
                yield from _check(part)
        case DiscretionaryDeduction():
            yield from _discretionary_deduction(rule)
        case DiscretionaryScore():
            yield from _yes_no(rule.full_if)
            yield from _text(rule.reason)
            given = partial(_numbers, rule.given)
            yield from around("the score given, 0", given, ZERO, CENT)
            yield from around("the score given, all", given, points, CENT)
        case Proportion():
            yield from _ratio((rule.actual,), (rule.reserved,), [ONE], PER_MILLE)
        case OverrunSteps():
            yield from _overrun_steps(rule, points)
        case WithinLimit():
            yield from around("actual − budget", partial(_minus, rule.actual, rule.budget), ZERO, CENT)
        case _:
            raise TypeError(f"say what the cases of {rule.kind} have to show")
    if indicator.may_be_not_applicable:
        yield from _not_applicable(indicator)


def around(name: str, measure: Measure, at: Decimal, near: Decimal, *, low: bool = True) -> Iterator[Situation]:
    """Exactly ``at``, and at most ``near`` from it on both sides (on the upper side alone unless ``low``)."""
    if low:
        yield f"{name}: just below {at}", lambda answers: any(at - near <= each < at for each in measure(answers))
    yield f"{name}: exactly {at}", lambda answers: any(each == at for each in measure(answers))
    yield f"{name}: just above {at}", lambda answers: any(at < each <= at + near for each in measure(answers))


# ---- reading answers


def _number(field: str, answers: Answers) -> Decimal | None:
    """The number in a field, one out of bounds too."""
    return read_number(answers[field].raw) if not answers[field].blank else None


def _numbers(field: str, answers: Answers) -> list[Decimal]:
    found = _number(field, answers)
    return [] if found is None else [found]


def _sum(fields: Iterable[str], answers: Answers) -> Decimal | None:
    found = [_number(field, answers) for field in fields]
    return None if None in found else sum((each for each in found if each is not None), ZERO)


def _minus(one: str, other: str, answers: Answers) -> list[Decimal]:
    first, second = _number(one, answers), _number(other, answers)
    return [] if first is None or second is None else [first - second]


def _quotient(over: Iterable[str], under: Iterable[str], answers: Answers) -> list[Decimal]:
    numerator, denominator = _sum(over, answers), _sum(under, answers)
    return [] if numerator is None or not denominator else [divide(numerator, denominator)]


def _day(field: str, answers: Answers) -> date | None:
    """The date in a field; None where it is blank or 未公开."""
    value = answers[field].value
    return value if isinstance(value, date) else None


def _is(field: str, value: object, answers: Answers) -> bool:
    return answers[field].value == value


def _yes_no(field: str) -> Iterator[Situation]:
    yield f"{field}: yes", partial(_is, field, True)
    yield f"{field}: no", partial(_is, field, False)


def _text(field: str) -> Iterator[Situation]:
    yield f"{field}: given", lambda answers: answers.text(field) != ""
    yield f"{field}: blank", lambda answers: answers[field].blank


def _ratio(
    over: tuple[str, ...], under: tuple[str, ...], edges: Iterable[Decimal], near: Decimal
) -> Iterator[Situation]:
    def sums(nothing_over: bool, nothing_under: bool, answers: Answers) -> bool:
        found = _sum(over, answers), _sum(under, answers)
        return None not in found and (found[0] == ZERO, found[1] == ZERO) == (nothing_over, nothing_under)

    for edge in edges:
        yield from around("the ratio", partial(_quotient, over, under), edge, near)
    yield "the ratio: nothing over nothing", partial(sums, True, True)
    yield "the ratio: something over nothing", partial(sums, False, True)
    yield "the ratio: nothing over something", partial(sums, True, False)


# ---- the kinds


class _Row:
    """A row of an annex that is in use."""

    def __init__(self, table: Table, row: int, answers: Answers) -> None:
        def number(column: str) -> Decimal | None:
            return _number(table.field_id(row, column), answers)

        self.nature, self.tier = (answers.text(table.field_id(row, column)) for column in ("nature", "tier"))
        self.target, self.actual, self.weight = number("target"), number("actual"), number("weight")
        self.given = number("judged_score")


def _rows(table: Table, answers: Answers) -> list[_Row]:
    live = (row for row in range(1, table.rows + 1) if answers.text(table.field_id(row, "name")))
    return [_Row(table, row, answers) for row in live]


def _annex_rows(rule: AnnexRows, points: Decimal) -> Iterator[Situation]:
    rows = partial(_rows, rule.table)
    yield from _measured_rows(rule)
    yield from _judged_rows(rule)
    yield from around(
        "Σ weights", lambda answers: [sum((row.weight or ZERO for row in rows(answers)), ZERO)], points, CENT
    )
    yield from _yes_no(rule.gate)
    yield "no row at all", lambda answers: not rows(answers)
    yield "several rows", lambda answers: len(rows(answers)) > 1


def _measured_rows(rule: AnnexRows) -> Iterator[Situation]:
    def quotients(natures: tuple[str, ...], answers: Answers) -> list[Decimal]:
        rows = [row for row in _rows(rule.table, answers) if row.nature in natures]
        return [divide(row.actual, row.target) for row in rows if row.actual is not None and row.target]

    def nought(nature: str, met: bool, answers: Answers) -> bool:
        rows = [row for row in _rows(rule.table, answers) if row.nature == nature and row.target == ZERO]
        return any((row.actual == ZERO) is met for row in rows)

    for edge in (rule.floor, ONE, rule.ceiling):
        yield from around("completion", partial(quotients, HIGHER), edge, BASIS_POINT)
    for edge in (ONE, 2 - rule.floor):
        yield from around("completion of what should be low", partial(quotients, LOWER), edge, BASIS_POINT)
    yield "far under a limit", lambda answers: any(each <= 1 / rule.ceiling for each in quotients(LOWER, answers))
    yield "far over a limit", lambda answers: any(each > 2 for each in quotients(LOWER, answers))
    for nature in (*HIGHER, *LOWER):
        yield from around(f"completion, {nature}", partial(quotients, (nature,)), ONE, CENT)
        yield f"{nature} 0, met", partial(nought, nature, True)
        yield f"{nature} 0, missed", partial(nought, nature, False)


def _judged_rows(rule: AnnexRows) -> Iterator[Situation]:
    def ends(tier: str, share: Decimal, answers: Answers) -> list[tuple[Decimal, Decimal]]:
        """The end of the tier's band in each judged row, not rounded, and the score given."""
        rows = [row for row in _rows(rule.table, answers) if row.tier == tier]
        return [(share * row.weight, row.given) for row in rows if row.weight is not None and row.given is not None]

    def beyond(tier: str, share: Decimal, answers: Answers) -> list[Decimal]:
        return [given - half_up(end) for end, given in ends(tier, share, answers)]

    def on_rounded(tier: str, share: Decimal, answers: Answers) -> bool:
        return any(end != half_up(end) == given for end, given in ends(tier, share, answers))

    for tier in rule.tiers:
        for share in (tier.low, tier.high or ONE):
            yield from around(f"{tier.value}, {share}", partial(beyond, tier.value, share), ZERO, CENT)
        if tier.low > ZERO:
            yield f"{tier.value}, a rounded edge", partial(on_rounded, tier.value, tier.low)


def _mean_rate(rule: MeanRate) -> Iterator[Situation]:
    def rates(answers: Answers) -> list[Decimal]:
        return [each for month in rule.months for each in _numbers(month, answers)]

    def annual(word: str, answers: Answers) -> list[Decimal]:
        return _quotient((rule.spent,), (rule.budget,), answers) if _is(rule.basis, word, answers) else []

    def months(count: int, answers: Answers) -> bool:
        return len(rates(answers)) == count

    yield from around("a month's rate", rates, rule.cap, BASIS_POINT)
    yield from around("the annual rate", partial(annual, rule.annual), rule.cap, BASIS_POINT)
    for count in (0, 1, len(rule.months)):
        yield f"{count} months", partial(months, count)
    yield "a month at 0", lambda answers: ZERO in rates(answers)
    yield "no month, the year's amounts", lambda answers: not rates(answers) and bool(annual(rule.monthly, answers))
    yield "both figures", lambda answers: bool(rates(answers)) and bool(annual(rule.annual, answers))
    yield "no budget", partial(_is, rule.budget, ZERO)


def _shortfall(rule: Shortfall, points: Decimal) -> Iterator[Situation]:
    def left(answers: Answers) -> Iterator[Decimal]:
        due = _number(rule.due, answers) or ZERO
        each = next(step.value for step in rule.steps if step.holds(due))
        yield from (points - each * absent for absent in _minus(rule.due, rule.done, answers))

    def absent(step: Band[Decimal], number: int | None, answers: Answers) -> bool:
        """So many absent (None: all of them) where this step counts."""
        due = _number(rule.due, answers)
        if not due or not step.holds(due):
            return False
        return [due if number is None else number] == _minus(rule.due, rule.done, answers)

    for step in rule.steps:
        if step.high is not None:
            yield from around("due", partial(_numbers, rule.due), step.high, ONE)
        for number in (0, 1, None):
            yield f"due {step.describe()}: {'all' if number is None else number} absent", partial(absent, step, number)
    yield from around("what is left", left, ZERO, max(step.value for step in rule.steps))
    yield "nothing due", lambda answers: _number(rule.due, answers) == 0
    yield "more done than due", lambda answers: any(each < 0 for each in _minus(rule.due, rule.done, answers))


def _ratio_bands(rule: RatioBands) -> Iterator[Situation]:
    edges = {end for band in rule.bands for end in (band.low, band.high) if end}
    yield from _ratio(rule.numerator, rule.denominator, sorted(edges), PER_MILLE)


def _deductions(rule: Deductions, points: Decimal) -> Iterator[Situation]:
    def off(answers: Answers) -> list[Decimal]:
        if any(answers[item.field].value is None for item in rule.items):
            return []
        counted = [item.off * answers.number(item.field) for item in rule.items if item.when is None]
        stated = [item.off for item in rule.items if item.when is not None and answers.yes(item.field) is item.when]
        return [sum((*counted, *stated), ZERO)]

    for item in rule.items:
        if item.when is None:
            yield f"{item.field}: 0", partial(_is, item.field, ZERO)
            yield f"{item.field}: 1", partial(_is, item.field, ONE)
        else:
            yield from _yes_no(item.field)
    yield from around("what is taken off", off, points, min(item.off for item in rule.items))


def _publication(rule: Publication) -> Iterator[Situation]:
    closed = frozenset(rule.context.closed_days)

    def last_days(part: Document, answers: Answers) -> tuple[date, date] | None:
        """The last day as it is counted, and as holidays move it."""
        approved = _day(part.approved, answers)
        if approved is None:
            return None
        last = counted = approved + timedelta(days=rule.days)
        while last in closed:
            last += timedelta(days=1)
        return counted, last

    def days_late(part: Document, moved: bool, answers: Answers) -> list[Decimal]:
        """Days from the last day to the publication, where holidays moved that day (or did not)."""
        found, published = last_days(part, answers), _day(part.published, answers)
        if found is None or published is None or (found[0] != found[1]) is not moved:
            return []
        return [Decimal((published - found[1]).days)]

    def at_once(part: Document, answers: Answers) -> list[Decimal]:
        return [late + rule.days for late in days_late(part, False, answers)]

    def worked_weekend(answers: Answers) -> bool:
        found = [last_days(part, answers) for part in rule.parts if days_late(part, False, answers) == [ZERO]]
        return any(each is not None and each[0].weekday() > 4 for each in found)

    yield from _yes_no(rule.classified)
    yield "in time on a worked weekend", worked_weekend
    for part in rule.parts:
        yield from around(f"{part.label}, days late", partial(days_late, part, False), ZERO, ONE)
        yield from around(
            f"{part.label}, days late after a holiday", partial(days_late, part, True), ZERO, ONE, low=False
        )
        yield from around(f"{part.label}, days after approval", partial(at_once, part), ZERO, Decimal(rule.days))
        yield f"{part.label}: {part.never}", partial(_is, part.published, part.never)
        yield from _yes_no(part.problem)


def _check(part: checks.Part) -> Iterator[Situation]:
    match part:
        case checks.AllYes():
            for field in part.asked:
                yield from _yes_no(field)
        case checks.AllZero():
            for field in part.counted:
                yield f"{field}: 0", partial(_is, field, ZERO)
                yield f"{field}: 1, the rest 0", partial(_alone, field, part.counted)
        case checks.Covered():
            yield from around("done − due", partial(_minus, part.done, part.due), ZERO, ONE)
            yield f"{part.due}: 0", partial(_is, part.due, ZERO)
            yield f"{part.done}: 0", partial(_is, part.done, ZERO)
        case checks.ByDate():
            yield from around("days late", partial(_days_late, part), ZERO, ONE)
            if part.never:
                yield f"{part.done}: {part.never}", partial(_is, part.done, part.never)
        case checks.Deduct():
            yield f"{part.received}: 0", partial(_is, part.received, ZERO)
            for number in (ZERO, ONE):
                yield f"{part.late}: {number}", partial(_is, part.late, number)
            yield from around("late", partial(_numbers, part.late), part.of / part.each, ONE)
            yield from around("late − received", partial(_minus, part.late, part.received), ZERO, ONE)
        case checks.YesIf():
            yield from _yes_no(part.when)
            yield from _yes_no(part.asked)
        case _:
            raise TypeError(f"say what the cases of {part.test} have to show")


def _alone(field: str, counted: tuple[str, ...], answers: Answers) -> bool:
    return all(_is(each, ONE if each == field else ZERO, answers) for each in counted)


def _days_late(part: checks.ByDate, answers: Answers) -> list[Decimal]:
    due, done = _day(part.due, answers), _day(part.done, answers)
    return [] if due is None or done is None else [Decimal((done - due).days)]


def _discretionary_deduction(rule: DiscretionaryDeduction) -> Iterator[Situation]:
    def beyond(answers: Answers) -> Iterator[Decimal]:
        earned = sum((part.worth for part in rule.parts if answers[part.exists].value is True), ZERO)
        yield from (each - earned for each in _numbers(rule.deduction, answers))

    for part in rule.parts:
        yield from _yes_no(part.exists)
        if part.aspects is not None:
            yield from around(part.aspects, partial(_numbers, part.aspects), part.full, ONE)
    yield f"{rule.deduction}: 0", partial(_is, rule.deduction, ZERO)
    yield from _text(rule.reason)
    yield from around("the deduction beyond what was earned", beyond, ZERO, CENT)


def _overrun_steps(rule: OverrunSteps, points: Decimal) -> Iterator[Situation]:
    def over(answers: Answers) -> list[Decimal]:
        return [each - 1 for each in _quotient((rule.actual,), (rule.budget,), answers)]

    steps = int((points / rule.each).to_integral_value(ROUND_CEILING))
    for number in range(steps + 1):
        yield from around("over budget", over, rule.step * number, BASIS_POINT)
    yield from _ratio((rule.actual,), (rule.budget,), [], ZERO)


def _not_applicable(indicator: Indicator) -> Iterator[Situation]:
    numeric = [field.id for field in indicator.fields if field.type.numeric]

    def claimed(answers: Answers, numbers: Callable[[list[Decimal]], bool]) -> bool:
        found = [each for field in numeric for each in _numbers(field, answers)]
        return answers.text(indicator.applicable_id) == NOT_APPLICABLE and numbers(found)

    yield "不适用, blank", lambda answers: claimed(answers, lambda found: not found)
    yield "不适用, zeros", lambda answers: claimed(answers, lambda found: bool(found) and not any(found))
    yield "不适用, data", lambda answers: claimed(answers, any)
