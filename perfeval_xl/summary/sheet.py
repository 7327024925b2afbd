"""What the sheets behind the cover have in common: they see each result once, then write what they have put together."""

from __future__ import annotations

from collections.abc import Sequence

from perfeval_xl.excel.book import Book, Column, Limits, Page, height_of, line_count
from perfeval_xl.results import District, UnitResult
from perfeval_xl.summary.figures import Round, filing_word
from perfeval_xl.summary.lines import Lines, Shelf


class Sheet:
    """One sheet. ``name`` is the tab's, ``holds`` what the cover's list of contents says of it. In that and in a note
    {filing} stands for what files a workbook: 单位, or 项目.

    ``counted`` is what its rows are counted in, ``rest`` where to find those that it has no room for.
    ``linked``: they link to files.
    """

    name: str
    holds: str
    counted = "行"
    rest: str
    linked = True

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        self._district, self._limits = district, limits
        self._lines = Lines(shelf)

    @classmethod
    def applies(cls, district: District) -> bool:
        """Whether the workbook of such a round has the sheet."""
        return True

    def take(self, result: UnitResult) -> None:
        """The next result of the round; most sheets put some lines away."""

    @property
    def rows(self) -> int:
        """How many rows the table has that grows with the round, once all results have gone by."""
        return self._lines.rows

    def write(self, book: Book, round_: Round) -> None:
        """Add the sheet to ``book``."""
        raise NotImplementedError

    def _heading(self, page: Page, note: str, columns: Sequence[Column]) -> int:
        """The sheet's name and ``note``, with what had no room in a table of ``columns``; returns the next row."""
        note = self._worded(note)
        if not (short := self._short()):
            return page.heading(self.name, note, len(columns) - 1)
        lines = line_count(note + short, 1.1 * sum(each.width for each in columns))  # a note's signs are smaller
        return page.heading(self.name, note + short, len(columns) - 1, max(28, height_of(lines)))

    @property
    def contents(self) -> str:
        """What the cover says of the sheet: what is in it, and what had no room."""
        said = self._worded(self.holds)
        return f"{said}（{cut}）" if (cut := self._cut()) else said

    def _worded(self, text: str) -> str:
        """A text with the round's own word for who files a workbook."""
        return text.replace("{filing}", filing_word(self._district))

    def _cut(self) -> str:
        """How much is left out; '' where nothing is."""
        if self.rows <= self._limits.rows:
            return ""
        return f"共 {self.rows:,} {self.counted}，只列前 {self._limits.rows:,} {self.counted}"

    def _short(self) -> str:
        """What the sheet's note says of rows and links that had no room, and where they are; '' where all had."""
        cut = f"{cut}，全部见{self.rest}。" if (cut := self._cut()) else ""
        if not self.linked or min(self.rows, self._limits.rows) <= self._limits.links:
            return cut
        links = f"链接只设前 {self._limits.links:,} 个，其余列出文件名。"
        return cut + links if cut else f"共 {self.rows:,} {self.counted}，{links}"


def exported(table: str) -> str:
    """Where all rows of a table of the export are."""
    return f" perfeval export 导出的 {table} 表"
