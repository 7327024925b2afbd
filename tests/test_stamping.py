"""Units' copies and filled forms: every value in its place, everything else as in the master."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.errors import PatchRefused, WorkbookError
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import SEAL_NAME, build_layout
from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.package import CONTENT_TYPES, Package, string_constant
from perfeval_xl.excel.stamping import Stamper, fill
from perfeval_xl.generator import build_master, submission_of
from perfeval_xl.reader import Return, read_return
from perfeval_xl.resources import templates_dir
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scorer import score
from tests.engines import Gnumeric, LibreOffice
from tests.workbooks import contents, raw_members, saved, zipped

SCHEME = load_scheme(templates_dir() / "huadu-2024" / "scheme.toml")
LAYOUT = build_layout(SCHEME)
MASTER = build_master(SCHEME)
STAMPER = Stamper(MASTER, LAYOUT)
SEAL = seal.seal_text(bytes(32), SCHEME.id, SCHEME.version, SCHEME.year, "S001", "digest")
VALUES = {stamp.key: f"{stamp.key} 值" for stamp in LAYOUT.stamps.values()} | {"unit_code": "S001", "seal": SEAL}
ISSUED = STAMPER.stamp(VALUES, SEAL)


class Shown:
    """What a file's cells show, dates as dates."""

    def __init__(self, data: bytes) -> None:
        book = CalamineWorkbook.from_object(io.BytesIO(data))
        self._grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}

    def __getitem__(self, cell: Cell) -> Any:
        row, column = from_ref(cell.ref)
        grid = self._grids[cell.sheet]
        return grid[row - 1][column - 1] if row <= len(grid) and column <= len(grid[0]) else ""


def test_every_stamp_is_filled() -> None:
    shown = Shown(ISSUED)
    assert {cell: shown[cell] for cell in LAYOUT.stamps} == {
        cell: VALUES[stamp.key] for cell, stamp in LAYOUT.stamps.items()
    }


def test_the_seal_stands_in_four_places() -> None:
    package = Package.read(ISSUED)
    assert string_constant(package.defined_names[SEAL_NAME]) == SEAL
    assert package.custom_properties[SEAL_NAME] == SEAL
    assert package.core_properties["subject"] == SEAL
    assert Return(ISSUED, "a.xlsx").identity.seals == (SEAL,) * 4


def test_only_what_carries_a_stamp_or_the_seal_differs_from_the_master() -> None:
    package = Package.read(MASTER)
    stamped = {package.sheets[cell.sheet] for cell in LAYOUT.stamps}
    before, after = raw_members(MASTER), raw_members(ISSUED)
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == stamped | {
        "xl/workbook.xml",
        "docProps/custom.xml",
        "docProps/core.xml",
    }
    unstamped, master = contents(ISSUED), contents(MASTER)
    for cell, stamp in LAYOUT.stamps.items():
        if stamp.text:  # something else stands there in the master
            part = package.sheets[cell.sheet]
            for held, text in ((unstamped, VALUES[stamp.key].encode()), (master, b"<v>")):
                [written] = re.findall(rb'<c r="' + cell.ref.encode() + rb'"[^>]*>.*?</c>', held[part])
                assert text in written
                held[part] = held[part].replace(written, b"")
    title = f"<dc:title>{{}}（{LAYOUT.scheme.year}年度）</dc:title>"
    issued = title.format(VALUES["form_title"]).encode()
    assert issued in unstamped["docProps/core.xml"]
    plain = title.format(LAYOUT.scheme.unit_title).encode()
    unstamped["docProps/core.xml"] = unstamped["docProps/core.xml"].replace(issued, plain)
    for value in set(VALUES.values()):
        for part in stamped:
            text = f'<is><t xml:space="preserve">{value}</t></is></c>'.encode()
            unstamped[part] = re.sub(rb' t="inlineStr">' + re.escape(text), b"/>", unstamped[part])
    for part in ("xl/workbook.xml", "docProps/custom.xml", "docProps/core.xml"):
        unstamped[part] = unstamped[part].replace(SEAL.encode(), b"unsealed")
    assert unstamped == master


def test_stamping_is_repeatable_and_tells_units_apart() -> None:
    assert STAMPER.stamp(VALUES, SEAL) == ISSUED == Stamper(MASTER, LAYOUT).stamp(VALUES, SEAL)
    assert STAMPER.stamp({**VALUES, "unit_name": "乙"}, SEAL) != ISSUED


@pytest.mark.parametrize("name", ["<&>\"'", "=1+1", "𠀀小学", "长" * 5_000, "", " 空 格 ", "_x000D_"])
def test_any_name_is_text(name: str) -> None:
    data = STAMPER.stamp({**VALUES, "unit_name": name}, SEAL)
    [cell, *_] = [cell for cell, stamp in LAYOUT.stamps.items() if stamp.key == "unit_name"]
    written = openpyxl.load_workbook(io.BytesIO(data))[cell.sheet][cell.ref]
    assert (written.value or "") == name.replace("_x000D_", "_x005F_x000D_")
    assert written.data_type in ("s", "inlineStr", "n") and written.data_type != "f"


def test_every_stamp_needs_a_value() -> None:
    with pytest.raises(KeyError, match="unit_name"):
        STAMPER.stamp({key: value for key, value in VALUES.items() if key != "unit_name"}, SEAL)


def test_a_master_of_another_form() -> None:
    parts = contents(MASTER)
    for part, change in (
        ("docProps/custom.xml", (b"perfeval_seal", b"other")),
        ("docProps/core.xml", (b"dc:subject", b"dc:other")),
        ("xl/workbook.xml", (b'"perfeval_seal"', b'"other"')),
        ("xl/workbook.xml", ("自评表".encode(), "某表".encode())),
    ):
        with pytest.raises(WorkbookError, match="空白表与方案不符"):
            Stamper(zipped({**parts, part: parts[part].replace(*change)}), LAYOUT)


def given(**answers: Any) -> Answers:
    return read_answers(json.dumps(answers, ensure_ascii=False), SCHEME)


def view(answers: Answers) -> View:
    return View(answers, score(SCHEME, submission_of(SCHEME, answers)))


def filled(answers: Answers, workbook: bytes = ISSUED) -> bytes:
    return fill(workbook, LAYOUT, answers, view(answers))


FIRST = next(each for each in SCHEME.indicators if each.may_be_not_applicable)
NUMERIC = [each for each in SCHEME.fields.values() if each.type.value == "amount"][:3]
DATES = [each for each in SCHEME.fields.values() if each.type.value == "date"][:3]
YESNO = [each for each in SCHEME.fields.values() if each.type.value == "yesno"][:3]
PERCENT = [each for each in SCHEME.fields.values() if each.type.value == "percent"][:1]
CLAIM = SCHEME.indicators[4]
ANSWERS = given(
    **{
        NUMERIC[0].id: "1250193.77",
        NUMERIC[1].id: 0,
        NUMERIC[2].id: "待核实 <3>",
        DATES[0].id: "2024-03-15",
        DATES[1].id: "三月",
        DATES[2].id: "2031-01-01",
        YESNO[0].id: True,
        YESNO[1].id: False,
        PERCENT[0].id: "0.9825",
        CLAIM.self_score_id: "1.5",
        CLAIM.evidence_id: "第一行\n  第二行 & 完",
        FIRST.applicable_id: None,
        SCHEME.indicators[0].self_score_id: "-3",
    }
)


def test_what_was_filled_is_read_again() -> None:
    read = read_return(Return(filled(ANSWERS), "a.xlsx"), SCHEME).answers
    for field in SCHEME.fields.values():
        answer = ANSWERS[field.id]
        if field.id.endswith("_self_score") and answer.blank:
            continue  # takes the live score
        assert (read[field.id].value, read[field.id].problem) == (answer.value, answer.problem), field.id
    assert read[DATES[0].id].value == date(2024, 3, 15)
    assert read[NUMERIC[0].id].value == Decimal("1250193.77")
    assert (read[NUMERIC[2].id].raw, read[NUMERIC[2].id].problem) == ("待核实 <3>", "not-a-number")
    assert read[FIRST.applicable_id].blank


def test_every_formula_shows_what_follows_from_the_answers_and_stays_a_formula() -> None:
    data = filled(ANSWERS)
    shown, book, seen = Shown(data), openpyxl.load_workbook(io.BytesIO(data)), view(ANSWERS)
    blank = openpyxl.load_workbook(io.BytesIO(ISSUED))
    for cell, formula in LAYOUT.formulas.items():
        expected = formula.shows(seen)
        found = shown[cell]
        assert (Decimal(repr(found)) if isinstance(expected, Decimal) else found) == expected, cell
        typed = formula.field is not None and not ANSWERS[formula.field.id].blank
        written = book[cell.sheet][cell.ref].value
        assert written == (float(found) if typed else blank[cell.sheet][cell.ref].value), cell


def test_fields_without_an_entry_keep_what_they_were_issued_with() -> None:
    some = Answers([ANSWERS[NUMERIC[0].id]])
    data = fill(ISSUED, LAYOUT, some, view(ANSWERS))
    shown = Shown(data)
    assert shown[LAYOUT.inputs[FIRST.applicable_id]] == "适用"
    assert shown[LAYOUT.inputs[NUMERIC[0].id]] == 1250193.77


def test_filling_touches_the_sheets_alone_and_repeats() -> None:
    data = filled(ANSWERS)
    before, after = raw_members(ISSUED), raw_members(data)
    assert all(name.startswith("xl/worksheets/") for name in before if before[name] != after[name])
    assert filled(ANSWERS) == data


def test_filling_again_replaces_all_answers() -> None:
    one, other = given(**{NUMERIC[0].id: 5}), given(**{NUMERIC[1].id: 7})
    assert filled(other, filled(one)) == filled(other)


def test_a_formula_that_was_typed_over_is_not_restored_in_silence() -> None:
    claimed = filled(given(**{CLAIM.self_score_id: 1}))
    cell = LAYOUT.inputs[CLAIM.self_score_id]
    with pytest.raises(PatchRefused, match=f"{cell} 不能写入：原有的公式不在了"):
        filled(given(), claimed)


def test_a_workbook_of_another_form() -> None:
    members = contents(ISSUED)
    members["xl/workbook.xml"] = members["xl/workbook.xml"].replace("自评表".encode(), "某表".encode())
    with pytest.raises(PatchRefused, match="没有工作表“自评表”"):
        filled(ANSWERS, zipped(members))


def test_typing_over_a_formula_drops_the_calculation_chain() -> None:
    """Excel writes one, and calls a file damaged whose chain names a cell that is no formula any more."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    members = contents(ISSUED)
    members["xl/calcChain.xml"] = b"<calcChain/>"
    for part, closing, added in (
        (
            "xl/_rels/workbook.xml.rels",
            b"</Relationships>",
            f'<Relationship Id="c" Type="{kind}" Target="calcChain.xml"/>',
        ),
        (CONTENT_TYPES, b"</Types>", '<Override PartName="/xl/calcChain.xml" ContentType="x.calcChain+xml"/>'),
    ):
        members[part] = members[part].replace(closing, added.encode() + closing)
    saved_by_excel = zipped(members)
    assert "xl/calcChain.xml" not in contents(filled(ANSWERS, saved_by_excel))
    assert b"calcChain" not in b"".join(contents(filled(ANSWERS, saved_by_excel)).values())
    assert "xl/calcChain.xml" in contents(filled(given(), saved_by_excel))


def test_filling_what_libreoffice_saved(libreoffice: LibreOffice, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    path = libreoffice.convert(saved(tmp_path / "a.xlsx", ISSUED), "xlsx", tmp_path / "saved")
    check_resaved(path.read_bytes())


def test_filling_what_gnumeric_saved(gnumeric: Gnumeric, tmp_path: Path) -> None:
    check_resaved(gnumeric.resave(saved(tmp_path / "a.xlsx", ISSUED), tmp_path / "b.xlsx").read_bytes())


def check_resaved(data: bytes) -> None:
    assert Return(data, "a.xlsx").identity.seals == (SEAL,) * 4
    done = filled(ANSWERS, data)
    assert zipfile.ZipFile(io.BytesIO(done)).testzip() is None
    read = read_return(Return(done, "a.xlsx"), SCHEME)
    assert read.answers[NUMERIC[0].id].value == Decimal("1250193.77")
    shown, seen = Shown(done), view(ANSWERS)
    for cell, formula in LAYOUT.formulas.items():
        expected = formula.shows(seen)
        assert shown[cell] == (float(expected) if isinstance(expected, Decimal) else expected), cell
