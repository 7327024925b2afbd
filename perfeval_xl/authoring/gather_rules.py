"""The rows of a rule sheet as rule tables, one a key path: its kind, its parameters, its bands, its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.catalogue import KIND
from perfeval_xl.authoring.decoding import Decoder, Found
from perfeval_xl.authoring.flatten import HIGH, LOW
from perfeval_xl.authoring.reading import Row
from perfeval_xl.authoring.rules_words import KINDS, Bands, Kind, Parameter, Parts, Sort, kind_named
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.cells import Cell
from perfeval_xl.entries.entry import as_text
from perfeval_xl.entries.spelling import plain, visible

_RAW_PART = re.compile(r"([a-z][a-z0-9_]*)\[([1-9][0-9]?)\]")
_RAW = re.compile(r"[a-z][a-z0-9_]*")


@dataclass
class _Rule:
    """The rows of one rule as they come in; ``kind`` '' until it is known."""

    where: str
    table: dict[str, Any]
    kind: str = ""
    rows: list[Row] = field(default_factory=list)
    parts: dict[tuple[str, str], int] = field(default_factory=dict)


class RuleRows:
    """Collects rows by the key path of the rule that they belong to; ``finished`` makes the rules of them."""

    def __init__(self, decoder: Decoder, troubles: Troubles, places: dict[str, Cell]) -> None:
        self._decoder = decoder
        self._troubles = troubles
        self._places = places
        self._rules: dict[str, _Rule] = {}

    def add(self, row: Row, where: str, kind: str = "", table: dict[str, Any] | None = None) -> None:
        """A row of the rule at ``where``; of what a reading changes the ``kind`` is known, and ``table`` is to be filled."""
        rule = self._rules.setdefault(where, _Rule(where, {} if table is None else table, kind))
        self._places.setdefault(where, row.cell("code"))
        if self._word(row.cells.get("parameter")) == KIND:
            self._kind(rule, row)
        else:
            rule.rows.append(row)

    def finished(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every rule with its key path."""
        for rule in self._rules.values():
            kind = kind_named(rule.kind)
            for row in rule.rows:
                self._row(rule, kind, row)
            yield rule.where, rule.table

    def _word(self, found: Found | None) -> str:
        return "" if found is None else visible(as_text(found.entry.found)).strip()

    def _kind(self, rule: _Rule, row: Row) -> None:
        cell = row.cell("value")
        value = self._decoder.value(row.cells.get("value"), Sort.CHOICE, catalogue.kind_words())
        if f"{rule.where}.kind" in self._places:
            if value != rule.kind:
                first = self._places[f"{rule.where}.kind"]
                self._troubles.error(
                    cell, f"规则类型与 {first.ref} 写的“{kind_named(rule.kind).word}”矛盾。请只留一行。"
                )
            return
        self._places[f"{rule.where}.kind"] = self._places[rule.where] = cell
        if value is not None:
            rule.kind = rule.table["kind"] = value
        elif row.cells.get("value") is None or row.cells["value"].blank:
            self._troubles.error(cell, f"没有写规则类型。请从列表中选：{'、'.join(catalogue.kind_words().values())}。")

    def _row(self, rule: _Rule, kind: Kind, row: Row) -> None:
        word, part = self._word(row.cells.get("parameter")), self._word(row.cells.get("part"))
        raw_part = _RAW_PART.fullmatch(plain(part))
        if not word:
            self._troubles.error(row.cell("parameter"), "没有写是哪个参数。")
        elif raw_part is not None and not kind.parts:
            self._raw_part(rule, raw_part, plain(word), row)
        elif part:
            self._part(rule, kind, part, word, row)
        else:
            self._parameter(rule, kind, word, row)

    def _parameter(self, rule: _Rule, kind: Kind, word: str, row: Row) -> None:
        for parameter in kind.parameters:
            if plain(word) not in (plain(parameter.word), parameter.key):
                continue
            if isinstance(parameter, Bands):
                self._band(rule, parameter, row)
            elif isinstance(parameter, Parts):
                self._troubles.error(row.cell("part"), f"请在“部分”一列写明是哪一{parameter.word.removeprefix('部')}。")
            else:
                self._simple(rule.table, rule.where, parameter, row)
            return
        inner = [each for parts in kind.parts.values() for each in parts.parameters]
        if any(plain(word) in (plain(each.word), each.key) for each in inner):
            self._troubles.error(row.cell("part"), f"“{word}”要在“部分”一列写明是哪一部分。")
        elif _RAW.fullmatch(plain(word)) and not rule.kind:
            return  # that the kind isn't known is said
        elif _RAW.fullmatch(plain(word)) and rule.kind not in KINDS:
            self._simple(rule.table, rule.where, Parameter(plain(word), word, Sort.ANY), row)
        elif rule.kind:
            self._unknown(rule, kind, word, row, [each.word for each in kind.parameters])

    def _unknown(self, rule: _Rule, kind: Kind, word: str, row: Row, known: list[str]) -> None:
        if rule.kind not in KINDS:
            return
        others = [each.word for each in KINDS.values() if any(p.word == word for p in each.parameters)]
        whose = f"“{word}”是“{'”“'.join(others)}”的参数，" if others else f"不认识参数“{word}”，"
        self._troubles.error(row.cell("parameter"), f"{whose}“{kind.word}”的参数是：{'、'.join(known)}。")

    def _simple(self, table: dict[str, Any], where: str, parameter: Parameter, row: Row) -> None:
        place = "yield" if parameter.sort is Sort.POINTS else "value"
        found = row.cells.get(place)
        other = row.cells.get("value" if place == "yield" else "yield")
        if (found is None or found.blank) and other is not None and not other.blank:
            found = other  # whoever adds a row by hand may write its number into either
        value = self._decoder.value(found, parameter.sort, parameter.words)
        cell = row.cell(place) if found is None else found.cell
        path = f"{where}.{parameter.key}"
        if path in self._places:
            self._troubles.error(cell, f"“{parameter.word}”已经写在 {self._places[path].ref}，请只留一行。")
            return
        self._places[path] = cell
        for number in range(len(value) if isinstance(value, list) else 0):
            self._places[f"{path}[{number}]"] = cell
        if value is not None:
            table[parameter.key] = value
        elif found is None or found.blank:
            self._troubles.error(cell, f"“{parameter.word}”没有写。不用的请删去这一行。")

    def _band(self, rule: _Rule, bands: Bands, row: Row) -> None:
        listed = rule.table.setdefault(bands.key, [])
        path = f"{rule.where}.{bands.key}[{len(listed)}]"
        self._places.setdefault(
            f"{rule.where}.{bands.key}", row.cell("yield" if bands.yields is Sort.POINTS else "parameter")
        )
        band: dict[str, Any] = {}
        for ends, bound, closed in ((LOW, "low", "low_closed"), (HIGH, "high", "high_closed")):
            value = self._decoder.value(row.cells.get(bound), bands.sort)
            included = self._decoder.value(row.cells.get(closed), Sort.FLAG)
            if value is None:
                continue
            if included is None:
                self._troubles.error(
                    row.cell(closed), f"没有写明是否含{'下' if ends is LOW else '上'}限：选“是”或“否”。"
                )
            band[ends[bool(included)]] = value
            self._places[f"{path}.{ends[bool(included)]}"] = row.cell(bound)
        place = "yield" if bands.yields is Sort.POINTS else "value"
        value = self._decoder.value(row.cells.get(place), bands.yields)
        name = {} if value is None else {bands.value: value}
        listed.append({**name, **band} if bands.yields is Sort.TEXT else {**band, **name})
        self._places[f"{path}.{bands.value}"] = row.cell(place)
        ends_there = [row.cells[key].cell for key in ("low", "high") if key in row.cells and not row.cells[key].blank]
        self._places[path] = ends_there[0] if ends_there else row.cell("parameter")

    def _part(self, rule: _Rule, kind: Kind, part: str, word: str, row: Row) -> None:
        if not rule.kind:
            return
        if not kind.parts:
            self._troubles.error(row.cell("part"), f"“{kind.word}”不分部分，“部分”一列请不要写。")
            return
        parts = next(iter(kind.parts.values()))
        name = plain(part) if parts.name == "field" else part
        key = (parts.key, name)
        listed = rule.table.setdefault(parts.key, [])
        if key not in rule.parts:
            rule.parts[key] = len(listed)
            listed.append({parts.name: name})
            self._places.setdefault(f"{rule.where}.{parts.key}", row.cell("part"))
            self._places[f"{rule.where}.{parts.key}[{len(listed) - 1}]"] = row.cell("part")
            self._places[f"{rule.where}.{parts.key}[{len(listed) - 1}].{parts.name}"] = row.cell("part")
        where = f"{rule.where}.{parts.key}[{rule.parts[key]}]"
        for parameter in parts.parameters:
            if plain(word) in (plain(parameter.word), parameter.key) and parameter.key != parts.name:
                self._simple(listed[rule.parts[key]], where, parameter, row)
                return
        if plain(word) != plain(parts.word):
            self._unknown(rule, kind, word, row, [each.word for each in parts.parameters if each.key != parts.name])

    def _raw_part(self, rule: _Rule, found: re.Match[str], key: str, row: Row) -> None:
        """A list of tables of a rule kind that nobody gave words to."""
        listed = rule.table.setdefault(found[1], [])
        while len(listed) < int(found[2]):
            listed.append({})
            self._places.setdefault(f"{rule.where}.{found[1]}[{len(listed) - 1}]", row.cell("part"))
        where = f"{rule.where}.{found[1]}[{int(found[2]) - 1}]"
        self._simple(listed[int(found[2]) - 1], where, Parameter(key, key, Sort.ANY), row)


def parameter_word(kind: str, key: str) -> str:
    """What the parameter ``key`` of a rule kind is called in the sheet; a part's parameters too."""
    known: Mapping[str, Parameter | Bands | Parts] = {each.key: each for each in kind_named(kind).parameters}
    inner = {each.key: each for parts in kind_named(kind).parts.values() for each in parts.parameters}
    found = known.get(key) or inner.get(key)
    return found.word if found is not None else key
