"""Reading [form], [scoring] and [guide], and the form that a scheme has without a word about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from perfeval_xl.numbers import MOST_PLACES, ZERO, show_number
from perfeval_xl.scheme.fields import Field, FieldType, NotApplicable, Table
from perfeval_xl.scheme.form import (
    COMPUTED,
    STAMPS,
    Block,
    Body,
    Fact,
    Form,
    FormColumn,
    GridRow,
    Guide,
    GuideEntry,
    HeadBlock,
    Paper,
)
from perfeval_xl.scheme.model import LEVEL_NAMES
from perfeval_xl.scheme.sections import read_each
from perfeval_xl.scheme.spec import Spec

_ROW_COLUMNS = ("name", "points", "interpretation", "criteria", "score", "evidence")
_WIDEST = Decimal(255)  # characters: what a column of a workbook can have
_NAME_WIDTHS = {"level": 8.0, "points": 6.0}
_WIDTHS = {
    "name": 14.0,
    "points": 11.5,
    "interpretation": 28.0,
    "criteria": 76.0,
    "score": 11.5,
    "evidence": 58.0,
    "rate": 11.0,
}
_HEADINGS = {
    "interpretation": "指标解释",
    "criteria": "评分标准",
    "score": "得分/自评分",
    "evidence": "评分依据、未达标原因、改进措施",
    "rate": "完成率",
    "points": "分值",
}


class _Row(Protocol):
    """What a form needs to know of a scored row."""

    @property
    def code(self) -> str: ...
    @property
    def path(self) -> tuple[str, ...]: ...
    @property
    def evidence(self) -> bool: ...
    @property
    def fields(self) -> tuple[Field, ...]: ...
    @property
    def parameters(self) -> Mapping[str, object]: ...


@dataclass(frozen=True)
class Material:
    """What a form shows: the scored rows, the head's fields, the annex tables."""

    rows: Sequence[_Row]
    head: tuple[Field, ...]
    tables: tuple[Table, ...]

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """What may stand in the head, by id: its own fields, and the rows'."""
        return {field.id: field for field in (*self.head, *(field for row in self.rows for field in row.fields))}

    @property
    def depth(self) -> int:
        return max((len(row.path) for row in self.rows), default=1)

    @property
    def codes(self) -> set[str]:
        return {row.code for row in self.rows}

    @property
    def evidence(self) -> bool:
        """Whether any row has a cell for evidence."""
        return any(row.evidence for row in self.rows)


@dataclass(frozen=True)
class Scoring:
    """How scores are put together: what 不适用 does, and with how many decimals scores are given."""

    not_applicable: NotApplicable = NotApplicable.FULL
    places: int = MOST_PLACES


def read_scoring(spec: Spec) -> Scoring:
    """[scoring]; what is wrong there is noted."""
    word = spec.choice("not_applicable", tuple(NotApplicable), NotApplicable.FULL.value)
    places = spec.whole("places", MOST_PLACES)
    spec.close()
    if not 0 <= places <= MOST_PLACES:
        spec.problem("places", f"应为 0 至 {MOST_PLACES}，现为 {places}")
        places = MOST_PLACES
    return Scoring(NotApplicable(word) if word in set(NotApplicable) else NotApplicable.FULL, places)


def read_per_project(root: Spec) -> bool:
    """``filing``: whether a unit files a workbook for each of its projects."""
    return root.choice("filing", ("unit", "project"), "unit") == "project"


def read_guide(spec: Spec) -> Guide:
    """[guide]: steps and rules."""
    guide = Guide(
        steps=read_each(spec.tables("steps", optional=True), _entry),
        rules=read_each(spec.tables("rules", optional=True), _entry),
    )
    spec.close()
    return guide


def _entry(spec: Spec) -> GuideEntry:
    return GuideEntry(spec.text("name"), spec.text("text"), spec.text("sheet", ""))


def read_form(spec: Spec, material: Material) -> Form:
    """[form], with the default columns and head where it names none; what is wrong there is noted."""
    paper = spec.choice("paper", tuple(Paper), Paper.A3.value)
    word = spec.choice("body", tuple(Body), Body.INDICATORS.value)
    body = Body(word) if word in set(Body) else Body.INDICATORS
    columns = read_each(spec.tables("columns", optional=True), _column)
    head = read_each(spec.tables("head", optional=True), lambda each: _block(each, material))
    form = Form(
        paper=Paper(paper) if paper in set(Paper) else Paper.A3,
        landscape=spec.flag("landscape", True),
        body=body,
        columns=columns or tuple(_default_columns(body, material)),
        head=head or tuple(_default_head(material.head)),
    )
    spec.close()
    _check_columns(spec, form, material)
    _check_head(spec, form, material)
    _check_room(spec, form)
    return form


def _column(spec: Spec) -> FormColumn:
    width = spec.number("width")
    if not ZERO < width <= _WIDEST and "width" in spec:
        spec.problem("width", f"列宽应大于 0、不大于 {show_number(_WIDEST)}，现为 {show_number(width)}")
    return FormColumn(
        shows=spec.text("shows"),
        heading=spec.text("heading"),
        width=float(width),
        over=spec.text("over", ""),
        printed=spec.flag("printed", True),
    )


def _block(spec: Spec, material: Material) -> HeadBlock:
    kind = spec.choice("block", tuple(Block))
    block = Block(kind) if kind in set(Block) else Block.BAND
    facts: tuple[Fact, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[GridRow, ...] = ()
    fields: tuple[str, ...] = ()
    text = "" if block is Block.FACTS else spec.text("text", ... if block is Block.BAND else "")
    if block is Block.FACTS:
        facts = read_each(spec.tables("facts"), lambda each: _fact(each, material))
    elif block in (Block.TEXTS, Block.AMOUNTS):
        fields = spec.texts("fields")
    elif block is Block.GRID:
        columns = spec.texts("columns")
        rows = read_each(spec.tables("rows"), lambda each: _grid_row(each, len(columns), material))
    return HeadBlock(block, text, facts, fields, columns, rows)


def _fact(spec: Spec, material: Material) -> Fact:
    field, stamp = spec.text("field", ""), spec.text("stamp", "")
    if bool(field) is bool(stamp):
        spec.problem("field", "field 与 stamp 应写且只写一个")
    if stamp and stamp not in STAMPS:
        spec.problem("stamp", f"只能是 {'、'.join(STAMPS)} 之一，现为 {stamp!r}")
    known = material.fields.get(field)
    return Fact(spec.text("label", known.label if known else ...), field, stamp)


def _grid_row(spec: Spec, width: int, material: Material) -> GridRow:
    row = GridRow(spec.text("label"), spec.texts("fields"), spec.text("indicator", ""))
    if len(row.fields) != width:
        spec.problem("fields", f"应与 columns 一样有 {width} 个字段，现有 {len(row.fields)} 个")
    if row.indicator and row.indicator not in material.codes:
        spec.problem("indicator", f"没有指标 {row.indicator!r}")
    return row


def _check_head(spec: Spec, form: Form, material: Material) -> None:
    """Every field of the head stands in it, once; what stands there besides is an indicator's."""
    seen: set[str] = set()
    for number, block in enumerate(form.head):
        for name in block.inputs():
            if name not in material.fields:
                spec.problem(f"head[{number}]", f"没有可以放在表头的字段 {name!r}")
            elif name in seen:
                spec.problem(f"head[{number}]", f"字段 {name!r} 在表头出现了两次")
            seen.add(name)
    for field in material.head:
        if field.id not in seen:
            spec.problem("head", f"表头的字段 {field.id!r} 没有放进任何一块")
    shown = [row.indicator for block in form.head for row in block.rows if row.indicator]
    for code in sorted({code for code in shown if shown.count(code) > 1}):
        spec.problem("head", f"指标 {code!r} 在表头出现了两次")
    if form.body is Body.ROWS:
        for row in material.rows:
            if row.code not in shown and "table" not in row.parameters:
                spec.problem(
                    "body", f"指标 {row.code!r} 没有附表，也不在表头的 grid 里：正文只有附表各行，无处显示它的得分"
                )


def _check_room(spec: Spec, form: Form) -> None:
    """A line of a block has no more cells than the table has printed columns; other blocks go on in a further line."""
    printed = sum(column.printed for column in form.columns)
    for number, block in enumerate(form.head):
        cells = bool(block.text) + 1
        if block.block is Block.FACTS:
            cells = 2
        elif block.block is Block.GRID:
            scored = any(row.indicator for row in block.rows)
            cells += len(block.columns) + (3 if scored else 0)
        if cells > printed and block.block is not Block.BAND:
            spec.problem(f"head[{number}]", f"这一块的一行要分成 {cells} 格，自评表打印的只有 {printed} 列，放不下")


def _check_columns(spec: Spec, form: Form, material: Material) -> None:
    known = _known_columns(form.body, material)
    seen: set[str] = set()
    for number, column in enumerate(form.columns):
        where = f"columns[{number}].shows"
        if column.shows not in known:
            spec.problem(where, f"不认识 {column.shows!r}（可用：{'、'.join(known)}）")
        elif column.shows in seen:
            spec.problem(where, f"{column.shows!r} 出现了两次")
        seen.add(column.shows)
    for shows in _needed_columns(form.body, material):
        if shows not in seen:
            spec.problem("columns", f"缺少一列 {shows!r}：填报或计分要用到它")
    printed = [column.printed for column in form.columns]
    if printed != sorted(printed, reverse=True):
        spec.problem("columns", "不打印的列（printed = false）应排在最右边")
    levels = [number for number, column in enumerate(form.columns) if column.shows.startswith("level")]
    if form.body is Body.ROWS and levels != list(range(len(levels))):
        spec.problem("columns", "正文为附表各行时，各级指标名称（level1 等）应排在最左边")


def _levels(material: Material) -> list[str]:
    return [f"level{number}" for number in range(1, material.depth + 1)]


def _table_columns(material: Material) -> dict[str, Field]:
    """The columns of all annex tables by id, in their order."""
    found: dict[str, Field] = {}
    for table in material.tables:
        for column in table.columns:
            found.setdefault(column.id, column)
    return found


def _known_columns(body: Body, material: Material) -> list[str]:
    levels = _levels(material)
    if body is Body.ROWS:
        known = [*levels, "points", *_table_columns(material), *COMPUTED, "name"]
    else:
        known = [*levels, *(f"points{number}" for number in range(1, len(levels) + 1)), *_ROW_COLUMNS]
    return list(dict.fromkeys(known))


def _needed_columns(body: Body, material: Material) -> list[str]:
    """What must be there: every cell that a unit fills in, and the score."""
    if body is Body.ROWS:
        return [*_table_columns(material), "score"]
    return ["name", "score", *(["evidence"] if material.evidence else [])]


def _default_columns(body: Body, material: Material) -> Iterator[FormColumn]:
    depth = material.depth
    if body is Body.ROWS:
        for number, level in enumerate(_levels(material)):
            yield FormColumn(level, LEVEL_NAMES[number], _NAME_WIDTHS["level"])
        for column in _table_columns(material).values():
            yield FormColumn(column.id, column.label, 24.0 if column.type is FieldType.TEXT else 12.0)
        yield FormColumn("score", "得分", _WIDTHS["score"])
        return
    for number in range(1, depth + 1):
        yield FormColumn(f"level{number}", LEVEL_NAMES[number - 1], _NAME_WIDTHS["level"])
        yield FormColumn(f"points{number}", "分值", _NAME_WIDTHS["points"])
    for shows in _ROW_COLUMNS:
        heading = LEVEL_NAMES[depth] if shows == "name" else _HEADINGS[shows]
        if shows != "evidence" or material.evidence:
            yield FormColumn(shows, heading, _WIDTHS[shows])


def _default_head(head: Sequence[Field]) -> Iterator[HeadBlock]:
    """The unit's name with whatever is short; then the texts, then the amounts."""
    yield HeadBlock(Block.BAND, "基本情况")
    short = [field for field in head if field.type not in (FieldType.TEXT, FieldType.AMOUNT)]
    facts = (Fact("单位名称", stamp="unit_name"), *(Fact(field.label, field.id) for field in short))
    yield HeadBlock(Block.FACTS, facts=facts)
    texts = tuple(field.id for field in head if field.type is FieldType.TEXT)
    if texts:
        yield HeadBlock(Block.TEXTS, fields=texts)
    amounts = tuple(field.id for field in head if field.type is FieldType.AMOUNT)
    if amounts:
        yield HeadBlock(Block.AMOUNTS, "金额", fields=amounts)
