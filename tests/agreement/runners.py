"""The three programs as the sweep drives them: fillings in, what the score cells show out.

IronCalc and LibreOffice open the issued workbook once and are given one filling after the other, every input cell anew.
Gnumeric only converts files: it gets sweep workbooks (sheets.py).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from perfeval_xl.generator import build_master
from tests.agreement.fillings import Filling
from tests.agreement.sheets import SweepBook
from tests.agreement.sweep import Form, puts
from tests.engines import Gnumeric, Got, IronCalc, LibreOffice

_SHEETS = 25  # in a sweep workbook: more of them cost Gnumeric more than a start saves


class Runner(ABC):
    """One program with a form opened in it; ``folder`` is for its files."""

    name: str
    started: LibreOffice | None = None

    def __init__(self, form: Form, folder: Path) -> None:
        self.form, self.folder = form, folder

    @abstractmethod
    def run(self, fillings: Sequence[Filling]) -> list[dict[str, Got]]:
        """What every score cell shows, for each filling."""

    def close(self) -> None:
        """End the program, where it is one that goes on running and was started here."""
        if self.started is not None:
            self.started.close()

    def master(self) -> Path:
        path = self.folder / "master.xlsx"
        path.write_bytes(build_master(self.form.scheme))
        return path


class IronCalcRunner(Runner):
    name = "IronCalc"

    def __init__(self, form: Form, folder: Path) -> None:
        super().__init__(form, folder)
        self._book = IronCalc().open(self.master())

    def run(self, fillings: Sequence[Filling]) -> list[dict[str, Got]]:
        found = []
        for each in fillings:
            self._book.put(puts(self.form, each))
            found.append(self._book.values(self.form.shown))
        return found


class LibreOfficeRunner(Runner):
    name = "LibreOffice"

    def __init__(self, form: Form, folder: Path, office: LibreOffice | None = None) -> None:
        super().__init__(form, folder)
        if office is None:
            office = self.started = LibreOffice(folder / "libreoffice")
        self._office = office
        self._source = self.master()
        self._inputs = {name: form.layout.inputs[name] for name in form.inputs}
        self._shown = {name: form.layout.place(name) for name in form.shown}

    def run(self, fillings: Sequence[Filling]) -> list[dict[str, Got]]:
        filled = [puts(self.form, each) for each in fillings]
        return self._office.sweep(self._source, self._inputs, filled, self._shown)


class GnumericRunner(Runner):
    name = "Gnumeric"

    def __init__(self, form: Form, folder: Path) -> None:
        super().__init__(form, folder)
        self._book = SweepBook(form, _SHEETS)

    def run(self, fillings: Sequence[Filling]) -> list[dict[str, Got]]:
        source, target = self.folder / "sweep.xlsx", self.folder / "swept.xls"  # .xls is saved soonest
        found = []
        for first in range(0, len(fillings), _SHEETS):
            some = fillings[first : first + _SHEETS]
            self._book.write(source, [puts(self.form, each) for each in some])
            Gnumeric().recalculate(source, target)
            found += self._book.read(target, len(some))
        return found


RUNNERS: tuple[type[Runner], ...] = (IronCalcRunner, LibreOfficeRunner, GnumericRunner)
