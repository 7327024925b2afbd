"""From a scheme's TOML file to a Scheme. All that is wrong with a file is told at once, each with file and key path.

docs/decisions say why schemes are TOML. The parts are read by sections.py and readings.py, rules by their own classes
(rules/), and what needs the whole form is judged by consistency.py.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from perfeval_xl.errors import SchemeError
from perfeval_xl.files import reason
from perfeval_xl.resources import templates_dir
from perfeval_xl.scheme import readings as ways
from perfeval_xl.scheme.carry import read_carry
from perfeval_xl.scheme.checks import read_check
from perfeval_xl.scheme.consistency import Draft, Row, check_whole
from perfeval_xl.scheme.earlier import read_earlier
from perfeval_xl.scheme.fields import Field, NotApplicable, Table
from perfeval_xl.scheme.form_reader import Material, Scoring, read_form, read_guide, read_per_project, read_scoring
from perfeval_xl.scheme.model import Alternative, Indicator, NarrativeSection, Reading, Scheme, narrative_fields
from perfeval_xl.scheme.rules import RULES
from perfeval_xl.scheme.rules.base import Context, Rule
from perfeval_xl.scheme.sections import (
    Calendar,
    Defaults,
    Places,
    read_calendar,
    read_correction,
    read_each,
    read_field,
    read_grade,
    read_level,
    read_path,
    read_section,
    read_table,
)
from perfeval_xl.scheme.spec import Spec

SCHEME_FILE = "scheme.toml"
_TOTAL = Decimal(100)


def available_schemes() -> list[str]:
    """The names of the schemes that come with the package, sorted."""
    return sorted(path.parent.name for path in templates_dir().glob(f"*/{SCHEME_FILE}"))


def find_scheme(name_or_path: str | Path, folder: Path | None = None) -> Path:
    """The scheme's file: a TOML file or a folder that holds one (relative to ``folder`` where given), or a name out of
    ``available_schemes``. SchemeError if there is none."""
    given = (folder or Path()) / name_or_path
    for path in (given, given / SCHEME_FILE, templates_dir() / name_or_path / SCHEME_FILE):
        if path.is_file():
            return path
    known = "、".join(available_schemes()) or "无"
    raise SchemeError([f"找不到方案 {str(name_or_path)!r}（自带的方案：{known}；也可以写方案文件的路径）"])


def load_scheme(source: Path | str, choices: Mapping[str, str] | None = None) -> Scheme:
    """Read a scheme from a file (a Path) or from TOML text (a str).

    ``choices`` puts other readings in force: reading id → option id. SchemeError lists every problem as
    ``scheme.toml: indicators[4].rule.bands[1]: what is wrong``.
    """
    name, raw = _parse(source)
    problems: list[str] = []
    scheme = _Loader(Spec(raw, f"{name}: ", problems), raw, source, choices or {}).load()
    if problems:
        raise SchemeError(list(dict.fromkeys(problems)))
    return scheme


def _parse(source: Path | str) -> tuple[str, dict[str, Any]]:
    name = source.name if isinstance(source, Path) else SCHEME_FILE
    try:
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        return name, tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise SchemeError([f"{source}: 读不了这个文件（{reason(error)}）"]) from error
    except UnicodeDecodeError as error:
        raise SchemeError([f"{name}: 不是 UTF-8 编码的文本，请以 UTF-8 另存"]) from error
    except tomllib.TOMLDecodeError as error:
        raise SchemeError([f"{name}: TOML 写法有误：{error}"]) from error


def digest_of(raw: Mapping[str, Any], choices: Mapping[str, str]) -> str:
    """SHA-256 (hex) over what a scheme says and which readings are in force. Comments, order of keys and the way a
    number is written (0.5, 0.50) make no difference."""
    content = json.dumps({"scheme": _plain(raw), "readings": dict(choices)}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return {"number": f"{Decimal(value).normalize():f}"}
    return {"date": value.isoformat()} if isinstance(value, date) else value


class _Loader:
    """One reading of one file."""

    def __init__(self, root: Spec, raw: Mapping[str, Any], source: Path | str, choices: Mapping[str, str]) -> None:
        self.root = root
        self.raw = raw
        self.source = source
        self.choices = choices
        self.places = Places()
        self.year = root.whole("year")
        self.scoring: Scoring = read_scoring(root.table("scoring", optional=True))
        self.calendar: Calendar = read_calendar(root.table("calendar"))
        self.defaults = Defaults(f"{self.year}年度", self.calendar.first, self.calendar.last)

    def load(self) -> Scheme:
        """The scheme; not to be used where problems were noted (a row whose rule is of no known kind is left out)."""
        root = self.root
        head = read_each(root.tables("head", optional=True), self._field)
        tables = read_each(root.tables("tables", optional=True), self._table)
        rows = tuple(self._row(spec) for spec in root.tables("indicators"))
        narrative = read_each(root.tables("narrative", optional=True), lambda spec: read_section(spec, self._field))
        readings = ways.choose(ways.read_readings(root.tables("readings", optional=True)), self.choices, root)
        fields = _all_fields(head, rows, tables, narrative)
        codes = {row.code for row in rows}
        checks = (read_check(spec, fields, codes) for spec in root.tables("checks", optional=True))
        draft = Draft(
            root=root,
            total=root.number("total", _TOTAL),
            levels=read_each(root.tables("levels"), read_level),
            rows=rows,
            tables=tables,
            grades=read_each(root.tables("grades"), read_grade),
            readings=readings,
            checks=tuple(filter(None, checks)),
            calendar=self.calendar,
            fields=fields,
            places=self.places,
            score_places=self.scoring.places,
        )
        indicators = tuple(filter(None, (self._indicator(draft, row) for row in rows)))
        complete = len(indicators) == len(rows)
        check_whole(draft, [indicator.rule for indicator in indicators] if complete else None)
        scheme = self._scheme(draft, indicators, head, narrative)
        scheme = replace(scheme, earlier=read_earlier(root.tables("earlier", optional=True), scheme, whole=complete))
        scheme = replace(scheme, carry=read_carry(root, scheme, whole=complete))
        root.close()
        return scheme

    def _field(self, spec: Spec) -> Field:
        field = read_field(spec, self.defaults)
        self.places.add(spec, "字段", field.id)
        return field

    def _table(self, spec: Spec) -> Table:
        table = read_table(spec, self.defaults)
        self.places.add(spec, "附表", table.id)
        return table

    def _row(self, spec: Spec) -> Row:
        row = Row(
            spec=spec,
            code=spec.text("code"),
            path=read_path(spec),
            name=spec.text("name"),
            points=spec.not_negative("points"),
            interpretation=spec.text("interpretation"),
            criteria=spec.text("criteria"),
            may_be_not_applicable=spec.flag("not_applicable", False),
            basis=spec.text("basis", ""),
            evidence=spec.flag("evidence", True),
            fields=read_each(spec.tables("fields", optional=True), self._field),
            parameters=spec.table("rule").raw(),
        )
        self.places.add(spec, "指标", row.code, "code")
        spec.close()
        return row

    def _indicator(self, draft: Draft, row: Row) -> Indicator | None:
        """The row with its rule; None where that is of no known kind (which is noted)."""
        spec = row.spec.table("rule")
        kind = spec.choice("kind", tuple(sorted(RULES)))
        if kind not in RULES:
            return None
        tables = {table.id: table for table in draft.tables}
        context = Context(
            row.code,
            row.name,
            draft.fields,
            tables,
            draft.calendar.closed_days,
            places=self.scoring.places,
            excludes=self.scoring.not_applicable is NotApplicable.EXCLUDED,
        )
        before = len(spec.problems)
        rule = self._rule(ways.in_force(row.parameters, row.code, draft.readings), spec.where, context, row.points)
        sound = len(spec.problems) == before  # what is wrong with the rule itself need not be told for every reading
        return Indicator(
            code=row.code,
            path=row.path,
            name=row.name,
            points=row.points,
            interpretation=row.interpretation,
            criteria=row.criteria,
            may_be_not_applicable=row.may_be_not_applicable,
            fields=row.fields,
            rule=rule,
            alternatives=self._alternatives(draft.readings, row, context) if sound else (),
            basis=row.basis,
            evidence=row.evidence,
        )

    def _rule(self, parameters: Mapping[str, Any], where: str, context: Context, points: Decimal) -> Rule:
        spec = Spec(parameters, where, self.root.problems)
        return RULES[spec.text("kind")].read(spec, context, points)

    def _alternatives(self, readings: Sequence[Reading], row: Row, context: Context) -> tuple[Alternative, ...]:
        return tuple(
            Alternative(reading, option, self._rule(parameters, self.root.path(where), context, row.points))
            for reading, option, parameters, where in ways.others(row.parameters, row.code, readings)
        )

    def _scheme(
        self,
        draft: Draft,
        indicators: tuple[Indicator, ...],
        head: tuple[Field, ...],
        narrative: tuple[NarrativeSection, ...],
    ) -> Scheme:
        root = self.root
        material = Material(draft.rows, head, draft.tables)
        scheme = Scheme(
            id=root.text("id"),
            version=root.text("version"),
            year=self.year,
            title=root.text("title"),
            unit_title=root.text("unit_title"),
            authority=root.text("authority"),
            source=root.text("source"),
            note=root.text("note"),
            legal_basis=root.texts("legal_basis"),
            levels=draft.levels,
            indicators=indicators,
            tables=draft.tables,
            head=head,
            narrative=narrative,
            grades=draft.grades,
            readings=draft.readings,
            corrections=read_each(root.tables("corrections", optional=True), read_correction),
            checks=draft.checks,
            closed_days=self.calendar.closed_days,
            calendar_source=self.calendar.source,
            digest=digest_of(self.raw, {each.id: each.chosen for each in draft.readings if each.options}),
            per_project=read_per_project(root),
            not_applicable=self.scoring.not_applicable,
            places=self.scoring.places,
            form=read_form(root.table("form", optional=True), material),
            guide=read_guide(root.table("guide")) if "guide" in root else None,
            origin=self.source,
        )
        self._check_derived_ids(scheme)
        return scheme

    def _check_derived_ids(self, scheme: Scheme) -> None:
        """Ids that follow from others (self-scores, annex cells) must not meet a declared one: all become names."""
        declared = [field.id for field in (*scheme.head, *narrative_fields(scheme.narrative))]
        declared += [field.id for indicator in scheme.indicators for field in indicator.fields]
        derived = [field.id for table in scheme.tables for field in table.fields()]
        for indicator in scheme.indicators:
            derived += [indicator.self_score_id, indicator.evidence_id]
            derived += [indicator.applicable_id, indicator.formula_score_id]
        for clash in sorted(set(declared) & set(derived)):
            self.root.problem(f"{self.places.path(clash)}.id", f"字段 {clash!r} 与自动生成的名称相同，请换一个")


def _all_fields(
    head: Sequence[Field], rows: Sequence[Row], tables: Sequence[Table], narrative: tuple[NarrativeSection, ...]
) -> dict[str, Field]:
    fields = {field.id: field for field in head}
    fields.update((field.id, field) for row in rows for field in row.fields)
    fields.update((field.id, field) for table in tables for field in table.fields())
    fields.update((field.id, field) for field in narrative_fields(narrative))
    return fields
