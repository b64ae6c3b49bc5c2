"""Row 58: secrets of the environment, in a run whose every byte and line is then looked through."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from handseg.pseudonyms import VARIABLE, Pseudonyms
from tests.end_to_end import canary
from tests.faults.bucket import Bucket
from tests.faults.command import ROOT, handseg
from tests.faults.conftest import FEW_STEPS
from tests.object_store.servers import KEY, SECRET

PERSON_KEY = "canary-of-person-key-0123456789abcdef"
TOKENS = {
    "AWS_SESSION_TOKEN": "canary-of-session-token",
    "HF_TOKEN": "canary-of-hugging-face",
}
CANARIES = (KEY, SECRET, PERSON_KEY, *TOKENS.values())
PINNED = f"handseg@sha256:{'0' * 64}"


def pipeline(*words: str, variables: Mapping[str, str]) -> str:
    """A program of the pipeline's; what it said."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.fault(58)
def test_row_58_a_run_in_a_bucket_gives_no_secret_away(
    hands: Path, bucket: Bucket, tmp_path: Path, told: Callable[[str], None]
) -> None:
    bucket.put_tree("hands", hands)
    secrets = {**bucket.variables, VARIABLE: PERSON_KEY, **TOKENS, "TMPDIR": str(tmp_path)}
    run = ["run", "--data", bucket.uri("hands"), "--out", bucket.uri("run"), *FEW_STEPS]
    said = handseg(*run, "--log_level", "debug", variables=secrets).must(0, "done: ").said
    written = [key for key in bucket.objects() if key.startswith("run/")]
    assert "run/report.html" in written
    for number, key in enumerate(written):
        (tmp_path / f"{number}").write_bytes(bucket.get(key))
    assert not canary.holders(tmp_path, CANARIES)
    assert not [word for word in CANARIES if word in f"{said}{written}"]
    folds = bucket.get("run/folds.csv").decode()
    assert Pseudonyms(PERSON_KEY.encode()).of("ID001") in folds and "ID00" not in folds
    told(
        "a run from bucket to bucket at --log-level debug, with keys, tokens and a person key in "
        "its environment: none of them in the log or in any byte of what it wrote; people are "
        "called by hashes"
    )


@pytest.mark.fault(58)
@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "canary-of-wrong-key"}, "wrong keys"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}, "no store there"),
        ({"AWS_ENDPOINT_URL": "http://me:canary-of-password@127.0.0.1:9"}, "keys in the address"),
        ({VARIABLE: "canary"}, "a person key of 6 characters"),
    ],
)
def test_row_58_a_failure_gives_no_secret_away(
    changed: Mapping[str, str], fault: str, stored: Bucket, tmp_path: Path,
    told: Callable[[str], None],
) -> None:  # fmt: skip
    secrets = {**stored.variables, VARIABLE: PERSON_KEY, **changed}
    words = ["split", "--data", stored.uri("hands"), "--out", tmp_path / "folds.csv"]
    ended = handseg(*words, "--log_level", "debug", variables=secrets)
    assert ended.code in (1, 2), ended.said
    values = [changed.get(VARIABLE, PERSON_KEY), *CANARIES, "canary-of-wrong", "canary-of-pass"]
    lines = ended.said.replace(VARIABLE, "")
    assert not [word for word in values if word in lines], ended.said
    assert "Traceback" not in ended.said and not list(tmp_path.iterdir())
    told(f"{fault}: {ended.last_line}")


@pytest.mark.fault(58)
def test_row_58_no_secret_is_compiled_or_submitted(
    tmp_path: Path, told: Callable[[str], None]
) -> None:
    token = tmp_path / "token"
    token.write_text("canary-of-kfp-token")
    secrets = {
        "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, VARIABLE: PERSON_KEY, **TOKENS,
        "KF_PIPELINES_SA_TOKEN_PATH": str(token),
    }  # fmt: skip
    compiled = tmp_path / "compiled"
    said = pipeline("pipeline.compile", "--out", str(compiled), variables=secrets)
    said += pipeline(
        "pipeline", "submit", "--preset", "smoke", "--data", "s3://bucket/hands", "--dry-run",
        "--cpu-image", PINNED, "--gpu-image", PINNED, "--token", "canary-of-given-token",
        variables=secrets,
    )  # fmt: skip
    words = (*CANARIES, "canary-of-kfp-token", "canary-of-given-token")
    assert not canary.holders(compiled, words)
    assert not [word for word in words if word in said]
    assert Pseudonyms(PERSON_KEY.encode()).fingerprint in said
    told("every preset compiled, one submitted with --dry-run: no key and no token in either")
