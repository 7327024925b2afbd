"""What a file is, told by its content: a name says what its sender believes, and is wrong often enough.

The name counts in one case only: a WPS .et file holds the very streams of an .xls (WPS itself writes its ETExtData
stream into both), so nothing inside tells them apart.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from itertools import islice
from pathlib import PurePosixPath

from perfeval_xl.errors import Refused, UnreadableWorkbook, WorkbookError
from perfeval_xl.excel import sniff
from perfeval_xl.excel.zipraw import Listed, listed

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
_MEMBERS_READ = 2_001  # enough to know a file by; how many there may be is for others to say
_SMALL_MEMBER = 1024 * 1024
_WPS_SUFFIXES = (".et", ".ett")


class FileKind(StrEnum):
    """What can become of a file: read, opened first, or set aside."""

    OOXML = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    ZIP = "zip"
    ENCRYPTED = "encrypted"
    ET = "et"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    ARCHIVE = "archive"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file's kind, what a message calls it (.xls, PDF 文件, …) and, where a refusal needs more words, why."""

    kind: FileKind
    label: str
    why: str = ""


def recognise(data: bytes, name: str = "") -> Recognised:
    """What ``data`` is. ``name`` only tells .et from .xls. Never raises, whatever the bytes."""
    if not data:
        return Recognised(FileKind.EMPTY, "空文件")
    if data.startswith(OLE):
        return _compound(data, name)
    if data.startswith(_ZIP):
        return _zip(data) or _unreadable("文件不完整，可能没有传完或存完")
    if sniff.is_blank(data):
        return _unreadable("内容全部是空字节，可能没有传完或存完")
    if sniff.is_guarded(data):
        return Recognised(FileKind.ENCRYPTED, "加密的文件", "由文档加密（防泄密）软件加密，只能在原单位解密")
    if archive := sniff.archive(data):
        return Recognised(FileKind.ARCHIVE, archive, f"是{archive}，只能打开 .zip")
    if foreign := sniff.signature(data):
        return Recognised(FileKind.FOREIGN, foreign)
    if (version := _biff_version(data)) is not None:
        return _unreadable(f"是很早的 Excel 格式（{version}）")
    return _zip(data) or Recognised(FileKind.FOREIGN, sniff.text(data) or "无法识别的文件")


def refusal(recognised: Recognised) -> WorkbookError | None:
    """What to raise for a file that is set aside; None for one to go on with (.xlsx, .xls, .xlsb, .ods, zip, encrypted)."""
    match recognised.kind:
        case FileKind.EMPTY:
            return Refused("empty-file")
        case FileKind.UNREADABLE:
            return UnreadableWorkbook(recognised.why)
        case FileKind.ET:
            return Refused("et-file")
        case FileKind.ARCHIVE:
            return Refused("archive-refused", why=recognised.why)
        case FileKind.FOREIGN:
            return Refused("not-a-workbook", what=recognised.label)
    return None


def _unreadable(why: str) -> Recognised:
    return Recognised(FileKind.UNREADABLE, "打不开的文件", why)


# --- zip: OOXML, OpenDocument, OFD, and zips of files


def _zip(data: bytes) -> Recognised | None:
    """What a zip is; None where ``data`` is none, or its directory is lost."""
    try:
        members = list(islice(listed(data), _MEMBERS_READ))
    except UnreadableWorkbook:
        return None
    by_name = {member.name.lower(): member for member in members}
    found = _ooxml(data, by_name) or _opendocument(data, by_name)
    if found is None and "ofd.xml" in by_name:
        found = Recognised(FileKind.FOREIGN, "OFD 文件")
    if found is None and any(name.endswith(".iwa") for name in by_name):
        found = Recognised(FileKind.FOREIGN, "苹果 iWork 文件")
    if found is not None and found.kind is not FileKind.FOREIGN and any(each.encrypted for each in members):
        return Recognised(FileKind.ENCRYPTED, "加密的文件", "文件内部的部件设有压缩密码")
    if found is not None:
        return found
    files = [each for each in members if not each.name.endswith("/")]
    if files and all(each.encrypted for each in files):
        return Recognised(FileKind.ENCRYPTED, "加密的压缩包", "是压缩包的密码，这里打不开")
    return Recognised(FileKind.ZIP, "压缩包（.zip）")


_MAIN_TYPES = (  # ordered: the first that a file declares is what it is
    (b"vnd.ms-excel.sheet.binary.macroenabled.main", FileKind.XLSB, ".xlsb"),
    (b"vnd.ms-excel.sheet.macroenabled.main", FileKind.OOXML, ".xlsm"),
    (b"vnd.ms-excel.template.macroenabled.main", FileKind.OOXML, ".xltm"),
    (b"vnd.ms-excel.addin.macroenabled.main", FileKind.OOXML, ".xlam"),
    (b"spreadsheetml.template.main", FileKind.OOXML, ".xltx"),
    (b"spreadsheetml.sheet.main", FileKind.OOXML, ".xlsx"),
    (b"wordprocessingml.document.main", FileKind.FOREIGN, "Word 文件"),
    (b"wordprocessingml.template.main", FileKind.FOREIGN, "Word 文件"),
    (b"vnd.ms-word.", FileKind.FOREIGN, "Word 文件"),
    (b"presentationml.", FileKind.FOREIGN, "PPT 文件"),
    (b"vnd.ms-powerpoint.", FileKind.FOREIGN, "PPT 文件"),
    (b"vnd.ms-visio.", FileKind.FOREIGN, "Visio 文件"),
    (b"vnd.ms-package.xps-", FileKind.FOREIGN, "XPS 文件"),
)
_MAIN_PARTS = (
    ("xl/workbook.xml", FileKind.OOXML, ".xlsx"),
    ("xl/workbook.bin", FileKind.XLSB, ".xlsb"),
    ("word/document.xml", FileKind.FOREIGN, "Word 文件"),
    ("ppt/presentation.xml", FileKind.FOREIGN, "PPT 文件"),
)


def _ooxml(data: bytes, members: dict[str, Listed]) -> Recognised | None:
    types = members.get("[content_types].xml")
    if types is not None:
        declared = _member(data, types).replace(b"\0", b"").lower()  # as good in UTF-16
        for mark, kind, label in _MAIN_TYPES:
            if mark in declared:
                return Recognised(kind, label)
    for (
        part,
        kind,
        label,
    ) in _MAIN_PARTS:  # the list of types is damaged or encrypted, or names the parts in a way of its own
        if part in members:
            return Recognised(kind, label)
    return None


def _opendocument(data: bytes, members: dict[str, Listed]) -> Recognised | None:
    declared = _member(data, members["mimetype"]) if "mimetype" in members else b""
    manifest = _member(data, members["meta-inf/manifest.xml"]) if "meta-inf/manifest.xml" in members else b""
    if not declared.startswith(b"application/"):  # some writers leave it out
        declared = manifest
    if b"application/epub" in declared:
        return Recognised(FileKind.FOREIGN, "电子书（.epub）")
    at = declared.find(b"vnd.oasis.opendocument.")
    if at < 0:
        return None
    if not declared.startswith(b"spreadsheet", at + 23):
        return Recognised(FileKind.FOREIGN, "ODF 文档（.odt、.odp 等）")
    if b"encryption-data" in manifest:
        return Recognised(FileKind.ENCRYPTED, "加密的文件", "是 .ods 格式的密码，这里打不开")
    return Recognised(FileKind.ODS, ".ods")


def _member(data: bytes, member: Listed) -> bytes:
    """A small member's content as far as it can be read: what it says is looked at, not relied on."""
    names = data[member.offset + 26 : member.offset + 30]
    if len(names) < 4 or member.encrypted:
        return b""
    at = member.offset + 30 + sum(struct.unpack("<2H", names))
    packed = data[at : at + min(member.packed, _SMALL_MEMBER)]
    if member.method != 8:
        return packed
    try:
        return zlib.decompressobj(-15).decompress(packed, _SMALL_MEMBER)
    except zlib.error:
        return b""


# --- OLE compound files: .xls, .et, encrypted OOXML, Word, PowerPoint, mail


_OLE_STREAMS = (
    ("WordDocument", "Word 文件"),
    ("PowerPoint Document", "PPT 文件"),
    ("__properties_version1.0", "Outlook 邮件（.msg）"),
    ("VisioDocument", "Visio 文件"),
)


def _compound(data: bytes, name: str) -> Recognised:
    import olefile

    try:
        with olefile.OleFileIO(BytesIO(data)) as file:
            if file.exists("EncryptedPackage") or file.exists("EncryptionInfo"):
                return Recognised(FileKind.ENCRYPTED, "加密的文件")
            for stream in ("Workbook", "Book"):
                if file.exists(stream):
                    return _xls(file.openstream(stream).read(), name)
            label = next((label for stream, label in _OLE_STREAMS if file.exists(stream)), "无法识别的文件")
            return Recognised(FileKind.FOREIGN, label)
    except Exception:  # olefile has no common class of errors: a damaged file raises whatever comes
        return _unreadable("文件不完整或已损坏")


def _xls(stream: bytes, name: str) -> Recognised:
    if PurePosixPath(name).suffix.lower() in _WPS_SUFFIXES:
        return Recognised(FileKind.ET, ".et")
    if _has_filepass(stream):
        return Recognised(FileKind.ENCRYPTED, "加密的文件")
    return Recognised(FileKind.XLS, ".xls")


_BOF, _EOF, _FILEPASS = 0x0809, 0x000A, 0x002F


def _has_filepass(stream: bytes) -> bool:
    """Whether a workbook's first substream says that what follows is encrypted; it does so in its first records."""
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<2H", stream, at)
        if at == 0 and kind != _BOF:
            return False
        if kind in (_FILEPASS, _EOF):
            return bool(kind == _FILEPASS)
        at += 4 + size
    return False


_BIFF = {0x0009: "Excel 2", 0x0209: "Excel 3", 0x0409: "Excel 4", _BOF: "Excel 5"}


def _biff_version(data: bytes) -> str | None:
    """Which Excel wrote sheets outside of any container like this; no reader takes those any more."""
    if len(data) < 8:
        return None
    kind, size, _, content = struct.unpack_from("<4H", data)
    # a workbook, a module, a sheet, a chart, a macro sheet, a workspace
    return _BIFF.get(kind) if 4 <= size <= 16 and content in (0x05, 0x06, 0x10, 0x20, 0x40, 0x100) else None
