"""The rule kinds: one file a kind, and the registry that a scheme's ``kind = "…"`` is looked up in.

To add a kind:

1. Write ``rules/<kind>.py`` with a frozen dataclass derived from ``base.Rule``, its ``kind`` the name used in schemes.
   ``read`` takes the parameters from the scheme's table and reports what is wrong with them, located; ``score`` works
   in Decimal, ``formula`` gives the same as an Excel expression (helpers in ``expr``), ``explain`` says it in Chinese.
   Neither of ``score`` and ``formula`` calls the other: the tests let one prove the other.
2. Enter the class below.
3. Test both sides of every threshold, every parameter, missing and unusable inputs, and the agreement of the two
   implementations in a spreadsheet engine (tests/rulekit.py does the work).

Nothing here names an indicator or a field of a particular form: a rule learns its fields from the scheme.
"""

from __future__ import annotations

from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.base import Rule
from perfeval_xl.scheme.rules.checks import Checks
from perfeval_xl.scheme.rules.deductions import Deductions
from perfeval_xl.scheme.rules.discretionary_deduction import DiscretionaryDeduction
from perfeval_xl.scheme.rules.discretionary_score import DiscretionaryScore
from perfeval_xl.scheme.rules.mean_rate import MeanRate
from perfeval_xl.scheme.rules.overrun_steps import OverrunSteps
from perfeval_xl.scheme.rules.proportion import Proportion
from perfeval_xl.scheme.rules.publication import Publication
from perfeval_xl.scheme.rules.ratio_bands import RatioBands
from perfeval_xl.scheme.rules.shortfall import Shortfall
from perfeval_xl.scheme.rules.within_limit import WithinLimit

RULES: dict[str, type[Rule]] = {
    rule.kind: rule
    for rule in (
        AnnexRows,
        MeanRate,
        Shortfall,
        RatioBands,
        Deductions,
        Publication,
        Checks,
        DiscretionaryDeduction,
        DiscretionaryScore,
        Proportion,
        OverrunSteps,
        WithinLimit,
    )
}
"""Every rule kind by its name in a scheme."""
