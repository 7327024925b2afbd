"""`perfeval generate`: blanks for the units, with known figures in them where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import FOLDER, WORKBOOK, Stop, refuse_per_project, tell_departed, with_crew

if TYPE_CHECKING:
    from perfeval_xl.campaign import Campaign
    from perfeval_xl.cli.common import Hands
    from perfeval_xl.district.crew import Crew
    from perfeval_xl.district.prefill import Prefill
    from perfeval_xl.roster import Unit

_NAMED = 5  # units named in one line


@click.command()
@FOLDER
@click.option("--only", multiple=True, metavar="单位代码", help="只生成这些单位的表，可重复。")
@click.option("--prefill", "table", type=WORKBOOK, metavar="表格", help="把这个表格（.xlsx）中已知的数预先填入。")
@click.option(
    "--from",
    "last",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="任务文件夹",
    help="把这个已完成的自评任务中各单位的填报内容预先填入。",
)
@click.option("--field", "fields", multiple=True, metavar="编号", help="--from 只取这些填报项，可重复。")
@click.option("--lock-prefilled", is_flag=True, help="锁定预填的单元格（默认单位可以改）。")
@click.option("--department", is_flag=True, help="只生成主管部门自己的表。")
@with_crew
def generate(
    folder: Path,
    only: tuple[str, ...],
    table: Path | None,
    last: Path | None,
    fields: tuple[str, ...],
    lock_prefilled: bool,
    department: bool,
    crew: Hands,
) -> None:
    """为名册中的每个单位生成一份锁定、带封签的空表，放入 outbox。

    --prefill 的表格：每行一个单位，第一行为“单位代码”和填报项的编号（见 perfeval scheme show）或名称；
    第二行可写“是否锁定”，逐列填“锁定”或“可改”。同时用 --from 的，以表格为准。有错时列出全部，一份也不生成。

    --from 沿用哪些填报项由方案的 [carry] 规定（当年的数不沿用），没有规定的，凡本次的表有的都沿用；单位按代码对应。

    --department：主管部门填好自己的项目后，同单位的表一样放进 inbox；由单位数据汇总的项目留空，由 perfeval rollup 填入。
    """
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district.prefill import losing
    from perfeval_xl.district.rounds import issue, units_of

    if fields and last is None:
        raise click.UsageError("--field 要和 --from 一起用。")
    if lock_prefilled and table is None and last is None:
        raise click.UsageError("--lock-prefilled 要和 --prefill 或 --from 一起用。")
    campaign = campaigns.load(folder)
    if department:
        if only or table or last:
            raise click.UsageError("--department 单独用，不和 --only、--prefill、--from 一起用。")
        _department(campaign)
        return
    units = units_of(campaign, only)
    with crew as hands:
        known = _known_figures(campaign, units, table, last, fields, hands, locked=lock_prefilled)
    lost = losing(campaign, units, known)
    with campaign.locked(), terminal.progress(len(units), "生成") as step:
        written = issue(campaign, only, step, known)
    click.echo(f"已生成 {len(written)} 份，在 {campaign.outbox}")
    _tell(known, units, lost)
    tell_departed(campaign)


def _department(campaign: Campaign) -> None:
    from perfeval_xl.district.rounds import issue_department

    refuse_per_project(campaign)
    with campaign.locked():
        path = issue_department(campaign)
    click.echo(f"已生成主管部门自己的表：{path}")
    count = len(campaign.scheme.rolled_up)
    click.echo(f"其中 {count} 项由所属单位的数据汇总，不用填。填好后放进 {campaign.inbox}，再运行 perfeval rollup。")


def _known_figures(
    campaign: Campaign,
    units: Sequence[Unit],
    table: Path | None,
    last: Path | None,
    fields: Sequence[str],
    crew: Crew | None,
    *,
    locked: bool,
) -> Prefill:
    """The figures of the table and of the earlier round for ``units``. PrefillError, CampaignError, Stop."""
    from perfeval_xl.district.prefill import merged
    from perfeval_xl.district.prefill_table import read_table

    told = read_table(table, campaign.scheme, campaign.roster, locked=locked) if table else {}
    taken = _from_round(campaign, units, last, fields, locked, crew) if last else {}
    codes = {unit.code for unit in units}
    return {code: given for code, given in merged(taken, told).items() if code in codes}


def _from_round(
    campaign: Campaign, units: Sequence[Unit], last: Path, fields: Sequence[str], locked: bool, crew: Crew | None
) -> Prefill:
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district import rounds
    from perfeval_xl.district.prefill import taken_from
    from perfeval_xl.district.taken_report import taken_lines

    if last.resolve() == campaign.folder.resolve():
        raise Stop("--from 请指明另一个自评任务的文件夹。")
    earlier = campaigns.load(last)
    inbox = rounds.read_inbox(earlier)
    with terminal.progress(len(inbox.items), "读取") as step:
        results = rounds.examine_inbox(earlier, step, inbox, crew).results
    taken = taken_from(results, campaign.scheme, units, fields, locked=locked)
    for line in taken_lines(taken, campaign.scheme):
        click.echo(line, err=True)
    gone = [f"{each.code} {each.label}" for each in earlier.roster.values() if each.code not in campaign.roster]
    if gone:
        click.echo(f"{last} 中有 {len(gone)} 个单位不在这次的名册中，没有沿用：{_named(gone)}", err=True)
    return taken.prefill


def _tell(known: Prefill, units: Sequence[Unit], lost: Sequence[Unit]) -> None:
    """How much was put into the blanks; and which blanks had figures before and have none now."""
    if known:
        cells = [each for given in known.values() for each in given.values()]
        locked = sum(each.locked for each in cells)
        click.echo(f"其中 {len(known)} 份有预填内容，共 {len(cells)} 格（锁定 {locked} 格）。")
    if lost:
        named = _named([unit.code for unit in lost])
        click.echo(
            f"{len(lost)} 份原来有预填内容，这次没有：{named}。要保留，请带上原来的 --prefill 或 --from 再生成。",
            err=True,
        )


def _named(codes: Sequence[str]) -> str:
    return "、".join(codes[:_NAMED]) + (f"等 {len(codes)} 个" if len(codes) > _NAMED else "")
