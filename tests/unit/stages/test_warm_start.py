import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from handseg.errors import BadInput
from handseg.settings import ModelSettings
from handseg.storage import sums
from handseg.training import checkpoint
from tests.drawing import write_tiny_dataset
from tests.unit.stages.tiny_training import SETTINGS, make_data, prepare_data, run

STILL = replace(SETTINGS, length=1, learning_rate=1e-12, ema=0.0)
"""One step that changes no weight that counts."""
DEEPER = ModelSettings(name="unet", filters=[4, 8, 12, 16], input_px=32, output_px=32)
OTHER_KIND = ModelSettings(name="unet3plus_ds", filters=[4, 4, 4], input_px=32, output_px=32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people in two folds, and a member of each fold."""
    root = make_data(tmp_path_factory.mktemp("made"))
    for fold in (0, 1):
        run(root, root / f"fold-{fold}", fold=fold)
    return root


def forget_whom_it_saw(folder: Path) -> None:
    """Make a card as earlier versions wrote it."""
    path = folder / checkpoint.CARD
    values = json.loads(path.read_text(encoding="utf-8"))
    for key in ("seen", "warm_start", "findings"):
        del values[key]
    path.write_text(json.dumps(values), encoding="utf-8")
    sums.write_sums(folder)


def test_a_member_begins_with_the_weights_of_the_checkpoint(made: Path, tmp_path: Path) -> None:
    run(made, tmp_path / "warm", STILL, warm_start=made / "fold-0")
    before = load_file(made / "fold-0" / checkpoint.MODEL)
    after = load_file(tmp_path / "warm" / checkpoint.MODEL)
    for name, tensor in before.items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(after[name], tensor, atol=1e-6, rtol=0)
    started = checkpoint.load_card(tmp_path / "warm").warm_start
    assert started is not None
    assert (started.member, started.values) == ("fold-0", started.of_values)
    assert (started.allow_seen, started.seen_and_held_out) == (False, [])


def test_a_table_says_what_matched_and_why_the_rest_did_not(
    made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "handseg"):
        run(made, tmp_path / "deeper", replace(STILL, model=DEEPER), warm_start=made / "fold-0")
    assert "weights of fold-0 (unet):" in caplog.text
    assert "modules," in caplog.text and "not taken: " in caplog.text
    started = checkpoint.load_card(tmp_path / "deeper").warm_start
    assert started is not None and 0 < started.values < started.of_values


def test_a_checkpoint_of_which_nothing_matches_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing of its unet matches"):
        run(made, tmp_path / "o", replace(STILL, model=OTHER_KIND), warm_start=made / "fold-0")


def test_a_checkpoint_that_saw_the_held_out_people_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"member fold-1 .*has seen 2 of the 2 people held out now"):
        run(made, tmp_path / "leak", STILL, warm_start=made / "fold-1")
    assert not (tmp_path / "leak").exists()


def test_an_override_stands_in_the_card_and_in_the_log(
    made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(made, tmp_path / "leak", STILL, warm_start=made / "fold-1", allow_seen=True)
    card = checkpoint.load_card(tmp_path / "leak")
    assert card.warm_start is not None and card.warm_start.allow_seen
    assert len(card.warm_start.seen_and_held_out) == 2
    leaks = [str(found) for found in card.findings if found.name == "leaking folds"]
    assert len(leaks) == 2 and "was seen by the checkpoint" in leaks[0]
    assert "leaking folds" in caplog.text
    with pytest.raises(BadInput, match="has seen"):
        run(made, tmp_path / "again", STILL, warm_start=tmp_path / "leak")


def test_what_a_checkpoint_came_from_counts_too(made: Path, tmp_path: Path) -> None:
    # fold-1 trained on the people of fold 0; what begins with it holds fold 1 out, as it did, and
    # what begins with that may not hold out fold 0, though its own training never had it
    run(made, tmp_path / "second", STILL, fold=1, warm_start=made / "fold-1")
    with pytest.raises(BadInput, match="member second"):
        run(made, tmp_path / "third", STILL, fold=0, warm_start=tmp_path / "second")


def test_the_fold_table_speaks_for_a_card_that_does_not(made: Path, tmp_path: Path) -> None:
    run(made, tmp_path / "old", STILL)
    forget_whom_it_saw(tmp_path / "old")
    run(made, tmp_path / "warm", STILL, warm_start=tmp_path / "old")
    with pytest.raises(BadInput, match=r"same id"):
        run(made, tmp_path / "leak", STILL, fold=1, warm_start=tmp_path / "old")


def test_a_card_of_another_fold_table_that_says_nothing_is_refused(
    made: Path, tmp_path: Path
) -> None:
    other = make_data(tmp_path / "other", people=6, seed=2)
    run(other, tmp_path / "old", STILL)
    forget_whom_it_saw(tmp_path / "old")
    with pytest.raises(BadInput, match="does not say whom it was trained on"):
        run(made, tmp_path / "warm", STILL, warm_start=tmp_path / "old")
    run(made, tmp_path / "warm", STILL, warm_start=tmp_path / "old", allow_seen=True)


def test_allow_seen_needs_a_checkpoint(made: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="allow_seen says something of warm_start alone"):
        run(made, tmp_path / "m", STILL, allow_seen=True)


def test_a_member_begun_otherwise_is_another_one(made: Path, tmp_path: Path) -> None:
    run(made, tmp_path / "m", STILL)
    with pytest.raises(BadInput, match=r"parents\.warm_start: \(none\) -> "):
        run(made, tmp_path / "m", STILL, warm_start=made / "fold-0")


def test_an_image_saved_anew_under_another_person_is_a_leak(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_tiny_dataset(tmp_path / "data", people=4, size=(40, 48), seed=4)
    truths = sorted((tmp_path / "data").rglob("*.json"))
    truths[-1].write_bytes(truths[0].read_bytes())
    run(prepare_data(tmp_path), tmp_path / "m", STILL)
    assert "m: leaking folds: person ID00" in caplog.text
    findings = checkpoint.load_card(tmp_path / "m").findings
    (leak,) = [found for found in findings if found.name == "leaking folds"]
    assert "with the same annotation is trained on" in leak.detail


def test_what_is_found_in_held_out_images_stands_in_the_history(
    made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(made, tmp_path / "m", SETTINGS)
    card = checkpoint.load_card(tmp_path / "m")
    assert all(line.train_dice is not None for line in card.history)
    # octagons on a grid are no hand: each of the 4 held-out images has its bones out of order
    assert "m: left and right: " in caplog.text
    assert any(found.name == "left and right" for found in card.findings)
