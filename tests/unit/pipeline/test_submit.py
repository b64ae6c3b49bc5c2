import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.submit.command import main
from tests.unit.pipeline import courses
from tests.unit.pipeline.kfp_server import KfpServer

DIGEST = f"sha256:{'0' * 64}"
PINNED = ["--cpu-image", f"r/cpu@{DIGEST}", "--gpu-image", f"r/gpu@{DIGEST}"]
QUICK = ["--poll-seconds", "0", "--no-data-check"]


def submit(server: KfpServer, *arguments: str) -> int:
    """Submit the smoke preset; the exit code."""
    given = ["--preset", "smoke", "--data", "s3://bucket/hands", "--host", server.url, *QUICK]
    try:
        main([*given, *PINNED, *arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def caching(spec: dict[str, Any]) -> set[bool]:
    dags = [part["dag"] for part in spec["components"].values() if "dag" in part]
    tasks = [task for dag in dags for task in dag["tasks"].values()]
    options = [task["cachingOptions"] for task in tasks if "cachingOptions" in task]
    return {option.get("enableCache", False) for option in options}


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


def test_a_schedule_is_a_recurring_run(
    kfp_server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit(kfp_server, "--cron", "0 0 3 * * 1", "--run-name", "weekly") == 0
    (made,) = kfp_server.recurring_runs
    assert made.display_name == "weekly"
    assert made.trigger.cron_schedule.cron == "0 0 3 * * 1"
    assert (made.no_catchup, str(made.max_concurrency), made.mode) == (True, "1", "ENABLE")
    assert kfp_server.runs == []
    assert capsys.readouterr().out.endswith("recurring run recurring-1: 0 0 3 * * 1\n")


def test_the_cache_is_keyed_by_the_listing_of_the_data(
    kfp_server: KfpServer, object_store: Path
) -> None:
    kfp_server.course = courses.succeeding()
    image = object_store / "hands" / "train" / "DCM" / "ID001" / "a.png"
    image.parent.mkdir(parents=True)
    words = ["--preset", "smoke", "--data", f"s3://{object_store.name}/hands", *PINNED]
    hashes = []
    for content in (b"x", b"x", b"xy"):
        image.write_bytes(content)
        main([*words, "--host", kfp_server.url, "--poll-seconds", "0"])
        hashes.append(kfp_server.runs[-1].runtime_config.parameters["data_hash"])
    first, again, changed = hashes
    assert first == again != changed
    (spec,) = kfp_server.specs.values()
    assert caching(spec) == {True}


def test_a_schedule_takes_nothing_from_the_cache_without_a_hash_of_ones_own(
    kfp_server: KfpServer, object_store: Path
) -> None:
    (object_store / "train").mkdir()
    (object_store / "train" / "a.png").write_bytes(b"x")
    words = ["--preset", "smoke", "--data", f"s3://{object_store.name}", *PINNED]
    main([*words, "--host", kfp_server.url, "--cron", "0 0 3 * * 1"])
    (spec,) = kfp_server.specs.values()
    assert caching(spec) == {False}


def test_without_a_look_at_the_data_nothing_is_taken_from_the_cache(kfp_server: KfpServer) -> None:
    kfp_server.course = courses.succeeding()
    submit(kfp_server)
    (spec,) = kfp_server.specs.values()
    assert caching(spec) == {False}


def test_a_run_need_not_be_followed(
    kfp_server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit(kfp_server, "--no-follow") == 0
    assert capsys.readouterr().out.endswith("/#/runs/details/run-1\n")


def test_a_dry_run_prints_what_would_be_sent_and_sends_nothing(
    kfp_server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit(kfp_server, "--dry-run", "--run-name", "first") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["pipeline"] == "handseg-smoke"
    assert said["parameters"]["data_uri"] == "s3://bucket/hands"
    assert kfp_server.pipelines == kfp_server.runs == kfp_server.experiments == []
    kfp_server.course = courses.succeeding()
    submit(kfp_server, "--run-name", "first")
    assert kfp_server.versions[0].display_name == said["version"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gpu-image", "handseg-gpu:0.1.0"], "handseg-gpu:0.1.0: a tag can come to mean another"),
        (["--gpu-image", "handseg-gpu@sha256:DIGEST"], "give NAME@sha256:DIGEST for both"),
        (["--data", "/home/me/hands"], "/home/me/hands: the cluster's pods cannot read it"),
        (["--pipeline-root", "minio://b/runs"], "minio://b/runs: the cluster's pods cannot read"),
        (["--data", "s3://UPPER/hands"], "is no bucket's name"),
        (["--cron", "0 3 * * 1"], "six fields, seconds first"),
        (["--preset", "smok"], "smok: no such preset; did you mean smoke?"),
        (["--shards", "0"], "shards is 0; give 1 or more"),
        (["--gpu-count", "0"], "gpu count is 0; give 1 or more"),
        (["--preset", "seed_eff", "--gpu-count", "4"], "batch_size 2 is no multiple of it"),
        (["--parallelism", "-1"], "parallelism is -1; give 0 or more"),
        (["--toleration", "team=xray"], "give KEY[=VALUE]:EFFECT"),
        (["--node-selector", "pool"], "give LABEL=VALUE"),
        (["--host", "kubeflow.example.org"], "the http(s) URL of the KFP API"),
    ],
)
def test_what_would_fail_on_the_cluster_is_refused_here(
    kfp_server: KfpServer,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert submit(kfp_server, *arguments) == 2
    assert message in capsys.readouterr().err
    assert kfp_server.pipelines == []


def test_a_tag_is_taken_where_it_is_allowed(kfp_server: KfpServer) -> None:
    kfp_server.course = courses.succeeding()
    assert submit(kfp_server, "--gpu-image", "handseg-gpu:0.1.0", "--allow-tag") == 0


def test_nobody_at_the_host_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--preset", "smoke", "--data", "s3://bucket/hands", *QUICK, *PINNED]
    with pytest.raises(SystemExit) as ended:
        main([*given, "--host", "http://127.0.0.1:9"])
    assert ended.value.code == 1
    assert capsys.readouterr().err.endswith("no answer (NewConnectionError); check --host\n")
