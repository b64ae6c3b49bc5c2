"""Bits flipped on the way from an object store: found by what it says of its objects itself."""

import random
from pathlib import Path

import pytest

from handseg.errors import BadInput, HandsegError
from handseg.storage import raw, s3, s3_listing
from handseg.storage.location import Location
from tests.object_store.proxy import Proxy


def _data(bucket: Path) -> Location:
    (bucket / "data").mkdir()
    (bucket / "data" / "points.json").write_text("[[10, 10], [90, 10], [90, 90]]")
    (bucket / "data" / "image.png").write_bytes(bytes(range(200)))
    return Location(f"s3://{bucket.name}/data")


def test_a_users_file_that_differs_from_its_etag_is_downloaded_again(
    object_store: Path, between: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    location = _data(object_store)
    # 10 becomes 90: without a sum, nothing of the file would tell.
    between.faults.append(("GET", "/data/points.json", "flip 3 at 10, 10"))
    folder = raw.reading_raw(location)
    assert between.faults == []
    assert (folder / "points.json").read_text() == "[[10, 10], [90, 10], [90, 90]]"
    assert f"{location}: points.json differ from their ETag; once more" in caplog.text
    assert sum(line.startswith("GET") and "points" in line for line in between.requests) == 2
    assert sum("image.png" in line for line in between.requests) == 1


def test_one_that_differs_again_is_refused(object_store: Path, between: Proxy) -> None:
    location = _data(object_store)
    between.lasting.append(("GET", "/data/image.png", "flip 7"))
    with pytest.raises(BadInput, match=r"data/image.png: differs from the MD5 .*, downloaded tw"):
        raw.reading_raw(location)
    single = location.child("image.png")
    with pytest.raises(BadInput, match=r"data/image.png: differs from the MD5 .*, downloaded tw"):
        raw.reading_raw(single)


def test_an_encrypted_object_has_no_md5_which_is_said(
    object_store: Path, between: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    location = _data(object_store)
    # What comes differs from its ETag every time, as it does where a key service encrypts.
    between.lasting.append(("GET", "/data/image.png", "flip"))
    between.headers.append(("x-amz-server-side-encryption", "aws:kms"))
    folder = raw.reading_raw(location)
    assert (folder / "image.png").read_bytes()[:2] == b"\1\1"
    assert "of 1 files the store keeps no MD5" in caplog.text


def test_a_small_object_is_read_again_until_it_is_that_of_its_etag(
    object_store: Path, between: Proxy
) -> None:
    location = Location(f"s3://{object_store.name}/text")
    s3.put_text(location, "text")
    between.faults += [("GET", "/text", "flip 3"), ("GET", "/text", "flip 4")]
    assert s3.read_text(location) == "text"
    between.faults += [("GET", "/text", f"flip {bit}") for bit in range(3)]
    with pytest.raises(HandsegError, match="/text: came otherwise each of 3 times; check the net"):
        s3.read_text(location)


def test_of_an_object_without_md5_two_readings_vouch_for_each_other(
    object_store: Path, between: Proxy
) -> None:
    location = Location(f"s3://{object_store.name}/text")
    s3.put_text(location, "text")
    between.headers.append(("ETag", '"0123-2"'))
    between.requests.clear()
    assert s3.read_text(location) == "text"
    assert len(between.requests) == 2


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("flip 0 at 0</Key>", "1: listed twice"),
        ("flip 0 at 3</KeyCount>", "3 objects listed, 2 said"),
        ("flip 6 at 1</Size>", "the store's answer is damaged"),
    ],
)
def test_a_listing_that_cannot_be_true_is_asked_for_again(
    object_store: Path, between: Proxy, where: str, fault: str
) -> None:
    for name in ("0", "1", "2"):
        (object_store / name).write_text(name)
    location = Location(f"s3://{object_store.name}")
    between.faults += [("GET", f"/{location.name}", where)] * 2
    assert set(s3_listing.sizes(location)) == {"0", "1", "2"}
    between.lasting.append(("GET", f"/{location.name}", where))
    with pytest.raises(HandsegError, match=f"{fault}.*; try again"):
        s3_listing.sizes(location)


# In a date it is no concern of ours, but one of the library that reads it.
@pytest.mark.filterwarnings("ignore::dateutil.parser.UnknownTimezoneWarning")
def test_no_flipped_bit_hides_an_object_of_a_listing(
    object_store: Path, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name in ("0", "1", "o"):  # a bit apart; one from a slash
        (object_store / name).write_text(name)
    location = Location(f"s3://{object_store.name}")
    chance = random.Random(5)
    for _ in range(200):
        between.lasting = [("GET", f"/{location.name}", f"flip {chance.randrange(10**6)}")]
        try:
            found = s3_listing.sizes(location)
        except HandsegError:
            continue
        assert len(found) == 3, between.lasting
