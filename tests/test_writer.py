"""Annotating a return: the review block says what it should, and not one other byte changes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.cells import Cell, from_ref
from perfeval_xl.errors import PatchRefused
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.stamping import Stamper, fill
from perfeval_xl.findings import Finding, Severity, finding
from perfeval_xl.generator import build_master, submission_of
from perfeval_xl.reader import Return, read_return
from perfeval_xl.resources import samples_dir, templates_dir
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.rules.base import Outcome, missing, needs_review, not_applicable, scored
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard
from perfeval_xl.scorer import score
from perfeval_xl.writer import annotate, opinion
from tests.engines import Gnumeric, LibreOffice
from tests.workbooks import contents, raw_members, saved, zipped

D = Decimal
SCHEME = load_scheme(templates_dir() / "huadu-2024" / "scheme.toml")
LAYOUT = build_layout(SCHEME)
SHEET = LAYOUT.review["review_total"].sheet
CODES = [each.code for each in SCHEME.indicators]
ISSUED = Stamper(build_master(SCHEME), LAYOUT).stamp(
    {stamp.key: stamp.key for stamp in LAYOUT.stamps.values()}, "PE1/a/b/2024/c/d/e"
)


def returned(answers_text: str) -> tuple[bytes, ScoreCard]:
    answers = read_answers(answers_text, SCHEME)
    card = score(SCHEME, submission_of(SCHEME, answers))
    return fill(ISSUED, LAYOUT, answers, View(answers, card)), card


PUBLISHED, PUBLISHED_CARD = returned((samples_dir() / "huadu-2024" / "answers.json").read_text(encoding="utf-8"))
BLANK, BLANK_CARD = returned("{}")


def block(data: bytes, places: Mapping[str, Cell] = LAYOUT.review) -> dict[str, Any]:
    """What stands in the review block, by defined name."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return {name: book[cell.sheet][cell.ref].value for name, cell in places.items()}


def masked(data: bytes, places: Mapping[str, Cell] = LAYOUT.review) -> bytes:
    """The reviewed sheet's XML without the cells of the block."""
    package = Package.read(data)
    xml = package.part(package.sheets[SHEET])
    for cell in places.values():
        xml = re.sub(rb'<c r="' + cell.ref.encode() + rb'"[^>]*?(?:/>|>.*?</c>)', b"", xml, flags=re.DOTALL)
    return xml


def check_nothing_else_changed(before: bytes, after: bytes, places: Mapping[str, Cell] = LAYOUT.review) -> None:
    part = Package.read(before).sheets[SHEET]
    old, new = raw_members(before), raw_members(after)
    assert list(old) == list(new)
    assert {name for name in old if old[name] != new[name]} == {part}
    assert masked(before, places) == masked(after, places)


def test_the_published_case() -> None:
    done = annotate(PUBLISHED, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings)
    found = block(done)
    assert (found["review_total"], found["review_grade"]) == (99.97, "优")
    for row in PUBLISHED_CARD.rows:
        code = row.indicator.code
        assert D(repr(found[f"{code}_review_score"])) == row.score
        assert D(repr(found[f"{code}_review_difference"])) == row.difference
        assert found[f"{code}_review_opinion"] == opinion(
            row, [each for each in PUBLISHED_CARD.findings if each.indicator == code]
        )
    check_nothing_else_changed(PUBLISHED, done)


def test_a_blank_form_is_provisional() -> None:
    found = block(annotate(BLANK, LAYOUT.review, BLANK_CARD, BLANK_CARD.findings))
    assert found["review_total"] == "0.00～100.00（暂定）"
    assert found["review_grade"] == "待定"
    for code in CODES:
        assert (found[f"{code}_review_score"], found[f"{code}_review_difference"]) == (None, None)
        assert found[f"{code}_review_opinion"].startswith(("数据不全：", "需人工核定："))


def test_a_grade_that_both_bounds_agree_on_stands() -> None:
    first, *others = PUBLISHED_CARD.rows
    open_row = replace(first, outcome=needs_review(first.indicator.points, "待定", low=D("19.5")))
    card = ScoreCard(SCHEME, (open_row, *others))
    found = block(annotate(PUBLISHED, LAYOUT.review, card, ()))
    assert re.fullmatch(r"99\.\d\d～\d+\.\d\d（暂定）", found["review_total"])
    assert found["review_grade"] == "优"


def test_annotating_again_gives_the_same_bytes() -> None:
    done = annotate(PUBLISHED, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings)
    assert annotate(done, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings) == done
    earlier = annotate(PUBLISHED, LAYOUT.review, BLANK_CARD, BLANK_CARD.findings)
    assert earlier != done
    assert annotate(earlier, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings) == done


def with_workbook(data: bytes, change: Any) -> bytes:
    members = contents(data)
    members["xl/workbook.xml"] = change(members["xl/workbook.xml"].decode()).encode()
    return zipped(members)


def without_names(text: str) -> str:
    return re.sub(r'<definedName name="\w*review_\w+">[^<]*</definedName>', "", text)


def shifted(text: str, rows: int) -> str:
    """The review names some rows further down, as after inserting rows."""

    def down(match: re.Match[str]) -> str:
        return f"{match[1]}{int(match[2]) + rows}<"

    return re.sub(r'(<definedName name="\w*review_\w+">[^<]*\$)(\d+)<', down, text)


def inserted_rows(data: bytes, rows: int) -> bytes:
    """A return with ``rows`` rows inserted at the top of the reviewed sheet."""
    package = Package.read(data)
    part = package.sheets[SHEET]
    members = contents(data)
    xml = members[part].decode()
    head, body = xml.split("<sheetData>")
    body = re.sub(r'(<row r="|<c r="[A-Z]+)(\d+)"', lambda match: f'{match[1]}{int(match[2]) + rows}"', body)
    body = re.sub(
        r'(<mergeCell ref="[A-Z]+)(\d+)(:[A-Z]+)(\d+)"',
        lambda match: f'{match[1]}{int(match[2]) + rows}{match[3]}{int(match[4]) + rows}"',
        body,
    )
    members[part] = f"{head}<sheetData>{body}".encode()
    members["xl/workbook.xml"] = shifted(members["xl/workbook.xml"].decode(), rows).encode()
    return zipped(members)


def down(cell: Cell, rows: int) -> Cell:
    row, _ = from_ref(cell.ref)
    return Cell(cell.sheet, cell.ref.replace(str(row), str(row + rows)))


def test_the_block_is_found_after_rows_were_inserted() -> None:
    data = inserted_rows(PUBLISHED, 2)
    places = read_return(Return(data, "a.xlsx"), SCHEME).review_cells
    assert places == {name: down(cell, 2) for name, cell in LAYOUT.review.items()}
    done = annotate(data, places, PUBLISHED_CARD, PUBLISHED_CARD.findings)
    assert block(done, places) == block(annotate(PUBLISHED, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings))
    check_nothing_else_changed(data, done, places)


def test_a_cell_that_was_deleted() -> None:
    places = {name: cell for name, cell in LAYOUT.review.items() if name != "review_grade"}
    with pytest.raises(PatchRefused, match="review_grade 的单元格已被删除"):
        annotate(PUBLISHED, places, PUBLISHED_CARD, ())


def test_a_sheet_that_is_gone() -> None:
    data = with_workbook(PUBLISHED, lambda text: text.replace(f'name="{SHEET}"', 'name="别的"'))
    with pytest.raises(PatchRefused, match=f"没有工作表“{SHEET}”"):
        annotate(data, LAYOUT.review, PUBLISHED_CARD, ())


def test_two_names_on_one_cell() -> None:
    cell = LAYOUT.review[f"{CODES[0]}_review_score"]
    with pytest.raises(PatchRefused, match=f"都指向 {cell}"):
        annotate(PUBLISHED, {**LAYOUT.review, f"{CODES[0]}_review_difference": cell}, PUBLISHED_CARD, ())


def test_a_formula_typed_into_the_block_is_not_overwritten() -> None:
    cell = LAYOUT.review[f"{CODES[0]}_review_score"]
    package = Package.read(PUBLISHED)
    part = package.sheets[SHEET]
    xml = re.sub(rf'(<c r="{cell.ref}" s="\d+")/>'.encode(), rb"\1><f>1+1</f><v>2</v></c>", package.part(part))
    with pytest.raises(PatchRefused, match=f"{cell} 不能写入：单元格里是公式"):
        annotate(package.rewrite({part: xml}), LAYOUT.review, PUBLISHED_CARD, ())


def check_resaved(data: bytes) -> None:
    package = Package.read(data)
    places = {name: package.named_cell(name) or cell for name, cell in LAYOUT.review.items()}
    assert places == LAYOUT.review
    done = annotate(data, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings)
    check_nothing_else_changed(data, done)
    assert block(done) == block(annotate(PUBLISHED, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings))
    assert annotate(done, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings) == done


@pytest.mark.filterwarnings("ignore:Workbook contains no default style:UserWarning")
def test_a_return_saved_by_gnumeric(gnumeric: Gnumeric, tmp_path: Path) -> None:
    check_resaved(gnumeric.resave(saved(tmp_path / "a.xlsx", PUBLISHED), tmp_path / "b.xlsx").read_bytes())


def test_a_return_saved_by_openpyxl(tmp_path: Path) -> None:
    openpyxl.load_workbook(io.BytesIO(PUBLISHED)).save(tmp_path / "b.xlsx")
    check_resaved((tmp_path / "b.xlsx").read_bytes())


def test_a_return_saved_by_libreoffice_opens_there_again(libreoffice: LibreOffice, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    data = libreoffice.convert(saved(tmp_path / "a.xlsx", PUBLISHED), "xlsx", tmp_path / "saved").read_bytes()
    check_resaved(data)
    done = saved(tmp_path / "c.xlsx", annotate(data, LAYOUT.review, PUBLISHED_CARD, PUBLISHED_CARD.findings))
    again = libreoffice.convert(done, "xlsx", tmp_path / "saved").read_bytes()
    assert block(again)["review_total"] == 99.97


ROW = PUBLISHED_CARD.rows[4]
NAME = ROW.indicator.name


def row(outcome: Outcome, claim: str | None, *notes: str) -> IndicatorScore:
    return IndicatorScore(ROW.indicator, outcome, None if claim is None else D(claim), None, notes)


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (row(scored(D(2), "结转结余率 5%"), "2"), "一致。"),
        (row(scored(D("0.985"), "x"), "0.99"), "一致。"),
        (row(not_applicable(D(2), "没有此类事项"), "2"), "一致：没有此类事项。"),
        (
            row(scored(D("0.98578"), "甲 ÷ 乙 = 98.58%。"), "1"),
            "自评 1.00 分，按评分标准重算 0.99 分，自评多 0.01 分：甲 ÷ 乙 = 98.58%。",
        ),
        (row(scored(D(2), "5%"), "1.5"), "自评 1.50 分，按评分标准重算 2.00 分，自评少 0.50 分：5%。"),
        (row(not_applicable(D(2), "没有"), "1"), "自评 1.00 分，按评分标准重算 2.00 分，自评少 1.00 分：没有。"),
        (row(scored(D(2), "5%"), None), "自评分未填，按评分标准重算 2.00 分：5%。"),
        (row(needs_review(D(2), "须由人核定", low=D(1)), "2"), "需人工核定：须由人核定（暂计 1.00～2.00 分）。"),
        (row(missing(D(2), ("a",), "甲未填"), "2"), "数据不全：甲未填（暂计 0.00～2.00 分）。"),
        (row(missing(D(2), ("a",), "甲未填"), None), "数据不全：甲未填（暂计 0.00～2.00 分）。"),
        (row(scored(D(2), "5%"), "2", "口径：甲", "第二条。"), "一致。\n口径：甲。\n第二条。"),
    ],
)
def test_opinions(judged: IndicatorScore, expected: str) -> None:
    assert opinion(judged, ()) == expected


def test_findings_follow_in_their_order_without_what_is_said_already() -> None:
    code = ROW.indicator.code
    cells = Cell("基础数据", "D5"), Cell("基础数据", "D7")
    findings = [
        finding("score-differs", indicator=code, name=NAME, actual="2.00", expected="1.00", basis="x"),
        finding("self-score-missing", indicator=code, name=NAME, expected="1.00"),
        finding("number-as-text", cell=cells[0], indicator=code, label="甲", actual="１", expected="1"),
        *(finding("zero-base", cell=cell, indicator=code, base="甲", part="乙", actual="3") for cell in cells),
        finding("evidence-missing", cell=Cell("自评表", "J9"), indicator=code, name=NAME),
    ]
    assert opinion(row(scored(D(1), "x"), "1"), findings) == (
        "一致。\n基础数据!D5、D7 甲为 0，而乙为 3，无法计算。请核对两项数据。\n"
        "自评表!J9 评分依据、未达标原因、改进措施一栏未填。请填写。"
    )


def test_a_row_gets_its_own_findings_only() -> None:
    first, second = CODES[:2]
    found = block(
        annotate(
            PUBLISHED,
            LAYOUT.review,
            PUBLISHED_CARD,
            [
                Finding("evidence-missing", Severity.WARNING, "只属于第一行。", indicator=first),
                Finding("seal-broken", Severity.ERROR, "不属于任何行。"),
            ],
        )
    )
    assert "只属于第一行。" in found[f"{first}_review_opinion"]
    assert "只属于第一行。" not in found[f"{second}_review_opinion"]
    assert not any("不属于任何行" in str(value) for value in found.values())


def test_an_endless_list_is_cut() -> None:
    def told(times: int) -> str:
        each = Finding("zero-base", Severity.ERROR, "十个字的一句话在此。")
        return opinion(row(scored(D(1), "x"), "1"), [replace(each, message=f"{each.message}{n}") for n in range(times)])

    assert len(told(70)) < 1_000 and "见汇总表" not in told(70)
    assert len(told(200)) == 1_000
    assert told(200).endswith("……（其余见汇总表的问题清单）")
