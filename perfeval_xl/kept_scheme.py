"""The scheme that a round's forms were issued with, kept in its folder: the round reads its returns by that for ever,
whatever becomes of the scheme that it was taken from. Only another scheme in the round's settings takes its place."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from perfeval_xl.errors import SchemeError
from perfeval_xl.files import write_atomically
from perfeval_xl.scheme.loader import SCHEME_FILE, find_scheme, load_scheme

_MARK: Final = "# 下发时保存的方案，请勿改动："
"""What the first line of a kept scheme begins with; the scheme's name in the settings follows."""


def kept_from(path: Path) -> str | None:
    """What the settings called the scheme that was kept at ``path``; None where there is none, or somebody else's file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            first = file.readline()
    except OSError:
        return None
    return first.removeprefix(_MARK).rstrip("\r\n") if first.startswith(_MARK) else None


def keep_scheme(name: str, folder: Path) -> None:
    """Keep the scheme that the settings of the round in ``folder`` call ``name`` there, unless it is. PerfevalError if
    that fails."""
    path = folder / SCHEME_FILE
    before = kept_from(path)
    if before == name or (before is None and path.exists()):  # a file of the operator's own is left
        return
    write_atomically(path, f"{_MARK}{name}\n".encode() + find_scheme(name, folder).read_bytes())


def departed(name: str, folder: Path) -> str:
    """What to say where the scheme that the settings name is no longer what the round's forms were issued with; '' where
    it is, or where none was issued yet."""
    kept = folder / SCHEME_FILE
    if kept_from(kept) != name:
        return ""
    try:
        named = find_scheme(name, folder)
        same = kept.read_bytes().endswith(named.read_bytes()) or load_scheme(named).digest == load_scheme(kept).digest
    except SchemeError:
        return f"方案 {name} 现在没有或不能用了；本任务仍按下发时保存的 {kept} 处理，不受影响。"
    if same:
        return ""
    return (
        f"方案 {name} 在下发以后有改动；本任务仍按下发时保存的 {kept} 处理，不受影响。"
        "还没有发出表格、要改用现在的方案的，请删去这个文件，再运行 perfeval generate。"
    )
