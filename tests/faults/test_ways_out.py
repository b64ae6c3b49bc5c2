"""Row 57: names and addresses that lead out of where handseg may read and write."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end import listening
from tests.faults.bucket import Bucket
from tests.faults.command import handseg
from tests.faults.hostile_store import hostile_store

KEYS = {"AWS_ACCESS_KEY_ID": "KEY", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_MAX_ATTEMPTS": "1"}
OUT_NAMES = ("../../stolen", "/stolen", "a/../../../stolen", "a\\..\\stolen", "stolen\0.png")


@pytest.mark.fault(57)
@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("file:///etc/passwd", "only local paths and s3://bucket/prefix"),
        ("http://169.254.169.254/latest", "only local paths and s3://bucket/prefix"),
        ("s3://169.254.169.254/latest", "169.254.169.254"),
        ("s3://bucket/hands/../../other", "'hands/../../other': refused as a name"),
    ],
)
def test_row_57_an_address_that_is_none_is_refused(
    address: str, message: str, told: Callable[[str], None]
) -> None:
    ended = handseg("check", address)
    ended.must(2, message)
    told(f"`handseg check {address}`: exit 2")


@pytest.mark.fault(57)
@pytest.mark.parametrize(
    "endpoint",
    ["http://169.254.169.254", "http://0xA9FEA9FE", "http://2852039166", "http://[::ffff:a9fe:a9fe]",
     "http://[fd00:ec2::254]", "file:///etc"],
)  # fmt: skip
def test_row_57_a_metadata_service_as_the_store_is_refused_unasked(
    endpoint: str, tmp_path: Path, told: Callable[[str], None]
) -> None:
    variables = {**KEYS, **listening.environment(tmp_path / "hook"), "AWS_ENDPOINT_URL": endpoint}
    ended = handseg("check", "s3://bucket/hands", variables=variables)
    ended.must(2, "AWS_ENDPOINT_URL", endpoint)
    calls = listening.calls(tmp_path / "hook")
    assert not [call for call in calls if call.startswith("socket.connect")]
    told(f"AWS_ENDPOINT_URL={endpoint}: exit 2, no connection was opened")


@pytest.mark.fault(57)
@pytest.mark.parametrize("name", OUT_NAMES)
def test_row_57_an_object_whose_name_leads_out_is_not_fetched(
    name: str, tmp_path: Path, told: Callable[[str], None]
) -> None:
    temporary = tmp_path / "a" / "b" / "tmp"
    temporary.mkdir(parents=True)
    with hostile_store("hands/train/DCM/ID001/a.png", f"hands/{name}") as store:
        variables = {**KEYS, "AWS_ENDPOINT_URL": store.endpoint, "TMPDIR": str(temporary)}
        ended = handseg("check", "s3://bucket/hands", variables=variables)
    ended.must(2, "refused as a name; use plain names")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not Path("/stolen").exists()
    told(f"a store that lists the object hands/{name!r}: exit 2, nothing was fetched")


@pytest.mark.fault(57)
@pytest.mark.parametrize("name", ["../../stolen", "/stolen", "stolen\0"])
def test_row_57_sums_that_name_a_file_outside_are_refused(
    name: str, done: Path, tmp_path: Path, bucket: Bucket, told: Callable[[str], None]
) -> None:
    store = done / "stores" / "fold0" / "test"
    bucket.put_tree("store", store)
    sums = (store / "SHA256SUMS").read_text().replace("  probabilities.arrow", f"  {name}")
    bucket.put("store/SHA256SUMS", sums.encode())
    command = ["ensemble", "--stores", bucket.uri("store"), "--out", tmp_path / "a.csv"]
    handseg(*command, variables=bucket.variables).must(2, "SHA256SUMS", "refused as a name")
    assert not list(tmp_path.iterdir())
    told(f"an artifact whose SHA256SUMS names {name!r}: exit 2, nothing was fetched")


@pytest.mark.fault(57)
def test_row_57_links_out_of_the_data_are_listed(
    data: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    images = data / "train" / "DCM"
    image = next(images.glob("*/*.png"))
    shutil.move(image, secret / image.name)
    image.symlink_to(secret / image.name)
    (images / "ID900").symlink_to("/etc")
    ended = handseg("split", "--data", data, "--out", tmp_path / "folds.csv")
    ended.must(2, image, images / "ID900", "link out of the data folder", "copy what it points at")
    assert ended.said.count("link out of the data folder") == 2
    assert not (tmp_path / "folds.csv").exists()
    told("an image and a person that are links out of the data: exit 2, both listed, no fold table")


@pytest.mark.fault(57)
def test_row_57_a_link_in_an_artifact_gives_nothing_away(
    run: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    store = run / "stores" / "fold0" / "test"
    file = store / "probabilities.arrow"
    file.unlink()
    (tmp_path / "secret").write_text("canary")
    file.symlink_to(tmp_path / "secret")
    ended = handseg("ensemble", "--stores", store, "--out", tmp_path / "a.csv")
    ended.must(2, file.name, "SHA-256")
    assert "canary" not in ended.said and not (tmp_path / "a.csv").exists()
    told("a file of a probability store that is a link to a secret: exit 2, nothing of it is said")


@pytest.mark.fault(57)
def test_row_57_names_in_a_submission_never_become_paths(
    hands: Path, done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    lines = (done / "submission.csv").read_text().splitlines(keepends=True)
    spoiled = [lines[0], *(f"{name},finger-1,1 1\n" for name in OUT_NAMES), *lines[1:]]
    csv = tmp_path / "submission.csv"
    csv.write_text("".join(spoiled))
    ended = handseg("validate", "--data", hands, "--submission", csv)
    refused = [f"refused name ({name})" for name in OUT_NAMES[:-1]]
    ended.must(2, *refused, "not a row (not plain ASCII)")
    assert list(tmp_path.iterdir()) == [csv]
    told("a CSV whose images are called ../../stolen, /stolen, with NUL: exit 2, each refused")
