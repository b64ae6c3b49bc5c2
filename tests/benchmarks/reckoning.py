"""A million images on N GPUs: hours, bytes, requests and cost from a machine's figures."""

from dataclasses import dataclass, field

from tests.benchmarks import requests

_HOUR_S = 3600
_MB, _GB = 1e6, 1e9
_MERGE_PASSES = 4
"""Shards are hashed and read; the whole is written and hashed."""


def _given(value: float, what: str, how: str) -> float:
    found: float = field(default=value, metadata={"what": what, "how": how})
    return found


_SCALE = "measured: `make scale`"
_IMAGE = "measured: `python -m tests.benchmarks.per_image`"
_ASSUMED = "assumed"
_EXAMPLE = "**example**, put in your own"


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the reckoning starts from."""

    images: float = _given(1e6, "`n` images of 2048 x 2048", "the question")
    members: float = _given(5, "`m` members, all UNet 3+ ds 2048", "the question")
    cores: float = _given(16, "`c` CPU cores beside each GPU", _ASSUMED)
    forward: float = _given(824, "GMAC of one forward pass", "counted from the network")
    peak: float = _given(790, "TFLOP/s of the GPU, dense bf16", "an H200's")
    share: float = _given(0.25, "part of it that is reached", _ASSUMED)
    preprocess: float = _given(0.083, "core-seconds to preprocess an image", _SCALE)
    beside: float = _given(0.096, "core-seconds beside the network, per image and member", _IMAGE)
    vote: float = _given(0.042, "core-seconds to vote with 5 members, per image", _SCALE)
    disk: float = _given(1000, "MB/s of a machine's disk and of its network", _ASSUMED)
    png: float = _given(2.5, "MB of an image as PNG", _ASSUMED)
    cache: float = _given(4.195, "MB of an image in the cache, uncompressed", _IMAGE)
    store: float = _given(0.354, "MB in the store, per image and member", _IMAGE)
    csv: float = _given(0.078, "MB of CSV per image", _IMAGE)
    gpu_hour: float = _given(3.0, "for an hour of a GPU with its cores", _EXAMPLE)
    core_hour: float = _given(0.04, "for an hour of a CPU core", _EXAMPLE)
    month: float = _given(0.023, "for a GB and month; all is kept for one", _EXAMPLE)
    puts: float = _given(0.005, "for 1000 requests that write", _EXAMPLE)
    gets: float = _given(0.0004, "for 1000 requests that read", _EXAMPLE)


@dataclass(frozen=True)
class Reckoned:
    """A million images on a number of GPUs, one GPU a machine."""

    given: Given
    gpus: int

    @property
    def forward_s(self) -> float:
        """Of a GPU, per image and member."""
        return 2 * self.given.forward * 1e9 / (self.given.share * self.given.peak * 1e12)

    @property
    def image_s(self) -> float:
        """Of a machine, per image and member: its GPU, cores or disk, whichever is slowest."""
        read = self.given.cache / self.given.disk
        return max(self.forward_s, self.given.beside / self.given.cores, read)

    @property
    def preprocess_h(self) -> float:
        """On one machine: the stage does not shard."""
        return self.given.images * self.given.preprocess / self.given.cores / _HOUR_S

    @property
    def infer_h(self) -> float:
        """Every member's images dealt to all GPUs."""
        return self.given.images * self.given.members * self.image_s / self.gpus / _HOUR_S

    @property
    def merge_h(self) -> float:
        """Each member's shards on one machine, members at the same time; none for one GPU."""
        if self.gpus == 1:
            return 0.0
        rounds = -(-self.given.members // self.gpus)
        return rounds * _MERGE_PASSES * self.store_bytes / (self.given.disk * _MB) / _HOUR_S

    @property
    def vote_h(self) -> float:
        """Images dealt to all machines."""
        work = self.given.images * self.given.vote / self.given.cores
        return work / self.gpus / _HOUR_S

    @property
    def hours(self) -> float:
        """One stage after another."""
        return self.preprocess_h + self.infer_h + self.merge_h + self.fetch_h + self.vote_h

    @property
    def cache_bytes(self) -> float:
        """Of the image cache."""
        return self.given.images * self.given.cache * _MB

    @property
    def store_bytes(self) -> float:
        """Of one member's store."""
        return self.given.images * self.given.store * _MB

    @property
    def csv_bytes(self) -> float:
        """Of the CSV."""
        return self.given.images * self.given.csv * _MB

    @property
    def kept_bytes(self) -> float:
        """Images, cache, stores and CSV."""
        pngs = self.given.images * self.given.png * _MB
        return pngs + self.cache_bytes + self.given.members * self.store_bytes + self.csv_bytes

    @property
    def fetch_h(self) -> float:
        """Of a machine, where artifacts lie under s3://: the vote fetches its stores first."""
        return self.given.members * self.store_bytes / (self.given.disk * _MB) / _HOUR_S

    @property
    def writes(self) -> float:
        """Requests for the cache, all shards, what they are merged to, and the CSVs' shards."""
        members, gpus = self.given.members, self.gpus
        shards = gpus * members * requests.to_write(round(self.store_bytes / gpus))
        merged = members * requests.to_write(round(self.store_bytes)) if gpus > 1 else 0
        votes = gpus * requests.to_write(round(self.csv_bytes / gpus))
        return requests.to_write(round(self.cache_bytes)) + shards + merged + votes

    @property
    def reads(self) -> float:
        """Requests for the images by two stages, each of a cache by itself, and the stores."""
        members, gpus = self.given.members, self.gpus
        images = 2 * self.given.images * requests.to_read(round(self.given.png * _MB))
        inferred = self.given.images * requests.to_read(round(self.given.cache * _MB))
        merged = gpus * requests.to_read(round(self.store_bytes / gpus)) if gpus > 1 else 0
        voted = gpus * requests.to_read(round(self.store_bytes))
        return images + members * (inferred + merged + voted)

    @property
    def gpu_cost(self) -> float:
        """Of inference alone."""
        return self.infer_h * self.gpus * self.given.gpu_hour

    @property
    def core_cost(self) -> float:
        """Of the other stages, on machines without a GPU."""
        merging = min(self.gpus, self.given.members) * self.merge_h
        voting = self.gpus * (self.fetch_h + self.vote_h)
        machines_h = self.preprocess_h + merging + voting
        return machines_h * self.given.cores * self.given.core_hour

    @property
    def storage_cost(self) -> float:
        """Of one month."""
        return self.kept_bytes / _GB * self.given.month

    @property
    def request_cost(self) -> float:
        """Where artifacts lie under s3://."""
        return (self.writes * self.given.puts + self.reads * self.given.gets) / 1000

    @property
    def cost(self) -> float:
        """All of it."""
        return self.gpu_cost + self.core_cost + self.storage_cost + self.request_cost
