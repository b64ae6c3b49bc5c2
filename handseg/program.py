"""The program that runs: its commit, its container's image, its packages and its command line."""

import functools
import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path

COMMIT_VARIABLE = "HANDSEG_COMMIT"
"""Environment variable with the commit, set in images, where there is no checkout."""
IMAGE_VARIABLE = "HANDSEG_IMAGE"
"""Environment variable with the image's name and digest. No image can hold its own digest, so our
images set it to "unknown", and who starts a container to what it is: the pipeline in every task,
docker/component.sh, and whoever gives docker `--env HANDSEG_IMAGE=...`."""
_PACKAGES = (
    "handseg",
    "albumentations",
    "boto3",
    "isal",
    "kfp",
    "numpy",
    "onnxruntime",
    "opencv-python",
    "opencv-python-headless",
    "optuna",
    "pyarrow",
    "safetensors",
    "scikit-learn",
    "scipy",
    "torch",
    "transformers",
)


@functools.cache
def commit() -> str:
    """The commit of the running code, 40 hex digits.

    From the checkout the package lies in, with "-dirty" where it was changed since; else from
    HANDSEG_COMMIT; else "unknown".
    """
    checkout = Path(__file__).parents[1]
    git = shutil.which("git")
    if git is not None and (checkout / ".git").exists():
        found = _git(git, checkout, "rev-parse", "HEAD")
        if found:
            changed = _git(git, checkout, "status", "--porcelain", "--untracked-files=no")
            return f"{found}-dirty" if changed else found
    return os.environ.get(COMMIT_VARIABLE) or "unknown"


def _git(git: str, checkout: Path, *arguments: str) -> str:
    done = subprocess.run([git, "-C", str(checkout), *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def image() -> str:
    """The container's image as NAME@sha256:DIGEST, or by a tag where only that is known.

    "unknown" in one of our images whose starter did not say; "none" outside of any.
    """
    return os.environ.get(IMAGE_VARIABLE) or "none"


def versions() -> dict[str, str]:
    """Versions of Python and of those packages that are installed and can change a result."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def command(arguments: list[str]) -> str:
    """A command line as its program, subcommand and flags' names; never a value.

    Values stand in the settings, or are paths and secrets that do not belong in a record.
    """
    program, *rest = arguments or [""]
    words = [Path(program).name]
    if rest and not rest[0].startswith("-"):
        words.append(Path(rest[0]).name)
    return " ".join(words + [word.split("=", 1)[0] for word in rest if word.startswith("--")])
