"""The narrative as it is written: what it says, and the document that says it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import docx
import openpyxl
import pytest
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml.ns import qn

from perfeval_xl.cells import Cell
from perfeval_xl.district.narrative.blocks import Bars, Block, Grid, Heading, Item, Story, Subject, Text
from perfeval_xl.district.narrative.paper import document, is_untouched
from perfeval_xl.district.narrative.slots import Topic, parts_of
from perfeval_xl.district.narrative.story import story_of
from perfeval_xl.errors import NarrativeError
from perfeval_xl.findings import finding
from perfeval_xl.numbers import ZERO
from perfeval_xl.overview import Facts, facts_of, overview
from perfeval_xl.results import District, MissingUnit, UnitResult
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import NarrativeSection, Scheme
from perfeval_xl.scheme.rules.base import missing, needs_review
from perfeval_xl.scheme.scorecard import Decision, IndicatorScore, Ruling
from perfeval_xl.scorer import score
from tests.rounds import published_answers
from tests.small_schemes import D, amount, given, indicator, small_scheme, submission

HUADU = load_scheme(find_scheme("huadu-2024"))


def text(name: str, most: int, **more: Any) -> Field:
    return Field(name, f"{name}一栏", FieldType.TEXT, max_length=most, hint="写明内容；没有的留空。", **more)


OUTLINE = (
    NarrativeSection("一、结论", (text("outcome", 5000),)),
    NarrativeSection("二、问题", (text("p1_title", 100), text("p1_text", 5000), text("p2_title", 100, required=False))),
    NarrativeSection("三、措施", (text("m1_title", 100, required=False), text("m1_text", 5000, required=False))),
)  # fmt: skip
FULL = {"outcome": "自评得分20.00分，等级为优。", "p1_title": "某问题", "p1_text": "某内容。"}


def small(*rows: Any, narrative: tuple[NarrativeSection, ...] = OUTLINE) -> Scheme:
    return small_scheme(*(rows or (indicator("甲", amount("a")), indicator("乙", amount("b")))), narrative=narrative)


def subject(scheme: Scheme, values: dict[str, Any], **changes: Any) -> Subject:
    """Somebody with ``values`` as answers; evidence is given for every row unless it is among them."""
    told = {each.evidence_id: "理由。" for each in scheme.indicators}
    answers = given(scheme, {**told, **values})
    card = score(scheme, answers)
    made = Subject("某校", False, 2024, scheme, answers, card, (), "某局")
    return replace(made, **changes)


def huadu(**changes: Any) -> Subject:
    answers = read_answers(json.dumps(published_answers(**changes)), HUADU)
    returned = submission(HUADU, answers)
    card = score(HUADU, returned)
    return Subject("广州市花都区教育局", True, 2024, HUADU, returned, card, card.findings, "广州市花都区教育局")


def texts(story: Story, *, ours: bool) -> list[str]:
    return [each.text for each in story.blocks if isinstance(each, Text) and each.ours is ours]


def of(story: Story, kind: type[Block]) -> list[Any]:
    return [each for each in story.blocks if isinstance(each, kind)]


def under(story: Story, heading: str) -> list[Block]:
    """What stands between a heading and the next."""
    at = next(n for n, each in enumerate(story.blocks) if isinstance(each, Heading) and each.text == heading)
    rest = story.blocks[at + 1 :]
    return list(rest[: next((n for n, each in enumerate(rest) if isinstance(each, Heading)), len(rest))])


def written(about: Subject) -> Any:
    return docx.Document(io.BytesIO(document(story_of(about), about)))


# ---- places


def test_titles_and_texts_belong_together() -> None:
    parts = parts_of(small())
    assert [(part.heading, part.level, part.topic) for part in parts] == [
        ("一、结论", 1, Topic.CONCLUSION), ("二、问题", 1, Topic.PROBLEMS), ("三、措施", 1, Topic.MEASURES),
    ]  # fmt: skip
    slots = [[(slot.title and slot.title.id, slot.text.id, slot.label) for slot in part.slots] for part in parts]
    assert slots == [
        [(None, "outcome", "")],
        [("p1_title", "p1_text", ""), (None, "p2_title", "p2_title一栏")],
        [("m1_title", "m1_text", "")],
    ]


@pytest.mark.parametrize(
    ("first", "second", "paired"),
    [
        (100, 5000, True),
        (200, 201, True),
        (200, 200, False),
        (201, 5000, False),
        (100, None, True),
        (None, 5000, False),
    ],
)
def test_a_title_is_short_and_its_text_longer(first: Any, second: Any, paired: bool) -> None:
    [part] = parts_of(small(narrative=(NarrativeSection("一、甲", (text("x", first), text("y", second))),)))
    assert len(part.slots) == (1 if paired else 2)


def test_every_form_has_its_places() -> None:
    parts = parts_of(HUADU)
    assert [part.heading for part in parts] == [
        "一、绩效自评情况", "（一）整体支出绩效目标", "（二）自评结论", "（三）履职效能分析", "二、存在的主要问题", "三、下一步改进措施",
    ]  # fmt: skip
    assert [part.topic for part in parts] == [
        None, None, Topic.CONCLUSION, Topic.ANALYSIS, Topic.PROBLEMS, Topic.MEASURES,
    ]  # fmt: skip
    assert [len(part.slots) for part in parts] == [0, 1, 1, 5, 5, 5]
    assert all(slot.title is not None for part in parts[3:] for slot in part.slots)


# ---- what it says


def test_a_settled_score() -> None:
    story = story_of(subject(small(), {"a": D(10), "b": D("9.5"), "甲_self_score": D(10), "乙_self_score": D("9.5")}))
    assert texts(story, ours=True)[0] == (
        "按评分标准逐项重算，2024年度得分 19.50 分（满分 20 分），等级为“差”。自评分与重算一致。"
    )
    [grid] = of(story, Grid)
    assert grid.rows == [("一级", "二级", "20", "19.50", "97.50%"), ("合计", "", "20", "19.50", "97.50%")]
    [bars] = of(story, Bars)
    assert (bars.labels, bars.shares) == (("二级",), (D("0.975"),))


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ((D(10), D(9)), "自评总分 19.00 分，比重算低 0.50 分，有 1 项不一致：乙项目。"),
        ((D(10), D(10)), "自评总分 20.00 分，比重算高 0.50 分，有 1 项不一致：乙项目。"),
        ((D("9.5"), D(10)), "自评总分 19.50 分，与重算相同，有 2 项不一致：甲项目、乙项目。"),
        ((D(10), None), "自评分没有填全。"),
    ],
)
def test_the_claim_beside_it(claims: tuple[Any, Any], said: str) -> None:
    values = {"a": D(10), "b": D("9.5"), "甲_self_score": claims[0], "乙_self_score": claims[1]}
    assert texts(story_of(subject(small(), values)), ours=True)[0].endswith(said)


def test_an_open_score_is_bounded_and_said_plainly() -> None:
    unclear = needs_review(D(10), "须核对材料", low=D(2), high=D(7))
    scheme = small(indicator("甲", amount("a")), indicator("乙", forced=unclear))
    story = story_of(subject(scheme, {"a": D(10)}))
    first, second = texts(story, ours=True)[:2]
    assert first.startswith("按评分标准逐项重算，2024年度得分暂定在 12.00～17.00 分之间（满分 20 分），等级为“差”。")
    assert second == (
        "得分为暂定，是因为有 1 项尚不能定分：乙项目（分值 10 分，得分在 2.00～7.00 分之间；须核对材料）。"
    )
    [grid] = of(story, Grid)
    assert grid.rows[0] == ("一级", "二级", "20", "12.00～17.00", "待定")
    assert not of(story, Bars)  # no bar for what is not known


def test_an_open_grade() -> None:
    rows = [replace(indicator(f"r{n}", forced=missing(TEN, (), "未填")), points=TEN) for n in range(10)]
    story = story_of(subject(small(*rows), {}))
    assert "0.00～100.00 分之间（满分 100 分），等级待定。" in texts(story, ours=True)[0]
    assert texts(story, ours=True)[1].endswith("；另有 4 项。")


TEN = D(10)


def test_levels_add_up_to_the_total() -> None:
    about = huadu()
    [grid] = of(story_of(about), Grid)
    *levels, whole = [(Decimal(row[2]), Decimal(row[3])) for row in grid.rows]
    assert tuple(sum(column) for column in zip(*levels, strict=True)) == whole == (100, about.card.total)
    assert [row[1] for row in grid.rows[:-1]] == list(dict.fromkeys(each.level2 for each in HUADU.indicators))


def test_lost_points_with_their_numbers() -> None:
    story = story_of(subject(small(), {"a": D(8), "b": D("9.5"), "乙_evidence": "原因。\n措施。"}))
    items = [each for each in under(story, "二、问题") if isinstance(each, Item)]
    assert [(each.number, each.title, each.ours) for each in items][1:] == [
        (2, "从核分结果看，有 2 项指标未得满分", True)
    ]
    assert [each for each in texts(story, ours=True) if each.startswith("（")] == [
        "（1）甲项目（二级，分值 10 分，得 8.00 分，失 2.00 分）：合计 8。自评表中的说明：理由。",
        "（2）乙项目（二级，分值 10 分，得 9.50 分，失 0.50 分）：合计 9.5。自评表中的说明：原因。 措施。",
    ]
    assert "共失 2.50 分，按失分多少列举如下。" in texts(story, ours=True)


def test_many_losses_are_cut_short() -> None:
    for count, listed in ((11, 11), (12, 10)):
        rows = [indicator(f"r{n:02d}", amount(f"a{n}")) for n in range(count)]
        said = texts(story_of(subject(small(*rows), {f"a{n}": D(n) / 2 for n in range(count)})), ours=True)
        assert sum(each.startswith("（") for each in said) == listed
        rest = [each for each in said if each.startswith("其余")]
        assert rest == (
            [] if listed == count else ["其余 2 项共失 9.50 分：r10项目（失 5.00 分）、r11项目（失 4.50 分）。"]
        )


def test_a_ruled_row_counts_as_ruled() -> None:
    about = subject(small(), {"a": D(8), "b": D(10)})
    ruling = Ruling(Decision.SET_SCORE, D(9), "有新材料", "张三", date(2025, 5, 10))
    card = replace(about.card, rows=(replace(about.card.rows[0], ruling=ruling), about.card.rows[1]))
    differs = finding("score-differs", indicator="甲", actual="10.00", expected="8.00", name="甲", basis="")
    story = story_of(replace(about, card=card, findings=(differs,)))
    said = texts(story, ours=True)
    assert "得分 19.00 分" in said[0] and said[0].endswith("有 1 项按区局裁定计分。")
    assert any("失 1.00 分）：区局裁定另定分，得 9.00 分（有新材料；张三，2025-05-10）" in each for each in said)
    assert not any("填报质量" in each.title for each in of(story, Item))  # the ruling settled it


def test_findings_are_grouped_by_kind() -> None:
    found = [finding("missing", cell=Cell("基础数据", f"C{n + 5}"), label=f"第{n}栏", advice="数字") for n in range(20)]
    found += [finding("seal-not-checked"), finding("text-missing", label="说明")]
    story = story_of(subject(small(), {"a": D(10), "b": D(10)}, findings=tuple(found)))
    assert [each.title for each in of(story, Item) if each.ours] == ["从填报质量看，有 21 处需要改正或核对"]
    assert texts(story, ours=True)[-2:] == [
        "必填项未填（20 处）：如第0栏未填。请填写数字。",
        "必填的文字未填（1 处）：说明未填。请填写。",
    ]


def test_kinds_beyond_the_first_are_counted_only() -> None:
    codes = ["macros", "external-links", "embedded-objects", "evidence-missing", "self-score-missing", "text-missing",
             "evidence-rate-differs", "part-exceeds-whole"]  # fmt: skip
    words = dict.fromkeys(("where", "what", "name", "label", "part", "whole"), "某")
    found = tuple(finding(code, actual="1", expected="2", **words) for code in codes)
    said = texts(story_of(subject(small(), {"a": D(10), "b": D(10)}, findings=found)), ours=True)
    assert said[-1].startswith("此外还有：") and said[-1].count("（1 处）") == 2


def test_nothing_is_said_of_problems_where_there_are_none() -> None:
    story = story_of(subject(small(), {"a": D(10), "b": D(10), **FULL}))
    assert under(story, "二、问题") == [Item(1, "某问题"), Text("某内容。")]
    assert under(story, "三、措施") == []


def test_annex_rows_are_counted() -> None:
    outputs = published_answers()["outputs"]
    fewer = [{**outputs[0], "actual": "0", "deviation_reason": "甲"}, {**outputs[1], "actual": None}, *outputs[2:]]
    said = [each for each in texts(story_of(huadu(outputs=fewer)), ours=True) if "列入考核的指标" in each]
    count = len(outputs)
    assert re.search(
        f"指标 {count} 项，得满分的 {count - 2} 项，未得满分的 1 项，尚不能定分的 1 项；分值 20 分，得分待定。$",
        said[0],
    )
    assert len(said) == 2


# ---- what is still to be written


def test_what_is_missing_is_marked_and_listed() -> None:
    story = story_of(subject(small(), {"a": D(10), "b": D(9), "乙_evidence": None, "p1_text": "只有内容。"}))
    assert story.reminders == (
        "一、结论：请补写：写明内容",
        "二、问题 第 1 项：请补写：写明内容",
        "三、措施 第 1 项：请补写：写明怎么改、何时完成。以下指标未得满分，自评表中也没有写明原因：乙项目（失 1.00 分）",
    )
    assert under(story, "二、问题")[:2] == [Item(1, "【请补写：写明内容】"), Text("只有内容。")]
    assert under(story, "三、措施")[0] == Item(1, "【请补写：失分指标的改进措施】")


def test_evidence_that_nobody_typed_explains_nothing() -> None:
    about = subject(small(), {"a": D(10), "b": D(9), "乙_evidence": "汇总：9"})
    assert not any("乙项目" in each for each in story_of(about).reminders)
    assert any("乙项目" in each for each in story_of(replace(about, not_typed="汇总：")).reminders)


@pytest.mark.parametrize(
    ("said", "doubts"),
    [
        ("自评得分20.00分，等级为“差”。", 0),
        ("自评得分为 20 分，等级评定为差。", 0),
        ("总分２０．００分", 0),
        ("自评得分19.99分。", 1),
        ("自评得分 19.99 分，自评等级为优。", 2),
        ("等级为良好", 1),
        ("与得分无关的话。", 0),
    ],
)
def test_a_conclusion_that_says_another_score_is_doubted(said: str, doubts: int) -> None:
    story = story_of(subject(small(), {"a": D(10), "b": D(10), **FULL, "outcome": said}))
    assert len([each for each in story.reminders if "请核对" in each]) == doubts


def test_an_open_score_is_no_reason_to_doubt() -> None:
    scheme = small(indicator("甲", forced=missing(TEN, (), "未填")))
    assert not any(
        "核对" in each for each in story_of(subject(scheme, {**FULL, "outcome": "自评得分20.00分。"})).reminders
    )


def test_optional_places_stay_away() -> None:
    story = story_of(subject(small(), {"a": D(10), "b": D(10), **FULL, "m1_text": "措施的内容。"}))
    assert under(story, "三、措施") == [Item(1, "【请补写：写明内容】"), Text("措施的内容。")]
    assert [each.title for each in of(story, Item)] == ["某问题", "【请补写：写明内容】"]


# ---- schemes of other kinds


def test_a_scheme_without_a_narrative() -> None:
    with pytest.raises(NarrativeError, match="没有自评说明的栏目"):
        story_of(subject(small(narrative=()), {"a": D(1), "b": D(1)}))


def test_what_has_no_place_stands_at_the_end() -> None:
    scheme = small(narrative=(NarrativeSection("一、总述", (text("outcome", 5000),)),))
    about = subject(scheme, {"a": D(8), "b": D(10), "outcome": "写了。"})
    story = story_of(about)
    assert Heading("附：核分情况", 1, ours=True) in story.blocks
    assert of(story, Grid) and of(story, Bars) and of(story, Item)
    assert "附：核分情况" in [each.text for each in written(about).paragraphs]


# ---- the department


def district(results: Sequence[UnitResult], absent: int = 1) -> Facts:
    gone = [MissingUnit(f"X{n}", f"缺{n}校", "", "") for n in range(absent)]
    return facts_of(District("样例区", "样例区教育局", 2024, None, HUADU, results, gone))


def returned(code: str, **changes: Any) -> UnitResult:
    about = huadu(**changes)
    return UnitResult(code, f"{code}校", "", f"{code}.xlsx", None, about.submission, about.card, about.findings)


def test_the_department_tells_of_its_units() -> None:
    units = district(
        [returned("S1"), returned("S2", three_public_actual_wan="99999"), returned("S3", goals_filed=None)], 7
    )
    story = story_of(replace(huadu(), units=units))
    said = "\n".join(texts(story, ours=True))
    figures = overview(units)
    assert (
        "所属单位应报送 10 个，已受理 3 个（30.00%），未报送 7 个；没有可用报表的单位：缺0校、缺1校、缺2校、缺3校、缺4校等 7 个。"
        in said
    )
    grades = next(each for each in of(story, Grid) if "等级" in each.caption)
    assert [(name, int(count)) for name, count, _ in grades.rows[:4]] == list(figures.grades)
    assert grades.rows[-1][:2] == ("合计", "3")
    assert figures.totals is not None and f"平均 {figures.totals.mean} 分" in said
    assert "“三公”经费控制情况，1 个单位未得满分" in said
    assert "填报中较常见的问题依次为：" in said


def test_a_department_without_any_return() -> None:
    said = texts(story_of(replace(huadu(), units=district([], 2))), ours=True)
    assert "所属单位应报送 2 个，已受理 0 个（0.00%），未报送 2 个；没有可用报表的单位：缺0校、缺1校。" in said
    assert not any("所属单位看" in each for each in said)


def test_notes_about_the_score_stand_with_it() -> None:
    story = story_of(replace(huadu(), notes=("缺 3 个单位。",)))
    assert Text("缺 3 个单位。", ours=True) in under(story, "（二）自评结论")


# ---- the document


def east_asian(styled: Any) -> str:
    return str(styled.element.rPr.rFonts.get(qn("w:eastAsia")))


def test_it_is_set_like_an_official_document() -> None:
    paper = written(huadu())
    fonts = {name: (east_asian(paper.styles[name]), paper.styles[name].font.size.pt) for name in (
        "Title", "Heading 1", "Heading 2", "自评条目", "自评正文", "测算文字", "测算标题", "Footer")}  # fmt: skip
    assert fonts == {
        "Title": ("方正小标宋简体", 22), "Heading 1": ("黑体", 16), "Heading 2": ("楷体", 16), "自评条目": ("仿宋", 16),
        "自评正文": ("仿宋", 16), "测算文字": ("仿宋", 16), "测算标题": ("仿宋", 16), "Footer": ("宋体", 14),
    }  # fmt: skip
    assert paper.styles["自评条目"].font.bold and not paper.styles["自评正文"].font.bold
    for name in fonts:
        assert not any("Theme" in key for key in paper.styles[name].element.rPr.rFonts.attrib)
    section = paper.sections[0]
    margins = [
        round(each.mm)
        for each in (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    ]
    assert margins == [37, 35, 28, 26]
    assert paper.styles["Normal"].paragraph_format.line_spacing.pt == 28
    footers = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    assert paper.settings.odd_and_even_pages_header_footer
    for footer in footers:
        assert footer.text.replace(" ", "") == "——" and "PAGE" in footer._p.xml


def test_the_navigation_pane_shows_the_outline() -> None:
    paper = written(huadu())
    levels = []
    for paragraph in paper.paragraphs:
        style = paragraph.style
        level = style.element.pPr.find(qn("w:outlineLvl")) if style.name != "Title" else None
        if level is not None:
            levels.append((int(level.get(qn("w:val"))) + 1, paragraph.text))
    assert levels[:5] == [
        (1, "一、绩效自评情况"), (2, "（一）整体支出绩效目标"), (2, "（二）自评结论"), (2, "（三）履职效能分析"),
        (3, "1. 扩大学位供给，优化资源配置"),
    ]  # fmt: skip
    assert all(paragraph._p.pPr.numPr is None for paragraph in paper.paragraphs if paragraph._p.pPr is not None)


def test_fonts_have_stand_ins_and_the_language_is_chinese() -> None:
    data = document(story_of(huadu()), huadu())
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        fonts = package.read("word/fontTable.xml").decode()
        styles = package.read("word/styles.xml").decode()
    for name, other in (
        ("仿宋", "仿宋_GB2312"),
        ("楷体", "KaiTi"),
        ("黑体", "SimHei"),
        ("方正小标宋简体", "方正小标宋_GBK"),
    ):
        assert re.search(f'<w:font w:name="{name}"><w:altName w:val="[^"]*{other}', fonts)
    assert 'w:eastAsia="zh-CN"' in styles and "ja-JP" not in styles


def test_reminders_are_highlighted_and_nothing_else() -> None:
    paper = written(subject(small(), {"a": D(10), "b": D(10), "outcome": "【请补写：我写的】"}))
    marked = [
        run.text for each in paper.paragraphs for run in each.runs if run.font.highlight_color == WD_COLOR_INDEX.YELLOW
    ]
    assert marked == ["【请补写：写明内容】"] * 2


def test_the_chart_is_a_real_one() -> None:
    about = huadu(three_public_actual_wan="99999", goals_filed=None)
    [bars] = of(story_of(about), Bars)
    assert bars.caption == "二级指标得分率（待定的不在其中）" and "整体效能" not in bars.labels
    with zipfile.ZipFile(io.BytesIO(document(story_of(about), about))) as package:
        chart = package.read("word/charts/chart1.xml").decode()
        relations = package.read("word/charts/_rels/chart1.xml.rels").decode()
        book = openpyxl.load_workbook(io.BytesIO(package.read("word/embeddings/Microsoft_Excel_Sheet1.xlsx")))
        assert package.read("word/document.xml").count(b"<c:chart ") == 1
    cached = re.findall(r"<c:v>([^<]*)</c:v>", chart)
    assert cached == [
        "得分率",
        *bars.labels,
        *(f"{float(share):.17g}".rstrip("0") if share % 1 else str(int(share)) for share in bars.shares),
    ]
    sheet = book["数据"]
    assert [(sheet.cell(row, 1).value, Decimal(str(sheet.cell(row, 2).value))) for row in range(3, sheet.max_row + 1)] == [
        (label, share) for label, share in zip(bars.labels, bars.shares, strict=True)
    ]  # fmt: skip
    assert 'r:id="rId1"' in chart and "../embeddings/Microsoft_Excel_Sheet1.xlsx" in relations
    assert '<a:ea typeface="仿宋"/>' in chart and "printSettings" not in chart
    assert '<c:showSerName val="0"/>' in chart and '<c:showVal val="1"/>' in chart


def test_tables_repeat_their_heads_and_fit_the_page() -> None:
    paper = written(replace(huadu(), units=district([returned("S1")])))
    section = paper.sections[0]
    room = section.page_width - section.left_margin - section.right_margin
    assert len(paper.tables) == 2
    for table in paper.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert sum(column.width for column in table.columns) <= room
    firsts = [row.cells[0].text for row in paper.tables[0].rows]
    assert firsts == ["一级指标", "履职效能", *["管理效率"] * 7, "合计"]


def test_the_same_story_gives_the_same_bytes() -> None:
    about = replace(huadu(), units=district([returned("S1")]))
    assert document(story_of(about), about) == document(story_of(about), about)


def test_a_document_knows_whether_somebody_saved_it() -> None:
    about = huadu()
    data = document(story_of(about), about)
    assert is_untouched(data)
    buffer = io.BytesIO()
    paper = docx.Document(io.BytesIO(data))
    paper.paragraphs[3].runs[0].text = "改了。"
    paper.save(buffer)
    assert not is_untouched(buffer.getvalue())
    for other in (b"", b"PK", data[:-100], data[:5000] + data[5100:]):
        assert not is_untouched(other)


@pytest.mark.parametrize(
    "hostile",
    ["控\x00制\x08字\x1f符", "孤\ud800立", "换\r\n行\u2028分\x0b段\x0c页", "长" * 6000, "<w:p/>&amp;]]>", "=cmd|' /C calc'!A0", "\u202e倒",
     "\ufffe\uffff", "【请补写：" * 50, "_x0000_"],
)  # fmt: skip
def test_hostile_text_is_safe(hostile: str) -> None:
    values = {"a": D(8), "b": D(10), **dict.fromkeys(("outcome", "p1_title", "p1_text", "甲_evidence"), hostile)}
    about = subject(small(), values, name=hostile, author=hostile, notes=(hostile,))
    about = replace(about, findings=(finding("missing", label=hostile, advice=hostile),))
    paper = written(about)
    assert len(paper.paragraphs) > 8
    assert paper.core_properties.title.startswith("2024年度")


def test_names_of_sixty_characters() -> None:
    about = replace(huadu(), name="很长的单位名称" * 9)
    paper = written(about)
    assert paper.paragraphs[0].text == f"2024年度{'很长的单位名称' * 9}\n部门整体支出绩效自评表说明"


def test_a_row_without_points_lost_is_not_listed() -> None:
    about = subject(small(), {"a": D(10), "b": D(10)})
    row = about.card.rows[0]
    assert isinstance(row, IndicatorScore) and row.final == row.indicator.points
    assert sum((each.low for each in about.card.rows), ZERO) == about.card.total
    assert not any("失" in each for each in texts(story_of(about), ours=True))
