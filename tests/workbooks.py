"""Workbooks for the tests of package, patching and writing, and a look into files that shares no code with those."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import xlsxwriter

SHEET = "自评表"


def picture() -> io.BytesIO:
    """A PNG of one red point."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0\xff\0\0")
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def rich_workbook() -> bytes:
    """Two sheets with what a careless save would lose: a merge, an x14 data bar, drop-downs, a comment, a picture, a
    chart, an array formula, defined names, a custom property. The cells F3:G6 are styled and empty."""
    buffer = io.BytesIO()
    book: Any = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": "自评表", "subject": "unsealed"})
    book.set_custom_property("perfeval_seal", "unsealed")
    framed = book.add_format({"border": 1, "text_wrap": True})
    sheet = book.add_worksheet(SHEET)
    sheet.merge_range("A1:D1", "部门整体支出绩效自评表", framed)
    for row in range(2, 12):
        sheet.write(row, 0, f"指标{row}", framed)
        sheet.write(row, 1, row * 1.5, framed)
        sheet.write_formula(row, 2, f'=IF(B{row + 1}>0,ROUND(B{row + 1}+0.000000000001,2),"")', framed, row * 1.5)
    for row in range(2, 6):
        sheet.write_blank(row, 5, None, framed)
        sheet.write_blank(row, 6, None, framed)
    sheet.merge_range("F9:G10", "", framed)
    sheet.write_array_formula("I3:I5", "{=B3:B5*2}", framed, 6)
    sheet.conditional_format("B3:B12", {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation("D3", {"validate": "list", "source": ["是", "否"]})
    sheet.write_comment("A3", "批注")
    sheet.insert_image("K2", "p.png", {"image_data": picture()})
    other = book.add_worksheet("基础数据 (一)")
    other.write("A1", "其他")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"='{SHEET}'!$B$3:$B$12"})
    other.insert_chart("C3", chart)
    book.define_name("review_score", f"='{SHEET}'!$F$3")
    book.define_name("elsewhere", "='基础数据 (一)'!$A$1")
    book.define_name("area", f"='{SHEET}'!$F$9:$G$10")
    book.define_name("perfeval_seal", '="unsealed"')
    book.close()
    return buffer.getvalue()


def raw_members(data: bytes) -> dict[str, bytes]:
    """Each member's local header with its packed data, found by the standard library's own reading of the directory."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            names, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
            stop = info.header_offset + 30 + names + extra + info.compress_size
            found[info.filename] = data[info.header_offset : stop]
    return found


def contents(data: bytes) -> dict[str, bytes]:
    """Every member inflated, checksums verified."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def zipped(members: dict[str, bytes], **settings: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **{"compression": zipfile.ZIP_DEFLATED, **settings}) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 3, 15, 10, 30, 0)), content, archive.compression)
    return buffer.getvalue()


def saved_later(data: bytes, stamp: str) -> bytes:
    """The workbook as if it was last saved at ``stamp`` (2025-04-20T08:00:00Z)."""
    members = contents(data)
    core = members["docProps/core.xml"].decode()
    members["docProps/core.xml"] = re.sub(r"(<dcterms:modified [^>]*>)[^<]*", rf"\g<1>{stamp}", core).encode()
    return zipped(members)


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
