"""Collecting from a real IMAP server: little is fetched, nothing is changed unasked, a break is made good."""

from __future__ import annotations

import imaplib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from perfeval_xl import campaign
from perfeval_xl.cli import main
from perfeval_xl.district.mail import imap
from perfeval_xl.district.mail.collecting import Collected, collect_mailbox
from perfeval_xl.district.mail.register import read_register
from perfeval_xl.district.parcels import REGISTER
from perfeval_xl.errors import MailError
from tests.collectkit import collecting_round, form, in_inbox, letter, told, whys
from tests.mailservers import ImapServer, imap_server

DAMAGED = b"PK\3\4damaged"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    with imap_server(tmp_path_factory.mktemp("imap")) as running:
        yield running


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("template") / "2024"


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    """A folder of the mailbox for each test."""
    return f"自评-{abs(hash(request.node.name))}"


@pytest.fixture
def at(
    template: Path, tmp_path: Path, server: ImapServer, folder: str, monkeypatch: pytest.MonkeyPatch
) -> campaign.Campaign:
    monkeypatch.setenv("PERFEVAL_IMAP_PASSWORD", server.password)
    made = collecting_round(template, tmp_path / "2024")
    return with_settings(made, server, folder=folder)


def with_settings(at: campaign.Campaign, server: ImapServer, **changes: object) -> campaign.Campaign:
    """The round with [mail.imap] for ``server``, some of it otherwise; None leaves a key out."""
    values = {
        "host": server.host, "port": server.tls_port, "user": server.user, "ca_file": str(server.ca_file), **changes,
    }  # fmt: skip
    path = at.folder / campaign.SETTINGS
    text = (
        path.read_text(encoding="utf-8").partition("\n[mail]")[0]
        + '\n[mail]\nfrom = "caiwu@edu.example"\n[mail.imap]\n'
    )
    text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items() if value is not None)
    path.write_text(text, encoding="utf-8")
    return campaign.load(at.folder)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, int]]:
    """What is fetched of which message, and how many bytes that is."""
    found: list[tuple[int, str, int]] = []
    inner = imap.Folder.message

    def noted(self: imap.Folder, uid: int, part: str = "") -> bytes | None:
        data = inner(self, uid, part)
        found.append((uid, part, len(data or b"")))
        return data

    monkeypatch.setattr(imap.Folder, "message", noted)
    return found


def collect(at: campaign.Campaign, since: date | None = None, *, mark: bool = False, move_to: str = "") -> Collected:
    with at.locked():
        return collect_mailbox(at, since, mark=mark, move_to=move_to)


def run(at: campaign.Campaign, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["collect", "-C", str(at.folder), *arguments])


def stranger(number: int, **words: str) -> EmailMessage:
    return letter(sender=f"x{number}@corp.example", subject=f"notice {number}", number=1000 + number, **words)  # type: ignore[arg-type]


def test_a_return_comes_in_and_the_mailbox_stays_as_it_is(
    at: campaign.Campaign, server: ImapServer, folder: str
) -> None:
    data = form(at, "S001")
    server.deliver(letter(("一.xlsx", data)), folder)
    before = server.folders()[folder]
    assert told(collect(at)) == [("saved", "一.xlsx")]
    assert (at.inbox / "一.xlsx").read_bytes() == data
    assert server.folders()[folder] == before
    [row] = read_register(at.inbox)
    assert row.source.startswith(f"imap://{server.user}@localhost/%E8%87%AA%E8%AF%84-") and row.source.endswith(
        "/;UID=1"
    )
    assert (row.sender, row.message_id) == ("s001@edu.example", "<1@edu.example>")


def test_the_next_run_looks_at_new_messages_only(
    at: campaign.Campaign, server: ImapServer, folder: str, fetched: list[tuple[int, str, int]]
) -> None:
    for number in range(3):
        server.deliver(stranger(number), folder)
    server.deliver(letter(("一.xlsx", DAMAGED)), folder)
    first = collect(at)
    assert (told(first), first.quiet) == ([("saved", "一.xlsx")], 3)
    register = (at.inbox / REGISTER).read_bytes()
    assert collect(at) == Collected(())
    assert (at.inbox / REGISTER).read_bytes() == register
    server.deliver(letter(("二.xlsx", DAMAGED + b"2"), number=2), folder)
    assert told(collect(at)) == [("saved", "二.xlsx")]
    assert [uid for uid, _, _ in fetched] == [4, 5]


def test_five_thousand_other_messages(
    at: campaign.Campaign, server: ImapServer, folder: str, fetched: list[tuple[int, str, int]]
) -> None:
    plain, invoice = stranger(0, text="x" * 300), stranger(0)
    invoice.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="发票.pdf")
    others = [each.as_bytes() for each in (invoice, *[plain] * 49)]
    for number in range(5000):
        server.deliver(others[number % 50], folder)
        if number == 2500:
            server.deliver(letter(("一.xlsx", form(at, "S001"))), folder)
    began = time.monotonic()
    found = collect(at)
    assert (told(found), found.quiet) == ([("saved", "一.xlsx")], 5000)
    assert [uid for uid, _, _ in fetched] == [2502]
    again = time.monotonic()
    assert collect(at) == Collected(())
    assert time.monotonic() - again < (again - began) / 2


def test_links_are_looked_for_where_they_may_stand(
    at: campaign.Campaign, server: ImapServer, folder: str, fetched: list[tuple[int, str, int]]
) -> None:
    text = "从QQ邮箱发来的超大附件 https://wx.mail.qq.com/ftn/download?k=1"
    server.deliver(letter(text=text), folder)
    server.deliver(letter(text=text, sender="12345@qq.com", subject="报表", number=2), folder)
    server.deliver(stranger(3, text=text), folder)
    bulk = letter(text=text, sender="news@qq.com", number=4)
    bulk["List-Unsubscribe"] = "<https://x>"
    server.deliver(bulk, folder)
    long = letter(text=text, number=5)
    long.add_attachment(b"0" * 1_000_000, maintype="video", subtype="mp4", filename="a.mp4")
    server.deliver(long, folder)
    found = collect(at)
    assert [outcome for outcome, _ in told(found)] == ["link", "link", "refused", "link"]
    assert [(uid, part) for uid, part, _ in fetched] == [(uid, "<0.65536>") for uid in (1, 2, 5)]
    assert max(size for _, _, size in fetched) == 65536


def test_a_large_attachment_is_told_and_not_fetched(
    at: campaign.Campaign, server: ImapServer, folder: str, fetched: list[tuple[int, str, int]]
) -> None:
    big = b"0" * (30 * 1024 * 1024)
    server.deliver(letter(("大.xlsx", big)), folder)
    server.deliver(letter(("大.xlsx", big[: 20 * 1024 * 1024]), number=2), folder)
    found = collect(at)
    assert told(found) == [("refused", "大.xlsx"), ("saved", "大.xlsx")]
    assert "超过 25 MB" in whys(found)[0]
    assert [uid for uid, _, _ in fetched] == [2]


def test_since(at: campaign.Campaign, server: ImapServer, folder: str) -> None:
    for day in (1, 10, 20):
        server.deliver(
            letter((f"{day}.xlsx", DAMAGED + b"%d" % day), number=day), folder, datetime(2025, 4, day, 4, tzinfo=UTC)
        )
    assert told(collect(at, date(2025, 4, 10))) == [("saved", "10.xlsx"), ("saved", "20.xlsx")]
    assert told(collect(at, date(2025, 4, 15))) == []
    assert told(collect(at)) == [("saved", "1.xlsx")]  # what was passed over isn't taken for seen
    assert told(collect(at)) == []


def test_a_mailbox_numbered_anew_brings_nothing_twice(at: campaign.Campaign, server: ImapServer, folder: str) -> None:
    server.deliver(letter(("一.xlsx", DAMAGED), ("说明.pdf", b"%PDF-1.4")), folder)
    collect(at)
    path = at.inbox / REGISTER
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace("UIDVALIDITY=", "UIDVALIDITY=9"), encoding="utf-8-sig")
    assert [line.new for line in collect(at).lines] == [False, False]
    assert in_inbox(at) == ["一.xlsx"]


@contextmanager
def line(server: ImapServer, folder: str) -> Iterator[imaplib.IMAP4]:
    """Another program at the same folder."""
    from imap_tools.utils import encode_folder

    with imaplib.IMAP4(server.host, server.port) as other:
        other.login(server.user, server.password)
        other.select(encode_folder(folder).decode())
        yield other


def test_marking_and_moving_on_request(at: campaign.Campaign, server: ImapServer, folder: str) -> None:
    server.deliver(letter(("一.xlsx", DAMAGED)), folder)
    server.deliver(letter(number=2), folder)
    server.deliver(stranger(3), folder)
    target = f"{folder}-已收"
    with line(server, folder) as other:
        other.store("3", "+FLAGS", "\\Deleted")
    assert collect(at).marked == 0
    assert [each.flags for each in server.folders()[folder]] == ["", "", "T"]
    found = collect(at, mark=True)  # also what an earlier run collected
    assert (found.lines, found.marked) == ((), 1)
    assert [each.flags for each in server.folders()[folder]] == ["S", "", "T"]
    assert collect(at, mark=True).marked == 0
    with pytest.raises(MailError, match=r"没有文件夹.*先在邮箱中建立"):
        collect(at, move_to=target)
    server.deliver(stranger(4), target)
    assert collect(at, move_to=target).moved == 1
    left = server.folders()
    assert [each.flags for each in left[folder]] == ["", "T"]  # a deleted message of others is left alone
    assert len(left[target]) == 2
    assert collect(at, move_to=target).moved == 0
    moved = replace(at.mail.imap, folder=target) if at.mail and at.mail.imap else None
    elsewhere = replace(at, mail=replace(at.mail, imap=moved)) if at.mail else at
    assert told(collect(elsewhere)) == [("known", "一.xlsx")]


def test_moving_where_the_server_can_not(
    at: campaign.Campaign, server: ImapServer, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "_capabilities", lambda _: ["UIDPLUS"])
    server.deliver(letter(("一.xlsx", DAMAGED)), folder)
    server.deliver(stranger(1), folder)
    target = f"{folder}-已收"
    server.deliver(stranger(4), target)
    with line(server, folder) as other:
        other.store("2", "+FLAGS", "\\Deleted")
    assert collect(at, move_to=target).moved == 1
    left = server.folders()
    assert ([each.flags for each in left[folder]], len(left[target])) == (["T"], 2)


def test_the_settings_may_ask_for_moving(at: campaign.Campaign, server: ImapServer, folder: str) -> None:
    target = f"{folder}-已收"
    server.deliver(stranger(4), target)
    server.deliver(letter(("一.xlsx", DAMAGED)), folder)
    moving = with_settings(at, server, folder=folder, moved_to=target)
    assert collect(moving).moved == 1
    assert server.folders()[folder] == []


def test_broken_messages_never_stop_the_rest(at: campaign.Campaign, server: ImapServer, folder: str) -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(500))
    zipped = b'Content-Type: application/zip; name="a.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!'
    for message in (b"", b"\xff\xfe\x00 garbage", b"From: a@b.example\r\n" + nested, b"From: a@b.example\r\n" + zipped):
        server.deliver(message, folder)
    server.deliver(letter(("一.xlsx", DAMAGED)), folder)
    found = collect(at)
    assert ("saved", "一.xlsx") in told(found)
    assert len(found.lines) + found.quiet == 5
    assert collect(at).lines == ()


def test_what_the_server_withholds_is_asked_for_again(
    at: campaign.Campaign, server: ImapServer, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        server.deliver(letter((f"{number}.xlsx", DAMAGED + b"%d" % number), number=number), folder)
    inner = imap.Folder._fetch

    def withheld(self: imap.Folder, uids: str, what: str) -> list[bytes | tuple[bytes, bytes] | None]:
        if uids == "1" and "[]" in what:
            uids = "1:bad"  # the real server's own no
        return inner(self, uids, what)

    with monkeypatch.context() as patched:
        patched.setattr(imap.Folder, "_fetch", withheld)
        found = collect(at)
    assert [outcome for outcome, _ in told(found)] == ["broken", "saved"]
    assert "没有给出这封邮件" in whys(found)[0]
    assert told(collect(at)) == [("saved", "1.xlsx")]
    assert collect(at).lines == ()


# --- what stops it: told, exit code 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"security": "starttls", "ca_file": None}, "不能确认 localhost 的证书"),
        ({"ca_file": None}, "不能确认 localhost 的证书"),
        ({"port": 1}, "连不上邮件服务器 localhost:1：连接被拒绝"),
        ({"host": "nobody.invalid"}, "找不到这个服务器名称"),
        ({"folder": "没有的"}, "打不开文件夹“没有的”"),
        ({"user": "somebody"}, "没有接受 somebody 的登录"),
        ({"user": "张三"}, "没有接受 张三 的登录"),
        ({"ca_file": "nothing.pem"}, "找不到这个文件"),
    ],
)
def test_what_stops_it(at: campaign.Campaign, server: ImapServer, change: dict[str, object], said: str) -> None:
    if "security" in change:
        change["port"] = server.port
    result = run(with_settings(at, server, **{"folder": "INBOX", **change}))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr and result.stderr.count("\n") == 1


def test_a_wrong_password_and_none(at: campaign.Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERFEVAL_IMAP_PASSWORD", "wrong")
    result = run(at)
    assert result.exit_code == 2
    assert "授权码" in result.stderr and "wrong" not in result.output
    monkeypatch.delenv("PERFEVAL_IMAP_PASSWORD")
    monkeypatch.setattr("perfeval_xl.mail_settings._from_keyring", lambda _: ("", ""))
    assert "PERFEVAL_IMAP_PASSWORD" in run(at).stderr


def test_without_a_mailbox(at: campaign.Campaign) -> None:
    path = at.folder / campaign.SETTINGS
    path.write_text(path.read_text(encoding="utf-8").partition("\n[mail]")[0], encoding="utf-8")
    result = run(campaign.load(at.folder))
    assert (result.exit_code, "[mail.imap]" in result.stderr, "--from" in result.stderr) == (2, True, True)


def test_the_wrong_kind_of_line(at: campaign.Campaign, server: ImapServer, folder: str) -> None:
    server.deliver(letter(("一.xlsx", DAMAGED)), folder)
    assert run(with_settings(at, server, folder=folder, port=server.port)).exit_code == 2
    assert run(with_settings(at, server, folder=folder, port=server.port, security="starttls")).exit_code == 0
    assert in_inbox(at) == ["一.xlsx"]


@contextmanager
def cutting(server: ImapServer, after: int) -> Iterator[int]:
    """A line to the server that breaks when so many bytes have come from it; the port to connect to."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection((server.host, server.port)) as upstream:
            threading.Thread(target=passed_on, args=(client, upstream, 1 << 40), daemon=True).start()
            passed_on(upstream, client, after)
            for each in (client, upstream):
                each.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    thread.join()
    listener.close()


def passed_on(source: socket.socket, target: socket.socket, left: int) -> None:
    while left > 0:
        try:
            data = source.recv(min(left, 4096))
            target.sendall(data)
        except OSError:
            return
        if not data:
            return
        left -= len(data)


def test_a_line_that_breaks(at: campaign.Campaign, server: ImapServer, folder: str) -> None:
    for number in range(1, 7):
        content = DAMAGED + b"%d" % number * 20_000
        server.deliver(letter((f"{number}.xlsx", content), number=number), folder)
    with cutting(server, 100_000) as port:
        result = run(with_settings(at, server, folder=folder, port=port, security="none"))
    assert result.exit_code == 2
    assert "已收　1.xlsx" in result.stdout and "连接中断" in result.stderr
    got = in_inbox(at)
    assert 0 < len(got) < 6
    rest = run(with_settings(at, server, folder=folder))
    assert rest.exit_code == 0
    assert [name for name in got if f"已收　{name}" in rest.stdout] == []
    assert in_inbox(at) == [f"{number}.xlsx" for number in range(1, 7)]
    assert len(read_register(at.inbox)) == 6


@pytest.mark.parametrize("files", [1, 3])
def test_killed_and_run_again(at: campaign.Campaign, server: ImapServer, folder: str, files: int) -> None:
    for number in range(1, 7):
        content = DAMAGED + b"%d" % number * 200_000
        server.deliver(letter((f"{number}.xlsx", content), number=number), folder)
    command = [sys.executable, "-m", "perfeval_xl.cli", "collect", "-C", str(at.folder)]
    code = "from perfeval_xl.cli import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", code, *command[3:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
    deadline = time.monotonic() + 30
    while sum(name.endswith(".xlsx") for name in os.listdir(at.inbox)) < files and time.monotonic() < deadline:
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    running.wait()
    for name in in_inbox(at):
        if name.endswith(".xlsx"):
            assert (at.inbox / name).stat().st_size == len(DAMAGED) + 200_000
    assert run(at).exit_code == 0
    assert in_inbox(at) == [f"{number}.xlsx" for number in range(1, 7)]
    rows = list(read_register(at.inbox))
    assert sorted(row.file for row in rows) == in_inbox(at)
    assert run(at).stdout.startswith("收下 0 个文件。")


# --- what is printed


def test_text_json_and_csv(at: campaign.Campaign, server: ImapServer, folder: str) -> None:
    server.deliver(letter(("一.xlsx", form(at, "S001")), ("附.pdf", b"%PDF-1.4")), folder)
    server.deliver(stranger(1), folder)
    text = run(at)
    assert (text.exit_code, text.stderr) == (0, "")
    assert text.stdout.splitlines() == [
        "  已收　S001 第一小学　一.xlsx　［李老师 <s001@edu.example>，"
        f"{datetime(2025, 4, 2, 2, 3, tzinfo=UTC).astimezone():%Y-%m-%d %H:%M}］",
        "  没有收　附.pdf：PDF 文件，不是工作簿。　［李老师 <s001@edu.example>，"
        f"{datetime(2025, 4, 2, 2, 3, tzinfo=UTC).astimezone():%Y-%m-%d %H:%M}］",
        f"收下 1 个文件，没有收的 1 个。另有 1 封邮件没有表格。在 {at.inbox}",
    ]
    server.deliver(letter(("二.xlsx", form(at, "S002")), sender="er.xiao@qq.com", number=2), folder)
    found = json.loads(run(at, "--format", "json").stdout)
    assert (found["totals"]["saved"], found["totals"]["quiet"], found["stopped"]) == (1, 0, None)
    [saved] = found["lines"]
    assert (saved["outcome"], saved["units"], saved["file"], saved["sender"]) == (
        "saved", ["S002"], "二.xlsx", "er.xiao@qq.com",
    )  # fmt: skip
    server.deliver(letter(("=cmd.xlsx", DAMAGED), number=3), folder)
    rows = run(at, "--format", "csv").stdout.splitlines()
    assert rows[0].startswith("结果,单位代码,文件,原文件名,发件人")
    assert rows[1].startswith("已收,,'=cmd.xlsx,'=cmd.xlsx,s001@edu.example")


def test_options_that_do_not_go_together(at: campaign.Campaign, tmp_path: Path) -> None:
    for option in (("--mark",), ("--move", "x")):
        assert run(at, "--from", str(tmp_path), *option).exit_code == 2


def test_another_command_is_at_work(at: campaign.Campaign) -> None:
    with at.locked():
        assert "正由另一个 perfeval 处理" in run(at).stderr
