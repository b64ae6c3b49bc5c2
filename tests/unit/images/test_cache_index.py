from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.images.cache import ImageCache
from tests.unit.images.made_cache import image, write


def test_an_arrow_file_that_holds_fewer_images_than_the_index_is_refused(
    cache_folder: Path,
) -> None:
    other = write(cache_folder / "other", image("b.png"))
    (other / "train.arrow").replace(cache_folder / "train.arrow")
    with pytest.raises(BadInput, match=r"train\.arrow: .*index\.json lists 2 images, .* holds 1; "):
        ImageCache(cache_folder)


def test_a_cache_without_its_index_is_refused(cache_folder: Path) -> None:
    (cache_folder / "index.json").unlink()
    with pytest.raises(MissingInput, match=r"index\.json: not found; make the cache again"):
        ImageCache(cache_folder)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"b.png"', '"a.png"', "an image is there twice"),
        ('"ann"', "7", "is no image"),
        ('"images"', '"imagez"', "'images'"),
        ("}", "", "Expecting"),
    ],
)
def test_an_index_that_is_none_is_refused(
    cache_folder: Path, before: str, after: str, fault: str
) -> None:
    path = cache_folder / "index.json"
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(BadInput, match=rf"index\.json: no index of an image cache \(.*{fault}"):
        ImageCache(cache_folder)


def test_an_image_under_another_person_is_refused(cache_folder: Path) -> None:
    path = cache_folder / "index.json"
    path.write_text(path.read_text().replace("ann", "bob"))
    with pytest.raises(BadInput, match=r"b\.png is damaged \(CRC-32, name or person differ\)"):
        ImageCache(cache_folder).read("b.png")
