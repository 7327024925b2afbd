"""Rows made taller for their text, and made as they were again."""

from __future__ import annotations

import pytest

from perfeval_xl.errors import PatchRefused
from perfeval_xl.excel.heights import Need, Raised, noted, raised, read_note, restored
from perfeval_xl.excel.styles import MAX_HEIGHT


def sheet(rows: str, form: str = '<sheetFormatPr defaultRowHeight="20"/>') -> bytes:
    return f"<worksheet>{form}<sheetData>{rows}</sheetData></worksheet>".encode()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('<row r="3" ht="22"><c r="A3"/></row>', '<row r="3" ht="50.5" customHeight="1"><c r="A3"/></row>'),
        ('<row r="3"  s="1" />', '<row r="3"  s="1" ht="50.5" customHeight="1" />'),
        ('<row r="3"/>', '<row r="3" ht="50.5" customHeight="1"/>'),
        ("<row ht='31.050000000000001' customHeight='false' r='3'/>", "<row ht='50.5' customHeight='1' r='3'/>"),
        ('<x:row customHeight="1" r="3" ht="50.49"/>', '<x:row customHeight="1" r="3" ht="50.5"/>'),
        ('<row r="3" ht="60" x="&lt;row r=\'3\'"/>', None),
        ('<row r="3" ht="50.5"/>', None),
        ('<row r="4"/>', None),
    ],
)
def test_a_row_is_made_taller_and_as_it_was_again(row: str, expected: str | None) -> None:
    before = sheet(f'<row r="1" ht="9"/><!-- <row r="3"> -->{row}<row r="9"/>')
    after, done = raised(before, [Need(3, 3, 50.5)])
    assert after == (before if expected is None else before.replace(row.encode(), expected.encode()))
    assert raised(after, [Need(3, 3, 50.5)]) == (after, {})
    assert restored(after, done) == before
    assert bool(done) == (expected is not None)


@pytest.mark.parametrize(("points", "taller"), [(20, False), (20.01, True)])
@pytest.mark.parametrize("form", ['<sheetFormatPr baseColWidth="10" defaultRowHeight="20"/>', None])
def test_a_row_that_does_not_tell_is_as_tall_as_any(points: float, taller: bool, form: str | None) -> None:
    least = points if form else points - 5  # 15 points where the sheet says nothing
    xml = sheet('<row r="1"/>', form or "")
    assert (raised(xml, [Need(1, 1, least)])[0] != xml) is taller


def test_rows_without_numbers_are_counted() -> None:
    assert raised(sheet('<row/><row r="5"/><row ht="7"/>'), [Need(6, 6, 30)])[0] == sheet(
        '<row/><row r="5"/><row ht="30" customHeight="1"/>'
    )
    with pytest.raises(PatchRefused):
        raised(sheet('<row r="x"/>'), [Need(1, 1, 30)])


def test_of_rows_together_the_last_one_grows() -> None:
    xml = sheet('<row r="1" ht="30"/><row r="2" ht="30"/>')
    assert raised(xml, [Need(1, 2, 60)])[0] == xml
    assert raised(xml, [Need(1, 2, 61)])[0] == xml.replace(b'r="2" ht="30"', b'r="2" ht="31" customHeight="1"')
    both, done = raised(xml, [Need(2, 2, 50), Need(1, 2, 70), Need(2, 2, 45)])
    assert both == xml.replace(b'r="2" ht="30"', b'r="2" ht="50" customHeight="1"')
    assert done == {2: Raised("50", "30", None)}


def test_no_row_grows_beyond_what_excel_knows() -> None:
    xml, _ = raised(sheet('<row r="1" ht="30"/>'), [Need(1, 1, MAX_HEIGHT + 500)])
    assert b'ht="409"' in xml


def test_a_row_that_got_another_height_since_stays() -> None:
    was = {1: Raised("50", "30", None), 7: Raised("50", "30", None)}
    for height, expected in (("50", "30"), ("50.0", "30"), ("49.5", "49.5"), ("80", "80")):
        custom = "" if expected == "30" else ' customHeight="1"'
        xml = sheet(f'<row r="1" ht="{height}" customHeight="1"/>')
        assert restored(xml, was) == sheet(f'<row r="1" ht="{expected}"{custom}/>')
    assert restored(sheet('<row r="1" ht="50" customHeight="1"/>'), {1: Raised("50", None, None)}) == sheet(
        '<row r="1"/>'
    )


def test_the_note_of_what_was_raised() -> None:
    rows = {"自评表": {12: Raised("50.5", "31.05", "false"), 3: Raised("40", None, None)}, "基础数据": {}}
    text = noted(rows)
    assert text == '{"自评表":{"3":["40",null,null],"12":["50.5","31.05","false"]}}'
    assert read_note(text) == {"自评表": rows["自评表"]}
    assert noted({"基础数据": {}}) == noted({}) == ""


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "[]", "1", "{}", '{"a":1}', '{"a":{"x":["1",null,null]}}', '{"a":{"3":["1",null]}}', '{"a":{"3":[1,2,3]}}',
        '{"a":{"3":["1","2","maybe"]}}', '{"a":{"3":["1","\\"/><x/>",null]}}', '{"a":{"3":["nan",null,null]}}',
        '{"a":{"99999999":["1",null,null]}}', "[" * 50_000, '{"a":{"3":["1",null,["x"]]}}',
    ],
)  # fmt: skip
def test_a_note_that_makes_no_sense_says_nothing(text: str) -> None:
    assert read_note(text) == {}
