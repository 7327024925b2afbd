"""[mail] in campaign.toml: every problem with its key, no password in a file, and where passwords come from."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import trustme

from perfeval_xl import campaign
from perfeval_xl.district.mail.tls import tls_context
from perfeval_xl.errors import CampaignError, MailError
from perfeval_xl.mail_settings import (
    ImapSettings,
    Mailbox,
    MailSettings,
    Security,
    SmtpSettings,
    one_line,
    password,
    read_mailbox,
)

BASE = """
district = "样例区"
department = "样例区教育局"
year = 2024
scheme = "huadu-2024"
deadline = 2025-04-30
"""


def loaded(folder: Path, text: str) -> campaign.Campaign:
    (folder / campaign.SETTINGS).write_text(BASE + text, encoding="utf-8")
    return campaign.load(folder)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(CampaignError) as caught:
        loaded(folder, text)
    return [line.split("campaign.toml: ")[1] for line in str(caught.value).splitlines()]


def test_a_round_without_mail(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").mail is None


def test_defaults(tmp_path: Path) -> None:
    text = '[mail]\nfrom = "财务科 <c@e.gov.cn>"\n[mail.smtp]\nhost = "h"\n[mail.imap]\nhost = "i"\nuser = "u"\n'
    sender = Mailbox("财务科", "c@e.gov.cn")
    assert loaded(tmp_path, text).mail == MailSettings(
        sender, sender, SmtpSettings("h", 587, Security.STARTTLS), ImapSettings("i", 993, Security.TLS, "u")
    )


def test_everything_said(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        """
[mail]
from = "c@e.cn"
reply_to = "收表 <r@e.cn>"
[mail.smtp]
host = "h"
port = 2525
security = "tls"
user = "u"
per_minute = 1
max_mb = 1000
ca_file = "ca.pem"
[mail.imap]
host = "i"
security = "starttls"
user = "u"
folder = "收表"
ca_file = "/etc/ca.pem"
moved_to = "已收"
""",
    ).mail
    assert found is not None
    assert (found.sender, found.reply_to) == (Mailbox("", "c@e.cn"), Mailbox("收表", "r@e.cn"))
    assert found.smtp == SmtpSettings("h", 2525, Security.TLS, "u", 1, 1000, tmp_path / "ca.pem")
    assert found.imap == ImapSettings("i", 143, Security.STARTTLS, "u", "收表", Path("/etc/ca.pem"), "已收")


@pytest.mark.parametrize(("security", "smtp", "imap"), [("starttls", 587, 143), ("tls", 465, 993), ("none", 25, 143)])
def test_the_port_follows_from_the_security(tmp_path: Path, security: str, smtp: int, imap: int) -> None:
    both = f'host = "h"\nuser = "u"\nsecurity = "{security}"\n'
    mail = loaded(tmp_path, f'[mail]\nfrom = "a@b.cn"\n[mail.smtp]\n{both}[mail.imap]\n{both}').mail
    assert mail is not None and mail.smtp is not None and mail.imap is not None
    assert (mail.smtp.port, mail.imap.port) == (smtp, imap)


def test_every_problem_at_once(tmp_path: Path) -> None:
    text = """
[mail]
from = "财务科"
reply_to = 3
server = "x"
[mail.smtp]
port = 0
security = "ssl"
per_minute = 0
max_mb = 1001
[mail.imap]
host = "h"
port = 65536
"""
    assert [line.split(":")[0] for line in problems(tmp_path, text)] == [
        "mail.from",
        "mail.reply_to",
        "mail.smtp.security",
        "mail.smtp.host",
        "mail.smtp.port",
        "mail.smtp.per_minute",
        "mail.smtp.max_mb",
        "mail.imap.port",
        "mail.imap.user",
        "mail.server",
    ]


def test_mail_that_is_no_table(tmp_path: Path) -> None:
    assert problems(tmp_path, 'mail = "a@b.cn"')[0].startswith("mail: 应为表")


@pytest.mark.parametrize("key", ["password", "Passwd", "pwd", "auth_code", "授权码", "密码", "token"])
@pytest.mark.parametrize("table", ["mail", "mail.smtp", "mail.imap"])
def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path, key: str, table: str) -> None:
    mail = {"mail": 'from = "a@b.cn"\n', "mail.smtp": 'host = "h"\n', "mail.imap": 'host = "h"\nuser = "u"\n'}
    mail[table] += f'"{key}" = "abcdefgh"\n'
    [problem] = problems(tmp_path, "".join(f"[{name}]\n{text}" for name, text in mail.items()))
    assert problem.startswith(f"{table}.{key}: 密码不要写在文件里")
    assert "PERFEVAL_SMTP_PASSWORD" in problem and "abcdefgh" not in problem


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@b.cn", Mailbox("", "a@b.cn")),
        (" 财务科 < a@b.cn > ", Mailbox("财务科", "a@b.cn")),
        ('"Finance, Office" <a.b+c@x-y.gov.cn>', Mailbox("Finance, Office", "a.b+c@x-y.gov.cn")),
        ("财务\r\nBcc: x@y.cn <a@b.cn>", Mailbox("财务 Bcc: x@y.cn", "a@b.cn")),
        ("科\u202e\u200b室 <a@b.cn>", Mailbox("科 室", "a@b.cn")),
    ],
)
def test_a_mailbox(text: str, found: Mailbox) -> None:
    assert read_mailbox(text) == found


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a",
            "a@",
            "@b.cn",
            "a@b",
            "a@@b.cn",
            "a@b@c.cn",
            "a b@c.cn",
            "a@b..cn",
            ".a@b.cn",
            "a.@b.cn",
            "a..b@c.cn",
        ),
        *("a@-b.cn", "a@b-.cn", "中@b.cn", "a@中.cn", "<a@b.cn", "a@b.cn>", "x <a@b.cn> y", "a@b.cn."),
        *("a" * 65 + "@b.cn", "a@" + "b" * 64 + ".cn", "a@" + "b." * 126 + "cn"),
    ],
)
def test_no_mailbox(text: str) -> None:
    assert read_mailbox(text) is None


def test_the_longest_local_part() -> None:
    assert read_mailbox("a" * 64 + "@" + "b" * 63 + ".cn")


def test_one_line() -> None:
    assert one_line(" a\r\n\tb\x00\x7fc\u2028d\ufeff ") == "a b c d"


# ---- passwords


def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)


def a_keyring(monkeypatch: pytest.MonkeyPatch, get: object) -> None:
    """A keyring as the library shows it; the real one asks the desktop."""
    errors = ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get))
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    a_keyring(monkeypatch, lambda service, user: "stored")
    monkeypatch.setenv("PERFEVAL_SMTP_PASSWORD", " s3 ")
    monkeypatch.delenv("PERFEVAL_IMAP_PASSWORD", raising=False)
    assert (password("smtp", "u"), password("imap", "u")) == (" s3 ", "stored")


def test_the_keyring_is_asked_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERFEVAL_SMTP_PASSWORD", raising=False)
    a_keyring(monkeypatch, lambda service, user: f"{service}/{user}")
    assert password("smtp", "c@e.cn") == "perfeval-xl/c@e.cn"


def test_a_keyring_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERFEVAL_SMTP_PASSWORD", raising=False)

    def locked(service: str, user: str) -> str:
        raise sys.modules["keyring.errors"].KeyringError("locked")  # type: ignore[attr-defined]

    a_keyring(monkeypatch, locked)
    with pytest.raises(MailError, match="现在用不了钥匙串：locked"):
        password("smtp", "u")


@pytest.mark.parametrize("stored", [None, ""])
def test_no_password_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch, stored: str | None) -> None:
    monkeypatch.delenv("PERFEVAL_IMAP_PASSWORD", raising=False)
    a_keyring(monkeypatch, lambda service, user: stored)
    with pytest.raises(MailError) as caught:
        password("imap", "c@e.cn")
    for said in ("PERFEVAL_IMAP_PASSWORD", "keyring set perfeval-xl c@e.cn", "授权码"):
        assert said in str(caught.value)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERFEVAL_SMTP_PASSWORD", raising=False)
    no_keyring(monkeypatch)
    with pytest.raises(MailError, match=r"perfeval-xl\[keyring\]"):
        password("smtp", "u")


# ---- certificates


def test_a_certificate_file(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    with pytest.raises(MailError, match=r"ca\.pem：找不到这个文件"):
        tls_context(path)
    path.write_text("not a certificate")
    with pytest.raises(MailError, match="没有可用的证书"):
        tls_context(path)
    trustme.CA().cert_pem.write_to_path(str(path))
    assert len(tls_context(path).get_ca_certs()) == 1
