"""Progress: rate and time left on a terminal, nothing anywhere else, nor with --quiet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from perfeval_xl.cli import main
from perfeval_xl.cli.terminal import pace
from tests.rounds import hand_in, issued_round, published_answers

pty = pytest.importorskip("pty", reason="only Unix has pseudo-terminals")
PERFEVAL = [sys.executable, "-c", "from perfeval_xl.cli import main; main()"]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = issued_round(tmp_path_factory.mktemp("round") / "2024")
    hand_in(made, "S001", published_answers())
    hand_in(made, "S002", published_answers())
    return made.folder


def on_a_terminal(*arguments: str) -> tuple[str, str]:
    """What goes to stdout, and what a terminal shows of stderr."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "30"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [*PERFEVAL, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower, env=environment
    )
    os.close(follower)
    shown = bytearray()
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # nobody is left at the other end
            break
        if not piece:
            break
        shown += piece
    told, _ = process.communicate()
    os.close(leader)
    assert process.returncode == 0, shown.decode()
    return told.decode(), shown.decode("utf-8", "replace")


def test_a_terminal_shows_rate_and_time_left(at: Path) -> None:
    told, shown = on_a_terminal("generate", "-C", str(at))
    assert "生成" in shown and "3/3" in shown
    assert "份/秒，还要 0:" in shown
    assert "份/秒" not in told and "已生成 3 份" in told


@pytest.mark.parametrize("arguments", [["generate", "-q"], ["run", "--quiet"], ["summarize", "-q", "--jobs", "1"]])
def test_quiet_shows_nothing(at: Path, arguments: list[str]) -> None:
    told, shown = on_a_terminal(*arguments, "-C", str(at))
    assert told and shown == ""


def test_a_pipe_gets_nothing(at: Path) -> None:
    ran = subprocess.run([*PERFEVAL, "run", "-C", str(at)], capture_output=True, text=True, check=True)
    assert ran.stderr == "" and ran.stdout


@pytest.mark.parametrize(
    ("rate", "left", "shown"),
    [
        (None, None, ""),
        (0.0, 5.0, ""),
        (1.0, None, "1.0 份/秒"),
        (0.99, 61.4, "59.4 份/分，还要 1:01"),
        (23.46, 59.6, "23.5 份/秒，还要 1:00"),
        (1.0, 3599.6, "1.0 份/秒，还要 1:00:00"),
    ],
)
def test_pace(rate: float | None, left: float | None, shown: str) -> None:
    assert pace(rate, left) == shown


def test_every_command_that_may_take_a_while_can_be_quiet() -> None:
    slow = {"demo", "generate", "mail", "collect", "score", "review", "summarize", "run", "return", "remind", "status"}
    slow |= {"rollup", "narrative", "export"}
    assert isinstance(main, click.Group)
    quiet = {name for name, each in main.commands.items() if any("--quiet" in part.opts for part in each.params)}
    assert quiet == slow
