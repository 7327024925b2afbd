"""From what the post brings to files in inbox/: whole, under safe names, nothing overwritten, nothing twice.

Each file of each message is told of once. A file is saved before the register knows of it, and the register is saved
before the next message: whoever runs it again after a break finds the file by its content.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.batch import Examine, examining
from perfeval_xl.district.duplicates import typed
from perfeval_xl.district.intake import Desk
from perfeval_xl.district.mail.addresses import owners
from perfeval_xl.district.mail.arrivals import Arrival, Enclosed
from perfeval_xl.district.mail.enclosures import WORKBOOKS, Fate, Judged, judged
from perfeval_xl.district.mail.mailfiles import arrivals_in
from perfeval_xl.district.mail.register import HELD, Outcome, Register, Row, read_register
from perfeval_xl.district.mail.relevance import Relevance
from perfeval_xl.district.mail.senders import other_senders
from perfeval_xl.district.parcels import REGISTER, Item, items, unlike
from perfeval_xl.district.rounds import Step, no_step
from perfeval_xl.errors import MailError
from perfeval_xl.excel.recognise import FileKind
from perfeval_xl.files import write_atomically
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scratch import scratch_folder, telling
from perfeval_xl.storage import Place, RemotePath

_UNTOUCHED = frozenset(
    {
        *("missing", "text-missing", "evidence-missing", "self-score-missing", "needs-review"),
        *("not-recalculated", "issued-under-other-readings", "issued-data-changed", "identity-partly-lost"),
        *("other-format", "protection-removed", "validations-removed", "file-name-other-unit"),
    }
)
"""Findings that a form may have and yet hold nothing that its unit typed into it."""
_NOT_OURS = frozenset({"not-our-form", "not-a-workbook"})


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one file of one message; ``units`` are those whose forms are in it, as far as was looked."""

    row: Row
    units: tuple[Unit, ...] = ()
    new: bool = True
    """Whether the register did not have it yet."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What was collected: a line a file; how many messages held nothing for us, were ``marked`` as read, were ``moved``.

    ``stopped`` tells why it ended before its end, as a sentence; what had come until then is in the inbox.
    """

    lines: tuple[Line, ...]
    quiet: int = 0
    marked: int = 0
    moved: int = 0
    stopped: str = ""


def collect_files(
    campaign: Campaign, given: Sequence[Path], since: date | None = None, step: Step = no_step
) -> Collected:
    """Collect from files and folders (mailfiles.py); ``since``: only messages and files of that day or later.

    The round must be locked. MailError where one of ``given`` can't be read, or is the inbox itself.
    """
    for path in given:
        if not path.exists():
            raise MailError(f"找不到 {path}。")
        if isinstance(campaign.inbox, Path) and path.resolve().is_relative_to(campaign.inbox.resolve()):
            raise MailError(f"{path} 就在 {campaign.inbox} 里，其中的文件不用再收。")
    with examining(Desk.of(campaign)) as examine:
        collector = _Collector(campaign, read_register(campaign.inbox), examine)
        for path in given:
            for arrival in arrivals_in(path):
                if since is None or arrival.date is None or arrival.date.astimezone().date() >= since:
                    collector.take(arrival)
                else:
                    collector.quiet += 1
                step()
    return Collected(tuple(collector.lines), collector.quiet)


def collect_mailbox(
    campaign: Campaign, since: date | None = None, *, mark: bool = False, move_to: str = "", step: Step = no_step
) -> Collected:
    """Collect from the mailbox of [mail.imap]; ``since``: only messages that came that day or later.

    ``mark`` marks as read, ``move_to`` (else the settings' moved_to) moves, messages with a file that is in the inbox.
    The round must be locked. MailError where there is no mailbox or it can't be opened.
    """
    from perfeval_xl.district.mail.imap import opened

    settings = campaign.mail.imap if campaign.mail else None
    if settings is None:
        raise MailError(
            "campaign.toml 中没有 [mail.imap]（收件邮箱的服务器）。请补上，或用 --from 指明存下来的邮件或文件。"
        )
    move_to = move_to or settings.moved_to
    register = read_register(campaign.inbox)
    marked, moved, stopped = 0, 0, ""
    with examining(Desk.of(campaign)) as examine:
        collector = _Collector(campaign, register, examine)
        try:
            with opened(settings, writing=mark, move_to=move_to) as folder:
                arrivals = folder.arrivals(register, since, collector.relevant, step)
                for arrival in arrivals:
                    collector.take(arrival)
                collector.quiet += arrivals.quiet
                held = {row.source for row in register if row.outcome in HELD}
                marked, moved = folder.tidy(held, mark=mark, move_to=move_to)
        except MailError as error:
            register.save()
            if not collector.lines:
                raise
            stopped = str(error)
    register.save()
    return Collected(tuple(collector.lines), collector.quiet, marked, moved, stopped)


class _Collector:
    """Takes arrivals one by one."""

    def __init__(self, campaign: Campaign, register: Register, examine: Examine) -> None:
        self.lines: list[Line] = []
        self.quiet = 0
        self.relevant = Relevance(campaign)
        self._campaign = campaign
        self._register = register
        self._examine = examine
        self._owners = owners(campaign.owners.values())
        self._inbox = _Contents(items(campaign.inbox).items)
        self._sent = _Contents(
            [Item(f"{at.name}/{each.name}", each) for at in (campaign.outbox, campaign.returned) for each in _files(at)]
        )
        self._names = {each.name.casefold() for each in campaign.inbox.iterdir()} | {REGISTER.casefold()}

    def take(self, arrival: Arrival) -> None:
        """Save what is to be saved of a message, and note what there is to tell of it."""
        before = len(self.lines)
        relevant = self.relevant(arrival)
        if arrival.broken:
            self.lines.append(Line(_row(Outcome.BROKEN, arrival, why=f"{arrival.broken}。")))
            return
        pictures = []
        for each in arrival.enclosed:
            found = judged(each)
            if found.fate is Fate.TAKEN:
                self._file(arrival, each, found, relevant)
            elif found.fate is Fate.SEALED or (found.fate is Fate.TOLD and relevant):
                self._tell(_row(Outcome.REFUSED, arrival, each, why=found.why))
            elif found.fate is Fate.PICTURE and relevant and (each.attached or each.name == ""):
                pictures.append((each, found))
        for link in arrival.links:
            if relevant and (link.certain or len(self.lines) == before):
                why = f"{link}。附件不在邮件里，请打开邮件，点链接下载后放进 inbox，或请发件人改用普通附件重发。"
                self._tell(_row(Outcome.LINK, arrival, why=why))
        if len(self.lines) == before:
            for each, found in pictures:
                self._tell(_row(Outcome.REFUSED, arrival, each, why=found.why))
        self.quiet += len(self.lines) == before
        self._register.save()

    def _tell(self, row: Row) -> None:
        known = self._register.get(row)
        self._note(row, new=known is None)

    def _note(self, row: Row, units: tuple[Unit, ...] = (), *, new: bool = True) -> None:
        if new:
            self._register.add(row)
        self.lines.append(Line(row, units, new))

    def _file(self, arrival: Arrival, each: Enclosed, found: Judged, relevant: bool) -> None:
        """A file that is, or may hold, a workbook."""
        sha256 = hashlib.sha256(each.data).hexdigest()
        row = _row(Outcome.KNOWN, arrival, each, sha256=sha256)
        known = self._register.get(row)
        here = self._inbox.name_of(each.data, sha256)
        if here:
            self._note(replace(row, file=here), new=known is None or known.outcome not in HELD)
        elif known is not None and known.outcome in HELD:
            why = f"以前收过（{known.file}），后来从 inbox 移走了，没有再收。"
            self.lines.append(Line(replace(known, outcome=Outcome.WITHDRAWN, why=why), new=False))
        elif known is not None:
            self.lines.append(Line(known, new=False))
        else:
            self._new(replace(row, outcome=Outcome.SAVED), each, found, relevant)

    def _new(self, row: Row, each: Enclosed, found: Judged, relevant: bool) -> None:
        """A file that was never here before."""
        results = self._examined(each.data, found)
        units = _units(self._campaign, results)
        why = self._why_blank(each.data, row.sha256, results)
        if why:
            self._note(replace(row, outcome=Outcome.BLANK, why=why), units)
        elif not relevant and _is_foreign(found, results):
            self._note(replace(row, outcome=Outcome.UNRELATED, why="不是本次下发的表。"))
        else:
            name = self._saved(each, found.name, row)
            self._inbox.add(name, self._campaign.inbox / name, len(each.data))
            self._note(replace(row, file=name, why=self._remark(row, found, results, units)), units)

    def _why_blank(self, data: bytes, sha256: str, results: Sequence[UnitResult]) -> str:
        """Why a file is no return although it is a form of ours, as a sentence; '' where it is one.

        Where nothing is missing in a blank, it was issued with all its figures: then it is the return, sent as it came.
        """
        product = self._sent.name_of(data, sha256)
        if product.startswith(f"{self._campaign.returned.name}/"):
            return f"就是退回的表（{product}），没有改动，不算重报。"
        if not results or any(_is_complete(each) for each in results):
            return ""
        if product:
            return f"就是下发的空表（{product}），不算交表。"
        return "表里没有填写任何内容，不算交表。请发件人附上填好的表。" if all(map(_is_blank, results)) else ""

    def _examined(self, data: bytes, found: Judged) -> list[UnitResult]:
        """What the intake makes of a file, in a child process; nothing of what isn't opened at all."""
        if found.kind not in (*WORKBOOKS, FileKind.ZIP, FileKind.ENCRYPTED):
            return []
        with scratch_folder() as folder:
            path = folder / "file"
            with telling():
                path.write_bytes(data)
            return [result for each in self._examine([Item(found.name, path)]) for result in each]

    def _saved(self, each: Enclosed, name: str, row: Row) -> str:
        """The name that a file was saved under."""
        name = unlike(name, self._names)
        while (self._campaign.inbox / name).exists():  # put there by somebody since
            name = unlike(name, self._names)
        modified = datetime.fromisoformat(row.date).timestamp() if row.date else None
        write_atomically(self._campaign.inbox / name, each.data, modified)
        return name

    def _remark(self, row: Row, found: Judged, results: Sequence[UnitResult], units: Sequence[Unit]) -> str:
        """What to know of a file that was saved, '' for nothing."""
        said = []
        if results and all(each.card is None for each in results):
            said.append(results[0].findings[0].message)
        elif found.why:
            said.append(f"{found.why}。")
        for unit in units:
            others = other_senders(unit.owner, {row.sender, row.original} - {""}, self._owners)
            if others:
                named = "、".join(f"{other.code} {other.name}" for other in others)
                said.append(f"表是 {unit.code} {unit.label} 的，而发件地址是 {named} 的，请核对。")
        return "".join(said)


class _Contents:
    """Files by their content. They are read only where one of the same size is asked for."""

    def __init__(self, files: Iterable[Item]) -> None:
        self._by_size: defaultdict[int, list[Item]] = defaultdict(list)
        self._hashes: dict[str, str] = {}
        for each in files:
            self.add(each.name, each.path, each.path.stat().st_size)

    def add(self, name: str, path: Place, size: int) -> None:
        self._by_size[size].append(Item(name, path))

    def name_of(self, data: bytes, sha256: str) -> str:
        """The name of a file with this content, '' where there is none."""
        return next((each.name for each in self._by_size[len(data)] if self._hash(each) == sha256), "")

    def _hash(self, item: Item) -> str:
        if item.name not in self._hashes:
            self._hashes[item.name] = hashlib.sha256(item.path.read_bytes()).hexdigest()
        return self._hashes[item.name]


def _files(folder: Place) -> list[Place]:
    there: Iterator[Place] = folder.iterdir()
    return sorted((each for each in there if isinstance(each, RemotePath) or each.is_file()), key=str)


def _row(outcome: Outcome, arrival: Arrival, each: Enclosed | None = None, *, why: str = "", sha256: str = "") -> Row:
    return Row(
        outcome,
        arrival.source,
        name=each.name if each else "",
        sender=arrival.sender,
        sender_name=arrival.sender_name,
        original=each.original if each else "",
        date=arrival.date.astimezone().isoformat(" ", "seconds") if arrival.date else "",
        subject=arrival.subject,
        why=why,
        message_id=arrival.message_id,
        sha256=sha256,
    )


def _units(campaign: Campaign, results: Sequence[UnitResult]) -> tuple[Unit, ...]:
    codes = dict.fromkeys(each.unit_code for each in results if each.card is not None)
    return tuple(campaign.roster[code] for code in codes if code in campaign.roster)


def _is_complete(result: UnitResult) -> bool:
    return all(each.code != "missing" for each in result.findings)


def _is_blank(result: UnitResult) -> bool:
    """Whether a form holds nothing that its unit typed: no answer, no score of its own, and nothing in a wrong place."""
    submission, card = result.submission, result.card
    if submission is None or card is None or typed(result):
        return False
    claims = {each.self_score_id for each in card.scheme.indicators}
    issued = {name for name, cell in submission.score_cells.items() if cell.issued}
    claimed = any(submission.answers[name].value is not None for name in claims - issued)
    return not claimed and {each.code for each in result.findings} <= _UNTOUCHED


def _is_foreign(found: Judged, results: Sequence[UnitResult]) -> bool:
    """Whether a file is surely none of the round's."""
    if not results:
        return found.kind is FileKind.FOREIGN
    return all(each.card is None and {every.code for every in each.findings} <= _NOT_OURS for each in results)
