"""One measurement, in a process of its own: seconds, processor seconds, peak memory, and on request a profile.

A task is a function of a Case and a Mark. It calls ``mark("start")`` when it has what it needs, which isn't counted, and
then ``mark(name)`` whenever a part of its work is done: "once" for what the number of units doesn't change, any other
name for the rest. What it does after the last mark isn't counted, but for the processor time of children that end there.

    python -m benchmarks.clock TASK PROFILE CASE
"""

from __future__ import annotations

import cProfile
import importlib
import json
import multiprocessing
import os
import pickle
import pstats
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.case import Case

ROOT = Path(__file__).parents[1]
Mark = Callable[[str], None]
Task = Callable[[Case, Mark], None]
TOP = 10
"""How many functions a profile lists."""


@dataclass(frozen=True)
class Spent:
    """What a part took: seconds by the clock, and of the processor, in this process and the children that have ended."""

    name: str
    wall: float
    cpu: float


@dataclass(frozen=True)
class Own:
    """A function's own time in a profile: without what it calls."""

    function: str
    calls: int
    seconds: float


@dataclass(frozen=True)
class Measure:
    """A task done for ``units`` units. ``memory`` is its process's peak in bytes, ``children`` the largest child's."""

    units: int
    parts: tuple[Spent, ...]
    memory: int
    children: int = 0
    profile: tuple[Own, ...] = ()
    profiled: float = 0.0

    def wall(self, units: int) -> float:
        """Seconds for ``units`` units: what is done once, and the rest in proportion."""
        return sum(each.wall * self._share(each, units) for each in self.parts)

    def cpu(self, units: int) -> float:
        """The same in processor seconds."""
        return sum(each.cpu * self._share(each, units) for each in self.parts)

    def _share(self, part: Spent, units: int) -> float:
        return 1.0 if part.name == "once" else units / self.units


def measured(task: str, case: Case, *, profile: bool = False) -> Measure:
    """``task`` ("module:function" in benchmarks) done on ``case`` in a new process. CalledProcessError where it fails."""
    given = case.out.with_suffix(".case")
    given.write_bytes(pickle.dumps(case))
    command = [sys.executable, "-m", "benchmarks.clock", task, "profile" if profile else "-", str(given)]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    said = json.loads(ran.stdout)
    parts = tuple(Spent(**each) for each in said.pop("parts"))
    own = tuple(Own(**each) for each in said.pop("profile"))
    return Measure(**said, parts=parts, profile=own)


def measured_here(task: str, case: Case, *, profile: bool = False) -> Measure:
    """The same in this process; its memory is then that of all that was done here so far."""
    module, function = task.split(":")
    work: Task = getattr(importlib.import_module(f"benchmarks.{module}"), function)
    case.out.mkdir()
    return _profiled(work, case) if profile else _timed(work, case)


def main() -> None:
    task, profile, given = sys.argv[1:]
    case: Case = pickle.loads(Path(given).read_bytes())
    print(json.dumps(asdict(measured_here(task, case, profile=profile == "profile"))))


def _timed(work: Task, case: Case) -> Measure:
    at: list[tuple[str, float, float, int, int]] = []

    def mark(name: str) -> None:
        wall, cpu = time.perf_counter(), _cpu()
        at.append((name, wall, cpu, _peak("self"), max(map(_peak, _children()), default=0)))

    work(case, mark)
    ended = _cpu()
    parts = [Spent(now[0], now[1] - last[1], now[2] - last[2]) for last, now in pairwise(at)]
    parts[-1] = replace(parts[-1], cpu=parts[-1].cpu + ended - at[-1][2])
    return Measure(len(case.units), tuple(parts), at[-1][3], max(each[4] for each in at))


def _profiled(work: Task, case: Case) -> Measure:
    profile = cProfile.Profile()
    work(case, lambda name: profile.enable() if name == "start" else None)
    profile.disable()
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    own = [Own(_named(*where), calls, seconds) for where, (_, calls, seconds, *_) in stats.items()]
    top = sorted(own, key=lambda each: each.seconds, reverse=True)[:TOP]
    return Measure(len(case.units), (), 0, 0, tuple(top), sum(each.seconds for each in own))


def _named(file: str, line: int, function: str) -> str:
    """A function as the table names it: its file without the way to it; a built-in by its name alone."""
    if file == "~":
        method = re.search(r"method '(\w+)' of '([\w.]+)'", function)
        return f"{method[2]}.{method[1]}" if method else re.sub(r"[<>{}]|built-in method ", "", function)
    path = Path(file)
    inside = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.parent.name, path.name)
    return f"{inside.as_posix()}: {function}"


def _cpu() -> float:
    spent = os.times()  # in hundredths of a second: too coarse for this process itself
    return time.process_time() + spent.children_user + spent.children_system


def _children() -> list[str]:
    return [str(each.pid) for each in multiprocessing.active_children()]


def _peak(process: str) -> int:
    """A running process's peak memory in bytes; where the system has no /proc, this one's, and 0 for others."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return _largest() if process == "self" else 0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _largest() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    # Not used on Linux: there the figure of a new process starts with what its parent had.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
