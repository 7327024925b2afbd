"""Drawing deeds, doing them to good returns, running them through a round's inbox, and comparing."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random

import openpyxl
import xlsxwriter

from perfeval_xl.campaign import Campaign, load
from perfeval_xl.demo import SampleReturn, open_round, sample_returns
from perfeval_xl.district import rounds
from perfeval_xl.district.identify import locked_digest
from perfeval_xl.district.intake import filled
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.generator import submission_of
from perfeval_xl.passwords import PASSWORD_COLUMNS, PASSWORDS
from perfeval_xl.resources import samples_dir
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answer, ScoreCell
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.fields import NO, YES
from perfeval_xl.scorer import score
from tests.clerk import converted, identity, locked, parcels, sheets, typing_numbers, typing_others
from tests.clerk.deeds import CATALOGUE, Deed, compatible
from tests.clerk.making import Good, Making, Outcome, Unsuitable
from tests.clerk.workbook import Workbook

MODULES = (typing_numbers, typing_others, locked, sheets, identity, parcels)
"""All of them, imported for what they enter into the catalogue."""
_SAVERS = {3: "openpyxl", 7: "gnumeric", 13: "gnumeric"}
"""Which of twenty good returns are saved by another program than our own; LibreOffice's are those of samples/."""
_BATCH = 60
_TRIES = 40


class Office:
    """A round of the sample district, and the good returns of its units."""

    def __init__(self, folder: Path, units: int | None) -> None:
        self._most = units
        self.campaign: Campaign = open_round(folder / "round")
        with self.campaign.locked():
            rounds.issue(self.campaign)
        self.scheme = self.campaign.scheme
        self.layout = build_layout(self.scheme)
        self.digest = locked_digest(self.scheme)
        self._goods: dict[str, Good] = {}

    @cached_property
    def samples(self) -> Mapping[str, SampleReturn]:
        """The returns that can be begun with, by unit: whatever is wrong with the answers, each could be read."""
        found = [each for each in sample_returns() if each.returns and self._readable(each)]
        found.sort(key=lambda each: each.saved is None)
        return {each.unit: each for each in found[: self._most]}

    def _readable(self, sample: SampleReturn) -> bool:
        answers = read_answers(sample.answers_text, self.scheme)
        return all(answers[each].problem is None for each in self.scheme.fields)

    def blank(self, unit: str) -> bytes:
        return (self.campaign.outbox / self.campaign.roster[unit].file_name).read_bytes()

    def good(self, unit: str) -> Good:
        """A unit's sample return, always saved by the same program."""
        if unit not in self._goods:
            sample = self.samples[unit]
            saver = _SAVERS.get(list(self.samples).index(unit) % 20, "fill")
            if sample.saved:
                saver = sample.saved.partition("/")[0].removeprefix("returns-")
            self._goods[unit] = self._made(unit, saver, sample)
        return self._goods[unit]

    def _made(self, unit: str, saver: str, sample: SampleReturn) -> Good:
        if sample.saved:
            data = (samples_dir() / sample.saved).read_bytes()
        else:
            data = filled(self.blank(unit), self.scheme, sample.answers_text)
            if saver == "openpyxl":
                data = _by_openpyxl(data)
            elif saver == "gnumeric":
                try:
                    data = converted.saved_as(data, "xlsx")
                except converted.Lacking:
                    saver = "fill"
        return self.described(unit, saver, data, sample.answers_text)

    def described(self, unit: str, saver: str, data: bytes, answers_text: str) -> Good:
        """A good return with what is in it: the answers, the claims, and where the claims are left to the form."""
        answers = read_answers(answers_text, self.scheme)
        card = score(self.scheme, submission_of(self.scheme, answers))
        held = {name: replace(answers[name], raw=_raw(answers[name])) for name in self.scheme.fields}
        saved = saver != "openpyxl"
        cells: dict[str, ScoreCell] = {}
        for row in card.rows:
            own, live = row.indicator.self_score_id, row.indicator.formula_score_id
            for name in (own, live):
                place = self.layout.place(name)
                formula = self.layout.formulas[place].expression
                typed = name == own and not answers[own].blank
                cells[name] = ScoreCell(place) if typed else ScoreCell(place, formula, True, saved)
            if answers[own].blank:
                shown = row.score if saved else None
                held[own] = Answer(own, shown, "" if shown is None else f"{shown:f}")
        return Good(unit, saver, data, held, cells)


def _raw(answer: Answer) -> str:
    value = answer.value
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else str(value)


def _by_openpyxl(data: bytes) -> bytes:
    """Loaded and saved: every result of a formula is lost."""
    buffer = BytesIO()
    openpyxl.load_workbook(BytesIO(data)).save(buffer)
    return buffer.getvalue()


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


def simulate(returns: int, seed: int, only: str | None = None, units: int | None = None) -> Iterator[Tally]:
    """Make ``returns`` returns, every deed once before pairs and triples are drawn, and yield the tally after each batch.

    ``only``: deeds whose name contains it, alone and in pairs with any other. ``units``: how many different good returns
    to begin with (all that there are).
    """
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="clerk-") as folder:
        office = Office(Path(folder), units)
        plan = _plan(seed, returns, only)
        while tally.returns + len(tally.left_out) < returns:
            batch = _Batch(office, seed, tally.returns)
            while batch.room and tally.returns + len(tally.left_out) + len(batch.cases) < returns:
                if (lacking := batch.add(*next(plan))) is not None:
                    tally.left_out.append(lacking.name)
            batch.run(tally)
            yield tally


def _plan(seed: int, returns: int, only: str | None) -> Iterator[tuple[int, tuple[Deed, ...]]]:
    """What is done to each return, by its number."""
    random = Random(f"{seed}:plan")
    wanted = [each for each in CATALOGUE if only is None or only in each.name]
    for number in count():
        if number < len(wanted):
            yield number, (wanted[number],)
            continue
        size = random.choice((2, 2, 2, 2, 3))
        deeds: list[Deed] = []
        while len(deeds) < size or not compatible(deeds):
            deeds = [random.choice(wanted), *random.sample(CATALOGUE, size - 1)]
            if len(set(deeds)) < size:
                deeds = []
        yield number, tuple(sorted(deeds, key=lambda each: each.stage))


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

    def add(self, number: int, deeds: Sequence[Deed]) -> Deed | None:
        """Do ``deeds`` to some good return; where one can't be done to it, to another, or in the end without the last.

        The deed that is left where a program isn't installed that it takes; else None.
        """
        for attempt in range(_TRIES):
            random = Random(f"{self._seed}:{number}:{attempt}")
            kept = list(self._free)
            making = self._making(random, number)
            doing = deeds[0]
            try:
                for doing in deeds:
                    doing.act(making)
                making.finish()
            except Unsuitable:
                self._free = [kept[-1], *kept[:-1]]
                continue
            except converted.Lacking:
                self._free = kept
                return doing
            self.cases.append(Case(number, tuple(deeds), making))
            return None
        assert len(deeds) > 1, deeds[0].name
        return self.add(number, deeds[:-1])

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
    listed = ", ".join(f"{code} {cell}".strip() + (f" ×{times}" if times > 1 else "") for (code, cell), times in sorted(found.items()))
    return f"{fate}: {listed or 'no more'}"


def _shown(result: UnitResult) -> str:
    told = _outcome(result)
    assert told
    return json.dumps(sorted(told.found), ensure_ascii=False)
