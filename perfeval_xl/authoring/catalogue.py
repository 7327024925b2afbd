"""The sheets of an authoring workbook and their columns: what each holds, what it is called, how wide it is.

One row is one thing. A column's ``key`` is the key in the scheme file, dotted where it lies deeper (when.field); a column
without one is there to be read by people only and is never read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from perfeval_xl.authoring.rules_words import KINDS, Sort
from perfeval_xl.authoring.words import BLOCK_WORDS, CHECK_WORDS, ROLL_UP_WORDS, STAMP_WORDS, TYPE_WORDS
from perfeval_xl.scheme.rules import RULES as RULE_KINDS

ORDER = "序号"
"""The heading of the column by which the rows of a sheet are put in order."""


@dataclass(frozen=True)
class Column:
    """One column: ``words`` are the Chinese words of a choice by value; ``must``: the cell may not stay blank."""

    key: str
    title: str
    sort: Sort
    width: float
    note: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    must: bool = False
    by_hand: bool = False  # read with the rest of its row in view, not by its sort alone


@dataclass(frozen=True)
class Sheet:
    """One sheet. ``needed``: no scheme can do without it; a ``technical`` one is hardly ever edited."""

    name: str
    note: str
    columns: tuple[Column, ...]
    needed: bool = False
    technical: bool = False
    numbered: bool = True

    @cached_property
    def by_title(self) -> Mapping[str, Column]:
        """The columns by their headings."""
        return {each.title: each for each in self.columns}

    @cached_property
    def by_key(self) -> Mapping[str, Column]:
        """The columns that are read, by their keys."""
        return {each.key: each for each in self.columns if each.key}


_FIELD = (
    Column("id", "编号", Sort.ID, 24, "小写字母、数字、下划线，以字母开头，全表不重复。一经下发不要再改。", must=True),
    Column("label", "名称", Sort.TEXT, 26, "表上印的名称，金额写明单位。", must=True),
    Column("type", "类型", Sort.CHOICE, 8, "从列表中选。", TYPE_WORDS, must=True),
    Column("unit", "计量单位", Sort.TEXT, 8, "金额必须写：万元或元。"),
    Column("period", "所属期", Sort.TEXT, 13, "如 2024年末；不写为本年度。"),
    Column("hint", "填报要求", Sort.TEXT, 44, "选中这一格时显示给填报人的话。", must=True),
    Column("required", "必填", Sort.FLAG, 6, "不写为“是”。"),
    Column("when.field", "只在此项…", Sort.ID, 19, "写一个录入项的编号：它符合右边的条件时才要填本项。"),
    Column("when.equals", "…填了此词时填", Sort.TEXT, 11, "如：是、否，或选项之一。"),
    Column("when.positive", "…大于0时填", Sort.FLAG, 9, "选“是”：左边的数大于 0 时才要填。"),
    Column("low", "最小", Sort.ANY, 11, "允许的最小值（含）。", by_hand=True),
    Column("high", "最大", Sort.ANY, 17, "允许的最大值（含）。", by_hand=True),
    Column("options", "选项", Sort.TEXTS, 20, "类型为“选项”的写：各项用顿号隔开。"),
    Column("never", "未发生时填", Sort.TEXT, 10, "只用于日期：没有发生的填什么词，如“未公开”。"),
    Column("issued", "预填", Sort.TEXT, 9, "下发时已经填好的内容。"),
    Column("max_length", "最多字数", Sort.WHOLE, 8, "只用于文字；不写为 2000。"),
    Column(
        "roll_up", "汇总方式", Sort.CHOICE, 18, "主管部门的表怎样由各单位的表得出；不写为主管部门自填。", ROLL_UP_WORDS
    ),
    Column("headings", "表头标题", Sort.TEXTS, 18, "表头金额上方的标题，从外到内，用顿号隔开。"),
)
HEAD = "表头"
"""What stands for the form's head where a field's indicator is asked for."""

RULE_CELLS = (
    Column("parameter", "参数", Sort.TEXT, 20, "这一行是规则的哪一项。", must=True, by_hand=True),
    Column("part", "部分", Sort.TEXT, 22, "规则分成几部分的，写明是哪一部分。", by_hand=True),
    Column("value", "内容", Sort.ANY, 30, "词从列表中选；录入项写编号，几个的用顿号隔开。", by_hand=True),
    Column("low", "从", Sort.ANY, 9, "一档的下限；最低一档不写。", by_hand=True),
    Column("low_closed", "含下限", Sort.FLAG, 7, "“是”：大于等于；“否”：大于。", by_hand=True),
    Column("high", "到", Sort.ANY, 9, "一档的上限；最高一档不写。", by_hand=True),
    Column("high_closed", "含上限", Sort.FLAG, 7, "“是”：小于等于；“否”：小于。", by_hand=True),
    Column("yield", "得分或扣分", Sort.ANY, 10, "这一档得几分，或每项扣几分。", by_hand=True),
    Column("", "说明", Sort.TEXT, 42, "只供参考，不读取。"),
)

BASIC = Sheet(
    "基本信息",
    "表叫什么、哪个年度、怎样计总分。一行一项，改“内容”一列。",
    (
        Column("key", "项目", Sort.TEXT, 22, "不要改；“依据”可以有多行。", must=True, by_hand=True),
        Column("value", "内容", Sort.ANY, 76, "改这里。", by_hand=True),
        Column("", "说明", Sort.TEXT, 52, "只供参考，不读取。"),
    ),
    needed=True,
    numbered=False,
)
INDICATORS = Sheet(
    "指标",
    "自评表上计分的各行，一行一个。分值合计应等于总分；添一个指标：在这里加一行，再到“录入项”“评分规则”各加几行。",
    (
        Column(
            "code", "指标编码", Sort.ID, 24, "小写字母、数字、下划线，以字母开头，不重复。一经下发不要再改。", must=True
        ),
        Column("level1", "一级指标", Sort.TEXT, 11, "须与“分级”中的一致。", must=True),
        Column("level2", "二级指标", Sort.TEXT, 11, "须与“分级”中的一致；没有二级的不写。"),
        Column("level3", "三级分类", Sort.TEXT, 9, "四级的表才写：指标之上的第三级。"),
        Column("name", "指标名称", Sort.TEXT, 26, must=True),
        Column("points", "分值", Sort.POINTS, 7, "数字，如 2。", must=True),
        Column("not_applicable", "可选不适用", Sort.FLAG, 8, "没有此类事项的单位可以选“不适用”；不写为“否”。"),
        Column("interpretation", "指标解释", Sort.TEXT, 42, must=True),
        Column(
            "criteria",
            "评分标准",
            Sort.TEXT,
            60,
            "照录原文；换行按 Alt+Enter。改了评分规则的，这里的文字也要改。",
            must=True,
        ),
        Column("basis", "依据", Sort.TEXT, 26, "法律、文件条款，可不写。"),
        Column("evidence", "有评分依据栏", Sort.FLAG, 9, "不写为“是”。"),
    ),
    needed=True,
)
LEVELS = Sheet(
    "分级",
    "一、二级指标及分值。下级的分值合计应等于上级的分值，一级的合计应等于总分。",
    (
        Column("name1", "一级指标", Sort.TEXT, 20, must=True, by_hand=True),
        Column("name2", "二级指标", Sort.TEXT, 20, "一级指标本身的一行不写。", by_hand=True),
        Column("name3", "三级分类", Sort.TEXT, 16, "四级的表才写。", by_hand=True),
        Column("points", "分值", Sort.POINTS, 9, must=True),
        Column("", "下级合计", Sort.TEXT, 12, "自动算出，不读取。"),
        Column("", "核对", Sort.TEXT, 16, "自动算出，不读取。"),
    ),
    needed=True,
)
FIELDS = Sheet(
    "录入项",
    "单位要填的每一格，一行一个。评分规则里用“编号”指到它们。",
    (
        Column("owner", "所属指标", Sort.ID, 24, f"指标编码；表头的填报项写“{HEAD}”。", must=True, by_hand=True),
        Column("", "指标名称", Sort.TEXT, 22, "只供参考，不读取。"),
        *_FIELD,
    ),
    needed=True,
)
RULES = Sheet(
    "评分规则",
    "每个指标先写一行“规则类型”，再一行写一个参数、一档或一部分的一项。改一档的界限改“从”“到”，改分数改“得分或扣分”。",
    (
        Column("code", "指标编码", Sort.ID, 24, must=True),
        Column("", "指标名称", Sort.TEXT, 22, "只供参考，不读取。"),
        *RULE_CELLS,
    ),
    needed=True,
)
GRADES = Sheet(
    "等级",
    "从高到低，首尾相接：上一等级的下限就是下一等级的上限，最低一级从 0 开始。",
    (
        Column("name", "等级", Sort.TEXT, 12, must=True),
        Column("low", "下限（含）", Sort.POINTS, 12, must=True),
        Column("high", "上限", Sort.POINTS, 12, "只有最高一级含上限。", must=True),
        Column("text", "文字", Sort.TEXT, 36, "印在表上的写法。", must=True),
    ),
    needed=True,
)
READINGS = Sheet(
    "口径",
    "条款有不同理解的，写明采用哪一种。可选的口径，每一种再写一行“选项编号”，第一种为默认；它改哪些参数，写在“口径参数”。",
    (
        Column("id", "口径编号", Sort.ID, 24, must=True),
        Column("option", "选项编号", Sort.ID, 20, "可选的口径才写。", by_hand=True),
        Column("indicators", "适用指标", Sort.IDS, 28, "指标编码，几个的用顿号隔开；适用全部指标的不写。"),
        Column("clause", "条款", Sort.TEXT, 40, must=True),
        Column("text", "采用的理解", Sort.TEXT, 44),
        Column("why", "理由", Sort.TEXT, 44, must=True),
        Column("source", "出处", Sort.TEXT, 30, must=True),
    ),
)
CHANGES = Sheet(
    "口径参数",
    "另一种口径改动的评分规则参数：写法与“评分规则”相同，只写改动的；改分档、部分的，全部写出。",
    (
        Column("reading", "口径编号", Sort.ID, 20, must=True),
        Column("option", "选项编号", Sort.ID, 18, must=True),
        Column("code", "指标编码", Sort.ID, 22, must=True),
        *RULE_CELLS,
    ),
)
TABLES = Sheet(
    "附表",
    "一行写附表的一列。同一附表的各行，附表编号、名称、行数相同。",
    (
        Column("table", "附表编号", Sort.ID, 14, must=True, by_hand=True),
        Column("title", "附表名称", Sort.TEXT, 16, "写在第一行即可。", by_hand=True),
        Column("rows", "行数", Sort.WHOLE, 7, "1 至 99；写在第一行即可。", by_hand=True),
        *(
            each
            for each in _FIELD
            if each.key not in ("period", "when.field", "when.equals", "when.positive", "roll_up")
        ),
    ),
)
FIXED = Sheet(
    "固定行",
    "附表中由主管部门填好的行：单位不能改，只填其余各列。列名后面是附表的列编号。",
    (Column("table", "附表编号", Sort.ID, 16, must=True, by_hand=True),),
)
NARRATIVE = Sheet(
    "叙述",
    "自评说明的标题和各段文字。一行一个填报项；只有标题没有内容的，只写标题。",
    (
        Column("heading1", "一级标题", Sort.TEXT, 22, must=True, by_hand=True),
        Column("heading2", "二级标题", Sort.TEXT, 22, by_hand=True),
        Column("heading3", "三级标题", Sort.TEXT, 14, by_hand=True),
        *(
            Column(each.key, each.title, each.sort, each.width, each.note, each.words)
            for each in _FIELD
            if each.key in ("id", "label", "type", "max_length", "required", "hint")
        ),
    ),
)
STEP_WORDS = {"steps": "步骤", "rules": "须知"}
GUIDE = Sheet(
    "填写说明",
    "印在单位的表里的“填报说明”：先写步骤，再写须知。一行也不写的，用通行的文字。",
    (
        Column("part", "类别", Sort.CHOICE, 8, "步骤或须知。", STEP_WORDS, must=True, by_hand=True),
        Column("name", "名称", Sort.TEXT, 28, must=True),
        Column("sheet", "指向的工作表", Sort.TEXT, 20, "可不写。"),
        Column("text", "文字", Sort.TEXT, 84, must=True),
    ),
)
CHECKS = Sheet(
    "勾稽",
    "填报项之间应有的关系，只提示，不影响计分。",
    (
        Column("kind", "类型", Sort.CHOICE, 18, "", CHECK_WORDS, must=True),
        Column("indicator", "指标编码", Sort.ID, 22),
        Column("whole", "总数", Sort.IDS, 28, "合计相等、部分不大于总数。", by_hand=True),
        Column("parts", "分项", Sort.IDS, 36, "合计相等、部分不大于总数。"),
        Column("fields", "录入项", Sort.IDS, 30, "日期在期间内、元与万元、金额不是比率。"),
        Column("earlier", "在前的日期", Sort.ID, 20, "日期先后。"),
        Column("later", "在后的日期", Sort.ID, 20, "日期先后。"),
        Column("first", "期间从", Sort.DAY, 12, "日期在期间内。"),
        Column("last", "期间到", Sort.DAY, 12, "日期在期间内。"),
        Column("months", "各月", Sort.IDS, 28, "年度数与各月相近。"),
        Column("spent", "支出数", Sort.ID, 18, "年度数与各月相近。"),
        Column("budget", "预算数", Sort.ID, 18, "年度数与各月相近。"),
        Column("points", "相差百分点", Sort.NUMBER, 10, "年度数与各月相近。"),
        Column("usual", "通常倍数", Sort.NUMBER, 9, "元与万元。"),
        Column("low", "至少倍数", Sort.NUMBER, 10, "元与万元。"),
        Column("high", "至多倍数", Sort.NUMBER, 10, "元与万元。"),
        Column("rates", "本行的百分比", Sort.IDS, 28, "金额不是比率。"),
        Column("most", "不超过", Sort.NUMBER, 9, "金额不是比率。"),
        Column("sibling", "另一项不小于", Sort.NUMBER, 10, "金额不是比率。"),
    ),
    technical=True,
)
DAY_WORDS = {"holidays": "放假", "worked": "上班"}
CALENDAR = Sheet(
    "日历",
    "只列工作日中的放假日和周末中的上班日；其余周末都是休息日。",
    (
        Column("day", "日期", Sort.DAY, 14, must=True, by_hand=True),
        Column("part", "放假或上班", Sort.CHOICE, 12, "", DAY_WORDS, must=True, by_hand=True),
        Column("", "星期", Sort.TEXT, 10, "只供参考，不读取。"),
    ),
    needed=True,
    technical=True,
    numbered=False,
)
CORRECTIONS = Sheet(
    "更正",
    "原表明显的误植，和这里采用的文字。",
    (
        Column("where", "位置", Sort.TEXT, 34, must=True),
        Column("printed", "原文", Sort.TEXT, 34, must=True),
        Column("corrected", "更正为", Sort.TEXT, 34, must=True),
        Column("why", "理由", Sort.TEXT, 50, must=True),
    ),
    technical=True,
)
EARLIER = Sheet(
    "旧版本",
    "不再下发、仍可受理的版本。",
    (
        Column("scheme", "方案编号", Sort.ID, 18, "不写为本方案。"),
        Column("version", "版本", Sort.TEXT, 10, must=True),
        Column("year", "年度", Sort.WHOLE, 8, "不写为本年度。"),
        Column("note", "说明文字", Sort.TEXT, 44),
        Column("renamed", "名称对照", Sort.PAIRS, 44, "旧名称=新名称，一行一个。"),
        Column("locked_digest", "锁定内容的摘要", Sort.TEXT, 40, "由程序算出。"),
    ),
    technical=True,
)
COLUMNS = Sheet(
    "版面",
    "自评表的各列，从左到右。",
    (
        Column(
            "shows",
            "显示什么",
            Sort.TEXT,
            20,
            "level1、points1、name、points、criteria、score、evidence 等，或附表的列编号。",
            must=True,
        ),
        Column("heading", "列标题", Sort.TEXT, 30, must=True),
        Column("width", "列宽", Sort.NUMBER, 8, "字符数。", must=True),
        Column("over", "上一层标题", Sort.TEXT, 20, "相邻几列相同的合并。"),
        Column("printed", "打印", Sort.FLAG, 8, "不写为“是”。"),
    ),
    technical=True,
)
BLOCKS = Sheet(
    "表头版面",
    "自评表的表头，从上到下。一块写一行“块”，它的项目、资金行各写一行。",
    (
        Column("block", "块号", Sort.WHOLE, 7, "第几块。", must=True, by_hand=True),
        Column(
            "part", "类别", Sort.CHOICE, 8, "", {"": "块", "facts": "项目", "rows": "资金行"}, must=True, by_hand=True
        ),
        Column("kind", "块的类型", Sort.CHOICE, 14, "", BLOCK_WORDS, by_hand=True),
        Column("text", "文字", Sort.TEXT, 30, "块的标题；项目、资金行的名称。", by_hand=True),
        Column("stamp", "自动填的", Sort.CHOICE, 12, "", STAMP_WORDS, by_hand=True),
        Column("fields", "录入项", Sort.IDS, 50, "编号，用顿号隔开。", by_hand=True),
        Column("columns", "资金表的列", Sort.TEXTS, 36, "用顿号隔开。", by_hand=True),
        Column("indicator", "得分的指标", Sort.ID, 18, by_hand=True),
    ),
    technical=True,
)
OTHER = Sheet(
    "其他",
    "工作表里写不下的内容，由程序写入，一般不用看。改了相应的格，这里的一行自动失效。",
    (
        Column("path", "位置", Sort.TEXT, 50, must=True, by_hand=True),
        Column("shown", "表中读作", Sort.TEXT, 40, by_hand=True),
        Column("value", "实际内容", Sort.TEXT, 70, by_hand=True),
    ),
    technical=True,
    numbered=False,
)
SHEETS = (
    *(BASIC, INDICATORS, LEVELS, FIELDS, RULES, GRADES, READINGS, CHANGES, TABLES, FIXED, NARRATIVE, GUIDE),
    *(CHECKS, CALENDAR, CORRECTIONS, EARLIER, COLUMNS, BLOCKS, OTHER),
)
"""All sheets in the order of the workbook; what an officer edits comes first."""
ALWAYS = frozenset(each.name for each in (*SHEETS[:9], NARRATIVE, GUIDE, CHECKS, CALENDAR))
"""The sheets that a workbook has even where they are empty."""
PLAIN: Mapping[str, Sheet] = {"grades": GRADES, "checks": CHECKS, "corrections": CORRECTIONS, "earlier": EARLIER}
"""The lists of the scheme file that are a sheet each, a table a row."""
KIND = "规则类型"
"""The parameter that says what kind of rule an indicator has."""


def kind_words() -> Mapping[str, str]:
    """What the rule kinds are called, by kind: in Chinese, or as in the scheme file where nobody gave them words."""
    return {kind.kind: kind.word for kind in KINDS.values()} | {kind: kind for kind in RULE_KINDS if kind not in KINDS}
