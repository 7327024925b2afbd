"""A workbook opened for reading, whichever format it came in: values by calamine, and what OOXML tells beside them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.entries import Entry, Shape
from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.numberformats import shapes
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.scan import NO_SCAN, SheetScan, scan_sheet

Grid = list[list[Any]]


class OpenedBook:
    """An .xls, .xlsb or .ods: nothing but values is known of it. UnreadableWorkbook where it can't be opened."""

    def __init__(self, data: bytes) -> None:
        self._workbook = open_workbook(data)
        self._grids: dict[str, Grid] = {}
        sheets = self._workbook.sheets_metadata  # those of charts alone have no cells
        self.sheet_names: tuple[str, ...] = tuple(each.name for each in sheets if each.typ is SheetTypeEnum.WorkSheet)

    package: Package | None = None
    """The file's parts, where it is OOXML."""
    doubtful_dates = False
    """Whether what comes as a date may be a number (biff.takes_numbers_for_dates)."""

    def grid(self, sheet: str) -> Grid:
        """A sheet's values from A1 on, row by row ('' for nothing); empty where there is no such sheet."""
        grid = self._grids.get(sheet)
        if grid is None:
            grid = self._grids[sheet] = self._read(sheet) if sheet in self.sheet_names else []
        return grid

    def _read(self, sheet: str) -> Grid:
        with diagnosed():
            return self._workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)

    def value(self, cell: Cell) -> Any:
        """What stands in a cell; '' for nothing."""
        row, column = from_ref(cell.ref)
        try:
            return self.grid(cell.sheet)[row - 1][column - 1]
        except IndexError:
            return ""

    def scan(self, sheet: str) -> SheetScan:
        """What the values of a sheet don't tell. UnreadableWorkbook where its XML is broken."""
        return NO_SCAN

    def entry(self, cell: Cell) -> Entry:
        """What stands in a cell, as far as this format tells it."""
        return Entry(self.value(cell), Shape.UNKNOWN)

    def named_cell(self, name: str) -> Cell | None:
        """The cell of a defined name, or None."""
        return None

    @property
    def names(self) -> Mapping[str, str]:
        """The defined names and what each stands for."""
        return {}

    @property
    def custom_properties(self) -> Mapping[str, str]:
        return {}

    @property
    def core_properties(self) -> Mapping[str, str]:
        return {}

    @property
    def producer(self) -> str:
        """The program that saved the file last, '' if unknown."""
        return ""


class OoxmlBook(OpenedBook):
    """An .xlsx or .xlsm."""

    def __init__(self, data: bytes, package: Package | None = None) -> None:
        """``package``: the same file's, where it has been read already."""
        self.package: Package = Package.read(data) if package is None else package.sound()
        super().__init__(data)
        self._scans: dict[str, SheetScan] = {}

    def scan(self, sheet: str) -> SheetScan:
        scan = self._scans.get(sheet)
        if scan is None:
            part = self.package.sheets.get(sheet)
            scan = self._scans[sheet] = NO_SCAN if part is None else scan_sheet(self.package.part(part))
        return scan

    def entry(self, cell: Cell) -> Entry:
        scan, ref, found = self.scan(cell.sheet), cell.ref, self.value(cell)
        if found == "" and ref not in scan.styles:
            return self._blank
        held = scan.formulas.get(ref)
        return Entry(
            found=found,
            shape=self._shape(scan.styles.get(ref, 0)),
            formula=None if held is None else scan.formula(ref),
            saved=held is None or held.saved,
            error=scan.errors.get(ref, ""),
            date1904=self.package.date1904,
        )

    @cached_property
    def _blank(self) -> Entry:
        """What stands in a cell in which nothing stands."""
        return Entry("", self._shape(0), date1904=self.package.date1904)

    def _shape(self, style: int) -> Shape:
        return self._shapes[style] if style < len(self._shapes) else Shape.GENERAL

    @cached_property
    def _shapes(self) -> tuple[Shape, ...]:
        part = self.package.related("styles", self.package.workbook_part)
        return () if part is None else shapes(self.package.xml(part))

    def named_cell(self, name: str) -> Cell | None:
        return self.package.named_cell(name)

    @property
    def names(self) -> Mapping[str, str]:
        return self.package.defined_names

    @property
    def custom_properties(self) -> Mapping[str, str]:
        return self.package.custom_properties

    @property
    def core_properties(self) -> Mapping[str, str]:
        return self.package.core_properties

    @property
    def producer(self) -> str:
        return self.package.producer


def open_workbook(data: bytes) -> CalamineWorkbook:
    """Open with calamine. UnreadableWorkbook on anything it can't read."""
    with diagnosed():
        return CalamineWorkbook.from_object(io.BytesIO(data))


@contextmanager
def diagnosed() -> Iterator[None]:
    """Whatever calamine stumbles over becomes UnreadableWorkbook; a panic of its is no Exception, only a BaseException."""
    try:
        yield
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableWorkbook("不是工作簿，或文件已损坏") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableWorkbook("文件内容异常，无法读取") from error
