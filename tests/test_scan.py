"""What stands behind the cells of a sheet: told from its own XML, whoever wrote it."""

from __future__ import annotations

import pytest

from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.scan import HeldFormula, SheetScan, areas, covered, scan_sheet

SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData>{}</worksheet>'


def scan(rows: str, more: str = "") -> SheetScan:
    return scan_sheet(SHEET.format(rows, more).encode())


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<c r="B2" t="n"><f aca="false">a_score</f><v>9.02</v></c>', HeldFormula("a_score", True)),
        ('<c r="B2" s="84"><f>a_score</f><v></v></c>', HeldFormula("a_score", False)),  # openpyxl
        ('<c r="B2"><f>a_score</f><v/></c>', HeldFormula("a_score", False)),
        ('<c r="B2"><f>a_score</f></c>', HeldFormula("a_score", False)),
        ('<c r="B2" t="str"><f>a_score</f><v></v></c>', HeldFormula("a_score", True)),  # an empty text is a result
        ('<c r="B2"><f>IF(a=&quot;&#24180;&quot;,1,2)</f><v>0</v></c>', HeldFormula('IF(a="年",1,2)', True)),
        ('<c r="B2"><f t="shared" ref="B2:B9" si="0">C2*2</f><v>4</v></c>', HeldFormula("C2*2", True, "0")),
        ('<c r="B2"><f t="shared" si="0"/><v>4</v></c>', HeldFormula("", True, "0")),
        ('<c r="B2" t="n"><v>9.02</v></c>', None),
        ('<c r="B2" t="inlineStr"><is><t>满分</t></is></c>', None),
        ('<c r="B2"/>', None),
        ('<c r="A2"><f>other</f><v>1</v></c>', None),
    ],
)
def test_a_cell_with_its_formula_and_whether_a_result_was_saved(cell: str, expected: HeldFormula | None) -> None:
    assert scan(f'<row r="2">{cell}</row>').formulas.get("B2") == expected


def test_a_shared_formula_is_put_in_terms_of_each_cell() -> None:
    found = scan(
        '<row r="2"><c r="B2"><f t="shared" ref="B2:B3" si="0">C2*$D$1</f><v>4</v></c></row>'
        '<row r="3"><c r="B3"><f t="shared" si="0"/><v>4</v></c><c r="C3"><f t="shared" si="7"/></c></row>'
    )
    assert found.formula("B2") == "C2*$D$1"
    assert found.formula("B3") == "C3*$D$1"
    assert found.formula("C3") == ""  # whose it is, the file doesn't tell
    assert found.formula("D3") is None


@pytest.mark.parametrize("text", ["}", ")", '"', "((", "&quot;", "'x"])
def test_a_shared_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    first = f'<c r="A1"><f t="shared" ref="A1:A2" si="0">{text}</f></c>'
    found = scan(f'<row r="1">{first}</row><row r="2"><c r="A2"><f t="shared" si="0"/></c></row>')
    assert found.formula("A2") == found.formula("A1")


def test_cells_that_do_not_tell_their_place_are_counted() -> None:
    rows = "<row/><row><c/><c><f>second</f><v>1</v></c></row><row><c><f>third</f></c></row>"
    assert scan(rows).formulas == {"B2": HeldFormula("second", True), "A3": HeldFormula("third", False)}


def test_prefixed_elements_are_the_same() -> None:
    xml = '<x:worksheet xmlns:x="u"><x:sheetData><x:row r="1"><x:c r="A1"><x:f>a</x:f><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    assert scan_sheet(xml.encode()).formulas == {"A1": HeldFormula("a", True)}


def test_cells_that_are_not_blank_have_their_style_and_errors_their_text() -> None:
    found = scan(
        '<row r="1"><c r="A1" s="5"/><c r="B1" s="3"><v>0</v></c><c r="C1" s="4" t="inlineStr"><is><t>x</t></is></c>'
        '<c r="D1" t="e"><v>#DIV/0!</v></c><c r="E1" s="2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    assert found.styles == {"B1": 3, "C1": 4, "D1": 0, "E1": 2}
    assert found.errors == {"D1": "#DIV/0!", "E1": "#DIV/0!"}


def test_what_is_set_for_the_sheet() -> None:
    found = scan(
        '<row r="3" hidden="1"><c r="A3"><v>1</v></c></row>',
        '<sheetProtection sheet="1" objects="1"/>'
        '<dataValidations><dataValidation type="list" sqref="B2:B3 D4"><formula1>"是,否"</formula1></dataValidation>'
        '<dataValidation prompt="x" sqref="Z9"/></dataValidations>',
    )
    assert found.hidden_rows == {3}
    assert found.protected
    assert found.validated == [(2, 2, 3, 2), (4, 4, 4, 4), (9, 26, 9, 26)]
    columns = scan_sheet(b'<worksheet><cols><col min="2" max="4" hidden="1"/><col min="6" max="6"/></cols></worksheet>')
    assert columns.hidden_columns == {2, 3, 4}
    assert not columns.protected


def test_validations_in_the_extension_of_newer_versions() -> None:
    more = (
        '<extLst xmlns:x14="u" xmlns:xm="w"><ext><x14:dataValidations><x14:dataValidation type="list">'
        "<x14:formula1><xm:f>其他!A1:A3</xm:f></x14:formula1><xm:sqref>E5:E6</xm:sqref></x14:dataValidation>"
        "</x14:dataValidations><x14:conditionalFormattings><xm:sqref>A1:A9</xm:sqref></x14:conditionalFormattings></ext></extLst>"
    )
    assert scan("", more).validated == [(5, 5, 6, 5)]


def test_which_cells_ranges_cover() -> None:
    assert list(areas("B2:C3 nonsense A9")) == [(2, 2, 3, 3), (9, 1, 9, 1)]
    assert list(covered(["B2", "C4", "A9"], areas("B2:C3 A9"))) == ["B2", "A9"]


@pytest.mark.parametrize("xml", [b"not even xml", b"<worksheet><row r='x'/></worksheet>", b"<worksheet>"])
def test_broken_xml_is_told(xml: bytes) -> None:
    with pytest.raises(UnreadableWorkbook):
        scan_sheet(xml)


def test_a_doctype_is_refused() -> None:
    with pytest.raises(UnreadableWorkbook, match="DOCTYPE"):
        scan_sheet(b'<!DOCTYPE w [<!ENTITY a "b">]>' + SHEET.format("", "").encode())
