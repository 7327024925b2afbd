"""What the loader finds wrong with a scheme, said for whoever edits the workbook: at its cell, in the workbook's words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.gather import Gathered
from perfeval_xl.authoring.gather_rules import parameter_word
from perfeval_xl.authoring.reading import ReadSheet
from perfeval_xl.authoring.rules_words import kind_named
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.authoring.words import BASICS, ROLL_UP_WORDS, TYPE_WORDS
from perfeval_xl.cells import Cell, from_ref

_PATH = re.compile(r"(?:[a-z_]+(?:\[\d+\])?\.)*[a-z_0-9]+\[\d+\](?:\.[a-z_0-9]+(?:\[\d+\])?)*")
_QUOTED = re.compile(r"'([^']*)'")
_MISSING = re.compile(r"缺少此项（应为\s*(.+?)）\Z")
_UNKNOWN_KEY = re.compile(r"不认识这一项（可用：(.*)）\Z")
_TYPE_WORDS = re.compile(r"是 (" + "|".join(sorted(TYPE_WORDS)) + r")\b")
_ROLLED_UP = re.compile(r"(\w+) 只能用于 (\S+) 类型的字段，本字段")
_NEIGHBOURS = re.compile("一段|等级之间")
_FILE = "scheme.toml: "

_PHRASES: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"(?:^|(?<=：))字段 ", "录入项 "),
        (r"没有字段 (\S+)", r"没有编号为 \1 的录入项。请到“录入项”补上，或改正编号"),
        (r"没有附表 (\S+)", r"没有编号为 \1 的附表。请到“附表”补上，或改正编号"),
        (r"没有指标 (\S+)", r"没有编码为 \1 的指标。请改正编码，或到“指标”补上"),
        (
            r"没有评分规则或勾稽关系用到字段 (\S+)",
            r"没有评分规则用到录入项 \1。请在“评分规则”（或“勾稽”）里用上，不用的删去这一行",
        ),
        (r"没有评分规则用到附表 (\S+)", r"没有评分规则用到附表 \1。请给它配一条“附表逐行计分”的规则，不用的删去"),
        (r"share（占比）和 points（分值）须写且只能写一个", "“占比”和“分值”须写且只能写一个"),
        (r"须写明不小于 0 的下限 low：负数无法计分", "须在“录入项”的“最小”一列写明不小于 0 的数：负数无法计分"),
        (r"须写明 never（未公开时填的词）", "须在“录入项”的“未发生时填”一列写明词语，如“未公开”"),
        (r"不能有 never：这里总要有日期", "不能写“未发生时填”：这里总要有日期"),
        (r"选项（choice）须列出 options，其他类型不能列", "类型为“选项”的须写“选项”一列，其他类型不能写"),
        (r"只有日期（date）可以写 never", "只有类型为“日期”的可以写“未发生时填”"),
        (r"金额（amount）须写明单位：万元或元", "金额须写明计量单位：万元或元"),
        (r"equals 与 positive 应写且只写一个", "“…填了此词时填”与“…大于0时填”须写且只写一个"),
        (r"只有一种口径时不写 options，直接写 text", "只有一种口径时不写选项，理解直接写在口径自己的一行"),
        (r"不在本口径的 indicators 之中", "这个指标不在本口径的“适用指标”之中"),
        (r"(ge|gt|le|lt) 与 (ge|gt|le|lt) 只能写一个", "同一端写了两个界限"),
        (r"与前一段重叠（在 ([\d.]+) 处）", r"与前一档重叠（在 \1 处）。请改“从”“到”，或改含不含界限，使各档首尾相接"),
        (r"最低一段应从 0（含）开始，现从 ([\d.]+) 开始", r"最低一档应从 0 开始（“从”不写），现从 \1 开始"),
        (r"最高一段不应有上限，现为 ([\d.]+)", r"最高一档的“到”应不写，现为 \1"),
        (r"最高一段应到 1（含）为止", "最高一档应到 100%（含）为止"),
        (r"这一段是空的", "这一档里没有任何数"),
        (r"至少要有一段", "至少要有一档"),
        (r"最低一段", "最低一档"),
        (r"前一段", "前一档"),
        (r"所属各行合计", "“指标”中所属各行合计"),
        (r"应在 first（", "应在“日历从”（"),
        (r"不早于 first（", "不早于“期间从”（"),
        (r"indicators 之中", "“适用指标”之中"),
        (r"locked_digest", "摘要"),
        (r"\bTrue\b", "是"),
        (r"\bFalse\b", "否"),
    )
)
_ADVICE: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"分，.*合计 .* 分$", "请改分值，使两者相等"),
        (r"^最高一档 .* 分，应等于分值", "请改最高一档的得分，或“指标”中的分值"),
        (r"^各部分合计 .* 分，应为", "请改各部分的占比或分值，或“指标”中的分值"),
        (r"^各行应按.*级指标的顺序排列", "请改“序号”，使它与“分级”的先后一致"),
        (r"^没有.*级指标“", "请与“分级”中的名称写成一样，或到“分级”补上"),
        (r"重复", "编号不能相同，请改一个"),
        (r"应由小写字母、数字和下划线组成", "如 staff_total"),
    )
)


def add_problems(
    problems: Sequence[str], gathered: Gathered, sheets: Mapping[str, ReadSheet], troubles: Troubles
) -> None:
    """Note each of the loader's problems (``scheme.toml: key path: what is wrong``) at the cell that it is about.

    What only follows from a cell or a column that could not be read, which is noted already, is left out.
    """
    unread = {each.cell for each in troubles.errors if each.cell is not None}
    halved = {sheet.name for sheet in sheets.values() if sheet.lacking}
    rows = gathered.raw.get("indicators", [])
    unsure = frozenset(
        f"indicators[{number}]" for number, each in enumerate(rows) if "points" not in each or "code" not in each
    )
    untyped = _untyped(gathered, unread)
    split = [problem.removeprefix(_FILE).partition(": ") for problem in problems]
    for path, _, what in sorted(split, key=lambda each: _MISSING.match(each[2]) is not None):
        cell, rest = _cell(_end(path, what, gathered.places), gathered.places)
        if cell is not None and (cell in unread or cell.sheet in halved):
            continue
        if _MISSING.match(what) and any(each.cell == cell for each in troubles.errors):
            continue  # the cell's own error says more
        if _follows(path, what, gathered, unread, unsure):
            continue
        if any(path.startswith(f"{where}.") or f"字段 {name!r} 应为" in what for where, name in untyped.items()):
            continue  # what follows from a type that couldn't be read
        troubles.error(cell, _message(path, rest, what, gathered))


def _end(path: str, what: str, places: Mapping[str, Cell]) -> str:
    """The key path of what is to be changed: of a band, its upper end where that is what is wrong."""
    ends = [f"{path}.{key}" for key in ("le", "lt")] if "最高一段" in what else []
    return next((end for end in ends if end in places), path)


def _follows(path: str, what: str, gathered: Gathered, unread: Collection[Cell], unsure: frozenset[str]) -> bool:
    """Whether a sum, a gap between neighbours or a missing indicator is only due to what couldn't be read. ``unsure``:
    the indicators without a code or points."""
    if "没有指标" in what:
        return bool(unsure)
    if path.startswith("indicators") and ("分值" in what or "各部分合计" in what):
        return path[: path.index("]") + 1] in unsure
    if "合计" in what:
        level = path.removesuffix(".points")
        below = {cell for place, cell in gathered.places.items() if place.startswith(f"{level}.")}
        return not below.isdisjoint(unread) or not unsure.isdisjoint(_rows_of(level, gathered))
    if _NEIGHBOURS.search(what):
        listed = path.rpartition("[")[0]
        rows = {_row(cell) for place, cell in gathered.places.items() if place.startswith(f"{listed}[")}
        return any(_row(cell) in rows for cell in unread)
    return False


def _rows_of(path: str, gathered: Gathered) -> list[str]:
    """The key paths of the indicators of the level at ``path``."""
    steps = [path[: found.end()] for found in re.finditer(r"\]", path)]
    names = {f"level{depth}": _at(gathered.raw, step).get("name") for depth, step in enumerate(steps, start=1)}
    return [
        f"indicators[{number}]"
        for number, each in enumerate(gathered.raw.get("indicators", []))
        if names.items() <= each.items()
    ]


def _row(cell: Cell) -> tuple[str, int]:
    return cell.sheet, from_ref(cell.ref)[0]


def _untyped(gathered: Gathered, settled: Collection[Cell | None]) -> dict[str, str]:
    """The fields whose type is wrong in the sheet: key path → id."""
    found = {}
    for path, cell in gathered.places.items():
        where, _, key = path.rpartition(".")
        if key == "type" and cell in settled:
            found[where] = str(_at(gathered.raw, where).get("id", ""))
    return found


def _at(raw: Any, path: str) -> Any:
    for key, number in re.findall(r"([a-z_0-9]+)|\[(\d+)\]", path):
        raw = raw[int(number)] if number else raw[key]
    return raw


def _cell(path: str, places: Mapping[str, Cell]) -> tuple[Cell | None, str]:
    """The cell of a key path, or of the nearest thing around it; and what is left of the path then."""
    found = path
    while found and found not in places:
        found = found[: max(found.rfind("."), found.rfind("["), 0)]
    return places.get(found), path[len(found) :].lstrip(".")


def _message(path: str, rest: str, what: str, gathered: Gathered) -> str:
    title = _title(path, gathered.raw)
    missing = _MISSING.match(what)
    if missing:
        return _lacking(path, rest, title)
    unknown = _UNKNOWN_KEY.match(what)
    if unknown:
        return f"“{title}”用不上。请删去；这里可以写的是：{_known(path, unknown[1], gathered.raw)}。"
    what = _ROLLED_UP.sub(_rolled_up, what)
    said = _PATH.sub(lambda found: str(_cell(found[0], gathered.places)[0] or found[0]), what)
    for pattern, text in _PHRASES:
        said = pattern.sub(text, said)
    said = _TYPE_WORDS.sub(lambda found: f"是“{TYPE_WORDS[found[1]]}”", said)
    said = re.sub(r" ?(“[^”]*”) ?", r"\1", _QUOTED.sub(r"“\1”", said))
    advice = next((text for pattern, text in _ADVICE if pattern.search(said)), "")
    if path.startswith(("checks", "readings")) and said.startswith(("没有编号为", "没有编码为")):
        said += "；已经取消的，从这里删去"
    end = "" if said.endswith("。") else "。"
    return f"{said}{end}{advice}{'。' if advice else ''}"


def _rolled_up(found: re.Match[str]) -> str:
    types = "、".join(TYPE_WORDS.get(each, each) for each in found[2].split("、"))
    return f"“{ROLL_UP_WORDS.get(found[1], found[1])}”只能用于类型为{types}的录入项，本项"


def _lacking(path: str, rest: str, title: str) -> str:
    if path.endswith(".rule") or path.endswith(".rule.kind"):
        return "没有评分规则。请在“评分规则”里写一行“规则类型”，再写它的参数。"
    if ".rule." in path or ".changes." in path:
        return f"评分规则缺少“{title}”。请{'添一行，参数写' if rest else '填写'}“{title}”。"
    return f"“{title}”没有填写。"


def _title(path: str, raw: Mapping[str, Any]) -> str:
    """What the end of a key path is called in the workbook."""
    key = re.sub(r"\[\d+\]", "", path.rpartition(".")[2])
    kind = _kind(path, raw)
    if kind is not None:
        return parameter_word(kind, key)
    for basic in BASICS:
        if basic.key == path:
            return basic.title
    sheet = _sheet(path)
    dotted = ".".join(path.split(".")[-2:])
    column = sheet.by_key.get(dotted) or sheet.by_key.get(key)
    return column.title if column is not None else key


def _sheet(path: str) -> catalogue.Sheet:
    top = path.split("[")[0].split(".")[0]
    if re.search(r"(^head|\.fields)\[\d+\]", path) and top != "narrative":
        return catalogue.FIELDS
    known = {"indicators": catalogue.INDICATORS, "levels": catalogue.LEVELS, "readings": catalogue.READINGS}
    known |= {"tables": catalogue.TABLES, "narrative": catalogue.NARRATIVE, "guide": catalogue.GUIDE}
    known |= {"form": catalogue.COLUMNS, "calendar": catalogue.CALENDAR, **catalogue.PLAIN}
    return known.get(top, catalogue.BASIC)


def _kind(path: str, raw: Mapping[str, Any]) -> str | None:
    """The rule kind that a key path is about; None where it is about no rule."""
    own = re.match(r"indicators\[(\d+)\]\.rule\.", path)
    if own:
        return str(raw["indicators"][int(own[1])].get("rule", {}).get("kind", ""))
    changed = re.match(r"readings\[\d+\]\.options\[\d+\]\.changes\.(\w+)", path)
    if changed:
        rules = [each.get("rule", {}) for each in raw["indicators"] if each.get("code") == changed[1]]
        return str(rules[0].get("kind", "")) if rules else ""
    return None


def _known(path: str, listed: str, raw: Mapping[str, Any]) -> str:
    kind = _kind(path, raw)
    words = [
        parameter_word(kind, key) if kind is not None else _title(f"{path.rpartition('.')[0]}.{key}", raw)
        for key in listed.split("、")
    ]
    if kind is not None:
        words = [word for word in words if word != "kind" and word != kind_named(kind).word]
    return "、".join(dict.fromkeys(words))
