"""Where the issued cells stand in a return, whatever was done to its rows, columns, sheets and names."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perfeval_xl.cells import Cell, column_letters, from_ref, to_ref
from perfeval_xl.excel.anchors import Anchors, anchor, anchor_by_names
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import Label
from perfeval_xl.excel.opened import OoxmlBook, OpenedBook
from perfeval_xl.findings import Finding
from perfeval_xl.scheme.loader import load_scheme
from tests.engines import Gnumeric, LibreOffice
from tests.moved_books import MovedBook

ROOT = Path(__file__).parents[1]
LAYOUT = build_layout(load_scheme(ROOT / "templates/huadu-2024/scheme.toml"))
SHEETS = [sheet.name for sheet in LAYOUT.sheets if not sheet.very_hidden]
GUIDE, TABLE, ANNEX, DATA, NARRATIVE, CHECK, RESULT = SHEETS
HIDDEN = next(sheet.name for sheet in LAYOUT.sheets if sheet.very_hidden)
INPUTS = LAYOUT.inputs
LAST = {
    sheet.name: tuple(max(places) for places in zip(*map(from_ref, sheet.cells), strict=True))
    for sheet in LAYOUT.sheets
}
LABELLED = {
    (sheet.name, from_ref(ref)[0])
    for sheet in LAYOUT.sheets
    for ref, content in sheet.cells.items()
    if isinstance(content, Label) and content.value != ""
}
HELD = {(sheet.name, from_ref(ref)[0]) for sheet in LAYOUT.sheets for ref in sheet.cells}
SAMPLES = sorted((ROOT / "samples").glob("returns-*/*.xlsx"))


def told(found: Anchors) -> list[tuple[str, str, str | None]]:
    """Code, cell and actual of the findings."""
    return [(each.code, str(each.cell or ""), each.actual) for each in found.findings]


def codes(found: Anchors) -> list[str]:
    return [each.code for each in found.findings]


def one(found: Anchors) -> Finding:
    (finding,) = found.findings
    return finding


def lost(book: MovedBook, found: Anchors) -> set[Cell]:
    """Inputs that are there and have no place. Fails for any that has a wrong one."""
    truth, missed = book.where(), set()
    for cell in INPUTS.values():
        place, there = found.place(cell), truth.get(cell)
        if place != there:
            if place is None:
                missed.add(cell)
            else:  # of blank lines it doesn't matter which is which
                assert book.value(place) == (book.value(there) if there else ""), (cell, there, place)
    return missed


def assert_all_found(book: MovedBook, found: Anchors) -> None:
    assert lost(book, found) == set()
    truth = book.where()
    assert all(found.place(cell) == truth.get(cell) for cell in LAYOUT.review.values())


# nothing moved


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_returns_that_programs_saved_stand_as_issued(path: Path) -> None:
    found = anchor(LAYOUT, OoxmlBook(path.read_bytes()))
    assert found.findings == ()
    assert found.match == 1
    assert found.sheets == {sheet.name: sheet.name for sheet in LAYOUT.sheets}
    assert all(found.place(cell) == found.issued(cell) == cell for cell in INPUTS.values())


@pytest.mark.parametrize("form", ["xls", "ods"])
def test_copies_by_libreoffice(libreoffice: LibreOffice, tmp_path: Path, form: str) -> None:
    as_issued(libreoffice.convert(SAMPLES[-1], form, tmp_path))


def test_copies_by_gnumeric(gnumeric: Gnumeric, tmp_path: Path) -> None:
    as_issued(gnumeric.resave(SAMPLES[0], tmp_path / "copy.xls"))


def as_issued(path: Path) -> None:
    found = anchor(LAYOUT, OpenedBook(path.read_bytes()))
    assert (found.findings, found.match) == ((), 1)
    assert all(found.place(cell) == cell for cell in INPUTS.values())


@pytest.mark.parametrize("ooxml", [True, False])
def test_what_is_typed_moves_nothing(ooxml: bool) -> None:
    book = MovedBook(LAYOUT, 7, ooxml=ooxml)
    found = anchor(LAYOUT, book)
    assert (found.findings, found.match) == ((), 1)
    assert_all_found(book, found)


def test_a_cell_under_a_merge_belongs_to_the_form() -> None:
    found = anchor(LAYOUT, MovedBook(LAYOUT))
    assert found.issued(Cell(TABLE, "B1")) == Cell(TABLE, "B1")
    for nowhere in (Cell(TABLE, "K9"), Cell(TABLE, "A39"), Cell("别的表", "A1")):
        assert found.issued(nowhere) is None
        assert found.place(nowhere) is None


def test_a_return_as_issued_takes_no_time() -> None:
    book = OoxmlBook(SAMPLES[0].read_bytes())
    anchor(LAYOUT, book)  # reads the grids
    assert seconds(lambda: anchor(LAYOUT, book)) < 0.002 * 5  # measured: 0.0003


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the quickest of three runs."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


# rows


LINED = [sheet for sheet in SHEETS if sheet != RESULT]  # the lines of the list are blank and all alike
places = st.sampled_from(LINED).flatmap(lambda sheet: st.tuples(st.just(sheet), st.integers(1, LAST[sheet][0])))
columns = st.sampled_from(SHEETS).flatmap(lambda sheet: st.tuples(st.just(sheet), st.integers(1, LAST[sheet][1])))
seeds = st.integers(0, 20)
BESIDE_A_BLANK_COLUMN = {
    (sheet, blank + beside)
    for sheet, blank in ((TABLE, 11), (ANNEX, 15), (DATA, 7), (NARRATIVE, 3))
    for beside in (0, 1)
}


@settings(max_examples=15)
@given(places, st.integers(1, 4), seeds)
def test_rows_that_excel_inserted(place: tuple[str, int], count: int, seed: int) -> None:
    sheet, at = place
    book = MovedBook(LAYOUT, seed)
    book.insert_rows(sheet, at, ["补充说明"] * count)
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert told(found) == [("rows-inserted", f"{sheet}!A{at}", span(str(at), str(at + count - 1)))]
    assert f"插入了 {count} 行" in one(found).message
    assert found.match == 1
    assert found.issued(Cell(sheet, f"A{at}")) is None
    assert all(found.issued(now) == cell for cell, now in book.where().items())


def span(first: str, last: str) -> str:
    return first if first == last else f"{first}～{last}"


@settings(max_examples=15)
@given(places, st.integers(1, 3), seeds, st.booleans())
def test_rows_that_were_inserted_while_names_stayed_or_are_not_there(
    place: tuple[str, int], count: int, seed: int, ooxml: bool
) -> None:
    book = MovedBook(LAYOUT, seed, ooxml=ooxml, fill=1)
    book.insert_rows(place[0], place[1], [""] * count, names=False)
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert set(codes(found)) == {"rows-inserted"}  # told in two where blank lines of the form stand between


@settings(max_examples=15)
@given(places, st.integers(1, 3), seeds)
def test_rows_that_excel_deleted(place: tuple[str, int], count: int, seed: int) -> None:
    sheet, at = place
    count = min(count, LAST[sheet][0] - at + 1)
    assume(all((sheet, row) in HELD for row in range(at - 1, at + count + 1)))  # blank rows are all alike
    book = MovedBook(LAYOUT, seed)
    book.delete_rows(sheet, at, count)
    found = anchor(LAYOUT, book)
    assert lost(book, found) == set()
    gone = [cell for cell in INPUTS.values() if cell.sheet == sheet and at <= from_ref(cell.ref)[0] < at + count]
    assert [found.place(cell) for cell in gone] == [None] * len(gone)
    assert told(found) == [("rows-deleted", f"{sheet}!A{at}", span(str(at), str(at + count - 1)))]


def test_columns_whose_only_labels_went_with_their_rows_are_not_gone() -> None:
    book = MovedBook(LAYOUT, 0)
    book.delete_rows("填报说明", 2, 3)
    assert told(anchor(LAYOUT, book)) == [("rows-deleted", "填报说明!A2", "2～4")]


@settings(max_examples=15)
@given(places, seeds, st.sampled_from(["stale", "lost", "xls"]))
def test_a_row_deleted_without_names_to_tell(place: tuple[str, int], seed: int, names: str) -> None:
    book = MovedBook(LAYOUT, seed, ooxml=names != "xls")
    book.delete_rows(*place, 1, names=False)
    if names == "lost":
        book.drop_names()
    found = anchor(LAYOUT, book)
    assert all((cell.sheet, from_ref(cell.ref)[0]) not in LABELLED for cell in lost(book, found))


def test_deleted_rows_at_the_end() -> None:
    for ooxml in (True, False):
        book = MovedBook(LAYOUT, ooxml=ooxml)
        book.delete_rows(DATA, 126, 2)
        book.put(Cell(DATA, "A130"), "填表人：张三")
        found = anchor(LAYOUT, book)
        assert told(found) == [("rows-deleted", f"{DATA}!A126", "126～127")]
        assert found.place(Cell(DATA, "C126")) is None
        assert found.place(Cell(DATA, "C125")) == Cell(DATA, "C125")


def test_a_copy_of_a_row_with_other_values_is_not_guessed_at() -> None:
    book = MovedBook(LAYOUT, ooxml=False, fill=1)
    book.insert_rows(DATA, 28, [""])
    book.slots[DATA][27] = [(value, None) for value, _ in book.slots[DATA][26]]
    copied = Cell(DATA, "C27")
    assert anchor(LAYOUT, book).place(copied) == copied  # the same in both
    for each in ("H27", "C28", "H28"):  # there may be remarks of a review
        book.put(Cell(DATA, each), "")
    assert anchor(LAYOUT, book).place(copied) == copied  # the one that is filled
    book.put(Cell(DATA, "C27"), "")
    book.put(Cell(DATA, "C28"), "1")
    assert anchor(LAYOUT, book).place(copied) == Cell(DATA, "C28")
    book.put(Cell(DATA, "C27"), "2")
    found = anchor(LAYOUT, book)
    assert found.place(copied) is None
    assert codes(found) == ["rows-inserted"]
    named = MovedBook(LAYOUT, fill=1)
    named.insert_rows(DATA, 28, [""])
    named.slots[DATA][27] = [(value, None) for value, _ in named.slots[DATA][26]]
    named.put(Cell(DATA, "C28"), "2")
    assert anchor(LAYOUT, named).place(copied) == copied  # names stay with the original


# rows out of their order


@settings(max_examples=10)
@given(st.sampled_from([(DATA, 10, 24), (DATA, 30, 34), (ANNEX, 5, 24), (ANNEX, 28, 47), (TABLE, 10, 35)]), seeds)
def test_sorted_rows_are_read_by_their_labels(block: tuple[str, int, int], seed: int) -> None:
    sheet, top, bottom = block
    order = list(range(top, bottom + 1))
    Random(seed).shuffle(order)
    assume(order != sorted(order))
    for ooxml in (True, False):
        book = MovedBook(LAYOUT, seed, ooxml=ooxml)
        book.reorder_rows(sheet, top, order)
        found = anchor(LAYOUT, book)
        assert_all_found(book, found)
        assert set(codes(found)) == {"rows-moved"}
        assert found.match == 1


def test_what_is_said_of_moved_rows() -> None:
    book = MovedBook(LAYOUT)
    book.reorder_rows(DATA, 10, [11, 10])
    book.reorder_rows(ANNEX, 5, [24, *range(5, 24)], names=True)
    found = anchor(LAYOUT, book)
    assert told(found) == [("rows-moved", f"{ANNEX}!A5", "5"), ("rows-moved", f"{DATA}!A11", "11、10")]
    assert [each.expected for each in found.findings] == ["24", "10、11"]


def test_rows_that_are_moved_and_named_alike_follow_their_names() -> None:
    book = MovedBook(LAYOUT, 3)
    book.reorder_rows(DATA, 25, [*range(29, 35), *range(25, 29)], names=True)  # two sections, each with 是否适用
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert codes(found) == ["rows-moved"]


def test_two_single_labels_that_changed_places_count_as_rows() -> None:
    book = MovedBook(LAYOUT, fill=1)
    first, second = book.value(Cell(NARRATIVE, "A11")), book.value(Cell(NARRATIVE, "A12"))
    book.put(Cell(NARRATIVE, "A11"), second)
    book.put(Cell(NARRATIVE, "A12"), first)
    found = anchor(LAYOUT, book)
    assert codes(found) == ["rows-moved"]
    assert found.place(Cell(NARRATIVE, "B11")) == Cell(NARRATIVE, "B12")


def test_one_of_several_labels_that_changed_places_moves_no_row() -> None:
    book = MovedBook(LAYOUT, ooxml=False)
    first, second = book.value(Cell(DATA, "B10")), book.value(Cell(DATA, "B12"))
    book.put(Cell(DATA, "B10"), second)
    book.put(Cell(DATA, "B12"), first)
    found = anchor(LAYOUT, book)
    assert found.findings == ()
    assert_all_found(book, found)


# edited labels


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from([(s.name, r) for s in LAYOUT.sheets for r, c in s.cells.items() if isinstance(c, Label)])),
    st.sampled_from(["", "改过的字", 3.5]),
    st.booleans(),
)
def test_edited_labels_move_nothing(edited: list[tuple[str, str]], text: Any, ooxml: bool) -> None:
    book = MovedBook(LAYOUT, 1, ooxml=ooxml)
    for sheet, ref in edited:
        book.put(Cell(sheet, ref), text)
    found = anchor(LAYOUT, book)
    assert found.findings == ()
    assert_all_found(book, found)


def test_a_label_typed_over_with_another_row_keeps_its_row_by_name() -> None:
    book = MovedBook(LAYOUT)
    book.put(Cell(NARRATIVE, "A30"), book.value(Cell(NARRATIVE, "A27")))
    found = anchor(LAYOUT, book)
    assert found.findings == ()
    assert_all_found(book, found)


def test_two_tables_numbered_alike_with_nothing_between_them() -> None:
    book = MovedBook(LAYOUT, ooxml=False)
    book.put(Cell(ANNEX, "A26"), "")
    book.put(Cell(ANNEX, "A21"), "合计")  # of which there are two
    found = anchor(LAYOUT, book)
    assert {from_ref(cell.ref)[0] for cell in lost(book, found)} <= {21}
    assert found.findings == ()


def test_a_row_with_lost_names_and_new_labels_is_another_row() -> None:
    book = MovedBook(LAYOUT)
    book.delete_rows(DATA, 27, 1)
    book.insert_rows(DATA, 27, ["2"])
    book.put(Cell(DATA, "B27"), "本单位自己加的一项")
    found = anchor(LAYOUT, book)
    assert found.place(Cell(DATA, "C27")) is None
    assert codes(found) == ["rows-inserted", "rows-deleted"]
    for column in "ABDEF":
        book.put(Cell(DATA, f"{column}28"), "")
    assert anchor(LAYOUT, book).place(Cell(DATA, "C28")) == Cell(DATA, "C28")  # its name is still there


# columns


@settings(max_examples=15)
@given(columns, st.integers(1, 2), seeds, st.sampled_from(["follow", "lost", "xls"]))
def test_inserted_columns(place: tuple[str, int], count: int, seed: int, names: str) -> None:
    sheet, at = place
    book = MovedBook(LAYOUT, seed, ooxml=names != "xls")
    book.insert_columns(sheet, at, count)
    if names == "lost":
        book.drop_names()
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    about = [each for each in told(found) if each[0] != "names-lost"]
    if (sheet, at) not in BESIDE_A_BLANK_COLUMN:
        first, last = column_letters(at), column_letters(at + count - 1)
        assert about == [("columns-inserted", f"{sheet}!{first}1", span(first, last))]
    else:
        assert [code for code, *_ in about] == ["columns-inserted"]


@settings(max_examples=15)
@given(columns, seeds, st.booleans())
def test_deleted_columns(place: tuple[str, int], seed: int, ooxml: bool) -> None:
    sheet, at = place
    assume(sheet != NARRATIVE and (ooxml or sheet != GUIDE))  # the last columns have no labels
    book = MovedBook(LAYOUT, seed, ooxml=ooxml)
    book.delete_columns(sheet, at, 1)
    found = anchor(LAYOUT, book)
    assert lost(book, found) == set()
    gone = [cell for cell in INPUTS.values() if cell.sheet == sheet and from_ref(cell.ref)[1] == at]
    assert [found.place(cell) for cell in gone] == [None] * len(gone)
    if (sheet, at) not in ((TABLE, 11), (ANNEX, 15)):
        assert told(found) == [("columns-deleted", f"{sheet}!{column_letters(at)}1", column_letters(at))]


def test_the_only_column_of_inputs_deleted_beside_the_labels() -> None:
    book = MovedBook(LAYOUT)
    book.delete_columns(NARRATIVE, 2, 1)
    found = anchor(LAYOUT, book)
    assert told(found) == [("columns-deleted", f"{NARRATIVE}!B1", "B")]
    assert found.place(Cell(NARRATIVE, "B5")) is None


def test_the_only_column_of_labels_deleted() -> None:
    book = MovedBook(LAYOUT)
    book.delete_columns(NARRATIVE, 1, 1)
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)  # by names
    book.drop_names()
    found = anchor(LAYOUT, book)
    assert found.place(Cell(NARRATIVE, "B5")) is None
    assert codes(found) == ["sheet-missing", "sheet-added", "names-lost"]


def test_columns_in_another_order() -> None:
    book = MovedBook(LAYOUT, 4)
    book.reorder_columns(DATA, [1, 2, 4, 5, 3, 6, 7, 8])
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert told(found) == [("columns-moved", f"{DATA}!E1", "E")]
    assert one(found).expected == "C"


# sheets


@settings(max_examples=15)
@given(st.sets(st.sampled_from(SHEETS), min_size=1), st.sampled_from(["follow", "stale", "lost", "xls"]))
def test_renamed_sheets(renamed: set[str], names: str) -> None:
    book = MovedBook(LAYOUT, 5, ooxml=names != "xls")
    titles = {sheet: f"{sheet}（定稿）" for sheet in renamed}
    book.rename(titles, names=names != "stale")
    if names == "lost":
        book.drop_names()
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert found.sheets == {sheet.name: titles.get(sheet.name, sheet.name) for sheet in LAYOUT.sheets}
    sheets = [each for each in found.findings if each.code != "names-lost"]
    assert [(each.code, each.expected, each.actual) for each in sheets] == [
        ("sheet-renamed", sheet, titles[sheet]) for sheet in SHEETS if sheet in renamed
    ]
    with_names = renamed & {cell.sheet for cell in INPUTS.values()}
    assert ("names-lost" in codes(found)) == (names == "lost" or (names == "stale" and bool(with_names)))


@pytest.mark.parametrize("names", [True, False])
def test_titles_that_changed_places(names: bool) -> None:
    book = MovedBook(LAYOUT, 6)
    book.rename({DATA: CHECK, CHECK: DATA, ANNEX: TABLE, TABLE: ANNEX}, names=names)
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert [code for code in codes(found) if code != "names-lost"] == ["sheet-renamed"] * 4


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("ooxml", [True, False])
def test_a_missing_sheet(sheet: str, ooxml: bool) -> None:
    book = MovedBook(LAYOUT, ooxml=ooxml)
    book.drop_sheet(sheet)
    book.slots["Sheet1"] = [[("数", None)]]
    found = anchor(LAYOUT, book)
    assert [(each.code, each.expected, each.actual) for each in found.findings] == [
        ("sheet-missing", sheet, None),
        ("sheet-added", None, "Sheet1"),
    ]
    assert_all_found(book, found)
    assert sheet not in found.sheets
    assert found.match < 1


def test_the_hidden_sheet_is_missed_by_others() -> None:
    book = MovedBook(LAYOUT)
    book.drop_sheet(HIDDEN)
    found = anchor(LAYOUT, book)
    assert (found.findings, found.match) == ((), 1)
    assert HIDDEN not in found.sheets


def test_a_copy_beside_the_original_is_not_read() -> None:
    book = MovedBook(LAYOUT, ooxml=False)
    book.slots[f"{DATA} (2)"] = [[(value, None) for value, _ in row] for row in book.slots[DATA]]
    found = anchor(LAYOUT, book)
    assert told(found) == [("sheet-added", "", f"{DATA} (2)")]
    assert found.sheets[DATA] == DATA
    book.put(Cell(DATA, "B10"), "改过的字")
    assert anchor(LAYOUT, book).sheets[DATA] == DATA
    del book.slots[DATA]
    assert anchor(LAYOUT, book).sheets[DATA] == f"{DATA} (2)"


def test_names_tell_the_original_from_a_copy_under_its_old_title() -> None:
    book = MovedBook(LAYOUT, fill=1)
    book.rename({DATA: "数据"})
    book.slots[DATA] = [[(value, None) for value, _ in row] for row in book.slots["数据"]]
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert [(each.code, each.actual) for each in found.findings] == [("sheet-renamed", "数据"), ("sheet-added", DATA)]


def test_another_workbook_matches_nothing() -> None:
    book = MovedBook(LAYOUT, ooxml=False)
    book.slots = {"Sheet1": [[("月份", None), ("金额", None)], [(1.0, None), (3.5, None)]]}
    found = anchor(LAYOUT, book)
    assert found.match == 0
    assert found.sheets == {}
    assert codes(found) == ["sheet-missing"] * len(SHEETS) + ["sheet-added"]


# names


def test_all_names_lost() -> None:
    book = MovedBook(LAYOUT)
    book.drop_names()
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert codes(found) == ["names-lost"]
    assert f"{len(INPUTS)} 个" in one(found).message


def test_some_names_lost() -> None:
    book = MovedBook(LAYOUT)
    names = list(INPUTS)[::50]
    book.drop_names([*names, *list(LAYOUT.review)[:3]])
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert codes(found) == ["names-lost"]
    assert f"{len(names)} 个" in one(found).message


def test_names_that_went_astray_do_not_count() -> None:
    book = MovedBook(LAYOUT, fill=1)
    at = {cell: name for name, cell in INPUTS.items()}
    first, second, third, fourth = (at[Cell(DATA, ref)] for ref in ("C10", "C11", "C31", "C32"))
    book.targets[first] = Cell(DATA, "C11")  # C10 dragged onto C11
    book.targets[second] = None
    book.targets[third] = Cell(TABLE, "I12")
    book.targets[fourth] = Cell(DATA, "C33")  # of which there is one already
    found = anchor(LAYOUT, book)
    assert_all_found(book, found)
    assert codes(found) == ["names-lost"]
    assert "4 个" in one(found).message


def test_a_copy_in_another_format_has_no_names_to_lose() -> None:
    book = MovedBook(LAYOUT, ooxml=False)
    book.insert_rows(DATA, 30, [""])
    assert codes(anchor(LAYOUT, book)) == ["rows-inserted"]


def test_names_left_behind_by_inserted_rows_are_not_lost() -> None:
    book = MovedBook(LAYOUT)
    book.insert_rows(DATA, 30, [""], names=False)
    assert codes(anchor(LAYOUT, book)) == ["rows-inserted"]


# together


@settings(max_examples=15)
@given(st.data(), st.sampled_from(["follow", "lost", "xls"]), seeds)
def test_several_edits_at_once(data: st.DataObject, names: str, seed: int) -> None:
    book = MovedBook(LAYOUT, seed, ooxml=names != "xls", fill=1)
    for sheet in data.draw(st.sets(st.sampled_from(SHEETS), max_size=3)):
        edits = data.draw(
            st.lists(st.sampled_from(["rows", "columns", "row gone", "renamed"]), unique=True, max_size=3)
        )
        row, column = data.draw(st.integers(1, LAST[sheet][0])), data.draw(st.integers(1, LAST[sheet][1]))
        if "row gone" in edits:
            book.delete_rows(sheet, row, 1)
        if "rows" in edits:
            book.insert_rows(sheet, data.draw(st.integers(1, LAST[sheet][0])), ["", ""])
        if "columns" in edits:
            book.insert_columns(sheet, column, 1)
        if "renamed" in edits:
            book.rename({sheet: f"{sheet}1"})
    if names == "lost":
        book.drop_names()
    found = anchor(LAYOUT, book)
    assert all((cell.sheet, from_ref(cell.ref)[0]) not in LABELLED for cell in lost(book, found))


# time


@pytest.mark.parametrize("ooxml", [True, False])
@pytest.mark.parametrize("kind", ["random", "equal", "labels"])
def test_thousands_of_rows_of_junk(ooxml: bool, kind: str) -> None:
    random = Random(1)
    texts = {
        "random": [f"x{number}" for number in range(50_000)],
        "equal": ["1"],
        "labels": [str(each) for sheet in LAYOUT.sheets for each in labels(sheet.name)],
    }[kind]
    book = MovedBook(LAYOUT, ooxml=ooxml)
    width = LAST[DATA][1]
    book.slots[DATA][50:50] = [[(random.choice(texts), None) for _ in range(width)] for _ in range(5_000)]
    assert seconds(lambda: anchor(LAYOUT, book)) < 1


def labels(sheet: str) -> list[Any]:
    return [content.value for content in LAYOUT.sheet[sheet].cells.values() if isinstance(content, Label)]


def test_a_cell_far_away() -> None:
    book = MovedBook(LAYOUT, ooxml=False)
    book.put(Cell(DATA, "B10"), "改过的字")
    book.put(Cell(DATA, "A20000"), "备注")
    book.put(Cell(TABLE, "ZZ3"), "备注")
    found = anchor(LAYOUT, book)
    assert found.findings == ()
    assert_all_found(book, found)


# an earlier version


def test_by_names_alone() -> None:
    book = MovedBook(LAYOUT)
    names = list(INPUTS)
    book.targets["old_name"] = book.targets.pop(names[0])
    book.drop_names([names[1]])
    book.rename({DATA: "数据"})
    found = anchor_by_names(LAYOUT, book, {names[0]: "old_name"})
    assert found.findings == ()
    assert found.place(INPUTS[names[0]]) == book.where()[INPUTS[names[0]]]
    assert found.issued(book.where()[INPUTS[names[0]]]) == INPUTS[names[0]]
    assert found.place(INPUTS[names[1]]) is None
    assert found.place(Cell(DATA, "B10")) is None
    assert found.sheets[DATA] == "数据"
    assert 0.99 < found.match < 1


def test_by_names_where_there_are_none() -> None:
    found = anchor_by_names(LAYOUT, MovedBook(LAYOUT, ooxml=False), {})
    assert (found.sheets, found.match, found.findings) == ({}, 0, ())
    assert found.place(Cell(DATA, to_ref(10, 3))) is None


def test_a_real_file_edited_by_a_program_that_leaves_names_behind(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(SAMPLES[-1])
    book[DATA].insert_rows(40, 2)
    book[NARRATIVE].title = "说明"
    book.save(tmp_path / "edited.xlsx")
    before, after = OoxmlBook(SAMPLES[-1].read_bytes()), OoxmlBook((tmp_path / "edited.xlsx").read_bytes())
    found = anchor(LAYOUT, after)
    assert codes(found) == ["sheet-renamed", "rows-inserted", "names-lost"]
    assert found.match == 1
    for cell in INPUTS.values():
        place = found.place(cell)
        assert place is not None
        if cell not in LAYOUT.formulas:  # those have lost their results
            assert after.value(place) == before.value(cell)
