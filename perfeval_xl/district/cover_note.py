"""The note that goes with a form sent back for correction: what is wrong, cell by cell, what to do, by when, to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from perfeval_xl.campaign import Campaign
from perfeval_xl.excel.layout.parts import CHECK, RESULT
from perfeval_xl.findings import Finding, Severity, grouped, places
from perfeval_xl.results import UnitResult
from perfeval_xl.roster import Unit

WHOLE = "整份表"
"""The place of a problem that has no cell."""
COLUMNS = ("序号", "位置", "问题和改法")
_ABOUT_US = {"duplicate-return", "same-answers", "file-name-other-unit", "sender-other-unit", "needs-review"}
"""Findings that the bureau has to look into, not the unit."""
_NUMBER, _CODE = re.compile(r"现第 (\d+) 次退回"), re.compile(r"校验码 ([0-9a-f]{12})")
_DUE = re.compile(r"于(\d{4})年(\d{1,2})月(\d{1,2})日前（含当日）重新报送")
_HEADING, _ENTRY = re.compile(r"[一二三四]、(须改正的|请核对的|怎样改)"), re.compile(r"\d+\. (.+)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where (cells, or WHOLE), and what is wrong and what to do."""

    place: str
    what: str


@dataclass(frozen=True)
class CoverNote:
    """What a note says, whatever it is written in.

    ``number``: the how-manieth time the form is sent back. ``files`` are the returns that it is about, as they are called
    in the inbox, ``sha256`` is that of the one that was examined ('' where none could be). ``workbook`` is the name of the
    workbook that goes with it; ``fresh`` says why this is not the unit's own file ('' where it is). ``due`` is the last day.
    """

    campaign: Campaign
    unit: Unit
    number: int
    files: tuple[str, ...]
    sha256: str
    workbook: str
    fresh: str
    musts: tuple[Problem, ...]
    looks: tuple[Problem, ...]
    due: date

    @property
    def title(self) -> str:
        return f"关于退回补正{self.campaign.year}年度{self.campaign.scheme.unit_title}的函"

    @property
    def addressee(self) -> str:
        return f"{self.unit.name}："

    @property
    def _project(self) -> str:
        return f"，项目“{self.unit.project}”" if self.unit.project else ""

    def opening(self) -> str:
        """The first paragraph: what came, what is wrong with it, what is asked for."""
        files = "、".join(f"“{each}”" for each in self.files)
        counts = [f"{len(self.musts)} 处须改正"] if self.musts else []
        counts += [f"{len(self.looks)} 处请核对"] if self.looks else []
        campaign = self.campaign
        return (
            f"你单位（代码 {self.unit.code}{self._project}）报送的{campaign.year}年度{campaign.scheme.unit_title}{files}"
            f"{'已经复核' if self.sha256 else '未能受理'}，{'、'.join(counts)}。现第 {self.number} 次退回，"
            f"请逐条处理后，于{_day(self.due)}前（含当日）重新报送。"
        )

    def lists(self) -> Iterator[tuple[str, Sequence[Problem]]]:
        """The headings with the problems under each."""
        if self.musts:
            yield f"须改正的（{len(self.musts)} 处）", self.musts
        if self.looks:
            yield f"请核对的（{len(self.looks)} 处）", self.looks

    def steps(self) -> tuple[str, ...]:
        """How to go about it."""
        return (
            *self._first_steps(),
            f"改完后看“{CHECK}”，没有提示缺填或超出范围的，再保存为 .xlsx，文件名不限。",
            f"按原来的方式报送{self.campaign.department}；原来交的表不用撤回，以最后保存的一份为准。",
        )

    def _first_steps(self) -> Iterator[str]:
        if not self.sha256:
            yield f"随附的“{self.workbook}”是本次下发给你单位的空表，请在其中填写。"
            return
        if self.fresh:
            yield (
                f"原表不能直接批注（{self.fresh}），随附的是重新生成的表，填报内容已照样带入；"
                "原表中另加的图片、批注等没有带入。请在随附的表上改，不要再用原表。"
            )
        yield (
            f"打开随附的“{self.workbook}”，你单位已填的内容都在其中。打开即是“{RESULT}”，"
            "列有全部问题，点“位置”一栏可跳到所指的单元格；单元格旁的“复核提示”写着同样的话。"
        )
        evidence = any(each.evidence for each in self.campaign.scheme.indicators)
        where = "在评分依据一栏" if evidence else "在报送时另行"
        yield f"要改的单元格没有锁定，直接改写即可。核对后确认无误、不用改的，请{where}说明理由。"

    @property
    def contact(self) -> str:
        """Whom to ask; '' where the round doesn't say."""
        return f"联系人：{self.campaign.contact}" if self.campaign.contact else ""

    @property
    def reference(self) -> str:
        """What the note is about, for those who look it up again: the file, and the beginning of its digest."""
        code = f"（校验码 {self.sha256[:12]}）" if self.sha256 else ""
        return f"所退的表：{'、'.join(self.files)}{code}"

    def text(self) -> str:
        """The note as plain text."""
        lines = [self.title, "", self.addressee, "", f"　　{self.opening()}", ""]
        for number, (heading, problems) in enumerate(self.lists()):
            lines += [f"{_CHINESE[number]}、{heading}", ""]
            for place, problem in enumerate(problems, start=1):
                lines += [f"{place}. {problem.place}", f"   {problem.what}", ""]
        lines += [f"{_CHINESE[len(list(self.lists()))]}、怎样改", ""]
        lines += [f"{place}. {step}" for place, step in enumerate(self.steps(), start=1)]
        lines += ["", *([self.contact] if self.contact else []), self.reference, "", self.campaign.department]
        return "\n".join(lines) + "\n"


_CHINESE = "一二三四"


def problems(findings: Iterable[Finding], severity: Severity) -> tuple[Problem, ...]:
    """What the unit has to mend of that severity, equal messages once with all their cells."""
    told = (each for each in findings if each.severity is severity and each.code not in _ABOUT_US)
    return tuple(Problem(places(group.cells) or WHOLE, group.first.message) for group in grouped(told))


@dataclass(frozen=True, slots=True)
class ReadNote:
    """What the text of a note says, as it stands: people may have shortened or reworded it. ``due`` is None, and the lists
    are empty, where it can't be made out. ``accepted``: it is about a form that was examined, not one set aside."""

    number: int
    accepted: bool
    due: date | None
    musts: tuple[Problem, ...]
    looks: tuple[Problem, ...]


def read_note(note: str) -> ReadNote:
    """What a note says, out of its text (CoverNote.text)."""
    number = _NUMBER.search(note)
    lists: dict[str, list[Problem]] = {}
    listing: list[Problem] | None = None
    for line in note.splitlines():
        heading, entry = _HEADING.match(line), _ENTRY.match(line)
        if heading:
            listing = lists.setdefault(heading[1], [])
        elif listing is not None and entry:
            listing.append(Problem(entry[1].strip(), ""))
        elif listing and line.strip():
            listing[-1] = Problem(listing[-1].place, f"{listing[-1].what} {line.strip()}".strip())
    return ReadNote(
        number=int(number[1]) if number else 0,
        accepted=_CODE.search(note) is not None,
        due=_due(note),
        musts=tuple(lists.get("须改正的", ())),
        looks=tuple(lists.get("请核对的", ())),
    )


def _due(note: str) -> date | None:
    found = _DUE.search(note)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def times_sent_back(note: str, result: UnitResult) -> int:
    """For the how-manieth time the text of a note sends back the return of ``result``; 0 where it is about another."""
    number, code = _NUMBER.search(note), _CODE.search(note)
    if code is None:
        about = result.submission is None
    else:
        about = result.submission is not None and result.submission.sha256.startswith(code[1])
    return int(number[1]) if about and number is not None else 0


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
