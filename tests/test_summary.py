"""The district's workbook, read back: what stands in it, what never may, and rounds with nothing in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from perfeval_xl.cells import Cell
from perfeval_xl.excel.book import line_count
from perfeval_xl.findings import Finding, finding
from perfeval_xl.results import District, MissingUnit, UnitResult, overview, ranking, spread
from perfeval_xl.scheme.model import Grade, Indicator, Level, Scheme
from perfeval_xl.scheme.rules.base import Outcome, Rule, needs_review, not_applicable, scored
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from perfeval_xl.summary import build_summary, write_summary

SHEETS = ["概览", "排名表", "指标矩阵", "裁定情况", "问题清单", "退回与重报", "未交单位"]
POINTS = {"effect": "50", "plan": "20", "open": "20", "buy": "10"}
_NO_RULE: Any = None  # the summary reads outcomes; no rule is ever asked


def _scheme() -> Scheme:
    def indicator(code: str, level1: str, level2: str, name: str) -> Indicator:
        rule: Rule = _NO_RULE
        return Indicator(code, level1, level2, name, Decimal(POINTS[code]), "", "", True, (), rule)

    def level(name: str, points: str, *levels: Level) -> Level:
        return Level(name, Decimal(points), levels)

    return Scheme(
        id="small",
        version="1",
        year=2024,
        title="部门整体支出绩效自评表",
        unit_title="单位整体支出绩效自评表",
        authority="",
        source="",
        note="",
        legal_basis=(),
        levels=(
            level("履职效能", "50", level("整体效能", "50")),
            level("管理效率", "50", level("预算编制", "40"), level("采购管理", "10")),
        ),
        indicators=(
            indicator("effect", "履职效能", "整体效能", "产出指标完成情况"),
            indicator("plan", "管理效率", "预算编制", "新增预算项目事前绩效评估"),
            indicator("open", "管理效率", "预算编制", "预决算公开合规性"),
            indicator("buy", "管理效率", "采购管理", "“三公”经费控制情况"),
        ),
        tables=(),
        head=(),
        narrative=(),
        grades=tuple(
            Grade(name, Decimal(low), Decimal(high), f"[{low},{high}{']' if high == 100 else ')'}")
            for name, low, high in (("优", 90, 100), ("良", 80, 90), ("中", 60, 80), ("差", 0, 60))
        ),
        readings=(),
        corrections=(),
        checks=(),
        closed_days=(),
    )


SCHEME = _scheme()


def card(*scores: str | None, claims: Sequence[str | None] = ()) -> ScoreCard:
    """Scores in the indicators' order: None needs review, 'n/a' is not applicable; claims default to the scores."""
    rows = []
    for number, (indicator, score) in enumerate(zip(SCHEME.indicators, scores, strict=True)):
        outcome: Outcome
        if score is None:
            outcome = needs_review(indicator.points, "须人工核定")
        elif score == "n/a":
            outcome = not_applicable(indicator.points, "不适用")
        else:
            outcome = scored(Decimal(score), "")
        claim = claims[number] if claims else (None if outcome.score is None else str(outcome.score))
        rows.append(IndicatorScore(indicator, outcome, None if claim is None else Decimal(claim), None))
    return ScoreCard(SCHEME, tuple(rows))


def result(
    code: str, scores: ScoreCard | None, *findings: Finding, name: str = "", reviewed: str | None = "", file: str = ""
) -> UnitResult:
    path = f"reviewed/{code}.xlsx" if reviewed == "" and scores else reviewed or None
    return UnitResult(code, name or f"第{code}小学", "小学", file or f"{code}.xlsx", path, None, scores, findings)


def district(results: Sequence[UnitResult] = (), missing: Sequence[MissingUnit] = ()) -> District:
    return District("花都区", "花都区教育局", 2024, date(2025, 3, 31), SCHEME, results, missing)


FULL = ("50", "20", "20", "10")
MISSING_FIELD = finding("missing", cell=Cell("基础数据", "D31"), indicator="plan", label="应评估项目数", advice="")
DIFFERS = finding(
    "score-differs",
    cell=Cell("自评表", "I12"),
    indicator="open",
    expected="1.00",
    actual="2.00",
    name="预决算公开",
    basis="x",
)
TEXT_NUMBER = finding("number-as-text", cell=Cell("基础数据", "D9"), actual="１２", expected="12", label="项目数")
UNREADABLE = finding("unreadable", why="文件已损坏")


def opened(made: District) -> Any:
    return openpyxl.load_workbook(io.BytesIO(build_summary(made)))


def table(made: District, sheet: str, head: str = "单位代码") -> list[dict[str, Any]]:
    """The rows under the heading that holds ``head``, by heading, as calamine reads them ('' for an empty cell)."""
    book = CalamineWorkbook.from_object(io.BytesIO(build_summary(made)))
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    top = next(number for number, row in enumerate(rows) if head in row)
    return [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]


def tile(made: District, label: str) -> Any:
    """The value under a tile's label on the overview."""
    for row in opened(made)["概览"].iter_rows():
        for cell in row:
            if cell.value == label:
                return cell.offset(row=1).value
    raise LookupError(label)


# Figures


def test_equal_totals_share_a_place_and_the_next_is_skipped() -> None:
    ranked = ranking(
        [
            result("4", card("40", "20", "20", "10")),
            result("3", card("49", "20", "20", "10")),
            result("1", card(*FULL)),
            result("2", card("50", "19", "20", "10")),
        ]
    )
    assert [(each.result.unit_code, each.place) for each in ranked] == [("1", 1), ("2", 2), ("3", 2), ("4", 4)]


def test_a_hundredth_separates_places() -> None:
    ranked = ranking([result("1", card("49.99", "20", "20", "10")), result("2", card(*FULL))])
    assert [each.place for each in ranked] == [1, 2]


def test_provisional_totals_come_last_without_a_place_even_when_they_could_be_the_best() -> None:
    ranked = ranking(
        [result("1", card("50", "20", "20", None)), result("2", card("0", "0", "0", "0")), result("3", None)]
    )
    assert [(each.result.unit_code, each.place) for each in ranked] == [("2", 1), ("1", None)]


@pytest.mark.parametrize(
    ("totals", "mean", "median"),
    [
        (["80"], "80.00", "80.00"),
        (["80", "90.01"], "85.01", "85.01"),  # 85.005: half-up, where half-even would give 85.00
        (["1", "2", "9"], "4.00", "2.00"),
        (["1", "2", "4", "9"], "4.00", "3.00"),
    ],
)
def test_spread(totals: list[str], mean: str, median: str) -> None:
    figures = spread(map(Decimal, totals))
    assert figures is not None
    assert (str(figures.mean), str(figures.median)) == (mean, median)


def test_nothing_has_no_spread() -> None:
    assert spread([]) is None


def test_provisional_total_is_in_no_average_but_its_grade_counts_where_it_stands() -> None:
    figures = overview(
        district(
            [
                result("1", card("50", "20", "20", None)),  # 90 to 100: 优 either way
                result("2", card("50", "20", "19.99", None)),  # 89.99 to 99.99: open
                result("3", card("40", "20", "20", "10")),
            ]
        )
    )
    assert figures.grades == (("优", 2), ("良", 0), ("中", 0), ("差", 0))
    assert figures.ungraded == 1
    assert figures.provisional == 2
    assert figures.totals is not None and (figures.totals.count, figures.totals.mean) == (1, Decimal(90))


def test_due_is_accepted_and_set_aside_and_awaited() -> None:
    made = district(
        [
            result("1", card(*FULL)),
            result("2", None, UNREADABLE),
            result("", None, UNREADABLE),
            result("1", None, UNREADABLE),
        ],
        [MissingUnit("2", "二小", "小学", "张"), MissingUnit("3", "三小", "小学", "李")],
    )
    figures = overview(made)
    assert (figures.due, figures.accepted, figures.set_aside, figures.awaited, figures.unplaced) == (3, 1, 1, 1, 2)


def test_common_findings_count_grouped_messages_and_files() -> None:
    twice = finding(
        "missing", cell=Cell("基础数据", "D32"), label="应评估项目数", advice=""
    )  # the same message in another cell
    figures = overview(
        district([result("1", card(*FULL), MISSING_FIELD, twice, DIFFERS), result("2", card(*FULL), MISSING_FIELD)])
    )
    assert [(issue.code, issue.times, issue.files) for issue in figures.common] == [
        ("missing", 2, 2),
        ("score-differs", 1, 1),
    ]
    assert [(severity.value, found, files) for severity, found, files in figures.severities] == [
        ("error", 3, 2),
        ("warning", 0, 0),
        ("info", 0, 0),
    ]


def test_only_the_most_common_codes_are_listed() -> None:
    made = district([result("1", card(*FULL), MISSING_FIELD, DIFFERS, TEXT_NUMBER)])
    assert [issue.code for issue in overview(made, most_common=2).common] == ["missing", "score-differs"]


# The workbook


def test_ranking_sheet() -> None:
    made = district(
        [
            result("B", card("49.5", "20", "20", "n/a", claims=["50", "20", "20", "10"]), DIFFERS, TEXT_NUMBER),
            result("A", card("50", "20", None, "10", claims=["50", "20", "20", "10"])),
        ]
    )
    first, second = table(made, "排名表")
    assert (first["名次"], first["单位代码"], first["自评总分"], first["复核总分"]) == (1, "B", 100, 99.5)
    assert (first["差异\n（自评－复核）"], first["等级"], first["问题数"]) == (0.5, "优", 2)
    assert (first["履职效能\n（50）"], first["管理效率\n（50）"], first["预算编制\n（40）"]) == (49.5, 50, 40)
    assert (second["名次"], second["复核总分"], second["差异\n（自评－复核）"]) == ("暂定", "80.00～100.00", "")
    assert (second["等级"], second["管理效率\n（50）"], second["预算编制\n（40）"], second["采购管理\n（10）"]) == (
        "未定",
        "",
        "",
        10,
    )


def test_matrix_leaves_a_row_without_score_empty() -> None:
    made = district([result("B", card("0", "20", None, "n/a")), result("A", card("12.34", "0.5", "20", "10"))])
    sheet = opened(made)["指标矩阵"]
    heads = next(row for row in sheet.iter_rows() if row[0].value == "单位代码")
    assert [cell.value for cell in heads[2:]] == ["50", "20", "20", "10", "复核总分"]
    values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=heads[0].row + 1)]
    assert values == [
        ["A", "第A小学", 12.34, 0.5, 20, 10, 42.84],
        ["B", "第B小学", 0, 20, None, 10, "30.00～50.00"],
    ]
    scales = {str(area.sqref): area.rules[0].colorScale for area in sheet.conditional_formatting}
    assert [float(each.val) for each in scales[f"D{heads[0].row + 1}:D{heads[0].row + 2}"].cfvo] == [0, 10, 20]
    assert sheet.freeze_panes == f"C{heads[0].row + 1}"


def test_findings_sheet_is_sorted_and_named() -> None:
    made = district(
        [
            result("B", card(*FULL), MISSING_FIELD),
            result("A", card(*FULL), TEXT_NUMBER, DIFFERS, MISSING_FIELD),
            result("", None, UNREADABLE, name="", file="扫描件.xlsx"),
        ]
    )
    rows = table(made, "问题清单")
    assert [(row["单位代码"], row["问题代码"], row["级别"]) for row in rows] == [
        ("A", "missing", "错误"),
        ("A", "score-differs", "错误"),
        ("A", "number-as-text", "说明"),
        ("B", "missing", "错误"),
        ("", "unreadable", "错误"),
    ]
    assert (rows[1]["指标"], rows[1]["位置"], rows[1]["问题"]) == ("预决算公开合规性", "自评表!I12", DIFFERS.message)


def test_links_lead_to_the_annotated_copy_and_its_cell() -> None:
    sheet = opened(district([result("A", card(*FULL), DIFFERS)]))["问题清单"]
    link = next(cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink)
    assert (link.target.replace("\\", "/"), link.location) == ("../reviewed/A.xlsx", "'自评表'!I12")


def test_a_link_survives_signs_that_mean_something_in_an_address() -> None:
    made = district([result("A", card(*FULL), reviewed="reviewed/A_一 小#1 50%.xlsx")])
    link = next(cell.hyperlink for row in opened(made)["排名表"].iter_rows() for cell in row if cell.hyperlink)
    assert link.target.replace("\\", "/") == "../reviewed/A_一%20小%231%2050%25.xlsx"
    assert link.location is None


def test_without_an_annotated_copy_there_is_no_link() -> None:
    book = opened(district([result("A", card(*FULL), DIFFERS, reviewed=None)]))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_awaited_units_and_rejected_files() -> None:
    made = district(
        [
            result("1", card(*FULL)),
            result("2", None, UNREADABLE, TEXT_NUMBER, file="二小.xlsx"),
            result("", None, UNREADABLE, name="", file="扫描件.xlsx"),
            result("1", None, UNREADABLE, file="旧表.xlsx"),
            result("77", None, UNREADABLE, file="外区.xlsx"),
        ],
        [MissingUnit("3", "三小", "小学", "李老师"), MissingUnit("2", "二小", "小学", "张老师")],
    )
    rows = table(made, "未交单位")
    assert [(row["单位代码"], row["情况"], row["未受理的文件"]) for row in rows] == [
        ("2", "未受理", "二小.xlsx"),
        ("3", "未交", ""),
        ("", "单位不明", "扫描件.xlsx"),
        ("1", "另有一份已采用", "旧表.xlsx"),
        ("77", "不在名册", "外区.xlsx"),
    ]
    assert rows[0]["原因"] == UNREADABLE.message
    assert rows[1]["联系人"] == "李老师"


def test_overview_shows_the_figures() -> None:
    made = district(
        [result("1", card(*FULL, claims=["50", "20", "20", "9"]), DIFFERS), result("2", card("30", "20", "20", "10"))],
        [MissingUnit("3", "三小", "小学", ""), MissingUnit("4", "四小", "小学", "")],
    )
    labels = ("应交", "已交", "未交", "交表率", "平均分", "中位数", "最高分", "最低分")
    assert [tile(made, label) for label in labels] == [4, 2, 2, 0.5, 90, 90, 100, 80]
    assert tile(made, "与自评不符") == 1
    sheet = opened(made)["概览"]
    counts = {row[0].value: row[4].value for row in sheet.iter_rows()}
    assert [counts[grade] for grade in ("优", "良", "中", "差", "未定")] == [1, 1, 0, 0, 0]


EVIL = '=HYPERLINK("http://example.com","点我")'


def test_text_from_returns_stays_text() -> None:
    evil = Finding("missing", MISSING_FIELD.severity, EVIL, Cell("自评表", "A1"))
    made = district(
        [
            result("A", card(*FULL), evil, name=EVIL),
            result("", None, evil, name="http://example.com", file="=1+1.xlsx"),
        ],
        [MissingUnit("9", "+1", "@x", "-2")],
    )
    content = build_summary(made)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == len(SHEETS)
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]
    book = openpyxl.load_workbook(io.BytesIO(content))
    evil_texts = {EVIL, "+1", "-2", "=1+1.xlsx"}
    shown = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value in evil_texts]
    assert {cell.value for cell in shown} == evil_texts
    assert all(cell.quotePrefix for cell in shown)
    targets = {cell.hyperlink.target for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink}
    assert {target.replace("\\", "/") for target in targets} == {"../reviewed/A.xlsx"}


def test_texts_that_no_file_can_hold_as_they_are() -> None:
    made = district([result("A", card(*FULL), name="前\x00\ud800后" + "长" * 40_000)])
    name = str(opened(made)["排名表"]["C4"].value)
    assert name.startswith("前\ufffd\ufffd后长") and len(name) == 32_767


def test_rebuild_gives_the_same_bytes() -> None:
    results = [result("A", card(*FULL), DIFFERS), result("B", card("1", None, "2", "3"))]
    assert build_summary(district(results)) == build_summary(district(results))


@pytest.mark.parametrize(
    "made",
    [
        district(),
        district(missing=[MissingUnit("1", "一小", "小学", "")]),
        district([result("1", None, UNREADABLE)], [MissingUnit("1", "一小", "小学", "")]),
        district([result("1", card(None, None, None, None))]),
        district([result("1", card(*FULL), name="长" * 60)]),
    ],
    ids=["nothing", "no return", "all rejected", "one without any score", "one"],
)
def test_small_rounds_give_all_sheets_and_the_chart(made: District) -> None:
    content = build_summary(made)
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == SHEETS
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert parts.read("xl/charts/chart1.xml").count(b"<c:ser>") == 1


def test_empty_round_shows_no_average_and_no_zero_for_it() -> None:
    assert tile(district(), "平均分") == "—"
    assert tile(district(), "交表率") == "—"
    assert tile(district(), "应交") == 0


def test_chart_reads_the_grade_counts() -> None:
    with zipfile.ZipFile(io.BytesIO(build_summary(district([result("1", card(*FULL))])))) as parts:
        chart = parts.read("xl/charts/chart1.xml").decode()
    sheet = opened(district([result("1", card(*FULL))]))["概览"]
    first = next(row[0].row for row in sheet.iter_rows() if row[0].value == "优")
    assert f"概览!$A${first}:$A${first + 4}" in chart
    assert f"概览!$E${first}:$E${first + 4}" in chart


def test_every_table_can_be_filtered_and_prints_with_its_head() -> None:
    book = opened(district([result("1", card(*FULL), DIFFERS)], [MissingUnit("2", "二小", "小学", "")]))
    for name in SHEETS[1:]:
        sheet = book[name]
        if name in ("裁定情况", "退回与重报"):  # nobody ruled, nobody handed in twice
            continue
        assert sheet.auto_filter.ref and sheet.freeze_panes and sheet.print_title_rows
        assert sheet.page_setup.fitToHeight == 0 and sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.orientation == "landscape"


def test_ampersand_in_the_footer_is_printed() -> None:
    made = District("区", "甲&乙局", 2024, None, SCHEME, [], [])
    with zipfile.ZipFile(io.BytesIO(build_summary(made))) as parts:
        assert "甲&amp;&amp;乙局2024" in parts.read("xl/worksheets/sheet1.xml").decode()


def test_written_to_the_path(tmp_path: Path) -> None:
    target = tmp_path / "全区汇总.xlsx"
    write_summary(district(), target)
    assert target.read_bytes() == build_summary(district())


def test_beyond_the_number_of_links_that_excel_opens_names_stand_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfeval_xl.excel.book._MOST_LINKS", 1)
    made = district([result("A", card(*FULL)), result("B", card("49", "20", "20", "10"))])
    first, second = table(made, "排名表")
    assert (first["批注文件"], second["批注文件"]) == ("打开", "B.xlsx")


def test_a_row_is_as_high_as_its_longest_text() -> None:
    made = district([result("A", card(*FULL), name="长" * 60), result("B", card("49", "20", "20", "10"), name="短")])
    heights = opened(made)["排名表"].row_dimensions
    assert heights[4].height == 57  # 120 half-widths in 30: four lines
    assert heights[5].height is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 1), ("长" * 5, 1), ("长" * 5 + "1", 2), ("1234567890", 1), ("12345678901", 2), ("一\n二", 2)],
)
def test_line_count(text: str, lines: int) -> None:
    assert line_count(text, 10) == lines
