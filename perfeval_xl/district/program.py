"""Which program this is: two processes of the same one make the same of a file."""

from __future__ import annotations

import hashlib
import platform
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from perfeval_xl import __version__
from perfeval_xl.resources import templates_dir

_READERS = ("python-calamine", "openpyxl", "olefile", "msoffcrypto-tool")
"""The libraries that files are read with."""
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Program:
    """``python``: its version, major and minor; ``code``: ``code_digest``; ``readers``: the libraries that files are read
    with, and their versions."""

    version: str
    python: str
    system: str
    code: str
    readers: str

    def __str__(self) -> str:
        code = self.code[:8]
        return f"perfeval-xl {self.version}（程序 {code}），Python {self.python}，{self.system}，{self.readers}"


@cache
def this_program() -> Program:
    """The one that runs here."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    readers = "、".join(f"{each} {_version(each)}" for each in _READERS)
    return Program(__version__, python, platform.system(), code_digest(), readers)


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:  # put there by other means than an installer
        return "?"


@cache
def code_digest() -> str:
    """The SHA-256 (hex) of all that a result comes from in this installation: our own source and the schemes."""
    digest = hashlib.sha256()
    templates = templates_dir()
    for root, pattern in ((_PACKAGE, "*.py"), (templates, "scheme.toml"), (templates, "master.xlsx")):
        for path in sorted(root.rglob(pattern)):
            content = hashlib.sha256(path.read_bytes()).digest()
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()
