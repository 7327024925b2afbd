"""Where a round stands: a line a unit of the roster, then the files that belong to none, and the totals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.directory import Directory
from perfeval_xl.district.parcels import Ignored, Inbox, Item
from perfeval_xl.district.returning import sent_back
from perfeval_xl.findings import Severity
from perfeval_xl.results import District, Rulings, UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.storage import Place

_PASSED_OVER = "同一单位交了几份，没有采用这一份"


class Standing(StrEnum):
    """Where a unit stands in the round."""

    MISSING = "未交"
    SET_ASIDE = "未受理"  # a file came and could not be taken; nothing was sent back yet
    PROVISIONAL = "待补正"
    FINDINGS = "有问题"
    CLEAN = "无问题"

    @property
    def code(self) -> str:
        """The word for machines: missing, set_aside, provisional, findings or clean."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file of a unit that does not count, and why not."""

    file: str
    why: str


@dataclass(frozen=True)
class UnitStatus:
    """A unit, or a file that belongs to none (its ``code`` is '' or not on the roster).

    ``file`` is the one that counts, or the newest that was set aside; ``path`` is where it lies on the disk (a member of
    a zip: the zip), None if it has gone; ``received`` is when that was last written, to the minute, ``late`` whether
    this is after the deadline's day. The counts are those of the findings as they are listed, equal messages once. ``why`` is what kept a file from being accepted,
    else the gravest thing to mend; ``total`` reads '99.97 优', '99.97 优，含裁定 1 项' or '85.00～92.50 暂定';
    ``ruled`` counts the rows on which a ruling decided. ``sent_back``: the form was sent back for correction, for the
    how-manieth time; 0 where it was not, or where the unit has handed in another since.
    """

    code: str
    name: str
    type: str
    contact: str
    standing: Standing
    file: str = ""
    path: Place | None = None
    received: datetime | None = None
    late: bool = False
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    total: str = ""
    why: str = ""
    others: tuple[OtherFile, ...] = ()
    ruled: int = 0
    sent_back: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Counted in units of the roster: due = returned + set_aside + missing; returned = provisional + findings + clean.

    ``late`` units have a file, accepted or not, that came after the deadline. ``sent_back`` ones are to correct theirs.
    ``strays`` counts files.
    """

    due: int
    returned: int
    set_aside: int
    missing: int
    provisional: int
    findings: int
    clean: int
    late: int
    sent_back: int
    strays: int


@dataclass(frozen=True)
class RoundStatus:
    """What ``perfeval status`` tells. ``ignored`` is what lies in the inbox and is no return; ``rulings`` what came of
    rulings.xlsx. ``own`` is the department's own form: its standing goes by what is found in it, for its total comes
    with the units' figures."""

    campaign: Campaign
    today: date
    units: Sequence[UnitStatus]
    strays: Sequence[UnitStatus]
    ignored: Sequence[Ignored]
    rulings: Rulings = field(default_factory=Rulings)
    own: UnitStatus | None = None

    @property
    def days_left(self) -> int:
        """Until the deadline's day: 0 on that day, negative when it is over."""
        return (self.campaign.deadline - self.today).days

    @property
    def totals(self) -> Totals:
        count = Counter(unit.standing for unit in self.units)
        accepted = (Standing.PROVISIONAL, Standing.FINDINGS, Standing.CLEAN)
        return Totals(
            due=len(self.units),
            returned=sum(count[each] for each in accepted),
            set_aside=count[Standing.SET_ASIDE],
            missing=count[Standing.MISSING],
            provisional=count[Standing.PROVISIONAL],
            findings=count[Standing.FINDINGS],
            clean=count[Standing.CLEAN],
            late=sum(unit.late for unit in self.units),
            sent_back=sum(unit.sent_back > 0 for unit in self.units),
            strays=len(self.strays),
        )

    @property
    def settled(self) -> bool:
        """Whether every unit has returned and nothing is left to look at; a department need not hand in a form."""
        asked = any(each.severity is not Severity.INFO for each in self.rulings.findings)
        own = [self.own] if self.own is not None and self.own.standing is not Standing.MISSING else []
        return not asked and all(line.standing is Standing.CLEAN for line in (*self.units, *self.strays, *own))


def status(campaign: Campaign, district: District, inbox: Inbox, today: date) -> RoundStatus:
    """Every unit of the roster in its order, and every file of ``inbox`` and of the zips in it at exactly one place."""
    lines: defaultdict[str, list[UnitStatus]] = defaultdict(list)
    directory = Directory(campaign.roster.values())
    for result in district.results:
        unit = campaign.roster.get(result.unit_code)
        line = _stray(result, campaign, inbox, directory) if unit is None else _alone(unit, result, inbox, campaign)
        lines[result.unit_code].append(line)
    units = [_line(unit, lines.pop(unit.code, [])) for unit in campaign.roster.values()]
    strays = [each for of_one_code in lines.values() for each in of_one_code]
    own = _own_line(campaign, district, inbox)
    return RoundStatus(campaign, today, units, strays, inbox.ignored, district.rulings, own)


def _own_line(campaign: Campaign, district: District, inbox: Inbox) -> UnitStatus | None:
    """The department's own form; None where the round has none."""
    own = district.own
    unit = campaign.department_unit
    if own is None and district.scheme.per_project:
        return None
    line = _line(unit, [] if own is None else [_alone(unit, own, inbox, campaign)])
    if own is None or own.card is None:
        return line
    standing = Standing.FINDINGS if line.errors or line.warnings else Standing.CLEAN
    return replace(line, standing=standing, total="")


def _line(unit: Unit, files: Sequence[UnitStatus]) -> UnitStatus:
    """A unit's line from those of its files, each on its own."""
    if not files:
        return UnitStatus(unit.code, unit.label, unit.type, unit.contact, Standing.MISSING)
    newest_first = sorted(files, key=lambda each: (each.received or datetime.min, each.file), reverse=True)
    shown = next((each for each in newest_first if each.standing is not Standing.SET_ASIDE), newest_first[0])
    others = (OtherFile(each.file, each.why) for each in newest_first if each is not shown)
    return replace(shown, others=(*shown.others, *others))


def _alone(unit: Unit, shown: UnitResult, inbox: Inbox, campaign: Campaign) -> UnitStatus:
    """The line of one file, as if the unit had no other that was read."""
    item = inbox.holding(shown.file)
    received = _arrival(item)
    count = Counter(issue.first.severity for issue in shown.issues)
    return UnitStatus(
        code=unit.code,
        name=unit.label,
        type=unit.type,
        contact=unit.contact,
        standing=_standing(shown, count),
        file=shown.file,
        path=item.path if item else None,
        received=received,
        late=received is not None and received.date() > campaign.deadline,
        errors=count[Severity.ERROR],
        warnings=count[Severity.WARNING],
        infos=count[Severity.INFO],
        total="" if shown.card is None else _total(shown.card),
        why=_why(shown),
        ruled=0 if shown.card is None else len(shown.card.ruled),
        others=tuple(OtherFile(file, _PASSED_OVER) for file in shown.passed_over),
        sent_back=sent_back(campaign, unit, shown) if unit.code in campaign.roster else 0,
    )


def _stray(result: UnitResult, campaign: Campaign, inbox: Inbox, directory: Directory) -> UnitStatus:
    """The line of a file of no unit; what its name says helps to find whose it is."""
    unit = Unit(result.unit_code, result.unit_name, result.unit_type)
    line = _alone(unit, result, inbox, campaign)
    named = directory.other_units(result.file, unit)
    if not named:
        return line
    units = "、".join(f"{each.code} {each.label}" for each in named)
    return replace(line, why=f"{line.why}文件名写的是 {units}。")


def _arrival(item: Item | None) -> datetime | None:
    try:
        written = item.path.stat().st_mtime if item else None
    except FileNotFoundError:  # taken out of the inbox since it was read
        return None
    return None if written is None else datetime.fromtimestamp(written).replace(second=0, microsecond=0)


def _standing(result: UnitResult, count: Counter[Severity]) -> Standing:
    if result.card is None:
        return Standing.SET_ASIDE
    if result.card.provisional:
        return Standing.PROVISIONAL
    return Standing.FINDINGS if count[Severity.ERROR] or count[Severity.WARNING] else Standing.CLEAN


def _total(card: ScoreCard) -> str:
    ruled = f"，含裁定 {len(card.ruled)} 项" if card.ruled else ""
    if card.total is None:
        return f"{card.total_text} 暂定{ruled}"
    return f"{card.total_text} {card.grade}{ruled}"


def _why(result: UnitResult) -> str:
    if result.card is None:
        return result.findings[0].message
    for severity in (Severity.ERROR, Severity.WARNING):
        for issue in result.issues:
            if issue.first.severity is severity:
                return str(issue)
    return ""
