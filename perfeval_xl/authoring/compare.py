"""What differs between two schemes, in words: 结转结余率：满分线 10% → 8%.

Things are matched by their ids; an indicator that has another id is taken for the same where its name is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.catalogue import Column
from perfeval_xl.authoring.compare_rules import parameter_differences, rule_differences
from perfeval_xl.authoring.rules_words import Sort, kind_named
from perfeval_xl.authoring.shown import NOTHING, change, show
from perfeval_xl.authoring.words import BASICS
from perfeval_xl.scheme.loader import digest_of

Raw = Mapping[str, Any]

_BELOW = frozenset({"fields", "rule", "options", "columns", "sections", "levels", "fixed", "facts", "rows", "changes"})
"""Keys of a table that hold what is compared on its own."""


@dataclass(frozen=True)
class Change:
    """One difference: the part of the scheme (a sheet's name), whose, what, and how it was and is. What was added has
    （无） for ``before``, what was dropped for ``after``."""

    part: str
    subject: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        said = "：".join(filter(None, (self.subject, self.what)))
        if NOTHING in (self.before, self.after):
            verb, thing = ("增加", self.after) if self.before == NOTHING else ("取消", self.before)
            told = thing if self.what.startswith(verb) else f"{verb} {thing}"
            return f"{said}：{told}" if said else told
        return f"{said} {self.before} → {self.after}"


def compare(before: Raw, after: Raw) -> list[Change]:
    """Every difference between two schemes' contents, a part of the scheme after the other; empty where there is none.

    Two contents that differ in anything that loader.digest_of tells apart differ here too.
    """
    found = list(dict.fromkeys(_Comparison(before, after).changes()))
    parts = list(dict.fromkeys(each.part for each in found))
    found.sort(key=lambda each: parts.index(each.part))
    if not found and digest_of(before, {}) != digest_of(after, {}):
        found.append(Change("其他", "", "写法", "没有写明的各项", "内容相同，但不是同一份"))
    return found


def changes_json(changes: Sequence[Change]) -> list[dict[str, str]]:
    """The changes as ``perfeval scheme diff --format json`` prints them."""
    return [asdict(each) for each in changes]


class _Comparison:
    def __init__(self, before: Raw, after: Raw) -> None:
        self._before = before
        self._after = after
        self._labels = _labels(before) | _labels(after)
        self._names = {each["code"]: each["name"] for raw in (before, after) for each in raw["indicators"]}

    def changes(self) -> Iterator[Change]:
        """All of them, in the order of the form."""
        yield from self._basics()
        yield from self._levels()
        yield from self._indicators()
        yield from self._keyed("等级", "grades", catalogue.GRADES.columns, ("name",))
        yield from self._fields("表头", self._before.get("head", []), self._after.get("head", []), catalogue.HEAD)
        yield from self._tables()
        yield from self._narrative()
        yield from self._readings()
        yield from self._keyed("勾稽", "checks", catalogue.CHECKS.columns, ())
        yield from self._keyed("更正", "corrections", catalogue.CORRECTIONS.columns, ())
        yield from self._keyed("旧版本", "earlier", catalogue.EARLIER.columns, ())
        yield from self._calendar()
        for part, key in (("版面", "form"), ("填写说明", "guide")):
            yield from _tree(part, "", *(_rest(raw.get(key)) for raw in (self._before, self._after)))
        known = {"levels", "indicators", "grades", "head", "tables", "narrative", "readings", "checks", "corrections"}
        known |= {"earlier", "calendar", "form", "guide", "scoring"}
        for key in dict.fromkeys((*self._before, *self._after)):
            if key not in known and key not in _BASIC_KEYS:
                yield from _tree("其他", key, self._before.get(key), self._after.get(key))

    def label(self, field: str) -> str:
        """A field as it is called in a sentence."""
        return self._labels.get(field, field)

    # ---- the parts

    def _basics(self) -> Iterator[Change]:
        for basic in BASICS:
            old, new = (_at(raw, basic.key) for raw in (self._before, self._after))
            if isinstance(old, list) and isinstance(new, list):
                yield from _listed("基本信息", basic.title, old, new)
            elif old != new and basic.key != "calendar.source":
                yield Change("基本信息", "", basic.title, *change(old, new, basic.sort, basic.words))
        yield from _tree("基本信息", "", *(_rest(raw.get("scoring")) for raw in (self._before, self._after)))

    def _levels(self) -> Iterator[Change]:
        old, new = (dict(_flat_levels(raw.get("levels", []), "")) for raw in (self._before, self._after))
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) == new.get(name):
                continue
            if name in old and name in new:
                yield Change("分级", name, "分值", *change(old[name], new[name], Sort.POINTS))
            else:
                shown = [f"{name} {show(each[name], Sort.POINTS)}" if name in each else NOTHING for each in (old, new)]
                yield Change("分级", "", "", *shown)
        if set(old) == set(new) and list(old) != list(new):
            yield Change("分级", "", "顺序", "、".join(old), "、".join(new))

    def _indicators(self) -> Iterator[Change]:
        old, new = ({each["code"]: each for each in raw["indicators"]} for raw in (self._before, self._after))
        same = _same_indicators(old, new)
        for code, table in old.items():
            if code not in same:
                yield Change("指标", "", "", _indicator_words(table), NOTHING)
        for code, table in new.items():
            if code not in same.values():
                yield Change("指标", "", "", NOTHING, _indicator_words(table))
        for code, other in same.items():
            yield from self._indicator(old[code], new[other])
        kept = [same[code] for code in old if code in same]
        order = [code for code in new if code in same.values()]
        if kept != order:
            yield Change(
                "指标", "", "顺序", *("、".join(self._names[each] for each in codes) for codes in (kept, order))
            )

    def _indicator(self, old: Raw, new: Raw) -> Iterator[Change]:
        subject = self._subject(new)
        if old["code"] != new["code"]:
            yield Change("指标", subject, "编码", old["code"], new["code"])
        yield from _columns("指标", subject, old, new, catalogue.INDICATORS.columns[1:])
        for what, before, after in rule_differences(
            old.get("rule", {}), new.get("rule", {}), Decimal(new["points"]), self.label
        ):
            yield Change("评分规则", subject, what, before, after)
        yield from self._fields("录入项", old.get("fields", []), new.get("fields", []), subject)

    def _subject(self, table: Raw) -> str:
        names = [each["name"] for each in self._after["indicators"]]
        return f"{table['name']}（{table['code']}）" if names.count(table["name"]) > 1 else str(table["name"])

    def _fields(self, part: str, before: Sequence[Raw], after: Sequence[Raw], subject: str) -> Iterator[Change]:
        old, new = ({each["id"]: each for each in fields} for fields in (before, after))
        for name in dict.fromkeys((*old, *new)):
            if name in old and name in new:
                whose = f"{subject}：“{new[name]['label']}”" if part != catalogue.HEAD else f"“{new[name]['label']}”"
                yield from _columns(part, whose, old[name], new[name], catalogue.FIELDS.columns[2:])
            else:
                shown = [f"“{each[name]['label']}”（{name}）" if name in each else NOTHING for each in (old, new)]
                yield Change(part, subject, "录入项", *shown)
        kept = [[each for each in fields if each in old and each in new] for fields in (old, new)]
        if kept[0] != kept[1]:
            yield Change(part, subject, "录入项的顺序", *("、".join(map(self.label, each)) for each in kept))

    def _tables(self) -> Iterator[Change]:
        old, new = ({each["id"]: each for each in raw.get("tables", [])} for raw in (self._before, self._after))
        for name in dict.fromkeys((*old, *new)):
            if name not in old or name not in new:
                shown = [f"《{each[name]['title']}》（{name}）" if name in each else NOTHING for each in (old, new)]
                yield Change("附表", "", "", *shown)
                continue
            title = str(new[name]["title"])
            yield from _columns("附表", title, old[name], new[name], catalogue.TABLES.columns[1:3])
            yield from self._fields("附表", old[name].get("columns", []), new[name].get("columns", []), title)
            yield from _tree("固定行", title, old[name].get("fixed"), new[name].get("fixed"))

    def _narrative(self) -> Iterator[Change]:
        old, new = (list(_flat_sections(raw.get("narrative", []), "")) for raw in (self._before, self._after))
        yield from _listed("叙述", "标题", [each for each, _ in old], [each for each, _ in new])
        fields = [[field for _, own in each for field in own] for each in (old, new)]
        yield from self._fields("叙述", fields[0], fields[1], "自评说明")
        places = [{field["id"]: heading for heading, own in each for field in own} for each in (old, new)]
        for name, heading in places[0].items():
            if places[1].get(name, heading) != heading:
                yield Change("叙述", self.label(name), "所在标题", heading, places[1][name])

    def _readings(self) -> Iterator[Change]:
        old, new = ({each["id"]: each for each in raw.get("readings", [])} for raw in (self._before, self._after))
        for name in dict.fromkeys((*old, *new)):
            if name not in old or name not in new:
                shown = [f"“{each[name]['clause']}”（{name}）" if name in each else NOTHING for each in (old, new)]
                yield Change("口径", "", "", *shown)
                continue
            yield from _columns("口径", name, old[name], new[name], catalogue.READINGS.columns)
            options = [{each["id"]: each for each in one.get("options", [])} for one in (old[name], new[name])]
            yield from _listed("口径", f"{name}：选项", list(options[0]), list(options[1]))
            for option in options[0].keys() & options[1].keys():
                yield from self._option(f"{name}：{option}", options[0][option], options[1][option])

    def _option(self, subject: str, old: Raw, new: Raw) -> Iterator[Change]:
        yield from _columns("口径", subject, old, new, catalogue.READINGS.columns)
        before, after = old.get("changes", {}), new.get("changes", {})
        rules = {each["code"]: (each.get("rule", {}), each["points"]) for each in self._after["indicators"]}
        for code in dict.fromkeys((*before, *after)):
            rule, points = rules.get(code, ({}, 0))
            kind = kind_named(str(rule.get("kind", "")))
            both = (before.get(code, {}), after.get(code, {}))
            for what, was, is_ in parameter_differences(kind, *both, Decimal(points), self.label):
                yield Change("口径参数", f"{subject}：{self._names.get(code, code)}", what, was, is_)
        if before.keys() != after.keys():
            yield Change("口径参数", subject, "改动的指标", *(show(list(each)) for each in (before, after)))

    def _keyed(self, part: str, key: str, columns: Sequence[Column], names: tuple[str, ...]) -> Iterator[Change]:
        """A list of plain tables, matched by ``names``; without such, what isn't in both is added or dropped."""
        before, after = (list(raw.get(key, [])) for raw in (self._before, self._after))
        if names:
            old, new = (
                {tuple(each.get(name) for name in names): each for each in tables} for tables in (before, after)
            )
            for name in dict.fromkeys((*old, *new)):
                if name in old and name in new:
                    yield from _columns(part, "".join(map(str, name)), old[name], new[name], columns)
                else:
                    yield Change(
                        part, "", "", *(show(each[name]["name"]) if name in each else NOTHING for each in (old, new))
                    )
            if set(old) == set(new) and list(old) != list(new):
                yield Change(part, "", "顺序", *("、".join("".join(map(str, n)) for n in each) for each in (old, new)))
            return
        dropped = [each for each in before if each not in after]
        added = [each for each in after if each not in before]
        for one in dropped:
            yield Change(part, "", "", self._row_words(one, columns), NOTHING)
        for one in added:
            yield Change(part, "", "", NOTHING, self._row_words(one, columns))
        if before != after and not dropped and not added:
            yield Change(part, "", "先后或重复", f"{len(before)} 条", f"{len(after)} 条")

    def _row_words(self, table: Raw, columns: Sequence[Column]) -> str:
        known = {each.key: each for each in columns}
        said = []
        for key, value in table.items():
            column = known.get(key, Column(key, key, Sort.ANY, 0))
            if key in ("indicator",):
                continue
            names = [self.label(each) for each in value] if isinstance(value, list) else value
            shown = self.label(value) if isinstance(value, str) and column.sort in (Sort.ID, Sort.IDS) else names
            said.append(f"{column.title} {show(shown, column.sort, column.words)}")
        return "，".join(said)

    def _calendar(self) -> Iterator[Change]:
        old, new = self._before.get("calendar", {}), self._after.get("calendar", {})
        if old.get("source") != new.get("source"):
            yield Change("日历", "", "依据", *change(old.get("source"), new.get("source")))
        for key, word in catalogue.DAY_WORDS.items():
            days = [set(each.get(key, [])) for each in (old, new)]
            for gone, before in ((days[0] - days[1], True), (days[1] - days[0], False)):
                if gone:
                    said = f"{word} {'、'.join(str(day) for day in sorted(gone))}"
                    yield Change("日历", "", "", *((said, NOTHING) if before else (NOTHING, said)))
            if days[0] == days[1] and old.get(key) != new.get(key):
                yield Change("日历", word, "先后或重复", f"{len(old.get(key, []))} 日", f"{len(new.get(key, []))} 日")


_BASIC_KEYS = {basic.key.split(".")[0] for basic in BASICS}


def _at(raw: Raw, path: str) -> Any:
    value: Any = raw
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _rest(table: Any) -> Any:
    """What a table holds beside the basics."""
    known = {basic.key.split(".")[-1] for basic in BASICS if "." in basic.key}
    return {key: value for key, value in table.items() if key not in known} if isinstance(table, Mapping) else {}


def _columns(part: str, subject: str, old: Raw, new: Raw, columns: Sequence[Column]) -> Iterator[Change]:
    """What differs in two tables of plain values; keys that no column is about are told by their own names."""
    known = {each.key: each for each in columns}
    paths = dict.fromkeys(path for table in (old, new) for path in _paths(table))
    for path in paths:
        before, after = _at(old, path), _at(new, path)
        if before != after and path not in ("code",):
            column = known.get(path, Column(path, path, Sort.ANY, 0))
            if column.sort is Sort.ANY and "percent" in (old.get("type"), new.get("type")):
                column = Column(path, column.title, Sort.PERCENT, 0)
            yield Change(part, subject, column.title.strip("…"), *change(before, after, column.sort, column.words))


def _paths(table: Raw, above: str = "") -> Iterator[str]:
    for key, value in table.items():
        nested = isinstance(value, Mapping) or (
            isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
        )
        if key in _BELOW and nested:
            continue
        if isinstance(value, Mapping):
            yield from _paths(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def _listed(part: str, what: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    for one in old:
        if one not in new:
            yield Change(part, "", what, show(one), NOTHING)
    for one in new:
        if one not in old:
            yield Change(part, "", what, NOTHING, show(one))
    if list(old) != list(new) and all(each in new for each in old) and all(each in old for each in new):
        yield Change(part, "", f"{what}的先后", show(list(old)), show(list(new)))


def _tree(part: str, subject: str, old: Any, new: Any) -> Iterator[Change]:
    """Values of any shape, told by their place."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _tree(part, f"{subject}.{key}".lstrip("."), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and any(isinstance(each, Mapping) for each in (*old, *new)):
        for number, (one, other) in enumerate(zip_longest(old, new), start=1):
            yield from _tree(part, f"{subject} 第 {number} 项", one, other)
    else:
        yield Change(part, subject, "", *change(old, new))


def _flat_levels(levels: Sequence[Raw], above: str) -> Iterator[tuple[str, Any]]:
    for level in levels:
        name = f"{above}{level['name']}"
        yield name, level["points"]
        yield from _flat_levels(level.get("levels", []), f"{name}›")


def _flat_sections(sections: Sequence[Raw], above: str) -> Iterator[tuple[str, Sequence[Raw]]]:
    for section in sections:
        heading = f"{above}{section['heading']}"
        yield heading, section.get("fields", [])
        yield from _flat_sections(section.get("sections", []), f"{heading}›")


def _labels(raw: Raw) -> dict[str, str]:
    fields = [*raw.get("head", []), *(field for each in raw["indicators"] for field in each.get("fields", []))]
    fields += [field for _, own in _flat_sections(raw.get("narrative", []), "") for field in own]
    return {each["id"]: each["label"] for each in fields}


def _indicator_words(table: Raw) -> str:
    rule = kind_named(str(table.get("rule", {}).get("kind", ""))).word
    return f"“{_inner(str(table['name']))}”（{table['code']}，{show(table['points'], Sort.POINTS)}，{rule}）"


def _inner(name: str) -> str:
    """A name that is to stand between quotation marks."""
    return name.replace("“", "‘").replace("”", "’")


def _same_indicators(old: Mapping[str, Raw], new: Mapping[str, Raw]) -> dict[str, str]:
    """Code → code of what is taken for the same indicator."""
    same = {code: code for code in old if code in new}
    left = [code for code in old if code not in same]
    right = [code for code in new if code not in same]
    names = [old[code]["name"] for code in left], [new[code]["name"] for code in right]
    for code, name in zip(left, names[0], strict=True):
        if names[0].count(name) == 1 and names[1].count(name) == 1:
            same[code] = right[names[1].index(name)]
    return same
