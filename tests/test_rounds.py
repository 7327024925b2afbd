"""A whole round: nothing lost, nothing touched that came back, every command repeatable, one bad file is one result."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from perfeval_xl import campaign
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import Desk
from perfeval_xl.errors import CampaignError
from perfeval_xl.excel.package import Package
from perfeval_xl.results import UnitResult
from tests.rounds import UNITS, hand_in, issued_round, published_answers, roster_bytes


@pytest.fixture
def at(tmp_path: Path) -> campaign.Campaign:
    return issued_round(tmp_path / "2024")


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != campaign.LOCK
    }


def codes(result: UnitResult) -> set[str]:
    return {each.code for each in result.findings}


def test_each_unit_gets_its_own_workbook(at: campaign.Campaign) -> None:
    assert sorted(path.name for path in at.outbox.iterdir()) == [f"{code}_{name}.xlsx" for code, name in UNITS]
    contents = {path.read_bytes() for path in at.outbox.iterdir()}
    assert len(contents) == len(UNITS)


def test_issuing_again_gives_the_same_bytes(at: campaign.Campaign) -> None:
    before = fingerprints(at.outbox)
    rounds.issue(at)
    assert fingerprints(at.outbox) == before


def test_a_renamed_unit_keeps_no_product_under_its_old_name(at: campaign.Campaign) -> None:
    units = (("S001", "第一小学"), ("S001_2", "第一小学分校"), ("S002", "实验小学"), ("S003", "第三小学"))
    hand_in(at, "S002", published_answers())
    rounds.review(at)
    (at.outbox / "通知.xlsx").write_bytes(b"x")
    (at.folder / campaign.ROSTER).write_bytes(roster_bytes(units))
    renamed = campaign.load(at.folder)
    rounds.issue(renamed)
    rounds.issue(renamed, only=["S001"])
    rounds.review(renamed)
    issued = {"S001_第一小学.xlsx", "S001_2_第一小学分校.xlsx", "S002_实验小学.xlsx", "S003_第三小学.xlsx"}
    assert {path.name for path in at.outbox.iterdir()} == issued | {"通知.xlsx"}
    assert {path.name for path in at.reviewed.iterdir()} == {"S002_实验小学.xlsx"}


def test_issue_for_some_units_only(at: campaign.Campaign) -> None:
    shutil.rmtree(at.outbox)
    at.outbox.mkdir()
    assert [path.name for path in rounds.issue(at, only=["S002"])] == ["S002_第二小学.xlsx"]
    with pytest.raises(CampaignError, match="S009"):
        rounds.issue(at, only=["S002", "S009"])


def test_review_and_summary_leave_the_returns_alone_and_repeat(at: campaign.Campaign) -> None:
    hand_in(at, "S001", published_answers())
    hand_in(at, "S002", {})
    before = fingerprints(at.inbox)
    rounds.summarize(at, rounds.review(at))
    first = fingerprints(at.folder)
    rounds.summarize(at, rounds.review(at))
    assert fingerprints(at.folder) == first
    assert fingerprints(at.inbox) == before
    assert sorted(path.name for path in at.reviewed.iterdir()) == ["S001_第一小学.xlsx", "S002_第二小学.xlsx"]


def test_one_bad_file_never_stops_the_rest(at: campaign.Campaign) -> None:
    hand_in(at, "S001", published_answers())
    (at.inbox / "a-text.xlsx").write_text("不是表格", encoding="utf-8")
    (at.inbox / "b-empty.xlsx").write_bytes(b"")
    whole = (at.outbox / "S003_第三小学.xlsx").read_bytes()
    (at.inbox / "c-truncated.xlsx").write_bytes(whole[: len(whole) // 2])
    shutil.copy(at.folder / campaign.ROSTER, at.inbox / "d-foreign.xlsx")
    (at.inbox / "~$lock.xlsx").write_bytes(b"lock")
    (at.inbox / ".hidden.xlsx").write_bytes(b"x")
    district = rounds.review(at)
    by_file = {each.file: each for each in district.results}
    assert by_file["S001 交表.xlsx"].card is not None
    assert {name: codes(each) for name, each in by_file.items() if each.card is None} == {
        "a-text.xlsx": {"not-a-workbook"},
        "b-empty.xlsx": {"empty-file"},
        "c-truncated.xlsx": {"unreadable"},
        "d-foreign.xlsx": {"not-our-form"},
    }
    assert [unit.code for unit in district.missing] == ["S002", "S003"]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"])
def test_a_part_damaged_inside_a_whole_file(at: campaign.Campaign, part: str) -> None:
    """The zip is sound, one part in it is not: one diagnosis, and the next file is read."""
    path = hand_in(at, "S001", published_answers(), "a.xlsx")
    package = Package.read(path.read_bytes())
    path.write_bytes(package.rewrite({part: package.part(part)[: len(package.part(part)) // 2]}))
    hand_in(at, "S002", published_answers(), "b.xlsx")
    by_file = {each.file: each for each in rounds.review(at).results}
    assert by_file["b.xlsx"].reviewed is not None
    assert codes(by_file["a.xlsx"]) == {"unreadable"}


def test_a_panic_of_the_reading_library_is_a_diagnosis(at: campaign.Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As Rust's panics reach Python: no Exception."""

    def panic(_: object) -> None:
        raise PanicException("index out of bounds")

    path = hand_in(at, "S001", published_answers())
    monkeypatch.setattr("perfeval_xl.excel.opened.CalamineWorkbook.from_object", panic)
    [result] = Desk.of(at).examine(path)
    assert codes(result) == {"unreadable"}


def test_unit_that_is_not_on_the_roster(at: campaign.Campaign, tmp_path: Path) -> None:
    other = issued_round(tmp_path / "other", (("X999", "外区小学"),))
    shutil.copy(hand_in(other, "X999", published_answers()), at.inbox / "x.xlsx")
    [result] = rounds.examine_inbox(at).results
    assert result.card is None
    assert codes(result) == {"unit-unknown"}


def test_another_rounds_key_is_told(at: campaign.Campaign, tmp_path: Path) -> None:
    other = issued_round(tmp_path / "other")
    shutil.copy(hand_in(other, "S001", published_answers()), at.inbox / "x.xlsx")
    [result] = rounds.examine_inbox(at).results
    assert "seal-other-round" in codes(result)
    assert result.card is not None
    assert result.card.total is not None


def test_a_blank_handed_back_untouched(at: campaign.Campaign) -> None:
    shutil.copy(at.outbox / "S001_第一小学.xlsx", at.inbox)
    [result] = rounds.examine_inbox(at).results
    assert result.card is not None
    assert (result.card.total, result.card.total_min, result.card.total_max) == (None, 0, 100)
    assert codes(result) == {"missing", "text-missing"}


def test_an_issued_workbook_has_a_good_seal(at: campaign.Campaign) -> None:
    hand_in(at, "S001", published_answers())
    [result] = rounds.examine_inbox(at).results
    assert not {"seal-broken", "seal-not-checked"} & codes(result)


def test_two_returns_of_one_unit(at: campaign.Campaign) -> None:
    old = hand_in(at, "S001", {}, "b.xlsx")
    hand_in(at, "S001", published_answers(), "a.xlsx")
    shutil.copy(old, at.inbox / "b 副本.xlsx")
    [result] = rounds.examine_inbox(at).results
    [repeated] = [each for each in result.findings if each.code == "duplicate-return"]
    assert "2 份" in repeated.message  # byte-identical copies are one


def test_identical_copies_are_one_return(at: campaign.Campaign) -> None:
    shutil.copy(hand_in(at, "S001", published_answers(), "a.xlsx"), at.inbox / "a(1).xlsx")
    [result] = rounds.examine_inbox(at).results
    assert "duplicate-return" not in codes(result)


def test_a_withdrawn_return_takes_its_annotated_copy_along(at: campaign.Campaign) -> None:
    path = hand_in(at, "S001", published_answers())
    kept = at.reviewed / "我的笔记.txt"
    rounds.review(at)
    kept.write_text("x", encoding="utf-8")
    path.unlink()
    rounds.review(at)
    assert [each.name for each in at.reviewed.iterdir()] == ["我的笔记.txt"]


def test_summary_alone_links_to_what_was_reviewed(at: campaign.Campaign) -> None:
    hand_in(at, "S001", published_answers())
    hand_in(at, "S002", published_answers())
    rounds.review(at)
    (at.reviewed / "S002_第二小学.xlsx").unlink()
    district = rounds.with_reviewed_links(at, rounds.examine_inbox(at))
    assert {each.unit_code: each.reviewed for each in district.results} == {
        "S001": "reviewed/S001_第一小学.xlsx",
        "S002": None,
    }


def test_another_reading_changes_form_and_score_together(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024", readings={})
    scheme = at.scheme
    reading = next(each for each in scheme.readings if len(each.options) > 1)
    other = reading.options[1].id
    settings = at.folder / campaign.SETTINGS
    settings.write_text(
        settings.read_text(encoding="utf-8") + f'\n[readings]\n"{reading.id}" = "{other}"\n', encoding="utf-8"
    )
    changed = campaign.load(at.folder)
    before = fingerprints(at.outbox)
    rounds.issue(changed)
    assert all(fingerprints(at.outbox)[name] != digest for name, digest in before.items())
    hand_in(changed, "S001", published_answers())
    [result] = rounds.examine_inbox(changed).results
    assert "seal-broken" not in codes(result)


def test_a_reading_ruled_after_the_blanks_went_out(at: campaign.Campaign) -> None:
    """No false alarm about the seal: the scores follow the ruling, and the return is told to be of the form before it."""
    answers = published_answers(public_funds_actual_wan="102", public_funds_budget_wan="100")
    hand_in(at, "S001", answers)
    [before] = rounds.examine_inbox(at).results
    ruled = replace(at, readings={"control_steps": "started"})
    [after] = rounds.examine_inbox(ruled).results
    assert "issued-under-other-readings" not in codes(before)
    assert "issued-under-other-readings" in codes(after)
    assert "seal-broken" not in codes(after)
    assert before.card and after.card
    scores = [card.row["public_funds_control"].score for card in (before.card, after.card)]
    assert scores == [Decimal("2.00"), Decimal("1.50")]


def test_the_annotated_copy_carries_total_and_grade(at: campaign.Campaign) -> None:
    hand_in(at, "S001", published_answers())
    rounds.review(at)
    book = CalamineWorkbook.from_path(str(at.reviewed / "S001_第一小学.xlsx"))
    values = [value for row in book.get_sheet_by_name("自评表").to_python() for value in row]
    assert 99.97 in values
    assert "优" in values


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom file modes bind")
def test_a_return_that_may_not_be_read(at: campaign.Campaign) -> None:
    path = hand_in(at, "S001", published_answers())
    path.chmod(0)
    [result] = rounds.examine_inbox(at).results
    assert codes(result) == {"unreadable"}
