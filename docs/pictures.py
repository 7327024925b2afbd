"""Draws docs/images/ anew: the form, an annotated return and the summary, as LibreOffice shows the demo's files.

Needs LibreOffice (soffice) and poppler (pdftoppm). Run it with ``make pictures`` after changing what a workbook looks like.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from perfeval_xl.demo import run_demo
from perfeval_xl.excel.package import Package

IMAGES = Path(__file__).parent / "images"
FORM_UNIT, ANNOTATED_UNIT = "440199001", "440199117"


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        run_demo(work / "demo", lambda: None)
        [form] = (work / "demo" / "outbox").glob(f"{FORM_UNIT}_*.xlsx")
        [annotated] = (work / "demo" / "reviewed").glob(f"{ANNOTATED_UNIT}_*.xlsx")
        [summary] = (work / "demo" / "summary").glob("*.xlsx")
        draw(form.read_bytes(), work, "form", page=2, dpi=75)
        draw(with_review_block_printed(annotated.read_bytes()), work, "annotated", page=4, dpi=80)
        draw(summary.read_bytes(), work, "summary", page=1, dpi=75)


def with_review_block_printed(workbook: bytes) -> bytes:
    """The review block lies outside the print area; for the picture the area is widened to take it in."""
    package = Package.read(workbook)
    part = package.workbook_part
    return package.rewrite({part: package.part(part).replace(b"!$A$1:$J$", b"!$A$1:$N$")})


def draw(workbook: bytes, work: Path, name: str, *, page: int, dpi: int) -> None:
    """One page of ``workbook`` as docs/images/<name>.png."""
    (work / f"{name}.xlsx").write_bytes(workbook)
    profile = f"-env:UserInstallation={(work / 'profile').as_uri()}"
    convert = [
        "soffice",
        "--headless",
        profile,
        "--convert-to",
        "pdf",
        "--outdir",
        str(work),
        str(work / f"{name}.xlsx"),
    ]
    subprocess.run(convert, check=True, capture_output=True)
    pages = ["-f", str(page), "-l", str(page), "-singlefile", "-r", str(dpi)]
    subprocess.run(["pdftoppm", "-png", *pages, str(work / f"{name}.pdf"), str(IMAGES / name)], check=True)


if __name__ == "__main__":
    main()
