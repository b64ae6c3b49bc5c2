"""S3 servers on loopback that a test may kill and start again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

KEY, SECRET = "TESTKEYTESTKEY", "secretsecretsecret"
_START_LIMIT_S = 30.0
_CEPH = Path(__file__).with_name("ceph")


class Server(Protocol):
    """What a test needs of a server."""

    endpoint: str
    heeds_conditions: bool
    """Whether it refuses to overwrite where a request says so (If-None-Match)."""

    def start(self) -> None:
        """Start what does not run."""

    def kill(self) -> None:
        """Kill it, as a power cut would."""

    def stop(self) -> None:
        """Stop it."""


class Rclone:
    """`rclone serve s3` on a folder: each folder in it is a bucket."""

    heeds_conditions = False

    def __init__(self, root: Path, log: Path) -> None:
        self.root, self._log = root, log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._address = f"127.0.0.1:{free.getsockname()[1]}"
        self.endpoint = f"http://{self._address}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        beside_python = Path(sys.executable).with_name("rclone")
        rclone = (
            str(beside_python) if beside_python.is_file() else shutil.which("rclone") or "rclone"
        )
        command = [rclone, "serve", "s3", "--config", "", "--addr", self._address]
        # Nearly without a cache, a test can change an object behind the server's back; with none at
        # all, rclone 1.75 runs in circles when a folder empties.
        command += ["--dir-cache-time", "1ms", "--auth-key", f"{KEY},{SECRET}", str(self.root)]
        with self._log.open("w") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        limit = time.monotonic() + _START_LIMIT_S
        while not self._listens():
            if time.monotonic() > limit or self._process.poll() is not None:
                raise RuntimeError(f"rclone did not start: {self._log.read_text()}")
            time.sleep(0.02)

    def _listens(self) -> bool:
        host, port = self._address.split(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    def kill(self) -> None:
        self._end(subprocess.Popen.kill)

    def stop(self) -> None:
        self._end(subprocess.Popen.terminate)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._process is not None:
            how(self._process)
            self._process.wait()


class Ceph:
    """Ceph's gateway with its monitor and store; see the script beside this file."""

    heeds_conditions = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.endpoint = ""

    def start(self) -> None:
        done = subprocess.run(
            [_CEPH, "up"], env=self._environment(), capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"Ceph did not start: {done.stdout}{done.stderr}")
        self.endpoint = done.stdout.strip().splitlines()[-1]

    def kill(self) -> None:
        for path in (self._folder / "run").glob("*.pid"):
            os.kill(int(path.read_text()), signal.SIGKILL)

    def stop(self) -> None:
        subprocess.run([_CEPH, "down"], env=self._environment(), check=True)
        # It takes memory, for the few seconds saved at the next start.
        shutil.rmtree(self._folder)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CEPH_DIR": str(self._folder)}


def use(endpoint: str, monkeypatch: pytest.MonkeyPatch, no_files: Path) -> None:
    """Let this test's client find a server, and nothing else of this machine's configuration."""
    for variable in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS", "HANDSEG_BUCKETS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(no_files / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(no_files / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
