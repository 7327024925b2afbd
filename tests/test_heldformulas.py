"""What stands behind a cell: told from the sheet's own XML, whoever wrote it."""

from __future__ import annotations

import pytest

from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.heldformulas import HeldFormula, held_formulas

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def held(rows: str, *refs: str) -> dict[str, HeldFormula]:
    return dict(held_formulas(SHEET.format(rows).encode(), refs))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<c r="B2" t="n"><f aca="false">a_score</f><v>9.02</v></c>', HeldFormula("a_score", True)),
        ('<c r="B2" s="84"><f>a_score</f><v></v></c>', HeldFormula("a_score", False)),  # openpyxl
        ('<c r="B2"><f>a_score</f><v/></c>', HeldFormula("a_score", False)),
        ('<c r="B2"><f>a_score</f></c>', HeldFormula("a_score", False)),
        ('<c r="B2" t="str"><f>a_score</f><v></v></c>', HeldFormula("a_score", True)),  # an empty text is a result
        ('<c r="B2"><f>IF(a=&quot;&#24180;&quot;,1,2)</f><v>0</v></c>', HeldFormula('IF(a="年",1,2)', True)),
        ('<c r="B2"><f t="shared" ref="B2:B9" si="0">C2*2</f><v>4</v></c>', HeldFormula("C2*2", True)),
        ('<c r="B2"><f t="shared" si="0"/><v>4</v></c>', HeldFormula("", True)),
        ('<c r="B2" t="n"><v>9.02</v></c>', None),
        ('<c r="B2" t="inlineStr"><is><t>满分</t></is></c>', None),
        ('<c r="B2"/>', None),
        ('<c r="A2"><f>other</f><v>1</v></c>', None),
    ],
)
def test_a_cell_with_its_formula_and_whether_a_result_was_saved(cell: str, expected: HeldFormula | None) -> None:
    assert held(f'<row r="2">{cell}</row>', "B2") == ({} if expected is None else {"B2": expected})


def test_cells_that_do_not_tell_their_place_are_counted() -> None:
    rows = "<row/><row><c/><c><f>second</f><v>1</v></c></row><row><c><f>third</f></c></row>"
    assert held(rows, "B2", "A3") == {"B2": HeldFormula("second", True), "A3": HeldFormula("third", False)}


def test_prefixed_elements_are_the_same() -> None:
    xml = '<x:worksheet xmlns:x="u"><x:sheetData><x:row r="1"><x:c r="A1"><x:f>a</x:f><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    assert held_formulas(xml.encode(), ["A1"]) == {"A1": HeldFormula("a", True)}


def test_reading_stops_after_the_last_row_asked_for() -> None:
    xml = SHEET.partition("{}")[0] + '<row r="1"><c r="A1"><f>a</f></c></row><row r="2"><broken'
    assert held_formulas(xml.encode(), ["A1"]) == {"A1": HeldFormula("a", False)}
    with pytest.raises(UnreadableWorkbook):
        held_formulas(xml.encode(), ["A2"])
    assert held_formulas(b"not even xml", []) == {}


def test_a_doctype_is_refused() -> None:
    with pytest.raises(UnreadableWorkbook, match="DOCTYPE"):
        held_formulas(b'<!DOCTYPE w [<!ENTITY a "b">]>' + SHEET.format("").encode(), ["A1"])
