"""Kind "mean_rate": the mean of the notified monthly rates, each capped, times the points; or one annual rate."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import ZERO, divide, show_number, show_percent
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import FieldType
from perfeval_xl.scheme.rules.bands import short_percent
from perfeval_xl.scheme.rules.base import Context, Outcome, Rule, missing, needs_review
from perfeval_xl.scheme.rules.expr import Refs, choose, constant, every, half_up, half_up_quotient, text
from perfeval_xl.scheme.rules.inputs import QUANTITY, check_size, read_field, read_fields, show_points, zero_base
from perfeval_xl.scheme.spec import Spec

ANNUAL_RATE = "年度执行率"
MONTHLY_RATE = "月度平均执行率"


@dataclass(frozen=True)
class MeanRate(Rule):
    """Σ min(rate, cap) ÷ n × points over the ``months`` (percent fields) that are filled in.

    ``basis`` is the choice field whose words ``monthly`` and ``annual`` say which figure is stated. The annual rate is
    ``spent`` ÷ ``budget``, capped too; ``without_months`` "annual" takes it in place of months that nobody filled in,
    "missing" waits for them.
    """

    months: tuple[str, ...]
    basis: str
    monthly: str
    annual: str
    spent: str
    budget: str
    cap: Decimal
    without_months: str

    kind = "mean_rate"

    @classmethod
    def read(cls, spec: Spec, context: Context, points: Decimal) -> Self:
        rule = cls(
            context,
            months=read_fields(spec, "months", context, FieldType.PERCENT),
            basis=read_field(spec, "basis", context, FieldType.CHOICE),
            monthly=spec.text("monthly"),
            annual=spec.text("annual"),
            spent=read_field(spec, "spent", context, *QUANTITY),
            budget=read_field(spec, "budget", context, *QUANTITY),
            cap=spec.number("cap", Decimal(1)),
            without_months=spec.choice("without_months", ("annual", "missing"), "annual"),
        )
        check_size(spec, context, points, "spent", "budget")
        basis = context.fields.get(rule.basis)
        if basis is not None and set(basis.options) != {rule.monthly, rule.annual}:
            spec.problem("basis", f"字段 {basis.id!r} 的选项应正好是 {rule.monthly}、{rule.annual}")
        if rule.cap <= ZERO:
            spec.problem("cap", f"应大于 0，现为 {show_number(rule.cap)}")
        spec.close()
        return rule

    def fields(self) -> tuple[str, ...]:
        return (*self.months, self.basis, self.spent, self.budget)

    def score(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, (self.basis,), points)
        if gap is not None:
            return gap
        if answers.text(self.basis) == self.annual:
            return self._from_year(answers, points)
        unusable = answers.unusable_among(self.months)
        if unusable:
            return needs_review(points, f"{self.context.labels(unusable)}填报有误，改正后才能计分")
        if any(not answers[month].blank for month in self.months):
            return self._from_months(answers, points)
        amounts = (self.spent, self.budget)
        if self.without_months == "annual" and len(answers.blank_among(amounts)) < len(amounts):
            return self._from_year(answers, points)
        return missing(points, (self.months[0],), "没有填写任何月份的通报执行率")

    def _capped(self, answers: Answers) -> list[Decimal]:
        """The usable monthly rates, each capped."""
        return [min(answers.number(month), self.cap) for month in self.months if answers[month].value is not None]

    def _from_months(self, answers: Answers, points: Decimal) -> Outcome:
        rates = self._capped(answers)
        mean = divide(sum(rates, ZERO), Decimal(len(rates)))
        score = divide(sum(rates, ZERO) * points, Decimal(len(rates)))
        basis = f"{len(rates)} 个月通报执行率平均 {show_percent(mean)}，× {show_points(points)} 分 = {self.context.shown(score)} 分"
        return self.context.scored(score, basis, rates={MONTHLY_RATE: mean})

    def _from_year(self, answers: Answers, points: Decimal) -> Outcome:
        gap = self.gap(answers, (self.spent, self.budget), points)
        if gap is not None:
            return gap
        spent, budget = answers.number(self.spent), answers.number(self.budget)
        given = f"{show_number(spent)} ÷ {show_number(budget)}"
        if budget == ZERO:
            bad = () if spent == ZERO else (zero_base(self.context, answers, (self.spent,), (self.budget,)),)
            return needs_review(points, f"{given}，预算为 0，无法计算执行率", findings=bad)
        rate = divide(spent, budget)
        score = min(divide(spent * points, budget), self.cap * points)
        capped = f"，按 {short_percent(self.cap)} 计" if rate > self.cap else ""
        basis = f"{given} = {show_percent(rate)}{capped}，× {show_points(points)} 分 = {self.context.shown(score)} 分"
        found = self._annual_finding(answers, rate, score)
        return self.context.scored(score, basis, rates={ANNUAL_RATE: rate}, findings=(found,))

    def _annual_finding(self, answers: Answers, rate: Decimal, score: Decimal) -> Finding:
        """The criteria ask for the mean of the months: say that the annual rate stands in for it, or beside it."""
        months = self._capped(answers)
        place = {"cell": answers.cell(self.basis), "indicator": self.context.code, "name": self.context.name}
        if months:
            mean = show_percent(divide(sum(months, ZERO), Decimal(len(months))))
            return finding("annual-rate-beside-months", expected=mean, actual=show_percent(rate), **place)  # type: ignore[arg-type]
        expected = self.context.shown(score)
        return finding("annual-rate-used", expected=expected, actual=show_percent(rate), **place)  # type: ignore[arg-type]

    def hits(self, answers: Answers, points: Decimal) -> list[str]:
        rates = self._capped(answers)
        if answers.text(self.basis) == self.annual or not rates:
            return []
        above = sum(answers.number(month) > self.cap for month in self.months if answers[month].value is not None)
        capped = f"；{above} 个月超过 {short_percent(self.cap)}，按 {short_percent(self.cap)} 计" if above else ""
        listed = " + ".join(show_percent(rate) for rate in rates)
        return [f"（{listed}）÷ {len(rates)} = {show_percent(divide(sum(rates, ZERO), Decimal(len(rates))))}{capped}。"]

    def formula(self, refs: Refs, points: Decimal) -> str:
        months = [refs(month) for month in self.months]
        readable = every(
            choose(f'{ref}=""', "TRUE", refs.usable(month)) for month, ref in zip(self.months, months, strict=True)
        )
        listed = ",".join(months)
        cap = constant(self.cap)
        capped = ",".join(
            choose(f"COUNT({refs(month)})=1", f"MIN({refs.number(month)},{cap})", "0") for month in self.months
        )
        places = self.context.places
        mean = half_up(f"SUM({capped})*{constant(points)}/COUNT({listed})", places)
        spent, budget = refs.units(self.spent, self.budget)
        most = constant(self.context.rounded(self.cap * points))
        rate = f"MIN({half_up_quotient(f'{spent}*{constant(points * 10**places)}', budget, places)},{most})"
        year = choose(refs.usable(self.spent, self.budget), choose(f"{budget}>0", rate))
        no_month = year if self.without_months == "annual" else '""'
        by_month = choose(readable, choose(f"COUNT({listed})>0", mean, no_month))
        word = refs(self.basis)
        return choose(f"{word}={text(self.annual)}", year, choose(f"{word}={text(self.monthly)}", by_month))

    def explain(self, points: Decimal) -> list[str]:
        basis = self.context.label(self.basis)
        spent, budget = self.context.label(self.spent), self.context.label(self.budget)
        lines = [
            f"“{basis}”为“{self.monthly}”的：已通报各月执行率（每月最高 {short_percent(self.cap)}）的平均数"
            f" × {show_points(points)} 分；未通报的月份留空，不计入月数。",
            f"“{basis}”为“{self.annual}”的：{spent} ÷ {budget}（最高 {short_percent(self.cap)}）"
            f" × {show_points(points)} 分，并提示评分标准要求按月度平均计算。",
        ]
        if self.without_months == "annual":
            lines.append("没有任何月份的通报执行率、但填有年度预算和支出的，暂按年度执行率计分并提示。")
        return lines
