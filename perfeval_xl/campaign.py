"""A round's folder: where things are, its settings (campaign.toml), its roster (units.xlsx), its key and its lock."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from perfeval_xl.errors import CampaignError, SchemeError
from perfeval_xl.excel import seal
from perfeval_xl.files import (
    sweep_parts,
    write_atomically,
)
from perfeval_xl.folders import FOLDERS, read_elsewhere
from perfeval_xl.kept_scheme import kept_from
from perfeval_xl.mail_settings import MailSettings, read_mail
from perfeval_xl.passwords import PASSWORDS, Passwords, read_passwords
from perfeval_xl.roster import Unit, blank_roster, code_problem, owners_of, read_roster
from perfeval_xl.scheme.loader import SCHEME_FILE, find_scheme, load_scheme
from perfeval_xl.scheme.model import Scheme
from perfeval_xl.scheme.spec import Spec
from perfeval_xl.storage import Place, RemotePath

SETTINGS, ROSTER, KEY, LOCK = "campaign.toml", "units.xlsx", "seal.key", ".perfeval.lock"

DEPARTMENT_CODE = "DEPT"
"""The code on the department's own form unless the settings say another."""


@dataclass(frozen=True)
class Campaign:
    """One year's round. ``deadline`` is the last day for returns; ``readings`` choose other readings of unclear clauses.

    ``department_code`` is what the department's own form bears as unit code; no unit of the roster may have it.
    ``elsewhere`` tells where folders of folders.ELSEWHERE lie that don't lie in ``folder``.
    """

    folder: Path
    district: str
    department: str
    year: int
    scheme_name: str
    deadline: date
    contact: str
    readings: Mapping[str, str] = field(default_factory=dict)
    department_code: str = DEPARTMENT_CODE
    mail: MailSettings | None = None
    elsewhere: Mapping[str, Place] = field(default_factory=dict)

    def place(self, name: str) -> Place:
        """Where the folder of folders.FOLDERS called ``name`` lies."""
        return self.elsewhere.get(name) or self.folder / name

    def way_to(self, product: Place) -> str:
        """The way from the round's folder to ``product``, with forward slashes; its URL or whole path where there is none."""
        if isinstance(product, RemotePath):
            return str(product)
        if product.is_relative_to(self.folder):
            return product.relative_to(self.folder).as_posix()
        try:
            return Path(os.path.relpath(product.absolute(), self.folder.absolute())).as_posix()
        except ValueError:  # on another drive (Windows)
            return product.absolute().as_posix()

    @property
    def department_unit(self) -> Unit:
        """The department as the one who fills in its own form; not of the roster."""
        return Unit(self.department_code, self.department, "主管部门", self.contact)

    @cached_property
    def addressees(self) -> Mapping[str, Unit]:
        """Everybody who is issued a form, by code: the units of the roster, then the department."""
        return {**self.roster, self.department_code: self.department_unit}

    @property
    def outbox(self) -> Place:
        return self.place("outbox")

    @property
    def inbox(self) -> Place:
        return self.place("inbox")

    @property
    def reviewed(self) -> Place:
        return self.place("reviewed")

    @property
    def returned(self) -> Path:
        """What is sent back for correction."""
        return self.folder / "returned"

    @property
    def summary(self) -> Path:
        return self.folder / "summary"

    @property
    def rulings(self) -> Path:
        """What people decided on rows that a person must settle; it need not be there."""
        return self.folder / "rulings.xlsx"

    @property
    def kept_scheme(self) -> Path:
        """Where the scheme is that the round's forms were issued with (kept_scheme.py)."""
        return self.folder / SCHEME_FILE

    @cached_property
    def scheme(self) -> Scheme:
        """The round's scheme under the round's readings, as it was when the first forms were issued. SchemeError where
        it can't be used, CampaignError where the round asks for readings that it doesn't have."""
        kept = self.kept_scheme if kept_from(self.kept_scheme) == self.scheme_name else None
        path = kept or find_scheme(self.scheme_name, self.folder)
        scheme = load_scheme(path)
        if self.readings:
            try:
                scheme = load_scheme(path, self.readings)
            except SchemeError as error:  # the scheme itself is sound
                said = "\n".join(each.partition(": ")[2] for each in error.problems)
                raise CampaignError(f"{self.folder / SETTINGS}: {said}") from None
        if scheme.year != self.year:
            raise CampaignError(
                f"{self.folder / SETTINGS}: year 为 {self.year}，而方案 {scheme.id} 是 {scheme.year} 年度的。"
            )
        return scheme

    @cached_property
    def roster(self) -> Mapping[str, Unit]:
        """The units by code, in the roster's order. CampaignError names every bad row, and a unit with the department's code."""
        path = self.folder / ROSTER
        units = read_roster(path, per_project=self.scheme.per_project)
        same = next((code for code in units if code.upper() == self.department_code.upper()), None)
        if same is not None:
            raise CampaignError(
                f"{path}: 单位代码 {same} 与主管部门自己的代码相同。请在 {self.folder / SETTINGS} 中为主管部门另定一个代码，"
                'department_code = "……"。'
            )
        return units

    @property
    def owners(self) -> Mapping[str, Unit]:
        """The units of the roster by their own codes: those that letters go to."""
        return owners_of(self.roster.values())

    @cached_property
    def passwords(self) -> Passwords:
        """The passwords of encrypted returns, from passwords.xlsx if there is one. CampaignError names every bad row."""
        return read_passwords(self.folder / PASSWORDS)

    @cached_property
    def key(self) -> bytes:
        """The round's sealing key (32 bytes). CampaignError where it is missing or damaged."""
        path = self.folder / KEY
        try:
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except FileNotFoundError:
            raise CampaignError(
                f"找不到 {path}。没有它就不能下发和核验表格；请从备份中恢复，新任务请用 perfeval init 建立。"
            ) from None
        except (ValueError, UnicodeDecodeError):
            raise CampaignError(f"{path} 的内容不完整。请从备份中恢复。") from None
        if len(key) != seal.KEY_BYTES:
            raise CampaignError(f"{path} 的内容不完整。请从备份中恢复。")
        return key

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the round for one command, and sweep what a killed one left. CampaignError if another holds it."""
        lock = FileLock(self.folder / LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise CampaignError(f"{self.folder} 正由另一个 perfeval 处理。请等它结束后再试。") from None
        try:
            sweep_parts(self.folder)
            for name in FOLDERS:
                if name not in self.elsewhere:
                    (self.folder / name).mkdir(exist_ok=True)
                sweep_parts(self.place(name))
            yield
        finally:
            lock.release()


def create(campaign: Campaign, roster: bytes | None = None, key: bytes | None = None) -> None:
    """Make a round's folder. Existing files are kept: CampaignError if there is a round already.

    ``roster`` is the units.xlsx to put there (an empty one unless given); ``key`` is made anew unless given.
    """
    folder = campaign.folder
    if (folder / SETTINGS).exists():
        raise CampaignError(f"{folder} 里已经有一个自评任务（{SETTINGS}）。请换一个文件夹，或直接在其中继续。")
    folder.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    if not (folder / ROSTER).exists():
        write_atomically(folder / ROSTER, roster or blank_roster(per_project=campaign.scheme.per_project))
    if not (folder / KEY).exists():
        _write_key(folder / KEY, key or seal.new_key())
    write_atomically(folder / SETTINGS, _settings_text(campaign).encode())


def _write_key(path: Path, key: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")


def _settings_text(campaign: Campaign) -> str:
    return f"""# 一个年度的自评任务。改动后重新运行 perfeval generate。
district = {_toml(campaign.district)}
department = {_toml(campaign.department)}
year = {campaign.year}
scheme = {_toml(campaign.scheme_name)}
deadline = {campaign.deadline.isoformat()}
contact = {_toml(campaign.contact)}
# 主管部门自己的自评表上的单位代码，不能与名册中的相同。
department_code = {_toml(campaign.department_code)}

# 对条款的另一种口径（见 perfeval scheme show），例如：
# [readings]
# "条款编号" = "口径编号"

# 邮件（见 docs/mail.md）。密码不写在这里：用环境变量 PERFEVAL_SMTP_PASSWORD，或存入系统的钥匙串。例如：
# [mail]
# from = "某某区教育局财务科 <name@example.gov.cn>"
# [mail.smtp]
# host = "smtp.example.gov.cn"
# security = "starttls"
# user = "name@example.gov.cn"
# [mail.imap]
# host = "imap.example.gov.cn"
# user = "name@example.gov.cn"
"""


def _toml(text: str) -> str:
    escaped = "".join(f"\\u{ord(c):04X}" if ord(c) < 32 or ord(c) == 127 or c in '"\\' else c for c in text)
    return f'"{escaped}"'


def load(folder: Path) -> Campaign:
    """Read a round's settings. CampaignError tells every problem with its key."""
    path = folder / SETTINGS
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError:
        raise CampaignError(
            f"{folder.resolve()} 不是自评任务的文件夹（没有 {SETTINGS}）。请用 -C 指明文件夹，或先运行 perfeval init。"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CampaignError(f"{path}: 读不出来：{error}") from None
    problems: list[str] = []
    spec = Spec(table, f"{path}: ", problems)
    readings = spec.table("readings", optional=True)
    campaign = Campaign(
        folder=folder,
        district=spec.text("district"),
        department=spec.text("department"),
        year=spec.whole("year"),
        scheme_name=spec.text("scheme"),
        deadline=spec.day("deadline"),
        contact=spec.text("contact", ""),
        readings={key: readings.text(key) for key in readings.raw()},
        mail=read_mail(spec.table("mail"), folder) if "mail" in spec else None,
        elsewhere=read_elsewhere(spec.table("folders", optional=True), folder),
        department_code=spec.text("department_code", DEPARTMENT_CODE),
    )
    wrong = code_problem(campaign.department_code)
    if wrong and isinstance(table.get("department_code", ""), str):  # else it has been told
        spec.problem("department_code", wrong)
    spec.close()
    if problems:
        raise CampaignError("\n".join(problems))
    return campaign


def is_round(folder: Path) -> bool:
    return (folder / SETTINGS).is_file()
