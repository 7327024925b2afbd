"""What an executor's worker does with what an ExecutorCrew (executors.py) hands in.

It doesn't do the tasks itself: no file is to take a worker of a cluster down. Each goes to a child process of the
worker, under limits of time and memory as on the coordinator's own machine.
"""

from __future__ import annotations

import os
import pickle
import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.util import Finalize
from pathlib import Path

from perfeval_xl.district import crew, sight
from perfeval_xl.district.crew import Stopped
from perfeval_xl.district.program import Program, this_program
from perfeval_xl.district.sight import Sent, Stamp
from perfeval_xl.district.workers import Workers
from perfeval_xl.errors import PerfevalError
from perfeval_xl.scratch import scratch_folder, telling
from perfeval_xl.storage import Place

_KEPT = 8  # shared values at most: a worker may serve several coordinators, and outlive some that said no goodbye


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may take: ``seconds``, and ``memory`` in bytes."""

    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Job:
    """A task and its payload, pickled together, and the files that come with them."""

    blob: bytes = field(repr=False)
    sent: Mapping[Place, Sent]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some jobs of one task (of ``module``). ``program`` is the sender's. ``shared`` are the digests of the values that
    the jobs may ask for, ``brought`` those of them, pickled, that come along."""

    jobs: tuple[Job, ...]
    module: str
    limits: Limits
    program: Program
    shared: Sequence[str]
    brought: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a job, pickled, and what was seen of files that had not been sent."""

    result: bytes = field(repr=False)
    seen: Mapping[Place, Stamp]


@dataclass(frozen=True, slots=True)
class Lacking:
    """Nothing was done: these shared values must come along."""

    digests: frozenset[str]


Outcome = Made | Stopped


def work(chunk: Chunk) -> tuple[Outcome, ...] | Lacking:
    """The outcome of each job. PerfevalError where this is another program than the sender's, or can't work."""
    here = this_program()
    if chunk.program != here:
        raise PerfevalError(f"工作进程的程序与本机不同：那里是 {here}，本机是 {chunk.program}。请装成同一版本。")
    try:
        places = _kept.places(chunk)
    except PerfevalError as error:
        raise PerfevalError(f"工作进程所在的电脑 {platform.node()} {error}") from error
    if isinstance(places, Lacking):
        return places
    with _guards.one(chunk.limits) as guard:
        done = guard.map_for(chunk.module, _guarded, ((job, places) for job in chunk.jobs))
        return tuple(done)


def forget(digests: Sequence[str]) -> None:
    """Put shared values away, and end the children, who know them."""
    _kept.drop(digests)
    _guards.close()


class _Kept:
    """Shared values in files that only this process's children read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._folder: Path | None = None
        self._paths: dict[str, Path] = {}  # the one that was asked for last, last

    def places(self, chunk: Chunk) -> dict[str, Path] | Lacking:
        """Where the values lie that a chunk may ask for, by digest."""
        with self._lock:
            if self._owner != os.getpid():  # this process was forked off: the folder is its parent's
                self._owner, self._folder, self._paths = os.getpid(), None, {}
            for digest, data in chunk.brought.items():
                if digest not in self._paths:
                    self._paths[digest] = self._written(digest, data)
            absent = frozenset(chunk.shared) - set(self._paths)
            if absent:
                return Lacking(absent)
            places = {digest: self._paths.pop(digest) for digest in chunk.shared}
            self._paths.update(places)
            for digest in list(self._paths)[:-_KEPT]:
                self._paths.pop(digest).unlink(missing_ok=True)
            return places

    def _written(self, digest: str, data: bytes) -> Path:
        if self._folder is None:
            held = ExitStack()
            self._folder = held.enter_context(scratch_folder())
            Finalize(None, held.close, exitpriority=10)
        path = self._folder / digest
        with telling():
            path.write_bytes(data)
        return path

    def drop(self, digests: Sequence[str]) -> None:
        with self._lock:
            for digest in digests:
                if digest in self._paths:
                    self._paths.pop(digest).unlink(missing_ok=True)


class _Guards:
    """Pools of one child each, one for every thread that works at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[Limits, list[Workers]] = {}
        self._closed = 0  # times

    @contextmanager
    def one(self, limits: Limits) -> Iterator[Workers]:
        with self._lock:
            idle = self._idle.setdefault(limits, [])
            guard, closed = idle.pop() if idle else None, self._closed
        if guard is None:
            guard = Workers(1, seconds=limits.seconds, memory=limits.memory)
        yield guard
        with self._lock:
            if closed == self._closed:
                idle.append(guard)
                return
        guard.close()

    def close(self) -> None:
        """End the children; of those that are at work, after it."""
        with self._lock:
            self._closed += 1
            ended = [guard for idle in self._idle.values() for guard in idle]
            for idle in self._idle.values():
                idle.clear()
        for guard in ended:
            guard.close()


_kept = _Kept()
_guards = _Guards()


# --- in the child


def _guarded(given: tuple[Job, dict[str, Path]]) -> Made:
    job, places = given
    crew.place(places)
    with sight.looking(job.sent) as seen:
        task, payload = pickle.loads(job.blob)
        return Made(pickle.dumps(task(payload), pickle.HIGHEST_PROTOCOL), seen)
