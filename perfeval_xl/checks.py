"""Running the cross-checks that a scheme declares; what they look for stands in scheme/checks/, one class a kind."""

from __future__ import annotations

from collections.abc import Collection

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.model import Scheme


def check_findings(
    scheme: Scheme, answers: Answers, *, indicator: str | None, told: Collection[Finding]
) -> list[Finding]:
    """What the checks of one row (``indicator`` None: those of no row) find. Blank and unusable fields are left alone.

    ``told`` are findings already made; what one of them says of the same cell is not said twice, nor what it says in
    other words (a check's ``echoes``).
    """
    known, codes = {_place(each) for each in told}, {each.code for each in told}
    checks = [each for each in scheme.checks if each.indicator == indicator and codes.isdisjoint(each.echoes)]
    return [each for check in checks for each in check.find(answers) if _place(each) not in known]


def _place(told: Finding) -> tuple[str, Cell | None, str | None, str | None]:
    return told.code, told.cell, told.actual, told.expected
