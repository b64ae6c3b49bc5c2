import csv
from pathlib import Path

import pytest

from handseg.dataset import layout, manifest
from handseg.dataset.layout import ImageRecord
from handseg.dataset.manifest import Change, Entry
from handseg.errors import BadInput

THEN = [
    Entry("train", "a.png", "1", "2"),
    Entry("train", "b.png", "3", "4"),
    Entry("test", "c.png", "5", ""),
]


def test_a_manifest_comes_back_as_it_was_written() -> None:
    text = manifest.to_text(THEN)
    assert text.startswith("part,image_name,image_sha256,annotation_sha256\ntrain,a.png,1,2\n")
    assert manifest.parse(text, "manifest.csv") == THEN


@pytest.mark.parametrize("text", ["", "part,image_name\n", manifest.to_text(THEN) + "train,x\n"])
def test_what_is_no_manifest_is_named(text: str) -> None:
    with pytest.raises(BadInput, match="cache/manifest.csv: no manifest of a data set"):
        manifest.parse(text, "cache/manifest.csv")


def test_it_names_images_and_nobody(tmp_path: Path) -> None:
    records = [ImageRecord("a.png", "ID001", "train", tmp_path / "a.png", tmp_path / "a.json")]
    for name in ("a.png", "a.json"):
        (tmp_path / name).write_text(name)
    hashes = layout.file_hashes(records)
    text = manifest.to_text(manifest.of(records, hashes))
    assert [row[:2] for row in csv.reader(text.splitlines()[1:])] == [["train", "a.png"]]
    assert "ID001" not in text
    (entry,) = manifest.parse(text, "manifest.csv")
    assert entry.hashes == hashes[0]
    # With the people, which the image cache knows, it gives the data hash again.
    assert layout.combine(records, [entry.hashes]) == layout.data_hash(records)


def test_every_change_is_listed_the_first_image_first() -> None:
    now = [
        Entry("train", "new.png", "7", "8"),
        Entry("train", "a.png", "1", "x"),
        Entry("test", "c.png", "y", ""),
    ]
    assert list(manifest.changes(THEN, THEN)) == []
    assert list(manifest.changes(THEN, now)) == [
        Change("train", "a.png", "annotation", "2", "x"),
        Change("train", "b.png", "presence", "there", "absent"),
        Change("test", "c.png", "image", "5", "y"),
        Change("train", "new.png", "presence", "absent", "there"),
    ]
