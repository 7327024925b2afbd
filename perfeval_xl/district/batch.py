"""Many files at once: each is examined by a crew, so that none can take the run with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from perfeval_xl.district.crew import Crew, Shared, Stopped
from perfeval_xl.district.identify import schemes_at
from perfeval_xl.district.intake import Desk, set_aside
from perfeval_xl.district.known import Known
from perfeval_xl.district.packing import Packed, pack, packed, parts_of, result_from
from perfeval_xl.district.parcels import Item, plain_name
from perfeval_xl.district.workers import shared
from perfeval_xl.errors import StorageError
from perfeval_xl.findings import finding
from perfeval_xl.results import UnitResult
from perfeval_xl.storage import Place


class _Place(NamedTuple):
    """Where files are examined, and what is known of them from earlier runs."""

    desk: Desk
    known: Known | None


@dataclass(frozen=True, slots=True)
class _Task:
    """A file to examine, and the place to do it at."""

    place: Shared[_Place]
    item: Item

    @property
    def files(self) -> tuple[Place, ...]:
        """What a worker elsewhere will read: the file, and the blank that it came from, if it kept its name."""
        outbox = self.place.value.desk.outbox
        return (self.item.path,) if outbox is None else (self.item.path, outbox / plain_name(self.item.path.name))


def examine_all(desk: Desk, items: Sequence[Item], crew: Crew | None = None) -> Iterator[list[UnitResult]]:
    """The results of each file, in their order, as they come. PerfevalError where there is nobody to do it."""
    with examining(desk, crew) as examine:
        yield from examine(items)


def examine_packed(
    desk: Desk, items: Sequence[Item], crew: Crew | None = None, known: Known | None = None
) -> Iterator[list[Packed]]:
    """As ``examine_all``, each result as it came from the worker: it costs next to nothing until it is unpacked.

    A file whose results are ``known`` is not examined again.
    """
    with _examining(desk, crew, known) as examine:
        yield from examine(items)


Examine = Callable[[Sequence[Item]], Iterator[list[UnitResult]]]
"""What ``examine_all`` does, for a desk that is set up already."""


@contextmanager
def examining(desk: Desk, crew: Crew | None = None) -> Iterator[Examine]:
    """For files that come a few at a time: the desk is set up with the workers once."""

    scheme_of = schemes_at(desk.scheme)
    with _examining(desk, crew) as examine:
        yield lambda items: ([result_from(each.data, scheme_of) for each in found] for found in examine(items))


@contextmanager
def _examining(
    desk: Desk, crew: Crew | None, known: Known | None = None
) -> Iterator[Callable[[Sequence[Item]], Iterator[list[Packed]]]]:
    hands = crew or shared()
    with hands.sharing(_Place(desk, known)) as place:

        def examine(items: Sequence[Item]) -> Iterator[list[Packed]]:
            tasks = (_Task(place, item) for item in items)
            for item, found in zip(items, hands.map(_examined, tasks), strict=True):
                if isinstance(found, StorageError):
                    raise found
                if isinstance(found, Stopped):
                    yield [pack(set_aside(item.name, finding(found.code, why=found.why)))]
                else:
                    yield parts_of(found)

        yield examine


def _examined(task: _Task) -> bytes | StorageError:
    """In the worker: a file's results, packed. A store that can't be reached is no file's fault: it ends the work."""
    desk, known = task.place.value
    try:
        data = desk.read(task.item.path, task.item.name)
        if not isinstance(data, bytes):
            return packed([data])
        return _results(desk, known, data, task.item.name)
    except StorageError as error:
        return error


def _results(desk: Desk, known: Known | None, data: bytes, name: str) -> bytes:
    if known is None:
        return packed(desk.examine_file(data, name))
    content = hashlib.sha256(data).hexdigest()
    done = known.recall(name, content)
    if done is None:
        results = desk.examine_file(data, name)
        done = packed(results)
        units = (desk.unit(each.unit_code) for each in results)
        known.keep(name, content, done, {unit.file_name for unit in units if unit is not None})
    return done
