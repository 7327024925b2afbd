"""Exceptions: what stops a command. Everything wrong *inside* a return is a finding instead (see findings.py).

PerfevalError                 anything this package raises on purpose; its text is for the operator, in Chinese
├── SchemeError               a scheme file that cannot be used; carries every problem with its key path
├── CampaignError             a round's folder, settings or roster that cannot be used
├── PrefillError              a table of known figures that can't be put into the blanks
├── AnswersError              an answers file (JSON) that does not fit the scheme
├── WhatIfError               readings of unclear clauses that can't be compared
├── MailError                 a mail server, mailbox, password or mail text that cannot be used
├── StorageError              a folder at a URL that can't be reached or used
├── NarrativeError            a narrative (自评表说明) that can't be written, or a document that can't be read as one
└── WorkbookError             a workbook that cannot be worked with
    ├── Refused               a file that is set aside for a reason with a finding code of its own
    ├── UnreadableWorkbook    a workbook that is damaged
    │   └── Oversized         … or bigger inside than any that an office program saves
    ├── ForeignWorkbook       a workbook, but not one of this form
    └── PatchRefused          writing into it could harm it, so nothing was written
"""

from __future__ import annotations

from collections.abc import Sequence

from perfeval_xl.findings import Finding, finding


class PerfevalError(Exception):
    """Base of all errors raised on purpose. ``str(error)`` is a complete message for the operator."""


class SchemeError(PerfevalError):
    """A scheme that cannot be used. ``problems`` lists each as ``file: key path: what is wrong``."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class CampaignError(PerfevalError):
    """A round's folder, settings or roster that cannot be used."""


class PrefillError(PerfevalError):
    """A table of known figures that can't be put into the blanks: every problem with its cell."""


class AnswersError(PerfevalError):
    """An answers file that does not fit the scheme."""


class WhatIfError(PerfevalError):
    """Readings that can't be compared: unknown ones, or no returns of one scheme to compare them on."""


class MailError(PerfevalError):
    """A mail server, mailbox, password or mail text that cannot be used; nothing was sent or taken for collected."""


class StorageError(PerfevalError):
    """A folder at a URL that can't be reached or used. Its text has no word of the server's own, and no key."""


class NarrativeError(PerfevalError):
    """A narrative that can't be written, or a document that can't be read as one."""


class WorkbookError(PerfevalError):
    """A workbook that cannot be worked with."""


class Refused(WorkbookError):
    """A file that is set aside. ``code`` is a finding's (findings.KINDS), ``words`` fill its message."""

    def __init__(self, code: str, **words: str) -> None:
        self.code = code
        self.words = words
        super().__init__(code)

    @property
    def finding(self) -> Finding:
        """What it is set aside for."""
        words = dict(self.words)
        expected, actual = words.pop("expected", None), words.pop("actual", None)
        return finding(self.code, expected=expected, actual=actual, cell=None, indicator=None, **words)

    def __str__(self) -> str:
        return self.finding.message


class UnreadableWorkbook(WorkbookError):
    """A damaged workbook. Its text fits into 这个文件打不开：…"""


class Oversized(UnreadableWorkbook):
    """A zip with more, or larger, or more tightly packed members than any real workbook has."""


class ForeignWorkbook(WorkbookError):
    """A readable workbook that is not one of this form."""


class PatchRefused(WorkbookError):
    """Writing into the workbook could harm it; nothing was written."""
