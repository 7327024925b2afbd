"""The words of the guide where the scheme has none of its own: they fit what the form has."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from perfeval_xl.excel.layout.parts import ANNEX, CHECK, DATA, NARRATIVE, RESULT, TABLE, annex_rule
from perfeval_xl.scheme.fields import APPLICABLE, NOT_APPLICABLE, FieldType, NotApplicable
from perfeval_xl.scheme.form import Body, Guide, GuideEntry
from perfeval_xl.scheme.model import Scheme


def generic_guide(scheme: Scheme, sheets: Collection[str]) -> Guide:
    """Steps and rules for a form with these ``sheets`` to be filled in."""
    return Guide(tuple(_steps(scheme, sheets)), tuple(_rules(scheme)))


def _steps(scheme: Scheme, sheets: Collection[str]) -> Iterator[GuideEntry]:
    form, inside = scheme.form, scheme.form.body is Body.ROWS
    evidence = any(indicator.evidence for indicator in scheme.indicators)
    if DATA in sheets:
        text = "按指标分组，从上往下填“填报值”一栏。选中单元格会出现填写提示；有下拉箭头的从列表中选择。"
        yield GuideEntry(f"填《{DATA}》", text, DATA)
    if ANNEX in sheets:
        text = "把年初申报的指标逐行填上目标值、实际值和权重，完成率和得分自动算出。"
        yield GuideEntry(f"填《{ANNEX}》", text, ANNEX)
    text = "填好上方的基本情况。" if form.head else ""
    if inside:
        text += (
            "各项指标逐行填写，没有用到的行留空，每一部分各行分值合计应等于该部分的分值；右边不打印的各栏也要看一看。"
        )
    text += "自评分默认取系统按评分标准算出的得分，不用手填；认为应得别的分数的，可以直接改填，"
    text += "并写明理由。每项都要写评分依据、未达标原因和改进措施。" if evidence else "并在报送时另行说明理由。"
    yield GuideEntry(f"{'填' if inside else '核对'}《{TABLE}》", text, TABLE)
    if NARRATIVE in sheets:
        yield GuideEntry(f"写《{NARRATIVE}》", "逐段填写文字说明，可以从 Word 直接粘贴。", NARRATIVE)
    text = "这里列出每一项填了没有、格式对不对，点右边的链接就能跳过去补填。“未填项数”和“有误项数”都是 0，就可以上报。"
    yield GuideEntry(f"看《{CHECK}》", text, CHECK)
    paper = f"{form.paper} {'横向' if form.landscape else '纵向'}"
    text = "仍存为 .xlsx 格式，连同佐证材料发回主管部门，不要转成 PDF、图片或 .et 格式；需要纸质件的，"
    yield GuideEntry("保存并上报", f"{text}直接打印《{TABLE}》（{paper}）。")


def _rules(scheme: Scheme) -> Iterator[GuideEntry]:
    if any(indicator.may_be_not_applicable for indicator in scheme.indicators):
        then = "不计入总分" if scheme.not_applicable is NotApplicable.EXCLUDED else "按满分计"
        text = f"有“是否适用”的指标，确实没有这类事项的，改选“{NOT_APPLICABLE}”，该项下的数据留空，该项{then}。"
        yield GuideEntry("没有这类事项", f"{text}有这类事项的保持“{APPLICABLE}”。")
    text = "没有发生、数量为零的填 0；空白表示没有填，不会当作 0 计算，该项也就没有得分。"
    yield GuideEntry("0 和空白", text)
    if any(field.type is FieldType.AMOUNT for field in scheme.fields.values()):
        text = "金额单位写在项目名称或“单位”一栏里，填写前请看清楚。只填数字，不写单位和说明。"
        yield GuideEntry("金额单位", text)
    rules = [rule for indicator in scheme.indicators if (rule := annex_rule(indicator)) is not None]
    judged = next((rule.judged for rule in rules if rule.judged), "")
    if judged:
        basis = any("basis" in rule.table.column for rule in rules if rule.judged)
        instead = "档次、得分和评分依据" if basis else "档次和得分"
        text = f"不能用数字衡量的指标，性质选“{judged}”，不填目标值和实际值，改填{instead}，得分须在所选档次的区间内。"
        yield GuideEntry(f"{judged}指标", text)
    yield GuideEntry("得分显示空白", "所需数据没有填全、填写有误，或须由人核定时，得分显示为空白，补齐后自动出现。")
    text = "表格加了保护，灰色和白色的格子不用改；不要增删行列、改工作表名称，也不要把数据复制到别的表上报。"
    yield GuideEntry("不要改动表格", f"{text}行高列宽可以调整。")
    text = (
        f"《{TABLE}》右侧的“区局复核”、各表右侧的“复核提示”和《{RESULT}》由主管部门填写，填报时不用管，也不会随表打印。"
    )
    yield GuideEntry("主管部门复核的地方", f"{text}表格退回修改时，先看《{RESULT}》，再逐条更正。")
