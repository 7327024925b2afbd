"""Writes the documents that follow from the code: run ``make docs`` after changing a scheme, a finding or a command.

    docs/findings.md            every finding code, from perfeval_xl.findings
    docs/rulebook-<scheme>.md   every scheme's rule book, from its scheme.toml
    docs/decision-tables.md     cases of every rule with their outcomes, from tests/decisions
    docs/data.md                what its code prints, from the sample district (docs/data_page.py)
    README.md, README.zh-CN.md  the text between <!-- help: perfeval … --> and <!-- /help -->, from the commands' --help

tests/test_docs.py (of data.md: tests/test_data_page.py) holds that what stands in the repository is what this would write.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from docs import data_page
from docs.decision_tables import decision_page
from perfeval_xl import cli
from perfeval_xl.findings import KINDS, Severity
from perfeval_xl.scheme.loader import load_scheme
from perfeval_xl.scheme.rulebook import rule_book

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
HELP_WIDTH = 88
HELP_BLOCK = re.compile(r"(<!-- help: (perfeval[^>]*?) -->\n).*?(<!-- /help -->)", re.DOTALL)


def build() -> dict[Path, str]:
    """Every generated file with the text that belongs in it."""
    written = {ROOT / "docs/findings.md": findings_page(), ROOT / "docs/decision-tables.md": decision_page()}
    for path in sorted(ROOT.glob("templates/*/scheme.toml")):
        written[ROOT / f"docs/rulebook-{path.parent.name}.md"] = rule_book(load_scheme(path))
    for name in READMES:
        text = (ROOT / name).read_text(encoding="utf-8")
        written[ROOT / name] = HELP_BLOCK.sub(lambda block: f"{block[1]}{fenced_help(block[2])}{block[3]}", text)
    return written


def findings_page() -> str:
    """The list of finding codes, the gravest first."""
    lines = [
        "# 问题代码",
        "",
        "<!-- 由 docs/build.py 根据 perfeval_xl/findings.py 生成，请勿直接修改。 -->",
        "",
        "`perfeval score --format json`、批注和汇总表中的每个问题都带有下列代码之一。代码一经发布不再改变含义；",
        "花括号处是具体的名称和数字。",
    ]
    for severity in Severity:
        lines += ["", f"## {severity.label}（`{severity}`）", "", "| 代码 | 含义 | 提示语 |", "|---|---|---|"]
        lines += [
            f"| `{code}` | {_cell(kind.meaning)} | {_cell(kind.template)} |"
            for code, kind in KINDS.items()
            if kind.severity is severity
        ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def commands() -> Iterator[tuple[str, ...]]:
    """Every command that can be called, groups left out: ("generate",), ("scheme", "show"), …"""
    yield from _below((), cli.main)


def _below(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[str, ...]]:
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from _below((*path, name), each)
    else:
        yield path


def help_text(words: str) -> str:
    """What ``perfeval … --help`` prints, for ``words`` such as "perfeval scheme show". ValueError if there is none."""
    program, *path = words.split()
    ran = CliRunner().invoke(cli.main, [*path, "--help"], prog_name=program, terminal_width=HELP_WIDTH)
    if ran.exit_code:
        raise ValueError(f"no help for {words!r}: {ran.output}")
    return "\n".join(line.rstrip() for line in ran.output.strip().splitlines())


def fenced_help(words: str) -> str:
    return f"```text\n{help_text(words)}\n```\n"


def main() -> None:
    for path, text in build().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT), file=sys.stderr)
    data_page.main()


if __name__ == "__main__":
    main()
