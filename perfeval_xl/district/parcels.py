"""What lies in the inbox: the files to examine, in a stable order, and what is left out and why; zips of workbooks.

Nothing is ever extracted to the disk, so a member's name is only a name; it is made fit to be shown and read on.
"""

from __future__ import annotations

import os
import re
import struct
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from perfeval_xl.errors import Refused, UnreadableWorkbook, WorkbookError
from perfeval_xl.excel.recognise import FileKind, Recognised, recognise
from perfeval_xl.excel.zipraw import MAX_INFLATED, Entry, read_members
from perfeval_xl.files import LONGEST_FILE_NAME, RESERVED_FILE_NAMES, UNSAFE_IN_FILE_NAMES, reason
from perfeval_xl.storage import Place, RemotePath

_SYSTEM_FILES = ("thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx")
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".downloading", ".td", ".xltd")
TABLE_SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt", ".xlsb", ".ods", ".et", ".ett", ".csv")
_NO_TABLES = (FileKind.FOREIGN, FileKind.EMPTY)
REGISTER = "收件登记.csv"
"""What `perfeval collect` notes of the post in the inbox itself: neither a return nor anything to be told of."""
_DRIVE = re.compile(r"[A-Za-z]:")
_UNICODE_NAME = 0x7075
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True, init=False)
class Item:
    """A file to examine. ``name`` is its place in the inbox with forward slashes, fit to be shown."""

    name: str
    _folder: str | RemotePath
    _file: str

    def __init__(self, name: str, path: Place) -> None:
        # There may be hundreds of thousands: what they have in common is kept once.
        folder, file = (path, "") if isinstance(path, RemotePath) else os.path.split(path)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_folder", sys.intern(folder) if isinstance(folder, str) else folder)
        object.__setattr__(self, "_file", name if file == name else file)

    @property
    def path(self) -> Place:
        """Where it lies."""
        return Path(self._folder, self._file) if isinstance(self._folder, str) else self._folder


@dataclass(frozen=True, slots=True)
class Ignored:
    """What is not examined, and why, as a clause that stands behind its name."""

    name: str
    why: str


@dataclass(frozen=True)
class Inbox:
    """All that lies in an inbox: each file but the register of the post is either an item or ignored."""

    items: tuple[Item, ...]
    ignored: tuple[Ignored, ...]

    def holding(self, name: str) -> Item | None:
        """The file called ``name`` in a result: itself, or the zip that it came in."""
        inside = PurePosixPath(name)
        return next((self._named[str(each)] for each in (inside, *inside.parents) if str(each) in self._named), None)

    @cached_property
    def _named(self) -> Mapping[str, Item]:
        return {each.name: each for each in self.items}


@dataclass(frozen=True, slots=True)
class Member:
    """A file out of a zip, called 包.zip/一小.xlsx; ``refused`` tells why ``data`` is empty."""

    name: str
    data: bytes
    refused: WorkbookError | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A zip's files: those to examine, and what came with them and is not examined."""

    members: tuple[Member, ...]
    ignored: tuple[Ignored, ...]


# --- a folder


def items(folder: Place) -> Inbox:
    """The files in ``folder`` and the folders in it, by name. OSError or StorageError where ``folder`` itself can't be read."""
    if isinstance(folder, RemotePath):
        return _items_at(folder)
    found: list[Item] = []
    ignored: list[Ignored] = []
    root = folder.resolve()
    waiting = [(folder, "")]
    while waiting:
        here, prefix = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except OSError as error:
            if here == folder:
                raise
            ignored.append(Ignored(prefix.rstrip("/"), f"文件夹读不了（{reason(error)}）"))
            continue
        for entry in entries:
            name = prefix + shown(entry.name)
            if name == REGISTER:
                continue
            why = _left_out(entry, root)
            if why:
                ignored.append(Ignored(name, why))
            elif entry.is_dir():
                waiting.append((Path(entry.path), f"{name}/"))
            else:
                found.append(Item(name, Path(entry.path)))
    return _inbox(found, ignored)


def _items_at(folder: RemotePath) -> Inbox:
    """The same for a folder at a URL: there may be names that no file system would take."""
    found: list[Item] = []
    ignored: dict[str, Ignored] = {}
    taken: set[str] = set()
    for path in sorted(folder.files(), key=lambda each: each.inside):
        parts = path.inside.removeprefix(folder.inside).lstrip("/").split("/")
        parts = [plain_name(part) if len(part.encode("utf-8", "replace")) > 255 else shown(part) for part in parts]
        name = "/".join(parts)
        depth, why = next((each for each in enumerate(map(why_ignored, parts), 1) if each[1]), (0, ""))
        if path.misleading or why:
            name = "/".join(parts[:depth]) if not path.misleading else name
            ignored[name] = Ignored(name, "名称不正常，没有读取" if path.misleading else why)
        elif name != REGISTER:
            name = name if name not in taken else unlike(name, {each.casefold() for each in taken})
            taken.add(name)
            found.append(Item(name, path))
    return _inbox(found, ignored.values())


def _inbox(found: Iterable[Item], ignored: Iterable[Ignored]) -> Inbox:
    return Inbox(
        tuple(sorted(found, key=lambda each: (each.name, str(each.path)))),
        tuple(sorted(ignored, key=lambda each: each.name)),
    )


def shown(name: str) -> str:
    """A file's name fit to be shown: a name in GBK, which other systems leave behind, is read as such; what can't be
    seen, or turns the order of the letters round, becomes "_"."""
    if _is_escaped(name):
        name = _decoded(name.encode("utf-8", "surrogateescape"))
    return "".join("_" if unicodedata.category(c) in _UNSEEN else c for c in name)


def _is_escaped(name: str) -> bool:
    strange = [c for c in name if "\ud800" <= c <= "\udfff"]
    return bool(strange) and all("\udc80" <= c <= "\udcff" for c in strange)


def _left_out(entry: os.DirEntry[str], root: Path) -> str:
    """Why a file or folder is not examined; '' where it is."""
    why = why_ignored(shown(entry.name))
    if why:
        return why
    try:
        if entry.is_symlink():
            target = Path(entry.path).resolve(strict=True)
            if not target.is_relative_to(root):
                return "是指向收件文件夹以外的链接"
            if target.is_dir():
                return "是指向文件夹的链接，其中的文件已在原处读取"
        return "" if entry.is_dir() or entry.is_file() else "不是普通文件"
    except (OSError, RuntimeError):  # RuntimeError: a circle of links, before Python 3.13
        return "是失效的链接"


def why_ignored(name: str) -> str:
    """Why a file or folder of this name is never examined: lock files, hidden and system files, unfinished ones."""
    folded = name.casefold()
    if name.startswith("~$"):
        return f"有人正在打开 {name[2:] or '一个文件'}（这是打开时的临时文件）；若内容还会改动，请保存关闭后再收"
    if name.startswith(".~"):
        opened = name.removeprefix(".~lock.").removesuffix("#") if name.startswith(".~lock.") else name[2:]
        return f"有人正在打开 {opened or '一个文件'}（这是打开时的临时文件）；若内容还会改动，请保存关闭后再收"
    if folded in _SYSTEM_FILES:
        return "是系统文件"
    if folded.endswith(_UNFINISHED):
        return "是没有下载完或存完的文件"
    return "是隐藏文件" if name.startswith(".") else ""


# --- a zip


@dataclass(slots=True)
class _Unpacking:
    """What has come out so far, and how much more may."""

    room: int = MAX_INFLATED
    members: list[Member] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    beside: list[tuple[str, Recognised]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def unpacked(data: bytes, name: str) -> Parcel:
    """The files in the zip ``data``, in the order of their names; a zip in it is opened too, but no further one.

    What can't be had of one member (encrypted, damaged, a name that leads out of the zip) is told by that member. Files
    that are no workbooks and aren't called so are ignored where others are to be examined. Refused("archive-refused")
    where the zip is unsound or would inflate beyond measure, or no workbook is in it.
    """
    out = _Unpacking()
    _unpack(data, name, out, nested=False)
    if not out.members:
        raise Refused("archive-refused", why=f"里面没有工作簿{_beside(out)}")
    out.ignored += [Ignored(path, f"是{each.label}，不是工作簿") for path, each in out.beside]
    return Parcel(
        tuple(sorted(out.members, key=lambda each: each.name)), tuple(sorted(out.ignored, key=lambda each: each.name))
    )


def _beside(out: _Unpacking) -> str:
    counts = Counter(each.label for _, each in out.beside)
    counted = "、".join(f"{count} 个{label}" for label, count in counts.items())
    return f"，只有{counted}" if counted else "，是空的" if not out.ignored else "，只有临时文件或系统文件"


def _unpack(data: bytes, name: str, out: _Unpacking, *, nested: bool) -> None:
    """Put the files of one zip into ``out``. Refused where the zip as a whole can't be opened."""
    try:
        entries = read_members(data).entries
    except UnreadableWorkbook as error:
        raise Refused("archive-refused", why=str(error)) from error
    inflated = sum(entry.size for entry in entries)
    if inflated > out.room:
        raise Refused("archive-refused", why=f"里面的压缩包解压后超过 {MAX_INFLATED // 1024 // 1024} MB")
    out.room -= inflated
    for entry in entries:
        _take(entry, name, out, nested)


def _take(entry: Entry, parcel: str, out: _Unpacking, nested: bool) -> None:
    parts = _parts(member_name(entry))
    if not parts or member_name(entry).endswith("/"):
        return
    shown_parts = [plain_name(part) for part in parts if part != ".."] or ["_"]
    name = unlike("/".join((parcel, *shown_parts)), out.names)
    why = next(filter(None, map(why_ignored, parts)), "") if ".." not in parts else ""
    if why:
        out.ignored.append(Ignored(name, why))
        return
    try:
        content = _content(entry, parts)
        found = recognise(content, parts[-1])
        if found.kind is FileKind.ZIP:
            if nested:
                raise Refused("archive-refused", why="压缩包套了三层")
            _open_nested(content, name, out)
            return
    except WorkbookError as error:
        out.members.append(Member(name, b"", error))
        return
    if found.kind in _NO_TABLES and PurePosixPath(parts[-1]).suffix.lower() not in TABLE_SUFFIXES:
        out.beside.append((name, found))
    else:
        out.members.append(Member(name, content))


def _open_nested(content: bytes, name: str, out: _Unpacking) -> None:
    before = len(out.members), len(out.beside)
    _unpack(content, name, out, nested=True)
    if (len(out.members), len(out.beside)) == before:
        out.beside.append((name, recognise(content)))


def _content(entry: Entry, parts: list[str]) -> bytes:
    """A member's bytes. Refused where it is encrypted, damaged, or its name leads out of the zip."""
    if ".." in parts or any("\0" in part for part in parts):
        raise Refused("archive-refused", why="其中这个文件的名称不正常，指向压缩包以外")
    if entry.encrypted:
        raise Refused("encrypted", why="是压缩包的密码，这里打不开")
    try:
        return entry.inflate()
    except UnreadableWorkbook as error:
        raise Refused("archive-refused", why=f"其中这个文件已损坏（{error}）") from error


def contents(data: bytes, name: str) -> list[Member]:
    """Every file in the zip ``data``, whatever it is, under its name as ``unpacked`` gives it; zips in it stay closed.

    Lock files, hidden and system files are left out. Refused where the zip as a whole can't be opened.
    """
    try:
        entries = read_members(data).entries
    except UnreadableWorkbook as error:
        raise Refused("archive-refused", why=str(error)) from error
    found, names = list[Member](), set[str]()
    for entry in entries:
        parts = _parts(member_name(entry))
        if not parts or member_name(entry).endswith("/") or (any(map(why_ignored, parts)) and ".." not in parts):
            continue
        shown_name = unlike("/".join((name, *(plain_name(part) for part in parts if part != ".."))), names)
        try:
            found.append(Member(shown_name, _content(entry, parts)))
        except WorkbookError as error:
            found.append(Member(shown_name, b"", error))
    return found


# --- names in a zip


def member_name(entry: Entry) -> str:
    """A member's name as its sender saw it, with forward slashes. Chinese programs write GBK and say nothing of it."""
    name = _unicode_name(entry) or _decoded(entry.raw_name)
    return name.replace("\\", "/")


def _unicode_name(entry: Entry) -> str:
    """The name in UTF-8 that some programs add for those who ask, where it is really this name's."""
    at = 46 + len(entry.raw_name)
    while at + 4 <= len(entry.central):
        kind, size = struct.unpack_from("<2H", entry.central, at)
        content = entry.central[at + 4 : at + 4 + size]
        if kind == _UNICODE_NAME and content[1:5] == struct.pack("<L", zlib.crc32(entry.raw_name)):
            return content[5:].decode("utf-8", "replace")
        at += 4 + size
    return ""


def _decoded(raw: bytes) -> str:
    """UTF-8 or GBK: a few pairs of Chinese characters in GBK are valid UTF-8 too, but of letters nobody here uses."""
    for encoding in likely_encodings(raw):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def likely_encodings(raw: bytes) -> Iterator[str]:
    """The encodings that Chinese programs write a name or a line in, the likeliest first."""
    try:
        letters = raw.decode()
    except UnicodeDecodeError:
        letters = ""
    if raw.isascii() or any(c >= "\u0800" for c in letters):
        yield "utf-8"
    yield "gb18030"
    yield "utf-8"


def _parts(name: str) -> list[str]:
    """The folders and the file in a name; roots and drives left out, '..' and NUL kept to be refused."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    while parts and _DRIVE.fullmatch(parts[0]):
        del parts[0]
    return parts


def plain_name(part: str) -> str:
    """A part of a name as any system takes it: nothing that can't be seen, no reserved name, not too long."""
    part = UNSAFE_IN_FILE_NAMES.sub("_", shown(part)).strip().rstrip(".") or "_"
    stem, dot, suffix = part.rpartition(".")
    if part.partition(".")[0].strip().upper() in RESERVED_FILE_NAMES:
        stem, part = f"_{stem}", f"_{part}"
    if len(part.encode()) <= LONGEST_FILE_NAME:
        return part
    if not dot or len(suffix) > 8:
        stem, suffix = part, ""
    room = LONGEST_FILE_NAME - len(dot + suffix if suffix else "") - 3
    return f"{stem.encode()[: max(room, 8)].decode('utf-8', 'ignore')}…{'.' + suffix if suffix else ''}"


def unlike(name: str, taken: set[str]) -> str:
    """``name``, or with a number where another file has it already; ``taken`` (names casefolded) gets it too."""
    path, number, found = PurePosixPath(name), 1, name
    while found.casefold() in taken:
        number += 1
        found = str(path.with_name(f"{path.stem}（{number}）{path.suffix}"))
    taken.add(found.casefold())
    return found
