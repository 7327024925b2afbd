"""Annotating a return: the cells for the review say what they should, and not one other byte changes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.errors import PatchRefused
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.layout.parts import DATA, HIDDEN, RESULT, TABLE
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.sheetpatch import Patch, patch_sheet
from perfeval_xl.excel.stamping import Stamper, fill
from perfeval_xl.excel.styles import MAX_HEIGHT
from perfeval_xl.findings import Finding, Severity
from perfeval_xl.generator import master_blank, submission_of
from perfeval_xl.reader import Return, read_return
from perfeval_xl.remarks import remarks
from perfeval_xl.resources import samples_dir, templates_dir
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.scorer import score
from perfeval_xl.writer import CUT, annotate
from tests.engines import Gnumeric, LibreOffice
from tests.workbooks import contents, raw_members, saved, zipped

D = Decimal
SCHEME = load_scheme(templates_dir() / "huadu-2024" / "scheme.toml")
LAYOUT = build_layout(SCHEME)
REVIEW = LAYOUT.review
SHEETS = {cell.sheet for cell in REVIEW.values()}
CODES = [each.code for each in SCHEME.indicators]
ISSUED = Stamper(master_blank(SCHEME), LAYOUT).stamp(
    {stamp.key: stamp.key for stamp in LAYOUT.stamps.values()}, "PE1/a/b/2024/c/d/e"
)


def returned(answers_text: str) -> tuple[bytes, ScoreCard]:
    """A return as a unit hands it in, and the card of what is read from it."""
    answers = read_answers(answers_text, SCHEME)
    data = fill(ISSUED, LAYOUT, answers, View(answers, score(SCHEME, submission_of(SCHEME, answers))))
    return data, score(SCHEME, read_return(Return(data, "a.xlsx"), SCHEME))


PUBLISHED, PUBLISHED_CARD = returned((samples_dir() / "huadu-2024" / "answers.json").read_text(encoding="utf-8"))
BLANK, BLANK_CARD = returned("{}")
INPUT = LAYOUT.inputs[SCHEME.indicators[4].fields[0].id]
LONG = Finding("x", Severity.ERROR, "这一格填得不对，请核对后更正，再报送一次。" * 6, INPUT)


@lru_cache(maxsize=16)
def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def block(data: bytes, places: Mapping[str, Cell] = REVIEW) -> dict[str, Any]:
    """What stands in the cells for the review, by name; blank ones left out."""
    book = opened(data)
    found = {name: book[cell.sheet][cell.ref].value for name, cell in places.items()}
    return {name: value for name, value in found.items() if value is not None}


def masked(data: bytes, sheet: str, places: Mapping[str, Cell]) -> bytes:
    """A sheet's XML without the cells for the review, its links and the heights of rows."""
    package = Package.read(data)
    xml = package.part(package.sheets[sheet])
    cells = "|".join(cell.ref for cell in places.values() if cell.sheet == sheet).encode()
    xml = re.sub(rb'<c r="(?:' + cells + rb')"[^>]*?(?:/>|>.*?</c>)', b"", xml, flags=re.DOTALL)
    xml = re.sub(rb"<hyperlinks>.*?</hyperlinks>", b"", xml) if sheet == RESULT else xml
    return re.sub(rb' (?:ht|customHeight)="[^"]*"', b"", xml)


def check_nothing_else_changed(before: bytes, after: bytes, places: Mapping[str, Cell] = REVIEW) -> None:
    sheets = {cell.sheet for cell in places.values()}
    old, new = raw_members(before), raw_members(after)
    assert list(old) == list(new)
    assert {name for name in old if old[name] != new[name]} <= {Package.read(before).sheets[each] for each in sheets}
    for sheet in sheets:
        assert masked(before, sheet, places) == masked(after, sheet, places), sheet


def test_the_published_case() -> None:
    done = annotate(PUBLISHED, REVIEW, PUBLISHED_CARD, PUBLISHED_CARD.findings)
    found = block(done)
    assert (found["review_total"], found["review_grade"]) == (99.97, "优")
    said = {
        name: text
        for name, text in remarks(PUBLISHED_CARD, PUBLISHED_CARD.findings, REVIEW).contents.items()
        if text not in (None, "")
    }
    assert found.keys() - {"review_row_heights"} == said.keys()
    for name, content in said.items():
        assert found[name] == content if isinstance(content, str) else D(repr(found[name])) == content
    check_nothing_else_changed(PUBLISHED, done)


def test_a_blank_form_is_provisional() -> None:
    found = block(annotate(BLANK, REVIEW, BLANK_CARD, BLANK_CARD.findings))
    assert found["review_total"] == found["review_list_total"] == "0.00～100.00（暂定）"
    assert found["review_grade"] == "待定"
    for code in CODES:
        assert not {f"{code}_review_score", f"{code}_review_difference"} & found.keys()
        assert found[f"{code}_review_opinion"].startswith(("数据不全：", "需人工核定："))


# ---- again, and after another review


def test_annotating_again_gives_the_same_bytes() -> None:
    done = annotate(PUBLISHED, REVIEW, PUBLISHED_CARD, (*PUBLISHED_CARD.findings, LONG))
    assert annotate(done, REVIEW, PUBLISHED_CARD, (*PUBLISHED_CARD.findings, LONG)) == done


@pytest.mark.parametrize("data", [PUBLISHED, BLANK], ids=["published", "blank"])
def test_an_earlier_review_leaves_no_trace(data: bytes) -> None:
    fresh = annotate(data, REVIEW, PUBLISHED_CARD, ())
    earlier = annotate(data, REVIEW, BLANK_CARD, (*BLANK_CARD.findings, LONG))
    assert earlier != fresh
    assert annotate(earlier, REVIEW, PUBLISHED_CARD, ()) == fresh
    assert annotate(fresh, REVIEW, BLANK_CARD, (*BLANK_CARD.findings, LONG)) == earlier


def test_a_return_that_was_annotated_is_read_as_before() -> None:
    done = annotate(PUBLISHED, REVIEW, PUBLISHED_CARD, (*PUBLISHED_CARD.findings, LONG))
    one, other = (read_return(Return(data, "a.xlsx"), SCHEME) for data in (PUBLISHED, done))
    assert one.answers == other.answers and one.findings == other.findings
    assert one.review_cells == other.review_cells == REVIEW


# ---- heights


def heights(data: bytes, sheet: str) -> dict[int, float]:
    return {number: line.height for number, line in opened(data)[sheet].row_dimensions.items() if line.height}


def test_rows_grow_with_their_text_and_no_others() -> None:
    row = from_ref(INPUT.ref)[0]
    done = annotate(PUBLISHED, REVIEW, PUBLISHED_CARD, [LONG])
    before, after = heights(PUBLISHED, DATA), heights(done, DATA)
    assert after[row] > before[row]
    assert {each: height for each, height in after.items() if each != row} == {
        each: height for each, height in before.items() if each != row
    }
    line = from_ref(REVIEW["review_list_001_message"].ref)[0]
    before, after = heights(PUBLISHED, RESULT), heights(done, RESULT)
    assert {each for each in after if after[each] != before[each]} == {line}
    assert block(done)["review_row_heights"].startswith('{"')


def with_height(data: bytes, sheet: str, row: int, points: str) -> bytes:
    package = Package.read(data)
    part = package.sheets[sheet]
    xml = re.sub(rb'(<row r="%d"[^>]*? ht=")[^"]*' % row, rb"\g<1>" + points.encode(), package.part(part), count=1)
    return package.rewrite({part: xml})


def test_what_a_person_set_is_never_lowered() -> None:
    row = from_ref(INPUT.ref)[0]
    tall = with_height(PUBLISHED, DATA, row, "300")
    assert heights(annotate(tall, REVIEW, PUBLISHED_CARD, [LONG]), DATA)[row] == 300
    annotated = annotate(PUBLISHED, REVIEW, PUBLISHED_CARD, [LONG])
    changed = with_height(annotated, DATA, row, "380")
    assert heights(annotate(changed, REVIEW, PUBLISHED_CARD, ()), DATA)[row] == 380


def test_what_no_row_has_room_for_is_cut() -> None:
    endless = Finding("x", Severity.ERROR, "十个字的一句话在此。" * 300, INPUT)
    done = annotate(PUBLISHED, REVIEW, PUBLISHED_CARD, [endless])
    found, row = block(done), from_ref(INPUT.ref)[0]
    mark = next(name for name, cell in REVIEW.items() if cell.sheet == DATA and from_ref(cell.ref)[0] == row)
    for name in (mark, "review_list_001_message"):
        assert found[name].endswith(CUT) and 800 < len(found[name]) < 2000
    assert MAX_HEIGHT - 20 < heights(done, DATA)[row] <= MAX_HEIGHT


# ---- links


def links(data: bytes, sheet: str) -> dict[str, str]:
    """Where the links of a sheet lead; quotes left out, some programs write them only where needed."""
    cells = (cell for row in opened(data)[sheet].iter_rows() for cell in row)
    return {cell.coordinate: cell.hyperlink.location.replace("'", "") for cell in cells if cell.hyperlink}


def test_lines_of_the_list_lead_to_their_cells() -> None:
    away = Finding("y", Severity.WARNING, "在别的文件里。", Cell("没有的表", "A1"))
    done = annotate(PUBLISHED, REVIEW, PUBLISHED_CARD, [LONG, away, Finding("z", Severity.INFO, "整份。")])
    assert links(done, RESULT) == {REVIEW["review_list_001_place"].ref: str(INPUT)}
    assert links(done, DATA) == links(PUBLISHED, DATA) != {}
    assert links(annotate(done, REVIEW, PUBLISHED_CARD, ()), RESULT) == {}


# ---- a block that is moved, damaged or gone


def inserted_rows(data: bytes, sheet: str, rows: int) -> bytes:
    """A return with ``rows`` rows inserted at the top of a sheet, its names and links moved along."""

    def down(match: re.Match[str]) -> str:
        return "".join(str(int(each) + rows) if each.isdigit() else each for each in match.groups() if each)

    package = Package.read(data)
    part, members = package.sheets[sheet], contents(data)
    head, body = members[part].decode().split("<sheetData>")
    body = re.sub(r'(<row r="|<c r="[A-Z]+)(\d+)', down, body)
    body = re.sub(r'(<mergeCell ref="[A-Z]+)(\d+)(:[A-Z]+)(\d+)', down, body)
    members[part] = f"{head}<sheetData>{body}".encode()
    book = members["xl/workbook.xml"].decode()
    names = re.sub(rf"(>'?{sheet}'?!\$[A-Z]+\$)(\d+)(?:(:\$[A-Z]+\$)(\d+))?", down, book)
    return zipped(members | {"xl/workbook.xml": names.encode()})


@pytest.mark.parametrize("sheet", [TABLE, DATA, RESULT])
def test_the_cells_are_found_where_they_went(sheet: str) -> None:
    data = inserted_rows(PUBLISHED, sheet, 2)
    submission = read_return(Return(data, "a.xlsx"), SCHEME)
    assert submission.review_cells != REVIEW
    card = score(SCHEME, submission)
    done = annotate(data, submission.review_cells, card, card.findings)
    assert block(done, submission.review_cells)["review_total"] == 99.97
    check_nothing_else_changed(data, done, submission.review_cells)
    assert annotate(done, submission.review_cells, card, card.findings) == done


@pytest.mark.parametrize("name", ["review_grade", "review_list_120_message", "review_row_heights"])
def test_a_cell_that_is_not_there(name: str) -> None:
    places = {each: cell for each, cell in REVIEW.items() if each != name}
    with pytest.raises(PatchRefused, match=f"已被删除（原在 {REVIEW[name]}）"):
        annotate(PUBLISHED, places, PUBLISHED_CARD, ())


def test_a_sheet_that_is_gone() -> None:
    places = {name: Cell("别的" if cell.sheet == RESULT else cell.sheet, cell.ref) for name, cell in REVIEW.items()}
    with pytest.raises(PatchRefused, match="没有工作表“别的”"):
        annotate(PUBLISHED, places, PUBLISHED_CARD, ())


def test_two_names_on_one_cell() -> None:
    with pytest.raises(PatchRefused, match=f"都指向 {REVIEW['review_total']}"):
        annotate(PUBLISHED, {**REVIEW, "review_grade": REVIEW["review_total"]}, PUBLISHED_CARD, ())


@pytest.mark.parametrize("name", [f"{CODES[0]}_review_score", "review_list_007_place"])
def test_a_formula_typed_into_a_cell_is_not_overwritten(name: str) -> None:
    cell = REVIEW[name]
    package = Package.read(PUBLISHED)
    part = package.sheets[cell.sheet]
    xml = re.sub(rf'(<c r="{cell.ref}" s="\d+")/>'.encode(), rb"\1><f>1+1</f><v>2</v></c>", package.part(part))
    with pytest.raises(PatchRefused, match=f"{cell} 不能写入：单元格里是公式"):
        annotate(package.rewrite({part: xml}), REVIEW, PUBLISHED_CARD, ())


@pytest.mark.parametrize("text", ["随手写的", '{"自评表":{"12":["66","1e999",null]}}', "=1+1"])
def test_what_somebody_wrote_in_place_of_the_note_is_of_no_consequence(text: str) -> None:
    cell, package = REVIEW["review_row_heights"], Package.read(PUBLISHED)
    part = package.sheets[HIDDEN]
    scribbled = package.rewrite({part: patch_sheet(package.part(part), {cell.ref: Patch(text)})})
    assert annotate(scribbled, REVIEW, PUBLISHED_CARD, [LONG]) == annotate(PUBLISHED, REVIEW, PUBLISHED_CARD, [LONG])


# ---- saved by other programs


def check_resaved(data: bytes, save: Callable[[bytes], bytes]) -> None:
    """Annotate what a program saved, let it save that once more, and annotate it again."""
    submission = read_return(Return(data, "a.xlsx"), SCHEME)
    places, findings = submission.review_cells, (*PUBLISHED_CARD.findings, LONG)
    assert places == REVIEW
    done = annotate(data, places, PUBLISHED_CARD, findings)
    check_nothing_else_changed(data, done)
    expected = block(annotate(PUBLISHED, places, PUBLISHED_CARD, findings))
    assert without_note(block(done)) == without_note(expected)
    assert annotate(done, places, PUBLISHED_CARD, findings) == done
    again = save(done)
    assert without_note(block(again)) == without_note(expected)
    assert links(again, RESULT) == links(done, RESULT) != {}
    cleared = annotate(again, places, PUBLISHED_CARD, ())
    assert links(cleared, RESULT) == {}
    before, after = heights(data, DATA), heights(cleared, DATA)
    row = from_ref(INPUT.ref)[0]
    assert heights(again, DATA)[row] > before[row] + 10
    assert after[row] == pytest.approx(before[row], abs=1)
    assert set(block(cleared)) == set(block(annotate(PUBLISHED, places, PUBLISHED_CARD, ())))


def without_note(found: dict[str, Any]) -> dict[str, Any]:
    """What the review says; which rows had to grow depends on how tall a program left them."""
    return {name: value for name, value in found.items() if name != "review_row_heights"}


@pytest.mark.filterwarnings("ignore:Workbook contains no default style:UserWarning")
def test_a_return_saved_by_gnumeric(gnumeric: Gnumeric, tmp_path: Path) -> None:
    def save(data: bytes) -> bytes:
        return gnumeric.resave(saved(tmp_path / "a.xlsx", data), tmp_path / "b.xlsx").read_bytes()

    check_resaved(save(PUBLISHED), save)


def test_a_return_saved_by_openpyxl() -> None:
    def save(data: bytes) -> bytes:
        buffer = io.BytesIO()
        openpyxl.load_workbook(io.BytesIO(data)).save(buffer)
        return buffer.getvalue()

    check_resaved(save(PUBLISHED), save)


def test_a_return_saved_by_libreoffice(libreoffice: LibreOffice, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()

    def save(data: bytes) -> bytes:
        return libreoffice.convert(saved(tmp_path / "a.xlsx", data), "xlsx", tmp_path / "saved").read_bytes()

    check_resaved(save(PUBLISHED), save)
