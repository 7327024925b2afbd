"""Formulas in place of a value: pictures in cells, and what comes from other files."""

from __future__ import annotations

import re

_PICTURE = re.compile(r"(?<![\w.])@?(?:_xl\w+\.)*(?:DISPIMG|IMAGE)\s*\(", re.IGNORECASE)
_TEXT = re.compile(r'"(?:[^"]|"")*"')
_QUOTED = re.compile(r"'(?:[^']|'')*'")
# a sheet's name has no [ ] \ / in it: in quotes they belong to a path
_ELSEWHERE_QUOTED = re.compile(r"[\[\\/]|\.(?:xls\w?|ods|et|csv)$", re.IGNORECASE)
# [1]Sheet!A1 and [1]!name, but not Table[Column]; cmd|topic!item; a call to the network
_ELSEWHERE = re.compile(
    r"(?<![\w\])'])\[[^\[\]]+\][^\s!'\"()+*/&=<>,;-]*'*!|\|"
    r"|(?<![\w.])(?:_xl\w+\.)*(?:WEBSERVICE|RTD|DDE|IMPORTRANGE|SQL\.REQUEST|CUBE\w+)\s*\(",
    re.IGNORECASE,
)


def is_picture(formula: str) -> bool:
    """Whether a formula puts a picture into its cell: DISPIMG of WPS, IMAGE of Excel."""
    return _PICTURE.search(_TEXT.sub('""', formula)) is not None


def is_external(formula: str) -> bool:
    """Whether a formula (without '=') takes anything from another file, another program or the network."""
    formula = _TEXT.sub('""', formula)
    if any(_ELSEWHERE_QUOTED.search(name.strip("'")) for name in _QUOTED.findall(formula)):
        return True
    return _ELSEWHERE.search(_QUOTED.sub("", formula)) is not None
