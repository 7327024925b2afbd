"""Many files at once: each is examined in a child process, so that none can take the run with it."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from perfeval_xl.district.identify import scheme_of_digest
from perfeval_xl.district.intake import Desk, set_aside
from perfeval_xl.district.packing import packed, results_from
from perfeval_xl.district.parcels import Item
from perfeval_xl.district.workers import Stopped, Workers, shared
from perfeval_xl.findings import finding
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.model import Scheme


@dataclass(frozen=True, slots=True)
class _Task:
    """A file to examine, and where the desk is written down."""

    desk: Path
    item: Item


def examine_all(desk: Desk, items: Sequence[Item], workers: Workers | None = None) -> Iterator[list[UnitResult]]:
    """The results of each file, in their order, as they come. PerfevalError where no child process can be started."""
    with examining(desk, workers) as examine:
        yield from examine(items)


Examine = Callable[[Sequence[Item]], Iterator[list[UnitResult]]]
"""What ``examine_all`` does, for a desk that is set up already."""


@contextmanager
def examining(desk: Desk, workers: Workers | None = None) -> Iterator[Examine]:
    """For files that come a few at a time: the desk is set up in the child processes once."""

    def scheme_of(digest: str) -> Scheme:
        return desk.scheme if desk.scheme and desk.scheme.digest == digest else scheme_of_digest(digest)

    def examine(items: Sequence[Item]) -> Iterator[list[UnitResult]]:
        tasks = (_Task(written, item) for item in items)
        for item, found in zip(items, (workers or shared()).map(_examined, tasks), strict=True):
            if isinstance(found, Stopped):
                yield [set_aside(item.name, finding(found.code, why=found.why))]
            else:
                yield results_from(found, scheme_of)

    with tempfile.TemporaryDirectory(prefix="perfeval-") as folder:
        written = Path(folder) / "desk"  # the round's key is in it: the folder is the owner's alone
        written.write_bytes(pickle.dumps(desk))
        yield examine


def _examined(task: _Task) -> bytes:
    """In the child: a file's results, packed."""
    return packed(_desk(task.desk).examine(task.item.path, task.item.name))


@lru_cache(maxsize=1)
def _desk(written: Path) -> Desk:
    desk: Desk = pickle.loads(written.read_bytes())
    return desk
