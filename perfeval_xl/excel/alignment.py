"""Lines of a sheet as issued and as returned, put side by side: which row (or column) is which by now.

A line is known by its keys, which are what is printed on it. Keys that occur once tell for certain; between such lines
the same is tried again with what occurs once there; what then is left lies between two neighbours that are known, and
is filled in between them where only one way is left to do so. What could be one line or another is none.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

Key = Hashable
NO_KEYS: frozenset[Key] = frozenset()

_DEEPEST = 8
_LARGEST_GAP = 200_000  # pairs of lines that are weighed one by one


@dataclass(frozen=True)
class Evidence:
    """What is known of the lines of both sides, all counted from 1. ``last`` is the last line that was issued.

    ``named``: by issued line, where most of its defined names stand now; None where all that are left of them have lost
    their cells, as happens when a line is deleted. Lines of whose names nothing is left are left out.
    """

    last: int
    issued: Mapping[int, frozenset[Key]]
    found: Mapping[int, frozenset[Key]]
    held: frozenset[int]
    """The issued lines that hold anything."""
    count: Mapping[int, int]
    """The filled cells of each line of the return; blank lines are left out."""
    same: Callable[[int, int], bool]
    """Whether two lines of the return hold the same."""
    named: Mapping[int, int | None] = field(default_factory=dict)
    known: Mapping[int, int] = field(default_factory=dict)
    """What was matched beforehand."""


@dataclass
class Alignment:
    """``lines``: the issued lines and where they stand; one that is gone, or that can't be told, is left out.

    ``moved``: lines out of their order, a mapping for each part of the sheet that is closed in itself. ``inserted``
    are lines of the return, ``deleted`` those issued.
    """

    lines: dict[int, int]
    moved: list[dict[int, int]] = field(default_factory=list)
    inserted: list[int] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether every line stands where it was issued."""
        return not (self.moved or self.inserted or self.deleted) and all(a == b for a, b in self.lines.items())


def align(evidence: Evidence) -> Alignment:
    """Put the lines side by side. No time beyond that of a few passes over the keys, whatever the return holds."""
    aligner = _Aligner(evidence)
    aligner.part(_Part(1, evidence.last, 1, max((evidence.last, *evidence.count, *evidence.known.values()))))
    aligner.relocate()
    result = aligner.result
    result.inserted.sort()
    result.deleted.sort()
    return result


@dataclass(frozen=True, slots=True)
class _Part:
    """The issued lines ``top`` to ``bottom`` and those of the return that they have to be among, all included."""

    top: int
    bottom: int
    first: int
    last: int

    @property
    def issued(self) -> range:
        return range(self.top, self.bottom + 1)

    @property
    def found(self) -> range:
        return range(self.first, self.last + 1)


class _Aligner:
    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.result = Alignment(dict(evidence.known))
        self.lines = self.result.lines
        self._taken = set(self.lines.values())
        self._keyed = sorted(evidence.found)
        self._agreeing = sorted(line for line, place in evidence.named.items() if place is not None)

    def part(self, part: _Part, depth: int = 0) -> None:
        """Match what can be matched for certain, then go on between the lines that nothing crosses."""
        fresh = depth < _DEEPEST and self._match(part)
        inside = [line for line in part.issued if line in self.lines]
        cuts = list(_uncrossed(inside, self.lines))
        if not cuts and inside:
            if fresh:
                self.part(part, depth + 1)
            else:
                self._tangle(part, inside)
            return
        if not cuts:
            self._gap(part)
            return
        edges = [(part.top - 1, part.first - 1), *((line, self.lines[line]) for line in cuts)]
        for (line, place), (next_line, next_place) in pairwise([*edges, (part.bottom + 1, part.last + 1)]):
            between = _Part(line + 1, next_line - 1, place + 1, next_place - 1)
            if between.issued or between.found:
                self.part(between, depth + 1)

    def _match(self, part: _Part) -> bool:
        """Match the lines whose keys occur once on both sides and all point to one line; whether there were any.

        At least half of what is told by such keys has to be found, and nothing of it elsewhere.
        """
        keys = self.evidence.issued
        open_lines = [line for line in part.issued if line not in self.lines]
        owner = _owners((line, keys.get(line, NO_KEYS)) for line in open_lines)
        free = [place for place in self._keyed_in(part) if place not in self._taken]
        where = _owners((place, self.evidence.found[place]) for place in free)
        claims: dict[int, tuple[int, int]] = {}  # by place: the votes for it, and whose they are (0: undecided)
        for line in open_lines:
            telling = [key for key in keys.get(line, NO_KEYS) if owner[key]]
            votes = Counter(place for key in telling if (place := where.get(key, 0)))
            if len(votes) == 1:
                (place, count) = votes.popitem()
                best, _ = claims.get(place, (0, 0))
                if 2 * count >= len(telling) and count >= best:
                    claims[place] = count, line if count > best else 0
        matched = {line: place for place, (_, line) in claims.items() if line}
        self._set(matched)
        return bool(matched)

    def _keyed_in(self, part: _Part) -> list[int]:
        return self._keyed[bisect_left(self._keyed, part.first) : bisect_right(self._keyed, part.last)]

    def _set(self, matched: Mapping[int, int]) -> None:
        self.lines.update(matched)
        self._taken.update(matched.values())

    def relocate(self) -> None:
        """A line gone from one place, and the only one with the very same keys that is too many in another: it moved."""
        result, named = self.result, self.evidence.named
        gone = [(line, frozenset([self.evidence.issued.get(line, NO_KEYS)])) for line in result.deleted]
        more = [(place, frozenset([self.evidence.found.get(place, NO_KEYS)])) for place in result.inserted]
        where = _owners(more)
        for keys, line in _owners(gone).items():
            place = where.get(keys, 0)
            if keys and line and place and named.get(line, place) is not None:
                self._set({line: place})
                result.moved.append({line: place})
                result.deleted.remove(line)
                result.inserted.remove(place)

    # a part in which the order was changed

    def _tangle(self, part: _Part, inside: list[int]) -> None:
        """The order tells little here. Names count if they went along with what was moved; then a line between the two
        that it was between, with its keys; of the rest, the only one that is left on both sides."""
        self.result.moved.append(_displaced(inside, self.lines, part))
        if part.bottom == self.evidence.last:  # what stands below is no part of the form
            end = max(part.first + part.bottom - part.top, *(self.lines[line] for line in inside))
            part = replace(part, last=min(part.last, end))
        followed = [line for line in inside if self.evidence.named.get(line) is not None]
        if followed and all(self.evidence.named[line] == self.lines[line] for line in followed):
            self._set(self._named(part))
        for line in part.issued:
            place = self.lines.get(line - 1, 0) + 1
            between = line not in self.lines and self.lines.get(line + 1) == place + 1 and place not in self._taken
            if between and place in self.evidence.found and self._half(line, place):
                self._set({line: place})
        left = [line for line in part.issued if line not in self.lines]
        free = [place for place in part.found if place not in self._taken]
        held = [line for line in left if line in self.evidence.held]
        filled = [place for place in free if place in self.evidence.count]
        if len(held) == len(filled) == 1 and self._weight(held[0], filled[0]):
            self._set({held[0]: filled[0]})
            left.remove(held[0])
            free.remove(filled[0])
        self._account(left, free)

    def _named(self, part: _Part) -> dict[int, int]:
        """Where the names of the lines that are not matched yet stand, inside of ``part``.

        On a line with the keys of another they count only if no line round about has moved.
        """
        found: dict[int, int] = {}
        still = part.first - part.top if part.last - part.bottom == part.first - part.top else None
        for line in part.issued:
            place = self.evidence.named.get(line)
            if place is None or line in self.lines or place in self._taken or place in found.values():
                continue
            if place < part.first or (place > part.last and part.bottom < self.evidence.last):
                continue
            other = line in self.evidence.issued and place in self.evidence.found and not self._half(line, place)
            if not other or place - line == still:
                found[line] = place
        return found

    # a gap between two lines that stand in their order

    def _gap(self, part: _Part) -> None:
        """Nothing is matched in here: by names where they hold true round about, then what is left between."""
        if self._names_hold(part):
            named = self._named(part)
            self._set({line: named[line] for line in _longest_rise(list(named), named)})
        gone = self._deleted(part)
        self.result.deleted += gone
        inside = [line for line in part.issued if line in self.lines]
        edges = [(part.top - 1, part.first - 1), *((line, self.lines[line]) for line in inside)]
        for (line, place), (next_line, next_place) in pairwise([*edges, (part.bottom + 1, part.last + 1)]):
            lines = [each for each in range(line + 1, next_line) if each not in gone]
            if next_line > self.evidence.last:
                self._tail(lines, line, place, next_place - 1)
            else:
                self._fill(lines, list(range(place + 1, next_place)))

    def _deleted(self, part: _Part) -> list[int]:
        """The lines whose names have lost their cells and that have not half of their keys on any line of ``part``."""
        lost = [line for line in part.issued if self.evidence.named.get(line, line) is None]
        places = self._keyed_in(part) if lost else []
        return [line for line in lost if not any(self._half(line, place) for place in places)]

    def _half(self, line: int, place: int) -> bool:
        keys = self.evidence.issued.get(line, NO_KEYS)
        return bool(keys) and 2 * len(keys & self.evidence.found[place]) >= len(keys)

    def _names_hold(self, part: _Part) -> bool:
        """Whether the names of the nearest matched lines, above and below, stand on the lines that their keys tell."""
        lines, named = self._agreeing, self.evidence.named
        above = next((each for each in reversed(lines[: bisect_left(lines, part.top)]) if each in self.lines), None)
        below = next((each for each in lines[bisect_right(lines, part.bottom) :] if each in self.lines), None)
        return all(named[each] == self.lines[each] for each in (above, below) if each is not None)

    def _fill(self, lines: list[int], places: list[int]) -> None:
        """Match in order, by what keys there are, then so that filled lines meet filled ones; only what is certain."""
        if lines and places:
            likely = self._likeliest(lines, places)
            early, late = _both_ends([[self._weight(line, place) for place in likely] for line in lines])
            for number, at in early.items():
                if number in late and self._alike(likely[min(at, late[number]) : max(at, late[number]) + 1]):
                    self._set({lines[number]: likely[at]})
        self._account(
            [line for line in lines if line not in self.lines],
            [place for place in places if place not in self._taken],
        )

    def _likeliest(self, lines: list[int], places: list[int]) -> list[int]:
        """``places``, of too many to weigh each pair those with most keys."""
        most = max(_LARGEST_GAP // len(lines), len(lines))
        if len(places) <= most:
            return places
        return sorted(sorted(places, key=lambda place: -len(self.evidence.found.get(place, NO_KEYS)))[:most])

    def _weight(self, line: int, place: int) -> int:
        """Shared keys count above all; then that filled meets filled; then that a line has no keys to be missed. A line
        with keys is none that has keys of others only: 0."""
        keys, there = self.evidence.issued.get(line, NO_KEYS), self.evidence.found.get(place, NO_KEYS)
        shared = len(keys & there)
        if there and not shared:
            return 0 if keys else 1
        filled = self.evidence.count.get(place, 0) > shared
        return 10_000 * shared + 2 * (filled == (line in self.evidence.held)) + (not keys) + 1

    def _alike(self, places: list[int]) -> bool:
        return all(self.evidence.same(places[0], each) for each in places[1:])

    def _tail(self, lines: list[int], above: int, place: int, end: int) -> None:
        """After the last line that is known: by their keys, else as far below it as they were issued. A line that had
        keys and stands blank now is gone."""
        keyed, doubtful = (
            self._tail_by_keys(lines, above, _Part(above + 1, above, place + 1, end)) if lines else ({}, ())
        )
        self._set(keyed)
        for line, found in keyed.items():
            self._fill([each for each in lines if above < each < line], list(range(place + 1, found)))
            above, place = line, found
        for at, line in enumerate((each for each in lines if each > above), start=place + 1):
            if line in self.evidence.issued and at not in self.evidence.count:
                self.result.deleted.append(line)
            elif line not in doubtful:
                self._set({line: at})

    def _tail_by_keys(self, lines: list[int], above: int, part: _Part) -> tuple[dict[int, int], set[int]]:
        """The lines that have half of their keys somewhere; and those of them that might have them in two places."""
        places = self._likeliest(lines, self._keyed_in(part))
        if not places:
            return {}, set()
        weights = [[self._weight(line, place) * self._half(line, place) for place in places] for line in lines]
        early, late = _both_ends(weights)
        keyed = {}
        for number, at in early.items():
            other = late.get(number, at)
            still = places[at] - part.first == lines[number] - above - 1
            if still or (number in late and self._alike(places[min(at, other) : max(at, other) + 1])):
                keyed[lines[number]] = places[at]
        return keyed, {lines[number] for number in early} - keyed.keys()

    def _account(self, lines: list[int], places: list[int]) -> None:
        """What is left over on both sides may be each other; only the surplus was inserted or deleted."""
        surplus = len(places) - len(lines)
        if surplus > 0:
            free = sorted(places, key=lambda place: (place in self.evidence.found, place))
            self.result.inserted += free[:surplus] if len(lines) else places
        elif surplus < 0:
            self.result.deleted += lines[surplus:] if places else lines


def _owners(lines: Iterable[tuple[int, frozenset[Key]]]) -> dict[Key, int]:
    """By key the only line that has it; 0 where several do."""
    found: dict[Key, int] = {}
    for line, keys in lines:
        for key in keys:
            found[key] = 0 if key in found else line
    return found


def _uncrossed(inside: list[int], lines: Mapping[int, int]) -> Iterator[int]:
    """Those of ``inside`` (ascending) that have all lines before them before them still, and all after them after."""
    lowest = list(accumulate((lines[line] for line in reversed(inside)), min))[::-1]  # from each on
    highest = 0
    for number, line in enumerate(inside, start=1):
        place = lines[line]
        if place > highest and (number == len(inside) or place < lowest[number]):
            yield line
        highest = max(highest, place)


def _displaced(inside: list[int], lines: Mapping[int, int], part: _Part) -> dict[int, int]:
    """The lines to name as moved: those not where the others are, or if it takes far fewer words, those to put back."""
    kept = set(_longest_rise(inside, lines))
    fewest = [line for line in inside if line not in kept]
    shifted = [line for line in inside if lines[line] - line != part.first - part.top]
    return {line: lines[line] for line in (shifted if len(shifted) <= 2 * len(fewest) else fewest)}


def _longest_rise(inside: list[int], lines: Mapping[int, int]) -> list[int]:
    """The most of ``inside`` (ascending) that stand in ascending order."""
    tops: list[int] = []  # the lowest end of a rise of each length
    ends: list[int] = []  # whose it is
    before: dict[int, int] = {}
    for line in inside:
        at = bisect_left(tops, lines[line])
        if at:
            before[line] = ends[at - 1]
        tops[at : at + 1] = [lines[line]]
        ends[at : at + 1] = [line]
    rise = ends[-1:]
    while rise and rise[-1] in before:
        rise.append(before[rise[-1]])
    return rise[::-1]


def _both_ends(weights: list[list[int]]) -> tuple[dict[int, int], dict[int, int]]:
    """Two best ways to pick pairs in ascending order out of a table: each as far to the left as may be, and to the right.

    Rows and columns of the table by their index.
    """
    width = len(weights[0])
    best = [[0] * (width + 1)]  # from the last row upwards: the best weight of what follows
    for row in reversed(weights):
        below, sums = best[-1], [0] * (width + 1)
        for at in range(width - 1, -1, -1):
            sums[at] = max(row[at] + below[at + 1], below[at], sums[at + 1])
        best.append(sums)
    best.reverse()
    return _walk(weights, best, early=True), _walk(weights, best, early=False)


def _walk(weights: list[list[int]], best: list[list[int]], *, early: bool) -> dict[int, int]:
    picked: dict[int, int] = {}
    number = at = 0
    while number < len(weights) and at < len(weights[0]):
        here, right, below = best[number][at], best[number][at + 1], best[number + 1][at]
        weight = weights[number][at]
        taken = weight and weight + best[number + 1][at + 1] == here
        if taken and (early or here not in (right, below)):
            picked[number] = at
            number, at = number + 1, at + 1
        elif right == here:
            at += 1
        else:
            number += 1
    return picked
