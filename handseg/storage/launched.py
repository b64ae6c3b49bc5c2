"""Artifacts as Kubeflow's launcher hands them to a component."""

from pathlib import Path
from typing import Protocol

from handseg.errors import MissingInput
from handseg.storage.location import S3, Location, check_relative, parse

_MINIO = "minio://"


class LaunchedArtifact(Protocol):
    """What a component is given: kfp's Artifact, without importing kfp."""

    @property
    def path(self) -> str | None:
        """Where the launcher puts the files, if it copies this one."""

    @property
    def uri(self) -> str:
        """Where they lie in the pipeline's store."""


def locate(artifact: LaunchedArtifact) -> Location:
    """Find an input artifact: on disk if the launcher copied it, else in the object store.

    Which elements of a list of artifacts the launcher copies differs between its releases.

    Raises:
        MissingInput: it is on no disk, and its URI is none that can be read.
    """
    if artifact.path and Path(artifact.path).exists():
        return parse(artifact.path)
    uri = artifact.uri.replace(_MINIO, S3, 1) if artifact.uri.startswith(_MINIO) else artifact.uri
    if not uri.startswith(S3):
        raise MissingInput(
            f"{artifact.uri}: the launcher did not copy this artifact, and only s3:// and minio:// "
            "can be read; give the pipeline a root in an S3 store"
        )
    return parse(uri)


def state(states_uri: str, member: str) -> Location | None:
    """Where a member's training keeps its state, out of reach of what ends its pod.

    Args:
        states_uri: a run's folder for them; empty where it has none.
        member: its name.

    Returns:
        The member's folder, or None for the default beside the checkpoint.
    """
    return parse(states_uri).child(check_relative(member)) if states_uri else None
