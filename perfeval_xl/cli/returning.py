"""`perfeval return`: forms sent back for correction."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import FOLDER, with_crew

if TYPE_CHECKING:
    from perfeval_xl.cli.common import Hands


@click.command("return")
@FOLDER
@click.option("--only", multiple=True, metavar="单位代码", help="只退回这些单位的表，只有提醒的也退；可重复。")
@click.option(
    "--due", type=click.DateTime(["%Y-%m-%d"]), help="补正后重新报送的截止日期（默认为任务的截止日期），印在说明上。"
)
@with_crew
def send_back(folder: Path, only: tuple[str, ...], due: datetime | None, crew: Hands) -> None:
    """把有错误的表退回修改：每个单位一份标明问题的表和一份退回说明，放入 returned。

    单位在退回的表上改好后重新报送，照常放进 inbox。改好的单位，再次运行时其退回的文件随之删去。
    """
    from perfeval_xl import campaign
    from perfeval_xl.district import returning, rounds

    at = campaign.load(folder)
    last_day = due.date() if due else at.deadline
    inbox = rounds.read_inbox(at)
    with crew as hands, at.locked(), terminal.progress(len(inbox.items), "退回") as step:
        done = returning.send_back(at, only, last_day, step, inbox, hands)
    for each in done.sent:
        click.echo(
            f"  {each.unit.code} {each.unit.label}：须改正 {each.errors} 处，请核对 {each.warnings} 处（第 {each.number} 次）"
        )
    errors, warnings = sum(each.errors for each in done.sent), sum(each.warnings for each in done.sent)
    what = "项目" if at.scheme.per_project else "单位"
    click.echo(f"退回 {len(done.sent)} 个{what}：须改正 {errors} 处，请核对 {warnings} 处。在 {at.returned}")
    for unit in done.nothing:
        click.echo(f"{unit.code} {unit.label}：没有交表，或没有要改的，没有退回。", err=True)
    for code, why in done.failed.items():
        click.echo(f"{code} {at.roster[code].label}：没有写出来：{why}。", err=True)
    if done.sent and last_day < date.today():
        click.echo(
            f"说明上的截止日期 {last_day.isoformat()} 已过。请用 --due 写明补正的截止日期，再运行一次。", err=True
        )
