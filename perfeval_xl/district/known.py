"""What earlier runs made of the files in the inbox, so that an unchanged file is not read again.

An entry counts only where all that a result follows from is as it was: the file's bytes and name, the scheme and its
readings, the roster, the settings, the passwords, the key, the blank that the unit was issued, and this program with
the libraries that it reads with. It is signed with the round's key: an entry that somebody else wrote, or moved, or
damaged, is no entry. To lose them all costs nothing but time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from pathlib import Path

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import sight
from perfeval_xl.district.program import this_program
from perfeval_xl.storage import Place

FOLDER = ".known"
"""The entries' folder in that of the round."""
_ENTRY = re.compile("[0-9a-f]{64}")
_MAC = 32  # bytes
_PURPOSE = b"perfeval known results"


@dataclass(frozen=True)
class Known:
    """The entries in ``folder``. ``basis`` is the digest of all that every result follows from beside its file, ``key``
    the round's, ``outbox`` where the blanks lie. With ``fresh`` nothing is recalled, but kept for the next run."""

    folder: Path
    basis: str
    key: bytes = field(repr=False)
    outbox: Place
    fresh: bool = False

    @classmethod
    def of(cls, campaign: Campaign, *, fresh: bool = False) -> Known:
        """Those of a round; their folder is made if it isn't there."""
        folder = campaign.folder / FOLDER
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
        return cls(folder.absolute(), _basis(campaign), campaign.key, campaign.outbox, fresh)

    def recall(self, name: str, content: str) -> bytes | None:
        """What was kept of the file ``name`` with the SHA-256 (hex) ``content``; None where that isn't known."""
        if self.fresh:
            return None
        path = self._path(name)
        try:
            if not stat.S_ISREG(path.lstat().st_mode):  # one might wait for ever for a pipe
                return None
            entry = path.read_bytes()
        except OSError:
            return None
        mac, signed = entry[:_MAC], entry[_MAC:]
        if not hmac.compare_digest(mac, self._mac(name, content, signed)):
            return None
        head, _, kept = signed.partition(b"\n")
        blanks: Mapping[str, str] = json.loads(head)
        return kept if all(sight.digest_of(self.outbox / file) == digest for file, digest in blanks.items()) else None

    def keep(self, name: str, content: str, what: bytes, blanks: Collection[str]) -> None:
        """Note ``what`` came of a file; ``blanks`` are the file names of the blanks that it follows from too.

        Nothing is noted where the folder can't be written into: that costs the next run some time and this one nothing.
        """
        head = json.dumps({file: sight.digest_of(self.outbox / file) for file in sorted(blanks)}).encode()
        signed = head + b"\n" + what
        path = self._path(name)
        with suppress(OSError):  # one that is cut short has no valid signature: it need not be written with care
            if self._leads_elsewhere(path) or (path.exists() and not path.is_file()):
                return
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(self._mac(name, content, signed) + signed)

    def forget_all_but(self, names: Collection[str]) -> None:
        """Drop the entries of files that are no longer there."""
        kept = {self._path(name) for name in names}
        for path in self.folder.glob("*/*"):
            ours = _ENTRY.fullmatch(path.parent.name + path.name) and not self._leads_elsewhere(path)
            if ours and path not in kept:
                with suppress(OSError):
                    path.unlink()

    def _leads_elsewhere(self, path: Path) -> bool:
        """Whether an entry's path goes by a link: what lies there is somebody else's."""
        return any(each.is_symlink() for each in (path, path.parent, self.folder))

    def _path(self, name: str) -> Path:
        place = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / place[:2] / place[2:]

    def _mac(self, name: str, content: str, signed: bytes) -> bytes:
        key = hmac.digest(self.key, _PURPOSE, "sha256")
        facts = json.dumps([self.basis, name, content]).encode()
        return hmac.digest(key, hashlib.sha256(facts).digest() + signed, "sha256")


def _basis(campaign: Campaign) -> str:
    """The digest of the program, the scheme and its readings, the settings, the passwords and the roster."""
    settings = (campaign.district, campaign.department, campaign.year, campaign.deadline.isoformat(), campaign.contact)
    digest = hashlib.sha256()
    for part in (
        *astuple(this_program()),
        campaign.scheme.digest,
        *settings,
        campaign.department_code,
        *campaign.passwords.rows,
        *map(astuple, campaign.roster.values()),
    ):
        digest.update(json.dumps(part, ensure_ascii=True).encode() + b"\n")
    return digest.hexdigest()
