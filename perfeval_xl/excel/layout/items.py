"""The items of 填报检查: one for every input (for every row of an annex table), each with its live status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from perfeval_xl.cells import Cell
from perfeval_xl.excel.formulas import (
    DONE,
    MISSING,
    PROBLEMS,
    ROW_WRONG,
    WEIGHTS_WRONG,
    live_row,
    self_score_status,
    status,
    status_shown,
    typed_number,
)
from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.layout.parts import annex_rule, claimed, heading
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.fields import Field, Table
from perfeval_xl.scheme.model import Indicator, Scheme, narrative_fields
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.expr import BLANK, choose, constant, no, text


@dataclass(frozen=True)
class Item:
    """``expression`` gets the range of the statuses of the group's inputs ('' if there are none)."""

    label: str
    cell: Cell
    expression: Callable[[str], str]
    shows: Callable[[View], str]


@dataclass(frozen=True)
class Group:
    """The items under one heading; the first ``inputs`` of them are what the indicator's score is worked out from."""

    heading: str
    items: tuple[Item, ...]
    inputs: int
    indicator: Indicator | None = None


def groups(scheme: Scheme, cells: Mapping[str, Cell]) -> Iterator[Group]:
    """Head block, indicators in their order, narrative. ``cells`` says where each field stands."""
    head = tuple(_field_item(field, None, cells) for field in scheme.head)
    yield Group("基本情况", head, len(head))
    for number, indicator in enumerate(scheme.indicators, start=1):
        inputs = _inputs(scheme, indicator, cells)
        claim, evidence = scheme.fields[indicator.self_score_id], scheme.fields[indicator.evidence_id]
        items = (*inputs, _claim_item(claim, indicator, inputs, cells), _field_item(evidence, None, cells))
        yield Group(heading(indicator, number), items, len(inputs), indicator)
    story = tuple(_field_item(field, None, cells) for field in narrative_fields(scheme.narrative))
    yield Group("自评说明", story, len(story))


def _inputs(scheme: Scheme, indicator: Indicator, cells: Mapping[str, Cell]) -> tuple[Item, ...]:
    own = list(indicator.fields)
    if indicator.may_be_not_applicable:
        own.insert(0, scheme.fields[indicator.applicable_id])
    items = [_field_item(field, indicator, cells) for field in own]
    rule = annex_rule(indicator)
    if rule is not None:
        items.append(_table_item(rule, indicator, cells))
        items += [_row_item(rule, row, cells) for row in range(1, rule.table.rows + 1)]
    return tuple(items)


def _field_item(field: Field, indicator: Indicator | None, cells: Mapping[str, Cell]) -> Item:
    return Item(
        field.label.rpartition("：")[2] if indicator is None else field.label.removeprefix(f"{indicator.name}："),
        cells[field.id],
        lambda _: status(field, indicator, field.id),
        lambda view: status_shown(field, indicator, view.answers),
    )


def _claim_item(field: Field, indicator: Indicator, inputs: tuple[Item, ...], cells: Mapping[str, Cell]) -> Item:
    return Item(
        "自评分",
        cells[field.id],
        partial(self_score_status, field, field.id),
        partial(_claim_status, field=field, indicator=indicator, inputs=inputs),
    )


def _claim_status(view: View, *, field: Field, indicator: Indicator, inputs: tuple[Item, ...]) -> str:
    shown = claimed(view, indicator)
    if shown != "":
        wrong = view.answers[field.id].problem and view.answers[field.id].value is None
        return status_shown(field, None, view.answers) if wrong else DONE
    unsettled = any(item.shows(view) in (MISSING, *PROBLEMS) for item in inputs)
    return "" if unsettled else MISSING


def _table_item(rule: AnnexRows, indicator: Indicator, cells: Mapping[str, Cell]) -> Item:
    """Whether any row is filled in, and whether the weights add up to the points."""
    table = rule.table
    name, weight = f"{table.id}_name", f"{table.id}_weight"
    balanced = f"ROUND(SUM({weight})-{constant(indicator.points)},7)=0"
    filled = choose(balanced, text(DONE), text(WEIGHTS_WRONG))
    empty = choose(no(rule.gate), BLANK, text(MISSING))
    expression = choose(f'SUMPRODUCT(({name}<>"")*1)>0', filled, empty)
    return Item(
        f"{table.title}：逐行填写，权重合计应为 {indicator.points}",
        cells[table.field_id(1, table.columns[0].id)],
        lambda _: expression,
        partial(_table_status, rule=rule, points=indicator.points),
    )


def _table_status(view: View, *, rule: AnnexRows, points: Decimal) -> str:
    table = rule.table
    rows = range(1, table.rows + 1)
    if all(view.answers[table.field_id(row, "name")].blank for row in rows):
        gate = view.answers[rule.gate].value
        return "" if gate is False else MISSING
    weights = [typed_number(view.answers[table.field_id(row, "weight")]) for row in rows]
    total = sum((weight for weight in weights if weight is not None), ZERO)
    return DONE if total == points else WEIGHTS_WRONG


def _row_item(rule: AnnexRows, row: int, cells: Mapping[str, Cell]) -> Item:
    table, expression = rule.table, row_status(rule.table, row)
    return Item(
        f"{table.title}：第 {row} 行",
        cells[table.field_id(row, table.columns[0].id)],
        lambda _: expression,
        lambda view: row_status_shown(view, rule, row),
    )


def row_status(table: Table, row: int) -> str:
    """Nothing for an empty annex row; ✓ once it has a score."""
    settled = choose(f"{table.id}_r{row:02d}_score={BLANK}", text(ROW_WRONG), text(DONE))
    return choose(live_row(table.row_ids(row)), settled)


def row_status_shown(view: View, rule: AnnexRows, row: int) -> str:
    """What row_status shows."""
    if all(view.answers[each].blank for each in rule.table.row_ids(row)):
        return ""
    return ROW_WRONG if rule.line_score(view.answers, row).score is None else DONE
