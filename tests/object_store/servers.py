"""S3 servers on loopback that a test may kill and start again."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

import pytest

KEY, SECRET = "TESTKEYTESTKEY", "secretsecretsecret"
_START_LIMIT_S = 30.0
_CEPH = Path(__file__).with_name("ceph")
_CEPH_PORTS = range(7480, 8000, 100)
"""The first port of each server; it takes up to 90 after it."""


class Server(Protocol):
    """What a test needs of a server."""

    endpoint: str
    heeds_conditions: bool
    """Whether it refuses to overwrite where a request says so (If-None-Match)."""
    heeds_sums: bool
    """Whether it refuses a body that is not the one that was signed."""

    def start(self) -> None:
        """Start what does not run."""

    def kill(self) -> None:
        """Kill it, as a power cut would."""

    def stop(self) -> None:
        """Stop it."""


class Rclone:
    """`rclone serve s3` on a folder: each folder in it is a bucket."""

    heeds_conditions = False
    heeds_sums = False

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
    """Ceph's gateway with its monitor and store; see the script beside this file.

    Several may run at once: each process that tests has the first port and folder that are free.
    """

    heeds_conditions = True
    heeds_sums = True

    def __init__(self) -> None:
        # In memory it starts in half the time.
        memory = Path("/dev/shm")
        base = memory if memory.is_dir() else Path(tempfile.gettempdir())
        self._claim, self._port = _claimed(base)
        self._folder = base / f"handseg-ceph-{self._port}"
        self.endpoint = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        done = subprocess.run(
            [_CEPH, "up"], env=self._environment(), capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"Ceph did not start: {done.stdout}{done.stderr}")

    def kill(self) -> None:
        for path in (self._folder / "run").glob("*.pid"):
            os.kill(int(path.read_text()), signal.SIGKILL)

    def stop(self) -> None:
        subprocess.run([_CEPH, "down"], env=self._environment(), check=True)
        # It takes memory, for the few seconds saved at the next start.
        shutil.rmtree(self._folder)
        self._claim.close()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CEPH_DIR": str(self._folder), "CEPH_PORT": str(self._port)}


def _claimed(base: Path) -> tuple[IO[str], int]:
    """A port that no other test's Ceph has; it is claimed as long as the file is open."""
    for port in _CEPH_PORTS:
        claim = (base / f"handseg-ceph-{port}.claim").open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            continue
        return claim, port
    raise RuntimeError(f"{len(_CEPH_PORTS)} tests run Ceph already; wait for one of them")


STORE_VARIABLE = "HANDSEG_TEST_STORE"


def chosen(folder: Path) -> Server:
    """The server that HANDSEG_TEST_STORE names, not started; rclone keeps its files in a folder.

    Raises:
        ValueError: it names neither ceph nor rclone.
    """
    match os.environ.get(STORE_VARIABLE, "rclone"):
        case "ceph":
            return Ceph()
        case "rclone":
            (folder / "root").mkdir(parents=True)
            return Rclone(folder / "root", folder / "log")
        case other:
            raise ValueError(f"{STORE_VARIABLE}={other}: give ceph or rclone")


def variables(endpoint: str, no_files: Path) -> dict[str, str]:
    """What lets a client find a server, and nothing else of this machine's configuration."""
    return {
        "AWS_CONFIG_FILE": str(no_files / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(no_files / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }


NOT_SET = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS", "HANDSEG_BUCKETS")
"""Variables that would change what a test finds."""


def use(endpoint: str, monkeypatch: pytest.MonkeyPatch, no_files: Path) -> None:
    """Let this test's client find a server; see `variables`."""
    for variable in NOT_SET:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables(endpoint, no_files).items():
        monkeypatch.setenv(variable, value)
