"""What the roll-up says in words: the evidence of a row that comes from the units, and who is missing from a figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perfeval_xl.district.rollup.bounds import Bounds, Span
from perfeval_xl.district.rollup.shares import NOT_RETURNED, SET_ASIDE, Contribution, RolledField
from perfeval_xl.excel.layout.parts import FIGURES
from perfeval_xl.numbers import show_score, show_span
from perfeval_xl.scheme.admit import show
from perfeval_xl.scheme.fields import NOT_APPLICABLE, RollUp
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rulebook import ROLL_UP
from perfeval_xl.scheme.rules.inputs import bare_label
from perfeval_xl.scorer import inputs_of

if TYPE_CHECKING:
    from perfeval_xl.district.rollup.combine import RolledUp

OPENING = "按所属单位填报数据汇总："
"""What every evidence that was written here begins with; it may be written anew."""

_NAMED = 10  # units named in one text
_FEW = 3  # labels, or units in an evidence, named one by one
_LONGEST_REASON = 20  # characters


def method(figure: RolledField) -> str:
    """How a figure came about, in a word or two."""
    return f"均为“{NOT_APPLICABLE}”才不适用" if figure.applicability else ROLL_UP[figure.field.roll_up]


def shown(figure: RolledField) -> str:
    """A figure with its unit; '' where there is none."""
    return "" if figure.value is None else f"{show(figure.field, figure.value)} {figure.field.unit}".rstrip()


def evidence(figures: Sequence[RolledField], absent: Mapping[str, str]) -> str:
    """The evidence of a row: how many units, what they come to, who is missing. ``figures`` are the row's."""
    used = [each for each in figures if not each.applicability]
    applies = next((each for each in figures if each.applicability), None)
    if applies is not None and applies.value == NOT_APPLICABLE:
        return f"{OPENING}{len(applies.counted)} 个单位均选“{NOT_APPLICABLE}”。{_missing(used, absent)}"
    from_units = [each for each in used if not each.field.roll_up.counts_units]
    said = "；".join(_said(each) for each in used)
    count = f"{max(len(each.counted) for each in from_units)} 个单位，" if from_units else ""
    return f"{OPENING}{count}{said}。{_missing(used, absent)}"


def _said(figure: RolledField) -> str:
    if figure.value is None:
        return f"{bare_label(figure.field)}没有数据"
    word = "合计" if figure.field.roll_up is RollUp.SUM else "：" if isinstance(figure.value, bool) else ""
    return f"{bare_label(figure.field)}{word} {shown(figure)}".replace("： ", "：")


def _missing(figures: Sequence[RolledField], absent: Mapping[str, str]) -> str:
    """The units that lack any of ``figures``: those without an accepted return, then those that left a gap."""
    lacking = {each.unit.code: each.unit.name for figure in figures for each in figure.lacking}
    groups = (
        ("未交表或未受理", [name for code, name in lacking.items() if code in absent]),
        ("未填全或填写有误", [name for code, name in lacking.items() if code not in absent]),
    )
    said = "，".join(f"{len(units)} 个单位{why}（{_listed(units, _FEW)}）" for why, units in groups if units)
    return f"另有 {said}，所缺的数没有计入，见《{FIGURES}》。" if said else ""


def gaps(figure: RolledField, absent: Mapping[str, str]) -> str:
    """Who is missing from a figure: the absent in a number (they are listed once for all), the others by name."""
    gone = sum(each.unit.code in absent for each in figure.lacking)
    named = [f"{each.unit.name}（{_reason(each)}）" for each in figure.lacking if each.unit.code not in absent]
    parts = [f"未交表、未受理的 {gone} 个单位"] if gone else []
    more = f" {len(named)} 个" if len(named) > _NAMED else ""
    return "；".join(parts + ([_listed(named) + more] if named else []))


def _reason(each: Contribution) -> str:
    return each.why if len(each.why) <= _LONGEST_REASON else f"{each.why[:_LONGEST_REASON]}……"


def _listed(names: Sequence[str], most: int = _NAMED) -> str:
    more = "等" if len(names) > most else ""
    return "、".join(names[:most]) + more


def lacking_figures(rolled: RolledUp, indicator: Indicator) -> str:
    """Which figures of a row lack how many units."""
    used = inputs_of(indicator)
    by_count: defaultdict[int, list[str]] = defaultdict(list)
    for each in rolled.figures:
        if each.field.id in used and each.lacking and not each.applicability:
            by_count[len(each.lacking)].append(bare_label(each.field))
    return "；".join(f"{_labels(labels)}缺 {count} 个单位" for count, labels in by_count.items())


def _labels(labels: Sequence[str]) -> str:
    """One label, some, or the first and how many there are."""
    if len(labels) > _FEW:
        return f"{labels[0]}等 {len(labels)} 项各"
    return "、".join(labels) + ("各" if len(labels) > 1 else "")


def span_text(span: Span, scheme: Scheme) -> str:
    """Points from … to …, or the one score."""
    low, high, places = span.low, span.high, scheme.places
    return show_score(low, places) if low == high else show_span(low, high, places)


def span_and_grade(bounds: Bounds, span: Span) -> str:
    """A total's span with its grade, where there is one."""
    return f"{span_text(span, bounds.scheme)} 分，{bounds.grade(span) or '等级待定'}"


def came_text(rolled: RolledUp) -> str:
    """How many units are in it, how many are not, and why."""
    states = list(rolled.absent.values())
    gone = "，".join(f"{word} {states.count(word)} 个" for word in (NOT_RETURNED, SET_ASIDE))
    return f"已受理 {len(rolled.units) - len(states)} 个，{gone}"


def own_text(rolled: RolledUp) -> str:
    """What the department itself handed in."""
    if rolled.own is None:
        return "没有收到：由主管部门自填的项目空着"
    return f"已收到 {rolled.own.file}"
