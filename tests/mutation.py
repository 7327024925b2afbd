"""The mutation run: mutmut changes what a score comes from, one small thing at a time, and the tests should notice.

    python -m tests.mutation                    a tenth of the mutants, a few minutes
    python -m tests.mutation scorer bands …     all mutants of these modules
    python -m tests.mutation --full             all of them; writes docs/mutation.md

Which modules are changed and which tests are asked stands in setup.cfg, [mutmut]. A mutant that survives must be
explained in tests/data/mutation.toml; one that is not is printed, and the run fails.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/mutation.md"
EXPLANATIONS = Path(__file__).with_name("data") / "mutation.toml"
MUTMUT = Path(sys.executable).with_name("mutmut")
SAMPLE = "*7"  # a mutant's name ends in its number within the function
NOTICED = ("killed", "timeout")

_RESULT = re.compile(r"^ {4}perfeval_xl\.(?P<module>[\w.]+)\.(?P<name>x\S+__mutmut_\d+): (?P<status>.+)$", re.MULTILINE)
_METHOD = re.compile(r"xǁ(\w+)ǁ(\w+)__mutmut_\d+|x_(\w+)__mutmut_\d+")


@dataclass(frozen=True)
class Mutant:
    module: str
    name: str
    status: str

    @property
    def key(self) -> str:
        return f"perfeval_xl.{self.module}.{self.name}"

    @property
    def function(self) -> str:
        """The function as it is called in the source: score, Band.holds."""
        found = _METHOD.fullmatch(self.name)
        assert found, self.name
        return found[3] or f"{found[1]}.{found[2]}"


@dataclass(frozen=True)
class Explanation:
    """Why some mutants may survive: those in a function that ``where`` matches, changed as ``change`` matches."""

    where: str
    change: str
    why: str

    def holds(self, mutant: Mutant, change: str) -> bool:
        place = f"{mutant.module}.{mutant.function}"
        return bool(re.fullmatch(self.where, place) and re.search(self.change, change))


def explanations() -> list[Explanation]:
    table = tomllib.loads(EXPLANATIONS.read_text(encoding="utf-8"))
    return [Explanation(each.get("where", ".*"), each["change"], each["why"].strip()) for each in table["survivor"]]


def run(patterns: Sequence[str], jobs: str | None = None) -> None:
    """A mutation run from scratch: what mutmut keeps from the last one does not follow changes of the tests."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    children = ["--max-children", jobs] if jobs else []
    subprocess.run([MUTMUT, "run", *children, *patterns], cwd=ROOT, check=True)


def results() -> list[Mutant]:
    """Every mutant that was tried."""
    listed = _asked("results", "--all", "true")
    found = [Mutant(each["module"], each["name"], each["status"]) for each in _RESULT.finditer(listed)]
    return [each for each in found if each.status != "not checked"]


def change(mutant: Mutant) -> str:
    """What was changed: the line before and the line after, joined by →."""
    lines = _asked("show", mutant.key).splitlines()
    body = [line for line in lines if not line.startswith(("---", "+++", "@@", "#"))]
    before, after = ([line[1:].strip() for line in body if line.startswith(sign)] for sign in "-+")
    return f"{' '.join(before)} → {' '.join(after)}"


def _asked(*words: str) -> str:
    return subprocess.run([MUTMUT, *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def page(mutants: Sequence[Mutant], survivors: Sequence[tuple[Mutant, str, Explanation]], tool: str) -> str:
    """docs/mutation.md; ``tool`` is mutmut's version."""
    lines = [
        "# The mutation run",
        "",
        "Written by `make mutation FULL=1`. mutmut changes the code that a score comes from in one small place, a number, a",
        "comparison, an argument, a word, and runs the tests that reach that place. A mutant that no test notices is a line",
        "nobody holds. The ones left are listed here, each with the reason why it may stay. mutmut changes the bodies of",
        "functions; properties and tables outside of functions are not among its mutants.",
        "",
        f"mutmut {tool}, Python {platform.python_version()}. A timeout is a mutant that runs on for ever: it is noticed.",
        "",
        "| module | mutants | killed | timeout | survived |",
        "|---|---:|---:|---:|---:|",
        *_counts(mutants),
        "",
        "## Those that survive",
        "",
    ]
    for explanation in dict.fromkeys(explained for _, _, explained in survivors):
        lines += [explanation.why, ""]
        for mutant, changed, explained in survivors:
            if explained is explanation:
                lines.append(f"- {mutant.module}, `{mutant.function}`: {_code(changed)}")
        lines.append("")
    return "\n".join(lines)


def _code(text: str) -> str:
    """Both sides of a change as code; a text with a backtick in it needs two around it."""
    return " → ".join(f"`` {each} ``" if "`" in each else f"`{each}`" for each in text.split(" → "))


def _counts(mutants: Sequence[Mutant]) -> Iterator[str]:
    modules = sorted({each.module for each in mutants})
    for name, own in [
        *((module, [each for each in mutants if each.module == module]) for module in modules),
        ("all", mutants),
    ]:
        by_status = Counter(each.status for each in own)
        left = len(own) - sum(by_status[status] for status in NOTICED)
        yield f"| {name} | {len(own)} | {by_status['killed']} | {by_status['timeout']} | {left} |"


def main(arguments: Iterable[str]) -> int:
    words = list(arguments)
    full = "--full" in words
    modules = [word for word in words if not word.startswith("--")]
    jobs = next((word.removeprefix("--jobs=") for word in words if word.startswith("--jobs=")), None)
    run([] if full else [f"perfeval_xl.*{module}.x*" for module in modules] or [SAMPLE], jobs)
    mutants = results()
    known = explanations()
    survivors, unexplained = [], []
    for mutant in mutants:
        if mutant.status not in NOTICED:
            changed = change(mutant)
            reason = next((each for each in known if each.holds(mutant, changed)), None)
            if reason is None:
                unexplained.append(f"{mutant.module}.{mutant.function} ({mutant.status}): {changed}")
            else:
                survivors.append((mutant, changed, reason))
    print(f"{len(mutants)} mutants, {len(survivors)} survive with a reason, {len(unexplained)} without")
    print(*unexplained, sep="\n")
    if unexplained:
        return 1
    if full:
        PAGE.write_text(page(mutants, survivors, version("mutmut")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
