"""From a folder to the files to examine, and from a zip to the files in it: what is taken, what is left out and why."""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.district import parcels
from perfeval_xl.district.parcels import Member, Parcel, items, unpacked, why_ignored
from perfeval_xl.errors import Refused, WorkbookError
from tests.workbooks import rich_workbook, zipped

BOOK = rich_workbook()


# --- a folder


def laid_out(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


def test_files_in_order_and_in_subfolders(tmp_path: Path) -> None:
    found = items(laid_out(tmp_path, "乙.xlsx", "甲.xls", "9.pdf", "收到的/第二批/丙.xlsx", "空"))
    assert [item.name for item in found.items] == ["9.pdf", "乙.xlsx", "收到的/第二批/丙.xlsx", "甲.xls", "空"]
    assert [item.path for item in found.items] == [tmp_path / item.name for item in found.items]
    assert found.ignored == ()
    assert items(tmp_path) == found


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("~$一小.xlsx", "有人正在打开 一小.xlsx"),
        (".~lock.一小.xlsx#", "有人正在打开 一小.xlsx"),
        (".~一小.xlsx", "有人正在打开 一小.xlsx"),
        ("~$", "有人正在打开 一个文件"),
        (".DS_Store", "隐藏文件"),
        ("._一小.xlsx", "隐藏文件"),
        (".git", "隐藏文件"),
        ("Thumbs.db", "系统文件"),
        ("desktop.ini", "系统文件"),
        ("__MACOSX", "系统文件"),
        ("一小.xlsx.part", "没有下载完"),
        ("一小.TMP", "没有下载完"),
        ("一小.xlsx.crdownload", "没有下载完"),
    ],
)
def test_left_out_by_name(tmp_path: Path, name: str, why: str) -> None:
    assert why in why_ignored(name)
    found = items(laid_out(tmp_path, f"夹/{name}", f"{name}.d/一小.xlsx"))
    assert [each.name for each in found.ignored][:1] == [f"夹/{name}"] or len(found.ignored) == 2
    assert all("夹" not in item.name for item in found.items)


@pytest.mark.parametrize(
    "name", ["一小.xlsx", "~一小.xlsx", "$一小.xlsx", "一小.temp", "part", "一小.part.xlsx", "thumbs.db.xlsx"]
)
def test_kept_by_name(name: str) -> None:
    assert why_ignored(name) == ""


def test_a_hidden_folder_is_named_once(tmp_path: Path) -> None:
    found = items(laid_out(tmp_path, "__MACOSX/._甲.xlsx", "__MACOSX/._乙.xlsx", "甲.xlsx"))
    assert [each.name for each in found.ignored] == ["__MACOSX"]
    assert [item.name for item in found.items] == ["甲.xlsx"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links(tmp_path: Path) -> None:
    outside = laid_out(tmp_path / "别处", "密.xlsx")
    inbox = laid_out(tmp_path / "inbox", "甲.xlsx", "夹/乙.xlsx")
    (inbox / "出去.xlsx").symlink_to(outside / "密.xlsx")
    (inbox / "出去的夹").symlink_to(outside)
    (inbox / "圈").symlink_to(inbox / "夹")
    (inbox / "失效.xlsx").symlink_to(inbox / "没有.xlsx")
    (inbox / "自己").symlink_to(inbox / "自己")
    (inbox / "同一份.xlsx").symlink_to(inbox / "甲.xlsx")
    os.mkfifo(inbox / "管道.xlsx")
    found = items(inbox)
    assert [item.name for item in found.items] == ["同一份.xlsx", "夹/乙.xlsx", "甲.xlsx"]
    assert {each.name: each.why for each in found.ignored} == {
        "出去.xlsx": "是指向收件文件夹以外的链接",
        "出去的夹": "是指向收件文件夹以外的链接",
        "圈": "是指向文件夹的链接，其中的文件已在原处读取",
        "失效.xlsx": "是失效的链接",
        "自己": "是失效的链接",
        "管道.xlsx": "不是普通文件",
    }


def test_an_inbox_that_is_itself_a_link(tmp_path: Path) -> None:
    laid_out(tmp_path / "real", "甲.xlsx")
    (tmp_path / "inbox").symlink_to(tmp_path / "real")
    assert [item.name for item in items(tmp_path / "inbox").items] == ["甲.xlsx"]


def test_without_an_inbox(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        items(tmp_path / "inbox")
    assert items(tmp_path) == parcels.Inbox((), ())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_name_in_gbk_on_the_disk(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/" + "第一小学.xlsx".encode("gbk")
    with open(raw, "wb") as file:
        file.write(b"x")
    (item,) = items(tmp_path).items
    assert item.name == "第一小学.xlsx"
    assert item.path.read_bytes() == b"x"


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(tmp_path, "锁/甲.xlsx", "乙.xlsx")
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "锁":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = items(tmp_path)
    assert [item.name for item in found.items] == ["乙.xlsx"]
    assert [(each.name, each.why) for each in found.ignored] == [("锁", "文件夹读不了（没有权限）")]


# --- a zip


def packed(*members: tuple[bytes, bytes], flags: int = 0, extra: bytes = b"") -> bytes:
    """A zip whose names are these very bytes, as programs write it that don't say what the bytes mean."""
    body, directory = b"", b""
    for name, content in members:
        facts = struct.pack("<5H3L", 20, flags, 0, 0, 0x21, zlib.crc32(content), len(content), len(content))
        at = len(body)
        body += b"PK\3\4" + facts + struct.pack("<2H", len(name), 0) + name + content
        directory += b"PK\1\2" + struct.pack("<H", 20) + facts
        directory += struct.pack("<5H2L", len(name), len(extra), 0, 0, 0, 0, at) + name + extra
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + end


def names(parcel: Parcel) -> list[str]:
    return [member.name for member in parcel.members]


def codes(parcel: Parcel) -> dict[str, str]:
    return {each.name: each.refused.code for each in parcel.members if isinstance(each.refused, Refused)}


def whole_refused(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        unpacked(data, "包.zip")
    assert caught.value.code == "archive-refused"
    return caught.value.words["why"]


def test_workbooks_in_a_zip() -> None:
    found = unpacked(zipped({"夹/": b"", "夹/乙.xlsx": BOOK, "甲.xlsx": BOOK}), "收/包.zip")
    assert found == Parcel((Member("收/包.zip/夹/乙.xlsx", BOOK), Member("收/包.zip/甲.xlsx", BOOK)), ())


@pytest.mark.parametrize(
    ("raw", "flags", "name"),
    [
        ("第一小学.xlsx".encode("gbk"), 0, "第一小学.xlsx"),
        ("一小.xlsx".encode("gbk"), 0, "一小.xlsx"),
        ("羗羘.xlsx".encode("gb18030"), 0, "羗羘.xlsx"),
        ("第一小学.xlsx".encode(), 0, "第一小学.xlsx"),
        ("第一小学.xlsx".encode(), 0x800, "第一小学.xlsx"),
        ("第一小学.xlsx".encode("gbk"), 0x800, "第一小学.xlsx"),
        ("夹誠\\甲.xlsx".encode("gbk"), 0, "夹誠/甲.xlsx"),
        ("校誠.xlsx".encode("gbk"), 0, "校誠.xlsx"),
        ("乗.xlsx".encode("gbk"), 0, "乗.xlsx"),
        ("汉.xlsx".encode("gbk"), 0, "汉.xlsx"),
        (b"plain.xlsx", 0, "plain.xlsx"),
        (b"\x80\xff\x80.xlsx", 0, "Ç\xa0Ç.xlsx"),
    ],
)
def test_names_as_their_senders_saw_them(raw: bytes, flags: int, name: str) -> None:
    assert names(unpacked(packed((raw, BOOK), flags=flags), "包.zip")) == [f"包.zip/{name}"]


def test_a_second_name_in_utf8() -> None:
    raw, real = b"???.xlsx", "第一小学.xlsx".encode()
    for crc, expected in ((zlib.crc32(raw), "第一小学.xlsx"), (1, "___.xlsx")):
        field = struct.pack("<BL", 1, crc) + real
        extra = struct.pack("<2HL", 0x5455, 4, 0) + struct.pack("<2H", 0x7075, len(field)) + field
        assert names(unpacked(packed((raw, BOOK), extra=extra), "包.zip")) == [f"包.zip/{expected}"]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("/etc/甲.xlsx", "etc/甲.xlsx"),
        ("C:/表/甲.xlsx", "表/甲.xlsx"),
        ("C:\\表\\甲.xlsx", "表/甲.xlsx"),
        ("//服务器/甲.xlsx", "服务器/甲.xlsx"),
        ("./甲.xlsx", "甲.xlsx"),
        ("甲\u202excod.xlsx", "甲_xcod.xlsx"),
        ("甲\r\n.xlsx", "甲__.xlsx"),
        ("甲:乙?.xlsx", "甲_乙_.xlsx"),
        ("con.xlsx", "_con.xlsx"),
        ("NUL", "_NUL"),
        ("甲.xlsx. ", "甲.xlsx"),
        ("长" * 100 + ".xlsx", "长" * 70 + "….xlsx"),
        ("长" * 100, "长" * 72 + "…"),
    ],
)
def test_names_made_fit_to_show(raw: str, name: str) -> None:
    (member,) = unpacked(packed((raw.encode(), BOOK), flags=0x800), "包.zip").members
    assert member == Member(f"包.zip/{name}", BOOK)
    assert len(member.name.rpartition("/")[2].encode()) <= 220


@pytest.mark.parametrize("raw", ["../甲.xlsx", "夹/../../甲.xlsx", "..\\甲.xlsx", "甲\0.xlsx"])
def test_names_that_lead_out_of_the_zip(raw: str) -> None:
    found = unpacked(packed((raw.encode(), BOOK), (b"b.xlsx", BOOK), flags=0x800), "包.zip")
    assert set(codes(found).values()) == {"archive-refused"}
    assert [member.data for member in found.members if member.refused] == [b""]
    assert Member("包.zip/b.xlsx", BOOK) in found.members
    assert not any(".." in member.name or "\0" in member.name for member in found.members)


def test_the_same_name_twice() -> None:
    found = unpacked(packed((b"a.xlsx", BOOK), (b"A.xlsx", BOOK), (b"a.xlsx", b"")), "包.zip")
    assert names(found) == ["包.zip/A（2）.xlsx", "包.zip/a.xlsx", "包.zip/a（3）.xlsx"]


def test_what_comes_along() -> None:
    along = {
        "__MACOSX/._甲.xlsx": b"x",
        "~$甲.xlsx": b"x",
        ".DS_Store": b"x",
        "证明.pdf": b"%PDF-1.7",
        "说明.txt": b"text",
        "空.txt": b"",
    }
    found = unpacked(zipped({"甲.xlsx": BOOK, **along}), "包.zip")
    assert names(found) == ["包.zip/甲.xlsx"]
    assert {each.name: each.why.partition("（")[0] for each in found.ignored} == {
        "包.zip/__MACOSX/._甲.xlsx": "是系统文件",
        "包.zip/~$甲.xlsx": "有人正在打开 甲.xlsx",
        "包.zip/.DS_Store": "是隐藏文件",
        "包.zip/证明.pdf": "是PDF 文件，不是工作簿",
        "包.zip/说明.txt": "是文本",
        "包.zip/空.txt": "是空文件，不是工作簿",
    }


def test_what_is_called_a_workbook_is_examined_and_diagnosed() -> None:
    """A page called .xls, an empty .xlsx, a .rar in a zip: each gets a diagnosis of its own later."""
    found = unpacked(
        zipped({"网页.xls": b"<html>", "空.xlsx": b"", "套.rar": b"Rar!\x1a\7\0", "表.et": BOOK}), "包.zip"
    )
    assert names(found) == ["包.zip/套.rar", "包.zip/空.xlsx", "包.zip/网页.xls", "包.zip/表.et"]
    assert not codes(found)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({}, "里面没有工作簿，是空的"),
        ({"夹/": b""}, "里面没有工作簿，是空的"),
        ({"Thumbs.db": b"x"}, "里面没有工作簿，只有临时文件或系统文件"),
        (
            {"1.pdf": b"%PDF-1", "2.pdf": b"%PDF-2", "3.txt": b"x", "Thumbs.db": b""},
            "里面没有工作簿，只有2 个PDF 文件、1 个文本（.txt）",
        ),
        ({"内.zip": zipped({"1.pdf": b"%PDF-1"})}, "里面没有工作簿，只有1 个PDF 文件"),
        ({"内.zip": zipped({})}, "里面没有工作簿，只有1 个压缩包（.zip）"),
    ],
)
def test_no_workbook_at_all(members: dict[str, bytes], why: str) -> None:
    assert whole_refused(zipped(members)) == why


def test_a_zip_in_a_zip_but_no_deeper() -> None:
    inner = zipped({"乙.xlsx": BOOK, "三层.zip": zipped({"丙.xlsx": BOOK})})
    found = unpacked(zipped({"甲.xlsx": BOOK, "内.zip": inner}), "包.zip")
    assert names(found) == ["包.zip/内.zip/三层.zip", "包.zip/内.zip/乙.xlsx", "包.zip/甲.xlsx"]
    assert codes(found) == {"包.zip/内.zip/三层.zip": "archive-refused"}


def test_encrypted_members() -> None:
    both = packed((b"a.xlsx", b"one"), (b"b.xlsx", b"other"))
    one = bytearray(both)
    one[both.index(b"PK\1\2") + 8] |= 1
    found = unpacked(bytes(one), "包.zip")
    assert codes(found) == {"包.zip/a.xlsx": "encrypted"}
    assert found.members[1] == Member("包.zip/b.xlsx", b"other")
    assert set(codes(unpacked(packed((b"a.xlsx", BOOK), flags=1), "包.zip")).values()) == {"encrypted"}


def test_damaged_members() -> None:
    data = packed((b"a.xlsx", BOOK), (b"b.xlsx", BOOK)).replace(BOOK, BOOK[:-1] + b"x", 1)
    found = unpacked(data, "包.zip")
    assert codes(found) == {"包.zip/a.xlsx": "archive-refused"}
    packing = zipped({"a.xlsx": BOOK}, compression=zipfile.ZIP_LZMA)
    assert codes(unpacked(packing, "包.zip")) == {"包.zip/a.xlsx": "archive-refused"}


def test_bombs() -> None:
    assert "2001 个部件" in whole_refused(packed(*((b"%d" % number, b"") for number in range(2_001))))
    assert "压缩比异常" in whole_refused(zipped({"a.xlsx": b"\0" * 3_000_000}))
    assert "不完整" in whole_refused(zipped({"a.xlsx": BOOK})[:-40])


def test_a_nested_zip_has_what_room_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = zipped({"b.bin": b"\1" * 2_000, "b.xlsx": BOOK})
    data = zipped({"a.xlsx": BOOK, "内.zip": inner})
    needed = len(BOOK) + len(inner) + 2_000 + len(BOOK)
    for room, refused in ((needed, {}), (needed - 1, {"包.zip/内.zip": "archive-refused"})):
        monkeypatch.setattr(parcels._Unpacking.__init__, "__defaults__", _room(room))
        assert codes(unpacked(data, "包.zip")) == refused


def _room(room: int) -> tuple[object, ...]:
    defaults = parcels._Unpacking.__init__.__defaults__
    assert defaults is not None
    return (room, *defaults[1:])


# --- anything


ANY_NAMES = st.one_of(
    st.binary(max_size=30),
    st.text(st.sampled_from("../\\ ~$.:CON\0\u202e一小xlsx"), max_size=20).map(str.encode),
)
SMALL = zipped({"xl/workbook.xml": b""})
CONTENTS = st.sampled_from([SMALL, b"", b"%PDF-", b"x", zipped({"a.xlsx": SMALL}), zipped({"a.zip": zipped({})})])


UNSEEN = re.compile("[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@settings(max_examples=200)
@given(st.lists(st.tuples(ANY_NAMES, CONTENTS), max_size=5), st.sampled_from([0, 1, 0x800]), st.binary(max_size=20))
def test_any_names_and_contents(members: list[tuple[bytes, bytes]], flags: int, extra: bytes) -> None:
    """Every file in a zip is a member or ignored, under a name of its own that can be shown."""
    try:
        found = unpacked(packed(*members, flags=flags, extra=extra), "包.zip")
    except Refused as refused:
        assert refused.code == "archive-refused"
        return
    shown = [each.name for each in (*found.members, *found.ignored)]
    assert len(set(shown)) == len(shown)
    for name in shown:
        assert name.startswith("包.zip/") and not UNSEEN.search(name) and ".." not in name.split("/")
        name.encode()
    for member in found.members:
        assert member.refused is None or (isinstance(member.refused, WorkbookError) and member.data == b"")


@settings(max_examples=200)
@given(st.data())
def test_damaged_zips_end_as_members_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(zipped({"第一小学.xlsx": b"x" * 99, "b.zip": zipped({"c.xlsx": b"y"})}))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpacked(bytes(damaged[: len(damaged) - data.draw(st.integers(0, 30))]), "包.zip")
    except Refused as refused:
        assert refused.code == "archive-refused"


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=12), max_size=6))
def test_any_names_in_a_folder(tmp_path_factory: pytest.TempPathFactory, wanted: list[str]) -> None:
    folder = tmp_path_factory.mktemp("inbox")
    for name in wanted:
        try:
            (folder / name).write_bytes(b"x")
        except (OSError, ValueError):
            continue
    found = items(folder)
    assert len(found.items) + len(found.ignored) == len(os.listdir(folder))
    for each in (*found.items, *found.ignored):
        each.name.encode()
        assert not UNSEEN.search(each.name)


def test_the_zip_is_only_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO(zipped({"a.xlsx": BOOK}))
    unpacked(buffer.getvalue(), "包.zip")
    assert list(tmp_path.iterdir()) == []
