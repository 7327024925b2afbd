"""Reading which earlier versions of a form are still taken, and what their cells are called now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from perfeval_xl.scheme.model import EarlierVersion, Scheme
from perfeval_xl.scheme.sections import well_formed
from perfeval_xl.scheme.spec import Spec

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def read_earlier(specs: Sequence[Spec], scheme: Scheme, *, whole: bool) -> tuple[EarlierVersion, ...]:
    """The earlier versions that ``scheme`` declares; what is wrong with them is noted.

    ``whole``: the scheme was read without a row left out, so that an unknown name can be told.
    """
    known = known_names(scheme) if whole else None
    seen = {(scheme.id, scheme.version, scheme.year): "这是现行的版本，不必列出"}
    found = []
    for number, spec in enumerate(specs):
        renamed = read_renamed(spec, known)
        each = EarlierVersion(
            scheme=spec.text("scheme", scheme.id),
            version=spec.text("version"),
            year=spec.whole("year", scheme.year),
            renamed=renamed,
            names=_names(renamed, scheme),
            note=spec.text("note", ""),
            locked_digest=spec.text("locked_digest", ""),
        )
        spec.close()
        for key, part in (("scheme", each.scheme), ("version", each.version)):
            if "/" in part or (not part and key in spec):
                spec.problem(key, f"不能为空，也不能含有斜杠，现为 {part!r}")
        if each.locked_digest and not _DIGEST.match(each.locked_digest):
            spec.problem("locked_digest", f"应为 64 位十六进制数，现为 {each.locked_digest!r}")
        form = (each.scheme, each.version, each.year)
        if form in seen:
            spec.problem("version", seen[form])
        seen.setdefault(form, f"与 earlier[{number}] 重复")
        found.append(each)
    return tuple(found)


def known_names(scheme: Scheme) -> set[str]:
    """What an earlier name may stand for: a cell, a whole row of the form, a whole annex table."""
    return {*scheme.fields, *scheme.indicator, *scheme.table, *(each.formula_score_id for each in scheme.indicators)}


def read_renamed(spec: Spec, known: set[str] | None) -> Mapping[str, str]:
    """Old name → new, as the table ``renamed`` of ``spec`` declares it; what is wrong with it is noted. ``known`` are the
    names that there are now, None where that can't be said."""
    table = spec.table("renamed", optional=True)
    found: dict[str, str] = {}
    for old, value in table.raw().items():
        new = table.text(old)
        if not well_formed(old):
            table.problem(old, "旧名称应由小写字母、数字和下划线组成，且不像单元格地址")
        if not isinstance(value, str):
            continue  # noted by then
        if known is not None and new not in known:
            table.problem(old, f"没有字段、指标或附表 {new!r}")
        elif new == old:
            table.problem(old, "新旧名称相同，不必列出")
        elif new in found.values():
            table.problem(old, f"{new!r} 已由另一个旧名称对应")
        found[old] = new
    return found


def _names(renamed: Mapping[str, str], scheme: Scheme) -> Mapping[str, str]:
    """Name now → name then, with the names that follow from a row's code and from a table's id. What is declared for a
    cell of its own prevails over these."""
    before: dict[str, str] = {}
    for old, new in renamed.items():
        for name in derived_names(new, scheme):
            before[name] = old + name.removeprefix(new)
    before |= {new: old for old, new in renamed.items() if new not in scheme.indicator and new not in scheme.table}
    return {old: "" for old in before.values() if old not in before} | before


def derived_names(new: str, scheme: Scheme) -> Iterator[str]:
    """The names of cells that follow from a row's code or a table's id; nothing for the name of a single cell."""
    row = scheme.indicator.get(new)
    if row is not None:
        yield from (row.self_score_id, row.evidence_id, row.applicable_id, row.formula_score_id)
    elif new in scheme.table:
        yield from (field.id for field in scheme.table[new].fields())
