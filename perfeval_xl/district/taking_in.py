"""From the files of an inbox to the round's results: one return a unit, compared with each other, ruled on, in order.

Results stay on the disk all along. Each step goes by what their slips say, and unpacks those alone that it has something
to tell of.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.batch import examine_packed
from perfeval_xl.district.crew import Crew
from perfeval_xl.district.duplicates import same_answers, the_one_that_counts
from perfeval_xl.district.gathered import Gathered, Results, alike
from perfeval_xl.district.identify import schemes_at
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.known import Known
from perfeval_xl.district.mail.senders import sent_by_others
from perfeval_xl.district.parcels import Inbox
from perfeval_xl.district.rulings import Accepted, Ruled, apply, read_rulings
from perfeval_xl.findings import Finding
from perfeval_xl.results import District, Filing, MissingUnit, UnitResult


@dataclass(frozen=True)
class TakenIn:
    """What an inbox came to. ``numbers`` are those of the units' results among ``gathered``, in the order of the roster,
    files of no unit last; ``own`` is that of the department's own, None where it gave in none. ``ruled`` is what
    rulings.xlsx is to tell."""

    campaign: Campaign
    gathered: Gathered
    numbers: Sequence[int]
    own: int | None
    ruled: Ruled

    def district(self) -> District:
        """The round. Its results are looked up as they are now, whenever that is."""
        campaign, gathered = self.campaign, self.gathered
        returned = {gathered.codes[number] for number in self.numbers if gathered.accepted(number)}
        return District(
            name=campaign.district,
            department=campaign.department,
            year=campaign.year,
            deadline=campaign.deadline,
            scheme=campaign.scheme,
            results=Results(gathered, self.numbers),
            missing=[
                MissingUnit(unit.code, unit.label, unit.type, unit.contact)
                for unit in campaign.roster.values()
                if unit.code not in returned
            ],
            rulings=self.ruled.rulings,
            own=None if self.own is None else gathered[self.own],
            contact=campaign.contact,
            contacts={unit.code: unit.contact for unit in campaign.roster.values()},
            filings={
                unit.code: Filing(unit.owner, unit.name, unit.type, unit.project)
                for unit in campaign.roster.values()
                if unit.project
            },
        )


def take_in(
    campaign: Campaign,
    inbox: Inbox,
    step: Callable[[], None],
    crew: Crew | None = None,
    known: Known | None = None,
) -> TakenIn:
    """Read and score everything in ``inbox``, but for what is ``known`` from earlier runs; ``step`` is called once a file.
    Nothing is written into the round."""
    book = read_rulings(campaign.rulings, campaign.scheme, campaign.addressees)
    gathered = Gathered(campaign.addressees, schemes_at(campaign.scheme))
    for item, found in zip(inbox.items, examine_packed(Desk.of(campaign), inbox.items, crew, known), strict=True):
        for each in found:
            gathered.add(each, item.name)
        step()
    kept = _one_a_unit(gathered)
    own = _own(campaign, gathered, kept)
    numbers = _in_order(campaign, gathered, (number for number in kept if number != own))
    ruled = apply(book, _accepted(gathered, numbers if own is None else [*numbers, own]))
    _tell(gathered, _compared(campaign, inbox, gathered, numbers), ruled)
    return TakenIn(campaign, gathered, numbers, own, ruled)


def _one_a_unit(gathered: Gathered) -> Sequence[int]:
    """The numbers that are left where a unit's returns but for the one that counts are passed over; it tells of them."""
    passed_over = set[int]()
    for numbers in gathered.several():
        same = [gathered[number] for number in numbers]
        counting, with_findings = the_one_that_counts(same)
        for number, each in zip(numbers, same, strict=True):
            if each is counting:
                gathered[number] = with_findings
            else:
                passed_over.add(number)
    return array("Q", (number for number in range(len(gathered)) if number not in passed_over))


def _own(campaign: Campaign, gathered: Gathered, numbers: Iterable[int]) -> int | None:
    """The department's own return, the accepted one if there is one."""
    its = (number for number in numbers if gathered.codes[number] == campaign.department_code)
    return min(its, key=lambda number: not gathered.accepted(number), default=None)


def _in_order(campaign: Campaign, gathered: Gathered, numbers: Iterable[int]) -> Sequence[int]:
    """In the order of the roster; files of no unit last."""
    place = {code: number for number, code in enumerate(campaign.roster)}
    last = len(place)
    by_file = sorted(numbers, key=gathered.files.__getitem__)
    return array("Q", sorted(by_file, key=lambda number: place.get(gathered.codes[number], last)))


def _compared(
    campaign: Campaign, inbox: Inbox, gathered: Gathered, numbers: Iterable[int]
) -> Iterator[tuple[int, Finding]]:
    """What is to be told of accepted returns beside others: the same answers, another unit's address."""
    accepted = array("Q", (number for number in numbers if gathered.accepted(number)))
    units, codes = campaign.addressees, gathered.codes
    for same in alike((number for number in accepted if gathered.answers(number)), gathered.answers):
        told = same_answers((codes[number], units[codes[number]].label) for number in same)
        yield from ((number, found) for number in same if (found := told(codes[number])))
    sender = sent_by_others(campaign, inbox)
    for number in accepted:
        found = sender(codes[number], gathered.files[number], gathered.sha256(number))
        if found is not None:
            yield number, found


def _accepted(gathered: Gathered, numbers: Sequence[int]) -> Accepted:
    """The accepted returns among ``numbers``, for the rulings."""

    def units() -> Iterator[tuple[str, Sequence[str]]]:
        return ((gathered.codes[number], gathered.asking[number]) for number in numbers if gathered.asking[number])

    @cache
    def number_of() -> Mapping[str, int]:
        return {gathered.codes[number]: number for number in numbers if gathered.accepted(number)}

    def of(code: str) -> UnitResult | None:
        number = number_of().get(code)
        return None if number is None else gathered[number]

    return Accepted(units, of)


def _tell(gathered: Gathered, told: Iterable[tuple[int, Finding]], ruled: Ruled) -> None:
    """Have the results say what was found of them beside others, and what was ruled."""
    findings = defaultdict[int, list[Finding]](list)
    for number, found in told:
        findings[number].append(found)
    for number, code in enumerate(gathered.codes):
        if number in findings or (code in ruled.in_force and gathered.accepted(number)):
            result = gathered[number]
            result = replace(result, findings=(*result.findings, *findings.get(number, ())))
            gathered[number] = ruled.taken_into(result)
