"""What is done to the marks by which a return is known: its seal, its properties, its unit, its name."""

from __future__ import annotations

import re
from collections.abc import Callable

from perfeval_xl.cells import Cell
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout.parts import HIDDEN
from tests.clerk.deeds import IDENTITY, deed, register
from tests.clerk.making import Making
from tests.clerk.workbook import BOOK, CORE, CUSTOM

_PLACES = (CUSTOM, BOOK, CORE)
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_COPY = re.compile(r"PE1/[^<\"&]*")


def _seal(making: Making) -> str:
    return making.seal_of(making.unit)


def _hidden_cell(making: Making, key: str) -> tuple[str, str]:
    return making.there(next(c for c, stamp in making.layout.stamps.items() if c.sheet == HIDDEN and stamp.key == key))


def _stamp(making: Making, key: str) -> Cell:
    return next(cell for cell, stamp in making.layout.stamps.items() if cell.sheet != HIDDEN and stamp.key == key)


def _set_copies(making: Making, text: str, *parts: str, hidden: bool = False) -> None:
    for part in parts:
        if part in making.book.parts:
            making.book.sub(part, _COPY.pattern, text, least=0)
    if hidden and HIDDEN not in making.gone:
        making.book.words(*_hidden_cell(making, "seal"), text)


def _everywhere(making: Making, text: str) -> None:
    _set_copies(making, text, *_PLACES, hidden=True)


# ---- properties and places


@deed("the custom properties lost", IDENTITY, "seal")
def no_properties(making: Making) -> None:
    making.book.drop(CUSTOM)
    making.book.sub("_rels/.rels", r"<Relationship\b[^>]*custom-properties[^>]*?(?:/>|></Relationship>)", "")
    making.identity_lost = True


@deed("the subject taken out", IDENTITY, "seal")
def no_subject(making: Making) -> None:
    making.book.sub(CORE, r"<dc:subject\b[^>]*>[^<]*</dc:subject>", "")
    making.identity_lost = True


@deed("other words for the subject", IDENTITY, "seal")
def other_subject(making: Making) -> None:
    making.book.sub(CORE, r"(<dc:subject\b[^>]*>)[^<]*", lambda match: f"{match[1]}绩效自评")
    making.identity_lost = True


@deed("all document properties lost", IDENTITY, "seal")
def no_document_properties(making: Making) -> None:
    """As a tool leaves it that writes sheets only."""
    for part, word in (
        (CUSTOM, "custom-properties"),
        (CORE, "core-properties"),
        ("docProps/app.xml", "extended-properties"),
    ):
        making.book.drop(part)
        making.book.sub("_rels/.rels", rf"<Relationship\b[^>]*{word}[^>]*?(?:/>|></Relationship>)", "")
    making.identity_lost = True


@deed("the name of the seal lost", IDENTITY, "seal", "names")
def no_seal_name(making: Making) -> None:
    making.drop_names(["perfeval_seal"])


@deed("marks of WPS", IDENTITY, "wps")
def wps(making: Making) -> None:
    """KSOProductBuildVer and ICV, and the program's name."""
    if CUSTOM in making.book.parts:
        added = "".join(
            f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{90 + at}" name="{name}"><vt:lpwstr xmlns:vt="{_TYPES}">{value}</vt:lpwstr></property>'
            for at, (name, value) in enumerate(
                {"KSOProductBuildVer": "2052-12.1.0.16929", "ICV": "0A1B2C3D4E5F_13"}.items()
            )
        )
        making.book.sub(CUSTOM, "</Properties>", f"{added}</Properties>")
    if "docProps/app.xml" in making.book.parts:
        making.book.sub("docProps/app.xml", r"<Application>[^<]*<", "<Application>WPS 表格<", least=0)


# ---- the seal


@deed("the seal lost everywhere", IDENTITY, "seal", "hidden")
def no_seal(making: Making) -> None:
    """The hidden sheet still says which form and whose it is."""
    making.book.sub(CUSTOM, r"<property\b[^>]*perfeval_seal.*?</property>", "")
    making.book.sub(CORE, r"<dc:subject\b[^>]*>[^<]*</dc:subject>", "")
    making.drop_names(["perfeval_seal"])
    making.book.write(*_hidden_cell(making, "seal"))
    making.note("seal-missing")
    making.identity_lost = True


@deed("one copy of another unit's seal", IDENTITY, "seal", "hidden")
def copies_differ(making: Making) -> None:
    other = making.seal_of(making.strangers[0].code)
    place = making.random.choice((*_PLACES, HIDDEN))
    if place == HIDDEN:
        _set_copies(making, other, hidden=True)
    else:
        _set_copies(making, other, place)
    making.note("seal-copies-differ")


def _resealed(code: str, forge: Callable[[Making], str]) -> Callable[[Making], None]:
    def act(making: Making) -> None:
        text = forge(making)
        _everywhere(making, text)
        making.book.words(*making.there(making.take(_stamp(making, "seal_short"))), seal.short(text))
        making.note(code)

    return act


def _broken(making: Making) -> str:
    text = _seal(making)
    return text[:-3] + ("AAA" if not text.endswith("AAA") else "BBB")


def _other_round(making: Making) -> str:
    scheme = making.scheme
    return seal.seal_text(b"x" * seal.KEY_BYTES, scheme.id, scheme.version, scheme.year, making.unit, making.digest)


register("a seal that does not verify", IDENTITY, ("seal", "hidden"), _resealed("seal-broken", _broken))
register("a seal of another round", IDENTITY, ("seal", "hidden"), _resealed("seal-other-round", _other_round))


# ---- the unit


@deed("another unit's workbook, its code and name overwritten", IDENTITY, "name", "code")
def borrowed(making: Making) -> None:
    """The seal still says whose it was."""
    other = making.strangers[0]
    code, name = _stamp(making, "unit_code"), _stamp(making, "unit_name")
    making.book.words(*making.there(making.take(code)), other.code)
    making.book.words(*making.there(making.take(name)), other.name)
    making.note("unit-code-edited")
    making.note("issued-data-changed", name)


@deed("the unit's code edited", IDENTITY, "code")
def code_edited(making: Making) -> None:
    cell = making.take(_stamp(making, "unit_code"))
    making.book.words(*making.there(cell), making.random.choice((making.unit[:-1], "S-99", making.strangers[0].code)))
    making.note("unit-code-edited")


@deed("the unit's code as a number, or with white space", IDENTITY, "code")
def code_respelled(making: Making) -> None:
    cell = making.take(_stamp(making, "unit_code"))
    if making.random.random() < 0.5:
        making.book.number(*making.there(cell), making.unit)
    else:
        making.book.words(*making.there(cell), f" {making.unit} ")


@deed("a unit that is not on the roster", IDENTITY, "seal", "hidden", "code", "fate")
def unknown(making: Making) -> None:
    code = "440999001"
    _everywhere(making, making.seal_of(code))
    making.book.words(*_hidden_cell(making, "unit_code"), code)
    making.book.words(*making.there(_stamp(making, "unit_code")), code)
    making.fate = "unit-unknown"


@deed("last year's template", IDENTITY, "seal", "hidden", "fate")
def last_year(making: Making) -> None:
    text = seal.seal_text(
        b"y" * seal.KEY_BYTES, making.scheme.id, "0.9", making.scheme.year - 1, making.unit, making.digest
    )
    _everywhere(making, text)
    making.fate = "wrong-scheme"


@deed("another form's workbook", IDENTITY, "seal", "hidden", "fate")
def other_form(making: Making) -> None:
    text = seal.seal_text(b"z" * seal.KEY_BYTES, "other-2024", "1.0", making.scheme.year, making.unit, making.digest)
    _everywhere(making, text)
    making.fate = "wrong-scheme"


@deed("a file name that says another unit", IDENTITY, "file-name")
def other_name(making: Making) -> None:
    other = making.strangers[0]
    making.name = making.random.choice(
        (f"{other.code}_{other.name}_{making.case}.xlsx", f"{other.name}_{making.case}.xlsx")
    )
    making.note("file-name-other-unit")


@deed("a plain file name", IDENTITY, "file-name")
def plain_name(making: Making) -> None:
    making.name = f"自评表（定稿{making.case}）.xlsx"


@deed("the unit's own file name", IDENTITY, "file-name")
def own_name(making: Making) -> None:
    making.name = f"{making.unit}_{making.unit_name}(1).xlsx"


@deed("the wrong suffix", IDENTITY, "file-name")
def wrong_suffix(making: Making) -> None:
    """It is an .xlsx, whatever it is called."""
    making.name = f"{making.unit} 自评表.{making.random.choice(('xls', 'XLSX', 'et', 'csv', 'dat', 'xlsx.xlsx'))}"
