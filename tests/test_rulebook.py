"""The rule book: complete, readable, and the same as the one in docs/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rulebook import rule_book

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def huadu() -> Scheme:
    return load_scheme(find_scheme("huadu-2024"))


@pytest.fixture(scope="module")
def book(huadu: Scheme) -> str:
    return rule_book(huadu)


def test_the_one_in_docs_is_current(book: str) -> None:
    assert (DOCS / "rulebook-huadu-2024.md").read_text(encoding="utf-8") == book, "run: make docs"


def test_every_indicator_has_its_texts_fields_and_way_of_scoring(huadu: Scheme, book: str) -> None:
    chapters = re.split(r"^### ", book, flags=re.MULTILINE)
    for indicator in huadu.indicators:
        (chapter,) = [each for each in chapters if f"代码 `{indicator.code}`" in each]
        assert indicator.interpretation in chapter
        assert all(f"| `{field.id}` | {field.label} |" in chapter for field in indicator.fields)
        assert all(f"- {line}" in chapter for line in indicator.rule.explain(indicator.points))
        shown = "".join(re.findall(r"^> (.*?) *$", chapter, re.MULTILINE)).replace("\\", "").replace("&lt;", "<")
        assert shown == "".join(indicator.criteria.splitlines())


def test_rows_that_share_an_indicator_share_its_number(book: str) -> None:
    assert "### 12（1）. 采购意向公开合规性（0.5 分）" in book
    assert "### 12（2）. 采购意向公开合规性（1.5 分）" in book
    assert "### 25. “三公”经费控制情况（2 分）" in book


def test_readings_tell_why_where_and_what_else(huadu: Scheme, book: str) -> None:
    for reading in huadu.readings:
        assert f"- 理由：{reading.why}\n- 出处：{reading.source}" in book
        for option in reading.options:
            assert f"{'采用' if option.id == reading.chosen else '另一种口径'}：{option.text}（`{option.id}`）" in book


def test_a_chosen_reading_shows_as_the_one_in_force() -> None:
    book = rule_book(load_scheme(find_scheme("huadu-2024"), {"policy_cap": "uncapped"}))
    assert "采用：数值超过 100% 的，照数值计，可以超过分值。（`uncapped`）" in book
    assert "另一种口径：数值超过 100% 的，按分值计。（`capped`）" in book


def test_corrections_grades_and_calendar_are_in(huadu: Scheme, book: str) -> None:
    for correction in huadu.corrections:
        assert f"| {correction.where} | {correction.printed} | {correction.corrected} | {correction.why} |" in book
    assert all(f"| {grade.name} | {grade.text} |" in book for grade in huadu.grades)
    assert "- 2024年上班的周末：2月4日、2月18日、4月7日、4月28日、5月11日、9月14日、9月29日、10月12日" in book


def test_tables_are_whole(book: str) -> None:
    rows = [line for line in book.splitlines() if line.startswith("|")]
    heads = {number: line.count("|") for number, line in enumerate(book.splitlines()) if line.startswith("|---")}
    lines = book.splitlines()
    for number, bars in heads.items():
        following = number - 1
        while following < len(lines) and lines[following].startswith("|"):
            assert lines[following].replace("\\|", "").count("|") == bars
            following += 1
    assert rows and heads
