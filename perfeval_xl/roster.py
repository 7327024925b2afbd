"""units.xlsx: who is issued a workbook; and what is wrong with such a list."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from perfeval_xl.errors import CampaignError
from perfeval_xl.excel.book import Book, Paper
from perfeval_xl.files import LONGEST_FILE_NAME, RESERVED_FILE_NAMES, UNSAFE_IN_FILE_NAMES
from perfeval_xl.projects import (
    PROJECT_COLUMNS,
    at_odds,
    out_of_place,
    project_problems,
    workbook_code,
    workbook_file,
)
from perfeval_xl.reader import read_grid

ROSTER_COLUMNS = ("单位代码", "单位名称", "单位类型", "联系人", "邮箱")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")


@dataclass(frozen=True, slots=True)
class Unit:
    """One workbook of the roster: a unit's, or where a unit files one a project, that of its ``project``.

    ``code`` is the workbook's own: S001, or of a project S001-01 (the unit's code and ``project_code``).
    """

    code: str
    name: str
    type: str = ""
    contact: str = ""
    email: str = ""
    project: str = ""
    project_code: str = ""

    @property
    def owner(self) -> str:
        """The code of the unit whose workbook it is: ``code`` itself unless it is a project's."""
        return self.code.removesuffix(f"-{self.project_code}") if self.project_code else self.code

    @property
    def label(self) -> str:
        """How it is named in lists: 第一小学, 第一小学（校舍维修）."""
        return f"{self.name}（{self.project}）" if self.project else self.name

    @property
    def file_name(self) -> str:
        """What this unit's workbook is called in outbox/, reviewed/ and returned/."""
        stem = f"{self.code}_{self.name}"
        return workbook_file(stem, self.project) if self.project else f"{stem}.xlsx"


def roster_columns(*, per_project: bool) -> tuple[str, ...]:
    """The roster's columns; where a row is a project, with that."""
    return (*ROSTER_COLUMNS, *PROJECT_COLUMNS) if per_project else ROSTER_COLUMNS


def blank_roster(*, per_project: bool = False) -> bytes:
    """An empty units.xlsx: the head row, ready to be filled in."""
    book = Book(datetime(2024, 1, 1), "单位名册", "")
    page = book.page("单位名册", Paper(), "单位名册")
    titles = roster_columns(per_project=per_project)
    for column, (title, width) in enumerate(zip(titles, (16, 36, 14, 14, 30, 12, 44), strict=False)):
        page.raw.set_column(column, column, width, book.style("typed"))
        page.put(0, column, title, "head")
    page.raw.freeze_panes(1, 0)
    return book.close()


def read_roster(path: Path, *, per_project: bool = False) -> dict[str, Unit]:
    """The roster by the workbooks' codes: a row a unit, or a row a project. CampaignError lists every problem with its
    row."""
    columns = roster_columns(per_project=per_project)
    try:
        rows = read_grid(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise CampaignError(f"找不到单位名册 {path}。") from None
    header_row = next((n for n, row in enumerate(rows) if columns[0] in row), None)
    if header_row is None:
        raise CampaignError(f"{path}: 没有表头“{columns[0]}”。名册第一行应为：{' | '.join(columns)}。")
    header, body = rows[header_row], rows[header_row + 1 :]
    absent = [each for each in (*columns[:2], *columns[len(ROSTER_COLUMNS) :]) if each not in header]
    if absent:
        raise CampaignError(f"{path}: 缺少列 {'、'.join(absent)}。")
    astray = "" if per_project else out_of_place(header, body)
    if astray:
        raise CampaignError(f"{path}: {astray}")
    units: dict[str, Unit] = {}
    problems: list[str] = []
    rows_of: dict[str, int] = {}
    for number, row in enumerate(body, header_row + 2):
        if not any(row):
            continue
        unit = _unit_of(dict(zip(header, row, strict=False)), columns)
        wrong = [*unit_problems(unit), *(project_problems(unit) if per_project else ())]
        wrong += at_odds(unit, number, units, rows_of)
        problems += [f"{path} 第 {number} 行：{what}。" for what in wrong]
        units[unit.code] = unit
    if not units and not problems:
        problems.append(f"{path}: 名册是空的。请至少填写一个单位。")
    if problems:
        raise CampaignError("\n".join(problems))
    return units


def _unit_of(values: Mapping[str, str], columns: tuple[str, ...]) -> Unit:
    """The unit, or the project, of a row; ``values`` by heading."""
    code, name, kind, contact, email, *project = (values.get(each, "") for each in columns)
    project_code, title = project or ("", "")
    of_few = sys.intern(kind), sys.intern(contact)
    return Unit(workbook_code(code, project_code), name, *of_few, email, title, project_code)


def unit_problems(unit: Unit) -> list[str]:
    """What keeps ``unit`` from being issued a workbook, in words without an ending; nothing for a sound one."""
    spelled = not unit.project_code or _CODE.match(unit.project_code)  # else that is told of the project
    code = unit.code if spelled else unit.owner
    problems = list(filter(None, [code_problem(unit.owner) or code_problem(code)]))
    if not unit.name:
        problems.append("单位名称未填")
    bad = sorted(set(UNSAFE_IN_FILE_NAMES.findall(unit.name)))
    if bad:
        problems.append(f"单位名称“{unit.name}”含有文件名不能用的字符 {' '.join(repr(c)[1:-1] for c in bad)}")
    if unit.name.endswith("."):
        problems.append(f"单位名称“{unit.name}”不能以句点结尾")
    if len(f"{unit.code}_{unit.name}.xlsx".encode()) > LONGEST_FILE_NAME:
        problems.append(f"单位名称“{unit.name}”过长（代码加名称最多 {LONGEST_FILE_NAME - 6} 字节，一个汉字 3 字节）")
    return problems


def code_problem(code: str) -> str:
    """What is wrong with a unit code; '' for nothing."""
    if not code:
        return "单位代码未填"
    if not _CODE.match(code) or code.upper() in RESERVED_FILE_NAMES:
        return f"单位代码“{code}”只能用字母、数字、-、_，最多 32 位"
    return ""
