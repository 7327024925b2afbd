"""What the tool itself says in a narrative: the score and what it is made of, where points were lost, what is still open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.analysis import share
from perfeval_xl.district.narrative.blocks import Bars, Block, Grid, Item, Subject, Text, one_line, to_write
from perfeval_xl.findings import Severity, grouped
from perfeval_xl.numbers import ZERO, show_number, show_percent, show_score, show_span
from perfeval_xl.overview import common_issues
from perfeval_xl.results import unsettled
from perfeval_xl.scheme.fields import NOT_APPLICABLE
from perfeval_xl.scheme.model import LEVEL_NAMES
from perfeval_xl.scheme.rules.annex_rows import AnnexRows
from perfeval_xl.scheme.rules.base import Result
from perfeval_xl.scheme.scorecard import IndicatorScore, ScoreCard

_MOST_ROWS, _MOST_OPEN, _MOST_NAMED, _MOST_KINDS = 10, 6, 8, 6
_LEVEL_WIDTHS = {1: (74,), 2: (30, 44), 3: (22, 24, 28)}  # millimetres, by how many levels there are
_LONGEST_BASIS, _LONGEST_REASON, _LONGEST_MESSAGE = 240, 120, 120  # characters


def conclusion(subject: Subject) -> Iterator[Block]:
    """The recalculated total and grade, with what they are made of as a table and a chart."""
    card = subject.card
    yield Text(_total(subject), ours=True)
    openly = [row for row in card.rows if row.open]
    if openly:
        yield Text(_open(openly), ours=True)
    for note in subject.notes:
        yield Text(one_line(note), ours=True)
    levels, depth = _levels(card), subject.scheme.depth
    firsts = list(dict.fromkeys(level.path[:1] for level in levels))
    if len(firsts) > 1:
        said = "；".join(_said(_sum(first, card)) for first in firsts)
        yield Text(f"其中：{said}。", ours=True)
    rows = [(*each.path, show_number(each.points), each.score_text, each.rate_text) for each in levels]
    whole = _sum((), card)
    rows.append(("合计", *[""] * (depth - 1), show_number(whole.points), whole.score_text, whole.rate_text))
    head = (*LEVEL_NAMES[:depth], "分值", "得分", "得分率")
    yield Grid(f"{LEVEL_NAMES[depth - 1]}得分情况", head, (*_LEVEL_WIDTHS[depth], 22, 34, 26), rows, joined=depth > 1)
    known = [(each.path[-1], each.rate) for each in levels if each.rate is not None]
    if known:  # a bar of no length would say that nothing was scored
        gone = {"不适用" if not each.points else "待定": None for each in levels if each.rate is None}
        caption = f"{LEVEL_NAMES[depth - 1]}得分率" + (f"（{'、'.join(gone)}的不在其中）" if gone else "")
        yield Bars(caption, "得分率", tuple(name for name, _ in known), tuple(rate for _, rate in known))


def _total(subject: Subject) -> str:
    card, points = subject.card, show_number(subject.scheme.points)
    said = f"按评分标准逐项重算，{subject.year}年度"
    if card.total is not None:
        said += f"得分 {card.total_text} 分（满分 {points} 分），等级为“{card.grade}”。"
    else:
        grade = f"等级为“{card.grade}”" if card.grade else "等级待定"
        bounds = f"{card.total_text} 分"
        said += f"得分暂定在 {bounds}之间（满分 {points} 分），{grade}。"
    said += _claim(card)
    waived = sum(row.ruling is None and row.outcome.result is Result.NOT_APPLICABLE for row in card.rows)
    if waived:
        said += f"有 {waived} 项没有相应事项，{subject.scheme.waived}。"
    if card.ruled:
        said += f"有 {len(card.ruled)} 项按区局裁定计分。"
    return said


def _claim(card: ScoreCard) -> str:
    """The unit's own total beside the one that counts."""
    if card.self_total is None:
        return "自评分没有填全。"
    if card.total is None:
        return f"自评总分 {card.shown(card.self_total)} 分。"
    off = [row for row in card.rows if row.final_difference]
    gap = card.self_total - card.total
    if not off:
        return "自评分与重算一致。"
    than = f"比重算{'高' if gap > 0 else '低'} {card.shown(abs(gap))} 分" if gap else "与重算相同"
    named = _named([row.indicator.name for row in off])
    return f"自评总分 {card.shown(card.self_total)} 分，{than}，有 {len(off)} 项不一致：{named}。"


def _open(rows: Sequence[IndicatorScore]) -> str:
    said = [
        f"{row.indicator.name}（分值 {show_number(row.indicator.points)} 分，得分在"
        f" {row.final_text} 分之间；{_short(row.outcome.basis, _LONGEST_MESSAGE)}）"
        for row in rows[:_MOST_OPEN]
    ]
    rest = rows[_MOST_OPEN:]
    more = f"；另有 {len(rest)} 项" if rest else ""
    return f"得分为暂定，是因为有 {len(rows)} 项尚不能定分：{'；'.join(said)}{more}。"


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of indicators above the scored rows: its points, as far as they count, and the bounds of its score."""

    path: tuple[str, ...]
    points: Decimal
    low: Decimal
    high: Decimal
    places: int

    @property
    def rate(self) -> Decimal | None:
        return share(self.low, self.points) if self.low == self.high and self.points else None

    @property
    def score_text(self) -> str:
        if self.low == self.high:
            return show_score(self.low, self.places) if self.points else NOT_APPLICABLE
        return show_span(self.low, self.high, self.places)

    @property
    def rate_text(self) -> str:
        if not self.points:
            return NOT_APPLICABLE
        return "待定" if self.rate is None else show_percent(self.rate)


def _levels(card: ScoreCard) -> list[_Level]:
    return [_sum(path, card) for path in dict.fromkeys(row.indicator.path for row in card.rows)]


def _sum(path: tuple[str, ...], card: ScoreCard) -> _Level:
    """The rows of a level that count, together; of all levels for ()."""
    rows = [row for row in card.rows if row.indicator.path[: len(path)] == path and not row.excluded]
    points, low, high = (
        sum(each, ZERO)
        for each in ([row.indicator.points for row in rows], [row.low for row in rows], [row.high for row in rows])
    )
    return _Level(path, points, low, high, card.scheme.places)


def _said(level: _Level) -> str:
    rate = "" if level.rate is None else f"，得分率 {level.rate_text}"
    return f"{level.path[0]} {show_number(level.points)} 分，得 {level.score_text} 分{rate}"


def analysis(subject: Subject) -> Iterator[Block]:
    """How many of the targets in the annex tables were reached."""
    for row in subject.card.rows:
        rule, lines = row.indicator.rule, row.outcome.lines
        if not isinstance(rule, AnnexRows) or not lines:
            continue
        weights = [subject.submission.answers[rule.table.field_id(line.row, "weight")].value for line in lines]
        full = sum(line.score == weight for line, weight in zip(lines, weights, strict=True))
        openly = sum(line.score is None for line in lines)
        said = f"{row.indicator.name}：列入考核的指标 {len(lines)} 项，得满分的 {full} 项"
        short = len(lines) - full - openly
        said += f"，未得满分的 {short} 项" if short else ""
        said += f"，尚不能定分的 {openly} 项" if openly else ""
        scored = "得分待定" if row.final is None else f"共得 {row.shown(row.final)} 分"
        yield Text(f"{said}；分值 {show_number(row.indicator.points)} 分，{scored}。", ours=True)


def problems(subject: Subject, number: int) -> Iterator[Block]:
    """Where points were lost and what is wrong with the return, as items from ``number`` on."""
    lost = lost_rows(subject.card)
    if lost:
        yield Item(number, f"从核分结果看，有 {len(lost)} 项指标未得满分", ours=True)
        yield from _losses(subject, lost)
        number += 1
    found = [each for each in unsettled(subject.card, subject.findings) if each.severity is not Severity.INFO]
    if found:
        groups = grouped(found)
        yield Item(number, f"从填报质量看，有 {len(groups)} 处需要改正或核对", ours=True)
        kinds = common_issues([groups])
        for kind in kinds[:_MOST_KINDS]:
            first = next(group.first for group in groups if group.first.code == kind.code)
            example = _short(first.message, _LONGEST_MESSAGE)  # cells are for whoever corrects the form
            yield Text(
                f"{kind.meaning}（{kind.times} 处）：{'如' if kind.times > 1 else ''}{_ended(example)}", ours=True
            )
        if kinds[_MOST_KINDS:]:
            rest = "、".join(f"{kind.meaning}（{kind.times} 处）" for kind in kinds[_MOST_KINDS:])
            yield Text(f"此外还有：{rest}。", ours=True)


def lost_rows(card: ScoreCard) -> list[IndicatorScore]:
    """The settled rows short of their points, what lost the most first."""
    short = [row for row in card.rows if row.final is not None and row.final < row.indicator.points]
    return sorted(short, key=lambda row: -_loss(row))


def _loss(row: IndicatorScore) -> Decimal:
    return row.indicator.points - (row.final or ZERO)


def _losses(subject: Subject, lost: Sequence[IndicatorScore]) -> Iterator[Block]:
    total = sum((_loss(row) for row in lost), ZERO)
    yield Text(f"共失 {subject.card.shown(total)} 分，按失分多少列举如下。", ours=True)
    most = _MOST_ROWS if len(lost) > _MOST_ROWS + 1 else len(lost)
    for number, row in enumerate(lost[:most], start=1):
        indicator = row.indicator
        scores = (
            f"{indicator.path[-1]}，分值 {show_number(indicator.points)} 分，得 {row.shown(row.final or ZERO)} 分，"
            f"失 {row.shown(_loss(row))} 分"
        )
        basis = f"区局裁定{row.ruling}" if row.ruling else row.outcome.basis
        reason = subject.submission.answers.text(indicator.evidence_id) if subject.is_explained(indicator) else ""
        told = f"自评表中的说明：{_ended(_short(reason, _LONGEST_REASON))}" if reason else ""
        said = f"（{number}）{indicator.name}（{scores}）：{_ended(_short(basis, _LONGEST_BASIS))}{told}"
        yield Text(said, ours=True)
    rest = lost[most:]
    if rest:
        each = "、".join(f"{row.indicator.name}（失 {row.shown(_loss(row))} 分）" for row in rest)
        yield Text(f"其余 {len(rest)} 项共失 {subject.card.shown(sum(map(_loss, rest), ZERO))} 分：{each}。", ours=True)


def unexplained(subject: Subject) -> str:
    """A reminder naming the lost points whose reasons and measures nobody wrote down; '' where there are none."""
    silent = [row for row in lost_rows(subject.card) if not subject.is_explained(row.indicator)]
    if not silent:
        return ""
    named = _named([f"{row.indicator.name}（失 {row.shown(_loss(row))} 分）" for row in silent])
    return to_write(f"写明怎么改、何时完成。以下指标未得满分，自评表中也没有写明原因：{named}")


def _named(names: Sequence[str]) -> str:
    """Each name once, some of them where there are many."""
    once = list(dict.fromkeys(map(one_line, names)))
    return "、".join(once[:_MOST_NAMED]) + (f"等 {len(once)} 项" if len(once) > _MOST_NAMED else "")


def _short(text: str, most: int) -> str:
    """A text in one line, cut after a clause where it is longer than ``most`` characters."""
    plain = one_line(text)
    if len(plain) <= most:
        return plain
    end = max(plain.rfind(sign, most // 2, most) for sign in "，；。")
    return f"{plain[: end if end > 0 else most]}……"


def _ended(text: str) -> str:
    return text if text.endswith(("。", "！", "？", "……")) else f"{text}。"
