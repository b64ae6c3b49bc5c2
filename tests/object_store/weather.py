"""Faults of the network at random: what befalls a share of all requests to an object store."""

import random
from collections import Counter

from tests.object_store.proxy import Request

SHARE = 0.2
EVERY = ("503 SlowDown", "reset")
WITH_BODY = ("torn", "garble")
CHANGING = ("503 SlowDown late",)
READING = ("cut", "flip")
SAID = {
    "503 SlowDown": "503",
    "503 SlowDown late": "503 after the store had done it",
    "reset": "reset before the answer",
    "torn": "reset in the middle of an upload",
    "cut": "download cut short",
    "flip": "bit flipped in a download",
    "garble": "bit flipped in an upload",
}


class Weather:
    """Chooses, as `Proxy.weather`, and counts what it chose."""

    def __init__(self, seed: int, share: float = SHARE) -> None:
        self._chance, self._share = random.Random(seed), share
        self.counts: Counter[str] = Counter()
        """Requests, and the faults among them by what `SAID` calls them."""

    def __call__(self, request: Request) -> str:
        self.counts["requests"] += 1
        if self._chance.random() >= self._share:
            return ""
        kind = self._chance.choice(_possible(request))
        self.counts[SAID[kind]] += 1
        bit = f" {self._chance.randrange(2**40)}" if kind in ("flip", "garble") else ""
        return kind + bit


def _possible(request: Request) -> tuple[str, ...]:
    reading = READING if request.method == "GET" else ()
    changing = CHANGING if request.method in ("PUT", "POST", "DELETE") else ()
    return (*EVERY, *reading, *changing, *(WITH_BODY if request.has_body else ()))
