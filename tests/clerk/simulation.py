"""Drawing deeds, doing them to good returns, running them through a round's inbox, and comparing."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import xlsxwriter

from perfeval_xl.campaign import load
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import filled
from perfeval_xl.passwords import PASSWORD_COLUMNS, PASSWORDS
from perfeval_xl.results import UnitResult
from tests.clerk import converted
from tests.clerk.deeds import CATALOGUE, Deed
from tests.clerk.making import Good, Making, Outcome, Unsuitable
from tests.clerk.office import Office
from tests.clerk.plan import Plan
from tests.clerk.workbook import Workbook

_BATCH = 60
_TRIES = 40


@dataclass(frozen=True)
class Mismatch:
    """A file that did not come out as it should."""

    case: int
    deeds: tuple[str, ...]
    saver: str
    file: str
    expected: str
    found: str

    def __str__(self) -> str:
        deeds = " + ".join(self.deeds)
        return f"case {self.case} ({self.saver}): {deeds}\n  {self.file}\n  expected {self.expected}\n  found    {self.found}"


@dataclass
class Tally:
    """What a simulation came to. ``done`` counts by deed the returns that it was done to."""

    returns: int = 0
    files: int = 0
    findings: int = 0
    done: Counter[str] = field(default_factory=Counter)
    savers: Counter[str] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    mismatches: list[Mismatch] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # deeds whose program isn't installed here


@dataclass(frozen=True)
class Case:
    """One simulated return."""

    number: int
    deeds: tuple[Deed, ...]
    making: Making


def simulate(
    returns: int,
    seed: int,
    only: str = "",
    *,
    together: int = 1,
    units: int | None = None,
    catalogue: Sequence[Deed] = CATALOGUE,
) -> Iterator[Tally]:
    """Make ``returns`` returns, every deed once before pairs and triples are drawn, and yield the tally after each batch.

    ``only``: deeds whose name contains it, alone and in pairs with any other. ``together``: how many deeds are done to one
    return while every deed is done once. ``units``: how many different good returns to begin with (all that there are).
    """
    tally = Tally()
    plan = Plan(seed, catalogue, only, together)
    with tempfile.TemporaryDirectory(prefix="clerk-") as folder:
        office = Office(Path(folder), units)
        while tally.returns < returns:
            batch = _Batch(office, seed, tally.returns)
            while batch.room and tally.returns + len(batch.cases) < returns:
                batch.fill(plan)
            batch.run(tally)
            tally.left_out = sorted(plan.lacking)
            yield tally


class _Batch:
    """One inbox. Every return has a unit of its own, and so has every unit that it borrows."""

    def __init__(self, office: Office, seed: int, first: int) -> None:
        self._office = office
        self._seed = seed
        self._free = sorted(office.samples)
        Random(f"{seed}:{first}").shuffle(self._free)
        self.cases: list[Case] = []

    @property
    def room(self) -> bool:
        return len(self.cases) < _BATCH and len(self._free) > 3

    def fill(self, plan: Plan) -> None:
        """Make the next return of ``plan``. What can't be done to it is put back into the plan."""
        number, deeds = next(plan)
        while deeds:
            try:
                if self._add(number, deeds):
                    return
            except converted.Lacking:
                plan.lacking |= {each.name for each in deeds if "pure" in each.topics}
                return
            *deeds, last = deeds
            assert deeds, last.name
            plan.again(last)

    def _add(self, number: int, deeds: Sequence[Deed]) -> bool:
        """Do ``deeds`` to some good return; where one can't be done to it, to another. Whether all could be done."""
        for attempt in range(_TRIES):
            random = Random(f"{self._seed}:{number}:{attempt}")
            kept = list(self._free)
            making = self._making(random, number)
            try:
                for each in deeds:
                    each.act(making)
                making.finish()
            except Unsuitable:
                self._free = [kept[-1], *kept[:-1]]
            else:
                self.cases.append(Case(number, tuple(deeds), making))
                return True
        return False

    def _making(self, random: Random, number: int) -> Making:
        return self._of(self._office.good(self._free.pop()), random, number)

    def _of(self, good: Good, random: Random, number: int) -> Making:
        office, roster = self._office, self._office.campaign.roster
        strangers = [unit for unit in roster.values() if unit.code not in office.samples]
        random.shuffle(strangers)
        making = Making(
            random=random,
            scheme=office.scheme,
            layout=office.layout,
            good=good,
            book=Workbook(good.data),
            unit_name=roster[good.unit].name,
            name=f"{good.unit} 自评表.xlsx",
            case=number,
            answers=dict(good.answers),
            score_cells=dict(good.score_cells),
            key=office.campaign.key,
            digest=office.digest,
            strangers=strangers,
            blank=office.blank(good.unit),
        )
        making.partner = lambda: self._making(random, number)
        making.partner_like_this = lambda: self._like(good, random, number)
        return making

    def _like(self, good: Good, random: Random, number: int) -> Making:
        """Another unit's return with the answers of ``good``."""
        unit = self._free.pop()
        text = self._office.samples[good.unit].answers_text
        data = filled(self._office.blank(unit), self._office.scheme, text)
        return self._of(self._office.described(unit, "fill", data, text), random, number)

    # ---- running

    def run(self, tally: Tally) -> None:
        """Put all returns into the round's inbox, read it, and compare each file."""
        inbox = self._office.campaign.inbox
        for path in inbox.iterdir():
            path.unlink()
        passwords = [row for case in self.cases for row in case.making.passwords]
        _write_passwords(self._office.campaign.folder / PASSWORDS, passwords)
        for case in self.cases:
            for name, data in case.making.more_files.items():
                assert not (inbox / name).exists(), name
                (inbox / name).write_bytes(data)
        found = {each.file: each for each in rounds.examine_inbox(load(self._office.campaign.folder)).results}
        for case in self.cases:
            _compare(case, found, tally)
        for name in found.keys() - {name for case in self.cases for name in case.making.outcomes}:
            tally.mismatches.append(Mismatch(-1, (), "", name, "nothing", _shown(found[name])))


def _write_passwords(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([PASSWORD_COLUMNS, *rows]):
            sheet.write_row(number, 0, row)


def _compare(case: Case, found: Mapping[str, UnitResult], tally: Tally) -> None:
    making = case.making
    tally.returns += 1
    tally.done.update(each.name for each in case.deeds)
    tally.savers[making.good.saver] += 1
    tally.sizes[len(case.deeds)] += 1
    for name, expected in making.outcomes.items():
        result = found.get(name)
        told = _outcome(result)
        absent = expected.fate in ("dropped", "ignored")
        tally.files += 1
        tally.fates[expected.fate] += 1
        tally.findings += expected.found.total()
        tally.codes.update(code for code, _ in expected.found.elements())
        if (told is None) != absent or (told is not None and told != expected):
            says = _difference(expected.found - told.found if told else expected.found, expected.fate)
            said = _difference(told.found - expected.found, told.fate) if told else "nothing"
            deeds = tuple(each.name for each in case.deeds)
            tally.mismatches.append(Mismatch(case.number, deeds, making.good.saver, name, says, said))


def _outcome(result: UnitResult | None) -> Outcome | None:
    if result is None:
        return None
    found = Counter((each.code, str(each.cell or "")) for each in result.findings)
    return Outcome("aside" if result.card is None else "accepted", found)


def _difference(found: Counter[tuple[str, str]], fate: str) -> str:
    listed = ", ".join(
        f"{code} {cell}".strip() + (f" ×{times}" if times > 1 else "") for (code, cell), times in sorted(found.items())
    )
    return f"{fate}: {listed or 'no more'}"


def _shown(result: UnitResult) -> str:
    told = _outcome(result)
    assert told
    return json.dumps(sorted(told.found), ensure_ascii=False)
