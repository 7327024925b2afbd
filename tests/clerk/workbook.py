"""A workbook's parts as texts, and changes in them as spreadsheet programs would make them.

It shares no code with the package under test. The parts are changed as texts, so that all else stays as it was saved.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator
from posixpath import join, normpath
from xml.sax.saxutils import escape, quoteattr

from tests.clerk.references import Shift, moved_range, moved_refs, place_of, ref_of

TYPES, RELATIONS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
BOOK, STYLES, CUSTOM, CORE = "xl/workbook.xml", "xl/styles.xml", "docProps/custom.xml", "docProps/core.xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ID = f"{{{_OFFICE}}}id"


class Workbook:
    """An .xlsx in the making. ``parts`` are its members in the order of the file."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.parts = {info.filename: archive.read(info) for info in archive.infolist()}
        self._texts: dict[str, str] = {}
        targets = {
            each.get("Id", ""): normpath(join("xl", each.get("Target", ""))).lstrip("/")
            for each in ET.fromstring(self.parts[RELATIONS])
        }
        targets = {key: target.removeprefix("xl/xl/") for key, target in targets.items()}
        self.sheets: dict[str, str] = {}
        for each in ET.fromstring(self.parts[BOOK]).iterfind("{*}sheets/{*}sheet"):
            target = targets[each.get(_ID, "")]
            self.sheets[each.get("name", "")] = target if target in self.parts else f"xl/{target}"

    def copy(self) -> Workbook:
        other = object.__new__(Workbook)
        other.parts, other.sheets, other._texts = dict(self.parts), dict(self.sheets), dict(self._texts)
        return other

    def data(self) -> bytes:
        """The whole file."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in self.parts.items():
                text = self._texts.get(name)
                info = zipfile.ZipInfo(name, (2025, 3, 15, 10, 30, 0))
                archive.writestr(info, content if text is None else text.encode(), zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    # ---- parts

    def text(self, part: str) -> str:
        if part not in self._texts:
            self._texts[part] = self.parts[part].decode()
        return self._texts[part]

    def put(self, part: str, text: str) -> None:
        self.parts.setdefault(part, b"")
        self._texts[part] = text

    def add(self, part: str, content: bytes, kind: str = "") -> None:
        """Add a part; ``kind`` is its content type, where the suffix's default is not enough."""
        self.parts[part] = content
        self._texts.pop(part, None)
        if kind:
            self.sub(TYPES, r"</Types>", f'<Override PartName="/{part}" ContentType="{kind}"/></Types>')

    def drop(self, part: str) -> None:
        """Take a part out, with its content type."""
        del self.parts[part]
        self._texts.pop(part, None)
        self.sub(TYPES, rf'<Override\b[^>]*PartName="/{re.escape(part)}"[^>]*?(?:/>|></Override>)', "", least=0)

    def sub(self, part: str, pattern: str, new: str | Callable[[re.Match[str]], str], *, least: int = 1) -> int:
        """Replace every match; AssertionError for fewer than ``least``."""
        replacement = new if callable(new) else lambda _: new
        text, count = re.subn(pattern, replacement, self.text(part), flags=re.DOTALL)
        assert count >= least, (part, pattern)
        self.put(part, text)
        return count

    def relate(self, part: str, kind: str, target: str, *, external: bool = False) -> str:
        """Add a relationship of ``part`` and return its id. ``kind`` is the last word of its type or the whole of it."""
        folder, _, base = part.rpartition("/")
        rels = f"{folder}/_rels/{base}.rels"
        if rels not in self.parts:
            space = "http://schemas.openxmlformats.org/package/2006/relationships"
            self.add(
                rels, f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{space}"></Relationships>'.encode()
            )
        identity = f"rIdClerk{self.text(rels).count('<Relationship ') + 1}"
        mode = ' TargetMode="External"' if external else ""
        whole = kind if "://" in kind else f"{_OFFICE}/{kind}"
        added = f'<Relationship Id="{identity}" Type="{whole}" Target={quoteattr(target)}{mode}/>'
        self.sub(rels, r"</Relationships>", f"{added}</Relationships>")
        return identity

    # ---- cells

    def cell(self, sheet: str, ref: str) -> str:
        """A cell's element, '' where there is none."""
        text = self.text(self.sheets[sheet])
        found = self._span(text, ref)
        return text[found[0] : found[1]] if found else ""

    @staticmethod
    def _span(text: str, ref: str) -> tuple[int, int] | None:
        at = -1
        while (at := text.find(f' r="{ref}"', at + 1)) >= 0:
            start = text.rfind("<", 0, at)
            if text.startswith("<c ", start):
                end = text.index(">", at) + 1
                return start, end if text[end - 2] == "/" else text.index("</c>", at) + 4
        return None

    def style(self, sheet: str, ref: str) -> str:
        """A cell's style index as it stands, '0' where it has none."""
        match = re.search(r' s="(\d+)"', self.cell(sheet, ref).partition(">")[0])
        return match[1] if match else "0"

    def write(self, sheet: str, ref: str, content: str = "", kind: str = "", style: str | None = None) -> None:
        """Replace what a cell holds by ``content`` (elements); the cell is made where there is none."""
        style = self.style(sheet, ref) if style is None else style
        attributes = f' r="{ref}"' + (f' s="{style}"' if style != "0" else "") + (f' t="{kind}"' if kind else "")
        element = f"<c{attributes}>{content}</c>" if content else f"<c{attributes}/>"
        part = self.sheets[sheet]
        text = self.text(part)
        start, end = self._span(text, ref) or self._gap(sheet, ref)
        text = self.text(part)
        self.put(part, text[:start] + element + text[end:])

    def _gap(self, sheet: str, ref: str) -> tuple[int, int]:
        """Where a new cell goes; its row is made where there is none."""
        part = self.sheets[sheet]
        row, column = place_of(ref)
        span = self.row_span(sheet, row)
        if span is None:
            text = self.text(part)
            later = next((m for m in re.finditer(r'<row\b[^>]*? r="(\d+)"', text) if int(m[1]) > row), None)
            at = later.start() if later else text.index("</sheetData>")
            self.put(part, f'{text[:at]}<row r="{row}"></row>{text[at:]}')
            span = self.row_span(sheet, row)
            assert span
        start, end = span
        text = self.text(part)
        line = text[start:end]
        if line.endswith("/>"):
            line = line[:-2] + "></row>"
            self.put(part, text[:start] + line + text[end:])
        for match in re.finditer(r'<c\b[^>]*? r="([A-Z]+\d+)"', line):
            if place_of(match[1])[1] > column:
                return start + match.start(), start + match.start()
        at = start + line.rindex("</row>")
        return at, at

    def row_span(self, sheet: str, row: int) -> tuple[int, int] | None:
        """Where a row's element stands in its part."""
        text = self.text(self.sheets[sheet])
        match = re.search(rf'<row\b[^>]*? r="{row}"[^>]*?(/?)>', text)
        if match is None:
            return None
        return match.start(), match.end() if match[1] else text.index("</row>", match.end()) + 6

    def number(self, sheet: str, ref: str, value: str, style: str | None = None) -> None:
        self.write(sheet, ref, f"<v>{value}</v>", style=style)

    def words(self, sheet: str, ref: str, value: str, style: str | None = None) -> None:
        """A text; control characters are written as OOXML has them."""
        coded = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda match: f"_x{ord(match[0]):04X}_", value)
        self.write(sheet, ref, f'<is><t xml:space="preserve">{escape(coded)}</t></is>', "inlineStr", style)

    def error(self, sheet: str, ref: str, value: str) -> None:
        self.write(sheet, ref, f"<v>{value}</v>", "e")

    def boolean(self, sheet: str, ref: str, value: bool) -> None:
        self.write(sheet, ref, f"<v>{int(value)}</v>", "b")

    def formula(self, sheet: str, ref: str, expression: str, shown: str | None, *, text: bool = False) -> None:
        """A formula and its saved result; None: saved without one."""
        result = "" if shown is None else f"<v>{escape(shown)}</v>"
        self.write(sheet, ref, f"<f>{escape(expression)}</f>{result}", "str" if text and shown is not None else "")

    def formatted(self, sheet: str, ref: str, number_format: int | str) -> str:
        """The index of a style like the cell's, with another number format: a built-in's id, or a code."""
        identity = self._format_id(number_format) if isinstance(number_format, str) else number_format
        text = self.text(STYLES)
        start = text.index("<cellXfs")
        end = text.index("</cellXfs>", start)
        styles = re.findall(r"<xf\b[^>]*/>|<xf\b[^>]*[^/]>.*?</xf>", text[start:end], re.DOTALL)
        copy = re.sub(r'numFmtId="\d+"', f'numFmtId="{identity}"', styles[int(self.style(sheet, ref))], count=1)
        head = re.sub(r'count="\d+"', f'count="{len(styles) + 1}"', text[start:end], count=1)
        self.put(STYLES, text[:start] + head + copy + text[end:])
        return str(len(styles))

    def _format_id(self, code: str) -> int:
        text = self.text(STYLES)
        identity = 900 + text.count("<numFmt ")
        added = f'<numFmt numFmtId="{identity}" formatCode={quoteattr(code)}/>'
        if "<numFmts" in text:
            self.sub(STYLES, r"</numFmts>", f"{added}</numFmts>")
        else:
            self.sub(STYLES, r"(<styleSheet\b[^>]*>)", lambda m: f'{m[1]}<numFmts count="1">{added}</numFmts>')
        return identity

    # ---- rows and columns

    def shift(self, sheet: str, move: Shift) -> None:
        """Move the cells of a sheet, with everything that refers to them, as inserting or deleting does."""
        part = self.sheets[sheet]
        text = self.text(part)
        head, rest = text.split("<sheetData>", 1)
        body, tail = rest.split("</sheetData>", 1)
        rows = []
        for match in re.finditer(r"<row\b[^>]*?/>|<row\b.*?</row>", body, re.DOTALL):
            if (moved := self._moved_row(match[0], move)) is not None:
                rows.append(moved)
        tail = re.sub(
            r'(<mergeCell\b[^>]*?ref=")([^"]+)"[^>]*?/>', lambda m: self._moved_attribute(m, move, drop=True), tail
        )
        tail = re.sub(r"<dataValidation\b[^>]*/>|<dataValidation\b.*?</dataValidation>|<conditionalFormatting\b.*?</conditionalFormatting>|<hyperlink\b[^>]*?/>",
                      lambda m: self._moved_block(m[0], move), tail, flags=re.DOTALL)  # fmt: skip
        tail = re.sub(
            r'(<dataValidations\b[^>]*?count=")\d+', lambda m: m[1] + str(tail.count("<dataValidation ")), tail
        )
        tail = re.sub(r'(<mergeCells\b[^>]*?count=")\d+', lambda m: m[1] + str(tail.count("<mergeCell ")), tail)
        self.put(part, f"{head}<sheetData>{''.join(rows)}</sheetData>{tail}")
        for name, other in self.sheets.items():
            self.put(other, self._moved_formulas(self.text(other), name, sheet, move))
        self.sub(
            BOOK,
            r"(<definedName\b[^>]*>)([^<]*)(</definedName>)",
            lambda m: m[1] + moved_refs(m[2], "", sheet, move) + m[3],
        )

    @staticmethod
    def _moved_formulas(text: str, own: str, sheet: str, move: Shift) -> str:
        pattern = r"(<f\b[^>]*>|<formula[12]?>)([^<]*)(</f>|</formula[12]?>)"
        return re.sub(pattern, lambda match: match[1] + moved_refs(match[2], own, sheet, move) + match[3], text)

    @staticmethod
    def _moved_row(row: str, move: Shift) -> str | None:
        match = re.search(r' r="(\d+)"', row)
        assert match
        number = int(match[1])
        there = move((number, 1)) or move((number, 16000))
        if there is None:
            return None

        def cell(found: re.Match[str]) -> str:
            moved = move(place_of(found[2]))
            return "" if moved is None else f"{found[1]}{ref_of(moved)}{found[3]}"

        opening, closing, cells = row.partition(">")
        opening = re.sub(r' r="\d+"', f' r="{there[0]}"', opening)
        opening = re.sub(r' spans="[^"]*"', "", opening)
        cells = re.sub(r'(<c\b[^>]*? r=")([A-Z]+\d+)("[^>]*?/>|"[^>]*?>.*?</c>)', cell, cells, flags=re.DOTALL)
        return opening + closing + cells

    @staticmethod
    def _moved_attribute(match: re.Match[str], move: Shift, *, drop: bool) -> str:
        moved = moved_range(match[2], move)
        if moved is None or (drop and ":" in match[2] and moved.partition(":")[0] == moved.partition(":")[2]):
            return ""
        return match[0].replace(f'"{match[2]}"', f'"{moved}"')

    @staticmethod
    def _moved_block(block: str, move: Shift) -> str:
        match = re.search(r'\b(?:sqref|ref)="([^"]+)"', block)
        if match is None:
            return block
        moved = [found for each in match[1].split() if (found := moved_range(each, move))]
        return block.replace(match[0], match[0].replace(match[1], " ".join(moved)), 1) if moved else ""

    def rename(self, sheet: str, new: str) -> None:
        """Rename a sheet, with everything that refers to it."""
        self.sub(BOOK, rf'(<sheet\b[^>]*?name="){re.escape(sheet)}"', lambda m: f'{m[1]}{escape(new)}"')
        quoted = "'" + new.replace("'", "''") + "'"

        def renamed(text: str) -> str:
            return re.sub(
                rf"(?:'{re.escape(sheet)}'|(?<![\w']){re.escape(sheet)})!", lambda _: escape(f"{quoted}!"), text
            )

        for part in (BOOK, *self.sheets.values()):
            text = re.sub(r"(<f\b[^>]*>|<formula[12]?>|<definedName\b[^>]*>)([^<]*)(?=<)",
                          lambda m: m[1] + renamed(m[2]), self.text(part))  # fmt: skip
            self.put(part, re.sub(r'(<hyperlink\b[^>]*?location=")([^"]*)', lambda m: m[1] + renamed(m[2]), text))
        self.sheets = {new if name == sheet else name: part for name, part in self.sheets.items()}

    def remove_sheet(self, sheet: str) -> None:
        """Delete a sheet: what refers to it becomes #REF!, its local names go, later ones are renumbered."""
        number = list(self.sheets).index(sheet)
        part = self.sheets.pop(sheet)
        match = re.search(rf'<sheet\b[^>]*?name="{re.escape(sheet)}"[^>]*?/>', self.text(BOOK))
        assert match
        identity = re.search(r':id="([^"]+)"', match[0])
        assert identity
        self.put(BOOK, self.text(BOOK).replace(match[0], ""))
        self.sub(RELATIONS, rf'<Relationship\b[^>]*?Id="{identity[1]}"[^>]*?/>', "")

        def local(found: re.Match[str]) -> str:
            own = re.search(r'localSheetId="(\d+)"', found[0])
            if own is None or int(own[1]) < number:
                return found[0]
            return "" if int(own[1]) == number else found[0].replace(own[0], f'localSheetId="{int(own[1]) - 1}"', 1)

        self.sub(BOOK, r"<definedName\b[^>]*>[^<]*</definedName>", local)
        gone = rf"(?:'{re.escape(sheet)}'|(?<![\w']){re.escape(sheet)})!\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?"
        for each in (BOOK, *self.sheets.values()):
            self.sub(
                each,
                r"(<f\b[^>]*>|<formula[12]?>|<definedName\b[^>]*>)([^<]*)",
                lambda m: m[1] + re.sub(gone, "#REF!", m[2]),
                least=0,
            )
        self.drop(part)
        rels = part.replace("worksheets/", "worksheets/_rels/") + ".rels"
        if rels in self.parts:
            del self.parts[rels]

    def add_sheet(self, name: str, rows: str = "") -> None:
        """Add a sheet at the end; ``rows`` is what its sheetData holds."""
        part = f"xl/worksheets/sheet{90 + len(self.sheets)}.xml"
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
        self.add(
            part,
            f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode(),
            kind,
        )
        identity = self.relate(BOOK, "worksheet", part.removeprefix("xl/"))
        added = (
            f'<sheet xmlns:r="{_OFFICE}" name={quoteattr(name)} sheetId="{90 + len(self.sheets)}" r:id="{identity}"/>'
        )
        self.sub(BOOK, r"</sheets>", f"{added}</sheets>")
        self.sheets[name] = part

    def in_order(self, sheet: str, element: str, after: tuple[str, ...]) -> None:
        """Put ``element`` into a sheet, behind the last of the elements ``after``."""
        part = self.sheets[sheet]
        text = self.text(part)
        at = max(_ends(text, after))
        self.put(part, text[:at] + element + text[at:])


def _ends(text: str, names: tuple[str, ...]) -> Iterator[int]:
    for name in names:
        for match in re.finditer(rf"</{name}>|<{name}\b[^>]*?/>", text):
            yield match.end()
