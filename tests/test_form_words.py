"""A form's own words: where its rows' points are called 分值, it has no column of evidence, and projects file it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from perfeval_xl.cells import from_ref
from perfeval_xl.excel.formulas import POINTS_WRONG, PROBLEMS, WEIGHTS_WRONG
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.items import problems_of
from perfeval_xl.excel.layout.model import Formula, Label, PrintSetup, Sheet
from perfeval_xl.excel.layout.parts import CHECK, page_ends, page_height
from perfeval_xl.scheme.loader import available_schemes, find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from tests.form_schemes import FOUR_LEVELS

SCHEMES = [load_scheme(find_scheme(each)) for each in available_schemes()]


@pytest.fixture(params=SCHEMES, ids=lambda each: each.id)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    found: Scheme = request.param
    return found


def test_a_rule_tells_of_points_in_the_forms_word(scheme: Scheme) -> None:
    words = {table.column["weight"].label for table in scheme.tables}
    assert words in ({"权重"}, {"分值"})
    told = "".join(line for each in scheme.indicators for line in each.rule.explain(each.points) if "各行" in line)
    assert f"各行{next(iter(words))}合计应为" in told
    other = ({"权重", "分值"} - words).pop()
    assert f"各行{other}" not in told and f"× {other}" not in told


def test_a_wrong_sum_is_counted_under_the_word_that_the_form_shows(scheme: Scheme) -> None:
    mine, other = WEIGHTS_WRONG, POINTS_WRONG
    if scheme.tables[0].column["weight"].label == "分值":
        mine, other = other, mine
    assert set(problems_of(scheme)) == set(PROBLEMS) - {other}
    formulas = [
        content.expression
        for sheet in build_layout(scheme).sheets
        for content in sheet.cells.values()
        if isinstance(content, Formula)
    ]
    assert any(mine in each for each in formulas) and not any(other in each for each in formulas)


def test_the_rows_name_for_the_level_of_what_is_scored() -> None:
    named = {each.id: each.level_names for each in SCHEMES}
    assert named["project-2020"] == ("一级指标", "指标")
    assert named["huadu-2024"] == ("一级指标", "二级指标", "三级指标")


def test_no_heading_ends_a_page_of_the_checks(scheme: Scheme) -> None:
    sheet = build_layout(scheme).sheet[CHECK]
    headings = {
        from_ref(at)[0] for at, each in sheet.cells.items() if isinstance(each, Label) and each.style == "group"
    }
    assert headings and not headings & set(sheet.setup.page_breaks)
    assert sheet.setup.area is not None
    last = from_ref(sheet.setup.area.partition(":")[2])[0]
    ends = [0, *sheet.setup.page_breaks, last]
    page = page_height(sheet, 9, PrintSetup())
    for first, end in pairwise(ends):
        assert first < end and sum(sheet.heights.get(row, 15.0) for row in range(first + 1, end + 1)) <= page


@pytest.mark.parametrize(("more", "ends"), [(0.0, ()), (0.5, (3,))])
def test_a_page_ends_before_the_row_that_has_no_room(more: float, ends: tuple[int, ...]) -> None:
    sheet = Sheet("a", widths={1: 20})
    page = page_height(sheet, 1, PrintSetup())
    sheet.heights.update({1: page / 2, 2: page / 4, 3: page / 8, 4: page / 8 + more})
    assert page_ends(sheet, 1, [2, 3, 4, 5]) == ends
    assert page_ends(sheet, 1, [2, 3, 4, 5], top=2) == ()


def test_the_guide_asks_for_what_the_form_has(scheme: Scheme) -> None:
    small = load_scheme(FOUR_LEVELS)  # judged rows without a column of evidence, no law named
    for form, has in ((scheme, True), (small, False)):
        said = "\n".join(
            str(each.value)
            for sheet in build_layout(form).sheets
            for each in sheet.cells.values()
            if isinstance(each, Label)
        )
        assert ("得分和评分依据" in said) is has
        assert ("法律法规" in said) is has
    assert "改填档次和得分，" in said and "改填定性档次和定性得分。" in said
