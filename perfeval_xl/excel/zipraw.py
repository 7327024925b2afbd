"""Zip files entry by entry, in the raw: unchanged members are copied as they stand, byte for byte.

The standard library's zipfile can't do that (it always writes headers anew), and before Python 3.11.8 it doesn't notice
overlapping entries, a way to make a small file inflate to terabytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from perfeval_xl.errors import Oversized, UnreadableWorkbook

MAX_MEMBERS = 2_000
MAX_INFLATED = 300 * 1024 * 1024
MAX_PART = 120 * 1024 * 1024
MAX_RATIO = 400
"""Inflated against packed size, for members above ``_SMALL``: real sheets stay far below."""
_SMALL = 2 * 1024 * 1024

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_UTF8_NAME, _HAS_DESCRIPTOR, _ENCRYPTED = 0x800, 0x8, 0x1
_FIXED_DATE = 0x21  # 1980-01-01, 00:00: the same input always gives the same bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """One member as a zip's directory tells of it; nothing of the member itself has been looked at.

    ``record`` is the directory record, ``offset_at`` and ``offset_format`` where in it ``offset`` is noted.
    """

    name: str
    raw_name: bytes
    record: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    offset_at: int
    offset_format: str

    @property
    def encrypted(self) -> bool:
        return bool(self.flags & _ENCRYPTED)

    @property
    def names_in_utf8(self) -> bool:
        return bool(self.flags & _UTF8_NAME)


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as it stands in a zip. ``local`` is its header with the packed data, ``central`` its directory record.

    ``offset_at`` and ``offset_format`` tell where in ``central`` the place of ``local`` is to be noted.
    """

    name: str
    raw_name: bytes
    local: bytes
    central: bytes
    offset_at: int
    offset_format: str
    data_at: int
    packed: int
    size: int
    crc: int
    method: int
    encrypted: bool = False

    def inflate(self) -> bytes:
        """The member's content. UnreadableWorkbook where it isn't what the header promises."""
        if self.method not in (_STORED, _DEFLATED):
            raise UnreadableWorkbook(f"{self.name} 的压缩方式不认识")
        data = self.local[self.data_at : self.data_at + self.packed]
        if self.method == _DEFLATED:
            try:
                data = zlib.decompressobj(-15).decompress(data, self.size + 1)
            except zlib.error as error:
                raise UnreadableWorkbook(f"文件已损坏（{self.name} 解不开）") from error
        if len(data) != self.size or zlib.crc32(data) != self.crc:
            raise UnreadableWorkbook(f"文件已损坏（{self.name} 校验不符）")
        return data

    def head(self, length: int) -> bytes:
        """The first bytes of the content, as far as they can be had without reading more than a little."""
        packed = self.local[self.data_at : self.data_at + min(self.packed, length + 1024)]
        if self.method != _DEFLATED:
            return packed[:length]
        try:
            return zlib.decompressobj(-15).decompress(packed, length)
        except zlib.error:
            return b""

    def replaced(self, content: bytes) -> Entry:
        """The same member with other content, deflated, dated 1980-01-01."""
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return self.packed_anew(packer.compress(content) + packer.flush(), zlib.crc32(content), len(content))

    def packed_anew(self, packed: bytes, crc: int, size: int) -> Entry:
        """The same member with other content that is already a raw deflate stream."""
        made_by, made_on, _, _, flags = struct.unpack_from("<4BH", self.central, 4)
        internal, external = struct.unpack_from("<HL", self.central, 36)
        flags &= _UTF8_NAME
        facts = (flags, _DEFLATED, 0, _FIXED_DATE, crc, len(packed), size)
        header = _LOCAL.pack(b"PK\3\4", 20, *facts, len(self.raw_name), 0)
        record = _CENTRAL.pack(
            b"PK\1\2", made_by, made_on, 20, 0, *facts, len(self.raw_name), 0, 0, 0, internal, external, 0
        )
        return Entry(
            self.name,
            self.raw_name,
            b"".join((header, self.raw_name, packed)),
            record + self.raw_name,
            _CENTRAL.size - 4,
            "<L",
            len(header) + len(self.raw_name),
            len(packed),
            size,
            crc,
            _DEFLATED,
        )


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip's entries in the order in which they lie in the file, and its comment."""

    entries: tuple[Entry, ...]
    comment: bytes
    listing: tuple[int, ...]
    """The order of the directory, as indexes into ``entries``."""

    def write(self, entries: Iterable[Entry]) -> bytes:
        """A zip of ``entries`` in place of this one's, one for one in the same order."""
        listed = list(entries)
        chunks, offset, records = [], 0, []
        for entry in listed:
            record = bytearray(entry.central)
            struct.pack_into(entry.offset_format, record, entry.offset_at, offset)
            records.append(record)
            chunks.append(entry.local)
            offset += len(entry.local)
        directory = b"".join(records[each] for each in self.listing)
        count = len(self.listing)
        end = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), offset, len(self.comment))
        return b"".join((*chunks, directory, end, self.comment))

    def without(self, names: set[str]) -> Archive:
        """The same zip, the members ``names`` left out."""
        kept = [each for each, entry in enumerate(self.entries) if entry.name not in names]
        place = {old: new for new, old in enumerate(kept)}
        listing = tuple(place[each] for each in self.listing if each in place)
        return Archive(tuple(self.entries[each] for each in kept), self.comment, listing)


def read_archive(data: bytes) -> Archive:
    """Every member of a workbook's zip, nothing inflated yet.

    UnreadableWorkbook for anything that is no sound zip (see ``read_members``) or that no office program writes:
    members that are encrypted, packed in an unknown way, or share a name.
    """
    archive = read_members(data)
    names: set[str] = set()
    for entry in archive.entries:
        if entry.encrypted:
            raise UnreadableWorkbook("文件设有密码")
        if entry.method not in (_STORED, _DEFLATED):
            raise UnreadableWorkbook(f"{entry.name} 的压缩方式不认识")
        if entry.name.lower() in names:
            raise UnreadableWorkbook(f"文件内部有两个同名部件 {entry.name}")
        names.add(entry.name.lower())
    return archive


def read_members(data: bytes) -> Archive:
    """Every member of any zip, nothing inflated yet.

    UnreadableWorkbook for what is no sound zip: cut short, or entries that overlap. Oversized for more than 2,000
    members, more than 300 MB inflated or 120 MB in one of them, or a ratio that only a zip bomb has. These are the
    sizes that the directory promises; ``Entry.inflate`` never makes more of a member than that.
    """
    try:
        start, stop, shift, count, comment = _directory(data)
        if count > MAX_MEMBERS:
            raise Oversized(f"文件内部有 {count} 个部件，超过 {MAX_MEMBERS} 个")
        found = [(each.offset, _entry(data, each)) for each in _records(data, start, stop, shift)]
    except (struct.error, IndexError) as error:
        raise UnreadableWorkbook("文件不完整或已损坏") from error
    if len(found) != count:
        raise UnreadableWorkbook("文件不完整或已损坏")
    _refuse_bombs([entry for _, entry in found])
    order = sorted(range(len(found)), key=lambda each: found[each][0])
    _refuse_overlaps([found[each] for each in order], start)
    place = {old: new for new, old in enumerate(order)}
    return Archive(tuple(found[each][1] for each in order), comment, tuple(place[each] for each in range(len(found))))


def listed(data: bytes) -> Iterator[Listed]:
    """What a zip's directory lists, one by one, nothing checked. UnreadableWorkbook where the directory is damaged."""
    try:
        start, stop, shift, _, _ = _directory(data)
        yield from _records(data, start, stop, shift)
    except (struct.error, IndexError) as error:
        raise UnreadableWorkbook("文件不完整或已损坏") from error


def _directory(data: bytes) -> tuple[int, int, int, int, bytes]:
    """Where the directory starts and stops, by how much all offsets are shifted, the number of entries, the comment."""
    at = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - 0xFFFF))
    if at < 0:
        raise UnreadableWorkbook("文件不是 .xlsx 工作簿，或不完整")
    *_, count, length, offset, comment_length = _END.unpack_from(data, at)
    comment = data[at + _END.size : at + _END.size + comment_length]
    stop = at
    if 0xFFFFFFFF in (length, offset) or count == 0xFFFF:
        mark, _, end64_at, _ = _END64_LOCATOR.unpack_from(data, at - _END64_LOCATOR.size)
        if mark != b"PK\6\7":
            raise UnreadableWorkbook("文件不完整或已损坏")
        *_, count, length, offset = _END64.unpack_from(data, end64_at)
        stop = end64_at
    start = stop - length
    if start < offset:
        raise UnreadableWorkbook("文件不完整或已损坏")
    return start, stop, start - offset, count, comment


def _records(data: bytes, start: int, stop: int, shift: int) -> Iterator[Listed]:
    while start < stop:
        found = _record(data, start, shift)
        yield found
        start += len(found.record)


def _record(data: bytes, at: int, shift: int) -> Listed:
    """The directory record at ``at``; its numbers are the wide ones where the file has such."""
    mark, *_, flags, method, _, _, crc, packed, size, name_length, extra_length, note_length, _, _, _, offset = (
        _CENTRAL.unpack_from(data, at)
    )
    if mark != b"PK\1\2":
        raise UnreadableWorkbook("文件不完整或已损坏")
    record = data[at : at + _CENTRAL.size + name_length + extra_length + note_length]
    raw_name = record[_CENTRAL.size : _CENTRAL.size + name_length]
    name = raw_name.decode("utf-8" if flags & _UTF8_NAME else "cp437", "replace").replace("\\", "/")
    offset_at, offset_format = _CENTRAL.size - 4, "<L"
    wide = _wide(record, _CENTRAL.size + name_length, extra_length)
    if wide is not None:  # zip64: the real numbers follow in this order, each only where the short one is full
        if size == 0xFFFFFFFF:
            (size,) = struct.unpack_from("<Q", record, wide)
            wide += 8
        if packed == 0xFFFFFFFF:
            (packed,) = struct.unpack_from("<Q", record, wide)
            wide += 8
        if offset == 0xFFFFFFFF:
            (offset,) = struct.unpack_from("<Q", record, wide)
            offset_at, offset_format = wide, "<Q"
    return Listed(name, raw_name, record, flags, method, crc, packed, size, offset + shift, offset_at, offset_format)


def _entry(data: bytes, found: Listed) -> Entry:
    """The member that a directory record tells of."""
    mark, *_, local_name, local_extra = _LOCAL.unpack_from(data, found.offset)
    if mark != b"PK\3\4":
        raise UnreadableWorkbook("文件不完整或已损坏")
    data_at = _LOCAL.size + local_name + local_extra
    end = found.offset + data_at + found.packed
    if found.flags & _HAS_DESCRIPTOR:
        end += _descriptor_length(data, end, found.crc)
    return Entry(
        found.name,
        found.raw_name,
        data[found.offset : end],
        found.record,
        found.offset_at,
        found.offset_format,
        data_at,
        found.packed,
        found.size,
        found.crc,
        found.method,
        found.encrypted,
    )


def _wide(record: bytes, at: int, length: int) -> int | None:
    """Where the zip64 numbers start in a record's extra fields."""
    stop = at + length
    while at + 4 <= stop:
        kind, size = struct.unpack_from("<2H", record, at)
        if kind == 1:
            return at + 4
        at += 4 + size
    return None


def _descriptor_length(data: bytes, at: int, crc: int) -> int:
    """The length of the record that repeats checksum and sizes after data written in one go; its form is optional."""
    signed = data[at : at + 4] == b"PK\7\x08" and data[at + 4 : at + 8] == struct.pack("<L", crc)
    short = at + (16 if signed else 12)
    # sizes are 4 or 8 bytes each: whatever follows the record starts with a signature of its own
    return short - at if data[short : short + 2] == b"PK" else short + 8 - at


def _refuse_bombs(entries: list[Entry]) -> None:
    total = sum(entry.size for entry in entries)
    if total > MAX_INFLATED:
        raise Oversized(f"文件解压后有 {total // 1024 // 1024} MB，超过 {MAX_INFLATED // 1024 // 1024} MB")
    for entry in entries:
        if entry.size > MAX_PART:
            raise Oversized(
                f"{entry.name} 解压后有 {entry.size // 1024 // 1024} MB，超过 {MAX_PART // 1024 // 1024} MB"
            )
        if entry.size > _SMALL and entry.size > MAX_RATIO * entry.packed:
            raise Oversized(f"{entry.name} 的压缩比异常")


def _refuse_overlaps(found: list[tuple[int, Entry]], directory_at: int) -> None:
    """``found`` in the order of their places. Data that two entries share is a trick, never an accident."""
    for number, (offset, entry) in enumerate(found, 1):
        stop = found[number][0] if number < len(found) else directory_at
        if offset + len(entry.local) > stop or len(entry.local) < entry.data_at + entry.packed:
            raise UnreadableWorkbook(f"文件内部的部件互相重叠（{entry.name}）")
