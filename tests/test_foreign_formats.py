"""Our form as other programs save it in other formats: the same answers, the same scores, nothing said of it but the format."""

from __future__ import annotations

import struct
from datetime import date, datetime, time
from pathlib import Path

import pytest

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.intake import Desk
from perfeval_xl.excel.biff import number_of, takes_numbers_for_dates
from perfeval_xl.excel.ods import closed_up
from perfeval_xl.results import UnitResult
from tests.compound import compound
from tests.engines import Gnumeric, LibreOffice
from tests.rounds import hand_in, issued_round, published_answers
from tests.workbooks import contents, zipped


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(tmp_path_factory.mktemp("formats") / "2024")


@pytest.fixture(scope="module")
def good(at: Campaign) -> Path:
    return hand_in(at, "S001", published_answers(), "good.xlsx")


def same(at: Campaign, good: Path, other: Path) -> UnitResult:
    """The result of ``other``, once it says what ``good`` says, and beside that only what its format is."""
    desk = Desk.of(at)
    [expected], [found] = desk.examine(good), desk.examine(other)
    assert expected.submission is not None and found.submission is not None
    values = {field: answer.value for field, answer in found.submission.answers.items()}
    assert values == {field: answer.value for field, answer in expected.submission.answers.items()}
    assert found.card is not None and expected.card is not None
    assert (found.unit_code, found.card.total) == (expected.unit_code, expected.card.total)
    told = [(each.code, each.cell) for each in found.findings]
    assert told == [("other-format", None), *[(each.code, each.cell) for each in expected.findings]]
    return found


@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_saved_by_libreoffice(at: Campaign, good: Path, tmp_path: Path, libreoffice: LibreOffice, suffix: str) -> None:
    result = same(at, good, libreoffice.recalculate(good, tmp_path / f"a.{suffix}"))
    assert result.findings[0].actual == f".{suffix}"


@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_saved_by_gnumeric(at: Campaign, good: Path, tmp_path: Path, gnumeric: Gnumeric, suffix: str) -> None:
    same(at, good, gnumeric.recalculate(good, tmp_path / f"a.{suffix}"))


def test_white_space_between_elements_goes_and_within_texts_stays() -> None:
    content = b"<x>\n <table:table>\n  <table:cell><text:p>a b</text:p>\n </table:cell>\n</table:table> </x>"
    closed = closed_up(zipped({"mimetype": b"m", "content.xml": content, "styles.xml": b"<a> <table:b/></a>"}))
    assert contents(closed) == {
        "mimetype": b"m",
        "content.xml": b"<x><table:table><table:cell><text:p>a b</text:p></table:cell></table:table> </x>",
        "styles.xml": b"<a> <table:b/></a>",
    }


def workbook(*formats: tuple[int, str]) -> bytes:
    """An .xls that holds nothing but definitions of formats."""
    records = b""
    for wide, (number, code) in enumerate(formats):
        text = code.encode("utf-16-le" if wide else "latin-1")
        body = struct.pack("<2HB", number, len(code), bool(wide)) + text
        records += struct.pack("<2H", 0x041E, len(body)) + body
    return compound({"Workbook": records})


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        ([], False),
        ([(50, "0.00")], True),
        ([(50, "yyyy-mm-dd")], False),
        ([(49, "0.00")], False),
        ([(58, "0.00")], True),
        ([(59, "0.00")], False),
        ([(26, "0.00"), (27, "0.00")], True),
    ],
)
def test_numbers_may_come_as_dates_where_a_format_is_defined_anew(
    formats: list[tuple[int, str]], expected: bool
) -> None:
    assert takes_numbers_for_dates(workbook(*formats)) is expected


@pytest.mark.parametrize("data", [b"", b"x" * 600, workbook((50, "0.00"))[:1000]])
def test_damage_is_not_this_ones_business(data: bytes) -> None:
    assert takes_numbers_for_dates(data) is False


@pytest.mark.parametrize(
    ("found", "number"),
    [
        (time(0, 0), 0),
        (time(12, 0), 0.5),
        (date(1900, 1, 8), 8),
        (datetime(1900, 1, 8, 18), 8.75),
        (date(1900, 2, 28), 59),
        (date(1900, 3, 1), 61),
        (date(2024, 3, 15), 45366),
        (32.5, 32.5),
        ("", ""),
        ("8", "8"),
    ],
)
def test_the_number_that_was_taken_for_a_date(found: object, number: object) -> None:
    assert number_of(found) == number
