"""What no sheet can hold: kept on a sheet of its own, and put back where the cells still say what they said at export.

A line of it says where, what the workbook's cells were read as when it was written, and what is really there. Once
somebody has changed the cells, they are right and the line no longer counts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from perfeval_xl.authoring import catalogue
from perfeval_xl.authoring.flatten import Line
from perfeval_xl.authoring.raw import parse
from perfeval_xl.authoring.reading import ReadSheet, first_rows
from perfeval_xl.authoring.toml_text import literal
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.entries.entry import as_text
from perfeval_xl.scheme.loader import digest_of

Raw = Mapping[str, Any]

_NONE = "（没有）"
_NAMES = ("id", "code", "name", "heading", "label", "field")
_STEP = re.compile(r'"((?:[^"\\]|\\.)*)"|#(\d+)')


def leftovers(raw: Raw, read: Raw) -> list[Line]:
    """What ``read`` (the workbook's content) lacks of ``raw``, or has otherwise."""
    return [Line({"path": path, "shown": shown, "value": value}) for path, shown, value in _differences(raw, read, "")]


def _differences(raw: Any, read: Any, path: str) -> Iterator[tuple[str, str, str]]:
    if _same(raw, read):
        return
    if isinstance(raw, Mapping) and isinstance(read, Mapping):
        for key in dict.fromkeys((*raw, *read)):
            yield from _differences(raw.get(key), read.get(key), f"{path}{_step(key)}")
    elif _alike(raw, read):
        for number, (one, other) in enumerate(zip(raw, read, strict=True)):
            yield from _differences(one, other, f"{path}{_place(raw, read, number)}")
    else:
        yield path, _written(read), _written(raw)


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return digest_of({"": one}, {}) == digest_of({"": other}, {})


def _alike(one: Any, other: Any) -> bool:
    """Whether two lists are of tables, as many, so that each can be looked at by itself."""
    both = (one, other)
    return all(
        isinstance(each, list) and each and all(isinstance(item, Mapping) for item in each) for each in both
    ) and (len(one) == len(other))


def _place(raw: Sequence[Raw], read: Sequence[Raw], number: int) -> str:
    """A list's element by what it is called, where that is its own and was read; else by its number."""
    for name in _NAMES:
        value = raw[number].get(name)
        if (
            isinstance(value, str)
            and [each.get(name) for each in read].count(value) == 1 == [each.get(name) for each in raw].count(value)
            and read[number].get(name) == value
        ):
            return _step(value)
    return f"#{number}"


def _step(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _written(value: Any) -> str:
    return _NONE if value is None else literal({"value": value})


def applied(raw: dict[str, Any], sheets: Mapping[str, ReadSheet], troubles: Troubles) -> dict[str, Any]:
    """``raw`` with the leftovers put back that still hold."""
    changed = deepcopy(raw)
    for row in first_rows(sheets, catalogue.OTHER.name):
        path, shown, value = (
            as_text(row.cells[key].entry.found) if key in row.cells else "" for key in ("path", "shown", "value")
        )
        try:
            _apply(changed, _steps(path), _read(shown), _read(value))
        except (ValueError, tomllib.TOMLDecodeError):
            troubles.note(row.cell("path"), "这一行看不懂，没有采用。")
    return changed


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    end = 0
    for found in _STEP.finditer(path):
        if found.start() != end:
            raise ValueError(path)
        end = found.end()
        steps.append(int(found[2]) if found[2] else re.sub(r"\\(.)", r"\1", found[1]))
    if not steps or end != len(path):
        raise ValueError(path)
    return steps


def _read(text: str) -> Any:
    if text == _NONE:
        return None
    found = parse(f"it = {text}\n")["it"]
    if not isinstance(found, dict) or found.keys() != {"value"}:
        raise ValueError(text)
    return found["value"]


def _apply(raw: dict[str, Any], steps: list[str | int], shown: Any, value: Any) -> None:
    """Put ``value`` at the end of ``steps``, where there now stands ``shown``; else leave all as it is."""
    holder: Any = raw
    for step in steps[:-1]:
        holder = _below(holder, step)
        if not isinstance(holder, dict | list):
            return
    last = steps[-1]
    if isinstance(holder, list):
        number = _number(holder, last)
        if number is not None and _same(holder[number], shown) and value is not None:
            holder[number] = value
    elif isinstance(last, str) and _same(holder.get(last), shown):
        if value is None:
            holder.pop(last, None)
        else:
            holder[last] = value


def _below(holder: Any, step: str | int) -> Any:
    if isinstance(holder, list):
        number = _number(holder, step)
        return None if number is None else holder[number]
    return holder.get(step) if isinstance(holder, dict) else None


def _number(listed: list[Any], step: str | int) -> int | None:
    if isinstance(step, int):
        return step if step < len(listed) else None
    found = [
        number
        for number, each in enumerate(listed)
        if isinstance(each, dict) and any(each.get(name) == step for name in _NAMES)
    ]
    return found[0] if len(found) == 1 else None
