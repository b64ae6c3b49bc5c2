"""One image under every change, in a PNG that a person can look at."""

import re
from pathlib import Path

import cv2
import pytest

from handseg.commands.show_augmentations import show_augmentations
from handseg.dataset.phantom.writer import write_dataset
from handseg.errors import BadInput, MissingInput
from handseg.storage.location import Location

SIDE = 128
LIMIT_BYTES = 600_000


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Location:
    """Four images of two people."""
    root = tmp_path_factory.mktemp("hands") / "data"
    write_dataset(root, people=2, test_people=0, size=256, seed=0)
    return Location(str(root))


def at(folder: Path) -> Location:
    return Location(str(folder / "sheet.png"))


def test_the_sheet_holds_every_change_and_stays_small(hands: Location, tmp_path: Path) -> None:
    assert show_augmentations(data=hands, out=at(tmp_path), panel_px=SIDE) == 0
    file = tmp_path / "sheet.png"
    picture = cv2.imread(str(file))
    # a row each of 8 adjustments, 8 augmentations and 8 draws of both
    assert picture is not None and picture.shape == (3 * (SIDE + 24) + 4, 8 * (SIDE + 4) + 4, 3)
    assert file.stat().st_size < LIMIT_BYTES


def test_the_same_seed_draws_the_same_sheet(hands: Location, tmp_path: Path) -> None:
    drawn = []
    for seed in (1, 1, 2):
        show_augmentations(data=hands, out=at(tmp_path), panel_px=64, seed=seed)
        drawn.append((tmp_path / "sheet.png").read_bytes())
    assert drawn[0] == drawn[1] != drawn[2]


def test_an_image_is_shown_by_its_name(hands: Location, tmp_path: Path) -> None:
    first, *_, last = sorted(hands.path.rglob("*.png"))
    drawn = []
    for name in ("", first.name, last.name):
        show_augmentations(data=hands, out=at(tmp_path), panel_px=64, image=name)
        drawn.append((tmp_path / "sheet.png").read_bytes())
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_name_that_is_not_there_is_refused_with_the_nearest(
    hands: Location, tmp_path: Path
) -> None:
    name = sorted(hands.path.rglob("*.png"))[0].name
    wrong = name.replace("image", "imag")
    with pytest.raises(MissingInput, match=re.escape(f"image {wrong}: not among") + f".*{name}"):
        show_augmentations(data=hands, out=at(tmp_path), image=wrong)


def test_anything_but_a_png_of_a_sensible_size_is_refused(hands: Location, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"out is .*sheet\.jpg; give a path that ends in \.png"):
        show_augmentations(data=hands, out=Location(str(tmp_path / "sheet.jpg")))
    with pytest.raises(BadInput, match="panel_px must be 64 to 1024, got 16"):
        show_augmentations(data=hands, out=at(tmp_path), panel_px=16)
