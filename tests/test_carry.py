"""What a form takes over from the year before: declared in the scheme, taken by `generate --from`, told at the end. And
the form of 2025, which is derived from that of 2024."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from perfeval_xl import campaign
from perfeval_xl.campaign import Campaign
from perfeval_xl.cli import main
from perfeval_xl.district.prefill import NotTaken, Taken, taken_from
from perfeval_xl.district.taken_report import taken_lines
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.prefilling import Prefilled, prefilled_in
from perfeval_xl.generator import submission_of
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import Carry, Scheme
from perfeval_xl.scorer import score
from tests.rounds import hand_in, issued_round, published_answers, roster_bytes
from tests.test_loader import SMALL, problems_of

D = Decimal
NOW = SMALL.replace('id = "small"', 'id = "small-2025"').replace("year = 2024", "year = 2025")
LAST = load_scheme(SMALL)
UNITS = [Unit("S001", "第一小学"), Unit("S002", "第二小学")]


def carry(table: str) -> Carry:
    found = load_scheme(f"{NOW}\n[carry]\n{table}\n").carry
    assert found is not None
    return found


def problem(table: str) -> str:
    [found] = problems_of(f"{NOW}\n[carry]\n{table}\n")
    return found.removeprefix("scheme.toml: ")


def result(values: dict[str, Any], scheme: Scheme = LAST, code: str = "S001") -> UnitResult:
    from json import dumps

    submission = submission_of(scheme, read_answers(dumps(values), scheme))
    return UnitResult(code, "", "", "a.xlsx", None, submission, score(scheme, submission))


def taken(scheme: str, values: dict[str, Any], *only: str) -> Taken:
    return taken_from([result(values)], load_scheme(scheme), UNITS[:1], only, locked=False)


def values(found: Taken) -> dict[str, object]:
    return {name: each.answer.value for name, each in found.prefill.get("S001", {}).items()}


# ---- the table [carry]


def test_without_a_word_all_is_carried() -> None:
    assert load_scheme(NOW).carry is None
    assert values(taken(NOW, {"people": 30, "budget_wan": 5})) == {"people": 30, "budget_wan": 5}


def test_fields_under_their_own_ids() -> None:
    assert carry('fields = ["people", "budget_wan"]') == Carry(frozenset({"people", "budget_wan"}), {})
    assert carry("fields = []").fields == frozenset()


def test_only_new_ids_are_declared() -> None:
    found = carry('[carry.renamed]\nstaff = "people"')
    assert found.renamed == {"staff": "people"} and "people" not in found.fields and "budget_wan" in found.fields
    assert not {name for name in found.fields if name.endswith("_self_score")}


def test_whole_rows_and_tables() -> None:
    scheme = load_scheme(find_scheme("huadu-2024"))
    text = find_scheme("huadu-2024").read_text(encoding="utf-8")
    row, table = scheme.indicators[0].code, scheme.tables[0]
    found = load_scheme(
        f'{text}\n[carry]\nfields = ["{table.id}.name"]\n[carry.renamed]\nold_row = "{row}"\nannex = "{table.id}"\n'
    ).carry
    assert found is not None
    assert found.renamed["old_row_evidence"] == f"{row}_evidence" and "old_row_self_score" not in found.renamed
    assert found.renamed["annex_r01_name"] == table.field_id(1, "name")
    assert found.fields == frozenset()  # they come from the renamed table instead
    alone = load_scheme(f'{text}\n[carry]\nfields = ["{table.id}.name"]\n').carry
    assert alone is not None and alone.fields == {table.field_id(row, "name") for row in range(1, table.rows + 1)}


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ('fields = ["peoples"]', "carry.fields[0]: 没有可以沿用的字段、附表或附表的列 'peoples'"),
        ('fields = ["people", "spending_self_score"]', "carry.fields[1]: 没有可以沿用的字段、附表或附表的列 'spending_self_score'"),
        ('field = ["people"]', "carry.field: 不认识这一项（可用：fields、renamed）"),
        ('fields = []\n[carry.renamed]\nstaff = "peoples"', "carry.renamed.staff: 没有字段、指标或附表 'peoples'"),
        ('fields = []\n[carry.renamed]\nold = "spending_self_score"', "carry.renamed.old: 没有字段、指标或附表 'spending_self_score'"),
        ('fields = []\n[carry.renamed]\nA1 = "people"', "carry.renamed.A1: 旧名称应由小写字母、数字和下划线组成"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it(table: str, what: str) -> None:
    assert problem(table).startswith(what)


# ---- what is taken


LAST_YEAR = {"people": 30, "actual_wan": "4.5", "budget_wan": 5}


def test_this_years_figures_are_not_taken() -> None:
    found = taken(f'{NOW}\n[carry]\nfields = ["people"]\n', LAST_YEAR)
    assert values(found) == {"people": 30} and found.this_year == 2 and not found.without_field and not found.refused


def test_a_field_named_on_the_command_line_is_taken_though_it_is_of_this_year() -> None:
    found = taken(f'{NOW}\n[carry]\nfields = ["people"]\n', LAST_YEAR, "budget_wan")
    assert values(found) == {"budget_wan": 5} and found.this_year == 0


def test_an_answer_goes_where_its_new_id_is() -> None:
    scheme = f'{NOW}\n[carry]\nfields = ["people"]\n[carry.renamed]\nactual_wan = "budget_wan"\n'
    found = taken(scheme, LAST_YEAR)
    assert values(found) == {"people": 30, "budget_wan": D("4.5")}
    assert found.this_year == 1  # last year's budget itself


def test_a_round_of_the_very_same_form_is_taken_as_it_is() -> None:
    scheme = load_scheme(f'{SMALL}\n[carry]\nfields = []\n[carry.renamed]\nactual_wan = "budget_wan"\n')
    found = taken_from([result(LAST_YEAR)], scheme, UNITS[:1], (), locked=True)
    assert values(found) == {"people": 30, "actual_wan": D("4.5"), "budget_wan": 5}


def test_what_the_new_bounds_do_not_take_is_told_and_not_taken() -> None:
    scheme = NOW.replace('label = "人数"\ntype = "count"\n', 'label = "人数"\ntype = "count"\nhigh = 29\n')
    found = taken(scheme, LAST_YEAR)
    assert "people" not in values(found)
    [refused] = found.refused
    assert (refused.code, refused.label) == ("S001", "人数") and "30" in refused.why and "29" in refused.why
    at_the_bound = taken(scheme, {**LAST_YEAR, "people": 29})
    assert values(at_the_bound)["people"] == 29 and not at_the_bound.refused


def test_what_there_is_no_field_for_any_more() -> None:
    scheme = NOW.replace('id = "people"', 'id = "staff"')
    assert taken(scheme, LAST_YEAR).without_field == {"人数": 1}


def test_units_are_known_by_their_codes() -> None:
    renamed = [Unit("S001", "中心小学"), Unit("S009", "第一小学")]
    found = taken_from([result(LAST_YEAR)], load_scheme(NOW), renamed, (), locked=False)
    assert set(found.prefill) == {"S001"} and found.absent == ("S009",)


def test_what_is_told() -> None:
    scheme = load_scheme(NOW)
    given = {"people": Prefilled(Answer("people", D(30)), False)}
    refused = tuple(NotTaken("S001", "人数", "太大") for _ in range(22))
    lines = list(taken_lines(Taken({"S001": given, "S002": given}, {"旧项": 3}, refused, 7, ("S003",)), scheme))
    assert lines[:5] == [
        "沿用上一次的填报内容 2 格，2 份表：人数（2）",
        "上一次没有采用过报表的，没有沿用：S003",
        "当年的数 7 格，按方案不沿用。",
        "这次的表没有对应的填报项，没有沿用 3 格：旧项（3）",
        "不在这次的填报范围内，没有沿用 22 格：",
    ]
    assert lines[5] == "  S001 人数：太大" and len(lines) == 26 and lines[-1] == "  ……另有 2 格"
    assert list(taken_lines(Taken({}, {}, (), 0, ()), scheme)) == ["上一次的填报内容没有一格可以沿用。"]


# ---- the form of 2025


SCHEME = load_scheme(find_scheme("huadu-2025"))
BEFORE = load_scheme(find_scheme("huadu-2024"))


def test_the_form_of_2025_differs_where_it_says() -> None:
    assert (SCHEME.year, SCHEME.points, SCHEME.per_project) == (2025, 100, False)
    assert "示例" in SCHEME.source and "不是正式公布的表格" in SCHEME.source
    codes, old = list(SCHEME.indicator), list(BEFORE.indicator)
    assert set(codes) - set(old) == {"budget_adjustment"} and set(old) - set(codes) == {"asset_income"}
    changed = {
        code
        for code in set(codes) & set(old)
        if (SCHEME.indicator[code].criteria, SCHEME.indicator[code].points)
        != (BEFORE.indicator[code].criteria, BEFORE.indicator[code].points)
    }
    assert changed == {"carryover_surplus_rate", "asset_utilization"}
    assert {day.year for day in SCHEME.closed_days} == {2025, 2026}


@pytest.mark.parametrize(
    ("code", "inputs", "expected"),
    [
        ("carryover_surplus_rate", {"closing_carryover_wan": "8", "opening_carryover_wan": "0", "general_budget_wan": "100", "government_fund_wan": "0"}, "2"),
        ("carryover_surplus_rate", {"closing_carryover_wan": "8.01", "opening_carryover_wan": "0", "general_budget_wan": "100", "government_fund_wan": "0"}, "1"),
        ("asset_utilization", {"assets_in_use_wan": "95", "assets_total_wan": "100"}, "2"),
        ("asset_utilization", {"assets_in_use_wan": "94.99", "assets_total_wan": "100"}, "1.5"),
        ("budget_adjustment", {"budget_adjusted_wan": "5", "budget_initial_wan": "100"}, "1"),
        ("budget_adjustment", {"budget_adjusted_wan": "5.01", "budget_initial_wan": "100"}, "0.5"),
        ("budget_adjustment", {"budget_adjusted_wan": "10", "budget_initial_wan": "100"}, "0.5"),
        ("budget_adjustment", {"budget_adjusted_wan": "10.01", "budget_initial_wan": "100"}, "0"),
    ],
)  # fmt: skip
def test_both_sides_of_what_is_new(code: str, inputs: dict[str, str], expected: str) -> None:
    card = result(inputs, SCHEME).card
    assert card is not None
    [row] = [row for row in card.rows if row.indicator.code == code]
    assert row.score == D(expected)


# ---- the command


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def last_year(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    at = issued_round(
        tmp_path_factory.mktemp("rounds") / "2024", [("S001", "第一小学"), ("S002", "第二小学"), ("S004", "并入")]
    )
    hand_in(at, "S001", published_answers(closing_carryover_wan="12.5", overdue_income_items="0"))
    return at


def test_a_new_year_begins_with_what_is_known(last_year: Campaign, tmp_path: Path) -> None:
    new = Campaign(tmp_path / "2025", "样例区", "样例区教育局", 2025, "huadu-2025", date(2026, 4, 30), "")
    campaign.create(new, roster_bytes([("S001", "第一小学"), ("S003", "新办小学")]))
    done = run("generate", "-C", new.folder, "--from", last_year.folder)
    assert done.exit_code == 0, done.output
    blanks = {code: (new.outbox / unit.file_name).read_bytes() for code, unit in new.roster.items()}
    found = prefilled_in(blanks["S001"], build_layout(new.scheme))
    assert found["opening_carryover_wan"].answer.value == D("12.5")  # last year's closing
    assert "closing_carryover_wan" not in found and "general_budget_wan" not in found
    assert found["annual_goals"].answer.value and not any(name.endswith("_self_score") for name in found)
    assert prefilled_in(blanks["S003"], build_layout(new.scheme)) == {}
    said = done.stderr
    assert f"沿用上一次的填报内容 {len(found)} 格，1 份表：" in said and "年度整体绩效目标（1）" in said
    assert "产出指标的三级指标（" in said
    assert "当年的数 " in said and "这次的表没有对应的填报项，没有沿用 " in said and "超3个月未上缴的收益（1）" in said
    assert "上一次没有采用过报表的，没有沿用：S003" in said
    assert "有 2 个单位不在这次的名册中，没有沿用：S002 第二小学、S004 并入" in said
