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

from perfeval_xl.numbers import ZERO, divide, half_up, step
from perfeval_xl.scheme.checks.base import Check
from perfeval_xl.scheme.fields import (
    APPLICABLE,
    NOT_APPLICABLE,
    Constant,
    Field,
    FieldType,
    NotApplicable,
    RollUp,
    Table,
    evidence_id,
)
from perfeval_xl.scheme.form import Body, Form, Guide
from perfeval_xl.scheme.rules.base import Rule

_CLAIM_HINT = "默认取系统按填报数据计算的得分；如有不同意见可直接改填，并{}说明理由。"
LEVEL_NAMES = ("一级指标", "二级指标", "三级指标", "四级指标")
"""What the levels are called, outermost first."""

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
    """One scored row. ``path`` are the names of the levels above it, outermost first (one to three); ``name`` is the
    indicator's own (two rows may share one). Without ``evidence`` the row has no cell for evidence."""

    code: str
    path: tuple[str, ...]
    name: str
    points: Decimal
    interpretation: str
    criteria: str
    may_be_not_applicable: bool
    fields: tuple[Field, ...]
    rule: Rule
    alternatives: tuple[Alternative, ...] = ()
    basis: str = ""  # the legal basis, as cited in the rule book
    evidence: bool = True

    @property
    def level1(self) -> str:
        return self.path[0]

    @property
    def level2(self) -> str:
        """The second level's name; '' in a form of two levels, whose second is the indicator itself."""
        return self.path[1] if len(self.path) > 1 else ""

    @property
    def places(self) -> int:
        """With how many decimals its score is given."""
        return self.rule.context.places

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
    """An indicator of a level above the scored rows, with its points and what it is made of."""

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
class Carry:
    """What the blanks of this form may be given of the answers of the year before: ``fields`` (ids) that have the same id
    there, and those that had another, ``renamed``: id then → id now."""

    fields: frozenset[str]
    renamed: Mapping[str, str]


@dataclass(frozen=True)
class NarrativeSection:
    """A heading of the narrative (自评表说明) and the text fields under it."""

    heading: str
    fields: tuple[Field, ...]
    sections: tuple[NarrativeSection, ...] = ()


@dataclass(frozen=True)
class Scheme:
    """A whole form. ``head`` are the fields of the head block, in reading order. Scores are printed and added up with
    ``places`` decimals. ``per_project``: a unit may file several workbooks, one a project."""

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
    carry: Carry | None = None  # None: whatever there is a field for
    per_project: bool = False
    not_applicable: NotApplicable = NotApplicable.FULL
    places: int = 2
    form: Form = field(default_factory=Form)
    guide: Guide | None = None  # None: words that fit what the form has
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
    def constants(self) -> Mapping[str, Constant]:
        """What the bureau filled in (the cells of fixed annex rows), by field id: never a unit's answer."""
        return {
            table.field_id(row, column): value
            for table in self.tables
            for row, values in table.fixed.items()
            for column, value in values.items()
        }

    @property
    def depth(self) -> int:
        """How many levels stand above the scored rows: 1 to 3."""
        return max((len(indicator.path) for indicator in self.indicators), default=1)

    @property
    def level_names(self) -> tuple[str, ...]:
        """What the levels are called, the scored rows' last: 一级指标, 二级指标, 三级指标. Where a row stands for many that
        the unit writes itself, 二级指标 and below are those; then it is just 指标."""
        inside = self.form.body is Body.ROWS
        return (*LEVEL_NAMES[: self.depth], "指标" if inside else LEVEL_NAMES[self.depth])

    def levels_above(self, indicator: Indicator) -> Iterator[Level]:
        """The levels that ``indicator`` stands in, outermost first."""
        levels = self.levels
        for name in indicator.path:
            level = next(each for each in levels if each.name == name)
            yield level
            levels = level.levels

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
                hint=_CLAIM_HINT.format("在评分依据一栏" if indicator.evidence else "在报送时另行"),
            )
            if indicator.evidence:
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

    @property
    def waived(self) -> str:
        """What becomes of a row that is 不适用, in words."""
        return "按满分计" if self.not_applicable is NotApplicable.FULL else "不计入总分"

    def total_of(self, score: Decimal, base: Decimal) -> Decimal:
        """The total to which a sum of scores comes, out of rows with ``base`` points: scaled up to the points of all,
        half-up. 0 where no row counts."""
        exact = score if base in (self.points, ZERO) else divide(score * self.points, base)
        return half_up(exact, step(self.places))

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
