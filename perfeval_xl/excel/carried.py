"""What a file carries beside the values in its cells: macros, links to other files, objects, comments.

All of it is told from the package's relationships. Nothing is opened, run or fetched.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from perfeval_xl.cells import Cell, from_ref, to_ref
from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.wording import Few, short
from perfeval_xl.findings import Finding, finding

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET

    from perfeval_xl.excel.package import Package, Relation

_MACROS = {
    "vbaProject": "VBA 宏",
    "xlMacrosheet": "宏表",
    "xlIntlMacrosheet": "宏表",
    "jdeExtension": "WPS 宏",
    "jsProject": "WPS 宏",
}
_WPS_MACROS = "jdedata.bin"
_RIBBON, _ON_LOAD = "extensibility", b"onLoad"
_LINK, _DYNAMIC = "externalLink", "ddeLink"
_SOURCES = {"connections": "数据连接", "queryTable": "数据查询"}
_OBJECTS = {"oleObject": "OLE 对象", "package": "嵌入的文件", "control": "ActiveX 控件", "ctrlProp": "控件"}
_HARMLESS = "hyperlink"  # goes nowhere by itself
_COMMENTS = {"comments": "{*}commentList/{*}comment", "threadedComment": "{*}threadedComment"}
"""Kinds of parts, and the element of one comment in them; the later counts where both have one for a cell."""
_NAMED, _NAME_ROOM = 3, 30  # things named in a message, characters of each


def carried(package: Package) -> Iterator[Finding]:
    """Findings on what ``package`` carries, those on comments at their cells. A part that can't be read is skipped."""
    holders = [_holder(entry.name) for entry in package.members if entry.name.lower().endswith(".rels")]
    inside = [(holder, each) for holder in holders for each in _relations(package, holder)]
    sheets = {part: sheet for sheet, part in package.sheets.items()}
    if macros := [word for _, each in inside if (word := _macro(package, each))]:
        yield finding("macros", where=_listed(macros))
    if links := [*_links(package, inside), *_outside(package, holders)]:
        yield finding("external-links", what=_listed(links))
    objects = Counter((_OBJECTS[each.kind], sheets.get(holder, "")) for holder, each in inside if each.kind in _OBJECTS)
    if objects:
        words = (f"{word} {count} 个" + (f"，在“{sheet}”" * bool(sheet)) for (word, sheet), count in objects.items())
        yield finding("embedded-objects", what=_listed(words))
    for part, sheet in sheets.items():
        yield from _comments(package, sheet, [each for holder, each in inside if holder == part])


def _holder(rels: str) -> str:
    """The part whose relationships the member ``rels`` holds."""
    folder, base = posixpath.split(rels)
    return posixpath.join(posixpath.dirname(folder), base[: -len(".rels")])


def _relations(package: Package, holder: str) -> tuple[Relation, ...]:
    try:
        return package.relations(holder)
    except UnreadableWorkbook:
        return ()


def _macro(package: Package, relation: Relation) -> str:
    """The kind of macro that a relation leads to; '' for none."""
    if posixpath.basename(relation.target).lower() == _WPS_MACROS:
        return "WPS 宏"
    if relation.kind == _RIBBON and relation.target in package:
        return "功能区代码" if _ON_LOAD in package.part(relation.target) else ""
    return _MACROS.get(relation.kind, "")


def _links(package: Package, inside: Iterable[tuple[str, Relation]]) -> Iterator[str]:
    """Connections, and links to running programs; those to files have a target outside."""
    for _, each in inside:
        if each.kind in _SOURCES:
            yield _SOURCES[each.kind]
        elif each.kind == _LINK and (root := _parsed(package, each.target)) is not None:
            for link in root:
                if link.tag.rpartition("}")[2] == _DYNAMIC:
                    yield f"DDE 连接 {short(link.get('ddeService', ''), _NAME_ROOM)}"


def _outside(package: Package, holders: Iterable[str]) -> Iterator[str]:
    for holder in holders:
        try:
            links = package.links(holder)
        except UnreadableWorkbook:
            continue
        for each in links:
            if each.kind != _HARMLESS:
                yield short(re.split(r"[\\/]", unquote(each.target).rstrip("\\/"))[-1], _NAME_ROOM)


def _comments(package: Package, sheet: str, relations: Iterable[Relation]) -> Iterator[Finding]:
    """Comments at their cells. A threaded one has a plain copy for programs that don't know threads."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in _COMMENTS}
    for each in relations:
        root = _parsed(package, each.target) if each.kind in _COMMENTS else None
        for comment in () if root is None else root.iterfind(_COMMENTS[each.kind]):
            words = comment.find("{*}text")
            found[each.kind].setdefault(comment.get("ref", ""), "" if words is None else "".join(words.itertext()))
    few = Few("comments-added")
    for place, text in sorted((place, text) for ref, text in _merged(found).items() if (place := _place(ref))):
        few.add(Cell(sheet, to_ref(*place)), text)
    yield from few


def _merged(found: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    return {ref: text for texts in found.values() for ref, text in texts.items()}


def _place(ref: str) -> tuple[int, int] | None:
    try:
        return from_ref(ref)
    except ValueError:
        return None


def _parsed(package: Package, part: str) -> ET.Element | None:
    try:
        return package.xml(part)
    except UnreadableWorkbook:
        return None


def _listed(words: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(words))
    return "、".join(distinct[:_NAMED]) + (f"等 {len(distinct)} 项" if len(distinct) > _NAMED else "")
