"""The generated documents are current, and both READMEs show every command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import build
from perfeval_xl.findings import KINDS

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("path", "text"), [pytest.param(*each, id=each[0].name) for each in build.build().items()])
def test_generated_documents_are_current(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run: make docs"


def test_every_finding_code_is_documented() -> None:
    page = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == sorted(
        KINDS, key=lambda code: list(build.Severity).index(KINDS[code].severity)
    )


@pytest.mark.parametrize("readme", build.READMES)
def test_every_command_has_its_help_in_the_readme(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    shown = {block[2]: block[0] for block in build.HELP_BLOCK.finditer(text)}
    expected = [" ".join(("perfeval", *path)) for path in build.commands()]
    assert len(expected) > 8
    assert [words for words in expected if words not in shown] == []
    for words, block in shown.items():
        assert build.help_text(words) in block


def test_help_text_is_the_commands_own() -> None:
    assert build.help_text("perfeval generate").startswith("Usage: perfeval generate ")
    with pytest.raises(ValueError, match="no help for 'perfeval nothing'"):
        build.help_text("perfeval nothing")


def test_every_template_has_a_rule_book() -> None:
    schemes = {path.parent.name for path in ROOT.glob("templates/*/scheme.toml")}
    assert schemes and schemes == {path.stem.removeprefix("rulebook-") for path in ROOT.glob("docs/rulebook-*.md")}


def without_code(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def test_relative_links_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", without_code(page))
        if not (page.parent / link).exists()
    ]
    assert pages and not dead
