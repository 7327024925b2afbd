"""What the department's narrative says of its units: who handed in, how they came out, where they lost points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfeval_xl.analysis import by_loss, share
from perfeval_xl.district.narrative.blocks import Block, Grid, Item, Text, one_line
from perfeval_xl.findings import Severity
from perfeval_xl.numbers import show_percent, show_score
from perfeval_xl.overview import Facts, Overview, overview

_MOST = 5


def returns(facts: Facts) -> Iterator[Block]:
    """Who handed in, and how the grades of the units lie."""
    figures = overview(facts)
    yield Text(_handed_in(figures, [unit.name for unit in facts.district.missing]), ours=True)
    if not figures.accepted:
        return
    graded = figures.accepted - figures.ungraded
    rows = [(name, str(count), _rate(count, graded)) for name, count in figures.grades]
    if figures.ungraded:
        rows.append(("等级待定", str(figures.ungraded), "—"))
    rows.append(("合计", str(figures.accepted), "—" if figures.ungraded else _rate(graded, graded)))
    yield Grid("所属单位等级分布", ("等级", "单位数（个）", "占已定等级单位的比重"), (40, 46, 60), rows)
    if figures.totals:
        yield Text(_totals(figures), ours=True)


def _rate(part: int, whole: int) -> str:
    rate = share(part, whole)
    return "—" if rate is None else show_percent(rate)


def _handed_in(figures: Overview, missing: Sequence[str]) -> str:
    said = f"所属单位应报送 {figures.due} 个，已受理 {figures.accepted} 个（{_rate(figures.accepted, figures.due)}）"
    said += f"，报送后未能受理 {figures.set_aside} 个" if figures.set_aside else ""
    said += f"，未报送 {figures.awaited} 个" if figures.awaited else ""
    said += f"；没有可用报表的单位：{_named(missing, '个')}" if missing else ""
    return f"{said}。"


def _totals(figures: Overview) -> str:
    totals = figures.totals
    assert totals is not None
    said = (
        f"已定分的 {totals.count} 个单位平均 {show_score(totals.mean)} 分，中位数 {show_score(totals.median)} 分，"
        f"最高 {show_score(totals.highest)} 分，最低 {show_score(totals.lowest)} 分"
    )
    said += f"；另有 {figures.provisional} 个单位的得分为暂定" if figures.provisional else ""
    said += f"；{figures.disagreeing} 个单位的自评总分与重算不一致" if figures.disagreeing else ""
    return f"{said}。"


def problems(facts: Facts, number: int) -> Iterator[Block]:
    """What the units have in common, as one item numbered ``number``; nothing where no unit handed in."""
    losses = [each for each in by_loss(facts.indicators) if each.short]
    kinds = [each for each in facts.issues.listed() if each.severity is not Severity.INFO]
    if not losses and not kinds:
        return
    yield Item(number, "从所属单位看，失分和填报问题较为集中", ours=True)
    if losses:
        said = "；".join(
            f"{each.indicator.name}，{each.short} 个单位未得满分"
            + (f"，平均得分率 {show_percent(each.rate)}" if each.rate is not None else "")
            for each in losses[:_MOST]
        )
        yield Text(f"失分较多的指标依次为：{said}。", ours=True)
    if kinds:
        said = "；".join(f"{each.meaning}（{each.times} 处，涉及 {each.files} 份）" for each in kinds[:_MOST])
        yield Text(f"填报中较常见的问题依次为：{said}。", ours=True)


def _named(names: Sequence[str], counter: str) -> str:
    shown = "、".join(map(one_line, names[:_MOST]))
    return f"{shown}等 {len(names)} {counter}" if len(names) > _MOST else shown
