"""The mail servers that the tests talk to, on loopback: aiosmtpd for what goes out, Debian's Dovecot for what comes in.

Both run with a certificate of an authority made for the test (``ca_file``), on free ports, with folders of their own:
any number of them may run side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import itertools
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

Security = Literal["none", "starttls", "tls"]
HOST = "localhost"
LOOPBACK = "127.0.0.1"
START_SECONDS = 20.0
BEFORE_DROP = 1000  # bytes of a body that are read before the line is dropped or left to stall
DOVECOT_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
SHORT_TEMP = "/tmp"  # a socket's path holds some hundred characters


@dataclass(frozen=True)
class Received:
    """A message at the SMTP server: the envelope and what was transmitted (CRLF lines, no final dot)."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    data: bytes = b""


Behaviour = Callable[[Received], str | None]
"""Asked at DATA, before the body comes (``data`` is empty yet), what becomes of a message:

None              it is taken
"451 …" "550 …"   this is the answer after the final dot (words in GBK), and it isn't taken
"drop"            the line is closed in mid-body
"drop-answer"     it is taken, and the line closed in place of an answer
"stall"           the server falls silent at DATA, "stall-body" in mid-body
"stall-answer"    it is taken, and never answered
"""


@dataclass(frozen=True)
class SmtpServer:
    """A running SMTP server and what it has taken, in the order of arrival."""

    host: str
    port: int
    ca_file: Path
    messages: list[Received] = field(default_factory=list)
    refused: list[Received] = field(default_factory=list)
    """What it answered with a 4xx or 5xx after the final dot."""


class _Session(SMTP):
    """One connection. What a Behaviour asks for beyond an answer needs the raw line, so DATA is met here."""

    def __init__(self, hook: _Hook, *, login: bool, **settings: Any) -> None:
        super().__init__(hook, **settings)
        self._login = login
        self._hook = hook

    async def check_auth_needed(self, caller_method: str) -> bool:
        """Who has not logged in where one must gets 530 (aiosmtpd's own setting warns about lines without TLS)."""
        if self._login and not (self.session and self.session.authenticated):
            await self.push("530 5.7.0 Authentication required")
            return True
        return False

    async def smtp_DATA(self, arg: str) -> None:
        assert self.envelope is not None
        if self.envelope.rcpt_tos:  # else the server itself refuses
            self._hook.wish = wish = self._hook.ask(self.envelope)
            if wish == "stall":
                await _forever()
            if wish in ("drop", "stall-body"):
                with contextlib.suppress(AttributeError):  # a line with TLS reads ahead by itself
                    self.transport.set_read_buffer_limits(high=BEFORE_DROP)
                await self.push("354 End data with <CR><LF>.<CR><LF>")
                await self._reader.readexactly(BEFORE_DROP)
                if wish == "drop":
                    self.transport.abort()
                await _forever()
        await super().smtp_DATA(arg)


async def _forever() -> None:
    """Until the client hangs up or the server ends: either cancels the session."""
    await asyncio.Event().wait()


class _Hook:
    """What aiosmtpd calls for one connection."""

    def __init__(self, server: SmtpServer, behave: Behaviour | None, refuse: Mapping[str, str]) -> None:
        self._server = server
        self._behave = behave
        self._refuse = refuse
        self.wish: str | None = None

    def ask(self, envelope: Any) -> str | None:
        return self._behave(_received(envelope)) if self._behave else None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self._refuse:
            return self._refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: _Session, _session: Any, envelope: Any) -> str | bytes:
        got = _received(envelope)
        if self.wish and self.wish[0].isdigit():
            self._server.refused.append(got)
            return self.wish.encode("gb18030")  # as servers here say what isn't ASCII
        self._server.messages.append(got)
        if self.wish == "drop-answer":
            server.transport.abort()
        if self.wish in ("drop-answer", "stall-answer"):
            await _forever()
        return "250 OK"


def _received(envelope: Any) -> Received:
    return Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content or b"")


@contextlib.contextmanager
def smtp_server(
    security: Security = "none",
    login: tuple[str, str] | None = None,
    size_limit: int | None = None,
    behave: Behaviour | None = None,
    refuse: Mapping[str, str] | None = None,
) -> Iterator[SmtpServer]:
    """An SMTP server in a thread. ``login``: user and password that a client must give. ``size_limit``: bytes, told at
    EHLO. ``refuse``: answers to RCPT by address. The line holds little: when the server stops reading, a client is surely in
    mid-body with 100 KB of the first message on a line, and with 500 KB of any (on Linux)."""
    with tempfile.TemporaryDirectory(prefix="smtp-") as folder, _listening() as listener:
        tls, ca_file = _certificate(Path(folder))
        server = SmtpServer(HOST, listener.getsockname()[1], ca_file)

        def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            given = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode())
            return AuthResult(success=given == login, handled=False)

        def session() -> SMTP:
            return _Session(
                _Hook(server, behave, refuse or {}),
                login=login is not None,
                data_size_limit=size_limit,
                authenticator=authenticate,
                auth_require_tls=security == "starttls",
                auth_exclude_mechanism=[] if login else ["LOGIN", "PLAIN"],
                tls_context=tls if security == "starttls" else None,
                require_starttls=security == "starttls",
                hostname=HOST,
            )

        with _in_thread(session, listener, tls if security == "tls" else None):
            yield server


@contextlib.contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        if sys.platform == "linux":  # what a client may send ahead grows with the segment, and with what we can hold
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 500)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, 1024)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        listener.bind((LOOPBACK, 0))
        yield listener


@contextlib.contextmanager
def _in_thread(session: Callable[[], SMTP], listener: socket.socket, tls: ssl.SSLContext | None) -> Iterator[None]:
    """Serve ``listener`` from a thread with a loop of its own; at the end every session is cut."""
    loop = asyncio.new_event_loop()
    serving = loop.run_until_complete(loop.create_server(session, sock=listener, ssl=tls))
    thread = threading.Thread(target=loop.run_forever, name="smtp-server")
    thread.start()

    async def finish() -> None:
        serving.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(finish(), loop).result(START_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS settings, and the file of the authority that a client must trust."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, LOOPBACK).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return context, folder / "ca.pem"


@dataclass(frozen=True)
class Kept:
    """A message in a mailbox: its bytes, and its Maildir flags ("S" seen, "F" flagged, "T" deleted …)."""

    data: bytes
    flags: str


@dataclass(frozen=True)
class ImapServer:
    """A running Dovecot with one mailbox. ``port`` offers STARTTLS, ``tls_port`` is TLS from the start."""

    host: str
    port: int
    tls_port: int
    ca_file: Path
    user: str
    password: str
    _maildir: Path
    _owner: tuple[int, int]
    _count: Iterator[int] = field(default_factory=itertools.count)

    def deliver(self, message: EmailMessage | bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """Put a message into ``folder`` (made where there is none), received ``at`` that time (now unless told)."""
        place = self._place(folder)
        for each in (place, *(place / name for name in ("cur", "new", "tmp"))):
            if not each.exists():
                each.mkdir()
                os.chown(each, *self._owner)
        name = f"{int(time.time())}.{next(self._count):06}.{HOST}"
        part = place / "tmp" / name
        part.write_bytes(message if isinstance(message, bytes) else message.as_bytes())
        os.chown(part, *self._owner)
        if at is not None:
            os.utime(part, (at.timestamp(), at.timestamp()))
        part.rename(place / "new" / name)

    def folders(self) -> dict[str, list[Kept]]:
        """What lies in each folder, in the order of delivery; only folders that exist, the INBOX always."""
        names = sorted(path.name[1:] for path in self._maildir.iterdir() if path.name[0] == "." and path.is_dir())
        return {name: self._kept(self._place(name)) for name in ("INBOX", *names)}

    def _place(self, folder: str) -> Path:
        return self._maildir if folder == "INBOX" else self._maildir / f".{folder}"

    @staticmethod
    def _kept(place: Path) -> list[Kept]:
        paths = [path for name in ("new", "cur") for path in (place / name).glob("*")]
        return [
            Kept(path.read_bytes(), path.name.partition(":2,")[2]) for path in sorted(paths, key=lambda path: path.name)
        ]


_DOVECOT_CONF = """
protocols = imap
listen = {loopback}
base_dir = {home}/run
state_dir = {home}/run
log_path = /dev/stderr
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{home}/mail:UTF-8
ssl = yes
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.pem
disable_plaintext_auth = no
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {home}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""


@contextlib.contextmanager
def imap_server(tmp_path: Path) -> Iterator[ImapServer]:
    """Dovecot with an empty mailbox; its log is ``tmp_path``/dovecot.log. Skips the test where it is not installed, or
    fails it where all engines must be there (in CI)."""
    program = shutil.which("dovecot", path=DOVECOT_PLACES)
    if program is None:
        if os.environ.get("PERFEVAL_REQUIRE_ENGINES") == "1":
            pytest.fail("Dovecot (dovecot-imapd) is not installed", pytrace=False)
        pytest.skip("Dovecot (dovecot-imapd) is not installed")
    # Root may own no mailbox: as root it runs as nobody, who must be able to reach the folder.
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    home = Path(tempfile.mkdtemp(prefix="imap-", dir=SHORT_TEMP))
    try:
        for _ in range(3):  # somebody else may take a port between looking and starting
            server = _settle(home, account)
            started = _start(program, home, account, tmp_path / "dovecot.log", (server.port, server.tls_port))
            try:
                if started.poll() is None:
                    yield server
                    return
            finally:
                _stop(started)
        pytest.fail(f"Dovecot did not start:\n{(tmp_path / 'dovecot.log').read_text()}", pytrace=False)
    finally:
        shutil.rmtree(home)


def _settle(home: Path, account: pwd.struct_passwd) -> ImapServer:
    """Write what Dovecot needs into ``home`` and make it ``account``'s."""
    authority = trustme.CA()
    authority.issue_cert(HOST, LOOPBACK).private_key_and_cert_chain_pem.write_to_path(str(home / "server.pem"))
    authority.cert_pem.write_to_path(str(home / "ca.pem"))
    with socket.create_server((LOOPBACK, 0)) as plain, socket.create_server((LOOPBACK, 0)) as tls:
        port, tls_port = plain.getsockname()[1], tls.getsockname()[1]
    owner = (account.pw_uid, account.pw_gid)
    server = ImapServer(HOST, port, tls_port, home / "ca.pem", "caiwu", "pass word", home / "mail", owner)
    (home / "users").write_text(f"{server.user}:{server.password}\n", encoding="utf-8")
    settings = _DOVECOT_CONF.format(
        home=home,
        user=account.pw_name,
        group=grp.getgrgid(account.pw_gid).gr_name,
        uid=owner[0],
        gid=owner[1],
        loopback=LOOPBACK,
        port=port,
        tls_port=tls_port,
    )
    (home / "dovecot.conf").write_text(settings, encoding="utf-8")
    for path in (home / "mail", *(home / "mail" / name for name in ("cur", "new", "tmp")), home / "run"):
        path.mkdir(exist_ok=True)
    for path in (home, *home.rglob("*")):
        os.chown(path, *owner)
    return server


def _start(
    program: str, home: Path, account: pwd.struct_passwd, log: Path, ports: tuple[int, int]
) -> subprocess.Popen[bytes]:
    """Dovecot in the foreground in a process group of its own, listening, or ended if it could not."""
    root = os.getuid() == 0
    with log.open("ab") as sink:
        started = subprocess.Popen(
            [program, "-F", "-c", str(home / "dovecot.conf")],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            user=account.pw_uid if root else None,
            group=account.pw_gid if root else None,
            extra_groups=[] if root else None,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    waiting = list(ports)
    while waiting and started.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((LOOPBACK, waiting[0]), 1).close()
            waiting.pop(0)
        except OSError:
            time.sleep(0.01)
    return started


def _stop(started: subprocess.Popen[bytes]) -> None:
    """End Dovecot and all its helpers; a quiet end would wait a second for the sessions."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()
