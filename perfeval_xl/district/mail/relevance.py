"""Whether a message may be about the round: a mailbox holds thousands that aren't, and nobody wants to hear of them.

A workbook of the round is taken from any message. This only decides what else is told: other files, links, foreign workbooks.
"""

from __future__ import annotations

import re

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.filenames import folded as squeezed
from perfeval_xl.district.mail.addresses import folded, owners
from perfeval_xl.district.mail.arrivals import Arrival

_ABOUT = re.compile(r"自评|绩效|超大附件|云附件")
_PRIVATE = re.compile(
    r"@(?:[\w-]+\.)*(?:qq|foxmail|163|126|139|189|sina|sohu|aliyun|outlook|hotmail)\.(?:com|cn)\Z|@(?:vip\.)?yeah\.net\Z"
)
_SHORTEST = 3


class Relevance:
    """What the round's messages are known by: an address of the roster, a unit named in the subject, the form's own words.

    People also send from mailboxes of their own, at the big providers.
    """

    def __init__(self, campaign: Campaign) -> None:
        self._addresses = frozenset(owners(campaign.owners.values()))
        known = [(each.name, each.code, each.owner, each.project) for each in campaign.roster.values()]
        named = [squeezed(text) for texts in known for text in texts]
        self._names = tuple({each for each in named if len(each) >= _SHORTEST})

    def __call__(self, arrival: Arrival) -> bool:
        senders = {folded(arrival.sender), *(folded(each.original) for each in arrival.enclosed)}
        if arrival.picked or senders & self._addresses or any(_PRIVATE.search(each) for each in senders):
            return True
        subject = squeezed(arrival.subject)
        return bool(_ABOUT.search(subject)) or any(each in subject for each in self._names)
