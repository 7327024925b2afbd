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
    POINTS_WRONG,
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
    """Head block, indicators in their order, narrative; what there is of them. ``cells`` says where each field stands.

    A field of the head that a rule looks at is listed with the indicator.
    """
    taken = {field for indicator in scheme.indicators for field in indicator.rule.fields()}
    head = tuple(_field_item(field, None, cells) for field in scheme.head if field.id not in taken)
    if head:
        yield Group("基本情况", head, len(head))
    for number, indicator in enumerate(scheme.indicators, start=1):
        inputs = _inputs(scheme, indicator, cells)
        claim = _claim_item(scheme, indicator, inputs, cells)
        items = [*inputs, claim]
        if indicator.evidence:
            items.append(_field_item(scheme.fields[indicator.evidence_id], None, cells))
        yield Group(heading(indicator, number), tuple(items), len(inputs), indicator)
    story = tuple(_field_item(field, None, cells) for field in narrative_fields(scheme.narrative))
    if story:
        yield Group("自评说明", story, len(story))


def _inputs(scheme: Scheme, indicator: Indicator, cells: Mapping[str, Cell]) -> tuple[Item, ...]:
    looked_at = set(indicator.rule.fields())
    own = [field for field in scheme.head if field.id in looked_at and _first_to_use(scheme, field) is indicator]
    if indicator.may_be_not_applicable:
        own.append(scheme.fields[indicator.applicable_id])
    items = [_field_item(field, indicator, cells) for field in (*own, *indicator.fields)]
    rule = annex_rule(indicator)
    if rule is not None:
        items.append(_table_item(rule, indicator, cells))
        items += [_row_item(rule, row, cells) for row in range(1, rule.table.rows + 1)]
    return tuple(items)


def _first_to_use(scheme: Scheme, field: Field) -> Indicator | None:
    """The first indicator whose rule looks at ``field``."""
    return next((each for each in scheme.indicators if field.id in each.rule.fields()), None)


def _field_item(field: Field, indicator: Indicator | None, cells: Mapping[str, Cell]) -> Item:
    return Item(
        field.label.rpartition("：")[2] if indicator is None else field.label.removeprefix(f"{indicator.name}："),
        cells[field.id],
        lambda _: status(field, indicator, field.id),
        lambda view: status_shown(field, indicator, view.answers),
    )


def _claim_item(scheme: Scheme, indicator: Indicator, inputs: tuple[Item, ...], cells: Mapping[str, Cell]) -> Item:
    field, waivable = scheme.fields[indicator.self_score_id], indicator.rule.context.excludes
    return Item(
        "自评分",
        cells[field.id],
        partial(self_score_status, field, field.id, problems=problems_of(scheme), waivable=waivable),
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
    return Item(
        f"{rule.table.title}：逐行填写，{rule.table.column['weight'].label}合计应为 {indicator.points}",
        _row_cell(rule.table, 1, cells),
        lambda _: table_status(rule, indicator.points),
        lambda view: table_status_shown(view, rule, indicator.points),
    )


def _row_cell(table: Table, row: int, cells: Mapping[str, Cell]) -> Cell:
    """The first cell of a row that is to be filled in."""
    return next(cells[field] for field in table.row_ids(row) if field in cells)


def wrong_sum(table: Table) -> str:
    """What is said where a table's weights don't add up, in the form's own word for them."""
    return POINTS_WRONG if table.column["weight"].label == "分值" else WEIGHTS_WRONG


def problems_of(scheme: Scheme) -> tuple[str, ...]:
    """The PROBLEMS that can come up in such a form."""
    sums = {wrong_sum(table) for table in scheme.tables if "weight" in table.column} or {WEIGHTS_WRONG}
    return tuple(word for word in PROBLEMS if word in sums or word not in (WEIGHTS_WRONG, POINTS_WRONG))


def table_status(rule: AnnexRows, points: Decimal) -> str:
    """Whether any row is filled in, and whether the weights add up to the points."""
    table = rule.table
    balanced = f"ROUND(SUM({table.id}_weight)-{constant(points)},7)=0"
    filled = choose(balanced, text(DONE), text(wrong_sum(table)))
    empty = choose(no(rule.gate), BLANK, text(MISSING)) if rule.gate else text(MISSING)
    return choose(f'SUMPRODUCT(({table.id}_name<>"")*1)>0', filled, empty)


def table_status_shown(view: View, rule: AnnexRows, points: Decimal) -> str:
    """What table_status shows."""
    table = rule.table
    rows = range(1, table.rows + 1)
    if all(view.answers[table.field_id(row, "name")].blank for row in rows):
        return "" if rule.gate and view.answers[rule.gate].value is False else MISSING
    weights = [typed_number(view.answers[table.field_id(row, "weight")]) for row in rows]
    total = sum((weight for weight in weights if weight is not None), ZERO)
    return DONE if total == points else wrong_sum(table)


def _row_item(rule: AnnexRows, row: int, cells: Mapping[str, Cell]) -> Item:
    return Item(
        f"{rule.table.title}：第 {row} 行",
        _row_cell(rule.table, row, cells),
        lambda _: row_status(rule.table, row),
        lambda view: row_status_shown(view, rule, row),
    )


def row_status(table: Table, row: int) -> str:
    """Nothing for an empty annex row; ✓ once it has a score. A row that the bureau began is missing until the unit goes
    on with it."""
    settled = choose(f"{table.id}_r{row:02d}_score={BLANK}", text(ROW_WRONG), text(DONE))
    untouched = text(MISSING) if row in table.fixed else BLANK
    return choose(live_row(_open_ids(table, row)), settled, untouched)


def row_status_shown(view: View, rule: AnnexRows, row: int) -> str:
    """What row_status shows."""
    if all(view.answers[each].blank for each in _open_ids(rule.table, row)):
        return MISSING if row in rule.table.fixed else ""
    return ROW_WRONG if rule.line_score(view.answers, row).score is None else DONE


def _open_ids(table: Table, row: int) -> list[str]:
    """The fields of one row that the bureau left open."""
    given = table.fixed.get(row, {})
    return [table.field_id(row, column.id) for column in table.columns if column.id not in given]
