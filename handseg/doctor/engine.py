"""Docker: its client, and whether an engine answers."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, ok, warning

_COMMAND = ("docker", "version", "--format", "{{json .}}")
_LIMIT_S = 10
_OLDEST = (20, 10)
_PURPOSE = "only `make images`, `make component` and `make smoke RUNNER=docker` need it"


def look(asked: Asked) -> Iterator[Check]:
    """Ask the client for its version and its engine's."""
    try:
        done = subprocess.run(
            _COMMAND, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except FileNotFoundError:
        yield warning("docker", "not installed", f"install Docker 20.10 or newer; {_PURPOSE}")
        return
    except subprocess.TimeoutExpired:
        yield warning(
            "docker",
            f"no answer in {_LIMIT_S} s",
            f"restart its engine, or unset DOCKER_HOST; {_PURPOSE}",
        )
        return
    yield _of(_parsed(done.stdout), done.stderr)


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _of(answer: dict[str, Any], said: str) -> Check:
    client = (answer.get("Client") or {}).get("Version", "unknown")
    engine = (answer.get("Server") or {}).get("Version")
    if engine is None:
        reason = " ".join(said.split()) or "no reason given"
        return warning(
            "docker",
            f"client {client}, no engine ({reason.rstrip('.')})",
            f"start the engine, or join the group docker and log in again; {_PURPOSE}",
        )
    found = f"client {client}, engine {engine}"
    numbers = tuple(int(number) for number in re.findall(r"\d+", engine)[:2])
    if numbers < _OLDEST:
        return warning("docker", found, f"install 20.10 or newer; {_PURPOSE}")
    return ok("docker", found)
