"""The annotated copy of a return: the unit's own workbook where that can be written into, else a fresh one.

A fresh one is the unit's blank with its answers carried over. It stands in for what can't be patched without harm: other
formats, signed files, a form whose rows, columns or sheets are no longer what they were, a review block that is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from perfeval_xl.campaign import Campaign
from perfeval_xl.cells import Cell
from perfeval_xl.district import sight
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.parcels import Inbox, Item
from perfeval_xl.district.stamps import Issuer
from perfeval_xl.errors import PatchRefused, UnreadableWorkbook, WorkbookError
from perfeval_xl.excel.layout import SEAL_NAME, build_layout
from perfeval_xl.excel.layout.model import Layout, View
from perfeval_xl.excel.layout.review import list_name
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.prefilling import unlocked_formats
from perfeval_xl.excel.scan import scan_sheet
from perfeval_xl.excel.stamping import fill
from perfeval_xl.files import reason
from perfeval_xl.findings import Finding, Severity, finding
from perfeval_xl.generator import submission_of
from perfeval_xl.reader import Return, read_return
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.answers import Answer, Answers, Submission
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.scorer import score
from perfeval_xl.writer import annotate

_REBUILT = {
    "sheet-missing": "表中缺少工作表",
    "cell-lost": "填报单元格被删去",
    "rows-deleted": "表中的行被删去",
    "rows-moved": "表中行的次序被打乱",
    "columns-deleted": "表中的列被删去",
    "columns-moved": "表中列的次序被打乱",
}
"""Findings of a form that is no longer what it was, and what to say then, as a clause."""

_BEYOND_THE_UNIT = {
    "seal-missing": "表格没有封签",
    "seal-copies-differ": "表中几处封签不一致",
    "seal-other-round": "封签不是本次任务签发的",
    "seal-broken": "封签校验不符",
    "unit-code-edited": "表上的单位代码被改动",
    "older-version": "表格是较早的版本",
    "label-changed": "锁定的内容被改动",
    "formula-changed": "锁定的公式被改动",
}
"""Findings that a unit can't mend in its own file, because the places are locked; a fresh one has them in order."""
MENDED = frozenset({*_BEYOND_THE_UNIT, "other-format", "names-lost", "identity-partly-lost"})
"""Findings that are settled with a fresh form."""


@dataclass(frozen=True)
class AnnotatedCopy:
    """``data`` is the workbook; ``findings`` are all that were made of the return, their cells as they stand in ``data``.

    ``fresh`` tells why this is not the unit's own file, as a clause ('' where it is); ``told`` is the finding that says so.
    ``first_sheet`` has the list of findings.
    """

    data: bytes
    findings: tuple[Finding, ...]
    first_sheet: str
    fresh: str = ""
    told: tuple[Finding, ...] = ()


class Copies:
    """Makes the annotated copies of a round's returns."""

    def __init__(self, campaign: Campaign, inbox: Inbox) -> None:
        """``inbox`` is where the returns lie."""
        self.campaign = campaign
        self._inbox = inbox

    @cached_property
    def _desk(self) -> Desk:
        return Desk.of(self.campaign)

    @cached_property
    def _issuer(self) -> Issuer:
        return Issuer(self.campaign)

    def annotated(self, result: UnitResult, item: Item | None = None, *, to_correct: bool = False) -> AnnotatedCopy:
        """The annotated copy of an accepted return, a unit's or the department's own; the same one each time.

        ``item`` is where its file lies (looked up unless given). ``to_correct``: the unit is to go on with it, so no
        cell with a problem may be locked. WorkbookError, with a clause that says why, where there is no copy: the file
        has gone, or an answer is too long.
        """
        submission, card = _accepted(result)
        why = _as_found(result, _BEYOND_THE_UNIT | _REBUILT if to_correct else _REBUILT)
        if why:
            return self._fresh(result, why)
        workbook = self._original(result, item or self._inbox.holding(result.file))
        package = Package.read(workbook)
        why = _better_left_alone(package, result, to_correct)
        if why:
            return self._fresh(result, why)
        try:
            done = annotate(workbook, submission.review_cells, card, result.findings, package)
        except PatchRefused as error:
            return self._fresh(result, f"原表的复核区不能写入（{error}）")
        return AnnotatedCopy(done, result.findings, _first_sheet(submission.review_cells))

    def _fresh(self, result: UnitResult, why: str) -> AnnotatedCopy:
        submission, card = _accepted(result)
        layout = build_layout(card.scheme)
        told = finding("reissued", why=why)
        moved = _moved((*result.findings, told), submission, layout)
        data = annotate(self.reissued(result), layout.review, card, moved)
        return AnnotatedCopy(data, moved, _first_sheet(layout.review), why, (told,))

    def _original(self, result: UnitResult, item: Item | None) -> bytes:
        if item is None:
            raise UnreadableWorkbook(f"{result.file} 已不在收件文件夹中")
        try:
            return self._desk.workbook(item, result.file, result.sha256)
        except OSError as error:
            raise UnreadableWorkbook(f"{result.file} 读不了（{reason(error)}）") from error

    def reissued(self, result: UnitResult) -> bytes:
        """A unit's blank with the answers of its accepted return; what could not be used stands there as it was typed.

        What the return no longer has a cell for is as it was issued. PatchRefused for a text longer than a cell holds.
        """
        unit = self.campaign.addressees[result.unit_code]
        try:
            return carried_over(self.blank(unit), unit.file_name, *_accepted(result))
        except (
            WorkbookError
        ):  # the answers don't fit, or somebody worked in the outbox: then a blank made anew is as good
            return carried_over(self._issuer.blank(unit), unit.file_name, *_accepted(result))

    def blank(self, unit: Unit) -> bytes:
        """What ``unit`` was issued, or where that is no longer there, or no longer the one in use, a blank made anew."""
        return self._issued(unit) or self._issuer.blank(unit)

    def _issued(self, unit: Unit) -> bytes | None:
        try:
            blank = sight.read(self.campaign.outbox / unit.file_name)
            sealed = Package.read(blank).custom_properties.get(SEAL_NAME)
        except (OSError, WorkbookError):
            return None
        return blank if sealed == self._issuer.seal_of(unit) else None


def _accepted(result: UnitResult) -> tuple[Submission, ScoreCard]:
    assert result.submission is not None and result.card is not None
    return result.submission, result.card


def _as_found(result: UnitResult, reasons: Mapping[str, str]) -> str:
    """Why a return is not to be written into, as its findings tell; '' where they don't. ``reasons`` are by code."""
    for each in result.findings:
        if each.code == "other-format":
            return f"文件是 {each.actual} 格式"
        if each.code in reasons:
            return reasons[each.code]
    return ""


def _better_left_alone(package: Package, result: UnitResult, to_correct: bool) -> str:
    """Why a return should not be written into although it could be, as its file tells; '' where it doesn't."""
    if package.signed:
        return "文件带有数字签名，改动会使签名失效"
    return "有要改的单元格被锁定" if to_correct and _locked(package, result) else ""


def _locked(package: Package, result: UnitResult) -> bool:
    """Whether an input cell with a problem can't be typed into: what is pasted often brings its own lock along."""
    submission, _ = _accepted(result)
    inputs = {each.cell for each in submission.answers.values() if each.field not in result.prefilled}
    wrong = {each.cell for each in result.findings if each.severity is not Severity.INFO} & inputs
    unlocked = unlocked_formats(package)
    for sheet in {cell.sheet for cell in wrong if cell is not None} & package.sheets.keys():
        scan = scan_sheet(package.part(package.sheets[sheet]))
        styles = {scan.styles.get(cell.ref) for cell in wrong if cell is not None and cell.sheet == sheet} - {None}
        if scan.protected and styles - unlocked:
            return True
    return False


def _first_sheet(places: Mapping[str, Cell]) -> str:
    """The sheet with the list of findings; where there is none, that of the review's total."""
    cell = places.get(list_name(1, "message")) or places["review_total"]
    return cell.sheet


def carried_over(blank: bytes, name: str, submission: Submission, card: ScoreCard) -> bytes:
    """``blank`` (called ``name`` in messages) with the answers of ``submission`` as far as it has cells for them.

    A claim that was left to the form, or is what the form works out, is left to it again. PatchRefused for a text longer
    than a cell holds.
    """
    scheme = card.scheme
    answers = {each.field: each for each in read_return(Return(blank, name), scheme).answers.values()}
    answers |= {each.field: _retyped(each) for each in submission.answers.values() if each.cell is not None}
    live = score(scheme, submission_of(scheme, Answers(answers.values())))
    for row in live.rows:
        field = row.indicator.self_score_id
        cell, claim = submission.score_cells.get(field), answers[field].value
        if (cell is not None and cell.issued) or (claim is not None and claim == row.score):
            answers[field] = Answer(field, None)  # left to the form's own formula
    carried = Answers(answers.values())
    return fill(blank, build_layout(scheme), carried, View(carried, live))


def _retyped(answer: Answer) -> Answer:
    """An answer as it goes into a fresh cell: a value plainly, whatever way it was spelled."""
    return answer if answer.value is None else Answer(answer.field, answer.value)


def _moved(findings: tuple[Finding, ...], submission: Submission, layout: Layout) -> tuple[Finding, ...]:
    """``findings`` with their cells where they stand in a form as it was issued; None for those that it has no like of."""
    issued = _issued_places(submission, layout)
    crooked = {cell.sheet for cell, place in issued.items() if cell != place}
    known = {cell.sheet for cell in issued}

    def place(cell: Cell) -> Cell | None:
        straight = cell.sheet in known and cell.sheet not in crooked and cell.sheet in layout.sheet
        return cell if straight else issued.get(cell)

    return tuple(each if each.cell is None else replace(each, cell=place(each.cell)) for each in findings)


def _issued_places(submission: Submission, layout: Layout) -> Mapping[Cell, Cell]:
    """Where the return's cells, as far as they are known, stood when the form was issued."""
    answered = {each.cell: layout.place(each.field) for each in submission.answers.values() if each.cell is not None}
    scores = {each.cell: layout.place(name) for name, each in submission.score_cells.items()}
    reviewed = {cell: layout.review[name] for name, cell in submission.review_cells.items()}
    return {**reviewed, **scores, **answered}
