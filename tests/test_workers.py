"""The pool of child processes: order, limits, and what becomes of a child that fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfeval_xl.district import workers as pool
from perfeval_xl.district.workers import Stopped, Workers, shared
from perfeval_xl.errors import PerfevalError
from perfeval_xl.findings import finding
from tests import worker_tasks as tasks

ROOT = Path(__file__).parents[1]
INTERRUPTED = Stopped("reader-stopped", "读取程序中断")
LATE = Stopped("reader-stopped", "用时超过 0.5 秒")
OUT_OF_MEMORY = Stopped("reader-stopped", "内存超过 0.25 GB")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limit or signal")


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2, seconds=0.5, memory=256 * 1024 * 1024) as made:
        yield made


def test_results_come_in_the_order_of_the_payloads(workers: Workers) -> None:
    naps = [0.2, 0.0, 0.1, 0.0, 0.05]
    assert list(workers.map(tasks.nap, naps)) == naps
    assert list(workers.map(tasks.double, [])) == []


def test_payloads_are_drawn_only_a_little_ahead(workers: Workers) -> None:
    drawn: list[int] = []

    def payloads() -> Iterator[int]:
        for number in range(10_000):
            drawn.append(number)
            yield number

    results = workers.map(tasks.double, payloads())
    assert not drawn
    for number in range(40):
        assert next(results) == 2 * number
        assert len(drawn) <= number + 1 + 2 * pool._LOOK_AHEAD
    results.close()  # type: ignore[attr-defined]
    assert len(drawn) < 100
    assert list(workers.map(tasks.double, [7])) == [14]


@POSIX
def test_each_failure_costs_one_payload(workers: Workers) -> None:
    ways = ["well", "slow", "well", "hoard", "abort", "well", "exit", "kill", "panic", "well"]
    expected = {
        "well": "well",
        "slow": LATE,
        "hoard": OUT_OF_MEMORY,
        **dict.fromkeys(("abort", "exit", "kill", "panic"), INTERRUPTED),
    }
    assert list(workers.map(tasks.misbehave, ways)) == [expected[way] for way in ways]


def test_a_task_that_raises_tells_the_place_and_not_the_words(workers: Workers) -> None:
    (stopped,) = workers.map(tasks.misbehave, ["raise"])
    assert isinstance(stopped, Stopped) and stopped.code == "internal-error"
    assert stopped.why.startswith("ValueError，worker_tasks.py:")
    assert "worker_tasks.py" in stopped.trace and stopped.trace.endswith("ValueError")
    assert tasks.secret() not in stopped.why + stopped.trace
    assert stopped.why in finding(stopped.code, why=stopped.why).message


def test_a_result_that_cannot_be_handed_over(workers: Workers) -> None:
    (stopped,) = workers.map(tasks.misbehave, ["unpicklable"])
    assert isinstance(stopped, Stopped) and stopped.code == "internal-error"


@POSIX
def test_just_within_the_limits(workers: Workers) -> None:
    assert list(workers.map(tasks.nap, [0.2])) == [0.2]
    assert list(workers.map(tasks.hoard, [150])) == [150]
    assert list(workers.map(tasks.hoard, [300])) == [OUT_OF_MEMORY]


@POSIX
def test_a_child_that_dies_while_idle_is_replaced(workers: Workers) -> None:
    (child,) = workers.map(tasks.process_id, [None])
    assert isinstance(child, int)
    os.kill(child, signal.SIGKILL)
    time.sleep(0.3)
    assert list(workers.map(tasks.double, [1, 2, 3])) == [2, 4, 6]


@POSIX
def test_what_libraries_write_stays_away_from_the_terminal(workers: Workers, capfd: pytest.CaptureFixture[str]) -> None:
    assert list(workers.map(tasks.shout, ["thread panicked"])) == ["thread panicked"]
    assert capfd.readouterr() == ("", "")


def test_one_payload_takes_one_child_and_more_take_more() -> None:
    with Workers(2) as made:
        assert set(made.map(tasks.process_id, [0])) == set(made.map(tasks.process_id, [0]))
        assert made._size == 1
        assert len(list(made.map(tasks.process_id, range(4)))) == 4
        assert made._size == 2
    assert list(made.map(tasks.double, [1])) == [2]  # used again, it starts anew
    made.close()
    made.close()


def test_the_shared_pool_is_one_and_made_late() -> None:
    assert shared() is shared()
    assert 1 <= shared().count <= 4
    assert (shared().seconds, shared().memory) == (8, 1024**3)


def test_a_task_of_the_script_itself_is_refused(workers: Workers) -> None:
    with pytest.raises(ValueError, match="a module that a child process can import"):
        next(workers.map(tasks.Doubler("__main__"), [1]))


def test_children_that_never_start_are_told_once() -> None:
    with Workers(1) as made, pytest.raises(PerfevalError, match="子进程启动不了"):
        list(made.map(tasks.Doubler("no_such_module"), [1]))


SCRIPT = """
import sys
from perfeval_xl.district.workers import shared
from tests import worker_tasks
print("once")
print(*shared().map(worker_tasks.double, range(3)))
"""


@pytest.mark.parametrize("how", ["file", "command"])
def test_a_script_needs_no_guard(how: str, tmp_path: Path) -> None:
    """The children don't run it again, whichever way it is run."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = {"file": [str(script)], "command": ["-c", SCRIPT]}[how]
    ran = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.stdout.split(), ran.stderr) == (["once", "0", "2", "4"], "")


@POSIX
def test_ctrl_c_stops_the_parent_alone() -> None:
    """The terminal sends the signal to the children too; they stay silent, and end with their parent."""
    code = (
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a suite in the background ignores it
        "from perfeval_xl.district.workers import Workers\nfrom tests import worker_tasks as t\n"
        "with Workers(2) as w:\n"
        "  try:\n"
        "    for done in w.map(t.nap, [0.05] * 1000): print(*w.map(t.process_id, [0, 0]), flush=True)\n"
        "  except KeyboardInterrupt: print('stopped')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as ran:
        assert ran.stdout is not None
        children = {int(each) for each in ran.stdout.readline().split()}
        os.killpg(ran.pid, signal.SIGINT)
        output, errors = ran.communicate(timeout=20)
    assert (output.split("\n")[-2], errors, ran.returncode) == ("stopped", "", 0)
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
