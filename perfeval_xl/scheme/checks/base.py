"""What every kind of cross-check has: the fields it compares, what it finds, a line for the rule book."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Self

from perfeval_xl.cells import Cell
from perfeval_xl.findings import Finding
from perfeval_xl.mentions import MONEY
from perfeval_xl.scheme.answers import Answers
from perfeval_xl.scheme.fields import Field, FieldType
from perfeval_xl.scheme.spec import Spec


@dataclass(frozen=True)
class Check(ABC):
    """A cross-check between fields, of the row ``indicator`` or (None) of no row. Built from TOML by ``read``.

    ``echoes`` are the findings of a row that say already what this check would: beside one of them it is silent.
    """

    indicator: str | None

    kind: ClassVar[str]
    echoes: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    @abstractmethod
    def read(cls, spec: Spec, indicator: str | None, fields: Mapping[str, Field]) -> Self:
        """Build from one of a scheme's ``checks`` tables; unknown fields, wrong types and keys go to ``spec``, located."""

    @abstractmethod
    def fields(self) -> tuple[Field, ...]:
        """All fields that the check looks at."""

    @abstractmethod
    def find(self, answers: Answers) -> Iterator[Finding]:
        """What is wrong, with both numbers. Blank and unusable fields are left alone."""

    @abstractmethod
    def explain(self) -> str:
        """The check in Chinese, fields by their labels: for the rule book."""

    def at(self, answers: Answers, field: Field) -> dict[str, Cell | str | None]:
        """Where a finding about ``field`` stands."""
        return {"cell": answers.cell(field.id), "indicator": self.indicator}


NOTHING = Field("", "", FieldType.NUMBER)
"""What stands in for a field that a scheme names but does not have, or has of another type."""


def read_field(spec: Spec, key: str, fields: Mapping[str, Field], *types: FieldType) -> Field:
    """The field under ``key``; an unknown one or one of another type is reported."""
    return _known(spec, key, spec.text(key), fields, types)


def read_fields(
    spec: Spec, key: str, fields: Mapping[str, Field], *types: FieldType, least: int = 1, most: int | None = None
) -> tuple[Field, ...]:
    """The fields under ``key``, each checked as in ``read_field``; from ``least`` to ``most`` of them."""
    ids = spec.texts(key)
    if isinstance(spec.raw().get(key), list) and not least <= len(ids) <= (most or len(ids)):
        spec.problem(key, f"应正好写 {most} 个字段" if most else "至少要有一个字段")
    return tuple(_known(spec, f"{key}[{number}]", each, fields, types) for number, each in enumerate(ids))


_TYPES = {FieldType.DATE: "日期", FieldType.AMOUNT: "金额", FieldType.PERCENT: "百分比"}


def _known(spec: Spec, key: str, field_id: str, fields: Mapping[str, Field], types: tuple[FieldType, ...]) -> Field:
    field = fields.get(field_id)
    if field is None:
        if field_id:
            spec.problem(key, f"没有字段 {field_id!r}")
        return NOTHING
    if field.type not in types:
        what = _TYPES[types[0]] if len(types) == 1 else "数值"
        spec.problem(key, f"字段 {field_id!r} 应为{what}")
        return NOTHING
    return field


def same_unit(spec: Spec, key: str, part: Field, whole: Field) -> None:
    """Report ``part``, found under ``key``, if its unit is another than that of ``whole``."""
    if NOTHING not in (part, whole) and part.unit != whole.unit:
        spec.problem(key, f"单位（{part.unit}）与 {whole.id!r} 的单位（{whole.unit}）不同")


def read_pair(spec: Spec, fields: Mapping[str, Field]) -> tuple[Field, Field]:
    """Two different amounts of money under ``fields``."""
    read = read_fields(spec, "fields", fields, FieldType.AMOUNT, least=2, most=2)
    for number, each in enumerate(read):
        if each != NOTHING and each.unit not in MONEY:
            spec.problem(f"fields[{number}]", f"字段 {each.id!r} 的单位（{each.unit}）不是 {'、'.join(MONEY)} 之一")
    one, other = (*read, NOTHING, NOTHING)[:2]
    if one == other and one != NOTHING:
        spec.problem("fields", f"字段 {one.id!r} 重复")
    return one, other


def number(answers: Answers, field: Field) -> Decimal | None:
    """The number in ``field``, None where there is none to use."""
    value = answers[field.id].value
    return value if isinstance(value, Decimal) else None
