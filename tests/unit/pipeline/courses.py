"""How runs go: what the API answers, look after look."""

from datetime import UTC, datetime, timedelta
from typing import Any

import kfp_server_api as kfp

_BEGAN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def run(state: str, *details: Any) -> Any:
    """A run as the API shows it."""
    return kfp.V2beta1Run(
        run_id="run-1",
        state=state,
        run_details=kfp.V2beta1RunDetails(task_details=list(details)),
    )


def detail(
    number: int, name: str, state: str, *, inside: int = 0, pod: str = "", error: str = ""
) -> Any:
    """A node of it, the `number`th to begin; `inside` is the number of the node around it."""
    return kfp.V2beta1PipelineTaskDetail(
        run_id="run-1",
        task_id=f"task-{number}",
        display_name=name,
        create_time=_BEGAN + timedelta(minutes=number),
        state=state,
        parent_task_id=f"task-{inside}" if inside else None,
        pod_name=pod or None,
        error=kfp.GoogleRpcStatus(code=1, message=error) if error else None,
    )


def succeeding() -> list[Any]:
    """Split, then everything."""
    root = detail(1, "root", "RUNNING")
    begun = detail(2, "split", "RUNNING", inside=1)
    done = detail(2, "split", "SUCCEEDED", inside=1)
    return [
        run("PENDING"),
        run("RUNNING", root, detail(3, "split-driver", "SUCCEEDED", inside=1), begun),
        run("SUCCEEDED", detail(1, "root", "SUCCEEDED"), done),
    ]


def failing() -> list[Any]:
    """The second member's training fails; what is around it fails for that reason."""
    return [
        run("RUNNING", detail(1, "root", "RUNNING")),
        run(
            "FAILED",
            detail(1, "root", "FAILED"),
            detail(2, "split", "SUCCEEDED", inside=1),
            detail(3, "for-loop-1", "FAILED", inside=1),
            detail(4, "train", "SUCCEEDED", inside=3),
            detail(5, "train", "FAILED", inside=3),
            detail(6, "executor", "FAILED", inside=5, pod="handseg-x2-executor-7"),
        ),
    ]
