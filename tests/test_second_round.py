"""A whole second round through the commands: returned, corrected, resubmitted, ruled, and the summary in the end."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from click.testing import CliRunner, Result

from perfeval_xl.campaign import Campaign
from perfeval_xl.cli import main
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.ruling_book import COLUMNS, SHEET
from tests.rounds import hand_in, issued_round, published_answers
from tests.workbooks import contents, zipped

CLAIM = {"procurement_policy_self_score": "0.90"}
"""Less than the recalculated 0.99: a person has to say which it is to be."""
WRONG = {"contracts_signed_on_time": "99999"}
"""More contracts in time than there are."""


def perfeval(at: Campaign, *command: str) -> Result:
    return CliRunner().invoke(main, [*command, "-C", str(at.folder)])


def correct(at: Campaign, code: str, name: str, saved: str, **changes: Any) -> None:
    """What the unit does: it opens what came back, types over the wrong cells, saves under a name of its own."""
    back = at.returned / at.roster[code].file_name
    answers = json.dumps(published_answers(**changes), ensure_ascii=False)
    members = contents(Desk(at.scheme).fill(back.read_bytes(), back.name, answers))
    core = members["docProps/core.xml"].decode()
    members["docProps/core.xml"] = re.sub(r"(<dcterms:modified [^>]*>)[^<]*", rf"\g<1>{saved}", core).encode()
    (at.inbox / name).write_bytes(zipped(members))


def rule(at: Campaign, code: str, **values: Any) -> None:
    """The reviewer types into rulings.xlsx."""
    book = openpyxl.load_workbook(at.rulings)
    sheet = book[SHEET]
    place = {column.key: number for number, column in enumerate(COLUMNS, start=1)}
    asked = [cells[0].row for cells in sheet.iter_rows() if cells[0].value == code]
    [row] = [each for each in asked if sheet.cell(each, place["code"]).value == "procurement_policy"]
    for key, value in values.items():
        sheet.cell(row, place[key]).value = value
    book.save(at.rulings)


def rows_of(summary: Path, sheet: str, code: str) -> list[dict[str, Any]]:
    """The rows of a unit on a sheet of the summary, by heading."""
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(summary)[sheet].iter_rows()]
    head = next(row for row in rows if "单位代码" in row)
    heads = [str(each or "").replace("\n", "") for each in head]
    return [dict(zip(heads, row, strict=True)) for row in rows if row[head.index("单位代码")] == code]


def test_returned_corrected_resubmitted_and_ruled(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024")
    hand_in(at, "S001", published_answers(**WRONG), "一小.xlsx")
    hand_in(at, "S002", published_answers(**CLAIM), "二小.xlsx")
    assert perfeval(at, "run").exit_code == 0
    summary = at.summary / rounds.SUMMARY_FILE
    [first] = rows_of(summary, "排名表", "S001")
    assert first["等级"] in (None, "", "未定", "优")

    sent = perfeval(at, "return")
    assert sent.exit_code == 0
    assert {path.name for path in at.returned.glob("S001_*")} == {
        "S001_第一小学.xlsx",
        "S001_第一小学_退回说明.docx",
        "S001_第一小学_退回说明.txt",
    }

    correct(at, "S001", "一小（改）.xlsx", "2025-04-20T08:00:00Z")
    rule(at, "S002", decision="另定分", score=0.95, reason="佐证只齐一部分", name="张三", day=date(2025, 5, 10))
    ran = perfeval(at, "run")
    assert ran.exit_code == 0, ran.output
    assert "已采用 1 项" in ran.output

    [one], [two] = (rows_of(summary, "排名表", code) for code in ("S001", "S002"))
    assert (one["复核总分"], one["等级"]) == (99.97, "优")
    assert (two["复核总分"], two["等级"]) == (99.93, "优")  # 99.97 with 0.95 in place of 0.99
    before, after = rows_of(summary, "重报变化", "S001")
    assert (before["文件"], before["是否采用"]) == ("一小.xlsx", "未采用")
    assert (after["文件"], after["是否采用"], after["重算总分"]) == ("一小（改）.xlsx", "采用", 99.97)
    assert rows_of(summary, "重报变化", "S002") == []

    paper = perfeval(at, "explain", str(at.inbox / "二小.xlsx"), "--indicator", "procurement_policy")
    assert re.search(r"裁定 +另定分，得 0\.95 分（佐证只齐一部分；张三，2025-05-10）", paper.output)

    told = perfeval(at, "diff", str(at.inbox / "一小.xlsx"), str(at.inbox / "一小（改）.xlsx"))
    assert told.exit_code == 1
    assert "99,999" in told.output or "99999" in told.output
    assert perfeval(at, "return").exit_code == 0
    assert list(at.returned.glob("S001_*")) == []
