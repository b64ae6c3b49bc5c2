"""`handseg view`: a local page over a run and its data, or over raw data alone."""

import json
import logging
import socket
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any

import uvicorn

from handseg.ensemble import choice as choices
from handseg.ensemble import submission as submissions
from handseg.ensemble.rule import Rule
from handseg.errors import BadInput, MissingInput
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.inference.store import FILE_NAME as STORE_FILE
from handseg.inference.store import Store
from handseg.report import records
from handseg.report.scores import MEMBER_THRESHOLD, Voters
from handseg.settings import EnsembleSettings
from handseg.settings_codec import from_dict
from handseg.storage import artifact, raw
from handseg.storage.location import Location
from handseg.viewer import app
from handseg.viewer.data_source import DataSource
from handseg.viewer.run_source import RunParts, RunSource
from handseg.viewer.scoring import Scoring
from handseg.viewer.source import Oddities, Source

logger = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"
_FACTS = "eda.json"


def view(run: Location, *, port: int = 8765, eda: Location | None = None) -> int:
    """Look at the images of a run with truth, predictions, probabilities and differences.

    The page is served to this machine alone until Ctrl-C; its address is the first line printed.
    Of a run that still goes on, what is there is shown.

    Args:
        run: The folder of a `handseg run`, or a data folder with train/ for its annotations alone.
        port: To serve at; 0 takes a free one.
        eda: Folder that `handseg eda` wrote, to sort by what it found; by default the run's own.

    Returns:
        0.

    Raises:
        BadInput: the port is taken or no port, or an artifact is damaged.
        MissingInput: it is neither a run with an image cache nor a data folder.
    """
    with ExitStack() as stack:
        source = _source(run, eda, stack)
        listening = _listening(port)
        stack.callback(listening.close)
        # For people and for programs that wait for it.
        print(f"http://{_LOOPBACK}:{listening.getsockname()[1]}/", flush=True)
        logger.info("%s: %d images; Ctrl-C ends", source.title, len(source.images))
        scoring = Scoring(source)
        stack.callback(scoring.stop)
        settings = uvicorn.Config(
            app.build(source, scoring), log_config=None, log_level="warning", access_log=False
        )
        uvicorn.Server(settings).run(sockets=[listening])
    return 0


def _listening(port: int) -> socket.socket:
    if not 0 <= port < 65536:
        raise BadInput(f"port is {port}; give 0 to 65535")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_LOOPBACK, port))
        # Before its address is told: who asks at once must not be refused.
        listening.listen()
    except OSError as error:
        listening.close()
        raise BadInput(f"port {port}: {error.strerror}; give another --port, or 0") from error
    return listening


def _source(place: Location, eda: Location | None, stack: ExitStack) -> Source:
    if artifact.exists(place.child("cache")):
        return RunSource(_parts(place, _oddities(eda or place.child("eda"), eda, stack), stack))
    root = raw.reading_raw(place)
    if not (root / "train").is_dir():
        raise MissingInput(
            f"{place}: holds neither a run's cache/ nor train/; give the folder of a "
            "`handseg run`, or a data folder"
        )
    found = Oddities() if eda is None else _oddities(eda, eda, stack)
    return DataSource(root, place.name, found)


def _oddities(place: Location, given: Location | None, stack: ExitStack) -> Oddities:
    if given is None and not artifact.exists(place):
        return Oddities()
    path = stack.enter_context(artifact.reading(place)) / _FACTS
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give the folder that `handseg eda` wrote")
    return Oddities.of(json.loads(path.read_text(encoding="utf-8"))["outliers"])


def _parts(run: Location, oddities: Oddities, stack: ExitStack) -> RunParts:
    def opened(name: str) -> Path:
        return stack.enter_context(artifact.reading(run.child(name)))

    stores = [Store(opened(name)) for name in _store_names(run)]
    voted = run.child("submission.csv")
    is_voted = artifact.exists(voted)
    return RunParts(
        title=run.name,
        cache=ImageCache(opened("cache")),
        table=FoldTable.read(opened("folds.csv")),
        stores=stores,
        voters=_voters(voted if is_voted else None, stores),
        submission=submissions.read(opened("submission.csv")) if is_voted else {},
        oddities=oddities,
    )


def _store_names(run: Location) -> list[str]:
    """Complete stores of the run's members, sorted; what is still being written is hidden."""
    found = [PurePosixPath(name) for name in artifact.files(run.child("stores"))]
    return [
        f"stores/{path.parent}"
        for path in found
        if path.name == STORE_FILE and not any(part.startswith(".") for part in path.parts)
    ]


def _voters(voted: Location | None, stores: list[Store]) -> Voters:
    members = list(dict.fromkeys(store.card.member for store in stores))
    text = None if voted is None else artifact.read_record(voted)
    if text is None:
        return Voters.plain(dict.fromkeys(members, 1.0), Rule.at(MEMBER_THRESHOLD))
    made: dict[str, Any] = json.loads(text)
    record = records.parse(made, artifact=str(voted), content="")
    weights = {member: record.weights.get(member, 0.0) for member in members}
    if record.choice is not None:
        chosen = choices.parse(record.choice, where=f"{voted}: choice")
        cards = {store.card.member: store.card for store in stores if store.card.part == "oof"}
        shares = chosen.shares([cards[member] for member in members])
        return Voters(names=members, shares=shares, rule=chosen.rule)
    settings = {name: value for name, value in record.settings.items() if name != "weights"}
    rule = Rule.of(from_dict(EnsembleSettings, settings, where=f"settings of {voted}"))
    return Voters.plain(weights, rule)
