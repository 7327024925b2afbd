"""Reading a scheme's TOML with located errors: every problem is noted with file and key path, and reading goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from perfeval_xl.numbers import show_number


class Spec:
    """One TOML table. Each getter takes a key; ``close`` reports the keys that nobody took.

    A missing or ill-typed key is noted in ``problems`` (shared by all tables of the file) and a harmless value of the
    right type is returned, so that one run shows all problems. Whoever started reading raises SchemeError at the end.
    """

    def __init__(self, table: Mapping[str, Any], where: str, problems: list[str]) -> None:
        self._table = table
        self._taken: set[str] = set()
        self.where = where
        self.problems = problems

    def problem(self, key: str, what: str) -> None:
        self.problems.append(f"{self.path(key)}: {what}")

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if key and not self.where.endswith(": ") else f"{self.where}{key}"

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def raw(self) -> dict[str, Any]:
        """A copy of the table as it stands in the file."""
        return dict(self._table)

    def _take(self, key: str, wanted: type | tuple[type, ...], what: str, default: Any, empty: Any) -> Any:
        self._taken.add(key)
        if key not in self._table:
            if default is _REQUIRED:
                self.problem(key, f"缺少此项（应为{what}）")
                return empty
            return default
        value = self._table[key]
        if (isinstance(value, bool) and wanted is not bool) or not isinstance(value, wanted):
            self.problem(key, f"应为{what}，现为 {value!r}")
            return empty
        return value

    def text(self, key: str, default: Any = ...) -> str:
        value: str = self._take(key, str, "文字", _or_required(default), "")
        return value.strip()

    def flag(self, key: str, default: Any = ...) -> bool:
        return bool(self._take(key, bool, " true 或 false", _or_required(default), False))

    def number(self, key: str, default: Any = ...) -> Decimal:
        value = Decimal(self._take(key, (int, Decimal), "数字", _or_required(default), Decimal(0)))
        if not value.is_finite():  # TOML knows inf and nan
            self.problem(key, f"应为数字，现为 {value}")
            return Decimal(0)
        return value

    def not_negative(self, key: str, default: Any = ...) -> Decimal:
        """A number from 0 on: points, and what is taken off them."""
        value = self.number(key, default)
        if value < 0:
            self.problem(key, f"不能小于 0，现为 {show_number(value)}")
        return value

    def number_or_none(self, key: str) -> Decimal | None:
        return self.number(key) if key in self else None

    def whole(self, key: str, default: Any = ...) -> int:
        return int(self._take(key, int, "整数", _or_required(default), 0))

    def day(self, key: str) -> date:
        value: date = self._take(key, date, "日期", _REQUIRED, date.min)
        return value

    def choice(self, key: str, options: Sequence[str], default: Any = ...) -> str:
        value = self.text(key, default)
        if value not in options and key in self:
            self.problem(key, f"只能是 {'、'.join(options)} 之一，现为 {value!r}")
        return value

    def texts(self, key: str, default: Any = ...) -> tuple[str, ...]:
        values = self._take(key, list, "文字列表", _or_required(default), [])
        bad = [value for value in values if not isinstance(value, str)]
        if bad:
            self.problem(key, f"应为文字列表，其中有 {bad[0]!r}")
        return tuple(value for value in values if isinstance(value, str))

    def days(self, key: str, default: Any = ...) -> tuple[date, ...]:
        values = self._take(key, list, "日期列表", _or_required(default), [])
        bad = [value for value in values if not isinstance(value, date)]
        if bad:
            self.problem(key, f"应为日期列表，其中有 {bad[0]!r}")
        return tuple(value for value in values if isinstance(value, date))

    def table(self, key: str, *, optional: bool = False) -> Spec:
        value = self._take(key, dict, "表", {} if optional else _REQUIRED, {})
        return Spec(value, self.path(key), self.problems)

    def tables(self, key: str, *, optional: bool = False) -> list[Spec]:
        values = self._take(key, list, "表的列表", [] if optional else _REQUIRED, [])
        specs = []
        for number, value in enumerate(values):
            if isinstance(value, dict):
                specs.append(Spec(value, f"{self.path(key)}[{number}]", self.problems))
            else:
                self.problem(f"{key}[{number}]", f"应为表，现为 {value!r}")
        return specs

    def close(self) -> None:
        """Report every key that was not taken: a misspelt key must not pass in silence."""
        for key in self._table:
            if key not in self._taken:
                known = "、".join(sorted(self._taken))
                self.problem(key, f"不认识这一项（可用：{known}）")


class _Required:
    pass


_REQUIRED: Any = _Required()


def _or_required(default: Any) -> Any:
    return _REQUIRED if default is ... else default
