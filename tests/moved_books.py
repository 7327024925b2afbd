"""An opened return made in memory, and what offices do to its rows, columns and sheets; it knows where each cell went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from perfeval_xl.cells import Cell, from_ref, to_ref
from perfeval_xl.excel.layout.model import Label, Layout
from perfeval_xl.excel.opened import OpenedBook

Slot = tuple[Any, Cell | None]
"""What a cell holds, and which issued cell it is."""
BLANK: Slot = ("", None)


class _Form:
    """What all books of a layout start from."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.cells: dict[str, list[tuple[int, int, Any, Cell]]] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        self.typed: list[Any] = [5.0, 20.0, "是"]
        for sheet in layout.sheets:
            cells = self.cells[sheet.name] = []
            for ref, content in sheet.cells.items():
                text = getattr(content, "text", None) or None  # of a title that is issued in other words too
                label = _plain(content.value) if isinstance(content, Label) else text
                cells.append((*from_ref(ref), label, Cell(sheet.name, ref)))
            self.sizes[sheet.name] = max(row for row, *_ in cells), max(column for _, column, *_ in cells)
            self.typed += [label for *_, label, _ in cells if label is not None]
        self.targets = {
            name: layout.place(name) for name, target in layout.names.items() if "!" in target and ":" not in target
        }


_forms: dict[int, _Form] = {}


class MovedBook(OpenedBook):
    """A filled return of ``layout``. ``ooxml``: names can be seen; edits take them along unless told otherwise."""

    def __init__(self, layout: Layout, seed: int = 0, *, ooxml: bool = True, fill: float = 0.8) -> None:
        random = Random(seed)
        self.package = object() if ooxml else None  # type: ignore[assignment]
        self.slots: dict[str, list[list[Slot]]] = {}
        form = _forms.get(id(layout)) or _forms.setdefault(id(layout), _Form(layout))
        for sheet, (height, width) in form.sizes.items():
            rows = self.slots[sheet] = [[BLANK] * width for _ in range(height)]
            for row, column, label, cell in form.cells[sheet]:
                if label is not None:
                    value = label
                elif random.random() > fill:
                    value = ""
                elif random.random() < 0.5:  # what is typed may well be what is printed too
                    value = random.choice(form.typed)
                else:
                    value = f"填 {cell.ref}"
                rows[row - 1][column - 1] = value, cell
        self.targets: dict[str, Cell | None] = dict(form.targets)

    # what the readers ask for

    @property
    def sheet_names(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(self.slots)

    def grid(self, sheet: str) -> list[list[Any]]:
        return [[value for value, _ in row] for row in self.slots.get(sheet, [])]

    @property
    def names(self) -> Mapping[str, str]:
        if self.package is None:
            return {}
        return {name: _spelled(cell) if cell else "#REF!" for name, cell in self.targets.items()}

    def named_cell(self, name: str) -> Cell | None:
        cell = self.targets.get(name) if self.package is not None else None
        return cell if cell and cell.sheet in self.slots else None

    # where things are

    def where(self) -> dict[Cell, Cell]:
        """Every issued cell that is still there, and where."""
        return {
            origin: Cell(sheet, to_ref(row, column))
            for sheet, rows in self.slots.items()
            for row, slots in enumerate(rows, start=1)
            for column, (_, origin) in enumerate(slots, start=1)
            if origin is not None
        }

    # what offices do

    def insert_rows(self, sheet: str, at: int, texts: Sequence[str], *, names: bool = True) -> None:
        width = len(self.slots[sheet][0])
        self.slots[sheet][at - 1 : at - 1] = [[(text, None), *[BLANK] * (width - 1)] for text in texts]
        if names:
            self._shift(sheet, lambda row, column: (row + len(texts) * (row >= at), column))

    def delete_rows(self, sheet: str, at: int, count: int, *, names: bool = True) -> None:
        del self.slots[sheet][at - 1 : at - 1 + count]
        if names:
            self._shift(
                sheet, lambda row, column: None if at <= row < at + count else (row - count * (row >= at), column)
            )

    def insert_columns(self, sheet: str, at: int, count: int, *, names: bool = True) -> None:
        for row in self.slots[sheet]:
            row[at - 1 : at - 1] = [BLANK] * count
        if names:
            self._shift(sheet, lambda row, column: (row, column + count * (column >= at)))

    def delete_columns(self, sheet: str, at: int, count: int, *, names: bool = True) -> None:
        for row in self.slots[sheet]:
            del row[at - 1 : at - 1 + count]
        if names:
            self._shift(
                sheet,
                lambda row, column: None if at <= column < at + count else (row, column - count * (column >= at)),
            )

    def reorder_rows(self, sheet: str, top: int, order: Iterable[int], *, names: bool = False) -> None:
        """The rows ``order``, a permutation of those from ``top`` on, one after the other. Sorting leaves names behind."""
        listed = list(order)
        rows = self.slots[sheet]
        rows[top - 1 : top - 1 + len(listed)] = [rows[row - 1] for row in listed]
        if names:
            now = {row: top + at for at, row in enumerate(listed)}
            self._shift(sheet, lambda row, column: (now.get(row, row), column))

    def reorder_columns(self, sheet: str, order: Sequence[int]) -> None:
        """The columns in another order, names along with them."""
        for at, row in enumerate(self.slots[sheet]):
            self.slots[sheet][at] = [row[column - 1] for column in order]
        now = {column: at for at, column in enumerate(order, start=1)}
        self._shift(sheet, lambda row, column: (row, now[column]))

    def rename(self, titles: Mapping[str, str], *, names: bool = True) -> None:
        self.slots = {titles.get(title, title): rows for title, rows in self.slots.items()}
        if names:
            self.targets = {
                name: cell and Cell(titles.get(cell.sheet, cell.sheet), cell.ref) for name, cell in self.targets.items()
            }

    def drop_sheet(self, sheet: str) -> None:
        del self.slots[sheet]
        self.targets = {name: cell if cell and cell.sheet != sheet else None for name, cell in self.targets.items()}

    def drop_names(self, names: Iterable[str] | None = None) -> None:
        for name in list(self.targets if names is None else names):
            del self.targets[name]

    def put(self, cell: Cell, value: Any) -> None:
        """Type something; the cell stays which it is."""
        row, column = from_ref(cell.ref)
        rows = self.slots[cell.sheet]
        width = max(len(rows[0]), column)
        rows += [[BLANK] * width for _ in range(row - len(rows))]
        for each in rows:
            each += [BLANK] * (width - len(each))
        rows[row - 1][column - 1] = value, rows[row - 1][column - 1][1]

    def _shift(self, sheet: str, now: Any) -> None:
        for name, cell in self.targets.items():
            if cell and cell.sheet == sheet:
                place = now(*from_ref(cell.ref))
                self.targets[name] = place and Cell(sheet, to_ref(*place))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) or hasattr(value, "isoformat") else float(value)


def _spelled(cell: Cell) -> str:
    row, column = from_ref(cell.ref)
    return f"'{cell.sheet}'!${to_ref(row, column).rstrip('0123456789')}${row}"
