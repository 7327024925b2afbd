"""Formulas, error values and pictures where a value belongs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from perfeval_xl.entries import Entry, read_entry
from perfeval_xl.entries.formulas import is_external, is_picture
from perfeval_xl.scheme.answers import Answer, Value
from perfeval_xl.scheme.fields import Field
from tests.entrykit import CELL, COUNT, DAY, NATURE, PERCENT, TEXT, WAN, YESNO, taken, typed

D = Decimal


def calculated(
    field: Field, found: object, formula: str = "SUM(B2:B9)", *, saved: bool = True, error: str = ""
) -> Answer:
    return read_entry(field, Entry(found, formula=formula, saved=saved, error=error), CELL)


@pytest.mark.parametrize(
    ("field", "found", "value", "code"),
    [
        (WAN, 5.0, D(5), "formula-in-input"), (WAN, "364.75万元", D("364.75"), "formula-in-input"), (WAN, "5元", D("0.0005"), "formula-in-input"),
        (WAN, "无", D(0), "formula-in-input"), (PERCENT, 0.98, D("0.98"), "formula-in-input"), (YESNO, "是", True, "formula-in-input"),
        (YESNO, True, True, "formula-in-input"), (NATURE, "≧", "≥", "formula-in-input"), (DAY, date(2024, 3, 15), date(2024, 3, 15), "formula-in-input"),
        (DAY, 45366, date(2024, 3, 15), "formula-in-input"), (TEXT, "甲\x01", "甲", "formula-in-input"), (TEXT, "甲" * 11, "甲" * 11, "text-too-long"),
        (WAN, "", None, None), (TEXT, "—", None, None), (WAN, "约5", None, "not-a-number"), (WAN, -5, None, "out-of-range"),
        (PERCENT, 98, None, "percent-ambiguous"), (DAY, "3月", None, "not-a-date"), (DAY, "3月15日", None, "date-ambiguous"), (COUNT, "/", None, "placeholder"),
        (YESNO, "也许", None, "not-a-choice"), (WAN, "#REF!", None, "error-value"),
    ],
)  # fmt: skip
def test_a_formulas_result_is_read_like_any_value_and_reported(
    field: Field, found: object, value: Value | None, code: str | None
) -> None:
    assert taken(calculated(field, found)) == (value, code)


def test_the_raw_text_is_the_formula_where_the_formula_is_the_point() -> None:
    assert calculated(WAN, 5.0).raw == "=SUM(B2:B9)"
    assert calculated(WAN, "").raw == "=SUM(B2:B9)"
    assert calculated(WAN, "约5").raw == "约5"
    assert calculated(WAN, -5).raw == "-5"
    assert calculated(WAN, "", saved=False).raw == "=SUM(B2:B9)"
    assert calculated(WAN, 5, "[1]a!B2").raw == "=[1]a!B2"


def test_a_formula_without_its_result() -> None:
    assert taken(calculated(WAN, "", saved=False)) == (None, "formula-not-calculated")
    assert taken(read_entry(WAN, Entry("", saved=False), CELL)) == (None, None)  # as issued: a blank


@pytest.mark.parametrize("text", ["=SUM(B2:B9)", " =5+3", "＝B2", "=B2"])
def test_a_formula_that_stands_there_as_text_was_never_calculated(text: str) -> None:
    code = "not-a-number" if text.startswith("＝") else "formula-not-calculated"
    assert taken(typed(WAN, text)) == (None, code)
    assert typed(TEXT, text.strip()[:10]).value == text.strip()[:10]
    for field in (COUNT, DAY, YESNO, NATURE):
        assert typed(field, "=B2").problem == "formula-not-calculated"


@pytest.mark.parametrize("field", [WAN, DAY, YESNO, TEXT])
def test_an_error_value_says_which(field: Field) -> None:
    for error in ("#DIV/0!", "#REF!", "#SPILL!", "#GETTING_DATA", "Err:502", "#未知"):
        for entry in (
            Entry("", error=error),
            Entry("", formula="1/0", error=error),
            Entry("", formula="[1]a!B2", error=error),
        ):
            answer = read_entry(field, entry, CELL)
            assert answer == Answer(field.id, None, error, CELL, "error-value")


@pytest.mark.parametrize("field", [WAN, DAY, YESNO, NATURE, TEXT])
@pytest.mark.parametrize(
    "formula",
    [
        'DISPIMG("ID_1",1)',
        '_xlfn.DISPIMG("ID_1",1)',
        'dispimg ("ID_1",1)',
        'IF(A1,DISPIMG("ID",1),"")',
        '_xlfn.IMAGE("x")',
    ],
)
def test_a_picture_in_a_cell(field: Field, formula: str) -> None:
    assert taken(calculated(field, "", formula)) == (None, "picture-in-cell")
    assert taken(calculated(field, "", formula, error="#NAME?")) == (None, "picture-in-cell")
    assert taken(calculated(field, "", formula, saved=False)) == (None, "picture-in-cell")
    assert taken(calculated(field, f"={formula}", "")) == (None, "picture-in-cell")  # a formula whose text is elsewhere
    answer = typed(field, f"={formula}")
    assert (*taken(answer), answer.raw) == (None, "picture-in-cell", f"={formula}")


@pytest.mark.parametrize("formula", ['"DISPIMG("&A1', "MYDISPIMG(1)", "IMAGES(1)", "SUM(A1)"])
def test_what_is_no_picture(formula: str) -> None:
    assert not is_picture(formula)


def test_a_text_may_speak_of_pictures() -> None:
    assert typed(TEXT, "DISPIMG()").value == "DISPIMG()"


@pytest.mark.parametrize(
    "formula",
    ["[1]Sheet1!A1", "[1]自评表!$A$1+2", "SUM([2]Sheet1!A1:A3)", "[1]!合计", "'[1]自 评表'!A1", "'[1]a''b'!A1", "[预算.xlsx]Sheet1!A1", r"'C:\表\[a.xlsx]S'!A1",
     r"'C:\表\a.xlsx'!合计", "'file:///C:/a.ods'#$Sheet1.A1", "'http://x/[a.xlsx]S'!A1", "cmd|'/c calc'!A0", "Excel|'a.xls'!R1C1", 'WEBSERVICE("http://x")',
     '_xlfn.WEBSERVICE("x")', 'RTD("a",,"b")', '1+[1]S!A1&"x"'],
)  # fmt: skip
def test_what_comes_from_elsewhere(formula: str) -> None:
    assert is_external(formula)
    assert taken(calculated(WAN, 5.0, formula)) == (None, "external-value")
    assert taken(calculated(TEXT, "甲", formula, saved=False)) == (None, "external-value")


@pytest.mark.parametrize(
    "formula",
    ["SUM(A1:A3)", "基础数据!A1", "'基础 数据'!A1", "'a!b'!A1", "表1[合计]+1", "表1[[#This Row],[合计]]", "SUM(表1[a],表1[b])", '"[1]S!A1"', "'甲|乙'!A1",
     '"a|b"', "INDEX(A1:A3,1)", "IF(A1=\"C:\\a.xlsx\",1,0)", "'汇总.2024'!A1", "WORD(1)", "[@合计]*2"],
)  # fmt: skip
def test_what_comes_from_the_same_workbook(formula: str) -> None:
    assert not is_external(formula)
    assert taken(calculated(WAN, 5.0, formula)) == (D(5), "formula-in-input")
