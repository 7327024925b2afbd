"""Two returns compared: every kind of change, what follows from it, and the returns of one unit in their order."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from perfeval_xl.campaign import Campaign
from perfeval_xl.cells import Cell
from perfeval_xl.cli import main
from perfeval_xl.district import rounds
from perfeval_xl.district.duplicates import one_a_unit
from perfeval_xl.errors import PerfevalError
from perfeval_xl.excel.book import DEFAULT_LIMITS, Book
from perfeval_xl.findings import finding
from perfeval_xl.inquiry.difference import BLANK, Difference, Kind, between, chain, recalculated
from perfeval_xl.inquiry.difference_report import cell_rows, difference_json, head_lines, row_rows, total_line
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Value
from perfeval_xl.scheme.fields import Field, FieldType, Table
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.scorecard import Decision, Ruling
from perfeval_xl.scorer import score
from perfeval_xl.summary.figures import round_of
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.resubmissions import ResubmissionsSheet
from tests.rounds import hand_in, issued_round, published_answers
from tests.small_schemes import amount, given, indicator, small_scheme

D = Decimal
AMOUNTS = tuple(amount(f"amount_{number}") for number in range(14))
HELD_ON = Field("held_on", "开会日期", FieldType.DATE)
SHARE = Field("share", "比例", FieldType.PERCENT)
DONE = Field("done", "是否完成", FieldType.YESNO)
GOAL = Field("goal", "目标", FieldType.TEXT, required=False)
TABLE = Table("goods", "产出", 2, (Field("name", "名称", FieldType.TEXT),))
SCHEME = small_scheme(
    indicator("first", AMOUNTS[0], HELD_ON, SHARE, DONE, inputs=("amount_0",)),
    indicator("second", *AMOUNTS[1:], inputs=("amount_1",)),
    tables=(TABLE,),
    head=(GOAL,),
)
FULL: dict[str, Value | None] = {
    "amount_0": D(5), "amount_1": D(4), "held_on": date(2024, 3, 1), "share": D("0.5"), "done": True, "goal": "办学",
    "first_self_score": D(5), "second_self_score": D(4),
}  # fmt: skip


def returned(
    changes: Mapping[str, Value | None] | None = None,
    file: str = "a.xlsx",
    *,
    scheme: Scheme = SCHEME,
    answers: Mapping[str, Answer] | None = None,
    left: Mapping[str, bool] | None = None,
    modified: str = "",
) -> UnitResult:
    """An accepted return. ``answers`` stand as they are; ``left`` says which self-scores are the form's own formula."""
    values = {name: value for name, value in {**FULL, **(changes or {})}.items() if name in scheme.fields}
    submission = given(scheme, values)
    held = Answers({**submission.answers, **(answers or {})}.values())
    cells = {name: ScoreCell(Cell("表", "Z1"), "X" if own else None, own) for name, own in (left or {}).items()}
    submission = replace(
        submission, source=file, unit_code="S001", answers=held, score_cells=cells, modified=modified, sha256=file
    )
    card = score(scheme, submission)
    return UnitResult("S001", "一校", "", file, None, submission, card, card.findings)


def one_change(found: Difference) -> tuple[str, str, str, Kind]:
    [change] = found.cells
    return change.field, change.shown_before, change.shown_after, change.kind


def test_equal_returns_do_not_differ() -> None:
    found = between(returned(), returned(file="b.xlsx"))
    assert (found.cells, found.rows, found.settled, found.arisen) == ((), (), (), ())
    assert list(head_lines(found))[-1] == "填报内容没有不同。"
    assert total_line(found) == "重算总分 9.00，等级 差。"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("amount_1", D("1234.5"), ("4", "1,234.5", Kind.ANSWER)),
        ("held_on", date(2024, 3, 2), ("2024-03-01", "2024-03-02", Kind.ANSWER)),
        ("share", D("0.25"), ("50.00%", "25.00%", Kind.ANSWER)),
        ("done", False, ("是", "否", Kind.ANSWER)),
        ("goal", "办好学", ("办学", "办好学", Kind.TEXT)),
        ("goal", None, ("办学", BLANK, Kind.TEXT)),
        ("goods_r02_name", "课桌", (BLANK, "课桌", Kind.TEXT)),
        ("amount_1", "约四万", ("4", "约四万", Kind.ANSWER)),
    ],
)
def test_a_changed_cell(field: str, value: Value | None, shown: tuple[str, str, Kind]) -> None:
    found = between(returned(), returned({field: value}))
    assert one_change(found) == (field, *shown)
    back = between(returned({field: value}), returned())
    assert one_change(back) == (field, shown[1], shown[0], shown[2])


def test_a_number_that_equals_is_the_same() -> None:
    assert between(returned(), returned({"amount_1": D("4.00")})).cells == ()


def test_an_equal_value_that_was_typed_otherwise() -> None:
    spelled = Answer("amount_1", D(4), "4万元", Cell("表", "A9"), "unit-converted", "万元")
    found = between(returned(answers={"amount_1": spelled}), returned())
    assert one_change(found) == ("amount_1", "4万元（读作 4）", "4", Kind.ANSWER)
    assert between(returned(answers={"amount_1": spelled}), returned(answers={"amount_1": spelled})).cells == ()


def test_what_can_not_be_used_is_compared_as_it_was_typed() -> None:
    def typed(raw: str) -> UnitResult:
        return returned({"amount_1": raw})

    assert between(typed("约四万"), typed("约四万")).cells == ()
    assert one_change(between(typed("约四万"), typed("约五万")))[1:3] == ("约四万", "约五万")


def test_white_space_in_a_blank_is_no_change() -> None:
    spaces = Answer("goal", None, "  ", Cell("表", "A1"))
    assert between(returned({"goal": None}), returned(answers={"goal": spaces})).cells == ()


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (None, None, ("5.00", "4.00", False)),  # a format that doesn't tell formulas
        (True, True, ("5.00（按表中公式）", "4.00（按表中公式）", True)),
        (True, False, ("5.00（按表中公式）", "4.00", False)),
        (False, True, ("5.00", "4.00（按表中公式）", False)),
    ],
)
def test_a_changed_claim(before: bool | None, after: bool | None, shown: tuple[str, str, bool]) -> None:
    name = "first_self_score"
    left = [None if each is None else {name: each} for each in (before, after)]
    found = between(returned(left=left[0]), returned({name: D(4)}, left=left[1]))
    [change] = found.cells
    assert (change.shown_before, change.shown_after, change.followed) == shown
    assert change.kind is Kind.CLAIM
    assert len(found.typed) == (0 if shown[2] else 1)


def test_a_claim_that_was_typed_over_its_formula() -> None:
    name = "first_self_score"
    found = between(returned(left={name: True}), returned(left={name: False}))
    assert one_change(found)[1:3] == ("5.00（按表中公式）", "5.00")
    assert between(returned(left={name: True}), returned()).cells == ()


def test_a_claim_that_is_no_number() -> None:
    found = between(returned({"first_self_score": "满分"}), returned({"first_self_score": None}))
    assert one_change(found)[1:3] == ("满分", BLANK)


def test_changes_come_in_the_order_of_the_form_and_name_their_place() -> None:
    found = between(returned(), returned({"goods_r01_name": "书", "amount_0": D(6), "goal": "新"}))
    assert [each.field for each in found.cells] == ["goal", "amount_0", "goods_r01_name"]
    assert cell_rows(found)[2][1:] == ("产出第 1 行名称", BLANK, "书")
    assert [each.indicator.code if each.indicator else None for each in found.cells] == [None, "first", None]
    assert all(each.place.startswith("表!A") for each in found.cells)


def test_of_long_texts_the_piece_where_they_part_is_shown() -> None:
    long = "一" * 200
    found = between(returned({"goal": f"{long}甲"}), returned({"goal": f"{long}乙"}))
    _, _, before, after = cell_rows(found)[0]
    assert before.endswith("甲") and after.endswith("乙") and len(before) < 80


def test_forms_of_two_versions() -> None:
    older = small_scheme(indicator("first", *AMOUNTS[:3], inputs=("amount_0",)))
    found = between(returned({"amount_2": D(7)}, scheme=older), returned({"amount_2": None}))
    assert ("amount_2", "7", BLANK) in [(each.field, each.shown_before, each.shown_after) for each in found.cells]
    assert [each.indicator.code for each in found.rows] == ["second"]
    assert row_rows(found) == [("second项目", f"{BLANK} → 4.00", "（无此项） → 4.00")]
    gone = between(returned(), returned(scheme=older))
    assert [(each.before is None, each.after is None) for each in gone.rows] == [(False, True)]


def test_what_it_does_to_the_scores() -> None:
    found = between(returned(), returned({"amount_0": D(6)}))
    assert [(each.indicator.code, each.before.score, each.after.score) for each in found.rows] == [  # type: ignore[union-attr]
        ("first", D(5), D(6))
    ]
    assert row_rows(found) == [("first项目", "5.00", "5.00 → 6.00")]
    assert total_line(found) == "重算总分 9.00 → 10.00，等级 差。"
    open_one = between(returned(), returned({"amount_0": None}))
    assert row_rows(open_one) == [("first项目", "5.00", "5.00 → 0.00～10.00")]
    assert total_line(open_one) == "重算总分 9.00 → 4.00～14.00，等级 差。"


def test_a_ruling_changes_nothing_here() -> None:
    result = returned()
    assert result.card is not None
    ruling = Ruling(Decision.SET_SCORE, D(1), "理由", "张三", date(2025, 5, 1))
    ruled = replace(result.card, rows=(replace(result.card.rows[0], ruling=ruling), *result.card.rows[1:]))
    total = recalculated(ruled)
    assert (ruled.total, total.low, total.settled, str(total), total.grade) == (D(5), D(9), True, "9.00", "差")
    assert between(result, replace(result, card=ruled)).rows == ()


def test_what_became_of_the_findings() -> None:
    before = returned({"amount_0": None, "done": None})
    after = returned({"done": None, "amount_1": D(6)})
    found = between(before, after)
    assert {each.code for each in found.settled} == {"missing"}
    assert {each.code for each in found.arisen} == {"score-differs"}
    assert {each.code for each in found.remaining} >= {"missing"}


def test_which_return_counts_is_no_finding_of_its_content() -> None:
    among = finding("duplicate-return", actual="b.xlsx", count="2", others="a.xlsx")
    new = returned()
    found = between(returned(), replace(new, findings=(among, *new.findings)))
    assert found.arisen == ()


def test_a_return_that_was_set_aside_can_not_be_compared() -> None:
    aside = UnitResult("S001", "", "", "坏.xlsx", None, None, None, (finding("empty-file"),))
    for pair in ((aside, returned()), (returned(), aside)):
        with pytest.raises(PerfevalError, match=r"坏\.xlsx：文件是空的"):
            between(*pair)


def test_returns_of_two_units() -> None:
    found = between(returned(), replace(returned(), unit_code="S002"))
    assert not found.same_unit and "请注意：两份表不是同一单位的。" in list(head_lines(found))
    assert "请注意：两份表不是同一单位的。" not in list(head_lines(between(returned(), returned())))


def test_json() -> None:
    found = difference_json(between(returned(), returned({"held_on": date(2024, 3, 2), "done": False}, "b.xlsx")))
    assert list(found) == ["before", "after", "same_unit", "cells", "indicators", "findings"]
    assert found["after"] == {
        "file": "b.xlsx", "unit_code": "S001", "unit_name": "一校", "year": 2024, "scheme": "small", "version": "1",
        "total": "9.00", "total_min": "9.00", "total_max": "9.00", "grade": "差",
    }  # fmt: skip
    first, second = found["cells"]
    assert (first["field"], first["kind"], first["indicator"], first["by_formula"]) == (
        "held_on", "answer", "first", False,
    )  # fmt: skip
    assert first["after"]["value"] == "2024-03-02" and second["after"]["value"] is False
    assert list(first["before"]) == ["sheet", "cell", "value", "raw", "problem", "shown"]
    json.dumps(found)


# ---- the returns of one unit


EARLY, LATER, LAST = (f"2025-03-0{day}T08:00:00Z" for day in (1, 2, 3))


def test_the_returns_of_a_unit_in_their_order() -> None:
    one = returned({}, "1.xlsx", modified=EARLY)
    two = returned({"amount_0": D(6)}, "2.xlsx", modified=LATER)
    three = returned({"amount_0": D(7)}, "3.xlsx", modified=LAST)
    copy = replace(two, file="2(1).xlsx")
    for order in ([three, one, copy, two], [one, two, copy, three], [two, three, copy, one]):
        [kept] = one_a_unit(order)
        assert kept.file == "3.xlsx"
        assert [each.file for each in kept.earlier] == ["1.xlsx", "2.xlsx"]
        assert [one_change(each)[1:3] for each in chain((*kept.earlier, kept))] == [("5", "6"), ("6", "7")]


def test_a_single_return_has_no_earlier_one() -> None:
    [kept] = one_a_unit([returned()])
    assert kept.earlier == () and chain((kept,)) == []


def sheet(*results: UnitResult) -> list[tuple[Any, ...]]:
    book = Book(datetime(2025, 1, 1), "汇总", "")
    round_ = District("区", "局", 2024, None, SCHEME, results, ())
    with Shelf() as shelf:
        made_sheet = ResubmissionsSheet(round_, shelf, DEFAULT_LIMITS)
        made_sheet.write(book, round_of(round_, [made_sheet.take]))
    made = openpyxl.load_workbook(io.BytesIO(book.close()))[ResubmissionsSheet.name]
    assert made.print_title_rows == "$3:$3" and made.freeze_panes == "C4"
    return list(made.iter_rows(min_row=4, values_only=True))


def test_the_sheet_of_the_summary() -> None:
    first = returned({"amount_0": None}, "1.xlsx", modified=EARLY)
    second = returned({"amount_0": D(6)}, "2.xlsx", modified=LATER)
    third = returned({"amount_0": D(7), "goal": "新"}, "3.xlsx", modified=LAST)
    [kept] = one_a_unit([first, second, third])
    rows = sheet(kept, replace(returned(), unit_code="S002"))
    assert [row[:6] for row in rows] == [
        ("S001", "一校", "1 / 3", "1.xlsx", "未采用", None),
        ("S001", "一校", "2 / 3", "2.xlsx", "未采用", 1),
        ("S001", "一校", "3 / 3", "3.xlsx", "采用", 2),
    ]
    assert [row[6:9] for row in rows] == [("4.00～14.00", None, "差"), (10, None, "差"), (11, 1, "差")]
    assert rows[1][11] == f"amount_0金额：{BLANK} → 6"
    assert rows[2][11] == "目标：办学 → 新\namount_0金额：6 → 7"


@pytest.mark.parametrize(("changed", "last"), [(12, "amount_11金额：（空） → 1"), (13, "另有 1 格，见 perfeval diff")])
def test_the_sheet_lists_so_many_cells(changed: int, last: str) -> None:
    ones: dict[str, Value | None] = {f"amount_{number}": D(1) for number in range(changed)}
    first = returned({"amount_0": None, "amount_1": None}, "1.xlsx", modified=EARLY)
    [kept] = one_a_unit([first, returned(ones, "2.xlsx", modified=LATER)])
    lines = sheet(kept)[1][11].split("\n")
    assert (len(lines), lines[-1]) == (min(changed, 12) + (changed > 12), last)


def test_the_sheet_where_nothing_was_typed_anew() -> None:
    [kept] = one_a_unit([returned({}, "1.xlsx", modified=EARLY), returned({}, "2.xlsx", modified=LATER)])
    assert sheet(kept)[1][5:] == (0, 9, 0, "差", 0, 0, "填报内容没有不同")
    assert sheet(returned())[0][0] == "（无）"


# ---- the command


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(tmp_path_factory.mktemp("round") / "2024")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_the_command(at: Campaign, tmp_path: Path) -> None:
    old = hand_in(at, "S001", published_answers(), "一.xlsx")
    new = hand_in(at, "S001", published_answers(sme_actual_yuan=245_000_000, asset_income_evidence="改了"), "二.xlsx")
    same = run("diff", "-C", at.folder, old, old)
    assert same.exit_code == 0 and "填报内容没有不同" in same.stdout
    told = run("diff", "-C", at.folder, old, new)
    assert told.exit_code == 1, told.output
    for words in ("改动 2 格", "245,250,193.77", "245,000,000", "改了", "采购政策效能", "错误和提醒："):
        assert words in told.stdout
    found = json.loads(run("diff", "-C", at.folder, "--format", "json", old, new).stdout)
    assert [each["field"] for each in found["cells"]] == ["sme_actual_yuan", "asset_income_evidence"]
    assert found["same_unit"] is True
    bad = tmp_path / "坏.xlsx"
    bad.write_bytes(b"")
    assert run("diff", "-C", at.folder, old, bad).exit_code == 2
    both = tmp_path / "两份.zip"
    with zipfile.ZipFile(both, "w") as archive:
        archive.write(old, "一.xlsx")
        archive.write(new, "二.xlsx")
    refused = run("diff", "-C", at.folder, old, both)
    assert refused.exit_code == 2 and "请解压后逐份查看" in refused.stderr


def test_the_round_tells_what_changed_between_returns(at: Campaign) -> None:
    hand_in(at, "S003", published_answers(sme_actual_yuan=None), "S003 自评表.xlsx")
    hand_in(at, "S003", published_answers(), "S003 自评表 最终.xlsx")
    district = rounds.examine_inbox(at)
    [kept] = [each for each in district.results if each.unit_code == "S003"]
    assert [each.file for each in kept.earlier] == ["S003 自评表.xlsx"]
    path = rounds.summarize(at, district)
    rows = list(openpyxl.load_workbook(path)[ResubmissionsSheet.name].iter_rows(min_row=4, values_only=True))
    mine = [row for row in rows if row[0] == "S003"]
    assert [row[2:6] for row in mine] == [
        ("1 / 2", "S003 自评表.xlsx", "未采用", None),
        ("2 / 2", "S003 自评表 最终.xlsx", "采用", 1),
    ]
