"""docs/data.md: its code runs as printed on the sample district's tables, and prints what stands below it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest

from docs.data_page import PAGE, exported, refreshed
from perfeval_xl import dataset
from perfeval_xl.dataset.csvfile import head
from perfeval_xl.dataset.schema import Kind, Table
from perfeval_xl.report import formula_safe
from tests.demos import Demo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> Iterator[Path]:
    with exported(demo.folder, demo.district, tmp_path_factory.mktemp("page"), dataset.FORMATS) as folder:
        yield Path(folder).resolve()
    pandas.reset_option("display.unicode.east_asian_width")


@pytest.fixture(scope="module")
def ran(tables: Path) -> dict[str, Any]:
    """The page as it would be now, and the names that its code leaves."""
    names: dict[str, Any] = {}
    return {"page": refreshed(PAGE.read_text(encoding="utf-8"), names), **names}


def test_the_page_shows_what_its_code_prints(ran: dict[str, Any]) -> None:
    assert ran["page"] == PAGE.read_text(encoding="utf-8"), "run: make docs"


def test_every_piece_of_python_has_its_output(ran: dict[str, Any]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("```python\n") == page.count("```text\n") == 4
    assert "```text\n```" not in ran["page"]


@pytest.mark.parametrize("table", dataset.TABLES, ids=lambda each: each.name)
def test_csv_by_the_dictionary_and_parquet_give_the_same_values(
    tables: Path, ran: dict[str, Any], table: Table
) -> None:
    by_dictionary, parquet = ran[table.name], pandas.read_parquet(tables / f"{table.name}.parquet")
    assert list(by_dictionary) == list(parquet) == head(table.columns)
    assert len(by_dictionary) == len(parquet) > 100
    for column in table.columns:
        ours, theirs = by_dictionary[column.name], parquet[column.name]
        if column.kind is Kind.TEXT:
            safe = [formula_safe(each).replace("\r\n", "\n") for each in theirs]
            assert [each.replace("\r\n", "\n") for each in ours] == safe
            continue
        assert ours.isna().tolist() == theirs.isna().tolist()
        days = column.kind in (Kind.DATE, Kind.DATETIME)
        there = [[pandas.Timestamp(each) if days else each for each in values.dropna()] for values in (ours, theirs)]
        assert there[0] == there[1]
