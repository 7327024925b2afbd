"""The pieces that formulas are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from perfeval_xl.cells import Cell
from perfeval_xl.scheme.admit import admit
from perfeval_xl.scheme.fields import NO, YES, Field
from perfeval_xl.scheme.rules.expr import Refs, any_of, constant, every, text, total, usable
from tests.engines import IronBook
from tests.rulekit import FIRST, LAST, D, amount, choice, count, day, percent, yesno
from tests.rulekit import text as text_field

FIELDS = [
    amount("x"), replace(amount("x"), low=None), replace(amount("x"), high=None), replace(amount("x"), low=None, high=None),
    count("x"), replace(count("x"), high=D(3)), percent("x"), day("x"), replace(day("x"), low=None), replace(day("x"), high=None),
    replace(day("x"), low=None, high=None), day("x", "未公开"), yesno("x"), choice("x", "甲"), choice("x", "甲", "乙"), text_field("x"),
]  # fmt: skip
NUMBERS = [
    "-2000000",
    "-1",
    "-0.01",
    "0",
    "0.01",
    "0.5",
    "1",
    "2.5",
    "3",
    "4",
    "5",
    "5.01",
    "2000000",
    "2000000.01",
    "2000001.5",
    "1e12",
]
DAYS = [FIRST - timedelta(1), FIRST, LAST, LAST + timedelta(1)]
WORDS = ["甲", "乙", "未公开", "无", YES, NO]


@pytest.mark.parametrize("field", FIELDS, ids=[f"{each.type}-{number}" for number, each in enumerate(FIELDS)])
def test_a_cell_is_usable_exactly_when_the_reader_takes_a_value_from_it(field: Field, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    sheet = book.add_worksheet("表")
    book.define_name("x", "=表!$A$1")
    book.define_name("shown", "=表!$B$1")
    sheet.write_formula("B1", f"=IF({usable(field, 'x')},1,0)")
    book.close()
    iron = IronBook(tmp_path / "book.xlsx")
    for number in NUMBERS if field.type.numeric or field.choices else []:
        iron.put({"x": float(number)})
        admitted = admit(field, D(number), number, Cell("表", "A1")).value
        assert iron.values(["shown"])["shown"] == (admitted is not None), number
    for word in WORDS:
        iron.put({"x": word})
        value = {YES: True, NO: False}.get(word, word) if field == yesno("x") else word
        assert iron.values(["shown"])["shown"] == (admit(field, value, word, None).value is not None), word
    for on in DAYS if field == replace(day("x"), low=field.low, high=field.high, never=field.never) else []:
        iron.put({"x": on})
        assert iron.values(["shown"])["shown"] == (admit(field, on, str(on), None).value is not None), on
    iron.put({"x": None})
    assert iron.values(["shown"])["shown"] == 0


def test_constants_are_plain_digits() -> None:
    assert [constant(each) for each in (D("0.50"), D("1E+3"), 7, D("0.0000001"))] == ["0.5", "1000", "7", "0.0000001"]
    assert constant(date(2024, 1, 1)) == "45292"


def test_quotes_in_a_text_are_doubled() -> None:
    assert text('所谓"双"') == '"所谓""双"""'


def test_one_part_needs_no_function() -> None:
    assert (every(["a"]), any_of(["a"]), total(["a"])) == ("a", "a", "a")
    assert (every(["a", "b"]), any_of(["a", "b"]), total(["a", "b"])) == ("AND(a,b)", "OR(a,b)", "SUM(a,b)")


@pytest.mark.parametrize("field", [amount("x"), percent("x"), count("x")], ids=lambda field: str(field.type))
def test_a_formula_rounds_a_number_as_the_reader_does(field: Field, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    sheet = book.add_worksheet("表")
    book.define_name("x", "=表!$A$1")
    book.define_name("shown", "=表!$B$1")
    sheet.write_formula("B1", f"={Refs({'x': field}).number('x')}")
    book.close()
    iron = IronBook(tmp_path / "book.xlsx")
    for number in (
        "0",
        "1",
        "2",
        "0.000001499",
        "0.0000015",
        "0.00000149",
        "0.000000004999999999",
        "0.30000000000000004",
    ):
        value = admit(field, D(number), number, None).value
        iron.put({"x": float(number)})
        assert value is None or iron.values(["shown"])["shown"] == float(str(value)), number
