"""Rows of trainings called again: from nothing, otherwise than before, and twice at once."""

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg import bones
from tests.faults.bucket import Bucket
from tests.faults.command import handseg, start, until, wait
from tests.faults.training import ENDLESS, contents, states, words


@pytest.mark.fault(9)
def test_row_09_a_training_that_was_never_begun_is_not_resumed(
    done: Path, tmp_path: Path, bucket: Bucket, told: Callable[[str], None]
) -> None:
    out, state = tmp_path / "new" / "member", tmp_path / "new" / "member.partial"
    here = handseg(*words(done, out, "--resume"))
    here.must(2, f"{state}: holds no training to go on with", "correct --state or --out")
    prefix = f"s3://{bucket.name}/states/typo"
    afar = handseg(*words(done, out, "--resume", "--state", prefix), variables=bucket.variables)
    afar.must(2, f"{prefix}: holds no training to go on with")
    assert not list(tmp_path.iterdir()) and not bucket.objects()
    told(
        "`handseg train --resume` without a state in OUT.partial, and with a mistyped --state "
        "s3://...: exit 2, the path is named, nothing is begun or left"
    )


@pytest.mark.fault(9)
def test_row_09_an_empty_state_and_a_path_after_the_switch_are_refused(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    out, empty = tmp_path / "member", tmp_path / "empty"
    empty.mkdir()
    ended = handseg(*words(done, out, "--state", empty, "--resume", "true"))
    ended.must(2, f"{empty}: holds no training to go on with")
    handseg(*words(done, out, "--resume", empty)).must(2, empty, "see handseg train --help")
    assert list(tmp_path.iterdir()) == [empty] and not list(empty.iterdir())
    told("an empty folder as --state, and `--resume PATH`: exit 2, likewise")


@pytest.fixture(scope="module")
def first_step(done: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a training that ended after its first step."""
    out = tmp_path_factory.mktemp("begun") / "member"
    handseg(*words(done, out, "--limit-minutes", 1e-6)).must(4)
    return out.with_name("member.partial")


@pytest.fixture
def begun(first_step: Path, tmp_path: Path) -> Path:
    """A member whose training has such a state beside it."""
    shutil.copytree(first_step, tmp_path / "member.partial")
    return tmp_path / "member"


@pytest.mark.fault(10)
def test_row_10_other_settings_fold_or_data_are_refused_with_the_difference(
    hands: Path, done: Path, begun: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    state, other = begun.with_name("member.partial"), tmp_path / "other"
    before, otherwise = contents(state), f"{state} holds a training begun otherwise"
    rate = handseg(*words(done, begun, settings={"learning_rate": 1e-3}))
    rate.must(2, otherwise, "settings.learning_rate: was 0.0001, now 0.001", "--allow-changes")
    seed = handseg(*words(done, begun, "--allow-changes", settings={"seed": 3}))
    seed.must(2, "settings.seed: was 0, now 3); settings.seed cannot change on the way")
    fold = handseg(*words(done, begun, "--allow-changes", "--fold", 1))
    fold.must(2, otherwise, "fold: was 0, now 1); fold cannot change on the way")
    other.mkdir()
    for path in done.glob("folds.csv*"):
        shutil.copy(path, other)
    made = ("--folds", other / "folds.csv", "--out", other / "cache", "--settings.sharpness", 1)
    handseg("preprocess", "--data", hands, *made).must(0)
    data = handseg(*words(other, begun, "--allow-changes"))
    data.must(2, otherwise, "cache: was", "); cache cannot change on the way")
    assert contents(state) == before and not begun.exists()
    told(
        "a stopped training called again with another learning_rate, seed, fold or image cache: "
        "exit 2 with the value before and now; the state is untouched"
    )


@pytest.mark.fault(10)
def test_row_10_another_class_list_is_refused(
    done: Path, begun: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    swapped = [*bones.NAMES[:-2], *reversed(bones.NAMES[-2:])]
    bone_list = tmp_path / "bones.yaml"
    bone_list.write_text(f"names: [{', '.join(swapped)}]\n", encoding="utf-8")
    command = words(done, begun, "--allow-changes")
    ended = handseg(*command, variables={"HANDSEG_BONES": str(bone_list)})
    ended.must(2, "classes: was finger-1,", ",Radius,Ulna, now finger-1,", ",Ulna,Radius)")
    ended.must(2, "classes cannot change on the way")
    told("with another class list: exit 2, both lists are printed")


@pytest.mark.fault(10)
def test_row_10_an_allowed_change_is_recorded(
    done: Path, begun: Path, told: Callable[[str], None]
) -> None:
    changed = {"learning_rate": 1e-3, "workers": 1}
    ended = handseg(*words(done, begun, "--allow-changes", settings=changed))
    ended.must(0, "learning_rate was 0.0001 until step 1, and is 0.001 since")
    recorded = [
        {"step": 1, "setting": "learning_rate", "was": "0.0001", "now": "0.001"},
        {"step": 1, "setting": "workers", "was": "0", "now": "1"},
    ]
    for name in ("card.json", "run.json"):
        assert json.loads((begun / name).read_text(encoding="utf-8"))["changes"] == recorded
    told(
        "with --allow-changes it goes on with another learning_rate (and without it with another "
        "device, workers or threads); card.json and run.json say what changed at which step"
    )


@pytest.mark.fault(12)
def test_row_12_a_second_training_into_the_same_folder_is_refused(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    out, state = tmp_path / "member", tmp_path / "member.partial"
    command = words(done, out, settings=ENDLESS)
    first = start(*command)
    until(lambda: bool(states(state)), first)
    refused = handseg(*command)
    refused.must(2, f"{state}: process {first.pid} on", "is writing it since", "wait for it")
    assert first.poll() is None
    first.kill()
    wait(first)
    third = start(*command)
    before = states(state)
    until(lambda: states(state)[-1:] > before[-1:], third)
    third.send_signal(signal.SIGTERM)
    wait(third).must(143, "resumed at step", "which was saved")
    told(
        "two `handseg train` of the same --out at once: the second ends with exit 2 and names the "
        "first's process; the first killed, a third goes on from its state at once"
    )


@pytest.mark.fault(12)
def test_row_12_a_second_training_of_the_same_prefix_is_refused(
    done: Path, tmp_path: Path, bucket: Bucket, told: Callable[[str], None]
) -> None:
    prefix = f"s3://{bucket.name}/states/member"
    first = start(
        *words(done, tmp_path / "one", "--state", prefix, settings=ENDLESS),
        variables=bucket.variables,
    )
    until(lambda: "states/member/SHA256SUMS" in bucket.objects(), first)
    second = words(done, tmp_path / "two", "--state", prefix, settings=ENDLESS)
    refused = handseg(*second, variables=bucket.variables)
    refused.must(2, f"{prefix}: process {first.pid} on", "is writing it since", "wait for it")
    first.send_signal(signal.SIGTERM)
    wait(first).must(143, "which was saved")
    assert not list(tmp_path.iterdir())
    told(
        "two with the same --state s3://...: the second ends with exit 2 and names the first's "
        "process, which goes on"
    )
