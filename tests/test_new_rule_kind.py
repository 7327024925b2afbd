"""docs/new-rule-kind.md, done as it is written: its files in a copy of the repository, its commands run there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perfeval_xl.scheme import rules
from perfeval_xl.scheme.rules import RULES
from perfeval_xl.scheme.rules.base import Rule
from perfeval_xl.scheme.rules.proportion import Proportion

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "new-rule-kind.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w/.-]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]
PERFEVAL = [sys.executable, "-c", "from perfeval_xl.cli import main; main()"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the page's files in it."""
    folder = tmp_path_factory.mktemp("repository")
    for name in ("perfeval_xl", "templates", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name, text in FILES.items():
        assert not (folder / name).exists(), f"{name} is there already"
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    start = {"perfeval": PERFEVAL, "python": [sys.executable]}[program]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"}
    return subprocess.run([*start, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def test_the_page_has_one_module_its_tests_and_a_scheme() -> None:
    assert [Path(name).parent.as_posix() for name in FILES] == ["perfeval_xl/scheme/rules", ".", "tests"]
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands(copy: Path, command: str) -> None:
    if "pytest" in command:
        pytest.importorskip("ironcalc")
    done = run(copy, command)
    assert done.returncode == 0, done.stdout + done.stderr
    said = {"check": "1 行、100 分，没有错误", "doc": "家长满意度≥95.00% 的，得满分 100 分", "pytest": " passed"}
    assert next(text for word, text in said.items() if word in command) in done.stdout


def test_without_the_module_the_scheme_is_refused(copy: Path) -> None:
    (ours := copy / "perfeval_xl/scheme/rules/interpolated.py").rename(away := copy / "interpolated.py.away")
    try:
        done = run(copy, "perfeval scheme check survey.toml")
        assert done.returncode == 2 and "indicators[0].rule.kind" in done.stderr
    finally:
        away.rename(ours)


def test_the_page_is_formatted_and_sound(copy: Path) -> None:
    """What people copy should pass what their own code has to pass."""
    names = [name for name in FILES if name.endswith(".py")]
    for line in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *line, *names], cwd=copy, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_kind_is_found_and_two_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RULES["proportion"] is Proportion and all(issubclass(each, Rule) for each in RULES.values())
    from perfeval_xl.scheme.rules import shortfall

    monkeypatch.setattr(shortfall.Shortfall, "kind", "proportion")
    with pytest.raises(TypeError, match="two rules of kind 'proportion'"):
        rules._kinds()
