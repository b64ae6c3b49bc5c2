"""Where members disagree: on test images, or on those that several of them held out."""

from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from handseg import progress
from handseg.ahead import work_ahead
from handseg.inference.store import ImageTiles
from handseg.report import disagreement, pair_overlays, scores
from handseg.report.disagreement import Adding, Disagreement, ImageDisagreement
from handseg.report.inputs import Inputs
from handseg.report.pair_overlays import PairOverlay

_SHOWN = 3
"""Images shown; two pictures of at most 0.12 MB each."""


def of_test(inputs: Inputs) -> Disagreement | None:
    """Compare the members' test stores, image by image in constant memory.

    Returns:
        None where fewer than two are given.
    """
    held: dict[str, int] = {}
    for member in inputs.members:
        for name in [] if member.test_store is None else member.test_store.names:
            held[name] = held.get(name, 0) + 1
    names = [name for name in inputs.cache.names("test") if held.get(name, 0) > 1]
    people, reading = inputs.cache.people("test"), Lock()

    def compare(name: str) -> ImageDisagreement | None:
        with reading:
            tiles = inputs.test_tiles(name)
        return disagreement.of_masks(name, people[name], scores.member_masks(tiles))

    adding = Adding()
    compared = work_ahead(compare, names)
    for one in progress.track(compared, description="comparing", total=len(names)):
        adding.add(one)
    return adding.result("test")


def drawn(inputs: Inputs, found: Disagreement | None, *, with_images: bool) -> Disagreement | None:
    """The same with the first few images drawn."""
    if found is None:
        return None
    tiles = inputs.test_tiles if found.part == "test" else inputs.tiles
    overlays = [_overlay(inputs, one, tiles, with_images) for one in found.worst[:_SHOWN]]
    return replace(found, overlays=tuple(overlays))


def _overlay(
    inputs: Inputs,
    one: ImageDisagreement,
    tiles: Callable[[str], dict[str, ImageTiles]],
    with_image: bool,
) -> PairOverlay:
    first, second = one.pair
    of_all = tiles(one.name)
    masks = scores.member_masks({name: of_all[name] for name in one.pair})
    return pair_overlays.of_pair(
        inputs.cache.read(one.name),
        one.pair,
        (masks[first], masks[second]),
        one.bones_of_pair,
        with_image=with_image,
    )
