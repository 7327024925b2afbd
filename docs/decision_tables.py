"""The page docs/decision-tables.md: the cases of tests/decisions in tables that a finance officer can read.

What each case expects stands in its file, and the suite runs it; the arithmetic beside it is the scorer's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from perfeval_xl.findings import KINDS
from perfeval_xl.numbers import show_number, show_score
from perfeval_xl.scheme.fields import NO, YES, Field, FieldType, Table
from perfeval_xl.scheme.model import Reading, Scheme
from perfeval_xl.scheme.rulebook import markdown_table, row_numbers
from perfeval_xl.scheme.rules import applicability
from perfeval_xl.scheme.rules.bands import short_percent
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.rules.inputs import bare_label, show_amount
from tests.decisions import (
    Case,
    DecisionTable,
    Expected,
    Values,
    answers_of,
    decision_tables,
    named,
    scheme_under,
)

_RESULTS = {
    Result.SCORED: "计分",
    Result.NOT_APPLICABLE: "不适用，按满分计",
    Result.NEEDS_REVIEW: "须人工核定",
    Result.MISSING: "未填，得分待定",
}

_OPENING = """\
# 判定表

<!-- 由 docs/build.py 根据 tests/decisions/ 生成，请勿直接修改。 -->

每一行评分各列出若干情形：填了什么、得多少分、怎么算出来的。每个分档、扣分步长、上限、比重和期限，都有正好在界线上、
略低和略高三种情形。规则本身和条款依据见[评分手册](rulebook-{scheme}.md)。

- 除表前写明“各例共同填报”的以外，情形中没有写的一律留空；情形中写了的，以情形为准。
- “须人工核定”和“未填”的没有得分，既不算 0 分，也不算满分。
- 每个情形由程序和表格中的公式各算一遍，两者都与本页相符才能发布；“说明”一栏是程序给出的计算过程。"""


def decision_page() -> str:
    """The whole page as Markdown."""
    scheme = scheme_under()
    numbers = row_numbers(scheme)
    lines = [_OPENING.format(scheme=scheme.id), "", "## 一、各项指标"]
    for table in decision_tables():
        lines += ["", *_section(scheme, table, numbers)]
    lines += ["", "## 二、口径", "", *_readings(scheme, numbers)]
    return "\n".join(lines) + "\n"


def _section(scheme: Scheme, table: DecisionTable, numbers: Mapping[str, str]) -> Iterator[str]:
    rows = [scheme.indicator[code] for code in table.indicators]
    names = "、".join(dict.fromkeys(f"{numbers[each.code]}. {each.name}" for each in rows))
    yield f"### {names}（{'各 ' if len(rows) > 1 else ''}{show_number(rows[0].points)} 分）"
    yield ""
    code = table.indicators[0]
    if table.given:
        yield f"各例共同填报：{_shown(scheme, code, table.given)}。"
        yield ""
    yield from markdown_table(
        ("情形", "填报数据", "结果", "得分", "说明"),
        [
            (
                case.shows,
                _shown(scheme, code, case.own) or ("与共同填报的相同" if table.given else "全部留空"),
                _RESULTS[case.expected.result],
                _score(case.expected),
                _reasoning(scheme, code, case),
            )
            for case in table.cases
        ],
    )


def _score(expected: Expected) -> str:
    return "—" if expected.score is None else show_score(expected.score)


def _reasoning(scheme: Scheme, code: str, case: Case) -> str:
    """How the scorer came to the result, and what it remarks beside a score."""
    indicator = scheme.indicator[code]
    outcome = applicability.score(indicator, answers_of(scheme, code, case.answers))
    remarks = [KINDS[each].meaning for each in case.findings] if outcome.score is not None else []
    return f"{outcome.basis}（提示：{'、'.join(remarks)}）" if remarks else outcome.basis


# ---- answers in words


def _shown(scheme: Scheme, code: str, values: Values) -> str:
    """Answers by their labels: 应评估项目 3 项；已评估项目 2 项."""
    parts = []
    for name, value in named(scheme.indicator[code], values).items():
        table = scheme.table.get(name)
        parts.append(_stated(scheme.fields[name], value) if table is None else _rows(table, value))
    return "；".join(parts)


def _rows(table: Table, rows: list[Mapping[str, Any]]) -> str:
    """The rows of an annex, a line each where there are several."""
    shown = []
    for row in rows:
        words = [_stated(table.column[column], value) for column, value in row.items()]
        shown.append("，".join(words))
    numbered = [f"第 {number} 行：{each}" for number, each in enumerate(shown, start=1)]
    return "\n".join(numbered) if len(shown) > 1 else "".join(shown)


def _stated(field: Field, value: Any) -> str:
    label = bare_label(field)
    if value == "" or value is None:
        return f"{label} 留空"
    return f"{label} {_value(field, value)}"


def _value(field: Field, value: Any) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        return short_percent(number) if field.type is FieldType.PERCENT else show_amount(field, number)
    return f"“{value}”" if field.type is FieldType.TEXT else str(value)


# ---- readings


def _readings(scheme: Scheme, numbers: Mapping[str, str]) -> Iterator[str]:
    yield "条款有不同理解的，列出所用的口径和由它决定得分的情形；可以另选口径的，并列另选后的得分，有变化的用粗体。"
    yield ""
    rows = [line for reading in scheme.readings for line in _reading(scheme, reading, numbers)]
    yield from markdown_table(("口径", "情形", "现行口径得分", "另一口径得分"), rows)


def _reading(scheme: Scheme, reading: Reading, numbers: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """A line for each case of ``reading``; what the reading is stands in the first."""
    what = f"{reading.clause}\n采用：{reading.text}"
    options = {option.id: option.text.rstrip("。") for option in reading.options}
    for table in decision_tables():
        number = "、".join(numbers[code] for code in table.indicators)
        for case in table.cases:
            if case.reading == reading.id:
                now = _out(case.expected)
                others = [f"{_marked(_out(other), now)}（{options[other.option]}）" for other in case.others]
                yield what, f"{number}. {case.shows}", now, "\n".join(others) or "—"
                what = ""


def _marked(other: str, now: str) -> str:
    return other if other == now else f"**{other}**"


def _out(expected: Expected) -> str:
    return _RESULTS[expected.result] if expected.score is None else _score(expected)
