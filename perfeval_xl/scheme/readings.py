"""Readings of unclear clauses: what a scheme offers, what a round chooses, and the rules that follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from perfeval_xl.scheme.model import Option, Reading
from perfeval_xl.scheme.sections import Places, read_each
from perfeval_xl.scheme.spec import Spec

Parameters = Mapping[str, Any]


def read_readings(specs: list[Spec]) -> tuple[Reading, ...]:
    """All readings, each with its first option chosen. A parameter may be changed by one reading only."""
    places = Places()
    changed: dict[tuple[str, str], str] = {}

    def one(spec: Spec) -> Reading:
        reading = _read_reading(spec, places)
        for code, parameter in sorted(_touched(reading)):
            other = changed.setdefault((code, parameter), reading.id)
            if other != reading.id:
                spec.problem("options", f"{code} 的参数 {parameter} 已由口径 {other!r} 改动，两处会互相覆盖")
        return reading

    return read_each(specs, one)


def _read_reading(spec: Spec, places: Places) -> Reading:
    options = read_each(spec.tables("options", optional=True), _read_option)
    reading = Reading(
        id=spec.text("id"),
        indicators=spec.texts("indicators"),
        clause=spec.text("clause"),
        text=spec.text("text") if not options else options[0].text,
        why=spec.text("why"),
        source=spec.text("source"),
        options=options,
        chosen=options[0].id if options else "",
    )
    places.add(spec, "口径", reading.id)
    if len(options) == 1:
        spec.problem("options", "只有一种口径时不写 options，直接写 text")
    ids = [option.id for option in options]
    for number, option in enumerate(options):
        where = f"options[{number}]"
        if option.id in ids[:number]:
            spec.problem(f"{where}.id", f"{option.id!r} 重复")
        for code in option.changes:
            if code not in reading.indicators:
                spec.problem(f"{where}.changes.{code}", "不在本口径的 indicators 之中")
            if "kind" in option.changes[code]:
                spec.problem(f"{where}.changes.{code}.kind", "口径只能改参数，不能换评分规则")
    return reading


def _read_option(spec: Spec) -> Option:
    table = spec.table("changes")
    changes = {code: table.table(code).raw() for code in table.raw()}
    return Option(spec.text("id"), spec.text("text"), changes)


def _touched(reading: Reading) -> set[tuple[str, str]]:
    return {
        (code, parameter)
        for option in reading.options
        for code, parameters in option.changes.items()
        for parameter in parameters
    }


def choose(readings: Sequence[Reading], choices: Mapping[str, str], root: Spec) -> tuple[Reading, ...]:
    """The readings with ``choices`` (reading id → option id) in force; unknown ones are noted under ``readings``."""
    known = {reading.id: reading for reading in readings}
    for reading_id, option_id in choices.items():
        reading = known.get(reading_id)
        if reading is None or not reading.options:
            able = "、".join(each.id for each in readings if each.options) or "无"
            root.problem("readings", f"没有可选的口径 {reading_id!r}（可选：{able}）")
        elif option_id not in {option.id for option in reading.options}:
            offered = "、".join(option.id for option in reading.options)
            root.problem("readings", f"口径 {reading_id!r} 没有 {option_id!r} 这一项（可选：{offered}）")
    return tuple(_chosen(reading, choices.get(reading.id, reading.chosen)) for reading in readings)


def _chosen(reading: Reading, option_id: str) -> Reading:
    for option in reading.options:
        if option.id == option_id:
            return replace(reading, chosen=option.id, text=option.text)
    return reading


def in_force(parameters: Parameters, code: str, readings: Sequence[Reading]) -> dict[str, Any]:
    """The parameters of ``code``'s rule as the chosen options change them."""
    changed = dict(parameters)
    for reading in readings:
        for option in reading.options:
            if option.id == reading.chosen:
                changed.update(option.changes.get(code, {}))
    return changed


def others(
    parameters: Parameters, code: str, readings: Sequence[Reading]
) -> Iterator[tuple[Reading, Option, dict[str, Any], str]]:
    """The parameters of ``code``'s rule under every option that is not chosen, one reading at a time.

    Yields the reading, the option, the parameters, and the key path of the option's changes in the file.
    """
    for place, reading in enumerate(readings):
        if all(code not in option.changes for option in reading.options):
            continue
        for number, option in enumerate(reading.options):
            if option.id != reading.chosen:
                swapped = [*readings[:place], replace(reading, chosen=option.id), *readings[place + 1 :]]
                where = f"readings[{place}].options[{number}].changes.{code}"
                yield reading, option, in_force(parameters, code, swapped), where
