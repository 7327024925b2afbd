"""What preflight lets through and what it refuses, at both sides of each limit."""

from __future__ import annotations

import random
import struct
import zipfile
from contextlib import suppress
from functools import cache

import pytest

from perfeval_xl.errors import Oversized, Refused, UnreadableWorkbook, WorkbookError
from perfeval_xl.excel import gauges
from perfeval_xl.excel.gauges import LAST_ROW, MAX_AREA, MAX_CELLS, MAX_RANGES, Tally
from perfeval_xl.excel.opened import OoxmlBook
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.preflight import MAX_FILE, preflight
from perfeval_xl.excel.recognise import FileKind
from perfeval_xl.excel.zipraw import MAX_PART
from perfeval_xl.scheme.loader import find_scheme
from tests import hostile
from tests.hostile import book, ods, ods_cell, ods_row, parts, row, sheet, zipped
from tests.hostile_binary import xlsb, xlsb_record

OOXML = FileKind.OOXML


def refused(data: bytes, kind: FileKind = OOXML) -> str:
    """The reason of a file that is too large."""
    with pytest.raises(Refused) as caught:
        preflight(data, kind)
    assert caught.value.code == "too-large"
    assert caught.value.words["why"] in str(caught.value)
    return caught.value.words["why"]


def unreadable(data: bytes, kind: FileKind = OOXML) -> str:
    with pytest.raises(UnreadableWorkbook) as caught:
        preflight(data, kind)
    return str(caught.value)


@cache
def form() -> bytes:
    return find_scheme("huadu-2024").with_name("master.xlsx").read_bytes()


def test_our_own_form_passes_without_being_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "_ParsedSheet", None)
    preflight(form(), OOXML)
    preflight(hostile.SOUND, OOXML)


def test_what_was_looked_at_is_handed_back_to_be_read() -> None:
    package = preflight(form(), OOXML)
    assert package is not None
    known = Package.read(form())
    assert {entry.name: package.part(entry.name) for entry in package.members} == {
        entry.name: entry.inflate() for entry in known.members
    }
    assert OoxmlBook(form(), package).names == OoxmlBook(form()).names
    other = preflight(zipped({"xl/a.xml": b"<a/>"}), OOXML)
    with pytest.raises(UnreadableWorkbook, match="文件不是"):
        OoxmlBook(form(), other)
    assert preflight(b"any", FileKind.XLS) is None


def test_the_size_of_a_file() -> None:
    for kind in (OOXML, FileKind.XLSB, FileKind.ODS, FileKind.XLS):
        assert refused(bytes(MAX_FILE + 1), kind) == "文件有 26 MB，超过 25 MB"
    preflight(bytes(MAX_FILE), FileKind.XLS)
    filler = zipped({**parts(), "xl/media/a.png": b""}, zipfile.ZIP_STORED)
    noise = random.Random(1).randbytes(MAX_FILE - len(filler))
    exactly = zipped({**parts(), "xl/media/a.png": noise}, zipfile.ZIP_STORED)
    assert len(exactly) == MAX_FILE
    preflight(exactly, OOXML)


def test_the_size_of_a_part() -> None:
    assert refused(hostile._promising(hostile.SOUND, hostile.SHEET, MAX_PART + 1)).endswith("有 120 MB，超过 120 MB")
    assert "校验不符" in unreadable(hostile._promising(hostile.SOUND, hostile.SHEET, 500))


def test_zip_bombs() -> None:
    assert "压缩比异常" in refused(zipped({**parts(), "xl/a.xml": b" " * 3_000_000}))
    assert "2007 个部件" in refused(zipped({**parts(), **{f"x/{n}": b"" for n in range(2000)}}))
    preflight(zipped({**parts(), **{f"x/{n}": b"" for n in range(1993)}}), OOXML)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["docProps/app.xml", "xl/_rels/x.rels", "xl/drawings/a.VML", "xl/odd.dat"])
def test_no_doctype_in_any_part_and_encoding(name: str, encoding: str) -> None:
    content = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode(encoding)
    for kind in (OOXML, FileKind.XLSB, FileKind.ODS):
        assert "DOCTYPE" in unreadable(zipped({**parts(), name: content}), kind)
    preflight(zipped({**parts(), name: "<a/>".encode(encoding)}), OOXML)


@pytest.mark.parametrize("part", ["sheet", "strings", "workbook", "styles"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "gb18030", "iso-8859-1"])
def test_what_is_read_for_its_values_is_in_utf_8(part: str, encoding: str) -> None:
    """calamine reads a sheet in UTF-16 as an empty one, and says nothing."""
    names = {"sheet": hostile.SHEET, "strings": hostile.STRINGS, "workbook": hostile.WORKBOOK, "styles": hostile.STYLES}
    text = str(parts()[names[part]]).replace("UTF-8", encoding)
    assert "UTF-8" in unreadable(book(**{part: text.encode(encoding, "replace")}))
    preflight(book(**{part: str(parts()[names[part]]).replace("UTF-8", "utf-8").encode("utf-8-sig")}), OOXML)
    preflight(zipped({**parts(), "docProps/a.xml": '<?xml version="1.0" encoding="gbk"?><甲/>'.encode("gbk")}), OOXML)


# --- the area of a sheet

OTHERS = {
    "usual": lambda text: text,
    "prefixed": hostile._prefixed,
    "single quotes": lambda text: text.replace('"', "'"),
    "a line each": lambda text: text.replace(" r=", "\n  r="),
    "commented": lambda text: text.replace("<sheetData>", "<!-- </sheetData> --><sheetData>"),
}


@pytest.mark.parametrize("style", OTHERS)
def test_the_area_of_what_really_stands_there(style: str) -> None:
    def made(last: str, *more: str) -> bytes:
        number = int("".join(each for each in last if each.isdigit()))
        return book(sheet=OTHERS[style](sheet(row(1, "A1", *more) + row(number, last))))

    preflight(made(f"E{MAX_AREA // 5}"), OOXML)
    assert f"E{MAX_AREA // 5 + 1}" in refused(made(f"E{MAX_AREA // 5 + 1}"))
    assert "D1048576" not in refused(made(f"A{LAST_ROW}", "E1"))
    preflight(made(f"A{LAST_ROW}", "D1"), OOXML)
    assert "超出了工作表的范围" in unreadable(made(f"A{LAST_ROW + 1}"))
    preflight(made("XFD300"), OOXML)
    assert "超出了工作表的范围" in unreadable(made("XFE300"))


def test_formatted_empty_cells_are_no_area() -> None:
    """They cost a reader little, and people make them by the million."""
    empty = f'<row r="{LAST_ROW}" s="1"><c r="A{LAST_ROW}" s="1"/><c r="XFD{LAST_ROW}" s="1"></c></row>'
    preflight(book(sheet=sheet(row(1, "A1") + empty)), OOXML)
    held = empty.replace("></c>", "><f>1</f></c>")
    assert "XFD1048576" in refused(book(sheet=sheet(row(1, "A1") + held)))


def test_formatted_rows_by_the_hundred_thousand_pass() -> None:
    rows = "".join(f'<row r="{number}" s="1" customFormat="1"/>' for number in range(2, 300_000))
    preflight(book(sheet=sheet(row(1, "A1") + rows)), OOXML)


def test_the_number_of_cells_in_a_file() -> None:
    tally = Tally()
    tally.add_cells(MAX_CELLS)
    with pytest.raises(Oversized, match="500 万个"):
        gauges.sheet(sheet(row(1, "A1")).encode(), tally)


@pytest.mark.parametrize(
    "rows",
    [
        row(5, "A5") + row(1, "A1"),
        row(1, "A1", "A1"),
        row(1, "A1") + row(1, "A1"),
        row(1, "A1", "A3") + row(2, "A2"),
        row(0, "A0"),
        '<row r="1"><c r="1A"/></row>',
    ],
)
def test_cells_out_of_order(rows: str) -> None:
    assert unreadable(book(sheet=sheet(rows)))


@pytest.mark.parametrize(
    "rows",
    [
        row(1, "A1") + row(1, "B1"),
        row(1, "B1", "A1"),
        "<row><c><v>1</v></c></row><row><c><v>1</v></c></row>",
        '<row><c r="A5"><v>1</v></c></row><row><c r="A7"/></row>',
        row(1, "a1", "b1"),
        "",
    ],
)
def test_odd_but_clear(rows: str) -> None:
    preflight(book(sheet=sheet(rows)), OOXML)


def test_two_tables_in_a_sheet() -> None:
    """A reader takes the first and stops."""
    two = sheet(row(1, "A1")).replace("</worksheet>", f"<sheetData>{row(2, 'A2')}</sheetData></worksheet>")
    assert "两份数据" in unreadable(book(sheet=two))


def test_merges_and_hyperlinks() -> None:
    def merged(*ranges: str, tag: str = "mergeCell") -> bytes:
        return book(sheet=sheet(row(1, "A1"), after="".join(f'<{tag} ref="{each}"/>' for each in ranges)))

    for tag in ("mergeCell", "hyperlink"):
        preflight(merged(f"A1:B{MAX_RANGES // 2}", tag=tag), OOXML)
        assert "200 万" in refused(merged("A1:B1000000", "C1", tag=tag))
    assert "200 万" in refused(merged("A:B"))
    assert "200 万" in refused(merged("1:123"))
    preflight(merged("A:A", "1:5", "?", "", "A1:"), OOXML)
    assert "200 万" in refused(merged(*(f"A{n}:XFD{n}" for n in range(1, 124))))


def test_shared_strings_announced() -> None:
    def announced(count: int) -> bytes:
        return book(
            strings=f'<sst xmlns="{hostile.MAIN}" count="{count}" uniqueCount="{count}"><si><t>x</t></si></sst>'
        )

    preflight(announced(MAX_CELLS), OOXML)
    assert "文字" in refused(announced(MAX_CELLS + 1))


def test_broken_sheets_are_told_or_harm_nothing() -> None:
    """Whatever is done to a sheet's bytes, what passes is what calamine and the scan take for the same cells."""
    luck = random.Random(4)
    text = sheet("".join(row(n, f"A{n}", f"B{n}") for n in range(1, 40))).encode()
    told = 0
    for _ in range(300):
        at, junk = (
            luck.randrange(len(text)),
            luck.choice([b"<", b"&", b">", b'"', b"</sheetData>", b"</row>", b"<c>", b""]),
        )
        data = book(sheet=text[:at] + junk + text[at + luck.choice([0, 0, 1, 40]) :])
        try:
            preflight(data, OOXML)
            opened = OoxmlBook(data)
            grid, scan = opened.grid("表一"), opened.scan("表一")
        except UnreadableWorkbook:
            told += 1
            continue
        values = sum(value != "" for line in grid for value in line)
        assert values == len(scan.styles)
    assert told > 200


# --- other formats


def test_ods_repeats() -> None:
    one, nothing = ods_cell(), ods_cell(1, filled=False)
    preflight(
        ods(ods_row(one + ods_cell(16_383, filled=False)) + ods_row(ods_cell(16_384, filled=False), LAST_ROW)),
        FileKind.ODS,
    )
    preflight(ods(ods_row(ods_cell(5), MAX_AREA // 5)), FileKind.ODS)
    assert "500 万" in refused(ods(ods_row(ods_cell(5), MAX_AREA // 5 + 1)), FileKind.ODS)
    preflight(ods(ods_row(nothing, LAST_ROW - 1) + ods_row(one)), FileKind.ODS)
    assert "范围" in unreadable(ods(ods_row(nothing, LAST_ROW) + ods_row(one)), FileKind.ODS)
    preflight(ods(ods_row(ods_cell(16_383, filled=False) + one)), FileKind.ODS)
    assert "范围" in unreadable(ods(ods_row(ods_cell(16_384, filled=False) + one)), FileKind.ODS)
    assert "重复的次数" in unreadable(ods(ods_row(one, -1)), FileKind.ODS)
    assert "XML" in unreadable(ods("<table:table-row>"), FileKind.ODS)


def test_ods_text_counts_as_content() -> None:
    far = ods_row(ods_cell(1)) + ods_row(ods_cell(1, filled=False), LAST_ROW - 2)
    text = '<table:table-cell table:number-columns-repeated="16384"><text:p>甲</text:p></table:table-cell>'
    assert "500 万" in refused(ods(far + ods_row(text)), FileKind.ODS)
    preflight(ods(far + ods_row(text.replace("<text:p>甲</text:p>", ""))), FileKind.ODS)


def test_xlsb() -> None:
    preflight(xlsb(), FileKind.XLSB)
    preflight(xlsb([(0, 0), (999_999, 4)]), FileKind.XLSB)
    assert "500 万" in refused(xlsb([(0, 0), (1_000_000, 4)]), FileKind.XLSB)
    assert "超出" in unreadable(xlsb([(0, 0), (LAST_ROW, 0)]), FileKind.XLSB)
    assert "文字" in refused(xlsb(strings=MAX_CELLS + 1), FileKind.XLSB)
    preflight(xlsb(strings=MAX_CELLS), FileKind.XLSB)
    blank = xlsb_record(129) + xlsb_record(0, struct.pack("<L", 5)) + xlsb_record(1, struct.pack("<2L", 16_383, 0))
    preflight(
        xlsb(sheet=blank + xlsb_record(0, struct.pack("<L", LAST_ROW - 1)) + xlsb_record(5, bytes(16))), FileKind.XLSB
    )


def test_every_part_that_holds_cells_is_found_whatever_its_name() -> None:
    assert "XFD" in refused(hostile._elsewhere(sheet(row(1, "A1") + row(LAST_ROW, f"XFD{LAST_ROW}"))))


def test_a_damaged_copy_of_the_form_is_refused_or_read() -> None:
    for _, data in hostile.mutations(form(), 60, seed=11):
        with suppress(WorkbookError):
            preflight(data, OOXML)
            opened = OoxmlBook(data)
            assert [opened.grid(each) for each in opened.sheet_names]
