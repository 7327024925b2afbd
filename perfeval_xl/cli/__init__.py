"""The command line: the only part that prints or exits. Results to stdout; progress and messages to stderr.

Exit codes: `score` and `status` 0 nothing to report, 1 findings, 2 could not run; all other commands 0 done, 2 could not.
Everything heavier than click is imported inside the command that needs it, so that --help stays quick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfeval_xl import __version__
from perfeval_xl.cli import terminal
from perfeval_xl.errors import AnswersError, PerfevalError

if TYPE_CHECKING:
    from perfeval_xl.campaign import Campaign
    from perfeval_xl.district.intake import Desk
    from perfeval_xl.scheme.model import Scheme


class _Group(click.Group):
    """Turns our own errors into a message and exit code 2; lists commands in the order of the work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PerfevalError as error:
            raise _Stop(str(error)) from error
        except BrokenPipeError:  # whoever read our output has seen enough; click ends quietly
            raise
        except OSError as error:
            where = f"{error.filename}：" if error.filename else ""
            raise _Stop(f"{where}{error.strerror or error}") from error


class _Stop(click.ClickException):
    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"错误：{self.message}", err=True)


FOLDER = click.option(
    "-C",
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="自评任务的文件夹（默认为当前文件夹）。",
)
WORKBOOK = click.Path(exists=True, dir_okay=False, path_type=Path)


def _format(*choices: str) -> Callable[[Any], Any]:
    return click.option(
        "--format", "fmt", type=click.Choice(choices), default=choices[0], show_default=True, help="输出格式。"
    )


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="perfeval")
def main() -> None:
    """部门（单位）整体支出绩效自评：下发表格、回收、重算核分、批注、汇总。"""


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
def demo(folder: Path) -> None:
    """用样例数据走完一轮：下发 177 份、回收、复核、汇总。

    FOLDER 是新建的任务文件夹（默认 demo）。
    """
    from perfeval_xl.demo import run_demo
    from perfeval_xl.district.rounds import SUMMARY_FILE

    with terminal.progress() as step:
        district = run_demo(folder, step)
    terminal.print_round(district)
    click.echo(f"单位填报的表：    {folder / 'inbox'}")
    click.echo(f"批注后的复核表：  {folder / 'reviewed'}")
    click.echo(f"全区汇总：        {folder / 'summary' / SUMMARY_FILE}")


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

    name = scheme_name or _default_scheme()
    new = campaign.Campaign(folder, district, department, year, name, deadline.date(), contact)
    _ = new.scheme  # a scheme that can't be used is told before anything is made
    campaign.create(new)
    click.echo(
        f"已建立 {folder}。下一步：在 {folder / campaign.ROSTER} 中填写单位，然后运行 perfeval generate -C {_quoted(folder)}"
    )
    click.echo(f"{folder / campaign.KEY} 是封签的密钥：请备份，不要外发。", err=True)


@main.command()
@FOLDER
@click.option("--only", multiple=True, metavar="单位代码", help="只生成这些单位的表，可重复。")
def generate(folder: Path, only: tuple[str, ...]) -> None:
    """为名册中的每个单位生成一份锁定、带封签的空表，放入 outbox。"""
    from perfeval_xl.district.rounds import issue

    campaign = _campaign(folder)
    with campaign.locked(), terminal.progress(len(only) or len(campaign.roster), "生成") as step:
        written = issue(campaign, only, step)
    click.echo(f"已生成 {len(written)} 份，在 {campaign.outbox}")


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
        filled = _desk(folder).fill(workbook.read_bytes(), workbook.name, text)
    except AnswersError as error:
        raise _Stop(f"{answers} 中：\n{error}") from error
    write_atomically(output, filled)
    click.echo(f"已写入 {output}")


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@FOLDER
@click.option("--what-if", multiple=True, metavar="口径[=选项]", help="换成这种口径，哪些单位的得分和等级会变。")
@_format("text", "json", "csv")
def score(files: tuple[Path, ...], folder: Path, what_if: tuple[str, ...], fmt: str) -> None:
    """读取填好的表并按评分标准重算，不写任何文件。

    FILES 是填好的表，或装有这些表的文件夹（不含子文件夹）。

    在自评任务的文件夹中（或用 -C 指明）运行时核验封签和名册。退出码：0 无问题，1 有问题，2 无法运行。

    --what-if 换一种口径再算一遍，只列出有变化的单位；编号见 perfeval scheme show。

    只写口径的，逐个试它的其他选项；写几个 --what-if 的，一起换；写 all 的，逐个试全部口径。退出码：0 已比较，2 无法运行。
    """
    from perfeval_xl import report
    from perfeval_xl.inquiry import whatif

    paths = _returns(files)
    desk = _desk(folder)
    if what_if and desk.scheme is not None:
        whatif.cases(desk.scheme, what_if)  # a slip is told before everything is read
    results = []
    with terminal.progress(len(paths), "核分") as step:
        for path in paths:
            results.append(desk.examine(path))
            step()
    if what_if:
        terminal.print_what_if(results, what_if, fmt)
        return
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
@click.option("--indicator", metavar="编号", help="只写这一项指标（编号见 perfeval scheme show）。")
@_format("text", "json")
def explain(file: Path, folder: Path, indicator: str | None, fmt: str) -> None:
    """写出核分工作底稿：每项的条款、数据、计算、口径，自评差异及其原因。

    FILE 是一份填好的表；不写任何文件。每个数都注明所在单元格。
    """
    from perfeval_xl.inquiry import explain as papers
    from perfeval_xl.inquiry import workpaper
    from perfeval_xl.inquiry.workpaper_json import explanation_json

    result = _desk(folder).examine(file, closely=True)
    if result.card is None or result.submission is None:
        raise _Stop(f"{result.file}：{result.findings[0].message}")
    explanation = papers.explain(result.submission, result.card, result.findings)
    wanted = [each for each in explanation.papers if indicator in (None, each.indicator.code)]
    if not wanted:
        codes = "\n".join(f"  {each.indicator.code}　{each.indicator.name}" for each in explanation.papers)
        raise _Stop(f"没有编号为 {indicator!r} 的指标。可用的编号：\n{codes}")
    if fmt == "json":
        terminal.print_json(explanation_json(explanation, wanted))
        return
    if indicator is None:
        terminal.print_blocks(workpaper.unit_blocks(explanation))
    for paper in wanted:
        terminal.print_blocks(workpaper.paper_blocks(paper))


@main.command()
@FOLDER
def review(folder: Path) -> None:
    """复核 inbox 中的全部回收表，把批注后的副本写入 reviewed；原件不动。"""
    from perfeval_xl.district import rounds

    campaign = _campaign(folder)
    with campaign.locked(), terminal.progress(_inbox_size(campaign), "复核") as step:
        district = rounds.review(campaign, step)
    terminal.print_round(district)
    click.echo(f"批注后的复核表：{campaign.reviewed}")


@main.command()
@FOLDER
def summarize(folder: Path) -> None:
    """把 inbox 中的回收表汇总成 summary/全区汇总.xlsx。"""
    from perfeval_xl.district import rounds

    campaign = _campaign(folder)
    with campaign.locked(), terminal.progress(_inbox_size(campaign), "汇总") as step:
        district = rounds.with_reviewed_links(campaign, rounds.examine_inbox(campaign, step))
        path = rounds.summarize(campaign, district)
    terminal.print_round(district)
    click.echo(f"全区汇总：{path}")


@main.command()
@FOLDER
def run(folder: Path) -> None:
    """复核并汇总（review 与 summarize 一次做完）。"""
    from perfeval_xl.district import rounds

    campaign = _campaign(folder)
    with campaign.locked(), terminal.progress(_inbox_size(campaign), "复核") as step:
        district = rounds.review(campaign, step)
        path = rounds.summarize(campaign, district)
    terminal.print_round(district)
    click.echo(f"批注后的复核表：{campaign.reviewed}")
    click.echo(f"全区汇总：{path}")


@main.command()
@FOLDER
@_format("text", "json", "csv")
def status(folder: Path, fmt: str) -> None:
    """逐个单位列出：交了没有、能否计分、有多少问题。

    退出码：0 全部交齐且无问题，1 有未交或有问题的，2 无法运行。
    """
    from perfeval_xl.district import rounds

    campaign = _campaign(folder)
    with terminal.progress(_inbox_size(campaign), "读取") as step:
        district = rounds.examine_inbox(campaign, step)
    lines = rounds.status(campaign, district)
    if fmt == "json":
        terminal.print_json([terminal.status_json(line) for line in lines])
    elif fmt == "csv":
        head = ("单位代码", "单位名称", "状态", "文件", "收到时间", "错误", "提醒")
        terminal.print_csv([head, *[tuple(map(str, terminal.status_json(line).values())) for line in lines]])
    else:
        terminal.print_status(lines, campaign.deadline)
    if any(line.standing is not rounds.Standing.CLEAN for line in lines):
        sys.exit(1)


@main.group(cls=_Group)
def scheme() -> None:
    """评分方案：查看、检查、生成评分手册。"""


@scheme.command("show")
@click.argument("name", required=False)
@_format("text", "json")
def scheme_show(name: str | None, fmt: str) -> None:
    """列出方案的指标、填报项及其在表中的位置和名称、对条款的口径。

    NAME 是方案的名称或路径；不写时用当前任务的方案，或自带的方案。
    """
    from perfeval_xl import report
    from perfeval_xl.excel.layout import build_layout

    shown = report.scheme_json(build_layout(_scheme(name)))
    if fmt == "json":
        terminal.print_json(shown)
        return
    click.echo(f"{shown['title']}（{shown['year']} 年度）  {shown['id']} {shown['version']}  共 {shown['points']} 分\n")
    terminal.print_table(
        ("编号", "三级指标", "分值", "规则", "填报项"),
        [
            (each["code"], each["name"], each["points"], each["rule"], " ".join(each["fields"]))
            for each in shown["indicators"]
        ],
    )
    click.echo()
    terminal.print_table(
        ("填报项编号", "名称", "类型", "单位", "位置"),
        [
            (each["id"], each["label"], each["type"], each["unit"] or "", f"{each['sheet']}!{each['cell']}")
            for each in shown["fields"]
        ],
    )
    click.echo()
    terminal.print_table(("口径编号", "条款", "选项"), report.reading_rows(shown))


@scheme.command("check")
@click.argument("name", required=False)
def scheme_check(name: str | None) -> None:
    """检查方案文件，列出全部错误及其位置。

    NAME 是方案的名称或路径；不写时用当前任务的方案，或自带的方案。
    """

    checked = _scheme(name)
    click.echo(f"{checked.id} {checked.version}：{len(checked.indicators)} 行、{checked.points} 分，没有错误。")


@scheme.command("doc")
@click.argument("name", required=False)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="写到这个文件（默认输出到屏幕）。"
)
def scheme_doc(name: str | None, output: Path | None) -> None:
    """由方案生成可读的评分手册（Markdown）。

    NAME 是方案的名称或路径；不写时用当前任务的方案，或自带的方案。
    """
    from perfeval_xl.files import write_atomically
    from perfeval_xl.scheme.rulebook import rule_book

    text = rule_book(_scheme(name))
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomically(output, text.encode())
        click.echo(f"已写入 {output}")


def _campaign(folder: Path) -> Campaign:
    from perfeval_xl import campaign

    return campaign.load(folder)


def _desk(folder: Path) -> Desk:
    """Where files are examined: under the scheme, key and roster of the round in ``folder``, or away from any round."""
    from perfeval_xl import campaign
    from perfeval_xl.district.intake import Desk

    if not campaign.is_round(folder):
        return Desk()
    at = campaign.load(folder)
    return Desk(at.scheme, at.key, at.roster)


def _quoted(path: Path) -> str:
    """A path as it is typed in a command, in a Unix shell and on Windows alike."""
    return f'"{path}"' if " " in str(path) else str(path)


def _default_scheme() -> str:
    from perfeval_xl.scheme.loader import available_schemes

    return available_schemes()[0]


def _scheme(name: str | None) -> Scheme:
    """The named scheme; without a name the one of the round in the current folder, else the one that comes with us."""
    from perfeval_xl import campaign
    from perfeval_xl.scheme.loader import find_scheme, load_scheme

    if name is None and campaign.is_round(Path()):
        return campaign.load(Path()).scheme
    return load_scheme(find_scheme(name or _default_scheme()))


def _returns(given: tuple[Path, ...]) -> list[Path]:
    """The files to score: those given, and those in the folders given."""
    from perfeval_xl import campaign
    from perfeval_xl.district.intake import inbox_files

    absent = [str(path) for path in given if not path.exists()]
    if absent:
        raise _Stop(f"找不到文件：{'、'.join(absent)}")
    for path in given:
        if campaign.is_round(path):
            raise _Stop(f"{path} 是自评任务的文件夹。请写：perfeval score -C {_quoted(path)} {_quoted(path / 'inbox')}")
    found = [each for path in given for each in (inbox_files(path) if path.is_dir() else [path])]
    if not found:
        raise _Stop(f"文件夹中没有文件：{'、'.join(map(str, given))}")
    return found


def _inbox_size(campaign: Campaign) -> int:
    from perfeval_xl.district.intake import inbox_files

    return len(inbox_files(campaign.inbox)) if campaign.inbox.is_dir() else 0
