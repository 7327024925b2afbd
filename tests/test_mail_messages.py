"""What a unit gets to read, and how its message is written: checked in the bytes, and as mail programs take them apart."""

from __future__ import annotations

import base64
import email
import email.header
import email.policy
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.mail import messages
from perfeval_xl.district.mail.addresses import Recipients, owners, read_addresses, sharing
from perfeval_xl.district.mail.messages import Attachment, Kind, compose
from perfeval_xl.errors import MailError
from perfeval_xl.mail_settings import Mailbox, MailSettings, one_line
from perfeval_xl.resources import templates_dir
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.loader import find_scheme, load_scheme
from tests.mailkit import parsed

SENDER = Mailbox("样例区教育局财务科", "caiwu@example.gov.cn")
UNIT = Unit("S001", "第一小学", "小学", "李老师", "a@example.org")
LONG = "440199001_" + "广州市花都区新华街第一小学附属实验幼儿园" * 2 + ".xlsx"
MUSTS = [{"place": f"基础数据!F{n}", "what": f"第 {n} 处要改。"} for n in range(1, 24)]


SCHEME = load_scheme(find_scheme("huadu-2024"))


def a_round(folder: Path, department: str = "样例区教育局", contact: str = "张老师 020-1") -> Campaign:
    mail = MailSettings(SENDER, SENDER)
    made = Campaign(folder, "样例区", department, 2024, "huadu-2024", date(2099, 4, 30), contact, mail=mail)
    made.__dict__["scheme"] = SCHEME  # read once for all examples
    return made


@pytest.fixture
def at(tmp_path: Path) -> Campaign:
    return a_round(tmp_path / "2024")


def made(
    at: Campaign, kind: Kind = Kind.BLANK, unit: Unit = UNIT, name: str = "S001_第一小学.xlsx", **words: object
) -> EmailMessage:
    """A message as its reader has it."""
    return parsed(compose(at, unit, kind, [Attachment(name, b"PK\x03\x04")], words).as_bytes())


def text(message: EmailMessage, subtype: str = "plain") -> str:
    body = message.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


# ---- the texts


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_every_message_says_whose_until_when_to_whom_and_how(at: Campaign, kind: Kind, subtype: str) -> None:
    message = made(at, kind)
    said = text(message, subtype)
    assert "第一小学" in str(message["subject"]) and "2099年4月30日" in str(message["subject"])
    for expected in ("第一小学：", "代码 S001", "2099年4月30日", "张老师 020-1", "样例区教育局", "S001_第一小学.xlsx"):
        assert expected in said
    for expected in ("《单位整体支出绩效自评表》", "《填报检查》", "caiwu@example.gov.cn", ".xlsx 格式", "超大附件"):
        assert expected in said
    assert "{" not in re.sub(r"<[^>]*>", "", said)


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_a_reminder_says_what_came_and_whether_the_day_is_over(at: Campaign, subtype: str) -> None:
    plain = text(made(at, Kind.MISSING), subtype)
    assert "请按时报送" in plain and "已经超过" not in plain and "收到过" not in plain
    over = made(at, Kind.MISSING, due=date(2025, 4, 30), received=["“扫描.pdf”：这是扫描件。"])
    assert "“扫描.pdf”：这是扫描件。" in text(over, subtype)
    assert "已经超过" in text(over, subtype) and "2025年4月30日" in text(over, subtype)
    assert "已过截止日期2025年4月30日" in str(over["subject"])


def test_the_last_day_itself_is_not_over(at: Campaign) -> None:
    assert "已经超过" not in text(made(at, Kind.MISSING, due=date.today()))


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_a_correction_lists_what_to_mend(at: Campaign, subtype: str) -> None:
    looks = [{"place": "整份表", "what": "请看看。"}]
    message = made(at, Kind.CORRECT, musts=MUSTS[:20], looks=looks, number=3)
    said = text(message, subtype)
    assert "须改正 20 处，请核对 1 处。现第 3 次退回" in said and "已经复核" in said
    assert all(each["place"] in said and each["what"] in said for each in [*MUSTS[:20], *looks])
    assert "另有" not in said
    assert "第 3 次退回" in str(message["subject"])
    more = text(made(at, Kind.CORRECT, musts=MUSTS), subtype)
    assert "须改正 23 处" in more and "另有 3 处，见附件" in more and "第 21 处要改" not in more
    assert "请核对" not in more


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_a_correction_of_what_was_not_accepted(at: Campaign, subtype: str) -> None:
    said = text(made(at, Kind.CORRECT, received=["“旧表.xlsx”：不是本次的表。"]), subtype)
    assert "未能受理" in said and "“旧表.xlsx”：不是本次的表。" in said and "已经复核" not in said


HOSTILE = '<img src=x onerror=alert(1)> & "引号" {{ 7*7 }} {% raw %}'


def test_what_returns_say_is_never_html_nor_a_template(at: Campaign) -> None:
    message = made(at, Kind.CORRECT, unit=replace(UNIT, name="一小<b>"), musts=[{"place": HOSTILE, "what": HOSTILE}])
    html = text(message, "html")
    assert "<img" not in html and "<b>：" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt; &amp; &#34;引号&#34; {{ 7*7 }} {% raw %}") == 2
    assert text(message).count(HOSTILE) == 2


def test_the_default_templates_are_all_there() -> None:
    names = {path.name for path in (templates_dir() / "mail").iterdir()}
    assert {f"{kind}.{part}.j2" for kind in Kind for part in ("subject", "txt", "html")} < names


# ---- a round's own templates


def own(at: Campaign, name: str, content: str | bytes) -> None:
    folder = at.folder / "mail"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def test_an_own_subject_leaves_the_texts(at: Campaign) -> None:
    own(at, "blank.subject.j2", "请填\n  {{ unit.name }}\n")
    message = made(at)
    assert message["subject"] == "请填 第一小学"
    assert "怎样报送" in text(message) and "怎样报送" in text(message, "html")


@pytest.mark.parametrize(
    ("name", "subtype", "other"), [("blank.txt.j2", "plain", "html"), ("blank.html.j2", "html", "plain")]
)
def test_an_own_text_goes_without_the_default_of_the_other_kind(
    at: Campaign, name: str, subtype: str, other: str
) -> None:
    own(at, name, "\ufeff{{ unit.name }} & {{ due|day }}")
    message = made(at, unit=replace(UNIT, name="一小<b>"))
    assert message.get_body((other,)) is None
    expected = "一小<b> & 2099年4月30日\n" if subtype == "plain" else "一小&lt;b&gt; & 2099年4月30日\n"
    assert text(message, subtype) == expected
    assert len(list(message.iter_attachments())) == 1


def test_own_texts_of_both_kinds_may_use_the_default_ones(at: Campaign) -> None:
    own(at, "blank.txt.j2", '{% import "texts.txt.j2" as texts with context %}{{ texts.signature() }}')
    own(at, "blank.html.j2", '{% extends "frame.html.j2" %}{% block body %}自己的{% endblock %}')
    message = made(at)
    assert text(message).startswith("联系人：张老师 020-1") and "自己的" in text(message, "html")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{{ 不认识 }}", "不认识"),
        ("{{ unit.phone }}", "phone"),
        ("好\n{% if %}", "第 2 行"),
        ("{{ 1 + unit.name }}", "用不了"),
        ("{{ files[9] }}", "用不了"),
        ("{{ 1 / 0 }}", "用不了"),
        ('{% include "no.j2" %}', "no.j2"),
        ("{{ unit.__class__.__mro__ }}", "用不了"),
        ("请填报".encode("gbk"), "UTF-8"),
    ],
)
def test_what_is_wrong_with_an_own_template(at: Campaign, content: str | bytes, said: str) -> None:
    own(at, "blank.txt.j2", content)
    with pytest.raises(MailError, match=said) as caught:
        made(at)
    assert "邮件模板 blank.txt.j2" in str(caught.value)


def test_an_empty_subject(at: Campaign) -> None:
    own(at, "blank.subject.j2", " \n")
    with pytest.raises(MailError, match="主题是空的"):
        made(at)


def test_a_template_mended_meanwhile_is_read_again(at: Campaign) -> None:
    own(at, "blank.txt.j2", "{{ 错 }}")
    with pytest.raises(MailError):
        made(at)
    own(at, "blank.txt.j2", "改好了，附 {{ files|join('、') }}")
    assert "改好了" in text(made(at))


# ---- headers


def test_the_headers(at: Campaign) -> None:
    message = made(at, unit=replace(UNIT, email="a@example.org；B@example.org"))
    assert str(message["from"]) == "样例区教育局财务科 <caiwu@example.gov.cn>"
    assert str(message["to"]) == "第一小学 <a@example.org>, 第一小学 <B@example.org>"
    assert message["reply-to"] is None
    assert re.fullmatch(r"<[^<>@\s]+@example\.gov\.cn>", message["message-id"])
    assert abs((message["date"].datetime - email.utils.localtime()).total_seconds()) < 60
    assert message["message-id"] != made(at)["message-id"]


def test_answers_elsewhere(at: Campaign) -> None:
    mail = MailSettings(SENDER, Mailbox("收表", "r@example.gov.cn"))
    message = made(replace(at, mail=mail))
    assert str(message["reply-to"]) == "收表 <r@example.gov.cn>"
    assert "r@example.gov.cn" in text(message)


def test_a_round_without_mail_settings_names_no_sender(at: Campaign) -> None:
    message = made(replace(at, mail=None))
    assert (message["from"], message["message-id"]) == (None, None)
    assert "或发到" not in text(message)


@pytest.mark.parametrize("address", ["", "无", "a@b", "中文@example.org"])
def test_a_unit_that_nobody_can_write_to(at: Campaign, address: str) -> None:
    with pytest.raises(MailError, match="S001 第一小学 没有可用的邮箱地址"):
        compose(at, replace(UNIT, email=address), Kind.BLANK, [])


def decoded(words: str) -> str:
    return str(email.header.make_header(email.header.decode_header(words)))


def unspaced(text: str) -> str:
    """The library's folding may take or add a blank."""
    return one_line(text).replace(" ", "")


LINES = st.text(st.characters(codec="utf-8"), max_size=60) | st.text('\r\n\t ,;:"<>@()\\=?.中', max_size=90)


@given(name=LINES, contact=LINES, file=LINES)
def test_no_text_makes_a_header(name: str, contact: str, file: str) -> None:
    at = a_round(Path("nowhere"), name, contact)
    data = compose(
        at, replace(UNIT, name=name, contact=contact), Kind.BLANK, [Attachment(file or "a", b"x")]
    ).as_bytes()
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    assert message.keys() == ["Subject", "From", "Message-ID", "To", "Date", "MIME-Version", "Content-Type"]
    [(shown, to)] = getaddresses([str(message["To"])])
    assert (unspaced(decoded(shown)), to) == (unspaced(name), "a@example.org")
    subject = f"{name}：请填报2024年度{SCHEME.unit_title}（{name}，2099年4月30日前）"
    assert unspaced(decoded(message["Subject"])) == unspaced(subject)
    *_, attached = message.walk()
    assert set(attached.keys()) == {"Content-Transfer-Encoding", "Content-Disposition", "Content-Type", "MIME-Version"}
    assert data.isascii() and max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"") and b"\r" not in data.replace(b"\r\n", b"")


def test_bodies_are_base64_of_utf_8(at: Campaign) -> None:
    data = compose(at, UNIT, Kind.BLANK, []).as_bytes()
    parts = [part for part in email.message_from_bytes(data).walk() if part.get_content_maintype() == "text"]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    for part in parts:
        assert (part["content-transfer-encoding"], part.get_content_charset()) == ("base64", "utf-8")


# ---- names of attached files, in the raw lines


def raw_header(at: Campaign, name: str, header: str) -> str:
    """The lines of a header of the attachment, as transmitted."""
    data = compose(at, UNIT, Kind.BLANK, [Attachment(name, b"x")]).as_bytes().decode("ascii")
    *_, found = re.findall(rf"^{header}: (?:.*\r\n(?: .*\r\n)*)", data, re.MULTILINE)
    assert all(len(line) <= 78 for line in found.split("\r\n") if not line.startswith("Content-Type: "))
    return found


def by_rfc_2047(header: str, key: str) -> str:
    """A parameter as QQ mail, 163 and older Outlooks read it: encoded words in quotation marks."""
    quoted = re.search(rf'[; ]{key}="([^"]*)"', header)
    assert quoted
    words = re.split(r"\r\n ", quoted[1])
    assert all(re.fullmatch(r"=\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=", word) and len(word) <= 75 for word in words)
    return "".join(base64.b64decode(word.split("?")[3]).decode("utf-8") for word in words)


def by_rfc_2231(header: str, key: str) -> str:
    """A parameter as everybody else reads it."""
    whole = re.search(rf" {key}\*=UTF-8''([^;\r]*)", header)
    if whole:
        return unquote(whole[1], errors="strict")
    sections = re.findall(rf" {key}\*(\d+)\*=(UTF-8'')?([^;\r]*)", header)
    assert [int(number) for number, _, _ in sections] == list(range(len(sections))) and len(sections) > 1
    assert [bool(charset) for _, charset, _ in sections] == [True] + [False] * (len(sections) - 1)
    return "".join(unquote(text, errors="strict") for _, _, text in sections)


@pytest.mark.parametrize(
    "name", ["S001_第一小学.xlsx", LONG, "𠮷" * 40 + ".xlsx", "一?=小.xlsx", "a'b%41 c*.xlsx", 'a"b\\.xlsx']
)
def test_a_name_is_told_in_both_ways(at: Campaign, name: str) -> None:
    disposition, of_type = raw_header(at, name, "Content-Disposition"), raw_header(at, name, "Content-Type")
    assert disposition.startswith("Content-Disposition: attachment;")
    assert by_rfc_2047(disposition, "filename") == by_rfc_2047(of_type, "name") == name
    assert by_rfc_2231(disposition, "filename") == name


def test_a_long_name_needs_several_lines(at: Campaign) -> None:
    disposition = raw_header(at, LONG, "Content-Disposition")
    assert disposition.count("=?UTF-8?B?") > 2 and "filename*2*=" in disposition


def test_a_plain_name_is_told_plainly(at: Campaign) -> None:
    assert raw_header(at, "S001 a.xlsx", "Content-Disposition") == (
        'Content-Disposition: attachment;\r\n filename="S001 a.xlsx"\r\n'
    )
    assert raw_header(at, "a.xlsx", "Content-Type").endswith('sheet;\r\n name="a.xlsx"\r\n')


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")), min_size=1)


@given(name=NAMES)
def test_every_name_is_read_back(name: str) -> None:
    message = parsed(compose(a_round(Path("nowhere")), UNIT, Kind.BLANK, [Attachment(f"{name}.xlsx", b"x")]).as_bytes())
    [attached] = message.iter_attachments()
    assert attached.get_filename() == f"{name}.xlsx"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("说明.DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.bin", "application/octet-stream"),
    ],
)
def test_attachments_come_through(at: Campaign, name: str, kind: str) -> None:
    data = bytes(range(256)) * 50 + b"\r\n.\r\n"
    [attached] = parsed(compose(at, UNIT, Kind.BLANK, [Attachment(name, data)]).as_bytes()).iter_attachments()
    assert (attached.get_content(), attached.get_content_type(), attached.get_filename()) == (data, kind, name)


def test_an_attachment_is_not_shown_where_it_is_logged() -> None:
    assert "secret" not in repr(Attachment("a", b"secret"))


# ---- addresses


@pytest.mark.parametrize(
    ("cell", "addresses", "malformed"),
    [
        ("", (), ()),
        (" 无 ", (), ()),
        ("a@b.cn", ("a@b.cn",), ()),
        ("a@b.cn；c@d.cn，e＠f.cn、A@B.cn|g@h.cn", ("a@b.cn", "c@d.cn", "e@f.cn", "g@h.cn"), ()),
        ("a@b.cn c@d.cn\ne@f.cn", ("a@b.cn", "c@d.cn", "e@f.cn"), ()),
        ("李 <l@x.cn> 王 <w@x.cn>", ("l@x.cn", "w@x.cn"), ()),
        ("mailto:a@b.cn", ("a@b.cn",), ()),
        ("abc", (), ("abc",)),
        ("a@b.cn; c.d.cn", ("a@b.cn",), ("c.d.cn",)),
        ("a@b。cn", (), ("a@b。cn",)),
        ("李 <l@x>", (), ("李 <l@x>",)),
    ],
)
def test_addresses_of_a_cell(cell: str, addresses: tuple[str, ...], malformed: tuple[str, ...]) -> None:
    assert read_addresses(cell) == Recipients(addresses, malformed)


@given(st.text(max_size=80))
def test_any_cell_can_be_read(cell: str) -> None:
    found = read_addresses(cell)
    assert all("\n" not in each and "\r" not in each for each in (*found.addresses, *found.malformed))
    assert all(re.fullmatch(r"[!-~]+@[A-Za-z0-9.-]+", each) for each in found.addresses)


def test_whose_an_address_is() -> None:
    one, two = Unit("1", "一", email="a@b.cn"), Unit("2", "二", email="A@B.cn; c@d.cn")
    found = owners([one, two, Unit("3", "三")])
    assert found == {"a@b.cn": (one, two), "c@d.cn": (two,)}
    assert sharing(one, found) == {"a@b.cn": (two,)}
    assert sharing(two, found) == {"A@B.cn": (one,)}
    assert sharing(Unit("3", "三", email="c@d.cn"), owners([two])) == {"c@d.cn": (two,)}


def test_templates_are_prepared_once(at: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    made(at)
    compiled: list[object] = []
    original: Callable[..., object] = messages.ImmutableSandboxedEnvironment.compile
    monkeypatch.setattr(
        messages.ImmutableSandboxedEnvironment,
        "compile",
        lambda *given, **named: compiled.append(given) or original(*given, **named),
    )
    made(at)
    assert not compiled
