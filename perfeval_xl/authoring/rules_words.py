"""What the rule kinds and their parameters are called in an authoring workbook.

A kind or a parameter that isn't listed here goes by the name that it has in the scheme file, so a new rule kind can be
authored at once; an entry here gives it a Chinese name, a unit and a word of explanation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Sort(StrEnum):
    """What a value is, and so how its cell is written and read."""

    TEXT = "text"  # free text, as it stands
    ID = "id"  # the code or id of something
    IDS = "ids"  # several of them
    TEXTS = "texts"  # several texts
    NUMBER = "number"
    WHOLE = "whole"
    POINTS = "points"
    PERCENT = "percent"  # a fraction, shown as a percentage
    FLAG = "flag"  # 是, 否
    CHOICE = "choice"  # one of some words
    DAY = "day"
    ANY = "any"  # whatever stands there: text, number or date
    PAIRS = "pairs"  # old = new, one a line


@dataclass(frozen=True)
class Parameter:
    """One parameter: its key in the scheme file, its Chinese name, what it is, and a word of explanation.

    ``words`` are the Chinese words of a choice, by value.
    """

    key: str
    word: str
    sort: Sort
    note: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bands:
    """A parameter that is a list of bands: each with its ends (``sort``: percent or number) and what it yields."""

    key: str
    word: str
    sort: Sort
    value: str  # the key of what a band yields
    yields: Sort
    value_word: str
    note: str = ""


@dataclass(frozen=True)
class Parts:
    """A parameter that is a list of things with parameters of their own, told apart by ``name`` (a key)."""

    key: str
    word: str
    name: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Kind:
    """A rule kind: its Chinese name, a line on what it does, and its parameters in the order of the sheet."""

    kind: str
    word: str
    note: str
    parameters: tuple[Parameter | Bands | Parts, ...]

    @cached_property
    def simple(self) -> Mapping[str, Parameter]:
        """The plain parameters by key."""
        return {each.key: each for each in self.parameters if isinstance(each, Parameter)}

    @cached_property
    def bands(self) -> Mapping[str, Bands]:
        """The lists of bands by key."""
        return {each.key: each for each in self.parameters if isinstance(each, Bands)}

    @cached_property
    def parts(self) -> Mapping[str, Parts]:
        """The lists of parts by key."""
        return {each.key: each for each in self.parameters if isinstance(each, Parts)}


_SHARE = (
    Parameter("share", "占比", Sort.PERCENT, "占本指标分值的百分比；与“分值”只写一个。"),
    Parameter("points", "分值", Sort.POINTS, "本部分的分值；与“占比”只写一个。"),
)
_RATIO = Parameter("ratio", "比率名称", Sort.TEXT, "比率叫什么，写在评分依据里。")


def _choice(key: str, word: str, note: str = "", **words: str) -> Parameter:
    return Parameter(key, word, Sort.CHOICE, note, words)


_TEST = _choice(
    "test",
    "核对方式",
    "这一部分怎样才得分。",
    yes="全部为“是”",
    zero="全部为 0",
    covered="应做的都做到",
    by_date="按期完成",
    deduct="逾期扣分",
    yes_if="有此事项时须为“是”",
)

_KINDS = (
    Kind(
        "ratio_bands",
        "比率分档",
        "分子合计 ÷ 分母合计，落在哪一档得哪一档的分。最高一档的得分应等于指标的分值。",
        (
            _RATIO,
            Parameter("numerator", "分子", Sort.IDS, "录入项编号，几项的写在一起，相加。"),
            Parameter("denominator", "分母", Sort.IDS, "录入项编号，几项的写在一起，相加。"),
            Parameter("part_of_whole", "分子是分母的一部分", Sort.FLAG, "选“是”的，分子大于分母时提示核对。"),
            Bands(
                "bands",
                "分档",
                Sort.PERCENT,
                "score",
                Sort.POINTS,
                "得分",
                "各档应首尾相接；最低一档从 0 起，最高一档不写“到”。",
            ),
        ),
    ),
    Kind(
        "deductions",
        "按项扣分",
        "满分减去各项扣分，扣完为止。",
        (
            Parts(
                "items",
                "扣分项",
                "field",
                (
                    Parameter("field", "录入项", Sort.ID, "按什么扣分：计数的填报项，或是/否的填报项。"),
                    Parameter("each", "每项扣", Sort.POINTS, "填报项是个数的：每 1 项扣几分。"),
                    Parameter("when", "填什么时扣", Sort.FLAG, "填报项是“是/否”的：填“是”扣还是填“否”扣。"),
                    Parameter("off", "扣", Sort.POINTS, "填报项是“是/否”的：扣几分。"),
                ),
            ),
        ),
    ),
    Kind(
        "checks",
        "分项核对",
        "分成几部分，各自核对、各自得分，相加。各部分的分值（或占比）合计应等于指标的分值。",
        (
            Parts(
                "parts",
                "部分",
                "label",
                (
                    *_SHARE,
                    _TEST,
                    Parameter("fields", "录入项（可几项）", Sort.IDS, "全部为“是”、全部为 0 的：核对哪些填报项。"),
                    Parameter("due", "应做", Sort.ID, "应做的都做到：应做数；按期完成：期限的日期。"),
                    Parameter("done", "已做", Sort.ID, "应做的都做到：已做数；按期完成：完成的日期。"),
                    _choice(
                        "partial",
                        "没有全做到时",
                        "应做的都做到：没有全做到的怎么给分。",
                        none="不得分",
                        proportional="按比例",
                    ),
                    Parameter("received", "收到次数", Sort.ID, "逾期扣分：总次数。"),
                    Parameter("late", "逾期次数", Sort.ID, "逾期扣分：其中逾期的次数。"),
                    Parameter("each", "每次扣", Sort.POINTS, "逾期扣分：每次扣几分（按下面的满分算）。"),
                    Parameter("of", "扣分的满分", Sort.POINTS, "逾期扣分：先按这个满分扣，再折成本部分的分值。"),
                    Parameter("when", "有无此事项", Sort.ID, "有此事项时须为“是”：先问有没有的填报项。"),
                    Parameter("field", "录入项", Sort.ID, "有此事项时须为“是”：核对的填报项。"),
                ),
            ),
        ),
    ),
    Kind(
        "proportion",
        "按比例得分",
        "实际数 ÷ 应有数 × 分值。",
        (
            _RATIO,
            Parameter("actual", "实际数", Sort.ID, "录入项编号。"),
            Parameter("reserved", "应有数", Sort.ID, "录入项编号。"),
            _choice("cap", "超过 100% 时", "", points="按分值计", none="照数值计"),
        ),
    ),
    Kind(
        "overrun_steps",
        "超支扣分",
        "（实际数 − 预算数）÷ 预算数：不超支得满分，超支的每一级扣分。",
        (
            Parameter("actual", "实际数", Sort.ID, "录入项编号。"),
            Parameter("budget", "预算数", Sort.ID, "录入项编号。"),
            Parameter("step", "每级多大", Sort.PERCENT, "超支多少算一级。"),
            Parameter("each", "每级扣", Sort.POINTS, "每一级扣几分。"),
            _choice("steps", "不满一级的", "", whole="不扣", started="按一级扣", linear="按比例扣"),
        ),
    ),
    Kind(
        "within_limit",
        "不超限额",
        "实际数不大于预算数得满分，否则不得分。",
        (
            Parameter("actual", "实际数", Sort.ID, "录入项编号。"),
            Parameter("budget", "预算数", Sort.ID, "录入项编号。"),
        ),
    ),
    Kind(
        "shortfall",
        "少做扣分",
        "每少做 1 项扣分，扣完为止；每项扣几分看应做多少项。",
        (
            Parameter("due", "应做", Sort.ID, "应做数的录入项编号。"),
            Parameter("done", "已做", Sort.ID, "已做数的录入项编号。"),
            _choice("all_missing", "一项未做的", "", literal="仍按项扣", zero="不得分"),
            Bands(
                "steps",
                "扣分档",
                Sort.NUMBER,
                "each",
                Sort.POINTS,
                "每项扣",
                "按应做数分档；最低一档从 0 起，最高一档不写“到”。",
            ),
        ),
    ),
    Kind(
        "publication",
        "公开及时",
        "批复后若干日内公开的得分，检查没有发现问题的得分，各占一半。",
        (
            Parameter("classified", "是否涉密", Sort.ID, "录入项编号；填“是”的不适用。"),
            Parameter("days", "期限（日）", Sort.WHOLE, "批复后多少日内公开，批复当日不算。"),
            Parameter("rolls", "遇休假日顺延", Sort.FLAG),
            _choice("unpublished", "有一项未公开的", "", row="整行不得分", half="只该项不得分"),
            Parts(
                "parts",
                "公开事项",
                "label",
                (
                    *_SHARE,
                    Parameter("approved", "批复日期", Sort.ID, "录入项编号。"),
                    Parameter("published", "公开日期", Sort.ID, "录入项编号；该填报项须写明“未发生时填”的词。"),
                    Parameter("problem", "检查发现问题", Sort.ID, "录入项编号（是/否）。"),
                ),
            ),
        ),
    ),
    Kind(
        "mean_rate",
        "平均执行率",
        "各月通报执行率的平均数 × 分值；只有全年数的按全年执行率。",
        (
            Parameter("months", "各月执行率", Sort.IDS, "录入项编号，逐月写在一起。"),
            Parameter("basis", "计算方式", Sort.ID, "选择按月还是按年的录入项编号。"),
            Parameter("monthly", "按月的选项", Sort.TEXT, "“计算方式”的两个选项之一。"),
            Parameter("annual", "按年的选项", Sort.TEXT, "“计算方式”的两个选项之一。"),
            Parameter("spent", "全年支出数", Sort.ID, "录入项编号。"),
            Parameter("budget", "全年预算数", Sort.ID, "录入项编号。"),
            Parameter("cap", "执行率最高", Sort.PERCENT, "超过的按此计；不写为 100%。"),
            _choice("without_months", "没有月度数的", "", annual="暂按全年执行率", missing="视为未填"),
        ),
    ),
    Kind(
        "annex_rows",
        "附表逐行计分",
        "附表每一行按完成率（目标值、实际值）或按定性档次得分，相加。",
        (
            Parameter("table", "附表", Sort.ID, "附表编号。"),
            Parameter("gate", "先决条件", Sort.ID, "录入项编号（是/否）；填“否”的不得分。"),
            Parameter("floor", "及格线", Sort.PERCENT, "完成率不到此数的不得分。"),
            Parameter("floor_scores", "正好在及格线的计分", Sort.FLAG),
            Parameter(
                "ceiling", "超额线", Sort.PERCENT, "完成率超过此数的，按“超额的得分”；不写为不论超多少都得满分。"
            ),
            _choice("over", "超额的得分", "", half_weight="权重的一半", half_rate="完成率的一半"),
            _choice("reverse", "反向指标的完成率", "", two_minus="2 − 实际÷目标", target_over_actual="目标÷实际"),
            Parameter("judged", "定性的写法", Sort.TEXT, "“指标性质”一列里表示定性的词。"),
            Bands(
                "tiers",
                "定性档次",
                Sort.PERCENT,
                "name",
                Sort.TEXT,
                "档次名称",
                "得分占权重的百分比；各档应首尾相接，从 0 到 100%。",
            ),
        ),
    ),
    Kind(
        "discretionary_deduction",
        "酌情扣分",
        "各部分有的得分，再减去填报人酌情扣的分（须写理由）。",
        (
            Parameter("deduction", "酌情扣分", Sort.ID, "录入项编号（分数）。"),
            Parameter("reason", "扣分理由", Sort.ID, "录入项编号（文字）。"),
            Parts(
                "parts",
                "部分",
                "label",
                (
                    *_SHARE,
                    Parameter("exists", "是否具备", Sort.ID, "录入项编号（是/否）。"),
                    Parameter("aspects", "覆盖几个方面", Sort.ID, "录入项编号（个数），可不写。"),
                    Parameter("full", "共几个方面", Sort.NUMBER, "写了上一项的，写明全部是几个。"),
                ),
            ),
        ),
    ),
    Kind(
        "discretionary_score",
        "酌情给分",
        "符合的得满分；不符合的由填报人酌情给分（须写理由）。",
        (
            Parameter("full_if", "符合得满分", Sort.ID, "录入项编号（是/否）。"),
            Parameter("score", "酌情得分", Sort.ID, "录入项编号（分数）。"),
            Parameter("reason", "扣分理由", Sort.ID, "录入项编号（文字）。"),
        ),
    ),
)
KINDS: Mapping[str, Kind] = {kind.kind: kind for kind in _KINDS}
"""What is known of the rule kinds, by the name of the kind."""


def kind_named(kind: str) -> Kind:
    """The rule kind called ``kind``; one that isn't listed goes by that name and has no parameters of a known name."""
    return KINDS.get(kind, Kind(kind, kind, "", ()))
