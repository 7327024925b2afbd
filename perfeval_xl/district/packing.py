"""Results on their way from one process to another, or to the disk and back, in little room.

Most of what a result holds is the form's: where its cells stand, what it asks, its formulas. The receiver knows the form
anyway, so only what this one return says is written down, and what is left out is the receiver's own again. Each result
has its slip in front, which can be read without unpacking it.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

from perfeval_xl.cells import Cell
from perfeval_xl.district.slips import Slip, slip_of
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Answer, Answers, ScoreCell, Submission
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.rules.base import Outcome
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard

SchemeOf = Callable[[str], Scheme]
"""The scheme of a digest."""

_LEVEL = 1  # of compression: a little time for less than half the room
_OUTCOME = tuple(each.name for each in fields(Outcome))
_RESULT = tuple(each.name for each in fields(UnitResult) if each.name not in ("submission", "card", "earlier"))
_SUBMISSION = tuple(
    each.name for each in fields(Submission) if each.name not in ("answers", "score_cells", "review_cells")
)


class Packed(NamedTuple):
    """A result: its slip, and the rest as bytes for ``result_from``."""

    slip: Slip
    data: bytes


def packed(results: Sequence[UnitResult]) -> bytes:
    """Results as bytes, for ``results_from`` or ``parts_of``."""
    return pickle.dumps([tuple(pack(each)) for each in results], pickle.HIGHEST_PROTOCOL)


def parts_of(data: bytes) -> list[Packed]:
    """The results in ``data``, each still packed. Only for bytes that our own process made."""
    return [Packed(Slip(*slip), rest) for slip, rest in pickle.loads(data)]


def results_from(data: bytes, scheme_of: SchemeOf) -> list[UnitResult]:
    """The results in ``data`` again; ``scheme_of`` gives the scheme of a digest. Only for bytes that our own process
    made."""
    return [result_from(each.data, scheme_of) for each in parts_of(data)]


def pack(result: UnitResult) -> Packed:
    """One result, packed."""
    data = pickle.dumps(_taken_apart(result), pickle.HIGHEST_PROTOCOL)
    return Packed(slip_of(result), zlib.compress(data, _LEVEL))


def result_from(data: bytes, scheme_of: SchemeOf) -> UnitResult:
    """A result out of ``Packed.data``. Only for bytes that our own process made."""
    return _put_together(pickle.loads(zlib.decompress(data)), scheme_of)


# Plain tuples all the way: objects of classes cost several times as much to pickle, and more to unpickle.


def _taken_apart(result: UnitResult) -> tuple[Any, ...]:
    plain = tuple(getattr(result, name) for name in _RESULT)
    earlier = tuple(_taken_apart(each) for each in result.earlier)
    if result.card is None or result.submission is None:
        return plain, earlier, None, None, None
    form = _Form.of(result.card.scheme)
    return plain, earlier, form.scheme.digest, form.apart(result.submission), _card_apart(result.card)


def _put_together(apart: tuple[Any, ...], scheme_of: SchemeOf) -> UnitResult:
    plain, packed_earlier, digest, submission, card = apart
    said, earlier = dict(zip(_RESULT, plain, strict=True)), tuple(_put_together(e, scheme_of) for e in packed_earlier)
    if digest is None:
        return UnitResult(**said, earlier=earlier, submission=None, card=None)
    form = _Form.of(scheme_of(digest))
    return UnitResult(**said, earlier=earlier, submission=form.submission(submission), card=form.card(card))


def _card_apart(card: ScoreCard) -> tuple[Any, ...]:
    rows = [
        (
            row.indicator.code,
            tuple([getattr(row.outcome, name) for name in _OUTCOME]),
            (row.self_score, row.formula_score, row.notes, row.ruling),
        )
        for row in card.rows
    ]
    return rows, card.findings


_forms: dict[int, _Form] = {}


@dataclass(frozen=True)
class _Form:
    """What a return is written down against: the form as it was issued and nobody filled in."""

    scheme: Scheme

    @classmethod
    def of(cls, scheme: Scheme) -> _Form:
        """Worked out once for each scheme object, which is kept as its layout is."""
        known = _forms.get(id(scheme))
        if known is None:
            known = _forms[id(scheme)] = cls(scheme)
        return known

    @cached_property
    def answers(self) -> Mapping[str, Answer]:
        inputs = build_layout(self.scheme).inputs
        return {name: Answer(name, None, "", inputs.get(name)) for name in self.scheme.fields}

    @cached_property
    def names(self) -> Sequence[str]:
        return tuple(self.answers)

    @cached_property
    def review(self) -> Mapping[str, Cell]:
        return build_layout(self.scheme).review

    @cached_property
    def scores(self) -> Mapping[str, ScoreCell]:
        layout = build_layout(self.scheme)
        found = {}
        for each in self.scheme.indicators:
            for name in (each.self_score_id, each.formula_score_id):
                cell = layout.place(name)
                formula = layout.formulas.get(cell)
                found[name] = ScoreCell(cell, formula.expression if formula else None, issued=formula is not None)
        return found

    # --- submissions

    def apart(self, submission: Submission) -> tuple[Any, ...]:
        answers = submission.answers
        names = None if tuple(answers) == self.names else tuple(answers)
        return (
            tuple([getattr(submission, name) for name in _SUBMISSION]),
            names,
            [
                told
                for place, each in enumerate(answers.values())
                if (told := _answer_apart(place, each, self.answers.get(each.field)))
            ],
            _unlike(submission.score_cells, self.scores),
            _unlike(submission.review_cells, self.review),
        )

    def submission(self, apart: tuple[Any, ...]) -> Submission:
        plain, names, told, scores, review = apart
        names = self.names if names is None else names
        answers = [self.answers.get(name) for name in names]
        for place, *rest in told:
            answers[place] = _answer(names[place], self.answers.get(names[place]), *rest)
        return Submission(
            **dict(zip(_SUBMISSION, plain, strict=True)),
            answers=Answers(each for each in answers if each is not None),
            score_cells=_alike(scores, self.scores),
            review_cells=_alike(review, self.review),
        )

    def card(self, apart: tuple[Any, ...]) -> ScoreCard:
        rows, findings = apart
        indicator = self.scheme.indicator
        scored = tuple(
            [IndicatorScore(indicator[code], Outcome(*outcome), *claimed) for code, outcome, claimed in rows]
        )
        return ScoreCard(self.scheme, scored, findings)


def _answer_apart(place: int, answer: Answer, issued: Answer | None) -> tuple[Any, ...]:
    """Only as much as there is to say; nothing of one that is blank as it was issued."""
    value, raw = answer.value, answer.raw
    if issued is None or answer.cell != issued.cell or answer.problem is not None or answer.why:
        return place, value, raw, answer.problem, answer.why, answer.cell
    if value is None:
        return (place, value, raw) if raw else ()
    return (place, value) if str(value) == raw else (place, value, raw)


def _answer(name: str, issued: Answer | None, value: Any, raw: str | None = None, *rest: Any) -> Answer:
    if rest:
        problem, why, cell = rest
        return Answer(name, value, raw or "", cell, problem, why)
    return Answer(name, value, str(value) if raw is None else raw, None if issued is None else issued.cell)


_Cells = Mapping[str, Any]


def _unlike(found: _Cells, issued: _Cells) -> _Cells | None:
    """``found`` with None for each that is as ``issued``; None where all are, in the same order."""
    unlike = {name: None if issued.get(name) == each else each for name, each in found.items()}
    return None if list(found) == list(issued) and not any(unlike.values()) else unlike


def _alike(unlike: _Cells | None, issued: _Cells) -> _Cells:
    """What ``_unlike`` was made of."""
    if unlike is None:
        return issued
    return {name: issued[name] if each is None else each for name, each in unlike.items()}
