"""What kind "annex_rows" says of itself in Chinese, its words for a row's nature, and the check of fixed weights."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from perfeval_xl.numbers import ZERO, show_number, step
from perfeval_xl.scheme.fields import Table
from perfeval_xl.scheme.rules.bands import short_percent
from perfeval_xl.scheme.rules.inputs import show_points
from perfeval_xl.scheme.spec import Spec

if TYPE_CHECKING:
    from perfeval_xl.scheme.rules.annex_rows import AnnexRows

HIGHER = ("≥", ">", "=")
"""Natures whose completion rate is actual ÷ target."""
LOWER = ("≤", "<")
"""Natures that are met by staying at or below the target. A "<" row that just reaches its target has missed it with a
rate of 100 %, which scores the same as meeting it: so both count as met from actual ≤ target on."""


def check_weights(spec: Spec, table: Table, points: Decimal) -> None:
    """Report fixed weights that leave no way to add up to the points."""
    weights = [values["weight"] for values in table.fixed.values() if "weight" in values]
    total = sum((each for each in weights if isinstance(each, Decimal)), ZERO)
    if total > points or (len(weights) == table.rows and total != points):
        what = f"附表 {table.id!r} 固定的权重合计 {show_number(total)}，应为 {show_number(points)}"
        spec.problem("table", what if len(weights) == table.rows else f"{what}，或更少")


def explain(rule: AnnexRows, points: Decimal) -> list[str]:
    """The rule in Chinese, a line a clause."""
    return list(_clauses(rule, points))


def _clauses(rule: AnnexRows, points: Decimal) -> Iterator[str]:
    finest = show_number(step(rule.context.places)) if rule.context.places else "整数"
    if rule.gate:
        yield f"“{rule.context.label(rule.gate)}”为“否”的，得 0 分。"
    yield (
        f"逐行计分后相加，各行{rule.weight_label}合计应为 {show_points(points)}；每行得分四舍五入到 {finest}，完成率不作四舍五入。"
    )
    natures = rule.table.column["nature"].options if "nature" in rule.table.column else ()
    higher, lower = ([each for each in group if each in natures] for group in (HIGHER, LOWER))
    if not natures:
        yield "完成率 = 实际值 ÷ 目标值。"
    if higher:
        yield f"性质为 {'、'.join(higher)} 的：完成率 = 实际值 ÷ 目标值。"
    if lower:
        missed = "2 − 实际值 ÷ 目标值" if rule.reverse == "two_minus" else "目标值 ÷ 实际值"
        yield f"性质为 {'、'.join(lower)} 的：达到目标得满分；未达到的，完成率 = {missed}。"
    yield _spans(rule)
    if natures:
        yield "目标值为 0 的：性质为 =、≤、< 且实际值为 0 的得满分，实际值大于 0 的不得分；性质为 ≥、> 的由人工核定。"
    else:
        yield "目标值为 0 的，由人工核定。"
    if rule.judged:
        basis = "，须写评分依据" if "basis" in rule.table.column else ""
        yield f"性质为“{rule.judged}”的，由单位选定档次并给分{basis}："
    for tier in rule.tiers:
        yield f"“{tier.value}”：得分{tier.describe(lambda share: f'{rule.weight_label}的 {short_percent(share)}')}。"


def _spans(rule: AnnexRows) -> str:
    """What the completion rates score, from the floor up."""
    floor, weight = short_percent(rule.floor), rule.weight_label
    at_floor = "按完成率计分" if rule.floor_scores else "不得分"
    below = f"不足 {floor} 的不得分，等于 {floor} 的{at_floor}，{floor} 至" if rule.floor else "不足"
    if rule.ceiling is None:
        return f"完成率{below} 100% 的得分 = 完成率 × {weight}，达到或超过 100% 的得满分。"
    ceiling = short_percent(rule.ceiling)
    above = f"{weight}的一半" if rule.over == "half_weight" else f"完成率 × {weight}的一半，最高不超过{weight}"
    return (
        f"完成率{below} 100% 的得分 = 完成率 × {weight}，100% 至 {ceiling}（含）的得满分，超过 {ceiling} 的得{above}。"
    )
