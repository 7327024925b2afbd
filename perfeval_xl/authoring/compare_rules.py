"""What differs between two rules of one indicator, in words: bands by their edges, parts by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from perfeval_xl.authoring.rules_words import Bands, Kind, Parameter, Parts, Sort, kind_named
from perfeval_xl.authoring.shown import NOTHING, band_of, band_words, change, show

Raw = Mapping[str, Any]
Difference = tuple[str, str, str]
"""What is different, before, after."""


def rule_differences(before: Raw, after: Raw, points: Decimal, label: Callable[[str], str]) -> Iterator[Difference]:
    """What is different between two rule tables. ``points`` are the indicator's, ``label`` names a field."""
    kind = kind_named(str(after.get("kind", "")))
    if before.get("kind") != after.get("kind"):
        yield "规则类型", kind_named(str(before.get("kind", ""))).word, kind.word
        return
    yield from parameter_differences(kind, before, after, points, label)


def parameter_differences(
    kind: Kind, before: Raw, after: Raw, points: Decimal, label: Callable[[str], str]
) -> Iterator[Difference]:
    """The same for two rules of one kind, or for what a reading changes in such a rule."""
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old == new or key == "kind":
            continue
        if key in kind.bands and isinstance(old, list) and isinstance(new, list):
            yield from _bands(kind.bands[key], old, new, points)
        elif key in kind.parts and isinstance(old, list) and isinstance(new, list):
            yield from _parts(kind.parts[key], old, new, label)
        else:
            yield _simple(kind.simple.get(key, Parameter(key, key, Sort.ANY)), old, new, label)


def _simple(parameter: Parameter, old: Any, new: Any, label: Callable[[str], str]) -> Difference:
    if parameter.sort in (Sort.ID, Sort.IDS):
        named = [_labels(each, label) for each in (old, new)]
        return parameter.word, *change(*named)
    return parameter.word, *change(old, new, parameter.sort, parameter.words)


def _labels(value: Any, label: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return label(value)
    return "、".join(map(label, value)) if isinstance(value, list) else value


def _bands(bands: Bands, old: Sequence[Raw], new: Sequence[Raw], points: Decimal) -> Iterator[Difference]:
    """Bands with the same ends may yield something else; bands that yield the same may have other ends."""
    left, right = list(old), list(new)
    for one, other in _matched(left, right, lambda each: band_of(each)):
        if one.get(bands.value) != other.get(bands.value):
            values = change(one.get(bands.value), other.get(bands.value), bands.yields)
            yield f"{band_words(other, bands.sort)}的{bands.value_word}", *values
        left.remove(one)
        right.remove(other)
    for one, other in _matched(left, right, lambda each: each.get(bands.value)):
        yield _edges(bands, one, other, points)
        left.remove(one)
        right.remove(other)
    for one in left:
        yield "取消一档", _whole(bands, one), NOTHING
    for other in right:
        yield "增加一档", NOTHING, _whole(bands, other)


def _matched(left: Sequence[Raw], right: Sequence[Raw], key: Callable[[Raw], Any]) -> list[tuple[Raw, Raw]]:
    """The pairs that have the same key, where on either side only one has it."""
    keys = [key(each) for each in left], [key(each) for each in right]
    return [
        (one, right[keys[1].index(own)])
        for one, own in zip(left, keys[0], strict=True)
        if keys[0].count(own) == 1 and keys[1].count(own) == 1
    ]


def _edges(bands: Bands, one: Raw, other: Raw, points: Decimal) -> Difference:
    value = other.get(bands.value)
    full = bands.yields is Sort.POINTS and bands.value == "score" and value == points
    what = "满分线" if full else f"{_said(bands, value)}的一档"
    before, after = band_of(one), band_of(other)
    ends = [[(e, v) for e, v in each.items() if e in ("ge", "gt", "le", "lt")] for each in (one, other)]
    if len(ends[0]) == len(ends[1]) == 1 and ends[0][0][0] == ends[1][0][0] and before != after:
        return what, show(ends[0][0][1], bands.sort), show(ends[1][0][1], bands.sort)
    return what, band_words(one, bands.sort), band_words(other, bands.sort)


def _said(bands: Bands, value: Any) -> str:
    if bands.yields is Sort.TEXT:
        return f"“{value}”"
    return f"{'得' if bands.value == 'score' else bands.value_word} {show(value, bands.yields)}"


def _whole(bands: Bands, table: Raw) -> str:
    return f"{band_words(table, bands.sort)}，{_said(bands, table.get(bands.value))}"


def _parts(parts: Parts, old: Sequence[Raw], new: Sequence[Raw], label: Callable[[str], str]) -> Iterator[Difference]:
    known = {each.key: each for each in parts.parameters}
    left, right = list(old), list(new)
    for one, other in _matched(left, right, lambda each: each.get(parts.name)):
        for key in dict.fromkeys((*one, *other)):
            if one.get(key) != other.get(key):
                parameter = known.get(key, Parameter(key, key, Sort.ANY))
                what, before, after = _simple(parameter, one.get(key), other.get(key), label)
                yield f"{_name(parts, other, label)}：{what}", before, after
        left.remove(one)
        right.remove(other)
    for one in left:
        yield f"取消{parts.word}", _part(parts, one, label), NOTHING
    for other in right:
        yield f"增加{parts.word}", NOTHING, _part(parts, other, label)
    if not left and not right and [each.get(parts.name) for each in old] != [each.get(parts.name) for each in new]:
        orders = ["、".join(_name(parts, each, label) for each in each_order) for each_order in (old, new)]
        yield f"{parts.word}的顺序", orders[0], orders[1]


def _name(parts: Parts, table: Raw, label: Callable[[str], str]) -> str:
    name = str(table.get(parts.name, ""))
    return f"“{label(name) if parts.name == 'field' else name}”"


def _part(parts: Parts, table: Raw, label: Callable[[str], str]) -> str:
    """A part with its parameters: “自评”（分值 1 分，核对方式 全部为“是”，…）."""
    said = [
        f"{each.word} {_simple(each, None, table[each.key], label)[2]}"
        for each in parts.parameters
        if each.key in table and each.key != parts.name
    ]
    return f"{_name(parts, table, label)}（{'，'.join(said)}）" if said else _name(parts, table, label)
