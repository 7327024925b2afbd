"""Hostile files of the binary kinds: .xls in its OLE container, and .xlsb."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Sequence

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def record(kind: int, content: bytes = b"") -> bytes:
    """One record of an .xls."""
    return struct.pack("<2H", kind, len(content)) + content


def xls_stream(
    cells: Sequence[tuple[int, int]] = ((0, 0), (1, 1)), *, at: int | None = None, extra: bytes = b""
) -> bytes:
    """A Workbook stream with one sheet; ``at``: where it says that the sheet starts, ``extra``: records before that."""
    start = record(0x809, struct.pack("<4H2L", 0x600, 5, 0, 0, 0, 0)) + extra
    name = b"S"
    place = len(start) + 4 + 8 + len(name) + 4
    where = record(0x85, struct.pack("<LHBB", place if at is None else at, 0, len(name), 0) + name)
    numbers = b"".join(record(0x203, struct.pack("<3Hd", row, column, 0, 1.0)) for row, column in cells)
    content = record(0x809, struct.pack("<4H2L", 0x600, 0x10, 0, 0, 0, 0)) + numbers + record(0x0A)
    return start + where + record(0x0A) + content


def compound(stream: bytes, *, name: str = "Workbook", fat: dict[int, int] | None = None, **header: int) -> bytes:
    """An OLE file with one stream. ``fat`` changes entries of its sector table, ``header`` fields of its header
    (sector_shift, fat_sectors, directory_at, difat_at, difat_count, first_fat) and of the stream's entry (start, size,
    child)."""
    stream = stream.ljust(4096, b"\0")  # shorter ones would live in the mini stream
    sectors = -(-len(stream) // _SECTOR)
    table = [_FAT, _END] + [number + 3 for number in range(sectors)]
    table[-1] = _END
    for place, value in (fat or {}).items():
        table[place] = value
    table += [_FREE] * (128 - len(table))
    head = bytearray(_SECTOR)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<5H", head, 24, 0x3E, 3, 0xFFFE, header.get("sector_shift", 9), 6)
    struct.pack_into("<2L", head, 44, header.get("fat_sectors", 1), header.get("directory_at", 1))
    struct.pack_into("<5L", head, 56, 4096, _END, 0, header.get("difat_at", _END), header.get("difat_count", 0))
    struct.pack_into("<109L", head, 76, header.get("first_fat", 0), *[_FREE] * 108)
    root = _entry("Root Entry", 5, header.get("child", 1), _END, 0)
    entry = _entry(name, 2, _FREE, header.get("start", 2), header.get("size", len(stream)), header.get("left", _FREE))
    directory = root + entry + _entry("", 0, _FREE, 0, 0) * 2
    return bytes(head) + struct.pack("<128L", *table) + directory + stream.ljust(sectors * _SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int, left: int = _FREE) -> bytes:
    text = name.encode("utf-16-le")
    length = len(text) + 2 if text else 0
    head = text.ljust(64, b"\0") + struct.pack("<H2B3L", length, kind, 1, left, _FREE, child)
    return head.ljust(116, b"\0") + struct.pack("<LQ", start, size)


def compound_cases() -> Iterator[tuple[str, bytes]]:
    plain = xls_stream()
    yield "xls: sound", compound(plain)
    yield "xls: a stream that runs in a circle", compound(plain, fat={4: 2})
    yield "xls: a sector that follows itself", compound(plain, fat={2: 2})
    yield "xls: a stream that runs out of the file", compound(plain, fat={3: 5000})
    yield "xls: a directory that runs in a circle", compound(plain, fat={1: 1})
    yield "xls: a directory outside of the file", compound(plain, directory_at=70_000)
    yield "xls: a directory entry that is its own child", compound(plain, child=0)
    yield "xls: a directory entry that is its own brother", compound(plain, left=1)
    yield "xls: sectors of 2 GB", compound(plain, sector_shift=31)
    yield "xls: sectors of one byte", compound(plain, sector_shift=0)
    yield "xls: 2^32 - 1 tables", compound(plain, fat_sectors=2**32 - 1)
    yield "xls: a table of tables that is itself", compound(plain, difat_at=0, difat_count=2**31)
    yield "xls: a table outside of the file", compound(plain, first_fat=9_999_999)
    yield "xls: a stream of 2^40 bytes", compound(plain, size=2**40)
    yield "xls: a sheet that starts behind the end", compound(xls_stream(at=2**31))
    yield "xls: a sheet that starts at the workbook", compound(xls_stream(at=0))
    yield "xls: two cells far apart", compound(xls_stream([(0, 0), (65_535, 255)]))
    yield "xls: a column beyond the last", compound(xls_stream([(0, 0), (65_535, 65_535)]))
    yield "xls: 2^31 texts announced", compound(xls_stream(extra=record(0xFC, struct.pack("<2L", 2**31, 2**31))))
    yield "xls: a record cut short", compound(plain[:-6] + struct.pack("<2H", 0x203, 0xFFFF))
    yield "xls: encrypted", compound(xls_stream(extra=record(0x2F, bytes(54))))
    yield "xls: no workbook inside", compound(plain, name="Nothing")
    yield "xls: Word inside", compound(plain, name="WordDocument")
    yield "xls: an encrypted package without a key", compound(bytes(5000), name="EncryptedPackage")
    yield "xls: cut short", compound(plain)[:1700]
    yield "xls: nothing but the first 8 bytes", compound(plain)[:8]


def xlsb_record(kind: int, content: bytes = b"") -> bytes:
    """One record of an .xlsb: kind and length have as many bytes as they need."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(content)
    while length > 127:
        head += bytes([length & 0x7F | 0x80])
        length >>= 7
    return head + bytes([length]) + content


def xlsb(cells: Sequence[tuple[int, int]] = ((0, 0), (1, 1)), *, sheet: bytes | None = None, strings: int = 0) -> bytes:
    """An .xlsb with one sheet and numbers in ``cells`` (from 0)."""
    inside = b"".join(
        xlsb_record(0, struct.pack("<L", row).ljust(25, b"\0")) + xlsb_record(5, struct.pack("<2Ld", column, 0, 1.0))
        for row, column in cells
    )
    size = xlsb_record(148, struct.pack("<4L", 0, 1, 0, 1))
    usual = xlsb_record(129) + size + xlsb_record(145) + inside + xlsb_record(146) + xlsb_record(130)
    bundle = struct.pack("<2L", 0, 1) + _text("r1") + _text("S")
    workbook = xlsb_record(131) + xlsb_record(143) + xlsb_record(156, bundle) + xlsb_record(144) + xlsb_record(132)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    link = '<Relationship Id="r{}" Type="' + office + '/{}" Target="{}"/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Override PartName="/xl/workbook.bin"'
            ' ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        )
        start = f'<Relationships xmlns="{package}/relationships">'
        end = "</Relationships>"
        archive.writestr("_rels/.rels", start + link.format(1, "officeDocument", "xl/workbook.bin") + end)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            start
            + link.format(1, "worksheet", "worksheets/sheet1.bin")
            + link.format(2, "sharedStrings", "sharedStrings.bin")
            + end,
        )
        archive.writestr("xl/workbook.bin", workbook)
        archive.writestr("xl/worksheets/sheet1.bin", usual if sheet is None else sheet)
        if strings:
            archive.writestr("xl/sharedStrings.bin", xlsb_record(159, struct.pack("<2L", strings, strings)))
    return buffer.getvalue()


def _text(text: str) -> bytes:
    return struct.pack("<L", len(text)) + text.encode("utf-16-le")


def xlsb_cases() -> Iterator[tuple[str, bytes]]:
    yield "xlsb: sound", xlsb()
    yield "xlsb: two cells far apart", xlsb([(0, 0), (1_048_575, 16_383)])
    yield "xlsb: a row beyond the last", xlsb([(0, 0), (2**32 - 2, 0)])
    yield "xlsb: 2^32 - 1 texts announced", xlsb(strings=2**32 - 1)
    yield "xlsb: a sheet of noise", xlsb(sheet=bytes(range(256)) * 20)
    yield "xlsb: a sheet cut short", xlsb(sheet=xlsb_record(129) + xlsb_record(145) + b"\x00\x19")
    yield "xlsb: a record of 2^28 bytes", xlsb(sheet=xlsb_record(129) + b"\x91\x01\xff\xff\xff\x7f")
    yield "xlsb: an empty sheet part", xlsb(sheet=b"")
