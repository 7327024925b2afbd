"""How the form looks and its guide, gathered: the columns, the blocks of the head, the words of the guide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.gather_cells import Cells
from perfeval_xl.authoring.reading import Row


class FormPart(Cells):
    """The sheets of the form's looks."""

    def _form(self) -> None:
        columns: list[dict[str, Any]] = []
        for row in self._rows(catalogue.COLUMNS):
            table: dict[str, Any] = {}
            self._whole(row, catalogue.COLUMNS, f"form.columns[{len(columns)}]", table)
            columns.append(table)
        if columns:
            self.raw.setdefault("form", {})["columns"] = columns
        self._blocks()

    def _blocks(self) -> None:
        sheet = catalogue.BLOCKS
        known: dict[int, int] = {}
        for row in self._rows(sheet):
            number, part = self._get(row, sheet, "block"), self._get(row, sheet, "part")
            blocks = self.raw.setdefault("form", {}).setdefault("head", [])
            cells = {
                key: self._get(row, sheet, key) for key in ("kind", "text", "stamp", "fields", "columns", "indicator")
            }
            if part == "":
                known[number] = len(blocks)
                path = f"form.head[{len(blocks)}]"
                blocks.append({})
                own = {"block": "kind", "text": "text", "fields": "fields", "columns": "columns"}
                self._own(row, blocks[-1], path, own, cells)
            elif number not in known or part is None:
                self._troubles.error(
                    row.cell("block"), f"第 {number or '？'} 块没有自己的一行（类别为“块”），或类别没有写。"
                )
            else:
                block, path = blocks[known[number]], f"form.head[{known[number]}].{part}"
                listed = block.setdefault(part, [])
                listed.append({})
                cells["field"] = (cells["fields"] or [None])[0]
                own = {"label": "text", "stamp": "stamp", "field": "fields"}
                own = own if part == "facts" else {"label": "text", "fields": "fields", "indicator": "indicator"}
                self._own(
                    row,
                    listed[-1],
                    f"{path}[{len(listed) - 1}]",
                    own,
                    {**cells, "fields": cells["field"] if part == "facts" else cells["fields"]},
                )

    def _own(
        self, row: Row, table: dict[str, Any], path: str, keys: Mapping[str, str], cells: Mapping[str, Any]
    ) -> None:
        """Put the cells of a row under other keys: ``keys`` maps the scheme's to the sheet's."""
        self._place(path, row, "block")
        for key, column in keys.items():
            self._put(table, path, key, cells[column], row.cells.get(column))

    def _guide(self) -> None:
        for row in self._rows(catalogue.GUIDE):
            part = self._get(row, catalogue.GUIDE, "part")
            if part is None:
                self._troubles.error(row.cell("part"), "没有写类别：步骤或须知。")
                continue
            listed = self.raw.setdefault("guide", {"steps": [], "rules": []})[part]
            table: dict[str, Any] = {}
            self._whole(row, catalogue.GUIDE, f"guide.{part}[{len(listed)}]", table)
            listed.append(table)
