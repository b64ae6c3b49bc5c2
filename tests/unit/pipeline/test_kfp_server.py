"""The test server is strict: what the published API does not know, it refuses."""

import json

import kfp_server_api as kfp
import pytest
import urllib3

from tests.unit.pipeline.kfp_api import Operation, Refused, check
from tests.unit.pipeline.kfp_server import serving


def post(path: str, body: object) -> tuple[int, list[str]]:
    with serving() as server:
        sent = urllib3.request("POST", server.url + path, body=json.dumps(body))
        return sent.status, server.refusals


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/apis/v1beta1/runs", {}, "no such path"),
        ("/apis/v2beta1/runs/run-1:pause", {}, "no such path"),
        ("/apis/v2beta1/experiments", {"name": "hands"}, "V2beta1Experiment: no field ['name']"),
        ("/apis/v2beta1/pipelines?shared=1", {}, "no query parameter ['shared']"),
        ("/apis/v2beta1/pipelines", {"tags": "x"}, "'x' is no dict(str, str)"),
        ("/apis/v2beta1/runs", {"state": "DONE"}, "V2beta1RuntimeState: no value 'DONE'"),
        ("/apis/v2beta1/runs", {"runtime_config": {"params": {}}}, "no field ['params']"),
    ],
)
def test_what_the_published_api_does_not_know_is_refused(
    path: str, body: object, said: str
) -> None:
    status, refusals = post(path, body)
    assert status == 400
    assert len(refusals) == 1
    assert said in refusals[0]


def test_an_operation_is_read_from_the_published_client() -> None:
    found = Operation.of(kfp.RunServiceApi.run_service_create_run)
    assert (found.method, found.path.pattern) == ("POST", "/apis/v2beta1/runs")
    assert (found.body, found.answer) == ("V2beta1Run", "V2beta1Run")


def test_a_list_is_held_to_its_items() -> None:
    check({"runs": [{"run_id": "1"}]}, "V2beta1ListRunsResponse")
    with pytest.raises(Refused, match=r"no field \['id'\]"):
        check({"runs": [{"id": "1"}]}, "V2beta1ListRunsResponse")
