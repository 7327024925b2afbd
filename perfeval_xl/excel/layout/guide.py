"""填报说明: whose form this is, what to do in a few steps, what the colours mean, how to send it back."""

from __future__ import annotations

from perfeval_xl.cells import Cell
from perfeval_xl.excel.layout.model import Label, PrintSetup, Sheet, Stamp
from perfeval_xl.excel.layout.parts import (
    ANNEX,
    CHECK,
    DATA,
    GUIDE,
    GUIDE_TITLE,
    NARRATIVE,
    RESULT,
    TABLE,
    Part,
    band,
    needed,
    title,
    titles,
)
from perfeval_xl.scheme.fields import APPLICABLE, NOT_APPLICABLE
from perfeval_xl.scheme.model import Scheme

_LAST = 4
_STAMPS = (
    (("单位名称", "unit_name"), ("单位代码", "unit_code")),
    (("主管部门", "district"), ("上报截止", "deadline")),
    (("联系方式", "contact"), ("表格编号", "seal_short")),
)
_STEPS = (
    (
        f"先填《{DATA}》",
        DATA,
        "按指标分组，从上往下填“填报值”一栏。选中单元格会出现填写提示；有下拉箭头的从列表中选择。",
    ),
    (f"再填《{ANNEX}》", ANNEX, "把年初申报的产出、效益指标逐行填上目标值、实际值和权重，完成率和得分自动算出。"),
    (
        f"核对《{TABLE}》",
        TABLE,
        "填好上方的基本情况。自评分默认取系统按评分标准算出的得分，不用手填；认为应得别的分数的，可以直接改填，"
        "并写明理由。每项都要写“评分依据、未达标原因、改进措施”。",
    ),
    (
        f"写《{NARRATIVE}》",
        NARRATIVE,
        "写绩效目标、自评结论、履职效能分析、存在的问题和改进措施，可以从 Word 直接粘贴。",
    ),
    (
        f"看《{CHECK}》",
        CHECK,
        "这里列出每一项填了没有、格式对不对，点右边的链接就能跳过去补填。“未填项数”和“有误项数”都是 0，就可以上报。",
    ),
    (
        "保存并上报",
        None,
        "仍存为 .xlsx 格式，连同佐证材料发回主管部门，不要转成 PDF、图片或 .et 格式；需要纸质件的，"
        f"直接打印《{TABLE}》（A3 横向）。",
    ),
)
_RULES = (
    (
        "没有这类事项",
        f"有“是否适用”的指标，本单位确实没有这类事项（如全年没有政府采购）的，改选“{NOT_APPLICABLE}”，该项下的数据留空，"
        f"并在《{TABLE}》的评分依据一栏写明理由，该项按满分计。有这类事项的保持“{APPLICABLE}”。",
    ),
    ("0 和空白", "没有发生、数量为零的填 0；空白表示没有填，不会当作 0 计算，该项也就没有得分。"),
    (
        "万元和元",
        "金额单位写在项目名称和“单位”一栏里，多数是万元，个别是元，填写前请看清楚。只填数字，不写单位和说明。",
    ),
    ("得分显示空白", "所需数据没有填全、填写有误，或须由人核定（如酌情扣分）时，得分显示为空白，补齐后自动出现。"),
    (
        "不要改动表格",
        "表格加了保护，灰色和白色的格子不用改；不要增删行列、改工作表名称，也不要把数据复制到别的表上报。"
        "行高列宽可以调整。",
    ),
    (
        "主管部门复核的地方",
        f"《{TABLE}》右侧的“区局复核”、各表右侧的“复核提示”和《{RESULT}》由主管部门填写，填报时不用管，也不会随表打印。"
        f"表格退回修改时，先看《{RESULT}》，再逐条更正。",
    ),
)
_COLOURS = (
    ("legend_required", "黄色：必填、还没有填"),
    ("input_line", "浅蓝色：可以填写"),
    ("legend_locked", "灰色、白色：表头和自动计算，不能改"),
    ("legend_review", "橙色：主管部门复核，不用填"),
)


def build(scheme: Scheme) -> Part:
    """Names of the unit's cells are those of the stamps unit_name and unit_code on this sheet."""
    sheet = Sheet(GUIDE, widths={1: 30, 2: 48, 3: 14, 4: 40})
    part = Part(sheet)
    title(sheet, titles(scheme, scheme.unit_title)[GUIDE_TITLE], _LAST, stamp=GUIDE_TITLE)
    row = 2
    for pair in _STAMPS:
        for column, (label, key) in zip((1, 3), pair, strict=True):
            sheet.put(row, column, Label(label, "head"))
            cell = sheet.put(row, column + 1, Stamp(key, "stamp"))
            part.name(key, cell)
        sheet.heights[row] = 34
        row += 1
    row = _section(sheet, row, "一、怎样填")
    for number, (name, target, text) in enumerate(_STEPS, start=1):
        link = Cell(target, "A1") if target else None
        row = _line(sheet, row, Label(f"{number}. {name}", "step_link" if link else "step_name", link), text)
    row = _section(sheet, row, "二、填写约定")
    for name, text in _RULES:
        row = _line(sheet, row, Label(name, "step_name"), text)
    row = _section(sheet, row, "三、颜色")
    for style, text in _COLOURS:
        sheet.put(row, 1, Label("", style))
        row = _line(sheet, row, None, text)
    row = _section(sheet, row, "四、依据")
    row = _line(sheet, row, Label("附表", "step_name"), scheme.note)
    row = _line(sheet, row, Label("法律法规", "step_name"), "\n".join(scheme.legal_basis))
    row = _line(sheet, row, Label("表格版本", "step_name"), f"{scheme.id}　{scheme.version}")
    sheet.setup = PrintSetup(area=f"A1:D{row - 1}")
    return part


def _section(sheet: Sheet, row: int, text: str) -> int:
    band(sheet, row, 1, _LAST, Label(text, "section"))
    sheet.heights[row] = 30
    return row + 1


def _line(sheet: Sheet, row: int, name: Label | None, text: str) -> int:
    """A name and its text over the remaining columns; returns the next row."""
    if name is not None:
        sheet.put(row, 1, name)
    band(sheet, row, 2, _LAST, Label(text, "step"))
    sheet.heights[row] = max(22.0, needed(sheet, text, "step", 2, _LAST))
    return row + 1
