"""The demonstration: a whole round of the fictitious sample district, from the blanks to the summary."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from perfeval_xl import campaign as rounds_folder
from perfeval_xl.campaign import Campaign
from perfeval_xl.district import rounds
from perfeval_xl.district.intake import filled
from perfeval_xl.district.narrative.writing import write_department
from perfeval_xl.district.rollup.combine import roll_up
from perfeval_xl.district.rollup.form import write_form
from perfeval_xl.files import write_atomically
from perfeval_xl.resources import samples_dir
from perfeval_xl.results import District


@dataclass(frozen=True)
class SampleReturn:
    """What one unit of the sample district sends back.

    ``file_name`` is the name under which it comes; ``saved`` the file that a spreadsheet program made of it, from the
    samples' folder, None where it is filled here; ``returns`` is False for a unit that sends nothing.
    """

    unit: str
    returns: bool
    file_name: str
    saved: str | None
    answers: dict[str, Any]

    @cached_property
    def answers_text(self) -> str:
        """The answers as an answers file."""
        return json.dumps(self.answers, ensure_ascii=False)


def sample_returns() -> Iterator[SampleReturn]:
    """The units of the sample district, in the order of its roster."""
    with open(samples_dir() / "district" / "answers.jsonl", encoding="utf-8") as lines:
        for line in lines:
            each = json.loads(line)
            yield SampleReturn(each["unit"], each["returns"], each["file_name"], each.get("saved"), each["answers"])


def department_answers() -> str:
    """What the sample district's department fills into its own form, as an answers file."""
    return (samples_dir() / "district" / "department.json").read_text(encoding="utf-8")


def open_round(folder: Path) -> Campaign:
    """Make the sample district's round in ``folder``. CampaignError if there is a round already."""
    sample = rounds_folder.load(samples_dir() / "district")
    roster = (sample.folder / rounds_folder.ROSTER).read_bytes()
    rounds_folder.create(replace(sample, folder=folder), roster, sample.key)
    return rounds_folder.load(folder)


def run_demo(folder: Path, step: Callable[[], None]) -> District:
    """A whole round in ``folder``: issue, let the sample units and their department fill in and return, review, summarise,
    fill the department's own form from the units', write its narrative.

    ``step`` is called once a file. CampaignError if there is a round already.
    """
    campaign = open_round(folder)
    with campaign.locked():
        rounds.issue(campaign, step=step)
        rounds.issue_department(campaign)
        step()
        _return_all(campaign, step)
        district = rounds.review(campaign, step)
        rounds.summarize(campaign, district)
        write_form(roll_up(campaign, district))
        write_department(campaign, district)
    return district


def _return_all(campaign: Campaign, step: Callable[[], None]) -> None:
    """What the units and others send, into inbox/."""
    for each in sample_returns():
        if not each.returns:
            continue
        if each.saved:
            data = (samples_dir() / each.saved).read_bytes()
        else:
            issued = campaign.outbox / campaign.roster[each.unit].file_name
            data = filled(issued.read_bytes(), campaign.scheme, each.answers_text)
        write_atomically(campaign.inbox / each.file_name, data)
        step()
    unit = campaign.department_unit
    own = filled((campaign.outbox / unit.file_name).read_bytes(), campaign.scheme, department_answers())
    write_atomically(campaign.inbox / f"{unit.name}（自填）.xlsx", own)
    step()
    for path in sorted((samples_dir() / "strays").iterdir()):
        write_atomically(campaign.inbox / path.name, path.read_bytes())
