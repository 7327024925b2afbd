"""The scripts that somebody would write who knows the libraries well but not perfeval; and the floor below any of them.

None of them imports perfeval. What they do and leave out stands in docs/performance.md.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.case import Case
from benchmarks.clock import Mark


def openpyxl_issue(case: Case, mark: Mark) -> None:
    """The blank form loaded once; for each unit its cells filled in, saved under the unit's name."""
    import openpyxl

    cells, stamps, files = case.fact("stamp_cells"), case.fact("stamps"), case.fact("files")
    mark("start")
    book = openpyxl.load_workbook(case.master)
    mark("once")
    for code in case.units:
        for sheet, ref, key in cells:
            book[sheet][ref] = stamps[code][key]
        book.save(case.out / files[code])
    mark("done")


def xlsxwriter_issue(case: Case, mark: Mark) -> None:
    """Each unit's workbook built from nothing, from a plan of its cells that is worked out beforehand."""
    import xlsxwriter

    plan, stamps, files = case.fact("plan"), case.fact("stamps"), case.fact("files")
    options = {"default_format_properties": plan["font"], "strings_to_formulas": False, "strings_to_urls": False}
    mark("start")
    for code in case.units:
        with xlsxwriter.Workbook(str(case.out / files[code]), options) as book:
            _build(book, plan, stamps[code])
    mark("done")


def _build(book: Any, plan: Mapping[str, Any], stamps: Mapping[str, str]) -> None:
    formats = {key: book.add_format(properties) for key, properties in plan["formats"].items()}
    highlights = {name: book.add_format(properties) for name, properties in plan["highlights"].items()}
    for planned in plan["sheets"]:
        sheet = book.add_worksheet(planned["name"])
        for column, width in planned["widths"].items():
            sheet.set_column(column - 1, column - 1, width)
        for row, height in planned["heights"].items():
            sheet.set_row(row - 1, height)
        for *area, key in planned["merges"]:
            sheet.merge_range(*area, "", formats[key])
        for row, column, kind, value, shown, key in planned["cells"]:
            if kind == "formula":
                sheet.write_formula(row, column, value, formats[key], shown)
            elif kind == "link":
                sheet.write_url(row, column, value, formats[key], shown)
            elif kind == "stamp":
                sheet.write_string(row, column, stamps[value], formats[key])
            elif value == "":
                sheet.write_blank(row, column, None, formats[key])
            elif isinstance(value, date):
                sheet.write_datetime(row, column, value, formats[key])
            elif isinstance(value, str):
                sheet.write_string(row, column, value, formats[key])
            else:
                sheet.write_number(row, column, float(value), formats[key])
        for row, column, rule in planned["validations"]:
            sheet.data_validation(row, column, row, column, rule)
        for area, condition, style in planned["highlights"]:
            sheet.conditional_format(area, {"type": "formula", "criteria": condition, "format": highlights[style]})
        sheet.protect()
        sheet.set_paper(planned["paper"])
        if planned["landscape"]:
            sheet.set_landscape()
        if planned["hidden"]:
            sheet.very_hidden()
    for name, place in plan["names"].items():
        book.define_name(name, f"={place}")


def openpyxl_read(case: Case, mark: Mark) -> None:
    """Each return loaded with its values, its inputs taken cell by cell, its claims added up."""
    import openpyxl

    inputs, claims = case.fact("inputs"), case.fact("claims")
    mark("start")
    for _, path in case.returns():
        book = openpyxl.load_workbook(path, data_only=True)
        values = {field: book[sheet][ref].value for field, (sheet, ref) in inputs.items()}
        _claimed(values, claims)
    mark("done")


def openpyxl_stream(case: Case, mark: Mark) -> None:
    """The same in openpyxl's read-only mode: all rows streamed, the inputs taken from them by row and column."""
    import openpyxl

    inputs, claims = _by_number(case), case.fact("claims")
    mark("start")
    for _, path in case.returns():
        book = openpyxl.load_workbook(path, data_only=True, read_only=True)
        grids = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
        book.close()
        values = {
            field: grids[sheet][row][column]
            for field, (sheet, row, column) in inputs.items()
            if row < len(grids[sheet]) and column < len(grids[sheet][row])
        }
        _claimed(values, claims)
    mark("done")


def pandas_openpyxl(case: Case, mark: Mark) -> None:
    """Each return's sheets as frames, read by openpyxl."""
    _pandas(case, mark, "openpyxl")


def pandas_calamine(case: Case, mark: Mark) -> None:
    """The same, read by calamine."""
    _pandas(case, mark, "calamine")


def _pandas(case: Case, mark: Mark, engine: str) -> None:
    import openpyxl  # noqa: F401  # no import is counted, and pandas imports its engines late
    import pandas
    import python_calamine  # noqa: F401

    inputs, claims = _by_number(case), case.fact("claims")
    mark("start")
    for _, path in case.returns():
        frames = pandas.read_excel(path, sheet_name=None, header=None, engine=engine)
        values = {}
        for field, (sheet, row, column) in inputs.items():
            frame = frames[sheet]
            if row < frame.shape[0] and column < frame.shape[1]:
                values[field] = frame.iat[row, column]
        _claimed(values, claims)
    mark("done")


def openpyxl_annotate(case: Case, mark: Mark) -> None:
    """Each return loaded with its formulas, the review's cells written, saved as a copy."""
    import openpyxl

    reviews = case.fact("reviews")
    mark("start")
    for code, path in case.returns():
        book = openpyxl.load_workbook(path)
        for sheet, ref, content in reviews[code]:
            book[sheet][ref] = content
        book.save(case.out / path.name)
    mark("done")


def openpyxl_summarise(case: Case, mark: Mark) -> None:
    """Two sheets: the units with their claims by total, and everything that they filled in."""
    import openpyxl
    from openpyxl.styles import Font

    answers, claims = case.fact("answers"), case.fact("claims")
    mark("start")
    book = openpyxl.Workbook()
    ranking, data = book.active, book.create_sheet("数据")
    ranking.title = "排名"
    rows = [(code, *answers[code], _claimed(answers[code][1], claims)) for code in case.units]
    rows.sort(key=lambda each: each[3], reverse=True)
    ranking.append(["名次", "单位代码", "单位名称", *claims, "合计"])
    data.append(["单位代码", "单位名称", *case.fact("inputs")])
    for place, (code, name, values, total) in enumerate(rows, start=1):
        ranking.append([place, code, name, *(values[each] for each in claims), total])
        data.append([code, name, *values.values()])
    for sheet in (ranking, data):
        sheet.freeze_panes = "D2"
        sheet.column_dimensions["C"].width = 28
        for cell in sheet[1]:
            cell.font = Font(bold=True)
    book.save(case.out / "summary.xlsx")
    mark("done")


def floor(case: Case, mark: Mark) -> None:
    """What no way of reading and annotating such files can do without: unzip, parse all cells, write the file again."""
    import python_calamine

    mark("start")
    for _, path in case.returns():
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                archive.read(name)
        book = python_calamine.CalamineWorkbook.from_object(io.BytesIO(data))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        Path(case.out, path.name).write_bytes(data)
    mark("done")


def _by_number(case: Case) -> dict[str, tuple[str, int, int]]:
    """The inputs by sheet, row and column, from 0."""
    from openpyxl.utils.cell import coordinate_to_tuple

    numbers = {field: (sheet, *coordinate_to_tuple(ref)) for field, (sheet, ref) in case.fact("inputs").items()}
    return {field: (sheet, row - 1, column - 1) for field, (sheet, row, column) in numbers.items()}


def _claimed(values: Mapping[str, Any], claims: list[str]) -> float:
    """The self-scores added up; what is no number counts nothing."""
    given = (values.get(each) for each in claims)
    return sum(float(each) for each in given if isinstance(each, int | float | Decimal) and each == each)
