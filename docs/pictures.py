"""Draws docs/images/ anew: the form, an annotated return and the district's products, as LibreOffice shows the demo's files.

Needs LibreOffice (soffice) and poppler (pdftoppm). Run it with ``make pictures`` after changing what a product looks like.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from perfeval_xl.demo import run_demo
from perfeval_xl.excel.package import Package
from perfeval_xl.printing import to_pdf

IMAGES = Path(__file__).parent / "images"
FORM_UNIT, ANNOTATED_UNIT = "440199001", "440199117"


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        run_demo(work / "demo", lambda: None)
        summary = work / "demo" / "summary"
        [form] = (work / "demo" / "outbox").glob(f"{FORM_UNIT}_*.xlsx")
        [annotated] = (work / "demo" / "reviewed").glob(f"{ANNOTATED_UNIT}_*.xlsx")
        [district] = summary.glob("*汇总.xlsx")
        [department] = summary.glob("*自评表.xlsx")
        [narrative] = summary.glob("*.docx")
        reviewed = work / "annotated.xlsx"
        reviewed.write_bytes(with_review_block_printed(annotated.read_bytes()))
        forms = to_pdf([form, reviewed, district, department, narrative], work)
        draw(forms[0], "form", page=2, dpi=75)
        draw(forms[1], "annotated", page=4, dpi=80)
        draw(forms[2], "summary", page=1, dpi=75)
        draw(forms[2], "rates", page=page_with(forms[2], "三级指标"), dpi=75)
        draw(forms[3], "department", page=2, dpi=75)
        draw(forms[4], "narrative", page=2, dpi=60)


def with_review_block_printed(workbook: bytes) -> bytes:
    """The review block lies outside the print area; for the picture the area is widened to take it in."""
    package = Package.read(workbook)
    part = package.workbook_part
    return package.rewrite({part: package.part(part).replace(b"!$A$1:$J$", b"!$A$1:$N$")})


def page_with(pdf: Path, text: str) -> int:
    """The number of the first page on which ``text`` stands. StopIteration where it stands on none."""
    pages = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True).stdout.split("\f")
    return 1 + next(number for number, page in enumerate(pages) if text in page)


def draw(pdf: Path, name: str, *, page: int, dpi: int) -> None:
    """One page of ``pdf`` as docs/images/<name>.png."""
    pages = ["-f", str(page), "-l", str(page), "-singlefile", "-r", str(dpi)]
    subprocess.run(["pdftoppm", "-png", *pages, str(pdf), str(IMAGES / name)], check=True)


if __name__ == "__main__":
    main()
