"""What a unit is told before it sends its form: the verdict, every finding once, and nothing that isn't its business."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding, finding
from perfeval_xl.precheck import Verdict, check_json, check_lines, verdict, verdict_text
from perfeval_xl.report import score_json
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.rules.base import missing, scored
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from tests.small_schemes import indicator, small_scheme, submission

HUNDRED = Decimal(100)
ROW = indicator("whole", points=HUNDRED)
SCHEME = small_scheme(ROW)

BLANK = [finding("missing", cell=Cell("表", ref), label="某数", advice="；没有的填 0") for ref in ("D5", "D7")]
TOO_LONG = finding("text-too-long", cell=Cell("表", "D9"), label="说明", actual="900", expected="500")
READ = finding("percent-read", cell=Cell("表", "D8"), label="某率", actual="98", expected="98%")
AWAY = finding("seal-not-checked")
DAMAGED = finding("unreadable", why="压缩数据不完整")


def accepted(*findings: Finding, score: str | None = "92.5", claim: str | None = "95") -> UnitResult:
    outcome = missing(HUNDRED, (), "") if score is None else scored(Decimal(score), "")
    card = ScoreCard(SCHEME, (IndicatorScore(ROW, outcome, None if claim is None else Decimal(claim), None),))
    return UnitResult("S001", "第一小学", "", "a.xlsx", None, submission(SCHEME, Answers([])), card, findings)


def refused(*findings: Finding, code: str = "", name: str = "") -> UnitResult:
    return UnitResult(code, name, "", "a.xlsx", None, None, None, findings)


@pytest.mark.parametrize(
    ("result", "word", "says"),
    [
        (accepted(), Verdict.READY, "可以上交，没有发现问题。"),
        (accepted(READ, AWAY), Verdict.READY, "可以上交，没有发现问题。"),
        (accepted(READ, TOO_LONG), Verdict.LOOK, "可以上交。上交前请核对以下 1 处。"),
        (accepted(*BLANK), Verdict.MEND, "请先改正以下 1 处，再上交。"),
        (accepted(TOO_LONG, *BLANK, READ), Verdict.MEND, "请先改正以下 1 处，再上交；另有 1 处请核对。"),
        (refused(DAMAGED), Verdict.REFUSED, f"不能受理：{DAMAGED.message}"),
    ],
)
def test_verdicts(result: UnitResult, word: Verdict, says: str) -> None:
    assert (verdict(result), verdict_text(result)) == (word, says)


def test_report_puts_the_verdict_first_and_numbers_what_follows() -> None:
    assert list(check_lines(accepted(READ, AWAY, TOO_LONG, *BLANK))) == [
        "请先改正以下 1 处，再上交；另有 1 处请核对。",
        "",
        "文件　a.xlsx",
        "单位　S001 第一小学",
        "表格　小表 2024 年度（small 1）",
        "得分　自评 95.00 分，按评分标准重算 92.50 分，优",
        "",
        "请改正（错误 1 处）",
        f"  1. 表!D5、D7 {BLANK[0].message}",
        "",
        "请核对（提醒 1 处）",
        f"  2. 表!D9 {TOO_LONG.message}",
        "",
        "供了解，不必改动（说明 1 处）",
        f"  3. 表!D8 {READ.message}",
        "",
        "在自评任务的文件夹之外检查，没有核验封签，这不影响上交。主管部门收到后会核验。",
    ]


def test_a_clean_form_gets_a_short_report() -> None:
    assert len(list(check_lines(accepted()))) == 6


def test_a_total_that_is_not_known_yet_and_no_claim() -> None:
    lines = list(check_lines(accepted(*BLANK, score=None, claim=None)))
    assert "得分　按评分标准重算 0.00～100.00 分（暂定），等级待定" in lines


def test_what_cannot_be_taken_is_told_once() -> None:
    assert list(check_lines(refused(DAMAGED))) == [f"不能受理：{DAMAGED.message}", "", "文件　a.xlsx"]
    opened = finding("opened-with-password")
    assert list(check_lines(refused(DAMAGED, opened, code="S001", name="第一小学"))) == [
        f"不能受理：{DAMAGED.message}",
        "",
        "文件　a.xlsx",
        "单位　S001 第一小学",
        "",
        "供了解，不必改动（说明 1 处）",
        f"  1. {opened.message}",
    ]


def test_json_is_what_score_tells_after_the_verdict() -> None:
    results = [accepted(TOO_LONG), refused(DAMAGED)]
    shown = check_json(results)
    assert [list(each)[:3] for each in shown] == [["verdict", "says", "file"]] * 2
    assert shown[0] == {"verdict": "look", "says": verdict_text(results[0]), **score_json(results)[0]}
    assert shown[1]["verdict"] == "refused"
