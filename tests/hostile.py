"""Broken and hostile files, made here: each has a name and its bytes, none is larger than a few hundred KB.

``cases`` are quick to make and to read; ``heavy_cases`` are within the limits but large, or made to be slow.
``mutations`` damage a good file at random, the same way for the same seed.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

from perfeval_xl.excel.zipraw import Archive, read_archive
from tests.hostile_binary import compound_cases, xlsb_cases

Case = tuple[str, bytes]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
LAST = 1_048_576

WORKBOOK, SHEET, STRINGS, STYLES = (
    "xl/workbook.xml",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
)
TYPES, RELS, BOOK_RELS = "[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"

_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = (
    f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/{WORKBOOK}" ContentType="{_MAIN_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="{_MAIN_TYPE}.worksheet+xml"/></Types>'
)


def rels(*targets: tuple[str, str], external: str = "") -> str:
    listed = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"{external}/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def sheet(rows: str, *, before: str = "", after: str = "", main: str = MAIN) -> str:
    return f'{DECLARATION}<worksheet xmlns="{main}" xmlns:r="{OFFICE}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def row(number: int, *refs: str) -> str:
    return f'<row r="{number}">' + "".join(f'<c r="{ref}"><v>1</v></c>' for ref in refs) + "</row>"


def parts(**changed: str | bytes | None) -> dict[str, str | bytes]:
    """A small sound workbook; by keyword (sheet, workbook, strings, styles, types, rels, book_rels) parts of it changed,
    None: left out."""
    usual: dict[str, str | bytes | None] = {
        "types": _TYPES,
        "rels": rels(("officeDocument", WORKBOOK)),
        "workbook": f'{DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="表一" sheetId="1" r:id="r1"/></sheets></workbook>',
        "book_rels": rels(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
        ),
        "sheet": sheet(row(1, "A1", "B1") + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'),
        "strings": f'{DECLARATION}<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>甲</t></si></sst>',
        "styles": f'{DECLARATION}<styleSheet xmlns="{MAIN}"><cellXfs count="1"><xf numFmtId="0"/></cellXfs></styleSheet>',
    }
    names = {
        "types": TYPES,
        "rels": RELS,
        "workbook": WORKBOOK,
        "book_rels": BOOK_RELS,
        "sheet": SHEET,
        "strings": STRINGS,
        "styles": STYLES,
    }
    found = {**usual, **changed}
    return {names[key]: content for key, content in found.items() if content is not None}


def zipped(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def book(**changed: str | bytes | None) -> bytes:
    return zipped(parts(**changed))


SOUND = book()


def cases() -> Iterator[Case]:
    """All quick ones; names are unique."""
    yield "sound", SOUND
    yield from _zip_cases()
    yield from _doctype_cases()
    yield from _shape_cases()
    yield from _odd_cases()
    yield from _lost_cases()
    yield from _damage_cases()
    yield from _ods_cases()
    yield from compound_cases()
    yield from xlsb_cases()
    yield from _other_files()


# --- the zip


def _zip_cases() -> Iterator[Case]:
    yield "zip bomb: 50 MB of nothing", zipped({**parts(), "xl/media/a.xml": b"\0" * 50_000_000})
    yield "zip bomb: a sheet that promises less than it holds", _promising(SOUND, SHEET, 300)
    yield "zip bomb: a part that promises 200 MB", _promising(SOUND, SHEET, 200_000_000)
    yield "zip bomb: all parts together promise 500 MB", _all_promising(100_000_000)
    yield "2,100 members", zipped({**parts(), **{f"x/{number}.bin": b"" for number in range(2100)}})
    yield "entries that overlap", _overlapping(SOUND)
    yield "an entry listed twice", _listed_twice(SOUND)
    yield "two parts of one name", _same_name()
    yield "two parts that differ in case", zipped({**parts(), "XL/Worksheets/Sheet1.xml": sheet(row(1, "A1"))})
    yield "a zip in itself", _nested(6)
    yield "names that climb out", zipped({**parts(), "../../etc/passwd": b"x", "C:\\x.exe": b"x", "/abs": b"x"})
    yield "names of nothing and of control characters", zipped({**parts(), "a\x01\x7fb": b"x", "": b"x"})
    yield "a name of 60,000 letters", zipped({**parts(), "a" * 60_000: b"x"})
    yield "lzma", zipped(parts(), zipfile.ZIP_LZMA)
    yield "stored", zipped(parts(), zipfile.ZIP_STORED)
    yield "parts marked as encrypted", _flagged(SOUND, 1)
    yield "a wrong checksum", _with_field(SOUND, SHEET, 16, 0xDEADBEEF)
    yield "text before the zip", b"MZ" + b"\x90" * 500 + SOUND
    yield "text after the zip", SOUND + b"\0" * 500
    yield "a directory of 2^32 entries", _with_end(SOUND, 10, 0xFFFF)
    yield "a directory that starts behind the end", _with_end(SOUND, 16, len(SOUND) * 2, "<L")
    yield "an empty zip", zipped({})


def _place_of(data: bytes, name: str) -> int:
    """Where a member's directory record starts."""
    return data.rindex(name.encode()) - 46


def _with_field(data: bytes, name: str, offset: int, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into("<L", changed, _place_of(data, name) + offset, value)
    return bytes(changed)


def _promising(data: bytes, name: str, size: int) -> bytes:
    return _with_field(data, name, 24, size)


def _all_promising(size: int) -> bytes:
    data = SOUND
    for name in (WORKBOOK, SHEET, STRINGS, STYLES, RELS):
        data = _promising(data, name, size)
    return data


def _with_end(data: bytes, offset: int, value: int, form: str = "<H") -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, data.rindex(b"PK\5\6") + offset, value)
    return bytes(changed)


def _overlapping(data: bytes) -> bytes:
    """The sheet's record points at the workbook's data."""
    (offset,) = struct.unpack_from("<L", data, _place_of(data, WORKBOOK) + 42)
    return _with_field(data, SHEET, 42, offset)


def _listed_twice(data: bytes) -> bytes:
    """One directory record stands there twice."""
    at = _place_of(data, STYLES)
    record = data[at : at + 46 + len(STYLES)]
    end = data.rindex(b"PK\5\6")
    grown = bytearray(data[:end] + record + data[end:])
    end += len(record)
    count, length = struct.unpack_from("<HL", grown, end + 10)
    struct.pack_into("<2HL", grown, end + 8, count + 1, count + 1, length + len(record))
    return bytes(grown)


def _same_name() -> bytes:
    other = SHEET.replace("sheet1", "sheet2")
    return zipped({**parts(), other: sheet(row(1, "A1"))}).replace(other.encode(), SHEET.encode())


def _nested(depth: int) -> bytes:
    data = SOUND
    for _ in range(depth):
        data = zipped({**parts(), "xl/embeddings/Workbook1.xlsx": data})
    return data


def _flagged(data: bytes, flag: int) -> bytes:
    changed = bytearray(data)
    at = -1
    while (at := data.find(b"PK\1\2", at + 1)) >= 0:
        changed[at + 8] |= flag
    return bytes(changed)


# --- DOCTYPE and entities


_LAUGHS = '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


def _doctype_cases() -> Iterator[Case]:
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    remote = '<!DOCTYPE x SYSTEM "http://localhost:9/x.dtd">'
    quadratic = f'<!DOCTYPE x [<!ENTITY a "{"b" * 50_000}">]>'
    plain = parts()
    keys = {"workbook": WORKBOOK, "sheet": SHEET, "strings": STRINGS, "styles": STYLES, "book_rels": BOOK_RELS}
    for key, name in keys.items():
        text = str(plain[name])
        yield f"a file pulled in by {key}", book(**{key: text.replace(DECLARATION, DECLARATION + outside)})
        yield f"a billion laughs in {key}", book(**{key: text.replace(DECLARATION, f"{DECLARATION}{_LAUGHS}]>")})
    strings = str(plain[STRINGS])
    yield "a DTD from elsewhere", book(workbook=str(plain[WORKBOOK]).replace(DECLARATION, DECLARATION + remote))
    yield (
        "quadratic blow-up in strings",
        book(strings=strings.replace(DECLARATION, DECLARATION + quadratic).replace("甲", "&a;" * 50_000)),
    )
    yield (
        "a DOCTYPE in UTF-16",
        book(strings=strings.replace("UTF-8", "UTF-16").replace("?>", f"?>{outside}").encode("utf-16")),
    )
    yield "a DOCTYPE in a drawing", zipped({**plain, "xl/drawings/vmlDrawing1.vml": f"{outside}<xml/>"})
    yield "a DOCTYPE in a part under another name", _elsewhere(str(plain[SHEET]).replace("?>", f"?>{outside}"))


def _elsewhere(content: str) -> bytes:
    """A workbook whose sheet is in a part that isn't named like one."""
    members = parts(book_rels=rels(("worksheet", "worksheets/sheet1.dat")))
    del members[SHEET]
    return zipped({**members, "xl/worksheets/sheet1.dat": content})


# --- sheets that become larger than they are


def _shape_cases() -> Iterator[Case]:
    far = row(1, "A1") + row(LAST, f"XFD{LAST}")
    yield "two cells far apart", book(sheet=sheet(far))
    yield "two cells far apart, with a prefix", book(sheet=_prefixed(sheet(far)))
    yield "two cells far apart, odd attributes", book(sheet=sheet(far.replace(' r="', "\n r = '").replace('"', "'")))
    yield "two cells far apart, behind a comment", book(sheet=sheet("<!-- </sheetData> -->" + far))
    yield "two cells far apart, in a part under another name", _elsewhere(sheet(far))
    yield "a value in the last row of a wide sheet", book(sheet=sheet(row(1, "Z1") + row(LAST, f"A{LAST}")))
    yield "a column beyond the last", book(sheet=sheet(row(1, "A1", "ZZZ1")))
    yield "a column of eleven letters", book(sheet=sheet(row(1, "ZZZZZZZZZZZ1")))
    yield "a row beyond the last", book(sheet=sheet(row(LAST + 1, f"A{LAST + 1}")))
    yield "row 2^32 - 1", book(sheet=sheet('<row r="4294967295"><c><v>1</v></c></row>'))
    yield "row 10^20", book(sheet=sheet(f'<row r="1{"0" * 20}"><c><v>1</v></c></row>'))
    yield "row 0", book(sheet=sheet('<row r="0"><c r="A0"><v>1</v></c></row>'))
    yield "a row of minus one", book(sheet=sheet('<row r="-1"><c r="A-1"><v>1</v></c></row>'))
    yield "rows out of order", book(sheet=sheet(row(5, "A5") + row(1, "A1")))
    yield "a row twice", book(sheet=sheet(row(1, "A1") + row(1, "B1")))
    yield "a cell twice", book(sheet=sheet(row(1, "A1", "A1")))
    yield "a cell in another's row", book(sheet=sheet(row(1, "A1", "A3") + row(2, "A2")))
    yield "cells without addresses", book(sheet=sheet("<row><c><v>1</v></c><c><v>2</v></c></row>" * 50))
    yield (
        "one merge of the whole sheet",
        book(sheet=sheet(row(1, "A1"), after=f'<mergeCells><mergeCell ref="A1:XFD{LAST}"/></mergeCells>')),
    )
    merges = "".join(f'<mergeCell ref="A{n}:XFD{n}"/>' for n in range(1, 300))
    yield "many wide merges", book(sheet=sheet(row(1, "A1"), after=f"<mergeCells>{merges}</mergeCells>"))
    yield (
        "a hyperlink on the whole sheet",
        book(
            sheet=sheet(row(1, "A1"), after=f'<hyperlinks><hyperlink ref="A1:XFD{LAST}" location="A1"/></hyperlinks>')
        ),
    )
    yield "merges of junk", book(sheet=sheet(row(1, "A1"), after='<mergeCells><mergeCell ref="?"/></mergeCells>'))
    for count in (2**32 - 1, 2**64 - 1):
        announced = f'<sst xmlns="{MAIN}" count="{count}" uniqueCount="{count}"><si><t>x</t></si></sst>'
        yield f"{count} shared strings announced", book(strings=announced)
    yield "a dimension of the whole sheet", book(sheet=sheet(row(1, "A1"), before=f'<dimension ref="A1:XFD{LAST}"/>'))
    yield "a dimension that is none", book(sheet=sheet(row(1, "A1"), before='<dimension ref="ZZZZ99999999999"/>'))
    yield (
        "columns to the end and beyond",
        book(sheet=sheet(row(1, "A1"), before='<cols><col min="1" max="4294967295" width="9" hidden="1"/></cols>')),
    )
    shared = f'<f t="shared" si="0" ref="A1:XFD{LAST}">A1+1</f><v>1</v>'
    yield "a shared formula for the whole sheet", book(sheet=sheet(f'<row r="1"><c r="A1">{shared}</c></row>'))
    yield (
        "an array formula for the whole sheet",
        book(sheet=sheet(f'<row r="1"><c r="A1"><f t="array" ref="A1:XFD{LAST}">ROW()</f><v>1</v></c></row>')),
    )
    yield (
        "a validation of the whole sheet",
        book(
            sheet=sheet(
                row(1, "A1"),
                after=f'<dataValidations><dataValidation type="list" sqref="{f"A1:XFD{LAST} " * 500}"/></dataValidations>',
            )
        ),
    )
    empty = "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(2, 30_000))
    yield "30,000 formatted empty rows", book(sheet=sheet(row(1, "A1") + empty))


def _prefixed(text: str) -> str:
    for name in ("worksheet", "sheetData", "row", "c", "v"):
        for mark in (" ", ">"):
            text = text.replace(f"<{name}{mark}", f"<x:{name}{mark}").replace(f"</{name}>", f"</x:{name}>")
    return text.replace("xmlns=", "xmlns:x=")


# --- sound in shape, odd in content


def _odd_cases() -> Iterator[Case]:
    def cell(inside: str, **attributes: str) -> str:
        listed = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return sheet(f'<row r="1"><c r="A1"{listed}>{inside}</c></row>')

    dates = f'<styleSheet xmlns="{MAIN}"><cellXfs count="1"><xf numFmtId="14"/></cellXfs></styleSheet>'
    yield "deeply nested after the cells", book(sheet=sheet(row(1, "A1"), after="<a>" * 20_000 + "</a>" * 20_000))
    yield "deeply nested in a cell", book(sheet=cell("<a>" * 20_000 + "</a>" * 20_000))
    yield (
        "deeply nested in the workbook",
        book(workbook=str(parts()[WORKBOOK]).replace("</workbook>", "<a>" * 20_000 + "</a>" * 20_000 + "</workbook>")),
    )
    yield "20,000 attributes", book(sheet=cell("<v>1</v>", **{f"a{n}": "1" for n in range(20_000)}))
    yield "an attribute of 1 MB", book(sheet=cell("<v>1</v>", x="y" * 1_000_000))
    yield "a value of 1 MB", book(sheet=cell(f"<v>{'9' * 1_000_000}</v>"))
    yield (
        "a text of 1 MB",
        book(sheet=cell(f"<is><t>{random.Random(1).randbytes(300_000).hex()}</t></is>", t="inlineStr")),
    )
    yield "a shared string that isn't there", book(sheet=cell("<v>99999999</v>", t="s"))
    yield "a shared string of minus one", book(sheet=cell("<v>-1</v>", t="s"))
    yield "a shared string called x", book(sheet=cell("<v>x</v>", t="s"))
    yield "a style that isn't there", book(sheet=cell("<v>1</v>", s="4294967295"))
    yield "a style of minus one", book(sheet=cell("<v>1</v>", s="-1"))
    yield "a style called x", book(sheet=cell("<v>1</v>", s="x"))
    yield "a cell type that doesn't exist", book(sheet=cell("<v>1</v>", t="zzz"))
    yield "a number that is none", book(sheet=cell("<v>abc</v>"))
    yield "NaN", book(sheet=cell("<v>NaN</v>"))
    yield "infinity", book(sheet=cell("<v>1e999</v>"))
    yield "a date of 1e308", book(sheet=cell("<v>1e308</v>"), styles=dates)
    yield "a date of minus a billion", book(sheet=cell("<v>-1e9</v>"), styles=dates)
    yield "a date that is NaN", book(sheet=cell("<v>NaN</v>"), styles=dates)
    yield "a date in ISO that is none", book(sheet=cell("<v>99999-99-99T99:99</v>", t="d"))
    yield "a formula that never ends", book(sheet=cell(f"<f>{'(' * 20_000}1</f><v>1</v>"))
    yield "a formula of junk", book(sheet=cell("<f>'''!!!&amp;&amp;$$$</f><v>1</v>"))
    yield "a shared formula without a first cell", book(sheet=cell('<f t="shared" si="7"/><v>1</v>'))
    yield "control characters escaped", book(sheet=cell("<is><t>_x0000__x000D__xFFFF_</t></is>", t="inlineStr"))
    yield (
        "invalid fonts",
        book(
            styles=f'<styleSheet xmlns="{MAIN}"><fonts><font><family val="999"/><sz val="-3"/></font></fonts>'
            '<cellXfs count="1"><xf numFmtId="99999" fontId="77"/></cellXfs></styleSheet>'
        ),
    )
    yield "no styles inside styles", book(styles=f'<styleSheet xmlns="{MAIN}"/>')
    yield (
        "2^32 - 1 styles announced",
        book(styles=f'<styleSheet xmlns="{MAIN}"><cellXfs count="4294967295"/></styleSheet>'),
    )
    yield (
        "a number format of junk",
        book(
            styles=f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="200" formatCode="{"[" * 5000}"/></numFmts>'
            '<cellXfs count="1"><xf numFmtId="200"/></cellXfs></styleSheet>'
        ),
    )
    yield (
        "strict OOXML",
        zipped(
            {
                name: str(content)
                .replace(MAIN, STRICT)
                .replace(OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships")
                for name, content in parts().items()
            }
        ),
    )
    yield "a sheet in UTF-16", book(sheet=sheet(row(1, "A1")).replace("UTF-8", "UTF-16").encode("utf-16"))
    yield "strings in GBK", book(strings=str(parts()[STRINGS]).replace("UTF-8", "GBK").encode("gbk"))
    yield "a sheet in an unknown encoding", book(sheet=sheet(row(1, "A1")).replace("UTF-8", "x-zzz"))
    yield (
        "bytes that are no UTF-8",
        book(strings=str(parts()[STRINGS]).encode().replace("甲".encode(), b"\xff\xfe\xfd")),
    )
    yield (
        "names that refer to themselves",
        book(
            workbook=str(parts()[WORKBOOK]).replace(
                "</workbook>",
                '<definedNames><definedName name="a">b</definedName><definedName name="b">a</definedName>'
                f'<definedName name="{"c" * 5000}">{"(" * 5000}</definedName></definedNames></workbook>',
            )
        ),
    )


# --- parts lost or mixed up


def _lost_cases() -> Iterator[Case]:
    for key in ("types", "rels", "workbook", "book_rels", "sheet", "strings", "styles"):
        yield f"without {key}", book(**{key: None})
    for key in ("types", "workbook", "book_rels", "sheet", "strings", "styles"):
        yield f"{key} empty", book(**{key: b""})
    yield "a sheet without cells", book(sheet=f'<worksheet xmlns="{MAIN}"/>')
    yield (
        "two tables of cells in a sheet",
        book(sheet=sheet(row(1, "A1")).replace("</worksheet>", f"<sheetData>{row(2, 'A2')}</sheetData></worksheet>")),
    )
    yield "a sheet that is a picture", book(sheet=b"\x89PNG\r\n\x1a\n" + bytes(200))
    yield "a sheet that is the workbook", book(book_rels=rels(("worksheet", "workbook.xml")))
    yield "a workbook that is the sheet", book(rels=rels(("officeDocument", SHEET)))
    yield "a workbook that is its own relationships", book(rels=rels(("officeDocument", RELS)))
    yield (
        "a sheet outside of the file",
        book(book_rels=rels(("worksheet", "file:///etc/passwd"), external=' TargetMode="External"')),
    )
    yield "a sheet that climbs out", book(book_rels=rels(("worksheet", "../../../../etc/passwd")))
    many = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r1"/>' for n in range(1, 3000))
    yield (
        "3,000 sheets from one part",
        book(workbook=f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{many}</sheets></workbook>'),
    )
    same = '<sheet name="表一" sheetId="1" r:id="r1"/>' * 2
    yield (
        "two sheets of one name",
        book(workbook=f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{same}</sheets></workbook>'),
    )
    yield "no sheets", book(workbook=f'<workbook xmlns="{MAIN}"><sheets/></workbook>')
    yield "a workbook of another kind", book(workbook="<html><body>404</body></html>")
    yield "all of the wrong content type", book(types=_TYPES.replace(_MAIN_TYPE, "image/png"))
    yield (
        "of a Word document's type",
        book(
            types=_TYPES.replace(
                f"{_MAIN_TYPE}.sheet.main",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main",
            )
        ),
    )


# --- damage


def _damage_cases() -> Iterator[Case]:
    for percent in (1, 10, 30, 50, 70, 90, 99):
        yield f"cut short at {percent} %", SOUND[: len(SOUND) * percent // 100]
    text = sheet("".join(row(n, f"A{n}", f"B{n}") for n in range(1, 100)))
    for percent in (20, 50, 80, 98):
        yield f"a sheet cut short at {percent} %", book(sheet=text[: len(text) * percent // 100])
    half = len(text) // 2
    for name, junk in (
        ("<", "<"),
        ("&", "&"),
        ("the end of the cells", "</sheetData>"),
        ("a quote", '"'),
        ("NUL", "\0"),
    ):
        yield f"{name} in the middle of a sheet", book(sheet=text[:half] + junk + text[half:])
    yield "the middle of a sheet cut out", book(sheet=text[: half - 40] + text[half:])
    yield "zeros in the middle", SOUND[:500] + bytes(300) + SOUND[800:]
    yield "two files in one", SOUND[: len(SOUND) // 2] + SOUND


# --- OpenDocument


_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"


def ods(rows: str, *, doctype: str = "") -> bytes:
    content = (
        f'{DECLARATION}{doctype}<office:document-content xmlns:office="{_ODF}:office:1.0" xmlns:table="{_ODF}:table:1.0"'
        f' xmlns:text="{_ODF}:text:1.0"><office:body><office:spreadsheet><table:table table:name="表一">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0"><manifest:file-entry manifest:full-path="/"'
        f' manifest:media-type="{_SPREADSHEET}"/></manifest:manifest>'
    )
    return zipped({"mimetype": _SPREADSHEET, "META-INF/manifest.xml": manifest, "content.xml": content})


def ods_cell(times: int = 1, *, filled: bool = True) -> str:
    repeated = f' table:number-columns-repeated="{times}"'
    if not filled:
        return f"<table:table-cell{repeated}/>"
    return (
        f'<table:table-cell{repeated} office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'
    )


def ods_row(cells: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


def _ods_cases() -> Iterator[Case]:
    one, none = ods_cell(), ods_cell(1, filled=False)
    usual = ods_row(one + ods_cell(16_383, filled=False)) + ods_row(ods_cell(16_384, filled=False), LAST - 1)
    yield "ods: sound", ods(usual)
    yield "ods: a billion laughs", ods(ods_row(one), doctype=f"{_LAUGHS}]>")
    yield "ods: a value in 2^31 rows", ods(ods_row(one, 2**31))
    yield "ods: a value in 2^31 columns", ods(ods_row(ods_cell(2**31)))
    yield "ods: 2^31 columns, then a value", ods(ods_row(ods_cell(2**31, filled=False) + one))
    yield "ods: 2^31 rows, then a value", ods(ods_row(none, 2**31) + ods_row(one))
    yield "ods: 2^64 empty rows", ods(ods_row(one) + ods_row(none, 2**64))
    yield "ods: repeated minus one times", ods(ods_row(one, -1))
    yield "ods: a value in every cell", ods(ods_row(ods_cell(16_384), LAST))
    yield (
        "ods: two cells far apart",
        ods(ods_row(one) + ods_row(none, LAST - 2) + ods_row(ods_cell(16_383, filled=False) + one)),
    )
    yield "ods: cut short inside", ods(ods_row(one) + "<table:table-row>")
    yield "ods: without content", zipped({"mimetype": _SPREADSHEET})


# --- no workbooks


def _other_files() -> Iterator[Case]:
    yield "empty", b""
    yield "one byte", b"P"
    yield "zeros", bytes(4096)
    yield "noise", random.Random(7).randbytes(5000)
    yield "PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
    yield "PNG", b"\x89PNG\r\n\x1a\n" + bytes(500)
    yield "a page named .xls", b"<html><table><tr><td>1</td></tr></table></html>"
    yield "csv", "单位,得分\n一小,98\n".encode("gb18030")
    yield (
        "a workbook in Excel's XML of 2003",
        (
            b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
            b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
        ),
    )
    yield "gzip", b"\x1f\x8b\x08\0" + bytes(6) + zlib.compress(b"x" * 100)
    yield "rar", b"Rar!\x1a\x07\x01\0" + bytes(100)
    yield "a zip of workbooks", zipped({"一小.xlsx": SOUND, "二小.xlsx": SOUND})


# --- large ones, and damage at random


def heavy_cases() -> Iterator[Case]:
    """Files that take a reader seconds; most are innocent habits."""
    one = row(1, "A1")
    empty = "".join(f'<row r="{n}" s="1" customFormat="1" ht="20" customHeight="1"/>' for n in range(2, LAST + 1))
    yield "a million formatted empty rows", book(sheet=sheet(one + empty))
    cells = "".join(f'<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>' for n in range(2, LAST + 1))
    yield "two million formatted empty cells", book(sheet=sheet(one + cells))
    yield "a value in every row", book(sheet=sheet("".join(row(n, f"A{n}") for n in range(1, LAST + 1))))
    yield "as wide as is allowed", book(sheet=sheet(one + row(1_000_000, "E1000000")))
    yield "deeper than any tree", book(sheet=sheet(one, after="<a>" * 400_000 + "</a>" * 400_000))
    listed = " ".join(f'a{n}="1"' for n in range(150_000))
    yield "150,000 attributes", book(sheet=sheet(f'<row r="1"><c r="A1" {listed}><v>1</v></c></row>'))
    yield "ods: five million values from one element", ods(ods_row(ods_cell(16_384), 300))
    noise = random.Random(3).randbytes(26 * 1024 * 1024)
    yield "26 MB", zipped({**parts(), "xl/media/image1.png": noise}, zipfile.ZIP_STORED)


_Damage = Callable[[random.Random, bytes], bytes]


def mutations(data: bytes, count: int, seed: int) -> Iterator[Case]:
    """``count`` damaged copies of a workbook: half of them damaged as files, half inside one of their parts."""
    luck = random.Random(seed)
    archive = read_archive(data)
    for number in range(count):
        damage = luck.choice(_DAMAGES)
        inside = number % 2 == 1
        changed = _damaged_inside(luck, archive, damage) if inside else damage(luck, data)
        yield f"mutation {seed}.{number} ({damage.__name__.strip('_')}{' inside' if inside else ''})", changed


def _damaged_inside(luck: random.Random, archive: Archive, damage: _Damage) -> bytes:
    chosen = luck.choice(archive.entries)
    return archive.write(
        [each.replaced(damage(luck, each.inflate())) if each is chosen else each for each in archive.entries]
    )


def _flip(luck: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(luck.randint(1, 20)):
        changed[luck.randrange(len(changed))] = luck.randrange(256)
    return bytes(changed)


def _cut(luck: random.Random, data: bytes) -> bytes:
    return data[: luck.randrange(len(data))]


def _remove(luck: random.Random, data: bytes) -> bytes:
    at = luck.randrange(len(data))
    return data[:at] + data[at + luck.randint(1, 500) :]


def _repeat(luck: random.Random, data: bytes) -> bytes:
    at = luck.randrange(len(data))
    return data[:at] + data[max(0, at - luck.randint(1, 500)) :]


def _digits(luck: random.Random, data: bytes) -> bytes:
    """Numbers made enormous: where lengths and counts are believed, it shows."""
    places = [at for at, byte in enumerate(data[:200_000]) if 48 <= byte <= 57]
    if not places:
        return _flip(luck, data)
    at = luck.choice(places)
    return data[:at] + b"9" * luck.randint(5, 25) + data[at + 1 :]


_DAMAGES: tuple[_Damage, ...] = (_flip, _cut, _remove, _repeat, _digits)
