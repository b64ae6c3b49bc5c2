"""What only object stores do, against a real one."""

from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.storage import artifact, raw, s3_listing
from handseg.storage.location import Location


def _write(location: Location, *names: str) -> None:
    with artifact.writing(location, folder=True) as path:
        for name in names:
            (path / name).write_text(name)


def _files(bucket: Path) -> list[str]:
    return sorted(p.relative_to(bucket).as_posix() for p in bucket.rglob("*") if p.is_file())


def test_objects_lie_under_their_own_names_and_sums_beside_them(object_store: Path) -> None:
    _write(Location(f"s3://{object_store.name}/run/cache"), "a", "b")
    assert _files(object_store) == ["run/cache/SHA256SUMS", "run/cache/a", "run/cache/b"]


def test_without_its_sums_an_artifact_does_not_exist(object_store: Path) -> None:
    location = Location(f"s3://{object_store.name}/cache")
    _write(location, "a")
    (object_store / "cache" / "SHA256SUMS").unlink()
    assert not artifact.exists(location)
    with pytest.raises(MissingInput, match="incomplete, it has no SHA256SUMS; run the stage"):
        artifact.reading(location).__enter__()
    _write(location, "b")
    with artifact.reading(location) as path:
        # The rest of the upload that failed is not part of the artifact.
        assert sorted(file.name for file in path.iterdir()) == ["SHA256SUMS", "b"]


def test_of_two_writers_of_one_artifact_the_second_is_refused(object_store: Path) -> None:
    location = Location(f"s3://{object_store.name}/cache")
    with artifact.writing(location, folder=True) as path:
        (path / "a").write_text("first")
        with pytest.raises(BadInput, match=rf"{location}: process \d+ on .* is writing it since"):
            _write(location, "a")
    with artifact.reading(location) as path:
        assert (path / "a").read_text() == "first"


def test_what_another_completed_meanwhile_is_not_overwritten(object_store: Path) -> None:
    location = Location(f"s3://{object_store.name}/cache")
    with (
        pytest.raises(BadInput, match="another process took over while this one was silent"),
        artifact.writing(location, folder=True) as path,
    ):
        (path / "a").write_text("first")
        for lock in (object_store / ".cache.lock").iterdir():
            lock.unlink()
        _write(location, "a")
    with artifact.reading(location) as path:
        assert (path / "a").read_text() == "a"


def test_an_object_changed_in_the_store_is_found(object_store: Path) -> None:
    location = Location(f"s3://{object_store.name}/cache")
    _write(location, "aa")
    (object_store / "cache" / "aa").write_text("ab")
    with pytest.raises(BadInput, match=rf"{location}/aa: does not match its SHA-256"):
        artifact.reading(location).__enter__()


def test_an_object_lost_in_the_store_is_named(object_store: Path) -> None:
    location = Location(f"s3://{object_store.name}/cache")
    _write(location, "a", "b")
    (object_store / "cache" / "b").unlink()
    with pytest.raises(MissingInput, match=f"{location}/b: not found"):
        artifact.reading(location).__enter__()


def test_a_large_file_goes_up_and_comes_down_in_parts(object_store: Path) -> None:
    location = Location(f"s3://{object_store.name}/large.bin")
    content = bytes(range(256)) * (17 * 2**12)  # 17 MiB, parts have 16
    with artifact.writing(location, folder=False) as path:
        path.write_bytes(content)
    with artifact.reading(location) as path:
        assert path.read_bytes() == content


def test_a_missing_bucket_is_found_before_the_work(object_store: Path) -> None:
    location = Location("s3://no-such-bucket/cache")
    for attempt in (artifact.reading(location), artifact.writing(location, folder=True)):
        with pytest.raises(
            MissingInput, match=r"s3://no-such-bucket\b.*: no such bucket; create it"
        ):
            attempt.__enter__()
    with pytest.raises(MissingInput, match="s3://no-such-bucket/cache: no such bucket"):
        s3_listing.sizes(location)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("AWS_SECRET_ACCESS_KEY", "wrongwrongwrong"), ("AWS_ACCESS_KEY_ID", "WRONGWRONG")],
)
def test_wrong_keys_are_said_at_once_and_not_shown(
    object_store: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadInput, match=r"SHA256SUMS: access denied \(.*\); check AWS_A") as raised:
        artifact.writing(Location(f"s3://{object_store.name}/cache"), folder=True).__enter__()
    for secret in (value, "TESTKEYTESTKEY", "secretsecretsecret"):
        assert secret not in str(raised.value)
    assert raised.value.__cause__ is None


def test_no_credentials_are_said_at_once(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(BadInput, match="no usable credentials .NoCredentialsError.; set AWS_"):
        artifact.exists(Location(f"s3://{object_store.name}/cache"))


def test_a_bucket_that_is_not_allowed_is_refused(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDSEG_BUCKETS", "mine, ours")
    with pytest.raises(BadInput, match="is not among HANDSEG_BUCKETS"):
        artifact.exists(Location(f"s3://{object_store.name}/cache"))


def test_a_raw_folder_keeps_its_structure_and_is_downloaded_once(object_store: Path) -> None:
    for person in ("ID001", "ID002"):
        folder = object_store / "data" / "train" / "DCM" / person
        folder.mkdir(parents=True)
        (folder / "image1.png").write_text(person)
    location = Location(f"s3://{object_store.name}/data")
    root = raw.reading_raw(location)
    assert root.name == "data"
    assert (root / "train/DCM/ID002/image1.png").read_text() == "ID002"
    assert len(_files(root)) == 2
    assert raw.reading_raw(location) == root


def test_a_single_raw_file_is_downloaded(object_store: Path) -> None:
    (object_store / "submission.csv").write_text("rows")
    path = raw.reading_raw(Location(f"s3://{object_store.name}/submission.csv"))
    assert path.name == "submission.csv"
    assert path.read_text() == "rows"


def test_an_empty_prefix_is_an_error(object_store: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="/data: nothing lies under this prefix"):
        raw.reading_raw(Location(f"s3://{object_store.name}/data"))
    with pytest.raises(MissingInput, match="/data: not found"):
        raw.reading_raw(Location(str(tmp_path / "data")))


def test_an_object_whose_name_is_unsafe_is_refused(object_store: Path) -> None:
    (object_store / "data").mkdir()
    (object_store / "data" / "a\\..\\b").write_text("x")
    with pytest.raises(BadInput, match="refused as a name"):
        raw.reading_raw(Location(f"s3://{object_store.name}/data"))
