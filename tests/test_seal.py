"""The seal: what it proves, and a digest that other programs' spellings don't change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import Formula, Input, Label, Layout, Review, Sheet, Stamp
from perfeval_xl.excel.seal import SealStatus, normal_formula, normal_value
from perfeval_xl.generator import build_master
from perfeval_xl.resources import templates_dir
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.loader import load_scheme
from tests.engines import Gnumeric, LibreOffice
from tests.workbooks import saved

SCHEME = load_scheme(templates_dir() / "huadu-2024" / "scheme.toml")
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
FORM = ("huadu-2024", "1.0", 2024)
TEXT = seal.seal_text(KEY, *FORM, "S001", "digest")


def status(
    copies: list[str], key: bytes = KEY, form: tuple[str, str, int] = FORM, digest: str = "digest"
) -> SealStatus:
    return seal.verify(key, copies, *form, digest).status


def test_a_key_is_new_every_time() -> None:
    assert len(seal.new_key()) == seal.KEY_BYTES == 32
    assert seal.new_key() != seal.new_key()
    assert seal.key_id(KEY) != seal.key_id(OTHER_KEY)
    assert seal.key_id(KEY) == seal.key_id(KEY)


def test_what_a_seal_looks_like() -> None:
    parts = TEXT.split("/")
    assert parts[:5] == ["PE1", "huadu-2024", "1.0", "2024", "S001"]
    assert parts[5] == seal.key_id(KEY)
    assert len(parts[6]) == 32 and parts[6].isalnum() and parts[6].upper() == parts[6]
    assert seal.short(TEXT) == parts[6][:8]
    assert seal.short("nonsense") == ""
    assert str(seal.parse_seal(f" {TEXT}\n")) == TEXT


def test_a_seal_stays_the_same_over_the_years() -> None:
    """A round lasts for months and outlives an update of the program: this text may never change."""
    assert TEXT == "PE1/huadu-2024/1.0/2024/S001/TB7FQ7LJ/PMRQNME4RQWPZMG3ACRZPJGSNTISDCUQ"


@pytest.mark.parametrize("part", ["", "S/1", " S1", "S" * 300])
def test_codes_that_no_seal_can_carry(part: str) -> None:
    with pytest.raises(ValueError, match="seal"):
        seal.seal_text(KEY, *FORM, part, "digest")


@pytest.mark.parametrize("text", ["", "PE1", TEXT + "/x", TEXT.replace("PE1", "PE2"), TEXT.replace("/2024/", "/24/")])
def test_what_is_no_seal(text: str) -> None:
    assert seal.parse_seal(text) is None
    assert status([text]) is SealStatus.BROKEN


def test_valid_with_all_copies_and_with_fewer() -> None:
    for copies in ([TEXT] * 4, [TEXT], [f"{TEXT} ", TEXT]):
        checked = seal.verify(KEY, copies, *FORM, "digest")
        assert (checked.status, checked.unit_code) == (SealStatus.VALID, "S001")


def test_absent() -> None:
    checked = seal.verify(KEY, [], *FORM, "digest")
    assert (checked.status, checked.unit_code) == (SealStatus.ABSENT, "")


def test_most_copies_count() -> None:
    other = seal.seal_text(KEY, *FORM, "S002", "digest")
    for copies, unit in (([other, TEXT, TEXT], "S001"), ([other, TEXT], "S002"), ([other, "x", other, TEXT], "S002")):
        checked = seal.verify(KEY, copies, *FORM, "digest")
        assert (checked.status, checked.unit_code) == (SealStatus.DISAGREE, unit)


@pytest.mark.parametrize("place", range(len(TEXT)))
def test_no_character_of_a_seal_can_be_changed(place: int) -> None:
    changed = TEXT[:place] + ("X" if TEXT[place] != "X" else "Y") + TEXT[place + 1 :]
    checked = seal.verify(KEY, [changed], *FORM, "digest")
    assert checked.status in (SealStatus.BROKEN, SealStatus.OTHER_FORM, SealStatus.OTHER_KEY)


def test_the_commonest_seal_and_what_is_no_copy_of_any() -> None:
    other = seal.seal_text(KEY, *FORM, "S002", "digest")
    assert seal.commonest([other, f" {TEXT}\n", "2024年自评", TEXT, ""]) == (TEXT, [other, TEXT, TEXT])
    assert seal.commonest([other, TEXT])[0] == other
    assert seal.commonest([]) == seal.commonest(["unsealed", "PE2/x"]) == ("", [])


def test_another_units_signature_does_not_serve() -> None:
    mine, theirs = seal.parse_seal(TEXT), seal.parse_seal(seal.seal_text(KEY, *FORM, "S002", "digest"))
    assert mine and theirs
    assert status([str(replace(mine, mac=theirs.mac))]) is SealStatus.BROKEN


def test_another_key_another_form_other_content() -> None:
    assert status([TEXT], key=OTHER_KEY) is SealStatus.OTHER_KEY
    assert status([TEXT], digest="else") is SealStatus.BROKEN
    for form in (("liwan-2024", "1.0", 2024), ("huadu-2024", "1.1", 2024), ("huadu-2024", "1.0", 2025)):
        assert status([TEXT], form=form) is SealStatus.OTHER_FORM


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IF(a=TRUE,1,0)", "=if( A = TRUE() , 1 , 0 )"),
        ("IF(a=FALSE,1,0)", "IF(a=false ( ),1,0)"),
        ("'基础数据'!$D$3+1", "基础数据!$D$3 + 1"),
        ("'it''s'!A1", "it's!A1"),
        ("ROUND(a+0.000000000001,2)", "ROUND(a+1E-12,2)"),
        ("a*0.50", "a*.5"),
        ("_xlfn.IFS(a,b)", "IFS(a,b)"),
        ('COUNTIF($H2:$H2,"x")', 'COUNTIF($H2,"x")'),
        ('IF(a="是",1,"")', 'IF(a="是", 1, "")'),
    ],
)
def test_one_formula_in_two_spellings(one: str, other: str) -> None:
    assert normal_formula(one) == normal_formula(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a+0.5", "a+0.51"),
        ('a="是"', 'a="否"'),
        ('a="x"', 'a="X"'),
        ('a=" "', 'a=""'),
        ("A1", "$A$1"),
        ("A1>=B1", "A1>B1"),
        ("'甲 乙'!A1", "甲乙!A1"),
        ("R01", "R1"),
        ("TRUE", '"TRUE"'),
        ("a1e2", "a100"),
        ("1:3", "1:30"),
        ("A1:A1", "A1:A11"),
        ("A1:A2", "A1"),
        ("rows_r01_rate", "rows_r01_score"),
    ],
)
def test_different_formulas(one: str, other: str) -> None:
    assert normal_formula(one) != normal_formula(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("0.1"), 0.1),
        (Decimal("3.333333333333333"), 3.33333333333333),
        (Decimal("20.00"), 20.0),
        ("甲\r\n乙  ", "甲\n乙"),
        ("甲_x000D_\n乙", "甲\n乙"),
        ("e\u0301", "é"),
        (date(2024, 3, 15), "2024-03-15"),
        ("", "  \n"),
    ],
)
def test_one_value_in_two_spellings(one: str | Decimal | float | date, other: str | Decimal | float) -> None:
    assert normal_value(one) == normal_value(other)


FIELD = Field("a", "甲", FieldType.COUNT)


def layout(**cells: object) -> Layout:
    return Layout(SCHEME, (Sheet("甲", dict(cells)),), {})  # type: ignore[arg-type]


def formula(expression: str, field: Field | None = None) -> Formula:
    return Formula(expression, lambda _: "", "text", field)


LOCKED = {"A1": Label("分值", "text"), "A2": Label(Decimal(20), "points"), "A3": formula("A2*2")}


@pytest.mark.parametrize(
    "change",
    [
        {"A1": Label("分数", "text")},
        {"A1": formula("分值")},
        {"A2": Label(Decimal("20.5"), "points")},
        {"A3": formula("A2*3")},
        {"A3": Label("A2*2", "text")},
        {"A4": Label("多", "text")},
        {"A3": Label("", "text")},
    ],
)
def test_every_locked_change_changes_the_digest(change: dict[str, object]) -> None:
    assert seal.locked_digest(layout(**{**LOCKED, **change})) != seal.locked_digest(layout(**LOCKED))


def test_what_stands_elsewhere_changes_the_digest() -> None:
    moved = {"A1": LOCKED["A1"], "A2": LOCKED["A2"], "B3": LOCKED["A3"]}
    assert seal.locked_digest(layout(**moved)) != seal.locked_digest(layout(**LOCKED))


def test_only_what_is_locked_and_ours_counts() -> None:
    more = {
        "B1": Stamp("unit_name", "text"),
        "B2": Review("review_total", "text"),
        "B3": Input(FIELD, "text"),
        "B4": formula("A1", FIELD),
        "B5": Label("", "text"),
        "A1": Label("分值 ", "other style"),
        "A3": formula("a2 * 2"),
    }
    assert seal.locked_digest(layout(**{**LOCKED, **more})) == seal.locked_digest(layout(**LOCKED))


def resaved_digest(path: Path, form: Layout) -> str:
    """The digest of a saved workbook: the layout's locked cells with what stands in the file."""
    book = openpyxl.load_workbook(path)
    lines = []
    for sheet in form.sheets:
        for ref, content in sheet.cells.items():
            value = book[sheet.name][ref].value
            if isinstance(content, Formula) and content.field is None:
                lines.append([sheet.name, ref, "f", normal_formula(str(value))])
            elif isinstance(content, Label) and value is not None:
                plain = value.date() if hasattr(value, "date") else value
                lines.append([sheet.name, ref, "v", normal_value(plain)])
    return hashlib.sha256(json.dumps(sorted(lines), ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def test_the_digest_of_the_real_form_in_its_own_file(tmp_path: Path) -> None:
    form = build_layout(SCHEME)
    path = saved(tmp_path / "a.xlsx", build_master(SCHEME))
    assert resaved_digest(path, form) == seal.locked_digest(form)


def test_the_digest_of_the_real_form_outlives_libreoffice(libreoffice: LibreOffice, tmp_path: Path) -> None:
    form = build_layout(SCHEME)
    (tmp_path / "saved").mkdir()
    path = libreoffice.convert(saved(tmp_path / "a.xlsx", build_master(SCHEME)), "xlsx", tmp_path / "saved")
    assert resaved_digest(path, form) == seal.locked_digest(form)


@pytest.mark.filterwarnings("ignore:Workbook contains no default style:UserWarning")
def test_the_digest_of_the_real_form_outlives_gnumeric(gnumeric: Gnumeric, tmp_path: Path) -> None:
    form = build_layout(SCHEME)
    path = gnumeric.resave(saved(tmp_path / "a.xlsx", build_master(SCHEME)), tmp_path / "b.xlsx")
    assert resaved_digest(path, form) == seal.locked_digest(form)
