"""units.xlsx: who is issued a workbook; and what is wrong with such a list."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from perfeval_xl.errors import CampaignError
from perfeval_xl.excel.book import Book, Paper
from perfeval_xl.files import LONGEST_FILE_NAME, RESERVED_FILE_NAMES, UNSAFE_IN_FILE_NAMES
from perfeval_xl.reader import read_grid

PROJECT_COLUMNS: Final = ("项目编号", "项目名称")
"""The roster's columns beside those of every round, where a row is a project."""
ROSTER_COLUMNS = ("单位代码", "单位名称", "单位类型", "联系人", "邮箱")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")
_PROJECT_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}\Z")
_ENDING = ".xlsx"
_LEAST_NAME = 12  # bytes of a project's name that a file name keeps: four characters


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
    above = _Above()
    for number, row in enumerate(body, header_row + 2):
        if not any(row):
            continue
        unit = _unit_of(dict(zip(header, row, strict=False)), columns)
        wrong = [*unit_problems(unit), *(project_problems(unit) if per_project else ())]
        wrong += above.at_odds(unit, number)
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
    unsafe = _unsafe_in(unit.name)
    if unsafe:
        problems.append(f"单位名称“{unit.name}”含有文件名不能用的字符 {unsafe}")
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


def workbook_code(owner: str, project_code: str) -> str:
    """What a project's workbook is known by: S001 and 01 make S001-01."""
    return f"{owner}-{project_code}" if project_code else owner


def workbook_file(stem: str, project: str) -> str:
    """The workbook's file name; a project's name that is too long for one is cut off: its code tells it from others."""
    room = max(LONGEST_FILE_NAME - len(f"{stem}_{_ENDING}".encode()), _LEAST_NAME)
    return f"{stem}_{project.encode()[:room].decode(errors='ignore').rstrip(' .')}{_ENDING}"


def project_problems(unit: Unit) -> list[str]:
    """What is wrong with the project of a row of the roster, in words without an ending; nothing for a sound one."""
    problems = []
    if not unit.project_code:
        problems.append("项目编号未填")
    elif not _PROJECT_CODE.match(unit.project_code):
        problems.append(f"项目编号“{unit.project_code}”只能用字母、数字、-、_，最多 16 位")
    if not unit.project:
        problems.append("项目名称未填")
    unsafe = _unsafe_in(unit.project)
    if unsafe:
        problems.append(f"项目名称“{unit.project}”含有文件名不能用的字符 {unsafe}，请改用全角的")
    return problems


def _unsafe_in(name: str) -> str:
    """The characters in ``name`` that no file name may have, as they are shown; '' for none."""
    return " ".join(repr(each)[1:-1] for each in sorted(set(UNSAFE_IN_FILE_NAMES.findall(name))))


def out_of_place(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """What to say of a roster that lists projects though its form is filled in once a unit; '' where it lists none."""
    at = [header.index(each) for each in PROJECT_COLUMNS if each in header]
    if not any(row[each] for row in rows for each in at if each < len(row)):
        return ""
    named = "、".join(header[each] for each in at)
    return (
        f"名册填有{named}，而本任务的方案是一个单位一份表。请删去这些内容，每个单位只留一行；"
        "要按项目填报，请换用按项目的方案。"
    )


@dataclass
class _Above:
    """What stands in the rows above: the number of each code's, in capitals, and each unit's first."""

    rows: dict[str, int] = field(default_factory=dict)
    units: dict[str, tuple[int, str]] = field(default_factory=dict)

    def at_odds(self, unit: Unit, number: int) -> list[str]:
        """What row ``number`` says against those above it; then it is one of them."""
        problems = []
        what = f"单位 {unit.owner} 的项目编号 {unit.project_code}" if unit.project_code else f"单位代码 {unit.code}"
        code = unit.code.upper()
        if code in self.rows:
            problems.append(f"{what} 与第 {self.rows[code]} 行重复")
        first, name = self.units.setdefault(unit.owner, (number, unit.name))
        if name != unit.name and unit.project_code and unit.name:
            problems.append(f"单位 {unit.owner} 在第 {first} 行的名称是“{name}”，这里是“{unit.name}”")
        self.rows.setdefault(code, number)
        return problems


def owners_of(units: Iterable[Unit]) -> dict[str, Unit]:
    """The units themselves by their own codes, in their order; of one with several projects, all its addresses and
    contacts."""
    found: dict[str, Unit] = {}
    for unit in units:
        before = found.get(unit.owner)
        if before is None:
            found[unit.owner] = replace(unit, code=unit.owner, project="", project_code="")
        else:
            emails, contacts = (_joined(*each) for each in ((before.email, unit.email), (before.contact, unit.contact)))
            found[unit.owner] = replace(before, email=emails, contact=contacts)
    return found


def _joined(first: str, second: str) -> str:
    """Both, each once."""
    return "；".join(dict.fromkeys(each for text in (first, second) for each in text.split("；") if each))


def by_owner(units: Iterable[Unit]) -> dict[str, list[Unit]]:
    """The workbooks of each unit, by its own code."""
    found: dict[str, list[Unit]] = {}
    for unit in units:
        found.setdefault(unit.owner, []).append(unit)
    return found
