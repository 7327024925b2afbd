"""Reminders: who gets one, what it says and brings along, and how often."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.campaign import SETTINGS, Campaign
from perfeval_xl.cli import main
from perfeval_xl.district import rounds, taking_in
from perfeval_xl.district.cover_note import CoverNote, Problem, ReadNote, read_note
from perfeval_xl.district.intake import Desk, set_aside
from perfeval_xl.district.mail import reminding
from perfeval_xl.district.mail.messages import Kind
from perfeval_xl.district.mail.register import Outcome, Register, Row
from perfeval_xl.district.mail.reminding import Reminders, reminders
from perfeval_xl.district.mail.sending import Letter
from perfeval_xl.district.packing import Packed, pack
from perfeval_xl.district.parcels import REGISTER, Item
from perfeval_xl.district.returning import LETTER, TEXT_NOTE, send_back
from perfeval_xl.errors import CampaignError
from perfeval_xl.findings import finding
from perfeval_xl.results import UnitResult
from tests.mailkit import parsed
from tests.rounds import hand_in, issued_round, published_answers

UNITS = (
    ("S001", "第一小学", "小学", "", "s001@example.org"),
    ("S002", "第二小学", "小学", "", "s002@example.org"),
    ("S003", "第三小学", "小学", "", "s003@example.org；shared@example.org"),
    ("S004", "第四小学", "小学", "", "shared@example.org"),
)
WRONG = {"contracts_total": None, "procurement_policy_self_score": "0.5"}
OLD_FORM = finding("wrong-scheme", expected="A 1", actual="A 0")
REFUSED = {"旧表": OLD_FORM, "<b>旧表": OLD_FORM, "坏": finding("internal-error", why="X")}
"""What files whose names begin so are set aside for."""

_examined: dict[tuple[str, bytes], list[UnitResult]] = {}


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are examined in this process, the same ones once; those of REFUSED (旧表 S001.xlsx) are not opened."""

    def examined(desk: Desk, item: Item) -> list[UnitResult]:
        for start, why in REFUSED.items():
            if item.name.startswith(start):
                return [replace(set_aside(item.name, why), unit_code=item.path.stem[-4:])]
        return desk.examine(item.path, item.name)

    def examine_packed(desk: Desk, items: Sequence[Item], crew: None, known: object) -> Iterator[list[Packed]]:
        for item in items:
            key = item.name, item.path.read_bytes()
            if key not in _examined:
                _examined[key] = examined(desk, item)
            yield [pack(each) for each in _examined[key]]

    monkeypatch.setattr(taking_in, "examine_packed", examine_packed)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(
        tmp_path_factory.mktemp("remind") / "2024", UNITS, deadline=date(2099, 4, 30), contact="张老师 020-1"
    )


@pytest.fixture
def at(issued: Campaign) -> Campaign:
    """The round, nothing handed in or sent back yet."""
    for folder in (issued.inbox, issued.returned):
        for path in folder.iterdir():
            path.unlink()
    return issued


def codes(found: Reminders) -> dict[str, Kind]:
    return {each.unit.code: each.kind for each in found.letters}


def only_letter(at: Campaign, code: str) -> Letter:
    [letter] = reminders(at, [code]).letters
    return letter


def texts(letter: Letter) -> tuple[str, str]:
    """The letter's plain text and html, as its reader has them."""
    message = parsed(letter.make().as_bytes())
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    return plain.get_content(), html.get_content()


def files(letter: Letter) -> dict[str, bytes]:
    message = parsed(letter.make().as_bytes())
    return {str(each.get_filename()): each.get_content() for each in message.iter_attachments()}


# ---- who gets one


def test_who_has_nothing_to_do_gets_none(at: Campaign) -> None:
    hand_in(at, "S001", published_answers())  # warnings only
    hand_in(at, "S002", published_answers(**WRONG))
    send_back(at)
    found = reminders(at)
    assert codes(found) == {"S002": Kind.CORRECT, "S003": Kind.MISSING, "S004": Kind.MISSING}
    assert (list(found.left), list(found.nothing)) == ([], [])


def test_of_one_kind_and_of_some_units(at: Campaign) -> None:
    hand_in(at, "S001", published_answers())
    hand_in(at, "S002", published_answers(**WRONG))
    send_back(at)
    assert codes(reminders(at, kinds=[Kind.CORRECT])) == {"S002": Kind.CORRECT}
    assert codes(reminders(at, kinds=[Kind.MISSING])) == dict.fromkeys(("S003", "S004"), Kind.MISSING)
    found = reminders(at, ["S001", "S002", "S003"], [Kind.MISSING])
    assert (codes(found), [unit.code for unit in found.nothing]) == ({"S003": Kind.MISSING}, ["S001", "S002"])
    with pytest.raises(CampaignError, match="名册中没有单位代码 S009"):
        reminders(at, ["S009"])


def test_what_was_not_sent_back_yet_is_for_the_operator(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    found = reminders(at, ["S001"])
    assert not found.letters
    assert [each.why for each in found.left] == ["有 2 处须改正，还没有退回，没有催。请先运行 perfeval return"]
    assert not reminders(at, kinds=[Kind.MISSING], only=["S001"]).left


def test_a_corrected_form_ends_the_reminders(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    assert codes(reminders(at, ["S001"])) == {"S001": Kind.CORRECT}
    hand_in(at, "S001", published_answers())
    assert not reminders(at, ["S001"]).letters


def test_what_is_settled_by_now_is_not_asked_for(at: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    monkeypatch.setattr(reminding, "must_correct", lambda _: 0)
    found = reminders(at, ["S001"])
    assert not found.letters and "请重新运行 perfeval return" in found.left[0].why


def test_a_workbook_that_is_gone_from_returned(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    (at.returned / "S001_第一小学.xlsx").unlink()
    found = reminders(at, ["S001"])
    assert not found.letters
    assert found.left[0].why.endswith("中没有 S001_第一小学.xlsx，没有催。请重新运行 perfeval return")


def test_what_the_unit_cannot_mend_is_for_the_operator(at: Campaign) -> None:
    (at.inbox / "坏 S001.xlsx").write_bytes(b"x")
    found = reminders(at, ["S001"])
    assert not found.letters
    assert found.left[0].why.startswith("坏 S001.xlsx：") and found.left[0].why.endswith("，没有催")


# ---- what it says and brings along


def test_a_missing_one_gets_its_blank_again(at: Campaign) -> None:
    letter = only_letter(at, "S001")
    assert files(letter) == {"S001_第一小学.xlsx": (at.outbox / "S001_第一小学.xlsx").read_bytes()}
    for text in texts(letter):
        assert "还没有收到你单位（代码 S001）" in text and "2099年4月30日" in text
        assert "收到过下列文件" not in text and "已经超过" not in text


def test_a_form_sent_back_goes_out_with_its_letter_and_every_problem(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at, due=date(2099, 5, 15))
    letter = only_letter(at, "S001")
    names = ("S001_第一小学.xlsx", f"S001_第一小学{LETTER}")
    assert files(letter) == {name: (at.returned / name).read_bytes() for name in names}
    [result] = rounds.examine_inbox(at).results
    errors = [issue for issue in result.issues if issue.first.severity.value == "error"]
    for text in texts(letter):
        assert "须改正 2 处" in text and "现第 1 次退回" in text and "2099年5月15日前（含当日）" in text
        assert len(errors) == 2 and all(str(each.first.message) in text for each in errors)
        assert all(str(each).split(" ")[0] in text for each in errors)


def test_a_note_that_was_reworded_is_what_is_said(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    path = at.returned / f"S001_第一小学{TEXT_NOTE}"
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace(" 采购", " （请与采购办核对）采购"), encoding="utf-8-sig")
    plain, _ = texts(only_letter(at, "S001"))
    assert "（请与采购办核对）采购" in plain


def test_files_that_were_not_accepted_are_named_with_the_reason(at: Campaign) -> None:
    (at.inbox / "<b>旧表 S001.xlsx").write_bytes(b"x")
    letter = only_letter(at, "S001")
    assert letter.kind is Kind.MISSING
    plain, html = texts(letter)
    assert f"<b>旧表 S001.xlsx：{OLD_FORM.message}" in plain
    assert "&lt;b&gt;旧表 S001.xlsx" in html and "<b>旧表" not in html
    send_back(at)
    letter = only_letter(at, "S001")
    assert letter.kind is Kind.CORRECT
    for text in texts(letter):
        assert "未能受理" in text and OLD_FORM.message in text and "须改正" not in text
    assert list(files(letter)) == ["S001_第一小学.xlsx", f"S001_第一小学{LETTER}"]


@pytest.mark.parametrize("kind", list(Kind)[1:])
def test_after_the_deadline_the_words_differ(at: Campaign, kind: Kind) -> None:
    over = replace(at, deadline=date(2025, 4, 30))
    if kind is Kind.CORRECT:
        hand_in(at, "S001", published_answers(**WRONG))
        send_back(over)
    letter = only_letter(over, "S001")
    assert letter.kind is kind
    for text in texts(letter):
        assert "已经超过" in text and "尽快" in text and "（含当日）" not in text
    assert "已过截止日期2025年4月30日" in letter.make()["Subject"]


def row(outcome: Outcome, sender: str, name: str, why: str = "", **more: str) -> Row:
    return Row(outcome, f"来源 {name}", name=name, sender=sender, why=why, date="2025-04-01 10:03:00+08:00", **more)


def test_what_came_by_post_and_could_not_be_taken_is_told(at: Campaign) -> None:
    rows = [
        row(Outcome.REFUSED, "S001@Example.org", "winmail.dat", "封装成了 winmail.dat。", subject="自评表"),
        row(Outcome.SAVED, "s001@example.org", "收下的.xlsx"),
        row(Outcome.BLANK, "s001@example.org", "空表.xlsx"),
        row(
            Outcome.LINK,
            "other@example.org",
            "",
            "点链接下载后放进 inbox。",
            subject="云盘",
            original="s002@example.org",
        ),
        row(Outcome.REFUSED, "shared@example.org", "谁的.xlsx", "是空文件。"),
        row(Outcome.REFUSED, "stranger@example.org", "生人.xlsx", "是空文件。"),
    ]
    Register(at.inbox / REGISTER, rows).save()
    told = {code: texts(only_letter(at, code))[0] for code in at.roster}
    assert "2025-04-01 的邮件“自评表”中的 winmail.dat：封装成了 winmail.dat。" in told["S001"]
    assert "2025-04-01 的邮件中的 空表.xlsx：是没有填写的空表。" in told["S001"] and "收下的" not in told["S001"]
    assert "2025-04-01 的邮件“云盘”：附件不在邮件里" in told["S002"] and "inbox" not in told["S002"]
    assert "谁的" not in told["S003"] + told["S004"]
    assert not any("生人" in text for text in told.values())


def test_a_file_that_cannot_be_opened_is_told_to_who_sent_it(at: Campaign) -> None:
    for name in ("断.xlsx", "谁的.xlsx"):
        (at.inbox / name).write_bytes(b"PK\x03\x04 cut off")
    rows = [
        row(Outcome.SAVED, "s001@example.org", "表.xlsx", file="断.xlsx"),
        row(Outcome.SAVED, "stranger@example.org", "谁的.xlsx", file="谁的.xlsx"),
    ]
    Register(at.inbox / REGISTER, rows).save()
    told = {code: texts(only_letter(at, code))[0] for code in at.roster}
    assert "2025-04-01 的邮件中的 表.xlsx：这个文件打不开" in told["S001"]
    assert not any("打不开" in told[code] for code in told if code != "S001")


def test_only_the_latest_of_the_post_is_told(at: Campaign) -> None:
    Register(at.inbox / REGISTER, [row(Outcome.LINK, "s001@example.org", f"{n}号.xlsx") for n in range(9)]).save()
    plain, _ = texts(only_letter(at, "S001"))
    assert [n for n in range(9) if f"{n}号.xlsx" in plain] == [4, 5, 6, 7, 8]


# ---- how often


class Tomorrow(date):
    @classmethod
    def today(cls) -> date:
        return date(2098, 1, 1)


def test_one_letter_a_day_unless_something_has_changed(at: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    first = {each.unit.code: each.key for each in reminders(at).letters}
    assert {each.unit.code: each.key for each in reminders(at).letters} == first
    send_back(at, due=date(2099, 6, 1))
    (at.inbox / "旧表 S002.xlsx").write_bytes(b"x")
    changed = {each.unit.code: each.key for each in reminders(at).letters}
    assert [code for code in at.roster if changed[code] != first[code]] == ["S001", "S002"]
    monkeypatch.setattr(reminding, "date", Tomorrow)
    later = {each.unit.code: each.key for each in reminders(at).letters}
    assert not [code for code in at.roster if later[code] == changed[code]]


# ---- a note, read again

WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
PROBLEMS = st.lists(st.builds(Problem, WORDS, WORDS), max_size=3).map(tuple)


@given(PROBLEMS, PROBLEMS, st.integers(1, 99), st.dates(), st.booleans())
def test_a_note_says_what_was_put_into_it(
    issued: Campaign, musts: tuple[Problem, ...], looks: tuple[Problem, ...], number: int, due: date, accepted: bool
) -> None:
    unit = issued.roster["S001"]
    due = due.replace(year=max(due.year, 1000))
    sha256 = "0123456789abcdef" * 4 if accepted else ""
    note = CoverNote(issued, unit, number, ("a.xlsx",), sha256, unit.file_name, "", musts, looks, due)
    assert read_note(note.text()) == ReadNote(number, accepted, due, musts, looks)


@pytest.mark.parametrize(
    "text", ["", "改过的说明\ufffd", "一、须改正的（1 处）", "于2025年2月30日前（含当日）重新报送"]
)
def test_a_note_that_cannot_be_made_out(text: str) -> None:
    assert read_note(text) == ReadNote(0, False, None, (), ())


def test_a_problem_of_several_lines() -> None:
    note = (
        "一、须改正的（2 处）\r\n\r\n1. 甲!A1\r\n   一行\r\n 又一行\r\n\r\n2. 乙!B2\r\n   好\r\n二、怎样改\r\n1. 先\r\n"
    )
    assert read_note(note).musts == (Problem("甲!A1", "一行 又一行"), Problem("乙!B2", "好"))


# ---- the command


def run(*arguments: Any) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_tells_what_it_would_do(at: Campaign) -> None:
    hand_in(at, "S001", published_answers())
    hand_in(at, "S002", published_answers(**WRONG))
    send_back(at)
    hand_in(at, "S003", published_answers(**WRONG))
    exit_code, out, err = run("remind", "-C", at.folder, "--dry-run", "--format", "json")
    assert exit_code == 0
    assert [(each["unit_code"], each["kind"], each["state"]) for each in json.loads(out)] == [
        ("S002", "correct", "ready"),
        ("S004", "missing", "ready"),
    ]
    assert err == "S003 第三小学：有 2 处须改正，还没有退回，没有催。请先运行 perfeval return。\n"


def test_the_command_writes_drafts_where_there_is_no_server(at: Campaign) -> None:
    exit_code, _, err = run("remind", "-C", at.folder, "--only", "S001", "--only", "S002")
    assert (exit_code, err) == (0, "")
    drafts = sorted(at.outbox.glob("*.eml"))
    assert [path.name[:4] for path in drafts] == ["S001", "S002"]
    assert "还没有收到你单位" in parsed(drafts[0].read_bytes()).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for path in drafts:
        path.unlink()


def test_a_unit_that_has_returned_keeps_no_draft_of_its_reminder(at: Campaign) -> None:
    run("remind", "-C", at.folder)
    before = sorted(path.name for path in at.outbox.glob("*.eml"))
    hand_in(at, "S001", published_answers())
    assert run("remind", "-C", at.folder, "--dry-run")[0] == 0
    assert sorted(path.name for path in at.outbox.glob("*.eml")) == before
    run("remind", "-C", at.folder)
    after = sorted(path.name for path in at.outbox.glob("*.eml"))
    assert [name for name in before if name not in after] == [f"{at.roster['S001'].file_name[:-5]}_催报.eml"]
    for path in at.outbox.glob("*.eml"):
        path.unlink()


def test_the_command_with_nothing_to_do(at: Campaign) -> None:
    hand_in(at, "S001", published_answers())
    exit_code, out, err = run("remind", "-C", at.folder, "--only", "S001")
    assert (exit_code, out, err) == (0, "没有要发的。\n", "S001 第一小学：没有要催的，没有发。\n")
    assert run("remind", "-C", at.folder, "--correct")[:2] == (0, "没有要发的。\n")


@pytest.mark.parametrize("option", ["--only", "--again"])
def test_the_command_with_an_unknown_code(at: Campaign, option: str) -> None:
    exit_code, _, err = run("remind", "-C", at.folder, option, "S009")
    assert exit_code == 2 and "名册中没有单位代码 S009" in err


def test_the_command_outside_a_round(tmp_path: Path) -> None:
    exit_code, _, err = run("remind", "-C", tmp_path)
    assert exit_code == 2 and SETTINGS in err
    assert not list(tmp_path.iterdir())
