"""`perfeval narrative` on a round: whose narratives are written, what is left alone, what is told."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner, Result

from perfeval_xl import campaign as campaigns
from perfeval_xl.campaign import Campaign
from perfeval_xl.cli import main
from perfeval_xl.district import rounds
from perfeval_xl.district.narrative import writing
from perfeval_xl.district.narrative.reading import read_narrative
from perfeval_xl.district.rollup.combine import roll_up
from perfeval_xl.errors import NarrativeError
from perfeval_xl.numbers import show_score
from perfeval_xl.printing import find_office
from perfeval_xl.scheme.model import narrative_fields
from tests.engines import Office
from tests.rounds import hand_in, issued_round, published_answers, roster_bytes

LIWAN = Path(__file__).parent / "data" / "liwan-2024-narrative.txt"
NAMES = ["S001_第一小学.docx", "S002_第二小学.docx"]


@pytest.fixture
def at(tmp_path: Path) -> Campaign:
    made = issued_round(tmp_path / "2024")
    hand_in(made, "S001", published_answers())
    hand_in(made, "S002", published_answers(narrative_goals=None, three_public_actual_wan="99999"))
    return made


def run(at: Campaign, *words: str) -> Result:
    return CliRunner().invoke(main, ["narrative", "-C", str(at.folder), *words])


def folder(at: Campaign) -> Path:
    return at.summary / writing.FOLDER


def texts(path: Path) -> list[str]:
    return [each.text for each in docx.Document(str(path)).paragraphs]


def change(path: Path) -> None:
    """What a person does: opens it, writes, saves."""
    paper = docx.Document(str(path))
    paper.paragraphs[3].runs[0].text = "人写的目标。"
    paper.save(str(path))


def test_narratives_of_all_units(at: Campaign) -> None:
    done = run(at, "--all-units")
    assert done.exit_code == 0
    assert sorted(path.name for path in folder(at).iterdir()) == NAMES
    first, second = (folder(at) / name for name in NAMES)
    assert texts(first)[0] == "2024年度第一小学\n单位整体支出绩效自评表说明"
    assert done.stdout.splitlines()[0] == str(first)
    assert done.stdout.splitlines()[1:] == [
        f"{second}：要补写、核对 2 处，文中标黄",
        "  （一）整体支出绩效目标：请补写：写明年度工作的总体目标和主要任务",
        "  （二）自评结论：请核对：上文写的得分是 99.97 分，按评分标准重算为 97.97 分",
    ]
    assert done.stderr == "S003 第三小学：没有可用的报表，没有写。\n"


def test_the_command_may_be_run_again(at: Campaign) -> None:
    run(at, "--all-units")
    before = {path.name: path.read_bytes() for path in folder(at).iterdir()}
    assert run(at, "--all-units").exit_code == 0
    assert {path.name: path.read_bytes() for path in folder(at).iterdir()} == before


def test_one_unit(at: Campaign) -> None:
    assert run(at, "--unit", "S002").exit_code == 0
    assert [path.name for path in folder(at).iterdir()] == NAMES[1:]
    assert run(at, "--unit", "S001", "--unit", "S002").exit_code == 0
    assert sorted(path.name for path in folder(at).iterdir()) == NAMES


def test_what_somebody_has_written_is_never_overwritten(at: Campaign) -> None:
    run(at, "--all-units")
    path = folder(at) / NAMES[0]
    change(path)
    kept = path.read_bytes()
    for words in (["--unit", "S001"], ["--all-units"]):
        done = run(at, *words)
        assert done.exit_code == 0
        assert f"{path} 已由人改过，没有改写" in done.stderr
        assert path.read_bytes() == kept
    out = at.folder / "读出.json"
    assert run(at, "--read", str(path), "-o", str(out)).exit_code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["narrative_goals"] == "人写的目标。"


def test_narratives_of_units_that_are_no_longer_there_are_removed(at: Campaign) -> None:
    run(at, "--all-units")
    change(folder(at) / NAMES[1])
    (at.folder / campaigns.ROSTER).write_bytes(roster_bytes((("S001", "第一实验小学"), ("S002", "第二实验小学"))))
    renamed = campaigns.load(at.folder)
    assert run(renamed, "--unit", "S001").exit_code == 0
    assert (folder(at) / NAMES[0]).exists()  # one unit at a time tidies nothing
    run(renamed, "--all-units")
    left = sorted(path.name for path in folder(at).iterdir())
    assert NAMES[0] not in left and NAMES[1] in left  # what a person has changed stays
    assert "S001_第一实验小学.docx" in left


def test_units_that_cannot_be_written_about(at: Campaign) -> None:
    done = run(at, "--unit", "S003")
    assert done.exit_code == 2
    assert "S003 第三小学：没有可用的报表" in done.stderr and "一份说明也没有写" in done.stderr
    done = run(at, "--unit", "S001", "--unit", "X9")
    assert (done.exit_code, "名册中没有单位代码 X9" in done.stderr) == (2, True)
    assert not folder(at).exists()


def test_many_narratives_are_told_of_briefly(tmp_path: Path) -> None:
    units = tuple((f"S{n:03d}", f"第{n}小学") for n in range(6))
    at = issued_round(tmp_path / "2024", units)
    for code, _ in units:
        hand_in(at, code, published_answers(narrative_goals=None if code == "S005" else "有目标。"))
    lines = run(at, "--all-units").stdout.splitlines()
    assert lines[0].startswith(str(folder(at) / "S005_第5小学.docx")) and "要补写、核对 1 处" in lines[0]
    assert lines[1:] == [f"写了 6 份，在 {folder(at)}；其中 1 份有要补写、核对的地方。"]


def test_the_departments_narrative(at: Campaign) -> None:
    done = run(at)
    assert done.exit_code == 0
    path = at.summary / "部门整体支出绩效自评表说明.docx"
    assert writing.department_path(at) == path
    said = texts(path)
    assert said[0] == "2024年度样例区教育局\n部门整体支出绩效自评表说明"
    assert any("所属单位应报送 3 个，已受理 2 个（66.67%），未报送 1 个" in each for each in said)
    assert "主管部门自己的表尚未收到，自填的项目没有数据。" in said
    assert any("项指标缺少部分单位的数据" in each for each in said)
    assert f"{path}：要补写、核对" in done.stdout
    before = path.read_bytes()
    assert run(at).exit_code == 0 and path.read_bytes() == before
    change(path)
    assert "已由人改过" in run(at).stderr


def test_the_departments_bounds_are_those_of_its_roll_up(at: Campaign) -> None:
    district = rounds.examine_inbox(at)
    rolled = roll_up(at, district)
    about = writing.department_subject(at, district, rolled)
    assert about.units is not None
    assert (about.card, about.submission, about.units.district) == (rolled.card, rolled.submission, district)
    for span in (rolled.bounds.possible, rolled.bounds.likely):
        assert f"{show_score(span.low)}～{show_score(span.high)} 分" in about.notes[-1]


@pytest.mark.parametrize(("units", "more"), [(10, 0), (11, 1)])
def test_units_without_a_return_are_named_as_far_as_they_are_few(tmp_path: Path, units: int, more: int) -> None:
    roster = [[f"U{number:02}", f"第{number}小学", "小学", "", ""] for number in range(1, units + 1)]
    done = run(issued_round(tmp_path / "2024", roster), "--all-units")
    named = [f"U{number:02} 第{number}小学：没有可用的报表，没有写。" for number in range(1, 11)]
    counted = [f"另有 {more} 个单位没有可用的报表，没有写。请用 perfeval status 查看交表情况。"] * bool(more)
    assert done.stderr.splitlines()[:-1] == named + counted


def test_a_round_without_returns(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024")
    for words, said in (([], "还没有一份可用的报表"), (["--all-units"], "一份说明也没有写")):
        done = run(at, *words)
        assert (done.exit_code, said in done.stderr) == (2, True)
    with pytest.raises(NarrativeError):
        writing.write_department(at, rounds.examine_inbox(at))


@pytest.mark.parametrize(
    "words",
    [["--unit", "S001", "--all-units"], ["--read", str(LIWAN)], ["-o", "x.json"],
     ["--read", str(LIWAN), "-o", "x.json", "--all-units"], ["--read", str(LIWAN), "-o", "x.json", "--pdf"]],
)  # fmt: skip
def test_options_that_do_not_go_together(at: Campaign, words: list[str]) -> None:
    assert run(at, *words).exit_code == 2


def test_a_narrative_goes_into_a_workbook_by_way_of_an_answers_file(at: Campaign) -> None:
    out, filled = at.folder / "答案.json", at.inbox / "S003.xlsx"
    done = run(at, "--read", str(LIWAN), "-o", str(out))
    assert done.exit_code == 0
    assert done.stdout == f"读出 16 项，已写入 {out}\n"
    assert "没有位置：第一个标题之前" in done.stderr
    words = ["fill", str(at.outbox / "S003_第三小学.xlsx"), str(out), "-o", str(filled), "-C", str(at.folder)]
    assert CliRunner().invoke(main, words).exit_code == 0
    [result] = [each for each in rounds.examine_inbox(at).results if each.unit_code == "S003"]
    assert result.submission is not None
    read = {key: text for key, text in json.loads(out.read_text(encoding="utf-8")).items() if not key.startswith("_")}
    asked = [field.id for field in narrative_fields(at.scheme.narrative)]
    assert {name: text for name in asked if (text := result.submission.answers.text(name))} == read


def test_nothing_is_read_into_the_inbox(at: Campaign) -> None:
    done = run(at, "--read", str(LIWAN), "-o", str(at.inbox / "答案.json"))
    assert (done.exit_code, "请不要写到" in done.stderr) == (2, True)
    assert not (at.inbox / "答案.json").exists()


def test_reading_away_from_a_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["narrative", "--read", str(LIWAN), "-o", "答案.json"])
    assert (done.exit_code, (tmp_path / "答案.json").exists()) == (0, True)
    (tmp_path / "空.docx").write_bytes(b"")
    done = CliRunner().invoke(main, ["narrative", "--read", "空.docx", "-o", "别的.json"])
    assert (done.exit_code, "空.docx 是空的" in done.stderr) == (2, True)
    assert not (tmp_path / "别的.json").exists()


def test_what_another_program_has_saved_is_read_the_same(at: Campaign, tmp_path: Path, office: Office) -> None:
    """The chart is drawn, and the tool's own words are still known after LibreOffice has saved the document."""
    assert run(at, "--unit", "S001", "--pdf").exit_code == 0
    path = folder(at) / NAMES[0]
    printed = "".join(office.pages(path.with_suffix(".pdf")))
    assert printed.count("信息公开") == 2 and re.search("— ?1 ?—", printed)  # in the table and beside the chart's bar
    program, profile = find_office(), (tmp_path / "profile").as_uri()
    words = [str(program), f"-env:UserInstallation={profile}", "--headless", "--convert-to", "docx", "--outdir"]
    subprocess.run([*words, str(tmp_path), str(path)], check=True, capture_output=True, timeout=180)
    before = read_narrative(path.read_bytes(), path.name, at.scheme)
    saved = (tmp_path / path.name).read_bytes()
    after = read_narrative(saved, path.name, at.scheme)
    assert (after.texts, after.unplaced, after.ours) == (before.texts, (), before.ours)
    assert len(docx.Document(io.BytesIO(saved)).inline_shapes) == 1
