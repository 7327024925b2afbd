"""Forms sent back for correction: for each unit its workbook with the problems marked, and a cover note, into returned/.

How often a unit's form was sent back is told by its returns in the inbox; whether the last one was, by the note on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.cover_note import CoverNote, Problem, problems, times_sent_back
from perfeval_xl.district.crew import Crew
from perfeval_xl.district.letter import letter
from perfeval_xl.district.parcels import Inbox
from perfeval_xl.district.reissue import MENDED, Copies
from perfeval_xl.district.rounds import Step, examine_inbox, no_step, read_inbox, remove_older_names, units_of
from perfeval_xl.errors import WorkbookError
from perfeval_xl.excel.opening import opening_at
from perfeval_xl.files import write_atomically
from perfeval_xl.findings import Finding, Severity
from perfeval_xl.results import UnitResult, unsettled
from perfeval_xl.roster import Unit

TEXT_NOTE, LETTER = "_退回说明.txt", "_退回说明.docx"
_OUR_FAULT = {"internal-error", "reader-stopped"}
"""What a file was set aside for without the unit being able to mend it."""


@dataclass(frozen=True, slots=True)
class SentBack:
    """A unit whose form goes back, for the ``number``-th time; ``errors`` and ``warnings`` as its note lists them."""

    unit: Unit
    number: int
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class SendingBack:
    """What came of it: the units sent back, those asked for that have nothing to mend or returned nothing, and those whose
    workbook could not be made, with why."""

    sent: Sequence[SentBack]
    nothing: Sequence[Unit]
    failed: Mapping[str, str]


def send_back(
    campaign: Campaign,
    only: Collection[str] = (),
    due: date | None = None,
    step: Step = no_step,
    inbox: Inbox | None = None,
    crew: Crew | None = None,
) -> SendingBack:
    """Write workbook and notes into returned/ for every unit with errors, or for those of ``only`` (unit codes) with
    anything to mend; remove those of units that no longer have any.

    ``due`` is the last day for handing in again (the round's own unless told). CampaignError for an unknown code.
    """
    units = units_of(campaign, only)
    inbox = inbox or read_inbox(campaign)
    results = examine_inbox(campaign, step, inbox, crew).results
    copies = Copies(campaign, inbox)
    sent: list[SentBack] = []
    failed: dict[str, str] = {}
    nothing = []
    remove_older_names(campaign, campaign.returned, units, (".xlsx", TEXT_NOTE, LETTER))
    for unit, its in _of_each(units, results):
        try:
            made = _made(campaign, copies, unit, its, due or campaign.deadline, asked=bool(only))
        except WorkbookError as error:
            failed[unit.code] = str(error)
            made = None
        if made is None:
            _remove(campaign, unit)
            nothing += [unit] if only and unit.code not in failed else []
            continue
        note, workbook = made
        _write(campaign, note, workbook)
        sent.append(SentBack(unit, note.number, len(note.musts), len(note.looks)))
    return SendingBack(sent, nothing, failed)


def _of_each(units: Sequence[Unit], results: Iterable[UnitResult]) -> Iterator[tuple[Unit, Sequence[UnitResult]]]:
    """Each of ``units`` with its results; both come in the order of the roster."""
    wanted = {unit.code for unit in units}
    groups = ((code, list(its)) for code, its in groupby(results, lambda each: each.unit_code) if code in wanted)
    code, its = next(groups, ("", []))
    for unit in units:
        if unit.code == code:
            yield unit, its
            code, its = next(groups, ("", []))
        else:
            yield unit, []


def _made(
    campaign: Campaign, copies: Copies, unit: Unit, results: Sequence[UnitResult], due: date, *, asked: bool
) -> tuple[CoverNote, bytes] | None:
    """The note and the workbook that go to a unit; None where it has no errors (``asked``: nor warnings)."""
    accepted = next((each for each in results if each.card is not None), None)
    if accepted is None:
        return _not_accepted(campaign, copies, unit, results, due)
    assert accepted.submission is not None
    musts, looks = _to_mend(accepted, accepted.findings)
    if not (musts or (asked and looks)):
        return None
    copy = copies.annotated(accepted, to_correct=True)
    musts, looks = _to_mend(accepted, copy.findings)
    left = _to_mend(accepted, copy.findings, MENDED if copy.fresh else ())
    musts = left[0] or musts  # where a fresh form settles all errors, they are why it goes back
    looks = left[1] if musts else left[1] or looks
    note = CoverNote(
        campaign=campaign,
        unit=unit,
        number=1 + len(accepted.earlier),
        files=(accepted.file,),
        sha256=accepted.submission.sha256,
        workbook=unit.file_name,
        fresh=copy.fresh,
        musts=musts,
        looks=looks,
        due=due,
    )
    return note, opening_at(copy.data, copy.first_sheet)


def _to_mend(
    result: UnitResult, findings: Iterable[Finding], settled: Collection[str] = ()
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Errors and warnings for the unit, but for codes that are ``settled``, and differences that a person ruled on."""
    left = [each for each in unsettled(result.card, findings) if each.code not in settled]
    return problems(left, Severity.ERROR), problems(left, Severity.WARNING)


def _not_accepted(
    campaign: Campaign, copies: Copies, unit: Unit, results: Sequence[UnitResult], due: date
) -> tuple[CoverNote, bytes] | None:
    """The same for a unit of which nothing could be accepted: a blank, and why what it handed in won't do."""
    why = refusals(results)
    if not why:
        return None
    files = tuple(each.place for each in why)
    note = CoverNote(campaign, unit, len(why), files, "", unit.file_name, "", why, (), due)
    return note, copies.blank(unit)


def refusals(results: Iterable[UnitResult]) -> tuple[Problem, ...]:
    """The files of a unit that were not accepted, each with why; without those that it can't do anything about."""
    told = [each for each in results if each.card is None and each.findings[0].code not in _OUR_FAULT]
    return tuple(Problem(each.file, each.findings[0].message) for each in told)


def must_correct(result: UnitResult) -> int:
    """How many things in an accepted return the unit must mend, so that it is to be sent back."""
    return len(_to_mend(result, result.findings)[0])


def _write(campaign: Campaign, note: CoverNote, workbook: bytes) -> None:
    files = _files(campaign, note.unit)
    write_atomically(files[0], workbook)
    write_atomically(files[2], letter(note))
    write_atomically(files[1], note.text().replace("\n", "\r\n").encode("utf-8-sig"))  # so that any Notepad shows it


def _remove(campaign: Campaign, unit: Unit) -> None:
    for path in _files(campaign, unit):
        path.unlink(missing_ok=True)


def _files(campaign: Campaign, unit: Unit) -> tuple[Path, Path, Path]:
    """The workbook, the note, the letter."""
    name = unit.file_name.removesuffix(".xlsx")
    folder = campaign.returned
    return folder / unit.file_name, folder / f"{name}{TEXT_NOTE}", folder / f"{name}{LETTER}"


def sent_back(campaign: Campaign, unit: Unit, result: UnitResult) -> int:
    """For the how-manieth time the form that ``result`` is about was sent back; 0 where it was not, or where the unit has
    handed in another since."""
    return times_sent_back(note_of(campaign, unit), result)


def note_of(campaign: Campaign, unit: Unit) -> str:
    """The text of the note that lies in returned/ for a unit; '' where there is none."""
    try:
        return _files(campaign, unit)[1].read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def enclosures(campaign: Campaign, unit: Unit) -> tuple[Path, Path]:
    """Where the workbook and the letter that go back to a unit lie, if they do."""
    workbook, _, paper = _files(campaign, unit)
    return workbook, paper
