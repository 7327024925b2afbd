"""What all commands share: how errors become messages and exit code 2, and the options that many of them take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfeval_xl.cli import terminal
from perfeval_xl.errors import PerfevalError
from perfeval_xl.files import reason

if TYPE_CHECKING:
    from perfeval_xl.campaign import Campaign
    from perfeval_xl.district.crew import Crew

    Hands = AbstractContextManager[Crew | None]


class Group(click.Group):
    """Turns our own errors into a message and exit code 2; lists commands in the order of the work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PerfevalError as error:
            raise Stop(str(error)) from error
        except KeyboardInterrupt as error:
            raise Interrupted("已中断。已写出的文件都是完整的；再运行一次，就会做完。") from error
        except BrokenPipeError:  # whoever read our output has seen enough; click ends quietly
            raise
        except OSError as error:
            where = f"{error.filename}：" if error.filename else ""
            raise Stop(f"{where}{reason(error)}") from error


class Stop(click.ClickException):
    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"错误：{self.message}", err=True)


class Interrupted(Stop):
    """By Ctrl-C; the exit code is what shells give such a program."""

    exit_code = 130

    def show(self, file: Any = None) -> None:
        click.echo(f"\n{self.message}", err=True)  # behind the ^C that the terminal shows


FOLDER = click.option(
    "-C",
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="自评任务的文件夹（默认为当前文件夹）。",
)
PASSWORDS = click.option(
    "--password",
    "passwords",
    multiple=True,
    metavar="密码",
    help="用这个密码打开加密的文件，可重复。",
)


def refuse_per_project(campaign: Campaign) -> None:
    """Stop: there is no form of the department's own in a round of one workbook a project."""
    if campaign.scheme.per_project:
        raise Stop(
            f"方案 {campaign.scheme.id} 是一个项目一份表，没有主管部门自己的汇总表。"
            "各单位全部项目的合计，见 perfeval summarize 写出的“各单位项目情况”。"
        )


def tell_departed(campaign: Campaign) -> None:
    """Say so where the scheme has changed since the round's forms were issued."""
    from perfeval_xl.kept_scheme import departed

    said = departed(campaign.scheme_name, campaign.folder)
    if said:
        click.echo(said, err=True)


WORKBOOK = click.Path(exists=True, dir_okay=False, path_type=Path)


def format_option(*choices: str) -> Callable[[Any], Any]:
    return click.option(
        "--format", "fmt", type=click.Choice(choices), default=choices[0], show_default=True, help="输出格式。"
    )


def refuse_inbox(campaign: Campaign, target: Path) -> None:
    """Stop where a product would go into the round's inbox."""
    there = target.resolve()
    if isinstance(campaign.inbox, Path) and campaign.inbox.resolve() in (there, *there.parents):
        raise Stop(f"请不要写到 {campaign.inbox} 中：那里的文件都当作收回的表。")


QUIET = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=lambda context, _, quiet: context.meta.update({terminal.QUIET: quiet}),
    help="不显示进度（进度只在终端上显示）。",
)
FRESH = click.option("--fresh", is_flag=True, help="全部重新读取；默认跳过上次读过、之后没有变的文件。")
_MOST_JOBS = 256


def with_crew(command: Callable[..., Any]) -> Callable[..., Any]:
    """--jobs and --cluster: the command gets ``crew``, a context that gives the crew asked for (None: the usual one); and
    --quiet, as every command that may take a while."""

    @QUIET
    @click.option("--jobs", type=int, metavar="N", help="在本机同时用 N 个进程（默认按处理器个数，最多 4 个）。")
    @click.option(
        "--cluster", metavar="地址", help="用这个 Dask 集群，如 192.168.1.10:8786；要另装 perfeval-xl[cluster]。"
    )
    @wraps(command)
    def wrapped(*args: Any, jobs: int | None, cluster: str | None, **kwargs: Any) -> Any:
        if jobs is not None and cluster is not None:
            raise click.UsageError("--jobs 和 --cluster 只用一个。")
        if jobs is not None and not 1 <= jobs <= _MOST_JOBS:
            raise click.UsageError(f"--jobs 是同时运行的进程个数，请写 1 至 {_MOST_JOBS}；写的是 {jobs}。")
        return command(*args, crew=_crew(jobs, cluster), **kwargs)

    return wrapped


@contextmanager
def _crew(jobs: int | None, address: str | None) -> Iterator[Crew | None]:
    if address is not None:
        from perfeval_xl.district.cluster import cluster

        with cluster(address) as crew:
            yield crew
    elif jobs is not None:
        from perfeval_xl.district.workers import Workers

        with Workers(jobs) as children:
            yield children
    else:
        yield None


PDF = click.option("--pdf", is_flag=True, help="另做一份 PDF 打印件（要用 LibreOffice）。")


def pdf_printer(asked: bool, *suffixes: str) -> Callable[..., None]:
    """What makes the print copies of a command with --pdf, given the products' paths as its last step.

    Products end with ``suffixes``. That LibreOffice is missing is told at once, before the work; the products are
    written all the same, and Stop comes at the end. Without --pdf it only says that an earlier PDF is older now.
    """
    from perfeval_xl import printing

    missing = printing.lacking(suffixes) if asked else None
    if missing:
        click.echo(f"{missing}其他文件照常写出。", err=True)

    def print_out(*products: Path) -> None:
        for old in [path.with_suffix(".pdf") for path in products if not asked or missing]:
            if old.exists():
                click.echo(f"{old} 是先前做的，这次没有更新。" + ("" if asked else "要更新，请加 --pdf。"), err=True)
        if missing:
            raise Stop(f"PDF 没有做成，其他文件都已写好。{missing}")
        for made in printing.to_pdf(products) if asked else ():
            click.echo(f"打印件：{made}")

    return print_out
