"""A probability store: its card, its people, and every image, voted on as `ensemble` does."""

import json
import zlib
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from handseg import bones
from handseg.ensemble import voting
from handseg.ensemble.rule import Rule
from handseg.inference import record, store
from handseg.inference.store import Store
from handseg.inference.tiles import TILE_PX, ImageTiles
from handseg.masks import rle
from tests.fuzz.changes import arrow, trees
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target
from tests.store_card import CARD

_BOMBS = 0.001
"""Part of the inputs that unfold to more than can be; each takes a while where it is read."""


def corpus() -> list[bytes]:
    """No image, one of no tile, and two of a few."""
    images = [_drawn(f"image{number}.png", number) for number in range(3)]
    _bomb()
    return [_file(images[:count]) for count in range(4)]


def _drawn(name: str, tiles: int) -> ImageTiles:
    """An image of 100 x 200 with so many tiles, nearly all of their values 0."""
    values = np.zeros((tiles, TILE_PX, TILE_PX), np.uint8)
    values[:, :30, 10:40] = 200
    where = np.arange(tiles)
    return ImageTiles(
        name,
        "ID1",
        100,
        200,
        (where * 7).astype(np.uint8),
        (where % 2).astype(np.uint16),
        (where % 4).astype(np.uint16),
        values,
    )


@cache
def _bomb() -> bytes:
    """Made once, before memory is watched."""
    row = record.pack(_drawn("image0.png", 1), 0)
    schema = record.SCHEMA.with_metadata(_notes(asdict(CARD)))
    return arrow.bomb(row.replace_schema_metadata(schema.metadata), 8)


def _file(images: list[ImageTiles]) -> bytes:
    notes = _notes(asdict(CARD))
    batches = [record.pack(image, number) for number, image in enumerate(images)]
    return arrow.file_of(record.SCHEMA.with_metadata(notes), batches)


def _notes(card: Any) -> dict[bytes, bytes]:
    text = json.dumps(card, sort_keys=True).encode()
    return {
        b"format": store._FORMAT,
        b"card": text,
        b"card_crc32": str(zlib.crc32(text)).encode(),
    }


def read(content: bytes, folder: Path) -> None:
    """Open it and read all; every tile that is taken lies within its image."""
    (folder / store.FILE_NAME).write_bytes(content)
    opened = Store(folder)
    must(len(opened.people) == len(opened) == len(opened.names), "images that are not counted")
    for name in opened.names:
        _check(opened.read(name))


def _check(image: ImageTiles) -> None:
    count = len(image.class_ids)
    must(image.values.shape == (count, TILE_PX, TILE_PX), "not as many values as tiles")
    must(len(image.rows) == len(image.columns) == count, "not as many places as tiles")
    down, right = -(-image.height // TILE_PX), -(-image.width // TILE_PX)
    inside = (image.rows < down) & (image.columns < right) & (image.class_ids < bones.COUNT)
    must(bool(inside.all()), "a tile outside the image, or of no bone")
    places = list(zip(image.class_ids, image.rows, image.columns, strict=True))
    must(places == sorted(set(places)), "tiles out of order, or twice")
    classes = sorted(set(image.class_ids.tolist()))
    runs = voting.by_rule([image], [1.0], Rule.at(0.5), classes=classes)
    size = image.height * image.width
    for one in runs:
        must(np.array_equal(rle.parse(rle.to_text(one), size), one), "runs that are no mask")
    pixels = sum(rle.area(one) for one in runs)
    must(pixels <= int((image.values >= 128).sum()), "more pixels than the tiles hold")


def change(content: bytes, dice: Dice) -> bytes:
    """Change bytes of the file, or write one that says what none of ours would."""
    if dice.falls(0.5):
        return arrow.change_bytes(content, dice)
    if dice.falls(_BOMBS):
        return _bomb()
    images = [
        _wrong(_drawn(f"image{n}.png", n), dice.random) for n in range(dice.random.randint(1, 2))
    ]
    card: Any = asdict(CARD)
    if dice.falls(0.3):
        card = trees.changed(card, dice)
    if dice.falls(0.1):
        images.append(images[0])
    batches = [record.pack(image, number) for number, image in enumerate(images)]
    if dice.falls(0.3):
        batches = [arrow.other_rows(batch, dice) for batch in batches]
    schema = batches[0].schema.with_metadata(_notes(card))
    same = [batch for batch in batches if batch.schema == schema]
    file = arrow.file_of(schema, same, dice.random.choice((None, None, "zstd", "lz4")))
    return arrow.change_bytes(file, dice) if dice.falls(0.2) else file


def _wrong(image: ImageTiles, chance: Random) -> ImageTiles:
    """An image with one thing changed, its CRC-32 right all the same."""
    side = chance.choice((0, 1, 63, 64, 65, 100, 2**16, 2**31, 2**32 - 1))
    at = chance.randrange(max(1, len(image.rows)))
    odd = chance.choice((0, 1, 2, 3, 4, 28, 29, 255, 65_535))
    places = {name: getattr(image, name).copy() for name in ("class_ids", "rows", "columns")}
    name = chance.choice(sorted(places))
    places[name][at : at + 1] = odd % (256 if name == "class_ids" else 65_536)
    changes: list[dict[str, Any]] = [
        {},
        {"height": side},
        {"width": side},
        {name: places[name]},
        {name: places[name][:-1]},
        {"values": image.values[1:]},
        {"values": image.values[:, ::-1]},
        {"name": chance.choice(("", "a\nb", "\u202e.png", "x" * 900, "../a.png", "=1+1.png"))},
        {"person": chance.choice(("", "\0", "y" * 900))},
        {key: getattr(image, key)[::-1] for key in places},
    ]
    return replace(image, **chance.choice(changes))


TARGET = Target(corpus=corpus, read=read, change=change, names=store.FILE_NAME, most_bytes=16_384)
