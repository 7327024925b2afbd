"""The live formulas show what the scorer gives: random fillings, thresholds over-represented, in three programs.

The full sweep is ``make agreement``; docs/agreement.md says what it proves.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.excel.layout.model import View
from perfeval_xl.excel.stamping import fill
from perfeval_xl.generator import build_master, submission_of
from perfeval_xl.reader import Return, read_return
from perfeval_xl.scheme.loader import available_schemes, find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules import proportion
from perfeval_xl.scorer import score
from tests.agreement.fillings import Filling, filling
from tests.agreement.report import PAGE, result
from tests.agreement.runners import GnumericRunner, IronCalcRunner, LibreOfficeRunner, Runner
from tests.agreement.sweep import TOTAL, Form, Tally, compare, same
from tests.engines import Gnumeric, IronCalc, LibreOffice
from tests.rulekit import D

SEED = "suite"


@pytest.fixture(scope="module")
def form() -> Form:
    return Form(load_scheme(find_scheme("huadu-2024")))


@pytest.fixture(scope="module", params=sorted({*available_schemes()} - {"huadu-2024"}))
def other_form(request: pytest.FixtureRequest) -> Form:
    """The form of any other scheme that comes with the package."""
    return Form(load_scheme(find_scheme(request.param)))


@pytest.fixture(scope="module")
def sound(form: Form) -> Filling:
    """A filling in which every row has a score and no cell holds anything odd."""
    for number in range(100):
        cells = filling(form.scheme, f"sound:{number}")
        answers = form.answers(cells)
        if form.expected(answers)[TOTAL] is not None:
            odd = {name: answers[name].value for name, each in cells.items() if type(each) in (float, datetime)}
            return {**cells, **odd}  # type: ignore[dict-item]
    raise AssertionError("no sound filling among so many")


def agree(runner: Runner, fillings: Sequence[Filling]) -> Tally:
    """Assert that the program shows the scorer's scores for all ``fillings``."""
    tally = Tally()
    for case, (cells, got) in enumerate(zip(fillings, runner.run(fillings), strict=True)):
        compare(runner.form, case, runner.form.expected(runner.form.answers(cells)), got, tally)
    cases = dict.fromkeys(each.case for each in tally.differences)
    told = [runner.form.answers_file(fillings[case]) for case in list(cases)[:2]]
    assert not tally.differences, (tally.differences, *told)
    return tally


def some(scheme: Scheme, first: int, count: int) -> list[Filling]:
    return [filling(scheme, f"{SEED}:{number}") for number in range(first, first + count)]


def test_ironcalc(form: Form, ironcalc_engine: IronCalc, tmp_path: Path) -> None:
    tally = agree(IronCalcRunner(form, tmp_path), some(form.scheme, 0, 200))
    assert tally.cases == 200 and tally.rows == 200 * 26
    assert tally.scored > 0.8 * tally.rows and tally.totals > 0.4 * tally.cases  # else little would be compared
    assert tally.lines_scored > 1500


def test_libreoffice(form: Form, libreoffice: LibreOffice, tmp_path: Path) -> None:
    agree(LibreOfficeRunner(form, tmp_path, libreoffice), some(form.scheme, 1000, 60))


def test_gnumeric(form: Form, gnumeric: Gnumeric, tmp_path: Path) -> None:
    agree(GnumericRunner(form, tmp_path), some(form.scheme, 2000, 50))


def test_other_forms_in_ironcalc(other_form: Form, ironcalc_engine: IronCalc, tmp_path: Path) -> None:
    tally = agree(IronCalcRunner(other_form, tmp_path), some(other_form.scheme, 0, 150))
    assert tally.scored > 0.8 * tally.rows and tally.totals > 0.4 * tally.cases
    assert tally.lines_scored > 1000


def test_other_forms_in_libreoffice(other_form: Form, libreoffice: LibreOffice, tmp_path: Path) -> None:
    agree(LibreOfficeRunner(other_form, tmp_path, libreoffice), some(other_form.scheme, 1000, 30))


def test_other_forms_in_gnumeric(other_form: Form, gnumeric: Gnumeric, tmp_path: Path) -> None:
    agree(GnumericRunner(other_form, tmp_path), some(other_form.scheme, 2000, 25))


@pytest.mark.parametrize("which", [1, -1])
@pytest.mark.parametrize(("name", "clauses"), [("huadu-2024", 10), ("project-2020", 2)])
def test_other_readings(name: str, clauses: int, which: int, ironcalc_engine: IronCalc, tmp_path: Path) -> None:
    """All clauses that can be read otherwise, read otherwise at once."""
    plain = load_scheme(find_scheme(name))
    chosen = {each.id: each.options[which].id for each in plain.readings if each.options}
    scheme = load_scheme(find_scheme(name), choices=chosen)
    assert len(chosen) > clauses and [each.chosen for each in scheme.readings if each.options] == list(chosen.values())
    agree(IronCalcRunner(Form(scheme), tmp_path), some(scheme, 3000, 40))


# ---- places where floating point, or a program's own rounding, would go astray

HAIR: list[tuple[Filling, str, str | None]] = [
    # a tie of a large proportion, and a cent below it
    ({"sme_reserved_yuan": D("20000000000"), "sme_actual_yuan": D("19700000000")}, "procurement_policy", "0.99"),
    ({"sme_reserved_yuan": D("20000000000"), "sme_actual_yuan": D("19699999999.99")}, "procurement_policy", "0.98"),
    ({"sme_reserved_yuan": D("19999999998.01"), "sme_actual_yuan": D("99999999.99")}, "procurement_policy", "0.00"),
    ({"sme_reserved_yuan": D("19999999998"), "sme_actual_yuan": D("99999999.99")}, "procurement_policy", "0.01"),
    # a share of a sum with six decimals, exactly, and a cent (of 元) above it
    ({"closing_carryover_wan": D("199999.999999"), "opening_carryover_wan": D("1999999.99999"), "general_budget_wan": D(0), "government_fund_wan": D(0)}, "carryover_surplus_rate", "2.00"),
    ({"closing_carryover_wan": D("200000"), "opening_carryover_wan": D("1999999.99999"), "general_budget_wan": D(0), "government_fund_wan": D(0)}, "carryover_surplus_rate", "1.00"),
    ({"closing_carryover_wan": 0.1 + 0.2, "opening_carryover_wan": D("0.7"), "general_budget_wan": D("0.2"), "government_fund_wan": D("0.1")}, "carryover_surplus_rate", "0.50"),
    ({"closing_carryover_wan": 0.1 + 0.2, "opening_carryover_wan": D("0.7"), "general_budget_wan": D("0.2"), "government_fund_wan": D("0.099999")}, "carryover_surplus_rate", "0.00"),
    # whole steps of 5 %, and a cent less
    ({"public_funds_budget_wan": D("12345.678"), "public_funds_actual_wan": D("12962.9619")}, "public_funds_control", "1.50"),
    ({"public_funds_budget_wan": D("12345.678"), "public_funds_actual_wan": D("12962.961899")}, "public_funds_control", "2.00"),
    # limits
    ({"three_public_budget_wan": 0.1 + 0.2, "three_public_actual_wan": D("0.3")}, "three_public", "2.00"),
    ({"three_public_budget_wan": D("99999.999999"), "three_public_actual_wan": D("100000")}, "three_public", "0.00"),
    # an annual rate at a tie of a ten-point row
    ({"execution_basis": "年度执行率", "annual_budget_wan": D("2000000"), "annual_spent_wan": D("1999900")}, "budget_execution", "10.00"),
    ({"execution_basis": "年度执行率", "annual_budget_wan": D("2000000"), "annual_spent_wan": D("1998999.999999")}, "budget_execution", "9.99"),
    ({"execution_basis": "年度执行率", "annual_budget_wan": D("2000000"), "annual_spent_wan": D("1999000")}, "budget_execution", "10.00"),
    # counts, the largest among them, and one too many
    ({"contracts_total": D("1000000000"), "contracts_signed_on_time": D("900000000")}, "contract_signing", "2.00"),
    ({"contracts_total": D("1000000000"), "contracts_signed_on_time": D("899999999")}, "contract_signing", "1.00"),
    ({"contracts_total": D("1000000001"), "contracts_signed_on_time": D("1")}, "contract_signing", None),
    ({"contracts_total": D("1E+300"), "contracts_signed_on_time": D("1")}, "contract_signing", None),
    # more decimals than an amount has: read to the cent, a half of it upwards
    ({"public_funds_budget_wan": D("100"), "public_funds_actual_wan": 364.75 / 3}, "public_funds_control", "0.00"),
    ({"public_funds_budget_wan": D("100"), "public_funds_actual_wan": D("104.9999995")}, "public_funds_control", "1.50"),
    ({"public_funds_budget_wan": D("100"), "public_funds_actual_wan": D("104.999999499")}, "public_funds_control", "2.00"),
    ({"three_public_budget_wan": D("9.549656"), "three_public_actual_wan": D("9.5496565")}, "three_public", "0.00"),
    ({"three_public_budget_wan": D("9.549656"), "three_public_actual_wan": D("9.54965649")}, "three_public", "2.00"),
    # the last day of the deadline, at whatever time
    ({"goals_due_on": date(2024, 3, 15), "goals_published_on": datetime(2024, 3, 15, 23, 59, 59)}, "performance_disclosure", "2.00"),
    ({"goals_due_on": datetime(2024, 3, 15, 8), "goals_published_on": datetime(2024, 3, 16, 0, 0, 1)}, "performance_disclosure", "1.00"),
    ({"goals_due_on": date(2026, 12, 31), "goals_published_on": datetime(2026, 12, 31, 12)}, "performance_disclosure", "2.00"),
]  # fmt: skip
_ON_TIME = {"selfeval_due_on": date(2025, 3, 1), "selfeval_published_on": date(2025, 3, 1)}


def annex(weight: str, target: str, actual: str, nature: str = "≥") -> Filling:
    """A first row of the outputs table; the gate stays open."""
    cells: Filling = {"name": "某项", "nature": nature, "weight": D(weight), "target": D(target), "actual": D(actual)}
    blank = dict.fromkeys(("tier", "judged_score", "basis", "deviation_reason", "unit", "dimension"))
    return {f"outputs_r01_{column}": content for column, content in (cells | blank).items()} | {"goals_filed": "是"}


LINES: list[tuple[Filling, str | None]] = [
    (annex("20", "100000000", "99999999.9999"), "20.00"),
    (annex("20", "100000000", "99975000"), "20.00"),  # 19.995, a tie
    (annex("20", "100000000", "99974999.9999"), "19.99"),
    (annex("19.99", "99999999.9999", "60000000"), "11.99"),
    (annex("20", "99999999.9999", "59999999.9999"), "0.00"),  # 59.99999996 %
    (annex("20", "1", "0.6"), "12.00"),
    (annex("1", "3", "4.5"), "1.00"),
    (annex("1", "3", "4.5001"), "0.50"),
    (annex("1.01", "3", "4.5001"), "0.51"),
    (annex("5", "0.3", "0.42", "≤"), "3.00"),  # 2 − 1.4 = 60 %
    (annex("5", "0.3", "0.4201", "≤"), "0.00"),
    (annex("0.01", "100", "60"), "0.01"),
    (annex("20", "100000000.0001", "1"), None),
    (annex("20", "100", "59.99995"), "12.00"),
    (annex("20", "100", "59.99994"), "0.00"),
    (annex("6.665", "100", "100"), None),
]  # fmt: skip


def _nearest(odd: int, even: int, most: int) -> tuple[int, int]:
    """The largest base up to ``most``, and a part of it, with odd × base − even × part = 1: as near a tie as can be."""
    base = most - (most - pow(odd, -1, even)) % even
    return base, (odd * base - 1) // even


_BASE, _PART = _nearest(2999, 2 * 1999, 10**12)
LINES.append((annex("19.99", str(D(_BASE) / 10**4), str(D(_PART) / 10**4)), "14.99"))
_BASE, _PART = _nearest(1499, 2 * 1000, 2 * 10**12)
_YEAR: Filling = {"annual_budget_wan": D(_BASE) / 10**6, "annual_spent_wan": D(_PART) / 10**6}
HAIR.append(({"execution_basis": "年度执行率", **_YEAR}, "budget_execution", "7.49"))


def cases(form: Form, sound: Filling) -> list[tuple[Filling, str, str | None]]:
    """Fillings, a score cell each, and what it must show: the sound filling with some cells changed."""
    found: list[tuple[Filling, str, str | None]] = []
    for changes, code, wanted in HAIR:
        applies = {f"{code}_applicable": "适用"} if form.scheme.indicator[code].may_be_not_applicable else {}
        found.append(({**sound, **_ON_TIME, **applies, **changes}, f"{code}_formula_score", wanted))
    return [*found, *(({**sound, **line}, "outputs_r01_score", wanted) for line, wanted in LINES)]


def test_the_hairs_themselves(form: Form, sound: Filling) -> None:
    for cells, name, wanted in cases(form, sound):
        expected = form.expected(form.answers(cells))[name]
        assert expected == (None if wanted is None else D(wanted)), (name, cells)


@pytest.mark.parametrize(
    ("engine", "make"),
    [("ironcalc_engine", IronCalcRunner), ("libreoffice", LibreOfficeRunner), ("gnumeric", GnumericRunner)],
)
def test_at_a_hair(
    engine: str, make: Callable[..., Runner], form: Form, sound: Filling, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    office = request.getfixturevalue(engine)
    runner = make(form, tmp_path, office) if engine == "libreoffice" else make(form, tmp_path)
    agree(runner, [cells for cells, _, _ in cases(form, sound)])


# ---- the file as a unit returns it: read by the reader, calculated by a program, both on the same bytes


def returned(form: Form, sound: Filling, changes: Mapping[str, Any]) -> bytes:
    """An issued workbook filled with ``sound``, then edited and saved by somebody else's program."""
    answers = form.answers(sound)
    view = View(answers, score(form.scheme, submission_of(form.scheme, answers)))
    book = openpyxl.load_workbook(io.BytesIO(fill(build_master(form.scheme), form.layout, answers, view)))
    for field, content in changes.items():
        cell = form.layout.inputs[field]
        book[cell.sheet][cell.ref].value = content
        if field in PLAIN:
            book[cell.sheet][cell.ref].number_format = "General"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def differing(form: Form, data: bytes) -> set[str]:
    """The rows whose formula shows something else than the scorer gives for what the reader read."""
    submission = read_return(Return(data, "out.xlsx"), form.scheme)
    rows = score(form.scheme, submission).rows
    return {row.indicator.code for row in rows if submission.formula_scores[row.indicator.code] != row.score}


PLAIN = ["accounts_published_on", "accounts_approved_on"]
"""Date cells whose date format was lost when something was pasted over them: they hold serial numbers."""

ODD: dict[str, Any] = {
    "closing_carryover_wan": 0.1 + 0.2,
    "contracts_total": "约12项",
    "sme_actual_yuan": "约3万元",
    "upheld_complaints": 1_000_000_001,
    "allocation_violations": 1.0000000000000002,
    "overdue_income_items": 2.5,
    "public_funds_actual_wan": 107.1234567,
    "three_public_actual_wan": -1,
    "is_classified": "否",
    "budget_approved_on": datetime(2024, 2, 1, 9, 30),
    "budget_published_on": datetime(2024, 2, 21, 23, 59, 59),
    "accounts_approved_on": 45536,
    "accounts_published_on": 45556.75,
    "goals_published_on": "2024年春",
    "procurement_rules_exist": "也许",
    "assets_in_use_wan": None,
    "intentions_due": 20240315,
}
"""What is found in cells, and of what the formulas and the reader make the same."""

FORGIVEN: dict[str, tuple[str, Any]] = {
    "rectify_findings": ("financial_compliance", "1"),
    "closing_carryover_wan": ("carryover_surplus_rate", "１２.5"),
    "sme_actual_yuan": ("procurement_policy", " 1,000.00 "),
    "procurement_rules_exist": ("procurement_control", "有"),
    "contracts_total": ("contract_signing", "12项"),
    "execution_rate_12": ("budget_execution", " "),
    "asset_data_reason": ("asset_data_quality", "　"),
}
"""What the reader forgives, with a receipt or without, and a formula cannot: the one intended difference. By field:
the row, and what stands in its cell: a number typed as text, another word for yes, a blank typed as a space. The
formula then shows nothing; only of the last it believes that there is a reason."""


def test_odd_contents_are_taken_alike(
    form: Form, sound: Filling, libreoffice: LibreOffice, gnumeric: Gnumeric, tmp_path: Path
) -> None:
    (tmp_path / "in.xlsx").write_bytes(returned(form, sound, ODD))
    for number, recalculate in enumerate((libreoffice.recalculate, gnumeric.recalculate)):
        out = recalculate(tmp_path / "in.xlsx", tmp_path / f"out{number}.xlsx")
        assert differing(form, out.read_bytes()) == set()
        shown = read_return(Return(out.read_bytes(), "out.xlsx"), form.scheme).formula_scores
        assert shown["budget_disclosure"] is not None and shown["procurement_compliance"] is None


def test_what_the_reader_forgives_is_the_one_difference(
    form: Form, sound: Filling, libreoffice: LibreOffice, tmp_path: Path
) -> None:
    monthly = {**sound, "execution_basis": "月度平均", "execution_rate_01": D("0.9"), "execution_rate_12": None}
    monthly |= {"asset_data_accurate": "否", "asset_data_score": D("1.5"), "asset_data_reason": None}
    typed = {field: content for field, (_, content) in FORGIVEN.items()}
    (tmp_path / "in.xlsx").write_bytes(returned(form, monthly, typed))
    out = libreoffice.recalculate(tmp_path / "in.xlsx", tmp_path / "out.xlsx").read_bytes()
    assert differing(form, out) == {row for row, _ in FORGIVEN.values()}
    submission = read_return(Return(out, "out.xlsx"), form.scheme)
    shown = {row: submission.formula_scores[row] for row, _ in FORGIVEN.values()}
    assert shown == {**dict.fromkeys(shown), "asset_data_quality": D("1.5")}
    understood = {field: _as_typed(submission.answers[field].value) for field in typed}
    (tmp_path / "again.xlsx").write_bytes(returned(form, monthly, understood))
    out = libreoffice.recalculate(tmp_path / "again.xlsx", tmp_path / "better.xlsx").read_bytes()
    assert differing(form, out) == set()


def _as_typed(value: object) -> object:
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else value


# ---- the harness itself


def test_a_seed_gives_the_same_filling(form: Form) -> None:
    assert filling(form.scheme, "1:2") == filling(form.scheme, "1:2") != filling(form.scheme, "1:3")
    assert set(filling(form.scheme, "1:2")) == set(form.inputs)


def test_a_slip_in_a_formula_is_found(
    monkeypatch: pytest.MonkeyPatch, ironcalc_engine: IronCalc, tmp_path: Path
) -> None:
    monkeypatch.setattr(proportion, "half_up_quotient", lambda units, by, _: f"ROUND({units}/{by}-0.0000001,0)/100")
    form = Form(load_scheme(find_scheme("huadu-2024")))
    with pytest.raises(AssertionError, match="procurement_policy_formula_score"):
        agree(IronCalcRunner(form, tmp_path), some(form.scheme, 0, 40))


def test_what_counts_as_the_same() -> None:
    assert same("a_score", D("0.30"), 0.1 + 0.2) and same("a_score", None, "") and same("a_score", None, None)
    assert not same("a_score", D("0.30"), 0.31) and not same("a_score", D(0), "") and not same("a_score", None, 0.0)
    assert not same("a_score", D("0.30"), 0.3000001) and not same("a_score", D("0.30"), "0.3")
    assert same("r_rate", D(1) / D(3), 1 / 3) and not same("r_rate", D(1) / D(3), 0.3333333333)
    assert same("grade_formula", "优", "优") and not same("grade_formula", "优", "良")


@pytest.mark.parametrize(("scheme", "least"), [("huadu-2024", 10_000), ("project-2020", 10_000)])
def test_the_recorded_result_is_of_a_full_sweep_without_differences(scheme: str, least: int) -> None:
    told = PAGE.read_text(encoding="utf-8").split(f"<!-- result {scheme} -->", 1)[1].split("<!-- /result -->", 1)[0]
    rows = [line.split(" | ") for line in told.splitlines() if line.startswith(("| Iron", "| Libre", "| Gnu"))]
    assert [row[0].split()[1] for row in rows] == ["IronCalc", "LibreOffice", "Gnumeric"]
    for row in rows:
        assert int(row[1].replace(",", "")) >= least
        assert row[-1] == "0 |"


def test_the_result_in_words() -> None:
    tally = Tally(cases=2, rows=52, scored=40, totals=1, lines=80, lines_scored=9)
    table = result({"IronCalc": tally}, 2, 7, "form-1").splitlines()
    assert table[0].startswith("`make agreement N=2 SEED=7 SCHEME=form-1`, Python 3.")
    assert table[-1].endswith("| 2 | 52 | 40 | 1 | 80 | 9 | 0 |")
