import hashlib
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handseg.errors import BadInput, MissingInput
from handseg.storage import sums

# FIPS 180-2, example B.1: SHA-256 of "abc".
_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
_NAMES = st.text("abcXYZ019._-", min_size=1, max_size=12).filter(
    lambda name: name.strip(".") and name not in (sums.FOLDER_SUMS, sums.RUN_RECORD)
)
_TREES = st.dictionaries(_NAMES, st.binary(max_size=40), min_size=1, max_size=5)


def _fill(folder: Path, tree: dict[str, bytes]) -> None:
    for name, content in tree.items():
        (folder / name).write_bytes(content)


def test_sums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_bytes(b"abc")
    (tmp_path / "a.txt").write_bytes(b"")
    sums.write_sums(tmp_path)
    assert (tmp_path / "SHA256SUMS").read_text() == (
        f"{hashlib.sha256(b'').hexdigest()}  a.txt\n{_ABC}  b/c.txt\n"
    )
    check = ["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path).returncode == 0


def test_a_file_hash_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert sums.content_hash(tmp_path / "x") == _ABC


def test_the_provenance_does_not_change_the_content_hash(tmp_path: Path) -> None:
    hashes = []
    for run in ("first", "second"):
        folder = tmp_path / run
        folder.mkdir()
        _fill(folder, {"x": b"abc", "run.json": run.encode()})
        sums.write_sums(folder)
        hashes.append(sums.content_hash(folder))
    # By hand: one line of sums.
    assert set(hashes) == {hashlib.sha256(f"{_ABC}  x\n".encode()).hexdigest()}


def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    _fill(tmp_path, {"a": b"a", "b": b"b"})
    sums.write_sums(tmp_path)
    sums.verify(tmp_path)
    (tmp_path / "b").write_bytes(b"c")
    with pytest.raises(BadInput, match=r"/b: does not match its SHA-256; copy it again, or make"):
        sums.verify(tmp_path)


def test_a_name_with_a_line_end_of_unicode_alone_is_kept_whole() -> None:
    # Where str.splitlines parts it.
    found = {"a\u2028b": _ABC, "c\x85d": _ABC}
    assert sums.parse(sums.to_text(found), "SHA256SUMS") == found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{_ABC}  a\n{_ABC}  a\n", "'a' stands twice; make the artifact again"),
        (f"{_ABC}  ../a\n", "line 1: '../a': refused as a name; use plain names"),
        (f"{_ABC}  a\n\n", "line 2 is no SHA-256 and name; make the artifact again"),
        ("", "holds no sums; make the artifact again"),
    ],
)
def test_sums_that_are_none_are_refused_with_their_file(
    tmp_path: Path, text: str, fault: str
) -> None:
    (tmp_path / "SHA256SUMS").write_text(text)
    with pytest.raises(BadInput) as refusal:
        sums.read_sums(tmp_path)
    assert str(refusal.value).startswith(f"{tmp_path / 'SHA256SUMS'}: {fault}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    _fill(tmp_path, {"a": b"a", "b": b"b"})
    sums.write_sums(tmp_path)
    (tmp_path / "a").unlink()
    with pytest.raises(BadInput, match="/a: is missing"):
        sums.verify(tmp_path)


def test_a_folder_without_sums_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="incomplete"):
        sums.content_hash(tmp_path)
    with pytest.raises(MissingInput, match="not found"):
        sums.content_hash(tmp_path / "absent")


def test_an_artifact_holds_no_links_and_is_not_empty(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing was written"):
        sums.write_sums(tmp_path)
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(BadInput, match="link"):
        sums.write_sums(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "abc  x\n", f"{_ABC} x\n", f"{_ABC}  ../x\n", f"{_ABC}  /x\n", f"{_ABC}  a\0\n"]
)
def test_broken_sums_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        sums.parse(text, "SHA256SUMS")


def test_sums_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    sums.write_sums(tmp_path)
    path = tmp_path / "SHA256SUMS"
    path.write_bytes(path.read_bytes()[:-2] + b"\xe1\n")
    with pytest.raises(BadInput, match="SHA256SUMS: not text .*; make the artifact again"):
        sums.verify(tmp_path)


@given(
    st.dictionaries(_NAMES, st.binary().map(lambda b: hashlib.sha256(b).hexdigest()), min_size=1)
)
def test_parsing_undoes_writing(wanted: dict[str, str]) -> None:
    assert sums.parse(sums.to_text(wanted), "sums") == wanted


@settings(max_examples=30, deadline=None)
@given(tree=_TREES, data=st.data())
def test_every_flipped_bit_is_found(tree: dict[str, bytes], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        _fill(path, tree)
        sums.write_sums(path)
        before = sums.content_hash(path)
        sums.verify(path)
        name = data.draw(st.sampled_from(sorted(tree)))
        content = bytearray(tree[name] or b"\0")
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        (path / name).write_bytes(content)
        with pytest.raises(BadInput, match="does not match"):
            sums.verify(path)
        assert sums.differing(path, sums.read_sums(path)) == [name]
        sums.write_sums(path)
        assert sums.content_hash(path) != before
