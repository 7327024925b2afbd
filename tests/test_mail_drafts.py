"""Drafts for rounds without a mail server: one .eml a unit, which a mail program opens as a message to be sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perfeval_xl.campaign import SETTINGS, Campaign, load
from perfeval_xl.district.mail.drafts import draft_path, write_drafts
from perfeval_xl.district.mail.journal import JOURNAL
from perfeval_xl.district.mail.letters import blank_letters, letter
from perfeval_xl.district.mail.messages import Kind
from perfeval_xl.district.mail.sending import State
from tests.mailkit import SENDER, UNITS, letters, mail_round, parsed

MANY = (
    *UNITS,
    ("S004", "四小", "", "", ""),
    ("S005", "五小", "", "", "a@b"),
    ("S006", "六小", "", "", "S001@example.org"),
)


@pytest.fixture
def at(tmp_path: Path) -> Campaign:
    return mail_round(tmp_path / "2024", units=MANY)


def drafts(at: Campaign) -> list[str]:
    return sorted(path.name for path in at.outbox.glob("*.eml"))


def test_one_draft_a_unit(at: Campaign) -> None:
    posted = write_drafts(at, letters(at))
    assert [each.state for each in posted] == [*[State.DRAFT] * 3, State.NO_ADDRESS, State.BAD_ADDRESS, State.DRAFT]
    assert "也是 S006 六小 的邮箱" in posted[0].why and posted[0].addresses == ("s001@example.org",)
    assert drafts(at) == ["S001_第一小学.eml", "S002_第二小学.eml", "S003_第三小学.eml", "S006_六小.eml"]
    data = (at.outbox / "S001_第一小学.eml").read_bytes()
    assert b"\r\nX-Unsent: 1\r\n" in data and data.count(b"\n") == data.count(b"\r\n")
    message = parsed(data)
    [attached] = message.iter_attachments()
    assert attached.get_content() == (at.outbox / "S001_第一小学.xlsx").read_bytes()
    assert (str(message["to"]), message["from"].addresses[0].addr_spec) == ("第一小学 <s001@example.org>", SENDER)
    assert not (at.folder / JOURNAL).exists()


def test_without_mail_settings_the_mail_program_names_the_sender(at: Campaign) -> None:
    settings = at.folder / SETTINGS
    settings.write_text(settings.read_text(encoding="utf-8").partition("\n[mail]\n")[0], encoding="utf-8")
    bare = load(at.folder)
    assert bare.mail is None
    write_drafts(bare, letters(bare)[:1])
    message = parsed((at.outbox / "S001_第一小学.eml").read_bytes())
    assert message["from"] is None and message["message-id"] is None and message["x-unsent"] == "1"


def test_kinds_stand_beside_each_other(at: Campaign) -> None:
    unit = at.roster["S001"]
    write_drafts(at, [letter(at, unit, kind, []) for kind in Kind])
    assert drafts(at) == ["S001_第一小学.eml", "S001_第一小学_催报.eml", "S001_第一小学_补正.eml"]


@pytest.mark.parametrize("kind", Kind)
def test_the_drafts_of_one_kind_leave_the_others(at: Campaign, kind: Kind) -> None:
    unit = at.roster["S001"]
    write_drafts(at, [letter(at, unit, each, []) for each in Kind])
    before = drafts(at)
    write_drafts(at, [letter(at, unit, kind, [])])
    assert drafts(at) == before


def test_what_is_no_longer_called_for_is_gone(at: Campaign) -> None:
    first, second, third = list(at.roster.values())[:3]
    write_drafts(at, [letter(at, unit, Kind.MISSING, []) for unit in (first, second, third)])
    write_drafts(
        at, [letter(at, first, Kind.MISSING, [])], considered=[(unit, Kind.MISSING) for unit in (first, second)]
    )
    assert drafts(at) == ["S001_第一小学_催报.eml", "S003_第三小学_催报.eml"]


def test_again_is_over_the_earlier_one(at: Campaign) -> None:
    write_drafts(at, letters(at)[:1])
    (at.outbox / "S001_第一小学.xlsx").write_bytes(b"new")
    write_drafts(at, letters(at)[:1])
    [attached] = parsed((at.outbox / "S001_第一小学.eml").read_bytes()).iter_attachments()
    assert attached.get_content() == b"new" and drafts(at) == ["S001_第一小学.eml"]


def test_a_draft_that_would_be_wrong_now_is_gone(at: Campaign) -> None:
    write_drafts(at, letters(at)[:2])
    (at.outbox / "S001_第一小学.xlsx").unlink()
    nobody = replace(at.roster["S002"], email="")
    posted = write_drafts(at, [letters(at)[0], *blank_letters(at, [nobody])])
    assert [each.state for each in posted] == [State.FAILED, State.NO_ADDRESS]
    assert "perfeval generate" in posted[0].why and drafts(at) == []


def test_a_draft_that_cannot_be_written_costs_no_other(at: Campaign) -> None:
    draft_path(at, letters(at)[0]).mkdir()
    posted = write_drafts(at, letters(at)[:2])
    assert [each.state for each in posted] == [State.FAILED, State.DRAFT]
    assert "写不进" in posted[0].why and "S001_第一小学.eml" in posted[0].why


def test_a_renamed_unit_keeps_no_draft_under_its_old_name(at: Campaign) -> None:
    unit = at.roster["S001"]
    write_drafts(at, [letter(at, unit, kind, []) for kind in Kind])
    renamed = replace(unit, name="实验小学")
    at.__dict__["roster"] = {**at.roster, "S001": renamed}
    del at.__dict__["addressees"]
    write_drafts(at, [letter(at, renamed, Kind.BLANK, [])])
    assert drafts(at) == ["S001_实验小学.eml"]
    assert (at.outbox / "S001_第一小学.xlsx").exists()


def test_where_a_draft_is(at: Campaign) -> None:
    assert draft_path(at, letters(at)[0]) == at.outbox / "S001_第一小学.eml"


def test_a_step_for_each(at: Campaign) -> None:
    steps: list[None] = []
    write_drafts(at, letters(at), lambda: steps.append(None))
    assert len(steps) == len(MANY)
