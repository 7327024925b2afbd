"""From a file that came back to a result: opened, identified, compared with what was issued, read, scored.

Every file ends as one result (a zip as one for each of its members): accepted, with findings or without, or set aside
with one finding that says why and what to do. Nothing that is wrong with a file is raised.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import prefill, sight
from perfeval_xl.district.directory import Directory
from perfeval_xl.district.identify import Identified, claimed_unit, form_of, identify
from perfeval_xl.district.parcels import Ignored, Item, unpacked
from perfeval_xl.district.stamps import common_stamps, own_stamps, stamps_in
from perfeval_xl.errors import ForeignWorkbook, Refused, StorageError, UnreadableWorkbook, WorkbookError
from perfeval_xl.excel import seal
from perfeval_xl.excel.comparison import differences
from perfeval_xl.excel.decrypt import decrypted
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.hidden import SEAL
from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.prefilling import Prefilled
from perfeval_xl.excel.preflight import MAX_FILE
from perfeval_xl.excel.recognise import FileKind, recognise
from perfeval_xl.excel.stamping import fill
from perfeval_xl.files import reason
from perfeval_xl.findings import Finding, finding
from perfeval_xl.generator import submission_of
from perfeval_xl.passwords import Passwords
from perfeval_xl.reader import SOURCES, Identity, Return, read_return
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score
from perfeval_xl.storage import Place

_OURS = 0.6
"""A workbook that no longer says what it is has at least this share of the form's labels where it is the form."""

_MOST_NAMED = 5


@dataclass(frozen=True)
class Desk:
    """Where returns are examined: in a round (its scheme, key, roster and blanks known) or away from one (all None).

    ``issued`` is what all blanks of the round say (stamps.common_stamps), ``outbox`` where they lie. ``department`` hands
    in a form of its own, in which what comes from the units may be left blank; it isn't on the ``roster``.
    """

    scheme: Scheme | None = None
    key: bytes | None = field(default=None, repr=False)
    roster: Mapping[str, Unit] | None = None
    passwords: Passwords = field(default_factory=Passwords)
    issued: Mapping[str, str] = field(default_factory=dict)
    outbox: Place | None = None
    department: Unit | None = None

    @classmethod
    def of(cls, campaign: Campaign, passwords: Sequence[str] = ()) -> Desk:
        """The desk of a round; ``passwords`` are tried on every encrypted file, beside those of passwords.xlsx."""
        known = Passwords((*campaign.passwords.rows, *(("*", each) for each in passwords)))
        issued = common_stamps(campaign)
        own = campaign.department_unit
        return cls(campaign.scheme, campaign.key, campaign.roster, known, issued, campaign.outbox, own)

    def __getstate__(self) -> dict[str, Any]:
        """With the scheme's text in place of its path: a worker elsewhere, or in another folder, has no such file."""
        state, scheme = dict(self.__dict__), self.scheme
        if scheme is not None and isinstance(scheme.origin, Path):
            with suppress(OSError):
                state["scheme"] = replace(scheme, origin=scheme.origin.read_text(encoding="utf-8"))
        return state

    @cached_property
    def _directory(self) -> Directory | None:
        return None if self.roster is None else Directory(self.roster.values(), self.department)

    def unit(self, code: str) -> Unit | None:
        """Who has the code in this round: a unit of the roster or the department."""
        return None if self._directory is None else self._directory.unit(code)

    def examine(self, path: Place, name: str | None = None) -> list[UnitResult]:
        """The results of a file, called ``name`` in them: one, or one for each workbook in a zip. Nothing is written.

        StorageError where it lies at a URL that can't be reached.
        """
        name = name or path.name
        data = self.read(path, name)
        return self.examine_file(data, name) if isinstance(data, bytes) else [data]

    def read(self, path: Place, name: str) -> bytes | UnitResult:
        """What is in a file; where it can't be read, the result that says so. StorageError as in ``examine``."""
        try:
            size = sight.size_of(path)
            if size > MAX_FILE:
                megabytes = f"{size / 1024 / 1024:.0f}"
                return set_aside(name, finding("too-large", why=f"文件有 {megabytes} MB，超过 25 MB"))
            return sight.read(path)
        except OSError as error:
            return set_aside(name, finding("unreadable", why=f"读取失败（{reason(error)}）"))

    def examine_file(self, data: bytes, name: str) -> list[UnitResult]:
        """The results of what is in a file: of a workbook one, of a zip one for each workbook in it."""
        if recognise(data, name).kind is not FileKind.ZIP:
            return [self.examine_bytes(data, name)]
        try:
            parcel = unpacked(data, name)
        except WorkbookError as error:
            return [replace(set_aside(name, _why(error)), sha256=hashlib.sha256(data).hexdigest())]
        first, *rest = [
            set_aside(each.name, _why(each.refused)) if each.refused else self.examine_bytes(each.data, each.name)
            for each in parcel.members
        ]
        return [_with_ignored(first, parcel.ignored), *rest]

    def examine_bytes(self, data: bytes, name: str) -> UnitResult:
        """The result of a workbook."""
        return replace(self._result(data, name), sha256=hashlib.sha256(data).hexdigest())

    def _result(self, data: bytes, name: str) -> UnitResult:
        identity = None
        try:
            opened = Return(data, name, self.passwords.to_try(name))
            identity = opened.identity
            return self._examined(opened)
        except WorkbookError as error:
            return set_aside(name, _why(error), identity)
        except (MemoryError, StorageError):
            raise
        except Exception as error:  # a fault of ours: it must not cost the other files, and nothing of it be lost
            frame = traceback.extract_tb(error.__traceback__)[-1]
            why = f"{type(error).__name__}，{Path(frame.filename).name}:{frame.lineno}"
            return set_aside(name, finding("internal-error", why=why), identity)

    def _examined(self, opened: Return) -> UnitResult:
        claim = self._named(opened)
        form = form_of(claim, self.scheme)
        scheme = form.scheme
        if form.earlier is None:
            code, name = opened.printed_unit(scheme)
            claim = replace(claim, unit_code=code, unit_name=name)
        who = identify(claim, form, opened.source, self.key, self._directory)
        submission = replace(read_return(opened, scheme, form.names), unit_code=who.unit_code)
        own = who.unit is not None and who.unit == self.department
        card = score(scheme, submission, elsewhere=scheme.rolled_up if own else frozenset())
        given = self._prefilled(who)
        changed = (*self._changes(opened, who), *prefill.changes(given, submission, scheme))
        noticed = (*opened.findings, *who.findings, *submission.findings, *changed)
        return UnitResult(
            unit_code=who.unit_code,
            unit_name=who.unit.label if who.unit else submission.unit_name,
            unit_type=who.unit.type if who.unit else "",
            file=opened.source,
            reviewed=None,
            submission=submission,
            card=card,
            findings=(*noticed, *_without_echoes(card.findings, noticed)),
            prefilled=prefill.unchanged(given, submission),
        )

    def _named(self, opened: Return) -> Identity:
        """What a return says of itself; where it says nothing, its labels may tell that it is of the round's form."""
        identity = opened.identity
        if identity.scheme or seal.commonest(identity.seals)[1] or self.scheme is None:
            return identity
        return identity if opened.anchors(self.scheme).match < _OURS else _by_its_labels(identity, self.scheme)

    def _changes(self, opened: Return, who: Identified) -> tuple[Finding, ...]:
        """What was changed of the form; of an earlier version nobody kept what was issued."""
        if who.form.earlier is not None:
            return ()
        scheme = who.form.scheme
        layout, anchors = build_layout(scheme), opened.anchors(scheme)
        changes = differences(layout, opened.book, anchors, self._stamped(who, opened.identity))
        if any(each.code == "issued-data-changed" for each in changes):
            issued = self._issued_to(who, opened.identity)
            if issued is not None:
                changes = differences(layout, opened.book, anchors, issued)
        return changes

    def _prefilled(self, who: Identified) -> Mapping[str, Prefilled]:
        """What the unit's blank was issued with beyond the form, by field id; nothing away from a round."""
        if self.outbox is None or who.unit is None or who.form.earlier is not None:
            return {}
        return prefill.issued_with(self.outbox / who.unit.file_name, who.form.scheme)

    def fill(self, data: bytes, name: str, answers_text: str) -> bytes:
        """The workbook ``data`` (called ``name`` in messages) with the answers of an answers file typed in.

        WorkbookError where it is none of a form that we know; AnswersError where the answers don't fit the form;
        PatchRefused where a cell that they go into was changed.
        """
        try:
            form = form_of(Return(data, name).identity, self.scheme)
        except ForeignWorkbook as error:
            raise ForeignWorkbook(f"{name}：{error}。请用下发的表格。") from error
        except (Refused, UnreadableWorkbook) as error:
            raise UnreadableWorkbook(f"{name}：{_why(error).message}") from error
        if form.earlier is not None:
            raise ForeignWorkbook(f"{name} 是较早版本的表，现用 {form.scheme.id} {form.scheme.version}。请重新下发。")
        return filled(data, form.scheme, answers_text)

    def workbook(self, item: Item, name: str, sha256: str) -> bytes:
        """The bytes, decrypted, of the accepted workbook ``name``, which is ``item`` or lies in that zip.

        ``sha256`` is that of the file as it was examined. OSError or WorkbookError where it is no longer there, or no
        longer the same.
        """
        data = sight.read(item.path)
        if name != item.name:
            members = {each.name: each.data for each in unpacked(data, item.name).members}
            if name not in members:
                raise UnreadableWorkbook(f"{item.name} 的内容已经变了")
            data = members[name]
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UnreadableWorkbook(f"{name} 的内容已经变了")
        if recognise(data, name).kind is not FileKind.ENCRYPTED:
            return data
        return decrypted(data, self.passwords.to_try(name))[0]

    def _stamped(self, who: Identified, identity: Identity) -> Mapping[str, str] | None:
        """What the unit's blank must say beside the form itself; None away from a round."""
        if who.unit is None or not self.issued:
            return None
        own = own_stamps(who.form.scheme, who.unit, department=who.unit == self.department)
        return {**self.issued, **own, **_short_seal(identity)}

    def _issued_to(self, who: Identified, identity: Identity) -> Mapping[str, str] | None:
        """The same as it stands in the unit's blank: settings and roster may have changed since it was issued."""
        if self.outbox is None or who.unit is None:
            return None
        stamps = stamps_in(self.outbox / who.unit.file_name, build_layout(who.form.scheme))
        if stamps is None:
            return None
        return {key: text for key, text in {**stamps, **_short_seal(identity)}.items() if key != SEAL}


def _short_seal(identity: Identity) -> Mapping[str, str]:
    """What a return must print of its seal; what the seal itself is worth is told by identify."""
    text, _ = seal.commonest(identity.seals)
    return {"seal_short": seal.short(text)} if text else {}


def filled(data: bytes, scheme: Scheme, answers_text: str) -> bytes:
    """A workbook issued for ``scheme``, the answers of an answers file typed in. AnswersError, PatchRefused."""
    answers = read_answers(answers_text, scheme)
    view = View(answers, score(scheme, submission_of(scheme, answers)))
    return fill(data, build_layout(scheme), answers, view)


def set_aside(name: str, why: Finding, identity: Identity | None = None) -> UnitResult:
    """The result of a file that can't be taken, and as far as it could be told, whose it is."""
    return UnitResult(
        unit_code=claimed_unit(identity) if identity else "",
        unit_name=identity.unit_name if identity else "",
        unit_type="",
        file=name,
        reviewed=None,
        submission=None,
        card=None,
        findings=(why,),
    )


def _why(error: WorkbookError) -> Finding:
    """What a file is set aside for."""
    if isinstance(error, Refused):
        return error.finding
    return finding("not-our-form" if isinstance(error, ForeignWorkbook) else "unreadable", why=str(error))


def _by_its_labels(identity: Identity, scheme: Scheme) -> Identity:
    """The identity of a workbook that lost all that says which form it is, but has its labels."""
    return replace(
        identity,
        scheme=scheme.id,
        version=scheme.version,
        year=scheme.year,
        sources=dict.fromkeys(("scheme", "version", "year"), "printed"),
        lost=SOURCES,
    )


def _with_ignored(result: UnitResult, ignored: Sequence[Ignored]) -> UnitResult:
    """A zip's first result, which also tells what else was in the zip and was not read."""
    if not ignored:
        return result
    named = "；".join(f"{each.name.rpartition('/')[2]}（{each.why}）" for each in ignored[:_MOST_NAMED])
    more = f"等 {len(ignored)} 个" if len(ignored) > _MOST_NAMED else ""
    return replace(result, findings=(*result.findings, finding("parcel-leftovers", actual=named + more)))


_ECHOES = {"missing", "text-missing", "cell-lost", "evidence-missing", "self-score-missing"}


def _without_echoes(findings: Sequence[Finding], noticed: Sequence[Finding]) -> list[Finding]:
    """``findings`` but for those of cells on a sheet that is missing, which has been told: they have no cell."""
    if all(each.code != "sheet-missing" for each in noticed):
        return list(findings)
    return [each for each in findings if each.cell is not None or each.code not in _ECHOES]
