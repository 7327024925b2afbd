"""Next year's scheme out of this year's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from perfeval_xl.authoring.compare import compare
from perfeval_xl.authoring.derive import derive
from perfeval_xl.authoring.raw import parse
from perfeval_xl.authoring.toml_text import toml_text
from perfeval_xl.errors import PerfevalError
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from tests.authoring import SCHEMES, content

SOURCE = find_scheme("huadu-2024")


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_has_a_next_year_that_loads(name: str) -> None:
    made = derive(find_scheme(name), "next-year")
    scheme = load_scheme(made.text)
    assert (scheme.id, scheme.version, scheme.year) == ("next-year", "1.0", content(name)["year"] + 1)


def test_what_tells_of_the_year_moves_and_nothing_else() -> None:
    raw, new = content(), parse(derive(SOURCE, "huadu-2025").text)
    changes = compare(raw, new)
    assert {each.part for each in changes} == {"基本信息", "录入项", "勾稽"}
    assert {each.what for each in changes if each.part == "录入项"} == {"所属期", "填报要求"}
    assert new["calendar"]["last"] == date(2027, 12, 31)
    assert new["calendar"]["holidays"] == raw["calendar"]["holidays"]
    windows = [each["first"] for each in new["checks"] if each["kind"] == "window"]
    assert windows == [date(2025, 1, 1), date(2026, 1, 1)] * 2


def test_the_comments_of_the_file_stay() -> None:
    made = derive(SOURCE, "huadu-2025").text
    assert "# 元与万元：" in made
    assert made.startswith("# 由 huadu-2024 1.0 衍生（2025 年度）。")


def test_a_file_written_in_another_way_is_derived_too(tmp_path: Path) -> None:
    """Where lines can't be changed one by one, the file is written anew."""
    path = tmp_path / "scheme.toml"
    path.write_text(toml_text(content()).replace('id = "huadu-2024"', '"id" = """huadu-2024"""'), encoding="utf-8")
    made = parse(derive(path, "huadu-2025").text)
    assert made == parse(derive(SOURCE, "huadu-2025").text)


def test_two_years_on_and_back() -> None:
    new = parse(derive(SOURCE, "huadu-2026", 2026).text)
    assert new["year"] == 2026
    assert new["indicators"][2]["fields"][0]["period"] == "2026年1月"


def test_the_years_without_holidays_are_named() -> None:
    assert any("2027 年没有列出放假" in each for each in derive(SOURCE, "huadu-2025").notes)


def test_earlier_versions_stay_with_the_old_scheme(tmp_path: Path) -> None:
    path = tmp_path / "scheme.toml"
    text = SOURCE.read_text(encoding="utf-8")
    path.write_text(
        f'{text}\n[[earlier]]\nversion = "0.9"\n[earlier.renamed]\nold_name = "unit_count"\n', encoding="utf-8"
    )
    made = derive(path, "huadu-2025")
    assert "earlier" not in parse(made.text)
    assert any("较早版本没有带过来" in each for each in made.notes)


@pytest.mark.parametrize("name", ["", "华都", "a b", "../x", "-x", "huadu-2024", "UPPER"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(PerfevalError):
        derive(SOURCE, name)


@pytest.mark.parametrize("year", [1999, 2101, 25])
def test_a_year_that_cannot_be_one_is_refused(year: int) -> None:
    with pytest.raises(PerfevalError, match="年度"):
        derive(SOURCE, "other", year)
