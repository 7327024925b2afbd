"""Writing the review into a copy of a return: the cells that the form has for it, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.errors import PatchRefused
from perfeval_xl.excel.heights import Need, Raised, noted, raised, read_note, restored
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.hidden import HEIGHTS
from perfeval_xl.excel.layout.model import Layout
from perfeval_xl.excel.links import link_cells
from perfeval_xl.excel.opened import OoxmlBook
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.sheetpatch import Patch, patch_sheet
from perfeval_xl.excel.styles import MAX_HEIGHT, STYLES, Style, text_height
from perfeval_xl.findings import Finding
from perfeval_xl.remarks import Remarks, remarks
from perfeval_xl.scheme.scorecard import ScoreCard

CUT = "……（其余见汇总表的问题清单）"
"""What ends a text that is too long for the tallest row."""


def annotate(
    workbook: bytes,
    places: Mapping[str, Cell],
    card: ScoreCard,
    findings: Sequence[Finding],
    package: Package | None = None,
) -> bytes:
    """A copy of a return with the review of ``card`` in it; ``findings`` are all that were made of the return, their
    cells as they stand in it.

    ``places`` are the cells for the review in this workbook by name (Submission.review_cells): beside the official
    table, beside the inputs, on the list 审核结果. Each is written or cleared, so an earlier review leaves no trace;
    lines of the list lead to their cells. Rows that are too low for their text are made taller, and those that an
    earlier review made taller are first made as they were. All else stays as it is, byte for byte, and the same review
    gives the same bytes. ``package`` is that of ``workbook``, where it has been read already.

    PatchRefused, saying why, where a cell for the review is not to be found or can't be written without harm.
    """
    package, layout = package or Package.read(workbook), build_layout(card.scheme)
    sheets = _sheets(layout, places)
    missing = next((sheet for sheet in sheets if sheet not in package.sheets), None)
    if missing is not None:
        raise PatchRefused(f"没有工作表“{missing}”")
    said, needs = _fitted(layout, remarks(card, findings, places), places)
    before = read_note(str(OoxmlBook(workbook, package).value(places[HEIGHTS])))
    parts: dict[str, bytes] = {}
    taller: dict[str, Mapping[int, Raised]] = {}
    for sheet, names in sheets.items():
        xml = restored(package.part(package.sheets[sheet]), before.get(sheet, {}))
        xml = patch_sheet(xml, {ref: Patch(said.contents.get(name)) for ref, name in names.items()}, sheet=sheet)
        links = {ref: said.links[name] for ref, name in names.items() if name in said.links}
        xml = link_cells(xml, {ref: to for ref, to in links.items() if to.sheet in package.sheets}, names)
        parts[sheet], taller[sheet] = raised(xml, needs.get(sheet, ()))
    at = places[HEIGHTS]
    parts[at.sheet] = patch_sheet(parts[at.sheet], {at.ref: Patch(noted(taller))}, sheet=at.sheet)
    return package.rewrite({package.sheets[sheet]: xml for sheet, xml in parts.items()})


def _sheets(layout: Layout, places: Mapping[str, Cell]) -> dict[str, dict[str, str]]:
    """By sheet, the references of the cells for the review and their names. PatchRefused where one is not there."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, issued in layout.review.items():
        cell = places.get(name)
        if cell is None:
            raise PatchRefused(f"复核用的单元格已被删除（原在 {issued}）")
        if cell.ref in found[cell.sheet]:
            raise PatchRefused(f"两项复核内容都指向 {cell}")
        found[cell.sheet][cell.ref] = name
    return dict(found)


@dataclass(frozen=True)
class _Room:
    """A cell as it was issued: its width in characters, its style, how many rows it takes."""

    width: float
    style: Style
    rows: int

    @classmethod
    def of(cls, layout: Layout, name: str) -> _Room:
        cell = layout.review[name]
        sheet = layout.sheet[cell.sheet]
        (top, left), (bottom, right) = from_ref(cell.ref), from_ref(sheet.merges.get(cell.ref, cell.ref))
        width = sum(sheet.widths[column] for column in range(left, right + 1))
        return cls(width, STYLES[sheet.cells[cell.ref].style], bottom - top + 1)

    def needed(self, text: str) -> float:
        """The points that show ``text`` whole."""
        return text_height(text, self.width, self.style)

    def fitting(self, text: str) -> str:
        """As much of ``text`` as the tallest rows have room for."""
        if self.needed(text) <= MAX_HEIGHT * self.rows:
            return text
        fits, too_long = 0, len(text)
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            if self.needed(text[:middle] + CUT) <= MAX_HEIGHT * self.rows:
                fits = middle
            else:
                too_long = middle
        return text[:fits] + CUT


def _fitted(layout: Layout, said: Remarks, places: Mapping[str, Cell]) -> tuple[Remarks, Mapping[str, Sequence[Need]]]:
    """What is said, cut to what a cell can show; and how tall rows have to be for it, by sheet."""
    contents = dict(said.contents)
    needs: defaultdict[str, list[Need]] = defaultdict(list)
    for name, content in said.contents.items():
        if isinstance(content, str):
            room = _Room.of(layout, name)
            contents[name] = text = room.fitting(content)
            first = from_ref(places[name].ref)[0]
            needs[places[name].sheet].append(Need(first, first + room.rows - 1, room.needed(text)))
    return Remarks(contents, said.links), needs
