"""`perfeval mail` killed (SIGKILL) and started again: no unit is missed, and none is mailed twice.

One window can't be closed: the final dot has gone, and the server's answer was not read. What falls into it is told, and
not sent again unless somebody says so.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.mail.journal import Stage, read_journal
from tests.mailkit import mail_round
from tests.mailservers import Received, SmtpServer, smtp_server

ROOT = Path(__file__).parents[1]
MANY = tuple((f"S{n:03}", f"第{n}小学", "小学", "", f"s{n:03}@example.org") for n in range(1, 13))
FEW = MANY[:3]
PATIENCE = 30.0
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the system has no such signal")


def start(at: Campaign, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from perfeval_xl.cli import main; main()", "mail", "-C", str(at.folder)]
    return subprocess.Popen(
        [*command, "--format", "json", *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(run: subprocess.Popen[str]) -> dict[str, str]:
    """What the run tells of each unit, by code; it must end by itself and well."""
    out, err = run.communicate(timeout=PATIENCE)
    assert (run.returncode, err) == (0, "")
    told: list[dict[str, Any]] = json.loads(out)
    return {each["unit_code"]: each["state"] for each in told}


def kill(run: subprocess.Popen[str]) -> None:
    run.kill()
    run.communicate(timeout=PATIENCE)
    assert run.returncode == -signal.SIGKILL


def mailed(server: SmtpServer) -> Counter[str]:
    """How many messages each address got."""
    return Counter(address for message in server.messages for address in message.rcpt_tos)


class Once:
    """Behaves as told for the message to one address, the first time it comes; says when that was."""

    def __init__(self, address: str, wish: str) -> None:
        self.reached = threading.Event()
        self._address = address
        self._wish = wish

    def __call__(self, got: Received) -> str | None:
        if got.rcpt_tos != (self._address,) or self.reached.is_set():
            return None
        self.reached.set()
        return self._wish


@pytest.mark.parametrize("wish", ["stall", "stall-body"])
def test_killed_before_the_final_dot(tmp_path: Path, wish: str) -> None:
    """The server hasn't taken it, so it goes out when the run is started again."""
    behave = Once(FEW[0][4], wish)
    with smtp_server(behave=behave) as server:
        at = mail_round(tmp_path / "2024", server, FEW, blank_bytes=300_000)
        run = start(at)
        assert behave.reached.wait(PATIENCE)
        time.sleep(0.2)  # let it send as much of the body as the line holds
        kill(run)
        assert [each.stage for each in read_journal(at).values()] == [Stage.BEGIN]
        assert not server.messages
        assert set(finish(start(at)).values()) == {"sent"}
        assert mailed(server) == dict.fromkeys((unit[4] for unit in FEW), 1)


def test_killed_in_the_middle_goes_on_where_it_was(tmp_path: Path) -> None:
    behave = Once(FEW[1][4], "stall")
    with smtp_server(behave=behave) as server:
        at = mail_round(tmp_path / "2024", server, FEW)
        run = start(at)
        assert behave.reached.wait(PATIENCE)
        kill(run)
        assert mailed(server) == {FEW[0][4]: 1}
        assert finish(start(at)) == {"S001": "already", "S002": "sent", "S003": "sent"}
        assert mailed(server) == dict.fromkeys((unit[4] for unit in FEW), 1)


def test_killed_between_the_final_dot_and_the_answer(tmp_path: Path) -> None:
    """Nobody can know: it is told and not sent again, until somebody says so."""
    behave = Once(FEW[1][4], "stall-answer")
    with smtp_server(behave=behave) as server:
        at = mail_round(tmp_path / "2024", server, FEW)
        run = start(at)
        assert behave.reached.wait(PATIENCE)
        while len(server.messages) < 2:
            time.sleep(0.01)
        kill(run)
        assert Counter(each.stage for each in read_journal(at).values()) == {Stage.SENT: 1, Stage.COMMIT: 1}
        assert finish(start(at)) == {"S001": "already", "S002": "uncertain", "S003": "sent"}
        assert finish(start(at)) == {"S001": "already", "S002": "uncertain", "S003": "already"}
        assert mailed(server) == dict.fromkeys((unit[4] for unit in FEW), 1)
        assert finish(start(at, "--only", "S002", "--again", "S002")) == {"S002": "sent"}
        assert finish(start(at)) == dict.fromkeys(("S001", "S002", "S003"), "already")
        assert mailed(server)[FEW[1][4]] == 2


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    """Killed again and again, from before the first connection on."""
    chance = random.Random(seed)

    def slowly(_: Received) -> None:
        time.sleep(chance.uniform(0, 0.03))

    with smtp_server(behave=slowly) as server:
        at = mail_round(tmp_path / "2024", server, MANY)
        kills = 0
        while True:
            had, run = len(server.messages), start(at)
            goal = had + chance.randrange(3)
            while run.poll() is None and len(server.messages) < goal:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.04))
            if run.poll() is not None or len(server.messages) >= len(MANY):
                states = finish(run)
                break
            kill(run)
            kills += 1
        assert kills
        got = mailed(server)
        assert set(states) == {unit[0] for unit in MANY}
        for code, _, _, _, address in MANY:
            assert got[address] <= 1, f"{code} was mailed twice"
            assert states[code] in ("sent", "already", "uncertain")
            assert got[address] == 1 or states[code] == "uncertain", f"{code} was missed"
        assert sum(state == "uncertain" for state in states.values()) <= kills


def test_a_run_beside_another_is_refused(tmp_path: Path) -> None:
    """Two at once would each send what the other has not noted yet."""
    behave = Once(FEW[0][4], "stall")
    with smtp_server(behave=behave) as server:
        at = mail_round(tmp_path / "2024", server, FEW)
        run = start(at)
        assert behave.reached.wait(PATIENCE)
        second = start(at)
        _, err = second.communicate(timeout=PATIENCE)
        assert second.returncode == 2 and "正由另一个 perfeval 处理" in err
        kill(run)
        assert set(finish(start(at)).values()) == {"sent"}
        assert mailed(server) == dict.fromkeys((unit[4] for unit in FEW), 1)
