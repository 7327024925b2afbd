"""Where the schemes and samples that come with the package are found, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """The folder with one folder a scheme: ``<scheme>/scheme.toml`` and ``<scheme>/master.xlsx``."""
    return _data("templates")


def samples_dir() -> Path:
    """The folder with the samples: the published case and the fictitious district."""
    return _data("samples")


def _data(name: str) -> Path:
    """An installed package holds its data inside itself; in a checkout it stands at the top level."""
    inside = _PACKAGE / "_data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
