"""The master blank: the same bytes at every build, sound for Excel, right before anything recalculates it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.excel.formulas import MISSING
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import Formula, Input, View
from perfeval_xl.excel.layout.parts import HIDDEN, TABLE
from perfeval_xl.excel.stamping import fill
from perfeval_xl.generator import MASTER, blank_view, build_master, master_blank, submission_of, write_master
from perfeval_xl.resources import samples_dir, templates_dir
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.form import Paper
from perfeval_xl.scheme.loader import available_schemes, find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score
from tests.engines import ErrorValue, IronCalc, LibreOffice
from tests.goldens import dump, master_golden

TOTALS = {"huadu-2024": 99.97, "project-2020": 93.71}
"""What the answers in samples/ come to, by scheme."""


@pytest.fixture(scope="module", params=available_schemes())
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return load_scheme(find_scheme(request.param))


@pytest.fixture(scope="module")
def master(scheme: Scheme) -> bytes:
    return build_master(scheme)


def part(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read(name).decode()


def test_rebuilding_gives_the_same_bytes(scheme: Scheme, master: bytes) -> None:
    again = load_scheme(find_scheme(scheme.id))
    assert again is not scheme
    assert build_master(again) == master


def test_the_master_that_is_kept_is_current(scheme: Scheme, master: bytes) -> None:
    kept = templates_dir() / scheme.id / MASTER
    assert kept.read_bytes() == master, "run `make golden`"
    assert master_blank(scheme) == master


def test_the_dump_that_is_kept_is_current(scheme: Scheme, master: bytes) -> None:
    expected = master_golden(scheme.id).read_text(encoding="utf-8").splitlines()
    assert dump(master).splitlines() == expected, "look at what changed, then run `make golden`"


def test_write_master(scheme: Scheme, master: bytes, tmp_path: Path) -> None:
    write_master(scheme, tmp_path / "m.xlsx")
    assert (tmp_path / "m.xlsx").read_bytes() == master


def test_only_inputs_are_unlocked(scheme: Scheme, master: bytes) -> None:
    layout = build_layout(scheme)
    unlocked = set()
    merged = set()
    for sheet in openpyxl.load_workbook(io.BytesIO(master)):
        assert sheet.protection.sheet and not sheet.protection.password
        assert sheet.protection.formatCells and not sheet.protection.formatColumns and not sheet.protection.formatRows
        assert not sheet.protection.selectLockedCells and not sheet.protection.selectUnlockedCells
        for area in sheet.merged_cells.ranges:
            merged |= {Cell(sheet.title, at.coordinate) for at in (c for row in sheet[area.coord] for c in row)}
            merged.discard(Cell(sheet.title, area.start_cell.coordinate))
        unlocked |= {
            Cell(sheet.title, cell.coordinate)
            for row in sheet.iter_rows()
            for cell in row
            if not cell.protection.locked
        }
    assert unlocked - merged == set(layout.inputs.values())


def test_every_input_stops_what_does_not_fit(scheme: Scheme, master: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(master))
    guarded = set()
    for sheet in book:
        for rule in sheet.data_validations.dataValidation:
            assert rule.showErrorMessage and rule.showInputMessage
            assert rule.errorStyle in (None, "stop")
            assert rule.errorTitle and rule.error and rule.promptTitle and rule.prompt
            if rule.type == "list":
                assert rule.formula1.startswith('"'), "a literal list"
            guarded |= {Cell(sheet.title, str(each)) for area in rule.sqref.ranges for each in [area.coord]}
    assert guarded == set(build_layout(scheme).inputs.values())


def test_identity_stands_in_all_its_places(scheme: Scheme, master: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(master))
    custom = {each.name: each.value for each in book.custom_doc_props.props}
    assert custom["perfeval_scheme"] == scheme.id
    assert (custom["perfeval_version"], custom["perfeval_year"]) == (scheme.version, str(scheme.year))
    assert custom["perfeval_seal"] == book.properties.subject == "unsealed"
    assert book.defined_names["perfeval_seal"].attr_text == '"unsealed"'
    assert book[HIDDEN].sheet_state == "veryHidden"
    assert book.properties.created == datetime(2024, 1, 1)


def test_the_paper_form(scheme: Scheme, master: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(master))[TABLE]
    form = scheme.form
    assert sheet.page_setup.orientation == ("landscape" if form.landscape else "portrait")
    assert sheet.page_setup.paperSize == {Paper.A3: 8, Paper.A4: 9}[form.paper]
    assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0
    last = to_ref(1, sum(column.printed for column in form.columns))[:-1]
    assert re.fullmatch(rf"'自评表'!\$A\$1:\${last}\$\d+", sheet.print_area)
    assert "&P" in sheet.oddFooter.center.text


def test_the_paper_form_of_huadu() -> None:
    sheet = openpyxl.load_workbook(templates_dir() / "huadu-2024" / MASTER)[TABLE]
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 8
    assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$9:$9"
    assert sheet.print_area == "'自评表'!$A$1:$J$38"
    assert "&P" in sheet.oddFooter.center.text
    assert [sheet.column_dimensions[letter].width for letter in "HIJ"] == pytest.approx([76.7, 12.3, 58.7], abs=0.1)


def test_a_blank_form_shows_blanks_not_zeros(scheme: Scheme, master: bytes) -> None:
    layout, view = build_layout(scheme), blank_view(scheme)
    for indicator in scheme.indicators:
        for name in (indicator.formula_score_id, indicator.self_score_id):
            sheet, ref = layout.names[name].replace("$", "").replace("'", "").split("!")
            found = layout.sheet[sheet].cells[ref]
            assert isinstance(found, Formula) and found.shows(view) == ""
    sheets = [each.name for each in layout.sheets]
    table = part(master, f"xl/worksheets/sheet{sheets.index(TABLE) + 1}.xml")
    cached = re.findall(r"<f>[^<]*</f><v>([^<]*)</v>", table)
    assert cached and not [value for value in cached if value not in ("", MISSING) and not value.startswith("☐")]


def test_issued_values_are_in_place(scheme: Scheme, master: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(master))
    layout = build_layout(scheme)
    issued = [field for field in scheme.fields.values() if field.issued is not None]
    assert len(issued) >= 3 or scheme.id != "huadu-2024"
    for field in issued:
        cell = layout.inputs[field.id]
        assert str(book[cell.sheet][cell.ref].value) == field.issued
    blank = [field.id for field in scheme.fields.values() if field.issued is None]
    for name in blank:
        cell = layout.inputs[name]
        content = layout.sheet[cell.sheet].cells[cell.ref]
        if isinstance(content, Input):
            assert book[cell.sheet][cell.ref].value is None


@pytest.fixture(scope="module", params=TOTALS)
def sampled(request: pytest.FixtureRequest) -> Scheme:
    """A scheme with answers in samples/."""
    return load_scheme(find_scheme(request.param))


def published_view(scheme: Scheme) -> View:
    text = (samples_dir() / scheme.id / "answers.json").read_text(encoding="utf-8")
    answers = read_answers(text, scheme)
    return View(answers, score(scheme, submission_of(scheme, answers)))


@pytest.mark.parametrize("filled", [False, True], ids=["blank", "published"])
def test_cached_values_are_what_an_engine_computes(sampled: Scheme, filled: bool, ironcalc_engine: IronCalc) -> None:
    layout, master = build_layout(sampled), build_master(sampled)
    view = published_view(sampled) if filled else blank_view(sampled)
    book = ironcalc_engine.open(fill(master, layout, view.answers, view) if filled else master)
    book.put({})
    differing = []
    for cell, formula in layout.formulas.items():
        shown = formula.shows(view)
        found = book.at(cell)
        same = (
            found == pytest.approx(float(shown)) if not isinstance(shown, (str, type(None))) else (found or "") == shown
        )
        if not same:
            differing.append(f"{cell}: {shown!r} against {found!r}")
    assert not differing


@pytest.mark.engine
def test_libreoffice_shows_the_published_total(sampled: Scheme, tmp_path: Path, libreoffice: LibreOffice) -> None:
    view = published_view(sampled)
    path = tmp_path / "filled.xlsx"
    path.write_bytes(fill(build_master(sampled), build_layout(sampled), view.answers, view))
    names = ["total_formula_score", "grade_formula", "total_self_score", "count_missing", "count_faulty"]
    (found,) = libreoffice.evaluate(path, [{}], names)
    assert not [value for value in found.values() if isinstance(value, ErrorValue)]
    assert found == {
        "total_formula_score": pytest.approx(TOTALS[sampled.id]),
        "grade_formula": "优",
        "total_self_score": pytest.approx(TOTALS[sampled.id]),
        "count_missing": 0,
        "count_faulty": 0,
    }
