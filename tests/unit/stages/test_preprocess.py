import json
import logging
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance

from handseg.dataset import annotations
from handseg.errors import BadInput, MissingInput
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.settings import PreprocessSettings, SplitSettings
from handseg.stages import preprocess as stage
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.storage import artifact
from handseg.storage.location import Location
from tests.drawing import write_tiny_dataset

SIZE = (40, 30)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    write_tiny_dataset(root, people=3, test_people=1, size=SIZE, seed=0)
    split(
        data=Location(str(root)),
        out=Location(str(tmp_path / "folds.csv")),
        settings=SplitSettings(folds=3),
    )
    return root


def run(data: Path, out: str = "cache", settings: PreprocessSettings | None = None) -> Path:
    """Preprocess with the fold table beside the data."""
    preprocess(
        data=Location(str(data)),
        folds=Location(str(data.parent / "folds.csv")),
        out=Location(str(data.parent / out)),
        settings=settings or PreprocessSettings(),
    )
    return data.parent / out


def images(data: Path, part: str = "train") -> list[Path]:
    return sorted((data / part / "DCM").rglob("*.png"))


def annotation_of(image: Path) -> Path:
    folder = image.parents[2] / "outputs_json" / image.parent.name
    return folder / f"{image.stem}.json"


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_the_cache_holds_every_image_sharpened_as_pil_does(data: Path, compression: str) -> None:
    settings = PreprocessSettings(compression="zstd" if compression == "zstd" else "none")
    cache = ImageCache(run(data, settings=settings))
    assert cache.names("train") == [image.name for image in images(data)]
    assert cache.names("test") == [image.name for image in images(data, "test")]
    for path in [*images(data), *images(data, "test")]:
        with Image.open(path) as image:
            expected = np.asarray(ImageEnhance.Sharpness(image).enhance(2.0))[..., 0]
        found = cache.read(path.name)
        assert found.person == path.parent.name
        assert np.array_equal(found.pixels, expected)


def test_training_images_carry_their_polygons_and_test_images_none(data: Path) -> None:
    cache = ImageCache(run(data))
    for path in images(data):
        expected = annotations.load(annotation_of(path), height=SIZE[0], width=SIZE[1])
        found = cache.read(path.name).polygons
        assert len(found) == 29
        for class_id, shapes in expected.items():
            assert all(map(np.array_equal, found[class_id], shapes))
    assert all(cache.read(path.name).polygons == {} for path in images(data, "test"))


def test_images_may_have_sizes_of_their_own(data: Path) -> None:
    path = images(data, "test")[0]
    path.write_bytes(cv2.imencode(".png", np.eye(50, 17, dtype=np.uint8) * 255)[1].tobytes())
    cache = ImageCache(run(data))
    assert cache.read(path.name).pixels.shape == (50, 17)
    assert cache.read(images(data)[0].name).pixels.shape == SIZE


def test_the_record_names_settings_and_parents(data: Path) -> None:
    cache = run(data)
    record = json.loads((cache / "run.json").read_text())
    assert record["settings"]["sharpness"] == 2.0
    assert record["parents"]["folds"] == artifact.content_hash(data.parent / "folds.csv")
    assert record["parents"]["data"] == ImageCache(cache).metadata["data"]
    assert (record["images"], record["notes"]) == (8, [])


def test_saturation_changes_nothing_and_that_is_recorded(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain = run(data, "plain")
    with caplog.at_level(logging.INFO, "handseg"):
        cache = run(data, "saturated", PreprocessSettings(saturation=2.0))
    assert (cache / "train.arrow").read_bytes() == (plain / "train.arrow").read_bytes()
    assert json.loads((cache / "run.json").read_text())["notes"] == [stage.GREY]
    assert stage.GREY in caplog.text


def test_the_same_data_makes_the_same_content(data: Path) -> None:
    first, second = run(data, "first"), run(data, "second")
    assert artifact.content_hash(first) == artifact.content_hash(second)


def test_a_second_run_does_nothing_and_says_so(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = (run(data) / "train.arrow").stat().st_mtime_ns
    with caplog.at_level(logging.INFO, "handseg"):
        run(data)
    assert "nothing to do" in caplog.text
    assert (data.parent / "cache" / "train.arrow").stat().st_mtime_ns == before


def test_a_cache_of_other_settings_is_not_replaced(data: Path) -> None:
    run(data)
    with pytest.raises(BadInput, match=r"settings\.sharpness: 2\.0 -> 1\.0"):
        run(data, settings=PreprocessSettings(sharpness=1.0))


def test_images_that_only_the_data_or_only_the_table_has_are_listed(data: Path) -> None:
    image = images(data)[0]
    image.rename(image.with_name("new.png"))
    annotation_of(image).rename(annotation_of(image).with_name("new.json"))
    with pytest.raises(BadInput, match=r"folds\.csv: 1 images .* but in the data: new\.png"):
        run(data)
    image.with_name("new.png").unlink()
    annotation_of(image).with_name("new.json").unlink()
    with pytest.raises(BadInput, match=f"1 images in the fold table, but not .*: {image.name}"):
        run(data)


def test_an_image_under_another_person_than_in_the_table_is_refused(data: Path) -> None:
    image = images(data)[0]
    for path in (image, annotation_of(image)):
        path.rename(path.parents[1] / "ID002" / path.name)
    with pytest.raises(BadInput, match=f"under another person than in the data: {image.name}"):
        run(data)


def test_a_fold_table_edited_by_hand_is_refused(data: Path) -> None:
    table = data.parent / "folds.csv"
    table.write_text(table.read_text().replace(",0", ",1"))
    with pytest.raises(BadInput, match="changed since it was written"):
        run(data)


def test_a_fold_table_that_is_not_there_is_missing_input(data: Path) -> None:
    (data.parent / "folds.csv").unlink()
    with pytest.raises(MissingInput, match=r"folds\.csv: not found"):
        run(data)


def test_the_same_pixels_in_different_files_of_two_people_are_refused(data: Path) -> None:
    first, *_, last = images(data)
    pixels = cv2.imread(str(first), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    last.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    with pytest.raises(BadInput, match="same pixels under two people"):
        run(data)
    assert not (data.parent / "cache").exists()


def test_a_bone_that_was_not_drawn_is_refused(data: Path) -> None:
    path = annotation_of(images(data)[2])
    document = json.loads(path.read_text())
    del document["annotations"][5]
    path.write_text(json.dumps(document))
    with pytest.raises(BadInput, match=r"bones missing \(finger-6\)"):
        run(data)


def test_a_broken_image_leaves_nothing_behind(data: Path) -> None:
    images(data)[3].write_bytes(images(data)[3].read_bytes()[:-5])
    with pytest.raises(BadInput, match=f"{images(data)[3].name}: truncated"):
        run(data)
    assert sorted(path.name for path in data.parent.iterdir() if "cache" in path.name) == []


def test_too_little_room_is_said_before_the_work(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 8 images of 40 x 30 raw
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=8 * 1200 - 1))
    with pytest.raises(BadInput, match="the image cache needs about"):
        run(data)
    run(data, settings=PreprocessSettings(compression="zstd"))


def test_data_and_table_may_lie_in_an_object_store(data: Path, object_store: Path) -> None:
    shutil.copytree(data, object_store / "data")
    for name in ("folds.csv", "folds.csv.sha256", "folds.csv.run.json"):
        shutil.copy(data.parent / name, object_store / name)
    bucket = Location(f"s3://{object_store.name}")
    preprocess(data=bucket.child("data"), folds=bucket.child("folds.csv"), out=bucket.child("out"))
    with artifact.reading(bucket.child("out")) as remote:
        assert artifact.content_hash(remote) == artifact.content_hash(run(data))
    preprocess(data=bucket.child("data"), folds=bucket.child("folds.csv"), out=bucket.child("out"))


def test_the_table_that_split_wrote_holds_the_people_of_the_cache(data: Path) -> None:
    cache, table = ImageCache(run(data)), FoldTable.read(data.parent / "folds.csv")
    assert {row.image_name: row.person for row in table.rows} == cache.people("train")
