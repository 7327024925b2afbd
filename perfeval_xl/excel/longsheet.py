"""A worksheet of any length: xlsxwriter's, but that it keeps nothing in memory of the rows that it has written.

In its mode of constant memory xlsxwriter still keeps the height of every row, and a kilobyte for every link.
"""

from __future__ import annotations

import pickle
from array import array
from bisect import bisect_left
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Any

from xlsxwriter.worksheet import Worksheet


class LongSheet(Worksheet):  # type: ignore[misc]
    """To be written from top to bottom, each row once, and released in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.hyperlinks = _Links()

    def forget(self, row: int) -> None:
        """Keep nothing of a row that has gone to the disk."""
        getattr(self, "row_info", {}).pop(row, None)

    def release(self) -> None:
        """Let go of the temporary files, whether or not the workbook was finished."""
        for file in (self.hyperlinks, self.row_data_fh):
            if file is not None:
                with suppress(OSError):  # on a full disk what is left of it can't be written, nor need it be
                    file.close()


class _Links:
    """What xlsxwriter keeps as a dict of dicts, by row and column, on the disk. One a cell, in the order of the rows."""

    def __init__(self) -> None:
        self._file: Any = TemporaryFile(prefix="perfeval-")  # noqa: SIM115 - lives as long as the sheet
        self._rows, self._columns, self._places = array("L"), array("L"), array("Q")

    def close(self) -> None:
        self._file.close()

    def keys(self) -> set[int]:
        """The rows with links."""
        return set(self._rows)

    def __getitem__(self, row: int) -> _RowLinks:
        return _RowLinks(self, row)

    def add(self, row: int, column: int, link: object) -> None:
        """Put a link away; to be done before any is taken."""
        self._rows.append(row)
        self._columns.append(column)
        self._places.append(self._file.tell())
        pickle.dump(link, self._file, pickle.HIGHEST_PROTOCOL)

    def of(self, row: int) -> dict[int, int]:
        """The places of a row's links, by column."""
        first, last = bisect_left(self._rows, row), bisect_left(self._rows, row + 1)
        return dict(zip(self._columns[first:last], self._places[first:last], strict=True))

    def at(self, place: int) -> Any:
        """The link that lies there."""
        self._file.seek(place)
        return pickle.load(self._file)


class _RowLinks:
    """The links of one row, by column."""

    def __init__(self, links: _Links, row: int) -> None:
        self._links, self._row = links, row

    def __setitem__(self, column: int, link: object) -> None:
        self._links.add(self._row, column, link)

    def __getitem__(self, column: int) -> Any:
        return self._links.at(self._links.of(self._row)[column])

    def keys(self) -> list[int]:
        return list(self._links.of(self._row))
