"""A table as parquet, with real types: decimals, dates and booleans come back as such, texts as they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
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


class ParquetTable:
    """A table on its way into ``file``, which is not ours to close: some thousands of rows at a time."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        import pyarrow
        from pyarrow import parquet

        self._schema = pyarrow.schema(
            pyarrow.field(each.name, _type(each), metadata={"meaning": each.meaning, "unit": each.unit})
            for each in columns
        )
        self._writer: Any = parquet.ParquetWriter(file, self._schema)
        self._waiting: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take some more rows."""
        for row in rows:
            self._waiting.append(row)
            if len(self._waiting) >= _AT_ONCE:
                self._write()

    def finish(self) -> None:
        """Write what is left, and what tells a reader of all."""
        if self._waiting:
            self._write()
        self._writer.close()

    def release(self) -> None:
        """Let go of the file, whatever became of the table."""
        self._writer.close()

    def _write(self) -> None:
        import pyarrow

        by_column = zip(*self._waiting, strict=True)
        arrays = [pyarrow.array(values, field.type) for values, field in zip(by_column, self._schema, strict=True)]
        self._writer.write_batch(pyarrow.record_batch(arrays, schema=self._schema))
        self._waiting.clear()


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
