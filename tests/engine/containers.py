"""Plain `docker` commands, as a careful user gives them."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from components.images import CPU_IMAGE, GPU_IMAGE

ROOT = Path(__file__).parents[2]
IMAGES = {"cpu": CPU_IMAGE, "gpu": GPU_IMAGE}
USER = "10001"
GUARDED = [
    *("--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
]


def call(
    *command: str | Path, cwd: Path = ROOT, variables: Mapping[str, str] = MappingProxyType({})
) -> str:
    """What a command writes to stdout; what it writes at the end, where it fails."""
    words = list(map(str, command))
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=cwd, env={**os.environ, **variables}
    )
    assert done.returncode == 0, f"{words}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def docker(*arguments: str | Path) -> str:
    """A command of the client that tests/engine/with-engine chose."""
    return call(os.environ.get("DOCKER", "docker"), *arguments)


def run(image: str, *command: str, folder: Path | None = None, user: str = USER) -> str:
    """A command in a container that may write to /tmp, and to the folder as /w."""
    mounts = [] if folder is None else ["--volume", f"{folder}:/w"]
    return docker("run", *GUARDED, "--user", user, *mounts, image, *command)


def described(image: str) -> dict[str, Any]:
    """What the engine knows of an image."""
    (found,) = json.loads(docker("image", "inspect", image))
    return dict(found)
