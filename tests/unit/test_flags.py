from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handseg import flags
from handseg.errors import BadInput
from handseg.settings import SplitSettings, TrainSettings
from handseg.storage.location import Location
from handseg.terminal import LogSettings


def stage(
    *,
    cache: Location,
    fold: int = 0,
    oof: Location | None = None,
    stores: list[Location] | None = None,
    weights: list[float] | None = None,
    part: Literal["test", "oof"] = "test",
    json: bool = False,
    settings: TrainSettings = TrainSettings(),  # noqa: B008 - frozen
    split: Annotated[Mapping[str, Any] | None, SplitSettings] = None,
) -> None:
    """Stand for a stage.

    Longer words.

    Args:
        cache: Where the image cache is.
        fold: The held-out fold, from 0.
        oof: Where the out-of-fold store goes.
        stores: Probability stores.
        weights: One for each store.
        part: Whose predictions.
        json: Answer in JSON.
        settings: How to train.
        split: Replaces settings of split.
    """


def parse(*words: str) -> dict[str, Any]:
    return flags.parse("stage", stage, (), ["--cache", "c", *words])[0]


def test_what_is_not_given_is_left_to_the_function() -> None:
    assert parse() == {"cache": Location("c")}


def test_locations_lists_and_switches_are_read() -> None:
    given_values = parse(
        "--stores", "a", "b", "s3://bucket/c", "--weights", "2", "1e-1", "--json", "--oof", "o"
    )
    assert given_values["stores"] == [Location("a"), Location("b"), Location("s3://bucket/c")]
    assert given_values["weights"] == [2, 0.1]
    assert given_values["json"] is True
    assert given_values["oof"] == Location("o")


def test_a_list_may_also_be_one_yaml_word() -> None:
    assert parse("--weights=[2, 1]")["weights"] == [2, 1]
    assert parse("--weights", "[2, 1]")["weights"] == [2, 1]


def test_a_negative_number_is_a_value_and_no_flag() -> None:
    assert parse("--weights", "-2", "-.5", "--fold", "1")["weights"] == [-2, -0.5]


def test_a_path_with_blanks_and_commas_stays_one_path() -> None:
    assert parse("--stores", "a, b", "c d")["stores"] == [Location("a, b"), Location("c d")]


def test_a_place_without_a_flag_may_follow_a_switch() -> None:
    words = ["--json", "data", "--fold", "2"]
    assert flags.parse("stage", stage, ("cache",), words)[0] == {
        "cache": Location("data"),
        "json": True,
        "fold": 2,
    }


@pytest.mark.parametrize("word", ["false", "no", "off", "False"])
def test_a_switch_can_be_turned_off(word: str) -> None:
    assert parse("--settings.prior_bias", word)["settings"].prior_bias is False


def test_one_setting_is_set_and_the_others_keep_their_defaults() -> None:
    settings = parse("--settings.learning_rate", "3e-4", "--settings.model.filters", "8", "16")
    default = asdict(TrainSettings())
    default["learning_rate"], default["model"]["filters"] = 3e-4, [8, 16]
    assert asdict(settings["settings"]) == default


@given(st.sampled_from(["--settings.batch_size", "--settings.batch-size", "--settings.Batch"]))
def test_dashes_and_underscores_are_alike(flag: str) -> None:
    if "Batch" in flag:
        with pytest.raises(BadInput, match="unknown flag"):
            parse(flag, "4")
    else:
        assert parse(flag, "4")["settings"].batch_size == 4


@pytest.mark.parametrize("words", [["--fold", "3.0"], ["--fold=3."], ["--fold", "3"]])
def test_a_whole_float_passes_for_an_int(words: list[str]) -> None:
    fold = parse(*words)["fold"]
    assert fold == 3
    assert type(fold) is int


def test_an_override_holds_only_what_was_given() -> None:
    assert parse("--split.folds", "3.0")["split"] == {"folds": 3}


def test_a_yaml_file_gives_settings_and_flags_replace_them(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("learning_rate: 1e-3\nbatch_size: 2.0\nmodel:\n  filters: [8, 16]\n")
    settings = parse("--settings", str(file), "--settings.batch_size", "8")["settings"]
    assert settings.learning_rate == 1e-3
    assert settings.batch_size == 8
    assert settings.model.filters == [8, 16]


def test_a_yaml_file_gives_every_argument(tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text("fold: 2.0\nstores: [a, b]\npart: oof\nsettings:\n  length: 3\n")
    found = parse("--config", str(file))
    assert found.pop("settings").length == 3
    assert found == {
        "cache": Location("c"),
        "fold": 2,
        "stores": [Location("a"), Location("b")],
        "part": "oof",
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--settings.lerning_rate", "1"], r"did you mean --settings\.learning_rate\?"),
        (["--settings.ema", "3"], r"settings: ema must be at least 0 and below 1, got 3\.0"),
        (["--settings.unit", "hours"], r"--settings\.unit: expected .*'epochs'.*got hours"),
        (["--settings", "nowhere.yaml"], r"Unable to load config 'nowhere\.yaml'"),
        (["--oof", "http://example.org/a"], "only local paths and s3://"),
        (["--stores"], "--stores"),
        (["--weights", "heavy"], "--weights"),
        (["--fold"], "--fold"),
        (["--part", "train"], "--part"),
    ],
)
def test_what_cannot_be_right_is_named(words: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse(*words)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("settings:\n  batch_sise: 2\n", "batch_sise"),
        ("flod: 2\n", "flod"),
        ("fold: 2\nfold: 3\n", "stands twice"),
        ("settings: {}}\n", "parsing"),
        ("fold: 2.5\n", "--fold: expected int"),
    ],
)
def test_a_wrong_yaml_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(BadInput, match=message):
        parse("--config", str(file))


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(BadInput, match="required: cache"):
        flags.parse("stage", stage, (), [])


def test_help_has_the_words_of_docstrings_units_and_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        flags.parse("stage", stage, (), ["--help"])
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Longer words." in text
    assert "The held-out fold, from 0. (type: int, default: 0)" in text
    assert "--settings.checkpoint_minutes CHECKPOINT_MINUTES Minutes between" in text
    assert "default: 0.0001" in text


def test_help_claims_no_default_for_an_override(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        flags.parse("stage", stage, (), ["--help"])
    text = " ".join(capsys.readouterr().out.split())
    _, _, override = text.partition("--split.folds")
    assert "(type: int)" in override
    assert "default" not in override


def test_how_to_log_is_handed_back() -> None:
    words = ["--cache", "c", "--log-level", "debug", "--log-format", "json"]
    assert flags.parse("stage", stage, (), ["--cache", "c"])[1] == LogSettings()
    assert flags.parse("stage", stage, (), words)[1] == LogSettings("debug", "json")


def test_settings_are_printed_as_they_were_understood(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--cache", "c", "--settings.batch_size", "8", "--print_config"]
    with pytest.raises(SystemExit) as end:
        flags.parse("stage", stage, (), words)
    assert end.value.code == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["settings"]["batch_size"] == 8
    assert printed["settings"]["learning_rate"] == 1e-4
