"""Findings as values: their words, and how equal ones are shown together."""

from __future__ import annotations

import pytest

from perfeval_xl.cells import Cell
from perfeval_xl.findings import KINDS, Finding, FindingGroup, Severity, finding, grouped, places

D5, D7, I12 = Cell("基础数据", "D5"), Cell("基础数据", "D7"), Cell("自评表", "I12")


def weights(cell: Cell | None = None, actual: str = "9.9") -> Finding:
    return finding("weights-off", cell=cell, indicator="a", name="某项", label="权重", expected="10", actual=actual)


def test_a_finding_is_filled_from_its_words() -> None:
    assert weights(D5) == Finding(
        "weights-off", Severity.ERROR, "某项：各行权重合计 9.9，应为 10。请调整权重。", D5, "a", "10", "9.9"
    )
    assert finding("weights-off", name="某项", label="权重").expected is None


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(KeyError):
        finding("no-such-code")


def test_the_place_is_printed_in_front() -> None:
    assert str(weights(D5)) == "基础数据!D5 某项：各行权重合计 9.9，应为 10。请调整权重。"
    assert str(weights()) == "某项：各行权重合计 9.9，应为 10。请调整权重。"


def test_equal_messages_are_shown_once_with_all_their_cells() -> None:
    groups = grouped([weights(D5), weights(actual="8"), weights(I12), weights(D5), weights(D7), weights()])
    assert groups == [FindingGroup(weights(D5), (D5, I12, D7)), FindingGroup(weights(actual="8"), ())]
    assert [str(group) for group in groups] == [
        "基础数据!D5、D7；自评表!I12 某项：各行权重合计 9.9，应为 10。请调整权重。",
        "某项：各行权重合计 8，应为 10。请调整权重。",
    ]


def test_places_name_each_sheet_once() -> None:
    assert places([D5, I12, D7]) == "基础数据!D5、D7；自评表!I12"
    assert places([]) == ""


def test_severities_have_their_word() -> None:
    assert [each.label for each in Severity] == ["错误", "提醒", "说明"]
    assert all(kind.severity in Severity and kind.meaning for kind in KINDS.values())
