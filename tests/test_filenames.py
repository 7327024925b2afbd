"""What file names tell: another unit, seldom and surely; and which of two versions is the later one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.district import directory
from perfeval_xl.district.directory import Directory
from perfeval_xl.district.filenames import folded, lateness, other_units
from perfeval_xl.resources import samples_dir
from perfeval_xl.roster import Unit, read_roster

UNITS = [
    Unit(*each)
    for each in (
        ("S001", "第一小学"),
        ("S001_2", "第一小学分校"),
        ("S002", "第二小学"),
        ("S003", "新华第一小学"),
        ("440199010", "实验中学"),
        ("20240315", "东苑幼儿园"),
        ("007", "西苑幼儿园"),
        ("V2", "南苑幼儿园"),
        ("HDJYJ", "招生（考试）中心"),
        ("240315", "一小"),
    )
]
BY_CODE = {each.code: each for each in UNITS}
DIRECTORY = Directory(UNITS)
WORDS = (
    *(unit.code for unit in UNITS),
    *(unit.name for unit in UNITS),
    "_",
    " ",
    "Ｓ００２",
    "新",
    "0",
    "v2",
    "的",
    "自评表",
)


def others(file: str, code: str = "S001") -> list[str]:
    return [each.code for each in DIRECTORY.other_units(file, BY_CODE[code])]


@pytest.mark.parametrize(
    ("file", "code", "expected"),
    [
        ("S002_自评表.xlsx", "S001", ["S002"]),
        ("ｓ００２自评表.xlsx", "S001", ["S002"]),
        ("自评表 s002.xlsx", "S001", ["S002"]),
        ("第二小学.xlsx", "S001", ["S002"]),
        ("第二 小学（定稿）.xlsx", "S001", ["S002"]),
        ("样例区第二小学2024年度自评表.xlsx", "S001", ["S002"]),
        ("自评表第二小学.xlsx", "S001", ["S002"]),
        ("附件1：第二小学.xlsx", "S001", ["S002"]),
        ("S001_第二小学.xlsx", "S001", ["S002"]),  # the name is another unit's, whatever the code says
        ("S002_第一小学.xlsx", "S001", ["S002"]),
        ("S002_第二小学.xlsx", "S001", ["S002"]),
        ("招生(考试)中心.xlsx", "S001", ["HDJYJ"]),
        ("440199010.xlsx", "S001", ["440199010"]),
        ("新华第一小学.xlsx", "S001", ["S003"]),
        ("第一小学分校.xlsx", "S001", ["S001_2"]),
        ("S001_2.xlsx", "S001", ["S001_2"]),
        ("S001_第一小学.xlsx", "S001_2", ["S001"]),
        ("S002和S003.xlsx", "S001", ["S002", "S003"]),
        ("交表.zip/S002.xlsx", "S001", ["S002"]),
        ("第二小学初稿.xlsx", "S001", ["S002"]),
    ],
)
def test_a_name_that_says_another_unit(file: str, code: str, expected: list[str]) -> None:
    assert others(file, code) == expected


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("S001_第一小学.xlsx", "S001"),
        ("自评表.xlsx", "S001"),
        ("S001_2_第一小学分校.xlsx", "S001_2"),
        ("第一小学.xlsx", "S001_2"),  # short for its own name
        ("第一小学.xlsx", "S003"),
        ("新华第一小学.xlsx", "S003"),
        ("S001退S002.xlsx", "S001"),
        ("第二小学转第一小学.xlsx", "S001"),
        ("XS002.xlsx", "S001"),
        ("S0021.xlsx", "S001"),
        ("13440199010.xlsx", "S001"),  # a telephone number
        ("4401990105.xlsx", "S001"),
        ("自评表20240315.xlsx", "S001"),  # a day
        ("自评表240315.xlsx", "S001"),
        ("自评表007.xlsx", "S001"),
        ("自评表V2.xlsx", "S001"),
        ("HDJYJ.xlsx", "S001"),
        ("东华第二小学.xlsx", "S001"),  # some other school
        ("第二小学分校.xlsx", "S001"),
        ("第二小学附属幼儿园.xlsx", "S001"),
        ("第二小学初中部.xlsx", "S001"),
        ("一小.xlsx", "S001"),
        ("第二小学/自评表.xlsx", "S001"),
        ("440199010.5.xlsx", "S001"),
    ],
)
def test_a_name_that_need_not_mean_another_unit(file: str, code: str) -> None:
    assert others(file, code) == []


def test_two_units_of_one_name() -> None:
    twins = [Unit("A001", "中心小学"), Unit("A002", "中心小学")]
    assert Directory(twins).other_units("中心小学.xlsx", twins[0]) == ()


def test_no_false_alarm_on_the_names_of_the_sample_district() -> None:
    """177 file names as offices give them, every one right."""
    roster = read_roster(samples_dir() / "district" / "units.xlsx")
    known = Directory(roster.values())
    lines = (samples_dir() / "district" / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    names = {each["unit"]: each["file_name"] for each in map(json.loads, lines)}
    assert len(names) == 177
    assert [name for code, name in names.items() if known.other_units(name, roster[code])] == []


def test_every_issued_name_in_another_units_hands_is_noticed() -> None:
    roster = read_roster(samples_dir() / "district" / "units.xlsx")
    known = Directory(roster.values())
    for one, other in pairwise(roster.values()):
        assert known.other_units(one.file_name, other) == (one,)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map("".join), st.integers(0, len(UNITS) - 1))
def test_the_directory_finds_what_the_whole_roster_would(name: str, place: int) -> None:
    """It hands only those units on that can matter."""
    assert DIRECTORY.other_units(f"{name}.xlsx", UNITS[place]) == other_units(f"{name}.xlsx", UNITS[place], UNITS)


def test_a_file_name_is_not_held_against_every_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work on one name is the same in a district and in a province."""
    units = [Unit(f"U{number:06}", f"第{number}号学校") for number in range(20_000)]
    looked_at: list[int] = []

    def counting(file: str, unit: Unit, roster: Sequence[Unit]) -> tuple[Unit, ...]:
        looked_at.append(len(roster))
        return other_units(file, unit, roster)

    monkeypatch.setattr(directory, "other_units", counting)
    found = Directory(units)
    assert found.other_units("U000017_第17号学校.xlsx", units[3]) == (units[17],)
    assert found.other_units("自评表.xlsx", units[3]) == ()
    assert looked_at == [1, 0]


@pytest.mark.parametrize(
    "later_first",
    [
        ("自评表最终.xlsx", "自评表修改稿.xlsx", "自评表.xlsx", "自评表初稿.xlsx"),
        ("定稿v1.xlsx", "自评表v3.xlsx"),
        ("自评表v10.xlsx", "自评表V2.1.xlsx", "自评表v2.xlsx", "自评表.xlsx"),
        ("自评表(3).xlsx", "自评表（2）.xlsx", "自评表 (1).xlsx", "自评表.xlsx"),
        ("第三稿.xlsx", "第2稿.xlsx", "第一稿.xlsx"),
        ("第十版.xlsx", "第九版.xlsx"),
        ("自评表20250311.xlsx", "自评表2025-03-10.xlsx", "自评表2025.3.9.xlsx", "自评表2025年3月8日.xlsx"),
        ("自评表3月10日.xlsx", "自评表3月9日.xlsx", "自评表.xlsx"),
        ("自评表v2 20250301.xlsx", "自评表v1 20250401.xlsx"),
    ],
)
def test_which_name_claims_to_be_later(later_first: tuple[str, ...]) -> None:
    for later, earlier in pairwise(later_first):
        assert lateness(later) > lateness(earlier), (later, earlier)


@pytest.mark.parametrize(
    "file", ["自评表.xlsx", "2024年度自评表.xlsx", "440199010.xlsx", "自评表 - 副本.xlsx", "x/最终/a.xlsx"]
)
def test_a_name_that_claims_nothing(file: str) -> None:
    assert lateness(file) == lateness("表.xlsx")


@pytest.mark.parametrize("times", [1, 50, 51, 5000])  # up to 100 characters are kept in mind
def test_folding_a_text_of_any_length(times: int) -> None:
    assert folded("Ａ　" * times) == folded("Ａ　" * times) == "a" * times
