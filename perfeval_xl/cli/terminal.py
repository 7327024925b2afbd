"""What the terminal gets to see: progress on stderr; results as text, JSON or csv on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from perfeval_xl.district.standing import RoundStatus
    from perfeval_xl.inquiry.difference import Difference
    from perfeval_xl.inquiry.workpaper import Block
    from perfeval_xl.results import District, UnitResult

_MOST_LINES = 100
"""Lines of one kind that a person would still read."""


QUIET = "perfeval.quiet"
"""What the command's context (its ``meta``) says of --quiet."""


Step = Callable[[], None]


@contextmanager
def progress(total: int | None = None, what: str = "") -> Iterator[Step]:
    """A progress bar on stderr with rate and time left, where that is a terminal and nobody asked for --quiet."""
    with progress_in((what, total)) as (step,):
        yield step


@contextmanager
def progress_in(*parts: tuple[str, int | None]) -> Iterator[tuple[Step, ...]]:
    """The same for work in several parts, each with what it is called and how many files there are: a bar for each, seen
    once the part begins."""
    context = click.get_current_context(silent=True)
    if not sys.stderr.isatty() or (context is not None and context.meta.get(QUIET)):
        yield tuple(lambda: None for _ in parts)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
    from rich.text import Text

    class Pace(ProgressColumn):
        max_refresh = 0.5

        def render(self, task: Task) -> Text:
            return Text(pace(task.finished_speed or task.speed, task.time_remaining))

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Pace())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def advance(bar: TaskID) -> None:
            if not bars.tasks[bar].started:
                bars.start_task(bar)
                bars.update(bar, visible=True)
            bars.advance(bar)

        shown = [
            bars.add_task(what, total=total, start=not number, visible=not number)
            for number, (what, total) in enumerate(parts)
        ]
        yield tuple(partial(advance, bar) for bar in shown)


def pace(rate: float | None, left: float | None) -> str:
    """``rate`` files a second and ``left`` seconds in words, as far as they are known."""
    if not rate:
        return ""
    found = f"{rate:.1f} 份/秒" if rate >= 1 else f"{rate * 60:.1f} 份/分"
    if left is None:
        return found
    minutes, seconds = divmod(round(left), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{found}，还要 {hours}:{minutes:02}:{seconds:02}" if hours else f"{found}，还要 {minutes}:{seconds:02}"


def print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_csv(rows: Iterable[tuple[str, ...]]) -> None:
    click.echo(_csv_text(rows), nl=False)


def _csv_text(rows: Iterable[tuple[str, ...]]) -> str:
    import csv
    from io import StringIO

    from perfeval_xl.report import csv_safe

    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(csv_safe(row) for row in rows)
    return text.getvalue()


def print_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    console(160).print(_table(head, rows))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(*head, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(value, overflow="fold") for value in row))  # never cut off
    return table


def console(width: int) -> Console:
    """Stdout; ``width`` columns where it is no terminal."""
    from rich.console import Console

    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else width, highlight=False)


def print_blocks(blocks: Iterable[Block]) -> None:
    from perfeval_xl.inquiry.workpaper import Lines

    for block in blocks:
        if isinstance(block, str):
            click.echo(f"\n{block}")
        elif isinstance(block, Lines):
            for line in block.render(console(120).width):
                click.echo(line)
        else:
            print_table(block.head, list(block.rows))


def print_result(result: UnitResult) -> None:
    from perfeval_xl import report

    who = f"{result.unit_code} {result.unit_name}".strip() or "（单位不明）"
    if result.card is None:
        click.echo(f"{result.file}  {who}  未能计分")
    else:
        click.echo(f"{result.file}  {who}  {report.total_text(result.card)}")
        print_table(
            (result.card.scheme.level_names[-1], "分值", "自评", "重算", "结果", "依据"),
            [
                (
                    row.indicator.name,
                    row.shown(row.indicator.points),
                    "" if row.self_score is None else row.shown(row.self_score),
                    "" if row.score is None else row.shown(row.score),
                    report.RESULT_LABELS[row.outcome.result.value],
                    "\n".join((*([f"区局裁定：{row.ruling}"] if row.ruling else []), row.outcome.basis, *row.notes)),
                )
                for row in result.card.rows
            ],
        )
    for line in report.finding_lines(result.findings):
        click.echo(f"  {line}")
    click.echo()


def print_what_if(results: list[UnitResult], asked: tuple[str, ...], fmt: str) -> None:
    """What other readings would cost, on the return of each unit that counts."""
    from perfeval_xl.district.duplicates import one_a_unit
    from perfeval_xl.inquiry import whatif, whatif_report

    current = whatif.common_scheme(results)
    units = one_a_unit(results)
    costs = [whatif.cost(current, case, units) for case in whatif.cases(current, asked)]
    not_scored = [each for each in units if each.card is None]
    if fmt == "json":
        print_json(whatif_report.what_if_json(current, costs, not_scored))
    elif fmt == "csv":
        print_csv(whatif_report.what_if_csv(costs))
    else:
        for cost in costs:
            click.echo("\n".join(whatif_report.case_lines(cost.case)))
            if cost.changes:
                print_table(whatif_report.CHANGE_COLUMNS, whatif_report.change_rows(cost))
            click.echo(f"{whatif_report.cost_line(cost)}\n")
        if len(costs) > 1:
            print_table(whatif_report.OVERVIEW_COLUMNS, whatif_report.overview_rows(costs))
    for each in not_scored:
        click.echo(f"未能计分，不在其内：{each.file}：{each.findings[0].message}", err=True)


def print_difference(found: Difference) -> None:
    """Two returns compared: the cells, what that does to the scores, what became of the findings."""
    from perfeval_xl.inquiry import difference_report as report

    click.echo("\n".join(report.head_lines(found)))
    if found.cells:
        click.echo()
        print_table(report.CELL_COLUMNS, report.cell_rows(found))
    if found.rows:
        print_table(report.row_columns(found), report.row_rows(found))
    click.echo(report.total_line(found))
    click.echo("\n".join(report.finding_block(found)))


def print_round(district: District) -> None:
    """The round in a few lines; of the files that were set aside, and of what is wrong in rulings.xlsx, so many."""
    from perfeval_xl.findings import Severity

    accepted = provisional = errors = ruled = 0
    refused: list[str] = []
    for result in district.results:
        errors += sum(each.severity is Severity.ERROR for each in result.findings)
        if result.card is not None:
            accepted += 1
            provisional += result.card.provisional
            ruled += len(result.card.ruled)
        elif len(refused) < _MOST_LINES:
            refused.append(f"  {result.file}：{result.findings[0].message}")
    set_aside = len(district.results) - accepted
    click.echo(
        f"已交 {accepted}，未交 {len(district.missing)}，未受理 {set_aside}；待补正 {provisional}；错误 {errors} 处。"
    )
    _print_rulings(district, ruled)
    for line in refused:
        click.echo(line, err=True)
    if more := set_aside - len(refused):
        click.echo(f"  另有 {more} 个文件未受理，运行 perfeval status 可看到全部。", err=True)


def _print_rulings(district: District, ruled: int) -> None:
    from perfeval_xl.findings import Severity, grouped

    if ruled or district.rulings.waiting:
        click.echo(f"裁定（rulings.xlsx）：已采用 {ruled} 项，待裁定 {district.rulings.waiting} 项。")
    wrong = [each for each in grouped(district.rulings.findings) if each.first.severity is not Severity.INFO]
    for group in wrong[:_MOST_LINES]:
        click.echo(f"  rulings.xlsx {group.first.severity.label}：{group}", err=True)
    if more := len(wrong[_MOST_LINES:]):
        click.echo(f"  rulings.xlsx 另有 {more} 处要核对，运行 perfeval export 可导出全部（findings 表）。", err=True)


def print_status(status: RoundStatus, fmt: str, output: Path | None) -> None:
    """The round's standing to stdout, or into ``output`` (xlsx: always)."""
    import json

    from perfeval_xl.district import standing_report

    if fmt == "xlsx":
        assert output is not None
        from perfeval_xl.district.standing_book import build_status_book

        _write(output, build_status_book(status, output.parent))
    elif fmt == "json":
        _put(json.dumps(standing_report.status_json(status), ensure_ascii=False, indent=2) + "\n", output)
    elif fmt == "csv":
        _put(_csv_text(standing_report.csv_rows(status)), output, signed=True)
    else:
        _put(_status_text(status), output)


def _put(text: str, output: Path | None, *, signed: bool = False) -> None:
    """``signed``: a file begins with a byte order mark, by which Excel knows UTF-8."""
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text.encode("utf-8-sig" if signed else "utf-8"))


def _write(output: Path, data: bytes) -> None:
    from perfeval_xl.files import write_atomically

    write_atomically(output, data)
    click.echo(f"已写入 {output}", err=True)


def _status_text(status: RoundStatus) -> str:
    from io import StringIO

    from rich.console import Console

    from perfeval_xl.district import standing_report

    table = Console(file=StringIO(), width=console(160).width, highlight=False)
    with table.capture() as caught:
        table.print(_table(standing_report.TABLE_COLUMNS, standing_report.table_rows(status)))
    lines = [
        caught.get().rstrip("\n"),
        "",
        f"截止 {standing_report.deadline_text(status)}。{standing_report.totals_text(status)}",
        standing_report.own_text(status),
    ]
    for heading, found in standing_report.remarks(status):
        lines += ["", f"{heading}：", *(f"  {line}" for line in found)]
    return "\n".join(lines) + "\n"
