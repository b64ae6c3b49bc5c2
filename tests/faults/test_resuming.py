"""Rows of trainings called again: from nothing, otherwise than before, and twice at once."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.bucket import Bucket
from tests.faults.command import handseg, start, until, wait
from tests.faults.training import ENDLESS, states, words


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
    until(lambda: bool(list(bucket.folder.glob("states/member/SHA256SUMS"))), first)
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
