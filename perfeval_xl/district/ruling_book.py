"""rulings.xlsx as a file: what stands in its rows, and writing into it without touching what a person typed.

The file's own bytes are kept: only the cells of our columns are patched, and new rows go to the end. Whatever else people
do to it (colours, notes, columns and sheets of their own) stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfeval_xl.cells import Cell, to_ref
from perfeval_xl.district.ruling_blank import (
    COLUMNS,
    HEAD,
    RECORD,
    RECORD_COLUMNS,
    SHEET,
    SPARE,
    TYPED,
    RulingColumn,
    blank_rulings,
)
from perfeval_xl.entries import Entry
from perfeval_xl.entries.entry import is_number, shown_text
from perfeval_xl.errors import CampaignError, WorkbookError
from perfeval_xl.excel.book import height_of, line_count
from perfeval_xl.excel.heights import Need, raised
from perfeval_xl.excel.opened import OoxmlBook
from perfeval_xl.excel.rows import last_row, with_blank_rows
from perfeval_xl.excel.sheetpatch import Content, Patch, patch_sheet
from perfeval_xl.files import reason
from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import exact

_HEAD_WITHIN = 20  # rows from the top in which the headings are looked for
_OURS = 0.6  # a row with this share of our headings is the row of headings


@dataclass(frozen=True)
class Line:
    """A row that holds anything: its number, our own columns as texts, and what was typed, with the cells."""

    row: int
    texts: Mapping[str, str]
    typed: Mapping[str, Entry]
    cells: Mapping[str, Cell]


class RulingFile:
    """The file as it stands. ``findings`` tell of headings that were changed."""

    def __init__(self, data: bytes) -> None:
        """CampaignError where ``data`` is no such file, or a sheet or column that it can't do without is gone."""
        try:
            self._book = OoxmlBook(data)
            self.findings: list[Finding] = []
            self._decisions = _Sheet(self._book, SHEET, COLUMNS, self.findings)
            self._record = _Sheet(self._book, RECORD, RECORD_COLUMNS, self.findings)
        except WorkbookError as error:
            raise CampaignError(f"读不出来：{error}。请在 WPS 或 Excel 中另存为 .xlsx，或从备份中恢复。") from error
        self.data = data

    @classmethod
    def new(cls, department: str, year: int) -> RulingFile:
        """A file without a ruling."""
        return cls(blank_rulings(department, year, SPARE))

    @property
    def lines(self) -> list[Line]:
        """The rows to be ruled on, in the order of the file."""
        return self._decisions.lines()

    @property
    def record(self) -> list[Line]:
        """What was recorded so far, the oldest first."""
        return self._record.lines()

    def updated(
        self,
        changed: Mapping[int, Mapping[str, Content]],
        new: Sequence[Mapping[str, Content]],
        recorded: Sequence[Mapping[str, Content]],
    ) -> bytes:
        """The file with our columns of some rows ``changed`` (by row number, then key), and with rows added.

        WorkbookError where that can't be done without harm.
        """
        package = self._book.package
        parts = {
            package.sheets[sheet.name]: sheet.written(package.part(package.sheets[sheet.name]), old, more)
            for sheet, old, more in ((self._decisions, changed, new), (self._record, {}, recorded))
        }
        changes = {part: xml for part, xml in parts.items() if xml is not None}
        return package.rewrite(changes) if changes else self.data


class _Sheet:
    """One of the two sheets: where its columns stand now."""

    def __init__(self, book: OoxmlBook, name: str, columns: Sequence[RulingColumn], findings: list[Finding]) -> None:
        if name not in book.sheet_names or name not in book.package.sheets:
            raise CampaignError(f"没有工作表“{name}”。请从备份中恢复，或把工作表名改回来。")
        self.name = name
        self._book = book
        self._columns = columns
        self.head, self._at = self._headings(findings)

    def _headings(self, findings: list[Finding]) -> tuple[int, dict[str, int]]:
        """The row of headings, and each column's place (both from 1).

        A column whose heading is not found is the one in its old place, if nothing else is known of that.
        """
        titles = {column.title: column.key for column in self._columns}
        rows = [[shown_text(value) for value in row] for row in self._book.grid(self.name)[:_HEAD_WITHIN]]
        row = max(rows, key=lambda each: len(titles.keys() & set(each)), default=[])
        if len(titles.keys() & set(row)) < _OURS * len(titles):
            raise CampaignError(f"工作表“{self.name}”没有表头。第 {HEAD} 行应为：{' | '.join(titles)}。")
        number = rows.index(row) + 1
        at = {key: row.index(title) + 1 for title, key in titles.items() if title in row}
        lost = []
        for place, column in enumerate(self._columns):
            if column.key in at:
                continue
            there = row[place] if place < len(row) else ""
            if there in titles or place + 1 in at.values():
                lost.append(column.title)
                continue
            cell = Cell(self.name, to_ref(number, place + 1))
            findings.append(finding("rulings-column-renamed", cell=cell, expected=column.title, actual=there))
            at[column.key] = place + 1
        if lost:
            raise CampaignError(f"工作表“{self.name}”缺少列 {'、'.join(lost)}。请恢复这些列，或从备份中恢复。")
        return number, at

    def lines(self) -> list[Line]:
        grid = self._book.grid(self.name)
        found = []
        for number in range(self.head + 1, len(grid) + 1):
            cells = {key: Cell(self.name, to_ref(number, column)) for key, column in self._at.items()}
            entries = {key: self._book.entry(cell) for key, cell in cells.items() if key in TYPED}
            texts = {key: shown_text(self._book.value(cell)) for key, cell in cells.items()}
            if any(texts.values()) or any(each.formula is not None or each.error for each in entries.values()):
                found.append(Line(number, texts, entries, cells))
        return found

    def written(
        self, xml: bytes, changed: Mapping[int, Mapping[str, Content]], new: Sequence[Mapping[str, Content]]
    ) -> bytes | None:
        """The sheet's XML with those rows changed and those added; None where that makes no difference."""
        lines = {line.row: line.texts for line in self.lines()}
        taken = list(lines)
        first = max([self.head, *taken]) + 1
        rows = {**changed, **dict(enumerate(new, start=first))}
        patches = {row: self._patches(row, values) for row, values in rows.items()}
        flat = {ref: patch for each in patches.values() for ref, patch in each.items()}
        if not flat:
            return None
        if new:
            spare = SPARE if first + len(new) - 1 > last_row(xml) else 0
            xml = with_blank_rows(xml, min(taken, default=self.head + 1), first, len(new) + spare)
        xml = patch_sheet(xml, flat, date1904=self._book.package.date1904, sheet=self.name)
        texts = {row: {**lines.get(row, {}), **rows[row]} for row, each in patches.items() if each}
        return raised(xml, [Need(row, row, self._height(each)) for row, each in texts.items()])[0]

    def _patches(self, row: int, values: Mapping[str, Content]) -> dict[str, Patch]:
        """What differs from what stands there."""
        patches = {}
        for key, content in values.items():
            cell = Cell(self.name, to_ref(row, self._at[key]))
            if not _same(self._book.value(cell), content):
                patches[cell.ref] = Patch(content)
        return patches

    def _height(self, values: Mapping[str, Content]) -> float:
        """How tall a row must be for ``values``, in points."""
        widths = {column.key: column.width for column in self._columns}
        unwrapped = ("code", "fingerprint")
        texts = ((each, widths[key]) for key, each in values.items() if isinstance(each, str) and key not in unwrapped)
        return height_of(max((line_count(text, width - 1) for text, width in texts), default=1))


def _same(found: object, content: Content) -> bool:
    """Whether a cell already holds ``content``."""
    if content is None or isinstance(content, str):
        return shown_text(found).replace("\r\n", "\n") == (content or "").strip()
    return isinstance(found, int | float) and is_number(found) and exact(found) == content


def read_file(path: Path) -> RulingFile | None:
    """The file at ``path``; None where there is none. CampaignError, naming it, where it can't be used."""
    try:
        return RulingFile(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CampaignError(f"{path}: 读不出来：{reason(error)}。") from None
    except CampaignError as error:
        raise CampaignError(f"{path}: {error}") from None
