"""The sheet that a workbook opens on: chosen in the file as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfeval_xl.excel.opening import opening_at
from perfeval_xl.excel.package import Package
from tests.engines import Gnumeric
from tests.workbooks import SHEET, contents, raw_members, rich_workbook, saved, zipped

OTHER = "基础数据 (一)"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def opens_on(data: bytes) -> tuple[str, list[str]]:
    """The sheet in front, and all that are selected. (openpyxl can't load what Gnumeric makes of the comment.)"""
    package = Package.read(data)
    names = [sheet.get("name", "") for sheet in package.xml("xl/workbook.xml").iterfind("{*}sheets/{*}sheet")]
    view = package.xml("xl/workbook.xml").find("{*}bookViews/{*}workbookView")
    assert view is not None
    selected = [
        name
        for name, part in package.sheets.items()
        if any(each.get("tabSelected") in ("1", "true") for each in package.xml(part).iter(f"{MAIN}sheetView"))
    ]
    return names[int(view.get("activeTab", "0"))], selected


def test_another_sheet_comes_to_the_front_alone() -> None:
    before = rich_workbook()
    assert opens_on(before) == (SHEET, [SHEET])
    after = opening_at(before, OTHER)
    assert opens_on(after) == (OTHER, [OTHER])
    old, new = raw_members(before), raw_members(after)
    changed = {name for name in old if old[name] != new[name]}
    assert changed == {"xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"}
    for name in changed:
        was, now = (re.sub(rb' (?:activeTab|tabSelected)="\d"', b"", contents(each)[name]) for each in (before, after))
        assert was == now


def test_a_second_time_changes_nothing() -> None:
    once = opening_at(rich_workbook(), OTHER)
    assert opening_at(once, OTHER) == once
    assert opens_on(opening_at(once, SHEET)) == (SHEET, [SHEET])


def changed(part: str, old: str, new: str) -> bytes:
    members = contents(rich_workbook())
    assert old.encode() in members[part]
    members[part] = members[part].replace(old.encode(), new.encode())
    return zipped(members)


@pytest.mark.parametrize("sheet", ["没有的表", "自评表 "])
def test_a_sheet_that_is_not_there(sheet: str) -> None:
    data = rich_workbook()
    assert opening_at(data, sheet) == data


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_not_shown(state: str) -> None:
    data = changed("xl/workbook.xml", f'name="{OTHER}"', f'name="{OTHER}" state="{state}"')
    assert opening_at(data, OTHER) == data


def test_a_workbook_that_says_nothing_of_its_views() -> None:
    members = contents(rich_workbook())
    members["xl/workbook.xml"] = re.sub(rb"<bookViews>.*?</bookViews>", b"", members["xl/workbook.xml"])
    after = opening_at(zipped(members), OTHER)
    assert opens_on(after) == (OTHER, [OTHER])
    order = re.findall(rb"<(workbookPr|bookViews|sheets)\b", contents(after)["xl/workbook.xml"])
    assert order == [b"workbookPr", b"bookViews", b"sheets"]


def test_prefixes_and_quotes_of_other_programs() -> None:
    members = contents(rich_workbook())
    book = members["xl/workbook.xml"].decode()
    book = re.sub(r"<(/?)([A-Za-z]\w*)(?=[\s/>])", r"<\1x:\2", book).replace("xmlns=", "xmlns:x=")
    members["xl/workbook.xml"] = book.replace("<x:workbookView ", "<x:workbookView activeTab='0' ").encode()
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"].replace(
        b'tabSelected="1"', b"tabSelected='true'"
    )
    after = contents(opening_at(zipped(members), OTHER))
    assert re.search(rb'<x:workbookView [^>]*activeTab="1"', after["xl/workbook.xml"])
    assert b"activeTab='0'" not in after["xl/workbook.xml"]
    assert b"tabSelected" not in after["xl/worksheets/sheet1.xml"]
    assert b'tabSelected="1"' in after["xl/worksheets/sheet2.xml"]


def test_saved_by_gnumeric(tmp_path: Path, gnumeric: Gnumeric) -> None:
    source = saved(tmp_path / "a.xlsx", rich_workbook())
    data = gnumeric.resave(source, tmp_path / "g.xlsx").read_bytes()
    assert opens_on(opening_at(data, OTHER)) == (OTHER, [OTHER])
