"""Why a unit's claim differs from the recalculated score, as far as that can be worked out.

What the file itself shows is certain: a formula that was not recalculated, not saved or changed. Of a score that was
typed, only its number is known: then it is tried what would lead to just that number (another rounding, another reading,
a slip in one input). What merely could be is left out, so that a named cause means something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import combinations

from perfeval_xl.numbers import ZERO, half_up, show_number, step
from perfeval_xl.scheme.admit import admit
from perfeval_xl.scheme.answers import Answers, ScoreCell, Submission, Value
from perfeval_xl.scheme.fields import NO, YES, Field, FieldType
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.inputs import bare_label, show_amount
from perfeval_xl.scheme.scorecard import IndicatorScore
from perfeval_xl.scorer import inputs_of


class CauseKind(StrEnum):
    NOT_SAVED = "not-saved"
    STALE = "stale-cache"
    CHANGED = "changed-formula"
    ROUNDING = "rounding"
    READING = "reading"
    INPUT = "input"
    FULL = "full-points"
    OVERWRITTEN = "overwritten-formula"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cause:
    """One cause in Chinese; ``fields`` are the inputs that it is about."""

    kind: CauseKind
    text: str
    fields: tuple[str, ...] = ()


def formula_cause(row: IndicatorScore, submission: Submission, scheme: Scheme) -> Cause | None:
    """Why the form's own formula does not show the recalculated score; None where it does."""
    cell = submission.score_cells.get(row.indicator.formula_score_id)
    shown = row.formula_score
    if cell is not None and not cell.saved:
        return Cause(CauseKind.NOT_SAVED, f"没有保存计算结果：{cell.cell} 的公式没有留下结果")
    if (None if shown is None else half_up(shown)) == row.score:
        return None
    if cell is not None and not cell.issued:
        return _changed(cell, empty=shown is None)
    if shown is None and cell is None:
        return None  # nothing is known of it
    typed = _respelled(row, submission.answers) if shown is None else ()
    if typed:
        named = "、".join(_named(scheme.fields[each], submission.answers) for each in typed)
        return Cause(CauseKind.INPUT, f"表中公式读不出这样填写的内容：{named}", typed)
    there = f"{cell.cell} " if cell is not None else "表中公式"
    kept = "空白" if shown is None else f" {row.shown(shown)} 分"
    now = "不能计分" if row.score is None else f"应为 {row.shown(row.score)} 分"
    return Cause(CauseKind.STALE, f"表格没有重新计算：{there}保存的结果仍是{kept}，按现有数据{now}")


def _respelled(row: IndicatorScore, answers: Answers) -> tuple[str, ...]:
    return tuple(each for each in inputs_of(row.indicator) if answers[each].respelled)


def _changed(cell: ScoreCell, *, empty: bool = False) -> Cause:
    typed = "被清除" if empty else "被改填为数字"
    now = typed if cell.formula is None else f"被改为 ={cell.formula}" if cell.formula else "被改动"
    return Cause(CauseKind.CHANGED, f"公式被改动：{cell.cell} 下发时的公式已{now}")


def claim_causes(row: IndicatorScore, submission: Submission, scheme: Scheme) -> tuple[Cause, ...]:
    """Why the claim is not the recalculated score, the likeliest first; empty where it is, or where either is lacking.

    Several causes mean that the number alone does not tell which one it was.
    """
    cell = submission.score_cells.get(row.indicator.self_score_id)
    if cell is not None and cell.formula is not None:
        return _of_formula(row, submission, scheme, cell)
    if not row.difference:
        return ()
    if row.formula_score is not None and half_up(row.formula_score) == row.self_score:
        cause = formula_cause(row, submission, scheme)
        return () if cause is None else (Cause(cause.kind, f"{cause.text}；自评分照填了这一结果"),)
    return tuple(_of_number(row, submission, scheme))


def _of_formula(row: IndicatorScore, submission: Submission, scheme: Scheme, cell: ScoreCell) -> tuple[Cause, ...]:
    """The self-score cell still holds a formula."""
    if not cell.saved:
        return (Cause(CauseKind.NOT_SAVED, f"没有保存计算结果：{cell.cell} 的公式没有留下结果"),)
    if row.score is None or row.self_score == row.score:
        return ()
    if not cell.issued:
        return (_changed(cell),)
    behind = formula_cause(row, submission, scheme)
    if behind is not None and behind.kind is not CauseKind.STALE:
        return (Cause(behind.kind, f"{behind.text}；自评分取自该单元格"),)
    kept = "空白" if row.self_score is None else f" {row.shown(row.self_score)} 分"
    text = f"表格没有重新计算：{cell.cell} 仍是公式，保存的结果是{kept}，按现有数据应为 {row.shown(row.score)} 分"
    return (Cause(CauseKind.STALE, text),)


def _of_number(row: IndicatorScore, submission: Submission, scheme: Scheme) -> Iterator[Cause]:
    """The self-score was typed: what leads to just this number."""
    inputs = _Inputs(row, submission.answers, scheme)
    found = [*inputs.causes(inputs.magnitudes()), *_roundings(row), *_readings(row, submission.answers)]
    if not found:
        found = inputs.likeliest()
    yield from found
    full = row.self_score == row.indicator.points
    if full and all(each.kind is CauseKind.ROUNDING for each in found):
        yield Cause(CauseKind.FULL, f"按满分 {show_number(row.indicator.points)} 分自评，没有按评分标准扣减")
    elif not found:
        yield _unexplained(row)


def _unexplained(row: IndicatorScore) -> Cause:
    if row.formula_score is not None and row.self_score is not None:
        text = f"表中公式为 {row.shown(row.formula_score)} 分，单位改填为 {row.shown(row.self_score)} 分，未见由来"
        return Cause(CauseKind.OVERWRITTEN, text)
    return Cause(CauseKind.UNKNOWN, "原因不明：换取位、换口径、改一项数据，都得不出自评的得分")


_ONE, _TENTH, _CENT = Decimal(1), Decimal("0.1"), Decimal("0.01")
_ROUNDINGS = (
    (_CENT, ROUND_DOWN, "舍去了 0.01 分以下的尾数"),
    (_CENT, ROUND_HALF_EVEN, "按“四舍六入五成双”取到 0.01 分"),
    (_TENTH, ROUND_HALF_UP, "四舍五入到 0.1 分"),
    (_TENTH, ROUND_DOWN, "舍去了 0.1 分以下的尾数"),
    (_TENTH, ROUND_HALF_EVEN, "按“四舍六入五成双”取到 0.1 分"),
    (_ONE, ROUND_HALF_UP, "四舍五入到整数"),
    (_ONE, ROUND_DOWN, "舍去小数，只取整数"),
    (_ONE, ROUND_HALF_EVEN, "按“四舍六入五成双”取到整数"),
)


def _roundings(row: IndicatorScore) -> Iterator[Cause]:
    """The rounding that leads to the claim. A claim of nothing or of all the points is not laid to whole numbers."""
    value = row.outcome.score if row.outcome.exact is None else row.outcome.exact
    whole = row.self_score not in (ZERO, row.indicator.points)
    for places, rounding, words in _ROUNDINGS:
        if value is not None and (whole or places < _ONE) and value.quantize(places, rounding) == row.self_score:
            shown = show_number(half_up(value, Decimal("0.000001")))
            text = f"取位不同：{shown} {words}，得 {row.shown(row.self_score)} 分；评分时四舍五入到 {show_number(step(row.indicator.places))} 分"
            yield Cause(CauseKind.ROUNDING, text)
            return


def _readings(row: IndicatorScore, answers: Answers) -> Iterator[Cause]:
    """The readings under which the claim is right."""
    for each in row.indicator.alternatives:
        if applicability.score(row.indicator, answers, each.rule).score == row.self_score:
            name = f"{each.reading.id}={each.option.id}"
            yield Cause(CauseKind.READING, f"口径不同：若{each.option.text.rstrip('。')}，正是自评的得分（{name}）")


# ---- slips in one input


@dataclass(frozen=True)
class _Slip:
    """Other answers that may have been meant: ``changes`` by field id, and what that would mean."""

    changes: Mapping[str, Value | None]
    words: str


_FACTORS = {
    FieldType.AMOUNT: (Decimal(10_000),),
    FieldType.PERCENT: (Decimal(100),),
    FieldType.NUMBER: (Decimal(100), Decimal(10_000)),
}
_UNITS = {Decimal(10_000): "疑为元与万元之误", Decimal(100): "疑为百分数之误"}


class _Inputs:
    """The inputs of a row, in groups whose numbers are of one kind: fields of one type and unit, rows of an annex."""

    def __init__(self, row: IndicatorScore, answers: Answers, scheme: Scheme) -> None:
        self._row, self._answers, self._scheme = row, answers, scheme
        by_kind: dict[tuple[str, ...], list[Field]] = {}
        for name in dict.fromkeys((*(field.id for field in row.indicator.fields), *row.indicator.rule.fields())):
            field, table = scheme.fields[name], scheme.table_of.get(name)
            key = (field.type.value, field.unit) if table is None else (name[: len(table.field_id(1, ""))],)
            if table is None or field.type is FieldType.NUMBER:
                by_kind.setdefault(key, []).append(field)
        self._groups = [[field for field in group if self._known(field)] for group in by_kind.values()]

    def _known(self, field: Field) -> bool:
        return self._answers[field.id].value is not None

    def causes(self, slips: Iterable[_Slip]) -> list[Cause]:
        """Those of ``slips`` that lead to the claim."""
        return [
            Cause(CauseKind.INPUT, f"数据与自评不符：{slip.words}，正是自评的得分", tuple(slip.changes))
            for slip in slips
            if self._score_with(slip.changes) == self._row.self_score
        ]

    def _score_with(self, changes: Mapping[str, Value | None]) -> Decimal | None:
        """The row's score with other answers to some fields; None where the form would not take them."""
        fields, old = self._scheme.fields, self._answers
        changed = {each: admit(fields[each], value, "", old.cell(each)) for each, value in changes.items()}
        if any(changed[each].problem or changed[each].value != value for each, value in changes.items()):
            return None  # nobody meant a number that the field can't take as it is (fractions of a cent)
        return applicability.score(self._row.indicator, Answers({**old, **changed}.values())).score

    def likeliest(self) -> list[Cause]:
        """The slips of the likeliest sort, magnitudes aside, that lead to the claim.

        Almost any change of a bad input leads to a claim of nothing or of all the points: that says nothing.
        """
        if self._row.self_score in (ZERO, self._row.indicator.points):
            return []
        sorts = (self.swaps(), self.omissions(), self.other_words())
        return next(filter(None, map(self.causes, sorts)), [])

    def magnitudes(self) -> Iterator[_Slip]:
        """A number too large or too small by the usual factor, where that brings it near its neighbours."""
        for group in self._groups:
            for field in group:
                others = [self._answers.number(each.id) for each in group if field.type.numeric and each is not field]
                for factor in _FACTORS.get(field.type, ()):
                    value = self._answers.number(field.id)
                    for meant, much in ((value * factor, "小"), (value / factor, "大")):
                        if _nearer(meant, value, others):
                            words = f"{self._named(field)}可能{much}了 {show_number(factor)} 倍，{_UNITS[factor]}"
                            yield _Slip({field.id: meant}, f"{words}；若为 {_shown(field, meant)}")

    def swaps(self) -> Iterator[_Slip]:
        """Two numbers or dates of one kind in each other's place."""
        for group in self._groups:
            able = [each for each in group if each.type.numeric or each.type is FieldType.DATE]
            for one, other in combinations(able, 2):
                first, second = self._answers[one.id].value, self._answers[other.id].value
                if first != second:
                    words = f"{self._named(one)}与{self._named(other)}可能填反；若对调"
                    yield _Slip({one.id: second, other.id: first}, words)

    def omissions(self) -> Iterator[_Slip]:
        """A number that the unit did not count: as if it were 0 or, where that may be, blank."""
        for field in self._numbers():
            values: Iterable[Decimal | None] = (ZERO,) if field.required else (ZERO, None)
            for value in values:
                words = f"{self._named(field)}可能没有计入；若{'不填' if value is None else '为 0'}"
                yield _Slip({field.id: value}, words)

    def _numbers(self) -> Iterator[Field]:
        for group in self._groups:
            yield from (each for each in group if each.type.numeric and self._answers[each.id].value != ZERO)

    def other_words(self) -> Iterator[_Slip]:
        """The other answer to a question of yes and no or of a choice."""
        for field in (each for group in self._groups for each in group):
            value = self._answers[field.id].value
            now = _shown(field, value)
            for word in (each for each in field.choices if each != now):
                meant = word == YES if field.type is FieldType.YESNO else word
                yield _Slip({field.id: meant}, f"{self._named(field)}填的是“{now}”；若为“{word}”")

    def _named(self, field: Field) -> str:
        return _named(field, self._answers)


def _named(field: Field, answers: Answers) -> str:
    cell = answers.cell(field.id)
    return f"“{bare_label(field)}”" + (f"（{cell}）" if cell else "")


def _nearer(meant: Decimal, value: Decimal, others: Iterable[Decimal]) -> bool:
    """Whether ``meant`` lies nearer to one of ``others`` than ``value`` to any, by more than a factor of ten."""
    known = [each for each in others if each != ZERO]
    if value == ZERO or not known:
        return False
    return min(_apart(meant, each) for each in known) * 10 < min(_apart(value, each) for each in known)


def _apart(one: Decimal, other: Decimal) -> Decimal:
    """How many times the larger is the smaller."""
    return max(one / other, other / one)


def _shown(field: Field, value: Value | None) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    return show_amount(field, value) if isinstance(value, Decimal) else str(value)
