"""The decision tables hold every clause of the form: whatever is changed a little in a rule's parameters, a threshold, a
step, a setting, a part or a field left out, some case of that row comes out otherwise.

It is the mutation run for what stands in scheme.toml; the one over the code is tests/mutation.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.loader import find_scheme
from perfeval_xl.scheme.rules import RULES, applicability
from perfeval_xl.scheme.rules.base import Rule
from perfeval_xl.scheme.spec import Spec
from tests.decisions import SCHEME, Case, answers_of, decision_cases, scheme_under

FORM = scheme_under()
TOML = tomllib.loads(find_scheme(SCHEME).read_text(encoding="utf-8"), parse_float=Decimal)
PARAMETERS = {each["code"]: each["rule"] for each in TOML["indicators"]}

ENDS = {"ge": "gt", "gt": "ge", "le": "lt", "lt": "le"}
WORDS = {
    "over": {"half_weight", "half_rate"}, "reverse": {"two_minus", "target_over_actual"}, "without_months": {"annual", "missing"},
    "all_missing": {"literal", "zero"}, "partial": {"none", "proportional"}, "unpublished": {"row", "half"},
    "steps": {"whole", "started", "linear"}, "cap": {"points", "none"},
}  # fmt: skip
MOVES = {
    "floor": "0.0002", "ceiling": "0.0002", "step": "0.0002", "cap": "0.01", "share": "0.1", "points": "0.1", "each": "0.1",
    "off": "0.1", "score": "0.1", "of": "1", "full": "1", "days": "1",
}  # fmt: skip
"""How far a number is moved: less than what lies between two cases, more than what rounding swallows."""
END_MOVES = {"tiers": "0.001", "bands": "0.002", "steps": "1"}

Change = tuple[str, Callable[[Any], None]]
"""What is changed, in words, and how: in a copy of the rule's table."""


def changes(table: dict[str, Any], path: tuple[str | int, ...] = ()) -> Iterator[Change]:
    """Every small change of a rule's table."""
    for key, value in table.items():
        place = (*path, key)
        if key in ENDS:
            continue  # an end belongs to two bands: see below
        if isinstance(value, bool):
            yield named(place, not value)
        elif isinstance(value, int | Decimal):
            yield from (named(place, value + sign * Decimal(MOVES[key])) for sign in (1, -1))
        elif isinstance(value, str) and key in WORDS:
            yield from (named(place, word) for word in sorted(WORDS[key] - {value}))
        elif isinstance(value, list):
            yield from in_list(value, place)


def in_list(values: list[Any], place: tuple[str | int, ...]) -> Iterator[Change]:
    if place[-1] in END_MOVES:
        yield from in_bands(values, place)
    elif len(values) > 1:
        yield from ((f"{shown(place)}[{number}] left out", without(place, number)) for number in range(len(values)))
    for number, value in enumerate(values):
        if isinstance(value, dict):
            yield from changes(value, (*place, number))


def in_bands(bands: list[dict[str, Any]], place: tuple[str | int, ...]) -> Iterator[Change]:
    """Each end between two bands moved, and given to the other of the two."""
    ends = [[band[key] for band in bands for key in keys if key in band] for keys in (("ge", "gt"), ("le", "lt"))]
    for end in sorted(set(ends[0]) & set(ends[1])):
        for sign in (1, -1):
            moved = end + sign * Decimal(END_MOVES[str(place[-1])])
            yield f"{shown(place)}: {end} → {moved}", with_end(place, end, lambda key, moved=moved: (key, moved))
        yield f"{shown(place)}: {end} on the other side", with_end(place, end, lambda key, end=end: (ENDS[key], end))


def shown(place: tuple[str | int, ...]) -> str:
    return ".".join(map(str, place))


def at(table: Any, place: tuple[str | int, ...]) -> Any:
    for key in place:
        table = table[key]
    return table


def named(place: tuple[str | int, ...], value: Any) -> Change:
    def change(table: Any) -> None:
        at(table, place[:-1])[place[-1]] = value

    return f"{shown(place)} = {value}", change


def without(place: tuple[str | int, ...], number: int) -> Callable[[Any], None]:
    def change(table: Any) -> None:
        del at(table, place)[number]

    return change


def with_end(place: tuple[str | int, ...], end: Any, moved: Callable[..., tuple[str, Any]]) -> Callable[[Any], None]:
    def change(table: Any) -> None:
        for band in at(table, place):
            for key in [key for key in ENDS if band.get(key) == end]:
                del band[key]
                other, value = moved(key)
                band[other] = value

    return change


@cache
def cases() -> dict[str, list[tuple[Case, Answers]]]:
    found: dict[str, list[tuple[Case, Answers]]] = {code: [] for code in PARAMETERS}
    for code, case in decision_cases():
        found[code].append((case, answers_of(FORM, code, case.answers)))
    return found


def rule_of(code: str, parameters: dict[str, Any]) -> Rule:
    """The rule of changed parameters; that its parts may no longer add up is no matter here."""
    indicator = FORM.indicator[code]
    return RULES[parameters["kind"]].read(Spec(parameters, "", []), indicator.rule.context, indicator.points)


def told(code: str, rule: Rule) -> list[str]:
    """The cases that do not come out as their table says."""
    indicator, found = FORM.indicator[code], []
    for case, answers in cases()[code]:
        outcome = applicability.score(indicator, answers, rule)
        if (outcome.result, outcome.score) != (case.expected.result, case.expected.score):
            found.append(case.id)
    return found


@pytest.mark.parametrize("code", PARAMETERS)
def test_every_parameter_is_held_by_a_case(code: str) -> None:
    assert told(code, rule_of(code, PARAMETERS[code])) == []
    loose = []
    for name, change in changes(PARAMETERS[code]):
        table = deepcopy(PARAMETERS[code])
        change(table)
        assert table != PARAMETERS[code]
        if not told(code, rule_of(code, table)):
            loose.append(name)
    assert loose == []


def test_there_is_much_to_change() -> None:
    assert sum(len(list(changes(table))) for table in PARAMETERS.values()) > 150
