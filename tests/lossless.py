"""What an annotation changed in a file, byte by byte; shares no code with what writes it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from perfeval_xl.cells import Cell
from tests.workbooks import contents, raw_members

_TOKEN = re.compile(
    rb"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>|[^<]+""", re.DOTALL
)
_NAME = re.compile(rb"</?(?:[\w.-]+:)?([\w.-]+)")
_ATTRIBUTE = re.compile(rb"""\s+([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_HEIGHT = re.compile(rb"""\s+(?:ht|customHeight)\s*=\s*(?:"[^"]*"|'[^']*')""")
ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
"""The elements of a worksheet in the order that the standard asks for."""


@dataclass
class Sheet:
    """A sheet's XML apart: ``rest`` is all of it but the review's cells and links and the rows' heights.

    ``cells`` holds the review's cells that are there, ``heights`` each row's height as it is written (None: none),
    ``elements`` the names of the elements right under the root.
    """

    rest: bytes = b""
    cells: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, bytes] = field(default_factory=dict)
    heights: dict[str, str | None] = field(default_factory=dict)
    elements: list[str] = field(default_factory=list)


def apart(xml: bytes, review: Collection[str]) -> Sheet:
    """A sheet taken apart; ``review`` are the references of its review cells."""
    sheet = Sheet()
    rest: list[bytes] = []
    tokens = [match[0] for match in _TOKEN.finditer(xml)]
    assert b"".join(tokens) == xml
    depth, at = 0, 0
    while at < len(tokens):
        token, name, attributes = tokens[at], _name(tokens[at]), _attributes(tokens[at])
        opens = token[:1] == b"<" and token[:2] not in (b"</", b"<!", b"<?")
        if opens and depth == 1:
            sheet.elements.append(name)
        if opens and name == "row":
            sheet.heights[attributes["r"]] = attributes.get("ht")
            token = _HEIGHT.sub(b"", token)
        kept = {"c": sheet.cells, "hyperlink": sheet.links}.get(name)
        ref = attributes.get("r" if name == "c" else "ref", "").split(":")[0]
        if opens and kept is not None and ref in review:
            end = _end(tokens, at)
            kept[ref] = b"".join(tokens[at : end + 1])
            at = end + 1
            continue
        if opens and name == "hyperlinks":
            end = _end(tokens, at)
            inside = [_attributes(each)["ref"].split(":")[0] for each in tokens[at:end] if _name(each) == "hyperlink"]
            if all(each in review for each in inside):  # the element is there for the review's links alone
                rest += _without_links(tokens[at : end + 1], sheet)
                at = end + 1
                continue
        depth += (opens and not token.endswith(b"/>")) - token.startswith(b"</")
        rest.append(token)
        at += 1
    sheet.rest = b"".join(rest)
    return sheet


def _without_links(tokens: list[bytes], sheet: Sheet) -> Iterator[bytes]:
    for token in tokens:
        if _name(token) == "hyperlink":
            sheet.links[_attributes(token)["ref"]] = token
        elif _name(token) != "hyperlinks":
            yield token


def _name(token: bytes) -> str:
    match = _NAME.match(token)
    return match[1].decode() if match else ""


def _attributes(token: bytes) -> dict[str, str]:
    return {match[1].decode(): (match[2] or match[3] or b"").decode() for match in _ATTRIBUTE.finditer(token)}


def _end(tokens: list[bytes], at: int) -> int:
    """The index of the token that ends the element begun at ``at``."""
    if tokens[at].endswith(b"/>"):
        return at
    name, depth = _name(tokens[at]), 0
    for index in range(at, len(tokens)):
        token = tokens[index]
        if _name(token) == name and not token.endswith(b"/>"):
            depth += -1 if token.startswith(b"</") else 1
            if not depth:
                return index
    raise AssertionError(f"{name} has no end")


def check_nothing_lost(before: bytes, after: bytes, places: Mapping[str, Cell], parts: Mapping[str, str]) -> None:
    """Nothing in a file changed but the cells at ``places``, their links, and rows that had to be taller.

    ``parts`` are the parts of the sheets by name. All other members are the same bytes at the same place.
    """
    old, new = raw_members(before), raw_members(after)
    assert list(old) == list(new)
    changed = {name for name in old if old[name] != new[name]}
    review: dict[str, set[str]] = {}
    for cell in places.values():
        review.setdefault(parts[cell.sheet], set()).add(cell.ref)
    assert changed <= set(review), f"changed beside the review's sheets: {sorted(changed - set(review))}"
    assert changed
    old_parts, new_parts = contents(before), contents(after)
    for part in changed:
        was, now = apart(old_parts[part], review[part]), apart(new_parts[part], review[part])
        assert was.rest == now.rest, part
        assert was.heights.keys() == now.heights.keys()
        for ref, cell in was.cells.items():
            assert _attributes(cell).get("s") == _attributes(now.cells[ref]).get("s"), ref
        for row, height in now.heights.items():
            if height != was.heights[row]:
                assert height is not None
                assert float(height) > float(was.heights[row] or 0), f"{part}, row {row}"
        in_order = [ORDER.index(each) for each in now.elements if each in ORDER]
        assert in_order == sorted(in_order), now.elements
