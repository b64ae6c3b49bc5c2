"""A whole run under s3://, of whose requests a fifth goes wrong, SIGKILLed and called again."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath

import numpy as np

from tests.faults.bucket import Bucket
from tests.faults.command import Ended, handseg
from tests.faults.figures import struck
from tests.faults.figures.figure import Figure, Provoke, Trial
from tests.faults.figures.kill_run import FEW_STEPS, HANDS, differing, hashes
from tests.object_store import proxy, servers
from tests.object_store.weather import Weather
from tests.timed import is_timed

MOST_CALLS = 10
"""After the kill: a command may end with an error that names the fault, and is called again."""


@contextmanager
def prepare(shared: Path) -> Iterator[Provoke]:
    """Run on a disk, and in a bucket to know its length; gives what kills a run in a bucket."""
    data = shared / "data"
    handseg("demo-data", data, *HANDS).must(0)
    handseg("run", "--data", data, "--out", shared / "whole", *FEW_STEPS).must(0)
    wanted = hashes(shared / "whole")
    server = servers.chosen(shared / "server")
    server.start()
    try:
        bucket = Bucket(server, shared).make()
        bucket.put_tree("data", data)
        with _weathered(bucket, shared, seed=0) as (seen, _):
            length_s = _length_s(_Tried(seen, wanted), shared / "length")

        def provoke(folder: Path, generator: np.random.Generator) -> Trial:
            # What a killed process leaves on its disk goes with the folder.
            with _weathered(bucket, folder, seed=int(generator.integers(2**32))) as (seen, weather):
                return _kill(_Tried(seen, wanted), weather, folder, generator, length_s)

        yield provoke
    finally:
        server.stop()


@contextmanager
def _weathered(bucket: Bucket, folder: Path, seed: int) -> Iterator[tuple[Bucket, Weather]]:
    """The bucket through a network of its own; temporary files of commands go to the folder."""
    with proxy.running(bucket.server.endpoint) as between:
        between.weather = weather = Weather(seed)
        yield bucket.through(between, TMPDIR=str(folder)), weather


def _length_s(tried: "_Tried", out: Path) -> float:
    ended = tried.call_until_done(out)
    assert tried.faults(out) == "", ended[-1].said
    return sum(each.seconds for each in ended) / len(ended)


def _kill(
    tried: "_Tried", weather: Weather, folder: Path, generator: np.random.Generator, length_s: float
) -> Trial:
    variables = tried.bucket.variables
    killed = struck.at_random(
        tried.words, folder, generator, length_s=length_s, variables=variables
    )
    made = tried.objects(killed.out)
    ended = tried.call_until_done(killed.out)
    faults = tried.faults(killed.out)
    seconds = sum(each.seconds for each in ended)
    happened = (
        f"{len(made)} objects were there; called again {len(ended)} times it took {seconds:.0f} s, "
        f"{faults or 'all files are equal'}"
    )
    counts = Counter({"SIGKILL": 1, "ended with exit 2 and called again": len(ended) - 1})
    return Trial(
        at=f"{killed.after_s:.1f} s of {killed.length_s:.1f} s",
        happened=happened, ok=not faults and ended[-1].code == 0, seconds=seconds,
        counts=dict(weather.counts + counts),
    )  # fmt: skip


class _Tried:
    """Runs in a bucket, each under a prefix of its own."""

    def __init__(self, bucket: Bucket, wanted: dict[str, str]) -> None:
        self.bucket, self._wanted = bucket, wanted

    def words(self, out: Path) -> tuple[object, ...]:
        place = self.bucket.uri(self.prefix(out))
        return ("run", "--data", self.bucket.uri("data"), "--out", place, *FEW_STEPS)

    def prefix(self, out: Path) -> str:
        return f"{out.parent.name}/{out.name}"

    def call_until_done(self, out: Path) -> list[Ended]:
        """Call the command until it does its work; an error in between must be a clear one."""
        ended: list[Ended] = []
        while not ended or (ended[-1].code and len(ended) < MOST_CALLS):
            ended.append(handseg(*self.words(out), variables=self.bucket.variables))
            assert ended[-1].code in (0, 2) and "Traceback" not in ended[-1].said, ended[-1].said
        return ended

    def faults(self, out: Path) -> str:
        """What is wrong with a run that has ended: files that differ, and what was left over."""
        prefix = self.prefix(out)
        found = {
            name: "" if is_timed(name) else self._sha256(f"{prefix}/{name}")
            for name in self.objects(out)
        }
        left = [key for key in self.bucket.uploads() if key.startswith(prefix)]
        other = differing(found, self._wanted)
        return "; ".join(
            f"{what}: {', '.join(names)}"
            for what, names in (("differing", other), ("uploads left open", left))
            if names
        )

    def objects(self, out: Path) -> list[str]:
        start = PurePosixPath(self.prefix(out))
        keys = [PurePosixPath(key) for key in self.bucket.objects()]
        return [str(key.relative_to(start)) for key in keys if key.is_relative_to(start)]

    def _sha256(self, key: str) -> str:
        return sha256(self.bucket.get(key)).hexdigest()


FIGURE = Figure(
    title="a whole run under s3://, of whose requests a fifth goes wrong, killed at a random "
    "moment, and the same command again",
    claim="runs under s3:// with faults in 20 % of all requests, killed by SIGKILL and called "
    "again, ended with the bytes of a run on a local disk, and nothing left over",
    prepare=prepare,
    at_once=4,
    seconds="from there to the end",
)
