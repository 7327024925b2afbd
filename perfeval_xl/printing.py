"""Print copies: our own products as PDF, made by LibreOffice where there is one.

Nothing that came from a unit is ever opened here. LibreOffice works on copies under plain names in a folder of its own,
with a profile of its own, so that an open LibreOffice, its settings and the products themselves stay as they are.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from perfeval_xl.errors import PerfevalError
from perfeval_xl.files import write_atomically
from perfeval_xl.scratch import scratch_folder

PROGRAMS = ("soffice", "libreoffice")
_LINUX_PLACES = (
    "usr/lib*/libreoffice/program/soffice",
    "opt/libreoffice*/program/soffice",
    "opt/apps/*libreoffice*/files/program/soffice",
    "opt/apps/*libreoffice*/files/*/program/soffice",
)
_AT_ONCE = 20  # documents in one start of the program
_FIRST, _EACH = 300.0, 30.0  # seconds: for the start and one document, and for every further one
_PER_MEGABYTE = 180.0  # seconds more: the district's workbook of 3,000 units has five

_COMPONENTS = {".xlsx": ("calc", "Calc", "libreoffice-calc"), ".docx": ("writer", "Writer", "libreoffice-writer")}
"""What opens a product: its file in LibreOffice's registry, its name, its package."""

_INSTEAD = "也可以在 WPS 中打开文件，用“输出为 PDF”。"
NOT_FOUND = (
    "没有找到 LibreOffice，做不了 PDF。请安装 LibreOffice（免费；麒麟、统信可在软件商店安装）后重试；"
    f"已装在别处的，请把 soffice 所在的文件夹加入 PATH。{_INSTEAD}"
)
# Links in a workbook are relative to where it stands; in the PDF they are to stay so.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Filter/PDF/Export"><prop oor:name="ExportLinksRelativeFsys" \
oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


def find_office() -> Path | None:
    """LibreOffice's program: on the PATH, or where its installers put it. None where there is none."""
    on_path = (shutil.which(name) for name in PROGRAMS)
    return next((Path(found) for found in (*on_path, *_usual_places()) if found), None)


def _usual_places() -> Iterator[str]:
    for root, pattern in _patterns():
        yield from map(str, sorted(root.glob(pattern), key=_version, reverse=True))


def _version(path: Path) -> list[int]:
    """The numbers in a path: 7.6 comes before 24.2."""
    return [int(number) for number in re.findall("[0-9]+", str(path))]


def _patterns() -> list[tuple[Path, str]]:
    if sys.platform == "win32":
        roots = (os.environ.get(name) for name in ("ProgramW6432", "ProgramFiles", "ProgramFiles(x86)"))
        return [(Path(root), "LibreOffice*/program/soffice.com") for root in roots if root]
    if sys.platform == "darwin":
        apps = (Path("/Applications"), Path.home() / "Applications")
        return [(root, "LibreOffice*.app/Contents/MacOS/soffice") for root in apps]
    return [(Path("/"), each) for each in _LINUX_PLACES]


def lacking(suffixes: Iterable[str]) -> str | None:
    """What keeps documents with ``suffixes`` (.xlsx, .docx) from being made PDF, for the operator; None: nothing known."""
    office = find_office()
    if office is None:
        return NOT_FOUND
    registry = _registry(office)
    for part, name, package in (_COMPONENTS[suffix] for suffix in suffixes):
        if registry is not None and not (registry / f"{part}.xcd").exists():
            return f"LibreOffice 没有装 {name} 组件（{package}），做不了 PDF。请装上后重试。{_INSTEAD}"
    return None


def _registry(office: Path) -> Path | None:
    """Where LibreOffice lists its components; None where that isn't known."""
    root = office.resolve().parents[1]
    places = (root / "share" / "registry", root / "Resources" / "registry")
    return next((place for place in places if (place / "main.xcd").exists()), None)


def to_pdf(paths: Sequence[Path], folder: Path | None = None) -> list[Path]:
    """Each of our products ``paths`` as PDF under its own name in ``folder`` (beside itself unless told); the PDFs.

    PerfevalError, saying what to do, where LibreOffice is missing, fails, or takes too long; what could be made by then
    stands there.
    """
    why = lacking({path.suffix.lower() for path in paths})
    office = find_office()
    if why is not None or office is None:
        raise PerfevalError(why or NOT_FOUND)
    made: list[Path] = []
    failed: list[str] = []
    for start in range(0, len(paths), _AT_ONCE):
        batch = paths[start : start + _AT_ONCE]
        with scratch_folder() as work:
            copies = [work / f"{number}{path.suffix.lower()}" for number, path in enumerate(batch)]
            for path, copy in zip(batch, copies, strict=True):
                shutil.copyfile(path, copy)
            said = _convert(office, copies, work)
            for path, copy in zip(batch, copies, strict=True):
                printed = copy.with_suffix(".pdf")
                if not (printed.is_file() and printed.stat().st_size):
                    failed.append(f"{path.name}：{said}")
                    continue
                target = (folder or path.parent) / f"{path.stem}.pdf"
                write_atomically(target, printed.read_bytes())
                made.append(target)
    if failed:
        listed = "\n".join(f"  {each}" for each in failed)
        raise PerfevalError(f"有 {len(failed)} 份没有做成 PDF，文件本身没有问题：\n{listed}\n{_INSTEAD}")
    return made


def _convert(office: Path, copies: Sequence[Path], work: Path) -> str:
    """Let LibreOffice make PDFs beside ``copies``; what is to be said of those that are not there afterwards."""
    profile = work / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    options = ["--headless", "--norestore", "--nologo", "--nolockcheck", f"-env:UserInstallation={profile.as_uri()}"]
    command = [str(office), *options, "--convert-to", "pdf", "--outdir", str(work), *map(str, copies)]
    size = sum(copy.stat().st_size for copy in copies)
    limit = _FIRST + _EACH * (len(copies) - 1) + _PER_MEGABYTE * size / 1024**2
    with open(work / "log", "w+b") as log:
        try:
            running = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=work, start_new_session=True
            )
        except OSError as error:
            return f"LibreOffice（{office}）启动不了（{error.strerror or error}）"
        try:
            code = running.wait(limit)
        except subprocess.TimeoutExpired:
            return f"LibreOffice 在 {limit:.0f} 秒内没有做完，已停止"
        finally:
            _end(running)
        log.seek(0)
        return _reason(log.read().decode("utf-8", "replace"), code)


def _end(running: subprocess.Popen[bytes]) -> None:
    """End the program with all that it started."""
    if running.poll() is None and sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(running.pid)], capture_output=True, check=False)
    elif sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def _reason(log: str, code: int) -> str:
    """The last thing that LibreOffice complained of; it ends with 0 even where it opened nothing."""
    errors = [line.strip() for line in log.splitlines() if line.strip().lower().startswith("error")]
    return f"LibreOffice 没有转换（{errors[-1] if errors else f'退出码 {code}'}）"
