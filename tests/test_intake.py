"""One file at the desk: what it comes to, whatever it is. (What offices do to returns, one by one and in pairs, is in clerk/.)"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msoffcrypto
import openpyxl
import pytest

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import intake, rounds
from perfeval_xl.district.batch import examine_all
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.packing import packed, results_from
from perfeval_xl.district.parcels import Item
from perfeval_xl.district.reissue import Copies
from perfeval_xl.errors import UnreadableWorkbook
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.preflight import MAX_FILE
from perfeval_xl.resources import samples_dir
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.loader import find_scheme
from tests.rounds import hand_in, issued_round, published_answers
from tests.workbooks import zipped

KNOWN = {"annual-rate-used", "evidence-rate-differs", "evidence-unit-slip"}
"""What the published form is told for, whoever sends it."""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(tmp_path_factory.mktemp("intake") / "2024")


@pytest.fixture(scope="module")
def good(at: Campaign) -> bytes:
    path = hand_in(at, "S001", published_answers())
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.fixture(scope="module")
def desk(at: Campaign) -> Desk:
    return Desk.of(at)


def codes(result: UnitResult) -> set[str]:
    return {each.code for each in result.findings}


# ---- set aside


def only(results: list[UnitResult]) -> UnitResult:
    [result] = results
    return result


def test_a_good_return_is_taken_and_nothing_else_is_said_of_it(desk: Desk, good: bytes) -> None:
    result = desk.examine_bytes(good, "一小.xlsx")
    assert result.card is not None
    assert (result.unit_code, result.unit_name, codes(result)) == ("S001", "第一小学", KNOWN)


def test_a_file_over_the_limit_is_not_even_read(desk: Desk, tmp_path: Path) -> None:
    limit = tmp_path / "a.xlsx"
    with limit.open("wb") as file:
        file.truncate(MAX_FILE)
    assert codes(only(desk.examine(limit))) != {"too-large"}
    with limit.open("ab") as file:
        file.write(b"\0")
    result = only(desk.examine(limit))
    assert result.card is None
    assert codes(result) == {"too-large"}


def test_a_file_that_is_gone_is_told(desk: Desk, tmp_path: Path) -> None:
    result = only(desk.examine(tmp_path / "gone.xlsx"))
    assert (result.file, codes(result)) == ("gone.xlsx", {"unreadable"})


def test_a_fault_of_ours_is_told_without_what_the_file_says(
    desk: Desk, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("机密内容")

    monkeypatch.setattr(intake, "read_return", broken)
    result = desk.examine_bytes(good, "a.xlsx")
    [told] = result.findings
    assert (told.code, result.card, result.unit_code) == ("internal-error", None, "S001")
    assert re.search(r"KeyError，test_intake\.py:\d+", told.message)
    assert "机密内容" not in told.message


def test_memory_is_the_workers_business(desk: Desk, good: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(intake, "read_return", greedy)
    with pytest.raises(MemoryError):
        desk.examine_bytes(good, "a.xlsx")


def test_a_zip_is_a_result_for_each_workbook_and_says_what_else_was_in_it(
    desk: Desk, good: bytes, tmp_path: Path
) -> None:
    parcel = tmp_path / "交表.zip"
    parcel.write_bytes(zipped({"一小.xlsx": good, "坏.xlsx": good[:500], "扫描件.pdf": b"%PDF-1.4 ..."}))
    first, second = desk.examine(parcel)
    assert (first.file, first.unit_code, codes(first)) == ("交表.zip/一小.xlsx", "S001", {*KNOWN, "parcel-leftovers"})
    assert (second.file, codes(second)) == ("交表.zip/坏.xlsx", {"unreadable"})
    leftovers = next(each for each in first.findings if each.code == "parcel-leftovers")
    assert "扫描件.pdf" in leftovers.message


# ---- identity


def test_without_properties_and_hidden_sheet_the_labels_tell_the_form(desk: Desk, good: bytes) -> None:
    """As when somebody copies the sheets into a workbook of their own."""
    book = openpyxl.load_workbook(io.BytesIO(good))
    del book["_pe"]
    for name in list(book.defined_names):
        del book.defined_names[name]
    for name in list(book.custom_doc_props.names):
        del book.custom_doc_props[name]
    book.properties.subject = None
    saved = io.BytesIO()
    book.save(saved)
    result = desk.examine_bytes(saved.getvalue(), "a.xlsx")
    assert result.card is not None
    assert (result.unit_code, result.unit_name) == ("S001", "第一小学")
    assert {"seal-missing", "identity-partly-lost", "names-lost"} <= codes(result)
    typed = {field for field, value in published_answers().items() if not field.endswith("_self_score") and value}
    kept = desk.examine_bytes(good, "a.xlsx").submission
    assert result.submission is not None and kept is not None
    for field in typed & set(kept.answers):
        assert result.submission.answers[field].value == kept.answers[field].value, field
    away = Desk().examine_bytes(saved.getvalue(), "a.xlsx")
    assert (away.card, codes(away)) == (None, {"not-our-form"})


def test_a_changed_deadline_is_not_the_units_doing(at: Campaign, good: bytes) -> None:
    prolonged = dataclasses.replace(at, deadline=date(2025, 5, 31))
    assert codes(Desk.of(prolonged).examine_bytes(good, "a.xlsx")) == KNOWN
    blank = at.outbox / at.roster["S001"].file_name
    kept = blank.read_bytes()
    try:
        blank.unlink()
        assert "issued-data-changed" in codes(Desk.of(prolonged).examine_bytes(good, "a.xlsx"))
    finally:
        blank.write_bytes(kept)


def test_a_missing_sheet_is_told_once(desk: Desk, good: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(good))
    del book["基础数据"]
    saved = io.BytesIO()
    book.save(saved)
    result = desk.examine_bytes(saved.getvalue(), "a.xlsx")
    assert result.card is not None and result.card.total is None
    told = [each for each in result.findings if each.cell is None]
    assert {each.code for each in told} >= {"sheet-missing"}
    assert not [each for each in told if each.code in ("missing", "text-missing", "cell-lost")]


# ---- an earlier version


@pytest.fixture(scope="module")
def renewed(at: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """The same round under a newer version of the form, which calls one field otherwise and reads the old one."""
    text = find_scheme("huadu-2024").read_text(encoding="utf-8")
    old, new = "upheld_complaints", "complaints_upheld"
    text = text.replace('version = "1.0"', 'version = "1.1"', 1).replace(old, new)
    text += f'\n[[earlier]]\nversion = "1.0"\nrenamed = {{ {old} = "{new}" }}\n'
    folder = tmp_path_factory.mktemp("renewed")
    (folder / "scheme.toml").write_text(text, encoding="utf-8")
    return dataclasses.replace(at, scheme_name=str(folder / "scheme.toml"))


def test_a_return_of_an_earlier_version_is_read_by_its_names(renewed: Campaign, good: bytes) -> None:
    result = Desk.of(renewed).examine_bytes(good, "a.xlsx")
    assert result.card is not None and result.submission is not None
    assert str(result.card.total) == "99.97"
    assert result.submission.answers["complaints_upheld"].value == Decimal(published_answers()["upheld_complaints"])
    assert codes(result) == {*KNOWN, "older-version"}


def test_a_newer_version_is_none_of_this_round(at: Campaign, renewed: Campaign, tmp_path: Path) -> None:
    newer = dataclasses.replace(renewed, folder=tmp_path / "newer")
    for name in ("outbox", "inbox"):
        (newer.folder / name).mkdir(parents=True)
    for name in ("seal.key", "units.xlsx", "campaign.toml"):
        (newer.folder / name).write_bytes((at.folder / name).read_bytes())
    rounds.issue(newer, ["S001"])
    answers: dict[str, Any] = published_answers()
    answers["complaints_upheld"] = answers.pop("upheld_complaints")
    blank = newer.outbox / newer.roster["S001"].file_name
    filled = Desk(newer.scheme).fill(blank.read_bytes(), blank.name, json.dumps(answers))
    assert codes(Desk.of(newer).examine_bytes(filled, "a.xlsx")) == KNOWN
    assert codes(Desk.of(at).examine_bytes(filled, "a.xlsx")) == {"wrong-scheme"}


# ---- many files, in child processes


def test_children_say_what_the_desk_itself_would(desk: Desk, good: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(good)
    (tmp_path / "b.xlsx").write_bytes(b"")
    (tmp_path / "c.zip").write_bytes(zipped({"x.xlsx": good, "y.xlsx": b"no"}))
    items = [Item(path.name, path) for path in sorted(tmp_path.iterdir())]
    here = [desk.examine(each.path, each.name) for each in items]
    there = list(examine_all(desk, items))
    assert there == here
    assert [len(each) for each in there] == [1, 1, 2]
    card = there[0][0].card
    assert card is not None
    assert card.scheme is desk.scheme
    assert all(row.indicator is desk.scheme.indicator[row.indicator.code] for row in card.rows)


def test_away_from_a_round_the_scheme_is_the_installed_one(good: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(good)
    [[result]] = examine_all(Desk(), [Item("a.xlsx", tmp_path / "a.xlsx")])
    assert result == only(Desk().examine(tmp_path / "a.xlsx"))
    assert codes(result) == {*KNOWN, "seal-not-checked"}


def test_packed_results_are_small_and_come_back_equal(desk: Desk, good: bytes) -> None:
    result = desk.examine_bytes(good, "a.xlsx")
    data = packed([result])
    assert desk.scheme is not None
    assert results_from(data, {desk.scheme.digest: desk.scheme}.__getitem__) == [result]
    assert len(data) < 200_000
    with pytest.raises(KeyError):
        results_from(data, {}.__getitem__)


# ---- the workbook of a result, for annotating it


def test_the_workbook_of_a_result_is_found_again_in_its_zip(desk: Desk, good: bytes, tmp_path: Path) -> None:
    parcel = Item("交表.zip", tmp_path / "交表.zip")
    parcel.path.write_bytes(zipped({"一小.xlsx": good}))
    sha256 = hashlib.sha256(good).hexdigest()
    assert desk.workbook(parcel, "交表.zip/一小.xlsx", sha256) == good
    with pytest.raises(UnreadableWorkbook, match="已经变了"):
        desk.workbook(parcel, "交表.zip/二小.xlsx", sha256)
    (tmp_path / "一小.xlsx").write_bytes(good)
    assert desk.workbook(Item("一小.xlsx", tmp_path / "一小.xlsx"), "一小.xlsx", sha256) == good


def test_the_workbook_of_an_encrypted_file_is_the_decrypted_one(at: Campaign, good: bytes, tmp_path: Path) -> None:
    sealed = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(good)).encrypt("abc123", sealed)
    item = Item("一小.xlsx", tmp_path / "一小.xlsx")
    item.path.write_bytes(sealed.getvalue())
    desk = Desk.of(at, ["abc123"])
    [result] = desk.examine(item.path, item.name)
    assert result.sha256 == hashlib.sha256(sealed.getvalue()).hexdigest()
    assert desk.workbook(item, item.name, result.sha256) == good


def test_a_workbook_that_was_changed_since_is_not_taken_for_the_one_examined(at: Campaign, good: bytes) -> None:
    sent = at.inbox / "一小.xlsx"
    sent.write_bytes(good)
    try:
        [result] = rounds.examine_inbox(at).results
        copies = Copies(at, rounds.read_inbox(at))
        assert copies.annotated(result).data
        sent.write_bytes(Package.read(good).rewrite({"docProps/app.xml": b"<Properties/>"}))
        with pytest.raises(UnreadableWorkbook, match="的内容已经变了"):
            copies.annotated(result)
    finally:
        sent.unlink()


def test_what_came_in_a_zip_is_annotated_too(at: Campaign, good: bytes) -> None:
    parcel = at.inbox / "交表.zip"
    parcel.write_bytes(zipped({"一小.xlsx": good}))
    try:
        [result] = rounds.review(at).results
    finally:
        parcel.unlink()
    assert result.reviewed == "reviewed/S001_第一小学.xlsx"
    assert Package.read((at.folder / result.reviewed).read_bytes()).sheets


def test_nothing_typed_becomes_a_formula_in_a_product(at: Campaign, good: bytes) -> None:
    evil = '=HYPERLINK("http://example.invalid","点我")'
    book = openpyxl.load_workbook(io.BytesIO(good))
    layout = build_layout(at.scheme)
    for name in ("unit_name", "asset_income_evidence", "upheld_complaints"):
        cell = layout.place(name)
        book[cell.sheet][cell.ref].value = evil
        book[cell.sheet][cell.ref].data_type = "s"
    book["自评表"]["H12"].value = evil
    book["自评表"]["H12"].data_type = "s"
    saved = io.BytesIO()
    book.save(saved)
    sent = at.inbox / f"{evil[:10]}.xlsx"
    sent.write_bytes(saved.getvalue())
    try:
        district = rounds.review(at)
        summary = rounds.summarize(at, district)
    finally:
        sent.unlink()
    [result] = district.results
    assert {"label-changed", "issued-data-changed", "formula-not-calculated"} <= codes(result)
    assert result.reviewed is not None
    cells = [cell for sheet in openpyxl.load_workbook(summary) for row in sheet.iter_rows() for cell in row]
    assert any(isinstance(cell.value, str) and "=HYPERLINK" in cell.value for cell in cells)
    live = [cell.value for cell in cells if cell.data_type == "f"]
    assert live and not [each for each in live if not each.startswith(("=ROUND(SUM(", "=COUNT"))]  # our own totals
    copy = Package.read((at.folder / result.reviewed).read_bytes())
    formulas = [f for part in copy.sheets.values() for f in re.findall(rb"<(?:\w+:)?f[ >][^<]*", copy.part(part))]
    assert formulas and not [each for each in formulas if b"HYPERLINK" in each]


def test_the_samples_saved_by_other_programs_are_told_for_nothing_else(tmp_path: Path) -> None:
    """No false alarm after a save in LibreOffice, Gnumeric or openpyxl."""
    about_the_file = {
        "label-changed", "formula-changed", "stray-content", "rows-inserted", "rows-deleted", "rows-moved", "names-lost",
        "sheet-renamed", "sheet-added", "sheet-missing", "protection-removed", "validations-removed", "rows-hidden",
        "columns-hidden", "identity-partly-lost", "comments-added", "external-links", "review-filled",
    }  # fmt: skip
    paths = sorted(samples_dir().glob("returns-*/*.xlsx"))
    assert len(paths) == 7
    for path in paths:
        result = only(Desk().examine(path))
        assert not codes(result) & about_the_file, path.name
