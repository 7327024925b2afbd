"""What a cell of an authoring workbook accepts: a drop-down, a range of numbers, or a prompt alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.catalogue import Column, Sheet
from perfeval_xl.authoring.rules_words import Sort
from perfeval_xl.excel.validations import MESSAGE_LENGTH, TITLE_LENGTH
from perfeval_xl.scheme.fields import NO, YES

_FAR = 600  # rows that a drop-down out of another sheet looks at
_LIST_LENGTH = 255  # signs that a drop-down's own words may take, commas counted
_SOURCES = {
    ("录入项", "owner"): "指标!$B$4:$B${last}",
    ("评分规则", "code"): "指标!$B$4:$B${last}",
    ("口径参数", "code"): "指标!$B$4:$B${last}",
    ("口径参数", "reading"): "口径!$B$4:$B${last}",
    ("指标", "level1"): "分级!$B$4:$B${last}",
    ("指标", "level2"): "分级!$C$4:$C${last}",
    ("录入项", "when.field"): "录入项!$D$4:$D${last}",
    ("勾稽", "indicator"): "指标!$B$4:$B${last}",
}
"""Columns whose cells are chosen out of a column of another sheet."""
_RULE_FIELDS = "录入项!$D$4:$D${last}"


def cell_rule(sheet: Sheet, column: Column, sort: Sort, words: Mapping[str, str]) -> dict[str, Any] | None:
    """xlsxwriter's options for the cells of a column; None where there is nothing to say or to choose.

    A choice and a number are held to, a reference only advised: what it refers to may be typed later.
    """
    rule = _criteria(sheet, column, sort, words)
    if column.note:
        rule = {**(rule or {"validate": "any"}), **_prompt(column)}
    return rule


def added_value(parameter: str, kinds: str) -> dict[str, Any]:
    """The rule for the content of a rule's row that is still to be written: the kinds (``kinds``, an area) or the inputs
    to choose from, by what its cell ``parameter`` says; anything else may be typed too."""
    source = f'=IF({parameter}="{catalogue.KIND}",{kinds},{_RULE_FIELDS.replace("{last}", str(_FAR))})'
    return {"validate": "list", "source": source, "show_error": False}


def _criteria(sheet: Sheet, column: Column, sort: Sort, words: Mapping[str, str]) -> dict[str, Any] | None:
    source = _SOURCES.get((sheet.name, column.key))
    if source is None and sort is Sort.ID and sheet in (catalogue.RULES, catalogue.CHANGES) and column.key == "value":
        source = _RULE_FIELDS
    if source is not None:
        return _chosen(source.replace("{last}", str(_FAR)), "warning")
    listed = [YES, NO] if sort is Sort.FLAG else [word for word in dict.fromkeys(words.values()) if word]
    if sort in (Sort.FLAG, Sort.CHOICE) and listed and len(",".join(listed)) <= _LIST_LENGTH:
        return _chosen(listed, "stop")
    if sort is Sort.POINTS:
        return _between("decimal", 0, 1000, "请填数字，如 2 或 0.5，不要带“分”字。")
    if sort is Sort.PERCENT:
        return _between("decimal", 0, 10, "请填百分比，如 10%。")
    if sort is Sort.WHOLE:
        return _between("integer", 0, 1_000_000, "请填整数。")
    if sort is Sort.NUMBER:
        return _between("decimal", -1e13, 1e13, "请填数字。")
    if sort is Sort.DAY:
        rule = _between("date", 0, 0, "请填日期，如 2025-03-15。")
        return {**rule, "minimum": date(1990, 1, 1), "maximum": date(2099, 12, 31)}
    return None


def _chosen(source: str | list[str], strict: str) -> dict[str, Any]:
    message = "请从列表中选择。" if strict == "stop" else "列表中没有这一项。若稍后会补上，可以先写。"
    listed = f"={source}" if isinstance(source, str) else source
    return {"validate": "list", "source": listed, **_error(strict, message)}


def _between(kind: str, low: float, high: float, message: str) -> dict[str, Any]:
    return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high, **_error("stop", message)}


def _error(strict: str, message: str) -> dict[str, Any]:
    return {"error_type": strict, "error_title": "请核对", "error_message": message[:MESSAGE_LENGTH]}


def _prompt(column: Column) -> dict[str, Any]:
    return {"input_title": column.title[:TITLE_LENGTH], "input_message": column.note[:MESSAGE_LENGTH]}
