"""Each stage of a round, by perfeval and by its peers, on the same files in one run, into docs/performance.md.

All take turns, each time in a process of their own; every second turn goes through them backwards. Slow peers may be
given a sample of the units: what they do once and what they do for each unit are counted apart.

    make bench                        60 units, 12 of them for slow peers, 3 turns
    make bench UNITS=177 REPEATS=5    all units for everyone
    make bench UNITS=177 SAMPLE=24    all units, 24 of them for slow peers
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import case as cases
from benchmarks.case import Case
from benchmarks.clock import ROOT, Measure, measured

PAGE = ROOT / "docs" / "performance.md"
UNITS, SAMPLE, REPEATS = 60, 12, 3
PROFILED = 24
STARTS = 5
"""How many times in a turn the start-up is timed: it is short."""
OURS, SCRIPT = "perfeval", "openpyxl"
HEAVY = ("docx", "jinja2", "lxml", "numpy", "openpyxl", "pandas", "python_calamine", "rich", "xlsxwriter")


@dataclass(frozen=True)
class Task:
    """What is measured: a stage, who does it, the function in benchmarks; ``slow``: on a sample of the units."""

    stage: str
    who: str
    function: str
    slow: bool = False


TASKS = (
    Task("issue", OURS, "ours:issue"),
    Task("issue", SCRIPT, "peers:openpyxl_issue", slow=True),
    Task("issue", "xlsxwriter", "peers:xlsxwriter_issue", slow=True),
    Task("read", OURS, "ours:read"),
    Task("read", SCRIPT, "peers:openpyxl_read", slow=True),
    Task("read", "openpyxl, read-only", "peers:openpyxl_stream", slow=True),
    Task("read", "pandas, openpyxl", "peers:pandas_openpyxl", slow=True),
    Task("read", "pandas, calamine", "peers:pandas_calamine"),
    Task("read + score", OURS, "ours:score"),
    Task("annotate", OURS, "ours:annotate"),
    Task("annotate", SCRIPT, "peers:openpyxl_annotate", slow=True),
    Task("summarise", OURS, "ours:summarise"),
    Task("summarise", SCRIPT, "peers:openpyxl_summarise"),
    Task("whole round", "perfeval, 1 worker", "ours:round_1"),
    Task("whole round", "perfeval, 2 workers", "ours:round_2"),
    Task("floor", "unzip, parse, copy", "peers:floor"),
)
PROFILES = {"read": "ours:read", "read + score": "ours:score", "annotate": "ours:annotate"}
STARTED = {
    "python": ("-c", "pass"),
    "import click": ("-c", "import click"),
    "perfeval --help": ("-c", "from perfeval_xl.cli import main; main()", "--help"),
}


@dataclass(frozen=True)
class Start:
    """A start-up: seconds by the clock and of the processor."""

    wall: float
    cpu: float


@dataclass
class Results:
    """All that a run found. ``measures`` by stage and who, ``starts`` by name, a list in the order of the turns."""

    units: int
    sample: int
    load: float
    """The machine's load average when the run began: what others did at the same time."""
    measures: dict[tuple[str, str], list[Measure]] = field(default_factory=dict)
    starts: dict[str, list[Start]] = field(default_factory=dict)
    profiles: dict[str, Measure] = field(default_factory=dict)
    loaded: tuple[str, ...] = ()
    """Heavy libraries that `perfeval --help` loads."""


def main(given: Sequence[str] | None = None) -> None:
    from benchmarks.performance_page import page
    from benchmarks.scale_page import kept_sections, with_section

    asked = _arguments(given)
    began = time.perf_counter()
    found = run(asked.units, asked.sample, asked.repeats, tell=lambda line: print(line, file=sys.stderr))
    text = page(found)
    if asked.page.is_file():
        for each in kept_sections(asked.page.read_text(encoding="utf-8")):
            text = with_section(text, each)
    asked.page.write_text(text, encoding="utf-8")
    print(text)
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Each stage of a round, by perfeval and by its peers.")
    parser.add_argument("--units", type=int, help=f"how many (default: {UNITS}; the sample district has 177)")
    parser.add_argument("--sample", type=int, help=f"how many for slow peers (default: {SAMPLE}; with --units: all)")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"turns (default: {REPEATS})")
    parser.add_argument("--page", type=Path, default=PAGE, help=f"where to write (default: {PAGE.relative_to(ROOT)})")
    asked = parser.parse_args(given)
    if asked.sample is None:
        asked.sample = SAMPLE if asked.units is None else asked.units
    if asked.units is None:
        asked.units = UNITS
    if min(asked.units, asked.sample, asked.repeats) < 1:
        parser.error("units, sample and repeats are 1 or more")
    return asked


def run(
    units: int, sample: int, repeats: int, *, tell: Callable[[str], None], measure: Callable[..., Measure] = measured
) -> Results:
    """Measure everything. ``measure`` does one task, in a process of its own unless another is given."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tell(f"making {units} returns")
        codes = cases.make(Path(folder), units)
        found = Results(len(codes), min(sample, len(codes)), load)
        for turn in range(repeats):
            tell(f"turn {turn + 1} of {repeats}")
            for task in TASKS if turn % 2 == 0 else TASKS[::-1]:
                chosen = cases.spread(codes, found.sample) if task.slow else codes
                done = _done(task.function, Case(Path(folder), chosen, Path(folder, "out")), measure)
                found.measures.setdefault((task.stage, task.who), []).append(done)
                tell(f"  {task.stage}, {task.who}: {done.wall(len(codes)):.2f} s for {len(codes)} units")
            for name, start in _starts():
                found.starts.setdefault(name, []).append(start)
        for stage, function in PROFILES.items():
            given = Case(Path(folder), cases.spread(codes, PROFILED), Path(folder, "out"))
            found.profiles[stage] = _done(function, given, measure, profile=True)
    found.loaded = _loaded()
    return found


def _done(function: str, case: Case, measure: Callable[..., Measure], *, profile: bool = False) -> Measure:
    try:
        return measure(function, case, profile=profile)
    finally:
        shutil.rmtree(case.out, ignore_errors=True)


def _starts() -> Iterator[tuple[str, Start]]:
    for _ in range(STARTS):
        for name, arguments in STARTED.items():
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
            ended, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            yield name, Start(ended - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _loaded() -> tuple[str, ...]:
    code = (
        "import sys; from perfeval_xl.cli import main; main(['--help'], standalone_mode=False);"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(ran.stderr.split())


if __name__ == "__main__":
    main()
