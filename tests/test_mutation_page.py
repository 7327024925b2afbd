"""docs/mutation.md and the reasons in tests/data/mutation.toml belong together."""

from __future__ import annotations

import re

from tests.mutation import EXPLANATIONS, PAGE, Explanation, Mutant, explanations, page

MUTANT = Mutant("scheme.rules.bands", "xǁBandǁholds__mutmut_17", "survived")


def test_every_reason_stands_for_some_survivor() -> None:
    shown = PAGE.read_text(encoding="utf-8")
    assert [each.why for each in explanations() if f"\n{each.why}\n\n- " not in shown] == [], (
        f"run: make mutation FULL=1, or clear {EXPLANATIONS}"
    )


def test_every_survivor_is_counted_and_has_a_reason() -> None:
    shown = PAGE.read_text(encoding="utf-8")
    [survived] = re.findall(r"^\| all \| \d+ \| \d+ \| \d+ \| (\d+) \|$", shown, re.MULTILINE)
    listed = re.findall(r"^- ([\w.]+), `[\w.]+`: ", shown, re.MULTILINE)
    assert len(listed) == int(survived)


def test_a_reason_is_for_a_place_and_a_change() -> None:
    reason = Explanation(r"scheme\.rules\.bands\.Band\..*", "low < high → .*low <= high", "")
    assert MUTANT.function == "Band.holds"
    assert Mutant("numbers", "x_half_up__mutmut_3", "survived").function == "half_up"
    assert reason.holds(MUTANT, "if low < high → if low <= high")
    assert not reason.holds(MUTANT, "if low < high → if low > high")
    assert not reason.holds(Mutant("numbers", "x_half_up__mutmut_3", "survived"), "if low < high → if low <= high")


def test_the_page_counts_by_module_and_lists_by_reason() -> None:
    reason = Explanation(".*", ".*", "No difference.")
    killed = [
        Mutant("numbers", f"x_half_up__mutmut_{number}", status) for number, status in ((1, "killed"), (2, "timeout"))
    ]
    text = page([MUTANT, *killed], [(MUTANT, "a `b` → a", reason)], "3.8.1")
    assert "| numbers | 2 | 1 | 1 | 0 |" in text
    assert "| all | 3 | 1 | 1 | 1 |" in text
    assert "No difference.\n\n- scheme.rules.bands, `Band.holds`: `` a `b` `` → `a`\n" in text
