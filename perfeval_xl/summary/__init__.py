"""The district's workbook, summary/全区汇总.xlsx; one module a sheet.

All figures come from the score cards, in Decimal; a score that could not be worked out is an empty cell, never 0. The
round's results are gone through once, whatever their number; each sheet puts its lines away on the disk until then.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from perfeval_xl.excel.book import DEFAULT_LIMITS, Limits, streamed_book
from perfeval_xl.files import written_atomically
from perfeval_xl.results import District
from perfeval_xl.summary.annex import AnnexSheet
from perfeval_xl.summary.awaited import AwaitedSheet
from perfeval_xl.summary.cover import cover_sheet
from perfeval_xl.summary.data import DataSheet
from perfeval_xl.summary.differences import DifferencesSheet
from perfeval_xl.summary.figures import round_of
from perfeval_xl.summary.issues import IssuesSheet
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.losses import LossesSheet
from perfeval_xl.summary.projects import ProjectsSheet
from perfeval_xl.summary.provenance import ProvenanceSheet
from perfeval_xl.summary.ranking import RankingSheet
from perfeval_xl.summary.rates import RatesSheet
from perfeval_xl.summary.resubmissions import ResubmissionsSheet
from perfeval_xl.summary.rulings import RulingsSheet
from perfeval_xl.summary.sheet import Sheet

_SHEETS: tuple[type[Sheet], ...] = (
    RankingSheet,
    ProjectsSheet,
    RatesSheet,
    LossesSheet,
    DifferencesSheet,
    RulingsSheet,
    IssuesSheet,
    DataSheet,
    AnnexSheet,
    AwaitedSheet,
    ResubmissionsSheet,
    ProvenanceSheet,
)
"""The sheets behind the cover, in their order, as far as they apply to the round."""


def write_summary(district: District, path: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """Write the district's workbook to ``path``; the same district, the same bytes. PerfevalError if that fails.

    A table with more rows than ``limits`` allow is cut; the sheet and the cover say what is left out and where it is.
    """
    with written_atomically(path) as file:
        _write(district, file, limits)


def build_summary(district: District, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The district's workbook as bytes."""
    file = BytesIO()
    _write(district, file, limits)
    return file.getvalue()


def _write(district: District, file: BinaryIO, limits: Limits) -> None:
    with Shelf() as shelf:
        sheets = [kind(district, shelf, limits) for kind in _SHEETS if kind.applies(district)]
        round_ = round_of(district, [each.take for each in sheets])
        # A file's date may not depend on the day of building: the day after the year evaluated stands for it.
        created = datetime(district.year + 1, 1, 1)
        with streamed_book(file, created, round_.title, district.department, limits) as book:
            cover_sheet(book, round_, [(each.name, each.contents) for each in sheets])
            for sheet in sheets:
                sheet.write(book, round_)
