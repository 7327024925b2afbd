"""Letters through the mail server: one after another, each journaled before and after, none twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from email.message import EmailMessage
from enum import StrEnum
from typing import Final

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.mail.addresses import owners, read_addresses, sharing
from perfeval_xl.district.mail.journal import Entry, Journal, Last, Stage, letter_mark, read_journal
from perfeval_xl.district.mail.line import SECONDS, Answer, Fate, Line
from perfeval_xl.district.mail.messages import Kind
from perfeval_xl.district.rounds import Step, no_step
from perfeval_xl.errors import MailError, PerfevalError
from perfeval_xl.files import reason
from perfeval_xl.mail_settings import MailSettings, SmtpSettings
from perfeval_xl.numbers import divide, half_up, show_number
from perfeval_xl.roster import Unit

BACK_OFF: Final = (30.0, 120.0, 300.0)
"""Seconds before each further round of those that the server would not take now; greylisting asks for minutes."""
RECONNECT: Final = (0.0, 5.0, 30.0)
"""Seconds before each attempt to open a line that was lost."""
ATTEMPTS: Final = 3
"""How often a message is tried whose line breaks."""
_MB = 1024 * 1024


class State(StrEnum):
    """What became of a letter, or would (READY). STOPPED: it did not go because nothing could be sent any more."""

    SENT = "sent"
    DRAFT = "draft"
    READY = "ready"
    ALREADY = "already"
    UNCERTAIN = "uncertain"
    NO_ADDRESS = "no-address"
    BAD_ADDRESS = "bad-address"
    TOO_LARGE = "too-large"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Letter:
    """One message to one unit. ``key`` is what makes it this very letter: with the same key it is not sent twice.

    ``make`` composes it; what it raises (PerfevalError, OSError) is told of this letter and stops no other.
    """

    unit: Unit
    kind: Kind
    key: str
    make: Callable[[], EmailMessage]


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one letter; ``why`` is for the operator ('' where there is nothing to say)."""

    unit: Unit
    kind: Kind
    state: State
    why: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock to go by and how to wait, and how long the server may be silent; all in seconds."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    patience: float = SECONDS


def send_all(
    campaign: Campaign,
    letters: Sequence[Letter],
    step: Step = no_step,
    *,
    again: Collection[str] = (),
    pace: Pace | None = None,
) -> list[Posted]:
    """Send ``letters`` (under the round's lock); what became of each, in their order.

    Those that went out before are left, and those of which that can't be known, but for the units of ``again`` (codes).
    MailError before anything is sent: no server in the settings, no password, login refused, certificate not to be trusted,
    server not reached, journal or templates unusable; and later where the journal can't be written any more.
    """
    if campaign.mail is None or campaign.mail.smtp is None:
        raise MailError(f"{campaign.folder / 'campaign.toml'} 中没有 [mail.smtp]，不能直接发送。")
    with Journal(campaign) as journal:
        run = _Run(campaign, campaign.mail, campaign.mail.smtp, journal, pace or Pace(), step)
        return run.all(letters, again)


def rehearse(
    campaign: Campaign, letters: Sequence[Letter], step: Step = no_step, *, again: Collection[str] = ()
) -> list[Posted]:
    """What ``send_all`` would do, READY for what it would send; nothing is sent or written, no server is asked."""
    last, remark = read_journal(campaign), remarks(campaign)
    smtp = campaign.mail.smtp if campaign.mail else None
    found = []
    for letter in letters:
        posted = _settled(letter, last, again)
        if posted is None:
            message = made(letter)
            posted = message if isinstance(message, Posted) else None
            if isinstance(message, EmailMessage) and smtp is not None:
                posted = _too_large(letter, len(_transmitted(message)), smtp.max_mb * _MB)
        found.append(posted or _posted(letter, State.READY, remark(letter)))
        step()
    return found


def made(letter: Letter) -> EmailMessage | Posted:
    """The letter's message, or the report of why there is none."""
    try:
        return letter.make()
    except PerfevalError as error:
        return _posted(letter, State.FAILED, str(error).rstrip("。"))
    except OSError as error:
        return _posted(letter, State.FAILED, f"读不出来：{error.filename or ''} {reason(error)}")


def without_address(letter: Letter) -> Posted | None:
    """The report of a letter that nobody can get, if it is one."""
    found = read_addresses(letter.unit.email)
    if found.addresses:
        return None
    if found.malformed:
        return _posted(letter, State.BAD_ADDRESS, f"“{'”“'.join(found.malformed)}”不是邮箱地址，请在 units.xlsx 中改正")
    return _posted(letter, State.NO_ADDRESS, "没有邮箱地址，请在 units.xlsx 的“邮箱”一列填写")


def remarks(campaign: Campaign) -> Callable[[Letter], str]:
    """Tells what the operator should know of a letter's addresses though it goes out ('' for nothing)."""
    known = campaign.owners
    by_address = owners(known.values())

    def told(letter: Letter) -> str:
        lines = [f"“{each}”不是邮箱地址，没有发给它" for each in read_addresses(letter.unit.email).malformed]
        for address, others in sharing(known.get(letter.unit.owner, letter.unit), by_address).items():
            named = "、".join(f"{each.code} {each.name}" for each in others)
            lines.append(f"{address} 也是 {named} 的邮箱，请核对")
        return "；".join(lines)

    return told


def _settled(letter: Letter, last: Mapping[str, Last], again: Collection[str]) -> Posted | None:
    """The report of a letter that is not to be sent; None for the others."""
    unreachable = without_address(letter)
    if unreachable or letter.unit.code in again:
        return unreachable
    before = last.get(letter_mark(letter.unit, letter.kind, letter.key))
    if before is None:
        return None
    if before.stage is Stage.SENT:
        return _posted(letter, State.ALREADY, f"{before.when} 已发过，内容没有变")
    if before.stage is Stage.COMMIT:
        return _posted(letter, State.UNCERTAIN, _uncertain(letter, f"{before.when} 传完后没有记下服务器的答复"))
    return None


def _uncertain(letter: Letter, what: str) -> str:
    return (
        f"{what}，不能确定对方是否收到，没有再发。请查看发件邮箱的“已发送”或问该单位；"
        f"没有收到的，用 --again {letter.unit.code} 再发一次"
    )


def _posted(letter: Letter, state: State, why: str = "", addresses: Collection[str] | None = None) -> Posted:
    told = read_addresses(letter.unit.email).addresses if addresses is None else tuple(addresses)
    return Posted(letter.unit, letter.kind, state, why, told)


def _transmitted(message: EmailMessage) -> bytes:
    """The message as it goes over the line: CRLF, seven bits."""
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n", cte_type="7bit"))


def _too_large(letter: Letter, size: int, limit: int) -> Posted | None:
    if size <= limit:
        return None
    why = (
        f"邮件有 {_megabytes(size)} MB，超过 {_megabytes(limit)} MB 的上限，没有发。请减小附件，或用别的办法发给该单位"
    )
    return _posted(letter, State.TOO_LARGE, why)


def _megabytes(size: int) -> str:
    return show_number(half_up(divide(Decimal(size), Decimal(_MB)), Decimal("0.01")))


def _check_texts(letter: Letter) -> None:
    """What is wrong with a template is wrong for all: MailError. What is wrong with this letter alone is told later."""
    try:
        letter.make()
    except MailError:
        raise
    except (PerfevalError, OSError):
        return


class _Run:
    """One run of ``send_all``."""

    def __init__(
        self, campaign: Campaign, mail: MailSettings, smtp: SmtpSettings, journal: Journal, pace: Pace, step: Step
    ) -> None:
        self._sender = mail.sender.address
        self._smtp = smtp
        self._journal = journal
        self._pace = pace
        self._step = step
        self._line = Line(smtp, pace.patience)
        self._remark = remarks(campaign)
        self._next = pace.clock()  # when the next message may go
        self._ended = ""  # why nothing more can be sent

    def all(self, letters: Sequence[Letter], again: Collection[str]) -> list[Posted]:
        done: dict[int, Posted] = {}
        for number, letter in enumerate(letters):
            settled = _settled(letter, self._journal.last, again)
            if settled is not None:
                self._finish(done, number, settled)
        later = {number: "" for number in range(len(letters)) if number not in done}
        if later:
            _check_texts(letters[next(iter(later))])
            self._line.open()
        ended = False
        try:
            for pause in (0.0, *BACK_OFF):
                if later and not self._ended:
                    self._pace.sleep(pause)
                later = self._round(letters, later, done)
            ended = True
        finally:
            self._line.close(polite=ended)
        for number, why in later.items():
            self._finish(done, number, _posted(letters[number], State.FAILED, f"服务器几次都答复暂时不收：{why}"))
        return [done[number] for number in sorted(done)]

    def _round(self, letters: Sequence[Letter], waiting: Iterable[int], done: dict[int, Posted]) -> dict[int, str]:
        """Try the letters ``waiting``, by number; those that the server would not take now, with its words."""
        later: dict[int, str] = {}
        for number in waiting:
            found = self._one(letters[number])
            if isinstance(found, Posted):
                self._finish(done, number, found)
            else:
                later[number] = found
        return later

    def _finish(self, done: dict[int, Posted], number: int, posted: Posted) -> None:
        done[number] = posted
        self._step()

    def _one(self, letter: Letter) -> Posted | str:
        """What became of a letter; the server's words where it is to be tried again later."""
        message = made(letter)
        if isinstance(message, Posted):
            return message
        to = read_addresses(letter.unit.email).addresses
        entry = Entry(letter.unit, letter.kind, letter.key, to, message["Message-ID"] or "")
        data = _transmitted(message)
        answer = Answer(Fate.BROKEN)
        for _ in range(ATTEMPTS):
            if not self._ready():
                return _posted(letter, State.STOPPED, self._ended)
            limits = [self._smtp.max_mb * _MB, self._line.size_limit]
            too_large = _too_large(letter, len(data), min(each for each in limits if each))
            if too_large is not None:
                return too_large
            answer = self._transmit(entry, data)
            if answer.sender:
                self._ended = (
                    f"服务器不接受发件人 {self._sender}（{answer.said}），没有发。"
                    "请核对 campaign.toml 中的 from（一般须与登录的邮箱相同）和 user"
                )
                return _posted(letter, State.STOPPED, self._ended)
            if answer.fate is not Fate.BROKEN:
                break
        return answer.said if answer.fate is Fate.LATER else self._told(letter, answer)

    def _ready(self) -> bool:
        """Whether there is a line, opened anew if need be; and wait for this message's turn."""
        if self._ended:
            return False
        if not self._line.is_open:
            for pause in RECONNECT:
                self._pace.sleep(pause)
                try:
                    self._line.open()
                    break
                except MailError as error:
                    why = str(error).rstrip("。")
            else:
                self._ended = f"与邮件服务器的连接中断，没有发（{why}）。重新运行即可继续"
                return False
        self._pace.sleep(max(0.0, self._next - self._pace.clock()))
        self._next = self._pace.clock() + 60 / self._smtp.per_minute
        return True

    def _transmit(self, entry: Entry, data: bytes) -> Answer:
        self._journal.write(entry, Stage.BEGIN)
        answer = self._line.send(data, self._sender, entry.addresses, lambda: self._journal.write(entry, Stage.COMMIT))
        if answer.fate is Fate.TAKEN:
            self._journal.write(entry, Stage.SENT, _refusals(answer))
        elif answer.fate is not Fate.UNKNOWN:
            self._journal.write(entry, Stage.FAILED, _refusals(answer) or answer.said)
        return answer

    def _told(self, letter: Letter, answer: Answer) -> Posted:
        """The report of a letter that was tried."""
        if answer.fate is Fate.TAKEN:
            to = [each for each in read_addresses(letter.unit.email).addresses if each not in answer.unwilling]
            why = "；".join(filter(None, (_refusals(answer), self._remark(letter))))
            return _posted(letter, State.SENT, why, to)
        if answer.fate is Fate.UNKNOWN:
            return _posted(letter, State.UNCERTAIN, _uncertain(letter, "内容传完后没有收到服务器的答复"))
        if answer.fate is Fate.BROKEN:
            return _posted(letter, State.FAILED, f"传送中连接几次中断，没有发（{answer.said}）。重新运行即可再试")
        return _posted(letter, State.FAILED, f"服务器不收：{_refusals(answer) or answer.said}")


def _refusals(answer: Answer) -> str:
    """The addresses that the server would not send to."""
    return "；".join(f"{address} 不收：{said}" for address, said in answer.unwilling.items())
