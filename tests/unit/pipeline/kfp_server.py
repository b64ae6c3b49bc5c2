"""A loopback KFP that keeps what it is sent, and plays back how a run goes."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import kfp_server_api as kfp
import yaml
from google.protobuf.json_format import ParseDict
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.unit.pipeline.kfp_api import Operation, Refused, check

_PAGE_LOG = "/k8s/pod/logs"  # kubeflow/pipelines, frontend/server/handlers/pod-logs.ts
_API_LOG = "/apis/v1alpha1/runs/"  # ... backend/src/apiserver/main.go


class KfpServer(ThreadingHTTPServer):
    """What a cluster has, and what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pipelines: list[Any] = []
        self.versions: list[Any] = []
        self.specs: dict[str, dict[str, Any]] = {}
        """Version id -> the pipeline spec that was uploaded."""
        self.experiments: list[Any] = []
        self.runs: list[Any] = []
        self.recurring_runs: list[Any] = []
        self.course: list[Any] = []
        """What a run looks like, one for every look at it; the last one stays."""
        self.logs: dict[str, str] = {}
        """Pod -> log, by KFP's page."""
        self.api_logs: dict[str, str] = {}
        """The same by the API server, which other installations have alone."""
        self.token = ""
        """The one that is asked for, if any."""
        self.busy = 0
        """Looks at a run that are answered by 503 before the others."""
        self.refusals: list[str] = []
        """What no published API knows."""
        self.operations = _operations(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def healthz(self, body: Any, query: dict[str, str]) -> Any:
        return kfp.V2beta1GetHealthzResponse(multi_user=False, pipeline_store="database")

    def list_pipelines(self, body: Any, query: dict[str, str]) -> Any:
        space = query.get("namespace")
        seen = [each for each in self.pipelines if each.namespace == space]
        return kfp.V2beta1ListPipelinesResponse(pipelines=_filtered(seen, query))

    def create_pipeline(self, body: Any, query: dict[str, str]) -> Any:
        body.pipeline_id = f"pipeline-{len(self.pipelines) + 1}"
        self.pipelines.append(body)
        return body

    def list_versions(self, body: Any, query: dict[str, str]) -> Any:
        seen = [each for each in self.versions if each.pipeline_id == query["pipeline_id"]]
        return kfp.V2beta1ListPipelineVersionsResponse(pipeline_versions=_filtered(seen, query))

    def upload_version(self, body: bytes, query: dict[str, str]) -> Any:
        documents = list(yaml.safe_load_all(body))
        ParseDict(documents[0], pipeline_spec_pb2.PipelineSpec())
        for document in documents[1:]:
            ParseDict(document, pipeline_spec_pb2.PlatformSpec())
        assert query["pipelineid"] in {each.pipeline_id for each in self.pipelines}
        made = kfp.V2beta1PipelineVersion(
            pipeline_id=query["pipelineid"],
            pipeline_version_id=f"version-{len(self.versions) + 1}",
            display_name=query["name"],
        )
        self.versions.append(made)
        self.specs[made.pipeline_version_id] = documents[0]
        return made

    def list_experiments(self, body: Any, query: dict[str, str]) -> Any:
        return kfp.V2beta1ListExperimentsResponse(experiments=_filtered(self.experiments, query))

    def create_experiment(self, body: Any, query: dict[str, str]) -> Any:
        body.experiment_id = f"experiment-{len(self.experiments) + 1}"
        self.experiments.append(body)
        return body

    def create_run(self, body: Any, query: dict[str, str]) -> Any:
        self._check_order(body)
        body.run_id = f"run-{len(self.runs) + 1}"
        self.runs.append(body)
        return body

    def create_recurring_run(self, body: Any, query: dict[str, str]) -> Any:
        self._check_order(body)
        body.recurring_run_id = f"recurring-{len(self.recurring_runs) + 1}"
        self.recurring_runs.append(body)
        return body

    def get_run(self, body: Any, query: dict[str, str]) -> Any:
        assert query["run_id"] in {each.run_id for each in self.runs}
        return self.course.pop(0) if len(self.course) > 1 else self.course[0]

    def _check_order(self, body: Any) -> None:
        assert body.experiment_id in {each.experiment_id for each in self.experiments}
        inputs = self.specs[body.pipeline_version_reference.pipeline_version_id]["root"][
            "inputDefinitions"
        ]["parameters"]
        given = body.runtime_config.parameters
        unknown = set(given) - set(inputs)
        needed = {name for name, value in inputs.items() if not value.get("isOptional")}
        if unknown or needed - set(given):
            raise Refused(f"parameters {sorted(given)} are not those of {sorted(inputs)}")


def _operations(server: KfpServer) -> list[tuple[Operation, Callable[..., Any]]]:
    pipelines, runs = kfp.PipelineServiceApi, kfp.RunServiceApi
    experiments, recurring = kfp.ExperimentServiceApi, kfp.RecurringRunServiceApi
    answers = {
        kfp.HealthzServiceApi.healthz_service_get_healthz: server.healthz,
        pipelines.pipeline_service_list_pipelines: server.list_pipelines,
        pipelines.pipeline_service_create_pipeline: server.create_pipeline,
        pipelines.pipeline_service_list_pipeline_versions: server.list_versions,
        kfp.PipelineUploadServiceApi.upload_pipeline_version: server.upload_version,
        experiments.experiment_service_list_experiments: server.list_experiments,
        experiments.experiment_service_create_experiment: server.create_experiment,
        runs.run_service_create_run: server.create_run,
        runs.run_service_get_run: server.get_run,
        recurring.recurring_run_service_create_recurring_run: server.create_recurring_run,
    }
    return [(Operation.of(function), answer) for function, answer in answers.items()]


def _filtered(seen: list[Any], query: dict[str, str]) -> list[Any]:
    if "filter" not in query:
        return seen
    wanted = json.loads(query["filter"])
    check({key: None for key in wanted}, "V2beta1Filter")
    (predicate,) = wanted["predicates"]
    # Protobuf's JSON takes an enumeration's number, and names in camel case.
    assert predicate["operation"] in ("EQUALS", 1)
    assert set(predicate) == {"operation", "key", "stringValue"}
    return [each for each in seen if getattr(each, predicate["key"]) == predicate["stringValue"]]


class _Handler(BaseHTTPRequestHandler):
    server: KfpServer

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        self._answer(b"")

    def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, strict_parsing=bool(url.query)))
        if self.server.token and self.headers["Authorization"] != f"Bearer {self.server.token}":
            self._send(401, b'{"message": "no or another token"}')
        elif url.path == _PAGE_LOG or url.path.startswith(_API_LOG):
            self._send_log(url.path, query)
        else:
            try:
                self._send(*self._operate(url.path, query, body))
            except Refused as error:
                self.server.refusals.append(f"{self.command} {self.path}: {error}")
                self._send(400, json.dumps({"message": str(error)}).encode())

    def _operate(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        for operation, answer in self.server.operations:
            found = operation.path.fullmatch(path)
            if not found or operation.method != self.command:
                continue
            if answer == self.server.get_run and self.server.busy:
                self.server.busy -= 1
                return 503, b"upstream connect error"
            sent = operation.read(query, body)
            if operation.files:
                sent = self._file(body, operation.files)
            return 200, operation.write(answer(sent, {**query, **found.groupdict()}))
        raise Refused("no such path")

    def _file(self, body: bytes, names: frozenset[str]) -> bytes:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        (part,) = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
        assert {part.get_param("name", header="content-disposition")} == names
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return content

    def _send_log(self, path: str, query: dict[str, str]) -> None:
        if path == _PAGE_LOG:
            log = self.server.logs.get(query["podname"])
        else:
            log = self.server.api_logs.get(path.split("/")[-2])
        if log is None:
            self._send(404, b"pod not found")
        else:
            self._send(200, log.encode(), kind="text/plain")

    def _send(self, status: int, text: bytes, *, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def serving() -> Iterator[KfpServer]:
    """A server that answers as long as the block lasts."""
    with KfpServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
