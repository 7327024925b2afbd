"""Broken and hostile files: each ends as one diagnosis, quickly, and takes nothing else with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfeval_xl.district.batch import examine_all
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.parcels import Item
from perfeval_xl.district.workers import Stopped, Workers
from perfeval_xl.findings import KINDS, Severity
from tests import hostile, hostile_read

CASES = dict(hostile.cases())
FOR_THE_CHILD = {  # nothing in front of the reader sees these coming
    "xls: a directory that runs in a circle",
    "xls: two cells far apart",
    "xls: a column beyond the last",
}
ANSWERED = {
    "a billion laughs": "DOCTYPE",
    "a file pulled in": "DOCTYPE",
    "a DOCTYPE": "DOCTYPE",
    "cut short": "UnreadableWorkbook",
    "a sheet cut short": "UnreadableWorkbook",
    "the middle of a sheet": "UnreadableWorkbook",
    "zip bomb": "文件",
    "two cells far apart": "相距太远",
    "one merge": "合并单元格",
    "PDF": "PDF",
}


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2, seconds=5, memory=512 * 1024 * 1024) as made:
        yield made


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 150
    assert len(CASES) == sum(1 for _ in hostile.cases())
    assert max(map(len, CASES.values())) < 1_500_000


def test_each_is_read_or_refused_within_a_second(workers: Workers) -> None:
    seen: Counter[str] = Counter()
    for name, outcome in zip(CASES, workers.map(hostile_read.outcome, CASES.values()), strict=True):
        assert isinstance(outcome, Stopped) == (name in FOR_THE_CHILD), name
        if isinstance(outcome, Stopped):
            assert outcome.code == "reader-stopped"
            continue
        found, seconds = outcome
        assert seconds < 1, name
        seen[found.split(":")[0]] += 1
        for start, answer in ANSWERED.items():
            assert not name.startswith(start) or answer in found, name
        assert ("sound" not in name.split()) or found == "read", name
    assert seen["read"] > 40 and seen["UnreadableWorkbook"] > 60 and seen["Refused"] > 20


def test_each_gets_one_diagnosis_at_the_desk(workers: Workers, tmp_path: Path) -> None:
    items = []
    for number, (name, data) in enumerate(CASES.items()):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(data)
        items.append(Item(name, path))
    for item, results in zip(items, examine_all(Desk(), items, workers), strict=True):
        assert results, item.name
        for result in results:
            (diagnosis,) = result.findings
            assert result.card is None
            assert diagnosis.code in KINDS and diagnosis.code != "internal-error", f"{item.name}: {diagnosis}"
            assert diagnosis.severity is Severity.ERROR
            assert (diagnosis.code == "reader-stopped") == (item.name in FOR_THE_CHILD), item.name


def test_mutations_are_the_same_for_the_same_seed() -> None:
    first, again, other = (list(hostile.mutations(hostile.SOUND, 40, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len({name for name, _ in first}) == 40


def test_mutations_of_a_sound_file_are_read_or_refused(workers: Workers) -> None:
    for name, data in hostile.mutations(hostile.SOUND, 400, seed=5):
        (outcome,) = workers.map(hostile_read.outcome, [data])
        assert not isinstance(outcome, Stopped), name
