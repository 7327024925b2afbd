"""Several hundred foreign, broken and hostile files through the whole intake, one by one, into docs/intake.md.

Files of the test suites of spreadsheet libraries (and copies of them that Gnumeric saved as .xls and .ods), the hostile
files of tests/hostile.py, and our own filled form damaged at random. Each must end as one result, accepted or set aside
with one diagnosis, without a fault of the program, within 10 seconds and 1 GB; otherwise this fails. Without a network
only the files made here are tried, and the page stays as it is.

    make foreign                              everything
    make foreign ARGS='--offline --mutations 50 --no-write'
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarks import sdists
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.workers import Stopped, Workers
from tests import hostile, hostile_read
from tests.rounds import hand_in, issued_round, published_answers

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "intake.md"
MOST_SECONDS, MOST_MEMORY = 10.0, 1024**3
SAVED_ANEW = ((".xls", "Gnumeric_Excel:excel_biff8"), (".ods", "Gnumeric_OpenCalc:odf"))
GIGABYTE, MEGABYTE = 1024**3, 1024**2


@dataclass(frozen=True, slots=True)
class Subject:
    """A file to try, and the line of the table that it counts for."""

    source: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a file. ``seconds`` is the wall clock, with the time to stop a child that had to be stopped."""

    subject: Subject
    outcomes: tuple[str, ...]
    seconds: float
    memory: int
    fault: str = ""


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        campaign = issued_round(work / "round")
        filled = hand_in(campaign, "S001", published_answers()).read_bytes()
        desk = work / "desk"
        desk.write_bytes(pickle.dumps(Desk.of(campaign)))
        subjects = list(_subjects(asked, filled, work / "files"))
        with Workers(1) as workers:
            trials = [_tried(subject, desk, workers) for subject in subjects]
    faults = [trial for trial in trials if trial.fault]
    for trial in faults:
        print(f"{trial.subject.source}: {trial.subject.name}: {trial.fault}", file=sys.stderr)
    page = _page(trials)
    print(page)
    if asked.write and not faults and not asked.offline and not sdists.missing(asked.keep):
        PAGE.write_text(page, encoding="utf-8")
    raise SystemExit(1 if faults else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Foreign, broken and hostile files through the whole intake.")
    parser.add_argument("--offline", action="store_true", help="only files made here")
    parser.add_argument("--mutations", type=int, default=400, help="damaged copies of our form (default: 400)")
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "foreign", help="where downloads are kept")
    parser.add_argument(
        "--no-write", dest="write", action="store_false", help=f"leave {PAGE.relative_to(ROOT)} as it is"
    )
    return parser.parse_args()


def _subjects(asked: argparse.Namespace, filled: bytes, folder: Path) -> Iterator[Subject]:
    folder.mkdir()
    (ours,) = _written(folder, "our form, filled", [("filled.xlsx", filled)])
    yield ours
    saved = _saved_anew(ours.path, folder)
    yield from (Subject("our form, saved by Gnumeric", f"filled{path.suffix}", path) for path in saved)
    if not asked.offline:
        yield from _foreign(asked.keep, folder)
    yield from _written(folder, "hostile, made", hostile.cases())
    yield from _written(folder, "large, made", hostile.heavy_cases())
    mutations = hostile.mutations(filled, asked.mutations, asked.seed)
    yield from _written(folder, f"our form, damaged (seed {asked.seed})", mutations)


def _written(folder: Path, source: str, files: Iterable[tuple[str, bytes]]) -> Iterator[Subject]:
    mark = hashlib.sha256(source.encode()).hexdigest()[:8]
    for number, (name, data) in enumerate(files):
        suffix = PurePosixPath(name).suffix
        path = folder / f"{mark}-{number}{suffix if suffix in sdists.WORKBOOKS else '.xlsx'}"
        path.write_bytes(data)
        yield Subject(source, name, path)


def _foreign(keep: Path, folder: Path) -> Iterator[Subject]:
    try:
        sdists.fetch(keep)
    except Exception as error:  # pip has no common error either: whatever it is, the made files can still be tried
        print(f"no source distributions to be had ({type(error).__name__}): only files made here", file=sys.stderr)
    seen: set[str] = set()
    by_source: defaultdict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for source, name, data in sdists.workbooks(keep):
        digest = hashlib.sha256(data).hexdigest()
        if digest not in seen:
            seen.add(digest)
            by_source[source].append((name, data))
    for source, files in by_source.items():
        for subject in _written(folder, source, files):
            yield subject
            if subject.path.suffix == ".xlsx":
                for path in _saved_anew(subject.path, keep / "saved"):
                    yield Subject("of these packages, saved by Gnumeric", f"{subject.name} as {path.suffix}", path)


def _saved_anew(path: Path, keep: Path) -> Iterator[Path]:
    """Copies in other formats, made once; none where Gnumeric is missing or does not manage it."""
    if shutil.which("ssconvert") is None:
        return
    keep.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for suffix, exporter in SAVED_ANEW:
        copy = keep / f"{digest[:24]}{suffix}"
        tried = copy.with_suffix(f"{suffix}.tried")
        if not tried.exists():
            command = ["ssconvert", f"--export-type={exporter}", str(path), str(copy)]
            try:
                subprocess.run(command, capture_output=True, timeout=20, check=True)
            except (subprocess.SubprocessError, OSError):
                copy.unlink(missing_ok=True)
            tried.touch()
        if copy.exists():
            yield copy


def _tried(subject: Subject, desk: Path, workers: Workers) -> Trial:
    start = time.perf_counter()
    (found,) = workers.map(hostile_read.examined, [(desk, subject.path)])
    seconds = time.perf_counter() - start
    if isinstance(found, Stopped):
        fault = f"{found.why}\n{found.trace}" if found.code == "internal-error" else ""
        fault = fault or _too_much(seconds, 0)
        return Trial(subject, (f"`{found.code}` ({_ENGLISH.get(found.why, 'its process died')})",), seconds, 0, fault)
    faults = [_wrong(*each) for each in found.results] or ["no result"]
    outcomes = tuple(_outcome(*each) for each in found.results)
    memory = found.memory or 0
    fault = "; ".join(each for each in (*faults, _too_much(seconds, memory)) if each)
    return Trial(subject, outcomes, seconds, memory, fault)


_ENGLISH = {"用时超过 8 秒": "time", "内存超过 1 GB": "memory"}


def _wrong(accepted: bool, codes: tuple[str, ...]) -> str:
    if "internal-error" in codes:
        return "a fault of the program"
    if not accepted and len(codes) != 1:
        return f"{len(codes)} diagnoses: {', '.join(codes)}"
    return ""


def _too_much(seconds: float, memory: int) -> str:
    if seconds > MOST_SECONDS:
        return f"took {seconds:.1f} s"
    return f"took {memory / MEGABYTE:.0f} MB" if memory > MOST_MEMORY else ""


def _outcome(accepted: bool, codes: tuple[str, ...]) -> str:
    if not accepted:
        return f"`{codes[0]}`" if codes else "nothing"
    return "accepted, with findings" if codes else "accepted"


def _page(trials: list[Trial]) -> str:
    by_source: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_source[trial.subject.source].append(trial)
    finished = [trial for trial in trials if trial.memory]
    slowest = max(trials, key=lambda each: each.seconds)
    largest = max(finished, key=lambda each: each.memory, default=None)
    lines = [
        "# Foreign, broken and hostile files",
        "",
        f"`make foreign` took {len(trials)} files through the whole intake, each in a child process. Each ended as one result a"
        " workbook: accepted, or set aside with exactly one diagnosis ([findings.md](findings.md)). No traceback, none over"
        f" {MOST_SECONDS:.0f} s, none over {MOST_MEMORY / GIGABYTE:.0f} GB: otherwise this page is not written.",
        "",
        "| source | files | outcome |",
        "|---|---|---|",
        *(f"| {source} | {len(found)} | {_counted(found)} |" for source, found in by_source.items()),
        "",
        f"Slowest: {_named(slowest)}, {slowest.seconds:.1f} s (with stopping its process where it had to be)."
        + (f" Most memory: {_named(largest)}, {largest.memory / MEGABYTE:.0f} MB." if largest else ""),
        "",
        "Sources with a version are source distributions of packages whose test suites ship workbooks; equal files count"
        " once. `reader-stopped` is a file whose reader was ended: for its time (8 s), its memory (1 GB), or because it took"
        " its own process down.",
        "",
        *_distribution(trials),
    ]
    return "\n".join(lines)


def _distribution(trials: list[Trial]) -> list[str]:
    seconds = sorted(trial.seconds for trial in trials)
    marks = {"half": 0.5, "95 %": 0.95, "99 %": 0.99}
    shown = ", ".join(
        f"{name} within {seconds[int(share * (len(seconds) - 1))]:.2f} s" for name, share in marks.items()
    )
    return [f"Time: {shown}.", ""]


def _counted(trials: list[Trial]) -> str:
    counts: Mapping[str, int] = Counter(outcome for trial in trials for outcome in trial.outcomes)
    return ", ".join(
        f"{count} {outcome}" for outcome, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )


def _named(trial: Trial) -> str:
    return f"“{trial.subject.name}” ({trial.subject.source})"


if __name__ == "__main__":
    main()
