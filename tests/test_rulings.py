"""Rulings: rows that a person must settle get to rulings.xlsx; what is typed there decides, and is never touched."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from perfeval_xl import campaign
from perfeval_xl.cells import Cell
from perfeval_xl.cli import main
from perfeval_xl.district import rounds, rulings, standing
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.ruling_blank import COLUMNS, HEAD, RECORD, RECORD_COLUMNS, SHEET, SPARE, blank_rulings
from perfeval_xl.district.ruling_book import RulingFile
from perfeval_xl.errors import CampaignError, PatchRefused
from perfeval_xl.excel.rows import last_row, with_blank_rows
from perfeval_xl.excel.sheetpatch import Content
from perfeval_xl.results import Rulings, UnitResult
from perfeval_xl.scheme.scorecard import Decision, Ruling, ScoreCard
from perfeval_xl.summary import build_summary
from tests.engines import Gnumeric, LibreOffice
from tests.rounds import hand_in, issued_round, published_answers
from tests.workbooks import raw_members

POLICY = "procurement_policy"  # 1 point, recalculated 0.99
FUNDS = "public_funds_control"
CLAIM = {f"{POLICY}_self_score": "0.90"}
NUMBER = {column.key: number for number, column in enumerate(COLUMNS, start=1)}
DECIDED: dict[str, Any] = {"decision": "采纳自评", "reason": "已附佐证", "name": "张三", "day": date(2025, 5, 10)}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> campaign.Campaign:
    """A round in which S001 and S002 claim less than what is recalculated, and rulings.xlsx asks about that."""
    at = issued_round(tmp_path_factory.mktemp("round") / "2024")
    for code in ("S001", "S002"):
        hand_in(at, code, published_answers(**CLAIM), f"{code}.xlsx")
    run(at)
    return at


@pytest.fixture(scope="module")
def examined(asked: campaign.Campaign) -> list[UnitResult]:
    """The results before any ruling."""
    return [each for path in sorted(asked.inbox.iterdir()) for each in Desk.of(asked).examine(path)]


@pytest.fixture
def at(asked: campaign.Campaign, tmp_path: Path) -> campaign.Campaign:
    """The same round, to be worked on."""
    return copied(asked, tmp_path / "2024")


def copied(at: campaign.Campaign, folder: Path) -> campaign.Campaign:
    """A copy of the round in ``folder``; the scheme is not loaded anew."""
    shutil.copytree(at.folder, folder)
    copy = replace(at, folder=folder)
    vars(copy)["scheme"] = at.scheme
    return copy


def sheet_of(at: campaign.Campaign) -> tuple[Any, Worksheet]:
    book = openpyxl.load_workbook(at.rulings)
    return book, book[SHEET]


def row_of(sheet: Worksheet, unit: str, code: str) -> int:
    """The row of a unit and an indicator."""
    keys = [(sheet.cell(row, NUMBER["unit"]).value, sheet.cell(row, NUMBER["code"]).value) for row in rows(sheet)]
    return rows(sheet)[keys.index((unit, code))]


def rows(sheet: Worksheet) -> range:
    return range(HEAD + 1, sheet.max_row + 1)


def type_in(at: campaign.Campaign, of_unit: str = "S001", of_code: str = POLICY, **values: Any) -> int:
    """Type ``values`` (by key of the column) into a row of rulings.xlsx, as a person would; returns the row."""
    book, sheet = sheet_of(at)
    row = row_of(sheet, of_unit, of_code)
    put(sheet, row, values)
    book.save(at.rulings)
    return row


def put(sheet: Worksheet, row: int, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        sheet.cell(row, NUMBER[key]).value = value


def first_blank(sheet: Worksheet) -> int:
    return next(row for row in rows(sheet) if sheet.cell(row, 1).value is None)


@dataclass(frozen=True)
class Done:
    """Results with rulings taken in, and what is to be told of the rulings."""

    results: Sequence[UnitResult]
    ruled: rulings.Ruled
    rulings: Rulings


def taken_in(at: campaign.Campaign, results: Sequence[UnitResult]) -> Done:
    book = rulings.read_rulings(at.rulings, at.scheme, at.roster)
    ruled = rulings.apply(book, rulings.Accepted.among(results))
    return Done([ruled.taken_into(each) for each in results], ruled, ruled.rulings)


_KNOWN: dict[bytes, list[UnitResult]] = {}


def run(at: campaign.Campaign) -> Done:
    """What `run` does with rulings, without the other products."""
    results = []
    for path in sorted(at.inbox.iterdir()):
        data = path.read_bytes()
        if data not in _KNOWN:
            _KNOWN[data] = Desk.of(at).examine(path)
        results += _KNOWN[data]
    done = taken_in(at, results)
    return replace(done, rulings=rulings.write_rulings(at, done.ruled))


def told(found: Done) -> list[tuple[str, str]]:
    """Codes and references of the findings about the file."""
    return [(each.code, each.cell.ref if each.cell else "") for each in found.rulings.findings]


def card_of(found: Done, unit: str = "S001") -> ScoreCard:
    card = next(each.card for each in found.results if each.unit_code == unit)
    assert card is not None
    return card


def shown(at: campaign.Campaign, sheet: str = SHEET) -> list[dict[str, Any]]:
    """The rows of a sheet of rulings.xlsx as they stand in the file, by key."""
    grid = CalamineWorkbook.from_path(str(at.rulings)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    keys = [column.key for column in (COLUMNS if sheet == SHEET else RECORD_COLUMNS)]
    return [dict(zip(keys, row, strict=False)) for row in grid[HEAD:] if any(row)]


def row_shown(at: campaign.Campaign, unit: str = "S001", code: str = POLICY) -> dict[str, Any]:
    [row] = [each for each in shown(at) if (each["unit"], each["code"]) == (unit, code)]
    return row


# ---- what is asked


def test_rows_that_a_person_must_settle_are_asked_about(asked: campaign.Campaign) -> None:
    keys = [(each["unit"], each["code"]) for each in shown(asked)]
    assert keys[: len(keys) // 2] == [("S001", "budget_execution"), ("S001", POLICY), ("S001", FUNDS)]
    row = row_shown(asked)
    assert (row["unit_name"], row["indicator"], row["points"]) == ("第一小学", "采购政策效能", 1)
    assert (row["claim"], row["recalculated"], row["status"]) == (0.9, 0.99, "待裁定")
    assert row["why"].startswith("自评 0.90 分，按评分标准重算 0.99 分") and "单位写的依据" in row["why"]
    assert [row[key] for key in ("decision", "score", "reason", "name", "day")] == [""] * 5


def test_an_open_row_shows_its_bounds(at: campaign.Campaign) -> None:
    hand_in(at, "S003", published_answers(asset_data_accurate=False, asset_data_score="1"))
    run(at)
    assert row_shown(at, "S003", "asset_data_quality")["recalculated"] == "0.00～2.00"


def test_nothing_is_written_where_nothing_is_asked(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024")
    found = rounds.review(at)
    assert not at.rulings.exists()
    assert found.rulings == Rulings()


# ---- what is decided


@pytest.mark.parametrize(
    ("typed", "score"),
    [
        (DECIDED, "0.90"),
        (DECIDED | {"score": 0.9}, "0.90"),
        (DECIDED | {"decision": "采纳重算"}, "0.99"),
        (DECIDED | {"decision": "另定分", "score": 0}, "0.00"),
        (DECIDED | {"decision": "另定分", "score": 1}, "1.00"),
        (DECIDED | {"decision": "另定分", "score": "０．９５"}, "0.95"),
        (DECIDED | {"decision": " 采纳重算 ", "day": "2025年5月10日"}, "0.99"),
    ],
)
def test_a_ruling_decides(
    at: campaign.Campaign, examined: list[UnitResult], typed: Mapping[str, Any], score: str
) -> None:
    row = type_in(at, **typed)
    found = taken_in(at, examined)
    assert told(found) == []
    card, before = card_of(found), next(each.card for each in examined if each.unit_code == "S001")
    assert before is not None and before.total is not None
    ruled = card.row[POLICY]
    assert (ruled.final, ruled.score) == (Decimal(score), Decimal("0.99"))
    assert (ruled.low, ruled.high) == (Decimal(score), Decimal(score))
    assert ruled.final_difference == Decimal("0.90") - Decimal(score)
    assert card.total == before.total - Decimal("0.99") + Decimal(score)
    assert ruled.ruling is not None
    assert (ruled.ruling.name, ruled.ruling.day) == ("张三", date(2025, 5, 10))
    assert ruled.ruling.cell == Cell(SHEET, f"I{row}")
    assert card.ruled == (ruled,)
    assert card_of(found, "S002").total == before.total


def test_a_ruling_in_words() -> None:
    ruling = Ruling(Decision.SET_SCORE, Decimal(1), "按实际情况。", "张三", date(2025, 5, 10))
    assert str(ruling) == "另定分，得 1.00 分（按实际情况；张三，2025-05-10）"


def test_what_a_ruling_settles_is_no_longer_told(at: campaign.Campaign, examined: list[UnitResult]) -> None:
    type_in(at, **DECIDED)
    result = taken_in(at, examined).results[0]
    codes = {each.code for each in result.findings if each.indicator == POLICY}
    assert codes == {"ruled"}
    assert any(each.indicator == FUNDS and each.code == "evidence-unit-slip" for each in result.findings)
    [said] = [each for each in result.findings if each.code == "ruled"]
    assert said.message == "采购政策效能：区局裁定采纳自评，得 0.90 分（已附佐证；张三，2025-05-10）。"


def test_a_ruling_settles_an_open_row(at: campaign.Campaign) -> None:
    hand_in(at, "S003", published_answers(asset_data_accurate=False, asset_data_score="1"))
    assert next(each for each in run(at).results if each.unit_code == "S003").card.provisional  # type: ignore[union-attr]
    type_in(at, "S003", "asset_data_quality", **DECIDED | {"decision": "另定分", "score": 1.5})
    [result] = [each for each in run(at).results if each.unit_code == "S003"]
    assert result.card is not None
    assert result.card.total is not None and result.card.grade == "优"
    assert result.card.level_score("管理效率", "资产管理") == Decimal("9.50")


def test_a_row_of_no_complaint_can_be_ruled_on_too(at: campaign.Campaign, examined: list[UnitResult]) -> None:
    book, sheet = sheet_of(at)
    values = {"unit": "S001", "code": "three_public", **DECIDED, "decision": "另定分", "score": 0}
    put(sheet, first_blank(sheet), values)
    book.save(at.rulings)
    assert card_of(taken_in(at, examined)).row["three_public"].final == 0
    run(at)
    row = row_shown(at, code="three_public")
    assert (row["unit_name"], row["points"], row["status"]) == ("第一小学", 2, "已采用：0.00 分")
    assert taken_in(at, examined).ruled.record == []


# ---- what can't be used


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"reason": None}, [("ruling-incomplete", "reason")]),
        ({"name": " "}, [("ruling-incomplete", "name")]),
        ({"day": None}, [("ruling-incomplete", "day")]),
        ({"decision": None}, [("ruling-incomplete", "decision")]),
        ({"decision": "另定分"}, [("ruling-incomplete", "score")]),
        (
            {"decision": "另定分", "reason": None, "name": None, "day": None},
            [("ruling-incomplete", key) for key in ("score", "reason", "name", "day")],
        ),
        ({"decision": "同意"}, [("not-a-choice", "decision")]),
        ({"decision": "另定分", "score": 1.01}, [("out-of-range", "score")]),
        ({"decision": "另定分", "score": -0.01}, [("out-of-range", "score")]),
        ({"decision": "另定分", "score": 0.985}, [("out-of-range", "score")]),
        ({"decision": "另定分", "score": "满分"}, [("not-a-number", "score")]),
        ({"decision": "另定分", "score": "=0.5+0.4"}, [("ruling-formula", "score")]),
        ({"reason": "=A1"}, [("ruling-formula", "reason")]),
        ({"day": "=TODAY()"}, [("ruling-formula", "day")]),
        ({"day": "五月"}, [("not-a-date", "day")]),
        ({"day": "5月10日"}, [("date-ambiguous", "day")]),
        ({"score": 0.95}, [("ruling-score-differs", "score")]),
        ({"score": 2, "day": "#REF!"}, [("out-of-range", "score"), ("error-value", "day")]),
    ],
)
def test_bad_input_is_told_with_its_cell_and_the_rest_applied(
    at: campaign.Campaign, examined: list[UnitResult], typed: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    book, sheet = sheet_of(at)
    row = row_of(sheet, "S001", POLICY)
    put(sheet, row, DECIDED | typed)
    put(sheet, row_of(sheet, "S002", POLICY), DECIDED)
    book.save(at.rulings)
    done = taken_in(at, examined)
    assert told(done) == [(code, f"{openpyxl.utils.get_column_letter(NUMBER[key])}{row}") for code, key in found]
    assert all("S001 第一小学 采购政策效能" in each.message for each in done.rulings.findings)
    assert card_of(done).row[POLICY].ruling is None
    assert card_of(done, "S002").row[POLICY].final == Decimal("0.90")
    messages = [each.message.removeprefix("S001 第一小学 采购政策效能：") for each in done.rulings.findings]
    assert done.ruled.changed[row]["status"] == f"未采用：{''.join(messages)}"
    assert [each["unit"] for each in done.ruled.record] == ["S002"]


def test_name_and_date_alone_are_no_ruling_yet(at: campaign.Campaign, examined: list[UnitResult]) -> None:
    row = type_in(at, name="张三", day=date(2025, 5, 10))
    done = taken_in(at, examined)
    assert told(done) == []
    assert done.ruled.changed[row]["status"] == "待裁定"


@pytest.mark.parametrize(
    ("answers", "decision", "why"),
    [
        ({f"{POLICY}_self_score": None, "sme_actual_yuan": None}, "采纳重算", "重算没有得出分数"),
        ({f"{POLICY}_self_score": "1.5"}, "采纳自评", "自评 1.50 分超过分值 1 分"),
    ],
)
def test_decisions_that_give_no_score(at: campaign.Campaign, answers: dict[str, Any], decision: str, why: str) -> None:
    (at.inbox / "S001.xlsx").unlink()
    hand_in(at, "S001", published_answers(**answers))
    run(at)
    row = type_in(at, **DECIDED | {"decision": decision})
    done = taken_in(at, Desk.of(at).examine(at.inbox / "S001 交表.xlsx"))
    assert told(done) == [("ruling-impossible", f"I{row}")]
    assert f"选了“{decision}”，但{why}" in done.rulings.findings[0].message


def test_rows_of_unknown_units_and_indicators(at: campaign.Campaign, examined: list[UnitResult]) -> None:
    first = type_in(at, **DECIDED, unit="S999")
    second = type_in(at, "S002", **DECIDED, code="no_such")
    third = type_in(at, "S002", FUNDS, unit="S998")  # nothing typed: no matter
    done = taken_in(at, examined)
    assert told(done) == [("ruling-unknown", f"A{first}"), ("ruling-unknown", f"C{second}")]
    assert not any(each.card.ruled for each in done.results if each.card)
    assert done.ruled.changed[third] == {"status": "未采用：单位代码不在名册中"}
    assert {(each["unit"], each["code"]) for each in done.ruled.new_rows()} == {
        ("S001", POLICY),
        ("S002", POLICY),
        ("S002", FUNDS),
    }


def test_a_row_that_stands_twice(at: campaign.Campaign, examined: list[UnitResult]) -> None:
    first = type_in(at, **DECIDED)
    book, sheet = sheet_of(at)
    second = first_blank(sheet)
    put(sheet, second, {key: sheet.cell(first, NUMBER[key]).value for key in ("unit", "code")})
    book.save(at.rulings)
    once = taken_in(at, examined)
    assert told(once) == [] and card_of(once).row[POLICY].ruling is not None
    assert once.ruled.changed[second] == {"status": f"未采用：与第 {first} 行重复"}
    put(sheet, second, DECIDED)
    book.save(at.rulings)
    twice = taken_in(at, examined)
    assert told(twice) == [("ruling-duplicate", f"I{first}"), ("ruling-duplicate", f"I{second}")]
    assert card_of(twice).row[POLICY].ruling is None
    assert not twice.ruled.new


def test_rows_may_be_sorted(at: campaign.Campaign, examined: list[UnitResult]) -> None:
    type_in(at, **DECIDED)
    book, sheet = sheet_of(at)
    held = [[cell.value for cell in sheet[row]] for row in rows(sheet)]
    held.sort(key=lambda row: (row[0] is not None, row[3] or "", row[0] or ""), reverse=True)
    for row, values in zip(rows(sheet), held, strict=True):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column).value = value
    book.save(at.rulings)
    done = taken_in(at, examined)
    assert told(done) == [] and not done.ruled.new
    assert card_of(done).row[POLICY].final == Decimal("0.90")


def test_deleted_rows_are_asked_about_again(at: campaign.Campaign) -> None:
    type_in(at, **DECIDED)
    run(at)
    book, sheet = sheet_of(at)
    sheet.delete_rows(row_of(sheet, "S001", POLICY))
    sheet.delete_rows(row_of(sheet, "S001", FUNDS))
    book.save(at.rulings)
    found = run(at)
    assert told(found) == [("ruling-deleted", "")]
    assert "“采纳自评，已附佐证，张三，2025-05-10”" in found.rulings.findings[0].message
    assert [(each["unit"], each["code"]) for each in shown(at)][-2:] == [("S001", POLICY), ("S001", FUNDS)]
    row = type_in(at)
    assert told(run(at)) == [("ruling-deleted", f"I{row}")]
    type_in(at, **DECIDED)
    assert told(run(at)) == []


def test_a_renamed_column_is_read_in_its_place(at: campaign.Campaign, examined: list[UnitResult]) -> None:
    type_in(at, **DECIDED)
    book, sheet = sheet_of(at)
    sheet.cell(HEAD, NUMBER["score"]).value = "得分"
    book.save(at.rulings)
    done = taken_in(at, examined)
    assert told(done) == [("rulings-column-renamed", f"J{HEAD}")]
    assert "“裁定得分”改成了“得分”" in done.rulings.findings[0].message
    assert card_of(done).row[POLICY].ruling is not None


def test_a_column_of_ones_own_does_no_harm(at: campaign.Campaign, examined: list[UnitResult]) -> None:
    type_in(at, **DECIDED)
    book, sheet = sheet_of(at)
    sheet.insert_cols(NUMBER["decision"])
    sheet.cell(HEAD, NUMBER["decision"]).value = "备注"
    book.save(at.rulings)
    assert card_of(taken_in(at, examined)).row[POLICY].ruling is not None


@pytest.mark.parametrize("damage", ["a column", "the sheet", "the headings", "the file"])
def test_without_what_it_needs_nothing_goes_on(at: campaign.Campaign, damage: str) -> None:
    book, sheet = sheet_of(at)
    if damage == "a column":
        sheet.delete_cols(NUMBER["reason"])
    elif damage == "the sheet":
        del book[SHEET]
    elif damage == "the headings":
        sheet.delete_rows(HEAD)
    book.save(at.rulings)
    if damage == "the file":
        at.rulings.write_bytes(b"PK\x03\x04 no more")
    expected = {
        "a column": "缺少列 理由",
        "the sheet": "没有工作表“裁定”",
        "the headings": "没有表头",
        "the file": "读不出来",
    }
    with pytest.raises(CampaignError, match=expected[damage]) as error:
        run(at)
    assert str(error.value).startswith(str(at.rulings))


# ---- when the data change


def resubmitted(at: campaign.Campaign, **changes: Any) -> None:
    (at.inbox / "S001.xlsx").unlink()
    hand_in(at, "S001", published_answers(**CLAIM | changes), "S001.xlsx")


def test_a_ruling_waits_when_its_data_have_changed(at: campaign.Campaign) -> None:
    row = type_in(at, **DECIDED)
    run(at)
    resubmitted(at, **{f"{POLICY}_self_score": "0.80"})
    for _ in range(2):  # told as long as nobody confirms it
        found = run(at)
        assert told(found) == [("ruling-stale", f"I{row}")]
        assert "现自评 0.80 分，重算 0.99 分" in found.rulings.findings[0].message
        assert card_of(found).row[POLICY].ruling is None
        line = row_shown(at)
        assert line["status"].startswith("数据已变") and (line["claim"], line["decision"]) == (0.8, "采纳自评")
    type_in(at, day=date(2025, 5, 20))
    found = run(at)
    assert told(found) == []
    assert card_of(found).row[POLICY].final == Decimal("0.80")
    record = [(each["claim"], each["score"], each["day"]) for each in shown(at, RECORD)]
    assert record == [(0.9, 0.9, date(2025, 5, 10)), (0.8, 0.8, date(2025, 5, 20))]


def test_a_ruling_on_data_that_were_gone_when_it_was_read(at: campaign.Campaign) -> None:
    """Typed on what rulings.xlsx showed, while a new return lay in the inbox already."""
    row = type_in(at, **DECIDED)
    resubmitted(at, **{f"{POLICY}_self_score": "0.80"})
    for _ in range(2):
        found = run(at)
        assert told(found) == [("ruling-stale", f"I{row}")]
    [record] = shown(at, RECORD)
    assert (record["claim"], record["reason"]) == ("", "已附佐证")


@pytest.mark.parametrize("changes", [{"sme_actual_yuan": "245250193.78"}, {f"{POLICY}_evidence": "另有说明"}])
def test_every_input_counts(at: campaign.Campaign, changes: dict[str, Any]) -> None:
    type_in(at, **DECIDED)
    run(at)
    resubmitted(at, **changes)
    assert [code for code, _ in told(run(at))] == ["ruling-stale"]


def test_other_rows_may_change(at: campaign.Campaign) -> None:
    type_in(at, **DECIDED)
    run(at)
    resubmitted(at, three_public_actual_wan="1")
    found = run(at)
    assert told(found) == []
    assert card_of(found).row[POLICY].ruling is not None


def test_a_ruling_is_no_longer_needed(at: campaign.Campaign) -> None:
    type_in(at, **DECIDED)
    run(at)
    mended = {f"{POLICY}_self_score": "0.99", f"{POLICY}_evidence": "实际面向中小企业采购。"}
    resubmitted(at, **mended)
    found = run(at)
    assert [code for code, _ in told(found)] == ["ruling-lapsed"]
    line = row_shown(at)
    assert (line["status"], line["decision"]) == ("无需裁定：单位已改正", "采纳自评")
    assert line["why"].startswith("自评 0.90 分")


def test_a_unit_without_a_return(at: campaign.Campaign) -> None:
    row = type_in(at, **DECIDED)
    (at.inbox / "S001.xlsx").unlink()
    found = run(at)
    assert told(found) == [("ruling-no-return", f"I{row}")]
    assert row_shown(at)["status"] == "单位没有可用的报表"


# ---- the file


def test_running_again_changes_nothing(at: campaign.Campaign) -> None:
    type_in(at, **DECIDED)
    rounds.summarize(at, rounds.review(at))
    before = at.rulings.read_bytes(), (at.summary / rounds.SUMMARY_FILE).read_bytes()
    copies = {path.name: path.read_bytes() for path in at.reviewed.iterdir()}
    rounds.summarize(at, rounds.review(at))
    assert (at.rulings.read_bytes(), (at.summary / rounds.SUMMARY_FILE).read_bytes()) == before
    assert {path.name: path.read_bytes() for path in at.reviewed.iterdir()} == copies


def test_what_people_did_to_the_file_stays(at: campaign.Campaign) -> None:
    """New rows go to the end; every other part, and every typed cell with all that it has, is as it was."""
    book, sheet = sheet_of(at)
    row = row_of(sheet, "S001", POLICY)
    put(sheet, row, DECIDED | {"reason": "  两行\n理由  "})
    sheet.cell(row, NUMBER["reason"]).fill = openpyxl.styles.PatternFill("solid", fgColor="FF00FF")
    sheet.cell(row, NUMBER["name"]).comment = openpyxl.comments.Comment("电话确认过", "李四")
    sheet.cell(row, len(COLUMNS) + 2).value = "自己的备注"
    sheet.cell(row_of(sheet, "S002", POLICY), NUMBER["score"]).value = "=SUM(E4)"
    book.create_sheet("草稿")["B2"].value = "=1+1"
    book.save(at.rulings)
    before = at.rulings.read_bytes()
    hand_in(at, "S003", published_answers(**CLAIM))
    run(at)
    after = at.rulings.read_bytes()
    changed = {name for name, data in raw_members(before).items() if raw_members(after)[name] != data}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"}
    _, now = sheet_of(at)
    assert now.cell(row, NUMBER["reason"]).value == "  两行\n理由  "
    assert now.cell(row, NUMBER["reason"]).fill.fgColor.rgb == "00FF00FF"
    assert now.cell(row, NUMBER["name"]).comment is not None
    assert now.cell(row, len(COLUMNS) + 2).value == "自己的备注"
    assert now.cell(row_of(now, "S002", POLICY), NUMBER["score"]).value == "=SUM(E4)"
    last = row_of(now, "S003", POLICY)
    assert last > row and not now.cell(last, NUMBER["decision"]).protection.locked
    assert now.cell(last, NUMBER["why"]).protection.locked


def test_rows_are_added_when_the_spare_ones_are_used_up() -> None:
    file = RulingFile.new("样例区教育局", 2024)
    count = 2 * SPARE + 7
    more: list[dict[str, Content]] = [
        {"unit": f"U{number:03d}", "code": "x", "points": Decimal(2), "why": "一"} for number in range(count)
    ]
    grown = file.updated({}, more, [])
    sheet = openpyxl.load_workbook(io.BytesIO(grown))[SHEET]
    units = [sheet.cell(row, 1).value for row in rows(sheet)]
    assert units[:count] == [f"U{number:03d}" for number in range(count)]
    assert units[count:] == [None] * SPARE
    for row in (HEAD + 1, HEAD + count, HEAD + count + SPARE):
        assert not sheet.cell(row, NUMBER["reason"]).protection.locked
        assert sheet.cell(row, NUMBER["status"]).protection.locked
        assert sheet.cell(row, NUMBER["day"]).number_format == "yyyy-mm-dd"
    again = RulingFile(grown).updated({}, [{"unit": "V"}], [])
    assert openpyxl.load_workbook(io.BytesIO(again))[SHEET].cell(HEAD + count + 1, 1).value == "V"


def test_rows_like_another() -> None:
    rows_before = (
        '<x:row r="2" ht="9"><x:c r="A2" s="3"><x:v>1</x:v></x:c><x:c r="C2" t="s"/></x:row>\n'
        '<x:row r="4"><x:c r="B4" s="7"><x:v>8</x:v></x:c><x:c r="C4"/></x:row><x:row r="6"/>'
    )
    rows_after = (
        '<x:row r="2" ht="9"><x:c r="A2" s="3"><x:v>1</x:v></x:c><x:c r="C2" t="s"/></x:row>\n'
        '<x:row r="3"><x:c r="A3" s="3"/><x:c r="C3" s="0"/></x:row>'
        '<x:row r="4"><x:c r="A4" s="3"/><x:c r="B4" s="7"><x:v>8</x:v></x:c><x:c r="C4" s="0"/></x:row>'
        '<x:row r="5"><x:c r="A5" s="3"/><x:c r="C5" s="0"/></x:row>'
        '<x:row r="6"><x:c r="A6" s="3"/><x:c r="C6" s="0"/></x:row>'
        '<x:row r="7"><x:c r="A7" s="3"/><x:c r="C7" s="0"/></x:row>'
    )
    sheet = '<x:worksheet xmlns:x="u"><x:sheetData>{}</x:sheetData><x:rowBreaks/></x:worksheet>'
    xml, grown = sheet.format(rows_before).encode(), sheet.format(rows_after).encode()
    assert with_blank_rows(xml, 2, 3, 5) == grown
    assert (last_row(xml), last_row(grown)) == (6, 7)
    assert with_blank_rows(xml, 9, 7, 1) == xml.replace(b'<x:row r="6"/>', b'<x:row r="6"/><x:row r="7"></x:row>')
    with pytest.raises(PatchRefused, match="没有任何行"):
        with_blank_rows(b"<worksheet><sheetData/></worksheet>", 2, 3, 1)
    with pytest.raises(PatchRefused, match="行没有行号"):
        with_blank_rows(b"<sheetData><row/></sheetData>", 2, 3, 1)


def test_a_file_that_cannot_be_written_is_told(at: campaign.Campaign) -> None:
    row = type_in(at, status="=1+1", **DECIDED)
    before = at.rulings.read_bytes()
    found = run(at)
    assert [code for code, _ in told(found)] == ["rulings-not-written"]
    assert f"N{row}" in found.rulings.findings[0].message
    assert at.rulings.read_bytes() == before
    assert card_of(found).row[POLICY].ruling is not None


def test_the_blank_is_pleasant() -> None:
    data = blank_rulings("样例区教育局", 2024, 5)
    assert data == blank_rulings("样例区教育局", 2024, 5)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == [SHEET, RECORD]
    sheet = book[SHEET]
    assert [cell.value for cell in sheet[HEAD]] == [column.title for column in COLUMNS]
    assert sheet.freeze_panes == f"E{HEAD + 1}" and sheet.protection.sheet
    assert sheet.print_title_rows == f"${HEAD}:${HEAD}" and sheet.page_setup.fitToHeight == 0
    assert sheet.column_dimensions["O"].hidden
    unlocked = {column.key for column in COLUMNS if not sheet.cell(HEAD + 1, NUMBER[column.key]).protection.locked}
    assert unlocked == {"decision", "score", "reason", "name", "day"}
    checks = {str(each.sqref).split(":")[0]: each for each in sheet.data_validations.dataValidation}
    assert set(checks) == {"I4", "J4", "K4", "M4"}
    assert checks["I4"].formula1 == '"采纳自评,采纳重算,另定分"'
    assert (checks["J4"].formula1, checks["J4"].formula2) == ("0", "$E4")
    assert all(each.error and each.errorStyle in (None, "stop") and each.showErrorMessage for each in checks.values())
    record = book[RECORD]
    assert record.protection.sheet and all(cell.protection.locked for cell in record[HEAD + 1])


def test_libreoffice_may_save_it(at: campaign.Campaign, libreoffice: LibreOffice, tmp_path: Path) -> None:
    type_in(at, **SET_SCORE)
    run(at)
    goes_on(at, libreoffice.recalculate(at.rulings, tmp_path / "saved.xlsx"))


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")  # openpyxl, of Gnumeric's files
def test_gnumeric_may_save_it(at: campaign.Campaign, gnumeric: Gnumeric, tmp_path: Path) -> None:
    type_in(at, **SET_SCORE)
    run(at)
    goes_on(at, gnumeric.resave(at.rulings, tmp_path / "saved.xlsx"))


SET_SCORE = DECIDED | {"decision": "另定分", "score": 0.95}


def goes_on(at: campaign.Campaign, saved: Path) -> None:
    """A round trip through another program costs nothing: read, applied, brought up to date, and read again."""
    shutil.copy(saved, at.rulings)
    hand_in(at, "S003", published_answers(**CLAIM))
    found = run(at)
    assert told(found) == []
    assert card_of(found).row[POLICY].final == Decimal("0.95")
    assert row_shown(at, "S003")["status"] == "待裁定"
    assert len(shown(at, RECORD)) == 1
    before = at.rulings.read_bytes()
    assert run(at).rulings == found.rulings
    assert at.rulings.read_bytes() == before
    _, sheet = sheet_of(at)
    assert not sheet.cell(row_of(sheet, "S003", POLICY), NUMBER["decision"]).protection.locked


# ---- every product says so


@pytest.fixture(scope="module")
def ruled(asked: campaign.Campaign, tmp_path_factory: pytest.TempPathFactory) -> campaign.Campaign:
    """The round with one ruling, reviewed."""
    at = copied(asked, tmp_path_factory.mktemp("ruled") / "2024")
    type_in(at, **DECIDED)
    rounds.review(at)
    return at


def test_status_review_and_summary_agree(ruled: campaign.Campaign) -> None:
    inbox = rounds.read_inbox(ruled)
    examined, reviewed = rounds.examine_inbox(ruled), rounds.review(ruled)
    assert examined.rulings == reviewed.rulings == Rulings(waiting=5)
    assert [each.card.total for each in examined.results if each.card] == [Decimal("99.88"), Decimal("99.97")]
    found = standing.status(ruled, reviewed, inbox, date(2025, 5, 1))
    assert [(each.total, each.ruled) for each in found.units[:2]] == [("99.88 优，含裁定 1 项", 1), ("99.97 优", 0)]
    assert found.rulings.waiting == 5


def test_the_annotated_copy_says_so(ruled: campaign.Campaign) -> None:
    book = openpyxl.load_workbook(ruled.reviewed / "S001_第一小学.xlsx", data_only=True)
    texts = [str(cell.value) for row in book["自评表"] for cell in row if cell.value is not None]
    [opinion] = [text for text in texts if "区局裁定" in text]
    assert opinion.startswith(
        "区局裁定：采纳自评，得 0.90 分（已附佐证；张三，2025-05-10）。\n自评 0.90 分，按评分标准重算 0.99 分"
    )
    assert "99.88" in texts


def test_the_summary_says_so(ruled: campaign.Campaign) -> None:
    book = openpyxl.load_workbook(io.BytesIO(build_summary(rounds.examine_inbox(ruled))))
    heads = [cell.value for cell in book["排名表"][4]]
    counts = [row[heads.index("裁定\n项数")].value for row in book["排名表"].iter_rows(min_row=5, max_row=6)]
    assert counts == [0, 1]
    assert any(cell.value == 0.9 and cell.font.bold for row in book["指标得分率"] for cell in row)
    [row] = [row for row in book["裁定情况"].iter_rows(min_row=4, values_only=True) if row[0] == "S001"]
    assert row[3:] == (1, 0.9, 0.99, "采纳自评", 0.9, -0.09, "已附佐证", "张三", "2025-05-10")


def test_score_in_the_round_says_so(ruled: campaign.Campaign) -> None:
    command = ["score", str(ruled.inbox / "S001.xlsx"), "-C", str(ruled.folder), "--format"]
    [result] = json.loads(CliRunner().invoke(main, [*command, "json"]).stdout)
    [row] = [each for each in result["indicators"] if each["code"] == POLICY]
    assert (result["total"], row["score"], row["final"]) == ("99.88", "0.99", "0.90")
    assert row["ruling"] == {
        "decision": "accept_claim",
        "score": "0.90",
        "reason": "已附佐证",
        "name": "张三",
        "day": "2025-05-10",
        "cell": "裁定!I5",
    }
    assert {each["ruling"] for each in result["indicators"] if each is not row} == {None}
    assert "区局裁定：采纳自评，得 0.90 分" in CliRunner().invoke(main, [*command, "text"]).stdout.replace("\n", "")


def test_the_commands_tell_of_bad_rulings(at: campaign.Campaign) -> None:
    type_in(at, **DECIDED | {"reason": None})
    run = CliRunner().invoke(main, ["run", "-C", str(at.folder)])
    assert run.exit_code == 0
    assert "裁定（rulings.xlsx）：已采用 0 项，待裁定 6 项。" in run.stdout
    assert "rulings.xlsx 错误：裁定!K5 S001 第一小学 采购政策效能：理由没有填" in run.stderr
    status = CliRunner().invoke(main, ["status", "-C", str(at.folder)])
    assert status.exit_code == 1
    assert "理由没有填" in status.stdout
