"""The scheme: a form and its rules as data. Built by loader.py from TOML; immutable; knows no workbook.

Levels: Scheme › Indicator (one scored row of the form) › Field (one thing that a unit fills in).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from perfeval_xl.scheme.checks.base import Check
from perfeval_xl.scheme.fields import APPLICABLE, NOT_APPLICABLE, Field, FieldType, RollUp, Table, evidence_id
from perfeval_xl.scheme.rules.base import Rule

_CLAIM_DECIMALS = 6
"""A claimed score is rounded like any other, not refused for its decimals."""


@dataclass(frozen=True)
class Option:
    """One way to read an unclear clause: ``changes`` are the rule parameters that it sets, by indicator code."""

    id: str
    text: str
    changes: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True)
class Reading:
    """An unclear clause, the reading in force (``chosen``) and, where there are any, the other readings."""

    id: str
    indicators: tuple[str, ...]
    clause: str
    text: str
    why: str
    source: str
    options: tuple[Option, ...] = ()
    chosen: str = ""


@dataclass(frozen=True)
class Alternative:
    """An indicator's rule under a reading that is not in force."""

    reading: Reading
    option: Option
    rule: Rule


@dataclass(frozen=True)
class Indicator:
    """One scored row. ``level1``/``level2`` name its place; ``name`` is the third-level indicator (two rows may share one)."""

    code: str
    level1: str
    level2: str
    name: str
    points: Decimal
    interpretation: str
    criteria: str
    may_be_not_applicable: bool
    fields: tuple[Field, ...]
    rule: Rule
    alternatives: tuple[Alternative, ...] = ()
    basis: str = ""  # the legal basis, as cited in the rule book

    @property
    def self_score_id(self) -> str:
        return f"{self.code}_self_score"

    @property
    def evidence_id(self) -> str:
        return evidence_id(self.code)

    @property
    def applicable_id(self) -> str:
        return f"{self.code}_applicable"

    @property
    def formula_score_id(self) -> str:
        return f"{self.code}_formula_score"


@dataclass(frozen=True)
class Level:
    """A first- or second-level indicator with its points."""

    name: str
    points: Decimal
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True)
class Grade:
    """A grade: ``low`` included; ``high`` included only for the best grade."""

    name: str
    low: Decimal
    high: Decimal
    text: str


@dataclass(frozen=True)
class Correction:
    """A misprint of the source form and what stands here instead."""

    where: str
    printed: str
    corrected: str
    why: str


@dataclass(frozen=True)
class EarlierVersion:
    """A version of the form that is no longer issued, whose returns are still read.

    ``renamed`` is what was declared: a name of that version → the field, row or annex table that it is now. ``names``
    follows from it: what a cell was called then, by its name now, where that differs; '' where its name was another
    cell's, so that the form had no such cell. ``locked_digest`` is of what was locked in that version
    (seal.locked_digest), '' where nobody kept it.
    """

    scheme: str
    version: str
    year: int
    renamed: Mapping[str, str]
    names: Mapping[str, str]
    note: str = ""
    locked_digest: str = ""


@dataclass(frozen=True)
class NarrativeSection:
    """A heading of the narrative (自评表说明) and the text fields under it."""

    heading: str
    fields: tuple[Field, ...]
    sections: tuple[NarrativeSection, ...] = ()


@dataclass(frozen=True)
class Scheme:
    """A whole form. ``head`` are the fields of the head block, in reading order."""

    id: str
    version: str
    year: int
    title: str
    unit_title: str
    authority: str
    source: str
    note: str
    legal_basis: tuple[str, ...]
    levels: tuple[Level, ...]
    indicators: tuple[Indicator, ...]
    tables: tuple[Table, ...]
    head: tuple[Field, ...]
    narrative: tuple[NarrativeSection, ...]
    grades: tuple[Grade, ...]
    readings: tuple[Reading, ...]
    corrections: tuple[Correction, ...]
    checks: tuple[Check, ...]
    closed_days: tuple[date, ...]  # weekends and holidays, worked weekends left out; ascending
    calendar_source: str = ""
    digest: str = ""  # SHA-256 (hex) over the content and the readings in force; see loader.digest_of
    earlier: tuple[EarlierVersion, ...] = ()
    origin: Path | str = field(default="", compare=False)  # what load_scheme read it from: its file, or the TOML text

    @cached_property
    def points(self) -> Decimal:
        return sum((indicator.points for indicator in self.indicators), Decimal(0))

    @cached_property
    def indicator(self) -> Mapping[str, Indicator]:
        return {indicator.code: indicator for indicator in self.indicators}

    @cached_property
    def table(self) -> Mapping[str, Table]:
        return {table.id: table for table in self.tables}

    @cached_property
    def table_of(self) -> Mapping[str, Table]:
        """The annex table of every annex cell, by field id."""
        return {field.id: table for table in self.tables for field in table.fields()}

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Every input cell of the form by field id: head, indicators' own and per-row ones, annex cells, narrative."""
        return {each.id: each for each in self._all_fields()}

    @cached_property
    def rolled_up(self) -> frozenset[str]:
        """The fields (ids) that the department's own form takes from the units."""
        return frozenset(each.id for each in self.fields.values() if each.roll_up is not RollUp.OWN)

    @cached_property
    def row_of(self) -> Mapping[str, Indicator]:
        """The scored row that a field belongs to, by field id (of several the first); the head's and the narrative's
        fields belong to none."""
        found: dict[str, Indicator] = {}
        for each in self.indicators:
            own = (each.applicable_id, *(field.id for field in each.fields), each.self_score_id, each.evidence_id)
            for name in (*own, *each.rule.fields()):
                found.setdefault(name, each)
        return found

    def full_label(self, field: str) -> str:
        """A field's label as it is understood away from its place in the form. KeyError for an unknown field."""
        table = self.table_of.get(field)
        return f"{table.title}{self.fields[field].label}" if table else self.fields[field].label

    def _all_fields(self) -> Iterator[Field]:
        yield from self.head
        for indicator in self.indicators:
            if indicator.may_be_not_applicable:
                yield Field(
                    indicator.applicable_id,
                    f"{indicator.name}：是否适用",
                    FieldType.CHOICE,
                    options=(APPLICABLE, NOT_APPLICABLE),
                    issued=APPLICABLE,
                    hint="本单位没有此类事项的，选“不适用”，并在自评表的评分依据一栏说明理由。",
                )
            yield from indicator.fields
            yield Field(
                indicator.self_score_id,
                f"{indicator.name}：自评分",
                FieldType.SCORE,
                unit="分",
                low=Decimal(0),
                high=indicator.points,
                decimals=_CLAIM_DECIMALS,
                hint="默认取系统按填报数据计算的得分；如有不同意见可直接改填，并在评分依据一栏说明理由。",
            )
            yield Field(
                indicator.evidence_id,
                f"{indicator.name}：评分依据、未达标原因、改进措施",
                FieldType.TEXT,
                max_length=2000,
                hint="写明评分依据（数据、文件）；未得满分的写明原因和改进措施。",
            )
        for table in self.tables:
            yield from table.fields()
        yield from narrative_fields(self.narrative)

    def grade_for(self, total: Decimal) -> str:
        """The grade of a total in points; the cuts are the scheme's own. ValueError outside every grade."""
        for grade in self.grades:
            if total >= grade.low:
                return grade.name
        raise ValueError(f"no grade for {total}")


def narrative_fields(sections: tuple[NarrativeSection, ...]) -> Iterator[Field]:
    """The narrative's fields in reading order."""
    for section in sections:
        yield from section.fields
        yield from narrative_fields(section.sections)
