"""The tests' own mail servers do what the tests of the post rely on."""

from __future__ import annotations

import imaplib
import os
import smtplib
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.mailservers import Received, SmtpServer, imap_server, smtp_server

BIG = 300_000


def message(size: int = 0) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.org", "b@example.org", "自评表"
    made.set_content("附上。\n" + ("x" * 70 + "\n") * (size // 71))
    return made


def client(server: SmtpServer, security: str = "none") -> smtplib.SMTP:
    trusted = ssl.create_default_context(cafile=server.ca_file)
    if security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=5, context=trusted)
    made = smtplib.SMTP(server.host, server.port, timeout=5)
    if security == "starttls":
        made.starttls(context=trusted)
    return made


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_smtp_takes_messages_after_a_login(security: str) -> None:
    with smtp_server(security, login=("caiwu", "secret")) as server:  # type: ignore[arg-type]
        with client(server, security) as line:
            with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
                line.send_message(message())
            with pytest.raises(smtplib.SMTPAuthenticationError):
                line.login("caiwu", "wrong")
            line.login("caiwu", "secret")
            line.send_message(message())
        (got,) = server.messages
        assert (got.mail_from, got.rcpt_tos) == ("a@example.org", ("b@example.org",))
        assert b"Subject:" in got.data
        if security != "none":
            with pytest.raises(ssl.SSLCertVerificationError):
                untrusting(server, security)


def untrusting(server: SmtpServer, security: str) -> None:
    if security == "tls":
        smtplib.SMTP_SSL(server.host, server.port, timeout=5, context=ssl.create_default_context())
    with smtplib.SMTP(server.host, server.port, timeout=5) as line:
        line.starttls(context=ssl.create_default_context())


def test_smtp_answers_as_told() -> None:
    answers = iter(["451 later", "550 never", None])
    with smtp_server(behave=lambda _: next(answers), refuse={"gone@example.org": "550 no such user"}) as server:
        with client(server) as line:
            for code in (451, 550):
                with pytest.raises(smtplib.SMTPDataError) as refusal:
                    line.send_message(message())
                assert refusal.value.smtp_code == code
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                line.send_message(message(), to_addrs="gone@example.org")
            line.send_message(message())
        assert len(server.messages) == 1 and len(server.refused) == 2


def test_smtp_holds_a_size_limit() -> None:
    with smtp_server(size_limit=BIG) as server, client(server) as line:
        line.ehlo()
        assert line.esmtp_features["size"] == str(BIG)
        with pytest.raises(smtplib.SMTPSenderRefused, match="552"):
            line.send_message(message(2 * BIG))
        assert not server.messages


@pytest.mark.parametrize("wish", ["drop", "drop-answer"])
def test_smtp_drops_the_line(wish: str) -> None:
    with smtp_server(behave=lambda _: wish) as server:
        line = client(server)
        with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
            line.send_message(message(BIG))
        line.close()
        assert len(server.messages) == (wish == "drop-answer")


@pytest.mark.parametrize("wish", ["stall", "stall-body", "stall-answer"])
def test_smtp_stalls(wish: str) -> None:
    asked: list[Received] = []
    with smtp_server(behave=lambda got: asked.append(got) or wish) as server:
        line = client(server)
        line.sock.settimeout(1)
        with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
            line.send_message(message(BIG))
        line.close()
        assert asked == [Received("a@example.org", ("b@example.org",))]
        assert len(server.messages) == (wish == "stall-answer")


def test_imap_over_tls(tmp_path: Path) -> None:
    began = time.monotonic()
    with imap_server(tmp_path) as server:
        assert time.monotonic() - began < 5
        server.deliver(message())
        server.deliver(message().as_bytes(), folder="已收", at=datetime(2025, 4, 1, tzinfo=UTC))
        trusted = ssl.create_default_context(cafile=server.ca_file)
        line = imaplib.IMAP4_SSL(server.host, server.tls_port, ssl_context=trusted)
        line.login(server.user, server.password)
        assert line.select() == ("OK", [b"1"])
        line.store("1", "+FLAGS", "\\Seen")
        assert line.select("&XfJlNg-") == ("OK", [b"1"])
        _, (internal, _) = line.fetch("1", "(INTERNALDATE BODY.PEEK[])")
        assert b"01-Apr-2025" in internal[0]
        line.logout()
        found = server.folders()
        assert {name: [kept.flags for kept in each] for name, each in found.items()} == {"INBOX": ["S"], "已收": [""]}
        assert found["已收"][0].data == message().as_bytes()
    assert "imap-login" in (tmp_path / "dovecot.log").read_text()


def test_imap_refuses_a_wrong_password_at_once_and_other_authorities(tmp_path: Path) -> None:
    with imap_server(tmp_path) as server:
        began = time.monotonic()
        with imaplib.IMAP4(server.host, server.port) as line:
            for _ in range(3):
                with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
                    line.login(server.user, "wrong")
        assert time.monotonic() - began < 5
        line = imaplib.IMAP4(server.host, server.port)
        with pytest.raises(ssl.SSLCertVerificationError):
            line.starttls(ssl.create_default_context())
        line.file.close()


def test_imap_servers_side_by_side_leave_nothing(tmp_path: Path) -> None:
    with imap_server(tmp_path) as one, imap_server(tmp_path) as other:
        one.deliver(message())
        assert len(one.folders()["INBOX"]) == 1 and not other.folders()["INBOX"]
        ports = (one.port, one.tls_port, other.port, other.tls_port)
        homes = [server.ca_file.parent for server in (one, other)]
        left_open = [imaplib.IMAP4(server.host, server.port) for server in (one, other)]
    for line in left_open:
        line.shutdown()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)
    assert not any(home.exists() for home in homes)
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert not any(str(home) in left for home in homes)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_imap_runs_as_a_plain_user_too(tmp_path: Path) -> None:
    """What root starts runs as nobody: no process of root's is left in the group."""
    with imap_server(tmp_path) as server:
        ps = subprocess.run(["ps", "-eo", "user,args"], capture_output=True, text=True, check=True).stdout
        (mine,) = [line for line in ps.splitlines() if str(server.ca_file.parent) in line]
        assert mine.startswith("nobody")
