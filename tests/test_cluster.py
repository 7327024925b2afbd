"""The command line's crews: --jobs, Ctrl-C, and a real Dask cluster whose workers are killed, missing, or of another version."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from perfeval_xl import __version__, campaign
from perfeval_xl.cli import main
from perfeval_xl.district import cluster as clusters
from perfeval_xl.district import rounds
from perfeval_xl.district.crew import Stopped
from perfeval_xl.district.executors import ExecutorCrew
from perfeval_xl.errors import PerfevalError
from tests import worker_tasks as tasks
from tests.rounds import hand_in, issued_round, published_answers
from tests.test_workers import POSIX, ROOT

distributed = pytest.importorskip("distributed", reason="the extra perfeval-xl[cluster] is not installed")

UNITS = tuple((f"S{number:03}", f"第{number}小学") for number in range(1, 11))
Bytes = dict[str, str]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def products(at: Path) -> Bytes:
    """The digests of all that a run writes."""
    paths = [at / "rulings.xlsx", *(path for name in ("reviewed", "summary") for path in (at / name).rglob("*"))]
    return {
        path.relative_to(at).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(paths)
        if path.is_file()
    }


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round with returns, good and bad ones; only to be copied."""
    at = issued_round(tmp_path_factory.mktemp("given") / "2024", UNITS)
    for number, (code, _) in enumerate(UNITS[:-1]):
        answers = published_answers(procurement_policy_self_score=f"0.{90 + number % 9}")
        hand_in(at, code, answers, at.roster[code].file_name if number % 2 else None)
    (at.inbox / "通知.xlsx").write_bytes(b"no workbook")
    with zipfile.ZipFile(at.inbox / "一包.zip", "w") as parcel:
        parcel.write(at.inbox / "S001 交表.xlsx", "又交一次.xlsx")
    return at.folder


@pytest.fixture
def at(given: Path, tmp_path: Path) -> Path:
    shutil.copytree(given, tmp_path / "2024")
    return tmp_path / "2024"


@pytest.fixture(scope="module")
def usual(given: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bytes, str]:
    """What an undisturbed run on this machine makes of it, and prints."""
    at = tmp_path_factory.mktemp("usual") / "2024"
    shutil.copytree(given, at)
    ran = run("run", "-C", at)
    assert ran.exit_code == 0, ran.output
    made = products(at)
    assert len(made) == len(UNITS) - 1 + 2
    return made, ran.output.replace(str(at), "")


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Any]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as made:
        yield made


@contextmanager
def scheduler() -> Iterator[Any]:
    """A cluster without workers."""
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as made:
        yield made


# --- --jobs


def test_jobs_change_nothing_but_the_time(at: Path, usual: tuple[Bytes, str]) -> None:
    ran = run("run", "-C", at, "--jobs", 3)
    assert (products(at), ran.output.replace(str(at), "")) == usual


@pytest.mark.parametrize("jobs", ["0", "-1", "257"])
def test_jobs_that_can_not_be(at: Path, jobs: str) -> None:
    ran = run("run", "-C", at, "--jobs", jobs)
    assert ran.exit_code == 2
    assert f"请写 1 至 256；写的是 {jobs}。" in ran.output
    assert "Traceback" not in ran.output


@pytest.mark.parametrize(
    "command",
    ["run", "review", "summarize", "status", "return", "rollup", "narrative", "export", "remind", "score", "generate"],
)
def test_every_command_that_reads_returns_takes_a_crew(at: Path, command: str) -> None:
    files = [at / "inbox"] if command == "score" else []
    ran = run(command, *files, "-C", at, "--jobs", 1, "--cluster", "127.0.0.1:1")
    assert ran.exit_code == 2
    assert "--jobs 和 --cluster 只用一个。" in ran.output
    refused = run(command, *files, "-C", at, "--cluster", "nowhere")
    assert refused.exit_code == 2, refused.output
    assert "集群的地址 'nowhere' 写得不对。请写成 主机:端口" in refused.output


# --- Ctrl-C


@POSIX
def test_ctrl_c_leaves_whole_files_and_the_next_run_goes_on(at: Path, usual: tuple[Bytes, str]) -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in the background
        "from perfeval_xl.cli import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "run", "-C", str(at), "--jobs", "1"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as ran:
        while ran.poll() is None and not list((at / "reviewed").glob("*.xlsx")):
            time.sleep(0.002)
        os.killpg(ran.pid, signal.SIGINT)
        output, errors = ran.communicate(timeout=30)
    assert (ran.returncode, output) == (130, "")
    assert errors == "\n已中断。已写出的文件都是完整的；再运行一次，就会做完。\n"
    made, _ = usual
    so_far = products(at)
    assert 0 < len(so_far) < len(made) and so_far.items() <= made.items()
    assert not [path for path in at.rglob("*") if path.name.endswith(".part")]
    assert (run("run", "-C", at).exit_code, products(at)) == (0, made)


# --- a cluster


def test_a_cluster_makes_the_same_bytes(at: Path, usual: tuple[Bytes, str], two_workers: Any) -> None:
    ran = run("run", "-C", at, "--cluster", two_workers.scheduler_address)
    assert (products(at), ran.output.replace(str(at), "")) == usual


def test_findings_of_a_cluster_are_the_same(at: Path, two_workers: Any) -> None:
    files = ("score", at / "inbox", "-C", at, "--format", "csv")
    here, there = run(*files), run(*files, "--cluster", two_workers.scheduler_address)
    assert here.exit_code == 1 and len(here.output.splitlines()) > 20
    assert (there.exit_code, there.output) == (here.exit_code, here.output)


@POSIX
def test_a_worker_that_is_killed_loses_no_file(at: Path, usual: tuple[Bytes, str], two_workers: Any) -> None:
    steps = count()
    with clusters.cluster(two_workers.scheduler_address) as crew:
        workers = [nanny.pid for nanny in two_workers.workers.values()]

        def step() -> None:
            if next(steps) == 3:
                os.kill(workers[0], signal.SIGKILL)

        at_round = campaign.load(at)
        rounds.summarize(at_round, rounds.review(at_round, step, crew=crew))
    assert next(steps) >= len(UNITS) + 1
    assert products(at) == usual[0]


@POSIX
def test_a_file_that_hangs_or_takes_all_memory_costs_no_worker(two_workers: Any) -> None:
    ways = ["well", "slow", "hoard", "abort", "kill", "well"]
    with clusters.cluster(two_workers.scheduler_address) as crew:
        limited = ExecutorCrew(crew._executor, 2, seconds=0.5, memory=256 * 1024 * 1024)
        before = {nanny.pid for nanny in two_workers.workers.values()}
        found = list(limited.map(tasks.misbehave, ways))
    assert [each.why if isinstance(each, Stopped) else each for each in found] == [
        *("well", "用时超过 0.5 秒", "内存超过 0.25 GB", "读取程序中断", "读取程序中断", "well")
    ]
    assert {nanny.pid for nanny in two_workers.workers.values()} == before


def test_nothing_of_a_round_stays_with_the_workers(two_workers: Any) -> None:
    with clusters.cluster(two_workers.scheduler_address) as crew, crew.sharing(b"the round's key") as shared:
        assert [length for length, _ in crew.map(tasks.shared_length, [(shared, 0)] * 8)] == [15] * 8
        held = two_workers_run(two_workers, tasks.held_by_worker)
        assert any(files and children for files, children in held)
    assert two_workers_run(two_workers, tasks.held_by_worker) == [(0, 0)] * 2


def two_workers_run(made: Any, function: Any) -> list[Any]:
    with distributed.Client(made, set_as_default=False) as client:
        return list(client.run(function).values())


# --- workers that see none of the files


def can_hide() -> bool:
    return sys.platform == "linux" and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


WORKER = "from distributed.cli.dask_worker import main; main()"


@contextmanager
def worker(of: Any, *, path: Path = ROOT, hidden: Path | None = None) -> Iterator[None]:
    """A worker of the cluster in a process of its own, with the package at ``path``; where ``hidden`` is, it sees an empty
    folder."""
    command = [sys.executable, "-c", WORKER, of.scheduler_address, "--no-nanny", "--nthreads=1", "--no-dashboard"]
    if hidden:
        command = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(hidden), *command]
    with subprocess.Popen(
        command,
        cwd=path,
        env={**os.environ, "PYTHONPATH": str(path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def await_workers(of: Any, number: int) -> None:
    with distributed.Client(of, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=30)


@pytest.mark.skipif(not can_hide(), reason="hiding a folder from a process takes Linux and its root")
def test_workers_that_see_no_file_get_them_sent(at: Path, usual: tuple[Bytes, str]) -> None:
    with scheduler() as made, worker(made, hidden=at):
        await_workers(made, 1)
        ran = run("run", "-C", at, "--cluster", made.scheduler_address)
    assert (products(at), ran.output.replace(str(at), "")) == usual


# --- a cluster that can't be used


def refused(at: Path, address: str) -> str:
    """What is said, soon, and without touching the round."""
    before, began = products(at), time.monotonic()
    ran = run("run", "-C", at, "--cluster", address)
    assert ran.exit_code == 2, ran.output
    assert "Traceback" not in ran.output and time.monotonic() - began < 8
    assert products(at) == before
    return ran.output


def test_no_dask(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "请先安装：pip install 'perfeval-xl[cluster]'" in refused(at, "127.0.0.1:8786")


def test_nobody_listens(at: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = refused(at, address)
    assert f"连不上集群 {address}：" in said and "dask scheduler" in said


@pytest.mark.parametrize("address", ["", "host", "host:", ":8786", "http://h:80", "h:70000", "h:x", "a://b://c:1"])
def test_an_address_that_is_none(at: Path, address: str) -> None:
    assert "写得不对。请写成 主机:端口，如 192.168.1.10:8786。" in refused(at, address)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_somebody_else_listens(at: Path, answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def serve() -> None:
            while True:
                try:
                    made, _ = server.accept()
                except OSError:
                    return
                held.append(made)
                made.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert f"{address} 有程序在运行，但不是可用的 Dask 集群" in refused(at, address)
        server.shutdown(socket.SHUT_RDWR)
    for made in held:
        made.close()


def test_no_certificates(at: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tls://127.0.0.1:{server.getsockname()[1]}"
        assert "按 Dask 的说明配置证书" in refused(at, address)


def test_no_workers(at: Path) -> None:
    with scheduler() as made:
        said = refused(at, made.scheduler_address)
    assert "中没有工作进程" in said and f"dask worker {made.scheduler_address}" in said


def copied_package(to: Path) -> Path:
    shutil.copytree(ROOT / "perfeval_xl", to / "perfeval_xl", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "templates", to / "templates")
    return to


def changed_package(to: Path, changed: str, text: str) -> Path:
    """A copy of the package in which the file ``changed`` ends with ``text``."""
    shutil.copytree(ROOT / "perfeval_xl", to / "perfeval_xl", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "templates", to / "templates")
    with open(to / changed, "a", encoding="utf-8") as file:
        file.write(text)
    return to


def test_workers_with_another_program(at: Path, tmp_path: Path) -> None:
    others = [
        changed_package(tmp_path / "version", "perfeval_xl/__init__.py", '\n__version__ = "0.0.1"\n'),
        changed_package(tmp_path / "broken", "perfeval_xl/district/program.py", "\nraise ImportError\n"),
        changed_package(tmp_path / "none", "perfeval_xl/__init__.py", "\nraise ImportError\n"),
    ]
    with scheduler() as made, ExitStack() as running:
        for path in (ROOT, *others):
            running.enter_context(worker(made, path=path))
        await_workers(made, 4)
        said = refused(at, made.scheduler_address)
    where = r"tcp://127\.0\.0\.1:\d+："
    assert re.search(where + r"perfeval-xl 0\.0\.1（程序 \w{8}），Python 3", said)
    assert re.search(where + f"perfeval-xl {re.escape(__version__)}，但程序不完整", said)
    assert re.search(where + "没有装 perfeval-xl", said)
    assert f"本机：perfeval-xl {__version__}（程序" in said
    assert len(re.findall(where, said)) == 3  # not the one that is as we are
    assert f"perfeval-xl[cluster]=={__version__}" in said


# --- a cluster that goes away


def test_all_workers_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "_PATIENCE", 0.5)
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as made,
        clusters.cluster(made.scheduler_address) as crew,
    ):
        results = crew.map(tasks.nap, [0.0, *[0.3] * 40])
        assert next(results) == 0.0
        made.scale(0)
        with pytest.raises(PerfevalError, match=r"工作进程已全部离开，没有做完.*dask worker tcp://"):
            list(results)


def test_the_scheduler_goes() -> None:
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as made,
        clusters.cluster(made.scheduler_address) as crew,
    ):
        results = crew.map(tasks.nap, [0.0, *[0.3] * 40])
        assert next(results) == 0.0
        made.close()
        with pytest.raises(PerfevalError, match="连接断了，没有做完"):
            list(results)
