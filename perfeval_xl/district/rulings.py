"""Rulings: which rows a person must settle, what was decided in rulings.xlsx, and the scores with that taken in.

A ruling holds for the data that it was made on. A row of the file carries a fingerprint of the data that it shows, and
every ruling is recorded with the fingerprint of those it was made on; when the unit's data are others by now, the ruling
waits until somebody confirms it by typing something anew (a later date).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.ruling_blank import AWAITED, NOT_TAKEN, STALE, TAKEN
from perfeval_xl.district.ruling_book import Line, RulingFile, read_file
from perfeval_xl.district.ruling_entries import Typed, read_typed
from perfeval_xl.district.ruling_rows import LONGEST_WHY, SETTLED, asking, fingerprint, rows_asking, shown_of
from perfeval_xl.entries.spelling import tidy
from perfeval_xl.errors import PerfevalError
from perfeval_xl.excel.sheetpatch import Content
from perfeval_xl.files import write_atomically
from perfeval_xl.findings import Finding, finding
from perfeval_xl.numbers import show_score, show_span
from perfeval_xl.results import Rulings, UnitResult
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.scorecard import Decision, IndicatorScore, Ruling

_NO_NEED = "无需裁定"

_Key = tuple[str, str]
"""Unit code, indicator code."""

_KEPT = 16  # returns looked at last: a unit's rows mostly stand together


@dataclass(frozen=True)
class _Entered:
    """A row of the file that names a unit and an indicator of the round (``who`` in words); ``typed`` None: nothing that
    could be used."""

    who: str
    line: Line
    typed: Typed | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class RulingBook:
    """What rulings.xlsx says. ``rows`` by unit and indicator; ``recorded`` the last ruling ever recorded of each;
    ``strays`` the statuses of rows that belong to none. ``file`` is None where there is no such file yet."""

    file: RulingFile | None = None
    rows: Mapping[_Key, _Entered] = field(default_factory=dict)
    recorded: Mapping[_Key, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    strays: Mapping[int, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """The accepted returns of a round, which need not be in memory: ``units`` are their units' codes in their order, each
    with the rows of the form on which a person must rule; ``of`` gives the return of a unit, None where it has none."""

    units: Callable[[], Iterable[tuple[str, Sequence[str]]]]
    of: Callable[[str], UnitResult | None]

    @classmethod
    def among(cls, results: Iterable[UnitResult]) -> Accepted:
        """Those among ``results``."""
        of_unit = {each.unit_code: each for each in results if each.card is not None and each.unit_code}
        return cls(lambda: ((code, rows_asking(each)) for code, each in of_unit.items()), of_unit.get)


@dataclass(frozen=True)
class Ruled:
    """What came of the rulings, those ``in_force`` by unit and indicator, and what the file is to say: of its rows, in
    new rows (``new`` of them), in its record."""

    rulings: Rulings
    in_force: Mapping[str, Mapping[str, Ruling]]
    book: RulingBook
    changed: Mapping[int, Mapping[str, Content]]
    new: int
    record: Sequence[Mapping[str, Content]]
    accepted: Accepted

    def taken_into(self, result: UnitResult) -> UnitResult:
        """A result with its rulings: what they settle is no longer told; that they were made, is."""
        return _with_rulings(result, self.in_force.get(result.unit_code, {}))

    def new_rows(self) -> Iterator[Mapping[str, Content]]:
        """What waits for a ruling and isn't on the list yet, as it is to be put there."""
        for unit, codes in self.accepted.units():
            waiting = [code for code in codes if (unit, code) not in self.book.rows]
            result = self.accepted.of(unit) if waiting else None
            if result is not None and result.card is not None:
                why = asking(result)
                yield from (
                    {**shown_of(result, result.card.row[code], why[code]), "status": AWAITED} for code in waiting
                )


# ---- reading


def read_rulings(path: Path, scheme: Scheme, roster: Mapping[str, Unit]) -> RulingBook:
    """The rulings in ``path``; none where there is no such file. What is wrong in a row is a finding with its cell.

    CampaignError where the file can't be read, or lacks a sheet or a column: going on without it would change grades.
    """
    file = read_file(path)
    if file is None:
        return RulingBook()
    findings = list(file.findings)
    strays: dict[int, str] = {}
    by_key: defaultdict[_Key, list[_Entered]] = defaultdict(list)
    for line in file.lines:
        unknown = _unknown(line, scheme, roster)
        if unknown is not None:
            strays[line.row] = f"{NOT_TAKEN}：{unknown[1]}"
            findings += [unknown[0]] if _anything_typed(line) else []
            continue
        unit, indicator = roster[line.texts["unit"]], scheme.indicator[line.texts["code"]]
        who = f"{unit.code} {unit.name} {indicator.name}"
        typed, wrong = read_typed(line, indicator, who)
        by_key[unit.code, indicator.code].append(_Entered(who, line, typed, tuple(wrong)))
    rows = {}
    for key, entered in by_key.items():
        rows[key], *others = _one(key[1], entered)
        strays |= {each.line.row: f"{NOT_TAKEN}：与第 {rows[key].line.row} 行重复" for each in others}
        findings += [each for row in (rows[key], *others) for each in row.findings]
    recorded = {(each.texts["unit"], each.texts["code"]): _recorded(each) for each in file.record}
    return RulingBook(file, rows, recorded, strays, tuple(findings))


def _unknown(line: Line, scheme: Scheme, roster: Mapping[str, Unit]) -> tuple[Finding, str] | None:
    for key, known, what in (
        ("unit", roster, "单位代码不在名册中"),
        ("code", scheme.indicator, "方案中没有这个指标编号"),
    ):
        text = line.texts[key]
        if text not in known:
            return finding("ruling-unknown", cell=line.cells[key], actual=text, what=what), what
    return None


def _anything_typed(line: Line) -> bool:
    return any(each.found != "" or each.formula is not None or each.error for each in line.typed.values())


def _one(code: str, entered: Sequence[_Entered]) -> list[_Entered]:
    """The row that counts, then the others. Of two rulings on one row of the form neither counts."""
    filled = [each for each in entered if each.typed is not None or each.findings]
    first = (filled or entered)[0]
    others = [each for each in entered if each is not first]
    if len(filled) < 2:
        return [first, *others]
    words = {"indicator": code, "who": first.who, "count": str(len(filled))}
    told = [finding("ruling-duplicate", cell=each.line.cells["decision"], **words) for each in filled]
    return [replace(first, typed=None, findings=tuple(told)), *(replace(each, findings=()) for each in others)]


def _recorded(line: Line) -> tuple[tuple[str, ...], str]:
    """What was typed, as ``Typed.key`` has it, and the fingerprint of the data it was made on."""
    decision, score, *rest = (tidy(line.texts[key]) for key in ("decision", "score", "reason", "name", "day"))
    return (decision, score if decision == Decision.SET_SCORE.label else "", *rest), line.texts["fingerprint"]


# ---- taking the rulings in


def apply(book: RulingBook, accepted: Accepted) -> Ruled:
    """Every valid ruling of ``book`` on the returns of a round, and all there is to say about the rulings."""
    return _Applying(book, accepted).ruled()


def with_rulings(campaign: Campaign, results: Iterable[UnitResult]) -> list[UnitResult]:
    """Each of ``results`` by itself with the rulings of the round that were made on its data."""
    book = read_rulings(campaign.rulings, campaign.scheme, campaign.addressees)
    return [apply(book, Accepted.among([each])).taken_into(each) for each in results]


class _Applying:
    """One run over all rows; gathers findings, the rulings in force, and what the file is to say."""

    def __init__(self, book: RulingBook, accepted: Accepted) -> None:
        self._book = book
        self._accepted = accepted
        self._of = lru_cache(_KEPT)(accepted.of)
        self._findings = list(book.findings)
        self._in_force: defaultdict[str, dict[str, Ruling]] = defaultdict(dict)
        self._record: list[Mapping[str, Content]] = []
        self._changed: dict[int, dict[str, Content]] = {row: {"status": text} for row, text in book.strays.items()}
        self._open = 0

    def ruled(self) -> Ruled:
        for key, entered in self._book.rows.items():
            self._changed[entered.line.row] = self._row(key, entered)
        new = sum((unit, code) not in self._book.rows for unit, codes in self._accepted.units() for code in codes)
        self._open += new
        self._deleted()
        rulings = Rulings(self._open, tuple(self._findings))
        return Ruled(rulings, self._in_force, self._book, self._changed, new, self._record, self._accepted)

    def _row(self, key: _Key, entered: _Entered) -> dict[str, Content]:
        """Takes in the ruling of a row, if there is one; returns what the row is to show."""
        unit, code = key
        result = self._of(unit)
        row = result.card.row.get(code) if result is not None and result.card is not None else None
        if result is None or row is None:
            if entered.typed is not None:
                cell = entered.line.cells["decision"]
                self._findings.append(finding("ruling-no-return", cell=cell, indicator=code, who=entered.typed.who))
            return {"status": "单位没有可用的报表"}
        why = asking(result).get(code, [])
        shown = shown_of(result, row, why)
        if not why:
            del shown["why"]  # what the row was put on the list for is worth keeping
        status = self._status(key, entered, row, shown, asked=bool(why))
        self._open += bool(why) and not status.startswith(TAKEN)
        return {**shown, "status": status}

    def _status(
        self, key: _Key, entered: _Entered, row: IndicatorScore, shown: Mapping[str, Content], *, asked: bool
    ) -> str:
        typed, now = entered.typed, str(shown["fingerprint"])
        if typed is None:
            if entered.findings:
                return _refused(entered.who, entered.findings)
            return AWAITED if asked else _NO_NEED
        last = self._book.recorded.get(key)
        known = last is not None and last[0] == typed.key
        made_on = last[1] if last is not None and known else entered.line.texts["fingerprint"] or now
        if made_on != now:
            if not known:
                self._record.append(_for_record(shown, typed, None, made_on))
            return self._stale(typed, row, asked)
        ruling = typed.ruling(row)
        if isinstance(ruling, Finding):
            self._findings.append(ruling)
            return _refused(entered.who, [ruling])
        if not known:
            self._record.append(_for_record(shown, typed, ruling, now))
        self._in_force[key[0]][key[1]] = ruling
        return f"{TAKEN}：{show_score(ruling.score)} 分"

    def _stale(self, typed: Typed, row: IndicatorScore, asked: bool) -> str:
        code, place = row.indicator.code, typed.cell
        if not asked:
            self._findings.append(finding("ruling-lapsed", cell=place, indicator=code, who=typed.who))
            return f"{_NO_NEED}：单位已改正"
        claim = "未填" if row.self_score is None else f"{row.shown(row.self_score)} 分"
        score = (
            f"{show_span(row.low, row.high, row.indicator.places)} 分"
            if row.score is None
            else f"{row.shown(row.score)} 分"
        )
        words = {"who": typed.who, "actual": claim, "expected": score}
        self._findings.append(finding("ruling-stale", cell=place, indicator=code, **words))
        return f"{STALE}，原裁定没有采用。请核对后重新裁定，或改填日期确认"

    def _deleted(self) -> None:
        """Rulings on record that would still hold, and are gone from the list."""
        for (unit, code), (key, made_on) in self._book.recorded.items():
            entered, result = self._book.rows.get((unit, code)), self._of(unit)
            if result is None or result.card is None or code not in asking(result):
                continue
            if entered is not None and (entered.typed is not None or entered.findings):
                continue
            row = result.card.row[code]
            if result.submission is not None and fingerprint(row, result.submission) == made_on:
                cell = entered.line.cells["decision"] if entered else None
                who = f"{unit} {result.unit_name} {row.indicator.name}"
                said = "，".join(filter(None, key))
                self._findings.append(finding("ruling-deleted", cell=cell, indicator=code, who=who, actual=said))


def _refused(who: str, findings: Sequence[Finding]) -> str:
    """The status of a row whose entries can't be used: what is wrong with them."""
    wrong = dict.fromkeys(each.message.removeprefix(f"{who}：") for each in findings)
    return f"{NOT_TAKEN}：{''.join(wrong)}"[:LONGEST_WHY]


def _for_record(shown: Mapping[str, Content], typed: Typed, ruling: Ruling | None, made_on: str) -> dict[str, Content]:
    """A line of the record. Of one that was out of date when it was first seen, the scores it was made on aren't known."""
    places = ("unit", "unit_name", "code", "indicator", "points")
    scores = ("claim", "recalculated") if ruling is not None else ()
    score = typed.score if ruling is None else ruling.score
    return {
        **{key: shown[key] for key in (*places, *scores)},
        "decision": typed.decision.label,
        "score": score,
        "reason": typed.reason,
        "name": typed.name,
        "day": typed.day,
        "fingerprint": made_on,
    }


def _with_rulings(result: UnitResult, rulings: Mapping[str, Ruling]) -> UnitResult:
    """A result with its rulings: what they settle is no longer told; that they were made, is."""
    if result.card is None or result.submission is None or not rulings:
        return result
    answers, indicators = result.submission.answers, result.card.row
    told = [
        finding(
            "ruled",
            cell=answers.cell(indicators[code].indicator.self_score_id),
            indicator=code,
            name=indicators[code].indicator.name,
            actual=str(ruling),
        )
        for code, ruling in rulings.items()
    ]
    left = [each for each in result.findings if each.indicator not in rulings or each.code not in SETTLED]
    rows = tuple(replace(row, ruling=rulings.get(row.indicator.code)) for row in result.card.rows)
    return replace(result, card=replace(result.card, rows=rows), findings=(*left, *told))


# ---- writing


def write_rulings(campaign: Campaign, ruled: Ruled) -> Rulings:
    """Bring rulings.xlsx up to date: new rows at the end, statuses, the record. What people typed is not touched.

    Nothing is written where nothing changes. Where it can't be written a finding more says so.
    """
    file = ruled.book.file
    if file is None and not ruled.new:
        return ruled.rulings
    try:
        before = file or RulingFile.new(campaign.department, campaign.year)
        data = before.updated(ruled.changed, list(ruled.new_rows()), ruled.record)
        if file is None or data != file.data:
            write_atomically(campaign.rulings, data)
    except PerfevalError as error:
        told = finding("rulings-not-written", why=str(error).rstrip("。"))
        return replace(ruled.rulings, findings=(*ruled.rulings.findings, told))
    return ruled.rulings
