"""A round reads its returns by the scheme that they were issued with, whatever has become of that scheme since."""

from __future__ import annotations

import pickle
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfeval_xl import campaign
from perfeval_xl.campaign import Campaign
from perfeval_xl.cli import main
from perfeval_xl.district import identify, rounds
from perfeval_xl.district.intake import Desk
from perfeval_xl.kept_scheme import departed
from perfeval_xl.resources import templates_dir
from perfeval_xl.scheme.loader import SCHEME_FILE
from tests.rounds import hand_in, issued_round, published_answers

CHANGED = ("{ le = 0.10, score = 2 },\n    { gt = 0.10,", "{ le = 0.08, score = 2 },\n    { gt = 0.08,")
PUBLISHED = "99.97"


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The schemes of a package that can be changed as by an update."""
    folder = tmp_path / "templates"
    shutil.copytree(templates_dir() / "huadu-2024", folder / "huadu-2024")
    monkeypatch.setattr("perfeval_xl.scheme.loader.templates_dir", lambda: folder)
    monkeypatch.setattr("perfeval_xl.generator.templates_dir", lambda: folder)
    return folder


@pytest.fixture
def at(shipped: Path, tmp_path: Path) -> Campaign:
    """A round of that package, issued, with one return."""
    made = issued_round(tmp_path / "2024", [("S001", "第一小学")])
    hand_in(made, "S001", published_answers())
    return made


def changed(shipped: Path) -> None:
    path = shipped / "huadu-2024" / SCHEME_FILE
    text = path.read_text(encoding="utf-8")
    assert text.count(CHANGED[0]) == 1
    path.write_text(text.replace(*CHANGED), encoding="utf-8")


def reviewed(at: Campaign) -> tuple[str, set[str]]:
    """The return's total under the round as it is loaded now, and the findings about what it was issued with."""
    [result] = rounds.review(campaign.load(at.folder)).results
    assert result.card is not None and result.reviewed is not None
    return str(result.card.total), {each.code for each in result.findings} & {
        "seal-broken", "older-version", "issued-under-other-readings", "issued-data-changed", "seal-missing",
    }  # fmt: skip


def run(*command: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(each) for each in command])
    return done.exit_code, done.stderr


def test_issuing_keeps_the_scheme_as_it_is(at: Campaign, shipped: Path) -> None:
    first, _, rest = at.kept_scheme.read_text(encoding="utf-8").partition("\n")
    assert first == "# 下发时保存的方案，请勿改动：huadu-2024"
    assert rest == (shipped / "huadu-2024" / SCHEME_FILE).read_text(encoding="utf-8")
    assert departed(at.scheme_name, at.folder) == ""
    assert campaign.load(at.folder).scheme.origin == at.kept_scheme


def test_nothing_is_kept_before_anything_is_issued(shipped: Path, tmp_path: Path) -> None:
    made = Campaign(tmp_path / "new", "区", "局", 2024, "huadu-2024", date(2025, 4, 30), "")
    campaign.create(made)
    assert not made.kept_scheme.exists() and departed(made.scheme_name, made.folder) == ""


def test_a_changed_scheme_changes_no_old_round(at: Campaign, shipped: Path) -> None:
    before = at.kept_scheme.read_bytes()
    changed(shipped)
    assert reviewed(at) == (PUBLISHED, set())
    assert "在下发以后有改动" in departed(at.scheme_name, at.folder)
    code, said = run("summarize", "-C", at.folder)
    assert code == 0 and "方案 huadu-2024 在下发以后有改动；本任务仍按下发时保存的" in said
    code, said = run("generate", "-C", at.folder)  # a unit that is added later gets the same form
    assert code == 0 and "在下发以后有改动" in said
    assert at.kept_scheme.read_bytes() == before and reviewed(at) == (PUBLISHED, set())


def test_a_scheme_that_is_gone(at: Campaign, shipped: Path) -> None:
    shutil.rmtree(shipped / "huadu-2024")
    assert reviewed(at) == (PUBLISHED, set())
    code, said = run("run", "-C", at.folder)
    assert code == 0 and "方案 huadu-2024 现在没有或不能用了；本任务仍按下发时保存的" in said


def test_a_scheme_that_is_broken_by_now(at: Campaign, shipped: Path) -> None:
    (shipped / "huadu-2024" / SCHEME_FILE).write_text('id = "huadu-2024"', encoding="utf-8")
    assert reviewed(at) == (PUBLISHED, set())
    assert "现在没有或不能用了" in departed(at.scheme_name, at.folder)


def test_other_comments_are_no_change(at: Campaign, shipped: Path) -> None:
    path = shipped / "huadu-2024" / SCHEME_FILE
    path.write_text("# 新的说明\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert departed(at.scheme_name, at.folder) == ""


def test_readings_ruled_after_issue_apply_to_the_kept_scheme(at: Campaign, shipped: Path) -> None:
    changed(shipped)
    settings = at.folder / campaign.SETTINGS
    settings.write_text(
        settings.read_text(encoding="utf-8") + '\n[readings]\n"policy_cap" = "uncapped"\n', encoding="utf-8"
    )
    total, told = reviewed(at)
    assert total == PUBLISHED and told == {"issued-under-other-readings"}


def test_the_new_scheme_is_taken_where_the_kept_one_is_deleted(at: Campaign, shipped: Path) -> None:
    changed(shipped)
    at.kept_scheme.unlink()
    assert run("generate", "-C", at.folder)[0] == 0
    assert CHANGED[1] in at.kept_scheme.read_text(encoding="utf-8")
    assert reviewed(at)[1] >= {"seal-broken"}


def test_another_scheme_in_the_settings_takes_its_place(at: Campaign, shipped: Path) -> None:
    text = (shipped / "huadu-2024" / SCHEME_FILE).read_text(encoding="utf-8")
    newer = text.replace('version = "1.0"', 'version = "1.1"', 1) + '\n[[earlier]]\nversion = "1.0"\n'
    (at.folder / "newer.toml").write_text(newer, encoding="utf-8")
    settings = at.folder / campaign.SETTINGS
    settings.write_text(settings.read_text(encoding="utf-8").replace('"huadu-2024"', '"newer.toml"'), encoding="utf-8")
    assert reviewed(at) == (PUBLISHED, {"older-version"})
    assert run("generate", "-C", at.folder)[0] == 0
    assert 'version = "1.1"' in at.kept_scheme.read_text(encoding="utf-8")
    assert campaign.load(at.folder).scheme.origin == at.kept_scheme


def test_a_file_of_the_operators_own_is_left_alone(shipped: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / SCHEME_FILE).write_text("# 别的\n", encoding="utf-8")
    at = issued_round(folder, [("S001", "第一小学")])
    assert (folder / SCHEME_FILE).read_text(encoding="utf-8") == "# 别的\n" and at.scheme.origin != at.kept_scheme


def test_a_round_with_a_scheme_of_its_own(shipped: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(shipped / "huadu-2024" / SCHEME_FILE, folder / SCHEME_FILE)
    at = issued_round(folder, [("S001", "第一小学")], scheme_name=SCHEME_FILE)
    assert at.scheme.origin == at.kept_scheme and departed(at.scheme_name, at.folder) == ""


def test_a_worker_that_has_no_such_file_tells_the_same(at: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = at.folder / campaign.SETTINGS
    ruled = '\n[readings]\n"policy_cap" = "uncapped"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + ruled, encoding="utf-8")
    sent = pickle.dumps(Desk.of(campaign.load(at.folder)))
    at.kept_scheme.unlink()
    monkeypatch.setattr(identify, "_plain", {})
    (path,) = Path(at.folder / "inbox").iterdir()
    (result,) = pickle.loads(sent).examine_file(path.read_bytes(), path.name)
    assert "issued-under-other-readings" in {each.code for each in result.findings}
