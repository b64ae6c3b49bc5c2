"""Which of OpenCV's two builds lies in the folder that both share, and whether it can be loaded.

opencv-python needs libGL, which servers and slim images lack. The one installed last has its files
there; both must be of one version, or files of two versions are mixed.
"""

import base64
import hashlib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from handseg.doctor import child, requirements
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, ok, warning

FULL, HEADLESS = "opencv-python", "opencv-python-headless"
_LIBRARY = "cv2/cv2"
_SCRIPT = "docker/install-opencv.sh PYTHON"


def look(asked: Asked) -> Iterator[Check]:
    """Compare the versions, tell whose files won, and load them in a process of their own."""
    versions = {name: requirements.installed(name) for name in (FULL, HEADLESS)}
    there = {name: version for name, version in versions.items() if version is not None}
    found = ", ".join(f"{name} {version}" for name, version in there.items()) or "none"
    headless = f"pip install --force-reinstall --no-deps {HEADLESS}=={requirements.pinned(FULL)}"
    if len(set(there.values())) > 1:
        remedy = f"{_SCRIPT}, which installs both in one version; or {headless}"
        yield failed("opencv", f"two versions in one folder: {found}", remedy)
        return
    whose = " and ".join(name for name in there if lies_there(name))
    reason = child.import_failure("cv2")
    if reason:
        yield failed(
            "opencv",
            f"{found}: cannot be loaded ({reason})",
            f"{headless}; or, as root, apt-get install libgl1 libglib2.0-0",
        )
    elif len(there) > 1 and whose != HEADLESS:
        yield warning(
            "opencv",
            f"{found}; the files of {whose or 'neither'} lie there, and need libGL",
            f"{_SCRIPT}, or {headless}: without libGL, as in slim images, it could not be loaded",
        )
    else:
        yield ok("opencv", f"{found}; files of {whose}" if len(there) > 1 else found)


def lies_there(package: str) -> bool:
    """Whether the library in the shared folder is a package's own, by its record's SHA-256."""
    for file in metadata.files(package) or []:
        if str(file).startswith(_LIBRARY) and file.suffix == ".so" and file.hash is not None:
            path = Path(str(file.locate()))
            return path.is_file() and _record_hash(path) == file.hash.value
    return False


def _record_hash(path: Path) -> str:
    """SHA-256 as a package's RECORD writes it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
