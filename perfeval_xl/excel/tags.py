"""Start tags in raw XML, and their attributes: read and set where all other bytes are to stay."""

from __future__ import annotations

import re

START_TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
ATTRIBUTE = re.compile(rb"""\s+([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")
REST_OF_TAG = rb"""(?=[\s/>])(?:[^<>"']|"[^"]*"|'[^']*')*>"""
"""What follows an element's name in its start tag, for a pattern."""


def attribute(tag: bytes, name: bytes) -> str | None:
    """The value of a start tag's attribute as it is written; None where the tag has none of that name."""
    return next((each[2][1:-1].decode("ascii", "replace") for each in ATTRIBUTE.finditer(tag) if each[1] == name), None)
