"""The networks there are."""

from dataclasses import asdict
from json import dumps

from handseg.models import catalogue


def models(*, json: bool = False) -> int:
    """List the networks with their parameters and sides as published, and their encoders.

    The first encoder is the published one, which is counted; `--settings.model.encoder` of `train`
    takes the others.

    Args:
        json: Print JSON instead of a table.

    Returns:
        0.
    """
    entries = catalogue.describe()
    if json:
        print(dumps([asdict(entry) for entry in entries], indent=1))
        return 0
    width = max(len(entry.name) for entry in entries)
    print(f"{'name':<{width}}  {'parameters':>10}  {'input px':>8}  {'output px':>9}  encoders")
    for entry in entries:
        row = (
            f"{entry.name:<{width}}  {entry.parameters:>10,}  {entry.input_px:>8}  "
            f"{entry.output_px:>9}  {', '.join(entry.encoders)}"
        )
        print(row.rstrip())
    return 0
