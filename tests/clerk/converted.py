"""Returns saved by other programs, kept for the next run: a conversion takes a second."""

from __future__ import annotations

import atexit
import hashlib
import tempfile
from functools import cache
from pathlib import Path

from tests.engines import Gnumeric, LibreOffice

_KEPT = Path(tempfile.gettempdir()) / "perfeval-clerk"


class Lacking(Exception):
    """The program is not installed here."""


@cache
def saved_as(data: bytes, form: str) -> bytes:
    """A workbook as another program saves it: "xlsx" by Gnumeric, "xls" and "ods" by LibreOffice (calamine reads neither
    of Gnumeric's: it takes a number format of its .xls for that of a date, and stumbles over line breaks in its .ods)."""
    program = Gnumeric if form == "xlsx" else LibreOffice
    if program.lacking() is not None:
        raise Lacking(program.lacking())
    kept = _KEPT / f"{hashlib.sha256(data).hexdigest()[:24]}.{form}"
    if not kept.exists():
        _KEPT.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT) as folder:
            source, target = Path(folder, "return.xlsx"), Path(folder, f"saved.{form}")
            source.write_bytes(data)
            if form == "xlsx":
                Gnumeric().resave(source, target)
            else:
                target = _libreoffice().convert(source, form)
            target.replace(kept)
    return kept.read_bytes()


@cache
def _libreoffice() -> LibreOffice:
    office = LibreOffice(Path(tempfile.mkdtemp(prefix="clerk-office-")))
    atexit.register(office.close)
    return office
