"""The decision tables: cases for every row of the form, written down as data in the TOML files of this folder.

A file holds [[tables]], each with ``indicators`` (the rows of the form that it is about), ``given`` (answers common to
its cases) and ``cases``. A case:

    id        its name, unique over all files
    shows     what it shows, in Chinese
    answers   field id → value as in an answers file (dates may be TOML dates), over ``given``; "" blanks what is given.
              Whatever is named in neither is blank, also where the form is issued filled in. ``rows`` stands for the
              annex table of the indicator itself.
    outcome   scored (unless told), not_applicable, needs_review or missing
    score     in points, as text; left out where there is none
    findings  the codes that the rule must report; others that the whole return's check adds may be named too
    reading   the reading of an unclear clause that it is a case of
    others    what comes out under other options of ``reading``: {option, outcome, score}

tests/test_decision_tables.py runs the cases, docs/decision_tables.py shows them.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Indicator, Scheme
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.base import Result

SCHEME = "huadu-2024"
FOLDER = Path(__file__).parent
ROWS = "rows"

Values = Mapping[str, Any]
"""Field id → value as in an answers file."""


@dataclass(frozen=True)
class Expected:
    """What comes out of a case; ``option`` names the option of its reading, '' for the reading in force."""

    result: Result
    score: Decimal | None
    option: str = ""

    @classmethod
    def read(cls, *, outcome: str = "scored", score: str | None = None, option: str = "") -> Expected:
        result = Result(outcome)
        if (score is None) is (result in (Result.SCORED, Result.NOT_APPLICABLE)):
            raise ValueError(f"{outcome} with score {score}")
        return cls(result, None if score is None else Decimal(score), option)


@dataclass(frozen=True)
class Case:
    """One line of a decision table. ``own`` are its own answers, ``answers`` those with the table's given ones."""

    id: str
    shows: str
    own: Values
    answers: Values
    expected: Expected
    findings: tuple[str, ...]
    reading: str
    others: tuple[Expected, ...]

    @classmethod
    def read(
        cls,
        given: Values,
        *,
        id: str,
        shows: str,
        answers: Values,
        findings: tuple[str, ...] = (),
        reading: str = "",
        others: tuple[Mapping[str, str], ...] = (),
        **expected: str,
    ) -> Case:
        return cls(
            id=id,
            shows=shows,
            own=answers,
            answers={**given, **answers},
            expected=Expected.read(**expected),
            findings=tuple(findings),
            reading=reading,
            others=tuple(Expected.read(**each) for each in others),
        )


@dataclass(frozen=True)
class DecisionTable:
    """The cases of one row of the form, or of several whose rules are alike."""

    indicators: tuple[str, ...]
    given: Values
    cases: tuple[Case, ...]

    @classmethod
    def read(
        cls, *, indicators: list[str], cases: list[Mapping[str, Any]], given: Values | None = None
    ) -> DecisionTable:
        return cls(tuple(indicators), given or {}, tuple(Case.read(given or {}, **each) for each in cases))


@cache
def decision_tables() -> tuple[DecisionTable, ...]:
    """Every table, in the order of the form. TypeError for a key that is not known."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        found += [DecisionTable.read(**each) for each in content.pop("tables")]
        if content:
            raise TypeError(f"{path.name}: {', '.join(content)}")
    place = {code: number for number, code in enumerate(scheme_under().indicator)}
    return tuple(sorted(found, key=lambda table: place[table.indicators[0]]))


def decision_cases() -> Iterator[tuple[str, Case]]:
    """Every case with the code of the indicator that it is run on."""
    for table in decision_tables():
        for case in table.cases:
            for code in table.indicators:
                yield code, case


@cache
def scheme_under(choices: tuple[tuple[str, str], ...] = ()) -> Scheme:
    """The scheme with these (reading, option) in force, the rest as it comes."""
    return load_scheme(find_scheme(SCHEME), choices=dict(choices))


def named(indicator: Indicator, values: Values) -> dict[str, Any]:
    """``values`` by the form's own ids: ``rows`` is the indicator's annex table."""
    annex = indicator.rule.table.id if isinstance(indicator.rule, AnnexRows) else ROWS
    return {annex if key == ROWS else key: value for key, value in values.items()}


def answers_of(scheme: Scheme, code: str, values: Values) -> Answers:
    """The answers of a case on an indicator; every field that it does not name is blank."""
    blank = {field.id: None for field in scheme.fields.values() if field.issued is not None}
    plain = json.dumps({**blank, **named(scheme.indicator[code], values)}, default=_plain)
    return read_answers(plain, scheme)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no answer: {value!r}")
