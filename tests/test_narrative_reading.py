"""A narrative read back: headings and items known in all their spellings, nothing lost in silence."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
import xlsxwriter
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perfeval_xl.district.narrative.blocks import REMINDER, Subject, one_line, paragraphs
from perfeval_xl.district.narrative.outline import Line, Look, Outline
from perfeval_xl.district.narrative.paper import document
from perfeval_xl.district.narrative.reading import LEFT_OVER, Reading, read_narrative
from perfeval_xl.district.narrative.slots import parts_of
from perfeval_xl.district.narrative.story import story_of
from perfeval_xl.errors import NarrativeError
from perfeval_xl.excel.book import printable
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import NarrativeSection, Scheme
from perfeval_xl.scorer import score
from tests.rounds import published_answers
from tests.small_schemes import D, amount, indicator, small_scheme
from tests.small_schemes import given as submitted
from tests.small_schemes import submission as submission_of

LIWAN = Path(__file__).parent / "data" / "liwan-2024-narrative.txt"
HUADU = load_scheme(find_scheme("huadu-2024"))
CUTS = ("广东\n\n实验中学", "同\n\n意设立", "轮岗教\n\n师", "明确\n\n全员")
"""Where the page breaks of the published PDF have cut a line."""
PAIRS = [(f"item_{n:02d}_title", f"item_{n:02d}_text") for n in (1, 2, 3)]


def text_field(name: str, most: int, **more: Any) -> Field:
    return Field(name, f"{name}一栏", FieldType.TEXT, max_length=most, hint="写明内容。", **more)


def small(*sections: NarrativeSection) -> Scheme:
    return small_scheme(indicator("甲", amount("a")), narrative=sections)


ITEMS = [field for title, text in PAIRS for field in (text_field(title, 100), text_field(text, 5000, required=False))]
SMALL = small(
    NarrativeSection(
        "一、自评情况",
        (),
        (
            NarrativeSection("（一）绩效目标", (text_field("goals", 5000),)),
            NarrativeSection("（二）自评结论", (text_field("outcome", 5000),)),
        ),
    ),
    NarrativeSection("二、存在的主要问题", tuple(ITEMS)),
    NarrativeSection("三、其他说明", (text_field("first", 3000), text_field("second", 3000, required=False))),
)


def read(text: str, scheme: Scheme = SMALL) -> Reading:
    return read_narrative(text.encode(), "说明.txt", scheme)


def written(scheme: Scheme, values: dict[str, str]) -> bytes:
    """The narrative of a unit whose answers are ``values``."""
    return document(*_told(scheme, values))


def _told(scheme: Scheme, values: dict[str, str]) -> Any:
    given = submitted(scheme, {**values, **({"a": D(5)} if "a" in scheme.fields else {})})
    card = score(scheme, given)
    subject = Subject("某校", False, 2024, scheme, given, card, card.findings, "某局")
    return story_of(subject), subject


def in_word(*paragraphs: str | tuple[str, str], change: Callable[[Any], None] = lambda paper: None) -> bytes:
    """A document that somebody typed: texts, or texts with their styles."""
    paper = docx.Document()
    for each in paragraphs:
        text, style = each if isinstance(each, tuple) else (each, None)
        paper.add_paragraph(text, style=style)
    change(paper)
    return saved(paper)


def saved(paper: Any) -> bytes:
    buffer = io.BytesIO()
    paper.save(buffer)
    return buffer.getvalue()


# ---- the published narrative


def liwan_lines() -> list[str]:
    """The published text as it was before it was cut, without what stands above the first heading."""
    text = LIWAN.read_text(encoding="utf-8")
    for cut in CUTS:
        assert text.count(cut) == 1
        text = text.replace(cut, cut.replace("\n", ""))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[lines.index("一、绩效自评情况") :]


def test_the_published_narrative_goes_into_the_fields() -> None:
    found = read_narrative(LIWAN.read_bytes(), LIWAN.name, HUADU)
    assert [each.text for each in found.unplaced] == ["附件 3\n2024 年度广州市荔湾区教育局部门整体支出 绩效自评表说明"]
    assert found.blank == () and found.too_long == () and found.ours == 0
    titles = [text for field, text in found.texts.items() if field.endswith("_title")]
    assert titles == [
        "加强谋篇布局，优化资源配置。", "持续靶向发力，确保全面提质。", "坚持引育并重，做强教育队伍。",
        "财政预算绩效管理意识与专业能力欠缺", "绩效目标设定质量不高",
        "提高部门预算绩效管理水平", "提高绩效目标申报和绩效质量",
    ]  # fmt: skip
    assert [text.count("\n") + 1 for field, text in found.texts.items() if "_0" in field and field.endswith("text")] == [
        3, 4, 3, 1, 1, 1, 1,
    ]  # fmt: skip
    for cut in CUTS:
        assert sum(cut.replace("\n", "") in text for text in found.texts.values()) == 1


def test_the_published_narrative_comes_out_in_the_same_outline() -> None:
    values = read_narrative(LIWAN.read_bytes(), LIWAN.name, HUADU).texts
    story, subject = liwan_story(values)
    paper = docx.Document(io.BytesIO(document(story, subject)))
    own = [each for each in paper.paragraphs if not each.style.name.startswith("测算")]
    assert [each.text.replace("\n", "") for each in own[:1]] == ["2024年度广州市荔湾区教育局部门整体支出绩效自评表说明"]
    said = [each.text for each in own[1:] if not REMINDER.search(each.text)]
    expected = [
        line.replace("(", "（").replace(") ", "）").replace("（一）部门整体", "（一）整体") for line in liwan_lines()
    ]
    headings = [each.text for each in own if each.style.name.startswith("Heading")]
    assert headings == [line for line in expected if line[:2] in ("一、", "二、", "三、", "（一", "（二", "（三")]
    assert said == expected


def liwan_story(values: dict[str, str]) -> Any:
    answers = read_answers(json.dumps({**published_answers(), **dict.fromkeys(NARRATIVE, None), **values}), HUADU)
    given = submission_of(HUADU, answers)
    card = score(HUADU, given)
    subject = Subject("广州市荔湾区教育局", True, 2024, HUADU, given, card, card.findings, "广州市荔湾区教育局")
    return story_of(subject), subject


NARRATIVE = [
    each.id for part in parts_of(HUADU) for slot in part.slots for each in (slot.title, slot.text) if each is not None
]


def test_document_and_fields_are_stable() -> None:
    values = read_narrative(LIWAN.read_bytes(), LIWAN.name, HUADU).texts
    first = document(*liwan_story(values))
    again = read_narrative(first, "说明.docx", HUADU)
    assert (again.texts, again.unplaced, again.blank) == (values, (), ())
    assert again.ours > 10
    assert document(*liwan_story(again.texts)) == first


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_texts_in_every_usual_encoding(encoding: str) -> None:
    text = LIWAN.read_text(encoding="utf-8")
    assert read_narrative(text.encode(encoding), "说明.txt", HUADU).texts == read(text, HUADU).texts


# ---- any texts


LINES = st.one_of(
    st.sampled_from(
        ["一、存在的主要问题", "（一）绩效目标", "1. 一", "2、二", "３．三。四", "四、别的", "二、存在的主要问题", "存在的主要问题",
         "【请补写：写明内容】", "二是这样", "（2）那样", "— 1 —", "=1+1", "https://example.org", "甲" * 300]
    ),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=30),
    st.text(alphabet=st.characters(), max_size=8),  # lone surrogates among them
)  # fmt: skip
TEXTS = st.lists(LINES, max_size=4).map("\n".join)


@settings(max_examples=40)
@given(st.fixed_dictionaries({field: TEXTS for field in ("goals", "outcome", "first", "second")}), st.data())
@example(
    {"goals": "二、存在的主要问题\n1. 甲", "outcome": "【请补写：甲】", "first": "x\x00y\ud800", "second": ""}, None
)
def test_whatever_was_filled_in_comes_back(texts: dict[str, str], data: Any) -> None:
    values = dict(texts)
    for title, text in PAIRS:
        values[title] = f"标题{one_line(data.draw(LINES))}" if data else "标题"
        values[text] = data.draw(TEXTS) if data else "甲"
    found = read_narrative(written(SMALL, values), "说明.docx", SMALL)
    expected = {field: "\n".join(paragraphs(text)) for field, text in values.items()}
    expected.update({title: one_line(REMINDER.sub("", values[title])) for title, _ in PAIRS})
    assert found.texts == {field: printable(text) for field, text in expected.items() if text}
    assert found.unplaced == ()


# ---- headings and items in other spellings


@pytest.mark.parametrize(
    "heading",
    ["二、存在的主要问题", "二、 存在的主要问题：", "二．存在的主要问题", "存在的主要问题", "二、主要问题", "二、绩效管理中存在的主要问题",
     "二、存在问题", "五、存在的主要问题"],
)  # fmt: skip
def test_a_heading_is_known(heading: str) -> None:
    assert read(f"{heading}\n1. 甲\n乙。").texts == {"item_01_title": "甲", "item_01_text": "乙。"}


@pytest.mark.parametrize(
    "mark", ["1. ", "1.", "１．", "1、", "１、 ", "（一）", "(一)", "（一） "]
)  # fmt: skip
def test_an_item_is_known(mark: str) -> None:
    second = mark.translate(str.maketrans("1１一", "2２二"))
    found = read(f"二、存在的主要问题\n{mark}甲\n乙。\n{second}2024年的丙\n丁。".replace("。\n2.2024", "。\n2. 2024"))
    assert list(found.texts.values()) == ["甲", "乙。", "2024年的丙", "丁。"]


@pytest.mark.parametrize("heading", ["(二)自评结论", "（二） 自评结论", "（二）、自评结论"])
def test_a_heading_of_the_second_level_is_known(heading: str) -> None:
    assert read(f"一、自评情况\n（一）部门绩效目标\n甲。\n{heading}\n乙。").texts == {
        "goals": "甲。",
        "outcome": "乙。",
    }


def test_a_title_and_its_text_in_one_paragraph() -> None:
    found = read("二、存在的主要问题\n1. 意识不强。学习不够。\n还有别的。\n2. 质量不高。")
    assert found.texts == {
        "item_01_title": "意识不强。", "item_01_text": "学习不够。\n还有别的。", "item_02_title": "质量不高。",
    }  # fmt: skip


def test_numbers_inside_a_text_are_no_items() -> None:
    text = "1.5 万元用于培训。\n3. 不接着数的。\n（1）小项；\n二、三年级学生近视率下降。\n二是加强学习。"
    found = read(f"二、存在的主要问题\n1. 甲\n{text}")
    assert found.texts == {"item_01_title": "甲", "item_01_text": text}


def test_text_without_items_goes_into_the_first_place() -> None:
    assert read("二、存在的主要问题\n没有分项。").texts == {"item_01_text": "没有分项。"}


def test_a_heading_that_comes_again_goes_on() -> None:
    found = read("二、存在的主要问题\n1. 甲\n一、自评情况\n（一）绩效目标\n乙。\n二、存在的主要问题\n2. 丙")
    assert found.texts == {"goals": "乙。", "item_01_title": "甲", "item_02_title": "丙"}


def test_texts_of_a_section_are_told_apart_by_their_labels() -> None:
    found = read("三、其他说明\n甲。\n1. second一栏\n乙。")
    assert found.texts == {"first": "甲。", "second": "乙。"}


# ---- lines that a page has cut


LONG = "这一行很长，写到页边还没有写完就被切断了，下一行"


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (LONG, "接着写。", True),
        (f"{LONG}写完。", "另一段。", False),
        (f"{LONG}写“完”", "另一段。", False),
        (f"{LONG}如下：", "另一段。", False),
        ("短的小标题", "另一段。", False),
        (LONG[:20], "接着写。", True),
        (LONG[:19], "另一段。", False),
    ],
)
def test_a_cut_line_goes_on(first: str, second: str, joined: bool) -> None:
    for gap in ("\n", "\n\n", "\n\n— 3 —\n\n", "\f"):
        found = read(f"（一）绩效目标\n{first}{gap}{second}")
        assert found.texts == {"goals": f"{first}{'' if joined else chr(10)}{second}"}


def test_letters_keep_a_space_between_them() -> None:
    assert read(f"（一）绩效目标\n{LONG}用 Microsoft\nOffice 做。").texts["goals"].endswith("用 Microsoft Office 做。")


def test_a_cut_line_never_swallows_a_heading() -> None:
    found = read(f"（一）绩效目标\n{LONG}\n（二）自评结论\n{LONG}\n二、存在的主要问题\n1. {LONG}\n{LONG}\n2. 乙")
    assert found.texts == {
        "goals": LONG, "outcome": LONG, "item_01_title": LONG, "item_01_text": LONG, "item_02_title": "乙",
    }  # fmt: skip


# ---- what has no place


def test_more_items_than_fields() -> None:
    found = read("二、存在的主要问题\n" + "\n".join(f"{n}. 第{n}个\n内容{n}。" for n in range(1, 6)))
    assert [(each.where, each.text) for each in found.unplaced] == [
        ("二、存在的主要问题", "第4个\n内容4。"), ("二、存在的主要问题", "第5个\n内容5。"),
    ]  # fmt: skip
    assert "第 4 项" in found.unplaced[0].why
    assert len(found.texts) == 6


def test_an_unknown_heading() -> None:
    found = read(
        "一、自评情况\n（一）绩效目标\n甲。\n（二）组织实施\n乙。\n二、存在的主要问题\n1. 丙\n三、附言\n丁。\n戊。"
    )
    assert found.texts == {"goals": "甲。", "item_01_title": "丙"}
    assert [(each.where, each.text) for each in found.unplaced] == [
        ("（二）组织实施", "乙。"),
        ("三、附言", "丁。\n戊。"),
    ]


def test_text_before_the_first_item_and_under_a_mere_heading() -> None:
    found = read("一、自评情况\n总的说来很好。\n二、存在的主要问题\n有这些：\n1. 甲")
    assert [(each.where, each.text) for each in found.unplaced] == [
        ("一、自评情况", "总的说来很好。"), ("二、存在的主要问题", "有这些："),
    ]  # fmt: skip


def test_nothing_of_a_text_is_lost() -> None:
    lines = [
        f"{mark}{number}号内容。" for number, mark in enumerate(["甲", "乙", "1. ", "2. ", "5. ", "（一）", "四、"] * 6)
    ]
    text = "\n".join(["二、存在的主要问题", *lines, "（二）自评结论", *lines, "九、没有的", *lines])
    found = read(text)
    kept = "".join([*found.texts.values(), *(each.text for each in found.unplaced)])
    for number in range(len(lines)):
        assert kept.count(f"{number}号内容") == sum(f"{number}号内容" in line for line in text.splitlines())


def test_remarks_say_it_all() -> None:
    found = read(f"附件\n二、存在的主要问题\n1. {'长' * 101}\n三、附言\n{'丁' * 60}。")
    lines = list(found.remarks())
    assert lines[0] == "没有位置：第一个标题之前：不属于哪个标题：附件（2 字）"
    assert lines[1] == f"没有位置：三、附言：表中没有这个标题：{'丁' * 40}……（61 字）"
    assert any("item_01_title一栏有 101 字，最多 100 字" in line for line in lines)
    assert [line for line in lines if line.startswith("没有内容：")] == [
        "没有内容：（一）绩效目标", "没有内容：（二）自评结论", "没有内容：三、其他说明",
    ]  # fmt: skip
    assert found.content()[LEFT_OVER] == [
        {"位置": "第一个标题之前", "原因": "不属于哪个标题", "内容": "附件"},
        {"位置": "三、附言", "原因": "表中没有这个标题", "内容": f"{'丁' * 60}。"},
    ]


def test_the_answers_file_can_be_read() -> None:
    found = read_narrative(LIWAN.read_bytes(), LIWAN.name, HUADU)
    answers = read_answers(json.dumps(found.content(), ensure_ascii=False), HUADU)
    assert {field: answers.text(field) for field in found.texts} == found.texts
    assert all(answers[each.applicable_id].value == "适用" for each in HUADU.indicators if each.may_be_not_applicable)


# ---- documents that people typed or changed


def test_a_document_typed_by_hand() -> None:
    data = in_word(("说明", "Title"), ("存在的主要问题", "Heading 1"), "1．甲", "乙一行。\n乙二行。", "2．丙", "")
    found = read_narrative(data, "说明.docx", SMALL)
    assert found.texts == {"item_01_title": "甲", "item_01_text": "乙一行。\n乙二行。", "item_02_title": "丙"}
    assert [each.text for each in found.unplaced] == ["说明"]


def test_items_that_word_numbers_by_itself() -> None:
    data = in_word(("存在的主要问题", "List Number"), ("甲", "List Number"), "乙。", ("丙", "List Number"))
    found = read_narrative(data, "说明.docx", SMALL)
    assert found.texts == {"item_01_title": "甲", "item_01_text": "乙。", "item_02_title": "丙"}


def test_tracked_changes_count_as_they_would_be_accepted() -> None:
    def change(paper: Any) -> None:
        body = paper.element.body
        body.insert(1, parse_xml(
            f'<w:p {nsdecls("w")}><w:r><w:t>留</w:t></w:r><w:ins w:id="1" w:author="甲"><w:r><w:t>增</w:t></w:r></w:ins>'
            '<w:del w:id="2" w:author="甲"><w:r><w:delText>删</w:delText></w:r></w:del>'
            '<w:moveFrom w:id="3" w:author="甲"><w:r><w:t>移</w:t></w:r></w:moveFrom></w:p>'
        ))  # fmt: skip

    assert read_narrative(in_word("（一）绩效目标", change=change), "说明.docx", SMALL).texts == {"goals": "留增"}


def test_tables_and_text_boxes_are_told_of() -> None:
    def change(paper: Any) -> None:
        paper.add_table(1, 2).rows[0].cells[1].text = "表中的字"
        box = parse_xml(f"<w:txbxContent {nsdecls('w')}><w:p><w:r><w:t>框中的字</w:t></w:r></w:p></w:txbxContent>")
        paper.paragraphs[0].runs[0]._r.append(box)

    found = read_narrative(in_word("（一）绩效目标", "甲。", change=change), "说明.docx", SMALL)
    assert found.texts == {"goals": "甲。"}
    assert [(each.where, each.text) for each in found.unplaced] == [("表格", "表中的字"), ("文本框", "框中的字")]


def changed(change: Callable[[Any], None], **values: str) -> Reading:
    """What is read from the tool's own document after a person's ``change``."""
    paper = docx.Document(io.BytesIO(written(SMALL, {"goals": "目标。", "item_01_title": "甲", **values})))
    change(paper)
    return read_narrative(saved(paper), "说明.docx", SMALL)


def paragraph(paper: Any, start: str) -> Any:
    return next(each for each in paper.paragraphs if each.text.startswith(start))


def test_what_a_person_writes_in_place_of_a_reminder_is_read() -> None:
    def fill(paper: Any) -> None:
        reminders = [each for each in paper.paragraphs if REMINDER.search(each.text)]
        for each in reminders:
            number = "2. " if each.text.startswith("2. ") else ""
            each.text = f"{number}补写的内容。"

    blank = changed(lambda paper: None)
    assert "outcome" not in blank.texts and "first" not in blank.texts
    found = changed(fill)
    assert (found.texts["outcome"], found.texts["first"]) == ("补写的内容。", "补写的内容。")
    assert found.texts["item_02_title"] == "补写的内容。"
    beside = changed(lambda paper: paragraph(paper, "【请补写").insert_paragraph_before("写在前面。", style="自评正文"))
    assert beside.texts["outcome"] == "写在前面。"


def test_a_person_may_add_an_item() -> None:
    def add(paper: Any) -> None:
        last = paragraph(paper, "三、其他说明")
        last.insert_paragraph_before("9. 新的问题", style="自评条目")
        last.insert_paragraph_before("它的内容。", style="自评正文")

    found = changed(add, item_02_title="乙", item_03_title="丙")
    assert [each.text for each in found.unplaced] == ["新的问题\n它的内容。"]  # the form has three places
    found = changed(add, item_02_title="乙", item_02_text="乙的内容。")
    assert (found.texts["item_03_title"], found.texts["item_03_text"]) == ("新的问题", "它的内容。")


@pytest.mark.parametrize("text", ["按评分标准逐项重算，我改了。", "这是另写的。"])
def test_words_typed_into_the_tools_own_paragraphs_are_told_of(text: str) -> None:
    def change(paper: Any) -> None:
        if text.startswith("按"):
            paragraph(paper, "按评分标准").runs[0].text = text
        else:
            paragraph(paper, "按评分标准").insert_paragraph_before(text, style="测算文字")

    found = changed(change)
    assert [(each.where, each.text) for each in found.unplaced] == [("测算内容", text)]
    assert all(text not in each for each in found.texts.values())


def test_a_persons_paragraph_that_looks_like_an_item_stays_text_until_it_is_changed() -> None:
    values = {"item_01_text": "内容。\n2. 不是条目"}
    assert changed(lambda paper: None, **values).texts["item_01_text"] == "内容。\n2. 不是条目"

    def change(paper: Any) -> None:
        paragraph(paper, "2. 不是").runs[0].text = "2. 是条目了"

    assert changed(change, **values).texts["item_02_title"] == "是条目了"


def test_the_outline_on_lines_alone() -> None:
    outline = Outline(parts_of(SMALL))
    lines = [Line("存在的主要问题", Look.LISTED), Line("1. 甲", Look.ITEM), Line("2. 乙", Look.PLAIN)]
    assert outline.fields(lines, cut=True).texts == {"item_01_title": "甲", "item_01_text": "2. 乙"}
    assert outline.is_special("2. 乙") and outline.is_special("（三）丙") and not outline.is_special("乙丙丁")


# ---- files that are none


def workbook() -> bytes:
    buffer = io.BytesIO()
    xlsxwriter.Workbook(buffer).close()
    return buffer.getvalue()


def without(data: bytes, part: str, instead: bytes | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(buffer, "w") as kept:
        for name in given.namelist():
            if name != part:
                kept.writestr(name, given.read(name))
            elif instead is not None:
                kept.writestr(name, instead)
    return buffer.getvalue()


GOOD = in_word("二、存在的主要问题", "1. 甲")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "是空的"),
        (workbook(), "是.xlsx，不是自评说明"),
        (b"%PDF-1.7\n" + b"x" * 100, "是PDF 文件"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "不是 .docx（可能是 .doc"),
        (GOOD[:200], "打不开的文件"),
        (without(GOOD, "word/document.xml"), "打不开"),
        (without(GOOD, "word/document.xml", b"<w:document"), "读不懂"),
        (without(GOOD, "word/document.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "DOCTYPE"),
        ("没有标题的一段话。".encode(), "没有找到自评说明的内容。应有这样的标题：一、自评情况、（一）绩效目标"),
        ("二、存在的主要问题\n1. 【请补写：甲】".encode(), "没有找到"),
        (bytes(26 * 1024 * 1024), "超过 25 MB"),
    ],
)  # fmt: skip
def test_files_that_are_no_narrative(data: bytes, said: str) -> None:
    with pytest.raises(NarrativeError, match=r"说明\.docx") as caught:
        read_narrative(data, "说明.docx", SMALL)
    assert said in str(caught.value)


def test_a_document_with_missing_parts_is_read_all_the_same() -> None:
    for part in ("word/styles.xml", "word/settings.xml", "word/theme/theme1.xml", "docProps/core.xml"):
        assert read_narrative(without(GOOD, part), "说明.docx", SMALL).texts == {"item_01_title": "甲"}


def test_a_scheme_without_a_narrative() -> None:
    with pytest.raises(NarrativeError, match="没有自评说明的栏目"):
        read_narrative(GOOD, "说明.docx", small())


def test_word_keeps_bookmarks_where_the_tool_put_them() -> None:
    paper = docx.Document(io.BytesIO(written(SMALL, {"goals": "1. 甲"})))
    names = [each.get(qn("w:name")) for each in paper.element.body.iter(qn("w:bookmarkStart"))]
    assert len(names) == len(set(names)) > 3
    assert all(name.startswith("_") and len(name) <= 40 for name in names)
    assert OxmlElement("w:bookmarkEnd").tag in {each.tag for each in paragraph(paper, "1. 甲")._p}
