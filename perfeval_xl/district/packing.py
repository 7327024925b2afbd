"""Results on their way from one process to another, without the scheme that they were made under.

A scheme is many times as large as what is said of one return, and the receiver has it anyway: in its place goes a
reference, so the objects of the result are the receiver's own again.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence

from perfeval_xl.results import UnitResult
from perfeval_xl.scheme.model import Scheme

_Reference = tuple[str, str]
"""A scheme's digest, and the code of one of its indicators ('' for the scheme itself)."""


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, schemes: Sequence[Scheme]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._known: dict[int, _Reference] = {}
        for scheme in schemes:
            self._known[id(scheme)] = scheme.digest, ""
            self._known.update((id(each), (scheme.digest, each.code)) for each in scheme.indicators)

    def persistent_id(self, obj: object) -> _Reference | None:
        return self._known.get(id(obj))


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, scheme_of: Callable[[str], Scheme]) -> None:
        super().__init__(file)
        self._scheme_of = scheme_of

    def persistent_load(self, pid: _Reference) -> object:
        digest, code = pid
        scheme = self._scheme_of(digest)
        return scheme if not code else next(each for each in scheme.indicators if each.code == code)


def packed(results: Sequence[UnitResult]) -> bytes:
    """Results as bytes, for ``results_from``."""
    schemes = {id(each.card.scheme): each.card.scheme for each in results if each.card is not None}
    file = io.BytesIO()
    _Packer(file, list(schemes.values())).dump(list(results))
    return file.getvalue()


def results_from(data: bytes, scheme_of: Callable[[str], Scheme]) -> list[UnitResult]:
    """The results again; ``scheme_of`` gives the scheme of a digest. Only for bytes that our own process made."""
    results: list[UnitResult] = _Unpacker(io.BytesIO(data), scheme_of).load()
    return results
