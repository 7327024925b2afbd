"""Arrivals out of files: messages saved one by one (.eml, .msg), whole folders of a mail program (.mbox), plain files;
in a folder, in a zip (web mail packs what it exports), or named one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from perfeval_xl.district.mail.arrivals import Arrival, Enclosed
from perfeval_xl.district.mail.enclosures import too_large
from perfeval_xl.district.mail.parsing import MAX_MESSAGE, read_message
from perfeval_xl.district.parcels import TABLE_SUFFIXES, contents, items, shown
from perfeval_xl.errors import MailError, WorkbookError
from perfeval_xl.excel.preflight import MAX_FILE
from perfeval_xl.excel.recognise import OLE, FileKind, recognise
from perfeval_xl.files import reason

_MBOX, _MBOX_SUFFIXES, _MAIL_SUFFIXES = b"From ", (".mbox", ".mbx"), (".eml", ".msg")
_OUTLOOK_LABEL, _MAIL_LABEL = "Outlook 邮件（.msg）", "邮件（.eml）"
_MAX_ZIP = 300 * 1024 * 1024
_LOOKED_AT = 16 * 1024


class _Picked(NamedTuple):
    """A file on this machine, and what it is called."""

    name: str
    path: Path


def arrivals_in(given: Path) -> Iterator[Arrival]:
    """What is in a file or a folder, in the order of names. MailError where it can't be read as a whole."""
    if given.is_dir():
        found, folder = items(given), given.resolve().name
        for ignored in found.ignored:
            name = f"{folder}/{ignored.name}"
            if not ignored.name.rpartition("/")[2].startswith(".") or ignored.name.startswith(".~"):
                yield _refused(name, f"{ignored.why}。")
        for item in found.items:
            if isinstance(item.path, Path):  # as ``given`` is
                yield from _file(_Picked(f"{folder}/{item.name}", item.path))
    elif given.suffix.lower() == ".zip":
        yield from _zip(given)
    else:
        yield from _file(_Picked(shown(given.name), given))


def _file(item: _Picked) -> Iterator[Arrival]:
    """One file: a message, a mailbox of them, or a plain file."""
    try:
        size, written = item.path.stat().st_size, item.path.stat().st_mtime
        with item.path.open("rb") as file:
            beginning = file.read(_LOOKED_AT)
        if beginning.startswith(_MBOX) and _suffix(item.name) not in TABLE_SUFFIXES:
            yield from _mbox(item)
            return
        limit = MAX_MESSAGE if _suffix(item.name) in _MAIL_SUFFIXES else MAX_FILE
        if size > limit:
            yield _refused(item.name, too_large(size))
            return
        data = item.path.read_bytes()
    except OSError as error:
        yield Arrival(item.name, picked=True, broken=f"读取失败（{reason(error)}）")
        return
    yield _arrival(item.name, data, datetime.fromtimestamp(written, UTC))


def _arrival(name: str, data: bytes, written: datetime | None) -> Arrival:
    """What a file's content is: a message, or a plain file."""
    if data and _is_message(name, data):
        return read_message(data, name, picked=True, arrived=written)
    called = PurePosixPath(name).name
    return Arrival(name, date=written, enclosed=(Enclosed(called, data),), picked=True)


def _is_message(name: str, data: bytes) -> bool:
    suffix = _suffix(name)
    if suffix in TABLE_SUFFIXES:
        return False
    if data.startswith(OLE):
        return recognise(data, name).label == _OUTLOOK_LABEL
    return suffix in _MAIL_SUFFIXES or recognise(data[:_LOOKED_AT]).label == _MAIL_LABEL


def _mbox(item: _Picked) -> Iterator[Arrival]:
    """The messages of a mailbox file; those of an exported mailbox, not each picked by hand."""
    import mailbox

    if _suffix(item.name) not in (*_MBOX_SUFFIXES, "") and _is_one_message(item.path):
        yield read_message(item.path.read_bytes().partition(b"\n")[2], item.name, picked=True)
        return
    box = mailbox.mbox(item.path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            yield read_message(box.get_bytes(key), f"{item.name}#{number}")
    finally:
        box.close()


def _is_one_message(path: Path) -> bool:
    """Whether a message was saved by a program that puts the line of a mailbox before it."""
    return path.stat().st_size <= MAX_MESSAGE and path.read_bytes().count(b"\n" + _MBOX) == 0


def _zip(path: Path) -> Iterator[Arrival]:
    """The files in a zip that the operator names: each as if it lay in a folder."""
    if path.stat().st_size > _MAX_ZIP:
        raise MailError(f"{path} 有 {path.stat().st_size // 1024 // 1024} MB，太大。请先解压，再用 --from 指明文件夹。")
    data = path.read_bytes()
    if recognise(data, path.name).kind is not FileKind.ZIP:
        yield from _file(_Picked(shown(path.name), path))  # a workbook called .zip, or one that can't be opened
        return
    try:
        members = contents(data, shown(path.name))
    except WorkbookError as error:
        raise MailError(f"{path}: {error} 也可以先解压，再用 --from 指明文件夹。") from error
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    for member in members:
        if member.refused:
            yield _refused(member.name, str(member.refused))
        else:
            yield _arrival(member.name, member.data, written)


def _refused(name: str, why: str) -> Arrival:
    return Arrival(name, picked=True, enclosed=(Enclosed(PurePosixPath(name).name, refused=why),))


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
