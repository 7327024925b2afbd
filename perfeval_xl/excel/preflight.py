"""What stands in front of every reader: a look at the size and shape of a file before anything takes it in.

Readers trust a file's word. Two cells far apart in a sheet of 2 KB make one of them ask for terabytes and abort the whole
process; another reads a sheet in UTF-16 as an empty one. Here each part is inflated within limits and looked at,
never built. What still gets through is for the child process to bear (district/workers.py).
"""

from __future__ import annotations

import re

from perfeval_xl.errors import Oversized, Refused, UnreadableWorkbook
from perfeval_xl.excel import gauges
from perfeval_xl.excel.package import Package, refuse_doctype
from perfeval_xl.excel.recognise import FileKind
from perfeval_xl.excel.zipraw import Entry, read_archive

MAX_FILE = 25 * 1024 * 1024
"""Bytes; a filled form has about 0.1 MB."""

_XML_NAMES = (".xml", ".rels", ".vml")
_HEAD = 4096
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<\?.*?\?>\s*)*<(?:[^\s<>/:]+:)?([A-Za-z-]+)", re.DOTALL
)
_ENCODING = re.compile(rb"""\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\sencoding\s*=\s*["']([^"'>]*)""")
_PLAIN_ENCODINGS = (b"utf-8", b"utf8", b"us-ascii", b"ascii")
_SHEETS = (b"worksheet", b"macrosheet", b"dialogsheet")
_STRINGS = b"sst"
_READ_BY_VALUE = (*_SHEETS, _STRINGS, b"workbook", b"styleSheet", b"document-content")


def preflight(data: bytes, kind: FileKind) -> Package | None:
    """Refuse a file that would harm its reader, or that its reader would silently misread.

    ``kind`` as recognised; of an .xls only the size is looked at. Of the others what was looked at is handed back, so
    that nothing has to be inflated twice; None where that is nothing. Refused ("too-large") for what is beyond the limits;
    UnreadableWorkbook for what is damaged or no office program writes. That the XML of a sheet is sound from end to
    end is only proved where it is not of the usual kind: scan.py, which parses every sheet that is read, does the rest.
    """
    if len(data) > MAX_FILE:
        raise Refused("too-large", why=f"文件有 {_mb(len(data))} MB，超过 {_mb(MAX_FILE)} MB")
    if kind not in (FileKind.OOXML, FileKind.XLSB, FileKind.ODS):
        return None
    try:
        package = Package(read_archive(data))
        _look_into(package, kind)
    except Oversized as error:
        raise Refused("too-large", why=str(error)) from error
    return package


def _look_into(package: Package, kind: FileKind) -> None:
    tally = gauges.Tally()
    for entry in package.members:
        if entry.name.lower().endswith(_XML_NAMES) or _begins_like_xml(entry.head(64)):
            part = package.part(entry.name)
            refuse_doctype(part, entry.name)
            _look_at(part, entry, kind, tally)
        elif kind is FileKind.XLSB and entry.name.lower().endswith(".bin"):
            gauges.binary_part(entry.inflate(), tally)


def _look_at(part: bytes, entry: Entry, kind: FileKind, tally: gauges.Tally) -> None:
    head = part[:_HEAD]
    wide = b"\0" in head[:4] or head.startswith((b"\xff\xfe", b"\xfe\xff"))
    match = _ROOT.match(head.replace(b"\0", b"").lstrip(b"\xff\xfe") if wide else head)
    root = match[1] if match else b""
    if root not in _READ_BY_VALUE:
        return
    encoding = _ENCODING.match(head)
    if wide or (encoding and encoding[1].lower() not in _PLAIN_ENCODINGS):
        raise UnreadableWorkbook(f"{entry.name} 不是以 UTF-8 编码保存的")
    if root in _SHEETS:
        gauges.sheet(part, tally)
    elif root == _STRINGS:
        gauges.shared_strings(part)
    elif kind is FileKind.ODS and root == b"document-content":
        gauges.open_document(part, tally)


def _begins_like_xml(head: bytes) -> bool:
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def _mb(size: int) -> int:
    return -(-size // (1024 * 1024))
