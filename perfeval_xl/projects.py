"""Rounds in which a unit files a workbook a project: what the roster says of projects, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from perfeval_xl.files import LONGEST_FILE_NAME, UNSAFE_IN_FILE_NAMES

if TYPE_CHECKING:
    from perfeval_xl.roster import Unit

PROJECT_COLUMNS: Final = ("项目编号", "项目名称")
"""The roster's columns beside those of every round, where a row is a project."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}\Z")
_ENDING = ".xlsx"
_LEAST_NAME = 12  # bytes of a project's name that a file name keeps: four characters


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
    elif not _CODE.match(unit.project_code):
        problems.append(f"项目编号“{unit.project_code}”只能用字母、数字、-、_，最多 16 位")
    if not unit.project:
        problems.append("项目名称未填")
    bad = sorted(set(UNSAFE_IN_FILE_NAMES.findall(unit.project)))
    if bad:
        listed = " ".join(repr(each)[1:-1] for each in bad)
        problems.append(f"项目名称“{unit.project}”含有文件名不能用的字符 {listed}，请改用全角的")
    return problems


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


def at_odds(unit: Unit, number: int, units: Mapping[str, Unit], rows_of: dict[str, int]) -> list[str]:
    """What row ``number`` says against rows above it; ``rows_of`` has their numbers by the codes in capitals."""
    problems = []
    what = f"单位 {unit.owner} 的项目编号 {unit.project_code}" if unit.project_code else f"单位代码 {unit.code}"
    if unit.code.upper() in rows_of:
        problems.append(f"{what} 与第 {rows_of[unit.code.upper()]} 行重复")
    other = next((each for each in units.values() if each.owner == unit.owner and each.name != unit.name), None)
    if other is not None and unit.project_code and unit.name:
        problems.append(
            f"单位 {unit.owner} 在第 {rows_of[other.code.upper()]} 行的名称是“{other.name}”，这里是“{unit.name}”"
        )
    rows_of.setdefault(unit.code.upper(), number)
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
