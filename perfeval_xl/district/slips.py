"""What the steps of a round must know of every result at once, in a few words; the result itself may lie on the disk."""

from __future__ import annotations

import hashlib
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import NamedTuple

from perfeval_xl.district.duplicates import comparable
from perfeval_xl.district.ruling_rows import rows_asking
from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.answers import Value

_EXACT = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX)


class Slip(NamedTuple):
    """``unit_code``, ``file`` and ``sha256`` are the result's own. ``answers`` is a digest (16 bytes) of what other
    units' answers are compared with, b'' where there is too little to compare; ``asking`` are the rows (indicator codes,
    in the order of the form) on which a person must rule."""

    unit_code: str
    file: str
    accepted: bool
    sha256: str
    answers: bytes
    asking: tuple[str, ...]


def slip_of(result: UnitResult) -> Slip:
    """The slip of a result."""
    accepted = result.card is not None
    return Slip(result.unit_code, result.file, accepted, result.sha256, _digest(result), rows_asking(result))


def _digest(result: UnitResult) -> bytes:
    found = comparable(result)
    if not found:
        return b""
    told = "\0".join(sorted(f"{name}={_plain(value)}" for name, value in found))
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _plain(value: Value | str) -> str:
    """The same text for values that are equal: 1.0 and 1 are."""
    if isinstance(value, Decimal):
        return f"number {value.normalize(_EXACT) if value else 0}"
    return f"{type(value).__name__} {value}"
