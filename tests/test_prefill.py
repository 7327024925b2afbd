"""Known figures in the blanks: the table, an earlier round, the cells and their locks, what a unit made of them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from perfeval_xl.campaign import Campaign
from perfeval_xl.cells import Cell
from perfeval_xl.cli import main
from perfeval_xl.district import prefill, rounds
from perfeval_xl.district.duplicates import typed
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.prefill import Taken, losing, merged, prefilled_blank, taken_from
from perfeval_xl.district.prefill_table import read_table
from perfeval_xl.errors import PatchRefused, PrefillError
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.prefilling import Prefilled, is_prefilled, prefilled_in
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.answers import Answer, Value
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scorer import score
from tests.rounds import UNITS, hand_in, issued_round, published_answers
from tests.small_schemes import amount, given, indicator, small_scheme
from tests.workbooks import contents, raw_members, zipped

D = Decimal
SCHEME = load_scheme(find_scheme("huadu-2024"))
LAYOUT = build_layout(SCHEME)
ROSTER = {code: Unit(code, name) for code, name in UNITS}
AMOUNTS = [each.id for each in SCHEME.fields.values() if each.type is FieldType.AMOUNT and each.unit == "万元"]
PERCENT = next(each for each in SCHEME.fields.values() if each.type is FieldType.PERCENT)
DAY = next(each for each in SCHEME.fields.values() if each.type is FieldType.DATE)
COUNT = next(each for each in SCHEME.fields.values() if each.type is FieldType.COUNT and each.issued is None)
YES_NO = next(each for each in SCHEME.fields.values() if each.type is FieldType.YESNO)
TEXT = next(each for each in SCHEME.head if each.type is FieldType.TEXT)
ANNEX = SCHEME.tables[0]
NAMED = ANNEX.field_id(1, "name")
CLAIM = SCHEME.indicators[0].self_score_id


class Formula(str):
    pass


def table(folder: Path, *rows: Sequence[Any], name: str = "预填.xlsx") -> Path:
    """A table of known figures; a Formula is written as one, dates as dates."""
    path = folder / name
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("数据")
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                if isinstance(value, Formula):
                    sheet.write_formula(row, column, value, None, 1)
                elif value is not None:
                    sheet.write(row, column, value)
    return path


def read(path: Path, *, locked: bool = False) -> dict[str, dict[str, tuple[Value | None, bool]]]:
    found = read_table(path, SCHEME, ROSTER, locked=locked)
    return {code: {name: (each.answer.value, each.locked) for name, each in row.items()} for code, row in found.items()}


def problems(path: Path) -> list[str]:
    with pytest.raises(PrefillError) as error:
        read_table(path, SCHEME, ROSTER, locked=False)
    return [line.removeprefix(f"{path} ") for line in str(error.value).split("\n")]


# ---- the table


def test_a_table_of_every_kind_of_figure(tmp_path: Path) -> None:
    fields = (AMOUNTS[0], PERCENT.id, DAY.id, COUNT.id, YES_NO.id, TEXT.id, NAMED)
    day = DAY.low if isinstance(DAY.low, date) else date(2024, 3, 1)
    path = table(
        tmp_path,
        ["自评表预填数据"],
        ["单位代码", "单位名称", *fields],
        ["S001", "第一小学", 400.5, 0.98, day, 3, "是", "办学", "招生"],
        ["S003", None, None, "98%", None, "1,200", None, None, None],
        [],
    )
    assert read(path) == {
        "S001": {
            AMOUNTS[0]: (D("400.5"), False), PERCENT.id: (D("0.98"), False), DAY.id: (day, False),
            COUNT.id: (D(3), False), YES_NO.id: (True, False), TEXT.id: ("办学", False), NAMED: ("招生", False),
        },
        "S003": {PERCENT.id: (D("0.98"), False), COUNT.id: (D(1200), False)},
    }  # fmt: skip


def test_headings_may_be_labels(tmp_path: Path) -> None:
    field = SCHEME.fields[AMOUNTS[-1]]
    heading, in_annex = f" {field.label} ", f"{ANNEX.title} {SCHEME.fields[NAMED].label}"
    path = table(tmp_path, ["单位代码", heading, in_annex], ["S002", 7, "招生"])
    assert read(path) == {"S002": {field.id: (D(7), False), NAMED: ("招生", False)}}


def test_columns_are_locked_as_their_row_says_else_as_told(tmp_path: Path) -> None:
    head = ["单位代码", *AMOUNTS[:3]]
    path = table(tmp_path, head, ["是否锁定", "锁定", "可改", None], ["S001", 1, 2, 3])
    assert [lock for _, lock in read(path)["S001"].values()] == [True, False, False]
    assert [lock for _, lock in read(path, locked=True)["S001"].values()] == [True, False, True]
    plain = table(tmp_path, head, ["S001", 1, 2, 3])
    assert [lock for _, lock in read(plain, locked=True)["S001"].values()] == [True, True, True]


def test_units_without_figures_are_left_out(tmp_path: Path) -> None:
    assert read(table(tmp_path, ["单位代码", AMOUNTS[0]], ["S001", None], ["S002", 0])) == {
        "S002": {AMOUNTS[0]: (D(0), False)}
    }


def test_everything_wrong_with_a_table_is_told_at_once(tmp_path: Path) -> None:
    repeated = SCHEME.fields[AMOUNTS[0]].label
    path = table(
        tmp_path,
        ["单位代码", "单位名称", AMOUNTS[0], "nothing_wan", CLAIM, repeated, None, COUNT.id, DAY.id],
        ["是否锁定", None, "锁住"],
        ["S001", "第二小学", "三百左右", 1, 1, 1, "漏", Formula("=1+2"), "三月"],
        ["S009", None, 1],
        ["S001", None, "3647500元", None, None, None, None, 1.5],
        [None, None, None, None, None, None, None, 4],
        ["S003", None, "无"],
    )
    found = problems(path)
    label = SCHEME.fields[AMOUNTS[0]].label
    assert found == [
        "数据!D1：没有“nothing_wan”这个填报项。编号和名称见 perfeval scheme show。",
        "数据!E1：自评分由表中的公式计算，不能预填。请删去这一列。",
        f"数据!F1：“{repeated}”与 C 列是同一填报项，请只留一列。",
        "数据!G1：G 列有内容，没有表头。",
        "数据!C2：“锁住”看不懂。请填“锁定”或“可改”，或留空。",
        "数据!A3：单位 S001 在名册中是“第一小学”，这里是“第二小学”。请核对是否错行。",
        f"数据!C3：{label}应填数字，现为“三百左右”。请只填数字，不写单位和说明。",
        f"数据!H3：{COUNT.label}是公式。请复制后选择性粘贴为数值。",
        f"数据!I3：{DAY.label}应填日期（如 2024-03-15），现为“三月”。请改为日期。",
        "数据!A4：名册中没有单位代码 S009。",
        "数据!A5：单位 S001 在第 3 行已经有了，请只留一行。",
        f"数据!C5：{label}填的是“3647500元”，已换算为 364.75 万元（1 万元 = 10,000 元）。请核对。",
        f"数据!H5：{COUNT.label}应为 不小于 0 的整数，现为 1.5。请核对后更正。",
        "数据!A6：单位代码未填。",
        f"数据!C7：{label}填的是“无”，读作 0。请核对；确实没有的请填 0。",
    ]


def test_a_label_that_two_fields_have(tmp_path: Path) -> None:
    label = SCHEME.fields[NAMED].label
    [said] = problems(table(tmp_path, ["单位代码", label], ["S001", "招生"]))
    assert said.startswith(f"数据!B1：叫“{label}”的填报项有 2 个，请改用编号（{NAMED}、")


def test_what_is_no_table(tmp_path: Path) -> None:
    assert problems(table(tmp_path, ["代码", AMOUNTS[0]], ["S001", 1])) == [
        "没有表头“单位代码”。第一行应为：单位代码 | 填报项的编号或名称 | …"
    ]
    (tmp_path / "a.xlsx").write_text("不是表格", encoding="utf-8")
    with pytest.raises(PrefillError, match=r"a\.xlsx：这是文本"):
        read_table(tmp_path / "a.xlsx", SCHEME, ROSTER, locked=False)


# ---- the blank


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A round with its blanks, to be read only."""
    return issued_round(tmp_path_factory.mktemp("issued") / "2024")


@pytest.fixture
def at(tmp_path: Path) -> Campaign:
    return issued_round(tmp_path / "2024")


def figures(values: Mapping[str, Value], *locked: str) -> dict[str, Prefilled]:
    return {name: Prefilled(Answer(name, value), name in locked) for name, value in values.items()}


KNOWN = figures({AMOUNTS[0]: D("12.5"), AMOUNTS[-1]: D(7), TEXT.id: "办学", NAMED: "招生"}, AMOUNTS[-1], TEXT.id)


def blank_of(at: Campaign, code: str) -> bytes:
    return (at.outbox / at.roster[code].file_name).read_bytes()


def test_the_figures_stand_in_their_cells_locked_or_open(issued: Campaign) -> None:
    plain = blank_of(issued, "S001")
    data = prefilled_blank(plain, SCHEME, KNOWN)
    book, before = openpyxl.load_workbook(io.BytesIO(data)), openpyxl.load_workbook(io.BytesIO(plain))
    changed = set()
    for sheet in before:
        for row in sheet.iter_rows():
            for old in row:
                new = book[sheet.title][old.coordinate]
                if (old.value, old.protection.locked) != (new.value, new.protection.locked):
                    changed.add(Cell(sheet.title, old.coordinate))
                    assert (new.number_format, new.font.name, new.border.left.style, new.alignment.horizontal) == (
                        old.number_format, old.font.name, old.border.left.style, old.alignment.horizontal,
                    )  # fmt: skip
    assert {LAYOUT.inputs[name] for name in KNOWN} <= changed
    places = {name: book[cell.sheet][cell.ref] for name in KNOWN for cell in [LAYOUT.inputs[name]]}
    assert {name: cell.value for name, cell in places.items()} == {
        AMOUNTS[0]: 12.5, AMOUNTS[-1]: 7, TEXT.id: "办学", NAMED: "招生",
    }  # fmt: skip
    assert {name for name, cell in places.items() if cell.protection.locked} == {AMOUNTS[-1], TEXT.id}
    assert places[AMOUNTS[-1]].fill.fgColor.rgb == "FFF2F2F2" != places[AMOUNTS[0]].fill.fgColor.rgb
    merged_with = next(area for area in book[LAYOUT.inputs[TEXT.id].sheet].merged_cells.ranges
                       if LAYOUT.inputs[TEXT.id].ref in area)  # fmt: skip
    sheet = book[LAYOUT.inputs[TEXT.id].sheet]
    assert all(cell.protection.locked for row in sheet[merged_with.coord] for cell in row)


def test_nothing_but_sheets_styles_and_the_mark_differs(issued: Campaign) -> None:
    plain = blank_of(issued, "S001")
    data = prefilled_blank(plain, SCHEME, KNOWN)
    before, after = raw_members(plain), raw_members(data)
    assert list(before) == list(after)
    other = {name for name in before if before[name] != after[name] and not name.startswith("xl/worksheets/")}
    assert other == {"xl/styles.xml", "docProps/custom.xml"}
    assert prefilled_blank(plain, SCHEME, KNOWN) == data
    assert Package.read(data).custom_properties["perfeval_prefilled"] == "4"
    unlocked = prefilled_blank(plain, SCHEME, figures({AMOUNTS[0]: D(1)}))
    assert contents(unlocked)["xl/styles.xml"] == contents(plain)["xl/styles.xml"]


def test_a_blank_tells_what_it_was_issued_with(issued: Campaign) -> None:
    plain = blank_of(issued, "S001")
    assert not is_prefilled(plain) and prefilled_in(plain, LAYOUT) == {}
    data = prefilled_blank(plain, SCHEME, KNOWN)
    assert is_prefilled(data)
    found = prefilled_in(data, LAYOUT)
    assert {name: (each.answer.value, each.locked) for name, each in found.items()} == {
        name: (each.answer.value, each.locked) for name, each in KNOWN.items()
    }
    assert prefilled_in(b"no workbook", LAYOUT) == {}


def test_a_blank_that_is_none_of_ours(issued: Campaign) -> None:
    members = contents(blank_of(issued, "S001"))
    members["xl/styles.xml"] = members["xl/styles.xml"].replace(b"F2F2F2", b"F3F3F3")
    with pytest.raises(PatchRefused, match="空白表与方案不符"):
        prefilled_blank(zipped(members), SCHEME, KNOWN)


def test_the_live_scores_of_a_prefilled_blank_are_right(issued: Campaign) -> None:
    """Cached values are those that follow from the figures: a program that doesn't recalculate shows no nonsense."""
    row = next(each for each in SCHEME.indicators if len(each.rule.fields()) == 1 and each.fields[0].type is COUNT.type)
    data = prefilled_blank(blank_of(issued, "S001"), SCHEME, figures({row.fields[0].id: D(0)}))
    cell = LAYOUT.place(row.formula_score_id)
    shown = openpyxl.load_workbook(io.BytesIO(data), data_only=True)[cell.sheet][cell.ref].value
    assert shown == float(row.points)


# ---- what a unit made of them


def test_returns_tell_what_was_changed(at: Campaign) -> None:
    rounds.issue(at, known={"S001": KNOWN})
    answers = published_answers(**{AMOUNTS[0]: 12.5, AMOUNTS[-1]: 8, TEXT.id: "办学"})
    rows = answers[ANNEX.id]
    path = hand_in(at, "S001", {**answers, ANNEX.id: [{**rows[0], "name": "就业"}, *rows[1:]]})
    [result] = Desk.of(at).examine(path)
    told = {each.cell: each for each in result.findings if each.code in ("prefill-changed", "issued-data-changed")}
    assert set(told) == {LAYOUT.inputs[AMOUNTS[-1]], LAYOUT.inputs[NAMED]}
    locked, opened = told[LAYOUT.inputs[AMOUNTS[-1]]], told[LAYOUT.inputs[NAMED]]
    assert (locked.code, locked.expected, locked.actual) == ("issued-data-changed", "7", "8")
    assert (opened.code, opened.expected, opened.actual) == ("prefill-changed", "招生", "就业")
    label = SCHEME.fields[NAMED].label
    assert opened.message == f"{ANNEX.title}{label}下发时预填“招生”，单位改为“就业”。"
    assert locked.indicator == SCHEME.row_of[AMOUNTS[-1]].code
    assert result.prefilled == {AMOUNTS[0], TEXT.id}
    assert not {AMOUNTS[0], TEXT.id} & set(typed(result)) and NAMED in typed(result)
    assert SCHEME.fields[AMOUNTS[0]].issued is None


def test_a_prefilled_blank_that_comes_back_untouched_was_not_filled_in(at: Campaign) -> None:
    rounds.issue(at, known={"S001": KNOWN})
    path = at.inbox / "空表.xlsx"
    path.write_bytes(blank_of(at, "S001"))
    [result] = Desk.of(at).examine(path)
    assert typed(result) == {}
    assert {each.code for each in result.findings} & {"prefill-changed", "issued-data-changed"} == set()


def test_a_figure_that_was_emptied(at: Campaign) -> None:
    rounds.issue(at, known={"S001": KNOWN})
    path = hand_in(at, "S001", published_answers(**{AMOUNTS[0]: None, TEXT.id: None}))
    told = [each for each in Desk.of(at).examine(path)[0].findings if each.cell == LAYOUT.inputs[AMOUNTS[0]]]
    assert "prefill-changed" in {each.code for each in told}
    assert {each.actual for each in told if each.code == "prefill-changed"} == {"（空）"}


def test_white_space_in_a_text_is_no_change() -> None:
    scheme = small_scheme(indicator("row", amount("one")), head=(Field("goal", "目标", FieldType.TEXT),))
    held = given(scheme, {"goal": "办好 学校\n", "one": D(1)})
    known = figures({"goal": "办好学校", "one": D("1.0")})
    assert prefill.unchanged(known, held) == {"goal", "one"} and prefill.changes(known, held, scheme) == []


# ---- an earlier round

YEAR = Field("year_on", "年度", FieldType.DATE, low=date(2024, 1, 1), high=date(2024, 12, 31))
BASIS = Field("basis", "依据", FieldType.CHOICE, options=("甲", "乙"), issued="甲")
STAFF = Field("staff", "人数", FieldType.COUNT, issued="1")
LAST = small_scheme(indicator("row", amount("one"), amount("gone"), YEAR, BASIS, STAFF, inputs=("one",)))
NEXT_YEAR = Field("year_on", "年度", FieldType.DATE, low=date(2025, 1, 1))
THIS = small_scheme(indicator("row", amount("one"), NEXT_YEAR, BASIS, STAFF, amount("more"), inputs=("one",)))
ANSWERED: dict[str, Value | None] = {
    "one": D(3), "gone": D(4), "year_on": date(2024, 5, 1), "basis": "甲", "staff": D(1), "row_self_score": D(3),
}  # fmt: skip


def taken(values: Mapping[str, Value | None] | None = None, *only: str, locked: bool = False) -> Taken:
    submission = given(LAST, {**ANSWERED, **(values or {})})
    result = UnitResult("S001", "", "", "a.xlsx", None, submission, score(LAST, submission))
    aside = UnitResult("S002", "", "", "b.xlsx", None, None, None)
    return taken_from([result, aside], THIS, ROSTER.values(), only, locked=locked)


def test_what_an_earlier_round_gives() -> None:
    found = taken()
    assert found.prefill == {"S001": {"one": Prefilled(Answer("one", D(3), "3"), False)}}
    assert found.absent == ("S002", "S003") and found.this_year == 0
    assert found.without_field == {"gone金额": 1}
    [refused] = found.refused
    assert (refused.code, refused.label) == ("S001", "年度") and "2025" in refused.why
    more = taken({"basis": "乙", "staff": D(2), "one": "三百"}, locked=True)
    assert {name: (each.answer.value, each.locked) for name, each in more.prefill["S001"].items()} == {
        "basis": ("乙", True), "staff": (D(2), True),
    }  # fmt: skip


def test_only_some_fields_of_it() -> None:
    found = taken({"basis": "乙"}, "basis", "more")
    assert set(found.prefill["S001"]) == {"basis"} and not found.without_field and not found.refused
    for unknown in ("gone", "row_self_score"):
        with pytest.raises(PrefillError, match=f"不能预填 {unknown}：本方案没有这个填报项，或是自评分"):
            taken(None, "one", unknown)


def test_a_table_counts_before_an_earlier_round() -> None:
    first = {"S001": figures({"one": D(1), "two": D(2)}), "S002": figures({"one": D(3)})}
    second = {"S001": figures({"one": D(9)}, "one"), "S003": figures({"one": D(4)})}
    found = {
        code: {n: (e.answer.value, e.locked) for n, e in row.items()} for code, row in merged(first, second).items()
    }
    assert found == {
        "S001": {"one": (D(9), True), "two": (D(2), False)},
        "S002": {"one": (D(3), False)},
        "S003": {"one": (D(4), False)},
    }


# ---- the command


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_the_command(at: Campaign, tmp_path: Path) -> None:
    path = table(tmp_path, ["单位代码", AMOUNTS[0]], ["是否锁定", "可改"], ["S001", 1], ["S003", 2])
    done = run("generate", "-C", at.folder, "--prefill", path, "--lock-prefilled")
    assert done.exit_code == 0, done.output
    assert "其中 2 份有预填内容，共 2 格（锁定 0 格）。" in done.stdout
    assert [is_prefilled(blank_of(at, code)) for code, _ in UNITS] == [True, False, True]
    assert [unit.code for unit in losing(at, at.roster.values(), {"S003": {}})] == ["S001"]
    again = run("generate", "-C", at.folder, "--only", "S003")
    assert again.exit_code == 0 and "1 份原来有预填内容，这次没有：S003。" in again.stderr
    assert [is_prefilled(blank_of(at, code)) for code, _ in UNITS] == [True, False, False]


def test_a_bad_table_writes_nothing(at: Campaign, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in at.outbox.iterdir()}
    path = table(tmp_path, ["单位代码", AMOUNTS[0], AMOUNTS[1]], ["S001", 1, 5], ["S009", 2, "约三百"])
    refused = run("generate", "-C", at.folder, "--prefill", path)
    assert refused.exit_code == 2
    assert "数据!A3：名册中没有单位代码 S009。" in refused.stderr and "数据!C3：" in refused.stderr
    assert {each.name: each.read_bytes() for each in at.outbox.iterdir()} == before


@pytest.mark.parametrize("options", [["--field", "one"], ["--lock-prefilled"]])
def test_options_that_mean_nothing_by_themselves(issued: Campaign, options: list[str]) -> None:
    assert run("generate", "-C", issued.folder, *options).exit_code == 2


def test_from_the_round_of_last_year(at: Campaign, tmp_path: Path) -> None:
    hand_in(at, "S001", published_answers())
    new = issued_round(tmp_path / "2025")
    path = table(tmp_path, ["单位代码", AMOUNTS[0]], ["S001", 99])
    done = run(
        "generate", "-C", new.folder, "--from", at.folder, "--prefill", path, "--lock-prefilled", "--only", "S001"
    )
    assert done.exit_code == 0, done.output
    found = prefilled_in(blank_of(new, "S001"), LAYOUT)
    assert found[AMOUNTS[0]].answer.value == 99 and len(found) > 100
    assert all(each.locked for each in found.values()) and CLAIM not in found
    itself = run("generate", "-C", at.folder, "--from", at.folder)
    assert itself.exit_code == 2 and "请指明另一个自评任务的文件夹" in itself.stderr
