"""Next year's scheme out of this year's: a new id, the dates of the new year, everything else kept.

The file's own text is changed line by line, so that its comments stay; where that doesn't give just the content that is
wanted, the file is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from perfeval_xl.authoring.raw import parse, read_raw
from perfeval_xl.authoring.toml_text import toml_text
from perfeval_xl.errors import PerfevalError
from perfeval_xl.scheme.loader import digest_of, load_scheme

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
_FIRST_VERSION = "1.0"
_DAY = r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)"
_YEARS_AHEAD = 2  # a calendar reaches to the end of the year in which the last of a round's dates may lie


@dataclass(frozen=True)
class Derived:
    """A new scheme's file as text, and what whoever made it is to look at, in Chinese."""

    text: str
    notes: tuple[str, ...]


def derive(source: Path, name: str, year: int | None = None) -> Derived:
    """The scheme file ``source`` as the scheme ``name`` for ``year`` (the year after its own, unless given).

    Periods, dates in the hints, the bounds of dates and the windows of cross-checks move by as many years; versions that
    the old scheme still took are left out. PerfevalError for a name that can't be one, SchemeError for a broken source.
    """
    if not _NAME.match(name):
        raise PerfevalError(
            f"方案名称 {name!r} 只能用小写字母、数字、连字符和下划线，以字母或数字开头，如 bureau-2025。"
        )
    raw = read_raw(source)
    if name == raw["id"]:
        raise PerfevalError(f"新方案不能与原方案同名（{name}）。请另取名称，如加上年度。")
    wanted = raw["year"] + 1 if year is None else year
    if not 2000 <= wanted <= 2100:
        raise PerfevalError(f"年度应为四位数的年份，如 2025，现为 {wanted}。")
    changed = _moved(raw, name, wanted)
    opening = f"由 {raw['id']} {raw['version']} 衍生（{wanted} 年度）。"
    text = f"# {opening}\n{_edited(source.read_text(encoding='utf-8'), raw, name, wanted)}"
    if digest_of(parse(text), {}) != digest_of(changed, {}):
        text = toml_text(changed, opening)
    load_scheme(text)
    return Derived(text, tuple(_notes(raw, changed, wanted)))


def _moved(raw: Mapping[str, Any], name: str, year: int) -> dict[str, Any]:
    """The content with its dates ``year`` − the old year later."""
    old, by = raw["year"], year - raw["year"]
    changed: dict[str, Any] = {**raw, "id": name, "version": _FIRST_VERSION, "year": year}
    changed.pop("earlier", None)
    for key in ("head", "indicators", "narrative", "tables", "checks"):
        if key in changed:
            changed[key] = _later(changed[key], old, by)
    last = date(year + _YEARS_AHEAD, 12, 31)
    if raw["calendar"]["last"] < last:
        changed["calendar"] = {**raw["calendar"], "last": last}
    return changed


def _later(value: Any, old: int, by: int) -> Any:
    if isinstance(value, list):
        return [_later(each, old, by) for each in value]
    if not isinstance(value, Mapping):
        return value
    moved: dict[str, Any] = {}
    for key, each in value.items():
        if key in ("low", "high", "first", "last") and isinstance(each, date):
            moved[key] = _shifted(each, by)
        elif key == "period" and isinstance(each, str):
            moved[key] = _years(each, old, by)
        elif key == "hint" and isinstance(each, str):
            moved[key] = _dates(each, by)
        else:
            moved[key] = _later(each, old, by)
    return moved


def _shifted(day: date, by: int) -> date:
    try:
        return day.replace(year=day.year + by)
    except ValueError:  # 29 February
        return day.replace(year=day.year + by, day=28)


def _years(text: str, old: int, by: int) -> str:
    """A period with the round's year and its neighbours moved: 2024年末 → 2025年末."""
    return re.sub(
        r"(?<!\d)(\d{4})(?=年|$)",
        lambda year: str(int(year[1]) + by) if abs(int(year[1]) - old) <= 1 else year[1],
        text,
    )


def _dates(text: str, by: int) -> str:
    """A hint with the dates in it moved: 如 2024-02-20 → 如 2025-02-20."""

    def later(found: re.Match[str]) -> str:
        try:
            return _shifted(date(int(found[1]), int(found[2]), int(found[3])), by).isoformat()
        except ValueError:
            return found[0]

    return re.sub(_DAY, later, text)


def _edited(text: str, raw: Mapping[str, Any], name: str, year: int) -> str:
    """The file's text with the lines changed that tell of the id, the year and its dates."""
    old, by = raw["year"], year - raw["year"]
    lines: list[str] = []
    table, kept = "", True
    for line in text.splitlines():
        header = re.match(r"\s*\[+\s*([\w.-]+)", line)
        if header and "=" not in line:
            table = header[1]
            kept = table.split(".")[0] != "earlier"
        if kept:
            lines.append(_line(line, table, name, year, old, by))
    return "\n".join(lines) + "\n"


def _line(line: str, table: str, name: str, year: int, old: int, by: int) -> str:
    key = line.split("=", 1)[0].strip()
    if not table:
        new = {"id": f'"{name}"', "version": f'"{_FIRST_VERSION}"', "year": str(year)}.get(key)
        return line if new is None else f"{key} = {new}"
    if table == "calendar":
        return re.sub(_DAY, lambda day: max(day[0], f"{year + _YEARS_AHEAD}-12-31"), line) if key == "last" else line
    if key == "period":
        return re.sub(r"(?<!\d)(\d{4})(?=年|\")", lambda found: _years(found[1], old, by), line)
    return _dates(line, by) if key in ("hint", "low", "high", "first", "last") else line


def _notes(raw: Mapping[str, Any], changed: Mapping[str, Any], year: int) -> list[str]:
    last: date = changed["calendar"]["last"]
    listed = {day.year for key in ("holidays", "worked") for day in changed["calendar"][key]}
    notes = [f"年度 {raw['year']} → {year}；所属期、日期的上下限、填报要求中的日期随之改动，请通读一遍。"]
    unknown = [str(each) for each in range(changed["calendar"]["first"].year, last.year + 1) if each not in listed]
    if unknown:
        notes.append(
            f"日历到 {last} 为止，其中 {'、'.join(unknown)} 年没有列出放假和调休。"
            "国务院办公厅的通知公布后，请补入日历（工作表“日历”或 [calendar]），并写明文号。"
        )
    if raw.get("earlier"):
        notes.append(f"{raw['id']} 可以受理的较早版本没有带过来：它们由 {raw['id']} 自己受理。")
    notes.append("来源、表注、评分标准和依据都照旧，请核对是否还适用。")
    return notes
