"""How a document tells the tool's words from a person's: by paragraph style, and by a hidden bookmark that knows the text.

A bookmark whose name begins with _ is not listed by Word. Its name holds a digest of the paragraph as it was written, so
that a paragraph that somebody has changed since is known, whatever its style says.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

BODY, ITEM = "自评正文", "自评条目"
OUR_TEXT, OUR_ITEM, OUR_TABLE, OUR_FIGURE = "测算文字", "测算标题", "测算表格", "测算图表"
OURS = frozenset({OUR_TEXT, OUR_ITEM, OUR_TABLE, OUR_FIGURE})

_NAME = re.compile(r"_pv\d+_([0-9a-f]{16})\Z")


def _digest(text: str) -> str:
    return sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:16]


def mark(paragraph: Any, number: int) -> None:
    """Put a bookmark around a paragraph's text; ``number`` is used once in a document."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(number))
    start.set(qn("w:name"), f"_pv{number}_{_digest(paragraph.text)}")
    runs = paragraph._p.r_lst
    if runs:
        runs[0].addprevious(start)
        paragraph._p.append(end)


def is_untouched(paragraph: Any, text: str) -> bool:
    """Whether a w:p that says ``text`` is as it was written."""
    names = (each.get(qn("w:name"), "") for each in paragraph.iter(qn("w:bookmarkStart")))
    return any((found := _NAME.match(name)) is not None and found[1] == _digest(text) for name in names)
