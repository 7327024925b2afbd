"""Outlook's .msg files for tests: a compound file with storages in it, written as plainly as the format allows."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from tests.compound import _END, _FAT, _FREE, _NONE, _SECTOR

Tree: TypeAlias = "Mapping[str, bytes | Tree]"
_SMALL = 4096  # bytes; what is shorter lies in sectors of 64
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class _Sectors:
    """Sectors of one size, and the chains that they form."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.content: list[bytes] = []
        self.chains: list[int] = []

    def put(self, data: bytes) -> int:
        first, count = len(self.content), -(-len(data) // self.size)
        if not count:
            return _END
        self.content += [data[n * self.size : (n + 1) * self.size].ljust(self.size, b"\0") for n in range(count)]
        self.chains += [*range(first + 1, first + count), _END]
        return first

    def table(self) -> bytes:
        """The chains, in whole sectors of ordinary size."""
        count = max(1, -(-len(self.chains) // 128))
        return struct.pack(f"<{len(self.chains)}L", *self.chains).ljust(count * _SECTOR, b"\xff")


def tree(content: Tree) -> bytes:
    """A compound file: streams as bytes, storages as mappings."""
    large, small = _Sectors(_SECTOR), _Sectors(64)
    records: list[bytes] = []

    def storage(name: str, children: Tree, right: int) -> int:
        """The number of the record; each child is the right neighbour of the one before."""
        number = len(records)
        records.append(b"")
        child = _NONE
        for each in sorted(children, key=lambda each: (len(each), each.upper()), reverse=True):
            inner = children[each]
            if isinstance(inner, bytes):
                start = (large if len(inner) >= _SMALL else small).put(inner)
                records.append(_entry(each, 2, _NONE, child, start, len(inner)))
                child = len(records) - 1
            else:
                child = storage(each, inner, child)
        records[number] = _entry(name, 1, child, right, 0, 0)
        return number

    storage("", content, _NONE)
    together = b"".join(small.content)
    first = struct.unpack_from("<L", records[0], 76)[0]
    records[0] = _entry("Root Entry", 5, first, _NONE, large.put(together), len(together))
    directory = large.put(b"".join(records).ljust(-(-len(records) // 4) * _SECTOR, b"\0"))
    small_table = small.table()
    small_at = large.put(small_table)
    fat_sectors = 1
    while fat_sectors * 128 < len(large.content) + fat_sectors:
        fat_sectors += 1
    places = [len(large.content) + n for n in range(fat_sectors)]
    large.chains += [_FAT] * fat_sectors
    version = (0x3E, 3, 0xFFFE, 9, 6, 0)
    head = struct.pack("<8s16s6H", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", *version)
    small_count = len(small_table) // _SECTOR
    head += struct.pack("<10L", 0, 0, fat_sectors, directory, 0, _SMALL, small_at, small_count, _END, 0)
    return (
        head + struct.pack("<109L", *places, *[_FREE] * (109 - fat_sectors)) + b"".join(large.content) + large.table()
    )


def _entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
    raw = f"{name}\0".encode("utf-16-le")
    return struct.pack(
        "<64sHBB3L16sL8s8sLQ", raw, len(raw), kind, 1, _NONE, right, child, b"", 0, b"", b"", start, size
    )


def text(number: int, value: str, *, narrow: bool = False) -> dict[str, bytes]:
    """A property of text; ``narrow``: in GBK, as Outlook writes it on a Chinese system."""
    kind, data = (0x001E, value.encode("gbk")) if narrow else (0x001F, value.encode("utf-16-le"))
    return {f"__substg1.0_{number:04X}{kind:04X}": data}


def attachment(name: str, data: bytes, *, narrow: bool = False, content_id: str = "") -> Tree:
    """A file attached by value."""
    return {
        "__properties_version1.0": bytes(8),
        "__substg1.0_37010102": data,
        **text(0x3707, name, narrow=narrow),
        **(text(0x3712, content_id) if content_id else {}),
    }


def embedded(message: Tree) -> Tree:
    """A message attached as a message."""
    return {"__properties_version1.0": bytes(8), **text(0x3707, "转发"), "__substg1.0_3701000D": message}


def message(
    attachments: Sequence[Tree],
    *,
    headers: str = "",
    sender: str = "",
    name: str = "",
    subject: str = "",
    body: str = "",
    sent: datetime | None = None,
    narrow: bool = False,
    top: bool = True,
) -> Tree:
    """A message; ``top``: not one within another."""
    properties = bytes(32 if top else 24)
    if sent:
        ticks = int((sent - _EPOCH).total_seconds()) * 10_000_000
        properties += struct.pack("<2HLQ", 0x0040, 0x0039, 6, ticks)
    texts = {0x007D: headers, 0x0C1F: sender, 0x0C1A: name, 0x0037: subject, 0x1000: body}
    content: dict[str, bytes | Tree] = {"__properties_version1.0": properties}
    for number, value in texts.items():
        content |= text(number, value, narrow=narrow) if value else {}
    content |= {f"__attach_version1.0_#{number:08X}": each for number, each in enumerate(attachments)}
    return content
