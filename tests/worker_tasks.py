"""What the tests of the pool give its children to do."""

from __future__ import annotations

import os
import sys
import time
from typing import Any


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
