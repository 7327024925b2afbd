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


def write_csv(file: BinaryIO, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """Write ``rows`` as they come, a head row first; how many there were."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # so that a lone \r in a text is quoted too
    writer.writerow(head(columns))
    typed = [column.kind is Kind.TEXT for column in columns]
    count = 0
    for row in rows:
        shown = map(_shown, row)
        writer.writerow([formula_safe(each) if is_text else each for each, is_text in zip(shown, typed, strict=True)])
        count += 1
    text.detach()  # flushed, and left open: the file is not ours to close
    return count


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
