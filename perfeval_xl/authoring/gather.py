"""The rows of an authoring workbook as a scheme's content: what flatten wrote, read back, with the cell of every part.

``places`` maps key paths as the loader writes them (indicators[4].rule.bands[1]) to cells, so that what the loader finds
wrong can be shown where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.catalogue import Sheet
from perfeval_xl.authoring.gather_form import FormPart
from perfeval_xl.authoring.gather_rules import RuleRows
from perfeval_xl.authoring.reading import ReadSheet, Row
from perfeval_xl.authoring.rules_words import Sort
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.authoring.words import BASICS
from perfeval_xl.cells import Cell

_TOP = ("id", "version", "year", "title", "unit_title", "authority", "source", "note", "legal_basis", "total", "filing")
_PARTS = ("scoring", "calendar", "form", "guide", "grades", "levels", "head", "tables", "indicators", "narrative")
_LAST = ("checks", "readings", "corrections", "earlier")


@dataclass
class Gathered:
    """A scheme's content, not yet known to be sound, and the cell of every part of it by key path."""

    raw: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Cell] = field(default_factory=dict)


def gather(sheets: Mapping[str, ReadSheet], troubles: Troubles) -> Gathered:
    """What the workbook's sheets say, in the order in which a scheme file is written."""
    found = _Gathering(sheets, troubles)
    found.read()
    raw = found.raw
    order = [*(key for key in _TOP if key in raw), *(key for key in raw if key not in (*_TOP, *_PARTS, *_LAST))]
    order += [key for key in (*_PARTS, *_LAST) if key in raw]
    return Gathered({key: raw[key] for key in order}, found.places)


class _Gathering(FormPart):
    def __init__(self, sheets: Mapping[str, ReadSheet], troubles: Troubles) -> None:
        super().__init__(sheets, troubles)
        self._by_code: dict[str, int] = {}
        self._codes_read = True  # whether every indicator has a code: else nobody can say which ones there aren't

    def read(self) -> None:
        """Gather everything; what is in no sheet stays out."""
        self._basics()
        self._calendar()
        self._indicators()
        self._levels()
        self._fields()
        self._rules()
        for key, sheet in catalogue.PLAIN.items():
            self._plain(key, sheet)
        self._annexes()
        self._fixed()
        self._narrative()
        self._readings()
        self._form()
        self._guide()

    # ---- the sheets

    def _basics(self) -> None:
        known = {basic.title: basic for basic in BASICS}
        seen: dict[str, Cell] = {}
        for row in self._rows(catalogue.BASIC):
            title = self._get(row, catalogue.BASIC, "key")
            found = row.cells.get("value")
            basic = known.get(title or "")
            if basic is None:
                if title and title.isascii():
                    value = self._decoder.value(found, Sort.ANY)
                    self._put(self.raw, "", title, value, found)
                else:
                    self._troubles.error(row.cell("key"), f"不认识“{title or ''}”这一项。项目一列请不要改。")
                continue
            if basic.sort is Sort.TEXTS:
                listed = self.raw.setdefault(basic.key, [])
                value = self._decoder.value(found, Sort.TEXT)
                self._place(basic.key, row, "value")
                if value is not None:
                    self._place(f"{basic.key}[{len(listed)}]", row, "value")
                    listed.append(value)
                continue
            if basic.key in seen:
                self._troubles.error(row.cell("key"), f"“{title}”已经写在 {seen[basic.key].ref}，请只留一行。")
            seen[basic.key] = row.cell("key")
            self._put(self.raw, "", basic.key, self._decoder.value(found, basic.sort, basic.words), found)
        if catalogue.BASIC.name in self._sheets:
            for basic in BASICS:
                if basic.must and basic.key not in self.places:
                    self._troubles.error(self._head(catalogue.BASIC, "key"), f"缺少“{basic.title}”一行。请补上。")

    def _calendar(self) -> None:
        calendar = self.raw.setdefault("calendar", {})
        for key in catalogue.DAY_WORDS:
            calendar.setdefault(key, [])
        for row in self._rows(catalogue.CALENDAR):
            key, day = (self._get(row, catalogue.CALENDAR, each) for each in ("part", "day"))
            if key is None or day is None:
                if row.cells.get("part") is None or row.cells["part"].blank:
                    self._troubles.error(row.cell("part"), "没有写明是放假还是上班。")
                elif row.cells.get("day") is None or row.cells["day"].blank:
                    self._troubles.error(row.cell("day"), "没有写日期。")
                continue
            self._place(f"calendar.{key}[{len(calendar[key])}]", row, "day")
            calendar[key].append(day)

    def _indicators(self) -> None:
        indicators = self.raw.setdefault("indicators", [])
        for row in self._rows(catalogue.INDICATORS):
            table: dict[str, Any] = {}
            self._whole(row, catalogue.INDICATORS, f"indicators[{len(indicators)}]", table)
            if "code" in table:
                self._by_code.setdefault(table["code"], len(indicators))
            self._codes_read = self._codes_read and "code" in table
            indicators.append(table)
        if catalogue.INDICATORS.name in self._sheets:
            self.places.setdefault("indicators", self._head(catalogue.INDICATORS, "code"))

    def _levels(self) -> None:
        self.raw["levels"] = []
        if catalogue.LEVELS.name in self._sheets:
            self.places["levels"] = self._head(catalogue.LEVELS, "points")
        known: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {}
        for row in self._rows(catalogue.LEVELS):
            names = [self._get(row, catalogue.LEVELS, f"name{depth}") for depth in (1, 2, 3)]
            path = tuple(each for each in names if each)
            if not path or path != tuple(names[: len(path)]):
                self._troubles.error(
                    row.cell("name1"), "上一级的名称没有写。每一行都要写明一级指标，有下级的再写二级。"
                )
                continue
            for depth in range(1, len(path)):
                self._level(known, path[:depth], row)
            where, level = self._level(known, path, row)
            if f"{where}.points" in self.places:
                self._troubles.error(row.cell("points"), f"“{'›'.join(path)}”写了两行，请只留一行。")
                continue
            self._put(level, where, "points", self._get(row, catalogue.LEVELS, "points"), row.cells.get("points"))

    def _level(
        self, known: dict[tuple[str, ...], tuple[str, dict[str, Any]]], path: tuple[str, ...], row: Row
    ) -> tuple[str, dict[str, Any]]:
        """The key path and the table of a level, made where it is new."""
        if path not in known:
            above, parent = known[path[:-1]] if len(path) > 1 else ("", self.raw)
            siblings = parent.setdefault("levels", [])
            where = f"{above}.levels[{len(siblings)}]".lstrip(".")
            level: dict[str, Any] = {"name": path[-1]}
            siblings.append(level)
            known[path] = (where, level)
            self._place(where, row, f"name{len(path)}")
            self._place(f"{where}.name", row, f"name{len(path)}")
        return known[path]

    def _fields(self) -> None:
        for row in self._rows(catalogue.FIELDS):
            owner = self._get(row, catalogue.FIELDS, "owner")
            if owner == catalogue.HEAD:
                listed, where = self.raw.setdefault("head", []), "head"
            elif owner in self._by_code:
                number = self._by_code[owner]
                listed = self.raw["indicators"][number].setdefault("fields", [])
                where = f"indicators[{number}].fields"
            else:
                self._ownerless(row, "owner", owner, "所属指标", f"；表头的填报项写“{catalogue.HEAD}”")
                continue
            table: dict[str, Any] = {}
            self._field(row, catalogue.FIELDS, f"{where}[{len(listed)}]", table)
            listed.append(table)

    def _ownerless(self, row: Row, key: str, code: str | None, title: str, more: str = "") -> None:
        """Tell of a row whose indicator isn't there, unless that may be one whose code couldn't be read."""
        found = row.cells.get(key)
        if code is not None and self._codes_read:
            what = f"没有编码为“{code}”的指标。请写“指标”中的编码{more}；指标已经取消的，删去这一行。"
            self._troubles.error(row.cell(key), what)
        elif code is None and found is not None and found.blank:
            self._troubles.error(row.cell(key), f"没有写{title}。请写“指标”中的编码{more}。")

    def _field(self, row: Row, sheet: Sheet, path: str, table: dict[str, Any]) -> None:
        """A field's plain columns, and its bounds, which are of its type."""
        self._whole(row, sheet, path, table)
        self.places[path] = row.cell("id")
        for key in ("low", "high"):
            if key in sheet.by_key:
                value = self._decoder.value(row.cells.get(key), bound_sort(table.get("type", "")))
                self._put(table, path, key, value, row.cells.get(key))

    def _rules(self) -> None:
        rules = RuleRows(self._decoder, self._troubles, self.places)
        for row in self._rows(catalogue.RULES):
            code = self._get(row, catalogue.RULES, "code")
            if code not in self._by_code:
                self._ownerless(row, "code", code, "指标编码")
                continue
            number = self._by_code[code]
            rules.add(row, f"indicators[{number}].rule")
        for where, rule in rules.finished():
            number = int(where[len("indicators[") : where.index("]")])
            self.raw["indicators"][number]["rule"] = rule

    def _plain(self, key: str, sheet: Sheet) -> None:
        tables: list[dict[str, Any]] = []
        for row in self._rows(sheet):
            table: dict[str, Any] = {}
            path = f"{key}[{len(tables)}]"
            self._whole(row, sheet, path, table)
            if sheet is catalogue.CHECKS:
                whole = self._get(row, sheet, "whole")
                single = table.get("kind") == "sum" and whole is not None and len(whole) == 1
                self._put(table, path, "whole", whole[0] if whole and single else whole, row.cells.get("whole"))
            tables.append(table)
        if tables or sheet.needed:
            self.raw[key] = tables
        if sheet.name in self._sheets:
            self.places.setdefault(key, self._head(sheet, sheet.columns[0].key))

    def _annexes(self) -> None:
        known: dict[str, int] = {}
        for row in self._rows(catalogue.TABLES):
            name = self._get(row, catalogue.TABLES, "table")
            if name is None:
                self._troubles.error(row.cell("table"), "没有写附表编号。")
                continue
            tables = self.raw.setdefault("tables", [])
            if name not in known:
                known[name] = len(tables)
                tables.append({"id": name, "columns": []})
                self._place(f"tables[{known[name]}]", row, "table")
                self._place(f"tables[{known[name]}].id", row, "table")
            path, table = f"tables[{known[name]}]", tables[known[name]]
            for key in ("title", "rows"):
                value = self._get(row, catalogue.TABLES, key)
                if key in table and value not in (None, table[key]):
                    self._troubles.error(row.cell(key), f"与这一附表前面写的“{table[key]}”不同。")
                elif key not in table and (value is not None or f"{path}.{key}" not in self.places):
                    self._put(table, path, key, value, row.cells.get(key))
            column: dict[str, Any] = {}
            self._field(row, catalogue.TABLES, f"{path}.columns[{len(table['columns'])}]", column)
            table["columns"].append(column)

    def _fixed(self) -> None:
        tables = {table["id"]: (n, table) for n, table in enumerate(self.raw.get("tables", []))}
        for row in self._rows(catalogue.FIXED):
            name = self._get(row, catalogue.FIXED, "table")
            if name not in tables:
                self._troubles.error(row.cell("table"), f"没有附表“{name or ''}”。请写“附表”中的编号。")
                continue
            number, table = tables[name]
            types = {column.get("id"): column.get("type", "") for column in table["columns"]}
            rows = table.setdefault("fixed", [])
            path = f"tables[{number}].fixed[{len(rows)}]"
            self._place(path, row, "table")
            values: dict[str, Any] = {}
            for key, found in row.cells.items():
                if key != "table":
                    self._put(values, path, key, self._decoder.value(found, cell_sort(types.get(key, ""))), found)
            rows.append(values)

    def _narrative(self) -> None:
        known: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {}
        for row in self._rows(catalogue.NARRATIVE):
            names = [self._get(row, catalogue.NARRATIVE, f"heading{depth}") for depth in (1, 2, 3)]
            path = tuple(each for each in names if each)
            if not path or path != tuple(names[: len(path)]):
                self._troubles.error(
                    row.cell("heading1"), "上一级的标题没有写。每一行都要写明一级标题，有下级的再写二级。"
                )
                continue
            for depth in range(1, len(path) + 1):
                self._section(known, path[:depth], row)
            where, section = known[path]
            if all(row.cells[key].blank for key in row.cells if not key.startswith("heading")):
                continue
            fields = section.setdefault("fields", [])
            table: dict[str, Any] = {}
            self._field(row, catalogue.NARRATIVE, f"{where}.fields[{len(fields)}]", table)
            fields.append(table)

    def _section(
        self, known: dict[tuple[str, ...], tuple[str, dict[str, Any]]], path: tuple[str, ...], row: Row
    ) -> None:
        if path in known:
            return
        above, parent = known[path[:-1]] if len(path) > 1 else ("", self.raw)
        key = "sections" if above else "narrative"
        siblings = parent.setdefault(key, [])
        where = f"{above}.{key}[{len(siblings)}]".lstrip(".")
        section: dict[str, Any] = {"heading": path[-1]}
        siblings.append(section)
        known[path] = (where, section)
        self._place(where, row, f"heading{len(path)}")

    def _readings(self) -> None:
        sheet = catalogue.READINGS
        known: dict[str, int] = {}
        options: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
        for row in self._rows(sheet):
            name, option = (self._get(row, sheet, key) for key in ("id", "option"))
            readings = self.raw.setdefault("readings", [])
            if option is None:
                table: dict[str, Any] = {}
                path = f"readings[{len(readings)}]"
                self._whole(row, sheet, path, table)
                table.setdefault("indicators", [])
                known.setdefault(name or "", len(readings))
                readings.append(table)
                for number in range(len(table["indicators"])):
                    self._place(f"{path}.indicators[{number}]", row, "indicators")
            elif name not in known:
                self._troubles.error(
                    row.cell("id"),
                    f"选项“{option}”的口径“{name or ''}”没有自己的一行。请在它上面写一行，选项编号不写。",
                )
            else:
                listed = readings[known[name]].setdefault("options", [])
                path = f"readings[{known[name]}].options[{len(listed)}]"
                made = {"id": option, "text": self._get(row, sheet, "text"), "changes": {}}
                listed.append({key: value for key, value in made.items() if value is not None})
                options.setdefault((name, option), (path, listed[-1]))
                self._place(path, row, "option")
                self._place(f"{path}.id", row, "option")
                self._place(f"{path}.text", row, "text")
                for key in ("indicators", "clause", "why", "source"):
                    if key in row.cells and not row.cells[key].blank:
                        self._troubles.note(
                            row.cells[key].cell, "选项的一行不写这一格，没有读取；口径自己的一行已经写明。"
                        )
        self._changes(options)

    def _changes(self, options: Mapping[tuple[str, str], tuple[str, dict[str, Any]]]) -> None:
        rules = RuleRows(self._decoder, self._troubles, self.places)
        for row in self._rows(catalogue.CHANGES):
            name, option, code = (self._get(row, catalogue.CHANGES, key) for key in ("reading", "option", "code"))
            if (name, option) not in options:
                self._troubles.error(row.cell("option"), f"“口径”中没有口径“{name or ''}”的选项“{option or ''}”。")
            elif code not in self._by_code:
                self._ownerless(row, "code", code, "指标编码")
            else:
                rule = self.raw["indicators"][self._by_code[code]].get("rule", {})
                path, table = options[(name, option)]
                self._place(f"{path}.changes.{code}", row, "code")
                rules.add(
                    row, f"{path}.changes.{code}", str(rule.get("kind", "")), table["changes"].setdefault(code, {})
                )
        list(rules.finished())


def bound_sort(kind: str) -> Sort:
    """What the bounds of a field of this type are."""
    return {"date": Sort.DAY, "percent": Sort.PERCENT}.get(kind, Sort.NUMBER)


def cell_sort(kind: str) -> Sort:
    """What a cell that the bureau fills in for a column of this type is."""
    if kind in ("yesno", "date", "percent"):
        return {"yesno": Sort.FLAG, "date": Sort.DAY, "percent": Sort.PERCENT}[kind]
    return Sort.NUMBER if kind in ("count", "amount", "number", "score") else Sort.TEXT
