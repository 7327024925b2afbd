"""A mailbox on a server (IMAP): messages are looked at from outside first, and only those worth it are fetched.

Nothing is changed there (EXAMINE, BODY.PEEK) unless the operator asks for messages to be marked as read or moved.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from urllib.parse import quote

from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxUnencrypted

from perfeval_xl import __version__
from perfeval_xl.district.mail.arrivals import Arrival, Enclosed
from perfeval_xl.district.mail.decoding import line_of
from perfeval_xl.district.mail.enclosures import too_large
from perfeval_xl.district.mail.line import SECONDS, trouble
from perfeval_xl.district.mail.parsing import MAX_MESSAGE, read_head, read_message
from perfeval_xl.district.mail.register import Mark, Register
from perfeval_xl.district.mail.structure import PartOf, Unintelligible, Value, parts_of, responses
from perfeval_xl.district.mail.tls import tls_context, tls_trouble
from perfeval_xl.errors import MailError
from perfeval_xl.mail_settings import ImapSettings, Security, password

CHUNK: Final = 100
"""Messages looked at in one request."""
PEEKED: Final = 64 * 1024
"""Bytes of a message without a workbook: enough for its text, where a link to one would be."""
_MOST_NAMED = 10
_HEADERS = "FROM SENDER SUBJECT DATE MESSAGE-ID LIST-ID LIST-UNSUBSCRIBE"
_LOOK = f"(UID RFC822.SIZE INTERNALDATE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS ({_HEADERS})])"
_BULK = (b"\nlist-id:", b"\nlist-unsubscribe:")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Relevant = Callable[[Arrival], bool]
"""Whether a message may be about the round, told by its sender and its subject."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A message from outside. ``parts`` are None where the server's word on it can't be made out."""

    uid: int
    size: int
    head: Arrival
    bulk: bool
    parts: tuple[PartOf, ...] | None


class Folder:
    """An opened folder of a mailbox; ``place`` is what the register calls it."""

    def __init__(self, box: BaseMailBox, settings: ImapSettings) -> None:
        self._box = box
        validity = next(filter(None, box.client.response("UIDVALIDITY")[1]), b"0").decode("ascii", "replace")
        user, folder = quote(settings.user, safe=""), quote(settings.folder, safe="")
        self.place = f"imap://{user}@{settings.host}/{folder};UIDVALIDITY={validity}"

    def source(self, uid: int) -> str:
        """What the register calls a message."""
        return f"{self.place}/;UID={uid}"

    def uid(self, source: str) -> int | None:
        """The message of a ``source``; None for what is no message of this folder."""
        number = source.removeprefix(f"{self.place}/;UID=")
        return int(number) if number != source and number.isdecimal() else None

    def arrivals(
        self, register: Register, since: date | None, relevant: Relevant, step: Callable[[], None]
    ) -> Arrivals:
        """What has come that the register doesn't know yet; ``since`` that day only."""
        return Arrivals(self, register, since, relevant, step)

    def search(self, criteria: str) -> list[int]:
        """UIDs in ascending order."""
        return sorted(int(each) for each in self._box.uids(criteria, charset=None))

    def look(self, uids: Sequence[int]) -> list[_Seen]:
        """Messages from outside; those that are gone are left out."""
        try:
            return self._look(uids)
        except (Unintelligible, _Refused):
            pass
        found = []
        for uid in uids:  # one of them: which?
            try:
                found += self._look([uid])
            except (Unintelligible, _Refused):
                found.append(_Seen(uid, 0, Arrival(self.source(uid)), False, None))
        return found

    def _look(self, uids: Sequence[int]) -> list[_Seen]:
        pieces = self._fetch(",".join(map(str, uids)), _LOOK)
        found = {}
        for answer in responses(pieces):
            seen = self._seen(answer)
            if seen is not None and seen.uid in uids:
                found[seen.uid] = seen
        return [found[uid] for uid in uids if uid in found]

    def _seen(self, answer: dict[str, Value]) -> _Seen | None:
        header = next((each for key, each in answer.items() if key.startswith("BODY[")), b"")
        uid, size, arrived = answer.get("UID"), answer.get("RFC822.SIZE"), answer.get("INTERNALDATE")
        if not isinstance(uid, bytes) or not isinstance(header, bytes | None):
            return None  # a change that the server tells of in passing
        source = self.source(int(uid))
        head = read_head(header or b"", source, _internal_date(arrived if isinstance(arrived, bytes) else b""))
        bulk = any(each in b"\n" + (header or b"").lower() for each in _BULK)
        octets = int(size) if isinstance(size, bytes) and size.isdigit() else 0
        return _Seen(int(uid), octets, head, bulk, tuple(parts_of(answer.get("BODYSTRUCTURE"))))

    def message(self, uid: int, part: str = "") -> bytes | None:
        """The bytes of a message (or of a ``part``: <0.1000>); None where it is gone."""
        pieces = self._fetch(str(uid), f"(BODY.PEEK[]{part})")
        return next((each[1] for each in pieces if isinstance(each, tuple)), None)

    def _fetch(self, uids: str, what: str) -> list[bytes | tuple[bytes, bytes] | None]:
        """_Refused where the server says no to this one request."""
        try:
            kind, pieces = self._box.client.uid("FETCH", uids, what)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise _Refused(line_of(str(error))) from None
        if kind != "OK":
            raise _Refused(line_of(_said(pieces)))
        return list(pieces)

    def tidy(self, sources: Collection[str], *, mark: bool, move_to: str) -> tuple[int, int]:
        """Mark messages as read (``mark``) and move them into another folder ('' for neither), as far as they are here;
        how many were marked, and moved."""
        uids = {uid for source in sources if (uid := self.uid(source)) is not None}
        unread = self._existing(uids, "UNSEEN") if mark else []
        for chunk in _chunks(unread):
            self._do("STORE", chunk, "+FLAGS.SILENT", "(\\Seen)")
        there = self._existing(uids) if move_to else []
        for chunk in _chunks(there):
            self._move(chunk, _quoted(move_to))
        return len(unread), len(there)

    def _existing(self, uids: Collection[int], criteria: str = "") -> list[int]:
        found: list[int] = []
        for chunk in _chunks(sorted(uids)):
            found += self.search(f"UID {','.join(map(str, chunk))} {criteria}".strip())
        return found

    def _move(self, chunk: Sequence[int], target: str) -> None:
        """Nothing else in the folder is touched, messages that somebody deleted neither: EXPUNGE would take them along."""
        capabilities = _capabilities(self._box)
        if "MOVE" in capabilities:
            self._do("MOVE", chunk, target)
            return
        self._do("COPY", chunk, target)
        self._do("STORE", chunk, "+FLAGS.SILENT", "(\\Deleted)")
        if "UIDPLUS" in capabilities:
            self._do("EXPUNGE", chunk)

    def _do(self, command: str, chunk: Sequence[int], *arguments: str) -> None:
        kind, said = self._box.client.uid(command, ",".join(map(str, chunk)), *arguments)
        if kind != "OK":
            raise MailError(f"邮件服务器没有照办（{command}）：{line_of(_said(said))}。收到的文件都已存好。")


class _Refused(Exception):
    """A server's no to one request."""


class Arrivals:
    """The new messages of a folder, as an iterator; the mark is moved on behind each that is done with.

    ``quiet`` counts those with nothing to take or to tell.
    """

    def __init__(
        self, folder: Folder, register: Register, since: date | None, relevant: Relevant, step: Callable[[], None]
    ) -> None:
        self._folder = folder
        self._register = register
        self._since = since.isoformat() if since else ""
        self._relevant = relevant
        self._step = step
        self._unbroken = True
        self.quiet = 0

    def __iter__(self) -> Iterator[Arrival]:
        mark = self._mark()
        criteria = [f"UID {mark.uid + 1}:*"] if mark.uid else ["ALL"]
        if self._since:
            day = date.fromisoformat(self._since)
            criteria.append(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")
        known = {self._folder.uid(row.source) for row in self._register}
        uids = [uid for uid in self._folder.search(" ".join(criteria)) if uid > mark.uid]
        for chunk in _chunks(uids):
            for seen in self._folder.look([uid for uid in chunk if uid not in known]):
                arrival = self._arrival(seen)
                if arrival is None:
                    self.quiet += 1
                else:
                    yield arrival
                self._seen(seen.uid, mark.since)
                self._step()
            self._seen(chunk[-1], mark.since)

    def _seen(self, uid: int, since: str) -> None:
        """All up to ``uid`` need not be looked at again; unless the server withheld one."""
        if self._unbroken:
            self._register.marks[self._folder.place] = Mark(uid, since)

    def _mark(self) -> Mark:
        """Up to where all that is asked for has been seen; what is noted of other dates than these is no help."""
        mark = self._register.marks.get(self._folder.place, Mark(0))
        if mark.since and (not self._since or self._since < mark.since):
            return Mark(0, self._since)
        return Mark(mark.uid, max(mark.since, self._since))

    def _arrival(self, seen: _Seen) -> Arrival | None:
        """A message with all that is worth having of it; None where that is nothing."""
        parts = seen.parts
        wanted = parts is None or any(each.may_be_workbook or _is_report(each) for each in parts)
        try:
            if parts is not None and wanted:
                told = _beyond(seen, parts)
                if told is not None:
                    return told
            if wanted:
                return self._read(seen, "" if parts is not None else f"<0.{MAX_MESSAGE + 1}>")
            if seen.bulk or not self._relevant(seen.head):
                return None
            arrival = self._read(seen, f"<0.{PEEKED}>")
        except _Refused as error:
            self._unbroken = False
            return replace(seen.head, broken=f"邮件服务器没有给出这封邮件（{error}）")
        return arrival if arrival and (arrival.enclosed or arrival.links) else None

    def _read(self, seen: _Seen, part: str) -> Arrival | None:
        data = self._folder.message(seen.uid, part)
        if data is None:
            return None
        found = read_message(data, seen.head.source, arrived=seen.head.date)
        return replace(seen.head, broken=found.broken) if found.broken else found


def _beyond(seen: _Seen, parts: Sequence[PartOf]) -> Arrival | None:
    """A message that is told of without being fetched: too large, it or every workbook in it. None for any other."""
    files = [each for each in parts if each.may_be_workbook]
    if seen.size > MAX_MESSAGE:
        why = f"整封邮件有 {seen.size // 1024 // 1024} MB，没有下载。请从邮箱中打开，下载这个附件。"
        told = [Enclosed(each.name, refused=why) for each in files]
    elif files and all(each.too_large for each in files):
        told = [Enclosed(each.name, refused=too_large(each.size)) for each in files]
    else:
        return None
    return replace(seen.head, enclosed=tuple(told))


def _is_report(part: PartOf) -> bool:
    return part.media == "message/delivery-status"


# --- opening it


@contextmanager
def opened(settings: ImapSettings, *, writing: bool = False, move_to: str = "") -> Iterator[Folder]:
    """The folder of the settings; ``writing``: messages are to be marked or moved, into ``move_to``, which must exist.

    MailError where there is no server, its certificate isn't trusted, it refuses the login, there is no such folder, or
    the line breaks.
    """
    secret = password("imap", settings.user)
    try:
        box = _connected(settings)
        try:
            _log_in(box, settings, secret)
            if move_to:
                _check_folder(box, move_to)
            _select(box, settings.folder, readonly=not (writing or move_to))
            yield Folder(box, settings)
        finally:
            with suppress(imaplib.IMAP4.error, ImapToolsError, OSError):
                box.logout()
            _hung_up(box)
    except ssl.SSLError as error:
        raise MailError(f"{tls_trouble(settings.host, error)}。") from None
    except (imaplib.IMAP4.error, ImapToolsError, _Refused, ConnectionError, TimeoutError) as error:
        why = trouble(error) if isinstance(error, OSError) else line_of(_why(error))
        raise MailError(f"与邮件服务器 {settings.host} 的连接中断（{why}）。请再运行一次，会接着收。") from None


def _connected(settings: ImapSettings) -> BaseMailBox:
    host, port = settings.host, settings.port
    try:
        if settings.security is Security.TLS:
            return MailBox(host, port, timeout=SECONDS, ssl_context=tls_context(settings.ca_file))
        box = MailBoxUnencrypted(host, port, timeout=SECONDS)
        if settings.security is Security.STARTTLS:
            try:
                box.client.starttls(tls_context(settings.ca_file))
            except BaseException:
                _hung_up(box)
                raise
        return box
    except ssl.SSLError:
        raise
    except (imaplib.IMAP4.error, ImapToolsError, OSError, ValueError) as error:
        raise MailError(
            f"连不上邮件服务器 {host}:{port}：{trouble(error)}。请核对 [mail.imap] 的 host、port、security 和网络。"
        ) from None


def _hung_up(box: BaseMailBox) -> None:
    """A broken line is not closed by logging out."""
    with suppress(OSError):
        box.client.shutdown()


def _log_in(box: BaseMailBox, settings: ImapSettings, secret: str) -> None:
    try:
        plain = (settings.user + secret).isascii()
        (box.login if plain else box.login_utf8)(settings.user, secret, initial_folder=None)
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        if isinstance(error, imaplib.IMAP4.abort):
            raise
        raise MailError(
            f"{settings.host} 没有接受 {settings.user} 的登录（{line_of(_why(error))}）。请核对用户名和密码；"
            "QQ、163 等邮箱要先在网页上开通 IMAP，并用授权码作密码。"
        ) from None
    if "ID" in _capabilities(box):  # 163 and 126 open no folder to a program that doesn't name itself
        with suppress(imaplib.IMAP4.error):
            box.client.xatom("ID", f'("name" "perfeval-xl" "version" "{__version__}")')


def _capabilities(box: BaseMailBox) -> list[str]:
    """What the server can do; it tells more after the login than before."""
    kind, said = box.client.capability()
    return _said(said).upper().split() if kind == "OK" else []


def _select(box: BaseMailBox, folder: str, *, readonly: bool) -> None:
    try:
        box.folder.set(folder, readonly=readonly)
    except MailboxFolderSelectError as error:
        raise MailError(f"邮箱里打不开文件夹“{folder}”（{line_of(_why(error))}）。{_existing(box)}") from None


def _check_folder(box: BaseMailBox, folder: str) -> None:
    if not box.folder.exists(folder):
        raise MailError(f"邮箱里没有文件夹“{folder}”，邮件移不过去。请先在邮箱中建立。{_existing(box)}")


def _existing(box: BaseMailBox) -> str:
    names = [line_of(each.name) for each in box.folder.list()]
    more = f"等 {len(names)} 个" if len(names) > _MOST_NAMED else ""
    return f"现有的文件夹：{'、'.join(names[:_MOST_NAMED])}{more}。"


def _why(error: Exception) -> str:
    result = getattr(error, "command_result", None)
    return _said(result[1]) if result else str(error)


def _said(pieces: object) -> str:
    """A server's words: some here speak GBK."""
    found = pieces[0] if isinstance(pieces, list | tuple) and pieces else pieces
    return found.decode("ascii", "surrogateescape") if isinstance(found, bytes) else str(found or "")


def _internal_date(text: bytes) -> datetime | None:
    try:
        return datetime.strptime(text.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
    except (ValueError, UnicodeDecodeError):
        return None


def _quoted(folder: str) -> str:
    from imap_tools.utils import encode_folder

    return encode_folder(folder).decode("ascii")


def _chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), CHUNK):
        yield uids[start : start + CHUNK]
