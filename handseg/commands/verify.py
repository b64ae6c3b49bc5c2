"""`handseg verify`: every hash of a run computed again, and the first that differs by name."""

from collections.abc import Sequence
from dataclasses import asdict
from json import dumps

from handseg import progress
from handseg.commands import verify_alone, verify_chain, verify_data, verify_places
from handseg.commands.verify_alone import Checked, Difference
from handseg.errors import BadInput
from handseg.storage.location import Location

_STAGES = ("split", "eda", "preprocess", "train", "infer", "select", "ensemble", "report")
_DATA = "data"
_Rows = list[tuple[str, list[Difference]]]


def verify(run: Location, *, data: Location | None = None, json: bool = False) -> int:
    """Compute every hash of a run again, and name the first that differs.

    Of each artifact: its files against their SHA-256, files that are not listed, and its run.json
    (every entry there, the settings' hash). Of all together: what each was made from, down to the
    raw data's hash; and what RUN/run.json says that the run made.

    Args:
        run: Folder of a run, of an experiment or of several runs, or a single artifact; under s3://
            it is downloaded, one artifact at a time.
        data: Raw data that it was made from; each image and annotation that changed since is named.
        json: Print one JSON object instead of a line for each artifact.

    Returns:
        0, or 2 where something differs.

    Raises:
        BadInput: nothing there was made by handseg, or `data` cannot be compared with it.
        MissingInput: a path does not exist.
    """
    found = verify_places.find(run)
    tracked = progress.track(map(verify_alone.check, found), description="verify", total=len(found))
    checked = sorted(tracked, key=_order)
    rows: _Rows = [] if data is None else [(_DATA, verify_data.against(data, checked))]
    is_alone = [one.location for one in found] == [run]
    between = {} if is_alone else verify_chain.between(checked)
    kept = verify_data.kept(checked)
    for one in checked:
        more = [*kept.get(one.name, []), *between.get(one.name, [])]
        rows.append((one.name, [*one.differences, *more]))
    _print(rows, checked, json=json)
    return BadInput.exit_code if any(differences for _, differences in rows) else 0


def _order(one: Checked) -> tuple[int, str]:
    """What was made first comes first."""
    rank = _STAGES.index(one.stage) if one.stage in _STAGES else len(_STAGES)
    return rank + (one.stage == verify_chain.RUN), one.name


def _print(rows: _Rows, checked: Sequence[Checked], *, json: bool) -> None:
    differing = [(name, differences) for name, differences in rows if differences]
    first = differing[0][1][0] if differing else None
    if json:
        stages = {one.name: one.stage for one in checked}
        contents = {one.name: one.content for one in checked}
        answer = {
            "ok": first is None,
            "first": first and asdict(first),
            "artifacts": [
                {
                    "name": name,
                    "stage": stages.get(name, ""),
                    "content": contents.get(name, ""),
                    "differences": [asdict(one) for one in differences],
                }
                for name, differences in rows
            ],
        }
        print(dumps(answer, indent=1))
        return
    for name, differences in rows:
        for one in differences:
            print(f"differs  {name}: {one}")
        if not differences:
            print(f"ok       {name}")
    if first is None:
        print(f"{len(rows)} verified, all as they were made")
    else:
        print(f"{len(differing)} of {len(rows)} differ; the first is {first}")
