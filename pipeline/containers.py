"""Where the graph's tasks run as containers of the real images, on this machine's Docker."""

import os
from pathlib import Path

from docker.client import DockerClient
from docker.errors import DockerException, ImageNotFound
from docker.types import Mount
from kfp import local

from handseg.errors import MissingInput
from handseg.pseudonyms import VARIABLE
from handseg.tracking import choice

_TMP = "/tmp"  # nosec B108 # the container's own


def runner(data: Path) -> local.DockerRunner:
    """A runner of containers that read the data and write nothing but their artifacts.

    The key that hides people's ids is handed on to them, and what names and opens MLflow, where
    this process has them.
    """
    source = str(data.absolute())
    handed_on = [name for name in (VARIABLE, *choice.OF_MLFLOW) if name in os.environ]
    return local.DockerRunner(
        mounts=[Mount(target=source, source=source, type="bind", read_only=True)],
        user=f"{os.getuid()}:{os.getgid()}" if os.getuid() else None,
        read_only=True,
        tmpfs={_TMP: "exec"},
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        shm_size="1g",
        environment={name: os.environ[name] for name in handed_on},
    )


def check(*images: str) -> None:
    """Check that Docker answers and has every image; kfp would pull a missing one from anywhere.

    Raises:
        MissingInput: it does not, or has not.
    """
    try:
        client = DockerClient.from_env()
    except DockerException as error:
        raise MissingInput(
            f"Docker does not answer ({error}); start it, or set DOCKER_HOST"
        ) from error
    try:
        for image in images:
            client.images.get(image)
    except ImageNotFound as error:
        raise MissingInput(
            f"{image}: Docker has no such image; run `make images`, or docker pull {image}"
        ) from error
    finally:
        client.close()
