"""The workbook of a scheme, cell by cell: build_layout puts the sheets together and names their cells."""

from __future__ import annotations

from perfeval_xl.cells import Cell
from perfeval_xl.excel.layout import annex, check, data, guide, hidden, narrative, review, table
from perfeval_xl.excel.layout.model import Layout, Review
from perfeval_xl.excel.layout.parts import absolute
from perfeval_xl.scheme.model import Scheme

SEAL_NAME = "perfeval_seal"
"""Defined name, a text constant, that carries the seal; also the name of the custom document property."""
UNSEALED = "unsealed"
"""What stands there in the master."""

_built: dict[int, tuple[Scheme, Layout]] = {}


def build_layout(scheme: Scheme) -> Layout:
    """The layout of ``scheme``, worked out once for each scheme object."""
    known = _built.get(id(scheme))
    if known is None:
        known = _built[id(scheme)] = (scheme, _build(scheme))
    return known[1]


def _build(scheme: Scheme) -> Layout:
    tables = [table.build(scheme), annex.build(scheme), data.build(scheme), narrative.build(scheme)]
    filled = [each for each in tables if each is not None]
    cells = Layout(scheme, tuple(part.sheet for part in filled), {}).inputs
    parts = [
        guide.build(scheme, {part.sheet.name for part in filled}),
        *filled,
        check.build(scheme, cells),
        review.build(scheme),
        hidden.build(scheme),
    ]
    names = {SEAL_NAME: f'"{UNSEALED}"'}
    for part in parts:
        names |= part.names
    layout = Layout(scheme, tuple(part.sheet for part in parts), names)
    names |= {name: absolute(cell) for name, cell in layout.inputs.items()}
    for sheet in layout.sheets:
        reviewed = ((ref, content) for ref, content in sheet.cells.items() if isinstance(content, Review))
        names |= {content.name: absolute(Cell(sheet.name, ref)) for ref, content in reviewed if content.named}
    return layout
