"""The round's standing as texts, rows and JSON: what `perfeval status` prints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from perfeval_xl.district.standing import RoundStatus, Standing, UnitStatus
from perfeval_xl.findings import Severity, grouped
from perfeval_xl.report import finding_json

TABLE_COLUMNS = ("单位代码", "单位名称", "状态", "退回", "收到时间", "错误", "提醒", "总分", "文件")
CSV_COLUMNS = (
    "单位代码",
    "单位名称",
    "单位类型",
    "联系人",
    "状态",
    "退回",
    "文件",
    "收到时间",
    "逾期",
    "错误",
    "提醒",
    "说明",
    "总分",
    "原因或首要问题",
    "其他文件",
)
LATE = "逾期"
NO_UNIT = "（单位不明）"


def deadline_text(status: RoundStatus) -> str:
    """The deadline and how far it is: 2025-04-30，还有 5 天."""
    days = status.days_left
    left = f"还有 {days} 天" if days > 0 else f"已过 {-days} 天" if days else "今天截止"
    return f"{status.campaign.deadline.isoformat()}，{left}"


def totals_text(status: RoundStatus) -> str:
    """The totals in a sentence; counts of nothing that needs attention are left out."""
    totals = status.totals
    parts = [f"应交 {totals.due}", f"已交 {totals.returned}", f"未受理 {totals.set_aside}", f"未交 {totals.missing}"]
    split = f"已交的：待补正 {totals.provisional}，有问题 {totals.findings}，无问题 {totals.clean}"
    late = [f"逾期 {totals.late}"] if totals.late else []
    back = [f"已退回修改 {totals.sent_back}"] if totals.sent_back else []
    ruled, waiting = sum(line.ruled for line in status.units), status.rulings.waiting
    rulings = [f"裁定：已采用 {ruled} 项，待裁定 {waiting} 项"] if ruled or waiting else []
    strays = [f"另有 {totals.strays} 个文件不属于名册中的单位"] if totals.strays else []
    return "；".join(["，".join(parts), split, *back, *late, *rulings, *strays]) + "。"


def own_text(status: RoundStatus) -> str:
    """Where the department's own form stands; '' where nothing is known of one."""
    own = status.own
    if own is None:
        return ""
    who = f"主管部门自填表（{own.code} {own.name}）"
    if own.standing is Standing.MISSING:
        return f"{who}：{own.standing.value}。"
    late = f"，{LATE}" if own.late else ""
    counts = f"，错误 {own.errors} 处，提醒 {own.warnings} 处" if own.errors or own.warnings else ""
    return f"{who}：{own.standing.value}{counts}，{received_text(own.received)} 收到{late}，{own.file}。"


def received_text(received: datetime | None) -> str:
    return "" if received is None else received.isoformat(" ", "minutes")


def sent_back_text(line: UnitStatus) -> str:
    return f"已退回，第 {line.sent_back} 次" if line.sent_back else ""


def table_rows(status: RoundStatus) -> list[tuple[str, ...]]:
    """The lines for a terminal, under TABLE_COLUMNS; a line without a file has no counts."""
    return [
        (
            line.code,
            line.name or NO_UNIT,
            line.standing.value,
            sent_back_text(line),
            f"{received_text(line.received)} {LATE if line.late else ''}".strip(),
            *(map(str, (line.errors, line.warnings)) if line.file else ("", "")),
            line.total,
            line.file,
        )
        for line in (*status.units, *status.strays)
    ]


def remarks(status: RoundStatus) -> Iterator[tuple[str, list[str]]]:
    """What stands below the table, a heading and its lines: files not accepted, not counted, not read, each with why."""
    lines = (*status.units, *status.strays, *([status.own] if status.own else []))
    set_aside = [f"{_who(line)}　{line.file}：{line.why}" for line in lines if line.standing is Standing.SET_ASIDE]
    others = [f"{_who(line)}　{other.file}：{other.why}" for line in lines for other in line.others]
    ignored = [f"{each.name}：{each.why}" for each in status.ignored]
    rulings = [str(each) for each in grouped(status.rulings.findings) if each.first.severity is not Severity.INFO]
    for heading, found in (
        ("未受理的文件", set_aside),
        ("同一单位的其他文件", others),
        ("没有读取的文件", ignored),
        ("裁定表 rulings.xlsx 中要改的", rulings),
    ):
        if found:
            yield heading, found


def _who(line: UnitStatus) -> str:
    return f"{line.code} {line.name}".strip() or NO_UNIT


def csv_rows(status: RoundStatus) -> list[tuple[str, ...]]:
    """CSV_COLUMNS, then a row a unit and a file that belongs to none; last the department's own form, if it came."""
    rows: list[tuple[str, ...]] = [CSV_COLUMNS]
    own = [status.own] if status.own is not None and status.own.file else []
    for line in (*status.units, *status.strays, *own):
        counts = map(str, (line.errors, line.warnings, line.infos)) if line.file else ("", "", "")
        rows.append(
            (
                line.code,
                line.name,
                line.type,
                line.contact,
                line.standing.value,
                sent_back_text(line),
                line.file,
                received_text(line.received),
                LATE if line.late else "",
                *counts,
                line.total,
                line.why,
                others_text(line),
            )
        )
    return rows


def others_text(line: UnitStatus) -> str:
    return "\n".join(f"{other.file}：{other.why}" for other in line.others)


def status_json(status: RoundStatus) -> dict[str, Any]:
    """The object that ``perfeval status --format json`` prints; README.md tells its keys."""
    totals = status.totals
    return {
        "department": status.campaign.department,
        "year": status.campaign.year,
        "deadline": status.campaign.deadline.isoformat(),
        "today": status.today.isoformat(),
        "days_left": status.days_left,
        "totals": {
            "due": totals.due,
            "returned": totals.returned,
            "set_aside": totals.set_aside,
            "missing": totals.missing,
            "provisional": totals.provisional,
            "findings": totals.findings,
            "clean": totals.clean,
            "late": totals.late,
            "sent_back": totals.sent_back,
            "strays": totals.strays,
            "ignored": len(status.ignored),
        },
        "units": [_line_json(line) for line in status.units],
        "strays": [_line_json(line) for line in status.strays],
        "own": None if status.own is None else _line_json(status.own),
        "ignored": [{"file": each.name, "why": each.why} for each in status.ignored],
        "rulings": {
            "waiting": status.rulings.waiting,
            "findings": [finding_json(each) for each in status.rulings.findings],
        },
    }


def _line_json(line: UnitStatus) -> dict[str, Any]:
    return {
        "unit_code": line.code or None,
        "unit_name": line.name or None,
        "unit_type": line.type or None,
        "contact": line.contact or None,
        "standing": line.standing.code,
        "file": line.file or None,
        "received": None if line.received is None else line.received.isoformat(timespec="minutes"),
        "late": line.late,
        "errors": line.errors,
        "warnings": line.warnings,
        "infos": line.infos,
        "total": line.total or None,
        "ruled": line.ruled,
        "why": line.why or None,
        "sent_back": line.sent_back,
        "others": [{"file": other.file, "why": other.why} for other in line.others],
    }
