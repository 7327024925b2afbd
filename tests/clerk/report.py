"""Writing what a simulation came to into docs/clerk.md."""

from __future__ import annotations

import platform
import re
from pathlib import Path

from tests.clerk.deeds import CATALOGUE, STAGES
from tests.clerk.simulation import Tally

PAGE = Path(__file__).parents[2] / "docs" / "clerk.md"
_BLOCK = re.compile(r"(<!-- result -->\n).*?(<!-- /result -->)", re.DOTALL)


def write_report(tally: Tally, returns: int, seed: int) -> None:
    """Replace the result in docs/clerk.md."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        _BLOCK.sub(lambda found: found[1] + result(tally, returns, seed) + found[2], page), encoding="utf-8"
    )


def result(tally: Tally, returns: int, seed: int) -> str:
    """The result as Markdown: the totals, then how many returns each deed was done to."""
    sizes = ", ".join(f"{count:,} with {size}" for size, count in sorted(tally.sizes.items()))
    fates = ", ".join(f"{count:,} {word}" for fate, word in _FATES.items() if (count := tally.fates[fate]))
    savers = ", ".join(f"{_SAVERS.get(saver, saver)} {count:,}" for saver, count in sorted(tally.savers.items()))
    lines = [
        f"`make clerk N={returns} SEED={seed}`, Python {platform.python_version()}, {platform.machine()}:",
        "",
        f"- returns {tally.returns:,} ({sizes} deeds), begun from those saved by {savers}",
        f"- files {tally.files:,}: {fates}",
        f"- findings expected {tally.findings:,}, of {len(tally.codes)} codes",
        f"- **mismatches {len(tally.mismatches)}**",
        "",
        "| stage | deed | returns |",
        "|---|---|--:|",
    ]
    lines += [f"| {STAGES[each.stage]} | {each.name} | {tally.done[each.name]:,} |" for each in CATALOGUE]
    return "\n".join(lines) + "\n"


_FATES = {"accepted": "accepted", "aside": "set aside", "dropped": "of which another counts", "ignored": "ignored"}
_SAVERS = {"fill": "perfeval fill", "libreoffice": "LibreOffice", "gnumeric": "Gnumeric"}
