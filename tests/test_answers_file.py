"""Answers files: what JSON gives each field, what is refused, and the way back."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from perfeval_xl.errors import AnswersError
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.answers_file import read_answers, write_answers
from perfeval_xl.scheme.fields import Field, FieldType, Table
from tests.small_schemes import indicator, small_scheme

D = Decimal
TABLE = Table(
    "goals",
    "目标",
    3,
    (
        Field("name", "名称", FieldType.TEXT),
        Field("target", "目标值", FieldType.NUMBER, low=D(0)),
        Field("nature", "性质", FieldType.CHOICE, options=("≥", "定性")),
    ),
)
SCHEME = small_scheme(
    indicator(
        "a",
        Field("spent", "支出", FieldType.AMOUNT, unit="万元", low=D(0), high=D(1000)),
        Field("rate", "执行率", FieldType.PERCENT, low=D(0), high=D(2)),
        Field("exists", "是否", FieldType.YESNO),
        Field("on", "日期", FieldType.DATE, never="未公开"),
        Field("basis", "方式", FieldType.CHOICE, options=("月度", "年度"), issued="月度"),
        Field("why", "理由", FieldType.TEXT),
        may_be_not_applicable=True,
        inputs=("spent",),
    ),
    tables=(TABLE,),
    head=(Field("units", "单位数", FieldType.COUNT, issued="1"),),
)


def value(field: str, given: object) -> Answer:
    return read_answers(json.dumps({field: given}), SCHEME)[field]


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("spent", "12.50", D("12.50")),
        ("spent", 12.5, D("12.5")),
        ("spent", 12, D(12)),
        ("spent", "1,000.00", D("1000.00")),
        ("rate", "0.9825", D("0.9825")),
        ("exists", True, True),
        ("exists", False, False),
        ("on", "2024-03-15", date(2024, 3, 15)),
        ("on", "未公开", "未公开"),
        ("basis", "年度", "年度"),
        ("why", "没有", "没有"),
        ("a_applicable", "不适用", "不适用"),
        ("a_self_score", "9.98", D("9.98")),
        ("goals_r02_target", "5", D(5)),
    ],
)
def test_each_kind_of_field_has_its_kind_of_value(field: str, given: object, expected: object) -> None:
    answer = value(field, given)
    assert (answer.value, answer.problem) == (expected, None)
    assert type(answer.value) is type(expected)


def test_a_json_number_is_read_exactly_and_rid_of_noise() -> None:
    assert read_answers('{"spent": 0.100001}', SCHEME)["spent"].value == D("0.100001")
    answer = read_answers('{"spent": 0.1000000000000000055}', SCHEME)["spent"]
    assert (answer.value, answer.raw) == (D("0.1"), "0.1000000000000000055")


@pytest.mark.parametrize(
    ("field", "given", "problem"),
    [
        ("spent", "364.75万元", "not-a-number"),
        ("spent", "1000.01", "out-of-range"),
        ("spent", -1, "out-of-range"),
        ("rate", "98.25%", "not-a-number"),
        ("on", "2024.3.15", "not-a-date"),
        ("on", "20240315", "not-a-date"),
        ("exists", "有", "not-a-choice"),
        ("basis", "季度", "not-a-choice"),
    ],
)
def test_wrong_data_becomes_an_answer_with_its_problem(field: str, given: object, problem: str) -> None:
    answer = value(field, given)
    assert (answer.value, answer.problem, answer.raw) == (None, problem, str(given))


def test_every_field_has_an_answer_and_null_is_blank() -> None:
    answers = read_answers('{"spent": null, "basis": null}', SCHEME)
    assert set(answers) == set(SCHEME.fields)
    assert answers["spent"].blank and answers["basis"].blank and answers["goals_r03_name"].blank


def test_a_field_left_out_is_as_the_form_is_issued() -> None:
    answers = read_answers("{}", SCHEME)
    assert answers["basis"].value == "月度"
    assert answers["a_applicable"].value == "适用"
    assert answers["units"].value == D(1)
    assert answers["spent"].blank


def test_table_rows_fill_the_rows_from_the_first() -> None:
    answers = read_answers('{"goals": [{"name": "学位", "target": 1800}, null, {"nature": "定性"}]}', SCHEME)
    assert answers["goals_r01_name"].value == "学位"
    assert answers["goals_r01_target"].value == D(1800)
    assert answers["goals_r02_name"].blank
    assert answers["goals_r03_nature"].value == "定性"


def test_comments_are_passed_over() -> None:
    answers = read_answers('{"_assumed": ["spent"], "_note": "x", "goals": [{"_note": "y", "target": 1}]}', SCHEME)
    assert answers["goals_r01_target"].value == D(1)


def refused(text: str) -> list[str]:
    with pytest.raises(AnswersError) as caught:
        read_answers(text, SCHEME)
    return str(caught.value).splitlines()


def test_every_mistake_of_the_file_is_named_with_its_place() -> None:
    problems = refused(
        json.dumps(
            {
                "spend": 1,
                "exists": 1,
                "spent": True,
                "on": 20240315,
                "why": {"a": 1},
                "goals": [{"target": [1]}, {"goal": 1}, 7, {}],
                "goals_r01_target": 3,
            }
        )
    )
    assert problems == [
        "spend：本方案没有这个字段，请核对拼写",
        "goals：有 4 行，最多 3 行",
        "goals[3]：应为一个对象：{列: 值, …}",
        "goals[2].goal：本方案没有这个字段，请核对拼写",
        "goals_r01_target：与 goals[1].target 是同一单元格，请只留一处",
        "spent：应为数字，现为 true",
        "exists：应为 true 或 false，现为 1",
        'on：应为日期，如 "2024-03-15"，现为 20240315',
        "why：应为文字，现为 一个对象",
        "goals[1].target：应为数字，现为 一个列表",
    ]


def test_as_many_rows_as_the_table_has_are_taken() -> None:
    assert read_answers('{"goals": [{}, {}, {"target": 2}]}', SCHEME)["goals_r03_target"].value == D(2)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('{"spent": 1,\n "rate": }', "第 2 行第 10 列不是正确的 JSON"),
        ("[]", "最外层应为一个对象"),
        ('{"spent": 1, "spent": 2}', "spent：出现了两次"),
        ('{"spent": NaN}', "NaN 不是可用的数值"),
        ('{"goals": {"target": 1}}', "goals：应为各行的列表"),
        ("[" * 100_000, "JSON 嵌套层数过多"),
    ],
)
def test_a_file_that_is_no_answers_file_is_refused(text: str, part: str) -> None:
    assert part in "\n".join(refused(text))


def test_what_is_written_reads_back_the_same() -> None:
    text = json.dumps(
        {
            "spent": "12.50",
            "rate": "约九成",
            "exists": False,
            "on": "未公开",
            "basis": None,
            "why": "“引号”\n换行",
            "a_self_score": "10.01",
            "goals": [{"name": "学位", "target": "0.10"}, {}, {"nature": "定性"}],
            "units": "177",
        }
    )
    answers = read_answers(text, SCHEME)
    again = read_answers(write_answers(answers, SCHEME), SCHEME)
    assert dict(again) == dict(answers)


def test_blank_fields_and_trailing_rows_are_left_out_of_what_is_written() -> None:
    written = json.loads(write_answers(read_answers('{"spent": "1", "goals": [{"target": 2}, {}]}', SCHEME), SCHEME))
    assert written == {
        "units": "1",
        "a_applicable": "适用",
        "spent": "1",
        "basis": "月度",
        "goals": [{"target": "2"}],
    }
