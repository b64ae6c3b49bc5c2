"""What a trained member is for and how good it is, in words: README.md of its checkpoint folder."""

from handseg import bones
from handseg.findings.finding import IN_IMAGES, MEANING, Name
from handseg.plain_text import in_markdown
from handseg.training.checkpoint import Card

FILE_NAME = "README.md"
_LEAST = 5
"""Bones that are named as the worst."""
_PURPOSE = (
    "Segments the {count} {kind} in X-rays: a probability for each pixel and bone, several bones "
    "at once where they overlap. Made for research and for competitions. **It is not a medical "
    "device: do not diagnose, plan or treat by it.**"
)
_USE = """    handseg infer --checkpoint THIS_FOLDER --cache CACHE --part test --out STORE

Weights are in `model.safetensors` (`last.safetensors`: of the last step); `card.json` has all of
this and every setting, `run.json` what made it."""
_LIMITS = (
    "Trained on the images of one data set, prepared as below; on images of other devices, ages, "
    "poses or quality it may fail without a sign of it, and its probabilities are not calibrated.",
    "Fractures, metal, bandages and missing or additional bones are found as far as the data set "
    "had them.",
    "Dice is of people that the member never saw, but of the same data set; where several "
    "validations chose the step that was kept, it is slightly optimistic.",
)


def text(card: Card) -> str:
    """Write the card.

    Args:
        card: of the member; nothing of it names a person.

    Returns:
        Markdown, the same for the same card.
    """
    kind = "bones of the hand" if bones.IS_HAND else "bones"
    parts = [
        f"# {in_markdown(card.name)}",
        _PURPOSE.format(count=len(card.classes), kind=kind),
        f"## How good it is\n\n{_quality(card)}",
        f"## What it was trained on\n\n{_data(card)}",
        f"## How\n\n{_training(card)}",
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in (*_LIMITS, *_warned(card))),
        f"## Use\n\n{_USE}",
    ]
    return "\n\n".join(parts) + "\n"


def _quality(card: Card) -> str:
    if card.mean_dice is None or not card.dice_per_class:
        return "It was not validated."
    ordered = sorted(card.dice_per_class.items(), key=lambda item: item[1])
    worst = ", ".join(f"{name} {dice:.4f}" for name, dice in ordered[:_LEAST])
    rows = "\n".join(f"| {name} | {dice:.4f} |" for name, dice in card.dice_per_class.items())
    return (
        f"Mean Dice **{card.mean_dice:.4f}** on the people of fold {card.fold}, whom it never saw, "
        f"at full size. Worst: {worst}.\n\n| bone | Dice |\n|---|---:|\n{rows}"
    )


def _data(card: Card) -> str:
    people = f"{len(card.seen)} {'person' if len(card.seen) == 1 else 'people'}"
    start = ""
    if card.warm_start is not None:
        member = in_markdown(card.warm_start.member)
        start = f" It began with weights of {member}, whose people count as seen."
    return (
        f"{people} outside fold {card.fold}; image cache `{card.cache[:12]}`, fold table "
        f"`{card.folds[:12]}`.{start}"
    )


def _training(card: Card) -> str:
    settings = card.train
    model = settings.model
    changes = "".join(f" {change}." for change in card.changes)
    return (
        f"{model.name}, {card.parameters:,} parameters, {model.input_px} px in and "
        f"{model.output_px} px out; {card.steps:,} steps of {settings.batch_size}, loss "
        f"{settings.loss}, seed {settings.seed}, on {card.device}; the weights are of step "
        f"{card.best_step:,}.{changes}"
    )


def _warned(card: Card) -> list[str]:
    """What was warned of, of the data and the course and in predictions of the weights kept."""
    kept = next((line.found for line in card.history if line.step == card.best_step), {})
    where: dict[Name, str] = {finding.name: "" for finding in card.findings}
    for name in IN_IMAGES:
        if name in kept:
            where[name] = f" in {kept[name]} of the images held out"
    return [f"Warned of {name}{where[name]}: {MEANING[name]}." for name in sorted(where)]
