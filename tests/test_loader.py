"""The loader: what it makes of a scheme file, and that it refuses, with file and key path, whatever cannot be right."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from perfeval_xl.errors import SchemeError
from perfeval_xl.scheme.loader import available_schemes, find_scheme, load_scheme

SMALL = """
id = "small"
version = "1"
year = 2024
title = "自评表"
unit_title = "单位自评表"
authority = "某局"
source = "某表"
note = "无"
legal_basis = ["某法"]
total = 10

[calendar]
first = 2024-01-01
last = 2024-12-31
source = "某通知"
holidays = [2024-05-01]
worked = [2024-04-28]

[[grades]]
name = "好"
low = 6
high = 10
text = "6分以上"

[[grades]]
name = "差"
low = 0
high = 6
text = "6分以下"

[[levels]]
name = "效能"
points = 10
levels = [{ name = "执行", points = 4 }, { name = "资产", points = 6 }]

[[head]]
id = "people"
label = "人数"
type = "count"
hint = "填人数。"

[[indicators]]
code = "spending"
level1 = "效能"
level2 = "执行"
name = "支出控制"
points = 4
interpretation = "解释"
criteria = "标准"

[[indicators.fields]]
id = "actual_wan"
label = "实际支出"
type = "amount"
unit = "万元"
hint = "以万元填写。"

[[indicators.fields]]
id = "budget_wan"
label = "预算"
type = "amount"
unit = "万元"
hint = "以万元填写。"

[indicators.rule]
kind = "overrun_steps"
actual = "actual_wan"
budget = "budget_wan"
step = 0.05
each = 1
steps = "whole"

[[indicators]]
code = "use_rate"
level1 = "效能"
level2 = "资产"
name = "利用率"
points = 6
interpretation = "解释"
criteria = "标准"

[[indicators.fields]]
id = "in_use"
label = "在用"
type = "count"
hint = "填数量。"

[[indicators.fields]]
id = "in_stock"
label = "总数"
type = "count"
hint = "填数量。"

[[indicators.fields]]
id = "counted_on"
label = "盘点日期"
type = "date"
hint = "填日期。"
when = { field = "in_stock", positive = true }

[indicators.rule]
kind = "ratio_bands"
ratio = "利用率"
numerator = ["in_use"]
denominator = ["in_stock"]
part_of_whole = true
bands = [{ ge = 0.9, score = 6 }, { ge = 0.6, lt = 0.9, score = 3 }, { lt = 0.6, score = 0 }]

[[checks]]
kind = "at_most"
whole = ["in_stock"]
parts = ["in_use"]

[[checks]]
kind = "not_before"
earlier = "counted_on"
later = "counted_on"
indicator = "use_rate"

[[readings]]
id = "steps"
indicators = ["spending"]
clause = "每增加5%"
why = "某理由"
source = "某出处"

[[readings.options]]
id = "whole"
text = "每满 5%"
changes = {}

[[readings.options]]
id = "started"
text = "不满也算"
[readings.options.changes.spending]
steps = "started"

[[readings]]
id = "sixty"
indicators = ["use_rate"]
clause = "60%"
why = "某理由"
source = "某出处"

[[readings.options]]
id = "in"
text = "含"
changes = {}

[[readings.options]]
id = "out"
text = "不含"
[readings.options.changes.use_rate]
bands = [{ ge = 0.9, score = 6 }, { gt = 0.6, lt = 0.9, score = 3 }, { le = 0.6, score = 0 }]

[[corrections]]
where = "某处"
printed = "甲"
corrected = "乙"
why = "误"
"""


def problems_of(text: str, choices: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(SchemeError) as caught:
        load_scheme(text, choices)
    return caught.value.problems


def changed(*edits: tuple[str, str]) -> str:
    """The small scheme with each text replaced, once and surely."""
    text = SMALL
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_small_scheme_is_sound() -> None:
    scheme = load_scheme(SMALL)
    assert (scheme.id, scheme.year, scheme.points) == ("small", 2024, 10)
    assert scheme.grade_for(Decimal("5.99")) == "差"


def test_weekends_are_closed_but_for_worked_ones_and_holidays_are_added() -> None:
    closed = load_scheme(SMALL).closed_days
    assert date(2024, 4, 27) in closed and date(2024, 4, 28) not in closed
    assert date(2024, 5, 1) in closed and date(2024, 5, 2) not in closed
    assert len(closed) == 104 - 1 + 1


def test_fields_take_their_bounds_and_period_from_the_form_where_they_say_none() -> None:
    fields = load_scheme(SMALL).fields
    assert (fields["counted_on"].low, fields["counted_on"].high) == (date(2024, 1, 1), date(2024, 12, 31))
    assert (fields["actual_wan"].low, fields["actual_wan"].high) == (Decimal(0), None)
    assert (fields["actual_wan"].period, fields["counted_on"].period) == ("2024年度", "")


# One line a refusal: what is changed in the small scheme, and the whole problem or its beginning (file and key path).
REFUSED: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "unknown key at the top": ((('id = "small"', 'id = "small"\nyaer = 1'),), "scheme.toml: yaer: 不认识这一项"),
    "unknown key in a field": (
        (('label = "人数"', 'label = "人数"\nlable = ""'),),
        "scheme.toml: head[0].lable: 不认识这一项",
    ),
    "unknown key in an indicator": (
        (('code = "use_rate"', 'code = "use_rate"\npoint = 1'),),
        "scheme.toml: indicators[1].point: 不认识这一项",
    ),
    "unknown key in a rule": (
        (('steps = "whole"', 'steps = "whole"\nfloor = 0'),),
        "scheme.toml: indicators[0].rule.floor: 不认识这一项",
    ),
    "unknown key in a band": (
        (("{ ge = 0.9, score = 6 }", "{ ge = 0.9, score = 6, note = 1 }"),),
        "scheme.toml: indicators[1].rule.bands[0].note: 不认识这一项",
    ),
    "unknown key in the calendar": (
        (("holidays = ", "workdays = []\nholidays = "),),
        "scheme.toml: calendar.workdays: 不认识这一项",
    ),
    "unknown key in a condition": (
        (("positive = true", "positive = true, above = 1"),),
        "scheme.toml: indicators[1].fields[2].when.above: 不认识这一项",
    ),
    "missing key": ((('title = "自评表"', ""),), "scheme.toml: title: 缺少此项"),
    "wrong type": (
        (("points = 4\ninter", 'points = "4"\ninter'),),
        "scheme.toml: indicators[0].points: 应为数字，现为 '4'",
    ),
    "a number that is none": ((("step = 0.05", "step = nan"),), "scheme.toml: indicators[0].rule.step: 应为数字"),
    "a limit beyond what whole numbers bear": (
        (('label = "实际支出"', 'label = "实际支出"\nhigh = 2000001'),),
        "scheme.toml: indicators[0].fields[0].high: 上限 2000001 过大：这类数最大 2000000",
    ),
    "field id twice": (
        (('id = "in_stock"', 'id = "in_use"'),),
        "scheme.toml: indicators[1].fields[1].id: 字段 'in_use' 重复，已用于 indicators[1].fields[0]",
    ),
    "field id of another level twice": (
        (('id = "in_use"', 'id = "people"'),),
        "scheme.toml: indicators[1].fields[0].id: 字段 'people' 重复，已用于 head[0]",
    ),
    "indicator code twice": (
        (('code = "use_rate"', 'code = "spending"'),),
        "scheme.toml: indicators[1].code: 指标 'spending' 重复，已用于 indicators[0]",
    ),
    "reading id twice": (
        (('id = "sixty"', 'id = "steps"'),),
        "scheme.toml: readings[1].id: 口径 'steps' 重复，已用于 readings[0]",
    ),
    "option id twice": (
        (('id = "started"', 'id = "whole"'),),
        "scheme.toml: readings[0].options[1].id: 'whole' 重复",
    ),
    "field id that meets a derived one": (
        (('id = "people"', 'id = "spending_self_score"'),),
        "scheme.toml: head[0].id: 字段 'spending_self_score' 与自动生成的名称相同",
    ),
    "field id that looks like a cell": (
        (('id = "people"', 'id = "ab12"'),),
        "scheme.toml: head[0].id: 字段 'ab12' 应由小写字母、数字和下划线组成",
    ),
    "field id with capitals": (
        (('id = "people"', 'id = "People"'),),
        "scheme.toml: head[0].id: 字段 'People' 应由小写字母、数字和下划线组成",
    ),
    "rows that do not add up to the second level": (
        (
            ("points = 6\ninter", "points = 5.5\ninter"),
            ("score = 6 }", "score = 5.5 }"),
            ("score = 6 }", "score = 5.5 }"),
        ),
        "scheme.toml: levels[0].levels[1].points: 资产 6 分，所属各行合计 5.5 分",
    ),
    "second level without rows": (
        (('{ name = "资产", points = 6 }', '{ name = "资产", points = 6 }, { name = "空", points = 1 }'),),
        "scheme.toml: levels[0].levels[2].points: 空 1 分，所属各行合计 0 分",
    ),
    "second level that does not add up to the first": (
        (("points = 10\nlevels", "points = 9\nlevels"),),
        "scheme.toml: levels[0].points: 效能 9 分，所属二级指标合计 10 分",
    ),
    "first level that does not add up to the total": (
        (("total = 10", "total = 11"),),
        "scheme.toml: levels: 总分 11 分，各一级指标合计 10 分",
    ),
    "total of 100 unless told": ((("total = 10\n", ""),), "scheme.toml: levels: 总分 100 分，各一级指标合计 10 分"),
    "unknown second level": (
        (('level2 = "资产"', 'level2 = "资本"'),),
        "scheme.toml: indicators[1].level2: 没有“效能”之下的二级指标“资本”",
    ),
    "rows out of order": (
        (
            (
                '{ name = "执行", points = 4 }, { name = "资产", points = 6 }',
                '{ name = "资产", points = 6 }, { name = "执行", points = 4 }',
            ),
        ),
        "scheme.toml: indicators[1].level2: 各行应按一、二级指标的顺序排列",
    ),
    "gap between grades": (
        (("low = 0\nhigh = 6", "low = 0\nhigh = 5"),),
        "scheme.toml: grades[1].high: 上限应为 6，现为 5",
    ),
    "overlapping grades": (
        (("low = 0\nhigh = 6", "low = 0\nhigh = 7"),),
        "scheme.toml: grades[1].high: 上限应为 6，现为 7",
    ),
    "grades that end above 0": (
        (("low = 0\nhigh = 6", "low = 1\nhigh = 6"),),
        "scheme.toml: grades: 最低的等级应从 0 分开始，现从 1 分开始",
    ),
    "grade upside down": (
        (("low = 6\nhigh = 10", "low = 10\nhigh = 10"),),
        "scheme.toml: grades[0].low: 下限 10 应小于上限 10",
    ),
    "gap between bands": (
        (("{ lt = 0.6, score = 0 }", "{ lt = 0.5, score = 0 }"),),
        "scheme.toml: indicators[1].rule.bands[1]: 与前一段之间有空档",
    ),
    "one point that no band holds": (
        (("{ ge = 0.6, lt = 0.9, score = 3 }", "{ gt = 0.6, lt = 0.9, score = 3 }"),),
        "scheme.toml: indicators[1].rule.bands[1]: 与前一段之间有空档（在 0.6 处）",
    ),
    "overlapping bands": (
        (("{ lt = 0.6, score = 0 }", "{ le = 0.6, score = 0 }"),),
        "scheme.toml: indicators[1].rule.bands[1]: 与前一段重叠（在 0.6 处）",
    ),
    "gap between bands of another reading": (
        (("{ le = 0.6, score = 0 }", "{ lt = 0.6, score = 0 }"),),
        "scheme.toml: readings[1].options[1].changes.use_rate.bands[1]: 与前一段之间有空档（在 0.6 处）",
    ),
    "unknown parameter in a reading": (
        (('steps = "started"', 'stage = "started"'),),
        "scheme.toml: readings[0].options[1].changes.spending.stage: 不认识这一项",
    ),
    "reading that changes the kind": (
        (('steps = "started"', 'kind = "within_limit"'),),
        "scheme.toml: readings[0].options[1].changes.spending.kind: 口径只能改参数",
    ),
    "reading that changes a row not its own": (
        (('indicators = ["spending"]', 'indicators = ["use_rate"]'),),
        "scheme.toml: readings[0].options[1].changes.spending: 不在本口径的 indicators 之中",
    ),
    "two readings that change one parameter": (
        (
            ('indicators = ["use_rate"]', 'indicators = ["use_rate", "spending"]'),
            ('text = "不含"\n', 'text = "不含"\nchanges.spending.steps = "linear"\n'),
        ),
        "scheme.toml: readings[1].options: spending 的参数 steps 已由口径 'steps' 改动",
    ),
    "reading of an unknown row": (
        (('indicators = ["spending"]', 'indicators = ["spending", "saving"]'),),
        "scheme.toml: readings[0].indicators[1]: 没有指标 'saving'",
    ),
    "reading with one option only": (
        (
            (
                '[[readings.options]]\nid = "started"\ntext = "不满也算"\n'
                '[readings.options.changes.spending]\nsteps = "started"\n',
                "",
            ),
        ),
        "scheme.toml: readings[0].options: 只有一种口径时不写 options",
    ),
    "unknown field in a rule": (
        (('budget = "budget_wan"', 'budget = "bugdet_wan"'),),
        "scheme.toml: indicators[0].rule.budget: 没有字段 'bugdet_wan'",
    ),
    "unknown field in a list of a rule": (
        (('numerator = ["in_use"]', 'numerator = ["used"]'),),
        "scheme.toml: indicators[1].rule.numerator[0]: 没有字段 'used'",
    ),
    "unknown field in a check": (
        (('parts = ["in_use"]', 'parts = ["used"]'),),
        "scheme.toml: checks[0].parts[0]: 没有字段 'used'",
    ),
    "unknown whole in a check": (
        (('whole = ["in_stock"]', 'whole = ["stock"]'),),
        "scheme.toml: checks[0].whole[0]: 没有字段 'stock'",
    ),
    "unknown row in a check": (
        (('indicator = "use_rate"', 'indicator = "using"'),),
        "scheme.toml: checks[1].indicator: 没有指标 'using'",
    ),
    "check of unlike units": (
        (('parts = ["in_use"]', 'parts = ["actual_wan"]'),),
        "scheme.toml: checks[0].parts[0]: 单位（万元）与 'in_stock' 的单位（）不同",
    ),
    "check of a date's size": (
        (('parts = ["in_use"]', 'parts = ["counted_on"]'),),
        "scheme.toml: checks[0].parts[0]: 字段 'counted_on' 应为数值",
    ),
    "check of a number's day": (
        (('later = "counted_on"', 'later = "in_use"'),),
        "scheme.toml: checks[1].later: 字段 'in_use' 应为日期",
    ),
    "check without parts": (
        (('parts = ["in_use"]', "parts = []"),),
        "scheme.toml: checks[0].parts: 至少要有一个字段",
    ),
    "order of more than two dates": (
        (('later = "counted_on"', 'later = ["counted_on", "counted_on"]'),),
        "scheme.toml: checks[1].later: 应为文字，现为 ['counted_on', 'counted_on']",
    ),
    "unknown kind of check": (
        (('kind = "at_most"', 'kind = "at_least"'),),
        "scheme.toml: checks[0].kind: 只能是 sum、at_most、not_before、window、annual_against_months、magnitude、not_a_rate 之一",
    ),
    "unknown field in a condition": (
        (('field = "in_stock", positive', 'field = "stock", positive'),),
        "scheme.toml: indicators[1].fields[2].when.field: 没有字段 'stock'",
    ),
    "condition that never holds": (
        (("positive = true", 'equals = "是"'),),
        "scheme.toml: indicators[1].fields[2].when.equals: 字段 'in_stock' 不会填 '是'",
    ),
    "condition on the size of a date": (
        (('field = "in_stock", positive', 'field = "counted_on", positive'),),
        "scheme.toml: indicators[1].fields[2].when.positive: 字段 'counted_on' 不是数值",
    ),
    "condition that asks nothing": (
        ((", positive = true", ""),),
        "scheme.toml: indicators[1].fields[2].when.equals: equals 与 positive 应写且只写一个",
    ),
    "field that nothing uses": (
        (
            (
                'kind = "not_before"\nearlier = "counted_on"\nlater = "counted_on"',
                'kind = "at_most"\nwhole = ["in_stock"]\nparts = ["in_use"]',
            ),
        ),
        "scheme.toml: indicators[1].fields[2]: 没有评分规则或勾稽关系用到字段 'counted_on'",
    ),
    "table that nothing uses": (
        (
            (
                "[[checks]]",
                '[[tables]]\nid = "annex"\ntitle = "附表"\nrows = 3\n[[tables.columns]]\nid = "name"\nlabel = "名称"\n'
                'type = "text"\nhint = "填名称。"\n\n[[checks]]',
            ),
        ),
        "scheme.toml: tables[0]: 没有评分规则用到附表 'annex'",
    ),
    "table column twice": (
        (
            (
                "[[checks]]",
                '[[tables]]\nid = "annex"\ntitle = "附表"\nrows = 3\ncolumns = ['
                '{ id = "name", label = "甲", type = "text", hint = "填。" }, '
                '{ id = "name", label = "乙", type = "text", hint = "填。" }]\n\n[[checks]]',
            ),
        ),
        "scheme.toml: tables[0].columns[1].id: 列 'name' 重复",
    ),
    "condition on a whole column": (
        (
            (
                "[[checks]]",
                '[[tables]]\nid = "annex"\ntitle = "附表"\nrows = 3\ncolumns = [{ id = "name", label = "甲", '
                'type = "text", hint = "填。", when = { field = "in_stock", positive = true } }]\n\n[[checks]]',
            ),
        ),
        "scheme.toml: tables[0].columns[0].when: 不认识这一项",
    ),
    "dates of a column beyond the calendar": (
        (
            (
                "[[checks]]",
                '[[tables]]\nid = "annex"\ntitle = "附表"\nrows = 3\ncolumns = [{ id = "on", label = "甲", '
                'type = "date", hint = "填。", low = 2023-12-31 }]\n\n[[checks]]',
            ),
        ),
        "scheme.toml: tables[0].columns[0].low: 2023-12-31 不在日历",
    ),
    "table without rows": (
        (("[[checks]]", '[[tables]]\nid = "annex"\ntitle = "附表"\nrows = 0\ncolumns = []\n\n[[checks]]'),),
        "scheme.toml: tables[0].rows: 应为 1 至 99，现为 0",
    ),
    "unknown kind of rule": (
        (('kind = "overrun_steps"', 'kind = "overrun"'),),
        "scheme.toml: indicators[0].rule.kind: 只能是 ",
    ),
    "unknown type of field": (
        (('type = "date"', 'type = "day"'),),
        "scheme.toml: indicators[1].fields[2].type: 只能是 ",
    ),
    "unknown roll-up": (
        (('label = "人数"', 'label = "人数"\nroll_up = "mean"'),),
        "scheme.toml: head[0].roll_up: 只能是 own、sum、all、any、roster、returned 之一",
    ),
    "a date rolled up": (
        (('type = "date"', 'type = "date"\nroll_up = "sum"'),),
        "scheme.toml: indicators[1].fields[2].roll_up: sum 只能用于 count、amount、number 类型的字段，本字段是 date",
    ),
    "a count rolled up as yes or no": (
        (('label = "人数"', 'label = "人数"\nroll_up = "all"'),),
        "scheme.toml: head[0].roll_up: all 只能用于 yesno 类型的字段，本字段是 count",
    ),
    "choice without options": (
        (('type = "count"\nhint = "填人数。"', 'type = "choice"\nhint = "选。"'),),
        "scheme.toml: head[0].options: 选项（choice）须列出 options",
    ),
    "never on a number": (
        (('label = "人数"', 'label = "人数"\nnever = "无"'),),
        "scheme.toml: head[0].never: 只有日期（date）可以写 never",
    ),
    "money without a unit": (
        (('label = "预算"\ntype = "amount"\nunit = "万元"', 'label = "预算"\ntype = "amount"'),),
        "scheme.toml: indicators[0].fields[1].unit: 金额（amount）须写明单位",
    ),
    "a number issued with a word": (
        (('label = "人数"', 'label = "人数"\nissued = "一"'),),
        "scheme.toml: head[0].issued: 应为数字，现为 '一'",
    ),
    "issued with what it does not take": (
        (('type = "count"\nhint = "填人数。"', 'type = "yesno"\nissued = "有"\nhint = "选。"'),),
        "scheme.toml: head[0].issued: 应为 是、否 之一，现为 '有'",
    ),
    "bounds upside down": (
        (('label = "人数"', 'label = "人数"\nlow = 2\nhigh = 1'),),
        "scheme.toml: head[0].high: 上限 1 小于下限 2",
    ),
    "dates beyond the calendar": (
        (('label = "盘点日期"', 'label = "盘点日期"\nhigh = 2025-01-01'),),
        "scheme.toml: indicators[1].fields[2].high: 2025-01-01 不在日历 2024-01-01 至 2024-12-31 之间",
    ),
    "not applicable without a number": (
        (
            (
                'kind = "ratio_bands"\nratio = "利用率"\nnumerator = ["in_use"]\n'
                'denominator = ["in_stock"]\npart_of_whole = true\n'
                "bands = [{ ge = 0.9, score = 6 }, { ge = 0.6, lt = 0.9, score = 3 }, { lt = 0.6, score = 0 }]",
                'kind = "checks"\nparts = [{ label = "甲", share = 1, test = "yes", fields = ["in_use", "in_stock"] }]',
            ),
            ('code = "use_rate"', 'code = "use_rate"\nnot_applicable = true'),
            ('id = "in_use"\nlabel = "在用"\ntype = "count"', 'id = "in_use"\nlabel = "在用"\ntype = "yesno"'),
            ('id = "in_stock"\nlabel = "总数"\ntype = "count"', 'id = "in_stock"\nlabel = "总数"\ntype = "yesno"'),
        ),
        "scheme.toml: indicators[1].not_applicable: 没有数值填报项的行不能选不适用",
    ),
    "shares that do not add up": (
        (
            (
                'kind = "overrun_steps"\nactual = "actual_wan"\nbudget = "budget_wan"\n'
                'step = 0.05\neach = 1\nsteps = "whole"',
                'kind = "checks"\nparts = [{ label = "甲", share = 0.5, test = "yes", fields = ["actual_wan"] }, '
                '{ label = "乙", share = 0.4, test = "yes", fields = ["budget_wan"] }]',
            ),
        ),
        "scheme.toml: indicators[0].rule.parts: ",
    ),
    "holiday on a weekend": (
        (("holidays = [2024-05-01]", "holidays = [2024-05-04]"),),
        "scheme.toml: calendar.holidays[0]: 2024-05-04 是周末",
    ),
    "worked day that is none": (
        (("worked = [2024-04-28]", "worked = [2024-04-29]"),),
        "scheme.toml: calendar.worked[0]: 2024-04-29 不是周末",
    ),
    "holiday outside the calendar": (
        (("holidays = [2024-05-01]", "holidays = [2024-05-01, 2025-05-01]"),),
        "scheme.toml: calendar.holidays[1]: 2025-05-01 不在 2024-01-01 至 2024-12-31 之间",
    ),
    "holiday twice": (
        (("holidays = [2024-05-01]", "holidays = [2024-05-01, 2024-05-01]"),),
        "scheme.toml: calendar.holidays[1]: 2024-05-01 重复",
    ),
    "calendar of a thousand years": (
        (("last = 2024-12-31", "last = 3024-12-31"),),
        "scheme.toml: calendar.last: 应在 first（2024-01-01）之后，且不超过十年",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str) -> None:
    edits, expected = REFUSED[case]
    found = problems_of(changed(*edits))
    assert any(problem.startswith(expected) for problem in found), "\n".join(found)


def test_tells_all_problems_at_once_and_each_once() -> None:
    text = changed(('title = "自评表"', ""), ('type = "date"', 'type = "day"'), ("total = 10", "total = 11"))
    found = problems_of(text)
    for path in ("title", "indicators[1].fields[2].type", "levels"):
        assert sum(problem.startswith(f"scheme.toml: {path}: ") for problem in found) == 1


@pytest.mark.parametrize("value", ["", "1", '"x"', "[]", "{}", "2024-02-30", "inf"])
def test_whatever_is_left_out_or_mistyped_is_refused_in_order(value: str) -> None:
    """Any line lost, or any value replaced by one of another kind: a scheme or a SchemeError, and nothing else."""
    refused = 0
    for number, line in enumerate(SMALL.splitlines()):
        lines = SMALL.splitlines()
        key, equals, _ = line.partition(" = ")
        lines[number] = f"{key} = {value}" if equals and value else ""
        try:
            assert load_scheme("\n".join(lines)).points == 10
        except SchemeError as error:
            refused += 1
            assert error.problems
            assert all(problem.startswith("scheme.toml: ") for problem in error.problems)
    assert refused > 30


def test_a_wrong_rule_is_not_told_again_for_every_reading() -> None:
    found = problems_of(changed(('budget = "budget_wan"', 'budget = "bugdet_wan"')))
    assert not any("readings" in problem for problem in found)


def test_toml_that_is_none_names_file_and_line(tmp_path: Path) -> None:
    broken = tmp_path / "mine.toml"
    broken.write_text("id = \n", encoding="utf-8")
    with pytest.raises(SchemeError, match=r"^mine\.toml: TOML 写法有误：.*line 1"):
        load_scheme(broken)


def test_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    saved = tmp_path / "scheme.toml"
    saved.write_bytes('title = "自评表"'.encode("gb18030"))
    with pytest.raises(SchemeError, match=r"^scheme\.toml: 不是 UTF-8"):
        load_scheme(saved)


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match="读不了这个文件"):
        load_scheme(tmp_path)


def test_choices_put_another_reading_in_force() -> None:
    default, other = load_scheme(SMALL), load_scheme(SMALL, {"steps": "started"})
    assert (default.readings[0].chosen, default.readings[0].text) == ("whole", "每满 5%")
    assert (other.readings[0].chosen, other.readings[0].text) == ("started", "不满也算")
    assert other.indicator["spending"].rule == default.indicator["spending"].alternatives[0].rule
    assert other.indicator["spending"].alternatives[0].rule == default.indicator["spending"].rule
    assert other.indicator["use_rate"] == default.indicator["use_rate"]


def test_an_alternative_changes_one_reading_and_keeps_the_others_chosen() -> None:
    scheme = load_scheme(SMALL, {"steps": "started"})
    (alternative,) = scheme.indicator["use_rate"].alternatives
    assert (alternative.reading.id, alternative.option.id) == ("sixty", "out")
    (back,) = scheme.indicator["spending"].alternatives
    assert back.option.id == "whole"


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({"step": "started"}, "scheme.toml: readings: 没有可选的口径 'step'（可选：steps、sixty）"),
        ({"steps": "half"}, "scheme.toml: readings: 口径 'steps' 没有 'half' 这一项（可选：whole、started）"),
    ],
)
def test_unknown_choices_are_refused(choices: dict[str, str], expected: str) -> None:
    assert problems_of(SMALL, choices) == (expected,)


def test_digest_depends_on_content_and_readings_only() -> None:
    digest = load_scheme(SMALL).digest
    assert len(digest) == 64
    assert load_scheme("# a remark\n" + changed(("step = 0.05", "step   =   0.050"))).digest == digest
    assert load_scheme(changed(('version = "1"\nyear = 2024', 'year = 2024\nversion = "1"'))).digest == digest
    assert load_scheme(SMALL, {"steps": "whole"}).digest == digest
    assert load_scheme(SMALL, {"steps": "started"}).digest != digest
    assert load_scheme(changed(("step = 0.05", "step = 0.06"))).digest != digest
    assert load_scheme(changed(("填人数。", "填人 数。"))).digest != digest


def test_find_scheme_takes_a_name_a_file_and_a_folder(tmp_path: Path) -> None:
    own = tmp_path / "ours/scheme.toml"
    own.parent.mkdir()
    own.write_text(SMALL, encoding="utf-8")
    assert find_scheme("huadu-2024").parts[-3:] == ("templates", "huadu-2024", "scheme.toml")
    assert find_scheme(own) == own
    assert find_scheme(own.parent) == own
    assert find_scheme("ours", tmp_path) == own
    assert find_scheme("ours/scheme.toml", tmp_path) == own
    assert load_scheme(find_scheme("ours", tmp_path)).id == "small"


def test_find_scheme_names_what_there_is(tmp_path: Path) -> None:
    assert "huadu-2024" in available_schemes()
    with pytest.raises(SchemeError, match=r"找不到方案 'nowhere'.*huadu-2024"):
        find_scheme("nowhere", tmp_path)
