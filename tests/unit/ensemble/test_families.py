from dataclasses import replace

from handseg.ensemble import families
from handseg.settings import ModelSettings, TrainSettings

BASE = TrainSettings(model=ModelSettings(name="unet", input_px=64, output_px=128))


def test_seed_and_machine_make_no_family() -> None:
    members = [BASE, replace(BASE, seed=7), replace(BASE, threads=3, workers=0, device="cpu")]
    found = families.labels(["a", "b", "c"], members)
    assert found == ["unet 64 -> 128 px, 31 epochs"] * 3


def test_short_and_long_trainings_are_two_families() -> None:
    found = families.labels(["a", "b"], [BASE, replace(BASE, length=69)])
    assert found == ["unet 64 -> 128 px, 31 epochs", "unet 64 -> 128 px, 69 epochs"]


def test_families_that_read_alike_are_told_apart_by_a_member() -> None:
    other = replace(BASE, loss="iou_bce")
    found = families.labels(["a", "b", "c"], [BASE, other, replace(other, seed=1)])
    words = "unet 64 -> 128 px, 31 epochs"
    assert found == [f"{words}, as a", f"{words}, as b", f"{words}, as b"]
