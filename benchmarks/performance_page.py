"""docs/performance.md: the targets, the stages, the start-up, where the time goes, what the peers do."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles

from benchmarks.clock import Measure
from benchmarks.performance import OURS, SCRIPT, Results
from benchmarks.scale_page import kept_sections

LIBRARIES = ("click", "lxml", "numpy", "openpyxl", "pandas", "pebble", "python-calamine", "xlsxwriter")
ONE, TWO = "perfeval, 1 worker", "perfeval, 2 workers"
ALONE = "perfeval, one process"
STAGES = ("issue", "read", "read + score", "annotate", "summarise", "whole round", "floor")
_SUMS = {
    ALONE: [(stage, OURS) for stage in ("issue", "read + score", "annotate", "summarise")],
    SCRIPT: [(stage, SCRIPT) for stage in ("issue", "read", "annotate", "summarise")],
    "the quickest peers": [
        ("issue", SCRIPT),
        ("read", "pandas, calamine"),
        ("annotate", SCRIPT),
        ("summarise", SCRIPT),
    ],
}
"""Whole rounds that are their stages one after the other."""
_MEGABYTE = 1024**2
_COLUMNS = 8  # of the stages


@dataclass(frozen=True)
class Contender:
    """A line of the stages: seconds for all units, turn by turn. ``memory`` in bytes, ``children`` the largest child's."""

    stage: str
    who: str
    wall: Sequence[float]
    cpu: Sequence[float]
    memory: int
    children: int


@dataclass(frozen=True)
class Target:
    """What was to be reached: ``wanted`` at least, or at ``most``, by the clock or else in ``processor`` time."""

    text: str
    wanted: float
    wall: Sequence[float]
    cpu: Sequence[float]
    most: bool = False
    processor: bool = False
    where: str = ""

    @property
    def line(self) -> str:
        sign = "≤" if self.most else "≥"
        held = f"{sign} {self.wanted:g} ×" + (" (processor)" if self.processor else "")
        return _row(self.text, held, _spread(self.wall), _spread(self.cpu), self._verdict())

    def _verdict(self) -> str:
        reached = median(self.cpu if self.processor else self.wall)
        short = reached / self.wanted if self.most else self.wanted / reached
        if short <= 1:
            return "met"
        return f"**not met**, {short:.2f} × short" + (f": {self.where}" if self.where else "")


def page(found: Results) -> str:
    """The whole page."""
    lines = _contenders(found)
    sections = (
        _head(found),
        _targets(found, lines),
        _stages(found, lines),
        _rounds(found),
        _starting(found),
        _profiles(found),
        [_PEERS],
    )
    return "\n".join(line for section in sections for line in (*section, "")).rstrip() + "\n"


def rows(text: str) -> list[str]:
    """What a page has lines for: its headings, and the first cells of its tables' lines but those of the profiles and of
    the sections on size."""
    for section in kept_sections(text):
        text = text.replace(section, "")
    measured, _, _ = text.partition("## Where the time goes")
    found = re.findall(r"^#+ .*$", text, re.MULTILINE)
    for line in re.findall(r"^\| .*$", measured, re.MULTILINE):
        cells = [each.strip() for each in line.strip("|").split("|")]
        found.append(" | ".join(cells[:2] if len(cells) == _COLUMNS else cells[:1]))
    return found


def _contenders(found: Results) -> dict[tuple[str, str], Contender]:
    lines = {key: _contender(*key, [measures], found.units) for key, measures in found.measures.items()}
    for who, parts in _SUMS.items():
        lines["whole round", who] = _contender(
            "whole round", who, [found.measures[part] for part in parts], found.units
        )
    for (stage, who), line in list(lines.items()):
        if stage == "read" and who != OURS:
            lines["read + score", who] = line  # what they do beside reading is next to nothing
    return lines


def _contender(stage: str, who: str, parts: Sequence[Sequence[Measure]], units: int) -> Contender:
    turns = list(zip(*parts, strict=True))
    return Contender(
        stage,
        who,
        [sum(each.wall(units) for each in turn) for turn in turns],
        [sum(each.cpu(units) for each in turn) for turn in turns],
        max(each.memory for turn in turns for each in turn),
        max(each.children for turn in turns for each in turn),
    )


def _head(found: Results) -> list[str]:
    turns = len(next(iter(found.measures.values())))
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return [
        "# Performance",
        "",
        "Written by `make bench` (`make bench UNITS=177 REPEATS=5` for the whole sample district and everyone on all of"
        " it). All take turns on the same files, each time in a process of their own, so that a busy machine slows all"
        " of them; a ratio is taken turn by turn. Figures are medians, in brackets the quartiles.",
        "",
        f"- Run: {found.units} filled returns of the sample district, slow peers on {found.sample} of them, {turns}"
        f" {'turn' if turns == 1 else 'turns'}. Where a sample was measured, what is done once is counted once and the"
        f" rest scaled to {found.units} units.",
        f"- Machine: {os.cpu_count()} cores ({_processor()}), {platform.system()}; load average when the run began"
        f" {found.load:.1f}.",
        f"- Python {platform.python_version()}, {libraries}.",
        "- Imports are not counted (see the start-up), loading the scheme is. Memory is a process's peak with all that"
        " it imported. perfeval's files are synced to disk one by one, those of the peers are not.",
    ]


def _processor() -> str:
    try:
        names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        names = []
    return names[0].strip() if names else platform.machine()


def _targets(found: Results, lines: dict[tuple[str, str], Contender]) -> list[str]:
    def against(stage: str, who: str) -> tuple[list[float], list[float]]:
        peer, ours = lines[stage, SCRIPT], lines[stage, who]
        return _ratios(peer.wall, ours.wall), _ratios(peer.cpu, ours.cpu)

    floor = lines["floor", "unzip, parse, copy"]
    work = [lines[stage, OURS] for stage in ("read + score", "annotate")]
    both_wall = [sum(turn) for turn in zip(*(each.wall for each in work), strict=True)]
    both_cpu = [sum(turn) for turn in zip(*(each.cpu for each in work), strict=True)]
    one, two = lines["whole round", ONE], lines["whole round", TWO]
    click, ours = found.starts["import click"], found.starts["perfeval --help"]
    start_wall = _ratios([each.wall for each in ours], [each.wall for each in click])
    start_cpu = _ratios([each.cpu for each in ours], [each.cpu for each in click])
    parts, profiles = f"see the parts below; {_largest_part(found)}", "see the profiles below"
    targets = (
        Target("issue against the openpyxl script", 20, *against("issue", OURS)),
        Target("read + score against the openpyxl script", 8, *against("read + score", OURS), where=profiles),
        Target("annotate against the openpyxl script", 15, *against("annotate", OURS), where=profiles),
        Target("whole round, two workers, against the openpyxl script", 15, *against("whole round", TWO), where=parts),
        Target(
            "read + score + annotate against the floor",
            2.5,
            _ratios(both_wall, floor.wall),
            _ratios(both_cpu, floor.cpu),
            most=True,
            processor=True,
            where=profiles,
        ),
        Target(
            "whole round, two workers against one",
            1.7,
            _ratios(one.wall, two.wall),
            _ratios(one.cpu, two.cpu),
            where=parts,
        ),
        Target("`perfeval --help` against `import click`", 2, start_wall, start_cpu, most=True),
    )
    loaded = ", ".join(found.loaded) or "none"
    verdict = "**not met**" if found.loaded else "met"
    return [
        "## Targets",
        "",
        *_table("target", "wanted", "measured", "in processor time", "verdict"),
        *(each.line for each in targets),
        _row("heavy libraries that `perfeval --help` loads", "none", loaded, "", verdict),
    ]


def _largest_part(found: Results) -> str:
    """Which part of the whole round takes the most with two workers."""
    parts = _parts(found, TWO)
    name = max(parts, key=lambda each: parts[each])
    return f"{name} takes {parts[name] / sum(parts.values()):.0%} of it"


def _stages(found: Results, lines: dict[tuple[str, str], Contender]) -> list[str]:
    first = {"whole round": TWO, "floor": "unzip, parse, copy"}
    shown = []
    for stage in STAGES:
        ours = lines[stage, first.get(stage, OURS)]
        here = [each for (of, _), each in lines.items() if of == stage]
        for each in sorted(here, key=lambda each: each is not ours):
            itself = each is ours
            shown.append(
                _row(
                    stage,
                    each.who,
                    _spread(each.wall, ""),
                    f"{1000 * median(each.wall) / found.units:.1f}",
                    f"{median(each.cpu):.2f}",
                    _memory(each),
                    "1" if itself else _spread(_ratios(each.wall, ours.wall)),
                    "1" if itself else _spread(_ratios(each.cpu, ours.cpu)),
                )
            )
    return [
        "## Stages",
        "",
        f"Seconds for {found.units} units. The last columns say how many times as long as perfeval (the first line of"
        " the stage) it takes.",
        "",
        *_table("stage", "by", "seconds", "ms a unit", "processor", "memory, MB", "×", "× in processor time"),
        *shown,
    ]


def _memory(line: Contender) -> str:
    own = f"{line.memory / _MEGABYTE:.0f}"
    return f"{own}, each worker {line.children / _MEGABYTE:.0f}" if line.children else own


def _rounds(found: Results) -> list[str]:
    one, two = _parts(found, ONE), _parts(found, TWO)
    return [
        "## The whole round, part by part",
        "",
        "`rounds.issue`, `rounds.review` and `rounds.summarize` as the commands call them, in seconds. Workers read,"
        " score and annotate; starting them is part of read + score.",
        "",
        *_table("part", "1 worker", "2 workers", "ratio"),
        *(_row(name, f"{one[name]:.2f}", f"{two[name]:.2f}", f"{one[name] / two[name]:.2f} ×") for name in one),
    ]


def _parts(found: Results, who: str) -> dict[str, float]:
    turns = found.measures["whole round", who]
    names = [part.name for part in turns[0].parts]
    return {name: median(part.wall for turn in turns for part in turn.parts if part.name == name) for name in names}


def _starting(found: Results) -> list[str]:
    click = found.starts["import click"]
    return [
        "## Start-up",
        "",
        *_table("process", "ms", "ms of the processor", "×"),
        *(
            _row(
                f"`{name}`",
                _spread([1000 * each.wall for each in starts], ""),
                _spread([1000 * each.cpu for each in starts], ""),
                _spread(_ratios([each.wall for each in starts], [each.wall for each in click])),
            )
            for name, starts in found.starts.items()
        ),
    ]


def _profiles(found: Results) -> list[str]:
    lines = [
        "## Where the time goes",
        "",
        "By cProfile, the functions with the most time of their own. Profiling itself slows small functions down: the"
        " shares are a hint, the milliseconds are not those of the stages.",
    ]
    for stage, measure in found.profiles.items():
        lines += ["", f"### {stage[0].upper()}{stage[1:]}", ""]
        lines += _table("function", "calls a unit", "ms a unit", "share")
        lines += (
            _row(
                f"`{each.function}`",
                f"{each.calls / measure.units:,.0f}",
                f"{1000 * each.seconds / measure.units:.2f}",
                f"{each.seconds / measure.profiled:.1%}",
            )
            for each in measure.profile
        )
    return lines


def _ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    return [high / low for high, low in zip(above, below, strict=True)]


def _spread(values: Sequence[float], unit: str = " ×") -> str:
    low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return f"{_short(middle)}{unit} ({_short(low)}–{_short(high)})"


def _short(value: float) -> str:
    """Three figures."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _table(*heads: str) -> Iterator[str]:
    yield _row(*heads)
    yield "|" + "---|" * len(heads)


def _row(*cells: str) -> str:
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"


_PEERS = """\
## What each of them does

- **perfeval**, issue: a sealed, personal workbook for each unit. Read: the file recognised and found safe, every answer
  with its cell, what was typed told apart from what was computed. Read + score: also whose return it is, the seal, every
  locked cell compared with what was issued, 26 scores recalculated, all findings. Annotate: the review's cells, links to
  the cells that it is about, rows as tall as their text; all else stays byte for byte. Summarise: twelve sheets with
  charts. The whole round also writes rulings.xlsx.
- **openpyxl**, the script: issue: the blank form loaded once, for each unit its stamped cells filled in and saved; no
  seal, and cached values and what openpyxl doesn't know are lost. Read: `load_workbook(data_only=True)`, all input cells
  by address, the self-scores added up; nothing is scored, compared or checked, and a file that isn't the form would end
  the script. Annotate: `load_workbook`, the same texts into the same cells, saved; no links, no row heights, and the same
  losses. Summarise: two sheets, the units by total and all that they filled in. Whole round: these four, added up.
  **The quickest peers**: the same, but read by pandas with calamine.
- **openpyxl, read-only**: the same reading by streamed rows. It is quicker because styles are left alone; it can't annotate.
- **xlsxwriter**: each unit's workbook built from nothing, all cells, formulas with cached values, drop-downs,
  conditional formats, protection and names; from a plan that is worked out beforehand, which is not counted.
- **pandas**: `read_excel(sheet_name=None, header=None)` with either engine, the inputs taken by row and column, the
  self-scores added up.
- **floor**: every member unzipped, every sheet parsed by calamine, the file written again as it is."""
