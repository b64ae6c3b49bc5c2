"""Artifacts held against each other: what each was made from, and what a run says that it made."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from handseg.commands.verify_alone import ABSENT, Checked, Difference
from handseg.inference.shard import KEY
from handseg.storage.sums import Fingerprint

RUN = "run"
_MADE_BY = {
    "cache": "preprocess",
    "checkpoint": "train",
    "choice": "select",
    "folds": "split",
    "member": "train",
    "predictions": "ensemble",
    "store": "infer",
    "submission": "ensemble",
    "voter": "infer",
}
"""The stage that makes each kind of parent. A checkpoint that a training began with may lie
anywhere, and raw data are no artifact."""
_NUMBER = re.compile(r"_\d+$")


def between(checked: Sequence[Checked]) -> dict[str, list[Difference]]:
    """Compare artifacts of one folder, by what their sums say that they are.

    What is missing altogether, such as a cache that was removed to save space, is no difference;
    a run's record lists all that it made, and misses it.

    Returns:
        Differences by the name of the artifact where they were found.
    """
    found: dict[str, list[Difference]] = {one.name: [] for one in checked}
    for run in checked:
        if run.stage == RUN:
            for name, difference in _made(run, checked):
                found[name].append(difference)
    for one in checked:
        found[one.name] += [
            *_parents(one, checked), *_origin(one, checked), *_shards(one, checked)
        ]  # fmt: skip
    return found


def _parents(one: Checked, checked: Sequence[Checked]) -> Iterator[Difference]:
    # What cannot be read may be the parent: it is named already, and its children are not.
    if not all(other.stamp for other in checked):
        return
    unread = {other.content for other in checked if not other.stage}
    for parent, recorded in sorted(one.parents.items()):
        stage = _MADE_BY.get(_NUMBER.sub("", parent))
        there = {other.content: other.name for other in checked if other.stage == stage}
        if there and str(recorded) not in there.keys() | unread:
            yield _in_record(one, f"parents.{parent}", [str(recorded)], there)


def _origin(one: Checked, checked: Sequence[Checked]) -> Iterator[Difference]:
    """Whether it goes back to the raw data and the fold table of what lies here."""
    data = {
        str(other.parents["data"]): other.name
        for other in checked
        if other.stage in (RUN, "preprocess") and "data" in other.parents
    }
    tables = {other.content: other.name for other in checked if other.stage == "split"}
    # A fold table knows the training part alone.
    for entry, known in (("data", {} if one.stage == "split" else data), ("folds", tables)):
        strange = [text for text in one.texts(entry) if text not in known]
        if known and strange:
            yield _in_record(one, entry, strange, known)


def _in_record(
    one: Checked, what: str, recorded: Sequence[str], there: Mapping[str, str]
) -> Difference:
    names = ", ".join(sorted(set(there.values())))
    return Difference(
        file=one.found.record,
        what=what,
        found=" ".join(recorded),
        expected=" or ".join(sorted(there)),
        remedy=f"it was not made from {names}: put back what it was made from, or make it again",
    )


def _shards(one: Checked, checked: Iterable[Checked]) -> Iterator[Difference]:
    """Whether the shards that lie here are those that were merged."""
    merged = one.texts("shards")
    for other in checked:
        share = str(other.settings.get(KEY, ""))
        number, _, count = share.partition("/")
        if count != str(len(merged)) or not _is_shard_of(other, one):
            continue
        if other.content != merged[int(number) - 1]:
            yield Difference(
                file=other.found.location.uri,
                what="content hash",
                found=other.content,
                expected=merged[int(number) - 1],
                remedy=f"{one.name} was merged from another shard {share}: merge again",
            )


def _is_shard_of(shard: Checked, whole: Checked) -> bool:
    settings = {key: value for key, value in shard.settings.items() if key != KEY}
    alike = (shard.stage, shard.parents, settings) == (whole.stage, whole.parents, whole.settings)
    return alike and KEY not in whole.settings


def _made(run: Checked, checked: Sequence[Checked]) -> Iterator[tuple[str, Difference]]:
    """What a run's record says that it made, by name, where that is not what lies here."""
    folder = run.name.rpartition("/")[0]
    there = {one.name: one for one in checked}
    for short, recorded in sorted(run.mapping("artifacts").items()):
        name = f"{folder}/{short}" if folder else short
        if name in there:
            differences = _of_made(there[name], recorded, run)
            yield from ((name, difference) for difference in differences)
            continue
        yield (
            run.name,
            Difference(
                file=str(run.found.location.sibling(short)),
                what="artifact",
                found=ABSENT,
                expected=_stamp(recorded).content,
                remedy=f"{run.name} lists it: put it back, or run again",
            ),
        )


def _of_made(one: Checked, recorded: Any, run: Checked) -> Iterator[Difference]:
    wanted = _stamp(recorded)
    if one.stamp is None or one.stamp == wanted:
        return
    is_content = one.stamp.content != wanted.content
    found, expected = (
        (one.stamp.content, wanted.content) if is_content else (one.stamp.record, wanted.record)
    )
    yield Difference(
        file=one.found.location.uri if is_content else one.found.record,
        what="content hash" if is_content else "SHA-256",
        found=found or ABSENT,
        expected=expected or ABSENT,
        remedy=f"{run.name} lists another: put that back, or run again",
    )


def _stamp(recorded: Any) -> Fingerprint:
    values = recorded if isinstance(recorded, Mapping) else {}
    return Fingerprint(str(values.get("content", "")), str(values.get("record", "")))
