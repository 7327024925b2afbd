"""What comes in by mail files and plain files: every return is taken, once, whole, and everything else has its line."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from perfeval_xl import campaign
from perfeval_xl.district import rounds
from perfeval_xl.district.mail.arrivals import Enclosed
from perfeval_xl.district.mail.collecting import collect_files
from perfeval_xl.district.mail.decoding import line_of
from perfeval_xl.district.mail.enclosures import Fate, judged
from perfeval_xl.district.mail.register import read_register
from perfeval_xl.district.parcels import REGISTER, items, why_ignored
from perfeval_xl.errors import CampaignError, MailError, PerfevalError
from perfeval_xl.files import LONGEST_FILE_NAME
from tests.collectkit import (
    DAY,
    blank,
    collect,
    collecting_round,
    form,
    in_inbox,
    letter,
    post,
    raw_letter,
    told,
    whys,
)
from tests.rounds import roster_bytes
from tests.workbooks import rich_workbook, zipped


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("template") / "2024"


@pytest.fixture
def at(template: Path, tmp_path: Path) -> campaign.Campaign:
    return collecting_round(template, tmp_path / "2024")


@pytest.fixture
def mails(tmp_path: Path) -> Callable[..., Path]:
    return lambda **messages: post(tmp_path / "往来", {f"{name}.eml": message for name, message in messages.items()})


def everything(folder: Path) -> dict[str, tuple[bytes, float]]:
    """Contents and times of all files."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime)
        for path in folder.rglob("*")
        if path.is_file() and path.name != campaign.LOCK
    }


DAMAGED = b"PK\3\4damaged"
"""Taken for what its name says, and not looked into: quick."""

# --- a return


def test_a_return_is_saved_with_its_date_and_registered(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    data = form(at, "S001")
    found = collect(at, mails(a=letter(("第一小学.xlsx", data))))
    assert told(found) == [("saved", "第一小学.xlsx")]
    [line] = found.lines
    assert [unit.code for unit in line.units] == ["S001"]
    saved = at.inbox / "第一小学.xlsx"
    assert saved.read_bytes() == data
    assert datetime.fromtimestamp(saved.stat().st_mtime, UTC) == datetime(2025, 4, 2, 2, 3, tzinfo=UTC)
    [row] = read_register(at.inbox)
    assert (row.file, row.sender, row.sender_name, row.message_id, row.subject) == (
        "第一小学.xlsx", "s001@edu.example", "李老师", "<1@edu.example>", "报送自评表",
    )  # fmt: skip
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    assert datetime.fromisoformat(row.date) == datetime(2025, 4, 2, 2, 3, tzinfo=UTC)


def test_the_register_is_no_return_and_nothing_to_tell_of(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    collect(at, mails(a=letter(("一.xlsx", form(at, "S001")))))
    inbox = items(at.inbox)
    assert [item.name for item in inbox.items] == ["一.xlsx"]
    assert inbox.ignored == ()
    assert (at.inbox / REGISTER).read_bytes().startswith(b"\xef\xbb\xbf")
    [result] = rounds.examine_inbox(at).results
    assert (result.file, result.unit_code) == ("一.xlsx", "S001")


def test_again_changes_nothing(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    folder = mails(
        a=letter(("一.xlsx", form(at, "S001")), ("空.xlsx", blank(at, "S001"))),
        b=letter(("说明.pdf", b"%PDF-1.4"), number=2, text="https://wx.mail.qq.com/ftn/download?k=1"),
    )
    first = collect(at, folder)
    before = everything(at.folder)
    second = collect(at, folder)
    assert everything(at.folder) == before
    assert [line.new for line in first.lines] == [True] * 4
    assert [line.new for line in second.lines] == [False] * 4
    assert told(second)[0] == ("known", "一.xlsx")


def test_nothing_is_overwritten_and_equal_files_are_kept_once(
    at: campaign.Campaign, mails: Callable[..., Path]
) -> None:
    (at.inbox / "自评表.XLSX").write_bytes(b"mine")
    one, two = form(at, "S001"), form(at, "S002")
    found = collect(
        at,
        mails(
            a=letter(("自评表.xlsx", one), ("自评表.xlsx", two)),
            b=letter(("另名.xlsx", one), number=2, sender="x <er.xiao@qq.com>"),
        ),
    )
    assert told(found) == [("saved", "自评表.xlsx"), ("saved", "自评表.xlsx"), ("known", "另名.xlsx")]
    assert in_inbox(at) == ["自评表.XLSX", "自评表（2）.xlsx", "自评表（3）.xlsx"]
    assert (at.inbox / "自评表.XLSX").read_bytes() == b"mine"
    assert found.lines[2].row.file == "自评表（2）.xlsx"
    assert len(read_register(at.inbox)) == 3


def test_a_file_that_a_clerk_put_there_gets_its_sender(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    """Also what a killed run leaves: the file, and no row."""
    data = DAMAGED
    (at.inbox / "收到的").mkdir()
    (at.inbox / "收到的" / "一小.xlsx").write_bytes(data)
    found = collect(at, mails(a=letter(("第一小学.xlsx", data))))
    assert told(found) == [("known", "第一小学.xlsx")]
    assert found.lines[0].new
    [row] = read_register(at.inbox)
    assert (row.file, row.sender) == ("收到的/一小.xlsx", "s001@edu.example")
    assert in_inbox(at) == ["收到的"]


def test_what_a_clerk_took_out_does_not_come_back_from_the_same_message(
    at: campaign.Campaign, mails: Callable[..., Path]
) -> None:
    data = DAMAGED
    folder = mails(a=letter(("一.xlsx", data)))
    collect(at, folder)
    (at.inbox / "一.xlsx").unlink()
    assert told(collect(at, folder)) == [("withdrawn", "一.xlsx")]
    assert in_inbox(at) == []
    (folder / "b.eml").write_bytes(letter(("一.xlsx", data), number=2).as_bytes())  # sent once more: it is meant
    assert told(collect(at, folder)) == [("withdrawn", "一.xlsx"), ("saved", "一.xlsx")]
    assert in_inbox(at) == ["一.xlsx"]


def test_a_renamed_file_is_known_by_its_content(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    folder = mails(a=letter(("一.xlsx", DAMAGED)))
    collect(at, folder)
    (at.inbox / "一.xlsx").rename(at.inbox / "S001.xlsx")
    assert told(collect(at, folder)) == [("known", "一.xlsx")]
    assert in_inbox(at) == ["S001.xlsx"]


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("../../../etc/一.xlsx", "一.xlsx"),
        ("C:\\Users\\x\\桌面\\一.xlsx", "一.xlsx"),
        ("CON.xlsx", "_CON.xlsx"),
        ("一\u202exslx.exe", "一 xslx.exe.xlsx"),
        ("收件登记.csv", "附件_收件登记.csv"),
        (".隐藏.xlsx", "附件_隐藏.xlsx"),
        ("~$一.xlsx", "附件_一.xlsx"),
        ("一.xlsx.part", "一.xlsx.part.xlsx"),
        ("thumbs.db", "thumbs.db.xlsx"),
        ("一", "一.xlsx"),
        ("一.doc", "一.doc.xlsx"),
        ("一.xls", "一.xls"),
        ("", "无名附件.xlsx"),
        ("a:b*c?.xlsx", "a_b_c_.xlsx"),
    ],
)
def test_names_are_safe_and_the_intake_sees_them(name: str, saved: str) -> None:
    found = judged(Enclosed(line_of(name), rich_workbook()))
    assert (found.fate, found.name) == (Fate.TAKEN, saved)
    assert why_ignored(found.name) == "" and found.name != REGISTER


def test_long_names_are_cut_and_keep_their_ending() -> None:
    name = judged(Enclosed("第一小学" * 60 + ".xlsx", rich_workbook())).name
    assert name.endswith("….xlsx") and 120 < len(name.encode()) <= LONGEST_FILE_NAME


# --- blanks


def test_the_blank_attached_again_is_no_return(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    found = collect(at, mails(a=letter(("S001_第一小学.xlsx", blank(at, "S001")), ("填好.xlsx", form(at, "S001")))))
    assert told(found) == [("blank", "S001_第一小学.xlsx"), ("saved", "填好.xlsx")]
    assert "outbox/S001_第一小学.xlsx" in found.lines[0].row.why
    assert in_inbox(at) == ["填好.xlsx"]


def test_a_blank_saved_anew_is_one_too(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    import openpyxl

    opened = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(blank(at, "S001"))).save(opened)
    found = collect(at, mails(a=letter(("回复.xlsx", opened.getvalue()))))
    assert told(found) == [("blank", "回复.xlsx")]
    assert [unit.code for unit in found.lines[0].units] == ["S001"]
    assert in_inbox(at) == []


@pytest.mark.parametrize("cell", ["answer", "self_score", "label"])
def test_a_form_with_anything_typed_into_it_is_a_return(
    at: campaign.Campaign, mails: Callable[..., Path], cell: str
) -> None:
    import openpyxl

    from perfeval_xl.excel.layout import build_layout
    from perfeval_xl.excel.layout.model import Label

    layout = build_layout(at.scheme)
    first = at.scheme.indicators[0]
    claims = {each.self_score_id for each in at.scheme.indicators}
    field = next(each for each in layout.inputs if each not in claims and not at.scheme.fields[each].issued)
    place = layout.inputs[first.self_score_id if cell == "self_score" else field]
    book = openpyxl.load_workbook(io.BytesIO(blank(at, "S001")))
    if cell == "label":
        cells = layout.sheet[place.sheet].cells.items()
        book[place.sheet][next(ref for ref, each in cells if isinstance(each, Label))] = "本校填报说明见另页"
    else:
        book[place.sheet][place.ref] = 1
    opened = io.BytesIO()
    book.save(opened)
    assert told(collect(at, mails(a=letter(("一.xlsx", opened.getvalue()))))) == [("saved", "一.xlsx")]


def test_a_blank_that_was_issued_with_all_its_figures_is_a_return(
    at: campaign.Campaign, mails: Callable[..., Path]
) -> None:
    """Nothing is left to type: the unit agrees, and sends it as it came."""
    complete = form(at, "S001")
    (at.outbox / "S001_第一小学.xlsx").write_bytes(complete)
    assert told(collect(at, mails(a=letter(("一.xlsx", complete))))) == [("saved", "一.xlsx")]


def test_what_was_sent_back_and_comes_again_unchanged(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    (at.returned / "S001_第一小学.xlsx").write_bytes(form(at, "S001"))
    found = collect(at, mails(a=letter(("x.xlsx", form(at, "S001")))))
    assert told(found) == [("blank", "x.xlsx")]
    assert "没有改动，不算重报" in found.lines[0].row.why


# --- how parts are nested and named


def forwarded(message: EmailMessage, times: int) -> EmailMessage:
    for number in range(times):
        outer = letter(sender=f"转{number} <fw{number}@x.example>", number=100 + number, subject="Fw: 转发")
        outer.add_attachment(message)
        message = outer
    return message


@pytest.mark.parametrize("times", [1, 2, 5])
def test_forwarded_messages_are_opened(at: campaign.Campaign, mails: Callable[..., Path], times: int) -> None:
    inner = letter(("一.xlsx", DAMAGED))
    found = collect(at, mails(a=forwarded(inner, times)))
    assert told(found) == [("saved", "一.xlsx")]
    row = found.lines[0].row
    assert (row.sender, row.original) == (f"fw{times - 1}@x.example", "s001@edu.example")
    assert row.message_id == f"<{99 + times}@edu.example>"


def test_forwarded_too_often_is_told(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    found = collect(at, mails(a=forwarded(letter(("一.xlsx", DAMAGED)), 6)))
    assert [outcome for outcome, _ in told(found)] == ["refused"]
    assert "5 层" in whys(found)[0]


def test_messages_attached_as_files_or_in_base64(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    inner = letter(("一.xlsx", DAMAGED)).as_bytes()
    other = letter(("二.xlsx", DAMAGED + b"2"), sender="s002@edu.example").as_bytes()
    found = collect(
        at,
        mails(
            a=raw_letter(b'Content-Type: application/octet-stream; name="fw.eml"', inner),
            b=raw_letter(b"Content-Type: message/rfc822", other),
        ),
    )
    assert told(found) == [("saved", "一.xlsx"), ("saved", "二.xlsx")]
    assert [line.row.original for line in found.lines] == ["s001@edu.example", "s002@edu.example"]


@pytest.mark.parametrize("disposition", ["", "inline", "attachment"])
def test_inline_files_are_taken(at: campaign.Campaign, mails: Callable[..., Path], disposition: str) -> None:
    header = b'Content-Type: application/vnd.ms-excel; name="yi.xlsx"\r\nContent-ID: <part1>'
    if disposition:
        header += f"\r\nContent-Disposition: {disposition}".encode()
    assert told(collect(at, mails(a=raw_letter(header, DAMAGED)))) == [("saved", "yi.xlsx")]


NAME = "第一小学自评表（定稿）.xlsx"
GBK = NAME.encode("gbk")


def encoded_word(data: bytes, charset: str) -> bytes:
    from base64 import b64encode

    return b"=?" + charset.encode() + b"?B?" + b64encode(data) + b"?="


@pytest.mark.parametrize(
    "header",
    [
        b'Content-Type: application/octet-stream; name="' + GBK + b'"',
        b'Content-Disposition: attachment; filename="' + GBK + b'"',
        b"Content-Disposition: attachment; filename=" + GBK,
        b'Content-Disposition: attachment; filename="' + NAME.encode() + b'"',
        b'Content-Type: application/octet-stream; name="' + encoded_word(GBK, "gb2312") + b'"',
        b'Content-Type: application/octet-stream; name="'
        + encoded_word(GBK[:9], "gb18030") + b"\r\n\t" + encoded_word(GBK[9:], "gb18030") + b'"',
        b'Content-Disposition: attachment; filename="' + encoded_word(NAME.encode(), "UTF-8") + b'"',
        b"Content-Disposition: attachment;\r\n filename*=GB18030''" + "".join(f"%{b:02X}" for b in GBK).encode(),
        b"Content-Disposition: attachment;\r\n filename*0*=UTF-8''"
        + "".join(f"%{b:02X}" for b in NAME.encode()[:10]).encode()
        + b";\r\n filename*1*=" + "".join(f"%{b:02X}" for b in NAME.encode()[10:]).encode(),
        b'Content-Disposition: attachment; filename="x.xlsx"; filename*=UTF-8\'\''
        + "".join(f"%{b:02X}" for b in NAME.encode()).encode(),
    ],
)  # fmt: skip
def test_names_as_programs_write_them(at: campaign.Campaign, mails: Callable[..., Path], header: bytes) -> None:
    assert told(collect(at, mails(a=raw_letter(header, DAMAGED)))) == [("saved", NAME)]
    assert in_inbox(at) == [NAME]


def test_raw_gbk_headers(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    head = "From: 第一小学 <S001@edu.example>\r\nSubject: 报送：镕基小学自评表\r\nDate: ".encode("gbk") + DAY.encode()
    header = b'Content-Type: application/octet-stream; name="a.xlsx"'
    [line] = collect(at, mails(a=raw_letter(header, DAMAGED, head))).lines
    assert (line.row.sender, line.row.sender_name, line.row.subject) == (
        "S001@edu.example", "第一小学", "报送：镕基小学自评表",
    )  # fmt: skip


# --- what is not taken


def attached(
    name: str, data: bytes, main: str = "application", sub: str = "octet-stream", **header: str
) -> EmailMessage:
    message = letter()
    message.add_attachment(data, maintype=main, subtype=sub, filename=name, **header)
    return message


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


def test_signatures_and_pictures_in_the_text_are_passed_over(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    message = letter(("一.xlsx", DAMAGED))
    message.add_attachment(PNG, maintype="image", subtype="png", filename="logo.png")
    message.add_attachment(b"0", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    message.add_attachment("BEGIN:VCALENDAR", subtype="calendar", filename="会议.ics")
    assert told(collect(at, mails(a=message))) == [("saved", "一.xlsx")]


def test_a_picture_alone_is_told(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    found = collect(
        at,
        mails(
            a=attached("拍照.png", PNG, "image", "png"),
            b=attached("logo.png", PNG, "image", "png", disposition="inline", cid="<x>"),
        ),
    )
    assert told(found) == [("refused", "拍照.png")]
    assert found.quiet == 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("佐证.pdf", b"%PDF-1.4\n", "PDF"),
        ("说明.txt", "说明".encode(), "文本"),
        ("winmail.dat", b"\x78\x9f\x3e\x22" + b"0" * 50, "winmail.dat"),
        ("ATT0001", b"\x78\x9f\x3e\x22" + b"0" * 50, "重发"),
        ("一.xlsx", b"", "0 字节"),
        ("smime.p7m", b"0", "加密或签名"),
        ("~$一.xlsx", b"\x03abc" + b"\0" * 50, "有人正在打开"),
        ("照片.zip", zipped({"a.png": PNG}), "没有工作簿"),
    ],
)
def test_told_and_not_taken(
    at: campaign.Campaign, mails: Callable[..., Path], name: str, data: bytes, said: str
) -> None:
    found = collect(at, mails(a=attached(name, data)))
    assert told(found) == [("refused", name)]
    assert said in whys(found)[0]
    assert in_inbox(at) == []


def test_the_greatest_size() -> None:
    most = b"0" * (25 * 1024 * 1024)
    assert judged(Enclosed("大.xlsx", most)).fate is Fate.TAKEN
    over = judged(Enclosed("大.xlsx", most + b"0"))
    assert (over.fate, "有 26 MB，超过 25 MB" in over.why) == (Fate.SEALED, True)
    assert judged(Enclosed("录像.mp4", most + b"0")).fate is Fate.TOLD


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("一.rar", b"Rar!\x1a\7\0" + b"0" * 100),
        ("一.xlsx", b"PK\3\4damaged"),
        ("一.et", b"some text"),
        ("一.csv", b"a,b\n1,2\n"),
    ],
)
def test_what_may_be_a_return_is_taken_for_the_intake_to_judge(
    at: campaign.Campaign, mails: Callable[..., Path], name: str, data: bytes
) -> None:
    assert told(collect(at, mails(a=attached(name, data)))) == [("saved", name)]
    [result] = rounds.examine_inbox(at).results
    assert (result.file, result.card) == (name, None)


def test_zips_are_taken_as_they_are(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    pack = zipped({"一小/一.xlsx": form(at, "S001"), "二.xlsx": form(at, "S002"), "a.png": PNG})
    blanks = zipped({"a.xlsx": blank(at, "S001"), "b.xlsx": blank(at, "S002")})
    found = collect(at, mails(a=letter(("打包.zip", pack)), b=letter(("空.zip", blanks), number=2)))
    assert told(found) == [("saved", "打包.zip"), ("blank", "空.zip")]
    assert [unit.code for unit in found.lines[0].units] == ["S002", "S001"] or [
        unit.code for unit in found.lines[0].units
    ] == ["S001", "S002"]
    assert {each.unit_code for each in rounds.examine_inbox(at).results} == {"S001", "S002"}


def test_an_encrypted_zip_is_taken_and_told(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    data = bytearray(zipped({"一.xlsx": form(at, "S001")}))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + offset] |= 1
    found = collect(at, mails(a=letter(("密.zip", bytes(data)))))
    assert told(found) == [("saved", "密.zip")]
    assert "加密" in whys(found)[0]


QQ = '<a href="http://mail.qq.com/cgi-bin/ftnExs_download?t=exs_ftn_download&amp;k=1">一小.xlsx (80.96M, 2025年5月2日 0:49 到期)</a>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (QQ, "QQ 邮箱超大附件：一小.xlsx"),
        ("https://wx.mail.qq.com/ftn/download?func=3&k=1", "QQ 邮箱超大附件"),
        ("https://mail.163.com/large-attachment-download/index.html?p=1", "网易邮箱超大附件"),
        ("https://dashi.163.com/html/cloud-attachment-download/?key=1", "网易邮箱超大附件"),
        ("http://u.163.com/RcUw", "网易邮箱超大附件"),
        ("https://1drv.ms/x/s!Ab", "OneDrive"),
        ("从腾讯企业邮箱发来的超大附件 一.zip", "从腾讯企业邮箱发来的超大附件"),
        ("https://pan.baidu.com/s/1abc", "百度网盘"),
    ],
)
def test_links_in_place_of_a_file_are_told(
    at: campaign.Campaign, mails: Callable[..., Path], text: str, said: str
) -> None:
    message = letter()
    message.set_content(f"<html><body>{text}</body></html>", subtype="html", charset="gb18030")
    found = collect(at, mails(a=message))
    assert told(found) == [("link", "")]
    assert said in whys(found)[0] and "下载" in whys(found)[0]


def test_an_online_document_beside_a_return_is_not_told(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    text = "签名档 https://docs.qq.com/sheet/1 http://u.163.com/x"
    found = collect(at, mails(a=letter(("一.xlsx", DAMAGED), text=text)))
    assert told(found) == [("saved", "一.xlsx"), ("link", "")]
    assert "网易" in whys(found)[1]


def test_a_message_that_never_arrived_is_told(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["Subject"], report["Message-ID"] = "MAILER-DAEMON@x.example", "退信", "<b@x>"
    report.attach(MIMEText("failed"))
    raw = report.as_bytes()
    boundary = report.get_boundary()
    assert boundary
    block = (
        f"--{boundary}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        "Final-Recipient: rfc822; s003@edu.example\nAction: failed\nStatus: 5.1.1\n\n"
    )
    raw = raw.replace(f"--{boundary}--".encode(), block.encode() + f"--{boundary}--".encode())
    found = collect(at, mails(a=raw))
    assert [outcome for outcome, _ in told(found)] == ["refused"]
    assert "s003@edu.example" in whys(found)[0]


# --- one bad thing never stops the rest


def test_broken_messages_have_a_line_each(at: campaign.Campaign, tmp_path: Path) -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (number, number) for number in range(3000)
    )
    folder = post(
        tmp_path / "往来",
        {
            "1.eml": b"",
            "2.eml": b"\x00\xff\xfe garbage",
            "3.eml": b"From: a@b.example\r\n" + nested,
            "4.msg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600,
            "5.eml": letter(("一.xlsx", DAMAGED)),
        },
    )
    found = collect(at, folder)
    assert ("saved", "一.xlsx") in told(found)
    assert {line.row.source for line in found.lines} == {
        f"往来/{n}" for n in ("1.eml", "2.eml", "3.eml", "4.msg", "5.eml")
    }
    assert all(line.row.why for line in found.lines if line.row.outcome != "saved")
    assert ("refused", "4.msg") in told(found)


def test_base64_cut_off_in_the_middle(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    whole = letter(("一.xlsx", form(at, "S001"))).as_bytes()
    found = collect(at, mails(a=whole[: len(whole) // 2], b=letter(("二.xlsx", form(at, "S002")), number=2)))
    assert told(found) == [("saved", "一.xlsx"), ("saved", "二.xlsx")]
    assert "文件不完整" in whys(found)[0]


# --- where it comes from


def test_a_mailbox_file(at: campaign.Campaign, tmp_path: Path) -> None:
    others = [letter(sender=f"{n}@news.example", subject="newsletter", number=10 + n, text="hello") for n in range(30)]
    others[3].add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="x.pdf")
    messages = [*others, letter(("一.xlsx", form(at, "S001"))), letter(("附.pdf", b"%PDF-1.4"), number=2)]
    box = b"".join(b"From x Wed Apr  2 10:00:00 2025\n" + each.as_bytes() + b"\n" for each in messages)
    (tmp_path / "收件箱.mbox").write_bytes(box)
    found = collect(at, tmp_path / "收件箱.mbox")
    assert told(found) == [("saved", "一.xlsx"), ("refused", "附.pdf")]
    assert found.quiet == 30
    assert found.lines[0].row.source == "收件箱.mbox#31"
    assert (tmp_path / "收件箱.mbox").read_bytes() == box


def test_other_peoples_workbooks_stay_where_they_are(at: campaign.Campaign, tmp_path: Path) -> None:
    """But what may hide a return is told of whoever sends it."""
    strange = {"sender": "a@news.example", "subject": "invoice"}
    messages = [
        letter(("预算.xlsx", roster_bytes()), **strange, number=1),
        letter(("一.xlsx", form(at, "S001")), **strange, number=2),
        letter(("预算.xlsx", roster_bytes()), number=3),
        letter(("预算.csv", b"a,b"), **strange, number=4),
        letter(("winmail.dat", b"x"), **strange, number=5),
        letter(("一.xlsx", b""), **strange, number=6),
        letter(("附.pdf", b"%PDF-1.4"), **strange, number=7),
        letter(**strange, number=8, text="http://u.163.com/x"),
    ]
    (tmp_path / "box").write_bytes(b"".join(b"From x\n" + each.as_bytes() + b"\n" for each in messages))
    found = collect(at, tmp_path / "box")
    assert told(found) == [
        ("unrelated", "预算.xlsx"), ("saved", "一.xlsx"), ("saved", "预算.xlsx"), ("unrelated", "预算.csv"),
        ("refused", "winmail.dat"), ("refused", "一.xlsx"),
    ]  # fmt: skip
    assert found.quiet == 2


def test_plain_files_and_folders(at: campaign.Campaign, tmp_path: Path) -> None:
    folder = tmp_path / "U盘"
    (folder / "第一批").mkdir(parents=True)
    one = folder / "第一批" / "一.xlsx"
    one.write_bytes(form(at, "S001"))
    os.utime(one, (1743559380, 1743559380))
    (folder / "二.xlsx").write_bytes(form(at, "S002"))
    (folder / "~$二.xlsx").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "三.zip").write_bytes(zipped({"三.xlsx": form(at, "S003")}))
    found = collect(at, folder)
    assert sorted(told(found)) == [
        ("refused", "~$二.xlsx"), ("saved", "一.xlsx"), ("saved", "三.zip"), ("saved", "二.xlsx"),
    ]  # fmt: skip
    assert (at.inbox / "一.xlsx").stat().st_mtime == 1743559380
    assert {line.row.source for line in found.lines if line.row.name == "一.xlsx"} == {"U盘/第一批/一.xlsx"}
    before = everything(at.folder)
    collect(at, folder)
    assert everything(at.folder) == before


def test_a_zip_is_like_a_folder(at: campaign.Campaign, tmp_path: Path) -> None:
    content = {
        "一.xlsx": form(at, "S001"),
        "第二小学.eml": letter(("二.xlsx", form(at, "S002"))).as_bytes(),
        "../三.xlsx": form(at, "S003"),
        "附.pdf": b"%PDF-1.4",
    }
    (tmp_path / "导出.zip").write_bytes(zipped(content))
    found = collect(at, tmp_path / "导出.zip")
    assert sorted(told(found)) == [
        ("refused", "三.xlsx"), ("refused", "附.pdf"), ("saved", "一.xlsx"), ("saved", "二.xlsx"),
    ]  # fmt: skip
    assert in_inbox(at) == ["一.xlsx", "二.xlsx"]


def test_a_zip_that_cannot_be_opened(at: campaign.Campaign, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "坏.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", b"0" * 130 * 1024 * 1024)
    with pytest.raises(MailError, match="解压"):
        collect(at, tmp_path / "坏.zip")


def test_since(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    folder = mails(
        a=letter(("一.xlsx", DAMAGED), day="Tue, 01 Apr 2025 12:00:00 +0000"),
        b=letter(("二.xlsx", DAMAGED + b"2"), number=2, day="Wed, 02 Apr 2025 12:00:00 +0000"),
    )
    with at.locked():
        found = collect_files(at, [folder], date(2025, 4, 2))
    assert (told(found), found.quiet) == ([("saved", "二.xlsx")], 1)


def test_a_clock_that_is_wrong_gives_way_to_the_servers(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    message = letter(("一.xlsx", DAMAGED), day="Wed, 02 Apr 2099 10:03:00 +0800")
    message["Received"] = "from x by y; Thu, 03 Apr 2025 01:00:00 +0000"
    collect(at, mails(a=message))
    assert (at.inbox / "一.xlsx").stat().st_mtime == datetime(2025, 4, 3, 1, tzinfo=UTC).timestamp()


def test_what_can_not_be_collected_from(at: campaign.Campaign, tmp_path: Path) -> None:
    with pytest.raises(MailError, match="找不到"):
        collect(at, tmp_path / "没有")
    with pytest.raises(MailError, match="就在"):
        collect(at, at.inbox)


# --- the register


def test_a_register_that_a_spreadsheet_program_saved(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    folder = mails(a=letter(("=一.xlsx", DAMAGED), sender="=cmd <s001@edu.example>"))
    collect(at, folder)
    path = at.inbox / REGISTER
    text = path.read_bytes().decode("utf-8-sig")
    assert "'=一.xlsx,已收,'=一.xlsx" in text
    path.write_bytes(text.encode("gb18030"))
    assert [line.new for line in collect(at, folder).lines] == [False]
    [row] = read_register(at.inbox)
    assert (row.file, row.sender_name) == ("=一.xlsx", "=cmd")


def test_a_register_that_is_none_any_more_is_not_overwritten(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    (at.inbox / REGISTER).write_text("文件;结果\n", encoding="utf-8")
    with pytest.raises(CampaignError, match="原文件名"):
        collect(at, mails(a=letter(("一.xlsx", DAMAGED))))
    assert (at.inbox / REGISTER).read_text(encoding="utf-8") == "文件;结果\n"
    assert in_inbox(at) == []


def test_interrupted_between_file_and_register(
    at: campaign.Campaign, mails: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mails(a=letter(("一.xlsx", DAMAGED)), b=letter(("二.xlsx", DAMAGED + b"2"), number=2))

    def full(*_: object) -> None:
        raise PerfevalError("磁盘空间不足")

    with monkeypatch.context() as patched:
        patched.setattr("perfeval_xl.district.mail.register.write_atomically", full)
        with pytest.raises(PerfevalError):
            collect(at, folder)
    assert in_inbox(at) == ["一.xlsx"]
    assert not (at.inbox / REGISTER).exists()
    assert told(collect(at, folder)) == [("known", "一.xlsx"), ("saved", "二.xlsx")]
    assert {(row.file, row.sender) for row in read_register(at.inbox)} == {
        ("一.xlsx", "s001@edu.example"), ("二.xlsx", "s001@edu.example"),
    }  # fmt: skip
    before = everything(at.folder)
    collect(at, folder)
    assert everything(at.folder) == before


# --- senders against the roster


def senders(at: campaign.Campaign) -> dict[str, list[str]]:
    """What is told of the sender of each accepted return."""
    return {
        each.unit_code: [f.message for f in each.findings if f.code == "sender-other-unit"]
        for each in rounds.examine_inbox(at).results
    }


def test_another_units_address_is_told(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    found = collect(
        at,
        mails(
            a=letter(("一.xlsx", form(at, "S001")), sender="王 <ER.xiao@qq.com>"),
            b=letter(("二.xlsx", form(at, "S002")), number=2, sender="王 <er.xiao@qq.com>"),
            c=letter(("三.xlsx", form(at, "S003")), number=3, sender="san@edu.example"),
            d=letter(("四.xlsx", form(at, "S004")), number=4, sender="someone@private.example"),
        ),
    )
    assert "S002 第二小学" in whys(found)[0]
    assert whys(found)[1:] == ["", "", ""]
    told_of = senders(at)
    assert [bool(told_of[code]) for code in ("S001", "S002", "S003", "S004")] == [True, False, False, False]
    assert "S002（第二小学）" in told_of["S001"][0] and "S001（第一小学）" in told_of["S001"][0]


def test_its_own_address_settles_it(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    data = form(at, "S001")
    folder = mails(a=letter(("一.xlsx", data), sender="er.xiao@qq.com"))
    collect(at, folder)
    (at.inbox / "一.xlsx").rename(at.inbox / "改名.xlsx")
    assert senders(at)["S001"]
    (folder / "b.eml").write_bytes(letter(("再交.xlsx", data), number=2).as_bytes())
    collect(at, folder)
    assert senders(at) == {"S001": []}


def test_forwarded_by_another_unit_but_sent_by_its_own(at: campaign.Campaign, mails: Callable[..., Path]) -> None:
    outer = letter(sender="er.xiao@qq.com", number=5)
    outer.add_attachment(letter(("一.xlsx", form(at, "S001"))))
    collect(at, mails(a=outer))
    assert senders(at) == {"S001": []}


def test_without_a_register_nothing_is_told(at: campaign.Campaign) -> None:
    (at.inbox / "一.xlsx").write_bytes(form(at, "S001"))
    assert senders(at) == {"S001": []}
