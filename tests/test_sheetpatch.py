"""Patching one sheet: the wanted cells change, every other byte stays."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from perfeval_xl.cells import from_ref, to_ref
from perfeval_xl.errors import PatchRefused, UnreadableWorkbook
from perfeval_xl.excel import sheetpatch
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.sheetpatch import MAX_TEXT, Content, Formulas, Patch, patch_sheet
from tests.engines import Gnumeric, LibreOffice
from tests.workbooks import SHEET, contents, raw_members, rich_workbook, saved

BOOK = rich_workbook()


def sheet(rows: str, after: str = "") -> bytes:
    return f"<worksheet><sheetData>{rows}</sheetData>{after}</worksheet>".encode()


def patched(rows: str, ref: str, content: Content, after: str = "", **settings: bool) -> str:
    """The rows after a patch of one cell."""
    text = patch_sheet(sheet(rows, after), {ref: Patch(content)}, **settings).decode()
    assert text.startswith("<worksheet><sheetData>") and text.endswith(f"</sheetData>{after}</worksheet>")
    return text[len("<worksheet><sheetData>") : -len(f"</sheetData>{after}</worksheet>")]


ROW = '<row r="2"><c r="A2" s="3"/><c r="C2" t="s" s="4"><v>7</v></c></row>'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (Decimal("9.98"), '<c r="C2" s="4"><v>9.98</v></c>'),
        (Decimal("1E+3"), '<c r="C2" s="4"><v>1000</v></c>'),
        (Decimal("245250193.770"), '<c r="C2" s="4"><v>245250193.77</v></c>'),
        (Decimal("0.00"), '<c r="C2" s="4"><v>0</v></c>'),
        (Decimal("-0"), '<c r="C2" s="4"><v>0</v></c>'),
        (Decimal("1E+30"), '<c r="C2" s="4"><v>1e+30</v></c>'),
        (Decimal("1E-30"), '<c r="C2" s="4"><v>1e-30</v></c>'),
        (date(2024, 3, 15), '<c r="C2" s="4"><v>45366</v></c>'),
        (date(1900, 3, 1), '<c r="C2" s="4"><v>61</v></c>'),
        ("是", '<c r="C2" s="4" t="inlineStr"><is><t xml:space="preserve">是</t></is></c>'),
        ("=1+1", '<c r="C2" s="4" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>'),
        (" <a> & ", '<c r="C2" s="4" t="inlineStr"><is><t xml:space="preserve"> &lt;a&gt; &amp; </t></is></c>'),
        ("一\r\n二\r三", '<c r="C2" s="4" t="inlineStr"><is><t xml:space="preserve">一\n二\n三</t></is></c>'),
        ("a\x00\x0b\ud800\ufffeb", '<c r="C2" s="4" t="inlineStr"><is><t xml:space="preserve">ab</t></is></c>'),
        ("_x000D_", '<c r="C2" s="4" t="inlineStr"><is><t xml:space="preserve">_x005F_x000D_</t></is></c>'),
        ("", '<c r="C2" s="4"/>'),
        (None, '<c r="C2" s="4"/>'),
    ],
)
def test_what_is_written(content: Content, expected: str) -> None:
    assert patched(ROW, "C2", content) == f'<row r="2"><c r="A2" s="3"/>{expected}</row>'


CELLS = (
    "<c r='A2'/>",
    '<c r="A2"/>',
    '<c r="A2"  s="3"/>',
    '<c s="3" r="A2"/>',
    '<c r="A2" s="3"\n/>',
    '<c r="A2" s="3" t="s"/>',
    '<c r="A2" s="3" cm="1"/>',
    '<c r="A2" s="3" x="&gt;"/>',
    '<c r="A2" s="3"/><!-- /> -->',
    '<c r="A2" s="3"><v/></c>',
    '<c r="A2" s="3"><f>B2</f></c>',
)
STYLED = [
    '<c r="A2" s="3"/>',
    '<c r="A2" s="3" />',
    '<c r="A2" s="3"></c>',
    '<c r="A2" s="3"><v>1</v></c>',
    '<c t="inlineStr" r="A2" s="3"><is><r><t>富</t></r></is></c>',
    '<c r="A2" cm="1" s="3" vm="2"><v>1</v></c>',
    '<c r="A2" s="3" t = "s" ><v>1</v></c >',
    '<c r="A2" s="3"><!-- </c> --><v><![CDATA[</c>]]></v></c>',
]


@pytest.mark.parametrize("cell", STYLED)
def test_however_the_cell_is_written_its_style_stays(cell: str) -> None:
    rows = '<row r="2">{}<c r="B2"><v>5</v></c></row>'
    assert patched(rows.format(cell), "A2", Decimal(1)) == rows.format('<c r="A2" s="3"><v>1</v></c>')


@pytest.mark.parametrize("formulas", ["refuse", "keep", "replace"])
@pytest.mark.parametrize("cell", [*STYLED, *CELLS])
def test_a_blank_cell_that_is_cleared_is_left_as_it_would_have_been_written(
    cell: str, formulas: Formulas, monkeypatch: pytest.MonkeyPatch
) -> None:
    xml, patch = sheet(f'<row r="2">{cell}<c r="B2"><v>5</v></c></row>'), {"A2": Patch(None, formulas)}

    def outcome() -> bytes | str:
        try:
            return patch_sheet(xml, patch)
        except PatchRefused as error:
            return str(error)

    done = outcome()
    monkeypatch.setattr(sheetpatch, "_BLANK", re.compile(rb"(?!)"))
    assert done == outcome()


def test_single_quotes_stay_and_tell_tales_in_other_attributes_do_not_count() -> None:
    row = "<row r='2' x='>'><c r='A2' other=' t=\"s\" ' s='3' t='s'><v>1</v></c></row>"
    expected = "<row r='2' x='>'><c r='A2' other=' t=\"s\" ' s='3'><v>2</v></c></row>"
    assert patched(row, "A2", Decimal(2)) == expected


def test_prefixes() -> None:
    xml = '<x:worksheet xmlns:x="u"><x:sheetData><x:row r="1">{}</x:row>{}</x:sheetData></x:worksheet>'
    old = '<x:c r="A1" t="s"><x:v>1</x:v></x:c>'
    cell = '<x:c r="A1" t="inlineStr"><x:is><x:t xml:space="preserve">甲</x:t></x:is></x:c>'
    new = '<x:row r="2"><x:c r="B2"><x:v>2</x:v></x:c></x:row>'
    done = patch_sheet(xml.format(old, "").encode(), {"A1": Patch("甲"), "B2": Patch(Decimal(2))}).decode()
    assert done == xml.format(cell, new)


def test_rows_and_cells_without_reference_stand_by_their_place() -> None:
    row = '<row><c><v>1</v></c><c><v>2</v></c><c r="E1"><v>3</v></c><c><v>4</v></c></row>'
    rows = f'{row}<row r="5"><c><v>5</v></c></row>{row.replace("E1", "E6")}'
    assert patched(rows, "B1", Decimal(9)) == rows.replace("<v>2</v>", "<v>9</v>", 1)
    assert patched(rows, "F1", Decimal(9)) == rows.replace("<v>4</v>", "<v>9</v>", 1)
    assert patched(rows, "A5", Decimal(9)) == rows.replace("<v>5</v>", "<v>9</v>", 1)
    head, _, tail = rows.rpartition("<v>4</v>")
    assert patched(rows, "F6", Decimal(9)) == f"{head}<v>9</v>{tail}"
    assert patched(rows, "C1", Decimal(9)) == rows.replace('<c r="E1">', '<c r="C1"><v>9</v></c><c r="E1">')


@pytest.mark.parametrize(
    ("rows", "ref", "expected"),
    [
        ('<row r="2"><c r="B2"/></row>', "A2", '<row r="2"><c r="A2"><v>1</v></c><c r="B2"/></row>'),
        ('<row r="2"><c r="B2"/></row>', "C2", '<row r="2"><c r="B2"/><c r="C2"><v>1</v></c></row>'),
        ('<row r="2"><c r="Z2"/></row>', "AA2", '<row r="2"><c r="Z2"/><c r="AA2"><v>1</v></c></row>'),
        ('<row r="2" ht="20"/>', "C2", '<row r="2" ht="20"><c r="C2"><v>1</v></c></row>'),
        ('<row r="2" ht="20"></row>', "C2", '<row r="2" ht="20"><c r="C2"><v>1</v></c></row>'),
        ('<row s="7" customFormat="1"/>', "C1", '<row s="7" customFormat="1"><c r="C1" s="7"><v>1</v></c></row>'),
        ('<row r="2" s="7"/>', "C2", '<row r="2" s="7"><c r="C2"><v>1</v></c></row>'),
        ('<row r="2"/><row r="4"/>', "A3", '<row r="2"/><row r="3"><c r="A3"><v>1</v></c></row><row r="4"/>'),
        ('<row r="2"/>', "A1", '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"/>'),
        ('<row r="2"/>', "A9", '<row r="2"/><row r="9"><c r="A9"><v>1</v></c></row>'),
        ("", "A9", '<row r="9"><c r="A9"><v>1</v></c></row>'),
    ],
)
def test_missing_cells_and_rows_go_where_they_belong(rows: str, ref: str, expected: str) -> None:
    assert patched(rows, ref, Decimal(1)) == expected


def test_several_new_cells_at_one_place() -> None:
    cells = {ref: Patch(Decimal(1)) for ref in ("D2", "B2", "A1", "C2", "A3", "B3", "A9")}
    one = '<c r="{}"><v>1</v></c>'.format
    done = patch_sheet(sheet('<row r="2"><c r="C2"/></row><row r="3"/>'), cells).decode()
    assert (
        done
        == sheet(
            f'<row r="1">{one("A1")}</row><row r="2">{one("B2")}{one("C2")}{one("D2")}</row>'
            f'<row r="3">{one("A3")}{one("B3")}</row><row r="9">{one("A9")}</row>'
        ).decode()
    )


def test_a_sheet_without_any_data() -> None:
    done = patch_sheet(b"<worksheet><sheetData /><x/></worksheet>", {"B2": Patch(Decimal(1)), "A1": Patch(None)})
    assert done == sheet('<row r="1"><c r="A1"/></row><row r="2"><c r="B2"><v>1</v></c></row>', "<x/>")


def test_dates_count_from_1904_where_the_workbook_does() -> None:
    assert patched('<row r="1"><c r="A1"/></row>', "A1", date(2024, 3, 15), date1904=True) == (
        '<row r="1"><c r="A1"><v>43904</v></c></row>'
    )


FORMULA = '<row r="1"><c r="A1" s="2" t="str"><f>IF(B1="","",B1)</f><v>old</v></c></row>'


def test_formulas_are_refused_kept_or_replaced_as_told() -> None:
    def done(patch: Patch) -> bytes:
        return patch_sheet(sheet(FORMULA), {"A1": patch})

    with pytest.raises(PatchRefused, match=r"^表!A1 不能写入：单元格里是公式$"):
        patch_sheet(sheet(FORMULA), {"A1": Patch("新")}, sheet="表")
    kept = '<row r="1"><c r="A1" s="2"{}><f>IF(B1="","",B1)</f>{}</c></row>'
    assert done(Patch(Decimal("9.98"), "keep")) == sheet(kept.format("", "<v>9.98</v>"))
    assert done(Patch("<新>", "keep")) == sheet(kept.format(' t="str"', "<v>&lt;新&gt;</v>"))
    assert done(Patch("", "keep")) == sheet(kept.format(' t="str"', "<v></v>"))
    assert done(Patch(None, "keep")) == sheet(kept.format("", ""))
    assert done(Patch(Decimal(5), "replace")) == sheet('<row r="1"><c r="A1" s="2"><v>5</v></c></row>')


def test_a_formula_to_keep_must_be_there() -> None:
    for ref in ("A1", "B1"):
        with pytest.raises(PatchRefused, match=f"{ref} 不能写入：原有的公式不在了"):
            patch_sheet(sheet('<row r="1"><c r="A1"><v>1</v></c></row>'), {ref: Patch(Decimal(1), "keep")})


def test_shared_formulas() -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>'
    )
    for ref, value in (("A1", 1), ("A2", 2)):
        expected = rows.replace(f"<v>{value}</v>", "<v>8</v>")
        assert patch_sheet(sheet(rows), {ref: Patch(Decimal(8), "keep")}) == sheet(expected)
    assert patch_sheet(sheet(rows), {"A2": Patch(Decimal(8), "replace")}) == sheet(
        rows.replace('<f t="shared" si="0"/><v>2</v>', "<v>8</v>")
    )
    with pytest.raises(PatchRefused, match="A1 不能写入：别的单元格共用它的公式"):
        patch_sheet(sheet(rows), {"A1": Patch(Decimal(8), "replace")})


@pytest.mark.parametrize("kind", ["array", "dataTable"])
@pytest.mark.parametrize(("ref", "inside"), [("A1", True), ("B2", True), ("A3", False), ("C1", False)])
def test_array_ranges_are_left_alone(kind: str, ref: str, inside: bool) -> None:
    rows = f'<row r="1"><c r="A1"><f t="{kind}" ref="A1:B2">X</f><v>1</v></c></row><row r="2"><c r="B2"/></row>'
    if inside:
        with pytest.raises(PatchRefused, match=f"{ref} 不能写入：属于数组公式"):
            patch_sheet(sheet(rows), {ref: Patch(Decimal(1), "replace")})
    else:
        patched(rows, ref, Decimal(1))


@pytest.mark.parametrize(("ref", "refused"), [("B2", False), ("C2", True), ("B4", True), ("C4", True), ("B5", False)])
def test_of_merged_cells_only_the_first(ref: str, refused: bool) -> None:
    merges = '<mergeCells count="2"><mergeCell ref="F1:G900000"/><mergeCell ref="B2:C4"/></mergeCells>'
    if refused:
        with pytest.raises(PatchRefused, match=f"^表!{ref} 不能写入：是合并单元格的一部分"):
            patch_sheet(sheet("", merges), {ref: Patch(None)}, sheet="表")
    else:
        patched("", ref, Decimal(1), after=merges)
    with pytest.raises(PatchRefused, match="G77"):
        patch_sheet(sheet("", merges), {"G77": Patch(None)})


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+400"), date(1900, 2, 28)])
def test_what_no_cell_can_hold(value: Content) -> None:
    with pytest.raises(PatchRefused, match="C2 不能写入"):
        patched(ROW, "C2", value)


def test_the_longest_text() -> None:
    assert "满" * MAX_TEXT in patched(ROW, "C2", "满" * MAX_TEXT)
    assert "𠀀" * 16_383 in patched(ROW, "C2", "𠀀" * 16_383)  # two UTF-16 units each
    for text in ("满" * (MAX_TEXT + 1), "𠀀" * 16_384):
        with pytest.raises(PatchRefused, match="超过 32,767 个字"):
            patched(ROW, "C2", text)


@pytest.mark.parametrize(
    "xml",
    [
        sheet('<row r="1"><c r="A1"/><c r="A1"/></row>'),
        sheet('<row r="1"/><row r="1"/>'),
        b"<worksheet><sheetData/><sheetData/></worksheet>",
        b"<worksheet/>",
        sheet("").decode().encode("utf-16"),
    ],
)
def test_structures_that_nobody_writes_are_refused(xml: bytes) -> None:
    with pytest.raises(PatchRefused):
        patch_sheet(xml, {"A1": Patch(Decimal(1))})


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<worksheet>",
        sheet('<row r="x"/>'),
        sheet('<row r="1"><c r="1A"/><c r="B1"/></row>', "<"),
        sheet("", '<mergeCell ref="A1:oops"/>'),
        b'<!DOCTYPE worksheet [<!ENTITY a "b">]>' + sheet(""),
        b'<?xml version="1.0" encoding="gibtsnicht"?>' + sheet(""),
    ],
)
def test_broken_sheets(xml: bytes) -> None:
    with pytest.raises(UnreadableWorkbook):
        patch_sheet(xml, {"A1": Patch(Decimal(1))})


def test_a_sheet_in_latin_1() -> None:
    rows = sheet('<row r="1"><c r="A1"><v>é</v></c></row>').decode().encode("latin-1")
    done = patch_sheet(b'<?xml version="1.0" encoding="ISO-8859-1"?>' + rows, {"B1": Patch("é中")})
    assert [each.text for each in ET.fromstring(done).iter() if each.text] == ["é", "é中"]


@dataclass
class Model:
    """A random sheet: its XML, and each cell's own text by reference."""

    xml: bytes
    cells: Mapping[str, str]


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Sheets with gaps, missing references, both kinds of empty elements, white space, comments, any prefix."""
    p = draw(st.sampled_from(["", "x:"]))
    blank = st.sampled_from(["", "\n", " "])
    parts, cells = [], {}
    for row in draw(st.lists(st.integers(1, 12), unique=True, max_size=6).map(sorted)):
        inner = ""
        last = 0
        for column in draw(st.lists(st.integers(1, 30), unique=True, max_size=6).map(sorted)):
            ref = to_ref(row, column)
            named = f' r="{ref}"' if column != last + 1 or draw(st.booleans()) else ""
            style = draw(st.sampled_from(["", ' s="1"', " s='2'"]))
            body = draw(st.sampled_from(["/>", f"></{p}c>", f"><{p}v>7</{p}v></{p}c>", f"><!-- <{p}c/> --></{p}c>"]))
            cell = f"<{p}c{style}{named}{body}"
            inner += draw(blank) + cell
            cells[ref] = cell
            last = column
        number = f' r="{row}"' if row > 1 or draw(st.booleans()) else ""
        parts.append(draw(blank))
        parts.append(f"<{p}row{number}>{inner}</{p}row>" if inner or draw(st.booleans()) else f"<{p}row{number}/>")
    space = f' xmlns:{p[:-1]}="u"' if p else ' xmlns="u"'
    data = f"<{p}sheetData>{''.join(parts)}</{p}sheetData>" if parts or draw(st.booleans()) else f"<{p}sheetData/>"
    return Model(f"<{p}worksheet{space}>{data}<{p}x/></{p}worksheet>".encode(), cells)


REFS = st.builds(to_ref, st.integers(1, 13), st.integers(1, 31))
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
VALUES = st.one_of(st.none(), NUMBERS, TEXTS, st.dates(date(1990, 1, 1), date(2100, 1, 1)))


@settings(max_examples=400, deadline=None)
@given(models(), st.dictionaries(REFS, VALUES, min_size=1, max_size=8))
def test_any_sheet_any_cells(model: Model, wanted: dict[str, Content]) -> None:
    patches = {ref: Patch(value) for ref, value in wanted.items()}
    done = patch_sheet(model.xml, patches)
    assert patch_sheet(done, patches) == done
    found: dict[str, ET.Element] = {}
    row_number = 0
    for row in ET.fromstring(done).findall(".//{u}row"):
        number = int(row.get("r", row_number + 1))
        assert number > row_number
        row_number, column = number, 0
        for cell in row.findall("{u}c"):
            here = from_ref(cell.get("r", to_ref(number, column + 1)))
            assert here[0] == number and here[1] > column
            column = here[1]
            found[to_ref(*here)] = cell
    assert set(found) == set(model.cells) | set(wanted)
    for ref, value in wanted.items():
        assert_holds(found[ref], value)
        style = re.search("s=[\"'](.)", model.cells.get(ref, ""))
        assert found[ref].get("s") == (style[1] if style else None)
    untouched = "".join(text for ref, text in model.cells.items() if ref not in wanted)
    assert is_subsequence(untouched, done.decode())


def assert_holds(cell: ET.Element, value: Content) -> None:
    if value is None or value == "":
        assert len(cell) == 0 and cell.get("t") is None
    elif isinstance(value, str):
        assert cell.get("t") == "inlineStr"
        assert (cell.findtext(".//{u}t") or "").replace("_x005F_", "_") == value.replace("_x005F_", "_")
    elif isinstance(value, date):
        assert cell.findtext("{u}v") == str((value - date(1899, 12, 30)).days)
    else:
        assert Decimal(cell.findtext("{u}v") or "") == value


def is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(sign in rest for sign in short)


REVIEW: dict[str, Patch] = {
    "F3": Patch(Decimal("9.98")),
    "G3": Patch("一致。"),
    "F4": Patch(None),
    "G4": Patch("差 <0.01> & 说明\n第二行"),
    "F9": Patch(Decimal("99.97")),
    "H20": Patch("优"),
}


def masked(xml: bytes) -> bytes:
    """The sheet without the cells of REVIEW and the row that they may have added."""
    xml = re.sub(rb'<row r="20".*?</row>', b"", xml)
    for ref in REVIEW:
        xml = re.sub(rb'<c r="' + ref.encode() + rb'"[^>]*?(?:/>|>.*?</c>)', b"", xml, flags=re.DOTALL)
    return xml


def check_patched(data: bytes) -> None:
    """Patch the review cells of a file; all else must stay: every member, and the sheet outside these cells."""
    package = Package.read(data)
    part = package.sheets[SHEET]
    xml = package.part(part)
    changed = patch_sheet(xml, REVIEW, sheet=SHEET)
    assert changed != xml
    assert masked(changed) == masked(xml)
    done = package.rewrite({part: changed})
    before, after = raw_members(data), raw_members(done)
    assert list(after) == list(before)
    assert {name for name in before if before[name] != after[name]} == {part}
    rows = CalamineWorkbook.from_object(io.BytesIO(done)).get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    assert (rows[2][5], rows[2][6], rows[3][6], rows[8][5], rows[19][7]) == (
        9.98,
        "一致。",
        "差 <0.01> & 说明\n第二行",
        99.97,
        "优",
    )
    assert patch_sheet(changed, REVIEW) == changed


def test_a_rich_workbook_keeps_everything_else() -> None:
    check_patched(BOOK)


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_a_file_saved_by_openpyxl(tmp_path: Path) -> None:
    openpyxl.load_workbook(io.BytesIO(BOOK)).save(tmp_path / "b.xlsx")
    check_patched((tmp_path / "b.xlsx").read_bytes())


def test_a_file_saved_by_gnumeric(gnumeric: Gnumeric, tmp_path: Path) -> None:
    check_patched(gnumeric.resave(saved(tmp_path / "a.xlsx", BOOK), tmp_path / "b.xlsx").read_bytes())


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_a_file_saved_by_libreoffice_and_opened_there_again(libreoffice: LibreOffice, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    data = libreoffice.convert(saved(tmp_path / "a.xlsx", BOOK), "xlsx", tmp_path / "saved").read_bytes()
    check_patched(data)
    package = Package.read(data)
    part = package.sheets[SHEET]
    done = saved(tmp_path / "c.xlsx", package.rewrite({part: patch_sheet(package.part(part), REVIEW)}))
    again = libreoffice.convert(done, "xlsx", tmp_path / "saved")
    read = openpyxl.load_workbook(again)[SHEET]
    assert [read[ref].value for ref in REVIEW] == [9.98, "一致。", None, "差 <0.01> & 说明\n第二行", 99.97, "优"]
    assert "comments" in "".join(contents(again.read_bytes()))
