"""Rounds for the roll-up's tests, made of answers alone: no file is written or read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from perfeval_xl.campaign import Campaign
from perfeval_xl.demo import department_answers, sample_returns
from perfeval_xl.district.rollup.combine import RolledUp, roll_up
from perfeval_xl.generator import submission_of
from perfeval_xl.results import District, MissingUnit, UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score

HUADU = load_scheme(find_scheme("huadu-2024"))
EMPTY = "{}"


def campaign_of(codes: Mapping[str, str], scheme: Scheme = HUADU) -> Campaign:
    """A round without a folder; ``codes``: the units' codes and names."""
    at = Campaign(Path("round"), "样例区", "样例区教育局", scheme.year, scheme.id, date(2025, 4, 30), "")
    at.__dict__["scheme"] = scheme  # what would be read from its folder
    at.__dict__["roster"] = {code: Unit(code, name) for code, name in codes.items()}
    at.__dict__["key"] = bytes(32)
    return at


def submission(code: str, answers: str, scheme: Scheme = HUADU) -> Submission:
    made = submission_of(scheme, read_answers(answers, scheme))
    return replace(made, unit_code=code, unit_name=f"单位{code}")


def result(code: str, answers: str, scheme: Scheme = HUADU) -> UnitResult:
    given = submission(code, answers, scheme)
    card = score(scheme, given)
    return UnitResult(code, given.unit_name, "", f"{code}.xlsx", None, given, card, card.findings)


def refused(code: str) -> UnitResult:
    return UnitResult(code, "", "", f"{code}.xlsx", None, None, None)


def district_of(
    at: Campaign, answers: Mapping[str, str], own: str | None = None, rejected: tuple[str, ...] = ()
) -> District:
    """A round in which the units in ``answers`` returned those, the ``rejected`` something that won't do."""
    missing = [MissingUnit(unit.code, unit.name, "", "") for unit in at.roster.values() if unit.code not in answers]
    results = [result(code, text, at.scheme) for code, text in answers.items()] + [refused(each) for each in rejected]
    department = None if own is None else result(at.department_code, own, at.scheme)
    return District(at.district, at.department, at.year, at.deadline, at.scheme, results, missing, own=department)


def rolled(
    answers: Mapping[str, Mapping[str, Any] | str | None],
    own: Mapping[str, Any] | str | None = None,
    rejected: tuple[str, ...] = (),
    scheme: Scheme = HUADU,
) -> RolledUp:
    """The roll-up of units with these answers; None for a unit that returned nothing."""
    at = campaign_of({code: f"单位{code}" for code in answers}, scheme)
    given = {code: _text(each) for code, each in answers.items() if each is not None}
    return roll_up(at, district_of(at, given, None if own is None else _text(own), rejected))


def _text(answers: Mapping[str, Any] | str) -> str:
    return answers if isinstance(answers, str) else json.dumps(answers, ensure_ascii=False)


@cache
def sample_round() -> tuple[Campaign, District]:
    """The sample district as its answers have it: 171 of 177 units and the department have returned."""
    returns = list(sample_returns())
    at = campaign_of({each.unit: f"样例区单位{each.unit}" for each in returns})
    answers = {each.unit: each.answers_text for each in returns if each.returns}
    return at, district_of(at, answers, department_answers())


@cache
def sample_rollup() -> RolledUp:
    return roll_up(*sample_round())
