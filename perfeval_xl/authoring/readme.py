"""The first sheet of an authoring workbook: what the sheets are, how the usual changes are made, an example of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.reading import README
from perfeval_xl.authoring.rules_words import KINDS, Bands, Kind, Parts
from perfeval_xl.excel.book import Book, Link, Page, Paper, height_of, line_count

_WIDTHS = (22, 26, 24, 22, 11, 8, 11, 8, 12)
_LAST = len(_WIDTHS) - 1
_STEPS = (
    (
        "改一档的界限",
        "“评分规则”里找到这一档，改“从”“到”；相邻两档要一起改，使它们首尾相接。“指标”里的评分标准文字也照改。",
    ),
    ("改扣几分、得几分", "“评分规则”里改“得分或扣分”。最高一档的得分应等于指标的分值。"),
    ("改分值", "“指标”里改分值，“分级”里改上级的分值；“分级”右边的“核对”显示相符即可。"),
    (
        "添一个指标",
        "在“指标”中插入一行；在“录入项”中给它要填的各格各写一行；在“评分规则”中写规则类型和参数。见下面的例子。",
    ),
    ("去掉一个指标", "删去它在“指标”“录入项”“评分规则”中的各行，“口径”“勾稽”中提到它的也要改。"),
    (
        "检查并使用",
        "保存后运行 perfeval scheme import 方案.xlsx -o 文件夹。有误的逐格指出，改到没有错误为止；再运行 perfeval scheme preview 文件夹 看空白表的样子。",
    ),
)
_COLOURS = "标题深蓝的一列必须填写，灰色的只供参考、不读取；淡黄的格是数字和日期。标题右上角的红点、选中单元格时的提示，写着这一列怎么填。"
_KEEP = (
    "工作表的名称、标题行、编号请不要改（编号是系统认数据的依据）；列可以调换位置，行可以插入、删除，请不要合并单元格。"
    "先后按“序号”，改先后请改序号。"
)
_EXAMPLES = (
    (
        "指标",
        ("指标编码", "一级指标", "二级指标", "指标名称", "分值", "", "", "", ""),
        (("training_rate", "管理效率", "绩效管理", "绩效培训覆盖率", "2", "", "", "", ""),),
    ),
    (
        "录入项",
        ("所属指标", "编号", "名称", "类型", "计量单位", "", "", "", ""),
        (
            ("training_rate", "staff_trained", "参加绩效培训的人数", "个数", "人", "", "", "", ""),
            ("training_rate", "staff_total", "在职人数", "个数", "人", "", "", "", ""),
        ),
    ),
    (
        "评分规则",
        ("指标编码", "参数", "内容", "部分", "从", "含下限", "到", "含上限", "得分或扣分"),
        (
            ("training_rate", "规则类型", "比率分档", "", "", "", "", "", ""),
            ("training_rate", "比率名称", "绩效培训覆盖率", "", "", "", "", "", ""),
            ("training_rate", "分子", "staff_trained", "", "", "", "", "", ""),
            ("training_rate", "分母", "staff_total", "", "", "", "", "", ""),
            ("training_rate", "分档", "", "", "90%", "是", "", "", "2"),
            ("training_rate", "分档", "", "", "60%", "是", "90%", "否", "1"),
            ("training_rate", "分档", "", "", "", "", "60%", "否", "0"),
        ),
    ),
)


def write_readme(book: Book, raw: Mapping[str, Any]) -> str:
    """The sheet of instructions for the scheme ``raw``. Where the rule kinds are listed in it, for drop-downs to look at."""
    title = f"{raw['title']}（{raw['year']}年度）评分方案"
    page = book.page(README, Paper(), title)
    page.raw.set_tab_color("#70AD47")
    for column, width in enumerate(_WIDTHS):
        page.raw.set_column(column, column, width)
    row = page.heading(
        title,
        f"方案 {raw['id']}，版本 {raw['version']}。在各工作表中修改后导入，即成为新的方案；本表的文字不读取。",
        _LAST,
    )
    row = _section(page, row, "怎样改")
    for name, text in _STEPS:
        row = _line(page, row, name, text)
    row = _line(page, row, "颜色和提示", _COLOURS)
    row = _line(page, row, "请注意", _KEEP)
    row = _section(page, row + 1, "各工作表")
    for sheet in catalogue.SHEETS[:-1]:
        if sheet.name in catalogue.ALWAYS:
            page.put(row, 0, Link("", sheet.name, f"'{sheet.name}'!A1"))
            row = _text(page, row, sheet.note)
    row = _section(page, row + 1, "例：添一个“绩效培训覆盖率”要写的各行")
    for name, heads, rows in _EXAMPLES:
        page.put(row, 0, f"工作表“{name}”", "section")
        row += 1
        for column, head in enumerate(heads):
            if head:
                page.put(row, column, head, "head")
        for values in rows:
            row += 1
            for column, value in enumerate(values):
                if heads[column]:
                    page.put(row, column, value or None, "edit_text")
        row += 2
    first = row = _section(page, row, "规则类型，和各类型在“评分规则”里的参数")
    for kind in KINDS.values():
        row = _line(page, row, kind.word, f"{kind.note}\n参数：{_parameters(kind)}")
    return f"{README}!$A${first + 1}:$A${row}"


def _parameters(kind: Kind) -> str:
    """The words that stand under 参数 for a kind of rule."""
    said = []
    for each in kind.parameters:
        if isinstance(each, Parts):
            inner = "、".join(own.word for own in each.parameters if own.key != each.name)
            said.append(f"每一{each.word}（“部分”一列写明是哪一{each.word}）的 {inner}")
        else:
            said.append(f"{each.word}（一行一档）" if isinstance(each, Bands) else each.word)
    return "；".join(said)


def _section(page: Page, row: int, title: str) -> int:
    page.raw.set_row(row, 24)
    page.across(row, 0, _LAST, title, "section")
    return row + 1


def _line(page: Page, row: int, name: str, text: str) -> int:
    page.put(row, 0, name, "edit_group")
    return _text(page, row, text)


def _text(page: Page, row: int, text: str) -> int:
    page.across(row, 1, _LAST, text, "text")
    page.raw.set_row(row, max(height_of(line_count(text, sum(_WIDTHS[1:]))), 20))
    return row + 1
