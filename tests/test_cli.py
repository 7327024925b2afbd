"""The command line as a person meets it: what it prints where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import msoffcrypto
import pytest
from click.testing import CliRunner, Result

from perfeval_xl import campaign
from perfeval_xl.cli import main
from tests.rounds import hand_in, issued_round, published_answers


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture
def at(tmp_path: Path) -> campaign.Campaign:
    return issued_round(tmp_path / "2024")


def test_whole_round_by_command(tmp_path: Path) -> None:
    folder = tmp_path / "2024"
    options = ("--district", "样例区", "--department", "样例区教育局", "--year", "2024", "--deadline", "2025-04-30")
    made = run("init", folder, *options)
    assert made.exit_code == 0, made.output
    assert "units.xlsx" in made.stdout
    assert run("generate", "-C", folder).exit_code == 2  # the roster is still empty
    (folder / "units.xlsx").write_bytes((issued_round(tmp_path / "other").folder / "units.xlsx").read_bytes())
    generated = run("generate", "-C", folder)
    assert (generated.exit_code, generated.stdout.startswith("已生成 3 份")) == (0, True)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(published_answers(), ensure_ascii=False), encoding="utf-8")
    filled = run("fill", folder / "outbox" / "S001_第一小学.xlsx", answers, "-o", folder / "inbox" / "back.xlsx")
    assert filled.exit_code == 0, filled.output
    done = run("run", "-C", folder)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("已交 1，未交 2")
    assert (folder / "summary" / "全区汇总.xlsx").is_file()
    assert run("review", "-C", folder).exit_code == 0
    assert run("summarize", "-C", folder).exit_code == 0


def test_score_json_is_the_contract(at: campaign.Campaign) -> None:
    path = hand_in(at, "S001", published_answers())
    result = run("score", "-C", at.folder, "--format", "json", path)
    [scored] = json.loads(result.stdout)
    assert result.exit_code == 1  # there are slips to report
    assert list(scored) == [
        "file", "unit_code", "unit_name", "year", "scheme", "producer", "status", "total", "total_min", "total_max",
        "grade", "indicators", "findings",
    ]  # fmt: skip
    assert (scored["status"], scored["total"], scored["total_min"], scored["total_max"]) == ("scored", *["99.97"] * 3)
    assert (scored["unit_code"], scored["unit_name"], scored["year"], scored["grade"]) == (
        "S001",
        "第一小学",
        2024,
        "优",
    )
    assert list(scored["indicators"][0]) == [
        "code", "points", "self_score", "formula_score", "score", "outcome", "basis", "notes", "final", "ruling",
    ]  # fmt: skip
    assert len(scored["indicators"]) == 26


def test_score_csv_has_a_row_an_indicator(at: campaign.Campaign) -> None:
    path = hand_in(at, "S001", published_answers())
    stray = at.inbox / "stray.xlsx"
    stray.write_text("x")
    result = run("score", "-C", at.folder, "--format", "csv", path, stray)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 27
    assert (rows[-1]["file"], rows[-1]["status"], rows[-1]["score"]) == ("stray.xlsx", "rejected", "")


def test_score_away_from_its_round_says_that_the_seal_was_not_checked(
    at: campaign.Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hand_in(at, "S001", published_answers())
    monkeypatch.chdir(tmp_path)
    result = run("score", "--format", "json", path)
    [scored] = json.loads(result.stdout)
    assert (scored["total"], scored["grade"]) == ("99.97", "优")
    assert "seal-not-checked" in {each["code"] for each in scored["findings"]}


def test_score_text_names_unit_total_and_findings(at: campaign.Campaign) -> None:
    path = hand_in(at, "S001", published_answers())
    result = run("score", "-C", at.folder, path)
    assert "S001 第一小学  99.97 分，优" in result.stdout
    assert "364.75元" in result.stdout
    assert "\x1b[" not in result.stdout


def test_score_of_an_absent_file(tmp_path: Path) -> None:
    result = run("score", tmp_path / "none.xlsx")
    assert result.exit_code == 2
    assert "找不到文件" in result.stderr
    assert result.stdout == ""


def test_status_formats_and_exit_codes(at: campaign.Campaign) -> None:
    hand_in(at, "S001", published_answers())
    (at.inbox / "stray.xlsx").write_text("x")
    shown = run("status", "-C", at.folder)
    assert shown.exit_code == 1
    assert "截止 2025-04-30" in shown.stdout
    assert "应交 3，已交 1，未受理 0，未交 2" in shown.stdout
    assert "stray.xlsx：" in shown.stdout.partition("未受理的文件：")[2]
    as_json = json.loads(run("status", "-C", at.folder, "--format", "json").stdout)
    assert [each["standing"] for each in as_json["units"]] == ["findings", "missing", "missing"]
    assert [(each["file"], each["standing"]) for each in as_json["strays"]] == [("stray.xlsx", "set_aside")]
    as_csv = list(csv.reader(io.StringIO(run("status", "-C", at.folder, "--format", "csv").stdout)))
    assert as_csv[0][0] == "单位代码"
    assert [row[0] for row in as_csv[1:]] == ["S001", "S002", "S003", ""]


def test_status_into_files(at: campaign.Campaign, tmp_path: Path) -> None:
    """Nothing is in, so nothing is read: what is held here is where it goes."""
    names = {"text": "a.txt", "json": "a.json", "csv": "a.csv", "xlsx": "a.xlsx"}
    for fmt, name in names.items():
        done = run("status", "-C", at.folder, "--format", fmt, "-o", tmp_path / name)
        assert (done.exit_code, done.stdout) == (1, ""), done.output
        assert name in done.stderr
    assert "应交 3" in (tmp_path / "a.txt").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["totals"]["missing"] == 3
    assert (tmp_path / "a.csv").read_bytes().startswith("\ufeff单位代码".encode())  # or Excel takes it for GBK
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--format", "xlsx"), "-o"),
        (("-o", "a.xlsx"), "--format xlsx"),
        (("--format", "csv", "-o", "a.XLSX"), "--format xlsx"),
        (("--format", "xlsx", "-o", "inbox/a.xlsx"), "请不要写到"),
        (("--format", "xlsx", "-o", "none/a.xlsx"), "不存在"),
    ],
)
def test_status_refuses_places_it_cannot_write_to(at: campaign.Campaign, options: tuple[str, ...], says: str) -> None:
    *rest, last = options
    place = at.folder / last if "-o" in options else last
    result = run("status", "-C", at.folder, *rest, place)
    assert result.exit_code == 2
    assert says in result.stderr
    assert list(at.inbox.iterdir()) == []


def test_check_says_whether_a_form_can_be_sent(at: campaign.Campaign) -> None:
    path = hand_in(at, "S001", published_answers())
    result = run("check", "-C", at.folder, path)
    assert result.exit_code == 1
    assert result.stdout.startswith("可以上交。上交前请核对以下 3 处。")
    assert "单位　S001 第一小学" in result.stdout
    assert "重算 99.97 分，优" in result.stdout
    assert "封签" not in result.stdout
    [shown] = json.loads(run("check", "-C", at.folder, "--format", "json", path).stdout)
    assert (shown["verdict"], shown["says"], shown["total"]) == ("look", "可以上交。上交前请核对以下 3 处。", "99.97")


def test_check_away_from_a_round_counts_no_fault(
    at: campaign.Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hand_in(at, "S001", published_answers())
    monkeypatch.chdir(tmp_path)
    result = run("check", path)
    assert result.stdout.startswith("可以上交。上交前请核对以下 3 处。")
    assert "没有核验封签，这不影响上交" in result.stdout


@pytest.mark.parametrize("command", ["score", "check"])
def test_passwords_open_encrypted_files(at: campaign.Campaign, tmp_path: Path, command: str) -> None:
    encrypted = tmp_path / "x.xlsx"
    with encrypted.open("wb") as file:
        msoffcrypto.OfficeFile(io.BytesIO((at.outbox / "S001_第一小学.xlsx").read_bytes())).encrypt("暗号", file)
    without = json.loads(run(command, "-C", at.folder, "--format", "json", encrypted).stdout)
    assert [each["code"] for each in without[0]["findings"]] == ["encrypted"]
    options = ("--password", "other", "--password", "暗号", "--format", "json")
    for place in (at.folder, tmp_path):  # within a round and away from one
        [opened] = json.loads(run(command, "-C", place, *options, encrypted).stdout)
        assert (opened["unit_code"], opened["status"]) == ("S001", "provisional")


def test_a_zip_is_checked_form_by_form_and_explained_one_at_a_time(at: campaign.Campaign, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "两份.zip", "w") as parcel:
        for path in sorted(at.outbox.iterdir())[:2]:
            parcel.write(path, path.name)
    checked = json.loads(run("check", "-C", at.folder, "--format", "json", tmp_path / "两份.zip").stdout)
    assert [(each["unit_code"], each["verdict"]) for each in checked] == [("S001", "mend"), ("S002", "mend")]
    explained = run("explain", "-C", at.folder, tmp_path / "两份.zip")
    assert (explained.exit_code, "两份.zip 中有 2 份表" in explained.stderr) == (2, True)


def test_check_of_what_cannot_be_taken(at: campaign.Campaign, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_text("x")
    result = run("check", "-C", at.folder, tmp_path / "x.xlsx")
    assert result.exit_code == 1
    assert result.stdout.startswith("不能受理：")
    assert run("check", "-C", at.folder, tmp_path / "none.xlsx").exit_code == 2


@pytest.mark.parametrize("command", ["generate", "review", "summarize", "run", "status"])
def test_commands_outside_a_round(tmp_path: Path, command: str) -> None:
    result = run(command, "-C", tmp_path)
    assert result.exit_code == 2
    assert "不是自评任务的文件夹" in result.stderr


def test_unknown_options_are_exit_code_2() -> None:
    assert run("score", "--format", "xml", "x").exit_code == 2


def test_init_refuses_an_unknown_scheme_before_making_anything(tmp_path: Path) -> None:
    options = ("--district", "a", "--department", "b", "--year", "2024", "--deadline", "2025-04-30", "--scheme", "nix")
    result = run("init", tmp_path / "new", *options)
    assert result.exit_code == 2
    assert not (tmp_path / "new").exists()


def test_fill_names_bad_answers(at: campaign.Campaign, tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('{"no_such_field": 1}', encoding="utf-8")
    result = run("fill", at.outbox / "S001_第一小学.xlsx", answers, "-o", tmp_path / "out.xlsx")
    assert result.exit_code == 2
    assert "no_such_field" in result.stderr
    assert not (tmp_path / "out.xlsx").exists()


def test_scheme_show_places_every_field() -> None:
    shown = json.loads(run("scheme", "show", "--format", "json").stdout)
    assert len(shown["indicators"]) == 26
    assert all(each["sheet"] and each["cell"] and each["name"] == each["id"] for each in shown["fields"])
    assert run("scheme", "show").exit_code == 0


def test_scheme_check_tells_every_error(tmp_path: Path) -> None:
    assert run("scheme", "check").exit_code == 0
    bad = tmp_path / "scheme.toml"
    bad.write_text('id = "x"\n', encoding="utf-8")
    result = run("scheme", "check", bad)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) > 5


def test_scheme_doc_to_file_and_screen(tmp_path: Path) -> None:
    assert run("scheme", "doc", "-o", tmp_path / "book.md").exit_code == 0
    assert (tmp_path / "book.md").read_text(encoding="utf-8") == run("scheme", "doc").stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from perfeval_xl.cli import main; main(['--help'], standalone_mode=False);"
        "print([m for m in ('pandas', 'xlsxwriter', 'openpyxl', 'lxml', 'rich', 'python_calamine') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
