"""From a cell to an answer: the only way."""

from __future__ import annotations

from dataclasses import replace

from perfeval_xl.cells import Cell
from perfeval_xl.entries.days import read_day
from perfeval_xl.entries.entry import BLANK, Entry, Reading, Shape, as_percent, as_text
from perfeval_xl.entries.formulas import is_external, is_picture
from perfeval_xl.entries.quantities import read_quantity
from perfeval_xl.entries.spelling import LONGEST, has_hidden, only_marks, plain, tidy, visible
from perfeval_xl.entries.words import error_value, known_error, read_choice, read_nothing, read_yes_no
from perfeval_xl.scheme.admit import admit, show
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.fields import Field, FieldType

_NOT_OF_THE_KIND = ("not-a-number", "not-a-date", "not-a-choice")


def read_entry(field: Field, entry: Entry, cell: Cell | None) -> Answer:
    """The answer that ``entry`` gives to ``field``; nothing that a cell can hold raises.

    Its code is the one that matters most: what keeps the value from being used, else that it comes from a formula, else
    how it was spelled. ``raw`` is what stood there, a formula with its '=', without what can't be seen.
    """
    if entry.found == "" and entry.formula is None and not entry.error:  # most cells of an annex
        return Answer(field.id, None, "", cell)
    raw = visible(as_text(entry.found))
    formula = None if entry.formula is None else f"={visible(entry.formula)}"
    if _holds_picture(formula, raw):
        return Answer(field.id, None, formula or raw, cell, "picture-in-cell")
    if entry.error:
        return admit(field, known_error(entry.error), visible(entry.error), cell)
    if formula is not None and is_external(formula[1:]):
        return Answer(field.id, None, formula, cell, "external-value")
    if formula is not None and not entry.saved:
        return Answer(field.id, None, formula, cell, "formula-not-calculated")
    answer = _answer(field, entry, raw, cell)
    if formula is not None and (answer.blank or _is_receipt(answer)):
        return replace(answer, raw=formula, problem=None if answer.blank else "formula-in-input")
    return answer


def _holds_picture(formula: str | None, raw: str) -> bool:
    """A picture's formula may also stand in its cell as text: that is what a program that doesn't know it keeps."""
    return is_picture(formula or "") or (raw.lstrip().startswith("=") and is_picture(raw))


def _is_receipt(answer: Answer) -> bool:
    """Whether there is nothing to say of the answer but how it was read."""
    return answer.value is not None and answer.problem != "text-too-long"


def _answer(field: Field, entry: Entry, raw: str, cell: Cell | None) -> Answer:
    """What the value alone, be it a formula's result, says."""
    reading = _reading(field, entry, raw)
    if reading.value is None:
        return Answer(field.id, None, raw, cell, reading.code, reading.why)
    answer = admit(field, reading.value, raw, cell)
    if answer.problem is None and reading.code is None and not reading.why:
        return answer
    if answer.problem is None:
        return replace(answer, problem=reading.code, why=reading.why)
    if answer.problem == "out-of-range" and reading.code is not None:
        return replace(answer, why=f"读作 {show(field, reading.value)}")
    if answer.problem in _NOT_OF_THE_KIND and raw.lstrip().startswith("="):  # a formula in a cell that is of text
        return replace(answer, problem="formula-not-calculated")
    return answer


def _reading(field: Field, entry: Entry, raw: str) -> Reading:
    if field.type is FieldType.TEXT:
        return _read_text(entry, raw)
    if isinstance(entry.found, str):
        word = plain(raw)
        if not word:
            return BLANK
        if (error := error_value(word)) is not None:
            return Reading(error)
    if field.type is FieldType.YESNO:
        return read_yes_no(field, entry, raw)
    if field.type is FieldType.CHOICE:
        return read_choice(field, entry, raw)
    nothing = read_nothing(field, raw) if isinstance(entry.found, str) else None
    if nothing is not None:
        return nothing
    return read_day(field, entry, raw) if field.type is FieldType.DATE else read_quantity(field, entry, raw)


def _read_text(entry: Entry, raw: str) -> Reading:
    """Running text, kept as it stands. Nothing but dashes is a blank: where a text is asked for it says nothing."""
    if not isinstance(entry.found, str):
        return Reading(as_percent(entry.found) if entry.shape is Shape.PERCENT else raw)
    text = tidy(raw)
    if len(text) <= LONGEST:  # a word or two, maybe not even that
        word = plain(text)
        if not word or only_marks(word):
            return BLANK
        if (error := error_value(word)) is not None:
            return Reading(error)
    return Reading(text, "control-characters" if has_hidden(entry.found) else None)
