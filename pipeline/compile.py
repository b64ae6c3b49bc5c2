"""`python -m pipeline.compile`: presets -> pipeline/compiled/PRESET.yaml, byte for byte."""

import argparse
from pathlib import Path

from kfp import compiler

from components.images import CPU_IMAGE, GPU_IMAGE
from handseg.presets import catalogue
from pipeline.pipeline import Images, build

COMPILED = Path(__file__).parent / "compiled"


def compile_preset(name: str, *, out: Path, images: Images, shards: int = 1) -> Path:
    """Compile one preset.

    Args:
        name: a preset's name, or the path of a preset's YAML file.
        out: folder for PRESET.yaml.
        images: what the tasks run in.
        shards: how many tasks infer each member's images.

    Returns:
        The file written.

    Raises:
        BadInput: the preset cannot be right.
        MissingInput: there is no such preset.
    """
    preset = catalogue.load(name)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{preset.name}.yaml"
    compiler.Compiler().compile(build(preset, images=images, shards=shards), str(path))
    return path


def add_image_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --cpu-image and --gpu-image."""
    parser.add_argument("--cpu-image", default=CPU_IMAGE, help="default: %(default)s")
    parser.add_argument("--gpu-image", default=GPU_IMAGE, help="default: %(default)s")


def add_shards_argument(parser: argparse.ArgumentParser) -> None:
    """Add --shards."""
    parser.add_argument(
        "--shards", type=int, default=1, help="tasks that infer each member; default: %(default)s"
    )


def main(arguments: list[str] | None = None) -> None:
    """Compile the presets that the command line names; all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.compile", description=__doc__)
    parser.add_argument("--preset", action="append", help="may be given again; default: every one")
    parser.add_argument("--out", type=Path, default=COMPILED, help="folder; default: %(default)s")
    add_image_arguments(parser)
    add_shards_argument(parser)
    given = parser.parse_args(arguments)
    images = Images(cpu=given.cpu_image, gpu=given.gpu_image)
    for name in given.preset or catalogue.names():
        print(compile_preset(name, out=given.out, images=images, shards=given.shards))


if __name__ == "__main__":
    main()
