"""Row of a pod that is lost with its disk, and the one that is started in its place."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg.storage import remote
from handseg.storage.sums import file_sha256
from tests.faults import training
from tests.faults.bucket import Bucket
from tests.faults.command import handseg, start, until, wait

# As containers do: processes of their own number, which see no others.
ANOTHER_POD = ("unshare", "--fork", "--pid", "--kill-child", "--mount-proc")
WEIGHTS = ("model.safetensors", "last.safetensors")


@pytest.mark.fault(18)
def test_row_18_a_pod_with_an_empty_disk_goes_on_from_the_bucket(
    stored: Bucket, done: Path, bucket: Bucket, tmp_path: Path, told: Callable[[str], None]
) -> None:
    disk, length = tmp_path / "disk", {"length": 60}
    (disk / "tmp").mkdir(parents=True)
    words = training.words(done, disk / "member", "--state", bucket.uri("state"), settings=length)
    afar = [str(word).replace(str(done), stored.uri("run")) for word in words]
    variables = {**bucket.variables, "TMPDIR": str(disk / "tmp")}
    first = start(*afar, variables=variables, prefix=ANOTHER_POD)
    until(lambda: "state/SHA256SUMS" in bucket.objects(), first)
    first.send_signal(signal.SIGKILL)
    wait(first)
    shutil.rmtree(disk)
    (disk / "tmp").mkdir(parents=True)
    again = handseg(*afar, variables=variables, prefix=ANOTHER_POD)
    again.must(0, f"{bucket.uri('state')}: going on from the state found there", "resumed at step")
    handseg(*training.words(done, tmp_path / "whole", settings=length)).must(0)
    for name in WEIGHTS:
        assert file_sha256(disk / "member" / name) == file_sha256(tmp_path / "whole" / name)
    assert list((disk / "tmp").glob(f"{remote.WORK_PREFIX}*")) == []
    told(
        "`handseg train --state s3://...` killed by SIGKILL and its disk emptied; the same command "
        "in another PID namespace waits 30 s for a sign of life of the first, goes on from the "
        "bucket and ends with the weights of an uninterrupted training, by SHA-256"
    )
