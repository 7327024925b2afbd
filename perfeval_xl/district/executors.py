"""A crew out of any ``concurrent.futures.Executor``: threads, processes, or the workers of a cluster.

What goes to the workers, and how they keep hostile files from taking them down, is told in hired.py. Nothing is asked of
the executor but ``submit``; what it loses, a worker that is killed, say, is handed in again.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeVar

from perfeval_xl.district import sight
from perfeval_xl.district.crew import Shared, Stopped, importable, pickled
from perfeval_xl.district.hired import Chunk, Job, Lacking, Limits, Made, Outcome, work
from perfeval_xl.district.program import this_program
from perfeval_xl.district.sight import Sent
from perfeval_xl.district.workers import INTERRUPTED, MEMORY, SECONDS
from perfeval_xl.errors import PerfevalError
from perfeval_xl.storage import Place

P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")

_CHUNK = 4  # jobs: a message to a cluster costs about a millisecond, a file twenty and more
_LOOK_AHEAD = 3  # chunks a worker, under way or waiting
_TRIES = 3
_MOST_GIVEN_UP = 3  # jobs with no result between them: then it isn't the jobs
_BROKEN = "做这项工作的进程已经全部中断，没有做完。已写出的文件都是完整的；请再运行一次。"


@dataclass(frozen=True, slots=True)
class _Handed:
    """Jobs that were handed in together, for the ``tries``-th time."""

    jobs: tuple[Job, ...]
    future: Future[tuple[Outcome, ...] | Lacking]
    tries: int


@dataclass(slots=True)
class _Offer:
    """A shared value, pickled, and how many chunks have taken it along unasked."""

    data: bytes = field(repr=False)
    taken: int = 0


class ExecutorCrew:
    """A crew of ``executor``'s workers; the executor stays its maker's to shut down. Threads may share it.

    ``count``: how many tasks they do at a time. ``seconds``, ``memory`` (bytes): what one task may take. A payload may
    tell which files its task will read, ``files`` (paths): where the workers turn out not to see the same files as this
    process, those go along with it; all others only when a worker has been found to miss them.
    """

    def __init__(
        self, executor: Executor, count: int | None = None, *, seconds: float = SECONDS, memory: int = MEMORY
    ) -> None:
        self._executor = executor
        self.count: int = count or getattr(executor, "_max_workers", None) or os.cpu_count() or 1
        self.shared: list[str] = []  # digests of all that was ever shared
        self.sending = False  # a worker was found that doesn't see our files
        self._limits = Limits(seconds, memory)
        self._offers: dict[str, _Offer] = {}
        self._lock = threading.Lock()

    @contextmanager
    def sharing(self, value: T) -> Iterator[Shared[T]]:
        """``value`` for the payloads of every ``map`` within the context. It goes along with the first chunks, and with
        one that comes to a worker who doesn't know it yet."""
        digest, data = pickled(value)
        with self._lock:
            self._offers[digest] = _Offer(data)
            self.shared.append(digest)
        try:
            yield Shared(digest, value)
        finally:
            with self._lock:
                self._offers.pop(digest, None)

    def map(self, task: Callable[[P], R], payloads: Iterable[P]) -> Iterator[R | Stopped]:
        """What ``task`` makes of each payload, in their order, as it comes; payloads are drawn a little ahead of it.

        ``task`` (a function of an importable module), payloads and results are pickled. A worker that is lost costs
        nothing; a job that was lost with one three times is Stopped. ValueError where ``task`` is none; PerfevalError
        where nobody is left to work, or a worker is none of ours.
        """
        yield from _Run(self, importable(task)).results(task, payloads)

    def check(self) -> None:
        """Called about once a second while there is nothing to do but wait: PerfevalError where nothing will come."""

    def submit(self, chunk: Chunk) -> Future[tuple[Outcome, ...] | Lacking]:
        """Hand in a chunk. PerfevalError where the executor takes none any more."""
        try:
            return self._executor.submit(work, chunk)
        except RuntimeError as error:  # broken or shut down
            raise PerfevalError(_BROKEN) from error

    def chunk(self, jobs: tuple[Job, ...], module: str, asked: Collection[str] = ()) -> Chunk:
        """Jobs as they are handed in; ``asked`` are shared values (digests) that a worker said it lacks."""
        with self._lock:
            brought = {}
            for digest, offer in self._offers.items():
                if digest in asked or offer.taken < self.count:
                    offer.taken += 1
                    brought[digest] = offer.data
            return Chunk(jobs, module, self._limits, this_program(), tuple(self._offers), brought)


class _Run:
    """One ``map`` of a crew."""

    def __init__(self, crew: ExecutorCrew, module: str) -> None:
        self._crew = crew
        self._module = module
        self._waiting: deque[_Handed] = deque()
        self._given_up = 0  # jobs since the last result

    def results(self, task: Callable[[P], R], payloads: Iterable[P]) -> Iterator[Any]:
        most = _LOOK_AHEAD * self._crew.count
        try:
            for jobs in self._chunks(task, payloads):
                self._waiting.append(self._hand_in(jobs))
                if len(self._waiting) >= most:
                    yield from self._opened(self._waiting.popleft())
            while self._waiting:
                yield from self._opened(self._waiting.popleft())
        finally:
            for each in self._waiting:
                each.future.cancel()

    def _chunks(self, task: Callable[[P], R], payloads: Iterable[P]) -> Iterator[tuple[Job, ...]]:
        """Each worker's first ones are single jobs: there may be no more jobs than workers."""
        drawn = (self._job(task, payload) for payload in payloads)
        for job in islice(drawn, 2 * self._crew.count):
            yield (job,)
        while jobs := tuple(islice(drawn, _CHUNK)):
            yield jobs

    def _job(self, task: Callable[[P], R], payload: P) -> Job:
        files: Iterable[Place] = getattr(payload, "files", ()) if self._crew.sending else ()
        return Job(pickle.dumps((task, payload), pickle.HIGHEST_PROTOCOL), {each: sight.sent(each) for each in files})

    def _hand_in(self, jobs: tuple[Job, ...], tries: int = 1, asked: Collection[str] = ()) -> _Handed:
        return _Handed(jobs, self._crew.submit(self._crew.chunk(jobs, self._module, asked)), tries)

    def _opened(self, handed: _Handed) -> Iterator[Any]:
        """The results of jobs, in their order, or Stopped."""
        for job, outcome in zip(handed.jobs, self._outcomes(handed), strict=True):
            while isinstance(outcome, Made) and (otherwise := sight.otherwise_here(outcome.seen)):
                self._crew.sending = True
                files: Mapping[Place, Sent] = {**job.sent, **{path: sight.sent(path) for path in otherwise}}
                job = replace(job, sent=files)
                [outcome] = self._outcomes(self._hand_in((job,)))
            yield pickle.loads(outcome.result) if isinstance(outcome, Made) else outcome

    def _outcomes(self, handed: _Handed) -> Iterator[Outcome]:
        try:
            found = self._awaited(handed.future)
        except (BrokenExecutor, PerfevalError) as error:
            raise error if isinstance(error, PerfevalError) else PerfevalError(_BROKEN) from error
        except Exception:  # whatever an executor says of a worker that it lost; CancelledError is one
            self._crew.check()
            yield from self._again(handed)
            return
        if isinstance(found, Lacking):
            yield from self._outcomes(self._hand_in(handed.jobs, handed.tries, found.digests))
        else:
            self._given_up = 0
            yield from found

    def _again(self, handed: _Handed) -> Iterator[Outcome]:
        """Jobs that were lost, one by one."""
        if handed.tries == _TRIES:
            self._given_up += 1
            if self._given_up == _MOST_GIVEN_UP:
                raise PerfevalError(_BROKEN)
            yield from (Stopped("reader-stopped", INTERRUPTED) for _ in handed.jobs)
            return
        for each in [self._hand_in((job,), handed.tries + 1) for job in handed.jobs]:
            yield from self._outcomes(each)

    def _awaited(self, future: Future[tuple[Outcome, ...] | Lacking]) -> tuple[Outcome, ...] | Lacking:
        while not wait((future,), timeout=1).done:
            self._crew.check()
        return future.result()
