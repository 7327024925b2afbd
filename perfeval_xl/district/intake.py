"""From a file that came back to a result: opened, identified, its seal checked, read, scored.

One bad file is one result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from perfeval_xl.campaign import Unit
from perfeval_xl.errors import ForeignWorkbook, PerfevalError, UnreadableWorkbook
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.stamping import fill
from perfeval_xl.findings import Finding, finding
from perfeval_xl.generator import submission_of
from perfeval_xl.reader import Identity, Return, read_return
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score

_NOT_RETURNS = ("~$", ".", "._")
_NEVER_WORKBOOKS = (".part", ".tmp")


def inbox_files(folder: Path) -> list[Path]:
    """The files to look at, by name: lock files, hidden files and unfinished writes are left out."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(_NOT_RETURNS) and path.suffix.lower() not in _NEVER_WORKBOOKS
    )


@dataclass(frozen=True)
class Desk:
    """Where returns are examined: in a round (its scheme, key and roster known) or away from one (all None)."""

    scheme: Scheme | None = None
    key: bytes | None = None
    roster: Mapping[str, Unit] | None = None

    def examine(self, path: Path, *, closely: bool = False) -> UnitResult:
        """Read and score one file. Whatever is wrong with it is told in the result's findings; nothing is written.

        ``closely``: the formulas behind the scores are read too (see reader.read_return).
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            return _set_aside(path.name, finding("unreadable", why=f"读取失败（{error.strerror}）"))
        return self.examine_bytes(data, path.name, closely=closely)

    def examine_bytes(self, data: bytes, name: str, *, closely: bool = False) -> UnitResult:
        try:
            return self._examined(Return(data, name), closely)
        except UnreadableWorkbook as error:
            return _set_aside(name, finding("unreadable", why=str(error)))
        except ForeignWorkbook as error:
            return _set_aside(name, finding("not-our-form", why=str(error)))

    def _examined(self, opened: Return, closely: bool) -> UnitResult:
        identity = opened.identity
        scheme = self._scheme_of(identity)
        if (identity.scheme, identity.version) != (scheme.id, scheme.version):
            wrong = finding(
                "wrong-scheme",
                expected=f"{scheme.id} {scheme.version}",
                actual=f"{identity.scheme} {identity.version}",
            )
            return _set_aside(opened.source, wrong, identity)
        unit_code, seal_findings = self._check_seal(identity, scheme)
        unit = None if self.roster is None else self.roster.get(unit_code)
        if self.roster is not None and unit is None:
            return _set_aside(opened.source, finding("unit-unknown", actual=unit_code or "（空）"), identity)
        submission = replace(read_return(opened, scheme, closely=closely), unit_code=unit_code)
        card = score(scheme, submission)
        return UnitResult(
            unit_code=unit_code,
            unit_name=unit.name if unit else submission.unit_name,
            unit_type=unit.type if unit else "",
            file=opened.source,
            reviewed=None,
            submission=submission,
            card=card,
            findings=(*seal_findings, *submission.findings, *card.findings),
        )

    def fill(self, data: bytes, name: str, answers_text: str) -> bytes:
        """The workbook ``data`` (called ``name`` in messages) with the answers of an answers file typed in.

        UnreadableWorkbook or ForeignWorkbook where it is none of a form that we know; AnswersError where the answers
        don't fit the form; PatchRefused where a cell that they go into was changed.
        """
        try:
            identity = Return(data, name).identity
            scheme = self._scheme_of(identity)
        except (UnreadableWorkbook, ForeignWorkbook) as error:
            raise type(error)(f"{name}：{error}。请用下发的表格。") from error
        if (identity.scheme, identity.version) != (scheme.id, scheme.version):
            raise ForeignWorkbook(
                f"{name} 是 {identity.scheme} {identity.version} 的表，现用 {scheme.id} {scheme.version}。请重新下发。"
            )
        return filled(data, scheme, answers_text)

    def _scheme_of(self, identity: Identity) -> Scheme:
        if self.scheme is not None:
            return self.scheme
        try:
            return _installed_scheme(identity.scheme)
        except PerfevalError as error:
            raise ForeignWorkbook(f"没有方案 {identity.scheme}") from error

    def _check_seal(self, identity: Identity, scheme: Scheme) -> tuple[str, tuple[Finding, ...]]:
        """The unit that the seal names (the printed code where it names none) and what is wrong with the seal."""
        if self.key is None:
            return identity.unit_code, (finding("seal-not-checked"),)
        checked = self._verified(identity, scheme)
        notes: tuple[Finding, ...] = ()
        if checked.status is seal.SealStatus.BROKEN:
            earlier = self._verified(identity, _as_it_comes(scheme))
            if earlier.problem is None:
                checked, notes = earlier, (finding("issued-under-other-readings"),)
        unit_code = checked.unit_code or identity.unit_code
        if checked.problem is not None:
            return unit_code, (finding("seal-broken", why=checked.problem),)
        if identity.unit_code not in ("", unit_code):
            why = f"封签属于 {unit_code}，表上单位代码为 {identity.unit_code}"
            return unit_code, (finding("seal-broken", why=why),)
        return unit_code, notes

    def _verified(self, identity: Identity, scheme: Scheme) -> seal.SealCheck:
        assert self.key is not None
        digest = locked_digest(scheme)
        return seal.verify(self.key, identity.seals, scheme.id, scheme.version, scheme.year, digest)


def filled(data: bytes, scheme: Scheme, answers_text: str) -> bytes:
    """A workbook issued for ``scheme``, the answers of an answers file typed in. AnswersError, PatchRefused."""
    answers = read_answers(answers_text, scheme)
    view = View(answers, score(scheme, submission_of(scheme, answers)))
    return fill(data, build_layout(scheme), answers, view)


@lru_cache(maxsize=8)
def _installed_scheme(scheme_id: str) -> Scheme:
    return load_scheme(find_scheme(scheme_id))


_plain: dict[str, Scheme] = {}


def _as_it_comes(scheme: Scheme) -> Scheme:
    """``scheme`` under the readings that its file has in force: blanks may have gone out before a bureau ruled."""
    if scheme.digest not in _plain:
        _plain[scheme.digest] = load_scheme(scheme.origin)
    return _plain[scheme.digest]


_digests: dict[str, str] = {}


def locked_digest(scheme: Scheme) -> str:
    """The digest of what is locked in ``scheme``'s workbook; worked out once a scheme."""
    if scheme.digest not in _digests:
        _digests[scheme.digest] = seal.locked_digest(build_layout(scheme))
    return _digests[scheme.digest]


def _set_aside(name: str, why: Finding, identity: Identity | None = None) -> UnitResult:
    return UnitResult(
        unit_code=identity.unit_code if identity else "",
        unit_name=identity.unit_name if identity else "",
        unit_type="",
        file=name,
        reviewed=None,
        submission=None,
        card=None,
        findings=(why,),
    )


def one_a_unit(results: Iterable[UnitResult]) -> list[UnitResult]:
    """Keep one return a unit: the last saved (as the files themselves tell), and say which others there were.

    Byte-identical copies count as one. Files that were set aside, or that name no unit, are all kept.
    """
    kept: list[UnitResult] = []
    by_unit: dict[str, list[UnitResult]] = defaultdict(list)
    for result in results:
        if result.submission is None or not result.unit_code:
            kept.append(result)
        else:
            by_unit[result.unit_code].append(result)
    for same in by_unit.values():
        distinct = list({each.submission.sha256: each for each in same if each.submission}.values())
        distinct.sort(key=lambda each: (each.submission.modified if each.submission else "", each.file))
        newest = distinct[-1]
        if len(distinct) > 1:
            others = "、".join(each.file for each in distinct[:-1])
            repeated = finding("duplicate-return", actual=newest.file, count=str(len(distinct)), others=others)
            newest = replace(newest, findings=(repeated, *newest.findings))
        kept.append(newest)
    return kept
