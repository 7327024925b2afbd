"""A round as tidy tables for pandas and the like: units, submissions, scores, findings, and a data dictionary.

Money and scores go out as the decimals that they are, never through a float. docs/data.md shows how to read them back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from perfeval_xl.dataset.answers import SUBMISSIONS, AnswerRows
from perfeval_xl.dataset.csvfile import CsvTable, head
from perfeval_xl.dataset.dictionary import dictionary
from perfeval_xl.dataset.issues import FINDINGS
from perfeval_xl.dataset.parquet import ParquetTable, require_pyarrow
from perfeval_xl.dataset.schema import Column, Round, Row, Table
from perfeval_xl.dataset.scores import SCORES
from perfeval_xl.dataset.units import UNITS
from perfeval_xl.errors import PerfevalError
from perfeval_xl.files import sweep_parts, written_atomically
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.model import Scheme

if TYPE_CHECKING:
    import pandas

TABLES = (UNITS, SUBMISSIONS, SCORES, FINDINGS)
DICTIONARY = dictionary(TABLES)
CSV, PARQUET = "csv", "parquet"
FORMATS = (CSV, PARQUET)

_WRITERS: Mapping[str, Callable[[BinaryIO, Sequence[Column]], CsvTable | ParquetTable]] = {
    CSV: CsvTable,
    PARQUET: ParquetTable,
}


@dataclass(frozen=True, slots=True)
class Exported:
    """A table that was written: its rows, and its files, one a format."""

    table: Table
    rows: int
    files: Sequence[Path]


def check(folder: Path, formats: Collection[str]) -> None:
    """PerfevalError where the tables can't go to ``folder``, or not in ``formats``: told before everything is read."""
    if PARQUET in formats:
        require_pyarrow()
    there = [name for name in _names(formats) if (folder / name).exists()]
    if there and not _is_export(folder):
        raise PerfevalError(
            f"{folder} 里已有 {'、'.join(there)}，不是 perfeval export 写的，没有覆盖。请用 -o 换一个文件夹，或先移走它们。"
        )


def export(round_: Round, folder: Path, formats: Collection[str] = (CSV,)) -> list[Exported]:
    """Write all tables into ``folder`` in each of ``formats``, the dictionary as csv; all of them are new, or none.

    What an earlier export left there in another format would tell of another day, and is removed. PerfevalError as
    ``check``, and where a file can't be written.
    """
    check(folder, formats)
    folder.mkdir(parents=True, exist_ok=True)
    sweep_parts(folder)
    ours = _is_export(folder)
    with ExitStack() as files:
        written = [_Written(table, round_, folder, formats, files) for table in (*TABLES, DICTIONARY)]
        for result in round_.district.results:
            for each in written:
                each.add(each.rows.of(result))
        exported = [each.finished() for each in written]
    if ours:
        for stale in set(_names(FORMATS)) - set(_names(formats)):
            (folder / stale).unlink(missing_ok=True)
    return exported


class _Written:
    """A table on its way into its files, one a format; the files stand where they belong once ``files`` ends well."""

    def __init__(self, table: Table, round_: Round, folder: Path, formats: Collection[str], files: ExitStack) -> None:
        self.rows = table.rows(round_)
        self._table, self._count = table, 0
        self._paths = [folder / f"{table.name}.{each}" for each in _formats(table, formats)]
        self._writers: list[CsvTable | ParquetTable] = []
        for path in self._paths:
            file = files.enter_context(written_atomically(path))
            writer = _WRITERS[path.suffix[1:]](file, table.columns)
            files.callback(writer.release)
            self._writers.append(writer)

    def add(self, rows: Iterable[Row]) -> None:
        few = list(rows)  # those of one result
        self._count += len(few)
        for writer in self._writers:
            writer.add(few)

    def finished(self) -> Exported:
        self.add(self.rows.at_end())
        for writer in self._writers:
            writer.finish()
        return Exported(self._table, self._count, self._paths)


def _formats(table: Table, formats: Collection[str]) -> list[str]:
    return [CSV] if table is DICTIONARY else [each for each in FORMATS if each in formats]


def _names(formats: Collection[str]) -> Iterator[str]:
    """The names of the files of an export in ``formats``."""
    for table in (*TABLES, DICTIONARY):
        yield from (f"{table.name}.{each}" for each in _formats(table, formats))


def _is_export(folder: Path) -> bool:
    """Whether an export stands in ``folder``: its dictionary is known by its head row."""
    try:
        with open(folder / f"{DICTIONARY.name}.csv", encoding="utf-8-sig", errors="replace") as file:
            return file.readline(1000).strip().split(",") == head(DICTIONARY.columns)
    except OSError:
        return False


def answers_frame(scheme: Scheme, submissions: Iterable[Submission]) -> pandas.DataFrame:
    """Submissions as a frame with the columns of the table ``submissions``; values stay Decimal, date, bool or str."""
    import pandas

    rows = AnswerRows(scheme)
    told = (row for each in submissions for row in rows.answers(each))
    return pandas.DataFrame(told, columns=head(SUBMISSIONS.columns), dtype=object)
