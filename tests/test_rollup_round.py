"""The department's own form in a round: issued, handed in, recognised, filled from the units, and put back like any return."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from perfeval_xl import campaign as folders
from perfeval_xl.campaign import Campaign
from perfeval_xl.cells import Cell
from perfeval_xl.cli import main
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.rollup.by_unit import by_unit_sheet
from perfeval_xl.district.rollup.combine import RolledUp, roll_up
from perfeval_xl.district.rollup.figures import figures_sheet
from perfeval_xl.district.rollup.form import build_form, form_path, write_form
from perfeval_xl.errors import CampaignError
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import Formula
from perfeval_xl.excel.layout.parts import BY_UNIT, FIGURES
from perfeval_xl.excel.opened import OoxmlBook
from perfeval_xl.overview import facts_of, overview, ranking
from perfeval_xl.results import UnitResult
from tests.engines import IronCalc, LibreOffice
from tests.rollups import HUADU, rolled, sample_rollup
from tests.rounds import UNITS, hand_in, issued_round, published_answers, roster_bytes
from tests.test_layout import ALLOWED
from tests.test_rulings import DECIDED, type_in

DEPT = "DEPT_样例区教育局.xlsx"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture
def at(tmp_path: Path) -> Campaign:
    made = issued_round(tmp_path / "2024")
    rounds.issue_department(made)
    return made


def own_answers(**changes: Any) -> dict[str, Any]:
    """The published case without what the units give."""
    gone = {each for row in HUADU.indicators for each in (row.self_score_id,)} | HUADU.rolled_up
    return {**{name: value for name, value in published_answers().items() if name not in gone}, **changes}


def hand_in_own(at: Campaign, answers: dict[str, Any], name: str = "局里的表.xlsx") -> Path:
    path = at.inbox / name
    blank = at.outbox / at.department_unit.file_name
    path.write_bytes(Desk(at.scheme).fill(blank.read_bytes(), blank.name, json.dumps(answers, ensure_ascii=False)))
    return path


def codes(result: UnitResult | None) -> set[str]:
    assert result is not None
    return {each.code for each in result.findings}


# ---- the code


def test_the_code_is_a_setting_that_comes_back(tmp_path: Path) -> None:
    made = issued_round(tmp_path / "a", department_code="JYJ-1")
    assert folders.load(made.folder).department_code == "JYJ-1"
    assert made.department_unit.file_name == "JYJ-1_样例区教育局.xlsx"
    settings = tmp_path / "a" / folders.SETTINGS
    old = "\n".join(line for line in settings.read_text(encoding="utf-8").splitlines() if "department_code" not in line)
    settings.write_text(old, encoding="utf-8")
    assert folders.load(made.folder).department_code == "DEPT"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('department_code = "教育局"', "department_code: 单位代码“教育局”只能用字母、数字、-、_，最多 32 位"),
        ('department_code = "CON"', "只能用字母、数字"),
        ('department_code = ""', "单位代码未填"),
        ("department_code = 7", "应为文字，现为 7"),
    ],
)
def test_a_code_that_cannot_be_one(tmp_path: Path, line: str, said: str) -> None:
    settings = issued_round(tmp_path / "a").folder / folders.SETTINGS
    text = settings.read_text(encoding="utf-8").replace('department_code = "DEPT"', line)
    settings.write_text(text, encoding="utf-8")
    with pytest.raises(CampaignError, match=r"campaign\.toml") as caught:
        folders.load(tmp_path / "a")
    assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_a_unit_with_the_departments_code(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "a", department_code="s002x")
    (at.folder / folders.ROSTER).write_bytes(roster_bytes((*UNITS, ("S002X", "分校"))))
    with pytest.raises(
        CampaignError, match=r"单位代码 S002X 与主管部门自己的代码相同。请在 .*campaign.toml 中为主管部门另定"
    ):
        _ = folders.load(at.folder).roster
    assert run("status", "-C", at.folder).exit_code == 2


def test_a_department_whose_name_cannot_be_a_files(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "a", department="教育局/体育局")
    with pytest.raises(CampaignError, match="主管部门的单位名称“教育局/体育局”含有文件名不能用的字符"):
        rounds.issue_department(at)


# ---- the blank


def test_the_blank_is_the_same_form_under_the_departments_title(at: Campaign) -> None:
    data = (at.outbox / DEPT).read_bytes()
    book = OoxmlBook(data)
    assert book.value(Cell("自评表", "A1")) == "部门整体支出绩效自评表"
    assert book.value(Cell("填报说明", "A1")) == "部门整体支出绩效自评表（2024年度）填报说明"
    assert book.value(Cell("自评说明", "A1")) == "部门整体支出绩效自评表说明（2024年度）"
    assert book.core_properties["title"] == "部门整体支出绩效自评表（2024年度）"
    unit = OoxmlBook((at.outbox / "S001_第一小学.xlsx").read_bytes())
    assert unit.value(Cell("自评表", "A1")) == "单位整体支出绩效自评表"
    assert unit.core_properties["title"] == "单位整体支出绩效自评表（2024年度）"


def test_generate_department_writes_that_alone(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024")
    for path in at.outbox.iterdir():
        path.unlink()
    done = run("generate", "-C", at.folder, "--department")
    assert done.exit_code == 0, done.output
    assert [path.name for path in at.outbox.iterdir()] == [DEPT]
    assert DEPT in done.stdout and f"{len(HUADU.rolled_up)} 项由所属单位的数据汇总" in done.stdout
    assert run("generate", "-C", at.folder, "--department", "--only", "S001").exit_code == 2
    run("generate", "-C", at.folder)
    assert {path.name for path in at.outbox.iterdir()} == {DEPT, *(f"{code}_{name}.xlsx" for code, name in UNITS)}


def test_a_renamed_department_keeps_no_form_under_its_old_name(at: Campaign) -> None:
    renamed = replace(at, department="样例区教育和体育局")
    rounds.issue_department(renamed)
    assert sorted(path.name for path in at.outbox.glob("DEPT*")) == ["DEPT_样例区教育和体育局.xlsx"]
    rounds.issue(renamed)
    assert (at.outbox / "DEPT_样例区教育和体育局.xlsx").exists()


# ---- its return


def test_it_is_the_departments_and_no_units(at: Campaign) -> None:
    hand_in_own(at, own_answers())
    hand_in(at, "S001", published_answers())
    district = rounds.review(at)
    assert district.own is not None and district.own.unit_code == "DEPT"
    assert [each.unit_code for each in district.results] == ["S001"]
    assert [each.code for each in district.missing] == ["S002", "S003"]
    facts = facts_of(district)
    assert [each.unit.unit_code for each in ranking(facts)] == ["S001"]
    assert overview(facts).accepted == 1
    assert district.own.reviewed == f"reviewed/{DEPT}" and (at.reviewed / DEPT).is_file()
    assert not codes(district.own) & {
        "seal-broken",
        "seal-missing",
        "unit-unknown",
        "issued-data-changed",
        "label-changed",
    }
    linked = rounds.with_reviewed_links(at, rounds.examine_inbox(at))
    assert linked.own is not None and linked.own.reviewed == district.own.reviewed


def test_what_comes_from_the_units_is_not_asked_of_it(at: Campaign) -> None:
    """Neither in the findings nor in the status: what it lacks is only its own."""
    answers = own_answers()
    hand_in_own(at, answers)
    own = rounds.examine_inbox(at).own
    assert own is not None and own.card is not None
    assert "missing" not in codes(own) and "text-missing" not in codes(own)
    assert own.card.row["contract_signing"].score is None
    del answers["procurement_rules_exist"]
    hand_in_own(at, answers)
    own = rounds.examine_inbox(at).own
    assert own is not None
    assert [each.message for each in own.findings if each.code == "missing"] == [
        "采购内控制度建设：有无政府采购内控制度未填。请填写。"
    ]


def test_its_copy_goes_when_its_return_does(at: Campaign) -> None:
    path = hand_in_own(at, own_answers())
    rounds.review(at)
    assert (at.reviewed / DEPT).exists()
    path.unlink()
    assert rounds.review(at).own is None
    assert not (at.reviewed / DEPT).exists()


def test_one_that_is_set_aside(at: Campaign) -> None:
    hand_in_own(at, own_answers())
    path = hand_in_own(at, own_answers(), "旧.xlsx")
    book = openpyxl.load_workbook(path)
    book.custom_doc_props["perfeval_version"].value = "0.1"
    book["_pe"]["B2"] = "0.1"
    for seal in ("perfeval_seal",):
        del book.defined_names[seal]
        book.custom_doc_props[seal].value = "unsealed"
    book["_pe"]["B5"] = None
    book.properties.subject = ""
    book.save(path)
    district = rounds.examine_inbox(at)
    assert district.own is not None and district.own.card is not None
    assert [(each.file, each.unit_code) for each in district.results] == [("旧.xlsx", "DEPT")]
    (at.inbox / "局里的表.xlsx").unlink()
    alone = rounds.examine_inbox(at)
    assert alone.own is not None and alone.own.card is None and not alone.results
    assert "主管部门自填表（DEPT 样例区教育局）：未受理" in run("status", "-C", at.folder).stdout


def test_the_same_answers_as_a_units_and_another_return_of_it(at: Campaign) -> None:
    hand_in(at, "S001", published_answers())
    hand_in_own(at, published_answers(), "一.xlsx")
    hand_in_own(at, published_answers(goals_returned_times="1"), "二.xlsx")
    district = rounds.examine_inbox(at)
    assert "same-answers" not in codes(district.results[0]) | codes(district.own)
    assert "duplicate-return" in codes(district.own)
    assert len(district.results) == 1


def test_the_departments_name_in_a_units_file_name_is_no_other_unit(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(), "样例区教育局.xlsx")
    assert "file-name-other-unit" not in codes(rounds.examine_inbox(at).results[0])


def test_status_names_it_in_a_line_of_its_own(at: Campaign) -> None:
    assert "主管部门自填表（DEPT 样例区教育局）：未交。" in run("status", "-C", at.folder).stdout
    hand_in_own(at, own_answers(budget_execution_self_score="1"))
    text = run("status", "-C", at.folder).stdout
    assert "主管部门自填表（DEPT 样例区教育局）：有问题，错误 " in text and "局里的表.xlsx。" in text
    shown = json.loads(run("status", "-C", at.folder, "--format", "json").stdout)
    assert (shown["own"]["unit_code"], shown["own"]["standing"], shown["own"]["total"]) == ("DEPT", "findings", None)
    assert shown["totals"]["due"] == 3 and len(shown["units"]) == 3 and not shown["strays"]
    rows = run("status", "-C", at.folder, "--format", "csv").stdout.splitlines()
    assert rows[-1].startswith("DEPT,样例区教育局,主管部门,")
    assert run("status", "-C", at.folder, "--format", "xlsx", "-o", at.folder / "情况.xlsx").exit_code == 1
    note = openpyxl.load_workbook(at.folder / "情况.xlsx").worksheets[0]["A2"].value
    assert "主管部门自填表（DEPT 样例区教育局）：有问题" in note


def test_return_and_prefill_pass_it_by(at: Campaign, tmp_path: Path) -> None:
    hand_in_own(at, own_answers(goals_filed=None))
    assert run("return", "-C", at.folder).stdout.startswith("退回 0 个单位")
    assert run("return", "-C", at.folder, "--only", "DEPT").exit_code == 2
    later = issued_round(tmp_path / "later")
    assert run("generate", "-C", later.folder, "--from", at.folder).exit_code == 0


def test_a_ruling_on_its_row(at: Campaign) -> None:
    hand_in_own(at, own_answers(procurement_control_self_score="0.5"))
    rounds.review(at)
    type_in(at, "DEPT", "procurement_control", **DECIDED)
    district = rounds.examine_inbox(at)
    assert district.own is not None and district.own.card is not None
    assert district.own.card.row["procurement_control"].final == Decimal("0.5")
    assert roll_up(at, district).card.row["procurement_control"].final == Decimal("0.5")


# ---- the product


@pytest.fixture(scope="module")
def product() -> bytes:
    return build_form(sample_rollup())


def sheets(of: RolledUp) -> tuple[Any, Any]:
    by_unit = by_unit_sheet(of)
    return figures_sheet(of, by_unit), by_unit.sheet


def test_put_back_it_is_read_like_any_return(at: Campaign) -> None:
    hand_in_own(at, own_answers())
    hand_in(at, "S001", published_answers())
    hand_in(at, "S002", published_answers(contracts_signed_on_time="0", outputs=None))
    before = roll_up(at, rounds.examine_inbox(at))
    write_form(before, at.inbox / "局里的表.xlsx")
    district = rounds.review(at)
    own = district.own
    assert own is not None and own.card is not None and own.submission is not None
    assert [row.score for row in own.card.rows] == [row.score for row in before.card.rows]
    assert own.card.total == before.card.total is not None
    assert own.card.self_total == own.card.total
    told = {
        "sheet-added",
        "seal-broken",
        "seal-missing",
        "label-changed",
        "formula-changed",
        "stray-content",
        "issued-data-changed",
    }
    assert not codes(own) & told
    assert codes(own) == {each.code for each in before.card.findings}
    for name, answer in before.submission.answers.items():
        assert own.submission.answers[name].value == answer.value, name
        assert own.submission.answers[name].cell == answer.cell, name
    again = roll_up(at, district)
    assert again.card.total == before.card.total
    assert build_form(again) == build_form(roll_up(at, district))
    reviewed = openpyxl.load_workbook(at.reviewed / DEPT)
    assert {FIGURES, BY_UNIT} <= set(reviewed.sheetnames)
    assert reviewed["自评表"]["L11"].value is not None


def test_a_sheet_of_another_name_is_told(at: Campaign) -> None:
    path = hand_in_own(at, own_answers())
    book = openpyxl.load_workbook(path)
    book.create_sheet("汇总")
    book.save(path)
    assert "sheet-added" in codes(rounds.examine_inbox(at).own)


def test_the_sheets_are_locked_and_say_who_is_missing(product: bytes) -> None:
    book = openpyxl.load_workbook(BytesIO(product), data_only=True)
    assert book.sheetnames[-2:] == [FIGURES, BY_UNIT]
    for sheet in (book[FIGURES], book[BY_UNIT]):
        assert sheet.protection.sheet
        assert all(cell.protection.locked for row in sheet.iter_rows() for cell in row)
    texts = [[cell.value for cell in row] for row in book[FIGURES].iter_rows()]
    flat = [value for row in texts for value in row if isinstance(value, str)]
    assert "已受理 171 个，未交 6 个，未受理 0 个" in flat
    assert "70.82～82.82 分，等级待定" in flat and "80.28 分，良" in flat
    [signed] = [row for row in texts if row[2] == "按时签订的采购合同"]
    assert signed[3:9] == ["项", "各单位合计", 1994, 154, 15, 8]
    assert signed[9].startswith("未交表、未受理的 6 个单位；样例区单位")
    assert signed[10] == "✓"
    assert [row[1] for row in texts if row[4] == "未交" or row[3] == "未交"] == list(sample_rollup().absent)
    matrix = book[BY_UNIT]
    assert matrix.freeze_panes == "D8" and matrix.max_row == 7 + 177
    assert matrix["A8"].value == "440199001" and matrix["C18"].value == "未交" and matrix["D18"].value == "未交"


def test_formulas_use_only_what_every_program_has() -> None:
    for sheet in sheets(sample_rollup()):
        for content in sheet.cells.values():
            if isinstance(content, Formula):
                assert set(re.findall(r"([A-Z]+)\(", content.expression)) <= ALLOWED, content.expression


def formula_cells(data: bytes, names: tuple[str, ...] = (FIGURES, BY_UNIT)) -> dict[Cell, Any]:
    """What every formula of the two sheets shows, as the file has it."""
    book, shown = (openpyxl.load_workbook(BytesIO(data), data_only=each) for each in (False, True))
    return {
        Cell(name, cell.coordinate): shown[name][cell.coordinate].value
        for name in names
        for row in book[name].iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) < 1e-6
    return (one or "") == (other or "")


def test_cached_values_are_what_an_engine_works_out(product: bytes, ironcalc_engine: IronCalc) -> None:
    shown = formula_cells(product)
    assert len(shown) > 200
    book = ironcalc_engine.open(product)
    book.put({})
    assert [str(cell) for cell, value in shown.items() if not same(book.at(cell), value)] == []
    layout, card = build_layout(HUADU), sample_rollup().card
    for row in card.rows:
        assert same(
            book.values([row.indicator.formula_score_id])[row.indicator.formula_score_id], float(row.score or 0)
        )
    assert book.at(layout.place("total_formula_score")) == float(card.total or 0)


def test_a_figure_changed_in_the_form_no_longer_agrees(product: bytes, ironcalc_engine: IronCalc) -> None:
    figures, _ = sheets(sample_rollup())
    [place] = [
        ref
        for ref, each in figures.cells.items()
        if isinstance(each, Formula) and "ABS(contracts_total-" in each.expression
    ]
    book = ironcalc_engine.open(product)
    book.put({"contracts_total": 2137})
    assert book.at(Cell(FIGURES, place)) == "不符"
    book.put({"contracts_total": 2136})
    assert book.at(Cell(FIGURES, place)) == "✓"
    book.put({"contracts_total": None})
    assert book.at(Cell(FIGURES, place)) == "不符"


def test_libreoffice_works_out_the_same(product: bytes, libreoffice: LibreOffice, tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").write_bytes(product)
    done = libreoffice.recalculate(tmp_path / "form.xlsx", tmp_path / "again.xlsx")
    again = openpyxl.load_workbook(done, data_only=True)
    shown = formula_cells(product, (*openpyxl.load_workbook(BytesIO(product)).sheetnames,))
    assert [str(cell) for cell, value in shown.items() if not same(again[cell.sheet][cell.ref].value, value)] == []


def test_hostile_words_stay_words() -> None:
    of = rolled({"A": {"contracts_total": '=HYPERLINK("http://x","y")\x07', "contracts_signed_on_time": "1"}})
    book = openpyxl.load_workbook(BytesIO(build_form(of)))
    cells = [cell for row in book[BY_UNIT].iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert cells and all(cell.data_type == "s" and str(cell.value).startswith("填写有误：=") for cell in cells)


@pytest.mark.parametrize("units", [{"A": None}, {"A": {"contracts_total": "1"}}, {"A": {}, "B": None}])
def test_rounds_with_next_to_nothing(units: dict[str, Any]) -> None:
    of = rolled(units)
    data = build_form(of)
    found = Desk.of(of.campaign).examine_bytes(data, "a.xlsx")
    assert found.card is not None and found.unit_code == "DEPT"
    assert (found.card.total_min, found.card.total_max) == (of.card.total_min, of.card.total_max)
    assert "sheet-added" not in codes(found)


def test_what_the_department_filled_in_itself_stands_beside_the_figure() -> None:
    of = rolled({"A": {"contracts_total": "10"}}, {"contracts_total": "12"})
    figures, _ = sheets(of)
    heads = [content.value for content in figures.cells.values() if getattr(content, "style", "") == "head"]
    assert "主管部门\n自填（未采用）" in heads
    assert "主管部门\n自填（未采用）" not in [
        content.value
        for content in sheets(sample_rollup())[0].cells.values()
        if getattr(content, "style", "") == "head"
    ]


# ---- the command


def test_the_command(at: Campaign) -> None:
    hand_in_own(at, own_answers())
    for code, _ in UNITS:
        hand_in(at, code, published_answers(assets_in_use_wan="796", assets_total_wan="798"))
    done = run("rollup", "-C", at.folder)
    assert done.exit_code == 0, done.output
    assert form_path(at).name == "部门整体支出绩效自评表.xlsx" and form_path(at).is_file()
    assert "名册 3 个单位：已受理 3 个，未交 0 个，未受理 0 个。" in done.stdout
    assert "补齐后的总分" not in done.stdout
    first = form_path(at).read_bytes()
    shown = json.loads(run("rollup", "-C", at.folder, "--format", "json").stdout)
    assert shown["possible"]["min"] == shown["possible"]["max"] == shown["total"] == shown["likely"]["min"]
    assert form_path(at).read_bytes() == first


def test_nobody_returned_is_told(at: Campaign, tmp_path: Path) -> None:
    done = run("rollup", "-C", at.folder, "-o", tmp_path / "部门.xlsx")
    assert done.exit_code == 0, done.output
    assert "还没有一个单位的表可以汇总" in done.stderr
    assert (tmp_path / "部门.xlsx").is_file() and not form_path(at).exists()


@pytest.mark.parametrize("arguments", [("-o", "inbox/a.xlsx"), ("-o", "a.xls"), ("--pdf", "--format", "json")])
def test_what_cannot_be_asked(at: Campaign, arguments: tuple[str, ...]) -> None:
    given = [str(at.folder / each) if "/" in each else each for each in arguments]
    assert run("rollup", "-C", at.folder, *given).exit_code == 2
    assert not list(at.inbox.iterdir()) and not form_path(at).exists()
