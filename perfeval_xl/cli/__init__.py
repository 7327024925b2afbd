"""The command line: the only part that prints or exits. Results to stdout; progress and messages to stderr.

Exit codes: `score`, `check` and `status` 0 nothing to report, 1 findings, 2 could not run; `diff` 0 the same, 1 different, 2 could
not run; all other commands 0 done, 2 could not.
Everything heavier than click is imported inside the command that needs it, so that --help stays quick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl import __version__
from perfeval_xl.cli import terminal
from perfeval_xl.cli.collecting import collect
from perfeval_xl.cli.common import (
    FOLDER,
    FRESH,
    PASSWORDS,
    QUIET,
    WORKBOOK,
    Group,
    Stop,
    format_option,
    refuse_inbox,
    with_crew,
)
from perfeval_xl.cli.exporting import export
from perfeval_xl.cli.issuing import generate
from perfeval_xl.cli.mailing import mail
from perfeval_xl.cli.narrating import narrative
from perfeval_xl.cli.reminding import remind
from perfeval_xl.cli.returning import send_back
from perfeval_xl.cli.reviewing import review, run, summarize
from perfeval_xl.cli.rolling import rollup
from perfeval_xl.cli.schemes import default_scheme, scheme
from perfeval_xl.errors import AnswersError

if TYPE_CHECKING:
    from perfeval_xl.campaign import Campaign
    from perfeval_xl.cli.common import Hands
    from perfeval_xl.district.crew import Crew
    from perfeval_xl.district.intake import Desk
    from perfeval_xl.district.parcels import Item
    from perfeval_xl.results import UnitResult
    from perfeval_xl.storage import Place


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="perfeval")
def main() -> None:
    """部门（单位）整体支出绩效自评：下发表格、回收、重算核分、批注、汇总。"""


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
@QUIET
def demo(folder: Path) -> None:
    """用样例数据走完一轮：下发 177 份、回收、复核、汇总，并写出主管部门的表和说明。

    FOLDER 是新建的任务文件夹（默认 demo）。
    """
    from perfeval_xl.demo import run_demo
    from perfeval_xl.district.narrative.writing import department_path
    from perfeval_xl.district.rollup.form import form_path
    from perfeval_xl.district.rounds import SUMMARY_FILE

    with terminal.progress() as step:
        district = run_demo(folder, step)
    at = _campaign(folder)
    terminal.print_round(district)
    click.echo(f"单位填报的表：    {folder / 'inbox'}")
    click.echo(f"批注后的复核表：  {folder / 'reviewed'}")
    click.echo(f"全区汇总：        {folder / 'summary' / SUMMARY_FILE}")
    click.echo(f"主管部门的自评表：{form_path(at)}")
    click.echo(f"自评表说明：      {department_path(at)}")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--district", required=True, help="区县名称，如 广州市花都区。")
@click.option("--department", required=True, help="主管部门名称，如 广州市花都区教育局。")
@click.option("--year", type=int, required=True, help="自评年度，如 2024。")
@click.option("--deadline", type=click.DateTime(["%Y-%m-%d"]), required=True, help="填报截止日期，如 2025-04-30。")
@click.option("--contact", default="", help="联系人和电话，印在表上。")
@click.option("--scheme", "scheme_name", help="评分方案的名称或路径（默认为自带的方案）。")
def init(
    folder: Path, district: str, department: str, year: int, deadline: datetime, contact: str, scheme_name: str | None
) -> None:
    """新建一个年度的自评任务文件夹。

    FOLDER 是新文件夹；建好后在 units.xlsx 中填写单位名册。
    """
    from perfeval_xl import campaign

    name = scheme_name or default_scheme()
    new = campaign.Campaign(folder, district, department, year, name, deadline.date(), contact)
    _ = new.scheme  # a scheme that can't be used is told before anything is made
    campaign.create(new)
    click.echo(
        f"已建立 {folder}。下一步：在 {folder / campaign.ROSTER} 中填写单位，然后运行 perfeval generate -C {_quoted(folder)}"
    )
    click.echo(f"{folder / campaign.KEY} 是封签的密钥：请备份，不要外发。", err=True)


main.add_command(generate)
main.add_command(mail)
main.add_command(collect)


@main.command()
@click.argument("workbook", type=WORKBOOK)
@click.argument("answers", type=WORKBOOK)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="写到这个文件。")
@FOLDER
def fill(workbook: Path, answers: Path, output: Path, folder: Path) -> None:
    """把答案文件（JSON）填入下发的表。

    WORKBOOK 是下发的表，ANSWERS 是 JSON：键为填报项编号（见 perfeval scheme show）。
    """
    from perfeval_xl.files import write_atomically

    text = answers.read_text(encoding="utf-8-sig")
    try:
        filled = _desk(_round(folder)).fill(workbook.read_bytes(), workbook.name, text)
    except AnswersError as error:
        raise Stop(f"{answers} 中：\n{error}") from error
    write_atomically(output, filled)
    click.echo(f"已写入 {output}")


@main.command()
@click.argument("files", nargs=-1, required=True)
@FOLDER
@click.option("--what-if", multiple=True, metavar="口径[=选项]", help="换成这种口径，哪些单位的得分和等级会变。")
@PASSWORDS
@with_crew
@format_option("text", "json", "csv")
def score(
    files: tuple[str, ...], folder: Path, what_if: tuple[str, ...], passwords: tuple[str, ...], fmt: str, crew: Hands
) -> None:
    """读取填好的表并按评分标准重算，不写任何文件。

    FILES 是填好的表，或装有这些表的文件夹、压缩包（.zip）；也可以是网址，如 s3://bucket/2024/inbox（要另装 perfeval-xl[remote]）。

    在自评任务的文件夹中（或用 -C 指明）运行时核验封签和名册。退出码：0 无问题，1 有问题，2 无法运行。

    --what-if 换一种口径再算一遍，只列出有变化的单位；编号见 perfeval scheme show。

    只写口径的，逐个试它的其他选项；写几个 --what-if 的，一起换；写 all 的，逐个试全部口径。退出码：0 已比较，2 无法运行。
    """
    from perfeval_xl import report
    from perfeval_xl.district.rulings import with_rulings
    from perfeval_xl.inquiry import whatif

    given = _returns(files)
    at = _round(folder)
    desk = _desk(at, passwords)
    if what_if and desk.scheme is not None:
        whatif.cases(desk.scheme, what_if)  # a slip is told before everything is read
    with crew as hands, terminal.progress(len(given), "核分") as step:
        results = _examined(desk, given, step, hands)
    if what_if:
        terminal.print_what_if(results, what_if, fmt)
        return
    if at is not None:
        results = with_rulings(at, results)
    if fmt == "json":
        terminal.print_json(report.score_json(results))
    elif fmt == "csv":
        terminal.print_csv(report.score_csv(results))
    else:
        for result in results:
            terminal.print_result(result)
    if any(report.needs_attention(result.findings) for result in results):
        sys.exit(1)


@main.command()
@click.argument("file", type=WORKBOOK)
@FOLDER
@PASSWORDS
@format_option("text", "json")
def check(file: Path, folder: Path, passwords: tuple[str, ...], fmt: str) -> None:
    """上交之前自查：能不能交、要改哪些单元格、读表时替您做了什么。

    FILE 是一份填好的表；不写任何文件。单位自查不需要自评任务的文件夹，只是不核验封签。

    退出码：0 可以上交，1 有要改正或核对的，2 无法运行。
    """
    from perfeval_xl import precheck, report

    results = _examined(_desk(_round(folder), passwords), [_item(file)])
    if fmt == "json":
        terminal.print_json(precheck.check_json(results))
    else:
        click.echo("\n\n\n".join("\n".join(precheck.check_lines(each)) for each in results))
    if any(report.needs_attention(each.findings) for each in results):
        sys.exit(1)


@main.command()
@click.argument("file", type=WORKBOOK)
@FOLDER
@click.option("--indicator", metavar="编号", help="只写这一项指标（编号见 perfeval scheme show）。")
@format_option("text", "json")
def explain(file: Path, folder: Path, indicator: str | None, fmt: str) -> None:
    """写出核分工作底稿：每项的条款、数据、计算、口径，自评差异及其原因。

    FILE 是一份填好的表；不写任何文件。每个数都注明所在单元格。
    """
    from perfeval_xl.district.rulings import with_rulings
    from perfeval_xl.inquiry import explain as papers
    from perfeval_xl.inquiry import workpaper
    from perfeval_xl.inquiry.workpaper_json import explanation_json

    at = _round(folder)
    result = _only_form(_desk(at), file)
    if at is not None:
        [result] = with_rulings(at, [result])
    if result.card is None or result.submission is None:
        raise Stop(f"{result.file}：{result.findings[0].message}")
    explanation = papers.explain(result.submission, result.card, result.findings)
    wanted = [each for each in explanation.papers if indicator in (None, each.indicator.code)]
    if not wanted:
        codes = "\n".join(f"  {each.indicator.code}　{each.indicator.name}" for each in explanation.papers)
        raise Stop(f"没有编号为 {indicator!r} 的指标。可用的编号：\n{codes}")
    if fmt == "json":
        terminal.print_json(explanation_json(explanation, wanted))
        return
    if indicator is None:
        terminal.print_blocks(workpaper.unit_blocks(explanation))
    for paper in wanted:
        terminal.print_blocks(workpaper.paper_blocks(paper))


@main.command()
@click.argument("old", type=WORKBOOK)
@click.argument("new", type=WORKBOOK)
@FOLDER
@PASSWORDS
@format_option("text", "json")
def diff(old: Path, new: Path, folder: Path, passwords: tuple[str, ...], fmt: str) -> None:
    """比较两份填好的表：哪些单元格由什么改成什么，得分和问题因此有何变化。

    OLD 是原来的表，NEW 是改后的表；不写任何文件。

    退出码：0 没有不同，1 有不同，2 无法运行。
    """
    from perfeval_xl.inquiry.difference import between
    from perfeval_xl.inquiry.difference_report import difference_json

    desk = _desk(_round(folder), passwords)
    found = between(*(_only_form(desk, path) for path in (old, new)))
    if fmt == "json":
        terminal.print_json(difference_json(found))
    else:
        terminal.print_difference(found)
    if found.cells:
        sys.exit(1)


main.add_command(review)
main.add_command(summarize)
main.add_command(run)
main.add_command(send_back)
main.add_command(remind)


@main.command()
@FOLDER
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="写到这个文件（xlsx 必须写明）。")
@FRESH
@with_crew
@format_option("text", "json", "csv", "xlsx")
def status(folder: Path, output: Path | None, fmt: str, fresh: bool, crew: Hands) -> None:
    """逐个单位列出：交了没有、何时收到、能否受理、有多少问题；末尾是合计和截止日期。

    不写 inbox 中的任何文件。退出码：0 全部交齐且无问题，1 有未交、未受理或有问题的，2 无法运行。
    """
    from datetime import date

    from perfeval_xl.district import rounds, standing

    campaign = _campaign(folder)
    _check_status_output(campaign, output, fmt)
    inbox = rounds.read_inbox(campaign)
    with crew as hands, terminal.progress(len(inbox.items), "读取") as step:
        district = rounds.examine_inbox(campaign, step, inbox, hands, fresh=fresh)
    found = standing.status(campaign, district, inbox, date.today())
    terminal.print_status(found, fmt, output)
    if not found.settled:
        sys.exit(1)


def _check_status_output(campaign: Campaign, output: Path | None, fmt: str) -> None:
    """What can't be written is told before everything is read."""
    if fmt == "xlsx" and output is None:
        raise click.UsageError("--format xlsx 要用 -o 写明文件，如 -o 交表情况.xlsx。")
    if output is None:
        return
    if output.suffix.lower() == ".xlsx" and fmt != "xlsx":
        raise click.UsageError(f"要写成 {output.name}，请加 --format xlsx。")
    refuse_inbox(campaign, output)


main.add_command(rollup)
main.add_command(narrative)
main.add_command(export)
main.add_command(scheme)


def _campaign(folder: Path) -> Campaign:
    from perfeval_xl import campaign

    return campaign.load(folder)


def _round(folder: Path) -> Campaign | None:
    """The round in ``folder``, if there is one."""
    from perfeval_xl import campaign

    return campaign.load(folder) if campaign.is_round(folder) else None


def _desk(at: Campaign | None, passwords: tuple[str, ...] = ()) -> Desk:
    """Where files are examined: under the scheme, key and roster of the round ``at``, or away from any round."""
    from perfeval_xl.district.intake import Desk
    from perfeval_xl.passwords import Passwords

    if at is None:
        return Desk(passwords=Passwords(tuple(("*", each) for each in passwords)))
    return Desk.of(at, passwords)


def _item(path: Place) -> Item:
    from perfeval_xl.district.parcels import Item

    return Item(path.name, path)


def _examined(
    desk: Desk, items: Sequence[Item], step: Callable[[], None] = lambda: None, crew: Crew | None = None
) -> list[UnitResult]:
    """The results of all files, each read by a worker."""
    from perfeval_xl.district.batch import examine_all

    results: list[UnitResult] = []
    for found in examine_all(desk, items, crew):
        results += found
        step()
    return results


def _only_form(desk: Desk, path: Path) -> UnitResult:
    """The result of a file that holds one form. Stop where it is a zip with several."""
    result, *more = _examined(desk, [_item(path)])
    if more:
        raise Stop(f"{path.name} 中有 {1 + len(more)} 份表。请解压后逐份查看。")
    return result


def _quoted(path: Path) -> str:
    """A path as it is typed in a command, in a Unix shell and on Windows alike."""
    return f'"{path}"' if " " in str(path) else str(path)


def _returns(given: tuple[str, ...]) -> list[Item]:
    """The files to score: those given (paths or URLs), and those in the folders given."""
    from perfeval_xl import campaign
    from perfeval_xl.district import parcels
    from perfeval_xl.errors import StorageError
    from perfeval_xl.storage import place_of

    try:
        places = [place_of(each) for each in given]
    except StorageError as error:
        raise Stop(f"网址不能用：{error}。") from error
    paths = [path for path in places if isinstance(path, Path)]
    absent = [str(path) for path in paths if not path.exists()]
    if absent:
        raise Stop(f"找不到文件：{'、'.join(absent)}")
    for path in paths:
        if campaign.is_round(path):
            raise Stop(f"{path} 是自评任务的文件夹。请写：perfeval score -C {_quoted(path)} {_quoted(path / 'inbox')}")
    found: list[Item] = []
    for place in places:
        folder = place.is_dir() if isinstance(place, Path) else not place.is_file()
        found += parcels.items(place).items if folder else [_item(place)]
    if not found:
        raise Stop(f"文件夹中没有文件：{'、'.join(map(str, given))}")
    return found
