"""A whole run under s3://, of whose requests a fifth goes wrong, SIGKILLed and called again."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from tests.faults.bucket import Bucket
from tests.faults.command import Ended, handseg
from tests.faults.figures import struck
from tests.faults.figures.figure import Figure, Provoke, Trial
from tests.faults.figures.kill_run import FEW_STEPS, HANDS, differing, hashes, is_timed
from tests.object_store import proxy, servers
from tests.object_store.proxy import Proxy
from tests.object_store.weather import Weather

MOST_CALLS = 10
"""After the kill: a command may end with an error that names the fault, and is called again."""


@contextmanager
def prepare(shared: Path) -> Iterator[Provoke]:
    """Run on a disk, and in a bucket to know its length; gives what kills a run in a bucket."""
    data = shared / "data"
    handseg("demo-data", data, *HANDS).must(0)
    handseg("run", "--data", data, "--out", shared / "whole", *FEW_STEPS).must(0)
    wanted = hashes(shared / "whole")
    with ExitStack() as stack:
        server = servers.chosen(shared / "server")
        server.start()
        stack.callback(server.stop)
        bucket = Bucket(server, shared).make()
        bucket.put_tree("data", data)
        between = stack.enter_context(proxy.running(server.endpoint))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        servers.use(between.endpoint, patch, shared)
        tried = _Tried(bucket, between, wanted, length_s=0.0)
        between.weather = Weather(seed=0)
        began = time.monotonic()
        ended = tried.call_until_done(shared / "length")
        assert not tried.faults(shared / "length"), ended
        tried.length_s = (time.monotonic() - began) / len(ended)
        yield lambda folder, generator: tried.kill(folder, generator, patch)


class _Tried:
    """Runs in a bucket, each under a prefix of its own."""

    def __init__(
        self, bucket: Bucket, between: Proxy, wanted: dict[str, str], length_s: float
    ) -> None:
        self._bucket, self._between, self._wanted = bucket, between, wanted
        self.length_s = length_s

    def words(self, out: Path) -> tuple[object, ...]:
        place = self._bucket.uri(self.prefix(out))
        return ("run", "--data", self._bucket.uri("data"), "--out", place, *FEW_STEPS)

    def prefix(self, out: Path) -> str:
        return f"{out.parent.name}/{out.name}"

    def kill(
        self, folder: Path, generator: np.random.Generator, patch: pytest.MonkeyPatch
    ) -> Trial:
        """One trial."""
        # What a killed process leaves on its disk goes with the folder.
        patch.setenv("TMPDIR", str(folder))
        weather = Weather(seed=int(generator.integers(2**32)))
        self._between.weather = weather
        killed = struck.at_random(self.words, folder, generator, length_s=self.length_s)
        made = self._objects(killed.out)
        ended = self.call_until_done(killed.out)
        faults = self.faults(killed.out)
        seconds = sum(each.seconds for each in ended)
        happened = (
            f"{len(made)} objects were there; called again {len(ended)} times it took "
            f"{seconds:.0f} s, {faults or f'all {len(self._wanted)} files are equal'}"
        )
        counts = Counter(weather.counts)
        counts["SIGKILL"] += 1
        counts["ended with exit 2 and called again"] += len(ended) - 1
        ok = not faults and ended[-1].code == 0
        return Trial(
            at=f"{killed.after_s:.1f} s of {killed.length_s:.1f} s",
            happened=happened, ok=ok, seconds=seconds, counts=counts,
        )  # fmt: skip

    def call_until_done(self, out: Path) -> list[Ended]:
        """Call the command until it does its work; an error in between must be a clear one."""
        ended: list[Ended] = []
        while not ended or (ended[-1].code and len(ended) < MOST_CALLS):
            ended.append(handseg(*self.words(out)))
            assert ended[-1].code in (0, 2) and "Traceback" not in ended[-1].said, ended[-1].said
        return ended

    def faults(self, out: Path) -> str:
        """What is wrong with a run that has ended: files that differ, and what was left over."""
        prefix = self.prefix(out)
        found = {
            name: "" if is_timed(Path(name)) else self._sha256(f"{prefix}/{name}")
            for name in self._objects(out)
        }
        left = [key for key in self._bucket.uploads() if key.startswith(prefix)]
        other = differing(found, self._wanted)
        return "; ".join(
            f"{what}: {', '.join(names)}"
            for what, names in (("differing", other), ("uploads left open", left))
            if names
        )

    def _objects(self, out: Path) -> list[str]:
        start = PurePosixPath(self.prefix(out))
        keys = [PurePosixPath(key) for key in self._bucket.objects()]
        return [str(key.relative_to(start)) for key in keys if key.is_relative_to(start)]

    def _sha256(self, key: str) -> str:
        return sha256(self._bucket.get(key)).hexdigest()


FIGURE = Figure(
    title="a whole run under s3://, of whose requests a fifth goes wrong, killed at a random "
    "moment, and the same command again",
    claim="runs under s3:// with faults in 20 % of all requests, killed by SIGKILL and called "
    "again, ended with the bytes of a run on a local disk, and nothing left over",
    prepare=prepare,
    seconds="from there to the end",
)
