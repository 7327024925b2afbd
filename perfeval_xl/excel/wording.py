"""Texts out of a return as a message shows them: short, on one line, without what can't be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding, finding

EMPTY = "（空）"
ROOM = 60
"""Characters that a text takes in a message at most."""
_BEFORE = 15  # characters shown before the place where two texts part
_FULL, _COUNTED = 20, 2000


def short(text: str, room: int = ROOM) -> str:
    """``text`` on one line and cut to ``room`` characters; （空） for nothing."""
    plain = _plain(text)
    return (plain if len(plain) <= room else f"{plain[: room - 1]}…") or EMPTY


def apart(expected: str, actual: str) -> tuple[str, str]:
    """Both texts, of long ones the piece where they begin to differ."""
    texts = _plain(expected), _plain(actual)
    start = 0
    if max(map(len, texts)) > ROOM:
        same = next((at for at, (one, other) in enumerate(zip(*texts, strict=False)) if one != other), None)
        start = max(0, (min(map(len, texts)) if same is None else same) - _BEFORE)
    first, second = (f"…{short(text[start:], ROOM - 1)}" if start else short(text) for text in texts)
    return first, second


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as runs, first and last: 3, 4, 5, 9 -> (3, 5), (9, 9)."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def span(first: str, last: str) -> str:
    """A run of lines by the names of its first and last: 3～5, or 3 alone."""
    return first if first == last else f"{first}～{last}"


class Few:
    """Findings of one code on one sheet: the first ones one by one, of the others how many there are."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._listed: list[tuple[Cell, str]] = []
        self._next: Cell | None = None
        self._more = 0

    def add(self, cell: Cell, text: str) -> None:
        if len(self._listed) < _FULL:
            self._listed.append((cell, text))
            return
        self._next = self._next or cell
        self._more += 1

    @property
    def many(self) -> bool:
        """Whether there is no point in counting on."""
        return self._more >= _COUNTED

    def __iter__(self) -> Iterator[Finding]:
        for cell, text in self._listed:
            shown = short(text)
            yield finding(self._code, cell=cell, actual=shown, what=f"“{shown}”")
        if self._next is not None:
            yield finding(self._code, cell=self._next, what=f"另有 {self._more} 格{'以上' * self.many}")
