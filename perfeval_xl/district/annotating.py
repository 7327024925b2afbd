"""The annotated copies of a whole round, made by a crew: each worker gets a result and where its file lies."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import sight
from perfeval_xl.district.crew import Crew, Shared, Stopped
from perfeval_xl.district.gathered import Gathered
from perfeval_xl.district.identify import schemes_at
from perfeval_xl.district.known import Known
from perfeval_xl.district.packing import result_from
from perfeval_xl.district.parcels import Inbox, Item
from perfeval_xl.district.reissue import Copies
from perfeval_xl.district.workers import shared
from perfeval_xl.errors import StorageError, WorkbookError
from perfeval_xl.findings import Finding, finding
from perfeval_xl.roster import Unit
from perfeval_xl.storage import Place


@dataclass(frozen=True, slots=True)
class Annotated:
    """``data`` is the workbook, None where there is none, or where it lies in reviewed/ already (``there``); ``told`` what
    there is to say of it beside the findings."""

    data: bytes | None
    told: tuple[Finding, ...]
    there: bool = False


class _Bench(NamedTuple):
    """Who makes the copies, and what is known of those that earlier runs made."""

    copies: Copies
    known: Known


@dataclass(frozen=True, slots=True)
class _Task:
    """A unit's packed result, the file that it came in (None: it has gone), and where the copy is made."""

    bench: Shared[_Bench]
    unit: Unit
    item: Item | None
    result: bytes

    @property
    def files(self) -> tuple[Place, ...]:
        """What a worker elsewhere will read: the file, and where that can't be written into, the unit's blank."""
        blank = self.bench.value.copies.campaign.outbox / self.unit.file_name
        return (blank,) if self.item is None else (self.item.path, blank)


def annotate_all(
    campaign: Campaign,
    inbox: Inbox,
    gathered: Gathered,
    numbers: Sequence[int],
    known: Known,
    crew: Crew | None = None,
) -> Iterator[Annotated]:
    """The annotated copies of the accepted returns with these ``numbers``, in this order, as they come; one that is
    ``known`` to lie in reviewed/ already is not made again.

    StorageError where a folder at a URL can't be reached.
    """
    hands, units = crew or shared(), campaign.addressees
    with hands.sharing(_Bench(Copies(campaign, Inbox((), ())), known)) as bench:
        tasks = (
            _Task(bench, units[gathered.codes[each]], inbox.holding(gathered.files[each]), gathered.data(each))
            for each in numbers
        )
        for made in hands.map(_annotated, tasks):
            if isinstance(made, StorageError):
                raise made
            if isinstance(made, Stopped):
                yield Annotated(None, (finding("not-annotated", why=f"批注时{made.why}"),))
            else:
                yield made


def _annotated(task: _Task) -> Annotated | StorageError:
    """In the worker."""
    copies, known = task.bench.value
    name, content = known_as(task.unit), hashlib.sha256(task.result).hexdigest()
    try:
        done = known.recall(name, content)
        if done is not None:
            digest, told = pickle.loads(done)
            if digest == sight.digest_of(copies.campaign.reviewed / task.unit.file_name):
                return Annotated(None, told, there=True)
        result = result_from(task.result, schemes_at(copies.campaign.scheme))
        copy = copies.annotated(result, task.item)
    except StorageError as error:
        return error
    except WorkbookError as error:
        return Annotated(None, (finding("not-annotated", why=str(error)),))
    made = pickle.dumps((hashlib.sha256(copy.data).hexdigest(), copy.told))
    known.keep(name, content, made, {task.unit.file_name})
    return Annotated(copy.data, copy.told)


def known_as(unit: Unit) -> str:
    """What the annotated copy of a unit's return is called among what is known; no file of an inbox has such a name."""
    return f"reviewed\0{unit.code}"
