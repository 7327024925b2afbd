"""The narratives of a round: the department's into summary/, the units' into summary/自评说明/.

What a person has written into one since is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.narrative.blocks import Subject
from perfeval_xl.district.narrative.paper import document, is_untouched
from perfeval_xl.district.narrative.story import story_of
from perfeval_xl.district.rollup.combine import RolledUp, roll_up
from perfeval_xl.district.rollup.wording import OPENING, span_and_grade
from perfeval_xl.district.rounds import Step, no_step
from perfeval_xl.errors import NarrativeError
from perfeval_xl.files import sweep_parts, write_atomically
from perfeval_xl.overview import facts_of
from perfeval_xl.results import District, UnitResult
from perfeval_xl.roster import Unit

FOLDER = "自评说明"


@dataclass(frozen=True)
class Written:
    """A narrative that was written, and what a person must still write or check in it."""

    name: str
    path: Path
    reminders: tuple[str, ...]


@dataclass
class Narratives:
    """What came of a run. ``kept`` are documents that somebody has changed, which were left as they are; ``without`` are
    units that have no accepted return to write from."""

    written: list[Written] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    without: list[Unit] = field(default_factory=list)


def department_path(campaign: Campaign) -> Path:
    """Where the department's narrative goes."""
    return campaign.summary / f"{campaign.scheme.title}说明.docx"


def unit_path(campaign: Campaign, unit: Unit) -> Path:
    """Where a unit's narrative goes."""
    return campaign.summary / FOLDER / f"{unit.file_name.removesuffix('.xlsx')}.docx"


def write_narrative(subject: Subject, path: Path, done: Narratives) -> None:
    """Write one narrative, unless somebody has changed what stands there. NarrativeError where its scheme has none."""
    story = story_of(subject)
    if path.exists() and not is_untouched(path.read_bytes()):
        done.kept.append(path)
        return
    path.parent.mkdir(exist_ok=True)
    sweep_parts(path.parent)
    write_atomically(path, document(story, subject))
    done.written.append(Written(subject.name, path, story.reminders))


def write_units(campaign: Campaign, district: District, units: Sequence[Unit], step: Step = no_step) -> Narratives:
    """Write the narratives of ``units`` from their accepted returns in ``district``. Of all units of the round: those of
    units that were renamed or have no accepted return any more are removed."""
    done = Narratives()
    accepted = {each.unit_code: number for number, each in enumerate(district.results) if each.card is not None}
    for unit in units:
        number = accepted.get(unit.code)
        if number is None:
            done.without.append(unit)
        else:
            result = district.results[number]
            write_narrative(unit_subject(campaign, unit, result), unit_path(campaign, unit), done)
        step()
    if len(units) == len(campaign.roster):
        current = {unit_path(campaign, unit) for unit in units if unit.code in accepted}
        _remove_others((campaign.summary / FOLDER).glob("*.docx"), current)
    return done


def write_department(campaign: Campaign, district: District) -> Narratives:
    """Write the department's narrative from its form as rolled up. NarrativeError while there is nothing to roll up."""
    rolled = roll_up(campaign, district)
    if rolled.own is None and len(rolled.absent) == len(rolled.units):
        raise NarrativeError(
            "还没有一份可用的报表，写不出主管部门的说明。请先收齐各单位和主管部门自己的表，放入 inbox。"
        )
    done = Narratives()
    write_narrative(department_subject(campaign, district, rolled), department_path(campaign), done)
    return done


def department_subject(campaign: Campaign, district: District, rolled: RolledUp) -> Subject:
    """The department with its rolled-up form, to write about."""
    return Subject(
        name=campaign.department,
        is_department=True,
        year=campaign.year,
        scheme=campaign.scheme,
        submission=rolled.submission,
        card=rolled.card,
        findings=rolled.card.findings,
        author=campaign.department,
        units=facts_of(district),
        notes=tuple(_gaps(rolled)),
        not_typed=OPENING,
    )


def _gaps(rolled: RolledUp) -> Iterator[str]:
    """What is missing from the department's form and what that may still change."""
    if rolled.own is None:
        yield "主管部门自己的表尚未收到，自填的项目没有数据。"
    bounds = rolled.bounds
    touched = [row.indicator.name for row in bounds.rows if row.touched]
    if touched:
        possible, likely = (span_and_grade(bounds, span) for span in (bounds.possible, bounds.likely))
        yield (
            f"有 {len(dict.fromkeys(touched))} 项指标缺少部分单位的数据。所缺的数据补齐后，总分最宽可在 {possible}；"
            f"如所缺的数不大于已报单位中的最大值，则在 {likely}。"
        )


def unit_subject(campaign: Campaign, unit: Unit, result: UnitResult) -> Subject:
    """A unit with its accepted return, to write about."""
    assert result.submission is not None and result.card is not None
    return Subject(
        name=unit.name,
        is_department=False,
        year=campaign.year,
        scheme=campaign.scheme,
        submission=result.submission,
        card=result.card,
        findings=result.findings,
        author=campaign.department,
    )


def _remove_others(found: Iterable[Path], current: set[Path]) -> None:
    for path in list(found):
        if path not in current and is_untouched(path.read_bytes()):
            path.unlink()
