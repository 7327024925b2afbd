"""Reading files in a child process, for the tests and the benchmark of foreign and hostile files."""

from __future__ import annotations

import pickle
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from perfeval_xl.district.intake import Desk
from perfeval_xl.errors import WorkbookError
from perfeval_xl.excel.opened import OoxmlBook, OpenedBook
from perfeval_xl.excel.preflight import preflight
from perfeval_xl.excel.recognise import FileKind, recognise, refusal

READ = (FileKind.OOXML, FileKind.XLSB, FileKind.XLS, FileKind.ODS)


def outcome(data: bytes) -> tuple[str, float]:
    """What became of a file without any desk ('read', the kind of a file that others open first, or the error), and the
    seconds that the processor was at it."""
    start = time.process_time()
    try:
        found = _read(data)
    except WorkbookError as error:
        found = f"{type(error).__name__}: {error}"
    return found, time.process_time() - start


def _read(data: bytes) -> str:
    found = recognise(data)
    refused = refusal(found)
    if refused is not None:
        raise refused
    if found.kind not in READ:
        return found.kind.value
    preflight(data, found.kind)
    book = OoxmlBook(data) if found.kind is FileKind.OOXML else OpenedBook(data)
    for sheet in book.sheet_names[:50]:
        book.grid(sheet)
        book.scan(sheet)
    _ = book.names, book.custom_properties, book.core_properties
    return "read"


@dataclass(frozen=True, slots=True)
class Examined:
    """What the desk made of one file: the codes of each result's findings, and whether it was accepted; what it took."""

    results: tuple[tuple[bool, tuple[str, ...]], ...]
    seconds: float
    memory: int | None
    """The most bytes that the process held meanwhile; None where the system doesn't tell."""


def examined(work: tuple[Path, Path]) -> Examined:
    """Examine a file at a pickled desk."""
    desk, path = work
    known = _desk(desk)
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak of earlier files
    start = time.perf_counter()
    results = known.examine(path)
    seconds = time.perf_counter() - start
    told = tuple((each.card is not None, tuple(one.code for one in each.findings)) for each in results)
    return Examined(told, seconds, _peak())


@lru_cache(maxsize=1)
def _desk(written: Path) -> Desk:
    desk: Desk = pickle.loads(written.read_bytes())
    return desk


def _peak() -> int | None:
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
        return int(found[1]) * 1024 if found else None
    return None
