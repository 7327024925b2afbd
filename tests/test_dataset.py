"""A round as tables: what stands in them, exactly, in csv and in parquet; what never may; and which files are whose."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet as arrow

from perfeval_xl import dataset
from perfeval_xl.campaign import Campaign
from perfeval_xl.cli import main
from perfeval_xl.dataset import CSV, DICTIONARY, PARQUET, TABLES, answers_frame, export, parquet
from perfeval_xl.dataset.csvfile import CsvTable, head
from perfeval_xl.dataset.parquet import ParquetTable
from perfeval_xl.dataset.schema import Column, Kind, Round, Row, Rows, Table, fitting
from perfeval_xl.district import rounds, standing
from perfeval_xl.errors import PerfevalError
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.findings import finding
from perfeval_xl.results import Rulings
from perfeval_xl.scheme.scorecard import Decision, Ruling
from tests.rounds import hand_in, issued_round, published_answers

TABLE = {table.name: table for table in (*TABLES, DICTIONARY)}
HOSTILE = '=HYPERLINK("http://example.invalid","点我")'


def examined(at: Campaign) -> Round:
    inbox = rounds.read_inbox(at)
    district = rounds.with_reviewed_links(at, rounds.examine_inbox(at, inbox=inbox))
    return Round(standing.status(at, district, inbox, at.deadline), district)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """S001 returned the published case with a formula for a text, S002 sent something else, S003 sent nothing."""
    made = issued_round(tmp_path_factory.mktemp("dataset") / "2024")
    answers = published_answers(annual_goals=HOSTILE, output_completion_self_score="19.5")
    answers["outputs"] = [{**row, "basis": None} for row in answers["outputs"][:1]]
    hand_in(made, "S001", {**answers, "sme_actual_yuan": "245250193.77", "budget_published_on": "未公开"})
    (made.inbox / "S002 第二小学.txt").write_text("表在附件里", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def made(at: Campaign) -> Round:
    return examined(at)


def rows(table: str, round_: Round) -> list[dict[str, Any]]:
    found = TABLE[table]
    made = found.rows(round_)
    told = [row for each in round_.district.results for row in made.of(each)]
    return [dict(zip(head(found.columns), row, strict=True)) for row in (*told, *made.at_end())]


def write(kind: type[CsvTable | ParquetTable], file: io.BytesIO, columns: Sequence[Column], data: list[Row]) -> None:
    table = kind(file, columns)
    table.add(data[:1])
    table.add(iter(data[1:]))
    table.finish()
    table.release()


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def answers(round_: Round) -> Mapping[str, dict[str, Any]]:
    return {row["field"]: row for row in rows("submissions", round_)}


# ---- what stands in the tables


def test_every_unit_of_the_roster_has_its_row(at: Campaign, made: Round) -> None:
    first, second, third = rows("units", made)
    [accepted] = [each for each in made.district.results if each.card]
    assert accepted.card is not None
    assert [first["unit_code"], second["unit_code"], third["unit_code"]] == list(at.roster)
    assert [each["standing"] for each in (first, second, third)] == ["provisional", "missing", "missing"]
    assert (first["total"], first["grade"]) == (None, accepted.card.grade or "")
    assert (first["total_min"], first["total_max"]) == (accepted.card.total_min, accepted.card.total_max)
    assert (first["file"], first["returns"], first["late"]) == ("S001 交表.xlsx", 1, True)
    assert first["received"] is not None and first["received"].second == 0
    assert (first["errors"], first["warnings"]) == (made.status.units[0].errors, made.status.units[0].warnings)
    nothing = [None, None, None, None, None, "", ""]
    keys = ["received", "late", "total", "total_min", "self_total", "grade", "file"]
    assert [third[key] for key in keys] == nothing
    assert third["returns"] == 0


def test_an_answer_is_exact_and_typed_and_says_where_it_stands(made: Round) -> None:
    told = answers(made)
    place = build_layout(made.district.scheme).inputs["sme_actual_yuan"]
    amount = told["sme_actual_yuan"]
    assert (amount["value_number"], amount["unit"], amount["type"]) == (Decimal("245250193.77"), "元", "amount")
    assert (amount["sheet"], amount["cell"], amount["indicator"]) == (place.sheet, place.ref, "procurement_policy")
    assert (told["goals_filed"]["value_bool"], told["goals_filed"]["value_text"]) == (True, "")
    assert isinstance(told["budget_approved_on"]["value_date"], date)
    assert (told["budget_published_on"]["value_date"], told["budget_published_on"]["value_text"]) == (None, "未公开")
    filled = [[row[f"value_{kind}"] for kind in ("number", "date", "bool")] for row in told.values()]
    assert all(sum(value is not None for value in row) <= 1 for row in filled)


def test_a_blank_has_a_row_and_a_wholly_empty_annex_row_none(made: Round) -> None:
    told, scheme = answers(made), made.district.scheme
    lone = scheme.table["outputs"]
    assert {*scheme.fields} - {*told} >= {*lone.row_ids(2), *lone.row_ids(20)}
    assert {*lone.row_ids(1)} <= {*told}
    assert set(scheme.fields) - set(scheme.table_of) <= set(told)
    blank = told[lone.field_id(1, "basis")]
    assert [blank[key] for key in ("table", "row", "column", "value_text", "raw", "problem")] == [
        "outputs", 1, "basis", "", "", "",
    ]  # fmt: skip


def test_what_is_wrong_with_a_cell_and_what_was_prefilled_is_told(made: Round) -> None:
    [result] = [each for each in made.district.results if each.submission]
    assert result.submission is not None
    answer = replace(result.submission.answers["preassessment_due"], value=None, raw="三个", problem="not-a-number")
    changed = type(result.submission.answers)([*result.submission.answers.values(), answer])
    result = replace(
        result, submission=replace(result.submission, answers=changed), prefilled=frozenset({"sme_actual_yuan"})
    )
    told = answers(replace(made, district=replace(made.district, results=[result])))
    row = told["preassessment_due"]
    assert (row["value_number"], row["raw"], row["problem"]) == (None, "三个", "not-a-number")
    assert [field for field, row in told.items() if row["prefilled"]] == ["sme_actual_yuan"]


def test_scores_are_those_of_the_card(made: Round) -> None:
    [result] = [each for each in made.district.results if each.card]
    assert result.card is not None
    told = rows("scores", made)
    assert [row["indicator"] for row in told] == [each.code for each in made.district.scheme.indicators]
    for row, score in zip(told, result.card.rows, strict=True):
        assert [row[key] for key in ("points", "self_score", "score", "final", "score_min", "score_max")] == [
            score.indicator.points, score.self_score, score.score, score.final, score.low, score.high,
        ]  # fmt: skip
        assert (row["outcome"], row["basis"]) == (score.outcome.result.value, score.outcome.basis)
    assert told[0]["self_score"] == Decimal("19.50")
    assert {row["status"] for row in told} == {"provisional"}


@pytest.mark.parametrize("path", [("甲",), ("甲", "乙"), ("甲", "乙", "丙")])
def test_scores_name_every_level_that_a_row_stands_in(made: Round, path: tuple[str, ...]) -> None:
    [result] = [each for each in made.district.results if each.card]
    assert result.card is not None
    row = result.card.rows[0]
    placed = replace(row, indicator=replace(row.indicator, path=path))
    result = replace(result, card=replace(result.card, rows=(placed,)))
    [told] = rows("scores", replace(made, district=replace(made.district, results=[result])))
    assert [told[key] for key in ("name", "level1", "level2", "level3")] == [
        row.indicator.name, *path, *[""] * (3 - len(path)),
    ]  # fmt: skip


def test_a_ruling_is_told_with_the_score_that_counts(made: Round) -> None:
    [result] = [each for each in made.district.results if each.card]
    assert result.card is not None
    ruling = Ruling(Decision.SET_SCORE, Decimal("18.5"), "查了原件", "张三", date(2025, 5, 10))
    ruled = replace(result.card.rows[0], ruling=ruling)
    result = replace(result, card=replace(result.card, rows=(ruled, *result.card.rows[1:])))
    first, second, *_ = rows("scores", replace(made, district=replace(made.district, results=[result])))
    assert [first[key] for key in ("final", "score", "ruling", "ruling_reason", "ruling_name", "ruling_date")] == [
        Decimal("18.50"), ruled.score, "set_score", "查了原件", "张三", date(2025, 5, 10),
    ]  # fmt: skip
    assert [second["ruling"], second["ruling_date"]] == ["", None]


def test_findings_of_every_file_and_of_the_rulings(made: Round) -> None:
    about = finding("ruling-unknown", actual="X", what="没有")
    told = rows("findings", replace(made, district=replace(made.district, rulings=Rulings(findings=(about,)))))
    assert len(told) == sum(len(each.findings) for each in made.district.results) + 1
    stray = [row for row in told if row["file"].endswith(".txt")]
    assert [(row["code"], row["accepted"], row["unit_code"]) for row in stray] == [("not-a-workbook", False, "")]
    assert [told[-1][key] for key in ("file", "accepted", "code")] == ["rulings.xlsx", None, "ruling-unknown"]


def test_the_dictionary_tells_of_every_column_and_field(made: Round) -> None:
    told = rows("dictionary", made)
    columns = {(row["table"], row["name"]): row for row in told if row["entry"] == "column"}
    assert list(columns) == [(table.name, each.name) for table in (*TABLES, DICTIONARY) for each in table.columns]
    assert all(row["meaning"] and row["type"] in set(Kind) for row in columns.values())
    assert (columns["units", "total"]["type"], columns["units", "total"]["unit"]) == ("decimal", "分")
    scheme, layout = made.district.scheme, build_layout(made.district.scheme)
    fields = {row["name"]: row for row in told if row["entry"] == "field"}
    assert list(fields) == list(scheme.fields)
    amount, place = fields["sme_actual_yuan"], layout.inputs["sme_actual_yuan"]
    assert [amount[key] for key in ("meaning", "type", "unit", "roll_up", "indicator", "sheet", "cell")] == [
        scheme.full_label("sme_actual_yuan"), "amount", "元", "sum", "procurement_policy", place.sheet, place.ref,
    ]  # fmt: skip
    assert fields["budget_published_on"]["options"] == "未公开"
    assert fields["outputs_r03_target"]["table"] == "outputs"
    assert [row["name"] for row in told if row["entry"] == "indicator"] == [each.code for each in scheme.indicators]
    assert {row["name"]: row["meaning"] for row in told if row["entry"] == "round"}["department"] == "样例区教育局"


def test_a_frame_of_submissions_for_library_users(made: Round) -> None:
    submissions = [each.submission for each in made.district.results if each.submission]
    frame = answers_frame(made.district.scheme, submissions)
    assert list(frame.columns) == head(TABLE["submissions"].columns)
    amount = frame.set_index("field").loc["sme_actual_yuan"]
    assert (amount["value_number"], amount["value_date"]) == (Decimal("245250193.77"), None)
    assert answers_frame(made.district.scheme, []).empty


# ---- csv and parquet

ALL_KINDS = tuple(Column(kind.value, "", kind) for kind in Kind)
A_ROW = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.none() | st.integers(-(2**53), 2**53),
    st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**30), max_value=10**30),
    st.none() | st.booleans(),
    st.none() | st.dates(),
    st.none() | st.datetimes().map(lambda each: each.replace(second=0, microsecond=0)),
)


def by_csv(data: list[Row]) -> list[list[str]]:
    file = io.BytesIO()
    write(CsvTable, file, ALL_KINDS, data)
    first, *others = csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline=""))
    assert first == head(ALL_KINDS)
    return others


@given(st.lists(A_ROW, max_size=5))
def test_whatever_goes_out_as_csv_comes_back(data: list[Row]) -> None:
    for (text, *others), (shown_text, *shown) in zip(data, by_csv(data), strict=True):
        assert shown_text.removeprefix("'") == str(text).removeprefix("'")
        assert not shown_text.startswith(("=", "+", "-", "@", "\t", "\r"))
        number, exact, yes, day, moment = others
        assert shown[0] == ("" if number is None else str(number))
        assert exact == (Decimal(shown[1]) if shown[1] else None) and "E" not in shown[1]
        assert yes == {"true": True, "false": False, "": None}[shown[2]]
        assert day == (date.fromisoformat(shown[3]) if shown[3] else None)
        assert moment == (datetime.fromisoformat(shown[4]) if shown[4] else None)


@given(st.lists(A_ROW, max_size=5))
def test_whatever_goes_out_as_parquet_comes_back(data: list[Row]) -> None:
    file = io.BytesIO()
    write(ParquetTable, file, ALL_KINDS, data)
    read = arrow.read_table(pyarrow.BufferReader(file.getvalue()))
    assert [tuple(row.values()) for row in read.to_pylist()] == data
    kinds = ["string", "int64", "decimal128(38, 2)", "bool", "date32[day]", "timestamp[s]"]
    assert [str(each).replace("timestamp[ms]", "timestamp[s]") for each in read.schema.types] == kinds


def test_only_texts_are_kept_from_being_formulas() -> None:
    columns = (Column("a", ""), Column("b", "", Kind.DECIMAL), Column("c", "", Kind.INTEGER))
    file = io.BytesIO()
    write(CsvTable, file, columns, [("-1+2", Decimal("-1.50"), -3), ("甲\r\n“乙”,", None, None)])
    assert file.getvalue().decode("utf-8-sig") == 'a,b,c\r\n\'-1+2,-1.50,-3\r\n"甲\r\n“乙”,",,\r\n'
    assert file.getvalue().startswith(b"\xef\xbb\xbf")  # by which Excel knows UTF-8


def test_parquet_is_written_some_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_AT_ONCE", 2)
    file = io.BytesIO()
    write(ParquetTable, file, (Column("n", "第几", Kind.INTEGER, "行"),), [(n,) for n in range(5)])
    written = arrow.ParquetFile(pyarrow.BufferReader(file.getvalue()))
    assert (written.num_row_groups, written.read().column("n").to_pylist()) == (3, [0, 1, 2, 3, 4])
    assert written.schema_arrow.field("n").metadata[b"meaning"].decode() == "第几"


@pytest.mark.parametrize(
    ("text", "fits"),
    [("9" * 36 + ".99", True), ("1" + "0" * 36, False), ("-" + "9" * 36, True), ("Infinity", False), ("NaN", False)],
)
def test_a_number_that_no_table_can_hold_is_left_out(text: str, fits: bool) -> None:
    assert (fitting(Decimal(text), 2) is not None) is fits
    assert fitting(None, 2) is None


def test_freak_scores_stop_nothing(made: Round, tmp_path: Path) -> None:
    [result] = [each for each in made.district.results if each.card]
    assert result.card is not None
    freak = replace(result.card.rows[0], self_score=Decimal("9" * 60), formula_score=Decimal("Infinity"))
    result = replace(result, card=replace(result.card, rows=(freak, *result.card.rows[1:])))
    export(replace(made, district=replace(made.district, results=[result])), tmp_path, (CSV, PARQUET))
    first = csv_rows(tmp_path / "scores.csv")[0]
    assert (first["self_score"], first["formula_score"], first["points"]) == ("", "", "20.00")
    assert arrow.read_table(tmp_path / "scores.parquet").to_pylist()[0]["self_score"] is None


def test_both_formats_hold_the_tables_rows(made: Round, tmp_path: Path) -> None:
    written = export(made, tmp_path, (PARQUET, CSV))
    assert [(each.table.name, len(each.files)) for each in written] == [
        ("units", 2), ("submissions", 2), ("scores", 2), ("findings", 2), ("dictionary", 1),
    ]  # fmt: skip
    for each in written:
        expected = rows(each.table.name, made)
        assert len(expected) == each.rows
        assert [list(row) for row in csv_rows(each.files[0])] == [head(each.table.columns)] * each.rows
        if len(each.files) == 2:
            assert arrow.read_table(each.files[1]).to_pylist() == expected
    [goals] = [row for row in csv_rows(tmp_path / "submissions.csv") if row["field"] == "annual_goals"]
    assert (goals["value_text"], goals["raw"]) == (f"'{HOSTILE}", f"'{HOSTILE}")
    assert HOSTILE in [row["value_text"] for row in arrow.read_table(tmp_path / "submissions.parquet").to_pylist()]


# ---- files


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_round_gives_the_same_bytes(at: Campaign, made: Round, tmp_path: Path) -> None:
    export(made, tmp_path / "a", (CSV, PARQUET))
    export(examined(at), tmp_path / "b", (PARQUET, CSV))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(contents(tmp_path / "a")) == 9


def test_another_format_of_an_earlier_day_goes(made: Round, tmp_path: Path) -> None:
    export(made, tmp_path, (CSV, PARQUET))
    (tmp_path / "notes.parquet").write_bytes(b"mine")
    export(made, tmp_path, (PARQUET,))
    assert {*contents(tmp_path)} == {*(f"{table.name}.parquet" for table in TABLES), "dictionary.csv", "notes.parquet"}
    export(made, tmp_path, (CSV,))
    assert {*contents(tmp_path)} == {*(f"{name}.csv" for name in TABLE), "notes.parquet"}


def test_files_of_others_are_neither_overwritten_nor_removed(made: Round, tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(PerfevalError, match=r"已有 units\.csv，不是 perfeval export 写的，没有覆盖"):
        export(made, tmp_path)
    assert contents(tmp_path) == {"units.csv": b"mine"}
    export(made, tmp_path, (PARQUET,))  # its names are free
    assert contents(tmp_path)["units.csv"] == b"mine"


def test_a_dictionary_of_somebody_elses_is_no_export(made: Round, tmp_path: Path) -> None:
    (tmp_path / "dictionary.csv").write_bytes(b"word,\xff\nabc,1\n")
    with pytest.raises(PerfevalError, match=r"已有 dictionary\.csv"):
        export(made, tmp_path)


def test_when_one_table_fails_all_files_stay_as_they_were(
    made: Round, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(made, tmp_path, (CSV, PARQUET))
    before = contents(tmp_path)

    class Failing(Rows):
        def at_end(self) -> Iterator[Row]:
            yield tuple("x" for _ in TABLE["findings"].columns)
            raise OSError(28, "No space left on device")

    broken = Table("findings", "", TABLE["findings"].columns, lambda _: Failing())
    monkeypatch.setattr(dataset, "TABLES", (*TABLES[:3], broken))
    with pytest.raises(PerfevalError, match=r"\.csv：磁盘空间不足"):
        export(made, tmp_path, (CSV,))
    assert contents(tmp_path) == before


def test_a_round_without_returns(tmp_path: Path) -> None:
    at = issued_round(tmp_path / "2024")
    written = export(examined(at), tmp_path / "out", (CSV, PARQUET))
    assert [each.rows for each in written[:4]] == [3, 0, 0, 0]
    empty = arrow.read_table(tmp_path / "out" / "scores.parquet")
    assert (empty.num_rows, str(empty.schema.field("final").type)) == (0, "decimal128(38, 2)")


# ---- by command


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_export_writes_csv_into_the_summary_unless_told(at: Campaign, tmp_path: Path) -> None:
    done = run("export", "-C", at.folder)
    assert done.exit_code == 0, done.output
    assert {path.name for path in (at.summary / "data").iterdir()} == {f"{name}.csv" for name in TABLE}
    assert done.stdout.splitlines()[0].split() == ["3", "行", "units.csv"]
    assert done.stdout.splitlines()[-1] == f"已写入 {at.summary / 'data'}"
    there = tmp_path / "数据 1" / "表"
    done = run("export", "-C", at.folder, "-o", there, "--format", "csv", "--format", "parquet")
    assert (done.exit_code, len(list(there.iterdir()))) == (0, 9), done.output
    assert "units.csv、units.parquet" in done.stdout


def test_parquet_without_pyarrow_names_the_extra(at: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "find_spec", lambda _: None)
    done = run("export", "-C", at.folder, "-o", tmp_path / "out", "--format", "parquet")
    assert done.exit_code == 2
    assert "perfeval-xl[parquet]" in done.stderr and "--format csv" in done.stderr
    assert not (tmp_path / "out").exists()
    assert run("export", "-C", at.folder, "-o", tmp_path / "out").exit_code == 0


@pytest.mark.parametrize("below", ["", "data/2024"])
def test_nothing_is_exported_into_the_inbox(at: Campaign, below: str) -> None:
    before = sorted(at.inbox.rglob("*"))
    done = run("export", "-C", at.folder, "-o", at.inbox / below)
    assert (done.exit_code, "请不要写到" in done.stderr) == (2, True)
    assert sorted(at.inbox.rglob("*")) == before
