"""Links between cells: what is put in, what goes, and that all else stays."""

from __future__ import annotations

import pytest

from perfeval_xl.cells import Cell
from perfeval_xl.errors import PatchRefused, UnreadableWorkbook
from perfeval_xl.excel.links import link_cells

HEAD = '<worksheet><sheetPr/><sheetData><row r="1"><c r="A1"/></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells>'
TAIL = "<printOptions/><extLst><ext><hyperlinks/></ext></extLst></worksheet>"
LINK = '<hyperlink ref="C5" location="\'基础数据\'!D5"/>'


def linked(between: str, links: dict[str, Cell], *cells: str, head: str = HEAD, tail: str = TAIL) -> str:
    """What stands between head and tail after a change."""
    done = link_cells(f"{head}{between}{tail}".encode(), links, cells).decode()
    assert done.startswith(head) and done.endswith(tail)
    return done[len(head) : len(done) - len(tail)]


def test_links_go_after_what_has_to_stand_before_them() -> None:
    assert linked("", {"C5": Cell("基础数据", "D5")}) == f"<hyperlinks>{LINK}</hyperlinks>"
    rules = '<conditionalFormatting/><dataValidations count="1"><dataValidation sqref="A1"/></dataValidations>'
    done = linked(rules, {"C5": Cell("基础数据", "D5")})
    assert done == f"{rules}<hyperlinks>{LINK}</hyperlinks>"
    assert linked("", {"C5": Cell("基础数据", "D5")}, head="<worksheet><sheetData/>").startswith("<hyperlinks>")


def test_a_sheets_name_is_quoted() -> None:
    done = linked("", {"C5": Cell('一\'s "表" <&>', "D5")})
    assert "location=''一''s \"表\" &lt;&amp;&gt;'!D5'" in done or "&quot;" in done
    assert done.count("<hyperlink ") == 1


def test_old_links_of_the_cells_go_and_those_of_others_stay() -> None:
    own = '<hyperlink ref="A1" r:id="rId1" tooltip="C5"/>'
    old = "<hyperlink location='x!A1' ref='C5'/>"
    long = '<hyperlink display="&gt;" ref="$C$6:D6"><extLst/></hyperlink >'
    before = f"<hyperlinks>{old} {own}{long}</hyperlinks>"
    assert linked(before, {}, "C5", "C6") == f"<hyperlinks> {own}</hyperlinks>"
    assert linked(before, {"C5": Cell("基础数据", "D5")}, "C5", "C6") == f"<hyperlinks> {own}{LINK}</hyperlinks>"
    assert linked(before, {}, "C7") == before
    assert linked(f"<hyperlinks>{own}</hyperlinks>", {"C5": Cell("基础数据", "D5")}, "C5") == (
        f"<hyperlinks>{own}{LINK}</hyperlinks>"
    )


def test_where_none_are_left_the_element_goes() -> None:
    assert linked(f"<hyperlinks>{LINK}</hyperlinks>", {}, "C5") == ""
    assert linked("<hyperlinks/>", {"C5": Cell("基础数据", "D5")}, "C5") == f"<hyperlinks>{LINK}</hyperlinks>"
    assert linked("", {}, "C5") == ""


def test_linking_again_gives_the_same_and_taking_away_what_was_there() -> None:
    own = "<hyperlinks><hyperlink ref='A1' r:id='rId1'/></hyperlinks>"
    for between in ("", own):
        xml = f"{HEAD}{between}{TAIL}".encode()
        once = link_cells(xml, {"C5": Cell("基础数据", "D5")}, ("C5", "C6"))
        assert once != xml
        assert link_cells(once, {"C5": Cell("基础数据", "D5")}, ("C5", "C6")) == once
        assert link_cells(once, {}, ("C5", "C6")) == xml


def test_prefixes_and_encodings() -> None:
    head = '<x:worksheet xmlns:x="u"><x:sheetData/>'
    done = linked("", {"C5": Cell("S", "D5")}, head=head, tail="</x:worksheet>")
    assert done == """<x:hyperlinks><x:hyperlink ref="C5" location="'S'!D5"/></x:hyperlinks>"""
    assert linked(done, {}, "C5", head=head, tail="</x:worksheet>") == ""
    latin = b'<?xml version="1.0" encoding="ISO-8859-1"?><worksheet><sheetData/></worksheet>'
    assert b"&#34920;" in link_cells(latin, {"C5": Cell("表", "D5")}, ())


def test_what_is_no_sheet() -> None:
    with pytest.raises(PatchRefused):
        link_cells(b"<worksheet/>", {"A1": Cell("S", "A1")}, ())
    with pytest.raises(UnreadableWorkbook):
        link_cells(b"<worksheet>", {"A1": Cell("S", "A1")}, ())
