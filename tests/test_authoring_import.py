"""What an officer may do to an authoring workbook: every error is told at its cell, and what is clear is simply read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from perfeval_xl.authoring.gather import gather
from perfeval_xl.authoring.importing import import_workbook, imported_json
from perfeval_xl.authoring.marked import marked_copy
from perfeval_xl.authoring.raw import parse
from perfeval_xl.authoring.reading import RESULT, read_workbook
from perfeval_xl.authoring.rules_words import KINDS
from perfeval_xl.authoring.trouble import Trouble, Troubles, Weight, grouped
from perfeval_xl.authoring.workbook import authoring_workbook
from perfeval_xl.cells import Cell
from perfeval_xl.errors import ForeignWorkbook, PatchRefused, WorkbookError
from perfeval_xl.scheme.rules import RULES
from tests.authoring import (
    HEAD,
    column,
    content,
    digest,
    exported,
    imported,
    last_row,
    noted,
    opened,
    put,
    ref,
    row,
    said,
    spoiled,
)
from tests.hostile import cases

D = Decimal
Change = Callable[[openpyxl.Workbook], object]
KIND = "规则类型"
BANDED = "carryover_surplus_rate"


def band(book: openpyxl.Workbook, code: str, place: int) -> int:
    """The row of a rule's band, counted from 0."""
    sheet = book["评分规则"]
    rows = [
        n
        for n in range(HEAD + 1, sheet.max_row + 1)
        if sheet.cell(n, column(sheet, "指标编码")).value == code
        and sheet.cell(n, column(sheet, "参数")).value == "分档"
    ]
    return rows[place]


def raw_of(change: Change, name: str = "huadu-2024") -> dict[str, Any]:
    """The content that a sound change gives."""
    found = imported(change, name)
    assert said(found) == []
    assert found.text is not None
    return parse(found.text)


def rule_of(raw: dict[str, Any], code: str) -> dict[str, Any]:
    return next(each["rule"] for each in raw["indicators"] if each["code"] == code)


def _nothing(book: openpyxl.Workbook) -> None:
    """The workbook as it was."""


# ---- sound changes


def test_a_bands_edge_is_one_cell_on_either_side_of_it() -> None:
    def change(book: openpyxl.Workbook) -> None:
        put(book, "评分规则", band(book, BANDED, 0), 到=0.08)
        put(book, "评分规则", band(book, BANDED, 1), 从=0.08)

    bands = rule_of(raw_of(change), BANDED)["bands"]
    assert bands[0] == {"le": D("0.08"), "score": 2}
    assert bands[1] == {"gt": D("0.08"), "le": D("0.2"), "score": 1}


@pytest.mark.parametrize("typed", ["8%", "８％", 0.08, 8, "8", "0.08", " 8 % ", "百分之八"])
def test_a_percentage_may_be_written_in_any_usual_way(typed: object) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for place, title in ((0, "到"), (1, "从")):
            put(book, "评分规则", band(book, BANDED, place), **{title: typed})
            sheet = book["评分规则"]
            sheet.cell(band(book, BANDED, place), column(sheet, title)).number_format = "General"

    assert rule_of(raw_of(change), BANDED)["bands"][0] == {"le": D("0.08"), "score": 2}


@pytest.mark.parametrize("typed", [3, "3", " ３ ", "3 分", "3分", "３．０"])
def test_points_may_be_written_as_text(typed: object) -> None:
    def change(book: openpyxl.Workbook) -> None:
        put(book, "指标", row(book["指标"], 指标编码="preassessment"), 分值=typed)

    raw = raw_of(change)
    assert [each["points"] for each in raw["indicators"] if each["code"] == "preassessment"] == [3]


def test_how_something_was_read_is_said() -> None:
    def change(book: openpyxl.Workbook) -> None:
        put(book, "指标", row(book["指标"], 指标编码="preassessment"), 分值="３ 分")

    number = row(opened()["指标"], 指标编码="preassessment")
    assert f"{ref('指标', number, '分值')}：“３ 分”读作 3 分。" in noted(imported(change))


@pytest.mark.parametrize(
    "typed", ["2024.2.13", "2024年2月13日", "２０２４-０２-１３", 20240213, datetime(2024, 2, 13), 45335]
)
def test_a_day_may_be_written_as_text(typed: object) -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["日历"]
        number = row(sheet, 日期=datetime(2024, 2, 13))
        sheet.cell(number, 1).number_format = "General"
        sheet.cell(number, 1).value = typed

    assert date(2024, 2, 13) in raw_of(change)["calendar"]["holidays"]


def test_full_width_ids_are_read_and_told() -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["评分规则"]
        put(book, "评分规则", row(sheet, 内容="three_public_actual_wan"), 内容="ｔｈｒｅｅ＿public_actual_wan")

    assert digest(raw_of(change)) == digest(content())
    assert any("读作“three_public_actual_wan”" in each for each in noted(imported(change)))


def test_moved_and_added_columns_do_not_matter() -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["指标"].move_range("C3:C40", cols=20)
        book["指标"]["C3"], book["指标"]["C4"] = "我的备注", "别忘了"
        book["等级"].insert_cols(1, 3)

    found = imported(change)
    assert said(found) == []
    assert any("我的备注" in each and "没有读取" in each for each in noted(found))
    assert found.text is not None and digest(parse(found.text)) == digest(content())


def test_blank_rows_and_a_title_that_is_gone_do_not_matter() -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["评分规则"].insert_rows(30, 3)
        book["录入项"].insert_rows(10)
        book["等级"].delete_rows(1, 2)

    assert digest(raw_of(change)) == digest(content())


def test_a_sorted_sheet_is_put_in_order_by_its_numbers() -> None:
    def change(book: openpyxl.Workbook) -> None:
        for name in ("指标", "录入项", "评分规则"):
            sheet = book[name]
            last = last_row(sheet)
            rows = [
                [(cell.value, cell.number_format) for cell in cells]
                for cells in sheet.iter_rows(min_row=HEAD + 1, max_row=last)
            ]
            for number, values in enumerate(sorted(rows, key=lambda each: str(each[1])), start=HEAD + 1):
                for place, (value, shown) in enumerate(values, start=1):
                    sheet.cell(number, place).value = value
                    sheet.cell(number, place).number_format = shown

    assert digest(raw_of(change)) == digest(content())
    assert any("按“序号”" in each for each in noted(imported(change)))


def test_an_inserted_row_without_a_number_stands_where_it_is() -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["更正"]
        sheet.insert_rows(HEAD + 2)
        put(book, "更正", HEAD + 2, 位置="某处", 原文="甲", 更正为="乙", 理由="丙")

    assert raw_of(change)["corrections"][1]["where"] == "某处"


def test_renamed_sheets_are_known_by_their_headings() -> None:
    def change(book: openpyxl.Workbook) -> None:
        book["评分规则"].title = "规则（改）"
        book["等级"].title = "Sheet7"

    assert digest(raw_of(change)) == digest(content())
    assert any("按“评分规则”读取" in each for each in noted(imported(change)))


def test_cells_merged_downwards_count_for_every_row() -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book["指标"]
        place = openpyxl.utils.get_column_letter(column(sheet, "一级指标"))
        sheet.merge_cells(f"{place}4:{place}6")

    assert digest(raw_of(change)) == digest(content())
    assert any("合并" in each for each in noted(imported(change)))


def test_an_empty_optional_sheet_may_be_deleted() -> None:
    def change(book: openpyxl.Workbook) -> None:
        del book["口径"], book["口径参数"], book["更正"]

    raw = raw_of(change)
    assert "readings" not in raw and "corrections" not in raw
    assert any("没有工作表“口径”" in each for each in noted(imported(change)))


def test_the_example_in_the_instructions_works() -> None:
    """The rows that the first sheet shows, typed in as they stand there."""

    def change(book: openpyxl.Workbook) -> None:
        guide = opened()["使用说明"]
        for name, more in (
            ("指标", {"指标解释": "解释", "评分标准": "标准"}),
            ("录入项", {"填报要求": "填人数。", "汇总方式": "各单位合计"}),
            ("评分规则", {}),
        ):
            top = next(cells[0].row for cells in guide.iter_rows() if cells[0].value == f"工作表“{name}”") + 1
            titles = [cell.value for cell in guide[top]]
            number = last_row(book[name])
            while guide.cell(top + 1, 1).value:
                top, number = top + 1, number + 1
                cells = {title: guide.cell(top, place).value for place, title in enumerate(titles, start=1) if title}
                put(book, name, number, **{**more, **{title: value for title, value in cells.items() if value}})
        at = row(book["分级"], 二级指标="绩效管理")
        put(book, "分级", at, 分值=17)
        put(book, "分级", row(book["分级"], 二级指标="运行成本"), 分值=2)
        put(book, "指标", row(book["指标"], 指标编码="public_funds_control"), 分值=1)
        put(book, "指标", row(book["指标"], 指标编码="three_public"), 分值=1)
        sheet = book["指标"]
        put(book, "指标", last_row(sheet), 序号=sheet.cell(row(sheet, 指标编码="management_execution"), 1).value)

    raw = raw_of(change)
    rule = rule_of(raw, "training_rate")
    assert rule["bands"][0] == {"ge": D("0.9"), "score": 2}
    assert rule["denominator"] == ["staff_total"]


# ---- errors, each at its cell


def kind_row(book: openpyxl.Workbook, code: str) -> int:
    return row(book["评分规则"], 指标编码=code, 参数=KIND)


def at(sheet: str, title: str, **wanted: Any) -> str:
    return ref(sheet, row(opened()[sheet], **wanted), title)


def band_ref(code: str, place: int, title: str) -> str:
    return ref("评分规则", band(opened(), code, place), title)


def edit(sheet: str, /, typed: dict[str, Any], **wanted: Any) -> Change:
    return lambda book: put(book, sheet, row(book[sheet], **wanted), **typed)


ERRORS: list[tuple[str, Change, Callable[[], str]]] = [
    (
        "points that don't add up",
        edit("指标", {"分值": 5}, 指标编码="preassessment"),
        lambda: (
            f"{at('分级', '分值', 二级指标='预算编制')}：预算编制 3 分，“指标”中所属各行合计 5 分。请改分值，使两者相等。"
        ),
    ),
    (
        "a band with a gap",
        lambda book: put(book, "评分规则", band(book, BANDED, 1), 从=0.15),
        lambda: f"{band_ref(BANDED, 1, '从')}：与前一档之间有空档",
    ),
    (
        "bands that overlap",
        lambda book: put(book, "评分规则", band(book, BANDED, 1), 从=0.05),
        lambda: f"{band_ref(BANDED, 1, '从')}：与前一档重叠（在 0.05 处）",
    ),
    (
        "an unknown rule kind",
        lambda book: put(book, "评分规则", kind_row(book, "three_public"), 内容="比例分挡"),
        lambda: f"{at('评分规则', '内容', 指标编码='three_public', 参数=KIND)}：“比例分挡”不在可选的词中。",
    ),
    (
        "a field that no rule uses",
        edit("录入项", {"编号": "nobody_asks"}, 编号="upheld_complaints"),
        lambda: f"{at('录入项', '编号', 编号='upheld_complaints')}：没有评分规则用到录入项“nobody_asks”。",
    ),
    (
        "an unknown reference",
        edit("录入项", {"编号": "nobody_asks"}, 编号="upheld_complaints"),
        lambda: f"{at('评分规则', '部分', 部分='upheld_complaints')}：没有编号为“upheld_complaints”的录入项。",
    ),
    (
        "a duplicate id",
        edit("录入项", {"编号": "asset_findings"}, 编号="upheld_complaints"),
        lambda: f"：录入项“asset_findings”重复，已用于 {at('录入项', '编号', 编号='upheld_complaints')}。",
    ),
    (
        "a duplicate code",
        edit("指标", {"指标编码": "three_public"}, 指标编码="public_funds_control"),
        lambda: f"：指标“three_public”重复，已用于 {at('指标', '指标编码', 指标编码='public_funds_control')}。",
    ),
    (
        "an indicator without a rule",
        lambda book: book["评分规则"].delete_rows(kind_row(book, "three_public"), 3),
        lambda: f"{at('指标', '指标编码', 指标编码='three_public')}：没有评分规则。",
    ),
    (
        "a rule that lacks a parameter",
        lambda book: book["评分规则"].delete_rows(row(book["评分规则"], 指标编码="three_public", 参数="预算数")),
        lambda: (
            f"{at('评分规则', '内容', 指标编码='three_public', 参数=KIND)}：评分规则缺少“预算数”。请添一行，参数写“预算数”。"
        ),
    ),
    (
        "a parameter of another kind",
        lambda book: put(
            book, "评分规则", row(book["评分规则"], 指标编码="three_public", 参数="预算数"), 参数="应有数"
        ),
        lambda: (
            f"{at('评分规则', '参数', 指标编码='three_public', 参数='预算数')}：“应有数”是“按比例得分”的参数，“不超限额”的参数是：实际数、预算数。"
        ),
    ),
    (
        "a parameter written twice",
        lambda book: put(
            book, "评分规则", row(book["评分规则"], 指标编码="three_public", 参数="预算数"), 参数="实际数"
        ),
        lambda: f"{at('评分规则', '内容', 指标编码='three_public', 参数='预算数')}：“实际数”已经写在 ",
    ),
    (
        "contradictory kinds",
        lambda book: put(
            book, "评分规则", row(book["评分规则"], 指标编码="three_public", 参数="预算数"), 参数=KIND, 内容="比率分档"
        ),
        lambda: f"{at('评分规则', '内容', 指标编码='three_public', 参数='预算数')}：规则类型与 ",
    ),
    (
        "a blank that may not be blank",
        edit("指标", {"评分标准": None}, 指标编码="three_public"),
        lambda: f"{at('指标', '评分标准', 指标编码='three_public')}：“评分标准”没有填写。",
    ),
    (
        "an unknown level",
        edit("指标", {"二级指标": "采购管里"}, 指标编码="procurement_control"),
        lambda: f"{at('指标', '二级指标', 指标编码='procurement_control')}：没有“管理效率”之下的二级指标“采购管里”。",
    ),
    (
        "parts that don't add up",
        lambda book: put(book, "评分规则", row(book["评分规则"], 部分="绩效目标公开", 参数="占比"), 内容=0.4),
        lambda: "：各部分合计 1.8 分，应为 2 分。",
    ),
    (
        "grades with a gap",
        edit("等级", {"下限（含）": 85}, 等级="良"),
        lambda: f"{at('等级', '上限', 等级='中')}：上限应为 85，现为 80：等级之间有空档或重叠。",
    ),
    (
        "an amount without its unit",
        edit("录入项", {"计量单位": None}, 编号="total_budget_wan"),
        lambda: f"{at('录入项', '计量单位', 编号='total_budget_wan')}：金额须写明计量单位：万元或元。",
    ),
    (
        "a roll-up that doesn't fit",
        edit("录入项", {"汇总方式": "各单位合计"}, 编号="goals_filed"),
        lambda: f"{at('录入项', '汇总方式', 编号='goals_filed')}：",
    ),
    (
        "a date that is none",
        lambda book: put(book, "日历", HEAD + 1, 日期="2024年2月30日"),
        lambda: f"日历!A{HEAD + 1}：应为日期（如 2025-03-15），现为“2024年2月30日”。",
    ),
    (
        "a percentage that may be two things",
        lambda book: put(book, "评分规则", band(book, BANDED, 0), 到="1.5"),
        lambda: f"{band_ref(BANDED, 0, '到')}：应为百分比（如 10%），现为“1.5”（1.5% 还是 150%）。",
    ),
    (
        "a band without a word on its end",
        lambda book: put(book, "评分规则", band(book, BANDED, 0), 含上限=None),
        lambda: f"{band_ref(BANDED, 0, '含上限')}：没有写明是否含上限",
    ),
    (
        "a formula without a result",
        lambda book: put(book, "评分规则", band(book, BANDED, 0), 到="=1/10"),
        lambda: f"{band_ref(BANDED, 0, '到')}：是公式，文件里没有它算出的结果。",
    ),
    (
        "an error value",
        edit("指标", {"分值": "#REF!"}, 指标编码="preassessment"),
        lambda: f"{at('指标', '分值', 指标编码='preassessment')}：",
    ),
    (
        "cells merged over columns",
        lambda book: book["等级"].merge_cells("C4:D4"),
        lambda: "等级!C4：合并了几列的单元格。",
    ),
    (
        "a field of nobody",
        edit("录入项", {"所属指标": "three_publics"}, 编号="three_public_budget_wan"),
        lambda: f"{at('录入项', '所属指标', 编号='three_public_budget_wan')}：没有编码为“three_publics”的指标。",
    ),
    (
        "points below 0",
        lambda book: put(book, "评分规则", band(book, BANDED, 3), 得分或扣分=-1),
        lambda: f"{band_ref(BANDED, 3, '得分或扣分')}：不能小于 0，现为 -1。",
    ),
    (
        "a highest band that ends",
        lambda book: put(book, "评分规则", band(book, BANDED, 3), 到=0.9, 含上限="是"),
        lambda: f"{band_ref(BANDED, 3, '到')}：最高一档的“到”应不写，现为 0.9。",
    ),
    (
        "a roll-up of the wrong type",
        edit("录入项", {"类型": "文字", "最小": None, "最大": None, "计量单位": None}, 编号="closing_carryover_wan"),
        lambda: "：“各单位合计”只能用于类型为个数、金额、数值的录入项，本项是“文字”。",
    ),
    (
        "a check of a field that is gone",
        edit("录入项", {"编号": "nobody_asks"}, 编号="three_public_actual_wan"),
        lambda: "或改正编号；已经取消的，从这里删去。",
    ),
    (
        "something far below",
        lambda book: put(book, "等级", 30_000, 文字="误触"),
        lambda: "等级!A30000：内容一直到第 30,000 行",
    ),
    ("a missing sheet", lambda book: book.remove(book["录入项"]), lambda: "没有工作表“录入项”。"),
    (
        "a missing column",
        lambda book: book["等级"].delete_cols(column(book["等级"], "上限")),
        lambda: f"等级!A{HEAD}：缺少“上限”一列。",
    ),
    (
        "a missing line of the basics",
        lambda book: book["基本信息"].delete_rows(row(book["基本信息"], 项目="年度")),
        lambda: "缺少“年度”一行。",
    ),
    (
        "a reading of no option",
        lambda book: put(book, "口径参数", HEAD + 1, 选项编号="nobody"),
        lambda: f"{ref('口径参数', HEAD + 1, '选项编号')}：“口径”中没有口径“completion_floor”的选项“nobody”。",
    ),
]


@pytest.mark.parametrize(("change", "expected"), [each[1:] for each in ERRORS], ids=[each[0] for each in ERRORS])
def test_an_error_is_told_at_its_cell(change: Change, expected: Callable[[], str]) -> None:
    found = imported(change)
    assert found.text is None and found.scheme is None
    assert any(expected() in each for each in said(found)), said(found)
    for each in said(found):  # neither key paths nor quotes of Python's reach the officer
        assert "indicators[" not in each and "'" not in each and ".rule" not in each, each


def test_all_errors_are_told_at_once() -> None:
    def change(book: openpyxl.Workbook) -> None:
        for _, each, _ in several:
            each(book)

    # Where a rule is of no known kind, nobody can say which fields are used.
    wanted = ("points that don't add up", "a band with a gap", "an unknown rule kind", "grades with a gap")
    several = [each for each in ERRORS if each[0] in wanted]
    errors = said(imported(change))
    for _, _, expected in several:
        assert any(expected() in each for each in errors), (expected(), errors)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda book: put(book, "指标", HEAD, 分值="满分"), f"指标!A{HEAD}：缺少“分值”一列"),
        (lambda book: put(book, "评分规则", HEAD, 从="下限"), f"评分规则!A{HEAD}：缺少“从”一列"),
        (lambda book: put(book, "指标", HEAD, 可选不适用="不适用"), "缺少“可选不适用”一列，另有不认识的“不适用”"),
        (edit("指标", {"指标编码": "=A1&B1"}, 指标编码="benefit_completion"), "：是公式，文件里没有它算出的结果"),
        (edit("指标", {"分值": "#REF!"}, 指标编码="carryover_surplus_rate"), "：是错误值 #REF!"),
        (edit("分级", {"分值": "=1+2"}, 二级指标="预算编制"), "：是公式，文件里没有它算出的结果"),
        (lambda book: put(book, "评分规则", band(book, BANDED, 1), 到="#N/A"), "：是错误值 #N/A"),
        (edit("等级", {"下限（含）": "九十多"}, 等级="优"), "：应为分数（数字，如 2），现为“九十多”"),
    ],
)
def test_what_only_follows_from_another_error_is_not_told(change: Change, expected: str) -> None:
    (error,) = said(imported(change))
    assert expected in error


def test_an_optional_column_may_go() -> None:
    found = imported(lambda book: book["指标"].delete_cols(column(book["指标"], "三级分类")))
    assert said(found) == [] and "指标!A3：没有“三级分类”一列，按都没有填写处理。" in noted(found)


def test_points_that_go_up_and_down_are_asked_about() -> None:
    found = imported(lambda book: put(book, "评分规则", band(book, BANDED, 2), 得分或扣分=1.5))
    expected = f"{band_ref(BANDED, 3, '得分或扣分')}：从最低一档到最高一档依次是 2、1、1.5、0 分，忽高忽低。"
    assert said(found) == [] and any(each.startswith(expected) for each in noted(found))
    assert not any("忽高忽低" in each for each in noted(imported(_nothing)))


def test_what_a_readings_option_has_no_place_for_is_told() -> None:
    sheet = opened()["口径"]
    number = next(n for n in range(HEAD + 1, last_row(sheet)) if sheet.cell(n, column(sheet, "选项编号")).value)
    found = imported(lambda book: put(book, "口径", number, 理由="因为"))
    assert any(each.startswith(f"{ref('口径', number, '理由')}：选项的一行不写这一格") for each in noted(found))


def test_the_instructions_name_every_parameter() -> None:
    guide = opened()["使用说明"]
    told = {cells[0].value: str(cells[1].value) for cells in guide.iter_rows()}
    for kind in KINDS.values():
        inner = [each for parts in kind.parts.values() for each in parts.parameters if each.key != parts.name]
        for parameter in (*kind.simple.values(), *kind.bands.values(), *inner):
            assert parameter.word in told[kind.word].split("参数：")[1], (kind.word, parameter.word)


def test_a_rules_spare_rows_offer_kinds_and_inputs() -> None:
    book = opened()
    rules, guide = book["评分规则"], book["使用说明"]
    spare, letter = last_row(rules) + 1, openpyxl.utils.get_column_letter(column(rules, "内容"))
    (offered,) = (each for each in rules.data_validations.dataValidation if f"{letter}{spare}" in each.cells)
    area = re.search(r"使用说明!(\$A\$\d+:\$A\$\d+),录入项!", offered.formula1)
    assert area is not None and offered.formula1.startswith(f'IF($D{spare}="{KIND}",')
    assert [cell.value for (cell,) in guide[area[1].replace("$", "")]] == [kind.word for kind in KINDS.values()]


def test_a_missing_roll_up_is_asked_about() -> None:
    change = edit("录入项", {"汇总方式": None}, 编号="total_budget_wan")
    assert f"{at('录入项', '汇总方式', 编号='total_budget_wan')}：没有写汇总方式" in "\n".join(noted(imported(change)))


# ---- whole files


def test_a_foreign_workbook_is_no_scheme() -> None:
    book = openpyxl.Workbook()
    book.active.append(["姓名", "年龄"])
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(ForeignWorkbook, match="不是方案工作簿"):
        import_workbook(out.getvalue(), "别的.xlsx")


@pytest.mark.parametrize("data", [b"", b"not a workbook", b"PK\x03\x04broken", b"%PDF-1.7"])
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(WorkbookError):
        import_workbook(data, "方案.xlsx")


def test_no_hostile_file_gets_further_than_a_message() -> None:
    for name, data in cases():
        with pytest.raises(WorkbookError) as refused:
            import_workbook(data, f"{name}.xlsx")
        assert str(refused.value)


def test_a_formula_with_a_result_is_read_and_told() -> None:
    import xlsxwriter

    out = io.BytesIO()
    source = openpyxl.load_workbook(io.BytesIO(exported()))
    with xlsxwriter.Workbook(out) as book:
        for sheet in source.worksheets:
            page = book.add_worksheet(sheet.title)
            for cells in sheet.iter_rows():
                for cell in cells:
                    if cell.value is not None and not str(cell.value).startswith("="):
                        page.write(cell.row - 1, cell.column - 1, cell.value)
        grades = book.get_worksheet_by_name("等级")
        grades.write_formula("C4", "=80+10", None, 90)
    found = import_workbook(out.getvalue(), "方案.xlsx")
    assert any(each.startswith("等级!C4：是公式，取它现在的结果 90") for each in noted(found))


# ---- the marked copy, the list


def test_the_marked_copy_shows_every_error_and_may_be_mended_and_imported() -> None:
    change = edit("指标", {"分值": 5}, 指标编码="preassessment")
    data = spoiled(change)
    found = import_workbook(data, "方案.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(marked_copy(data, found.errors, found.notes)))
    (error,) = found.errors
    assert error.cell is not None
    marked = book[error.cell.sheet][error.cell.ref]
    assert marked.fill.fgColor.rgb == "FFFFC7CE"
    assert error.message in marked.comment.text
    assert book.sheetnames[0] == RESULT
    assert book[RESULT]["D2"].value == error.message
    put(book, "指标", row(book["指标"], 指标编码="preassessment"), 分值=3)
    out = io.BytesIO()
    book.save(out)
    mended = import_workbook(out.getvalue(), "方案.xlsx")
    assert mended.text is not None and digest(parse(mended.text)) == digest(content())


def test_the_marked_copy_holds_no_live_formula_from_a_message() -> None:
    error = Trouble(Weight.ERROR, Cell("指标", "B4"), "=HYPERLINK(1)")
    book = openpyxl.load_workbook(io.BytesIO(marked_copy(exported(), [error])))
    assert book[RESULT]["D2"].data_type == "s"


def test_what_is_no_xlsx_gets_no_marked_copy() -> None:
    with pytest.raises(PatchRefused):
        marked_copy(b"no workbook", [])


def test_equal_messages_share_a_line() -> None:
    troubles = [Trouble(Weight.NOTE, Cell("甲", f"A{n}"), "同样的话。") for n in range(1, 9)]
    (line,) = grouped([*troubles])
    assert line == "甲!A1、A2、A3、A4、A5、A6 等 8 处：同样的话。"


def test_the_json_has_every_error_with_its_cell() -> None:
    shown = imported_json(imported(edit("指标", {"分值": 5}, 指标编码="preassessment")))
    assert shown["scheme"] is None
    (error,) = shown["errors"]
    assert error["sheet"] == "分级" and error["severity"] == "error" and error["cell"]


# ---- the words


def test_the_words_are_of_kinds_that_there_are() -> None:
    """A new kind needs none: it goes by the names of its file until somebody gives it words."""
    assert KINDS.keys() <= RULES.keys()


def test_a_rule_kind_without_words_is_edited_by_its_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "brand_new", RULES["within_limit"])
    raw = content()
    three = next(each for each in raw["indicators"] if each["code"] == "three_public")
    steps = [{"ge": 0, "lt": D("0.5"), "worth": 1}, {"ge": D("0.5"), "worth": 2}]
    own = {"actual": "three_public_actual_wan", "more": ["a", "b"], "strict": True, "by": steps}
    three["rule"] = {"kind": "brand_new", **own}
    troubles = Troubles()
    sheets = read_workbook(authoring_workbook(raw), "方案.xlsx", troubles)
    assert "其他" not in sheets and not troubles.errors
    assert digest(gather(sheets, troubles).raw) == digest(raw)


def test_the_words_of_a_kind_are_told_apart() -> None:
    words = [kind.word for kind in KINDS.values()]
    assert len(set(words)) == len(words)
    for kind in KINDS.values():
        own = [each.word for each in kind.parameters]
        inner = [each.word for parts in kind.parts.values() for each in parts.parameters]
        assert len(set(own)) == len(own) and len(set(inner)) == len(inner), kind.kind
