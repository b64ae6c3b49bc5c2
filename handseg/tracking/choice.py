"""Which trackers a training is told to, as the environment says.

Not by flags: settings are hashed and a component's arguments are part of KFP's cache key, while a
tracker changes no result; and one variable reaches every training of a run, search or experiment.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from handseg.errors import BadInput, MissingInput, shown
from handseg.tracking.tracker import Tracker

TENSORBOARD = "HANDSEG_TENSORBOARD"
"""Environment variable with the folder of TensorBoard's files; unset or empty writes none."""
MLFLOW = "HANDSEG_MLFLOW"
"""Environment variable with MLflow's tracking URI; unset or empty tells it nothing."""
IMAGES = "HANDSEG_TRACKED_IMAGES"
"""Environment variable with the number of held-out images that trackers are shown."""
OF_MLFLOW = (
    MLFLOW,
    IMAGES,
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
)
"""All that a training elsewhere, as in a pod, is handed to reach MLflow."""
_IMAGES = 3
_SCHEMES = ("http", "https", "sqlite", "file")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen."""

    trackers: tuple[Tracker, ...] = ()
    images: int = 0
    """Held-out images that they are shown at each validation."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Choice:
    """Read the variables; nothing is written or asked for yet.

    Raises:
        BadInput: a variable's value cannot be right.
        MissingInput: a tracker's package is not installed.
    """
    trackers: list[Tracker] = []
    if folder := environment.get(TENSORBOARD):
        made = _module("tensorboard", TENSORBOARD).TensorBoard(_folder(folder))
        trackers.append(made)
    if uri := environment.get(MLFLOW):
        _check_uri(uri)
        trackers.append(_module("mlflow", MLFLOW).MLflow(uri))
    if not trackers:
        return Choice()
    return Choice(trackers=tuple(trackers), images=_count(environment.get(IMAGES) or str(_IMAGES)))


def _module(name: str, variable: str) -> Any:
    """A tracker's module, which alone imports its package."""
    try:
        return import_module(f"handseg.tracking.{name}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise MissingInput(
            f"{package} is not installed, which {variable} asks for; "
            f"pip install 'handseg[{name}]', or unset {variable}"
        ) from error


def _folder(text: str) -> Path:
    if "://" in text:
        raise BadInput(f"{TENSORBOARD}={shown(text)}: give a folder of this machine")
    folder = Path(text).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise BadInput(
            f"{TENSORBOARD}={text}: {there} is no folder that can be written; give another"
        )
    return folder


def _check_uri(uri: str) -> None:
    """Refuse what is no place of MLflow's, or holds a secret, which is not repeated here."""
    try:
        parts = urlsplit(uri)
        has_secret = parts.username is not None or parts.password is not None
    except ValueError as error:
        raise BadInput(f"{MLFLOW}: no URI; give the tracking server's") from error
    if has_secret:
        raise BadInput(
            f"{MLFLOW}: a user or password stands in front of the host; they belong in "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
    if parts.scheme not in _SCHEMES:
        raise BadInput(
            f"{MLFLOW}={shown(uri)}: give the URI of a tracking server (https://HOST), or of a "
            "database (sqlite:///FILE)"
        )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise BadInput(f"{IMAGES}={shown(text)}: give a number of images, 0 to 99")
    return int(text)
