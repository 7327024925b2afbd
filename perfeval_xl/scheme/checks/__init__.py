"""The kinds of cross-checks between fields: one class a kind, and the registry that a scheme's ``kind = "…"`` is looked up in.

What a check finds is for a person to look at: none changes a score. To add a kind, derive from ``base.Check``, enter the
class below, and test its boundary from both sides, blank and unusable fields, and what its ``read`` refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from perfeval_xl.scheme.checks.base import Check
from perfeval_xl.scheme.checks.dates import NotBefore, Window
from perfeval_xl.scheme.checks.execution import AnnualAgainstMonths
from perfeval_xl.scheme.checks.scales import Magnitude, NotARate
from perfeval_xl.scheme.checks.sums import AtMost, Sum
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.spec import Spec

CHECKS: dict[str, type[Check]] = {
    check.kind: check for check in (Sum, AtMost, NotBefore, Window, AnnualAgainstMonths, Magnitude, NotARate)
}
"""Every kind of check by its name in a scheme."""


def read_check(spec: Spec, fields: Mapping[str, Field], codes: Collection[str]) -> Check | None:
    """The check that a ``checks`` table declares between ``fields``, for one of the rows ``codes`` or none.

    None where it is of no known kind, which is noted.
    """
    kind = spec.choice("kind", tuple(CHECKS))
    indicator = spec.text("indicator", "") or None
    if indicator is not None and indicator not in codes:
        spec.problem("indicator", f"没有指标 {indicator!r}")
    if kind not in CHECKS:
        return None
    check = CHECKS[kind].read(spec, indicator, fields)
    spec.close()
    return check
