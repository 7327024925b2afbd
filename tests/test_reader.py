"""Reading a return: whichever program saved it, the same answers; every value with its raw text and its cell."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import openpyxl.utils.datetime
import pytest

from perfeval_xl.district.intake import Desk
from perfeval_xl.errors import Refused, UnreadableWorkbook
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.opened import open_workbook
from perfeval_xl.excel.package import Package
from perfeval_xl.reader import SOURCES, Identity, Return, read_return
from perfeval_xl.scheme.answers import Submission, Value
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scorer import score
from tests.engines import Gnumeric, LibreOffice
from tests.rounds import issued_round, published_answers


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return load_scheme(find_scheme("huadu-2024"))


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    at = issued_round(tmp_path_factory.mktemp("reader") / "2024")
    return (at.outbox / "S001_第一小学.xlsx").read_bytes()


@pytest.fixture(scope="module")
def filled(blank: bytes) -> bytes:
    return Desk().fill(blank, "blank.xlsx", json.dumps(published_answers()))


def read(data: bytes, scheme: Scheme) -> Submission:
    return read_return(Return(data, "x.xlsx"), scheme)


def values(submission: Submission) -> Mapping[str, Value | None]:
    return {field: answer.value for field, answer in submission.answers.items()}


class Serial(float):
    """A number in a cell that has lost its date format."""


def edited(data: bytes, scheme: Scheme, changes: Mapping[str, Any]) -> Submission:
    """The workbook after openpyxl put ``changes`` (field id → what stands in the cell) into it."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for field, value in changes.items():
        cell = build_layout(scheme).inputs[field]
        book[cell.sheet][cell.ref].value = value
        if isinstance(value, Serial):
            book[cell.sheet][cell.ref].number_format = "General"
    saved = io.BytesIO()
    book.save(saved)
    return read(saved.getvalue(), scheme)


def test_filled_by_us_reads_back(filled: bytes, scheme: Scheme) -> None:
    submission = read(filled, scheme)
    assert (submission.unit_code, submission.unit_name) == ("S001", "第一小学")
    assert (submission.scheme, submission.year) == ("huadu-2024", 2024)
    assert submission.answers["sme_actual_yuan"].value == Decimal("245250193.77")
    assert submission.answers["sme_actual_yuan"].cell == build_layout(scheme).inputs["sme_actual_yuan"]
    assert submission.answers["goals_filed"].value is True
    assert submission.answers["execution_basis"].value == "年度执行率"
    assert isinstance(submission.answers["goals_published_on"].value, date)
    assert set(submission.answers) == set(scheme.fields)


def test_blank_reads_as_blank_but_for_what_was_issued(blank: bytes, scheme: Scheme) -> None:
    submission = read(blank, scheme)
    found = {field: value for field, value in values(submission).items() if value is not None}
    issued = {field.id for field in scheme.fields.values() if field.issued is not None}
    assert set(found) == issued
    assert all(each is None for each in submission.formula_scores.values())
    assert not [answer for answer in submission.answers.values() if answer.problem]


def test_saved_by_openpyxl(filled: bytes, scheme: Scheme) -> None:
    again = edited(filled, scheme, {})
    typed = {field for field in scheme.fields if not field.endswith("_self_score")}  # openpyxl drops cached values
    assert {f: v for f, v in values(again).items() if f in typed} == {
        f: v for f, v in values(read(filled, scheme)).items() if f in typed
    }


def test_saved_by_libreoffice(filled: bytes, scheme: Scheme, libreoffice: LibreOffice, tmp_path: Path) -> None:
    (tmp_path / "in.xlsx").write_bytes(filled)
    libreoffice.recalculate(tmp_path / "in.xlsx", tmp_path / "out.xlsx")
    again = read((tmp_path / "out.xlsx").read_bytes(), scheme)
    before = read(filled, scheme)
    assert values(again) == values(before)
    assert again.formula_scores == before.formula_scores
    assert "LibreOffice" in again.producer


def test_saved_by_gnumeric(filled: bytes, scheme: Scheme, gnumeric: Gnumeric, tmp_path: Path) -> None:
    (tmp_path / "in.xlsx").write_bytes(filled)
    gnumeric.recalculate(tmp_path / "in.xlsx", tmp_path / "out.xlsx")
    again = read((tmp_path / "out.xlsx").read_bytes(), scheme)
    before = read(filled, scheme)
    assert values(again) == values(before)
    assert again.formula_scores == before.formula_scores


def test_filled_by_libreoffice_through_its_api(
    blank: bytes, filled: bytes, scheme: Scheme, libreoffice: LibreOffice, tmp_path: Path
) -> None:
    """Names set, recalculated, saved as xlsx: the same scores, and its live formula scores equal the scorer's."""
    before = read(filled, scheme)
    published = published_answers()
    puts = {
        field: answer.raw if isinstance(answer.value, bool) else answer.value
        for field, answer in before.answers.items()
        if answer.value is not None and not (field.endswith("_self_score") and field not in published)
    }
    (tmp_path / "in.xlsx").write_bytes(blank)
    libreoffice.recalculate(tmp_path / "in.xlsx", tmp_path / "out.xlsx", puts)
    again = read((tmp_path / "out.xlsx").read_bytes(), scheme)
    card = score(scheme, again)
    assert (card.total, card.grade) == (Decimal("99.97"), "优")
    assert {code: value for code, value in again.formula_scores.items()} == {
        row.indicator.code: row.score for row in card.rows
    }


def test_a_renamed_sheet_does_not_matter(filled: bytes, scheme: Scheme) -> None:
    book = openpyxl.load_workbook(io.BytesIO(filled))
    book["基础数据"].title = "数据"
    for name in book.defined_names.values():
        name.attr_text = name.attr_text.replace("基础数据", "数据")
    saved = io.BytesIO()
    book.save(saved)
    answer = read(saved.getvalue(), scheme).answers["sme_actual_yuan"]
    assert answer.value == Decimal("245250193.77")
    assert answer.cell is not None
    assert answer.cell.sheet == "数据"


def test_what_people_typed_is_read_with_its_receipt(filled: bytes, scheme: Scheme) -> None:
    """One of each kind, through a whole workbook; all the ways of typing are in the tests of entries."""
    typed = {
        "public_funds_actual_wan": (" 364.75 万元\n", Decimal("364.75"), "number-as-text"),
        "upheld_complaints": ("无", Decimal(0), "word-as-zero"),
        "allocation_violations": (-1, None, "out-of-range"),
        "goals_filed": ("有", True, "choice-read"),
        "inventory_done": ("也许", None, "not-a-choice"),
        "goals_published_on": (Serial(45366), date(2024, 3, 15), "date-read"),
        "selfeval_published_on": (datetime(2024, 3, 15, 23, 59, 59), date(2024, 3, 15), None),
        "goals_due_on": ("2024年春", None, "not-a-date"),
        "execution_rate_01": ("98.5%", Decimal("0.985"), "percent-read"),
        "execution_rate_02": (98.5, None, "percent-ambiguous"),
        "contracts_total": ("=1+1", None, "formula-not-calculated"),  # openpyxl saves no results
        "sme_actual_yuan": ("=[1]表!A1", None, "external-value"),
        "asset_findings": ("#REF!", None, "error-value"),
        "asset_utilization_evidence": ("   ", None, None),
    }
    answers = edited(filled, scheme, {field: each for field, (each, _, _) in typed.items()}).answers
    found = {field: (answers[field].value, answers[field].problem) for field in typed}
    assert found == {field: (value, problem) for field, (_, value, problem) in typed.items()}
    assert answers["public_funds_actual_wan"].raw.strip() == "364.75 万元"
    assert answers["sme_actual_yuan"].raw == "=[1]表!A1"


def test_a_1904_workbook_has_its_own_days(filled: bytes, scheme: Scheme) -> None:
    book = openpyxl.load_workbook(io.BytesIO(filled))
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    cell = build_layout(scheme).inputs["goals_published_on"]
    book[cell.sheet][cell.ref].value = 45366 - 1462
    book[cell.sheet][cell.ref].number_format = "General"
    saved = io.BytesIO()
    book.save(saved)
    answers = read(saved.getvalue(), scheme).answers
    assert answers["goals_published_on"].value == date(2024, 3, 15)
    assert answers["goals_due_on"].value == read(filled, scheme).answers["goals_due_on"].value


@pytest.mark.parametrize("data", [b"", b"x", b"PK\x03\x04" + b"\0" * 40])
def test_not_a_workbook(data: bytes) -> None:
    with pytest.raises((Refused, UnreadableWorkbook)):
        Return(data, "x.xlsx")
    with pytest.raises(UnreadableWorkbook):
        open_workbook(data)


def test_a_foreign_workbook_says_nothing_of_itself(scheme: Scheme) -> None:
    saved = io.BytesIO()
    openpyxl.Workbook().save(saved)
    opened = Return(saved.getvalue(), "x.xlsx")
    assert opened.identity == Identity(sources=opened.identity.sources, lost=SOURCES)
    assert opened.anchors(scheme).match == 0


def test_identity_and_where_it_was_found(filled: bytes) -> None:
    identity = Return(filled, "x.xlsx").identity
    assert (identity.scheme, identity.year, identity.unit_code, identity.hidden_code) == (
        "huadu-2024",
        2024,
        "S001",
        "S001",
    )
    assert (len(identity.seals), set(identity.seals), identity.lost) == (4, {identity.seals[0]}, ())
    assert identity.sources == {"scheme": "hidden", "version": "hidden", "year": "hidden"}


@pytest.mark.parametrize(("saved", "expected"), [(b"9.98", Decimal("9.98")), (b"1e999", None), (b"-1e999", None)])
def test_a_result_beyond_all_numbers_is_none(
    filled: bytes, scheme: Scheme, saved: bytes, expected: Decimal | None
) -> None:
    """What the form's own formula shows is only compared, but it is printed, and no program can print infinity."""
    cell = build_layout(scheme).place(scheme.indicator["budget_execution"].formula_score_id)
    package = Package.read(filled)
    part = package.sheets[cell.sheet]
    found = re.search(rb'<c r="%s"[^>]*><f>[^<]*</f><v>' % cell.ref.encode(), package.part(part))
    assert found
    changed = re.sub(re.escape(found[0]) + rb"[^<]*", lambda _: found[0] + saved, package.part(part))
    assert read(package.rewrite({part: changed}), scheme).formula_scores["budget_execution"] == expected
