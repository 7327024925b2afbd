"""Where a round stands: every unit and every file on exactly one line, totals that add up, products without formulas."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from perfeval_xl.campaign import Campaign
from perfeval_xl.cells import Cell
from perfeval_xl.district.parcels import Ignored, Inbox, Item
from perfeval_xl.district.standing import OtherFile, RoundStatus, Standing, UnitStatus, status
from perfeval_xl.district.standing_book import build_status_book
from perfeval_xl.district.standing_report import (
    CSV_COLUMNS,
    TABLE_COLUMNS,
    csv_rows,
    deadline_text,
    remarks,
    status_json,
    table_rows,
    totals_text,
)
from perfeval_xl.findings import Finding, finding
from perfeval_xl.report import csv_safe
from perfeval_xl.results import District, UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.rules.base import needs_review, scored
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from tests.small_schemes import indicator, small_scheme

UNITS = (
    Unit("S003", "第三小学", "小学", "丙"),
    Unit("S001", "第一小学", "小学", "甲"),
    Unit("S002", "=1+1", "幼儿园", "@乙"),
)
DEADLINE = date(2025, 4, 30)
TODAY = date(2025, 4, 25)
ON_TIME = datetime(2025, 4, 30, 23, 59, 59)
LATE = datetime(2025, 5, 1, 0, 0)
HUNDRED = Decimal(100)
ROW = indicator("whole", points=HUNDRED)
SCHEME = small_scheme(ROW)

MISSING_TWICE = [finding("missing", cell=Cell("表", ref), label="某数", advice="") for ref in ("D5", "D7")]
DIFFERS = finding(
    "score-differs", cell=Cell("表", "I3"), indicator="whole", expected="1.00", actual="2.00", name="某项", basis="x"
)
LONG_TEXT = finding("text-too-long", cell=Cell("表", "D9"), label="说明", actual="900", expected="500")
READ = finding("percent-read", cell=Cell("表", "D8"), label="某率", actual="98", expected="98%")
DAMAGED = finding("unreadable", why="压缩数据不完整")
LOCKED = finding("encrypted", why="没有登记密码")


def card(score: str | None) -> ScoreCard:
    outcome = needs_review(HUNDRED, "须人工核定") if score is None else scored(Decimal(score), "")
    return ScoreCard(SCHEME, (IndicatorScore(ROW, outcome, None, None),))


def result(code: str, score: str | None, *findings: Finding, file: str = "", name: str = "") -> UnitResult:
    """An accepted return; ``score`` None is a provisional one."""
    return UnitResult(code, name, "", file or f"{code}.xlsx", None, None, card(score), findings)


def set_aside(code: str, why: Finding, file: str, name: str = "") -> UnitResult:
    return UnitResult(code, name, "", file, None, None, None, (why,))


def a_round(folder: Path, *units: Unit) -> Campaign:
    made = Campaign(folder, "样例区", "样例区教育局", 2024, "small", DEADLINE, "")
    vars(made)["roster"] = {unit.code: unit for unit in units or UNITS}  # in place of a units.xlsx
    made.inbox.mkdir(parents=True, exist_ok=True)
    return made


def put(at: Campaign, name: str, written: datetime = ON_TIME) -> None:
    path = at.inbox / name
    path.write_bytes(b"x")
    os.utime(path, (written.timestamp(), written.timestamp()))


def stand(at: Campaign, *results: UnitResult, ignored: tuple[Ignored, ...] = ()) -> RoundStatus:
    district = District(at.district, at.department, at.year, at.deadline, SCHEME, results, ())
    inbox = Inbox(tuple(Item(path.name, path) for path in at.inbox.iterdir()), ignored)
    return status(at, district, inbox, TODAY)


def line_of(found: RoundStatus, code: str) -> UnitStatus:
    [line] = [each for each in found.units if each.code == code]
    return line


def test_every_unit_in_the_rosters_order_then_the_strays(tmp_path: Path) -> None:
    at = a_round(tmp_path)
    found = stand(
        at,
        result("S001", "99.97", DIFFERS),
        set_aside("S002", LOCKED, "b.xlsx"),
        set_aside("", DAMAGED, "c.xlsx"),
        set_aside("X9", finding("unit-unknown", actual="X9"), "d.xlsx", "外区小学"),
        ignored=(Ignored("~$a.xlsx", "有人正在打开 a.xlsx"),),
    )
    assert [(line.code, line.name, line.type, line.contact, line.standing) for line in found.units] == [
        ("S003", "第三小学", "小学", "丙", Standing.MISSING),
        ("S001", "第一小学", "小学", "甲", Standing.FINDINGS),
        ("S002", "=1+1", "幼儿园", "@乙", Standing.SET_ASIDE),
    ]
    assert [(line.code, line.name, line.file, line.why) for line in found.strays] == [
        ("", "", "c.xlsx", DAMAGED.message),
        ("X9", "外区小学", "d.xlsx", finding("unit-unknown", actual="X9").message),
    ]
    assert found.ignored == (Ignored("~$a.xlsx", "有人正在打开 a.xlsx"),)


@pytest.mark.parametrize(
    ("score", "findings", "standing", "counts", "total"),
    [
        ("99.97", (), Standing.CLEAN, (0, 0, 0), "99.97 优"),
        ("80", (READ,), Standing.CLEAN, (0, 0, 1), "80.00 良"),
        ("80", (READ, LONG_TEXT), Standing.FINDINGS, (0, 1, 1), "80.00 良"),
        ("80", (READ, LONG_TEXT, *MISSING_TWICE), Standing.FINDINGS, (1, 1, 1), "80.00 良"),
        (None, (), Standing.PROVISIONAL, (0, 0, 0), "0.00～100.00 暂定"),
        (None, (DIFFERS,), Standing.PROVISIONAL, (1, 0, 0), "0.00～100.00 暂定"),
    ],
)
def test_what_an_accepted_return_stands_at(
    tmp_path: Path,
    score: str | None,
    findings: tuple[Finding, ...],
    standing: Standing,
    counts: tuple[int, int, int],
    total: str,
) -> None:
    line = line_of(stand(a_round(tmp_path), result("S001", score, *findings)), "S001")
    assert (line.standing, (line.errors, line.warnings, line.infos), line.total) == (standing, counts, total)


def test_why_names_the_gravest_thing_with_its_cells(tmp_path: Path) -> None:
    at = a_round(tmp_path)
    error = line_of(stand(at, result("S001", "80", READ, LONG_TEXT, *MISSING_TWICE, DIFFERS)), "S001")
    assert error.why == f"表!D5、D7 {MISSING_TWICE[0].message}"
    warning = line_of(stand(at, result("S001", "80", READ, LONG_TEXT)), "S001")
    assert warning.why == f"表!D9 {LONG_TEXT.message}"
    assert line_of(stand(at, result("S001", "80", READ)), "S001").why == ""
    assert line_of(stand(at, set_aside("S001", LOCKED, "a.xlsx")), "S001").why == LOCKED.message


def test_an_accepted_return_is_shown_and_the_one_set_aside_named(tmp_path: Path) -> None:
    at = a_round(tmp_path)
    put(at, "old.xlsx", datetime(2025, 4, 1, 8, 0))
    put(at, "new.xlsx", datetime(2025, 4, 2, 8, 0))
    for results in (
        (result("S001", "90", file="old.xlsx"), set_aside("S001", DAMAGED, "new.xlsx")),
        (set_aside("S001", DAMAGED, "new.xlsx"), result("S001", "90", file="old.xlsx")),
    ):
        found = stand(at, *results)
        line = line_of(found, "S001")
        assert (line.standing, line.file, line.total) == (Standing.CLEAN, "old.xlsx", "90.00 优")
        assert line.others == (OtherFile("new.xlsx", DAMAGED.message),)
        assert found.strays == []


def test_returns_passed_over_for_a_newer_one_are_named(tmp_path: Path) -> None:
    counting = replace(result("S001", "90"), passed_over=("a.xlsx", "包.zip/b.xlsx"))
    line = line_of(stand(a_round(tmp_path), set_aside("S001", DAMAGED, "c.xlsx"), counting), "S001")
    assert [each.file for each in line.others] == ["a.xlsx", "包.zip/b.xlsx", "c.xlsx"]
    assert line.others[0].why == line.others[1].why == "同一单位交了几份，没有采用这一份"


def test_a_file_of_no_unit_tells_whom_its_name_says(tmp_path: Path) -> None:
    found = stand(a_round(tmp_path), *(set_aside("", DAMAGED, each) for each in ("S003_第三小学.xlsx", "自评表.xlsx")))
    assert [line.why for line in found.strays] == [f"{DAMAGED.message}文件名写的是 S003 第三小学。", DAMAGED.message]
    assert line_of(found, "S003").standing is Standing.MISSING


def test_of_several_set_aside_the_newest_is_shown(tmp_path: Path) -> None:
    at = a_round(tmp_path)
    put(at, "a.xlsx", datetime(2025, 4, 2, 8, 0))
    put(at, "b.xlsx", datetime(2025, 4, 1, 8, 0))
    gone = set_aside("S001", DAMAGED, "gone.xlsx")
    line = line_of(stand(at, set_aside("S001", LOCKED, "b.xlsx"), gone, set_aside("S001", DAMAGED, "a.xlsx")), "S001")
    assert (line.standing, line.file, line.why) == (Standing.SET_ASIDE, "a.xlsx", DAMAGED.message)
    assert [each.file for each in line.others] == ["b.xlsx", "gone.xlsx"]


@pytest.mark.parametrize(("written", "late"), [(ON_TIME, False), (LATE, True)])
def test_late_is_after_the_deadlines_day(tmp_path: Path, written: datetime, late: bool) -> None:
    at = a_round(tmp_path)
    put(at, "S001.xlsx", written)
    line = line_of(stand(at, result("S001", "90")), "S001")
    assert (line.received, line.late) == (written.replace(second=0), late)


def test_a_file_that_has_gone_has_no_time(tmp_path: Path) -> None:
    line = line_of(stand(a_round(tmp_path), result("S001", "90")), "S001")
    assert (line.received, line.late, line.standing) == (None, False, Standing.CLEAN)


def test_a_member_of_a_zip_came_when_the_zip_did(tmp_path: Path) -> None:
    at = a_round(tmp_path)
    put(at, "全部.zip", LATE)
    line = line_of(stand(at, result("S001", "90", file="全部.zip/一年级/S001.xlsx")), "S001")
    assert (line.received, line.late) == (LATE, True)
    assert line.path == at.inbox / "全部.zip"


@pytest.mark.parametrize(
    ("today", "text"),
    [
        (date(2025, 4, 29), "2025-04-30，还有 1 天"),
        (date(2025, 4, 30), "2025-04-30，今天截止"),
        (date(2025, 5, 1), "2025-04-30，已过 1 天"),
    ],
)
def test_the_deadline_and_how_far_it_is(tmp_path: Path, today: date, text: str) -> None:
    assert deadline_text(replace(stand(a_round(tmp_path)), today=today)) == text


def test_settled_only_when_all_is_in_and_clean(tmp_path: Path) -> None:
    at = a_round(tmp_path, UNITS[0])
    assert not stand(at).settled
    assert stand(at, result("S003", "90", READ)).settled
    assert not stand(at, result("S003", "90", LONG_TEXT)).settled
    assert not stand(at, result("S003", None)).settled
    assert not stand(at, result("S003", "90"), set_aside("", DAMAGED, "x.xlsx")).settled
    assert stand(at, result("S003", "90"), ignored=(Ignored(".DS_Store", "是隐藏文件"),)).settled


@drawn(st.lists(st.tuples(st.sampled_from(["S001", "S002", "S003", "", "X9"]), st.sampled_from("acpf")), max_size=12))
def test_totals_add_up_and_every_file_is_somewhere(
    tmp_path_factory: pytest.TempPathFactory, drawn_results: Any
) -> None:
    at = a_round(tmp_path_factory.getbasetemp() / "totals")
    results: list[UnitResult] = []
    accepted: set[str] = set()
    for number, (code, kind) in enumerate(drawn_results):
        file = f"{number}.xlsx"
        if kind == "a" or code in accepted or code in ("", "X9"):
            results.append(set_aside(code, DAMAGED, file))
            continue
        accepted.add(code)
        findings = (DIFFERS,) if kind == "f" else ()
        results.append(result(code, None if kind == "p" else "90", *findings, file=file))
    found = stand(at, *results)
    totals = found.totals
    assert totals.due == totals.returned + totals.set_aside + totals.missing == len(UNITS)
    assert totals.returned == totals.provisional + totals.findings + totals.clean == len(accepted)
    lines = [*found.units, *found.strays]
    shown = [line.file for line in lines if line.file] + [other.file for line in lines for other in line.others]
    assert sorted(shown) == sorted(each.file for each in results)
    assert totals.strays == sum(each.unit_code in ("", "X9") for each in results)


# What is printed and written


@pytest.fixture
def full(tmp_path: Path) -> RoundStatus:
    at = a_round(tmp_path)
    put(at, "S001.xlsx", LATE)
    put(at, "=HYPERLINK(1).xlsx")
    return stand(
        at,
        result("S001", "90", LONG_TEXT),
        set_aside("S001", DAMAGED, "旧.xlsx"),
        set_aside("S002", LOCKED, "=HYPERLINK(1).xlsx"),
        set_aside("", DAMAGED, "d.xlsx"),
        ignored=(Ignored("~$a.xlsx", "有人正在打开 a.xlsx"),),
    )


def test_table_has_a_line_a_unit_and_reasons_below(full: RoundStatus) -> None:
    rows = [dict(zip(TABLE_COLUMNS, row, strict=True)) for row in table_rows(full)]
    assert [row["状态"] for row in rows] == ["未交", "有问题", "未受理", "未受理"]
    assert [row["收到时间"] for row in rows] == ["", "2025-05-01 00:00 逾期", "2025-04-30 23:59", ""]
    assert [(row["错误"], row["提醒"]) for row in rows] == [("", ""), ("0", "1"), ("1", "0"), ("1", "0")]
    assert rows[3]["单位名称"] == "（单位不明）"
    assert dict(remarks(full)) == {
        "未受理的文件": [
            f"S002 =1+1　=HYPERLINK(1).xlsx：{LOCKED.message}",
            f"（单位不明）　d.xlsx：{DAMAGED.message}",
        ],
        "同一单位的其他文件": [f"S001 第一小学　旧.xlsx：{DAMAGED.message}"],
        "没有读取的文件": ["~$a.xlsx：有人正在打开 a.xlsx"],
    }
    assert totals_text(full) == (
        "应交 3，已交 1，未受理 1，未交 1；已交的：待补正 0，有问题 1，无问题 0；逾期 1；另有 1 个文件不属于名册中的单位。"
    )


def test_totals_leave_out_what_there_is_none_of(tmp_path: Path) -> None:
    assert totals_text(stand(a_round(tmp_path))) == (
        "应交 3，已交 0，未受理 0，未交 3；已交的：待补正 0，有问题 0，无问题 0。"
    )
    assert list(remarks(stand(a_round(tmp_path)))) == []


def test_csv_rows_are_whole(full: RoundStatus) -> None:
    rows = [dict(zip(CSV_COLUMNS, row, strict=True)) for row in csv_rows(full)[1:]]
    assert rows[1] == {
        "单位代码": "S001",
        "单位名称": "第一小学",
        "单位类型": "小学",
        "联系人": "甲",
        "状态": "有问题",
        "退回": "",
        "文件": "S001.xlsx",
        "收到时间": "2025-05-01 00:00",
        "逾期": "逾期",
        "错误": "0",
        "提醒": "1",
        "说明": "0",
        "总分": "90.00 优",
        "原因或首要问题": f"表!D9 {LONG_TEXT.message}",
        "其他文件": f"旧.xlsx：{DAMAGED.message}",
    }


def test_json_is_totals_units_strays_and_ignored(full: RoundStatus) -> None:
    shown = json.loads(json.dumps(status_json(full)))
    assert list(shown) == [
        "department", "year", "deadline", "today", "days_left", "totals", "units", "strays", "own", "ignored",
        "rulings",
    ]  # fmt: skip
    assert (shown["deadline"], shown["today"], shown["days_left"]) == ("2025-04-30", "2025-04-25", 5)
    assert shown["totals"] == {
        "due": 3, "returned": 1, "set_aside": 1, "missing": 1, "provisional": 0, "findings": 1, "clean": 0,
        "late": 1, "sent_back": 0, "strays": 1, "ignored": 1,
    }  # fmt: skip
    assert shown["units"][1] == {
        "unit_code": "S001",
        "unit_name": "第一小学",
        "unit_type": "小学",
        "contact": "甲",
        "standing": "findings",
        "file": "S001.xlsx",
        "received": "2025-05-01T00:00",
        "late": True,
        "errors": 0,
        "warnings": 1,
        "infos": 0,
        "total": "90.00 优",
        "ruled": 0,
        "why": f"表!D9 {LONG_TEXT.message}",
        "sent_back": 0,
        "others": [{"file": "旧.xlsx", "why": DAMAGED.message}],
    }
    assert [each["standing"] for each in (*shown["units"], *shown["strays"])] == [
        "missing", "findings", "set_aside", "set_aside",
    ]  # fmt: skip
    assert shown["ignored"] == [{"file": "~$a.xlsx", "why": "有人正在打开 a.xlsx"}]


def written(full: RoundStatus, folder: Path) -> Any:
    return openpyxl.load_workbook(io.BytesIO(build_status_book(full, folder)))


def test_workbook_holds_the_lines_and_no_formula(full: RoundStatus, tmp_path: Path) -> None:
    book = written(full, tmp_path)
    assert book.sheetnames == ["交表情况", "没有读取的文件"]
    sheet = book["交表情况"]
    cells = [cell for each in book for row in each.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert {cell.value for cell in cells if cell.quotePrefix} == {"=1+1", "@乙", "=HYPERLINK(1).xlsx"}
    head = next(row for row in sheet.iter_rows() if row[0].value == "单位代码")
    lines = list(sheet.iter_rows(min_row=head[0].row + 1, values_only=True))
    assert [line[4] for line in lines] == ["未交", "有问题", "未受理", "未受理"]
    assert sheet.auto_filter.ref == f"A{head[0].row}:P{head[0].row + 4}"
    assert sheet.freeze_panes == f"C{head[0].row + 1}"
    assert sheet.print_title_rows == f"${head[0].row}:${head[0].row}"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)


def test_workbook_tells_the_totals(full: RoundStatus, tmp_path: Path) -> None:
    sheet = written(full, tmp_path)["交表情况"]
    tiles = {cell.value: cell.offset(row=1).value for cell in sheet[3] if cell.value}
    assert tiles == {
        "应交": 3, "已交": 1, "其中无问题": 0, "其中有问题": 1, "其中待补正": 0, "未受理": 1, "未交": 1,
        "已退回修改": 0, "截止": "2025-04-30，还有 5 天", "逾期": 1,
    }  # fmt: skip


def test_links_lead_from_the_workbook_into_the_inbox(full: RoundStatus, tmp_path: Path) -> None:
    def targets(folder: Path) -> list[str]:
        with zipfile.ZipFile(io.BytesIO(build_status_book(full, folder))) as book:
            rels = book.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
        return re.findall('Target="([^"]*)"', rels)

    assert targets(tmp_path) == ["inbox\\S001.xlsx", "inbox\\=HYPERLINK(1).xlsx"]
    assert targets(tmp_path / "summary")[0] == "..\\inbox\\S001.xlsx"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["..\\..\\x.xlsx", "http:x.xlsx", "\\\\server\\x.xlsx"])
def test_no_link_for_a_name_that_could_lead_elsewhere(tmp_path: Path, name: str) -> None:
    at = a_round(tmp_path)
    put(at, name)
    with zipfile.ZipFile(io.BytesIO(build_status_book(stand(at, result("S001", "90", file=name)), tmp_path))) as book:
        assert not [each for each in book.namelist() if each.endswith("sheet1.xml.rels")]


def test_the_same_round_gives_the_same_workbook(full: RoundStatus, tmp_path: Path) -> None:
    assert build_status_book(full, tmp_path) == build_status_book(full, tmp_path)


def test_csv_is_guarded_against_formulas(full: RoundStatus) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(csv_safe(row) for row in csv_rows(full))
    cells = [cell for row in csv.reader(io.StringIO(text.getvalue())) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "'=HYPERLINK(1).xlsx" in cells
