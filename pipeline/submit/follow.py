"""Following a run to its end: a table on a terminal, a line for every change elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipeline.submit.cluster import Cluster, Unreachable, explained
from pipeline.submit.tasks import FINAL, Task, tasks

_COLOURS = {"SUCCEEDED": "green", "FAILED": "red", "RUNNING": "cyan"}
_PATIENCE = 5
"""Polls in a row that may go unanswered: an API server that restarts fails no run."""


def follow(cluster: Cluster, run_id: str, *, every_s: float) -> Any:
    """Show a run's tasks until it ends.

    Args:
        cluster: where it runs.
        run_id: the run.
        every_s: seconds between two looks.

    Returns:
        The run as it ended, a V2beta1Run.

    Raises:
        Unreachable: the cluster did not answer several times in a row; the run goes on.
    """
    with _display() as show:
        for run in _polled(cluster, run_id, every_s):
            show(run.state or "PENDING", [task for task in tasks(run) if not task.is_plumbing])
    return run


def _polled(cluster: Cluster, run_id: str, every_s: float) -> Iterator[Any]:
    unanswered = 0
    while True:
        try:
            with explained(cluster.host):
                run = cluster.client.get_run(run_id)
        except Unreachable as error:
            unanswered += 1
            if unanswered == _PATIENCE:
                raise Unreachable(f"{error}; the run goes on: {cluster.link(run_id)}") from error
        else:
            unanswered = 0
            yield run
            if run.state in FINAL:
                return
        time.sleep(every_s)


@contextmanager
def _display() -> Iterator[Callable[[str, list[Task]], None]]:
    """What shows a run's state and tasks."""
    if not sys.stdout.isatty():
        yield _lines()
        return
    with Live(console=Console(), auto_refresh=False) as live:
        yield lambda state, seen: live.update(_table(state, seen), refresh=True)


def _lines() -> Callable[[str, list[Task]], None]:
    said: dict[str, str] = {}

    def show(state: str, seen: list[Task]) -> None:
        # Iterations of a loop have one path; each is told by its pod.
        now = {f"{task.path} {task.pod}".strip(): task.state for task in seen}
        for name, value in {**now, "run": state}.items():
            if said.get(name) != value:
                said[name] = value
                print(f"{time.strftime('%H:%M:%S')} {name}: {value}", flush=True)

    return show


def _table(state: str, seen: list[Task]) -> Table:
    table = Table("task", "state", title=f"run: {state}")
    for task in seen:
        colour = _COLOURS.get(task.state, "white")
        table.add_row(task.path, f"[{colour}]{task.state}[/]")
    return table
