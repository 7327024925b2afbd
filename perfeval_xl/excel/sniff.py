"""What files that are no workbook look like from outside: signatures, and texts of all sorts.

Each answers with what a message calls the file, or with '' where it isn't of that sort.
"""

from __future__ import annotations

import re

_LOOKED_AT = 8192
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG 图片"),
    (b"\xff\xd8\xff", "JPG 图片"),
    (b"GIF87a", "GIF 图片"),
    (b"GIF89a", "GIF 图片"),
    (b"II*\0", "TIFF 图片"),
    (b"MM\0*", "TIFF 图片"),
    (b"{\\rtf", "RTF 文档"),
    (b"L\0\0\0\1\x14\2\0", "快捷方式（不是文件本身）"),
    (b"\0\1\0\0Standard ", "Access 数据库"),
    (b"SQLite format 3\0", "数据库文件"),
)
_ARCHIVES: tuple[tuple[bytes, str], ...] = (
    (b"Rar!\x1a\7", "RAR 压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
    (b"\x1f\x8b\x08", "gz 压缩包"),
    (b"\xfd7zXZ\0", "xz 压缩包"),
    (b"MSCF\0\0\0\0", "cab 压缩包"),
)
_BZIP2 = re.compile(rb"BZh[1-9]1AY&SY")
_GUARDS = (b"%TSD-Header-###%", b"E-SafeNet")  # marks of programs that encrypt every office file on a network
_STILL_PICTURES = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif"}

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CONTROLS = re.compile("[\0-\x08\x0b\x0e-\x19\x1b-\x1f\x7f\ufffe\uffff]")
_ORDINARY = re.compile(
    "[\t\r\n -~\u3000-\u303f\u4e00-\u9fff\uff00-\uff65]"
)  # what Chinese and English texts consist of
_PIECE_OF_HTML = re.compile(r"<(head|body|table|meta|style|div|script)\b", re.I)
_HEADER = re.compile(
    r"^(received|return-path|from|to|subject|date|message-id|mime-version|x-[\w-]+|content-type):", re.I
)
_XML_KINDS: tuple[tuple[str, str], ...] = (
    ("urn:schemas-microsoft-com:office:spreadsheet", "XML 表格（Excel 2003）"),
    ("opendocument.spreadsheet", "单文件 ODF 表格（.fods）"),
    ("urn:oasis:names:tc:opendocument", "ODF 文档"),
    ("word.document", "Word 文件（XML）"),
    ("wordprocessingml", "Word 文件（XML）"),
    ("<uof:", "UOF 文档"),
    ("<svg", "SVG 图片"),
)


def is_blank(data: bytes) -> bool:
    """Whether there is nothing but NUL bytes: what a power cut or a broken copy leaves."""
    return not data[:_LOOKED_AT].strip(b"\0") and not data.strip(b"\0")


def is_guarded(data: bytes) -> bool:
    """Whether a data-loss-prevention program has encrypted the file; only computers that run it can read such."""
    return any(mark in data[:64] for mark in _GUARDS)


def archive(data: bytes) -> str:
    """An archive other than a zip."""
    found = next((label for mark, label in _ARCHIVES if data.startswith(mark)), "")
    if not found and _BZIP2.match(data):
        return "bz2 压缩包"
    return "tar 压缩包" if not found and data[257:262] == b"ustar" else found


def signature(data: bytes) -> str:
    """A file that its first bytes give away: PDF, pictures, programs, shortcuts, …"""
    for mark, label in _SIGNATURES:
        if data.startswith(mark):
            return label
    if data.startswith(b"%PDF-") or (b"%PDF-" in data[:1024] and b"\nstartxref" in data[-1024:].replace(b"\r", b"\n")):
        return "PDF 文件"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP 图片"
    if data[4:8] == b"ftyp":
        return "HEIC 图片" if data[8:12] in _STILL_PICTURES else "视频"
    if data.startswith(b"BM") and data[6:10] == bytes(4):
        return "BMP 图片"
    if data.startswith(b"MZ") and b"\0" in data[:64]:
        return "程序文件"
    return ""


def text(data: bytes) -> str:
    """A text: a page, a message, XML, a list of values, or any other."""
    beginning = _decoded(data[:_LOOKED_AT])
    if beginning is None:
        return ""
    beginning = beginning.lstrip("\ufeff \t\r\n")
    folded = beginning.lower()
    if folded.startswith("<"):
        return _markup(folded)
    if folded.startswith("[internetshortcut]"):
        return "快捷方式（不是文件本身）"
    lines = beginning.splitlines()
    if sum(bool(_HEADER.match(line)) for line in lines[:40]) >= 2:
        sent = any(line.lower().startswith(("received:", "to:")) for line in lines[:40])
        return "网页（.mht）" if "multipart/related" in folded and not sent else "邮件（.eml）"
    return "文本（.csv）" if _is_table(lines) else "文本（.txt）"


def _markup(folded: str) -> str:
    if "<html" in folded or "<!doctype html" in folded:
        return "网页（.html）"
    for mark, label in _XML_KINDS:
        if mark in folded:
            return label
    if _PIECE_OF_HTML.search(folded):
        return "网页（.html）"
    return "XML 文件" if folded.startswith("<?xml") else "文本（.txt）"


def _decoded(data: bytes) -> str | None:
    """``data`` as text, without the half character that a cut leaves at its end; None where it is none."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _clean(data[len(mark) :], encoding)
    found = _clean(data, "utf-8") or _clean(data, "gb18030")
    if found is not None:
        return found
    for encoding in ("utf-16-le", "utf-16-be"):  # without a mark: only where it reads like a text
        wide = _clean(data, encoding)
        if wide is not None and len(_ORDINARY.findall(wide)) > 0.9 * len(wide):
            return wide
    return None


def _clean(data: bytes, encoding: str) -> str | None:
    for cut in range(min(4, len(data))):
        try:
            found = data[: len(data) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROLS.search(found) else found
    return None


def _is_table(lines: list[str]) -> bool:
    """Whether the first lines have the same number of the same separator each."""
    first = [line for line in lines[:6] if line.strip()][:5]
    return any(
        first and first[0].count(separator) > 0 and len({line.count(separator) for line in first}) == 1
        for separator in ",\t;|"
    )
