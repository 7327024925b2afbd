"""Kind "checks": a row of parts, each with a test of its own: yes, zero, covered, by_date, deduct, yes_if."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Self

from perfeval_xl.numbers import ZERO, divide, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import NO, YES, FieldType
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule
from perfeval_xl.scheme.rules.expr import Refs, choose, constant, every, full, half_up, no, text, yes
from perfeval_xl.scheme.rules.inputs import (
    QUANTITY,
    exceeds_whole,
    read_day,
    read_field,
    read_fields,
    show_points,
    stated,
)
from perfeval_xl.scheme.rules.parts import (
    PartScore,
    check_worths,
    combined,
    earned,
    open_part,
    part_gap,
    read_worth,
    unique,
)
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class Part(ABC):
    """One part, worth ``worth`` points."""

    context: Context
    label: str
    worth: Decimal

    test: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, spec: Spec, context: Context, label: str, worth: Decimal) -> Self: ...

    @abstractmethod
    def fields(self) -> tuple[str, ...]: ...

    @abstractmethod
    def score(self, answers: Answers) -> PartScore: ...

    @abstractmethod
    def ready(self, refs: Refs) -> str:
        """An expression that is TRUE when the part can be scored; never an error value."""

    @abstractmethod
    def value(self, refs: Refs) -> str:
        """The part's points as an expression, where ``ready``."""

    @abstractmethod
    def explain(self) -> str: ...

    def gap(self, answers: Answers, *fields: str) -> PartScore | None:
        return part_gap(self.context, answers, fields, self.worth)

    def nothing(self, basis: str) -> PartScore:
        """There was nothing to do: full, and noted."""
        return earned(self.worth, f"{self.label}：{basis}", f"{self.label}：{basis}，按满分计")

    @property
    def full(self) -> str:
        return constant(self.worth)


@dataclass(frozen=True)
class AllYes(Part):
    """Full when every yes/no field is 是."""

    asked: tuple[str, ...]

    test = "yes"

    @classmethod
    def read(cls, spec: Spec, context: Context, label: str, worth: Decimal) -> Self:
        return cls(context, label, worth, read_fields(spec, "fields", context, FieldType.YESNO))

    def fields(self) -> tuple[str, ...]:
        return self.asked

    def score(self, answers: Answers) -> PartScore:
        gap = self.gap(answers, *self.asked)
        if gap is not None:
            return gap
        denied = tuple(field for field in self.asked if not answers.yes(field))
        if denied:
            return earned(ZERO, f"{self.label}：{self.context.labels(denied)}为“{NO}”")
        return earned(self.worth, f"{self.label}：{YES}")

    def ready(self, refs: Refs) -> str:
        return refs.usable(*self.asked)

    def value(self, refs: Refs) -> str:
        return choose(every(yes(refs(field)) for field in self.asked), self.full, "0")

    def explain(self) -> str:
        labels = "、".join(f"“{self.context.label(field)}”" for field in self.asked)
        return f"{labels}{'均' if len(self.asked) > 1 else ''}为“{YES}”"


@dataclass(frozen=True)
class AllZero(Part):
    """Full when every count is 0."""

    counted: tuple[str, ...]

    test = "zero"

    @classmethod
    def read(cls, spec: Spec, context: Context, label: str, worth: Decimal) -> Self:
        return cls(context, label, worth, read_fields(spec, "fields", context, FieldType.COUNT))

    def fields(self) -> tuple[str, ...]:
        return self.counted

    def score(self, answers: Answers) -> PartScore:
        gap = self.gap(answers, *self.counted)
        if gap is not None:
            return gap
        some = [stated(self.context, answers, field) for field in self.counted if answers.number(field) > ZERO]
        if some:
            return earned(ZERO, f"{self.label}：{'、'.join(some)}")
        return earned(self.worth, f"{self.label}：没有不符合的")

    def ready(self, refs: Refs) -> str:
        return refs.usable(*self.counted)

    def value(self, refs: Refs) -> str:
        return choose(every(f"{refs.number(field)}=0" for field in self.counted), self.full, "0")

    def explain(self) -> str:
        labels = "、".join(f"“{self.context.label(field)}”" for field in self.counted)
        return f"{labels}{'均' if len(self.counted) > 1 else ''}为 0"


@dataclass(frozen=True)
class Covered(Part):
    """Full when all that was ``due`` is ``done``. ``partial`` "none": else 0; "proportional": done ÷ due of it."""

    due: str
    done: str
    partial: str

    test = "covered"

    @classmethod
    def read(cls, spec: Spec, context: Context, label: str, worth: Decimal) -> Self:
        due, done = (read_field(spec, key, context, *QUANTITY) for key in ("due", "done"))
        return cls(context, label, worth, due, done, spec.choice("partial", ("none", "proportional"), "none"))

    def fields(self) -> tuple[str, ...]:
        return self.due, self.done

    def score(self, answers: Answers) -> PartScore:
        gap = self.gap(answers, self.due, self.done)
        if gap is not None:
            return gap
        due, done = answers.number(self.due), answers.number(self.done)
        if done > due:
            found = exceeds_whole(self.context, answers, (self.done,), (self.due,))
            return open_part(self.worth, f"{self.label}：{show_number(done)} 大于总数 {show_number(due)}", found)
        if due == ZERO:
            return self.nothing("没有应做的事项")
        given = f"{self.label}：{show_number(done)} ÷ {show_number(due)} = {show_percent(divide(done, due))}"
        if done == due:
            return earned(self.worth, given)
        return earned(ZERO if self.partial == "none" else divide(self.worth * done, due), given)

    def ready(self, refs: Refs) -> str:
        due, done = refs.units(self.due, self.done)
        return choose(refs.usable(self.due, self.done), f"{done}<={due}", "FALSE")

    def value(self, refs: Refs) -> str:
        due, done = refs.units(self.due, self.done)
        less = "0" if self.partial == "none" else f"{self.full}*{done}/{due}"
        return choose(f"{done}>={due}", self.full, less)  # nothing due is all done

    def explain(self) -> str:
        less = "，未全部完成的按比例计" if self.partial == "proportional" else ""
        due, done = self.context.label(self.due), self.context.label(self.done)
        return f"“{done}”等于“{due}”（“{due}”为 0 的计满分{less}）"


@dataclass(frozen=True)
class ByDate(Part):
    """Full when the day ``done`` is not after the day ``due``; 0 where ``done`` holds its ``never`` word."""

    due: str
    done: str
    never: str | None

    test = "by_date"

    @classmethod
    def read(cls, spec: Spec, context: Context, label: str, worth: Decimal) -> Self:
        due, done = read_day(spec, "due", context), read_field(spec, "done", context, FieldType.DATE)
        field = context.fields.get(done)
        return cls(context, label, worth, due, done, field.never if field is not None else None)

    def fields(self) -> tuple[str, ...]:
        return self.due, self.done

    def score(self, answers: Answers) -> PartScore:
        if answers[self.done].value is not None and answers.day(self.done) is None:
            return earned(ZERO, f"{self.label}：{answers.text(self.done)}")
        gap = self.gap(answers, self.due, self.done)
        if gap is not None:
            return gap
        due, done = answers.day(self.due), answers.day(self.done)
        if due is None or done is None:
            raise TypeError(f"{self.due}, {self.done}: no dates to compare")  # only ``done`` has a never word
        late = (done - due).days
        given = f"{self.label}：规定 {due.isoformat()}，实际 {done.isoformat()}"
        return earned(ZERO, f"{given}，晚 {late} 日") if late > 0 else earned(self.worth, given)

    def ready(self, refs: Refs) -> str:
        usable = refs.usable(self.due, self.done)
        return usable if self.never is None else choose(f"{refs(self.done)}={text(self.never)}", "TRUE", usable)

    def value(self, refs: Refs) -> str:
        in_time = choose(f"{refs.day(self.done)}<={refs.day(self.due)}", self.full, "0")
        return in_time if self.never is None else choose(f"{refs(self.done)}={text(self.never)}", "0", in_time)

    def explain(self) -> str:
        never = f"（“{self.never}”的不得分）" if self.never else ""
        return f"“{self.context.label(self.done)}”不晚于“{self.context.label(self.due)}”{never}"


@dataclass(frozen=True)
class Deduct(Part):
    """worth × max(0, ``of`` − ``each`` × late) ÷ ``of``; full when nothing was received (``late`` is not asked)."""

    received: str
    late: str
    each: Decimal
    of: Decimal

    test = "deduct"

    @classmethod
    def read(cls, spec: Spec, context: Context, label: str, worth: Decimal) -> Self:
        received, late = (read_field(spec, key, context, FieldType.COUNT) for key in ("received", "late"))
        part = cls(context, label, worth, received, late, spec.not_negative("each"), spec.number("of"))
        if part.of <= ZERO and "of" in spec:
            spec.problem("of", f"应大于 0，现为 {show_number(part.of)}")
        return part

    def fields(self) -> tuple[str, ...]:
        return self.received, self.late

    def score(self, answers: Answers) -> PartScore:
        gap = self.gap(answers, self.received)
        if gap is not None:
            return gap
        received = answers.number(self.received)
        if received == ZERO:
            return self.nothing(f"{self.context.label(self.received)}为 0")
        gap = self.gap(answers, self.late)
        if gap is not None:
            return gap
        late = answers.number(self.late)
        if late > received:
            found = exceeds_whole(self.context, answers, (self.late,), (self.received,))
            why = f"{self.label}：{show_number(late)} 大于总数 {show_number(received)}"
            return open_part(self.worth, why, found)
        left = max(self.of - self.each * late, ZERO)
        return earned(divide(self.worth * left, self.of), f"{self.label}：{stated(self.context, answers, self.late)}")

    def ready(self, refs: Refs) -> str:
        received, late = refs.number(self.received), refs.number(self.late)
        known = choose(refs.usable(self.late), f"{late}<={received}", "FALSE")
        return choose(refs.usable(self.received), choose(f"{received}=0", "TRUE", known), "FALSE")

    def value(self, refs: Refs) -> str:
        left = f"MAX(0,{constant(self.of)}-{constant(self.each)}*{refs.number(self.late)})"
        return choose(f"{refs.number(self.received)}=0", self.full, f"{self.full}*{left}/{constant(self.of)}")

    def explain(self) -> str:
        received, late = self.context.label(self.received), self.context.label(self.late)
        return (
            f"按 {show_points(self.of)} 分计，“{late}”每 1 次扣 {show_points(self.each)} 分，扣完为止，"
            f"再折算为本部分的分值（“{received}”为 0 的计满分）"
        )


@dataclass(frozen=True)
class YesIf(Part):
    """Full when ``asked`` is 是, or when ``when`` is 否 and there was nothing to ask about."""

    when: str
    asked: str

    test = "yes_if"

    @classmethod
    def read(cls, spec: Spec, context: Context, label: str, worth: Decimal) -> Self:
        when, asked = (read_field(spec, key, context, FieldType.YESNO) for key in ("when", "field"))
        return cls(context, label, worth, when, asked)

    def fields(self) -> tuple[str, ...]:
        return self.when, self.asked

    def score(self, answers: Answers) -> PartScore:
        gap = self.gap(answers, self.when)
        if gap is not None:
            return gap
        if not answers.yes(self.when):
            return self.nothing(f"{self.context.label(self.when)}：{NO}")
        gap = self.gap(answers, self.asked)
        if gap is not None:
            return gap
        if answers.yes(self.asked):
            return earned(self.worth, f"{self.label}：{YES}")
        return earned(ZERO, f"{self.label}：{NO}")

    def ready(self, refs: Refs) -> str:
        return choose(yes(refs(self.when)), refs.usable(self.asked), no(refs(self.when)))

    def value(self, refs: Refs) -> str:
        return choose(no(refs(self.when)), self.full, choose(yes(refs(self.asked)), self.full, "0"))

    def explain(self) -> str:
        return f"“{self.context.label(self.asked)}”为“{YES}”（“{self.context.label(self.when)}”为“{NO}”的计满分）"


_TESTS: dict[str, type[Part]] = {each.test: each for each in (AllYes, AllZero, Covered, ByDate, Deduct, YesIf)}


@dataclass(frozen=True)
class Checks(Rule):
    """Σ of the parts, rounded once. A row that is one single ``covered`` part with nothing due is not applicable."""

    parts: tuple[Part, ...]

    kind = "checks"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        parts, worths = [], []
        for each in spec.tables("parts"):
            test = _TESTS.get(each.choice("test", tuple(_TESTS)))
            worths.append(read_worth(each, points))
            label = each.text("label")
            if test is not None:  # an unknown test is reported by now; what its keys mean cannot be known
                parts.append(test.read(each, context, label, worths[-1]))
                each.close()
        check_worths(spec, "parts", worths, points)
        spec.close()
        return cls(context, parts=tuple(parts))

    @property
    def _single(self) -> Covered | None:
        """The only part, where that is one in which there may be nothing to do."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Covered) else None

    def fields(self) -> tuple[str, ...]:
        return unique(field for part in self.parts for field in part.fields())

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        scores = [part.score(answers) for part in self.parts]
        if self._single is not None and scores[0].notes:
            return self.context.not_applicable(points, scores[0].notes[0].removesuffix("，按满分计"))
        return combined(scores, points, self.context)

    def formula(self, refs: Refs, points: Decimal) -> str:
        values = "+".join(part.value(refs) for part in self.parts)
        value = half_up(f"({values})", self.context.places)
        if self._single is not None and self.context.excludes:
            value = choose(f"{refs.number(self._single.due)}=0", full(points, self.context), value)
        return choose(every(part.ready(refs) for part in self.parts), value)

    def turns(self) -> Mapping[str, tuple[Decimal, ...]] | None:
        """None where two parts look at one field: what helps one of them may cost the other."""
        return None if len(self.fields()) < sum(len(part.fields()) for part in self.parts) else {}

    def explain(self, points: Decimal) -> list[str]:
        lines = [f"{part.label}（{show_points(part.worth)} 分）：{part.explain()}。" for part in self.parts]
        return lines if len(lines) == 1 else [*lines, "各部分得分相加。"]
