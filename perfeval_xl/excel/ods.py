"""OpenDocument spreadsheets whose XML is laid out with white space between its elements, as Gnumeric writes it.

calamine stumbles over that. Of a text over several lines the line breaks are lost with it.
"""

from __future__ import annotations

import re

from perfeval_xl.excel.zipraw import read_archive

_CONTENT = "content.xml"
_BETWEEN = re.compile(rb">\s+<(?=/?table:)")


def closed_up(data: bytes) -> bytes:
    """The file ``data`` without white space before the elements of its tables. UnreadableWorkbook where it is damaged."""
    archive = read_archive(data)
    return archive.write(
        entry.replaced(_BETWEEN.sub(b"><", entry.inflate())) if entry.name == _CONTENT else entry
        for entry in archive.entries
    )
