"""What the post brings: a message with the files in it, or a plain file, whichever way it came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

_LONGEST_LINK = 200


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file in a message. ``name`` is what it was called ('' for nothing), fit to be shown, not yet to be written.

    ``original`` is the sender of the innermost message that it lies in, where messages were forwarded as a whole.
    ``attached``: it was attached, not shown among the text. ``refused`` tells why ``data`` is empty, as a sentence.
    """

    name: str
    data: bytes = b""
    media: str = ""
    attached: bool = True
    original: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A file that lies on somebody's server: whose, and what it is called, as far as that is known."""

    service: str
    name: str = ""
    certain: bool = True
    """Whether it surely stands for a file; a link to an online document may stand in any message."""

    def __str__(self) -> str:
        return f"{self.service}：{self.name[:_LONGEST_LINK]}" if self.name else self.service


@dataclass(frozen=True)
class Arrival:
    """A message, or (``message_id`` and ``sender`` being '') a plain file. ``source`` is where it was found, for people.

    ``picked``: the operator named it or its folder, so nothing in it is passed over as none of the round's.
    ``broken`` tells why nothing of it could be read, as a clause.
    """

    source: str
    sender: str = ""
    sender_name: str = ""
    date: datetime | None = None
    subject: str = ""
    message_id: str = ""
    enclosed: tuple[Enclosed, ...] = ()
    links: tuple[Link, ...] = ()
    picked: bool = False
    broken: str = ""

    def dated(self, date: datetime | None) -> Arrival:
        """The same, of ``date`` where it says nothing itself."""
        return self if self.date or date is None else replace(self, date=date)
