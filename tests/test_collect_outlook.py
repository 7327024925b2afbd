"""Outlook's .msg files: what is attached, what is forwarded in them, and texts in the code page of a Chinese Windows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.district.mail.parsing import read_message
from perfeval_xl.excel.recognise import recognise
from tests.msgfile import attachment, embedded, message, tree

DATA = b"PK\3\4" + b"x" * 5000
SENT = datetime(2025, 4, 2, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("narrow", [False, True])
def test_a_message_that_never_travelled(narrow: bool) -> None:
    """Code page 936 is GBK: 镕 is not in GB 2312."""
    data = tree(
        message(
            [attachment("镕基小学自评表.xlsx", DATA, narrow=narrow), attachment("logo.png", b"p", content_id="1@x")],
            sender="s001@edu.example",
            name="李镕",
            subject="报送",
            body="https://wx.mail.qq.com/ftn/download?k=1",
            sent=SENT,
            narrow=narrow,
        )
    )
    assert recognise(data).label == "Outlook 邮件（.msg）"
    found = read_message(data, "一.msg")
    assert (found.sender, found.sender_name, found.subject, found.date, found.broken) == (
        "s001@edu.example", "李镕", "报送", SENT, "",
    )  # fmt: skip
    assert [(each.name, each.data, each.attached) for each in found.enclosed] == [
        ("镕基小学自评表.xlsx", DATA, True), ("logo.png", b"p", False),
    ]  # fmt: skip
    assert [each.service for each in found.links] == ["QQ 邮箱超大附件"]


def test_the_transport_knows_better() -> None:
    headers = (
        "From: =?gb2312?B?wO7AIMAg?= <real@edu.example>\r\nDate: Tue, 01 Apr 2025 08:00:00 +0800\r\n"
        "Message-ID: <m@x>\r\nSubject: s\r\n"
    )
    found = read_message(tree(message([], headers=headers, sender="/O=ORG/CN=X", name="别名", sent=SENT)), "x.msg")
    assert (found.sender, found.message_id, found.date) == (
        "real@edu.example", "<m@x>", datetime(2025, 4, 1, tzinfo=UTC),
    )  # fmt: skip


def test_a_place_in_a_directory_is_no_address() -> None:
    found = read_message(tree(message([], sender="/O=ORG/CN=X", name="李老师")), "x.msg")
    assert (found.sender, found.sender_name) == ("", "李老师")


@pytest.mark.parametrize(("depth", "read"), [(1, True), (5, True), (6, False)])
def test_messages_within(depth: int, read: bool) -> None:
    inner = message([attachment("一.xlsx", DATA)], sender="inner@edu.example", top=False, sent=SENT)
    for number in range(depth - 1):
        inner = message([embedded(inner)], sender=f"fw{number}@x.example", top=False)
    [each] = read_message(tree(message([embedded(inner)], sender="outer@x.example")), "x.msg").enclosed
    assert (each.data == DATA, bool(each.refused)) == (read, not read)
    if read:
        assert each.original == "inner@edu.example"


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_one_is_told(data: st.DataObject) -> None:
    whole = tree(
        message([attachment("一.xlsx", DATA), embedded(message([], top=False))], headers="From: a@b.example\r\n")
    )
    cut = data.draw(st.integers(8, len(whole)))
    at = data.draw(st.integers(8, cut))
    noise = data.draw(st.binary(max_size=64))
    found = read_message((whole[:at] + noise + whole[at + len(noise) :])[:cut], "x.msg")
    assert found.broken or found.sender in ("", "a@b.example") or found.enclosed
