"""`perfeval rollup`: the department's own form, filled from its units'."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import (
    FOLDER,
    PDF,
    format_option,
    pdf_printer,
    refuse_inbox,
    refuse_per_project,
    with_crew,
)

if TYPE_CHECKING:
    from perfeval_xl.cli.common import Hands
    from perfeval_xl.district.rollup.combine import RolledUp


@click.command()
@FOLDER
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="写到这个文件（默认放在 summary 中）。"
)
@PDF
@with_crew
@format_option("text", "json")
def rollup(folder: Path, output: Path | None, pdf: bool, fmt: str, crew: Hands) -> None:
    """由所属单位的表汇总出主管部门自己的自评表，按同一标准核分。

    合计的是各单位填报的原始数据，比率在汇总后计算一次；由主管部门自填的项目取自它自己的表（用 perfeval generate --department
    下发，填好放进 inbox）。没有交表或没有填的，不计入，也不当作 0：逐项列出，并算出补齐后得分的最低和最高。

    写出的表带封签，可以照常复核；《基础数据汇总》和《各单位基础数据》两张表列出每个数由哪些单位的数得来。
    """
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district import rounds
    from perfeval_xl.district.rollup.combine import roll_up
    from perfeval_xl.district.rollup.form import form_path, write_form
    from perfeval_xl.district.rollup.report import rollup_json

    campaign = campaigns.load(folder)
    refuse_per_project(campaign)
    target = output or form_path(campaign)
    refuse_inbox(campaign, target)
    if pdf and fmt == "json":
        raise click.UsageError("--pdf 不和 --format json 一起用。")
    if target.suffix.lower() != ".xlsx":
        raise click.UsageError(f"{target.name} 应以 .xlsx 结尾。")
    print_out = pdf_printer(pdf, ".xlsx")
    inbox = rounds.read_inbox(campaign)
    with crew as hands, campaign.locked(), terminal.progress(len(inbox.items), "汇总") as step:
        rolled = roll_up(campaign, rounds.examine_inbox(campaign, step, inbox, hands))
        write_form(rolled, target)
    if fmt == "json":
        terminal.print_json(rollup_json(rolled, target))
    else:
        _tell(rolled, target)
    print_out(target)


def _tell(rolled: RolledUp, path: Path) -> None:
    from perfeval_xl.district.rollup import report

    for line in report.head_lines(rolled):
        click.echo(line)
    terminal.print_table(report.row_columns(rolled), report.row_rows(rolled))
    for line in report.tail_lines(rolled):
        click.echo(line)
    if len(rolled.absent) == len(rolled.units):
        click.echo("还没有一个单位的表可以汇总，由单位数据得出的项目都空着。", err=True)
    click.echo(f"主管部门的自评表：{path}")
