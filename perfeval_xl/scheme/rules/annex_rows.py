"""Kind "annex_rows": an indicator scored from an annex table, row by row, by completion rate or by judgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import ONE, ZERO, divide, half_up, show_number, show_percent, show_score
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import FieldType, Table
from perfeval_xl.scheme.rules import annex_formula
from perfeval_xl.scheme.rules.bands import Band, read_bands, short_percent
from perfeval_xl.scheme.rules.base import Context, LineScore, Outcome, Rule, missing, needs_review, scored
from perfeval_xl.scheme.rules.expr import Refs
from perfeval_xl.scheme.rules.inputs import QUANTITY, check_type, read_field, show_points
from perfeval_xl.scheme.spec import Spec

HIGHER = ("≥", ">", "=")
"""Natures whose completion rate is actual ÷ target."""
LOWER = ("≤", "<")
"""Natures that are met by staying at or below the target. A "<" row that just reaches its target has missed it with a
rate of 100 %, which scores the same as meeting it: so both count as met from actual ≤ target on."""

_COLUMNS: dict[str, tuple[FieldType, ...]] = {
    "name": (FieldType.TEXT,),
    "nature": (FieldType.CHOICE,),
    "target": (*QUANTITY, FieldType.PERCENT),
    "actual": (*QUANTITY, FieldType.PERCENT),
    "weight": (*QUANTITY, FieldType.SCORE),
    "tier": (FieldType.CHOICE,),
    "judged_score": (*QUANTITY, FieldType.SCORE),
    "basis": (FieldType.TEXT,),
    "deviation_reason": (FieldType.TEXT,),
}
_ALWAYS = ("name", "nature", "weight")
_MEASURED = ("target", "actual")
_JUDGED = ("tier", "judged_score", "basis")


@dataclass(frozen=True)
class _Line:
    """One row that is in use. ``score`` None: not to be worked out, because of ``lacks`` (columns) or ``review``."""

    row: int
    name: str
    weight: Decimal | None
    rate: Decimal | None = None
    score: Decimal | None = None
    lacks: tuple[str, ...] = ()
    review: str = ""
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        return f"第 {self.row} 行“{self.name}”"


@dataclass(frozen=True)
class AnnexRows(Rule):
    """Σ of the rows' scores, each rounded half-up to 0.01. Rates are fractions, not rounded; w is a row's weight.

    rate < ``floor`` → 0 (exactly ``floor``: rate·w if ``floor_scores``, else 0); up to 1 → rate·w; up to ``ceiling`` →
    w; above it ``over``: "half_weight" w/2, "half_rate" rate·w/2 but at most w. A ≤ or < row that is met scores w and
    never meets the ceiling; missed, its rate is by ``reverse`` "two_minus": 2 − actual/target, or "target_over_actual".
    A row of nature ``judged`` takes the score that a person gave, which must lie in the band of its tier (fractions of
    w, the ends rounded to 0.01). The yes/no field ``gate`` 否 scores the whole indicator 0.
    """

    table: Table
    gate: str
    floor: Decimal
    floor_scores: bool
    ceiling: Decimal
    over: str
    reverse: str
    judged: str
    tiers: tuple[Band[str], ...]

    kind = "annex_rows"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        table_id = spec.text("table")
        table = context.tables.get(table_id)
        if table is None:
            if "table" in spec:
                spec.problem("table", f"没有附表 {table_id!r}")
            table = Table(table_id, "", 0, ())
        rule = cls(
            context,
            table=table,
            gate=read_field(spec, "gate", context, FieldType.YESNO),
            floor=spec.number("floor"),
            floor_scores=spec.flag("floor_scores", True),
            ceiling=spec.number("ceiling"),
            over=spec.choice("over", ("half_weight", "half_rate"), "half_weight"),
            reverse=spec.choice("reverse", ("two_minus", "target_over_actual"), "two_minus"),
            judged=spec.text("judged"),
            tiers=read_bands(spec, "tiers", lambda each: each.text("name"), top=ONE),
        )
        rule._check(spec)
        spec.close()
        return rule

    def _check(self, spec: Spec) -> None:
        if not ZERO <= self.floor <= ONE:
            spec.problem("floor", f"应在 0 与 1 之间，现为 {show_number(self.floor)}")
        if self.ceiling < ONE and "ceiling" in spec:
            spec.problem("ceiling", f"应不小于 1，现为 {show_number(self.ceiling)}")
        if not self.table.columns:
            return
        for column, types in _COLUMNS.items():
            field = self.table.column.get(column)
            if field is None:
                spec.problem("table", f"附表 {self.table.id!r} 缺少列 {column!r}")
            else:
                check_type(spec, "table", field, types)
        self._check_words(spec, "nature", {*HIGHER, *LOWER, self.judged})
        self._check_words(spec, "tier", {tier.value for tier in self.tiers})

    def _check_words(self, spec: Spec, column: str, words: set[str]) -> None:
        field = self.table.column.get(column)
        if field is not None and set(field.options) != words:
            spec.problem("table", f"附表 {self.table.id!r} 的列 {column!r} 的选项应为 {'、'.join(sorted(words))}")

    def fields(self) -> tuple[str, ...]:
        rows = range(1, self.table.rows + 1)
        return (self.gate, *(field for row in rows for field in self.table.row_ids(row)))

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, (self.gate,), points)
        if gap is not None:
            return gap
        if not answers.yes(self.gate):
            return scored(ZERO, f"{self.context.label(self.gate)}：否，本项不得分")
        lines = [line for row in range(1, self.table.rows + 1) if (line := self._line(answers, row)) is not None]
        if not lines:
            return missing(points, (self.table.field_id(1, "name"),), f"{self.table.title}没有填写")
        return self._total(answers, lines, points)

    def line_score(self, answers: Answers, row: int) -> LineScore:
        """What the annex cells 完成率 and 得分 of ``row`` (from 1) show, whatever the other rows and the gate hold."""
        line = self._line(answers, row)
        return LineScore(row, None, None) if line is None else LineScore(row, line.rate, line.score)

    def _total(self, answers: Answers, lines: Sequence[_Line], points: Decimal) -> Outcome:
        findings = [found for line in lines for found in line.findings]
        shown = tuple(LineScore(line.row, line.rate, line.score) for line in lines)
        known = [line for line in lines if line.score is not None]
        earned = min(sum((line.score for line in known if line.score is not None), ZERO), points)
        left = points - sum((line.weight for line in known if line.weight is not None), ZERO)
        reasons = [line.review for line in lines if line.review]
        low, high = earned, min(earned + max(left, ZERO), points)
        weights = [line.weight for line in lines if line.weight is not None]
        if len(weights) == len(lines) and sum(weights, ZERO) != points:
            stated = show_number(sum(weights, ZERO))
            reasons.append(f"各行权重合计 {stated}，应为 {show_number(points)}")
            findings.append(
                finding(
                    "weights-off",
                    cell=answers.cell(self.table.field_id(lines[0].row, "weight")),
                    indicator=self.context.code,
                    name=self.context.name,
                    actual=stated,
                    expected=show_number(points),
                )
            )
            low, high = ZERO, points
        more = {"findings": tuple(findings), "lines": shown}
        if reasons:
            return needs_review(points, "；".join(reasons), low=low, high=high, **more)
        lacking = [line for line in lines if line.lacks]
        if lacking:
            why = "；".join(f"{line}缺{self._labels(line.lacks)}" for line in lacking)
            return missing(points, (), why, low=low, high=high, **more)
        return scored(earned, self._basis(lines, earned), **more)

    def _basis(self, lines: Sequence[_Line], earned: Decimal) -> str:
        less = [
            f"{line}{'' if line.rate is None else f'完成率 {show_percent(line.rate)}，'}得 {show_score(line.score)} 分"
            f"（权重 {show_number(line.weight)}）"
            for line in lines
            if line.score is not None and line.weight is not None and line.score < line.weight
        ]
        lost = f"；未得满分的：{'，'.join(less)}" if less else "，各行均得满分"
        return f"共 {len(lines)} 行，得分合计 {show_score(earned)} 分{lost}"

    def _labels(self, columns: Sequence[str]) -> str:
        return "、".join(self.table.column[column].label for column in columns)

    def _line(self, answers: Answers, row: int) -> _Line | None:
        """The row as far as it can be worked out; None where all its cells are blank."""
        if answers.all_blank(self.table.row_ids(row)):
            return None
        cell = {column: answers[self.table.field_id(row, column)] for column in _COLUMNS}
        weight, nature = cell["weight"].value, cell["nature"].value
        own = _JUDGED if nature == self.judged else () if nature is None else _MEASURED
        needed = (*_ALWAYS, *own)
        lacks = tuple(column for column in needed if cell[column].blank)
        bad = tuple(column for column in needed if cell[column].value is None and cell[column].problem)
        name = answers.text(self.table.field_id(row, "name")) or "未写名称"
        line = _Line(row, name, weight if isinstance(weight, Decimal) else None)
        rate = self._rate(answers, row) if own is _MEASURED and not {*lacks, *bad} & {*_MEASURED} else None
        review = f"{line}的{self._labels(bad)}填报有误" if bad else ""
        findings: list[Finding] = []
        if lacks:
            place = answers.cell(self.table.field_id(row, lacks[0]))
            findings.append(self._finding("row-incomplete", place, line, actual=self._labels(lacks)))
        if lacks or bad or line.weight is None:
            return _Line(row, name, line.weight, rate, None, lacks, review, tuple(findings))
        if nature == self.judged:
            return self._judge(answers, line, line.weight)
        if rate is None:
            found = self._finding("zero-target", answers.cell(self.table.field_id(row, "target")), line)
            return _Line(row, name, line.weight, None, None, (), f"{line}目标值为 0", (found,))
        score = self._measured(answers, row, line.weight)
        return _Line(row, name, line.weight, rate, score, findings=self._remarks(answers, line, rate, score))

    def _numbers(self, answers: Answers, row: int) -> tuple[Decimal, Decimal, bool]:
        """Target, actual, and whether lower is better."""
        target, actual = (answers.number(self.table.field_id(row, column)) for column in _MEASURED)
        return target, actual, answers.text(self.table.field_id(row, "nature")) in LOWER

    def _rate(self, answers: Answers, row: int) -> Decimal | None:
        """The completion rate as shown, not below 0; None where a target of 0 gives none."""
        target, actual, lower = self._numbers(answers, row)
        if lower:
            if actual <= target:
                return ONE
            if self.reverse == "target_over_actual":
                return divide(target, actual)
            return max(divide(2 * target - actual, target), ZERO) if target > ZERO else ZERO
        if target > ZERO:
            return divide(actual, target)
        if answers.text(self.table.field_id(row, "nature")) != "=":
            return None
        return ONE if actual == ZERO else ZERO

    def _measured(self, answers: Answers, row: int, weight: Decimal) -> Decimal:
        """The row's score from target and actual; rates are compared as exact products."""
        target, actual, lower = self._numbers(answers, row)
        if target == ZERO:
            return half_up(weight) if actual == ZERO else ZERO
        over, under = actual, target  # the rate is over ÷ under
        if lower:
            if actual <= target:
                return half_up(weight)
            over, under = (2 * target - actual, target) if self.reverse == "two_minus" else (target, actual)
        floor = self.floor * under
        if over < floor or (over == floor and not self.floor_scores):
            return ZERO
        if over < under:
            return half_up(divide(over * weight, under))
        if over <= self.ceiling * under:
            return half_up(weight)
        if self.over == "half_weight":
            return half_up(weight / 2)
        return min(half_up(divide(over * weight, 2 * under)), half_up(weight))

    def _remarks(self, answers: Answers, line: _Line, rate: Decimal | None, score: Decimal) -> tuple[Finding, ...]:
        """What to say about a row that was scored: the cliff above the ceiling, or a lower score without a reason."""
        field = self.table.field_id(line.row, "deviation_reason")
        nature = answers.text(self.table.field_id(line.row, "nature"))
        if nature in HIGHER and rate is not None and rate > self.ceiling:
            found = finding(
                "over-fulfilled",
                cell=answers.cell(self.table.field_id(line.row, "actual")),
                indicator=self.context.code,
                name=str(line),
                actual=show_percent(rate),
                expected=short_percent(self.ceiling),
            )
            return (found,)
        if line.weight is not None and score < half_up(line.weight) and not answers.text(field):
            found = finding(
                "deviation-reason-missing",
                cell=answers.cell(field),
                indicator=self.context.code,
                name=str(line),
                actual=show_score(score),
                expected=show_number(line.weight),
            )
            return (found,)
        return ()

    def _judge(self, answers: Answers, line: _Line, weight: Decimal) -> _Line:
        """A judged row: the score given, where it lies in its tier's band."""
        given = answers.number(self.table.field_id(line.row, "judged_score"))
        band = self._tier(answers, line.row)
        low, high = half_up(band.low * weight), half_up((band.high or ONE) * weight)
        above = given > low or (given == low and band.low_closed)
        below = given < high or (given == high and band.high_closed)
        if above and below:
            score = half_up(given)
            return _Line(line.row, line.name, weight, None, score, findings=self._remarks(answers, line, None, score))
        cell = answers.cell(self.table.field_id(line.row, "judged_score"))
        expected = _room(band, weight)
        words = {"tier": band.value, "actual": show_number(given), "expected": expected}
        found = self._finding("judged-out-of-band", cell, line, **words)
        why = f"{line}评为“{band.value}”，得分 {show_number(given)} 不在 {expected} 之间"
        return _Line(line.row, line.name, weight, None, None, (), why, (found,))

    def _tier(self, answers: Answers, row: int) -> Band[str]:
        tier = answers.text(self.table.field_id(row, "tier"))
        return next(each for each in self.tiers if each.value == tier)

    def hit(self, answers: Answers, row: int) -> str:
        """Where the row (from 1) falls: its span of completion rates, or its tier; '' while it has no score."""
        line = self._line(answers, row)
        if line is None or line.score is None or line.weight is None:
            return ""
        if line.rate is None:
            band = self._tier(answers, row)
            return f"“{band.value}”：{_room(band, line.weight)}"
        floor, ceiling = short_percent(self.floor), short_percent(self.ceiling)
        lower = answers.text(self.table.field_id(row, "nature")) in LOWER
        if lower and line.rate == ONE:
            return "达到目标，得满分"
        if line.rate < self.floor:
            return f"不足 {floor}，不得分"
        if line.rate == self.floor:
            return f"正好 {floor}，{'按完成率计分' if self.floor_scores else '不得分'}"
        if line.rate < ONE:
            return f"{floor} 至 100%，{show_percent(line.rate)} × {show_number(line.weight)}"
        if line.rate <= self.ceiling:
            return f"100% 至 {ceiling}，得满分"
        return f"超过 {ceiling}，{'得权重的一半' if self.over == 'half_weight' else '按完成率的一半计分'}"

    def _finding(self, code: str, cell: object, line: _Line, **words: str) -> Finding:
        return finding(code, cell=cell, indicator=self.context.code, row=str(line.row), name=line.name, **words)  # type: ignore[arg-type]

    def formula(self, refs: Refs, points: Decimal) -> str:
        return annex_formula.indicator_formula(self, refs, points)

    def rate_formula(self, refs: Refs, row: int) -> str:
        """The annex cell 完成率 of ``row`` (from 1), named <table>_rNN_rate: the rate as a fraction, or ''."""
        return annex_formula.rate_formula(self, refs, row)

    def row_formula(self, refs: Refs, row: int) -> str:
        """The annex cell 得分 of ``row`` (from 1), named <table>_rNN_score: its score in points, or ''."""
        return annex_formula.row_formula(self, refs, row)

    def explain(self, points: Decimal) -> list[str]:
        floor, ceiling = short_percent(self.floor), short_percent(self.ceiling)
        at_floor = "按完成率计分" if self.floor_scores else "不得分"
        above = "权重的一半" if self.over == "half_weight" else "完成率 × 权重的一半，最高不超过权重"
        missed = "2 − 实际值 ÷ 目标值" if self.reverse == "two_minus" else "目标值 ÷ 实际值"
        lines = [
            f"“{self.context.label(self.gate)}”为“否”的，得 0 分。",
            f"逐行计分后相加，各行权重合计应为 {show_points(points)}；每行得分四舍五入到 0.01，完成率不作四舍五入。",
            f"性质为 {'、'.join(HIGHER)} 的：完成率 = 实际值 ÷ 目标值。",
            f"性质为 {'、'.join(LOWER)} 的：达到目标得满分；未达到的，完成率 = {missed}。",
            f"完成率不足 {floor} 的不得分，等于 {floor} 的{at_floor}，{floor} 至 100% 的得分 = 完成率 × 权重，"
            f"100% 至 {ceiling}（含）的得满分，超过 {ceiling} 的得{above}。",
            "目标值为 0 的：性质为 =、≤、< 且实际值为 0 的得满分，实际值大于 0 的不得分；性质为 ≥、> 的由人工核定。",
            f"性质为“{self.judged}”的，由单位选定档次并给分，须写评分依据：",
        ]
        for tier in self.tiers:
            lines.append(f"“{tier.value}”：得分{tier.describe(lambda share: f'权重的 {short_percent(share)}')}。")
        return lines


def _room(tier: Band[str], weight: Decimal) -> str:
    """Between which scores a judged row of ``weight`` may lie: 1.60（含） 至 2.00（含）."""
    ends = ((tier.low, tier.low_closed), (tier.high or ONE, tier.high_closed))
    return " 至 ".join(f"{show_score(end * weight)}（{'含' if closed else '不含'}）" for end, closed in ends)
