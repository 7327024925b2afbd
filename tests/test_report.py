"""The public JSON contract and the texts that a terminal or a csv reader gets."""

from __future__ import annotations

from perfeval_xl import report
from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding, Severity, finding


def test_formula_starts_are_disarmed_in_csv() -> None:
    row = ("=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx", "1-2", "名称", "")
    assert report.csv_safe(row) == ("'=HYPERLINK(1)", "'+1", "'-1", "'@x", "'\tx", "'\rx", "1-2", "名称", "")


def test_finding_json_has_the_contracts_keys() -> None:
    found = finding(
        "score-differs",
        cell=Cell("自评表", "I30"),
        indicator="x",
        expected="0.99",
        actual="1.00",
        name="某项",
        basis="…",
    )
    shown = report.finding_json(found)
    assert list(shown) == ["code", "severity", "sheet", "cell", "indicator", "message", "expected", "actual"]
    assert (shown["sheet"], shown["cell"], shown["expected"], shown["actual"]) == ("自评表", "I30", "0.99", "1.00")


def test_equal_findings_are_one_line_and_errors_come_first() -> None:
    note = Finding("a", Severity.INFO, "说明一。")
    twice = [Finding("b", Severity.ERROR, "未填。", Cell("基础数据", ref)) for ref in ("D5", "D7")]
    other_sheet = Finding("b", Severity.ERROR, "未填。", Cell("自评表", "I3"))
    assert report.finding_lines([note, *twice, other_sheet]) == [
        "错误：基础数据!D5、D7；自评表!I3 未填。",
        "说明：说明一。",
    ]


def test_only_more_than_explanations_need_attention() -> None:
    assert not report.needs_attention([Finding("a", Severity.INFO, "")])
    assert report.needs_attention([Finding("a", Severity.INFO, ""), Finding("b", Severity.WARNING, "")])
    assert report.needs_attention([Finding("b", Severity.ERROR, "")])
