"""Folders that lie at a URL (s3://bucket/2024/inbox, say), through fsspec; it is loaded when one is first used.

A ``RemotePath`` has those of pathlib's methods that the rest of the package needs, so that what only reads and writes
whole files takes either (``Place``). The names in such a folder are anybody's: they are put behind the folder's own URL
and are never parsed as one, nor ever taken for a path on this machine. Access keys come from the environment and from
fsspec's own settings alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from perfeval_xl.errors import StorageError

PART_PREFIX, PART_SUFFIX = ".perfeval-", ".part"
"""A file that is being written has a name between these."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # two letters or more: C:// is a drive
_HERE = ("file", "local")
_PUT_WHOLE = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "obs", "tos", "oci", "memory"}
)  # what is put there is seen whole or not at all
_OF_ONE_PROCESS = "memory"
_S3 = {
    "max_concurrency": 1,  # one request a file: else its size is asked for first
    "config_kwargs": {"connect_timeout": 2.5, "read_timeout": 20, "retries": {"max_attempts": 1}},
}
_TIMES = ("LastModified", "mtime", "last_modified", "updated", "modified", "created")
_NO_KEYS = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound"}
_NO_CONNECTION = {"HTTPClientError", "ClientConnectionError", "ConnectionError", "TimeoutError", "gaierror"}
_HELP = "（见 docs/storage.md）"


@dataclass(frozen=True, slots=True)
class Stat:
    """``st_size`` in bytes; ``st_mtime`` in seconds since 1970, None where the store doesn't tell."""

    st_size: int
    st_mtime: float | None


@dataclass(frozen=True, slots=True)
class RemotePath:
    """A file or folder at a URL: ``inside`` (forward slashes, '' for itself) of the folder ``root``. It can be pickled.

    Every method raises StorageError where the store can't be reached, doesn't let us in, or has no such bucket;
    FileNotFoundError where there is no such file.
    """

    root: str
    inside: str = ""
    _listed: Stat | None = field(default=None, compare=False, repr=False)
    _process: int = field(default_factory=os.getpid, compare=False, repr=False)

    def __truediv__(self, name: str) -> RemotePath:
        return RemotePath(self.root, f"{self.inside}/{name}" if self.inside else name, _process=self._process)

    def __str__(self) -> str:
        """The URL, to be shown."""
        text = f"{self.root}/{self.inside}" if self.inside else self.root
        return "".join(c if c.isprintable() else "_" for c in text)

    @property
    def name(self) -> str:
        return PurePosixPath(self.inside or urlsplit(self.root).path).name

    @property
    def parent(self) -> RemotePath:
        return RemotePath(self.root, self.inside.rpartition("/")[0], _process=self._process)

    def read_bytes(self) -> bytes:
        with self._telling():
            store, path = self._open()
            data: bytes = store.cat_file(path)
            return data

    def write_bytes(self, data: bytes) -> None:
        """Put ``data`` there, all of it or nothing; what stood there before stays until then."""
        try:
            with self._telling():
                store, path = self._open()
                if self._protocol in _PUT_WHOLE:
                    store.pipe_file(path, data)
                else:
                    _replace(store, path, data)
        except FileNotFoundError:
            raise StorageError(f"写不进 {self}：文件夹不存在。请先建立，或改 campaign.toml 的 [folders]。") from None

    def unlink(self, missing_ok: bool = False) -> None:
        try:
            with self._telling():
                store, path = self._open()
                store.rm_file(path)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def stat(self) -> Stat:
        """Size and time, as they were when the folder was listed, if this came out of a list; else as they are now."""
        if self._listed is not None:
            return self._listed
        with self._telling():
            store, path = self._open()
            store.invalidate_cache()
            return _stat(store.info(path))

    def is_file(self) -> bool:
        with self._telling():
            store, path = self._open()
            store.invalidate_cache()
            return bool(store.isfile(path))

    exists = is_file

    def iterdir(self) -> Iterator[RemotePath]:
        """The files that lie in this folder itself."""
        return (each for each in self.files() if "/" not in each.inside.removeprefix(self.inside).lstrip("/"))

    def files(self) -> Iterator[RemotePath]:
        """The files in this folder and in the folders in it, in no order. StorageError where there is no such bucket."""
        try:
            with self._telling():
                store, path = self._open()
                store.invalidate_cache()
                found = store.find(path, detail=True)
        except FileNotFoundError:
            raise StorageError(f"找不到 {self}。请先建立，或改 campaign.toml 的 [folders]。") from None
        for name, about in found.items():
            inside = str(name).removeprefix(f"{path}/")
            if inside != name and inside and not inside.endswith("/"):  # not the folder's own mark
                here = self / inside
                yield RemotePath(here.root, here.inside, _stat(about), self._process)

    @property
    def misleading(self) -> bool:
        """Whether another file might be read by this name: it has '..' or the like in it."""
        return not {"", ".", ".."}.isdisjoint(self.inside.split("/")) or "?versionId=" in self.inside

    def sweep(self) -> None:
        """Remove what interrupted writes left in this folder."""
        if self._protocol in _PUT_WHOLE:
            return
        for each in list(self.iterdir()):
            if each.name.startswith(PART_PREFIX) and each.name.endswith(PART_SUFFIX):
                each.unlink(missing_ok=True)

    @property
    def _protocol(self) -> str:
        return self.root.partition("://")[0].lower()

    def _open(self) -> tuple[Any, str]:
        """The store, and the path in it. StorageError where this process can't know it."""
        if self._protocol == _OF_ONE_PROCESS and self._process != os.getpid():
            raise StorageError(f"{self} 只在一个进程的内存里，子进程读不到。请换成别的文件夹。")
        import fsspec
        from fsspec.config import conf

        usual: Mapping[str, Any] = _S3 if self._protocol in ("s3", "s3a") else {}
        options = {key: value for key, value in usual.items() if key not in conf.get(self._protocol, {})}
        store, path = fsspec.url_to_fs(self.root, **options)
        path = str(path).rstrip("/")
        return store, f"{path}/{self.inside}" if self.inside else path

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except StorageError:
            raise
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                bucket = urlsplit(self.root).netloc
                raise StorageError(
                    f"{self}：没有名为 {bucket} 的存储桶。请先建立，或改 campaign.toml 的 [folders]。"
                ) from error
            raise
        except Exception as error:  # each store has its own kinds, and not all of them are OSErrors
            raise StorageError(self._explained(error)) from error

    def _explained(self, error: Exception) -> str:
        """What an error means, without its own words: they might quote a key."""
        kinds = {each.__name__ for each in type(error).__mro__}
        code = _code(error) or type(error).__name__
        if isinstance(error, ImportError):
            extra = "s3fs" if self._protocol in ("s3", "s3a") else f"fsspec 读写 {self._protocol}:// 所需的程序库"
            return f"读写 {self} 要另装程序库：pip install 'perfeval-xl[remote]'（其中有 fsspec 和 s3fs）；这里缺 {extra}。"
        if isinstance(error, ValueError) and "not known" in str(error):
            return f"{self}：不认识 {self._protocol}:// 这种地址{_HELP}。"
        if kinds & _NO_KEYS:
            return (
                f"{self}：没有找到访问它的密钥。请用环境变量 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY 等给出{_HELP}。"
            )
        if isinstance(error, PermissionError):
            return f"{self}：服务器拒绝访问（{code}）。请检查访问密钥是否正确、有没有读写的权限{_HELP}。"
        if kinds & _NO_CONNECTION:
            return f"连不上 {self} 所在的服务器（{code}）。请检查网络和服务器地址{_HELP}，再运行一次；已写出的文件都是完整的。"
        return f"读写 {self} 失败（{code}）。请检查网络和设置{_HELP}，再运行一次；已写出的文件都是完整的。"


Place = Path | RemotePath
"""A file or folder, wherever it lies."""


def is_url(text: str) -> bool:
    """Whether ``text`` is a URL rather than a path."""
    return _URL.match(text) is not None


def place_of(text: str, base: Path = Path()) -> Place:
    """Where ``text``, a URL or a path seen from ``base``, leads to; file:// is a path. StorageError, with a clause that says
    why, for a URL that can't be used or has a password in it."""
    if not is_url(text):
        return base / text
    url = urlsplit(text)
    if url.password is not None:
        raise StorageError("网址里不能写密码：请用环境变量或 fsspec 的设置文件给出" + _HELP)
    if "::" in text or url.query or url.fragment:
        raise StorageError("网址里不能有 ?、# 和 ::")
    if url.scheme.lower() in _HERE:
        if url.netloc not in ("", "localhost"):
            raise StorageError("file:// 后面应有三条斜线，如 file:///data/inbox")
        return Path(re.sub(r"^/([A-Za-z]:)", r"\1", unquote(url.path)))
    if not url.netloc:
        raise StorageError(f"{url.scheme}:// 后面没有写存储桶或服务器")
    return RemotePath(text.rstrip("/"))


def _replace(store: Any, path: str, data: bytes) -> None:
    """For stores where a file grows while it is written."""
    part = f"{path.rpartition('/')[0]}/{PART_PREFIX}{uuid4().hex}{PART_SUFFIX}"
    try:
        store.pipe_file(part, data)
        store.mv(part, path)
    except BaseException:
        with suppress(Exception):
            store.rm_file(part)
        raise


def _stat(about: Mapping[str, Any]) -> Stat:
    written = next((about[key] for key in _TIMES if about.get(key) is not None), None)
    if isinstance(written, str):
        try:
            written = datetime.fromisoformat(written)
        except ValueError:
            written = None
    if isinstance(written, datetime):
        written = written.timestamp()
    return Stat(int(about.get("size") or 0), None if written is None else float(written))


def _code(error: BaseException) -> str:
    """What a store of the S3 kind calls an error, '' for others."""
    for each in (error, error.__cause__):
        answer = getattr(each, "response", None)
        if isinstance(answer, Mapping):
            code = str(answer.get("Error", {}).get("Code", ""))
            return code if re.fullmatch(r"\w{1,40}", code) else ""
    return ""
