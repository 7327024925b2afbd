"""Letters to a real server on loopback: answers of every kind, lost lines, limits, logins, certificates; no unit twice."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from perfeval_xl.campaign import Campaign, load
from perfeval_xl.district.mail import sending
from perfeval_xl.district.mail.journal import JOURNAL, letter_mark
from perfeval_xl.district.mail.letters import letter
from perfeval_xl.district.mail.messages import Kind
from perfeval_xl.district.mail.sending import BACK_OFF, RECONNECT, Letter, Posted, State, rehearse, send_all
from perfeval_xl.errors import MailError
from tests.mailkit import SENDER, UNITS, Clock, letters, mail_round, parsed
from tests.mailservers import Received, SmtpServer, smtp_server

LOGIN = ("caiwu", "s3cret")
BIG = 150_000  # bytes of a blank that no line holds at once


def states(posted: list[Posted]) -> list[State]:
    return [each.state for each in posted]


def send(at: Campaign, clock: Clock | None = None, **given: object) -> list[Posted]:
    clock = clock or Clock()
    return send_all(at, letters(at), pace=clock.pace(), **given)  # type: ignore[arg-type]


def stages(at: Campaign) -> list[str]:
    """What the journal says, line by line: unit and stage."""
    lines = (at.folder / JOURNAL).read_text(encoding="utf-8-sig").splitlines()[1:]
    return [f"{line.split(',')[1]} {line.split(',')[5]}" for line in lines]


def told(server: SmtpServer) -> list[tuple[str, ...]]:
    return [each.rcpt_tos for each in server.messages]


def only_for(*units: str, times: int = 1, then: str) -> Callable[[Received], str | None]:
    """A server that answers ``then`` to the first ``times`` messages to each of ``units``."""
    left = {f"{unit.lower()}@example.org": times for unit in units}

    def behave(message: Received) -> str | None:
        [to] = message.rcpt_tos
        left[to] = left.get(to, 0) - 1
        return then if left[to] >= 0 else None

    return behave


def test_each_unit_gets_its_own_blank(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server, blank_bytes=BIG)
        posted = send(at)
    assert posted == [Posted(unit, Kind.BLANK, State.SENT, "", (unit.email,)) for unit in at.roster.values()]
    assert [each.mail_from for each in server.messages] == [SENDER] * 3
    for unit, got in zip(at.roster.values(), server.messages, strict=True):
        message = parsed(got)
        [attached] = message.iter_attachments()
        assert got.rcpt_tos == (unit.email,)
        assert attached.get_filename() == unit.file_name
        assert attached.get_content() == (at.outbox / unit.file_name).read_bytes()
    assert stages(at)[:4] == ["S001 begin", "S001 commit", "S001 sent", "S002 begin"]


def test_again_sends_nothing_and_asks_no_server(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server)
        send(at)
    posted = send(at)  # there is no server any more
    assert states(posted) == [State.ALREADY] * 3
    assert "已发过，内容没有变" in posted[0].why
    assert len(server.messages) == 3


def test_again_when_asked_for_a_unit(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server)
        send(at)
        assert states(send(at, again=["S002"])) == [State.ALREADY, State.SENT, State.ALREADY]
    assert told(server)[3:] == [("s002@example.org",)]


def test_another_blank_another_address_another_deadline_is_another_letter(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server)
        send(at)
        (at.outbox / at.roster["S001"].file_name).write_bytes(b"another")
        assert states(send(at)) == [State.SENT, State.ALREADY, State.ALREADY]
        changed = replace(at.roster["S002"], email="new@example.org")
        at.__dict__["roster"] = {**at.roster, "S002": changed}
        assert states(send(at)) == [State.ALREADY, State.SENT, State.ALREADY]
        settings = at.folder / "campaign.toml"
        settings.write_text(settings.read_text(encoding="utf-8").replace("2099-04-30", "2099-05-31"), encoding="utf-8")
        assert states(send(load(at.folder))) == [State.SENT] * 3


def test_the_case_of_an_address_makes_no_other_letter(tmp_path: Path) -> None:
    at = mail_round(tmp_path / "2024")
    unit = at.roster["S001"]
    loud = replace(unit, email=" S001@EXAMPLE.org ;")
    assert letter(at, unit, Kind.BLANK, []).key == letter(at, loud, Kind.BLANK, []).key
    keys = {letter(at, unit, Kind.BLANK, [], words).key for words in ({}, {"a": 1}, {"a": 2}, {"b": 1})}
    assert len(keys) == 4
    assert len({letter_mark(unit, kind, "k") for kind in Kind} | {letter_mark(at.roster["S002"], Kind.BLANK, "k")}) == 4


# ---- addresses

MANY = (
    ("S001", "一小", "小学", "", "s001@example.org"),
    ("S002", "二小", "小学", "", ""),
    ("S003", "三小", "小学", "", "s003"),
    ("S004", "四小", "小学", "", "S001@example.org"),
    ("S005", "五小", "小学", "", "s005@example.org；不是；t005@example.org"),
)


def test_each_bad_address_has_its_line_and_the_rest_is_sent(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server, MANY)
        posted = send(at)
        assert states(rehearse(at, letters(at))) == [
            State.ALREADY,
            State.NO_ADDRESS,
            State.BAD_ADDRESS,
            *[State.ALREADY] * 2,
        ]
    assert states(posted) == [State.SENT, State.NO_ADDRESS, State.BAD_ADDRESS, State.SENT, State.SENT]
    assert [each.why for each in posted] == [
        "s001@example.org 也是 S004 四小 的邮箱，请核对",
        "没有邮箱地址，请在 units.xlsx 的“邮箱”一列填写",
        "“s003”不是邮箱地址，请在 units.xlsx 中改正",
        "S001@example.org 也是 S001 一小 的邮箱，请核对",
        "“不是”不是邮箱地址，没有发给它",
    ]
    assert posted[4].addresses == ("s005@example.org", "t005@example.org") == told(server)[2]


def test_one_of_two_addresses_refused(tmp_path: Path) -> None:
    with smtp_server(refuse={"t005@example.org": "550 no such user"}) as server:
        at = mail_round(tmp_path / "2024", server, MANY[4:])
        [posted] = send(at)
    assert (posted.state, posted.addresses) == (State.SENT, ("s005@example.org",))
    assert posted.why.startswith("t005@example.org 不收：550 no such user；")
    assert told(server) == [("s005@example.org",)]


def test_all_addresses_refused(tmp_path: Path) -> None:
    refuse = {"s005@example.org": "550 gone", "t005@example.org": "553 no"}
    with smtp_server(refuse=refuse) as server:
        at = mail_round(tmp_path / "2024", server, MANY[4:])
        [posted] = send(at)
    assert posted.state is State.FAILED and "550 gone" in posted.why and "553 no" in posted.why
    assert stages(at) == ["S005 begin", "S005 failed"]


# ---- answers


def test_a_refusal_is_told_and_stops_no_other(tmp_path: Path) -> None:
    clock = Clock()
    with smtp_server(behave=only_for("S002", then="550 5.7.1 looks like spam")) as server:
        at = mail_round(tmp_path / "2024", server)
        posted = send(at, clock)
        assert states(posted) == [State.SENT, State.FAILED, State.SENT]
        assert posted[1].why.startswith("服务器不收：550 5.7.1 looks like spam")
        assert len(server.refused) == 1 and not [wait for wait in clock.waits if wait > 1]
        assert stages(at)[3:6] == ["S002 begin", "S002 commit", "S002 failed"]
        assert states(send(at)) == [State.ALREADY, State.SENT, State.ALREADY]


@pytest.mark.parametrize("times", [1, len(BACK_OFF)])
def test_a_temporary_answer_is_waited_out_behind_the_others(tmp_path: Path, times: int) -> None:
    clock = Clock()
    with smtp_server(behave=only_for("S001", times=times, then="451 greylisted")) as server:
        at = mail_round(tmp_path / "2024", server)
        assert states(send(at, clock)) == [State.SENT] * 3
    assert [to[0][:4] for to in told(server)] == ["s002", "s003", "s001"]
    assert [wait for wait in clock.waits if wait > 1] == list(BACK_OFF[:times])


def test_a_temporary_answer_that_never_ends(tmp_path: Path) -> None:
    clock = Clock()
    with smtp_server(behave=only_for("S001", times=99, then="450 later")) as server:
        at = mail_round(tmp_path / "2024", server)
        posted = send(at, clock)
    assert states(posted) == [State.FAILED, State.SENT, State.SENT]
    assert posted[0].why == "服务器几次都答复暂时不收：450 later"
    assert len(server.refused) == 1 + len(BACK_OFF)
    assert stages(at)[-1] == "S001 failed"


def test_a_temporary_answer_at_the_address(tmp_path: Path) -> None:
    clock = Clock()
    with smtp_server(refuse={"s002@example.org": "452 mailbox full"}) as server:
        at = mail_round(tmp_path / "2024", server)
        posted = send(at, clock)
    assert states(posted) == [State.SENT, State.FAILED, State.SENT]
    assert "452 mailbox full" in posted[1].why and sum(clock.waits) > sum(BACK_OFF)


def test_a_server_that_has_had_enough_is_left_and_asked_again(tmp_path: Path) -> None:
    clock = Clock()
    with smtp_server(behave=only_for("S001", then="421 too many messages")) as server:
        at = mail_round(tmp_path / "2024", server)
        assert states(send(at, clock)) == [State.SENT] * 3
    assert len(server.messages) == 3


def test_a_sender_that_is_refused_is_not_tried_for_every_unit(tmp_path: Path) -> None:
    with smtp_server(login=LOGIN) as server:  # at MAIL FROM it answers 530 to who hasn't logged in
        at = mail_round(tmp_path / "2024", server)
        posted = send(at)
        assert states(posted) == [State.STOPPED] * 3
        assert {each.why.partition("，")[0] for each in posted} == {
            f"服务器不接受发件人 {SENDER}（530 5.7.0 Authentication required）"
        }
    assert stages(at) == ["S001 begin", "S001 failed"]


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_a_server_that_speaks_chinese(tmp_path: Path, charset: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        at = mail_round(tmp_path / "2024", SmtpServer("127.0.0.1", server.getsockname()[1], tmp_path))

        def greet() -> None:
            with server.accept()[0] as line:
                line.sendall("554 拒绝连接\r\n".encode(charset))

        greeting = threading.Thread(target=greet)
        greeting.start()
        assert "没有接受连接：554 拒绝连接。" in refused(at)
        greeting.join()


def test_a_server_that_takes_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERFEVAL_SMTP_PASSWORD", "secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        at = mail_round(
            tmp_path / "2024", SmtpServer("127.0.0.1", port, tmp_path), smtp='security = "none"\nuser = "u"'
        )

        def greet() -> None:
            with server.accept()[0] as line:
                line.sendall(b"220 hello\r\n")
                line.recv(1000)
                line.sendall(b"250-hello\r\n250 AUTH XOAUTH2 GSSAPI\r\n")
                line.recv(1000)

        greeting = threading.Thread(target=greet)
        greeting.start()
        assert "127.0.0.1 不接受用密码登录（只提供 XOAUTH2 GSSAPI）" in refused(at).replace("  ", " ")
        greeting.join()


# ---- lost lines


def test_a_line_lost_in_mid_message_is_opened_again(tmp_path: Path) -> None:
    with smtp_server(behave=only_for("S001", "S003", then="drop")) as server:
        at = mail_round(tmp_path / "2024", server, blank_bytes=BIG)
        assert states(send(at)) == [State.SENT] * 3
    assert [to[0][:4] for to in told(server)] == ["s001", "s002", "s003"]
    assert stages(at)[:5] == ["S001 begin", "S001 failed", "S001 begin", "S001 commit", "S001 sent"]


def test_a_line_lost_every_time(tmp_path: Path) -> None:
    with smtp_server(behave=only_for("S002", times=99, then="drop")) as server:
        at = mail_round(tmp_path / "2024", server, blank_bytes=BIG)
        posted = send(at)
    assert states(posted) == [State.SENT, State.FAILED, State.SENT]
    assert "传送中连接几次中断，没有发" in posted[1].why
    assert stages(at).count("S002 begin") == sending.ATTEMPTS


def test_a_line_lost_before_the_answer_can_not_be_known(tmp_path: Path) -> None:
    with smtp_server(behave=only_for("S002", then="drop-answer")) as server:
        at = mail_round(tmp_path / "2024", server)
        posted = send(at)
        assert states(posted) == [State.SENT, State.UNCERTAIN, State.SENT]
        assert "--again S002" in posted[1].why
        assert stages(at)[3:6] == ["S002 begin", "S002 commit", "S003 begin"]
        again = send(at)
        assert states(again) == [State.ALREADY, State.UNCERTAIN, State.ALREADY]
        assert "--again S002" in again[1].why and len(server.messages) == 3
        assert states(send(at, again=["S002"]))[1] is State.SENT
        assert states(send(at)) == [State.ALREADY] * 3
    assert [to[0][:4] for to in told(server)] == ["s001", "s002", "s003", "s002"]


@pytest.mark.parametrize(
    ("wish", "state"), [("stall", State.SENT), ("stall-body", State.SENT), ("stall-answer", State.UNCERTAIN)]
)
def test_a_server_that_falls_silent(tmp_path: Path, wish: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfeval_xl.district.mail.line._AT_THE_END", 1)
    with smtp_server(behave=only_for("S001", then=wish)) as server:
        at = mail_round(tmp_path / "2024", server, blank_bytes=BIG)
        posted = send_all(at, letters(at), pace=Clock().pace(patience=0.3))
    assert states(posted) == [state, State.SENT, State.SENT]
    assert len(server.messages) == 3


def test_a_server_that_goes_away(tmp_path: Path) -> None:
    clock = Clock()
    with ExitStack() as running:
        server = running.enter_context(smtp_server())
        at = mail_round(tmp_path / "2024", server)
        wanted = letters(at)

        def late() -> EmailMessage:
            running.close()
            return wanted[1].make()

        posted = send_all(at, [wanted[0], replace(wanted[1], make=late), wanted[2]], pace=clock.pace())
    assert states(posted) == [State.SENT, State.STOPPED, State.STOPPED]
    assert all("连接中断，没有发" in each.why and each.why.endswith("重新运行即可继续") for each in posted[1:])
    assert [wait for wait in clock.waits if wait > 1] == [each for each in RECONNECT if each]
    assert stages(at) == ["S001 begin", "S001 commit", "S001 sent", "S002 begin", "S002 failed"]


# ---- before anything is sent


def refused(at: Campaign) -> str:
    """Why nothing is sent; nothing was."""
    with pytest.raises(MailError) as caught:
        send(at)
    assert stages(at) == []
    return str(caught.value)


SECURE = 'security = "{}"\nuser = "caiwu"\nca_file = "{}"'


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login_over_a_protected_line(tmp_path: Path, security: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERFEVAL_SMTP_PASSWORD", "s3cret")
    with smtp_server(security, LOGIN) as server:  # type: ignore[arg-type]
        at = mail_round(tmp_path / "2024", server, smtp=SECURE.format(security, server.ca_file))
        assert states(send(at)) == [State.SENT] * 3


@pytest.mark.parametrize("given", ["wrong", "密码", ""])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_login_that_fails(tmp_path: Path, security: str, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERFEVAL_SMTP_PASSWORD", given)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with smtp_server(security, LOGIN) as server:  # type: ignore[arg-type]
        at = mail_round(tmp_path / "2024", server, smtp=SECURE.format(security, server.ca_file))
        said = refused(at)
    expected = {"wrong": "没有接受 caiwu 的登录（535", "密码": "中文或全角字符", "": "没有 caiwu 的密码"}
    assert expected[given] in said and "s3cret" not in said
    assert not server.messages


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("trusted", ["", "another"])
def test_a_certificate_of_nobody_we_know(tmp_path: Path, security: str, trusted: str) -> None:
    settings = f'security = "{security}"\n'
    if trusted:
        trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        settings += f'ca_file = "{tmp_path / "ca.pem"}"'
    with smtp_server(security) as server:  # type: ignore[arg-type]
        said = refused(mail_round(tmp_path / "2024", server, smtp=settings))
    assert "不能确认 localhost 的证书" in said and "ca_file" in said
    assert not server.messages


def test_a_server_without_the_protection_asked_for(tmp_path: Path) -> None:
    with smtp_server() as server:
        assert "不支持 STARTTLS" in refused(mail_round(tmp_path / "1", server, smtp='security = "starttls"'))
        assert "请核对端口和 security" in refused(mail_round(tmp_path / "2", server, smtp='security = "tls"'))
    assert not server.messages


def test_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = SmtpServer("127.0.0.1", unused.getsockname()[1], tmp_path)
        assert "连接被拒绝" in refused(mail_round(tmp_path / "1", nobody))
    nowhere = SmtpServer("no-such-host.invalid", 25, tmp_path)
    assert "找不到这个服务器名称" in refused(mail_round(tmp_path / "2", nowhere))


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = mail_round(tmp_path / "2024", SmtpServer("127.0.0.1", silent.getsockname()[1], tmp_path))
        with pytest.raises(MailError, match="服务器没有应答"):
            send_all(at, letters(at), pace=Clock().pace(patience=0.2))


def test_a_round_without_a_server(tmp_path: Path) -> None:
    at = mail_round(tmp_path / "2024")
    with pytest.raises(MailError, match=r"没有 \[mail\.smtp\]"):
        send(at)
    assert not (at.folder / JOURNAL).exists()


def test_a_template_that_cannot_be_used(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server)
        (at.folder / "mail").mkdir()
        (at.folder / "mail" / "blank.txt.j2").write_text("{{ nothing }}")
        assert "blank.txt.j2" in refused(at)


# ---- what goes out


def test_a_blank_that_is_not_there(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server)
        (at.outbox / at.roster["S001"].file_name).unlink()
        assert states(rehearse(at, letters(at))) == [State.FAILED, State.READY, State.READY]
        posted = send(at)
    assert states(posted) == [State.FAILED, State.SENT, State.SENT]
    assert "没有 S001_第一小学.xlsx" in posted[0].why and "perfeval generate" in posted[0].why


def test_a_blank_that_cannot_be_read(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server)
        path = at.outbox / at.roster["S002"].file_name
        path.unlink()
        path.mkdir()
        assert states(send(at)) == [State.SENT, State.FAILED, State.SENT]


def test_a_message_over_the_servers_limit_is_not_tried(tmp_path: Path) -> None:
    with smtp_server(size_limit=60_000) as server:
        at = mail_round(tmp_path / "2024", server)
        (at.outbox / at.roster["S002"].file_name).write_bytes(b"x" * 60_000)
        posted = send(at)
    assert states(posted) == [State.SENT, State.TOO_LARGE, State.SENT]
    assert posted[1].why.startswith("邮件有 0.08 MB，超过 0.06 MB 的上限")
    assert not [line for line in stages(at) if line.startswith("S002")]


@pytest.mark.parametrize(("over", "state"), [(-1, State.TOO_LARGE), (0, State.READY)])
def test_a_message_over_our_own_limit(tmp_path: Path, over: int, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server, UNITS[:1], smtp='security = "none"\nmax_mb = 1')
        [wanted] = letters(at)
        message = wanted.make()
        fixed = [replace(wanted, make=lambda: message)]
        monkeypatch.setattr(sending, "_MB", len(message.as_bytes()) + over)
        assert states(rehearse(at, fixed)) == [state]
        expected = State.SENT if state is State.READY else state
        assert states(send_all(at, fixed, pace=Clock().pace())) == [expected]


@pytest.mark.parametrize(("per_minute", "seconds"), [(20, 3.0), (60, 1.0)])
def test_no_more_than_so_many_a_minute(tmp_path: Path, per_minute: int, seconds: float) -> None:
    clock = Clock()
    with smtp_server() as server:
        send(mail_round(tmp_path / "2024", server, per_minute=per_minute), clock)
    assert clock.waits == [seconds, seconds]


def test_lines_that_begin_with_a_dot(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server, UNITS[:1])
        plain = EmailMessage()
        plain["Subject"], plain["To"] = "x", "s001@example.org"
        plain.set_content(".\n..\n.a\n\n.\n")
        made = Letter(at.roster["S001"], Kind.BLANK, "k", lambda: plain)
        assert states(send_all(at, [made], pace=Clock().pace())) == [State.SENT]
    assert parsed(server.messages[0]).get_content().replace("\r\n", "\n") == ".\n..\n.a\n\n.\n"


def test_a_message_whose_last_line_has_no_end(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server, UNITS[:1])
        plain = EmailMessage()
        plain["Subject"] = "x"
        plain.set_payload("end")
        made = Letter(at.roster["S001"], Kind.BLANK, "k", lambda: plain)
        assert states(send_all(at, [made], pace=Clock().pace(patience=2))) == [State.SENT]
    assert server.messages[0].data == b"Subject: x\r\n\r\nend\r\n"


# ---- a rehearsal


def test_a_rehearsal_sends_and_writes_nothing(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server, MANY)
        before = sorted(path.name for path in at.folder.rglob("*"))
        posted = rehearse(at, letters(at))
        assert not server.messages
    assert states(posted) == [State.READY, State.NO_ADDRESS, State.BAD_ADDRESS, State.READY, State.READY]
    assert "也是 S004 四小 的邮箱" in posted[0].why
    assert sorted(path.name for path in at.folder.rglob("*")) == before


# ---- steps


def test_a_step_for_each_letter(tmp_path: Path) -> None:
    steps: list[None] = []
    with smtp_server(behave=only_for("S001", times=2, then="451 later")) as server:
        at = mail_round(tmp_path / "2024", server, MANY)
        send_all(at, letters(at), lambda: steps.append(None), pace=Clock().pace())
    assert len(steps) == 5
    rehearse(at, letters(at), lambda: steps.append(None))
    assert len(steps) == 10
