from dataclasses import replace

from handseg import bones
from handseg.findings.finding import Finding
from handseg.settings import TrainSettings
from handseg.training import model_card
from handseg.training.checkpoint import Card, Measurement, WarmStart
from handseg.training.identity import Change

CARD = Card(
    name="fold0",
    fold=0,
    train=TrainSettings(),
    cache="c" * 64,
    folds="f" * 64,
    prior=[0.01] * bones.COUNT,
    steps=1000,
    parameters=27_571_516,
    device="cpu, float32",
    best_step=900,
    mean_dice=0.95,
    dice_per_class=dict.fromkeys(bones.NAMES, 0.95) | {"Pisiform": 0.81},
    seen={"0123456789abcdef": ["p0"]},
)


def test_a_card_says_what_a_stranger_must_know() -> None:
    text = model_card.text(CARD)
    for words in (
        "# fold0", "29 bones of the hand", "not a medical device", "Mean Dice **0.9500**",
        "Worst: Pisiform 0.8100", "| Ulna | 0.9500 |", "1 person outside fold 0",
        "27,571,516 parameters", "512 px in and 2048 px out", "step 900", "seed 0",
    ):  # fmt: skip
        assert words in text, words


def test_it_names_nobody_and_does_not_change() -> None:
    assert "0123456789abcdef" not in model_card.text(CARD)
    assert model_card.text(CARD) == model_card.text(replace(CARD))


def test_warnings_changes_and_what_it_began_with_are_told() -> None:
    start = WarmStart(
        member="older", checkpoint="x", values=1, of_values=2, allow_seen=False,
        seen_and_held_out=[],
    )  # fmt: skip
    found = Finding(name="over-training", about="member fold0", detail="it fell")
    change = Change(step=7, setting="learning_rate", was="0.1", now="0.01")
    text = model_card.text(replace(CARD, warm_start=start, findings=[found], changes=[change]))
    assert "weights of older" in text
    assert "Warned of over-training: the training images were still" in text
    assert "the weights are of step 900. learning_rate was 0.1 until step 7, and is 0.01" in text


def test_a_member_without_validation_claims_nothing() -> None:
    assert "It was not validated." in model_card.text(
        replace(CARD, mean_dice=None, dice_per_class={})
    )


def test_a_name_is_text_to_markdown() -> None:
    text = model_card.text(replace(CARD, name="<img src=x> *a*"))
    assert text.startswith("# &lt;img src=x> \\*a\\*\n")


def test_what_was_found_in_predictions_of_the_weights_kept_is_told() -> None:
    def line(step: int, images: int) -> Measurement:
        found = {"finger confusion": images}
        return Measurement(
            step=step, epoch=1, loss=0.5, learning_rate=1e-4, input_px=64, found=found
        )

    text = model_card.text(replace(CARD, history=[line(900, 12), line(1000, 3)]))
    assert "Warned of finger confusion in 12 of the images held out: bones of two fingers" in text
