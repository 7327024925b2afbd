"""A table as csv: UTF-8 with a byte order mark, by which Excel knows it; what looks like a formula is kept from being one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from io import TextIOWrapper
from typing import BinaryIO

from perfeval_xl.dataset.schema import Column, Kind, Row, Value
from perfeval_xl.report import formula_safe


class CsvTable:
    """A table on its way into ``file``, which is not ours to close: rows are written as they come, after a head row."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        self._text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")  # so that a lone \r in a text is quoted too
        self._writer.writerow(head(columns))
        self._typed = [column.kind is Kind.TEXT for column in columns]

    def add(self, rows: Iterable[Row]) -> None:
        """Write some more rows."""
        for row in rows:
            shown = zip(map(_shown, row), self._typed, strict=True)
            self._writer.writerow([formula_safe(each) if is_text else each for each, is_text in shown])

    def finish(self) -> None:
        """Write what is left."""
        self._text.flush()

    def release(self) -> None:
        """Let go of the file, whatever became of the table."""
        self._text.detach()


def head(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _shown(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(" ", "minutes")
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
