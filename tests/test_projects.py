"""Rounds of one workbook a project: the roster, its problems, the files' names, whose a file is, the units' figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl import campaign
from perfeval_xl import roster as roster_
from perfeval_xl.district.directory import Directory
from perfeval_xl.district.filenames import other_units
from perfeval_xl.district.identify import Identified, form_of, identify
from perfeval_xl.district.prefill_table import read_table
from perfeval_xl.district.rounds import remove_older_names, units_of
from perfeval_xl.district.stamps import own_stamps
from perfeval_xl.errors import CampaignError, PrefillError, Refused
from perfeval_xl.files import LONGEST_FILE_NAME
from perfeval_xl.filings import OwnerFigures, OwnerTally, together
from perfeval_xl.reader import read_grid
from perfeval_xl.results import District, Filing, MissingUnit, UnitResult
from perfeval_xl.roster import Unit, blank_roster, read_roster
from perfeval_xl.scheme.fields import RollUp
from perfeval_xl.scorer import score
from tests.small_schemes import amount, indicator, small_scheme
from tests.small_schemes import given as answered
from tests.test_identify import SCHEME as FORM
from tests.test_identify import Said, sealed
from tests.test_summary import district

D = Decimal
HEAD = [*roster_.ROSTER_COLUMNS, "项目编号", "项目名称"]
PROJECTS = [
    Unit("S001-01", "第一小学", "小学", "", "", "校舍维修", "01"),
    Unit("S001-02", "第一小学", "小学", "", "", "食堂改造", "02"),
    Unit("S001-03", "第一小学", "小学", "", "", "食堂改造二期", "03"),
    Unit("S002-01", "第二小学", "小学", "", "", "校舍维修", "01"),
]
BY_CODE = {each.code: each for each in PROJECTS}


def roster(folder: Path, *rows: Sequence[object], head: Sequence[object] = HEAD) -> Path:
    path = folder / "units.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([head, *rows]):
            sheet.write_row(number, 0, row)
    return path


def line(code: str = "S001", name: str = "第一小学", number: object = "01", project: str = "校舍维修") -> list[object]:
    return [code, name, "小学", "李", "a@example.invalid", number, project]


def problems(path: Path, *, per_project: bool = True) -> list[str]:
    with pytest.raises(CampaignError) as caught:
        read_roster(path, per_project=per_project)
    return [each.removeprefix(f"{path}").strip(" :") for each in str(caught.value).splitlines()]


# ---- the roster


def test_a_row_is_a_workbook(tmp_path: Path) -> None:
    path = roster(tmp_path, line(), line(number="02", project="食堂改造"), line("S002", "第二小学", 1))
    units = read_roster(path, per_project=True)
    assert list(units) == ["S001-01", "S001-02", "S002-1"]
    second = units["S001-02"]
    assert (second.owner, second.name, second.project, second.project_code) == ("S001", "第一小学", "食堂改造", "02")
    assert (second.label, second.file_name) == ("第一小学（食堂改造）", "S001-02_第一小学_食堂改造.xlsx")


def test_a_unit_without_a_project_is_as_ever() -> None:
    unit = Unit("S-001", "第一小学")
    assert (unit.owner, unit.label, unit.file_name) == ("S-001", "第一小学", "S-001_第一小学.xlsx")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (line(number=""), "项目编号未填"),
        (line(number="一"), "项目编号“一”只能用字母、数字、-、_，最多 16 位"),
        (line(number="1" * 17), f"项目编号“{'1' * 17}”只能用字母、数字、-、_，最多 16 位"),
        (line(project=""), "项目名称未填"),
        (line(project="校舍/维修?"), "项目名称“校舍/维修?”含有文件名不能用的字符 / ?，请改用全角的"),
        (line(code="", number="01"), "单位代码未填"),
        (line("S" * 20, number="1" * 16), f"单位代码“{'S' * 20}-{'1' * 16}”只能用字母、数字、-、_，最多 32 位"),
        (line("S009", number="01", project="别的"), "单位 S009 的项目编号 01 与第 2 行重复"),
        (line("s009", number="01", project="别的"), "单位 s009 的项目编号 01 与第 2 行重复"),
        (line("S009", "第九小学", "02"), "单位 S009 在第 2 行的名称是“第一小学”，这里是“第九小学”"),
    ],
)
def test_what_is_wrong_with_a_row(tmp_path: Path, row: list[object], what: str) -> None:
    assert problems(roster(tmp_path, line("S009"), row)) == [f"第 3 行：{what}。"]


def test_all_problems_of_all_rows_at_once(tmp_path: Path) -> None:
    assert len(problems(roster(tmp_path, line(number="", project=""), line(), line(), line(project="a|b")))) == 5


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    assert problems(roster(tmp_path, line(), head=roster_.ROSTER_COLUMNS)) == ["缺少列 项目编号、项目名称。"]
    assert problems(roster(tmp_path, head=["代码"]))[0].endswith("邮箱 | 项目编号 | 项目名称。")


def test_projects_in_a_round_of_one_workbook_a_unit(tmp_path: Path) -> None:
    [told] = problems(roster(tmp_path, line()), per_project=False)
    assert told.startswith("名册填有项目编号、项目名称，而本任务的方案是一个单位一份表。")
    unused = read_roster(roster(tmp_path, line(number="", project="")), per_project=False)
    assert unused == {"S001": Unit("S001", "第一小学", "小学", "李", "a@example.invalid")}


def test_the_blank_roster_is_what_is_read() -> None:
    assert read_grid(blank_roster(per_project=True), "units.xlsx") == [HEAD]
    assert read_grid(blank_roster(), "units.xlsx") == [list(roster_.ROSTER_COLUMNS)]


@given(st.text("维修ab. ", min_size=1, max_size=150), st.integers(1, 60))
def test_a_long_project_name_is_cut_off_in_the_file_name_alone(project: str, length: int) -> None:
    unit = Unit("S001-01", "校" * length, project=project, project_code="01")
    name = unit.file_name
    assert len(name.encode()) <= LONGEST_FILE_NAME + 13 and name.startswith("S001-01_") and name.endswith(".xlsx")
    assert not name.removesuffix(".xlsx").endswith((" ", "."))
    whole = f"S001-01_{unit.name}_{project}".rstrip(" .")
    if len(whole.encode()) + 5 <= LONGEST_FILE_NAME:
        assert name == f"{whole}.xlsx"


def projects_round(folder: Path) -> campaign.Campaign:
    at = campaign.Campaign(folder, "样例区", "局", 2024, "huadu-2024", Mock(), "")
    at.__dict__["roster"] = BY_CODE
    return at


def test_codes_stand_for_a_workbook_or_for_all_of_a_unit(tmp_path: Path) -> None:
    at = projects_round(tmp_path)
    assert [each.code for each in units_of(at, ["S001"])] == ["S001-01", "S001-02", "S001-03"]
    assert [each.code for each in units_of(at, ["S001-02", "S002"])] == ["S001-02", "S002-01"]
    with pytest.raises(CampaignError, match="没有单位代码 S001-09"):
        units_of(at, ["S001-09"])


def test_products_under_older_project_names_go(tmp_path: Path) -> None:
    at = projects_round(tmp_path)
    for name in ("S001-01_第一小学_旧名.xlsx", "S001-01_第一小学_校舍维修.xlsx", "S009-01_第九小学_旧.xlsx"):
        (tmp_path / name).touch()
    (tmp_path / "S001_第一小学.eml").touch()
    remove_older_names(at, tmp_path, [*PROJECTS, *at.owners.values()], (".xlsx", ".eml"))
    left = {each.name for each in tmp_path.iterdir()}
    assert left == {"S001-01_第一小学_校舍维修.xlsx", "S009-01_第九小学_旧.xlsx", "S001_第一小学.eml"}


def test_addresses_and_contacts_of_all_rows_of_a_unit() -> None:
    units = [
        Unit("S001-01", "第一小学", contact="李", email="a@example.org", project="甲", project_code="01"),
        Unit(
            "S001-02", "第一小学", contact="王", email="a@example.org；b@example.org", project="乙", project_code="02"
        ),
    ]
    at = campaign.Campaign(Path(), "", "", 2024, "", Mock(), "")
    at.__dict__["roster"] = {each.code: each for each in units}
    assert at.owners == {"S001": Unit("S001", "第一小学", contact="李；王", email="a@example.org；b@example.org")}


def test_the_form_says_which_project_it_is_of() -> None:
    stamps = own_stamps(small_scheme(indicator("row", amount("one"))), PROJECTS[1], department=False)
    assert {key: stamps[key] for key in ("unit_code", "unit_name", "project_code", "project_name")} == {
        "unit_code": "S001-02", "unit_name": "第一小学", "project_code": "02", "project_name": "食堂改造",
    }  # fmt: skip


# ---- whose a file is, by its name


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("S001-01_第一小学_校舍维修.xlsx", []),
        ("自评表.xlsx", []),
        ("S001 第一小学.xlsx", []),  # the unit alone says nothing of the project
        ("S001-02_第一小学.xlsx", ["S001-02"]),
        ("S001-02_第一小学_食堂改造.xlsx", ["S001-02"]),
        ("第一小学（食堂改造）.xlsx", ["S001-02"]),
        ("第一小学食堂改造二期定稿.xlsx", ["S001-03"]),
        ("校舍维修、食堂改造.xlsx", []),
        ("S002-01.xlsx", ["S002-01"]),
        ("第二小学校舍维修.xlsx", ["S002-01"]),
        ("S002.xlsx", ["S002-01"]),
    ],
)
def test_other_projects_that_a_file_name_says(file: str, expected: list[str]) -> None:
    assert [each.code for each in other_units(file, BY_CODE["S001-01"], PROJECTS)] == expected
    assert [each.code for each in Directory(PROJECTS).other_units(file, BY_CODE["S001-01"])] == expected


# ---- whose a file is, by what it says


KEY = bytes(range(32))
LOST = Said(unit_code="", unit_name="", hidden_code="")


def whose(said: Said) -> Identified:
    return identify(said, form_of(said, FORM), "自评表.xlsx", KEY, Directory(BY_CODE.values()))


@pytest.mark.parametrize(
    "said",
    [
        replace(LOST, seals=(sealed("S001-02"),) * 4, unit_code="S001-02"),
        replace(LOST, hidden_code="S001-02"),
        replace(LOST, unit_code="ｓ００１-02"),
    ],
)
def test_a_return_is_known_by_its_workbooks_code(said: Said) -> None:
    assert whose(said).unit is BY_CODE["S001-02"]


def test_a_printed_code_of_another_project_is_told() -> None:
    found = whose(replace(LOST, seals=(sealed("S001-02"),) * 4, unit_code="S001-01", unit_name="第一小学"))
    assert found.unit_code == "S001-02"
    [told] = [each for each in found.findings if each.code == "unit-code-edited"]
    assert "S001-01（第一小学（校舍维修））" in told.message and "S001-02（第一小学（食堂改造））" in told.message


def test_a_units_name_alone_says_nothing_where_it_has_several_projects() -> None:
    with pytest.raises(Refused, match="第一小学"):
        whose(replace(LOST, unit_name="第一小学"))
    assert whose(replace(LOST, unit_name="第二小学")).unit_code == "S002-01"


# ---- known figures


def test_known_figures_by_project(tmp_path: Path) -> None:
    scheme = small_scheme(indicator("row", amount("one")))
    columns = ["单位代码", "单位名称", "项目编号", "项目名称", "one"]
    path = roster(tmp_path, ["S001", "第一小学", "02", "食堂改造", 5], ["S001-01", "", "", "", 7], head=columns)
    found = read_table(path, scheme, BY_CODE, locked=False)
    assert {code: given["one"].answer.value for code, given in found.items()} == {"S001-02": D(5), "S001-01": D(7)}
    wrong = roster(tmp_path, ["S001", "", "02", "校舍维修", 5], ["S001", "", "", "", 7], head=columns)
    with pytest.raises(PrefillError) as caught:
        read_table(wrong, scheme, BY_CODE, locked=False)
    assert "单位 S001-02 在名册中是“食堂改造”，这里是“校舍维修”" in str(caught.value)
    assert "名册中没有单位代码 S001" in str(caught.value)


# ---- the units' figures


SCHEME = small_scheme(indicator("row", amount("one", roll_up=RollUp.SUM), amount("two"), points=D(100)))
FILINGS = {each.code: Filing(each.owner, each.name, each.type, each.project) for each in PROJECTS}


def returned(code: str, one: Decimal | None, two: Decimal) -> UnitResult:
    submission = answered(SCHEME, {"one": one, "two": two})
    return UnitResult(code, "", "", f"{code}.xlsx", None, submission, score(SCHEME, submission))


def by_owner(made: District) -> list[OwnerFigures]:
    tally = OwnerTally(made)
    for each in made.results:
        tally.take(each)
    return tally.units


def test_the_figures_of_each_unit() -> None:
    results = [
        returned("S001-01", D("10.5"), D(0)),
        returned("S001-02", D("20.01"), D(0)),
        returned("S002-01", None, D(3)),
    ]
    aside = UnitResult("S001-03", "", "", "x.xlsx", None, None, None)
    whole = replace(
        district(),
        scheme=SCHEME,
        results=[*results, aside],
        missing=[MissingUnit("S001-03", "", "", "")],
        filings=FILINGS,
    )
    first, second = by_owner(whole)
    assert (first.owner, first.unit, first.due, first.accepted, first.awaited) == (
        "S001",
        "第一小学",
        3,
        2,
        ["食堂改造二期"],
    )
    assert (first.mean, first.lowest, first.sums) == (D("15.26"), D("10.5"), {"one": D("30.51")})  # 15.255 half-up
    assert (second.due, second.accepted, second.mean, second.lowest, second.sums) == (1, 1, None, None, {})
    both = together([first, second], "合计")
    assert (both.due, both.accepted, both.mean, both.sums) == (4, 3, D("15.26"), {"one": D("30.51")})


def test_a_round_of_one_workbook_a_unit_has_no_such_figures() -> None:
    assert by_owner(district()) == []
