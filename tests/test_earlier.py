"""Earlier versions of a form that are still read: declared in the scheme, with what their cells are called now."""

from __future__ import annotations

import pytest

from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.report import scheme_json
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from perfeval_xl.scheme.model import EarlierVersion
from perfeval_xl.scheme.rulebook import rule_book
from tests.test_loader import SMALL, problems_of

DIGEST = "0123456789abcdef" * 4
HUADU = find_scheme("huadu-2024").read_text(encoding="utf-8")


def declared(*tables: str) -> tuple[EarlierVersion, ...]:
    return load_scheme(SMALL + "".join(f"\n[[earlier]]\n{each}\n" for each in tables)).earlier


def one(table: str) -> EarlierVersion:
    (found,) = declared(table)
    return found


def problem(table: str) -> str:
    (found,) = problems_of(f"{SMALL}\n[[earlier]]\n{table}\n")
    return found.removeprefix("scheme.toml: ")


def test_without_a_word_there_are_none() -> None:
    assert load_scheme(SMALL).earlier == ()


def test_what_is_not_said_is_as_in_the_form_in_use() -> None:
    assert one('version = "0.9"') == EarlierVersion("small", "0.9", 2024, {}, {})


def test_another_scheme_of_another_year() -> None:
    found = one(f'scheme = "tiny"\nversion = "2"\nyear = 2023\nnote = "旧表"\nlocked_digest = "{DIGEST}"')
    assert found == EarlierVersion("tiny", "2", 2023, {}, {}, "旧表", DIGEST)


def test_a_renamed_field() -> None:
    found = one('version = "0.9"\nrenamed = { spent = "actual_wan" }')
    assert found.renamed == {"spent": "actual_wan"}
    assert found.names == {"actual_wan": "spent", "spent": ""}


def test_fields_that_changed_places() -> None:
    assert one('version = "0.9"\nrenamed = { in_use = "in_stock", in_stock = "in_use" }').names == {
        "in_use": "in_stock",
        "in_stock": "in_use",
    }


def test_a_name_that_means_another_cell_now() -> None:
    """What is 在用 now was not asked for then: its name was that of the total."""
    names = one('version = "0.9"\nrenamed = { in_use = "in_stock" }').names
    assert names == {"in_stock": "in_use", "in_use": ""}


def test_a_renamed_row_takes_its_own_cells_along() -> None:
    names = one('version = "0.9"\nrenamed = { outlay = "spending", proof = "spending_evidence" }').names
    assert {new: old for new, old in names.items() if old} == {
        "spending_self_score": "outlay_self_score",
        "spending_formula_score": "outlay_formula_score",
        "spending_applicable": "outlay_applicable",
        "spending_evidence": "proof",
    }


def test_a_renamed_table_takes_its_cells_along() -> None:
    table = load_scheme(HUADU).tables[0]
    scheme = load_scheme(f'{HUADU}\n[[earlier]]\nversion = "0.9"\nrenamed = {{ old_table = "{table.id}" }}\n')
    (found,) = scheme.earlier
    column = table.columns[0].id
    assert found.names[table.field_id(1, column)] == f"old_table_r01_{column}"
    assert sum(bool(old) for old in found.names.values()) == table.rows * len(table.columns)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('note = "x"', "earlier[0].version: 缺少此项（应为文字）"),
        ('version = ""', "earlier[0].version: 不能为空，也不能含有斜杠，现为 ''"),
        ('version = "1/2"', "earlier[0].version: 不能为空，也不能含有斜杠，现为 '1/2'"),
        ('version = "0.9"\nscheme = "a/b"', "earlier[0].scheme: 不能为空，也不能含有斜杠，现为 'a/b'"),
        ('version = "1"', "earlier[0].version: 这是现行的版本，不必列出"),
        ('version = "0.9"\nyear = "2023"', "earlier[0].year: 应为整数，现为 '2023'"),
        (
            f'version = "0.9"\nlocked_digest = "{DIGEST[1:]}"',
            f"earlier[0].locked_digest: 应为 64 位十六进制数，现为 '{DIGEST[1:]}'",
        ),
        (
            'version = "0.9"\nrenamed = { spent = "nothing" }',
            "earlier[0].renamed.spent: 没有字段、指标或附表 'nothing'",
        ),
        ('version = "0.9"\nrenamed = { spent = "" }', "earlier[0].renamed.spent: 没有字段、指标或附表 ''"),
        ('version = "0.9"\nrenamed = { spent = 3 }', "earlier[0].renamed.spent: 应为文字，现为 3"),
        ('version = "0.9"\nrenamed = { people = "people" }', "earlier[0].renamed.people: 新旧名称相同，不必列出"),
        (
            'version = "0.9"\nrenamed = { a_one = "people", a_two = "people" }',
            "earlier[0].renamed.a_two: 'people' 已由另一个旧名称对应",
        ),
        (
            'version = "0.9"\nrenamed = { A1 = "people" }',
            "earlier[0].renamed.A1: 旧名称应由小写字母、数字和下划线组成，且不像单元格地址",
        ),
        (
            'version = "0.9"\nreplaced = { a = "people" }',
            "earlier[0].replaced: 不认识这一项（可用：locked_digest、note、renamed、scheme、version、year）",
        ),
        ('version = "0.9"\n[[earlier]]\nversion = "0.9"', "earlier[1].version: 与 earlier[0] 重复"),
    ],
)
def test_what_cannot_be_right_is_told_with_its_place(table: str, expected: str) -> None:
    assert problem(table) == expected


def test_one_version_of_two_years_is_two() -> None:
    assert len(declared('version = "1"\nyear = 2023', 'version = "1"\nyear = 2022')) == 2


def test_a_row_that_could_not_be_read_makes_no_second_problem() -> None:
    text = SMALL.replace('kind = "overrun_steps"', 'kind = "unheard_of"', 1)
    (found,) = problems_of(f'{text}\n[[earlier]]\nversion = "0.9"\nrenamed = {{ spent = "actual_wan" }}\n')
    assert "unheard_of" in found


def test_the_rule_book_lists_them() -> None:
    assert "较早版本" not in rule_book(load_scheme(SMALL))
    tables = '\n[[earlier]]\nversion = "0.9"\nnote = "试填稿"\nrenamed = { spent = "actual_wan" }\n'
    book = rule_book(load_scheme(f'{SMALL}{tables}\n[[earlier]]\nversion = "0.8"\n'))
    assert "可以受理的较早版本" in book
    assert "- `small` 0.9（2024年度）：试填稿；名称对照：`spent` → `actual_wan`" in book
    assert "- `small` 0.8（2024年度）：名称没有变动" in book


def test_declaring_one_changes_nothing_that_is_locked() -> None:
    """Blanks that are out already keep their seals; and their digest is shown, to be kept for later."""
    plain, more = load_scheme(HUADU), load_scheme(f'{HUADU}\n[[earlier]]\nversion = "0.9"\n')
    assert more.digest != plain.digest
    layout = build_layout(plain)
    assert seal.locked_digest(build_layout(more)) == seal.locked_digest(layout)
    assert scheme_json(layout)["locked_digest"] == seal.locked_digest(layout)
