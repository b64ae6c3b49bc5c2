from pathlib import Path

import pytest

from tests.unit.pipeline import courses
from tests.unit.pipeline.kfp_server import KfpServer
from tests.unit.pipeline.submitting import DIGEST, caching, submit


def test_a_run_is_of_an_uploaded_version_with_its_parameters_and_pinned_images(
    kfp_server: KfpServer,
) -> None:
    kfp_server.course = courses.succeeding()
    given = ["--run-name", "first", "--part", "oof", "--data-hash", "abc"]
    assert submit(kfp_server, *given, "--pipeline-root", "s3://bucket/runs") == 0
    (run,) = kfp_server.runs
    assert run.display_name == "first"
    assert run.pipeline_spec is None
    assert run.runtime_config.pipeline_root == "s3://bucket/runs"
    assert run.runtime_config.parameters == {
        "data_uri": "s3://bucket/hands",
        "data_hash": "abc",
        "run_name": "first",
        "part": "oof",
        "states_uri": f"s3://bucket/runs/states/{kfp_server.versions[0].display_name}",
        "person_key": "",
        "no_images": False,
    }
    spec = kfp_server.specs[run.pipeline_version_reference.pipeline_version_id]
    images = {e["container"]["image"] for e in spec["deploymentSpec"]["executors"].values()}
    assert images == {f"r/cpu@{DIGEST}", f"r/gpu@{DIGEST}"}
    assert caching(spec) == {True}


def test_the_same_content_is_uploaded_once(
    kfp_server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    kfp_server.course = courses.succeeding()
    submit(kfp_server)
    submit(kfp_server, "--run-name", "again")
    assert [each.display_name for each in kfp_server.pipelines] == ["handseg-smoke"]
    (version,) = kfp_server.versions
    assert version.display_name.startswith("handseg-smoke-")
    assert len(kfp_server.runs) == 2
    said = capsys.readouterr().out
    assert f"{version.display_name}: uploaded" in said
    assert f"{version.display_name}: was there" in said
    submit(kfp_server, "--shards", "2")
    assert len(kfp_server.versions) == 2
    assert len(kfp_server.pipelines) == 1


def test_a_run_is_followed_line_by_line_to_its_end_and_a_link(
    kfp_server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    kfp_server.course = courses.succeeding()
    assert submit(kfp_server) == 0
    lines = capsys.readouterr().out.splitlines()
    states = [line.split(" ", 1)[1] for line in lines if ": " in line and line[2:3] == ":"]
    assert states == [
        "run: PENDING",
        "split: RUNNING",
        "run: RUNNING",
        "split: SUCCEEDED",
        "run: SUCCEEDED",
    ]
    assert lines[-1] == f"run run-1 SUCCEEDED: {kfp_server.url}/#/runs/details/run-1"


@pytest.mark.parametrize("door", ["logs", "api_logs"])
def test_a_failed_run_ends_with_the_failing_tasks_last_lines(
    kfp_server: KfpServer, door: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kfp_server.course = courses.failing()
    log = "".join(f"line {number}\n" for number in range(100))
    setattr(kfp_server, door, {"handseg-x2-executor-7": log})
    assert submit(kfp_server) == 1
    said = capsys.readouterr().out
    assert "for-loop-1/train failed\nlast 30 lines of pod handseg-x2-executor-7:\nline 70" in said
    assert said.index("line 99") > said.index("line 98")
    assert "split failed" not in said
    assert said.count(" failed\n") == 1


def test_where_no_log_can_be_had_the_command_for_it_is_said(
    kfp_server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    kfp_server.course = courses.failing()
    assert submit(kfp_server, "--namespace", "team") == 1
    said = capsys.readouterr().out
    assert f"Its log cannot be had from {kfp_server.url}; kubectl logs -n team" in said
    assert "-l pipeline/runid=run-1" in said


def test_a_cancelled_run_is_no_success(kfp_server: KfpServer) -> None:
    kfp_server.course = [courses.run("CANCELED")]
    assert submit(kfp_server) == 1


def test_an_api_that_restarts_ends_nothing(kfp_server: KfpServer) -> None:
    kfp_server.course = courses.succeeding()
    kfp_server.busy = 4
    assert submit(kfp_server) == 0


def test_an_api_that_stays_away_leaves_the_run_and_its_link(
    kfp_server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    kfp_server.course = courses.succeeding()
    kfp_server.busy = 5
    assert submit(kfp_server) == 1
    said = capsys.readouterr().err
    assert "503 Service Unavailable: upstream connect error" in said
    assert f"the run goes on: {kfp_server.url}/#/runs/details/run-1" in said


def test_an_installation_of_many_is_asked_in_the_users_namespace(kfp_server: KfpServer) -> None:
    kfp_server.course = courses.succeeding()
    given = ["--experiment", "hands", "--namespace", "team"]
    submit(kfp_server, *given)
    submit(kfp_server, *given)
    (experiment,) = kfp_server.experiments
    assert (experiment.display_name, experiment.namespace) == ("hands", "team")
    assert [each.namespace for each in kfp_server.pipelines] == ["team"]


def test_a_token_is_kfps_own_or_given(
    kfp_server: KfpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kfp_server.course, kfp_server.token = courses.succeeding(), "let-me-in"
    assert submit(kfp_server, "--token", "let-me-in", "--namespace", "team") == 0
    token = tmp_path / "token"
    token.write_text("let-me-in")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(token))
    assert submit(kfp_server, "--namespace", "team") == 0


def test_a_wrong_token_is_said(kfp_server: KfpServer, capsys: pytest.CaptureFixture[str]) -> None:
    kfp_server.token = "let-me-in"
    assert submit(kfp_server, "--token", "wrong", "--namespace", "team") == 1
    said = capsys.readouterr().err
    assert "401 Unauthorized: no or another token" in said
    assert "let-me-in" not in said
