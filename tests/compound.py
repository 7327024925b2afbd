"""OLE compound files for tests (.xls, .doc, encrypted workbooks), written as plainly as the format allows."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from hashlib import md5, sha1

_SECTOR, _FREE, _END, _FAT, _NONE = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
BOF, EOF, FILEPASS, BOUNDSHEET, NUMBER, WRITEPROTECT = 0x0809, 0x000A, 0x002F, 0x0085, 0x0203, 0x0086


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with ``streams`` at its root. Short ones are filled up with NULs to 4,096 bytes: then each lies in
    ordinary sectors. At most 100 sectors' worth of directory and 60 KB of content."""
    sectors: list[bytes] = []
    chains: list[int] = []

    def put(content: bytes) -> int:
        first, count = len(sectors), -(-len(content) // _SECTOR)
        sectors.extend(content[n * _SECTOR : (n + 1) * _SECTOR].ljust(_SECTOR, b"\0") for n in range(count))
        chains.extend([*range(first + 1, first + count), _END])
        return first

    filled = {name: content.ljust(4096, b"\0") for name, content in streams.items()}
    starts = {name: put(content) for name, content in filled.items()}
    records = [_record("Root Entry", 5, 1 if filled else _NONE, _NONE, _END, 0)]
    names = sorted(filled, key=lambda name: (len(name), name.upper()))  # each the right neighbour of the one before
    for number, name in enumerate(names, 1):
        right = number + 1 if number < len(names) else _NONE
        records.append(_record(name, 2, _NONE, right, starts[name], len(filled[name])))
    directory = put(b"".join(records).ljust(-(-len(records) // 4) * _SECTOR, b"\0"))
    fat_sectors = -(-(len(sectors) + 2) // 128)
    fat_at = len(sectors)
    chains += [_FAT] * fat_sectors
    fat = struct.pack(f"<{len(chains)}L", *chains).ljust(fat_sectors * _SECTOR, b"\xff")
    head = struct.pack(
        "<8s16s6H10L",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        0,
        0,
        fat_sectors,
        directory,
        0,
        4096,
        _END,
        0,
        _END,
        0,
    )
    difat = [fat_at + n for n in range(fat_sectors)]
    head += struct.pack("<109L", *difat, *[_FREE] * (109 - fat_sectors))
    return head + b"".join(sectors) + fat


def _record(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
    raw = f"{name}\0".encode("utf-16-le")
    return struct.pack(
        "<64sHBB3L16sL8s8sLQ", raw, len(raw), kind, 1, _NONE, right, child, b"", 0, b"", b"", start, size
    )


def biff(*records: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<2H", kind, len(content)) + content for kind, content in records)


def workbook_stream(number: float = 42.5, *, filepass: bytes | None = None) -> bytes:
    """A BIFF8 workbook of one sheet, ``number`` in A1; 4,096 bytes long."""
    head = [(BOF, struct.pack("<4H2L", 0x600, 5, 0, 0, 0, 0)), (WRITEPROTECT, b"")]
    if filepass is not None:
        head.append((FILEPASS, filepass))
    sheet = biff(
        (BOF, struct.pack("<4H2L", 0x600, 0x10, 0, 0, 0, 0)),
        (NUMBER, struct.pack("<3Hd", 0, 0, 0, number)),
        (EOF, b""),
    )
    start = len(biff(*head, (BOUNDSHEET, bytes(10)), (EOF, b"")))
    stream = biff(*head, (BOUNDSHEET, struct.pack("<LHBB2s", start, 0, 2, 0, b"S1")), (EOF, b"")) + sheet
    return stream + biff((0, bytes(4096 - len(stream) - 4)))


def xls(number: float = 42.5) -> bytes:
    return compound({"Workbook": workbook_stream(number)})


def encrypted_xls(password: str, number: float = 42.5) -> bytes:
    """The same with a password to open it, in RC4 as Excel 97 and WPS do."""
    from msoffcrypto.method.rc4 import ARC4, Cipher, DocumentRC4, _makekey

    salt, verifier = b"s" * 16, b"v" * 16
    cipher = Cipher(ARC4(_makekey(password, salt, 0)), mode=None).encryptor()
    filepass = struct.pack("<3H", 1, 1, 1) + salt + cipher.update(verifier + md5(verifier).digest())
    plain = workbook_stream(number, filepass=filepass)
    mixed = bytearray(DocumentRC4.decrypt(password, salt, io.BytesIO(plain), blocksize=1024).read())
    at = 0
    while at < len(plain):  # heads of records stay readable, and some records as a whole
        kind, size = struct.unpack_from("<2H", plain, at)
        clear = {BOF: size, FILEPASS: size, BOUNDSHEET: 4}.get(kind, 0)
        mixed[at : at + 4 + clear] = plain[at : at + 4 + clear]
        at += 4 + size
    return compound({"Workbook": bytes(mixed)})


def standard_encrypted(content: bytes, password: str) -> bytes:
    """An OOXML file encrypted as Excel 2007 does."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from msoffcrypto.method.ecma376_standard import ECMA376Standard

    salt, verifier = b"s" * 16, b"v" * 16
    key = ECMA376Standard.makekey_from_password(password, 0x660E, 0x8004, 0x18, 128, 16, salt)

    def sealed(text: bytes) -> bytes:
        return bytes(Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(text.ljust(-(-len(text) // 16) * 16)))

    header = struct.pack("<8L", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + "AES\0".encode("utf-16-le")
    info = struct.pack("<2H2L", 4, 2, 0x24, len(header)) + header
    info += struct.pack("<L", 16) + salt + sealed(verifier) + struct.pack("<L", 20) + sealed(sha1(verifier).digest())
    return compound({"EncryptionInfo": info, "EncryptedPackage": struct.pack("<Q", len(content)) + sealed(content)})
