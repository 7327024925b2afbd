"""What each unit contributes to each figure of the department's form: a value, nothing, or a gap with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from perfeval_xl.numbers import ZERO, show_number
from perfeval_xl.results import District
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.answers import Answer, Answers, Value
from perfeval_xl.scheme.fields import NOT_APPLICABLE, Field, RollUp
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scorer import asked_for

NOT_RETURNED, SET_ASIDE, NOT_FILLED = "未交", "未受理", "未填"
NOT_ASKED = "不需填"


class Share(StrEnum):
    """What a unit's answer is to a figure."""

    COUNTED = "counted"
    NOTHING = "nothing"  # it has no such thing: 不适用, or not asked for
    LACKING = "lacking"  # there should be something, and it is not known what


@dataclass(frozen=True, slots=True)
class Contribution:
    """One unit's part in one figure.

    ``value`` is there where it is COUNTED; ``why`` says in a word why not. ``most`` is the most that a LACKING number
    can turn out to be; None where any is possible that the field takes.
    """

    unit: Unit
    share: Share
    value: Value | None = None
    why: str = ""
    most: Decimal | None = None


@dataclass(frozen=True)
class RolledField:
    """One figure of the department's form and where it comes from, in the order of the roster.

    ``value`` is None where no unit has one: never 0. ``indicator`` is None for the head's. ``stated`` is what the
    department itself filled in, which is not used. Whether a row applies is a figure too (``applicability``).
    """

    field: Field
    indicator: Indicator | None
    value: Value | None
    contributions: tuple[Contribution, ...]
    stated: Value | None = None

    @property
    def applicability(self) -> bool:
        return self.indicator is not None and self.field.id == self.indicator.applicable_id

    @cached_property
    def counted(self) -> tuple[Contribution, ...]:
        return tuple(each for each in self.contributions if each.share is Share.COUNTED)

    @cached_property
    def without(self) -> tuple[Contribution, ...]:
        """The units that have no such thing."""
        return tuple(each for each in self.contributions if each.share is Share.NOTHING)

    @cached_property
    def lacking(self) -> tuple[Contribution, ...]:
        return tuple(each for each in self.contributions if each.share is Share.LACKING)


@dataclass(frozen=True)
class Sources:
    """The units of a round and what they handed in. ``absent`` says of a unit without an accepted return why."""

    units: tuple[Unit, ...]
    answers: Mapping[str, Answers]
    absent: Mapping[str, str]

    @classmethod
    def of(cls, roster: Mapping[str, Unit], district: District) -> Sources:
        """Whatever is accepted counts as it was handed in: rulings change scores, not what they are made of."""
        wanted = _wanted(district.scheme)
        answers: dict[str, Answers] = {}
        refused = set()
        for result in district.results:
            if result.card is None:
                refused.add(result.unit_code)
            elif result.submission is not None:
                answers[result.unit_code] = _without_places(result.submission.answers, wanted)
        absent = {code: SET_ASIDE if code in refused else NOT_RETURNED for code in roster if code not in answers}
        return cls(tuple(roster.values()), {code: answers[code] for code in roster if code in answers}, absent)

    def figure(self, field: Field, indicator: Indicator | None, stated: Value | None) -> RolledField:
        """``field`` combined from the units by its roll-up rule."""
        parts = tuple(self._part(unit, field, indicator) for unit in self.units)
        return RolledField(field, indicator, _combined(field, parts), parts, stated)

    def applies(self, scheme: Scheme, indicator: Indicator, stated: Value | None) -> RolledField:
        """Whether a row applies to the department: it doesn't where it applies to none of the units that returned."""
        field = scheme.fields[indicator.applicable_id]
        parts = tuple(self._claim(unit, field) for unit in self.units)
        said = [each.value for each in parts if each.share is Share.COUNTED]
        applies = any(each != NOT_APPLICABLE for each in said) or not said
        return RolledField(field, indicator, field.issued_value if applies else NOT_APPLICABLE, parts, stated)

    def _claim(self, unit: Unit, field: Field) -> Contribution:
        if unit.code in self.absent:
            return Contribution(unit, Share.LACKING, why=self.absent[unit.code])
        said = self.answers[unit.code].text(field.id)
        return Contribution(unit, Share.COUNTED, said if said == NOT_APPLICABLE else field.issued_value)

    def _part(self, unit: Unit, field: Field, indicator: Indicator | None) -> Contribution:
        if field.roll_up is RollUp.ROSTER:
            return Contribution(unit, Share.COUNTED, Decimal(1))
        if unit.code in self.absent:
            return Contribution(unit, Share.LACKING, why=self.absent[unit.code], most=_one(field))
        if field.roll_up is RollUp.RETURNED:
            return Contribution(unit, Share.COUNTED, Decimal(1))
        answers = self.answers[unit.code]
        if indicator is not None and _waived(indicator, answers):
            return _beside_a_waiver(unit, field, answers)
        if not asked_for(field, answers):
            return Contribution(unit, Share.NOTHING, why=NOT_ASKED)
        answer = answers[field.id]
        if answer.value is not None:
            return Contribution(unit, Share.COUNTED, answer.value)
        return Contribution(unit, Share.LACKING, why=f"填写有误：{answer.raw}" if answer.problem else NOT_FILLED)


def _wanted(scheme: Scheme) -> list[str]:
    """The fields (ids) that tell what a unit contributes: those that are rolled up, and what they depend on."""
    fields = [*scheme.head, *(field for each in scheme.indicators for field in each.fields)]
    rolled = [each for each in fields if each.roll_up is not RollUp.OWN]
    applies = [each.applicable_id for each in scheme.indicators if each.may_be_not_applicable]
    conditions = [each.when.field for each in rolled if each.when is not None]
    return list(dict.fromkeys([*(each.id for each in rolled), *applies, *conditions]))


def _without_places(answers: Answers, wanted: Iterable[str]) -> Answers:
    """Of thousands of units: no more than is needed of each."""
    found = (answers[name] for name in wanted)
    return Answers(Answer(each.field, each.value, each.raw, problem=each.problem) for each in found if not each.blank)


def _one(field: Field) -> Decimal | None:
    return Decimal(1) if field.roll_up is RollUp.RETURNED else None


def _waived(indicator: Indicator, answers: Answers) -> bool:
    return indicator.may_be_not_applicable and answers.text(indicator.applicable_id) == NOT_APPLICABLE


def _beside_a_waiver(unit: Unit, field: Field, answers: Answers) -> Contribution:
    """Of a row that does not apply to a unit: nothing; but a number that stands there all the same is open."""
    answer = answers[field.id]
    if isinstance(answer.value, Decimal) and answer.value != ZERO:
        why = f"选“{NOT_APPLICABLE}”，但填有 {show_number(answer.value)}"
        return Contribution(unit, Share.LACKING, why=why, most=answer.value)
    if field.type.numeric and answer.value is None and answer.problem:
        return Contribution(unit, Share.LACKING, why=f"填写有误：{answer.raw}")
    return Contribution(unit, Share.NOTHING, why=NOT_APPLICABLE)


def _combined(field: Field, parts: tuple[Contribution, ...]) -> Value | None:
    """The figure; None where no unit has a value. How many returned is known even where none did."""
    values = [each.value for each in parts if each.share is Share.COUNTED]
    if field.roll_up.counts_units:
        return Decimal(len(values))
    if not values:
        return None
    if field.roll_up is RollUp.SUM:
        return sum((value for value in values if isinstance(value, Decimal)), ZERO)
    return all(values) if field.roll_up is RollUp.ALL else any(values)
