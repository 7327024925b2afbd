"""A round of the sample district, and the good returns of its units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from io import BytesIO
from pathlib import Path

import openpyxl

from perfeval_xl.campaign import Campaign
from perfeval_xl.demo import SampleReturn, open_round, sample_returns
from perfeval_xl.district import rounds
from perfeval_xl.district.identify import locked_digest
from perfeval_xl.district.intake import filled
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.generator import submission_of
from perfeval_xl.resources import samples_dir
from perfeval_xl.scheme.answers import Answer, ScoreCell
from perfeval_xl.scheme.answers_file import read_answers
from perfeval_xl.scheme.fields import NO, YES
from perfeval_xl.scorer import score
from tests.clerk import converted
from tests.clerk.making import Good

_SAVERS = {3: "openpyxl", 7: "gnumeric", 13: "gnumeric"}
"""Which of twenty good returns are saved by another program than our own; LibreOffice's are those of samples/."""


class Office:
    """A round of the sample district, and the good returns of its units."""

    def __init__(self, folder: Path, units: int | None) -> None:
        self._most = units
        self.campaign: Campaign = open_round(folder / "round")
        with self.campaign.locked():
            rounds.issue(self.campaign)
        self.scheme = self.campaign.scheme
        self.layout = build_layout(self.scheme)
        self.digest = locked_digest(self.scheme)
        self._goods: dict[str, Good] = {}

    @cached_property
    def samples(self) -> Mapping[str, SampleReturn]:
        """The returns that can be begun with, by unit: whatever is wrong with the answers, each could be read."""
        found = [each for each in sample_returns() if each.returns and self._readable(each)]
        found.sort(key=lambda each: each.saved is None)
        return {each.unit: each for each in found[: self._most]}

    def _readable(self, sample: SampleReturn) -> bool:
        answers = read_answers(sample.answers_text, self.scheme)
        return all(answers[each].problem is None for each in self.scheme.fields)

    def blank(self, unit: str) -> bytes:
        return (self.campaign.outbox / self.campaign.roster[unit].file_name).read_bytes()

    def good(self, unit: str) -> Good:
        """A unit's sample return, always saved by the same program."""
        if unit not in self._goods:
            sample = self.samples[unit]
            saver = _SAVERS.get(list(self.samples).index(unit) % 20, "fill")
            if sample.saved:
                saver = sample.saved.partition("/")[0].removeprefix("returns-")
            self._goods[unit] = self._made(unit, saver, sample)
        return self._goods[unit]

    def _made(self, unit: str, saver: str, sample: SampleReturn) -> Good:
        if sample.saved:
            data = (samples_dir() / sample.saved).read_bytes()
        else:
            data = filled(self.blank(unit), self.scheme, sample.answers_text)
            if saver == "openpyxl":
                data = _by_openpyxl(data)
            elif saver == "gnumeric":
                try:
                    data = converted.saved_as(data, "xlsx", "Gnumeric")
                except converted.Lacking:
                    saver = "fill"
        return self.described(unit, saver, data, sample.answers_text)

    def described(self, unit: str, saver: str, data: bytes, answers_text: str) -> Good:
        """A good return with what is in it: the answers, the claims, and where the claims are left to the form."""
        answers = read_answers(answers_text, self.scheme)
        card = score(self.scheme, submission_of(self.scheme, answers))
        held = {name: replace(answers[name], raw=_raw(answers[name])) for name in self.scheme.fields}
        saved = saver != "openpyxl"
        cells: dict[str, ScoreCell] = {}
        for row in card.rows:
            own, live = row.indicator.self_score_id, row.indicator.formula_score_id
            for name in (own, live):
                place = self.layout.place(name)
                formula = self.layout.formulas[place].expression
                typed = name == own and not answers[own].blank
                cells[name] = ScoreCell(place) if typed else ScoreCell(place, formula, True, saved)
            if answers[own].blank:
                shown = row.score if saved else None
                held[own] = Answer(own, shown, "" if shown is None else f"{shown:f}")
        return Good(unit, saver, data, held, cells)


def _raw(answer: Answer) -> str:
    value = answer.value
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else str(value)


def _by_openpyxl(data: bytes) -> bytes:
    """Loaded and saved: every result of a formula is lost."""
    buffer = BytesIO()
    openpyxl.load_workbook(BytesIO(data)).save(buffer)
    return buffer.getvalue()
