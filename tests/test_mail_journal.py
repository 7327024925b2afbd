"""mail-log.csv: whole after any break, read again after a spreadsheet program had it, never guessed at."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.mail import journal
from perfeval_xl.district.mail.journal import COLUMNS, JOURNAL, Entry, Journal, Stage, letter_mark, read_journal
from perfeval_xl.district.mail.messages import Kind
from perfeval_xl.errors import MailError
from perfeval_xl.mail_settings import one_line
from perfeval_xl.roster import Unit
from tests.mailkit import mail_round

UNIT = Unit("S001", "第一小学", email="s001@example.org")


def entry(key: str = "k", unit: Unit = UNIT) -> Entry:
    return Entry(unit, Kind.BLANK, key, ("s001@example.org", "t001@example.org"), "<1@example.org>")


@pytest.fixture
def at(tmp_path: Path) -> Campaign:
    return mail_round(tmp_path / "2024")


def rows(at: Campaign) -> list[list[str]]:
    return list(csv.reader(io.StringIO((at.folder / JOURNAL).read_text(encoding="utf-8-sig"))))


def test_none_yet(at: Campaign) -> None:
    assert read_journal(at) == {}
    with Journal(at) as log:
        assert log.last == {}
    assert (at.folder / JOURNAL).read_bytes().startswith(b"\xef\xbb\xbf" + "时间,".encode())
    assert rows(at) == [list(COLUMNS)]


def test_lines_say_it_in_words_too(at: Campaign) -> None:
    with Journal(at) as log:
        for stage in Stage:
            log.write(entry(), stage, "550 no such user" if stage is Stage.FAILED else "")
    said = rows(at)[1:]
    assert [row[1:6] for row in said] == [
        ["S001", "第一小学", "blank", "s001@example.org; t001@example.org", stage] for stage in Stage
    ]
    assert [row[8] for row in said] == [
        "开始发送",
        "内容已传完，等服务器答复",
        "服务器已收下",
        "没有发出：550 no such user",
    ]
    assert {row[6] for row in said} == {entry().mark} and {row[7] for row in said} == {"<1@example.org>"}


def test_the_last_line_of_a_letter_counts(at: Campaign) -> None:
    with Journal(at) as log:
        log.write(entry("a"), Stage.BEGIN)
        log.write(entry("b"), Stage.BEGIN)
        log.write(entry("a"), Stage.COMMIT)
        assert log.last[entry("a").mark].stage is Stage.COMMIT
    found = {mark: each.stage for mark, each in read_journal(at).items()}
    assert found == {entry("a").mark: Stage.COMMIT, entry("b").mark: Stage.BEGIN}
    with Journal(at) as log:
        assert {mark: each.stage for mark, each in log.last.items()} == found
        log.write(entry("b"), Stage.SENT)
    assert len(rows(at)) == 5


def test_what_breaks_lines_or_makes_formulas_stays_in_its_cell(at: Campaign) -> None:
    unit = replace(UNIT, code="S001", name='一\r\n小",\x00学')
    with Journal(at) as log:
        log.write(entry(unit=unit), Stage.FAILED, "a\r\nS002,x\n=1+1")
    with Journal(at) as log:
        log.write(replace(entry(), message_id="=cmd()"), Stage.SENT)
    assert [len(row) for row in rows(at)] == [len(COLUMNS)] * 3
    assert rows(at)[2][7] == "'=cmd()"
    assert rows(at)[1][2] == '一 小", 学'


def test_every_break_in_writing_leaves_whole_lines(at: Campaign) -> None:
    with Journal(at) as log:
        for stage in (Stage.BEGIN, Stage.COMMIT, Stage.SENT):
            log.write(entry(), stage)
    path = at.folder / JOURNAL
    whole = path.read_bytes()
    ends = [number + 1 for number, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        lines = sum(end <= cut for end in ends)
        expected = [None, None, Stage.BEGIN, Stage.COMMIT, Stage.SENT][lines]
        found = read_journal(at).get(entry().mark)
        assert (found.stage if found else None) is expected, cut
        if cut % 40 == 0 or cut in ends:  # mending writes to the disk
            with Journal(at) as log:
                log.write(entry("z"), Stage.BEGIN)
            assert [row[5] for row in rows(at)[1:]] == [*list(Stage)[: max(0, lines - 1)], "begin"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_one_that_a_spreadsheet_program_saved_again(at: Campaign, encoding: str, end: str) -> None:
    with Journal(at) as log:
        log.write(entry(), Stage.SENT)
    path = at.folder / JOURNAL
    text = re.sub(r"(\d{4})-(\d\d)-(\d\d) ", r"\1/\2/\3 ", path.read_text(encoding="utf-8-sig"))
    path.write_bytes((text + ",,,,,,,,\n").replace("\n", end).encode(encoding))
    assert read_journal(at)[entry().mark].stage is Stage.SENT
    with Journal(at) as log:
        log.write(entry("b"), Stage.BEGIN)
    assert [row[5] for row in rows(at)] == ["阶段", "sent", "begin"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("阶段", "步骤", 1),
        (",sent,", ",已发,", 3),
        (",sent,", ",,", 3),
        (",begin,", ";begin;", 2),
        ("s001@example.org", '"s001', 2),
    ],
)
def test_what_cannot_be_read_is_not_guessed_at(at: Campaign, old: str, new: str, line: int) -> None:
    with Journal(at) as log:
        log.write(entry(), Stage.BEGIN)
        log.write(entry(), Stage.SENT)
    path = at.folder / JOURNAL
    path.write_text(path.read_text(encoding="utf-8-sig").replace(old, new, 1), encoding="utf-8-sig")
    before = path.read_bytes()
    with pytest.raises(MailError, match=f"第 {line} 行读不出来"):
        read_journal(at)
    with pytest.raises(MailError, match="以免重发"):
        Journal(at)
    assert path.read_bytes() == before


def test_one_in_which_a_quotation_mark_swallows_the_rest(at: Campaign) -> None:
    with Journal(at) as log:
        log.write(entry(), Stage.SENT, "x" * 200_000)
    path = at.folder / JOURNAL
    path.write_text(path.read_text(encoding="utf-8-sig").replace("S001", '"S001', 1), encoding="utf-8-sig")
    with pytest.raises(MailError, match="读不出来"):
        read_journal(at)


def test_a_line_without_its_letter_is_not_passed_over(at: Campaign) -> None:
    with Journal(at) as log:
        log.write(entry(), Stage.SENT)
    path = at.folder / JOURNAL
    path.write_text(path.read_text(encoding="utf-8-sig").replace(entry().mark, ""), encoding="utf-8-sig")
    with pytest.raises(MailError, match="第 2 行"):
        read_journal(at)


def test_a_line_is_on_the_disk_before_the_next_step(at: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    with Journal(at) as log:
        monkeypatch.setattr(journal.os, "fsync", lambda file: synced.append(len((at.folder / JOURNAL).read_bytes())))
        log.write(entry(), Stage.BEGIN)
    assert synced == [(at.folder / JOURNAL).stat().st_size]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_stops_the_sending(at: Campaign) -> None:
    log = Journal(at)
    log._file.close()
    log._file = open("/dev/full", "ab", buffering=0)  # noqa: SIM115
    with log, pytest.raises(MailError, match="没有记录就不再发送"):
        log.write(entry(), Stage.BEGIN)
    assert entry().mark not in log.last


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything may be written here")
def test_one_that_may_not_be_written(at: Campaign) -> None:
    with Journal(at):
        pass
    (at.folder / JOURNAL).chmod(0o400)
    with pytest.raises(MailError, match="写不进"):
        Journal(at)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


@given(code=TEXTS, key=TEXTS, other=st.tuples(TEXTS, TEXTS))
def test_a_mark_is_of_one_letter_alone(code: str, key: str, other: tuple[str, str]) -> None:
    def mark(code: str, key: str) -> str:
        return letter_mark(Unit(code, "x"), Kind.BLANK, key)

    assert (mark(code, key) == mark(*other)) == ((code, key) == other) or "\0" in code + key + "".join(other)
    assert one_line(mark(code, key)) == mark(code, key) and mark(code, key).isalnum() and mark(code, key)[0] == "L"
