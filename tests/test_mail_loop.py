"""The whole post of a round over real servers: blanks out, units fill and reply in their several ways, returns in, review,
forms sent back, reminders; then some units do as they were told, and the rest are reminded no more that day."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfeval_xl.campaign import ROSTER, SETTINGS, Campaign, load
from perfeval_xl.cli import main
from perfeval_xl.district import rounds, standing
from perfeval_xl.district.mail import sending
from perfeval_xl.district.mail.journal import JOURNAL
from perfeval_xl.district.standing import Standing
from tests.mailkit import parsed
from tests.mailservers import ImapServer, Kept, Received, SmtpServer, imap_server, smtp_server
from tests.rounds import published_answers, roster_bytes
from tests.workbooks import saved_later

BUREAU = "caiwu@bureau.example.org"
WRONG = {"contracts_total": None, "procurement_policy_self_score": "0.5"}
XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAMES = ("plain", "gbk", "nested", "zipped", "inline", "versions", "blank", "lender", "borrower", "outlook", "silent")
UNITS = (
    *(
        (f"S{n:02}", f"样例第{n}小学", "小学", "", f"{name}@school.example.org")
        for n, name in enumerate(NAMES, start=1)
    ),
    ("S12", "样例第12小学", "小学", "", ""),
    ("S13", "样例第13小学", "小学", "", "gone@school.example.org"),
)
EMAIL = {unit[0]: unit[4] for unit in UNITS}
PLAIN, GBK, NESTED, ZIPPED, INLINE, VERSIONS, BLANK, LENDER, BORROWER, OUTLOOK, SILENT, NO_ADDRESS, GONE = EMAIL
AWAITED = (BORROWER, OUTLOOK, SILENT)
"""Who has an address and sends nothing of its own that counts, to the end."""


# ---- the units


@dataclass
class Units:
    """What the simulated units do: take their message from the SMTP server, fill what is attached, reply into the mailbox."""

    smtp: SmtpServer
    imap: ImapServer
    desk: Path
    sent: int = 0

    def got(self, code: str) -> list[EmailMessage]:
        """The messages to a unit, in the order of arrival."""
        return [parsed(each) for each in self.smtp.messages if each.rcpt_tos == (EMAIL[code],)]

    def filled(self, code: str, saved: str = "2025-04-10T08:00:00Z", **changes: Any) -> bytes:
        """The workbook of the unit's latest message with answers in it."""
        blank, answers, filled = (self.desk / name for name in ("表.xlsx", "answers.json", "填好.xlsx"))
        blank.write_bytes(attached(self.got(code)[-1])[workbook_of(code)])
        answers.write_text(json.dumps(published_answers(**changes)), encoding="utf-8")
        run("fill", blank, answers, "-o", filled, "-C", self.desk)
        return saved_later(filled.read_bytes(), saved)

    def reply(self, code: str, subject: str = "回复：自评表") -> EmailMessage:
        """A reply to the unit's latest message, without anything attached."""
        got = self.got(code)[-1]
        message = EmailMessage()
        message["From"] = Address(f"{code} 办公室", addr_spec=EMAIL[code])
        message["To"] = got["Reply-To"] or got["From"]
        message["Subject"] = subject
        message["In-Reply-To"] = got["Message-ID"]
        message["Message-ID"] = make_msgid(domain="school.example.org")
        message["Date"] = self._now()
        message.set_content("您好，见附件。\n", charset="gb18030", cte="base64")
        return message

    def attach(self, message: EmailMessage, name: str, data: bytes, disposition: str = "attachment") -> EmailMessage:
        message.add_attachment(data, "application", XLSX, filename=name, disposition=disposition)
        return message

    def post(self, message: EmailMessage | bytes) -> None:
        self.imap.deliver(message, at=self._now())

    def _now(self) -> datetime:
        """Two minutes after the message before, all within the last hours: whole minutes are all that a round tells."""
        self.sent += 1
        return (
            datetime.now().astimezone().replace(microsecond=0) - timedelta(hours=6) + self.sent * timedelta(minutes=2)
        )

    def gbk(self, code: str, data: bytes) -> bytes:
        """A message as old programs write them: GBK bytes in the headers, encoded in no way."""
        form = self.attach(EmailMessage(), "x.xlsx", data)
        [part] = list(form.iter_attachments())
        body = part.get_payload().encode("ascii")
        head = (
            f"From: 样例第2小学 <{EMAIL[code]}>\r\nTo: {BUREAU}\r\nSubject: 报送自评表\r\n"
            f"Date: {format_datetime(self._now())}\r\nMessage-ID: {make_msgid()}\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="=b"\r\n\r\n--=b\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n'
            "附上自评表。\r\n--=b\r\n"
            'Content-Type: application/octet-stream; name="第二小学 自评表.xlsx"\r\nContent-Transfer-Encoding: base64\r\n'
            'Content-Disposition: attachment; filename="第二小学 自评表.xlsx"\r\n\r\n'
        )
        return head.encode("gbk") + body + b"\r\n--=b--\r\n"


def workbook_of(code: str) -> str:
    return f"{code}_样例第{int(code[1:])}小学.xlsx"


def attached(message: EmailMessage) -> dict[str, bytes]:
    return {str(each.get_filename()): each.get_content() for each in message.iter_attachments()}


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def first_answers(units: Units) -> None:
    """Eleven units got their blank; ten do something, each in a way of its own."""
    units.post(units.attach(units.reply(PLAIN), "自评表（填好）.xlsx", units.filled(PLAIN)))
    units.post(units.gbk(GBK, units.filled(GBK)))
    forwarded = EmailMessage()
    forwarded["From"], forwarded["To"], forwarded["Subject"] = "teacher@qq.com", EMAIL[NESTED], "给您"
    forwarded.set_content("填好了。\n")
    outer = units.reply(NESTED, "转发：给您")
    outer.add_attachment(units.attach(forwarded, "自评表.xlsx", units.filled(NESTED)))
    units.post(outer)
    parcel = io.BytesIO()
    with zipfile.ZipFile(parcel, "w") as archive:
        archive.writestr("样例第4小学/自评表.xlsx", units.filled(ZIPPED, **WRONG))
    message = units.reply(ZIPPED)
    message.add_attachment(parcel.getvalue(), "application", "zip", filename="第四小学材料.zip")
    units.post(message)
    units.post(units.attach(units.reply(INLINE), "自评表.xlsx", units.filled(INLINE), disposition="inline"))
    old, new = (
        units.filled(VERSIONS, f"2025-04-{day}T08:00:00Z", **changes) for day, changes in ((11, WRONG), (12, {}))
    )
    units.post(units.attach(units.reply(VERSIONS), "自评表.xlsx", new))
    units.post(units.attach(units.reply(VERSIONS), "自评表.xlsx", old))  # what came last is not what counts
    blank = attached(units.got(BLANK)[-1])[workbook_of(BLANK)]
    units.post(units.attach(units.reply(BLANK, "回复：收到"), workbook_of(BLANK), blank))
    units.post(units.attach(units.reply(BORROWER), "自评表.xlsx", units.filled(LENDER)))
    message = units.reply(OUTLOOK)
    message.add_attachment(b"\x78\x9f\x3e\x22" + bytes(200), "application", "ms-tnef", filename="winmail.dat")
    units.post(message)
    for number in range(30):
        other = EmailMessage()
        other["From"], other["Subject"] = f"news{number}@example.com", f"Newsletter {number}"
        other["Date"] = units._now()
        other.set_content("Nothing about the round.\n")
        units.post(other)


def second_answers(units: Units) -> None:
    """Two units do as they were told: one corrects the workbook that came back, one fills its blank at last."""
    corrected = units.filled(ZIPPED, "2025-04-20T08:00:00Z")
    units.post(units.attach(units.reply(ZIPPED), "第四小学改.xlsx", corrected))
    units.post(units.attach(units.reply(BLANK), "补交.xlsx", units.filled(BLANK)))


# ---- the bureau


def run(*arguments: Any) -> str:
    """What a command prints; it must end well."""
    done = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@dataclass
class Stage:
    """What the commands told, and where things stood, after a wave of replies. ``posted`` and ``reminded``: kind and state
    by unit; ``written``: messages that each unit had got by then."""

    collected: dict[str, Any]
    again: dict[str, Any]
    standing: dict[str, Standing]
    findings: dict[str, set[str]]
    returned: list[str]
    reminded: dict[str, tuple[str, str]]
    written: Counter[str]


@dataclass
class Story:
    at: Campaign
    units: Units
    posted: dict[str, tuple[str, str]]
    mailed: Counter[str]
    refused: list[Received]
    stages: list[Stage] = field(default_factory=list)
    mailbox: dict[str, list[Kept]] = field(default_factory=dict)


def states(printed: str) -> dict[str, tuple[str, str]]:
    return {each["unit_code"]: (each["kind"], each["state"]) for each in json.loads(printed)}


def stage(at: Campaign, units: Units) -> Stage:
    """Collect twice, review, send back, remind."""
    folder = ("-C", at.folder)
    collected, again = (json.loads(run("collect", *folder, "--format", "json")) for _ in range(2))
    run("run", *folder)
    run("return", *folder)
    inbox = rounds.read_inbox(at)
    district = rounds.examine_inbox(at, inbox=inbox)
    stands = standing.status(at, district, inbox, date.today()).units
    return Stage(
        collected,
        again,
        {each.code: each.standing for each in stands},
        {each.unit_code: {found.code for found in each.findings} for each in district.results},
        sorted(path.name for path in at.returned.iterdir()),
        states(run("remind", *folder, "--format", "json")),
        written(units),
    )


def written(units: Units) -> Counter[str]:
    addresses = Counter(address for each in units.smtp.messages for address in each.rcpt_tos)
    return Counter({code: addresses[address] for code, address in EMAIL.items() if address in addresses})


def unwillingly() -> Callable[[Received], str | None]:
    """A server that hangs up in the middle of the first message, and puts another off; the next time it takes them."""
    wishes = {EMAIL[PLAIN]: "drop", EMAIL[NESTED]: "451 4.7.1 greylisted, come back later"}
    return lambda got: wishes.pop(got.rcpt_tos[0], None)


def begun(folder: Path, smtp: SmtpServer, imap: ImapServer) -> Campaign:
    """A round with its blanks issued, made as an operator makes it."""
    names = ("--district", "样例区", "--department", "样例区教育局", "--year", 2024, "--deadline", "2099-04-30")
    run("init", folder, *names, "--contact", "财务科 020-12345678")
    (folder / ROSTER).write_bytes(roster_bytes(UNITS))
    with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
        settings.write(f"""
[mail]
from = "样例区教育局财务科 <{BUREAU}>"
[mail.smtp]
host = "{smtp.host}"
port = {smtp.port}
user = "caiwu"
ca_file = '{smtp.ca_file}'
per_minute = 6000
[mail.imap]
host = "{imap.host}"
port = {imap.tls_port}
user = "{imap.user}"
ca_file = '{imap.ca_file}'
""")
    run("generate", "-C", folder)
    return load(folder)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with ExitStack() as open_now:
        patch = open_now.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(sending, "BACK_OFF", (0.05,))  # a real server asks for minutes
        patch.setenv("PERFEVAL_SMTP_PASSWORD", "out going")
        refuse = {EMAIL[GONE]: "550 5.1.1 no such user"}
        smtp = open_now.enter_context(smtp_server("starttls", ("caiwu", "out going"), None, unwillingly(), refuse))
        imap = open_now.enter_context(imap_server(tmp_path_factory.mktemp("dovecot")))
        patch.setenv("PERFEVAL_IMAP_PASSWORD", imap.password)
        units = Units(smtp, imap, tmp_path_factory.mktemp("desk"))
        at = begun(tmp_path_factory.mktemp("loop") / "2024", smtp, imap)
        posted = states(run("mail", "-C", at.folder, "--format", "json"))
        told = Story(at, units, posted, written(units), list(smtp.refused))
        for answer in (first_answers, second_answers):
            answer(units)
            told.stages.append(stage(at, units))
        told.mailbox = imap.folders()
        yield told


# ---- what came of it


def test_every_unit_with_an_address_got_its_own_blank_once(story: Story) -> None:
    expected = dict.fromkeys(EMAIL, ("blank", "sent"))
    assert story.posted == {**expected, NO_ADDRESS: ("blank", "no-address"), GONE: ("blank", "failed")}
    assert story.mailed == Counter(set(EMAIL) - {NO_ADDRESS, GONE})
    assert [each.rcpt_tos for each in story.refused] == [(EMAIL[NESTED],)]
    log = (story.at.folder / JOURNAL).read_text(encoding="utf-8-sig")
    stages = [line.split(",")[5] for line in log.splitlines() if f",{PLAIN},样例第1小学,blank," in line]
    assert stages == ["begin", "failed", "begin", "commit", "sent"]
    for code in story.mailed:
        message = story.units.got(code)[0]
        name = workbook_of(code)
        assert attached(message) == {name: (story.at.outbox / name).read_bytes()}
        assert f"代码 {code}" in text(message) and "2099年4月30日" in text(message)


def test_what_the_units_sent_is_in_the_inbox(story: Story) -> None:
    lines = story.stages[0].collected["lines"]
    saved = [each for each in lines if each["outcome"] == "saved"]
    owners = (PLAIN, GBK, NESTED, ZIPPED, INLINE, VERSIONS, VERSIONS, LENDER)
    assert sorted(code for each in saved for code in each["units"]) == sorted(owners)
    assert all((story.at.inbox / each["file"]).is_file() for each in saved)
    assert len({each["file"] for each in saved}) == len(owners)
    [gbk] = [each for each in saved if each["units"] == [GBK]]
    assert (gbk["name"], gbk["sender_name"], gbk["subject"]) == ("第二小学 自评表.xlsx", "样例第2小学", "报送自评表")
    [nested] = [each for each in saved if each["units"] == [NESTED]]
    assert (nested["sender"], nested["original_sender"]) == (EMAIL[NESTED], "teacher@qq.com")
    others = {each["sender"]: (each["outcome"], each["name"]) for each in lines if each["outcome"] != "saved"}
    assert others == {EMAIL[BLANK]: ("blank", workbook_of(BLANK)), EMAIL[OUTLOOK]: ("refused", "winmail.dat")}
    assert story.stages[0].collected["totals"]["quiet"] == 30


def test_collecting_again_takes_nothing_twice_and_the_mailbox_is_as_it_was(story: Story) -> None:
    for each in story.stages:
        assert each.again["totals"]["saved"] == 0
        assert not any(line["new"] for line in each.again["lines"])
    assert [line["outcome"] for line in story.stages[1].collected["lines"] if line["new"]] == ["saved", "saved"]
    assert set(story.mailbox) == {"INBOX"}
    assert {kept.flags for kept in story.mailbox["INBOX"]} == {""}
    assert len(story.mailbox["INBOX"]) == 10 + 30 + 2


def test_where_the_round_stands(story: Story) -> None:
    first, second = story.stages
    returned = (PLAIN, GBK, NESTED, ZIPPED, INLINE, VERSIONS, LENDER)
    assert {code for code, each in first.standing.items() if each is not Standing.MISSING} == set(returned)
    assert first.standing[ZIPPED] is Standing.PROVISIONAL
    assert {code for code, each in second.standing.items() if each is not Standing.MISSING} == {*returned, BLANK}
    assert second.standing[ZIPPED] is Standing.FINDINGS
    assert [code for code, each in first.findings.items() if "sender-other-unit" in each] == [LENDER]


def test_only_who_must_correct_gets_the_form_back(story: Story) -> None:
    stem = workbook_of(ZIPPED).removesuffix(".xlsx")
    assert story.stages[0].returned == [f"{stem}.xlsx", f"{stem}_退回说明.docx", f"{stem}_退回说明.txt"]
    assert story.stages[1].returned == []


def test_who_is_reminded_of_what(story: Story) -> None:
    first, second = story.stages
    missing = dict.fromkeys((BLANK, *AWAITED), ("missing", "sent"))
    unreachable = {NO_ADDRESS: ("missing", "no-address"), GONE: ("missing", "failed")}
    assert first.reminded == {ZIPPED: ("correct", "sent"), **missing, **unreachable}
    assert first.written == story.mailed + Counter((ZIPPED, BLANK, *AWAITED))
    assert second.reminded == {**dict.fromkeys(AWAITED, ("missing", "already")), **unreachable}
    assert second.written == first.written


def test_the_reminders_say_what_is_missing(story: Story) -> None:
    said = {code: text(story.units.got(code)[1]) for code in (ZIPPED, BLANK, *AWAITED)}
    for code in (BLANK, *AWAITED):
        assert f"还没有收到你单位（代码 {code}）" in said[code]
        assert list(attached(story.units.got(code)[1])) == [workbook_of(code)]
    assert f"“回复：收到”中的 {workbook_of(BLANK)}：是没有填写的空表" in said[BLANK]
    assert "winmail.dat：附件被 Outlook 封装" in said[OUTLOOK]
    assert not any("收到过下列文件" in said[code] for code in (BORROWER, SILENT))
    assert "须改正 2 处" in said[ZIPPED] and "采购合同" in said[ZIPPED] and "现第 1 次退回" in said[ZIPPED]
    stem = workbook_of(ZIPPED).removesuffix(".xlsx")
    assert list(attached(story.units.got(ZIPPED)[1])) == [f"{stem}.xlsx", f"{stem}_退回说明.docx"]


def test_no_password_is_written_anywhere(story: Story) -> None:
    written_files = [path for path in story.at.folder.rglob("*") if path.is_file()]
    assert not [path for path in written_files if b"out going" in path.read_bytes()]
