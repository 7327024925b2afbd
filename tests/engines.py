"""The spreadsheet programs that the tests hold the workbook against: LibreOffice, Gnumeric and IronCalc.

All name cells by the workbook's defined names. What goes into a cell is a Put, what comes out a Got; a range's name
stands for its first cell. Tests get them as the fixtures ``libreoffice``, ``gnumeric`` and ``ironcalc_engine``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.datetime import to_excel

from perfeval_xl.cells import Cell, from_ref

SYSTEM_PYTHON = "/usr/bin/python3"  # the interpreter that the package python3-uno belongs to
DRIVER = Path(__file__).with_name("uno_driver.py")
ANSWER_SECONDS = 300.0
FILTERS = {"xlsx": "Calc MS Excel 2007 XML", "xls": "MS Excel 97", "ods": "calc8", "pdf": "calc_pdf_Export"}


@dataclass(frozen=True)
class ErrorValue:
    """An error value in a cell, such as #DIV/0!."""

    text: str


Put = Decimal | int | float | str | date | None
"""What goes into a cell: a number, a text, a date, or nothing at all."""

Got = float | bool | str | ErrorValue | None
"""What a cell holds: numbers and dates (serials) as floats, None when blank, '' when a formula shows nothing."""


class EngineError(Exception):
    """The program refused or did not answer."""


class LibreOffice:
    """One headless LibreOffice with a profile of its own, started at the first request. Close it, or use ``with``."""

    @staticmethod
    def lacking() -> str | None:
        """What is missing to run it, or None."""
        if shutil.which("soffice") is None:
            return "LibreOffice (soffice) is not installed"
        if not Path(SYSTEM_PYTHON).exists() or _run([SYSTEM_PYTHON, "-c", "import uno"]).returncode:
            return f"python3-uno is not installed for {SYSTEM_PYTHON}"
        return None

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._driver: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> LibreOffice:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def recalculate(self, source: Path, target: Path, values: Mapping[str, Put] | None = None) -> Path:
        """Open ``source``, put ``values`` into cells by defined name, recalculate all, store as ``target``
        (.xlsx, .xls or .ods by its suffix). The target's path again."""
        self._ask(
            do="recalculate",
            source=str(source.resolve()),
            target=str(target.resolve()),
            filter=FILTERS[target.suffix[1:]],
            set=_plain(values or {}),
        )
        return target

    def convert(self, source: Path, form: str, folder: Path | None = None) -> Path:
        """Save ``source`` as "xlsx", "xls", "ods" or "pdf" in ``folder`` (its own unless told); the new file's path.
        Formulas keep the values that the file came with."""
        target = (folder or source.parent) / f"{source.stem}.{form}"
        self._ask(do="convert", source=str(source.resolve()), target=str(target.resolve()), filter=FILTERS[form])
        return target

    def evaluate(
        self, source: Path, fillings: Iterable[Mapping[str, Put]], read: Sequence[str]
    ) -> list[dict[str, Got]]:
        """Fill the workbook once for each of ``fillings``, one after the other, and read the cells named ``read``.

        A filling replaces what it names and leaves the rest as the filling before left it. Nothing is stored.
        """
        plain = [_plain(filling) for filling in fillings]
        rows = self._ask(do="evaluate", source=str(source.resolve()), fillings=plain, read=list(read))
        return [dict(zip(read, map(_got, row), strict=True)) for row in rows]

    def sweep(
        self, source: Path, places: Mapping[str, Cell], fillings: Iterable[Mapping[str, Put]], read: Mapping[str, Cell]
    ) -> list[dict[str, Got]]:
        """As ``evaluate`` for many cells: every filling sets all of ``places`` (what it does not name is blank), and
        cells side by side are written and read as one. An error value comes out as None."""
        targets, wanted = _blocks(places), _blocks(read)
        rows = [[_rows(block, filling) for block in targets] for filling in fillings]
        got = self._ask(
            do="sweep",
            source=str(source.resolve()),
            write=[block.corners for block in targets],
            fillings=rows,
            read=[block.corners for block in wanted],
        )
        return [
            {
                name: value
                for block, block_rows in zip(wanted, case, strict=True)
                for names, values in zip(block.names, block_rows, strict=True)
                for name, value in zip(names, values, strict=True)
            }
            for case in got
        ]

    def close(self) -> None:
        """End the program; the next request would start a new one."""
        driver, self._driver = self._driver, None
        if driver is None:
            return
        assert driver.stdin and driver.stdout
        with contextlib.suppress(BrokenPipeError):
            driver.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(driver.pid, signal.SIGKILL)  # what did not end by itself: the driver, or LibreOffice behind it
        driver.wait()
        driver.stdout.close()

    def _ask(self, **request: Any) -> Any:
        if self._driver is None:
            self._driver = subprocess.Popen(
                [SYSTEM_PYTHON, str(DRIVER), str(self._profile)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_clean_environment(),
                start_new_session=True,  # a group of its own, to be ended as one
            )
        driver = self._driver
        assert driver.stdin and driver.stdout
        driver.stdin.write(json.dumps(request).encode() + b"\n")
        driver.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(driver.stdout, selectors.EVENT_READ)
            answered = waiting.select(ANSWER_SECONDS)
        line = driver.stdout.readline() if answered else b""
        if not line:
            self.close()
            raise EngineError("LibreOffice ended or did not answer in time")
        answer = json.loads(line)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer["ok"]


@dataclass(frozen=True)
class _Block:
    """A rectangle of cells, by name."""

    sheet: str
    top: int
    left: int
    names: tuple[tuple[str, ...], ...]

    @property
    def corners(self) -> list[str | int]:
        """As the driver wants them, counted from 0."""
        return [self.sheet, self.left, self.top, self.left + len(self.names[0]) - 1, self.top + len(self.names) - 1]


def _blocks(places: Mapping[str, Cell]) -> list[_Block]:
    """``places`` as few rectangles: runs along the rows, equal ones below each other taken together."""
    at = {(cell.sheet, *from_ref(cell.ref)): name for name, cell in places.items()}
    runs: list[_Block] = []
    for sheet, row, column in sorted(at):
        last = runs[-1] if runs else None
        name = at[sheet, row, column]
        if last and (last.sheet, last.top, last.left + len(last.names[0])) == (sheet, row - 1, column - 1):
            runs[-1] = _Block(sheet, last.top, last.left, ((*last.names[0], name),))
        else:
            runs.append(_Block(sheet, row - 1, column - 1, ((name,),)))
    blocks: list[_Block] = []
    for run in sorted(runs, key=lambda run: (run.sheet, run.left, len(run.names[0]), run.top)):
        above = blocks[-1] if blocks else run
        below = (above.sheet, above.left, len(above.names[0]), above.top + len(above.names))
        if below == (run.sheet, run.left, len(run.names[0]), run.top):
            blocks[-1] = _Block(above.sheet, above.top, above.left, above.names + run.names)
        else:
            blocks.append(run)
    return blocks


def _rows(block: _Block, filling: Mapping[str, Put]) -> list[list[float | str]]:
    return [[_bulk(filling.get(name)) for name in names] for names in block.names]


def _bulk(value: Put) -> float | str:
    plain = _plain_value(value)
    if isinstance(plain, dict):
        return float(to_excel(date.fromisoformat(plain["day"])))
    return "" if plain is None else plain


class Office:
    """LibreOffice as perfeval_xl.printing starts it, with Calc and Writer; and poppler, to look into the PDFs."""

    @staticmethod
    def lacking() -> str | None:
        if shutil.which("pdftotext") is None:
            return "poppler (pdftotext) is not installed"
        office = shutil.which("soffice")
        if office is None:
            return "LibreOffice (soffice) is not installed"
        registry = Path(office).resolve().parents[1] / "share" / "registry"
        missing = [part for part in ("calc", "writer") if not (registry / f"{part}.xcd").exists()]
        return f"LibreOffice lacks {' and '.join(missing)}" if missing else None

    def pages(self, pdf: Path) -> list[str]:
        """The text of every page."""
        found = _run(["pdftotext", "-layout", str(pdf), "-"])
        if found.returncode:
            raise EngineError(found.stderr)
        return found.stdout.split("\f")[:-1]


class Gnumeric:
    """Gnumeric's command line converter."""

    @staticmethod
    def lacking() -> str | None:
        return None if shutil.which("ssconvert") else "Gnumeric (ssconvert) is not installed"

    def recalculate(self, source: Path, target: Path) -> Path:
        """Open, recalculate every formula, store as ``target`` (.xlsx, .xls or .ods by its suffix)."""
        return self._convert(source, target, "--recalc")

    def resave(self, source: Path, target: Path) -> Path:
        """Open and store as ``target``; formulas keep the values that the file came with."""
        return self._convert(source, target)

    @staticmethod
    def _convert(source: Path, target: Path, *options: str) -> Path:
        ran = _run(["ssconvert", *options, str(source), str(target)])
        if ran.returncode or not target.exists():
            raise EngineError(ran.stderr.strip() or f"ssconvert ended with {ran.returncode}")
        return target


class IronCalc:
    """IronCalc, a spreadsheet engine that pip installs: fast enough for thousands of fillings."""

    @staticmethod
    def lacking() -> str | None:
        try:
            import ironcalc  # noqa: F401
        except ImportError:
            return "ironcalc is not installed"
        return None

    def open(self, workbook: Path | bytes) -> IronBook:
        """An .xlsx, by its path or its bytes."""
        if isinstance(workbook, Path):
            return IronBook(workbook)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "book.xlsx")
            path.write_bytes(workbook)
            return IronBook(path)

    def evaluate(
        self, workbook: Path | bytes, fillings: Iterable[Mapping[str, Put]], read: Sequence[str]
    ) -> list[dict[str, Got]]:
        """As LibreOffice.evaluate."""
        book = self.open(workbook)
        results = []
        for filling in fillings:
            book.put(filling)
            results.append(book.values(read))
        return results


class IronBook:
    """A workbook opened in IronCalc."""

    def __init__(self, path: Path) -> None:
        import ironcalc

        self._model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self._error = ironcalc.CellType.ErrorValue
        self._sheets = sheets = [sheet["name"] for sheet in self._model.get_worksheets_properties()]
        self._place = {
            each["name"]: (sheets.index(place[0]), *from_ref(place[1]))
            for each in self._model.get_defined_name_list()
            if (place := _first_cell(each["formula"])) is not None
        }

    def names(self) -> list[str]:
        """The defined names that stand for cells."""
        return list(self._place)

    def put(self, values: Mapping[str, Put]) -> None:
        """Put ``values`` into cells by defined name, and recalculate."""
        for name, value in _plain(values).items():
            place = self._place[name]
            if value is None:
                self._model.clear_cell_contents(*place)
            elif isinstance(value, dict):
                self._model.update_cell_with_number(*place, to_excel(date.fromisoformat(value["day"])))
            elif isinstance(value, str):
                self._model.update_cell_with_text(*place, value)
            else:
                self._model.update_cell_with_number(*place, value)
        self._model.evaluate()

    def values(self, names: Iterable[str] | None = None) -> dict[str, Got]:
        """What the named cells hold (all of them unless told)."""
        return {name: self._value(self._place[name]) for name in (self._place if names is None else names)}

    def at(self, cell: Cell) -> Got:
        """What a cell holds that has no name."""
        return self._value((self._sheets.index(cell.sheet), *from_ref(cell.ref)))

    def _value(self, place: tuple[int, int, int]) -> Got:
        value: Got = self._model.get_cell_value(*place)
        if value is not None and self._model.get_cell_type(*place) == self._error:
            return ErrorValue(str(value))
        return value


def named_values(path: Path, names: Iterable[str] | None = None) -> dict[str, Got]:
    """What an .xlsx on disk holds, as last saved, in the cells of its defined names (all of them unless told)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Workbook contains no default style")  # Gnumeric writes none
        book = openpyxl.load_workbook(path, data_only=True)
    wanted = book.defined_names if names is None else names
    found: dict[str, Got] = {}
    for name in wanted:
        place = _first_cell(book.defined_names[name].value)
        if place is not None:
            found[name] = _cached(book[place[0]][place[1]].value)
        elif names is not None:
            raise KeyError(f"{name} stands for no cell")
    return found


def _cached(value: Any) -> Got:
    if isinstance(value, date):  # a datetime is one too
        return float(to_excel(value))
    if isinstance(value, str) and value.startswith("#") and value[-1:] in ("!", "?", "A"):
        return ErrorValue(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


_PLACE = re.compile(r"=?\$?(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]{1,3}\$?[0-9]+)(?::\$?[A-Z]{1,3}\$?[0-9]+)?\Z")


def _first_cell(formula: str) -> tuple[str, str] | None:
    """The sheet and first cell of a defined name's formula; None where it stands for something else."""
    found = _PLACE.match(formula)
    return found and ((found[1] or found[2]).replace("''", "'"), found[3].replace("$", ""))


def _plain(values: Mapping[str, Put]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Put) -> Any:
    if isinstance(value, bool | datetime):
        raise TypeError(f"a cell takes 是/否 and plain dates, not {value!r}")
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return float(value) if isinstance(value, Decimal) else value


def _got(value: Any) -> Got:
    return ErrorValue(value["error"]) if isinstance(value, dict) else value


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=ANSWER_SECONDS, env=_clean_environment()
    )


def _clean_environment() -> dict[str, str]:
    """The environment without what points the system's Python to the tests' own packages."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
