"""`perfeval remind`: letters to units that have not returned, or must correct their form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import FOLDER, format_option, with_crew
from perfeval_xl.cli.mailing import DRAFTS, DRY_RUN, deliver, held

if TYPE_CHECKING:
    from perfeval_xl.cli.common import Hands


@click.command()
@FOLDER
@click.option("--only", multiple=True, metavar="单位代码", help="只催这些单位，可重复。")
@click.option("--missing", "chosen", flag_value="missing", help="只催没有交、或交来的不能受理的。")
@click.option("--correct", "chosen", flag_value="correct", help="只发退回修改的（先运行 perfeval return）。")
@DRY_RUN
@click.option("--again", multiple=True, metavar="单位代码", help="这些单位今天发过的，也再发一次；可重复。")
@DRAFTS
@with_crew
@format_option("text", "json", "csv")
def remind(
    folder: Path,
    only: tuple[str, ...],
    chosen: str | None,
    dry_run: bool,
    again: tuple[str, ...],
    drafts: bool,
    fmt: str,
    crew: Hands,
) -> None:
    """用邮件催没有交的单位，并把退回修改的表发给单位；写明缺什么、要改什么。

    没有交的：附上空表；交来过而不能受理的，写明原因。退回修改的：附上 returned 中的表和退回说明，列出要改的各处。没有要做的单位不发。

    同一天内，内容没有变的不重发；过了一天再运行，就再催一次。在哪里发送、怎样记录，与 perfeval mail 相同。
    """
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district.mail.messages import Kind
    from perfeval_xl.district.mail.reminding import reminders
    from perfeval_xl.district.rounds import read_inbox, units_of
    from perfeval_xl.roster import by_owner

    at = campaigns.load(folder)
    anew = {code for unit in units_of(at, again) for code in (unit.code, unit.owner)} if again else set()
    kinds = (Kind(chosen),) if chosen else (Kind.MISSING, Kind.CORRECT)
    with held(at, dry_run=dry_run):
        inbox = read_inbox(at)
        with crew as hands, terminal.progress(len(inbox.items), "读取") as step:
            found = reminders(at, only, kinds, step, inbox, hands)
        for each in found.left:
            click.echo(f"{each.unit.code} {each.unit.label}：{each.why}。", err=True)
        for unit in found.nothing:
            click.echo(f"{unit.code} {unit.label}：没有要催的，没有发。", err=True)
        units, owners = units_of(at, only), at.owners
        about = {Kind.MISSING: [owners[code] for code in by_owner(units)], Kind.CORRECT: units}
        considered = [(unit, kind) for kind in kinds for unit in about[kind]]
        deliver(at, found.letters, fmt, dry_run=dry_run, drafts=drafts, again=anew, considered=considered)
