"""The back of the district's workbook: differences, findings by kind, all inputs with live totals, the annex, who must
correct, and from which files and under which readings all of it came."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from perfeval_xl import __version__
from perfeval_xl.cells import Cell
from perfeval_xl.district import rounds
from perfeval_xl.district.duplicates import one_a_unit
from perfeval_xl.district.intake import Desk
from perfeval_xl.excel.book import DEFAULT_LIMITS, Book, Column, Limits, Live, Paper
from perfeval_xl.findings import Finding, finding
from perfeval_xl.overview import common_issues
from perfeval_xl.resources import templates_dir
from perfeval_xl.results import District, MissingUnit, Rulings, UnitResult, unsettled
from perfeval_xl.scheme.answers import Answer, Answers, Value
from perfeval_xl.scheme.fields import Field, FieldType, RollUp
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Correction, Option, Reading, Scheme
from perfeval_xl.scheme.scorecard import Decision, Ruling, ScoreCard
from perfeval_xl.scorer import score
from perfeval_xl.summary import build_summary
from tests.engines import IronCalc, LibreOffice
from tests.rounds import hand_in, issued_round, published_answers
from tests.small_schemes import amount, given, indicator, small_scheme

D = Decimal
EVIL = '=HYPERLINK("http://example.com","点我")'
SCHEME = small_scheme(
    indicator(
        "money",
        amount("spent_wan", roll_up=RollUp.SUM),
        amount("paid_yuan", "元", roll_up=RollUp.SUM),
        Field("cases", "事项数", FieldType.COUNT, unit="项", low=D(0), roll_up=RollUp.SUM),
        inputs=("cases",),
        may_be_not_applicable=True,
    ),
    indicator(
        "work",
        Field("done", "是否完成", FieldType.YESNO, roll_up=RollUp.ALL),
        Field("share", "比例", FieldType.PERCENT, low=D(0)),
        Field("shown_on", "公开日期", FieldType.DATE, never="未公开"),
        Field("way", "方式", FieldType.CHOICE, options=("甲", '乙"*')),
        Field("why", "理由", FieldType.TEXT, required=False),
        inputs=(),
    ),
    head=(Field("goal", "目标", FieldType.TEXT), amount("budget_wan", roll_up=RollUp.SUM)),
)
VALUES: dict[str, Value | None] = {
    "budget_wan": D("1.5"), "spent_wan": D("0.1"), "paid_yuan": D("1234.56"), "cases": D(4), "done": True,
    "share": D("0.9825"), "shown_on": date(2024, 3, 15), "way": "甲", "why": "已办", "money_applicable": "适用",
    "money_self_score": D(4), "work_self_score": D(0), "goal": "办学",
}  # fmt: skip


def returned(
    code: str = "001",
    *findings: Finding,
    scheme: Scheme = SCHEME,
    answers: Mapping[str, Answer] | None = None,
    formulas: Mapping[str, Decimal | None] | None = None,
    **changes: Any,
) -> UnitResult:
    """An accepted return with VALUES, some of them changed; ``answers`` stand as they are."""
    said = given(scheme, {**VALUES, **changes} if scheme is SCHEME else changes)
    said = replace(said, answers=Answers({**said.answers, **(answers or {})}.values()), formula_scores=formulas or {})
    card = score(scheme, said)
    made = f"reviewed/{code}.xlsx"
    return UnitResult(code, f"{code}小学", "小学", f"{code}.xlsx", made, said, card, findings)


def district(*results: UnitResult, scheme: Scheme = SCHEME, **more: Any) -> District:
    return District("样例区", "样例区教育局", 2024, date(2025, 3, 31), scheme, results, more.pop("missing", ()), **more)


_LAST: list[Any] = [None, None, None, None]


def sheet(made: District, name: str, *, values: bool = True, limits: Limits = DEFAULT_LIMITS) -> Any:
    """A sheet of the workbook; the workbook last asked for is not built again."""
    if _LAST[0] is not made or _LAST[1:3] != [values, limits]:
        book = openpyxl.load_workbook(io.BytesIO(build_summary(made, limits)), data_only=values)
        _LAST[:] = made, values, limits, book
    return _LAST[3][name]


def rows_of(made: District, name: str, head: str = "单位代码") -> list[dict[str, Any]]:
    """The rows under the heading that holds ``head``, up to an empty one."""
    lines = [[cell.value for cell in row] for row in sheet(made, name).iter_rows()]
    top = next(number for number, line in enumerate(lines) if head in line)
    found = []
    for line in lines[top + 1 :]:
        if not any(each not in (None, "") for each in line):
            break
        found.append(dict(zip(lines[top], line, strict=True)))
    return found


def line_of(made: District, name: str, first: str) -> list[Any]:
    """The row whose first cell reads ``first``."""
    return next([cell.value for cell in row] for row in sheet(made, name).iter_rows() if row[0].value == first)


def column_of(made: District, label: str) -> int:
    """The column of 数据汇总 (from 0) under the heading ``label``."""
    for row in sheet(made, "数据汇总").iter_rows(max_row=3):
        for number, cell in enumerate(row):
            if cell.value == label:
                return number
    raise LookupError(label)


def total(made: District, line: str, label: str) -> Any:
    return line_of(made, "数据汇总", line)[column_of(made, label)]


# 差异清单


def claiming(code: str, claim: str | None, **more: Any) -> UnitResult:
    return returned(code, money_self_score=None if claim is None else D(claim), **more)


def test_differences_are_sorted_by_their_size() -> None:
    found = rows_of(
        district(claiming("003", "5"), claiming("001", "4.01"), claiming("002", "1"), claiming("004", "4")), "差异清单"
    )
    assert [(row["单位代码"], row["差异\n（自评－重算）"]) for row in found] == [("002", -3), ("003", 1), ("001", 0.01)]
    assert (found[0]["指标"], found[0]["自评分"], found[0]["重算分"], found[0]["认定得分"]) == ("money项目", 1, 4, 4)
    assert found[0]["重算依据"] == "合计 4"


def test_equal_differences_are_sorted_by_unit_and_form() -> None:
    both = returned("002", money_self_score=D(5), work_self_score=D(1))
    found = rows_of(district(both, claiming("001", "3")), "差异清单")
    assert [(row["单位代码"], row["指标"]) for row in found] == [
        ("001", "money项目"),
        ("002", "money项目"),
        ("002", "work项目"),
    ]


@pytest.mark.parametrize(
    ("shown", "listed"), [("4", False), ("4.004", False), ("4.005", True), ("3.99", True), (None, False)]
)
def test_what_the_forms_own_formula_shows_counts_as_a_score_is_rounded(shown: str | None, listed: bool) -> None:
    made = claiming("001", "4", formulas={"money": None if shown is None else D(shown)})
    found = rows_of(district(made), "差异清单")
    assert (found[0]["单位代码"] == "001") is listed
    if listed:
        assert found[0]["差异\n（自评－重算）"] == 0
        assert found[0]["表中公式\n得分"] == float(shown or 0)


def test_without_a_claim_or_a_score_there_is_no_difference() -> None:
    assert rows_of(district(claiming("001", None), returned("002", cases=None)), "差异清单") == [
        {**dict.fromkeys(rows_of(district(claiming("1", "5")), "差异清单")[0]), "单位代码": "（无）"}
    ]


def test_a_ruling_stands_beside_the_difference() -> None:
    made = claiming("001", "5")
    assert made.card is not None
    ruling = Ruling(Decision.SET_SCORE, D("4.5"), "有佐证", "张三", date(2025, 5, 10))
    card = ScoreCard(SCHEME, tuple(replace(row, ruling=ruling) if row.difference else row for row in made.card.rows))
    [row] = rows_of(district(replace(made, card=card)), "差异清单")
    assert (row["差异\n（自评－重算）"], row["认定得分"], row["裁定"]) == (1, 4.5, "另定分")


def test_a_difference_leads_to_the_claim_in_the_reviewed_file() -> None:
    made = claiming("001", "5")
    assert made.submission is not None
    place = made.submission.answers.cell("money_self_score")
    links = [
        cell.hyperlink for row in sheet(district(made), "差异清单").iter_rows() for cell in row if cell.value == "打开"
    ]
    assert [(each.target.replace("\\", "/"), each.location) for each in links] == [
        ("../reviewed/001.xlsx", f"'表'!{place.ref if place else ''}")
    ]


def test_differences_are_summed_by_indicator_in_the_forms_order() -> None:
    first = returned("001", money_self_score=D(5), work_self_score=D("0.5"))
    made = district(first, claiming("002", "1.5"), claiming("003", "4.25"))
    lines = [[cell.value for cell in row] for row in sheet(made, "差异清单").iter_rows()]
    top = next(number for number, line in enumerate(lines) if line[0] == "各指标的差异合计")
    assert [(line[1], line[2], line[7], line[10]) for line in lines[top + 1 :]] == [
        (3, "money项目", -1.25, "自评偏高 2 项，共 1.25 分；自评偏低 1 项，共 2.50 分"),
        (1, "work项目", 0.5, "自评偏高 1 项，共 0.50 分"),
        (3, "合计", -0.75, "自评偏高 3 项，共 1.75 分；自评偏低 1 项，共 2.50 分"),
    ]
    goes = sheet(made, "差异清单")["A3"].hyperlink
    assert (goes.target, goes.location) == (None, f"'差异清单'!A{top + 1}")


# 问题清单

NOT_FILLED = finding("missing", cell=Cell("基础数据", "D31"), indicator="money", label="事项数", advice="数字")
AS_TEXT = finding("number-as-text", cell=Cell("基础数据", "D9"), actual="１２", expected="12", label="事项数")


def test_kinds_of_findings_stand_behind_the_list() -> None:
    about_file = finding("rulings-not-written", why="已打开")
    made = district(
        returned("001", NOT_FILLED, AS_TEXT),
        returned("002", NOT_FILLED, replace(NOT_FILLED, message="另一处")),
        rulings=Rulings(0, (about_file,)),
    )
    page = sheet(made, "问题清单")
    lines = [[cell.value for cell in row] for row in page.iter_rows()]
    top = next(number for number, line in enumerate(lines) if line[0] == "按问题种类的统计")
    assert [line[1:7] for line in lines[top + 1 :]] == [
        [2, "错误", "", 3, "必填项未填", "missing"],
        [1, "提醒", "", 1, "裁定表没有写成", "rulings-not-written"],
        [1, "说明", "", 1, "数字以文本形式填写，已读出", "number-as-text"],
    ]
    assert page["A3"].hyperlink.location == f"'问题清单'!A{top + 1}"
    coloured = {str(area.sqref) for area in page.conditional_formatting}
    assert coloured == {f"C5:C{len(lines)}"}


def test_common_issues_are_counted_by_file() -> None:
    first, second = returned("001", NOT_FILLED, AS_TEXT), returned("002", NOT_FILLED)
    found = common_issues([first.issues, second.issues, []])
    assert [(each.code, each.times, each.files) for each in found] == [("missing", 2, 2), ("number-as-text", 1, 1)]


# 数据汇总


def test_inputs_stand_in_the_forms_order_with_units_and_roll_up() -> None:
    page = sheet(district(returned()), "数据汇总")
    heads = [[cell.value for cell in row] for row in page.iter_rows(min_row=2, max_row=4)]
    assert heads[1][3:] == [
        "budget_wan金额\n（万元）",
        "是否适用",
        "spent_wan金额\n（万元）",
        "paid_yuan金额\n（元）",
        "事项数\n（项）",
        "是否完成",
        "比例",
        "公开日期",
        "方式",
        "理由",
    ]
    assert [head for head in heads[0] if head] == ["指标", "单位基本情况", "money项目", "work项目"]
    assert heads[2][3:6] == ["各单位合计", "主管部门自填", "各单位合计"]
    assert heads[2][8] == "各单位均为“是”才为“是”"


def test_inputs_are_what_they_are() -> None:
    page = sheet(district(returned(done=False, why=None)), "数据汇总")
    cells = page[5]
    assert [cell.value for cell in cells] == [
        "001", "001小学", "打开", 1.5, "适用", 0.1, 1234.56, 4, "否", 0.9825, datetime(2024, 3, 15), "甲", None,
    ]  # fmt: skip
    formats = [cell.number_format for cell in cells[3:11]]
    assert formats[0] == "#,##0.00####" and formats[6:] == ["0.00%", "yyyy-mm-dd"]


def test_blanks_stay_blank_and_what_cannot_be_used_is_shown_and_marked() -> None:
    lost = Answer("share", None, "", None, "cell-lost")
    typed = Answer("cases", None, "三四项左右，以上年为准，另见附件", Cell("表", "A5"), "not-a-number")
    made = district(
        returned("001", answers={"cases": typed, "share": lost}, spent_wan=None, done=None, shown_on="未公开")
    )
    page = sheet(made, "数据汇总")
    by_label = {
        label: page[5][column_of(made, label)] for label in ("spent_wan金额\n（万元）", "事项数\n（项）", "比例")
    }
    assert by_label["spent_wan金额\n（万元）"].value is None
    assert by_label["事项数\n（项）"].value == "三四项左右，以上年为准，…" + "…"
    assert by_label["事项数\n（项）"].fill.fgColor.rgb == by_label["比例"].fill.fgColor.rgb == "FFFBE5D6"
    assert by_label["比例"].value == "（填报单元格被删）"
    assert page[5][column_of(made, "公开日期")].value == "未公开"
    assert (total(made, "合计", "事项数\n（项）"), total(made, "已填的单位数", "事项数\n（项）")) == (0, 0)
    assert (total(made, "已填的单位数", "公开日期"), total(made, "填“未公开”的单位数", "公开日期")) == (1, 1)
    assert total(made, "已填的单位数", "是否完成") == 0


def test_no_claims_no_evidence_no_narrative_among_the_inputs() -> None:
    page = sheet(district(returned(work_evidence="见附件")), "数据汇总")
    shown = {str(cell.value) for row in page.iter_rows() for cell in row}
    assert not shown & {"见附件", "办学", "目标"}
    assert not [text for text in shown if "自评分" in text]


def test_totals_are_live_and_their_cached_values_exact() -> None:
    made = district(
        returned("001", spent_wan=D("0.1"), done=True, way='乙"*'),
        returned("002", spent_wan=D("0.2"), done=False, paid_yuan=None),
        returned("003", spent_wan=D("0.3"), done=None, money_applicable="不适用", cases=None),
    )
    formulas = {
        cell.value for row in sheet(made, "数据汇总", values=False).iter_rows() for cell in row if cell.data_type == "f"
    }
    assert {"=ROUND(SUM(F5:F7),6)", "=ROUND(SUM(G5:G7),2)", "=ROUND(SUM(H5:H7),0)"} <= formulas
    assert total(made, "合计", "spent_wan金额\n（万元）") == 0.6  # in binary 0.1 + 0.2 + 0.3 is another number
    assert total(made, "合计", "paid_yuan金额\n（元）") == 2469.12
    assert total(made, "已填的单位数", "paid_yuan金额\n（元）") == 2
    assert [total(made, f"填“{word}”的单位数", "是否完成") for word in "是否"] == [1, 1]
    assert [total(made, f"填“{word}”的单位数", "是否适用") for word in ("适用", "不适用")] == [2, 1]
    assert total(made, '填“乙"*”的单位数', "方式") == 1
    assert total(made, "合计", "是否完成") is None and total(made, "合计", "比例") is None


def live(content: bytes, name: str = "数据汇总") -> dict[str, float]:
    """The cached values of a sheet's formulas, by cell."""
    formulas = openpyxl.load_workbook(io.BytesIO(content))[name]
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)[name]
    return {
        cell.coordinate: shown[cell.coordinate].value
        for row in formulas.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


AMOUNTS = st.none() | st.decimals(0, 2_000_000, places=6)
FILLINGS = st.fixed_dictionaries(
    {
        "spent_wan": AMOUNTS,
        "paid_yuan": st.none() | st.decimals(0, 20_000_000_000, places=2),
        "cases": st.none() | st.integers(0, 1000).map(D),
        "done": st.none() | st.booleans(),
        "way": st.none() | st.sampled_from(["甲", '乙"*']),
        "shown_on": st.none() | st.just("未公开") | st.dates(date(2024, 1, 1), date(2025, 12, 31)),
        "why": st.none() | st.sampled_from(["是", "已办", EVIL]),
    }
)


@settings(max_examples=8)
@drawn(fillings=st.lists(FILLINGS, min_size=1, max_size=6))
def test_a_spreadsheet_program_comes_to_the_same_totals(
    ironcalc_engine: IronCalc, fillings: list[dict[str, Value | None]]
) -> None:
    content = build_summary(district(*(returned(f"{n:03}", **each) for n, each in enumerate(fillings))))
    book = ironcalc_engine.open(content)
    book.put({})
    cached = live(content)
    assert cached
    for place, value in cached.items():
        assert book.at(Cell("数据汇总", place)) == pytest.approx(value, rel=1e-12), place


def test_libreoffice_opens_it_and_comes_to_the_same_totals(libreoffice: LibreOffice, tmp_path: Path) -> None:
    unusable = Answer("cases", None, "三项", Cell("表", "A5"), "not-a-number")
    made = district(
        returned("001", spent_wan=D("0.1"), why=EVIL),
        returned("002", spent_wan=D("0.2"), answers={"cases": unusable}, shown_on="未公开", way='乙"*', done=None),
        returned("003", spent_wan=D("1999999.999999")),
    )
    path = tmp_path / "全区汇总.xlsx"
    path.write_bytes(build_summary(made))
    again = libreoffice.recalculate(path, tmp_path / "again.xlsx").read_bytes()
    assert openpyxl.load_workbook(io.BytesIO(again)).sheetnames == openpyxl.load_workbook(path).sheetnames
    assert live(again) == live(path.read_bytes()) != {}


def test_each_unit_leads_to_its_data_in_the_reviewed_file() -> None:
    made = returned("001")
    assert made.submission is not None
    link = sheet(district(made), "数据汇总")["C5"].hyperlink
    first = made.submission.answers.cell("money_applicable")
    assert (link.target.replace("\\", "/"), link.location) == ("../reviewed/001.xlsx", f"'表'!{first and first.ref}")


def test_inputs_print_on_several_pages_with_the_unit_beside_each_and_no_indicator_torn() -> None:
    wide = small_scheme(*(indicator(f"row{n}", *(amount(f"a{n}_{m}") for m in range(9))) for n in range(6)))
    page = sheet(district(returned(scheme=wide), scheme=wide), "数据汇总")
    assert page.print_title_cols == "$A:$C" and page.print_title_rows == "$2:$4"
    assert page.freeze_panes == "D5" and page.auto_filter.ref == "A4:BE5"
    breaks = [each.id for each in page.col_breaks.brk]
    assert breaks and all((place - 3) % 9 == 0 for place in breaks)
    assert page.page_setup.fitToWidth in (None, 1) and not page.sheet_properties.pageSetUpPr.fitToPage


def test_only_accepted_returns_have_inputs() -> None:
    gone = UnitResult("009", "九校", "小学", "九.xlsx", None, None, None, (finding("unreadable", why="损坏"),))
    assert [row["单位代码"] for row in rows_of(district(gone), "数据汇总")] == ["（无）"]
    assert not live(build_summary(district(gone)))


# 附表汇总

HUADU = load_scheme(templates_dir() / "huadu-2024" / "scheme.toml")


def annex(row: int, table: str = "outputs", **cells: Value | None) -> dict[str, Value | None]:
    return {HUADU.table[table].field_id(row, column): value for column, value in cells.items()}


MEASURED = annex(
    2, name="培训人次", dimension="数量", nature="≥", target=D(50), actual=D(40), unit="人次", weight=D(20)
)
JUDGED = annex(
    1, "benefits", name="办学质量", dimension="社会", nature="定性", weight=D(20), tier="达成年度指标",
    judged_score=D("18.5"), basis="督导报告" * 20,
)  # fmt: skip


def test_annex_rows_in_use_stand_with_rate_and_score() -> None:
    made = returned(scheme=HUADU, **{**MEASURED, **JUDGED})
    first, second = rows_of(district(made, scheme=HUADU), "附表汇总")
    assert (first["所在的表"], first["行"], first["三级指标"], first["类别"]) == ("产出指标", 2, "培训人次", "数量")
    assert (first["年初目标值"], first["计量单位"], first["实际完成值"]) == (50, "人次", 40)
    assert (first["完成率"], first["权重"], first["得分"], first["定性得分"]) == (0.8, 20, 16, None)
    assert (second["所在的表"], second["完成率"], second["得分"], second["定性档次"]) == (
        "效益指标", None, 18.5, "达成年度指标",
    )  # fmt: skip
    assert second["评分依据"] == ("督导报告" * 20)[:28] + "……"


def test_an_annex_row_that_cannot_be_scored_is_listed_without_a_score() -> None:
    place = HUADU.table["outputs"].field_id(1, "target")
    typed = Answer(place, None, "五十左右", Cell("指标完成情况表", "E5"), "not-a-number")
    made = returned(
        scheme=HUADU, answers={place: typed}, **annex(1, name="其他", nature="≥", actual=D(1), weight=D(20))
    )
    page = sheet(district(made, scheme=HUADU), "附表汇总")
    [row] = rows_of(district(made, scheme=HUADU), "附表汇总")
    assert (row["三级指标"], row["年初目标值"], row["完成率"], row["得分"]) == ("其他", "五十左右", None, None)
    marked = [cell.value for line in page.iter_rows() for cell in line if cell.fill.fgColor.rgb == "FFFBE5D6"]
    assert marked == ["五十左右"]


def test_an_unused_annex_lists_nothing() -> None:
    assert [row["单位代码"] for row in rows_of(district(returned(scheme=HUADU), scheme=HUADU), "附表汇总")] == [
        "（无）"
    ]


def test_beyond_the_limits_of_a_sheet_the_table_and_its_note_say_so() -> None:
    many = {key: value for n in range(1, 6) for key, value in annex(n, name=f"第{n}项").items()}
    page = sheet(district(returned(scheme=HUADU, **many), scheme=HUADU), "附表汇总", limits=Limits(3, 2))
    lines = [[cell.value for cell in row] for row in page.iter_rows()]
    assert "共 5 行，只列前 3 行，全部见 perfeval export 导出的 submissions 表。链接只设前 2 个" in lines[1][0]
    assert [line[0] for line in lines[3:]] == ["001", "001", "001", "表太长，还有 2 行没有列出"]
    assert [line[-1] for line in lines[3:6]] == ["打开", "打开", "001.xlsx"]


@pytest.mark.parametrize("links", [1, 2])
def test_a_table_within_the_limits_says_nothing_of_them(links: int) -> None:
    made = district(claiming("001", "5"), claiming("002", "5"))
    note = sheet(made, "差异清单", limits=Limits(2, links))["A2"].value
    assert ("链接只设前 1 个" in note) is (links == 1)
    assert "只列前" not in note


# 未交与退回

DIFFERS = finding(
    "score-differs",
    cell=Cell("自评表", "I5"),
    indicator="money",
    name="money项目",
    expected="4.00",
    actual="5.00",
    basis="x",
)


def test_units_that_must_correct_are_listed_with_their_contact() -> None:
    earlier = replace(returned("001"), file="旧.xlsx")
    made = district(
        replace(returned("001", NOT_FILLED), earlier=(earlier,)),
        returned("002", AS_TEXT),
        missing=[MissingUnit("003", "三校", "小学", "王老师")],
        contacts={"001": "李老师", "002": "赵老师", "003": "王老师"},
    )
    first, second = rows_of(made, "未交与退回")
    assert (first["单位代码"], first["情况"], first["联系人"], first["第几次\n退回"]) == ("003", "未交", "王老师", None)
    assert (second["单位代码"], second["情况"], second["联系人"], second["第几次\n退回"]) == (
        "001",
        "须更正",
        "李老师",
        2,
    )
    assert second["原因"] == str(NOT_FILLED)
    assert second["批注文件"] == "打开"


@pytest.mark.parametrize("code", ["money", None])
def test_a_difference_on_which_a_person_ruled_need_not_be_corrected(code: str | None) -> None:
    made = returned("001", DIFFERS, money_self_score=D(4))
    assert made.card is not None
    ruling = Ruling(Decision.ACCEPT_CLAIM, D(5), "有佐证", "张三", date(2025, 5, 10))
    rows = tuple(replace(row, ruling=ruling) if row.indicator.code == code else row for row in made.card.rows)
    card = ScoreCard(SCHEME, rows)
    assert unsettled(card, (DIFFERS, NOT_FILLED)) == [*([] if code else [DIFFERS]), NOT_FILLED]
    states = [row["情况"] for row in rows_of(district(replace(made, card=card)), "未交与退回")]
    assert states == ([None] if code else ["须更正"])


def test_many_errors_are_counted_and_equal_ones_told_once() -> None:
    errors = [replace(NOT_FILLED, message=f"第 {n} 处") for n in (1, 1, *range(2, 12))]
    [row] = rows_of(district(returned("001", *errors)), "未交与退回")
    lines = row["原因"].split("\n")
    assert len(lines) == 9 and lines[-1] == "另有 3 条，见“问题清单”"


# 口径与版本

READING = Reading(
    "edge", ("money",), "超过三项", "正好三项的不算", "超过不包括本数", "民法典",
    (Option("out", "正好三项的不算", {}), Option("in", "正好三项的也算", {})), "out",
)  # fmt: skip


def provenance(made: District) -> str:
    return "\n".join(str(cell.value) for row in sheet(made, "口径与版本").iter_rows() for cell in row if cell.value)


def test_scheme_settings_readings_and_corrections_are_named() -> None:
    scheme = replace(
        SCHEME,
        digest="ab12" * 16,
        source="公开的原表",
        legal_basis=("预算法第五十七条",),
        readings=(READING,),
        corrections=(Correction("指标名称", "结余结转率", "结转结余率", "误植"),),
    )
    shown = provenance(district(scheme=scheme, contact="计财科 020"))
    told = (
        "small",
        "版本 1",
        "ab12" * 16,
        "公开的原表",
        "预算法第五十七条",
        "2025-03-31",
        "计财科 020",
        "样例区教育局",
    )
    for each in (*told, f"perfeval-xl {__version__}", "结余结转率", "结转结余率", "超过三项", "正好三项的也算"):
        assert each in shown
    assert "超过不包括本数（民法典）" in shown and "本次任务改选" not in shown
    changed = replace(scheme, readings=(replace(READING, chosen="in", text="正好三项的也算"),))
    assert "正好三项的也算（本次任务改选）\n超过不包括本数（民法典）\n正好三项的不算" in provenance(
        district(scheme=changed)
    )


def with_hash(result: UnitResult, file: str, content: str) -> UnitResult:
    assert result.submission is not None
    said = replace(result.submission, sha256=content * 64, modified="2025-01-0" + content, producer="WPS 表格")
    return replace(result, file=file, submission=said, sha256=content * 64)


def test_every_file_stands_with_its_hash() -> None:
    base = returned("001")
    versions = [
        with_hash(base, f, c) for f, c in (("1.xlsx", "1"), ("1 副本.xlsx", "1"), ("2.xlsx", "2"), ("2b.xlsx", "2"))
    ]
    [kept] = one_a_unit(versions)
    gone = UnitResult("", "", "", "扫描件.pdf", None, None, None, (finding("unreadable", why="损坏"),), sha256="9" * 64)
    found = rows_of(
        district(kept, gone, own=replace(with_hash(base, "本级.xlsx", "7"), unit_code="DEPT")), "口径与版本"
    )
    assert [(row["文件"], row["情况"], row["SHA-256"][0]) for row in found] == [
        ("本级.xlsx", "主管部门", "7"),
        ("2.xlsx", "采用", "2"),
        ("1.xlsx", "未采用", "1"),
        ("1 副本.xlsx", "未采用", "1"),
        ("2b.xlsx", "内容相同", "2"),
        ("扫描件.pdf", "未受理", "9"),
    ]
    assert [row["批注文件"] for row in found] == ["打开", "打开", None, None, None, None]
    assert (found[1]["保存程序"], found[1]["保存时间（文件自记）"]) == ("WPS 表格", "2025-01-02")


def test_the_round_carries_hashes_contacts_and_settings(tmp_path: Path) -> None:
    at = replace(issued_round(tmp_path / "2024"), contact="计财科")
    kept = hand_in(at, "S001", published_answers(), "一小.xlsx")
    with zipfile.ZipFile(at.inbox / "二小.zip", "w") as parcel:
        member = (at.outbox / at.roster["S002"].file_name).read_bytes()
        parcel.writestr("二小.xlsx", member)
        parcel.writestr("坏.xlsx", b"PK\x03\x04 not a workbook")
    (at.inbox / "通知.txt").write_bytes("下周开会".encode())
    broken = b"PK\x05\x06" + bytes(18)
    (at.inbox / "空包.zip").write_bytes(broken)
    made = rounds.examine_inbox(at)
    hashes = {each.file: each.sha256 for each in made.results}
    assert hashes["一小.xlsx"] == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert hashes["二小.zip/二小.xlsx"] == hashlib.sha256(member).hexdigest()
    assert hashes["通知.txt"] == hashlib.sha256("下周开会".encode()).hexdigest()
    assert hashes["空包.zip"] == hashlib.sha256(broken).hexdigest()
    assert (made.contact, made.contacts["S003"]) == ("计财科", "")
    page = rows_of(made, "口径与版本")
    assert {row["文件"]: row["SHA-256"] for row in page} == hashes


def test_a_file_that_was_not_read_has_no_hash(tmp_path: Path) -> None:
    [result] = Desk().examine(tmp_path / "没有.xlsx")
    assert result.sha256 == "" and result.card is None


# all of them


@pytest.mark.parametrize(
    "made",
    [
        district(),
        district(missing=[MissingUnit("1", "一校", "小学", "")]),
        district(UnitResult("1", "一校", "", "a.xlsx", None, None, None, (finding("unreadable", why="损坏"),))),
        district(returned()),
        district(replace(returned(), unit_name="长" * 60, reviewed=None)),
        district(returned(scheme=HUADU), scheme=HUADU),
    ],
    ids=["nothing", "nobody", "all rejected", "one", "long name", "blank form"],
)
def test_rounds_of_all_sizes_give_the_same_bytes_twice(made: District) -> None:
    assert build_summary(made) == build_summary(made)


def test_texts_from_returns_stay_texts_and_only_our_formulas_are_live() -> None:
    evil = replace(NOT_FILLED, message=EVIL)
    typed = Answer("cases", None, EVIL, Cell("'坏'!表", "A1"), "not-a-number")
    made = returned(EVIL, evil, answers={"cases": typed, "why": Answer("why", EVIL, EVIL)}, money_self_score=D(9))
    assert made.submission is not None
    said = replace(made.submission, producer=EVIL, modified="=1+1")
    made = replace(made, unit_name=EVIL, file="=1+1.xlsx", reviewed="reviewed/a.xlsx", submission=said, sha256="=2")
    other = replace(claiming("003", "9"), unit_name=EVIL)
    whole = district(made, other, missing=[MissingUnit("2", "+1", "@x", "-2")], contacts={EVIL: EVIL})
    book = openpyxl.load_workbook(io.BytesIO(build_summary(whole)))
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    formulas = {cell.value for cell in cells if cell.data_type == "f"}
    ours = re.compile(
        r'=(ROUND\(SUM\([A-Z]+\d+:[A-Z]+\d+\),\d\)|((COUNT|COUNTA|COUNTIF)\([A-Z]+\d+:[A-Z]+\d+(,"=[^"]*("")?[^"]*")?\)[+-]?1?)+)'
    )
    assert formulas and all(ours.fullmatch(each) for each in formulas), formulas
    assert {cell.parent.title for cell in cells if cell.data_type == "f"} == {"数据汇总"}
    evil_cells = [
        cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=H", "=1", "=2", "+1"))
    ]
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in evil_cells if cell.data_type != "f")
    assert {"差异清单", "问题清单", "数据汇总", "未交与退回", "口径与版本"} <= {
        cell.parent.title for cell in evil_cells if cell.data_type != "f"
    }


# excel/book.py


def test_a_live_cell_has_its_formula_and_its_value() -> None:
    book = Book(datetime(2025, 1, 1), "", "")
    page = book.page("一", Paper(), "")
    page.put(0, 0, Live("1/8", D("0.125")), "score")
    page.put(0, 1, date(2024, 3, 15), "date")
    page.put(0, 2, date(1899, 12, 31), "date")
    content = book.close()
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["一"]
    assert [cell.value for cell in shown[1]] == [0.125, datetime(2024, 3, 15), "1899-12-31"]
    assert openpyxl.load_workbook(io.BytesIO(content))["一"]["A1"].value == "=1/8"


@pytest.mark.parametrize(("rows", "last"), [(0, "（无）"), (2, "2"), (3, "3"), (4, "表太长，还有 1 行没有列出")])
@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_table_is_cut_off_where_nobody_could_open_it(rows: int, last: str, streamed: bool, counted: bool) -> None:
    book = Book(datetime(2025, 1, 1), "", "", limits=Limits(rows=3))
    page = (book.long_page if streamed else book.page)("一", Paper(), "")
    lines: Sequence[Sequence[str]] = [[str(number)] for number in range(1, rows + 1)]
    end = page.table(0, [Column("列", 30)], lines, repeat_from=0, count=rows if counted else None)
    assert end == page.end_of(0, rows)
    made = openpyxl.load_workbook(io.BytesIO(book.close()))["一"]
    assert (made.max_row, made.cell(end, 1).value) == (end, last)
