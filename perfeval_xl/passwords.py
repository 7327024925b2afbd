"""passwords.xlsx: the passwords that units have told the bureau, and which of them to try on a file."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from perfeval_xl.errors import CampaignError, UnreadableWorkbook
from perfeval_xl.reader import read_grid

PASSWORDS: Final = "passwords.xlsx"
PASSWORD_COLUMNS: Final = ("文件名或单位代码", "密码")
_EVERY_FILE = "*"


@dataclass(frozen=True, slots=True)
class Passwords:
    """What passwords.xlsx says: (file name or unit code, password) row by row; "*" stands for every file.

    Nothing of it is shown by ``repr``: tracebacks and logs are read by many.
    """

    rows: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def to_try(self, name: str) -> tuple[str, ...]:
        """The passwords to try on the file ``name`` (a path with forward slashes, a zip's name among its folders).

        First those of its name, with or without its ending, then those of a code (or a name) that its name contains, then those
        for every file; whatever the case and width of the letters.
        """
        parts = [_folded(part) for part in PurePosixPath(name).parts]
        named = {_folded(name), *parts, *(PurePosixPath(part).stem for part in parts)}
        ranked: list[tuple[int, str]] = []
        for key, password in self.rows:
            if key == _EVERY_FILE:
                ranked.append((2, password))
            elif _folded(key) in named:
                ranked.append((0, password))
            elif any(re.search(rf"(?<![a-z0-9]){re.escape(_folded(key))}(?![a-z0-9])", part) for part in parts):
                ranked.append((1, password))
        return tuple(dict.fromkeys(password for _, password in sorted(ranked, key=lambda each: each[0])))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def read_passwords(path: Path) -> Passwords:
    """The passwords in ``path``; none where there is no such file. CampaignError lists every problem with its row."""
    try:
        rows = read_grid(path.read_bytes(), path.name)
    except FileNotFoundError:
        return Passwords()
    except (OSError, UnreadableWorkbook) as error:
        raise CampaignError(f"{path}: 读不出来：{error}") from None
    head = next((number for number, row in enumerate(rows) if set(PASSWORD_COLUMNS) <= set(row)), None)
    if head is None:
        raise CampaignError(f"{path}: 没有表头。第一行应为：{' | '.join(PASSWORD_COLUMNS)}。")
    key_at, password_at = (rows[head].index(column) for column in PASSWORD_COLUMNS)
    found: list[tuple[str, str]] = []
    problems: list[str] = []
    for number, row in enumerate(rows[head + 1 :], head + 2):
        key, password = row[key_at], row[password_at]
        if password:
            found.append((key or _EVERY_FILE, password))
        elif key:
            problems.append(f"{path} 第 {number} 行：“{key}”没有填密码。")
    if problems:
        raise CampaignError("\n".join(problems))
    return Passwords(tuple(found))
