"""The blank form of a scheme, to be looked at: the workbook that a unit would get, not stamped for anybody."""

from __future__ import annotations

from pathlib import Path

from perfeval_xl.files import UNSAFE_IN_FILE_NAMES, write_atomically
from perfeval_xl.generator import build_master
from perfeval_xl.scheme.model import Scheme


def write_preview(scheme: Scheme, folder: Path) -> Path:
    """The blank workbook of ``scheme`` in ``folder``, which is made where it isn't there; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{UNSAFE_IN_FILE_NAMES.sub('_', scheme.id)}-空白表.xlsx"
    write_atomically(target, build_master(scheme))
    return target
