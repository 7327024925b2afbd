"""The Chinese words of the values that a scheme file names in English, and the lines of the sheet of basics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfeval_xl.authoring.rules_words import Sort
from perfeval_xl.scheme.fields import FieldType, RollUp
from perfeval_xl.scheme.form import STAMPS, Block

TYPE_WORDS: Mapping[str, str] = {each: each.word for each in FieldType}
ROLL_UP_WORDS: Mapping[str, str] = {
    RollUp.OWN: "主管部门自填",
    RollUp.SUM: "各单位合计",
    RollUp.ALL: "都是“是”才算“是”",
    RollUp.ANY: "有一个“是”即为“是”",
    RollUp.ROSTER: "名册中的单位数",
    RollUp.RETURNED: "已交表的单位数",
}
CHECK_WORDS: Mapping[str, str] = {
    "sum": "合计相等",
    "at_most": "部分不大于总数",
    "not_before": "日期先后",
    "window": "日期在期间内",
    "annual_against_months": "年度数与各月相近",
    "magnitude": "元与万元",
    "not_a_rate": "金额不是比率",
}
FILING_WORDS = {"unit": "一个单位一份", "project": "一个项目一份"}
NOT_APPLICABLE_WORDS = {"full": "得满分", "excluded": "不计入总分，其余按比例放大"}
BODY_WORDS = {"indicators": "一行一个指标", "rows": "一行一条附表"}
BLOCK_WORDS: Mapping[str, str] = {
    Block.BAND: "通栏标题",
    Block.FACTS: "成对的项目",
    Block.TEXTS: "并排的文字",
    Block.AMOUNTS: "并排的金额",
    Block.GRID: "资金表",
}
STAMP_WORDS: Mapping[str, str] = dict.fromkeys(STAMPS, "") | {
    "unit_name": "单位名称",
    "unit_code": "单位代码",
    "department": "主管部门",
    "project_name": "项目名称",
    "project_code": "项目编号",
    "deadline": "截止日期",
    "contact": "联系人",
}


@dataclass(frozen=True)
class Basic:
    """A line of the sheet of basics: one value at the key path ``key`` of the scheme file."""

    key: str
    title: str
    sort: Sort
    note: str
    words: Mapping[str, str] = field(default_factory=dict)
    must: bool = False


BASICS = (
    Basic("id", "方案编号", Sort.ID, "小写字母、数字和连字符，如 bureau-2025。一经下发不要再改。", must=True),
    Basic("version", "版本", Sort.TEXT, "如 1.0；下发后又改了表的，改为 1.1。", must=True),
    Basic("year", "年度", Sort.WHOLE, "自评的年度，四位数。", must=True),
    Basic("title", "表的名称", Sort.TEXT, "主管部门填的表叫什么。", must=True),
    Basic("unit_title", "所属单位的表的名称", Sort.TEXT, "所属单位填的表叫什么。", must=True),
    Basic("authority", "主管部门", Sort.TEXT, "下发这张表的部门。", must=True),
    Basic("source", "来源", Sort.TEXT, "表的出处。", must=True),
    Basic("note", "表注", Sort.TEXT, "印在表下面的注。", must=True),
    Basic("legal_basis", "依据", Sort.TEXTS, "法律、文件，一条一行；要添的在下面插入一行，项目也写“依据”。", must=True),
    Basic("total", "总分", Sort.POINTS, "不写为 100 分。"),
    Basic("filing", "填报份数", Sort.CHOICE, "不写为一个单位一份。", FILING_WORDS),
    Basic("scoring.not_applicable", "不适用的计分", Sort.CHOICE, "不写为得满分。", NOT_APPLICABLE_WORDS),
    Basic("scoring.places", "得分小数位", Sort.WHOLE, "0 至 2，一律四舍五入；不写为 2。"),
    Basic("form.paper", "纸张", Sort.CHOICE, "不写为 A3。", {"A3": "A3", "A4": "A4"}),
    Basic("form.landscape", "横向打印", Sort.FLAG, "不写为“是”。"),
    Basic("form.body", "自评表的行", Sort.CHOICE, "不写为一行一个指标。", BODY_WORDS),
    Basic(
        "carry.fields",
        "沿用上年的录入项",
        Sort.IDS,
        "新一轮下发时带入上年填报内容的录入项编号，用顿号隔开；附表的列写 附表编号.列编号。",
    ),
    Basic("carry.renamed", "沿用时的对照", Sort.PAIRS, "上年编号=今年编号，一行一个。"),
    Basic("calendar.first", "日历从", Sort.DAY, "推算期限用的日历，第一天。", must=True),
    Basic("calendar.last", "日历到", Sort.DAY, "日历的最后一天；日期类的填报项不能超出。", must=True),
    Basic(
        "calendar.source", "日历的依据", Sort.TEXT, "国务院办公厅的放假通知及文号；放假日列在工作表“日历”。", must=True
    ),
)
