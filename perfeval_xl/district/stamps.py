"""What a unit's blank says beside the form itself: whose it is, until when, whom to ask, its seal."""

from __future__ import annotations

from collections.abc import Mapping

from perfeval_xl.campaign import Campaign
from perfeval_xl.district import sight
from perfeval_xl.district.identify import locked_digest
from perfeval_xl.entries.entry import as_text
from perfeval_xl.errors import WorkbookError
from perfeval_xl.excel import seal
from perfeval_xl.excel.layout import build_layout
from perfeval_xl.excel.layout.model import Layout
from perfeval_xl.excel.layout.parts import titles
from perfeval_xl.excel.opened import OoxmlBook
from perfeval_xl.excel.stamping import Stamper
from perfeval_xl.generator import master_blank
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.storage import Place


class Issuer:
    """Makes the round's blanks. Prepared once; each unit's blank costs next to nothing."""

    def __init__(self, campaign: Campaign) -> None:
        """CampaignError, SchemeError where the round's settings can't be used."""
        self._campaign = campaign
        self._stamper = Stamper(master_blank(campaign.scheme), build_layout(campaign.scheme))

    def seal_of(self, unit: Unit) -> str:
        """The seal that ``unit``'s blank carries under the round's scheme and key."""
        scheme = self._campaign.scheme
        return seal.seal_text(
            self._campaign.key, scheme.id, scheme.version, scheme.year, unit.code, locked_digest(scheme)
        )

    def blank(self, unit: Unit) -> bytes:
        """``unit``'s workbook, locked, personal and sealed; for the department, its own."""
        return stamped(self._campaign, self._stamper, unit, self.seal_of(unit))


def common_stamps(campaign: Campaign) -> dict[str, str]:
    """What all blanks of a round say alike, by stamp."""
    deadline = campaign.deadline
    return {
        "district": campaign.department,
        "department": campaign.department,
        "deadline": f"{deadline.year}年{deadline.month}月{deadline.day}日",
        "contact": campaign.contact,
    }


def own_stamps(scheme: Scheme, unit: Unit, *, department: bool) -> dict[str, str]:
    """What a blank says of ``unit``, which is the ``department`` or isn't, by stamp; but for the seal."""
    name = scheme.title if department else scheme.unit_title
    own = {"unit_code": unit.code, "unit_name": unit.name}
    project = {"project_name": unit.project, "project_code": unit.project_code}
    return {**own, **project, **titles(scheme, name)}


def stamped(campaign: Campaign, stamper: Stamper, unit: Unit, seal_text: str) -> bytes:
    """The workbook that ``stamper`` makes for ``unit``, sealed with ``seal_text``."""
    own = own_stamps(campaign.scheme, unit, department=unit.code == campaign.department_code)
    sealed = {"seal": seal_text, "seal_short": seal.short(seal_text)}
    return stamper.stamp({**common_stamps(campaign), **own, **sealed}, seal_text)


def stamps_in(blank: Place, layout: Layout) -> Mapping[str, str] | None:
    """What the issued workbook ``blank`` says, by stamp; None where there is none that can be read.

    The settings or the roster may have changed since it was issued.
    """
    try:
        book = OoxmlBook(sight.read(blank))
        return {stamp.key: as_text(book.value(cell)) for cell, stamp in layout.stamps.items()}
    except (OSError, WorkbookError):
        return None
