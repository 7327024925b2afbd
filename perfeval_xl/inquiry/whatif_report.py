"""What another reading would cost, as a machine or a person gets to read it: JSON, CSV rows, lines and table rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from perfeval_xl.inquiry.whatif import Case, Cost, Direction, Switch, UnitChange
from perfeval_xl.numbers import ZERO, half_up, show_score, show_span
from perfeval_xl.report import shown_or_none
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.fields import NOT_APPLICABLE
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.base import Outcome, Result
from perfeval_xl.scheme.scorecard import ScoreCard

CSV_COLUMNS = (
    "what_if",
    *("unit_code", "unit_name", "file"),
    *("indicator", "name"),
    *("score_before", "score_min_before", "score_max_before", "outcome_before"),
    *("score_after", "score_min_after", "score_max_after", "outcome_after"),
    *("total_before", "total_min_before", "total_max_before", "grade_before"),
    *("total_after", "total_min_after", "total_max_after", "grade_after"),
)
CHANGE_COLUMNS = ("单位", "得分变化的指标", "总分", "等级")
OVERVIEW_COLUMNS = ("口径", "得分变化", "等级变化", "变化单位平均")
_OPEN = "待定"


def what_if_json(scheme: Scheme, costs: Iterable[Cost], not_scored: Iterable[UnitResult]) -> dict[str, Any]:
    """What ``perfeval score --what-if … --format json`` prints. Scores are strings of two decimals, or None."""
    return {
        "scheme": scheme.id,
        "version": scheme.version,
        "year": scheme.year,
        "in_force": {each.id: each.chosen for each in scheme.readings if each.options},
        "not_scored": [each.file for each in not_scored],
        "cases": [_cost_json(each) for each in costs],
    }


def _cost_json(cost: Cost) -> dict[str, Any]:
    return {
        "readings": [_switch_json(switch) for switch in cost.case],
        "units": cost.units,
        "score_changes": len(cost.changes),
        **{direction.value: cost.directions[direction] for direction in Direction},
        "grade_changes": cost.grades.total(),
        "grades": [{"from": old, "to": new, "units": count} for (old, new), count in cost.grades.items()],
        "mean_change": shown_or_none(cost.mean_change),
        "mean_before": shown_or_none(cost.mean_before),
        "mean_after": shown_or_none(cost.mean_after),
        "changes": [_unit_json(unit) for unit in cost.changes],
    }


def _switch_json(switch: Switch) -> dict[str, Any]:
    return {
        "id": switch.reading.id,
        "clause": switch.reading.clause,
        "from": {"id": switch.in_force.id, "text": switch.in_force.text},
        "to": {"id": switch.option.id, "text": switch.option.text},
    }


def _unit_json(change: UnitChange) -> dict[str, Any]:
    return {
        "unit_code": change.unit.unit_code or None,
        "unit_name": change.unit.unit_name or None,
        "file": change.unit.file,
        "direction": change.direction.value,
        "difference": shown_or_none(change.difference),
        "before": _card_json(change.before),
        "after": _card_json(change.after),
        "indicators": [
            {
                "code": row.indicator.code,
                "name": row.indicator.name,
                "before": _outcome_json(row.before),
                "after": _outcome_json(row.after),
            }
            for row in change.rows
        ],
    }


def _card_json(card: ScoreCard) -> dict[str, str | None]:
    return {
        "total": shown_or_none(card.total),
        "total_min": show_score(card.total_min),
        "total_max": show_score(card.total_max),
        "grade": card.grade,
    }


def _outcome_json(outcome: Outcome) -> dict[str, str | None]:
    return {
        "score": shown_or_none(outcome.score),
        "score_min": show_score(outcome.low),
        "score_max": show_score(outcome.high),
        "outcome": outcome.result.value,
    }


def what_if_csv(costs: Iterable[Cost]) -> list[tuple[str, ...]]:
    """One row a case, unit and indicator that changes, after a head row."""
    rows: list[tuple[str, ...]] = [CSV_COLUMNS]
    for cost in costs:
        for change in cost.changes:
            who = (_title(cost.case), change.unit.unit_code, change.unit.unit_name, change.unit.file)
            totals = (*_card_json(change.before).values(), *_card_json(change.after).values())
            for row in change.rows:
                scores = (*_outcome_json(row.before).values(), *_outcome_json(row.after).values())
                texts = (*who, row.indicator.code, row.indicator.name, *scores, *totals)
                rows.append(tuple(text or "" for text in texts))
    return rows


def case_lines(case: Case) -> list[str]:
    """What a case changes, in words: each clause, how it is read now and how it would be."""
    lines = []
    for switch in case:
        lines.append(f"口径 {switch} · {switch.reading.clause}")
        lines += [f"  现行：{switch.in_force.text}", f"  改为：{switch.option.text}"]
    return lines


def change_rows(cost: Cost) -> list[tuple[str, ...]]:
    """The units that change, a row each, under CHANGE_COLUMNS."""
    return [
        (
            f"{each.unit.unit_code} {each.unit.unit_name}".strip() or each.unit.file,
            "\n".join(f"{row.indicator.name} {_arrow(_points(row.before), _points(row.after))}" for row in each.rows),
            _arrow(_total(each.before), _total(each.after)),
            _arrow(each.before.grade or _OPEN, each.after.grade or _OPEN),
        )
        for each in cost.changes
    ]


def cost_line(cost: Cost) -> str:
    """The case in one line: how many units change, which way, and by how much."""
    line = f"共 {cost.units} 个单位：{len(cost.changes)} 个得分变化{_directions(cost)}，"
    line += f"{cost.grades.total()} 个等级变化{_moves(cost)}"
    if cost.mean_change is not None:
        line += f"；变化的单位平均 {_signed(cost.mean_change)} 分"
    if cost.mean_before is not None and cost.mean_after is not None:
        line += f"；全部单位平均 {_arrow(show_score(cost.mean_before), show_score(cost.mean_after))} 分"
    return f"{line}。"


def overview_rows(costs: Sequence[Cost]) -> list[tuple[str, ...]]:
    """Several cases side by side, under OVERVIEW_COLUMNS."""
    return [
        (
            _title(each.case),
            f"{len(each.changes)} 个{_directions(each)}",
            f"{each.grades.total()} 个{_moves(each)}",
            "" if each.mean_change is None else f"{_signed(each.mean_change)} 分",
        )
        for each in costs
    ]


def _title(case: Case) -> str:
    return " ".join(map(str, case))


def _directions(cost: Cost) -> str:
    if not cost.changes:
        return ""
    counts = cost.directions
    words = f"+{counts[Direction.UP]}/−{counts[Direction.DOWN]}"
    words += f"，总分不变 {counts[Direction.EVEN]}" if counts[Direction.EVEN] else ""
    words += f"，升降待定 {counts[Direction.OPEN]}" if counts[Direction.OPEN] else ""
    return f"（{words}）"


def _moves(cost: Cost) -> str:
    moves = "，".join(f"{old or _OPEN}→{new or _OPEN} {count}" for (old, new), count in cost.grades.most_common())
    return f"（{moves}）" if moves else ""


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _points(outcome: Outcome) -> str:
    if outcome.score is None and outcome.result is Result.NOT_APPLICABLE:
        return NOT_APPLICABLE
    return _range(outcome.score, outcome.low, outcome.high)


def _total(card: ScoreCard) -> str:
    return _range(card.total, card.total_min, card.total_max)


def _range(value: Decimal | None, low: Decimal, high: Decimal) -> str:
    return f"{show_span(low, high)}（暂定）" if value is None else show_score(value)


def _signed(value: Decimal) -> str:
    rounded = half_up(value)
    sign = "+" if rounded > ZERO else "−" if rounded < ZERO else ""
    return f"{sign}{show_score(abs(rounded))}"
