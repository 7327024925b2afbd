"""Reading what a form takes over from the year before: which answers, and what those were called that have new ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from perfeval_xl.scheme.earlier import derived_names, known_names, read_renamed
from perfeval_xl.scheme.model import Carry, Scheme
from perfeval_xl.scheme.spec import Spec


def read_carry(root: Spec, scheme: Scheme, *, whole: bool) -> Carry | None:
    """The table [carry] of a scheme; None where it has none: then a form takes over all that it has a field for.

    ``fields`` are fields, whole annex tables or single columns of them (``table.column``) that keep their ids;
    ``renamed`` maps an id of the year before (of a field, a row of the form, an annex table) to that of now. What is wrong
    is noted. ``whole``: the scheme was read without a row left out, so that an unknown name can be told.
    """
    if "carry" not in root:
        return None
    spec = root.table("carry")
    taken: set[str] = set()
    for number, name in enumerate(spec.texts("fields", [])):
        found = set(_meant(name, scheme))
        if not found and whole:
            spec.problem(f"fields[{number}]", f"没有可以沿用的字段、附表或附表的列 {name!r}")
        taken |= found
    if "fields" not in spec:
        taken = set(_carried(scheme.fields, scheme))
    known = known_names(scheme) - _formulas(scheme)
    renamed = dict(_cell_by_cell(read_renamed(spec, known if whole else None), scheme))
    spec.close()
    return Carry(frozenset(taken - set(renamed.values())), renamed)


def _meant(name: str, scheme: Scheme) -> Iterator[str]:
    """The fields (ids) that a name of the list stands for; nothing for an unknown one."""
    table, _, column = name.partition(".")
    if table in scheme.table:
        found = scheme.table[table]
        columns = [each for each in found.column if column in ("", each)]
        cells = (found.field_id(row, each) for row in range(1, found.rows + 1) for each in columns)
        yield from _carried(cells, scheme)
    else:
        yield from _carried([name], scheme)


def _carried(names: Mapping[str, object] | Iterator[str] | list[str], scheme: Scheme) -> Iterator[str]:
    """Those of ``names`` that are a unit's own answers: no self-scores, nothing that the bureau filled in."""
    claims = {each.self_score_id for each in scheme.indicators}
    return (name for name in names if name in scheme.fields and name not in claims and name not in scheme.constants)


def _formulas(scheme: Scheme) -> set[str]:
    """The names of scores: what the form works out, or starts from what it works out."""
    return {name for each in scheme.indicators for name in (each.self_score_id, each.formula_score_id)}


def _cell_by_cell(renamed: Mapping[str, str], scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Cell then → cell now, with the cells of renamed rows and tables."""
    for old, new in renamed.items():
        names = list(derived_names(new, scheme)) or [new]
        yield from ((old + name.removeprefix(new), name) for name in _carried(names, scheme))
