"""The table of known figures: a row a unit, a column a field of the form, read whole or refused with every problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from perfeval_xl.cells import Cell, column_letters, to_ref
from perfeval_xl.district.prefill import Prefill
from perfeval_xl.entries import read_entry, shown_text
from perfeval_xl.errors import PrefillError, WorkbookError
from perfeval_xl.excel.prefilling import Prefilled
from perfeval_xl.excel.printed import label_text
from perfeval_xl.findings import KINDS, Severity
from perfeval_xl.reader import Return
from perfeval_xl.roster import PROJECT_COLUMNS, ROSTER_COLUMNS, Unit, workbook_code
from perfeval_xl.scheme.admit import answer_finding
from perfeval_xl.scheme.answers import Answer
from perfeval_xl.scheme.fields import Field
from perfeval_xl.scheme.model import Scheme

CODE, NAME = ROSTER_COLUMNS[:2]
LOCK_ROW = "是否锁定"
"""What stands in the code's column of the row, right under the headings, that says which columns are locked."""
_LOCKS = {"锁定": True, "是": True, "可改": False, "否": False}
_HEAD_WITHIN = 20  # rows
_FRACTION = "percent-as-fraction"  # what a figure from another program looks like: here it is no reason to ask back


def read_table(path: Path, scheme: Scheme, roster: Mapping[str, Unit], *, locked: bool) -> Prefill:
    """What the first sheet of the .xlsx at ``path`` gives, by unit code and field id.

    A row is a unit's, or a project's: then it has the project's code too, as the roster does. A heading is a field's id,
    or its label where only one field has it. A column is locked as its LOCK_ROW says, else as
    ``locked`` says. Blank cells give nothing. PrefillError lists, each with its cell: unknown or repeated units and
    fields, units under another name, self-scores, formulas, and values that their field can't take as they stand.
    """
    try:
        opened = Return(path.read_bytes(), path.name)
    except WorkbookError as error:
        raise PrefillError(f"{path}：{error}") from error
    if opened.book.package is None:
        raise PrefillError(f"{path}：请在 WPS 或 Excel 中另存为 .xlsx 再用；其他格式看不出哪些是公式。")
    table = _Table(opened, scheme, roster, locked)
    found = table.read()
    if table.problems:
        raise PrefillError("\n".join(f"{path} {each}" for each in table.problems))
    return found


class _Table:
    """A table being read; ``problems`` is what is wrong with it, each with its place."""

    def __init__(self, opened: Return, scheme: Scheme, roster: Mapping[str, Unit], locked: bool) -> None:
        self.problems: list[str] = []
        self._book = opened.book
        self._sheet = opened.book.sheet_names[0] if opened.book.sheet_names else ""
        self._grid = opened.book.grid(self._sheet)
        self._scheme = scheme
        self._roster = roster
        self._locked = locked
        self._beside = {NAME, *(PROJECT_COLUMNS if any(each.project for each in roster.values()) else ())}
        """Headings of columns that say whose a row is, beside the code."""

    def read(self) -> dict[str, dict[str, Prefilled]]:
        head = next((n for n, row in enumerate(self._texts[:_HEAD_WITHIN]) if CODE in row), None)
        if head is None:
            self.problems.append(f"没有表头“{CODE}”。第一行应为：{CODE} | 填报项的编号或名称 | …")
            return {}
        code_at = self._texts[head].index(CODE)
        columns = self._columns(head, code_at)
        below = head + 1
        locks: dict[int, bool] = {}
        if below < len(self._texts) and self._texts[below][code_at] == LOCK_ROW:
            locks = self._lock_row(below, columns)
            below += 1
        found: dict[str, dict[str, Prefilled]] = {}
        rows: dict[str, int] = {}
        for row in range(below, len(self._texts)):
            unit = self._unit(row, head, code_at, rows)
            given = {
                field.id: Prefilled(answer, locks.get(column, self._locked))
                for column, field in columns.items()
                if (answer := self._answer(field, self._cell(row, column))) is not None
            }
            if unit is not None and given:
                found[unit.code] = given
        return found

    @cached_property
    def _texts(self) -> list[list[str]]:
        return [[shown_text(value) for value in row] for row in self._grid]

    def _cell(self, row: int, column: int) -> Cell:
        return Cell(self._sheet, to_ref(row + 1, column + 1))

    def _columns(self, head: int, code_at: int) -> dict[int, Field]:
        """The columns that are of fields, by their number from 0."""
        columns: dict[int, Field] = {}
        for column, heading in enumerate(self._texts[head]):
            if column == code_at or heading in self._beside:
                continue
            if not heading:
                if any(row[column] for row in self._texts[head + 1 :]):
                    self.problems.append(
                        f"{self._cell(head, column)}：{column_letters(column + 1)} 列有内容，没有表头。"
                    )
                continue
            field = self._field(heading, self._cell(head, column))
            if field is None:
                continue
            twice = next((other for other, each in columns.items() if each.id == field.id), None)
            if twice is not None:
                self.problems.append(
                    f"{self._cell(head, column)}：“{heading}”与 {column_letters(twice + 1)} 列是同一填报项，请只留一列。"
                )
            columns[column] = field
        return columns

    def _field(self, heading: str, cell: Cell) -> Field | None:
        names = [heading] if heading in self._scheme.fields else self._by_label.get(label_text(heading), [])
        if not names:
            self.problems.append(f"{cell}：没有“{heading}”这个填报项。编号和名称见 perfeval scheme show。")
            return None
        if len(names) > 1:
            listed = "、".join(names[:3]) + ("…" if len(names) > 3 else "")
            self.problems.append(f"{cell}：叫“{heading}”的填报项有 {len(names)} 个，请改用编号（{listed}）。")
            return None
        field = self._scheme.fields[names[0]]
        if any(each.self_score_id == field.id for each in self._scheme.indicators):
            self.problems.append(f"{cell}：自评分由表中的公式计算，不能预填。请删去这一列。")
            return None
        return field

    @cached_property
    def _by_label(self) -> Mapping[str, list[str]]:
        """Field ids by label, with and without the unit of measure."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name, field in self._scheme.fields.items():
            labels = (field.label, self._scheme.full_label(name))
            for label in {label_text(each) for own in labels for each in (own, f"{own}（{field.unit}）")}:
                found[label].append(name)
        return found

    def _lock_row(self, row: int, columns: Mapping[int, Field]) -> dict[int, bool]:
        found: dict[int, bool] = {}
        for column in columns:
            text = self._texts[row][column]
            if text in _LOCKS:
                found[column] = _LOCKS[text]
            elif text:
                self.problems.append(f"{self._cell(row, column)}：“{text}”看不懂。请填“锁定”或“可改”，或留空。")
        return found

    def _unit(self, row: int, head: int, code_at: int, rows: dict[str, int]) -> Unit | None:
        """The unit of a row; None where there is none, which is a problem unless the row is empty."""
        texts = self._texts[row]
        said = {
            heading: text for heading, text in zip(self._texts[head], texts, strict=False) if heading in self._beside
        }
        cell, code = self._cell(row, code_at), workbook_code(texts[code_at], said.get(PROJECT_COLUMNS[0], ""))
        if not any(texts):
            return None
        unit = self._roster.get(code)
        if unit is None:
            what = f"名册中没有单位代码 {code}" if code else "单位代码未填"
            self.problems.append(f"{cell}：{what}。")
            return None
        if code in rows:
            self.problems.append(f"{cell}：单位 {code} 在第 {rows[code] + 1} 行已经有了，请只留一行。")
        rows.setdefault(code, row)
        for heading, known in ((NAME, unit.name), (PROJECT_COLUMNS[1], unit.project)):
            name = said.get(heading, "")
            if name and label_text(name) != label_text(known):
                self.problems.append(f"{cell}：单位 {code} 在名册中是“{known}”，这里是“{name}”。请核对是否错行。")
        return unit

    def _answer(self, field: Field, cell: Cell) -> Answer | None:
        """What a cell gives; None for a blank, and for what can't be put into a form just so, which is a problem."""
        entry = self._book.entry(cell)
        if entry.formula is not None:
            self.problems.append(f"{cell}：{field.label}是公式。请复制后选择性粘贴为数值。")
            return None
        answer = read_entry(field, entry, cell)
        if answer.blank:
            return None
        clear = answer.problem in (None, _FRACTION) or KINDS[answer.problem].severity is Severity.INFO
        if answer.value is None or not clear:
            self.problems.append(f"{cell}：{answer_finding(field, answer, None).message}")
            return None
        return Answer(field.id, answer.value)
