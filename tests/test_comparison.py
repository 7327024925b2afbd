"""What differs from what was issued: every locked cell changed once, and nothing found after saves that change nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, cached_property
from itertools import cycle
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.excel import seal
from perfeval_xl.excel.anchors import Anchors, anchor
from perfeval_xl.excel.comparison import differences
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import Content, Formula, Label, Layout, Review, Sheet, Stamp
from perfeval_xl.excel.layout.parts import titles
from perfeval_xl.excel.layout.review import LIST_COLUMNS, LIST_ROWS
from perfeval_xl.excel.opened import OoxmlBook, OpenedBook
from perfeval_xl.excel.sameness import alike, same, shifted
from perfeval_xl.excel.scan import HeldFormula
from perfeval_xl.excel.sheetpatch import Patch, patch_sheet
from perfeval_xl.excel.stamping import Stamper, fill
from perfeval_xl.excel.wording import Few, apart, runs, short
from perfeval_xl.findings import Finding
from perfeval_xl.generator import blank_view, master_blank
from perfeval_xl.resources import samples_dir, templates_dir
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import load_scheme
from tests.clerk.workbook import BOOK, Workbook
from tests.engines import Gnumeric, LibreOffice
from tests.workbooks import saved

SCHEME = load_scheme(templates_dir() / "huadu-2024" / "scheme.toml")
LAYOUT = build_layout(SCHEME)
SEAL = seal.seal_text(bytes(32), SCHEME.id, SCHEME.version, SCHEME.year, "S001", seal.locked_digest(LAYOUT))
STAMPED = {
    "unit_code": "S001",
    "unit_name": "第一小学",
    "district": "样例区教育局",
    "deadline": "2025年4月30日",
    "contact": "",
    "seal": SEAL,
    "seal_short": seal.short(SEAL),
    **titles(SCHEME, SCHEME.unit_title),
}
ISSUED = Stamper(master_blank(SCHEME), LAYOUT).stamp(STAMPED, SEAL)
PRINTED_CODE = LAYOUT.place("unit_code")
TABLE, GUIDE, DATA, CHECK, ANNEX = "自评表", "填报说明", "基础数据", "填报检查", "指标完成情况表"


@cache
def filled() -> bytes:
    """The published case as a unit would hand it in."""
    answers = read_answers((samples_dir() / "huadu-2024" / "answers.json").read_text(encoding="utf-8"), SCHEME)
    return fill(ISSUED, LAYOUT, answers, blank_view(SCHEME))


def compared(data: bytes, stamped: dict[str, str] | None = STAMPED) -> list[Finding]:
    """What differs in a file, its cells found as in a round."""
    book = OoxmlBook(data)
    return list(differences(LAYOUT, book, anchor(LAYOUT, book), stamped))


def told(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.code, str(each.cell or "")) for each in found]


def one_sheet(sheet: Sheet) -> Layout:
    return Layout(SCHEME, (sheet,), {"unit_code": f"'{PRINTED_CODE.sheet}'!{PRINTED_CODE.ref}"})


def locked(sheet: Sheet) -> Iterator[tuple[str, Content]]:
    """Every locked cell but that of the unit's code, which identity looks after."""
    for ref, content in sheet.cells.items():
        if getattr(content, "field", None) is None and Cell(sheet.name, ref) != PRINTED_CODE:
            yield ref, content


CODES = {Label: "label-changed", Formula: "formula-changed", Stamp: "issued-data-changed", Review: "review-filled"}


class Tampered:
    """An opened book whose cells are changed in memory, one at a time, and put back."""

    def __init__(self, data: bytes) -> None:
        self.book = OoxmlBook(data)

    @cached_property
    def anchors(self) -> Anchors:
        """Of the file as it was."""
        return anchor(LAYOUT, OoxmlBook(ISSUED))

    def put(self, cell: Cell, value: Any) -> Any:
        row, column = from_ref(cell.ref)
        grid = self.book.grid(cell.sheet)
        grid.extend([""] * len(grid[0]) for _ in range(len(grid), row))  # blank rows at the end are not read
        line = grid[row - 1]
        line[column - 1], before = value, line[column - 1]
        return before

    def hold(self, cell: Cell, text: str | None) -> HeldFormula | None:
        formulas = self.book.scan(cell.sheet).formulas
        before = formulas.pop(cell.ref, None)
        if text is not None:
            formulas[cell.ref] = HeldFormula(text, True, "1")
        return before


def test_nothing_is_found_in_what_was_issued_and_in_what_was_filled() -> None:
    assert compared(ISSUED) == []
    assert compared(filled()) == []
    assert compared(filled(), None) == []


@pytest.mark.parametrize("sheet", LAYOUT.sheets, ids=lambda sheet: sheet.name)
def test_every_locked_cell_changed_once_is_reported_at_its_cell(sheet: Sheet) -> None:
    tampered, form = Tampered(filled()), one_sheet(sheet)
    anchors = anchor(form, tampered.book)
    ways = cycle(("edited", "blanked", "formula"))
    for ref, content in locked(sheet):
        cell, way = Cell(sheet.name, ref), next(ways)
        value, held = tampered.book.value(cell), tampered.hold(cell, None)
        if way == "blanked" and (value != "" or held):
            tampered.put(cell, "")
        elif way == "formula":
            tampered.hold(cell, f"{held.text}+0" if held else '"x"')
        else:
            tampered.put(cell, value + 1 if isinstance(value, float) else f"{value}改")
        found = differences(form, tampered.book, anchors, STAMPED)
        assert told(list(found)) == [(CODES[type(content)], str(cell))], (cell, way)
        assert len(found[0].message) <= 200
        tampered.put(cell, value)
        tampered.hold(cell, held.text if held else None)
    assert differences(form, tampered.book, anchors, STAMPED) == ()


def test_the_form_has_that_many_locked_cells() -> None:
    assert sum(len(list(locked(sheet))) for sheet in LAYOUT.sheets) > 2500


BATCHES = 8


@pytest.mark.parametrize("batch", range(BATCHES))
def test_many_locked_cells_changed_in_a_file(batch: int) -> None:
    """Every cell once, each eighth in one file."""
    package = OoxmlBook(filled()).package
    changes = {}
    expected: list[tuple[str, str]] = []
    reviewed: list[tuple[str, str]] = []
    for sheet in LAYOUT.sheets:
        patches = {}
        cells = sorted(locked(sheet), key=lambda each: from_ref(each[0]))
        for ref, content in cells[batch::BATCHES]:
            patches[ref] = Patch(changed(content), "replace")
            (reviewed if isinstance(content, Review) else expected).append(
                (CODES[type(content)], f"{sheet.name}!{ref}")
            )
        part = package.sheets[sheet.name]
        changes[part] = patch_sheet(package.part(part), patches, sheet=sheet.name)
    book = OoxmlBook(package.rewrite_without_calc_chain(changes))
    found = list(differences(LAYOUT, book, Tampered(ISSUED).anchors, STAMPED))
    assert told(found) == [*expected, reviewed[0]]
    assert f"等 {len(reviewed)} 格" in found[-1].message


def changed(content: Content) -> str | Decimal | date:
    if not isinstance(content, Label):
        return "改"
    if isinstance(content.value, str):
        return f"{content.value}改"
    return content.value + (timedelta(days=1) if isinstance(content.value, date) else Decimal(1))  # type: ignore[operator]


def test_a_label_changed_alone_is_found_as_in_a_round(tampered: Tampered) -> None:
    labels = [cell for sheet in LAYOUT.sheets for ref, content in locked(sheet) if isinstance(content, Label)
              for cell in [Cell(sheet.name, ref)]]  # fmt: skip
    for cell in labels[::40]:
        value = tampered.book.value(cell)
        tampered.put(cell, value + 1 if isinstance(value, float) else f"{value}改")
        anchors = anchor(LAYOUT, tampered.book)
        assert anchors.findings == ()
        assert told(list(differences(LAYOUT, tampered.book, anchors, STAMPED))) == [("label-changed", str(cell))]
        tampered.put(cell, value)


# ---- saves that change nothing


def test_returns_that_other_programs_saved() -> None:
    paths = sorted(samples_dir().glob("returns-*/*.xlsx"))
    assert len(paths) >= 7
    for path in paths:
        assert compared(path.read_bytes(), None) == [], path


def test_sheets_known_to_be_unmoved_are_compared_like_any_others() -> None:
    for data in (filled(), *(path.read_bytes() for path in sorted(samples_dir().glob("returns-*/*.xlsx")))):
        book = OoxmlBook(data)
        found = anchor(LAYOUT, book)
        looked_at = replace(found, unmoved=frozenset())
        assert found.unmoved == {sheet.name for sheet in LAYOUT.sheets}
        wrong = {**STAMPED, "unit_code": "S002", "deadline": "？"}
        told = differences(LAYOUT, book, found, wrong)
        assert told and told == differences(LAYOUT, book, looked_at, wrong)


@pytest.fixture(scope="module")
def in_openpyxl() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(filled()))


def by_openpyxl(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_nothing_is_found_after_openpyxl(in_openpyxl: openpyxl.Workbook) -> None:
    assert compared(by_openpyxl(in_openpyxl)) == []


def assert_untouched(path: Path) -> None:
    data = path.read_bytes()
    book = OoxmlBook(data) if path.suffix == ".xlsx" else OpenedBook(data)
    anchors = anchor(LAYOUT, book)
    assert anchors.findings == ()
    assert told(list(differences(LAYOUT, book, anchors, STAMPED))) == [], path


@pytest.fixture(scope="module")
def by_libreoffice(libreoffice: LibreOffice, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("by-libreoffice")
    path = saved(folder / "a.xlsx", filled())
    (folder / "saved").mkdir()
    return {form: libreoffice.convert(path, form, folder / "saved") for form in ("xlsx", "xls", "ods")}


def test_nothing_is_found_after_libreoffice(
    libreoffice: LibreOffice, by_libreoffice: dict[str, Path], tmp_path: Path
) -> None:
    for form, path in by_libreoffice.items():
        assert_untouched(path)
        if form != "xls":
            (tmp_path / form).mkdir()
            assert_untouched(libreoffice.convert(path, "xlsx", tmp_path / form))


def test_nothing_is_found_after_gnumeric(gnumeric: Gnumeric, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", filled())
    once = gnumeric.resave(path, tmp_path / "once.xlsx")
    for each in (once, gnumeric.resave(once, tmp_path / "twice.xlsx"), gnumeric.resave(path, tmp_path / "old.xls")):
        assert_untouched(each)


@pytest.mark.parametrize("form", ["xlsx", "xls"])
def test_nothing_is_found_after_gnumeric_saved_what_libreoffice_did(
    gnumeric: Gnumeric, by_libreoffice: dict[str, Path], tmp_path: Path, form: str
) -> None:
    """It keeps but the prompts of LibreOffice's validations, and drops spaces out of LibreOffice's .xls."""
    assert_untouched(gnumeric.resave(by_libreoffice[form], tmp_path / "second.xlsx"))


# ---- what stands in a cell


def test_a_change_is_told_with_what_was_there_and_what_is(tampered: Tampered) -> None:
    label, points, formula, score = Cell(GUIDE, "B9"), Cell(TABLE, "B10"), Cell(CHECK, "D7"), Cell(CHECK, "D8")
    tampered.put(label, str(tampered.book.value(label)).replace("Word", "WPS"))
    tampered.put(points, True)
    tampered.hold(formula, "1+1")
    tampered.hold(score, None)
    tampered.put(score, 19.25)
    tampered.put(Cell(GUIDE, "D2"), "S009")  # identity's
    tampered.put(Cell(GUIDE, "D4"), "")
    found = {str(each.cell): each for each in differences(LAYOUT, tampered.book, tampered.anchors, STAMPED)}
    assert list(found) == [f"{GUIDE}!D4", str(label), str(points), str(formula), str(score)]
    assert "Word" in (found[str(label)].expected or "") and "WPS" in (found[str(label)].actual or "")
    assert (found[str(points)].expected, found[str(points)].actual) == ("50", "TRUE")
    assert found[str(formula)].actual == "=1+1"
    assert found[str(score)].actual == "19.25"
    assert found[f"{GUIDE}!D4"].actual == "（空）"
    assert all(len(each.message) <= 200 for each in found.values())


@pytest.fixture
def tampered() -> Tampered:
    return Tampered(filled())


def test_without_a_round_the_stamps_are_not_compared(tampered: Tampered) -> None:
    tampered.put(Cell(GUIDE, "B2"), "别的学校")
    tampered.hold(Cell(GUIDE, "B4"), "1+1")
    assert differences(LAYOUT, tampered.book, tampered.anchors) == ()
    assert told(list(differences(LAYOUT, tampered.book, tampered.anchors, {"unit_name": "第一小学"}))) == [
        ("issued-data-changed", f"{GUIDE}!B2")
    ]


def test_white_space_is_no_change_and_no_content(tampered: Tampered) -> None:
    label = Cell(GUIDE, "B9")
    tampered.put(label, f" {tampered.book.value(label)}".replace(" Word ", "Word\u00a0"))
    tampered.put(Cell(TABLE, "L12"), " \n")
    tampered.put(Cell(TABLE, "K12"), "\u3000")
    assert differences(LAYOUT, tampered.book, tampered.anchors, STAMPED) == ()


def test_an_error_value_where_a_label_or_nothing_stood(tampered: Tampered) -> None:
    label, empty, nothing = Cell(TABLE, "A2"), Cell(TABLE, "L12"), Cell(TABLE, "K12")
    for cell in (label, empty, nothing):
        tampered.put(cell, "")
        tampered.book.scan(cell.sheet).errors[cell.ref] = "#REF!"
    found = differences(LAYOUT, tampered.book, tampered.anchors, STAMPED)
    assert told(list(found)) == [
        ("label-changed", str(label)),
        ("stray-content", str(nothing)),
        ("review-filled", str(empty)),
    ]
    assert {each.actual for each in found} == {"#REF!"}


def test_a_form_that_was_annotated_gives_one_finding(tampered: Tampered) -> None:
    first = LAYOUT.review["review_list_total"]
    for name, cell in LAYOUT.review.items():
        if name.startswith("review_list_"):
            tampered.put(cell, "错误")
    [found] = differences(LAYOUT, tampered.book, tampered.anchors, STAMPED)
    count = 3 + LIST_ROWS * len(LIST_COLUMNS)
    assert str(found) == f"{first} 区局复核一栏已有内容（“错误”等 {count} 格），没有采用，复核时重写。"
    for name, cell in LAYOUT.review.items():
        if name.startswith("review_list_") and cell != first:
            tampered.put(cell, "")
    [found] = differences(LAYOUT, tampered.book, tampered.anchors, STAMPED)
    assert str(found) == f"{first} 区局复核一栏已有内容（“错误”），没有采用，复核时重写。"


def test_inputs_and_self_scores_are_not_looked_at(tampered: Tampered) -> None:
    for field, cell in LAYOUT.inputs.items():
        tampered.put(cell, "x")
        tampered.hold(cell, "1+1" if field.endswith("_score") else None)
    assert differences(LAYOUT, tampered.book, tampered.anchors, STAMPED) == ()


def test_content_outside_the_form_is_listed_up_to_a_point(tampered: Tampered) -> None:
    grid = tampered.book.grid(DATA)
    height, width = len(grid), len(grid[0])
    grid.extend([[""] * (width + 2) for _ in range(30)])
    for row in grid[height + 3 : height + 25]:
        row[width + 1] = 7.0
    tampered.hold(Cell(DATA, "Z9"), "[1]Sheet1!A1")
    found = list(differences(LAYOUT, tampered.book, tampered.anchors, STAMPED))
    assert {each.code for each in found} == {"stray-content"}
    assert str(found[0]) == f"{DATA}!Z9 表格以外的单元格中填有内容（“=[1]Sheet1!A1”），没有读取。"
    assert found[1].cell == Cell(DATA, f"J{height + 4}") and found[1].actual == "7"
    assert len(found) == 21
    assert str(found[-1]) == f"{DATA}!J{height + 23} 表格以外的单元格中填有内容（另有 3 格），没有读取。"


def test_much_content_outside_the_form_hides_no_changed_label(tampered: Tampered) -> None:
    for row in range(1, 2100):
        tampered.hold(Cell(TABLE, f"Z{row}"), "1+1")
    tampered.put(Cell(TABLE, "A2"), "x")
    found = list(differences(LAYOUT, tampered.book, tampered.anchors, STAMPED))
    assert told(found)[:3] == [
        ("stray-content", f"{TABLE}!Z1"),
        ("label-changed", f"{TABLE}!A2"),
        ("stray-content", f"{TABLE}!Z2"),
    ]
    assert len(found) == 22


def test_under_a_merge_nothing_is_looked_for(tampered: Tampered) -> None:
    tampered.put(Cell(TABLE, "C1"), "x")
    assert differences(LAYOUT, tampered.book, tampered.anchors, STAMPED) == ()


def test_of_a_file_that_is_no_ooxml_formulas_and_settings_are_not_known(tampered: Tampered) -> None:
    plain = OpenedBook(filled())
    plain.grid(CHECK)[6][3] = 1.0
    plain.grid(TABLE)[1][0] = "x"
    assert told(list(differences(LAYOUT, plain, tampered.anchors, STAMPED))) == [("label-changed", f"{TABLE}!A2")]


def test_the_title_is_compared_with_what_was_issued(tampered: Tampered) -> None:
    """The department's own form has other titles than those of the units."""
    own = {**STAMPED, **titles(SCHEME, SCHEME.title)}
    data = Stamper(master_blank(SCHEME), LAYOUT).stamp(own, SEAL)
    assert compared(data, own) == [] and compared(data, None) == []
    assert anchor(LAYOUT, OoxmlBook(data)).findings == () and anchor(LAYOUT, OoxmlBook(data)).match == 1
    found = differences(LAYOUT, tampered.book, tampered.anchors, own)
    assert [(each.code, str(each.cell), each.actual) for each in found] == [
        ("issued-data-changed", f"{GUIDE}!A1", f"{SCHEME.unit_title}（2024年度）填报说明"),
        ("issued-data-changed", f"{TABLE}!A1", SCHEME.unit_title),
        ("issued-data-changed", "自评说明!A1", f"{SCHEME.unit_title}说明（2024年度）"),
    ]


ODD: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=300),
    st.floats(),
    st.integers(-(2**63), 2**63),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.sampled_from(["{", "{actual}", "x" * 40_000, "\x00\ud800", "=1+1"]),
)
FORMULAS = st.one_of(st.text(max_size=60), st.sampled_from(['"', "'x", "((", "#REF!", "A1" * 9000, "[1]x!A1", "R1C1"]))


@cache
def odd_book(name: str) -> tuple[Layout, Tampered, Anchors]:
    form, book = one_sheet(LAYOUT.sheet[name]), Tampered(ISSUED)
    return form, book, anchor(form, book.book)


@given(st.data())
def test_no_content_is_too_odd(data: st.DataObject) -> None:
    form, odd, anchors = odd_book(data.draw(st.sampled_from([GUIDE, CHECK])))
    (sheet,) = form.sheets
    cells = st.lists(st.sampled_from([Cell(sheet.name, ref) for ref in [*sheet.cells, "B5", "C9"]]), unique=True)
    scan = odd.book.scan(sheet.name)
    scan.shared["1"] = "Z1", data.draw(FORMULAS)
    before = [(cell, odd.put(cell, data.draw(ODD)), odd.hold(cell, None)) for cell in data.draw(cells)[:4]]
    for cell, _, _ in before[1:3]:
        odd.hold(cell, data.draw(FORMULAS))
    scan.errors = {cell.ref: data.draw(st.text(max_size=20)) for cell, _, _ in before[3:]}
    found = differences(form, odd.book, anchors, STAMPED)
    for cell, value, held in before:
        odd.put(cell, value)
        odd.hold(cell, held.text if held else None)
    scan.errors = {}
    assert all(len(each.message) <= 200 for each in found)


# ---- cells that have moved


def test_formulas_move_with_their_rows() -> None:
    """Rows inserted and deleted in the sheet whose formulas refer to cells of their own sheet."""
    book = Workbook(filled())
    book.shift(CHECK, lambda place: place if place[0] < 40 else (place[0] + 2, place[1]))
    book.shift(CHECK, lambda place: None if place[0] == 60 else place if place[0] < 60 else (place[0] - 1, place[1]))
    opened = OoxmlBook(book.data())
    anchors = anchor(LAYOUT, opened)
    assert {each.code for each in anchors.findings} >= {"rows-inserted", "rows-deleted"}
    assert told(list(differences(LAYOUT, opened, anchors, STAMPED))) == []


def test_a_change_in_a_renamed_sheet_with_an_inserted_row_is_told_where_it_stands_now() -> None:
    book = Workbook(filled())
    book.shift(DATA, lambda place: place if place[0] < 10 else (place[0] + 1, place[1]))
    book.rename(DATA, "数据（改）")
    ref = "A21"
    assert isinstance(LAYOUT.sheet[DATA].cells["A20"], Label)
    book.words("数据（改）", ref, "改")
    book.words("数据（改）", "B10", "多出来的")
    found = compared(book.data())
    assert told(found) == [("stray-content", "数据（改）!B10"), ("label-changed", f"数据（改）!{ref}")]


class Moved:
    """Anchors by hand."""

    def __init__(self, places: dict[str, str | None], sheet: str = "乙") -> None:
        self._places, self._sheet = places, sheet

    def place(self, cell: Cell) -> Cell | None:
        ref = self._places.get(cell.ref, cell.ref)
        return None if ref is None else Cell(self._sheet, ref)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("A2+1", "A5+1"),
        ("$A2*A$2-$A$2", "$A5*A$5-$A$5"),
        ("SUM(A1:A3)", "SUM(A1:A6)"),
        ("SUM(A3:A4)", "SUM(A6:A6)"),
        ("SUM(A4:A9)", "SUM(#REF!)"),
        ("A4+1", "#REF!+1"),
        ("甲!A2+'甲'!A2:A3", "'乙'!A5+'乙'!A5:A6"),
        ('IF(A2="A2",rows_A2,A2_x)', 'IF(A5="A2",rows_A2,A2_x)'),
        ("LOG10(A2)", "LOG10(A5)"),
    ],
)
def test_references_of_a_formula_after_a_move(formula: str, expected: str) -> None:
    gone = {f"A{row}": None for row in range(4, 10)}
    moved: Any = Moved({"A2": "A5", "A3": "A6", **gone})
    assert shifted(moved, "甲", formula) == expected


def test_what_counts_as_the_same() -> None:
    day = date(2024, 3, 15)
    for found in (day, datetime.combine(day, time()), 45366.0, 45366):
        assert same(day, found)
    assert same(day, 43904.0, date1904=True)
    for other in (date(2024, 3, 16), 45366.5, 43904.0, "", True, time(), timedelta(1)):
        assert not same(day, other)
    assert same(Decimal("0.5"), 0.5) and same(Decimal(20), "20") and not same(Decimal(1), True)
    assert same("甲 Word 乙", "甲Word乙") and not same("甲", "甲.") and not same("", "x")
    assert alike("IF(a=TRUE,1,0)", "if( A = TRUE() , 1 , 0 )")
    assert not alike("A1", "A1" + " " * 9000)


# ---- what is set for a sheet


def workbook(*changes: tuple[str, str, str | Callable[[re.Match[str]], str]]) -> bytes:
    """The filled form with matches replaced in the XML of its sheets: sheet, pattern, replacement."""
    book = Workbook(filled())
    for sheet, pattern, new in changes:
        book.sub(book.sheets[sheet], pattern, new)
    return book.data()


def test_protection_taken_away() -> None:
    found = compared(workbook((DATA, "<sheetProtection[^>]*/>", ""), ("_pe", ' sheet="1"', "")))
    assert [(each.code, each.actual, each.cell) for each in found] == [
        ("protection-removed", DATA, None),
        ("protection-removed", "_pe", None),
    ]


VALIDATION = r"<dataValidation [^>]*sqref=\"{}\".*?</dataValidation>"


def test_validations_taken_away() -> None:
    found = compared(
        workbook(
            (DATA, "<dataValidations.*</dataValidations>", ""),
            (TABLE, VALIDATION.format("I12"), ""),
            (TABLE, VALIDATION.format("J20"), ""),
        )
    )
    first = min((cell.ref for cell in LAYOUT.inputs.values() if cell.sheet == DATA), key=from_ref)
    assert told(found) == [("validations-removed", f"{TABLE}!I12"), ("validations-removed", f"{DATA}!{first}")]
    assert [each.actual for each in found] == [TABLE, DATA]


def test_validations_written_otherwise_are_still_there() -> None:
    book = Workbook(filled())
    part = book.sheets[TABLE]
    for ref in ("I10", "I11", "I12"):
        book.sub(part, VALIDATION.format(ref), "")
    book.sub(part, VALIDATION.format("J10"), "")
    book.sub(
        part, "(<dataValidations[^>]*>)", lambda found: f'{found[1]}<dataValidation type="whole" sqref="I10:I12"/>'
    )
    extension = (
        '<extLst><ext xmlns:x14="u" xmlns:xm="v"><x14:dataValidations><x14:dataValidation type="list">'
        "<xm:sqref>J10</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>"
    )
    book.sub(part, "</worksheet>", f"{extension}</worksheet>")
    assert compared(book.data()) == []


def test_rows_and_columns_that_were_hidden() -> None:
    found = compared(
        workbook(
            (TABLE, '<row r="(1[246]|13|20|37)"', lambda found: f'{found[0]} hidden="1"'),
            (TABLE, "<cols>", '<cols><col min="27" max="30" hidden="1"/>'),
            (DATA, r'(<col min="[23]" max="[23]")', lambda found: f'{found[0]} hidden="1"'),
            ("_pe", '<row r="5"', '<row r="5" hidden="1"'),
        )
    )
    assert [(each.code, each.cell and each.cell.sheet, each.actual) for each in found] == [
        ("rows-hidden", TABLE, "12～14、16、20、37"),
        ("columns-hidden", DATA, "B～C"),
    ]
    assert [from_ref(each.cell.ref)[index] for each, index in zip(found, (0, 1), strict=True) if each.cell] == [12, 2]


def test_a_hidden_row_beyond_the_form_is_nobodys() -> None:
    assert compared(workbook((TABLE, "</sheetData>", '<row r="90" hidden="1"/></sheetData>'))) == []


# ---- what a file carries


def with_part(part: str, kind: str, content: str, holder: str = BOOK) -> Workbook:
    """The filled form with one more part, related to the workbook or to a sheet."""
    book = Workbook(filled())
    book.add(part, content.encode(), "application/octet-stream")
    book.relate(book.sheets.get(holder, holder), kind, f"/{part}")
    return book


@pytest.mark.parametrize(
    ("part", "kind", "content", "where"),
    [
        ("xl/vbaProject.bin", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "x", "VBA 宏"),
        ("xl/macrosheets/s.xml", "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet", "", "宏表"),
        ("xl/JDEData.bin", "http://www.wps.cn/officeDocument/2020/relationships/jsProject", "x", "WPS 宏"),
        ("xl/jdedata.bin", "urn:unknown", "x", "WPS 宏"),
    ],
)
def test_macros(part: str, kind: str, content: str, where: str) -> None:
    (found,) = compared(with_part(part, kind, content).data())
    assert (found.code, found.cell) == ("macros", None)
    assert f"（{where}）" in found.message


def test_a_ribbon_is_a_macro_only_where_it_runs_something() -> None:
    kind = "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"
    for content, expected in (('<customUI onLoad="go"/>', ["macros"]), ("<customUI/>", [])):
        book = Workbook(filled())
        book.add("customUI/customUI.xml", content.encode())
        added = f'<Relationship Id="ui" Type="{kind}" Target="customUI/customUI.xml"/></Relationships>'
        book.sub("_rels/.rels", "</Relationships>", added)
        assert [each.code for each in compared(book.data())] == expected


def test_links_to_other_files() -> None:
    link = '<externalLink xmlns="x"><externalBook/></externalLink>'
    book = with_part("xl/externalLinks/externalLink1.xml", "externalLink", link)
    target = "file:///C:\\Users\\abc\\%E9%A2%84%E7%AE%97.xlsx"
    book.relate("xl/externalLinks/externalLink1.xml", "externalLinkPath", target, external=True)
    book.relate(book.sheets[TABLE], "hyperlink", "https://example.org/a.xlsx", external=True)
    (found,) = compared(book.data())
    assert (found.code, found.cell) == ("external-links", None)
    assert "（预算.xlsx）" in found.message


@pytest.mark.parametrize(
    ("part", "kind", "content", "holder", "what"),
    [
        ("xl/connections.xml", "connections", "<connections/>", BOOK, "数据连接"),
        ("xl/queryTables/queryTable1.xml", "queryTable", "<queryTable/>", TABLE, "数据查询"),
        ("xl/externalLinks/e.xml", "externalLink", '<e><ddeLink ddeService="cmd"/></e>', BOOK, "DDE 连接 cmd"),
    ],
)
def test_links_to_other_sources(part: str, kind: str, content: str, holder: str, what: str) -> None:
    (found,) = compared(with_part(part, kind, content, holder).data())
    assert found.code == "external-links"
    assert f"（{what}）" in found.message


def test_many_links_are_counted() -> None:
    book = Workbook(filled())
    for number in range(5):
        book.relate(book.sheets[TABLE], "oleObject", f"../{number}.xlsx", external=True)
    (found,) = compared(book.data())
    assert "（0.xlsx、1.xlsx、2.xlsx等 5 项）" in found.message


def test_objects_and_controls() -> None:
    book = with_part("xl/embeddings/oleObject1.bin", "oleObject", "x", TABLE)
    for number in (1, 2):
        book.add(f"xl/ctrlProps/ctrlProp{number}.xml", b"<formControlPr/>")
        book.relate(book.sheets[DATA], "ctrlProp", f"../ctrlProps/ctrlProp{number}.xml")
    book.add("xl/drawings/drawing1.xml", b"<d/>")
    book.relate(book.sheets[DATA], "drawing", "../drawings/drawing1.xml")
    book.relate("xl/drawings/drawing1.xml", "image", "../media/image1.png")
    (found,) = compared(book.data())
    assert (found.code, found.cell) == ("embedded-objects", None)
    assert f"OLE 对象 1 个，在“{TABLE}”" in found.message and f"控件 2 个，在“{DATA}”" in found.message


def test_comments_as_openpyxl_writes_them(in_openpyxl: openpyxl.Workbook) -> None:
    one, two = sorted([cell.ref for cell in LAYOUT.inputs.values() if cell.sheet == DATA], key=from_ref)[:2]
    for ref in (two, one):
        in_openpyxl[DATA][ref].comment = Comment("请核对", "某人")
    found = compared(by_openpyxl(in_openpyxl))
    assert told(found) == [("comments-added", f"{DATA}!{one}"), ("comments-added", f"{DATA}!{two}")]
    assert str(found[0]) == f"{DATA}!{one} 单元格带有批注（“请核对”），没有读取。"


def test_threaded_comments_count_once_and_broken_ones_not_at_all() -> None:
    book = Workbook(filled())
    parts = {
        "comments": '<comments><commentList><comment ref="B3"><text><t>[线程批注]</t></text></comment></commentList></comments>',
        "threadedComment": '<T><threadedComment ref="B3"><text>多少？</text></threadedComment>'
        '<threadedComment ref="B3"><text>三</text></threadedComment><threadedComment ref="?"/></T>',
    }
    for kind, content in parts.items():
        book.add(f"xl/{kind}.xml", content.encode())
        book.relate(book.sheets[TABLE], kind, f"/xl/{kind}.xml")
    book.add("xl/broken.xml", b"<comments>")
    book.relate(book.sheets[TABLE], "comments", "/xl/broken.xml")
    found = compared(book.data())
    assert told(found) == [("comments-added", f"{TABLE}!B3")]
    assert found[0].actual == "多少？"


def test_many_comments_are_listed_up_to_a_point() -> None:
    listed = "".join(f'<comment ref="B{row}"/>' for row in range(1, 31))
    book = Workbook(filled())
    book.add("xl/c.xml", f"<comments><commentList>{listed}</commentList></comments>".encode())
    book.relate(book.sheets[TABLE], "comments", "/xl/c.xml")
    found = compared(book.data())
    assert len(found) == 21
    assert str(found[-1]) == f"{TABLE}!B21 单元格带有批注（另有 10 格），没有读取。"


def test_broken_relationships_are_skipped() -> None:
    book = Workbook(filled())
    book.add("xl/theme/_rels/theme1.xml.rels", b"<Relationships>")
    assert compared(book.data()) == []


# ---- words


def test_words_of_a_return_are_shown_short_and_on_one_line() -> None:
    assert short(" 甲\n\u202e乙\x07\t丙 ") == "甲 乙 丙"
    assert short("") == short(" \n") == "（空）"
    assert short("长" * 60) == "长" * 60
    assert short("长" * 61) == "长" * 59 + "…"


def test_long_texts_are_shown_where_they_part() -> None:
    same_part = "甲" * 100
    assert apart("a", "") == ("a", "（空）")
    assert apart(f"{same_part}乙丙", f"{same_part}丁") == (f"…{'甲' * 15}乙丙", f"…{'甲' * 15}丁")
    assert apart(same_part, "") == ("甲" * 59 + "…", "（空）")
    first, second = apart(same_part, same_part + "乙" * 100)
    assert first == "…" + "甲" * 15
    assert second == "…" + "甲" * 15 + "乙" * 43 + "…"


def test_runs_of_numbers() -> None:
    assert runs([9, 3, 4, 5, 11]) == [(3, 5), (9, 9), (11, 11)]
    assert runs([]) == []


def test_a_few_are_listed_and_no_more_are_counted_than_anybody_reads() -> None:
    few = Few("stray-content")
    many = []
    for row in range(1, 2021):
        few.add(Cell("甲", f"A{row}"), "x")
        many.append(few.many)
    assert many.index(True) == 2019
    assert str(list(few)[-1]) == "甲!A21 表格以外的单元格中填有内容（另有 2000 格以上），没有读取。"
