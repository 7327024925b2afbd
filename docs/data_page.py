"""Runs the code of docs/data.md on the sample district's tables and puts what it prints below each piece of it.

    python -m docs.data_page        (``make docs`` does it too)

A ```python block is followed by a ```text block, its output. tests/test_data_page.py holds that they are current.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from perfeval_xl import campaign as campaigns
from perfeval_xl import dataset
from perfeval_xl.dataset.schema import Round
from perfeval_xl.demo import run_demo
from perfeval_xl.district import rounds, standing
from perfeval_xl.results import District

PAGE = Path(__file__).with_name("data.md")
_PIECE = re.compile(r"```python\n(?P<code>.*?)```\n\n```text\n(?P<shown>.*?)```\n", re.DOTALL)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        district = run_demo(folder / "round", lambda: None)
        with exported(folder / "round", district, folder):
            text = refreshed(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def exported(demo: Path, district: District, folder: Path, formats: Collection[str] = (dataset.CSV,)) -> Iterator[Path]:
    """The tables of the sample district's round ``demo`` where the page looks for them: in ``folder``/demo/summary/data,
    with ``folder`` the current one meanwhile. Gives the tables' folder."""
    campaign = campaigns.load(demo)
    status = standing.status(campaign, district, rounds.read_inbox(campaign), campaign.deadline)
    tables = folder / "demo" / "summary" / "data"
    tables.mkdir(parents=True)
    dataset.export(Round(status, district), tables, formats)
    with contextlib.chdir(folder):
        yield tables


def refreshed(page: str, names: dict[str, Any] | None = None) -> str:
    """``page`` with every output as its code prints it now; the code is run from top to bottom, as a reader would, and
    leaves its ``names``."""
    names = {} if names is None else names

    def run(piece: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(piece["code"], str(PAGE), "exec"), names)
        shown = "".join(f"{line.rstrip()}\n" for line in printed.getvalue().splitlines())
        return f"```python\n{piece['code']}```\n\n```text\n{shown}```\n"

    return _PIECE.sub(run, page)


if __name__ == "__main__":
    main()
