"""What is wrong with an authoring workbook, or worth knowing, each at its cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from perfeval_xl.cells import Cell, from_ref

_LISTED = 6  # cells of one message that are named


class Weight(StrEnum):
    """ERROR: nothing is written until it is put right. NOTE: how something was read, or what to think about."""

    ERROR = "error"
    NOTE = "note"

    @property
    def label(self) -> str:
        """The word for it in a list."""
        return "错误" if self is Weight.ERROR else "提示"


@dataclass(frozen=True)
class Trouble:
    """One of them: ``cell`` None where it is about the whole file; ``message`` is a sentence in Chinese."""

    weight: Weight
    cell: Cell | None
    message: str

    def __str__(self) -> str:
        return f"{self.cell}：{self.message}" if self.cell else self.message


class Troubles:
    """What was found so far, in the order in which it was found; nothing twice."""

    def __init__(self) -> None:
        self.found: dict[Trouble, None] = {}

    def error(self, cell: Cell | None, message: str) -> None:
        """Note an error."""
        self.found[Trouble(Weight.ERROR, cell, message)] = None

    def note(self, cell: Cell | None, message: str) -> None:
        """Note something worth knowing."""
        self.found[Trouble(Weight.NOTE, cell, message)] = None

    @property
    def errors(self) -> tuple[Trouble, ...]:
        """What keeps the workbook from being used."""
        return tuple(each for each in self.found if each.weight is Weight.ERROR)

    @property
    def notes(self) -> tuple[Trouble, ...]:
        """What is only worth knowing."""
        return tuple(each for each in self.found if each.weight is Weight.NOTE)


def in_order(troubles: Iterable[Trouble], sheets: Iterable[str]) -> list[Trouble]:
    """Troubles in the order of the workbook's ``sheets``, of the rows and the columns in them."""
    places = {name: number for number, name in enumerate(sheets)}

    def key(trouble: Trouble) -> tuple[Any, ...]:
        if trouble.cell is None:
            return (-1,)
        return (places.get(trouble.cell.sheet, len(places)), *from_ref(trouble.cell.ref), trouble.message)

    return sorted(troubles, key=key)


def grouped(troubles: Iterable[Trouble]) -> Iterator[str]:
    """A line for each message, with its cells; equal messages of a sheet share a line."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in troubles:
        sheet = each.cell.sheet if each.cell else ""
        groups.setdefault((sheet, each.message), []).append(each.cell.ref if each.cell else "")
    for (sheet, message), refs in groups.items():
        if not sheet:
            yield message
            continue
        more = f" 等 {len(refs)} 处" if len(refs) > _LISTED else ""
        yield f"{sheet}!{'、'.join(refs[:_LISTED])}{more}：{message}"


def trouble_json(trouble: Trouble) -> dict[str, str | None]:
    """A trouble as ``--format json`` prints it."""
    cell = trouble.cell
    return {
        "severity": trouble.weight.value,
        "sheet": cell.sheet if cell else None,
        "cell": cell.ref if cell else None,
        "message": trouble.message,
    }
