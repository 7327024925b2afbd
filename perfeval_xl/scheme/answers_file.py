"""Answers files: a unit's answers as JSON, for samples, tests and prefilled forms.

One object, field id → value: yes/no as true or false, dates ISO (2024-03-15), percent as the fraction, numbers as JSON
numbers or as texts ("478,786.50"), null for blank. An annex table is a list of row objects under the table's id, row by
row from the first; the ids of single cells (goals_r01_target) are accepted too. A key that starts with "_" is a
comment. A field that is left out is as the blank form is issued. Wrong data is welcome (a number out of bounds, text
where a number belongs): it becomes an answer with its problem, as if a clerk had typed it. A mistake in the file itself
is an error; so is an answer for a cell that the bureau has fixed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from perfeval_xl.errors import AnswersError
from perfeval_xl.numbers import read_number
from perfeval_xl.scheme.admit import admit, constant, show
from perfeval_xl.scheme.answers import Answer, Answers, Value
from perfeval_xl.scheme.fields import NO, YES, Field, FieldType, Table
from perfeval_xl.scheme.model import Scheme


def read_answers(text: str, scheme: Scheme) -> Answers:
    """The answers in a JSON text, one for every field of ``scheme``.

    AnswersError lists, each with its key path: unknown keys, keys given twice, more rows than a table has, values of a
    kind that their field cannot take.
    """
    problems: list[str] = []
    given = dict(_flattened(_parsed(text, problems), scheme, problems))
    answers = []
    for field in scheme.fields.values():
        if field.id in scheme.constants:
            answers.append(constant(field, scheme.constants[field.id]))
        else:
            path, value = given.get(field.id, (field.id, field.issued))
            answers.append(_answer(field, value, path, problems))
    if problems:
        raise AnswersError("\n".join(problems))
    return Answers(answers)


def _parsed(text: str, problems: list[str]) -> Mapping[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                problems.append(f"{key}：出现了两次，请只留一处")
            found[key] = value
        return found

    def refused(word: str) -> Decimal:
        problems.append(f"{word} 不是可用的数值，请改为数字或 null")
        return Decimal(0)

    try:
        content = json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=refused, object_pairs_hook=once
        )
    except json.JSONDecodeError as error:
        raise AnswersError(f"第 {error.lineno} 行第 {error.colno} 列不是正确的 JSON：{error.msg}") from error
    except RecursionError as error:
        raise AnswersError("JSON 嵌套层数过多") from error
    if not isinstance(content, dict):
        raise AnswersError("最外层应为一个对象：{字段: 值, …}")
    return content


def _flattened(
    content: Mapping[str, Any], scheme: Scheme, problems: list[str]
) -> Iterator[tuple[str, tuple[str, Any]]]:
    """(field id, (key path, JSON value)) for everything given; what has no field is noted in ``problems``."""
    seen: dict[str, str] = {}
    for key, value in content.items():
        if key.startswith("_"):
            continue
        table = scheme.table.get(key)
        found = [(key, key, value)] if table is None else list(_table_cells(table, value, problems))
        for field_id, path, each in found:
            if field_id not in scheme.fields:
                problems.append(f"{path}：本方案没有这个字段，请核对拼写")
            elif field_id in scheme.constants:
                fixed = show(scheme.fields[field_id], scheme.constants[field_id])
                problems.append(f"{path}：这一格由主管部门固定为“{fixed}”，不由单位填写，请删去")
            elif field_id in seen:
                problems.append(f"{path}：与 {seen[field_id]} 是同一单元格，请只留一处")
            else:
                seen[field_id] = path
                yield field_id, (path, each)


def _table_cells(table: Table, rows: Any, problems: list[str]) -> Iterator[tuple[str, str, Any]]:
    """(field id, key path, JSON value) for the cells of a list of row objects."""
    if rows is None:
        return
    if not isinstance(rows, list):
        problems.append(f"{table.id}：应为各行的列表")
        return
    if len(rows) > table.rows:
        problems.append(f"{table.id}：有 {len(rows)} 行，最多 {table.rows} 行")
    for number, row in enumerate(rows[: table.rows], start=1):
        where = f"{table.id}[{number}]"
        if row is None:
            continue
        if not isinstance(row, dict):
            problems.append(f"{where}：应为一个对象：{{列: 值, …}}")
            continue
        for column, value in row.items():
            if not column.startswith("_"):
                yield table.field_id(number, column), f"{where}.{column}", value


def _answer(field: Field, value: Any, path: str, problems: list[str]) -> Answer:
    """One JSON value as an answer; a value of a kind that no one could type into the cell is noted in ``problems``."""
    if value is None:
        return Answer(field.id, None)
    if isinstance(value, str):
        return admit(field, _typed(field, value), value, None)
    if isinstance(value, bool) and field.type is FieldType.YESNO:
        return admit(field, value, YES if value else NO, None)
    if isinstance(value, Decimal) and field.type.numeric:
        return admit(field, value, f"{value:f}", None)
    problems.append(f"{path}：应为{_WANTED.get(field.type, '数字')}，现为 {_brief(value)}")
    return Answer(field.id, None)


_WANTED = {
    FieldType.YESNO: " true 或 false",
    FieldType.DATE: '日期，如 "2024-03-15"',
    FieldType.TEXT: "文字",
    FieldType.CHOICE: "选项中的文字",
}


def _typed(field: Field, value: str) -> Value:
    """A text as the kind of value that ``field`` takes; it stays text where it is none, for admit to name."""
    if field.type.numeric:
        number = read_number(value)
        return value if number is None else number
    if field.type is FieldType.DATE:
        plain = value.strip()
        try:
            day = date.fromisoformat(plain)
        except ValueError:
            return value
        return day if day.isoformat() == plain else value  # not 20240315 nor 2024-W11-5
    return value


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return "一个对象"
    if isinstance(value, list):
        return "一个列表"
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_answers(answers: Answers, scheme: Scheme) -> str:
    """``answers`` as a JSON text that read_answers reads back to the same values and problems.

    Blank fields are left out; numbers are written as texts, exactly; what could not be used as it was typed.
    """
    content: dict[str, Any] = {}
    for field in scheme.fields.values():
        if field.id not in scheme.table_of and (not answers[field.id].blank or field.issued is not None):
            content[field.id] = _json_value(answers[field.id])
    for table in scheme.tables:
        rows = [_json_row(answers, table, row, scheme.constants) for row in range(1, table.rows + 1)]
        while rows and not rows[-1]:
            rows.pop()
        if rows:
            content[table.id] = rows
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _json_row(answers: Answers, table: Table, row: int, constants: Collection[str]) -> dict[str, Any]:
    ids = {column.id: table.field_id(row, column.id) for column in table.columns}
    cells = {column: answers[field_id] for column, field_id in ids.items() if field_id not in constants}
    return {
        name: _json_value(answer)
        for name, answer in cells.items()
        if not answer.blank or table.column[name].issued is not None
    }


def _json_value(answer: Answer) -> str | bool | None:
    value = answer.value
    if value is None:
        return answer.raw if answer.problem else None
    if isinstance(value, bool | str):
        return value
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat()
