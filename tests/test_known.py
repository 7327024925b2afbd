"""Entries of earlier runs count only where nothing that a result follows from has changed, and nobody tampered."""

from __future__ import annotations

import os
import pickle
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import openpyxl
import pytest

from perfeval_xl import campaign as rounds_folder
from perfeval_xl import demo
from perfeval_xl.campaign import Campaign
from perfeval_xl.district import rounds
from perfeval_xl.district.crew import Shared, Stopped
from perfeval_xl.district.intake import Desk, filled
from perfeval_xl.district.known import Known
from perfeval_xl.district.program import this_program
from perfeval_xl.district.reissue import Copies
from perfeval_xl.district.workers import Workers
from perfeval_xl.results import District

P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")
KEY = b"k" * 32
CONTENT = "ab" * 32
BLANK = "S001_一小.xlsx"


@pytest.fixture
def known(tmp_path: Path) -> Known:
    outbox, folder = tmp_path / "outbox", tmp_path / "known"
    outbox.mkdir()
    folder.mkdir()
    (outbox / BLANK).write_bytes(b"a blank")
    return Known(folder, "basis", KEY, outbox)


@pytest.fixture
def kept(known: Known) -> Known:
    known.keep("一小.xlsx", CONTENT, b"packed\nresults", {BLANK})
    return known


def entry(known: Known) -> Path:
    (path,) = known.folder.glob("*/*")
    return path


def test_what_was_kept_is_recalled(kept: Known) -> None:
    assert kept.recall("一小.xlsx", CONTENT) == b"packed\nresults"


def test_nothing_is_recalled_where_all_is_to_be_read_afresh_but_it_is_kept(kept: Known) -> None:
    fresh = replace(kept, fresh=True)
    assert fresh.recall("一小.xlsx", CONTENT) is None
    fresh.keep("一小.xlsx", CONTENT, b"new results", {BLANK})
    assert kept.recall("一小.xlsx", CONTENT) == b"new results"


@pytest.mark.parametrize(
    ("name", "content", "basis", "key"),
    [
        ("二小.xlsx", CONTENT, "basis", KEY),
        ("一小.xlsx", "00" * 32, "basis", KEY),
        ("一小.xlsx", CONTENT, "another", KEY),
        ("一小.xlsx", CONTENT, "basis", b"x" * 32),
    ],
    ids=["name", "content", "basis", "key"],
)
def test_nothing_is_recalled_where_anything_is_another(
    kept: Known, name: str, content: str, basis: str, key: bytes
) -> None:
    assert Known(kept.folder, basis, key, kept.outbox).recall(name, content) is None


def test_a_blank_that_was_issued_anew_counts(kept: Known) -> None:
    (kept.outbox / BLANK).write_bytes(b"another blank")
    assert kept.recall("一小.xlsx", CONTENT) is None


def test_a_blank_that_is_gone_counts(kept: Known) -> None:
    (kept.outbox / BLANK).unlink()
    assert kept.recall("一小.xlsx", CONTENT) is None


@pytest.mark.parametrize("at", [0, 31, 32, -1])
def test_a_changed_byte_makes_an_entry_worthless(kept: Known, at: int) -> None:
    data = bytearray(entry(kept).read_bytes())
    data[at] ^= 1
    entry(kept).write_bytes(data)
    assert kept.recall("一小.xlsx", CONTENT) is None


@pytest.mark.parametrize("size", [0, 10, 32, 40])
def test_an_entry_that_was_cut_short_is_none(kept: Known, size: int) -> None:
    entry(kept).write_bytes(entry(kept).read_bytes()[:size])
    assert kept.recall("一小.xlsx", CONTENT) is None


def test_one_files_entry_put_in_anothers_place_is_none(kept: Known) -> None:
    kept.keep("二小.xlsx", CONTENT, b"other results", {BLANK})
    first, second = sorted(kept.folder.glob("*/*"))
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    assert kept.recall("一小.xlsx", CONTENT) is None
    assert kept.recall("二小.xlsx", CONTENT) is None


def test_where_nothing_can_be_written_nothing_is_lost(tmp_path: Path) -> None:
    known = Known(tmp_path / "nowhere", "basis", KEY, tmp_path)
    known.keep("一小.xlsx", CONTENT, b"packed", {BLANK})
    assert known.recall("一小.xlsx", CONTENT) is None


def test_entries_of_files_that_are_gone_are_dropped(kept: Known) -> None:
    kept.keep("二小.xlsx", CONTENT, b"other results", {BLANK})
    kept.forget_all_but(["二小.xlsx"])
    assert kept.recall("一小.xlsx", CONTENT) is None
    assert kept.recall("二小.xlsx", CONTENT) == b"other results"


LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links take a privilege there")


@LINKS
@pytest.mark.parametrize("what", ["the folder", "a folder in it", "an entry"])
def test_what_a_link_leads_to_is_left_alone(kept: Known, tmp_path: Path, what: str) -> None:
    others = tmp_path / "others"
    path = {"the folder": kept.folder, "a folder in it": entry(kept).parent, "an entry": entry(kept)}[what]
    path.rename(others)
    files = {each: each.read_bytes() for each in (others, *others.rglob("*")) if each.is_file()}
    path.symlink_to(others)
    kept.keep("一小.xlsx", CONTENT, b"new results", {BLANK})
    kept.forget_all_but([])
    assert files and {each: each.read_bytes() for each in files} == files


def test_files_of_others_among_the_entries_stay(kept: Known) -> None:
    other = entry(kept).with_name("notes.txt")
    other.write_text("not ours")
    kept.forget_all_but([])
    assert list(kept.folder.glob("*/*")) == [other]


def test_a_folder_in_an_entrys_place_is_none(kept: Known) -> None:
    path = entry(kept)
    path.unlink()
    path.mkdir()
    kept.keep("一小.xlsx", CONTENT, b"new results", {BLANK})
    kept.forget_all_but([])
    assert kept.recall("一小.xlsx", CONTENT) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_nobody_waits_for_an_entry_that_is_a_pipe(kept: Known) -> None:
    path = entry(kept)
    path.unlink()
    os.mkfifo(path)
    assert kept.recall("一小.xlsx", CONTENT) is None
    kept.keep("一小.xlsx", CONTENT, b"new results", {BLANK})
    assert kept.recall("一小.xlsx", CONTENT) is None


def test_the_key_is_not_shown(known: Known) -> None:
    assert "kkk" not in repr(known)


# --- in a round


class Counting:
    """A crew that works here, one payload after the other, and counts the tasks that were no mere recalling."""

    count = 1

    def map(self, task: Callable[[P], R], payloads: Iterable[P]) -> Iterator[R | Stopped]:
        return (task(pickle.loads(pickle.dumps(each))) for each in payloads)

    @contextmanager
    def sharing(self, value: T) -> Iterator[Shared[T]]:
        with Workers(1).sharing(value) as shared:
            yield shared


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often files were examined and copies annotated."""
    times: Counter[str] = Counter()
    for owner, name in ((Desk, "examine_file"), (Copies, "annotated")):
        work = getattr(owner, name)

        def counting(*given: Any, work: Any = work, name: str = name, **more: Any) -> Any:
            times[name] += 1
            return work(*given, **more)

        monkeypatch.setattr(owner, name, counting)
    return times


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """A round with three returns and a file that is none."""
    made = demo.open_round(tmp_path / "round")
    sent = [each for each in demo.sample_returns() if each.returns and not each.saved][:3]
    rounds.issue(made, [each.unit for each in sent])
    for each in sent:
        issued = (made.outbox / made.roster[each.unit].file_name).read_bytes()
        (made.folder / "inbox" / each.file_name).write_bytes(filled(issued, made.scheme, each.answers_text))
    (made.folder / "inbox" / "通知.xlsx").write_bytes(b"PK no workbook")
    return made


def review(campaign: Campaign, **more: bool) -> tuple[District, dict[str, bytes]]:
    """A review as a new command does it; and what it wrote."""
    again = rounds_folder.load(campaign.folder)
    district = rounds.review(again, crew=Counting(), **more)
    district = replace(district, results=list(district.results))
    return district, {path.name: path.read_bytes() for path in (campaign.folder / "reviewed").iterdir()}


def test_what_has_not_changed_is_neither_read_nor_written_again(campaign: Campaign, counted: Counter[str]) -> None:
    first = review(campaign)
    assert counted == {"examine_file": 4, "annotated": 3}
    times = {path: path.stat().st_mtime_ns for path in (campaign.folder / "reviewed").iterdir()}
    assert review(campaign) == first
    assert counted == {"examine_file": 4, "annotated": 3}
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert review(campaign, fresh=True) == first
    assert counted == {"examine_file": 8, "annotated": 6}


def test_what_has_changed_is_read_again_and_nothing_else(campaign: Campaign, counted: Counter[str]) -> None:
    before, copies = review(campaign)
    one, other, *_ = (each for each in before.results if each.card)
    blank = campaign.outbox / campaign.roster[one.unit_code].file_name
    (campaign.folder / "inbox" / one.file).write_bytes(blank.read_bytes())
    copy = campaign.folder / "reviewed" / campaign.roster[other.unit_code].file_name
    copy.write_bytes(b"somebody wrote into it")
    counted.clear()
    after, again = review(campaign)
    assert counted == {"examine_file": 1, "annotated": 2}
    assert [a == b for a, b in zip(before.results, after.results, strict=True)].count(False) == 1
    assert again[copy.name] == copies[copy.name]


@pytest.mark.parametrize("what", ["roster", "settings", "password"])
def test_a_change_of_the_round_has_all_read_again(campaign: Campaign, counted: Counter[str], what: str) -> None:
    review(campaign)
    counted.clear()
    folder = campaign.folder
    if what == "settings":
        text = (folder / "campaign.toml").read_text(encoding="utf-8")
        (folder / "campaign.toml").write_text(text.replace('contact = "', 'contact = "新'), encoding="utf-8")
    elif what == "roster":
        book = openpyxl.load_workbook(folder / "units.xlsx")
        book.active["B5"] = "改了名的学校"
        book.save(folder / "units.xlsx")
    else:
        book = openpyxl.Workbook()
        book.active.append(("文件名或单位代码", "密码"))
        book.active.append(("*", "secret"))
        book.save(folder / "passwords.xlsx")
    review(campaign)
    assert counted["examine_file"] == 4


def test_poisoned_entries_change_nothing(campaign: Campaign, counted: Counter[str]) -> None:
    first = review(campaign)
    for path in (campaign.folder / ".known").glob("*/*"):
        path.write_bytes(path.read_bytes().replace("得".encode(), "失".encode()).replace(b"100", b"999") + b"\0")
    counted.clear()
    assert review(campaign) == first
    assert counted == {"examine_file": 4, "annotated": 3}


@pytest.mark.parametrize("what", ["version", "python", "system", "code", "readers"])
def test_another_version_of_the_program_trusts_nothing(
    campaign: Campaign, counted: Counter[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    review(campaign)
    counted.clear()
    other = replace(this_program(), **{what: "another"})
    monkeypatch.setattr("perfeval_xl.district.known.this_program", lambda: other)
    review(campaign)
    assert counted == {"examine_file": 4, "annotated": 3}


def test_entries_are_dropped_with_their_files(campaign: Campaign) -> None:
    first, _ = review(campaign)
    entries = set((campaign.folder / ".known").glob("*/*"))
    assert len(entries) == 4 + 3
    accepted = next(each for each in first.results if each.card)
    (campaign.folder / "inbox" / accepted.file).unlink()
    review(campaign)
    assert len(set((campaign.folder / ".known").glob("*/*"))) == 3 + 2
