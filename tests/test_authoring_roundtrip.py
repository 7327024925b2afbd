"""TOML → workbook → TOML: nothing is lost, be the scheme sound or odd, and be the workbook saved by another program."""

from __future__ import annotations

import io
import random
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.authoring.catalogue import SHEETS
from perfeval_xl.authoring.flatten import flatten
from perfeval_xl.authoring.gather import gather
from perfeval_xl.authoring.importing import import_workbook
from perfeval_xl.authoring.leftovers import applied, leftovers
from perfeval_xl.authoring.raw import parse
from perfeval_xl.authoring.reading import read_workbook
from perfeval_xl.authoring.toml_text import toml_text
from perfeval_xl.authoring.trouble import Troubles
from perfeval_xl.authoring.workbook import authoring_workbook
from tests.authoring import SCHEMES, content, digest, exported, imported

D = Decimal
TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "",
        " ",
        "是",
        "否",
        "[甲]",
        "甲、乙",
        "=1+1",
        "2 分",
        "10%",
        "2024-02-30",
        '"""',
        "a\nb",
        " 两端 ",
        "\t",
        "'",
        "示例",
        "\r\n",
    ]
)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=7)
VALUES = st.one_of(
    TEXTS,
    NUMBERS,
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.dates(date(1950, 1, 1), date(2090, 1, 1)),
    st.lists(TEXTS, max_size=3),
    st.just({}),
    st.just([]),
    st.just([{"a": 1}]),
    st.just({"odd key": {"deep": "x"}}),
)
KEPT = {"id", "version", "year", "title", "authority", "indicators"}
"""What any scheme has; without these there is no workbook."""


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_comes_back_whole(name: str) -> None:
    found = import_workbook(exported(name), "方案.xlsx")
    assert not found.errors
    assert found.text is not None
    assert digest(parse(found.text)) == digest(content(name))


@pytest.mark.parametrize("name", SCHEMES)
def test_our_own_schemes_leave_nothing_over(name: str) -> None:
    """The sheet of leftovers is for what nobody foresaw."""
    assert "其他" not in read_workbook(exported(name), "方案.xlsx", Troubles())


@pytest.mark.parametrize("name", SCHEMES)
def test_the_same_scheme_gives_the_same_bytes(name: str) -> None:
    assert authoring_workbook(content(name)) == exported(name)


def test_every_sheet_is_flattened() -> None:
    assert {*flatten(content()), "其他"} == {sheet.name for sheet in SHEETS}


def mutated(raw: dict[str, Any], seed: int, value: Any) -> dict[str, Any]:
    """A scheme with something changed, dropped, added or moved at a random place."""
    dice, changed = random.Random(seed), deepcopy(raw)
    holder: Any = changed
    for depth in range(dice.randrange(1, 7)):
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        below = [key for key in keys if isinstance(holder[key], dict | list) and holder[key]]
        if not below or (depth > 1 and dice.random() < 0.2):
            break
        holder = holder[dice.choice(below)]
    if isinstance(holder, list):
        if all(isinstance(each, dict) for each in holder):
            dice.choice((holder.reverse, holder.pop, lambda: holder.append(deepcopy(dice.choice(holder)))))()
        else:
            holder[dice.randrange(len(holder))] = value
        return changed
    free = [key for key in holder if holder is not changed or key not in KEPT]
    key = dice.choice([*free, "new_key"])
    if key != "new_key" and dice.random() < 0.3:
        del holder[key]
    else:
        holder[key] = value
    return changed


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(SCHEMES), st.lists(st.tuples(st.integers(0, 10**9), VALUES), min_size=1, max_size=4))
def test_an_odd_scheme_loses_nothing_either(name: str, changes: list[tuple[int, Any]]) -> None:
    raw = content(name)
    for seed, value in changes:
        raw = mutated(raw, seed, value)
    if not raw["indicators"] or not all(isinstance(each, dict) for each in raw["indicators"]):
        return
    troubles = Troubles()
    sheets = read_workbook(authoring_workbook(raw), "方案.xlsx", troubles)
    assert digest(applied(gather(sheets, troubles).raw, sheets, troubles)) == digest(raw)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), VALUES), min_size=1, max_size=6))
def test_the_text_says_what_was_meant(changes: list[tuple[int, Any]]) -> None:
    raw = content("project-2020")
    for seed, value in changes:
        raw = mutated(raw, seed, value)
    assert digest(parse(toml_text(raw, "多行\n说明"))) == digest(raw)


def test_long_numbers_stay_exact() -> None:
    raw = content()
    rule = next(each["rule"] for each in raw["indicators"] if each["rule"]["kind"] == "overrun_steps")
    rule["step"] = D("0.05000000000000000000001")
    found = import_workbook(authoring_workbook(raw), "方案.xlsx")
    assert found.text is not None
    assert digest(parse(found.text)) == digest(raw)


def test_a_leftover_lapses_once_its_cell_was_changed() -> None:
    """What somebody typed is right, not what the program remembered."""
    raw = content()
    raw["note"] = "  两端有空格  "
    read = content()
    read["note"] = "两端有空格"
    (line,) = leftovers(raw, read)
    assert line.values["path"] == '"note"'
    data = authoring_workbook(raw)
    found = import_workbook(data, "方案.xlsx")
    assert found.text is not None and parse(found.text)["note"] == "  两端有空格  "

    book = openpyxl.load_workbook(io.BytesIO(data))
    for cells in book["基本信息"].iter_rows(min_row=4):
        if cells[0].value == "表注":
            cells[1].value = "新的表注"
    out = io.BytesIO()
    book.save(out)
    found = import_workbook(out.getvalue(), "方案.xlsx")
    assert found.text is not None and parse(found.text)["note"] == "新的表注"


def test_saved_by_another_library_it_is_the_same() -> None:
    found = imported(lambda book: None)
    assert found.text is not None
    assert digest(parse(found.text)) == digest(content())
