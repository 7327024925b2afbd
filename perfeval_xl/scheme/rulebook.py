"""The rule book: a scheme written out in Chinese Markdown, for those who fill the form and those who review it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from perfeval_xl.numbers import show_number, show_percent, step
from perfeval_xl.scheme.admit import show
from perfeval_xl.scheme.fields import Condition, Constant, Field, FieldType, NotApplicable, RollUp, Table
from perfeval_xl.scheme.model import Indicator, NarrativeSection, Reading, Scheme

ROLL_UP = {
    RollUp.OWN: "主管部门自填",
    RollUp.SUM: "各单位合计",
    RollUp.ALL: "各单位均为“是”才为“是”",
    RollUp.ANY: "有一个单位为“是”即为“是”",
    RollUp.ROSTER: "名册中的单位数",
    RollUp.RETURNED: "已交表并受理的单位数",
}
_FIELD_HEADS = ("填报项", "名称", "类型", "单位", "所属期", "填报要求", "汇总方式")


def rule_book(scheme: Scheme) -> str:
    """The whole rule book as Markdown, ending in a line break. The same scheme gives the same text."""
    chapters = [
        ("依据", _bullets(scheme.legal_basis)),
        ("分值", _points(scheme)),
        ("评价等级", _grades(scheme)),
        ("部门基本情况", _fields(scheme.head)),
        ("各项指标", _indicators(scheme)),
        ("附表", _tables(scheme.tables)),
        ("自评说明", _narrative(scheme.narrative, 3)),
        ("表内勾稽关系", _bullets(check.explain() for check in scheme.checks)),
        ("口径", _readings(scheme)),
        ("对原表的更正", _corrections(scheme)),
        ("休假日", _calendar(scheme)),
    ]
    if scheme.earlier:
        chapters.append(("可以受理的较早版本", _earlier(scheme)))
    written = [(title, lines) for title, body in chapters if (lines := list(body))]
    lines = list(_opening(scheme))
    for number, (title, body) in enumerate(written, start=1):
        lines += ["", f"## {_numeral(number)}、{title}", "", *body]
    return "\n".join(lines) + "\n"


def _opening(scheme: Scheme) -> Iterator[str]:
    yield f"# {scheme.title}（{scheme.year}年度）评分规则"
    yield ""
    yield "<!-- 由 perfeval scheme doc 根据方案文件生成，请勿直接修改。 -->"
    yield ""
    yield from _bullets(
        (
            f"方案：`{scheme.id}`，版本 {scheme.version}",
            f"主管部门：{scheme.authority}；所属单位使用《{scheme.unit_title}》，格式和规则相同",
            f"来源：{scheme.source}",
            scheme.note,
        )
    )
    yield ""
    total = "总分为各行得分之和"
    if scheme.not_applicable is NotApplicable.EXCLUDED:
        points = show_number(scheme.points)
        total = f"不适用的行不计入总分，总分 = 其余各行得分之和 × {points} ÷ 其余各行分值之和，四舍五入到同一位"
    yield (
        f"得分一律按原始数据计算，比率不先作四舍五入；每行得分四舍五入到 {show_number(step(scheme.places))} 分，{total}。"
        "空白既不算 0，也不算满分：未填的一行得分待定，总分给出上下限。"
    )


def _points(scheme: Scheme) -> Iterator[str]:
    numbers = row_numbers(scheme)
    rows = []
    for each in scheme.indicators:
        above = (f"{level.name}（{show_number(level.points)}）" for level in scheme.levels_above(each))
        name = f"{numbers[each.code]}. {each.name}"
        rows.append((*above, name, show_number(each.points), f"`{each.code}`"))
    rows.append(("总分", *[""] * scheme.depth, show_number(scheme.points), ""))
    yield from markdown_table((*scheme.level_names, "分值", "代码"), rows)


def _grades(scheme: Scheme) -> Iterator[str]:
    yield from markdown_table(("等级", "得分"), [(grade.name, grade.text) for grade in scheme.grades])


def _indicators(scheme: Scheme) -> Iterator[str]:
    numbers = row_numbers(scheme)
    for place, each in enumerate(scheme.indicators):
        if place:
            yield ""
        yield from _indicator(scheme, each, numbers[each.code])


def _indicator(scheme: Scheme, indicator: Indicator, number: str) -> Iterator[str]:
    yield f"### {number}. {indicator.name}（{show_number(indicator.points)} 分）"
    yield ""
    facts = [f"代码 `{indicator.code}`，属于“{' › '.join(indicator.path)}”"]
    if indicator.basis:
        facts.append(f"依据：{indicator.basis}")
    if indicator.may_be_not_applicable:
        facts.append(
            f"本单位没有此类事项的，可在 `{indicator.applicable_id}` 选“不适用”，{_waived(scheme)}，并须说明理由"
        )
    yield from _bullets(facts)
    yield from ("", f"**指标解释**　{indicator.interpretation}", "", "**评分标准**", "")
    yield from _quoted(indicator.criteria)
    if indicator.fields:
        yield from ("", "**录入项**", "")
        yield from _fields(indicator.fields)
    yield from ("", "**计分方法**", "")
    yield from _bullets(indicator.rule.explain(indicator.points))
    readings = [reading for reading in scheme.readings if indicator.code in reading.indicators]
    if readings:
        yield from ("", "**口径**", "")
        yield from _bullets(f"“{reading.clause}”：{reading.text}（`{reading.id}`）" for reading in readings)


def _waived(scheme: Scheme) -> str:
    return "得满分" if scheme.not_applicable is NotApplicable.FULL else scheme.waived


def _readings(scheme: Scheme) -> Iterator[str]:
    if not scheme.readings:
        return
    yield "条款有不同理解的，采用下列口径。列有“另一种口径”的，可在自评任务的设置中改选。"
    for reading in scheme.readings:
        yield from ("", f"### `{reading.id}`", "")
        yield from _bullets(_reading(scheme, reading))


def _reading(scheme: Scheme, reading: Reading) -> Iterator[str]:
    names = dict.fromkeys(scheme.indicator[code].name for code in reading.indicators)
    yield f"适用：{'、'.join(names) or '全部指标'}"
    yield f"条款：{reading.clause}"
    yield f"采用：{reading.text}{f'（`{reading.chosen}`）' if reading.options else ''}"
    yield f"理由：{reading.why}"
    yield f"出处：{reading.source}"
    for option in reading.options:
        if option.id != reading.chosen:
            yield f"另一种口径：{option.text}（`{option.id}`）"


def _tables(tables: Sequence[Table]) -> Iterator[str]:
    for place, table in enumerate(tables):
        if place:
            yield ""
        yield f"### {table.title}（`{table.id}`，{table.rows} 行）"
        yield ""
        yield f"第 3 行“{table.columns[0].label}”的填报项为 `{table.field_id(3, table.columns[0].id)}`，其余类推。"
        yield ""
        yield from _fields(table.columns)
        if table.fixed:
            yield ""
            yield "下列各格由主管部门固定，单位不填："
            yield ""
            yield from _bullets(_fixed(table, row, values) for row, values in table.fixed.items())


def _fixed(table: Table, row: int, values: Mapping[str, Constant]) -> str:
    given = (f"{table.column[column].label}“{show(table.column[column], value)}”" for column, value in values.items())
    return f"第 {row} 行：{'，'.join(given)}"


def _narrative(sections: Iterable[NarrativeSection], depth: int) -> Iterator[str]:
    for place, section in enumerate(sections):
        if place:
            yield ""
        yield f"{'#' * depth} {section.heading}"
        if section.fields:
            yield ""
            yield from _fields(section.fields)
        if section.sections:
            yield ""
            yield from _narrative(section.sections, depth + 1)


def _corrections(scheme: Scheme) -> Iterator[str]:
    if not scheme.corrections:
        return
    yield "指标解释和评分标准照录原表，只更正下列各处。"
    yield ""
    rows = [(each.where, each.printed, each.corrected, each.why) for each in scheme.corrections]
    yield from markdown_table(("位置", "原文", "更正为", "理由"), rows)


def _calendar(scheme: Scheme) -> Iterator[str]:
    """The days that are not what their weekday says; other weekends are closed."""
    closed = set(scheme.closed_days)
    yield f"周末为休息日，另按{scheme.calendar_source}："
    for year in sorted({day.year for day in closed}):
        days = [date(year, 1, 1) + timedelta(number) for number in range(366)]
        days = [day for day in days if day.year == year]
        holidays = [day for day in days if day.weekday() < 5 and day in closed]
        worked = [day for day in days if day.weekday() >= 5 and day not in closed]
        yield ""
        yield f"- {year}年放假的工作日：{_days(holidays)}"
        yield f"- {year}年上班的周末：{_days(worked)}"


def _days(days: Iterable[date]) -> str:
    return "、".join(f"{day.month}月{day.day}日" for day in days) or "无"


def _fields(fields: Sequence[Field]) -> Iterator[str]:
    """A table of fields; columns that say nothing for any of them are left out."""
    rows = [
        (
            f"`{field.id}`",
            field.label,
            field.type.word,
            field.unit,
            field.period,
            "".join((_limits(field), field.hint, _when(field.when))),
            ROLL_UP[field.roll_up] if any(each.roll_up is not RollUp.OWN for each in fields) else "",
        )
        for field in fields
    ]
    kept = [place for place in range(len(_FIELD_HEADS)) if any(row[place] for row in rows)]
    yield from markdown_table([_FIELD_HEADS[place] for place in kept], [[row[place] for place in kept] for row in rows])


def _limits(field: Field) -> str:
    """What the field admits beyond its type, and whether it may stay blank."""
    words = []
    if field.options:
        words.append(f"可选 {' / '.join(field.options)}")
    if field.type.numeric and field.high is not None:
        low = "" if field.low is None else f"{_show(field, field.low)} 至 "
        words.append(f"{low or '不超过 '}{_show(field, field.high)}")
    if field.never:
        words.append(f"日期或“{field.never}”")
    if field.max_length is not None:
        words.append(f"{field.max_length} 字以内")
    if not field.required:
        words.append("可不填")
    return f"（{'；'.join(words)}）" if words else ""


def _show(field: Field, bound: Decimal | date | None) -> str:
    if not isinstance(bound, Decimal):
        return str(bound)
    return show_percent(bound, 0) if field.type is FieldType.PERCENT else show_number(bound)


def _when(when: Condition | None) -> str:
    if when is None:
        return ""
    return f"仅在 `{when.field}` {'大于 0 ' if when.positive else f'为“{when.equals}”'}时填写。"


def row_numbers(scheme: Scheme) -> dict[str, str]:
    """The running number of each row's third-level indicator; rows that share one are told apart: 12（1）, 12（2）."""
    keys = [(*each.path, each.name) for each in scheme.indicators]
    order = list(dict.fromkeys(keys))
    numbers = {}
    for place, (key, each) in enumerate(zip(keys, scheme.indicators, strict=True)):
        number = str(order.index(key) + 1)
        numbers[each.code] = f"{number}（{keys[:place].count(key) + 1}）" if keys.count(key) > 1 else number
    return numbers


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; cells may hold any text."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(_escaped(cell) for cell in row)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


def _earlier(scheme: Scheme) -> Iterator[str]:
    yield "下列版本的表格不再下发，交回的仍可受理：改了名称的填报项按对照读取，其余同名的照读，并逐份说明。"
    yield ""
    for each in scheme.earlier:
        renamed = "、".join(f"`{old}` → `{new}`" for old, new in each.renamed.items())
        facts = (each.note, f"名称对照：{renamed}" if renamed else "名称没有变动")
        yield f"- `{each.scheme}` {each.version}（{each.year}年度）：{'；'.join(filter(None, facts))}"


def _quoted(text: str) -> Iterator[str]:
    """A block quote that shows the text as it stands, line by line (two blanks at the end keep a break)."""
    lines = [_literal(line) for line in text.splitlines()]
    yield from (f"> {line}  " for line in lines[:-1])
    yield from (f"> {line}" for line in lines[-1:])


def _literal(line: str) -> str:
    """The line with what Markdown would take as its own marked: emphasis, tags, a list's number."""
    plain = line.replace("*", "\\*").replace("<", "&lt;")
    return re.sub(r"^(\d+)\.", r"\1\\.", plain)


def _bullets(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"- {line}"


def _numeral(number: int) -> str:
    """1 → 一, 11 → 十一; chapters only, below 20."""
    digits = "一二三四五六七八九"
    return digits[number - 1] if number < 10 else "十" + (digits[number - 11] if number > 10 else "")
