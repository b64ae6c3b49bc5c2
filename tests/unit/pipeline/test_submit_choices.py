import json
from pathlib import Path

import pytest

from handseg.pseudonyms import VARIABLE, Pseudonyms
from pipeline.submit.command import main
from tests.unit.pipeline import courses
from tests.unit.pipeline.kfp_server import KfpServer
from tests.unit.pipeline.submitting import PINNED, QUICK, caching, submit


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


def test_a_run_is_told_which_key_hides_people_and_never_the_key(
    kfp_server: KfpServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "canary-of-a-key-0123456789abcdef0"
    fingerprint = Pseudonyms(key.encode()).fingerprint
    monkeypatch.setenv(VARIABLE, key)
    kfp_server.course = courses.succeeding()
    root = ["--pipeline-root", "s3://bucket/runs"]
    assert submit(kfp_server, *root, "--no-images") == 0
    given = kfp_server.runs[0].runtime_config.parameters
    assert (given["person_key"], given["no_images"]) == (fingerprint, True)
    assert given["states_uri"].endswith(f"-{fingerprint}")
    assert submit(kfp_server, *root, "--person-key", "0" * 16) == 0
    assert kfp_server.runs[1].runtime_config.parameters["person_key"] == "0" * 16
    assert submit(kfp_server, *root, "--dry-run") == 0
    assert key not in "".join(capsys.readouterr()) + json.dumps(kfp_server.specs, default=str)


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
