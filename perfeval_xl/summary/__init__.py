"""The district's workbook, summary/全区汇总.xlsx; one module a sheet.

All figures come from the score cards, in Decimal; a score that could not be worked out is an empty cell, never 0.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from perfeval_xl import results
from perfeval_xl.excel.book import Book
from perfeval_xl.files import write_atomically
from perfeval_xl.results import District
from perfeval_xl.summary.awaited import awaited_sheet
from perfeval_xl.summary.cover import overview_sheet
from perfeval_xl.summary.figures import Round
from perfeval_xl.summary.issues import issues_sheet
from perfeval_xl.summary.matrix import matrix_sheet
from perfeval_xl.summary.ranking import ranking_sheet
from perfeval_xl.summary.resubmissions import resubmissions_sheet
from perfeval_xl.summary.rulings import rulings_sheet


def write_summary(district: District, path: Path) -> None:
    """Write the district's workbook to ``path``; the same district, the same bytes. PerfevalError if that fails."""
    write_atomically(path, build_summary(district))


def build_summary(district: District) -> bytes:
    """The district's workbook as bytes."""
    title = f"{district.department}{district.year}年度所属单位绩效自评汇总"
    # A file's date may not depend on the day of building: the day after the year evaluated stands for it.
    book = Book(datetime(district.year + 1, 1, 1), title, district.department)
    round_ = Round(district, title, results.ranking(district.results), results.overview(district))
    overview_sheet(book, round_)
    ranking_sheet(book, round_)
    matrix_sheet(book, round_)
    rulings_sheet(book, title, district)
    issues_sheet(book, round_)
    resubmissions_sheet(book, title, district.results)
    awaited_sheet(book, round_)
    return book.close()
