"""Writes the fictitious district of samples/ anew: its roster, its units' answers and the files that are no returns.

Seeded: the same script gives the same contents. With ``--libreoffice`` (LibreOffice, python3-uno and Gnumeric must be
there) also the returns that real spreadsheet programs filled and saved; these are made only then, since no two runs of
those programs give the same bytes. Run it from a checkout: ``make samples``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from district_answers import FLAWLESS, PROFILES, draft, profile_of
from district_cases import CASES, half_filled
from district_units import SampleUnit, sample_units
from project_round import write_projects

HERE = Path(__file__).resolve().parent
DISTRICT = HERE / "district"
ROSTER_COLUMNS = {"单位代码": 14, "单位名称": 34, "单位类型": 14, "联系人": 12, "邮箱": 28}  # with their widths

# Places in the roster, from 0. Special cases stand on every third one; of those below only HALF_FILLED is one.
CASE_EVERY, FIRST_CASE = 3, 2
HALF_FILLED = FIRST_CASE + CASE_EVERY * CASES.index(half_filled)
NOT_RETURNED = {10, 46, 82, 118, 136, 154}
SAVED_BY = {
    3: "libreoffice",
    57: "libreoffice",
    120: "libreoffice",
    141: "libreoffice",
    HALF_FILLED: "libreoffice",
    75: "gnumeric",
    102: "openpyxl",
}
_CREATED = datetime(2025, 1, 1)
_FILE_NAMES = (
    "{code}_{name}.xlsx",
    "自评表-{short}(1).xlsx",
    "{name}2024年度单位整体支出绩效自评表.xlsx",
    "{short}自评表（定稿）.xlsx",
    "附件1：{name}.xlsx",
    "副本{code}_{name}.xlsx",
    "{short} 最终版 .xlsx",
    "{code}_{name} - 副本.XLSX",
    "{short}-报送稿20250428.xlsx",
)
DEPARTMENT_NOTE = (
    "样例区教育局自己的答案：由所属单位汇总得出的项目不填。文字取自公开的一例，已改为虚构的样例区；数据与该局无关。"
)
DEPARTMENT: dict[str, Any] = {
    "execution_basis": "月度平均",
    **{f"execution_rate_{month:02d}": rate for month, rate in enumerate(
        ("0.9645", "0.9712", "0.9803", "0.9688", "0.9751", "0.982", "0.9794", "0.9866", "0.9902", "0.991", "0.9957", "0.9983"), 1
    )},
    "budget_execution_evidence": "按财政部门通报的各月支出执行率计算平均值。",
    "management_system_evidence": "《样例区教育局专项资金管理办法》对绩效目标、监控、评价、结果应用均有要求；内控手册明确了绩效管理的职责分工。",
    "narrative_conclusion": "围绕预算资金管理、绩效管理和产出情况综合分析，2024年度部门整体支出绩效自评的得分和等级见自评表。",
    "problem_01_title": "部分单位的基础工作不够扎实",
    "problem_01_text": "部分所属单位采购意向公开、合同备案不够及时，资产盘点后的处理不够到位，影响了部门整体的得分。",
    "measure_01_title": "加强对所属单位的指导和督促",
    "measure_01_text": "逐个单位反馈自评中发现的问题，限期整改，并纳入下一年度的监控。",
}  # fmt: skip


def district_lines() -> Iterator[dict[str, Any]]:
    """One object a unit: its code, its answers, whether it returns, and the name under which its file comes back."""
    for place, unit in enumerate(sample_units()):
        line: dict[str, Any] = {
            "unit": unit.code,
            "returns": place not in NOT_RETURNED,
            "file_name": _file_name(place, unit),
            "answers": _answers(place, unit),
        }
        if place in SAVED_BY:
            line["saved"] = f"returns-{SAVED_BY[place]}/{unit.code}.xlsx"
        yield line


def _answers(place: int, unit: SampleUnit) -> dict[str, Any]:
    number, rest = divmod(place - FIRST_CASE, CASE_EVERY)
    if rest == 0 and 0 <= number < len(CASES):
        answers = draft(unit, FLAWLESS)
        CASES[number](answers)
        return answers
    profile = profile_of(unit)
    answers = draft(unit, PROFILES[profile])
    if profile != "优" and place % 9 in (0, 4):  # claims more than its months add up to
        answers["budget_execution_self_score"] = "10.00" if place % 9 == 0 else "9.80"
        answers["budget_execution_evidence"] = "按本单位年终支出进度自评。"
    return answers


def _file_name(place: int, unit: SampleUnit) -> str:
    pattern = _FILE_NAMES[(place + 3) % len(_FILE_NAMES)]
    return pattern.format(code=unit.code, name=unit.name, short=unit.name.removeprefix("样例区"))


def write_roster(path: Path) -> None:
    """units.xlsx as an operator would type it."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": _CREATED})
        sheet = book.add_worksheet("单位名册")
        bold = book.add_format({"bold": True})
        for column, (head, width) in enumerate(ROSTER_COLUMNS.items()):
            sheet.write_string(0, column, head, bold)
            sheet.set_column(column, column, width)
        for row, unit in enumerate(sample_units(), start=1):
            for column, text in enumerate((unit.code, unit.name, unit.type, unit.contact, unit.email)):
                sheet.write_string(row, column, text)


def write_answers_lines(path: Path) -> None:
    """answers.jsonl: a line a unit."""
    lines = (json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in district_lines())
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def write_department(path: Path) -> None:
    """department.json: the department's own answers, the published case's moved to the fictitious district. What the
    units' returns give is left out, and so is the evidence of rows that they give wholly."""
    sys.path.insert(0, str(HERE.parent))
    from perfeval_xl.scheme.loader import find_scheme, load_scheme

    scheme = load_scheme(find_scheme("huadu-2024"))
    published = json.loads((HERE / "huadu-2024" / "answers.json").read_text(encoding="utf-8"))
    left_out = {
        *scheme.rolled_up,
        *(each.self_score_id for each in scheme.indicators),
        "annual_budget_wan",
        "annual_spent_wan",
    }
    for each in scheme.indicators:
        if each.fields and all(field.id in scheme.rolled_up for field in each.fields):
            left_out.add(each.evidence_id)
    kept = {name: value for name, value in published.items() if name not in left_out and not name.startswith("_")}
    text = json.dumps({"_note": DEPARTMENT_NOTE, **kept, **DEPARTMENT}, ensure_ascii=False, indent=1)
    for there, here in (
        ("广州市花都区", "样例区"),
        ("花都区", "样例区"),
        ("花都教育", "样例区教育"),
        ("中小學生", "中小学生"),
    ):
        text = text.replace(there, here)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def write_strays(folder: Path) -> None:
    """Two files that land in every inbox and are no returns."""
    with xlsxwriter.Workbook(folder / "食堂采购清单.xlsx") as book:
        book.set_properties({"created": _CREATED})
        sheet = book.add_worksheet("三月")
        for row, values in enumerate((("品名", "数量"), ("大米", "50 袋"), ("食用油", "12 桶"), ("鸡蛋", "30 箱"))):
            sheet.write_row(row, 0, values)
    notice = "关于报送2024年度绩效自评表的通知\n\n请各单位于4月30日前报送。\n"
    (folder / "通知.xlsx").write_text(notice, encoding="utf-8", newline="\n")


def write_saved_returns() -> None:
    """Returns filled and saved by LibreOffice, and one each saved again by Gnumeric and by openpyxl."""
    sys.path.insert(0, str(HERE.parent))
    from perfeval_xl.demo import open_round
    from perfeval_xl.district.rounds import issue
    from perfeval_xl.scheme.answers_file import read_answers
    from tests.engines import Gnumeric, LibreOffice

    lines = [line for line in district_lines() if "saved" in line]
    with tempfile.TemporaryDirectory() as name, LibreOffice(Path(name, "profile")) as office:
        campaign = open_round(Path(name, "round"))
        issue(campaign, [line["unit"] for line in lines])
        for line in lines:
            blank = campaign.outbox / campaign.roster[line["unit"]].file_name
            filled = Path(name, f"{line['unit']}.xlsx")
            answers = read_answers(json.dumps(line["answers"]), campaign.scheme)
            office.recalculate(blank, filled, _typed(answers))
            target = HERE / line["saved"]
            target.parent.mkdir(exist_ok=True)
            if line["saved"].startswith("returns-gnumeric/"):
                Gnumeric().resave(filled, target)
            elif line["saved"].startswith("returns-openpyxl/"):
                openpyxl.load_workbook(filled).save(target)
            else:
                shutil.copyfile(filled, target)


def _typed(answers: Mapping[str, Any]) -> dict[str, Decimal | date | str]:
    """What a clerk types into which named cell, for everything that the answers give."""
    typed: dict[str, Decimal | date | str] = {}
    for field, answer in answers.items():
        if isinstance(answer.value, bool):
            typed[field] = "是" if answer.value else "否"
        elif answer.value is not None or answer.problem:
            typed[field] = answer.raw if answer.value is None else answer.value
    return typed


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--libreoffice", action="store_true", help="also fill returns with real spreadsheet programs")
    for folder in (DISTRICT, HERE / "strays"):
        folder.mkdir(exist_ok=True)
    write_roster(DISTRICT / "units.xlsx")
    write_answers_lines(DISTRICT / "answers.jsonl")
    write_department(DISTRICT / "department.json")
    write_strays(HERE / "strays")
    write_projects(HERE / "project-2020")
    if options.parse_args().libreoffice:
        write_saved_returns()


if __name__ == "__main__":
    main()
