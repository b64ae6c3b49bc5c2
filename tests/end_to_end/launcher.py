"""What Kubeflow's launcher does around a task: inputs on disk, its command, outputs read back.

It copies s3://bucket/key to /s3/bucket/key, puts the executor input in the command's {{$}}, makes
the folders above the outputs, and reads artifacts and their metadata from the executor output.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Runner = Callable[[str, Sequence[str], Path, Mapping[str, str]], str]
"""Runs a command in an image, whose /s3 and /tmp/kfp are folders under a root, with environment
variables; its output."""
BUCKET = "pipelines"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One artifact of a run."""

    path: Path
    """Where the launcher has it on this machine."""
    uri: str
    kind: str
    """The schema's title, such as system.Dataset."""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Runs the tasks of one compiled pipeline."""

    spec: Mapping[str, Any]
    """The pipeline spec, as its YAML holds it."""
    root: Path
    """Holds s3/ and kfp/, which are /s3 and /tmp/kfp in a container."""
    runner: Runner
    scheme: str
    """What URIs begin with: s3:// in a container, a folder for a process on this machine."""
    outputs: str
    """The folder for the executor output, as the task sees it."""

    def run(
        self,
        task: str,
        *,
        run_id: str = "run-1",
        parameters: Mapping[str, Any],
        artifacts: Mapping[str, Artifact | Sequence[Artifact]],
    ) -> dict[str, Artifact]:
        """Run a task; its output artifacts by name."""
        component = self.spec["components"][f"comp-{task}"]
        container = self.spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
        made = self._outputs(component, f"{task}/{run_id}")
        _open_to_all(self.root / "kfp" / f"{task}-{run_id}", self.root)
        output_file = f"{self.outputs}/{task}-{run_id}/executor_output.json"
        executor_input = {
            "inputs": {
                "parameterValues": _parameters(component, parameters),
                "artifacts": {name: _listed(given) for name, given in artifacts.items()},
            },
            "outputs": {
                "artifacts": {name: _listed(artifact) for name, artifact in made.items()},
                "outputFile": output_file,
            },
        }
        words = [*container["command"], *container["args"]]
        filled = [word.replace("{{$}}", json.dumps(executor_input)) for word in words]
        variables = {one["name"]: one["value"] for one in container.get("env", [])}
        log = self.runner(container["image"], filled, self.root, variables)
        read = self.root / "kfp" / f"{task}-{run_id}" / "executor_output.json"
        assert read.is_file(), log
        told = json.loads(read.read_text())["artifacts"]
        return {name: _with_metadata(artifact, told[name]) for name, artifact in made.items()}

    def _outputs(self, component: Mapping[str, Any], place: str) -> dict[str, Artifact]:
        found = {}
        for name, port in component["outputDefinitions"]["artifacts"].items():
            key = f"{BUCKET}/{place}/{name}"
            path = self.root / "s3" / key
            _open_to_all(path.parent, self.root)
            kind = port["artifactType"]["schemaTitle"]
            found[name] = Artifact(path=path, uri=f"{self.scheme}{key}", kind=kind)
        return found


def here(image: str, command: Sequence[str], root: Path, variables: Mapping[str, str]) -> str:
    """Run a task with this Python, in a process of its own, instead of an image's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", **variables}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr


def on_this_machine(spec: Mapping[str, Any], root: Path) -> Launcher:
    """A launcher of processes, to which artifacts lie under the root and not under /s3."""
    return Launcher(spec=spec, root=root, runner=here, scheme=f"{root}/s3/", outputs=f"{root}/kfp")


def in_containers(spec: Mapping[str, Any], root: Path, runner: Runner) -> Launcher:
    """A launcher of containers, whose runner mounts root/s3 as /s3 and root/kfp as /tmp/kfp."""
    return Launcher(spec=spec, root=root, runner=runner, scheme="s3://", outputs="/tmp/kfp")


def _parameters(component: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Those given, and the defaults of the others; a missing or unknown one is a mistake."""
    ports = component["inputDefinitions"].get("parameters", {})
    defaults = {
        name: port["defaultValue"] for name, port in ports.items() if "defaultValue" in port
    }
    filled = {**defaults, **given}
    assert set(filled) == set(ports)
    return filled


def _listed(given: Artifact | Sequence[Artifact]) -> dict[str, Any]:
    """Artifacts as the driver writes them: always in a list, always without a name."""
    artifacts = [given] if isinstance(given, Artifact) else given
    return {
        "artifacts": [
            {
                "name": "",
                "type": {"schemaTitle": artifact.kind, "schemaVersion": "0.0.1"},
                "uri": artifact.uri,
                "metadata": dict(artifact.metadata),
            }
            for artifact in artifacts
        ]
    }


def _with_metadata(artifact: Artifact, told: Mapping[str, Any]) -> Artifact:
    (read,) = told["artifacts"]
    assert read["uri"] == artifact.uri
    return Artifact(
        path=artifact.path, uri=artifact.uri, kind=artifact.kind, metadata=read["metadata"]
    )


def _open_to_all(folder: Path, root: Path) -> None:
    """Make a folder that a container's user may write to."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in (folder, *folder.parents):
        if part.is_relative_to(root):
            part.chmod(0o777)
