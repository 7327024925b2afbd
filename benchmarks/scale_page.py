"""The section of docs/performance.md on a round's size."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.clock import Measure

if TYPE_CHECKING:
    from benchmarks.scale import Led, Scaled

HEAD, LEADING = "## At the size of a city", "## The leading process alone"
_MEGABYTE = 1024**2
_FLAT = 1.3
_PARTS = ("read + score", "annotate", "summarise")


def section(found: Sequence[Scaled], load: float) -> str:
    """The section for the sizes in ``found``, the smallest first."""
    least, most = found[0], found[-1]
    grown = most.first.memory / least.first.memory
    slower = _each(most.first, most.returns) / _each(least.first, least.returns)
    flat = "met" if grown <= _FLAT else "**not met**"
    lines = [
        HEAD,
        "",
        "Written by `make scale` (SIZES=177,17700,177000: a province). Each size is a round with as many distinct"
        " returns, led by one process with two workers that read, score and annotate; every file is written and synced"
        " to disk. *Once more*: the same command again, with nothing new in the inbox.",
        "",
        f"- Machine: {os.cpu_count()} cores; load average when the run began {load:.1f}.",
        f"- Memory of the leading process, {most.returns:,} returns against {least.returns:,}: {grown:.2f} × (wanted:"
        f" ≤ {_FLAT:g} ×): {flat}.",
        f"- Time a return, {most.returns:,} against {least.returns:,}: {slower:.2f} ×.",
        "",
        "| returns | issue, s | read + score, s | annotate, s | summarise, s | whole run, s | ms a return | processor,"
        " ms a return | leading process, MB | each worker, MB | once more, s | 全区汇总.xlsx, MB |",
        "|" + "---|" * 12,
    ]
    lines += [_row(each) for each in found]
    return "\n".join([*lines, "", ""])


def leading(found: Sequence[Led], load: float) -> str:
    """The section on the leading process alone, the smallest size first."""
    least, most = found[0], found[-1]
    grown = most.run.memory / least.run.memory
    slower = _each(most.run, most.returns) / _each(least.run, least.returns)
    flat = "met" if grown <= _FLAT else "**not met**"
    each = (most.run.memory - least.run.memory) / (most.returns - least.returns or 1)
    lines = [
        LEADING,
        "",
        f"Written by `make scale LEADING={','.join(str(each.returns) for each in found)}`. Workers replay what was once"
        " made of a return, under another unit's name, and annotate nothing: what is measured is the process that leads"
        " (roster, comparison of returns, rulings, summary), at sizes where reading every file would take hours.",
        "",
        f"- Load average when the run began {load:.1f}.",
        f"- Memory of the leading process, {most.returns:,} returns against {least.returns:,}: {grown:.2f} × (wanted:"
        f" ≤ {_FLAT:g} ×): {flat}; {each / 1024:.1f} kB a return.",
        f"- Time a return, {most.returns:,} against {least.returns:,}: {slower:.2f} ×.",
        "",
        "| returns | take in, s | rulings and links, s | summarise, s | ms a return | leading process, MB |",
        "|" + "---|" * 6,
    ]
    for led in found:
        parts = {part.name: part.wall for part in led.run.parts}
        cells = [f"{led.returns:,}", *(_seconds(parts[name]) for name in _PARTS)]
        cells += [f"{_each(led.run, led.returns):.1f}", f"{led.run.memory / _MEGABYTE:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def with_section(page: str, text: str) -> str:
    """``page`` with ``text``, a section, in the place of the one with its heading; where there is none, before the
    profiles or at the end."""
    head = text.partition("\n")[0]
    if _section(head).search(page):
        return _section(head).sub(lambda _: text, page)
    before, mark, after = page.partition("## Where the time goes")
    return f"{before.rstrip()}\n\n{text}{mark}{after}"


def kept_sections(page: str) -> list[str]:
    """The sections of this module that ``page`` has."""
    found = (_section(head).search(page) for head in (HEAD, LEADING))
    return [each[0] for each in found if each]


def _section(head: str) -> re.Pattern[str]:
    return re.compile(rf"^{re.escape(head)}$.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def _row(each: Scaled) -> str:
    first = each.first
    parts = {part.name: part.wall for part in first.parts}
    cells = [
        f"{each.returns:,}",
        _seconds(each.issue.wall(each.returns)),
        *(_seconds(parts[name]) for name in _PARTS),
        _seconds(first.wall(each.returns)),
        f"{_each(first, each.returns):.1f}",
        f"{first.cpu(each.returns) / each.returns * 1000:.1f}",
        f"{first.memory / _MEGABYTE:.0f}",
        f"{first.children / _MEGABYTE:.0f}",
        _seconds(each.again.wall(each.returns)),
        f"{each.summary / _MEGABYTE:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _each(measure: Measure, returns: int) -> float:
    """Milliseconds a return."""
    return measure.wall(returns) / returns * 1000


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
