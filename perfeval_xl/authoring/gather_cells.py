"""What every part of the gathering shares: getting at cells, putting values under key paths, noting where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from perfeval_xl.authoring.catalogue import Column, Sheet
from perfeval_xl.authoring.decoding import Decoder, Found
from perfeval_xl.authoring.reading import ReadSheet, Row, first_rows
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.cells import Cell


class Cells:
    """A workbook's sheets, and the content and the places that are made of them."""

    def __init__(self, sheets: Mapping[str, ReadSheet], troubles: Troubles) -> None:
        self.raw: dict[str, Any] = {}
        self.places: dict[str, Cell] = {}
        self._sheets = sheets
        self._troubles = troubles
        self._decoder = Decoder(troubles)

    def _rows(self, sheet: Sheet) -> Iterable[Row]:
        return first_rows(self._sheets, sheet.name)

    def _get(self, row: Row, sheet: Sheet, key: str) -> Any:
        """The value of the column ``key`` of a row; None where it is blank, wrong or missing."""
        column = sheet.by_key[key]
        return self._decoder.value(row.cells.get(key), column.sort, column.words)

    def _whole(self, row: Row, sheet: Sheet, path: str, table: dict[str, Any]) -> None:
        """Put what the plain columns of a row hold into ``table``, whose key path is ``path``."""
        self.places.setdefault(path, row.cell(sheet.columns[0].key))
        for column in self._columns(sheet):
            if not column.by_hand:
                value = self._decoder.value(row.cells.get(column.key), column.sort, column.words)
                self._put(table, path, column.key, value, row.cells.get(column.key))

    def _columns(self, sheet: Sheet) -> tuple[Column, ...]:
        read = self._sheets.get(sheet.name)
        return read.columns if read else ()

    def _put(self, table: dict[str, Any], path: str, key: str, value: Any, found: Found | None) -> None:
        """Put ``value`` under a key, which may be dotted, and note the cell, be it blank."""
        if found is not None:
            self.places[f"{path}.{key}".lstrip(".")] = found.cell
        if value is None:
            return
        *above, last = key.split(".")
        for each in above:
            table = table.setdefault(each, {})
            if found is not None:
                self.places.setdefault(f"{path}.{each}".lstrip("."), found.cell)
        table[last] = value

    def _place(self, path: str, row: Row, *keys: str) -> None:
        self.places.setdefault(path, row.cell(*keys))

    def _head(self, sheet: Sheet, key: str) -> Cell:
        read = self._sheets[sheet.name]
        return read.heads.get(key, Cell(read.name, "A1"))
