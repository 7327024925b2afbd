"""Child processes that read files, so that no file can take the whole run with it.

A reader may hang, ask for all memory, or abort the process that it runs in. Here that costs one child and one result
(``Stopped``); the next file finds a new child. Starting the children takes about half a second, so all commands of one
process share one pool (``shared``), made when it is first needed.

A script of one's own needs no ``if __name__ == "__main__"``: unlike those of plain multiprocessing, these children never
run the calling script again. In turn a task must stand in a module that can be imported.
"""

from __future__ import annotations

import atexit
import importlib
import os
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess, current_process
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from perfeval_xl.district.crew import Shared, Stopped, importable, pickled
from perfeval_xl.errors import PerfevalError
from perfeval_xl.scratch import scratch_folder, telling

P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")

SECONDS = 8.0
MEMORY = 1024**3
_MOST_CHILDREN = 4
_LOOK_AHEAD = 8  # tasks a child, under way or waiting: enough to go on while one of them is slow
_RENEWED_AFTER = 2_000  # tasks: whatever a library leaves behind in memory goes with the child
_TRIES = 3
_PATIENCE = 2.0  # seconds
_OUT_OF_MEMORY = 86  # exit code
INTERRUPTED = "读取程序中断"


@dataclass(slots=True)
class _Job:
    """A task under way: pickled, so that it can be handed in again when the pool breaks for no fault of its own."""

    module: str
    blob: bytes
    pool: ProcessPool
    future: ProcessFuture[bytes]
    tries: int = 1


class Workers:
    """A crew of child processes and a context manager; ``close`` ends the children. Threads may share it.

    ``count``: how many children at most (default: one a processor, up to 4). ``seconds``, ``memory`` (bytes): what one
    task may take. Memory is limited where the system has a way to (not on Windows).
    """

    def __init__(self, count: int | None = None, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.count = count or min(os.cpu_count() or 1, _MOST_CHILDREN)
        self.seconds = seconds
        self.memory = memory
        self._owner = os.getpid()
        self._pool: ProcessPool | None = None
        self._size = 0
        self._breaks = 0  # since the last result
        self._lock = threading.Lock()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the children. Used again, the pool starts anew."""
        with self._lock:
            self._end()

    def map(self, task: Callable[[P], R], payloads: Iterable[P]) -> Iterator[R | Stopped]:
        """What ``task`` makes of each payload, in their order, as it comes; payloads are drawn a little ahead of it.

        ``task`` (a function of an importable module), payloads and results are pickled. ValueError where ``task`` is
        none; PerfevalError where no child can be started. Left early, it drops what it has drawn.
        """
        return self.map_for(importable(task), task, payloads)

    def map_for(self, module: str, task: Callable[[P], R], payloads: Iterable[P]) -> Iterator[R | Stopped]:
        """The same; ``module`` is what the children import before their first task, which is no part of it."""
        drawn = iter(payloads)
        first = list(islice(drawn, self.count))
        jobs: deque[_Job] = deque()
        try:
            for payload in chain(first, drawn):
                jobs.append(self._submit(module, pickle.dumps((task, payload)), len(first)))
                if len(jobs) >= _LOOK_AHEAD * self.count:
                    yield self._outcome(jobs.popleft())
            while jobs:
                yield self._outcome(jobs.popleft())
        finally:
            for job in jobs:
                job.future.cancel()

    @contextmanager
    def sharing(self, value: T) -> Iterator[Shared[T]]:
        """``value`` for the payloads of every ``map`` within the context: the children read it from a file.

        There may be a round's key in it: the file's folder is the owner's alone.
        """
        with scratch_folder() as folder:
            digest, data = pickled(value)
            path = folder / "shared"
            with telling():
                path.write_bytes(data)
            yield Shared(digest, value, path)

    def _submit(self, module: str, blob: bytes, children: int) -> _Job:
        while True:
            pool = self._running(module, children)
            with suppress(RuntimeError):  # closed or broken since
                return _Job(module, blob, pool, pool.schedule(_run, (blob,), timeout=self.seconds))
            self._broken(pool)

    def _outcome(self, job: _Job) -> Any:
        """The result of a job, or Stopped."""
        while True:
            while not wait((job.future,), timeout=1).done and job.pool.active:
                pass  # a pool that breaks may forget what still waits to be handed out
            try:
                result = job.future.result(timeout=0) if job.future.done() else None
            except TimeoutError:
                return Stopped("reader-stopped", f"用时超过 {self.seconds:g} 秒")
            except ProcessExpired as error:
                memory = f"内存超过 {self.memory / MEMORY:g} GB"
                return Stopped("reader-stopped", memory if error.exitcode == _OUT_OF_MEMORY else INTERRUPTED)
            except (BrokenProcessPool, CancelledError):
                result = None
            if result is not None:
                self._breaks = 0
                return pickle.loads(result)
            self._broken(job.pool)
            if job.tries == _TRIES:
                return Stopped("reader-stopped", INTERRUPTED)
            again = self._submit(job.module, job.blob, self._size)
            job.pool, job.future, job.tries = again.pool, again.future, job.tries + 1

    def _running(self, module: str, children: int) -> ProcessPool:
        """The pool, with ``children`` or more; started where there is none yet (its children import ``module``)."""
        with self._lock:
            if self._owner != os.getpid():  # this process was forked off: the children are its parent's
                self._owner, self._pool, self._size = os.getpid(), None, 0
            if self._pool is not None and self._size < children:
                self._pool.close()
                self._pool.join()
                self._pool = None
            if self._pool is None:
                self._size = max(children, 1)
                self._pool = ProcessPool(
                    self._size, _RENEWED_AFTER, initializer=_prepare, initargs=(module, self.memory), context=_CONTEXT
                )
                with _deaf_to_interrupts():
                    _ = self._pool.active  # starts it
            return self._pool

    def _broken(self, pool: ProcessPool) -> None:
        """Put a pool away that works no longer. PerfevalError where pools break one after the other and do nothing."""
        with self._lock:
            if pool is self._pool:
                self._end()
                self._breaks += 1
                if self._breaks >= _TRIES:
                    self._breaks = 0
                    raise PerfevalError("读取文件的子进程启动不了。请检查程序是否安装完整、内存是否足够，再试一次。")

    def _end(self) -> None:
        pool, self._pool, self._size = self._pool, None, 0
        if pool is not None and self._owner == os.getpid():
            pool.stop()
            _join(pool)


def _join(pool: ProcessPool) -> None:
    """Wait until a stopped pool has ended.

    Where tasks were still waiting, pebble may throw the mark away that ends one of its threads, and wait for ever;
    asked to join again, it sets another.
    """
    while True:
        joining = threading.Thread(target=pool.join, daemon=True)
        joining.start()
        joining.join(_PATIENCE)
        if not joining.is_alive():
            return


_shared: Workers | None = None


def shared() -> Workers:
    """The pool of this process, with the usual limits; its children are started at the first task, and end at exit."""
    global _shared
    if _shared is None:
        _shared = Workers()
        atexit.register(_shared.close)
    return _shared


class _Child(SpawnProcess):
    """A new interpreter that knows nothing of the calling script."""

    def start(self) -> None:
        # The worker processes of clusters are daemons, which may have no children: they might be left behind by one that
        # is killed. Ours end by themselves when their pipe does, and as daemons they are no worker's to wait for.
        self.daemon = True
        config: dict[str, Any] = current_process()._config  # type: ignore[attr-defined]
        daemon = config.pop("daemon", None)
        try:
            super().start()
        finally:
            if daemon is not None:
                config["daemon"] = daemon

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:
        # What is told to a new process about the script comes from here; with nothing told, it runs nothing.
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return SpawnProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = main


class _Context(SpawnContext):
    Process = _Child


_CONTEXT = _Context()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Threads and processes that are started now, and those that they start, never see Ctrl-C: it is the parent's
    to stop, and a child that gets it while it starts would print a traceback."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which else would be started later, and unblock what is blocked here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- in the child


def _prepare(module: str, memory: int) -> None:
    """What a child does before its first task; none of this counts as time or memory of a task."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler in Python would wait for a library that hangs
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # libraries that panic write there; the terminal is not theirs
        os.dup2(nowhere, stream)
    importlib.import_module(module)
    _limit_memory(memory)


def _limit_memory(memory: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory + _reserved()
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    with suppress(ValueError, OSError):  # a system that knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (wanted, most))


def _reserved() -> int:
    """Bytes of address space that this process has taken without using them; libraries take a lot of it."""
    try:
        total, resident, *_ = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return (int(total) - int(resident)) * os.sysconf("SC_PAGE_SIZE")


def _run(blob: bytes) -> bytes:
    """Do one task and pickle what comes of it here, where whatever goes wrong can still be told."""
    try:
        task, payload = pickle.loads(blob)
        return pickle.dumps(task(payload))
    except MemoryError:
        _leave()
    except Exception as error:
        return pickle.dumps(_failure(error))
    except BaseException:  # a panic of a library in Rust is no Exception
        return pickle.dumps(Stopped("reader-stopped", INTERRUPTED))


def _leave() -> NoReturn:
    """End this child: what it could not get memory for may have been left half done."""
    os._exit(_OUT_OF_MEMORY)


def _failure(error: Exception) -> Stopped:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    kind = type(error).__name__
    trace = "".join(traceback.format_tb(error.__traceback__)) + kind
    return Stopped("internal-error", f"{kind}，{Path(frame.filename).name}:{frame.lineno}", trace)
