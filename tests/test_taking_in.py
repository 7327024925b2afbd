"""From an inbox to results: on the disk they are what they would be in memory, and few of them are ever unpacked."""

from __future__ import annotations

import gc
import json
import shutil
import tracemalloc
import weakref
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import annotating, batch, rounds, taking_in
from perfeval_xl.district import gathered as gathering
from perfeval_xl.district.crew import Crew, Shared, Stopped
from perfeval_xl.district.duplicates import comparable, one_a_unit, same_answers
from perfeval_xl.district.gathered import Gathered, Results
from perfeval_xl.district.identify import schemes_at
from perfeval_xl.district.intake import Desk, set_aside
from perfeval_xl.district.packing import Packed, pack, result_from
from perfeval_xl.district.parcels import Inbox, Item
from perfeval_xl.district.ruling_blank import COLUMNS, HEAD, SHEET
from perfeval_xl.district.rulings import Accepted, apply, read_rulings
from perfeval_xl.findings import finding
from perfeval_xl.results import District, UnitResult
from perfeval_xl.roster import Unit
from tests.rounds import hand_in, issued_round, published_answers

CLAIM = {"procurement_policy_self_score": "0.90"}


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A round in which there is something to tell of everything."""
    at = issued_round(tmp_path_factory.mktemp("round") / "2024")
    rounds.issue_department(at)
    hand_in(at, "S001", published_answers(**CLAIM))
    hand_in(at, "S001", published_answers(contracts_total=None), "S001 初稿.xlsx")
    for name in ("S001 交表", "S001 初稿"):
        shutil.copy(at.inbox / f"{name}.xlsx", at.inbox / f"{name}(1).xlsx")
    with zipfile.ZipFile(at.inbox / "包.zip", "w") as parcel:
        parcel.write(hand_in(at, "S002", published_answers(**CLAIM)), "二小.xlsx")
        parcel.writestr("说明.txt", "两份")
    (at.inbox / "S002 交表.xlsx").unlink()
    moved = openpyxl.load_workbook(hand_in(at, "S003", {}))
    moved.worksheets[3].insert_rows(2)
    moved.save(at.inbox / "S003 交表.xlsx")
    (at.inbox / "坏.xlsx").write_bytes(b"x")
    own = (at.outbox / at.department_unit.file_name).read_bytes()
    (at.inbox / "局.xlsx").write_bytes(Desk(at.scheme).fill(own, "a.xlsx", json.dumps({"unit_count": 3})))
    rounds.review(at)
    _rule(at)
    return at


def _rule(at: Campaign) -> None:
    """Decide on the first row of rulings.xlsx, and strike out the second."""
    book = openpyxl.load_workbook(at.rulings)
    place = {column.key: number for number, column in enumerate(COLUMNS, start=1)}
    for key, value in {"decision": "采纳自评", "reason": "有佐证", "name": "张三", "day": date(2025, 5, 10)}.items():
        book[SHEET].cell(HEAD + 1, place[key]).value = value
    book[SHEET].delete_rows(HEAD + 2)
    book.save(at.rulings)


def said(result: UnitResult) -> list[str]:
    """All that a result says, down to how a number is spelled."""
    apart = ("submission", "card", "earlier", "prefilled")
    lines = [repr([getattr(result, each.name) for each in fields(result) if each.name not in apart])]
    lines.append(repr(sorted(result.prefilled)))
    if result.submission is not None and result.card is not None:
        lines += [repr(list(result.submission.answers.values())), repr(replace(result.submission, answers=()))]  # type: ignore[arg-type]
        lines += [repr(result.card), repr([each.outcome.exact for each in result.card.rows])]
        lines.append(result.card.scheme.digest)
    return [*lines, *(line for each in result.earlier for line in said(each))]


def in_memory(at: Campaign) -> tuple[list[UnitResult], UnitResult | None]:
    """The results of the units and the department's own, worked out on plain lists."""
    desk = Desk.of(at)
    found = [each for item in rounds.read_inbox(at).items for each in desk.examine(item.path, item.name)]
    kept = one_a_unit(found)
    own = next((each for each in kept if each.unit_code == at.department_code and each.card), None)
    order = [*at.roster, ""]
    others = sorted(
        (each for each in kept if each is not own),
        key=lambda each: (order.index(each.unit_code if each.unit_code in at.roster else ""), each.file),
    )
    results = [*(_compared(each, others) for each in others), *([] if own is None else [own])]
    book = read_rulings(at.rulings, at.scheme, at.addressees)
    ruled = apply(book, Accepted.among(results))
    results = [ruled.taken_into(each) for each in results]
    return (results, None) if own is None else (results[:-1], results[-1])


def _compared(result: UnitResult, others: Sequence[UnitResult]) -> UnitResult:
    if not comparable(result):
        return result
    alike = [each for each in others if comparable(each) == comparable(result)]
    told = same_answers((each.unit_code, each.unit_name) for each in alike)(result.unit_code)
    return replace(result, findings=(*result.findings, *filter(None, [told])))


def test_on_the_disk_results_are_what_they_are_in_memory(issued: Campaign) -> None:
    expected, own = in_memory(issued)
    district = rounds.examine_inbox(issued)
    assert [said(each) for each in district.results] == [said(each) for each in expected]
    assert own is not None and district.own is not None and said(district.own) == said(own)
    told = {each.code for result in district.results for each in result.findings}
    assert {
        "duplicate-return",
        "identical-return",
        "same-answers",
        "ruled",
        "parcel-leftovers",
        "not-a-workbook",
    } <= told
    assert [each.unit_code for each in district.results] == ["S001", "S002", "S003", ""]
    assert district.results[0].passed_over and district.results[0].earlier
    assert district.missing == []
    asking = [each for result in (*expected, own) for each in pack(result).slip.asking]
    assert district.rulings.waiting == len(asking) > 0


def test_a_review_is_told_in_the_results(issued: Campaign) -> None:
    district, examined = rounds.review(issued), rounds.with_reviewed_links(issued, rounds.examine_inbox(issued))
    links = ["reviewed/S001_第一小学.xlsx", "reviewed/S002_第二小学.xlsx", "reviewed/S003_第三小学.xlsx", None]
    assert [each.reviewed for each in district.results] == [each.reviewed for each in examined.results] == links
    assert district.own is not None and district.own.reviewed == "reviewed/DEPT_样例区教育局.xlsx"
    assert district.results[:2][1].unit_code == district.results[-3].unit_code == "S002"
    assert len(district.results) == len(district.results[:9]) == 4


@pytest.fixture(scope="module")
def results(issued: Campaign) -> list[UnitResult]:
    return [*rounds.examine_inbox(issued).results, set_aside("空.xlsx", finding("empty-file"))]


def test_what_is_packed_comes_back_whole_and_small(issued: Campaign, results: list[UnitResult]) -> None:
    for result in results:
        packed = pack(result)
        assert said(result_from(packed.data, schemes_at(issued.scheme))) == said(result)
        assert len(packed.data) < 20_000 * (1 + len(result.earlier))
    assert len(pack(results[1]).data) < 10_000  # a form whose cells stand where they stood


class Here:
    """A crew of this process that gives up on some tasks: those of one module."""

    count = 1

    def __init__(self, fails: str) -> None:
        self._fails = fails

    def map(self, task: Callable[[Any], Any], payloads: Iterable[Any]) -> Iterator[Any]:
        fails = task.__module__ == self._fails
        return (Stopped("reader-stopped", "用时超过 8 秒") if fails else task(each) for each in payloads)

    @contextmanager
    def sharing(self, value: Any) -> Iterator[Shared[Any]]:
        yield Shared("here", value)


def test_a_copy_that_is_given_up_is_told_and_leaves_none_of_last_time(issued: Campaign) -> None:
    rounds.review(issued)
    assert len(list(issued.reviewed.iterdir())) == 4
    district = rounds.review(issued, crew=Here(annotating.__name__))
    assert [each.reviewed for each in district.results] == [None] * 4
    told = [[each.message for each in result.findings if each.code == "not-annotated"] for result in district.results]
    assert told == [*[["复核结果没有写出来：批注时用时超过 8 秒。请处理后再运行一次。"]] * 3, []]
    assert list(issued.reviewed.iterdir()) == []


def test_a_file_that_is_given_up_is_set_aside(issued: Campaign) -> None:
    district = rounds.examine_inbox(issued, crew=Here(batch.__name__))
    assert {each.code for result in district.results for each in result.findings} == {"reader-stopped"}
    assert [unit.code for unit in district.missing] == ["S001", "S002", "S003"]
    assert district.own is None


# ---- a province: the same few returns under thousands of names


def province(at: Campaign, packed: Sequence[Packed], count: int) -> tuple[Campaign, Inbox, list[Packed]]:
    """A round of ``count`` units, and a result of each (made of ``packed``, the answers of every one its own)."""
    units = {f"P{number:06}": Unit(f"P{number:06}", f"第{number}小学") for number in range(count)}
    large = replace(at, folder=at.folder / "large")
    vars(large).update(scheme=at.scheme, roster=units, key=at.key)
    items = tuple(Item(f"{code}.xlsx", Path(f"{code}.xlsx")) for code in units)
    found = []
    for number, item in enumerate(items):
        given = packed[number % len(packed)]
        own = {"unit_code": item.path.stem, "file": item.name, "answers": number.to_bytes(16, "big")}
        found.append(Packed(given.slip._replace(**own), given.data))
    return large, Inbox(items, ()), found


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Notes what was unpacked."""
    seen: list[bytes] = []

    def noting(data: bytes, *rest: Any) -> UnitResult:
        seen.append(data)
        return result_from(data, *rest)

    monkeypatch.setattr(gathering, "result_from", noting)
    return seen


def taken_in(at: Campaign, inbox: Inbox, found: Iterable[Packed], monkeypatch: pytest.MonkeyPatch) -> District:
    def examine_packed(desk: Desk, items: Sequence[Item], crew: Crew | None, known: object) -> Iterator[list[Packed]]:
        return ([each] for each in found)

    monkeypatch.setattr(taking_in, "examine_packed", examine_packed)
    return taking_in.take_in(at, inbox, lambda: None).district()


def test_nothing_is_unpacked_that_there_is_nothing_to_tell_of(
    issued: Campaign, results: list[UnitResult], unpacked: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    at, inbox, found = province(issued, [pack(results[1])], 2_000)
    found[7] = Packed(found[7].slip._replace(answers=found[9].slip.answers), found[7].data)
    district = taken_in(at, inbox, found, monkeypatch)
    assert (len(district.results), district.rulings.waiting) == (2_000, 2_000 * len(found[0].slip.asking))
    assert len(unpacked) == 2
    [told] = [each.message for each in district.results[7].findings if each.code == "same-answers"][-1:]
    assert told.startswith("填报数据与 P000009（第9小学） 完全相同")


def test_going_through_results_keeps_none_of_them(issued: Campaign, results: list[UnitResult]) -> None:
    gathered = Gathered(issued.addressees, schemes_at(issued.scheme))
    for each in results:
        gathered.add(pack(each))
    known = [weakref.ref(each) for each in Results(gathered, range(len(results)))]
    gc.collect()
    assert [each() for each in known] == [None] * len(results)


def test_a_result_more_takes_a_few_hundred_bytes(
    issued: Campaign, results: list[UnitResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    at, inbox, found = province(issued, [pack(each) for each in results if each.card], 4_000)
    taken_in(at, Inbox(inbox.items[:10], ()), found[:10], monkeypatch)  # what is loaded once
    tracemalloc.start()
    try:
        district = taken_in(at, inbox, iter(found), monkeypatch)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(district.results) == len(found)
    assert most / len(found) < 600


def test_columns_say_what_the_slips_say(issued: Campaign, results: list[UnitResult]) -> None:
    gathered = Gathered(issued.addressees, schemes_at(issued.scheme))
    packed = [pack(each) for each in results]
    for each in packed:
        gathered.add(each, each.slip.file)
    for number, (slip, data) in enumerate(packed):
        assert (gathered.codes[number], gathered.files[number], gathered.asking[number]) == (
            slip.unit_code, slip.file, slip.asking,
        )  # fmt: skip
        assert (gathered.accepted(number), gathered.answers(number), gathered.sha256(number)) == (
            slip.accepted, slip.answers, slip.sha256,
        )  # fmt: skip
        assert gathered.data(number) == data
    assert gathered.several() == []
    gathered.add(packed[0])
    assert gathered.several() == [[0, len(packed)]]
