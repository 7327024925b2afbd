"""The commands about schemes: `perfeval scheme show`, `check` and `doc`; those that make one are in authoring.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.authoring import scheme_diff, scheme_export, scheme_import, scheme_new, scheme_preview
from perfeval_xl.cli.common import Group, format_option

if TYPE_CHECKING:
    from perfeval_xl.scheme.model import Scheme


@click.group(cls=Group)
def scheme() -> None:
    """评分方案：查看、检查、生成评分手册；用 Excel 编制，衍生新一年的，比较两个方案。"""


for _command in (scheme_export, scheme_import, scheme_new, scheme_diff, scheme_preview):
    scheme.add_command(_command)


@scheme.command("show")
@click.argument("name", required=False)
@format_option("text", "json")
def scheme_show(name: str | None, fmt: str) -> None:
    """列出方案的指标、填报项及其在表中的位置和名称、对条款的口径。

    NAME 是方案的名称或路径；不写时用当前任务的方案，或自带的方案。
    """
    from perfeval_xl import report
    from perfeval_xl.excel.layout import build_layout

    scheme = scheme_named(name)
    shown = report.scheme_json(build_layout(scheme))
    if fmt == "json":
        terminal.print_json(shown)
        return
    click.echo(f"{shown['title']}（{shown['year']} 年度）  {shown['id']} {shown['version']}  共 {shown['points']} 分\n")
    terminal.print_table(
        ("编号", scheme.level_names[-1], "分值", "规则", "填报项"),
        [
            (each["code"], each["name"], each["points"], each["rule"], " ".join(each["fields"]))
            for each in shown["indicators"]
        ],
    )
    click.echo()
    terminal.print_table(
        ("填报项编号", "名称", "类型", "单位", "位置"),
        [
            (each["id"], each["label"], each["type"], each["unit"] or "", f"{each['sheet']}!{each['cell']}")
            for each in shown["fields"]
        ],
    )
    click.echo()
    terminal.print_table(("口径编号", "条款", "选项"), report.reading_rows(shown))


@scheme.command("check")
@click.argument("name", required=False)
def scheme_check(name: str | None) -> None:
    """检查方案文件，列出全部错误及其位置。

    NAME 是方案的名称或路径；不写时用当前任务的方案，或自带的方案。
    """

    checked = scheme_named(name)
    click.echo(f"{checked.id} {checked.version}：{len(checked.indicators)} 行、{checked.points} 分，没有错误。")


@scheme.command("doc")
@click.argument("name", required=False)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="写到这个文件（默认输出到屏幕）。"
)
def scheme_doc(name: str | None, output: Path | None) -> None:
    """由方案生成可读的评分手册（Markdown）。

    NAME 是方案的名称或路径；不写时用当前任务的方案，或自带的方案。
    """
    from perfeval_xl.files import write_atomically
    from perfeval_xl.scheme.rulebook import rule_book

    text = rule_book(scheme_named(name))
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomically(output, text.encode())
        click.echo(f"已写入 {output}")


def default_scheme() -> str:
    from perfeval_xl.scheme.loader import available_schemes

    return available_schemes()[0]


def scheme_named(name: str | None) -> Scheme:
    """The named scheme; without a name the one of the round in the current folder, else the one that comes with us."""
    from perfeval_xl import campaign
    from perfeval_xl.scheme.loader import find_scheme, load_scheme

    if name is None and campaign.is_round(Path()):
        return campaign.load(Path()).scheme
    return load_scheme(find_scheme(name or default_scheme()))
