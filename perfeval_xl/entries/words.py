"""Words that stand for a choice, for nothing, for zero; and error values."""

from __future__ import annotations

import re

from perfeval_xl.entries.entry import Entry, Reading
from perfeval_xl.entries.spelling import only_marks, plain
from perfeval_xl.mentions import SIGNS
from perfeval_xl.numbers import ZERO
from perfeval_xl.scheme.admit import ERROR_VALUES
from perfeval_xl.scheme.fields import APPLICABLE, NO, NOT_APPLICABLE, YES, Field, FieldType

_NOTHING = frozenset({"无", "没有", "零", "無"})
_NOT_APPLICABLE = frozenset({"N/A", "NA", "N.A", "不涉及", "不适用"})
_OPEN = frozenset({
    "待定", "待填", "待补", "待补充", "待核", "待核实", "暂无", "暂缺", "暂未", "无数据", "暂无数据", "未知", "不详", "不清楚",
    "空", "空白", "NULL", "NONE", "NIL", "TBD", "?", "??", "???",
})  # fmt: skip
_YES = frozenset({
    "是", "有", "对", "正确", "是的", "有的", "对的", "√", "✓", "✔", "☑", "✅", "V", "Y", "YES", "TRUE", "1",
})  # fmt: skip
_NO = frozenset({
    "否", "无", "無", "没", "没有", "不", "不是", "错", "不对", "零", "×", "✕", "✖", "✗", "✘", "☒", "❌", "X", "N", "NO",
    "FALSE", "0",
})  # fmt: skip
_DONE = frozenset({
    "完成", "建立", "开展", "进行", "制定", "制订", "设立", "建", "做", "出台", "印发", "落实", "执行", "实施", "健全", "建立健全",
})  # fmt: skip
_STATED = re.compile(
    r"(?:(?P<no>尚未|还未|暂未|未|还没有?|没有|没|无)|已经|均已|已|有)(?P<timely>及时|按时|按期)?(?P<what>[\u4e00-\u9fff]{1,8}?)了?"
)
_ASKED = re.compile(r".*(?:是否|有无)已?(?P<timely>及时|按时|按期)?")
_OF_WRONGS = re.compile("问题|违|投诉|退回|涉密")  # where 已落实 says nothing of what is asked

_MEANINGS = {
    **SIGNS,
    "⩾": "≥", "⪰": "≥", "≮": "≥", "≥=": "≥", "〉=": "≥", "⩽": "≤", "≯": "≤", "≤=": "≤", "〈=": "≤", "〉": ">", "〈": "<",
    "=": "=", "==": "=", "═": "=", "等于": "=",
}  # fmt: skip
_BRACKETED = re.compile(r"\([^()]*\)$")
_ERRORS_IN_CHINESE = {
    "#名称?": "#NAME?", "#值!": "#VALUE!", "#除/0!": "#DIV/0!", "#除以0!": "#DIV/0!", "#引用!": "#REF!", "#数字!": "#NUM!",
    "#数!": "#NUM!", "#空!": "#NULL!", "#空值!": "#NULL!", "#不适用": "#N/A", "#溢出!": "#SPILL!",
}  # fmt: skip
_NUMBERED_ERROR = re.compile(r"(?:ERR|错误):\d{3}")  # LibreOffice
_OTHER_ERROR = "#VALUE!"
_APPLIES = {APPLICABLE: YES, NOT_APPLICABLE: NO}  # the column asks 是否适用
_KINDS_OF = frozenset({"指标", "效益", "效益指标", "类", "类指标"})  # 数量 is also called 数量指标
_SHORTEST_BEGINNING = 2  # characters


def bare(text: str) -> str:
    """``text`` in plain capitals, without a stop at its end: how a word is looked up."""
    return plain(text).upper().rstrip("。.!,;、")


def error_value(text: str) -> str | None:
    """The error value that a text is, by its English name; None where it is none."""
    word = plain(text).upper()
    if _NUMBERED_ERROR.fullmatch(word):
        return _OTHER_ERROR
    word = _ERRORS_IN_CHINESE.get(word, word)
    return word if word in ERROR_VALUES else None


def known_error(text: str) -> str:
    """The English name of an error value that a cell holds, whatever its program calls it."""
    return error_value(text) or _OTHER_ERROR


def read_nothing(field: Field, raw: str) -> Reading | None:
    """What words for nothing are taken for where a number, a date or a choice belongs; None for other text.

    A count or an amount of which there is none is zero. All else leaves open whether there is nothing, whether it does
    not apply, or whether it was forgotten.
    """
    word = bare(raw)
    if word in _NOTHING and field.type in (FieldType.COUNT, FieldType.AMOUNT):
        return Reading(ZERO, "word-as-zero")
    if word in _NOTHING or word in _NOT_APPLICABLE or word in _OPEN or only_marks(plain(raw)):
        return Reading(None, "placeholder")
    return None


def read_yes_no(field: Field, entry: Entry, raw: str) -> Reading:
    """What ``entry`` is taken for where 是 or 否 belongs; ``raw`` is its text."""
    if isinstance(entry.found, bool):
        return Reading(entry.found)
    if raw.strip() in (YES, NO):
        return Reading(raw.strip() == YES)
    answer = _yes_no(field.label, bare(raw))
    if answer is not None:
        return Reading(answer, "choice-read")
    return read_nothing(field, raw) or Reading(raw)


def _yes_no(label: str, word: str) -> bool | None:
    if word in _YES:
        return True
    if word in _NO:
        return False
    stated = _STATED.fullmatch(word)
    if stated is None:
        return None
    asked = _ASKED.match(plain(label))
    question = plain(label)[asked.end() :] if asked else plain(label)
    timely = bool(asked and asked["timely"])
    usual = stated["what"] in _DONE and not _OF_WRONGS.search(question)
    if not usual and not question.startswith(stated["what"]) and not question.endswith(stated["what"]):
        return None
    if stated["no"]:  # 未按时完成 may still be done
        return None if stated["timely"] and not timely else False
    return None if timely and not stated["timely"] else True  # 已报送 may have been late


def read_choice(field: Field, entry: Entry, raw: str) -> Reading:
    """What ``entry`` is taken for where one of the field's options belongs; ``raw`` is its text."""
    if isinstance(entry.found, bool):
        return Reading(raw)
    if raw.strip() in field.options:
        return Reading(raw.strip())
    option = _option(field.options, raw)
    if option is not None:
        return Reading(option, "choice-read")
    return read_nothing(field, raw) or Reading(raw)


def _option(options: tuple[str, ...], raw: str) -> str | None:
    """The one option that is meant: by its letters, its sign, another word for it, or its beginning."""
    word, capitals = plain(raw), bare(raw)
    meaning = _MEANINGS.get(word)
    short = _BRACKETED.sub("", word)
    ways = (
        lambda option: bare(option) == capitals,
        lambda option: meaning is not None and _MEANINGS.get(plain(option)) == meaning,
        lambda option: option == NOT_APPLICABLE and capitals in _NOT_APPLICABLE,
        lambda option: set(options) == _APPLIES.keys() and _APPLIES[option] == raw.strip(),
        lambda option: word.startswith(plain(option)) and word.removeprefix(plain(option)) in _KINDS_OF,
        lambda option: short and _BRACKETED.sub("", plain(option)) == short,
        lambda option: len(word) >= _SHORTEST_BEGINNING and plain(option).startswith(word),
    )
    for meant in ways:
        found = [option for option in options if meant(option)]
        if len(found) == 1:
            return found[0]
    return None
