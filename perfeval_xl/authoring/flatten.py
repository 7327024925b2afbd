"""A scheme's content as the rows of an authoring workbook: what gather reads, written. What fits no cell is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.catalogue import Column, Sheet
from perfeval_xl.authoring.rules_words import Bands, Kind, Parameter, Parts, Sort, kind_named
from perfeval_xl.authoring.shown import band_words, show
from perfeval_xl.authoring.words import BASICS, STAMP_WORDS
from perfeval_xl.scheme.fields import NO, YES

Raw = Mapping[str, Any]
Content = str | Decimal | int | date | None
SEPARATORS = "、，,；;"
"""What may stand between several ids or texts in a cell; or each in a line of its own."""
_LINE = 24  # signs
LOW, HIGH = {True: "ge", False: "gt"}, {True: "le", False: "lt"}
"""The keys of a band's ends, by whether the end is included."""


@dataclass(frozen=True)
class Line:
    """A row: its cells by the column's key, what those are that their column doesn't tell, and a remark for people."""

    values: Mapping[str, Content]
    sorts: Mapping[str, Sort] = field(default_factory=dict)
    remark: str = ""
    words: Mapping[str, str] = field(default_factory=dict)  # what its cell ``value`` may be chosen from
    begins: bool = False  # the first row of a group


def flatten(raw: Raw) -> dict[str, list[Line]]:
    """The rows of every sheet but the last (what is in none of them), by the sheet's name."""
    return {
        catalogue.BASIC.name: list(_basics(raw)),
        catalogue.INDICATORS.name: [_line(catalogue.INDICATORS, each) for each in _tables(raw, "indicators")],
        catalogue.LEVELS.name: list(_levels(_tables(raw, "levels"), ())),
        catalogue.FIELDS.name: list(_fields(raw)),
        catalogue.RULES.name: list(_rules(raw)),
        catalogue.READINGS.name: list(_readings(raw)),
        catalogue.CHANGES.name: list(_changes(raw)),
        catalogue.TABLES.name: list(_annexes(raw)),
        catalogue.FIXED.name: list(_fixed(raw)),
        catalogue.NARRATIVE.name: list(_narrative(_tables(raw, "narrative"), ())),
        catalogue.GUIDE.name: list(_guide(raw)),
        catalogue.CALENDAR.name: list(_calendar(raw)),
        catalogue.COLUMNS.name: [_line(catalogue.COLUMNS, each) for each in _tables(raw.get("form"), "columns")],
        catalogue.BLOCKS.name: list(_blocks(raw)),
        **{sheet.name: [_line(sheet, each) for each in _tables(raw, key)] for key, sheet in catalogue.PLAIN.items()},
    }


def encoded(value: Any, sort: Sort, words: Mapping[str, str] | None = None) -> Content:
    """A value as its cell holds it; None for what can't be told by such a cell."""
    match value:
        case bool():
            return (YES if value else NO) if sort in (Sort.FLAG, Sort.ANY) else None
        case str():
            known = (words or {}).get(value) if sort is Sort.CHOICE else None
            return known or value
        case int() | Decimal():
            return Decimal(value) if Decimal(value).is_finite() and sort not in (Sort.TEXT, Sort.TEXTS) else None
        case date():
            return value
        case list() if all(isinstance(each, str) for each in value):
            if sort is Sort.IDS:
                return _in_lines(value)
            return f"[{'、'.join(value)}]" if sort is Sort.ANY else joined(value)
        case Mapping() if sort is Sort.PAIRS:
            return "\n".join(f"{old}={new}" for old, new in value.items())
    return None


def _in_lines(ids: Sequence[str]) -> str:
    """Ids in one cell, as many in a line as are read at a glance: programs would break them anywhere."""
    lines: list[str] = []
    for each in ids:
        if lines and len(lines[-1]) + len(each) <= _LINE:
            lines[-1] += f"、{each}"
        else:
            lines.append(each)
    return "\n".join(lines)


def joined(texts: Sequence[str]) -> str:
    """Several texts in one cell: one line where none has a separator in it, else a line each."""
    if any(sign in each for each in texts for sign in SEPARATORS):
        return "\n".join((*texts, "")) if len(texts) == 1 else "\n".join(texts)
    return "、".join(texts)


def _tables(raw: Any, key: str) -> list[Raw]:
    found = raw.get(key, []) if isinstance(raw, Mapping) else []
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _at(raw: Raw, path: str) -> Any:
    value: Any = raw
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _line(sheet: Sheet, table: Raw, given: Mapping[str, Content] | None = None) -> Line:
    """A plain row: each column's key out of ``table``, or as ``given``; keys that no column is about come as they are."""
    values: dict[str, Content] = dict(given or {})
    for column in sheet.columns:
        if column.key and column.key not in values:
            values[column.key] = encoded(_at(table, column.key), column.sort, column.words)
    heads = {column.key.split(".")[0] for column in sheet.columns}
    for key, value in table.items():
        if key not in heads and key not in values and not isinstance(value, Mapping | list):
            values[key] = encoded(value, Sort.ANY)
    return Line(values, _bounds(table))


def _bounds(table: Raw) -> Mapping[str, Sort]:
    percent = table.get("type") == "percent"
    return {"low": Sort.PERCENT, "high": Sort.PERCENT} if percent else {}


def _basics(raw: Raw) -> Iterator[Line]:
    for basic in BASICS:
        value = _at(raw, basic.key)
        several = value if basic.sort is Sort.TEXTS and isinstance(value, list) else [value]
        for each in several or [None]:
            sort = Sort.TEXT if basic.sort is Sort.TEXTS else basic.sort
            content = encoded(each, sort, basic.words)
            yield Line({"key": basic.title, "value": content}, {"value": sort}, basic.note, basic.words)
    known = {basic.key for basic in BASICS}
    for key, value in raw.items():
        inner = value.items() if isinstance(value, Mapping) else ((None, value),)
        for below, each in inner:
            path = key if below is None else f"{key}.{below}"
            if path not in known and not isinstance(each, Mapping | list):
                yield Line({"key": path, "value": encoded(each, Sort.ANY)}, {"value": Sort.ANY})


def _levels(levels: Sequence[Raw], above: tuple[str, ...]) -> Iterator[Line]:
    for level in levels:
        path = (*above, str(level.get("name", "")))
        if len(path) <= 3:
            names = {f"name{depth}": name for depth, name in enumerate(path, start=1)}
            yield Line({**names, "points": encoded(level.get("points"), Sort.POINTS)}, begins=len(path) == 1)
            yield from _levels(_tables(level, "levels"), path)


def _fields(raw: Raw) -> Iterator[Line]:
    for number, each in enumerate(_tables(raw, "head")):
        yield _begun(_line(catalogue.FIELDS, each, {"owner": catalogue.HEAD}), not number, "表头")
    for indicator in _tables(raw, "indicators"):
        for number, each in enumerate(_tables(indicator, "fields")):
            line = _line(catalogue.FIELDS, each, {"owner": encoded(indicator.get("code"), Sort.ID)})
            yield _begun(line, not number, str(indicator.get("name", "")))


def _begun(line: Line, begins: bool, remark: str) -> Line:
    return Line(line.values, line.sorts, remark, line.words, begins)


# ---- rules


def _rules(raw: Raw) -> Iterator[Line]:
    for indicator in _tables(raw, "indicators"):
        rule = indicator.get("rule")
        if isinstance(rule, Mapping):
            kind = kind_named(str(rule.get("kind", "")))
            who = {"code": encoded(indicator.get("code"), Sort.ID)}
            given = {"parameter": catalogue.KIND, "value": kind.word}
            yield Line({**who, **given}, {"value": Sort.CHOICE}, kind.note, catalogue.kind_words(), begins=True)
            for line in rule_lines(kind, rule):
                yield Line({**who, **line.values}, line.sorts, line.remark, line.words)


def rule_lines(kind: Kind, rule: Raw) -> Iterator[Line]:
    """The rows of a rule's parameters, in the order in which the sheet shows them; the kind itself is not among them."""
    for parameter in kind.parameters:
        value = rule.get(parameter.key)
        if value is None:
            continue
        if isinstance(parameter, Parameter):
            yield _simple(parameter, value, "")
        elif isinstance(parameter, Bands):
            yield from (_band(parameter, each) for each in _tables(rule, parameter.key))
        else:
            yield from _parts(parameter, _tables(rule, parameter.key))
    known = {each.key for each in kind.parameters}
    for key, value in rule.items():
        if key in known or key == "kind":
            continue
        if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            for number, each in enumerate(_tables(rule, key), start=1):
                for inner, own in each.items():
                    yield _simple(Parameter(inner, inner, Sort.ANY), own, f"{key}[{number}]")
        else:
            yield _simple(Parameter(key, key, Sort.ANY), value, "")


def _simple(parameter: Parameter, value: Any, part: str) -> Line:
    content = encoded(value, parameter.sort, parameter.words)
    place = "yield" if parameter.sort is Sort.POINTS else "value"
    values: dict[str, Content] = {"parameter": parameter.word, "part": part or None, place: content}
    return Line(values, {place: parameter.sort}, parameter.note, parameter.words)


def _band(bands: Bands, band: Raw) -> Line:
    values: dict[str, Content] = {"parameter": bands.word}
    for ends, bound, closed in ((LOW, "low", "low_closed"), (HIGH, "high", "high_closed")):
        for included, key in ends.items():
            if key in band:
                values[bound] = encoded(band[key], bands.sort)
                values[closed] = YES if included else NO
    value = encoded(band.get(bands.value), bands.yields)
    values["yield" if bands.yields is Sort.POINTS else "value"] = value
    return Line(values, {"low": bands.sort, "high": bands.sort, "yield": bands.yields}, _band_remark(bands, band))


def _band_remark(bands: Bands, band: Raw) -> str:
    """What a band says, in words."""
    if not all(isinstance(band.get(key, 0), int | Decimal) for key in (*LOW.values(), *HIGH.values())):
        return bands.note
    said = band_words(band, bands.sort)
    if bands.yields is Sort.POINTS:
        word = "得" if bands.value == "score" else bands.value_word
        return f"{said}：{word} {show(band.get(bands.value), Sort.POINTS)}"
    return f"“{band.get(bands.value)}”：{said}"


def _parts(parts: Parts, tables: Sequence[Raw]) -> Iterator[Line]:
    names: list[str] = []
    for number, table in enumerate(tables, start=1):
        name = str(table.get(parts.name, number))
        name = f"{name} ({number})" if name in names else name
        names.append(name)
        lines = [
            _simple(each, table[each.key], name)
            for each in parts.parameters
            if each.key in table and each.key != parts.name
        ]
        yield from lines or [Line({"parameter": parts.word, "part": name})]


# ---- readings


def _readings(raw: Raw) -> Iterator[Line]:
    for reading in _tables(raw, "readings"):
        yield _begun(_line(catalogue.READINGS, reading, {"option": None}), True, "")
        for option in _tables(reading, "options"):
            values = {"id": encoded(reading.get("id"), Sort.ID), "option": encoded(option.get("id"), Sort.ID)}
            yield Line({**values, "text": encoded(option.get("text"), Sort.TEXT)})


def _changes(raw: Raw) -> Iterator[Line]:
    kinds = {each.get("code"): _at(each, "rule.kind") for each in _tables(raw, "indicators")}
    for reading in _tables(raw, "readings"):
        for option in _tables(reading, "options"):
            changes = option.get("changes")
            for code, changed in changes.items() if isinstance(changes, Mapping) else ():
                if not isinstance(changed, Mapping):
                    continue
                who = {"reading": str(reading.get("id", "")), "option": str(option.get("id", "")), "code": code}
                for number, line in enumerate(rule_lines(kind_named(str(kinds.get(code, ""))), changed)):
                    yield Line({**who, **line.values}, line.sorts, line.remark, line.words, begins=not number)


# ---- the rest


def _annexes(raw: Raw) -> Iterator[Line]:
    for table in _tables(raw, "tables"):
        for number, column in enumerate(_tables(table, "columns")):
            values: dict[str, Content] = {"table": encoded(table.get("id"), Sort.ID)}
            values["title"] = None if number else encoded(table.get("title"), Sort.TEXT)
            values["rows"] = None if number else encoded(table.get("rows"), Sort.WHOLE)
            yield _begun(_line(catalogue.TABLES, column, values), not number, "")


def _fixed(raw: Raw) -> Iterator[Line]:
    for table in _tables(raw, "tables"):
        percents = {each.get("id") for each in _tables(table, "columns") if each.get("type") == "percent"}
        for number, row in enumerate(_tables(table, "fixed")):
            values: dict[str, Content] = {"table": encoded(table.get("id"), Sort.ID)}
            values |= {key: encoded(value, Sort.ANY) for key, value in row.items()}
            yield Line(values, {str(key): Sort.PERCENT for key in percents}, begins=not number)


def fixed_columns(raw: Raw) -> tuple[Column, ...]:
    """The columns of the sheet of fixed rows: one for every annex column that they fill."""
    tables = _tables(raw, "tables")
    keys = dict.fromkeys(key for table in tables for row in _tables(table, "fixed") for key in row)
    labels = {column.get("id"): column.get("label") for table in tables for column in _tables(table, "columns")}
    titles = {key: f"{labels[key]} {key}" if key in labels else key for key in keys}
    return tuple(Column(key, titles[key], Sort.ANY, 30 if key == "name" else 14, by_hand=True) for key in keys)


def _narrative(sections: Sequence[Raw], above: tuple[str, ...]) -> Iterator[Line]:
    for section in sections:
        path = (*above, str(section.get("heading", "")))
        if len(path) > 3:
            continue
        headings = {f"heading{depth}": heading for depth, heading in enumerate(path, start=1)}
        fields, below = _tables(section, "fields"), _tables(section, "sections")
        for number, each in enumerate(fields):
            yield _begun(_line(catalogue.NARRATIVE, each, headings), not number, "")
        if not fields and not below:
            yield Line(dict(headings), begins=True)
        yield from _narrative(below, path)


def _guide(raw: Raw) -> Iterator[Line]:
    for key, word in catalogue.STEP_WORDS.items():
        for each in _tables(raw.get("guide"), key):
            yield _line(catalogue.GUIDE, each, {"part": word})


def _calendar(raw: Raw) -> Iterator[Line]:
    calendar = raw.get("calendar")
    days = [
        (day, word)
        for key, word in catalogue.DAY_WORDS.items()
        for day in (calendar.get(key, []) if isinstance(calendar, Mapping) else [])
        if isinstance(day, date)
    ]
    for day, word in sorted(days):
        yield Line({"day": day, "part": word}, remark=f"星期{'一二三四五六日'[day.weekday()]}")


def _blocks(raw: Raw) -> Iterator[Line]:
    for number, block in enumerate(_tables(raw.get("form"), "head"), start=1):
        place = {"block": Decimal(number)}
        words = catalogue.BLOCKS.by_key["kind"].words
        yield Line(
            {
                **place,
                "part": "块",
                "kind": encoded(block.get("block"), Sort.CHOICE, words),
                "text": encoded(block.get("text"), Sort.TEXT),
                "fields": encoded(block.get("fields"), Sort.IDS),
                "columns": encoded(block.get("columns"), Sort.TEXTS),
            },
            begins=True,
        )
        for fact in _tables(block, "facts"):
            stamp = encoded(fact.get("stamp"), Sort.CHOICE, STAMP_WORDS)
            own = {"text": encoded(fact.get("label"), Sort.TEXT), "fields": encoded(fact.get("field"), Sort.ID)}
            yield Line({**place, "part": "项目", **own, "stamp": stamp})
        for row in _tables(block, "rows"):
            own = {"text": encoded(row.get("label"), Sort.TEXT), "fields": encoded(row.get("fields"), Sort.IDS)}
            yield Line({**place, "part": "资金行", **own, "indicator": encoded(row.get("indicator"), Sort.ID)})
