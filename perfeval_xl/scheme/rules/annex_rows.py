"""Kind "annex_rows": an indicator scored from an annex table, row by row, by completion rate or by judgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Self

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import ONE, ZERO, divide, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import FieldType, Table
from perfeval_xl.scheme.rules import annex_formula, annex_words
from perfeval_xl.scheme.rules.annex_words import HIGHER, LOWER, check_weights
from perfeval_xl.scheme.rules.bands import Band, read_bands, short_percent
from perfeval_xl.scheme.rules.base import Context, LineScore, Outcome, Rule, missing, needs_review
from perfeval_xl.scheme.rules.expr import Refs
from perfeval_xl.scheme.rules.inputs import EXACT, QUANTITY, check_type, read_field
from perfeval_xl.scheme.spec import Spec

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
MEASURED = ("target", "actual")
_ALWAYS = ("name", "weight", *MEASURED)
_JUDGED = ("tier", "judged_score", "basis")
_FOR_JUDGED = ("nature", "tier", "judged_score")


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
    """Σ of the rows' scores, each rounded half-up. Rates are fractions, not rounded; w is a row's weight.

    rate < ``floor`` → 0 (exactly ``floor``: rate·w if ``floor_scores``, else 0); up to 1 → rate·w; up to ``ceiling`` →
    w (None: however far above); above it ``over``: "half_weight" w/2, "half_rate" rate·w/2 but at most w. A ≤ or < row
    that is met scores w and never meets the ceiling; missed, its rate is by ``reverse`` "two_minus": 2 − actual/target,
    or "target_over_actual". In a table without natures every row is a ≥ row. A row of nature ``judged`` ('': there are
    none) takes the score that a person gave, which must lie in the band of its tier (fractions of w, the ends rounded
    like scores). The yes/no field ``gate`` ('' for none) 否 scores the whole indicator 0.
    """

    table: Table
    gate: str
    floor: Decimal
    floor_scores: bool
    ceiling: Decimal | None
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
            gate=read_field(spec, "gate", context, FieldType.YESNO) if "gate" in spec else "",
            floor=spec.number("floor", ZERO),
            floor_scores=spec.flag("floor_scores", True),
            ceiling=spec.number_or_none("ceiling"),
            over=spec.choice("over", ("half_weight", "half_rate"), "half_weight"),
            reverse=spec.choice("reverse", ("two_minus", "target_over_actual"), "two_minus"),
            judged=spec.text("judged", ""),
            tiers=read_bands(spec, "tiers", lambda each: each.text("name"), top=ONE) if "judged" in spec else (),
        )
        rule._check(spec, points)
        spec.close()
        return rule

    def _check(self, spec: Spec, points: Decimal) -> None:
        if not ZERO <= self.floor <= ONE:
            spec.problem("floor", f"应在 0 与 1 之间，现为 {show_number(self.floor)}")
        if self.ceiling is not None and self.ceiling < ONE:
            spec.problem("ceiling", f"应不小于 1，现为 {show_number(self.ceiling)}")
        if not self.table.columns:
            return
        for column, types in _COLUMNS.items():
            field = self.table.column.get(column)
            if field is not None:
                check_type(spec, "table", field, types)
            elif column in _ALWAYS or (self.judged and column in _FOR_JUDGED):
                spec.problem("table", f"附表 {self.table.id!r} 缺少列 {column!r}")
        self._check_natures(spec)
        tier = self.table.column.get("tier")
        if self.judged and tier is not None and set(tier.options) != (words := {each.value for each in self.tiers}):
            spec.problem("table", f"附表 {self.table.id!r} 的列 'tier' 的选项应为 {'、'.join(sorted(words))}")
        if all(column in self.table.column for column in _ALWAYS):
            check_weights(spec, self.table, points)
            self._check_size(spec)

    def _check_natures(self, spec: Spec) -> None:
        field = self.table.column.get("nature")
        if field is None:
            return
        known = (*HIGHER, *LOWER, *filter(None, [self.judged]))
        if not set(field.options) <= set(known) or (self.judged and self.judged not in field.options):
            also = f"，并且要有“{self.judged}”" if self.judged else ""
            spec.problem("table", f"附表 {self.table.id!r} 的列 'nature' 的选项只能取自 {'、'.join(known)}{also}")

    def _check_size(self, spec: Spec) -> None:
        """The live formulas multiply weights and values as whole numbers, which must stay exact."""
        target, actual, weight = (self.table.column[each] for each in (*MEASURED, "weight"))
        if not all(each.type.numeric for each in (target, actual, weight)):
            return  # told by then
        finest = Decimal(10) ** max(target.places, actual.places)
        weights = weight.largest * 10 ** max(weight.places, self.context.places)
        most = EXACT / (2 * weights * finest)
        if max(target.largest, actual.largest) > most:
            what = f"列 'target'、'actual' 的上限 high 过大：权重最大 {show_number(weight.largest)} 时应不超过"
            spec.problem("table", f"附表 {self.table.id!r} 的{what} {show_number(most.to_integral_value(ROUND_FLOOR))}")

    def fields(self) -> tuple[str, ...]:
        rows = range(1, self.table.rows + 1)
        return (*filter(None, [self.gate]), *(field for row in rows for field in self.table.row_ids(row)))

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, (self.gate,), points) if self.gate else None
        if gap is not None:
            return gap
        if self.gate and not answers.yes(self.gate):
            return self.context.scored(ZERO, f"{self.context.label(self.gate)}：否，本项不得分")
        lines = [line for row in range(1, self.table.rows + 1) if (line := self._line(answers, row)) is not None]
        if answers.all_blank(self.table.open_cells):
            return missing(points, self.table.open_cells[:1], f"{self.table.title}没有填写")
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
            reasons.append(f"各行{self.weight_label}合计 {stated}，应为 {show_number(points)}")
            findings.append(
                finding(
                    "weights-off",
                    cell=answers.cell(self.table.field_id(lines[0].row, "weight")),
                    indicator=self.context.code,
                    name=self.context.name,
                    label=self.weight_label,
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
        return self.context.scored(earned, self._basis(lines, earned), **more)

    def _basis(self, lines: Sequence[_Line], earned: Decimal) -> str:
        less = [
            f"{line}{'' if line.rate is None else f'完成率 {show_percent(line.rate)}，'}得 {self.context.shown(line.score)} 分"
            f"（{self.weight_label} {show_number(line.weight)}）"
            for line in lines
            if line.score is not None and line.weight is not None and line.score < line.weight
        ]
        lost = f"；未得满分的：{'，'.join(less)}" if less else "，各行均得满分"
        return f"共 {len(lines)} 行，得分合计 {self.context.shown(earned)} 分{lost}"

    @property
    def weight_label(self) -> str:
        """What the form calls the points of a row: 权重, or 分值."""
        return self.table.column["weight"].label

    def _labels(self, columns: Sequence[str]) -> str:
        return "、".join(self.table.column[column].label for column in columns)

    def _line(self, answers: Answers, row: int) -> _Line | None:
        """The row as far as it can be worked out; None where all its cells are blank."""
        if answers.all_blank(self.table.row_ids(row)):
            return None
        cell = {column: answers[self.table.field_id(row, column)] for column in self.table.column}
        weight, nature = cell["weight"].value, self._nature(answers, row)
        own = _JUDGED if nature and nature == self.judged else MEASURED if nature else ("nature",)
        needed = tuple(column for column in ("name", "nature", "weight", *own) if column in cell)
        lacks = tuple(column for column in dict.fromkeys(needed) if cell[column].blank)
        bad = tuple(column for column in dict.fromkeys(needed) if cell[column].value is None and cell[column].problem)
        name = answers.text(self.table.field_id(row, "name")) or "未写名称"
        line = _Line(row, name, weight if isinstance(weight, Decimal) else None)
        rate = self._rate(answers, row) if own is MEASURED and not {*lacks, *bad} & {*MEASURED} else None
        review = f"{line}的{self._labels(bad)}填报有误" if bad else ""
        findings: list[Finding] = []
        if lacks:
            place = answers.cell(self.table.field_id(row, lacks[0]))
            findings.append(self._finding("row-incomplete", place, line, actual=self._labels(lacks)))
        if lacks or bad or line.weight is None:
            return _Line(row, name, line.weight, rate, None, lacks, review, tuple(findings))
        if own is _JUDGED:
            return self._judge(answers, line, line.weight)
        if rate is None:
            found = self._finding("zero-target", answers.cell(self.table.field_id(row, "target")), line)
            return _Line(row, name, line.weight, None, None, (), f"{line}目标值为 0", (found,))
        score = self._measured(answers, row, line.weight)
        return _Line(row, name, line.weight, rate, score, findings=self._remarks(answers, line, rate, score))

    def _nature(self, answers: Answers, row: int) -> str:
        """The row's nature, '' where it has none that can be used; of a table without natures ≥."""
        return answers.text(self.table.field_id(row, "nature")) if "nature" in self.table.column else HIGHER[0]

    def _numbers(self, answers: Answers, row: int) -> tuple[Decimal, Decimal, bool]:
        """Target, actual, and whether lower is better."""
        target, actual = (answers.number(self.table.field_id(row, column)) for column in MEASURED)
        return target, actual, self._nature(answers, row) in LOWER

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
        if self._nature(answers, row) != "=":
            return None
        return ONE if actual == ZERO else ZERO

    def _measured(self, answers: Answers, row: int, weight: Decimal) -> Decimal:
        """The row's score from target and actual; rates are compared as exact products."""
        target, actual, lower = self._numbers(answers, row)
        full = self.context.rounded(weight)
        if target == ZERO:
            return full if actual == ZERO else ZERO
        over, under = actual, target  # the rate is over ÷ under
        if lower:
            if actual <= target:
                return full
            over, under = (2 * target - actual, target) if self.reverse == "two_minus" else (target, actual)
        floor = self.floor * under
        if over < floor or (over == floor and not self.floor_scores):
            return ZERO
        if over < under:
            return self.context.rounded(divide(over * weight, under))
        if self.ceiling is None or over <= self.ceiling * under:
            return full
        if self.over == "half_weight":
            return self.context.rounded(weight / 2)
        return min(self.context.rounded(divide(over * weight, 2 * under)), full)

    def _remarks(self, answers: Answers, line: _Line, rate: Decimal | None, score: Decimal) -> tuple[Finding, ...]:
        """What to say about a row that was scored: the cliff above the ceiling, or a lower score without a reason."""
        nature = self._nature(answers, line.row)
        if self.ceiling is not None and nature in HIGHER and rate is not None and rate > self.ceiling:
            place = answers.cell(self.table.field_id(line.row, "actual"))
            shown = {"name": str(line), "actual": show_percent(rate), "expected": short_percent(self.ceiling)}
            return (self._finding("over-fulfilled", place, line, **shown),)
        field = self.table.field_id(line.row, "deviation_reason")
        lost = line.weight is not None and score < self.context.rounded(line.weight)
        if line.weight is not None and lost and "deviation_reason" in self.table.column and not answers.text(field):
            shown = {"name": str(line), "actual": self.context.shown(score), "expected": show_number(line.weight)}
            place, label = answers.cell(field), self.weight_label
            return (self._finding("deviation-reason-missing", place, line, label=label, **shown),)
        return ()

    def _judge(self, answers: Answers, line: _Line, weight: Decimal) -> _Line:
        """A judged row: the score given, where it lies in its tier's band."""
        given = answers.number(self.table.field_id(line.row, "judged_score"))
        band = self._tier(answers, line.row)
        low, high = (self.context.rounded(end * weight) for end in (band.low, band.high or ONE))
        above = given > low or (given == low and band.low_closed)
        below = given < high or (given == high and band.high_closed)
        if above and below:
            score = self.context.rounded(given)
            return _Line(line.row, line.name, weight, None, score, findings=self._remarks(answers, line, None, score))
        cell = answers.cell(self.table.field_id(line.row, "judged_score"))
        expected = self._room(band, weight)
        words = {"tier": band.value, "actual": show_number(given), "expected": expected}
        found = self._finding("judged-out-of-band", cell, line, **words)
        why = f"{line}评为“{band.value}”，得分 {show_number(given)} 不在 {expected}之间"
        return _Line(line.row, line.name, weight, None, None, (), why, (found,))

    def _tier(self, answers: Answers, row: int) -> Band[str]:
        tier = answers.text(self.table.field_id(row, "tier"))
        return next(each for each in self.tiers if each.value == tier)

    def _room(self, tier: Band[str], weight: Decimal) -> str:
        """Between which scores a judged row of ``weight`` may lie: 1.60（含）至 2.00（含）."""
        ends = ((tier.low, tier.low_closed), (tier.high or ONE, tier.high_closed))
        shown = (f"{self.context.shown(end * weight)}（{'含' if closed else '不含'}）" for end, closed in ends)
        return "至 ".join(shown)

    def hit(self, answers: Answers, row: int) -> str:
        """Where the row (from 1) falls: its span of completion rates, or its tier; '' while it has no score."""
        line = self._line(answers, row)
        if line is None or line.score is None or line.weight is None:
            return ""
        if line.rate is None:
            band = self._tier(answers, row)
            return f"“{band.value}”：{self._room(band, line.weight)}"
        floor, rate = short_percent(self.floor), line.rate
        if self._nature(answers, row) in LOWER and rate == ONE:
            return "达到目标，得满分"
        if rate < self.floor:
            return f"不足 {floor}，不得分"
        if self.floor and rate == self.floor:
            return f"正好 {floor}，{'按完成率计分' if self.floor_scores else '不得分'}"
        if rate < ONE:
            span = f"{floor} 至 100%" if self.floor else "不足 100%"
            return f"{span}，{show_percent(rate)} × {show_number(line.weight)}"
        if self.ceiling is None:
            return "达到 100%，得满分"
        if rate <= self.ceiling:
            return f"100% 至 {short_percent(self.ceiling)}，得满分"
        above = f"得{self.weight_label}的一半" if self.over == "half_weight" else "按完成率的一半计分"
        return f"超过 {short_percent(self.ceiling)}，{above}"

    def _finding(self, code: str, cell: Cell | None, line: _Line, **words: str) -> Finding:
        said = {"row": str(line.row), "name": line.name, **words}
        expected, actual = said.pop("expected", None), said.pop("actual", None)
        return finding(code, cell=cell, indicator=self.context.code, expected=expected, actual=actual, **said)

    def formula(self, refs: Refs, points: Decimal) -> str:
        return annex_formula.indicator_formula(self, refs, points)

    def rate_formula(self, refs: Refs, row: int) -> str:
        """The annex cell 完成率 of ``row`` (from 1), named <table>_rNN_rate: the rate as a fraction, or ''."""
        return annex_formula.rate_formula(self, refs, row)

    def row_formula(self, refs: Refs, row: int) -> str:
        """The annex cell 得分 of ``row`` (from 1), named <table>_rNN_score: its score in points, or ''."""
        return annex_formula.row_formula(self, refs, row)

    def explain(self, points: Decimal) -> list[str]:
        return annex_words.explain(self, points)
