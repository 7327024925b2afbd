"""What a file is, by its content: each kind, names that lie, files cut short, and any bytes at all."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.errors import Refused, UnreadableWorkbook
from perfeval_xl.excel.recognise import FileKind, recognise, refusal
from tests.compound import BOF, biff, compound, encrypted_xls, workbook_stream, xls
from tests.engines import LibreOffice
from tests.workbooks import picture, rich_workbook, saved, zipped

BOOK = rich_workbook()
ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
TEXT = "单位代码,单位名称\nS001,第一小学\n"


def ooxml(main: str, **members: bytes) -> bytes:
    types = f'<Types><Override PartName="/a" ContentType="application/{main}"/></Types>'
    return zipped({"[Content_Types].xml": types.encode(), "a": b"", **members})


def with_encrypted_members(data: bytes, *names: bytes) -> bytes:
    """``data`` with the directory's mark of encryption set on its members (on those ``names``)."""
    changed, at = bytearray(data), data.find(b"PK\1\2")
    while at >= 0:
        length = struct.unpack_from("<H", data, at + 28)[0]
        if not names or data[at + 46 : at + 46 + length] in names:
            changed[at + 8] |= 1
        at = data.find(b"PK\1\2", at + 1)
    return bytes(changed)


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.xlsx"), io.BytesIO())
    return buffer.getvalue()


TO_READ = [
    (BOOK, FileKind.OOXML, ".xlsx"),
    (b"junk in front" + BOOK, FileKind.OOXML, ".xlsx"),
    (ooxml("vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"), FileKind.OOXML, ".xlsx"),
    (ooxml("vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml"), FileKind.OOXML, ".xltx"),
    (ooxml("vnd.ms-excel.sheet.macroEnabled.main+xml"), FileKind.OOXML, ".xlsm"),
    (ooxml("vnd.ms-excel.template.macroEnabled.main+xml"), FileKind.OOXML, ".xltm"),
    (ooxml("vnd.ms-excel.sheet.binary.macroEnabled.main"), FileKind.XLSB, ".xlsb"),
    (zipped({"xl/workbook.xml": b""}), FileKind.OOXML, ".xlsx"),
    (zipped({"xl/workbook.bin": b""}), FileKind.XLSB, ".xlsb"),
    (xls(), FileKind.XLS, ".xls"),
    (compound({"Book": biff((BOF, struct.pack("<2H", 0x500, 5)))}), FileKind.XLS, ".xls"),
    (compound({"Workbook": workbook_stream(), "ETExtData": b""}), FileKind.XLS, ".xls"),
    (zipped({"mimetype": ODS_TYPE, "content.xml": b""}), FileKind.ODS, ".ods"),
    (zipped({"mimetype": ODS_TYPE + b"-template"}), FileKind.ODS, ".ods"),
    (zipped({"META-INF/manifest.xml": b'<m media-type="' + ODS_TYPE + b'"/>'}), FileKind.ODS, ".ods"),
    (zipped({"\u4e00.xlsx": BOOK}), FileKind.ZIP, "压缩包（.zip）"),
    (zipped({}), FileKind.ZIP, "压缩包（.zip）"),
    (with_encrypted_members(zipped({"a": b"", "b": b""}), b"a"), FileKind.ZIP, "压缩包（.zip）"),
    (with_encrypted_members(zipped({"a": b"", "b": b""})), FileKind.ENCRYPTED, "加密的压缩包"),
    (with_encrypted_members(BOOK), FileKind.ENCRYPTED, "加密的文件"),
    (compound({"EncryptedPackage": b"", "EncryptionInfo": b""}), FileKind.ENCRYPTED, "加密的文件"),
    (encrypted_xls("x"), FileKind.ENCRYPTED, "加密的文件"),
    (
        zipped({"mimetype": ODS_TYPE, "META-INF/manifest.xml": b"<manifest:encryption-data/>"}),
        FileKind.ENCRYPTED,
        "加密的文件",
    ),
    (b"%TSD-Header-###%" + bytes(range(256)), FileKind.ENCRYPTED, "加密的文件"),
    (b"b\x14#e\x1c\1\0\0E-SafeNet\0\0\0LOCK" + bytes(99), FileKind.ENCRYPTED, "加密的文件"),
]


@pytest.mark.parametrize(("data", "kind", "label"), TO_READ)
def test_what_is_read_or_opened(data: bytes, kind: FileKind, label: str) -> None:
    for name in ("", "表.xlsx", "表.pdf", "表"):
        found = recognise(data, name)
        assert (found.kind, found.label) == (kind, label)
        assert refusal(found) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [("表.et", FileKind.ET), ("表.ETT", FileKind.ET), ("表.xls", FileKind.XLS), ("表.xlsx", FileKind.XLS)],
)
def test_the_name_tells_et_from_xls(name: str, kind: FileKind) -> None:
    assert recognise(xls(), name).kind is kind
    assert recognise(BOOK, name).kind is FileKind.OOXML


FOREIGN = [
    (b"%PDF-1.7\n%...", "PDF 文件"),
    (b"\n\0\xff%PDF-1.4\n....\r\nstartxref\r\n9\r\n%%EOF", "PDF 文件"),
    (picture().getvalue(), "PNG 图片"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPG 图片"),
    (b"GIF89a\1\0", "GIF 图片"),
    (b"BM\x46\0\0\0\0\0\0\0\x36", "BMP 图片"),
    (b"II*\0\x08\0", "TIFF 图片"),
    (b"MM\0*\0\0", "TIFF 图片"),
    (b"RIFF\x24\0\0\0WEBPVP8 ", "WEBP 图片"),
    (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC 图片"),
    (b"\0\0\0\x18ftypmp42\0\0\0\0", "视频"),
    (ooxml("vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"), "Word 文件"),
    (ooxml("vnd.ms-word.document.macroEnabled.main+xml"), "Word 文件"),
    (ooxml("vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"), "PPT 文件"),
    (zipped({"word/document.xml": b""}), "Word 文件"),
    (compound({"WordDocument": b""}), "Word 文件"),
    (compound({"PowerPoint Document": b""}), "PPT 文件"),
    (compound({"__properties_version1.0": b""}), "Outlook 邮件（.msg）"),
    (compound({"Something": b""}), "无法识别的文件"),
    (zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}), "ODF 文档（.odt、.odp 等）"),
    (zipped({"mimetype": b"application/epub+zip"}), "电子书（.epub）"),
    (zipped({"OFD.xml": b"", "Doc_0/Document.xml": b""}), "OFD 文件"),
    (zipped({"Index/Document.iwa": b""}), "苹果 iWork 文件"),
    (b"{\\rtf1\\ansi}", "RTF 文档"),
    (b"L\0\0\0\1\x14\2\0\0\0", "快捷方式（不是文件本身）"),
    (b"[InternetShortcut]\r\nURL=http://a.invalid\r\n", "快捷方式（不是文件本身）"),
    (b"MZ\x90\0\3", "程序文件"),
    (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'><meta content=Word.Document>", "网页（.html）"),
    (b"\xef\xbb\xbf\r\n<TABLE border=1><tr><td>1", "网页（.html）"),
    (b'<?xml version="1.0"?><!DOCTYPE html><html/>', "网页（.html）"),
    (
        b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "XML 表格（Excel 2003）",
    ),
    (
        b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        b'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"/>',
        "单文件 ODF 表格（.fods）",
    ),
    (b'<?xml version="1.0"?><a/>', "XML 文件"),
    (b"Received: from a\r\nTo: b@example.invalid\r\nSubject: c\r\n\r\ntext", "邮件（.eml）"),
    (
        b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary=a\r\n\r\n",
        "网页（.mht）",
    ),
    (TEXT.encode(), "文本（.csv）"),
    (TEXT.encode("gb18030"), "文本（.csv）"),
    (TEXT.encode("utf-16"), "文本（.csv）"),
    (TEXT.encode("utf-16-le"), "文本（.csv）"),
    (TEXT.replace(",", "\t").encode("utf-8-sig"), "文本（.csv）"),
    (("第一行，第二行。" * 3000).encode("gb18030"), "文本（.txt）"),
    (("第一行，第二行。" * 3000).encode()[1:] + b"", "无法识别的文件"),
    ("通知：请于月底前报送。\n".encode(), "文本（.txt）"),
    (bytes(range(256)) * 4, "无法识别的文件"),
]


@pytest.mark.parametrize(("data", "label"), FOREIGN)
def test_what_is_no_workbook(data: bytes, label: str) -> None:
    found = recognise(data, "自评表.xlsx")
    assert (found.kind, found.label) == (FileKind.FOREIGN, label)
    why = refusal(found)
    assert isinstance(why, Refused)
    assert (why.code, why.words) == ("not-a-workbook", {"what": label})


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (b"Rar!\x1a\7\0", "RAR 压缩包"),
        (b"Rar!\x1a\7\1\0", "RAR 压缩包"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7z 压缩包"),
        (gzip.compress(BOOK), "gz 压缩包"),
        (tarred(), "tar 压缩包"),
        (b"BZh91AY&SYabc", "bz2 压缩包"),
    ],
)
def test_archives_that_are_not_opened(data: bytes, label: str) -> None:
    found = recognise(data, "自评表.xlsx")
    assert (found.kind, found.label) == (FileKind.ARCHIVE, label)
    why = refusal(found)
    assert isinstance(why, Refused)
    assert why.code == "archive-refused"
    assert str(why).startswith(f"压缩包没有打开：是{label}，只能打开 .zip。")


def test_an_empty_file() -> None:
    why = refusal(recognise(b""))
    assert isinstance(why, Refused)
    assert why.code == "empty-file"


def test_an_et_file() -> None:
    why = refusal(recognise(xls(), "表.et"))
    assert isinstance(why, Refused)
    assert why.code == "et-file"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOOK[: len(BOOK) // 2], "不完整"),
        (b"PK\3\4", "不完整"),
        (BOOK[:-30], "不完整"),
        (b"\0" * 20_000, "空字节"),
        (xls()[:1000], "不完整"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "不完整"),
        (biff((0x0009, struct.pack("<2H", 2, 0x10))), "很早的 Excel 格式（Excel 2）"),
        (biff((0x0209, struct.pack("<3H", 3, 0x10, 0))), "很早的 Excel 格式（Excel 3）"),
        (biff((0x0409, struct.pack("<3H", 4, 0x10, 0))), "很早的 Excel 格式（Excel 4）"),
        (workbook_stream(), "很早的 Excel 格式（Excel 5）"),
    ],
)
def test_damaged_or_too_old(data: bytes, why: str) -> None:
    found = recognise(data, "自评表.xlsx")
    assert found.kind is FileKind.UNREADABLE
    raised = refusal(found)
    assert isinstance(raised, UnreadableWorkbook)
    assert why in str(raised)


def test_blank_but_for_the_end_is_not_blank() -> None:
    assert recognise(b"\0" * 20_000 + b"x").kind is FileKind.FOREIGN


def test_a_zip_with_more_members_than_are_looked_at() -> None:
    many = {f"{number}": b"" for number in range(2_500)}
    assert recognise(zipped({"xl/workbook.xml": b"", **many})).kind is FileKind.OOXML


def test_every_workbook_with_a_password_says_so_whatever_its_name() -> None:
    assert recognise(compound({"EncryptedPackage": b""}), "表.et").kind is FileKind.ENCRYPTED


def test_an_ordinary_workbook_takes_no_time() -> None:
    quickest = min(timed(BOOK) for _ in range(50))
    assert quickest < 0.003  # 0.1 ms on an idle machine


def timed(data: bytes) -> float:
    start = time.perf_counter()
    recognise(data, "表.xlsx")
    return time.perf_counter() - start


@given(st.binary(max_size=600), st.sampled_from(["", "a.et", "a.xlsx"]))
def test_any_bytes_are_something(data: bytes, name: str) -> None:
    refusal(recognise(data, name))


STARTS = [
    b"PK\3\4",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"%PDF-",
    b"\xff\xfe",
    b"\xfe\xff",
    b"<",
    b"BM",
    b"\x09\x08",
    b"\0\0\0\x18ftyp",
]


@given(st.sampled_from(STARTS), st.binary(max_size=300))
def test_any_bytes_after_a_known_beginning_are_something(start: bytes, data: bytes) -> None:
    refusal(recognise(start + data))


@settings(max_examples=300)
@given(st.sampled_from([data for data, _, _ in TO_READ]), st.data())
def test_damaged_files_are_something(sound: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged) // 2))
    refusal(recognise(bytes(damaged[: len(damaged) - cut]), "a.xls"))


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("xls", FileKind.XLS), ("ods", FileKind.ODS), ("pdf", FileKind.FOREIGN)],
)
def test_what_libreoffice_saves(libreoffice: LibreOffice, tmp_path: Path, suffix: str, kind: FileKind) -> None:
    (tmp_path / "saved").mkdir()
    path = libreoffice.convert(saved(tmp_path / "a.xlsx", BOOK), suffix, tmp_path / "saved")
    assert recognise(path.read_bytes()).kind is kind


def test_the_members_are_read_with_bounds() -> None:
    types = b"<Types>" + b" " * 3_000_000 + b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("xl/workbook.xml", b"")
    assert recognise(buffer.getvalue()).label == ".xlsx"
