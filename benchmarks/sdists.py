"""The workbooks that the test suites of spreadsheet libraries ship in their source distributions.

pip's own finder is used and nothing is built: `pip download` would ask each package for its metadata first, and some
need a compiler for that.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

PACKAGES = (
    "agate-excel",
    "csvkit",
    "django-import-export",
    "excelrd",
    "ezodf",
    "odfpy",
    "oletools",
    "petl",
    "pyexcel",
    "pyexcel-ods",
    "pyexcel-ods3",
    "pyexcel-xls",
    "pyexcel-xlsx",
    "python-calamine",
    "tablib",
    "xlcalculator",
    "xlsx2csv",
    "xlutils",
    "xlwings",
)
WORKBOOKS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".xltx", ".xltm", ".xlt", ".xlam", ".ods", ".ots", ".fods", ".et")


def fetch(folder: Path) -> None:
    """Source distributions of PACKAGES into ``folder``, those that aren't there yet. Any error: there is no network."""
    wanted = missing(folder)
    if not wanted:
        return
    from pip._internal.commands.download import DownloadCommand
    from pip._internal.network.utils import HEADERS, response_chunks

    folder.mkdir(parents=True, exist_ok=True)
    command = DownloadCommand("download", "")
    options, _ = command.parse_args(["--quiet", "--no-binary", ":all:", "nothing"])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        for name in wanted:
            best = finder.find_best_candidate(name).best_candidate
            if best is None:
                raise OSError(f"no source distribution of {name}")
            answer = session.get(best.link.url_without_fragment, headers=HEADERS, stream=True)
            answer.raise_for_status()
            unfinished = folder / "unfinished"
            unfinished.write_bytes(b"".join(response_chunks(answer)))
            unfinished.rename(folder / best.link.filename)


def missing(folder: Path) -> list[str]:
    """Those of PACKAGES that are not in ``folder``."""
    return [name for name in PACKAGES if _held(folder, name) is None]


def workbooks(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Package and version, a workbook's path in it, its bytes."""
    for name in PACKAGES:
        held = _held(folder, name)
        if held is None:
            continue
        source = held.name.removesuffix(".tar.gz").removesuffix(".zip")
        for path, data in _members(held):
            if PurePosixPath(path).suffix.lower() in WORKBOOKS:
                yield source, path, data


def _held(folder: Path, name: str) -> Path | None:
    patterns = {name, name.replace("-", "_")}
    found = [each for pattern in patterns for each in folder.glob(f"{pattern}-[0-9]*")]
    return max(found, default=None)


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, archive.read(info)
        return
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as archive:
        for member in archive:
            if member.isfile() and (content := archive.extractfile(member)) is not None:
                yield member.name, content.read()
