"""`python -m pipeline submit`: start a preset on a Kubeflow cluster, and follow it to its end."""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from handseg import pseudonyms
from handseg.errors import HandsegError
from handseg.presets import catalogue
from pipeline.compile import compile_preset
from pipeline.images import Images
from pipeline.options import from_arguments
from pipeline.submit import checks, follow, logs, start
from pipeline.submit.arguments import parser
from pipeline.submit.cluster import Cluster, connect
from pipeline.submit.data import Data, look
from pipeline.submit.start import Parameters
from pipeline.submit.tasks import tasks
from pipeline.submit.version import Package, find_or_upload

_FAILED, _INTERRUPTED = 1, 130
_NOT_LISTED = "<of the listing, which a dry run does not ask for>"


def main(arguments: list[str] | None = None) -> None:
    """Submit what the command line says; exits unless the run succeeds."""
    reader = parser()
    given = reader.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            code = _submit(given, Path(folder))
    except HandsegError as error:
        reader.exit(error.exit_code, f"{reader.prog}: {error}\n")
    if code:
        reader.exit(code)


def _submit(given: argparse.Namespace, folder: Path) -> int:
    """Do it all; the exit code."""
    preset = catalogue.load(given.preset)
    images = Images(cpu=given.cpu_image, gpu=given.gpu_image)
    checks.check_images(images, allow_tag=given.allow_tag)
    checks.check_places(given.data, given.pipeline_root, given.states)
    if given.cron:
        checks.check_cron(given.cron)
    data = None
    if not (given.dry_run or given.no_data_check):
        data = look(given.data)
        checks.check_root(given.pipeline_root)
        print(f"{given.data}: {len(data.objects)} objects")
    data_hash = _data_hash(given, data)
    options = from_arguments(given, caching=bool(data_hash))
    package = Package(
        file=compile_preset(
            given.preset, out=folder, images=images, shards=given.shards, options=options
        )
    )
    order = start.Order(
        experiment=given.experiment,
        name=given.run_name or start.default_name(preset.name),
        parameters=_parameters(given, package, data_hash),
        root=given.pipeline_root,
        service_account=given.service_account,
        cron=given.cron,
    )
    if given.dry_run:
        print(_described(package, order, images))
        return 0
    cluster = connect(given.host, namespace=given.namespace, token=given.token, ca=given.ca)
    return _run(cluster, package, order, given)


def _run(cluster: Cluster, package: Package, order: start.Order, given: argparse.Namespace) -> int:
    version = find_or_upload(cluster, package)
    print(f"pipeline version {package.version}: {'uploaded' if version.is_new else 'was there'}")
    started = start.start(cluster, version, order)
    if order.cron:
        print(f"recurring run {started}: {order.cron}")
        return 0
    if given.no_follow:
        print(f"run {started}: {cluster.link(started)}")
        return 0
    try:
        ended = follow.follow(cluster, started, every_s=given.poll_seconds)
    except KeyboardInterrupt:
        print(f"\nno longer followed; the run goes on: {cluster.link(started)}")
        return _INTERRUPTED
    for task in tasks(ended):
        if task.is_innermost_failure:
            print(logs.explain(cluster, started, task))
    print(f"run {started} {ended.state}: {cluster.link(started)}")
    return 0 if ended.state == "SUCCEEDED" else _FAILED


def _data_hash(given: argparse.Namespace, data: Data | None) -> str:
    """What says that the data are the same; empty where that cannot be known."""
    # A schedule's runs have one hash, and data that may change between them.
    if given.data_hash or given.cron or given.no_data_check:
        return str(given.data_hash)
    return _NOT_LISTED if data is None else data.hash


def _parameters(given: argparse.Namespace, package: Package, data_hash: str) -> Parameters:
    """The pipeline's parameters; a schedule's runs differ by nothing but their time."""
    person_key = given.person_key or pseudonyms.from_environment().fingerprint
    # The same content submitted again finds the states of a run that was ended.
    same = "-".join(filter(None, (package.version, person_key)))
    states = f"{given.pipeline_root.rstrip('/')}/states/{same}"
    return {
        "data_uri": given.data,
        "data_hash": data_hash,
        "run_name": given.run_name,
        "part": given.part,
        "states_uri": given.states or (states if given.pipeline_root else ""),
        "person_key": person_key,
        "no_images": given.no_images,
    }


def _described(package: Package, order: start.Order, images: Images) -> str:
    """What would be sent, as JSON."""
    file = {"pipeline": package.pipeline, "version": package.version}
    size = {"bytes": package.file.stat().st_size, "images": asdict(images)}
    return json.dumps({**file, **size, **asdict(order)}, indent=1)
