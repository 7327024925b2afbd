"""Opening encrypted workbooks with the passwords that are known for them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from perfeval_xl.errors import Refused, UnreadableWorkbook
from perfeval_xl.excel.recognise import OLE, recognise

EXCELS_OWN = "VelvetSweatshop"
"""Excel encrypts with this where a workbook is only protected against changes, and opens such files without asking."""
_MOST_ROUNDS = (
    1_000_000  # Excel and WPS take 100,000; the format allows ten million, which is a minute for one password
)
_LONGEST = 255  # characters; Office takes no longer ones


def decrypted(data: bytes, passwords: Sequence[str]) -> tuple[bytes, bool]:
    """The workbook in an encrypted file, and whether one of ``passwords`` was needed (or Excel's own was enough).

    ``data`` is what ``recognise`` calls encrypted; what comes out may be anything and is to be recognised anew.
    Refused("encrypted") where no password is given, none fits, or the encryption is of a kind that can't be undone
    here; UnreadableWorkbook where the file is damaged.
    """
    if not data.startswith(OLE):
        raise Refused("encrypted", why=recognise(data).why or "是很少见的加密方式，这里打不开")
    given = [each for each in dict.fromkeys(passwords) if 0 < len(each) <= _LONGEST and each != EXCELS_OWN]
    failures: list[Exception] = []
    for password in (EXCELS_OWN, *given):
        try:
            return _opened(data, password), password != EXCELS_OWN
        except _Unfit:
            continue
        except Refused:
            raise
        except Exception as error:  # the library lets through whatever a damaged file makes happen
            failures.append(error)
    if len(failures) == 1 + len(given):
        raise UnreadableWorkbook("加密的文件已损坏，解不开") from failures[0]
    why = "登记的密码都不对" if given else "没有登记它的密码（可登记在任务文件夹的 passwords.xlsx 中）"
    raise Refused("encrypted", why=why)


class _Unfit(Exception):
    """A password that doesn't fit."""


def _opened(data: bytes, password: str) -> bytes:
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError

    plain = BytesIO()
    try:
        file = _file(data)
        if file.format == "ooxml":
            file.load_key(password=password, verify_password=True)
        else:
            file.load_key(password=password)
        file.decrypt(plain)
    except InvalidKeyError as error:
        raise _Unfit from error
    except (DecryptionError, FileFormatError) as error:
        raise Refused("encrypted", why="加密方式不支持（可能是权限管理、证书加密或很早的格式），这里打不开") from error
    return plain.getvalue()


def _file(data: bytes) -> Any:
    """The library's view of a file. Refused where trying one password would take minutes."""
    import msoffcrypto

    logging.getLogger("msoffcrypto").setLevel(logging.WARNING)  # it tells keys to whoever listens to its debug log
    file = msoffcrypto.OfficeFile(BytesIO(data))
    if file.format == "ooxml" and file.type == "agile" and file.info["spinValue"] > _MOST_ROUNDS:
        raise Refused("encrypted", why="加密强度异常，没有尝试打开")
    return file
