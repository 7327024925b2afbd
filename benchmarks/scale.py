"""A district, a city, a province: the same round at growing sizes, into docs/performance.md.

Every size is a round of its own with as many distinct returns: those of the sample district over and over, each time
under another unit's name and seal, and with one amount of its own. Time should grow as the returns do, and the
memory of the process that leads the work should not.

    make scale                          177, 1,770 and 17,700 returns
    make scale SIZES=177,1770           smaller
    make scale SIZES=177,17700,177000   a province: some 30 GB of disk and some hours
    make scale LEADING=177,17700,177000 the leading process alone: its workers don't read, they replay what was read once
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import xlsxwriter

from benchmarks.case import Case
from benchmarks.clock import Mark, Measure, measured
from benchmarks.performance import PAGE
from benchmarks.scale_page import leading, section, with_section
from perfeval_xl import campaign as rounds_folder
from perfeval_xl import demo
from perfeval_xl import roster as rosters
from perfeval_xl.campaign import Campaign
from perfeval_xl.district import annotating, batch, rounds
from perfeval_xl.district.annotating import Annotated
from perfeval_xl.district.identify import schemes_at
from perfeval_xl.district.intake import Desk, filled
from perfeval_xl.district.packing import packed, results_from
from perfeval_xl.district.stamps import Issuer, common_stamps, own_stamps
from perfeval_xl.district.workers import Workers
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.stamping import Stamper
from perfeval_xl.generator import master_blank
from perfeval_xl.resources import samples_dir
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.model import Scheme

SIZES = (177, 1_770, 17_700)
WORKERS = 2
VARIED = "opening_carryover_wan"
"""The amount that is another in each return; by so little that no score changes."""
_STEP = Decimal("0.000001")


@dataclass(frozen=True)
class Scaled:
    """A size and what its round took: issuing, the round itself, and the round once more with nothing new."""

    returns: int
    issue: Measure
    first: Measure
    again: Measure
    summary: int  # bytes of the district's workbook


@dataclass(frozen=True)
class Led:
    """A size and what the leading process alone took."""

    returns: int
    run: Measure


def make(folder: Path, count: int) -> tuple[str, ...]:
    """A round of ``count`` units in ``folder``/round, a return of each in its inbox, nothing issued yet; the codes."""
    campaign = _round(folder, count)
    for name, data in returns(campaign):
        (campaign.inbox / name).write_bytes(data)
    return tuple(campaign.roster)


def _round(folder: Path, count: int) -> Campaign:
    sample = rounds_folder.load(samples_dir() / "district")
    _write_roster(folder / "roster.xlsx", count)
    rounds_folder.create(replace(sample, folder=folder / "round"), (folder / "roster.xlsx").read_bytes(), sample.key)
    return rounds_folder.load(folder / "round")


def _write_roster(path: Path, count: int) -> None:
    """units.xlsx for ``count`` units: those of the sample district, then the same again under other names and codes."""
    known = list(rosters.read_roster(samples_dir() / "district" / rounds_folder.ROSTER).values())
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, rosters.ROSTER_COLUMNS)
        for number in range(count):
            turn, which = divmod(number, len(known))
            like = known[which]
            code, name = f"{int(known[0].code) + number}", f"{like.name}{f'第{turn}分校' if turn else ''}"
            for column, text in enumerate((code, name, like.type, like.contact, f"{code}@example.edu.cn")):
                sheet.write_string(number + 1, column, text)


def returns(campaign: Campaign) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of a return of every unit: a filled form stamped and sealed as that of the unit."""
    scheme, issuer, common = campaign.scheme, Issuer(campaign), common_stamps(campaign)
    sent, moulds = _filled_in(), dict[int, _Filled]()
    for number, unit in enumerate(campaign.roster.values()):
        turn, which = divmod(number, len(sent))
        if which not in moulds:
            moulds[which] = _Filled(scheme, sent[which])
        sealed = issuer.seal_of(unit)
        own = {**own_stamps(scheme, unit, department=False), "seal": sealed, "seal_short": seal.short(sealed)}
        own[VARIED] = str(moulds[which].amount + turn * _STEP)
        yield unit.file_name, moulds[which].stamp({**common, **own}, sealed)


def _filled_in() -> list[demo.SampleReturn]:
    """What units of the sample district send that is filled here and has a VARIED amount."""
    return [each for each in demo.sample_returns() if not each.saved and Decimal(each.answers.get(VARIED) or 0)]


class _Filled(Stamper):
    """Stamps a form that one unit of the sample district filled in, as if others had: with another VARIED amount."""

    def __init__(self, scheme: Scheme, sent: demo.SampleReturn) -> None:
        layout = build_layout(scheme)
        super().__init__(filled(master_blank(scheme), scheme, sent.answers_text), layout)
        cell = layout.inputs[VARIED]
        place = re.compile(rf'(<c r="{cell.ref}"[^<>]*><v>)[^<]*(</v>)'.encode())
        self._moulds.append(self._mould(self._package.sheets[cell.sheet], ((place, VARIED),)))
        self.amount = Decimal(sent.answers[VARIED])


# --- what is measured, each in a process of its own


def issue(case: Case, mark: Mark) -> None:
    """`perfeval generate`."""
    campaign = rounds_folder.load(case.round)
    mark("start")
    with campaign.locked():
        rounds.issue(campaign)
    mark("done")


def run(case: Case, mark: Mark) -> None:
    """`perfeval run` with two workers."""
    campaign = rounds_folder.load(case.round)
    awaited = len(case.units)

    def step() -> None:
        nonlocal awaited
        awaited -= 1
        if not awaited:
            mark("read + score")

    mark("start")
    with Workers(WORKERS) as crew, campaign.locked():
        district = rounds.review(campaign, step, crew=crew)
        mark("annotate")
        rounds.summarize(campaign, district)
        mark("summarise")


# --- the leading process alone


def lead(case: Case, mark: Mark) -> None:
    """`perfeval run`, its workers replaying: what they say of a return is what was made of one like it (``record``)."""
    with patch.object(batch, "_examined", replayed), patch.object(annotating, "_annotated", kept):
        run(case, mark)


def make_recorded(folder: Path, count: int) -> tuple[str, ...]:
    """As ``make``, but the files in the inbox are empty: beside them lies what examining filled ones came to."""
    sample = demo.open_round(folder / "sample")
    rounds.issue(sample)
    desk, found = Desk.of(sample), []
    for each in _filled_in():
        issued = (sample.outbox / sample.roster[each.unit].file_name).read_bytes()
        found.append(desk.examine_bytes(filled(issued, sample.scheme, each.answers_text), "return.xlsx"))
    (folder / "recorded").write_bytes(packed(found))
    campaign = _round(folder, count)
    for unit in campaign.roster.values():
        (campaign.inbox / unit.file_name).write_bytes(b"")
    return tuple(campaign.roster)


def replayed(task: Any) -> bytes:
    """In a worker, in place of examining: a recorded result as if it were that of the unit whose file this is."""
    unit = task.place.value.desk.unit(task.item.name.partition("_")[0])
    recorded = _recorded(task.item.path.parents[2] / "recorded")
    turn, which = divmod(int(unit.code), len(recorded))
    like, sha256 = recorded[which], f"{int(unit.code):064x}"
    assert like.submission is not None
    known = like.submission.answers
    varied = replace(known[VARIED], value=known.number(VARIED) + turn * _STEP)
    submission = replace(like.submission, answers=Answers([*known.values(), varied]), sha256=sha256)
    who = {"unit_code": unit.code, "unit_name": unit.name, "unit_type": unit.type}
    return packed([replace(like, **who, file=task.item.name, submission=submission, sha256=sha256)])


@cache
def _recorded(path: Path) -> list[UnitResult]:
    return results_from(path.read_bytes(), schemes_at(None))


def kept(_: Any) -> Annotated:
    """In a worker, in place of annotating: as if the copy lay there already."""
    return Annotated(None, (), there=True)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The same round at growing sizes.")
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help="how many returns, with commas between")
    parser.add_argument("--leading", type=_sizes, help="instead: the leading process alone, with so many returns")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page whose section is written anew")
    parser.add_argument("--folder", type=Path, help="where the rounds are made (default: the system's place for such)")
    asked = parser.parse_args(given)
    load = os.getloadavg()[0]

    def tell(line: str) -> None:
        print(line, file=sys.stderr)

    if asked.leading:
        text = leading([measure_leading(size, asked.folder, tell=tell) for size in asked.leading], load)
    else:
        text = section([measure(size, asked.folder, tell=tell) for size in asked.sizes], load)
    asked.page.write_text(with_section(asked.page.read_text(encoding="utf-8"), text), encoding="utf-8")
    print(text)


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(int(each) for each in text.split(","))
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return tuple(sorted(sizes))


def measure(
    count: int, at: Path | None = None, *, tell: Callable[[str], None], measure: Callable[..., Measure] = measured
) -> Scaled:
    """A round of ``count`` returns made in a folder of its own (in ``at``), issued, run, run once more, thrown away."""
    with tempfile.TemporaryDirectory(prefix="scale-", dir=at) as name:
        folder = Path(name)
        tell(f"making {count:,} returns")
        case = Case(folder, make(folder, count), folder / "out")
        done = [_done(task, case, tell, measure) for task in ("issue", "run", "run")]
        size = (case.round / "summary" / rounds.SUMMARY_FILE).stat().st_size
        return Scaled(count, *done, summary=size)


def measure_leading(
    count: int, at: Path | None = None, *, tell: Callable[[str], None], measure: Callable[..., Measure] = measured
) -> Led:
    """The leading process of a round of ``count`` returns that are only replayed."""
    with tempfile.TemporaryDirectory(prefix="scale-", dir=at) as name:
        folder = Path(name)
        tell(f"listing {count:,} returns")
        return Led(count, _done("lead", Case(folder, make_recorded(folder, count), folder / "out"), tell, measure))


def _done(task: str, case: Case, tell: Callable[[str], None], measure: Callable[..., Measure]) -> Measure:
    count = len(case.units)
    tell(f"{count:,}: {task}")
    done = measure(f"scale:{task}", case)
    tell(f"{done.wall(count):.0f} s, {done.memory / 1024**2:.0f} MB")
    shutil.rmtree(case.out)
    return done


if __name__ == "__main__":
    main()
