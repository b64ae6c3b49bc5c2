"""Rows of an object store that says no: keys, names, checksums, an empty prefix."""

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.bucket import Bucket
from tests.faults.command import Ended, handseg
from tests.faults.conftest import FEW_STEPS
from tests.faults.test_network import split
from tests.object_store import proxy
from tests.object_store.proxy import Proxy
from tests.object_store.servers import KEY, SECRET

KEYS = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"


def says_no_key(ended: Ended, *keys: str) -> None:
    assert not [key for key in (KEY, SECRET, *keys) if key in ended.said]


@pytest.mark.fault(24)
@pytest.mark.parametrize("variable", ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"])
def test_row_24_wrong_keys_are_refused_at_once(
    variable: str,
    stored: Bucket,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    wrong = "ANOTHERANOTHERANOTHER"
    refused = split(stored.uri("hands"), bucket.through(between, **{variable: wrong}))
    refused.must(2, bucket.uri("folds.csv"), "access denied (403)", KEYS)
    says_no_key(refused, wrong)
    assert len(between.requests) == 1
    told(f"wrong {variable}: exit 2 after one request, no key in the message")


@pytest.mark.fault(24)
@pytest.mark.parametrize("answer", ["400 ExpiredToken", "403 AccessDenied"])
def test_row_24_keys_that_expire_on_the_way_end_it_at_once(
    answer: str,
    stored: Bucket,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    # The answer's text holds a key, as some stores' do.
    between.lasting.append(("PUT", "/folds.csv", answer))
    refused = split(stored.uri("hands"), bucket.through(between, AWS_SESSION_TOKEN="expired-token"))
    refused.must(2, bucket.uri("folds.csv"), f"access denied ({answer.split()[1]})", KEYS)
    says_no_key(refused, "expired-token")
    assert sum(line == f"PUT /{bucket.name}/folds.csv" for line in between.requests) == 1
    assert not {"folds.csv", "folds.csv.sha256"} & set(bucket.objects())
    told(f"{answer} for the upload: exit 2 after one request for it, no key, no fold table")


@pytest.mark.fault(24)
def test_row_24_no_keys_and_no_region(
    stored: Bucket,
    bucket: Bucket,
    between: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    told: Callable[[str], None],
) -> None:
    empty = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    refused = split(stored.uri("hands"), bucket.through(between, **empty))
    refused.must(2, bucket.uri("folds.csv"), "no usable credentials", "set AWS_ACCESS_KEY_ID")
    nowhere = split(stored.uri("hands"), bucket.through(between, AWS_DEFAULT_REGION="us east"))
    nowhere.must(2, "'us east'", "check AWS_DEFAULT_REGION")
    assert between.requests == []
    split(stored.uri("hands"), bucket.through(between, AWS_DEFAULT_REGION="")).must(0)
    told(
        "no keys, or a region that is none: exit 2 before any request; a store of one's own "
        "needs no region: without one exit 0"
    )


@pytest.mark.fault(25)
def test_row_25_what_is_not_there_is_named(
    stored: Bucket, bucket: Bucket, between: Proxy, told: Callable[[str], None]
) -> None:
    seen = bucket.through(between)
    no_bucket = split("s3://no-such-bucket/hands", seen)
    no_bucket.must(2, "s3://no-such-bucket/hands", "no such bucket", "create it, or check the name")
    no_target = ("split", "--data", stored.uri("hands"), "--out", "s3://no-such-bucket/folds.csv")
    handseg(*no_target, variables=seen.variables).must(2, "s3://no-such-bucket", "no such bucket")
    for key in ("run/stores/nothing", "run/cache/index.json/x"):
        vote = ("ensemble", "--stores", stored.uri(key), "--weights", 1)
        missing = handseg(*vote, "--out", bucket.uri("s.csv"), variables=seen.variables)
        missing.must(2, stored.uri(key), "not found", "give the URI of an artifact")
    assert bucket.objects() == []
    told("no such bucket, to read or to write, or no such object: exit 2 names the URI, no object")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    made = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    name = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-out", made[0], "-keyout", made[1])
    subprocess.run([*words.split(), *name, *files], check=True, capture_output=True)
    return made


@pytest.mark.fault(26)
def test_row_26_checksum_trailers_are_a_switch(
    stored: Bucket,
    done: Path,
    bucket: Bucket,
    certificate: tuple[Path, Path],
    told: Callable[[str], None],
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    # Clients send trailers over TLS alone; this ends it before the store, as an ingress does.
    with proxy.running(bucket.server.endpoint, tls) as ingress:
        trusting = {"AWS_CA_BUNDLE": str(certificate[0])}
        asked = {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_supported"}
        refused = split(stored.uri("hands"), bucket.through(ingress, **trusting, **asked))
        refused.must(2, bucket.uri(""), "set AWS_REQUEST_CHECKSUM_CALCULATION=when_required")
        assert bucket.objects() == []
        sent = len(ingress.requests)
        split(stored.uri("hands"), bucket.through(ingress, **trusting)).must(0)
    assert bucket.get("folds.csv") == (done / "folds.csv").read_bytes()
    told(
        "over TLS, with AWS_REQUEST_CHECKSUM_CALCULATION=when_supported, the store refuses the "
        f"first body: exit 2 after {sent} requests names the switch, {refused.last_line[-55:]}; by "
        "default exit 0"
    )


@pytest.mark.fault(27)
@pytest.mark.parametrize("command", ["check", "split", "preprocess", "run"])
def test_row_27_an_empty_prefix_is_an_error(
    command: str, stored: Bucket, bucket: Bucket, told: Callable[[str], None]
) -> None:
    bucket.put("browsed/", b"")  # as browsers make an empty folder; rclone makes a file of it
    before = bucket.objects()
    for key in ("empty", *(["browsed"] if before == ["browsed/"] else [])):
        out, folds = ("--out", bucket.uri("out")), ("--folds", stored.uri("run/folds.csv"))
        words: dict[str, tuple[object, ...]] = {
            "check": (bucket.uri(key),),
            "split": ("--data", bucket.uri(key), *out),
            "preprocess": ("--data", bucket.uri(key), *folds, *out),
            "run": ("--data", bucket.uri(key), *out, *FEW_STEPS),
        }
        refused = handseg(command, *words[command], variables=bucket.variables)
        refused.must(2, f"{bucket.uri(key)}: nothing lies under this prefix", "check the bucket")
        assert bucket.objects() == before
    told(f"`handseg {command}` of an empty prefix, or of an empty folder: exit 2, nothing written")


@pytest.mark.fault(27)
def test_row_27_an_empty_prefix_is_no_artifact(
    stored: Bucket, bucket: Bucket, told: Callable[[str], None]
) -> None:
    given = ("--checkpoint", stored.uri("run/members/fold0"), "--part", "test")
    words = ("infer", *given, "--cache", bucket.uri("empty"), "--out", bucket.uri("out"))
    refused = handseg(*words, variables=bucket.variables)
    refused.must(2, f"{bucket.uri('empty')}: not found", "give the URI of an artifact")
    assert bucket.objects() == []
    told("`handseg infer` of an empty cache: exit 2, nothing written")
