"""A Dask cluster that is there already, as a crew: other machines that do the reading, scoring and annotating."""

from __future__ import annotations

import importlib
import socket
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from perfeval_xl import __version__
from perfeval_xl.district.executors import ExecutorCrew
from perfeval_xl.district.hired import forget
from perfeval_xl.district.program import this_program
from perfeval_xl.errors import PerfevalError

if TYPE_CHECKING:
    from distributed import Client

PORT = 8786
_TIMEOUT = 5.0  # seconds to wait for the scheduler
_PATIENCE = 15.0  # seconds without any worker: one that died is started again within a few
_MOST_NAMED = 5
_LONGEST_GREETING = 2**20  # bytes
_LOGGERS = ("distributed", "distributed.client", "distributed.worker", "bokeh", "tornado", "tornado.application")
_VERSION = "__import__('perfeval_xl').__version__"
_START = "请在各台电脑上运行 dask worker {address}，再试一次。"
_NO_DASK = (
    "{address} 有程序在运行，但不是可用的 Dask 集群。请核对地址和端口（dask scheduler 启动时会显示）；"
    "地址以 tls:// 开头的，还要按 Dask 的说明配置证书。"
)
_LOST = "与集群 {address} 的连接断了，没有做完。已写出的文件都是完整的；请再运行一次。"


@contextmanager
def cluster(address: str) -> Iterator[ExecutorCrew]:
    """The workers of the cluster whose scheduler listens at ``address``, as host:port or tcp://host:port.

    PerfevalError where Dask isn't installed, nobody answers there, no worker is in the cluster, or one has another
    program than this process; later, where the scheduler or all workers have gone.
    """
    with _settings():
        client = _connected(address)
        try:
            _refuse_others(client, address)
            crew = _ClusterCrew(client, address)
            try:
                yield crew
            finally:
                with suppress(Exception):  # a cluster that has gone has nothing to forget
                    client.run(forget, tuple(crew.shared))
        finally:
            with suppress(Exception):
                client.close(timeout=_TIMEOUT)


class _ClusterCrew(ExecutorCrew):
    def __init__(self, client: Client, address: str) -> None:
        super().__init__(client.get_executor(pure=False), sum(_threads(client).values()))
        self._client = client
        self._address = address
        self._alone_since: float | None = None

    def check(self) -> None:
        """PerfevalError where the scheduler is gone, or for some time no worker was there."""
        try:
            there = _threads(self._client)
        except Exception as error:  # of many kinds, by how far its closing has come
            raise PerfevalError(_LOST.format(address=self._address)) from error
        if there:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
        elif time.monotonic() - self._alone_since > _PATIENCE:
            start = _START.format(address=self._address)
            raise PerfevalError(f"集群 {self._address} 的工作进程已全部离开，没有做完。已写出的文件都是完整的；{start}")


def _connected(address: str) -> Client:
    """A client of the scheduler. PerfevalError where there is none, soon."""
    from distributed import Client

    _refuse_silence(address)
    client = Client.__new__(Client)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that versions differ is told below, of those that matter
            client.__init__(address, timeout=_TIMEOUT, set_as_default=False)  # type: ignore[misc]
    except Exception as error:  # no Dask answers there after all; or the keys for tls:// aren't set up
        client.status = "closed"  # else it tries to close what was never open, when it is collected
        raise PerfevalError(_NO_DASK.format(address=address)) from error
    return client


@contextmanager
def _settings() -> Iterator[None]:
    """Dask with settings for us: what it has to say of lost workers, and of large rosters, is not for the operator.
    PerfevalError where it isn't installed."""
    quiet = {} if "distributed" in sys.modules else {"logging": dict.fromkeys(_LOGGERS, "critical")}
    try:
        import dask

        with dask.config.set(quiet):
            importlib.import_module("distributed")  # sets its loggers up
    except ImportError as error:
        raise PerfevalError("--cluster 要用 Dask。请先安装：pip install 'perfeval-xl[cluster]'") from error
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"}):
        yield


def _refuse_silence(address: str) -> None:
    """PerfevalError where no scheduler listens at ``address``; Dask itself would go on trying for a while, or for ever."""
    protocol, _, place = address.rpartition("://")
    host, _, port = place.rpartition(":")
    if protocol not in ("", "tcp", "tls") or not (host and port.isdecimal() and int(port) < 65536):
        raise PerfevalError(f"集群的地址 {address!r} 写得不对。请写成 主机:端口，如 192.168.1.10:{PORT}。")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_TIMEOUT) as found:
            greeted = protocol == "tls" or _greets(found)
    except OSError as error:
        why = f"等了 {_TIMEOUT:g} 秒没有回应" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise PerfevalError(
            f"连不上集群 {address}：{why}。请核对地址，并在那台电脑上运行 dask scheduler；也可不写 --cluster，在本机运行。"
        ) from error
    if not greeted:
        raise PerfevalError(_NO_DASK.format(address=address))


def _greets(found: socket.socket) -> bool:
    """Whether it begins as a scheduler does, with the length (eight bytes) of what it has to say of itself."""
    try:
        length = found.recv(8)
    except OSError:
        return False
    return len(length) == 8 and int.from_bytes(length, "little") < _LONGEST_GREETING


def _refuse_others(client: Client, address: str) -> None:
    """PerfevalError where no worker is there, or some have another program: they might score differently."""
    versions: Mapping[str, object] = client.run(eval, _VERSION, on_error="return")
    if not versions:
        raise PerfevalError(f"集群 {address} 中没有工作进程。{_START.format(address=address)}")
    there: Mapping[str, object] = client.run(this_program, on_error="return")
    here = this_program()
    wrong = [
        f"{worker}：{found if isinstance(found, type(here)) else _told(versions.get(worker))}"
        for worker, found in sorted(there.items())
        if found != here
    ]
    if wrong:
        more = [f"等 {len(wrong)} 个"] if len(wrong) > _MOST_NAMED else []
        raise PerfevalError(
            "\n  ".join(("集群中有工作进程的程序与本机不同，没有开始：", *wrong[:_MOST_NAMED], *more, f"本机：{here}"))
            + f"\n请在那些电脑上装成与本机相同的版本（pip install 'perfeval-xl[cluster]=={__version__}'），"
            "重新启动 dask worker，再试一次。"
        )


def _told(version: object) -> str:
    """What there is to say of a worker that can't tell its program."""
    if not isinstance(version, str):
        return "没有装 perfeval-xl，或程序不完整"
    return f"perfeval-xl {version}" + ("，但程序不完整" if version == __version__ else "")


def _threads(client: Client) -> Mapping[str, int]:
    """How many tasks each worker does at a time, by address."""
    found: Mapping[str, int] = client.nthreads()
    return found
