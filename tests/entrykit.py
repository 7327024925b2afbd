"""Fields of every type, and what is typed into them, for the tests of perfeval_xl.entries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from perfeval_xl.cells import Cell
from perfeval_xl.entries import Entry, Shape, read_entry
from perfeval_xl.scheme.answers import Answer, Value
from perfeval_xl.scheme.fields import Field, FieldType

CELL = Cell("基础数据", "D5")

WAN = Field("wan", "支出", FieldType.AMOUNT, unit="万元", low=Decimal(0))
YUAN = Field("yuan", "合同金额", FieldType.AMOUNT, unit="元", low=Decimal(0))
BALANCE = Field("balance", "结余", FieldType.AMOUNT, unit="万元")
DOLLAR = Field("dollar", "外汇", FieldType.AMOUNT, unit="美元", low=Decimal(0))
COUNT = Field("count", "项目数", FieldType.COUNT, unit="项", low=Decimal(0))
ASPECTS = Field("aspects", "覆盖的要求", FieldType.COUNT, unit="个方面", low=Decimal(0), high=Decimal(4))
PERCENT = Field("percent", "执行率", FieldType.PERCENT, low=Decimal(0), high=Decimal(2))
CHANGE = Field("change", "增减率", FieldType.PERCENT)
NUMBER = Field("number", "目标值", FieldType.NUMBER, low=Decimal(0))
SCORE = Field("score", "得分", FieldType.SCORE, unit="分", low=Decimal(0), high=Decimal(20))
DAY = Field("day", "公开日期", FieldType.DATE, low=date(2023, 1, 1), high=date(2026, 12, 31), never="未公开")
ANY_DAY = Field("any_day", "应公开日期", FieldType.DATE)
YESNO = Field("yesno", "是否建立内控制度", FieldType.YESNO)
WRONGS = Field("wrongs", "检查是否发现问题", FieldType.YESNO)
TIMELY = Field("timely", "材料是否及时报送", FieldType.YESNO)
APPLIES = Field("applies", "是否适用", FieldType.CHOICE, options=("适用", "不适用"))
NATURE = Field("nature", "指标性质", FieldType.CHOICE, options=("≥", ">", "=", "≤", "<", "定性"))
KIND = Field("kind", "类别", FieldType.CHOICE, options=("经济", "社会", "生态", "可持续影响", "满意度"))
TIER = Field(
    "tier", "档次", FieldType.CHOICE, options=("达成年度指标", "部分达成年度指标并具有一定效果", "未达成年度指标且效果较差")
)  # fmt: skip
BASIS = Field("basis", "计算方式", FieldType.CHOICE, options=("平均（按月）", "平均（按年）", "合计（全年）"))
TEXT = Field("text", "评分依据", FieldType.TEXT, max_length=10)

FIELDS = (
    WAN, YUAN, BALANCE, DOLLAR, COUNT, ASPECTS, PERCENT, CHANGE, NUMBER, SCORE, DAY, ANY_DAY, YESNO, WRONGS, TIMELY, APPLIES,
    NATURE, KIND, TIER, BASIS, TEXT,
)  # fmt: skip

RECEIPTS = frozenset({
    "number-as-text", "unit-converted", "percent-read", "percent-as-fraction", "date-read", "choice-read", "word-as-zero",
    "formula-in-input", "control-characters", "text-too-long",
})  # fmt: skip
UNUSABLE = frozenset({
    "not-a-number", "not-a-date", "not-a-choice", "out-of-range", "error-value", "placeholder", "percent-ambiguous",
    "date-ambiguous", "formula-not-calculated", "external-value", "picture-in-cell",
})  # fmt: skip


def typed(field: Field, found: object, shape: Shape = Shape.GENERAL) -> Answer:
    """What a cell is taken for in which ``found`` stands and nothing else."""
    return read_entry(field, Entry(found, shape), CELL)


def taken(answer: Answer) -> tuple[Value | None, str | None]:
    return answer.value, answer.problem
