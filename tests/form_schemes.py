"""Small schemes of other forms than those that come with the package: levels, totals, decimals, tables as they may be."""

from __future__ import annotations

from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.model import Scheme

_TOP = """
id = "small-form"
version = "1.0"
year = 2024
title = "部门自评表"
unit_title = "单位自评表"
authority = "某某局"
source = "试验用"
note = "注"
legal_basis = []
"""
_CALENDAR = """
[calendar]
first = 2024-01-01
last = 2025-12-31
source = "试验用"
holidays = [2024-01-01]
worked = []
"""
_RULES = {
    "within": """
[[indicators.fields]]
id = "{code}_spent"
label = "实际支出"
type = "amount"
unit = "万元"
roll_up = "sum"
hint = "以万元填写。"

[[indicators.fields]]
id = "{code}_budget"
label = "预算"
type = "amount"
unit = "万元"
roll_up = "sum"
hint = "以万元填写。"

[indicators.rule]
kind = "within_limit"
actual = "{code}_spent"
budget = "{code}_budget"
""",
    "rate": """
[[indicators.fields]]
id = "{code}_done"
label = "完成数"
type = "count"
roll_up = "sum"
hint = "填数量。"

[[indicators.fields]]
id = "{code}_due"
label = "应完成数"
type = "count"
roll_up = "sum"
hint = "填数量。"

[indicators.rule]
kind = "proportion"
actual = "{code}_done"
reserved = "{code}_due"
ratio = "完成率"
""",
    "faults": """
[[indicators.fields]]
id = "{code}_faults"
label = "问题数"
type = "count"
roll_up = "sum"
hint = "填数量。"

[indicators.rule]
kind = "deductions"
items = [{{ field = "{code}_faults", each = 0.35 }}]
""",
}
_COLUMNS = {
    "name": 'label = "三级指标"\ntype = "text"\nmax_length = 100',
    "nature": 'label = "性质"\ntype = "choice"\noptions = ["≥", "≤", "=", "定性"]',
    "target": 'label = "目标值"\ntype = "number"\nlow = 0\nhigh = 10000000',
    "unit": 'label = "计量单位"\ntype = "text"\nmax_length = 20',
    "actual": 'label = "完成值"\ntype = "number"\nlow = 0\nhigh = 10000000',
    "weight": 'label = "权重"\ntype = "score"\nunit = "分"\nlow = 0\nhigh = 50',
    "tier": 'label = "档次"\ntype = "choice"\noptions = ["好", "中", "差"]',
    "judged_score": 'label = "评分"\ntype = "score"\nunit = "分"\nlow = 0\nhigh = 50',
    "deviation_reason": 'label = "偏差原因"\ntype = "text"',
}
PLAIN = ("name", "target", "actual", "weight")
JUDGED = tuple(_COLUMNS)
_JUDGED_RULE = """
judged = "定性"
tiers = [{ name = "好", ge = 0.8, le = 1 }, { name = "中", ge = 0.6, lt = 0.8 }, { name = "差", lt = 0.6 }]
"""


def table(id_: str, *columns: str, rows: int = 3, fixed: str = "") -> str:
    """The TOML of an annex table; ``fixed`` is the TOML of a list."""
    listed = "".join(
        f'\n[[tables.columns]]\nid = "{column}"\n{_COLUMNS[column]}\nhint = "照填。"\n' for column in columns
    )
    given = f"fixed = {fixed}\n" if fixed else ""
    return f'\n[[tables]]\nid = "{id_}"\ntitle = "{id_} 表"\nrows = {rows}\n{given}{listed}'


def row(code: str, path: str, points: str, rule: str, *, waivable: bool = False, more: str = "") -> str:
    """The TOML of an indicator; ``path`` are the levels above it, split by /; ``rule`` is one of those above, or the id
    of a table (with "*" behind it: one with judged rows)."""
    levels = "".join(f'level{number} = "{name}"\n' for number, name in enumerate(path.split("/"), start=1))
    judged = _JUDGED_RULE if rule.endswith("*") else ""
    own = f'\n[indicators.rule]\nkind = "annex_rows"\ntable = "{rule.rstrip("*")}"\n{judged}'
    said = _RULES[rule].format(code=code) if rule in _RULES else own
    return (
        f'\n[[indicators]]\ncode = "{code}"\n{levels}name = "{code} 项"\npoints = {points}\ninterpretation = "解释"\n'
        f'criteria = "标准"\nnot_applicable = {str(waivable).lower()}\n{more}{said}'
    )


def grades(*cuts: int) -> str:
    """Grades named 甲, 乙, 丙, … between ``cuts``, from the total down to 0."""
    named = zip("甲乙丙丁戊", cuts, cuts[1:], strict=False)
    return "".join(
        f'\n[[grades]]\nname = "{name}"\nlow = {low}\nhigh = {high}\ntext = "{low}分以上"\n'
        for name, high, low in named
    )


TWO_LEVELS = (
    _TOP
    + "total = 120\n[scoring]\nplaces = 1\n"
    + _CALENDAR
    + grades(120, 100, 70, 0)
    + '[[levels]]\nname = "过程"\npoints = 70.5\n[[levels]]\nname = "结果"\npoints = 49.5\n'
    + row("first", "过程", "40.5", "rate")
    + row("second", "过程", "30", "within", more="evidence = false\n")
    + row("third", "结果", "49.5", "faults")
)
"""Two levels, a total of 120, one decimal, other cuts; no head, no tables, no narrative."""

FOUR_LEVELS = (
    _TOP
    + '[scoring]\nnot_applicable = "excluded"\n'
    + _CALENDAR
    + grades(100, 85, 60, 0)
    + '[[levels]]\nname = "甲"\npoints = 60\nlevels = [\n'
    + '{ name = "甲一", points = 40, levels = [{ name = "甲一1", points = 15 }, { name = "甲一2", points = 25 }] },\n'
    + '{ name = "甲二", points = 20, levels = [{ name = "甲二1", points = 20 }] },\n]\n'
    + '[[levels]]\nname = "乙"\npoints = 40\n'
    + 'levels = [{ name = "乙一", points = 40, levels = [{ name = "乙一1", points = 40 }] }]\n'
    + table("goals", *JUDGED, fixed='[{ name = "学位", nature = "≥", target = 100, weight = 30 }]')
    + row("first", "甲/甲一/甲一1", "15", "rate", waivable=True)
    + row("second", "甲/甲一/甲一2", "25", "within", waivable=True)
    + row("third", "甲/甲二/甲二1", "20", "faults", waivable=True)
    + row("fourth", "乙/乙一/乙一1", "40", "goals*")
)
"""Four levels, rows that are 不适用 leave the total, a table whose first row is fixed."""

TABLES = (
    _TOP
    + '[scoring]\nplaces = 0\nnot_applicable = "excluded"\n'
    + _CALENDAR
    + grades(100, 90, 0)
    + '[[levels]]\nname = "产出"\npoints = 50\n[[levels]]\nname = "效益"\npoints = 30\n[[levels]]\nname = "过程"\npoints = 20\n'
    + table("made", *PLAIN, rows=2)
    + table("gained", *JUDGED, rows=2)
    + row("first", "产出", "50", "made")
    + row("second", "效益", "30", "gained*")
    + row("third", "过程", "20", "rate", waivable=True)
)
"""Several tables with other columns each, whole points, rows that leave the total."""

ALL = {"two-levels": TWO_LEVELS, "four-levels": FOUR_LEVELS, "tables": TABLES}


def loaded(text: str) -> Scheme:
    """The scheme of a text, which must be in order."""
    return load_scheme(text)
