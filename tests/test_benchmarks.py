"""The benchmark works, and docs/performance.md has what it writes. No test here is about time: that depends on the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from benchmarks import case as cases
from benchmarks import peers, performance, scale
from benchmarks.case import Case
from benchmarks.clock import TOP, Measure, Spent, measured, measured_here
from benchmarks.performance_page import Target, page, rows
from benchmarks.scale_page import kept_sections, leading, section, with_section
from perfeval_xl import campaign as rounds_folder
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import Desk

READERS = (peers.openpyxl_read, peers.openpyxl_stream, peers.pandas_openpyxl, peers.pandas_calamine)


@pytest.fixture(scope="module")
def found() -> performance.Results:
    return performance.run(2, 1, 1, tell=lambda _: None, measure=measured_here)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    folder = tmp_path_factory.mktemp("case")
    return folder, cases.make(folder, 1)


@pytest.fixture
def case(made: tuple[Path, tuple[str, ...]], tmp_path: Path) -> Iterator[Case]:
    yield Case(*made, tmp_path / "out")


@pytest.mark.slow
def test_the_page_has_the_rows_that_the_benchmark_writes(found: performance.Results) -> None:
    shown = performance.PAGE.read_text(encoding="utf-8")
    assert rows(shown) == rows(page(found)), "run: make bench UNITS=177 SAMPLE=24"
    assert "| read + score | pandas, calamine | " in shown


@pytest.mark.slow
def test_every_task_is_measured(found: performance.Results) -> None:
    assert set(found.measures) == {(task.stage, task.who) for task in performance.TASKS}
    for task in performance.TASKS:
        (measure,) = found.measures[task.stage, task.who]
        assert measure.units == (1 if task.slow else 2)
        assert measure.wall(2) > 0 and measure.memory > 0
    assert [len(each.profile) for each in found.profiles.values()] == [TOP] * 3
    assert found.loaded == ()


def test_a_measurement_in_a_process_of_its_own(case: Case) -> None:
    measure = measured("peers:floor", case)
    assert (measure.units, [each.name for each in measure.parts], measure.children) == (1, ["done"], 0)
    assert measure.cpu(1) > 0 and measure.memory > 0
    assert sorted(each.name for each in case.out.iterdir()) == sorted(path.name for _, path in case.returns())


def test_what_is_done_once_is_counted_once() -> None:
    measure = Measure(4, (Spent("once", 10, 8), Spent("done", 2, 1)), 0)
    assert (measure.wall(4), measure.wall(40), measure.cpu(40)) == (12, 30, 18)


def test_units_are_taken_at_even_distances() -> None:
    assert cases.spread(range(10), 3) == (0, 3, 6)
    assert cases.spread(range(3), 9) == (0, 1, 2)


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target("", 20, [20], [1]), "met"),
        (Target("", 20, [19, 10, 30], [1, 1, 1], where="there"), "**not met**, 1.05 × short: there"),
        (Target("", 2.5, [9], [2.5], most=True, processor=True), "met"),
        (Target("", 2.5, [1], [5], most=True, processor=True), "**not met**, 2.00 × short"),
    ],
)
def test_a_target_is_met_or_short(target: Target, verdict: str) -> None:
    assert target.line.endswith(f"| {verdict} |")


def test_the_script_issues_a_form_with_the_units_name(case: Case) -> None:
    measured_here("peers:openpyxl_issue", case)
    stamped(case)


def test_the_form_built_anew_has_the_units_name_too(case: Case) -> None:
    measured_here("peers:xlsxwriter_issue", case)
    stamped(case)


def stamped(case: Case) -> None:
    for code in case.units:
        book = openpyxl.load_workbook(case.out / case.fact("files")[code])
        stamps = {key: book[sheet][ref].value for sheet, ref, key in case.fact("stamp_cells")}
        assert stamps == case.fact("stamps")[code]
        assert len(book.sheetnames) == len(case.fact("plan")["sheets"])


def test_the_peers_read_the_same_scores(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    add_up, sums = peers._claimed, []

    def noted(values: Mapping[str, Any], claims: list[str]) -> float:
        sums.append(add_up(values, claims))
        return sums[-1]

    monkeypatch.setattr(peers, "_claimed", noted)
    for reader in READERS:
        reader(case, lambda _: None)
    assert sums == pytest.approx(sums[:1] * len(READERS))
    assert min(sums) > 50


def test_the_script_writes_the_review_into_its_cells(case: Case) -> None:
    measured_here("peers:openpyxl_annotate", case)
    for code, path in case.returns():
        book = openpyxl.load_workbook(case.out / path.name)
        written = {(sheet, ref): str(text) for sheet, ref, text in case.fact("reviews")[code] if isinstance(text, str)}
        assert len(written) > 20
        assert {place: book[place[0]][place[1]].value for place in written} == written


@pytest.mark.parametrize("wrong", [("--units", "0"), ("--sample", "-1"), ("--repeats", "0")])
def test_nothing_to_measure_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as stop:
        performance.main(wrong)
    assert stop.value.code == 2


# --- rounds at growing sizes


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Returns are made of two that the sample district has."""
    sent = scale._filled_in()[:2]
    monkeypatch.setattr(scale, "_filled_in", lambda: sent)


def test_returns_of_any_number_are_those_of_as_many_units(few: None, tmp_path: Path) -> None:
    codes = scale.make(tmp_path, 5)
    campaign = rounds_folder.load(tmp_path / "round")
    assert len(set(codes)) == 5 and list(codes) == list(campaign.roster)
    desk = Desk.of(campaign)
    for code in (codes[0], codes[-1]):
        (result,) = desk.examine(campaign.inbox / campaign.roster[code].file_name)
        assert (result.unit_code, result.unit_name) == (code, campaign.roster[code].name)
        assert result.card is not None and not {each.code for each in result.findings} & {
            "seal-broken",
            "label-changed",
        }
    alike = {
        str(each.findings) for each in rounds.examine_inbox(campaign).results if "same-answers" in str(each.findings)
    }
    assert not alike


@pytest.mark.slow
def test_a_round_at_two_sizes(few: None, tmp_path: Path) -> None:
    found = [scale.measure(size, tmp_path, tell=lambda _: None, measure=measured_here) for size in (1, 2)]
    led = [scale.measure_leading(size, tmp_path, tell=lambda _: None, measure=measured_here) for size in (1, 2)]
    assert [each.name for each in found[1].first.parts] == ["read + score", "annotate", "summarise"]
    assert [each.name for each in led[1].run.parts] == ["read + score", "annotate", "summarise"]
    assert found[1].again.wall(2) < found[1].first.wall(2) and found[1].summary > 10_000
    assert not list(tmp_path.iterdir())
    shown = with_section(with_section("# P\n\n## Where the time goes\n", section(found, 0.5)), leading(led, 0.5))
    assert [line for line in shown.splitlines() if line.startswith("## ")][-1] == "## Where the time goes"
    assert "| 2 | " in shown and "**not met**" not in shown
    assert with_section(shown, section(found, 0.7)).count("load average when the run began 0.7") == 1
    assert kept_sections(shown) == [section(found, 0.5), leading(led, 0.5)]
    assert kept_sections("# P\n") == []
    assert rows(shown) == rows("# P\n\n## Where the time goes\n")


def test_the_page_tells_of_sizes() -> None:
    assert kept_sections(performance.PAGE.read_text(encoding="utf-8")), "run: make scale"
