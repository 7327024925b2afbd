"""Whose return is this, and of which form: told by its seal, else by its hidden keys, else by what is printed on it.

A seal that doesn't verify still says whose file it was; that it doesn't is a finding, for a person to look into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from perfeval_xl.district.directory import Directory
from perfeval_xl.district.filenames import folded
from perfeval_xl.errors import ForeignWorkbook, PerfevalError, Refused
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.seal import Seal, SealStatus
from perfeval_xl.findings import Finding, finding
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.loader import available_schemes, find_scheme, load_scheme
from perfeval_xl.scheme.model import EarlierVersion, Scheme

_SOURCES = {
    "hidden": "隐藏工作表",
    "properties": "文件属性",
    "name": "定义的名称",
    "subject": "文件属性",
    "printed": "表上的文字",
}
_BY_SEAL, _BY_HIDDEN_CODE, _BY_CODE, _BY_NAME = "封签", "隐藏工作表", "表上的单位代码", "表上的单位名称"


class Claim(Protocol):
    """What a workbook says of itself; '' (or None, or nothing) where it says nothing."""

    @property
    def scheme(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def year(self) -> int | None: ...
    @property
    def unit_code(self) -> str:
        """As printed on the form."""
        ...

    @property
    def unit_name(self) -> str:
        """As printed on the form."""
        ...

    @property
    def hidden_code(self) -> str:
        """The unit's code on the hidden sheet."""
        ...

    @property
    def seals(self) -> tuple[str, ...]:
        """What stands in the seal's places."""
        ...

    @property
    def sources(self) -> Mapping[str, str]:
        """Where scheme, version and year were found."""
        ...

    @property
    def lost(self) -> tuple[str, ...]:
        """The places of the identity that no longer say anything."""
        ...


@dataclass(frozen=True)
class Form:
    """The scheme that a return is read by; ``earlier`` where it is of an earlier version of it."""

    scheme: Scheme
    earlier: EarlierVersion | None = None

    @property
    def names(self) -> Mapping[str, str] | None:
        """What the return's cells are called where that differs from the scheme ('': it has no such cell); None for a
        return of the scheme's own version."""
        return None if self.earlier is None else self.earlier.names

    @property
    def issued(self) -> tuple[str, str, int]:
        """Scheme, version and year as its seal has them."""
        issued = self.earlier
        if issued is None:
            return self.scheme.id, self.scheme.version, self.scheme.year
        return issued.scheme, issued.version, issued.year


@dataclass(frozen=True)
class Identified:
    """Whose a return is. ``unit`` is None away from a round; then ``unit_code`` may be ''."""

    unit_code: str
    unit: Unit | None
    form: Form
    findings: tuple[Finding, ...]


def form_of(claim: Claim, scheme: Scheme | None) -> Form:
    """The form of a return, ``scheme`` being the round's (None: any that is installed).

    ForeignWorkbook where the workbook names no form, or one that nobody knows; Refused where it is not the one in use
    and no earlier version that it reads.
    """
    sealed, _ = _sealed(claim)
    origin: Seal | Claim = sealed or claim
    said, version, year = origin.scheme, origin.version, origin.year
    if not said:
        raise ForeignWorkbook("表中没有自评表的标识")
    used = scheme or _installed_for(said, version)
    for form in (Form(used), *(Form(used, each) for each in used.earlier)):
        form_id, form_version, form_year = form.issued
        if said == form_id and version in ("", form_version) and year in (None, form_year):
            return form
    raise Refused(
        "wrong-scheme", expected=_form_name(used.id, used.version, used.year), actual=_told(said, version, year, used)
    )


def _told(said: str, version: str, year: int | None, used: Scheme) -> str:
    """The form of a return that can't be read, and what it most likely is."""
    name = _form_name(said, version, year)
    return f"{name}，是往年的表" if year is not None and year < used.year else name


def _form_name(scheme_id: str, version: str, year: int | None) -> str:
    return " ".join(filter(None, (scheme_id, version))) + ("" if year is None else f"（{year} 年度）")


def claimed_unit(claim: Claim) -> str:
    """The code of the unit that a workbook says it is of, '' where it says nothing; for what could not be identified."""
    sealed, _ = _sealed(claim)
    return sealed.unit_code if sealed else claim.hidden_code or claim.unit_code


def identify(
    claim: Claim,
    form: Form,
    file: str,
    key: bytes | None = None,
    directory: Directory | None = None,
) -> Identified:
    """The unit of a return called ``file``, and all that is wrong with what it says of itself.

    ``key`` and ``directory`` are the round's; away from one neither is known. Refused for anybody who isn't in it.
    """
    sealed, copies = _sealed(claim)
    code, by = _unit_code(claim, sealed, directory)
    unit = directory.unit(code) if directory else None
    if directory is not None and unit is None:
        raise Refused("unit-unknown", actual=code or claim.unit_name or "（空）")
    code = unit.code if unit else code
    findings = _about_the_seal(sealed, copies, form, key)
    if by in (_BY_SEAL, _BY_HIDDEN_CODE) and folded(claim.unit_code) not in ("", folded(code)):
        printed = _unit_name(claim.unit_code, directory)
        findings.append(finding("unit-code-edited", actual=printed, expected=_unit_name(code, directory)))
    if form.earlier is not None:
        findings.append(_about_the_version(form, form.earlier, sealed))
    if claim.lost or len(copies) < len(claim.seals) or by == _BY_NAME:
        where = [_BY_SEAL] if sealed else [_SOURCES.get(claim.sources.get("scheme", ""), "余下的标识"), by]
        findings.append(finding("identity-partly-lost", where="和".join(dict.fromkeys(where))))
    if unit is not None and directory is not None:
        others = directory.other_units(file, unit)
        if others:
            named = "、".join(_unit_name(each.code, directory) for each in others)
            findings.append(finding("file-name-other-unit", actual=named, expected=_unit_name(code, directory)))
    return Identified(code, unit, form, tuple(findings))


def _sealed(claim: Claim) -> tuple[Seal | None, list[str]]:
    """What the seal says, by most of its copies, and these copies."""
    text, copies = seal.commonest(claim.seals)
    return seal.parse_seal(text), copies


def _unit_code(claim: Claim, sealed: Seal | None, directory: Directory | None) -> tuple[str, str]:
    """The unit's code, and what it was known by."""
    if sealed is not None:
        return sealed.unit_code, _BY_SEAL
    if claim.hidden_code:
        return claim.hidden_code, _BY_HIDDEN_CODE
    if directory is not None and directory.unit(claim.unit_code) is None:
        named = directory.named(claim.unit_name)
        if len(named) == 1:
            return named[0].code, _BY_NAME
    return claim.unit_code, _BY_CODE


def _unit_name(code: str, directory: Directory | None) -> str:
    unit = directory.unit(code) if directory else None
    return f"{unit.code}（{unit.label}）" if unit else code


def _about_the_seal(sealed: Seal | None, copies: list[str], form: Form, key: bytes | None) -> list[Finding]:
    findings = []
    if len(set(copies)) > 1:
        findings.append(finding("seal-copies-differ", actual=sealed.unit_code if sealed else "（无法辨认）"))
    if key is None:
        return [*findings, finding("seal-not-checked")]
    match _status(form, copies, key):
        case SealStatus.ABSENT:
            findings.append(finding("seal-missing"))
        case SealStatus.OTHER_KEY:
            findings.append(finding("seal-other-round"))
        case SealStatus.BROKEN if sealed is not None and _unverifiable(form):
            pass  # told with the version: nobody kept what it was signed over
        case SealStatus.BROKEN:
            other_readings = form.earlier is None and _status(Form(_as_it_comes(form.scheme)), copies, key) in _GOOD
            findings.append(finding("issued-under-other-readings" if other_readings else "seal-broken"))
        case _:
            pass
    return findings


_GOOD = (SealStatus.VALID, SealStatus.DISAGREE)


def _unverifiable(form: Form) -> bool:
    return form.earlier is not None and not form.earlier.locked_digest


def _status(form: Form, copies: list[str], key: bytes) -> SealStatus:
    digest = locked_digest(form.scheme) if form.earlier is None else form.earlier.locked_digest
    return seal.verify(key, copies, *form.issued, digest).status


def _about_the_version(form: Form, earlier: EarlierVersion, sealed: Seal | None) -> Finding:
    also = [earlier.note.rstrip("。；")] if earlier.note else []
    if sealed is not None and not earlier.locked_digest:
        also.append("方案没有登记这一版的锁定内容，封签没有全部核验")
    scheme = form.scheme
    return finding(
        "older-version",
        expected=_form_name(scheme.id, scheme.version, scheme.year),
        actual=_form_name(*form.issued),
        also="".join(f"；{each}" for each in also),
    )


def _installed_for(scheme_id: str, version: str) -> Scheme:
    """The installed scheme of that id, or one that reads it as an earlier version. ForeignWorkbook if there is none."""
    known = available_schemes()
    if scheme_id in known:
        return _installed(scheme_id)
    for name in known:
        scheme = _installed(name)
        if any((each.scheme, each.version) == (scheme_id, version) for each in scheme.earlier):
            return scheme
    raise ForeignWorkbook(f"没有方案 {scheme_id}")


@lru_cache(maxsize=8)
def _installed(name: str) -> Scheme:
    try:
        return load_scheme(find_scheme(name))
    except PerfevalError as error:
        raise ForeignWorkbook(f"方案 {name} 有误，不能使用") from error


def schemes_at(scheme: Scheme | None) -> Callable[[str], Scheme]:
    """The scheme of a digest, where returns are read by ``scheme``, else by those installed. KeyError for another."""

    def of(digest: str) -> Scheme:
        if scheme is not None and scheme.digest == digest:
            return scheme
        for name in available_schemes():
            if _installed(name).digest == digest:
                return _installed(name)
        raise KeyError(digest)

    return of


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
