"""Headers and parts as servers and programs write them: read as they were meant, and never a crash on anything else."""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.utils import encode_rfc2231

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.district.mail.decoding import day_of, line_of, parameters, sender_of, text_of
from perfeval_xl.district.mail.parsing import read_message
from perfeval_xl.district.mail.structure import Unintelligible, parts_of, responses

CHINESE = st.text(st.sampled_from("第一二三小学附属幼儿园自评表镕喆龘（定稿）2024"), min_size=3, max_size=60)


def raw(data: bytes) -> str:
    """A header as the parser keeps it."""
    return data.decode("ascii", "surrogateescape")


def word(data: bytes, charset: str = "gb2312") -> str:
    return f"=?{charset}?B?{b64encode(data).decode()}?="


@given(CHINESE, st.sampled_from(["gbk", "gb18030", "utf-8"]))
def test_raw_bytes_are_read_in_either_encoding(text: str, encoding: str) -> None:
    assert line_of(raw(text.encode(encoding))) == text


@given(CHINESE, st.sampled_from(["gb2312", "GBK", "gb18030", "us-ascii", "iso-8859-1", "x-unknown", "utf-8"]))
def test_declarations_that_are_wrong(text: str, charset: str) -> None:
    for encoding in ("gb18030", "utf-8"):
        assert line_of(word(text.encode(encoding), charset)) == text


@given(CHINESE, st.integers(1, 40), st.sampled_from(["gbk", "utf-8"]))
def test_words_cut_anywhere(text: str, cut: int, charset: str) -> None:
    """In the middle of a character, or of the base64 itself."""
    data = text.encode(charset)
    assert line_of(f"{word(data[:cut], charset)}\r\n {word(data[cut:], charset)}") == text
    coded = b64encode(data).decode()
    assert line_of(f"=?{charset}?B?{coded[:cut]}?= =?{charset}?B?{coded[cut:]}?=") == text or cut >= len(coded)


def test_words_among_other_text() -> None:
    assert (
        line_of(f"Re: {word('回复'.encode('gbk'))} [2024] =?utf-8?q?=E8=A1=A8_=E4=B8=80?= end")
        == "Re: 回复 [2024] 表 一 end"
    )
    assert line_of(f"{word('一'.encode('gbk'))}{word('二'.encode(), 'utf-8')}") == "一二"
    assert line_of("=?utf-8*zh?b?6KGo?=") == "表"


@given(CHINESE)
def test_as_the_standard_library_writes_it(text: str) -> None:
    assert line_of(Header(text, "utf-8", maxlinelen=40).encode()) == text
    assert parameters(f"attachment; filename*={encode_rfc2231(text, 'utf-8')}")[1]["filename"] == text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b'attachment; filename="a;b=c.xlsx"', "a;b=c.xlsx"),
        (b'attachment; filename="a\\"b\\\\c.xlsx"', 'a"b\\c.xlsx'),
        (b'attachment; FileName = "x.xlsx" ; size=3', "x.xlsx"),
        (b"attachment; filename=x y.xlsx", "x y.xlsx"),
        (b'attachment; filename="x.xlsx', "x.xlsx"),
        (b"attachment; filename*=utf-8''%E4%B8%80.xlsx; filename=x", "一.xlsx"),
        (b"attachment; filename*1*=%80.xlsx; filename*0*=utf-8''%E4%B8", "一.xlsx"),
        (b'attachment; filename*0="a"; filename*1="b.xlsx"', "ab.xlsx"),
        (b'attachment; filename*0="=?utf-8?b?5LiA"; filename*1="?=.xlsx"', "一.xlsx"),
        (b"attachment; filename*=%E4%B8%80.xlsx", "一.xlsx"),
        (b"attachment; filename=%E4%B8%80.xlsx", "一.xlsx"),
        (b"attachment; filename=100%.xlsx", "100%.xlsx"),
        ('attachment; filename="第\r\n 一.xlsx"'.encode("gbk"), "第 一.xlsx"),
        (b"attachment", ""),
        (b"", ""),
    ],
)
def test_parameters(value: bytes, name: str) -> None:
    assert line_of(parameters(raw(value))[1].get("filename", "")) == name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a@b.example", ("a@b.example", "")),
        ("李 <A@b.example>".encode("gbk"), ("A@b.example", "李")),
        (f'"{word("李，财务".encode("gbk"))}" <a@b.example>'.encode(), ("a@b.example", "李，财务")),
        (b"<a@b.example>, <c@d.example>", ("a@b.example", "")),
        (b'"s001@edu.example" <evil@x.example>', ("evil@x.example", "s001@edu.example")),
        (b"a@b.example (Li)", ("a@b.example", "Li")),
        (b"MAILER-DAEMON", ("", "MAILER-DAEMON")),
        (b"", ("", "")),
        ("发件人：a@b.example（李）".encode(), ("a@b.example", "")),
    ],
)
def test_senders(value: bytes, expected: tuple[str, str]) -> None:
    assert sender_of(raw(value)) == expected


def test_what_can_not_be_seen_is_not_shown() -> None:
    assert line_of("a\u202eb\u200bc\x1b[31m\x07") == "a b c [31m"
    assert sender_of("x <a\u202e@b.example>")[0].isprintable()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Wed, 02 Apr 2025 10:03:00 +0800 (CST)", datetime(2025, 4, 2, 2, 3, tzinfo=UTC)),
        ("2 Apr 2025 10:03:00 +0000", datetime(2025, 4, 2, 10, 3, tzinfo=UTC)),
        ("Wed, 02 Apr 1970 10:03:00 +0800", None),
        ("Wed, 99 Apr 2025 10:03:00 +9999", None),
        ("昨天", None),
        ("", None),
    ],
)
def test_days(value: str, expected: datetime | None) -> None:
    assert day_of(value) == expected


@given(st.binary(max_size=200), st.sampled_from(["", "gb2312", "utf-8", "utf-16", "big5", "base64", "a\0b", "idna"]))
def test_any_bytes_are_some_text(data: bytes, charset: str) -> None:
    assert isinstance(text_of(data, charset), str)


@given(st.text(st.sampled_from("=?utf-8bBqQ; \t\"\\'*%01aF<>@,()\udcb5\udcda第\r\n"), max_size=80))
def test_any_header_is_read(text: str) -> None:
    assert not {unicodedata.category(each) for each in line_of(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert all(isinstance(each, str) for each in sender_of(text))
    parameters(text)


@given(st.binary(max_size=400))
def test_any_bytes_are_some_message(data: bytes) -> None:
    assert read_message(data, "x").source == "x"
    assert read_message(b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + data, "x")


def test_a_message_larger_than_any_server_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfeval_xl.district.mail.parsing.MAX_MESSAGE", 100)
    assert read_message(b"From: a@b.example\r\n".ljust(100), "x").broken == ""
    assert "没有读取" in read_message(b"From: a@b.example\r\n".ljust(101), "x").broken


def test_a_message_of_very_many_parts() -> None:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    part = b"--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n"
    found = read_message(head + part * 3000, "x").enclosed
    assert len(found) == 1000 and "1000 个以上" in found[-1].refused


# --- what an IMAP server says


def test_a_structure_as_dovecot_writes_it() -> None:
    line = (
        b'7 (UID 51 RFC822.SIZE 160167 INTERNALDATE "02-Apr-2025 10:03:00 +0800" BODYSTRUCTURE '
        b'(("text" "plain" ("charset" "gb2312") NIL NIL "8bit" 8 1 NIL NIL NIL NIL)'
        b'("application" "octet-stream" ("name" {4}'
    )
    rest = (
        b') NIL NIL "base64" 136800 NIL ("attachment" ("filename*0*" "utf-8\'\'%E4%B8%80" "filename*1*" ".xlsx")) NIL NIL)'
        b'("message" "rfc822" NIL NIL NIL "7bit" 900 ("d" "s" NIL NIL NIL NIL NIL NIL NIL "<i>") '
        b'(("text" "plain" NIL NIL NIL "7bit" 2 1)("image" "png" ("name" "a.png") NIL NIL "base64" 10) "mixed") 20) '
        b'"mixed" ("boundary" "==b") NIL NIL NIL) BODY[HEADER.FIELDS (FROM SUBJECT)] {19}'
    )
    [answer] = responses([(line, "一".encode("gbk") + b".x"), (rest, b"From: a@b.example\r\n"), b" FLAGS (\\Seen))"])
    assert (answer["UID"], answer["RFC822.SIZE"]) == (b"51", b"160167")
    assert answer["BODY[HEADER.FIELDS (FROM SUBJECT)]"] == b"From: a@b.example\r\n"
    parts = parts_of(answer["BODYSTRUCTURE"])
    assert [(part.media, part.name, part.may_be_workbook) for part in parts] == [
        ("text/plain", "", False),
        ("application/octet-stream", "一.xlsx", True),
        ("text/plain", "", False),
        ("image/png", "a.png", False),
    ]
    assert parts[1].size == 102600


@pytest.mark.parametrize(
    ("media", "name", "wanted"),
    [
        ("application/octet-stream", "一.xlsx", True),
        ("image/png", "一.xls", True),
        ("application/octet-stream", "", True),
        ("application/octet-stream", "第1.2版", True),
        ("application/vnd.ms-excel", "一", True),
        ("application/x-zip-compressed", "一.zip", True),
        ("application/ms-tnef", "winmail.dat", True),
        ("application/octet-stream", "fw.eml", True),
        ("application/octet-stream", "一.pdf", False),
        ("application/pdf", "", False),
        ("application/pkcs7-signature", "smime.p7s", False),
        ("application/msword", "一.doc", False),
        ("image/jpeg", "", False),
        ("text/plain", "", False),
        ("video/mp4", "a.mp4", False),
    ],
)
def test_what_is_worth_fetching(media: str, name: str, wanted: bool) -> None:
    main, sub = media.split("/")
    body = [main.encode(), sub.encode(), [b"name", name.encode("gbk")] if name else None, None, None, b"base64", b"9"]
    [part] = parts_of(body)  # type: ignore[arg-type]
    assert (part.name, part.may_be_workbook) == (name, wanted)


@given(st.binary(max_size=120))
def test_any_answer_is_read_or_refused(data: bytes) -> None:
    try:
        for answer in responses([data]):
            parts_of(answer.get("BODYSTRUCTURE"))
    except Unintelligible:
        pass


def test_an_answer_nested_without_end() -> None:
    with pytest.raises(Unintelligible):
        list(responses([b"1 (BODYSTRUCTURE " + b"(" * 5000 + b")" * 5000 + b")"]))


def test_a_structure_fits_what_is_fetched() -> None:
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.add_attachment(b"x" * 100, maintype="application", subtype="octet-stream", filename="一.xlsx")
    assert [each.name for each in read_message(message.as_bytes(), "x").enclosed] == ["一.xlsx"]
