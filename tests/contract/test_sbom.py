"""`make sbom` lists what the environment is made of, and nothing of the machine."""

import json
import subprocess
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_every_installed_package_is_listed_and_no_place_of_this_machine(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    # The environment is taken as it is: -o, so that nothing is installed anew.
    command = ["make", "--old-file", ".venv/.ready", "sbom", f"SBOM={file}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    text = file.read_text(encoding="utf-8")
    found = json.loads(text)
    assert (found["bomFormat"], found["metadata"]["component"]["name"]) == ("CycloneDX", "handseg")
    listed = {(part["name"].lower(), part["version"]) for part in found["components"]}
    installed = {(each.name.lower(), each.version) for each in distributions()}
    assert {pair for pair in installed if pair[0] != "handseg"} <= listed
    assert all(
        part["purl"].startswith("pkg:pypi/")
        for part in found["components"]
        if part["name"] != "handseg"
    )
    assert str(ROOT) not in text and "file://" not in text
