import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipeline.submit import main

# kfp says on every start which old servers it has left behind.
pytestmark = pytest.mark.filterwarnings("ignore:This client only works with Kubeflow Pipeline")

DIGEST = f"sha256:{'0' * 64}"
PINNED = ["--cpu-image", f"r/cpu@{DIGEST}", "--gpu-image", f"r/gpu@{DIGEST}"]


class PipelineServer(ThreadingHTTPServer):
    """A loopback server that answers as KFP's API does and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runs: list[dict[str, Any]] = []
        self.experiments: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: PipelineServer

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        self._answer({})

    def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/runs"):
            self.server.runs.append(body)
            self._answer({"run_id": "run-1"})
        else:
            self.server.experiments.append(body)
            self._answer({"experiment_id": "experiment-1", "display_name": body["display_name"]})

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, value: dict[str, str]) -> None:
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def server() -> Iterator[PipelineServer]:
    with PipelineServer() as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def submit(server: PipelineServer, *arguments: str) -> None:
    main(["--host", server.url, "--preset", "smoke", "--data", "s3://bucket/hands", *arguments])


def caching(run: dict[str, Any]) -> set[bool]:
    tasks = run["pipeline_spec"]["pipeline_spec"]["root"]["dag"]["tasks"].values()
    options = [task["cachingOptions"] for task in tasks if "cachingOptions" in task]
    return {option.get("enableCache", False) for option in options}


def test_a_run_carries_its_preset_parameters_and_pinned_images(
    server: PipelineServer, capsys: pytest.CaptureFixture[str]
) -> None:
    submit(server, *PINNED, "--run-name", "first", "--part", "oof", "--data-hash", "abc")
    (run,) = server.runs
    assert run["display_name"] == "first"
    assert run["runtime_config"]["parameters"] == {
        "data_uri": "s3://bucket/hands",
        "data_hash": "abc",
        "run_name": "first",
        "part": "oof",
    }
    spec = run["pipeline_spec"]["pipeline_spec"]
    assert spec["pipelineInfo"]["name"] == "handseg-smoke"
    images = {e["container"]["image"] for e in spec["deploymentSpec"]["executors"].values()}
    assert images == {f"r/cpu@{DIGEST}", f"r/gpu@{DIGEST}"}
    assert caching(run) == {True}
    assert capsys.readouterr().out.endswith("run-1\n")


def test_without_a_data_hash_nothing_is_taken_from_the_cache(server: PipelineServer) -> None:
    submit(server, *PINNED)
    assert caching(server.runs[0]) == {False}


def test_a_run_belongs_to_its_experiment(server: PipelineServer) -> None:
    submit(server, *PINNED, "--experiment", "hands", "--namespace", "team")
    assert server.experiments == [{"display_name": "hands", "namespace": "team"}]


def test_an_image_by_tag_is_refused_unless_allowed(
    server: PipelineServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        submit(server)
    assert refused.value.code == 2
    assert "a tag can come to mean another image; give NAME@sha256" in capsys.readouterr().err
    assert server.runs == []
    submit(server, "--allow-tag")
    assert len(server.runs) == 1


def test_data_that_pods_cannot_read_are_refused(
    server: PipelineServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        submit(server, *PINNED, "--data", "/home/me/hands")
    assert refused.value.code == 2
    assert "/home/me/hands: the cluster's pods cannot read it" in capsys.readouterr().err
