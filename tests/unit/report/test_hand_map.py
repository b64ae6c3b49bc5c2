from dataclasses import replace

import numpy as np

from handseg.report import hand_map
from handseg.report.scores import ImageScore
from tests.unit.report.toy_hands import hand


def scored(name: str, size: float) -> ImageScore:
    ones = np.ones(29)
    return ImageScore(
        name=name, person="p", shape=(9, 9), areas=size * ones, overall=ones, members={},
    )  # fmt: skip


def test_the_hand_of_the_mean_size_is_the_most_typical() -> None:
    assert (
        hand_map.most_typical([scored("small", 1), scored("mean", 5), scored("large", 9)]).name
        == "mean"
    )


def test_a_bone_that_no_image_has_is_no_hindrance() -> None:
    nothing = replace(scored("a", 0), areas=np.zeros(29))
    assert hand_map.most_typical([nothing, nothing]).name == "a"


def test_every_annotated_bone_is_on_the_map_under_its_short_label() -> None:
    found = hand_map.of_polygons({**hand(256), 5: []}, (256, 256))
    assert len(found.shapes) == 28
    assert [shape.short for shape in found.shapes[-2:]] == ["Ra", "Ul"]
    assert all(shape.path.startswith("M") for shape in found.shapes)


def test_the_map_shows_the_bones_and_little_around_them() -> None:
    square = [np.array([[100, 50], [150, 50], [150, 90], [100, 90]], np.int32)]
    # 2 % of 200 px are 4 px on each side of 51 x 41 px
    assert hand_map.of_polygons({0: square}, (200, 200)).view_box == "96 46 59 49"
