"""A scheme's content as TOML text: in sections with comments, Chinese readable, long texts over lines, numbers exact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

Raw = Mapping[str, Any]

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_WIDE = 118  # signs in a line
_SENTENCE = 40  # what is longer than this stands in a line of its own
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_LONG_ARRAYS = frozenset(
    {
        *("grades", "levels", "head", "tables", "indicators", "narrative", "checks", "readings", "corrections"),
        *("earlier", "columns", "fields", "sections", "options"),
    }
)
"""Lists of tables that are written with a header each; others stand in one line each."""
_INLINE = frozenset({"when", "renamed"})
_RULE = "# " + "-" * 100

HEADINGS: Mapping[str, str] = {
    "calendar": "日历：只列工作日中的放假日和周末中的上班日，其余周末均为休息日。",
    "grades": "评价等级",
    "levels": "一、二级指标及分值",
    "head": "表头：部门（单位）、项目基本情况",
    "tables": "附表",
    "indicators": "计分的各行。编号一经下发不要再改。",
    "narrative": "自评说明（随表报送的文字材料）",
    "checks": "勾稽关系：填报项之间应有的关系。只提示，不影响计分。",
    "readings": "口径：条款有不同理解的，写明采用哪一种、为什么；有 options 的可另选（第一项为默认）。",
    "corrections": "更正：where 写明位置，printed 是原文，corrected 是本方案采用的文字。",
    "earlier": "仍可受理的较早版本",
    "form": "版面",
    "scoring": "计分",
    "guide": "填写说明",
}
"""The comment over each part of a scheme."""


def toml_text(raw: Raw, opening: str = "") -> str:
    """``raw`` as TOML, ending in a line break; ``opening`` is a comment of one or several lines at its top.

    Read again, it gives the same values (loader.digest_of is the same).
    """
    lines = [f"# {line}".rstrip() for line in opening.splitlines()]
    lines += ["# 数字均按十进制精确读取；比率写小数（10% 写 0.1），分值以分为单位。", ""]
    lines += _scalars(raw)
    for key, value in raw.items():
        if not _plain(key, value, top=True):
            lines += ["", *([f"# {HEADINGS[key]}"] if key in HEADINGS else [])]
            lines += _nested((key,), value)
    return "\n".join(_settled(lines)) + "\n"


def _settled(lines: list[str]) -> Iterator[str]:
    """The lines without two blank ones in a row."""
    before = "?"
    for line in lines:
        if line or before:
            yield line
        before = line


def _scalars(table: Raw, *, top: bool = True) -> Iterator[str]:
    for key, value in table.items():
        if _plain(key, value, top=top):
            yield _assigned(key, value)


def _plain(key: str, value: Any, *, top: bool = False) -> bool:
    """Whether a value stands behind an equals sign; ``top``: of the file itself."""
    if isinstance(value, Mapping):
        return not top and (key in _INLINE or not value) and _flat(value)
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        return key not in _LONG_ARRAYS or (key == "levels" and not top and all(map(_flat, value)))
    return True


def _flat(table: Raw) -> bool:
    return not any(isinstance(each, Mapping | list) for each in table.values())


def _nested(path: tuple[str, ...], value: Any) -> Iterator[str]:
    """The tables at ``path``, each with its header."""
    name = ".".join(_key(part) for part in path)
    if isinstance(value, Mapping):
        if not value or any(_plain(key, each) for key, each in value.items()):
            yield f"[{name}]"
        yield from _body(path, value)
        return
    for number, each in enumerate(value):
        if number and len(path) == 1:
            yield ""
        if path == ("indicators",):
            yield _RULE
        yield f"[[{name}]]"
        yield from _body(path, each)


def _body(path: tuple[str, ...], table: Raw) -> Iterator[str]:
    yield from _scalars(table, top=False)
    for key, value in table.items():
        if not _plain(key, value):
            yield ""
            yield from _nested((*path, key), value)
    yield ""


def _assigned(key: str, value: Any) -> str:
    line = f"{_key(key)} = {literal(value)}"
    if not isinstance(value, list) or not value or ("\n" not in line and len(line) <= _WIDE and not _tables(value)):
        return line
    if _tables(value):
        return "\n".join((f"{_key(key)} = [", *(f"    {literal(each)}," for each in value), "]"))
    items = [literal(each) for each in value]
    lines = (f"    {each}," for each in items) if max(map(len, items)) > _SENTENCE else _filled(items)
    return "\n".join((f"{_key(key)} = [", *lines, "]"))


def _tables(value: list[Any]) -> bool:
    return any(isinstance(each, Mapping) for each in value)


def _filled(items: list[str]) -> Iterator[str]:
    """Items of a long list, as many in a line as fit."""
    line = ""
    for item in items:
        if line and len(line) + len(item) > _WIDE - 6:
            yield f"    {line}".rstrip()
            line = ""
        line += f"{item}, "
    yield f"    {line}".rstrip()


def _key(key: str) -> str:
    return key if _BARE.match(key) else _quoted(key)


def literal(value: Any) -> str:
    """One value as TOML writes it, within a line unless it is a text of several. TypeError for what TOML doesn't know."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _long(value) if "\n" in value else _quoted(value)
        case int():
            return str(value)
        case Decimal():
            return _number(value)
        case float():
            return _number(Decimal(repr(value)))
        case date():
            return value.isoformat()
        case list():
            return f"[{', '.join(_within(each) for each in value)}]"
        case Mapping():
            listed = ", ".join(f"{_key(key)} = {_within(each)}" for key, each in value.items())
            return f"{{ {listed} }}" if listed else "{}"
    if hasattr(value, "isoformat"):  # a time of day
        return str(value.isoformat())
    raise TypeError(f"not a TOML value: {value!r}")


def _within(value: Any) -> str:
    """A value inside a list or a table that stands in one line."""
    return _quoted(value) if isinstance(value, str) else literal(value)


def _number(value: Decimal) -> str:
    if not value.is_finite():
        return str(value).lower().replace("infinity", "inf")
    text = f"{value:f}"
    return text if "." in text or value.as_tuple().exponent == 0 else f"{text}.0"


def _quoted(text: str) -> str:
    return f'"{_escaped(text).replace(chr(10), chr(92) + "n").replace(chr(34), chr(92) + chr(34))}"'


def _long(text: str) -> str:
    """A text of several lines; the line break right behind the opening quotes is no part of it."""
    return (
        f'"""\n{_escaped(text).replace(chr(34) * 3, (chr(92) + chr(34)) * 3)}"""' if text[-1] != '"' else _quoted(text)
    )


def _escaped(text: str) -> str:
    return _UNREADABLE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text.replace("\\", "\\\\"))
