"""The few numbers of an artifact that an overview of many runs shows."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from handseg import provenance
from handseg.plain_text import in_markdown

Numbers = dict[str, float]
_ORIGIN = ("commit", "image", "data", "folds", "settings_hash", "seed")


def of_folds(path: Path) -> Numbers:
    """Count a fold table's images, people and folds.

    Args:
        path: folds.csv.

    Returns:
        images, people, folds, and the images of the smallest and the largest fold.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    folds = [row["fold"] for row in rows]
    sizes = [folds.count(fold) for fold in set(folds)]
    return {
        "images": len(rows),
        "people": len({row["person"] for row in rows}),
        "folds": len(sizes),
        "smallest_fold": min(sizes),
        "largest_fold": max(sizes),
    }


def of_checkpoint(folder: Path) -> Numbers:
    """Say how well a member does, from its card.

    Args:
        folder: a checkpoint.

    Returns:
        steps, parameters, and once it was validated the mean Dice on its held-out fold and that
        of every bone, 0-1, by the bone's name.
    """
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    numbers: Numbers = {"steps": card["steps"], "parameters": card["parameters"]}
    if card["mean_dice"] is None:
        return numbers
    return {"mean_dice": card["mean_dice"], **numbers, **card["dice_per_class"]}


def of_origin(path: Path) -> dict[str, str]:
    """Say what an artifact was made by and from, from the record of its run.

    Args:
        path: the artifact, a folder or a file.

    Returns:
        commit, image, data, folds, settings_hash and seed, as far as the record has them, and the
        content hash of each parent as parent_NAME.

    Raises:
        BadInput: the record is missing or damaged.
    """
    record = provenance.read(path)
    parents = record.get("parents")
    named = parents if isinstance(parents, dict) else {}
    origin = {f"parent_{name}": str(content) for name, content in named.items()}
    known = {name: _text(record[name]) for name in _ORIGIN if name in record}
    return {**known, **origin}


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def of_end(*, state: str, error: str | None, facts: Mapping[str, str]) -> str:
    """Say how a pipeline's run ended.

    Args:
        state: SUCCEEDED, FAILED or CANCELLED.
        error: what went wrong, as far as the pipeline knows.
        facts: what else is known of it, with the id as `run`; empty ones are left out.

    Returns:
        Markdown: a line, a table, and where it did not succeed the next steps.
    """
    rows = [f"| {name} | {_code(value)} |" for name, value in facts.items() if value]
    lines = [f"# Run {state.lower()}", "", "| | |", "|---|---|", *rows]
    if state != "SUCCEEDED":
        lines += [
            "",
            in_markdown(error or "The failing task's log says why."),
            "",
            f"Logs, while the pods last: `kubectl logs -l pipeline/runid={facts['run']} -c main "
            "--prefix --tail 50`. Submitted again, trainings go on where they kept their states.",
        ]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """A cell of a table of Markdown that nothing in it can end."""
    return "`{}`".format(text.replace("`", "'").replace("|", "\\|").replace("\n", " "))


def of_confusion(path: Path) -> tuple[list[str], list[list[int]]]:
    """Read which bones were taken for which, as `report` counted it.

    Args:
        path: its JSON file.

    Returns:
        The bones' names, and pixels by true bone (row) and predicted bone (column).
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    return found["categories"], found["matrix"]
