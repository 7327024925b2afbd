"""A round's folder: settings, roster, key, lock. Every problem is told with its place."""

from __future__ import annotations

import stat
import sys
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from filelock import FileLock

from perfeval_xl import campaign
from perfeval_xl import roster as roster_
from perfeval_xl.errors import CampaignError

HEAD = list(roster_.ROSTER_COLUMNS)


def roster_file(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def new_round(folder: Path, **changes: object) -> campaign.Campaign:
    values: dict[str, object] = {
        "folder": folder,
        "district": "样例区",
        "department": "样例区教育局",
        "year": 2024,
        "scheme_name": "huadu-2024",
        "deadline": date(2025, 4, 30),
        "contact": '财务科 "张老师"\\ 020-1',
    }
    made = campaign.Campaign(**{**values, **changes})  # type: ignore[arg-type]
    roster = roster_file(folder.parent / "roster.xlsx", [HEAD, ["S001", "第一小学", "小学", "李", "a@example.invalid"]])
    campaign.create(made, roster.read_bytes())
    return made


def problems(path: Path) -> str:
    with pytest.raises(CampaignError) as caught:
        roster_.read_roster(path)
    return str(caught.value)


def test_create_and_load_agree(tmp_path: Path) -> None:
    made = new_round(tmp_path / "2024")
    assert campaign.load(tmp_path / "2024") == made


def test_create_keeps_an_existing_round(tmp_path: Path) -> None:
    new_round(tmp_path / "2024")
    before = (tmp_path / "2024" / "campaign.toml").read_bytes()
    with pytest.raises(CampaignError, match="已经有一个自评任务"):
        new_round(tmp_path / "2024", district="别的区")
    assert (tmp_path / "2024" / "campaign.toml").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owner-only mode bits")
def test_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    made = new_round(tmp_path / "2024")
    assert stat.S_IMODE((tmp_path / "2024" / campaign.KEY).stat().st_mode) == 0o600
    assert len(made.key) == 32


@pytest.mark.parametrize("content", ["", "zz", "ab" * 31, "ab" * 33])
def test_damaged_key_is_named(tmp_path: Path, content: str) -> None:
    made = new_round(tmp_path / "2024")
    (tmp_path / "2024" / campaign.KEY).write_text(content)
    with pytest.raises(CampaignError, match=r"seal\.key 的内容不完整"):
        _ = made.key


def test_missing_key_is_named(tmp_path: Path) -> None:
    made = new_round(tmp_path / "2024")
    (tmp_path / "2024" / campaign.KEY).unlink()
    with pytest.raises(CampaignError, match=r"找不到 .*seal\.key"):
        _ = made.key


def test_folder_that_is_no_round(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="不是自评任务的文件夹"):
        campaign.load(tmp_path)


def test_all_problems_of_the_settings_at_once(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text(
        'district = 3\ndepartment = "局"\nyear = "2024"\nscheme = "huadu-2024"\nspeed = 1\n', encoding="utf-8"
    )
    with pytest.raises(CampaignError) as caught:
        campaign.load(tmp_path)
    lines = str(caught.value).splitlines()
    assert [line.split("campaign.toml: ")[1].split(":")[0] for line in lines] == [
        "district",
        "year",
        "deadline",
        "speed",
    ]


def test_settings_that_are_not_toml(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text("district = ", encoding="utf-8")
    with pytest.raises(CampaignError, match="读不出来"):
        campaign.load(tmp_path)


def test_year_must_be_the_schemes(tmp_path: Path) -> None:
    made = new_round(tmp_path / "2024", year=2023)
    with pytest.raises(CampaignError, match="year 为 2023"):
        _ = made.scheme


def test_unknown_reading_is_refused(tmp_path: Path) -> None:
    made = new_round(tmp_path / "2024", readings={"no-such-reading": "x"})
    with pytest.raises(CampaignError, match=r"campaign\.toml: readings: .*no-such-reading"):
        _ = made.scheme


def test_roster_in_order_with_numeric_codes(tmp_path: Path) -> None:
    path = roster_file(
        tmp_path / "units.xlsx",
        [["2024 年单位名册"], HEAD, [440199002, "二小", "小学"], [], ["440199001", " 一小 ", "小学", "李", "x@y.z"]],
    )
    assert list(roster_.read_roster(path).values()) == [
        roster_.Unit("440199002", "二小", "小学"),
        roster_.Unit("440199001", "一小", "小学", "李", "x@y.z"),
    ]


def test_every_bad_roster_row_is_told(tmp_path: Path) -> None:
    path = roster_file(
        tmp_path / "units.xlsx",
        [
            HEAD,
            ["S1", "一小"],
            ["s1", "二小"],
            ["S3", ""],
            ["", "四小"],
            ["S5", "五/小:"],
            ["S 6", "六小"],
            ["S7", "七小."],
            ["S8", "八" * 80],
            ["NUL", "九小"],
        ],
    )
    lines = problems(path).splitlines()
    assert [line.split(" 第 ")[1].split("：")[0] for line in lines] == [f"{n} 行" for n in range(3, 11)]
    for line, word in zip(
        lines, ["与第 2 行重复", "名称未填", "代码未填", "/ :", "只能用字母", "句点", "过长", "只能用字母"], strict=True
    ):
        assert word in line


def test_longest_name_that_fits(tmp_path: Path) -> None:
    fits = "八" * 70  # S8_ + 210 bytes + .xlsx = 218
    path = roster_file(tmp_path / "units.xlsx", [HEAD, ["S8", fits]])
    assert roster_.read_roster(path)["S8"].name == fits
    assert "过长" in problems(roster_file(tmp_path / "long.xlsx", [HEAD, ["S8", fits + "八"]]))


@pytest.mark.parametrize(
    ("rows", "said"),
    [([["代码", "名称"]], "没有表头"), ([["单位代码", "名称"]], "缺少列 单位名称"), ([HEAD], "名册是空的")],
)
def test_roster_without_what_it_needs(tmp_path: Path, rows: list[list[object]], said: str) -> None:
    assert said in problems(roster_file(tmp_path / "units.xlsx", rows))


def test_absent_roster(tmp_path: Path) -> None:
    assert "找不到单位名册" in problems(tmp_path / "units.xlsx")


def test_one_command_at_a_time(tmp_path: Path) -> None:
    made = new_round(tmp_path / "2024")
    other = FileLock(tmp_path / "2024" / campaign.LOCK)
    with other, pytest.raises(CampaignError, match="正由另一个 perfeval 处理"), made.locked():
        pass
    with made.locked():
        pass


def test_leftovers_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    made = new_round(tmp_path / "2024")
    left = made.outbox / ".perfeval-0123.part"
    left.write_bytes(b"half")
    with made.locked():
        assert not left.exists()
