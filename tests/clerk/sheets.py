"""What is done to sheets, rows and columns."""

from __future__ import annotations

import re
from collections.abc import Callable

from perfeval_xl.cells import from_ref
from perfeval_xl.excel.layout.parts import ANNEX, CHECK, DATA, GUIDE, HIDDEN, NARRATIVE, TABLE
from tests.clerk.deeds import ROWS, SHEETS, deed, register
from tests.clerk.making import Making, Unsuitable, labels
from tests.clerk.references import Place, Shift
from tests.clerk.workbook import BOOK

SHOWN = (GUIDE, TABLE, ANNEX, DATA, NARRATIVE, CHECK)
FILLED = (TABLE, ANNEX, DATA, NARRATIVE)


def _part(making: Making, sheet: str) -> str:
    name = making.renamed.get(sheet, sheet)
    if name not in making.book.sheets:
        raise Unsuitable
    return making.book.sheets[name]


# ---- whole sheets


@deed("a sheet renamed", SHEETS, "rename")
def renamed(making: Making) -> None:
    sheet = making.random.choice((*SHOWN, HIDDEN))
    _part(making, sheet)
    new = making.random.choice((f"{sheet} (2)", "Sheet1", f"{making.unit}'{sheet}", "表 1"))
    making.book.rename(sheet, new)
    making.renamed[sheet] = new
    making.note("sheet-renamed")


@deed("two sheets renamed", SHEETS, "rename")
def both_renamed(making: Making) -> None:
    """Each is given the other's name."""
    one, other = making.random.sample(FILLED, 2)
    _part(making, one), _part(making, other)
    for old, new in ((one, "x"), (other, one), ("x", other)):
        making.book.rename(old, new)
    making.renamed |= {one: other, other: one}
    making.note("sheet-renamed")
    making.note("sheet-renamed")


@deed("a sheet deleted", SHEETS, "rename", "comments", "objects")
def deleted(making: Making) -> None:
    sheet = making.random.choice(SHOWN)
    making.gone.add(sheet)
    making.book.remove_sheet(sheet)
    making.note("sheet-missing")


@deed("the hidden sheet deleted", SHEETS, "rename", "hidden", "objects")
def hidden_deleted(making: Making) -> None:
    making.gone.add(HIDDEN)
    making.book.remove_sheet(HIDDEN)
    making.identity_lost = True


@deed("a sheet added", SHEETS)
def added(making: Making) -> None:
    making.book.add_sheet("附注", '<row r="1"><c r="A1"><v>1</v></c></row>')
    making.note("sheet-added")


@deed("the sheets in another order", SHEETS)
def reordered(making: Making) -> None:
    """Names of single sheets count them, so they are renumbered along."""
    sheets = re.findall(r"<sheet\b[^>]*?/>", making.book.text(BOOK))
    order = list(range(len(sheets)))
    making.random.shuffle(order)
    making.book.sub(BOOK, r"<sheets>.*</sheets>", f"<sheets>{''.join(sheets[each] for each in order)}</sheets>")
    making.book.sub(
        BOOK, r'localSheetId="(\d+)"', lambda match: f'localSheetId="{order.index(int(match[1]))}"', least=0
    )
    listed = list(making.book.sheets.items())
    making.book.sheets = dict(listed[each] for each in order)


@deed("a sheet hidden", SHEETS)
def sheet_hidden(making: Making) -> None:
    name = making.renamed.get(CHECK, CHECK)
    _part(making, CHECK)
    making.book.sub(
        BOOK, rf'<sheet\b(?=[^>]*name="{re.escape(name)}")(?![^>]*state=)', '<sheet state="hidden"', least=0
    )


@deed("the hidden sheet shown", SHEETS)
def hidden_shown(making: Making) -> None:
    making.book.sub(BOOK, r' state="(?:veryHidden|hidden)"', "", least=0)


# ---- what is set for a sheet


@deed("a sheet's protection taken off", SHEETS, "protection")
def unprotected(making: Making) -> None:
    sheets = making.random.sample([*SHOWN, HIDDEN], making.random.choice((1, 1, 2)))
    for sheet in sheets:
        making.book.sub(_part(making, sheet), r"<sheetProtection\b[^>]*?/>", "")
        making.unprotected.append(sheet)


@deed("all protection taken off", SHEETS, "protection")
def all_unprotected(making: Making) -> None:
    for sheet in (*SHOWN, HIDDEN):
        if making.renamed.get(sheet, sheet) in making.book.sheets:
            making.book.sub(_part(making, sheet), r"<sheetProtection\b[^>]*?/>", "")
            making.unprotected.append(sheet)


@deed("protection with a password", SHEETS, "protection")
def password_protected(making: Making) -> None:
    making.book.sub(_part(making, DATA), r"<sheetProtection\b", '<sheetProtection password="CC1A"')


@deed("validations lost", SHEETS, "validations")
def validations(making: Making) -> None:
    sheet = making.random.choice(FILLED)
    making.book.sub(_part(making, sheet), r"<dataValidations\b.*</dataValidations>", "")
    making.bare_sheets.append(sheet)


@deed("drop-downs moved into an extension", SHEETS, "validations")
def extension(making: Making) -> None:
    """As Excel writes those that refer to other sheets."""
    part = _part(making, making.random.choice(FILLED))
    text = making.book.text(part)
    block = re.search(r"<dataValidations\b.*</dataValidations>", text, re.DOTALL)
    assert block
    listed = re.findall(
        r"<dataValidation\b([^>]*?) ?sqref=\"([^\"]+)\"([^>]*)>(.*?)</dataValidation>", block[0], re.DOTALL
    )
    if len(listed) != block[0].count("<dataValidation "):
        raise Unsuitable
    inner = "".join(
        f"<x14:dataValidation{first}{last}>{_extended(rest)}<xm:sqref>{area}</xm:sqref></x14:dataValidation>"
        for first, area, last, rest in listed
    )
    x14, xm = (
        "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
        "http://schemas.microsoft.com/office/excel/2006/main",
    )
    added = (
        f'<extLst><ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{x14}"><x14:dataValidations xmlns:xm="{xm}" '
        f'count="{len(listed)}">{inner}</x14:dataValidations></ext></extLst>'
    )
    text = text.replace(block[0], "")
    if "<extLst" in text:
        raise Unsuitable
    making.book.put(part, text.replace("</worksheet>", f"{added}</worksheet>"))


def _extended(formulas: str) -> str:
    """A validation's formulas as the extension has them."""
    pattern = r"<formula([12])>(.*?)</formula[12]>"
    return re.sub(pattern, r"<x14:formula\1><xm:f>\2</xm:f></x14:formula\1>", formulas, flags=re.DOTALL)


def _names(lost: Callable[[Making], list[str]]) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        if making.shifts:
            raise Unsuitable
        names = lost(making)
        making.drop_names(names)
        if set(names) & making.layout.inputs.keys():
            making.note("names-lost")

    return act


register("all names of cells lost", SHEETS, ("names",), _names(lambda making: [*making.layout.names]))
register(
    "some names lost", SHEETS, ("names",), _names(lambda making: making.random.sample([*making.layout.inputs], 12))
)
register("names that lead to no input lost", SHEETS, ("names",), _names(
    lambda making: [each for each in making.layout.names if each not in making.layout.inputs and each != "perfeval_seal"]))  # fmt: skip


@deed("names of one's own", SHEETS)
def own_names(making: Making) -> None:
    making.book.sub(BOOK, r"</definedNames>", "<definedName name=\"mine\">'_pe'!$A$1</definedName></definedNames>")


def _hide(code: str, *, rows: bool) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        sheet = making.random.choice(SHOWN)
        part = _part(making, sheet)
        lines = sorted({from_ref(ref)[0 if rows else 1] for ref in making.layout.sheet[sheet].cells})
        line = making.random.choice(lines)
        if rows:
            making.book.sub(part, rf'<row\b(?=[^>]*? r="{line}")[^>]*', _hidden)
        else:
            making.book.sub(
                part,
                r"<cols>.*?</cols>",
                f'<cols><col min="{line}" max="{line}" width="10" hidden="1" customWidth="1"/></cols>',
            )
        places = sorted(
            at for ref in making.layout.sheet[sheet].cells if (at := from_ref(ref))[0 if rows else 1] == line
        )
        making.hidden_lines.append((code, sheet, places))

    return act


def _hidden(opening: re.Match[str]) -> str:
    return re.sub(r' hidden="\w+"', "", opening[0]).replace("<row", '<row hidden="1"', 1)


register("a row hidden", SHEETS, ("hide",), _hide("rows-hidden", rows=True))
register("a column hidden", SHEETS, ("hide",), _hide("columns-hidden", rows=False))


# ---- rows and columns


def inserting(at: int, count: int, *, rows: bool) -> Shift:
    def move(place: Place) -> Place:
        row, column = place
        if rows:
            return (row + count, column) if row >= at else place
        return (row, column + count) if column >= at else place

    return move


def deleting(at: int, *, rows: bool) -> Shift:
    def move(place: Place) -> Place | None:
        row, column = place
        line = row if rows else column
        if line == at:
            return None
        return place if line < at else (row - 1, column) if rows else (row, column - 1)

    return move


def _shift(making: Making, sheet: str, move: Shift) -> None:
    making.book.shift(making.renamed.get(sheet, sheet), move)
    making.shifts.setdefault(sheet, []).append(move)


def _untouched_sheet(making: Making, *sheets: str) -> str:
    """A sheet whose lines stand as issued; with all names lost, the annex's lines can't be told apart."""
    sheet = making.random.choice([each for each in sheets if each not in making.shifts] or [""])
    if not sheet or (making.nameless and sheet == ANNEX):
        raise Unsuitable
    _part(making, sheet)
    return sheet


def _seams(making: Making, sheet: str) -> list[int]:
    """Rows to insert others before: beside a blank row nobody could tell where they went in."""
    printed = {from_ref(cell.ref)[0] for cell in labels(making.layout, visible=False) if cell.sheet == sheet}
    return [row for row in sorted(printed) if row - 1 in printed]


@deed("rows inserted", ROWS, "rows")
def rows_inserted(making: Making) -> None:
    sheet = _untouched_sheet(making, *SHOWN)
    at, count = making.random.choice(_seams(making, sheet)), making.random.choice((1, 1, 2, 5))
    _shift(making, sheet, inserting(at, count, rows=True))
    making.note_line("rows-inserted", sheet, (at, 1))


@deed("a row inserted and written into", ROWS, "rows")
def row_written(making: Making) -> None:
    sheet = _untouched_sheet(making, DATA, TABLE)
    at = making.random.choice(_seams(making, sheet))
    _shift(making, sheet, inserting(at, 1, rows=True))
    making.note_line("rows-inserted", sheet, (at, 1))
    making.book.words(making.renamed.get(sheet, sheet), f"B{at}", "补充说明")
    making.note_line("stray-content", sheet, (at, 2))


@deed("a row deleted", ROWS, "rows", "hide")
def row_deleted(making: Making) -> None:
    """A line of the data, with its label and its value."""
    sheet = _untouched_sheet(making, DATA, TABLE, NARRATIVE)
    rows = sorted({from_ref(cell.ref)[0] for cell in making.layout.inputs.values() if cell.sheet == sheet})
    row = making.random.choice(rows)
    _shift(making, sheet, deleting(row, rows=True))
    making.note_line("rows-deleted", sheet, (row, 1))


@deed("rows sorted", ROWS, "rows", "hide")
def rows_sorted(making: Making) -> None:
    """Two lines of the data change places, with all that stands in them; their names stay behind."""
    sheet = _untouched_sheet(making, DATA)
    first, second = making.random.choice(_neighbours(making) or [(0, 0)])
    if not first:
        raise Unsuitable
    name = making.renamed.get(sheet, sheet)
    for column in "ABCDEF":
        _swap(making, name, f"{column}{first}", f"{column}{second}")

    def move(place: Place) -> Place:
        row, column = place
        return {first: second, second: first}.get(row, row), column

    making.shifts.setdefault(sheet, []).append(move)
    making.note_line("rows-moved", sheet, (second, 1))


def _neighbours(making: Making) -> list[tuple[int, int]]:
    """Pairs of lines of one indicator that no deed has touched."""
    fields, used = making.layout.inputs, {from_ref(cell.ref)[0] for cell in making.used if cell.sheet == DATA}
    pairs = []
    for indicator in making.scheme.indicators:
        lines = sorted(
            {from_ref(fields[each.id].ref)[0] for each in indicator.fields if fields[each.id].sheet == DATA} - used
        )
        pairs += [(one, other) for one in lines for other in lines if one < other]
    return pairs


def _swap(making: Making, sheet: str, one: str, other: str) -> None:
    """Let two cells change places, with their formats."""
    book, first, second = making.book, making.book.cell(sheet, one), making.book.cell(sheet, other)
    part = book.sheets[sheet]
    text = book.text(part).replace(first, "<!--one-->", 1).replace(second, "<!--other-->", 1)
    text = text.replace("<!--one-->", second.replace(f' r="{other}"', f' r="{one}"', 1), 1)
    book.put(part, text.replace("<!--other-->", first.replace(f' r="{one}"', f' r="{other}"', 1), 1))


@deed("columns inserted", ROWS, "rows")
def columns_inserted(making: Making) -> None:
    sheet = _untouched_sheet(making, DATA, TABLE, ANNEX)
    last = {DATA: 6, TABLE: 10, ANNEX: 14}[sheet]
    at = making.random.randrange(2, last + 1)
    _shift(making, sheet, inserting(at, 1, rows=False))
    making.note_line("columns-inserted", sheet, (1, at))


@deed("a column deleted", ROWS, "rows", "hide")
def column_deleted(making: Making) -> None:
    sheet = _untouched_sheet(making, DATA)
    at = making.random.choice((4, 5, 6))
    _shift(making, sheet, deleting(at, rows=False))
    making.note_line("columns-deleted", sheet, (1, at))
