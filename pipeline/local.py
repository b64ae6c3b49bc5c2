"""`python -m pipeline.local`: the graph on this machine, in subprocesses or in the real images."""

import argparse
import shutil
import stat
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TypeAlias

from kfp import local

from handseg import pseudonyms
from handseg.errors import HandsegError, MissingInput
from handseg.presets import catalogue
from pipeline import containers
from pipeline.compile import add_image_arguments, add_shards_argument
from pipeline.images import Images
from pipeline.pipeline import build

SMOKE_SIZE_PX = 256
"""Side of the hands drawn where no data are given: the graph is what is tried, not the model."""

Runner: TypeAlias = local.SubprocessRunner | local.DockerRunner


def run_graph(
    preset: catalogue.Preset,
    *,
    data: Path,
    out: Path,
    part: str,
    runner: Runner,
    images: Images,
    shards: int = 1,
    no_images: bool = False,
) -> None:
    """Run a preset's graph, then copy its submission and report.

    Args:
        preset: what is run.
        data: folder in the competition's layout.
        out: folder for submission.csv and report.html; what the tasks made stays in out/artifacts.
        part: "test" or "oof": which predictions become the CSV.
        runner: where kfp.local runs each task.
        images: what a DockerRunner runs; a SubprocessRunner runs this Python.
        shards: how many tasks infer each member's images, and vote.
        no_images: whether the report is to show no X-ray.

    Raises:
        BadInput: HANDSEG_PERSON_KEY holds no key that can be a secret.
        MissingInput: there is no such folder of data.
        RuntimeError: a task failed; its log stands on stdout.
    """
    if not data.is_dir():
        raise MissingInput(f"{data}: no such folder; give one that holds train/")
    person_key = pseudonyms.from_environment().fingerprint
    root = out.absolute() / "artifacts"
    root.mkdir(parents=True, exist_ok=True)
    # A container's user is not this one, and must make its folders here.
    root.chmod(stat.S_ISVTX | 0o777)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You may be attemping to run a task that uses custom")
        local.init(runner, pipeline_root=str(root), raise_on_error=True)
        graph = build(preset, images=images, cluster=False, shards=shards)
        done = graph(
            data_uri=str(data.absolute()), part=part, person_key=person_key, no_images=no_images
        )
    for file in Path(done.outputs["submission"].path).iterdir():
        _copy(file, out / file.name)
    _copy(Path(done.outputs["report"].path), out / "report.html")


def draw_hands(folder: Path) -> None:
    """Draw the smoke test's synthetic hands, unless the folder is there.

    Raises:
        subprocess.CalledProcessError: the command failed; it says why on stderr.
    """
    if folder.exists():
        return
    people = ["--people", "4", "--test-people", "1", "--size", str(SMOKE_SIZE_PX)]
    command = [sys.executable, "-m", "handseg", "demo-data", str(folder), *people]
    subprocess.run(command, check=True)


def _runner(name: str, *, data: Path, images: Images) -> Runner:
    if name == "subprocess":
        return local.SubprocessRunner(use_venv=False)
    containers.check(images.cpu, images.gpu)
    return containers.runner(data)


def _copy(source: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name}.partial")
    shutil.copyfile(source, partial)
    partial.replace(target)


def main(arguments: list[str] | None = None) -> None:
    """Run the graph as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.local", description=__doc__)
    parser.add_argument("--preset", default="smoke", help="default: %(default)s")
    parser.add_argument(
        "--data", type=Path, help="folder with train/ and test/; default: hands drawn in OUT/data"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/smoke"), help="default: %(default)s")
    parser.add_argument(
        "--part", choices=["test", "oof"], default="test", help="whose predictions the CSV holds"
    )
    parser.add_argument(
        "--no-images", action="store_true", help="leave every X-ray out of the report"
    )
    parser.add_argument("--runner", choices=["subprocess", "docker"], default="subprocess")
    add_image_arguments(parser)
    add_shards_argument(parser)
    given = parser.parse_args(arguments)
    data = given.data or given.out / "data"
    images = Images(cpu=given.cpu_image, gpu=given.gpu_image)
    try:
        if given.data is None:
            draw_hands(data)
        run_graph(
            catalogue.load(given.preset),
            data=data,
            out=given.out,
            part=given.part,
            runner=_runner(given.runner, data=data, images=images),
            images=images,
            shards=given.shards,
            no_images=given.no_images,
        )
    except HandsegError as error:
        parser.exit(error.exit_code, f"{parser.prog}: {error}\n")
    except RuntimeError as error:  # kfp.local's, when a task has failed
        parser.exit(1, f"{parser.prog}: {error} The log above says why.\n")


if __name__ == "__main__":
    main()
