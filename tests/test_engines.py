"""The engines themselves, on a workbook small enough to be worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from tests import conftest
from tests.engines import EngineError, ErrorValue, Gnumeric, IronCalc, LibreOffice, named_values

FILLING = {
    "amount_wan": Decimal("364.75"),
    "unit_name": "花都区“第一”小学 ＆ 幼儿园",
    "approved_on": date(2024, 2, 29),
    "filled": None,
}
EXPECTED = {
    "doubled": 729.5,
    "greeting": "花都区“第一”小学 ＆ 幼儿园，您好",
    "deadline": 45371.0,
    "shown": "空",
    "ratio": 3647.5,
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Inputs in column A of 基础 数据, formulas in column B, whose cached values are all 0 and so wrong."""
    path = tmp_path / "小表.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("基础 数据")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_column("A1", [1, "某单位"])
        sheet.write_datetime("A3", date(2024, 1, 1), day)
        sheet.write("A4", 5)
        sheet.write("A5", Decimal("0.1"))
        formulas = ["A1*2", 'A2&"，您好"', "A3+20", 'IF(A4="","空","满")', "A1/A5"]
        for row, formula in enumerate(formulas):
            sheet.write_formula(row, 1, f"={formula}", day if row == 2 else None)
        for column, names in (
            ("A", ["amount_wan", "unit_name", "approved_on", "filled", "base"]),
            ("B", ["doubled", "greeting", "deadline", "shown", "ratio"]),
        ):
            for row, name in enumerate(names, 1):
                workbook.define_name(name, f"='基础 数据'!${column}${row}")
        workbook.define_name("both", "='基础 数据'!$A$1:$B$1")
        workbook.define_name("seal", '="abc"')
    return path


def test_libreoffice_sets_named_cells_and_recalculates(libreoffice: LibreOffice, book: Path, tmp_path: Path) -> None:
    out = libreoffice.recalculate(book, tmp_path / "out.xlsx", FILLING)
    assert named_values(out, EXPECTED) == EXPECTED
    assert named_values(out, ["unit_name", "filled"]) == {"unit_name": FILLING["unit_name"], "filled": None}
    approved = openpyxl.load_workbook(out)["基础 数据"]["A3"]
    assert approved.is_date and approved.value.date() == date(2024, 2, 29)


def test_libreoffice_evaluates_filling_after_filling(libreoffice: LibreOffice, book: Path) -> None:
    before = book.read_bytes()
    got = libreoffice.evaluate(book, [FILLING, {"base": 0}, {"base": 2, "filled": "无"}], [*EXPECTED, "filled", "both"])
    rest = {"filled": None, "both": 364.75}
    assert got[0] == {**EXPECTED, **rest}
    assert got[1] == {**EXPECTED, **rest, "ratio": ErrorValue("#DIV/0!")}
    assert got[2] == {**EXPECTED, **rest, "ratio": 182.375, "shown": "满", "filled": "无"}
    assert book.read_bytes() == before


@pytest.mark.parametrize(("form", "magic"), [("ods", b"PK"), ("xls", b"\xd0\xcf\x11\xe0"), ("pdf", b"%PDF")])
def test_libreoffice_converts(libreoffice: LibreOffice, book: Path, tmp_path: Path, form: str, magic: bytes) -> None:
    (tmp_path / "to").mkdir()
    out = libreoffice.convert(book, form, tmp_path / "to")
    assert out == tmp_path / "to" / f"小表.{form}"
    assert out.read_bytes().startswith(magic)


def test_libreoffice_answers_on_after_a_wrong_request(libreoffice: LibreOffice, book: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no defined name nobody"):
        libreoffice.recalculate(book, tmp_path / "out.xlsx", {"nobody": 1})
    with pytest.raises(EngineError, match="seal stands for no cell"):
        libreoffice.evaluate(book, [{}], ["seal"])
    assert libreoffice.evaluate(book, [{"amount_wan": 3}], ["doubled"]) == [{"doubled": 6.0}]


def test_gnumeric_recalculates_and_resaves(gnumeric: Gnumeric, book: Path, tmp_path: Path) -> None:
    recalculated = gnumeric.recalculate(book, tmp_path / "recalculated.xlsx")
    assert named_values(recalculated, ["doubled", "greeting", "deadline", "shown"]) == {
        "doubled": 2.0,
        "greeting": "某单位，您好",
        "deadline": 45312.0,
        "shown": "满",
    }
    assert named_values(gnumeric.resave(book, tmp_path / "resaved.xlsx"), ["unit_name"]) == {"unit_name": "某单位"}


def test_gnumeric_says_what_it_cannot_open(gnumeric: Gnumeric, tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        gnumeric.resave(tmp_path / "nothing.xlsx", tmp_path / "out.xlsx")


def test_ironcalc_evaluates_from_path_and_bytes(ironcalc_engine: IronCalc, book: Path) -> None:
    (got,) = ironcalc_engine.evaluate(book, [FILLING], EXPECTED)
    assert got == EXPECTED
    opened = ironcalc_engine.open(book.read_bytes())
    opened.put({"base": 0})
    assert opened.values(["ratio", "shown", "unit_name"]) == {
        "ratio": ErrorValue("#DIV/0!"),
        "shown": "满",
        "unit_name": "某单位",
    }
    assert set(opened.names()) == {"amount_wan", "unit_name", "approved_on", "filled", "base", *EXPECTED, "both"}


def test_cached_values_are_read_as_saved(book: Path) -> None:
    assert named_values(book, ["doubled", "unit_name", "approved_on"]) == {
        "doubled": 0.0,
        "unit_name": "某单位",
        "approved_on": 45292.0,
    }
    assert "seal" not in named_values(book)
    with pytest.raises(KeyError, match="seal stands for no cell"):
        named_values(book, ["seal"])


def test_yes_and_no_are_words(ironcalc_engine: IronCalc, book: Path) -> None:
    with pytest.raises(TypeError, match="是/否"):
        ironcalc_engine.evaluate(book, [{"filled": True}], ["shown"])


def test_a_missing_engine_skips_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: None)
    monkeypatch.delenv("PERFEVAL_REQUIRE_ENGINES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="ssconvert"):
        conftest._require("gnumeric")
    monkeypatch.setenv("PERFEVAL_REQUIRE_ENGINES", "1")
    with pytest.raises(pytest.fail.Exception, match="soffice"):
        conftest._require("libreoffice")
