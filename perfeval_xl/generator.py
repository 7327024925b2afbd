"""The master blank of a scheme: its layout written by xlsxwriter, the same bytes at every build."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter

from perfeval_xl.cells import from_ref
from perfeval_xl.excel.layout import SEAL_NAME, UNSEALED, build_layout
from perfeval_xl.excel.layout.model import MARGINS, Content, Formula, Input, Label, Layout, Sheet, Shown, Stamp, View
from perfeval_xl.excel.looks import DEFAULT_FONT
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.styles import BODY, HIGHLIGHTS, properties, style_of
from perfeval_xl.excel.validations import validation
from perfeval_xl.resources import templates_dir
from perfeval_xl.scheme.answers import Answers, Submission, Value
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.fields import NO, YES
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score

MASTER = "master.xlsx"
DIGEST = "perfeval_digest"
"""The custom property with the digest of the scheme that the workbook was built from."""

_CREATED = datetime(2024, 1, 1)  # fixed: the same scheme gives the same bytes
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}
_PROTECTION = {
    "format_cells": False,
    "format_columns": True,
    "format_rows": True,
    "select_locked_cells": True,
    "select_unlocked_cells": True,
}


def build_master(scheme: Scheme, more: tuple[Sheet, ...] = ()) -> bytes:
    """The blank workbook as bytes: locked, its cached values those of a blank form, not yet stamped.

    ``more`` are sheets of one product, behind those of the form; what they hold belongs to no unit's form.
    """
    layout = build_layout(scheme)
    if more:
        layout = replace(layout, sheets=(*layout.sheets, *more))
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {**_OPTIONS, "default_format_properties": dict(DEFAULT_FONT)})
    book.set_properties(
        {
            "title": f"{scheme.unit_title}（{scheme.year}年度）",
            "subject": UNSEALED,
            "author": scheme.authority,
            "company": scheme.authority,
            "created": _CREATED,
        }
    )
    book.set_custom_property("perfeval_scheme", scheme.id, "text")
    book.set_custom_property("perfeval_version", scheme.version, "text")
    book.set_custom_property("perfeval_year", str(scheme.year), "text")
    book.set_custom_property(DIGEST, scheme.digest, "text")
    book.set_custom_property(SEAL_NAME, UNSEALED, "text")
    book.set_size(24000, 14000)
    _Writer(book, layout, blank_view(scheme)).write()
    book.close()
    return buffer.getvalue()


def master_blank(scheme: Scheme) -> bytes:
    """The master blank of ``scheme``: the prebuilt one where it is of just this scheme and readings, else built now."""
    prebuilt = templates_dir() / scheme.id / MASTER
    if prebuilt.is_file():
        data = prebuilt.read_bytes()
        if Package.read(data).custom_properties.get(DIGEST) == scheme.digest:
            return data
    return build_master(scheme)


def write_master(scheme: Scheme, path: Path) -> None:
    """Build the master blank into ``path``."""
    path.write_bytes(build_master(scheme))


def blank_view(scheme: Scheme) -> View:
    """What the formulas see in a form as it is issued: nothing but the answers that it is issued with."""
    answers = read_answers("{}", scheme)
    return View(answers, score(scheme, submission_of(scheme, answers)))


def submission_of(scheme: Scheme, answers: Answers) -> Submission:
    """Answers as a submission of nobody in particular, to be scored."""
    return Submission("", "", "", scheme.id, scheme.version, scheme.year, "", answers, {})


class _Writer:
    """Writes a layout into an open xlsxwriter workbook."""

    def __init__(self, book: Any, layout: Layout, view: View) -> None:
        self._book = book
        self._layout = layout
        self._view = view
        self._formats: dict[tuple[str, bool], Any] = {}
        self._highlights = {name: book.add_format(dict(changes)) for name, changes in HIGHLIGHTS.items()}

    def write(self) -> None:
        for sheet in self._layout.sheets:
            self._sheet(sheet)
        for name, place in sorted(self._layout.names.items()):
            self._book.define_name(name, f"={place}")

    def _sheet(self, sheet: Sheet) -> None:
        raw = self._book.add_worksheet(sheet.name)
        for column, width in sheet.widths.items():
            raw.set_column(column - 1, column - 1, width)
        for row, height in sheet.heights.items():
            raw.set_row(row - 1, height)
        for ref, last in sheet.merges.items():
            self._merge(raw, ref, last, sheet.cells[ref])
        for ref, content in sheet.cells.items():
            self._cell(raw, ref, content)
        for highlight in sheet.highlights:
            criteria = {"type": "formula", "criteria": f"={highlight.condition}"}
            raw.conditional_format(highlight.area, {**criteria, "format": self._highlights[highlight.style]})
        raw.protect("", dict(_PROTECTION))
        if sheet.freeze:
            row, column = from_ref(sheet.freeze)
            raw.freeze_panes(row - 1, column - 1)
        if sheet.very_hidden:
            raw.very_hidden()
            return
        self._print_setup(raw, sheet)

    def _format(self, content: Content) -> Any:
        unlocked = isinstance(content, Input) or (isinstance(content, Formula) and content.field is not None)
        key = (content.style, not unlocked)
        if key not in self._formats:
            style = style_of(content.style, self._layout.scheme.places)
            self._formats[key] = self._book.add_format(properties(style, locked=not unlocked))
        return self._formats[key]

    def _merge(self, raw: Any, first: str, last: str, content: Content) -> None:
        """A merge has its format in every cell; its content is written afterwards."""
        top, left = from_ref(first)
        bottom, right = from_ref(last)
        raw.merge_range(top - 1, left - 1, bottom - 1, right - 1, "", self._format(content))

    def _cell(self, raw: Any, ref: str, content: Content) -> None:
        row, column = (number - 1 for number in from_ref(ref))
        style = self._format(content)
        if isinstance(content, Formula):
            shown = content.shows(self._view)
            raw.write_formula(row, column, f"={content.expression}", style, _plain(shown))
        elif isinstance(content, Label) and content.link is not None:
            target = f"internal:'{content.link.sheet}'!{content.link.ref}"
            raw.write_url(row, column, target, style, str(content.value))
        else:
            self._constant(raw, row, column, self._value(content), style)
        field = getattr(content, "field", None)
        if field is not None:
            raw.data_validation(row, column, row, column, validation(field, ref))

    def _value(self, content: Content) -> Shown:
        if isinstance(content, Label):
            return content.value
        if isinstance(content, Stamp):
            return content.text
        if isinstance(content, Input):
            return _shown(self._view.answers[content.field.id].value)
        return ""

    @staticmethod
    def _constant(raw: Any, row: int, column: int, value: Shown, style: Any) -> None:
        if isinstance(value, str):
            if value:
                raw.write_string(row, column, value, style)
            else:
                raw.write_blank(row, column, None, style)
        elif isinstance(value, date):
            raw.write_datetime(row, column, value, style)
        else:
            raw.write_number(row, column, float(value), style)

    @staticmethod
    def _print_setup(raw: Any, sheet: Sheet) -> None:
        setup = sheet.setup
        raw.hide_gridlines(2)
        raw.set_paper(setup.paper)
        if setup.landscape:
            raw.set_landscape()
        raw.fit_to_pages(setup.pages_wide, 0)
        raw.set_margins(**MARGINS)
        raw.center_horizontally()
        raw.set_footer(f'&C&"{BODY},常规"&9第 &P 页，共 &N 页&R&"{BODY},常规"&9&A')
        if setup.area:
            raw.print_area(setup.area)
        if setup.repeat_rows:
            raw.repeat_rows(setup.repeat_rows[0] - 1, setup.repeat_rows[1] - 1)
        if setup.repeat_columns:
            raw.repeat_columns(setup.repeat_columns[0] - 1, setup.repeat_columns[1] - 1)
        if setup.page_breaks:
            raw.set_h_pagebreaks(list(setup.page_breaks))


def _shown(value: Value | None) -> Shown:
    """An answer as its cell holds it: 是 and 否 for yes and no, '' for blank."""
    if isinstance(value, bool):
        return YES if value else NO
    return "" if value is None else value


def _plain(shown: Shown) -> float | str:
    """A cached value: dates do not come out of this workbook's formulas."""
    return float(shown) if isinstance(shown, Decimal) else str(shown)
