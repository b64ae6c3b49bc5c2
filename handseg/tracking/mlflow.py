"""An MLflow run for each training, on a server or in a database, by MLflow's own client."""

import base64
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sqlalchemy.exc import SQLAlchemyError

from handseg.tracking.tracker import About, End, Entry

_TRAINING = "training"
"""The tag by which a training finds its run again."""
_EXPERIMENT_VARIABLE, _EXPERIMENT = "MLFLOW_EXPERIMENT_NAME", "handseg"
_SQLITE = "sqlite:///"
_MOST_METRICS = 1000
"""Of one request, as MLflow allows."""
_STATUS: dict[End, str] = {"finished": "FINISHED", "stopped": "KILLED"}
_CALM = {
    # It prints the run's address.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Seven retries of up to two minutes each would outlast many a training.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}


class MLflow:
    """Writes a training to the run that has its id as a tag."""

    title = "MLflow"
    failures = (MlflowException, SQLAlchemyError, OSError, ValueError)

    def __init__(self, uri: str) -> None:
        """Begin.

        Args:
            uri: of the tracking server, or of a database.
        """
        self._uri = uri
        self._newest: dict[str, int] = {}
        """Step of the newest point of each metric that the run is known to hold."""

    def open(self, about: About, first: int) -> None:
        """See `Tracker`; what is there already is asked of the run itself."""
        for variable, value in _CALM.items():
            os.environ.setdefault(variable, value)
        if (database := self._database()) is not None and not database.exists():
            _make(database)
        self._client = MlflowClient(self._uri)
        run = self._run(about)
        self._id = run.info.run_id
        self._newest = {name: self._newest_step(name) for name in run.data.metrics}
        params = [
            Param(name, value)
            for name, value in about.settings.items()
            if name not in run.data.params  # which may not change
        ]
        tags = [RunTag(name, value) for name, value in about.tags.items()]
        self._client.log_batch(self._id, params=params, tags=tags)

    def take(self, entries: Sequence[Entry]) -> None:
        """See `Tracker`."""
        new = list(self._new_metrics(entries))
        for start in range(0, len(new), _MOST_METRICS):
            some = new[start : start + _MOST_METRICS]
            self._client.log_batch(self._id, metrics=some)
            self._newest.update({metric.key: metric.step for metric in some})
        for entry in entries:
            self._show(entry)

    def close(self, end: End) -> None:
        """See `Tracker`."""
        self._client.set_terminated(self._id, status=_STATUS[end])

    def _run(self, about: About) -> Run:
        """The training's run, found again or begun."""
        experiment = self._experiment()
        query = f"tags.{_TRAINING} = '{about.training}'"
        found = self._client.search_runs([experiment], query, max_results=1)
        if found:
            self._client.update_run(found[0].info.run_id, status="RUNNING")
            return found[0]
        tags = {_TRAINING: about.training, **about.tags}
        return self._client.create_run(experiment, run_name=about.member, tags=tags)

    def _experiment(self) -> str:
        name = os.environ.get(_EXPERIMENT_VARIABLE) or _EXPERIMENT
        found = self._client.get_experiment_by_name(name)
        if found is None:
            try:
                return str(self._client.create_experiment(name, artifact_location=self._beside()))
            except MlflowException:
                # Another member's training was faster.
                found = self._client.get_experiment_by_name(name)
                if found is None:
                    raise
        return str(found.experiment_id)

    def _beside(self) -> str | None:
        """Where artifacts go: beside a database; a server knows itself."""
        database = self._database()
        return None if database is None else (database.parent / "mlartifacts").as_uri()

    def _database(self) -> Path | None:
        """The database's file, where it is no server."""
        is_one = self._uri.startswith(_SQLITE)
        return Path(self._uri.removeprefix(_SQLITE)).absolute() if is_one else None

    def _newest_step(self, name: str) -> int:
        return max(metric.step for metric in self._client.get_metric_history(self._id, name))

    def _new_metrics(self, entries: Sequence[Entry]) -> Iterator[Metric]:
        for entry in entries:
            for name, value in entry.values.items():
                if entry.step > self._newest.get(name, -1):
                    yield Metric(name, value, round(entry.time_s * 1000), entry.step)

    def _show(self, entry: Entry) -> None:
        """Put an entry's pictures among the run's artifacts; again, they replace themselves."""
        if not entry.pictures:
            return
        with tempfile.TemporaryDirectory() as folder:
            for name, text in entry.pictures.items():
                path = Path(folder) / Path(name).with_suffix(".png").name
                path.write_bytes(base64.b64decode(text))
                where = f"held_out/step-{entry.step:08d}"
                self._client.log_artifact(self._id, str(path), where)


def _make(database: Path) -> None:
    """Make a database whole: one whose maker is killed on the way can never be used."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".mlflow-") as folder:
        made = Path(folder) / database.name
        MlflowClient(f"{_SQLITE}{made}").search_experiments(max_results=1)
        # Another member's training may have been faster; that one stays.
        with suppress(FileExistsError):
            os.link(made, database)
