"""What `perfeval check` tells a unit about its form before it sends it: a verdict, what to mend, what was done for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import count
from typing import Any

from perfeval_xl.findings import Finding, FindingGroup, Severity, grouped
from perfeval_xl.report import score_json, total_text
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.scorecard import ScoreCard

_AWAY = "seal-not-checked"  # about where the check was run, not about the form: nothing a unit could act on
_HEADINGS = {
    Severity.ERROR: "请改正",
    Severity.WARNING: "请核对",
    Severity.INFO: "供了解，不必改动",
}


class Verdict(StrEnum):
    """Whether a form can be sent: as it is, after another look, after mending, or not at all."""

    READY = "ready"
    LOOK = "look"
    MEND = "mend"
    REFUSED = "refused"


def verdict(result: UnitResult) -> Verdict:
    severities = {each.severity for each in result.findings}
    if result.card is None:
        return Verdict.REFUSED
    if Severity.ERROR in severities:
        return Verdict.MEND
    return Verdict.LOOK if Severity.WARNING in severities else Verdict.READY


def verdict_text(result: UnitResult) -> str:
    """The verdict in a sentence: 可以上交。 请先改正以下 3 处… 不能受理：…"""
    errors, warnings = (len(_of(result.findings, each)) for each in (Severity.ERROR, Severity.WARNING))
    match verdict(result):
        case Verdict.REFUSED:
            return f"不能受理：{result.findings[0].message}"
        case Verdict.MEND:
            look = f"；另有 {warnings} 处请核对" if warnings else ""
            return f"请先改正以下 {errors} 处，再上交{look}。"
        case Verdict.LOOK:
            return f"可以上交。上交前请核对以下 {warnings} 处。"
        case Verdict.READY:
            return "可以上交，没有发现问题。"


def check_json(results: Sequence[UnitResult]) -> list[dict[str, Any]]:
    """What `score --format json` prints, each entry after its verdict and the verdict's sentence."""
    told = zip(results, score_json(results), strict=True)
    return [{"verdict": verdict(each).value, "says": verdict_text(each), **scored} for each, scored in told]


def check_lines(result: UnitResult) -> Iterator[str]:
    """The whole report, line by line: verdict, who and which form, total, findings by severity, the seal."""
    yield verdict_text(result)
    yield ""
    yield from _particulars(result)
    findings = result.findings if result.card is not None else result.findings[1:]  # the first is in the verdict
    numbers = count(1)
    for severity, heading in _HEADINGS.items():
        groups = _of(findings, severity)
        if not groups:
            continue
        yield ""
        yield f"{heading}（{severity.label} {len(groups)} 处）"
        yield from (f"  {next(numbers)}. {group}" for group in groups)
    if any(each.code == _AWAY for each in result.findings):
        yield ""
        yield "在自评任务的文件夹之外检查，没有核验封签，这不影响上交。主管部门收到后会核验。"


def _of(findings: Iterable[Finding], severity: Severity) -> list[FindingGroup]:
    return grouped(each for each in findings if each.severity is severity and each.code != _AWAY)


def _particulars(result: UnitResult) -> Iterator[str]:
    yield f"文件　{result.file}"
    who = f"{result.unit_code} {result.unit_name}".strip()
    if who:
        yield f"单位　{who}"
    if result.submission is not None:
        form = result.submission
        title = f"{result.card.scheme.unit_title} " if result.card else ""
        yield f"表格　{title}{form.year} 年度（{form.scheme} {form.version}）"
    if result.card is not None:
        yield f"得分　{_scores(result.card)}"


def _scores(card: ScoreCard) -> str:
    claimed = "" if card.self_total is None else f"自评 {card.shown(card.self_total)} 分，"
    return f"{claimed}按评分标准重算 {total_text(card)}"
