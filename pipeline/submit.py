"""`python -m pipeline.submit`: compile a preset and start it on a Kubeflow cluster."""

import argparse
import tempfile
from pathlib import Path

import kfp

from handseg.errors import BadInput, HandsegError
from pipeline.compile import add_image_arguments, add_shards_argument, compile_preset
from pipeline.pipeline import Images


def submit(
    client: kfp.Client,
    *,
    preset: str,
    parameters: dict[str, str],
    images: Images,
    experiment: str,
    namespace: str | None = None,
    shards: int = 1,
) -> str:
    """Start a run.

    Args:
        client: a connected client.
        preset: a preset's name or file.
        parameters: the pipeline's; without a data_hash nothing is taken from KFP's cache, whose
            key would not change with the data.
        images: what the tasks run in.
        experiment: the group of runs it belongs to, made where it is missing.
        namespace: the user's, where the installation has several.
        shards: how many tasks infer each member's images.

    Returns:
        The run's id.

    Raises:
        BadInput: the preset cannot be right.
        MissingInput: there is no such preset.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = compile_preset(preset, out=Path(folder), images=images, shards=shards)
        run = client.create_run_from_pipeline_package(
            str(file),
            arguments=parameters,
            run_name=parameters["run_name"] or None,
            experiment_name=experiment,
            namespace=namespace,
            enable_caching=None if parameters["data_hash"] else False,
        )
    return str(run.run_id)


def check(images: Images, data: str, *, allow_tag: bool) -> None:
    """Refuse what would fail, or mislead, only on the cluster.

    Raises:
        BadInput: an image is named by tag and allow_tag is false, or the data are not in S3.
    """
    if not (images.are_pinned or allow_tag):
        raise BadInput(
            f"{images.cpu}, {images.gpu}: a tag can come to mean another image; "
            "give NAME@sha256:DIGEST for both, or --allow-tag"
        )
    if not data.startswith("s3://"):
        raise BadInput(f"{data}: the cluster's pods cannot read it; give s3://bucket/prefix")


def main(arguments: list[str] | None = None) -> None:
    """Submit what the command line says, and print the run's id."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.submit", description=__doc__)
    parser.add_argument("--host", required=True, help="URL of the KFP API")
    parser.add_argument("--preset", required=True)
    parser.add_argument("--data", required=True, help="s3://bucket/prefix that the pods can read")
    parser.add_argument("--data-hash", default="", help="changes with the data; allows caching")
    parser.add_argument("--run-name", default="", help="default: KFP's own")
    parser.add_argument("--part", choices=["test", "oof"], default="test")
    parser.add_argument("--experiment", default="handseg", help="default: %(default)s")
    parser.add_argument("--namespace", help="yours, where the installation has several")
    parser.add_argument("--allow-tag", action="store_true", help="take images without a digest")
    add_image_arguments(parser)
    add_shards_argument(parser)
    given = parser.parse_args(arguments)
    parameters = {
        "data_uri": given.data,
        "data_hash": given.data_hash,
        "run_name": given.run_name,
        "part": given.part,
    }
    images = Images(cpu=given.cpu_image, gpu=given.gpu_image)
    try:
        check(images, given.data, allow_tag=given.allow_tag)
        run_id = submit(
            kfp.Client(host=given.host),
            preset=given.preset,
            parameters=parameters,
            images=images,
            experiment=given.experiment,
            namespace=given.namespace,
            shards=given.shards,
        )
    except HandsegError as error:
        parser.exit(error.exit_code, f"{parser.prog}: {error}\n")
    print(run_id)


if __name__ == "__main__":
    main()
