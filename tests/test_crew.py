"""Crews out of executors: order, limits, lost workers, what is shared, files that the workers don't see."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.district import hired, program
from perfeval_xl.district.crew import Crew, Stopped
from perfeval_xl.district.executors import _CHUNK, _LOOK_AHEAD, ExecutorCrew
from perfeval_xl.district.hired import Chunk, Job, Lacking, Limits
from perfeval_xl.district.program import this_program
from perfeval_xl.district.workers import Workers
from perfeval_xl.errors import PerfevalError
from perfeval_xl.excel.preflight import MAX_FILE
from tests import worker_tasks as tasks
from tests.test_workers import POSIX, ROOT

MEGABYTE = 1024 * 1024
INTERRUPTED = Stopped("reader-stopped", "读取程序中断")
SECONDS = 0.5


class AtOnce(Executor):
    """Does what it is given while it is handed in; ``before`` is called first, and may lose it by raising."""

    def __init__(self, before: Callable[[Chunk], None] = lambda chunk: None) -> None:
        self.before = before
        self.chunks: list[Chunk] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.chunks.append(args[0])
        try:
            self.before(args[0])
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="module", autouse=True)
def no_children_left() -> Iterator[None]:
    yield
    hired.forget(list(hired._kept._paths))


@pytest.fixture(scope="module", params=["local", "threads", "processes"])
def crew(request: pytest.FixtureRequest) -> Iterator[Crew]:
    limits: Any = {"seconds": SECONDS, "memory": 256 * MEGABYTE}
    if request.param == "local":
        with Workers(2, **limits) as workers:
            yield workers
        return
    made = ThreadPoolExecutor(2) if request.param == "threads" else spawned(2)
    with made as executor:
        yield ExecutorCrew(executor, **limits)


def spawned(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


def test_results_come_in_the_order_of_the_payloads(crew: Crew) -> None:
    naps = [0.2, 0.0, 0.1, *[0.0] * 20]
    assert list(crew.map(tasks.nap, naps)) == naps
    assert list(crew.map(tasks.double, [])) == []


@POSIX
def test_each_failure_costs_one_payload(crew: Crew) -> None:
    ways = ["well", "slow", "well", "hoard", "abort", "well", "exit", "kill", "panic", "well"]
    expected = {
        "well": "well",
        "slow": Stopped("reader-stopped", "用时超过 0.5 秒"),
        "hoard": Stopped("reader-stopped", "内存超过 0.25 GB"),
        **dict.fromkeys(("abort", "exit", "kill", "panic"), INTERRUPTED),
    }
    assert list(crew.map(tasks.misbehave, ways)) == [expected[way] for way in ways]


def test_a_task_that_raises_tells_the_place_and_not_the_words(crew: Crew) -> None:
    (stopped,) = crew.map(tasks.misbehave, ["raise"])
    assert isinstance(stopped, Stopped) and stopped.why.startswith("ValueError，worker_tasks.py:")
    assert tasks.secret() not in stopped.why + stopped.trace


def test_a_shared_value_is_unpickled_once_a_process(crew: Crew) -> None:
    with crew.sharing(b"x" * 100_000) as shared:
        assert shared.value == b"x" * 100_000
        found = list(crew.map(tasks.shared_length, [(shared, number) for number in range(20)]))
    lengths, misses = zip(*found, strict=True)
    assert set(lengths) == {100_000}
    with crew.sharing(b"y") as one, crew.sharing(b"zz") as two:
        assert [length for length, _ in crew.map(tasks.shared_length, [(one, 0), (two, 0)])] == [1, 2]
    assert max(misses) <= min(misses) + 1  # not once a payload


def test_a_task_of_the_script_itself_is_refused(crew: Crew) -> None:
    with pytest.raises(ValueError, match="a module that a child process can import"):
        next(crew.map(tasks.Doubler("__main__"), [1]))


def test_payloads_are_drawn_only_a_little_ahead() -> None:
    drawn: list[int] = []

    def payloads() -> Iterator[int]:
        for number in range(10_000):
            drawn.append(number)
            yield number

    with ThreadPoolExecutor(2) as executor:
        results = ExecutorCrew(executor).map(tasks.double, payloads())
        assert not drawn
        for number in range(40):
            assert next(results) == 2 * number
            assert len(drawn) <= number + 1 + 2 * _LOOK_AHEAD * _CHUNK
        results.close()  # type: ignore[attr-defined]
    assert len(drawn) < 100


def test_a_large_shared_value_goes_to_each_worker_once() -> None:
    value = os.urandom(MEGABYTE)
    executor = AtOnce()
    crew = ExecutorCrew(executor, 2)
    with crew.sharing(value) as shared:
        list(crew.map(tasks.shared_length, ((shared, number) for number in range(40))))
        brought = [bool(chunk.brought) for chunk in executor.chunks]
        assert brought.count(True) == 2 and sum(len(chunk.jobs) for chunk in executor.chunks) == 40
        assert all(len(job.blob) < 1000 for chunk in executor.chunks for job in chunk.jobs)
        hired.forget([shared.digest])  # a worker that is new, or was started again
        executor.chunks.clear()
        assert [length for length, _ in crew.map(tasks.shared_length, [(shared, 0), (shared, 1)])] == [MEGABYTE] * 2
        assert [bool(chunk.brought) for chunk in executor.chunks] == [False, False, True, True]


def test_what_is_no_longer_shared_is_not_kept_for_ever() -> None:
    crew = ExecutorCrew(AtOnce(), 1)
    for number in range(20):
        with crew.sharing(f"round {number}") as shared:
            assert len(list(crew.map(tasks.shared_length, [(shared, 0)]))) == 1
    assert len(hired._kept._paths) == hired._KEPT
    (folder,) = {path.parent for path in hired._kept._paths.values()}
    assert len(list(folder.glob("[!.]*"))) == hired._KEPT
    assert sys.platform == "win32" or folder.stat().st_mode & 0o077 == 0
    hired.forget(list(hired._kept._paths))
    assert not list(folder.glob("[!.]*"))


class Lost(Exception):
    """What an executor says of a worker that is no longer there."""


def test_what_a_lost_worker_had_is_handed_in_again() -> None:
    handed_in = count()

    def before(chunk: Chunk) -> None:
        if next(handed_in) in (3, 4, 9, 15):  # single jobs, one of them handed in again, and several at once
            raise Lost

    assert list(ExecutorCrew(AtOnce(before), 2).map(tasks.double, range(40))) == [2 * each for each in range(40)]


def test_a_job_that_loses_its_worker_each_time_is_given_up_alone() -> None:
    executor = AtOnce()

    def before(chunk: Chunk) -> None:
        if any(b"poison" in job.blob for job in chunk.jobs):
            raise Lost

    executor.before = before
    payloads = [f"file {number}" for number in range(20)]
    payloads[13] = "poison"
    results = list(ExecutorCrew(executor, 2).map(tasks.same, payloads))
    assert [each for each in results if each != INTERRUPTED] == [each for each in payloads if each != "poison"]
    assert results[13] == INTERRUPTED
    assert sum(b"poison" in job.blob for chunk in executor.chunks for job in chunk.jobs) == 3


def test_workers_that_never_bring_anything_are_no_fault_of_the_files() -> None:
    def before(chunk: Chunk) -> None:
        raise Lost

    results = ExecutorCrew(AtOnce(before), 1).map(tasks.double, range(10))
    assert [next(results), next(results)] == [INTERRUPTED] * 2
    with pytest.raises(PerfevalError, match="全部中断"):
        next(results)


def test_a_worker_with_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hired, "_kept", hired._Kept())
    monkeypatch.setattr(tempfile, "mkdtemp", full)
    crew = ExecutorCrew(AtOnce(), 1)
    with (
        crew.sharing(b"a large roster") as shared,
        pytest.raises(PerfevalError, match=r"工作进程所在的电脑 .+写不进临时文件夹 .+：磁盘空间不足"),
    ):
        list(crew.map(tasks.shared_length, [(shared, 0)]))


@POSIX
def test_a_pool_that_breaks_is_told() -> None:
    with spawned(1) as executor:
        crew = ExecutorCrew(executor)
        results = crew.map(tasks.nap, [0.0, *[0.1] * 30])
        assert next(results) == 0.0
        for process in executor._processes.values():
            process.kill()
        with pytest.raises(PerfevalError, match=r"全部中断.*再运行一次"):
            list(results)
        with pytest.raises(PerfevalError, match="全部中断"):
            list(crew.map(tasks.double, [1]))


def test_an_executor_that_was_shut_down_is_told() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(PerfevalError, match="全部中断"):
        list(ExecutorCrew(executor).map(tasks.double, [1]))


def test_a_worker_of_another_program_does_nothing() -> None:
    here = this_program()
    other = replace(here, version="0.0.1")
    with pytest.raises(PerfevalError, match=r"perfeval-xl 0\.0\.1.*请装成同一版本"):
        hired.work(Chunk((), "tests.worker_tasks", Limits(1, MEGABYTE), other, (), {}))
    assert hired.work(Chunk((), "tests.worker_tasks", Limits(1, MEGABYTE), here, ("ab",), {})) == Lacking(
        frozenset({"ab"})
    )


def test_another_scheme_is_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest_of = program.code_digest.__wrapped__
    assert digest_of() == program.code_digest()
    shutil.copytree(program.templates_dir(), tmp_path / "templates")
    monkeypatch.setattr(program, "templates_dir", lambda: tmp_path / "templates")
    assert digest_of() == program.code_digest()
    with open(tmp_path / "templates" / "huadu-2024" / "scheme.toml", "a", encoding="utf-8") as file:
        file.write("\n# changed")
    assert digest_of() != program.code_digest()


@POSIX
def test_children_end_with_a_worker_that_is_killed() -> None:
    with spawned(1) as executor:
        (child,) = ExecutorCrew(executor).map(tasks.process_id, [0])
        (worker,) = executor._processes
        assert isinstance(child, int) and child != worker
        os.kill(worker, signal.SIGKILL)
        for _ in range(100):
            try:
                os.kill(child, 0)
            except ProcessLookupError:
                return
            if Path(f"/proc/{child}/stat").exists() and " Z " in Path(f"/proc/{child}/stat").read_text():
                return
            time.sleep(0.05)
        pytest.fail("the child is still there")


# --- files that the workers don't see, or see others of the same name


class Elsewhere(AtOnce):
    """Works where ``folder`` isn't, or where ``other`` stands in its place."""

    def __init__(self, folder: Path, other: Path | None = None) -> None:
        super().__init__()
        self.folder, self.other = folder, other

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        aside = self.folder.with_name("aside")
        self.folder.rename(aside)
        if self.other:
            self.other.rename(self.folder)
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            if self.other:
                self.folder.rename(self.other)
            aside.rename(self.folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inbox"
    made.mkdir()
    for number in range(6):
        (made / f"{number}.xlsx").write_bytes(bytes([number]) * 10)
    return made


def jobs_with_files(executor: AtOnce) -> int:
    return sum(bool(job.sent) for chunk in executor.chunks for job in chunk.jobs)


def test_files_that_workers_do_not_see_are_sent(folder: Path) -> None:
    executor = Elsewhere(folder)
    paths = [folder / f"{number}.xlsx" for number in (*range(6), 99)]
    expected = [(10, bytes([number]) * 10) for number in range(6)]
    assert list(ExecutorCrew(executor, 1).map(tasks.read, paths)) == [*expected, "FileNotFoundError"]
    assert jobs_with_files(executor) == 6  # but for the one that isn't here either


def test_files_that_a_payload_names_go_along_from_then_on(folder: Path) -> None:
    executor = Elsewhere(folder)
    payloads = [tasks.Reading(folder / f"{number % 6}.xlsx") for number in range(40)]
    results = list(ExecutorCrew(executor, 1).map(tasks.read, payloads))
    assert results == [(10, bytes([number % 6]) * 10) for number in range(40)]
    handed = sum(len(chunk.jobs) for chunk in executor.chunks)
    assert handed < 40 + _LOOK_AHEAD * _CHUNK + 1  # those that were out when the first one came back


def test_another_file_of_the_same_name_is_not_taken_for_it(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "0.xlsx").write_bytes(b"of last year")
    (other / "1.xlsx").write_bytes(b"1234567890")  # as large as ours
    (other / "7.xlsx").write_bytes(b"ours has none of this name")
    paths = [folder / f"{number}.xlsx" for number in (0, 1, 7)]
    results = list(ExecutorCrew(Elsewhere(folder, other), 1).map(tasks.read, paths))
    assert results == [(10, bytes(10)), (10, b"\1" * 10), "FileNotFoundError"]


def test_files_on_a_shared_folder_are_not_sent(folder: Path) -> None:
    executor = AtOnce()
    paths = [folder / "0.xlsx", folder / "99.xlsx", folder, folder / "0.xlsx" / "within"]
    results = list(ExecutorCrew(executor, 1).map(tasks.read, paths))
    assert results == [(10, bytes(10)), "FileNotFoundError", "IsADirectoryError", "NotADirectoryError"]
    assert [list(job.sent) for chunk in executor.chunks for job in chunk.jobs if job.sent] == [[folder]]


@pytest.mark.parametrize(("size", "sent"), [(MAX_FILE, MAX_FILE), (MAX_FILE + 1, 0)])
def test_a_file_that_is_too_large_is_not_sent_but_its_size(folder: Path, size: int, sent: int) -> None:
    (folder / "0.xlsx").write_bytes(bytes(size))
    executor = Elsewhere(folder)
    [(told, data)] = ExecutorCrew(executor, 1).map(tasks.read, [folder / "0.xlsx"])
    assert (told, len(data)) == (size, sent)


def test_jobs_hold_what_they_say(folder: Path) -> None:
    """A payload's file doesn't show up in what is logged of a job."""
    assert "xlsx" not in repr(Job(b"a.xlsx", {}))


# --- Ctrl-C


INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background ignores it
from concurrent.futures import ThreadPoolExecutor
from perfeval_xl.district.executors import ExecutorCrew
from tests import worker_tasks as t
with ThreadPoolExecutor(2) as executor:
  try:
    for done in ExecutorCrew(executor).map(t.process_id_after, [0.05] * 1000): print(done, flush=True)
  except KeyboardInterrupt: print('stopped', flush=True)
"""


@POSIX
def test_ctrl_c_stops_the_work_soon() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as ran:
        assert ran.stdout is not None
        child = int(ran.stdout.readline())
        os.killpg(ran.pid, signal.SIGINT)
        output, errors = ran.communicate(timeout=20)
    assert (output[-8:], errors, ran.returncode) == ("stopped\n", "", 0)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
