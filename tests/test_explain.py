"""The working papers of a return: what stands in them, on the page and for a machine."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from perfeval_xl.campaign import Campaign
from perfeval_xl.cli import main
from perfeval_xl.district.intake import Desk
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.package import Package
from perfeval_xl.excel.sheetpatch import Patch, patch_sheet
from perfeval_xl.findings import finding
from perfeval_xl.inquiry.causes import CauseKind
from perfeval_xl.inquiry.explain import Explanation, Origin, RowPaper, explain
from perfeval_xl.inquiry.workpaper import CAUSE_LABELS, Block, Grid, Lines, paper_blocks, unit_blocks
from perfeval_xl.inquiry.workpaper_json import explanation_json
from perfeval_xl.numbers import show_number
from perfeval_xl.resources import samples_dir
from tests.rounds import hand_in, issued_round, published_answers

POLICY = "procurement_policy"
UNIT = "S001"


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(tmp_path_factory.mktemp("explain") / "2024")


@pytest.fixture(scope="module")
def huadu(at: Campaign) -> Path:
    return hand_in(at, UNIT, published_answers(), "huadu.xlsx")


def explained(at: Campaign, path: Path) -> Explanation:
    [result] = Desk(at.scheme, at.key, at.roster).examine(path)
    assert result.submission is not None and result.card is not None
    return explain(result.submission, result.card, result.findings)


def returned(at: Campaign, name: str, **changes: Any) -> Explanation:
    return explained(at, hand_in(at, UNIT, published_answers(**changes), f"{name}.xlsx"))


def paper(explanation: Explanation, code: str) -> RowPaper:
    [found] = [each for each in explanation.papers if each.indicator.code == code]
    return found


def edited(path: Path, name: str, **cells: Any) -> Path:
    """A copy after somebody put ``cells`` (field id or formula score → content) into it with openpyxl."""
    book = openpyxl.load_workbook(path)
    for field, value in cells.items():
        sheet, ref = book.defined_names[field].attr_text.rsplit("!", 1)
        book[sheet.strip("'")][ref.replace("$", "")].value = value
    saved = io.BytesIO()
    book.save(saved)
    copy = path.with_name(name)
    copy.write_bytes(saved.getvalue())
    return copy


def text_of(blocks: Iterator[Block], width: int = 120) -> str:
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            lines.append(block)
        elif isinstance(block, Lines):
            lines += block.render(width)
        else:
            lines += [" | ".join(row) for row in (block.head, *block.rows)]
    return "\n".join(lines)


def page(one: RowPaper) -> str:
    """A row's paper, unwrapped."""
    return text_of(paper_blocks(one), width=10_000)


def section(one: RowPaper, label: str) -> list[str]:
    """The paragraphs under a label."""
    found: dict[str, list[str]] = {}
    name = ""
    for block in paper_blocks(one):
        for first, text in block.rows if isinstance(block, Lines) else ():
            name = first or name
            found.setdefault(name, []).append(text)
    return found.get(label, [])


# ---- the published case


def test_the_head_tells_unit_total_and_grade_and_lists_all_rows(at: Campaign, huadu: Path) -> None:
    head, facts, table = unit_blocks(explained(at, huadu))
    assert head == "核分工作底稿"
    assert isinstance(facts, Lines) and isinstance(table, Grid)
    shown = dict(facts.rows)
    assert shown["单位"] == "S001 第一小学"
    assert shown["总分"] == "99.97 分，优；单位自评 99.97 分"
    assert shown["各行"] == "共 26 行：一致 26"
    assert "未填" in shown["口径"]  # the reading that holds for every row
    assert [row[0] for row in table.rows] == [str(number) for number in range(1, 27)]
    assert table.rows[17] == ("18", POLICY, "采购政策效能", "1.00", "0.99", "0.99", "0.99", "", "一致")


def test_a_row_of_the_published_case_reads_as_a_working_paper(at: Campaign, huadu: Path) -> None:
    one = paper(explained(at, huadu), POLICY)
    assert next(paper_blocks(one)) == "18. 采购政策效能（procurement_policy，1 分）"
    assert section(one, "条款") == one.indicator.criteria.splitlines()
    assert section(one, "规则") == one.indicator.rule.explain(Decimal(1))
    cells = {each.field.id: str(each.answer.cell) for each in one.inputs}
    assert section(one, "数据") == [
        f"[1] 是否适用：适用（{cells['procurement_policy_applicable']}）",
        f"[2] 面向中小企业采购金额：245,250,193.77 元（{cells['sme_actual_yuan']}）",
        f"[3] 预留中小企业采购金额：248,786,733.58 元（{cells['sme_reserved_yuan']}）",
    ]
    assert section(one, "计算") == ["245,250,193.77[2] ÷ 248,786,733.58[3] = 98.58%，× 1 分 = 0.99 分。"]
    assert section(one, "结论") == [
        "重算 0.99 分；自评 0.99 分（自评表!I27，单位直接填写）；表中公式 0.99 分（填报检查!D24）；与重算一致。"
    ]
    assert section(one, "原因") == []
    assert section(one, "依据") == [f"“{one.evidence.value}”（自评表!J27）"]
    [found] = section(one, "问题")
    assert found.startswith("提醒：") and "99%" in found and "98.58%" in found


def test_a_ratio_of_sums_shows_the_sum_and_the_band_that_was_hit(at: Campaign, huadu: Path) -> None:
    one = paper(explained(at, huadu), "carryover_surplus_rate")
    assert section(one, "计算") == [
        "2,190.13[2] ÷ 509,333.49 = 0.43%，得 2 分。",
        "分母 509,333.49 = 1,500.2[3] + 482,833.29[4] + 25,000[5]。",
        "结转结余率不超过 10% 的，得 2 分。",
    ]


def test_every_answer_that_a_row_uses_stands_in_its_paper_with_its_cell(at: Campaign, huadu: Path) -> None:
    explanation = explained(at, huadu)
    inputs = build_layout(at.scheme).inputs
    for one in explanation.papers:
        written = page(one)
        for name in one.indicator.rule.fields():
            answer = explanation.submission.answers[name]
            in_table = name in at.scheme.table_of
            if isinstance(answer.value, Decimal):
                assert show_number(answer.value) in written or f"{answer.value:.2%}" in written, name
                assert (f"（{inputs[name].ref}）" if in_table else f"（{inputs[name]}）") in written, name
        assert f"（{inputs[one.indicator.self_score_id]}，" in written


def test_the_annex_is_a_table_with_rates_weights_and_scores(at: Campaign, huadu: Path) -> None:
    one = paper(explained(at, huadu), "output_completion")
    [table] = [block for block in paper_blocks(one) if isinstance(block, Grid)]
    assert table.head == (
        "行",
        "三级指标",
        "指标性质",
        "年初目标值（档次）",
        "实际完成值（评分）",
        "完成率",
        "权重",
        "得分",
        "落在",
    )
    assert table.rows[0] == (
        "1", "规范化幼儿园占比", "≥", "99 %（E5）", "99.5 %（G5）", "100.51%", "3（I5）", "3.00", "100% 至 150%，得满分",
    )  # fmt: skip
    assert table.rows[9][2:] == (
        "定性", "达成年度指标", "2 分（L14）", "", "2（I14）", "2.00", "“达成年度指标”：1.60（含）至 2.00（含）",
    )  # fmt: skip
    assert len(table.rows) == 10
    assert section(one, "各行") == ["产出指标，在指标完成情况表，括号内为单元格："]


def test_lines_are_no_wider_than_asked_and_lose_nothing(at: Campaign, huadu: Path) -> None:
    for one in explained(at, huadu).papers:
        for block in paper_blocks(one):
            if isinstance(block, Lines):
                narrow = list(block.render(80))
                assert all(sum(1 if sign in "−" or ord(sign) < 0x2000 else 2 for sign in line) <= 80 for line in narrow)
                assert not any(re.match(r"\s*[，。；：、）》”]", line) for line in narrow)
                wide = "".join("".join(block.render(10_000)).split())
                assert "".join("".join(narrow).split()) == wide


# ---- readings


def test_every_reading_of_a_row_stands_with_its_reason_and_source(at: Campaign, huadu: Path) -> None:
    for one in explained(at, huadu).papers:
        readings = [each for each in at.scheme.readings if one.indicator.code in each.indicators]
        assert [used.reading for used in one.readings] == readings
        written = "\n".join(section(one, "口径"))
        for each in readings:
            assert f"理由：{each.why.rstrip('。')}（{each.source}）" in written and f"〔{each.id}〕" in written


def test_another_reading_is_told_with_its_score_only_where_it_differs(at: Campaign) -> None:
    changed = {"public_funds_actual_wan": "382", "public_funds_budget_wan": "364.75"}  # 4.73 % over
    one = paper(returned(at, "over", **changed), "public_funds_control")
    written = "\n".join(section(one, "口径"))
    assert "本项为 1.50 分。〔control_steps=started〕" in written
    assert "本项为 1.53 分。〔control_steps=linear〕" in written
    same = paper(explained(at, hand_in(at, UNIT, published_answers(), "same.xlsx")), "public_funds_control")
    assert "另一口径：" not in "\n".join(section(same, "口径"))
    assert "换另一口径，得分不变。〔control_steps〕" in "\n".join(section(same, "口径"))


# ---- claims and causes


def test_a_claim_that_differs_is_told_with_both_numbers_and_its_cause(at: Campaign) -> None:
    explanation = returned(at, "full", procurement_policy_self_score="1")
    one = paper(explanation, POLICY)
    assert one.claim.origin is Origin.TYPED
    assert section(one, "结论") == [
        "重算 0.99 分；自评 1.00 分（自评表!I27，单位直接填写）；表中公式 0.99 分（填报检查!D24）；自评比重算多 0.01 分。"
    ]
    rounding, full = section(one, "原因")
    assert rounding.startswith("可能之1：取位不同：") and full.startswith("可能之2：按满分 1 分自评")
    assert "score-differs" not in {each.code for each in one.findings}
    _, facts, table = unit_blocks(explanation)
    assert isinstance(table, Grid) and isinstance(facts, Lines)
    assert table.rows[17][-2:] == ("+0.01", "不一致：取位不同；按满分自评")
    assert dict(facts.rows)["各行"] == "共 26 行：一致 25，不一致 1"


def test_a_formula_that_was_left_alone_is_told_as_such(at: Campaign) -> None:
    one = paper(returned(at, "formula", procurement_policy_self_score=None), POLICY)
    assert one.claim.origin is Origin.FORMULA
    assert "自评 0.99 分（自评表!I27，表中公式的结果）" in section(one, "结论")[0]


def test_a_stale_result_is_named(at: Campaign) -> None:
    """The inputs changed after the last calculation: the cached 0.99 stays, as a program without a calculator leaves it."""
    path = hand_in(at, UNIT, published_answers(procurement_policy_self_score=None), "stale.xlsx")
    package = Package.read(path.read_bytes())
    cell = build_layout(at.scheme).inputs["sme_actual_yuan"]
    part = package.sheets[cell.sheet]
    changed = patch_sheet(package.part(part), {cell.ref: Patch(Decimal("200000000"))})
    path.write_bytes(package.rewrite({part: changed}))
    one = paper(explained(at, path), POLICY)
    assert [each.kind for each in one.claim.causes] == [CauseKind.STALE]
    assert section(one, "原因")[0] == (
        "表格没有重新计算：自评表!I27 仍是公式，保存的结果是 0.99 分，按现有数据应为 0.80 分。"
    )


def test_formulas_that_were_changed_by_hand_are_named(at: Campaign, huadu: Path) -> None:
    path = edited(huadu, "changed.xlsx", procurement_policy_self_score="=1", asset_income_formula_score=0.5)
    explanation = explained(at, path)
    one = paper(explanation, POLICY)
    assert (one.claim.origin, one.row.self_score) == (Origin.CHANGED, None)  # openpyxl keeps no results
    assert [each.kind for each in one.claim.causes] == [CauseKind.NOT_SAVED]
    other = paper(explanation, "asset_income")
    assert other.claim.formula_cause is not None and other.claim.formula_cause.kind is CauseKind.CHANGED
    assert section(other, "原因") == ["表中公式：公式被改动：填报检查!D26 下发时的公式已被改填为数字。"]


@pytest.mark.parametrize("folder", ["returns-libreoffice", "returns-gnumeric"])
def test_no_program_s_spelling_of_a_formula_counts_as_a_change(at: Campaign, folder: str) -> None:
    for path in sorted((samples_dir() / folder).glob("*.xlsx")):
        [result] = Desk().examine(path)
        assert result.submission is not None and result.card is not None
        cells = result.submission.score_cells
        assert len(cells) == 2 * len(at.scheme.indicators)
        assert all(cell.issued and cell.saved for cell in cells.values() if cell.formula is not None)
        forms = [cells[each.formula_score_id] for each in at.scheme.indicators]
        assert all(cell.issued for cell in forms)
        explanation = explain(result.submission, result.card, result.findings)
        assert all(one.claim.formula_cause is None for one in explanation.papers)


def test_a_file_without_results_says_so_once_and_keeps_its_claims() -> None:
    [path] = (samples_dir() / "returns-openpyxl").glob("*.xlsx")
    [result] = Desk().examine(path)
    assert result.card is not None
    told = [each.code for each in result.findings]
    assert told.count("not-recalculated") == 1 and "self-score-missing" not in told
    assert result.card.self_total == result.card.total
    assert result.submission is not None
    explanation = explain(result.submission, result.card, result.findings)
    assert {one.claim.origin for one in explanation.papers} == {Origin.LEFT}
    one = explanation.papers[0]
    assert section(one, "原因") == ["没有保存计算结果：自评表!I10 的公式没有留下结果。"]
    assert "文件没有保存结果，按公式重算" in section(one, "结论")[0]


# ---- rows without a score


def test_a_row_without_a_score_shows_what_is_missing_and_its_bounds(at: Campaign) -> None:
    explanation = returned(at, "gap", sme_reserved_yuan=None, procurement_policy_self_score=None)
    one = paper(explanation, POLICY)
    assert section(one, "数据")[2].startswith("[3] 预留中小企业采购金额：未填（基础数据!")
    assert section(one, "计算")[-1] == "数据未填，暂计 0.00～1.00 分。"
    assert "得分不变" not in "".join(section(one, "口径"))  # there is no score yet that could stay
    assert section(one, "结论")[0].startswith("自评没有分数（自评表!I27，表中公式的结果）；表中公式无结果")
    _, _, table = unit_blocks(explanation)
    assert isinstance(table, Grid) and table.rows[17][4:] == ("", "", "", "", "数据未填")


def test_what_was_typed_stands_beside_what_was_read(at: Campaign) -> None:
    path = hand_in(at, UNIT, published_answers(), "typed.xlsx")
    path = edited(path, "typed.xlsx", sme_actual_yuan="２４５，２５０，１９３．７７", upheld_complaints="约两例")
    explanation = explained(at, path)
    assert (
        "245,250,193.77 元，原文“２４５，２５０，１９３．７７”（基础数据!"
        in section(paper(explanation, POLICY), "数据")[1]
    )
    assert "不能用，原文“约两例”" in section(paper(explanation, "procurement_compliance"), "数据")[-1]


def test_a_claim_that_is_no_number_is_quoted(at: Campaign) -> None:
    one = paper(returned(at, "words", procurement_policy_self_score="满分", procurement_policy_evidence=None), POLICY)
    assert section(one, "结论")[0].startswith("重算 0.99 分；自评没有分数，原文“满分”（自评表!I27，单位直接填写）")
    assert section(one, "依据") == ["评分依据未填（自评表!J27）。"]


def test_a_claim_below_the_recalculation_and_a_blank_one(at: Campaign, huadu: Path) -> None:
    path = edited(huadu, "below.xlsx", procurement_policy_self_score=0.5, asset_income_self_score=None)
    explanation = explained(at, path)
    assert "自评比重算少 0.49 分" in section(paper(explanation, POLICY), "结论")[0]
    blank = paper(explanation, "asset_income")
    assert (blank.claim.origin, blank.claim.causes) == (Origin.BLANK, ())
    assert "自评没有分数（自评表!I29，未填）" in section(blank, "结论")[0]
    _, _, table = unit_blocks(explanation)
    assert isinstance(table, Grid) and table.rows[19][-1] == "自评未填"


def test_long_evidence_is_cut_on_the_page_and_whole_for_a_machine(at: Campaign) -> None:
    explanation = returned(at, "long", procurement_policy_evidence="证" * 161)
    one = paper(explanation, POLICY)
    assert section(one, "依据") == [f"“{'证' * 160}……”（自评表!J27）"]
    assert explanation_json(explanation, [one])["indicators"][0]["evidence"]["text"] == "证" * 161


def test_findings_of_no_row_stand_in_the_head(at: Campaign, huadu: Path) -> None:
    [result] = Desk(at.scheme).examine(huadu)
    assert result.submission is not None and result.card is not None
    explanation = explain(result.submission, result.card, (*result.findings, finding("seal-not-checked")))
    assert "封签没有核验" in text_of(unit_blocks(explanation))


def test_every_cause_has_its_label() -> None:
    assert set(CAUSE_LABELS) == set(CauseKind)


# ---- for a machine, and the command


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, arguments)])


def test_the_json_of_a_row(at: Campaign, huadu: Path) -> None:
    result = run("-C", at.folder, huadu, "--format", "json", "--indicator", POLICY)
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert list(shown) == [
        "file", "unit_code", "unit_name", "year", "scheme", "producer", "status", "total", "total_min", "total_max",
        "self_total", "grade", "findings", "indicators",
    ]  # fmt: skip
    assert (shown["status"], shown["total"], shown["self_total"], shown["grade"]) == ("scored", "99.97", "99.97", "优")
    [row] = shown["indicators"]
    assert list(row) == [
        "number", "code", "name", "points", "self_score", "formula_score", "score", "score_min", "score_max", "difference",
        "final", "ruling",
        "outcome", "clause", "rule", "inputs", "lines", "basis", "hits", "notes", "readings", "claim", "evidence", "findings",
    ]  # fmt: skip
    assert row["inputs"][1] == {
        "field": "sme_actual_yuan", "label": "面向中小企业采购金额（元）", "unit": "元", "value": "245250193.77",
        "raw": "245250193.77", "problem": None, "sheet": "基础数据", "cell": row["inputs"][1]["cell"],
    }  # fmt: skip
    assert row["claim"] == {
        "origin": "typed", "raw": "0.99", "sheet": "自评表", "cell": "I27", "formula": None,
        "form_formula": {"sheet": "填报检查", "cell": "D24"}, "form_formula_cause": None, "causes": [],
    }  # fmt: skip
    capped = next(each for each in row["readings"] if each["id"] == "policy_cap")
    assert list(capped) == ["id", "clause", "text", "chosen", "why", "source", "others"]
    assert [(each["score"], each["differs"]) for each in capped["others"]] == [("0.99", False)]
    assert row["difference"] == "0.00" and [each["code"] for each in row["findings"]] == ["evidence-rate-differs"]


def test_the_json_of_all_rows_holds_the_annex_and_the_causes(at: Campaign) -> None:
    path = edited(hand_in(at, UNIT, published_answers(), "json.xlsx"), "json.xlsx", asset_income_formula_score=0.5)
    path = edited(path, "json.xlsx", procurement_policy_self_score=0.55)
    shown = json.loads(run("-C", at.folder, path, "--format", "json").stdout)
    assert len(shown["indicators"]) == 26
    outputs, policy, income = (shown["indicators"][number] for number in (0, 17, 19))
    assert list(outputs["lines"][0]) == ["row", "rate", "score", "hit", "cells"]
    assert (outputs["lines"][0]["row"], outputs["lines"][0]["score"]) == (1, "3.00")
    assert outputs["lines"][0]["cells"]["target"]["value"] == "99"
    assert outputs["lines"][9]["rate"] is None
    assert policy["claim"]["causes"] == [
        {"kind": "unknown", "text": "原因不明：换取位、换口径、改一项数据，都得不出自评的得分", "fields": []}
    ]
    assert income["claim"]["form_formula_cause"]["kind"] == "changed-formula"


def test_the_command_prints_head_and_papers_or_one_paper(at: Campaign, huadu: Path) -> None:
    whole = run("-C", at.folder, huadu)
    assert whole.exit_code == 0, whole.output
    assert whole.stdout.index("核分工作底稿") < whole.stdout.index("\n1. ") < whole.stdout.index("\n26. ")
    one = run("-C", at.folder, huadu, "--indicator", POLICY)
    assert one.stdout.lstrip().startswith("18. 采购政策效能")
    assert "核分工作底稿" not in one.stdout and "\n19. " not in one.stdout


def test_an_unknown_indicator_is_told_with_the_codes_there_are(at: Campaign, huadu: Path) -> None:
    result = run("-C", at.folder, huadu, "--indicator", "nope")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "没有编号为 'nope' 的指标" in result.stderr
    assert all(f"  {each.code}　{each.name}" in result.stderr for each in at.scheme.indicators)


def test_a_file_that_cannot_be_scored_is_told(at: Campaign) -> None:
    stray = at.inbox / "stray.xlsx"
    stray.write_text("x")
    result = run("-C", at.folder, stray)
    assert result.exit_code == 2
    assert "stray.xlsx：这是文本（.txt），不是填报的工作簿" in result.stderr
