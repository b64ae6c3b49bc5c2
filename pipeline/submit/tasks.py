"""A run's tasks as a person sees them: by path, without the pods that drive others."""

from dataclasses import dataclass
from typing import Any

FINAL = {"SUCCEEDED", "FAILED", "SKIPPED", "CANCELED"}
"""States that a run or task does not leave."""
_DRIVER = "-driver"
# Nodes that KFP's compiler adds around every task.
_WRAPPERS = {"root", "executor"}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One node of a run."""

    path: str
    """Names from the outermost loop to the task, by slashes."""
    state: str
    pod: str
    """The pod's name; empty where there was none."""
    is_plumbing: bool
    """Whether KFP added it: a driver, or the pod inside a task."""
    is_innermost_failure: bool
    """Whether it failed by itself, not because of a task inside it."""
    error: str
    """What the API says of the failure; often nothing."""


def tasks(run: Any) -> list[Task]:
    """The tasks of a V2beta1Run, in the order in which they began."""
    details = (run.run_details.task_details if run.run_details else None) or []
    ordered = sorted(details, key=lambda detail: str(detail.create_time or ""))
    parents = _parents(details)
    blamed = {
        id(parent)
        for detail in details
        if _state(detail) == "FAILED" and (parent := parents.get(detail.task_id))
    }
    return [_task(detail, parents, id(detail) in blamed) for detail in ordered]


def _parents(details: list[Any]) -> dict[str, Any]:
    """Task id -> the detail around it, from whichever of the two links the server fills."""
    by_id = {detail.task_id: detail for detail in details}
    by_pod = {detail.pod_name: detail for detail in details if detail.pod_name}
    found = {
        detail.task_id: by_id[detail.parent_task_id]
        for detail in details
        if detail.parent_task_id in by_id
    }
    for detail in details:
        for child in detail.child_tasks or []:
            inner = by_id.get(child.task_id) or by_pod.get(child.pod_name)
            # A driver's node lists the tasks that come after it, which are not inside it.
            if inner is not None and not _is_driver(detail):
                found.setdefault(inner.task_id, detail)
    return found


def _task(detail: Any, parents: dict[str, Any], is_blamed: bool) -> Task:
    names, inner = [detail.display_name], detail
    while (inner := parents.get(inner.task_id)) is not None and len(names) <= len(parents):
        names.append(inner.display_name)
    path = [name for name in reversed(names) if name not in _WRAPPERS]
    return Task(
        path="/".join(path) or detail.display_name,
        state=_state(detail),
        pod=_pod(detail),
        is_plumbing=_is_driver(detail) or detail.display_name in _WRAPPERS,
        is_innermost_failure=_state(detail) == "FAILED" and not is_blamed,
        error=(detail.error.message if detail.error else "") or "",
    )


def _pod(detail: Any) -> str:
    children = [child.pod_name for child in detail.child_tasks or [] if child.pod_name]
    return detail.pod_name or next(iter(children), "")


def _state(detail: Any) -> str:
    return detail.state or "PENDING"


def _is_driver(detail: Any) -> bool:
    return bool(detail.display_name.endswith(_DRIVER))
