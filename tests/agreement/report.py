"""Writing the sweep's result into docs/agreement.md."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from tests.agreement.sweep import Tally

PAGE = Path(__file__).parents[2] / "docs" / "agreement.md"


def write_report(total: Mapping[str, Tally], count: int, seed: int, scheme: str) -> None:
    """Replace the result of ``scheme`` in docs/agreement.md."""
    block = re.compile(rf"(<!-- result {re.escape(scheme)} -->\n).*?(<!-- /result -->)", re.DOTALL)
    told = result(total, count, seed, scheme)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(block.sub(lambda found: found[1] + told + found[2], page), encoding="utf-8")


def result(total: Mapping[str, Tally], count: int, seed: int, scheme: str) -> str:
    """The result as Markdown: a line a program, what was compared, and what it ran on."""
    lines = [
        f"`make agreement N={count} SEED={seed} SCHEME={scheme}`, Python {platform.python_version()}, {platform.machine()}:",
        "",
        "| program | fillings | row scores compared | of them with a score | totals and grades with a score "
        "| annex rows compared | of them with a score | differences |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, tally in total.items():
        counts = (tally.cases, tally.rows, tally.scored, tally.totals, tally.lines, tally.lines_scored)
        shown = " | ".join(f"{each:,}" for each in (*counts, len(tally.differences)))
        lines.append(f"| {name} {_version(name)} | {shown} |")
    return "\n".join(lines) + "\n"


def _version(name: str) -> str:
    if name == "IronCalc":
        return version("ironcalc")
    command = {"LibreOffice": "soffice", "Gnumeric": "ssconvert"}[name]
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
    return found[0] if found else ""
