"""Number formats of an .xls that calamine mistakes for dates.

The numbers 27 to 36 and 50 to 58 are dates by default in Chinese, Japanese and Korean versions. A file may give them
another meaning, as Gnumeric does; calamine doesn't look.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO

from perfeval_xl.entries import Shape
from perfeval_xl.excel.numberformats import EAST_ASIAN_DATES, shape_of

_FORMAT = 0x041E
_EPOCH, _DAY = datetime(1899, 12, 30), timedelta(days=1)
_NO_SUCH_DAY = 60  # Excel believes in a 29 February 1900: dates before it stand one day off
_STREAMS = ("Workbook", "Book")


def takes_numbers_for_dates(data: bytes) -> bool:
    """Whether a number of this .xls may come as a date: one of those formats is defined as no date. Damage is no."""
    return any(shape_of(code) is not Shape.DATE for number, code in _formats(data) if number in EAST_ASIAN_DATES)


def number_of(found: object) -> object:
    """The number that calamine took for a date, a time or both; anything else as it is."""
    if isinstance(found, time):
        return (datetime.combine(_EPOCH, found) - _EPOCH) / _DAY
    if isinstance(found, date):
        moment = found if isinstance(found, datetime) else datetime.combine(found, time())
        days = (moment - _EPOCH) / _DAY
        return days if days > _NO_SUCH_DAY else days - 1
    return found


def _formats(data: bytes) -> Iterator[tuple[int, str]]:
    """The formats that the file defines: number and code."""
    import olefile

    try:
        with olefile.OleFileIO(BytesIO(data)) as file:
            name = next(each for each in _STREAMS if file.exists(each))
            stream = file.openstream(name).read()
    except Exception:  # olefile has no common class of errors; whether the file can be read is found elsewhere
        return
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        at += 4
        if kind == _FORMAT and length >= 5:
            number, count, wide = struct.unpack_from("<2HB", stream, at)
            raw = stream[at + 5 : at + min(length, 5 + (2 * count if wide & 1 else count))]
            yield number, raw.decode("utf-16-le" if wide & 1 else "latin-1", "replace")
        at += length
