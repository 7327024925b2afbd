"""Print copies: with the real LibreOffice, without one, and with programs in its place that fail, hang or do half."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from datetime import datetime
from io import BytesIO
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner, Result

from perfeval_xl import printing
from perfeval_xl.campaign import Campaign
from perfeval_xl.cli import main
from perfeval_xl.errors import PerfevalError
from perfeval_xl.excel.book import Book, Column, Link, Paper
from perfeval_xl.printing import find_office, lacking, to_pdf
from tests.engines import Office
from tests.rounds import issued_round

posix = pytest.mark.skipif(os.name == "nt", reason="the programs here are shell scripts")


def workbook(folder: Path, name: str = "全区 汇总（2024）.xlsx", rows: int = 120) -> Path:
    """Two sheets, the first of several pages, with links to a file beside it."""
    book = Book(datetime(2025, 1, 1), "汇总", "样例区教育局")
    page = book.page("排名表", Paper(), "样例区 A&B")
    end = page.heading("排名", "说明", 1)
    linked = [(f"第{number}小学", Link("../reviewed/甲 乙.xlsx", "查看")) for number in range(1, rows + 1)]
    page.table(end, [Column("单位", 30), Column("表", 12)], linked, repeat_from=end)
    book.page("口径", Paper(landscape=False), "").put(0, 0, "按四舍五入")
    path = folder / name
    path.write_bytes(book.close())
    return path


def letter(folder: Path, name: str = "自评表说明.docx") -> Path:
    document, saved = docx.Document(), BytesIO()
    document.add_paragraph("一、绩效自评情况")
    document.add_page_break()
    document.add_paragraph("二、存在的主要问题")
    document.save(saved)
    path = folder / name
    path.write_bytes(saved.getvalue())
    return path


def pretend(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called soffice on the PATH that does ``script``; "$@" are its arguments."""
    program = folder / "bin" / "soffice"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/bin{os.pathsep}/usr/bin")
    return program


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without LibreOffice."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(printing, "_patterns", lambda: [(tmp_path / "empty", "*/soffice")])


# ---- the real program


def test_a_workbook_and_a_letter_become_pdf_beside_themselves(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "2024 年 汇总"
    folder.mkdir()
    book, text = workbook(folder), letter(folder)
    before = {path: path.read_bytes() for path in (book, text)}
    made = to_pdf([book, text])
    assert made == [folder / "全区 汇总（2024）.pdf", folder / "自评表说明.pdf"]
    pages = office.pages(made[0])
    assert "第1小学" in pages[0] and "第120小学" in pages[-2]
    assert all("排名" in page and "单位" in page for page in pages[:-1])  # the heads are repeated
    assert "按四舍五入" in "".join(pages[-1].split()) and f"共 {len(pages)} 页" in pages[-1]
    assert [re.findall("[一二]、", page) for page in office.pages(made[1])] == [["一、"], ["二、"]]
    assert {path: path.read_bytes() for path in (book, text)} == before
    assert sorted(folder.iterdir()) == sorted([book, text, *made])


def test_links_stay_relative_to_where_the_workbook_stands(office: Office, tmp_path: Path) -> None:
    [made] = to_pdf([workbook(tmp_path)])
    links = re.findall(rb"/URI ?\(([^)]*)\)", made.read_bytes())
    assert set(links) == {b"../reviewed/%E7%94%B2%20%E4%B9%99.xlsx"}


def test_what_cannot_be_opened_is_named_and_the_rest_is_made(office: Office, tmp_path: Path) -> None:
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    good = workbook(tmp_path)
    with pytest.raises(PerfevalError, match=r"有 1 份没有做成 PDF.*\n  坏\.xlsx：LibreOffice 没有转换"):
        to_pdf([broken, good])
    assert office.pages(good.with_suffix(".pdf"))
    assert not broken.with_suffix(".pdf").exists()


# ---- finding it


def test_not_found_says_how_to_get_it_or_do_without(nowhere: None, tmp_path: Path) -> None:
    assert find_office() is None
    with pytest.raises(PerfevalError, match=r"没有找到 LibreOffice.*请安装.*PATH.*WPS"):
        to_pdf([workbook(tmp_path)])
    assert not list(tmp_path.glob("*.pdf"))


def test_the_newest_in_the_usual_places_is_found(
    nowhere: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "_patterns", lambda: [(tmp_path, "opt/libreoffice*/program/soffice")])
    for version in ("7.4", "24.8", "24.2"):
        program = tmp_path / f"opt/libreoffice{version}/program/soffice"
        program.parent.mkdir(parents=True)
        program.touch()
    assert find_office() == tmp_path / "opt/libreoffice24.8/program/soffice"


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("win32", "LibreOffice/program/soffice.com"),
        ("darwin", "Applications/LibreOffice.app/Contents/MacOS/soffice"),
    ],
)
def test_other_systems_have_their_own_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, place: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    for name in ("ProgramFiles", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    program = tmp_path / place
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setattr(printing.shutil, "which", lambda _: None)
    assert find_office() == program


def installed(folder: Path, *parts: str, registry: str = "share/registry") -> Path:
    """A LibreOffice's folders with the components ``parts``; its program."""
    for part in ("main", *parts):
        (folder / registry).mkdir(parents=True, exist_ok=True)
        (folder / registry / f"{part}.xcd").touch()
    program = folder / "program" / "soffice"
    program.parent.mkdir(exist_ok=True)
    program.touch()
    return program


@pytest.mark.parametrize("registry", ["share/registry", "Resources/registry"])
def test_a_missing_component_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: str
) -> None:
    program = installed(tmp_path, "calc", registry=registry)
    monkeypatch.setattr(printing, "find_office", lambda: program)
    assert lacking([".xlsx"]) is None
    said = lacking([".xlsx", ".docx"])
    assert said is not None and "没有装 Writer 组件（libreoffice-writer）" in said
    with pytest.raises(PerfevalError, match="Writer"):
        to_pdf([letter(tmp_path)])
    installed(tmp_path, "writer", registry=registry)
    assert lacking([".xlsx", ".docx"]) is None


def test_where_components_are_not_known_nothing_is_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "find_office", lambda: tmp_path / "a" / "soffice")
    assert lacking([".docx"]) is None


# ---- programs that don't do as they should


@posix
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 77", "退出码 77"),
        ("echo 'Error: source file could not be loaded' >&2", "Error: source file could not be loaded"),
        ('for last; do :; done; : > "${last%.xlsx}.pdf"', "退出码 0"),  # an empty file is no PDF
    ],
)
def test_a_failure_says_why_and_leaves_the_old_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    pretend(tmp_path, script, monkeypatch)
    book = workbook(tmp_path)
    book.with_suffix(".pdf").write_bytes(b"old")
    with pytest.raises(PerfevalError, match=re.escape(words)):
        to_pdf([book])
    assert book.with_suffix(".pdf").read_bytes() == b"old"


@posix
def test_a_large_workbook_has_more_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, 'sleep 1; for copy; do last="$copy"; done; echo PDF > "${last%.xlsx}.pdf"', monkeypatch)
    monkeypatch.setattr(printing, "_FIRST", 0.1)
    monkeypatch.setattr(printing, "_PER_MEGABYTE", 0.0)
    with pytest.raises(PerfevalError, match="没有做完，已停止"):
        to_pdf([workbook(tmp_path)])
    monkeypatch.setattr(printing, "_PER_MEGABYTE", 1e6)
    assert to_pdf([workbook(tmp_path)])[0].read_bytes() == b"PDF\n"


@posix
def test_a_program_that_hangs_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, f"sleep 600 & echo $! > '{tmp_path}/child'; wait", monkeypatch)
    monkeypatch.setattr(printing, "_FIRST", 0.5)
    started = time.monotonic()
    with pytest.raises(PerfevalError, match="没有做完，已停止"):
        to_pdf([workbook(tmp_path)])
    assert time.monotonic() - started < 30
    child = int((tmp_path / "child").read_text())
    for _ in range(100):  # init may take a moment to bury it
        if not Path(f"/proc/{child}").exists() or Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
            break
        time.sleep(0.05)
    else:
        pytest.fail("what it started is still running")


@posix
def test_a_program_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = pretend(tmp_path, "", monkeypatch)
    program.write_bytes(b"\x7fELF no program")
    with pytest.raises(PerfevalError, match="启动不了"):
        to_pdf([workbook(tmp_path)])


@posix
def test_many_documents_go_in_batches_each_under_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same name from two folders is two documents; the program sees plain names only."""
    script = f"""echo start >> '{tmp_path}/starts'
for each; do case "$each" in *.xlsx) cp "$each" "${{each%.xlsx}}.pdf"; basename "$each" >> '{tmp_path}/names';; esac; done"""
    pretend(tmp_path, script, monkeypatch)
    monkeypatch.setattr(printing, "_AT_ONCE", 2)
    folders = [tmp_path / name for name in ("甲", "乙", "丙")]
    for number, folder in enumerate(folders):
        folder.mkdir()
        (folder / "表.xlsx").write_bytes(bytes([number]))
    made = to_pdf([folder / "表.xlsx" for folder in folders])
    assert [path.read_bytes() for path in made] == [b"\x00", b"\x01", b"\x02"]
    assert (tmp_path / "starts").read_text().count("start") == 2
    assert (tmp_path / "names").read_text().split() == ["0.xlsx", "1.xlsx", "0.xlsx"]
    (tmp_path / "out").mkdir()
    assert to_pdf([folders[2] / "表.xlsx"], tmp_path / "out") == [tmp_path / "out" / "表.pdf"]


# ---- by command


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return issued_round(tmp_path_factory.mktemp("printing") / "2024 自评")


@pytest.mark.parametrize("command", ["summarize", "run"])
def test_the_summary_is_printed(office: Office, at: Campaign, command: str) -> None:
    printed = at.summary / "全区汇总.pdf"
    printed.unlink(missing_ok=True)
    done = run(command, "-C", at.folder, "--pdf")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, f"打印件：{printed}"), done.output
    assert "样例区教育局" in office.pages(printed)[0]


@pytest.mark.parametrize("command", ["summarize", "run"])
def test_without_libreoffice_the_summary_is_written_all_the_same(
    nowhere: None, at: Campaign, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (at.summary / "全区汇总.xlsx").unlink(missing_ok=True)
    done = run(command, "-C", at.folder, "--pdf")
    assert done.exit_code == 2
    told, *_, last = done.stderr.splitlines()
    assert told.startswith("没有找到 LibreOffice") and told.endswith("其他文件照常写出。")
    assert last.startswith("错误：PDF 没有做成，其他文件都已写好。没有找到 LibreOffice")
    assert f"全区汇总：{at.summary / '全区汇总.xlsx'}" in done.stdout
    assert (at.summary / "全区汇总.xlsx").is_file()


def test_an_older_print_copy_is_told_of(at: Campaign) -> None:
    printed = at.summary / "全区汇总.pdf"
    printed.write_bytes(b"old")
    done = run("summarize", "-C", at.folder)
    assert done.exit_code == 0
    assert f"{printed} 是先前做的，这次没有更新。要更新，请加 --pdf。" in done.stderr
    printed.unlink()
    assert "先前做的" not in run("summarize", "-C", at.folder).stderr
