"""Issuing a round: stamping the master blank for each unit, against building each unit's workbook with xlsxwriter.

Both ways take turns in one run, so that a busy machine slows both. The comparison leans towards building: layout and
cached values could be worked out once for all units, so their time is taken off; and it writes its files plainly,
where stamping writes as `perfeval generate` does (to a .part file, synced, renamed).

    make bench                 20 units, huadu-2024
    make bench ARGS='--units 177 --scheme huadu-2024'
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.stamping import Stamper
from perfeval_xl.files import write_atomically
from perfeval_xl.generator import blank_view, build_master
from perfeval_xl.scheme.loader import find_scheme, load_scheme


def main() -> None:
    asked = _arguments()
    scheme = load_scheme(find_scheme(asked.scheme))
    layout = build_layout(scheme)
    keys = {stamp.key for stamp in layout.stamps.values()}
    preparing: list[float] = []
    stamping: list[float] = []
    building: list[float] = []
    planning: list[float] = []
    with _timed(preparing):
        stamper = Stamper(build_master(scheme), layout)
    with tempfile.TemporaryDirectory() as folder:
        stamped, built = Path(folder, "stamped.xlsx"), Path(folder, "built.xlsx")
        for number in range(asked.units):
            values = {key: f"{key} {number}" for key in keys}
            with _timed(stamping):
                write_atomically(stamped, stamper.stamp(values, f"seal {number}"))
            with _timed(building):
                built.write_bytes(build_master(scheme))
            with _timed(planning):
                build_layout(scheme)
                blank_view(scheme)
        size = stamped.stat().st_size / 1024
    build = median(building) - median(planning)
    print(f"{asked.units} units of {scheme.id} {scheme.version}, {size:.0f} KiB each")
    print(f"  stamping          {_spread(stamping)}")
    print(f"  building          {_spread(building)}")
    print(f"  … of it planning  {_spread(planning)}")
    print(f"  ratio             {build / median(stamping):6.1f} x  (building without planning ÷ stamping)")
    print(f"  stamping them all {preparing[0] + sum(stamping):6.2f} s  (building and reading the master included)")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Issue a round: stamping against building each workbook.")
    parser.add_argument("--units", type=int, default=20, help="how many (default: 20)")
    parser.add_argument("--scheme", default="huadu-2024", help="name or path (default: huadu-2024)")
    return parser.parse_args()


@contextmanager
def _timed(seconds: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds.append(time.perf_counter() - start)


def _spread(seconds: list[float]) -> str:
    low, middle, high = (f"{1000 * each:.2f}" for each in (min(seconds), median(seconds), max(seconds)))
    return f"{middle:>8} ms  ({low} to {high})"


if __name__ == "__main__":
    main()
