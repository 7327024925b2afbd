"""The officer's way through the commands: derive, export, edit in a spreadsheet program, import, compare, score."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from perfeval_xl import printing
from perfeval_xl.authoring.raw import parse
from perfeval_xl.cli import main
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from tests.authoring import content, digest, exported, last_row, put, row, save

D = Decimal
OFFICE = printing.find_office()
CODE = "carryover_surplus_rate"


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["scheme", *map(str, args)])


def test_new_writes_a_scheme_and_what_to_look_at(tmp_path: Path) -> None:
    done = run("new", "huadu-2026", "--from", "huadu-2024", "--year", 2026, "-o", tmp_path / "new")
    assert done.exit_code == 0, done.output
    assert "2028 年没有列出放假" in done.output
    assert load_scheme(tmp_path / "new" / "scheme.toml").id == "huadu-2026"
    again = run("new", "huadu-2026", "--from", "huadu-2024", "-o", tmp_path / "new")
    assert again.exit_code == 2
    assert "已经存在" in again.output


def test_diff_says_what_is_different_or_that_nothing_is(tmp_path: Path) -> None:
    same = run("diff", "huadu-2024", "huadu-2024")
    assert (same.exit_code, same.output) == (0, "两个方案的内容完全相同。\n")
    changed = save(_text().encode(), tmp_path, "scheme.toml")
    done = run("diff", "huadu-2024", changed)
    assert done.exit_code == 0
    assert "评分规则\n  结转结余率：满分线 10% → 8%\n" in done.output
    listed = json.loads(run("diff", "huadu-2024", changed, "--format", "json").output)
    assert {"part": "评分规则", "subject": "结转结余率", "what": "满分线", "before": "10%", "after": "8%"} in listed
    assert run("diff", "huadu-2024", "nobody").exit_code == 2


def _text() -> str:
    from perfeval_xl.authoring.toml_text import toml_text

    raw = content()
    rule = next(each["rule"] for each in raw["indicators"] if each["code"] == CODE)
    rule["bands"][0]["le"] = rule["bands"][1]["gt"] = D("0.08")
    return toml_text(raw)


def test_export_and_import_are_each_others_way_back(tmp_path: Path) -> None:
    book, folder = tmp_path / "方案.xlsx", tmp_path / "back"
    assert run("export", "huadu-2024", "-o", book).exit_code == 0
    assert run("export", "huadu-2024", "-o", book).exit_code == 2, "it may have been edited by now"
    assert run("export", "huadu-2024", "-o", book, "--force").exit_code == 0
    assert run("export", "huadu-2024", "-o", tmp_path / "方案.csv").exit_code == 2
    done = run("import", book, "-o", folder)
    assert done.exit_code == 0, done.output
    assert "26 行、100 分" in done.output
    assert digest(parse((folder / "scheme.toml").read_text(encoding="utf-8"))) == digest(content())
    assert run("import", book, "-o", folder).exit_code == 2
    assert run("import", book, "-o", folder, "--force").exit_code == 0


def test_an_import_with_errors_writes_nothing_but_the_marked_copy(tmp_path: Path) -> None:
    path = save(exported(), tmp_path)
    book = openpyxl.load_workbook(path)
    put(book, "指标", row(book["指标"], 指标编码="preassessment"), 分值=5)
    book.save(path)
    done = run("import", path, "-o", tmp_path / "new")
    assert done.exit_code == 2
    assert "预算编制 3 分，“指标”中所属各行合计 5 分" in done.output
    assert not (tmp_path / "new").exists()
    assert (tmp_path / "方案-有误.xlsx").is_file()
    shown = CliRunner().invoke(main, ["scheme", "import", str(path), "-o", str(tmp_path / "new"), "--format", "json"])
    assert shown.exit_code == 2
    assert json.loads(shown.stdout)["errors"][0]["sheet"] == "分级"


def test_what_is_no_workbook_is_a_message(tmp_path: Path) -> None:
    done = run("import", save(b"noise", tmp_path), "-o", tmp_path / "new")
    assert done.exit_code == 2
    assert "Traceback" not in done.output and done.output.startswith("错误：")


def test_preview_without_a_printer_program_makes_the_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "find_office", lambda: None)
    done = run("preview", "huadu-2024", "-o", tmp_path / "pre")
    assert done.exit_code == 0
    assert (tmp_path / "pre" / "huadu-2024-空白表.xlsx").is_file()
    assert "LibreOffice" in done.output


@pytest.mark.engine
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_preview_makes_the_page_too(tmp_path: Path) -> None:
    done = run("preview", "project-2020", "-o", tmp_path)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "project-2020-空白表.pdf").read_bytes().startswith(b"%PDF")


def edited(path: Path) -> None:
    """A band changed and an indicator added with its fields and its rule, as an officer would."""
    book = openpyxl.load_workbook(path)
    rules = book["评分规则"]
    numbers = [
        n for n in range(4, rules.max_row + 1) if rules.cell(n, 2).value == CODE and rules.cell(n, 4).value == "分档"
    ]
    put(book, "评分规则", numbers[0], 到="8%")
    put(book, "评分规则", numbers[1], 从=0.08)
    put(book, "基本信息", row(book["基本信息"], 项目="方案编号"), 内容="huadu-next")
    put(book, "指标", row(book["指标"], 指标编码="three_public"), 分值=1)
    new = {"指标编码": "training_rate", "一级指标": "管理效率", "二级指标": "运行成本", "指标名称": "绩效培训覆盖率"}
    more = {"分值": "1 分", "指标解释": "反映培训情况。", "评分标准": "覆盖率达到 90% 的得 1 分。"}
    put(book, "指标", last_row(book["指标"]) + 1, **new, **more)
    for name, label in (("staff_trained", "参加培训的人数"), ("staff_total", "在职人数")):
        own = {"所属指标": "training_rate", "编号": name, "名称": label, "类型": "个数", "填报要求": "填人数。"}
        put(book, "录入项", last_row(book["录入项"]) + 1, **own, 计量单位="人", 汇总方式="各单位合计")
    for cells in (
        {"参数": "规则类型", "内容": "比率分档"},
        {"参数": "比率名称", "内容": "培训覆盖率"},
        {"参数": "分子", "内容": "staff_trained"},
        {"参数": "分母", "内容": "staff_total"},
        {"参数": "分档", "从": "90%", "含下限": "是", "得分或扣分": 1},
        {"参数": "分档", "到": 0.9, "含上限": "否", "得分或扣分": 0},
    ):
        put(book, "评分规则", last_row(rules) + 1, 指标编码="training_rate", **cells)
    book.save(path)


def saved_in_libreoffice(path: Path, folder: Path) -> Path:
    """The workbook opened in LibreOffice and saved by it."""
    import subprocess

    assert OFFICE is not None
    folder.mkdir()
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(OFFICE), profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / path.name


@pytest.mark.engine
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("name", ["huadu-2024", "project-2020"])
def test_saved_by_libreoffice_it_is_the_same_scheme(name: str, tmp_path: Path) -> None:
    path = saved_in_libreoffice(save(exported(name), tmp_path), tmp_path / "lo")
    assert run("import", path, "-o", tmp_path / "new").exit_code == 0
    assert digest(parse((tmp_path / "new" / "scheme.toml").read_text(encoding="utf-8"))) == digest(content(name))


@pytest.mark.engine
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_the_officers_way(tmp_path: Path) -> None:
    """Export, edit, save in LibreOffice, import; then a form is issued, filled in and scored under the new scheme."""
    path = save(exported(), tmp_path)
    edited(path)
    done = run("import", saved_in_libreoffice(path, tmp_path / "lo"), "-o", tmp_path / "new")
    assert done.exit_code == 0, done.output
    told = run("diff", "huadu-2024", tmp_path / "new").output
    assert "结转结余率：满分线 10% → 8%" in told
    assert "增加 “绩效培训覆盖率”（training_rate，1 分，比率分档）" in told

    answers = {
        **{"closing_carryover_wan": 9, "opening_carryover_wan": 0, "general_budget_wan": 100, "government_fund_wan": 0},
        **{"staff_trained": 89, "staff_total": 100},
    }
    old, new = (scores(scheme, answers, tmp_path) for scheme in ("huadu-2024", str(tmp_path / "new")))
    assert old[CODE] == "2.00"
    assert new[CODE] == "1.00", "9% is above the new edge"
    assert "training_rate" not in old
    assert new["training_rate"] == "0.00"
    answers["staff_trained"] = 90
    assert scores(str(tmp_path / "new"), answers, tmp_path)["training_rate"] == "1.00"


def scores(scheme: str, answers: dict[str, object], folder: Path) -> dict[str, str]:
    """A blank of the scheme is issued by a round, filled in and scored: the scores by indicator."""
    place = folder / f"round-{len(list(folder.glob('round-*')))}"
    facts = ("--district", "某区", "--department", "某局", "--year", "2024", "--deadline", "2025-04-30")
    commands = [
        ["init", place, *facts, "--scheme", scheme],
        ["generate", "-C", place],
    ]
    results = []
    for number, command in enumerate(commands):
        if number == 1:
            roster(place)
        results.append(CliRunner().invoke(main, [str(each) for each in command]))
        assert results[-1].exit_code == 0, results[-1].output
    (blank,) = (place / "outbox").rglob("*.xlsx")
    given = place / "answers.json"
    known = load_scheme(find_scheme(scheme)).fields
    given.write_text(json.dumps({key: value for key, value in answers.items() if key in known}), encoding="utf-8")
    filled = place / "filled.xlsx"
    done = CliRunner().invoke(main, ["fill", str(blank), str(given), "-o", str(filled), "-C", str(place)])
    assert done.exit_code == 0, done.output
    shown = CliRunner().invoke(main, ["score", str(filled), "-C", str(place), "--format", "json"])
    (result,) = json.loads(shown.stdout)
    return {each["code"]: each["score"] for each in result["indicators"]}


def roster(place: Path) -> None:
    """One unit in the round's roster."""
    book = openpyxl.load_workbook(place / "units.xlsx")
    sheet = book.active
    assert sheet is not None
    sheet.append(["S001", "实验小学"])
    book.save(place / "units.xlsx")
