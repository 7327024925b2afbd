"""A message to a unit: its texts from templates, its files under names that Chinese mail programs show rightly.

The templates stand in templates/mail/: ``<kind>.subject.j2``, ``<kind>.txt.j2``, ``<kind>.html.j2``; a round may have its
own of any of them in its folder mail/. An own text without an own html (or the other way round) goes alone: the two must
not say different things. What a template may use is what ``_known`` lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from enum import StrEnum
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from perfeval_xl.campaign import Campaign
from perfeval_xl.district.mail.addresses import read_addresses
from perfeval_xl.district.mail.headers import MAIL_POLICY
from perfeval_xl.errors import MailError
from perfeval_xl.excel.layout import build_layout, parts
from perfeval_xl.mail_settings import Mailbox, one_line
from perfeval_xl.resources import templates_dir
from perfeval_xl.roster import Unit
from perfeval_xl.scheme.model import Scheme

MAIL_TEMPLATES: Final = "mail"
_OFFICE = "vnd.openxmlformats-officedocument"
_SUBTYPES = {".xlsx": f"{_OFFICE}.spreadsheetml.sheet", ".docx": f"{_OFFICE}.wordprocessingml.document"}
_UNSAID: Mapping[str, object] = {"received": (), "musts": (), "looks": (), "number": 1}
_SHEETS = {
    "guide": parts.GUIDE,
    "data": parts.DATA,
    "annex": parts.ANNEX,
    "table": parts.TABLE,
    "narrative": parts.NARRATIVE,
    "check": parts.CHECK,
    "result": parts.RESULT,
}


class Kind(StrEnum):
    """What a message is for: the blank goes out, nothing (that counts) came back, what came back must be corrected."""

    BLANK = "blank"
    MISSING = "missing"
    CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message, under ``name``."""

    name: str
    data: bytes = field(repr=False)


def compose(
    campaign: Campaign,
    unit: Unit,
    kind: Kind,
    attachments: Sequence[Attachment],
    words: Mapping[str, object] = MappingProxyType({}),
) -> EmailMessage:
    """The message of ``kind`` to ``unit``, dated now; without sender and Message-ID where the round has no [mail].

    ``words`` that the default texts know (all optional, plain data): ``due`` (date: the last day for this unit),
    ``received`` (texts: what came from the unit and why it doesn't count, one a line), ``musts`` and ``looks`` (objects or
    dicts with ``place`` and ``what``: what must be corrected, what should be checked), ``number`` (for the how-manieth time
    its form goes back). MailError where a template can't be used, or the unit has no usable address.
    """
    to = read_addresses(unit.email).addresses
    if not to:
        raise MailError(f"{unit.code} {unit.name} 没有可用的邮箱地址。")
    known = _known(campaign, unit, [each.name for each in attachments], words)
    subject, texts = _texts(campaign.folder, kind, known)
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = subject
    if campaign.mail is not None:
        message["From"] = _address(campaign.mail.sender)
        if campaign.mail.reply_to != campaign.mail.sender:
            message["Reply-To"] = _address(campaign.mail.reply_to)
        message["Message-ID"] = make_msgid(domain=campaign.mail.sender.domain)
    message["To"] = [_address(Mailbox(one_line(unit.name), address)) for address in to]
    message["Date"] = datetime.now().astimezone()
    for number, (subtype, text) in enumerate(texts):
        put = message.add_alternative if number else message.set_content
        put(text, subtype=subtype, charset="utf-8", cte="base64")
    for each in attachments:
        subtype = _SUBTYPES.get(PurePosixPath(each.name).suffix.lower(), "octet-stream")
        name = one_line(each.name)
        message.add_attachment(each.data, maintype="application", subtype=subtype, filename=name, params={"name": name})
    return message


def _address(mailbox: Mailbox) -> Address:
    return Address(mailbox.name, addr_spec=mailbox.address)


def _known(campaign: Campaign, unit: Unit, files: Sequence[str], words: Mapping[str, object]) -> Mapping[str, object]:
    """What a template may use, by name."""
    due = words.get("due", campaign.deadline)
    assert isinstance(due, date)
    today = date.today()
    return {
        **_UNSAID,
        **words,
        "due": due,
        "today": today,
        "overdue": today > due,
        "unit": unit,
        "files": files,
        "district": campaign.district,
        "department": campaign.department,
        "contact": campaign.contact,
        "year": campaign.year,
        "title": campaign.scheme.unit_title,
        "reply_to": campaign.mail.reply_to.address if campaign.mail else "",
        "sheets": _SHEETS,
        "steps": _steps(campaign.scheme),
    }


def _steps(scheme: Scheme) -> tuple[str, ...]:
    """How to fill in the form, a sentence a step, for the sheets that it has."""
    has = build_layout(scheme).sheet
    typing = [f"在《{parts.DATA}》中填数"] if parts.DATA in has else []
    if parts.ANNEX in has:
        typing.append(f"在《{parts.ANNEX}》中逐行填{'、'.join(each.title for each in scheme.tables)}")
    checking = [f"在《{parts.TABLE}》中核对自评分" if typing else "核对自评分"]
    checking += ["写明评分依据"] if any(each.evidence for each in scheme.indicators) else []
    writing = f"；再写《{parts.NARRATIVE}》" if parts.NARRATIVE in has else ""
    return (
        f"用 WPS 表格或 Excel 打开附件，先看《{parts.GUIDE}》。",
        f"{'，'.join(typing or [f'在《{parts.TABLE}》中填数和各行指标'])}；选中单元格会出现填写提示。",
        f"{'，'.join(checking)}{writing}。",
        f"看《{parts.CHECK}》：没有缺填和有误的项，就可以保存报送。",
    )


def _texts(folder: Path, kind: Kind, known: Mapping[str, object]) -> tuple[str, list[tuple[str, str]]]:
    """The subject, and the texts by MIME subtype, the plain one first."""
    own = folder / MAIL_TEMPLATES
    subject = one_line(_rendered(own, f"{kind}.subject.j2", known))
    if not subject:
        raise MailError(f"邮件模板 {kind}.subject.j2 写出的主题是空的。请在模板中写明主题。")
    endings = {"plain": "txt", "html": "html"}
    theirs = [subtype for subtype, ending in endings.items() if (own / f"{kind}.{ending}.j2").is_file()]
    return subject, [(subtype, _rendered(own, f"{kind}.{endings[subtype]}.j2", known)) for subtype in theirs or endings]


def _rendered(own: Path, name: str, known: Mapping[str, object]) -> str:
    try:
        return _environment(own).get_template(name).render(known).strip() + "\n"
    except TemplateSyntaxError as error:
        raise MailError(f"邮件模板 {error.name or name} 第 {error.lineno} 行写法有误：{error.message}") from None
    except UnicodeDecodeError:
        raise MailError(f"邮件模板 {name} 读不出来：请另存为 UTF-8 编码。") from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise MailError(f"邮件模板 {name} 用不了：{error}。模板可用的名称：{'、'.join(sorted(known))}。") from None


@lru_cache(maxsize=4)
def _environment(own: Path) -> ImmutableSandboxedEnvironment:
    """A round's templates before the default ones. Nothing undefined passes in silence; html is escaped."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([own, templates_dir() / MAIL_TEMPLATES], encoding="utf-8-sig"),
        autoescape=lambda name: name is None or ".html." in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["day"] = _day
    return environment


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
