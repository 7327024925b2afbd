"""passwords.xlsx: what is read from it, and which passwords are tried on which file."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from perfeval_xl import campaign
from perfeval_xl.errors import CampaignError
from perfeval_xl.passwords import PASSWORD_COLUMNS, PASSWORDS, Passwords, read_passwords
from tests.rounds import issued_round

FILE = (
    ("S001", "甲"),
    ("第一小学.xlsx", "乙"),
    ("*", "通用"),
    ("ｓ002", "丙"),
    ("S001", "丁"),
    ("材料.zip", "戊"),
)


def written(path: Path, *rows: tuple[object, ...]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def test_what_a_file_says(tmp_path: Path) -> None:
    path = written(
        tmp_path / PASSWORDS,
        ("密码登记",),
        ("说明", *PASSWORD_COLUMNS),
        ("", "S001", 123456),
        ("", "", "x y"),
        ("", "", ""),
        ("", "*", 0.5),
        ("", "S001", "二"),
    )
    assert read_passwords(path).rows == (("S001", "123456"), ("*", "x y"), ("*", "0.5"), ("S001", "二"))


def test_no_file_is_no_passwords(tmp_path: Path) -> None:
    assert read_passwords(tmp_path / PASSWORDS) == Passwords()
    assert Passwords().to_try("S001.xlsx") == ()


def test_bad_rows_are_all_named(tmp_path: Path) -> None:
    path = written(tmp_path / PASSWORDS, PASSWORD_COLUMNS, ("S001", ""), ("S002", "x"), ("一小.xlsx", ""))
    with pytest.raises(CampaignError) as caught:
        read_passwords(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert "第 2 行：“S001”没有填密码" in lines[0]
    assert "第 4 行：“一小.xlsx”没有填密码" in lines[1]


def test_no_head_row_and_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="没有表头"):
        read_passwords(written(tmp_path / "a.xlsx", ("单位", "密码"), ("S001", "x")))
    (tmp_path / "b.xlsx").write_bytes(b"PK\3\4 cut short")
    with pytest.raises(CampaignError, match="读不出来"):
        read_passwords(tmp_path / "b.xlsx")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("S001_第一小学.xlsx", ("甲", "乙", "丁", "通用")),
        ("收到/s001 交表.xlsx", ("甲", "丁", "通用")),
        ("第一小学.xlsx", ("乙", "通用")),
        ("第一小学.XLSX", ("乙", "通用")),
        ("XS001.xlsx", ("通用",)),
        ("S0011.xlsx", ("通用",)),
        ("S002.xls", ("丙", "通用")),
        ("材料.zip/某校.xlsx", ("戊", "通用")),
        ("材料.zip/S001.xlsx", ("戊", "甲", "丁", "通用")),
        ("别的.xlsx", ("通用",)),
    ],
)
def test_which_are_tried_and_in_which_order(name: str, expected: tuple[str, ...]) -> None:
    tried = Passwords(FILE).to_try(name)
    assert sorted(tried) == sorted(expected)
    assert tried[-1] == "通用"


def test_a_whole_name_goes_before_a_code_in_it() -> None:
    found = Passwords((("*", "三"), ("S001", "二"), ("S001 表", "一"), ("*", "一")))
    assert found.to_try("S001 表.xlsx") == ("一", "二", "三")


def test_a_round_has_passwords(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024")
    assert at.passwords.to_try("S001.xlsx") == ()
    written(at.folder / PASSWORDS, PASSWORD_COLUMNS, ("S001", "x"))
    assert campaign.load(at.folder).passwords.to_try("S001.xlsx") == ("x",)


def test_passwords_do_not_show() -> None:
    assert "甲" not in repr(Passwords(FILE))
