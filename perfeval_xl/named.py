"""Which input a number in a sentence is said of: 实际支出公用经费总额364.75万元 names 公用经费实际支出, 预算安排 the budget.

A number counts as named only where every word around it is accounted for: by the input's label, by the row's own texts,
or as filler (2024年度, 共, 总额). Whatever else is written there may turn its meaning (较上年, 其中, 小学部), so one word
that is not understood is enough to leave the number alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from perfeval_xl.mentions import Kind, Mention, amounts, counts, percentages


@dataclass(frozen=True)
class Quantity:
    """An input by its name. ``value`` is in the scale of ``Mention.value``, None where blank or unusable.

    ``verbatim``: the text must carry the name to the letter. ``also`` are values that may stand under the same name (a
    target). ``shown`` is the value as a message shows it.
    """

    label: str
    kind: Kind
    unit: str
    value: Decimal | None
    shown: str = ""
    verbatim: bool = False
    also: tuple[Decimal, ...] = ()

    @property
    def name(self) -> str:
        return _squeezed(self.label)


@dataclass(frozen=True)
class Naming:
    """A number of a text and the input that it is plainly said of; ``loosely``: named by a few of its words only."""

    mention: Mention
    quantity: Quantity
    loosely: bool = False

    @property
    def fits(self) -> bool:
        """Whether it agrees with what was filled in, as far as that is known."""
        return self.quantity.value is None or self.mention.fits(self.quantity.value)


def namings(text: str, quantities: Sequence[Quantity], known: str, year: int) -> list[Naming]:
    """The numbers of a ``plain`` text with the input that each is plainly said of, in their order.

    ``known`` are the row's own texts (its name, its criteria), whose words say nothing new, as those of the labels;
    ``year`` is the form's.
    """
    return list(_Reader(quantities, known, year).read(text))


def of_another_time(text: str, place: int, year: int) -> bool:
    """Whether the time that a ``plain`` text speaks of at ``place``, as its sentence told last, is another than ``year``."""
    times = list(_TIME.finditer(_SENTENCE.split(text[:place])[-1]))
    return bool(times) and times[-1][0] not in _NOW and times[-1][1] != str(year)


def contradictions(found: Sequence[Naming], quantities: Sequence[Quantity]) -> Iterator[Naming]:
    """Those of ``found`` that differ from what was filled in.

    An input that is rightly stated anywhere is not told, nor one that is stated in two ways, nor one named loosely by the
    number of another input. A number with 约 proves nothing.
    """
    for each in found:
        quantity, fits = each.quantity, each.mention.fits
        namings = [other for other in found if other.quantity == quantity]
        unsure = any(other.fits for other in namings) or len({other.mention.value for other in namings}) > 1
        if unsure or each.mention.about or any(map(fits, quantity.also)):
            continue
        others = [other.value for other in quantities if other.kind is quantity.kind and other.value is not None]
        if not (each.loosely and any(map(fits, others))):
            yield each


# ---- words

_NOT_A_WORD = re.compile(r"[^\w]|[的_]")
_BREAK = re.compile(r"[^\w“”\"]+")
_STOP = re.compile(r"[,、。;!?\n]")
_SENTENCE = re.compile(r"[。;!?\n]")
_NUMBERING = re.compile(r"^\s*(?:\d{1,2}\s*\.(?!\d)|\(\s*\d{1,2}\s*\)|\d{1,2}\))")
_NOW = ("本年", "今年", "当年")
_TIME = re.compile(rf"(20\d\d)\s*年|(?<![较比同与])(?:上年|去年|往年|上一年)|{'|'.join(_NOW)}")
_CLOSED = re.compile(r"\s*(?:$|[,。;!?\n)<>=≤≥≦≧]|整|左右|上下)")  # nothing follows that the amount could be for
_FILLER = (
    "年度|全年|年内|当年|本年|截至|本单位|本部门|本级|本校|本园|我单位|我部门|我校|我园|我局|我区|全区|学校|单位|部门|"
    "总额|总数|总量|总计|共计|合计|数额|金额|数值|完成值|实际完成|完成|达到|[共为是达计约近有了均已即数额值总全]"
)
# These turn what a sentence says: another time, a change, a part, a plan, a lack.
_TURNS = re.compile(
    "其中|其他|其余|另|上年|去年|往年|上一年|同比|环比|较|比上|增加|减少|增长|下降|提高|降低|上升|追加|调增|调减|节约|节省|"
    "压减|超|差|人均|生均|每|月|季|日|剩余|未|尚|待|不|无|没|缺|漏|除|扣|部分|目标|标准|要求|计划|预计|预期|拟|应|须|如|若"
)
_JOINED = re.compile("(?=(.[及和与或].))")  # 结转和结余: its first half alone is something else
_HALF = 2  # a label is named by itself where one in so many of its pairs of signs stands there


@lru_cache(maxsize=1024)  # labels and criteria come again with every return
def _squeezed(text: str) -> str:
    return _NOT_A_WORD.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=1024)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[place : place + 2] for place in range(len(text) - 1))


@lru_cache(maxsize=1024)
def _known_pairs(text: str) -> frozenset[str]:
    """The pairs within the words of ``text``, none across a break."""
    return frozenset[str]().union(*(_pairs(_squeezed(word)) for word in _BREAK.split(text)))


class _Reader:
    def __init__(self, quantities: Sequence[Quantity], known: str, year: int) -> None:
        self._quantities = quantities
        self._year = year
        labels = (each.label for each in quantities if not each.verbatim)
        self._known = frozenset[str]().union(*map(_known_pairs, (known, *labels)))
        self._filler = re.compile(f"(?:{year}年度?|{_FILLER})")
        self._fillers = re.compile(f"(?:{year}年度?|{_FILLER})*\\Z")

    def read(self, text: str) -> Iterator[Naming]:
        """Sentence by sentence: an amount that was named lends its subject to the next one (…, 预算安排100万元)."""
        units = {each.unit for each in self._quantities if each.kind is Kind.COUNT}
        mentions = [*amounts(text), *percentages(text), *counts(text, units)]
        since, subject = 0, False
        for mention in sorted(mentions, key=lambda each: each.start):
            between = text[since : mention.start]
            if _SENTENCE.search(between):
                subject = False
            before = _NUMBERING.sub("", _STOP.split(between)[-1])
            now = not of_another_time(text, mention.start, self._year)
            naming = self._said_of(mention, before, text[mention.end :], subject) if now else None
            if naming is not None:
                yield naming
            if mention.kind is Kind.AMOUNT:
                subject = naming is not None
            since = mention.end

    def _said_of(self, mention: Mention, before: str, after: str, subject: bool) -> Naming | None:
        lead, closed = _squeezed(before), _CLOSED.match(after) is not None
        alike = [each for each in self._quantities if each.kind is mention.kind]
        letters = [each for each in alike if each.verbatim and each.unit == mention.unit]
        loose = [each for each in alike if not each.verbatim]
        for each in letters if closed else ():
            if self._is_name(lead, each):
                return Naming(mention, each)
        if mention.kind is Kind.COUNT:
            found = self._best(loose, (lead, _squeezed(_STOP.split(after)[0])))
            return Naming(mention, found) if found and found.unit == mention.unit else None
        if not closed:
            return None
        found = self._best(loose, (lead,))
        weak = self._best(loose, (lead,), weak=True) if subject and not found else None
        return Naming(mention, found) if found else Naming(mention, weak, loosely=True) if weak else None

    def _is_name(self, lead: str, quantity: Quantity) -> bool:
        """Whether ``lead`` is the quantity's name and nothing else that counts."""
        head, found, tail = lead.rpartition(quantity.name)
        return bool(found and self._fillers.match(head) and self._fillers.match(tail))

    def _best(self, rivals: Sequence[Quantity], words: tuple[str, ...], weak: bool = False) -> Quantity | None:
        """The one quantity that ``words`` name and no other; ``weak``: even if they give but a few of its words."""
        if not all(map(self._understood, words)):
            return None
        pairs = frozenset[str]().union(*map(_pairs, words))
        for each in rivals:
            given = len(_pairs(each.name) & pairs)
            enough = given > 0 if weak else given * _HALF >= len(_pairs(each.name))
            if enough and _apart(each, rivals, pairs) and _straight(each.name, words):
                return each
        return None

    def _understood(self, word: str) -> bool:
        """Whether every sign of ``word`` belongs to a pair that the row's own texts know, or to a filler."""
        covered = {place for match in self._filler.finditer(word) for place in range(match.start(), match.end())}
        for place in range(len(word) - 1):
            if word[place : place + 2] in self._known:
                covered |= {place, place + 1}
        return len(covered) == len(word)


def _apart(quantity: Quantity, rivals: Sequence[Quantity], pairs: frozenset[str]) -> bool:
    """Whether ``pairs`` hold something of ``quantity`` against each rival, and of no rival anything against it."""
    own = _pairs(quantity.name)
    others = (_pairs(other.name) for other in rivals if other is not quantity)
    return all((own - theirs) & pairs and not (theirs - own) & pairs for theirs in others)


def _straight(name: str, words: tuple[str, ...]) -> bool:
    """Whether nothing turns the meaning, and what the name joins (结转和结余) stands there joined."""
    turned = any(match[0] not in name for word in words for match in _TURNS.finditer(word))
    return not turned and all(any(each in word for word in words) for each in _JOINED.findall(name))
