"""What the tests of the pool give its children to do."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfeval_xl.district import crew, hired, sight
from perfeval_xl.district.crew import Shared


def double(number: int) -> int:
    return number * 2


class Doubler:
    """A task that says it is of ``module``."""

    def __init__(self, module: str) -> None:
        self.__module__ = module

    def __call__(self, number: int) -> int:
        return number * 2


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def process_id(_: object) -> int:
    return os.getpid()


def hoard(megabytes: int) -> int:
    """Takes memory in pieces, as a reader does."""
    return len([bytes(1024 * 1024) for _ in range(megabytes)])


def shout(text: str) -> str:
    """Writes where a library in C or Rust does."""
    print(text)
    print(text, file=sys.stderr, flush=True)
    os.write(1, text.encode())
    os.write(2, text.encode())
    return text


class Panic(BaseException):
    """What a panic in Rust looks like in Python."""


def secret() -> str:
    return "花都区" + "第一小学"


def misbehave(how: str) -> Any:
    """One of many ways to go wrong; 'well' is none of them."""
    match how:
        case "well":
            return how
        case "slow":
            return nap(60)
        case "hoard":
            return hoard(2000)
        case "raise":
            raise ValueError(secret())
        case "unpicklable":
            return lambda: how
        case "abort":
            os.abort()
        case "exit":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), 9)
        case "panic":
            raise Panic(secret())


def shared_length(given: tuple[Shared[bytes], int]) -> tuple[int, int]:
    """The length of a shared value, and how often this process has unpickled one."""
    return len(given[0].value), crew._unpickled.cache_info().misses


@dataclass(frozen=True)
class Reading:
    """A payload that tells what it will read."""

    path: Path

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.path,)


def read(given: Reading | Path) -> tuple[int, bytes] | str:
    """A file's size and content as a worker sees it; the error's name where it doesn't."""
    path = given.path if isinstance(given, Reading) else given
    try:
        return sight.size_of(path), sight.read(path)
    except OSError as error:
        return type(error).__name__


def same(given: str) -> str:
    return given


def process_id_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def held_by_worker() -> tuple[int, int]:
    """How many shared values an executor's worker keeps, and how many children it has."""
    return len(hired._kept._paths), len(multiprocessing.active_children())
