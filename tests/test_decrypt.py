"""Encrypted workbooks: opened with a known password or Excel's own, or refused for one reason each."""

from __future__ import annotations

import io
import logging
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import msoffcrypto
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from perfeval_xl.errors import Refused, UnreadableWorkbook
from perfeval_xl.excel import decrypt
from perfeval_xl.excel.decrypt import EXCELS_OWN, decrypted
from perfeval_xl.excel.recognise import FileKind, recognise
from tests.compound import compound, encrypted_xls, standard_encrypted
from tests.workbooks import rich_workbook, zipped

BOOK = rich_workbook()
PASSWORD = "教育局 2024"


@cache
def agile(password: str = PASSWORD) -> bytes:
    out = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(BOOK)).encrypt(password, out)
    return out.getvalue()


@cache
def standard(password: str = PASSWORD) -> bytes:
    return standard_encrypted(BOOK, password)


def refused(data: bytes, *passwords: str) -> str:
    with pytest.raises(Refused) as caught:
        decrypted(data, passwords)
    assert caught.value.code == "encrypted"
    assert set(caught.value.words) == {"why"}
    return caught.value.words["why"]


def test_agile() -> None:
    assert recognise(agile()).kind is FileKind.ENCRYPTED
    assert decrypted(agile(), ["错的", PASSWORD]) == (BOOK, True)


def test_standard() -> None:
    assert recognise(standard()).kind is FileKind.ENCRYPTED
    assert decrypted(standard(), ["错的", PASSWORD]) == (BOOK, True)


def test_xls() -> None:
    sealed = encrypted_xls("1234", 12.75)
    assert recognise(sealed).kind is FileKind.ENCRYPTED
    plain, by_password = decrypted(sealed, ["123", "1234"])
    assert by_password
    assert recognise(plain).kind is FileKind.XLS
    assert CalamineWorkbook.from_filelike(io.BytesIO(plain)).get_sheet_by_index(0).to_python() == [[12.75]]


@pytest.mark.parametrize("passwords", [[], ["别的"], [EXCELS_OWN]])
def test_excels_own_password_needs_no_other(passwords: list[str]) -> None:
    assert decrypted(encrypted_xls(EXCELS_OWN), passwords)[1] is False
    assert decrypted(standard(EXCELS_OWN), passwords) == (BOOK, False)


@pytest.mark.parametrize("make", [agile, standard, lambda: encrypted_xls(PASSWORD)], ids=["agile", "standard", "xls"])
def test_no_password_or_a_wrong_one(make: object) -> None:
    data = make()  # type: ignore[operator]
    assert "没有登记它的密码" in refused(data)
    assert "没有登记它的密码" in refused(data, "", "x" * 256)
    assert "都不对" in refused(data, "错的")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "很少见"),
        (b"%TSD-Header-###%" + bytes(200), "防泄密"),
        (compound({"EncryptedPackage": bytes(100)}), "加密方式不支持"),  # rights management: no EncryptionInfo
        (
            compound({"EncryptedPackage": bytes(100), "EncryptionInfo": struct.pack("<2H", 4, 3)}),
            "加密方式不支持",
        ),
        (compound({"Book": bytes(100)}), "加密方式不支持"),
    ],
)
def test_encryption_that_cannot_be_undone(data: bytes, why: str) -> None:
    assert why in refused(data, PASSWORD)


def test_a_zip_with_a_password() -> None:
    data = bytearray(zipped({"a.xlsx": BOOK}))
    data[data.rindex(b"PK\1\2") + 8] |= 1
    assert "压缩包的密码" in refused(bytes(data), PASSWORD)


def test_more_rounds_than_any_program_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decrypt, "_MOST_ROUNDS", 100_000)
    assert decrypted(agile(), [PASSWORD]) == (BOOK, True)
    monkeypatch.setattr(decrypt, "_MOST_ROUNDS", 99_999)
    assert "加密强度异常" in refused(agile(), PASSWORD)


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(700),
        compound({"EncryptedPackage": bytes(9), "EncryptionInfo": struct.pack("<2HL", 4, 4, 64) + b"<nonsense"}),
        compound({"Workbook": bytes(5000)}),
        encrypted_xls("1234")[:600],
    ],
)
def test_damage(data: bytes) -> None:
    with pytest.raises(UnreadableWorkbook, match="已损坏"):
        decrypted(data, [PASSWORD])


def test_no_log_holds_a_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        decrypted(standard(), [PASSWORD])
    assert not [record for record in caplog.records if record.name.startswith("msoffcrypto")]
    assert PASSWORD not in caplog.text


XLS = encrypted_xls("1234")


@contextmanager
def little_memory() -> Iterator[None]:
    """What a child process works with: the library asks for gigabytes where a damaged length says so."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@settings(max_examples=60)
@given(st.data())
def test_damaged_files_end_as_one_of_two(data: st.DataObject) -> None:
    damaged = bytearray(XLS)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(8, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Refused, UnreadableWorkbook), little_memory():
        assert isinstance(decrypted(bytes(damaged), ["1234"])[0], bytes)
