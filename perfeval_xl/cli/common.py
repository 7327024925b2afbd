"""What all commands share: how errors become messages and exit code 2, and the options that many of them take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from perfeval_xl.errors import PerfevalError


class Group(click.Group):
    """Turns our own errors into a message and exit code 2; lists commands in the order of the work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PerfevalError as error:
            raise Stop(str(error)) from error
        except BrokenPipeError:  # whoever read our output has seen enough; click ends quietly
            raise
        except OSError as error:
            where = f"{error.filename}：" if error.filename else ""
            raise Stop(f"{where}{error.strerror or error}") from error


class Stop(click.ClickException):
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
PASSWORDS = click.option(
    "--password",
    "passwords",
    multiple=True,
    metavar="密码",
    help="用这个密码打开加密的文件，可重复。",
)
WORKBOOK = click.Path(exists=True, dir_okay=False, path_type=Path)


def format_option(*choices: str) -> Callable[[Any], Any]:
    return click.option(
        "--format", "fmt", type=click.Choice(choices), default=choices[0], show_default=True, help="输出格式。"
    )
