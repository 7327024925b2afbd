"""Returns saved by other programs, kept for the next run: a conversion takes a second."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_KEPT = Path(tempfile.gettempdir()) / "perfeval-clerk"


@cache
def saved_as(data: bytes, form: str) -> bytes | None:
    """A workbook as Gnumeric saves it in another format ("xlsx", "xls", "ods"); None where Gnumeric isn't installed."""
    if shutil.which("ssconvert") is None:
        return None
    kept = _KEPT / f"{hashlib.sha256(data).hexdigest()[:24]}.{form}"
    if kept.exists():
        return kept.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "return.xlsx"), Path(folder, f"saved.{form}")
        source.write_bytes(data)
        subprocess.run(["ssconvert", str(source), str(target)], capture_output=True, check=True)
        converted = target.read_bytes()
    _KEPT.mkdir(exist_ok=True)
    part = kept.with_suffix(".part")
    part.write_bytes(converted)
    part.replace(kept)
    return converted
