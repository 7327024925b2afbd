"""The annotated copy of a return that can't be written into: a fresh form with all that the unit filled in."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.reissue import AnnotatedCopy, Copies
from perfeval_xl.errors import WorkbookError
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.review import list_name
from perfeval_xl.excel.package import Package
from perfeval_xl.findings import Severity
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answer
from tests.engines import Gnumeric, LibreOffice
from tests.rounds import hand_in, issued_round, published_answers
from tests.workbooks import contents, zipped

PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(tmp_path_factory.mktemp("reissue") / "2024")


@pytest.fixture
def at(issued: Campaign) -> Campaign:
    """The round, nothing handed in yet."""
    for path in issued.inbox.iterdir():
        path.unlink()
    return issued


def answers(**changes: Any) -> dict[str, Any]:
    return published_answers(
        **{"sme_actual_yuan": "300万", "contracts_total": None, "procurement_policy_self_score": "0.5", **changes}
    )


def only(at: Campaign) -> UnitResult:
    [item] = rounds.read_inbox(at).items
    [result] = Desk.of(at).examine(item.path)
    return result


def copy_of(at: Campaign, result: UnitResult | None = None, *, to_correct: bool = False) -> AnnotatedCopy:
    return Copies(at, rounds.read_inbox(at)).annotated(result or only(at), to_correct=to_correct)


def reread(at: Campaign, copy: AnnotatedCopy) -> UnitResult:
    return Desk.of(at).examine_bytes(copy.data, "copy.xlsx")


def given(result: UnitResult) -> Mapping[str, Any]:
    assert result.submission is not None
    return {field: answer.value for field, answer in result.submission.answers.items()}


def rewritten(path: Path, change: Any) -> None:
    members = contents(path.read_bytes())
    change(members)
    path.write_bytes(zipped(members))


def signed(members: dict[str, bytes]) -> None:
    kind = f"{PACKAGE}/relationships/digital-signature/origin"
    line = f'<Relationship Id="rIdS" Type="{kind}" Target="_xmlsignatures/origin.sigs"/></Relationships>'
    members["_rels/.rels"] = members["_rels/.rels"].replace(b"</Relationships>", line.encode())
    members["_xmlsignatures/origin.sigs"] = b""
    members["_xmlsignatures/sig1.xml"] = b"<Signature/>"


def test_what_can_be_written_into_is(at: Campaign) -> None:
    path = hand_in(at, "S001", answers())
    copy = copy_of(at)
    assert (copy.fresh, copy.told, copy.findings) == ("", (), only(at).findings)
    before, after = contents(path.read_bytes()), contents(copy.data)
    assert before.keys() == after.keys()


def test_a_signed_file_is_not_touched(at: Campaign) -> None:
    path = hand_in(at, "S001", answers())
    rewritten(path, signed)
    original = path.read_bytes()
    district = rounds.review(at)
    [result] = district.results
    assert [each.message for each in result.findings if each.code == "reissued"] == [
        "文件带有数字签名，改动会使签名失效，复核结果写在重新生成的表上：填报内容已照样带入，"
        "原表中另加的图片、批注等不在其中。原件没有改动。"
    ]
    assert path.read_bytes() == original
    copy = (at.folder / str(result.reviewed)).read_bytes()
    assert not Package.read(copy).signed
    assert Package.read(original).signed
    again = Desk.of(at).examine_bytes(copy, "copy.xlsx")
    assert given(again) == given(result)
    assert again.card is not None and result.card is not None
    assert [row.self_score for row in again.card.rows] == [row.self_score for row in result.card.rows]


@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_another_format(at: Campaign, tmp_path: Path, gnumeric: Gnumeric, suffix: str) -> None:
    path = hand_in(at, "S001", answers())
    expected = only(at)
    shutil.move(path, tmp_path / "a.xlsx")
    gnumeric.resave(tmp_path / "a.xlsx", at.inbox / f"a.{suffix}")
    copy = copy_of(at)
    assert copy.fresh == f"文件是 .{suffix} 格式"
    assert [each.code for each in copy.told] == ["reissued"]
    again = reread(at, copy)
    assert given(again) == given(expected)
    assert again.card is not None and expected.card is not None
    assert [row.self_score for row in again.card.rows] == [row.self_score for row in expected.card.rows]
    assert {each.code for each in again.findings} & {"label-changed", "seal-broken", "seal-missing"} == set()


def test_self_scores_left_to_the_form_stay_formulas_and_claims_stay_claims(
    at: Campaign, tmp_path: Path, libreoffice: LibreOffice
) -> None:
    path = hand_in(at, "S001", answers())
    shutil.move(path, tmp_path / "a.xlsx")
    libreoffice.convert(tmp_path / "a.xlsx", "ods", at.inbox)
    submission = reread(at, copy_of(at)).submission
    assert submission is not None
    typed = [name for name, cell in submission.score_cells.items() if name.endswith("_self_score") and not cell.issued]
    assert typed == ["contract_signing_self_score", "procurement_policy_self_score"]  # one can't be scored, one differs


def test_what_could_not_be_used_stands_there_as_it_was_typed(at: Campaign) -> None:
    typed = answers(public_funds_actual_wan="abc", asset_income_self_score="7", budget_published_on="2021-01-01")
    rewritten(hand_in(at, "S001", typed), signed)
    result = only(at)
    again = reread(at, copy_of(at))
    assert result.submission is not None and again.submission is not None
    for field in ("public_funds_actual_wan", "asset_income_self_score", "budget_published_on"):
        before, after = result.submission.answers[field], again.submission.answers[field]
        assert (after.value, after.raw, after.problem) == (None, before.raw, before.problem)


def test_what_was_read_from_words_is_typed_as_the_figure(at: Campaign) -> None:
    rewritten(hand_in(at, "S001", answers()), signed)
    assert next(each for each in only(at).findings if each.code == "unit-converted")
    submission = reread(at, copy_of(at)).submission
    assert submission is not None
    cell = submission.answers.cell("sme_actual_yuan")
    assert submission.answers["sme_actual_yuan"] == Answer("sme_actual_yuan", Decimal(3_000_000), "3000000", cell)


def without_names(members: dict[str, bytes]) -> None:
    text = members["xl/workbook.xml"].decode()
    members["xl/workbook.xml"] = re.sub(r"<definedName [^>]*>[^<]*</definedName>", "", text).encode()


def with_formula_in_review(at: Campaign) -> Any:
    cell = build_layout(at.scheme).review["review_total"]

    def change(members: dict[str, bytes]) -> None:
        part = Package.read(zipped(members)).sheets[cell.sheet]
        old = re.search(rf'<c r="{cell.ref}" s="(\d+)"/>'.encode(), members[part])
        assert old
        new = b'<c r="%b" s="%b"><f>1+1</f><v>2</v></c>' % (cell.ref.encode(), old[1])
        members[part] = members[part].replace(old[0], new)

    return change


def test_a_review_block_that_cannot_be_written(at: Campaign) -> None:
    rewritten(hand_in(at, "S001", answers()), with_formula_in_review(at))
    copy = copy_of(at)
    cell = build_layout(at.scheme).review["review_total"]
    assert copy.fresh == f"原表的复核区不能写入（{cell} 不能写入：单元格里是公式）"
    assert given(reread(at, copy)) == given(only(at))


def test_rows_deleted_and_cells_in_their_new_places(at: Campaign, tmp_path: Path) -> None:
    """The fresh form has its rows again; findings point to where things stand there."""
    path = hand_in(at, "S001", answers())
    place = build_layout(at.scheme).inputs["sme_actual_yuan"]
    book = openpyxl.load_workbook(path)
    book[place.sheet].delete_rows(6)  # openpyxl moves no names, so that the labels have to tell
    book.save(path)
    rewritten(path, without_names)
    result = only(at)
    assert {"rows-deleted", "cell-lost"} & {each.code for each in result.findings}
    assert result.submission is not None
    moved = result.submission.answers.cell("sme_actual_yuan")
    assert moved is not None and moved != place
    copy = copy_of(at, result)
    assert copy.fresh
    before = next(each for each in result.findings if each.cell == moved)
    assert next(each for each in copy.findings if each.message == before.message).cell == place
    again = reread(at, copy)
    assert given(again)["sme_actual_yuan"] == given(result)["sme_actual_yuan"]
    assert "rows-deleted" not in {each.code for each in again.findings}


def test_the_list_of_a_fresh_copy_leads_to_its_own_cells(at: Campaign) -> None:
    rewritten(hand_in(at, "S001", answers()), signed)
    copy = copy_of(at)
    book = openpyxl.load_workbook(io.BytesIO(copy.data))
    place = build_layout(at.scheme).review[list_name(1, "place")]
    link = book[place.sheet][place.ref].hyperlink
    assert link is not None
    error = next(each for each in copy.findings if each.severity is Severity.ERROR)
    assert error.cell is not None
    assert link.location == f"'{error.cell.sheet}'!{error.cell.ref}"
    assert copy.first_sheet == place.sheet


def test_the_same_copy_each_time(at: Campaign) -> None:
    rewritten(hand_in(at, "S001", answers()), signed)
    assert copy_of(at).data == copy_of(at).data


@pytest.mark.parametrize("spoil", ["gone", "worked-in", "other-round"])
def test_a_blank_is_made_anew_where_the_issued_one_is_of_no_use(at: Campaign, tmp_path: Path, spoil: str) -> None:
    rewritten(hand_in(at, "S001", answers()), signed)
    expected = copy_of(at).data
    blank = at.outbox / at.roster["S001"].file_name
    kept = blank.read_bytes()
    if spoil == "gone":
        blank.unlink()
    elif spoil == "worked-in":
        book = openpyxl.load_workbook(blank)
        book.remove(book[build_layout(at.scheme).inputs["sme_actual_yuan"].sheet])
        book.save(blank)
    else:
        other = issued_round(tmp_path / "other")
        shutil.copy(other.outbox / blank.name, blank)
    assert copy_of(at).data == expected
    blank.write_bytes(kept)


def test_a_file_that_has_gone(at: Campaign) -> None:
    path = hand_in(at, "S001", answers())
    result = only(at)
    inbox = rounds.read_inbox(at)
    path.unlink()
    with pytest.raises(WorkbookError, match=r"S001 交表.xlsx 读不了（没有这个文件"):
        Copies(at, inbox).annotated(result)
    with pytest.raises(WorkbookError, match=r"S001 交表.xlsx 已不在收件文件夹中"):
        copy_of(at, result)


def test_a_text_that_no_cell_holds(at: Campaign) -> None:
    """Then there is no copy, which is told, and the others get theirs."""
    rewritten(hand_in(at, "S001", answers()), signed)
    result = only(at)
    assert result.submission is not None
    long = {each.field: each for each in result.submission.answers.values()}
    long["procurement_policy_evidence"] = replace(long["procurement_policy_evidence"], value="长" * 32_768)
    spoilt = replace(
        result, submission=replace(result.submission, answers=type(result.submission.answers)(long.values()))
    )
    with pytest.raises(WorkbookError, match="超过 32,767 个字"):
        copy_of(at, spoilt)


def lock_cell(at: Campaign, field: str) -> Any:
    """What pasting a cell from elsewhere does: the format comes along, and with it the lock."""
    cell, label = build_layout(at.scheme).inputs[field], build_layout(at.scheme).place("unit_code")

    def change(members: dict[str, bytes]) -> None:
        sheets = Package.read(zipped(members)).sheets
        locked = re.search(rf'<c r="{label.ref}" s="(\d+)"'.encode(), members[sheets[label.sheet]])
        assert locked
        part = sheets[cell.sheet]
        members[part] = re.sub(rf'(<c r="{cell.ref}" s=")\d+'.encode(), rb"\g<1>" + locked[1], members[part])

    return change


def test_a_locked_cell_is_in_the_way_of_a_correction_only(at: Campaign) -> None:
    rewritten(hand_in(at, "S001", answers()), lock_cell(at, "sme_actual_yuan"))
    assert copy_of(at).fresh == ""
    assert copy_of(at, to_correct=True).fresh == "有要改的单元格被锁定"


def test_a_locked_cell_with_nothing_to_mend_is_not(at: Campaign) -> None:
    rewritten(hand_in(at, "S001", answers()), lock_cell(at, "sme_reserved_yuan"))
    assert copy_of(at, to_correct=True).fresh == ""


def test_what_the_unit_cannot_restore_is_given_back_in_order(at: Campaign) -> None:
    path = hand_in(at, "S001", answers())
    book = openpyxl.load_workbook(path)
    book["自评表"]["A2"] = "（我的表）"
    book.save(path)
    assert copy_of(at).fresh == ""
    copy = copy_of(at, to_correct=True)
    assert copy.fresh == "锁定的内容被改动"
    assert "label-changed" not in {each.code for each in reread(at, copy).findings}
