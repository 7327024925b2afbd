"""Errors, formulas and pictures in place of values, and what becomes of claims."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.scheme.fields import Field, FieldType
from tests.clerk.deeds import TYPED, deed
from tests.clerk.locked import external_link
from tests.clerk.making import Making, Unsuitable
from tests.clerk.typing_numbers import NUMBERS, digits

EVERY = (*NUMBERS, FieldType.PERCENT, FieldType.DATE, FieldType.YESNO, FieldType.CHOICE, FieldType.TEXT)

ERRORS = ("#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!")


@deed("an error value", TYPED)
def error_value(making: Making) -> None:
    chosen, cell = making.field(*EVERY)
    said = making.random.choice(ERRORS)
    making.book.error(*making.there(cell), said)
    making.answer(chosen, None, "error-value", said)


@deed("an error value as text", TYPED)
def error_text(making: Making) -> None:
    chosen, cell = making.field(*EVERY)
    said = making.random.choice(ERRORS)
    making.book.words(*making.there(cell), said)
    making.answer(chosen, None, "error-value", said)


@deed("a formula that ends in an error", TYPED)
def formula_error(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS)
    sheet, ref = making.there(cell)
    making.book.write(sheet, ref, "<f>1/0</f><v>#DIV/0!</v>", "e")
    making.answer(chosen, None, "error-value", "#DIV/0!")


@deed("a formula in an input", TYPED)
def formula(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS)
    value = making.number(chosen)
    making.book.formula(*making.there(cell), f"{digits(value)}+0", digits(value))
    making.answer(chosen, value, "formula-in-input", f"={digits(value)}+0")


@deed("a formula with a text for its result", TYPED)
def text_formula(making: Making) -> None:
    chosen, cell = making.field(FieldType.TEXT, fits=lambda _, value: isinstance(value, str) and value.isalnum())
    value = str(making.answers[chosen.id].value)
    making.book.formula(*making.there(cell), f'"{value}"&""', value, text=True)
    making.answer(chosen, value, "formula-in-input", "=")


@deed("a formula whose result was not saved", TYPED)
def unsaved_formula(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS, FieldType.PERCENT)
    making.book.formula(*making.there(cell), "SUM(1,2)", None)
    making.answer(chosen, None, "formula-not-calculated", "=SUM(1,2)")


@deed("a value taken from another file", TYPED, "links")
def external(making: Making) -> None:
    chosen, cell = making.field(*NUMBERS)
    said = making.random.choice(("[1]Sheet1!$B$3", "'[预算.xlsx]表 1'!B3", "'D:\\财务\\[决算.xls]Sheet1'!$C$5"))
    making.book.formula(*making.there(cell), said, digits(making.number(chosen)))
    making.answer(chosen, None, "external-value", f"={said}")
    if making.random.random() < 0.5:
        external_link(making)


@deed("a picture in a cell", TYPED)
def picture(making: Making) -> None:
    chosen, cell = making.field(*EVERY)
    sheet, ref = making.there(cell)
    inside = 'DISPIMG("ID_0F1E2D3C4B5A69788796A5B4C3D2E1F0",1)'
    making.book.formula(sheet, ref, f"_xlfn.{inside}", f"={inside}", text=True)
    making.answer(chosen, None, "picture-in-cell", f"={inside}")


@deed("a picture in a cell, as text", TYPED)
def picture_text(making: Making) -> None:
    chosen, cell = making.field(*EVERY)
    said = '=DISPIMG("ID_0F1E2D3C4B5A69788796A5B4C3D2E1F0",1)'
    making.book.words(*making.there(cell), said)
    making.answer(chosen, None, "picture-in-cell", said)


# ---- claims


def _claim(making: Making) -> tuple[Field, str, str]:
    rows = [
        each
        for each in making.scheme.indicators
        if making.layout.inputs[each.self_score_id] not in making.used
        and making.place(making.layout.inputs[each.self_score_id]) is not None
    ]
    if not rows:
        raise Unsuitable
    row = making.random.choice(rows)
    cell = making.take(making.layout.inputs[row.self_score_id])
    held = making.score_cells.get(row.self_score_id)
    if held is not None:
        making.score_cells[row.self_score_id] = type(held)(held.cell)
    return making.scheme.fields[row.self_score_id], *making.there(cell)


@deed("a claim typed over the formula", TYPED)
def claim(making: Making) -> None:
    chosen, sheet, ref = _claim(making)
    value = Decimal(making.random.randrange(50 * int(chosen.largest + 1))) / 100
    making.book.number(sheet, ref, digits(value))
    making.answer(chosen, value, None, digits(value))


@deed("a claim beyond the points", TYPED)
def high_claim(making: Making) -> None:
    chosen, sheet, ref = _claim(making)
    value = chosen.largest + 1
    making.book.number(sheet, ref, digits(value))
    making.answer(chosen, None, "out-of-range", digits(value))


@deed("a claim taken out", TYPED)
def no_claim(making: Making) -> None:
    chosen, sheet, ref = _claim(making)
    making.book.write(sheet, ref)
    making.answer(chosen, None, None, "")


@deed("a claim that shows nothing", TYPED, "claims")
def blank_claim(making: Making) -> None:
    """The formula is as issued, and its result an empty text."""
    row = making.random.choice(making.scheme.indicators)
    cell = making.take(making.layout.inputs[row.self_score_id])
    making.book.formula(*making.there(cell), row.formula_score_id, "", text=True)
    held = making.score_cells[row.self_score_id]
    making.score_cells[row.self_score_id] = type(held)(held.cell, row.formula_score_id, True, True)
    making.answers[row.self_score_id] = type(making.answers[row.self_score_id])(row.self_score_id, None)


@deed("a claim by a formula of one's own", TYPED)
def own_formula_claim(making: Making) -> None:
    chosen, sheet, ref = _claim(making)
    value = chosen.largest / 2
    making.book.formula(sheet, ref, f"{digits(value)}*1", digits(value))
    held = making.score_cells.get(chosen.id)
    if held is not None:
        making.score_cells[chosen.id] = type(held)(held.cell, f"{digits(value)}*1", False, True)
    making.answer(chosen, value, "formula-in-input", f"={digits(value)}*1")
