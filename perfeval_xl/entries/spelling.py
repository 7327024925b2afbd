"""The characters of what was typed: full width, white space of all kinds, and what can't be seen at all."""

from __future__ import annotations

import re
import unicodedata

_LINE_BREAK = re.compile("\r\n?|[\x85\u2028\u2029]")
_ESCAPED = re.compile(r"_x00([01][0-9a-fA-F]|7[fF]|[89][0-9a-fA-F])_")  # how OOXML writes a control character
_ESCAPE = "_x00"  # what each of these begins with
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters; a tab and a line break are white space
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # no width
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"  # half a character, or none
)
_NO_INK = re.compile(r"[\s\u2800\u115f\u1160\u3164\ufe00-\ufe0f]+")  # fillers, and what only picks the look of a sign
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−˗➖", "-"))
_ONLY_MARKS = re.compile(r"[-/\\.。·、_~*]+")
LONGEST = 60  # characters: no number, date or word for something is longer, and nothing longer is worth the work


def visible(text: str) -> str:
    """``text`` without what can't be seen and can't be printed; line breaks are \\n, other white space stays."""
    if text.isprintable() and _ESCAPE not in text:  # nearly always; nothing that is taken away is printable
        return text
    return _HIDDEN.sub("", _unescaped(text))


def has_hidden(text: str) -> bool:
    """Whether ``visible`` takes anything away from ``text``, kinds of line breaks apart."""
    return _HIDDEN.search(_unescaped(text)) is not None


def _unescaped(text: str) -> str:
    return _LINE_BREAK.sub("\n", _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))


def plain(text: str) -> str:
    """``text`` in plain characters: half width, every dash a '-', no white space."""
    return _NO_INK.sub("", _narrow(text))


def spaced(text: str) -> str:
    """As ``plain``, with one space where there was white space between other signs."""
    return _NO_INK.sub(" ", _narrow(text)).strip()


def _narrow(text: str) -> str:
    # once more at the end: what was taken out may have kept two signs from becoming one
    return unicodedata.normalize("NFKC", visible(unicodedata.normalize("NFKC", text))).translate(_DASHES)


def tidy(text: str) -> str:
    """A running text as it is kept: nothing hidden, composed characters (NFC), no white space around it."""
    return unicodedata.normalize("NFC", visible(text)).strip()


def only_marks(text: str) -> bool:
    """Whether a ``plain`` text is nothing but dashes, slashes and dots: how people say that there is nothing to say."""
    return _ONLY_MARKS.fullmatch(text) is not None


def readable(text: str) -> bool:
    """Whether a text may be taken for a number or a date: not too long, no ², ½ or ①, which would turn into digits."""
    return len(plain(text)) <= LONGEST and all(unicodedata.category(sign) != "No" for sign in text)
