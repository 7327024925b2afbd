"""The demonstration: one whole round of the sample district, by way of its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from perfeval_xl import campaign
from perfeval_xl.demo import run_demo, sample_returns
from perfeval_xl.district.rollup.form import form_path
from perfeval_xl.district.rounds import SUMMARY_FILE
from perfeval_xl.errors import CampaignError
from perfeval_xl.resources import samples_dir
from tests.demos import Demo


def test_every_unit_is_issued_a_workbook(demo: Demo) -> None:
    folder = demo[0]
    at = campaign.load(folder)
    names = {unit.file_name for unit in at.addressees.values()}
    assert {path.name for path in (folder / "outbox").iterdir()} == names
    assert (len(at.roster), len(names)) == (177, 178)


def test_what_came_back_is_in_the_inbox_and_reviewed(demo: Demo) -> None:
    folder, district, _ = demo
    returned = {each.file_name for each in sample_returns() if each.returns}
    strays = {path.name for path in (samples_dir() / "strays").iterdir()}
    assert district.own is not None and district.own.card is not None and district.own.reviewed is not None
    assert {path.name for path in (folder / "inbox").iterdir()} == returned | strays | {district.own.file}
    assert len(returned) == 171
    assert {each.file for each in district.rejected} == strays
    assert len(list((folder / "reviewed").iterdir())) == 171 + 1
    assert all((folder / (each.reviewed or "")).is_file() for each in district.results if each.card is not None)


def test_the_strays_are_told_apart(demo: Demo) -> None:
    told = {each.file: [finding.code for finding in each.findings] for each in demo[1].rejected}
    assert told == {"食堂采购清单.xlsx": ["not-our-form"], "通知.xlsx": ["not-a-workbook"]}


def test_the_units_that_sent_nothing_are_awaited(demo: Demo) -> None:
    assert [each.code for each in demo[1].missing] == [each.unit for each in sample_returns() if not each.returns]


def test_no_seal_is_broken(demo: Demo) -> None:
    assert not [finding for each in demo[1].results for finding in each.findings if finding.code.startswith("seal")]


def test_a_saved_return_comes_back_untouched(demo: Demo) -> None:
    for each in sample_returns():
        if each.saved:
            assert (demo[0] / "inbox" / each.file_name).read_bytes() == (samples_dir() / each.saved).read_bytes()


def test_the_summary_is_written_and_progress_is_told(demo: Demo) -> None:
    folder, _, steps = demo
    assert (folder / "summary" / SUMMARY_FILE).stat().st_size > 10_000
    assert form_path(campaign.load(folder)).stat().st_size > 100_000
    assert steps == 178 + 172 + 174  # issued, returned, examined


def test_a_second_run_refuses_and_changes_nothing(demo: Demo) -> None:
    folder = demo[0]
    before = _digests(folder)
    with pytest.raises(CampaignError, match="已经有一个自评任务"):
        run_demo(folder, lambda: None)
    assert _digests(folder) == before


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
