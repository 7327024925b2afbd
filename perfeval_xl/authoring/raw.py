"""Schemes as they stand in their files: what TOML says, before the loader makes a form of it."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from perfeval_xl.scheme.loader import load_scheme


def read_raw(path: Path) -> dict[str, Any]:
    """What the scheme file ``path`` says, numbers as Decimal or int. SchemeError where it is no sound scheme."""
    load_scheme(path)
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, Any]:
    """TOML text as values; tomllib.TOMLDecodeError where it is none."""
    return tomllib.loads(text, parse_float=Decimal)
