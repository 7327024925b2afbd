"""The full sweep: ``python -m tests.agreement N [SEED] [--scheme NAME]`` runs N fillings of a form through the three
programs on two cores.

Its result goes into docs/agreement.md. A filling in which a program differs is printed as an answers file, and the exit
status is 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import util
from pathlib import Path

from perfeval_xl.scheme.loader import available_schemes, find_scheme, load_scheme
from tests.agreement.fillings import filling
from tests.agreement.report import write_report
from tests.agreement.runners import RUNNERS, Runner
from tests.agreement.sweep import Form, Tally, compare

SCHEME = "huadu-2024"
_CHUNK = 100
_CORES = 2
_SHOWN = 5  # differing fillings that are printed

_form: Form
_runners: list[Runner] = []


def _start(scheme: str) -> None:
    """In each worker: the form, and the programs with it opened."""
    global _form
    _form = Form(load_scheme(find_scheme(scheme)))
    base = tempfile.TemporaryDirectory(prefix="agreement-")
    for kind in RUNNERS:
        folder = Path(base.name, kind.name)
        folder.mkdir()
        _runners.append(kind(_form, folder))
    util.Finalize(None, _end, args=(base,), exitpriority=10)


def _end(base: tempfile.TemporaryDirectory[str]) -> None:
    for runner in _runners:
        runner.close()
    base.cleanup()


def _chunk(seed: int, cases: range) -> dict[str, Tally]:
    fillings = [filling(_form.scheme, f"{seed}:{case}") for case in cases]
    expected = [_form.expected(_form.answers(each)) for each in fillings]
    tallies = {}
    for runner in _runners:
        tally = tallies[runner.name] = Tally()
        for case, wanted, got in zip(cases, expected, runner.run(fillings), strict=True):
            compare(_form, case, wanted, got, tally)
    return tallies


def sweep(count: int, seed: int, scheme: str) -> dict[str, Tally]:
    """Every program's tally over ``count`` fillings; says on stderr how far it is."""
    total = {kind.name: Tally() for kind in RUNNERS}
    chunks = [range(first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK)]
    began = time.monotonic()
    with ProcessPoolExecutor(_CORES, initializer=_start, initargs=(scheme,)) as pool:
        done: Iterator[dict[str, Tally]] = pool.map(_chunk, [seed] * len(chunks), chunks)
        for tallies in done:
            for name, tally in tallies.items():
                total[name].add(tally)
            cases = next(iter(total.values())).cases
            differ = sum(len(each.differences) for each in total.values())
            print(
                f"{cases}/{count}  {time.monotonic() - began:.0f} s  {differ} differences", file=sys.stderr, flush=True
            )
    return total


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.agreement", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("seed", type=int, nargs="?", default=2024)
    parser.add_argument("--scheme", choices=available_schemes(), default=SCHEME)
    asked = parser.parse_args()
    total = sweep(asked.count, asked.seed, asked.scheme)
    write_report(total, asked.count, asked.seed, asked.scheme)
    differences = {name: tally.differences for name, tally in total.items() if tally.differences}
    form = Form(load_scheme(find_scheme(asked.scheme)))
    told: set[int] = set()
    for name, found in differences.items():
        for each in found:
            if each.case in told or len(told) < _SHOWN:
                print(f"{name}, case {each.case}: {each.name} shows {each.shown}, the scorer gives {each.expected}")
            if each.case not in told and len(told) < _SHOWN:
                told.add(each.case)
                print(form.answers_file(filling(form.scheme, f"{asked.seed}:{each.case}")))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
