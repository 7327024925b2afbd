"""Runs one headless LibreOffice and does what it is told, line by line, through LibreOffice's own API.

Started by tests/engines.py with the interpreter that python3-uno belongs to (the system's, not the tests'), so nothing
but the standard library and UNO is imported here.

    uno_driver.py PROFILE_DIR        a private profile, so that no other LibreOffice is met or harmed

A request is one JSON line {"do": …, …}, the answer one JSON line {"ok": result} or {"error": text}:

    {"do": "recalculate", "source": path, "target": path, "filter": name, "set": {name: value}}
    {"do": "evaluate", "source": path, "fillings": [{name: value}], "read": [name]}    -> [[value]]
    {"do": "sweep", "source": path, "write": [block], "fillings": [[rows]], "read": [block]}    -> [[rows]]
    {"do": "convert", "source": path, "target": path, "filter": name}

A block is [sheet, first column, first row, last column, last row], counted from 0, and stands for a rectangle of cells.
For each filling a sweep puts rows of numbers, texts and "" (blank) into the blocks and reads blocks the same way.

A value is null (blank), a number, a text, or {"day": "2024-03-15"}; an error value is read as {"error": "#DIV/0!"}.
The end of the input ends LibreOffice too.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from datetime import date

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.table.CellContentType import EMPTY, FORMULA
from com.sun.star.table.CellContentType import VALUE as NUMBER

START_SECONDS = 120
CLEAR_ALL_CONTENTS = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: VALUE, DATETIME, STRING, FORMULA
FORMULA_VALUE = 1  # com.sun.star.sheet.FormulaResult


class Office:
    """The running program, and the documents that it opens."""

    def __init__(self, profile):
        pipe = f"perfeval_{os.getpid()}"
        self._process = subprocess.Popen(
            [
                "soffice",
                "--headless",
                "--invisible",
                "--norestore",
                "--nologo",
                "--nodefault",
                "--nolockcheck",
                f"-env:UserInstallation={uno.systemPathToFileUrl(profile)}",
                f"--accept=pipe,name={pipe};urp;StarOffice.ComponentContext",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._desktop = self._connect(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")

    def _connect(self, address):
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                remote = resolver.resolve(address)
                return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
            except NoConnectException:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.1)

    @contextlib.contextmanager
    def document(self, path):
        loaded = self._desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, _options(Hidden=True))
        if loaded is None:
            raise ValueError(f"LibreOffice does not open {path}")
        try:
            yield loaded
        finally:
            loaded.close(True)

    def close(self):
        with contextlib.suppress(Exception):  # it hangs up while it answers
            self._desktop.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):  # then tests/engines.py ends the whole group
            self._process.wait(20)


def recalculate(office, source, target, filter, set):
    with office.document(source) as document:
        _fill(document, set)
        document.calculateAll()
        _store(document, target, filter)


def convert(office, source, target, filter):
    with office.document(source) as document:
        _store(document, target, filter)


def evaluate(office, source, fillings, read):
    results = []
    with office.document(source) as document:
        cells = [_cell(document, name) for name in read]
        for filling in fillings:
            _fill(document, filling)
            document.calculateAll()
            results.append([_value(cell) for cell in cells])
    return results


def sweep(office, source, write, fillings, read):
    results = []
    with office.document(source) as document:
        document.enableAutomaticCalculation(False)
        targets, wanted = ([_block(document, *each) for each in blocks] for blocks in (write, read))
        for filling in fillings:
            document.addActionLock()
            for target, rows in zip(targets, filling, strict=True):
                target.setDataArray(tuple(map(tuple, rows)))
            document.calculateAll()
            document.removeActionLock()
            results.append([each.getDataArray() for each in wanted])
    return results


def _block(document, sheet, left, top, right, bottom):
    return document.Sheets.getByName(sheet).getCellRangeByPosition(left, top, right, bottom)


def _store(document, target, filter):
    document.storeToURL(uno.systemPathToFileUrl(target), _options(FilterName=filter))


def _fill(document, values):
    document.addActionLock()
    document.enableAutomaticCalculation(False)
    try:
        for name, value in values.items():
            _put(document, _cell(document, name), value)
    finally:
        document.removeActionLock()


def _put(document, cell, value):
    if value is None:
        cell.clearContents(CLEAR_ALL_CONTENTS)
    elif isinstance(value, dict):
        zero = document.NullDate
        cell.setValue((date.fromisoformat(value["day"]) - date(zero.Year, zero.Month, zero.Day)).days)
    elif isinstance(value, str):
        cell.setString(value)
    else:
        cell.setValue(value)


def _cell(document, name):
    """The first cell that a defined name of the workbook stands for."""
    if not document.NamedRanges.hasByName(name):
        raise ValueError(f"no defined name {name}")
    cells = document.NamedRanges.getByName(name).getReferredCells()
    if cells is None:
        raise ValueError(f"the defined name {name} stands for no cell")
    return cells.getCellByPosition(0, 0)


def _value(cell):
    if cell.getError():
        return {"error": cell.getString()}
    kind = cell.getType()
    if kind == EMPTY:
        return None
    number = cell.FormulaResultType2 == FORMULA_VALUE if kind == FORMULA else kind == NUMBER
    return cell.getValue() if number else cell.getString()


def _options(**values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


def main():
    actions = {"recalculate": recalculate, "convert": convert, "evaluate": evaluate, "sweep": sweep}
    office = Office(sys.argv[1])
    try:
        for line in sys.stdin:
            request = json.loads(line)
            action = actions[request.pop("do")]
            try:
                answer = {"ok": action(office, **request)}
            except Exception as error:  # whatever UNO raises goes back to the test that asked
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        office.close()


main()
