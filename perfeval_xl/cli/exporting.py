"""`perfeval export`: the round's data as tables for pandas and the like."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import FOLDER, FRESH, refuse_inbox, with_crew

if TYPE_CHECKING:
    from perfeval_xl.cli.common import Hands


@click.command()
@FOLDER
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="写到这个文件夹（默认为任务文件夹中的 summary/data）。",
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(["csv", "parquet"]),
    multiple=True,
    default=("csv",),
    show_default="csv",
    help="文件格式，可重复；parquet 要另装 perfeval-xl[parquet]。",
)
@FRESH
@with_crew
def export(folder: Path, output: Path | None, formats: tuple[str, ...], fresh: bool, crew: Hands) -> None:
    """把填报内容、得分、问题导出成一行一条的数据表和数据字典，供 pandas 等分析。

    写出 units（单位）、submissions（填报内容）、scores（得分）、findings（问题）和 dictionary.csv（数据字典）。
    金额和得分原样写出，不经浮点。csv 为 UTF-8，可用 Excel、WPS 打开；以 =、+、-、@ 开头的文字前加了 '，以免被当作公式。

    每次全部重写；上次以别的格式写出的，随之删去。
    """
    from perfeval_xl import campaign as campaigns
    from perfeval_xl import dataset
    from perfeval_xl.dataset.schema import Round
    from perfeval_xl.district import rounds, standing

    campaign = campaigns.load(folder)
    target = output or campaign.summary / "data"
    refuse_inbox(campaign, target)
    dataset.check(target, formats)
    inbox = rounds.read_inbox(campaign)
    with crew as hands, campaign.locked(), terminal.progress(len(inbox.items), "导出") as step:
        district = rounds.with_reviewed_links(campaign, rounds.examine_inbox(campaign, step, inbox, hands, fresh=fresh))
        status = standing.status(campaign, district, inbox, date.today())
        written = dataset.export(Round(status, district), target, formats)
    for each in written:
        click.echo(f"{each.rows:>8,} 行  {'、'.join(path.name for path in each.files)}")
    click.echo(f"已写入 {target}")
