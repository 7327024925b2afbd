"""Rounds in which a unit files a workbook a project: whose each workbook is, and the figures of each unit's projects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.numbers import ZERO, half_up
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.fields import Field, RollUp
from perfeval_xl.scheme.model import Scheme


@dataclass
class OwnerFigures:
    """A unit's projects together. ``totals`` are those of the returns whose total is settled, in points; ``sums`` what
    its accepted returns come to, by field id; ``awaited`` the names of the projects without an accepted return."""

    owner: str
    unit: str
    type: str
    due: int = 0
    accepted: int = 0
    totals: list[Decimal] = field(default_factory=list)
    sums: dict[str, Decimal] = field(default_factory=dict)
    awaited: list[str] = field(default_factory=list)

    @property
    def mean(self) -> Decimal | None:
        """Half-up to 0.01; None where no total is settled."""
        return half_up(sum(self.totals, ZERO) / len(self.totals)) if self.totals else None

    @property
    def lowest(self) -> Decimal | None:
        return min(self.totals, default=None)


def summed_fields(scheme: Scheme) -> Sequence[Field]:
    """The fields outside the tables whose answers add up over workbooks, in the order of the form."""
    return tuple(
        each for each in scheme.fields.values() if each.roll_up is RollUp.SUM and each.id not in scheme.table_of
    )


class OwnerTally:
    """Each unit's projects together, from the round's results as they go by; nothing in a round of one workbook a unit."""

    def __init__(self, district: District) -> None:
        self._filings = district.filings
        self._fields = [each.id for each in summed_fields(district.scheme)]
        self._found: dict[str, OwnerFigures] = {}
        for each in self._filings.values():
            unit = self._found.setdefault(each.owner, OwnerFigures(each.owner, each.unit, each.type))
            unit.due += 1
        for missing in district.missing:
            if missing.code in self._filings:
                filing = self._filings[missing.code]
                self._found[filing.owner].awaited.append(filing.project)

    def take(self, result: UnitResult) -> None:
        """The next result."""
        filing = self._filings.get(result.unit_code)
        if filing is None or result.card is None:
            return
        unit = self._found[filing.owner]
        unit.accepted += 1
        if result.card.total is not None:
            unit.totals.append(result.card.total)
        if result.submission is None:
            return
        for name in self._fields:
            value = result.submission.answers[name].value
            if isinstance(value, Decimal):
                unit.sums[name] = unit.sums.get(name, ZERO) + value

    @property
    def units(self) -> list[OwnerFigures]:
        """What has come together so far, a unit each, in the order of the roster."""
        return list(self._found.values())


def together(figures: Sequence[OwnerFigures], name: str) -> OwnerFigures:
    """All units' projects together, as if they were one unit's called ``name``."""
    whole = OwnerFigures("", name, "")
    for each in figures:
        whole.due += each.due
        whole.accepted += each.accepted
        whole.totals += each.totals
        whole.awaited += each.awaited
        for key, value in each.sums.items():
            whole.sums[key] = whole.sums.get(key, ZERO) + value
    return whole
