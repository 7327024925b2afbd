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
def saved_as(data: bytes, form: str, program: str) -> bytes:
    """A workbook as "LibreOffice" or "Gnumeric" saves it, as "xlsx", "xls" or "ods". Lacking where it isn't there."""
    lacking = Gnumeric.lacking() if program == "Gnumeric" else LibreOffice.lacking()
    if lacking is not None:
        raise Lacking(lacking)
    kept = _KEPT / f"{hashlib.sha256(data).hexdigest()[:24]}-{program}.{form}"
    if not kept.exists():
        _KEPT.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT) as folder:
            source, target = Path(folder, "return.xlsx"), Path(folder, f"saved.{form}")
            source.write_bytes(data)
            if program == "Gnumeric":
                Gnumeric().resave(source, target)
            else:
                target = _libreoffice().convert(source, form, Path(folder))
            target.replace(kept)
    return kept.read_bytes()


@cache
def _libreoffice() -> LibreOffice:
    office = LibreOffice(Path(tempfile.mkdtemp(prefix="clerk-office-")))
    atexit.register(office.close)
    return office
