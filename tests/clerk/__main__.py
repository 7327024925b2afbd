"""The whole simulation: ``python -m tests.clerk N [SEED]`` simulates N returns; what it came to goes into docs/clerk.md.

A return that does not come out as it should is printed with its deeds, and the exit status is 1. ``--only WORD`` takes
deeds whose name contains it, and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.clerk.report import write_report
from tests.clerk.simulation import Tally, simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clerk", description=__doc__)
    parser.add_argument("returns", type=int, nargs="?", default=2000)
    parser.add_argument("seed", type=int, nargs="?", default=2024)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    began = time.monotonic()
    tally, told = Tally(), 0
    for tally in simulate(asked.returns, asked.seed, asked.only):
        spent = time.monotonic() - began
        print(f"{tally.returns}/{asked.returns}  {spent:.0f} s  {len(tally.mismatches)} mismatches", file=sys.stderr)
        for mismatch in tally.mismatches[told:]:
            print(mismatch)
        told = len(tally.mismatches)
    if not asked.only:
        write_report(tally, asked.returns, asked.seed)
    return 1 if tally.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
