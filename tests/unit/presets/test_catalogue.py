from pathlib import Path
from typing import Any

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.presets import catalogue
from handseg.settings import AugmentSettings, TrainSettings

# DOMAIN's published recipe: HorizontalFlip .5, GridDropout .5, Rotate(10 degrees, .5).
_RECIPE = AugmentSettings(flip=0.5, grid_dropout=0.5, rotate_degrees=10.0, rotate=0.5)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def written(text: str) -> str:
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return str(path)

    return written


def test_the_names_are_the_files() -> None:
    assert catalogue.names() == ["demo", "seed_ds2048", "seed_eff", "seed_ensemble", "smoke"]


@pytest.mark.parametrize("name", catalogue.names())
def test_each_preset_loads_complete(name: str) -> None:
    preset = catalogue.load(name)
    assert preset.name == name
    assert preset.members
    assert all(0 <= member.fold < preset.split.folds for member in preset.members)
    assert preset.preprocess.sharpness == 2.0
    assert preset.ensemble.threshold == 0.5


@pytest.mark.parametrize("name", ["demo", "smoke", "seed_ds2048", "seed_eff"])
def test_a_one_model_preset_has_a_member_for_each_fold(name: str) -> None:
    preset = catalogue.load(name)
    assert [member.fold for member in preset.members] == list(range(preset.split.folds))
    assert [member.name for member in preset.members] == [
        f"fold{fold}" for fold in range(preset.split.folds)
    ]
    assert preset.weights is None


def _assert_ds2048(train: TrainSettings) -> None:
    assert train.model.name == "unet3plus_ds_2048"
    assert (train.model.input_px, train.model.output_px) == (512, 2048)
    assert (train.batch_size, train.learning_rate) == (1, 1e-4)
    _assert_published(train)


def _assert_eff(train: TrainSettings) -> None:
    assert train.model.name == "unet3plus_ds_2048_eff"
    assert (train.model.input_px, train.model.output_px) == (1024, 2048)
    assert (train.batch_size, train.learning_rate) == (2, 5e-4)
    assert train.length == 13
    _assert_published(train)


def _assert_published(train: TrainSettings) -> None:
    assert train.model.filters == []  # the published ones
    assert train.augment == _RECIPE
    assert (train.unit, train.schedule, train.loss) == ("epochs", "constant", "bce_dice")
    assert (train.weight_decay, train.precision) == (1e-6, "float32")
    assert train.sizes_px == []


def test_seed_ds2048_has_the_reports_figures() -> None:
    preset = catalogue.load("seed_ds2048")
    assert preset.split.folds == 5
    for member in preset.members:
        _assert_ds2048(member.train)
        assert member.train.length == 31


def test_seed_eff_has_the_reports_figures() -> None:
    preset = catalogue.load("seed_eff")
    assert preset.split.folds == 5
    for member in preset.members:
        _assert_eff(member.train)


def test_seed_ensemble_is_the_reports_five_members() -> None:
    preset = catalogue.load("seed_ensemble")
    assert preset.split.folds == 5
    assert [member.fold for member in preset.members] == [0, 1, 2, 3, 0]
    assert [member.train.length for member in preset.members] == [33, 22, 69, 31, 13]
    assert preset.weights == [2.0, 1.0, 3.0, 4.0, 5.0]
    for member in preset.members[:4]:
        _assert_ds2048(member.train)
    _assert_eff(preset.members[4].train)


def test_smoke_repeats_exactly() -> None:
    preset = catalogue.load("smoke")
    for member in preset.members:
        assert (member.train.unit, member.train.threads) == ("steps", 1)
        assert (member.train.precision, member.train.device) == ("float32", "cpu")
    assert (preset.infer.threads, preset.infer.precision) == (1, "float32")


def test_demo_has_three_folds() -> None:
    assert catalogue.load("demo").split.folds == 3


def test_overrides_reach_every_member_and_leave_the_rest() -> None:
    changed = catalogue.load(
        "seed_ensemble", {"train": {"length": 2, "model": {"input_px": 256}}, "split": {"folds": 6}}
    )
    plain = catalogue.load("seed_ensemble")
    assert [member.train.length for member in changed.members] == [2] * 5
    assert [member.train.model.input_px for member in changed.members] == [256] * 5
    assert [member.train.model.name for member in changed.members] == [
        member.train.model.name for member in plain.members
    ]
    assert changed.split.folds == 6
    assert changed.weights == plain.weights


def test_more_folds_give_more_members() -> None:
    preset = catalogue.load("demo", {"split": {"folds": 4}})
    assert [member.name for member in preset.members] == ["fold0", "fold1", "fold2", "fold3"]


def test_a_file_of_ones_own_is_a_preset(write: Any) -> None:
    preset = catalogue.load(
        write(
            "split: {folds: 2}\n"
            "train: {length: 1e1, model: {name: unet, input_px: 64, output_px: 64}}\n"
            "members:\n- {fold: 1, train: {model: {output_px: 128}}}\n"
        )
    )
    assert preset.name == "mine"
    (member,) = preset.members
    assert (member.name, member.fold, member.weight) == ("fold1", 1, None)
    # The member's own entry replaces one key of the model, and no other.
    assert (member.train.model.name, member.train.model.input_px) == ("unet", 64)
    assert (member.train.model.output_px, member.train.length) == (128, 10)


def test_an_empty_file_is_the_defaults(write: Any) -> None:
    preset = catalogue.load(write(""))
    assert preset.members[0].train == TrainSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spilt: {folds: 2}", r"unknown key 'spilt'; did you mean split\?"),
        ("split: {fodls: 2}", r"split: unknown setting 'fodls'; did you mean folds\?"),
        ("train: {lenght: 2}", r"members\[0\]: train: unknown setting 'lenght'; did you mean len"),
        ("split: 3", "split: expected a mapping of settings, got 3"),
        ("- split", "expected a mapping of settings"),
        ("split: {folds: 2}}", "not YAML"),
        ("split: {folds: 2}\nsplit: {folds: 3}", "'split' stands twice"),
        ("members: []", "members: expected a list of members"),
        ("members: [3]", r"members\[0\]: expected a mapping, got 3"),
        ("members: [{name: a}]", r"members\[0\]: fold must be a whole number from 0 to 4"),
        ("members: [{fold: 5}]", r"fold must be a whole number from 0 to 4, got 5"),
        ("members: [{fold: true}]", "fold must be a whole number"),
        ("members: [{fold: 0, wieght: 1}]", r"unknown key 'wieght'; did you mean weight\?"),
        ("members: [{fold: 0, name: ../a}]", r"name '\.\./a' must be letters"),
        ("members: [{fold: 0, name: 7}]", "name 7 must be letters"),
        ("members: [{fold: 0, weight: -1}]", "weight must be 0 or more, got -1"),
        ("members: [{fold: 0, weight: .nan}]", "weight must be 0 or more, got nan"),
        (f"members: [{{fold: 0, weight: 1{'0' * 400}}}]", "weight must be 0 or more, got 1000"),
        ("members: [{fold: 0, weight: heavy}]", "weight must be 0 or more, got 'heavy'"),
        ("members: [{fold: 0, weight: 0}]", "every member's weight is 0"),
        ("members: [{fold: 0}, {fold: 0}]", "two members are named fold0"),
        ("members: [{fold: 0, weight: 1}, {fold: 1}]", "1 of 2 members have a weight"),
    ],
)
def test_a_wrong_file_is_refused_by_name(write: Any, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as refused:
        catalogue.load(write(text))
    assert "mine.yaml" in str(refused.value)


def test_a_file_that_is_no_text_or_far_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"split: {folds: 2} # \xff")
    with pytest.raises(BadInput, match=r"mine\.yaml: not text .*; save it as UTF-8"):
        catalogue.load(str(path))
    path.write_bytes(b"#" * 200_001)
    with pytest.raises(BadInput, match=r"mine\.yaml: 200001 bytes, more than 200000; give a"):
        catalogue.load(str(path))


def test_more_folds_than_anyone_trains_are_refused_before_their_members_are_made(
    write: Any,
) -> None:
    with pytest.raises(BadInput, match="folds must be 2 to 1000, got 3000000000"):
        catalogue.load(write("split: {folds: 3000000000}"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dmeo", r"dmeo: no such preset; did you mean demo\?"),
        ("xyz", "xyz: no such preset; there are demo, seed_ds2048"),
        ("nowhere/x.yaml", "no such preset file; there are demo"),
        ("../demo", "no such preset"),
    ],
)
def test_a_missing_preset_is_named_with_the_nearest(name: str, message: str) -> None:
    with pytest.raises(MissingInput, match=message):
        catalogue.load(name)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"trian": {}}, r"overrides: unknown key 'trian'; did you mean train\?"),
        ({"train": {"lenght": 1}}, r"unknown setting 'lenght'; did you mean length\?"),
        ({"infer": {"batch_size": 0}}, "batch_size must be at least 1, got 0"),
    ],
)
def test_a_wrong_override_is_named(overrides: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        catalogue.load("demo", overrides)
