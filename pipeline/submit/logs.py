"""Why a run failed: the last lines of its failing pods, or where to read them."""

import re

import kfp_server_api
from urllib3.exceptions import HTTPError

from pipeline.submit.cluster import Cluster
from pipeline.submit.tasks import Task

LINES = 30
"""Lines of a log that are shown."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def explain(cluster: Cluster, run_id: str, task: Task) -> str:
    """Say why a task failed.

    Args:
        cluster: where it ran.
        run_id: its run.
        task: one that failed by itself.

    Returns:
        Its name, what the API says of it, and the end of its log or how to get it.
    """
    head = f"{task.path} failed{': ' + task.error if task.error else ''}"
    log = read(cluster, run_id, task.pod) if task.pod else None
    if log is None:
        return f"{head}\nIts log cannot be had from {cluster.host}; {by_hand(cluster, run_id)}"
    lines = _COLOUR.sub("", log).rstrip().splitlines()[-LINES:]
    return "\n".join([head, f"last {len(lines)} lines of pod {task.pod}:", *lines])


def read(cluster: Cluster, run_id: str, pod: str) -> str | None:
    """Read a pod's log, or None where neither door to it opens.

    The published API has no call for logs. KFP's page serves them, from the pod or from where Argo
    archived them; behind the API server alone there is its streaming route.
    """
    query = {"podname": pod, "runid": run_id, "podnamespace": cluster.namespace}
    by_page = [(key, value) for key, value in query.items() if value]
    return _get(cluster, "/k8s/pod/logs", by_page) or _get(
        cluster, f"/apis/v1alpha1/runs/{run_id}/nodes/{pod}/log", []
    )


def by_hand(cluster: Cluster, run_id: str) -> str:
    """The kubectl command for a run's logs."""
    namespace = cluster.namespace or "kubeflow"
    return (
        f"kubectl logs -n {namespace} -l pipeline/runid={run_id} "
        f"-c main --prefix --tail {LINES} has them while the pods last"
    )


def _get(cluster: Cluster, path: str, query: list[tuple[str, str]]) -> str | None:
    # kfp.Client's connection, with its token and certificates; there is no public way to it.
    api = cluster.client._run_api.api_client
    try:
        found = api.call_api(
            path,
            "GET",
            query_params=query,
            header_params={"Accept": "text/plain"},
            response_type="str",
            auth_settings=["Bearer"],
            _return_http_data_only=True,
        )
    except (kfp_server_api.ApiException, HTTPError):
        return None
    # A page that serves its start page for every unknown path has no logs.
    return None if found.lstrip().lower().startswith("<!doctype html") else str(found)
