"""A workbook file as a package of parts: which part is what, and writing a copy with a few parts changed.

Relationships are followed, never guessed at: producers differ in where they keep parts, in prefixes and in namespaces
(strict OOXML has its own), so elements are matched by their local names.
"""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.zipraw import Archive, Entry, read_archive

CONTENT_TYPES = "[Content_Types].xml"
_ROOM = 8 * 1024 * 1024  # bytes of inflated parts that are kept; a form has about 1.2 MB in all
_REFERENCE = re.compile(r"""(?:'((?:[^']|'')+)'|([^'!\[\]]+))!(\$?[A-Z]{1,3}\$?[0-9]+)(?::\$?[A-Z]{1,3}\$?[0-9]+)?\Z""")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship to another part: its id, the last word of its type (worksheet, styles, …) and the part's name."""

    id: str
    kind: str
    target: str


class Package:
    """An .xlsx or .xlsm in memory. Make it with ``read``; parts are inflated and parsed when they are asked for."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._entries = {entry.name.lower(): entry for entry in archive.entries}
        self._room = _ROOM
        self._kept: dict[str, bytes] = {}
        self._known_relationships: dict[str, Sequence[ET.Element]] = {}

    @classmethod
    def read(cls, data: bytes) -> Package:
        """The package in ``data``. UnreadableWorkbook (its text fits into 这个文件打不开：…) where there is none."""
        return cls(read_archive(data)).sound()

    def sound(self) -> Package:
        """This very package. UnreadableWorkbook where it is a zip of something else."""
        if CONTENT_TYPES not in self:
            raise UnreadableWorkbook("文件不是 .xlsx 工作簿")
        return self

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._entries

    @property
    def members(self) -> tuple[Entry, ...]:
        """All zip members in the order of the file."""
        return self._archive.entries

    def member(self, name: str) -> Entry:
        """The zip member of a part; part names are case-blind. UnreadableWorkbook if it isn't there."""
        entry = self._entries.get(name.lower())
        if entry is None:
            raise UnreadableWorkbook(f"文件内部缺少 {name}")
        return entry

    def part(self, name: str) -> bytes:
        """A part's bytes; they are kept for the next time while there is room."""
        part = self._kept.get(name.lower())
        if part is None:
            part = self.member(name).inflate()
            if len(part) <= self._room:
                self._room -= len(part)
                self._kept[name.lower()] = part
        return part

    def xml(self, name: str) -> ET.Element:
        """A part parsed. UnreadableWorkbook for broken XML and for a DOCTYPE: no office program writes one."""
        return parsed(self.part(name), name)

    def relations(self, name: str = "") -> tuple[Relation, ...]:
        """The relationships of a part to other parts of this file ('': those of the package itself)."""
        folder = posixpath.dirname(name)
        return tuple(
            Relation(each.get("Id", ""), _kind(each), _target(folder, each.get("Target", "")))
            for each in self._relationships(name)
            if each.get("TargetMode") != "External"
        )

    def links(self, name: str = "") -> tuple[Relation, ...]:
        """The relationships of a part to what lies outside this file; the targets as they are written."""
        return tuple(
            Relation(each.get("Id", ""), _kind(each), each.get("Target", ""))
            for each in self._relationships(name)
            if each.get("TargetMode") == "External"
        )

    def _relationships(self, name: str) -> Sequence[ET.Element]:
        known = self._known_relationships.get(name)
        if known is None:
            folder, base = posixpath.split(name)
            rels = posixpath.join(folder, "_rels", f"{base}.rels")
            known = self.xml(rels).findall("{*}Relationship") if rels in self else ()
            self._known_relationships[name] = known
        return known

    def related(self, kind: str, name: str = "") -> str | None:
        """The first part of that kind that ``name`` refers to and that is really there."""
        return next((each.target for each in self.relations(name) if each.kind == kind and each.target in self), None)

    @cached_property
    def workbook_part(self) -> str:
        found = self.related("officeDocument")
        if found is None:
            raise UnreadableWorkbook("文件内部缺少工作簿")
        return found

    @cached_property
    def _workbook(self) -> ET.Element:
        root = self.xml(self.workbook_part)
        if _local(root.tag) != "workbook":
            raise UnreadableWorkbook("文件不是 .xlsx 工作簿")
        return root

    @cached_property
    def sheets(self) -> Mapping[str, str]:
        """The parts of all worksheets by sheet name, in the order of the tabs (chart sheets have no cells)."""
        parts = {each.id: each.target for each in self.relations(self.workbook_part) if each.kind == "worksheet"}
        found: dict[str, str] = {}
        for sheet in self._workbook.iterfind("{*}sheets/{*}sheet"):
            identity = next((value for key, value in sheet.items() if _is_relation_id(key)), "")
            if parts.get(identity, "") in self:
                found[sheet.get("name", "")] = parts[identity]
        return found

    @cached_property
    def tabs(self) -> tuple[tuple[str, bool], ...]:
        """All sheets in the order of the tabs, those of charts too: the name, and whether it can be seen."""
        sheets = self._workbook.iterfind("{*}sheets/{*}sheet")
        return tuple((each.get("name", ""), each.get("state", "visible") == "visible") for each in sheets)

    @cached_property
    def defined_names(self) -> Mapping[str, str]:
        """What each workbook-scope defined name stands for, as written in the file (``'自评表'!$K$9``, ``"text"``)."""
        return {
            name.get("name", ""): _text(name)
            for names in self._workbook.iterfind("{*}definedNames")
            for name in names
            if _local(name.tag) == "definedName" and name.get("localSheetId") is None
        }

    def named_cell(self, name: str) -> Cell | None:
        """The cell that a defined name stands for (of a range its first); None where it is lost or no longer a cell."""
        match = _REFERENCE.match(self.defined_names.get(name, ""))
        if match is None:
            return None
        sheet = (match[1] or match[2]).replace("''", "'")
        ref = match[3].replace("$", "")
        try:
            from_ref(ref)
        except ValueError:
            return None
        return Cell(sheet, ref) if sheet in self.sheets else None

    @cached_property
    def date1904(self) -> bool:
        """Whether day 0 is 1904-01-01 (workbooks that began on an old Mac)."""
        properties = self._workbook.find("{*}workbookPr")
        return properties is not None and properties.get("date1904") in ("1", "true", "on")

    @cached_property
    def signed(self) -> bool:
        """Whether the file carries a digital signature, which any change would break."""
        return any(each.kind == "origin" for each in self.relations())

    @cached_property
    def core_part(self) -> str | None:
        return self.related("core-properties")

    @cached_property
    def custom_part(self) -> str | None:
        return self.related("custom-properties")

    @cached_property
    def app_part(self) -> str | None:
        return self.related("extended-properties")

    @cached_property
    def core_properties(self) -> Mapping[str, str]:
        """Title, subject, creator, modified, … by their local names; empty where the file has none."""
        return {} if self.core_part is None else {_local(each.tag): _text(each) for each in self.xml(self.core_part)}

    @cached_property
    def custom_properties(self) -> Mapping[str, str]:
        """The custom document properties as texts; names are case-blind for users but kept as written."""
        if self.custom_part is None:
            return {}
        return {each.get("name", ""): _text(each) for each in self.xml(self.custom_part).iterfind("{*}property")}

    @cached_property
    def producer(self) -> str:
        """The program that saved the file last, as the file tells it (``Microsoft Excel``, ``LibreOffice/7.4…``)."""
        if self.app_part is None:
            return ""
        return _text(self.xml(self.app_part).find("{*}Application"))

    def rewrite(self, changes: Mapping[str, bytes]) -> bytes:
        """The file with some parts' contents changed.

        Every other member keeps its packed bytes, header, date and place. KeyError for a part that isn't there.
        """
        return self._written(self._archive, changes)

    def rewrite_without_calc_chain(self, changes: Mapping[str, bytes]) -> bytes:
        """As ``rewrite``, for changes that take formulas away.

        The calculation chain lists every formula cell, and Excel calls a file damaged whose chain names a cell without
        one. It is optional and rebuilt when the file is opened, so it is left out.
        """
        chain = self.related("calcChain", self.workbook_part)
        if chain is None:
            return self.rewrite(changes)
        folder, base = posixpath.split(self.workbook_part)
        rels = posixpath.join(folder, "_rels", f"{base}.rels")
        more = dict(changes)
        more[rels] = _elements_dropped(self.part(rels), b"Relationship", b"/calcChain")
        more[CONTENT_TYPES] = _elements_dropped(self.part(CONTENT_TYPES), b"Override", b"calcChain+xml")
        return self._written(self._archive.without({self.member(chain).name}), more)

    def _written(self, archive: Archive, changes: Mapping[str, bytes]) -> bytes:
        changed = {self._entries[name.lower()].name: content for name, content in changes.items()}
        return archive.write(
            entry.replaced(changed[entry.name]) if entry.name in changed else entry for entry in archive.entries
        )

    def rewrite_entries(self, changed: Mapping[str, Entry]) -> bytes:
        """As ``rewrite``, for entries that are packed already; keyed by the member's exact name."""
        return self._archive.write(changed.get(entry.name, entry) for entry in self._archive.entries)


def parsed(data: bytes, name: str) -> ET.Element:
    """XML from a file that anyone may have made. UnreadableWorkbook for broken XML and for a DOCTYPE."""
    refuse_doctype(data, name)
    try:
        return ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise UnreadableWorkbook(f"文件已损坏（{name} 读不懂）") from error


def refuse_doctype(data: bytes, name: str) -> None:
    """UnreadableWorkbook where a DOCTYPE could define entities; in UTF-16 too."""
    if b"<!DOCTYPE" in data or (b"\0" in data and b"<!DOCTYPE" in data.replace(b"\0", b"")):
        raise UnreadableWorkbook(f"{name} 含有不允许的 DOCTYPE 声明，不是办公软件保存的文件")


def string_constant(text: str) -> str | None:
    """The text that a defined name stands for (``"a""b"`` -> a"b); None if it isn't a text constant."""
    text = text.removeprefix("=")
    return text[1:-1].replace('""', '"') if len(text) >= 2 and text[0] == text[-1] == '"' else None


def _target(folder: str, target: str) -> str:
    """A relationship's target as a member name: absolute ones start at the root, relative ones at the part's folder."""
    target = unquote(target.replace("\\", "/")).partition("#")[0]
    return posixpath.normpath(target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))


def _kind(relationship: ET.Element) -> str:
    return relationship.get("Type", "").rpartition("/")[2]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _is_relation_id(key: str) -> bool:
    return key.startswith("{") and key.endswith("/relationships}id")


def _text(element: ET.Element | None) -> str:
    if element is None:
        return ""
    return ("".join(element.itertext()) if len(element) else element.text or "").strip()


def _elements_dropped(xml: bytes, element: bytes, mark: bytes) -> bytes:
    """``xml`` without the empty elements of that name that hold ``mark``; all else as it stands."""
    pattern = re.compile(rb"<(?:[\w.-]+:)?" + element + rb"\s[^<>]*?/>")

    def kept(match: re.Match[bytes]) -> bytes:
        return b"" if mark in match[0] else match[0]

    return pattern.sub(kept, xml)
