"""The package: what is found in a file, what is refused, and that nothing but the changed parts changes."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.cells import Cell
from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.package import CONTENT_TYPES, Package, string_constant
from perfeval_xl.excel.zipraw import MAX_INFLATED, MAX_MEMBERS
from tests.engines import Gnumeric, LibreOffice
from tests.workbooks import SHEET, contents, raw_members, rich_workbook, saved, zipped

BOOK = rich_workbook()
TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"


def relations(*entries: tuple[str, str, str]) -> bytes:
    body = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/>' for name, kind, target in entries)
    return f'<Relationships xmlns="urn:r">{body}</Relationships>'.encode()


def minimal(
    workbook: str, kinds: str = OFFICE, root: str = "xl/workbook.xml", sheet: str = "worksheets/s.xml"
) -> bytes:
    return zipped(
        {
            CONTENT_TYPES: TYPES,
            "_rels/.rels": relations(("a", f"{kinds}/officeDocument", root)),
            "xl/workbook.xml": workbook.encode(),
            "xl/_rels/workbook.xml.rels": relations(("r1", f"{kinds}/worksheet", sheet)),
            "xl/worksheets/s.xml": b"<worksheet><sheetData/></worksheet>",
        }
    )


PLAIN = f'<workbook xmlns:r="{OFFICE}"><sheets><sheet name="甲" r:id="r1"/></sheets></workbook>'


def test_a_part_is_inflated_once_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    package, again = Package.read(BOOK), Package.read(BOOK)
    part = package.sheets[SHEET]
    assert package.part(part) is package.part(part.upper())
    monkeypatch.setattr(again, "_room", len(package.part(part)) - 1)
    assert again.part(part) is not again.part(part)
    assert again.part(part) == package.part(part)


def test_finds_the_parts_of_a_workbook() -> None:
    package = Package.read(BOOK)
    assert list(package.sheets) == [SHEET, "基础数据 (一)"]
    assert package.sheets[SHEET] == "xl/worksheets/sheet1.xml"
    assert package.custom_properties == {"perfeval_seal": "unsealed"}
    assert package.core_properties["subject"] == "unsealed"
    assert package.producer == "Microsoft Excel"
    assert not package.date1904
    assert package.part(package.sheets[SHEET]) == contents(BOOK)["xl/worksheets/sheet1.xml"]


def test_defined_names_lead_to_cells() -> None:
    package = Package.read(BOOK)
    assert package.named_cell("review_score") == Cell(SHEET, "F3")
    assert package.named_cell("elsewhere") == Cell("基础数据 (一)", "A1")
    assert package.named_cell("area") == Cell(SHEET, "F9")
    assert package.named_cell("perfeval_seal") is None
    assert package.named_cell("unknown") is None
    assert string_constant(package.defined_names["perfeval_seal"]) == "unsealed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲!$B$2", Cell("甲", "B2")),
        ("'甲'!B2", Cell("甲", "B2")),
        ("甲!$B$2:$C$9", Cell("甲", "B2")),
        ("'乙'!$B$2", None),
        ("甲!#REF!", None),
        ("#REF!", None),
        ("'[1]甲'!$B$2", None),
        ("甲!$B$2+1", None),
        ("甲!$B$0", None),
    ],
)
def test_what_a_name_may_stand_for(text: str, expected: Cell | None) -> None:
    names = f'<definedNames><definedName name="n">{text}</definedName></definedNames>'
    assert Package.read(minimal(PLAIN.replace("</sheets>", f"</sheets>{names}"))).named_cell("n") == expected


def test_a_sheet_name_with_a_quote_and_a_name_of_one_sheet_only() -> None:
    text = PLAIN.replace('"甲"', '"it\'s"').replace(
        "</sheets>",
        "</sheets><definedNames><definedName name='n'>'it''s'!$A$1</definedName>"
        "<definedName name='local' localSheetId='0'>'it''s'!$A$1</definedName></definedNames>",
    )
    package = Package.read(minimal(text))
    assert package.named_cell("n") == Cell("it's", "A1")
    assert "local" not in package.defined_names


@pytest.mark.parametrize("root", ["xl/workbook.xml", "/xl/workbook.xml", "./xl/../xl/workbook.xml"])
@pytest.mark.parametrize("sheet", ["worksheets/s.xml", "/xl/worksheets/s.xml", "/XL/Worksheets/S.xml"])
def test_targets_absolute_and_relative(root: str, sheet: str) -> None:
    package = Package.read(minimal(PLAIN, root=root, sheet=sheet))
    assert package.part(package.sheets["甲"]).startswith(b"<worksheet>")


def test_prefixes_and_the_strict_namespace() -> None:
    workbook = (
        f'<x:workbook xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main" xmlns:q="{STRICT}">'
        '<x:workbookPr date1904="true"/><x:sheets><x:sheet name="甲" sheetId="1" q:id="r1"/></x:sheets>'
        "<x:definedNames><x:definedName name='n'>甲!$A$1</x:definedName></x:definedNames></x:workbook>"
    )
    package = Package.read(minimal(workbook, kinds=STRICT))
    assert package.named_cell("n") == Cell("甲", "A1")
    assert package.date1904


def test_a_chart_sheet_is_no_worksheet() -> None:
    members = contents(minimal(PLAIN))
    members["xl/_rels/workbook.xml.rels"] = relations(("r1", f"{OFFICE}/chartsheet", "worksheets/s.xml"))
    assert dict(Package.read(zipped(members)).sheets) == {}


def test_nothing_changed_is_the_same_file() -> None:
    assert Package.read(BOOK).rewrite({}) == BOOK


def test_every_other_member_is_copied_raw() -> None:
    part = "xl/worksheets/sheet2.xml"
    changed = Package.read(BOOK).rewrite({part: b"<worksheet>neu</worksheet>"})
    before, after = raw_members(BOOK), raw_members(changed)
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {part}
    assert contents(changed)[part] == b"<worksheet>neu</worksheet>"
    assert zipfile.ZipFile(io.BytesIO(changed)).testzip() is None


def test_the_same_change_gives_the_same_bytes_over_an_original_and_over_a_copy() -> None:
    part, text = "xl/worksheets/sheet2.xml", b"<worksheet/>"
    once = Package.read(BOOK).rewrite({part: text})
    assert Package.read(BOOK).rewrite({part: text}) == once
    other = Package.read(BOOK).rewrite({part: b"something longer"})
    assert Package.read(other).rewrite({part: text}) == once


def test_a_part_that_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(KeyError):
        Package.read(BOOK).rewrite({"xl/none.xml": b""})


class Unseekable(io.BytesIO):
    """Forces zipfile to write its sizes after the data, as programs do that write to a pipe."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("force_zip64", [False, True])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_of_other_programs(compression: int, force_zip64: bool) -> None:
    """Data descriptors, zip64 fields, stored members, extra fields, comments, something in front of the zip."""
    buffer = Unseekable()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in contents(BOOK).items():
            info = zipfile.ZipInfo(name, (2023, 1, 2, 3, 4, 6))
            info.compress_type = compression
            info.extra = struct.pack("<HH4s", 0x9999, 4, b"abcd")
            with archive.open(info, "w", force_zip64=force_zip64) as member:
                member.write(content)
        archive.comment = b"a comment"
    data = buffer.getvalue()
    package = Package.read(data)
    assert package.rewrite({}) == data
    changed = package.rewrite({"xl/workbook.xml": b"<workbook/>"})
    assert contents(changed) == {**contents(BOOK), "xl/workbook.xml": b"<workbook/>"}
    assert contents(Package.read(b"prefix" + data).rewrite({})) == contents(BOOK)


def test_without_the_calc_chain() -> None:
    members = contents(BOOK)
    members["xl/calcChain.xml"] = b'<calcChain><c r="C3" i="1"/></calcChain>'
    members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="rc" Type="{OFFICE}/calcChain" Target="calcChain.xml"/></Relationships>'.encode(),
    )
    members[CONTENT_TYPES] = members[CONTENT_TYPES].replace(
        b"</Types>", b'<Override PartName="/xl/calcChain.xml" ContentType="application/x.calcChain+xml"/></Types>'
    )
    dropped = contents(Package.read(zipped(members)).rewrite_without_calc_chain({"docProps/app.xml": b"<a/>"}))
    assert dropped == {**contents(BOOK), "docProps/app.xml": b"<a/>"}
    assert Package.read(BOOK).rewrite_without_calc_chain({}) == BOOK  # there is none


def overlapping() -> bytes:
    """Two directory records that share one member's data."""
    data = bytearray(zipped({CONTENT_TYPES: TYPES, "aa.xml": b"x" * 500, "bb.xml": b"x" * 500}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        first = archive.getinfo("aa.xml").header_offset
    record = data.rindex(b"bb.xml") - 46
    struct.pack_into("<L", data, record + 42, first)
    return bytes(data)


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in (CONTENT_TYPES, "a.xml", "a.xml"):
                archive.writestr(name, TYPES)
    return buffer.getvalue()


def with_flag(data: bytes, flag: int) -> bytes:
    changed = bytearray(data)
    for found in re.finditer(b"PK\x01\x02", data):
        changed[found.start() + 8] |= flag
    return bytes(changed)


def promising(size: int) -> bytes:
    """A file whose directory promises ``size`` bytes in one member."""
    data = bytearray(zipped({CONTENT_TYPES: TYPES, "a.xml": b"x" * 500}))
    struct.pack_into("<L", data, data.rindex(b"a.xml") - 46 + 24, size)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "不是 .xlsx"),
        (b"PK", "不是 .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "不是 .xlsx"),
        (BOOK[: len(BOOK) // 2], "不完整"),
        (BOOK[500:], "损坏"),
        (zipped({"a.txt": b"x"}), "不是 .xlsx"),
        (zipped({f"{number}.xml": b"" for number in range(MAX_MEMBERS + 1)}), "2001 个部件"),
        (zipped({CONTENT_TYPES: TYPES, "a.xml": b"\0" * 3_000_000}), "压缩比异常"),
        (promising(MAX_INFLATED + 1), "超过 300 MB"),
        (overlapping(), "重叠"),
        (twice(), "同名"),
        (with_flag(BOOK, 1), "密码"),
        (zipped({CONTENT_TYPES: TYPES}, compression=zipfile.ZIP_LZMA), "压缩方式"),
    ],
)
def test_refused_with_its_reason(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableWorkbook, match=why):
        Package.read(data)


def test_just_within_the_limits() -> None:
    members = {CONTENT_TYPES: TYPES, **{f"{number}.xml": b"" for number in range(MAX_MEMBERS - 1)}}
    assert len(Package.read(zipped(members)).members) == MAX_MEMBERS
    assert Package.read(zipped({CONTENT_TYPES: TYPES, "a.xml": b"\0" * 2_000_000})).part("a.xml") == b"\0" * 2_000_000


def test_a_member_longer_or_other_than_promised() -> None:
    with pytest.raises(UnreadableWorkbook, match=r"a\.xml 校验不符"):
        Package.read(promising(400)).part("a.xml")
    data = zipped({CONTENT_TYPES: TYPES, "a.xml": b"hello, world"}, compression=zipfile.ZIP_STORED)
    with pytest.raises(UnreadableWorkbook, match=r"a\.xml 校验不符"):
        Package.read(data.replace(b"hello, world", b"hello, moon!")).part("a.xml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16"])
def test_no_doctype_anywhere(encoding: str) -> None:
    bomb = f'<!DOCTYPE workbook [<!ENTITY a "b">]>{PLAIN}'
    members = contents(minimal(PLAIN))
    members["xl/workbook.xml"] = bomb.encode(encoding)
    with pytest.raises(UnreadableWorkbook, match="DOCTYPE"):
        _ = Package.read(zipped(members)).sheets


@pytest.mark.parametrize(
    "text", ["", "<workbook>", "<notaworkbook/>", '<?xml version="1.0" encoding="gibtsnicht"?><workbook/>']
)
def test_broken_workbook_part(text: str) -> None:
    with pytest.raises(UnreadableWorkbook):
        _ = Package.read(minimal(text)).sheets


def test_without_a_workbook() -> None:
    with pytest.raises(UnreadableWorkbook, match="缺少工作簿"):
        _ = Package.read(zipped({CONTENT_TYPES: TYPES})).sheets
    with pytest.raises(UnreadableWorkbook, match=r"缺少 nope\.xml"):
        Package.read(BOOK).part("nope.xml")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_files_are_refused_and_nothing_else(data: st.DataObject) -> None:
    """Whatever bytes are changed: a package or UnreadableWorkbook, never another exception."""
    damaged = bytearray(minimal(PLAIN))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 40))
    try:
        package = Package.read(bytes(damaged[: len(damaged) - cut]))
        for part in package.sheets.values():
            package.part(part)
        assert isinstance(package.defined_names, dict)
    except UnreadableWorkbook:
        pass


def test_files_saved_by_libreoffice(libreoffice: LibreOffice, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    path = libreoffice.convert(saved(tmp_path / "a.xlsx", BOOK), "xlsx", tmp_path / "saved")
    check_resaved(path.read_bytes(), "LibreOffice")


def test_files_saved_by_gnumeric(gnumeric: Gnumeric, tmp_path: Path) -> None:
    path = gnumeric.resave(saved(tmp_path / "a.xlsx", BOOK), tmp_path / "b.xlsx")
    check_resaved(path.read_bytes(), "")


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_files_saved_by_openpyxl(tmp_path: Path) -> None:
    openpyxl.load_workbook(io.BytesIO(BOOK)).save(tmp_path / "b.xlsx")
    check_resaved((tmp_path / "b.xlsx").read_bytes(), "Microsoft Excel")


def check_resaved(data: bytes, producer: str) -> None:
    package = Package.read(data)
    assert package.producer.startswith(producer)
    assert package.named_cell("review_score") == Cell(SHEET, "F3")
    assert string_constant(package.defined_names["perfeval_seal"]) == "unsealed"
    assert package.custom_properties["perfeval_seal"] == "unsealed"
    assert package.core_properties["subject"] == "unsealed"
    assert package.rewrite({}) == data
