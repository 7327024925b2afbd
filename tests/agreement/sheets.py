"""Sweep workbooks: many fillings in one file, a sheet each, so that a program's start is paid for once.

Every sheet holds a form's inputs and its score formulas, and nothing else. The defined names are the sheet's own, so
the formulas are those of the issued workbook to the last character. Only the total's names its range by an address; it
is built by the same function for where the scores stand here.
"""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter
from openpyxl.utils.datetime import to_excel
from python_calamine import CalamineWorkbook

from perfeval_xl.cells import to_ref
from perfeval_xl.excel.layout.totals import total_of_scores
from perfeval_xl.scheme.rules.expr import CLOSED_DAYS
from tests.agreement.sweep import TOTAL, Form
from tests.engines import Got, Put

_SHEET = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


_POINTS = 2  # the column, from 0, with the rows' points beside their scores


class SweepBook:
    """A workbook for ``size`` fillings of ``form`` at a time."""

    def __init__(self, form: Form, size: int) -> None:
        self._form, self.size = form, size
        self._named = _places(form)
        self._places = dict(self._named)
        self._formulas = {
            name: form.layout.formulas[form.layout.place(name)].expression for name in form.shown if name != TOTAL
        }
        scores = [self._places[each.formula_score_id] for each in form.scheme.indicators]
        points = [(row, _POINTS) for row, _ in scores]
        areas = (
            ":".join(to_ref(row + 1, column + 1) for row, column in (min(each), max(each))) for each in (scores, points)
        )
        self._formulas[TOTAL] = total_of_scores(form.scheme, *areas)
        given: dict[str, Any] = {
            f"points of {row}": each.points for (row, _), each in zip(points, form.scheme.indicators, strict=True)
        }
        self._places |= {f"points of {row}": (row, column) for row, column in points}
        self._given = given | dict(form.scheme.constants)
        self._blank = self._build()

    def _build(self) -> bytes:
        """All sheets with their names, as yet empty."""
        buffer = io.BytesIO()
        book: Any = xlsxwriter.Workbook(buffer, {"in_memory": True})
        for number in range(self.size):
            book.add_worksheet(f"s{number}")
            for name, place in self._named.items():
                book.define_name(f"s{number}!{name}", f"=s{number}!{_absolute(place)}")
            for table in self._form.scheme.tables:
                for column in (*(each.id for each in table.columns), "rate", "score"):
                    ends = (self._places[table.field_id(row, column)] for row in (1, table.rows))
                    area = ":".join(_absolute(end) for end in ends)
                    book.define_name(f"s{number}!{table.id}_{column}", f"=s{number}!{area}")
        closed = book.add_worksheet("closed")
        for row, day in enumerate(self._form.scheme.closed_days):
            closed.write_number(row, 0, to_excel(day))
        book.define_name(CLOSED_DAYS, f"=closed!$A$1:$A${len(self._form.scheme.closed_days)}")
        book.close()
        return buffer.getvalue()

    def write(self, path: Path, fillings: Sequence[Mapping[str, Put]]) -> None:
        """The workbook of at most ``size`` fillings."""
        assert len(fillings) <= self.size
        parts = {f"xl/worksheets/sheet{number}.xml": self._sheet(each) for number, each in enumerate(fillings, start=1)}
        with zipfile.ZipFile(io.BytesIO(self._blank)) as blank, zipfile.ZipFile(path, "w") as book:
            for item in blank.infolist():
                book.writestr(item.filename, parts.get(item.filename) or blank.read(item), zipfile.ZIP_DEFLATED, 1)

    def _sheet(self, filling: Mapping[str, Put]) -> str:
        rows: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        for name, (row, column) in self._places.items():
            content = self._cell(name, to_ref(row + 1, column + 1), self._given.get(name, filling.get(name)))
            if content:
                rows[row].append((column, content))
        lines = (
            f'<row r="{row + 1}">{"".join(content for _, content in sorted(cells))}</row>'
            for row, cells in sorted(rows.items())
        )
        return _SHEET.format("".join(lines))

    def _cell(self, name: str, ref: str, value: Put) -> str:
        if name in self._formulas:
            return f'<c r="{ref}"><f>{escape(self._formulas[name])}</f></c>'
        if value is None:
            return ""
        if isinstance(value, str):
            return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        return f'<c r="{ref}"><v>{float(value if not hasattr(value, "year") else to_excel(value))!r}</v></c>'

    def read(self, path: Path, count: int) -> list[dict[str, Got]]:
        """What the score cells of the first ``count`` sheets show, as a program saved them."""
        book = CalamineWorkbook.from_path(path)
        found = []
        for number in range(count):
            grid = book.get_sheet_by_name(f"s{number}").to_python(skip_empty_area=False)
            found.append({name: _at(grid, *self._places[name]) for name in self._form.shown})
        return found


def _places(form: Form) -> dict[str, tuple[int, int]]:
    """Row and column, from 0, of every input and score cell: single inputs in A, scores in B, annex tables beside."""
    places: dict[str, tuple[int, int]] = {}
    left = 3
    for table in form.scheme.tables:
        for column, each in enumerate((*(column.id for column in table.columns), "rate", "score"), start=left):
            places |= {table.field_id(row, each): (row - 1, column) for row in range(1, table.rows + 1)}
        left += len(table.columns) + 2
    for column, names in enumerate((form.inputs, form.shown)):
        single = (name for name in names if name not in places)
        places |= {name: (row, column) for row, name in enumerate(single)}
    return places


def _absolute(place: tuple[int, int]) -> str:
    row, column = place
    return f"${to_ref(1, column + 1)[:-1]}${row + 1}"


def _at(grid: list[list[Any]], row: int, column: int) -> Got:
    try:
        value: Got = grid[row][column]
    except IndexError:
        return None
    return value
