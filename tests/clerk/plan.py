"""What is done to each return, one after the other: every deed once, then pairs and triples."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import count
from random import Random

from tests.clerk import identity, locked, parcels, sheets, typing_formulas, typing_numbers, typing_others
from tests.clerk.deeds import Deed, compatible

MODULES = (typing_numbers, typing_others, typing_formulas, locked, sheets, identity, parcels)
"""Imported for what they enter into the catalogue."""
_OTHERS = (1, 1, 1, 1, 2)
"""How many deeds go with the first."""
_TRIES = 100


class Plan:
    """The deeds of each return by its number, without end. ``lacking`` are those whose program isn't installed."""

    def __init__(self, seed: int, catalogue: Sequence[Deed], only: str, together: int) -> None:
        self.lacking: set[str] = set()
        self._random = Random(f"{seed}:plan")
        self._catalogue = catalogue
        self._wanted = [each for each in catalogue if only in each.name]
        self._numbers = count()
        self._first = deque(_packed(self._wanted, together, self._random))

    def __next__(self) -> tuple[int, list[Deed]]:
        deeds = self._first.popleft() if self._first else self._drawn()
        return next(self._numbers), sorted(deeds, key=lambda each: each.stage)

    def again(self, left: Deed) -> None:
        """``left`` could not be done with others: until every deed is done once, it is done alone."""
        if self._first:
            self._first.append([left])

    def _drawn(self) -> list[Deed]:
        chosen = self._random.choice([each for each in self._wanted if each.name not in self.lacking])
        for _ in range(_TRIES):
            others = self._random.sample(self._catalogue, self._random.choice(_OTHERS))
            deeds = [chosen, *others]
            if chosen not in others and compatible(deeds) and not any(each.name in self.lacking for each in others):
                return deeds
        return [chosen]  # hardly anything goes with it


def _packed(deeds: Sequence[Deed], together: int, random: Random) -> list[list[Deed]]:
    """Every deed in one group; one that has the whole file set aside is alone, for it would hide the others."""
    groups: list[list[Deed]] = []
    for each in deeds if together == 1 else random.sample(deeds, len(deeds)):
        for group in groups:
            if len(group) < together and _bearable([*group, each]):
                group.append(each)
                break
        else:
            groups.append([each])
    return groups


def _bearable(deeds: Sequence[Deed]) -> bool:
    return compatible(deeds) and not any("fate" in each.topics for each in deeds)
