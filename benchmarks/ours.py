"""What perfeval does in each stage, called as its commands call it."""

from __future__ import annotations

import shutil

from benchmarks.case import Case
from benchmarks.clock import Mark
from perfeval_xl import campaign as rounds_folder
from perfeval_xl import demo
from perfeval_xl.campaign import Campaign
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.packing import results_from
from perfeval_xl.district.reissue import Copies
from perfeval_xl.district.workers import Workers
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.files import write_atomically
from perfeval_xl.reader import Return, read_return
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.summary import write_summary


def issue(case: Case, mark: Mark) -> None:
    """Blanks into outbox/: `perfeval generate`."""
    at = _round_in(case)
    mark("start")
    rounds.issue(at, case.units)
    mark("done")


def read(case: Case, mark: Mark) -> None:
    """Every answer of every return, with its cell."""
    at = rounds_folder.load(case.round)
    mark("start")
    build_layout(at.scheme)
    mark("once")
    for _, path in case.returns():
        read_return(Return(path.read_bytes(), path.name), at.scheme)
    mark("done")


def score(case: Case, mark: Mark) -> None:
    """What `perfeval score` does with a return: identified, compared with what was issued, read, scored, checked."""
    at = rounds_folder.load(case.round)
    mark("start")
    desk = Desk.of(at)
    build_layout(at.scheme)
    mark("once")
    for _, path in case.returns():
        _accepted(desk.examine(path))
    mark("done")


def annotate(case: Case, mark: Mark) -> None:
    """The review written into copies of the returns; what it says is known."""
    at = rounds_folder.load(case.round)
    results = _results(case, at.scheme)
    mark("start")
    copies = Copies(at, rounds.read_inbox(at))
    build_layout(at.scheme)
    mark("once")
    for number, result in enumerate(results):
        write_atomically(case.out / f"{number}.xlsx", copies.annotated(result).data)
    mark("done")


def summarise(case: Case, mark: Mark) -> None:
    """The district's workbook."""
    at = rounds_folder.load(case.round)
    given = District(at.district, at.department, at.year, at.deadline, at.scheme, _results(case, at.scheme), [])
    mark("start")
    write_summary(given, case.out / "summary.xlsx")
    mark("done")


def round_1(case: Case, mark: Mark) -> None:
    """The whole round with one worker."""
    _round(case, mark, 1)


def round_2(case: Case, mark: Mark) -> None:
    """The same with two."""
    _round(case, mark, 2)


def _round(case: Case, mark: Mark, count: int) -> None:
    at = _round_in(case)
    for _, path in case.returns():
        shutil.copyfile(path, at.inbox / path.name)
    awaited = len(case.units)

    def step() -> None:
        nonlocal awaited
        awaited -= 1
        if not awaited:
            mark("read + score")

    with Workers(count) as crew, at.locked():
        mark("start")
        rounds.issue(at, case.units)
        mark("issue")
        district = rounds.review(at, step, crew=crew)
        mark("annotate")
        rounds.summarize(at, district)
        mark("summarise")


def _round_in(case: Case) -> Campaign:
    """The sample district's round, new and empty."""
    return demo.open_round(case.out / "round")


def _results(case: Case, scheme: Scheme) -> list[UnitResult]:
    """What reading and scoring came to, of the units that are taken."""
    found = {each.unit_code: each for each in results_from(case.fact("results"), lambda _: scheme)}
    return [found[code] for code in case.units]


def _accepted(results: list[UnitResult]) -> None:
    """A return that is set aside costs next to nothing: nothing is to be measured by it."""
    if any(each.card is None for each in results):
        raise ValueError(f"not accepted: {[each.findings for each in results]}")
