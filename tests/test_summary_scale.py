"""Rounds of any size: one pass over the results, none of them kept, tables cut where a sheet ends, and what is said of it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from weakref import ref

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.cli import terminal
from perfeval_xl.dataset import CSV, PARQUET, export
from perfeval_xl.dataset.schema import Round
from perfeval_xl.district import rounds, standing
from perfeval_xl.district.narrative.writing import write_department, write_units
from perfeval_xl.errors import PerfevalError
from perfeval_xl.excel import longsheet
from perfeval_xl.excel.book import A4, DEFAULT_LIMITS, Book, Limits, Link, Paper, streamed_book
from perfeval_xl.findings import Severity, finding
from perfeval_xl.overview import facts_of, overview
from perfeval_xl.results import District, Filing, Rulings, UnitResult
from perfeval_xl.summary import build_summary, lines, write_summary
from perfeval_xl.summary.issues import IssuesSheet
from perfeval_xl.summary.lines import Lines, Shelf
from tests.rounds import hand_in, issued_round, published_answers
from tests.test_summary import DIFFERS, FULL, MISSING_FIELD, TEXT_NUMBER, UNREADABLE, card, district, result, table
from tests.test_summary_sheets import VALUES, returned
from tests.test_summary_sheets import district as answered


class OnDisk(Sequence[UnitResult]):
    """Results that are made anew whenever they are looked at, as if they lay on a disk; counts how often they went by,
    and how many were alive at once."""

    def __init__(self, results: Sequence[UnitResult]) -> None:
        self._results = results
        self._alive: list[ref[UnitResult]] = []
        self.passes = self.most_alive = 0

    def __len__(self) -> int:
        return len(self._results)

    def __getitem__(self, number: Any) -> Any:
        made = replace(self._results[number])
        self._alive = [*(each for each in self._alive if each() is not None), ref(made)]
        self.most_alive = max(self.most_alive, len(self._alive))
        return made

    def __iter__(self) -> Iterator[UnitResult]:
        self.passes += 1
        for number in range(len(self)):
            yield self[number]


MANY = [
    *(result(f"{n:03}", card("40", "20", str(n), "10"), DIFFERS, MISSING_FIELD, TEXT_NUMBER) for n in range(12)),
    *(result("", None, UNREADABLE, file=f"扫描件{n}.xlsx") for n in range(3)),
]


def on_disk(results: Sequence[UnitResult] = MANY) -> tuple[OnDisk, District]:
    kept = OnDisk(results)
    return kept, replace(district(), results=kept)


# One pass, nothing kept


def test_the_summary_goes_through_the_results_once_and_keeps_none() -> None:
    kept, made = on_disk()
    assert build_summary(made) == build_summary(district(MANY))
    assert kept.passes == 1
    assert kept.most_alive <= 2  # the next one is made before the last one goes


FILINGS = {f"{n:03}": Filing(f"S{n // 4}", f"第{n // 4}小学", "小学", f"项目{n}") for n in range(12)}
"""A unit files four of the workbooks."""


def test_a_round_by_project_takes_one_pass_too() -> None:
    kept, made = on_disk()
    made = replace(made, filings=FILINGS)
    assert build_summary(made) == build_summary(replace(district(MANY), filings=FILINGS))
    assert (kept.passes, kept.most_alive <= 2) == (1, True)


@pytest.mark.parametrize("rows", [2, 3])
def test_what_all_projects_come_to_stands_under_a_table_that_was_cut(rows: int) -> None:
    content = build_summary(replace(district(MANY), filings=FILINGS), Limits(rows=rows))
    sheet = openpyxl.load_workbook(io.BytesIO(content))["各单位项目情况"]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    labels = ["S0", "S1", "表太长，还有 1 行没有列出", "合计（全部单位）"] if rows == 2 else ["S0", "S1", "S2", "合计"]
    assert [line[0] for line in lines] == labels
    assert lines[-1][3:8] == [12, 12, 12, 75.5, 70]
    said = "共 3 行，只列前 2 行"
    assert (said in notes(content)["各单位项目情况"]) is (said in sheet["A2"].value) is (rows == 2)


def test_all_figures_come_from_one_pass() -> None:
    kept, made = on_disk()
    facts = facts_of(made)
    assert overview(facts) == overview(facts_of(district(MANY)))
    assert (kept.passes, kept.most_alive <= 2) == (1, True)


def test_a_round_in_a_few_lines_takes_one_pass(capsys: pytest.CaptureFixture[str]) -> None:
    kept, made = on_disk()
    terminal.print_round(made)
    assert (kept.passes, kept.most_alive <= 2) == (1, True)
    assert "已交 12，未交 0，未受理 3；待补正 0；错误 27 处。" in capsys.readouterr().out


def test_status_export_and_narratives_keep_no_result(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024")
    for code in at.roster:
        hand_in(at, code, published_answers())
    (at.inbox / "图.txt").write_text("?", encoding="utf-8")
    inbox = rounds.read_inbox(at)
    plain = rounds.examine_inbox(at, inbox=inbox)
    kept = OnDisk(list(plain.results))
    made = replace(plain, results=kept)
    told = standing.status(at, made, inbox, at.deadline)
    assert told == standing.status(at, plain, inbox, at.deadline)
    assert (kept.passes, kept.most_alive <= 2) == (1, True)
    export(Round(told, made), tmp_path / "out", (CSV, PARQUET))
    export(Round(told, plain), tmp_path / "plain", (CSV, PARQUET))
    assert (kept.passes, kept.most_alive <= 2) == (2, True)
    for path in (tmp_path / "out").iterdir():
        assert path.read_bytes() == (tmp_path / "plain" / path.name).read_bytes(), path.name
    write_department(at, made)
    assert (kept.passes, kept.most_alive <= 2) == (4, True)  # the roll-up and the figures of the units
    write_units(at, made, list(at.roster.values()))
    assert (kept.passes, kept.most_alive <= 2) == (5, True)


# Beyond a sheet


def notes(content: bytes) -> dict[str, str]:
    """What the cover says of each sheet."""
    sheet = openpyxl.load_workbook(io.BytesIO(content))["封面"]
    top = next(row[0].row for row in sheet.iter_rows() if row[0].value == "工作表")
    return {row[0].value: row[2].value for row in sheet.iter_rows(min_row=top + 1)}


@pytest.mark.parametrize("rows", [2, 3])
def test_a_table_that_has_no_room_says_so_on_its_sheet_and_on_the_cover(rows: int) -> None:
    made = district([result(code, card(*FULL)) for code in "ABC"])
    content = build_summary(made, Limits(rows=rows))
    ranking = openpyxl.load_workbook(io.BytesIO(content))["排名表"]
    said = "共 3 行，只列前 2 行"
    assert (f"{said}，全部见 perfeval export 导出的 units 表。" in ranking["A2"].value) is (rows == 2)
    assert (f"（{said}）" in notes(content)["排名表"]) is (rows == 2)
    firsts = [row[0].value for row in ranking.iter_rows(min_row=5)]
    assert firsts[:3] == ([1, 1, "表太长，还有 1 行没有列出"] if rows == 2 else [1, 1, 1])
    # what stands below the table is of all units, and the link leads to it
    target = ranking["A3"].hyperlink.location.rsplit("!", 1)[1]
    assert ranking[target].value.startswith("各类型单位")
    lines = list(ranking.iter_rows(min_row=ranking[target].row + 1, values_only=True))
    assert lines[-1][:7] == ("全区", None, None, None, None, 3, 3)


def test_every_table_has_a_place_for_what_it_leaves_out() -> None:
    results = [
        returned(f"{n:03}", MISSING_FIELD, DIFFERS, money_self_score=Decimal(n), spent_wan=Decimal(n)) for n in range(6)
    ]
    told = notes(build_summary(answered(*results), Limits(rows=2)))
    cut = {name for name, said in told.items() if "只列前 2" in said}
    assert cut == {"排名表", "指标得分率", "差异清单", "问题清单", "数据汇总", "未交与退回", "口径与版本"}
    assert not [said for said in notes(build_summary(answered(*results))).values() if "只列前" in said]


@pytest.mark.parametrize(
    ("rows", "listed", "said"),
    [
        (6, ["错误", "错误", "说明", "错误", "错误", "说明"], ""),
        (
            5,
            ["错误", "错误", "错误", "错误"],
            "共 6 条，没有列出说明 2 条",
        ),
        (4, ["错误", "错误", "错误", "错误"], "没有列出说明 2 条"),
        (3, ["错误", "错误", "错误", "表太长，还有 1 行没有列出"], "没有列出说明 2 条，错误只列前 3 条"),
    ],
)
def test_of_findings_the_slight_ones_stay_away_first(rows: int, listed: list[str], said: str) -> None:
    made = district([result(code, card(*FULL), DIFFERS, TEXT_NUMBER, MISSING_FIELD) for code in "AB"])
    limits = Limits(rows=rows)
    shown = table(made, "问题清单", limits=limits)
    assert [row["级别"] or row["单位代码"] for row in shown] == listed
    content = build_summary(made, limits)
    sheet = openpyxl.load_workbook(io.BytesIO(content))["问题清单"]
    assert said in notes(content)["问题清单"] and said in sheet["A2"].value
    assert ("全部见 perfeval export 导出的 findings 表。" in sheet["A2"].value) is bool(said)
    kinds = {row[6]: row[4] for row in sheet.iter_rows(values_only=True) if row[0] == "" or row[0] is None}
    assert kinds["number-as-text"] == 2  # counted all the same


def test_findings_about_the_rulings_count_too() -> None:
    about = finding("rulings-not-written", why="已打开")
    made = replace(district([result("A", card(*FULL), TEXT_NUMBER)]), rulings=Rulings(0, (about,)))
    assert [row["级别"] for row in table(made, "问题清单", limits=Limits(rows=2))] == ["说明", "提醒"]
    assert [row["级别"] for row in table(made, "问题清单", limits=Limits(rows=1))] == ["提醒"]


def test_of_differences_the_largest_have_room() -> None:
    gaps = [3, 1, 9, 4, 7, 2, 8, 5, 6]
    results = [returned(f"{n:03}", money_self_score=Decimal(4 + gap)) for n, gap in enumerate(gaps)]
    made = answered(*results)
    shown = table(made, "差异清单", limits=Limits(rows=2))
    assert [row["差异\n（自评－重算）"] for row in shown] == [9, 8, ""]
    assert shown[-1]["单位代码"] == "表太长，还有 7 行没有列出"
    sheet = openpyxl.load_workbook(io.BytesIO(build_summary(made, Limits(rows=2))))["差异清单"]
    assert [cell.value for cell in list(sheet.iter_rows())[-1]][1:8] == [9, "合计", None, None, None, None, sum(gaps)]


@pytest.mark.parametrize("rows", [1, 2])
def test_sums_under_a_table_that_was_cut_are_those_of_all_units(rows: int) -> None:
    made = answered(*(returned(code, **{**VALUES, "spent_wan": Decimal(5)}) for code in ("001", "002")))
    sheet = openpyxl.load_workbook(io.BytesIO(build_summary(made, Limits(rows=rows))))["数据汇总"]
    label, total = next(
        (row[0].value, row[5].value) for row in sheet.iter_rows() if str(row[0].value).startswith("合计")
    )
    assert ("合计和个数是公式" in sheet["D1"].value) is (rows == 2)
    assert (label, total) == (("合计（全部单位）", 10) if rows == 1 else ("合计", "=ROUND(SUM(F5:F6),6)"))


@pytest.mark.parametrize("links", [0, 2, 3])
def test_links_beyond_the_limit_are_names(links: int) -> None:
    made = district([result(code, card(*FULL)) for code in "ABC"])
    shown = [row["批注\n文件"] for row in table(made, "排名表", limits=Limits(links=links))]
    assert shown == {0: ["A.xlsx", "B.xlsx", "C.xlsx"], 2: ["打开", "打开", "C.xlsx"], 3: ["打开"] * 3}[links]


def test_excel_opens_what_a_sheet_is_given_at_most() -> None:
    assert DEFAULT_LIMITS.links <= 65_530
    assert DEFAULT_LIMITS.rows <= 1_048_576 - 10_000  # the heading, and what stands below a table


# Lines on the disk


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3))), st.none() | st.integers(1, 4))
def test_lines_come_back_by_their_keys(bundles: list[tuple[int, int]], most: int | None) -> None:
    with Shelf() as shelf:
        lines = Lines(shelf, most)
        for number, (key, count) in enumerate(bundles):
            lines.add([[f"{number}", each, Decimal("1.5"), Link("a", "b")] for each in range(count)], key)
        assert lines.rows == sum(count for _, count in bundles)
        given_ = [(key, number, count) for number, (key, count) in enumerate(bundles) if count]
        expected = [[f"{n}", each, 1.5, Link("a", "b")] for _, n, count in sorted(given_) for each in range(count)]
        found = list(lines.in_order())
        if most is None:
            assert found == expected
        else:
            full = sum(count for _, _, count in sorted(given_)[:most])
            assert found[:full] == expected[:full]


def test_a_row_that_is_done_is_not_written_again() -> None:
    book = Book(datetime(2025, 1, 1), "", "")
    page = book.long_page("一", Paper(A4), "")
    page.put(3, 0, "甲")
    page.put(3, 1, "乙")
    with pytest.raises(ValueError, match="一: row 2 is done"):
        page.put(2, 0, "丙")
    with pytest.raises(ValueError, match="一: row 2 is done"):
        page.height(2, 20)
    made = openpyxl.load_workbook(io.BytesIO(book.close()))["一"]
    assert [cell.value for cell in made[4]] == ["甲", "乙"]


def test_a_book_that_fails_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(KeyboardInterrupt), streamed_book(io.BytesIO(), datetime(2025, 1, 1), "", "") as book:
        page = book.long_page("一", Paper(A4), "")
        page.put(0, 0, Link("../a.xlsx", "打开"))
        assert list(scratch.rglob("*"))
        raise KeyboardInterrupt
    assert not list(scratch.rglob("*"))


def test_a_full_disk_leaves_the_old_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "全区汇总.xlsx"
    target.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(IssuesSheet, "write", full)
    with pytest.raises(PerfevalError, match="磁盘空间不足"):
        write_summary(district(MANY), target)
    assert [path.name for path in tmp_path.iterdir()] == ["全区汇总.xlsx"] and target.read_bytes() == b"old"


@pytest.mark.parametrize("what", ["the book's", "the lines'"])
def test_a_full_folder_for_temporary_files_is_not_taken_for_the_summarys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    module = longsheet if what == "the book's" else lines
    monkeypatch.setattr(module, "TemporaryFile", lambda **_: Full())
    with pytest.raises(PerfevalError, match=f"写不进临时文件夹 {tempfile.gettempdir()} ：磁盘空间不足"):
        write_summary(district(MANY), tmp_path / "全区汇总.xlsx")
    assert not list(tmp_path.iterdir())


# On the terminal


@pytest.mark.parametrize(("files", "more"), [(100, False), (101, True)])
def test_the_terminal_names_so_many_files_that_were_set_aside(
    files: int, more: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.print_round(district([result("", None, UNREADABLE, file=f"{n}.xlsx") for n in range(files)]))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 100 + more
    assert ("  另有 1 个文件未受理，运行 perfeval status 可看到全部。" in lines) is more


@pytest.mark.parametrize(("wrong", "more"), [(100, False), (101, True)])
def test_the_terminal_names_so_much_of_what_is_wrong_with_the_rulings(
    wrong: int, more: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    about = tuple(finding("ruling-unknown", actual=f"S{n}", what="没有") for n in range(wrong))
    assert about[0].severity is not Severity.INFO
    terminal.print_round(replace(district(), rulings=Rulings(0, about)))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 100 + more
    assert ("另有 1 处要核对" in lines[-1]) is more
