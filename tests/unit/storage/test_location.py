from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.errors import BadInput
from handseg.storage import location
from handseg.storage.location import Location

_NAMES = st.text("abcXYZ019._- ", min_size=1).filter(lambda name: name not in (".", ".."))


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "https://example.org/x",
        "gs://bucket/x",
        "S3://bucket/x",
        "s3:/bucket/x",
        "s3://",
        "s3:///x",
        "s3://169.254.169.254/x",
        "s3://Bucket/x",
        "s3://bucket//x",
        "s3://bucket/a/../b",
        "s3://bucket/./b",
        "s3://bucket/a\\b",
        "a\0b",
        "a\nb",
        "",
    ],
)
def test_everything_but_plain_paths_and_s3_uris_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        location.parse(text)


def test_a_refusal_names_what_was_given_and_what_to_give() -> None:
    with pytest.raises(BadInput, match=r"file:///x: only local paths and s3://bucket/prefix"):
        location.parse("file:///x")


@pytest.mark.parametrize(
    "text", ["gs://\u202e", "s3://b/" + "a" * 5000 + "//a", "s3://" + "B" * 5000, "\0" * 5000]
)
def test_a_refusal_is_printable_and_short(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        location.parse(text)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 600


def test_a_remote_location_keeps_both_slashes() -> None:
    remote = location.parse("s3://bucket/a/b/")
    assert str(remote) == "s3://bucket/a/b"
    assert remote.is_remote
    assert remote.name == "b"
    assert str(remote.child("c/d")) == "s3://bucket/a/b/c/d"
    assert str(remote.sibling("c")) == "s3://bucket/a/c"


def test_a_local_location_gives_its_path() -> None:
    local = location.parse(Path("runs/demo"))
    assert not local.is_remote
    assert local.path == Path("runs/demo")
    assert local.child("cache").path == Path("runs/demo/cache")
    assert local.sibling("other").path == Path("runs/other")
    assert Location("folds.csv").sibling("x.csv").path == Path("x.csv")
    assert Location("/").path == Path("/")


def test_the_name_of_this_folder_is_its_real_name() -> None:
    assert Location(".").name == Path.cwd().name


def test_a_remote_location_has_no_path() -> None:
    with pytest.raises(BadInput, match="local path is needed"):
        _ = Location("s3://bucket/a").path


def test_nothing_lies_beside_a_bucket() -> None:
    with pytest.raises(BadInput, match="beside a bucket"):
        Location("s3://bucket").sibling("a")


@pytest.mark.parametrize("name", ["..", "../a", "a/../b", "/a", "", "a//b", "a\0", "a\\b", "."])
def test_no_child_leads_out_of_its_folder(name: str) -> None:
    with pytest.raises(BadInput):
        Location("s3://bucket/a").child(name)
    with pytest.raises(BadInput):
        Location("/a").child(name)


@given(_NAMES, _NAMES)
def test_a_sibling_of_a_child_is_a_child(first: str, second: str) -> None:
    for folder in (Location("s3://bucket/a"), Location("/a")):
        assert folder.child(first).sibling(second) == folder.child(second)
        assert folder.child(first).name == first
