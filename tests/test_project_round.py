"""The sample round of projects, all of it through the commands: issued, filled, saved by LibreOffice where there is one,
scored, reviewed, sent back, reminded of, summarised."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from perfeval_xl import campaign
from perfeval_xl.campaign import Campaign
from perfeval_xl.cli import main
from perfeval_xl.district import rounds
from perfeval_xl.district.duplicates import comparable, same_answers
from perfeval_xl.district.intake import Desk
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.resources import samples_dir
from perfeval_xl.roster import read_roster
from perfeval_xl.summary.projects import ProjectsSheet
from tests.engines import LibreOffice
from tests.mailkit import parsed
from tests.workbooks import contents, zipped

SAMPLE = samples_dir() / "project-2020"
TOTALS = {"440199301-01": "99.15", "440199301-02": "89.50", "440199302-01": None, "440199303-01": "56.00"}
"""Worked out by hand; the third lacks a figure."""
OUTPUTS = "output_rows"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@dataclass(frozen=True)
class Line:
    """A project of the sample: its code, the name that its file comes back under ('' for none), its answers."""

    code: str
    file: str
    answers: dict[str, Any]


def lines() -> Iterator[Line]:
    for text in (SAMPLE / "answers.jsonl").read_text(encoding="utf-8").splitlines():
        each = json.loads(text)
        yield Line(each["unit"], each["file_name"], each["answers"])


def issued(folder: Path) -> Campaign:
    """The sample's round made and issued through the commands."""
    about = ["--district", "样例区", "--department", "样例区教育局", "--year", 2024, "--deadline", "2099-04-30"]
    assert run("init", folder, *about, "--scheme", "project-2020").exit_code == 0
    head = [cell.value for cell in openpyxl.load_workbook(folder / "units.xlsx").active[1]]  # type: ignore[union-attr, index]
    assert head[-2:] == ["项目编号", "项目名称"]
    shutil.copy(SAMPLE / "units.xlsx", folder / "units.xlsx")
    assert "已生成 5 份" in run("generate", "-C", folder).output
    return campaign.load(folder)


def filled(at: Campaign) -> None:
    """What the units send, in the inbox."""
    for each in lines():
        if each.file:
            answers = at.folder / "answers.json"
            answers.write_text(json.dumps(each.answers), encoding="utf-8")
            blank = at.outbox / at.roster[each.code].file_name
            done = run("fill", blank, answers, "-o", at.inbox / each.file, "-C", at.folder)
            assert done.exit_code == 0, done.output
            answers.unlink()


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """The round, filled and run; only to be looked at."""
    found = issued(tmp_path_factory.mktemp("projects") / "2024")
    filled(found)
    assert run("run", "-C", found.folder).exit_code == 0
    return found


def totals(at: Campaign) -> dict[str, str | None]:
    done = run("score", "-C", at.folder, at.inbox, "--format", "json")
    assert done.exit_code == 1, done.output  # one lacks a figure, one claims too much
    found = json.loads(done.stdout)
    return {each["unit_code"]: each["total"] for each in found}


def test_the_whole_round(at: Campaign) -> None:
    assert totals(at) == TOTALS
    assert sorted(each.name for each in at.reviewed.iterdir()) == [at.roster[code].file_name for code in TOTALS]
    shown = run("status", "-C", at.folder)
    assert "应交 5，已交 4" in shown.stdout and "主管部门自填表" not in shown.stdout
    assert at.kept_scheme.is_file()


def test_returns_saved_by_libreoffice_come_to_the_same(libreoffice: LibreOffice, tmp_path: Path) -> None:
    at = issued(tmp_path / "2024")
    filled(at)
    for path in sorted(at.inbox.iterdir()):
        saved = libreoffice.recalculate(path, tmp_path / "saved.xlsx")
        shutil.move(saved, path)
    assert totals(at) == TOTALS
    for result in (found for path in at.inbox.iterdir() for found in Desk.of(at).examine(path)):
        assert result.card is not None and result.submission is not None
        for row in result.card.rows:  # what LibreOffice works out from the form's own formulas
            assert result.submission.formula_scores[row.indicator.code] == row.score, (result.file, row.indicator.code)


def rows(at: Campaign, sheet: str) -> list[list[Any]]:
    book = openpyxl.load_workbook(at.summary / "全区汇总.xlsx")
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


def test_the_summary_tells_of_projects_and_of_units(at: Campaign) -> None:
    found = rows(at, ProjectsSheet.name)
    head = next(n for n, row in enumerate(found) if row[0] == "单位代码")
    heads = [str(each).replace("\n", "") for each in found[head]]
    by_code = {row[0]: dict(zip(heads, row, strict=True)) for row in found[head + 1 :]}
    first, second = by_code["440199301"], by_code["440199302"]
    picked = ("项目数", "已交", "已定分", "平均分", "最低分")
    assert [first[each] for each in picked] == [2, 2, 2, 94.33, 89.5]  # (99.15 + 89.50) ÷ 2 = 94.325
    assert [second[each] for each in picked] == [2, 1, 0, None, None]
    assert second["没有可用报表的项目"] == "保育教师培训"
    executed = next(each for each in heads if "年度资金总额" in each and "执行数" in each)
    assert (first[executed], by_code["合计"][executed]) == (720, 1963.2)
    assert not any("其他资金" in each for each in heads)  # nobody has any
    named = {row[3]: row[2] for row in rows(at, "排名表") if row[2] in TOTALS}
    assert named["样例区第一中学（智慧课堂设备购置）"] == "440199301-02"
    cover = [str(cell) for row in rows(at, "封面") for cell in row if cell]
    assert "一个项目一份表：3 个单位，共 5 个项目。各表中一行是一个项目。" in cover
    assert "项目数" in cover and ProjectsSheet.name in cover and "单位数" not in cover
    [gap] = [row for row in rows(at, "差异清单") if row[0] == "440199301-02"]
    assert (gap[1], gap[4], gap[6]) == ("样例区第一中学（智慧课堂设备购置）", 48, 46.25)


def test_the_summary_speaks_of_projects_and_of_this_form(at: Campaign) -> None:
    book = openpyxl.load_workbook(at.summary / "全区汇总.xlsx")
    assert "指标明细" in book.sheetnames
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    said = [each for each in cells if "附表" in each or "{" in each or "权重" in each]
    allowed = ("《项目支出绩效评价管理办法》", "原则上预算执行率", "各项目权重不同", "一律按统一的权重")
    assert [each for each in said if not any(word in each for word in allowed)] == []
    assert "各项目的名次、自评与复核总分、等级和各级指标得分；表后是各类型单位的统计" in cells
    assert "交过几份的项目，每一份改了什么" in cells
    formats = [cell.number_format for row in book["差异清单"].iter_rows() for cell in row]
    assert '#,##0" 个项目"' in formats and '#,##0" 个单位"' not in formats


def test_no_one_is_asked_for_evidence_where_the_form_has_no_place_for_it(at: Campaign, tmp_path: Path) -> None:
    shown = run("explain", "-C", at.folder, at.inbox / "第一中学（智慧课堂设备购置）.xlsx")
    assert "核分工作底稿" in shown.output and "评分依据未填" not in shown.output
    book = openpyxl.load_workbook(at.outbox / at.roster["440199301-01"].file_name)
    guide = " ".join(str(cell.value) for row in book["填报说明"].iter_rows() for cell in row if cell.value)
    assert "在报送时另行说明理由" in guide
    shutil.copytree(at.folder, tmp_path / "2024")
    assert run("return", "-C", tmp_path / "2024").exit_code == 0
    [note] = (tmp_path / "2024" / "returned").glob("440199301-02*.txt")
    assert "请在报送时另行说明理由" in note.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("command", [["rollup"], ["generate", "--department"]])
def test_there_is_no_form_of_the_departments_own(at: Campaign, command: list[str]) -> None:
    done = run(*command, "-C", at.folder)
    assert done.exit_code == 2 and "一个项目一份表，没有主管部门自己的汇总表" in done.stderr


def test_the_sample_is_what_its_script_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(samples_dir())
    script = importlib.import_module("project_round")
    script.write_projects(tmp_path)
    assert (tmp_path / "answers.jsonl").read_bytes() == (SAMPLE / "answers.jsonl").read_bytes()
    written, kept = (read_roster(folder / "units.xlsx", per_project=True) for folder in (tmp_path, SAMPLE))
    assert written == kept and len({each.owner for each in kept.values()}) == 3
    assert campaign.load(SAMPLE).scheme.per_project and len(campaign.load(SAMPLE).key) == 32


# ---- letters


def letters(at: Campaign, ending: str = "") -> dict[str, Any]:
    return {path.name: parsed(path.read_bytes()) for path in sorted(at.outbox.glob(f"*{ending}.eml"))}


def test_a_unit_gets_one_letter_with_all_its_projects(tmp_path: Path) -> None:
    at = issued(tmp_path / "2024")
    done = run("mail", "-C", at.folder)
    assert done.exit_code == 0 and "已写成草稿 3 封" in done.stdout
    found = letters(at)
    assert list(found) == [
        "440199301_样例区第一中学.eml",
        "440199302_样例区机关幼儿园.eml",
        "440199303_样例区实验小学.eml",
    ]
    first = found["440199301_样例区第一中学.eml"]
    attached = [each.get_filename() for each in first.iter_attachments()]
    assert attached == [at.roster[f"440199301-{each}"].file_name for each in ("01", "02")]
    text = first.get_body(("plain",)).get_content()
    assert "（代码 440199301）" in text and "自评说明" not in text and "基础数据" not in text
    alone = run("mail", "-C", at.folder, "--only", "440199301-02", "--format", "json")
    assert [each["unit_code"] for each in json.loads(alone.stdout)] == ["440199301"]
    [again] = [m for name, m in letters(at).items() if name.startswith("440199301_")]
    assert [each.get_filename() for each in again.iter_attachments()] == attached[1:]


def test_what_is_missing_is_asked_for_in_one_letter_and_what_is_wrong_in_one_each(tmp_path: Path) -> None:
    at = issued(tmp_path / "2024")
    assert "已写成草稿 3 封" in run("remind", "-C", at.folder).stdout
    found = letters(at, "_催报")
    assert [len(list(each.iter_attachments())) for each in found.values()] == [2, 2, 1]
    filled(at)
    assert "退回 2 个项目" in run("return", "-C", at.folder).stdout
    assert run("remind", "-C", at.folder).exit_code == 0
    names = {*letters(at, "_催报"), *letters(at, "_补正")}
    assert names == {  # the first letters to the others are gone
        "440199301-02_样例区第一中学_智慧课堂设备购置_补正.eml",
        "440199302-01_样例区机关幼儿园_学前教育生均公用经费补助_补正.eml",
        "440199302_样例区机关幼儿园_催报.eml",
    }
    [owed] = letters(at, "_催报").values()
    assert [each.get_filename() for each in owed.iter_attachments()] == [at.roster["440199302-02"].file_name]
    wrong = letters(at, "_补正")["440199301-02_样例区第一中学_智慧课堂设备购置_补正.eml"]
    assert "（代码 440199301-02，项目“智慧课堂设备购置”）" in wrong.get_body(("plain",)).get_content()


# ---- one project's workbook used for another


def examined(at: Campaign, path: Path) -> tuple[str, set[str], str]:
    [result] = Desk.of(at).examine(path)
    return result.unit_code, {each.code for each in result.findings}, " ".join(str(each) for each in result.findings)


def test_a_copy_that_goes_by_another_projects_name_is_told(at: Campaign, tmp_path: Path) -> None:
    path = tmp_path / at.roster["440199301-02"].file_name
    shutil.copy(at.inbox / "440199301-01_样例区第一中学_教学楼维修改造.xlsx", path)
    code, told, said = examined(at, path)
    assert code == "440199301-01" and "file-name-other-unit" in told
    assert "440199301-02（样例区第一中学（智慧课堂设备购置））" in said


def test_a_later_copy_that_goes_by_another_projects_name_does_not_count(tmp_path: Path) -> None:
    at = issued(tmp_path / "2024")
    first, second = list(lines())[:2]
    blank = at.outbox / at.roster[first.code].file_name
    desk = Desk(at.scheme)
    own, copy = (desk.fill(blank.read_bytes(), blank.name, json.dumps(each.answers)) for each in (first, second))
    (at.inbox / blank.name).write_bytes(own)
    (at.inbox / at.roster[second.code].file_name).write_bytes(copy)  # the clerk saved a copy for the second project
    found = rounds.examine_inbox(campaign.load(at.folder))
    [result] = [each for each in found.results if each.card is not None]
    assert result.card is not None and (result.unit_code, str(result.card.total)) == (first.code, "99.15")
    [told] = [each.message for each in result.findings if each.code == "duplicate-return"]
    assert at.roster[second.code].file_name in told and "文件名是否写了别的单位或项目" in told
    assert second.code in {each.code for each in found.missing}


def test_a_copy_in_which_another_projects_name_is_printed_is_told(at: Campaign, tmp_path: Path) -> None:
    source = at.inbox / "440199301-01_样例区第一中学_教学楼维修改造.xlsx"
    members = {
        name: data.replace("教学楼维修改造".encode(), "智慧课堂设备购置".encode())
        for name, data in contents(source.read_bytes()).items()
    }
    path = tmp_path / "自评表.xlsx"
    path.write_bytes(zipped(members))
    code, told, said = examined(at, path)
    assert code == "440199301-01" and "issued-data-changed" in told
    assert "教学楼维修改造" in said and "智慧课堂设备购置" in said


def test_the_same_answers_for_two_projects_are_told(at: Campaign, tmp_path: Path) -> None:
    results = []
    first = next(lines())
    for code in ("440199301-01", "440199301-02"):
        blank = at.outbox / at.roster[code].file_name
        path = tmp_path / f"{code}.xlsx"
        path.write_bytes(Desk(at.scheme).fill(blank.read_bytes(), blank.name, json.dumps(first.answers)))
        results += Desk.of(at).examine(path)
    first_answers, second_answers = map(comparable, results)
    assert first_answers and first_answers == second_answers
    told = same_answers((each.unit_code, at.roster[each.unit_code].label) for each in results)
    found = [told(each.unit_code) for each in results]
    assert [each is not None and each.message.count("440199301-0") for each in found] == [1, 1]


def test_the_form_bears_its_project(at: Campaign) -> None:
    layout = build_layout(at.scheme)
    keys = {stamp.key: cell for cell, stamp in layout.stamps.items()}
    book = openpyxl.load_workbook(at.outbox / at.roster["440199302-02"].file_name)
    printed = {
        key: book[cell.sheet][cell.ref].value for key, cell in keys.items() if key.startswith(("project", "unit"))
    }
    assert printed["project_name"] == "保育教师培训" and printed["unit_code"] == "440199302-02"
    assert Decimal(str(at.scheme.points)) == 100
