"""run.json: what made an artifact."""

import json
from pathlib import Path

from handseg import provenance
from handseg.storage.location import Location
from handseg.storage.sums import RUN_RECORD
from tests.fuzz.changes import trees
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_SETTINGS: dict[str, object] = {"folds": 5, "nested": {"rate": 1e-4, "names": ["a", "b"]}}
_PARENTS = {"data": "a" * 64}


def corpus() -> list[bytes]:
    """A record of the stage that is asked for."""
    record = {"stage": "split", "settings": _SETTINGS, "parents": _PARENTS, "commit": "unknown"}
    return [json.dumps(record).encode()]


def read(content: bytes, folder: Path) -> None:
    """Ask whether the artifact is done; it is where stage, settings and parents are the same."""
    path = folder / RUN_RECORD
    path.write_bytes(content)
    record = provenance.read(folder)
    wanted = {"stage": "split", "settings": _SETTINGS, "parents": _PARENTS}
    done = provenance.is_done(
        Location(str(folder)), stage="split", settings=_SETTINGS, parents=_PARENTS
    )
    must(done and all(record.get(key) == value for key, value in wanted.items()), "done otherwise")


TARGET = Target(corpus=corpus, read=read, change=trees.change, names="work")
