"""The sheet 口径与版本: under which rules the figures came about, and from exactly which files."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl import __version__
from perfeval_xl.excel.book import A3, Book, Column, Limits, Paper, Styled, Value
from perfeval_xl.results import District, UnitResult
from perfeval_xl.scheme.model import Reading, Scheme
from perfeval_xl.summary.blocks import Span, below, block
from perfeval_xl.summary.figures import ROW, Round, opens
from perfeval_xl.summary.lines import Shelf
from perfeval_xl.summary.returns import shortened
from perfeval_xl.summary.sheet import Sheet, exported

_NOTE = (
    "本汇总表的各项得分依据哪一版方案、哪些口径、哪些文件算出。同样的文件和设置总得出同样的结果；"
    "SHA-256 是收到的文件的指纹：文件有任何改动，指纹即不同。"
)
_COLUMNS = (
    Column("单位代码", 12, "centre"),
    Column("单位名称", 26),
    Column("文件", 40),
    Column("情况", 12, "centre"),
    Column("SHA-256", 35),
    Column("保存程序", 30),
    Column("保存时间（文件自记）", 22, "centre"),
    Column("批注文件", 9, "centre"),
)
_LAST = len(_COLUMNS) - 1


def _spans(*heads: tuple[str, int, int]) -> list[Span]:
    """Columns of a small table, by heading, first and last column of the sheet."""
    return [
        Span(title, first, last, sum(each.width for each in _COLUMNS[first : last + 1]), "text")
        for title, first, last in heads
    ]


_FACTS = _spans(("事项", 0, 0), ("内容", 1, 7))
_READINGS = _spans(
    ("条款", 0, 1), ("采用的口径", 2, 2), ("理由与出处", 3, 4), ("可以改选的口径", 5, 5), ("涉及指标", 6, 7)
)
_CORRECTIONS = _spans(("位置", 0, 1), ("原文", 2, 2), ("更正为", 3, 4), ("理由", 5, 7))


class ProvenanceSheet(Sheet):
    """The rules, then a line a file that could be given to a unit or was set aside."""

    name = "口径与版本"
    holds = "方案、口径、设置、软件版本，收到的每个文件的指纹"
    rest = exported("units")

    def __init__(self, district: District, shelf: Shelf, limits: Limits) -> None:
        super().__init__(district, shelf, limits)
        if district.own is not None:
            self._lines.add(list(_of_unit(district.own, "主管部门")))

    def take(self, result: UnitResult) -> None:
        self._lines.add(list(_of_unit(result, "未受理" if result.card is None else "采用")))

    def write(self, book: Book, round_: Round) -> None:
        page = book.long_page(self.name, Paper(A3), round_.title)
        scheme = self._district.scheme
        row = self._heading(page, _NOTE, _COLUMNS) - 1
        facts = [fact for fact in (*_scheme_facts(scheme), *_round_facts(round_)) if fact[1]]
        corrections = [(each.where, each.printed, each.corrected, each.why) for each in scheme.corrections]
        for title, spans, lines in (
            ("一、方案和本次任务", _FACTS, facts),
            ("二、采用的口径", _READINGS, [_reading(each, scheme) for each in scheme.readings]),
            ("三、对原表误植的更正", _CORRECTIONS, corrections),
        ):
            row = block(page, below(page, row, title, _LAST), spans, lines, ROW)
        top = below(page, row, "四、收到的文件", _LAST)
        page.table(top, _COLUMNS, iter(self._lines), repeat_from=top, frozen=False, count=self.rows)


def _scheme_facts(scheme: Scheme) -> Iterator[tuple[str, str]]:
    yield "方案", f"{scheme.unit_title}（{scheme.year}年度），{scheme.id}，版本 {scheme.version}"
    yield "方案指纹", f"{scheme.digest}（SHA-256，含下列口径）" if scheme.digest else ""
    yield "原表", scheme.source
    yield from (("依据", each) for each in scheme.legal_basis)
    yield "休假日", scheme.calendar_source
    yield "等级", "；".join(f"{each.name}：{each.text}" for each in scheme.grades)


def _round_facts(round_: Round) -> Iterator[tuple[str, str]]:
    district = round_.district
    yield "地区、部门", f"{district.name}　{district.department}"
    yield "年度", f"{district.year}"
    yield "截止日期", f"{district.deadline:%Y-%m-%d}" if district.deadline else ""
    yield "联系方式", district.contact
    figures = round_.figures
    yield "收表", f"应交 {figures.due} 个{round_.counted}，已交 {figures.accepted} 个"
    yield "软件版本", f"perfeval-xl {__version__}"


def _reading(reading: Reading, scheme: Scheme) -> tuple[str, ...]:
    names = dict.fromkeys(scheme.indicator[code].name for code in reading.indicators)
    others = [each.text for each in reading.options if each.id != reading.chosen]
    changed = bool(reading.options) and reading.chosen != reading.options[0].id
    return (
        reading.clause,
        f"{reading.text}{'（本次任务改选）' if changed else ''}",
        f"{reading.why}（{reading.source}）",
        "\n".join(others) or "—",
        "、".join(names) or "全部指标",
    )


def _of_unit(result: UnitResult, standing: str) -> Iterator[list[Value | Styled]]:
    """The file that counts, and the unit's others."""
    listed = {result.file}
    yield _file(result, result, result.file, standing)
    for earlier in result.earlier:
        for name in (earlier.file, *earlier.passed_over):
            listed.add(name)
            yield _file(result, earlier, name, "未采用")
    for name in result.passed_over:
        if name not in listed:
            yield _file(result, result, name, "内容相同")


def _file(unit: UnitResult, holds: UnitResult, name: str, standing: str) -> list[Value | Styled]:
    """A file called ``name`` of ``unit``, with the content that ``holds`` is about."""
    said = holds.submission
    saved = said.modified.replace("T", " ").replace("Z", " UTC") if said else ""
    return [
        unit.unit_code,
        unit.unit_name,
        name,
        standing,
        holds.sha256,
        shortened(said.producer) if said else "",
        shortened(saved),
        opens(unit) if name == unit.file else None,
    ]
