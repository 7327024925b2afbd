"""The commands that make and change forms: `perfeval scheme new`, `diff`, `export`, `import` and `preview`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli import terminal
from perfeval_xl.cli.common import WORKBOOK, Stop, format_option

if TYPE_CHECKING:
    from perfeval_xl.authoring.importing import Imported

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("new")
@click.argument("name")
@click.option("--from", "source", required=True, help="由这个方案衍生：名称或路径，如 bureau-2024。")
@click.option("--year", type=int, help="新方案的年度（默认为原方案的下一年）。")
@click.option("-o", "--output", type=_FOLDER, required=True, help="写到这个文件夹（新建，其中的文件为 scheme.toml）。")
def scheme_new(name: str, source: str, year: int | None, output: Path) -> None:
    """由已有的方案衍生新一年的方案：换编号和年度，日期顺延，其余照旧。

    NAME 是新方案的编号，如 bureau-2025。不覆盖已有的 scheme.toml。
    """
    from perfeval_xl.authoring.derive import derive
    from perfeval_xl.scheme.loader import find_scheme

    target = _fresh(output)
    made = derive(find_scheme(source), name, year)
    _write(target, made.text)
    click.echo(f"已写入 {target}")
    for note in made.notes:
        click.echo(f"  {note}")
    click.echo(
        f"接着可以：perfeval scheme export {output} -o 方案.xlsx，在表格软件里修改；perfeval scheme diff {source} {output} 查看改了什么。"
    )


@click.command("diff")
@click.argument("before")
@click.argument("after")
@format_option("text", "json")
def scheme_diff(before: str, after: str, fmt: str) -> None:
    """逐项说明两个方案有什么不同：“结转结余率：满分线 10% → 8%”。

    BEFORE 和 AFTER 是方案的名称或路径。
    """
    from perfeval_xl.authoring.compare import changes_json, compare
    from perfeval_xl.authoring.raw import read_raw
    from perfeval_xl.scheme.loader import find_scheme

    old, new = (read_raw(find_scheme(each)) for each in (before, after))
    changes = compare(old, new)
    if fmt == "json":
        terminal.print_json(changes_json(changes))
        return
    if not changes:
        click.echo("两个方案的内容完全相同。")
        return
    click.echo(f"{old['id']} {old['version']} → {new['id']} {new['version']}：{len(changes)} 处不同")
    part = ""
    for each in changes:
        if each.part != part:
            part = each.part
            click.echo(f"\n{part}")
        click.echo(f"  {each}")


@click.command("export")
@click.argument("name")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="写到这个文件，如 方案.xlsx。",
)
@click.option("--force", is_flag=True, help="覆盖已有的文件。")
def scheme_export(name: str, output: Path, force: bool) -> None:
    """把方案导出为 Excel 工作簿，在其中修改后用 import 导入。

    NAME 是方案的名称或路径。方案文件里的注释不带入，其余一样不缺。
    """
    from perfeval_xl.authoring.raw import read_raw
    from perfeval_xl.authoring.workbook import authoring_workbook
    from perfeval_xl.files import write_atomically
    from perfeval_xl.scheme.loader import find_scheme

    if output.suffix.lower() != ".xlsx":
        raise Stop(f"{output} 应以 .xlsx 结尾。")
    if output.exists() and not force:
        raise Stop(f"{output} 已经存在，没有改动。请另取名称；确实要覆盖的，加 --force。")
    data = authoring_workbook(read_raw(find_scheme(name)))
    write_atomically(output, data)
    click.echo(
        f"已写入 {output}。在 Excel、WPS 或 LibreOffice 中修改并保存后：perfeval scheme import {output} -o 文件夹"
    )


@click.command("import")
@click.argument("workbook", type=WORKBOOK)
@click.option("-o", "--output", type=_FOLDER, required=True, help="写到这个文件夹，其中的文件为 scheme.toml。")
@click.option("--force", is_flag=True, help="覆盖文件夹中已有的 scheme.toml。")
@format_option("text", "json")
def scheme_import(workbook: Path, output: Path, force: bool, fmt: str) -> None:
    """检查改好的方案工作簿，没有错误的写成方案文件。

    WORKBOOK 是由 export 导出、改好的工作簿。有错误的，一次全部列出（工作表!单元格），
    不写方案，另做一份标红的“…-有误.xlsx”放在工作簿旁边。
    """
    from perfeval_xl.authoring.importing import import_workbook, imported_json

    target = _fresh(output) if not force else output / _scheme_file()
    data = workbook.read_bytes()
    found = import_workbook(data, workbook.name)
    if found.text is not None:
        _write(target, found.text)
    if fmt == "json":
        terminal.print_json(imported_json(found))
    else:
        _print_import(found, target)
    if found.errors:
        raise Stop(f"有 {len(found.errors)} 处错误，没有写出方案。{_marked(workbook, data, found)}")


def _print_import(found: Imported, target: Path) -> None:
    from perfeval_xl.authoring.trouble import grouped
    from perfeval_xl.numbers import show_number

    for heading, troubles in (("错误", found.errors), ("提示", found.notes)):
        if troubles:
            click.echo(f"{heading}：")
            for line in grouped(troubles):
                click.echo(f"  {line}")
    if found.scheme is not None:
        scheme = found.scheme
        click.echo(
            f"已写入 {target}：{scheme.id} {scheme.version}，{len(scheme.indicators)} 行、{show_number(scheme.points)} 分。"
        )
        click.echo(
            f"接着可以：perfeval scheme preview {target.parent} -o 预览 看空白表；perfeval scheme diff 原方案 {target.parent} 看改了什么。"
        )


def _marked(workbook: Path, data: bytes, found: Imported) -> str:
    """Write the marked copy beside the workbook; what is to be said of it."""
    from perfeval_xl.authoring.marked import marked_copy
    from perfeval_xl.errors import PatchRefused
    from perfeval_xl.files import write_atomically

    target = workbook.with_name(f"{workbook.stem.removesuffix('-有误')}-有误.xlsx")
    try:
        write_atomically(target, marked_copy(data, found.errors, found.notes))
    except PatchRefused:
        return "要标红的副本，请把文件另存为 .xlsx 再试。"
    return f"标红的副本：{target}，改好其中的红格可以直接导入它。"


@click.command("preview")
@click.argument("name")
@click.option("-o", "--output", type=_FOLDER, required=True, help="写到这个文件夹。")
def scheme_preview(name: str, output: Path) -> None:
    """做一份空白表和它的打印件（PDF），看看方案做成表是什么样子。

    NAME 是方案的名称或路径。打印件要用 LibreOffice；没有装的，只做空白表。
    """
    from perfeval_xl import printing
    from perfeval_xl.authoring.preview import write_preview
    from perfeval_xl.scheme.loader import find_scheme, load_scheme

    made = write_preview(load_scheme(find_scheme(name)), output)
    click.echo(f"空白表：{made}")
    missing = printing.lacking((".xlsx",))
    if missing:
        click.echo(f"打印件没有做：{missing}", err=True)
        return
    for printed in printing.to_pdf([made]):
        click.echo(f"打印件：{printed}")


def _scheme_file() -> str:
    from perfeval_xl.scheme.loader import SCHEME_FILE

    return SCHEME_FILE


def _fresh(folder: Path) -> Path:
    """Where the scheme goes in ``folder``; Stop where there is one already."""
    target = folder / _scheme_file()
    if target.exists():
        raise Stop(f"{target} 已经存在，没有改动。请另选文件夹，或先移走原来的文件。")
    return target


def _write(target: Path, text: str) -> None:
    from perfeval_xl.files import write_atomically

    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, text.encode())
