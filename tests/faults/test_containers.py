"""Row 58: what a process in one of the images may do, and what the images hold.

Without a Docker engine these tests fail; `make faults` brings one.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import resources
from tests.engine import containers
from tests.engine.containers import IMAGES

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "canary-of-secret-key",
    "HANDSEG_PERSON_KEY": "canary-of-person-key-0123456789abcdef",
}
every_image = pytest.mark.parametrize("name", sorted(IMAGES))

# What somebody would try who runs a program of theirs in a task.
TRIES = """
import os, pathlib
print("user", os.getuid(), os.getgid())
def tried(what, do):
    try:
        do()
        print(what, "WORKED")
    except OSError as error:
        print(what, error.strerror)
for place in ("/opt/handseg/lib/x", "/usr/local/bin/x", "/etc/passwd", "/x"):
    tried(place, lambda: pathlib.Path(place).write_text("x"))
tried("setuid", lambda: os.setuid(0))
tried("chown", lambda: os.chown("/tmp", 0, 0))
tried("mknod", lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(8, 0)))
tried("chroot", lambda: os.chroot("/tmp"))
"""


@pytest.fixture(scope="module")
def images() -> None:
    """Both images of this checkout, built with secrets in the environment."""
    containers.call("make", "--no-print-directory", "images", variables=SECRETS)


@pytest.mark.fault(58)
@every_image
def test_row_58_an_image_runs_as_a_number_and_may_change_nothing(
    name: str, images: None, told: Callable[[str], None]
) -> None:
    assert containers.described(IMAGES[name])["Config"]["User"] == str(resources.USER)
    words = ["run", *containers.GUARDED, IMAGES[name], "python3", "-c", TRIES]
    said = containers.docker(*words).splitlines()
    assert said[0].startswith(f"user {resources.USER} ")
    assert said[1:5] == [
        f"{place} Read-only file system"
        for place in ("/opt/handseg/lib/x", "/usr/local/bin/x", "/etc/passwd", "/x")
    ]
    assert said[5:] == [
        f"{what} Operation not permitted" for what in ("setuid", "chown", "mknod", "chroot")
    ]
    told(
        f"handseg-{name} as user {resources.USER} on a read-only root without capabilities: it "
        "writes nothing but /tmp, becomes no other user, and makes no device"
    )


@pytest.mark.fault(58)
@every_image
def test_row_58_what_the_build_had_in_its_environment_is_not_in_an_image(
    name: str, images: None, told: Callable[[str], None]
) -> None:
    image = IMAGES[name]
    said = containers.docker("history", "--no-trunc", image)
    said += containers.docker("image", "inspect", image)
    said += containers.run(image, "env")
    assert not [secret for secret in SECRETS.values() if secret in said]
    told(f"handseg-{name} built with secrets in the environment: none in its layers or variables")


@pytest.mark.fault(58)
def test_row_58_a_stage_needs_no_more_rights_than_that(
    images: None, hands: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    tmp_path.chmod(0o777)
    data = ["--volume", f"{hands}:/hands:ro", "--volume", f"{tmp_path}:/w"]
    words = ["split", "--data", "/hands", "--out", "/w/folds.csv", "--settings.folds", "2"]
    containers.docker("run", *containers.GUARDED, *data, IMAGES["cpu"], "handseg", *words)
    table = tmp_path / "folds.csv"
    assert table.read_text().count("\n") == 1 + 8
    assert table.stat().st_uid == resources.USER
    told(f"`handseg split` with just these rights, no network and read-only data: its fold table, "
         f"of user {resources.USER}")  # fmt: skip
