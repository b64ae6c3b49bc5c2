"""Faults of the network, made by a proxy before a real object store."""

import hashlib
from pathlib import Path

import pytest

from handseg.errors import BadInput, HandsegError, MissingInput
from handseg.storage import artifact, ranged, raw, snapshot
from handseg.storage.location import Location
from tests.object_store.proxy import Fault, Proxy
from tests.object_store.servers import KEY


@pytest.fixture
def faults(between: Proxy) -> list[Fault]:
    """What shall go wrong: each `(method, ending of the path, kind)` happens once."""
    return between.faults


@pytest.fixture
def requests(between: Proxy) -> list[str]:
    """Every request so far, as `METHOD /bucket/key?query`."""
    return between.requests


def _stored_file(bucket: Path, content: bytes = b"probability") -> Location:
    location = Location(f"s3://{bucket.name}/{len(list(bucket.iterdir()))}.bin")
    with artifact.writing(location, folder=False) as path:
        path.write_bytes(content)
    return location


def _read(location: Location) -> bytes:
    with artifact.reading(location) as path:
        return path.read_bytes()


@pytest.mark.parametrize("kind", ["503 SlowDown", "reset", "cut", "flip"])
def test_a_fault_that_passes_is_not_noticed(
    object_store: Path, faults: list[Fault], requests: list[str], kind: str
) -> None:
    location = _stored_file(object_store)
    faults.append(("GET", f"/{location.name}", kind))
    assert _read(location) == b"probability"
    assert faults == []
    downloads = [line for line in requests if line == f"GET /{object_store.name}/{location.name}"]
    assert len(downloads) == 2


def test_a_bit_flipped_twice_is_an_error_that_names_the_object(
    object_store: Path, faults: list[Fault]
) -> None:
    location = _stored_file(object_store)
    faults += [("GET", f"/{location.name}", "flip")] * 2
    with pytest.raises(
        BadInput, match=rf"{location}: does not match its SHA-256, downloaded twice"
    ):
        _read(location)


def test_a_store_that_stays_overloaded_is_an_error_after_every_attempt(
    object_store: Path,
    faults: list[Fault],
    requests: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    location = _stored_file(object_store)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    faults += [("GET", f"/{location.name}", "503 SlowDown")] * 2
    with pytest.raises(HandsegError, match=r"overloaded or failing \(SlowDown, every attempt\)"):
        _read(location)
    assert faults == []


@pytest.mark.parametrize("answer", ["400 ExpiredToken", "403 AccessDenied"])
def test_expired_or_refused_credentials_fail_at_once_and_show_no_key(
    object_store: Path, faults: list[Fault], requests: list[str], answer: str
) -> None:
    location = _stored_file(object_store)
    before = len(requests)
    faults.append(("GET", f"/{location.name}.sha256", answer))
    with pytest.raises(BadInput, match=f"access denied .{answer.split()[1]}.") as raised:
        _read(location)
    assert KEY not in str(raised.value)
    assert raised.value.__cause__ is None
    assert sum("sha256" in line and line.startswith("GET") for line in requests[before:]) == 1


def test_an_upload_that_dies_between_its_parts_leaves_no_object_and_is_aborted(
    object_store: Path,
    faults: list[Fault],
    requests: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    location = Location(f"s3://{object_store.name}/large.bin")
    # The first PUT under this name is a part: files above 16 MiB go up in parts.
    faults.append(("PUT", "/large.bin", "500 InternalError"))
    with (
        pytest.raises(HandsegError, match="overloaded or failing"),
        artifact.writing(location, folder=False) as path,
    ):
        path.write_bytes(bytes(17 * 2**20))
    assert [path for path in object_store.rglob("*") if path.is_file()] == []
    assert not artifact.exists(location)
    begun = sum(line.startswith("POST") and line.endswith("?uploads") for line in requests)
    aborted = sum(line.startswith("DELETE") and "uploadId=" in line for line in requests)
    assert begun == aborted == 2  # one of them found out whether the store can be written


def test_a_raw_folder_with_sums_of_its_own_is_verified(
    object_store: Path, faults: list[Fault], requests: list[str]
) -> None:
    (object_store / "a.txt").write_text("hand")
    digest = hashlib.sha256(b"hand").hexdigest()
    (object_store / "SHA256SUMS").write_text(f"{digest}  a.txt\n")
    faults.append(("GET", "/a.txt", "flip"))
    folder = raw.reading_raw(Location(f"s3://{object_store.name}"))
    assert (folder / "a.txt").read_text() == "hand"
    assert sum(line.endswith("/a.txt") for line in requests) == 2


def _folder(bucket: Path) -> Location:
    location = Location(f"s3://{bucket.name}/cache")
    with artifact.writing(location, folder=True) as path:
        (path / "index").write_text("where")
        (path / "images").write_bytes(bytes(range(100)))
    return location


@pytest.mark.parametrize("kind", ["503 SlowDown", "reset", "cut"])
def test_a_part_of_an_object_is_asked_for_again(
    object_store: Path, faults: list[Fault], kind: str
) -> None:
    opened = ranged.open_folder(_folder(object_store))
    assert opened is not None
    faults.append(("GET", "/cache/images", kind))
    assert opened.read_range("images", 20, 30) == bytes(range(20, 50))
    assert faults == []
    with pytest.raises(BadInput, match="cache/images: ends before byte 110"):
        opened.read_range("images", 90, 20)


def test_a_folder_read_in_parts_has_the_hash_of_one_read_whole(object_store: Path) -> None:
    location = _folder(object_store)
    opened = ranged.open_folder(location)
    assert opened is not None
    with artifact.reading(location) as path:
        assert opened.content_hash == artifact.content_hash(path)
    assert ranged.open_folder(Location("here")) is None
    with pytest.raises(MissingInput, match="/nothing: not found; give the URI of an artifact"):
        ranged.open_folder(location.sibling("nothing"))
    with pytest.raises(MissingInput, match="/cache/none: not found; make s3://.*/cache again"):
        opened.read("none")


@pytest.mark.parametrize("flips", [1, 2])
def test_a_small_file_of_it_is_verified(
    object_store: Path, faults: list[Fault], flips: int
) -> None:
    opened = ranged.open_folder(_folder(object_store))
    assert opened is not None
    faults += [("GET", "/cache/index", "flip")] * flips
    if flips == 1:
        assert opened.read("index") == "where"
    else:
        with pytest.raises(BadInput, match="cache/index: does not match its SHA-256; make"):
            opened.read("index")


def test_a_state_that_cannot_be_pushed_is_said_and_work_goes_on(
    object_store: Path,
    faults: list[Fault],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    location = Location(f"s3://{object_store.name}/member.partial")
    with snapshot.working(location, pushes=True) as (folder, push):
        (folder / "state").write_text("step 1")
        push(folder)
        (folder / "state").write_text("step 2")
        faults.append(("PUT", "/SHA256SUMS", "503 SlowDown"))
        push(folder)
    assert f"{location}: not pushed, the state before stays there" in caplog.text
    found = snapshot.pull(location)
    assert found is not None and (found / "state").read_text() == "step 1"
