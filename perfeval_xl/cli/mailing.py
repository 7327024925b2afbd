"""`perfeval mail`: each unit's blank goes out to it; and what all commands that send letters share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import FOLDER, QUIET, Stop, format_option

if TYPE_CHECKING:
    from perfeval_xl.campaign import Campaign
    from perfeval_xl.district.mail.messages import Kind
    from perfeval_xl.district.mail.sending import Letter, Posted
    from perfeval_xl.roster import Unit

_LABELS = {
    "sent": "已发送",
    "draft": "已写成草稿",
    "ready": "将发送",
    "already": "此前已发",
    "uncertain": "不能确定",
    "no-address": "没有邮箱",
    "bad-address": "邮箱有误",
    "too-large": "邮件过大",
    "failed": "没有发出",
    "stopped": "中断未发",
}
DRY_RUN = click.option("--dry-run", is_flag=True, help="只列出将发给谁、有什么问题，不连服务器，不发送，不写文件。")
DRAFTS = click.option(
    "--drafts", is_flag=True, help="写成草稿（.eml，在 outbox 中），不直接发送。没有 [mail.smtp] 时总是这样。"
)


@click.command()
@FOLDER
@click.option("--only", multiple=True, metavar="单位代码", help="只发给这些单位，可重复。")
@DRY_RUN
@click.option(
    "--again", multiple=True, metavar="单位代码", help="这些单位的邮件发过或不能确定是否发到的，也再发一次；可重复。"
)
@DRAFTS
@QUIET
@format_option("text", "json", "csv")
def mail(folder: Path, only: tuple[str, ...], dry_run: bool, again: tuple[str, ...], drafts: bool, fmt: str) -> None:
    """把 outbox 中的空表用邮件发给各单位：每个单位一封，附本单位的表。

    campaign.toml 中有 [mail.smtp] 的直接发送，没有的在 outbox 中写成草稿（.eml），用 Outlook、Foxmail、Thunderbird 打开后发送。

    中断后重新运行即可继续：发过的不重发，记录在 mail-log.csv。密码取自环境变量 PERFEVAL_SMTP_PASSWORD 或系统的钥匙串。

    退出码：0 完成（个别单位没有发出的，各列一行），2 没有完成。
    """
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district.mail.letters import blank_letters
    from perfeval_xl.district.rounds import units_of

    at = campaigns.load(folder)
    anew = {unit.owner for unit in units_of(at, again)} if again else set()  # an unknown code is told
    with held(at, dry_run=dry_run):
        letters = blank_letters(at, units_of(at, only))
        deliver(at, letters, fmt, dry_run=dry_run, drafts=drafts, again=anew)


def held(at: Campaign, *, dry_run: bool) -> AbstractContextManager[None]:
    """The round's lock, from before the letters are made until they are out: what a letter is known by in the journal
    must be what goes out. A dry run needs none."""
    return nullcontext() if dry_run else at.locked()


def deliver(
    at: Campaign,
    letters: Sequence[Letter],
    fmt: str,
    *,
    dry_run: bool = False,
    drafts: bool = False,
    again: Collection[str] = (),
    considered: Collection[tuple[Unit, Kind]] = (),
) -> None:
    """Send the letters (or write drafts, or only say what would be done), and print a line a unit. PerfevalError. The
    round must be ``held``.

    ``considered``: to whom there might have been a letter; drafts that are no longer called for are removed.
    """
    from perfeval_xl.district.mail.drafts import write_drafts
    from perfeval_xl.district.mail.sending import rehearse, send_all

    if dry_run:
        with terminal.progress(len(letters), "试排") as step:
            posted = rehearse(at, letters, step, again=again)
    elif drafts or at.mail is None or at.mail.smtp is None:
        with terminal.progress(len(letters), "写草稿") as step:
            posted = write_drafts(at, letters, step, considered=considered)
    else:
        with terminal.progress(len(letters), "发送") as step:
            posted = send_all(at, letters, step, again=again)
    _print(at, posted, fmt)
    stopped = next((each for each in posted if each.state == "stopped"), None)
    if stopped is not None:
        raise Stop(f"没有发完：{stopped.why}。")


def _print(at: Campaign, posted: Sequence[Posted], fmt: str) -> None:
    if fmt == "json":
        terminal.print_json([_as_json(each) for each in posted])
        return
    if fmt == "csv":
        head = ("unit_code", "unit_name", "kind", "state", "addresses", "why")
        rows = [
            (each.unit.code, each.unit.name, each.kind, each.state, "; ".join(each.addresses), each.why)
            for each in posted
        ]
        terminal.print_csv([head, *rows])
        return
    for each in posted:
        to = f" {'、'.join(each.addresses)}" if each.addresses else ""
        why = f"（{each.why}）" if each.why else ""
        click.echo(f"  {each.unit.code} {each.unit.name}：{_LABELS[each.state]}{to}{why}")
    counts = Counter(each.state for each in posted)
    click.echo(
        "，".join(f"{_LABELS[state]} {count} 封" for state, count in counts.items()) + "。"
        if counts
        else "没有要发的。"
    )
    if any(each.state == "draft" for each in posted):
        click.echo(f"草稿在 {at.outbox}")


def _as_json(posted: Posted) -> dict[str, object]:
    return {
        "unit_code": posted.unit.code,
        "unit_name": posted.unit.name,
        "kind": posted.kind.value,
        "state": posted.state.value,
        "addresses": list(posted.addresses),
        "why": posted.why,
    }
