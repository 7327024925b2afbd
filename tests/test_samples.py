"""The samples: the published case comes out as published, the fictitious district is what its README says."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from types import ModuleType

import openpyxl
import pytest

from perfeval_xl import campaign as rounds_folder
from perfeval_xl import roster as rosters
from perfeval_xl.campaign import Campaign
from perfeval_xl.demo import SampleReturn, sample_returns
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.parcels import items
from perfeval_xl.errors import AnswersError, ForeignWorkbook, UnreadableWorkbook
from perfeval_xl.generator import submission_of
from perfeval_xl.reader import read_grid
from perfeval_xl.resources import samples_dir
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.scorecard import ScoreCard
from perfeval_xl.scorer import score

HUADU = samples_dir() / "huadu-2024" / "answers.json"
PUBLISHED = {
    "output_completion": "20.00",
    "benefit_completion": "20.00",
    "budget_execution": "9.98",
    "preassessment": "3.00",
    "carryover_surplus_rate": "2.00",
    "financial_compliance": "2.00",
    "budget_disclosure": "2.00",
    "performance_disclosure": "2.00",
    "management_system": "5.00",
    "result_application": "3.00",
    "management_execution": "7.00",
    "intention_coverage": "0.50",
    "intention_timing": "1.50",
    "procurement_control": "1.00",
    "procurement_compliance": "2.00",
    "contract_signing": "3.00",
    "contract_filing": "1.00",
    "procurement_policy": "0.99",
    "asset_allocation": "2.00",
    "asset_income": "1.00",
    "asset_inventory": "1.00",
    "asset_data_quality": "2.00",
    "asset_compliance": "2.00",
    "asset_utilization": "2.00",
    "public_funds_control": "2.00",
    "three_public": "2.00",
}
SLIPS = {
    ("annual-rate-used", "budget_execution"),
    ("evidence-rate-differs", "procurement_policy"),
    ("evidence-unit-slip", "public_funds_control"),
}


@pytest.fixture(scope="module")
def sample_round() -> Campaign:
    """The sample district's settings, roster and key, as they stand in samples/."""
    return rounds_folder.load(samples_dir() / "district")


@pytest.fixture(scope="module")
def units() -> dict[str, SampleReturn]:
    return {each.unit: each for each in sample_returns()}


@pytest.fixture(scope="module")
def cards(sample_round: Campaign, units: dict[str, SampleReturn]) -> dict[str, ScoreCard]:
    """Every unit's answers, scored without a workbook."""
    scheme = sample_round.scheme
    return {
        code: score(scheme, submission_of(scheme, read_answers(each.answers_text, scheme)))
        for code, each in units.items()
    }


@pytest.fixture(scope="module")
def huadu(tmp_path_factory: pytest.TempPathFactory, sample_round: Campaign) -> tuple[Campaign, bytes]:
    """The published case in a workbook that was issued to its unit, and the round it was issued in."""
    department = "广州市花都区教育局"
    folder = tmp_path_factory.mktemp("huadu") / "2024"
    at = Campaign(folder, "广州市花都区", department, 2024, "huadu-2024", sample_round.deadline, "")
    book = openpyxl.Workbook()
    book.active.append(rosters.ROSTER_COLUMNS)
    book.active.append(["440114", department, "主管部门"])
    roster = BytesIO()
    book.save(roster)
    rounds_folder.create(at, roster.getvalue())
    [blank] = rounds.issue(at)
    return at, Desk(at.scheme).fill(blank.read_bytes(), blank.name, HUADU.read_text(encoding="utf-8"))


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script samples/make_samples.py, imported."""
    folder = Path(__file__).parents[1] / "samples"
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module("make_samples")


# ---- the published case


def test_the_published_case_scores_as_published(huadu: tuple[Campaign, bytes]) -> None:
    at, workbook = huadu
    result = Desk(at.scheme, at.key, at.roster).examine_bytes(workbook, "huadu.xlsx")
    assert result.card is not None
    published = {code: Decimal(points) for code, points in PUBLISHED.items()}
    rows = result.card.row
    assert {code: row.score for code, row in rows.items()} == published
    assert {code: row.self_score for code, row in rows.items()} == published
    assert {code: row.formula_score for code, row in rows.items()} == published
    assert (result.card.total, result.card.grade) == (Decimal("99.97"), "优")
    assert sorted((each.code, each.indicator) for each in result.findings) == sorted(SLIPS)


def test_the_slips_of_the_published_case_are_told_with_what_was_written(huadu: tuple[Campaign, bytes]) -> None:
    result = Desk().examine_bytes(huadu[1], "huadu.xlsx")
    told = {each.code: (each.actual, each.expected) for each in result.findings if each.code != "seal-not-checked"}
    assert told == {
        "annual-rate-used": ("99.83%", "9.98"),
        "evidence-rate-differs": ("99%", "98.58%"),
        "evidence-unit-slip": ("364.75元", "364.75 万元"),
    }


def test_what_the_publication_does_not_give_is_marked_as_assumed(sample_round: Campaign) -> None:
    content = json.loads(HUADU.read_text(encoding="utf-8"))
    read = read_answers(HUADU.read_text(encoding="utf-8"), sample_round.scheme)
    assumed = set(content["_assumed"])
    assert len(assumed) == len(content["_assumed"])
    assert not [each for each in assumed if read[each].value is None]
    printed = {each for code in PUBLISHED for each in (f"{code}_self_score", f"{code}_evidence")}
    head = {field.id for field in sample_round.scheme.head}
    amounts = {"annual_budget_wan", "annual_spent_wan", "sme_actual_yuan", "sme_reserved_yuan", "assets_in_use_wan"}
    assert not assumed & (printed | head | amounts)
    assert {"closing_carryover_wan", "assets_total_wan", "contracts_total", "narrative_goals"} <= assumed


def test_answers_go_only_into_a_workbook_of_ours(huadu: tuple[Campaign, bytes]) -> None:
    with pytest.raises(ForeignWorkbook, match="标识"):
        Desk().fill((samples_dir() / "strays" / "食堂采购清单.xlsx").read_bytes(), "食堂采购清单.xlsx", "{}")
    with pytest.raises(UnreadableWorkbook):
        Desk().fill((samples_dir() / "strays" / "通知.xlsx").read_bytes(), "通知.xlsx", "{}")
    with pytest.raises(AnswersError, match="no_such_field"):
        Desk().fill(huadu[1], "huadu.xlsx", '{"no_such_field": 1}')


# ---- the fictitious district


def test_the_script_writes_what_stands_in_samples(maker: ModuleType, tmp_path: Path) -> None:
    maker.write_answers_lines(tmp_path / "answers.jsonl")
    maker.write_department(tmp_path / "department.json")
    maker.write_roster(tmp_path / "units.xlsx")
    maker.write_strays(tmp_path)
    district = samples_dir() / "district"
    for name in ("answers.jsonl", "department.json"):
        assert (tmp_path / name).read_bytes() == (district / name).read_bytes()
    roster, list_of_food = "units.xlsx", "食堂采购清单.xlsx"
    for made, kept in ((roster, district / roster), (list_of_food, samples_dir() / "strays" / list_of_food)):
        assert read_grid((tmp_path / made).read_bytes(), made) == read_grid(kept.read_bytes(), made)
    assert (tmp_path / "通知.xlsx").read_bytes() == (samples_dir() / "strays" / "通知.xlsx").read_bytes()


def test_roster_and_answers_name_the_same_177_units(sample_round: Campaign, units: dict[str, SampleReturn]) -> None:
    assert list(units) == list(sample_round.roster)
    assert len(units) == 177
    assert {each.type for each in sample_round.roster.values()} == {
        "幼儿园",
        "小学",
        "初中",
        "九年一贯制",
        "高中",
        "特殊教育",
        "直属单位",
    }
    assert all(unit.email.endswith("@example.invalid") for unit in sample_round.roster.values())
    assert sum(not each.returns for each in units.values()) == 6


def test_every_return_lands_in_the_inbox_under_its_own_name(units: dict[str, SampleReturn], tmp_path: Path) -> None:
    names = [each.file_name for each in units.values() if each.returns]
    for name in names:
        (tmp_path / name).touch()
    assert [each.name for each in items(tmp_path).items] == sorted(names)


def test_all_grades_and_open_ones_occur(units: dict[str, SampleReturn], cards: dict[str, ScoreCard]) -> None:
    grades = Counter(cards[code].grade for code, each in units.items() if each.returns)
    assert set(grades) == {"优", "良", "中", "差", None}
    assert min(grades[name] for name in ("优", "良", "中", "差")) >= 8


def test_about_one_unit_in_six_claims_another_score(cards: dict[str, ScoreCard]) -> None:
    differing = [code for code, card in cards.items() if any(row.difference for row in card.rows)]
    assert 0.12 * len(cards) <= len(differing) <= 0.2 * len(cards)


@pytest.mark.parametrize(
    ("unit", "indicator", "expected"),
    [
        ("440199003", "carryover_surplus_rate", "2.00"),  # exactly 10 %
        ("440199006", "carryover_surplus_rate", "1.00"),  # exactly 20 %
        ("440199009", "carryover_surplus_rate", "0.50"),  # exactly 30 %
        ("440199012", "carryover_surplus_rate", "1.00"),  # 10.1 %
        ("440199015", "asset_utilization", "2.00"),  # exactly 90 %
        ("440199018", "asset_utilization", "1.50"),  # exactly 75 %
        ("440199021", "asset_utilization", "1.00"),  # exactly 60 %
        ("440199024", "asset_utilization", "0.00"),  # 59.9 %
        ("440199027", "contract_signing", "2.00"),  # 9 of 10
        ("440199030", "contract_signing", "1.00"),  # 16 of 20
        ("440199033", "contract_signing", "0.00"),  # 7 of 10
        ("440199036", "public_funds_control", "2.00"),  # 4.9 % over
        ("440199039", "public_funds_control", "1.50"),  # 5 % over
        ("440199042", "public_funds_control", "1.00"),  # 10 % over
        ("440199045", "public_funds_control", "0.00"),  # 20 % over
        ("440199048", "output_completion", "18.40"),  # one row of 4 points completed to 60 %
        ("440199051", "output_completion", "16.00"),  # … to 59.5 %
        ("440199054", "output_completion", "20.00"),  # … to 150 %
        ("440199057", "output_completion", "18.00"),  # … to 150.5 %
        ("440199060", "budget_disclosure", "2.00"),  # published on the 20th day
        ("440199063", "budget_disclosure", "1.50"),  # on the 21st
        ("440199066", "budget_disclosure", "2.00"),  # the 20th day in the Spring Festival, published right after
        ("440199069", "budget_disclosure", "1.50"),  # a day later
        ("440199072", "budget_disclosure", "0.00"),  # not published
        ("440199075", "preassessment", "0.00"),  # 3 of 3 missing
        ("440199078", "preassessment", "1.00"),  # 4 of 4 missing
        ("440199081", "budget_execution", "10.00"),  # every month above 100 %
        ("440199129", "procurement_policy", "0.99"),  # 98.5 %
        ("440199132", "procurement_policy", "1.00"),  # 130 %
    ],
)
def test_boundary_cases_come_out_as_meant(
    cards: dict[str, ScoreCard], unit: str, indicator: str, expected: str
) -> None:
    assert cards[unit].row[indicator].score == Decimal(expected)


@pytest.mark.parametrize(
    "code",
    [
        "annual-rate-beside-months",
        "deduction-no-reason",
        "evidence-missing",
        "judged-out-of-band",
        "missing",
        "not-a-date",
        "not-a-number",
        "not-applicable-with-data",
        "out-of-range",
        "over-fulfilled",
        "part-exceeds-whole",
        "row-incomplete",
        "self-score-over-points",
        "sum-differs",
        "weights-off",
        "zero-target",
    ],
)
def test_the_usual_mistakes_occur(cards: dict[str, ScoreCard], code: str) -> None:
    assert any(each.code == code for card in cards.values() for each in card.findings)


# ---- returns that real programs saved


SAVED = [each for each in sample_returns() if each.saved]


def test_five_returns_are_libreoffice_s_and_one_each_gnumeric_s_and_openpyxl_s() -> None:
    programs = Counter(Path(each.saved or "").parts[0] for each in SAVED)
    assert programs == {"returns-libreoffice": 5, "returns-gnumeric": 1, "returns-openpyxl": 1}


@pytest.mark.parametrize("sample", SAVED, ids=lambda each: each.saved)
def test_a_saved_return_reads_and_scores_as_its_answers_do(
    sample_round: Campaign, cards: dict[str, ScoreCard], sample: SampleReturn
) -> None:
    result = _examined(sample_round, sample)
    assert result.card is not None and result.submission is not None
    expected = cards[sample.unit]
    assert [(row.score, row.outcome.low, row.outcome.high) for row in result.card.rows] == [
        (row.score, row.outcome.low, row.outcome.high) for row in expected.rows
    ]
    assert result.card.grade == expected.grade
    assert result.unit_code == sample.unit
    assert not [each for each in result.findings if each.code.startswith("seal")]
    read = read_answers(sample.answers_text, sample_round.scheme)
    for field in sample_round.scheme.fields:
        if not field.endswith("_self_score"):  # starts as a formula: it shows a score where nothing was typed
            assert result.submission.answers[field].value == read[field].value, field


@pytest.mark.parametrize(
    "sample", [each for each in SAVED if "openpyxl" not in (each.saved or "")], ids=lambda each: each.saved
)
def test_what_the_program_computed_is_what_the_scorer_computes(sample_round: Campaign, sample: SampleReturn) -> None:
    result = _examined(sample_round, sample)
    assert result.card is not None
    assert {row.indicator.code: row.formula_score for row in result.card.rows} == {
        row.indicator.code: row.score for row in result.card.rows
    }


def _examined(at: Campaign, sample: SampleReturn) -> UnitResult:
    data = (samples_dir() / (sample.saved or "")).read_bytes()
    return Desk(at.scheme, at.key, at.roster).examine_bytes(data, sample.file_name)
