"""A table as parquet, with real types: decimals, dates and booleans come back as such, texts as they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any, BinaryIO

from perfeval_xl.dataset.schema import DIGITS, Column, Kind, Row
from perfeval_xl.errors import PerfevalError

_AT_ONCE = 20_000
"""Rows in memory at a time."""


def require_pyarrow() -> None:
    """PerfevalError where parquet can't be written."""
    if find_spec("pyarrow") is None:
        raise PerfevalError(
            "写 parquet 要用 pyarrow，没有安装。请运行 pip install 'perfeval-xl[parquet]'，或改用 --format csv。"
        )


def write_parquet(file: BinaryIO, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """Write ``rows`` some thousands at a time; how many there were."""
    import pyarrow
    from pyarrow import parquet

    fields = [
        pyarrow.field(each.name, _type(each), metadata={"meaning": each.meaning, "unit": each.unit}) for each in columns
    ]
    schema = pyarrow.schema(fields)
    count = 0
    with parquet.ParquetWriter(file, schema) as writer:
        for batch in _batches(rows):
            by_column = zip(*batch, strict=True)
            arrays = [pyarrow.array(values, field.type) for values, field in zip(by_column, fields, strict=True)]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            count += len(batch)
    return count


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, _AT_ONCE)):
        yield batch


def _type(column: Column) -> Any:
    import pyarrow

    if column.kind is Kind.DECIMAL:
        return pyarrow.decimal128(DIGITS, column.places)
    return {
        Kind.TEXT: pyarrow.string(),
        Kind.INTEGER: pyarrow.int64(),
        Kind.BOOLEAN: pyarrow.bool_(),
        Kind.DATE: pyarrow.date32(),
        Kind.DATETIME: pyarrow.timestamp("s"),
    }[column.kind]
