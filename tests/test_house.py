"""The house rules that a reader of the code relies on: imports only go down, and the terminal belongs to the cli."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from perfeval_xl.scheme.loader import load_scheme

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "perfeval_xl"

LAYERS = (
    ("", "errors", "numbers", "mentions", "cells", "findings", "resources", "storage", "files", "scratch", "printing"),
    ("scheme",),
    ("named", "evidence", "checks", "scorer", "entries"),
    ("excel",),
    ("results", "filings", "analysis", "overview", "report", "precheck", "generator", "reader", "remarks", "writer"),
    ("inquiry", "authoring"),
    ("summary", "campaign", "folders", "roster", "kept_scheme", "passwords", "mail_settings"),
    ("district", "dataset"),
    ("demo",),
    ("cli",),
)
"""Lowest first; a name stands for a module or a package with all in it. Modules of one layer may use each other."""

LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
BELOW_RULES = {"scheme.fields", "scheme.answers", "scheme.spec"}
HEAVY = (
    *("openpyxl", "xlsxwriter", "pandas", "numpy", "lxml", "python_calamine", "docx", "pyarrow"),
    *("jinja2", "imap_tools", "oxmsg", "distributed", "dask", "click", "rich"),
    *("fsspec", "s3fs", "botocore", "aiohttp"),
)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name within it ('' is the package itself)."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def imported(name: str, *, types: bool = True) -> Iterator[str]:
    """The package's own modules that a module imports, wherever in its code; ``types``: for type checking too."""
    module = modules()[name]
    only_types = (
        set() if types else {each for block in ast.walk(module) if is_for_types(block) for each in ast.walk(block)}
    )
    for node in ast.walk(module):
        if node in only_types:
            continue
        if isinstance(node, ast.Import):
            yield from (inside(each.name) for each in node.names if is_ours(each.name))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            if is_ours(node.module or ""):
                source = inside(node.module or "")
                members = [f"{source}.{each.name}".lstrip(".") for each in node.names]
                yield from (member if member in modules() else source for member in members)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def is_ours(module: str) -> bool:
    return module.split(".")[0] == "perfeval_xl"


def inside(module: str) -> str:
    return module.removeprefix("perfeval_xl").lstrip(".")


def level(name: str) -> int:
    top = name.split(".")[0]
    assert top in LEVEL, f"{name}: say in LAYERS where this module stands"
    return LEVEL[top]


@pytest.mark.parametrize("name", modules())
def test_no_import_climbs(name: str) -> None:
    climbing = [target for target in imported(name) if level(target) > level(name)]
    assert not climbing


def test_no_imports_run_in_circles() -> None:
    graph = {name: set(imported(name, types=False)) for name in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" ← ".join(error.args[1]))


def targets(line: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return line.targets if isinstance(line, ast.Assign) else [line.target]


def is_rule_kind(name: str) -> bool:
    """Whether a module defines a class with a ``kind``."""
    return name.startswith("scheme.rules.") and any(
        isinstance(line, ast.Assign | ast.AnnAssign)
        and line.value is not None
        and "kind" in {target.id for target in targets(line) if isinstance(target, ast.Name)}
        for node in modules()[name].body
        if isinstance(node, ast.ClassDef)
        for line in node.body
    )


def test_rule_kinds_stand_side_by_side_above_the_fields_alone() -> None:
    kinds = {name for name in modules() if is_rule_kind(name)}
    assert len(kinds) > 8
    for name in modules():
        if name.startswith("scheme.rules."):
            used = {target for target in imported(name, types=False) if target.startswith("scheme")}
            assert not used & kinds, name
            assert all(target in BELOW_RULES or target.startswith("scheme.rules.") for target in used), name


def test_every_module_is_used() -> None:
    """A module that nobody imports is dead; a package is the way into itself, and a rule kind is used by being there."""
    used = {target for name in modules() for target in imported(name)} | {
        each for each in modules() if is_rule_kind(each)
    }
    packages = {name for name in modules() if any(other.startswith(f"{name}.") for other in modules())} | {""}
    assert set(modules()) - used - packages == set()


def loaded_by(code: str) -> set[str]:
    """Which of the heavy libraries a fresh interpreter has loaded after ``code``."""
    asked = f"{code}\nimport sys\nprint(*(set({HEAVY!r}) & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_scoring_loads_no_workbook_library_no_pandas_no_click() -> None:
    scoring = [name for name in modules() if name and level(name) <= LEVEL["scorer"]]
    assert "scorer" in scoring and "scheme.loader" in scoring
    assert loaded_by("\n".join(f"import perfeval_xl.{name}" for name in scoring)) == set()


def test_the_cli_starts_light() -> None:
    assert loaded_by("import perfeval_xl.cli") == {"click"}


@pytest.mark.parametrize("name", [name for name in modules() if name.split(".")[0] != "cli"])
def test_only_the_cli_prints_or_exits(name: str) -> None:
    found = []
    for node in ast.walk(modules()[name]):
        match node:
            case ast.Call(func=ast.Name(id="print" | "input" | "exit" | "quit" as word)):
                found.append(word)
            case ast.Attribute(value=ast.Name(id="sys"), attr="exit" | "stdout" | "stderr" as word):
                found.append(f"sys.{word}")
            case ast.Name(id="SystemExit" as word):
                found.append(word)
            case ast.Import(names=names):
                found += [each.name for each in names if each.name.split(".")[0] in ("click", "rich")]
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in ("click", "rich"):
                found.append(module)
    assert not found


@cache
def form_words() -> frozenset[str]:
    """Every id that belongs to a particular form. The annex tables' columns are not among them: the rule that scores
    annex rows is about those very columns."""
    words: set[str] = set()
    for path in sorted(ROOT.glob("templates/*/scheme.toml")):
        scheme = load_scheme(path)
        annex = {field.id for table in scheme.tables for field in table.fields()}
        words |= {scheme.id, *scheme.indicator, *scheme.table}
        words |= set(scheme.fields) - annex
    return frozenset(words)


def words_of(text: str) -> set[str]:
    """The words of a module; of an annex cell's name the table's too. A module may be called what a form calls a row."""
    body = re.sub(r"^(?:from|import) perfeval_xl.*$", "", text, flags=re.M)
    words = set(re.findall(r"[\w-]+", body, re.ASCII)) | set(re.findall(r"\w+", body, re.ASCII))
    return words | {re.sub(r"_r\d\d_\w+$", "", word) for word in words}


def test_the_words_of_a_module_are_told() -> None:
    found = words_of('from perfeval_xl.a.spending import Rate\nx = "goals_r01_name", some_form-2024')
    assert {"goals", "goals_r01_name", "some_form-2024", "x"} <= found and "spending" not in found


@pytest.mark.parametrize("name", modules())
def test_no_module_names_a_form_of_its_own(name: str) -> None:
    path = PACKAGE.joinpath(*name.split("."))
    source = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    assert len(form_words()) > 100
    assert not form_words() & words_of(source.read_text(encoding="utf-8"))
