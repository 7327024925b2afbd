"""Forms sent back for correction: what goes out, how it is told, and what becomes of it when it comes back corrected."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from click.testing import CliRunner
from docx.oxml.ns import qn

from perfeval_xl.campaign import ROSTER, Campaign, load
from perfeval_xl.cli import main
from perfeval_xl.district import returning, rounds, standing, taking_in
from perfeval_xl.district.cover_note import WHOLE, CoverNote, Problem, problems, times_sent_back
from perfeval_xl.district.intake import Desk, set_aside
from perfeval_xl.district.letter import letter
from perfeval_xl.district.packing import Packed, pack
from perfeval_xl.district.parcels import Item
from perfeval_xl.district.returning import LETTER, TEXT_NOTE, send_back
from perfeval_xl.errors import CampaignError
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.parts import RESULT
from perfeval_xl.findings import Severity, finding
from perfeval_xl.results import UnitResult
from tests.rounds import UNITS, hand_in, issued_round, published_answers, roster_bytes
from tests.workbooks import contents, saved_later, zipped

WRONG = {"contracts_total": None, "procurement_policy_self_score": "0.5"}
RIGHT: dict[str, Any] = {"sme_actual_yuan": "245250193.77"}


_examined: dict[tuple[str, bytes, str], list[UnitResult]] = {}


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are examined in this process, and the same ones once: starting others takes a second each time."""

    def examine_packed(desk: Desk, given: Sequence[Item], crew: None, known: object) -> Iterator[list[Packed]]:
        for each in given:
            key = each.name, each.path.read_bytes(), repr(desk.roster)
            if key not in _examined:
                _examined[key] = desk.examine(each.path, each.name)
            yield [pack(found) for found in _examined[key]]

    monkeypatch.setattr(taking_in, "examine_packed", examine_packed)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(tmp_path_factory.mktemp("returning") / "2024")


@pytest.fixture
def at(issued: Campaign) -> Campaign:
    """The round, nothing handed in or sent back yet."""
    for folder in (issued.inbox, issued.returned):
        for path in folder.iterdir():
            path.unlink()
    return replace(issued, contact="张老师 020-12345678")


def names(at: Campaign) -> list[str]:
    return sorted(path.name for path in at.returned.iterdir())


def note(at: Campaign, code: str = "S001") -> str:
    name = at.roster[code].file_name.removesuffix(".xlsx")
    return (at.returned / f"{name}{TEXT_NOTE}").read_text(encoding="utf-8-sig")


def three(code: str, name: str) -> list[str]:
    return sorted([f"{code}_{name}.xlsx", f"{code}_{name}{TEXT_NOTE}", f"{code}_{name}{LETTER}"])


def test_only_units_with_errors_get_theirs_back(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    hand_in(at, "S002", published_answers())  # three warnings
    done = send_back(at)
    assert [(each.unit.code, each.number, each.errors) for each in done.sent] == [("S001", 1, 2)]
    assert (list(done.nothing), dict(done.failed)) == ([], {})
    assert names(at) == three("S001", "第一小学")


def test_those_asked_for_get_theirs_for_warnings_too(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    hand_in(at, "S002", published_answers())
    done = send_back(at, ["S002", "S003"])
    assert [(each.unit.code, each.errors > 0, each.warnings > 0) for each in done.sent] == [("S002", False, True)]
    assert [each.code for each in done.nothing] == ["S003"]
    assert names(at) == three("S002", "第二小学")
    assert "须改正" not in note(at, "S002").split("怎样改")[0]


def test_a_code_that_is_not_on_the_roster(at: Campaign) -> None:
    with pytest.raises(CampaignError, match="名册中没有单位代码 S009"):
        send_back(at, ["S009"])


def test_the_note_lists_every_problem_with_its_cell_and_says_what_to_do(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at, due=date(2025, 5, 15))
    [result] = rounds.examine_inbox(at).results
    text = note(at)
    for group in result.issues:
        if group.first.severity is not Severity.INFO:
            assert f"{str(group).split(' ')[0]}\n   {group.first.message}\n" in text
    assert text.startswith("关于退回补正2024年度单位整体支出绩效自评表的函\n\n第一小学：\n")
    assert "“S001 交表.xlsx”已经复核，2 处须改正、" in text
    assert "现第 1 次退回，请逐条处理后，于2025年5月15日前（含当日）重新报送。" in text
    assert "联系人：张老师 020-12345678\n" in text
    assert "S001_第一小学.xlsx" in text
    assert text.endswith("\n样例区教育局\n")
    raw = (at.returned / f"S001_第一小学{TEXT_NOTE}").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r\n") > 20


def test_a_round_without_a_contact_names_none(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(replace(at, contact=""))
    assert "联系人" not in note(at)


def test_what_is_for_the_bureau_to_settle_is_not_asked_of_the_unit() -> None:
    told = (
        finding("duplicate-return", actual="a", count="2", others="b"),
        finding("needs-review", name="某项", why="酌情扣分"),
        finding("same-answers", others="S002"),
        finding("names-lost", count="3"),
    )
    assert problems(told, Severity.WARNING) == (Problem(WHOLE, told[-1].message),)


def test_the_workbook_opens_on_the_list_and_problem_cells_are_open(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    book = openpyxl.load_workbook(at.returned / "S001_第一小学.xlsx")
    assert book.active is not None
    assert book.active.title == RESULT
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == [RESULT]
    [result] = rounds.examine_inbox(at).results
    assert result.submission is not None
    inputs = {each.cell for each in result.submission.answers.values()}
    cells = {each.cell for each in result.findings if each.severity is Severity.ERROR}
    assert cells and cells <= inputs
    for cell in cells:
        assert cell is not None
        assert not book[cell.sheet][cell.ref].protection.locked


def made_note(at: Campaign, **changes: Any) -> CoverNote:
    note = CoverNote(
        at, at.roster["S001"], 2, ("一小 终稿.xlsx",), "0" * 64, "S001_第一小学.xlsx", "",
        (Problem("基础数据!C5、D5", "甲未填。"), Problem(WHOLE, "乙。")), (Problem("自评表!J9", "丙。"),), date(2025, 5, 15),
    )  # fmt: skip
    return replace(note, **changes)


def test_the_letter_says_what_the_note_says(at: Campaign) -> None:
    given = made_note(at)
    paper = docx.Document(io.BytesIO(letter(given)))
    rows = [[[cell.text for cell in row.cells] for row in table.rows] for table in paper.tables]
    head = ["序号", "位置", "问题和改法"]
    assert rows == [
        [head, ["1", "基础数据!C5、D5", "甲未填。"], ["2", "整份表", "乙。"]],
        [head, ["1", "自评表!J9", "丙。"]],
    ]
    said = [each.text for each in paper.paragraphs]
    assert said[:4] == [given.title, "第一小学：", given.opening(), "一、须改正的（2 处）"]
    assert said[-2:] == ["样例区教育局", "　　年　　月　　日"]
    for step in given.steps():
        assert any(step in each for each in said)
        assert step in given.text()


def test_the_letter_is_set_like_an_official_one(at: Campaign) -> None:
    paper = docx.Document(io.BytesIO(letter(made_note(at))))
    fonts = [{run._r.rPr.rFonts.get(qn("w:eastAsia")) for run in paragraph.runs} for paragraph in paper.paragraphs[:4]]
    assert fonts == [{"黑体"}, {"仿宋"}, {"仿宋"}, {"黑体"}]
    section = paper.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    for table in paper.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        room = section.page_width - section.left_margin - section.right_margin
        assert 0.98 * room <= sum(column.width for column in table.columns) <= room
    assert (paper.core_properties.author, paper.core_properties.title) == ("样例区教育局", made_note(at).title)


def test_a_letter_without_errors_counts_its_parts_from_one(at: Campaign) -> None:
    paper = docx.Document(io.BytesIO(letter(made_note(at, musts=()))))
    headings = [each.text for each in paper.paragraphs if re.match("[一二三]、", each.text)]
    assert headings == ["一、请核对的（1 处）", "二、怎样改"]


def test_a_second_run_gives_the_same_bytes(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    first = {path.name: path.read_bytes() for path in at.returned.iterdir()}
    send_back(at)
    assert {path.name: path.read_bytes() for path in at.returned.iterdir()} == first


def test_a_fresh_form_is_announced(at: Campaign) -> None:
    steps = made_note(at, fresh="文件是 .ods 格式").steps()
    assert steps[0].startswith("原表不能直接批注（文件是 .ods 格式），随附的是重新生成的表，填报内容已照样带入")
    assert len(steps) == len(made_note(at).steps()) + 1


def test_what_a_fresh_form_settles_is_not_asked_for(at: Campaign) -> None:
    path = hand_in(at, "S001", published_answers(**WRONG))
    book = openpyxl.load_workbook(path)
    book["自评表"]["A2"] = "（我的表）"
    book.save(path)
    [sent] = send_back(at).sent
    assert "锁定的内容被改动：" not in note(at)
    assert "原表不能直接批注（锁定的内容被改动）" in note(at)
    assert sent.errors >= 2


def test_a_file_that_was_not_accepted(at: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit gets the reason, and its blank once more."""
    found = set_aside("旧表.xlsx", finding("wrong-scheme", expected="A 1", actual="A 0"))
    ours = set_aside("b.xlsx", finding("internal-error", why="X"))
    district = rounds.examine_inbox(at)
    results = [replace(found, unit_code="S001"), replace(ours, unit_code="S002")]
    monkeypatch.setattr(returning, "examine_inbox", lambda *_: replace(district, results=results))
    [sent] = send_back(at).sent
    assert (sent.unit.code, sent.errors, sent.warnings) == ("S001", 1, 0)
    blank = at.outbox / "S001_第一小学.xlsx"
    assert (at.returned / blank.name).read_bytes() == blank.read_bytes()
    assert "“旧表.xlsx”未能受理，1 处须改正。" in note(at)
    assert f"1. 旧表.xlsx\n   {found.findings[0].message}" in note(at)
    assert times_sent_back(note(at), results[0]) == 1


def test_one_that_cannot_be_made_costs_no_other(at: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    path = hand_in(at, "S002", published_answers(**WRONG))
    send_back(at)
    examined = rounds.examine_inbox(at)
    path.unlink()
    monkeypatch.setattr(returning, "examine_inbox", lambda *_: examined)
    done = send_back(at)
    assert [each.unit.code for each in done.sent] == ["S001"]
    assert done.failed == {"S002": "S002 交表.xlsx 已不在收件文件夹中"}
    assert names(at) == three("S001", "第一小学")


def test_a_form_whose_only_error_a_fresh_one_settles(at: Campaign) -> None:
    path = hand_in(at, "S001", published_answers())
    members = contents(path.read_bytes())
    for name in ("docProps/custom.xml", "docProps/core.xml", "xl/workbook.xml", *_sheets(members)):
        members[name] = re.sub(rb"PE1/[^<\"]*", b"", members[name])
    path.write_bytes(zipped(members))
    [sent] = send_back(at).sent
    assert (sent.errors, sent.warnings > 0) == (1, True)
    assert "表格没有封签，不能确认是本次下发的表格。" in note(at)
    assert "原表不能直接批注（表格没有封签）" in note(at)
    [back] = Desk.of(at).examine(at.returned / "S001_第一小学.xlsx")
    assert not [each for each in back.findings if each.severity is Severity.ERROR]


def _sheets(members: dict[str, bytes]) -> list[str]:
    return [name for name in members if name.startswith("xl/worksheets/sheet") or name == "xl/sharedStrings.xml"]


# ---- the second round


def hand_in_again(at: Campaign, changes: dict[str, Any], name: str, stamp: str) -> None:
    """What a unit does with the form that it got back."""
    back = at.returned / "S001_第一小学.xlsx"
    text = json.dumps(published_answers(**changes), ensure_ascii=False)
    (at.inbox / name).write_bytes(saved_later(Desk(at.scheme).fill(back.read_bytes(), back.name, text), stamp))


def line(at: Campaign) -> standing.UnitStatus:
    inbox = rounds.read_inbox(at)
    return standing.status(at, rounds.examine_inbox(at, inbox=inbox), inbox, date(2025, 5, 1)).units[0]


def test_a_form_goes_back_twice_and_comes_in_order_at_last(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    assert line(at).sent_back == 0
    send_back(at)
    assert (line(at).sent_back, line(at).errors) == (1, 2)

    hand_in_again(at, {"procurement_policy_self_score": "0.5"}, "一小改.xlsx", "2025-04-20T08:00:00Z")
    assert (line(at).file, line(at).sent_back, line(at).errors) == ("一小改.xlsx", 0, 1)
    assert [each.number for each in send_back(at).sent] == [2]
    assert "现第 2 次退回" in note(at)
    assert line(at).sent_back == 2

    hand_in_again(at, {}, "一小再改.xlsx", "2025-04-25T08:00:00Z")
    [result] = rounds.examine_inbox(at).results
    assert (result.file, len(result.earlier)) == ("一小再改.xlsx", 2)
    assert result.card is not None and str(result.card.total) == "99.97"
    assert not [each for each in result.findings if each.severity is Severity.ERROR]
    assert list(send_back(at).sent) == []
    assert names(at) == []


def test_what_was_marked_before_is_gone_from_what_goes_back_again(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    hand_in_again(at, {"procurement_policy_self_score": "0.5"}, "一小改.xlsx", "2025-04-20T08:00:00Z")
    send_back(at)
    book = openpyxl.load_workbook(at.returned / "S001_第一小学.xlsx")
    review = build_layout(at.scheme).review
    said = [str(book[cell.sheet][cell.ref].value or "") for cell in review.values()]
    assert not any("采购合同未填" in each for each in said)
    assert any("按评分标准重算 0.99 分" in each for each in said)


def test_a_renamed_unit_keeps_nothing_under_its_old_name(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    own = at.returned / "S001_笔记.txt"
    own.write_text("x", encoding="utf-8")
    send_back(at)
    roster = (at.folder / ROSTER).read_bytes()
    (at.folder / ROSTER).write_bytes(roster_bytes((("S001", "第一实验小学"), *UNITS[1:])))
    send_back(load(at.folder))
    (at.folder / ROSTER).write_bytes(roster)
    assert names(at) == sorted([*three("S001", "第一实验小学"), own.name])


def test_a_note_that_somebody_wrote_over(at: Campaign) -> None:
    """It no longer tells which return it was about, so the return is not taken for sent back."""
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    path = at.returned / f"S001_第一小学{TEXT_NOTE}"
    path.write_bytes("改过的说明\xff".encode("gbk", "replace"))
    assert line(at).sent_back == 0


# ---- the command


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, arguments)
    return done.exit_code, done.stdout, done.stderr


def test_the_command_tells_unit_by_unit_and_in_sum(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    code, out, err = run("return", "-C", str(at.folder), "--due", "2099-05-15")
    assert code == 0
    assert out.splitlines() == [
        "  S001 第一小学：须改正 2 处，请核对 3 处（第 1 次）",
        f"退回 1 个单位：须改正 2 处，请核对 3 处。在 {at.returned}",
    ]
    assert "截止日期" not in err
    assert "2099年5月15日前" in note(at)


def test_the_command_points_out_a_day_that_is_over(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    code, _, err = run("return", "-C", str(at.folder), "--only", "S001", "--only", "S003")
    assert code == 0
    assert "S003 第三小学：没有交表，或没有要改的，没有退回。" in err
    assert "说明上的截止日期 2025-04-30 已过。请用 --due 写明补正的截止日期，再运行一次。" in err


def test_the_command_with_nothing_to_send_back(at: Campaign) -> None:
    hand_in(at, "S001", published_answers())
    code, out, err = run("return", "-C", str(at.folder))
    assert (code, out) == (0, f"退回 0 个单位：须改正 0 处，请核对 0 处。在 {at.returned}\n")
    assert "截止日期" not in err


def test_the_command_with_an_unknown_code(at: Campaign) -> None:
    code, _, err = run("return", "-C", str(at.folder), "--only", "S009")
    assert code == 2
    assert "名册中没有单位代码 S009" in err


def test_the_status_tells_what_was_sent_back(at: Campaign) -> None:
    hand_in(at, "S001", published_answers(**WRONG))
    send_back(at)
    code, out, _ = run("status", "-C", str(at.folder), "--format", "json")
    assert code == 1
    said = json.loads(out)
    assert said["totals"]["sent_back"] == 1
    assert [each["sent_back"] for each in said["units"]] == [1, 0, 0]
    for form in ("text", "csv"):
        assert "已退回，第 1 次" in run("status", "-C", str(at.folder), "--format", form)[1]
    target = Path(at.folder, "s.xlsx")
    run("status", "-C", str(at.folder), "--format", "xlsx", "-o", str(target))
    cells = [str(cell.value) for row in openpyxl.load_workbook(target).worksheets[0] for cell in row]
    assert "已退回\n第 1 次" in cells
    assert "已退回修改" in cells
