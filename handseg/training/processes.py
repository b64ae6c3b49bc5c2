"""Several processes of one training on this node, one for each GPU, without torchrun."""

import logging
import os
import signal
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from handseg.errors import (
    BadInput,
    HandsegError,
    NonFiniteLoss,
    OutOfGpuMemory,
    Terminated,
    TimedOut,
)
from handseg.training import distributed

logger = logging.getLogger(__name__)
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_ERRORS = {
    error.exit_code: error
    for error in (BadInput, OutOfGpuMemory, TimedOut, NonFiniteLoss, Terminated)
}
_PATIENCE_S = 3600
"""For processes that save after SIGTERM; who sent it decides how long they really have."""


def count(wanted: int, device: str) -> int:
    """How many processes to start: 1 is this one alone.

    Args:
        wanted: how many; 0 is one for each GPU, and this one alone without several GPUs, or where
            torchrun has started it.
        device: of the settings: auto, cpu or cuda.

    Raises:
        BadInput: wanted is negative, more than the GPUs, or several where torchrun has started
            this process.
    """
    gpus = 0 if device == "cpu" else torch.cuda.device_count()
    is_started = "WORLD_SIZE" in os.environ
    if wanted == 0:
        return 1 if is_started else max(1, gpus)
    if wanted < 0:
        raise BadInput(f"processes is {wanted}; give 0 or more")
    if wanted > 1 and is_started:
        raise BadInput(f"processes is {wanted}, but torchrun started this one; give one of both")
    if wanted > max(1, gpus) and (gpus or device == "cuda"):
        raise BadInput(f"processes is {wanted}, and there are {gpus} GPUs; give 0, or fewer")
    return wanted


def run(work: Callable[..., None], arguments: Mapping[str, object], *, processes: int) -> None:
    """Call a function here, or in processes that torch's elastic launcher starts and watches.

    SIGTERM and SIGINT are passed on, and waited for.

    Args:
        work: a module's function; `distributed` tells it its rank.
        arguments: of the function, by name; each must survive a pickle.
        processes: how many; 1 is this one.

    Raises:
        HandsegError: what the first process to fail raised.
        Terminated: SIGTERM ended them.
        KeyboardInterrupt: SIGINT did.
        ChildFailedError: a process failed by what is no HandsegError; its traceback is in the text.
    """
    if processes == 1:
        work(**arguments)
        return
    with tempfile.TemporaryDirectory(prefix="handseg-") as folder, _own_signals():
        config = LaunchConfig(
            min_nodes=1, max_nodes=1, nproc_per_node=processes, run_id=uuid.uuid4().hex,
            rdzv_backend="c10d", rdzv_endpoint="localhost:0", local_addr="localhost",
            max_restarts=0, shutdown_timeout=_PATIENCE_S,
            signals_to_handle=",".join(number.name for number in _SIGNALS),
            logs_specs=DefaultLogsSpecs(log_dir=folder),
        )  # fmt: skip
        level = logging.getLogger("handseg").getEffectiveLevel()
        logger.info("training in %d processes", processes)
        try:
            elastic_launch(config, _one)(work, dict(arguments), Path(folder), level)
        except SignalException as ended:
            if ended.sigval == signal.SIGINT:
                raise KeyboardInterrupt from ended
            raise Terminated(
                f"stopped by {ended.sigval.name}; run the same command again to go on"
            ) from ended
        except ChildFailedError as failed:
            rank, failure = failed.get_first_failure()
            said = _message(Path(folder), rank)
            if not said.is_file():
                raise
            kind = _ERRORS.get(failure.exitcode, HandsegError)
            raise kind(said.read_text(encoding="utf-8")) from failed


def _one(work: Callable[..., None], arguments: dict[str, object], folder: Path, level: int) -> None:
    """One of the processes."""
    rank = distributed.rank()
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("handseg").setLevel(level if rank == 0 else max(level, logging.WARNING))
    try:
        work(**arguments)
    except HandsegError as error:
        _message(folder, rank).write_text(str(error), encoding="utf-8")
        # The first to fail is the one that is told of; another may know more.
        logger.warning("process %d: %s", rank, error)
        sys.exit(error.exit_code)


def _message(folder: Path, rank: int) -> Path:
    return folder / f"message-{rank}"


@contextmanager
def _own_signals() -> Iterator[None]:
    """Put back the handlers that the launcher replaces."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
