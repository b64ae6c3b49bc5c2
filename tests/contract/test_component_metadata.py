"""Component folders are laid out as kubeflow/pipelines-components asks of its own.

Its required files but OWNERS, which names members of its community, and what __init__.py would
export, since packages here say nothing by themselves. `stages`, `image` and `only_here` are ours.
"""

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from components import wiring

FOLDER = Path(wiring.__file__).parent
REQUIRED = {"name", "stability", "dependencies", "tags", "lastVerified"}
OURS = {"stages", "image", "only_here"}
every_component = pytest.mark.parametrize("name", wiring.STAGES)


def test_every_folder_is_a_component_that_is_known() -> None:
    assert {path.parent.name for path in FOLDER.glob("*/component.py")} == set(wiring.STAGES)


@every_component
def test_a_folder_holds_the_files_that_are_asked_for(name: str) -> None:
    files = {path.name for path in (FOLDER / name).iterdir() if path.is_file()}
    assert files == {"__init__.py", "component.py", "metadata.yaml", "README.md"}


@every_component
def test_metadata_follow_the_schema(name: str) -> None:
    found = yaml.safe_load((FOLDER / name / "metadata.yaml").read_text(encoding="utf-8"))
    assert set(found) == REQUIRED | OURS
    assert found["name"] == name
    assert found["stability"] in ("alpha", "beta", "stable")
    (pipelines,) = found["dependencies"]["kubeflow"]
    assert pipelines == {"name": "Pipelines", "version": ">=2.17"}
    assert isinstance(found["lastVerified"], datetime)
    assert all(isinstance(tag, str) for tag in found["tags"])
