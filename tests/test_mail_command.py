"""`perfeval mail`: a line a unit, in every format; what stops it; and a machine that may not be mailed by two at once."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from perfeval_xl.campaign import LOCK, Campaign
from perfeval_xl.cli import main
from perfeval_xl.district.mail.journal import JOURNAL
from tests.mailkit import UNITS, mail_round
from tests.mailservers import SmtpServer, smtp_server

MANY = (*UNITS[:2], ("S003", "第三小学", "小学", "", ""))


def run(at: Campaign, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ("mail", "-C", str(at.folder), *arguments))
    return done.exit_code, done.stdout, done.stderr


def test_drafts_where_there_is_no_server(tmp_path: Path) -> None:
    at = mail_round(tmp_path / "2024", units=MANY)
    code, out, err = run(at)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "  S001 第一小学：已写成草稿 s001@example.org",
        "  S002 第二小学：已写成草稿 s002@example.org",
        "  S003 第三小学：没有邮箱（没有邮箱地址，请在 units.xlsx 的“邮箱”一列填写）",
        "已写成草稿 2 封，没有邮箱 1 封。",
        f"草稿在 {at.outbox}",
    ]


def test_sent_and_then_resumed(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server, MANY)
        code, out, _ = run(at, "--only", "S001")
        assert (code, out.splitlines()) == (0, ["  S001 第一小学：已发送 s001@example.org", "已发送 1 封。"])
        code, out, _ = run(at)
        assert code == 0
        assert "S001 第一小学：此前已发 s001@example.org（" in out
        assert out.splitlines()[-1] == "此前已发 1 封，已发送 1 封，没有邮箱 1 封。"
        code, out, _ = run(at, "--only", "S001", "--again", "S001")
        assert "S001 第一小学：已发送" in out
    assert len(server.messages) == 3


def test_drafts_though_there_is_a_server(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server)
        assert "已写成草稿 3 封。" in run(at, "--drafts")[1]
    assert not server.messages and len(list(at.outbox.glob("*.eml"))) == 3


@pytest.mark.parametrize("drafts", [(), ("--drafts",)])
def test_a_dry_run_sends_nothing(tmp_path: Path, drafts: tuple[str, ...]) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server, MANY)
        code, out, _ = run(at, "--dry-run", *drafts)
    assert code == 0
    assert out.splitlines()[0] == "  S001 第一小学：将发送 s001@example.org"
    assert out.splitlines()[-1] == "将发送 2 封，没有邮箱 1 封。"
    assert not server.messages and not list(at.outbox.glob("*.eml")) and not (at.folder / JOURNAL).exists()


def test_what_a_machine_reads(tmp_path: Path) -> None:
    at = mail_round(tmp_path / "2024", units=MANY)
    said = json.loads(run(at, "--format", "json")[1])
    assert said[0] == {
        "unit_code": "S001",
        "unit_name": "第一小学",
        "kind": "blank",
        "state": "draft",
        "addresses": ["s001@example.org"],
        "why": "",
    }
    assert [each["state"] for each in said] == ["draft", "draft", "no-address"]
    head, *rows = list(csv.reader(io.StringIO(run(at, "--dry-run", "--format", "csv")[1])))
    assert head == list(said[0]) and [row[3] for row in rows] == ["ready", "ready", "no-address"]


@pytest.mark.parametrize("option", ["--only", "--again"])
def test_an_unknown_code(tmp_path: Path, option: str) -> None:
    code, out, err = run(mail_round(tmp_path / "2024"), option, "S009")
    assert (code, out) == (2, "") and "名册中没有单位代码 S009" in err


def test_what_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.delenv("PERFEVAL_SMTP_PASSWORD", raising=False)
    at = mail_round(tmp_path / "2024", SmtpServer("127.0.0.1", 1, tmp_path), smtp='security = "none"\nuser = "u"')
    code, out, err = run(at)
    assert (code, out) == (2, "") and "错误：没有 u 的密码（SMTP）" in err


def test_a_run_that_had_to_stop(tmp_path: Path) -> None:
    with smtp_server(login=("u", "p")) as server:  # it refuses the sender who has not logged in
        code, out, err = run(mail_round(tmp_path / "2024", server, MANY))
    assert code == 2 and out.splitlines()[-1] == "中断未发 2 封，没有邮箱 1 封。"
    assert err.startswith("错误：没有发完：服务器不接受发件人") and "S003" in out


def test_two_at_once(tmp_path: Path) -> None:
    with smtp_server() as server:
        at = mail_round(tmp_path / "2024", server)
        with FileLock(at.folder / LOCK):
            code, _, err = run(at)
            assert code == 2 and "正由另一个 perfeval 处理" in err
            assert run(at, "--dry-run")[0] == 0
    assert not server.messages


def test_the_progress_is_not_on_stdout(tmp_path: Path) -> None:
    assert "%" not in run(mail_round(tmp_path / "2024"))[1]
