"""What becomes of a file in a message: taken, passed over in silence, or told of with what to do. Told by its content.

Taken is all that is a workbook, may hold one, or is called like one: what is wrong with it, the intake says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from perfeval_xl.district.mail.arrivals import Enclosed
from perfeval_xl.district.parcels import REGISTER, TABLE_SUFFIXES, plain_name, unpacked, why_ignored
from perfeval_xl.errors import WorkbookError
from perfeval_xl.excel.preflight import MAX_FILE
from perfeval_xl.excel.recognise import FileKind, recognise

ARCHIVE_SUFFIXES = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".xz", ".bz2", ".cab")
_OTHER_SUFFIXES = (".doc", ".docx", ".wps", ".wpt", ".ppt", ".pptx", ".dps", ".pdf", ".ofd", ".txt", ".rtf", ".msg")
_SIGNATURES = (".p7s", ".asc", ".sig", ".ics", ".vcf")
_SIGNATURE_MEDIA = (
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/ics",
    "text/calendar",
    "text/vcard",
    "text/x-vcard",
)
_SEALED_MEDIA = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_TNEF, _TNEF_MEDIA = b"\x78\x9f\x3e\x22", ("application/ms-tnef", "application/vnd.ms-tnef")
_OPENED = ("~$", ".~")
_SUFFIX_OF = {
    FileKind.OOXML: ".xlsx",
    FileKind.XLSB: ".xlsb",
    FileKind.XLS: ".xls",
    FileKind.ODS: ".ods",
    FileKind.ET: ".et",
    FileKind.ZIP: ".zip",
}
WORKBOOKS = (FileKind.OOXML, FileKind.XLSB, FileKind.XLS, FileKind.ODS)


class Fate(StrEnum):
    """What becomes of a file. TOLD is of interest in a message about the round, SEALED in any: a return may be in it.
    A picture is told of only where a message has nothing else."""

    TAKEN = "taken"
    SEALED = "sealed"
    TOLD = "told"
    PICTURE = "picture"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Judged:
    """A file's fate, and as a sentence why it is not taken or what to know of it ('' for nothing). ``name`` is what it is
    saved under, where nothing else has that name."""

    fate: Fate
    why: str = ""
    name: str = ""
    kind: FileKind | None = None


def judged(each: Enclosed) -> Judged:
    """The fate of a file in a message, or of a plain file."""
    suffix = PurePosixPath(each.name).suffix.lower()
    if each.refused:
        return Judged(Fate.SEALED, each.refused)
    if each.media in _TNEF_MEDIA or each.name.lower() == "winmail.dat" or each.data.startswith(_TNEF):
        return Judged(
            Fate.SEALED,
            "附件被 Outlook 封装成了 winmail.dat，里面的表格读不了。请发件人改用“HTML”或“纯文本”格式，直接附上表格重发。",
        )
    if suffix in _SIGNATURES or each.media in _SIGNATURE_MEDIA:
        return Judged(Fate.QUIET)
    if each.media in _SEALED_MEDIA or suffix == ".p7m":
        return Judged(
            Fate.SEALED, "是加密或签名封装的邮件，里面的附件读不了。请发件人不加密、不签名，直接附上表格重发。"
        )
    lost = Fate.SEALED if suffix in (*TABLE_SUFFIXES, *ARCHIVE_SUFFIXES) else Fate.TOLD
    if not each.data:
        return Judged(lost, "是空文件（0 字节）。请发件人重新发送。") if each.name else Judged(Fate.QUIET)
    if len(each.data) > MAX_FILE:
        return Judged(lost, too_large(len(each.data)))
    return _by_content(each, suffix)


def too_large(size: int) -> str:
    """What to say of a file of ``size`` bytes."""
    return f"有 {-(-size // 1024 // 1024)} MB，超过 {MAX_FILE // 1024 // 1024} MB。请发件人删去图片等多余内容后重发。"


def _by_content(each: Enclosed, suffix: str) -> Judged:
    found = recognise(each.data, each.name)
    if found.kind in WORKBOOKS or found.kind is FileKind.ET:
        return Judged(Fate.TAKEN, "", _saved_as(each.name, found.kind), found.kind)
    if each.name.startswith(_OPENED):
        return Judged(Fate.TOLD, f"{why_ignored(each.name)}。")
    if found.kind is FileKind.FOREIGN and suffix not in TABLE_SUFFIXES:
        if found.label.endswith("图片"):
            return Judged(Fate.PICTURE, f"{found.label}，邮件里没有表格。请发件人附上填好的 .xlsx 表格。")
        return Judged(Fate.TOLD, f"{found.label}，不是工作簿。")
    if found.kind is FileKind.UNREADABLE and suffix in _OTHER_SUFFIXES:
        return Judged(Fate.TOLD, f"{found.why}。")
    if found.kind is FileKind.ZIP and not _holds_workbooks(each.data, each.name):
        return Judged(Fate.TOLD, "压缩包里没有工作簿。")
    why = f"{found.label}，{found.why}" if found.kind is FileKind.ENCRYPTED and found.why else found.why
    return Judged(Fate.TAKEN, why, _saved_as(each.name, found.kind), found.kind)


def _holds_workbooks(data: bytes, name: str) -> bool:
    """Whether a zip is worth taking: also where it can't be opened, which the intake will say."""
    try:
        return bool(unpacked(data, name).members)
    except WorkbookError as error:
        return "没有工作簿" not in str(error)


def _saved_as(name: str, kind: FileKind) -> str:
    """A name that every system takes, that the intake doesn't pass over, and by whose ending a clerk can open the file."""
    last = re.split(r"[/\\]", name)[-1]  # some programs tell the whole path that a file had
    plain = plain_name(last) if last else "无名附件"
    suffix = _SUFFIX_OF.get(kind, "")
    if suffix and PurePosixPath(plain).suffix.lower() not in (*TABLE_SUFFIXES, *ARCHIVE_SUFFIXES):
        plain = plain_name(f"{plain}{suffix}")
    if plain.casefold() == REGISTER.casefold() or why_ignored(plain):
        plain = plain_name(f"附件_{plain.lstrip('.~$')}")
    return plain if not why_ignored(plain) else plain_name(f"{plain}{suffix or '_'}")
