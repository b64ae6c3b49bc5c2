"""What `python -m pipeline submit` takes on its command line."""

import argparse

from pipeline.compile import add_graph_arguments
from pipeline.submit.start import default_experiment


def parser() -> argparse.ArgumentParser:
    """The command line's parser."""
    made = argparse.ArgumentParser(
        prog="python -m pipeline submit",
        description="Start a preset on a Kubeflow cluster, and follow the run to its end. Exits 0 "
        "when it succeeded, 1 when it failed, 2 when something here is wrong. The store's endpoint "
        "and keys come from the usual AWS variables, for the check of --data alone: pods have "
        "theirs from a Kubernetes secret.",
    )
    _add_what(made.add_argument_group("what is run"))
    _add_where(made.add_argument_group("where"))
    add_graph_arguments(made.add_argument_group("the graph"))
    _add_how(made.add_argument_group("how"))
    return made


def _add_what(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--preset", required=True, help="a preset's name, or a YAML file's path")
    group.add_argument("--data", required=True, help="s3://bucket/prefix that holds train/")
    group.add_argument(
        "--data-hash",
        default="",
        help="text that changes with the data, for the key of KFP's cache, from which steps done "
        "before are taken where the images are named by digest; default: made of the names, sizes "
        "and ETags that the store lists under --data's train/ and test/. Nothing is cached without "
        "it with --cron, whose data may change, or --no-data-check",
    )
    group.add_argument(
        "--person-key",
        default="",
        help="fingerprint of the key that hides people's ids, which pods have from the secret "
        "handseg-people; default: of the key in HANDSEG_PERSON_KEY. Without either, pods that have "
        "a key are refused",
    )
    group.add_argument(
        "--no-images", action="store_true", help="leave every X-ray out of the report"
    )
    group.add_argument("--run-name", default="", help="default: the preset's name and the time")
    group.add_argument(
        "--part", choices=["test", "oof"], default="test", help="whose predictions the CSV holds"
    )
    group.add_argument(
        "--cron", default="", help="a schedule of runs instead of one: six fields, seconds first"
    )


def _add_where(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", default="", help="the KFP API; default: KF_PIPELINES_ENDPOINT")
    group.add_argument("--namespace", default="", help="default: the one kfp has stored")
    group.add_argument(
        "--token",
        default="",
        help="bearer token; better KFP's file of one, named by KF_PIPELINES_SA_TOKEN_PATH",
    )
    group.add_argument("--ca", default="", help="certificates to trust; default: the system's")
    group.add_argument("--experiment", default=default_experiment(), help="default: %(default)s")
    group.add_argument("--pipeline-root", default="", help="s3://bucket/prefix for artifacts")
    group.add_argument(
        "--states",
        default="",
        help="s3://bucket/prefix where trainings keep their states, from which the next pod goes "
        "on; default: under --pipeline-root, by the pipeline's content; without either a pod that "
        "is ended begins anew",
    )
    group.add_argument("--service-account", default="", help="whose rights the pods have")


def _add_how(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--allow-tag", action="store_true", help="take images without a digest")
    group.add_argument(
        "--no-data-check",
        action="store_true",
        help="where the store can be reached from the cluster alone",
    )
    group.add_argument("--no-follow", action="store_true", help="start it, and do not wait")
    group.add_argument(
        "--poll-seconds", type=float, default=10.0, help="between two looks; default: %(default)s"
    )
    group.add_argument(
        "--dry-run", action="store_true", help="print what would be sent, and send nothing"
    )
