"""What a deed is, and the catalogue of all of them, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tests.clerk.making import Making

TYPED, CELLS, SHEETS, ROWS, IDENTITY, SAVED, FILE = range(7)
"""When a deed is done: values first, then cells, whole sheets, rows, who it is, how it is saved, what the file becomes."""
STAGES = ("values", "cells", "sheets", "rows", "identity", "saving", "files")


@dataclass(frozen=True)
class Deed:
    """One thing that offices do. ``topics``: two deeds with a topic in common are not done to one return."""

    name: str
    stage: int
    topics: frozenset[str]
    act: Callable[[Making], None]


CATALOGUE: list[Deed] = []


def deed(name: str, stage: int, *topics: str) -> Callable[[Callable[[Making], None]], Callable[[Making], None]]:
    """Enter a function into the catalogue."""

    def enter(act: Callable[[Making], None]) -> Callable[[Making], None]:
        register(name, stage, topics, act)
        return act

    return enter


def register(name: str, stage: int, topics: Collection[str], act: Callable[[Making], None]) -> None:
    assert name not in {each.name for each in CATALOGUE}, name
    CATALOGUE.append(Deed(name, stage, frozenset(topics), act))


def compatible(deeds: Collection[Deed]) -> bool:
    """Whether all of ``deeds`` can be done to one return. A "pure" one wants its content left alone."""
    topics = [topic for each in deeds for topic in each.topics]
    if len(topics) != len(set(topics)):
        return False
    return "pure" not in topics or all(each.stage == FILE or "file-name" in each.topics for each in deeds)
