"""The district's workbook, read back: what stands in it, what never may, and rounds with nothing in them."""

from __future__ import annotations

import io
import re
import statistics
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from perfeval_xl.cells import Cell
from perfeval_xl.excel.book import DEFAULT_LIMITS, Book, Limits, line_count
from perfeval_xl.excel.looks import BODY_FONT
from perfeval_xl.findings import Finding, finding
from perfeval_xl.overview import Overview, Ranked, facts_of
from perfeval_xl.overview import overview as overview_of
from perfeval_xl.overview import ranking as ranking_of
from perfeval_xl.results import District, MissingUnit, UnitResult, spread
from perfeval_xl.scheme.model import Grade, Indicator, Level, Scheme
from perfeval_xl.scheme.rules.base import Outcome, Rule, needs_review, not_applicable, scored
from perfeval_xl.scheme.scorecard import Decision, IndicatorScore, Ruling, ScoreCard
from perfeval_xl.summary import build_summary, write_summary
from perfeval_xl.summary.figures import round_of
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.ranking import RankingSheet

SHEETS = ["封面", "排名表", "指标得分率", "失分分析", "差异清单", "裁定情况", "问题清单", "数据汇总"]
SHEETS += ["未交与退回", "重报变化", "口径与版本"]  # the small scheme has no annex tables
POINTS = {"effect": "50", "plan": "20", "open": "20", "buy": "10"}
_NO_RULE: Any = None  # the summary reads outcomes; no rule is ever asked


def _scheme() -> Scheme:
    def indicator(code: str, level1: str, level2: str, name: str) -> Indicator:
        rule: Rule = _NO_RULE
        return Indicator(code, (level1, level2), name, Decimal(POINTS[code]), "", "", True, (), rule)

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
    code: str,
    scores: ScoreCard | None,
    *findings: Finding,
    name: str = "",
    reviewed: str | None = "",
    file: str = "",
    type: str = "小学",
) -> UnitResult:
    path = f"reviewed/{code}.xlsx" if reviewed == "" and scores else reviewed or None
    return UnitResult(code, name or f"第{code}小学", type, file or f"{code}.xlsx", path, None, scores, findings)


def ruled(scores: ScoreCard, code: str, score: str) -> ScoreCard:
    """The card with a ruling on one row."""
    ruling = Ruling(Decision.SET_SCORE, Decimal(score), "已核实", "张三", date(2025, 5, 10))
    rows = (replace(row, ruling=ruling) if row.indicator.code == code else row for row in scores.rows)
    return ScoreCard(SCHEME, tuple(rows))


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


def overview(made: District, most_common: int = 10) -> Overview:
    return overview_of(facts_of(made), most_common)


def ranking(results: Sequence[UnitResult]) -> list[Ranked]:
    return ranking_of(facts_of(district(results)))


def opened(made: District, limits: Limits = DEFAULT_LIMITS) -> Any:
    return openpyxl.load_workbook(io.BytesIO(build_summary(made, limits)))


def table(made: District, sheet: str, head: str = "单位代码", limits: Limits = DEFAULT_LIMITS) -> list[dict[str, Any]]:
    """The rows under the heading that holds ``head``, up to an empty one, by heading, as calamine reads them ('' for an
    empty cell); columns without a heading (behind a merged one, or under a chart) are left out."""
    book = CalamineWorkbook.from_object(io.BytesIO(build_summary(made, limits)))
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    top = next(number for number, row in enumerate(rows) if head in row)
    end = next((number for number, row in enumerate(rows) if number > top and not any(map(str, row))), len(rows))
    return [{title: cell for title, cell in zip(rows[top], row, strict=True) if title} for row in rows[top + 1 : end]]


def tile(made: District, label: str) -> Any:
    """The value under a tile's label on the cover."""
    for row in opened(made)["封面"].iter_rows():
        for cell in row:
            if cell.value == label:
                return cell.offset(row=1).value
    raise LookupError(label)


def links(sheet: Any) -> list[Any]:
    return [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def charts(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        names = sorted(name for name in parts.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name))
        return [parts.read(name).decode() for name in names]


# A round, and what its figures must be, worked out from its scores alone

UNITS: list[tuple[str, str, tuple[str | None, ...]]] = [
    ("01", "小学", ("50", "20", "20", "10")),
    ("02", "小学", ("45", "20", "20", "10")),
    ("03", "小学", ("44.99", "18", "12", "n/a")),
    ("04", "小学", ("45", "20", "20", "10")),
    ("05", "小学", ("50", None, "20", "10")),  # 80 to 100
    ("06", "幼儿园", ("29.99", "17.99", "11.99", "0")),
    ("07", "幼儿园", ("30", "12", "20", "n/a")),
    ("08", "幼儿园", ("0.01", "0", "20", "10")),
    ("09", "幼儿园", ("50", "19.99", None, "10")),  # 79.99 to 99.99
    ("10", "特殊教育", ("49.33", "20", "0", "10")),
    ("11", "", ("40", "20", "20", "8")),
]
MISSING_UNITS = [MissingUnit("12", "十二中", "高中", ""), MissingUnit("13", "十三小", "小学", "")]


def _points(scores: Sequence[str | None]) -> list[Fraction | None]:
    return [
        None if score is None else Fraction(points if score == "n/a" else score)
        for score, points in zip(scores, POINTS.values(), strict=True)
    ]


def _total(scores: Sequence[str | None]) -> Fraction | None:
    points = _points(scores)
    return None if None in points else sum((each for each in points if each is not None), Fraction(0))


def _grade(scores: Sequence[str | None]) -> str:
    given = zip(_points(scores), POINTS.values(), strict=True)
    lowest, highest = (
        sum((Fraction(each if each is not None else other) for each, other in bounds), Fraction(0))
        for bounds in zip(*([(each, Fraction(0)), (each, Fraction(points))] for each, points in given), strict=True)
    )
    names = {
        next(name for name, low in (("优", 90), ("良", 80), ("中", 60), ("差", 0)) if total >= low)
        for total in (lowest, highest)
    }
    return names.pop() if len(names) == 1 else "未定"


def _half_up(value: Fraction, places: int) -> float:
    return floor(value * 10**places + Fraction(1, 2)) / 10**places


def _expected_type(type_: str | None) -> dict[str, Any]:
    """The row of a type; None is the whole district."""
    of_it = [scores for _, each, scores in UNITS if type_ in (each, None)]
    totals = [total for scores in of_it if (total := _total(scores)) is not None]
    missing = sum(type_ in (unit.type, None) for unit in MISSING_UNITS)
    figures: list[Any] = ["—"] * 4
    if totals:
        middle = _half_up(Fraction(statistics.median(totals)), 2)
        figures = [_half_up(sum(totals) / Fraction(len(totals)), 2), middle, float(min(totals)), float(max(totals))]
    return {
        "单位类型": "全区" if type_ is None else type_ or "未注明类型",
        "应交": len(of_it) + missing,
        "已交": len(of_it),
        "已定分": len(totals),
        **dict(zip(("平均分", "中位数", "最低分", "最高分"), figures, strict=True)),
    }


def _expected_indicator(number: int) -> dict[str, Any]:
    """The row of 失分分析 of the indicator with that number, without its rank and its share of what is lost."""
    indicator = SCHEME.indicators[number]
    points = Fraction(POINTS[indicator.code])
    column = [(scores[number], _points(scores)[number]) for _, _, scores in UNITS]
    settled = [score for _, score in column if score is not None]
    rates = [None if raw == "n/a" or score is None else score / points for raw, score in column]
    bands = ((Fraction(9, 10), Fraction(1)), (Fraction(6, 10), Fraction(9, 10)), (Fraction(0), Fraction(6, 10)))
    within = [sum(rate is not None and rate > 0 and low <= rate < high for rate in rates) for low, high in bands]
    return {
        "指标": indicator.name,
        "二级指标": indicator.level2,
        "分值": float(points),
        "全区\n得分率": _half_up(sum(settled) / (points * len(settled)), 4),
        "满分": sum(rate == 1 for rate in rates),
        **dict(zip(("90%以上\n未满分", "60%以上\n不到90%", "不到60%"), within, strict=True)),
        "0 分": sum(rate == 0 for rate in rates),
        "不适用": sum(raw == "n/a" for raw, _ in column),
        "未定": sum(score is None for _, score in column),
        "失分合计": float(points * len(settled) - sum(settled)),
    }


ROUND = district([result(code, card(*scores), type=type_) for code, type_, scores in UNITS], MISSING_UNITS)


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
    assert [(each.unit.unit_code, each.place) for each in ranked] == [("1", 1), ("2", 2), ("3", 2), ("4", 4)]


def test_a_hundredth_separates_places() -> None:
    ranked = ranking([result("1", card("49.99", "20", "20", "10")), result("2", card(*FULL))])
    assert [each.place for each in ranked] == [1, 2]


def test_provisional_totals_come_last_without_a_place_even_when_they_could_be_the_best() -> None:
    ranked = ranking(
        [result("1", card("50", "20", "20", None)), result("2", card("0", "0", "0", "0")), result("3", None)]
    )
    assert [(each.unit.unit_code, each.place) for each in ranked] == [("2", 1), ("1", None)]


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
    assert (first["全区\n名次"], first["单位代码"], first["自评\n总分"], first["复核总分"]) == (1, "B", 100, 99.5)
    assert (first["差异\n自评－复核"], first["等级"], first["问题\n条数"]) == (0.5, "优", 2)
    assert (first["履职效能\n（50）"], first["管理效率\n（50）"], first["预算编制\n（40）"]) == (49.5, 50, 40)
    assert "整体效能\n（50）" not in first  # the only one of 履职效能
    assert (second["全区\n名次"], second["类型内\n名次"]) == ("暂定", "")
    assert (second["复核总分"], second["差异\n自评－复核"]) == ("80.00～100.00", "")
    assert (second["等级"], second["管理效率\n（50）"], second["预算编制\n（40）"], second["采购管理\n（10）"]) == (
        "未定",
        "",
        "",
        10,
    )


def test_ranking_counts_rulings_and_returns() -> None:
    older = result("A", card("1", "20", "20", "10"))
    twice = replace(result("A", ruled(card(*FULL), "plan", "19.5")), earlier=(older,))
    book = Book(datetime(2025, 1, 1), "汇总", "")
    made = district([twice, result("B", card("40", "20", "20", "10"))])
    with Shelf() as shelf:  # this sheet alone: nothing was read
        sheet = RankingSheet(made, shelf, DEFAULT_LIMITS)
        sheet.write(book, round_of(made, [sheet.take]))
    heads, first, second, *_ = openpyxl.load_workbook(io.BytesIO(book.close()))["排名表"].iter_rows(min_row=4)
    columns = [[cell.value for cell in heads].index(title) for title in ("复核总分", "裁定\n项数", "交表\n份数")]
    assert [first[column].value for column in columns] == [99.5, 1, 2]
    assert [second[column].value for column in columns] == [90, 0, 1]


def test_figures_of_each_type_below_the_ranking() -> None:
    assert table(ROUND, "排名表", "已定分") == [
        _expected_type(type_) for type_ in ("小学", "幼儿园", "特殊教育", "高中", "", None)
    ]


def test_the_ranking_gives_both_places() -> None:
    rows = {row["单位代码"]: row for row in table(ROUND, "排名表")}
    settled = {code: total for code, _, scores in UNITS if (total := _total(scores)) is not None}
    types = {code: type_ for code, type_, _ in UNITS}
    for code, row in rows.items():
        if code not in settled:
            assert (row["全区\n名次"], row["类型内\n名次"]) == ("暂定", "")
            continue
        better = [each for each in settled if settled[each] > settled[code]]
        assert row["全区\n名次"] == 1 + len(better)
        among = 1 + sum(types[each] == types[code] for each in better)
        assert row["类型内\n名次"] == (among if types[code] else "")
    assert len(rows) == len(UNITS)


def test_rates_are_shares_of_the_points_and_what_is_open_stays_empty() -> None:
    uneven = ruled(card("12.34", "0.5", "20", "10"), "plan", "19.99")
    sheet = opened(district([result("B", card("0", "20", None, "n/a")), result("A", uneven)]))["指标得分率"]
    heads = next(row for row in sheet.iter_rows() if row[0].value == "单位代码")
    assert [cell.value for cell in heads[2:]] == [
        "单位类型",
        "50 分",
        "20 分",
        "20 分",
        "10 分",
        "复核总分",
        "批注文件",
    ]
    first, second = ([cell for cell in row] for row in sheet.iter_rows(min_row=heads[0].row + 1))
    assert [cell.value for cell in first] == ["A", "第A小学", "小学", 0.2468, 0.9995, 1, 1, 62.33 - 20 + 20, "打开"]
    assert [cell.value for cell in second] == ["B", "第B小学", "小学", 0, 1, None, 1, "30.00～50.00", "打开"]
    assert first[4].font.bold and not first[3].font.bold  # ruled
    assert second[5].fill.fgColor.rgb == "FFE7E6E6"  # open
    assert second[6].font.color.rgb == "FF7F7F7F"  # not applicable
    scales = {str(area.sqref): area.rules[0].colorScale for area in sheet.conditional_formatting}
    scale = scales[f"D{heads[0].row + 1}:G{heads[0].row + 2}"]
    assert [float(each.val) for each in scale.cfvo] == [0, 0.6, 1]
    assert sheet.freeze_panes == f"D{heads[0].row + 1}"


def test_the_district_above_the_rates() -> None:
    sheet = opened(ROUND)["指标得分率"]
    shown = {row[0].value: [cell.value for cell in row[3:7]] for row in sheet.iter_rows(max_row=9)}
    expected = [_expected_indicator(number) for number in range(4)]
    assert shown["全区得分率"] == [each["全区\n得分率"] for each in expected]
    assert shown["满分的单位数（含不适用）"] == [each["满分"] + each["不适用"] for each in expected]
    partial = ("90%以上\n未满分", "60%以上\n不到90%", "不到60%")
    assert shown["得部分分的单位数"] == [sum(each[head] for head in partial) for each in expected]
    assert shown["得 0 分的单位数"] == [each["0 分"] for each in expected]
    assert shown["没有得分的单位数"] == [each["未定"] for each in expected]


def test_where_the_district_loses_points() -> None:
    expected = sorted((_expected_indicator(number) for number in range(4)), key=lambda each: -each["失分合计"])
    everything = sum(Fraction(str(each["失分合计"])) for each in expected)
    for number, each in enumerate(expected, start=1):
        each["序号"] = number
        each["占全部\n失分"] = _half_up(Fraction(str(each["失分合计"])) / everything, 4)
    assert table(ROUND, "失分分析", "失分合计") == expected


def test_the_chart_of_losses_reads_its_table() -> None:
    content = build_summary(ROUND)
    [chart] = [each for each in charts(content) if "各指标失分合计" in each]
    assert "<c:f>失分分析!$B$4:$B$7</c:f>" in chart and "<c:f>失分分析!$M$4:$M$7</c:f>" in chart
    sheet = openpyxl.load_workbook(io.BytesIO(content))["失分分析"]
    assert (sheet["M3"].value, sheet["B3"].value) == ("失分合计", "指标")


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
    link = next(each for each in links(sheet) if each.target)
    assert (link.target.replace("\\", "/"), link.location) == ("../reviewed/A.xlsx", "'自评表'!I12")


def test_a_link_survives_signs_that_mean_something_in_an_address() -> None:
    made = district([result("A", card(*FULL), reviewed="reviewed/A_一 小#1 50%.xlsx")])
    link = next(each for each in links(opened(made)["排名表"]) if each.target)
    assert link.target.replace("\\", "/") == "../reviewed/A_一%20小%231%2050%25.xlsx"
    assert link.location is None


def test_without_an_annotated_copy_there_is_no_link() -> None:
    book = opened(district([result("A", card(*FULL), DIFFERS, reviewed=None)]))
    assert not [link.target for sheet in book for link in links(sheet) if link.target]


def test_every_link_within_the_workbook_leads_to_something() -> None:
    book = opened(ROUND)
    for sheet in book:
        for link in links(sheet):
            if not link.target:
                name, ref = link.location.rsplit("!", 1)
                assert book[name.strip("'")][ref].value, (sheet.title, link.location)


def test_the_cover_lists_every_other_sheet() -> None:
    sheet = opened(ROUND)["封面"]
    top = next(row[0].row for row in sheet.iter_rows() if row[0].value == "工作表")
    rows = list(sheet.iter_rows(min_row=top + 1))
    assert [row[0].value for row in rows] == SHEETS[1:]
    assert [row[0].hyperlink.location for row in rows] == [f"'{name}'!A1" for name in SHEETS[1:]]
    assert all(row[2].value for row in rows)


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
    rows = table(made, "未交与退回")
    assert [(row["单位代码"], row["情况"], row["文件"]) for row in rows] == [
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
    grades = {
        row["等级"]: row for row in table(made, "封面", "等级") if row["等级"] in ("优", "良", "中", "差", "未定")
    }
    assert [row["单位数"] for row in grades.values()] == [1, 1, 0, 0, 0]
    assert [row["占比"] for row in grades.values()] == [0.5, 0.5, 0, 0, 0]


def test_totals_by_class_on_the_cover() -> None:
    totals = [total for _, _, scores in UNITS if (total := _total(scores)) is not None]
    rows = table(ROUND, "封面", "分数段")
    for row in rows[:10]:
        low, high = map(int, row["分数段"].split("～"))
        count = sum(low <= total < high or total == high == 100 for total in totals)
        assert (row["单位数"], row["占比"]) == (count, _half_up(Fraction(count, len(totals)), 4))
    assert [row["分数段"] for row in rows[:11:5]] == ["95～100", "70～75", "不满 50"]
    assert rows[10]["单位数"] == sum(total < 50 for total in totals) == 1


def test_the_costliest_rows_on_the_cover() -> None:
    expected = sorted((_expected_indicator(number) for number in range(4)), key=lambda each: -each["失分合计"])
    rows = table(ROUND, "封面", "失分单位")[:4]
    assert [row["指标"] for row in rows] == [each["指标"] for each in expected]
    assert [(row["失分合计"], row["全区得分率"]) for row in rows] == [
        (each["失分合计"], each["全区\n得分率"]) for each in expected
    ]
    short = ("90%以上\n未满分", "60%以上\n不到90%", "不到60%", "0 分")
    assert [row["失分单位"] for row in rows] == [sum(each[head] for head in short) for each in expected]


def test_where_nothing_is_lost_no_row_is_named() -> None:
    [row] = table(district([result("A", card(*FULL))]), "封面", "失分单位")[:1]
    assert row["序号"] == "（无）"


def test_types_of_units_on_the_cover() -> None:
    rows = table(ROUND, "封面", "单位类型")[:6]
    for row, type_ in zip(rows, ("小学", "幼儿园", "特殊教育", "高中", "", None), strict=True):
        expected = _expected_type(type_)
        heads = ("单位类型", "应交", "已交", "平均分", "中位数")
        assert [row[head] for head in heads] == [expected[head] for head in heads]
        grades = Counter(_grade(scores) for _, each, scores in UNITS if type_ in (each, None))
        assert [row[grade] for grade in ("优", "良", "中", "差", "未定")] == [
            grades[grade] for grade in ("优", "良", "中", "差", "未定")
        ]


def test_beyond_seven_types_the_cover_adds_up_the_rest() -> None:
    made = district([result(f"{number:02}", card(*FULL), type=f"类型{number:02}") for number in range(11)])
    rows = table(made, "封面", "单位类型")[:9]
    assert [row["单位类型"] for row in rows[6:]] == ["类型06", "其余 4 类", "全区"]
    assert [(row["应交"], row["平均分"], row["优"]) for row in rows[6:]] == [(1, 100, 1), (4, "—", 4), (11, 100, 11)]
    assert len(table(made, "排名表", "已定分")) == 12


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
    formulas = [each for sheet in sheets for each in re.findall(rb"<f[ >].*?</f>", sheet)]
    assert not [each for each in formulas if b"HYPERLINK" in each or b"example" in each]
    book = openpyxl.load_workbook(io.BytesIO(content))
    evil_texts = {EVIL, "+1", "-2", "=1+1.xlsx"}
    shown = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value in evil_texts]
    assert {cell.value for cell in shown} == evil_texts
    assert all(cell.quotePrefix for cell in shown)
    targets = {link.target.replace("\\", "/") for sheet in book for link in links(sheet) if link.target}
    assert targets == {"../reviewed/A.xlsx"}


def test_texts_that_no_file_can_hold_as_they_are() -> None:
    made = district([result("A", card(*FULL), name="前\x00\ud800后" + "长" * 40_000)])
    name = str(opened(made)["排名表"]["D5"].value)
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
    titles = [re.findall("<a:t>([^<]*)</a:t>", chart)[0] for chart in charts(content)]
    types = ["各类型单位的等级构成（单位数）"] if made.results or made.missing else []
    expected = ["各等级单位数", "复核总分分布（单位数）", *types, "各指标失分合计（分）"]
    assert titles == expected
    assert all(f'<a:latin typeface="{BODY_FONT}"' in chart for chart in charts(content))


def test_empty_round_shows_no_average_and_no_zero_for_it() -> None:
    assert tile(district(), "平均分") == "—"
    assert tile(district(), "交表率") == "—"
    assert tile(district(), "应交") == 0


def test_chart_reads_the_grade_counts() -> None:
    content = build_summary(district([result("1", card(*FULL))]))
    chart = charts(content)[0]
    sheet = openpyxl.load_workbook(io.BytesIO(content))["封面"]
    first = next(row[0].row for row in sheet.iter_rows() if row[0].value == "优")
    assert f"封面!$A${first}:$A${first + 4}" in chart
    assert f"封面!$E${first}:$E${first + 4}" in chart


def test_the_other_charts_of_the_cover_read_their_tables() -> None:
    content = build_summary(ROUND)
    _, classes, types, *_ = charts(content)
    sheet = openpyxl.load_workbook(io.BytesIO(content))["封面"]
    at = {row[0].value: row[0].row for row in sheet.iter_rows()}
    top, end = at["95～100"], at["不满 50"]
    assert re.findall("<c:f>(.*?)</c:f>", classes) == [f"封面!$A${top}:$A${end}", f"封面!$C${top}:$C${end}"]
    top, end = at["小学"], at["未注明类型"]
    assert at["全区"] == end + 1  # not in the chart
    ranges = re.findall("<c:f>(.*?)</c:f>", types)
    assert ranges[::2] == [f"封面!$A${top}:$A${end}"] * 5
    assert ranges[1::2] == [f"封面!${column}${top}:${column}${end}" for column in "HIJKL"]
    assert [sheet[f"{column}{top - 1}"].value for column in "HIJKL"] == ["优", "良", "中", "差", "未定"]


def test_every_table_can_be_filtered_and_prints_with_its_head() -> None:
    book = opened(district([result("1", card(*FULL), DIFFERS)], [MissingUnit("2", "二小", "小学", "")]))
    for name in ("排名表", "指标得分率", "失分分析", "问题清单", "未交与退回"):
        sheet = book[name]
        assert sheet.auto_filter.ref and sheet.freeze_panes and sheet.print_title_rows
        assert sheet.page_setup.fitToHeight == 0 and sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.orientation == "landscape"


def test_ampersand_in_the_footer_is_printed() -> None:
    made = District("区", "甲&乙局", 2024, None, SCHEME, [], [])
    with zipfile.ZipFile(io.BytesIO(build_summary(made))) as parts:
        assert "甲&amp;&amp;乙局2024" in parts.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize(("name", "cut"), [("局", False), ("局" * 10, False), ("局" * 11, True), ("局" * 60, True)])
def test_a_long_title_leaves_the_page_number_its_place(name: str, cut: bool) -> None:
    """On A4 upright 48 half-widths have room, and 年度所属单位绩效自评汇总 with its year takes 28 of them."""
    made = District("区", name, 2024, None, SCHEME, [], [])
    footer = opened(made)["封面"].oddFooter.left.text
    assert footer.endswith("…") == cut
    assert len(footer.encode("gbk", "replace")) <= 48


def test_written_to_the_path(tmp_path: Path) -> None:
    target = tmp_path / "全区汇总.xlsx"
    write_summary(district(), target)
    assert target.read_bytes() == build_summary(district())


def test_beyond_the_number_of_links_that_excel_opens_names_stand_instead() -> None:
    made = district([result("A", card(*FULL)), result("B", card("49", "20", "20", "10"))])
    one = Limits(links=1)
    first, second = table(made, "排名表", limits=one)
    assert (first["批注\n文件"], second["批注\n文件"]) == ("打开", "B.xlsx")
    assert opened(made, one)["排名表"]["A3"].value == "表后：各类型单位的统计"


def test_a_row_is_as_high_as_its_longest_text() -> None:
    made = district([result("A", card(*FULL), name="长" * 60), result("B", card("49", "20", "20", "10"), name="短")])
    heights = opened(made)["排名表"].row_dimensions
    assert heights[5].height == 70.5  # 120 half-widths in 28: five lines
    assert heights[6].height is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 1), ("长" * 5, 1), ("长" * 5 + "1", 2), ("1234567890", 1), ("12345678901", 2), ("一\n二", 2)],
)
def test_line_count(text: str, lines: int) -> None:
    assert line_count(text, 10) == lines


def test_each_half_of_the_cover_fits_a_page() -> None:
    """As high as A4 upright has room at the scale that twelve columns print at, with as many types as are named."""
    made = district([result(f"{number:02}", card(*FULL), type=f"类型{number:02}") for number in range(11)])
    sheet = opened(made)["封面"]
    [middle] = [each.id for each in sheet.row_breaks.brk]
    heights = {row: each.height or 15 for row, each in sheet.row_dimensions.items()}
    points = (8 * 7 + 5) * 12 * 72 / 96  # twelve columns of eight signs, in Excel's pixels
    room = (842 - (0.6 + 0.7) * 72) * points / (595 - 72)
    assert sum(heights[row] for row in heights if row <= middle) <= room
    assert sum(heights[row] for row in heights if row > middle) <= room
    assert sheet.print_area.endswith(f"$L${sheet.max_row}")
