import dataclasses
import logging
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from handseg.errors import BadInput, MissingInput
from handseg.inference import store
from handseg.inference.store import Store, StoreCard, StoreWriter
from handseg.inference.tiles import TILE_PX, ImageTiles, TileBuilder
from tests.store_card import CARD


def image(name: str, seed: int, person: str = "ID1") -> ImageTiles:
    generator = np.random.default_rng(seed)
    builder = TileBuilder(name, person, height=200, width=150)
    for class_id in range(0, 29, 9):
        values = generator.integers(8, 256, (20, 30), np.uint8)
        builder.add(class_id, values, top=10 * class_id // 2, left=class_id)
    return builder.build()


def write(folder: Path, images: list[ImageTiles], card: StoreCard = CARD) -> Path:
    with StoreWriter(folder, card) as writer:
        for position, tiles in enumerate(images):
            writer.add(tiles, 10 + position)
    return folder / store.FILE_NAME


def assert_same(a: ImageTiles, b: ImageTiles) -> None:
    for field in dataclasses.fields(ImageTiles):
        first, second = getattr(a, field.name), getattr(b, field.name)
        assert np.array_equal(first, second)
        assert np.asarray(first).dtype == np.asarray(second).dtype


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    images = [image("b.png", 0), image("a.png", 1, "ID2")]
    write(tmp_path, images)
    found = Store(tmp_path)
    assert found.card == CARD
    assert found.names == ["b.png", "a.png"]
    assert found.people == {"b.png": "ID1", "a.png": "ID2"}
    assert found.positions == {"b.png": 10, "a.png": 11}
    assert len(found) == 2
    for tiles in reversed(images):
        assert_same(found.read(tiles.name), tiles)


def test_an_image_without_a_tile_is_kept(tmp_path: Path) -> None:
    nothing = TileBuilder("a.png", "ID1", height=70, width=90).build()
    write(tmp_path, [nothing])
    assert_same(Store(tmp_path).read("a.png"), nothing)


def test_a_store_without_images_is_read(tmp_path: Path) -> None:
    write(tmp_path, [])
    assert Store(tmp_path).names == []


def test_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    images = [image("b.png", 0), image("a.png", 1)]
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    first, second = write(tmp_path / "1", images), write(tmp_path / "2", images)
    assert first.read_bytes() == second.read_bytes()


def test_a_member_without_validation_has_no_dice(tmp_path: Path) -> None:
    card = dataclasses.replace(CARD, dice=None, part="oof")
    write(tmp_path, [], card)
    assert Store(tmp_path).card == card


def test_an_image_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"a\.png twice"):
        write(tmp_path, [image("a.png", 0), image("a.png", 1)])


def test_an_image_that_is_not_there_is_named(tmp_path: Path) -> None:
    write(tmp_path, [image("a.png", 0)])
    with pytest.raises(MissingInput, match=r"no image z\.png; make the store again"):
        Store(tmp_path).read("z.png")


def test_a_folder_without_a_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"probabilities\.arrow: not found"):
        Store(tmp_path)


def test_another_arrow_file_is_refused(tmp_path: Path) -> None:
    table = pa.table({"name": ["a.png"]})
    with pa.ipc.new_file(str(tmp_path / store.FILE_NAME), table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(BadInput, match="not of the format"):
        Store(tmp_path)


def test_a_store_of_other_columns_is_refused_with_the_difference(tmp_path: Path) -> None:
    path = write(tmp_path, [])
    with pa.ipc.open_file(str(path)) as reader:
        schema = reader.schema
    height = schema.get_field_index("height")
    changed = schema.set(height, pa.field("height", pa.int64())).remove(1)
    pa.ipc.new_file(str(path), changed).close()
    fault = "no column person, height is 'int64' instead of 'uint32'; make the store again"
    with pytest.raises(BadInput, match=rf"probabilities\.arrow: {fault}"):
        Store(tmp_path)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_store_is_named_with_the_remedy(tmp_path: Path, kept: float) -> None:
    path = write(tmp_path, [image("a.png", 0), image("b.png", 1)])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(BadInput, match=r"probabilities\.arrow.*make the store again"):
        Store(tmp_path)


def test_a_flipped_bit_is_found_or_harmless(tmp_path: Path) -> None:
    original = image("a.png", 0)
    path = write(tmp_path, [original])
    content = path.read_bytes()
    generator = np.random.default_rng(0)
    refused = 0
    for position in generator.integers(0, len(content) * 8, 400).tolist():
        changed = bytearray(content)
        changed[position // 8] ^= 1 << position % 8
        path.write_bytes(changed)
        try:
            opened = Store(tmp_path)
            found = opened.read("a.png")
        except (BadInput, MissingInput):
            refused += 1
        else:
            assert opened.card == CARD
            assert_same(found, original)
    assert refused > 200


def test_a_flipped_bit_in_the_values_names_file_and_image(tmp_path: Path) -> None:
    path = write(tmp_path, [image("a.png", 0)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"probabilities\.arrow: .*CRC-32 of a\.png does not match"):
        Store(tmp_path).read("a.png")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"rows": np.array([0, 4], np.uint16)}, "tiles of a.png are out of order, or outside"),
        ({"columns": np.array([0, 3], np.uint16)}, "tiles of a.png are out of order, or outside"),
        ({"class_ids": np.array([0, 29], np.uint8)}, "tiles of a.png are out of order, or outside"),
        ({"class_ids": np.array([1, 0], np.uint8)}, "tiles of a.png are out of order, or outside"),
        ({"class_ids": np.array([0, 0], np.uint8)}, "tiles of a.png are out of order, or outside"),
        ({"rows": np.array([0], np.uint16)}, "tiles of a.png are out of order, or outside"),
        ({"height": 2**32 - 1, "width": 2**32 - 1}, "tiles of a.png are out of order, or outside"),
        ({"values": np.ones((1, 64, 64), np.uint8)}, "values of a.png are not those of its tiles"),
        ({"values": np.ones((3, 64, 64), np.uint8)}, "values of a.png are not those of its tiles"),
        ({"name": "../a.png"}, "image '../a.png', which no image can be called"),
        ({"name": "a\n" * 1000}, "image 'a"),
    ],
)
def test_tiles_that_are_none_of_their_image_are_refused_whatever_the_checksum(
    tmp_path: Path, change: dict[str, Any], fault: str
) -> None:
    good = ImageTiles(
        "a.png",
        "ID1",
        height=200,
        width=150,
        class_ids=np.array([0, 1], np.uint8),
        rows=np.zeros(2, np.uint16),
        columns=np.zeros(2, np.uint16),
        values=np.ones((2, TILE_PX, TILE_PX), np.uint8),
    )
    write(tmp_path, [good])
    assert_same(Store(tmp_path).read("a.png"), good)
    write(tmp_path, [dataclasses.replace(good, **change)])
    with pytest.raises(BadInput, match=re.escape(fault)) as refusal:
        Store(tmp_path).read("a.png")
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"member": "m0"}', "its card: .*missing"),
        ('{"wieght": 1}', "its card: unknown setting 'wieght'"),
        ("[", "its card: no JSON"),
        ("[" * 100_000, "its card: nested too deeply"),
    ],
)
def test_a_card_that_is_none_is_refused_whatever_its_checksum(
    tmp_path: Path, text: str, fault: str
) -> None:
    path = write(tmp_path, [])
    with pa.ipc.open_file(str(path)) as reader:
        schema = reader.schema
    card, checksum = text.encode(), str(zlib.crc32(text.encode())).encode()
    notes = {**schema.metadata, b"card": card, b"card_crc32": checksum}
    pa.ipc.new_file(str(path), schema.with_metadata(notes)).close()
    with pytest.raises(BadInput, match=rf"probabilities\.arrow: {fault}"):
        Store(tmp_path)


def test_crowded_images_are_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    builder = TileBuilder("crowded.png", "ID1", height=TILE_PX, width=TILE_PX)
    for class_id in range(6):  # 6 of 29 tiles are 21 %
        builder.add(class_id, np.ones((1, 1), np.uint8), top=0, left=0)
    with caplog.at_level(logging.WARNING):
        write(tmp_path, [builder.build(), TileBuilder("b.png", "ID1", height=9, width=9).build()])
    (record,) = caplog.records
    assert "member m0: 1 of 2 images occupy over 20%" in record.getMessage()
    assert "crowded.png most (21%)" in record.getMessage()
