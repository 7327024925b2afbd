"""`perfeval review`, `summarize` and `run`: from what lies in the inbox to reviewed copies and the district's workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import FOLDER, FRESH, PDF, pdf_printer, tell_departed, with_crew

if TYPE_CHECKING:
    from perfeval_xl.cli.common import Hands


@click.command()
@FOLDER
@FRESH
@with_crew
def review(folder: Path, fresh: bool, crew: Hands) -> None:
    """复核 inbox 中的全部回收表，把批注后的副本写入 reviewed；原件不动。"""
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district import rounds

    campaign = campaigns.load(folder)
    inbox = rounds.read_inbox(campaign)
    files = len(inbox.items)
    with crew as hands, campaign.locked(), terminal.progress_in(("复核", files), ("批注", files)) as (step, copied):
        district = rounds.review(campaign, step, inbox, hands, copied=copied, fresh=fresh)
    terminal.print_round(district)
    tell_departed(campaign)
    click.echo(f"批注后的复核表：{campaign.reviewed}")


@click.command()
@FOLDER
@PDF
@FRESH
@with_crew
def summarize(folder: Path, pdf: bool, fresh: bool, crew: Hands) -> None:
    """把 inbox 中的回收表汇总成 summary/全区汇总.xlsx。"""
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district import rounds

    campaign = campaigns.load(folder)
    print_out = pdf_printer(pdf, ".xlsx")
    inbox = rounds.read_inbox(campaign)
    with crew as hands, campaign.locked(), terminal.progress(len(inbox.items), "汇总") as step:
        district = rounds.with_reviewed_links(campaign, rounds.examine_inbox(campaign, step, inbox, hands, fresh=fresh))
        path = rounds.summarize(campaign, district)
    terminal.print_round(district)
    tell_departed(campaign)
    click.echo(f"全区汇总：{path}")
    print_out(path)


@click.command()
@FOLDER
@PDF
@FRESH
@with_crew
def run(folder: Path, pdf: bool, fresh: bool, crew: Hands) -> None:
    """复核并汇总（review 与 summarize 一次做完）。"""
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district import rounds

    campaign = campaigns.load(folder)
    print_out = pdf_printer(pdf, ".xlsx")
    inbox = rounds.read_inbox(campaign)
    files = len(inbox.items)
    with crew as hands, campaign.locked(), terminal.progress_in(("复核", files), ("批注", files)) as (step, copied):
        district = rounds.review(campaign, step, inbox, hands, copied=copied, fresh=fresh)
        path = rounds.summarize(campaign, district)
    terminal.print_round(district)
    tell_departed(campaign)
    click.echo(f"批注后的复核表：{campaign.reviewed}")
    click.echo(f"全区汇总：{path}")
    print_out(path)
