"""Findings: what is wrong with a return, as values. One table holds every code, its severity and its words.

A message says what was found, what was expected and what to do; the place stands in ``cell`` and is printed in front.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from perfeval_xl.cells import Cell


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def label(self) -> str:
        return {"error": "错误", "warning": "提醒", "info": "说明"}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a return. ``expected`` and ``actual`` are texts ready to print, or None."""

    code: str
    severity: Severity
    message: str
    cell: Cell | None = None
    indicator: str | None = None
    expected: str | None = None
    actual: str | None = None

    def __str__(self) -> str:
        return f"{self.cell} {self.message}" if self.cell else self.message


@dataclass(frozen=True, slots=True)
class Kind:
    """What all findings of one code share. ``meaning`` is the line in the documentation's list of codes."""

    severity: Severity
    template: str
    meaning: str


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

KINDS: dict[str, Kind] = {
    # the file
    "unreadable": Kind(
        _E, "这个文件打不开：{why}。请在 WPS 或 Excel 中打开后另存为 .xlsx，再交一次。", "文件损坏或不完整"
    ),
    "empty-file": Kind(_E, "文件是空的（0 字节）。请重新保存并再交一次。", "空文件"),
    "too-large": Kind(
        _E,
        "这个文件没有读取：{why}。请删去多余的图片、工作表和空行空列，或用下发的表格重新填写后再交。",
        "文件过大，或内部结构会耗尽内存",
    ),
    "reader-stopped": Kind(
        _E,
        "读取这个文件时{why}，已停止，其他文件不受影响。请在 WPS 或 Excel 中打开后另存为 .xlsx，再交一次。",
        "读取超时、超内存或读取程序中断",
    ),
    "internal-error": Kind(
        _E,
        "读取这个文件时程序出错（{why}），其他文件不受影响。文件仍在原处，请把这条提示报告给维护人员。",
        "程序自身的错误",
    ),
    "encrypted": Kind(
        _E,
        "文件已加密，{why}。请去掉密码后另存再交。",
        "文件加密，没有密码或密码不对",
    ),
    "opened-with-password": Kind(_I, "文件设有打开密码，已用登记的密码打开。", "加密的文件用登记的密码打开了"),
    "et-file": Kind(_E, "这是 WPS 表格的 .et 文件，读不了。请在 WPS 中另存为 .xlsx 再交。", "WPS 的 .et 文件"),
    "not-a-workbook": Kind(
        _E, "这是{what}，不是填报的工作簿。请交下发的 .xlsx 表格。", "PDF、图片、Word、网页、文本等，不是工作簿"
    ),
    "archive-refused": Kind(
        _E, "压缩包没有打开：{why}。请把里面的表格解压出来，直接交 .xlsx 文件。", "不能打开的压缩包"
    ),
    "parcel-leftovers": Kind(_I, "压缩包里还有没有读取的文件：{actual}。", "压缩包里另有不是表格的文件"),
    "other-format": Kind(
        _W,
        "文件是 {actual} 格式，已读取数据，但不能在其中批注。请在 WPS 或 Excel 中另存为 .xlsx，再交一次。",
        "以 .xls、.xlsb、.ods 交回",
    ),
    "macros": Kind(_W, "文件中带有宏（{where}），没有运行。请核对来源；下发的表格不含宏。", "文件带宏"),
    "external-links": Kind(
        _W,
        "文件引用了别的文件（{what}），没有打开这些文件。请把引用来的数改为直接填写的数。",
        "文件引用外部文件或数据连接",
    ),
    "embedded-objects": Kind(_W, "文件中嵌有对象或控件（{what}），没有打开。请核对是否必要。", "嵌入的对象或控件"),
    # who, and which form
    "not-our-form": Kind(_E, "这不是本次下发的自评表：{why}。请用下发的表格填报。", "工作簿不是下发的表"),
    "wrong-scheme": Kind(
        _E,
        "表格的版本是 {actual}，本次使用 {expected}。请用本次下发的表格重新填报。",
        "往年或其他方案的表格",
    ),
    "older-version": Kind(
        _W,
        "表格是较早的版本 {actual}（现用 {expected}），已按方案中的对照表读取{also}。",
        "方案声明可读的较早版本",
    ),
    "unit-unknown": Kind(_E, "单位代码 {actual} 不在单位名册中。请核对表格是否发错，或补充名册。", "单位不在名册中"),
    "duplicate-return": Kind(
        _W,
        "同一单位交了 {count} 份：采用 {actual}，未采用 {others}。请核对是否为最终稿。",
        "同一单位交了多份",
    ),
    "identical-return": Kind(_I, "与 {others} 内容完全相同，按一份处理。", "同一份文件交了多次"),
    "same-answers": Kind(
        _W,
        "填报数据与 {others} 完全相同。请核对是否抄用了别的单位的表格。",
        "不同单位的填报数据完全相同",
    ),
    "file-name-other-unit": Kind(
        _W,
        "文件名写的是 {actual}，而表格属于 {expected}。请核对是否发错了文件。",
        "文件名与表中的单位不一致",
    ),
    "sender-other-unit": Kind(
        _W,
        "这份表属于 {expected}，却是从 {actual} 的邮箱发来的。请核对是否由该单位代发，或发错了表。",
        "发件邮箱是名册中另一单位的",
    ),
    "unit-code-edited": Kind(
        _E,
        "表上的单位代码是 {actual}，而这份表是下发给 {expected} 的。请核对是否用了别的单位的表格；单位代码不能改动。",
        "单位代码与封签（或隐藏的标识）不一致",
    ),
    "identity-partly-lost": Kind(
        _W,
        "表中的部分标识已丢失，单位和版本按{where}认定。请核对。",
        "文件属性或名称丢失，按余下的标识认定",
    ),
    "seal-missing": Kind(_E, "表格没有封签，不能确认是本次下发的表格。请核对来源；如有疑问，请重新下发。", "封签缺失"),
    "seal-copies-differ": Kind(
        _E, "表中几处封签不一致，按多数认定为 {actual}。请核对是否由几份表格拼成。", "几处封签不一致"
    ),
    "seal-other-round": Kind(
        _E, "封签不是本次自评任务签发的。请核对是否用了别的任务或往年的表格。", "封签属于别的任务"
    ),
    "seal-broken": Kind(_E, "封签校验不符，可能被改动过。请用本次下发的表格重新填报，或核对单位和年度。", "封签被改动"),
    "issued-under-other-readings": Kind(
        _I,
        "表格按方案原来的口径下发，现按本次任务选定的口径重算；表中自动算出的得分可能与此不同。",
        "下发之后改定了口径",
    ),
    "seal-not-checked": Kind(_I, "未在自评任务的文件夹中核分，封签没有核验。", "离开任务文件夹核分时封签不核验"),
    "not-recalculated": Kind(
        _I,
        "表格由不计算公式的程序保存，没有留下计算结果：{count} 项自评分按表中公式重算。"
        "请在 WPS 或 Excel 中打开并保存一次，表上才会显示总分和等级。",
        "保存时没有留下公式的结果，自评分按公式重算",
    ),
    "reissued": Kind(
        _I,
        "{why}，复核结果写在重新生成的表上：填报内容已照样带入，原表中另加的图片、批注等不在其中。原件没有改动。",
        "不能在原表中批注，改写在带有填报内容的新表上",
    ),
    "not-annotated": Kind(_W, "复核结果没有写出来：{why}。请处理后再运行一次。", "没有写出批注后的副本"),
    # compared with what was issued
    "label-changed": Kind(
        _W, "锁定的内容被改动：原为“{expected}”，现为“{actual}”。核分不受影响，请恢复原样。", "锁定的文字、分值被改动"
    ),
    "formula-changed": Kind(
        _W,
        "锁定的公式被改动：原为 ={expected}，现为 {actual}。表上显示的得分不可信，以重算为准。",
        "锁定的公式被改动或被数值代替",
    ),
    "issued-data-changed": Kind(
        _W, "下发时填好的内容被改动：原为“{expected}”，现为“{actual}”。请核对。", "下发时填好的单位名称、日期等被改动"
    ),
    "prefill-changed": Kind(
        _I, "{label}下发时预填“{expected}”，单位改为“{actual}”。", "预填的（可以改的）内容被单位改动"
    ),
    "stray-content": Kind(_I, "表格以外的单元格中填有内容（{what}），没有读取。", "在表格以外的单元格中填了内容"),
    "review-filled": Kind(_I, "区局复核一栏已有内容（{what}），没有采用，复核时重写。", "复核区中已有内容"),
    "sheet-missing": Kind(_E, "缺少工作表“{expected}”，其中的内容读不到。请用下发的表格重新填写。", "缺少工作表"),
    "sheet-renamed": Kind(_I, "工作表“{expected}”改名为“{actual}”，已照读。", "工作表改名"),
    "sheet-added": Kind(_I, "多出工作表“{actual}”，没有读取。", "多出工作表"),
    "rows-inserted": Kind(_I, "插入了 {count} 行（第 {actual} 行），其余内容已照读。", "插入了行"),
    "rows-deleted": Kind(_W, "删去了 {count} 行（原第 {actual} 行）。请用下发的表格重新填写。", "删去了行"),
    "rows-moved": Kind(
        _E,
        "行的次序被打乱（原第 {expected} 行现在第 {actual} 行），已按行首的文字对应读取。请核对，或用下发的表格重新填写。",
        "行被排序或移动",
    ),
    "columns-inserted": Kind(_I, "插入了 {count} 列（{actual} 列），其余内容已照读。", "插入了列"),
    "columns-deleted": Kind(_W, "删去了 {count} 列（原 {actual} 列）。请用下发的表格重新填写。", "删去了列"),
    "columns-moved": Kind(
        _E,
        "列的次序被打乱（原 {expected} 列现在 {actual} 列），已按列中的文字对应读取。请核对，或用下发的表格重新填写。",
        "列被移动",
    ),
    "rows-hidden": Kind(_I, "第 {actual} 行被隐藏，内容已照读。", "隐藏了行"),
    "columns-hidden": Kind(_I, "{actual} 列被隐藏，内容已照读。", "隐藏了列"),
    "protection-removed": Kind(_I, "工作表“{actual}”的保护已被撤销。", "工作表保护被撤销"),
    "validations-removed": Kind(_I, "工作表“{actual}”的下拉选项和填写检查已丢失。", "数据有效性丢失"),
    "names-lost": Kind(_W, "表中 {count} 个单元格名称已丢失，按单元格旁的文字找到填报内容。请核对。", "单元格名称丢失"),
    "comments-added": Kind(_I, "单元格带有批注（{what}），没有读取。", "单元格带批注"),
    # one cell
    "missing": Kind(_E, "{label}未填。请填写{advice}。", "必填项未填"),
    "text-missing": Kind(_W, "{label}未填。请填写。", "必填的文字未填"),
    "number-as-text": Kind(
        _I, "{label}以文本形式填写（“{actual}”），已按 {expected} 读取。", "数字以文本形式填写，已读出"
    ),
    "unit-converted": Kind(
        _W, "{label}填的是“{actual}”，已换算为 {expected}（{why}）。请核对。", "数字带了单位，已换算"
    ),
    "percent-read": Kind(_I, "{label}填的是“{actual}”，读作 {expected}。", "百分比以文本形式填写，已读出"),
    "percent-as-fraction": Kind(
        _W,
        "{label}填的是“{actual}”，单元格不是百分比格式，读作 {expected}。请核对。",
        "小数填在非百分比格式的单元格中，按比例读取",
    ),
    "percent-ambiguous": Kind(
        _E,
        "{label}为“{actual}”，分不清是 {expected}。请填成带百分号的数（如 98.25%）。",
        "百分比有歧义，不猜",
    ),
    "date-read": Kind(_I, "{label}填的是“{actual}”，读作 {expected}。", "日期以其他写法填写，已读出"),
    "date-ambiguous": Kind(
        _E, "{label}为“{actual}”，分不清是哪一天（{why}）。请填成 2024-03-15 的形式。", "日期有歧义，不猜"
    ),
    "choice-read": Kind(_I, "{label}填的是“{actual}”，读作“{expected}”。", "选项以其他说法填写，已读出"),
    "word-as-zero": Kind(_W, "{label}填的是“{actual}”，读作 0。请核对；确实没有的请填 0。", "填“无”的数字按 0 读取"),
    "placeholder": Kind(
        _E,
        "{label}填的是“{actual}”，看不出是没有、不适用还是漏填。请填写{advice}。",
        "以“/”“—”等代替数值",
    ),
    "formula-in-input": Kind(
        _W, "{label}填的是公式 {actual}，按其结果 {expected} 读取。请改为直接填写的内容。", "填报单元格中是公式"
    ),
    "formula-not-calculated": Kind(
        _E,
        "{label}填的是公式 {actual}，文件中没有它的结果。请在 WPS 或 Excel 中打开并保存，或直接填写。",
        "填报单元格中的公式没有结果",
    ),
    "external-value": Kind(
        _E,
        "{label}取自别的文件（{actual}），没有采用。请直接填写。",
        "填报单元格引用外部文件",
    ),
    "picture-in-cell": Kind(_E, "{label}中是图片，读不出内容。请删去图片，直接填写。", "单元格中是图片（DISPIMG）"),
    "control-characters": Kind(_I, "{label}中有看不见的控制字符，已去掉。", "文字中有控制字符"),
    "cell-lost": Kind(_E, "{label}的单元格已被删除，读不到。请用下发的表格重新填写。", "填报单元格被删"),
    "not-a-number": Kind(
        _E, "{label}应填数字{unit}，现为“{actual}”。请只填数字，不写单位和说明。", "应填数字而填了别的"
    ),
    "not-a-date": Kind(_E, "{label}应填日期（如 2024-03-15），现为“{actual}”。请改为日期。", "应填日期而填了别的"),
    "not-a-choice": Kind(_E, "{label}只能选填 {expected}，现为“{actual}”。请从下拉列表中选择。", "不在可选项之内"),
    "out-of-range": Kind(_E, "{label}应为 {expected}，现为 {actual}。请核对后更正。", "数值或日期超出允许范围"),
    "text-too-long": Kind(_W, "{label}有 {actual} 字，最多 {expected} 字。请精简。", "文字过长"),
    "error-value": Kind(_E, "{label}显示为错误值 {actual}。请清除该单元格后重新填写。", "单元格是 #REF! 一类的错误值"),
    # one indicator
    "score-differs": Kind(
        _E,
        "{name}：自评 {actual} 分，按评分标准重算 {expected} 分（{basis}）。请核对数据，或说明理由。",
        "自评分与重算分不一致",
    ),
    "self-score-missing": Kind(_W, "{name}：自评分未填，按评分标准重算为 {expected} 分。", "自评分未填"),
    "self-score-over-points": Kind(_E, "{name}：自评 {actual} 分，超过分值 {expected} 分。请更正。", "自评分超过分值"),
    "needs-review": Kind(_W, "{name}：需要人工核定（{why}）。", "须由人核定的项目"),
    "not-applicable-with-data": Kind(
        _W,
        "{name}：选了“不适用”，但填有 {actual}。请核对：确实不适用的清空数据，否则改选“适用”。",
        "选不适用却填有数据",
    ),
    "not-applicable-scored": Kind(
        _W,
        "{name}：选了“不适用”，不计入总分，自评却填有 {actual} 分。请清空自评分，或改选“适用”。",
        "不适用却填有自评分",
    ),
    "not-applicable-no-reason": Kind(_W, "{name}：选了“不适用”，请在评分依据一栏说明理由。", "不适用未说明理由"),
    "evidence-missing": Kind(_W, "评分依据、未达标原因、改进措施一栏未填。请填写。", "评分依据未填"),
    "part-exceeds-whole": Kind(_E, "{part} {actual} 大于{whole} {expected}。请核对两项数据。", "部分大于总数"),
    "zero-base": Kind(_E, "{base}为 0，而{part}为 {actual}，无法计算。请核对两项数据。", "分母为 0 而分子不为 0"),
    "annual-rate-used": Kind(
        _W,
        "{name}：评分标准要求按各月通报执行率的平均值计算，现只有年度执行率 {actual}，暂按年度执行率计 {expected} 分。请补填各月通报数。",
        "以年度执行率代替月度平均",
    ),
    "annual-rate-beside-months": Kind(
        _W,
        "{name}：填有各月通报执行率（平均 {expected}），又选了年度执行率（{actual}）。评分标准要求按月度平均计算，请核对。",
        "已有月度数仍选年度执行率",
    ),
    "over-fulfilled": Kind(
        _W,
        "{name}：完成率 {actual}，超过 {expected} 只得一半分。请说明目标值是否偏低，并填写偏差原因。",
        "完成率超过上限，只得一半分",
    ),
    "deviation-reason-missing": Kind(
        _W, "{name}：得分 {actual} 低于{label} {expected}，偏差原因未填。请补充。", "某行扣分未写偏差原因"
    ),
    "weights-off": Kind(
        _E, "{name}：各行{label}合计 {actual}，应为 {expected}。请调整{label}。", "各行合计不等于指标的分值"
    ),
    "row-incomplete": Kind(_E, "第 {row} 行“{name}”缺{actual}。请补全或清空整行。", "某行没有填全"),
    "zero-target": Kind(
        _E, "第 {row} 行“{name}”目标值为 0，无法计算完成率。请核对年初目标值或指标性质。", "某行目标值为 0"
    ),
    "judged-out-of-band": Kind(
        _E,
        "第 {row} 行“{name}”评为“{tier}”，得分应在 {expected}之间，现为 {actual}。请调整档次或得分。",
        "定性得分不在所选档次的区间内",
    ),
    "deduction-no-reason": Kind(_E, "{name}：酌情扣分（或得分）须写明理由。请补充。", "酌情扣分未写理由"),
    # rulings.xlsx
    "ruled": Kind(_I, "{name}：区局裁定{actual}。", "区局已裁定"),
    "ruling-incomplete": Kind(_E, "{who}：{actual}没有填，裁定没有采用。请补填。", "裁定没有填全"),
    "ruling-formula": Kind(
        _E, "{who}：{what}填的是公式 {actual}，裁定没有采用。请直接填写。", "裁定表的填写格中是公式"
    ),
    "ruling-impossible": Kind(_E, "{who}：裁定选了“{actual}”，但{why}，没有采用。请另定分。", "裁定无从计分"),
    "ruling-score-differs": Kind(
        _E,
        "{who}：裁定选了“{decision}”（{expected} 分），裁定得分却填了 {actual} 分，没有采用。请改成一致，或清空裁定得分。",
        "裁定与裁定得分不一致",
    ),
    "ruling-unknown": Kind(_E, "“{actual}”：{what}，这一行裁定没有采用。请核对。", "裁定的单位或指标不在本次任务中"),
    "ruling-duplicate": Kind(_E, "{who}：有 {count} 行都填了裁定，都没有采用。请只留一行。", "同一项有几行裁定"),
    "ruling-stale": Kind(
        _W,
        "{who}：裁定之后数据有变（现自评 {actual}，重算 {expected}），原裁定没有采用。"
        "请核对后重新裁定；仍按原裁定的，改填裁定日期即可。",
        "裁定之后单位的数据有变",
    ),
    "ruling-lapsed": Kind(_I, "{who}：裁定之后数据有变，已不需要裁定，原裁定没有采用。", "原裁定不再需要"),
    "ruling-deleted": Kind(
        _W, "{who}：裁定记录中有“{actual}”，裁定表中已删去，没有采用。请重新裁定。", "采用过的裁定被删去"
    ),
    "ruling-no-return": Kind(_I, "{who}：单位没有可用的报表，裁定暂不采用。", "有裁定而没有报表"),
    "rulings-column-renamed": Kind(
        _W, "列名“{expected}”改成了“{actual}”，已按原来的位置读取。请改回列名。", "裁定表的列名被改动"
    ),
    "rulings-not-written": Kind(
        _W, "裁定表没有更新：{why}。已填的裁定照常采用；请处理后再运行一次。", "裁定表没有写成"
    ),
    # across cells
    "sum-differs": Kind(_W, "{label}为 {actual}，各分项合计为 {expected}。请核对。", "合计与分项不符"),
    "not-before": Kind(_E, "{label}（{actual}）早于{other}（{expected}）。请核对日期。", "日期先后颠倒"),
    "date-outside-window": Kind(
        _W, "{label}为 {actual}，一般应在 {expected} 之间。请核对年份和日期。", "日期不在通常的时间范围内"
    ),
    "annual-rate-off-months": Kind(
        _W,
        "{count} 个月通报执行率平均 {expected}，按全年支出和预算计算为 {actual}，相差 {gap} 个百分点。请核对各月通报数和全年金额。",
        "年度执行率与各月通报数相差过大",
    ),
    "magnitude-off": Kind(
        _W,
        "{label} {actual}，{other} {expected}，两项相差悬殊，可能是元和万元填混了。请核对两项的单位。",
        "两项金额相差悬殊，疑为元与万元混淆",
    ),
    "amount-like-rate": Kind(
        _W,
        "{label}为 {actual}，而{other}为 {expected}，看起来像是比率。此处请填金额。",
        "应填金额处疑似填了比率",
    ),
    "evidence-unit-slip": Kind(
        _W,
        "{name}：评分依据写的是“{actual}”，填报数据是 {expected}。请核对单位是元还是万元。",
        "文字中的金额单位与数据不一致",
    ),
    "evidence-rate-differs": Kind(
        _W,
        "{name}：评分依据写的是“{actual}”，按填报数据计算为 {expected}。请更正文字或数据。",
        "文字中的百分比与计算结果不一致",
    ),
    "evidence-amount-differs": Kind(
        _W,
        "{name}：评分依据写的是“{actual}”，填报的{label}为 {expected}。请更正文字或数据。",
        "文字中的金额、数量与填报数据不一致",
    ),
}


def finding(
    code: str,
    *,
    cell: Cell | None = None,
    indicator: str | None = None,
    expected: str | None = None,
    actual: str | None = None,
    **words: str,
) -> Finding:
    """A finding of ``code``, its message filled from ``expected``, ``actual`` and ``words``. KeyError for an unknown code."""
    kind = KINDS[code]
    message = kind.template.format(expected=expected, actual=actual, **words)
    return Finding(code, kind.severity, message, cell, indicator, expected, actual)


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings with the same code and words, and all their cells."""

    first: Finding
    cells: tuple[Cell, ...]

    def __str__(self) -> str:
        return f"{places(self.cells)} {self.first.message}" if self.cells else self.first.message


def grouped(findings: Iterable[Finding]) -> list[FindingGroup]:
    """Equal messages once, with their cells together, in the order of first appearance."""
    groups: dict[tuple[str, str], tuple[Finding, list[Cell]]] = {}
    for each in findings:
        _, cells = groups.setdefault((each.code, each.message), (each, []))
        if each.cell is not None and each.cell not in cells:
            cells.append(each.cell)
    return [FindingGroup(first, tuple(cells)) for first, cells in groups.values()]


def places(cells: Iterable[Cell]) -> str:
    """Cells as a clerk reads them, the sheet named once: 基础数据!D5、D7；自评表!I12."""
    by_sheet: dict[str, list[str]] = {}
    for cell in cells:
        by_sheet.setdefault(cell.sheet, []).append(cell.ref)
    return "；".join(f"{sheet}!{'、'.join(refs)}" for sheet, refs in by_sheet.items())
