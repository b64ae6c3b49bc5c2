"""What the two images are, whoever runs them."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline import resources
from tests.engine.containers import IMAGES, call, described, run

pytestmark = pytest.mark.docker
every_image = pytest.mark.parametrize("name", sorted(IMAGES))

CPU_LIMIT_MB = 950
"""Of the image without torch; 887 on the stand-in base."""

# What libraries write unasked: fonts, compiled code, downloads; and a name for whoever asks.
AS_NOBODY_KNOWN = """
import getpass, os, pathlib, tempfile
assert os.getuid() == 54321, os.getuid()
assert getpass.getuser()
cache = pathlib.Path.home() / ".cache"
cache.mkdir()
(cache / "file").write_text("written")
import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot
pyplot.figure().savefig(tempfile.mktemp(suffix=".png"))
try:
    pathlib.Path("/opt/handseg/file").write_text("")
except OSError as error:
    print(error.strerror)
"""

# MLflow's client is an extra of 0.1 GB, which the image has where EXTRAS names it.
EVERY_MODULE = """
import importlib, pkgutil, handseg
for module in pkgutil.walk_packages(handseg.__path__, "handseg."):
    if not module.name.endswith(("__main__", "tracking.mlflow")):
        importlib.import_module(module.name)
        print(module.name)
"""


@every_image
def test_an_image_says_what_it_was_made_from(name: str, commit: str) -> None:
    labels = described(IMAGES[name])["Config"]["Labels"]
    prefix = "org.opencontainers.image."
    assert labels[f"{prefix}version"] == version("handseg")
    assert labels[f"{prefix}revision"] == commit
    assert labels[f"{prefix}base.name"]


@every_image
def test_the_code_knows_its_commit(name: str) -> None:
    code = "from handseg import program; print(program.commit())"
    labels = described(IMAGES[name])["Config"]["Labels"]
    assert (
        run(IMAGES[name], "python3", "-c", code).strip()
        == labels["org.opencontainers.image.revision"]
    )


@every_image
def test_the_code_does_not_guess_its_images_digest(name: str) -> None:
    code = "from handseg import program; print(program.image())"
    assert run(IMAGES[name], "python3", "-c", code).strip() == "unknown"


@every_image
def test_an_image_is_no_command_and_runs_as_a_number(name: str) -> None:
    config = described(IMAGES[name])["Config"]
    assert not config["Entrypoint"]
    assert config["User"] == str(resources.USER)


@every_image
def test_any_user_can_run_it_on_a_read_only_root(name: str) -> None:
    said = run(IMAGES[name], "python3", "-c", AS_NOBODY_KNOWN, user="54321:12345")
    assert said.strip() == "Read-only file system"


def test_the_image_with_torch_loads_every_module() -> None:
    assert len(run(IMAGES["gpu"], "python3", "-c", EVERY_MODULE).split()) > 100


def test_the_image_without_torch_is_small_and_without_torch() -> None:
    assert described(IMAGES["cpu"])["Size"] / 1e6 < CPU_LIMIT_MB
    with pytest.raises(AssertionError, match="No module named 'torch'"):
        run(IMAGES["cpu"], "python3", "-c", "import torch")


def test_what_the_images_are_made_of_is_listed(tmp_path: Path) -> None:
    # The environment is taken as it is: --old-file, so that nothing is installed anew.
    words = ["make", "--no-print-directory", "--old-file", ".venv/.ready", "sbom-images"]
    call(*words, f"SBOM={tmp_path}/sbom.json")
    listed = {}
    for name in IMAGES:
        found = json.loads((tmp_path / f"sbom-{name}.json").read_text())
        assert found["bomFormat"] == "CycloneDX"
        listed[name] = {part["name"].lower(): part["version"] for part in found["components"]}
    assert listed["cpu"]["pyarrow"] == listed["gpu"]["pyarrow"] == version("pyarrow")
    assert "torch" in listed["gpu"] and "torch" not in listed["cpu"]
    assert len(list(tmp_path.iterdir())) == len(IMAGES)


@every_image
def test_an_image_brings_no_installer(name: str) -> None:
    with pytest.raises(AssertionError, match="No module named pip"):
        run(IMAGES[name], "python3", "-m", "pip", "--version")
