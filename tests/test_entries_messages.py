"""The receipts in words: every code that reading an entry can end in, as a clerk reads it."""

from __future__ import annotations

from datetime import date

import pytest

from perfeval_xl.entries import Entry, Shape, read_entry
from perfeval_xl.findings import Severity
from perfeval_xl.scheme.admit import answer_finding
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.fields import Field
from tests.entrykit import (
    ANY_DAY,
    APPLIES,
    BALANCE,
    CELL,
    COUNT,
    DAY,
    NUMBER,
    PERCENT,
    RECEIPTS,
    SCORE,
    TEXT,
    UNUSABLE,
    WAN,
    YESNO,
    YUAN,
)

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741

TABLE = [
    (WAN, Entry("３６４．７５ 万元"), "number-as-text", I, "支出以文本形式填写（“３６４．７５ 万元”），已按 364.75 读取。"),
    (YUAN, Entry("2000万元"), "unit-converted", W, "合同金额填的是“2000万元”，已换算为 20,000,000 元（1 万元 = 10,000 元）。请核对。"),
    (COUNT, Entry("1.2万"), "unit-converted", W, "项目数填的是“1.2万”，已换算为 12,000 项（1 万 = 10,000）。请核对。"),
    (PERCENT, Entry("百分之九十八"), "percent-read", I, "执行率填的是“百分之九十八”，读作 98.00%。"),
    (PERCENT, Entry(0.9825), "percent-as-fraction", W, "执行率填的是“0.9825”，单元格不是百分比格式，读作 98.25%。请核对。"),
    (PERCENT, Entry(98), "percent-ambiguous", E, "执行率为“98”，分不清是 98% 还是 9800%。请填成带百分号的数（如 98.25%）。"),
    (DAY, Entry("2024年3月15日"), "date-read", I, "公开日期填的是“2024年3月15日”，读作 2024-03-15。"),
    (DAY, Entry("3月15日"), "date-ambiguous", E, "公开日期为“3月15日”，分不清是哪一天（没有年份）。请填成 2024-03-15 的形式。"),
    (DAY, Entry("未 公 开"), "choice-read", I, "公开日期填的是“未 公 开”，读作“未公开”。"),
    (YESNO, Entry("√"), "choice-read", I, "是否建立内控制度填的是“√”，读作“是”。"),
    (APPLIES, Entry("N/A"), "choice-read", I, "是否适用填的是“N/A”，读作“不适用”。"),
    (COUNT, Entry("无"), "word-as-zero", W, "项目数填的是“无”，读作 0。请核对；确实没有的请填 0。"),
    (COUNT, Entry("/"), "placeholder", E, "项目数填的是“/”，看不出是没有、不适用还是漏填。请填写数字；确实没有的填 0。"),
    (PERCENT, Entry("—"), "placeholder", E, "执行率填的是“—”，看不出是没有、不适用还是漏填。请填写百分比（如 98.25%）。"),
    (NUMBER, Entry("无"), "placeholder", E, "目标值填的是“无”，看不出是没有、不适用还是漏填。请填写数字。"),
    (DAY, Entry("无"), "placeholder", E, "公开日期填的是“无”，看不出是没有、不适用还是漏填。请填写日期；确实没有的填“未公开”。"),
    (ANY_DAY, Entry("待定"), "placeholder", E, "应公开日期填的是“待定”，看不出是没有、不适用还是漏填。请填写日期。"),
    (YESNO, Entry("/"), "placeholder", E, "是否建立内控制度填的是“/”，看不出是没有、不适用还是漏填。请填写“是”、“否”之一。"),
    (WAN, Entry(5.0, formula="SUM(B2:B9)"), "formula-in-input", W, "支出填的是公式 =SUM(B2:B9)，按其结果 5 读取。请改为直接填写的内容。"),
    (YESNO, Entry("有", formula="B2"), "formula-in-input", W, "是否建立内控制度填的是公式 =B2，按其结果 是 读取。请改为直接填写的内容。"),
    (WAN, Entry("", formula="SUM(B2:B9)", saved=False), "formula-not-calculated", E,
     "支出填的是公式 =SUM(B2:B9)，文件中没有它的结果。请在 WPS 或 Excel 中打开并保存，或直接填写。"),
    (WAN, Entry(5.0, formula="[1]决算!B2"), "external-value", E, "支出取自别的文件（=[1]决算!B2），没有采用。请直接填写。"),
    (TEXT, Entry("", formula='DISPIMG("ID_1",1)'), "picture-in-cell", E, "评分依据中是图片，读不出内容。请删去图片，直接填写。"),
    (TEXT, Entry("甲\x07乙"), "control-characters", I, "评分依据中有看不见的控制字符，已去掉。"),
    (WAN, Entry("", error="#DIV/0!"), "error-value", E, "支出显示为错误值 #DIV/0!。请清除该单元格后重新填写。"),
    (WAN, Entry("约 5 万"), "not-a-number", E, "支出应填数字（万元），现为“约 5 万”。请只填数字，不写单位和说明。"),
    (DAY, Entry("下周"), "not-a-date", E, "公开日期应填日期（如 2024-03-15），现为“下周”。请改为日期。"),
    (YESNO, Entry("是/否"), "not-a-choice", E, "是否建立内控制度只能选填 是、否，现为“是/否”。请从下拉列表中选择。"),
    (TEXT, Entry("甲" * 11), "text-too-long", W, "评分依据有 11 字，最多 10 字。请精简。"),
    (WAN, Entry("2000亿元"), "out-of-range", E, "支出应为 0 至 2,000,000 之间的数，现为 2000亿元（读作 20,000,000）。请核对后更正。"),
    (WAN, Entry("２０００００１"), "out-of-range", E, "支出应为 不大于 2,000,000 的数，现为 2,000,001。请核对后更正。"),
    (BALANCE, Entry("-2000亿元"), "out-of-range", E, "结余应为 不大于 2,000,000 的数，现为 -2000亿元（读作 -20,000,000）。请核对后更正。"),
    (COUNT, Entry("2.5项"), "out-of-range", E, "项目数应为 0 至 1,000,000,000 之间的整数，现为 2.5项（读作 2.5）。请核对后更正。"),
    (SCORE, Entry("19.555分"), "out-of-range", E, "得分应为 0 至 20 之间的数，最多 2 位小数，现为 19.555分（读作 19.555）。请核对后更正。"),
    (PERCENT, Entry("-5%"), "out-of-range", E, "执行率应为 0.00% 至 200.00% 之间的数，现为 -5%（读作 -5.00%）。请核对后更正。"),
    (DAY, Entry(43904), "out-of-range", E, "公开日期应为 2023-01-01 至 2026-12-31 之间的日期，现为 43904（读作 2020-03-14）。请核对后更正。"),
    (DAY, Entry(date(2020, 3, 14)), "out-of-range", E, "公开日期应为 2023-01-01 至 2026-12-31 之间的日期，现为 2020-03-14。请核对后更正。"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "entry", "code", "severity", "message"), TABLE)
def test_a_receipt_in_words(field: Field, entry: Entry, code: str, severity: Severity, message: str) -> None:
    answer = read_entry(field, entry, CELL)
    found = answer_finding(field, answer, "row")
    assert (found.code, found.severity, found.message) == (code, severity, message)
    assert (found.cell, found.indicator) == (CELL, "row")


def test_every_code_is_among_them() -> None:
    assert {code for _, _, code, _, _ in TABLE} == RECEIPTS | UNUSABLE


def test_a_cell_that_was_deleted() -> None:
    found = answer_finding(WAN, Answer("wan", None, "", None, "cell-lost"), "row")
    assert found.message == "支出的单元格已被删除，读不到。请用下发的表格重新填写。"


def test_what_was_expected_and_found_stand_in_the_finding() -> None:
    def both(field: Field, entry: Entry) -> tuple[str | None, str | None]:
        found = answer_finding(field, read_entry(field, entry, CELL), None)
        return found.expected, found.actual

    assert both(YUAN, Entry("2000万元")) == ("20,000,000 元", "2000万元")
    assert both(PERCENT, Entry(98, Shape.PERCENT)) == ("98% 还是 9800%", "98")
    assert both(DAY, Entry("3月15日")) == (None, "3月15日")
    assert both(TEXT, Entry("甲\x07")) == (None, "甲")
    assert both(TEXT, Entry("甲乙", formula="B2")) == ("甲乙", "=B2")
    assert both(WAN, Entry(5.0, formula="A1+" * 20)) == ("5", "=" + ("A1+" * 20)[:29] + "…")


@pytest.mark.parametrize(
    ("code", "respelled"),
    [(None, False), ("number-as-text", True), ("unit-converted", True), ("percent-read", True), ("percent-as-fraction", True),
     ("date-read", True), ("choice-read", True), ("word-as-zero", True), ("formula-in-input", False), ("control-characters", False),
     ("text-too-long", False), ("out-of-range", False)],
)  # fmt: skip
def test_what_the_forms_own_formulas_see_otherwise(code: str | None, respelled: bool) -> None:
    assert Answer("x", None, "", None, code).respelled is respelled
