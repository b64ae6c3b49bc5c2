"""Starting what was uploaded: one run, or a schedule of runs."""

import os
import time
from dataclasses import dataclass
from typing import TypeAlias

from kfp.client import client as kfp_settings

from pipeline.submit.cluster import Cluster, explained
from pipeline.submit.version import Version

Parameters: TypeAlias = dict[str, str | bool]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is run, beside the pipeline itself."""

    experiment: str
    """The group of runs it belongs to, made where it is missing."""
    name: str
    """Name of the run, or of the schedule."""
    parameters: Parameters
    """The pipeline's."""
    root: str = ""
    """Where artifacts go, s3://bucket/prefix; empty is the installation's own place."""
    service_account: str = ""
    """Whose rights the pods have; empty is the installation's choice."""
    cron: str = ""
    """Six fields, seconds first; empty runs once, now."""


def default_experiment() -> str:
    """The experiment that kfp's settings name, else handseg."""
    named = os.environ.get(kfp_settings.KF_PIPELINES_OVERRIDE_EXPERIMENT_NAME)
    return named or os.environ.get(kfp_settings.KF_PIPELINES_DEFAULT_EXPERIMENT_NAME) or "handseg"


def default_name(preset: str) -> str:
    """A run's name where none is given: the preset and the time, UTC."""
    return f"{preset} {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())}"


def start(cluster: Cluster, version: Version, order: Order) -> str:
    """Start a run, or a schedule where the order has one.

    Returns:
        The id of the run, or of the recurring run.

    Raises:
        Unreachable: the cluster refuses, or does not answer.
    """
    with explained(cluster.host):
        experiment = cluster.client.create_experiment(
            order.experiment, namespace=cluster.namespace or None
        )
        given = {
            "experiment_id": experiment.experiment_id,
            "job_name": order.name,
            "params": order.parameters,
            "pipeline_id": version.pipeline_id,
            "version_id": version.version_id,
            "pipeline_root": order.root or None,
            "service_account": order.service_account or None,
        }
        if not order.cron:
            return str(cluster.client.run_pipeline(**given).run_id)
        # One at a time and no catching up: a late run would train on the same data twice.
        scheduled = cluster.client.create_recurring_run(
            **given, cron_expression=order.cron, max_concurrency=1, no_catchup=True
        )
        return str(scheduled.recurring_run_id)
