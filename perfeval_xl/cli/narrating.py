"""`perfeval narrative`: the 自评表说明 of the department and of units, and a written one read back into answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import FOLDER, PDF, WORKBOOK, Stop, pdf_printer, refuse_inbox, with_crew
from perfeval_xl.cli.schemes import scheme_named

if TYPE_CHECKING:
    from perfeval_xl.campaign import Campaign
    from perfeval_xl.cli.common import Hands
    from perfeval_xl.district.narrative.writing import Narratives

_FEW = 5  # documents whose reminders are listed one by one
_MOST = 10  # units without a return that are named


@click.command()
@FOLDER
@click.option("--unit", "codes", multiple=True, metavar="单位代码", help="写这个单位的说明，可重复。")
@click.option("--all-units", is_flag=True, help="写名册中全部单位的说明。")
@click.option("--read", "source", type=WORKBOOK, metavar="文件", help="读一份写好的说明（.docx 或 .txt）。")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="--read 读出的内容写到这个文件。")
@PDF
@with_crew
def narrative(
    folder: Path,
    codes: tuple[str, ...],
    all_units: bool,
    source: Path | None,
    output: Path | None,
    pdf: bool,
    crew: Hands,
) -> None:
    """写自评表说明（.docx）：按方案的提纲，填入自评说明、得分、等级、失分和问题。

    不写 --unit 和 --all-units 时，写主管部门的说明，放在 summary；单位的说明放在 summary/自评说明。

    要人补写、核对的地方在文中标黄，并在最后列出。人改过的说明不会被改写。

    --read 把一份说明读成答案文件（JSON），可用 perfeval fill 填入下发的表；没有位置的内容都会列出，并留在答案文件中。
    """
    if codes and all_units:
        raise click.UsageError("--unit 和 --all-units 只用一个。")
    if (source is None) is not (output is None):
        raise click.UsageError("--read 和 -o 要一起用。")
    if source is not None and output is not None:
        if codes or all_units or pdf:
            raise click.UsageError("--read 不和 --unit、--all-units、--pdf 一起用。")
        _read(folder, source, output)
        return
    from perfeval_xl import campaign as campaigns

    print_out = pdf_printer(pdf, ".docx")
    done = _write(campaigns.load(folder), codes, all_units, crew)
    _tell(done)
    print_out(*(each.path for each in done.written))


def _write(campaign: Campaign, codes: tuple[str, ...], all_units: bool, crew: Hands) -> Narratives:
    from perfeval_xl.district import rounds
    from perfeval_xl.district.narrative import writing

    units = rounds.units_of(campaign, codes) if codes or all_units else []
    inbox = rounds.read_inbox(campaign)
    with crew as hands, campaign.locked(), terminal.progress(len(inbox.items) + len(units), "写说明") as step:
        district = rounds.examine_inbox(campaign, step, inbox, hands)
        if units:
            return writing.write_units(campaign, district, units, step)
        return writing.write_department(campaign, district)


def _tell(done: Narratives) -> None:
    """What was written, what must still be done by hand, what was left as it is."""
    few = len(done.written) <= _FEW
    for each in done.written:
        if each.reminders:
            click.echo(f"{each.path}：要补写、核对 {len(each.reminders)} 处，文中标黄")
        elif few:
            click.echo(f"{each.path}")
        for reminder in each.reminders if few else ():
            click.echo(f"  {reminder}")
    waiting = sum(bool(each.reminders) for each in done.written)
    if not few:
        where = done.written[0].path.parent
        click.echo(f"写了 {len(done.written)} 份，在 {where}；其中 {waiting} 份有要补写、核对的地方。")
    for path in done.kept:
        click.echo(
            f"{path} 已由人改过，没有改写。要重新生成，请先把它改名或移走；其中的文字可用 --read 读出。", err=True
        )
    for unit in done.without[:_MOST]:
        click.echo(f"{unit.code} {unit.name}：没有可用的报表，没有写。", err=True)
    if more := len(done.without[_MOST:]):
        click.echo(f"另有 {more} 个单位没有可用的报表，没有写。请用 perfeval status 查看交表情况。", err=True)
    if not (done.written or done.kept):
        raise Stop("一份说明也没有写：这些单位都没有可用的报表。请用 perfeval status 查看交表情况。")


def _read(folder: Path, source: Path, output: Path) -> None:
    from perfeval_xl import campaign as campaigns
    from perfeval_xl.district.narrative.reading import read_narrative
    from perfeval_xl.files import write_atomically

    at = campaigns.load(folder) if campaigns.is_round(folder) else None
    if at is not None:
        refuse_inbox(at, output)
    scheme = scheme_named(None) if at is None else at.scheme
    found = read_narrative(source.read_bytes(), source.name, scheme)
    text = json.dumps(found.content(), ensure_ascii=False, indent=1) + "\n"
    write_atomically(output, text.encode())
    click.echo(f"读出 {len(found.texts)} 项，已写入 {output}")
    for line in found.remarks():
        click.echo(line, err=True)
