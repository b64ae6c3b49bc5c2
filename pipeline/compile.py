"""`python -m pipeline.compile`: presets -> pipeline/compiled/PRESET.yaml, byte for byte."""

import argparse
from pathlib import Path

from kfp import compiler

from components.images import CPU_IMAGE, GPU_IMAGE
from handseg.errors import HandsegError
from handseg.presets import catalogue
from pipeline.images import Images
from pipeline.options import ClusterOptions, add_cluster_arguments, from_arguments
from pipeline.pipeline import build

COMPILED = Path(__file__).parent / "compiled"


def compile_preset(
    name: str,
    *,
    out: Path,
    images: Images,
    shards: int = 1,
    options: ClusterOptions | None = None,
) -> Path:
    """Compile one preset.

    Args:
        name: a preset's name, or the path of a preset's YAML file.
        out: folder for PRESET.yaml.
        images: what the tasks run in.
        shards: how many tasks infer each member's images, and vote.
        options: what is chosen of the cluster.

    Returns:
        The file written.

    Raises:
        BadInput: the preset cannot be right.
        MissingInput: there is no such preset.
    """
    preset = catalogue.load(name)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{preset.name}.yaml"
    graph = build(preset, images=images, shards=shards, options=options)
    compiler.Compiler().compile(graph, str(path))
    return path


def add_image_arguments(parser: argparse._ActionsContainer) -> None:
    """Add --cpu-image and --gpu-image."""
    parser.add_argument("--cpu-image", default=CPU_IMAGE, help="default: %(default)s")
    parser.add_argument("--gpu-image", default=GPU_IMAGE, help="default: %(default)s")


def add_shards_argument(parser: argparse._ActionsContainer) -> None:
    """Add --shards."""
    parser.add_argument(
        "--shards",
        type=int,
        default=1,
        help="tasks that infer each member, and that vote; default: %(default)s",
    )


def add_graph_arguments(parser: argparse._ActionsContainer) -> None:
    """Add every flag that says how a graph is laid out."""
    add_image_arguments(parser)
    add_shards_argument(parser)
    add_cluster_arguments(parser)


def main(arguments: list[str] | None = None) -> None:
    """Compile the presets that the command line names; all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.compile", description=__doc__)
    parser.add_argument("--preset", action="append", help="may be given again; default: every one")
    parser.add_argument("--out", type=Path, default=COMPILED, help="folder; default: %(default)s")
    add_graph_arguments(parser)
    given = parser.parse_args(arguments)
    images = Images(cpu=given.cpu_image, gpu=given.gpu_image)
    try:
        options = from_arguments(given)
        for name in given.preset or catalogue.names():
            made = compile_preset(
                name, out=given.out, images=images, shards=given.shards, options=options
            )
            print(made)
    except HandsegError as error:
        parser.exit(error.exit_code, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    main()
