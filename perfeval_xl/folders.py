"""Where a round's folders are: in the round's own, or where the table [folders] of campaign.toml puts them."""

from __future__ import annotations

from pathlib import Path

from perfeval_xl.errors import StorageError
from perfeval_xl.scheme.spec import Spec
from perfeval_xl.storage import Place, RemotePath, place_of

FOLDERS = ("outbox", "inbox", "reviewed", "returned", "summary")
ELSEWHERE = ("outbox", "inbox", "reviewed")
"""Those that the settings may put elsewhere."""


def read_elsewhere(table: Spec, folder: Path) -> dict[str, Place]:
    """The table [folders] of the round in ``folder``: where the folders lie that don't lie there. What is wrong with it is
    added to its problems."""
    found: dict[str, Place] = {}
    for name in ELSEWHERE:
        text = table.text(name, "")
        if not text:
            continue
        try:
            found[name] = place = place_of(text, folder)
        except StorageError as error:
            table.problem(name, str(error))
            continue
        if isinstance(place, Path) and not place.is_dir():
            table.problem(name, f"没有文件夹 {place}；请先建立，或检查网络盘是否连上")
    table.close()
    places = {name: found.get(name) or folder / name for name in FOLDERS}
    for name, place in found.items():
        clashing = [other for other in FOLDERS if other != name and _overlap(place, places[other])]
        if _within(folder, place):
            clashing.insert(0, "任务文件夹")
        if clashing:
            table.problem(name, f"不能与 {'、'.join(clashing)} 相同，也不能一个在另一个里面")
    return found


def _overlap(one: Place, other: Place) -> bool:
    return _within(one, other) or _within(other, one)


def _within(place: Place, folder: Place) -> bool:
    if isinstance(place, Path) and isinstance(folder, Path):
        return place.resolve().is_relative_to(folder.resolve())
    if isinstance(place, RemotePath) and isinstance(folder, RemotePath):
        return f"{place}/".startswith(f"{folder}/")
    return False
