"""`perfeval collect`: what the units sent, out of a mailbox or out of files, into the inbox."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import FOLDER, QUIET, Stop, format_option


@click.command()
@FOLDER
@click.option(
    "--from",
    "given",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="文件或文件夹",
    help="不连邮箱，从这里收：.eml、.msg、.mbox、表格、压缩包，或装有它们的文件夹；可重复。",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="只看这一天及以后的邮件。")
@click.option("--mark", is_flag=True, help="把收到表的邮件标为已读（默认不动邮箱）。")
@click.option("--move", "move_to", default="", metavar="邮箱文件夹", help="把收到表的邮件移到邮箱的这个文件夹。")
@QUIET
@format_option("text", "json", "csv")
def collect(folder: Path, given: tuple[Path, ...], since: datetime | None, mark: bool, move_to: str, fmt: str) -> None:
    """把单位交来的表收进 inbox：从邮箱（campaign.toml 的 [mail.imap]），或从存下来的邮件和文件。

    每个附件一行；何人何时所发记在 inbox/收件登记.csv 中。再运行一次，只收新来的；同样的文件只收一份，不覆盖任何文件。

    邮箱密码取自环境变量 PERFEVAL_IMAP_PASSWORD，或系统的钥匙串。退出码：0 完成，2 没有完成。
    """
    from perfeval_xl import campaign
    from perfeval_xl.district.mail import collected_report as report
    from perfeval_xl.district.mail.collecting import collect_files, collect_mailbox

    if given and (mark or move_to):
        raise click.UsageError("--mark 和 --move 只用于邮箱，不能和 --from 一起用。")
    at = campaign.load(folder)
    _ = at.roster  # what is wrong with it is told before anything is fetched
    day = since.date() if since else None
    with at.locked(), terminal.progress(what="收取") as step:
        if given:
            done = collect_files(at, given, day, step)
        else:
            done = collect_mailbox(at, day, mark=mark, move_to=move_to, step=step)
    if fmt == "json":
        terminal.print_json(report.collected_json(done))
    elif fmt == "csv":
        terminal.print_csv(report.csv_rows(done))
    else:
        for line in report.text_lines(done):
            click.echo(line)
        click.echo(f"{report.totals_text(done)}在 {at.inbox}")
    if done.stopped:
        raise Stop(done.stopped)
