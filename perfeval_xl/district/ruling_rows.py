"""Rows of the form that a person must rule on: which they are, and what the list of rulings shows of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from perfeval_xl.excel.sheetpatch import Content
from perfeval_xl.findings import Finding
from perfeval_xl.numbers import show_span
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Submission
from perfeval_xl.scheme.fields import NOT_APPLICABLE
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import IndicatorScore
from perfeval_xl.scorer import inputs_of

_UNSETTLED = frozenset({"needs-review", "score-differs", "deduction-no-reason", "judged-out-of-band"})
"""What leaves a score to a person."""
_DOUBTS = frozenset({
    "sum-differs", "date-outside-window", "annual-rate-off-months", "magnitude-off", "amount-like-rate",
    "evidence-unit-slip", "evidence-rate-differs", "evidence-amount-differs", "annual-rate-used",
    "annual-rate-beside-months", "not-applicable-with-data",
})  # fmt: skip
"""Warnings that two things don't go together: which of them holds, a person must say."""
_ASKING = _UNSETTLED | _DOUBTS
SETTLED = _ASKING | {"self-score-missing", "self-score-over-points"}
"""Findings that a ruling answers."""

LONGEST_WHY = 600  # characters
_LONGEST_EVIDENCE = 150


def fingerprint(row: IndicatorScore, submission: Submission) -> str:
    """16 hex digits over all that a person rules on: the claim, the recalculation, every input, the evidence."""
    outcome = row.outcome
    told = [outcome.result.value, *(_plain(each) for each in (row.self_score, outcome.low, outcome.high))]
    for each in (*inputs_of(row.indicator), row.indicator.evidence_id):
        answer = submission.answers[each]
        told.append(f"{each}={_plain(answer.raw if answer.value is None else answer.value)}")
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]


def _plain(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def asking(result: UnitResult) -> dict[str, list[Finding]]:
    """The rows of a return that a person must settle, by indicator code: the findings that say why."""
    why: defaultdict[str, list[Finding]] = defaultdict(list)
    for each in result.findings:
        if each.indicator is not None and each.code in _ASKING:
            why[each.indicator].append(each)
    return dict(why)


def rows_asking(result: UnitResult) -> tuple[str, ...]:
    """The rows of an accepted return that a person must settle, as indicator codes, in the order of the form."""
    why = asking(result)
    rows = () if result.card is None or not why else result.card.rows
    return tuple(row.indicator.code for row in rows if row.indicator.code in why)


def shown_of(result: UnitResult, row: IndicatorScore, why: Sequence[Finding]) -> dict[str, Content]:
    """Our own columns of a row, but for its status."""
    assert result.submission is not None
    outcome, name = row.outcome, row.indicator.name
    reasons = dict.fromkeys(each.message.removeprefix(f"{name}：") for each in why)
    evidence = " ".join(result.submission.answers.text(row.indicator.evidence_id).split())
    if evidence:
        cut = "……" if len(evidence) > _LONGEST_EVIDENCE else ""
        reasons[f"单位写的依据：{evidence[:_LONGEST_EVIDENCE]}{cut}"] = None
    bounds = (
        NOT_APPLICABLE
        if outcome.result is Result.NOT_APPLICABLE
        else show_span(outcome.low, outcome.high, row.indicator.places)
    )
    return {
        "unit": result.unit_code,
        "unit_name": result.unit_name,
        "code": row.indicator.code,
        "indicator": name,
        "points": row.indicator.points,
        "claim": row.self_score,
        "recalculated": bounds if row.score is None else row.score,
        "why": "\n".join(reasons)[:LONGEST_WHY],
        "fingerprint": fingerprint(row, result.submission),
    }
