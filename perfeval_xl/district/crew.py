"""Who does the work on many files: the children of this process (workers.py), or those of any executor (executors.py).

Whoever has work takes a ``Crew``, and gives it tasks: functions of an importable module, of one payload. What every
payload needs (a round's desk, say) is shared once instead of being put into each of them.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stopped:
    """What comes in place of a result. ``code`` is a finding's (findings.KINDS), ``why`` fits into its message.

    "reader-stopped": the task took too long or too much memory, or took its process down with it. "internal-error": it
    raised; ``why`` names the kind of error and the line, ``trace`` holds the traceback. Neither has the error's own
    words, which may quote what a file says.
    """

    code: str
    why: str
    trace: str = ""


class Shared(Generic[T]):
    """A value that goes to each worker once; ``value`` is it there, as here. Pickled, it is a name of the value."""

    def __init__(self, digest: str, value: T, path: Path | None = None) -> None:
        self.digest = digest
        self._here: list[T] = [value]
        self._path = path

    @property
    def value(self) -> T:
        """The value itself; in a worker it is unpickled at the first use and kept for the next ones."""
        if not self._here:
            value: T = _unpickled(self.digest, _placed.get(self.digest) or self._path)
            self._here.append(value)
        return self._here[0]

    def __getstate__(self) -> tuple[str, Path | None]:
        return self.digest, self._path

    def __setstate__(self, state: tuple[str, Path | None]) -> None:
        self.digest, self._path = state
        self._here = []


class Crew(Protocol):
    """Workers, whoever they are. ``count``: how many work at a time."""

    @property
    def count(self) -> int: ...

    def map(self, task: Callable[[P], R], payloads: Iterable[P]) -> Iterator[R | Stopped]:
        """What ``task`` makes of each payload, in their order, as it comes; payloads are drawn a little ahead of it.

        ``task`` (a function of an importable module), payloads and results are pickled. Whatever goes wrong with one
        payload costs that one, ``Stopped``. PerfevalError where the workers can't be started, or are all gone.
        """

    def sharing(self, value: T) -> AbstractContextManager[Shared[T]]:
        """``value`` (it is pickled) for the payloads of every ``map`` within the context."""


def importable(task: Callable[[P], R]) -> str:
    """The module that a task stands in. ValueError where no other process can import it."""
    if task.__module__ == "__main__":
        raise ValueError("a task must stand in a module that a child process can import")
    return task.__module__


def pickled(value: object) -> tuple[str, bytes]:
    """A value that is to be shared, as bytes, and the digest that it goes by."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return hashlib.sha256(data).hexdigest(), data


# --- in a worker

_placed: dict[str, Path] = {}


def place(places: dict[str, Path]) -> None:
    """From now on shared values are taken from these files, by digest, instead of those of the sharer's machine."""
    _placed.clear()
    _placed.update(places)


@lru_cache(maxsize=2)
def _unpickled(digest: str, path: Path | None) -> Any:
    if path is None:
        raise LookupError(f"the shared value {digest} has not come")
    return pickle.loads(path.read_bytes())
